//! WebP chunks (RFC 9649).

use std::ops::Range;

use crate::error::MediaError;
use crate::format::Format;
use crate::limits::MAX_WEBP_CHUNKS;
use crate::walk::u32_le;

/// Bytes before the first chunk: `RIFF`, size, `WEBP`.
const HEADER_BYTES: usize = 12;

/// One chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    pub kind: [u8; 4],
    /// Offset of the four-character code in the file.
    pub offset: usize,
    /// The data as a range of the file.
    pub data: Range<usize>,
}

/// The structure of one WebP file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebpMap {
    pub chunks: Vec<Chunk>,
    pub width: u32,
    pub height: u32,
    /// Offset just after the RIFF container.
    pub end: usize,
}

/// Walks all chunks inside the RIFF size.
///
/// # Errors
/// [`MediaError::Truncated`] when a chunk runs past the file, [`MediaError::Malformed`] without a picture,
/// [`MediaError::TooManyParts`] above the limit.
pub fn walk(bytes: &[u8]) -> Result<WebpMap, MediaError> {
    let mut chunks = Vec::new();
    let (width, height, end) = walk_into(bytes, &mut chunks)?;
    Ok(WebpMap {
        chunks,
        width,
        height,
        end,
    })
}

/// The chunks that could be read, and the refusal of [`walk`] if there was one.
#[must_use]
pub fn walk_partly(bytes: &[u8]) -> (Vec<Chunk>, Option<MediaError>) {
    let mut chunks = Vec::new();
    let refusal = walk_into(bytes, &mut chunks).err();
    (chunks, refusal)
}

/// Width, height and the offset just after the container.
fn walk_into(bytes: &[u8], chunks: &mut Vec<Chunk>) -> Result<(u32, u32, usize), MediaError> {
    let malformed = |at, what| MediaError::Malformed {
        format: Format::WebP,
        at,
        what,
    };
    let truncated = || MediaError::Truncated {
        format: Format::WebP,
        at: bytes.len(),
    };
    let riff = u32_le(bytes, 4)
        .and_then(|size| usize::try_from(size).ok())
        .ok_or_else(truncated)?;
    let end = riff
        .checked_add(8)
        .ok_or_else(|| malformed(4, "container size"))?;
    // Some writers leave out the last padding byte.
    if end > bytes.len() + 1 {
        return Err(truncated());
    }
    let end = end.min(bytes.len());
    let mut size = None;
    let mut offset = HEADER_BYTES;
    while offset < end {
        if chunks.len() == MAX_WEBP_CHUNKS {
            return Err(MediaError::TooManyParts {
                format: Format::WebP,
                what: "chunks",
                max: MAX_WEBP_CHUNKS,
            });
        }
        let start = offset + 8;
        let length = u32_le(bytes, offset + 4)
            .and_then(|size| usize::try_from(size).ok())
            .ok_or_else(truncated)?;
        let stop = start
            .checked_add(length)
            .ok_or_else(|| malformed(offset, "chunk size"))?;
        let kind: [u8; 4] = bytes
            .get(offset..offset + 4)
            .and_then(|kind| kind.try_into().ok())
            .ok_or_else(truncated)?;
        let data = if stop <= end {
            bytes.get(start..stop)
        } else {
            None
        }
        .ok_or_else(truncated)?;
        // The canvas of VP8X wins over the size of a frame, because it comes first.
        if size.is_none() {
            size = match &kind {
                b"VP8X" => canvas_size(data),
                b"VP8 " => lossy_size(data),
                b"VP8L" => lossless_size(data),
                _ => None,
            };
        }
        chunks.push(Chunk {
            kind,
            offset,
            data: start..stop,
        });
        offset = stop + (length & 1);
    }
    let (width, height) =
        size.ok_or_else(|| malformed(HEADER_BYTES.min(bytes.len()), "no picture data"))?;
    Ok((width, height, end))
}

fn u24_le(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at + 3)?;
    Some(u32::from(bytes[0]) | u32::from(bytes[1]) << 8 | u32::from(bytes[2]) << 16)
}

fn canvas_size(data: &[u8]) -> Option<(u32, u32)> {
    Some((u24_le(data, 4)? + 1, u24_le(data, 7)? + 1))
}

fn lossy_size(data: &[u8]) -> Option<(u32, u32)> {
    if data.get(3..6)? != [0x9D, 0x01, 0x2A] {
        return None;
    }
    let packed = u32_le(data, 6)?;
    Some((packed & 0x3FFF, packed >> 16 & 0x3FFF))
}

fn lossless_size(data: &[u8]) -> Option<(u32, u32)> {
    if *data.first()? != 0x2F {
        return None;
    }
    let packed = u32_le(data, 1)?;
    Some(((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1))
}
