//! What may be asked of a case. A command that can end a claim against a person carries a
//! [`Human`], which only an authenticated session can build: there is no other way to say it.

use crate::actor::{Actor, Human, Party};
use crate::challenge::Task;
use crate::clock::{ClockKey, PauseReason, Subject};
use crate::event::{
    AlikePhoto, Channel, Citation, ClaimReason, DraftUse, KnownElsewhere, Look, MessagesEnd,
    OperatorMode, PaymentStep, Platform, PlatformOutcome, QuoteLine, RecoveryEnd, ReopenReason,
    Resolution, Satisfaction, StatutoryGround, Verdict, WayOut, Window, WorkKind, WorkOutcome,
};
use crate::evidence::{Envelope, EvidenceFile, InspectedPhoto};
use crate::ids::{
    CaseId, ClaimId, EvidenceId, OfferId, OrderId, OrderLineId, PersonId, ProductId, QuoteId,
    TechnicianId, TenantId, UserId, WorkOrderId,
};
use crate::money::Fen;
use crate::sharing::Share;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// One request to a case. Ids of new things are made by the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    // ---- the case ----
    OpenCase {
        by: Actor,
        case: CaseId,
        tenant: TenantId,
        claimant: PersonId,
        mode: OperatorMode,
        channel: Channel,
        order: Option<OrderId>,
        notice_version: String,
        purposes: Vec<String>,
    },
    CloseCase {
        by: Actor,
    },
    ReopenCase {
        by: Actor,
        reason: ReopenReason,
    },
    AddStatement {
        by: Actor,
        subject: Subject,
        party: Option<Party>,
        text: Envelope,
        evidence: Vec<EvidenceId>,
        /// Photos and voice notes that come with it.
        files: Vec<EvidenceFile>,
        /// What became of the draft that a colleague began with; nobody else begins with one.
        draft: Option<DraftUse>,
    },
    /// What the customer wrote, as far as the colleague has read it, needs no answer any more.
    SettleMessages {
        by: Human,
        how: MessagesEnd,
        /// When the latest message came that was read.
        until: Timestamp,
    },

    /// No rule reads earlier outcomes about the claimant any more.
    ObjectToHistory {
        by: Actor,
    },
    /// Earlier outcomes about the claimant count no more.
    EraseHistory {
        by: Actor,
    },

    // ---- the platform that decides, in party mode ----
    /// The claim is a case of an outside platform.
    LinkPlatform {
        by: Actor,
        claim: ClaimId,
        platform: Platform,
        object: Envelope,
        status: String,
        due_at: Option<Timestamp>,
    },
    /// The platform's case as it is now; nothing when it is as before.
    ReadPlatform {
        by: Actor,
        claim: ClaimId,
        object: Envelope,
        status: String,
        due_at: Option<Timestamp>,
    },
    /// What the platform decided, which a human read there.
    RecordPlatformOutcome {
        by: Human,
        claim: ClaimId,
        outcome: PlatformOutcome,
        /// Whoever records it has read there that it is more than was paid, where it is.
        may_exceed: bool,
    },

    // ---- clocks ----
    PauseClock {
        by: Actor,
        clock: ClockKey,
        reason: PauseReason,
    },
    ResumeClock {
        by: Actor,
        clock: ClockKey,
    },
    /// Once only, with a reason.
    ExtendClock {
        by: Actor,
        clock: ClockKey,
        reason: Envelope,
    },
    /// The rule pack changed: every open clock keeps the time it already used.
    RebaseClocks,
    /// A clock ran out. Refused while it has not.
    ExpireClock {
        clock: ClockKey,
    },

    // ---- repair ----
    RequestRepair {
        by: Actor,
        work_order: WorkOrderId,
        kind: WorkKind,
        product: Option<ProductId>,
        skill: String,
        county: String,
        description: Envelope,
        evidence: Vec<EvidenceFile>,
        window: Option<Window>,
        rework_of: Option<WorkOrderId>,
        inspects: Option<ClaimId>,
        urgent: bool,
    },
    VerifyRepair {
        by: Actor,
        work_order: WorkOrderId,
    },
    /// The order that the case is about, where nobody knew it when the case was opened.
    LinkOrder {
        by: Actor,
        order: OrderId,
    },
    /// Where the visit is, as the customer told in a call. Whoever is at the desk says why, once it was known.
    TellPlace {
        by: Actor,
        work_order: WorkOrderId,
        county: String,
        reason: Option<Envelope>,
    },
    /// The number at which the customer is reached was wrong; the application has sealed the right one. Whoever is at the
    /// desk says why.
    CorrectPhone {
        by: Actor,
        reason: Option<Envelope>,
    },
    /// Offer to the nearest qualified technician not yet asked (from the facts), or to the one a
    /// dispatcher names.
    OfferRepair {
        by: Actor,
        work_order: WorkOrderId,
        offer: OfferId,
        technician: Option<TechnicianId>,
    },
    /// Offer to one more technician at the same time, where the rules ask several at once.
    OfferBeside {
        by: Actor,
        work_order: WorkOrderId,
        offer: OfferId,
    },
    AcceptOffer {
        by: Actor,
        work_order: WorkOrderId,
        offer: OfferId,
    },
    DeclineOffer {
        by: Actor,
        work_order: WorkOrderId,
        offer: OfferId,
        reason: String,
    },
    /// A dispatcher gives a visit to somebody, to begin in a time where one is said: who is asked where nobody has it yet.
    PlaceVisit {
        by: Actor,
        work_order: WorkOrderId,
        technician: TechnicianId,
        window: Option<Window>,
        offer: OfferId,
    },
    /// A dispatcher takes the last of these back.
    PutBackVisit {
        by: Actor,
        work_order: WorkOrderId,
        offer: OfferId,
    },
    /// A dispatcher takes the job back from a technician, or the technician gives it back.
    ReleaseTechnician {
        by: Actor,
        work_order: WorkOrderId,
        reason: String,
    },
    /// Somebody comes along to a visit that takes two people, in place of whoever was to.
    NameHelper {
        by: Actor,
        work_order: WorkOrderId,
        technician: TechnicianId,
    },
    /// The parts that a finished visit took off the van.
    TakeParts {
        by: Actor,
        work_order: WorkOrderId,
        parts: BTreeMap<String, u32>,
        /// How many of them were not on the van.
        beyond: BTreeMap<String, u32>,
    },
    /// The ledger of the repaired item says that parts failed that were replaced before.
    ReportSamePart {
        work_order: WorkOrderId,
        parts: BTreeSet<String>,
    },
    ScheduleVisit {
        by: Actor,
        work_order: WorkOrderId,
        window: Window,
    },
    /// A technician or a dispatcher would like to come at another time than was agreed: the customer chooses one of
    /// these, or keeps the time.
    ProposeVisitTimes {
        by: Actor,
        work_order: WorkOrderId,
        windows: Vec<Window>,
    },
    /// The customer keeps the agreed time.
    KeepVisitTime {
        by: Actor,
        work_order: WorkOrderId,
    },
    /// The technician was at the door and met nobody: another visit is to be agreed.
    ReportCustomerAbsent {
        by: Actor,
        work_order: WorkOrderId,
    },
    /// The customer was told that a technician has accepted.
    RecordTold {
        work_order: WorkOrderId,
    },
    SetOut {
        by: Actor,
        work_order: WorkOrderId,
    },
    Arrive {
        by: Actor,
        work_order: WorkOrderId,
    },
    Diagnose {
        by: Actor,
        work_order: WorkOrderId,
        fault_code: String,
        note: Envelope,
    },
    ProposeQuote {
        by: Actor,
        work_order: WorkOrderId,
        quote: QuoteId,
        lines: Vec<QuoteLine>,
        under_warranty: bool,
    },
    AnswerQuote {
        by: Actor,
        work_order: WorkOrderId,
        quote: QuoteId,
        consent: bool,
    },
    StartWork {
        by: Actor,
        work_order: WorkOrderId,
    },
    AwaitParts {
        by: Actor,
        work_order: WorkOrderId,
        parts: Vec<String>,
    },
    PartsArrive {
        by: Actor,
        work_order: WorkOrderId,
    },
    FinishWork {
        by: Actor,
        work_order: WorkOrderId,
        outcome: WorkOutcome,
        /// Codes of what was done.
        actions: Vec<String>,
        note: Envelope,
        evidence: Vec<EvidenceFile>,
    },
    /// Photos of a visit: the customer's, or what the technician meets.
    AddWorkPhotos {
        by: Actor,
        work_order: WorkOrderId,
        evidence: Vec<EvidenceFile>,
    },
    /// Photos of the finished work are like earlier ones.
    RecordAlikePhotos {
        work_order: WorkOrderId,
        photos: Vec<AlikePhoto>,
    },
    /// A dispatcher has compared the photos that are alike.
    ComparePhotos {
        by: Human,
        work_order: WorkOrderId,
        note: Envelope,
    },
    ConfirmWork {
        by: Actor,
        work_order: WorkOrderId,
    },
    DisputeWork {
        by: Actor,
        work_order: WorkOrderId,
        text: Envelope,
    },
    /// The customer asks for an invoice of paid work, once.
    RequestInvoice {
        by: Actor,
        work_order: WorkOrderId,
        /// Title, tax number and address.
        details: Envelope,
    },
    /// Somebody at the desk sent it.
    SendInvoice {
        by: Human,
        work_order: WorkOrderId,
        number: Envelope,
    },
    /// The customer paid for finished work, or what became of that.
    CustomerPayment {
        by: Actor,
        work_order: WorkOrderId,
        step: PaymentStep,
    },
    /// What the customer says about finished work, once.
    RateWork {
        by: Actor,
        work_order: WorkOrderId,
        satisfaction: Satisfaction,
        /// Why; needed of whoever is not satisfied.
        reason: Option<Envelope>,
    },
    /// What whoever did the work says to that, once.
    AnswerRating {
        by: Actor,
        work_order: WorkOrderId,
        text: Envelope,
    },
    /// A dispatcher or reviewer settles disputed work; upheld counts as a failed repair.
    SettleDispute {
        by: Human,
        work_order: WorkOrderId,
        upheld: bool,
        note: Envelope,
    },
    /// Looks again whether a statutory right exists, after the order's warranty became known.
    CheckStatutory {
        by: Actor,
        work_order: WorkOrderId,
    },
    WithdrawRepair {
        by: Actor,
        work_order: WorkOrderId,
    },

    // ---- claim ----
    FileClaim {
        by: Actor,
        claim: ClaimId,
        order: OrderId,
        line: OrderLineId,
        reason: ClaimReason,
        ask: Resolution,
        statement: Envelope,
        evidence: Vec<EvidenceFile>,
        statutory: Option<StatutoryGround>,
    },
    AddEvidence {
        by: Actor,
        claim: ClaimId,
        party: Party,
        evidence: Vec<EvidenceFile>,
        answers: Option<EvidenceId>,
    },
    /// The checks of some or all photos of a claim finished. When every photo was checked, the claim
    /// goes on: to a first look if a finding accuses, else to the merchant. Photos that were checked
    /// before may be checked again, with what has come since.
    RecordInspection {
        claim: ClaimId,
        photos: Vec<InspectedPhoto>,
        checks: String,
    },
    /// Photos of a claim were looked up in a list of photos that were judged forged elsewhere. Where one is like that, a person
    /// looks, which the [`Command::RecordInspection`] that has to follow asks for; where none is, that is recorded alike. It says
    /// nothing else, and nothing else follows.
    RecordElsewhere {
        claim: ClaimId,
        known: KnownElsewhere,
    },
    /// A step on the way of a photo that was judged forged into the list of an exchange.
    Share {
        claim: ClaimId,
        evidence: EvidenceId,
        share: Share,
    },
    /// The claimant would like to take a photo on request. The task is drawn outside, where chance is.
    DrawChallenge {
        by: Actor,
        claim: ClaimId,
        task: Task,
    },
    AskNewPhoto {
        by: Actor,
        claim: ClaimId,
        evidence: EvidenceId,
    },
    DisputeEvidence {
        by: Actor,
        claim: ClaimId,
        evidence: EvidenceId,
        party: Party,
    },
    /// The merchant asks whether a photo was made by a machine.
    QuestionEvidence {
        by: Human,
        claim: ClaimId,
        evidence: EvidenceId,
    },
    JudgeEvidence {
        by: Human,
        claim: ClaimId,
        evidence: EvidenceId,
        accepted: bool,
    },
    TakeFirstLook {
        by: Human,
        claim: ClaimId,
        look: Look,
        note: Envelope,
        /// Every photo that was there to be seen: only these open. What came meanwhile is looked at later.
        seen: Vec<EvidenceId>,
    },
    AgreeToClaim {
        by: Human,
        claim: ClaimId,
    },
    OfferSettlement {
        by: Human,
        claim: ClaimId,
        resolution: Resolution,
        statement: Envelope,
    },
    AnswerSettlement {
        by: Actor,
        claim: ClaimId,
        accept: bool,
    },
    /// The claimant offers something else, instead of yes or no.
    OfferCounter {
        by: Actor,
        claim: ClaimId,
        resolution: Resolution,
        statement: Envelope,
    },
    /// The claimant would rather send the goods back, or have a technician look: a way out that no doubt about a photo closes.
    ChangeAsk {
        by: Actor,
        claim: ClaimId,
        to: WayOut,
    },
    AnswerCounter {
        by: Human,
        claim: ClaimId,
        accept: bool,
    },
    ContestClaim {
        by: Human,
        claim: ClaimId,
        statement: Envelope,
    },
    /// A party has nothing more to add; the round closes when both have said so.
    CloseEvidenceRound {
        by: Actor,
        claim: ClaimId,
        party: Party,
    },
    AssignReviewer {
        by: Actor,
        claim: ClaimId,
        reviewer: UserId,
    },
    DecideClaim {
        by: Human,
        claim: ClaimId,
        verdict: Verdict,
        reasons: Envelope,
        citations: Vec<Citation>,
        evidence: Vec<EvidenceId>,
    },
    /// A second reviewer agrees with the decision that was proposed.
    ConfirmDecision {
        by: Human,
        claim: ClaimId,
    },
    /// A second reviewer does not agree.
    ReturnDecision {
        by: Human,
        claim: ClaimId,
        reasons: Envelope,
    },
    /// Another reviewer looks at a sampled decision again, without having seen it.
    LookAgain {
        by: Human,
        claim: ClaimId,
        verdict: Verdict,
        reasons: Envelope,
    },
    /// A reviewer steps back because of a conflict of interest.
    Recuse {
        by: Human,
        claim: ClaimId,
        reasons: Envelope,
    },
    Appeal {
        by: Actor,
        claim: ClaimId,
        party: Party,
        statement: Envelope,
    },
    DecideAppeal {
        by: Human,
        claim: ClaimId,
        verdict: Verdict,
        reasons: Envelope,
        citations: Vec<Citation>,
        evidence: Vec<EvidenceId>,
        /// Of the freight that the merchant stated when it contested a paid refund: what the claimant owes back with
        /// the price. Zero else.
        freight: Fen,
    },
    ShipReturn {
        by: Actor,
        claim: ClaimId,
        waybill: Envelope,
    },
    ReceiveReturn {
        by: Human,
        claim: ClaimId,
        as_described: bool,
    },
    ShipExchange {
        by: Human,
        claim: ClaimId,
        waybill: Envelope,
    },
    /// The merchant sends goods back for which nothing was granted.
    SendGoodsBack {
        by: Human,
        claim: ClaimId,
        waybill: Envelope,
    },
    /// The payment provider paid. Refused unless a payment was authorized.
    RecordPayment {
        claim: ClaimId,
        amount: Fen,
        reference: String,
    },
    /// The merchant contests a refund that a human decided and that was paid; once.
    ContestPaid {
        by: Human,
        claim: ClaimId,
        freight: Fen,
        statement: Envelope,
    },
    SettleRecovery {
        by: Human,
        claim: ClaimId,
        how: RecoveryEnd,
        amount: Fen,
        reference: String,
        rule: Option<Citation>,
    },
    WithdrawClaim {
        by: Actor,
        claim: ClaimId,
    },
    ReferFraud {
        by: Human,
        claim: ClaimId,
        reasons: Envelope,
    },
    WithdrawFraudReferral {
        by: Human,
        claim: ClaimId,
        reasons: Envelope,
    },
    /// Advice about tracks of law that whoever signs answers for.
    SignAdvice {
        by: Human,
        claim: ClaimId,
        /// Id and version of the law pack.
        law: Citation,
        advice: Envelope,
    },
    /// What a human reads off a piece: counts, a serial number, a waybill.
    ReadEvidence {
        by: Human,
        claim: ClaimId,
        evidence: EvidenceId,
        reading: Envelope,
    },
}
