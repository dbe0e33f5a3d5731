//! The packer's pages, for a phone: begin a parcel, then its pictures and what is written down.

use crate::pages::{FormState, Shell};
use aftercare_app::packing::{PackingDetail, PackingView};
use aftercare_domain::ids::{CaseId, PackingPieceId};
use askama::Template;

/// `GET /desk/packing`: posts to itself (`order_number`, `form_id`).
#[derive(Debug, Template)]
#[template(path = "desk_packing.html")]
pub struct Packing {
    pub shell: Shell,
    pub form: FormState,
    /// The latest records of the shop.
    pub records: Vec<PackingView>,
    /// Whose page it is: what was packed without a network is sent by the same account only.
    pub account: String,
}

/// `GET /desk/packing/{record}`: posts to itself (`photos`, `waybill`, `serials` and `counts` a line each, `weight`, and `do`:
/// `add` or `end`).
#[derive(Debug, Template)]
#[template(path = "desk_packing_record.html")]
pub struct PackingRecord {
    pub shell: Shell,
    pub form: FormState,
    pub record: PackingView,
    /// Whose page it is, as in [`Packing`].
    pub account: String,
}

impl Shell {
    /// Whether what is kept of a packing record still gives the chain of the log.
    #[must_use]
    pub fn is_intact(&self, record: &PackingDetail) -> bool {
        record.intact == Some(true)
    }

    /// Address of a picture of a packing record, as a case shows it.
    #[must_use]
    pub fn packed_piece(&self, case: &CaseId, piece: &PackingPieceId) -> String {
        format!("/packing/{case}/{piece}")
    }
}
