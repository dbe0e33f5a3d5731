//! How the colors of the reference became those of the claim: one smooth model of tone, color and shading for the
//! whole picture, fitted so that a repainted part does not bend it.
//!
//! A stain may cover most of an item, and then a free curve would explain the stain as a change of tone. The model
//! starts from several parts of the picture, each may be the undamaged one; the start that explains the largest share
//! of all cells wins (Fischler, Bolles 1981; the cost is that of MSAC, Torr and Zisserman 2000), and only cells that
//! agree with it shape the curves.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "cell counts and 8-bit values"
)]

use super::calibration::{
    BLOWN, CELL, TONE_BIN_CELLS_MIN, TONE_CELLS_MAX, TONE_COST_CAP, TONE_COST_CAP_LEAST,
    TONE_CRISP_SHARE, TONE_CURVE_LIMIT, TONE_INLIER_FACTOR, TONE_INLIER_FLOOR, TONE_KEPT_ERROR,
    TONE_KEPT_SHARE,
};
use super::solve::{Normal, solve};
use crate::geometry::median;
use crate::plane::Plane;

/// What is added to a channel of value v at (x, y), all in units of 255: a gain and an offset of its own, and shared by
/// the channels saturation (luma - v), a curve (v squared, v cubed) and shading (v times x, y, xx, xy, yy and the
/// square of xx + yy, as lenses darken corners). A stain on a
/// white item would need curves that differ by channel, which no tone tool makes.
const TERMS: usize = 15;
const SATURATION: usize = 6;
const CURVE: usize = 7;
const SHADING: usize = 9;
/// Distance between two knots of the curve.
const KNOT: f32 = 8.0;
const KNOTS: usize = 33;
/// Tiles along a side, for asking whether a curve is supported all over the picture.
const TILES: usize = 4;

/// One 4 by 4 cell.
#[derive(Clone, Copy)]
pub(super) struct Cell {
    /// Column and row of the cell.
    pub(super) column: usize,
    pub(super) row: usize,
    claim: [f32; 3],
    predicted: [f32; 3],
    /// How far the block around it is registered, 0 to 1.
    trust: f32,
    /// Contrast of the block around it, in that of the reference; 0 where it is not known.
    gain: f32,
}

/// Cell means over the part that claim and reference share.
pub(super) struct Cells {
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) list: Vec<Cell>,
}

impl Cells {
    /// Cells that lie wholly inside; `block` tells how well the place is registered, and its contrast.
    pub(super) fn new(
        claim: &[Plane; 3],
        predicted: &[Plane; 3],
        inside: &[bool],
        block: impl Fn(usize, usize) -> (f32, f32),
    ) -> Self {
        let (width, height) = (claim[0].width, claim[0].height);
        let (columns, rows) = (width / CELL, height / CELL);
        let mut list = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let (left, top) = (column * CELL, row * CELL);
                let whole = (top..top + CELL).all(|y| {
                    inside[y * width + left..y * width + left + CELL]
                        .iter()
                        .all(|inside| *inside)
                });
                if !whole {
                    continue;
                }
                let mean = |plane: &Plane| {
                    let mut sum = 0.0;
                    for y in top..top + CELL {
                        sum += plane.row(y)[left..left + CELL].iter().sum::<f32>();
                    }
                    sum / (CELL * CELL) as f32
                };
                let (trust, gain) = block(left + CELL / 2, top + CELL / 2);
                list.push(Cell {
                    column,
                    row,
                    claim: [mean(&claim[0]), mean(&claim[1]), mean(&claim[2])],
                    predicted: [
                        mean(&predicted[0]),
                        mean(&predicted[1]),
                        mean(&predicted[2]),
                    ],
                    trust,
                    gain,
                });
            }
        }
        Self {
            columns,
            rows,
            list,
        }
    }
}

/// The fitted model.
pub(super) struct Tone {
    /// What is added to each channel, in units of 255.
    model: Model,
    curve: [[f32; KNOTS]; 3],
    /// Half the picture, to bring positions to -1 to 1.
    half: (f32, f32),
    /// For each cell of the list, whether the model explains it.
    pub(super) explained: Vec<bool>,
    /// Deviation that a fifth of the cells stay below, in levels.
    pub(super) deviation: f32,
}

/// The model's terms for one channel.
fn terms(predicted: [f32; 3], channel: usize, x: f32, y: f32) -> [f64; TERMS] {
    let [r, g, b] = predicted.map(|value| f64::from(value) / 255.0);
    let luma = 0.299 * r + 0.587 * g + 0.114 * b;
    let value = [r, g, b][channel];
    let (x, y) = (f64::from(x), f64::from(y));
    let mut z = [0.0; TERMS];
    z[2 * channel] = value;
    z[2 * channel + 1] = 1.0;
    z[SATURATION] = luma - value;
    z[CURVE] = value * value;
    z[CURVE + 1] = value * value * value;
    let far = (x * x + y * y).powi(2) / 4.0;
    for (slot, shade) in z[SHADING..]
        .iter_mut()
        .zip([x, y, x * x, x * y, y * y, far])
    {
        *slot = value * shade;
    }
    z
}

/// The model: one factor a term.
type Model = [f64; TERMS];

fn added(model: &Model, predicted: [f32; 3], channel: usize, x: f32, y: f32) -> f32 {
    let z = terms(predicted, channel, x, y);
    let sum: f64 = z.iter().zip(model).map(|(z, factor)| z * factor).sum();
    sum as f32 * 255.0
}

struct Sample {
    z: [[f64; TERMS]; 3],
    target: [f64; 3],
    x: f32,
    y: f32,
    trust: f64,
    gain: f32,
}

impl Sample {
    /// Root mean square over the channels, in levels.
    fn error(&self, model: &Model) -> f64 {
        let mut square = 0.0;
        for (z, target) in self.z.iter().zip(self.target) {
            let sum: f64 = z.iter().zip(model).map(|(z, factor)| z * factor).sum();
            square += (target - sum).powi(2);
        }
        (square / 3.0).sqrt() * 255.0
    }
}

/// The parts of the picture that a fit may start from.
const STARTS: [fn(f32, f32) -> bool; 11] = [
    |_, _| true,
    |x, _| x < 0.0,
    |x, _| x > 0.0,
    |_, y| y < 0.0,
    |_, y| y > 0.0,
    |x, y| x.abs().max(y.abs()) > 0.6,
    |x, y| x.abs().max(y.abs()) < 0.6,
    |x, y| x + y < 0.0,
    |x, y| x + y > 0.0,
    |x, y| x < y,
    |x, y| x > y,
];

fn fit(
    samples: &[Sample],
    model: &Model,
    scale: f64,
    used: &dyn Fn(&Sample) -> bool,
    shading: bool,
) -> Option<Model> {
    let mut normal = Normal::<TERMS, 1>::default();
    let mut total = 0.0;
    for sample in samples.iter().filter(|sample| used(sample)) {
        let error = sample.error(model) / scale;
        let weight = sample.trust / (1.0 + error * error).powi(2);
        for (z, target) in sample.z.iter().zip(sample.target) {
            normal.add(z, &[target], weight);
        }
        total += weight;
    }
    if total < 20.0 {
        return None;
    }
    let mut ridge = [1e-4 * total; TERMS];
    for value in &mut ridge[SHADING..] {
        *value = if shading { 3e-4 } else { 1e3 } * total;
    }
    solve(&normal, &ridge).map(|found| found.map(|[factor]| factor))
}

impl Tone {
    /// Fits the model to the cells of a claim of that size. Without enough cells nothing changes color.
    pub(super) fn fit(cells: &Cells, width: usize, height: usize) -> Self {
        let half = (width as f32 / 2.0, height as f32 / 2.0);
        let place = |cell: &Cell| {
            (
                (cell.column * CELL) as f32 / half.0 - 1.0,
                (cell.row * CELL) as f32 / half.1 - 1.0,
            )
        };
        let stride = cells.list.len().div_ceil(TONE_CELLS_MAX).max(1);
        let samples: Vec<Sample> = cells
            .list
            .iter()
            // A stride that shares no factor with the row length would be better still; this one walks the columns.
            .skip(stride / 2)
            .step_by(stride)
            .filter(|cell| cell.claim.iter().all(|value| (4.0..=251.0).contains(value)))
            .filter(|cell| cell.predicted.iter().all(|value| *value < BLOWN))
            .map(|cell| {
                let (x, y) = place(cell);
                Sample {
                    z: [0, 1, 2].map(|channel| terms(cell.predicted, channel, x, y)),
                    target: [0, 1, 2].map(|channel| {
                        f64::from(cell.claim[channel] - cell.predicted[channel]) / 255.0
                    }),
                    x,
                    y,
                    trust: f64::from(cell.trust),
                    gain: cell.gain,
                }
            })
            .collect();
        let model = best_model(&samples);
        let mut tone = Self {
            model,
            curve: [[0.0; KNOTS]; 3],
            half,
            explained: Vec::new(),
            deviation: 0.0,
        };
        for _ in 0..2 {
            tone.judge(cells, 3, &place);
            tone.bend(cells, 3, &place);
        }
        tone.judge(cells, 1, &place);
        tone
    }

    /// The claim's color that an undamaged place would have.
    fn color(&self, predicted: [f32; 3], x: f32, y: f32) -> [f32; 3] {
        [0, 1, 2].map(|channel| {
            let value = predicted[channel] + added(&self.model, predicted, channel, x, y);
            (value + self.bent(channel, value)).clamp(0.0, 255.0)
        })
    }

    fn bent(&self, channel: usize, value: f32) -> f32 {
        let place = (value / KNOT).clamp(0.0, (KNOTS - 1) as f32 - 0.001);
        let knot = place as usize;
        let part = place - knot as f32;
        self.curve[channel][knot] * (1.0 - part) + self.curve[channel][knot + 1] * part
    }

    fn judge(&mut self, cells: &Cells, step: usize, place: &dyn Fn(&Cell) -> (f32, f32)) {
        let errors: Vec<f32> = cells
            .list
            .iter()
            .step_by(step)
            .map(|cell| {
                let (x, y) = place(cell);
                let color = self.color(cell.predicted, x, y);
                let mut square = 0.0;
                for ((value, claim), before) in color.iter().zip(cell.claim).zip(cell.predicted) {
                    let clipped = claim >= 251.0 && *value >= 244.0
                        || claim <= 4.0 && *value <= 11.0
                        || before >= BLOWN && claim >= *value;
                    if !clipped {
                        square += (value - claim).powi(2);
                    }
                }
                (square / 3.0).sqrt()
            })
            .collect();
        let mut sorted: Vec<f64> = errors.iter().step_by(7).map(|e| f64::from(*e)).collect();
        sorted.sort_by(f64::total_cmp);
        // Most of the picture may be repainted: the lower quantile is that of the rest, however little it is.
        let close = sorted.partition_point(|error| *error < TONE_COST_CAP);
        let quantile = sorted
            .get((sorted.len() / 5).min(close / 2))
            .copied()
            .unwrap_or(0.0) as f32;
        let limit = (TONE_INLIER_FACTOR * quantile).max(TONE_INLIER_FLOOR);
        self.explained = errors.iter().map(|error| *error < limit).collect();
        self.deviation = quantile;
    }

    /// Fits the curve of each channel to what the explained cells leave over.
    fn bend(&mut self, cells: &Cells, step: usize, place: &dyn Fn(&Cell) -> (f32, f32)) {
        let mut left = vec![Vec::<(f64, u8)>::new(); 3 * KNOTS];
        for (cell, explained) in cells.list.iter().step_by(step).zip(&self.explained) {
            if !explained || cell.trust < 0.5 {
                continue;
            }
            let (x, y) = place(cell);
            let tile = ((((y + 1.0) * 0.5 * TILES as f32) as usize).min(TILES - 1) * TILES
                + (((x + 1.0) * 0.5 * TILES as f32) as usize).min(TILES - 1))
                as u8;
            for channel in 0..3 {
                let claim = cell.claim[channel];
                if !(3.0..=252.0).contains(&claim) || cell.predicted[channel] >= BLOWN {
                    continue;
                }
                let value =
                    cell.predicted[channel] + added(&self.model, cell.predicted, channel, x, y);
                let knot = (value / KNOT).round().clamp(0.0, (KNOTS - 1) as f32) as usize;
                left[channel * KNOTS + knot].push((f64::from(claim - value), tile));
            }
        }
        for channel in 0..3 {
            let mut known = [None; KNOTS];
            for (knot, known) in known.iter_mut().enumerate() {
                let list = &left[channel * KNOTS + knot];
                let mut tiles = 0_u32;
                for (_, tile) in list {
                    tiles |= 1 << tile;
                }
                if list.len() >= TONE_BIN_CELLS_MIN && tiles.count_ones() >= 2 {
                    let values: Vec<f64> = list.iter().map(|(value, _)| *value).collect();
                    let shrunk = list.len() as f64 / (list.len() as f64 + 10.0);
                    let bend = (median(&values) * shrunk) as f32;
                    *known = Some(bend.clamp(-TONE_CURVE_LIMIT, TONE_CURVE_LIMIT));
                }
            }
            self.curve[channel] = filled(&known);
        }
    }

    /// The three predicted channels with the claim's tone. Where the reference is blown out, what is brighter in the
    /// claim tells nothing: a darker exposure shows what the highlight hid.
    pub(super) fn apply(&self, predicted: &mut [Plane; 3], claim: &[Plane; 3]) {
        let blown = [0, 1, 2].map(|channel: usize| {
            let data = &predicted[channel].data;
            let places = 0..data.len();
            places.filter(|at| data[*at] >= BLOWN).collect::<Vec<_>>()
        });
        self.recolor(predicted);
        for ((plane, claim), blown) in predicted.iter_mut().zip(claim).zip(&blown) {
            for at in blown {
                plane.data[*at] = plane.data[*at].max(claim.data[*at]);
            }
        }
    }

    fn recolor(&self, predicted: &mut [Plane; 3]) {
        let (width, height) = (predicted[0].width, predicted[0].height);
        let m = self.model.map(|factor| factor as f32);
        let [red, green, blue] = predicted;
        let mut lumas = vec![0.0_f32; width];
        for y in 0..height {
            let down = y as f32 / self.half.1 - 1.0;
            let row = y * width..(y + 1) * width;
            let lines = [
                &mut red.data[row.clone()],
                &mut green.data[row.clone()],
                &mut blue.data[row],
            ];
            for (x, luma) in lumas.iter_mut().enumerate() {
                *luma = 0.299 * lines[0][x] + 0.587 * lines[1][x] + 0.114 * lines[2][x];
            }
            let start = m[SHADING + 1] * down + m[SHADING + 4] * down * down;
            let slope = m[SHADING] + m[SHADING + 3] * down;
            let bend = m[SHADING + 2];
            let corner = m[SHADING + 5] / 4.0;
            for (channel, line) in lines.into_iter().enumerate() {
                let gain = 1.0 + m[2 * channel] - m[SATURATION] + start;
                let offset = m[2 * channel + 1] * 255.0;
                let (square, cube) = (m[CURVE] / 255.0, m[CURVE + 1] / (255.0 * 255.0));
                for (x, (value, luma)) in line.iter_mut().zip(&lumas).enumerate() {
                    let v = *value;
                    let across = x as f32 / self.half.0 - 1.0;
                    let far = across * across + down * down;
                    let shade = across * (slope + bend * across) + corner * far * far;
                    *value = offset
                        + m[SATURATION] * luma
                        + v * (gain + shade + v * (square + v * cube));
                }
                for value in line {
                    *value = (*value + self.bent(channel, *value)).clamp(0.0, 255.0);
                }
            }
        }
    }
}

fn best_model(samples: &[Sample]) -> Model {
    let same = [0.0; TERMS];
    if samples.len() < 100 {
        return same;
    }
    let cost = |model: &Model, cap: f64| {
        samples
            .iter()
            .map(|sample| sample.trust.max(0.3) * (sample.error(model) / cap).powi(2).min(1.0))
            .sum::<f64>()
    };
    // Most claims keep the reference's tone: the model of no change may grow from what agrees with it, however little
    // of the picture a stain has left.
    let mut near = same;
    for _ in 0..3 {
        near = fit(samples, &near, 3.0, &|_| true, true).unwrap_or(near);
    }
    let mut candidates = vec![same, near];
    let crisp = crisp_gain(samples);
    let of_place = STARTS.map(|start| move |sample: &Sample| start(sample.x, sample.y));
    let mut starts: Vec<&dyn Fn(&Sample) -> bool> = Vec::new();
    for start in &of_place {
        starts.push(start);
    }
    let is_crisp = |sample: &Sample| sample.gain >= crisp;
    starts.push(&is_crisp);
    for (index, start) in starts.iter().enumerate() {
        let mut model = same;
        let mut scale = 40.0;
        let mut fitted = true;
        for round in 0..4 {
            // The first rounds see one part only, the last ones all that agrees.
            let part = |sample: &Sample| round >= 2 || start(sample);
            let Some(found) = fit(samples, &model, scale, &part, index == 0 || round >= 2) else {
                fitted = false;
                break;
            };
            model = found;
            scale = f64::max(scale * 0.4, 4.0);
        }
        if fitted {
            candidates.push(model);
        }
    }
    let cap = cost_cap(samples, &candidates);
    let mut best = (f64::INFINITY, same);
    for model in candidates {
        let cost = cost(&model, cap);
        if cost < best.0 {
            best = (cost, model);
        }
    }
    if is_unchanged(samples, &same, &best.1) {
        best.1 = near;
    }
    for _ in 0..2 {
        if let Some(model) = fit(samples, &best.1, 4.0, &|_| true, true) {
            best.1 = model;
        }
    }
    best.1
}

/// The contrast from which on a block is as crisp as the crispest: paint takes contrast away, and what it left alone is
/// found among these.
fn crisp_gain(samples: &[Sample]) -> f32 {
    let mut gains: Vec<f32> = samples
        .iter()
        .filter(|sample| sample.trust > 0.5 && sample.gain > 0.0)
        .map(|sample| sample.gain)
        .collect();
    if gains.is_empty() {
        return f32::INFINITY;
    }
    gains.sort_by(f32::total_cmp);
    TONE_CRISP_SHARE * gains[gains.len() * 9 / 10]
}

/// From which deviation on a cell costs the same: a little more than that of the cells that some model explains best.
fn cost_cap(samples: &[Sample], candidates: &[Model]) -> f64 {
    let least = candidates
        .iter()
        .map(|model| {
            let mut errors: Vec<f64> = samples.iter().map(|sample| sample.error(model)).collect();
            let at = errors.len() / 10;
            *errors.select_nth_unstable_by(at, f64::total_cmp).1
        })
        .fold(TONE_COST_CAP, f64::min);
    (2.5 * least).clamp(TONE_COST_CAP_LEAST, TONE_COST_CAP)
}

/// Whether enough of the picture kept the very colors of the reference where the other model would change them: no
/// tone tool leaves a part alone, but paint does.
fn is_unchanged(samples: &[Sample], same: &Model, other: &Model) -> bool {
    let kept = samples
        .iter()
        .filter(|sample| {
            sample.error(same) < TONE_KEPT_ERROR && sample.error(other) > TONE_COST_CAP
        })
        .count();
    kept as f64 >= TONE_KEPT_SHARE * samples.len() as f64
}

/// Knots without enough cells take the straight line between their neighbors, or the nearest known one.
fn filled(known: &[Option<f32>; KNOTS]) -> [f32; KNOTS] {
    let mut curve = [0.0; KNOTS];
    for (knot, value) in curve.iter_mut().enumerate() {
        let before = (0..=knot)
            .rev()
            .find_map(|at| known[at].map(|bend| (at, bend)));
        let after = (knot..KNOTS).find_map(|at| known[at].map(|bend| (at, bend)));
        *value = match (before, after) {
            (Some((left, a)), Some((right, b))) if right > left => {
                let part = (knot - left) as f32 / (right - left) as f32;
                a * (1.0 - part) + b * part
            }
            (Some((_, bend)), _) | (None, Some((_, bend))) => bend,
            (None, None) => 0.0,
        };
    }
    curve
}
