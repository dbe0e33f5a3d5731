//! Blending by gradients: a patch keeps its details and takes its colors from its new border (Pérez, Gangnet and Blake,
//! Poisson image editing, 2003), solved by successive over-relaxation.

use aftercare_scene::RgbImage;
use image::GrayImage;

use crate::noise::value;
use crate::picture::byte;

/// Rounds of the relaxation; enough for patches of a few hundred pixels.
const ROUNDS: usize = 320;
const RELAXATION: f32 = 1.92;

/// Blends `patch` into the picture at `corner`, where `inside` is at least 128.
pub fn clone_into(
    picture: &mut RgbImage,
    corner: (u32, u32),
    patch: &RgbImage,
    inside: &GrayImage,
) {
    blend(picture, corner, inside, |x, y, channel| {
        let at = |x: i64, y: i64| {
            let x = x.clamp(0, i64::from(patch.width()) - 1) as u32;
            let y = y.clamp(0, i64::from(patch.height()) - 1) as u32;
            f32::from(patch.get_pixel(x, y).0[channel])
        };
        let (x, y) = (i64::from(x), i64::from(y));
        4.0 * at(x, y) - at(x - 1, y) - at(x + 1, y) - at(x, y - 1) - at(x, y + 1)
    });
}

/// Fills a hole from its border, smooth but for a little grain.
pub fn heal(picture: &mut RgbImage, corner: (u32, u32), inside: &GrayImage, seed: u64) {
    blend(picture, corner, inside, |_, _, _| 0.0);
    for (x, y, pixel) in inside.enumerate_pixels() {
        if pixel.0[0] >= 128 {
            let (x, y) = (corner.0 + x, corner.1 + y);
            let grain = value(x as f32 * 0.8, y as f32 * 0.8, seed) * 7.0 - 3.5;
            let pixel = picture.get_pixel_mut(x, y);
            pixel.0 = pixel.0.map(|channel| byte(f32::from(channel) + grain));
        }
    }
}

fn blend(
    picture: &mut RgbImage,
    corner: (u32, u32),
    inside: &GrayImage,
    laplacian: impl Fn(u32, u32, usize) -> f32,
) {
    let (width, height) = (inside.width() as usize + 2, inside.height() as usize + 2);
    let is_inside = |x: usize, y: usize| {
        x > 0
            && y > 0
            && x < width - 1
            && y < height - 1
            && inside.get_pixel(x as u32 - 1, y as u32 - 1).0[0] >= 128
    };
    let place = |x: usize, y: usize| {
        let x = (corner.0 as usize + x)
            .saturating_sub(1)
            .min(picture.width() as usize - 1);
        let y = (corner.1 as usize + y)
            .saturating_sub(1)
            .min(picture.height() as usize - 1);
        (x as u32, y as u32)
    };
    let unknown: Vec<(usize, u32, u32)> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .filter(|(x, y)| is_inside(*x, *y))
        .map(|(x, y)| (y * width + x, x as u32 - 1, y as u32 - 1))
        .collect();
    let mut solved = Vec::new();
    for channel in 0..3 {
        let mut values: Vec<f32> = (0..width * height)
            .map(|at| {
                let (x, y) = place(at % width, at / width);
                f32::from(picture.get_pixel(x, y).0[channel])
            })
            .collect();
        let sources: Vec<f32> = unknown
            .iter()
            .map(|(_, x, y)| laplacian(*x, *y, channel))
            .collect();
        for _ in 0..ROUNDS {
            for ((at, _, _), source) in unknown.iter().zip(&sources) {
                let around =
                    values[at - 1] + values[at + 1] + values[at - width] + values[at + width];
                let target = (around + source) / 4.0;
                values[*at] += RELAXATION * (target - values[*at]);
            }
        }
        solved.push(values);
    }
    for (at, x, y) in unknown {
        let pixel = picture.get_pixel_mut(corner.0 + x, corner.1 + y);
        for (slot, values) in pixel.0.iter_mut().zip(&solved) {
            *slot = byte(values[at]);
        }
    }
}
