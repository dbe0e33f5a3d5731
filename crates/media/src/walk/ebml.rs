//! EBML elements (RFC 8794) of Matroska and WebM (RFC 9559).

use std::ops::Range;

use super::Walked;
use crate::limits::{MAX_EBML_ELEMENTS, MAX_EBML_KEPT};

/// The header of the file.
pub const HEADER: u32 = 0x1A45_DFA3;
pub const SEGMENT: u32 = 0x1853_8067;
pub const CLUSTER: u32 = 0x1F43_B675;
pub const TAGS: u32 = 0x1254_C367;
pub const TAG: u32 = 0x7373;
pub const SIMPLE_TAG: u32 = 0x67C8;
pub const TAG_NAME: u32 = 0x45A3;
pub const TAG_STRING: u32 = 0x4487;

/// Identifiers have up to four bytes, sizes up to eight.
const MAX_IDENTIFIER_BYTES: usize = 4;
const MAX_SIZE_BYTES: usize = 8;

/// One element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub id: u32,
    pub offset: usize,
    pub data: Range<usize>,
}

/// The elements in `range` whose identifier is in `wanted`. An element of unknown size (live streams) is entered:
/// its children count as its siblings, except that a segment is given as reaching to the end.
#[must_use]
pub fn elements(bytes: &[u8], range: Range<usize>, wanted: &[u32]) -> Walked<Element> {
    let mut walked = Walked::new();
    let end = range.end.min(bytes.len());
    let mut at = range.start;
    for _ in 0..MAX_EBML_ELEMENTS {
        if at >= end {
            return walked;
        }
        let header = identifier(bytes, at)
            .and_then(|(id, width)| Some((id, width, size(bytes, at + width)?)));
        let Some((id, id_width, (size, size_width))) = header else {
            return walked.cut_at(at, "element header");
        };
        let start = at + id_width + size_width;
        let Some(size) = size else {
            if id == SEGMENT && wanted.contains(&id) {
                walked.parts.push(Element {
                    id,
                    offset: at,
                    data: start.min(end)..end,
                });
                return walked;
            }
            at = start;
            continue;
        };
        let Some(stop) = start.checked_add(size) else {
            return walked.cut_at(at, "element size");
        };
        if wanted.contains(&id) {
            if walked.parts.len() == MAX_EBML_KEPT {
                return walked.cut_at(at, "too many elements");
            }
            walked.parts.push(Element {
                id,
                offset: at,
                data: start.min(end)..stop.min(end).max(start.min(end)),
            });
        }
        if stop > end {
            return walked.cut_at(at, "element runs past its container");
        }
        at = stop;
    }
    walked.cut_at(at, "too many elements")
}

/// The element at `at`: its identifier, where its content begins, and how long it is; no length where that is unknown.
#[must_use]
pub fn header(bytes: &[u8], at: usize) -> Option<(u32, usize, Option<usize>)> {
    let (id, id_width) = identifier(bytes, at)?;
    let (size, size_width) = size(bytes, at + id_width)?;
    Some((id, at + id_width + size_width, size))
}

/// The identifier at `at` with its marker bits, and its width.
fn identifier(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let first = *bytes.get(at)?;
    let width = leading_width(first).filter(|&width| width <= MAX_IDENTIFIER_BYTES)?;
    let id = bytes
        .get(at..at + width)?
        .iter()
        .fold(0_u32, |id, &byte| id << 8 | u32::from(byte));
    Some((id, width))
}

/// The size at `at` (`None` when it is unknown), and its width.
fn size(bytes: &[u8], at: usize) -> Option<(Option<usize>, usize)> {
    let first = *bytes.get(at)?;
    let width = leading_width(first)?;
    let ones = u64::MAX >> (64 - 7 * width);
    let size = bytes
        .get(at..at + width)?
        .iter()
        .fold(0_u64, |size, &byte| size << 8 | u64::from(byte))
        & ones;
    if size == ones {
        return Some((None, width));
    }
    Some((Some(usize::try_from(size).ok()?), width))
}

fn leading_width(first: u8) -> Option<usize> {
    let width = usize::try_from(first.leading_zeros()).ok()? + 1;
    (width <= MAX_SIZE_BYTES).then_some(width)
}
