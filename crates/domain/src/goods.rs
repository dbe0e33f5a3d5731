//! Where the goods of a claim are, and who has to send them.

use crate::case::{Claim, ClaimState};
use crate::event::Resolution;
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
    /// The merchant has them, or they are on the way there, nothing is granted for them, and so they are the claimant's to have
    /// back.
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

impl GoodsState {
    /// The same as whoever must not know what was decided about them may see it.
    #[must_use]
    pub const fn undecided(self) -> Self {
        match self {
            Self::Owed | Self::SentBack => Self::ReturnReceived,
            Self::Still | Self::ReturnShipped | Self::ReturnReceived | Self::ExchangeShipped => {
                self
            }
        }
    }
}

impl Claim {
    /// Whether the merchant has to send the goods back to the claimant now: nothing is granted for them, and that is final, or the
    /// claim was taken back. Also while a human looks because they did not come.
    #[must_use]
    pub const fn owes_goods(&self) -> bool {
        let is_kept = matches!(self.outcome, None | Some(Resolution::Partial { .. }));
        is_kept
            && matches!(self.goods, GoodsState::Owed)
            && matches!(self.state, ClaimState::Final | ClaimState::HumanReview)
    }

    /// Whether a refund is on its way for goods that the claimant gave out of hand.
    #[must_use]
    pub const fn is_being_paid_for_goods(&self) -> bool {
        self.payment.is_some() && self.payment_reference.is_none() && self.goods.are_given_up()
    }

    /// Whether the claimant may take it back: it has not ended, no money moved, and no goods are on their way back or being paid
    /// for, for then nothing is asked of anybody any more that could be called off.
    #[must_use]
    pub const fn can_be_withdrawn(&self) -> bool {
        !self.state.is_ended()
            && self.payment_reference.is_none()
            && !self.owes_goods()
            && !self.is_being_paid_for_goods()
    }
}
