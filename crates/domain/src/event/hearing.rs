//! Why a claim comes to a reviewer, and why a side is heard before a decision, apart from the events that say so.

use serde::{Deserialize, Serialize};

/// What a side has to read, and can answer, before a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HearingCause {
    /// What was found against a photo of that side.
    Findings,
    /// What a technician reported about the item.
    Report,
}

/// Why a claim came to a reviewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewCause {
    /// The merchant did not answer.
    MerchantSilent,
    /// Both sides were heard, or the time for it is over.
    EvidenceRoundClosed,
    /// The claimant did not answer the settlement offer.
    SettlementUnanswered,
    /// The claimant declined a settlement offer after the evidence round.
    SettlementDeclined,
    /// A technician has looked.
    Inspected,
    /// No technician looked in time, or the inspection was withdrawn.
    NotInspected,
    /// The merchant says the returned goods are not as described.
    ReturnDisputed,
    /// The merchant did not inspect the returned goods in time.
    ReturnUnanswered,
    /// The goods that were to come back did not come, also after a reminder.
    ReturnNotSent,
    /// The order was refunded meanwhile: the amount can no longer be paid as it was granted.
    AmountNotFree,
    /// The second reviewer did not agree with the decision that was proposed.
    ReviewersDiffer,
    /// The merchant did not answer the claimant's offer.
    CounterUnanswered,
    /// The merchant declined the claimant's offer.
    CounterDeclined,
    /// An exchange was agreed on or granted and nothing was sent, also after a reminder.
    ExchangeNotSent,
    /// Goods for which nothing was granted were not sent back to the claimant, also after a reminder.
    GoodsNotSentBack,
    /// What a technician saw came while a decision waited for its second reviewer.
    ReportCame,
}
