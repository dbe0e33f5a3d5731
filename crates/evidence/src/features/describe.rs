//! From extrema of the scale space to oriented keypoints with descriptors (Lowe 2004, §5 and §6).
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "coordinates are within a picture, bins within a histogram"
)]

use std::f32::consts::{FRAC_PI_2, PI, TAU};

use super::scale_space::{Extremum, Pyramid};
use super::{DESCRIPTOR_BYTES, DESCRIPTOR_LENGTH, Keypoint};
use crate::plane::Plane;

/// Directions that a keypoint's own direction is looked for among (Lowe 2004, §5).
const DIRECTIONS: usize = 36;
/// A further direction is a keypoint of its own from this share of the strongest on (Lowe 2004, §5).
const PEAK_SHARE: f32 = 0.8;
/// Standard deviation of the window for the direction, in sigmas of the keypoint (Lowe 2004, §5).
const DIRECTION_WINDOW: f32 = 1.5;
/// Side of a descriptor cell in sigmas of the keypoint. The paper leaves it open; its author's program has 3.
const CELL_SIGMAS: f32 = 3.0;
/// Cells a side.
const CELLS: usize = 4;
/// Directions a cell.
const BINS: usize = 8;
/// No direction may hold more than this share of a descriptor of length 1 (Lowe 2004, §6.1).
const MAX_SHARE: f32 = 0.2;
/// Cells a side of the grid over which keypoints are spread.
const SPREAD_CELLS: usize = 8;

/// Oriented keypoints, strongest first, and their descriptors, at most `limit`.
pub(super) fn describe(
    pyramid: &Pyramid,
    limit: usize,
) -> (Vec<Keypoint>, Vec<[u8; DESCRIPTOR_BYTES]>) {
    let mut samples = Samples::default();
    let mut keypoints = Vec::with_capacity(limit);
    let mut descriptors = Vec::with_capacity(limit);
    for extremum in chosen(pyramid, limit) {
        let octave = &pyramid.octaves[extremum.octave];
        let level = &octave.levels[extremum.level];
        let (x, y) = extremum.place(octave);
        for angle in directions(level, &extremum, &mut samples) {
            if keypoints.len() == limit {
                return (keypoints, descriptors);
            }
            keypoints.push(Keypoint {
                x,
                y,
                scale: extremum.sigma * octave.step,
                angle,
            });
            descriptors.push(descriptor(level, &extremum, angle, &mut samples));
        }
    }
    (keypoints, descriptors)
}

/// At most `limit` extrema, best first. An extremum counts less the more stronger ones its part of the picture has, so
/// that a crop keeps some wherever it is cut.
fn chosen(pyramid: &Pyramid, limit: usize) -> Vec<Extremum> {
    let Some(first) = pyramid.octaves.first() else {
        return Vec::new();
    };
    let (width, height) = (
        first.levels[0].width as f32 * first.step,
        first.levels[0].height as f32 * first.step,
    );
    let mut order: Vec<usize> = (0..pyramid.extrema.len()).collect();
    // The number decides between equals: the order never depends on the sort.
    order.sort_unstable_by(|&a, &b| {
        let (first, second) = (&pyramid.extrema[a], &pyramid.extrema[b]);
        second.response.total_cmp(&first.response).then(a.cmp(&b))
    });
    let fair = (limit / (SPREAD_CELLS * SPREAD_CELLS)).max(1) as f32;
    let mut stronger = vec![0.0_f32; SPREAD_CELLS * SPREAD_CELLS];
    let mut weighed: Vec<(f32, usize)> = order
        .into_iter()
        .map(|number| {
            let extremum = &pyramid.extrema[number];
            let (x, y) = extremum.place(&pyramid.octaves[extremum.octave]);
            let cell = |place: f32, side: f32| {
                ((place / side * SPREAD_CELLS as f32).max(0.0) as usize).min(SPREAD_CELLS - 1)
            };
            let stronger = &mut stronger[cell(y, height) * SPREAD_CELLS + cell(x, width)];
            let weight = extremum.response / (1.0 + *stronger / fair);
            *stronger += 1.0;
            (weight, number)
        })
        .collect();
    weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    weighed
        .into_iter()
        .take(limit)
        .map(|(_, number)| pyramid.extrema[number])
        .collect()
}

/// Gradients around a keypoint, one array each so that the arithmetic runs on several at once.
#[derive(Default)]
struct Samples {
    across: Vec<f32>,
    down: Vec<f32>,
    /// Weight, later weight times magnitude.
    weight: Vec<f32>,
    /// Direction, 0 to 2π.
    angle: Vec<f32>,
    /// Cell row and column of a descriptor sample.
    cell: Vec<(f32, f32)>,
}

impl Samples {
    fn clear(&mut self) {
        self.across.clear();
        self.down.clear();
        self.weight.clear();
        self.angle.clear();
        self.cell.clear();
    }

    fn push(&mut self, level: &Plane, at: usize, weight: f32) {
        let data = &level.data;
        self.across.push(data[at + 1] - data[at - 1]);
        self.down
            .push(data[at + level.width] - data[at - level.width]);
        self.weight.push(weight);
    }

    /// Directions and magnitudes from the differences.
    fn turn(&mut self) {
        self.angle.resize(self.across.len(), 0.0);
        for ((angle, weight), (across, down)) in self
            .angle
            .iter_mut()
            .zip(&mut self.weight)
            .zip(self.across.iter().zip(&self.down))
        {
            *angle = direction(*across, *down);
            *weight *= (across * across + down * down).sqrt();
        }
    }
}

/// `atan2(down, across)`, 0 to 2π, to within 1e-5 (polynomial of Hastings 1955): without branches, so that several are
/// computed at once, and the same on every platform.
#[inline(always)]
fn direction(across: f32, down: f32) -> f32 {
    let (a, b) = (across.abs(), down.abs());
    let ratio = a.min(b) / a.max(b).max(f32::MIN_POSITIVE);
    let square = ratio * ratio;
    let mut angle = ratio
        * (0.999_977_26
            + square
                * (-0.332_623_47
                    + square
                        * (0.193_543_46
                            + square
                                * (-0.116_432_87
                                    + square * (0.052_653_32 - square * 0.011_721_2)))));
    angle = if b > a { FRAC_PI_2 - angle } else { angle };
    angle = if across < 0.0 { PI - angle } else { angle };
    if down < 0.0 { TAU - angle } else { angle }
}

/// Rows and columns of a level within `radius` of a place, one pixel inside the border.
fn window(center: f32, radius: f32, side: usize) -> std::ops::Range<usize> {
    let from = (center - radius).ceil().max(1.0) as usize;
    let to = ((center + radius).floor() + 1.0).max(0.0) as usize;
    from..to.min(side - 1).max(from)
}

/// The directions of an extremum: the peaks of the histogram of gradients around it.
fn directions(level: &Plane, extremum: &Extremum, samples: &mut Samples) -> Vec<f32> {
    let sigma = DIRECTION_WINDOW * extremum.sigma;
    let radius = 3.0 * sigma;
    let falloff = -0.5 / (sigma * sigma);
    let columns = window(extremum.x, radius, level.width);
    let weights: Vec<f32> = columns
        .clone()
        .map(|x| (falloff * (x as f32 - extremum.x).powi(2)).exp())
        .collect();
    samples.clear();
    for y in window(extremum.y, radius, level.height) {
        let weight = (falloff * (y as f32 - extremum.y).powi(2)).exp();
        for (x, across) in columns.clone().zip(&weights) {
            samples.push(level, y * level.width + x, weight * across);
        }
    }
    samples.turn();
    let mut raw = [0.0_f32; DIRECTIONS];
    let per_radian = DIRECTIONS as f32 / TAU;
    for (angle, weight) in samples.angle.iter().zip(&samples.weight) {
        raw[(angle * per_radian + 0.5) as usize % DIRECTIONS] += weight;
    }
    let at = |histogram: &[f32; DIRECTIONS], bin: usize, turn: usize| {
        histogram[(bin + DIRECTIONS + turn - 2) % DIRECTIONS]
    };
    let mut smooth = [0.0; DIRECTIONS];
    for (bin, value) in smooth.iter_mut().enumerate() {
        *value = (at(&raw, bin, 0) + at(&raw, bin, 4)) / 16.0
            + (at(&raw, bin, 1) + at(&raw, bin, 3)) / 4.0
            + at(&raw, bin, 2) * 6.0 / 16.0;
    }
    let highest = smooth.iter().copied().fold(0.0, f32::max);
    let mut found = Vec::new();
    for bin in 0..DIRECTIONS {
        let (left, middle, right) = (at(&smooth, bin, 1), smooth[bin], at(&smooth, bin, 3));
        if middle > left && middle > right && middle >= PEAK_SHARE * highest {
            let part = 0.5 * (left - right) / (left - 2.0 * middle + right);
            found.push(((bin as f32 + part) / per_radian).rem_euclid(TAU));
        }
    }
    found
}

/// Gradients in 4 by 4 cells turned to the keypoint's direction, each shared among the two nearest rows, columns and
/// directions.
fn descriptor(
    level: &Plane,
    extremum: &Extremum,
    angle: f32,
    samples: &mut Samples,
) -> [u8; DESCRIPTOR_BYTES] {
    const MARGIN: usize = CELLS + 2;
    let cell = CELL_SIGMAS * extremum.sigma;
    let (sine, cosine) = angle.sin_cos();
    let (sine, cosine) = (sine / cell, cosine / cell);
    // The window of 5 by 5 cells (4 and half a cell of interpolation on each side), turned.
    let radius = cell * std::f32::consts::SQRT_2 * (CELLS as f32 + 1.0) * 0.5;
    // The weight falls with half the descriptor's width as its standard deviation (Lowe 2004, §6.1).
    let falloff = -0.5 / (0.5 * CELLS as f32 * cell).powi(2);
    let columns = window(extremum.x, radius, level.width);
    let weights: Vec<f32> = columns
        .clone()
        .map(|x| (falloff * (x as f32 - extremum.x).powi(2)).exp())
        .collect();
    let middle = CELLS as f32 / 2.0 - 0.5;
    let end = CELLS as f32;
    samples.clear();
    for y in window(extremum.y, radius, level.height) {
        let dy = y as f32 - extremum.y;
        let weight = (falloff * dy * dy).exp();
        for (x, across) in columns.clone().zip(&weights) {
            let dx = x as f32 - extremum.x;
            let column = cosine * dx + sine * dy + middle;
            let row = cosine * dy - sine * dx + middle;
            if row > -1.0 && row < end && column > -1.0 && column < end {
                samples.push(level, y * level.width + x, weight * across);
                samples.cell.push((row, column));
            }
        }
    }
    samples.turn();
    // Cells one outside on each side and one direction more than there are catch what belongs to no cell.
    let mut sums = [0.0_f32; MARGIN * MARGIN * (BINS + 1)];
    let per_radian = BINS as f32 / TAU;
    for ((direction, weight), (row, column)) in
        samples.angle.iter().zip(&samples.weight).zip(&samples.cell)
    {
        let bin = (direction - angle) * per_radian;
        let bin = if bin < 0.0 { bin + BINS as f32 } else { bin };
        let (row, column) = (row + 1.0, column + 1.0);
        // Rounding may reach the next cell.
        let (r, c, b) = (
            (row as usize).min(CELLS),
            (column as usize).min(CELLS),
            (bin as usize).min(BINS - 1),
        );
        let (dr, dc, db) = (row - r as f32, column - c as f32, bin - b as f32);
        let below = weight * dr;
        let above = weight - below;
        let start = (r * MARGIN + c) * (BINS + 1) + b;
        let sums = &mut sums[start..start + (MARGIN + 1) * (BINS + 1) + 2];
        for (offset, row_weight) in [(0, above), (MARGIN * (BINS + 1), below)] {
            let right = row_weight * dc;
            let left = row_weight - right;
            sums[offset] += left * (1.0 - db);
            sums[offset + 1] += left * db;
            sums[offset + BINS + 1] += right * (1.0 - db);
            sums[offset + BINS + 2] += right * db;
        }
    }
    let mut values = [0.0_f32; DESCRIPTOR_BYTES];
    for (number, values) in values.chunks_exact_mut(BINS).enumerate() {
        let start = ((number / CELLS + 1) * MARGIN + number % CELLS + 1) * (BINS + 1);
        values.copy_from_slice(&sums[start..start + BINS]);
        // The direction after the last is the first.
        values[0] += sums[start + BINS];
    }
    root(&mut values)
}

/// Length 1, no value above [`MAX_SHARE`], then the square root of each value's share of the sum (Arandjelović,
/// Zisserman 2012): the Euclidean distance of two results is the Hellinger distance of what was counted.
fn root(values: &mut [f32; DESCRIPTOR_BYTES]) -> [u8; DESCRIPTOR_BYTES] {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    let most = MAX_SHARE * length;
    for value in values.iter_mut() {
        *value = value.min(most);
    }
    let sum: f32 = values.iter().sum();
    let mut bytes = [0; DESCRIPTOR_BYTES];
    if sum > 0.0 {
        for (byte, value) in bytes.iter_mut().zip(values) {
            *byte = ((*value / sum).sqrt() * DESCRIPTOR_LENGTH + 0.5).min(255.0) as u8;
        }
    }
    bytes
}
