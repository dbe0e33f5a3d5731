//! Everything that can happen to a case. An event's name carries its version; a released event is
//! never edited (a golden file of each is decoded in a test), a new need gets a new version.

mod asked;
mod charging;
mod exchange;
mod hearing;
mod intake;
mod messages;
mod photos;
mod platform;
mod rating;
mod recovering;
mod reopening;
mod work;

use crate::actor::{Actor, Human, Party};
use crate::challenge::Task;
use crate::clock::{Basis, ClockKey, PauseReason};
use crate::evidence::{Envelope, EvidenceFile, Finding, InspectedPhoto, InspectionVerdict};
use crate::ids::{
    CaseId, ClaimId, EvidenceId, OfferId, OrderId, OrderLineId, PersonId, ProductId, QuoteId,
    TechnicianId, TenantId, UserId, WorkOrderId,
};
use crate::money::Fen;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use asked::{ClaimReason, Resolution, StatutoryGround, WayOut};
pub use charging::{Means, PaymentStep};
pub use exchange::{KnownElsewhere, KnownPhoto, SharingStep, Shown};
pub use hearing::{HearingCause, ReviewCause};
pub use intake::{Channel, OperatorMode};
pub use messages::{DraftUse, MessagesEnd};
pub use photos::AlikePhoto;
pub use platform::{Platform, PlatformOutcome};
pub use rating::{Rating, Satisfaction};
pub use recovering::RecoveryEnd;
pub use reopening::ReopenReason;
pub use work::{QuoteLine, WorkKind, WorkOutcome};

/// Stands for the county of a visit whose place is to be asked in a call: no division has this code.
pub const COUNTY_TO_ASK: &str = "000000";

/// One thing that happened: when, by whom, what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it was decided.
    pub at: Timestamp,
    /// Who caused it.
    pub by: Actor,
    /// What happened.
    pub body: Body,
    /// When it was done, as the device of whoever did it told: it was without a network, and sent later. It is shown as told;
    /// no clock and no rule goes by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
}

/// Why a dispatcher has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escalation {
    /// No technician covers the place; the report is taken all the same (有问题必受理).
    NoCoverage,
    /// Every candidate was asked.
    NoCandidateLeft,
    /// Nobody accepted within the response clock.
    NotAccepted,
    /// The agreed time is over, and no arrival is recorded.
    NoShow,
    /// The customer declined the quote.
    QuoteDeclined,
    /// The customer disputes the work.
    Disputed,
    /// The customer did not answer the quote.
    QuoteUnanswered,
    /// No visit was agreed in time.
    NotScheduled,
    /// The technician arrived and reported nothing since.
    NoReport,
    /// The work was done and the item is not fixed.
    NotFixed,
    /// Spare parts are overdue and the product is not under warranty.
    PartsOverdue,
    /// A statutory right may exist: it is not known whether the product is under warranty. Complete
    /// the order, then check again.
    WarrantyUnknown,
    /// The customer wrote, and nobody has answered.
    CustomerWrote,
    /// Nothing was waited for any more, and the repair is not over.
    NothingMoves,
    /// A photo of the finished work is like an earlier one, and nobody has compared them.
    PhotosAlike,
    /// The customer asked for an invoice, and nobody has sent it.
    InvoiceWanted,
    /// Finished work is not paid in time, or the customer disputes a payment.
    PaymentOpen,
}

/// What a human says about a claim's photos, before or after seeing the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// The photos support the claim.
    Supports,
    /// They do not.
    DoesNotSupport,
    /// Cannot be told.
    CannotTell,
}

/// The outcome of a human decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Verdict {
    /// The claim is granted, wholly or partly.
    Granted {
        /// What is granted.
        resolution: Resolution,
    },
    /// The claim is rejected. Only a human can say this.
    Rejected,
}

/// A rule or law cited by a decision: its id and the version or date that applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Such as `pack:default/7` or `law:L09`.
    pub rule: String,
    /// Version of the pack, or the day the law applied.
    pub version: String,
}

/// Why money may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "basis", rename_all = "snake_case")]
pub enum PaymentBasis {
    /// The merchant's human agreed.
    MerchantAgreed {
        /// Who.
        human: Human,
    },
    /// Both sides settled.
    Settled {
        /// Who offered.
        human: Human,
    },
    /// A human decided.
    Decided {
        /// Who.
        human: Human,
    },
}

/// The body of an event, tagged by its released name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Body {
    // ---- the case ----
    /// A case was opened; the first event of every case.
    #[serde(rename = "case_opened.v1")]
    CaseOpened {
        case: CaseId,
        tenant: TenantId,
        claimant: PersonId,
        mode: OperatorMode,
        channel: Channel,
        order: Option<OrderId>,
        /// Version of the privacy notice the person saw.
        notice_version: String,
        /// Purposes the person agreed to.
        purposes: Vec<String>,
    },
    /// The claimant objects to the use of earlier outcomes: from now on no rule of this tenant reads them.
    #[serde(rename = "history_objected.v1")]
    HistoryObjected {},
    /// The claimant had earlier outcomes erased: what was decided before now counts no more.
    #[serde(rename = "history_erased.v1")]
    HistoryErased {},
    /// The order that the case is about became known.
    #[serde(rename = "order_linked.v1")]
    OrderLinked { order: OrderId },
    /// The case was closed: nothing is open on it.
    #[serde(rename = "case_closed.v1")]
    CaseClosed {},
    /// A closed case was opened again.
    #[serde(rename = "case_reopened.v1")]
    CaseReopened { reason: ReopenReason },
    /// A message or note was added by a party, an agent or a technician; on a repair, what the customer wrote waits for
    /// somebody who works here.
    #[serde(rename = "statement_added.v1")]
    StatementAdded {
        subject: crate::clock::Subject,
        party: Option<Party>,
        text: Envelope,
        evidence: Vec<EvidenceId>,
        /// Photos and voice notes that came with it; a photo about a claim is evidence and comes as such.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<EvidenceFile>,
        /// Whether whoever sent it began with a draft; none where they wrote it themselves.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        draft: Option<DraftUse>,
    },
    /// What the customer wrote needs no answer any more, and who says so is a colleague.
    #[serde(rename = "messages_settled.v1")]
    MessagesSettled { how: MessagesEnd },

    // ---- clocks ----
    #[serde(rename = "clock_started.v1")]
    ClockStarted {
        clock: ClockKey,
        basis: Basis,
        due_at: Timestamp,
        allowance_ms: i64,
        /// Whether the due time lies beyond a year whose holidays are not published.
        assumed: bool,
        /// Rule pack and version that set the allowance.
        rule: Citation,
    },
    #[serde(rename = "clock_paused.v1")]
    ClockPaused {
        clock: ClockKey,
        reason: PauseReason,
        left_ms: i64,
        /// When it runs on by itself; none where something else ends it: a photo, or a look.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    #[serde(rename = "clock_resumed.v1")]
    ClockResumed {
        clock: ClockKey,
        due_at: Timestamp,
        assumed: bool,
        /// Whether nobody let it run on: it had stood still as long as it may.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        lapsed: bool,
    },
    #[serde(rename = "clock_extended.v1")]
    ClockExtended {
        clock: ClockKey,
        by_ms: i64,
        due_at: Timestamp,
        assumed: bool,
        reason: Envelope,
    },
    /// The rule changed while the clock ran; the time already spent is kept.
    #[serde(rename = "clock_rebased.v1")]
    ClockRebased {
        clock: ClockKey,
        allowance_ms: i64,
        due_at: Timestamp,
        assumed: bool,
        rule: Citation,
    },
    #[serde(rename = "clock_stopped.v1")]
    ClockStopped { clock: ClockKey },
    #[serde(rename = "clock_expired.v1")]
    ClockExpired { clock: ClockKey },

    // ---- repair ----
    #[serde(rename = "repair_requested.v1")]
    RepairRequested {
        work_order: WorkOrderId,
        kind: WorkKind,
        product: Option<ProductId>,
        /// Skill a technician needs, such as `washing_machine`.
        skill: String,
        /// Division code of the county (six digits), not an address.
        county: String,
        description: Envelope,
        evidence: Vec<EvidenceFile>,
        /// When the customer would like the visit.
        window: Option<Window>,
        /// The earlier work order that this one makes good (work warranty).
        rework_of: Option<WorkOrderId>,
        /// The claim for which a technician looks.
        inspects: Option<ClaimId>,
        urgent: bool,
    },
    #[serde(rename = "repair_verified.v1")]
    RepairVerified {
        work_order: WorkOrderId,
        covered: bool,
    },
    /// The place of a visit was told in a call, or put right; the address itself is sealed with the person.
    #[serde(rename = "place_told.v1")]
    PlaceTold {
        work_order: WorkOrderId,
        /// Division code of the county (six digits), not an address.
        county: String,
        /// Why, where a colleague puts right what was known; nobody was asked before this was written down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Envelope>,
    },
    #[serde(rename = "repair_offered.v1")]
    RepairOffered {
        work_order: WorkOrderId,
        offer: OfferId,
        technician: TechnicianId,
        /// Straight-line distance in meters, rounded to 100 m.
        distance_m: u32,
        /// 1 for the first technician asked.
        rank: u32,
    },
    #[serde(rename = "offer_declined.v1")]
    OfferDeclined {
        work_order: WorkOrderId,
        offer: OfferId,
        reason: String,
    },
    #[serde(rename = "offer_lapsed.v1")]
    OfferLapsed {
        work_order: WorkOrderId,
        offer: OfferId,
    },
    /// Another technician who was asked at the same time accepted first.
    #[serde(rename = "offer_taken.v1")]
    OfferTaken {
        work_order: WorkOrderId,
        offer: OfferId,
        technician: TechnicianId,
    },
    #[serde(rename = "offer_accepted.v1")]
    OfferAccepted {
        work_order: WorkOrderId,
        offer: OfferId,
        technician: TechnicianId,
        /// Request to acceptance in milliseconds: the response time.
        response_ms: i64,
    },
    /// Who comes along to a visit that takes two people.
    #[serde(rename = "helper_named.v1")]
    HelperNamed {
        work_order: WorkOrderId,
        technician: TechnicianId,
    },
    #[serde(rename = "helper_released.v1")]
    HelperReleased {
        work_order: WorkOrderId,
        technician: TechnicianId,
    },
    #[serde(rename = "dispatcher_called.v1")]
    DispatcherCalled {
        work_order: WorkOrderId,
        why: Escalation,
    },
    #[serde(rename = "technician_released.v1")]
    TechnicianReleased {
        work_order: WorkOrderId,
        technician: TechnicianId,
        reason: String,
    },
    #[serde(rename = "visit_scheduled.v1")]
    VisitScheduled {
        work_order: WorkOrderId,
        window: Window,
    },
    /// The time that the customer chose cannot be kept by whoever accepted, as the plan stands: another one is asked for.
    #[serde(rename = "chosen_time_missed.v1")]
    ChosenTimeMissed {
        work_order: WorkOrderId,
        window: Window,
    },
    /// Somebody would like to come at another time than was agreed; until the customer chooses, the agreed time stands.
    #[serde(rename = "visit_times_proposed.v1")]
    VisitTimesProposed {
        work_order: WorkOrderId,
        windows: Vec<Window>,
    },
    #[serde(rename = "visit_time_kept.v1")]
    VisitTimeKept { work_order: WorkOrderId },
    /// A dispatcher gave the visit to somebody on the board, to begin in a time where one is said.
    #[serde(rename = "visit_placed.v1")]
    VisitPlaced {
        work_order: WorkOrderId,
        technician: TechnicianId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        window: Option<Window>,
        /// Who had accepted it and does not come any more, and how far it is for whoever does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<TechnicianId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        distance_m: Option<u32>,
    },
    /// The last of that was taken back: all is as it was before.
    #[serde(rename = "visit_put_back.v1")]
    VisitPutBack {
        work_order: WorkOrderId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        technician: Option<TechnicianId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<TechnicianId>,
    },
    /// The technician was at the door and met nobody.
    #[serde(rename = "customer_absent.v1")]
    CustomerAbsent { work_order: WorkOrderId },
    /// The message that a technician has accepted went to the customer: with it the response is there.
    #[serde(rename = "customer_told.v1")]
    CustomerTold {
        work_order: WorkOrderId,
        /// Request to message in milliseconds.
        response_ms: i64,
    },
    #[serde(rename = "technician_en_route.v1")]
    TechnicianEnRoute { work_order: WorkOrderId },
    #[serde(rename = "technician_arrived.v1")]
    TechnicianArrived { work_order: WorkOrderId },
    #[serde(rename = "no_show_recorded.v1")]
    NoShowRecorded { work_order: WorkOrderId },
    #[serde(rename = "repair_diagnosed.v1")]
    RepairDiagnosed {
        work_order: WorkOrderId,
        fault_code: String,
        note: Envelope,
    },
    #[serde(rename = "quote_proposed.v1")]
    QuoteProposed {
        work_order: WorkOrderId,
        quote: QuoteId,
        lines: Vec<QuoteLine>,
        total: Fen,
        under_warranty: bool,
    },
    #[serde(rename = "quote_consented.v1")]
    QuoteConsented {
        work_order: WorkOrderId,
        quote: QuoteId,
    },
    #[serde(rename = "quote_declined.v1")]
    QuoteDeclined {
        work_order: WorkOrderId,
        quote: QuoteId,
    },
    #[serde(rename = "work_started.v1")]
    WorkStarted { work_order: WorkOrderId },
    #[serde(rename = "parts_awaited.v1")]
    PartsAwaited {
        work_order: WorkOrderId,
        parts: Vec<String>,
    },
    #[serde(rename = "parts_arrived.v1")]
    PartsArrived { work_order: WorkOrderId },
    #[serde(rename = "work_done.v1")]
    WorkDone {
        work_order: WorkOrderId,
        outcome: WorkOutcome,
        /// Codes of what was done.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        actions: Vec<String>,
        note: Envelope,
        evidence: Vec<EvidenceFile>,
    },
    /// Parts that the visit took off the van, in place of what was said before.
    #[serde(rename = "parts_taken.v1")]
    PartsTaken {
        work_order: WorkOrderId,
        technician: TechnicianId,
        parts: BTreeMap<String, u32>,
        /// How many of them were not on the van: they come back to it by no correction.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        beyond: BTreeMap<String, u32>,
    },
    /// The number at which the customer is reached was wrong, and is put right: it is sealed with the person. `work_order`
    /// is one that somebody has, who is told.
    #[serde(rename = "phone_corrected.v1")]
    PhoneCorrected {
        work_order: Option<WorkOrderId>,
        /// Why, where a colleague does it.
        reason: Option<Envelope>,
    },
    /// Photos of a visit besides those of the report and of the finished work: the customer's, or what the technician met
    /// (`party` is none).
    #[serde(rename = "work_photos_added.v1")]
    WorkPhotosAdded {
        work_order: WorkOrderId,
        party: Option<Party>,
        evidence: Vec<EvidenceFile>,
    },
    /// Photos of the finished work are like earlier ones. Nothing follows from it but that a dispatcher compares them.
    #[serde(rename = "work_photos_alike.v1")]
    WorkPhotosAlike {
        work_order: WorkOrderId,
        photos: Vec<AlikePhoto>,
    },
    /// A dispatcher has compared them; the note is for colleagues.
    #[serde(rename = "work_photos_compared.v1")]
    WorkPhotosCompared {
        work_order: WorkOrderId,
        compared_by: Human,
        note: Envelope,
    },
    #[serde(rename = "work_confirmed.v1")]
    WorkConfirmed {
        work_order: WorkOrderId,
        /// Confirmed by the clock: no right is waived (法释〔2022〕8号 art. 1).
        by_clock: bool,
    },
    #[serde(rename = "work_disputed.v1")]
    WorkDisputed {
        work_order: WorkOrderId,
        text: Envelope,
    },
    /// A human settled a dispute about work. Upheld: the repair counts as failed.
    #[serde(rename = "work_dispute_settled.v1")]
    WorkDisputeSettled {
        work_order: WorkOrderId,
        settled_by: Human,
        upheld: bool,
        note: Envelope,
    },
    /// What the customer says about the work; nothing follows from it by itself.
    #[serde(rename = "work_rated.v1")]
    WorkRated {
        work_order: WorkOrderId,
        satisfaction: Satisfaction,
        reason: Option<Envelope>,
    },
    /// What whoever did the work says to that.
    #[serde(rename = "rating_answered.v1")]
    RatingAnswered {
        work_order: WorkOrderId,
        text: Envelope,
    },
    /// The customer asks for an invoice: title, tax number and address.
    #[serde(rename = "invoice_requested.v1")]
    InvoiceRequested {
        work_order: WorkOrderId,
        details: Envelope,
    },
    /// A person sent it, under this number.
    #[serde(rename = "invoice_sent.v1")]
    InvoiceSent {
        work_order: WorkOrderId,
        number: Envelope,
    },
    /// The customer paid for finished work, or what became of that.
    #[serde(rename = "customer_payment.v1")]
    CustomerPayment {
        work_order: WorkOrderId,
        step: PaymentStep,
    },
    #[serde(rename = "work_warranty_started.v1")]
    WorkWarrantyStarted {
        work_order: WorkOrderId,
        until: Timestamp,
    },
    #[serde(rename = "work_warranty_ended.v1")]
    WorkWarrantyEnded { work_order: WorkOrderId },
    #[serde(rename = "repair_withdrawn.v1")]
    RepairWithdrawn { work_order: WorkOrderId },
    /// A repair failed (not fixed, or done again under warranty); counts for 三包.
    #[serde(rename = "repair_failed.v1")]
    RepairFailed {
        work_order: WorkOrderId,
        failures: u32,
    },
    /// By the ledger of the item, these parts had been replaced before and failed again.
    #[serde(rename = "same_part_failed.v1")]
    SamePartFailed {
        work_order: WorkOrderId,
        /// Codes of parts.
        parts: Vec<String>,
    },
    /// 三包: an exchange or refund claim is offered on this case, by itself.
    #[serde(rename = "statutory_claim_offered.v1")]
    StatutoryClaimOffered {
        work_order: WorkOrderId,
        ground: StatutoryGround,
        /// As it held on the day on which the repair was asked for; `law:unknown` where the law pack does not know it.
        law: Citation,
        /// As it holds on the day of the offer, where that is another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        law_at_offer: Option<Citation>,
    },

    // ---- claim ----
    #[serde(rename = "claim_filed.v1")]
    ClaimFiled {
        claim: ClaimId,
        order: OrderId,
        line: OrderLineId,
        reason: ClaimReason,
        ask: Resolution,
        /// What was paid for the line: no more than this can be asked.
        paid: Fen,
        perishable: bool,
        statement: Envelope,
        evidence: Vec<EvidenceFile>,
        /// The statutory offer that this claim takes up.
        statutory: Option<StatutoryGround>,
    },
    #[serde(rename = "evidence_added.v1")]
    EvidenceAdded {
        claim: ClaimId,
        party: Party,
        evidence: Vec<EvidenceFile>,
        /// The challenged photo this one answers.
        answers: Option<EvidenceId>,
        /// Other challenged photos that a photo on request answers as well.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also_answers: Vec<EvidenceId>,
    },
    /// One photo was checked by itself. Claims are inspected as a whole now; this stays readable.
    #[serde(rename = "evidence_screened.v1")]
    EvidenceScreened {
        claim: ClaimId,
        evidence: EvidenceId,
        findings: Vec<Finding>,
        /// Name and version of the checks, to run them again.
        checks: String,
    },
    /// The photos of a claim were checked against each other, the listing, and everything earlier. Where
    /// a photo was checked before, what is said now counts.
    #[serde(rename = "claim_inspected.v1")]
    ClaimInspected {
        claim: ClaimId,
        photos: Vec<InspectedPhoto>,
        /// The strongest verdict of the claim's photos.
        verdict: InspectionVerdict,
        /// Name and version of the checks, to run them again.
        checks: String,
    },
    /// Photos of the claim were looked up in a list of photos that were judged forged elsewhere. Where one is like that, a person
    /// looks. Every claim that was looked up has it, so that neither its name nor its place tells anything.
    #[serde(rename = "photos_known_elsewhere.v1")]
    PhotosKnownElsewhere {
        claim: ClaimId,
        known: KnownElsewhere,
    },
    /// A photo that was judged forged is on its way into the list of an exchange, or does not go there after all.
    #[serde(rename = "photo_sharing.v1")]
    PhotoSharing {
        claim: ClaimId,
        evidence: EvidenceId,
        /// Whose photo it is.
        of: Party,
        step: SharingStep,
    },
    #[serde(rename = "new_photo_asked.v1")]
    NewPhotoAsked {
        claim: ClaimId,
        evidence: EvidenceId,
    },
    /// A photo on request: what it has to show, and until when.
    #[serde(rename = "challenge_drawn.v1")]
    ChallengeDrawn {
        claim: ClaimId,
        #[serde(flatten)]
        task: Task,
        until: Timestamp,
    },
    #[serde(rename = "evidence_disputed.v1")]
    EvidenceDisputed {
        claim: ClaimId,
        evidence: EvidenceId,
        party: Party,
    },
    /// The claim is an after-sales case of an outside platform, which decides it.
    #[serde(rename = "platform_linked.v1")]
    PlatformLinked {
        claim: ClaimId,
        platform: Platform,
        /// The platform's numbers and everything else that was mapped.
        object: Envelope,
        /// The platform's own word for how far it is.
        status: String,
        /// Until when the platform waits for the merchant, if it says so.
        due_at: Option<Timestamp>,
    },
    /// The platform's case was read again, and was another.
    #[serde(rename = "platform_read.v1")]
    PlatformRead {
        claim: ClaimId,
        object: Envelope,
        status: String,
        due_at: Option<Timestamp>,
    },
    /// A human recorded what the platform decided.
    #[serde(rename = "platform_decided.v1")]
    PlatformDecided {
        claim: ClaimId,
        recorded_by: Human,
        outcome: PlatformOutcome,
        /// How much more it granted than was paid for the line less what was refunded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        above_paid: Option<Fen>,
    },
    /// The merchant asks whether a photo was made by a machine: a question for a human, no accusation and no finding.
    #[serde(rename = "evidence_questioned.v1")]
    EvidenceQuestioned {
        claim: ClaimId,
        evidence: EvidenceId,
        merchant: Human,
    },
    #[serde(rename = "evidence_judged.v1")]
    EvidenceJudged {
        claim: ClaimId,
        evidence: EvidenceId,
        accepted: bool,
        reviewer: Human,
    },
    /// An automatic payment is held and a human looks; nothing else (DESIGN: *intercept*).
    #[serde(rename = "first_look_required.v1")]
    FirstLookRequired { claim: ClaimId },
    #[serde(rename = "first_look.v1")]
    FirstLook {
        claim: ClaimId,
        reviewer: Human,
        look: Look,
        note: Envelope,
        /// The photos that the reviewer saw; of looks before this was written down, all that were there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<Vec<EvidenceId>>,
    },
    #[serde(rename = "merchant_window_opened.v1")]
    MerchantWindowOpened { claim: ClaimId },
    #[serde(rename = "merchant_agreed.v1")]
    MerchantAgreed {
        claim: ClaimId,
        merchant: Human,
        resolution: Resolution,
    },
    #[serde(rename = "merchant_contested.v1")]
    MerchantContested {
        claim: ClaimId,
        merchant: Human,
        statement: Envelope,
    },
    #[serde(rename = "merchant_silent.v1")]
    MerchantSilent { claim: ClaimId },
    #[serde(rename = "settlement_offered.v1")]
    SettlementOffered {
        claim: ClaimId,
        merchant: Human,
        resolution: Resolution,
        statement: Envelope,
    },
    #[serde(rename = "settlement_accepted.v1")]
    SettlementAccepted {
        claim: ClaimId,
        resolution: Resolution,
    },
    #[serde(rename = "settlement_declined.v1")]
    SettlementDeclined { claim: ClaimId },
    /// The claimant offers something else than what was asked or offered.
    #[serde(rename = "counter_offered.v1")]
    CounterOffered {
        claim: ClaimId,
        resolution: Resolution,
        statement: Envelope,
    },
    /// The claimant asks for less than before, and nothing is decided by it.
    #[serde(rename = "ask_changed.v1")]
    AskChanged { claim: ClaimId, ask: Resolution },
    #[serde(rename = "counter_accepted.v1")]
    CounterAccepted {
        claim: ClaimId,
        merchant: Human,
        resolution: Resolution,
    },
    #[serde(rename = "counter_declined.v1")]
    CounterDeclined { claim: ClaimId, merchant: Human },
    #[serde(rename = "evidence_round_opened.v1")]
    EvidenceRoundOpened { claim: ClaimId },
    /// One side has nothing more to add.
    #[serde(rename = "evidence_round_done.v1")]
    EvidenceRoundDone { claim: ClaimId, party: Party },
    #[serde(rename = "evidence_round_closed.v1")]
    EvidenceRoundClosed { claim: ClaimId },
    /// A side has something new to read, and a decision waits for its answer until then; none where no decision waits.
    #[serde(rename = "hearing_opened.v1")]
    HearingOpened {
        claim: ClaimId,
        party: Party,
        about: HearingCause,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The claim is with a reviewer now.
    #[serde(rename = "human_review_opened.v1")]
    HumanReviewOpened { claim: ClaimId, why: ReviewCause },
    #[serde(rename = "review_assigned.v1")]
    ReviewAssigned {
        claim: ClaimId,
        reviewer: UserId,
        second: bool,
    },
    #[serde(rename = "review_overdue.v1")]
    ReviewOverdue { claim: ClaimId, second: bool },
    #[serde(rename = "claim_decided.v1")]
    ClaimDecided {
        claim: ClaimId,
        reviewer: Human,
        verdict: Verdict,
        reasons: Envelope,
        citations: Vec<Citation>,
        /// Evidence the decision rests on.
        evidence: Vec<EvidenceId>,
    },
    /// A reviewer's decision that takes effect when a second reviewer confirms it; until then neither side
    /// is told what it says.
    #[serde(rename = "decision_proposed.v1")]
    DecisionProposed {
        claim: ClaimId,
        reviewer: Human,
        verdict: Verdict,
        reasons: Envelope,
        citations: Vec<Citation>,
        evidence: Vec<EvidenceId>,
    },
    /// A second reviewer agrees; `claim_decided.v1` follows.
    #[serde(rename = "decision_confirmed.v1")]
    DecisionConfirmed { claim: ClaimId, reviewer: Human },
    /// A second reviewer does not agree; the claim is reviewed again.
    #[serde(rename = "decision_returned.v1")]
    DecisionReturned {
        claim: ClaimId,
        reviewer: Human,
        reasons: Envelope,
    },
    /// The rule pack's draw fell on a decision: another reviewer looks at the claim again, without the
    /// decision. It changes nothing on the claim.
    #[serde(rename = "decision_sampled.v1")]
    DecisionSampled {
        claim: ClaimId,
        /// How many of a thousand decisions the pack looks at again.
        permille: u16,
    },
    #[serde(rename = "decision_looked_again.v1")]
    DecisionLookedAgain {
        claim: ClaimId,
        reviewer: Human,
        verdict: Verdict,
        reasons: Envelope,
    },
    /// A reviewer steps back from a claim because of a conflict of interest.
    #[serde(rename = "reviewer_recused.v1")]
    ReviewerRecused {
        claim: ClaimId,
        reviewer: Human,
        reasons: Envelope,
    },
    #[serde(rename = "appeal_filed.v1")]
    AppealFiled {
        claim: ClaimId,
        party: Party,
        statement: Envelope,
    },
    #[serde(rename = "appeal_decided.v1")]
    AppealDecided {
        claim: ClaimId,
        reviewer: Human,
        verdict: Verdict,
        reasons: Envelope,
        citations: Vec<Citation>,
        evidence: Vec<EvidenceId>,
    },
    #[serde(rename = "claim_final.v1")]
    ClaimFinal { claim: ClaimId },
    #[serde(rename = "return_shipped.v1")]
    ReturnShipped { claim: ClaimId, waybill: Envelope },
    /// The goods that were to come back are late: the claimant is reminded, once.
    #[serde(rename = "return_reminded.v1")]
    ReturnReminded { claim: ClaimId },
    #[serde(rename = "return_received.v1")]
    ReturnReceived { claim: ClaimId, as_described: bool },
    #[serde(rename = "exchange_shipped.v1")]
    ExchangeShipped { claim: ClaimId, waybill: Envelope },
    /// Nothing was granted for goods that the claimant sent, and that is final: the merchant sends them back.
    #[serde(rename = "goods_owed.v1")]
    GoodsOwed { claim: ClaimId },
    #[serde(rename = "goods_sent_back.v1")]
    GoodsSentBack { claim: ClaimId, waybill: Envelope },
    #[serde(rename = "payment_authorized.v1")]
    PaymentAuthorized {
        claim: ClaimId,
        amount: Fen,
        #[serde(flatten)]
        basis: PaymentBasis,
    },
    /// The refund, the exchange or the goods that are sent back are late: both sides and the reviewers are told. A human looks
    /// at what is to be sent and is late a second time.
    #[serde(rename = "execution_overdue.v1")]
    ExecutionOverdue { claim: ClaimId },
    #[serde(rename = "claim_executed.v1")]
    ClaimExecuted {
        claim: ClaimId,
        amount: Fen,
        /// The payment provider's reference.
        reference: String,
    },
    #[serde(rename = "claim_closed.v1")]
    ClaimClosed { claim: ClaimId },
    #[serde(rename = "claim_withdrawn.v1")]
    ClaimWithdrawn { claim: ClaimId },
    /// The merchant asks for a second look at a refund that a human decided and that was paid.
    #[serde(rename = "paid_decision_contested.v1")]
    PaidDecisionContested {
        claim: ClaimId,
        merchant: Human,
        /// What the merchant says it paid for freight.
        freight: Fen,
        statement: Envelope,
    },
    /// A paid refund was overturned: what is owed back.
    #[serde(rename = "recovery_opened.v1")]
    RecoveryOpened {
        claim: ClaimId,
        /// Of the price.
        price: Fen,
        /// Freight, as the second reviewer found it; never more than the merchant stated.
        freight: Fen,
        /// Whether the merchant has the goods and owes them to the claimant.
        goods_at_merchant: bool,
    },
    /// What came of it; once.
    #[serde(rename = "recovery_settled.v1")]
    RecoverySettled {
        claim: ClaimId,
        by: Human,
        how: RecoveryEnd,
        amount: Fen,
        reference: String,
        /// The rule by which the platform compensates.
        rule: Option<Citation>,
    },
    /// A side flag, never a verdict; only a human raises it.
    #[serde(rename = "fraud_referral_made.v1")]
    FraudReferralMade {
        claim: ClaimId,
        by: Human,
        reasons: Envelope,
    },
    /// The flag was taken back.
    #[serde(rename = "fraud_referral_withdrawn.v1")]
    FraudReferralWithdrawn {
        claim: ClaimId,
        by: Human,
        reasons: Envelope,
    },
    /// A human signed advice about tracks of law. No rule reads it.
    #[serde(rename = "advice_signed.v1")]
    AdviceSigned {
        claim: ClaimId,
        by: Human,
        /// Id and version of the law pack.
        law: Citation,
        /// The facts, the tracks and what they rest on, sealed.
        advice: Envelope,
    },
    /// What a human read off a piece of evidence, sealed.
    #[serde(rename = "evidence_read.v1")]
    EvidenceRead {
        claim: ClaimId,
        evidence: EvidenceId,
        by: Human,
        reading: Envelope,
    },
}

/// A visit window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// From.
    pub from: Timestamp,
    /// Until.
    pub until: Timestamp,
}

impl Body {
    /// The released name with its version, such as `claim_filed.v1`.
    #[must_use]
    pub fn name(&self) -> String {
        // The tag is the single source of the names; a table beside it could drift.
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
