//! Pixels of JPEG by `zune-jpeg`, and of PNG, WebP, GIF and BMP by `image`.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{ColorType, ImageDecoder, ImageError, ImageResult, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::rgb::from_samples;
use crate::limits::{MAX_PHOTO_SIDE, MAX_WORKING_BYTES};

/// Baseline, progressive, gray, RGB, YCbCr, CMYK and YCCK. Four channels are read as Adobe writes them, inverted, as
/// browsers do.
pub(super) fn jpeg(bytes: &[u8]) -> Result<RgbImage, String> {
    let side = MAX_PHOTO_SIDE as usize;
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder
        .decode_headers()
        .map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions().ok_or("no size")?;
    let length = decoder.output_buffer_size().ok_or("no size")?;
    if length != width * height * 3 {
        return Err("unknown color channels".to_owned());
    }
    let mut samples = vec![0; length];
    decoder
        .decode_into(&mut samples)
        .map_err(|error| error.to_string())?;
    let side = |side: usize| u32::try_from(side).map_err(|error| error.to_string());
    RgbImage::from_raw(side(width)?, side(height)?, samples)
        .ok_or_else(|| "too few pixels".to_owned())
}

pub(super) fn png(bytes: &[u8]) -> Result<RgbImage, String> {
    decoded(PngDecoder::with_limits(Cursor::new(bytes), limits()))
}

pub(super) fn webp(bytes: &[u8]) -> Result<RgbImage, String> {
    decoded(WebPDecoder::new(Cursor::new(bytes)))
}

pub(super) fn gif(bytes: &[u8]) -> Result<RgbImage, String> {
    decoded(GifDecoder::new(Cursor::new(bytes)))
}

pub(super) fn bmp(bytes: &[u8]) -> Result<RgbImage, String> {
    decoded(BmpDecoder::new(Cursor::new(bytes)))
}

fn limits() -> image::Limits {
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(MAX_PHOTO_SIDE);
    limits.max_image_height = Some(MAX_PHOTO_SIDE);
    limits.max_alloc = Some(MAX_WORKING_BYTES);
    limits
}

/// The stored samples of a PNG, four bytes a pixel; `None` for gray, palettes and 16 bits.
pub(super) fn png_samples(bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
    four_channels(samples(PngDecoder::with_limits(
        Cursor::new(bytes),
        limits(),
    ))?)
}

/// The same of a WebP.
pub(super) fn webp_samples(bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
    four_channels(samples(WebPDecoder::new(Cursor::new(bytes)))?)
}

fn four_channels(read: Samples) -> Result<Option<Vec<u8>>, String> {
    match read.color {
        ColorType::Rgba8 => Ok(Some(read.samples)),
        ColorType::Rgb8 => {
            let length = u64::from(read.width) * u64::from(read.height) * 4;
            if length > MAX_WORKING_BYTES {
                return Err(format!("its pixels take {length} bytes"));
            }
            let pixels = read.samples.chunks_exact(3);
            let opaque = pixels.flat_map(|rgb| [rgb[0], rgb[1], rgb[2], u8::MAX]);
            Ok(Some(opaque.collect()))
        }
        _ => Ok(None),
    }
}

/// Samples as the decoder of a format gives them.
struct Samples {
    width: u32,
    height: u32,
    color: ColorType,
    samples: Vec<u8>,
}

/// Reads the first picture straight into the buffer that becomes the result.
fn decoded(decoder: ImageResult<impl ImageDecoder>) -> Result<RgbImage, String> {
    let read = samples(decoder)?;
    from_samples(read.samples, read.width, read.height, read.color)
}

fn samples(decoder: ImageResult<impl ImageDecoder>) -> Result<Samples, String> {
    let text = |error: ImageError| error.to_string();
    let mut decoder = decoder.map_err(text)?;
    decoder.set_limits(limits()).map_err(text)?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let length = decoder.total_bytes();
    if length > MAX_WORKING_BYTES {
        return Err(format!("its pixels take {length} bytes"));
    }
    let mut samples = vec![0; usize::try_from(length).map_err(|error| error.to_string())?];
    decoder.read_image(&mut samples).map_err(text)?;
    Ok(Samples {
        width,
        height,
        color,
        samples,
    })
}
