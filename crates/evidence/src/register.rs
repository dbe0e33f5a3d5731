//! Lays one photo on another to a fraction of a pixel, given a first guess from matched keypoints.
//!
//! Blocks of the claim's band-passed luma are found again in the reference's by normalized cross-correlation, first at
//! half size and then at the working size; blocks that move like their neighbours vote for a homography, and what is
//! left becomes a smooth field of displacements. A copy of a file is then affine to a few hundredths of a pixel, which
//! no photo taken by hand is; [`crate::derived`] judges that.

pub mod blocks;
pub mod slides;
pub mod warp;

use std::cell::OnceCell;

use crate::geometry::{Homography, PointPair, fit_affine_robust, median, ransac_homography};
use crate::limits::WORKING_SIDE;
use crate::plane::Plane;
use crate::prepared::Prepared;
use blocks::{Coverage, Found, Layout, search, vote};
use slides::Slides;

/// A first guess, in pixels of the two photos' working lumas (claim to reference).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Start {
    /// Whether the reference was matched in its mirror; the maps lead to the reference as it is stored all the same.
    pub mirrored: bool,
    /// The map that the matches agree with closely.
    pub tight: Homography,
    /// A map that more of them agree with loosely, where it differs.
    pub loose: Option<Homography>,
    /// Matches that agree with the tight map.
    pub inliers: usize,
}

/// A block of the claim and where it was found in the reference, in pixels of the working lumas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    pub claim: (f64, f64),
    pub reference: (f64, f64),
    /// Normalized cross-correlation at the peak.
    pub correlation: f32,
    /// Whether its place is known to a part of a pixel: stripes and smooth edges slide.
    pub firm: bool,
    /// Whether its neighbours moved alike.
    pub agreed: bool,
}

/// Displacements on a grid over the claim, bilinear in between, constant beyond the border.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Claim luma pixel of the first grid point.
    pub origin: (f64, f64),
    /// Distance between grid points in claim luma pixels.
    pub step: f64,
    pub columns: usize,
    pub rows: usize,
    /// Displacement in reference luma pixels, row by row.
    pub displacements: Vec<(f32, f32)>,
}

impl Flow {
    /// The displacement at a claim luma pixel.
    #[must_use]
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the grid"
    )]
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        if self.displacements.is_empty() {
            return (0.0, 0.0);
        }
        let across = ((x - self.origin.0) / self.step).clamp(0.0, (self.columns - 1) as f64);
        let down = ((y - self.origin.1) / self.step).clamp(0.0, (self.rows - 1) as f64);
        let (left, top) = (across as usize, down as usize);
        let (right, bottom) = (
            (left + 1).min(self.columns - 1),
            (top + 1).min(self.rows - 1),
        );
        let (part_x, part_y) = (across - left as f64, down - top as f64);
        let point = |column: usize, row: usize, weight: f64| {
            let (dx, dy) = self.displacements[row * self.columns + column];
            (f64::from(dx) * weight, f64::from(dy) * weight)
        };
        let corners = [
            point(left, top, (1.0 - part_x) * (1.0 - part_y)),
            point(right, top, part_x * (1.0 - part_y)),
            point(left, bottom, (1.0 - part_x) * part_y),
            point(right, bottom, part_x * part_y),
        ];
        corners.iter().fold((0.0, 0.0), |sum, corner| {
            (sum.0 + corner.0, sum.1 + corner.1)
        })
    }
}

/// One photo laid on another.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// Whether the claim is the reference seen in a mirror; the maps lead to the reference as it is stored.
    pub mirrored: bool,
    /// Claim luma pixel to reference luma pixel (longer side [`WORKING_SIDE`]).
    pub homography: Homography,
    /// What is left after the homography.
    pub flow: Flow,
    /// Every block that was searched.
    pub blocks: Vec<Block>,
    /// Claim luma pixels that one pixel of the compared picture is wide; below 1 when a part of the claim was enlarged.
    pub pixel: f64,
    claim_to_luma: Homography,
    luma_to_reference: Homography,
}

impl Alignment {
    /// The reference pixel (longer side [`crate::limits::MASK_SIDE`]) that a claim pixel (the same) shows; it may lie
    /// outside the reference.
    #[must_use]
    #[inline]
    pub fn map(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = self.claim_to_luma.apply(x, y)?;
        let (u, v) = self.map_luma(x, y)?;
        self.luma_to_reference.apply(u, v)
    }

    /// The reference luma pixel that a claim luma pixel shows.
    #[must_use]
    #[inline]
    pub fn map_luma(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (u, v) = self.homography.apply(x, y)?;
        let (dx, dy) = self.flow.at(x, y);
        Some((u + dx, v + dy))
    }
}

/// The half-size search from a first guess: wide enough for what keypoints leave.
const COARSE: Layout = Layout {
    size: 24,
    step: 24,
    radius: 8,
    minimum_deviation: 1.5,
};
/// The second half-size search.
const COARSE_AGAIN: Layout = Layout {
    radius: 4,
    ..COARSE
};
/// The half-size search that tolerates drift: what no homography explains.
const DRIFT: Layout = Layout {
    radius: 6,
    ..COARSE
};
/// The full-size search around what the half-size search found.
const FINE: Layout = Layout {
    size: 32,
    step: 32,
    radius: 3,
    minimum_deviation: 1.5,
};
/// Sigmas of the two blurs whose difference is compared, in pixels of the compared pictures.
const BAND: (f32, f32) = (1.0, 4.0);
/// A block is looked at only when its correlation is above this.
pub(crate) const LEAST_CORRELATION: f32 = 0.5;
/// Neighbours' displacements agree within this many pixels at half size.
const COARSE_AGREEMENT: f64 = 1.0;
/// The same at full size.
const FINE_AGREEMENT: f64 = 1.5;
/// Tolerance of the homography at half size, in pixels.
const COARSE_TOLERANCE: f64 = 1.0;
/// The same at full size.
pub(crate) const FINE_TOLERANCE: f64 = 1.5;
/// Fewer agreeing blocks fit no homography.
const LEAST_BLOCKS: usize = 6;
/// A claim whose matched part is smaller than this share of it is cut to that part and enlarged.
const CUT_BELOW: f64 = 0.75;
/// Room around the matched part, as a share of it.
const CUT_MARGIN: f64 = 0.03;
/// A matched part smaller than this many pixels of the channels says nothing.
const LEAST_CUT: f64 = 48.0;

/// The compared part of the claim and the reference drawn in its pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    pub claim: Plane,
    pub reference: Plane,
    /// Where the reference has pixels.
    pub inside: Vec<bool>,
    /// From its pixels to pixels of the claim's working luma.
    pub to_claim: Homography,
}

/// Lays the claim on the reference. `None` when too few blocks agree to say anything.
#[must_use]
pub fn align(claim: &Prepared, reference: &Prepared, start: &Start) -> Option<Alignment> {
    align_and_draw(claim, reference, start).map(|(alignment, _)| alignment)
}

/// [`align`], with the reference drawn in the pixels of the compared part of the claim.
#[must_use]
pub fn align_and_draw(
    claim: &Prepared,
    reference: &Prepared,
    start: &Start,
) -> Option<(Alignment, Overlay)> {
    let view = ClaimView::of(claim, reference, start)?;
    let levels = Levels::of(reference);
    let half = (
        view.luma.width.div_ceil(2).max(1),
        view.luma.height.div_ceil(2).max(1),
    );
    let half_luma = view.luma.resized(half.0, half.1);
    let half_band = half_luma.band(BAND.0, BAND.1);
    let half_to_view = Homography::scaling((half.0, half.1), (view.luma.width, view.luma.height));
    let half_to_claim = view.to_claim.after(&half_to_view);

    let mut best: Option<(usize, Homography)> = None;
    for guess in std::iter::once(start.tight).chain(start.loose) {
        let mut map = guess.after(&half_to_claim);
        let mut agreed = 0;
        for layout in [&COARSE, &COARSE_AGAIN] {
            let found = compare(
                &half_band,
                &levels,
                &map,
                layout,
                COARSE_AGREEMENT,
                |_, _| (0.0, 0.0),
            );
            let pairs = pairs_of(&found, &map, LEAST_CORRELATION);
            agreed = pairs.len();
            if agreed < LEAST_BLOCKS {
                break;
            }
            let Some(refined) = ransac_homography(&pairs, COARSE_TOLERANCE * scale_of(&map, half))
            else {
                break;
            };
            map = refined.map;
        }
        if agreed >= LEAST_BLOCKS && best.is_none_or(|(most, _)| agreed > most) {
            best = Some((agreed, map));
        }
    }
    let (_, half_map) = best?;

    // Drift that no homography explains: rolling shutters, another lens, a repainted picture.
    let drift = compare(
        &half_band,
        &levels,
        &half_map,
        &DRIFT,
        COARSE_AGREEMENT,
        |_, _| (0.0, 0.0),
    );
    let drift = smooth(&drift, half, DRIFT.step as f64);
    let size = (view.luma.width, view.luma.height);
    let view_to_half = Homography::scaling(size, half);
    let mut map = half_map.after(&view_to_half);
    let band = view.luma.band(BAND.0, BAND.1);
    let expected = |x: f64, y: f64| {
        let (x, y) = view_to_half.apply(x, y).unwrap_or((x, y));
        let (dx, dy) = drift.at(x, y);
        (dx * 2.0, dy * 2.0)
    };
    let found = compare(&band, &levels, &map, &FINE, FINE_AGREEMENT, expected);
    let pairs = pairs_of(&found, &map, 0.6);
    let tolerance = FINE_TOLERANCE * scale_of(&map, size);
    if let Some(refined) = ransac_homography(&pairs, tolerance) {
        // Where the blocks lie relative to the better map.
        let rest = smooth(&found, size, FINE.step as f64);
        let before = map;
        map = refined.map;
        let back = map.inverse()?;
        let expected = |x: f64, y: f64| {
            let (dx, dy) = rest.at(x, y);
            before
                .apply(x + dx, y + dy)
                .and_then(|(u, v)| back.apply(u, v))
                .map_or((0.0, 0.0), |(u, v)| (u - x, v - y))
        };
        let found = compare(&band, &levels, &map, &FINE, FINE_AGREEMENT, expected);
        return finish(claim, reference, view, &levels, start.mirrored, map, &found);
    }
    finish(claim, reference, view, &levels, start.mirrored, map, &found)
}

/// The part of the claim that is compared, with the longer side [`WORKING_SIDE`].
struct ClaimView {
    luma: Plane,
    /// From its pixels to pixels of the claim's working luma.
    to_claim: Homography,
}

impl ClaimView {
    /// The whole claim, or the part of it that shows the reference when that is small, enlarged: a listing inside a
    /// tall screenshot is a few hundred pixels wide, too few blocks to judge.
    fn of(claim: &Prepared, reference: &Prepared, start: &Start) -> Option<Self> {
        let whole = Self {
            luma: claim.luma.clone(),
            to_claim: Homography::IDENTITY,
        };
        let back = start.tight.inverse()?;
        let (right, bottom) = (
            (reference.luma.width - 1) as f64,
            (reference.luma.height - 1) as f64,
        );
        let (width, height) = (claim.luma.width as f64, claim.luma.height as f64);
        let (mut from, mut to) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
        for (x, y) in [(0.0, 0.0), (right, 0.0), (right, bottom), (0.0, bottom)] {
            let Some((x, y)) = back.apply(x, y) else {
                return Some(whole);
            };
            from = (from.0.min(x), from.1.min(y));
            to = (to.0.max(x), to.1.max(y));
        }
        let margin = CUT_MARGIN * (to.0 - from.0).max(to.1 - from.1);
        let from = ((from.0 - margin).max(0.0), (from.1 - margin).max(0.0));
        let to = (
            (to.0 + margin).min(width - 1.0),
            (to.1 + margin).min(height - 1.0),
        );
        if (to.0 - from.0).max(to.1 - from.1) >= CUT_BELOW * width.max(height) {
            return Some(whole);
        }
        let luma_to_fine = claim.luma_to_channels();
        let (left, top) = luma_to_fine.apply(from.0, from.1)?;
        let (right, bottom) = luma_to_fine.apply(to.0, to.1)?;
        if (right - left).min(bottom - top) < LEAST_CUT {
            return Some(whole);
        }
        let fine = claim.fine_luma();
        let part = cut(&fine, (left, top), (right, bottom));
        let longest = part.plane.width.max(part.plane.height);
        let scaled = |side: usize| (side * WORKING_SIDE + longest / 2) / longest;
        let (width, height) = (scaled(part.plane.width), scaled(part.plane.height));
        let luma = part.plane.resized(width.max(1), height.max(1));
        let to_part = Homography::scaling(
            (luma.width, luma.height),
            (part.plane.width, part.plane.height),
        );
        let to_fine = Homography::translation(part.left as f64, part.top as f64).after(&to_part);
        let to_claim = luma_to_fine.inverse()?.after(&to_fine);
        Some(Self { luma, to_claim })
    }
}

struct Part {
    plane: Plane,
    left: usize,
    top: usize,
}

/// The rectangle of a plane between two places inside it.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the plane"
)]
fn cut(plane: &Plane, from: (f64, f64), to: (f64, f64)) -> Part {
    let inside = |value: f64, side: usize| value.clamp(0.0, (side - 1) as f64) as usize;
    let (left, top) = (inside(from.0, plane.width), inside(from.1, plane.height));
    let (right, bottom) = (
        inside(to.0.ceil(), plane.width),
        inside(to.1.ceil(), plane.height),
    );
    let plane = Plane::from_fn(right - left + 1, bottom - top + 1, |x, y| {
        plane.at(left + x, top + y)
    });
    Part { plane, left, top }
}

/// The reference's luma at several sizes, so that the claim is compared with one of about its own scale.
struct Levels {
    fine: Plane,
    /// Each with the map from pixels of the working luma; drawn when it is first asked for.
    planes: Vec<(OnceCell<Plane>, (usize, usize), Homography)>,
    luma_size: (usize, usize),
}

/// Longer sides of the levels below the finest.
const LEVEL_SIDES: [usize; 6] = [724, WORKING_SIDE, 453, 320, 226, 160];

impl Levels {
    fn of(reference: &Prepared) -> Self {
        let fine = reference.fine_luma();
        let luma_size = (reference.luma.width, reference.luma.height);
        let longest = fine.width.max(fine.height);
        let mut planes = Vec::with_capacity(LEVEL_SIDES.len() + 1);
        for side in LEVEL_SIDES {
            if side >= longest {
                continue;
            }
            let scaled = |length: usize| ((length * side + longest / 2) / longest).max(1);
            let size = (scaled(fine.width), scaled(fine.height));
            planes.push((OnceCell::new(), size, Homography::scaling(luma_size, size)));
        }
        let size = (fine.width, fine.height);
        planes.push((OnceCell::new(), size, Homography::scaling(luma_size, size)));
        Self {
            fine,
            planes,
            luma_size,
        }
    }

    /// The level on which a step of one pixel, mapped by `map` from a picture of this size, is nearest to one pixel.
    fn nearest(&self, map: &Homography, size: (usize, usize)) -> Option<(&Plane, &Homography)> {
        let scale = scale_of(map, size);
        let distance = |(width, _): (usize, usize)| {
            let level = width as f64 / self.luma_size.0 as f64;
            (scale * level).ln().abs()
        };
        let (plane, (width, height), map) = self
            .planes
            .iter()
            .min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
        let plane = if (*width, *height) == (self.fine.width, self.fine.height) {
            &self.fine
        } else {
            plane.get_or_init(|| self.fine.resized(*width, *height))
        };
        Some((plane, map))
    }
}

/// Target pixels that one pixel in the middle of a picture of this size is wide under a map.
fn scale_of(map: &Homography, size: (usize, usize)) -> f64 {
    let (x, y) = (size.0 as f64 / 2.0, size.1 as f64 / 2.0);
    let reach = 8.0;
    let corners = [
        map.apply(x - reach, y),
        map.apply(x + reach, y),
        map.apply(x, y - reach),
        map.apply(x, y + reach),
    ];
    let [Some(a), Some(b), Some(c), Some(d)] = corners else {
        return 1.0;
    };
    let area = (b.0 - a.0) * (d.1 - c.1) - (b.1 - a.1) * (d.0 - c.0);
    (area.abs().sqrt() / (2.0 * reach)).max(1e-6)
}

/// Warps the reference onto a band-passed picture by `map` (its pixel to reference luma pixel), and finds the blocks.
fn compare(
    band: &Plane,
    levels: &Levels,
    map: &Homography,
    layout: &Layout,
    agreement: f64,
    expected: impl Fn(f64, f64) -> (f64, f64),
) -> Vec<Found> {
    let size = (band.width, band.height);
    let Some((level, to_level)) = levels.nearest(map, size) else {
        return Vec::new();
    };
    let (warped, inside) = warp::warp(level, &to_level.after(map), size.0, size.1);
    let coverage = Coverage::of(&inside, size.0, size.1);
    let other = warped.band(BAND.0, BAND.1);
    let mut found = search(band, &other, &coverage, layout, expected);
    vote(&mut found, agreement, LEAST_CORRELATION);
    found
}

/// Agreeing blocks as pairs of a pixel and the reference luma pixel it shows.
fn pairs_of(found: &[Found], map: &Homography, least_correlation: f32) -> Vec<PointPair> {
    found
        .iter()
        .filter(|block| block.agreed && block.firm && block.correlation > least_correlation)
        .filter_map(|block| pair_of(block, map))
        .collect()
}

fn pair_of(block: &Found, map: &Homography) -> Option<PointPair> {
    let (x, y) = block.center;
    let (u, v) = map.apply(x + block.displacement.0, y + block.displacement.1)?;
    Some((x, y, u, v))
}

/// The Gaussian-weighted mean of the agreeing blocks' displacements on a grid over a picture of this size, with a
/// sigma of one block, wider where there are none.
fn smooth(found: &[Found], size: (usize, usize), step: f64) -> Flow {
    let samples: Vec<(f64, f64, f64, f64)> = found
        .iter()
        .filter(|block| block.agreed && block.firm)
        .map(|block| {
            (
                block.center.0,
                block.center.1,
                block.displacement.0,
                block.displacement.1,
            )
        })
        .collect();
    flow_of(&samples, size, step)
}

/// How much wider than one block a grid point asks as well, for where blocks are few or wrong.
const WIDE: f64 = 5.0;
/// The weight of that wide mean, in blocks.
const WIDE_WEIGHT: f64 = 0.5;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a grid of tens of points and displacements of some pixels"
)]
fn flow_of(samples: &[(f64, f64, f64, f64)], size: (usize, usize), step: f64) -> Flow {
    let columns = (size.0 as f64 / step).ceil() as usize + 1;
    let rows = (size.1 as f64 / step).ceil() as usize + 1;
    let mut displacements = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let (x, y) = (column as f64 * step, row as f64 * step);
            let mean = |sigma: f64| {
                let mut sums = (0.0, 0.0, 0.0);
                for sample in samples {
                    let distance =
                        ((sample.0 - x).powi(2) + (sample.1 - y).powi(2)) / (2.0 * sigma * sigma);
                    if distance < 12.0 {
                        let weight = (-distance).exp();
                        sums.0 += weight;
                        sums.1 += weight * sample.2;
                        sums.2 += weight * sample.3;
                    }
                }
                sums
            };
            let (near, wide) = (mean(step), mean(WIDE * step));
            if wide.0 < 1e-9 {
                displacements.push((0.0, 0.0));
                continue;
            }
            let drawn = |near_sum: f64, wide_sum: f64| {
                ((near_sum + WIDE_WEIGHT * wide_sum / wide.0) / (near.0 + WIDE_WEIGHT)) as f32
            };
            displacements.push((drawn(near.1, wide.1), drawn(near.2, wide.2)));
        }
    }
    Flow {
        origin: (0.0, 0.0),
        step,
        columns,
        rows,
        displacements,
    }
}

/// The alignment from the last search, moved from the compared part to the claim.
fn finish(
    claim: &Prepared,
    reference: &Prepared,
    view: ClaimView,
    levels: &Levels,
    mirrored: bool,
    map: Homography,
    found: &[Found],
) -> Option<(Alignment, Overlay)> {
    let to_view = view.to_claim.inverse()?;
    let size = (view.luma.width, view.luma.height);
    let homography = last_fit(found, &map, size).unwrap_or(map).after(&to_view);
    let blocks: Vec<Block> = found
        .iter()
        .filter_map(|block| {
            let (x, y, u, v) = pair_of(block, &map)?;
            Some(Block {
                claim: view.to_claim.apply(x, y)?,
                reference: (u, v),
                correlation: block.correlation,
                firm: block.firm,
                agreed: block.agreed,
            })
        })
        .collect();
    let pixel = scale_of(&view.to_claim, size);
    let origin = view.to_claim.apply(0.0, 0.0)?;
    let samples: Vec<(f64, f64, f64, f64)> = blocks
        .iter()
        .filter(|block| block.agreed && block.firm)
        .filter_map(|block| {
            let (x, y) = block.claim;
            let (u, v) = homography.apply(x, y)?;
            let rest = (block.reference.0 - u, block.reference.1 - v);
            Some((x - origin.0, y - origin.1, rest.0, rest.1))
        })
        .collect();
    let far = view
        .to_claim
        .apply(view.luma.width as f64, view.luma.height as f64)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the size of a part of the claim"
    )]
    let part = (
        (far.0 - origin.0).ceil().max(1.0) as usize,
        (far.1 - origin.1).ceil().max(1.0) as usize,
    );
    let mut flow = flow_of(&samples, part, FINE.step as f64 * pixel);
    flow.origin = origin;
    let alignment = Alignment {
        mirrored,
        homography,
        flow,
        blocks,
        pixel,
        claim_to_luma: claim.luma_to_channels().inverse()?,
        luma_to_reference: reference.luma_to_channels(),
    };
    let (level, to_level) = levels.nearest(&map, size)?;
    let (drawn, inside) = warp::warp_by(level, size.0, size.1, |x, y| {
        let (x, y) = view.to_claim.apply(x, y)?;
        let (u, v) = alignment.map_luma(x, y)?;
        to_level.apply(u, v)
    });
    let overlay = Overlay {
        claim: view.luma,
        reference: drawn,
        inside,
        to_claim: view.to_claim,
    };
    Some((alignment, overlay))
}

/// One photo laid on another by its gradients.
#[derive(Debug, Clone)]
pub struct Slid {
    /// Without blocks and flow.
    pub alignment: Alignment,
    pub overlay: Overlay,
    /// From pixels of the overlay to pixels of the reference's working luma.
    pub map: Homography,
    /// What the blocks of the overlay say is left.
    pub slides: Slides,
}

/// Rounds in which the map follows what the blocks say: the first ones look at coarse detail, which reaches farther.
const COARSE_ROUNDS: usize = 2;
const SLIDE_ROUNDS: usize = 3;
/// Sigmas of the band that they look at.
const COARSE_BAND: (f32, f32) = (2.0, 8.0);

/// Pictures that look alike in a smaller share of their blocks do not lie on each other.
const LEAST_ALIKE: f64 = 0.25;

/// Lays the claim on the reference by gradients, from an alignment or from matched keypoints: for smooth ware, of which
/// too few blocks have a place that correlation can tell. `None` when too few blocks say anything.
#[must_use]
pub fn slide(
    claim: &Prepared,
    reference: &Prepared,
    start: &Start,
    known: Option<&Homography>,
) -> Option<Slid> {
    let view = ClaimView::of(claim, reference, start)?;
    let levels = Levels::of(reference);
    let size = (view.luma.width, view.luma.height);
    let ask = |map: &Homography, band: &Plane, (fine, coarse): (f32, f32)| {
        let (level, to_level) = levels.nearest(map, size)?;
        let (drawn, inside) = warp::warp(level, &to_level.after(map), size.0, size.1);
        let coverage = Coverage::of(&inside, size.0, size.1);
        let slides = slides::ask(band, &drawn.band(fine, coarse), &coverage);
        Some((drawn, inside, slides))
    };
    let band = view.luma.band(COARSE_BAND.0, COARSE_BAND.1);
    let (_, mut map, mut slides) = known
        .into_iter()
        .chain([&start.tight])
        .chain(&start.loose)
        .filter_map(|guess| {
            let map = guess.after(&view.to_claim);
            let (_, _, slides) = ask(&map, &band, COARSE_BAND)?;
            Some((slides.alike(), map, slides))
        })
        .rev()
        .max_by_key(|(alike, _, _)| *alike)?;
    for _ in 0..COARSE_ROUNDS {
        map = map.after(&slides::fit(&slides.slides, size)?);
        (_, _, slides) = ask(&map, &band, COARSE_BAND)?;
    }
    if slides.share_alike() < LEAST_ALIKE {
        return None;
    }
    let band = view.luma.band(BAND.0, BAND.1);
    let (mut drawn, mut inside);
    (drawn, inside, slides) = ask(&map, &band, BAND)?;
    for _ in 0..SLIDE_ROUNDS {
        map = map.after(&slides::fit(&slides.slides, size)?);
        (drawn, inside, slides) = ask(&map, &band, BAND)?;
    }
    let alignment = Alignment {
        mirrored: start.mirrored,
        homography: map.after(&view.to_claim.inverse()?),
        flow: Flow {
            origin: (0.0, 0.0),
            step: 1.0,
            columns: 0,
            rows: 0,
            displacements: Vec::new(),
        },
        blocks: Vec::new(),
        pixel: scale_of(&view.to_claim, size),
        claim_to_luma: claim.luma_to_channels().inverse()?,
        luma_to_reference: reference.luma_to_channels(),
    };
    let overlay = Overlay {
        claim: view.luma,
        reference: drawn,
        inside,
        to_claim: view.to_claim,
    };
    Some(Slid {
        alignment,
        overlay,
        map,
        slides,
    })
}

/// How much farther off an affine map may be than a homography and still be taken: it is safer where there are no
/// blocks.
const AFFINE_EXCESS: f64 = 1.15;

/// The map that the last search's blocks agree with: affine where that is as good.
fn last_fit(found: &[Found], map: &Homography, size: (usize, usize)) -> Option<Homography> {
    let pairs = pairs_of(found, map, LEAST_CORRELATION);
    let scale = scale_of(map, size);
    let bent = ransac_homography(&pairs, FINE_TOLERANCE * scale)?.map;
    let affine = fit_affine_robust(&pairs, AFFINE_ROUNDS, AFFINE_FLOOR * scale)?;
    let middle =
        |map: &Homography| median(&pairs.iter().map(|pair| map.error(pair)).collect::<Vec<_>>());
    Some(if middle(&affine) <= AFFINE_EXCESS * middle(&bent) {
        affine
    } else {
        bent
    })
}

/// Rounds of the robust affine fit.
pub(crate) const AFFINE_ROUNDS: usize = 6;
/// Errors below this many pixels of the compared picture count alike in it.
pub(crate) const AFFINE_FLOOR: f64 = 0.15;
