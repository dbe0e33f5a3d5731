//! Where each small block of one picture lies in another that is almost on it: normalized cross-correlation with
//! sub-pixel peaks, and the vote of neighbours that tells a found place from a chance one.
#![expect(
    clippy::cast_possible_truncation,
    reason = "coordinates are within a picture whose sides are far below 2^24"
)]

use crate::plane::Plane;

/// How blocks are laid out and searched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// Side of a block in pixels, a multiple of 8.
    pub size: usize,
    /// Distance between blocks in pixels.
    pub step: usize,
    /// Farthest displacement searched, in pixels in each direction around the expected one.
    pub radius: usize,
    /// Blocks with a lower standard deviation in either picture are left out.
    pub minimum_deviation: f32,
}

/// One block that was searched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Column and row in the layout.
    pub cell: (usize, usize),
    /// Center of the block in the first picture, in pixels.
    pub center: (f64, f64),
    /// Where the block lies in the second picture, relative to its place in the first, in pixels.
    pub displacement: (f64, f64),
    /// Normalized cross-correlation at the peak, -1 to 1.
    pub correlation: f32,
    /// Whether the peak is sharp in every direction and inside the search, so that its place is known to a part of
    /// a pixel; stripes and smooth edges are not.
    pub firm: bool,
    /// Whether enough neighbours moved alike.
    pub agreed: bool,
}

/// Which pixels of a picture have a counterpart, for asking about whole rectangles.
#[derive(Debug)]
pub struct Coverage {
    width: usize,
    height: usize,
    missing: Vec<u32>,
}

impl Coverage {
    /// From one flag a pixel.
    #[must_use]
    pub fn of(inside: &[bool], width: usize, height: usize) -> Self {
        let stride = width + 1;
        let mut missing = vec![0; stride * (height + 1)];
        for y in 0..height {
            let mut row = 0;
            for x in 0..width {
                row += u32::from(!inside[y * width + x]);
                missing[(y + 1) * stride + x + 1] = missing[y * stride + x + 1] + row;
            }
        }
        Self {
            width,
            height,
            missing,
        }
    }

    /// Whether every pixel of a rectangle grown by `margin` is covered; what lies outside the picture is not asked.
    #[must_use]
    pub fn covers(&self, x: usize, y: usize, size: usize, margin: usize) -> bool {
        let (left, top) = (x.saturating_sub(margin), y.saturating_sub(margin));
        let right = (x + size + margin).min(self.width);
        let bottom = (y + size + margin).min(self.height);
        let at = |x: usize, y: usize| self.missing[y * (self.width + 1) + x];
        at(right, bottom) + at(left, top) == at(left, bottom) + at(right, top)
    }
}

/// Sums over rectangles of a plane and of its square.
struct Sums {
    stride: usize,
    of_values: Vec<f64>,
    of_squares: Vec<f64>,
}

impl Sums {
    fn of(plane: &Plane) -> Self {
        let stride = plane.width + 1;
        let mut of_values = vec![0.0; stride * (plane.height + 1)];
        let mut of_squares = of_values.clone();
        for y in 0..plane.height {
            let (mut row, mut row_squares) = (0.0, 0.0);
            for (x, value) in plane.row(y).iter().enumerate() {
                let value = f64::from(*value);
                row += value;
                row_squares += value * value;
                let at = (y + 1) * stride + x + 1;
                of_values[at] = of_values[at - stride] + row;
                of_squares[at] = of_squares[at - stride] + row_squares;
            }
        }
        Self {
            stride,
            of_values,
            of_squares,
        }
    }

    /// Sum of squared deviations from the mean in a square.
    fn variation(&self, x: usize, y: usize, size: usize) -> f64 {
        let rectangle = |sums: &[f64]| {
            sums[(y + size) * self.stride + x + size] + sums[y * self.stride + x]
                - sums[y * self.stride + x + size]
                - sums[(y + size) * self.stride + x]
        };
        let sum = rectangle(&self.of_values);
        (rectangle(&self.of_squares) - sum * sum / (size * size) as f64).max(0.0)
    }
}

/// Finds the blocks of `first` in `second`, both of one size. `expected` tells the displacement around which the block
/// with this center is searched.
#[must_use]
pub fn search(
    first: &Plane,
    second: &Plane,
    coverage: &Coverage,
    layout: &Layout,
    expected: impl Fn(f64, f64) -> (f64, f64),
) -> Vec<Found> {
    let Layout {
        size, step, radius, ..
    } = *layout;
    let mut found = Vec::new();
    if first.width < size || first.height < size {
        return found;
    }
    let (first_sums, second_sums) = (Sums::of(first), Sums::of(second));
    let least = f64::from(layout.minimum_deviation).powi(2) * (size * size) as f64;
    let columns = (first.width - size) / step + 1;
    let rows = (first.height - size) / step + 1;
    // The grid is centered, so that what is left over is shared by both borders.
    let left = (first.width - size - (columns - 1) * step) / 2;
    let top = (first.height - size - (rows - 1) * step) / 2;
    let mut block = vec![0.0_f32; size * size];
    let side = 2 * radius + 1;
    let mut peaks = vec![-1.0_f32; side * side];
    for row in 0..rows {
        for column in 0..columns {
            let (x, y) = (left + column * step, top + row * step);
            if !coverage.covers(x, y, size, COVERAGE_MARGIN) {
                continue;
            }
            let variation = first_sums.variation(x, y, size);
            if variation < least {
                continue;
            }
            cut(first, x, y, size, &mut block);
            let half = (size as f64 - 1.0) / 2.0;
            let center = (x as f64 + half, y as f64 + half);
            let expected = expected(center.0, center.1);
            let (base_x, base_y) = (
                x.cast_signed() + expected.0.round() as isize,
                y.cast_signed() + expected.1.round() as isize,
            );
            peaks.fill(-1.0);
            let mut best = (0, -1.0_f32);
            for (number, peak) in peaks.iter_mut().enumerate() {
                let u = base_x + (number % side).cast_signed() - radius.cast_signed();
                let v = base_y + (number / side).cast_signed() - radius.cast_signed();
                let (Ok(u), Ok(v)) = (usize::try_from(u), usize::try_from(v)) else {
                    continue;
                };
                if u + size > second.width || v + size > second.height {
                    continue;
                }
                let other = second_sums.variation(u, v, size);
                if other < least {
                    continue;
                }
                let product = product(&block, second, u, v, size);
                let correlation = (f64::from(product) / (variation * other).sqrt()) as f32;
                *peak = correlation;
                if correlation > best.1 {
                    best = (number, correlation);
                }
            }
            let (number, correlation) = best;
            if correlation <= 0.0 {
                continue;
            }
            let (dx, dy) = (number % side, number / side);
            let around = (dx > 0 && dx + 1 < side && dy > 0 && dy + 1 < side).then(|| {
                std::array::from_fn(|tap| peaks[(dy + tap / 3 - 1) * side + dx + tap % 3 - 1])
            });
            let top = around.and_then(|around| summit(&around));
            let (part_x, part_y) = top.unwrap_or((0.0, 0.0));
            let moved = |base: isize, from: usize, shift: usize, part: f32| {
                (base - from.cast_signed() + shift.cast_signed() - radius.cast_signed()) as f64
                    + f64::from(part)
            };
            found.push(Found {
                cell: (column, row),
                center,
                displacement: (moved(base_x, x, dx, part_x), moved(base_y, y, dy, part_y)),
                correlation,
                firm: top.is_some(),
                agreed: false,
            });
        }
    }
    found
}

/// Pixels around a block that must have a counterpart too: half of the finest blur.
const COVERAGE_MARGIN: usize = 2;

/// Copies a block and takes its mean off.
fn cut(plane: &Plane, x: usize, y: usize, size: usize, block: &mut [f32]) {
    for (row, target) in block.chunks_exact_mut(size).enumerate() {
        target.copy_from_slice(&plane.row(y + row)[x..x + size]);
    }
    let mean = block.iter().sum::<f32>() / block.len() as f32;
    for value in block {
        *value -= mean;
    }
}

/// The scalar product of a block and a square of a plane. Eight partial sums, which the compiler keeps in vector
/// registers; their order is fixed.
fn product(block: &[f32], plane: &Plane, x: usize, y: usize, size: usize) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (row, line) in block.chunks_exact(size).enumerate() {
        let start = (y + row) * plane.width + x;
        let other = &plane.data[start..start + size];
        for (a, b) in line.chunks_exact(8).zip(other.chunks_exact(8)) {
            for lane in 0..8 {
                sums[lane] += a[lane] * b[lane];
            }
        }
    }
    sums.iter().sum()
}

/// A correlation that falls by less than half of this one pixel away, in whatever direction, has no sharp peak.
const LEAST_CURVATURE: f32 = 0.02;

/// The place of the highest point of the quadratic surface through nine correlations, relative to the middle one,
/// which is the highest; `None` where it is flat in some direction.
fn summit(around: &[f32; 9]) -> Option<(f32, f32)> {
    // -1 stands for a place that could not be compared.
    if around.iter().any(|value| *value <= -1.0) {
        return None;
    }
    let [a, b, c, d, e, f, g, h, i] = *around;
    let (slope_x, slope_y) = (0.5 * (f - d), 0.5 * (h - b));
    let (across, down) = (2.0 * e - d - f, 2.0 * e - b - h);
    let both = 0.25 * (a + i - c - g);
    let mean = 0.5 * (across + down);
    let least = mean - (0.25 * (across - down).powi(2) + both * both).sqrt();
    if least < LEAST_CURVATURE {
        return None;
    }
    // The Hessian is (-across, both; both, -down).
    let determinant = across * down - both * both;
    let x = (slope_x * down + slope_y * both) / determinant;
    let y = (slope_y * across + slope_x * both) / determinant;
    Some((x.clamp(-1.0, 1.0), y.clamp(-1.0, 1.0)))
}

/// Marks the blocks that moved like enough of their neighbours: of those within two cells (at least three), the
/// nearest two fifths in displacement all lie within `tolerance` pixels, and the correlation is above
/// `least_correlation`.
pub fn vote(found: &mut [Found], tolerance: f64, least_correlation: f32) {
    let columns = found
        .iter()
        .map(|block| block.cell.0 + 1)
        .max()
        .unwrap_or(0);
    let rows = found
        .iter()
        .map(|block| block.cell.1 + 1)
        .max()
        .unwrap_or(0);
    let mut grid: Vec<Option<(f64, f64)>> = vec![None; columns * rows];
    for block in found.iter() {
        grid[block.cell.1 * columns + block.cell.0] = Some(block.displacement);
    }
    let mut distances = Vec::with_capacity(24);
    for block in found.iter_mut() {
        let (column, row) = block.cell;
        distances.clear();
        for other_row in row.saturating_sub(2)..(row + 3).min(rows) {
            for other_column in column.saturating_sub(2)..(column + 3).min(columns) {
                if (other_column, other_row) == block.cell {
                    continue;
                }
                if let Some(other) = grid[other_row * columns + other_column] {
                    distances.push(
                        (other.0 - block.displacement.0).hypot(other.1 - block.displacement.1),
                    );
                }
            }
        }
        if distances.len() < 3 || block.correlation <= least_correlation {
            block.agreed = false;
            continue;
        }
        distances.sort_unstable_by(f64::total_cmp);
        let needed = (distances.len() * 2).div_ceil(5).max(3);
        block.agreed = distances[needed - 1] <= tolerance;
    }
}
