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
mod noise;
mod regions;
mod resample;
mod source;
mod tables;
mod thumbnail;

use aftercare_media::Metadata;

pub use hint::{Check, Hint, Outcome, Reason};

use crate::blind::source::Source;
use crate::prepared::Prepared;

/// Runs all blind checks on one file, in the order of [`Check::ALL`]. `prepared` and `metadata` are of the same file. A
/// file that cannot be read gives no hints; [`aftercare_media::decode`] says why.
#[must_use]
pub fn blind_hints(bytes: &[u8], prepared: &Prepared, metadata: &Metadata) -> Vec<Hint> {
    let Some(source) = Source::open(bytes, metadata) else {
        return Vec::new();
    };
    Check::ALL
        .into_iter()
        .map(|check| run(check, bytes, &source, prepared))
        .collect()
}

/// Runs one blind check as [`blind_hints`] does; `None` for a file that cannot be read.
#[must_use]
pub fn blind_hint(
    check: Check,
    bytes: &[u8],
    prepared: &Prepared,
    metadata: &Metadata,
) -> Option<Hint> {
    let source = Source::open(bytes, metadata)?;
    Some(run(check, bytes, &source, prepared))
}

fn run(check: Check, bytes: &[u8], source: &Source, prepared: &Prepared) -> Hint {
    match check {
        Check::DoubleQuantization => double::hint(source),
        Check::JpegGrid => grid::hint(source),
        Check::CopyMove => copy_move::hint(prepared),
        Check::Resampling => resample::hint(source),
        Check::Noise => noise::hint(source),
        Check::Thumbnail => thumbnail::hint(bytes, prepared),
        Check::Tables => tables::hint(source.coefficients.as_ref()),
    }
}
