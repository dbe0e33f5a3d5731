//! The header of a Windows or OS/2 bitmap (Microsoft, "Bitmap Storage").

use super::{u16_le, u32_le};
use crate::error::MediaError;
use crate::format::Format;

/// Bytes of the file header before the information header.
const FILE_HEADER_BYTES: usize = 14;
/// Bytes of the information header of OS/2 1.x, whose sides are 16 bits.
const CORE_HEADER_BYTES: u32 = 12;

/// What the header of one bitmap says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BmpMap {
    pub width: u32,
    pub height: u32,
    /// Bits of one pixel: 1, 4, 8, 16, 24 or 32.
    pub bits: u16,
    /// Offset just after the pixels, when the header tells the length of the file.
    pub end: usize,
}

/// Reads the header.
///
/// # Errors
/// [`MediaError::Truncated`] when it is cut off, [`MediaError::Malformed`] for a negative width.
pub fn walk(bytes: &[u8]) -> Result<BmpMap, MediaError> {
    let truncated = MediaError::Truncated {
        format: Format::Bmp,
        at: bytes.len(),
    };
    let read = || {
        let declared = usize::try_from(u32_le(bytes, 2)?).ok()?;
        let at = FILE_HEADER_BYTES;
        let (width, height, bits) = if u32_le(bytes, at)? == CORE_HEADER_BYTES {
            let width = u32::from(u16_le(bytes, at + 4)?);
            let height = u32::from(u16_le(bytes, at + 6)?);
            (width, height, u16_le(bytes, at + 10)?)
        } else {
            // A negative height means that the first row is on top.
            let height = u32_le(bytes, at + 8)?.cast_signed().unsigned_abs();
            (u32_le(bytes, at + 4)?, height, u16_le(bytes, at + 14)?)
        };
        Some((width, height, bits, declared))
    };
    let (width, height, bits, declared) = read().ok_or(truncated)?;
    if width > u32::MAX / 2 {
        return Err(MediaError::Malformed {
            format: Format::Bmp,
            at: FILE_HEADER_BYTES + 4,
            what: "width",
        });
    }
    // Many programs write 0 or a wrong length; only a shorter one tells of appended bytes.
    let end = if declared > FILE_HEADER_BYTES && declared <= bytes.len() {
        declared
    } else {
        bytes.len()
    };
    Ok(BmpMap {
        width,
        height,
        bits,
        end,
    })
}
