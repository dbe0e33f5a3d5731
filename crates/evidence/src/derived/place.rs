//! Whether the background of the reference appears again, almost where it was: what a picture made anew from a listing
//! photo shows, and a buyer cannot photograph, because the merchant's table is not the buyer's.
//!
//! Listing photos have their product in the middle. Keypoints at the left and right sides and in the corners are of the
//! background, or of a product that fills the picture; those of a product lie elsewhere in a photo from another hand.

use crate::geometry::PointPair;
use crate::matching::StageOne;
use crate::prepared::Prepared;

/// How far from the middle a keypoint counts as at a side, as a part of half the width.
const SIDE: f64 = 0.62;
/// How far from the middle, across and down, it counts as in a corner.
const CORNER: (f64, f64) = (0.5, 0.55);
/// How far it may have moved, as a part of the longer side.
const MOVED: f64 = 0.06;
/// How many there must be: in the renderings that this was chosen on, two of 162 honest photos of the item at home, both
/// of a poster, passed all of this, and 16 of 30 pictures of the listing's scene from a camera moved by some degrees;
const LEAST: usize = 4;
/// on either side of the middle;
const LEAST_EACH: usize = 1;
/// and as a share of all matched keypoints there, in tenths.
const TENTHS: usize = 4;
/// Where a greater part of all matched keypoints, one in so many, lies at the sides, the product fills the picture.
const PART: usize = 4;

/// Whether matched keypoints show the background of the reference.
#[must_use]
pub fn shares_background(claim: &Prepared, reference: &Prepared, matched: &StageOne) -> bool {
    if matched.mirrored {
        return false;
    }
    let (from, to) = (&claim.features, &reference.features);
    let half = |side: usize| side.max(2) as f64 / 2.0;
    let (width, height) = (half(from.width), half(from.height));
    let place =
        |x: f64, y: f64, size: (usize, usize)| (x / half(size.0) - 1.0, y / half(size.1) - 1.0);
    let (mut all, mut left, mut right) = (0, 0, 0);
    for &(x, y, u, v) in &matched.pairs as &[PointPair] {
        let (x, y) = place(x, y, (from.width, from.height));
        let (u, v) = place(u, v, (to.width, to.height));
        if u.abs() <= SIDE && !(u.abs() > CORNER.0 && v.abs() > CORNER.1) {
            continue;
        }
        all += 1;
        let moved = ((x - u) * width).hypot((y - v) * height);
        if moved < MOVED * 2.0 * width.max(height) {
            if u < 0.0 {
                left += 1;
            } else {
                right += 1;
            }
        }
    }
    let near = left + right;
    near >= LEAST
        && left.min(right) >= LEAST_EACH
        && near * 10 >= all * TENTHS
        && all * PART <= matched.pairs.len()
}
