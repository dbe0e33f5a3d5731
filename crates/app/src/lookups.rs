//! Small reads that several use cases share.

use crate::app::App;
use crate::error::AppError;
use crate::limits::{ACCESS_CODE_DIGITS, PAGE_ROWS_MAX};
use crate::logbook::Verification;
use crate::people::{PersonInput, phone_of};
use crate::principal::Principal;
use crate::sealing::ReadableCase;
use crate::views::{IntakeReceipt, MarkDetail, OrderBrief, OrderLineBrief};
use aftercare_domain::event::RecoveryEnd;
use aftercare_domain::ids::{
    CaseId, EvidenceId, OrderId, OrderLineId, ProductId, TechnicianId, TenantId, WorkOrderId,
};
use aftercare_domain::{Case, Fen, Timestamp};
use aftercare_store::{ClaimFilter, rows};
use aftercare_vault::{random_code, random_token_256, token_hash};
use std::collections::BTreeMap;

/// A new link and code for a case: shown once, stored only as hashes.
pub(crate) struct NewAccess {
    pub row: rows::CaseAccessRow,
    pub link_token: String,
    pub code: String,
}

impl NewAccess {
    /// What the claimant gets of it, once; where it stands in the log comes later.
    pub(crate) fn receipt(&self) -> IntakeReceipt {
        IntakeReceipt {
            case: self.row.case,
            number: crate::numbers::case_number(self.row.case),
            link: format!("/c/{}", self.link_token),
            code: self.code.clone(),
            seq: 0,
            leaf: String::new(),
        }
    }
}

impl App {
    /// Makes the link and code through which the claimant follows the case.
    pub(crate) fn new_access(&self, tenant: TenantId, case: CaseId) -> Result<NewAccess, AppError> {
        let link_token = random_token_256()?.expose().clone();
        let code = random_code(ACCESS_CODE_DIGITS)?.expose().clone();
        let row = rows::CaseAccessRow {
            case,
            link_token_hash: token_hash(&link_token),
            code_hash: self
                .vault()
                .code_hash(&tenant.to_string(), &case.to_string(), &code)?,
            failures: 0,
            locked_until: None,
            created_at: self.now(),
            revoked: false,
        };
        Ok(NewAccess {
            row,
            link_token,
            code,
        })
    }

    /// The code that the message to the claimant holds: another one than the receipt's, so that whoever has it has the phone. It
    /// follows from the random link under the tenant's key, so that it is stored nowhere.
    pub(crate) fn code_of_message(
        &self,
        tenant: TenantId,
        access: &rows::CaseAccessRow,
    ) -> Result<String, AppError> {
        let (tenant, case) = (tenant.to_string(), access.case.to_string());
        let link = hex::encode(access.link_token_hash);
        let keyed = self
            .vault()
            .code_hash(&tenant, &format!("message/{case}"), &link)?;
        let codes = (0..ACCESS_CODE_DIGITS).fold(1_u64, |codes, _| codes * 10);
        let of = |number: u64| format!("{:0ACCESS_CODE_DIGITS$}", number % codes);
        let number = keyed
            .iter()
            .take(size_of::<u64>())
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
            >> 1;
        let code = of(number);
        // Once in a million both would be the same, and the receipt's would show a phone.
        if self.vault().code_hash(&tenant, &case, &code)? == access.code_hash {
            return Ok(of(number + 1));
        }
        Ok(code)
    }

    /// The order of that number.
    pub(crate) async fn order_by_number(
        &self,
        tenant: TenantId,
        number: &str,
    ) -> Result<rows::OrderRow, AppError> {
        let number = number.trim();
        if number.is_empty() {
            return Err(AppError::invalid(
                "order_number",
                "order_number_required",
                "请填写订单号，在“我的订单”里可以找到。",
                "Please enter the order number; “my orders” shows it.",
            ));
        }
        self.store()
            .order_by_number(tenant, number)
            .await?
            .ok_or_else(order_unknown)
    }

    /// The line a claim is about: the named one, or the only one.
    pub(crate) async fn line_of(
        &self,
        order: &rows::OrderRow,
        named: Option<OrderLineId>,
    ) -> Result<rows::OrderLineRow, AppError> {
        let lines = self.store().order_lines(order.id).await?;
        let found = match named {
            Some(id) => lines.into_iter().find(|line| line.id == id),
            None if lines.len() == 1 => lines.into_iter().next(),
            None => None,
        };
        found.ok_or_else(|| {
            AppError::invalid(
                "line",
                "order_line_required",
                "这个订单有多件商品，请选择是哪一件。",
                "This order has several items. Please choose which one it is about.",
            )
        })
    }

    /// An order with a known buyer answers only to the buyer's phone number. The answer to a wrong
    /// one is the same as to an unknown order; [`App::order_of_buyer`] counts them, so that numbers cannot be tried out.
    pub(crate) async fn buyer_matches(
        &self,
        order: &rows::OrderRow,
        person: &PersonInput,
    ) -> Result<(), AppError> {
        let Some(buyer) = order.buyer else {
            return Ok(());
        };
        let Some(row) = self.store().person(buyer).await? else {
            return Ok(());
        };
        // Nobody can show any more that they are the buyer, so that the order answers to nobody.
        if row.shredded_at.is_some() {
            return Err(order_unknown());
        }
        let phone = phone_of(person)?;
        let index = self
            .vault()
            .phone_index(&order.tenant.to_string(), &phone)?;
        match row.phone_index {
            Some(known) if known != *index.as_bytes() => Err(order_unknown()),
            _ => Ok(()),
        }
    }

    /// The order line of a repaired product: what a statutory claim is about.
    pub(crate) async fn line_of_repair(
        &self,
        case: &Case,
        work_order: WorkOrderId,
    ) -> Result<Option<OrderLineId>, AppError> {
        let order = case.opened.as_ref().and_then(|opened| opened.order);
        let product = case
            .work_orders
            .get(&work_order)
            .and_then(|order| order.product);
        let Some(order) = order else {
            return Ok(None);
        };
        let lines = self.store().order_lines(order).await?;
        Ok(match product {
            Some(product) => lines.iter().find(|line| line.product == product),
            None if lines.len() == 1 => lines.first(),
            None => None,
        }
        .map(|line| line.id))
    }

    /// The same, for whom may claim money for it: the claimant who bought it, or a colleague who looked at that.
    pub(crate) async fn line_of_statutory(
        &self,
        principal: &Principal,
        case: &Case,
        work_order: WorkOrderId,
    ) -> Result<Option<OrderLineId>, AppError> {
        if let Some(order) = case.opened.as_ref().and_then(|opened| opened.order)
            && !self.may_read_order(principal, case, order).await?
        {
            return Ok(None);
        }
        self.line_of_repair(case, work_order).await
    }

    /// An order as a case shows it.
    pub(crate) async fn order_brief(&self, id: OrderId) -> Result<OrderBrief, AppError> {
        let order = self
            .store()
            .order(id)
            .await?
            .ok_or_else(|| AppError::not_found("这个订单", "order"))?;
        let mut lines = Vec::new();
        for line in self.store().order_lines(id).await? {
            // What the listing showed when it was bought, not what it shows today.
            let listing_photos = self
                .store()
                .listing_photos(line.product)
                .await?
                .into_iter()
                .filter(|photo| stood(photo, order.paid_at))
                .map(|photo| photo.id.to_string())
                .collect();
            let recovered = self.recovered_on(&line).await?;
            lines.push(OrderLineBrief {
                id: line.id,
                product: line.product,
                name: line.name,
                quantity: line.quantity,
                paid: line.paid_fen,
                refunded: line.refunded_fen,
                recovered,
                serial: line.serial,
                warranty_until: line.warranty_until,
                perishable: line.perishable,
                listing_photos,
                listing_labels: Vec::new(),
            });
        }
        Ok(OrderBrief {
            id,
            number: order.number,
            platform: order.platform,
            paid_at: order.paid_at,
            delivered_at: order.delivered_at,
            lines,
        })
    }

    /// What the buyer paid back of the refunds on a line after they were overturned, in whichever case. The refunds stay counted:
    /// both happened, and whoever reads the order learns both.
    async fn recovered_on(&self, line: &rows::OrderLineRow) -> Result<Fen, AppError> {
        let mut recovered = Fen::ZERO;
        if line.refunded_fen == Fen::ZERO {
            return Ok(recovered);
        }
        let filter = ClaimFilter {
            line: Some(line.id),
            ..ClaimFilter::default()
        };
        let mut cursor = None;
        loop {
            let page = self.store().claims(&filter, cursor, PAGE_ROWS_MAX).await?;
            for row in page.items {
                let state = self.load(row.case_id).await?;
                let claim = state.claims.get(&row.claim_id);
                let owed = claim.and_then(|claim| claim.recovery);
                if let Some(owed) = owed
                    && let Some((RecoveryEnd::Repaid, amount)) = owed.settled
                {
                    // What is above the price is freight, which was no part of the refund.
                    let back = amount.min(owed.price);
                    recovered = Fen(recovered.0.saturating_add(back.0));
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(recovered);
            }
        }
    }

    /// An order as the page of one case shows it: with the labels of its listing photos, but for the lines in `closed`.
    pub(crate) async fn order_with_labels(
        &self,
        id: OrderId,
        closed: &[OrderLineId],
    ) -> Result<OrderBrief, AppError> {
        let mut brief = self.order_brief(id).await?;
        let open = |line: &&mut OrderLineBrief| !closed.contains(&line.id);
        for line in brief.lines.iter_mut().filter(open) {
            for photo in self.store().listing_photos(line.product).await? {
                if line.listing_photos.contains(&photo.id.to_string()) {
                    let reading = self.listing_reading(&photo).await;
                    let labels = reading.iter().flat_map(|reading| &reading.labels);
                    line.listing_labels.extend(labels.cloned());
                }
            }
        }
        Ok(brief)
    }

    /// The name of a tenant.
    pub(crate) async fn tenant_name(&self, tenant: TenantId) -> Result<String, AppError> {
        Ok(self
            .store()
            .tenant(tenant)
            .await?
            .map(|row| row.name)
            .unwrap_or_default())
    }

    /// The name of a technician as customers see it.
    pub(crate) async fn technician_name(
        &self,
        technician: TechnicianId,
    ) -> Result<String, AppError> {
        Ok(self
            .store()
            .technician(technician)
            .await?
            .map(|row| row.display_name)
            .unwrap_or_default())
    }

    /// The name of a product.
    pub(crate) async fn product_name(
        &self,
        product: ProductId,
    ) -> Result<Option<String>, AppError> {
        Ok(self.store().product(product).await?.map(|row| row.name))
    }

    /// The name under which a reviewer signs for both sides.
    pub(crate) async fn public_reviewer_name(&self, user: &str) -> Result<String, AppError> {
        let Ok(user) = user.parse() else {
            return Ok(String::new());
        };
        Ok(self
            .store()
            .user(user)
            .await?
            .map(|row| row.display_name)
            .unwrap_or_default())
    }

    /// The marks of a case's photos.
    pub(crate) async fn marks_of(
        &self,
        case: CaseId,
        key: &ReadableCase,
    ) -> Result<BTreeMap<EvidenceId, Vec<MarkDetail>>, AppError> {
        let mut marks = BTreeMap::new();
        for row in self.store().evidence_of_case(case).await? {
            if let Some(sealed) = row.marks_sealed.filter(|_| key.ended_at().is_none()) {
                let json = key.open_bytes(crate::marks::FIELD, &sealed)?;
                let read = serde_json::from_slice(&json)
                    .map_err(|error| AppError::internal(format!("marks: {error}")))?;
                marks.insert(row.evidence, read);
            }
        }
        Ok(marks)
    }

    /// Checks the whole log from the stored bytes, and every blob.
    ///
    /// # Errors
    /// Only when checking itself is impossible; what is wrong with the log is in the answer.
    pub async fn verify(&self) -> Result<Verification, AppError> {
        let head = self.checkpoint().await?;
        let keys = self.log_verifiers()?;
        match self.store().verify_log(&keys).await {
            Ok(report) => Ok(Verification {
                ok: true,
                events: report.events,
                root: hex::encode(report.root),
                problem: None,
            }),
            Err(error) => Ok(Verification {
                ok: false,
                events: head.size,
                root: hex::encode(head.root),
                problem: Some(error.to_string()),
            }),
        }
    }
}

/// One answer for an order that there is not and for one that somebody else bought.
pub(crate) fn order_unknown() -> AppError {
    AppError::invalid(
        "order_number",
        "order_unknown",
        "没有找到这个订单号，请核对；也可以联系客服。",
        "There is no such order number. Please check it, or contact the service desk.",
    )
}

/// Whether a listing photo stood at that time.
pub(crate) fn stood(photo: &aftercare_store::rows::ListingPhotoRow, at: Timestamp) -> bool {
    photo.added_at <= at && photo.retired_at.is_none_or(|retired| retired > at)
}
