//! Where the goods of a claim are, and who has to send them.

use crate::case::{Claim, ClaimState};
use serde::{Deserialize, Serialize};

/// How far the goods are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoodsState {
    /// Nothing has to move, or nothing has moved yet.
    #[default]
    Still,
    /// The claimant sent them back.
    ReturnShipped,
    /// The merchant has them.
    ReturnReceived,
    /// The new item is on its way.
    ExchangeShipped,
    /// The merchant has them, nothing was granted for them, and so they are the claimant's to have back.
    Owed,
    /// The merchant sent them back to the claimant.
    SentBack,
}

impl GoodsState {
    /// Whether the claimant gave them out of hand: they are with the merchant, or on the way there.
    #[must_use]
    pub const fn are_given_up(self) -> bool {
        match self {
            Self::ReturnShipped | Self::ReturnReceived | Self::Owed => true,
            Self::Still | Self::ExchangeShipped | Self::SentBack => false,
        }
    }
}

impl Claim {
    /// Whether the merchant has to send the goods back to the claimant now: nothing was granted for them, and that is final.
    /// Also while a human looks because they did not come.
    #[must_use]
    pub const fn owes_goods(&self) -> bool {
        self.outcome.is_none()
            && matches!(self.goods, GoodsState::Owed)
            && matches!(self.state, ClaimState::Final | ClaimState::HumanReview)
    }
}
