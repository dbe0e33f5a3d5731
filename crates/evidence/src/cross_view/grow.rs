//! Lays one view of a thing on another where no single plane does: small patches, each with an affine map of its own,
//! grow from matched keypoints over every surface that both views show.
//!
//! Patches are visited best first, each starts from the map of a neighbor and is refined by Gauss-Newton steps on the
//! normalized difference (Lucas and Kanade 1981, in the inverse form of Baker and Matthews 2004); a patch that does not
//! correlate is left open (quasi-dense propagation after Lhuillier and Quan 2005). What stays open inside a grown surface
//! gets the map that a smooth surface through the patches around it would have.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "coordinates are within a picture whose sides are far below 2^24"
)]

use std::collections::BinaryHeap;

use crate::geometry::{Homography, PointPair, ransac_homography, solve};
use crate::limits::WORKING_SIDE;
use crate::matching::{match_features, point_pairs};
use crate::plane::Plane;
use crate::prepared::Prepared;

/// Distance between patches in pixels of the working luma.
pub(super) const GRID: usize = 12;
/// Half the side of a patch, and the distance between the pixels of it that are compared.
const REACH: isize = 12;
const STRIDE: usize = 2;
const SAMPLES: usize = 13 * 13;
/// Blur of both views, so that a patch is drawn from a few pixels away.
const BLUR: f32 = 1.2;
/// Deviation in gray levels below which a patch is flat.
const FLAT: f32 = 2.0;
/// Correlation of a patch that grows, and of one that others grow from without a match.
const GROWS: f32 = 0.8;
/// Steps of refinement and the step in pixels that ends it.
const STEPS: usize = 6;
const STILL: f32 = 0.03;
/// How far from its prediction a patch may be found, in pixels of this view.
const MOVED: f32 = 4.0;
/// Flat patches that growth crosses in a row.
const FLAT_RUN: u8 = 5;
/// Planes that are looked for among the matches, their tolerance in pixels and the matches they need.
const MOST_PLANES: usize = 6;
const PLANE_TOLERANCE: f64 = 4.0;
const LEAST_INLIERS: usize = 6;
/// Steps of two pixels in which a patch is looked for around the place that the surface tells.
const SEARCH: isize = 3;
/// The factors of lengths between which a patch is compared: beyond them one view shows too little of it.
const LEAST_STRETCH: f32 = 0.5;
const MOST_STRETCH: f32 = 2.2;
/// Times that a patch is tried.
const MOST_TRIES: u8 = 4;
/// Pixels by which neighbors may tell the place of a patch differently.
const AGREE: f32 = 1.5;
/// Patches around an open one that its map is told from, how far they may be, and the directions they must lie in.
const LEAST_AROUND: usize = 12;
const FARTHEST: isize = 9;
const LEAST_DIRECTIONS: u32 = 6;

/// The affine map of a patch: where its center lies in the other view, and how steps from it go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Patch {
    pub center: (f32, f32),
    pub linear: [f32; 4],
}

impl Patch {
    #[inline]
    pub(super) fn at(&self, dx: f32, dy: f32) -> (f32, f32) {
        let m = &self.linear;
        (
            self.center.0 + m[0] * dx + m[1] * dy,
            self.center.1 + m[2] * dx + m[3] * dy,
        )
    }

    fn determinant(&self) -> f32 {
        self.linear[0] * self.linear[3] - self.linear[1] * self.linear[2]
    }

    /// The smaller and the larger factor by which lengths change.
    pub(super) fn stretch(&self) -> (f32, f32) {
        let [a, b, c, d] = self.linear;
        let sum = (a * a + b * b + c * c + d * d) / 2.0;
        let determinant = self.determinant();
        let rest = (sum * sum - determinant * determinant).max(0.0).sqrt();
        ((sum - rest).max(0.0).sqrt(), (sum + rest).sqrt())
    }

    fn is_plausible(&self) -> bool {
        let (small, large) = self.stretch();
        self.determinant() > 0.0 && small > 0.25 && large < 4.0
    }
}

/// What is known of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    /// Both views are flat here.
    Flat,
    /// The views agree.
    Grown,
    /// Not found; the map is that of the surface around it.
    Filled,
}

/// One view laid on another.
pub(super) struct Field {
    pub columns: usize,
    pub rows: usize,
    pub patches: Vec<Patch>,
    pub states: Vec<State>,
    /// Of open and filled patches: what they show.
    pub looks: Vec<Look>,
}

/// How a patch that was not found looks in both views.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Look {
    /// The best correlation near the place that the surface tells; of patches with structure.
    pub correlation: f32,
    /// Deviations in gray levels.
    pub first: f32,
    pub second: f32,
}

#[derive(PartialEq, Eq)]
struct Next {
    /// Correlation in thousandths of the patch it grows from.
    rank: i32,
    /// Earlier ones first among equals.
    turn: std::cmp::Reverse<u32>,
    cell: usize,
    flat: u8,
    map: [u32; 6],
}

impl Next {
    fn patch(&self) -> Patch {
        let m = self.map.map(f32::from_bits);
        Patch {
            center: (m[0], m[1]),
            linear: [m[2], m[3], m[4], m[5]],
        }
    }
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.rank, self.turn).cmp(&(other.rank, other.turn))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The two views as patches are compared.
struct Views {
    first: Plane,
    across: Plane,
    down: Plane,
    second: Plane,
}

impl Field {
    /// Grows patches over what both views show. `None` when too few keypoints match.
    pub(super) fn of(view: &Prepared, other: &Prepared) -> Option<Self> {
        let seeds = seeds(view, other)?;
        let first = view.luma.blurred(BLUR);
        let (across, down) = first.gradients();
        let views = Views {
            first,
            across,
            down,
            second: other.luma.blurred(BLUR),
        };
        let (columns, rows) = (view.luma.width / GRID, view.luma.height / GRID);
        let mut field = Self {
            columns,
            rows,
            patches: vec![
                Patch {
                    center: (0.0, 0.0),
                    linear: [1.0, 0.0, 0.0, 1.0],
                };
                columns * rows
            ],
            states: vec![State::Open; columns * rows],
            looks: vec![Look::default(); columns * rows],
        };
        field.grow(&views, seeds);
        field.drop_lonely();
        field.fill();
        // What was filled tells where to go on behind an edge.
        let mut again = Vec::new();
        for cell in 0..field.states.len() {
            if field.states[cell] == State::Filled {
                let (x, y) = field.center(cell);
                again.push((700, x, y, field.patches[cell]));
                field.states[cell] = State::Open;
            }
        }
        field.grow(&views, again);
        field.drop_lonely();
        field.fill();
        let soft = views.first.blurred(2.0);
        for cell in 0..field.states.len() {
            if field.states[cell] == State::Filled {
                match views.look(&soft, field.center(cell), &field.patches[cell]) {
                    Some(look) => field.looks[cell] = look,
                    None => field.states[cell] = State::Open,
                }
            }
        }
        Some(field)
    }

    /// Patches that agree.
    pub(super) fn grown(&self) -> usize {
        self.states
            .iter()
            .filter(|state| **state == State::Grown)
            .count()
    }

    pub(super) fn center(&self, cell: usize) -> (f32, f32) {
        let half = (GRID / 2) as f32;
        (
            ((cell % self.columns) * GRID) as f32 + half,
            ((cell / self.columns) * GRID) as f32 + half,
        )
    }

    fn grow(&mut self, views: &Views, seeds: Vec<(i32, f32, f32, Patch)>) {
        let mut heap = BinaryHeap::new();
        let mut turn = 0;
        let mut push = |heap: &mut BinaryHeap<Next>, rank, cell, flat, patch: Patch| {
            turn += 1;
            let [a, b, c, d] = patch.linear;
            heap.push(Next {
                rank,
                turn: std::cmp::Reverse(turn),
                cell,
                flat,
                map: [patch.center.0, patch.center.1, a, b, c, d].map(f32::to_bits),
            });
        };
        for (rank, x, y, patch) in seeds {
            let (column, row) = (x as usize / GRID, y as usize / GRID);
            if column < self.columns && row < self.rows {
                let cell = row * self.columns + column;
                let (cx, cy) = self.center(cell);
                let moved = Patch {
                    center: patch.at(cx - x, cy - y),
                    ..patch
                };
                push(&mut heap, rank, cell, 0, moved);
            }
        }
        let mut tries = vec![0_u8; self.states.len()];
        while let Some(next) = heap.pop() {
            let cell = next.cell;
            if self.states[cell] != State::Open || tries[cell] >= MOST_TRIES {
                continue;
            }
            tries[cell] += 1;
            let Some((patch, correlation)) = views.refine(self.center(cell), next.patch()) else {
                continue;
            };
            let flat = if let Some(correlation) = correlation {
                if correlation < GROWS {
                    continue;
                }
                self.states[cell] = State::Grown;
                0
            } else {
                if next.flat >= FLAT_RUN {
                    continue;
                }
                self.states[cell] = State::Flat;
                next.flat + 1
            };
            self.patches[cell] = patch;
            let rank =
                correlation.map_or(600 - 20 * i32::from(flat), |value| (value * 1_000.0) as i32);
            let (column, row) = (cell % self.columns, cell / self.columns);
            for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
                let (Some(column), Some(row)) =
                    (column.checked_add_signed(dx), row.checked_add_signed(dy))
                else {
                    continue;
                };
                if column >= self.columns || row >= self.rows {
                    continue;
                }
                let neighbor = row * self.columns + column;
                if self.states[neighbor] == State::Open {
                    let step = GRID as f32;
                    let map = Patch {
                        center: patch.at(dx as f32 * step, dy as f32 * step),
                        ..patch
                    };
                    push(&mut heap, rank, neighbor, flat, map);
                }
            }
        }
    }

    /// Cells within so many steps.
    pub(super) fn near(
        &self,
        cell: usize,
        steps: isize,
    ) -> impl Iterator<Item = (usize, isize, isize)> + use<> {
        let (columns, rows) = (self.columns as isize, self.rows as isize);
        let (column, row) = (
            (cell % self.columns) as isize,
            (cell / self.columns) as isize,
        );
        (-steps..=steps).flat_map(move |dy| {
            (-steps..=steps).filter_map(move |dx| {
                let (x, y) = (column + dx, row + dy);
                let inside = x >= 0 && y >= 0 && x < columns && y < rows && (dx, dy) != (0, 0);
                inside.then(|| ((y * columns + x) as usize, dx, dy))
            })
        })
    }

    /// How far apart a patch and its neighbor tell the place of the patch, in pixels of this view.
    fn apart(&self, cell: usize, neighbor: usize, dx: isize, dy: isize) -> f32 {
        let step = GRID as f32;
        let (own, other) = (&self.patches[cell], &self.patches[neighbor]);
        let (x, y) = other.at(-dx as f32 * step, -dy as f32 * step);
        let scale = own.determinant().abs().sqrt().max(0.1);
        (x - own.center.0).hypot(y - own.center.1) / scale
    }

    /// Opens patches that no neighbor confirms.
    fn drop_lonely(&mut self) {
        let lonely: Vec<usize> = (0..self.states.len())
            .filter(|&cell| {
                self.states[cell] != State::Open && {
                    let confirmed = self
                        .near(cell, 1)
                        .filter(|&(neighbor, dx, dy)| {
                            self.states[neighbor] != State::Open
                                && self.apart(cell, neighbor, dx, dy) < AGREE
                        })
                        .count();
                    confirmed < 3
                }
            })
            .collect();
        for cell in lonely {
            self.states[cell] = State::Open;
        }
    }

    /// Gives open patches the map of the surface around them.
    fn fill(&mut self) {
        let filled: Vec<(usize, Patch)> = (0..self.states.len())
            .filter(|&cell| self.states[cell] == State::Open)
            .filter_map(|cell| Some((cell, self.surface_at(cell)?)))
            .collect();
        for (cell, patch) in filled {
            self.patches[cell] = patch;
            self.states[cell] = State::Filled;
        }
    }

    fn surface_at(&self, cell: usize) -> Option<Patch> {
        for steps in 2..=FARTHEST {
            let around: Vec<(usize, isize, isize)> = self
                .near(cell, steps)
                .filter(|&(near, ..)| self.states[near] == State::Grown)
                .collect();
            if around.len() < LEAST_AROUND {
                continue;
            }
            let mut directions = 0_u32;
            for &(_, dx, dy) in &around {
                let turn = (dy as f32).atan2(dx as f32) / std::f32::consts::TAU;
                directions |= 1 << (((turn.rem_euclid(1.0) * 8.0 + 0.5) as u32) % 8);
            }
            if directions.count_ones() < LEAST_DIRECTIONS {
                continue;
            }
            return self.smooth(&around, steps);
        }
        None
    }

    /// The quadratic surface through patches, robustly; `None` when they lie on no one surface.
    fn smooth(&self, around: &[(usize, isize, isize)], steps: isize) -> Option<Patch> {
        let step = 1.0 / steps as f64;
        let basis = |dx: isize, dy: isize| {
            let (x, y) = (dx as f64 * step, dy as f64 * step);
            [1.0, x, y, x * x, x * y, y * y]
        };
        let mut weights = vec![1.0_f64; around.len()];
        let mut errors = vec![0.0_f64; around.len()];
        let mut found = ([0.0; 6], [0.0; 6]);
        for _ in 0..4 {
            let mut systems = [[[0.0_f64; 7]; 6]; 2];
            for (&(cell, dx, dy), weight) in around.iter().zip(&weights) {
                let b = basis(dx, dy);
                let to = self.patches[cell].center;
                for (system, to) in systems.iter_mut().zip([f64::from(to.0), f64::from(to.1)]) {
                    for (row, left) in system.iter_mut().zip(&b) {
                        for (sum, right) in row.iter_mut().zip(&b) {
                            *sum += weight * left * right;
                        }
                        row[6] += weight * left * to;
                    }
                }
            }
            for system in &mut systems {
                // A bent surface has to be shown by the patches; without them it is taken as flat.
                for (number, row) in system.iter_mut().enumerate().skip(3) {
                    row[number] += 0.02 * around.len() as f64;
                }
            }
            found = (solve(systems[0])?, solve(systems[1])?);
            for ((&(cell, dx, dy), weight), error) in
                around.iter().zip(&mut weights).zip(&mut errors)
            {
                let b = basis(dx, dy);
                let told = |c: &[f64; 6]| c.iter().zip(&b).map(|(c, b)| c * b).sum::<f64>();
                let to = self.patches[cell].center;
                let scale = f64::from(self.patches[cell].determinant().abs().sqrt().max(0.1));
                *error = (told(&found.0) - f64::from(to.0)).hypot(told(&found.1) - f64::from(to.1))
                    / scale;
                *weight = 1.0 / (1.0 + (*error / 1.0).powi(2));
            }
        }
        let fits = errors.iter().filter(|error| **error < 2.0).count();
        if (fits as f64) < 0.8 * around.len() as f64 {
            return None;
        }
        let per_pixel = step / GRID as f64;
        let (u, v) = found;
        let patch = Patch {
            center: (u[0] as f32, v[0] as f32),
            linear: [u[1], u[2], v[1], v[2]].map(|value| (value * per_pixel) as f32),
        };
        patch.is_plausible().then_some(patch)
    }
}

impl Views {
    /// The patch refined, and its correlation, or `None` for that where both views are flat. `None` when it lies
    /// outside, or one view is flat and the other is not.
    fn refine(&self, (cx, cy): (f32, f32), start: Patch) -> Option<(Patch, Option<f32>)> {
        let (width, height) = (self.first.width as isize, self.first.height as isize);
        let (left, top) = (cx as isize - REACH, cy as isize - REACH);
        if left < 0 || top < 0 || left + 2 * REACH >= width || top + 2 * REACH >= height {
            return None;
        }
        let mut values = [0.0_f32; SAMPLES];
        let mut slopes = [[0.0_f32; 6]; SAMPLES];
        let reach = REACH as f32;
        let mut number = 0;
        for y in (0..=2 * REACH).step_by(STRIDE) {
            for x in (0..=2 * REACH).step_by(STRIDE) {
                let at = ((top + y) * width + left + x) as usize;
                values[number] = self.first.data[at];
                let (gx, gy) = (self.across.data[at], self.down.data[at]);
                let (u, v) = ((x - REACH) as f32 / reach, (y - REACH) as f32 / reach);
                slopes[number] = [gx, gy, gx * u, gx * v, gy * u, gy * v];
                number += 1;
            }
        }
        let deviation = normalize(&mut values);
        let mut patch = start;
        if deviation < FLAT {
            let mut other = self.sample(&patch)?;
            let other = normalize(&mut other);
            return (other < 1.5 * FLAT).then_some((patch, None));
        }
        let mut system = [[0.0_f32; 6]; 6];
        for slope in &mut slopes {
            for value in slope.iter_mut() {
                *value /= deviation;
            }
            for (row, left) in system.iter_mut().zip(slope.iter()) {
                for (sum, right) in row.iter_mut().zip(slope.iter()) {
                    *sum += left * right;
                }
            }
        }
        // Along an edge nothing is known: it stays where the neighbor put it.
        let count = SAMPLES as f32;
        for (number, row) in system.iter_mut().enumerate() {
            row[number] += if number < 2 { 1e-3 } else { 5e-2 } * count;
        }
        let mut best: Option<(Patch, f32)> = None;
        for _ in 0..STEPS {
            let mut other = self.sample(&patch)?;
            let other_deviation = normalize(&mut other);
            if other_deviation < 0.3 * deviation || other_deviation > 4.0 * deviation {
                break;
            }
            let mut right = [0.0_f32; 6];
            let mut product = 0.0;
            for ((value, other), slope) in values.iter().zip(&other).zip(&slopes) {
                product += value * other;
                let rest = other - value;
                for (sum, slope) in right.iter_mut().zip(slope) {
                    *sum += rest * slope;
                }
            }
            let correlation = product / count;
            if best.is_none_or(|(_, known)| correlation > known) {
                best = Some((patch, correlation));
            }
            let Some(step) = solve_six(&system, &right) else {
                break;
            };
            // The other view, drawn with the map, shows this one moved by the step: take the step back.
            let linear = [
                1.0 + step[2] / reach,
                step[3] / reach,
                step[4] / reach,
                1.0 + step[5] / reach,
            ];
            let determinant = linear[0] * linear[3] - linear[1] * linear[2];
            if determinant.abs() < 0.2 {
                break;
            }
            let back = [
                linear[3] / determinant,
                -linear[1] / determinant,
                -linear[2] / determinant,
                linear[0] / determinant,
            ];
            let m = patch.linear;
            let moved = (
                -(back[0] * step[0] + back[1] * step[1]),
                -(back[2] * step[0] + back[3] * step[1]),
            );
            patch = Patch {
                center: patch.at(moved.0, moved.1),
                linear: [
                    m[0] * back[0] + m[1] * back[2],
                    m[0] * back[1] + m[1] * back[3],
                    m[2] * back[0] + m[3] * back[2],
                    m[2] * back[1] + m[3] * back[3],
                ],
            };
            if step[0].hypot(step[1]) < STILL {
                break;
            }
        }
        let (patch, correlation) = best?;
        let scale = start.determinant().abs().sqrt().max(0.1);
        let moved = (patch.center.0 - start.center.0).hypot(patch.center.1 - start.center.1);
        (patch.is_plausible() && moved <= MOVED * scale).then_some((patch, Some(correlation)))
    }

    /// How the place looks, with the correlation of the best of the places around.
    fn look(&self, soft: &Plane, (cx, cy): (f32, f32), patch: &Patch) -> Option<Look> {
        let (small, large) = patch.stretch();
        if small < LEAST_STRETCH || large > MOST_STRETCH {
            return None;
        }
        let source = if small < 0.75 { soft } else { &self.first };
        let (left, top) = (cx as isize - REACH, cy as isize - REACH);
        let mut values = [0.0_f32; SAMPLES];
        let mut number = 0;
        for y in (0..=2 * REACH).step_by(STRIDE) {
            for x in (0..=2 * REACH).step_by(STRIDE) {
                values[number] = source.clamped(left + x, top + y);
                number += 1;
            }
        }
        let first = normalize(&mut values);
        let mut look = Look {
            correlation: -1.0,
            first,
            second: 0.0,
        };
        for dy in -SEARCH..=SEARCH {
            for dx in -SEARCH..=SEARCH {
                let moved = Patch {
                    center: patch.at(dx as f32 * 2.0, dy as f32 * 2.0),
                    ..*patch
                };
                let Some(mut other) = self.sample(&moved) else {
                    continue;
                };
                let second = normalize(&mut other);
                if (dx, dy) == (0, 0) {
                    look.second = second;
                }
                let correlation =
                    values.iter().zip(&other).map(|(a, b)| a * b).sum::<f32>() / SAMPLES as f32;
                // A faint copy explains nothing.
                if second > 0.3 * first {
                    look.correlation = look.correlation.max(correlation);
                }
            }
        }
        self.sample(patch).is_some().then_some(look)
    }

    fn sample(&self, patch: &Patch) -> Option<[f32; SAMPLES]> {
        let reach = REACH as f32;
        let (right, bottom) = (
            (self.second.width - 1) as f32,
            (self.second.height - 1) as f32,
        );
        for (dx, dy) in [
            (-reach, -reach),
            (reach, -reach),
            (reach, reach),
            (-reach, reach),
        ] {
            let (u, v) = patch.at(dx, dy);
            if u < 0.0 || v < 0.0 || u > right || v > bottom {
                return None;
            }
        }
        let mut values = [0.0; SAMPLES];
        let mut number = 0;
        for y in (0..=2 * REACH).step_by(STRIDE) {
            for x in (0..=2 * REACH).step_by(STRIDE) {
                let (u, v) = patch.at((x - REACH) as f32, (y - REACH) as f32);
                values[number] = self.second.bilinear(u, v);
                number += 1;
            }
        }
        Some(values)
    }
}

/// Takes mean and deviation out of values and returns the deviation.
fn normalize(values: &mut [f32; SAMPLES]) -> f32 {
    let count = SAMPLES as f32;
    let mean = values.iter().sum::<f32>() / count;
    let mut square = 0.0;
    for value in values.iter_mut() {
        *value -= mean;
        square += *value * *value;
    }
    let deviation = (square / count).sqrt();
    let factor = 1.0 / deviation.max(1e-3);
    for value in values.iter_mut() {
        *value *= factor;
    }
    deviation
}

fn solve_six(system: &[[f32; 6]; 6], right: &[f32; 6]) -> Option<[f32; 6]> {
    let mut wide = [[0.0_f64; 7]; 6];
    for ((wide, row), right) in wide.iter_mut().zip(system).zip(right) {
        for (to, from) in wide.iter_mut().zip(row) {
            *to = f64::from(*from);
        }
        wide[6] = f64::from(*right);
    }
    Some(solve(wide)?.map(|value| value as f32))
}

/// First patches, at matched keypoints: the rank, the place in this view and the map.
fn seeds(view: &Prepared, other: &Prepared) -> Option<Vec<(i32, f32, f32, Patch)>> {
    let matches = match_features(&view.features, &other.features);
    let pairs = point_pairs(&view.features, &other.features, &matches);
    if pairs.len() < LEAST_INLIERS {
        return None;
    }
    let tolerance = PLANE_TOLERANCE * other.features.width.max(other.features.height) as f64
        / WORKING_SIDE as f64;
    let mut rest: Vec<usize> = (0..pairs.len()).collect();
    let mut seeds = Vec::new();
    for _ in 0..MOST_PLANES {
        let left: Vec<PointPair> = rest.iter().map(|number| pairs[*number]).collect();
        let Some(found) = ransac_homography(&left, tolerance) else {
            break;
        };
        if found.inliers.len() < LEAST_INLIERS {
            break;
        }
        for number in &found.inliers {
            let pair = left[*number];
            if let Some(patch) = at_plane(&found.map, pair) {
                seeds.push((950, pair.0 as f32, pair.1 as f32, patch));
            }
        }
        let mut number = 0;
        rest.retain(|_| {
            number += 1;
            found.inliers.binary_search(&(number - 1)).is_err()
        });
    }
    for (from, to) in &matches {
        let (from, to) = (
            &view.features.keypoints[*from as usize],
            &other.features.keypoints[*to as usize],
        );
        let scale = to.scale / from.scale;
        let (sine, cosine) = (to.angle - from.angle).sin_cos();
        let patch = Patch {
            center: (to.x, to.y),
            linear: [scale * cosine, -scale * sine, scale * sine, scale * cosine],
        };
        if patch.is_plausible() {
            seeds.push((650, from.x, from.y, patch));
        }
    }
    Some(seeds)
}

/// The affine map of a homography near a match.
fn at_plane(map: &Homography, pair: PointPair) -> Option<Patch> {
    let (x, y) = (pair.0, pair.1);
    let here = map.apply(x, y)?;
    let (right, below) = (map.apply(x + 1.0, y)?, map.apply(x, y + 1.0)?);
    let patch = Patch {
        center: (pair.2 as f32, pair.3 as f32),
        linear: [
            right.0 - here.0,
            below.0 - here.0,
            right.1 - here.1,
            below.1 - here.1,
        ]
        .map(|value| value as f32),
    };
    patch.is_plausible().then_some(patch)
}
