//! Blocks of a GIF (CompuServe, GIF89a specification).

use std::ops::Range;

use super::{Cut, Part, Walked, u16_le};
use crate::error::MediaError;
use crate::format::Format;
use crate::limits::MAX_GIF_BLOCKS;

/// Bytes of signature and logical screen descriptor.
const HEADER_BYTES: usize = 13;
/// Bytes of the image descriptor after its introducer.
const IMAGE_BYTES: usize = 9;

/// Kind of an application extension in [`blocks`].
pub const APPLICATION: [u8; 4] = *b"appl";
/// Kind of a comment extension in [`blocks`].
pub const COMMENT: [u8; 4] = *b"comm";

/// How the data of an application extension with XMP begin: the length of the name, and the name.
pub const XMP_HEADER: &[u8] = b"\x0BXMP DataXMP";
/// Bytes of the trailer after an XMP packet, without the zero that ends it.
pub const XMP_TRAILER_BYTES: usize = 257;

/// The screen and the pictures of one GIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GifMap {
    pub width: u32,
    pub height: u32,
    /// Pictures in the file; an animation has more than one.
    pub frames: usize,
    /// Offset just after the last block that could be read.
    pub end: usize,
}

/// Reads the screen descriptor and counts the pictures.
///
/// # Errors
/// [`MediaError::Truncated`] when the file ends before its first picture does, [`MediaError::Malformed`] when
/// something else stands where a picture should begin.
pub fn walk(bytes: &[u8]) -> Result<GifMap, MediaError> {
    let truncated = MediaError::Truncated {
        format: Format::Gif,
        at: bytes.len(),
    };
    let Some((width, height)) = u16_le(bytes, 6).zip(u16_le(bytes, 8)) else {
        return Err(truncated);
    };
    let (walked, frames, end) = scan(bytes);
    match walked.cut {
        // Viewers show the first picture of a file whose later ones are cut off; so do we.
        Some(Cut { at, what }) if frames == 0 => Err(if at < bytes.len() && what == BAD_BLOCK {
            MediaError::Malformed {
                format: Format::Gif,
                at,
                what,
            }
        } else {
            truncated
        }),
        None if frames == 0 => Err(MediaError::Malformed {
            format: Format::Gif,
            at: end,
            what: "no picture",
        }),
        _ => Ok(GifMap {
            width: u32::from(width),
            height: u32::from(height),
            frames,
            end,
        }),
    }
}

/// Application and comment extensions; the data are the sub-blocks with their length bytes, without the final zero.
#[must_use]
pub fn blocks(bytes: &[u8]) -> Walked<Part> {
    scan(bytes).0
}

/// Why a scan stops where no block begins.
const BAD_BLOCK: &str = "block introducer";

/// The extensions, the number of whole pictures, and the offset just after the last block.
fn scan(bytes: &[u8]) -> (Walked<Part>, usize, usize) {
    let mut frames = 0;
    let mut end = bytes.len();
    let walked = scan_into(bytes, &mut frames, &mut end);
    (walked, frames, end)
}

fn scan_into(bytes: &[u8], frames: &mut usize, end: &mut usize) -> Walked<Part> {
    let mut walked = Walked::new();
    let Some(&packed) = bytes.get(10) else {
        return walked.cut_at(bytes.len(), "screen descriptor");
    };
    let mut at = HEADER_BYTES + color_table_bytes(packed);
    for _ in 0..MAX_GIF_BLOCKS {
        match bytes.get(at) {
            Some(0x3B) => {
                *end = at + 1;
                return walked;
            }
            // The trailer of XMP may leave one zero byte more than its sub-blocks need.
            Some(0) => at += 1,
            Some(0x21) => {
                let kind = match bytes.get(at + 1) {
                    Some(0xFF) => Some(APPLICATION),
                    Some(0xFE) => Some(COMMENT),
                    _ => None,
                };
                let Some(data) = sub_blocks(bytes, at + 2) else {
                    return walked.cut_at(at, "extension");
                };
                let next = data.end + 1;
                if let Some(kind) = kind {
                    walked.parts.push(Part {
                        kind,
                        offset: at,
                        data,
                    });
                }
                at = next;
            }
            Some(0x2C) => {
                let Some(&packed) = bytes.get(at + IMAGE_BYTES) else {
                    return walked.cut_at(at, "image descriptor");
                };
                // The color table and the code size of the pixels come before them.
                let start = at + 1 + IMAGE_BYTES + color_table_bytes(packed) + 1;
                let Some(data) = sub_blocks(bytes, start) else {
                    return walked.cut_at(at, "image data");
                };
                *frames += 1;
                at = data.end + 1;
            }
            _ => return walked.cut_at(at, BAD_BLOCK),
        }
    }
    walked.cut_at(at, "too many blocks")
}

const fn color_table_bytes(packed: u8) -> usize {
    if packed & 0x80 == 0 {
        0
    } else {
        3 << ((packed & 7) + 1)
    }
}

/// The sub-blocks from `start` up to their final zero byte, which is at the end of the range.
fn sub_blocks(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let mut at = start;
    loop {
        match *bytes.get(at)? {
            0 => return Some(start..at),
            length => at += 1 + usize::from(length),
        }
    }
}

/// The content of sub-blocks, at most `max` bytes.
#[must_use]
pub fn joined(mut data: &[u8], max: usize) -> Vec<u8> {
    let mut content = Vec::new();
    while let Some((&length, rest)) = data.split_first() {
        let length = usize::from(length).min(rest.len());
        if content.len() + length > max {
            break;
        }
        content.extend(&rest[..length]);
        data = &rest[length..];
    }
    content
}
