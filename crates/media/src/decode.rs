//! Decodes one photo to upright 8-bit RGB, under limits that are checked before any pixel is read.
//!
//! Each format has its header read by a walker of this crate, its cost estimated ([`budget`]), and its pixels decoded
//! straight into one buffer that is then turned into RGB in place.

mod budget;
mod raster;
mod rgb;
mod tiff;

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::RgbImage;
use image::metadata::Orientation;

use crate::error::MediaError;
use crate::format::{Format, sniff};
use crate::limits::{Limits, MAX_KEPT_PIXELS};
use crate::metadata::{Metadata, read_metadata};
use crate::note::Note;
use crate::walk::{bmp, gif, jpeg, png, tiff as tiff_walk, webp};

/// One decoded photo. The metadata travels with the pixels so that a preview cannot forget the AI label.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    pub format: Format,
    /// Width in pixels of [`Decoded::rgb`], after the orientation was applied.
    pub width: u32,
    /// Height in pixels of [`Decoded::rgb`], after the orientation was applied.
    pub height: u32,
    /// Width of the upright photo as it is stored; larger than `width` when the photo was halved.
    pub original_width: u32,
    /// Height of the upright photo as it is stored.
    pub original_height: u32,
    pub metadata: Metadata,
    /// What was left out of the picture.
    pub notes: Vec<Note>,
    pixels: RgbImage,
}

impl Decoded {
    /// Rows of RGB, `width * height * 3` bytes, upright, sRGB as stored (no color management).
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        self.pixels.as_raw()
    }

    /// The same with the longest side at most `max_side` pixels, with its width and height.
    #[must_use]
    pub fn rgb_within(&self, max_side: u32) -> (Vec<u8>, usize, usize) {
        let picture = match crate::preview::fit(self.width, self.height, max_side) {
            Some((width, height)) => crate::preview::shrink(&self.pixels, width, height),
            None => self.pixels.clone(),
        };
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        (picture.into_raw(), width, height)
    }

    /// A picture that comes from elsewhere than [`decode`]; `original` is its upright size as stored.
    pub(crate) fn from_pixels(
        format: Format,
        original: (u32, u32),
        metadata: Metadata,
        notes: Vec<Note>,
        pixels: RgbImage,
    ) -> Self {
        Self {
            format,
            width: pixels.width(),
            height: pixels.height(),
            original_width: original.0,
            original_height: original.1,
            metadata,
            notes,
            pixels,
        }
    }

    pub(crate) fn pixels(&self) -> &RgbImage {
        &self.pixels
    }
}

/// The structure of a file whose pixels are about to be decoded.
enum Map {
    Jpeg(jpeg::JpegMap),
    Png(png::PngMap),
    WebP(webp::WebpMap),
    Gif(gif::GifMap),
    Tiff(tiff_walk::TiffMap),
    Bmp(bmp::BmpMap),
}

impl Map {
    fn size(&self) -> (u32, u32) {
        match self {
            Self::Jpeg(map) => (u32::from(map.frame.width), u32::from(map.frame.height)),
            Self::Png(map) => (map.width, map.height),
            Self::WebP(map) => (map.width, map.height),
            Self::Gif(map) => (map.width, map.height),
            Self::Tiff(map) => (map.width, map.height),
            Self::Bmp(map) => (map.width, map.height),
        }
    }

    fn notes(&self, bytes: &[u8]) -> Vec<Note> {
        let note = match self {
            Self::Png(map) => {
                let animation = map.chunks.iter().find(|chunk| &chunk.kind == b"acTL");
                let frames = animation
                    .and_then(|chunk| crate::walk::u32_be(bytes, chunk.data.start))
                    .and_then(|frames| usize::try_from(frames).ok());
                Note::first_frame(frames.unwrap_or(1))
            }
            Self::WebP(map) => {
                let frames = map.chunks.iter().filter(|chunk| &chunk.kind == b"ANMF");
                Note::first_frame(frames.count())
            }
            Self::Gif(map) => Note::first_frame(map.frames),
            Self::Tiff(map) if map.pages > 1 => Some(Note::FirstPage { pages: map.pages }),
            _ => None,
        };
        note.into_iter().collect()
    }
}

/// Walks and measures the file.
fn measure(bytes: &[u8], limits: &Limits) -> Result<(Format, Map), MediaError> {
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
    let map = match format {
        Format::Jpeg => Map::Jpeg(jpeg::walk(bytes)?),
        Format::Png => Map::Png(png::walk(bytes)?),
        Format::WebP => Map::WebP(webp::walk(bytes)?),
        Format::Gif => Map::Gif(gif::walk(bytes)?),
        Format::Tiff => Map::Tiff(tiff_walk::walk(bytes)?),
        Format::Bmp => Map::Bmp(bmp::walk(bytes)?),
        _ => return Err(MediaError::RefusedFormat { format }),
    };
    let (width, height) = map.size();
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
    let max = limits.max_pixels.min(budget::max_pixels(&map, bytes));
    if u64::from(width) * u64::from(height) > max {
        return Err(MediaError::TooManyPixels { width, height, max });
    }
    Ok((format, map))
}

/// The format and the stored width and height in pixels, from the header alone.
///
/// # Errors
/// As [`decode`], except for faults in the pixel data.
pub fn dimensions(bytes: &[u8], limits: &Limits) -> Result<(Format, u32, u32), MediaError> {
    let (format, map) = measure(bytes, limits)?;
    let (width, height) = map.size();
    Ok((format, width, height))
}

/// Decodes `bytes`: sniffed, measured, metadata read, pixels decoded, transparency laid on white, turned upright.
/// Of an animation the first picture is decoded, of several pages the first.
///
/// # Errors
/// A [`MediaError`] that says what is wrong with the file and what to do.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Decoded, MediaError> {
    let (format, map) = measure(bytes, limits)?;
    let metadata = read_metadata(bytes)?;
    let size = map.size();
    let not_decoded = |what: String| MediaError::NotDecoded { format, what };
    // The decoders are memory-safe, but a panic in one of them must become a refusal of this file.
    let mut pixels = catch_unwind(AssertUnwindSafe(|| read_pixels(bytes, &map)))
        .map_err(|_| not_decoded("the decoder gave up".to_owned()))?
        .map_err(not_decoded)?;
    if pixels.dimensions() != size {
        return Err(not_decoded(format!(
            "the header says {} × {}, the picture is {} × {}",
            size.0,
            size.1,
            pixels.width(),
            pixels.height()
        )));
    }
    let mut notes = map.notes(bytes);
    let (mut original_width, mut original_height) = size;
    if u64::from(size.0) * u64::from(size.1) > MAX_KEPT_PIXELS {
        pixels = rgb::halved(pixels);
        notes.push(Note::Halved {
            width: original_width,
            height: original_height,
        });
    }
    if let Some(orientation) = Orientation::from_exif(metadata.orientation) {
        pixels = rgb::upright(pixels, orientation);
        if metadata.orientation >= FIRST_TURNED_ORIENTATION {
            (original_width, original_height) = (original_height, original_width);
        }
    }
    Ok(Decoded::from_pixels(
        format,
        (original_width, original_height),
        metadata,
        notes,
        pixels,
    ))
}

/// The samples of a picture that is stored without loss, as they are stored: rows of four bytes a pixel, neither turned nor
/// laid on white, with its width and height. What programs hide in the lowest bits is in these. `None` for formats that
/// lose such bits, and for gray, palettes and 16 bits.
///
/// # Errors
/// As [`decode`].
pub fn stored_samples(
    bytes: &[u8],
    limits: &Limits,
) -> Result<Option<(Vec<u8>, usize, usize)>, MediaError> {
    let (format, map) = measure(bytes, limits)?;
    let (width, height) = map.size();
    let is_lossless = match &map {
        Map::Png(_) => true,
        Map::WebP(map) => map.chunks.iter().any(|chunk| &chunk.kind == b"VP8L"),
        _ => false,
    };
    if !is_lossless {
        return Ok(None);
    }
    let read = || match format {
        Format::Png => raster::png_samples(bytes),
        _ => raster::webp_samples(bytes),
    };
    let not_decoded = |what: String| MediaError::NotDecoded { format, what };
    let samples = catch_unwind(AssertUnwindSafe(read))
        .map_err(|_| not_decoded("the decoder gave up".to_owned()))?
        .map_err(not_decoded)?;
    Ok(samples.map(|samples| (samples, width as usize, height as usize)))
}

/// EXIF orientations from this one on turn by a quarter (CIPA DC-008, tag 274).
const FIRST_TURNED_ORIENTATION: u8 = 5;

fn read_pixels(bytes: &[u8], map: &Map) -> Result<RgbImage, String> {
    match map {
        Map::Jpeg(map) => raster::jpeg(&bytes[..map.end]),
        Map::Png(_) => raster::png(bytes),
        Map::WebP(_) => raster::webp(bytes),
        Map::Gif(_) => raster::gif(bytes),
        Map::Tiff(map) => tiff::read(bytes, map),
        Map::Bmp(_) => raster::bmp(bytes),
    }
}
