//! Hints from one photo alone, without anything to compare it with.
//!
//! Traces of an edit in a single file are weak: one more save by a messenger wipes most of them out. So every check
//! may abstain, says why, and never holds a payment by itself. What a check finds is told with the number of false
//! alarms that such a thing would have by chance.
#![expect(
    clippy::cast_possible_wrap,
    reason = "counts of pixels and blocks of one picture are far below 2^52"
)]

mod copy_move;
mod double;
mod grid;
mod hint;
mod regions;
mod source;
mod tables;
mod thumbnail;

use aftercare_media::Metadata;

pub use hint::{Check, Hint, Outcome, Reason};

use crate::blind::source::Source;
use crate::prepared::Prepared;

/// Runs all blind checks on one file. `prepared` and `metadata` are of the same file. A file that cannot be read gives
/// no hints; [`aftercare_media::decode`] says why.
#[must_use]
pub fn blind_hints(bytes: &[u8], prepared: &Prepared, metadata: &Metadata) -> Vec<Hint> {
    let Some(source) = Source::open(bytes, metadata) else {
        return Vec::new();
    };
    vec![
        double::hint(&source),
        grid::hint(&source),
        copy_move::hint(prepared),
        thumbnail::hint(bytes, prepared),
        tables::hint(source.coefficients.as_ref()),
    ]
}
