//! Regions of the score, and the mask drawn to the pixel inside them.

#![expect(
    clippy::cast_possible_truncation,
    reason = "cells and pixels of one picture"
)]

use super::calibration::{
    AREA_DEVIATION_MIN, AREA_SHARE, BOX_GAP, BOXES_MAX, CELL, CLOSING, ECHO_PIXELS, ECHO_REACH,
    ECHO_SHARE, PIXEL_DEVIATION_MIN, PIXEL_REACH, PIXEL_SHARE, PIXEL_SHARES_BEYOND, Point,
};
use super::residual::Residual;
use crate::finding::PixelBox;
use crate::plane::Plane;

/// One connected region of cells.
pub(super) struct Region {
    pub(super) cells: Vec<usize>,
    pub(super) energy: f32,
}

/// The largest of the features in each cell; cells that `taken` holds are left out.
pub(super) fn score(residual: &Residual, taken: &[bool]) -> Vec<f32> {
    let [a, b, c, d] = &residual.features;
    (0..a.len())
        .map(|index| {
            if taken[index] {
                0.0
            } else {
                a[index].max(b[index]).max(c[index]).max(d[index])
            }
        })
        .collect()
}

/// Regions of cells above the low limit that touch (8 neighbors) and reach the high one.
pub(super) fn regions(score: &[f32], columns: usize, point: &Point) -> Vec<Region> {
    let rows = score.len() / columns.max(1);
    let mut seen = vec![false; score.len()];
    let mut found = Vec::new();
    let mut pending = Vec::new();
    for start in 0..score.len() {
        if seen[start] || score[start] <= point.low {
            continue;
        }
        seen[start] = true;
        pending.push(start);
        let mut cells = Vec::new();
        let (mut energy, mut highest) = (0.0_f32, 0.0_f32);
        while let Some(cell) = pending.pop() {
            cells.push(cell);
            energy += score[cell].min(3.0 * point.high);
            highest = highest.max(score[cell]);
            let (column, row) = (cell % columns, cell / columns);
            for y in row.saturating_sub(1)..(row + 2).min(rows) {
                for x in column.saturating_sub(1)..(column + 2).min(columns) {
                    let near = y * columns + x;
                    if !seen[near] && score[near] > point.low {
                        seen[near] = true;
                        pending.push(near);
                    }
                }
            }
        }
        if highest >= point.high && cells.len() >= point.cells && energy >= point.energy {
            found.push(Region { cells, energy });
        }
    }
    found
}

/// The mask of the regions, `width` by `height` pixels, drawn to the pixel: a thin crack stays thin, a repainted
/// surface is filled where single pixels happen to agree.
pub(super) fn draw(
    regions: &[Region],
    residual: &Residual,
    width: usize,
    height: usize,
) -> Vec<bool> {
    let mut mask = vec![false; width * height];
    for region in regions {
        let Some(window) = Window::around(region, residual.columns, width, height) else {
            continue;
        };
        window.draw(region, residual, &mut mask, width);
    }
    mask
}

/// The part of the picture that a region lies in, with room around it.
struct Window {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Window {
    fn around(region: &Region, columns: usize, width: usize, height: usize) -> Option<Self> {
        let column = |cell: &usize| cell % columns * CELL;
        let row = |cell: &usize| cell / columns * CELL;
        let left = region.cells.iter().map(column).min()?;
        let right = region.cells.iter().map(column).max()? + CELL;
        let top = region.cells.iter().map(row).min()?;
        let bottom = region.cells.iter().map(row).max()? + CELL;
        let room = CELL + PIXEL_REACH;
        let (left, top) = (left.saturating_sub(room), top.saturating_sub(room));
        Some(Self {
            left,
            top,
            width: (right + room).min(width) - left,
            height: (bottom + room).min(height) - top,
        })
    }

    fn draw(&self, region: &Region, residual: &Residual, mask: &mut [bool], stride: usize) {
        let size = Plane::from_fn(self.width, self.height, |x, y| {
            residual.deviation_at(self.left + x, self.top + y)
        });
        let mean = size.box_mean(4);
        let peak = spread_maximum(&size, PIXEL_REACH);
        let (reach, share) = PIXEL_SHARE;
        let near = (share, spread_maximum(&size, reach));
        let beyond = PIXEL_SHARES_BEYOND
            .map(|(reach, share)| (share * residual.blur, spread_maximum(&size, reach)));
        // The cells of the region and those that touch them.
        let mut allowed = vec![false; self.width * self.height];
        for cell in &region.cells {
            let x = (cell % residual.columns * CELL).saturating_sub(CELL);
            let y = (cell / residual.columns * CELL).saturating_sub(CELL);
            let (x, y) = (x.max(self.left) - self.left, y.max(self.top) - self.top);
            for row in y..(y + 3 * CELL).min(self.height) {
                let from = row * self.width;
                allowed[from + x..from + (x + 3 * CELL).min(self.width)].fill(true);
            }
        }
        let mut on = vec![false; self.width * self.height];
        for (index, on) in on.iter_mut().enumerate() {
            let highest = peak.data[index];
            let sharp = size.data[index] > PIXEL_DEVIATION_MIN
                && size.data[index] > near.0 * near.1.data[index]
                && beyond
                    .iter()
                    .all(|(share, peak)| size.data[index] > share * peak.data[index]);
            let broad = mean.data[index] > AREA_DEVIATION_MIN.max(AREA_SHARE * highest);
            *on = allowed[index] && (sharp || broad);
        }
        self.drop_echoes(&mut on, &size);
        self.close(&mut on);
        for (y, row) in on.chunks_exact(self.width).enumerate() {
            let from = (self.top + y) * stride + self.left;
            for (target, on) in mask[from..from + self.width].iter_mut().zip(row) {
                *target |= on;
            }
        }
    }

    /// Takes pieces away that are weak beside something strong: compression leaves echoes around a dark line, and so
    /// does an edge beside it that was resampled a little differently.
    fn drop_echoes(&self, on: &mut [bool], size: &Plane) {
        let around = spread_maximum(size, ECHO_REACH);
        let mut seen = vec![false; on.len()];
        let mut pending = Vec::new();
        for start in 0..on.len() {
            if !on[start] || seen[start] {
                continue;
            }
            seen[start] = true;
            pending.push(start);
            let mut piece = Vec::new();
            let (mut own, mut beside) = (0.0_f32, 0.0_f32);
            while let Some(pixel) = pending.pop() {
                piece.push(pixel);
                own = own.max(size.data[pixel]);
                beside = beside.max(around.data[pixel]);
                let (x, y) = (pixel % self.width, pixel / self.width);
                for row in y.saturating_sub(1)..(y + 2).min(self.height) {
                    for column in x.saturating_sub(1)..(x + 2).min(self.width) {
                        let next = row * self.width + column;
                        if on[next] && !seen[next] {
                            seen[next] = true;
                            pending.push(next);
                        }
                    }
                }
            }
            if piece.len() <= ECHO_PIXELS && own < ECHO_SHARE * beside {
                for pixel in piece {
                    on[pixel] = false;
                }
            }
        }
    }

    /// Closes gaps of up to twice [`CLOSING`] pixels.
    fn close(&self, on: &mut [bool]) {
        let grown = self.grown(on, true);
        let closed = self.grown(&grown, false);
        for (on, closed) in on.iter_mut().zip(closed) {
            *on |= closed;
        }
    }

    /// Grows what is `value` by [`CLOSING`] pixels in each direction; what is outside of the window counts as the other.
    fn grown(&self, on: &[bool], value: bool) -> Vec<bool> {
        let mut across = on.to_vec();
        for (target, source) in across
            .chunks_exact_mut(self.width)
            .zip(on.chunks_exact(self.width))
        {
            for shift in 1..=CLOSING.min(self.width - 1) {
                for (target, source) in target.iter_mut().zip(&source[shift..]) {
                    if *source == value {
                        *target = value;
                    }
                }
                for (target, source) in target[shift..].iter_mut().zip(source) {
                    if *source == value {
                        *target = value;
                    }
                }
            }
        }
        let mut grown = across.clone();
        for y in 0..self.height {
            for other in y.saturating_sub(CLOSING)..(y + CLOSING + 1).min(self.height) {
                for x in 0..self.width {
                    if across[other * self.width + x] == value {
                        grown[y * self.width + x] = value;
                    }
                }
            }
        }
        grown
    }
}

/// Boxes around the regions, strongest first, in pixels of a photo of that size; boxes that overlap or nearly touch are
/// merged, and at most [`BOXES_MAX`] are kept.
pub(super) fn boxes(
    regions: &[Region],
    columns: usize,
    mask: (usize, usize),
    photo: (usize, usize),
) -> Vec<PixelBox> {
    // Left, top, right, bottom in mask pixels, and the energy.
    let mut list: Vec<([usize; 4], f32)> = regions
        .iter()
        .filter_map(|region| {
            let x = |cell: &usize| cell % columns * CELL;
            let y = |cell: &usize| cell / columns * CELL;
            let left = region.cells.iter().map(x).min()?;
            let top = region.cells.iter().map(y).min()?;
            let right = region.cells.iter().map(x).max()? + CELL;
            let bottom = region.cells.iter().map(y).max()? + CELL;
            Some(([left, top, right, bottom], region.energy))
        })
        .collect();
    let mut changed = true;
    while changed {
        changed = false;
        'search: for one in 0..list.len() {
            for other in one + 1..list.len() {
                let (a, b) = (list[one].0, list[other].0);
                let near = a[0] <= b[2] + BOX_GAP
                    && b[0] <= a[2] + BOX_GAP
                    && a[1] <= b[3] + BOX_GAP
                    && b[1] <= a[3] + BOX_GAP;
                if near {
                    let (_, energy) = list.swap_remove(other);
                    list[one].0 = [
                        a[0].min(b[0]),
                        a[1].min(b[1]),
                        a[2].max(b[2]),
                        a[3].max(b[3]),
                    ];
                    list[one].1 += energy;
                    changed = true;
                    break 'search;
                }
            }
        }
    }
    list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    list.truncate(BOXES_MAX);
    list.iter()
        .map(|(found, _)| pixel_box(*found, mask, photo))
        .collect()
}

/// A box of mask pixels (left, top, right, bottom; the last two outside) in pixels of the photo.
pub(super) fn pixel_box(
    found: [usize; 4],
    mask: (usize, usize),
    photo: (usize, usize),
) -> PixelBox {
    let low = |value: usize, from: usize, to: usize| value * to / from.max(1);
    let high = |value: usize, from: usize, to: usize| (value * to).div_ceil(from.max(1)).min(to);
    let (x, y) = (
        low(found[0], mask.0, photo.0),
        low(found[1], mask.1, photo.1),
    );
    PixelBox {
        x: x as u32,
        y: y as u32,
        width: high(found[2], mask.0, photo.0).saturating_sub(x) as u32,
        height: high(found[3], mask.1, photo.1).saturating_sub(y) as u32,
    }
}

/// Largest value within `reach` pixels in each direction.
fn spread_maximum(plane: &Plane, reach: usize) -> Plane {
    let (width, height) = (plane.width, plane.height);
    let mut grown = plane.clone();
    let mut line = Vec::new();
    for y in 0..height {
        // Deviations are not negative: outside there is nothing.
        line.clear();
        line.resize(reach, 0.0);
        line.extend_from_slice(plane.row(y));
        line.resize(width + 2 * reach, 0.0);
        widen(&mut line, 2 * reach + 1);
        grown.data[y * width..(y + 1) * width].copy_from_slice(&line[..width]);
    }
    // The same down all columns at once, on rows of zeros above and below.
    let mut tall = vec![0.0_f32; (height + 2 * reach) * width];
    tall[reach * width..(reach + height) * width].copy_from_slice(&grown.data);
    let window = 2 * reach + 1;
    let mut covered = 1;
    while covered < window {
        let step = covered.min(window - covered) * width;
        maximum_ahead(&mut tall, step);
        covered += step / width;
    }
    grown.data.copy_from_slice(&tall[..height * width]);
    grown
}

/// Sets each value to the largest of `window` values from it on.
fn widen(line: &mut [f32], window: usize) {
    let mut covered = 1;
    while covered < window {
        let step = covered.min(window - covered);
        maximum_ahead(line, step);
        covered += step;
    }
}

/// Sets each value to the larger of itself and the one `step` ahead.
fn maximum_ahead(values: &mut [f32], step: usize) {
    for at in 0..values.len().saturating_sub(step) {
        values[at] = values[at].max(values[at + step]);
    }
}
