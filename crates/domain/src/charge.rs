//! What a customer owes for finished work, and has paid: never more than the quote that was consented to, and each payment once.

use crate::actor::Actor;
use crate::case::WorkOrder;
use crate::event::{Means, PaymentStep};
use crate::ids::{PaymentId, TechnicianId};
use crate::money::Fen;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A payment of a customer, as somebody wrote it down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerPayment {
    pub payment: PaymentId,
    pub amount: Fen,
    pub means: Means,
    pub at: Timestamp,
    /// Who wrote it down.
    pub by: Actor,
    /// Whether the customer says that it is right; `None` while the customer has said nothing.
    pub right: Option<bool>,
    /// When the customer said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_at: Option<Timestamp>,
}

impl CustomerPayment {
    /// Whether it counts: the customer did not say that it never was.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.right != Some(false)
    }

    /// The technician who took it in cash.
    #[must_use]
    pub const fn taken_by(&self) -> Option<TechnicianId> {
        match (self.means, self.by) {
            (Means::Cash, Actor::Technician { technician, .. }) => Some(technician),
            _ => None,
        }
    }
}

/// Money that went back to the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenBack {
    pub refund: PaymentId,
    pub amount: Fen,
    pub at: Timestamp,
}

/// What became of the price of a work order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    pub payments: Vec<CustomerPayment>,
    pub given_back: Vec<GivenBack>,
    /// What the shop does not ask for any more.
    pub let_go: Fen,
    /// A person was called, because nothing came in time or the customer disputes a payment.
    pub called: bool,
}

fn sum(amounts: impl Iterator<Item = Fen>) -> Fen {
    Fen(amounts.fold(0_i64, |sum, amount| sum.saturating_add(amount.0)))
}

impl Charge {
    /// Whether nothing was ever paid, let go or asked about.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// What was paid, without what the customer says never was.
    #[must_use]
    pub fn paid(&self) -> Fen {
        let standing = self.payments.iter().filter(|one| one.stands());
        sum(standing.map(|one| one.amount))
    }

    /// What went back.
    #[must_use]
    pub fn returned(&self) -> Fen {
        sum(self.given_back.iter().map(|one| one.amount))
    }

    /// What is left of what was paid, and can go back.
    #[must_use]
    pub fn kept(&self) -> Fen {
        Fen(self.paid().0.saturating_sub(self.returned().0).max(0))
    }

    /// Whether an id is taken by a payment or by money that went back.
    #[must_use]
    pub fn knows(&self, id: PaymentId) -> bool {
        self.payments.iter().any(|one| one.payment == id)
            || self.given_back.iter().any(|one| one.refund == id)
    }

    /// The payment of that id, while the customer has said nothing to it.
    #[must_use]
    pub fn unanswered(&self, id: PaymentId) -> Option<&CustomerPayment> {
        let mut payments = self.payments.iter();
        payments.find(|one| one.payment == id && one.right.is_none())
    }

    pub(crate) fn take(&mut self, step: &PaymentStep, by: Actor, at: Timestamp) {
        match step {
            PaymentStep::Paid {
                payment,
                amount,
                means,
                ..
            } => self.payments.push(CustomerPayment {
                payment: *payment,
                amount: *amount,
                means: *means,
                at,
                by,
                right: None,
                said_at: None,
            }),
            PaymentStep::Answered { payment, right } => {
                let mut payments = self.payments.iter_mut();
                if let Some(one) = payments.find(|one| one.payment == *payment) {
                    one.right = Some(*right);
                    one.said_at = Some(at);
                }
            }
            PaymentStep::GivenBack { refund, amount, .. } => self.given_back.push(GivenBack {
                refund: *refund,
                amount: *amount,
                at,
            }),
            PaymentStep::LetGo { amount, .. } => {
                self.let_go = Fen(self.let_go.0.saturating_add(amount.0));
            }
        }
    }
}

impl WorkOrder {
    /// What the customer still owes: what was consented to, without what was paid or let go.
    #[must_use]
    pub fn due(&self) -> Fen {
        let agreed = self.agreed_quote.as_ref().filter(|_| self.is_charged());
        let total = agreed.map_or(Fen::ZERO, |quote| quote.total);
        let settled = self.charge.paid().0.saturating_add(self.charge.let_go.0);
        Fen(total.0.saturating_sub(settled).max(0))
    }
}
