//! Whether a claim's photo was made from a reference's file, or is a new photo of the same thing, surface or place.
//!
//! Likeness cannot tell: a new photo of a flat print correlates as well as a copy. **Geometric exactness** can: a copy
//! that was cropped, scaled, turned, mirrored or sent through a messenger lies on its source by an affine map to a few
//! hundredths of a pixel, and a photo taken by hand has perspective, another lens and parallax.

pub mod exactness;
pub mod lens;
pub mod photometry;
pub mod place;
pub mod smooth;

use crate::geometry::{Homography, PointPair, fit_affine_robust, median, ransac_homography};
use crate::limits::MASK_SIDE;
use crate::matching::{StageOne, stage_one};
use crate::plane::Plane;
use crate::prepared::Prepared;
use crate::register::blocks::Coverage;
use crate::register::{self, Alignment, Block, Overlay, Start};
use exactness::SharedNoise;
use photometry::Sample;

/// How a claim's photo relates to a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// Made from this file, or by a camera that did not move: the grade says which.
    DerivedFromReference,
    /// One flat surface seen in perspective: a photo of a screen or a print, or an honest photo of a flat item.
    SameFlatSurface,
    /// The background of the reference appears again.
    SamePlace,
    /// A new photo of the same thing.
    SameItemNewPhoto,
    /// Nothing in common.
    Unrelated,
    /// No answer.
    CannotTell,
}

/// How firm `derived_from_reference` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Exactness {
    /// Made from this file.
    Exact,
    /// Made from this file, or by a camera that did not move.
    Unmoved,
}

/// What was measured of a pair. Lengths are in pixels of a picture whose longer side is [`MASK_SIDE`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measures {
    /// Matched keypoints that agree with one homography.
    pub inliers: usize,
    /// Blocks that could be compared.
    pub blocks: usize,
    /// Blocks that moved like their neighbours, correlate, and whose place is known to a part of a pixel.
    pub good_blocks: usize,
    /// Share of the blocks that moved like their neighbours and correlate above 0.7.
    pub consistent: f64,
    /// Median distance of the good blocks from the best affine map.
    pub affine_error: f64,
    /// The part of those distances that neighbouring blocks share: what a lens, a tilt or depth leaves, and noise does
    /// not. Told by gradients only; 0 where blocks were compared.
    pub drift: f64,
    /// Share of the good blocks within one compared pixel of it.
    pub affine_share: f64,
    /// Median distance of the good blocks from the best homography, seen through a bending lens where that is better.
    pub homography_error: f64,
    /// Share of the good blocks within 1.5 compared pixels of it.
    pub homography_share: f64,
    /// How far homography and affine map part at a corner of the compared part, as a share of its longer side.
    pub perspective: f64,
    /// How much more the affine map enlarges along one direction than across it, less one: 0 for a picture that was
    /// enlarged, turned or cropped, and more for one that was squeezed or for a surface seen from another side.
    pub stretch: f64,
    /// Median correlation of coarse structure.
    pub structure: f64,
    /// Median difference of color after a tone curve and a slow field, in gray levels.
    pub color_error: f64,
    /// The score; higher is more like a copy.
    pub score: f64,
}

/// What came of comparing a claim's photo with a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub relation: Relation,
    /// Of `derived_from_reference` only.
    pub exactness: Option<Exactness>,
    /// Whether it is close to `derived_from_reference`, but below its threshold.
    pub near: bool,
    pub measures: Measures,
    /// What the flattest blocks say about one file or two exposures, where they can say anything.
    pub noise: Option<SharedNoise>,
    /// Where the claim lies on the reference, when it was found.
    pub alignment: Option<Alignment>,
}

/// Good blocks below which nothing is judged.
const LEAST_GOOD_BLOCKS: usize = 8;
/// Good blocks from which the bend of a lens is looked for.
const LENS_BLOCKS: usize = 24;
/// A score from here on can be `derived_from_reference`: of 1,064 copies of rendered photos none had less than 2.1, of
/// 169 of small real ones two; the front of a carton that was photographed twice by hand, the side lit anew, once came
/// to 1.5.
pub const DERIVED_SCORE: f64 = 1.8;
/// What else `derived_from_reference` needs, told by gradients: at most this median distance from the affine map, in
/// pixels. Copies of rendered photos had at most 0.08 (blurred ones; the others 0.05), photos taken by hand from nearly
/// the same place 0.1 and more;
pub const DERIVED_ERROR: f64 = 0.09;
/// at most this stretch, for hardly anyone squeezes a picture, and a flat front seen from a little higher looks squeezed:
/// two degrees are half a percent and more;
pub const DERIVED_STRETCH: f64 = 0.004;
/// or else this score, which copies that were squeezed reach all the same;
pub const STRETCHED_SCORE: f64 = 3.0;
/// at most this much perspective: copies had at most 0.0002, photos by hand 0.0024 and more;
pub const DERIVED_PERSPECTIVE: f64 = 0.0008;
/// and at most this part of the distance shared by neighbours: copies had at most 0.025, photos by hand 0.085 and more.
pub const DERIVED_DRIFT: f64 = 0.04;
/// From here on it is near.
pub const NEAR_SCORE: f64 = -0.6;
/// Share of blocks that move by one homography, times its inliers, of a flat surface seen in perspective.
pub const FLAT_SHARE: f64 = 0.78;
/// A smaller share does where fine patterns of a screen disturb the blocks, and coarse structure is
pub const FLAT_SHARE_LEAST: f64 = 0.7;
/// the reference's own to this correlation: photos of prints and screens mostly had 0.997 and more, another unit of a
/// printed carton 0.99.
pub const FLAT_STRUCTURE: f64 = 0.995;
/// Median distance of its blocks from that homography, seen through a bending lens, in pixels: photos of prints and
/// screens had at most 0.26 in the renderings that this was chosen on; without the lens's bend they had up to 1.
pub const FLAT_ERROR: f64 = 0.3;
/// The most perspective of it: someone who copies a picture holds the camera before it. Of 76 photos of prints and
/// screens three had more; more than half of the honest photos of a poster did.
pub const FLAT_PERSPECTIVE_MOST: f64 = 0.105;
/// Median difference of color after a tone curve and a slow field, in gray levels. A print or screen shows all of the
/// listing photo, and its light with it: at most 1.8 in the renderings that this was chosen on. A flat thing on another
/// table, under other light, differed by 5 and more, where it did not fill the picture.
pub const FLAT_COLOR_ERROR: f64 = 2.0;
/// A flat surface that was plainly tilted, told by gradients: the share of its blocks that look alike,
pub const BENT_CONSISTENT: f64 = 0.83;
/// the share of them that lie where a homography puts them,
pub const BENT_SHARE: f64 = 0.93;
/// the median distance from it in pixels,
pub const BENT_ERROR: f64 = 0.45;
/// as a part of the distance from the best affine map,
pub const BENT_PART: f64 = 0.6;
/// and its perspective.
pub const BENT_PERSPECTIVE: f64 = 0.006;
/// More of it is another view of the thing itself: photos of prints and screens had at most 0.068, honest photos of flat
/// goods 0.079 and more.
pub const BENT_PERSPECTIVE_MOST: f64 = 0.073;
/// Pictures of which a larger share of the blocks looks alike were laid on each other as well as can be.
const WELL_LAID: f64 = 0.6;
/// Where the background of the reference appears again, a median distance from the best affine map of more pixels says
/// that the camera was moved; below it may be a copy.
pub const MOVED_ERROR: f64 = 0.3;
/// The same of the part of the distance that neighbors share, told by gradients: copies have at most
/// [`DERIVED_DRIFT`].
pub const MOVED_DRIFT: f64 = 0.15;
/// Share of blocks that one homography lays within [`FLAT_ERROR`] from which both photos show one surface: honest photos
/// of a poster had 0.66 and more, scenes with depth from a moved camera at most 0.45.
pub const SURFACE_SHARE: f64 = 0.6;
/// A scene that was seen before, from nearly the same place: so many blocks with a firm place,
pub const SCENE_BLOCKS: usize = 16;
/// so large a share of the blocks alike,
pub const SCENE_CONSISTENT: f64 = 0.42;
/// so much correlation of coarse structure,
pub const SCENE_STRUCTURE: f64 = 0.85;
/// the reference's own light and colors: scenes from a moved camera differed by 0.4 to 1.5 gray levels, honest photos of
/// goods at home, but for flat ones that fill the picture ([`SURFACE_SHARE`]), by 1.9 and more;
pub const SCENE_COLOR_ERROR: f64 = 1.55;
/// and no more perspective than a few degrees make.
pub const SCENE_PERSPECTIVE: f64 = 0.08;
/// Matched keypoints that show the same thing when nothing else is found.
pub const SAME_ITEM_INLIERS: usize = 15;

/// `exact` needs a median distance from the affine map of at most so many pixels,
pub const EXACT_AFFINE_ERROR: f64 = 0.25;
/// so many good blocks,
pub const EXACT_GOOD_BLOCKS: usize = 12;
/// so large a share of them within a pixel,
pub const EXACT_AFFINE_SHARE: f64 = 0.9;
/// that at most this part of the reference's noise is missing in the claim: of rendered second exposures by an unmoved
/// camera most miss all of it, those with little noise 0.47 and more, and where the grain of a table passes for noise
/// 0.29;
pub const EXACT_NOISE_MISSING: f64 = 0.25;
/// and that fine detail of flat blocks correlates so well. Second exposures reached 0.64.
pub const EXACT_NOISE_CORRELATION: f64 = 0.75;

/// Whether a copy is `exact`: the geometry fits a file, and so does the noise.
fn exactness_of(measures: &Measures, noise: Option<&SharedNoise>) -> Exactness {
    let fits = measures.affine_error <= EXACT_AFFINE_ERROR
        && measures.good_blocks >= EXACT_GOOD_BLOCKS
        && measures.affine_share >= EXACT_AFFINE_SHARE;
    if fits
        && noise.is_some_and(|noise| {
            noise.missing <= EXACT_NOISE_MISSING && noise.correlation >= EXACT_NOISE_CORRELATION
        })
    {
        Exactness::Exact
    } else {
        Exactness::Unmoved
    }
}

/// Compares a claim's photo with a reference.
#[must_use]
pub fn compare(claim: &Prepared, reference: &Prepared) -> Comparison {
    compare_from(
        claim,
        reference,
        &stage_one(&claim.features, &reference.features),
    )
}

/// [`compare`] with the keypoints already matched.
#[must_use]
pub fn compare_from(claim: &Prepared, reference: &Prepared, matched: &StageOne) -> Comparison {
    let inliers = matched.inliers().max(matched.loose_inliers());
    let mut comparison = Comparison {
        relation: Relation::Unrelated,
        exactness: None,
        near: false,
        measures: Measures {
            inliers,
            ..Measures::default()
        },
        noise: None,
        alignment: None,
    };
    if !matched.is_candidate() {
        return comparison;
    }
    comparison.relation = if inliers >= SAME_ITEM_INLIERS {
        Relation::SameItemNewPhoto
    } else {
        Relation::CannotTell
    };
    let alike = comparison.relation;
    let same_place = place::shares_background(claim, reference, matched);
    if same_place {
        comparison.relation = Relation::SamePlace;
    }
    let Some(start) = start_of(claim, reference, matched) else {
        return comparison;
    };
    // A copy lies on its source at once; what does not is looked for block by block.
    let mut told = gradients(claim, reference, &start, None, inliers);
    if let Some(told) = told.take_if(|told| told.is_copy) {
        return copy(comparison, told, claim, reference);
    }
    if let Some((alignment, overlay)) = register::align_and_draw(claim, reference, &start) {
        comparison.measures = measure(&alignment, &overlay, claim, inliers);
        if told
            .as_ref()
            .is_none_or(|told| told.measures.consistent < WELL_LAID)
        {
            told = gradients(
                claim,
                reference,
                &start,
                Some(&alignment.homography),
                inliers,
            )
            .or(told);
        }
        comparison.alignment = Some(alignment);
    }
    if let Some(told) = told.take_if(|told| told.is_copy) {
        return copy(comparison, told, claim, reference);
    }
    let is_bent = told.as_ref().is_some_and(|told| is_bent(&told.measures));
    let blocks = comparison.measures;
    let is_surface = is_surface(&blocks);
    let same_place = !is_surface
        && (same_place
            || shows_scene(&blocks)
            || told
                .as_ref()
                .is_some_and(|told| shows_scene(&told.measures)));
    let moved = blocks.affine_error > MOVED_ERROR
        || told
            .as_ref()
            .is_some_and(|told| told.measures.drift > MOVED_DRIFT);
    if let Some(told) = told
        && (is_bent || comparison.measures.good_blocks < LEAST_GOOD_BLOCKS)
    {
        comparison.measures = told.measures;
        comparison.alignment = Some(told.alignment);
    }
    let measures = comparison.measures;
    if measures.good_blocks < LEAST_GOOD_BLOCKS {
        return comparison;
    }
    let is_flat = is_flat(&measures);
    comparison.relation = if is_bent || is_flat && moved {
        Relation::SameFlatSurface
    } else if measures.score >= NEAR_SCORE && !(same_place && moved) {
        comparison.near = true;
        Relation::CannotTell
    } else if is_flat {
        Relation::SameFlatSurface
    } else if same_place {
        Relation::SamePlace
    } else {
        alike
    };
    comparison
}

/// Whether blocks tell one flat surface in the reference's own light, seen from somewhere else.
fn is_flat(measures: &Measures) -> bool {
    let share = measures.consistent * measures.homography_share;
    (share >= FLAT_SHARE || share >= FLAT_SHARE_LEAST && measures.structure >= FLAT_STRUCTURE)
        && measures.homography_error <= FLAT_ERROR
        && measures.perspective <= FLAT_PERSPECTIVE_MOST
        && measures.color_error <= FLAT_COLOR_ERROR
}

/// Whether most of both photos is one surface, whose background is a part of it and says nothing about a place.
fn is_surface(measures: &Measures) -> bool {
    measures.good_blocks >= LEAST_GOOD_BLOCKS
        && measures.consistent * measures.homography_share >= SURFACE_SHARE
        && measures.homography_error <= FLAT_ERROR
}

/// Whether the whole scene lies on the reference, table and light with it, though not exactly.
fn shows_scene(measures: &Measures) -> bool {
    measures.good_blocks >= SCENE_BLOCKS
        && measures.consistent >= SCENE_CONSISTENT
        && measures.structure >= SCENE_STRUCTURE
        && measures.color_error <= SCENE_COLOR_ERROR
        && measures.perspective <= SCENE_PERSPECTIVE
}

/// Whether gradients tell a flat surface that was plainly tilted: a homography fits all of it, and an affine map does
/// not.
fn is_bent(measures: &Measures) -> bool {
    measures.consistent >= BENT_CONSISTENT
        && measures.homography_share >= BENT_SHARE
        && measures.homography_error <= BENT_ERROR
        && measures.homography_error <= BENT_PART * measures.affine_error
        && (BENT_PERSPECTIVE..=BENT_PERSPECTIVE_MOST).contains(&measures.perspective)
        && measures.color_error <= FLAT_COLOR_ERROR
}

/// What gradients say of a pair.
struct Told {
    measures: Measures,
    alignment: Alignment,
    is_copy: bool,
}

/// Lays the claim on the reference by gradients, from an alignment or from matched keypoints, and measures it.
fn gradients(
    claim: &Prepared,
    reference: &Prepared,
    start: &Start,
    known: Option<&Homography>,
    inliers: usize,
) -> Option<Told> {
    let slid = register::slide(claim, reference, start, known)?;
    let measures = smooth::measure(&slid, inliers)?;
    let side = |picture: &Prepared| picture.width.max(picture.height).max(1);
    let enlarged = (MASK_SIDE as f64 / side(claim).min(side(reference)) as f64).max(1.0);
    Some(Told {
        is_copy: is_copy(&measures, enlarged),
        measures,
        alignment: slid.alignment,
    })
}

/// Whether gradients tell a copy. Pixels of a picture that had to be enlarged so many times count as what they were.
fn is_copy(measures: &Measures, enlarged: f64) -> bool {
    measures.score >= DERIVED_SCORE
        && measures.affine_error <= DERIVED_ERROR * enlarged
        && measures.perspective <= DERIVED_PERSPECTIVE
        && measures.drift <= DERIVED_DRIFT * enlarged
        && (measures.stretch <= DERIVED_STRETCH * enlarged || measures.score >= STRETCHED_SCORE)
}

/// The answer that the claim was made from the reference.
fn copy(
    mut comparison: Comparison,
    told: Told,
    claim: &Prepared,
    reference: &Prepared,
) -> Comparison {
    comparison.relation = Relation::DerivedFromReference;
    comparison.measures = told.measures;
    comparison.noise = exactness::shared_noise(claim, reference, &told.alignment);
    comparison.exactness = Some(exactness_of(&told.measures, comparison.noise.as_ref()));
    comparison.alignment = Some(told.alignment);
    comparison
}

/// The maps of matched keypoints, in pixels of the working lumas and to the reference as it is stored.
#[must_use]
pub fn start_of(claim: &Prepared, reference: &Prepared, matched: &StageOne) -> Option<Start> {
    let (from, to) = (&claim.features, &reference.features);
    let to_features = Homography::scaling(
        (claim.luma.width, claim.luma.height),
        (from.width, from.height),
    );
    let unmirror = if matched.mirrored {
        Homography([
            -1.0,
            0.0,
            to.width as f64 - 1.0,
            0.0,
            1.0,
            0.0,
            0.0,
            0.0,
            1.0,
        ])
    } else {
        Homography::IDENTITY
    };
    let to_luma = Homography::scaling(
        (to.width, to.height),
        (reference.luma.width, reference.luma.height),
    );
    let whole = |map: &Homography| to_luma.after(&unmirror).after(map).after(&to_features);
    let tight = matched.tight.as_ref().map(|found| whole(&found.map));
    let loose = matched.loose.as_ref().map(|found| whole(&found.map));
    Some(Start {
        mirrored: matched.mirrored,
        tight: tight.or(loose)?,
        loose,
        inliers: matched.inliers(),
    })
}

/// Sides of the blocks of coarse structure and of color, in compared pixels.
const STRUCTURE_BLOCK: usize = 32;
const COLOR_BLOCK: usize = 16;
/// The band of coarse structure.
const STRUCTURE_BAND: (f32, f32) = (3.0, 10.0);
/// Correlation of a block that counts as consistent.
const CONSISTENT_CORRELATION: f32 = 0.7;

fn measure(alignment: &Alignment, overlay: &Overlay, claim: &Prepared, inliers: usize) -> Measures {
    let good: Vec<&Block> = alignment
        .blocks
        .iter()
        .filter(|block| block.agreed && block.firm)
        .collect();
    let consistent = alignment
        .blocks
        .iter()
        .filter(|block| block.agreed && block.correlation > CONSISTENT_CORRELATION)
        .count();
    let mut measures = Measures {
        inliers,
        blocks: alignment.blocks.len(),
        good_blocks: good.len(),
        consistent: consistent as f64 / alignment.blocks.len().max(1) as f64,
        ..Measures::default()
    };
    if good.len() < LEAST_GOOD_BLOCKS {
        return measures;
    }
    // Everything is measured in compared pixels: from the claim's place to the map of the reference's.
    let pairs: Vec<PointPair> = good
        .iter()
        .map(|block| {
            (
                block.reference.0,
                block.reference.1,
                block.claim.0 / alignment.pixel,
                block.claim.1 / alignment.pixel,
            )
        })
        .collect();
    let longer = overlay.claim.width.max(overlay.claim.height) as f64;
    let unit = MASK_SIDE as f64 / longer;
    let Some(affine) = fit_affine_robust(&pairs, register::AFFINE_ROUNDS, register::AFFINE_FLOOR)
    else {
        return measures;
    };
    let errors: Vec<f64> = pairs.iter().map(|pair| affine.error(pair)).collect();
    let share = |errors: &[f64], limit: f64| {
        errors.iter().filter(|error| **error < limit).count() as f64 / errors.len() as f64
    };
    measures.affine_error = median(&errors) * unit;
    measures.affine_share = share(&errors, 1.0);
    measures.stretch = stretch(&affine);
    if let Some(bent) = ransac_homography(&pairs, register::FINE_TOLERANCE) {
        let errors: Vec<f64> = pairs.iter().map(|pair| bent.map.error(pair)).collect();
        measures.homography_error = median(&errors) * unit;
        measures.homography_share = share(&errors, register::FINE_TOLERANCE);
        // A lens has a bend to tell only where many blocks outvote its one number more.
        if pairs.len() >= LENS_BLOCKS {
            let size = |side: usize| side as f64 / alignment.pixel;
            let claim_size = (size(claim.luma.width), size(claim.luma.height));
            if let Some(lens) = lens::fit(&pairs, &bent.map, claim_size) {
                let errors: Vec<f64> = pairs.iter().map(|pair| lens.error(pair)).collect();
                let seen = median(&errors) * unit;
                if seen < measures.homography_error {
                    measures.homography_error = seen;
                    measures.homography_share = share(&errors, register::FINE_TOLERANCE);
                }
            }
        }
        measures.perspective = parting(&overlay.inside, overlay.claim.width, &affine, &bent.map);
    } else {
        measures.perspective = 1.0;
    }
    measures.structure = structure(overlay);
    measures.color_error = color_error(overlay);
    measures.score = score(&measures);
    measures
}

/// The score of measures: what is alike counts for a copy, what is off against it.
fn score(measures: &Measures) -> f64 {
    3.0 * measures.consistent + 2.0 * measures.structure
        - (measures.affine_error.max(0.05) / 0.05).ln()
        - (measures.perspective.max(0.002) / 0.002).ln()
        - 0.5 * (measures.color_error.max(0.5) / 0.5).ln()
}

/// How much more an affine map enlarges along one direction than across it, less one.
fn stretch(affine: &Homography) -> f64 {
    let [a, b, _, c, d, ..] = affine.0;
    // The singular values are the sum and the difference of these two.
    let (turns, mirrors) = ((a + d).hypot(b - c), (a - d).hypot(b + c));
    let (more, less) = (turns + mirrors, (turns - mirrors).abs());
    if less > 0.0 {
        more / less - 1.0
    } else {
        f64::MAX
    }
}

/// How far two maps to the compared picture part at a corner of what both photos show, as a share of its longer side.
fn parting(inside: &[bool], width: usize, affine: &Homography, bent: &Homography) -> f64 {
    let (mut from, mut to) = ((usize::MAX, usize::MAX), (0, 0));
    for (y, row) in inside.chunks_exact(width).enumerate() {
        let (Some(first), Some(last)) = (
            row.iter().position(|inside| *inside),
            row.iter().rposition(|inside| *inside),
        ) else {
            continue;
        };
        from = (from.0.min(first), from.1.min(y));
        to = (to.0.max(last), to.1.max(y));
    }
    let Some(back) = affine.inverse() else {
        return 1.0;
    };
    if to.0 <= from.0 || to.1 <= from.1 {
        return 1.0;
    }
    let side = (to.0 - from.0).max(to.1 - from.1) as f64;
    let mut most = 0.0_f64;
    for (x, y) in [from, (to.0, from.1), to, (from.0, to.1)] {
        let (x, y) = (x as f64, y as f64);
        let Some((u, v)) = back.apply(x, y).and_then(|(u, v)| bent.apply(u, v)) else {
            return 1.0;
        };
        most = most.max((x - u).hypot(y - v));
    }
    (most / side).min(1.0)
}

/// Calls `visit` for each block of a grid that lies on both pictures.
fn each_block(overlay: &Overlay, size: usize, mut visit: impl FnMut(usize, usize)) {
    let coverage = Coverage::of(&overlay.inside, overlay.claim.width, overlay.claim.height);
    for y in (0..(overlay.claim.height + 1).saturating_sub(size)).step_by(size) {
        for x in (0..(overlay.claim.width + 1).saturating_sub(size)).step_by(size) {
            if coverage.covers(x, y, size, 0) {
                visit(x, y);
            }
        }
    }
}

fn structure(overlay: &Overlay) -> f64 {
    let claim = overlay.claim.band(STRUCTURE_BAND.0, STRUCTURE_BAND.1);
    let reference = overlay.reference.band(STRUCTURE_BAND.0, STRUCTURE_BAND.1);
    let mut correlations = Vec::new();
    let count = (STRUCTURE_BLOCK * STRUCTURE_BLOCK) as f64;
    each_block(overlay, STRUCTURE_BLOCK, |x, y| {
        let mut sums = [0.0_f64; 5];
        for row in y..y + STRUCTURE_BLOCK {
            let a = &claim.row(row)[x..x + STRUCTURE_BLOCK];
            let b = &reference.row(row)[x..x + STRUCTURE_BLOCK];
            for (a, b) in a.iter().zip(b) {
                let (a, b) = (f64::from(*a), f64::from(*b));
                for (sum, value) in sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
                    *sum += value;
                }
            }
        }
        let sums = sums.map(|sum| sum / count);
        let (of_claim, of_reference) = (sums[2] - sums[0] * sums[0], sums[3] - sums[1] * sums[1]);
        if of_claim > 1.0 && of_reference > 4.0 {
            correlations.push((sums[4] - sums[0] * sums[1]) / (of_claim * of_reference).sqrt());
        }
    });
    median(&correlations)
}

fn color_error(overlay: &Overlay) -> f64 {
    let mut samples = Vec::new();
    let count = (COLOR_BLOCK * COLOR_BLOCK) as f64;
    let mean = |plane: &Plane, x: usize, y: usize| {
        (y..y + COLOR_BLOCK)
            .map(|row| {
                plane.row(row)[x..x + COLOR_BLOCK]
                    .iter()
                    .map(|value| f64::from(*value))
                    .sum::<f64>()
            })
            .sum::<f64>()
            / count
    };
    let half = (
        overlay.claim.width as f64 / 2.0,
        overlay.claim.height as f64 / 2.0,
    );
    each_block(overlay, COLOR_BLOCK, |x, y| {
        samples.push(Sample {
            x: x as f64 / half.0 - 1.0,
            y: y as f64 / half.1 - 1.0,
            reference: mean(&overlay.reference, x, y),
            claim: mean(&overlay.claim, x, y),
        });
    });
    let rest: Vec<f64> = photometry::residuals(&samples)
        .iter()
        .map(|rest| rest.abs())
        .collect();
    if rest.is_empty() {
        return 64.0;
    }
    median(&rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was measured where an honest photo of a carton, lit anew and cut to its front, was once called a copy.
    const FRONT_BY_HAND: Measures = Measures {
        inliers: 336,
        blocks: 321,
        good_blocks: 277,
        consistent: 0.564,
        affine_error: 0.1,
        drift: 0.02,
        affine_share: 1.0,
        homography_error: 0.102,
        homography_share: 1.0,
        perspective: 0.000_239,
        stretch: 0.014_563,
        structure: 0.945,
        color_error: 8.517,
        score: 1.466,
    };

    #[test]
    fn a_flat_front_seen_from_a_little_higher_is_no_copy() {
        assert!(!is_copy(&FRONT_BY_HAND, 1.0));
        // Each of what sets it apart is enough by itself.
        let sure = Measures {
            affine_error: 0.03,
            stretch: 0.0,
            score: 2.9,
            ..FRONT_BY_HAND
        };
        assert!(is_copy(&sure, 1.0));
        for part in [
            Measures {
                affine_error: FRONT_BY_HAND.affine_error,
                ..sure
            },
            Measures {
                stretch: FRONT_BY_HAND.stretch,
                ..sure
            },
            Measures {
                score: FRONT_BY_HAND.score,
                ..sure
            },
        ] {
            assert!(!is_copy(&part, 1.0), "{part:?}");
        }
    }

    #[test]
    fn the_grain_of_a_table_beside_overexposed_paper_makes_no_exact_copy() {
        // A document on a stand and its second, brighter exposure, cropped: this was once called `exact`.
        let stand = Measures {
            good_blocks: 949,
            affine_error: 0.0443,
            score: 4.999,
            ..FRONT_BY_HAND
        };
        let grain = SharedNoise {
            correlation: 0.825,
            texture: 0.4235,
            missing: 0.3036,
        };
        assert_eq!(exactness_of(&stand, Some(&grain)), Exactness::Unmoved);
        assert_eq!(exactness_of(&stand, None), Exactness::Unmoved);
        let shared = SharedNoise {
            correlation: 0.92,
            texture: 0.2,
            missing: 0.1,
        };
        assert_eq!(exactness_of(&stand, Some(&shared)), Exactness::Exact);
    }

    #[test]
    fn a_copy_that_was_squeezed_is_a_copy_all_the_same() {
        let squeezed = Measures {
            affine_error: 0.03,
            stretch: 0.12,
            score: 4.8,
            ..FRONT_BY_HAND
        };
        assert!(is_copy(&squeezed, 1.0));
    }

    #[test]
    fn a_stretch_is_what_an_affine_map_squeezes() {
        let turned = Homography([0.6, -0.8, 3.0, 0.8, 0.6, 1.0, 0.0, 0.0, 1.0]);
        let mirrored = Homography([-2.0, 0.0, 3.0, 0.0, 2.0, 1.0, 0.0, 0.0, 1.0]);
        let squeezed = Homography([1.0, 0.0, 0.0, 0.0, 0.8, 0.0, 0.0, 0.0, 1.0]);
        let nothing = Homography([0.0; 9]);
        assert!(stretch(&turned).abs() < 1e-12);
        assert!(stretch(&mirrored).abs() < 1e-12);
        assert!((stretch(&squeezed.after(&turned)) - 0.25).abs() < 1e-12);
        assert!(stretch(&nothing) > DERIVED_STRETCH);
    }
}
