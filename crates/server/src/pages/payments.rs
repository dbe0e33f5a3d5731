//! The page of refunds.

use crate::pages::Shell;
use aftercare_app::charges::PaymentReceipt;
use aftercare_app::reconciling::{MonthOfClaims, Reconciliation};
use aftercare_domain::Fen;
use askama::Template;

/// `GET /desk/payments`: refunds, what does not agree first.
#[derive(Debug, Template)]
#[template(path = "desk_payments.html")]
pub struct Payments {
    pub shell: Shell,
    pub known: Reconciliation,
}

/// `GET /c/{token}/paid/{work_order}`: the receipt of what was paid for finished work, to be printed.
#[derive(Debug, Template)]
#[template(path = "paid.html")]
pub struct Paid {
    pub shell: Shell,
    pub receipt: PaymentReceipt,
    /// The page that it was opened from.
    pub back: String,
}

impl Payments {
    /// How much of the dearest month a month cost, in thousandths.
    fn share(&self, month: &MonthOfClaims) -> i64 {
        let paid = self.known.months.iter().map(|one| one.paid.0);
        let most = paid.max().unwrap_or(0).max(1);
        month.paid.0.saturating_mul(1_000) / most
    }

    /// What a claim of the month cost, shared out over all that were filed.
    fn each(&self, month: &MonthOfClaims) -> String {
        let each = month.paid.0 / i64::from(month.filed).max(1);
        self.shell.yuan(&Fen(each))
    }
}
