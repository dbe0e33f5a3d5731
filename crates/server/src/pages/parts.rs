//! The page of parts at outlets and on vans.

use crate::pages::{Choice, FormState, Shell};
use aftercare_app::parts::StockView;
use aftercare_domain::stock::StockAct;
use askama::Template;

/// `GET /desk/parts`: posts `key`, `act`, `outlet`, `part`, `count` and `technician` to the same path, and `outlet`, `part` and
/// `reorder_at` to `/desk/parts/reorder`.
#[derive(Debug, Template)]
#[template(path = "desk_parts.html")]
pub struct Parts {
    pub shell: Shell,
    /// `form.action` is `move` or `reorder`.
    pub form: FormState,
    pub stock: StockView,
    /// Outlets of the organization, by their codes.
    pub outlets: Vec<Choice>,
    pub technicians: Vec<Choice>,
}

impl Parts {
    /// What can be done with parts.
    fn acts(&self) -> Vec<Choice> {
        StockAct::ALL
            .map(|act| Choice::new(act.name(), self.shell.word("stockact", act.name())))
            .to_vec()
    }
}
