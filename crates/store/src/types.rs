//! What goes into the store and comes out of it.

use crate::rows::{
    ApiTokenRow, ApplicationRow, AreaPriceRow, BlobRow, CallRow, CaseAccessRow, CaseKeyRow,
    ConversationRow, CoreRow, CustomerRow, DeskTextRow, ErasureRequestRow, EvidenceBlobRow,
    FingerprintRow, LegalHoldRow, ListingPhotoRow, OneTimeLinkRow, OrderLineRow, OrderRow,
    OutletRow, OutletStockRow, PackingPieceRow, PackingRecordRow, PersonRow, PreferenceRow,
    PriceRow, ProductRow, RelayLineRow, RelayRow, RulePackRow, SessionRow, SkuRow,
    StatementLineRow, StatementRow, StockMoveRow, TechnicianRow, TenantRow, UserRow,
    WarrantyEntryRow, WebhookRow,
};
use crate::value::Value;
use aftercare_domain::audit::{AuditEvent, CaseParty};
use aftercare_domain::event::Resolution;
use aftercare_domain::ids::{
    ApplicationId, CaseId, ClaimId, CoreId, EvidenceId, OrderId, OrderLineId, PackingId,
    PackingPieceId, PersonId, StatementId, TechnicianId, TenantId, UserId, WebhookId, WorkOrderId,
};
use aftercare_domain::{Case, Event, Fen, Timestamp};
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use uuid::Uuid;

/// Number of a message for subscribers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub i64);

/// Number of a message on its way to one subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(pub i64);

/// What follows an attempt to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It got through.
    Delivered,
    /// It is tried again.
    Again(Timestamp),
    /// It is given up.
    GivenUp,
}

/// Where a message on its way to a subscriber is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    Waiting,
    Delivered,
    GivenUp,
}

/// A message on its way to a subscriber, and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    pub id: DeliveryId,
    pub message: MessageId,
    pub topic: String,
    pub state: DeliveryState,
    pub attempts: u32,
    /// When it is tried next, where it waits.
    pub next_at: Timestamp,
    pub answer: Option<String>,
    /// When what it tells happened.
    pub happened_at: Timestamp,
    pub done_at: Option<Timestamp>,
}

/// A message to send now, on a lease.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedDelivery {
    pub id: DeliveryId,
    pub webhook: WebhookId,
    pub topic: String,
    pub payload: serde_json::Value,
    /// Which attempt it is, from 1.
    pub attempt: u32,
}

/// A message that could be sent to a subscriber, and where it is if it ever was on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastMessage {
    pub id: MessageId,
    pub topic: String,
    pub state: Option<DeliveryState>,
}

/// Number of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub i64);

/// One command's whole effect, committed together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// Events of one case.
    pub case: Option<CaseAppend>,
    /// Audited acts.
    pub audit: Vec<AuditEvent>,
    /// Rows of plain tables.
    pub writes: Vec<Write>,
    /// Work that follows.
    pub jobs: Vec<NewJob>,
    /// Messages for subscribers; nothing personal is in them.
    pub outbox: Vec<NewMessage>,
    /// The request this answers.
    pub idempotency: Option<IdempotencyRecord>,
    /// The job this finishes: its effects happen exactly once.
    pub complete_job: Option<JobId>,
}

/// Events to append to a case.
#[derive(Clone, Debug)]
pub struct CaseAppend {
    /// The case.
    pub case_id: CaseId,
    /// The version the events were decided on.
    pub expected_version: u64,
    /// The events.
    pub events: Vec<Event>,
    /// The case after them: projections are made from it.
    pub after: Case,
}

/// Work that follows.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    pub kind: String,
    pub payload: serde_json::Value,
    pub run_at: Timestamp,
    /// At most one job with this key is ever queued.
    pub unique_key: Option<String>,
}

/// A message for subscribers.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    pub tenant: TenantId,
    pub topic: String,
    pub payload: serde_json::Value,
}

/// A request and its answer: the same key and body get the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// Tenant, actor and route.
    pub scope: String,
    pub key: String,
    /// SHA-256 of the body.
    pub body_hash: [u8; 32],
    /// The answer.
    pub status: u32,
    pub body: Vec<u8>,
    pub at: Timestamp,
}

/// An answer that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    pub body_hash: [u8; 32],
    pub status: u32,
    pub body: Vec<u8>,
}

/// A change of a plain table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    Tenant(TenantRow),
    User(UserRow),
    Session(SessionRow),
    ApiToken(ApiTokenRow),
    OneTimeLink(OneTimeLinkRow),
    Person(PersonRow),
    CaseKey(CaseKeyRow),
    CaseAccess(CaseAccessRow),
    Product(ProductRow),
    Sku(SkuRow),
    ListingPhoto(ListingPhotoRow),
    Order(OrderRow),
    OrderLine(OrderLineRow),
    Price(PriceRow),
    Call(CallRow),
    Conversation(ConversationRow),
    DeskText(DeskTextRow),
    AreaPrice(AreaPriceRow),
    RelayLine(RelayLineRow),
    Relay(RelayRow),
    /// The price of that place, products and first day holds no more.
    RemoveAreaPrice(AreaPriceRow),
    WarrantyEntry(WarrantyEntryRow),
    Statement(StatementRow),
    OutletStock(OutletStockRow),
    Core(CoreRow),
    /// An old part that nobody owes after all; fails the unit when it came back, or is gone.
    RemoveCore(CoreId),
    /// Fails the unit when there is an act with that key.
    StockMove(StockMoveRow),
    /// Fails the unit when there is a line with that source.
    AddStatementLine(StatementLineRow),
    /// A line that waits comes into a statement; fails the unit when it does not wait.
    TakeStatementLine {
        tenant: TenantId,
        source: String,
        statement: StatementId,
        number: u32,
    },
    /// Fails the unit when it was approved before, or is gone.
    ApproveStatement {
        statement: StatementId,
        by: UserId,
        at: Timestamp,
    },
    /// Removes a draft with its lines and with what they had others owe; lines that waited before wait again. Fails the unit when
    /// it was approved, or is gone.
    RemoveStatement(StatementId),
    RulePack(RulePackRow),
    Outlet(OutletRow),
    Technician(TechnicianRow),
    Application(ApplicationRow),
    Customer(CustomerRow),
    /// Destroys what an applicant wrote, and forgets the photos; fails the unit unless it was decided before that time and the
    /// applicant's answer, if there is one, was read. The person goes by [`Write::ShredPerson`] beside it.
    ExpireApplication {
        application: ApplicationId,
        at: Timestamp,
        decided_before: Timestamp,
    },
    EvidenceBlob(EvidenceBlobRow),
    Fingerprint(FingerprintRow),
    Blob(BlobRow),
    Webhook(WebhookRow),
    Preference(PreferenceRow),
    DeleteSession([u8; 32]),
    DeleteUserSessions(UserId),
    /// Links of an account that work once, used or not.
    DeleteOneTimeLinks(UserId),
    DeleteCaseSessions(CaseId),
    TouchSession {
        token_hash: [u8; 32],
        at: Timestamp,
    },
    /// A program came with its token; an earlier time than the one that stands changes nothing.
    TouchApiToken {
        id: String,
        at: Timestamp,
    },
    /// Fails the unit when the link was used already.
    UseOneTimeLink {
        token_hash: [u8; 32],
        at: Timestamp,
    },
    /// A wrap of its own for a party of a case of before there was one for each; fails the unit where the tenant has none any
    /// more, or where the party's reading ended.
    PartyKey(CaseKeyRow),
    /// From now on nothing is wrapped under an older key encryption key of the tenant; fails the unit when that was said before.
    BeginKeyRotation {
        tenant: TenantId,
        version: u32,
        at: Timestamp,
    },
    /// Everything is wrapped under that version; fails the unit when that was said before.
    EndKeyRotation {
        tenant: TenantId,
        version: u32,
        at: Timestamp,
        persons: u64,
        cases: u64,
    },
    /// Where a person can be visited; fails the unit when the person was destroyed meanwhile.
    PersonPlace {
        person: PersonId,
        address: Vec<u8>,
        masked_address: Vec<u8>,
        place: Option<Vec<u8>>,
    },
    /// At which number a person is reached; fails the unit when the person was destroyed meanwhile.
    PersonPhone {
        person: PersonId,
        phone: Vec<u8>,
        masked_phone: Vec<u8>,
        phone_index: [u8; 16],
        last4_index: [u8; 16],
    },
    /// Destroys the person's key, sealed and masked values, indexes and fingerprints.
    ShredPerson {
        person: PersonId,
        at: Timestamp,
    },
    /// Destroys what [`Write::ShredPerson`] does but the fingerprints, which have a time of their own; fails the unit unless
    /// everything about the person ended before that time and nothing is held.
    ExpirePerson {
        person: PersonId,
        at: Timestamp,
        ended_before: Timestamp,
    },
    /// Says that a clip and its copy are gone; fails the unit unless its case ended before that time and is not held.
    ExpireClip {
        evidence: EvidenceId,
        at: Timestamp,
        ended_before: Timestamp,
    },
    /// Ends photos, texts, or a party's reading of a case: rows no longer name the sealed files `blobs` and what was made of them,
    /// or the key of the case goes, as a whole or as it is wrapped for that party. Fails the unit when that was done before, and
    /// unless the case ended before that time and is not held; where no time is named, it ended before the backup that was put back.
    EndCase {
        case: CaseId,
        part: CasePart,
        at: Timestamp,
        ended_before: Option<Timestamp>,
        blobs: Vec<String>,
    },
    LegalHold(LegalHoldRow),
    ErasureRequest(ErasureRequestRow),
    PackingRecord(PackingRecordRow),
    PackingPiece(PackingPieceRow),
    /// Says that a clip of a packing record and its copy are gone; fails the unit unless everything about the order ended before
    /// that time and is not held.
    ExpirePackingClip {
        piece: PackingPieceId,
        at: Timestamp,
        ended_before: Timestamp,
    },
    /// Destroys pictures, hashes, facts and salt of a packing record; fails the unit as [`Write::ExpirePackingClip`] does.
    ExpirePacking {
        record: PackingId,
        at: Timestamp,
        ended_before: Timestamp,
    },
    /// Counts a refund on an order line, in the transaction that lets the money move; fails the unit beyond what was
    /// paid.
    AddRefunded {
        line: OrderLineId,
        amount: Fen,
    },
    /// Takes back what was counted for a payment that was called off before it was made.
    ReleaseRefund {
        line: OrderLineId,
        amount: Fen,
    },
    /// Removes a rule pack that was never published; a published one stays.
    RemoveDraftPack {
        tenant: TenantId,
        pack: String,
        version: String,
    },
    /// Ends the current version of a listing photo.
    RetireListingPhotos {
        product: aftercare_domain::ids::ProductId,
        at: Timestamp,
    },
    RemoveExpiredSessions {
        now: Timestamp,
    },
    /// Removes fingerprints whose time is over, so many at most.
    RemoveExpiredFingerprints {
        now: Timestamp,
        most: u32,
    },
    /// Stops the messages to an address; those that wait are not sent.
    DisableWebhook {
        webhook: WebhookId,
        at: Timestamp,
        why: String,
    },
    EnableWebhook(WebhookId),
    /// Something got through.
    WebhookWorks(WebhookId),
    /// Nothing got through at that time; the first time of a row of failures is kept.
    WebhookFails {
        webhook: WebhookId,
        at: Timestamp,
    },
    /// Sends a message, unless it waits already; one that got through only when it shall be sent `again`.
    Deliver {
        webhook: WebhookId,
        message: MessageId,
        at: Timestamp,
        again: bool,
    },
    /// What came of an attempt.
    Attempted {
        delivery: DeliveryId,
        at: Timestamp,
        /// A status, or why there was none.
        answer: String,
        then: Then,
    },
    /// Removes messages and answers of before these times, so many of each at most. A message that still waits for a
    /// subscriber stays.
    RemoveOld {
        messages_before: Timestamp,
        answers_before: Timestamp,
        most: u32,
    },
}

/// What ends of a case by itself: for everybody, or for one who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CasePart {
    /// Photos, stills, previews, fingerprints and what was drawn of them.
    Photos,
    /// What a party opens everything with that lies under the key of the case.
    Reading(CaseParty),
    /// Everything that lies under the key of the case.
    Texts,
}

impl CasePart {
    /// Every part; the tenant's own reading ends with the texts.
    pub const ALL: [Self; 5] = [
        Self::Photos,
        Self::Reading(CaseParty::Claimant),
        Self::Reading(CaseParty::Merchant),
        Self::Reading(CaseParty::Technician),
        Self::Texts,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Photos => "photos",
            Self::Reading(party) => party.name(),
            Self::Texts => "texts",
        }
    }

    /// The part of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// Whose key a wrapped key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOwner {
    Person(PersonId),
    Case { case: CaseId, party: String },
}

/// A wrapped key as it was read, to be wrapped again: written back only where the row is still the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptKey {
    pub tenant: TenantId,
    pub owner: KeyOwner,
    pub wrapped: Vec<u8>,
    pub(crate) row: Vec<Value>,
    pub(crate) checksum: i64,
}

/// Where to go on among all wrapped keys, those of people first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyCursor {
    Person(PersonId),
    Case { case: CaseId, party: String },
}

/// Some wrapped keys, and where the next ones are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPage {
    pub keys: Vec<KeptKey>,
    pub next: Option<KeyCursor>,
}

/// How many keys are wrapped under a version of a tenant's key encryption key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    /// None for keys of a case that is not there.
    pub tenant: Option<TenantId>,
    /// 0 for bytes that are no wrapped key.
    pub version: u32,
    pub persons: u64,
    /// Keys of cases: each as often as it is wrapped.
    pub cases: u64,
    /// Cases whose key is wrapped for the tenant: each once, as long as there is something to open.
    pub each_case: u64,
}

/// A clip whose time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverdueClip {
    pub evidence: EvidenceId,
    pub case: CaseId,
    /// The sealed file, and the copy to play.
    pub blobs: Vec<String>,
}

/// A clip of a packing record whose time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverduePackingClip {
    pub piece: PackingPieceId,
    pub record: PackingId,
    /// The sealed file, and the copy to play.
    pub blobs: Vec<String>,
}

/// A packing record whose time is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverduePacking {
    pub record: PackingId,
    /// Every sealed file of it that is there.
    pub blobs: Vec<String>,
}

/// The beginning or the end of a packing record, as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackingAct {
    pub seq: u64,
    pub leaf: [u8; 32],
    pub event: AuditEvent,
}

/// What another process on the same database committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elsewhere {
    /// Events or photos of a case.
    Case { tenant: TenantId, case: CaseId },
    /// Technicians, outlets, or what visits of a tenant need; no photo.
    Staff,
    /// Something else of what is kept in memory; also said when messages may have been missed.
    Anything,
}

/// An id that is held against other processes until this is dropped.
pub struct Held {
    // What can be sent to another thread can be shared behind a mutex.
    _until_dropped: Mutex<Box<dyn Send>>,
}

impl Held {
    pub(crate) fn new(until_dropped: impl Send + 'static) -> Self {
        Self {
            _until_dropped: Mutex::new(Box::new(until_dropped)),
        }
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}

/// What became of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is committed and durable.
    Committed(Committed),
    /// The same request was committed before; this is its answer.
    Replayed(StoredResponse),
}

/// Where a unit's events stand in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Number and leaf of each event of the case.
    pub case_leaves: Vec<(u64, [u8; 32])>,
    /// Where each audited act stands.
    pub audit_leaves: Vec<Appended>,
}

/// Where an audited act stands in the log, as told by the transaction that wrote it. Nothing else makes one: whoever
/// holds it has appended a leaf before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    seq: u64,
    leaf: [u8; 32],
}

impl Appended {
    pub(crate) const fn new(seq: u64, leaf: [u8; 32]) -> Self {
        Self { seq, leaf }
    }

    /// Its number in the log.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Its leaf.
    #[must_use]
    pub const fn leaf(&self) -> [u8; 32] {
        self.leaf
    }
}

/// An event of a case as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCaseEvent {
    pub seq: u64,
    pub version: u64,
    pub leaf: [u8; 32],
    pub event: Event,
}

/// An event as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    pub seq: u64,
    /// `case` or `audit`.
    pub stream_kind: String,
    pub stream_id: Uuid,
    pub version: u64,
    pub at: Timestamp,
    pub name: String,
    /// The exact bytes that were written.
    pub payload: Vec<u8>,
    pub salt: [u8; 32],
    pub leaf: [u8; 32],
}

impl StoredEvent {
    /// The bytes that the leaf commits to: see [`committed_bytes`].
    #[must_use]
    pub fn committed(&self) -> Vec<u8> {
        committed_bytes(
            &self.stream_kind,
            self.stream_id,
            self.version,
            &self.payload,
        )
    }
}

/// What the leaf of an event commits to: a line with its place, `KIND ID VERSION` (the id as 32
/// hexadecimal digits), a line feed, and the payload. With the place in it an event cannot be moved
/// to another case.
#[must_use]
pub fn committed_bytes(kind: &str, id: Uuid, version: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{kind} {} {version}\n", id.simple()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Size and root of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub size: u64,
    pub root: [u8; 32],
}

/// A signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub size: u64,
    pub root: [u8; 32],
    /// The signed note.
    pub note: String,
}

/// A checkpoint that an authority has stamped (RFC 3161).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// Its note is what was stamped.
    pub checkpoint: Checkpoint,
    /// When, as the authority says.
    pub at: Timestamp,
    /// Where it was asked.
    pub authority: String,
    /// Its answer, byte for byte (`TimeStampResp`).
    pub answer: Vec<u8>,
}

/// A log that verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    pub events: u64,
    pub root: [u8; 32],
    pub checkpoints: u64,
    /// How many checkpoints are stamped.
    pub timestamps: u64,
    /// How many changes the rows beside the log have seen.
    pub changes: u64,
}

/// Rows that verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowsReport {
    /// Rows with a checksum.
    pub rows: u64,
    /// Cases whose projections follow from the events.
    pub cases: u64,
}

/// A rebuild of the projections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RebuildReport {
    pub cases: u64,
    pub events: u64,
    /// Rows that differed from what the events say, as `table: row`.
    pub differences: Vec<String>,
}

/// A job on a lease.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedJob {
    pub id: JobId,
    pub kind: String,
    pub payload: serde_json::Value,
    pub attempts: u32,
}

/// Which jobs to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobKinds {
    /// All kinds but this one.
    AllBut(String),
    /// This kind only.
    Only(String),
}

/// A job that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct JobRow {
    pub id: JobId,
    pub kind: String,
    pub payload: serde_json::Value,
    pub run_at: Timestamp,
    pub attempts: u32,
    pub last_error: Option<String>,
}

/// A line of the list of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseViewRow {
    pub case_id: CaseId,
    pub tenant: TenantId,
    pub closed: bool,
    pub opened_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: u64,
    pub next_due: Option<Timestamp>,
    pub next_clock: Option<String>,
    pub snapshot: Case,
}

/// A line of the list of repairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkOrderViewRow {
    pub work_order_id: WorkOrderId,
    pub case_id: CaseId,
    pub tenant: TenantId,
    pub claimant: PersonId,
    pub kind: String,
    pub state: String,
    pub technician: Option<TechnicianId>,
    pub skill: String,
    pub county: String,
    pub urgent: bool,
    pub escalation: Option<String>,
    pub requested_at: Timestamp,
    pub response_ms: Option<i64>,
    pub next_due: Option<Timestamp>,
    pub next_clock: Option<String>,
}

/// A line of the list of claims. No finding is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimViewRow {
    pub claim_id: ClaimId,
    pub case_id: CaseId,
    pub tenant: TenantId,
    pub claimant: PersonId,
    pub state: String,
    pub order: OrderId,
    pub line: OrderLineId,
    pub ask: Resolution,
    pub reason: String,
    pub fraud_referral: bool,
    /// Photos at which a person should look and nobody has; how many, not why.
    pub to_look_at: u32,
    pub filed_at: Timestamp,
    pub next_due: Option<Timestamp>,
    pub next_clock: Option<String>,
    /// Whether whoever owes the next step is late with it: such claims are listed first.
    pub late: bool,
    /// Whose word a review waits for, `claimant`, `merchant` or `both`.
    pub awaited: Option<String>,
}

/// Which cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    pub tenant: Option<TenantId>,
    pub open_only: bool,
    /// Empty: everybody's.
    pub claimants: Vec<PersonId>,
    /// Only those whose id ends so: what the number of a case says.
    pub id_end: Option<[u8; 5]>,
    /// Only those whose claimant waits for a human, who waits longest first; else who changed last comes first.
    pub waiting: bool,
    /// Only those whose claims are all about orders of these shops, or that are about no claim and an order of them.
    pub shops: Option<Vec<String>>,
}

/// Which repairs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkOrderFilter {
    pub tenant: Option<TenantId>,
    /// Empty: every state.
    pub states: Vec<String>,
    /// Of other states too, where a dispatcher was called and nobody has answered.
    pub or_called: bool,
    /// Who holds it, or was asked and has not answered.
    pub technician: Option<TechnicianId>,
    /// Only those of cases of these shops, as [`CaseFilter::shops`] has them.
    pub shops: Option<Vec<String>>,
}

/// Which claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimFilter {
    pub tenant: Option<TenantId>,
    /// Empty: every state.
    pub states: Vec<String>,
    /// Of other states too, where a person should look at a photo and nobody has.
    pub or_to_look_at: bool,
    /// Of other states too, where a review waits for the word of this side, or of both: `claimant` or `merchant`.
    pub or_awaited: Option<String>,
    /// Only those on this order line.
    pub line: Option<OrderLineId>,
    /// Only those on orders of these shops; with an empty list, of orders that name no shop. None: of all.
    pub shops: Option<Vec<String>>,
}

/// Where a list goes on: the sort key and the id of the last row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub key: i64,
    pub id: Uuid,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.key, self.id.simple())
    }
}

/// A cursor that is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this cursor is not one that a list gave")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, id) = text.split_once('_').ok_or(BadCursor)?;
        Ok(Self {
            key: key.parse().map_err(|_| BadCursor)?,
            id: Uuid::parse_str(id).map_err(|_| BadCursor)?,
        })
    }
}

/// Rows of a list and where the next page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage<T> {
    pub items: Vec<T>,
    pub next: Option<Cursor>,
}
