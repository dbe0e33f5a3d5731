//! The state of a case, as its events made it.

mod hearing;

use crate::actor::{Human, Party};
use crate::challenge::Challenge;
use crate::clock::{Clock, ClockKey, Subject};
use crate::event::{
    AlikePhoto, Channel, Citation, ClaimReason, Escalation, KnownPhoto, Look, OperatorMode,
    PaymentBasis, Platform, PlatformOutcome, QuoteLine, RecoveryEnd, Resolution, ReviewCause,
    StatutoryGround, Verdict, Window, WorkKind, WorkOutcome,
};
use crate::evidence::{
    Envelope, Evidence, EvidenceState, Finding, FindingCode, InspectionVerdict, Reference,
};
use crate::ids::{
    CaseId, ClaimId, EvidenceId, OfferId, OrderId, OrderLineId, PersonId, ProductId, QuoteId,
    TechnicianId, TenantId, UserId, WorkOrderId,
};
use crate::money::Fen;
use crate::sharing::Sharing;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub use crate::goods::GoodsState;
pub use hearing::Hearing;

/// A case. `Case::default()` is the case before its first event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Set by the first event.
    pub opened: Option<Opened>,
    /// Closed: nothing is open on it.
    pub closed: bool,
    /// Repairs, by id (ids are in order of time).
    pub work_orders: BTreeMap<WorkOrderId, WorkOrder>,
    /// Claims, by id.
    pub claims: BTreeMap<ClaimId, Claim>,
    /// Evidence, by id.
    pub evidence: BTreeMap<EvidenceId, Evidence>,
    /// Every clock that ever started, the latest state of each key.
    pub clocks: Vec<Clock>,
    /// Time of the latest event: `decide` refuses an earlier `now`.
    pub last_at: Timestamp,
    /// The claimant objected to the use of earlier outcomes.
    #[serde(default)]
    pub history_objected: bool,
    /// What was decided before counts no more.
    #[serde(default)]
    pub history_erased_at: Option<Timestamp>,
    /// How often the number at which the customer is reached was put right.
    #[serde(default)]
    pub phone_corrections: u32,
    /// What the claimant wrote and no human has answered. Not written where nothing waits, so that cases of before are the same
    /// bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Number of events so far.
    pub version: u64,
}

/// Messages of the claimant that wait for a human.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// When the first of them came.
    pub since: Timestamp,
    /// When the latest came.
    pub last_at: Timestamp,
    /// How many there are.
    pub messages: u32,
}

/// What the first event said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    pub case: CaseId,
    pub tenant: TenantId,
    pub claimant: PersonId,
    pub mode: OperatorMode,
    pub channel: Channel,
    pub order: Option<OrderId>,
    pub at: Timestamp,
}

/// Where a repair stands (DESIGN: lifecycles).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairState {
    Requested,
    Verified,
    Offered,
    Accepted,
    Scheduled,
    EnRoute,
    Arrived,
    Diagnosed,
    QuotePending,
    Consented,
    QuoteDeclined,
    InWork,
    WaitingForParts,
    Done,
    Confirmed,
    Disputed,
    UnderWarranty,
    Expired,
    Withdrawn,
}

/// A repair of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkOrder {
    pub state: RepairState,
    pub kind: WorkKind,
    pub product: Option<ProductId>,
    pub skill: String,
    pub county: String,
    pub requested_at: Timestamp,
    pub window: Option<Window>,
    pub rework_of: Option<WorkOrderId>,
    pub inspects: Option<ClaimId>,
    pub urgent: bool,
    /// Offers in the order they were made; the last one is open while `state` is `Offered`.
    pub offers: Vec<Offer>,
    /// Who accepted.
    pub technician: Option<TechnicianId>,
    /// Who comes along, where the visit takes two people.
    #[serde(default)]
    pub helper: Option<TechnicianId>,
    /// Where a dispatcher put it on the board.
    #[serde(default, skip_serializing_if = "crate::placing::Placing::is_none")]
    pub placing: crate::placing::Placing,
    /// Parts that the finished visit took off the van; none before somebody has said it.
    #[serde(default)]
    pub parts_taken: Option<BTreeMap<String, u32>>,
    /// How many of them were not on the van when it was said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts_beyond: BTreeMap<String, u32>,
    /// Request to acceptance.
    pub response_ms: Option<i64>,
    /// Request to the message to the customer that somebody accepted: the response, with the first acceptance.
    #[serde(default)]
    pub told_ms: Option<i64>,
    /// Other times than the agreed one that the customer was asked to choose from.
    #[serde(default)]
    pub proposed: Vec<Window>,
    /// When the technician set out for the latest visit, and when the technician was there; none before that, and
    /// none while another visit is to be agreed.
    #[serde(default)]
    pub set_out_at: Option<Timestamp>,
    #[serde(default)]
    pub arrived_at: Option<Timestamp>,
    /// When the work was done.
    #[serde(default)]
    pub done_at: Option<Timestamp>,
    /// Visits so far, and whether the times that were agreed were kept.
    #[serde(default, skip_serializing_if = "crate::visits::Visits::is_none")]
    pub visits: crate::visits::Visits,
    /// The latest quote.
    pub quote: Option<Quote>,
    /// The latest quote that the customer consented to: a dearer one that is declined later does
    /// not take it away.
    pub agreed_quote: Option<Quote>,
    /// How many quotes were made.
    pub quotes_made: u32,
    /// A diagnosis stands; it is kept over a second visit.
    pub diagnosed: bool,
    /// Code of the latest diagnosis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<String>,
    /// Codes of what was done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// Counted as a failed repair (三包); once for each work order.
    pub failed: bool,
    pub outcome: Option<WorkOutcome>,
    pub warranty_until: Option<Timestamp>,
    /// Why a dispatcher has to look, until somebody acts. [`WorkOrder::call`] says it together with messages.
    pub escalation: Option<Escalation>,
    /// Since when a message of the customer waits for an answer.
    #[serde(default)]
    pub wrote_at: Option<Timestamp>,
    /// Parts that failed again after they had been replaced, by the ledger of the item.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_part: Vec<String>,
    /// 三包: an exchange or refund claim is on offer.
    pub statutory_offer: Option<StatutoryGround>,
    /// Evidence of this work order.
    pub evidence: Vec<EvidenceId>,
    /// Photos of the finished work that are like earlier ones, until a dispatcher has compared them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alike: Vec<AlikePhoto>,
    /// What the customer said about the finished work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<crate::event::Rating>,
    /// The invoice that the customer asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<crate::invoice::Invoice>,
    /// What the customer paid for the finished work.
    #[serde(default, skip_serializing_if = "crate::charge::Charge::is_none")]
    pub charge: crate::charge::Charge,
}

impl WorkOrder {
    /// What a dispatcher is called for, if anything.
    #[must_use]
    pub fn call(&self) -> Option<Escalation> {
        let wrote = self.wrote_at.map(|_| Escalation::CustomerWrote);
        let alike = (!self.alike.is_empty()).then_some(Escalation::PhotosAlike);
        let invoice = self.owes_invoice().then_some(Escalation::InvoiceWanted);
        let is_open = self.charge.called && self.due() > Fen::ZERO;
        let payment = is_open.then_some(Escalation::PaymentOpen);
        let beside = wrote.or(alike).or(payment).or(invoice);
        self.escalation.or(beside)
    }

    /// Whether a technician is at the customer's, or was and has not finished.
    #[must_use]
    pub const fn is_on_site(&self) -> bool {
        self.arrived_at.is_some()
            && matches!(
                self.state,
                RepairState::Arrived
                    | RepairState::Diagnosed
                    | RepairState::QuotePending
                    | RepairState::QuoteDeclined
                    | RepairState::Consented
                    | RepairState::InWork
            )
    }

    /// Whether a technician has it, from acceptance until the work is done.
    #[must_use]
    pub const fn is_with_technician(&self) -> bool {
        crate::decide::is_with_technician(self.state)
    }

    /// Who gets it back where the last move of it is taken back; none where it stays with whoever has it.
    #[must_use]
    pub fn given_back_to(&self) -> Option<TechnicianId> {
        let before = self.placing.stood.as_ref()?.technician?;
        (self.is_with_technician() && self.technician != Some(before)).then_some(before)
    }

    /// A repair and an inspection begin with a diagnosis; an installation or a cleaning does not.
    #[must_use]
    pub const fn needs_diagnosis(&self) -> bool {
        matches!(self.kind, WorkKind::Repair | WorkKind::Inspect)
    }

    /// Whether `window` is agreed, or was; before that it is what the customer would like.
    #[must_use]
    pub const fn is_agreed(&self) -> bool {
        !matches!(
            self.state,
            RepairState::Requested
                | RepairState::Verified
                | RepairState::Offered
                | RepairState::Accepted
        )
    }

    /// The time that the customer chose, until somebody accepts: with that it is agreed on, if it can be kept. What was
    /// agreed with somebody who gave the work back is a wish and no choice, for the customer was told that it no longer
    /// stands.
    #[must_use]
    pub fn chosen_time(&self) -> Option<Window> {
        let before = self.response_ms.is_none();
        self.window.filter(|window| {
            before && window.until.since_ms(window.from) <= crate::limits::CHOSEN_WINDOW_MS_MAX
        })
    }

    /// Offers that wait for an answer.
    pub fn open_offers(&self) -> impl Iterator<Item = &Offer> {
        let waiting = self.state == RepairState::Offered;
        self.offers
            .iter()
            .filter(move |offer| waiting && offer.answer == OfferAnswer::Open)
    }
}

/// One offer to one technician.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub offer: OfferId,
    pub technician: TechnicianId,
    pub distance_m: u32,
    pub at: Timestamp,
    pub answer: OfferAnswer,
}

/// How an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferAnswer {
    Open,
    Accepted,
    Declined,
    Lapsed,
    /// Another technician who was asked at the same time accepted first.
    Taken,
}

/// A quote and the customer's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    pub quote: QuoteId,
    pub lines: Vec<QuoteLine>,
    pub total: Fen,
    pub under_warranty: bool,
    /// `None` while the customer has not answered.
    pub consented: Option<bool>,
    /// What had been agreed when it was made, which it is to replace; of that one it is not kept what it replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Box<Self>>,
}

/// Where a claim stands (DESIGN: lifecycles).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimState {
    /// Filed; the photos are being checked.
    EvidenceCheck,
    /// An accusing finding: a reviewer looks first, blind.
    FirstLook,
    /// The merchant may answer.
    MerchantWindow,
    /// The merchant offered something else; the claimant answers.
    SettlementOffered,
    /// Both sides add evidence.
    EvidenceRound,
    /// A technician looks at the item.
    Inspection,
    /// The claimant offered something else; the merchant answers.
    CounterOffered,
    /// A reviewer decides.
    HumanReview,
    /// A reviewer proposed a decision; a second one confirms it before it takes effect.
    Countersign,
    /// Decided; either side may appeal.
    Decided,
    /// A second reviewer decides the appeal.
    SecondReview,
    /// Agreed by both sides; waiting for return, exchange or payment.
    Agreed,
    /// Final; waiting for return, exchange or payment, if anything was granted.
    Final,
    /// Paid or exchanged.
    Executed,
    /// Nothing is left to do.
    Closed,
    /// The claimant took it back.
    Withdrawn,
}

/// A claim of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    pub state: ClaimState,
    pub order: OrderId,
    pub line: OrderLineId,
    pub reason: ClaimReason,
    pub ask: Resolution,
    pub paid: Fen,
    pub perishable: bool,
    pub statutory: Option<StatutoryGround>,
    pub filed_at: Timestamp,
    /// Evidence of this claim in the order it came.
    pub evidence: Vec<EvidenceId>,
    /// The blind first look. Until it is there, nobody sees the findings.
    pub first_look: Option<(Human, Look)>,
    /// Photos that somebody saw who looked blind: at the first look, and at later ones; among them those of technicians
    /// who inspected for the claim. What was found about a photo that is not among them opens to nobody.
    #[serde(default)]
    pub first_looked: Vec<EvidenceId>,
    /// A look is due at photos that came after the first one, and a finding about them accuses.
    #[serde(default)]
    pub look_again_due: bool,
    /// Whether a first look is required (an accusing finding stands).
    pub first_look_required: bool,
    /// The offer of the merchant that waits for the claimant, and who made it.
    pub settlement: Option<(Human, Resolution)>,
    /// How many settlement offers there were.
    pub settlement_offers: u32,
    /// Parties that have nothing more to add to the evidence round.
    pub round_done: Vec<Party>,
    /// How many times a new photo was asked for.
    pub new_photo_asked: u32,
    /// The merchant's answer, if it answered.
    pub merchant_answer: Option<MerchantAnswer>,
    /// Assigned reviewers.
    pub reviewer: Option<UserId>,
    pub second_reviewer: Option<UserId>,
    /// First decision and decision on appeal, each with the human who made it.
    pub decision: Option<(Human, Verdict)>,
    pub appeal: Option<Party>,
    pub appeal_decision: Option<(Human, Verdict)>,
    /// What was agreed or finally granted.
    pub outcome: Option<Resolution>,
    pub goods: GoodsState,
    /// The human act that lets money move, once there is one.
    pub basis: Option<PaymentBasis>,
    /// Authorized to be paid.
    pub payment: Option<Fen>,
    pub payment_reference: Option<String>,
    /// A side flag, raised and taken back by humans; no rule reads it.
    pub fraud_referral: bool,
    pub review_overdue: bool,
    pub execution_overdue: bool,
    /// Why it came to a reviewer, the latest time.
    pub review_cause: Option<ReviewCause>,
    /// What the checks of the photos say together, the latest time. Never shown before the first look.
    pub inspection: Option<InspectionVerdict>,
    /// The decision that waits for a second reviewer.
    #[serde(default)]
    pub proposal: Option<Proposal>,
    /// Who confirmed the decision.
    #[serde(default)]
    pub confirmed_by: Option<Human>,
    /// Reviewers who did not agree with a decision that was proposed. Nothing clears it: they said how they would decide this claim,
    /// and no later proposal, decision or review unsays that; and how often proposals come back is counted by it.
    #[serde(default)]
    pub returned_by: Vec<UserId>,
    /// The first decision, for measuring: when, and the second look at it where the draw fell on it.
    #[serde(default)]
    pub decided_at: Option<Timestamp>,
    #[serde(default)]
    pub sample: Option<Sample>,
    /// Reviewers who stepped back because of a conflict of interest.
    #[serde(default)]
    pub recused: Vec<UserId>,
    /// What the claimant offers and the merchant has not answered.
    #[serde(default)]
    pub counter: Option<Resolution>,
    #[serde(default)]
    pub counter_offers: u32,
    /// Whether the claimant was reminded of the goods that are to come back.
    #[serde(default)]
    pub return_reminded: bool,
    /// When the payment was authorized.
    #[serde(default)]
    pub authorized_at: Option<Timestamp>,
    /// When the refund was paid.
    #[serde(default)]
    pub paid_at: Option<Timestamp>,
    /// Freight that the merchant stated when it contested a paid refund.
    #[serde(default)]
    pub contested_paid: Option<Fen>,
    #[serde(default)]
    pub recovery: Option<Recovery>,
    /// Photos that the merchant asked about and no human has judged since.
    #[serde(default)]
    pub questioned: Vec<EvidenceId>,
    /// Photos that a reviewer has looked at: in a first look, or by judging them.
    #[serde(default)]
    pub looked_at: Vec<EvidenceId>,
    /// The photo on request that was drawn last.
    #[serde(default)]
    pub challenge: Option<Challenge>,
    #[serde(default)]
    pub challenges_drawn: u32,
    /// The case of an outside platform that this claim is, in party mode.
    #[serde(default)]
    pub platform: Option<PlatformLink>,
    /// Who spoke last, and who has answered.
    #[serde(default)]
    pub hearing: Hearing,
    /// Photos that resemble some which were judged forged elsewhere, as it was found. Never shown before a look at the photo.
    #[serde(default)]
    pub elsewhere: Vec<Elsewhere>,
    /// How much longer a look can take, in hours, since photos of the claim were looked up for that; the same whatever was found.
    #[serde(default)]
    pub look_longer_h: u16,
    /// How many clocks were started for the look that is due, or was due last: the second one is the time that was added.
    #[serde(default)]
    pub look_clocks: u8,
    /// Photos that were judged forged and are on their way into the list of an exchange, or were.
    #[serde(default)]
    pub sharing: BTreeMap<EvidenceId, Sharing>,
    /// When the claimant took it back, where it stays open until the goods are with them again. Not written where there is
    /// nothing, so that cases of before are the same bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back_at: Option<Timestamp>,
}

/// That a photo resembles one that was judged forged elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The name of the list that says so.
    pub list: String,
    /// The photo, and the item of the list.
    pub photo: KnownPhoto,
    /// When it was found.
    pub at: Timestamp,
    /// Whether everybody involved could ever know of it: that stays so, also where the photo was set aside since.
    #[serde(default)]
    pub was_open: bool,
}

/// The case of an outside platform that a claim is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformLink {
    pub platform: Platform,
    /// The platform's numbers and everything else that was mapped, sealed.
    pub object: Envelope,
    /// The platform's own word for how far it is.
    pub status: String,
    /// Until when the platform waits for the merchant.
    pub due_at: Option<Timestamp>,
    pub outcome: Option<PlatformOutcome>,
    /// How much more the platform granted than was left of what was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above_paid: Option<Fen>,
}

/// A decision that waits for a second reviewer. Only reviewers see what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub reviewer: Human,
    pub verdict: Verdict,
    pub reasons: Envelope,
    pub citations: Vec<Citation>,
    pub evidence: Vec<EvidenceId>,
}

/// What is owed back after a paid refund was overturned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    pub opened_at: Timestamp,
    pub price: Fen,
    pub freight: Fen,
    pub goods_at_merchant: bool,
    pub settled: Option<(RecoveryEnd, Fen)>,
}

/// A decision that is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The decision that was drawn.
    pub first: Verdict,
    /// What another reviewer said without having seen it.
    pub again: Option<(Human, Verdict)>,
}

/// How the merchant answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MerchantAnswer {
    Agreed,
    Offered,
    Contested,
    Silent,
}

impl RepairState {
    /// Whether nothing more is to do: a warranty may still run, the customer may come back.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(
            self,
            Self::Confirmed | Self::UnderWarranty | Self::Expired | Self::Withdrawn
        )
    }
}

impl Claim {
    /// Whether somebody has to look, blind, before anything goes on: at the photos of the claim, or at later ones.
    #[must_use]
    pub const fn awaits_look(&self) -> bool {
        self.look_again_due || self.first_look_required && self.first_look.is_none()
    }

    /// Whether more time was given for the look that is due, or was due last.
    #[must_use]
    pub const fn is_look_lengthened(&self) -> bool {
        self.look_clocks > 1
    }

    /// Whether that reviewer had a part in the first decision, and so neither confirms it nor takes a second look at it. Who
    /// sent a proposal back has no part in the decision that comes in its place, and may confirm that one.
    #[must_use]
    pub fn took_part(&self, user: UserId) -> bool {
        let decided = self.decision.map(|(human, _)| human);
        let proposed = self.proposal.as_ref().map(|proposal| proposal.reviewer);
        decided
            .into_iter()
            .chain(proposed)
            .chain(self.confirmed_by)
            .any(|human| human.user == user)
    }

    /// Whether that reviewer decides no appeal: who had a part in the decision, and who sent a proposal of it back, for they
    /// have said already how they would decide.
    #[must_use]
    pub fn is_kept_from_appeal(&self, user: UserId) -> bool {
        self.took_part(user) || self.returned_by.contains(&user)
    }

    /// Whether that reviewer takes no blind second look at a decision that was drawn: nobody who has said how they would decide
    /// the claim is without a view of it, nor is whoever read the decision to decide its appeal.
    #[must_use]
    pub fn is_kept_from_second_look(&self, user: UserId) -> bool {
        let decided = self.appeal_decision.map(|(human, _)| human.user);
        self.is_kept_from_appeal(user) || decided == Some(user)
    }
}

impl ClaimState {
    /// Whether nothing more is to do.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Executed | Self::Closed | Self::Withdrawn)
    }

    /// Whether the claimant may still ask for something else: nothing is offered, agreed or decided.
    #[must_use]
    pub const fn takes_another_ask(self) -> bool {
        matches!(
            self,
            Self::EvidenceCheck
                | Self::FirstLook
                | Self::MerchantWindow
                | Self::EvidenceRound
                | Self::HumanReview
        )
    }

    /// Whether either side may still show something.
    #[must_use]
    pub const fn takes_evidence(self) -> bool {
        match self {
            Self::EvidenceCheck
            | Self::FirstLook
            | Self::MerchantWindow
            | Self::SettlementOffered
            | Self::EvidenceRound
            | Self::CounterOffered
            | Self::Inspection
            | Self::HumanReview
            | Self::SecondReview => true,
            // What a second reviewer confirms is what the first one saw; what a technician sees meanwhile brings it back.
            Self::Countersign
            | Self::Decided
            | Self::Agreed
            | Self::Final
            | Self::Executed
            | Self::Closed
            | Self::Withdrawn => false,
        }
    }
}

impl Case {
    /// Whether a repair or a claim is still open.
    #[must_use]
    pub fn has_open_work(&self) -> bool {
        self.work_orders
            .values()
            .any(|order| !order.state.is_ended())
            || self.claims.values().any(|claim| !claim.state.is_ended())
    }

    /// The clock of that key, if it was ever started.
    #[must_use]
    pub fn clock(&self, key: ClockKey) -> Option<&Clock> {
        self.clocks.iter().find(|clock| clock.key == key)
    }

    /// The open clocks of a subject.
    pub fn open_clocks(&self, subject: Subject) -> impl Iterator<Item = &Clock> {
        self.clocks
            .iter()
            .filter(move |clock| clock.key.subject == subject && clock.is_open())
    }

    /// The open clock that runs out first.
    #[must_use]
    pub fn next_due(&self) -> Option<&Clock> {
        self.clocks
            .iter()
            .filter(|clock| matches!(clock.state, crate::clock::ClockState::Running))
            .min_by_key(|clock| clock.due_at)
    }

    /// Whether an accusing finding stands on the claim's evidence (DESIGN: *accused*): evidence a
    /// human set aside does not count.
    #[must_use]
    pub fn is_accused(&self, claim: ClaimId) -> bool {
        self.accusing(claim).next().is_some()
    }

    /// The same, of findings that everybody involved may know.
    #[must_use]
    pub fn is_openly_accused(&self, claim: ClaimId) -> bool {
        self.accusing(claim)
            .any(|(piece, finding)| self.is_finding_open(claim, piece, finding))
    }

    /// The same, of findings that nobody has looked at the photos for.
    #[must_use]
    pub fn is_accused_unseen(&self, claim: ClaimId) -> bool {
        self.accusing(claim)
            .any(|(piece, finding)| !self.is_finding_open(claim, piece, finding))
    }

    /// The pieces against which something was found that everybody involved may know.
    pub(crate) fn openly_accused(&self, claim: ClaimId) -> BTreeSet<EvidenceId> {
        self.accusing(claim)
            .filter(|(piece, finding)| self.is_finding_open(claim, piece, finding))
            .map(|(piece, _)| piece.file.evidence)
            .collect()
    }

    /// What the claim's photos resemble elsewhere; of photos that a human set aside, or that are gone, nothing is said.
    pub fn elsewhere(&self, claim: ClaimId) -> impl Iterator<Item = &Elsewhere> {
        self.claims
            .get(&claim)
            .into_iter()
            .flat_map(|claim| &claim.elsewhere)
            .filter(move |one| {
                let piece = self.evidence.get(&one.photo.evidence);
                piece.is_some_and(Evidence::is_open_to_checks)
            })
    }

    /// The same, of photos that somebody has looked at blind, so that everybody involved may know.
    pub fn open_elsewhere(&self, claim: ClaimId) -> impl Iterator<Item = &Elsewhere> {
        let known = self.claims.get(&claim);
        self.elsewhere(claim).filter(move |one| {
            let photo = one.photo.evidence;
            known.is_some_and(|claim| claim.first_looked.contains(&photo))
                && self.is_photo_open(claim, photo)
        })
    }

    /// The same, of photos that nobody has looked at: a person has to, blind.
    pub fn unseen_elsewhere(&self, claim: ClaimId) -> impl Iterator<Item = &Elsewhere> {
        let known = self.claims.get(&claim);
        self.elsewhere(claim).filter(move |one| {
            known.is_some_and(|claim| !claim.first_looked.contains(&one.photo.evidence))
        })
    }

    /// What everybody involved may know of a piece, and the side whose it is would answer: what was found against it, and,
    /// without a code, that it resembles a photo which was judged forged elsewhere.
    pub(crate) fn told_of(&self, claim: ClaimId) -> BTreeSet<(EvidenceId, Option<FindingCode>)> {
        let found = self
            .accusing(claim)
            .filter(|(piece, finding)| self.is_finding_open(claim, piece, finding))
            .map(|(piece, finding)| (piece.file.evidence, Some(finding.code)));
        let elsewhere = self.open_elsewhere(claim);
        found
            .chain(elsewhere.map(|one| (one.photo.evidence, None)))
            .collect()
    }

    fn accusing(&self, claim: ClaimId) -> impl Iterator<Item = (&Evidence, &Finding)> {
        self.claims
            .get(&claim)
            .into_iter()
            .flat_map(|claim| &claim.evidence)
            .filter_map(|id| self.evidence.get(id))
            .filter(|piece| piece.state != EvidenceState::Excluded)
            .flat_map(|piece| piece.findings.iter().map(move |finding| (piece, finding)))
            .filter(|(_, finding)| finding.accuses())
    }

    /// Photos of the claim at which a person should look, as their findings say, and no reviewer has:
    /// nothing accuses, so the claim goes its way like any other meanwhile, and whoever decides it
    /// looks before. Empty while the findings are closed: a first look is blind.
    #[must_use]
    pub fn to_look_at(&self, claim_id: ClaimId) -> Vec<EvidenceId> {
        let Some(claim) = self.claims.get(&claim_id) else {
            return Vec::new();
        };
        // Most claims are clear as a whole.
        if claim
            .inspection
            .is_none_or(|verdict| verdict == InspectionVerdict::Clear)
            || !claim.state.takes_evidence()
            || !self.findings_open(claim_id)
        {
            return Vec::new();
        }
        let waits = self
            .clock(crate::clock::ClockKey {
                name: crate::clock::ClockName::NewPhoto,
                subject: crate::clock::Subject::Claim(claim_id),
            })
            .is_some_and(crate::clock::Clock::is_open);
        claim
            .evidence
            .iter()
            .filter(|id| !claim.looked_at.contains(id))
            .filter_map(|id| self.evidence.get(id))
            .filter(|piece| {
                // One that is gone shows nothing; one in whose place another was asked for waits for that.
                let stands = match piece.state {
                    EvidenceState::Screened | EvidenceState::Answered | EvidenceState::Disputed => {
                        true
                    }
                    EvidenceState::Challenged => !waits,
                    _ => false,
                };
                stands
                    && self
                        .open_findings(claim_id, piece)
                        .any(Finding::asks_for_a_look)
            })
            .map(|piece| piece.file.evidence)
            .collect()
    }

    /// Photos that technicians took when they inspected the item for the claim: views of it, about which nothing is
    /// said themselves.
    pub fn on_the_spot(&self, claim: ClaimId) -> impl Iterator<Item = EvidenceId> {
        self.work_orders
            .values()
            .filter(move |order| order.inspects == Some(claim))
            .flat_map(|order| &order.evidence)
            .filter(move |id| {
                let piece = self.evidence.get(*id);
                piece.is_some_and(|piece| piece.party.is_none())
            })
            .copied()
    }

    /// What a blind look at the claim is at: its photos and those that technicians took for it, as far as they are
    /// still there.
    #[must_use]
    pub fn in_sight(&self, claim_id: ClaimId) -> Vec<EvidenceId> {
        let own = self.claims.get(&claim_id).into_iter();
        own.flat_map(|claim| claim.evidence.iter().copied())
            .chain(self.on_the_spot(claim_id))
            .filter(|id| {
                self.evidence.get(id).is_some_and(|piece| {
                    !matches!(
                        piece.state,
                        EvidenceState::Excluded | EvidenceState::Expired | EvidenceState::Shredded
                    )
                })
            })
            .collect()
    }

    /// Photos whose findings wait for somebody to look at them blind: those of a claim that needs a first look, and
    /// after it those that came since. Whether anything was found about them changes nothing here.
    #[must_use]
    pub fn unseen(&self, claim_id: ClaimId) -> Vec<EvidenceId> {
        let claim = self.claims.get(&claim_id);
        let Some(claim) = claim.filter(|claim| claim.first_look_required) else {
            return Vec::new();
        };
        let mut unseen = self.in_sight(claim_id);
        unseen.retain(|id| !claim.first_looked.contains(id));
        unseen
    }

    /// Whether what was found about that photo of the claim may be shown: where a first look is required, once
    /// somebody looked at this photo. Never while it is being checked: whether a look is required is not known before.
    #[must_use]
    pub fn is_photo_open(&self, claim_id: ClaimId, photo: EvidenceId) -> bool {
        self.findings_open(claim_id)
            && !self.is_being_checked(claim_id, photo)
            && self.claims.get(&claim_id).is_some_and(|claim| {
                !claim.first_look_required || claim.first_looked.contains(&photo)
            })
    }

    /// Whether a piece of the claim was not checked, and the time for that is not over.
    fn is_being_checked(&self, claim_id: ClaimId, piece: EvidenceId) -> bool {
        let of_claim = self.claims.get(&claim_id);
        of_claim.is_some_and(|claim| claim.evidence.contains(&piece))
            && self
                .evidence
                .get(&piece)
                .is_some_and(|piece| piece.state == EvidenceState::Logged)
            && self
                .clock(crate::clock::ClockKey {
                    name: crate::clock::ClockName::Screening,
                    subject: crate::clock::Subject::Claim(claim_id),
                })
                .is_some_and(crate::clock::Clock::is_open)
    }

    /// The same of one finding: what a later photo of the claim, or of a technician who inspected for it, says about an
    /// earlier one opens with the later one.
    #[must_use]
    pub fn is_finding_open(&self, claim: ClaimId, piece: &Evidence, finding: &Finding) -> bool {
        let other = match finding.reference {
            Some(Reference::Evidence { evidence, .. }) => Some(evidence),
            Some(Reference::Listing { .. } | Reference::Packing { .. }) | None => None,
        };
        let of_claim = |id: &EvidenceId| {
            let own = self.claims.get(&claim);
            own.is_some_and(|claim| claim.evidence.contains(id))
                || self.on_the_spot(claim).any(|seen| seen == *id)
        };
        self.is_photo_open(claim, piece.file.evidence)
            && other
                .filter(of_claim)
                .is_none_or(|other| self.is_photo_open(claim, other))
    }

    /// The findings of a photo of the claim that may be shown.
    pub fn open_findings<'a>(
        &'a self,
        claim: ClaimId,
        piece: &'a Evidence,
    ) -> impl Iterator<Item = &'a Finding> {
        piece
            .findings
            .iter()
            .filter(move |finding| self.is_finding_open(claim, piece, finding))
    }

    /// Whether findings of the claim may be shown at all: nobody sees them before the first look where
    /// one is required, and the reviewers and both parties see the same ones after it. A claim that
    /// ended before anybody looked keeps accusing findings closed for good. Which of them:
    /// [`Self::open_findings`].
    #[must_use]
    pub fn findings_open(&self, claim_id: ClaimId) -> bool {
        self.claims.get(&claim_id).is_some_and(|claim| {
            claim.first_look.is_some()
                || (!claim.first_look_required
                    && claim.state != ClaimState::EvidenceCheck
                    && !self.is_accused(claim_id))
        })
    }
}
