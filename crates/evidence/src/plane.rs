//! One channel of a picture as floating point, and the few operations that comparing pictures needs.
//!
//! Pixel centers are at whole coordinates: (0, 0) is the center of the top left pixel. Everything here is plain
//! sequential arithmetic, so that a finding can be run again bit for bit.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "coordinates are within a picture whose sides are far below 2^24"
)]

use crate::geometry::Homography;

/// A picture of one channel, row by row. Values are those of 8-bit pixels, 0 to 255, but may leave that range.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    pub width: usize,
    pub height: usize,
    /// `width * height` values.
    pub data: Vec<f32>,
}

impl Plane {
    /// A plane of zeros.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            data: vec![0.0; width * height],
        }
    }

    /// A plane whose pixels are told by a function of column and row.
    #[must_use]
    pub fn from_fn(
        width: usize,
        height: usize,
        mut value: impl FnMut(usize, usize) -> f32,
    ) -> Self {
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                data.push(value(x, y));
            }
        }
        Self {
            width,
            height,
            data,
        }
    }

    /// Channel 0, 1 or 2 of rows of 8-bit RGB.
    #[must_use]
    pub fn channel_of_rgb(rgb: &[u8], width: usize, height: usize, channel: usize) -> Self {
        let data = rgb
            .chunks_exact(3)
            .take(width * height)
            .map(|pixel| f32::from(pixel[channel]))
            .collect();
        Self {
            width,
            height,
            data,
        }
    }

    /// Luma (ITU-R BT.601) of three planes of the same size.
    #[must_use]
    pub fn luma(red: &Self, green: &Self, blue: &Self) -> Self {
        let data = red
            .data
            .iter()
            .zip(&green.data)
            .zip(&blue.data)
            .map(|((r, g), b)| 0.299 * r + 0.587 * g + 0.114 * b)
            .collect();
        Self {
            width: red.width,
            height: red.height,
            data,
        }
    }

    /// Whether there are no pixels.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The pixel at column `x` and row `y`, which must be inside.
    #[must_use]
    #[inline]
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.data[y * self.width + x]
    }

    /// One row.
    #[must_use]
    #[inline]
    pub fn row(&self, y: usize) -> &[f32] {
        &self.data[y * self.width..(y + 1) * self.width]
    }

    /// The nearest pixel inside.
    #[must_use]
    #[inline]
    pub fn clamped(&self, x: isize, y: isize) -> f32 {
        let x = x.clamp(0, self.width.cast_signed() - 1).cast_unsigned();
        let y = y.clamp(0, self.height.cast_signed() - 1).cast_unsigned();
        self.at(x, y)
    }

    /// The same picture seen in a mirror: left and right change places.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let mut data = Vec::with_capacity(self.data.len());
        for y in 0..self.height {
            data.extend(self.row(y).iter().rev());
        }
        Self {
            width: self.width,
            height: self.height,
            data,
        }
    }

    /// Resized to `width` by `height` with the corners of the two pictures on each other: averaged over the area of
    /// the new pixel where it shrinks, Catmull-Rom where it grows.
    #[must_use]
    pub fn resized(&self, width: usize, height: usize) -> Self {
        if (width, height) == (self.width, self.height) {
            return self.clone();
        }
        let columns = weights(self.width, width);
        let rows = weights(self.height, height);
        let mut wide = Self::new(width, self.height);
        for y in 0..self.height {
            let source = self.row(y);
            let target = &mut wide.data[y * width..(y + 1) * width];
            for (value, (first, taps)) in target.iter_mut().zip(&columns) {
                *value = taps
                    .iter()
                    .zip(&source[*first..])
                    .map(|(weight, pixel)| weight * pixel)
                    .sum();
            }
        }
        let mut target = Self::new(width, height);
        for (y, (first, taps)) in rows.iter().enumerate() {
            let row = &mut target.data[y * width..(y + 1) * width];
            for (tap, weight) in taps.iter().enumerate() {
                for (value, pixel) in row.iter_mut().zip(wide.row(first + tap)) {
                    *value += weight * pixel;
                }
            }
        }
        target
    }

    /// Blurred with a Gaussian of `sigma` pixels; the border is repeated outward.
    #[must_use]
    pub fn blurred(&self, sigma: f32) -> Self {
        if sigma <= 0.0 || self.is_empty() {
            return self.clone();
        }
        let kernel = gaussian(sigma);
        let radius = kernel.len() / 2;
        let mut across = Self::new(self.width, self.height);
        let mut padded = vec![0.0; self.width + 2 * radius];
        for y in 0..self.height {
            let source = self.row(y);
            padded[..radius].fill(source[0]);
            padded[radius..radius + self.width].copy_from_slice(source);
            padded[radius + self.width..].fill(source[self.width - 1]);
            let target = &mut across.data[y * self.width..(y + 1) * self.width];
            weighted_sum(target, &kernel, |tap| &padded[tap..]);
        }
        let mut target = Self::new(self.width, self.height);
        for y in 0..self.height {
            let row = &mut target.data[y * self.width..(y + 1) * self.width];
            weighted_sum(row, &kernel, |tap| {
                across.row((y + tap).saturating_sub(radius).min(self.height - 1))
            });
        }
        target
    }

    /// The difference of two Gaussian blurs: what lies between the two scales.
    #[must_use]
    pub fn band(&self, fine: f32, coarse: f32) -> Self {
        let mut band = self.blurred(fine);
        let blurred = self.blurred(coarse);
        for (value, coarse) in band.data.iter_mut().zip(&blurred.data) {
            *value -= coarse;
        }
        band
    }

    /// The value at a place between pixels, linear in each direction; the border is repeated outward.
    #[must_use]
    #[inline]
    pub fn bilinear(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = (
            (left + 1).min(self.width - 1),
            (top + 1).min(self.height - 1),
        );
        let (part_x, part_y) = (x - left as f32, y - top as f32);
        let above = self.at(left, top) * (1.0 - part_x) + self.at(right, top) * part_x;
        let below = self.at(left, bottom) * (1.0 - part_x) + self.at(right, bottom) * part_x;
        above * (1.0 - part_y) + below * part_y
    }

    /// The value at a place between pixels, Catmull-Rom in each direction; the border is repeated outward.
    #[must_use]
    #[inline]
    pub fn cubic(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (left, top) = (x as isize, y as isize);
        let across = catmull_rom(x - left as f32);
        let down = catmull_rom(y - top as f32);
        let mut sum = 0.0;
        if left >= 1
            && top >= 1
            && left + 2 < self.width.cast_signed()
            && top + 2 < self.height.cast_signed()
        {
            for (row, weight) in down.iter().enumerate() {
                let start = (top.cast_unsigned() + row - 1) * self.width + left.cast_unsigned() - 1;
                let taps = &self.data[start..start + 4];
                sum += weight
                    * (taps[0] * across[0]
                        + taps[1] * across[1]
                        + taps[2] * across[2]
                        + taps[3] * across[3]);
            }
            return sum;
        }
        for (row, weight) in (-1..=2).zip(down) {
            let mut line = 0.0;
            for (column, weight) in (-1..=2).zip(across) {
                line += weight * self.clamped(left + column, top + row);
            }
            sum += weight * line;
        }
        sum
    }

    /// [`Plane::cubic`] at several places at once, to the bit: what is the same for each place is reckoned side by side.
    #[must_use]
    #[inline]
    pub fn cubic_lanes(&self, x: [f32; CUBIC_LANES], y: [f32; CUBIC_LANES]) -> [f32; CUBIC_LANES] {
        let held_x = x.map(|x| x.clamp(0.0, (self.width - 1) as f32));
        let held_y = y.map(|y| y.clamp(0.0, (self.height - 1) as f32));
        let (left, top) = (held_x.map(|x| x as i32), held_y.map(|y| y as i32));
        let (last_left, last_top) = (self.width.cast_signed() - 3, self.height.cast_signed() - 3);
        let is_interior = (0..CUBIC_LANES).fold(true, |all, lane| {
            let (left, top) = (left[lane] as isize, top[lane] as isize);
            all & (left >= 1) & (top >= 1) & (left <= last_left) & (top <= last_top)
        });
        if !is_interior {
            return std::array::from_fn(|lane| self.cubic(x[lane], y[lane]));
        }
        let across =
            catmull_rom_lanes(std::array::from_fn(|lane| held_x[lane] - left[lane] as f32));
        let down = catmull_rom_lanes(std::array::from_fn(|lane| held_y[lane] - top[lane] as f32));
        let starts: [usize; CUBIC_LANES] = std::array::from_fn(|lane| {
            (top[lane] as usize - 1) * self.width + left[lane] as usize - 1
        });
        let mut sums = [0.0; CUBIC_LANES];
        for (row, weights) in down.iter().enumerate() {
            let mut taps = [[0.0; CUBIC_LANES]; 4];
            for (lane, start) in starts.iter().enumerate() {
                let start = start + row * self.width;
                let line = &self.data[start..start + 4];
                for (taps, value) in taps.iter_mut().zip(line) {
                    taps[lane] = *value;
                }
            }
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum += weights[lane]
                    * (taps[0][lane] * across[0][lane]
                        + taps[1][lane] * across[1][lane]
                        + taps[2][lane] * across[2][lane]
                        + taps[3][lane] * across[3][lane]);
            }
        }
        sums
    }

    /// A picture of `width` by `height` whose pixel at `p` is this one's at `map(p)` (cubic), and where that lies
    /// inside this picture.
    #[must_use]
    pub fn warped(&self, map: &Homography, width: usize, height: usize) -> (Self, Vec<bool>) {
        let mut target = Self::new(width, height);
        let mut inside = vec![false; width * height];
        let (right, bottom) = ((self.width - 1) as f64, (self.height - 1) as f64);
        for y in 0..height {
            let line = y * width..(y + 1) * width;
            let pieces = target.data[line.clone()].chunks_mut(CUBIC_LANES);
            for (piece, (values, inside)) in
                pieces.zip(inside[line].chunks_mut(CUBIC_LANES)).enumerate()
            {
                let (mut us, mut vs) = ([0.0; CUBIC_LANES], [0.0; CUBIC_LANES]);
                for (lane, inside) in inside.iter_mut().enumerate() {
                    let x = piece * CUBIC_LANES + lane;
                    if let Some((u, v)) = map.apply(x as f64, y as f64)
                        && (0.0..=right).contains(&u)
                        && (0.0..=bottom).contains(&v)
                    {
                        (us[lane], vs[lane]) = (u as f32, v as f32);
                        *inside = true;
                    }
                }
                if !inside.contains(&true) {
                    continue;
                }
                let drawn = self.cubic_lanes(us, vs);
                for ((value, drawn), inside) in values.iter_mut().zip(drawn).zip(inside) {
                    if *inside {
                        *value = drawn;
                    }
                }
            }
        }
        (target, inside)
    }

    /// Horizontal and vertical derivatives (Scharr's 3 by 3 kernels, in values per pixel).
    #[must_use]
    pub fn gradients(&self) -> (Self, Self) {
        let mut across = Self::new(self.width, self.height);
        let mut down = Self::new(self.width, self.height);
        for y in 0..self.height {
            let above = self.row(y.saturating_sub(1));
            let here = self.row(y);
            let below = self.row((y + 1).min(self.height - 1));
            for x in 0..self.width {
                let (left, right) = (x.saturating_sub(1), (x + 1).min(self.width - 1));
                across.data[y * self.width + x] = (3.0 * (above[right] - above[left])
                    + 10.0 * (here[right] - here[left])
                    + 3.0 * (below[right] - below[left]))
                    / 32.0;
                down.data[y * self.width + x] = (3.0 * (below[left] - above[left])
                    + 10.0 * (below[x] - above[x])
                    + 3.0 * (below[right] - above[right]))
                    / 32.0;
            }
        }
        (across, down)
    }

    /// Mean over a square window of `2 * radius + 1` pixels; at the border over the part of it that is inside.
    #[must_use]
    pub fn box_mean(&self, radius: usize) -> Self {
        let (width, height) = (self.width, self.height);
        let mut target = Self::new(width, height);
        let shares: Vec<f64> = (0..width)
            .map(|x| 1.0 / ((x + radius + 1).min(width) - x.saturating_sub(radius)) as f64)
            .collect();
        // The window's sums slide down over all columns at once: rows lie together in memory, columns do not.
        let mut sums = vec![0.0_f64; width];
        for y in 0..radius.min(height) {
            for (sum, value) in sums.iter_mut().zip(self.row(y)) {
                *sum += f64::from(*value);
            }
        }
        // Sums from the left, with so many copies of the last one that every window ends inside.
        let mut totals = vec![0.0_f64; width + 2 * radius + 1];
        for y in 0..height {
            if y + radius < height {
                for (sum, value) in sums.iter_mut().zip(self.row(y + radius)) {
                    *sum += f64::from(*value);
                }
            }
            if y > radius {
                for (sum, value) in sums.iter_mut().zip(self.row(y - radius - 1)) {
                    *sum -= f64::from(*value);
                }
            }
            let mut total = 0.0;
            for (slot, sum) in totals[radius + 1..].iter_mut().zip(&sums) {
                total += sum;
                *slot = total;
            }
            totals[radius + 1 + width..].fill(total);
            let rows = (y + radius + 1).min(height) - y.saturating_sub(radius);
            let share = 1.0 / rows as f64;
            let row = &mut target.data[y * width..(y + 1) * width];
            for (((value, left), right), across) in row
                .iter_mut()
                .zip(&totals)
                .zip(&totals[2 * radius + 1..])
                .zip(&shares)
            {
                *value = ((right - left) * (share * across)) as f32;
            }
        }
        target
    }
}

/// Places that [`Plane::cubic_lanes`] looks at together.
pub const CUBIC_LANES: usize = 4;

/// Pixels that are summed side by side in registers.
const LANES: usize = 16;

/// Sets each value to the sum of the weights times the values at the same place of the lines, in the weights' order.
#[inline]
fn weighted_sum<'a>(target: &mut [f32], weights: &[f32], line: impl Fn(usize) -> &'a [f32]) {
    let whole = target.len() - target.len() % LANES;
    let (chunks, rest) = target.split_at_mut(whole);
    for (chunk, values) in chunks.chunks_exact_mut(LANES).enumerate() {
        let start = chunk * LANES;
        let mut sums = [0.0_f32; LANES];
        for (tap, weight) in weights.iter().enumerate() {
            let source = &line(tap)[start..start + LANES];
            for (sum, value) in sums.iter_mut().zip(source) {
                *sum += weight * value;
            }
        }
        values.copy_from_slice(&sums);
    }
    for (index, value) in rest.iter_mut().enumerate() {
        *value = weights
            .iter()
            .enumerate()
            .map(|(tap, weight)| weight * line(tap)[whole + index])
            .sum();
    }
}

/// The weights of the four taps around a place `part` of the way from the second to the third (Catmull, Rom 1974).
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

/// [`catmull_rom`] of several parts.
#[inline]
fn catmull_rom_lanes(part: [f32; CUBIC_LANES]) -> [[f32; CUBIC_LANES]; 4] {
    let mut weights = [[0.0; CUBIC_LANES]; 4];
    for (lane, part) in part.into_iter().enumerate() {
        let [first, second, third, fourth] = catmull_rom(part);
        weights[0][lane] = first;
        weights[1][lane] = second;
        weights[2][lane] = third;
        weights[3][lane] = fourth;
    }
    weights
}

/// A normalized kernel that reaches three sigmas.
fn gaussian(sigma: f32) -> Vec<f32> {
    let radius = (3.0 * sigma).ceil().max(1.0) as usize;
    let mut kernel: Vec<f32> = (0..=2 * radius)
        .map(|tap| {
            let distance = (tap as f32 - radius as f32) / sigma;
            (-0.5 * distance * distance).exp()
        })
        .collect();
    let sum: f32 = kernel.iter().sum();
    for weight in &mut kernel {
        *weight /= sum;
    }
    kernel
}

/// For each new pixel of one direction, the first old pixel and the weights from there on.
fn weights(old: usize, new: usize) -> Vec<(usize, Vec<f32>)> {
    let scale = old as f64 / new as f64;
    (0..new)
        .map(|target| {
            if scale > 1.0 {
                // The share of each old pixel that the new one covers.
                let (from, to) = (target as f64 * scale, (target + 1) as f64 * scale);
                let first = from as usize;
                let last = (to.ceil() as usize).min(old);
                let taps = (first..last)
                    .map(|pixel| {
                        let covered = to.min((pixel + 1) as f64) - from.max(pixel as f64);
                        (covered.max(0.0) / scale) as f32
                    })
                    .collect();
                return (first, taps);
            }
            let place = ((target as f64 + 0.5) * scale - 0.5).clamp(0.0, (old - 1) as f64);
            let left = place as usize;
            let taps = catmull_rom((place - left as f64) as f32);
            let first = left.saturating_sub(1);
            let last = (left + 3).min(old);
            let mut inside = vec![0.0; last - first];
            for (tap, weight) in taps.iter().enumerate() {
                let pixel = (left + tap).saturating_sub(1).clamp(first, last - 1);
                inside[pixel - first] += weight;
            }
            (first, inside)
        })
        .collect()
}
