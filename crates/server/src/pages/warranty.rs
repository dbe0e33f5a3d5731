//! The page of an item with a serial number: what stands behind it, and what happened to it.

use crate::pages::{FormState, Shell};
use aftercare_app::warranty::WarrantyView;
use askama::Template;

/// `GET /desk/warranty`, with `?serial=` and `?on=` for an item and a day. Posts `serial`, `replacement` and `on` of an
/// exchange to the same path.
#[derive(Debug, Template)]
#[template(path = "desk_warranty.html")]
pub struct Warranty {
    pub shell: Shell,
    pub form: FormState,
    /// What was looked for; empty before anything was.
    pub serial: String,
    /// The day that was asked about; empty for today.
    pub on: String,
    /// None where the ledger has nothing about it.
    pub known: Option<WarrantyView>,
}
