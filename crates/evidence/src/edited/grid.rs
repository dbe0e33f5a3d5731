//! The map from claim to reference on a coarse grid, sharpened by the picture itself, and one resampling through it.
//!
//! An [`crate::edited::PixelMap`] comes from a smaller picture. What is left of its error is measured block by block
//! with the linear step of Lucas and Kanade (1981), each block with a brightness and contrast of its own.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "coordinates are within a picture whose sides are far below 2^24"
)]

use super::calibration::{
    BLOCK_CORRELATION_MIN, BLOCK_SHIFT_MAX, BLOCK_STRUCTURE_MIN, CORNER_PLACE, REFERENCE_MARGIN,
    STIFF_POINTS, STIFF_TOLERANCE,
};
use super::solve::{Normal, solve};
use crate::geometry::{Homography, fit_homography, median};
use crate::plane::Plane;

/// Pixels of the claim between two nodes of the grid.
const STEP: usize = 16;
/// Pixels of the halved claim along a block's side.
const BLOCK: usize = 16;

/// Where claim pixels lie in the reference, at nodes; between nodes it is linear.
pub(super) struct Grid {
    width: usize,
    height: usize,
    columns: usize,
    rows: usize,
    /// Correction of the claim position at each node, in claim pixels.
    shift: Vec<(f32, f32)>,
    place: Vec<(f32, f32)>,
    known: Vec<bool>,
}

/// How well one block of the claim is explained by the reference.
#[derive(Clone, Copy, Default)]
pub(super) struct Block {
    /// Displacement in claim pixels.
    pub(super) shift: (f32, f32),
    /// How much of the block's variance the reference explains, 0 to 1; 1 for a block that is flat in both.
    pub(super) explained: f32,
    /// Its contrast in that of the reference; 0 where that is not known.
    pub(super) gain: f32,
    /// Trust in the displacement; 0 where there is no structure.
    weight: f32,
}

/// Blocks of 32 by 32 claim pixels, row by row.
pub(super) struct Blocks {
    pub(super) columns: usize,
    pub(super) list: Vec<Block>,
}

impl Blocks {
    /// Median length of the displacements that are known best; 0 without any.
    pub(super) fn typical_shift(&self) -> f32 {
        let mut lengths: Vec<f32> = self
            .list
            .iter()
            .filter(|block| block.weight > 0.5)
            .map(|block| block.shift.0.hypot(block.shift.1))
            .collect();
        if lengths.is_empty() {
            return 0.0;
        }
        let middle = lengths.len() / 2;
        *lengths.select_nth_unstable_by(middle, f32::total_cmp).1
    }

    /// The block that a claim pixel lies in.
    pub(super) fn at(&self, x: usize, y: usize) -> Block {
        let column = (x / (2 * BLOCK)).min(self.columns.saturating_sub(1));
        self.list
            .get(y / (2 * BLOCK) * self.columns + column)
            .or(self.list.last())
            .copied()
            .unwrap_or_default()
    }
}

/// The homography that a map is, where it is one: most files that were made from a reference move by nothing else, and
/// what the map has beyond it was learned from damage as well. `None` for a picture that drifts.
pub(super) fn stiff(
    width: usize,
    height: usize,
    map: &dyn Fn(f64, f64) -> Option<(f64, f64)>,
) -> Option<Homography> {
    let mut pairs = Vec::new();
    for row in 0..STIFF_POINTS {
        for column in 0..STIFF_POINTS {
            let at = |index: usize, side: usize| {
                (index as f64 + 0.5) * side as f64 / STIFF_POINTS as f64
            };
            let (x, y) = (at(column, width), at(row, height));
            if let Some((u, v)) = map(x, y).filter(|(u, v)| u.is_finite() && v.is_finite()) {
                pairs.push((x, y, u, v));
            }
        }
    }
    if pairs.len() < STIFF_POINTS * STIFF_POINTS / 2 {
        return None;
    }
    let mut weights = vec![1.0; pairs.len()];
    let mut found = fit_homography(&pairs, &weights)?;
    for _ in 0..6 {
        let errors: Vec<f64> = pairs.iter().map(|pair| found.error(pair)).collect();
        let scale = median(&errors).max(0.05);
        for (weight, error) in weights.iter_mut().zip(&errors) {
            *weight = 1.0 / (1.0 + (error / (2.0 * scale)).powi(2)).powi(2);
        }
        found = fit_homography(&pairs, &weights)?;
    }
    let errors: Vec<f64> = pairs.iter().map(|pair| found.error(pair)).collect();
    (median(&errors) < STIFF_TOLERANCE).then_some(found)
}

/// How far a map is from a parallel one, as a share of the mapped picture's diagonal: what a photo of a screen or a
/// print has, and a copy has not.
pub(super) fn perspective(
    width: usize,
    height: usize,
    map: &dyn Fn(f64, f64) -> Option<(f64, f64)>,
) -> f32 {
    let at = |x: f64, y: f64| map(x * width as f64, y * height as f64);
    let (near, far) = (CORNER_PLACE, 1.0 - CORNER_PLACE);
    let (Some(a), Some(b), Some(c), Some(d)) =
        (at(near, near), at(far, near), at(near, far), at(far, far))
    else {
        return 0.0;
    };
    let gap = (a.0 + d.0 - b.0 - c.0).hypot(a.1 + d.1 - b.1 - c.1);
    (gap / (d.0 - a.0).hypot(d.1 - a.1).max(1.0)) as f32
}

impl Grid {
    pub(super) fn new(
        width: usize,
        height: usize,
        map: &dyn Fn(f64, f64) -> Option<(f64, f64)>,
    ) -> Self {
        let columns = width.div_ceil(STEP) + 1;
        let rows = height.div_ceil(STEP) + 1;
        let mut grid = Self {
            width,
            height,
            columns,
            rows,
            shift: vec![(0.0, 0.0); columns * rows],
            place: vec![(0.0, 0.0); columns * rows],
            known: vec![false; columns * rows],
        };
        grid.place_nodes(map);
        grid
    }

    fn place_nodes(&mut self, map: &dyn Fn(f64, f64) -> Option<(f64, f64)>) {
        for row in 0..self.rows {
            for column in 0..self.columns {
                let node = row * self.columns + column;
                let (across, down) = self.shift[node];
                let x = (column * STEP) as f64 + f64::from(across);
                let y = (row * STEP) as f64 + f64::from(down);
                let place = map(x, y).filter(|(x, y)| x.is_finite() && y.is_finite());
                self.known[node] = place.is_some();
                if let Some((x, y)) = place {
                    self.place[node] = (x as f32, y as f32);
                }
            }
        }
    }

    /// Reference pixels along a claim pixel's side, in the mean over the cells that lie inside the reference.
    pub(super) fn scale(&self, reference: (usize, usize)) -> f32 {
        let (mut sum, mut count) = (0.0_f64, 0);
        for row in 0..self.rows - 1 {
            for column in 0..self.columns - 1 {
                let node = row * self.columns + column;
                let (right, below) = (node + 1, node + self.columns);
                if !(self.known[node] && self.known[right] && self.known[below]) {
                    continue;
                }
                let (x, y) = self.place[node];
                let inside = (0.0..reference.0 as f32).contains(&x)
                    && (0.0..reference.1 as f32).contains(&y);
                if inside {
                    let across = (self.place[right].0 - x, self.place[right].1 - y);
                    let down = (self.place[below].0 - x, self.place[below].1 - y);
                    let area = (across.0 * down.1 - across.1 * down.0).abs();
                    sum += f64::from(area.sqrt()) / STEP as f64;
                    count += 1;
                }
            }
        }
        if count == 0 {
            1.0
        } else {
            (sum / f64::from(count)) as f32
        }
    }

    /// Places of one row, at `columns` claim columns `first + step * i`, written to `places`; `false` in `known` where
    /// the map has no answer.
    fn row(&self, y: f32, first: f32, step: f32, places: &mut [(f32, f32)], known: &mut [bool]) {
        let row = ((y / STEP as f32) as usize).min(self.rows - 2);
        let part = y / STEP as f32 - row as f32;
        let above = row * self.columns;
        let below = above + self.columns;
        for (index, (place, known)) in places.iter_mut().zip(known.iter_mut()).enumerate() {
            let across = (first + step * index as f32) / STEP as f32;
            let column = (across as usize).min(self.columns - 2);
            let side = across - column as f32;
            let mix = |a: f32, b: f32, c: f32, d: f32| {
                (a * (1.0 - side) + b * side) * (1.0 - part) + (c * (1.0 - side) + d * side) * part
            };
            let [a, b] = [self.place[above + column], self.place[above + column + 1]];
            let [c, d] = [self.place[below + column], self.place[below + column + 1]];
            *place = (mix(a.0, b.0, c.0, d.0), mix(a.1, b.1, c.1, d.1));
            *known = self.known[above + column]
                && self.known[above + column + 1]
                && self.known[below + column]
                && self.known[below + column + 1];
        }
    }

    /// Measures the rest of the displacement on the halved luma of the claim against the luma of the reference.
    pub(super) fn check(&self, half_claim: &Plane, reference: &Plane) -> Blocks {
        let (predicted, inside) = self.half(half_claim, reference);
        measure(half_claim, &predicted, &inside)
    }

    fn half(&self, half_claim: &Plane, reference: &Plane) -> (Plane, Vec<bool>) {
        let (width, height) = (half_claim.width, half_claim.height);
        let mut predicted = Plane::new(width, height);
        let mut inside = vec![false; width * height];
        let mut places = vec![(0.0, 0.0); width];
        let mut known = vec![false; width];
        let (right, bottom) = ((reference.width - 1) as f32, (reference.height - 1) as f32);
        let across = self.width as f32 / width as f32;
        let down = self.height as f32 / height as f32;
        for y in 0..height {
            let line = (y as f32 + 0.5) * down - 0.5;
            self.row(line, 0.5 * across - 0.5, across, &mut places, &mut known);
            for x in 0..width {
                let (u, v) = places[x];
                inside[y * width + x] =
                    known[x] && (0.0..=right).contains(&u) && (0.0..=bottom).contains(&v);
                predicted.data[y * width + x] = reference.bilinear(u, v);
            }
        }
        (predicted, inside)
    }

    /// Moves the nodes by an affine map that fits the blocks, and by what neighbors agree on beyond it.
    pub(super) fn follow(&mut self, blocks: &Blocks, map: &dyn Fn(f64, f64) -> Option<(f64, f64)>) {
        let side = (2 * BLOCK) as f32;
        let trusted: Vec<(f32, f32, Block)> = blocks
            .list
            .iter()
            .enumerate()
            .filter(|(_, block)| block.weight > 0.0)
            .map(|(index, block)| {
                let column = (index % blocks.columns) as f32;
                let row = (index / blocks.columns) as f32;
                ((column + 0.5) * side, (row + 0.5) * side, *block)
            })
            .collect();
        if trusted.len() < 6 {
            return;
        }
        let (half_x, half_y) = (self.width as f32 / 2.0, self.height as f32 / 2.0);
        let regressors = |x: f32, y: f32| {
            [
                1.0,
                f64::from((x - half_x) / half_x),
                f64::from((y - half_y) / half_y),
            ]
        };
        let mut affine = [[0.0; 2]; 3];
        let mut scale = 1.0_f64;
        for _ in 0..5 {
            let mut normal = Normal::<3, 2>::default();
            for (x, y, block) in &trusted {
                let z = regressors(*x, *y);
                let (dx, dy) = deviation(&affine, &z, block);
                let error = dx.hypot(dy) / scale;
                let weight = f64::from(block.weight) / (1.0 + error * error).powi(2);
                normal.add(
                    &z,
                    &[f64::from(block.shift.0), f64::from(block.shift.1)],
                    weight,
                );
            }
            let Some(found) = solve(&normal, &[1e-3; 3]) else {
                return;
            };
            affine = found;
            scale = (scale * 0.6).max(0.1);
        }
        let kept: Vec<(f32, f32, f32, f32, f32)> = trusted
            .iter()
            .filter_map(|(x, y, block)| {
                let (dx, dy) = deviation(&affine, &regressors(*x, *y), block);
                (dx.hypot(dy) < 0.8).then_some((*x, *y, dx as f32, dy as f32, block.weight))
            })
            .collect();
        let reach = 1.5 * side;
        for row in 0..self.rows {
            for column in 0..self.columns {
                let (x, y) = ((column * STEP) as f32, (row * STEP) as f32);
                // The prior of no local displacement weighs as much as three good blocks.
                let (mut dx, mut dy, mut total) = (0.0, 0.0, 3.0);
                for (bx, by, ax, ay, weight) in &kept {
                    let square = ((bx - x).powi(2) + (by - y).powi(2)) / (reach * reach);
                    if square < 6.0 {
                        let near = weight * (-0.5 * square).exp();
                        dx += near * ax;
                        dy += near * ay;
                        total += near;
                    }
                }
                let z = regressors(x, y);
                let global = |axis: usize| {
                    (0..3)
                        .map(|index| affine[index][axis] * z[index])
                        .sum::<f64>() as f32
                };
                let node = row * self.columns + column;
                self.shift[node].0 += global(0) + dx / total;
                self.shift[node].1 += global(1) + dy / total;
            }
        }
        self.place_nodes(map);
    }

    /// The three channels of the reference seen from the claim (Catmull-Rom), and which claim pixels lie inside it.
    pub(super) fn warp(&self, channels: &[Plane; 3]) -> ([Plane; 3], Vec<bool>) {
        let (width, height) = (self.width, self.height);
        let mut target = [0, 1, 2].map(|_| Plane::new(width, height));
        let mut inside = vec![false; width * height];
        let mut places = vec![(0.0, 0.0); width];
        let mut known = vec![false; width];
        let margin = REFERENCE_MARGIN;
        let right = channels[0].width as f32 - 1.0 - margin;
        let bottom = channels[0].height as f32 - 1.0 - margin;
        let stride = channels[0].width;
        for y in 0..height {
            self.row(y as f32, 0.0, 1.0, &mut places, &mut known);
            for x in 0..width {
                let (u, v) = places[x];
                if !known[x] || u < margin || v < margin || u > right || v > bottom {
                    continue;
                }
                let (left, top) = (u as usize, v as usize);
                let across = catmull_rom(u - left as f32);
                let down = catmull_rom(v - top as f32);
                let start = (top - 1) * stride + left - 1;
                let index = y * width + x;
                for (plane, source) in target.iter_mut().zip(channels) {
                    // Four columns at once, then across.
                    let mut lines = [0.0_f32; 4];
                    for (row, weight) in down.iter().enumerate() {
                        let taps = &source.data[start + row * stride..start + row * stride + 4];
                        for (line, tap) in lines.iter_mut().zip(taps) {
                            *line += weight * tap;
                        }
                    }
                    let sum = lines[0] * across[0]
                        + lines[1] * across[1]
                        + lines[2] * across[2]
                        + lines[3] * across[3];
                    plane.data[index] = sum;
                }
                inside[index] = true;
            }
        }
        (target, inside)
    }
}

fn deviation(affine: &[[f64; 2]; 3], z: &[f64; 3], block: &Block) -> (f64, f64) {
    let along = |axis: usize| {
        (0..3)
            .map(|index| affine[index][axis] * z[index])
            .sum::<f64>()
    };
    (
        f64::from(block.shift.0) - along(0),
        f64::from(block.shift.1) - along(1),
    )
}

#[inline]
fn catmull_rom(part: f32) -> [f32; 4] {
    let (square, cube) = (part * part, part * part * part);
    [
        -0.5 * part + square - 0.5 * cube,
        1.0 - 2.5 * square + 1.5 * cube,
        0.5 * part + 2.0 * square - 1.5 * cube,
        -0.5 * square + 0.5 * cube,
    ]
}

/// One Lucas-Kanade step for every block: `claim = gain * (predicted + gradient . shift) + offset`.
fn measure(claim: &Plane, predicted: &Plane, inside: &[bool]) -> Blocks {
    let columns = claim.width / BLOCK;
    let rows = claim.height / BLOCK;
    let mut list = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            list.push(measure_block(
                claim,
                predicted,
                inside,
                column * BLOCK,
                row * BLOCK,
            ));
        }
    }
    Blocks {
        columns: columns.max(1),
        list,
    }
}

fn measure_block(
    claim: &Plane,
    predicted: &Plane,
    inside: &[bool],
    left: usize,
    top: usize,
) -> Block {
    let width = claim.width;
    let mut sums = [0.0_f32; 14];
    let mut square = 0.0_f32;
    let mut count = 0.0_f32;
    // Centered on one value, single precision holds the sums.
    let (middle_p, middle_c) = (predicted.at(left, top), claim.at(left, top));
    for y in top.max(1)..(top + BLOCK).min(claim.height - 1) {
        for x in left.max(1)..(left + BLOCK).min(width - 1) {
            let index = y * width + x;
            if !inside[index] {
                return Block::default();
            }
            let p = predicted.data[index] - middle_p;
            let c = claim.data[index] - middle_c;
            let gx = 0.5 * (predicted.data[index + 1] - predicted.data[index - 1]);
            let gy = 0.5 * (predicted.data[index + width] - predicted.data[index - width]);
            for (sum, value) in sums.iter_mut().zip([
                p * p,
                p * gx,
                p * gy,
                p,
                gx * gx,
                gx * gy,
                gx,
                gy * gy,
                gy,
                1.0,
                p * c,
                gx * c,
                gy * c,
                c,
            ]) {
                *sum += value;
            }
            square += c * c;
            count += 1.0;
        }
    }
    if count < 64.0 {
        return Block::default();
    }
    let s = sums.map(f64::from);
    let n = f64::from(count);
    let variance_p = s[0] / n - (s[3] / n).powi(2);
    let variance_c = f64::from(square) / n - (s[13] / n).powi(2);
    let structure = f64::from(BLOCK_STRUCTURE_MIN).powi(2);
    if variance_p < structure && variance_c < structure {
        return Block {
            explained: 1.0,
            ..Block::default()
        };
    }
    let normal = Normal::<4, 1> {
        gram: [
            [s[0], s[1], s[2], s[3]],
            [s[1], s[4], s[5], s[6]],
            [s[2], s[5], s[7], s[8]],
            [s[3], s[6], s[8], s[9]],
        ],
        right: [[s[10]], [s[11]], [s[12]], [s[13]]],
    };
    let Some(found) = solve(&normal, &[1e-6, 1e-3 * n, 1e-3 * n, 1e-6]) else {
        return Block::default();
    };
    let explained_sum = (0..4)
        .map(|index| found[index][0] * normal.right[index][0])
        .sum::<f64>();
    let unexplained = (f64::from(square) - explained_sum).max(0.0) / n;
    let explained = (1.0 - unexplained / variance_c.max(1e-6)).clamp(0.0, 1.0) as f32;
    let gain = found[0][0];
    if gain <= 0.05 {
        return Block {
            explained: 0.0,
            ..Block::default()
        };
    }
    // Two claim pixels to one of the halved picture.
    let shift = (
        (2.0 * found[1][0] / gain) as f32,
        (2.0 * found[2][0] / gain) as f32,
    );
    let (xx, xy, yy) = (s[4] / n, s[5] / n, s[7] / n);
    let weakest = 0.5 * (xx + yy) - (0.25 * (xx - yy).powi(2) + xy * xy).sqrt();
    let trusted = explained > BLOCK_CORRELATION_MIN && shift.0.hypot(shift.1) < BLOCK_SHIFT_MAX;
    let weight = if trusted {
        (weakest / (weakest + 1.0)) as f32
    } else {
        0.0
    };
    Block {
        shift,
        explained,
        gain: gain as f32,
        weight,
    }
}
