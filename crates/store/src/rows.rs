//! Rows of the plain tables. Every personal value is ciphertext; the store never sees another.

use crate::error::StoreError;
use crate::value::{Column, Value};
use aftercare_domain::actor::Role;
use aftercare_domain::ids::{
    ApplicationId, CallId, CaseId, ClaimId, CoreId, DeskTextId, EvidenceId, ListingPhotoId,
    OrderId, OrderLineId, OutletId, PackingId, PackingPieceId, PersonId, ProductId, SkuId,
    StatementId, TechnicianId, TenantId, UserId, WebhookId, WorkOrderId,
};
use aftercare_domain::{Fen, Timestamp};
use uuid::Uuid;

/// A row of a table that is written as a whole.
pub trait Row: Sized {
    /// The table.
    const TABLE: &'static str;
    /// Its columns, in the order of [`Row::values`].
    const COLUMNS: &'static [&'static str];
    /// The columns of its primary key.
    const KEY: &'static [&'static str];
    /// Columns that writing a row over an old one leaves as they are: others count in them.
    const KEPT: &'static [&'static str];

    /// The values, in the order of [`Row::COLUMNS`].
    fn values(&self) -> Vec<Value>;

    /// Reads what [`Row::values`] gives.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when something else is stored.
    fn from_values(values: Vec<Value>) -> Result<Self, StoreError>;
}

macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident in $table:literal key($($key:literal),+) $(keeps($($kept:literal),+))? {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)+
    })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        impl Row for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];
            const KEY: &'static [&'static str] = &[$($key),+];
            const KEPT: &'static [&'static str] = &[$($($kept),+)?];

            fn values(&self) -> Vec<Value> {
                vec![$(self.$field.to_value()),+]
            }

            fn from_values(values: Vec<Value>) -> Result<Self, StoreError> {
                let mut values = values.into_iter();
                Ok(Self {
                    $($field: Column::from_value(values.next().unwrap_or(Value::Null))
                        .map_err(|error| match error {
                            StoreError::Corrupt { at, .. } => StoreError::corrupt(
                                concat!($table, ".", stringify!($field)),
                                at,
                            ),
                            other => other,
                        })?,)+
                })
            }
        }
    )+};
}

rows! {
    /// An organization.
    TenantRow in "tenants" key("id") {
        id: TenantId,
        name: String,
        mode: String,
        settings: serde_json::Value,
    }
    /// An account.
    UserRow in "users" key("id") {
        id: UserId,
        tenant: TenantId,
        /// Unique over all tenants, lower case.
        login: String,
        display_name: String,
        roles: Vec<Role>,
        /// Argon2id in PHC form; none until the one-time link was used.
        password_phc: Option<String>,
        disabled: bool,
        created_at: Timestamp,
        technician: Option<TechnicianId>,
        failures: u32,
        locked_until: Option<Timestamp>,
        /// Codes of the shops whose claims it answers; none where nobody said: those of orders that name no shop.
        shops: Option<Vec<String>>,
    }
    /// A session; the token itself is nowhere.
    SessionRow in "sessions" key("token_hash") {
        token_hash: [u8; 32],
        user: Option<UserId>,
        /// A claimant's session: one case.
        case: Option<CaseId>,
        tenant: TenantId,
        created_at: Timestamp,
        expires_at: Timestamp,
        last_seen_at: Timestamp,
    }
    /// A token of a program.
    ApiTokenRow in "api_tokens" key("id") keeps("last_used_at") {
        id: String,
        token_hash: [u8; 32],
        user: UserId,
        tenant: TenantId,
        scopes: Vec<String>,
        created_at: Timestamp,
        expires_at: Option<Timestamp>,
        revoked: bool,
        /// When a program last came with it, to the hour; see [`crate::Write::TouchApiToken`].
        last_used_at: Option<Timestamp>,
    }
    /// What somebody chose for themselves.
    PreferenceRow in "preferences" key("tenant", "who") {
        tenant: TenantId,
        /// The id of an account, or of whoever claims.
        who: Uuid,
        /// `zh` or `en`; none where it is left to the browser.
        lang: Option<String>,
        /// Hours such as `22:00-08:00`, or `none`; nothing where it is left to the organization.
        quiet: Option<String>,
        saved_at: Timestamp,
    }
    /// A link that works once.
    OneTimeLinkRow in "one_time_links" key("token_hash") {
        token_hash: [u8; 32],
        user: UserId,
        purpose: String,
        expires_at: Timestamp,
        used_at: Option<Timestamp>,
    }
    /// A person, sealed. After a shred only the id and the times are left.
    PersonRow in "persons" key("id") {
        id: PersonId,
        tenant: TenantId,
        wrapped_key: Option<Vec<u8>>,
        name: Option<Vec<u8>>,
        phone: Option<Vec<u8>>,
        address: Option<Vec<u8>>,
        place: Option<Vec<u8>>,
        masked_name: Option<Vec<u8>>,
        masked_phone: Option<Vec<u8>>,
        masked_address: Option<Vec<u8>>,
        phone_index: Option<[u8; 16]>,
        last4_index: Option<[u8; 16]>,
        created_at: Timestamp,
        shredded_at: Option<Timestamp>,
    }
    /// The key of a case, wrapped for one party.
    CaseKeyRow in "case_keys" key("case", "party") {
        case: CaseId,
        party: String,
        wrapped_key: Vec<u8>,
    }
    /// A rotation of the key encryption keys of a tenant: from its beginning on nothing is wrapped under an older version.
    KeyRotationRow in "key_rotations" key("tenant", "version") {
        tenant: TenantId,
        /// The version that is wrapped under from then on.
        version: u32,
        begun_at: Timestamp,
        /// When everything was wrapped under it and the older ones were destroyed.
        ended_at: Option<Timestamp>,
        /// How many keys of people and of cases it wrapped then, those of a case for each party.
        persons: Option<u64>,
        cases: Option<u64>,
    }
    /// The claimant's way to a case: hashes of a link and a code.
    CaseAccessRow in "case_access" key("case") {
        case: CaseId,
        link_token_hash: [u8; 32],
        code_hash: [u8; 32],
        failures: u32,
        locked_until: Option<Timestamp>,
        created_at: Timestamp,
        revoked: bool,
    }
    /// A product.
    ProductRow in "products" key("id") {
        id: ProductId,
        tenant: TenantId,
        code: String,
        name: String,
        category: String,
        skill: String,
        warranty_days: u32,
        perishable: bool,
        updated_at: Timestamp,
        /// Code of the shop that keeps it, its variants and its listing photos; none where the tenant is one shop.
        shop: Option<String>,
    }
    /// A sellable variant.
    SkuRow in "skus" key("id") {
        id: SkuId,
        product: ProductId,
        code: String,
        name: String,
    }
    /// One version of a listing photo.
    ListingPhotoRow in "listing_photos" key("id") {
        id: ListingPhotoId,
        product: ProductId,
        tenant: TenantId,
        version: u32,
        blob: String,
        media_type: String,
        bytes: u64,
        fingerprint: Vec<u8>,
        added_at: Timestamp,
        retired_at: Option<Timestamp>,
        /// Who declared that AI made or changed it.
        declared_by: Option<UserId>,
        declared_at: Option<Timestamp>,
        /// Who decided that it is suspected to be generated, and on what ground.
        judged_by: Option<UserId>,
        judged_at: Option<Timestamp>,
        judged_why: Option<String>,
    }
    /// An order.
    OrderRow in "orders" key("id") {
        id: OrderId,
        tenant: TenantId,
        number: String,
        buyer: Option<PersonId>,
        platform: String,
        paid_at: Timestamp,
        delivered_at: Option<Timestamp>,
        created_at: Timestamp,
        /// Code of the shop that sold it; none where the tenant is one shop.
        shop: Option<String>,
    }
    /// A line of an order.
    OrderLineRow in "order_lines" key("id") keeps("refunded_fen") {
        id: OrderLineId,
        order: OrderId,
        sku: Option<SkuId>,
        product: ProductId,
        name: String,
        quantity: u32,
        paid_fen: Fen,
        refunded_fen: Fen,
        serial: Option<String>,
        warranty_until: Option<Timestamp>,
        perishable: bool,
    }
    /// A published price.
    PriceRow in "price_book" key("tenant", "code") {
        tenant: TenantId,
        code: String,
        label: String,
        skill: String,
        amount_fen: Fen,
        updated_at: Timestamp,
    }
    /// A rule pack of a tenant: its text as it was given, and the days it was published with.
    RulePackRow in "rule_packs" key("tenant", "pack", "version") {
        tenant: TenantId,
        pack: String,
        version: String,
        text: String,
        /// `YYYY-MM-DD`; none while it is a draft.
        published: Option<String>,
        /// `YYYY-MM-DD`; none while it is a draft.
        effective: Option<String>,
        saved_at: Timestamp,
    }
    /// A service outlet.
    OutletRow in "outlets" key("id") {
        id: OutletId,
        tenant: TenantId,
        code: String,
        name: String,
        county: String,
        latitude_e6: i32,
        longitude_e6: i32,
        /// What technicians of it serve who have no areas of their own, each with its days where it is not for good; none, and
        /// never an empty list, where it has none.
        areas: Option<Vec<String>>,
    }
    /// A technician.
    TechnicianRow in "technicians" key("id") {
        id: TechnicianId,
        tenant: TenantId,
        user: UserId,
        display_name: String,
        outlet: Option<OutletId>,
        skills: Vec<String>,
        counties: Vec<String>,
        latitude_e6: i32,
        longitude_e6: i32,
        reach_m: u32,
        active: bool,
        /// Working hours, an entry for each run of days; none for the usual ones.
        hours: Vec<String>,
        /// Absences by date.
        absences: Vec<String>,
        /// Levels, certificates, parts on the van and the end of the day, as the application writes them.
        equipment: serde_json::Value,
    }
    /// Somebody's application to be a technician. Once it expired nothing is left of what they wrote.
    ApplicationRow in "applications" key("id") {
        id: ApplicationId,
        tenant: TenantId,
        /// Of the link under which the applicant reads how it stands.
        token_hash: [u8; 32],
        /// Whose name, number and county, as they were typed, are sealed in a row of their own.
        person: PersonId,
        /// `waiting`, `accepted`, `refused` or `withdrawn`.
        state: String,
        filed_at: Timestamp,
        notice_version: String,
        purposes: Vec<String>,
        /// Code of the county that was typed; none where it stands for none, or for several.
        county: Option<String>,
        skills: Vec<String>,
        /// Skills and last days of the certificates, and who checked what, as the application writes them; no number.
        papers: serde_json::Value,
        /// The numbers of the certificates, under the person's key.
        numbers: Option<Vec<u8>>,
        /// The key of the photos, under the person's key; none where there are no photos.
        photo_key: Option<Vec<u8>>,
        /// Names of the sealed photos.
        photos: Vec<String>,
        decided_at: Option<Timestamp>,
        /// Why it was refused, for the applicant.
        reason: Option<Vec<u8>>,
        /// What the applicant answered, once.
        reply: Option<Vec<u8>>,
        replied_at: Option<Timestamp>,
        /// When a person decided again with that answer.
        reply_read_at: Option<Timestamp>,
        /// The account that was made of it.
        user: Option<UserId>,
        expired_at: Option<Timestamp>,
    }
    /// A customer who was taken over from another program; name, telephone number and address are sealed with the person.
    CustomerRow in "customers" key("person") {
        person: PersonId,
        tenant: TenantId,
        /// The number under which the shop knows them.
        number: Option<String>,
        /// `zh` or `en`.
        lang: Option<String>,
        /// Keyed hash of what was taken over; none once that was destroyed.
        content: Option<[u8; 32]>,
        saved_at: Timestamp,
    }
    /// The sealed blobs of a piece of evidence.
    EvidenceBlobRow in "evidence_blobs" key("evidence") {
        evidence: EvidenceId,
        case: CaseId,
        claim: Option<ClaimId>,
        work_order: Option<WorkOrderId>,
        tenant: TenantId,
        blob: String,
        preview_blob: Option<String>,
        bytes: u64,
        media_type: String,
        plain_hash_sealed: Vec<u8>,
        /// Keyed hash of the original: finds the same file again.
        exact_index: [u8; 32],
        party: String,
        created_at: Timestamp,
        marks_sealed: Option<Vec<u8>>,
        /// Of a clip: the sealed copy to play.
        copy_blob: Option<String>,
        /// What is known about a clip, as the application writes it; none for a photo.
        clip: Option<String>,
        /// When the file and its copy were removed, because their time was over; the preview stays.
        expired_at: Option<Timestamp>,
    }
    /// How one parcel of an order was packed. Once it expired only the times, the chain and the number of pieces are left.
    PackingRecordRow in "packing_records" key("id") {
        id: PackingId,
        tenant: TenantId,
        order: OrderId,
        packer: UserId,
        /// Digits that were given before, to be shown in the pictures; none where everything came at once.
        nonce: Option<String>,
        /// Packed without a connection, and sent afterwards.
        offline: bool,
        begun_at: Timestamp,
        ended_at: Option<Timestamp>,
        /// What the packer's own clock said.
        client_begun_at: Option<Timestamp>,
        client_ended_at: Option<Timestamp>,
        /// How many pieces it has.
        pieces: u32,
        /// The hash over the salt, the beginning, the pieces so far and, at the end, the facts.
        chain: [u8; 32],
        /// The salt, and what the packer wrote down: waybill, serial numbers, weight, counts.
        sealed: Option<Vec<u8>>,
        expired_at: Option<Timestamp>,
    }
    /// A photo or clip of a packing record.
    PackingPieceRow in "packing_pieces" key("id") {
        id: PackingPieceId,
        record: PackingId,
        tenant: TenantId,
        /// Its place in the chain, from 1.
        number: u32,
        blob: String,
        preview_blob: Option<String>,
        /// Of a clip: the sealed copy to play.
        copy_blob: Option<String>,
        bytes: u64,
        media_type: String,
        /// SHA-256 of the original.
        plain_hash_sealed: Vec<u8>,
        /// Keyed hash of the original: finds the same file again.
        exact_index: [u8; 32],
        added_at: Timestamp,
        /// What the packer's own clock said.
        client_at: Option<Timestamp>,
        /// What is known about a clip, as the application writes it; none for a photo.
        clip: Option<String>,
        /// When the file and its copy were removed, because their time was over; the preview stays.
        expired_at: Option<Timestamp>,
    }
    /// What keeps a case from ending by itself: placed, and released once.
    LegalHoldRow in "legal_holds" key("case", "placed_at") {
        case: CaseId,
        placed_at: Timestamp,
        tenant: TenantId,
        reason_sealed: Vec<u8>,
        released_at: Option<Timestamp>,
    }
    /// What a claimant asked for themselves: that their data be destroyed.
    ErasureRequestRow in "erasure_requests" key("case", "asked_at") {
        case: CaseId,
        asked_at: Timestamp,
        tenant: TenantId,
        /// Whether it is about every row under their phone number, because they came with the code that was sent to it; or about
        /// that of the case alone.
        everywhere: bool,
        /// Until then it can be taken back, and nothing is destroyed.
        due_at: Timestamp,
        /// When it is looked at next, while something keeps it from being done.
        next_at: Timestamp,
        /// When it was taken back.
        cancelled_at: Option<Timestamp>,
        /// When nothing was left of what it asks for.
        done_at: Option<Timestamp>,
    }
    /// What ended of a case by the rules.
    CaseEndRow in "case_ends" key("case", "part") {
        case: CaseId,
        /// The name of a [`crate::CasePart`].
        part: String,
        tenant: TenantId,
        ended_at: Timestamp,
    }
    /// A sealed fingerprint; expires with its photo.
    FingerprintRow in "fingerprints" key("evidence") {
        evidence: EvidenceId,
        tenant: TenantId,
        case: CaseId,
        person: PersonId,
        order: Option<OrderId>,
        sealed: Vec<u8>,
        expires_at: Timestamp,
    }
    /// A subscriber's address.
    WebhookRow in "webhooks" key("id") keeps("disabled_at", "disabled_why", "failing_since") {
        id: WebhookId,
        tenant: TenantId,
        target_sealed: Vec<u8>,
        /// Names of events; empty for all.
        topics: Vec<String>,
        secret_sealed: Vec<u8>,
        /// The secret before, which signs too until the time beside it.
        old_secret_sealed: Option<Vec<u8>>,
        old_secret_until: Option<Timestamp>,
        created_at: Timestamp,
        disabled_at: Option<Timestamp>,
        disabled_why: Option<String>,
        /// Since when nothing gets through.
        failing_since: Option<Timestamp>,
    }
    /// An entry of the ledger of an item with a serial number.
    WarrantyEntryRow in "warranty_entries" key("tenant", "source") {
        tenant: TenantId,
        /// What it was made of, such as `repair:` and the repair: written again, it takes the place of what stood there.
        source: String,
        /// Letters and digits of the serial number, in capitals.
        serial: String,
        /// As it was written.
        shown: String,
        at: Timestamp,
        case: Option<CaseId>,
        work_order: Option<WorkOrderId>,
        /// What happened, as the application writes it.
        entry: serde_json::Value,
        saved_at: Timestamp,
    }
    /// What a technician or an outlet is owed for a month: a draft until somebody approved it.
    StatementRow in "statements" key("id") {
        id: StatementId,
        tenant: TenantId,
        /// Whose it is, unless it is an outlet's.
        technician: Option<TechnicianId>,
        /// `YYYY-MM`
        month: String,
        total_fen: Fen,
        /// The rules that it went by, as the application writes them.
        tariff: serde_json::Value,
        made_by: UserId,
        made_at: Timestamp,
        approved_by: Option<UserId>,
        approved_at: Option<Timestamp>,
        /// Whose it is, unless it is a technician's.
        outlet: Option<OutletId>,
    }
    /// A line of a statement, or one that waits for the next.
    StatementLineRow in "statement_lines" key("tenant", "source") {
        tenant: TenantId,
        /// What it was made of; no two lines of a tenant have the same.
        source: String,
        statement: Option<StatementId>,
        /// Its place, from 1; none while it waits.
        number: Option<u32>,
        /// Whose work it is about; who is owed it, unless an outlet is.
        technician: Option<TechnicianId>,
        case: Option<CaseId>,
        work_order: Option<WorkOrderId>,
        /// The name of a kind of line.
        kind: String,
        amount_fen: Fen,
        /// Of a correction: why, by the name of a reason.
        reason: Option<String>,
        /// Whether it waited for a statement before.
        waited: bool,
        made_at: Timestamp,
        /// The outlet that is owed it as a whole.
        outlet: Option<OutletId>,
    }
    /// An old part that comes back for a new one.
    CoreRow in "cores" key("id") {
        id: CoreId,
        tenant: TenantId,
        work_order: WorkOrderId,
        /// Which of the parts of that name that the work replaced, from 0.
        place: u32,
        case: CaseId,
        /// Who brings it.
        technician: TechnicianId,
        /// What it is called in the parts of visits.
        part: String,
        /// Serial number of the old one as it was written; empty where nobody said it.
        faulty: String,
        /// The same of the new one.
        replacement: String,
        /// Letters and digits of the old one's serial number, in capitals; empty where nobody said it.
        serial: String,
        /// The name of a state.
        state: String,
        /// Where it came back.
        outlet: Option<OutletId>,
        /// Why it was let go, by the name of a reason.
        reason: Option<String>,
        owed_at: Timestamp,
        due_at: Timestamp,
        changed_by: Option<UserId>,
        changed_at: Option<Timestamp>,
        /// When whoever has it was reminded that it is late.
        reminded_at: Option<Timestamp>,
        /// When a person at the desk was told last that it still is.
        told_at: Option<Timestamp>,
    }
    /// A part at an outlet.
    OutletStockRow in "outlet_stock" key("outlet", "part") {
        outlet: OutletId,
        part: String,
        tenant: TenantId,
        count: u32,
        /// With so many or fewer it is to be ordered; 0 for never.
        reorder_at: u32,
    }
    /// What was done with parts, under a key that its sender chose.
    StockMoveRow in "stock_moves" key("tenant", "key") {
        tenant: TenantId,
        key: String,
        /// The name of an act.
        act: String,
        outlet: OutletId,
        part: String,
        count: u32,
        /// Whose van.
        technician: Option<TechnicianId>,
        by: UserId,
        at: Timestamp,
    }
    /// A call of somebody, or a wish to be called back.
    CallRow in "calls" key("tenant", "id") {
        tenant: TenantId,
        id: CallId,
        /// Who called; the number, where it is known, is sealed with them.
        person: PersonId,
        /// What they want to be called about, or what came of the call.
        case: Option<CaseId>,
        rang_at: Option<Timestamp>,
        answered_at: Option<Timestamp>,
        missed_at: Option<Timestamp>,
        ended_at: Option<Timestamp>,
        /// When a call back was asked for.
        asked_at: Option<Timestamp>,
        /// When somebody last called back in vain.
        tried_at: Option<Timestamp>,
        tries: u32,
        /// Reference of the recording, sealed under the key of the person.
        recording: Option<Vec<u8>>,
        /// Until when they are called back; none where nothing is owed.
        due_at: Option<Timestamp>,
        claimed_by: Option<UserId>,
        claimed_at: Option<Timestamp>,
        done_at: Option<Timestamp>,
        saved_at: Timestamp,
        /// The finished work that it asks about.
        follows: Option<WorkOrderId>,
        /// What came of that, as the application names it.
        outcome: Option<String>,
    }
    /// Who answers the claimant of a case, and what a colleague who takes over should know.
    ConversationRow in "conversations" key("tenant", "case") {
        tenant: TenantId,
        case: CaseId,
        /// Who has it; none where it lies in the queue.
        held_by: Option<UserId>,
        held_at: Option<Timestamp>,
        /// What was said when it was handed over, sealed under the key of the case.
        note: Option<Vec<u8>>,
        note_by: Option<UserId>,
        noted_at: Option<Timestamp>,
        /// Who of the desk read the case last, and when.
        seen_by: Option<UserId>,
        seen_at: Option<Timestamp>,
        saved_at: Timestamp,
    }
    /// A price that holds in a place, for a category of products, for a time.
    AreaPriceRow in "area_prices" key("tenant", "code", "area", "category", "from_day") {
        tenant: TenantId,
        /// Code of the price book.
        code: String,
        /// Beginning of division codes; empty for everywhere.
        area: String,
        /// Empty for all.
        category: String,
        /// The first day, such as `2026-11-01`; empty from the beginning on.
        from_day: String,
        /// The last day.
        until_day: Option<String>,
        amount_fen: Fen,
        saved_at: Timestamp,
    }
    /// A version of a text that colleagues use; it is never changed.
    DeskTextRow in "desk_texts" key("tenant", "id", "version") {
        tenant: TenantId,
        id: DeskTextId,
        /// From one on.
        version: u32,
        /// `reply` or `script`.
        kind: String,
        /// Tag of the language, such as `zh-CN`.
        lang: String,
        /// Category of products; empty for all.
        category: String,
        product: Option<ProductId>,
        title: String,
        body: String,
        /// Nobody uses it any more.
        withdrawn: bool,
        saved_by: UserId,
        saved_at: Timestamp,
    }
    /// The number that a technician is called through: a person of whom that alone is known.
    RelayLineRow in "relay_lines" key("tenant", "technician") {
        tenant: TenantId,
        technician: TechnicianId,
        person: PersonId,
        saved_at: Timestamp,
    }
    /// A number that stands between a customer and a technician.
    RelayRow in "relays" key("tenant", "work_order") {
        tenant: TenantId,
        work_order: WorkOrderId,
        case: CaseId,
        technician: TechnicianId,
        /// How the operator of the number knows the binding: 32 hexadecimal digits that name nobody.
        binding: String,
        /// Counts the bindings of the repair, from 1.
        turn: u32,
        /// The number and its extension, sealed under the key of the case.
        number: Vec<u8>,
        bound_at: Timestamp,
        /// When the number leads nowhere any more.
        until: Timestamp,
        /// When it was ended, before that or because of it.
        ended_at: Option<Timestamp>,
    }
    /// A blob that is referred to.
    BlobRow in "blobs" key("name") {
        name: String,
        bytes: u64,
        created_at: Timestamp,
    }
}
