//! Pictures as files.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, RgbImage};

use crate::exif::Exif;

/// JPEG at `quality` (1 to 100). With `exif`, the block is written as the first segment, and the picture is stored
/// turned so that its orientation turns it upright again.
///
/// # Panics
/// Never for pictures within this crate's limits: writing to memory cannot fail.
#[must_use]
pub fn encode_jpeg(upright: &RgbImage, quality: u8, exif: Option<&Exif>) -> Vec<u8> {
    let stored = exif.map_or_else(
        || upright.clone(),
        |exif| turned_for_storage(upright, exif.orientation),
    );
    let mut jpeg = Vec::with_capacity(stored.as_raw().len() / 6);
    JpegEncoder::new_with_quality(&mut jpeg, quality.clamp(1, 100))
        .encode(
            stored.as_raw(),
            stored.width(),
            stored.height(),
            ExtendedColorType::Rgb8,
        )
        .expect("writing a JPEG to memory cannot fail");
    let Some(exif) = exif else { return jpeg };
    let mut payload = b"Exif\0\0".to_vec();
    payload.extend(exif.to_tiff(stored.width(), stored.height()));
    let length = u16::try_from(payload.len() + 2).expect("an EXIF block of this crate is small");
    let mut file = jpeg[..2].to_vec();
    file.extend([0xFF, 0xE1]);
    file.extend(length.to_be_bytes());
    file.extend(payload);
    file.extend(&jpeg[2..]);
    file
}

/// PNG, compressed fast.
///
/// # Panics
/// Never for pictures within this crate's limits: writing to memory cannot fail.
#[must_use]
pub fn encode_png(picture: &RgbImage) -> Vec<u8> {
    let mut png = Vec::new();
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Up)
        .write_image(
            picture.as_raw(),
            picture.width(),
            picture.height(),
            ExtendedColorType::Rgb8,
        )
        .expect("writing a PNG to memory cannot fail");
    png
}

/// Lossless WebP.
///
/// # Panics
/// Never for pictures within this crate's limits: writing to memory cannot fail.
#[must_use]
pub fn encode_webp(picture: &RgbImage) -> Vec<u8> {
    let mut webp = Vec::new();
    WebPEncoder::new_lossless(&mut webp)
        .encode(
            picture.as_raw(),
            picture.width(),
            picture.height(),
            ExtendedColorType::Rgb8,
        )
        .expect("writing a WebP to memory cannot fail");
    webp
}

/// The picture as a sensor held in that orientation stores it.
fn turned_for_storage(upright: &RgbImage, orientation: u8) -> RgbImage {
    use image::imageops::{flip_horizontal, flip_vertical, rotate90, rotate180, rotate270};
    match orientation {
        2 => flip_horizontal(upright),
        3 => rotate180(upright),
        4 => flip_vertical(upright),
        5 => flip_horizontal(&rotate90(upright)),
        6 => rotate270(upright),
        7 => flip_horizontal(&rotate270(upright)),
        8 => rotate90(upright),
        _ => upright.clone(),
    }
}
