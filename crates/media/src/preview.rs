//! Derived previews: upright, small, without personal metadata, with the AI label carried on.
//!
//! A preview is written from pixels alone, so nothing personal (place, make, dates, thumbnails, color profiles) can
//! slip through. Only one thing is added back: the AI label, because stripping it is forbidden (人工智能生成合成内容
//! 标识办法, article 10).

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{ExtendedColorType, RgbImage};

use crate::decode::Decoded;
use crate::error::MediaError;
use crate::label::preferred_label;
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

/// The size to shrink to, or `None` when the photo is small enough.
fn fit(width: u32, height: u32, max_side: u32) -> Option<(u32, u32)> {
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

/// Shrinks in two steps: whole blocks are averaged first (cheap, and free of aliasing), then a Lanczos filter does
/// the rest at less than half the cost of filtering every pixel.
fn shrink(pixels: &RgbImage, width: u32, height: u32) -> RgbImage {
    let factor = (pixels.width() / width).min(pixels.height() / height) / 2;
    if factor >= 2 {
        let halved = average_blocks(pixels, factor);
        return imageops::resize(&halved, width, height, FilterType::Lanczos3);
    }
    imageops::resize(pixels, width, height, FilterType::Lanczos3)
}

/// Averages blocks of `factor` × `factor` pixels. The last column and row of blocks may be incomplete and are dropped
/// when they are, which moves the picture by less than one pixel of the result.
fn average_blocks(pixels: &RgbImage, factor: u32) -> RgbImage {
    let (width, height) = (pixels.width() / factor, pixels.height() / factor);
    let step = factor as usize;
    let row_bytes = pixels.width() as usize * 3;
    let area = factor * factor;
    let mut sums = vec![0_u32; width as usize * 3];
    let mut result = Vec::with_capacity(width as usize * height as usize * 3);
    for block_row in pixels
        .as_raw()
        .chunks_exact(row_bytes * step)
        .take(height as usize)
    {
        sums.fill(0);
        for row in block_row.chunks_exact(row_bytes) {
            for (sum, block) in sums.chunks_exact_mut(3).zip(row.chunks_exact(step * 3)) {
                for pixel in block.chunks_exact(3) {
                    sum[0] += u32::from(pixel[0]);
                    sum[1] += u32::from(pixel[1]);
                    sum[2] += u32::from(pixel[2]);
                }
            }
        }
        result.extend(
            sums.iter()
                .map(|&sum| u8::try_from((sum + area / 2) / area).unwrap_or(u8::MAX)),
        );
    }
    RgbImage::from_raw(width, height, result).unwrap_or_else(|| RgbImage::new(width, height))
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

/// Inserts the label as an XMP segment right after the start-of-image marker and the JFIF header.
fn insert_label(jpeg: &[u8], json: &str) -> Result<Vec<u8>, MediaError> {
    const XMP_HEADER: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    let not_encoded = |what: &str| MediaError::NotEncoded {
        what: what.to_owned(),
    };
    let packet = xmp::packet_with_label(json);
    let length = u16::try_from(2 + XMP_HEADER.len() + packet.len())
        .map_err(|_| not_encoded("the AI label does not fit one segment"))?;
    // Our own encoder writes JFIF first; its length tells where the next segment starts.
    let jfif = match jpeg.get(2..6) {
        Some([0xFF, 0xE0, high, low]) => 2 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 0,
    };
    let (head, tail) = jpeg
        .split_at_checked(2 + jfif)
        .ok_or_else(|| not_encoded("no JFIF header"))?;
    let mut labelled = Vec::with_capacity(jpeg.len() + packet.len() + 64);
    labelled.extend_from_slice(head);
    labelled.extend_from_slice(&[0xFF, APP1]);
    labelled.extend_from_slice(&length.to_be_bytes());
    labelled.extend_from_slice(XMP_HEADER);
    labelled.extend_from_slice(packet.as_bytes());
    labelled.extend_from_slice(tail);
    Ok(labelled)
}
