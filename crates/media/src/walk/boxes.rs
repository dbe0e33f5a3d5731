//! Boxes of the ISO base media file format (ISO/IEC 14496-12): MP4, MOV, M4A, HEIC, AVIF and JPEG XL.

use std::ops::Range;

use super::{Cut, Part, Walked, number_be, u16_be, u32_be};
use crate::limits::{MAX_BOXES, MAX_ITEM_EXTENTS, MAX_ITEMS};

/// Bytes of a box header without a 64-bit size.
const HEADER_BYTES: usize = 8;
/// Bytes of version and flags in a full box.
pub const FULL_BOX_BYTES: usize = 4;

/// The boxes in `range`, which is the file or the content of a box. A size of 0 means to the end of `range`.
#[must_use]
pub fn children(bytes: &[u8], range: Range<usize>) -> Walked<Part> {
    let mut walked = Walked::new();
    let end = range.end.min(bytes.len());
    let mut at = range.start;
    while at < end {
        if walked.parts.len() == MAX_BOXES {
            return walked.cut_at(at, "too many boxes");
        }
        // QuickTime ends a list of boxes with four zero bytes.
        if end - at == 4 && bytes[at..end] == [0; 4] {
            return walked;
        }
        let (Some(size), Some(kind)) = (u32_be(bytes, at), kind_at(bytes, at + 4)) else {
            return walked.cut_at(at, "box header");
        };
        let (header, length) = match size {
            0 => (HEADER_BYTES, Some(end - at)),
            1 => (2 * HEADER_BYTES, number_be(bytes, at + HEADER_BYTES, 8)),
            _ => (HEADER_BYTES, usize::try_from(size).ok()),
        };
        let Some(stop) = length
            .filter(|&length| length >= header)
            .and_then(|length| at.checked_add(length))
        else {
            return walked.cut_at(at, "box size");
        };
        let is_whole = stop <= end;
        walked.parts.push(Part {
            kind,
            offset: at,
            data: at + header..stop.min(end).max(at + header),
        });
        if !is_whole {
            return walked.cut_at(at, "box runs past its container");
        }
        at = stop;
    }
    walked
}

fn kind_at(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok()
}

/// The content of a `meta` box: a full box in ISO files, a plain one in QuickTime.
#[must_use]
pub fn meta_content(bytes: &[u8], data: &Range<usize>) -> Range<usize> {
    let is_plain = kind_at(bytes, data.start + 4)
        .is_some_and(|kind| matches!(&kind, b"hdlr" | b"keys" | b"ilst" | b"free"));
    if is_plain {
        data.clone()
    } else {
        (data.start + FULL_BOX_BYTES).min(data.end)..data.end
    }
}

/// The names in a `keys` box (QuickTime metadata), in order; the first one has index 1.
#[must_use]
pub fn keys(bytes: &[u8], data: &Range<usize>) -> Vec<String> {
    let mut names = Vec::new();
    // Version and flags, then the number of keys, which is not trusted.
    let mut at = data.start + FULL_BOX_BYTES + 4;
    while at < data.end && names.len() < MAX_ITEMS {
        let Some(size) = u32_be(bytes, at).and_then(|size| usize::try_from(size).ok()) else {
            break;
        };
        let name = at
            .checked_add(size)
            .filter(|&stop| size >= HEADER_BYTES && stop <= data.end)
            .and_then(|stop| bytes.get(at + HEADER_BYTES..stop));
        let Some(name) = name else { break };
        names.push(String::from_utf8_lossy(name).into_owned());
        at += size;
    }
    names
}

/// One item of a HEIC or AVIF `meta` box that holds text or EXIF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// `mime`, `Exif` and so on.
    pub kind: [u8; 4],
    /// The content type of a `mime` item.
    pub content_type: String,
    /// Its content as ranges of the file, in order.
    pub extents: Vec<Range<usize>>,
}

/// The items of kind `mime` and `Exif` in the content of a `meta` box (ISO/IEC 23008-12).
#[must_use]
pub fn items(bytes: &[u8], meta: Range<usize>) -> Walked<Item> {
    let boxes = children(bytes, meta);
    let mut walked = Walked {
        parts: Vec::new(),
        cut: boxes.cut,
    };
    let find = |kind: &[u8; 4]| boxes.parts.iter().find(|part| part.kind == *kind);
    let (Some(info), Some(location)) = (find(b"iinf"), find(b"iloc")) else {
        return walked;
    };
    let data = find(b"idat").map(|part| part.data.clone());
    let mut wanted = Vec::new();
    let counted = match bytes.get(info.data.start) {
        Some(0) => 2,
        _ => 4,
    };
    let entries = children(
        bytes,
        info.data.start + FULL_BOX_BYTES + counted..info.data.end,
    );
    walked.cut = walked.cut.or(entries.cut);
    for entry in entries.parts {
        if let Some(item) = item_info(bytes, &entry.data) {
            if wanted.len() == MAX_ITEMS {
                return walked.cut_at(entry.offset, "too many items");
            }
            wanted.push(item);
        }
    }
    if !wanted.is_empty() && locate(bytes, &location.data, data, &wanted, &mut walked).is_none() {
        walked.cut = walked.cut.or(Some(Cut {
            at: location.offset,
            what: "item locations",
        }));
    }
    walked
}

/// Number, kind and content type of an `infe` box of version 2 or 3, when it is of interest.
fn item_info(bytes: &[u8], data: &Range<usize>) -> Option<(usize, [u8; 4], String)> {
    let width = match bytes.get(data.start)? {
        2 => 2,
        3 => 4,
        _ => return None,
    };
    let mut at = data.start + FULL_BOX_BYTES;
    let number = number_be(bytes, at, width)?;
    at += width + 2;
    let kind = kind_at(bytes, at)?;
    if !matches!(&kind, b"mime" | b"Exif") {
        return None;
    }
    let rest = bytes.get(at + 4..data.end)?;
    let content_type = rest.split(|&byte| byte == 0).nth(1).unwrap_or_default();
    Some((
        number,
        kind,
        String::from_utf8_lossy(content_type).into_owned(),
    ))
}

fn locate(
    bytes: &[u8],
    data: &Range<usize>,
    inner: Option<Range<usize>>,
    wanted: &[(usize, [u8; 4], String)],
    walked: &mut Walked<Item>,
) -> Option<()> {
    let bytes = bytes.get(..data.end)?;
    let version = *bytes.get(data.start)?;
    let sizes = u16_be(bytes, data.start + FULL_BOX_BYTES)?;
    let nibble = |shift: u16| usize::from(sizes >> shift & 0xF);
    let (offset_width, length_width, base_width) = (nibble(12), nibble(8), nibble(4));
    let index_width = if version == 0 { 0 } else { nibble(0) };
    let number_width = if version < 2 { 2 } else { 4 };
    let mut at = data.start + FULL_BOX_BYTES + 2;
    let count = number_be(bytes, at, number_width)?;
    at += number_width;
    let mut extents_read = 0;
    for _ in 0..count {
        let number = number_be(bytes, at, number_width)?;
        at += number_width;
        let method = if version == 0 {
            0
        } else {
            at += 2;
            u16_be(bytes, at - 2)? & 0xF
        };
        // The reference to another file is not followed.
        at += 2;
        let base = number_be(bytes, at, base_width)?;
        at += base_width;
        let extents = number_be(bytes, at, 2)?;
        at += 2;
        let item = wanted.iter().find(|(wanted, _, _)| *wanted == number);
        let mut ranges = Vec::new();
        for _ in 0..extents {
            extents_read += 1;
            if extents_read > MAX_ITEM_EXTENTS {
                return None;
            }
            at += index_width;
            let offset = number_be(bytes, at, offset_width)?;
            at += offset_width;
            let length = number_be(bytes, at, length_width)?;
            at += length_width;
            if item.is_some() {
                let start = base.checked_add(offset)?;
                let start = match (method, &inner) {
                    (0, _) => start,
                    (1, Some(inner)) => inner.start.checked_add(start)?,
                    _ => return None,
                };
                ranges.push(start..start.checked_add(length)?);
            }
        }
        if let Some((_, kind, content_type)) = item {
            if walked.parts.len() == MAX_ITEMS {
                return None;
            }
            walked.parts.push(Item {
                kind: *kind,
                content_type: content_type.clone(),
                extents: ranges,
            });
        }
    }
    Some(())
}
