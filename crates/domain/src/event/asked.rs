//! What a claimant asks for, and why.

use crate::money::Fen;
use serde::{Deserialize, Serialize};

/// What a claimant asks, or what is agreed or decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Resolution {
    /// Refund without return (仅退款).
    Refund {
        /// How much.
        amount: Fen,
    },
    /// Return, then refund (退货退款).
    Return {
        /// How much.
        amount: Fen,
    },
    /// Another item (换货).
    Exchange,
    /// Part of the price, item kept.
    Partial {
        /// How much.
        amount: Fen,
    },
    /// A technician looks first.
    Inspection,
}

impl Resolution {
    /// What it pays, if it pays.
    #[must_use]
    pub const fn amount(self) -> Option<Fen> {
        match self {
            Self::Refund { amount } | Self::Return { amount } | Self::Partial { amount } => {
                Some(amount)
            }
            Self::Exchange | Self::Inspection => None,
        }
    }
}

/// Why the claimant asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimReason {
    /// Arrived damaged.
    Damaged,
    /// Does not work.
    Faulty,
    /// Not as described.
    NotAsDescribed,
    /// Something is missing.
    Missing,
    /// Another item came.
    WrongItem,
    /// Spoiled.
    Spoiled,
    /// 三包: the second repair failed, parts took too long, or the repair took too long.
    Statutory,
    /// Anything else.
    Other,
}

/// The statutory ground of an exchange or refund right (三包).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatutoryGround {
    /// Two repairs failed within the warranty.
    SecondFailedRepair,
    /// No spare part within the days that the law gives for those goods.
    PartsOverdue,
    /// The same part failed again after it had been replaced, within the warranty.
    SamePartTwice,
}

impl StatutoryGround {
    /// The topic of the law pack whose rows it rests on, one for each kind of goods. A part that fails twice is a repair that
    /// does not hold: whether that gives an exchange is for whoever decides the claim.
    #[must_use]
    pub const fn topic(self) -> &'static str {
        match self {
            Self::SecondFailedRepair | Self::SamePartTwice => "failed_repairs",
            Self::PartsOverdue => "parts_wait",
        }
    }
}

/// What a claimant asks for instead of money alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayOut {
    /// The goods go back for the amount that was asked.
    Return,
    /// A technician looks at the item.
    Inspection,
}
