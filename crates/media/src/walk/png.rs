//! PNG chunks (W3C PNG, third edition).

use std::ops::Range;

use crate::error::MediaError;
use crate::format::Format;
use crate::limits::MAX_PNG_CHUNKS;
use crate::walk::u32_be;

/// Bytes of the signature.
const SIGNATURE_BYTES: usize = 8;
/// Bytes of a chunk besides its data: length, type, checksum.
const CHUNK_OVERHEAD_BYTES: usize = 12;

/// One chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    pub kind: [u8; 4],
    /// Offset of the length field in the file.
    pub offset: usize,
    /// The data as a range of the file.
    pub data: Range<usize>,
}

/// The structure of one PNG file, up to IEND.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PngMap {
    pub chunks: Vec<Chunk>,
    pub width: u32,
    pub height: u32,
    /// Offset just after IEND.
    pub end: usize,
}

/// Walks all chunks. Checksums are left to the pixel decoder.
///
/// # Errors
/// [`MediaError::Truncated`] when IEND is missing, [`MediaError::Malformed`] when the first chunk is not IHDR,
/// [`MediaError::TooManyParts`] above the limit.
pub fn walk(bytes: &[u8]) -> Result<PngMap, MediaError> {
    let mut chunks = Vec::new();
    let (width, height, end) = walk_into(bytes, &mut chunks)?;
    Ok(PngMap {
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

/// Width, height and the offset just after IEND.
fn walk_into(bytes: &[u8], chunks: &mut Vec<Chunk>) -> Result<(u32, u32, usize), MediaError> {
    let malformed = |at, what| MediaError::Malformed {
        format: Format::Png,
        at,
        what,
    };
    let truncated = || MediaError::Truncated {
        format: Format::Png,
        at: bytes.len(),
    };
    let mut size = None;
    let mut offset = SIGNATURE_BYTES;
    loop {
        if chunks.len() == MAX_PNG_CHUNKS {
            return Err(MediaError::TooManyParts {
                format: Format::Png,
                what: "chunks",
                max: MAX_PNG_CHUNKS,
            });
        }
        let length = usize::try_from(u32_be(bytes, offset).ok_or_else(truncated)?)
            .map_err(|_| malformed(offset, "chunk length"))?;
        let start = offset + 8;
        let end = start
            .checked_add(length)
            .ok_or_else(|| malformed(offset, "chunk length"))?;
        let kind: [u8; 4] = bytes
            .get(offset + 4..start)
            .and_then(|kind| kind.try_into().ok())
            .ok_or_else(truncated)?;
        let data = bytes.get(start..end).ok_or_else(truncated)?;
        if !kind.iter().all(u8::is_ascii_alphabetic) {
            return Err(malformed(offset, "chunk type"));
        }
        if chunks.is_empty() {
            if &kind != b"IHDR" || data.len() != 13 {
                return Err(malformed(offset, "no image header"));
            }
            size = u32_be(data, 0).zip(u32_be(data, 4));
        }
        chunks.push(Chunk {
            kind,
            offset,
            data: start..end,
        });
        // The checksum is not looked at here, but it must be there.
        if bytes.len() < end + 4 {
            return Err(truncated());
        }
        if &kind == b"IEND" {
            let (width, height) = size.ok_or_else(|| malformed(offset, "no image header"))?;
            return Ok((width, height, end + 4));
        }
        offset = offset
            .checked_add(length + CHUNK_OVERHEAD_BYTES)
            .ok_or_else(truncated)?;
    }
}
