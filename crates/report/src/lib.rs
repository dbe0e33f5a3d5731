//! Reports that people keep, send and print: the HTML page of an inspection, and any such page as PDF.
//!
//! The page is one file: no network, no second file, nothing personal beside the pictures themselves, whose previews
//! carry no metadata but an AI label. It reads without scripts, on a phone, and on paper. The slider and the heat map
//! are functions of their own, in the markup of the design kit, so that the server's pages show the same.
#![forbid(unsafe_code)]

mod html;
mod page;
mod pdf;
mod pieces;

pub use html::{data_uri, escape};
pub use page::{Report, ReportPicture, Words, html_report, sheets};
pub use pdf::{About, Fonts, HAS_PDF, HTML_BYTES_MAX, PICTURES_MAX, Pdf, PdfError, pdf};
pub use pieces::{HeatView, Side, heat_view, slider, slider_start};

/// Rules that [`slider`] and [`heat_view`] need beside the design kit's sheets.
pub const PIECES_CSS: &str = include_str!("../assets/pieces.css");
