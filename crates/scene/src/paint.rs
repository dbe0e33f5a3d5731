//! Damage painted over a finished picture: the edited kind, for tests and the demo.

use image::RgbImage;

use crate::damage::{Damage, chip_field, crack_depth, crack_strokes, stain_strength};
use crate::noise::value;
use crate::random::Random;

/// The part of a picture that was painted over, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaintedArea {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// Paints damage near the middle of `picture`, about a fifth of its shorter side in size. Only pixels within the
/// returned area change.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions within a picture, clamped to it"
)]
pub fn paint_on(picture: &mut RgbImage, damage: Damage, seed: u64) -> PaintedArea {
    let mut random = Random::for_purpose(seed, 0x9A17);
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let size = width.min(height) * random.between(0.16, 0.24);
    let center_x = width * random.between(0.42, 0.58);
    let center_y = height * random.between(0.42, 0.58);
    let [a, b, c, d, ..] = random.next_u64().to_le_bytes();
    let field_seed = u32::from_le_bytes([a, b, c, d]);
    let strokes = crack_strokes(&mut random, 1.0, 0.016);
    let reach = size * 1.3;
    let left = (center_x - reach).max(0.0) as u32;
    let top = (center_y - reach).max(0.0) as u32;
    let right = ((center_x + reach) as u32).min(picture.width());
    let bottom = ((center_y + reach) as u32).min(picture.height());
    let mut area: Option<(u32, u32, u32, u32)> = None;
    for y in top..bottom {
        for x in left..right {
            let (across, down) = ((x as f32 - center_x) / size, (center_y - y as f32) / size);
            let (strength, color) = match damage {
                Damage::Crack => (
                    crack_depth(&strokes, across, down + 0.5) * 0.85,
                    [18.0, 16.0, 15.0],
                ),
                Damage::Stain => (
                    stain_strength(across * 1.6, down * 1.6, field_seed) * 0.8,
                    [74.0, 44.0, 20.0],
                ),
                Damage::Chip => {
                    let field = chip_field(across * 2.2, down * 2.2, field_seed);
                    let grain = value(across * 40.0, down * 40.0, field_seed) * 50.0;
                    let shade = 150.0 + 40.0 * field + grain - 25.0;
                    (
                        if field < 1.0 { 1.0 } else { 0.0 },
                        [shade, shade * 0.86, shade * 0.7],
                    )
                }
            };
            if strength <= 0.0 {
                continue;
            }
            for (channel, target) in picture.get_pixel_mut(x, y).0.iter_mut().zip(color) {
                let mixed =
                    f32::from(*channel) + (target - f32::from(*channel)) * strength.min(1.0);
                *channel = mixed.clamp(0.0, 255.0).round() as u8;
            }
            let (x0, y0, x1, y1) = area.unwrap_or((x, y, x, y));
            area = Some((x0.min(x), y0.min(y), x1.max(x), y1.max(y)));
        }
    }
    let (x0, y0, x1, y1) = area.unwrap_or((left, top, left, top));
    PaintedArea {
        x: x0,
        y: y0,
        width: x1 - x0 + 1,
        height: y1 - y0 + 1,
    }
}
