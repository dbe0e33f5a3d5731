//! The pages of what technicians are owed.

use crate::pages::{Choice, FormState, Shell};
use aftercare_app::settlement::{REASONS, StatementBrief, StatementView, TariffInput};
use askama::Template;

/// `GET /desk/settlement`, with `?month=`. Posts `technician` and `month` to the same path, the tariff to
/// `/desk/settlement/tariff`, and `key`, `technician`, `amount` and `reason` to `/desk/settlement/corrections`.
#[derive(Debug, Template)]
#[template(path = "desk_settlement.html")]
pub struct Settlement {
    pub shell: Shell,
    /// `form.action` is `make`, `tariff` or `correct`.
    pub form: FormState,
    pub month: String,
    pub statements: Vec<StatementBrief>,
    pub technicians: Vec<Choice>,
    pub tariff: TariffInput,
}

impl Settlement {
    /// The amount for a visit of a kind, in yuan.
    fn base(&self, kind: &str) -> String {
        let amount = self.tariff.base.get(kind);
        amount.map_or_else(String::new, plain_yuan)
    }

    /// The amount for a kilometer, in yuan.
    fn per_km(&self) -> String {
        plain_yuan(&self.tariff.per_km)
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
    pub known: StatementView,
}
