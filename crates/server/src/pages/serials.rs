//! The pages on which a table is taken over: items with serial numbers, their earlier repairs, the parts of outlets, and customers.

use crate::pages::{FormState, Shell};
use aftercare_app::import::{ImportKind, ImportReport};
use askama::Template;

/// `GET /desk/serials`, `GET /desk/serials/history`, `GET /desk/parts/import` and `GET /desk/customers`: posts `text` or a `file`, with `do` as `look` or `import`, to the same path.
#[derive(Debug, Template)]
#[template(path = "desk_serials.html")]
pub struct Serials {
    pub shell: Shell,
    /// What the table has: items with serial numbers, their earlier repairs, parts, or customers.
    pub kind: ImportKind,
    pub form: FormState,
    /// What would come of it, or what is wrong.
    pub report: Option<ImportReport>,
}

impl Serials {
    fn heading(&self) -> String {
        match self.kind {
            ImportKind::Parts => self.shell.t("stock-import"),
            ImportKind::History => self.shell.t("earlier-heading"),
            ImportKind::Customers => self.shell.t("customers-heading"),
            _ => self.shell.t("serials-heading"),
        }
    }

    fn lead(&self) -> String {
        match self.kind {
            ImportKind::Parts => self.shell.t("stock-import-lead"),
            ImportKind::History => self.shell.t("earlier-lead"),
            ImportKind::Customers => self.shell.t("customers-lead"),
            _ => self.shell.t("serials-lead"),
        }
    }

    /// What finds a row again.
    fn what(&self) -> String {
        match self.kind {
            ImportKind::Parts => self.shell.t("stock-part"),
            ImportKind::Customers => self.shell.t("customers-who"),
            _ => self.shell.t("warranty-serial"),
        }
    }

    /// Where what was taken over is seen.
    fn back(&self) -> &'static str {
        match self.kind {
            ImportKind::Parts => "/desk/parts",
            ImportKind::Customers => "/desk/catalogue",
            _ => "/desk/warranty",
        }
    }

    fn back_to(&self) -> String {
        match self.kind {
            ImportKind::Parts => self.shell.t("nav-parts"),
            ImportKind::Customers => self.shell.t("nav-catalogue"),
            _ => self.shell.t("nav-warranty"),
        }
    }

    /// The headings of the table.
    fn columns(&self) -> String {
        self.kind.columns().join(", ")
    }

    /// A table as it may be.
    fn sample(&self) -> &'static str {
        self.kind.sample()
    }

    /// Whether something is wrong with it.
    fn is_wrong(&self) -> bool {
        let report = self.report.as_ref();
        report.is_some_and(|report| !report.errors.is_empty())
    }
}
