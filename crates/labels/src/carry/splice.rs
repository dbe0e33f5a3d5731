//! The whole difference between the file and its labelled form: a list of replaced ranges. Every byte outside them is
//! the file's own.

use std::ops::Range;

use super::Refusal;

/// The bytes of `range` become `with`. An empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) range: Range<usize>,
    pub(crate) with: Vec<u8>,
}

impl Splice {
    pub(crate) const fn new(range: Range<usize>, with: Vec<u8>) -> Self {
        Self { range, with }
    }

    pub(crate) const fn insert(at: usize, with: Vec<u8>) -> Self {
        Self {
            range: at..at,
            with,
        }
    }

    /// Overwrites the bytes at `at`.
    pub(crate) fn patch(at: usize, with: &[u8]) -> Self {
        Self {
            range: at..at + with.len(),
            with: with.to_vec(),
        }
    }

    /// How much longer the file becomes.
    pub(crate) fn growth(&self) -> i64 {
        signed(self.with.len()) - signed(self.range.len())
    }
}

/// A length as a signed number; files are far shorter than its limit.
pub(crate) fn signed(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX / 4)
}

/// `number` plus `growth`, if the result is a length.
pub(crate) fn grown(number: usize, growth: i64) -> Result<usize, Refusal> {
    usize::try_from(signed(number) + growth).map_err(|_| Refusal::TooLong)
}

/// The file with the splices.
///
/// # Errors
/// [`Refusal::Structure`] when two of them overlap or one reaches outside.
pub(crate) fn apply(bytes: &[u8], mut splices: Vec<Splice>) -> Result<Vec<u8>, Refusal> {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let mut written = Vec::with_capacity(bytes.len() + 4096);
    let mut at = 0;
    for splice in splices {
        let kept = bytes
            .get(at..splice.range.start)
            .filter(|_| splice.range.end <= bytes.len())
            .ok_or(Refusal::Structure("two changes meet"))?;
        written.extend(kept);
        written.extend(splice.with);
        at = splice.range.end;
    }
    written.extend(bytes.get(at..).unwrap_or_default());
    Ok(written)
}
