//! The artist that the first directory of an EXIF block names. A generator is known by an identifier that stands there.

use aftercare_media::limits::MAX_EXIF_ENTRIES;

use crate::limits::MAX_ARTIST_BYTES;

/// The field.
pub(crate) const TAG: usize = 0x013B;

const ENTRY_BYTES: usize = 12;
/// Type `ASCII`.
const TEXT: usize = 2;
/// Values up to this length stand in the entry itself.
const INLINE_BYTES: usize = 4;

/// The artist in the TIFF structure `tiff`, as far as it is read.
pub(crate) fn read(tiff: &[u8]) -> Option<String> {
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let number = |at: usize, width: usize| {
        let bytes = tiff.get(at..at.checked_add(width)?)?;
        let add = |sum: usize, byte: &u8| sum << 8 | usize::from(*byte);
        Some(if is_little {
            bytes.iter().rev().fold(0, add)
        } else {
            bytes.iter().fold(0, add)
        })
    };
    let start = number(4, 4)?;
    let count = number(start, 2)?.min(MAX_EXIF_ENTRIES);
    let entries = start.checked_add(2)?;
    let at = (0..count)
        .map(|index| entries + index * ENTRY_BYTES)
        .find(|&at| number(at, 2) == Some(TAG) && number(at + 2, 2) == Some(TEXT))?;
    let length = number(at + 4, 4)?;
    let from = if length <= INLINE_BYTES {
        at + 8
    } else {
        number(at + 8, 4)?
    };
    let value = tiff.get(from..from.checked_add(length)?)?;
    let value = &value[..length.min(MAX_ARTIST_BYTES)];
    let text = String::from_utf8_lossy(value);
    Some(text.trim_matches(['\0', ' ']).to_owned())
}
