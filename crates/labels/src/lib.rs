//! AI-content labels in uploaded files: read, and held against the standard.
//!
//! GB 45438-2025 and the practice guides of TC260 say what an implicit label is and where each format carries it.
//! [`read`] finds it in images, movies, sound and documents, tells how it differs from the standard, and gives a
//! [`Verdict`] on the file. A mark is neutral: it says what a file declares about itself. A file without a label is
//! as neutral, because many programs remove metadata.
//!
//! A label is written in one case only, that of [`carry`]: the operator publishes the content. Nothing here removes one.
#![forbid(unsafe_code)]

mod abridge;
mod artist;
mod canonical;
pub mod carry;
pub mod child;
pub mod command;
pub mod consistency;
mod container;
pub mod credentials;
mod document;
pub mod explicit;
mod gather;
mod image;
mod label;
pub mod limits;
mod mark;
mod movie;
pub mod pixels;
mod power;
mod properties;
pub mod provider;
pub mod publish;
mod report;
mod rule;
mod sheet;
pub mod signature;
mod sm2;
mod sound;
pub mod stealth;
pub mod trace;
mod word;

pub use aftercare_media::label::KEYS;
pub use container::Container;
pub use gather::Gap;
pub use mark::{Confidence, Deviation, Mark, MarkKind, Source};
pub use report::{Report, Verdict, read, read_and_verify};
pub use rule::Rule;
pub use sheet::read_from;
