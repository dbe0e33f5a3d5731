//! RIFF chunks: AVI, WAV. (WebP has a stricter walker of its own.)

use std::ops::Range;

use super::{Part, Walked, u32_le};
use crate::limits::MAX_RIFF_CHUNKS;

/// Bytes of a chunk header.
const HEADER_BYTES: usize = 8;

/// The chunks in `range`. Lists are not entered; [`list`] gives their content.
#[must_use]
pub fn chunks(bytes: &[u8], range: Range<usize>) -> Walked<Part> {
    let mut walked = Walked::new();
    let end = range.end.min(bytes.len());
    let mut at = range.start;
    // A last byte may be padding.
    while at + 1 < end {
        if walked.parts.len() == MAX_RIFF_CHUNKS {
            return walked.cut_at(at, "too many chunks");
        }
        let kind = bytes.get(at..at + 4).and_then(|kind| kind.try_into().ok());
        let length = u32_le(bytes, at + 4).and_then(|length| usize::try_from(length).ok());
        let (Some(kind), Some(length)) = (kind, length) else {
            return walked.cut_at(at, "chunk header");
        };
        let start = at + HEADER_BYTES;
        let Some(stop) = start.checked_add(length) else {
            return walked.cut_at(at, "chunk size");
        };
        walked.parts.push(Part {
            kind,
            offset: at,
            data: start.min(end)..stop.min(end).max(start.min(end)),
        });
        if stop > end {
            return walked.cut_at(at, "chunk runs past its container");
        }
        at = stop + (length & 1);
    }
    walked
}

/// The kind and the content of a `RIFF` or `LIST` chunk.
#[must_use]
pub fn list(bytes: &[u8], part: &Part) -> Option<([u8; 4], Range<usize>)> {
    if !matches!(&part.kind, b"RIFF" | b"LIST") {
        return None;
    }
    let start = part.data.start + 4;
    let kind = bytes
        .get(part.data.start..start.min(part.data.end))?
        .try_into()
        .ok()?;
    Some((kind, start..part.data.end))
}
