//! What people and programs ask of a case, in plain words; `act` turns it into a command.

use aftercare_domain::challenge::Capture;
use aftercare_domain::clock::{ClockName, PauseReason};
use aftercare_domain::event::{Look, Means, RecoveryEnd, Satisfaction, WayOut, WorkOutcome};
use aftercare_domain::ids::{
    ClaimId, EvidenceId, OfferId, PaymentId, QuoteId, TechnicianId, WorkOrderId,
};
use aftercare_domain::{Fen, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A line of a quote as entered: with a code of the price book the label and the list price come
/// from there; without one `label` and `amount` are needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuoteLineInput {
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub label: String,
    #[schema(value_type = Option<i64>)]
    pub amount: Option<Fen>,
}

/// What is asked, offered or granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ResolutionInput {
    /// `refund`, `return`, `exchange`, `partial` or `inspection`.
    pub kind: String,
    /// Fen; needed for `refund`, `return` and `partial`.
    #[schema(value_type = Option<i64>)]
    pub amount: Option<Fen>,
}

/// From and until.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WindowInput {
    #[schema(value_type = i64)]
    pub from: Timestamp,
    #[schema(value_type = i64)]
    pub until: Timestamp,
}

/// A rule or law cited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CitationInput {
    pub rule: String,
    #[serde(default)]
    pub version: String,
}

/// A human's decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionInput {
    /// `true` grants `resolution`, `false` rejects.
    pub grant: bool,
    pub resolution: Option<ResolutionInput>,
    pub reasons: String,
    pub citations: Vec<CitationInput>,
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub evidence: Vec<EvidenceId>,
}

/// One request to a case. `work_order` and `claim` may be left out when the case has only one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    // ---- repair ----
    /// Offer to the nearest technician not asked yet, or to the one named.
    Offer {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = Option<String>)]
        technician: Option<TechnicianId>,
    },
    AcceptOffer {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = String)]
        offer: OfferId,
    },
    DeclineOffer {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = String)]
        offer: OfferId,
        #[serde(default)]
        reason: String,
    },
    Release {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        reason: String,
    },
    /// A dispatcher says who comes along to the visit, in place of whoever was to.
    NameHelper {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = String)]
        technician: TechnicianId,
    },
    /// A dispatcher gives a visit to somebody, to begin within an hour from `from` where that is said. What nobody has accepted is
    /// asked of them alone; what was accepted is handed over. A time that was agreed, or asked for, stays. Ask first what
    /// would come of it (`what-if`), and send its `seen` along.
    MoveVisit {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = String)]
        technician: TechnicianId,
        #[serde(default)]
        #[schema(value_type = Option<i64>)]
        from: Option<Timestamp>,
        #[serde(default)]
        seen: String,
    },
    /// A dispatcher takes the last move of a visit back, as long as nobody has answered it or set out.
    PutBack {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
    },
    /// What a finished visit used in truth, such as `valve x 1`; nothing without `parts`. The van's list is put right.
    CountParts {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[serde(default)]
        parts: Vec<String>,
        /// The serial number that the item shows; empty where the order says it.
        #[serde(default)]
        serial: String,
        /// Parts that had failed, with their serial numbers, such as `pump: OLD-1 > NEW-1`. Nothing leaves what was said
        /// before, `none` alone takes it back.
        #[serde(default)]
        replaced: Vec<String>,
    },
    Schedule {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = i64)]
        from: Timestamp,
        #[schema(value_type = i64)]
        until: Timestamp,
    },
    /// Asks the customer to choose another time than was agreed; until then the agreed time stands.
    ProposeTimes {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        windows: Vec<WindowInput>,
    },
    /// The customer keeps the agreed time.
    KeepTime {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
    },
    /// The technician is at the door and meets nobody: another time is to be agreed.
    CustomerAbsent {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
    },
    SetOut {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
    },
    Arrive {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
    },
    Diagnose {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        fault_code: String,
        #[serde(default)]
        note: String,
    },
    Quote {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        lines: Vec<QuoteLineInput>,
        #[serde(default)]
        under_warranty: bool,
    },
    AnswerQuote {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = String)]
        quote: QuoteId,
        consent: bool,
    },
    StartWork {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
    },
    AwaitParts {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        parts: Vec<String>,
    },
    PartsArrived {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
    },
    /// Photos sent along are kept as repair photos.
    Finish {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = String)]
        outcome: WorkOutcome,
        /// Codes of what was done, from the tenant's list.
        #[serde(default)]
        actions: Vec<String>,
        #[serde(default)]
        note: String,
    },
    /// Photos sent along are added to the repair: what the customer shows besides the report, or how the technician meets
    /// the item before any work.
    AddPhotos {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
    },
    /// A dispatcher has compared the photos of finished work that are like earlier ones. Nothing follows by itself; the note
    /// is for colleagues.
    ComparePhotos {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[serde(default)]
        note: String,
    },
    ConfirmWork {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
    },
    DisputeWork {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        text: String,
    },
    /// The customer asks for an invoice of paid work, once.
    RequestInvoice {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        /// To whom it is made out.
        title: String,
        /// Of a company; empty for a person.
        #[serde(default)]
        tax_number: String,
        /// Where it is sent.
        email: String,
    },
    /// Somebody at the desk sent it, under this number.
    SendInvoice {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        number: String,
    },
    /// The customer paid for finished work, at most what is due. A technician records cash, the desk what it sees in the
    /// account; nothing is collected by it. Whoever takes it up again after a bad network sends it with its key.
    RecordPayment {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = i64)]
        amount: Fen,
        /// `cash` or `account`.
        #[schema(value_type = String)]
        means: Means,
        /// The number under which it stands elsewhere.
        #[serde(default)]
        reference: String,
    },
    /// The customer says whether a payment is right; one that never was counts no more.
    AnswerPayment {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = String)]
        payment: PaymentId,
        right: bool,
    },
    /// A dispatcher gave money of it back.
    GiveBackPayment {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = i64)]
        amount: Fen,
        reason: String,
    },
    /// A dispatcher says that so much is not asked for any more.
    LetGoPayment {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = i64)]
        amount: Fen,
        reason: String,
    },
    /// What the customer says about finished work, once. A colleague writes down what was said in a call.
    RateWork {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        /// `satisfied`, `partly` or `dissatisfied`.
        #[schema(value_type = String)]
        satisfaction: Satisfaction,
        /// Why; needed of whoever is not satisfied.
        #[serde(default)]
        reason: String,
    },
    /// What whoever did the work says to that, once; the customer reads it.
    AnswerRating {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        text: String,
    },
    /// A human settles a dispute about work; upheld: the repair counts as failed.
    SettleDispute {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        upheld: bool,
        #[serde(default)]
        note: String,
    },
    /// The order that the case is about, by its number, where nobody knew it before.
    AddOrder {
        order_number: String,
    },
    /// The order was completed: look again whether a statutory right exists.
    CheckStatutory {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
    },
    /// The work failed within its warranty: it is done again.
    RequestRework {
        #[schema(value_type = String)]
        work_order: WorkOrderId,
        text: String,
    },
    WithdrawRepair {
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
    },
    /// 三包: takes up the exchange or refund claim that is on offer.
    TakeStatutoryClaim {
        #[schema(value_type = String)]
        work_order: WorkOrderId,
        ask: ResolutionInput,
        statement: String,
    },

    // ---- claim ----
    /// Photos sent along are added to the claim.
    AddEvidence {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        /// The photo that these answer.
        #[schema(value_type = Option<String>)]
        answers: Option<EvidenceId>,
        #[serde(default)]
        text: String,
    },
    /// Draws what a photo on request has to show: a code, a side and a sign of the hand, for ten minutes.
    DrawChallenge {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
    },
    /// Photos or a clip on request, within the time of what was drawn; sent along.
    AnswerChallenge {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        /// `camera` when taken on the page, `album` when chosen from files.
        #[schema(value_type = String)]
        capture: Capture,
    },
    AskNewPhoto {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        #[schema(value_type = String)]
        evidence: EvidenceId,
    },
    DisputeEvidence {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        #[schema(value_type = String)]
        evidence: EvidenceId,
    },
    JudgeEvidence {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        #[schema(value_type = String)]
        evidence: EvidenceId,
        accepted: bool,
    },
    FirstLook {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        #[schema(value_type = String)]
        look: Look,
        #[serde(default)]
        note: String,
        /// Ids of all photos that the reviewer saw: those of `unseen`, of the claim and of technicians. What was found
        /// about others stays closed, and asks for another look.
        #[schema(value_type = Vec<String>)]
        seen: Vec<EvidenceId>,
    },
    Agree {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
    },
    OfferSettlement {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        resolution: ResolutionInput,
        #[serde(default)]
        statement: String,
    },
    AnswerSettlement {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        accept: bool,
    },
    /// Photos sent along are added as the merchant's evidence.
    Contest {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        statement: String,
    },
    CloseRound {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
    },
    /// The reviewer takes the claim on.
    TakeReview {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
    },
    Decide {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        #[serde(flatten)]
        decision: DecisionInput,
    },
    /// A second reviewer agrees with the decision that was proposed.
    ConfirmDecision {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
    },
    /// A second reviewer does not agree: the claim is reviewed again.
    ReturnDecision {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        reasons: String,
    },
    /// Another reviewer says how they would have decided, without having seen the decision.
    LookAgain {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        grant: bool,
        resolution: Option<ResolutionInput>,
        reasons: String,
    },
    /// A reviewer steps back because of a conflict of interest.
    Recuse {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        reasons: String,
    },
    /// The claimant offers something else than was asked or offered.
    OfferCounter {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        resolution: ResolutionInput,
        #[serde(default)]
        statement: String,
    },
    /// The claimant asks for less than before: `return` (the goods go back for the same amount) or `inspection` (a technician
    /// looks). Nothing is agreed by it.
    ChangeAsk {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        #[schema(value_type = String)]
        to: WayOut,
    },
    AnswerCounter {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        accept: bool,
    },
    /// The merchant asks whether a photo was made by AI: a question that a reviewer looks at.
    QuestionEvidence {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        #[schema(value_type = String)]
        evidence: EvidenceId,
    },
    /// The merchant contests a refund that a reviewer decided and that was paid; once.
    ContestPaid {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        /// Fen; what the merchant says it paid for freight. What is owed of it a reviewer finds.
        #[schema(value_type = Option<i64>)]
        freight: Option<Fen>,
        statement: String,
    },
    /// How a recovery ended: `repaid`, `compensated` or `waived`.
    SettleRecovery {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        #[schema(value_type = String)]
        how: RecoveryEnd,
        #[schema(value_type = Option<i64>)]
        amount: Option<Fen>,
        #[serde(default)]
        reference: String,
        /// The rule by which the platform compensates.
        rule: Option<CitationInput>,
    },
    /// The claimant objects to the use of earlier outcomes.
    ObjectToHistory {},
    /// The claimant has earlier outcomes erased.
    EraseHistory {},
    Appeal {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        statement: String,
    },
    DecideAppeal {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        /// Fen; of the freight that the merchant stated when it contested a paid refund, what the claimant owes back.
        /// Nothing without it, and nothing where a part of the refund stands.
        #[serde(default)]
        #[schema(value_type = Option<i64>)]
        freight: Option<Fen>,
        #[serde(flatten)]
        decision: DecisionInput,
    },
    ShipReturn {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        waybill: String,
    },
    ReceiveReturn {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        as_described: bool,
    },
    ShipExchange {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        waybill: String,
    },
    SendGoodsBack {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        waybill: String,
    },
    WithdrawClaim {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
    },
    ReferFraud {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        reasons: String,
    },
    WithdrawReferral {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        reasons: String,
    },

    /// What whoever asks reads off a photo or a clip; it is held against the order's own facts.
    ReadEvidence {
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        #[schema(value_type = String)]
        evidence: EvidenceId,
        /// What can be counted on it, a thing a line, such as `公蟹 2`.
        #[serde(default)]
        counts: Vec<String>,
        #[serde(default)]
        serial: String,
        #[serde(default)]
        waybill: String,
        /// What a scale or a label shows, such as `1250 g` or `1.25 kg`.
        #[serde(default)]
        weight: String,
        /// The variant, as it looks or as it stands on the item or its label, such as `红色 XL`.
        #[serde(default)]
        variant: String,
    },

    // ---- the case ----
    /// A message everybody on the case reads; the claimant and the technician may add photos and voice notes, about a claim voice
    /// notes alone.
    Say {
        #[serde(default)]
        text: String,
        /// The draft that a colleague at the desk began with, as it was suggested; the event says whether it was changed.
        #[serde(default)]
        draft: String,
    },
    ExtendClock {
        #[schema(value_type = String)]
        clock: ClockName,
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        reason: String,
    },
    PauseClock {
        #[schema(value_type = String)]
        clock: ClockName,
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
        #[schema(value_type = String)]
        reason: PauseReason,
    },
    ResumeClock {
        #[schema(value_type = String)]
        clock: ClockName,
        #[schema(value_type = Option<String>)]
        work_order: Option<WorkOrderId>,
        #[schema(value_type = Option<String>)]
        claim: Option<ClaimId>,
    },
    CloseCase {},
}
