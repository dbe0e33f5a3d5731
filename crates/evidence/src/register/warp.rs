//! Draws one picture in the pixels of another.
#![expect(
    clippy::cast_possible_truncation,
    reason = "coordinates are within a picture whose sides are far below 2^24"
)]

use crate::geometry::Homography;
use crate::plane::{CUBIC_LANES, Plane};

/// A picture of `width` by `height` whose pixel at `p` is that of `source` at `map(p)` (cubic; the border is repeated
/// outward, so that no edge appears where the source ends), and which of them lie inside the source.
#[must_use]
pub fn warp(source: &Plane, map: &Homography, width: usize, height: usize) -> (Plane, Vec<bool>) {
    let mut target = Plane::new(width, height);
    let mut inside = vec![false; width * height];
    let (right, bottom) = ((source.width - 1) as f64, (source.height - 1) as f64);
    let m = &map.0;
    let pixels = target.data.chunks_exact_mut(width);
    for (y, (row, inside)) in pixels.zip(inside.chunks_exact_mut(width)).enumerate() {
        let y = y as f64;
        let (u0, v0, w0) = (m[1] * y + m[2], m[4] * y + m[5], m[7] * y + m[8]);
        let pieces = row
            .chunks_mut(CUBIC_LANES)
            .zip(inside.chunks_mut(CUBIC_LANES));
        for (piece, (row, inside)) in pieces.enumerate() {
            let xs: [f64; CUBIC_LANES] =
                std::array::from_fn(|lane| (piece * CUBIC_LANES + lane) as f64);
            let ws = xs.map(|x| m[6] * x + w0);
            let us: [f64; CUBIC_LANES] =
                std::array::from_fn(|lane| (m[0] * xs[lane] + u0) / ws[lane]);
            let vs: [f64; CUBIC_LANES] =
                std::array::from_fn(|lane| (m[3] * xs[lane] + v0) / ws[lane]);
            let drawn = source.cubic_lanes(us.map(|u| u as f32), vs.map(|v| v as f32));
            for (lane, (value, inside)) in row.iter_mut().zip(inside).enumerate() {
                let (u, v) = (us[lane], vs[lane]);
                if ws[lane] <= 1e-9 {
                    continue;
                }
                *inside = u >= 0.0 && v >= 0.0 && u <= right && v <= bottom;
                *value = drawn[lane];
            }
        }
    }
    (target, inside)
}

/// Pixels between two places of a row at which [`warp_by`] asks its map.
const STRIDE: usize = 8;

/// The same for any map of places to places that is nearly straight over a few pixels: it is asked at every eighth
/// pixel of a row.
#[must_use]
pub fn warp_by(
    source: &Plane,
    width: usize,
    height: usize,
    map: impl Fn(f64, f64) -> Option<(f64, f64)>,
) -> (Plane, Vec<bool>) {
    let mut target = Plane::new(width, height);
    let mut inside = vec![false; width * height];
    let (right, bottom) = ((source.width - 1) as f64, (source.height - 1) as f64);
    let pixels = target.data.chunks_exact_mut(width);
    for (y, (row, inside)) in pixels.zip(inside.chunks_exact_mut(width)).enumerate() {
        let y = y as f64;
        let mut from = map(0.0, y);
        let pieces = row.chunks_mut(STRIDE).zip(inside.chunks_mut(STRIDE));
        for (piece, (row, inside)) in pieces.enumerate() {
            let to = map(((piece + 1) * STRIDE) as f64, y);
            if let (Some(from), Some(to)) = (from, to) {
                let step = (
                    (to.0 - from.0) / STRIDE as f64,
                    (to.1 - from.1) / STRIDE as f64,
                );
                let parts = row
                    .chunks_mut(CUBIC_LANES)
                    .zip(inside.chunks_mut(CUBIC_LANES));
                for (part, (row, inside)) in parts.enumerate() {
                    let xs: [f64; CUBIC_LANES] =
                        std::array::from_fn(|lane| (part * CUBIC_LANES + lane) as f64);
                    let us = xs.map(|x| from.0 + step.0 * x);
                    let vs = xs.map(|x| from.1 + step.1 * x);
                    let drawn = source.cubic_lanes(us.map(|u| u as f32), vs.map(|v| v as f32));
                    for (lane, (value, inside)) in row.iter_mut().zip(inside).enumerate() {
                        let (u, v) = (us[lane], vs[lane]);
                        *inside = u >= 0.0 && v >= 0.0 && u <= right && v <= bottom;
                        *value = drawn[lane];
                    }
                }
            }
            from = to;
        }
    }
    (target, inside)
}
