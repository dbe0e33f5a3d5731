//! Use cases: load, gather facts, decide, append, deliver.
//!
//! The only place that does input and output around a decision, and the only one that reads a
//! clock. `server` and `cli` call it; it knows neither.

pub mod access;
pub mod accounts;
pub mod act;
pub mod actions;
pub mod app;
pub mod buyers;
pub mod catalogue;
pub mod clock;
mod consistency;
pub mod detail;
pub mod drive;
mod elsewhere;
pub mod engine;
pub mod error;
pub mod evidence;
pub mod experience;
pub mod files;
pub mod hours;
pub mod import;
pub mod inspection;
pub mod inspector;
pub mod intake;
pub mod jobs;
pub mod limits;
pub mod lists;
pub mod logbook;
pub mod lookups;
pub mod mark_reader;
mod marks;
pub mod messages;
pub mod nearest;
pub mod notify;
pub mod numbers;
pub mod offers;
pub mod orders;
pub mod payments;
pub mod people;
pub mod places;
pub mod planning;
pub mod prices;
pub mod principal;
pub mod published_log;
pub mod qualifying;
pub mod quick_check;
pub mod reactions;
pub mod requests;
pub mod rng;
pub mod rule_packs;
pub mod screener;
pub mod screening;
pub mod sealing;
pub mod sessions;
pub mod settings;
mod staff;
pub mod technicians;
pub mod text;
pub mod tokens;
pub mod views;
pub mod wording;

pub use aftercare_vault::Plain;
pub use app::{App, Change, Parts};
pub use error::{AppError, ErrorKind};
pub use principal::{Principal, SignedIn};
