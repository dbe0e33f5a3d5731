//! What happened outside cases: accounts, catalogue, orders, keys, reveals. Written to the same log
//! in the same transaction as the row it is about; nothing personal is in it.

use crate::actor::{Actor, Role};
use crate::day::Day;
use crate::evidence::Envelope;
use crate::ids::{
    ApplicationId, CallId, CaseId, ClaimId, CoreId, DeskTextId, EvidenceId, ListingPhotoId,
    OrderId, OutletId, PackingId, PackingPieceId, PersonId, ProductId, StatementId, TechnicianId,
    TenantId, UserId, WebhookId, WorkOrderId,
};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One audited act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
    /// The tenant it concerns.
    pub tenant: TenantId,
    /// What.
    pub body: AuditBody,
}

/// A field of a person's sealed data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonField {
    /// Name.
    Name,
    /// Phone number.
    Phone,
    /// Address.
    Address,
    /// Coordinates.
    Place,
}

/// What the system itself opens a person's fields for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsePurpose {
    /// To send the person a message.
    Notify,
    /// To compute distances and times of visits.
    Dispatch,
    /// To have a number put between a customer and a technician.
    Relay,
}

/// What the system itself opens texts and photos of a case for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadPurpose {
    /// To check its photos.
    Inspect,
    /// To make the fingerprint of a photo anew.
    Fingerprint,
    /// To send the claimant link and code.
    Notify,
    /// To put its photo, which was judged forged, into the list of an exchange.
    Share,
}

/// For whom the key of a case is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseParty {
    /// Who asks.
    Claimant,
    /// Who sold.
    Merchant,
    /// Who comes to the customer.
    Technician,
    /// The operator: desk and reviewers, and the system for its own work.
    Tenant,
}

impl CaseParty {
    /// Every party; the tenant's is the last that ends.
    pub const ALL: [Self; 4] = [
        Self::Claimant,
        Self::Merchant,
        Self::Technician,
        Self::Tenant,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Claimant => "claimant",
            Self::Merchant => "merchant",
            Self::Technician => "technician",
            Self::Tenant => "tenant",
        }
    }
}

/// What a person's data is used for on the ground of their consent alone, which they can take back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentPurpose {
    /// The point on the map at which they are, for distances and times of visits.
    ExactPlace,
}

impl ConsentPurpose {
    /// Every purpose, in the order of the page.
    pub const ALL: [Self; 1] = [Self::ExactPlace];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExactPlace => "exact_place",
        }
    }

    /// The purpose of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// Why a person's key was destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShredReason {
    /// The person asked for it, or somebody with the right to.
    Requested,
    /// The order has another buyer now.
    BuyerReplaced,
    /// Its retention ended.
    RetentionEnded,
}

/// Why a person suspects that a published picture was generated (人工智能生成合成内容标识办法, article 6(3)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspicionGround {
    /// A visible mark for generated content stands in the picture.
    VisibleMark,
    /// The file has a trace of a generator.
    TraceInFile,
    /// What the picture shows has traces of a generator.
    TraceInPicture,
}

impl SuspicionGround {
    /// Every ground, in the order of the form.
    pub const ALL: [Self; 3] = [Self::VisibleMark, Self::TraceInFile, Self::TraceInPicture];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::VisibleMark => "visible_mark",
            Self::TraceInFile => "trace_in_file",
            Self::TraceInPicture => "trace_in_picture",
        }
    }

    /// The ground of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ground| ground.name() == name)
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum AuditBody {
    #[serde(rename = "tenant_created.v1")]
    TenantCreated { name: String },
    #[serde(rename = "user_created.v1")]
    UserCreated { user: UserId, roles: Vec<Role> },
    #[serde(rename = "user_roles_changed.v1")]
    UserRolesChanged { user: UserId, roles: Vec<Role> },
    /// Whose claims an account answers: codes of shops.
    #[serde(rename = "user_shops_changed.v1")]
    UserShopsChanged { user: UserId, shops: Vec<String> },
    #[serde(rename = "user_disabled.v1")]
    UserDisabled { user: UserId },
    #[serde(rename = "user_enabled.v1")]
    UserEnabled { user: UserId },
    #[serde(rename = "password_set.v1")]
    PasswordSet { user: UserId },
    #[serde(rename = "signed_in.v1")]
    SignedIn { user: UserId },
    #[serde(rename = "sign_in_refused.v1")]
    SignInRefused { user: Option<UserId> },
    #[serde(rename = "token_issued.v1")]
    TokenIssued {
        user: UserId,
        scopes: Vec<String>,
        token_id: String,
    },
    #[serde(rename = "token_revoked.v1")]
    TokenRevoked { token_id: String },
    #[serde(rename = "one_time_link_made.v1")]
    OneTimeLinkMade { user: UserId, purpose: String },
    #[serde(rename = "technician_saved.v1")]
    TechnicianSaved {
        technician: TechnicianId,
        user: UserId,
        active: bool,
    },
    /// Something happened to an application to be a technician. Who applied is sealed with the person, and so is what they wrote.
    #[serde(rename = "application_changed.v1")]
    ApplicationChanged {
        application: ApplicationId,
        change: ApplicationChange,
    },
    /// The time for which an application is kept ended: what the applicant wrote and its photos are destroyed.
    #[serde(rename = "application_ended.v1")]
    ApplicationEnded {
        application: ApplicationId,
        /// How many sealed files were removed.
        files: u64,
    },
    #[serde(rename = "outlet_saved.v1")]
    OutletSaved { outlet: OutletId },
    #[serde(rename = "product_saved.v1")]
    ProductSaved { product: ProductId },
    #[serde(rename = "listing_photo_added.v1")]
    ListingPhotoAdded {
        product: ProductId,
        photo: ListingPhotoId,
        blob: String,
    },
    /// Whoever keeps the catalogue declared that AI made or changed it.
    #[serde(rename = "listing_photo_declared.v1")]
    ListingPhotoDeclared { photo: ListingPhotoId },
    /// A person decided that it is suspected to be generated.
    #[serde(rename = "listing_photo_judged.v1")]
    ListingPhotoJudged {
        photo: ListingPhotoId,
        why: SuspicionGround,
    },
    #[serde(rename = "order_saved.v1")]
    OrderSaved { order: OrderId },
    #[serde(rename = "import_finished.v1")]
    ImportFinished { what: String, rows: u64 },
    #[serde(rename = "price_saved.v1")]
    PriceSaved { code: String },
    /// Something was written down in the ledger of the warranty of an item, under this name.
    #[serde(rename = "warranty_recorded.v1")]
    WarrantyRecorded { entry: String },
    /// Parts came to an outlet, left it, or were counted.
    #[serde(rename = "stock_moved.v1")]
    StockMoved {
        outlet: OutletId,
        /// Whose van.
        technician: Option<TechnicianId>,
        /// The name of the act.
        act: String,
    },
    /// An old part came back, was sent on, or was let go.
    #[serde(rename = "core_changed.v1")]
    CoreChanged {
        core: CoreId,
        /// The name of the act.
        act: String,
    },
    /// An old part was late, and somebody was asked about it.
    #[serde(rename = "core_asked.v1")]
    CoreAsked {
        core: CoreId,
        /// `technician` who has it, or `dispatcher`.
        whom: String,
    },
    /// What a technician is owed was drawn up.
    #[serde(rename = "statement_made.v1")]
    StatementMade {
        statement: StatementId,
        technician: TechnicianId,
        /// `YYYY-MM`
        month: String,
    },
    /// What an outlet is owed for the work of its technicians was drawn up.
    #[serde(rename = "outlet_statement_made.v1")]
    OutletStatementMade {
        statement: StatementId,
        outlet: OutletId,
        /// `YYYY-MM`
        month: String,
    },
    /// A person approved it: from then on it stays as it is.
    #[serde(rename = "statement_approved.v1")]
    StatementApproved { statement: StatementId },
    /// A draft was removed; what stood in it is settled by another one.
    #[serde(rename = "statement_removed.v1")]
    StatementRemoved { statement: StatementId },
    /// A correction waits for the technician's next statement.
    #[serde(rename = "correction_recorded.v1")]
    CorrectionRecorded { technician: TechnicianId },
    /// The same for an outlet's next one.
    #[serde(rename = "outlet_correction_recorded.v1")]
    OutletCorrectionRecorded { outlet: OutletId },
    /// Something happened to a call; the number is with the person, sealed.
    #[serde(rename = "call_changed.v1")]
    CallChanged { call: CallId, change: CallChange },
    /// Somebody at the desk took, handed on or gave back the conversation with a claimant.
    #[serde(rename = "conversation_changed.v1")]
    ConversationChanged {
        case: CaseId,
        change: ConversationChange,
        /// Who has it from now on, where it was handed on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<UserId>,
    },
    /// A text that colleagues use was saved or withdrawn.
    #[serde(rename = "desk_text_saved.v1")]
    DeskTextSaved {
        text: DeskTextId,
        kind: DeskTextKind,
        version: u32,
    },
    /// Written **before** it is sent: somebody at the desk had a provider elsewhere asked for drafts of a reply.
    #[serde(rename = "draft_asked.v1")]
    DraftAsked {
        case: CaseId,
        /// The host that was asked.
        provider: String,
        purpose: DraftPurpose,
        /// How many bytes were sent.
        bytes: u32,
        /// Hash of what was sent under a key of the tenant's, in hex: whoever has the bytes can show that it was these, and
        /// nobody can guess them from it.
        keyed_hash: String,
    },
    /// Photos of a claim resemble items of an exchange's list, as the case says: written when somebody has looked at them blind,
    /// for before that nothing tells of it.
    #[serde(rename = "exchange_matched.v1")]
    ExchangeMatched {
        case: CaseId,
        claim: ClaimId,
        list: String,
        items: Vec<u64>,
    },
    /// Somebody who has a photo objected to items of an exchange's list, through this platform.
    #[serde(rename = "exchange_objected.v1")]
    ExchangeObjected { list: String, items: Vec<u64> },
    #[serde(rename = "person_sealed.v1")]
    PersonSealed { person: PersonId },
    /// Written **before** the content is opened: no reveal without this.
    #[serde(rename = "data_revealed.v1")]
    DataRevealed {
        person: PersonId,
        case: Option<CaseId>,
        fields: Vec<PersonField>,
        /// The reason, sealed under the case key or the person's key.
        reason: Envelope,
    },
    /// Written **before** the system opens fields for its own work: one for each piece of work, whomever it is about.
    #[serde(rename = "data_used.v1")]
    DataUsed {
        purpose: UsePurpose,
        /// The case it is about; none where the work is about several.
        case: Option<CaseId>,
        persons: Vec<PersonId>,
        fields: Vec<PersonField>,
    },
    /// Written **before** texts or photos of a case are opened: once a day for each reader, and for each kind of work of the
    /// system's own.
    #[serde(rename = "case_read.v1")]
    CaseRead {
        case: CaseId,
        /// What the system reads it for; none for somebody who reads it.
        purpose: Option<ReadPurpose>,
    },
    #[serde(rename = "person_shredded.v1")]
    PersonShredded {
        person: PersonId,
        reason: ShredReason,
        /// What was written about it, sealed under the case key: words may name somebody.
        note: Option<Envelope>,
    },
    /// The claimant of a case asked that their data be destroyed, in every case and order under their number or in this case alone;
    /// until `due` it can be taken back.
    #[serde(rename = "erasure_asked.v1")]
    ErasureAsked {
        case: CaseId,
        everywhere: bool,
        due: Timestamp,
    },
    /// They took it back, or it was about everything under a number that was corrected since.
    #[serde(rename = "erasure_cancelled.v1")]
    ErasureCancelled { case: CaseId },
    /// The claimant of a case took back their consent: the use has ended with it.
    #[serde(rename = "consent_withdrawn.v1")]
    ConsentWithdrawn {
        person: PersonId,
        case: CaseId,
        purpose: ConsentPurpose,
    },
    /// The time for which a clip is kept ended: the clip and its copy are removed, its still stays.
    #[serde(rename = "clip_expired.v1")]
    ClipExpired { case: CaseId, evidence: EvidenceId },
    /// The time for which the photos of a case are kept ended: files, stills, previews and what was made of them are removed.
    #[serde(rename = "case_photos_ended.v1")]
    CasePhotosEnded {
        case: CaseId,
        /// How many sealed files were removed.
        files: u64,
    },
    /// The time for which a party reads a case ended: what its key was wrapped in for that party is destroyed.
    #[serde(rename = "case_reading_ended.v1")]
    CaseReadingEnded { case: CaseId, party: CaseParty },
    /// The time for which the texts of a case are kept ended: the key under which they were sealed is destroyed.
    #[serde(rename = "case_texts_ended.v1")]
    CaseTextsEnded { case: CaseId },
    /// A parcel of an order is being packed: what is recorded from here on belongs to it.
    #[serde(rename = "packing_begun.v1")]
    PackingBegun {
        record: PackingId,
        order: OrderId,
        /// Digits that were given to the packer with this event, to be shown in the pictures; none where everything came at once.
        nonce: Option<String>,
        /// Whether it was packed without a connection and came afterwards.
        offline: bool,
    },
    /// Everything of it is there.
    #[serde(rename = "packing_ended.v1")]
    PackingEnded {
        record: PackingId,
        pieces: u32,
        /// Hexadecimal SHA-256 of the chain over a sealed salt, the beginning, every file and what the packer wrote down.
        chain: String,
    },
    /// The time for which a clip of a packing record is kept ended: the clip and its copy are removed, its still stays.
    #[serde(rename = "packing_clip_expired.v1")]
    PackingClipExpired {
        record: PackingId,
        piece: PackingPieceId,
    },
    /// The time for which a packing record is kept ended: its pictures, hashes, facts and salt are destroyed.
    #[serde(rename = "packing_expired.v1")]
    PackingExpired { record: PackingId },
    /// Nothing of the case is ended by itself or on request until this is released, such as for a court.
    #[serde(rename = "legal_hold_placed.v1")]
    LegalHoldPlaced {
        case: CaseId,
        /// Why, sealed under the case key.
        reason: Envelope,
    },
    #[serde(rename = "legal_hold_released.v1")]
    LegalHoldReleased {
        case: CaseId,
        /// Why, sealed under the case key.
        reason: Envelope,
    },
    #[serde(rename = "case_access_made.v1")]
    CaseAccessMade { case: CaseId },
    /// The claimant opened the case through link and code.
    #[serde(rename = "case_link_opened.v1")]
    CaseOpenedByLink { case: CaseId },
    /// From now on keys of people and cases are wrapped under this version of the tenant's key encryption key.
    #[serde(rename = "tenant_key_rotated.v1")]
    TenantKeyRotated { version: u32 },
    /// All of them are wrapped under it, and the versions before were destroyed in the keyring.
    #[serde(rename = "tenant_keys_retired.v1")]
    TenantKeysRetired {
        version: u32,
        /// How many people's keys it wraps.
        persons: u64,
        /// How many keys of cases.
        cases: u64,
    },
    #[serde(rename = "backup_taken.v1")]
    BackupTaken { size: u64 },
    #[serde(rename = "restored.v1")]
    Restored { size: u64 },
    /// The log goes on under another key and name; the note, signed by both keys, says which log it was and how much of it is
    /// left. It is the first event that is signed under the new name.
    #[serde(rename = "log_renewed.v1")]
    LogRenewed { note: String },
    /// Which timestamps of the log are kept: later ones over the log vouch for them too, also when the certificates behind
    /// them have ended. Those over more than `after` events and no more than `through`, in that order.
    #[serde(rename = "timestamps_renewed.v1")]
    TimestampsRenewed {
        after: u64,
        through: u64,
        /// How many.
        tokens: u64,
        /// The RFC 6962 root over their answers, byte for byte, in hexadecimal.
        root: String,
    },
    /// How far the ledger of openings is that the process which keeps the keys of people writes: leaves, and the RFC 6962 root over
    /// them in hexadecimal. One that is cut or altered afterwards contradicts it.
    #[serde(rename = "vault_ledger.v1")]
    VaultLedger {
        size: u64,
        root: String,
        /// Where it was put back from a copy: how many lines of before are in it. What it had beyond those was lost. None are where
        /// the keys were given to a new folder, after they had come back from another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<u64>,
    },
    /// A rule pack was published for notice: from that day on its text does not change.
    #[serde(rename = "rule_pack_published.v1")]
    RulePackPublished {
        pack: String,
        version: String,
        /// SHA-256 of its text in hexadecimal.
        sha256: String,
        published: Day,
        effective: Day,
    },
    /// A number stands between the customer and the technician of a repair until then; neither number is in the log.
    #[serde(rename = "relay_bound.v1")]
    RelayBound {
        case: CaseId,
        work_order: WorkOrderId,
        technician: TechnicianId,
        until: Timestamp,
    },
    /// It leads nowhere any more.
    #[serde(rename = "relay_ended.v1")]
    RelayEnded {
        case: CaseId,
        work_order: WorkOrderId,
    },
    #[serde(rename = "setting_changed.v1")]
    SettingChanged { name: String },
    /// The clock of a sandbox was moved on: what follows is later than it was.
    #[serde(rename = "sandbox_clock_moved.v1")]
    SandboxClockMoved { hours: u32 },
    #[serde(rename = "webhook_changed.v1")]
    WebhookChanged {
        webhook: WebhookId,
        change: WebhookChange,
    },
}

/// What happened to an application to be a technician.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationChange {
    /// It came.
    Filed,
    /// A person looked at who the applicant is.
    IdentityChecked,
    /// A person looked at one of the certificates.
    CertificateChecked,
    /// The applicant has an account and is a technician from now on.
    Accepted,
    /// It was refused, with reasons that the applicant reads; or stays so after their reply.
    Refused,
    /// The applicant answered the reasons.
    Replied,
    /// The applicant took it back.
    Withdrawn,
}

/// What happened to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallChange {
    /// It rang.
    Rang,
    /// Somebody answered.
    Answered,
    /// Nobody answered: a call back is owed.
    Missed,
    /// It ended.
    Ended,
    /// Somebody asked to be called back.
    CallbackAsked,
    /// A colleague calls back, or writes down what was said.
    Claimed,
    /// A colleague called back in vain.
    NotReached,
    /// Nothing is owed any more.
    Done,
    /// A customer who said nothing about finished work is to be asked.
    FollowUpOwed,
    /// They were reached.
    Reached,
    /// They complained, and a case came of it.
    Complained,
    /// They were called in vain as often as is called.
    GivenUp,
    /// They said how it was before they were called, or there was nothing to ask about any more.
    SaidMeanwhile,
    /// Nobody called them in time.
    Lapsed,
}

/// What happened to a conversation with a claimant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationChange {
    /// A colleague answers it.
    Taken,
    /// It was handed to another colleague.
    HandedOver,
    /// It lies in the queue again.
    GivenBack,
}

/// What drafts are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftPurpose {
    /// A reply to the claimant, which a colleague sends, changes or leaves.
    Reply,
}

/// What a text of the desk is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskTextKind {
    /// Sent to a claimant, its places filled in.
    Reply,
    /// Asked in a call about a product.
    Script,
}

impl DeskTextKind {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Script => "script",
        }
    }
}

/// What happened to a subscriber's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookChange {
    /// It was entered.
    Made,
    /// It has a new secret; the old one still signs for a while.
    SecretRenewed,
    /// Messages are sent to it again.
    Enabled,
    /// A person stopped the messages.
    Disabled,
    /// Nothing got through for days, so the messages were stopped.
    DisabledFailing,
    /// The receiver said that it is gone for good (410).
    DisabledGone,
    /// Messages of the past are sent again.
    Replayed,
}

impl AuditBody {
    /// The released name with its version.
    #[must_use]
    pub fn name(&self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| {
                value
                    .get("type")
                    .and_then(|tag| tag.as_str().map(str::to_owned))
            })
            .unwrap_or_default()
    }
}
