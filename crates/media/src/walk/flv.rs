//! Tags of an FLV file and the values of its script tags (Adobe, Video File Format Specification 10.1; AMF 0).

use std::ops::Range;

use super::{Cut, Part, Walked, field_text, u16_be, u24_be, u32_be};
use crate::limits::{
    MAX_AMF_DEPTH, MAX_AMF_VALUES, MAX_FIELD_TEXTS_BYTES, MAX_FLV_SCRIPTS, MAX_FLV_TAGS,
};

/// Bytes of a tag besides its data: header and the size that follows it.
const TAG_HEADER_BYTES: usize = 11;
const TAG_TRAILER_BYTES: usize = 4;
/// Type of a script tag.
const SCRIPT: u8 = 18;

/// The script tags; their kind is `scri`.
#[must_use]
pub fn scripts(bytes: &[u8]) -> Walked<Part> {
    let mut walked = Walked::new();
    let Some(header) = u32_be(bytes, 5).and_then(|header| usize::try_from(header).ok()) else {
        return walked.cut_at(bytes.len(), "file header");
    };
    let Some(mut at) = header.checked_add(TAG_TRAILER_BYTES) else {
        return walked.cut_at(5, "file header");
    };
    for _ in 0..MAX_FLV_TAGS {
        if at >= bytes.len() {
            return walked;
        }
        let (Some(&kind), Some(length)) = (bytes.get(at), u24_be(bytes, at + 1)) else {
            return walked.cut_at(at, "tag header");
        };
        let start = at + TAG_HEADER_BYTES;
        let stop = start + usize::try_from(length).unwrap_or(usize::MAX / 2);
        if stop > bytes.len() {
            return walked.cut_at(at, "tag runs past the file");
        }
        if kind & 0x1F == SCRIPT {
            if walked.parts.len() == MAX_FLV_SCRIPTS {
                return walked.cut_at(at, "too many script tags");
            }
            walked.parts.push(Part {
                kind: *b"scri",
                offset: at,
                data: start..stop,
            });
        }
        at = stop + TAG_TRAILER_BYTES;
    }
    walked.cut_at(at, "too many tags")
}

/// A text member of `onMetaData`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub text: String,
    /// Offset of the name in the file.
    pub offset: usize,
}

/// The text members of a script tag, at any depth. Empty unless the tag is `onMetaData`.
#[must_use]
pub fn members(bytes: &[u8], data: &Range<usize>) -> Walked<Member> {
    let mut reader = Script {
        bytes: bytes.get(..data.end).unwrap_or_default(),
        at: data.start,
        members: Walked::new(),
        values: 0,
        texts_bytes: 0,
    };
    if reader.byte() == Some(2) && reader.text(2).as_deref() == Some("onMetaData") {
        let _ = reader.value(None, 0);
    }
    reader.members
}

struct Script<'a> {
    bytes: &'a [u8],
    at: usize,
    members: Walked<Member>,
    values: usize,
    texts_bytes: usize,
}

impl Script<'_> {
    fn byte(&mut self) -> Option<u8> {
        self.at += 1;
        self.bytes.get(self.at - 1).copied()
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.bytes.len()).then_some(())
    }

    /// A text with a length of `width` bytes, 2 or 4.
    fn text(&mut self, width: usize) -> Option<String> {
        let length = if width == 2 {
            usize::from(u16_be(self.bytes, self.at)?)
        } else {
            usize::try_from(u32_be(self.bytes, self.at)?).ok()?
        };
        let start = self.at + width;
        let text = self.bytes.get(start..start.checked_add(length)?)?;
        self.at = start + length;
        Some(field_text(text))
    }

    /// Reads one value; `None` when the rest cannot be read.
    fn value(&mut self, name: Option<(usize, &str)>, depth: usize) -> Option<()> {
        self.values += 1;
        if depth > MAX_AMF_DEPTH || self.values > MAX_AMF_VALUES {
            return None;
        }
        match self.byte()? {
            0 => self.skip(8),
            1 => self.skip(1),
            kind @ (2 | 12) => {
                let text = self.text(if kind == 2 { 2 } else { 4 })?;
                if let Some((offset, name)) = name {
                    self.texts_bytes += name.len() + text.len();
                    if self.texts_bytes > MAX_FIELD_TEXTS_BYTES {
                        let (at, what) = (offset, "too much text");
                        self.members.cut = Some(Cut { at, what });
                        return None;
                    }
                    self.members.parts.push(Member {
                        name: name.to_owned(),
                        text,
                        offset,
                    });
                }
                Some(())
            }
            kind @ (3 | 8) => {
                if kind == 8 {
                    self.skip(4)?;
                }
                loop {
                    let offset = self.at;
                    let name = self.text(2)?;
                    if name.is_empty() && self.bytes.get(self.at) == Some(&9) {
                        return self.skip(1);
                    }
                    self.value(Some((offset, &name)), depth + 1)?;
                }
            }
            5 | 6 => Some(()),
            7 => self.skip(2),
            10 => {
                let count = u32_be(self.bytes, self.at)?;
                self.skip(4)?;
                for _ in 0..count {
                    self.value(None, depth + 1)?;
                }
                Some(())
            }
            11 => self.skip(10),
            _ => None,
        }
    }
}
