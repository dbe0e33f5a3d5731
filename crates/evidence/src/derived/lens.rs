//! A flat thing seen through a lens that bends straight lines: what a phone held close to a screen or a print sees.
//!
//! A homography alone leaves a pixel or more of such a photo unexplained at its borders, as much as depth does. One
//! term more, the first of radial distortion (Brown 1966), explains it and explains no depth.

use crate::geometry::{Homography, PointPair, median, solve};

/// Rounds of the fit.
const ROUNDS: usize = 6;
/// Errors below this many pixels count alike.
const FLOOR: f64 = 0.15;
/// The strongest bend, as the part of half the longer side that a point at its end moves. Lenses of phones keep within
/// 0.03 and correct most of it; more is another shape.
pub const BEND_MOST: f64 = 0.06;

/// A homography and the bend of the lens that saw it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lens {
    /// From the reference to the picture that a lens without bend would have seen.
    pub map: Homography,
    /// Moves a point at `r` halves of the longer side from the middle by `bend · r³` of them.
    pub bend: f64,
    middle: (f64, f64),
    half: f64,
}

impl Lens {
    /// Distance in pixels between where the pair's first point is seen and its second point.
    #[must_use]
    pub fn error(&self, pair: &PointPair) -> f64 {
        self.seen(pair.0, pair.1).map_or(f64::INFINITY, |(x, y)| {
            let (x, y) = (self.middle.0 + x * self.half, self.middle.1 + y * self.half);
            (x - pair.2).hypot(y - pair.3)
        })
    }

    /// Where a point of the reference is seen, in halves of the longer side from the middle.
    fn seen(&self, u: f64, v: f64) -> Option<(f64, f64)> {
        let (x, y) = self.unit(self.map.apply(u, v)?);
        let bend = 1.0 + self.bend * (x * x + y * y);
        Some((x * bend, y * bend))
    }

    fn unit(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (
            (x - self.middle.0) / self.half,
            (y - self.middle.1) / self.half,
        )
    }
}

/// The homography and bend that fit most pairs (reference to a claim of this size), from a first guess: iteratively
/// reweighted least squares with Cauchy weights. `None` when the pairs do not tell, or the bend is stronger than
/// [`BEND_MOST`].
#[must_use]
pub fn fit(pairs: &[PointPair], guess: &Homography, size: (f64, f64)) -> Option<Lens> {
    let half = (size.0.max(size.1) / 2.0).max(1.0);
    let middle = ((size.0 - 1.0) / 2.0, (size.1 - 1.0) / 2.0);
    let to_unit = Homography([
        1.0 / half,
        0.0,
        -middle.0 / half,
        0.0,
        1.0 / half,
        -middle.1 / half,
        0.0,
        0.0,
        1.0,
    ]);
    let from_unit = to_unit.inverse()?;
    let mut lens = Lens {
        map: *guess,
        bend: 0.0,
        middle,
        half,
    };
    for _ in 0..ROUNDS {
        let errors: Vec<f64> = pairs.iter().map(|pair| lens.error(pair)).collect();
        let scale = 2.0 * FLOOR.max(1.48 * median(&errors));
        let mut system = [[0.0_f64; 10]; 9];
        for (pair, error) in pairs.iter().zip(&errors) {
            let weight = 1.0 / (1.0 + (error / scale).powi(2));
            let Some((x, y)) = lens.map.apply(pair.0, pair.1).map(|at| lens.unit(at)) else {
                continue;
            };
            let (seen_x, seen_y) = lens.seen(pair.0, pair.1)?;
            let (to_x, to_y) = lens.unit((pair.2, pair.3));
            let away = x * x + y * y;
            // A small homography before the bend, and a change of the bend.
            let across = [1.0, x, y, 0.0, 0.0, 0.0, x * x, x * y, x * away];
            let down = [0.0, 0.0, 0.0, 1.0, x, y, x * y, y * y, y * away];
            for (row, right) in [(across, to_x - seen_x), (down, to_y - seen_y)] {
                for (sums, one) in system.iter_mut().zip(row) {
                    for (sum, other) in sums.iter_mut().zip(row.iter().chain([&right])) {
                        *sum += weight * one * other;
                    }
                }
            }
        }
        let [a, b, c, d, e, f, g, h, bend] = solve(system)?;
        let small = Homography([1.0 + b, c, a, e, 1.0 + f, d, -g, -h, 1.0]);
        lens.map = from_unit.after(&small).after(&to_unit).after(&lens.map);
        lens.bend += bend;
    }
    (lens.bend.abs() <= BEND_MOST && lens.map.0.iter().all(|value| value.is_finite()))
        .then_some(lens)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (f64, f64) = (640.0, 480.0);

    fn grid(seen: impl Fn(f64, f64) -> (f64, f64)) -> Vec<PointPair> {
        (0..20)
            .flat_map(|row| (0..20).map(move |column| (column, row)))
            .map(|(column, row)| {
                let (u, v) = (f64::from(column) * 32.0, f64::from(row) * 24.0);
                let (x, y) = seen(u, v);
                (u, v, x, y)
            })
            .collect()
    }

    fn tilted(u: f64, v: f64) -> (f64, f64) {
        Homography([0.93, 0.02, 11.0, -0.03, 0.95, 14.0, 6e-5, -4e-5, 1.0])
            .apply(u, v)
            .unwrap()
    }

    fn bent(u: f64, v: f64, bend: f64) -> (f64, f64) {
        let (x, y) = tilted(u, v);
        let (dx, dy) = ((x - 319.5) / 320.0, (y - 239.5) / 320.0);
        let factor = 1.0 + bend * (dx * dx + dy * dy);
        (319.5 + dx * factor * 320.0, 239.5 + dy * factor * 320.0)
    }

    fn worst(lens: &Lens, pairs: &[PointPair]) -> f64 {
        pairs
            .iter()
            .map(|pair| lens.error(pair))
            .fold(0.0, f64::max)
    }

    #[test]
    fn a_flat_thing_through_a_bending_lens_is_explained_exactly() {
        for bend in [-0.02, 0.0, 0.03] {
            let pairs = grid(|u, v| bent(u, v, bend));
            let guess = crate::geometry::fit_homography(&pairs, &[]).unwrap();
            let lens = fit(&pairs, &guess, SIZE).unwrap();
            assert!((lens.bend - bend).abs() < 1e-4, "{bend}: {}", lens.bend);
            assert!(worst(&lens, &pairs) < 0.01, "{bend}");
        }
    }

    #[test]
    fn a_step_in_depth_is_not_explained() {
        let pairs = grid(|u, v| {
            let (x, y) = tilted(u, v);
            let in_front = (200.0..440.0).contains(&u) && (120.0..360.0).contains(&v);
            (if in_front { x + 8.0 } else { x }, y)
        });
        let guess = crate::geometry::fit_homography(&pairs, &[]).unwrap();
        let lens = fit(&pairs, &guess, SIZE).unwrap();
        let off = pairs.iter().filter(|pair| lens.error(pair) > 3.0).count();
        assert!(off > pairs.len() / 10, "{off}");
    }

    #[test]
    fn a_bend_that_no_phone_has_is_refused() {
        let pairs = grid(|u, v| bent(u, v, 0.12));
        let guess = crate::geometry::fit_homography(&pairs, &[]).unwrap();
        assert_eq!(fit(&pairs, &guess, SIZE), None);
    }
}
