//! Rows of the plain tables for a small invented shop.

use crate::cases::Ids;
use crate::clock::START;
use aftercare_domain::actor::{Actor, Role};
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::{
    ApplicationId, CallId, CaseId, DeskTextId, EvidenceId, ListingPhotoId, OrderId, OrderLineId,
    OutletId, PersonId, ProductId, SkuId, TechnicianId, TenantId, UserId, WorkOrderId,
};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Fen, Timestamp};
use aftercare_store::rows::{
    ApiTokenRow, ApplicationRow, AreaPriceRow, CallRow, CaseKeyRow, ConversationRow, CustomerRow,
    DeskTextRow, ErasureRequestRow, EvidenceBlobRow, FingerprintRow, ListingPhotoRow, OrderLineRow,
    OrderRow, OutletRow, PersonRow, PreferenceRow, PriceRow, ProductRow, RelayLineRow, RelayRow,
    RulePackRow, SessionRow, SkuRow, TechnicianRow, TenantRow, UserRow, WarrantyEntryRow,
};
use aftercare_store::{RowKey, Unit, Write};
use std::sync::LazyLock;
use uuid::Uuid;

/// The key of rows in these tests, one for all stores of a process, as a keyring would keep it.
static ROW_KEY: LazyLock<RowKey> = LazyLock::new(|| RowKey::generate().expect("a key"));

/// The key that stores of a test are opened with.
#[must_use]
pub fn row_key() -> RowKey {
    ROW_KEY.clone()
}

/// A tenant with one user, one person, one product and one order of one line.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The tenant.
    pub tenant: TenantRow,
    /// Its user.
    pub user: UserRow,
    /// A customer, sealed.
    pub person: PersonRow,
    /// What it sells.
    pub product: ProductRow,
    /// What the customer bought.
    pub order: OrderRow,
    /// The line of it.
    pub line: OrderLineRow,
}

/// A shop whose ids and login belong to `space`.
#[must_use]
pub fn shop(space: u64) -> Shop {
    let mut ids = Ids::new(space);
    let tenant = TenantId(ids.uuid());
    let person = PersonId(ids.uuid());
    let product = ProductId(ids.uuid());
    let order = OrderId(ids.uuid());
    Shop {
        tenant: TenantRow {
            id: tenant,
            name: "示例电器".to_owned(),
            mode: "platform".to_owned(),
            settings: serde_json::json!({ "rules": {} }),
        },
        user: UserRow {
            id: UserId(ids.uuid()),
            tenant,
            login: format!("admin-{space}"),
            display_name: "管理员".to_owned(),
            roles: vec![Role::Admin, Role::Dispatcher],
            password_phc: None,
            disabled: false,
            created_at: START,
            technician: None,
            failures: 0,
            locked_until: None,
            shops: None,
        },
        person: PersonRow {
            id: person,
            tenant,
            wrapped_key: Some(vec![1; 60]),
            name: Some(vec![2; 40]),
            phone: Some(vec![3; 44]),
            address: Some(vec![4; 80]),
            place: None,
            masked_name: Some(vec![5; 36]),
            masked_phone: Some(vec![6; 44]),
            masked_address: None,
            phone_index: Some([7; 16]),
            last4_index: Some([8; 16]),
            created_at: START,
            shredded_at: None,
        },
        product: ProductRow {
            id: product,
            tenant,
            code: "WM-8".to_owned(),
            name: "洗衣机 8 kg".to_owned(),
            category: "appliance".to_owned(),
            skill: "washing_machine".to_owned(),
            warranty_days: 365,
            perishable: false,
            updated_at: START,
            shop: None,
        },
        order: OrderRow {
            id: order,
            tenant,
            number: "SO-0001".to_owned(),
            buyer: Some(person),
            platform: "shop".to_owned(),
            paid_at: START.plus_ms(-30 * DAY_MS),
            delivered_at: Some(START.plus_ms(-27 * DAY_MS)),
            created_at: START,
            shop: Some("north".to_owned()),
        },
        line: OrderLineRow {
            id: OrderLineId(ids.uuid()),
            order,
            sku: None,
            product,
            name: "洗衣机 8 kg".to_owned(),
            quantity: 1,
            paid_fen: Fen(6_800),
            refunded_fen: Fen::ZERO,
            serial: Some("SN\t\"1\"\n".to_owned()),
            warranty_until: None,
            perishable: false,
        },
    }
}

impl Shop {
    /// The unit that creates it.
    #[must_use]
    pub fn unit(&self) -> Unit {
        Unit {
            audit: vec![self.act(AuditBody::TenantCreated {
                name: self.tenant.name.clone(),
            })],
            writes: vec![
                Write::Tenant(self.tenant.clone()),
                Write::User(self.user.clone()),
                Write::Person(self.person.clone()),
                Write::Product(self.product.clone()),
                Write::Order(self.order.clone()),
                Write::OrderLine(self.line.clone()),
            ],
            ..Unit::default()
        }
    }

    /// An audited act of this tenant.
    #[must_use]
    pub fn act(&self, body: AuditBody) -> AuditEvent {
        AuditEvent {
            at: START,
            by: Actor::System,
            tenant: self.tenant.id,
            body,
        }
    }

    /// A session of its user.
    #[must_use]
    pub fn session(&self, token_hash: [u8; 32], expires_at: Timestamp) -> SessionRow {
        SessionRow {
            token_hash,
            user: Some(self.user.id),
            case: None,
            tenant: self.tenant.id,
            created_at: START,
            expires_at,
            last_seen_at: START,
        }
    }

    /// Evidence of a case whose blob has that name.
    #[must_use]
    pub fn evidence(&self, evidence: EvidenceId, case: CaseId, blob: &str) -> EvidenceBlobRow {
        EvidenceBlobRow {
            evidence,
            case,
            claim: None,
            work_order: None,
            tenant: self.tenant.id,
            blob: blob.to_owned(),
            preview_blob: None,
            bytes: 48_213,
            media_type: "image/jpeg".to_owned(),
            plain_hash_sealed: vec![1; 60],
            exact_index: [9; 32],
            party: "claimant".to_owned(),
            created_at: START,
            marks_sealed: None,
            copy_blob: None,
            clip: None,
            expired_at: None,
        }
    }

    /// A fingerprint of the shop's customer.
    #[must_use]
    pub fn fingerprint(&self, evidence: EvidenceId, case: CaseId) -> FingerprintRow {
        FingerprintRow {
            evidence,
            tenant: self.tenant.id,
            case,
            person: self.person.id,
            order: Some(self.order.id),
            sealed: vec![3; 300],
            expires_at: START.plus_ms(365 * DAY_MS),
        }
    }

    /// A token for a program of its user.
    #[must_use]
    pub fn api_token(&self) -> ApiTokenRow {
        ApiTokenRow {
            id: "t-1".to_owned(),
            token_hash: [21; 32],
            user: self.user.id,
            tenant: self.tenant.id,
            scopes: vec!["cases:read".to_owned(), "log:read".to_owned()],
            created_at: START,
            expires_at: Some(START.plus_ms(DAY_MS)),
            revoked: false,
            last_used_at: None,
        }
    }

    /// The key of a case for the claimant.
    #[must_use]
    pub fn case_key(&self, case: CaseId) -> CaseKeyRow {
        CaseKeyRow {
            case,
            party: "claimant".to_owned(),
            wrapped_key: vec![22; 60],
        }
    }

    /// A variant of its product.
    #[must_use]
    pub fn sku(&self, id: SkuId) -> SkuRow {
        SkuRow {
            id,
            product: self.product.id,
            code: "WM-8-W".to_owned(),
            name: "白色".to_owned(),
        }
    }

    /// One version of a listing photo of its product.
    #[must_use]
    pub fn listing_photo(&self, id: ListingPhotoId, version: u32, blob: &str) -> ListingPhotoRow {
        ListingPhotoRow {
            id,
            product: self.product.id,
            tenant: self.tenant.id,
            version,
            blob: blob.to_owned(),
            media_type: "image/png".to_owned(),
            bytes: 1 << 40,
            fingerprint: vec![0; 300],
            added_at: START,
            retired_at: None,
            declared_by: Some(self.user.id),
            declared_at: Some(START),
            judged_by: None,
            judged_at: None,
            judged_why: None,
        }
    }

    /// A published price.
    #[must_use]
    pub fn price(&self) -> PriceRow {
        PriceRow {
            tenant: self.tenant.id,
            code: "WM-PUMP".to_owned(),
            label: "排水泵".to_owned(),
            skill: "washing_machine".to_owned(),
            amount_fen: Fen(12_000),
            updated_at: START,
        }
    }

    /// A call that nobody answered.
    #[must_use]
    pub fn call(&self, id: CallId, person: PersonId) -> CallRow {
        CallRow {
            tenant: self.tenant.id,
            id,
            person,
            case: None,
            rang_at: Some(START),
            answered_at: None,
            missed_at: Some(START),
            ended_at: None,
            asked_at: None,
            tried_at: None,
            tries: 0,
            recording: None,
            due_at: Some(START),
            claimed_by: None,
            claimed_at: None,
            done_at: None,
            saved_at: START,
            follows: None,
            outcome: None,
        }
    }

    /// A customer who was taken over.
    #[must_use]
    pub fn customer(&self, person: PersonId) -> CustomerRow {
        CustomerRow {
            person,
            tenant: self.tenant.id,
            number: Some("C-1".to_owned()),
            lang: Some("zh".to_owned()),
            content: Some([7; 32]),
            saved_at: START,
        }
    }

    /// A conversation that a colleague has.
    #[must_use]
    pub fn conversation(&self, case: CaseId) -> ConversationRow {
        ConversationRow {
            tenant: self.tenant.id,
            case,
            held_by: Some(self.user.id),
            held_at: Some(START),
            note: Some(vec![7; 24]),
            note_by: Some(self.user.id),
            noted_at: Some(START),
            seen_by: None,
            seen_at: None,
            saved_at: START,
        }
    }

    /// What somebody chose for themselves.
    #[must_use]
    pub fn preference(&self, who: Uuid) -> PreferenceRow {
        PreferenceRow {
            tenant: self.tenant.id,
            who,
            lang: Some("en".to_owned()),
            quiet: Some("21:00-09:00".to_owned()),
            saved_at: START,
        }
    }

    /// A price of one city.
    #[must_use]
    pub fn area_price(&self) -> AreaPriceRow {
        AreaPriceRow {
            tenant: self.tenant.id,
            code: "VISIT".to_owned(),
            area: "3301".to_owned(),
            category: String::new(),
            from_day: "2026-11-01".to_owned(),
            until_day: None,
            amount_fen: Fen(4_500),
            saved_at: START,
        }
    }

    /// The number of a technician.
    #[must_use]
    pub fn relay_line(&self, technician: TechnicianId, person: PersonId) -> RelayLineRow {
        RelayLineRow {
            tenant: self.tenant.id,
            technician,
            person,
            saved_at: START,
        }
    }

    /// A number between a customer and a technician.
    #[must_use]
    pub fn relay(&self, work_order: WorkOrderId, technician: TechnicianId) -> RelayRow {
        RelayRow {
            tenant: self.tenant.id,
            work_order,
            case: CaseId(work_order.0),
            technician,
            binding: "0123456789abcdef0123456789abcdef".to_owned(),
            turn: 1,
            number: vec![7; 24],
            bound_at: START,
            until: START.plus_ms(DAY_MS),
            ended_at: None,
        }
    }

    /// Somebody applied to be a technician, with one photo.
    #[must_use]
    pub fn application(&self, id: ApplicationId, person: PersonId, photo: &str) -> ApplicationRow {
        let mut token_hash = [0; 32];
        token_hash[..16].copy_from_slice(id.0.as_bytes());
        ApplicationRow {
            id,
            tenant: self.tenant.id,
            token_hash,
            person,
            state: "waiting".to_owned(),
            filed_at: START,
            notice_version: "1".to_owned(),
            purposes: vec!["judge_the_application".to_owned()],
            county: Some("330106".to_owned()),
            skills: vec!["lamp".to_owned()],
            papers: serde_json::json!({}),
            numbers: Some(vec![9; 60]),
            photo_key: Some(vec![10; 60]),
            photos: vec![photo.to_owned()],
            decided_at: None,
            reason: None,
            reply: None,
            replied_at: None,
            reply_read_at: None,
            user: None,
            expired_at: None,
        }
    }

    /// A claimant asked that their data be destroyed.
    #[must_use]
    pub fn erasure_request(&self, case: CaseId) -> ErasureRequestRow {
        ErasureRequestRow {
            case,
            asked_at: START,
            tenant: self.tenant.id,
            everywhere: true,
            due_at: START.plus_ms(DAY_MS),
            next_at: START.plus_ms(DAY_MS),
            cancelled_at: None,
            done_at: None,
        }
    }

    /// A reply that colleagues send.
    #[must_use]
    pub fn desk_text(&self, id: DeskTextId) -> DeskTextRow {
        DeskTextRow {
            tenant: self.tenant.id,
            id,
            version: 1,
            kind: "reply".to_owned(),
            lang: "zh-CN".to_owned(),
            category: String::new(),
            product: None,
            title: "问候".to_owned(),
            body: "您好，{agent}为您服务。".to_owned(),
            withdrawn: false,
            saved_by: self.user.id,
            saved_at: START,
        }
    }

    /// An entry of the ledger of the item of that serial number.
    #[must_use]
    pub fn warranty_entry(&self, source: &str, serial: &str) -> WarrantyEntryRow {
        WarrantyEntryRow {
            tenant: self.tenant.id,
            source: source.to_owned(),
            serial: serial.to_owned(),
            shown: serial.to_owned(),
            at: START,
            case: None,
            work_order: None,
            entry: serde_json::json!({ "kind": "came_for" }),
            saved_at: START,
        }
    }

    /// A rule pack that waits for its day.
    #[must_use]
    pub fn rule_pack(&self, version: &str, published: Option<&str>) -> RulePackRow {
        RulePackRow {
            tenant: self.tenant.id,
            pack: "shop".to_owned(),
            version: version.to_owned(),
            text: "id = \"shop\"\ntitle_zh = \"示例规则\"\n".to_owned(),
            published: published.map(str::to_owned),
            effective: published.map(|_| "2026-12-01".to_owned()),
            saved_at: START,
        }
    }

    /// An outlet south of the equator and west of Greenwich: signs must survive.
    #[must_use]
    pub fn outlet(&self, id: OutletId) -> OutletRow {
        OutletRow {
            id,
            tenant: self.tenant.id,
            code: "O-1".to_owned(),
            name: "示例网点".to_owned(),
            county: "990101".to_owned(),
            latitude_e6: -31_230_400,
            longitude_e6: -121_473_700,
            areas: Some(vec!["990101".to_owned(), "990102 2026-12-01 ~".to_owned()]),
        }
    }

    /// Its user as a technician.
    #[must_use]
    pub fn technician(&self, id: TechnicianId, outlet: OutletId) -> TechnicianRow {
        TechnicianRow {
            id,
            tenant: self.tenant.id,
            user: self.user.id,
            display_name: "师傅甲".to_owned(),
            outlet: Some(outlet),
            skills: vec!["washing_machine".to_owned()],
            counties: Vec::new(),
            latitude_e6: 31_230_400,
            longitude_e6: 121_473_700,
            reach_m: 30_000,
            active: true,
            hours: vec!["周一至周五 08:30-18:00".to_owned()],
            absences: vec!["2026-12-01 ~ 2026-12-03".to_owned()],
            equipment: serde_json::json!({ "stock": { "valve": 3 } }),
        }
    }
}
