//! The page of refunds.

use crate::pages::Shell;
use aftercare_app::reconciling::Reconciliation;
use askama::Template;

/// `GET /desk/payments`: refunds, what does not agree first.
#[derive(Debug, Template)]
#[template(path = "desk_payments.html")]
pub struct Payments {
    pub shell: Shell,
    pub known: Reconciliation,
}
