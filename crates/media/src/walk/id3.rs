//! Frames of an ID3v2 tag, versions 2.2 to 2.4 (id3v2.4.0-structure).

use std::borrow::Cow;

use super::{Walked, u24_be, u32_be};
use crate::limits::{
    MAX_FIELD_TEXT_BYTES, MAX_FIELD_TEXTS_BYTES, MAX_ID3_BYTES, MAX_ID3_FRAMES,
    MAX_UNSYNCHRONIZED_BYTES,
};
use crate::text::utf16_text;

/// Bytes of the header of the tag.
const HEADER_BYTES: usize = 10;

/// One frame whose content is text with a description: `TXXX`, `COMM` or their short names of version 2.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFrame {
    /// `TXXX` or `COMM`, whatever the version.
    pub kind: [u8; 4],
    /// Offset in the file; of the tag, when the tag is unsynchronized.
    pub offset: usize,
    pub description: String,
    pub text: String,
}

/// The described texts of the tag at the start of `bytes`, and the offset just after the tag.
#[must_use]
pub fn texts(bytes: &[u8]) -> (Walked<TextFrame>, usize) {
    let mut walked = Walked::new();
    if !bytes.starts_with(b"ID3") {
        return (walked, 0);
    }
    let (Some(&version), Some(&flags), Some(size)) =
        (bytes.get(3), bytes.get(5), syncsafe(bytes, 6))
    else {
        return (walked.cut_at(0, "tag header"), bytes.len());
    };
    let end = HEADER_BYTES + size;
    let is_unsynchronized = is_unsynchronized(version, flags);
    let max = max_bytes(is_unsynchronized);
    if end > bytes.len() {
        walked = walked.cut_at(bytes.len(), "tag runs past the file");
    } else if size > max {
        walked = walked.cut_at(HEADER_BYTES + max, "tag is too long");
    }
    let body = &bytes[HEADER_BYTES.min(bytes.len())..end.min(bytes.len()).min(HEADER_BYTES + max)];
    let content = if is_unsynchronized {
        Cow::Owned(resynchronized(body))
    } else {
        Cow::Borrowed(body)
    };
    let mut at = 0;
    if flags & 0x40 != 0 && version > 2 {
        let extended = if version == 4 {
            syncsafe(&content, 0)
        } else {
            u32_be(&content, 0)
                .and_then(|size| usize::try_from(size).ok())
                .and_then(|size| size.checked_add(4))
        };
        at = extended.unwrap_or(usize::MAX);
    }
    let walked = frames(&content, at, version, is_unsynchronized, walked);
    (walked, end.min(bytes.len()))
}

/// Whether zero bytes were put into the tag, which come out before it is read.
#[must_use]
pub const fn is_unsynchronized(version: u8, flags: u8) -> bool {
    flags & 0x80 != 0 && version < 4
}

/// Bytes of a tag that are read, after its header.
#[must_use]
pub const fn max_bytes(is_unsynchronized: bool) -> usize {
    if is_unsynchronized {
        MAX_UNSYNCHRONIZED_BYTES
    } else {
        MAX_ID3_BYTES
    }
}

fn frames(
    content: &[u8],
    mut at: usize,
    version: u8,
    is_unsynchronized: bool,
    mut walked: Walked<TextFrame>,
) -> Walked<TextFrame> {
    let (name_width, header) = if version == 2 { (3, 6) } else { (4, 10) };
    let mut texts_bytes = 0;
    for _ in 0..MAX_ID3_FRAMES {
        let Some(name) = at
            .checked_add(name_width)
            .and_then(|stop| content.get(at..stop))
        else {
            return walked;
        };
        // Zero bytes are padding up to the end of the tag.
        if name[0] == 0 {
            return walked;
        }
        let size = match version {
            2 => u24_be(content, at + 3).and_then(|size| usize::try_from(size).ok()),
            4 => syncsafe(content, at + 4),
            _ => u32_be(content, at + 4).and_then(|size| usize::try_from(size).ok()),
        };
        let start = at + header;
        let Some(stop) = size.and_then(|size| start.checked_add(size)) else {
            return walked.cut_at(HEADER_BYTES + at, "frame header");
        };
        let Some(data) = content.get(start..stop) else {
            return walked.cut_at(HEADER_BYTES + at, "frame runs past its tag");
        };
        let kind = match name {
            b"TXXX" | b"TXX" => Some(*b"TXXX"),
            b"COMM" | b"COM" => Some(*b"COMM"),
            _ => None,
        };
        if let Some(kind) = kind
            && let Some((description, text)) = described_text(data, kind == *b"COMM")
        {
            texts_bytes += description.len() + text.len();
            if texts_bytes > MAX_FIELD_TEXTS_BYTES {
                return walked.cut_at(HEADER_BYTES + at, "too much text");
            }
            walked.parts.push(TextFrame {
                kind,
                offset: if is_unsynchronized {
                    0
                } else {
                    HEADER_BYTES + at
                },
                description,
                text,
            });
        }
        at = stop;
    }
    walked.cut_at(HEADER_BYTES + at, "too many frames")
}

/// A number of four bytes with seven bits each.
#[must_use]
pub fn syncsafe(bytes: &[u8], at: usize) -> Option<usize> {
    bytes
        .get(at..at.checked_add(4)?)?
        .iter()
        .try_fold(0_usize, |number, &byte| {
            (byte < 0x80).then_some(number << 7 | usize::from(byte))
        })
}

/// Removes the zero bytes that were put after 0xFF.
fn resynchronized(bytes: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(bytes.len());
    let mut after_ff = false;
    for &byte in bytes {
        if !(after_ff && byte == 0) {
            content.push(byte);
        }
        after_ff = byte == 0xFF;
    }
    content
}

/// Description and text of a frame: encoding, language (comments only), description, terminator, text.
fn described_text(data: &[u8], has_language: bool) -> Option<(String, String)> {
    let (&encoding, rest) = data.split_first()?;
    let rest = if has_language { rest.get(3..)? } else { rest };
    let split = if matches!(encoding, 1 | 2) {
        rest.chunks_exact(2)
            .position(|pair| pair == [0, 0])
            .map(|pairs| (2 * pairs, 2))
    } else {
        rest.iter()
            .position(|&byte| byte == 0)
            .map(|bytes| (bytes, 1))
    };
    let (at, terminator) = split?;
    Some((
        decoded(encoding, &rest[..at]),
        decoded(encoding, &rest[at + terminator..]),
    ))
}

fn decoded(encoding: u8, bytes: &[u8]) -> String {
    let bytes = &bytes[..bytes.len().min(MAX_FIELD_TEXT_BYTES)];
    let text: String = match encoding {
        0 => bytes.iter().copied().map(char::from).collect(),
        1 | 2 => {
            let is_little = bytes.starts_with(&[0xFF, 0xFE]);
            utf16_text(
                bytes,
                if is_little {
                    u16::from_le_bytes
                } else {
                    u16::from_be_bytes
                },
            )
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    text.trim_matches(['\0', '\u{FEFF}']).to_owned()
}
