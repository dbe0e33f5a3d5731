//! What a customer pays for finished work.

use crate::evidence::Envelope;
use crate::ids::PaymentId;
use crate::money::Fen;
use serde::{Deserialize, Serialize};

/// How somebody paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// 现金
    Cash,
    /// 扫码、转账或刷卡，进了商家的账户
    Account,
}

/// A step on the way of the price of a work order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum PaymentStep {
    /// The customer paid, wholly or in part.
    Paid {
        payment: PaymentId,
        amount: Fen,
        means: Means,
        /// The number under which it stands elsewhere.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<Envelope>,
    },
    /// What the customer says to that, once.
    Answered {
        payment: PaymentId,
        /// Whether it was paid so; else it counts no more.
        right: bool,
    },
    /// A person gave money back.
    GivenBack {
        refund: PaymentId,
        amount: Fen,
        reason: Envelope,
    },
    /// A person says that so much is not asked for any more.
    LetGo { amount: Fen, reason: Envelope },
}
