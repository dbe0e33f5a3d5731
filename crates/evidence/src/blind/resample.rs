//! A part that was made larger or smaller before it was put into the photo.
//!
//! Interpolation leaves pixels whose second differences are weaker the nearer they lie to a pixel of the origin, so
//! their size goes up and down with the scale, along both axes alike (A. C. Gallagher, "Detection of linear and cubic
//! interpolation in JPEG compressed images", 2005; B. Mahdian, S. Saic, "Blind authentication using periodic properties
//! of interpolation", 2008). In windows of the picture the second differences are added up along columns and along
//! rows, and both sums are looked at for one frequency. Without a period the power at a frequency over the mean around
//! it is `t` or more with a chance of `e^-t`; of both axes together the chance is `(1 + t) e^-t`; times the windows and
//! frequencies, that is the number of false alarms (A. Desolneux, L. Moisan, J.-M. Morel, 2000).
//!
//! Weave, print and tiles are periodic, too. They seldom stand square to the pixels: the phase of a part that was
//! resized is the same in every strip of it, along both axes. Where a second period stands elsewhere, there is no answer, and a
//! photo that was resized as a whole has its period everywhere, which is its own. Turned parts are not found, and a save
//! with coarse steps leaves nothing to find: messengers resize and save every photo again.
#![expect(
    clippy::cast_possible_truncation,
    reason = "frequencies and cells of one picture"
)]

use crate::blind::hint::{Check, Hint, Reason};
use crate::blind::source::Source;
use crate::limits::{
    MIN_BLIND_SIDE, RESAMPLED_AXIS_NATS, RESAMPLED_COARSE_STEPS, RESAMPLED_COHERENCE,
    RESAMPLED_ELSEWHERE_LOG10, RESAMPLED_ELSEWHERE_SHARE, RESAMPLED_LOG10, RESAMPLED_MAX_SHARE,
    RESAMPLED_OUTSIDE_NATS, RESAMPLED_PART_SHARE, RESAMPLED_PLAIN,
};

/// Pixels across a cell.
const CELL: usize = 64;
/// Strips of a cell, for the phases.
const STRIPS: usize = 4;
/// Windows: cells across, and cells from one to the next.
const WINDOWS: [(usize, usize); 2] = [(2, 1), (4, 2)];
/// Second differences count up to here, so that one edge does not drown a period.
const CAP: u16 = 32;
/// Cycles a pixel below which a period is that of the picture itself.
const LOWEST: f32 = 0.06;
/// Cycles a pixel above which a period is that of a color filter, which every camera has.
const HIGHEST: f32 = 0.46;
/// Multiples of this many cycles a pixel are the grid of a compression.
const BLOCK: f32 = 0.125;
/// Cycles a pixel around such a multiple that are left out.
const BLOCK_WIDTH: f32 = 0.012;
/// Frequencies on each side that tell the mean around one, and those next to it that do not.
const AROUND: usize = 12;
const BESIDE: usize = 3;
/// Two windows agree on a frequency up to this difference, in cycles a pixel.
const SAME_FREQUENCY: f32 = 0.006;

/// Sums of second differences, by strip of a cell.
struct Sums {
    columns: usize,
    rows: usize,
    /// By cell and strip of rows: one sum for each column of pixels.
    across: Vec<[[f32; CELL]; STRIPS]>,
    /// By cell and strip of columns: one sum for each row of pixels.
    down: Vec<[[f32; CELL]; STRIPS]>,
}

/// A window in which a period stands out.
#[derive(Clone, Copy)]
struct Window {
    column: usize,
    row: usize,
    side: usize,
    /// Cycles in the window.
    cycles: usize,
    /// Decimal logarithm of the number of false alarms.
    log10: f64,
    /// Evidence of both axes, in nats.
    nats: f64,
}

impl Window {
    /// Cycles a pixel.
    fn frequency(&self) -> f32 {
        self.cycles as f32 / (self.side * CELL) as f32
    }

    const fn meets(&self, part: Part) -> bool {
        self.column < part.right
            && part.left < self.column + self.side
            && self.row < part.bottom
            && part.top < self.row + self.side
    }
}

/// Cells: left, top, and the first ones outside.
#[derive(Clone, Copy)]
struct Part {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

pub(super) fn hint(source: &Source) -> Hint {
    let check = Check::Resampling;
    if source.width.min(source.height) < MIN_BLIND_SIDE.max(2 * CELL) {
        return Hint::abstained(check, Reason::TooSmall);
    }
    if source
        .mean_step()
        .is_some_and(|step| step > RESAMPLED_COARSE_STEPS)
    {
        return Hint::abstained(check, Reason::TraceGone);
    }
    let sums = Sums::of(source);
    if sums.is_plain() {
        return Hint::abstained(check, Reason::TooPlain);
    }
    let spectra = WINDOWS.map(|(side, _)| Spectrum::new(side));
    let tests: usize = WINDOWS
        .iter()
        .zip(&spectra)
        .map(|(&(side, step), spectrum)| sums.places(side, step).count() * spectrum.tried())
        .sum();
    let tests = (tests.max(1) as f64).log10();
    let mut windows = Vec::new();
    for (&(side, step), spectrum) in WINDOWS.iter().zip(&spectra) {
        for (column, row) in sums.places(side, step) {
            windows.extend(spectrum.strongest(&sums, column, row, tests));
        }
    }
    let best = windows
        .iter()
        .filter(|window| window.log10 <= RESAMPLED_LOG10)
        .min_by(|a, b| a.log10.total_cmp(&b.log10))
        .copied();
    let Some(best) = best else {
        return Hint::nothing(check);
    };
    let part = part(&windows, &best);
    let around = Part {
        left: part.left.saturating_sub(1),
        top: part.top.saturating_sub(1),
        right: part.right + 1,
        bottom: part.bottom + 1,
    };
    let share = ((part.right - part.left) * (part.bottom - part.top)) as f64
        / (sums.columns * sums.rows).max(1) as f64;
    let coherence = spectra
        .iter()
        .find(|spectrum| spectrum.side == best.side)
        .map_or(0.0, |spectrum| spectrum.coherence(&sums, &best));
    let outside = outside(&sums, &spectra, &best, around);
    let describe = |hint: Hint| {
        hint.with_number(
            "frequency_milli",
            (f64::from(best.frequency()) * 1_000.0).round() as i64,
        )
        .with_number("nats", best.nats.round() as i64)
        .with_number(
            "coherence_per_mille",
            (f64::from(coherence) * 1_000.0).round() as i64,
        )
        .with_number("area_per_mille", (share * 1_000.0).round() as i64)
        .with_number("outside_centinats", (outside * 100.0).round() as i64)
        .with_false_alarms(best.log10)
    };
    // A period elsewhere says that the picture has periods of its own: weave, print, a screen that was photographed.
    let limit = RESAMPLED_ELSEWHERE_LOG10.min(RESAMPLED_ELSEWHERE_SHARE * best.log10);
    let elsewhere = windows
        .iter()
        .any(|window| window.log10 <= limit && !window.meets(around));
    if elsewhere || coherence < RESAMPLED_COHERENCE {
        return describe(Hint::abstained(check, Reason::RepeatedPattern));
    }
    if share > RESAMPLED_MAX_SHARE || outside > RESAMPLED_OUTSIDE_NATS {
        return describe(Hint::nothing(check));
    }
    let boxes = vec![source.upright(
        part.left * CELL,
        part.top * CELL,
        (part.right - part.left) * CELL,
        (part.bottom - part.top) * CELL,
    )];
    describe(Hint::found(
        check,
        "照片中标出的部分像是先放大或缩小、再放进这张照片的，其余部分没有这种痕迹。拼图、贴纸、截图和排得很整齐的细密花纹也会这样。",
        "The marked part of the photo looks as if it had been made larger or smaller before it was put there; the rest does not. Collages, stickers, screenshots and fine patterns that stand very straight do this, too.",
    ))
    .with_boxes(boxes)
}

/// Evidence in nats for the frequency of `best`, on average over the windows of its size outside a part. By chance it is
/// two, one for each axis.
fn outside(sums: &Sums, spectra: &[Spectrum], best: &Window, part: Part) -> f64 {
    let (mut nats, mut count) = (0.0, 0_usize);
    for (&(side, step), spectrum) in WINDOWS.iter().zip(spectra) {
        if side != best.side {
            continue;
        }
        for (column, row) in sums.places(side, step) {
            let window = Window {
                column,
                row,
                ..*best
            };
            if !window.meets(part) {
                nats += spectrum.nats_at(sums, &window);
                count += 1;
            }
        }
    }
    if count == 0 { 0.0 } else { nats / count as f64 }
}

/// The cells around the best window that show the same period.
fn part(windows: &[Window], best: &Window) -> Part {
    let mut part = Part {
        left: best.column,
        top: best.row,
        right: best.column + best.side,
        bottom: best.row + best.side,
    };
    let mut waiting: Vec<&Window> = windows
        .iter()
        .filter(|window| {
            (window.frequency() - best.frequency()).abs() <= SAME_FREQUENCY
                && window.log10 <= RESAMPLED_PART_SHARE * best.log10
        })
        .collect();
    loop {
        let (near, far): (Vec<&Window>, Vec<&Window>) =
            waiting.into_iter().partition(|window| window.meets(part));
        if near.is_empty() {
            return part;
        }
        for window in near {
            part = Part {
                left: part.left.min(window.column),
                top: part.top.min(window.row),
                right: part.right.max(window.column + window.side),
                bottom: part.bottom.max(window.row + window.side),
            };
        }
        waiting = far;
    }
}

impl Sums {
    fn of(source: &Source) -> Self {
        let (columns, rows) = (source.width / CELL, source.height / CELL);
        let mut sums = Self {
            columns,
            rows,
            across: vec![[[0.0; CELL]; STRIPS]; columns * rows],
            down: vec![[[0.0; CELL]; STRIPS]; columns * rows],
        };
        let strip = |place: usize| place % CELL * STRIPS / CELL;
        let last = (source.width - 1, source.height - 1);
        for y in 0..rows * CELL {
            let row = source.row(y);
            let above = source.row(y.saturating_sub(1));
            let below = source.row((y + 1).min(last.1));
            let line = y / CELL * columns;
            for column in 0..columns {
                let cell = line + column;
                let across = &mut sums.across[cell][strip(y)];
                for (place, sum) in across.iter_mut().enumerate() {
                    let x = column * CELL + place;
                    let difference =
                        bend(row[x.saturating_sub(1)], row[x], row[(x + 1).min(last.0)]);
                    *sum += f32::from(difference.min(CAP));
                }
                let down = &mut sums.down[cell];
                for place in 0..CELL {
                    let x = column * CELL + place;
                    down[strip(place)][y % CELL] +=
                        f32::from(bend(above[x], row[x], below[x]).min(CAP));
                }
            }
        }
        sums
    }

    /// Whether the picture has too little detail for any answer.
    fn is_plain(&self) -> bool {
        let total: f64 = self
            .across
            .iter()
            .flatten()
            .flatten()
            .map(|&sum| f64::from(sum))
            .sum();
        total < RESAMPLED_PLAIN * (self.columns * self.rows * CELL * CELL) as f64
    }

    /// The first cells of all windows of a side.
    fn places(&self, side: usize, step: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let columns = (self.columns + 1).saturating_sub(side);
        let rows = (self.rows + 1).saturating_sub(side);
        (0..rows)
            .step_by(step)
            .flat_map(move |row| (0..columns).step_by(step).map(move |column| (column, row)))
    }
}

/// The absolute second difference of three pixels.
fn bend(before: u8, here: u8, after: u8) -> u16 {
    (2 * u16::from(here)).abs_diff(u16::from(before) + u16::from(after))
}

/// The tables for windows of one side.
struct Spectrum {
    /// Cells across.
    side: usize,
    /// Hann's window times cosine and sine, by pixel and frequency.
    cosines: Vec<f32>,
    sines: Vec<f32>,
    /// Whether a frequency is asked about.
    asked: Vec<bool>,
}

/// Along which axis.
#[derive(Clone, Copy)]
enum Axis {
    Across,
    Down,
}

impl Spectrum {
    fn new(side: usize) -> Self {
        let pixels = side * CELL;
        let frequencies = pixels / 2;
        let (mut cosines, mut sines) = (Vec::new(), Vec::new());
        for x in 0..pixels {
            let turn = std::f64::consts::TAU * x as f64 / pixels as f64;
            let taper = 0.5 - 0.5 * turn.cos();
            for k in 0..frequencies {
                let angle = std::f64::consts::TAU * (x * k % pixels) as f64 / pixels as f64;
                cosines.push((taper * angle.cos()) as f32);
                sines.push((taper * angle.sin()) as f32);
            }
        }
        let asked = (0..frequencies)
            .map(|k| {
                let frequency = k as f32 / pixels as f32;
                let block = (frequency / BLOCK).round() * BLOCK;
                (LOWEST..=HIGHEST).contains(&frequency) && (frequency - block).abs() > BLOCK_WIDTH
            })
            .collect();
        Self {
            side,
            cosines,
            sines,
            asked,
        }
    }

    fn tried(&self) -> usize {
        self.asked.iter().filter(|&&asked| asked).count()
    }

    /// The signal of a window along one axis, of one strip or of all.
    fn signal(
        &self,
        sums: &Sums,
        (column, row): (usize, usize),
        axis: Axis,
        only: Option<usize>,
    ) -> Vec<f32> {
        let mut signal = vec![0.0; self.side * CELL];
        for y in 0..self.side {
            for x in 0..self.side {
                let cell = (row + y) * sums.columns + column + x;
                let (strips, along, other) = match axis {
                    Axis::Across => (&sums.across[cell], x, y),
                    Axis::Down => (&sums.down[cell], y, x),
                };
                for (index, strip) in strips.iter().enumerate() {
                    if only.is_none_or(|only| only == other * STRIPS + index) {
                        let part = &mut signal[along * CELL..(along + 1) * CELL];
                        for (sum, &value) in part.iter_mut().zip(strip) {
                            *sum += value;
                        }
                    }
                }
            }
        }
        let mean = signal.iter().sum::<f32>() / signal.len() as f32;
        for value in &mut signal {
            *value -= mean;
        }
        signal
    }

    /// Real and imaginary parts, by frequency.
    fn transform(&self, signal: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let frequencies = self.asked.len();
        let (mut real, mut imaginary) = (vec![0.0_f32; frequencies], vec![0.0_f32; frequencies]);
        let tables = self
            .cosines
            .chunks_exact(frequencies)
            .zip(self.sines.chunks_exact(frequencies));
        for (&value, (cosines, sines)) in signal.iter().zip(tables) {
            for (sum, cosine) in real.iter_mut().zip(cosines) {
                *sum += value * cosine;
            }
            for (sum, sine) in imaginary.iter_mut().zip(sines) {
                *sum += value * sine;
            }
        }
        (real, imaginary)
    }

    /// Power over the mean around it, by frequency.
    fn evidence(&self, sums: &Sums, place: (usize, usize), axis: Axis) -> Vec<f64> {
        let (real, imaginary) = self.transform(&self.signal(sums, place, axis, None));
        let power: Vec<f64> = real
            .iter()
            .zip(&imaginary)
            .map(|(&real, &imaginary)| f64::from(real).powi(2) + f64::from(imaginary).powi(2))
            .collect();
        let mut around = Vec::with_capacity(2 * AROUND);
        (0..power.len())
            .map(|k| {
                if !self.asked[k] {
                    return 0.0;
                }
                around.clear();
                let near = k.saturating_sub(AROUND)..(k + AROUND + 1).min(power.len());
                around.extend(
                    near.filter(|&other| other.abs_diff(k) >= BESIDE && other > 0)
                        .map(|other| power[other]),
                );
                around.sort_unstable_by(f64::total_cmp);
                // The median of a power without a period is its mean times the logarithm of two.
                let mean =
                    around.get(around.len() / 2).copied().unwrap_or(0.0) / std::f64::consts::LN_2;
                if mean > 0.0 { power[k] / mean } else { 0.0 }
            })
            .collect()
    }

    /// The period of a window that stands out most, where both axes show it.
    fn strongest(&self, sums: &Sums, column: usize, row: usize, tests: f64) -> Option<Window> {
        let across = self.evidence(sums, (column, row), Axis::Across);
        let down = self.evidence(sums, (column, row), Axis::Down);
        let (k, nats) = (0..across.len())
            .filter(|&k| across[k].min(down[k]) >= RESAMPLED_AXIS_NATS)
            .map(|k| (k, across[k] + down[k]))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Window {
            column,
            row,
            side: self.side,
            cycles: k,
            log10: tests + (nats.ln_1p() - nats) / std::f64::consts::LN_10,
            nats,
        })
    }

    /// Evidence of both axes of a window for its period.
    fn nats_at(&self, sums: &Sums, window: &Window) -> f64 {
        [Axis::Across, Axis::Down]
            .map(|axis| self.evidence(sums, (window.column, window.row), axis)[window.cycles])
            .iter()
            .sum()
    }

    /// How well the phases of all strips agree at a window's frequency, of the axis where they agree less: 1 when they
    /// are one.
    fn coherence(&self, sums: &Sums, window: &Window) -> f32 {
        let k = window.cycles;
        [Axis::Across, Axis::Down]
            .map(|axis| {
                let strips = self.side * STRIPS;
                let (mut real, mut imaginary) = (0.0_f32, 0.0_f32);
                for strip in 0..strips {
                    let signal = self.signal(sums, (window.column, window.row), axis, Some(strip));
                    let (x, y) = self.transform(&signal);
                    let length = x[k].hypot(y[k]);
                    if length > 0.0 {
                        real += x[k] / length;
                        imaginary += y[k] / length;
                    }
                }
                real.hypot(imaginary) / strips as f32
            })
            .into_iter()
            .fold(f32::INFINITY, f32::min)
    }
}
