//! Smooth random fields.

use aftercare_scene::random::mix;

fn cell(x: i64, y: i64, seed: u64) -> f32 {
    let bits = mix(seed
        ^ (x as u64).wrapping_mul(0x9E37_79B9)
        ^ (y as u64).wrapping_mul(0x85EB_CA6B_0001));
    (bits >> 40) as f32 / 16_777_216.0
}

/// Value noise, 0 to 1, one cell a unit.
#[must_use]
pub fn value(x: f32, y: f32, seed: u64) -> f32 {
    let (column, row) = (x.floor(), y.floor());
    let smooth = |part: f32| part * part * (3.0 - 2.0 * part);
    let (across, down) = (smooth(x - column), smooth(y - row));
    let (column, row) = (column as i64, row as i64);
    let upper = cell(column, row, seed) * (1.0 - across) + cell(column + 1, row, seed) * across;
    let lower =
        cell(column, row + 1, seed) * (1.0 - across) + cell(column + 1, row + 1, seed) * across;
    upper + (lower - upper) * down
}

/// Layers of [`value`], each twice as fine and half as strong; 0 to 1.
#[must_use]
pub fn layered(x: f32, y: f32, layers: u32, seed: u64) -> f32 {
    let (mut sum, mut total, mut strength, mut scale) = (0.0, 0.0, 1.0, 1.0);
    for layer in 0..layers {
        sum += strength
            * value(
                x * scale,
                y * scale,
                seed.wrapping_add(u64::from(layer) * 7_919),
            );
        total += strength;
        strength *= 0.5;
        scale *= 2.03;
    }
    sum / total
}

/// 0 below `low`, 1 above `high`, smooth between.
#[must_use]
pub fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let part = ((value - low) / (high - low)).clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}
