//! What the claim shows that the reference, brought to its geometry, tone and sharpness, does not.
//!
//! Four features for each 4 by 4 cell: an interval residual of luma and one of chroma, which forgive a pixel of
//! misregistration, and two box means, which add up what is faint and wide. Each is measured in units of what the
//! undamaged cells of the same picture show, by their structure and brightness.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "histogram bins and 8-bit values"
)]

use super::calibration::{
    BOX_SPREAD_LIMIT, CELL, CHROMA_NOISE_FLOOR, EDGE_TOLERANCE, INTERVAL_FLOOR, PIXEL_SPREAD_LIMIT,
    WEIGHT_CHROMA, WEIGHT_LARGE, WEIGHT_LUMA, WEIGHT_SMALL, Z_FLOOR_LARGE, Z_FLOOR_SMALL,
};
use super::solve::{Normal, solve};
use crate::plane::Plane;

const BRIGHTNESS_CLASSES: usize = 8;
const STRUCTURE_CLASSES: usize = 7;
const STRUCTURE_QUANTILES: [f32; STRUCTURE_CLASSES - 1] = [0.15, 0.3, 0.5, 0.7, 0.85, 0.95];

/// Everything that later steps need.
pub(super) struct Residual {
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// The four weighted features of each cell; 0 where nothing can be compared.
    pub(super) features: [Vec<f32>; 4],
    /// How far compression spreads what is strong over what lies beside it: 1 as usual, less in a clean picture.
    pub(super) blur: f32,
    /// Deviation of luma at full size, in its usual spread.
    luma: Plane,
    /// Deviations of blue and red difference at half size, in their usual spread.
    chroma: [Plane; 2],
}

pub(super) struct Pictures<'a> {
    pub(super) claim: &'a [Plane; 3],
    pub(super) predicted: &'a [Plane; 3],
    pub(super) inside: &'a [bool],
    /// For each cell, whether the tone model explains it.
    pub(super) explained: &'a [bool],
    /// Blur of the claim that takes away what an enlarged reference cannot show.
    pub(super) soften: f32,
    /// See [`Residual::blur`].
    pub(super) blur: f32,
}

fn luma(channels: &[Plane; 3]) -> Plane {
    Plane::luma(&channels[0], &channels[1], &channels[2])
}

/// Blue and red difference (ITU-R BT.601) at half size.
fn chroma(channels: &[Plane; 3]) -> [Plane; 2] {
    let [r, g, b] = [0, 1, 2].map(|channel| halved(&channels[channel]));
    let mix = |weights: [f32; 3]| {
        let data = r
            .data
            .iter()
            .zip(&g.data)
            .zip(&b.data)
            .map(|((r, g), b)| weights[0] * r + weights[1] * g + weights[2] * b)
            .collect();
        Plane {
            width: r.width,
            height: r.height,
            data,
        }
    };
    [
        mix([-0.168_736, -0.331_264, 0.5]),
        mix([0.5, -0.418_688, -0.081_312]),
    ]
}

/// Means of two by two pixels; an odd last column or row is left out.
pub(super) fn halved(plane: &Plane) -> Plane {
    let (width, height) = ((plane.width / 2).max(1), (plane.height / 2).max(1));
    let mut data = Vec::with_capacity(width * height);
    for y in 0..height {
        let above = plane.row(2 * y);
        let below = plane.row((2 * y + 1).min(plane.height - 1));
        if plane.width < 2 {
            data.push(0.5 * (above[0] + below[0]));
            continue;
        }
        data.extend(
            above
                .chunks_exact(2)
                .zip(below.chunks_exact(2))
                .map(|(a, b)| 0.25 * (a[0] + a[1] + b[0] + b[1])),
        );
    }
    Plane {
        width,
        height,
        data,
    }
}

/// Largest (`true`) or smallest value of three by three pixels.
fn extreme(plane: &Plane, largest: bool) -> Plane {
    let pick = |a: f32, b: f32| if largest { a.max(b) } else { a.min(b) };
    let (width, height) = (plane.width, plane.height);
    let mut across = plane.clone();
    for y in 0..height {
        let source = plane.row(y);
        let target = &mut across.data[y * width..(y + 1) * width];
        for (value, right) in target.iter_mut().zip(&source[1..]) {
            *value = pick(*value, *right);
        }
        for (value, left) in target[1..].iter_mut().zip(source) {
            *value = pick(*value, *left);
        }
    }
    let mut target = across.clone();
    for y in 0..height {
        let row = &mut target.data[y * width..(y + 1) * width];
        for other in [y.saturating_sub(1), (y + 1).min(height - 1)] {
            for (value, near) in row.iter_mut().zip(across.row(other)) {
                *value = pick(*value, *near);
            }
        }
    }
    target
}

/// How far the claim leaves the range of the reference's neighborhood, and how wide that range is.
fn interval(claim: &Plane, predicted: &Plane) -> (Plane, Plane) {
    let high = extreme(predicted, true);
    let low = extreme(predicted, false);
    let data = claim
        .data
        .iter()
        .zip(&high.data)
        .zip(&low.data)
        .map(|((claim, high), low)| (claim - high).max(low - claim).max(0.0))
        .collect();
    let residual = Plane {
        width: claim.width,
        height: claim.height,
        data,
    };
    let mut range = high;
    for (value, low) in range.data.iter_mut().zip(&low.data) {
        *value -= low;
    }
    (residual, range)
}

/// Gives each predicted plane the sharpness of its claim: three bands, each more or less of it, as the explained pixels
/// want. The planes share the factors.
fn match_sharpness<const N: usize>(
    claim: &[Plane; N],
    predicted: &[Plane; N],
    usable: &dyn Fn(usize, usize) -> bool,
) -> [Plane; N] {
    let scales: [[Plane; 3]; N] =
        std::array::from_fn(|plane| [0.8, 1.5, 3.0].map(|sigma| predicted[plane].blurred(sigma)));
    let bands = |plane: usize, index: usize| {
        let [a, b, c] = &scales[plane];
        [
            predicted[plane].data[index] - a.data[index],
            a.data[index] - b.data[index],
            b.data[index] - c.data[index],
        ]
    };
    let (width, height) = (claim[0].width, claim[0].height);
    let mut found = [[0.0; 1]; 3];
    for round in 0..2 {
        let mut normal = Normal::<3, 1>::default();
        let mut count = 0.0;
        for y in (2..height).step_by(5) {
            for x in (2..width).step_by(3) {
                let index = y * width + x;
                if !usable(x, y) {
                    continue;
                }
                for plane in 0..N {
                    let band = bands(plane, index).map(f64::from);
                    let target = f64::from(claim[plane].data[index] - predicted[plane].data[index]);
                    let mut left = target;
                    for (band, factor) in band.iter().zip(&found) {
                        left -= band * factor[0];
                    }
                    let scale = if round == 0 { 12.0 } else { 6.0 };
                    let weight = 1.0 / (1.0 + (left / scale).powi(2)).powi(2);
                    normal.add(&band, &[target], weight);
                    count += weight;
                }
            }
        }
        if let Some(solved) = solve(&normal, &[0.02 * count + 1e-6; 3]) {
            found = solved;
        }
    }
    let factors = found.map(|factor| factor[0].clamp(-1.2, 2.5) as f32);
    std::array::from_fn(|plane| {
        let mut matched = predicted[plane].clone();
        for (index, value) in matched.data.iter_mut().enumerate() {
            for (band, factor) in bands(plane, index).iter().zip(factors) {
                *value += band * factor;
            }
        }
        matched
    })
}

/// A value below which a share of the values lies; values are sampled.
fn quantile(values: &mut [f32], share: f32) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let at = ((values.len() as f32 * share) as usize).min(values.len() - 1);
    *values.select_nth_unstable_by(at, f32::total_cmp).1
}

impl Residual {
    pub(super) fn of(pictures: &Pictures<'_>) -> Self {
        let (width, height) = (pictures.claim[0].width, pictures.claim[0].height);
        let (columns, rows) = (width / CELL, height / CELL);
        let explained = |x: usize, y: usize| {
            let (column, row) = (x / CELL, y / CELL);
            column < columns && row < rows && pictures.explained[row * columns + column]
        };
        let mut claim_luma = luma(pictures.claim);
        let mut claim_chroma = chroma(pictures.claim);
        if pictures.soften > 0.3 {
            claim_luma = claim_luma.blurred(pictures.soften);
            claim_chroma = claim_chroma.map(|plane| plane.blurred(0.5 * pictures.soften));
        }
        let predicted_luma = luma(pictures.predicted);
        let claim_fine = claim_luma.blurred(0.7);
        let claim_fine = [claim_fine];
        let [predicted_fine] =
            match_sharpness(&claim_fine, &[predicted_luma.blurred(0.7)], &explained);
        let [claim_fine] = claim_fine;
        let claim_chroma = claim_chroma.map(|plane| plane.blurred(0.8));
        let predicted_chroma = match_sharpness(
            &claim_chroma,
            &chroma(pictures.predicted).map(|plane| plane.blurred(0.8)),
            &|x, y| explained(2 * x, 2 * y),
        );

        let (mut luma, range) = interval(&claim_fine, &predicted_fine);
        clear_clipped(&mut luma, &claim_fine, &predicted_fine, pictures.inside);
        let luma = luma.blurred(1.0);
        let (mut chroma, _) = interval(&claim_chroma[0], &predicted_chroma[0]);
        let (other, _) = interval(&claim_chroma[1], &predicted_chroma[1]);
        for (value, other) in chroma.data.iter_mut().zip(&other.data) {
            *value = value.max(*other);
        }
        let chroma = chroma.blurred(0.7);

        let mut difference = claim_fine.clone();
        for (index, value) in difference.data.iter_mut().enumerate() {
            let (claim, predicted) = (*value, predicted_fine.data[index]);
            *value = if both_clipped(claim, predicted) {
                0.0
            } else {
                claim - predicted
            };
        }
        let deviation = [
            halved(&difference),
            minus(&claim_chroma[0], &predicted_chroma[0]),
            minus(&claim_chroma[1], &predicted_chroma[1]),
        ];
        let half_predicted = halved(&predicted_fine);
        let usable = Usable::new(pictures, columns, rows, &half_predicted);
        let plain = structure(&half_predicted);
        let expected = Expected::new(&plain, &usable);
        let mut colored = structure(&predicted_chroma[0]);
        for (value, other) in colored
            .data
            .iter_mut()
            .zip(&structure(&predicted_chroma[1]).data)
        {
            *value += other;
        }
        let expected_chroma = Expected::new(&colored, &usable);
        let half_luma = halved(&luma);
        let luma_size = expected.size(&half_luma, INTERVAL_FLOOR, &usable);
        let chroma_size = expected_chroma.size(&chroma, CHROMA_NOISE_FLOOR, &usable);
        let small = boxed(&deviation, [&plain, &colored], 2, Z_FLOOR_SMALL, &usable);
        let large = boxed(&deviation, [&plain, &colored], 5, Z_FLOOR_LARGE, &usable);
        let scaled = |plane: &Plane, size: &Plane| {
            let data = plane.data.iter().zip(&size.data).map(|(a, b)| a / b);
            Plane {
                width: plane.width,
                height: plane.height,
                data: data.collect(),
            }
        };
        let chroma = scaled(&chroma, &chroma_size);
        // A little misregistration at an edge is not drawn.
        for (value, range) in difference.data.iter_mut().zip(&range.data) {
            let tolerated = (EDGE_TOLERANCE * range).min(value.abs());
            *value -= tolerated.copysign(*value);
        }
        let [of_luma, of_blue, of_red] = [
            expected.deviation(&deviation[0], 1.0, &usable),
            expected_chroma.deviation(&deviation[1], 0.6, &usable),
            expected_chroma.deviation(&deviation[2], 0.6, &usable),
        ];
        for (y, row) in difference.data.chunks_exact_mut(width).enumerate() {
            let from = (y / 2).min(of_luma.height - 1) * of_luma.width;
            let spreads = &of_luma.data[from..from + of_luma.width];
            for (x, value) in row.iter_mut().enumerate() {
                *value /= spreads[(x / 2).min(of_luma.width - 1)];
            }
        }
        let [_, blue, red] = deviation;
        let (blue, red) = (scaled(&blue, &of_blue), scaled(&red, &of_red));
        let cell_mean = |plane: &Plane, weight: f32| {
            let mut cells = vec![0.0; columns * rows];
            for row in 0..rows {
                for column in 0..columns {
                    let index = row * columns + column;
                    if usable.cells[index] {
                        let mut sum = 0.0;
                        for y in 2 * row..2 * row + 2 {
                            sum += plane.at(2 * column, y) + plane.at(2 * column + 1, y);
                        }
                        cells[index] = 0.25 * sum / weight;
                    }
                }
            }
            cells
        };
        let features = [
            cell_mean(&scaled(&half_luma, &luma_size), WEIGHT_LUMA),
            cell_mean(&chroma, WEIGHT_CHROMA),
            cell_mean(&small, WEIGHT_SMALL),
            cell_mean(&large, WEIGHT_LARGE),
        ];
        Self {
            columns,
            rows,
            features,
            blur: pictures.blur,
            luma: difference,
            chroma: [blue, red],
        }
    }

    /// Length of the deviation of luma and chroma at a pixel, in usual spreads.
    pub(super) fn deviation_at(&self, x: usize, y: usize) -> f32 {
        let luma = self.luma.at(x, y);
        let [blue, red] = &self.chroma;
        let (x, y) = ((x / 2).min(blue.width - 1), (y / 2).min(blue.height - 1));
        let (blue, red) = (blue.at(x, y), red.at(x, y));
        (luma * luma + blue * blue + red * red).sqrt()
    }
}

fn both_clipped(claim: f32, predicted: f32) -> bool {
    claim >= 251.0 && predicted >= 243.0 || claim <= 4.0 && predicted <= 12.0
}

fn clear_clipped(residual: &mut Plane, claim: &Plane, predicted: &Plane, inside: &[bool]) {
    for (index, value) in residual.data.iter_mut().enumerate() {
        if !inside[index] || both_clipped(claim.data[index], predicted.data[index]) {
            *value = 0.0;
        }
    }
}

fn minus(a: &Plane, b: &Plane) -> Plane {
    Plane {
        width: a.width,
        height: a.height,
        data: a.data.iter().zip(&b.data).map(|(a, b)| a - b).collect(),
    }
}

/// Which places can be compared, and which of those teach what is usual.
struct Usable {
    width: usize,
    height: usize,
    cells: Vec<bool>,
    columns: usize,
    /// Sampled half-size pixels of explained cells: index and brightness class.
    samples: Vec<(u32, u8)>,
    brightness: Vec<u8>,
}

impl Usable {
    fn new(pictures: &Pictures<'_>, columns: usize, rows: usize, predicted: &Plane) -> Self {
        let full_width = pictures.claim[0].width;
        let inside = |column: usize, row: usize| {
            let index = row * CELL * full_width + column * CELL;
            pictures.inside[index]
                && pictures.inside[index + CELL - 1]
                && pictures.inside[index + (CELL - 1) * full_width]
                && pictures.inside[index + (CELL - 1) * (full_width + 1)]
        };
        let bare: Vec<bool> = (0..columns * rows)
            .map(|index| inside(index % columns, index / columns))
            .collect();
        // Two cells beside what cannot be compared are left out too: resampling reaches that far.
        let cells: Vec<bool> = (0..columns * rows)
            .map(|index| {
                let (column, row) = (index % columns, index / columns);
                (row.saturating_sub(2)..(row + 3).min(rows)).all(|row| {
                    bare[row * columns + column.saturating_sub(2)
                        ..row * columns + (column + 3).min(columns)]
                        .iter()
                        .all(|inside| *inside)
                })
            })
            .collect();
        let brightness: Vec<u8> = predicted
            .data
            .iter()
            .map(|value| ((value / 32.0).clamp(0.0, 7.0)) as u8)
            .collect();
        let mut samples = Vec::new();
        for (index, cell) in cells.iter().enumerate() {
            if !*cell || !pictures.explained[index] {
                continue;
            }
            let (column, row) = (index % columns, index / columns);
            // One of the four half-size pixels of the cell, taking turns.
            let (x, y) = (2 * column + index % 2, 2 * row + (index / 2) % 2);
            let at = y * predicted.width + x;
            samples.push((at as u32, brightness[at]));
        }
        Self {
            width: predicted.width,
            height: predicted.height,
            cells,
            columns,
            samples,
            brightness,
        }
    }

    /// Sets what cannot be compared in one half-size row to zero.
    fn clear(&self, y: usize, row: &mut [f32]) {
        let from = y / 2 * self.columns;
        let Some(cells) = self.cells.get(from..from + self.columns) else {
            row.fill(0.0);
            return;
        };
        let (pairs, rest) = row.split_at_mut(2 * self.columns);
        for (pair, cell) in pairs.chunks_exact_mut(2).zip(cells) {
            if !cell {
                pair.fill(0.0);
            }
        }
        rest.fill(0.0);
    }
}

/// How much a plane changes around each pixel.
fn structure(plane: &Plane) -> Plane {
    let (across, down) = plane.gradients();
    Plane {
        width: plane.width,
        height: plane.height,
        data: across
            .data
            .iter()
            .zip(&down.data)
            .map(|(x, y)| x.abs() + y.abs())
            .collect(),
    }
    .box_mean(1)
}

/// What an undamaged place of that structure and brightness leaves over.
struct Expected {
    structure: Vec<u8>,
}

impl Expected {
    fn new(size: &Plane, usable: &Usable) -> Self {
        let mut sampled: Vec<f32> = usable
            .samples
            .iter()
            .map(|(index, _)| size.data[*index as usize])
            .collect();
        let limits = STRUCTURE_QUANTILES.map(|share| quantile(&mut sampled, share));
        let structure = size
            .data
            .iter()
            .map(|value| limits.iter().map(|limit| u8::from(value > limit)).sum())
            .collect();
        Self { structure }
    }

    fn size(&self, residual: &Plane, floor: f32, usable: &Usable) -> Plane {
        let mut classes = vec![Vec::new(); STRUCTURE_CLASSES];
        for (index, _) in &usable.samples {
            let index = *index as usize;
            classes[usize::from(self.structure[index])].push(residual.data[index]);
        }
        let sizes: Vec<f32> = classes
            .iter_mut()
            .map(|values| quantile(values, 0.75).max(floor))
            .collect();
        let mut by_brightness = vec![Vec::new(); BRIGHTNESS_CLASSES];
        for (index, brightness) in &usable.samples {
            let index = *index as usize;
            let size = sizes[usize::from(self.structure[index])];
            by_brightness[usize::from(*brightness)].push(residual.data[index] / size);
        }
        let factors: Vec<f32> = by_brightness
            .iter_mut()
            .map(|values| {
                if values.len() < 100 {
                    1.0
                } else {
                    quantile(values, 0.75).clamp(1.0, 3.0)
                }
            })
            .collect();
        let mut plane = Plane::new(residual.width, residual.height);
        for (index, value) in plane.data.iter_mut().enumerate() {
            *value = sizes[usize::from(self.structure[index])]
                * factors[usize::from(usable.brightness[index])];
        }
        plane.box_mean(2)
    }
}

impl Expected {
    /// The usual spread of a deviation at each place: that of places with as much structure, and at least that of the
    /// whole picture.
    fn deviation(&self, deviation: &Plane, floor: f32, usable: &Usable) -> Plane {
        let mut all = Vec::with_capacity(usable.samples.len());
        let mut classes = vec![Vec::new(); STRUCTURE_CLASSES];
        for (index, _) in &usable.samples {
            let index = *index as usize;
            let value = deviation.data[index].abs();
            all.push(value);
            classes[usize::from(self.structure[index])].push(value);
        }
        let spread = |values: &mut [f32]| 1.4826 * quantile(values, 0.5);
        let least = spread(&mut all).max(floor);
        let spreads: Vec<f32> = classes
            .iter_mut()
            .map(|values| spread(values).clamp(least, PIXEL_SPREAD_LIMIT * least))
            .collect();
        let data = self
            .structure
            .iter()
            .map(|class| spreads[usize::from(*class)])
            .collect();
        Plane {
            width: deviation.width,
            height: deviation.height,
            data,
        }
    }
}

fn middle_and_spread(values: &mut [f32]) -> (f32, f32) {
    let middle = quantile(values, 0.5);
    for value in values.iter_mut() {
        *value = (*value - middle).abs();
    }
    (middle, 1.4826 * quantile(values, 0.5))
}

/// Length of the deviations of box means, in their usual spread: that of places as bright or of places with as much
/// structure, whichever is larger.
fn boxed(
    deviation: &[Plane; 3],
    structures: [&Plane; 2],
    radius: usize,
    floor: f32,
    usable: &Usable,
) -> Plane {
    let structures = structures.map(|plane| Expected::new(&plane.box_mean(radius), usable));
    let mut sum = Plane::new(usable.width, usable.height);
    for (channel, plane) in deviation.iter().enumerate() {
        let mut known = plane.clone();
        for (y, row) in known.data.chunks_exact_mut(usable.width).enumerate() {
            usable.clear(y, row);
        }
        let mean = known.box_mean(radius);
        let (floor, structure) = if channel == 0 {
            (floor, &structures[0].structure)
        } else {
            (floor * 0.6, &structures[1].structure)
        };
        let mut all = Vec::with_capacity(usable.samples.len());
        let mut by_brightness = vec![Vec::new(); BRIGHTNESS_CLASSES];
        for (index, brightness) in &usable.samples {
            let value = mean.data[*index as usize];
            all.push(value);
            by_brightness[usize::from(*brightness)].push(value);
        }
        let whole = middle_and_spread(&mut all);
        let least = whole.1.max(floor);
        let mut bright = [(whole.0, least); BRIGHTNESS_CLASSES];
        for (usual, values) in bright.iter_mut().zip(&mut by_brightness) {
            if values.len() >= 100 {
                let (middle, spread) = middle_and_spread(values);
                *usual = (middle, spread.clamp(least, BOX_SPREAD_LIMIT * least));
            }
        }
        let mut by_structure = vec![Vec::new(); STRUCTURE_CLASSES];
        for (index, brightness) in &usable.samples {
            let index = *index as usize;
            let value = (mean.data[index] - bright[usize::from(*brightness)].0).abs();
            by_structure[usize::from(structure[index])].push(value);
        }
        let spreads: Vec<f32> = by_structure
            .iter_mut()
            .map(|values| {
                // The spread of a normal distribution with this upper quantile.
                let spread = quantile(values, 0.9) / 1.645;
                spread.clamp(least, BOX_SPREAD_LIMIT * least)
            })
            .collect();
        for (index, value) in sum.data.iter_mut().enumerate() {
            let (middle, spread) = bright[usize::from(usable.brightness[index])];
            let spread = spread.max(spreads[usize::from(structure[index])]);
            let z = (mean.data[index] - middle) / spread;
            *value += z * z;
        }
    }
    for value in &mut sum.data {
        *value = value.sqrt();
    }
    sum
}
