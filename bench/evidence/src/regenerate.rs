//! A picture made anew by a generator, simulated: geometry drifts smoothly, fine texture is invented.

use aftercare_scene::random::Random;
use image::imageops::FilterType;

use crate::noise::layered;
use crate::picture::{Picture, blurred};

/// How far a regenerated picture is from its model.
#[derive(Debug, Clone, Copy)]
struct Strength {
    /// Drift, in pixels of a picture 1,024 pixels wide.
    drift: (f32, f32),
    resample: f64,
    smoothing: f32,
    texture: f32,
    zoom: f32,
}

const STRENGTHS: [Strength; 3] = [
    Strength {
        drift: (2.0, 4.0),
        resample: 0.8,
        smoothing: 1.0,
        texture: 2.5,
        zoom: 0.0,
    },
    Strength {
        drift: (4.0, 8.0),
        resample: 0.62,
        smoothing: 1.5,
        texture: 3.5,
        zoom: 0.0,
    },
    Strength {
        drift: (8.0, 12.0),
        resample: 0.5,
        smoothing: 2.0,
        texture: 4.5,
        zoom: 0.03,
    },
];

/// How many strengths there are.
pub const LEVELS: usize = STRENGTHS.len();

/// The picture as a generator of this strength (0 to 2) returns it, and the JPEG quality it uses.
#[must_use]
pub fn regenerated(picture: &Picture, level: usize, seed: u64) -> (Picture, u8) {
    let strength = STRENGTHS[level.min(LEVELS - 1)];
    let mut random = Random::for_purpose(seed, 0x4E6E);
    let (width, height) = picture.size();
    let pixel = width.max(height) as f32 / 1_024.0;
    let drift = random.between(strength.drift.0, strength.drift.1) * pixel;
    let field = random.next_u64();
    let scale = 3.5 / width.max(height) as f32;
    let zoom = 1.0 + f64::from(random.between(-strength.zoom, strength.zoom));
    let (cx, cy) = (f64::from(width) / 2.0, f64::from(height) / 2.0);
    let moved = picture.warped((width, height), image::Rgb([110, 108, 104]), |x, y| {
        let (u, v) = (x as f32 * scale, y as f32 * scale);
        let shift = |salt: u64| f64::from((layered(u, v, 2, field ^ salt) - 0.5) * 2.0 * drift);
        let (right, bottom) = (f64::from(width) - 1.0, f64::from(height) - 1.0);
        (
            (cx + (x - cx) * zoom + shift(1)).clamp(0.0, right),
            (cy + (y - cy) * zoom + shift(2)).clamp(0.0, bottom),
        )
    });
    let small = moved.resized(
        (f64::from(width) * strength.resample) as u32,
        (f64::from(height) * strength.resample) as u32,
    );
    let mut made = small.resized_with(width, height, FilterType::CatmullRom);
    let soft = blurred(&made.rgb, strength.smoothing * 1.6);
    let (warm, lift) = (random.between(-0.03, 0.03), random.between(-5.0, 5.0));
    made.each(|x, y, color| {
        let soft = soft.get_pixel(x, y).0.map(f32::from);
        let away = (0..3)
            .map(|c| (color[c] - soft[c]).abs())
            .fold(0.0, f32::max);
        let part = (-away * away / 200.0).exp() * 0.8;
        let grain = (layered(x as f32 * 0.45, y as f32 * 0.45, 2, field ^ 9) - 0.5)
            * 2.0
            * strength.texture;
        let [r, g, b]: [f32; 3] =
            std::array::from_fn(|c| color[c] + (soft[c] - color[c]) * part + grain + lift);
        [r * (1.0 + warm), g, b * (1.0 - warm)]
    });
    (made, [92, 85, 75][level.min(LEVELS - 1)])
}
