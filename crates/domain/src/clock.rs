//! Named clocks. Every wait of a case is one of these, started, paused, resumed, extended,
//! stopped or expired by an event; the event holds the due time, so replay needs no calendar.

use crate::ids::{ClaimId, WorkOrderId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What is being waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockName {
    /// One technician answers one offer (10 min), then the next is asked.
    OfferAnswer,
    /// Somebody accepts the work order (30 min), else the dispatcher is told.
    Response,
    /// The technician arrives (30 min after the agreed time ended), else the dispatcher is told.
    Arrival,
    /// The customer answers a quote.
    QuoteConsent,
    /// Spare parts arrive (三包: 90 days, else an exchange right).
    Parts,
    /// The customer confirms the work (72 h), then it counts as confirmed without waiving rights.
    Confirmation,
    /// The customer pays for finished work (7 d), else a person asks.
    CustomerPayment,
    /// The warranty of the work.
    WorkWarranty,
    /// A reviewer's blind first look (24 h).
    FirstLook,
    /// The merchant answers (48 h; perishables shorter).
    MerchantAnswer,
    /// The claimant answers a settlement offer.
    SettlementAnswer,
    /// Both sides add evidence (48 h).
    EvidenceRound,
    /// A reviewer decides (72 h).
    Review,
    /// Either side may appeal (7 d).
    Appeal,
    /// The second reviewer decides (72 h).
    SecondReview,
    /// The claimant sends the goods back (7 d).
    ReturnShipping,
    /// The merchant inspects the returned goods (7 d).
    ReturnInspection,
    /// The refund is paid, or the new item or the claimant's own goods are sent, after the outcome (7 d).
    Execution,
    /// The visit is agreed after somebody accepted (2 h), else the dispatcher is told.
    Scheduling,
    /// The technician on site reports (24 h), else the dispatcher is told.
    VisitReport,
    /// A dispatcher settles disputed work (72 h), else is told again.
    Dispute,
    /// A dispatcher sees to what they were called for, or to a repair that nothing else waits for (24 h), else is told
    /// again.
    Attention,
    /// The checks of a claim's photos finish (30 min), else the claim goes on without them.
    Screening,
    /// A new photo is sent (48 h), else the claim goes on with what is there.
    NewPhoto,
    /// A technician looks at the item of a claim (7 d), else a human reviews without it.
    Inspection,
    /// Somebody who called in vain, or asked for it, is called back (2 h of the desk). It stands in the list of calls, on no case.
    Callback,
}

impl ClockName {
    /// Every clock, in the order of the rules' page.
    pub const ALL: [Self; 26] = [
        Self::OfferAnswer,
        Self::Response,
        Self::Scheduling,
        Self::Arrival,
        Self::VisitReport,
        Self::QuoteConsent,
        Self::Parts,
        Self::Confirmation,
        Self::CustomerPayment,
        Self::Dispute,
        Self::Attention,
        Self::WorkWarranty,
        Self::Screening,
        Self::NewPhoto,
        Self::FirstLook,
        Self::MerchantAnswer,
        Self::SettlementAnswer,
        Self::EvidenceRound,
        Self::Inspection,
        Self::Review,
        Self::Appeal,
        Self::SecondReview,
        Self::ReturnShipping,
        Self::ReturnInspection,
        Self::Execution,
        Self::Callback,
    ];

    /// The stable name, as in rule packs, events and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OfferAnswer => "offer_answer",
            Self::Response => "response",
            Self::Arrival => "arrival",
            Self::QuoteConsent => "quote_consent",
            Self::Parts => "parts",
            Self::Confirmation => "confirmation",
            Self::CustomerPayment => "customer_payment",
            Self::WorkWarranty => "work_warranty",
            Self::FirstLook => "first_look",
            Self::MerchantAnswer => "merchant_answer",
            Self::SettlementAnswer => "settlement_answer",
            Self::EvidenceRound => "evidence_round",
            Self::Review => "review",
            Self::Appeal => "appeal",
            Self::SecondReview => "second_review",
            Self::ReturnShipping => "return_shipping",
            Self::ReturnInspection => "return_inspection",
            Self::Execution => "execution",
            Self::Scheduling => "scheduling",
            Self::VisitReport => "visit_report",
            Self::Dispute => "dispute",
            Self::Attention => "attention",
            Self::Screening => "screening",
            Self::NewPhoto => "new_photo",
            Self::Inspection => "inspection",
            Self::Callback => "callback",
        }
    }
}

/// What a clock belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// A repair.
    WorkOrder(WorkOrderId),
    /// A claim.
    Claim(ClaimId),
}

/// How time is counted (DESIGN: desk clocks run on the working calendar, the others in natural time).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Around the clock.
    Natural,
    /// Desk hours of the tenant's working calendar.
    Desk,
}

/// A clock by name and subject; at most one of each runs at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClockKey {
    /// What is waited for.
    pub name: ClockName,
    /// Whose clock.
    pub subject: Subject,
}

/// Why a clock is held. Shown beside the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// Waiting for the customer.
    WaitingForCustomer,
    /// Waiting for spare parts.
    WaitingForParts,
    /// Waiting for a photo that was asked for.
    WaitingForPhoto,
    /// Waiting for a reviewer's blind look: until then a side does not see everything. Ends with the look, or when the
    /// look's own clock runs out. Nobody holds a clock for it by hand.
    WaitingForLook,
    /// Examination time, which does not count.
    Examination,
    /// Force majeure.
    ForceMajeure,
}

/// Whether a clock runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ClockState {
    /// Runs; due at `Clock::due_at`.
    Running,
    /// Held since `since`, with what was left of it.
    Paused {
        /// Since when.
        since: Timestamp,
        /// What is left, in milliseconds of its own basis.
        left_ms: i64,
        /// Why.
        reason: PauseReason,
        /// When it runs on by itself; none where something else ends it: a photo, or a look.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// What was waited for happened.
    Stopped {
        /// When.
        at: Timestamp,
    },
    /// It ran out.
    Expired {
        /// When that was noticed.
        at: Timestamp,
    },
}

/// A clock of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Which one.
    pub key: ClockKey,
    /// How it counts.
    pub basis: Basis,
    /// When it started.
    pub started_at: Timestamp,
    /// When it runs out, if nothing is paused.
    pub due_at: Timestamp,
    /// The whole time allowed, in milliseconds of its basis, extensions included.
    pub allowance_ms: i64,
    /// Whether it was extended (once only).
    pub extended: bool,
    /// What the extension added, in milliseconds.
    pub extended_ms: i64,
    /// How often somebody held it by hand. Not written where nobody has, so that cases of before are the same bytes.
    #[serde(default, skip_serializing_if = "is_never")]
    pub holds: u32,
    /// Whether `due_at` lies beyond a year whose holidays are not published.
    pub assumed: bool,
    /// Whether it runs.
    #[serde(flatten)]
    pub state: ClockState,
}

impl Clock {
    /// Whether it still waits (running or paused).
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, ClockState::Running | ClockState::Paused { .. })
    }

    /// When something happens to it by itself: it runs out, or runs on. `None` of one that is over, and of one that waits
    /// for a photo or a look, which have clocks of their own.
    #[must_use]
    pub const fn acts_at(&self) -> Option<Timestamp> {
        match self.state {
            ClockState::Running => Some(self.due_at),
            ClockState::Paused { until, .. } => until,
            ClockState::Stopped { .. } | ClockState::Expired { .. } => None,
        }
    }
}

const fn is_never(times: &u32) -> bool {
    *times == 0
}
