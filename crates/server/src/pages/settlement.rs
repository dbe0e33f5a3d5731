//! The pages of what technicians and outlets are owed.

use crate::pages::{Choice, FormState, Shell};
use aftercare_app::settlement::{
    OutletSettlement, REASONS, StatementBrief, StatementView, TariffInput,
};
use askama::Template;

/// Kinds of visits for which a tariff has an amount.
pub const KINDS: [&str; 6] = [
    "repair", "install", "clean", "maintain", "upgrade", "inspect",
];

/// `GET /desk/settlement`, with `?month=`. Posts `technician` or `outlet` and `month` to the same path, the tariff to
/// `/desk/settlement/tariff`, `key`, `technician` or `outlet`, `amount` and `reason` to `/desk/settlement/corrections`, and `outlet`
/// and `whole` to `/desk/settlement/outlets`.
#[derive(Debug, Template)]
#[template(path = "desk_settlement.html")]
pub struct Settlement {
    pub shell: Shell,
    /// `form.action` is `make`, `tariff`, `correct` or `outlet`.
    pub form: FormState,
    pub month: String,
    pub statements: Vec<StatementBrief>,
    pub technicians: Vec<Choice>,
    /// Codes and names.
    pub outlets: Vec<Choice>,
    /// Those that are settled with as a whole.
    pub whole: Vec<OutletSettlement>,
    pub tariff: TariffInput,
}

impl Settlement {
    /// Kinds of visits, each with the field of its amount and the amount in yuan.
    fn bases(&self) -> Vec<(&'static str, String, String)> {
        let of = |kind: &'static str| {
            let amount = self.tariff.base.get(kind);
            let amount = amount.map_or_else(String::new, plain_yuan);
            (kind, format!("base_{kind}"), amount)
        };
        KINDS.map(of).to_vec()
    }

    /// The amount for a kilometer, in yuan.
    fn per_km(&self) -> String {
        plain_yuan(&self.tariff.per_km)
    }

    /// Whether an outlet is settled with as a whole.
    fn is_whole(&self, outlet: &str) -> bool {
        self.whole.iter().any(|one| one.outlet == outlet)
    }

    /// Whether an outlet has a tariff of its own.
    fn has_tariff(&self, outlet: &str) -> bool {
        let mut whole = self.whole.iter();
        whole.any(|one| one.outlet == outlet && one.tariff.is_some())
    }

    /// Why something can be corrected.
    fn reasons(&self) -> Vec<Choice> {
        REASONS
            .map(|reason| Choice::new(reason, self.shell.word("correction", reason)))
            .to_vec()
    }
}

/// Yuan without its sign, as a form takes it.
fn plain_yuan(amount: &aftercare_domain::Fen) -> String {
    amount.to_string().replace('¥', "")
}

/// `GET /desk/settlement/{statement}`: posts nothing to `approve` and `remove` below it.
#[derive(Debug, Template)]
#[template(path = "desk_statement.html")]
pub struct Statement {
    pub shell: Shell,
    pub form: FormState,
    /// One statement had no room for all of it.
    pub more: bool,
    pub known: StatementView,
}
