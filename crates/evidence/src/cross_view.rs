//! Damage that one photo of a claim shows and another photo of the same surface does not.
//!
//! The views of an honest claim differ in viewpoint, light, focus and noise, and still agree on what is on a surface.
//! Flat or gently bent parts of one view are laid on the other ([`crate::register`]); inside such a part, structure of
//! the first view that the second lacks is told only where everything around it agrees, the second view has nothing
//! unexplained in the neighborhood (a thing that stands before the surface has moved, not vanished), is sharp enough to
//! show it, and it is not brighter than the surface (highlights move with the viewpoint). Whatever fails a test is left
//! untold: this check accuses, so it abstains.

use crate::derived::start_of;
use crate::finding::PixelBox;
use crate::geometry::{Homography, median, ransac_homography};
use crate::limits::MASK_SIDE;
use crate::matching::{StageOne, stage_one};
use crate::plane::Plane;
use crate::prepared::Prepared;
use crate::register::{Overlay, Start, align_and_draw};

/// When a view was captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Captured {
    /// With the claim.
    Claim,
    /// On request, later.
    Challenge,
    /// A frame of a clip.
    ClipFrame,
}

/// One view of the item as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub id: usize,
    pub prepared: &'a Prepared,
    pub captured: Captured,
}

/// Structure of one view that another view of the same surface lacks.
#[derive(Debug, Clone, PartialEq)]
pub struct Unconfirmed {
    /// The view that shows it.
    pub view: usize,
    /// The view that does not.
    pub against: usize,
    pub lack: Lack,
}

/// What a view lacks, and the numbers of the strongest part.
#[derive(Debug, Clone, PartialEq)]
pub struct Lack {
    /// In pixels of the upright photo that shows it, strongest first.
    pub boxes: Vec<PixelBox>,
    /// Cells of the strongest part.
    pub cells: usize,
    /// How many times its structure is stronger in the view that shows it.
    pub contrast: f64,
    /// Share of the cells around it that agree.
    pub around: f64,
    /// Blocks of the two views that agree on this surface.
    pub blocks: usize,
}

/// Looks for what each view shows and another view of the same surface does not. Frames of clips are only looked at as
/// the other view: they are too soft to accuse.
#[must_use]
pub fn cross_view(views: &[View<'_>]) -> Vec<Unconfirmed> {
    let mut all = Vec::new();
    for view in views {
        if view.captured == Captured::ClipFrame {
            continue;
        }
        for other in views.iter().filter(|other| other.id != view.id) {
            if let Some(lack) = lacking(view.prepared, other.prepared) {
                all.push(Unconfirmed {
                    view: view.id,
                    against: other.id,
                    lack,
                });
            }
        }
    }
    all
}

/// Surfaces that are looked at in one pair of views.
const MOST_SURFACES: usize = 3;
/// Matched keypoints that a surface needs.
const LEAST_INLIERS: usize = 12;
/// Blocks that agree on a surface.
const LEAST_BLOCKS: usize = 14;
/// Tolerance of a surface's homography, in pixels at [`MASK_SIDE`].
const SURFACE_TOLERANCE: f64 = 5.0;

/// What `view` shows and `other` lacks, where both show the same surface.
#[must_use]
pub fn lacking(view: &Prepared, other: &Prepared) -> Option<Lack> {
    let matched = stage_one(&view.features, &other.features);
    // No camera takes a mirrored view.
    if matched.mirrored || !matched.is_candidate() {
        return None;
    }
    let mut surfaces: Vec<(Overlay, usize)> = Vec::new();
    for start in surfaces_of(view, other, &matched) {
        let Some((alignment, overlay)) = align_and_draw(view, other, &start) else {
            continue;
        };
        let agreed = alignment
            .blocks
            .iter()
            .filter(|block| block.agreed && block.firm && block.correlation > 0.7)
            .count();
        if agreed >= LEAST_BLOCKS {
            surfaces.push((overlay, agreed));
        }
    }
    surfaces
        .iter()
        .filter_map(|(overlay, blocks)| {
            let cells = Cells::of(overlay)?;
            let mut lack = cells.lack(overlay, view)?;
            lack.blocks = *blocks;
            Some(lack)
        })
        .max_by(|a, b| (a.cells as f64 * a.contrast).total_cmp(&(b.cells as f64 * b.contrast)))
}

/// Maps of flat parts: the one that most keypoints agree with, then among the rest.
fn surfaces_of(view: &Prepared, other: &Prepared, matched: &StageOne) -> Vec<Start> {
    let tolerance = SURFACE_TOLERANCE * other.features.width.max(other.features.height) as f64
        / MASK_SIDE as f64;
    let mut rest = matched.pairs.clone();
    let mut starts = Vec::new();
    while starts.len() < MOST_SURFACES {
        let Some(found) = ransac_homography(&rest, tolerance) else {
            break;
        };
        if found.inliers.len() < LEAST_INLIERS {
            break;
        }
        let agreeing = found.inliers.clone();
        let part = StageOne {
            mirrored: false,
            pairs: Vec::new(),
            tight: Some(found),
            loose: None,
        };
        starts.extend(start_of(view, other, &part));
        let mut number = 0;
        rest.retain(|_| {
            number += 1;
            agreeing.binary_search(&(number - 1)).is_err()
        });
    }
    starts
}

/// Distance between cells and half the side of the window of one, in compared pixels.
const STEP: usize = 8;
const REACH: usize = 12;
/// The band of structure: coarse enough to forgive a pixel.
const BAND: (f32, f32) = (1.5, 6.0);
/// Variance in the band below which a cell is flat, in squared gray levels.
const FLAT: f64 = 2.5;
/// Correlation of cells that agree.
const AGREE: f64 = 0.75;
/// Correlation below which cells do not.
const DISAGREE: f64 = 0.5;
/// Variance of structure that is told, and how many times it must exceed the other view's.
const STRONG: f64 = 12.0;
const STRONGER: f64 = 3.0;
/// Part of this view's variance that makes the other view's structure its own, not a trace of a neighbouring cell's.
const OWN: f64 = 0.5;
/// Cells that a told part has at least, and at most as a share of all. Of 1,368 pairs of honest views of rendered goods
/// five had a part of 8 to 10 cells that stood every other test; this leaves room above them, and small damage untold.
const LEAST_CELLS: usize = 16;
const MOST_SHARE: f64 = 0.1;
/// Cells around a part that must agree, as a share, and how many cells wide the ring is.
const AROUND: f64 = 0.85;
const RING: usize = 6;
/// Cells beside a part that are left out of its surroundings: the window of a cell reaches over its neighbours.
const GAP: usize = 3;
/// Sides of the ring, the share of each that agrees by structure and not by flatness, and how many must.
const SIDES: usize = 8;
const AROUND_BY_STRUCTURE: f64 = 0.5;
const ENCLOSED: usize = 7;
/// Cells wide of the neighborhood in which the other view may have nothing unexplained, and the share that it may have.
const NEIGHBORHOOD: usize = 10;
const UNEXPLAINED: f64 = 0.06;
/// Gray levels by which a part may be brighter than the other view shows the place.
const BRIGHTER: f64 = 4.0;
/// Total structure of agreeing cells of the other view, as a share of this view's: less is softer.
const LEAST_SHARPNESS: f64 = 0.55;
/// How far a part is looked for in the other view, in compared pixels, and the correlation that finds it.
const ELSEWHERE: usize = 40;
const FOUND_ELSEWHERE: f64 = 0.6;
/// Share of agreeing cells from which a place shows a repeat of a pattern.
const REPEATED: f64 = 0.7;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The other view does not show this place.
    Unseen,
    Flat,
    Agrees,
    /// This view has structure that the other lacks.
    Extra,
    /// The other view has structure that this one does not explain.
    Unexplained,
    /// Anything else.
    Unclear,
}

struct Cells {
    columns: usize,
    rows: usize,
    kinds: Vec<Kind>,
    /// Variance of this view's structure over the other's.
    contrast: Vec<f64>,
    /// Mean brightness of this view and of the other.
    means: Vec<(f64, f64)>,
    sharpness: f64,
    bands: (Plane, Plane),
}

impl Cells {
    fn of(overlay: &Overlay) -> Option<Self> {
        let (width, height) = (overlay.claim.width, overlay.claim.height);
        if width < 4 * REACH || height < 4 * REACH {
            return None;
        }
        let first = overlay.claim.band(BAND.0, BAND.1);
        let second = overlay.reference.band(BAND.0, BAND.1);
        let product = |a: &Plane, b: &Plane| Plane {
            width,
            height,
            data: a.data.iter().zip(&b.data).map(|(a, b)| a * b).collect(),
        };
        let covered = Plane {
            width,
            height,
            data: overlay
                .inside
                .iter()
                .map(|inside| if *inside { 0.0 } else { 1.0 })
                .collect(),
        };
        let means = [
            &first,
            &second,
            &product(&first, &first),
            &product(&second, &second),
            &product(&first, &second),
            &overlay.claim,
            &overlay.reference,
            &covered,
        ]
        .map(|plane| plane.box_mean(REACH));
        let (columns, rows) = (width / STEP, height / STEP);
        let mut cells = Self {
            columns,
            rows,
            kinds: Vec::with_capacity(columns * rows),
            contrast: Vec::with_capacity(columns * rows),
            means: Vec::with_capacity(columns * rows),
            sharpness: 1.0,
            bands: (first.clone(), second.clone()),
        };
        let (mut structure, mut other_structure) = (0.0, 0.0);
        for row in 0..rows {
            for column in 0..columns {
                let (x, y) = (column * STEP + STEP / 2, row * STEP + STEP / 2);
                let [a, b, aa, bb, ab, mean_a, mean_b, missing] =
                    std::array::from_fn(|number| f64::from(means[number].at(x, y)));
                let (var_a, var_b) = ((aa - a * a).max(0.0), (bb - b * b).max(0.0));
                let correlation = (ab - a * b) / (var_a * var_b).sqrt().max(1e-6);
                let kind = if missing > 0.0 {
                    Kind::Unseen
                } else if var_a < FLAT && var_b < FLAT {
                    Kind::Flat
                } else if correlation >= AGREE {
                    structure += var_a;
                    other_structure += var_b;
                    Kind::Agrees
                } else if var_a >= STRONG && var_a >= STRONGER * var_b && correlation < DISAGREE {
                    Kind::Extra
                } else if var_b >= FLAT && var_b >= OWN * var_a && correlation < DISAGREE {
                    Kind::Unexplained
                } else {
                    Kind::Unclear
                };
                cells.kinds.push(kind);
                cells.contrast.push(var_a / var_b.max(FLAT / 2.0));
                cells.means.push((mean_a, mean_b));
            }
        }
        if structure > 0.0 {
            cells.sharpness = other_structure / structure;
        }
        Some(cells)
    }

    /// The parts that stand every test.
    fn lack(&self, overlay: &Overlay, view: &Prepared) -> Option<Lack> {
        if self.sharpness < LEAST_SHARPNESS {
            return None;
        }
        let mut told: Vec<(f64, Lack)> = Vec::new();
        let mut seen = vec![false; self.kinds.len()];
        for start in 0..self.kinds.len() {
            if seen[start] || self.kinds[start] != Kind::Extra {
                continue;
            }
            let part = self.part_of(start, &mut seen);
            if let Some(around) = self.stands(&part) {
                let contrast = median(
                    &part
                        .iter()
                        .map(|cell| self.contrast[*cell])
                        .collect::<Vec<_>>(),
                );
                if self.is_elsewhere(&part) {
                    continue;
                }
                let boxes = self.box_of(&part, overlay, view).into_iter().collect();
                told.push((
                    part.len() as f64 * contrast,
                    Lack {
                        boxes,
                        cells: part.len(),
                        contrast,
                        around,
                        blocks: 0,
                    },
                ));
            }
        }
        told.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut told = told.into_iter().map(|(_, lack)| lack);
        let mut first = told.next()?;
        first.boxes.extend(told.flat_map(|lack| lack.boxes));
        Some(first)
    }

    /// Cells within so many steps of a cell.
    fn near(&self, cell: usize, steps: usize) -> impl Iterator<Item = usize> + use<> {
        let (column, row) = (cell % self.columns, cell / self.columns);
        let columns = self.columns;
        let across = column.saturating_sub(steps)..(column + steps + 1).min(self.columns);
        let down = row.saturating_sub(steps)..(row + steps + 1).min(self.rows);
        down.flat_map(move |row| across.clone().map(move |column| row * columns + column))
    }

    /// Connected cells with extra structure; a gap of one cell does not part them.
    fn part_of(&self, start: usize, seen: &mut [bool]) -> Vec<usize> {
        let mut part = vec![start];
        seen[start] = true;
        let mut next = 0;
        while next < part.len() {
            for cell in self.near(part[next], 2) {
                if !seen[cell] && self.kinds[cell] == Kind::Extra {
                    seen[cell] = true;
                    part.push(cell);
                }
            }
            next += 1;
        }
        part
    }

    /// Cells within so many steps of a part, without the part and what lies within `gap` steps of it.
    fn ring(&self, part: &[usize], gap: usize, steps: usize) -> Vec<usize> {
        let mut mark = vec![0_u8; self.kinds.len()];
        for cell in part {
            for near in self.near(*cell, steps) {
                mark[near] = mark[near].max(1);
            }
        }
        for cell in part {
            for near in self.near(*cell, gap) {
                mark[near] = 2;
            }
        }
        (0..mark.len()).filter(|cell| mark[*cell] == 1).collect()
    }

    /// The share of the surroundings that agrees, when the part stands every test of its place.
    fn stands(&self, part: &[usize]) -> Option<f64> {
        let count = part.len();
        if count < LEAST_CELLS || count as f64 > MOST_SHARE * self.kinds.len() as f64 {
            return None;
        }
        let ring = self.ring(part, GAP, RING);
        let share = |cells: &[usize], wanted: &[Kind]| {
            let fit = cells
                .iter()
                .filter(|cell| wanted.contains(&self.kinds[**cell]))
                .count();
            fit as f64 / cells.len().max(1) as f64
        };
        let around = share(&ring, &[Kind::Agrees, Kind::Flat]);
        if around < AROUND || !self.is_enclosed(part, &ring) {
            return None;
        }
        let wide = NEIGHBORHOOD.max(self.extent(part));
        let neighborhood = self.ring(part, GAP, wide);
        if share(&neighborhood, &[Kind::Unexplained]) > UNEXPLAINED {
            return None;
        }
        let difference = |cells: &[usize]| {
            median(
                &cells
                    .iter()
                    .map(|cell| self.means[*cell].0 - self.means[*cell].1)
                    .collect::<Vec<_>>(),
            )
        };
        (difference(part) - difference(&ring) <= BRIGHTER).then_some(around)
    }

    /// Whether structure agrees on all sides of a part and none of its surroundings is cut off by the border. Flat
    /// surroundings agree with any flat place, also of another surface.
    fn is_enclosed(&self, part: &[usize], ring: &[usize]) -> bool {
        let (from, to) = self.bounds(part);
        if from.0 < RING || from.1 < RING || to.0 + RING >= self.columns || to.1 + RING >= self.rows
        {
            return false;
        }
        let middle = ((from.0 + to.0) as f64 / 2.0, (from.1 + to.1) as f64 / 2.0);
        let mut sides = [(0.0, 0.0); SIDES];
        for cell in ring {
            let (column, row) = (cell % self.columns, cell / self.columns);
            let angle = (row as f64 - middle.1).atan2(column as f64 - middle.0);
            let turn = (angle / std::f64::consts::TAU).rem_euclid(1.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a part of a turn"
            )]
            let side = &mut sides[((turn * SIDES as f64) as usize).min(SIDES - 1)];
            side.0 += 1.0;
            side.1 += f64::from(u8::from(self.kinds[*cell] == Kind::Agrees));
        }
        sides
            .iter()
            .filter(|(cells, agree)| *agree >= AROUND_BY_STRUCTURE * cells)
            .count()
            >= ENCLOSED
    }

    fn bounds(&self, part: &[usize]) -> ((usize, usize), (usize, usize)) {
        let (mut from, mut to) = ((usize::MAX, usize::MAX), (0, 0));
        for cell in part {
            let (column, row) = (cell % self.columns, cell / self.columns);
            from = (from.0.min(column), from.1.min(row));
            to = (to.0.max(column), to.1.max(row));
        }
        (from, to)
    }

    fn extent(&self, part: &[usize]) -> usize {
        let (from, to) = self.bounds(part);
        (to.0 - from.0).max(to.1 - from.1) + 1
    }

    /// Whether the other view shows the same thing nearby: then the surface was laid wrong, or the thing stands before
    /// it.
    fn is_elsewhere(&self, part: &[usize]) -> bool {
        let (from, to) = self.bounds(part);
        let (first, second) = (&self.bands.0, &self.bands.1);
        let (left, top) = (from.0 * STEP, from.1 * STEP);
        let (right, bottom) = (
            ((to.0 + 1) * STEP).min(first.width),
            ((to.1 + 1) * STEP).min(first.height),
        );
        let (width, height) = (right - left, bottom - top);
        let count = (width * height) as f64;
        let moments = |x: usize, y: usize| {
            let mut sums = [0.0_f64; 5];
            for row in 0..height {
                let a = &first.row(top + row)[left..right];
                let b = &second.row(y + row)[x..x + width];
                for (a, b) in a.iter().zip(b) {
                    let (a, b) = (f64::from(*a), f64::from(*b));
                    for (sum, value) in sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
                        *sum += value;
                    }
                }
            }
            let [a, b, aa, bb, ab] = sums.map(|sum| sum / count);
            let (var_a, var_b) = ((aa - a * a).max(1e-6), (bb - b * b).max(1e-6));
            ((ab - a * b) / (var_a * var_b).sqrt(), var_b / var_a)
        };
        let across = left.saturating_sub(ELSEWHERE)..=(left + ELSEWHERE).min(first.width - width);
        for y in (top.saturating_sub(ELSEWHERE)..=(top + ELSEWHERE).min(first.height - height))
            .step_by(2)
        {
            for x in across.clone().step_by(2) {
                let (correlation, strength) = moments(x, y);
                if correlation >= FOUND_ELSEWHERE
                    && strength > 0.25
                    && !self.agrees_at((x, y), (width, height), (from, to))
                {
                    return true;
                }
            }
        }
        false
    }

    /// Whether both views show the same at a place: then what was found there is a repeat of a pattern, and nothing
    /// that moved.
    fn agrees_at(
        &self,
        from: (usize, usize),
        size: (usize, usize),
        part: ((usize, usize), (usize, usize)),
    ) -> bool {
        let (mut cells, mut agreeing) = (0.0, 0.0);
        for row in from.1 / STEP..((from.1 + size.1) / STEP).min(self.rows) {
            for column in from.0 / STEP..((from.0 + size.0) / STEP).min(self.columns) {
                // What the part itself covers differs anyway.
                if (part.0.0..=part.1.0).contains(&column) && (part.0.1..=part.1.1).contains(&row) {
                    continue;
                }
                cells += 1.0;
                agreeing += f64::from(u8::from(
                    self.kinds[row * self.columns + column] == Kind::Agrees,
                ));
            }
        }
        cells > 0.0 && agreeing >= REPEATED * cells
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the photo"
    )]
    fn box_of(&self, part: &[usize], overlay: &Overlay, view: &Prepared) -> Option<PixelBox> {
        let (from, to) = self.bounds(part);
        let to_photo: Homography = view
            .channels_to_photo()
            .after(&view.luma_to_channels())
            .after(&overlay.to_claim);
        let (left, top) = to_photo.apply((from.0 * STEP) as f64, (from.1 * STEP) as f64)?;
        let (right, bottom) =
            to_photo.apply(((to.0 + 1) * STEP) as f64, ((to.1 + 1) * STEP) as f64)?;
        let inside = |value: f64, side: usize| value.round().clamp(0.0, side as f64) as u32;
        let (x, y) = (inside(left, view.width), inside(top, view.height));
        Some(PixelBox {
            x,
            y,
            width: inside(right, view.width) - x,
            height: inside(bottom, view.height) - y,
        })
    }
}
