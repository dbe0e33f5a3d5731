//! JPEG marker segments (ITU-T T.81 annex B).

use std::ops::Range;

use crate::error::MediaError;
use crate::format::Format;
use crate::limits::{MAX_JPEG_SCANS, MAX_JPEG_SEGMENTS};
use crate::walk::u16_be;

/// Start of image.
pub const SOI: u8 = 0xD8;
/// End of image.
pub const EOI: u8 = 0xD9;
/// Start of scan.
pub const SOS: u8 = 0xDA;
/// Application segment 1: EXIF and XMP.
pub const APP1: u8 = 0xE1;
/// Comment.
pub const COM: u8 = 0xFE;

/// One marker segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The byte after 0xFF.
    pub marker: u8,
    /// Offset of the 0xFF byte in the file.
    pub offset: usize,
    /// The payload, after the two length bytes, as a range of the file. Empty for markers without a length.
    pub payload: Range<usize>,
}

/// The frame header (SOFn).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub width: u16,
    pub height: u16,
    pub components: u8,
    /// Bits a sample.
    pub precision: u8,
    pub progressive: bool,
    /// Samples stored for 100 pixels: 300 without subsampling, 150 for 4:2:0.
    pub samples_percent: u32,
}

/// The structure of one JPEG file, up to its first end-of-image marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JpegMap {
    pub segments: Vec<Segment>,
    pub frame: Frame,
    pub scans: usize,
    /// Offset just after the end-of-image marker. Bytes after it (motion photos, gain maps) are not part of the photo.
    pub end: usize,
}

/// Walks all segments.
///
/// # Errors
/// [`MediaError::Truncated`] when the end-of-image marker is missing, [`MediaError::Malformed`] on a broken length
/// or a missing or second frame header, [`MediaError::TooManyParts`] above the limits.
pub fn walk(bytes: &[u8]) -> Result<JpegMap, MediaError> {
    let mut segments = Vec::new();
    let (frame, scans, end) = walk_into(bytes, &mut segments)?;
    Ok(JpegMap {
        segments,
        frame,
        scans,
        end,
    })
}

/// The segments that could be read, and the refusal of [`walk`] if there was one.
#[must_use]
pub fn walk_partly(bytes: &[u8]) -> (Vec<Segment>, Option<MediaError>) {
    let mut segments = Vec::new();
    let refusal = walk_into(bytes, &mut segments).err();
    (segments, refusal)
}

/// The frame, the number of scans and the end of the photo.
fn walk_into(
    bytes: &[u8],
    segments: &mut Vec<Segment>,
) -> Result<(Frame, usize, usize), MediaError> {
    let malformed = |at, what| MediaError::Malformed {
        format: Format::Jpeg,
        at,
        what,
    };
    let truncated = |at| MediaError::Truncated {
        format: Format::Jpeg,
        at,
    };
    if !bytes.starts_with(&[0xFF, SOI]) {
        return Err(malformed(0, "no start-of-image marker"));
    }
    let mut frame = None;
    let mut scans = 0;
    let mut at = 2;
    loop {
        // Decoders skip stray bytes between segments and inside entropy-coded data alike: the next marker is 0xFF
        // followed by neither a stuffed zero, a fill byte nor a restart marker.
        let Some(offset) = next_marker(bytes, at) else {
            return Err(truncated(bytes.len()));
        };
        let marker = bytes[offset + 1];
        if segments.len() == MAX_JPEG_SEGMENTS {
            return Err(MediaError::TooManyParts {
                format: Format::Jpeg,
                what: "segments",
                max: MAX_JPEG_SEGMENTS,
            });
        }
        if marker == EOI {
            let end = offset + 2;
            segments.push(Segment {
                marker,
                offset,
                payload: end..end,
            });
            let frame = frame.ok_or_else(|| malformed(offset, "no frame header"))?;
            if scans == 0 {
                return Err(malformed(offset, "no picture data"));
            }
            return Ok((frame, scans, end));
        }
        if marker == SOI || marker == 0x01 {
            at = offset + 2;
            segments.push(Segment {
                marker,
                offset,
                payload: at..at,
            });
            continue;
        }
        let length = usize::from(u16_be(bytes, offset + 2).ok_or_else(|| truncated(bytes.len()))?);
        if length < 2 {
            return Err(malformed(offset, "segment length below 2"));
        }
        let payload = offset + 4..offset + 2 + length;
        let Some(body) = bytes.get(payload.clone()) else {
            return Err(truncated(bytes.len()));
        };
        if is_frame_header(marker) {
            if frame.is_some() {
                return Err(malformed(offset, "second frame header"));
            }
            frame = Some(
                read_frame(marker, body).ok_or_else(|| malformed(offset, "short frame header"))?,
            );
        }
        if marker == SOS {
            scans += 1;
            if scans > MAX_JPEG_SCANS {
                return Err(MediaError::TooManyParts {
                    format: Format::Jpeg,
                    what: "scans",
                    max: MAX_JPEG_SCANS,
                });
            }
        }
        at = payload.end;
        segments.push(Segment {
            marker,
            offset,
            payload,
        });
    }
}

/// The offset of the next marker at or behind `at`: 0xFF followed by neither a stuffed zero, a fill byte nor a restart.
#[must_use]
pub fn next_marker(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let found = at + memchr::memchr(0xFF, bytes.get(at..)?)?;
        if is_marker(0xFF, *bytes.get(found + 1)?) {
            return Some(found);
        }
        // Where one is close to the other, a search from each would cost more than the bytes are worth.
        at = if found < at + DENSE_BYTES {
            pass_dense(bytes, found + 1)
        } else {
            found + 1
        };
    }
}

/// Bytes that are looked at together where 0xFF stand close to each other.
const DENSE_BYTES: usize = 64;

/// Whether a marker begins with these two bytes.
const fn is_marker(first: u8, next: u8) -> bool {
    first == 0xFF && !matches!(next, 0x00 | 0xFF) && next & 0xF8 != 0xD0
}

/// Passes over whole blocks that have a 0xFF and no marker. Nothing in a block ends the loop over it, so that compilers
/// compare many bytes at once.
fn pass_dense(bytes: &[u8], mut at: usize) -> usize {
    while let (Some(block), Some(next)) = (
        bytes.get(at..at + DENSE_BYTES),
        bytes.get(at + 1..=at + DENSE_BYTES),
    ) {
        let (mut has_any, mut has_marker) = (false, false);
        for (&first, &next) in block.iter().zip(next) {
            has_any |= first == 0xFF;
            has_marker |= is_marker(first, next);
        }
        if has_marker || !has_any {
            break;
        }
        at += DENSE_BYTES;
    }
    at
}

/// SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC).
const fn is_frame_header(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}

fn read_frame(marker: u8, body: &[u8]) -> Option<Frame> {
    Some(Frame {
        precision: *body.first()?,
        height: u16_be(body, 1)?,
        width: u16_be(body, 3)?,
        components: *body.get(5)?,
        progressive: matches!(marker, 0xC2 | 0xC6 | 0xCA | 0xCE),
        samples_percent: samples_percent(body.get(6..)?),
    })
}

/// From the sampling factors of the components, three bytes each.
fn samples_percent(components: &[u8]) -> u32 {
    let factors = || {
        components
            .chunks_exact(3)
            .map(|component| (u32::from(component[1] >> 4), u32::from(component[1] & 15)))
    };
    let across = factors().map(|factor| factor.0).max().unwrap_or(1).max(1);
    let down = factors().map(|factor| factor.1).max().unwrap_or(1).max(1);
    let samples: u32 = factors().map(|(h, v)| h * v).sum();
    (100 * samples).div_ceil(across * down)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::next_marker;

    /// The definition, byte by byte.
    fn first_marker(bytes: &[u8], at: usize) -> Option<usize> {
        (at..bytes.len().saturating_sub(1))
            .find(|&at| bytes[at] == 0xFF && !matches!(bytes[at + 1], 0x00 | 0xD0..=0xD7 | 0xFF))
    }

    proptest! {
        #[test]
        fn the_next_marker_is_the_first_one_by_its_definition(
            // Runs of what is passed over, around every length of a block, and what is none or nearly one.
            runs in prop::collection::vec(
                (
                    prop::sample::select(vec![
                        &b"\xFF\0"[..], b"\xFF", b"\xFF\xD0", b"\xFF\xD7\x01", b"\xFF\xD8", b"\xFF\xCF", b"\xD9", b"\0", b"\x5A",
                    ]),
                    0_usize..90,
                ),
                0..12,
            ),
            at in 0_usize..70,
        ) {
            let bytes: Vec<u8> = runs.iter().flat_map(|(unit, times)| unit.repeat(*times)).collect();
            prop_assert_eq!(next_marker(&bytes, at), first_marker(&bytes, at));
        }
    }
}
