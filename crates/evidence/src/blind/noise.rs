//! A part without any grain in a photo that has grain everywhere.
//!
//! A sensor leaves noise in all it sees, by its brightness (C. Liu, R. Szeliski, S. B. Kang, C. L. Zitnick, W. T.
//! Freeman, "Automatic estimation and removal of noise from a single image", 2008); what is drawn or filled in by a
//! program has none. Comparing levels of noise accuses smooth prints, backgrounds out of focus and the softening of
//! phones, so nothing is compared here: a part must have no grain at all, and nearly everything else of the same
//! brightness must clearly have some. A photo that is soft anywhere else gives no answer. Marks that honest people draw are
//! found, too; the sentence says so, and the code is none that accuses.
#![expect(
    clippy::cast_possible_truncation,
    reason = "blocks of one picture, and shares of one"
)]

use crate::blind::hint::{Check, Hint, Reason};
use crate::blind::source::Source;
use crate::limits::{
    MIN_BLIND_SIDE, NOISE_ALIKE, NOISE_CLIPPED, NOISE_COMPARED, NOISE_GRAINY, NOISE_GRAINY_SHARE,
    NOISE_MAX_SHARE, NOISE_PART_BLOCKS, NOISE_PHOTO_SHARE, NOISE_QUIET, NOISE_QUIET_ELSEWHERE,
};

/// Pixels across a block.
const BLOCK: usize = 8;
/// Pixels of a block that do not lie on its border.
const INNER: u32 = 36;
/// Brightness of a band, in gray levels.
const BAND: usize = 16;
const BANDS: usize = 256 / BAND;

/// Mean brightness and grain of each block. Grain is the mean absolute difference of four times a pixel and its four
/// neighbors: 3.6 times the deviation of white noise.
struct Blocks {
    columns: usize,
    rows: usize,
    brightness: Vec<u8>,
    grain: Vec<f32>,
}

pub(super) fn hint(source: &Source) -> Hint {
    let check = Check::Noise;
    if source.width.min(source.height) < MIN_BLIND_SIDE {
        return Hint::abstained(check, Reason::TooSmall);
    }
    let blocks = Blocks::of(source);
    let usable = (0..blocks.grain.len())
        .filter(|&block| blocks.is_usable(block))
        .count();
    let grainy = (0..blocks.grain.len())
        .filter(|&block| blocks.is_usable(block) && blocks.grain[block] >= NOISE_GRAINY)
        .count();
    if usable < NOISE_COMPARED || (grainy as f64) < NOISE_PHOTO_SHARE * usable as f64 {
        return Hint::abstained(check, Reason::TraceGone);
    }
    let parts = blocks.quiet_parts();
    let quiet: usize = parts.iter().map(Vec::len).sum();
    let large: Vec<&Vec<usize>> = parts
        .iter()
        .filter(|part| part.len() >= NOISE_PART_BLOCKS)
        .collect();
    let in_large: usize = large.iter().map(|part| part.len()).sum();
    if (quiet - in_large) as f64 > NOISE_QUIET_ELSEWHERE * usable as f64
        || in_large as f64 > NOISE_MAX_SHARE * usable as f64
    {
        return Hint::abstained(check, Reason::Drawn);
    }
    let found: Vec<&Vec<usize>> = large
        .into_iter()
        .filter(|part| blocks.stands_alone(part))
        .collect();
    let Some(largest) = found.first() else {
        return Hint::nothing(check);
    };
    let boxes = found
        .iter()
        .map(|part| {
            let (left, top, right, bottom) = blocks.bounds(part);
            source.upright(
                left * BLOCK,
                top * BLOCK,
                (right - left) * BLOCK,
                (bottom - top) * BLOCK,
            )
        })
        .collect();
    Hint::found(
        check,
        "照片中标出的部分完全没有噪点，而其余同样明暗的部分都有：这一部分可能是用软件画上或填上的。标注、文字和贴纸也会这样。",
        "The marked part of the photo has no grain at all, and the rest of the same brightness has: it may have been drawn or filled in by a program. Marks, words and stickers do this, too.",
    )
    .with_number("blocks", largest.len() as i64)
    .with_number("grainy_per_mille", (grainy as f64 / usable as f64 * 1_000.0).round() as i64)
    .with_boxes(boxes)
}

impl Blocks {
    fn of(source: &Source) -> Self {
        let (columns, rows) = (source.width / BLOCK, source.height / BLOCK);
        let mut blocks = Self {
            columns,
            rows,
            brightness: vec![0; columns * rows],
            grain: vec![0.0; columns * rows],
        };
        for row in 0..rows {
            for column in 0..columns {
                let (mut sum, mut grain) = (0_u32, 0_u32);
                // Inner pixels only, so that the block's grain is its own.
                for y in 1..BLOCK - 1 {
                    let [above, here, below] = [y - 1, y, y + 1].map(|y| {
                        &source.row(row * BLOCK + y)[column * BLOCK..(column + 1) * BLOCK]
                    });
                    for x in 1..BLOCK - 1 {
                        sum += u32::from(here[x]);
                        let around = u32::from(above[x])
                            + u32::from(below[x])
                            + u32::from(here[x - 1])
                            + u32::from(here[x + 1]);
                        grain += (4 * u32::from(here[x])).abs_diff(around);
                    }
                }
                blocks.brightness[row * columns + column] =
                    u8::try_from(sum / INNER).unwrap_or(u8::MAX);
                blocks.grain[row * columns + column] = grain as f32 / INNER as f32;
            }
        }
        blocks
    }

    /// Whether a block is neither black nor white: clipping takes the grain away.
    fn is_usable(&self, block: usize) -> bool {
        (NOISE_CLIPPED..=u8::MAX - NOISE_CLIPPED).contains(&self.brightness[block])
    }

    fn band(&self, block: usize) -> usize {
        usize::from(self.brightness[block]) / BAND
    }

    fn is_quiet(&self, block: usize) -> bool {
        self.is_usable(block) && self.grain[block] <= NOISE_QUIET
    }

    /// Connected blocks without grain, largest first.
    fn quiet_parts(&self) -> Vec<Vec<usize>> {
        let mut open: Vec<bool> = (0..self.grain.len())
            .map(|block| self.is_quiet(block))
            .collect();
        let mut parts = Vec::new();
        for start in 0..open.len() {
            if !open[start] {
                continue;
            }
            open[start] = false;
            let mut part = vec![start];
            let mut next = 0;
            while let Some(&block) = part.get(next) {
                next += 1;
                let (column, row) = (block % self.columns, block / self.columns);
                let neighbors = [
                    (column > 0).then(|| block - 1),
                    (column + 1 < self.columns).then_some(block + 1),
                    (row > 0).then(|| block - self.columns),
                    (row + 1 < self.rows).then_some(block + self.columns),
                ];
                for neighbor in neighbors.into_iter().flatten() {
                    if open[neighbor] {
                        open[neighbor] = false;
                        part.push(neighbor);
                    }
                }
            }
            parts.push(part);
        }
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        parts
    }

    /// Whether enough blocks of a part's brightness stand elsewhere, and nearly all of them have grain.
    fn stands_alone(&self, part: &[usize]) -> bool {
        let mut bands = [false; BANDS];
        for &block in part {
            bands[self.band(block)] = true;
        }
        let (mut compared, mut grainy) = (0_usize, 0_usize);
        for block in 0..self.grain.len() {
            if bands[self.band(block)] && !self.is_quiet(block) {
                compared += 1;
                grainy += usize::from(self.grain[block] >= NOISE_ALIKE);
            }
        }
        compared >= NOISE_COMPARED && grainy as f64 >= NOISE_GRAINY_SHARE * compared as f64
    }

    /// Left, top, and the first column and row outside.
    fn bounds(&self, part: &[usize]) -> (usize, usize, usize, usize) {
        part.iter().fold(
            (usize::MAX, usize::MAX, 0, 0),
            |(left, top, right, bottom), &block| {
                let (column, row) = (block % self.columns, block / self.columns);
                (
                    left.min(column),
                    top.min(row),
                    right.max(column + 1),
                    bottom.max(row + 1),
                )
            },
        )
    }
}
