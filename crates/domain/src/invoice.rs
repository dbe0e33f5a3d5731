//! The invoice of work that a customer paid for: asked for once, and sent by a person at the desk.

use crate::case::{RepairState, WorkOrder};
use crate::money::Fen;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// An invoice that a customer asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// When it was asked for.
    pub at: Timestamp,
    /// Whether it was sent.
    pub sent: bool,
}

impl WorkOrder {
    /// Whether the customer owes money for it, or has paid: the work is done, and was agreed to cost something.
    #[must_use]
    pub fn is_charged(&self) -> bool {
        self.done_at.is_some()
            && self.state != RepairState::Withdrawn
            && self
                .agreed_quote
                .as_ref()
                .is_some_and(|quote| !quote.under_warranty && quote.total > Fen::ZERO)
    }

    /// Whether an invoice was asked for and not sent yet.
    #[must_use]
    pub fn owes_invoice(&self) -> bool {
        self.invoice.is_some_and(|invoice| !invoice.sent)
    }
}
