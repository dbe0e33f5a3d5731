//! Decodes one photo to upright 8-bit RGB, under limits that are checked before any pixel is read.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, ImageReader, RgbImage};

use crate::error::MediaError;
use crate::format::{Format, sniff};
use crate::limits::{Limits, MAX_DECODER_BYTES};
use crate::metadata::{Metadata, read_metadata};
use crate::walk::{jpeg, png, webp};

/// One decoded photo. The metadata travels with the pixels so that a preview cannot forget the AI label.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    pub format: Format,
    /// Width in pixels after the orientation was applied.
    pub width: u32,
    /// Height in pixels after the orientation was applied.
    pub height: u32,
    pub metadata: Metadata,
    pixels: RgbImage,
}

impl Decoded {
    /// Rows of RGB, `width * height * 3` bytes, upright, sRGB as stored (no color management).
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        self.pixels.as_raw()
    }

    pub(crate) fn pixels(&self) -> &RgbImage {
        &self.pixels
    }
}

/// The format and the stored width and height in pixels, from the header alone.
///
/// # Errors
/// As [`decode`], except for faults in the pixel data.
pub fn dimensions(bytes: &[u8], limits: &Limits) -> Result<(Format, u32, u32), MediaError> {
    let limits = limits.capped();
    if bytes.is_empty() {
        return Err(MediaError::Empty);
    }
    if bytes.len() > limits.max_bytes {
        return Err(MediaError::TooManyBytes {
            bytes: bytes.len(),
            max: limits.max_bytes,
        });
    }
    let format = sniff(bytes).ok_or(MediaError::UnknownFormat)?;
    let (width, height) = match format {
        Format::Jpeg => {
            let frame = jpeg::walk(bytes)?.frame;
            (u32::from(frame.width), u32::from(frame.height))
        }
        Format::Png => {
            let map = png::walk(bytes)?;
            (map.width, map.height)
        }
        Format::WebP => {
            let map = webp::walk(bytes)?;
            (map.width, map.height)
        }
        _ => return Err(MediaError::RefusedFormat { format }),
    };
    if width == 0 || height == 0 {
        return Err(MediaError::NoPixels { width, height });
    }
    if width.max(height) > limits.max_side {
        return Err(MediaError::SideTooLong {
            width,
            height,
            max: limits.max_side,
        });
    }
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(MediaError::TooManyPixels {
            width,
            height,
            max: limits.max_pixels,
        });
    }
    Ok((format, width, height))
}

/// Decodes `bytes`: sniffed, measured, metadata read, pixels decoded, transparency laid on white, turned upright.
///
/// # Errors
/// A [`MediaError`] that says what is wrong with the file and what to do.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, MediaError> {
    let (format, stored_width, stored_height) = dimensions(bytes, limits)?;
    let metadata = read_metadata(bytes)?;
    let not_decoded = |what: String| MediaError::NotDecoded { format, what };
    // The decoders are memory-safe, but a panic in one of them must become a refusal of this file.
    let decoded = catch_unwind(AssertUnwindSafe(|| {
        read_pixels(bytes, format, &limits.capped())
    }))
    .map_err(|_| not_decoded("the decoder gave up".to_owned()))?
    .map_err(|error| not_decoded(error.to_string()))?;
    if (decoded.width(), decoded.height()) != (stored_width, stored_height) {
        return Err(not_decoded(format!(
            "the header says {stored_width} × {stored_height}, the picture is {} × {}",
            decoded.width(),
            decoded.height()
        )));
    }
    let mut decoded = decoded;
    if let Some(orientation) = Orientation::from_exif(metadata.orientation) {
        decoded.apply_orientation(orientation);
    }
    let pixels = flatten(decoded);
    Ok(Decoded {
        format,
        width: pixels.width(),
        height: pixels.height(),
        metadata,
        pixels,
    })
}

fn read_pixels(bytes: &[u8], format: Format, limits: &Limits) -> image::ImageResult<DynamicImage> {
    let format = match format {
        Format::Png => ImageFormat::Png,
        Format::WebP => ImageFormat::WebP,
        _ => ImageFormat::Jpeg,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut decoder_limits = image::Limits::default();
    decoder_limits.max_image_width = Some(limits.max_side);
    decoder_limits.max_image_height = Some(limits.max_side);
    decoder_limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(decoder_limits);
    reader.decode()
}

/// 8-bit RGB, with transparent pixels laid on white as every viewer shows them.
fn flatten(decoded: DynamicImage) -> RgbImage {
    if !decoded.color().has_alpha() {
        return decoded.into_rgb8();
    }
    let rgba = decoded.into_rgba8();
    let (width, height) = rgba.dimensions();
    let mut rgb = Vec::with_capacity(rgba.as_raw().len() / 4 * 3);
    for pixel in rgba.as_raw().chunks_exact(4) {
        let alpha = u32::from(pixel[3]);
        for &channel in &pixel[..3] {
            let blended = (u32::from(channel) * alpha + 255 * (255 - alpha) + 127) / 255;
            rgb.push(u8::try_from(blended).unwrap_or(u8::MAX));
        }
    }
    RgbImage::from_raw(width, height, rgb).unwrap_or_else(|| RgbImage::new(width, height))
}
