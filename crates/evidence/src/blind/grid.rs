//! A part whose 8×8 block grid has another origin than the picture's: pasted from another JPEG, without resizing.
//!
//! The first coefficient of a block is its mean, and a save rounds it to multiples of one step. After another save
//! with finer steps the means of the old blocks, taken on the old grid and on no other, still stand near multiples (T.
//! Bianchi, A. Piva, "Detection of nonaligned double JPEG compression based on integer periodicity maps", 2012). Here
//! this is looked for in windows of the picture: for each of the 63 other origins and each usual step the phases of
//! the means are added up as unit vectors (Lord Rayleigh's test of uniform phases, 1880). Evenly spread phases give a
//! squared length over the count of `t` or more with a chance of about `e^-t`; times the number of windows, origins
//! and steps, that is the number of false alarms (A. Desolneux, L. Moisan, J.-M. Morel, 2000). An area without any
//! variation has like phases on every origin, so one origin must stand out. A photo that was cropped between two saves
//! has one foreign origin everywhere: that is its own grid, and nothing is told. So it is when it was resized a
//! little: then the old grid drifts, and other origins fit elsewhere.
#![expect(
    clippy::cast_possible_truncation,
    reason = "counts of tiles of one picture, and shares of one"
)]

use crate::blind::hint::{Check, Hint, Reason};
use crate::blind::source::Source;
use crate::limits::{
    GRID_COARSE_STEPS, GRID_DRIFT_LOG10, GRID_LOG10, GRID_MAX_SHARE, GRID_OUTSIDE, GRID_PART_SHARE,
    GRID_RUNNER_UP, GRID_SAME_LOG10, GRID_VISIBLE, MIN_BLIND_SIDE,
};

/// Steps of the first coefficient that are tried; coarser ones show as their fractions.
const STEPS: [usize; 14] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 20];
const ORIGINS: usize = 64;
/// Sums of 64 pixels.
const SUMS: usize = 64 * 255 + 1;
/// Means nearer to the ends of the range are left out: clipping moves them.
const CLIPPED: usize = 12;
/// Blocks across a tile of a small picture.
const TILE_BLOCKS: usize = 4;
/// Pixels of a small picture; tiles of larger ones are larger.
const SMALL_PIXELS: usize = 4_000_000;
/// Sides of the windows, in tiles.
const SIDES: [usize; 5] = [2, 3, 4, 6, 9];
/// Share of the blocks of a window that must be usable.
const USABLE: f64 = 0.3;

/// A window in which one foreign origin stands out.
#[derive(Clone, Copy)]
struct Window {
    column: usize,
    row: usize,
    side: usize,
    origin: usize,
    step: usize,
    /// Decimal logarithm of the number of false alarms.
    log10: f64,
    coherence: f64,
}

impl Window {
    fn meets(&self, left: usize, top: usize, right: usize, bottom: usize) -> bool {
        self.column < right
            && left < self.column + self.side
            && self.row < bottom
            && top < self.row + self.side
    }
}

/// Sums of unit vectors by origin and tile.
struct Tiles {
    columns: usize,
    rows: usize,
    /// Blocks across a tile, and rows of blocks of a tile that are read.
    blocks: usize,
    read_rows: usize,
    /// Usable blocks, by tile and origin.
    counts: Vec<[f64; ORIGINS]>,
    /// Real and imaginary parts, by step, tile and origin.
    vectors: [Vec<[[f64; ORIGINS]; 2]>; STEPS.len()],
}

pub(super) fn hint(source: &Source) -> Hint {
    let check = Check::JpegGrid;
    if source.width.min(source.height) < MIN_BLIND_SIDE {
        return Hint::abstained(check, Reason::TooSmall);
    }
    let tiles = Tiles::of(source);
    let (windows, strongest) = tiles.windows();
    let best = windows
        .iter()
        .min_by(|a, b| a.log10.total_cmp(&b.log10))
        .filter(|best| best.log10 <= GRID_LOG10);
    let Some(best) = best else {
        return if can_tell(source, strongest) {
            Hint::nothing(check)
        } else {
            Hint::abstained(check, Reason::TraceGone)
        };
    };
    let same: Vec<&Window> = windows
        .iter()
        .filter(|window| window.origin == best.origin)
        .collect();
    let (left, top, right, bottom) = part(&same, best);
    // A tile around the part may belong to it.
    let left_out = (
        left.saturating_sub(1),
        top.saturating_sub(1),
        (right + 1).min(tiles.columns),
        (bottom + 1).min(tiles.rows),
    );
    let share = ((right - left) * (bottom - top)) as f64 / (tiles.columns * tiles.rows) as f64;
    // Another origin elsewhere is the grid of a picture that was resized a little: it drifts from place to place.
    let elsewhere = windows.iter().any(|window| {
        let limit = if window.origin == best.origin {
            GRID_SAME_LOG10
        } else {
            GRID_DRIFT_LOG10
        };
        let (left, top, right, bottom) = left_out;
        window.log10 <= limit && !window.meets(left, top, right, bottom)
    });
    let outside = tiles.outside(best.origin, left_out);
    let describe = |hint: Hint| {
        hint.with_number("origin_x", (best.origin % 8) as i64)
            .with_number("origin_y", (best.origin / 8) as i64)
            .with_number("step", best.step as i64)
            .with_number("coherence_per_mille", per_mille(best.coherence))
            .with_number("area_per_mille", per_mille(share))
            .with_number("outside_nats", outside.round() as i64)
            .with_false_alarms(best.log10)
    };
    if elsewhere || outside > GRID_OUTSIDE || share > GRID_MAX_SHARE {
        return describe(Hint::nothing(check));
    }
    let pixels = tiles.blocks * 8;
    let boxes = vec![source.upright(
        left * pixels,
        top * pixels,
        (right - left) * pixels,
        (bottom - top) * pixels,
    )];
    describe(Hint::found(
        check,
        "照片中标出的部分带有另一张 JPEG 的压缩网格，与照片其余部分的网格没有对齐：这一部分可能是从另一张图片粘贴过来的。拼图、贴纸和截图也会这样。",
        "The marked part of the photo carries the compression grid of another JPEG, which does not line up with the rest: it may have been pasted from another picture. Collages, stickers and screenshots do this, too.",
    ))
    .with_boxes(boxes)
}

/// Whether an old grid would have been seen: the last save was fine enough, or the picture shows a grid of its own.
fn can_tell(source: &Source, strongest: f64) -> bool {
    let luma = source
        .coefficients
        .as_ref()
        .and_then(|read| read.components.first());
    luma.map_or(strongest >= GRID_VISIBLE, |luma| {
        // The steps of the lowest frequencies say how far the save has moved the means of other blocks.
        let lowest = [0, 1, 2, 8, 9, 16].map(|place: usize| f64::from(luma.quantization[place]));
        lowest.iter().sum::<f64>() / lowest.len() as f64 <= GRID_COARSE_STEPS
    })
}

/// The box of the connected windows around the best one: left, top, right, bottom.
fn part(same: &[&Window], best: &Window) -> (usize, usize, usize, usize) {
    let mut bounds = (
        best.column,
        best.row,
        best.column + best.side,
        best.row + best.side,
    );
    let mut waiting: Vec<&Window> = same
        .iter()
        .copied()
        // A window much larger than the part holds it, too, but with less evidence than one that fits.
        .filter(|window| window.log10 <= GRID_PART_SHARE * best.log10)
        .collect();
    loop {
        let (left, top, right, bottom) = bounds;
        let (near, far): (Vec<&Window>, Vec<&Window>) = waiting
            .into_iter()
            .partition(|window| window.meets(left, top, right, bottom));
        if near.is_empty() {
            return bounds;
        }
        for window in near {
            bounds = (
                bounds.0.min(window.column),
                bounds.1.min(window.row),
                bounds.2.max(window.column + window.side),
                bounds.3.max(window.row + window.side),
            );
        }
        waiting = far;
    }
}

fn per_mille(share: f64) -> i64 {
    (share * 1_000.0).round() as i64
}

impl Tiles {
    fn of(source: &Source) -> Self {
        let zoom = (1..)
            .find(|zoom| source.width * source.height <= SMALL_PIXELS * zoom * zoom)
            .unwrap_or(1);
        let blocks = TILE_BLOCKS * zoom;
        let side = blocks * 8;
        // Blocks of the last origin reach seven pixels further.
        let (columns, rows) = ((source.width - 7) / side, (source.height - 7) / side);
        let tiles = columns * rows;
        let mut counts = vec![[0.0; ORIGINS]; tiles];
        let mut vectors = STEPS.map(|_| Vec::with_capacity(tiles));
        let tables = phase_tables();
        // Of one row of tiles; what is added to together lies together, which the windows want otherwise.
        let mut line_of_tiles = vec![[[0.0_f64; 2 * STEPS.len()]; ORIGINS]; columns];
        let mut below = vec![0_u16; source.width];
        for y in 0..7 {
            for (sum, &pixel) in below.iter_mut().zip(source.row(y)) {
                *sum += u16::from(pixel);
            }
        }
        let width = columns * side;
        let mut sums = vec![0_usize; width];
        for y in 0..rows * side {
            for (sum, &pixel) in below.iter_mut().zip(source.row(y + 7)) {
                *sum += u16::from(pixel);
            }
            // Of larger tiles not every row of blocks is read: that keeps the time of large pictures down.
            if (y / 8).is_multiple_of(zoom) {
                let mut sum: usize = below[..7].iter().copied().map(usize::from).sum();
                for (x, slot) in sums.iter_mut().enumerate() {
                    sum += usize::from(below[x + 7]);
                    *slot = sum;
                    sum -= usize::from(below[x]);
                }
                for column in 0..columns {
                    let tile = y / side * columns + column;
                    let line = &sums[column * side..(column + 1) * side];
                    for block in line.chunks_exact(8) {
                        for (x, &sum) in block.iter().enumerate() {
                            if is_usable(sum) {
                                counts[tile][y % 8 * 8 + x] += 1.0;
                            }
                        }
                    }
                    let mut added = [[0.0_f32; 2 * STEPS.len()]; 8];
                    for block in line.chunks_exact(8) {
                        for (slot, &sum) in added.iter_mut().zip(block) {
                            for (slot, part) in slot.iter_mut().zip(&tables[sum]) {
                                *slot += part;
                            }
                        }
                    }
                    let slots = &mut line_of_tiles[column][y % 8 * 8..][..8];
                    for (slots, added) in slots.iter_mut().zip(&added) {
                        for (slot, &part) in slots.iter_mut().zip(added) {
                            *slot += f64::from(part);
                        }
                    }
                }
            }
            if (y + 1).is_multiple_of(side) {
                for origins in &mut line_of_tiles {
                    for (step, tiles) in vectors.iter_mut().enumerate() {
                        let part = |part: usize| {
                            std::array::from_fn(|origin: usize| origins[origin][part])
                        };
                        tiles.push([part(step), part(STEPS.len() + step)]);
                    }
                    *origins = [[0.0; 2 * STEPS.len()]; ORIGINS];
                }
            }
            for (sum, &pixel) in below.iter_mut().zip(source.row(y)) {
                *sum -= u16::from(pixel);
            }
        }
        Self {
            columns,
            rows,
            blocks,
            read_rows: TILE_BLOCKS,
            counts,
            vectors,
        }
    }

    /// Evidence in nats of one origin in the picture without a box, at the step that shows it best.
    fn outside(
        &self,
        origin: usize,
        (left, top, right, bottom): (usize, usize, usize, usize),
    ) -> f64 {
        let mut strongest = 0.0_f64;
        for vectors in &self.vectors {
            let (mut count, mut re, mut im) = (0.0, 0.0, 0.0);
            for (tile, [res, ims]) in vectors.iter().enumerate() {
                let (column, row) = (tile % self.columns, tile / self.columns);
                if (left..right).contains(&column) && (top..bottom).contains(&row) {
                    continue;
                }
                count += self.counts[tile][origin];
                re += res[origin];
                im += ims[origin];
            }
            strongest = strongest.max((re * re + im * im) / f64::max(count, 1.0));
        }
        strongest
    }

    /// Windows in which one foreign origin stands out, and the strongest evidence of any grid in the whole picture.
    fn windows(&self) -> (Vec<Window>, f64) {
        let places: usize = SIDES
            .iter()
            .filter(|&&side| side <= self.columns && side <= self.rows)
            .map(|&side| (self.columns - side + 1) * (self.rows - side + 1))
            .sum();
        let tests = ((places * (ORIGINS - 1) * STEPS.len()).max(1) as f64).log10();
        let log10_of = |evidence: f64| tests - evidence / std::f64::consts::LN_10;
        // A little less than what a window has to show: whoever shows less is left without a division for each origin.
        let least_evidence = (tests - GRID_SAME_LOG10) * std::f64::consts::LN_10 * (1.0 - 1e-9);
        let counts = Integral::of(self.columns, self.rows, |tile| &self.counts[tile]);
        let (mut windows, mut strongest) = (Vec::new(), 0.0_f64);
        for (vectors, &step) in self.vectors.iter().zip(&STEPS) {
            let res = Integral::of(self.columns, self.rows, |tile| &vectors[tile][0]);
            let ims = Integral::of(self.columns, self.rows, |tile| &vectors[tile][1]);
            let shows = |column: usize, row: usize, side: usize| {
                let counts = counts.sum(column, row, side, side);
                let (res, ims) = (
                    res.sum(column, row, side, side),
                    ims.sum(column, row, side, side),
                );
                // Most windows show nothing on any origin.
                (0..ORIGINS).fold(false, |any, origin| {
                    let (re, im) = (res[origin], ims[origin]);
                    any | (re * re + im * im >= least_evidence * counts[origin].max(1.0))
                })
            };
            let measure = |column: usize, row: usize, across, down| {
                let counts = counts.sum(column, row, across, down);
                let mut evidence = res.sum(column, row, across, down);
                let ims = ims.sum(column, row, across, down);
                for ((re, im), count) in evidence.iter_mut().zip(ims).zip(counts) {
                    *re = (*re * *re + im * im) / count.max(1.0);
                }
                (counts, evidence)
            };
            let (mut first, mut second) = (0.0, 0.0);
            for evidence in measure(0, 0, self.columns, self.rows).1 {
                second = f64::max(second, f64::min(first, evidence));
                first = f64::max(first, evidence);
            }
            if second < GRID_RUNNER_UP * first {
                strongest = strongest.max(first);
            }
            for side in SIDES {
                if side > self.columns || side > self.rows {
                    continue;
                }
                let least = USABLE * (side * side * self.blocks * self.read_rows) as f64;
                for row in 0..=self.rows - side {
                    for column in 0..=self.columns - side {
                        if !shows(column, row, side) {
                            continue;
                        }
                        let (counts, evidence) = measure(column, row, side, side);
                        if !evidence
                            .iter()
                            .any(|evidence| log10_of(*evidence) <= GRID_SAME_LOG10)
                        {
                            continue;
                        }
                        let (mut first, mut second) = ((0.0, 0), 0.0);
                        for (origin, evidence) in evidence.into_iter().enumerate() {
                            if evidence > first.0 {
                                second = first.0;
                                first = (evidence, origin);
                            } else if evidence > second {
                                second = evidence;
                            }
                        }
                        let (evidence, origin) = first;
                        let (count, log10) = (counts[origin], log10_of(evidence));
                        if origin != 0
                            && count >= least
                            && second < GRID_RUNNER_UP * evidence
                            && log10 <= GRID_SAME_LOG10
                        {
                            windows.push(Window {
                                column,
                                row,
                                side,
                                origin,
                                step,
                                log10,
                                coherence: (evidence / count).sqrt(),
                            });
                        }
                    }
                }
            }
        }
        (windows, strongest)
    }
}

/// Whether a block's mean is far enough from the ends of the range.
fn is_usable(sum: usize) -> bool {
    (64 * CLIPPED..64 * (255 - CLIPPED)).contains(&sum)
}

/// For each step: the unit vector of the phase of each sum of 64 pixels, zero for those that are left out.
fn phase_tables() -> Vec<[f32; 2 * STEPS.len()]> {
    let mut tables = vec![[0.0; 2 * STEPS.len()]; SUMS];
    for (place, &step) in STEPS.iter().enumerate() {
        // A block's first coefficient is eight times its mean less 128.
        let period = 8 * step;
        let turns: Vec<(f32, f32)> = (0..period)
            .map(|part| {
                let turn = part as f64 / period as f64;
                let (im, re) = (turn * std::f64::consts::TAU).sin_cos();
                (re as f32, im as f32)
            })
            .collect();
        for (sum, table) in tables.iter_mut().enumerate() {
            if is_usable(sum) {
                let (re, im) = turns[(sum + 64 * 128) % period];
                table[place] = re;
                table[STEPS.len() + place] = im;
            }
        }
    }
    tables
}

/// Sums over boxes of tiles, for all origins at once.
struct Integral {
    stride: usize,
    sums: Vec<[f64; ORIGINS]>,
}

impl Integral {
    fn of<'a>(columns: usize, rows: usize, value: impl Fn(usize) -> &'a [f64; ORIGINS]) -> Self {
        let stride = columns + 1;
        let mut sums = vec![[0.0; ORIGINS]; stride * (rows + 1)];
        for row in 0..rows {
            let mut line = [0.0; ORIGINS];
            for column in 0..columns {
                for (sum, value) in line.iter_mut().zip(value(row * columns + column)) {
                    *sum += value;
                }
                let mut sum = sums[row * stride + column + 1];
                for (sum, line) in sum.iter_mut().zip(line) {
                    *sum += line;
                }
                sums[(row + 1) * stride + column + 1] = sum;
            }
        }
        Self { stride, sums }
    }

    fn sum(&self, column: usize, row: usize, across: usize, down: usize) -> [f64; ORIGINS] {
        let at = |column: usize, row: usize| &self.sums[row * self.stride + column];
        let (far, left) = (at(column + across, row + down), at(column, row + down));
        let (above, near) = (at(column + across, row), at(column, row));
        std::array::from_fn(|origin| far[origin] - left[origin] - above[origin] + near[origin])
    }
}
