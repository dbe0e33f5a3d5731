//! Bounded walkers over containers. They read structure, never pixels, and never panic.
//!
//! Those of the photo formats that are decoded have a strict `walk`, because pixels are read afterwards. All others
//! only look for metadata: they give what they could read, and where and why they stopped ([`Walked`]).

pub mod bmp;
pub mod boxes;
pub mod ebml;
pub mod flv;
pub mod gif;
pub mod id3;
pub mod jpeg;
pub mod pdf;
pub mod png;
pub mod riff;
pub mod tiff;
pub mod vorbis;
pub mod webp;
pub mod zip;

use std::ops::Range;

use crate::limits::MAX_FIELD_TEXT_BYTES;

/// One box, chunk or block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The four-character code, or what stands for it.
    pub kind: [u8; 4],
    /// Offset of its header in the file.
    pub offset: usize,
    /// Its content as a range of the file.
    pub data: Range<usize>,
}

/// Where a walker stopped before the end, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    pub at: usize,
    pub what: &'static str,
}

/// What a walker could read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked<P> {
    pub parts: Vec<P>,
    /// `None` when the structure was read to its end.
    pub cut: Option<Cut>,
}

impl<P> Walked<P> {
    pub(crate) const fn new() -> Self {
        Self {
            parts: Vec::new(),
            cut: None,
        }
    }

    pub(crate) fn cut_at(mut self, at: usize, what: &'static str) -> Self {
        self.cut = Some(Cut { at, what });
        self
    }
}

/// A big-endian `u16` at `at`, if it is inside.
pub(crate) fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(
        bytes.get(at..at.checked_add(2)?)?.try_into().ok()?,
    ))
}

/// A big-endian `u32` at `at`, if it is inside.
pub(crate) fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

/// A little-endian `u32` at `at`, if it is inside.
pub(crate) fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

/// A little-endian `u16` at `at`, if it is inside.
pub(crate) fn u16_le(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(
        bytes.get(at..at.checked_add(2)?)?.try_into().ok()?,
    ))
}

/// A big-endian number of three bytes at `at`, if it is inside.
pub(crate) fn u24_be(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(3)?)?;
    Some(u32::from(bytes[0]) << 16 | u32::from(bytes[1]) << 8 | u32::from(bytes[2]))
}

/// A text of metadata, at most [`MAX_FIELD_TEXT_BYTES`] of it.
pub(crate) fn field_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_FIELD_TEXT_BYTES)]).into_owned()
}

/// A big-endian number of up to eight bytes at `at`, if it is inside and fits.
pub(crate) fn number_be(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let number = bytes
        .get(at..at.checked_add(width)?)?
        .iter()
        .try_fold(0_u64, |number, &byte| {
            Some(number.checked_mul(256)? | u64::from(byte))
        })?;
    usize::try_from(number).ok()
}
