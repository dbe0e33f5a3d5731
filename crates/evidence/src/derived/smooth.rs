//! Measures a pair of which too few blocks have a firm place: smooth ware, whose edges slide along themselves. What
//! each edge says across itself is enough to tell an affine map from a photo taken by hand.

use super::{Measures, color_error, parting, stretch, structure};
use crate::geometry::{Homography, PointPair, fit_affine, median};
use crate::limits::MASK_SIDE;
use crate::register::Slid;
use crate::register::slides::{self, LEAST_SLIDES, Slide};

/// Blocks nearer than this many compared pixels are neighbors.
const NEIGHBOR: f64 = 40.0;
/// A distance of a block from a map above this many compared pixels is not the map's.
const WITHIN: f64 = 1.0;

/// The measures; `None` when the blocks say too little.
#[must_use]
pub fn measure(slid: &Slid, inliers: usize) -> Option<Measures> {
    let size = (slid.overlay.claim.width, slid.overlay.claim.height);
    let said = &slid.slides.slides;
    if said.len() < LEAST_SLIDES {
        return None;
    }
    let unit = MASK_SIDE as f64 / size.0.max(size.1) as f64;
    let from = |x: f64, y: f64| slid.map.apply(x, y);
    let guess = affine_of(&slid.map, size)?;
    let affine = slides::fit_affine(said, size, from, &guess)?;
    let bent = slid.map.after(&slides::fit(said, size)?).inverse()?;
    let rests = |map: &Homography| -> Vec<f64> {
        said.iter()
            .map(|slide| rest(slide, &slid.map, map))
            .collect()
    };
    let of_affine = rests(&affine);
    let sizes = |rests: &[f64]| rests.iter().map(|rest| rest.abs()).collect::<Vec<f64>>();
    let share = |rests: &[f64]| {
        rests.iter().filter(|rest| rest.abs() < WITHIN).count() as f64 / rests.len() as f64
    };
    let of_bent = rests(&bent);
    let mut measures = Measures {
        inliers,
        blocks: slid.slides.blocks.len(),
        good_blocks: said.len(),
        consistent: slid.slides.share_alike(),
        affine_error: median(&sizes(&of_affine)) * unit,
        affine_share: share(&of_affine),
        drift: drift(said, &of_affine) * unit,
        homography_error: median(&sizes(&of_bent)) * unit,
        homography_share: share(&of_bent),
        perspective: parting(&slid.overlay.inside, size.0, &affine, &bent),
        stretch: stretch(&affine),
        structure: structure(&slid.overlay),
        color_error: color_error(&slid.overlay),
        score: 0.0,
    };
    measures.score = super::score(&measures);
    Some(measures)
}

/// How far a block is from where a map from the reference puts it, along its direction.
fn rest(slide: &Slide, to_reference: &Homography, back: &Homography) -> f64 {
    let (x, y) = slides::moved(slide);
    to_reference
        .apply(x, y)
        .and_then(|(u, v)| back.apply(u, v))
        .map_or(WITHIN * 2.0, |(x, y)| {
            slide.along.0 * (slide.center.0 - x) + slide.along.1 * (slide.center.1 - y)
        })
}

/// The affine map back that is nearest to a homography over a picture of this size.
fn affine_of(map: &Homography, size: (usize, usize)) -> Option<Homography> {
    let pairs: Option<Vec<PointPair>> = (0..25)
        .map(|number| {
            let x = (size.0 - 1) as f64 * f64::from(number % 5) / 4.0;
            let y = (size.1 - 1) as f64 * f64::from(number / 5) / 4.0;
            let (u, v) = map.apply(x, y)?;
            Some((u, v, x, y))
        })
        .collect();
    fit_affine(&pairs?, &[])
}

/// The part of the distances that neighbors share: the root of the median product of a block's distance and its
/// neighbors' mean, so that independent errors cancel and a few wrong blocks do not count.
fn drift(said: &[Slide], rests: &[f64]) -> f64 {
    let mut products = Vec::with_capacity(said.len());
    for (number, (one, rest)) in said.iter().zip(rests).enumerate() {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (other_number, (other, other_rest)) in said.iter().zip(rests).enumerate() {
            let apart = (one.center.0 - other.center.0).hypot(one.center.1 - other.center.1);
            if number == other_number || !(1.0..=NEIGHBOR).contains(&apart) {
                continue;
            }
            // Blocks that look across their edges in one direction see the same drift.
            let together = one.along.0 * other.along.0 + one.along.1 * other.along.1;
            sum += together * other_rest;
            weights += together * together;
        }
        if weights >= 1.5 {
            products.push(rest * sum / weights);
        }
    }
    median(&products).max(0.0).sqrt()
}
