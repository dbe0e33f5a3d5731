//! What the application needs of a store, and what its operator does; `sql` implements it for every database.

use crate::error::StoreError;
use crate::rows::{
    ApiTokenRow, ApplicationRow, AreaPriceRow, CallRow, CaseAccessRow, CaseEndRow, CaseKeyRow,
    ConversationRow, CoreRow, CustomerRow, DeskTextRow, ErasureRequestRow, EvidenceBlobRow,
    FingerprintRow, KeyRotationRow, LegalHoldRow, ListingPhotoRow, OneTimeLinkRow, OrderLineRow,
    OrderRow, OutletRow, OutletStockRow, PackingPieceRow, PackingRecordRow, PersonRow,
    PreferenceRow, PriceRow, ProductRow, RelayLineRow, RelayRow, RulePackRow, SessionRow, SkuRow,
    StatementLineRow, StatementRow, StockMoveRow, TechnicianRow, TenantRow, UserRow,
    WarrantyEntryRow, WebhookRow,
};
use crate::types::{
    CaseFilter, CasePart, CaseViewRow, Checkpoint, ClaimFilter, ClaimViewRow, ClaimedDelivery,
    ClaimedJob, Cursor, DeliveryId, DeliveryRow, Elsewhere, Head, Held, JobKinds, JobRow, KeptKey,
    KeyCursor, KeyPage, KeyUsage, ListPage, MessageId, Outcome, OverdueClip, OverduePacking,
    OverduePackingClip, PackingAct, PastMessage, RebuildReport, RowsReport, Stamped,
    StoredCaseEvent, StoredEvent, StoredResponse, Unit, VerifyReport, WorkOrderFilter,
    WorkOrderViewRow,
};
use aftercare_domain::Timestamp;
use aftercare_domain::audit::AuditEvent;
use aftercare_domain::clock::ClockKey;
use aftercare_domain::ids::{
    ApplicationId, CallId, CaseId, CoreId, EvidenceId, ListingPhotoId, OrderId, OrderLineId,
    OutletId, PackingId, PackingPieceId, PersonId, ProductId, StatementId, TechnicianId, TenantId,
    UserId, WebhookId, WorkOrderId,
};
use aftercare_domain::settlement::Payee;
use aftercare_ledger::VerifierKey;
use aftercare_vault::RowKey;
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::io::Write;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Events, in one gap-free order, each a leaf of the tree.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Commits one command's whole effect, durably, or nothing of it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the stream moved on, [`StoreError::IdempotencyMismatch`],
    /// [`StoreError::Full`], and what the database says.
    async fn commit(&self, unit: Unit) -> Result<Outcome, StoreError>;
    /// Every event of a case, in order; empty when there is no such case.
    async fn load_case(&self, case: CaseId) -> Result<Vec<StoredCaseEvent>, StoreError>;
    /// At most `limit` events from `from_seq` on.
    async fn range(&self, from_seq: u64, limit: u64) -> Result<Vec<StoredEvent>, StoreError>;
    /// Reveals of a tenant's people since a time, in order.
    async fn reveals_since(
        &self,
        tenant: TenantId,
        since: Timestamp,
    ) -> Result<Vec<AuditEvent>, StoreError>;
    /// The latest settings that a tenant changed, the latest first, each with its place in the log.
    async fn settings_changed(
        &self,
        tenant: TenantId,
        limit: u32,
    ) -> Result<Vec<(u64, AuditEvent)>, StoreError>;
    /// Size and root of the log.
    async fn head(&self) -> Result<Head, StoreError>;
    /// Hashes that prove event `seq` (from 1) in the tree of the first `size` events.
    async fn inclusion_proof(&self, seq: u64, size: u64) -> Result<Vec<[u8; 32]>, StoreError>;
    /// Hashes that prove that the tree of `new` events begins with that of `old`.
    async fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<[u8; 32]>, StoreError>;
    /// Hashes of the tree's complete subtrees of `level`, at most `limit` of them from `first` on, as far as they are
    /// there.
    async fn tree_nodes(
        &self,
        level: u8,
        first: u64,
        limit: u64,
    ) -> Result<Vec<[u8; 32]>, StoreError>;
    /// The latest signed checkpoint.
    async fn latest_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError>;
    /// Keeps a signed checkpoint.
    async fn put_checkpoint(&self, size: u64, root: [u8; 32], note: &str)
    -> Result<(), StoreError>;
    /// The latest checkpoint that enough witnesses have cosigned.
    async fn latest_cosigned(&self) -> Result<Option<Checkpoint>, StoreError>;
    /// Keeps a cosigned checkpoint; the signed one of its size is kept already.
    async fn put_cosigned(&self, size: u64, root: [u8; 32], note: &str) -> Result<(), StoreError>;
    /// The first stamped checkpoint that covers event `seq`: it bounds the time of that event best.
    async fn stamped_over(&self, seq: u64) -> Result<Option<Stamped>, StoreError>;
    /// The latest stamped checkpoint.
    async fn latest_stamped(&self) -> Result<Option<Stamped>, StoreError>;
    /// Stamped checkpoints of more than `size` events, the smallest first, at most `limit`.
    async fn stamped_after(&self, size: u64, limit: u32) -> Result<Vec<Stamped>, StoreError>;
    /// Of the stamped checkpoints of more than `size` events the smallest of each authority, the smallest first.
    async fn first_stamped_after(&self, size: u64) -> Result<Vec<Stamped>, StoreError>;
    /// Acts of that name in the stream of a tenant, in order.
    async fn acts(&self, tenant: TenantId, name: &str) -> Result<Vec<StoredEvent>, StoreError>;
    /// Acts of a tenant by which something of that person or that case was opened, in order.
    async fn openings(
        &self,
        tenant: TenantId,
        person: PersonId,
        case: CaseId,
    ) -> Result<Vec<StoredEvent>, StoreError>;
    /// Keeps what an authority answered; a second one for the same size is not kept.
    async fn put_stamped(&self, stamped: &Stamped) -> Result<(), StoreError>;
    /// The answer kept for a request.
    async fn idempotent(
        &self,
        scope: &str,
        key: &str,
    ) -> Result<Option<StoredResponse>, StoreError>;
    /// What other processes commit from now on; `None` where no other process can. It ends with the receiver.
    async fn elsewhere(&self) -> Result<Option<mpsc::Receiver<Elsewhere>>, StoreError>;
    /// Waits until no other process holds `id`, and holds it until what is returned is dropped; `None` where no other
    /// process can. A row is read again once it is held: it is what the holder before left.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the others hold it too long, and what the database says.
    async fn hold(&self, id: Uuid) -> Result<Option<Held>, StoreError>;
    /// Recomputes every leaf and the root from the stored bytes, and compares them with the tree,
    /// the checkpoints and the size kept outside the database.
    ///
    /// # Errors
    /// The first thing that is wrong.
    async fn verify_log(&self, keys: &[VerifierKey]) -> Result<VerifyReport, StoreError>;
    /// Checks what the log does not cover: every row of the other tables against its checksum and their tally, the
    /// projections against the events, and on SQLite the structure of the file.
    ///
    /// # Errors
    /// The first thing that is wrong.
    async fn verify_rows(&self, key: &RowKey) -> Result<RowsReport, StoreError>;
    /// Checks every blob that is referred to.
    ///
    /// # Errors
    /// The first blob that is missing or altered.
    async fn verify_blobs(&self) -> Result<u64, StoreError>;
}

/// Reads of the plain tables.
#[async_trait]
pub trait Tables: Send + Sync {
    async fn tenants(&self) -> Result<Vec<TenantRow>, StoreError>;
    async fn tenant(&self, id: TenantId) -> Result<Option<TenantRow>, StoreError>;
    async fn user(&self, id: UserId) -> Result<Option<UserRow>, StoreError>;
    async fn user_by_login(&self, login: &str) -> Result<Option<UserRow>, StoreError>;
    async fn users(&self, tenant: TenantId) -> Result<Vec<UserRow>, StoreError>;
    async fn session(&self, token_hash: &[u8; 32]) -> Result<Option<SessionRow>, StoreError>;
    async fn api_token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<ApiTokenRow>, StoreError>;
    async fn api_tokens(&self, tenant: TenantId) -> Result<Vec<ApiTokenRow>, StoreError>;
    async fn one_time_link(&self, hash: &[u8; 32]) -> Result<Option<OneTimeLinkRow>, StoreError>;
    async fn person(&self, id: PersonId) -> Result<Option<PersonRow>, StoreError>;
    async fn persons_by_phone(
        &self,
        tenant: TenantId,
        index: &[u8; 16],
    ) -> Result<Vec<PersonRow>, StoreError>;
    async fn case_key(&self, case: CaseId, party: &str) -> Result<Option<CaseKeyRow>, StoreError>;
    async fn case_access(&self, case: CaseId) -> Result<Option<CaseAccessRow>, StoreError>;
    async fn case_access_by_link(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<CaseAccessRow>, StoreError>;
    async fn product(&self, id: ProductId) -> Result<Option<ProductRow>, StoreError>;
    /// The product of that code that a shop keeps; without a shop, the one that none keeps.
    async fn product_by_code(
        &self,
        tenant: TenantId,
        shop: Option<&str>,
        code: &str,
    ) -> Result<Option<ProductRow>, StoreError>;
    async fn products(&self, tenant: TenantId) -> Result<Vec<ProductRow>, StoreError>;
    async fn skus(&self, product: ProductId) -> Result<Vec<SkuRow>, StoreError>;
    async fn listing_photo(
        &self,
        id: ListingPhotoId,
    ) -> Result<Option<ListingPhotoRow>, StoreError>;
    async fn listing_photos(&self, product: ProductId) -> Result<Vec<ListingPhotoRow>, StoreError>;
    async fn tenant_listing_photos(
        &self,
        tenant: TenantId,
    ) -> Result<Vec<ListingPhotoRow>, StoreError>;
    async fn order(&self, id: OrderId) -> Result<Option<OrderRow>, StoreError>;
    async fn order_by_number(
        &self,
        tenant: TenantId,
        number: &str,
    ) -> Result<Option<OrderRow>, StoreError>;
    /// Orders by number: all of them, or those of these shops; with an empty list, those that name no shop.
    async fn orders(
        &self,
        tenant: TenantId,
        shops: Option<&[String]>,
        after_number: &str,
        limit: u32,
    ) -> Result<Vec<OrderRow>, StoreError>;
    async fn order_lines(&self, order: OrderId) -> Result<Vec<OrderLineRow>, StoreError>;
    async fn order_line(&self, id: OrderLineId) -> Result<Option<OrderLineRow>, StoreError>;
    async fn price(&self, tenant: TenantId, code: &str) -> Result<Option<PriceRow>, StoreError>;
    async fn prices(&self, tenant: TenantId) -> Result<Vec<PriceRow>, StoreError>;
    /// A customer who was taken over from another program.
    async fn customer(&self, person: PersonId) -> Result<Option<CustomerRow>, StoreError>;
    /// Customers with that telephone number or that number of the shop.
    async fn customers_like(
        &self,
        tenant: TenantId,
        phone_index: &[u8; 16],
        number: &str,
    ) -> Result<Vec<CustomerRow>, StoreError>;
    /// Customers whose data is there, in the order in which they came, after the first `skip` of them.
    async fn customers(
        &self,
        tenant: TenantId,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<CustomerRow>, StoreError>;
    /// A call of a tenant.
    async fn call(&self, tenant: TenantId, id: CallId) -> Result<Option<CallRow>, StoreError>;
    /// The first `limit` calls after which a call back is owed, or those that ask about finished work, the nearest deadline first.
    async fn calls_waiting(
        &self,
        tenant: TenantId,
        follow_ups: bool,
        limit: u32,
    ) -> Result<Vec<CallRow>, StoreError>;
    /// Who has the conversation with the claimant of a case; none where nobody ever had.
    async fn conversation(
        &self,
        tenant: TenantId,
        case: CaseId,
    ) -> Result<Option<ConversationRow>, StoreError>;
    /// The latest version of every text of a kind, also of those that were withdrawn, by title.
    async fn desk_texts(
        &self,
        tenant: TenantId,
        kind: &str,
    ) -> Result<Vec<DeskTextRow>, StoreError>;
    /// Prices that hold in a place only, for some products only, or for a time only.
    async fn area_prices(&self, tenant: TenantId) -> Result<Vec<AreaPriceRow>, StoreError>;
    /// What an account, or whoever claims, chose for themselves.
    async fn preference(
        &self,
        tenant: TenantId,
        who: Uuid,
    ) -> Result<Option<PreferenceRow>, StoreError>;
    /// The number that a technician is called through, once one was saved.
    async fn relay_line(
        &self,
        tenant: TenantId,
        technician: TechnicianId,
    ) -> Result<Option<RelayLineRow>, StoreError>;
    /// The latest number between the customer and the technician of a repair.
    async fn relay(
        &self,
        tenant: TenantId,
        work_order: WorkOrderId,
    ) -> Result<Option<RelayRow>, StoreError>;
    /// Accounts whose sessions asked for something after a time, with when they last did.
    async fn users_seen(
        &self,
        tenant: TenantId,
        since: Timestamp,
    ) -> Result<Vec<(UserId, Timestamp)>, StoreError>;
    /// The latest `limit` calls that were answered after a time, and that nobody has finished.
    async fn calls_answered(
        &self,
        tenant: TenantId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<CallRow>, StoreError>;
    /// An entry of the ledger of items by what it was made of.
    async fn warranty_entry(
        &self,
        tenant: TenantId,
        source: &str,
    ) -> Result<Option<WarrantyEntryRow>, StoreError>;
    /// The first `limit` entries about a serial number, given as letters and digits in capitals, in the order of their time.
    async fn warranty_of(
        &self,
        tenant: TenantId,
        serial: &str,
        limit: u32,
    ) -> Result<Vec<WarrantyEntryRow>, StoreError>;
    /// Entries of a tenant after a source, in the order of sources.
    async fn warranty_entries(
        &self,
        tenant: TenantId,
        after_source: &str,
        limit: u32,
    ) -> Result<Vec<WarrantyEntryRow>, StoreError>;
    async fn statement(&self, id: StatementId) -> Result<Option<StatementRow>, StoreError>;
    /// Statements of a month, the first made first.
    async fn statements(
        &self,
        tenant: TenantId,
        month: &str,
        limit: u32,
    ) -> Result<Vec<StatementRow>, StoreError>;
    /// The line that was made of that, wherever it stands.
    async fn statement_line(
        &self,
        tenant: TenantId,
        source: &str,
    ) -> Result<Option<StatementLineRow>, StoreError>;
    /// The lines of a statement in their order.
    async fn statement_lines(
        &self,
        tenant: TenantId,
        statement: StatementId,
    ) -> Result<Vec<StatementLineRow>, StoreError>;
    /// Lines of whoever is owed them that wait for a statement, the first made first.
    async fn waiting_lines(
        &self,
        tenant: TenantId,
        payee: Payee,
        limit: u32,
    ) -> Result<Vec<StatementLineRow>, StoreError>;
    async fn core(&self, id: CoreId) -> Result<Option<CoreRow>, StoreError>;
    /// Old parts of a tenant in a state, of one technician or of all, the first that is due first.
    async fn cores(
        &self,
        tenant: TenantId,
        state: &str,
        technician: Option<TechnicianId>,
        limit: u32,
    ) -> Result<Vec<CoreRow>, StoreError>;
    /// Old parts of a work order, by name and place.
    async fn cores_of(
        &self,
        tenant: TenantId,
        work_order: WorkOrderId,
    ) -> Result<Vec<CoreRow>, StoreError>;
    /// Old parts of a serial number, given as letters and digits in capitals, the first owed first.
    async fn cores_by_serial(
        &self,
        tenant: TenantId,
        serial: &str,
    ) -> Result<Vec<CoreRow>, StoreError>;
    /// A part at an outlet.
    async fn outlet_part(
        &self,
        outlet: OutletId,
        part: &str,
    ) -> Result<Option<OutletStockRow>, StoreError>;
    /// Parts of a tenant by outlet and name, the first `limit`.
    async fn outlet_stock(
        &self,
        tenant: TenantId,
        limit: u32,
    ) -> Result<Vec<OutletStockRow>, StoreError>;
    /// What was done under a key.
    async fn stock_move(
        &self,
        tenant: TenantId,
        key: &str,
    ) -> Result<Option<StockMoveRow>, StoreError>;
    /// Rule packs of a tenant by pack and version.
    async fn rule_packs(&self, tenant: TenantId) -> Result<Vec<RulePackRow>, StoreError>;
    async fn outlets(&self, tenant: TenantId) -> Result<Vec<OutletRow>, StoreError>;
    async fn technician(&self, id: TechnicianId) -> Result<Option<TechnicianRow>, StoreError>;
    async fn technicians(&self, tenant: TenantId) -> Result<Vec<TechnicianRow>, StoreError>;
    async fn evidence_blob(&self, id: EvidenceId) -> Result<Option<EvidenceBlobRow>, StoreError>;
    async fn evidence_of_case(&self, case: CaseId) -> Result<Vec<EvidenceBlobRow>, StoreError>;
    async fn evidence_by_index(
        &self,
        tenant: TenantId,
        index: &[u8; 32],
    ) -> Result<Vec<EvidenceBlobRow>, StoreError>;
    async fn fingerprint(&self, id: EvidenceId) -> Result<Option<FingerprintRow>, StoreError>;
    /// Fingerprints of a tenant in the order of their photos, the first `limit` after `after`: all at once would take
    /// gigabytes.
    async fn fingerprints(
        &self,
        tenant: TenantId,
        after: Option<EvidenceId>,
        limit: u32,
    ) -> Result<Vec<FingerprintRow>, StoreError>;
}

/// What lists are read from.
#[async_trait]
pub trait Projections: Send + Sync {
    /// Cases, the latest change first.
    async fn cases(
        &self,
        filter: &CaseFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ListPage<CaseViewRow>, StoreError>;
    /// Repairs, the nearest deadline first.
    async fn work_orders(
        &self,
        filter: &WorkOrderFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ListPage<WorkOrderViewRow>, StoreError>;
    /// Claims, the nearest deadline first.
    async fn claims(
        &self,
        filter: &ClaimFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ListPage<ClaimViewRow>, StoreError>;
    /// Clocks that ran out by `now`, the earliest first.
    async fn due_clocks(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(CaseId, ClockKey)>, StoreError>;
    /// When the next clock or job is due, if by `until`.
    async fn next_due(&self, until: Timestamp) -> Result<Option<Timestamp>, StoreError>;
    /// Makes every projection again from the events; with `keep` false only compares.
    async fn rebuild(&self, keep: bool) -> Result<RebuildReport, StoreError>;
}

/// Sealed bytes by the hash of what is stored.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Stores sealed bytes durably and gives their name: hexadecimal SHA-256 of them.
    async fn put_blob(&self, sealed: Vec<u8>) -> Result<String, StoreError>;
    /// Reads sealed bytes; their hash is checked.
    async fn get_blob(&self, name: &str) -> Result<Vec<u8>, StoreError>;
    /// Removes sealed bytes that no row names, wherever they lie: what was stored for something that was refused then, and what
    /// was kept long enough. None there is no error.
    async fn remove_blob(&self, name: &str) -> Result<(), StoreError>;
    /// Removes the file of a blob from the data directory alone, where [`Blobs::unnamed_blobs`] found it.
    async fn remove_file(&self, name: &str) -> Result<(), StoreError>;
    /// Names of at most `limit` blobs of the data directory that were last written before a time and that nothing in the database
    /// names, in one of its 256 folders: those whose names begin with this byte. Whoever removes them has to know that nobody is
    /// about to commit what names them.
    async fn unnamed_blobs(
        &self,
        folder: u8,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<String>, StoreError>;
    /// The same of the other place, where there is one and this data directory owns it ([`crate::own_place`]); else
    /// none. [`Blobs::remove_blob`] removes them.
    async fn unnamed_elsewhere(
        &self,
        folder: u8,
        before: Timestamp,
        limit: usize,
    ) -> Result<Vec<String>, StoreError>;
}

/// Another place for sealed bytes than the data directory, such as a storage of objects.
#[async_trait]
pub trait BlobPlace: Send + Sync {
    /// Keeps sealed bytes durably under their name, which [`crate::blob_name_of`] gives.
    async fn put(&self, name: &str, sealed: Vec<u8>) -> Result<(), StoreError>;
    /// Reads them; `None` where there are none under that name. Whoever asks checks the hash.
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// Removes them; none there is no error.
    async fn remove(&self, name: &str) -> Result<(), StoreError>;
    /// Names of those of one of 256 folders (whose names begin with this byte) that came before a time, in milliseconds since
    /// 1970. Where a place cannot say what it has, it names none.
    async fn older(&self, _folder: u8, _before_ms: i64) -> Result<BTreeSet<String>, StoreError> {
        Ok(BTreeSet::new())
    }
    /// What [`BlobPlace::set_owner`] was told last; none where it never was.
    async fn owner(&self) -> Result<Option<String>, StoreError> {
        Ok(None)
    }
    /// Keeps durably, beside the blobs, whose the place is: a few lines of text.
    async fn set_owner(&self, _text: &str) -> Result<(), StoreError> {
        Err(StoreError::Other(
            "this place for blobs does not keep whose it is".to_owned(),
        ))
    }
}

/// Work that waits.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Takes due jobs of these kinds on a lease.
    async fn claim_jobs(
        &self,
        now: Timestamp,
        limit: u32,
        kinds: JobKinds,
    ) -> Result<Vec<ClaimedJob>, StoreError>;
    /// Puts a failed job back, to be tried again later. Nothing happens where somebody else has taken it since: whose lease ran
    /// out in the middle of it does not end that of another.
    async fn fail_job(
        &self,
        job: &ClaimedJob,
        error: &str,
        now: Timestamp,
    ) -> Result<(), StoreError>;
    /// Jobs that are not done, the next first.
    async fn open_jobs(&self, limit: u32) -> Result<Vec<JobRow>, StoreError>;
    /// Jobs of a case that failed and are not done, the oldest first.
    async fn failing_jobs_of(&self, case: CaseId, limit: u32) -> Result<Vec<JobRow>, StoreError>;
    /// Jobs of a kind that are not done, the next first.
    async fn open_jobs_of(&self, kind: &str, limit: u32) -> Result<Vec<JobRow>, StoreError>;
}

/// Keys of people and cases, wrapped under key encryption keys that are rotated.
#[async_trait]
pub trait Keys: Send + Sync {
    /// Every rotation, by tenant and version.
    async fn key_rotations(&self) -> Result<Vec<KeyRotationRow>, StoreError>;
    /// How many keys are wrapped under which version.
    async fn key_usage(&self) -> Result<Vec<KeyUsage>, StoreError>;
    /// Wrapped keys after a place, those of people first; of `limit` rows, some may have no key any more.
    async fn kept_keys(&self, after: Option<KeyCursor>, limit: u32) -> Result<KeyPage, StoreError>;
    /// Puts keys wrapped again in the place of those that were read, where the row is still as it was read; gives how many
    /// that were.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a row that was altered behind the program's back: it gets no good checksum.
    async fn keep_rewrapped(&self, keys: Vec<(KeptKey, Vec<u8>)>) -> Result<u64, StoreError>;
}

/// What ends by itself.
#[async_trait]
pub trait Retention: Send + Sync {
    /// People of a tenant about whom everything ended before a time, and whom nothing holds, the first that came first.
    async fn overdue_persons(
        &self,
        tenant: TenantId,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<PersonId>, StoreError>;
    /// Clips of cases that ended before a time, and which nothing holds, the first that came first.
    async fn overdue_clips(
        &self,
        tenant: TenantId,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<OverdueClip>, StoreError>;
    /// Cases of a tenant of which a part has not ended yet, that ended before a time, and which nothing holds, the first that
    /// ended first, from the cursor on: one that stays for a reason that the store does not know keeps nothing behind it from
    /// being found. Texts end after the photos, which lie under the same key.
    async fn overdue_cases(
        &self,
        tenant: TenantId,
        part: CasePart,
        ended_before: Timestamp,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<ListPage<CaseId>, StoreError>;
    /// What ended of a case by the rules.
    async fn case_ends(&self, case: CaseId) -> Result<Vec<CaseEndRow>, StoreError>;
    /// What held a case or holds it, the first first.
    async fn legal_holds(&self, case: CaseId) -> Result<Vec<LegalHoldRow>, StoreError>;
    /// What the claimant of a case asked to have destroyed, the first first.
    async fn erasure_requests(&self, case: CaseId) -> Result<Vec<ErasureRequestRow>, StoreError>;
    /// Requests of a tenant's claimants that are to be looked at by then, and were neither taken back nor done, the first first.
    async fn due_erasures(
        &self,
        tenant: TenantId,
        by: Timestamp,
        limit: u32,
    ) -> Result<Vec<ErasureRequestRow>, StoreError>;
}

/// Applications to be a technician.
#[async_trait]
pub trait Applications: Send + Sync {
    async fn application(&self, id: ApplicationId) -> Result<Option<ApplicationRow>, StoreError>;
    /// That of a link.
    async fn application_by_token(
        &self,
        token_hash: &[u8; 32],
    ) -> Result<Option<ApplicationRow>, StoreError>;
    /// Those of a tenant: first those that wait for a person, the first that came first; then the others, the latest first.
    async fn applications(
        &self,
        tenant: TenantId,
        limit: u32,
    ) -> Result<Vec<ApplicationRow>, StoreError>;
    /// How many of a tenant wait for a person.
    async fn applications_waiting(&self, tenant: TenantId) -> Result<u64, StoreError>;
    /// Those that were decided before a time, nothing of which waits to be read, the first that were decided first.
    async fn overdue_applications(
        &self,
        tenant: TenantId,
        decided_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<ApplicationRow>, StoreError>;
}

/// Packing records of orders.
#[async_trait]
pub trait Packing: Send + Sync {
    async fn packing_record(&self, id: PackingId) -> Result<Option<PackingRecordRow>, StoreError>;
    /// Those of an order, the first first.
    async fn packing_of_order(&self, order: OrderId) -> Result<Vec<PackingRecordRow>, StoreError>;
    /// Those of a tenant, the latest first.
    async fn latest_packing(
        &self,
        tenant: TenantId,
        limit: u32,
    ) -> Result<Vec<PackingRecordRow>, StoreError>;
    async fn packing_piece(
        &self,
        id: PackingPieceId,
    ) -> Result<Option<PackingPieceRow>, StoreError>;
    /// The pieces of a record in their order.
    async fn packing_pieces(&self, record: PackingId) -> Result<Vec<PackingPieceRow>, StoreError>;
    /// Beginnings and ends of packing records that a tenant wrote at that very time, in the order of the log.
    async fn packing_acts(
        &self,
        tenant: TenantId,
        at: Timestamp,
    ) -> Result<Vec<PackingAct>, StoreError>;
    /// Clips of packing records of orders about which everything ended before a time, and which nothing holds, the first first.
    async fn overdue_packing_clips(
        &self,
        tenant: TenantId,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<OverduePackingClip>, StoreError>;
    /// The same of whole records.
    async fn overdue_packing(
        &self,
        tenant: TenantId,
        ended_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<OverduePacking>, StoreError>;
}

/// Messages to subscribers.
#[async_trait]
pub trait Webhooks: Send + Sync {
    async fn webhook(&self, id: WebhookId) -> Result<Option<WebhookRow>, StoreError>;
    async fn webhooks(&self, tenant: TenantId) -> Result<Vec<WebhookRow>, StoreError>;
    /// Messages on their way to a subscriber, the latest first, before one of them.
    async fn deliveries(
        &self,
        webhook: WebhookId,
        before: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<DeliveryRow>, StoreError>;
    async fn delivery(&self, id: DeliveryId) -> Result<Option<(WebhookId, MessageId)>, StoreError>;
    /// The first `limit` messages of the subscriber's tenant since a time, in the order they happened.
    async fn past_messages(
        &self,
        webhook: &WebhookRow,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<PastMessage>, StoreError>;
    /// Hands new messages to the subscribers that want them, each once; gives how many it looked at.
    async fn spread_messages(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
    /// Takes messages that are due on a lease: so many in all and so many to one subscriber, and none to one that is
    /// being served.
    async fn claim_deliveries(
        &self,
        now: Timestamp,
        limit: u32,
        to_one: u32,
    ) -> Result<Vec<ClaimedDelivery>, StoreError>;
}

/// What an operator does with a store as a whole.
#[async_trait]
pub trait Upkeep: Send + Sync {
    /// Writes a logical dump: every row of every table as a line of text that ends with a line feed, in a fixed order.
    async fn dump(&self, out: &mut (dyn Write + Send)) -> Result<(), StoreError>;
    /// SHA-256 of the dump, hexadecimal. Stores that hold the same have the same, whatever the database.
    async fn dump_hash(&self) -> Result<String, StoreError>;
    /// People whom the list outside the database names as destroyed and who are in the database all the same, with their
    /// tenants: an older backup was put back. The list is made whole from the database first.
    async fn shredded_elsewhere(&self) -> Result<Vec<(TenantId, PersonId)>, StoreError>;
    /// The same for what ended of cases by the rules.
    async fn ended_elsewhere(&self) -> Result<Vec<(TenantId, CaseId, CasePart)>, StoreError>;
    /// When the latest backup of the data directory was noted beside it; `None` where none ever was.
    async fn last_backup(&self) -> Result<Option<Timestamp>, StoreError>;
    /// When the latest backup failed, and why, as is noted beside it; `None` where it did not.
    async fn failed_backup(&self) -> Result<Option<(Timestamp, String)>, StoreError>;
    /// Which migrations the database has: number and name.
    async fn migrations(&self) -> Result<Vec<(i64, String)>, StoreError>;
    /// Waits until everything asked for is written, and lets go of the database and the directory.
    async fn close(&self);
}

/// Everything together.
pub trait Store:
    EventLog
    + Tables
    + Projections
    + Blobs
    + Jobs
    + Keys
    + Retention
    + Applications
    + Packing
    + Webhooks
    + Upkeep
{
}
impl<T> Store for T where
    T: EventLog
        + Tables
        + Projections
        + Blobs
        + Jobs
        + Keys
        + Retention
        + Applications
        + Packing
        + Webhooks
        + Upkeep
{
}
