//! The page on which items with serial numbers are taken over from a table.

use crate::pages::{FormState, Shell};
use aftercare_app::import::{ImportKind, ImportReport};
use askama::Template;

/// `GET /desk/serials`: posts `text` or a `file`, with `do` as `look` or `import`, to the same path.
#[derive(Debug, Template)]
#[template(path = "desk_serials.html")]
pub struct Serials {
    pub shell: Shell,
    pub form: FormState,
    /// What would come of it, or what is wrong.
    pub report: Option<ImportReport>,
}

impl Serials {
    /// The headings of the table.
    fn columns(&self) -> String {
        ImportKind::Serials.columns().join(", ")
    }

    /// A table as it may be.
    fn sample(&self) -> &'static str {
        ImportKind::Serials.sample()
    }

    /// Whether something is wrong with it.
    fn is_wrong(&self) -> bool {
        let report = self.report.as_ref();
        report.is_some_and(|report| !report.errors.is_empty())
    }
}
