//! Parts of a JPEG that were compressed once where the rest was compressed twice.
//!
//! A photo that was saved with coarse steps and, after an edit, again with finer ones keeps its coefficients near
//! multiples of the coarse steps (A. C. Popescu, H. Farid, "Statistical tools for digital forensics", 2004; Z. Lin
//! et al., "Fast, automatic and fine-grained tampered JPEG image detection via DCT coefficient analysis", 2009).
//! What was painted in between has coefficients everywhere. The unquantized distribution is taken from the same
//! picture on a shifted grid (J. Fridrich, M. Goljan, D. Hogea, 2002; T. Bianchi, A. Piva, 2012). Each coefficient
//! then is on or off a multiple, and windows with too many off ones are found a contrario: the sum of log likelihood
//! ratios of a window bounds its number of false alarms.

use aftercare_media::jpeg::{Component, ZIGZAG};

use crate::blind::hint::{Check, Hint, Reason};
use crate::blind::regions::{Field, Region};
use crate::blind::source::Source;
use crate::limits::{
    DOUBLE_FREQUENCIES, DOUBLE_GAIN_NATS, DOUBLE_LOCAL_LOG10, DOUBLE_MAX_SHARE, DOUBLE_STEP_RATIO,
    DOUBLE_TEMPER, MAX_BLIND_BOXES, MAX_DOUBLE_STEP, MIN_BLIND_SIDE,
};

/// Coefficients are looked at within this range, in units before quantization.
const RANGE: i32 = 1_100;
const BINS: usize = 2 * RANGE as usize + 1;
/// Blocks of the shifted grid that the unquantized distribution is taken from, at most.
const SHIFTED_BLOCKS: usize = 16_384;
/// Rounding of the pixels between two compressions moves a coefficient by less than this, two standard deviations.
const SPREAD: f64 = 0.9;
/// Share of coefficients off the multiples that a twice compressed picture has at least, for the likelihoods.
const OFF_FLOOR: f64 = 0.03;

/// What one frequency tells.
struct Comb {
    /// Place of the coefficient in the block.
    place: usize,
    /// Steps of the last and of the first compression.
    last: i32,
    first: i32,
    /// Share of coefficients off the multiples in the tiles of the picture, at their median.
    off_twice: f64,
    /// By quantized value, from `-reach`: the share expected off the multiples in a part compressed once; 0 where the
    /// value tells nothing.
    expected: Vec<f64>,
    /// Whether the value is off the multiples.
    off: Vec<bool>,
    reach: i32,
}

impl Comb {
    fn index(&self, value: i16) -> Option<usize> {
        let index = usize::try_from(i32::from(value) + self.reach).ok()?;
        (index < self.off.len() && self.expected[index] > 0.0).then_some(index)
    }

    /// Log likelihood ratio, once against twice compressed.
    fn ratio(&self, value: i16) -> Option<f64> {
        let index = self.index(value)?;
        let (once, twice) = (self.expected[index], self.off_twice);
        if twice >= once {
            return None;
        }
        Some(if self.off[index] {
            (once / twice).ln()
        } else {
            ((1.0 - once) / (1.0 - twice)).ln()
        })
    }
}

pub(super) fn hint(source: &Source) -> Hint {
    let check = Check::DoubleQuantization;
    let Some(luma) = source
        .coefficients
        .as_ref()
        .and_then(|read| read.components.first())
    else {
        return Hint::abstained(check, Reason::NoCoefficients);
    };
    if source.width.min(source.height) < MIN_BLIND_SIDE {
        return Hint::abstained(check, Reason::TooSmall);
    }
    let (columns, rows) = (source.width / 8, source.height / 8);
    let usable = unclipped_blocks(source, columns, rows);
    let shifted = shifted_histograms(source);
    let combs: Vec<Comb> = counts(luma, &usable, columns)
        .unwrap_or_default()
        .iter()
        .enumerate()
        .filter_map(|(frequency, counts)| {
            find_comb(
                luma,
                usize::from(ZIGZAG[frequency]),
                counts,
                &shifted[frequency],
                &usable,
                columns,
            )
        })
        .collect();
    if combs.len() < 2 {
        return Hint::abstained(check, Reason::TraceGone);
    }
    let mut field = Field::new(columns, rows);
    for (index, &usable) in usable.iter().enumerate() {
        let (column, row) = (index % columns, index / columns);
        let Some(block) = luma.block(column, row).filter(|_| usable) else {
            continue;
        };
        let sum: f64 = combs
            .iter()
            .filter_map(|comb| comb.ratio(block[comb.place]))
            .sum();
        field.add(column, row, sum * DOUBLE_TEMPER);
    }
    let regions = field.regions(DOUBLE_LOCAL_LOG10);
    let best = field.best_log10();
    let share = Region::share(&regions, columns, rows);
    let dc = combs.iter().find(|comb| comb.place == 0);
    let describe = |hint: Hint| {
        hint.with_number("frequencies", combs.len() as i64)
            .with_number("first_step", i64::from(dc.unwrap_or(&combs[0]).first))
            .with_number("last_step", i64::from(dc.unwrap_or(&combs[0]).last))
            .with_number("area_per_mille", per_mille(share))
            .with_false_alarms(best)
    };
    if regions.is_empty() || share > DOUBLE_MAX_SHARE {
        return describe(Hint::nothing(check));
    }
    let boxes = regions
        .iter()
        .take(MAX_BLIND_BOXES)
        .map(|region| {
            source.upright(
                region.column * 8,
                region.row * 8,
                region.columns * 8,
                region.rows * 8,
            )
        })
        .collect();
    describe(Hint::found(
        check,
        "照片的大部分内容被保存过两次，标出的部分只被保存过一次：这一部分可能是在两次保存之间加上去的，例如标注、文字或修改。",
        "Most of the photo was saved twice, the marked part only once: it may have been added in between, such as a marking, writing or a change.",
    ))
    .with_boxes(boxes)
}

#[expect(clippy::cast_possible_truncation, reason = "a share of one")]
fn per_mille(share: f64) -> i64 {
    (share * 1_000.0).round() as i64
}

/// Whole blocks without pixels at the ends of the range, where clipping moves coefficients off their multiples.
fn unclipped_blocks(source: &Source, columns: usize, rows: usize) -> Vec<bool> {
    let mut usable = vec![true; columns * rows];
    for y in 0..rows * 8 {
        let line = &mut usable[y / 8 * columns..][..columns];
        for (slot, pixels) in line.iter_mut().zip(source.row(y).chunks_exact(8)) {
            *slot &= pixels.iter().all(|&pixel| (3..=252).contains(&pixel));
        }
    }
    usable
}

/// Histograms of the unquantized coefficients on a grid shifted by half a block, by frequency.
#[expect(clippy::cast_possible_truncation, reason = "held within the range")]
fn shifted_histograms(source: &Source) -> Vec<Vec<f64>> {
    // The weights of one pixel for all frequencies lie together: each sum waits for its last addition, and so they wait
    // together.
    let mut basis = [[0.0_f32; DOUBLE_FREQUENCIES]; 64];
    for (frequency, &place) in ZIGZAG[..DOUBLE_FREQUENCIES].iter().enumerate() {
        let (u, v) = (f32::from(place % 8), f32::from(place / 8));
        let norm = |k: f32| if k == 0.0 { 0.125_f32.sqrt() } else { 0.5 };
        for (at, weights) in basis.iter_mut().enumerate() {
            let (x, y) = ((at % 8) as f32, (at / 8) as f32);
            let turn = std::f32::consts::PI / 16.0;
            weights[frequency] = norm(u)
                * norm(v)
                * ((2.0 * x + 1.0) * u * turn).cos()
                * ((2.0 * y + 1.0) * v * turn).cos();
        }
    }
    let (columns, rows) = ((source.width - 4) / 8, (source.height - 4) / 8);
    let stride = (columns * rows).div_ceil(SHIFTED_BLOCKS).max(1);
    let mut histograms = vec![vec![0.0; BINS]; DOUBLE_FREQUENCIES];
    for index in (0..columns * rows).step_by(stride) {
        let (left, top) = (index % columns * 8 + 4, index / columns * 8 + 4);
        let mut pixels = [0.0_f32; 64];
        for (y, line) in pixels.chunks_exact_mut(8).enumerate() {
            for (slot, &pixel) in line.iter_mut().zip(&source.row(top + y)[left..left + 8]) {
                *slot = f32::from(pixel) - 128.0;
            }
        }
        let mut values = [0.0_f32; DOUBLE_FREQUENCIES];
        for (weights, pixel) in basis.iter().zip(pixels) {
            for (value, weight) in values.iter_mut().zip(weights) {
                *value += weight * pixel;
            }
        }
        for (value, histogram) in values.into_iter().zip(&mut histograms) {
            let bin = (value.round() as i32).clamp(-RANGE, RANGE) + RANGE;
            histogram[bin.unsigned_abs() as usize] += 1.0;
        }
    }
    histograms
}

/// How often each quantized value within the range stands in the usable blocks, by frequency: all in one pass, because
/// the blocks of a large picture are far more than the memory nearby holds. `None` when there are fewer blocks.
fn counts(luma: &Component, usable: &[bool], columns: usize) -> Option<Vec<Vec<f64>>> {
    let places = &ZIGZAG[..DOUBLE_FREQUENCIES];
    let reaches: Vec<i32> = places
        .iter()
        .map(|&place| reach_of(luma, usize::from(place)))
        .collect();
    let mut counts: Vec<Vec<f64>> = reaches
        .iter()
        .map(|reach| vec![0.0; (2 * reach + 1).unsigned_abs() as usize])
        .collect();
    for (index, _) in usable.iter().enumerate().filter(|&(_, &usable)| usable) {
        let block = luma.block(index % columns, index / columns)?;
        for ((&place, reach), counts) in places.iter().zip(&reaches).zip(&mut counts) {
            let value = i32::from(block[usize::from(place)]);
            if let Some(slot) = usize::try_from(value + reach)
                .ok()
                .and_then(|index| counts.get_mut(index))
            {
                *slot += 1.0;
            }
        }
    }
    Some(counts)
}

/// The largest quantized value of one frequency that is looked at.
fn reach_of(luma: &Component, place: usize) -> i32 {
    RANGE / i32::from(luma.quantization[place])
}

/// The first compression's step of one frequency, if its coefficients stand on the multiples of one.
fn find_comb(
    luma: &Component,
    place: usize,
    counts: &[f64],
    shifted: &[f64],
    usable: &[bool],
    columns: usize,
) -> Option<Comb> {
    let last = i32::from(luma.quantization[place]);
    let reach = reach_of(luma, place);
    let cumulative = cumulative(shifted);
    let mut best: Option<(f64, Comb)> = None;
    for first in last + 1..=MAX_DOUBLE_STEP {
        if f64::from(first) < DOUBLE_STEP_RATIO * f64::from(last) {
            continue;
        }
        let (expected, off) = comb_shape(&cumulative, first, last, reach);
        let (mut gain, mut off_seen, mut off_expected) = (0.0, 0.0, 0.0);
        for ((&count, &once), &off) in counts.iter().zip(&expected).zip(&off) {
            if count == 0.0 || once == 0.0 {
                continue;
            }
            off_expected += count * once;
            gain += if off {
                off_seen += count;
                count * (0.05 / once).ln()
            } else {
                count * (0.95 / (1.0 - once)).ln()
            };
        }
        let is_comb = gain > DOUBLE_GAIN_NATS && off_seen < 0.5 * off_expected;
        if is_comb && best.as_ref().is_none_or(|&(other, _)| gain > other) {
            best = Some((
                gain,
                Comb {
                    place,
                    last,
                    first,
                    off_twice: OFF_FLOOR,
                    expected,
                    off,
                    reach,
                },
            ));
        }
    }
    let (_, mut comb) = best?;
    comb.off_twice = median_off(luma, &comb, usable, columns).max(OFF_FLOOR);
    Some(comb)
}

/// Sums of the smoothed histogram up to each unit.
fn cumulative(histogram: &[f64]) -> Vec<f64> {
    const RADIUS: usize = 4;
    let mut sum = 0.0;
    (0..histogram.len())
        .map(|bin| {
            let from = bin.saturating_sub(RADIUS);
            let to = (bin + RADIUS + 1).min(histogram.len());
            // A little everywhere, so that no interval is empty.
            sum += histogram[from..to].iter().sum::<f64>() / 9.0 + 0.01;
            sum
        })
        .collect()
}

/// For each quantized value: the share expected off the multiples among the values around its multiple, and whether
/// it is off. Values around zero tell nothing, because most coefficients are there anyway.
fn comb_shape(cumulative: &[f64], first: i32, last: i32, reach: i32) -> (Vec<f64>, Vec<bool>) {
    let values = -reach..=reach;
    let length = (2 * reach + 1).unsigned_abs() as usize;
    let mass = |value: i32| {
        let edge = |at: i32| {
            let bin = usize::try_from(at + RANGE).unwrap_or(0).min(BINS - 1);
            cumulative[bin]
        };
        let low = value * last - last / 2 - 1;
        (edge(low + last) - edge(low)).max(1e-6)
    };
    let group_of = |value: i32| {
        let doubled = 2 * value * last + first;
        doubled.div_euclid(2 * first)
    };
    let mut expected = vec![0.0; length];
    let mut off = vec![false; length];
    let mut start = 0;
    let all: Vec<i32> = values.collect();
    while start < length {
        let group = group_of(all[start]);
        let end = start
            + all[start..]
                .iter()
                .take_while(|&&value| group_of(value) == group)
                .count();
        let (mut total, mut outside) = (0.0, 0.0);
        for index in start..end {
            let distance = f64::from((all[index] * last - group * first).abs());
            off[index] = distance > f64::from(last) / 2.0 + SPREAD;
            let mass = mass(all[index]);
            total += mass;
            if off[index] {
                outside += mass;
            }
        }
        let share = outside / total;
        // The first and the last group may be cut off by the range.
        if group != 0 && start > 0 && end < length && (0.15..=0.95).contains(&share) {
            expected[start..end].fill(share);
        }
        start = end;
    }
    (expected, off)
}

/// The median over tiles of the share of informative coefficients off the multiples.
fn median_off(luma: &Component, comb: &Comb, usable: &[bool], columns: usize) -> f64 {
    const TILE: usize = 8;
    let rows = usable.len() / columns;
    let (across, down) = (columns.div_ceil(TILE), rows.div_ceil(TILE));
    let mut tiles = vec![(0.0_f64, 0.0_f64); across * down];
    for (index, _) in usable.iter().enumerate().filter(|&(_, &usable)| usable) {
        let (column, row) = (index % columns, index / columns);
        let Some(block) = luma.block(column, row) else {
            continue;
        };
        if let Some(value) = comb.index(block[comb.place]) {
            let tile = &mut tiles[row / TILE * across + column / TILE];
            tile.0 += 1.0;
            tile.1 += f64::from(u8::from(comb.off[value]));
        }
    }
    let shares: Vec<f64> = tiles
        .iter()
        .filter(|tile| tile.0 >= 8.0)
        .map(|tile| tile.1 / tile.0)
        .collect();
    if shares.is_empty() {
        return OFF_FLOOR;
    }
    crate::geometry::median(&shares)
}
