//! Where small blocks of one picture lie in another that is almost on it, told along the directions in which each can
//! tell it: an edge says nothing about a shift along itself (the aperture problem).
//!
//! Blocks are laid on each other by their gradients (Lucas, Kanade 1981), with the mean of both pictures' gradients
//! (Malis 2004), so that smooth ware counts, whose blocks have no sharp peak of correlation in every direction. A
//! homography that fits what the blocks say is found in a few rounds.

use crate::geometry::{Homography, solve};
use crate::plane::Plane;
use crate::register::blocks::Coverage;

/// What one block says about one direction. Lengths are in pixels of the first picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slide {
    /// Middle of the block in the first picture.
    pub center: (f64, f64),
    /// The direction, of length 1.
    pub along: (f64, f64),
    /// How far the second picture has to be moved that way.
    pub distance: f64,
    /// Standard error of it.
    pub error: f64,
}

/// What the blocks of two pictures say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Slides {
    pub slides: Vec<Slide>,
    /// Middles of the blocks that have something to say, and whether both pictures look alike there.
    pub blocks: Vec<((f64, f64), bool)>,
}

impl Slides {
    /// Blocks that look alike.
    #[must_use]
    pub fn alike(&self) -> usize {
        self.blocks.iter().filter(|(_, alike)| *alike).count()
    }

    /// The share of them.
    #[must_use]
    pub fn share_alike(&self) -> f64 {
        self.alike() as f64 / self.blocks.len().max(1) as f64
    }
}

/// Side of the blocks, and distance between them.
const SIZE: usize = 24;
/// Standard deviation below which a block has nothing to say, in gray levels.
const LEAST_DEVIATION: f64 = 1.0;
/// Correlation of blocks that look alike.
const ALIKE: f64 = 0.7;
/// Neighboring pixels of a band-passed picture repeat each other; this many count as one.
const PIXELS_ALIKE: f64 = 8.0;
/// A greater standard error says nothing.
const MOST_ERROR: f64 = 0.15;
/// A greater distance is beyond what gradients can tell.
const MOST_DISTANCE: f64 = 2.5;
/// Pixels around a block that must have a counterpart too.
const MARGIN: usize = 2;

/// Asks the blocks of two band-passed pictures of one size.
#[must_use]
pub fn ask(first: &Plane, second: &Plane, coverage: &Coverage) -> Slides {
    let mut answer = Slides::default();
    if first.width < SIZE + 2 || first.height < SIZE + 2 {
        return answer;
    }
    for y in (1..first.height - SIZE).step_by(SIZE) {
        for x in (1..first.width - SIZE).step_by(SIZE) {
            if coverage.covers(x, y, SIZE, MARGIN) {
                ask_block(first, second, (x, y), &mut answer);
            }
        }
    }
    answer
}

/// A row of a block and the ones above and below it, with a pixel more at both ends.
fn three_rows(plane: &Plane, left: usize, y: usize) -> [&[f32]; 3] {
    [y - 1, y, y + 1].map(|y| &plane.row(y)[left - 1..=left + SIZE])
}

fn ask_block(first: &Plane, second: &Plane, (left, top): (usize, usize), answer: &mut Slides) {
    // Means and products of: first, second, gradient across, gradient down.
    let mut sums = [0.0_f64; 4];
    let mut products = [[0.0_f64; 4]; 4];
    for y in top..top + SIZE {
        let (one, other) = (three_rows(first, left, y), three_rows(second, left, y));
        for x in 1..=SIZE {
            let across = one[1][x + 1] - one[1][x - 1] + other[1][x + 1] - other[1][x - 1];
            let down = one[2][x] - one[0][x] + other[2][x] - other[0][x];
            let values = [one[1][x], other[1][x], 0.25 * across, 0.25 * down].map(f64::from);
            for (i, value) in values.iter().enumerate() {
                sums[i] += value;
                for (product, other) in products[i][i..].iter_mut().zip(&values[i..]) {
                    *product += value * other;
                }
            }
        }
    }
    let count = (SIZE * SIZE) as f64;
    let moment = |i: usize, j: usize| products[i.min(j)][i.max(j)] - sums[i] * sums[j] / count;
    let (of_first, of_second) = (moment(0, 0), moment(1, 1));
    let least = LEAST_DEVIATION * LEAST_DEVIATION * count;
    if of_first < least || of_second < least {
        return;
    }
    let middle = (SIZE as f64 - 1.0) / 2.0;
    let center = (left as f64 + middle, top as f64 + middle);
    // first = gain * second + gradient * shift: the gain is taken out, the shift is left.
    let without_gain = |i: usize, j: usize| moment(i, j) - moment(1, i) * moment(1, j) / of_second;
    let (xx, xy, yy) = (without_gain(2, 2), without_gain(2, 3), without_gain(3, 3));
    let (bx, by) = (without_gain(0, 2), without_gain(0, 3));
    let (mean, half) = (0.5 * (xx + yy), (0.25 * (xx - yy).powi(2) + xy * xy).sqrt());
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    let axes = [
        ((angle.cos(), angle.sin()), mean + half),
        ((-angle.sin(), angle.cos()), mean - half),
    ];
    let shifts = axes.map(|((x, y), strength)| (x * bx + y * by) / strength.max(1e-9));
    let told: f64 = axes
        .iter()
        .zip(shifts)
        .map(|((_, strength), shift)| shift * shift * strength.max(0.0))
        .sum();
    let rest = (without_gain(0, 0) - told).max(0.0);
    let alike = 1.0 - rest / of_first >= ALIKE * ALIKE && moment(0, 1) > 0.0;
    answer.blocks.push((center, alike));
    if !alike {
        return;
    }
    let noise = rest / count * PIXELS_ALIKE;
    for ((along, strength), distance) in axes.into_iter().zip(shifts) {
        let error = (noise / strength.max(1e-9)).sqrt();
        if error <= MOST_ERROR && distance.abs() <= MOST_DISTANCE {
            answer.slides.push(Slide {
                center,
                along,
                distance,
                error,
            });
        }
    }
}

/// Rounds of the robust fits.
const ROUNDS: usize = 6;
/// Errors below this many pixels count alike.
const FLOOR: f64 = 0.03;
/// How far a fit may go where the blocks say nothing, in pixels at the border: a soft limit.
const FREE: f64 = 4.0;
/// Fewer slides fit no map.
pub const LEAST_SLIDES: usize = 20;

/// The small homography of the first picture's plane that moves every block as it says; `None` with too few of them.
#[must_use]
pub fn fit(slides: &[Slide], size: (usize, usize)) -> Option<Homography> {
    let to_unit = to_unit(size);
    let found = robust::<8, 9>(slides, |slide| {
        let (x, y) = to_unit.apply(slide.center.0, slide.center.1)?;
        let (u, v) = slide.along;
        let turn = u * x + v * y;
        let row = [u, u * x, u * y, v, v * x, v * y, turn * x, turn * y];
        Some((row, slide.distance))
    })?;
    // The shift is in pixels, the place in units.
    let unit = to_unit.0[0];
    let [a, b, c, d, e, f, g, h] = found.map(|value| value * unit);
    let small = Homography([1.0 + b, c, a, e, 1.0 + f, d, -g, -h, 1.0]);
    Some(to_unit.inverse()?.after(&small).after(&to_unit))
}

/// The affine map from `from` to the first picture that fits what the blocks say; `from` tells a point of the first
/// picture's plane in the other picture.
#[must_use]
pub fn fit_affine(
    slides: &[Slide],
    size: (usize, usize),
    from: impl Fn(f64, f64) -> Option<(f64, f64)>,
    guess: &Homography,
) -> Option<Homography> {
    let to_unit = to_unit(size);
    let found = robust::<6, 7>(slides, |slide| {
        let (row_u, row_v) = slide.along;
        let (x, y) = moved(slide);
        let (x, y) = from(x, y)?;
        let (x, y) = guess.apply(x, y)?;
        let rest = row_u * (slide.center.0 - x) + row_v * (slide.center.1 - y);
        let (x, y) = to_unit.apply(x, y)?;
        Some((
            [row_u, row_u * x, row_u * y, row_v, row_v * x, row_v * y],
            rest,
        ))
    })?;
    let [a, b, c, d, e, f] = found.map(|value| value * to_unit.0[0]);
    let small = Homography([1.0 + b, c, a, e, 1.0 + f, d, 0.0, 0.0, 1.0]);
    Some(
        to_unit
            .inverse()?
            .after(&small)
            .after(&to_unit)
            .after(guess),
    )
}

/// Where the second picture shows what the first shows in the middle of the block, as far as the block can tell.
#[must_use]
pub fn moved(slide: &Slide) -> (f64, f64) {
    (
        slide.center.0 + slide.along.0 * slide.distance,
        slide.center.1 + slide.along.1 * slide.distance,
    )
}

/// From pixels to a plane in which the picture's longer half is 1 and its middle 0.
fn to_unit(size: (usize, usize)) -> Homography {
    let unit = 2.0 / size.0.max(size.1) as f64;
    let shift = |side: usize| -unit * (side as f64 - 1.0) / 2.0;
    Homography([
        unit,
        0.0,
        shift(size.0),
        0.0,
        unit,
        shift(size.1),
        0.0,
        0.0,
        1.0,
    ])
}

/// Iteratively reweighted least squares of one equation a slide, drawn softly to nothing.
fn robust<const N: usize, const M: usize>(
    slides: &[Slide],
    equation: impl Fn(&Slide) -> Option<([f64; N], f64)>,
) -> Option<[f64; N]> {
    let equations: Vec<([f64; N], f64, f64)> = slides
        .iter()
        .filter_map(|slide| {
            let (row, right) = equation(slide)?;
            Some((row, right, 1.0 / (slide.error.powi(2) + FLOOR * FLOOR)))
        })
        .collect();
    if equations.len() < LEAST_SLIDES {
        return None;
    }
    let mut found = [0.0; N];
    let mut scale = MOST_DISTANCE;
    for _ in 0..ROUNDS {
        let mut system = [[0.0; M]; N];
        for (row, right, weight) in &equations {
            let rest = right - dot(row, &found);
            let weight = weight / (1.0 + (rest / (2.0 * scale)).powi(2));
            for (sums, one) in system.iter_mut().zip(row) {
                for (sum, other) in sums.iter_mut().zip(row.iter().chain([right])) {
                    *sum += weight * one * other;
                }
            }
        }
        for (i, row) in system.iter_mut().enumerate() {
            row[i] += 1.0 / (FREE * FREE);
        }
        found = solve(system)?;
        let rests: Vec<f64> = equations
            .iter()
            .map(|(row, right, _)| (right - dot(row, &found)).abs())
            .collect();
        scale = (1.48 * crate::geometry::median(&rests)).max(FLOOR);
    }
    Some(found)
}

fn dot<const N: usize>(row: &[f64; N], values: &[f64; N]) -> f64 {
    row.iter().zip(values).map(|(a, b)| a * b).sum()
}
