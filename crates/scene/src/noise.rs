//! Smooth random fields, for grain, weave, glaze and stains.

use crate::math::cell;

/// A well-mixed number for a cell of the plane.
pub(crate) const fn hash_cell(x: i32, y: i32, seed: u32) -> u32 {
    let mut h = x.cast_unsigned().wrapping_mul(0x85EB_CA6B)
        ^ y.cast_unsigned().wrapping_mul(0xC2B2_AE35)
        ^ seed;
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    h ^ (h >> 15)
}

/// The number of a cell as 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "24 bits fit a float exactly")]
pub(crate) const fn unit_cell(x: i32, y: i32, seed: u32) -> f32 {
    (hash_cell(x, y, seed) >> 8) as f32 / 16_777_216.0
}

/// Value noise, 0 to 1, one cell a unit.
pub(crate) fn value(x: f32, y: f32, seed: u32) -> f32 {
    let (column, row) = (cell(x), cell(y));
    #[expect(
        clippy::cast_precision_loss,
        reason = "texture coordinates are below 2^24"
    )]
    let (across, down) = (x - column as f32, y - row as f32);
    let across = across * across * (3.0 - 2.0 * across);
    let down = down * down * (3.0 - 2.0 * down);
    let (a, b) = (
        unit_cell(column, row, seed),
        unit_cell(column.wrapping_add(1), row, seed),
    );
    let (c, d) = (
        unit_cell(column, row.wrapping_add(1), seed),
        unit_cell(column.wrapping_add(1), row.wrapping_add(1), seed),
    );
    let upper = a + (b - a) * across;
    let lower = c + (d - c) * across;
    upper + (lower - upper) * down
}

/// `octaves` layers of value noise, each half as strong and twice as fine; 0 to 1.
pub(crate) fn layered(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut strength, mut total, mut scale) = (0.0, 1.0, 0.0, 1.0);
    for octave in 0..octaves {
        sum += strength * value(x * scale, y * scale, seed.wrapping_add(octave * 7_919));
        total += strength;
        strength *= 0.5;
        scale *= 2.03;
    }
    sum / total
}
