//! Divisions of China from 1981 to today: what an address says, what a service area covers, who is nearest.
//!
//! [`Atlas`] has every division of every year with what became of it, and the towns of 2022 with their known changes.
//! [`Atlas::resolve`] reads an address as people write it, on a day of one's choice. It never decides a tie, a split
//! or a contradiction: it says what is open.
#![forbid(unsafe_code)]

mod area;
mod atlas;
mod chars;
pub mod command;
mod date;
pub mod geo;
pub mod limits;
mod lint;
mod names;
mod nearest;
mod patch;
mod resolve;
mod rest;
mod tables;
mod telephone;
mod text;
mod unit;

pub use area::{Coverage, Served, ServiceArea, UnknownCode};
pub use atlas::{Atlas, AtlasError, UnitId};
pub use date::{BadDate, Date};
pub use lint::{Finding, LintError, Linted, lint, to_json as lint_json};
pub use nearest::{Near, Outlets, Place};
pub use patch::{EndOfUnit, NewUnit, Patch, PatchError, Rename, TownMove};
pub use resolve::{Part, Resolution, Span, Status, Why};
pub use rest::Rest;
pub use tables::BrokenTable;
pub use unit::{Code, Ended, Flags, Level, Succession, Town, TownOn, Unit};
