//! The mask and the overlay as PNG files.
//!
//! The overlay turns the photo gray, so that its colors mean one thing only; they are from the palette of Okabe and Ito
//! (2008), which people with color vision deficiencies can tell apart, and they also differ in brightness.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "8-bit colors and sizes of one picture"
)]

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use super::Edit;
use super::calibration::CELL;
use crate::prepared::Prepared;

/// A weak and a strong difference, and what was drawn onto the photo.
const WEAK: [f32; 3] = [240.0, 228.0, 66.0];
const STRONG: [f32; 3] = [213.0, 94.0, 0.0];
const DRAWN: [f32; 3] = [86.0, 180.0, 233.0];

fn png(pixels: &[u8], width: usize, height: usize, color: ExtendedColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
        .write_image(pixels, width as u32, height as u32, color)
        .expect("a picture of the right size can be written to memory");
    bytes
}

/// White where the photo was edited, black elsewhere; gray, 8 bit, of the photo's proportions.
///
/// # Panics
/// Never: writing to memory cannot fail.
#[must_use]
pub fn mask_png(edit: &Edit) -> Vec<u8> {
    mask_png_of(&edit.mask, edit.size.0, edit.size.1)
}

/// White where `mask` is set; `width * height` pixels, row by row.
pub(crate) fn mask_png_of(mask: &[bool], width: usize, height: usize) -> Vec<u8> {
    let pixels: Vec<u8> = mask.iter().map(|set| if *set { 255 } else { 0 }).collect();
    png(&pixels, width, height, ExtendedColorType::L8)
}

/// The claim in gray with what was edited in yellow (weak) to vermilion (strong), outlined, and what was drawn onto it
/// by hand in blue. `claim` is the photo that was searched.
///
/// # Panics
/// Never: writing to memory cannot fail.
#[must_use]
pub fn heat_map_png(claim: &Prepared, edit: &Edit) -> Vec<u8> {
    let (width, height) = edit.size;
    let luma = claim.fine_luma();
    let columns = width / CELL;
    let on = |x: usize, y: usize| edit.mask[y * width + x];
    let mut pixels = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let gray = luma.data[y * width + x].clamp(0.0, 255.0);
            let edge = on(x, y)
                && (x == 0
                    || y == 0
                    || x + 1 == width
                    || y + 1 == height
                    || !on(x - 1, y)
                    || !on(x + 1, y)
                    || !on(x, y - 1)
                    || !on(x, y + 1));
            let color = if edge {
                STRONG
            } else if on(x, y) {
                let cell = (y / CELL) * columns + (x / CELL).min(columns.saturating_sub(1));
                let strength = f32::from(edit.heat.get(cell).copied().unwrap_or(0)) / 255.0;
                std::array::from_fn(|channel| {
                    let color = WEAK[channel] + (STRONG[channel] - WEAK[channel]) * strength;
                    0.75 * color + 0.25 * gray
                })
            } else if edit.drawn[y * width + x] {
                DRAWN.map(|color| 0.5 * color + 0.5 * gray)
            } else {
                [0.35 * 255.0 + 0.65 * gray; 3]
            };
            pixels.extend(color.map(|value| value.clamp(0.0, 255.0) as u8));
        }
    }
    png(&pixels, width, height, ExtendedColorType::Rgb8)
}
