//! Derived previews: upright, small, without personal metadata, with the AI label carried on.
//!
//! A preview is written from pixels alone, so nothing personal (place, make, dates, thumbnails, color profiles) can
//! slip through. Only one thing is added back: the AI label, because stripping it is forbidden (人工智能生成合成内容
//! 标识办法, article 10).

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _, RgbImage};

use crate::decode::Decoded;
use crate::error::MediaError;
use crate::label::{AiLabel, preferred_label};
use crate::limits::{MAX_PREVIEW_QUALITY, MAX_PREVIEW_SIDE, MIN_PREVIEW_QUALITY, MIN_PREVIEW_SIDE};
use crate::walk::jpeg::APP1;
use crate::xmp;

/// Writes a JPEG whose longest side is at most `max_side` pixels (never enlarged), at JPEG quality `quality`.
///
/// When the photo carries AI labels, the preview carries exactly one, as XMP: the strongest, in the same JSON text.
///
/// # Errors
/// [`MediaError::BadPreview`] outside the limits, [`MediaError::NotEncoded`] when writing fails.
pub fn preview(photo: &Decoded, max_side: u32, quality: u8) -> Result<Vec<u8>, MediaError> {
    if !(MIN_PREVIEW_SIDE..=MAX_PREVIEW_SIDE).contains(&max_side)
        || !(MIN_PREVIEW_QUALITY..=MAX_PREVIEW_QUALITY).contains(&quality)
    {
        return Err(MediaError::BadPreview {
            side: max_side,
            quality,
        });
    }
    let jpeg = match fit(photo.width, photo.height, max_side) {
        Some((width, height)) => encode(&shrink(photo.pixels(), width, height), quality)?,
        None => encode(photo.pixels(), quality)?,
    };
    match preferred_label(&photo.metadata.ai_labels) {
        Some(label) => insert_label(&jpeg, &label.json),
        None => Ok(jpeg),
    }
}

/// The picture with its longest side at most `max_side` pixels.
pub(crate) fn fitted(picture: RgbImage, max_side: u32) -> RgbImage {
    match fit(picture.width(), picture.height(), max_side) {
        Some((width, height)) => shrink(&picture, width, height),
        None => picture,
    }
}

/// Writes rows of 8-bit RGB as a JPEG at quality `quality`: a picture made from a photo with `labels`, of which it
/// carries the strongest on.
///
/// # Errors
/// [`MediaError::NotEncoded`] when `rgb` is not `width * height * 3` bytes, or writing fails.
pub fn jpeg_of_rgb(
    rgb: &[u8],
    (width, height): (usize, usize),
    quality: u8,
    labels: &[AiLabel],
) -> Result<Vec<u8>, MediaError> {
    let not_encoded = || MediaError::NotEncoded {
        what: "the pixels do not fit the size".to_owned(),
    };
    let side = |side: usize| u32::try_from(side).map_err(|_| not_encoded());
    let pixels = RgbImage::from_raw(side(width)?, side(height)?, rgb.to_vec())
        .filter(|pixels| pixels.as_raw().len() == width * height * 3)
        .ok_or_else(not_encoded)?;
    let jpeg = encode(&pixels, quality)?;
    match preferred_label(labels) {
        Some(label) => insert_label(&jpeg, &label.json),
        None => Ok(jpeg),
    }
}

/// The same as a PNG, without loss.
///
/// # Errors
/// As [`jpeg_of_rgb`].
pub fn png_of_rgb(
    rgb: &[u8],
    (width, height): (usize, usize),
    labels: &[AiLabel],
) -> Result<Vec<u8>, MediaError> {
    let not_encoded = |what: String| MediaError::NotEncoded { what };
    let side = |side: usize| {
        u32::try_from(side).map_err(|_| not_encoded("the pixels do not fit the size".to_owned()))
    };
    if width
        .checked_mul(height)
        .and_then(|count| count.checked_mul(3))
        != Some(rgb.len())
    {
        return Err(not_encoded("the pixels do not fit the size".to_owned()));
    }
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive)
        .write_image(rgb, side(width)?, side(height)?, ExtendedColorType::Rgb8)
        .map_err(|error| not_encoded(error.to_string()))?;
    Ok(label_png(png, labels))
}

/// Carries the strongest of `labels` on in a PNG that was made from a photo with them. A PNG without its header comes
/// back as it is.
#[must_use]
pub fn label_png(png: Vec<u8>, labels: &[AiLabel]) -> Vec<u8> {
    /// The signature and the header chunk: eight bytes, then length, name, thirteen bytes and a check sum.
    const HEAD_BYTES: usize = 8 + 4 + 4 + 13 + 4;
    let Some(label) = preferred_label(labels) else {
        return png;
    };
    let Some((head, tail)) = png.split_at_checked(HEAD_BYTES) else {
        return png;
    };
    // Keyword, no compression, no language, no translated keyword.
    let mut chunk = b"iTXtXML:com.adobe.xmp\0\0\0\0\0".to_vec();
    chunk.extend_from_slice(xmp::packet_with_label(&label.json).as_bytes());
    let Ok(length) = u32::try_from(chunk.len() - 4) else {
        return png;
    };
    let mut labelled = Vec::with_capacity(png.len() + chunk.len() + 8);
    labelled.extend_from_slice(head);
    labelled.extend_from_slice(&length.to_be_bytes());
    labelled.extend_from_slice(&chunk);
    labelled.extend_from_slice(&crc32(&chunk).to_be_bytes());
    labelled.extend_from_slice(tail);
    labelled
}

/// The check sum of PNG chunks (ISO/IEC 15948, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 {
                sum >> 1 ^ 0xEDB8_8320
            } else {
                sum >> 1
            };
        }
    }
    !sum
}

/// The size to shrink to, or `None` when the photo is small enough.
pub(crate) fn fit(width: u32, height: u32, max_side: u32) -> Option<(u32, u32)> {
    let longest = width.max(height);
    if longest <= max_side {
        return None;
    }
    let scaled = |side: u32| {
        let rounded =
            (u64::from(side) * u64::from(max_side) + u64::from(longest) / 2) / u64::from(longest);
        u32::try_from(rounded).unwrap_or(max_side).max(1)
    };
    Some((scaled(width), scaled(height)))
}

/// What one cell of the result covers along one side: whole pixels from `start`, of which the first and the last count
/// only in part.
struct Span {
    start: usize,
    end: usize,
    first: f32,
    last: f32,
}

/// The spans of `to` equal cells over `from` pixels; `to` is at most `from`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sides are at most 16,384, and positions lie within them"
)]
fn spans(from: usize, to: usize) -> Vec<Span> {
    let edge = |index: usize| index as f64 * from as f64 / to as f64;
    (0..to)
        .map(|index| {
            let (low, high) = (edge(index), edge(index + 1));
            let start = (low as usize).min(from - 1);
            let end = (high.ceil() as usize).clamp(start + 1, from);
            let first = (high.min(start as f64 + 1.0) - low) as f32;
            let last = (high - (end as f64 - 1.0)) as f32;
            Span {
                start,
                end,
                first,
                last,
            }
        })
        .collect()
}

/// Shrinks by the mean over the exact area that each new pixel covers: free of aliasing and of halos, and fast enough
/// for the largest photo.
pub(crate) fn shrink(pixels: &RgbImage, width: u32, height: u32) -> RgbImage {
    let columns = spans(pixels.width() as usize, width as usize);
    let rows = spans(pixels.height() as usize, height as usize);
    let row_bytes = pixels.width() as usize * 3;
    let mut sums = vec![0.0_f32; columns.len() * 3];
    let mut result = Vec::with_capacity(columns.len() * rows.len() * 3);
    let area = (f64::from(pixels.width()) * f64::from(pixels.height()))
        / (f64::from(width) * f64::from(height));
    #[expect(clippy::cast_possible_truncation, reason = "a scale between 0 and 1")]
    let scale = (1.0 / area) as f32;
    for row in &rows {
        sums.fill(0.0);
        for y in row.start..row.end {
            let weight = row.weight(y);
            let line = &pixels.as_raw()[y * row_bytes..(y + 1) * row_bytes];
            for (sum, column) in sums.chunks_exact_mut(3).zip(&columns) {
                let mean = column.sum(line);
                for (sum, value) in sum.iter_mut().zip(mean) {
                    *sum += value * weight;
                }
            }
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a mean of bytes is a byte"
        )]
        result.extend(sums.iter().map(|sum| (sum * scale + 0.5) as u8));
    }
    RgbImage::from_raw(width, height, result).unwrap_or_else(|| RgbImage::new(width, height))
}

impl Span {
    fn weight(&self, index: usize) -> f32 {
        if index == self.start {
            self.first
        } else if index + 1 == self.end {
            self.last
        } else {
            1.0
        }
    }

    /// The weighted sum of the span's pixels in one row of RGB.
    fn sum(&self, line: &[u8]) -> [f32; 3] {
        let mut sum = [0.0; 3];
        for (pixel, index) in line[self.start * 3..self.end * 3]
            .chunks_exact(3)
            .zip(self.start..)
        {
            let weight = self.weight(index);
            for (sum, value) in sum.iter_mut().zip(pixel) {
                *sum += f32::from(*value) * weight;
            }
        }
        sum
    }
}

fn encode(pixels: &RgbImage, quality: u8) -> Result<Vec<u8>, MediaError> {
    let mut jpeg = Vec::with_capacity(pixels.as_raw().len() / 8);
    JpegEncoder::new_with_quality(&mut jpeg, quality)
        .encode(
            pixels.as_raw(),
            pixels.width(),
            pixels.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(|error| MediaError::NotEncoded {
            what: error.to_string(),
        })?;
    Ok(jpeg)
}

/// The segment for a label that is too long for XMP in one segment: its word, and the label as it is.
const LONG_LABEL_SEGMENT: u8 = 0xE9;

/// Inserts the label as an XMP segment right after the start-of-image marker and the JFIF header. Where the escaped text
/// does not fit, an application segment holds it as it is, in the form in which programs were seen to write one.
fn insert_label(jpeg: &[u8], json: &str) -> Result<Vec<u8>, MediaError> {
    const XMP_HEADER: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    let not_encoded = |what: &str| MediaError::NotEncoded {
        what: what.to_owned(),
    };
    let length = |payload: &[u8]| u16::try_from(2 + payload.len()).ok();
    let mut marker = APP1;
    let mut payload = [XMP_HEADER, xmp::packet_with_label(json).as_bytes()].concat();
    if length(&payload).is_none() && json.starts_with('{') {
        marker = LONG_LABEL_SEGMENT;
        payload = [b"AIGC", json.as_bytes()].concat();
    }
    let length =
        length(&payload).ok_or_else(|| not_encoded("the AI label does not fit one segment"))?;
    // Our own encoder writes JFIF first; its length tells where the next segment starts.
    let jfif = match jpeg.get(2..6) {
        Some([0xFF, 0xE0, high, low]) => 2 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 0,
    };
    let (head, tail) = jpeg
        .split_at_checked(2 + jfif)
        .ok_or_else(|| not_encoded("no JFIF header"))?;
    let mut labelled = Vec::with_capacity(jpeg.len() + payload.len() + 4);
    labelled.extend_from_slice(head);
    labelled.extend_from_slice(&[0xFF, marker]);
    labelled.extend_from_slice(&length.to_be_bytes());
    labelled.extend_from_slice(&payload);
    labelled.extend_from_slice(tail);
    Ok(labelled)
}
