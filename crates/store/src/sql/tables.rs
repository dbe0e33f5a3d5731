//! Reads of the plain tables.

use super::statements::rows;
use super::{Backend, Sees, SqlStore};
use crate::error::StoreError;
use crate::rows::{
    ApiTokenRow, AreaPriceRow, CallRow, CaseAccessRow, CaseKeyRow, ConversationRow, CoreRow,
    CustomerRow, DeskTextRow, EvidenceBlobRow, FingerprintRow, ListingPhotoRow, OneTimeLinkRow,
    OrderLineRow, OrderRow, OutletRow, OutletStockRow, PersonRow, PreferenceRow, PriceRow,
    ProductRow, RelayLineRow, RelayRow, Row, RulePackRow, SessionRow, SkuRow, StatementLineRow,
    StatementRow, StockMoveRow, TechnicianRow, TenantRow, UserRow, WarrantyEntryRow,
};
use crate::traits::Tables;
use crate::value::{Column, Value};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{
    CallId, CaseId, CoreId, EvidenceId, ListingPhotoId, OrderId, OrderLineId, OutletId, PersonId,
    ProductId, StatementId, TechnicianId, TenantId, UserId, WorkOrderId,
};
use aftercare_domain::settlement::Payee;
use async_trait::async_trait;
use uuid::Uuid;

impl<B: Backend> SqlStore<B> {
    async fn many<R: Row>(
        &self,
        sees: Sees,
        rest: &str,
        values: Vec<Value>,
    ) -> Result<Vec<R>, StoreError> {
        rows(&mut *self.backend.reader(sees).await?, rest, values).await
    }

    async fn one<R: Row>(
        &self,
        sees: Sees,
        rest: &str,
        values: Vec<Value>,
    ) -> Result<Option<R>, StoreError> {
        Ok(self.many(sees, rest, values).await?.into_iter().next())
    }

    async fn by_id<R: Row>(&self, id: &impl Column) -> Result<Option<R>, StoreError> {
        let rest = format!("WHERE \"{}\" = $1", R::KEY[0]);
        self.one(Sees::ByKey, &rest, vec![id.to_value()]).await
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[async_trait]
impl<B: Backend> Tables for SqlStore<B> {
    async fn tenants(&self) -> Result<Vec<TenantRow>, StoreError> {
        self.many(Sees::Work, "ORDER BY id", Vec::new()).await
    }
    async fn tenant(&self, id: TenantId) -> Result<Option<TenantRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn user(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn user_by_login(&self, login: &str) -> Result<Option<UserRow>, StoreError> {
        self.one(Sees::ByKey, "WHERE login = $1", vec![text(login)])
            .await
    }
    async fn users(&self, tenant: TenantId) -> Result<Vec<UserRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 ORDER BY login",
            vec![tenant.to_value()],
        )
        .await
    }
    async fn session(&self, token_hash: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
        self.by_id(token_hash).await
    }
    async fn api_token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<ApiTokenRow>, StoreError> {
        self.one(Sees::ByKey, "WHERE token_hash = $1", vec![hash.to_value()])
            .await
    }
    async fn api_tokens(&self, tenant: TenantId) -> Result<Vec<ApiTokenRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 ORDER BY created_at, id",
            vec![tenant.to_value()],
        )
        .await
    }
    async fn one_time_link(&self, hash: &[u8; 32]) -> Result<Option<OneTimeLinkRow>, StoreError> {
        self.by_id(hash).await
    }
    async fn person(&self, id: PersonId) -> Result<Option<PersonRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn persons_by_phone(
        &self,
        tenant: TenantId,
        index: &[u8; 16],
    ) -> Result<Vec<PersonRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND phone_index = $2 ORDER BY id",
            vec![tenant.to_value(), index.to_value()],
        )
        .await
    }
    async fn case_key(&self, case: CaseId, party: &str) -> Result<Option<CaseKeyRow>, StoreError> {
        self.one(
            Sees::ByKey,
            "WHERE \"case\" = $1 AND party = $2",
            vec![case.to_value(), text(party)],
        )
        .await
    }
    async fn case_access(&self, case: CaseId) -> Result<Option<CaseAccessRow>, StoreError> {
        self.by_id(&case).await
    }
    async fn case_access_by_link(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<CaseAccessRow>, StoreError> {
        self.one(
            Sees::ByKey,
            "WHERE link_token_hash = $1",
            vec![hash.to_value()],
        )
        .await
    }
    async fn product(&self, id: ProductId) -> Result<Option<ProductRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn product_by_code(
        &self,
        tenant: TenantId,
        shop: Option<&str>,
        code: &str,
    ) -> Result<Option<ProductRow>, StoreError> {
        self.one(
            Sees::Tenant(tenant),
            // As the index has it.
            "WHERE tenant = $1 AND coalesce(shop, '') = $2 AND code = $3",
            vec![
                tenant.to_value(),
                text(shop.unwrap_or_default()),
                text(code),
            ],
        )
        .await
    }
    async fn products(&self, tenant: TenantId) -> Result<Vec<ProductRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 ORDER BY code, coalesce(shop, '')",
            vec![tenant.to_value()],
        )
        .await
    }
    async fn skus(&self, product: ProductId) -> Result<Vec<SkuRow>, StoreError> {
        self.many(
            Sees::ByKey,
            "WHERE product = $1 ORDER BY code",
            vec![product.to_value()],
        )
        .await
    }
    async fn listing_photo(
        &self,
        id: ListingPhotoId,
    ) -> Result<Option<ListingPhotoRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn listing_photos(&self, product: ProductId) -> Result<Vec<ListingPhotoRow>, StoreError> {
        self.many(
            Sees::ByKey,
            "WHERE product = $1 ORDER BY version",
            vec![product.to_value()],
        )
        .await
    }
    async fn tenant_listing_photos(
        &self,
        tenant: TenantId,
    ) -> Result<Vec<ListingPhotoRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 ORDER BY product, version",
            vec![tenant.to_value()],
        )
        .await
    }
    async fn order(&self, id: OrderId) -> Result<Option<OrderRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn order_by_number(
        &self,
        tenant: TenantId,
        number: &str,
    ) -> Result<Option<OrderRow>, StoreError> {
        self.one(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND number = $2",
            vec![tenant.to_value(), text(number)],
        )
        .await
    }
    async fn orders(
        &self,
        tenant: TenantId,
        shops: Option<&[String]>,
        after_number: &str,
        limit: u32,
    ) -> Result<Vec<OrderRow>, StoreError> {
        let mut values = vec![tenant.to_value(), text(after_number), limit.to_value()];
        let of = match shops {
            None => String::new(),
            Some([]) => " AND shop IS NULL".to_owned(),
            Some(shops) => {
                let marks: Vec<_> = shops
                    .iter()
                    .map(|shop| {
                        values.push(text(shop));
                        format!("${}", values.len())
                    })
                    .collect();
                format!(" AND shop IN ({})", marks.join(", "))
            }
        };
        self.many(
            Sees::Tenant(tenant),
            &format!("WHERE tenant = $1 AND number > $2{of} ORDER BY number LIMIT $3"),
            values,
        )
        .await
    }
    async fn order_lines(&self, order: OrderId) -> Result<Vec<OrderLineRow>, StoreError> {
        self.many(
            Sees::ByKey,
            "WHERE \"order\" = $1 ORDER BY id",
            vec![order.to_value()],
        )
        .await
    }
    async fn order_line(&self, id: OrderLineId) -> Result<Option<OrderLineRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn price(&self, tenant: TenantId, code: &str) -> Result<Option<PriceRow>, StoreError> {
        self.one(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND code = $2",
            vec![tenant.to_value(), text(code)],
        )
        .await
    }
    async fn prices(&self, tenant: TenantId) -> Result<Vec<PriceRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 ORDER BY code",
            vec![tenant.to_value()],
        )
        .await
    }
    async fn customer(&self, person: PersonId) -> Result<Option<CustomerRow>, StoreError> {
        self.by_id(&person).await
    }
    async fn customers_like(
        &self,
        tenant: TenantId,
        phone_index: &[u8; 16],
        number: &str,
    ) -> Result<Vec<CustomerRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND (number = $3 OR person IN (SELECT id FROM persons WHERE tenant = $1 AND phone_index = $2)) ORDER BY person",
            vec![tenant.to_value(), phone_index.to_value(), text(number)],
        )
        .await
    }
    async fn customers(
        &self,
        tenant: TenantId,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<CustomerRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND content IS NOT NULL ORDER BY person LIMIT $3 OFFSET $2",
            vec![tenant.to_value(), skip.to_value(), limit.to_value()],
        )
        .await
    }
    async fn call(&self, tenant: TenantId, id: CallId) -> Result<Option<CallRow>, StoreError> {
        self.one(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND id = $2",
            vec![tenant.to_value(), id.to_value()],
        )
        .await
    }
    async fn calls_waiting(
        &self,
        tenant: TenantId,
        follow_ups: bool,
        limit: u32,
    ) -> Result<Vec<CallRow>, StoreError> {
        let rows = if follow_ups {
            "WHERE tenant = $1 AND done_at IS NULL AND due_at IS NOT NULL AND follows IS NOT NULL ORDER BY due_at, id LIMIT $2"
        } else {
            "WHERE tenant = $1 AND done_at IS NULL AND due_at IS NOT NULL AND follows IS NULL ORDER BY due_at, id LIMIT $2"
        };
        let values = vec![tenant.to_value(), limit.to_value()];
        self.many(Sees::Tenant(tenant), rows, values).await
    }
    async fn conversation(
        &self,
        tenant: TenantId,
        case: CaseId,
    ) -> Result<Option<ConversationRow>, StoreError> {
        self.one(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND \"case\" = $2",
            vec![tenant.to_value(), case.to_value()],
        )
        .await
    }
    async fn desk_texts(
        &self,
        tenant: TenantId,
        kind: &str,
    ) -> Result<Vec<DeskTextRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND kind = $2 AND NOT EXISTS (SELECT 1 FROM desk_texts later WHERE later.tenant = desk_texts.tenant AND later.id = desk_texts.id AND later.version > desk_texts.version) ORDER BY title, id",
            vec![tenant.to_value(), text(kind)],
        )
        .await
    }
    async fn area_prices(&self, tenant: TenantId) -> Result<Vec<AreaPriceRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 ORDER BY code, area, category, from_day",
            vec![tenant.to_value()],
        )
        .await
    }
    async fn preference(
        &self,
        tenant: TenantId,
        who: Uuid,
    ) -> Result<Option<PreferenceRow>, StoreError> {
        self.one(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND who = $2",
            vec![tenant.to_value(), who.to_value()],
        )
        .await
    }
    async fn relay_line(
        &self,
        tenant: TenantId,
        technician: TechnicianId,
    ) -> Result<Option<RelayLineRow>, StoreError> {
        self.one(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND technician = $2",
            vec![tenant.to_value(), technician.to_value()],
        )
        .await
    }
    async fn relay(
        &self,
        tenant: TenantId,
        work_order: WorkOrderId,
    ) -> Result<Option<RelayRow>, StoreError> {
        self.one(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND work_order = $2",
            vec![tenant.to_value(), work_order.to_value()],
        )
        .await
    }
    async fn users_seen(
        &self,
        tenant: TenantId,
        since: Timestamp,
    ) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
        let sql = "SELECT \"user\", max(last_seen_at) FROM sessions WHERE tenant = $1 AND \"user\" IS NOT NULL AND last_seen_at > $2 GROUP BY \"user\" ORDER BY \"user\"";
        let values = vec![tenant.to_value(), since.to_value()];
        let found = self.read(Sees::Tenant(tenant), sql, values).await?;
        found
            .into_iter()
            .map(|row| {
                let mut row = row.into_iter();
                let user = UserId::from_value(row.next().unwrap_or(Value::Null))?;
                let at = Timestamp::from_value(row.next().unwrap_or(Value::Null))?;
                Ok((user, at))
            })
            .collect()
    }
    async fn calls_answered(
        &self,
        tenant: TenantId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<CallRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND done_at IS NULL AND due_at IS NULL AND answered_at > $2 ORDER BY answered_at DESC, id LIMIT $3",
            vec![tenant.to_value(), since.to_value(), limit.to_value()],
        )
        .await
    }
    async fn warranty_entry(
        &self,
        tenant: TenantId,
        source: &str,
    ) -> Result<Option<WarrantyEntryRow>, StoreError> {
        self.one(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND source = $2",
            vec![tenant.to_value(), text(source)],
        )
        .await
    }
    async fn warranty_of(
        &self,
        tenant: TenantId,
        serial: &str,
        limit: u32,
    ) -> Result<Vec<WarrantyEntryRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND serial = $2 ORDER BY at, source LIMIT $3",
            vec![tenant.to_value(), text(serial), limit.to_value()],
        )
        .await
    }
    async fn warranty_entries(
        &self,
        tenant: TenantId,
        after_source: &str,
        limit: u32,
    ) -> Result<Vec<WarrantyEntryRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND source > $2 ORDER BY source LIMIT $3",
            vec![tenant.to_value(), text(after_source), limit.to_value()],
        )
        .await
    }
    async fn statement(&self, id: StatementId) -> Result<Option<StatementRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn statements(
        &self,
        tenant: TenantId,
        month: &str,
        limit: u32,
    ) -> Result<Vec<StatementRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND month = $2 ORDER BY made_at, id LIMIT $3",
            vec![tenant.to_value(), text(month), limit.to_value()],
        )
        .await
    }
    async fn statement_line(
        &self,
        tenant: TenantId,
        source: &str,
    ) -> Result<Option<StatementLineRow>, StoreError> {
        self.one(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND source = $2",
            vec![tenant.to_value(), text(source)],
        )
        .await
    }
    async fn statement_lines(
        &self,
        tenant: TenantId,
        statement: StatementId,
    ) -> Result<Vec<StatementLineRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND statement = $2 ORDER BY number",
            vec![tenant.to_value(), statement.to_value()],
        )
        .await
    }
    async fn waiting_lines(
        &self,
        tenant: TenantId,
        payee: Payee,
        limit: u32,
    ) -> Result<Vec<StatementLineRow>, StoreError> {
        let (rest, id) = match payee {
            Payee::Technician(technician) => (
                "WHERE tenant = $1 AND technician = $2 AND outlet IS NULL AND statement IS NULL ORDER BY made_at, source LIMIT $3",
                technician.to_value(),
            ),
            Payee::Outlet(outlet) => (
                "WHERE tenant = $1 AND outlet = $2 AND statement IS NULL ORDER BY made_at, source LIMIT $3",
                outlet.to_value(),
            ),
        };
        let values = vec![tenant.to_value(), id, limit.to_value()];
        self.many(Sees::Tenant(tenant), rest, values).await
    }
    async fn core(&self, id: CoreId) -> Result<Option<CoreRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn cores(
        &self,
        tenant: TenantId,
        state: &str,
        technician: Option<TechnicianId>,
        limit: u32,
    ) -> Result<Vec<CoreRow>, StoreError> {
        let mut values = vec![tenant.to_value(), text(state), limit.to_value()];
        let of = match technician {
            None => "",
            Some(technician) => {
                values.push(technician.to_value());
                "AND technician = $4"
            }
        };
        let rest = format!("WHERE tenant = $1 AND state = $2 {of} ORDER BY due_at, id LIMIT $3");
        self.many(Sees::Tenant(tenant), &rest, values).await
    }
    async fn cores_of(
        &self,
        tenant: TenantId,
        work_order: WorkOrderId,
    ) -> Result<Vec<CoreRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND work_order = $2 ORDER BY part, place",
            vec![tenant.to_value(), work_order.to_value()],
        )
        .await
    }
    async fn cores_by_serial(
        &self,
        tenant: TenantId,
        serial: &str,
    ) -> Result<Vec<CoreRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND serial = $2 ORDER BY owed_at, id",
            vec![tenant.to_value(), text(serial)],
        )
        .await
    }
    async fn outlet_part(
        &self,
        outlet: OutletId,
        part: &str,
    ) -> Result<Option<OutletStockRow>, StoreError> {
        self.one(
            Sees::ByKey,
            "WHERE outlet = $1 AND part = $2",
            vec![outlet.to_value(), text(part)],
        )
        .await
    }
    async fn outlet_stock(
        &self,
        tenant: TenantId,
        limit: u32,
    ) -> Result<Vec<OutletStockRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 ORDER BY outlet, part LIMIT $2",
            vec![tenant.to_value(), limit.to_value()],
        )
        .await
    }
    async fn stock_move(
        &self,
        tenant: TenantId,
        key: &str,
    ) -> Result<Option<StockMoveRow>, StoreError> {
        self.one(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND key = $2",
            vec![tenant.to_value(), text(key)],
        )
        .await
    }
    async fn rule_packs(&self, tenant: TenantId) -> Result<Vec<RulePackRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 ORDER BY pack, version",
            vec![tenant.to_value()],
        )
        .await
    }
    async fn outlets(&self, tenant: TenantId) -> Result<Vec<OutletRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 ORDER BY code",
            vec![tenant.to_value()],
        )
        .await
    }
    async fn technician(&self, id: TechnicianId) -> Result<Option<TechnicianRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn technicians(&self, tenant: TenantId) -> Result<Vec<TechnicianRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 ORDER BY id",
            vec![tenant.to_value()],
        )
        .await
    }
    async fn evidence_blob(&self, id: EvidenceId) -> Result<Option<EvidenceBlobRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn evidence_of_case(&self, case: CaseId) -> Result<Vec<EvidenceBlobRow>, StoreError> {
        self.many(
            Sees::ByKey,
            "WHERE \"case\" = $1 ORDER BY evidence",
            vec![case.to_value()],
        )
        .await
    }
    async fn evidence_by_index(
        &self,
        tenant: TenantId,
        index: &[u8; 32],
    ) -> Result<Vec<EvidenceBlobRow>, StoreError> {
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND exact_index = $2 ORDER BY evidence",
            vec![tenant.to_value(), index.to_value()],
        )
        .await
    }
    async fn fingerprint(&self, id: EvidenceId) -> Result<Option<FingerprintRow>, StoreError> {
        self.by_id(&id).await
    }
    async fn fingerprints(
        &self,
        tenant: TenantId,
        after: Option<EvidenceId>,
        limit: u32,
    ) -> Result<Vec<FingerprintRow>, StoreError> {
        let after = after.unwrap_or(EvidenceId(uuid::Uuid::nil()));
        self.many(
            Sees::Tenant(tenant),
            "WHERE tenant = $1 AND evidence > $2 ORDER BY evidence LIMIT $3",
            vec![tenant.to_value(), after.to_value(), limit.to_value()],
        )
        .await
    }
}
