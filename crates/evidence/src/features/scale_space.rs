//! The scale space of a picture and its extrema: where differences of Gaussians are larger or smaller than all 26
//! neighbors (Lowe 2004, §3 and §4).
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "coordinates are within a picture whose sides are far below 2^24"
)]

use crate::plane::Plane;

/// Scales an octave is sampled at (Lowe 2004, §3.2).
pub(super) const LAYERS: usize = 3;
/// Blur of the first level of each octave, in its pixels (Lowe 2004, §3.3).
const BASE_SIGMA: f32 = 1.6;
/// Blur that a picture is taken to have already, in its pixels (Lowe 2004, §3.3).
const CAMERA_SIGMA: f32 = 0.5;
/// Smallest difference of Gaussians, in pixel values, that is a keypoint. Lowe's 0.03 of the range is 7.6; weaker ones
/// are kept because the strongest are chosen later, and plain items have only weak ones.
const MIN_CONTRAST: f32 = 1.6;
/// Largest ratio of the two curvatures: edges have more (Lowe 2004, §4.1).
const MAX_CURVATURE_RATIO: f32 = 10.0;
/// Moves to a neighbor while a place is refined.
const MAX_REFINEMENTS: usize = 5;
/// Pixels along the border of an octave that hold no keypoint.
const BORDER: usize = 5;
/// Octaves smaller than this many pixels a side are not looked at.
const MIN_OCTAVE_SIDE: usize = 16;
/// Smallest side of a picture that is looked at.
const MIN_SIDE: usize = 8;

/// The pixels of the first octave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// Twice the picture's a side: the finest keypoints are found, too.
    Doubled,
    /// The picture's own: a quarter of the time.
    Own,
}

/// The blurred pictures of each octave.
pub(super) struct Pyramid {
    pub octaves: Vec<Octave>,
    pub extrema: Vec<Extremum>,
}

/// `LAYERS + 3` pictures, each blurred more than the one before.
pub(super) struct Octave {
    pub levels: Vec<Plane>,
    /// Pixels of the original picture that a pixel of this octave spans.
    pub step: f32,
    /// Place of its first pixel in pixels of the original picture.
    pub corner: f32,
}

/// A refined extremum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extremum {
    pub octave: usize,
    /// The level whose gradients describe it.
    pub level: usize,
    /// Place in pixels of the octave.
    pub x: f32,
    pub y: f32,
    /// Blur in pixels of the octave.
    pub sigma: f32,
    /// Absolute difference of Gaussians.
    pub response: f32,
}

impl Extremum {
    /// Place in pixels of the original picture: the first octave has the corners of the original, every other octave
    /// takes the even pixels of the one before.
    pub fn place(&self, octave: &Octave) -> (f32, f32) {
        let place = |value: f32| value * octave.step + octave.corner;
        (place(self.x), place(self.y))
    }
}

impl Pyramid {
    pub fn of(picture: &Plane, first: First) -> Self {
        let mut pyramid = Self {
            octaves: Vec::new(),
            extrema: Vec::new(),
        };
        if picture.width < MIN_SIDE || picture.height < MIN_SIDE {
            return pyramid;
        }
        let (mut base, mut step, corner) = match first {
            First::Doubled => {
                let doubled = picture.resized(2 * picture.width, 2 * picture.height);
                let more = BASE_SIGMA.powi(2) - (2.0 * CAMERA_SIGMA).powi(2);
                (blurred(&doubled, more.sqrt()), 0.5, -0.25)
            }
            First::Own => {
                let more = BASE_SIGMA.powi(2) - CAMERA_SIGMA.powi(2);
                (blurred(picture, more.sqrt()), 1.0, 0.0)
            }
        };
        loop {
            let mut levels = Vec::with_capacity(LAYERS + 3);
            levels.push(base);
            for level in 1..LAYERS + 3 {
                let (before, after) = (sigma_of(level as f32 - 1.0), sigma_of(level as f32));
                let more = blurred(&levels[level - 1], (after * after - before * before).sqrt());
                levels.push(more);
            }
            pyramid.find_extrema(&levels);
            base = halved(&levels[LAYERS]);
            pyramid.octaves.push(Octave {
                levels,
                step,
                corner,
            });
            step *= 2.0;
            if base.width.min(base.height) < MIN_OCTAVE_SIDE {
                return pyramid;
            }
        }
    }

    fn find_extrema(&mut self, levels: &[Plane]) {
        let (width, height) = (levels[0].width, levels[0].height);
        let octave = self.octaves.len();
        let bands: Vec<Plane> = levels
            .windows(2)
            .map(|pair| difference(&pair[1], &pair[0]))
            .collect();
        for layer in 1..=LAYERS {
            for y in BORDER..height.saturating_sub(BORDER) {
                let row = bands[layer].row(y).iter().enumerate();
                for (x, value) in row.take(width.saturating_sub(BORDER)).skip(BORDER) {
                    if value.abs() > 0.8 * MIN_CONTRAST
                        && is_extremum(&bands, layer, x, y)
                        && let Some(found) = refined(&bands, octave, layer, x, y)
                    {
                        self.extrema.push(found);
                    }
                }
            }
        }
    }
}

/// Blur of a level in pixels of its octave; levels may lie between whole numbers.
fn sigma_of(level: f32) -> f32 {
    BASE_SIGMA * (level / LAYERS as f32).exp2()
}

/// Whether the value is at least (or at most) that of all 26 neighbors in place and scale.
fn is_extremum(bands: &[Plane], layer: usize, x: usize, y: usize) -> bool {
    let value = bands[layer].at(x, y);
    let sign = value.signum();
    // The own layer first: most places fail there.
    for layer in [layer, layer - 1, layer + 1] {
        for y in y - 1..=y + 1 {
            let row = &bands[layer].row(y)[x - 1..=x + 1];
            if row.iter().any(|other| other * sign > value * sign) {
                return false;
            }
        }
    }
    true
}

/// The extremum of the quadratic through the neighbors (Brown, Lowe 2002), unless it is weak or lies on an edge.
fn refined(bands: &[Plane], octave: usize, layer: usize, x: usize, y: usize) -> Option<Extremum> {
    let (width, height) = (bands[0].width, bands[0].height);
    let (mut x, mut y, mut layer) = (x, y, layer);
    for _ in 0..MAX_REFINEMENTS {
        let (here, below, above) = (&bands[layer], &bands[layer - 1], &bands[layer + 1]);
        let center = here.at(x, y);
        let gradient = [
            0.5 * (here.at(x + 1, y) - here.at(x - 1, y)),
            0.5 * (here.at(x, y + 1) - here.at(x, y - 1)),
            0.5 * (above.at(x, y) - below.at(x, y)),
        ];
        let xx = here.at(x + 1, y) + here.at(x - 1, y) - 2.0 * center;
        let yy = here.at(x, y + 1) + here.at(x, y - 1) - 2.0 * center;
        let ss = above.at(x, y) + below.at(x, y) - 2.0 * center;
        let xy = 0.25
            * (here.at(x + 1, y + 1) - here.at(x - 1, y + 1) - here.at(x + 1, y - 1)
                + here.at(x - 1, y - 1));
        let xs = 0.25
            * (above.at(x + 1, y) - above.at(x - 1, y) - below.at(x + 1, y) + below.at(x - 1, y));
        let ys = 0.25
            * (above.at(x, y + 1) - above.at(x, y - 1) - below.at(x, y + 1) + below.at(x, y - 1));
        let offset = solve_symmetric([xx, xy, xs, yy, ys, ss], gradient)?;
        if offset.iter().all(|part| part.abs() < 0.5) {
            let response = center
                - 0.5
                    * (gradient[0] * offset[0] + gradient[1] * offset[1] + gradient[2] * offset[2]);
            let (trace, determinant) = (xx + yy, xx * yy - xy * xy);
            let ratio = MAX_CURVATURE_RATIO;
            // `offset` is what the solution subtracts from the place.
            if response.abs() < MIN_CONTRAST
                || determinant <= 0.0
                || trace * trace * ratio >= (ratio + 1.0).powi(2) * determinant
            {
                return None;
            }
            return Some(Extremum {
                octave,
                level: layer,
                x: x as f32 - offset[0],
                y: y as f32 - offset[1],
                sigma: sigma_of(layer as f32 - offset[2]),
                response: response.abs(),
            });
        }
        // A quadratic that puts the extremum far away is none.
        if offset
            .iter()
            .any(|part| part.abs() > width.max(height) as f32)
        {
            return None;
        }
        let moved = |from: usize, part: f32| {
            let to = from as i64 - part.round() as i64;
            usize::try_from(to).unwrap_or(0)
        };
        (x, y, layer) = (
            moved(x, offset[0]),
            moved(y, offset[1]),
            moved(layer, offset[2]),
        );
        let inside = |place: usize, side: usize| (BORDER..side - BORDER).contains(&place);
        if !inside(x, width) || !inside(y, height) || !(1..=LAYERS).contains(&layer) {
            return None;
        }
    }
    None
}

/// Solves `A o = b` for the symmetric 3 by 3 matrix `[xx, xy, xs, yy, ys, ss]` by its adjugate.
fn solve_symmetric([xx, xy, xs, yy, ys, ss]: [f32; 6], b: [f32; 3]) -> Option<[f32; 3]> {
    let adjugate = [
        yy * ss - ys * ys,
        xs * ys - xy * ss,
        xy * ys - xs * yy,
        xx * ss - xs * xs,
        xy * xs - xx * ys,
        xx * yy - xy * xy,
    ];
    let determinant = xx * adjugate[0] + xy * adjugate[1] + xs * adjugate[2];
    if determinant == 0.0 || !determinant.is_finite() {
        return None;
    }
    let [a, b1, c, d, e, f] = adjugate;
    Some([
        (a * b[0] + b1 * b[1] + c * b[2]) / determinant,
        (b1 * b[0] + d * b[1] + e * b[2]) / determinant,
        (c * b[0] + e * b[1] + f * b[2]) / determinant,
    ])
}

fn difference(more: &Plane, less: &Plane) -> Plane {
    let data = more
        .data
        .iter()
        .zip(&less.data)
        .map(|(a, b)| a - b)
        .collect();
    Plane {
        width: more.width,
        height: more.height,
        data,
    }
}

/// Every second pixel of every second row.
fn halved(picture: &Plane) -> Plane {
    let (width, height) = (picture.width.div_ceil(2), picture.height.div_ceil(2));
    let mut data = Vec::with_capacity(width * height);
    for y in 0..height {
        data.extend(picture.row(2 * y).iter().step_by(2));
    }
    Plane {
        width,
        height,
        data,
    }
}

/// Pixels that are summed side by side in registers.
const LANES: usize = 16;

/// A Gaussian blur as [`Plane::blurred`] makes it, with the sums of [`LANES`] pixels kept in registers: most of the
/// time of a detection goes here.
fn blurred(picture: &Plane, sigma: f32) -> Plane {
    // Four sigmas would change nothing that is seen; three lose a thousandth.
    let radius = (3.0 * sigma).ceil().max(1.0) as usize;
    let mut half: Vec<f32> = (0..=radius)
        .map(|distance| (-0.5 * (distance as f32 / sigma).powi(2)).exp())
        .collect();
    let sum = 2.0 * half.iter().sum::<f32>() - half[0];
    for weight in &mut half {
        *weight /= sum;
    }
    let (width, height) = (picture.width, picture.height);
    // Rows padded so that every chunk of lanes is whole.
    let padded_width = width.next_multiple_of(LANES);
    let mut across = vec![0.0; padded_width * height];
    let mut line = vec![0.0; padded_width + 2 * radius];
    for y in 0..height {
        let source = picture.row(y);
        line[..radius].fill(source[0]);
        line[radius..radius + width].copy_from_slice(source);
        line[radius + width..].fill(source[width - 1]);
        let target = &mut across[y * padded_width..(y + 1) * padded_width];
        for (chunk, lanes) in target.chunks_exact_mut(LANES).enumerate() {
            let start = chunk * LANES;
            let window = &line[start..start + LANES + 2 * radius];
            let mut sums = [0.0; LANES];
            add(&mut sums, &window[radius..], half[0]);
            for (distance, &weight) in half.iter().enumerate().skip(1) {
                add_two(
                    &mut sums,
                    &window[radius - distance..],
                    &window[radius + distance..],
                    weight,
                );
            }
            lanes.copy_from_slice(&sums);
        }
    }
    let mut target = vec![0.0; width * height];
    for y in 0..height {
        for start in (0..padded_width).step_by(LANES) {
            let at = |y: usize| &across[y * padded_width + start..];
            let mut sums = [0.0; LANES];
            add(&mut sums, at(y), half[0]);
            for (distance, &weight) in half.iter().enumerate().skip(1) {
                add_two(
                    &mut sums,
                    at(y.saturating_sub(distance)),
                    at((y + distance).min(height - 1)),
                    weight,
                );
            }
            let row = &mut target[y * width + start..(y + 1) * width];
            // A length that is known is not copied by a call.
            if let Some(lanes) = row.first_chunk_mut() {
                *lanes = sums;
            } else {
                row.copy_from_slice(&sums[..row.len()]);
            }
        }
    }
    Plane {
        width,
        height,
        data: target,
    }
}

#[inline(always)]
fn add(sums: &mut [f32; LANES], values: &[f32], weight: f32) {
    let values = &values[..LANES];
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}

#[inline(always)]
fn add_two(sums: &mut [f32; LANES], left: &[f32], right: &[f32], weight: f32) {
    let (left, right) = (&left[..LANES], &right[..LANES]);
    for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
        *sum += weight * (left + right);
    }
}
