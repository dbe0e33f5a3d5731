//! Entries of a ZIP archive (PKWARE APPNOTE 6.3), found through the central directory.

use std::ops::Range;

use super::{Walked, u16_le, u32_le};
use crate::inflate;
use crate::limits::MAX_ZIP_ENTRIES;

/// Bytes of the end record, of an entry of the directory, and of a local header, each without its texts.
const END_BYTES: usize = 22;
const ENTRY_BYTES: usize = 46;
/// See [`END_BYTES`].
pub const LOCAL_BYTES: usize = 30;
/// A comment may stand after the end record.
const MAX_COMMENT_BYTES: usize = 65_535;
/// Bytes at the end of an archive that hold the end record.
pub const TAIL_BYTES: usize = END_BYTES + MAX_COMMENT_BYTES;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    /// Offset of the local header in the file.
    pub offset: usize,
    pub is_encrypted: bool,
    method: u16,
    compressed_bytes: usize,
}

/// Where the end record is.
fn end_record(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.len().saturating_sub(TAIL_BYTES);
    let windows = &mut bytes[tail..].windows(4);
    let at = windows.rposition(|window| window == b"PK\x05\x06")?;
    Some(at + tail)
}

/// Where the central directory stands, by the end record: from its start to that record.
#[must_use]
pub fn directory(bytes: &[u8]) -> Option<Range<usize>> {
    let end = end_record(bytes)?;
    let start = usize::try_from(u32_le(bytes, end + 16)?).ok()?;
    (start <= end).then_some(start..end)
}

/// The entries named in the central directory.
#[must_use]
pub fn entries(bytes: &[u8]) -> Walked<Entry> {
    let mut walked = Walked::new();
    let Some(end) = end_record(bytes) else {
        return walked.cut_at(bytes.len(), "no central directory");
    };
    let directory = u16_le(bytes, end + 10)
        .zip(u32_le(bytes, end + 16).and_then(|start| usize::try_from(start).ok()));
    let Some((count, start)) = directory else {
        return walked.cut_at(end, "end record");
    };
    let mut at = start;
    for _ in 0..usize::from(count).min(MAX_ZIP_ENTRIES) {
        let Some((entry, next)) = entry(bytes, at) else {
            return walked.cut_at(at.min(bytes.len()), "entry of the central directory");
        };
        walked.parts.push(entry);
        at = next;
    }
    walked
}

fn entry(bytes: &[u8], at: usize) -> Option<(Entry, usize)> {
    if bytes.get(at..at.checked_add(4)?)? != b"PK\x01\x02" {
        return None;
    }
    let size = |from| usize::try_from(u32_le(bytes, from)?).ok();
    let name_bytes = usize::from(u16_le(bytes, at + 28)?);
    let rest = usize::from(u16_le(bytes, at + 30)?) + usize::from(u16_le(bytes, at + 32)?);
    let name = bytes.get(at + ENTRY_BYTES..at + ENTRY_BYTES + name_bytes)?;
    let entry = Entry {
        name: String::from_utf8_lossy(name).into_owned(),
        offset: size(at + 42)?,
        is_encrypted: u16_le(bytes, at + 8)? & 1 != 0,
        method: u16_le(bytes, at + 10)?,
        compressed_bytes: size(at + 20)?,
    };
    Some((entry, at + ENTRY_BYTES + name_bytes + rest))
}

/// Where the data of an entry stand, by its local header; `None` when that is broken or the entry is encrypted.
#[must_use]
pub fn data(bytes: &[u8], entry: &Entry) -> Option<Range<usize>> {
    let at = entry.offset;
    if entry.is_encrypted || bytes.get(at..at.checked_add(4)?)? != b"PK\x03\x04" {
        return None;
    }
    let start = at
        + LOCAL_BYTES
        + usize::from(u16_le(bytes, at + 26)?)
        + usize::from(u16_le(bytes, at + 28)?);
    Some(start..start.checked_add(entry.compressed_bytes)?)
}

/// The content of an entry, at most `max` bytes; `None` when it is broken, longer, encrypted, or compressed by
/// another method than deflate.
#[must_use]
pub fn content(bytes: &[u8], entry: &Entry, max: usize) -> Option<Vec<u8>> {
    let data = bytes.get(data(bytes, entry)?)?;
    match entry.method {
        0 if data.len() <= max => Some(data.to_vec()),
        8 => inflate::deflate(data, max),
        _ => None,
    }
}
