//! Maps between two pictures: homographies and affine maps from matched points, robust against wrong matches.
//!
//! Estimation follows Hartley and Zisserman, Multiple View Geometry (2004), §4: normalized direct linear
//! transformation, random sample consensus (Fischler, Bolles 1981) with local optimization (Chum, Matas, Kittler
//! 2003). The sampling has a fixed seed: the same points give the same map.

use crate::limits::RANSAC_ITERATIONS_MAX;

/// A point of one picture and its match in the other: `(from x, from y, to x, to y)` in pixels.
pub type PointPair = (f64, f64, f64, f64);

/// A projective map of the plane, row by row, with the last entry 1 where it can be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homography(pub [f64; 9]);

impl Homography {
    /// Nothing moves.
    pub const IDENTITY: Self = Self([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);

    /// Moves by `(x, y)`.
    #[must_use]
    pub const fn translation(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, x, 0.0, 1.0, y, 0.0, 0.0, 1.0])
    }

    /// The map between two sizes of one picture whose corners lie on each other, with pixel centers at whole
    /// coordinates.
    #[must_use]
    pub fn scaling(from: (usize, usize), to: (usize, usize)) -> Self {
        let across = to.0 as f64 / from.0 as f64;
        let down = to.1 as f64 / from.1 as f64;
        Self([
            across,
            0.0,
            0.5 * across - 0.5,
            0.0,
            down,
            0.5 * down - 0.5,
            0.0,
            0.0,
            1.0,
        ])
    }

    /// Where the point goes; `None` behind the horizon.
    #[must_use]
    #[inline]
    pub fn apply(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let m = &self.0;
        let w = m[6] * x + m[7] * y + m[8];
        // A map that fits a picture keeps one sign of w over all of it.
        if w <= 1e-9 {
            return None;
        }
        Some((
            (m[0] * x + m[1] * y + m[2]) / w,
            (m[3] * x + m[4] * y + m[5]) / w,
        ))
    }

    /// First `other`, then this map.
    #[must_use]
    pub fn after(&self, other: &Self) -> Self {
        let (a, b) = (&self.0, &other.0);
        let mut product = [0.0; 9];
        for (row, chunk) in product.chunks_exact_mut(3).enumerate() {
            for (column, value) in chunk.iter_mut().enumerate() {
                *value = (0..3).map(|k| a[3 * row + k] * b[3 * k + column]).sum();
            }
        }
        Self(product).normalized()
    }

    /// The map back; `None` when there is none.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        let m = &self.0;
        let cofactors = [
            m[4] * m[8] - m[5] * m[7],
            m[2] * m[7] - m[1] * m[8],
            m[1] * m[5] - m[2] * m[4],
            m[5] * m[6] - m[3] * m[8],
            m[0] * m[8] - m[2] * m[6],
            m[2] * m[3] - m[0] * m[5],
            m[3] * m[7] - m[4] * m[6],
            m[1] * m[6] - m[0] * m[7],
            m[0] * m[4] - m[1] * m[3],
        ];
        let determinant = m[0] * cofactors[0] + m[1] * cofactors[3] + m[2] * cofactors[6];
        if determinant.abs() < 1e-12 || !determinant.is_finite() {
            return None;
        }
        Some(Self(cofactors.map(|value| value / determinant)).normalized())
    }

    /// Determinant of the linear part: the factor by which areas grow near the origin; negative for a mirror.
    #[must_use]
    pub fn area_factor(&self) -> f64 {
        self.0[0] * self.0[4] - self.0[1] * self.0[3]
    }

    fn normalized(mut self) -> Self {
        let last = self.0[8];
        if last.abs() > 1e-12 {
            for value in &mut self.0 {
                *value /= last;
            }
        }
        self
    }

    /// Distance in pixels between where the pair's first point goes and its second point.
    #[must_use]
    #[inline]
    pub fn error(&self, pair: &PointPair) -> f64 {
        self.apply(pair.0, pair.1)
            .map_or(f64::INFINITY, |(x, y)| (x - pair.2).hypot(y - pair.3))
    }
}

/// The homography that fits weighted pairs best in the algebraic sense, after normalization; at least four pairs.
/// `weights` may be empty for equal weights.
#[must_use]
pub fn fit_homography(pairs: &[PointPair], weights: &[f64]) -> Option<Homography> {
    if pairs.len() < 4 {
        return None;
    }
    let from = normalization(pairs.iter().map(|pair| (pair.0, pair.1)))?;
    let to = normalization(pairs.iter().map(|pair| (pair.2, pair.3)))?;
    // h33 = 1 in normalized coordinates: both centroids are at the origin, so a map of a picture onto a picture
    // never has the origin on its horizon.
    let mut system = [[0.0_f64; 9]; 8];
    for (number, pair) in pairs.iter().enumerate() {
        let weight = weights.get(number).copied().unwrap_or(1.0);
        let (x, y) = from.apply(pair.0, pair.1)?;
        let (u, v) = to.apply(pair.2, pair.3)?;
        accumulate(
            &mut system,
            &[x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y],
            u,
            weight,
        );
        accumulate(
            &mut system,
            &[0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y],
            v,
            weight,
        );
    }
    let h = solve(system)?;
    let map = Homography([h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1.0]);
    let map = to.inverse()?.after(&map).after(&from);
    map.0.iter().all(|value| value.is_finite()).then_some(map)
}

/// The affine map that fits weighted pairs best in the least-squares sense; at least three pairs. `weights` may be
/// empty for equal weights.
#[must_use]
pub fn fit_affine(pairs: &[PointPair], weights: &[f64]) -> Option<Homography> {
    if pairs.len() < 3 {
        return None;
    }
    let from = normalization(pairs.iter().map(|pair| (pair.0, pair.1)))?;
    let to = normalization(pairs.iter().map(|pair| (pair.2, pair.3)))?;
    let mut across = [[0.0_f64; 4]; 3];
    let mut down = [[0.0_f64; 4]; 3];
    for (number, pair) in pairs.iter().enumerate() {
        let weight = weights.get(number).copied().unwrap_or(1.0);
        let (x, y) = from.apply(pair.0, pair.1)?;
        let (u, v) = to.apply(pair.2, pair.3)?;
        accumulate(&mut across, &[x, y, 1.0], u, weight);
        accumulate(&mut down, &[x, y, 1.0], v, weight);
    }
    let (a, b) = (solve(across)?, solve(down)?);
    let map = Homography([a[0], a[1], a[2], b[0], b[1], b[2], 0.0, 0.0, 1.0]);
    let map = to.inverse()?.after(&map).after(&from);
    map.0.iter().all(|value| value.is_finite()).then_some(map)
}

/// The affine map that fits most pairs: `rounds` of least squares with weights `1 / (1 + (e / 2s)²)`, where `s` is
/// the larger of `floor` and 1.48 times the median error (iteratively reweighted least squares, Cauchy-like).
#[must_use]
pub fn fit_affine_robust(pairs: &[PointPair], rounds: usize, floor: f64) -> Option<Homography> {
    let mut map = fit_affine(pairs, &[])?;
    for _ in 0..rounds {
        let errors: Vec<f64> = pairs.iter().map(|pair| map.error(pair)).collect();
        let scale = floor.max(1.48 * median(&errors));
        let weights: Vec<f64> = errors
            .iter()
            .map(|error| 1.0 / (1.0 + (error / (2.0 * scale)).powi(2)))
            .collect();
        map = fit_affine(pairs, &weights)?;
    }
    Some(map)
}

/// A map found by random sampling and the pairs that agree with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Consensus {
    pub map: Homography,
    /// Numbers of the pairs within the tolerance.
    pub inliers: Vec<usize>,
}

/// The homography that most pairs agree with to `tolerance` pixels of the target picture, refined on those pairs.
/// Deterministic. `None` with fewer than four pairs or when no sample gives a map.
#[must_use]
pub fn ransac_homography(pairs: &[PointPair], tolerance: f64) -> Option<Consensus> {
    if pairs.len() < 4 {
        return None;
    }
    let mut random = Sampler(0x9E37_79B9_7F4A_7C15 ^ pairs.len() as u64);
    let mut best: Option<(f64, Homography)> = None;
    let mut iterations = RANSAC_ITERATIONS_MAX;
    let mut done = 0;
    while done < iterations {
        done += 1;
        let sample = random.four(pairs.len());
        let four = sample.map(|number| pairs[number]);
        if !keeps_order(&four) {
            continue;
        }
        let Some(map) = fit_homography(&four, &[]) else {
            continue;
        };
        let (cost, inliers) = cost(pairs, &map, tolerance);
        if best.as_ref().is_none_or(|(lowest, _)| cost < *lowest) {
            let (cost, map, inliers) = polish(pairs, cost, map, inliers, tolerance);
            best = Some((cost, map));
            // Stop when a better sample would have been drawn with 99.9 % probability.
            let share = (inliers as f64 / pairs.len() as f64).powi(4);
            let needed = if share >= 1.0 {
                1.0
            } else {
                (0.001_f64.ln() / (1.0 - share).ln()).ceil()
            };
            iterations = iterations.min(if needed.is_finite() && needed < 1e6 {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "between 1 and a million"
                )]
                {
                    needed.max(32.0) as usize
                }
            } else {
                RANSAC_ITERATIONS_MAX
            });
        }
    }
    let (_, map) = best?;
    let inliers: Vec<usize> = (0..pairs.len())
        .filter(|&number| map.error(&pairs[number]) <= tolerance)
        .collect();
    (inliers.len() >= 4).then_some(Consensus { map, inliers })
}

/// Least squares on the agreeing pairs, as long as that lowers the cost.
fn polish(
    pairs: &[PointPair],
    mut lowest: f64,
    mut map: Homography,
    mut inliers: usize,
    tolerance: f64,
) -> (f64, Homography, usize) {
    for _ in 0..4 {
        let agreeing: Vec<PointPair> = pairs
            .iter()
            .filter(|pair| map.error(pair) <= tolerance)
            .copied()
            .collect();
        let Some(refined) = fit_homography(&agreeing, &[]) else {
            break;
        };
        let (new_cost, count) = cost(pairs, &refined, tolerance);
        if new_cost >= lowest {
            break;
        }
        (lowest, map, inliers) = (new_cost, refined, count);
    }
    (lowest, map, inliers)
}

/// Truncated quadratic cost (MSAC, Torr and Zisserman 2000) and the number of pairs within the tolerance.
fn cost(pairs: &[PointPair], map: &Homography, tolerance: f64) -> (f64, usize) {
    let mut sum = 0.0;
    let mut inliers = 0;
    for pair in pairs {
        let part = map.error(pair) / tolerance;
        if part <= 1.0 {
            inliers += 1;
            sum += part * part;
        } else {
            sum += 1.0;
        }
    }
    (sum, inliers)
}

/// Whether every three of four points turn the same way in both pictures, or every three the other way: what a
/// projective map that a camera can make keeps. Also refuses three points in a line.
fn keeps_order(four: &[PointPair; 4]) -> bool {
    let mut same = 0;
    for skip in 0..4 {
        let mut three = (0..4).filter(|&number| number != skip);
        let (Some(a), Some(b), Some(c)) = (three.next(), three.next(), three.next()) else {
            return false;
        };
        let (a, b, c) = (&four[a], &four[b], &four[c]);
        let from = (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0);
        let to = (b.2 - a.2) * (c.3 - a.3) - (b.3 - a.3) * (c.2 - a.2);
        if from.abs() < 4.0 || to.abs() < 4.0 {
            return false;
        }
        if (from > 0.0) == (to > 0.0) {
            same += 1;
        }
    }
    same == 0 || same == 4
}

/// A small fixed generator (`SplitMix64`): sampling must give the same answer on every run.
struct Sampler(u64);

impl Sampler {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the product's upper half is below the limit"
        )]
        {
            ((u128::from(z) * limit as u128) >> 64) as usize
        }
    }

    fn four(&mut self, limit: usize) -> [usize; 4] {
        let mut sample = [0; 4];
        let mut filled = 0;
        while filled < 4 {
            let number = self.below(limit);
            if !sample[..filled].contains(&number) {
                sample[filled] = number;
                filled += 1;
            }
        }
        sample
    }
}

/// Centroid to the origin, mean distance to √2.
fn normalization(points: impl Iterator<Item = (f64, f64)> + Clone) -> Option<Homography> {
    let mut count = 0.0;
    let (mut x, mut y) = (0.0, 0.0);
    for point in points.clone() {
        x += point.0;
        y += point.1;
        count += 1.0;
    }
    (x, y) = (x / count, y / count);
    let distance = points
        .map(|point| (point.0 - x).hypot(point.1 - y))
        .sum::<f64>()
        / count;
    if distance.is_nan() || distance <= 1e-9 {
        return None;
    }
    let scale = std::f64::consts::SQRT_2 / distance;
    Some(Homography([
        scale,
        0.0,
        -scale * x,
        0.0,
        scale,
        -scale * y,
        0.0,
        0.0,
        1.0,
    ]))
}

/// Adds one equation to the normal equations; the right side stands in the last column.
fn accumulate<const N: usize, const M: usize>(
    system: &mut [[f64; M]; N],
    row: &[f64; N],
    right: f64,
    weight: f64,
) {
    for (i, left) in row.iter().enumerate() {
        if *left == 0.0 {
            continue;
        }
        for (j, other) in row.iter().enumerate() {
            system[i][j] += weight * left * other;
        }
        system[i][N] += weight * left * right;
    }
}

/// Gaussian elimination with partial pivoting.
pub(crate) fn solve<const N: usize, const M: usize>(mut system: [[f64; M]; N]) -> Option<[f64; N]> {
    for column in 0..N {
        let pivot = (column..N)
            .max_by(|&a, &b| system[a][column].abs().total_cmp(&system[b][column].abs()))?;
        if system[pivot][column].abs() < 1e-12 {
            return None;
        }
        system.swap(column, pivot);
        for row in column + 1..N {
            let factor = system[row][column] / system[column][column];
            let pivot = system[column];
            for (value, pivot) in system[row][column..].iter_mut().zip(&pivot[column..]) {
                *value -= factor * pivot;
            }
        }
    }
    let mut solution = [0.0; N];
    for row in (0..N).rev() {
        let known: f64 = (row + 1..N).map(|k| system[row][k] * solution[k]).sum();
        solution[row] = (system[row][N] - known) / system[row][row];
    }
    solution
        .iter()
        .all(|value| value.is_finite())
        .then_some(solution)
}

/// The middle value; 0 of nothing.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let mut sorted = values.to_vec();
    let middle = sorted.len() / 2;
    *sorted.select_nth_unstable_by(middle, f64::total_cmp).1
}
