//! Which keypoints of two pictures are the same place, and the map between the pictures that most of them agree on.

use crate::features::{DESCRIPTOR_BYTES, Features};
use crate::geometry::{Consensus, PointPair, ransac_homography};
use crate::limits::{
    LOOSE_TOLERANCE_MILLI, MATCH_RATIO, MAX_AREA_FACTOR, MIN_AREA_FACTOR, MIN_INLIERS, MIN_MATCHES,
    MIRROR_SKIPPED_INLIERS, TIGHT_TOLERANCE_MILLI,
};

/// A descriptor as numbers whose products are summed eight at a time, and the square of its length.
type Wide = ([i16; DESCRIPTOR_BYTES], i32);

/// Pairs of keypoints `(claim, listing)` whose descriptors are nearest and clearly nearer than the second nearest
/// (Lowe 2004, §7.1: less than [`MATCH_RATIO`] of its distance). Each keypoint is in at most one pair. In the order of
/// the claim's keypoints.
#[must_use]
pub fn match_features(claim: &Features, listing: &Features) -> Vec<(u32, u32)> {
    match_wide(&wide(claim), &wide(listing))
}

fn wide(features: &Features) -> Vec<Wide> {
    features
        .descriptors
        .iter()
        .map(|descriptor| {
            let values = descriptor.map(i16::from);
            (values, dot(&values, &values))
        })
        .collect()
}

/// The scalar product. Written so that the compiler multiplies and adds eight pairs at once on every x86-64.
#[inline]
fn dot(first: &[i16; DESCRIPTOR_BYTES], second: &[i16; DESCRIPTOR_BYTES]) -> i32 {
    first
        .iter()
        .zip(second)
        .map(|(a, b)| i32::from(*a) * i32::from(*b))
        .sum()
}

fn match_wide(claim: &[Wide], listing: &[Wide]) -> Vec<(u32, u32)> {
    /// Descriptors that stay in the first cache while a tile of the other picture's passes.
    const TILE: usize = 48;
    /// No descriptor: more than any squared distance.
    const FAR: i32 = i32::MAX / 2;
    #[derive(Clone, Copy)]
    struct Nearest {
        first: i32,
        second: i32,
        number: u32,
    }
    let mut nearest = vec![
        Nearest {
            first: FAR,
            second: FAR,
            number: 0,
        };
        claim.len()
    ];
    for (tile, listing) in (0_u32..).zip(listing.chunks(TILE)) {
        for ((values, square), nearest) in claim.iter().zip(&mut nearest) {
            for (number, (other, other_square)) in (0_u32..).zip(listing) {
                let distance = square + other_square - 2 * dot(values, other);
                if distance < nearest.second {
                    if distance < nearest.first {
                        nearest.second = nearest.first;
                        nearest.first = distance;
                        #[expect(clippy::cast_possible_truncation, reason = "a small constant")]
                        {
                            nearest.number = tile * TILE as u32 + number;
                        }
                    } else {
                        nearest.second = distance;
                    }
                }
            }
        }
    }
    let ratio = MATCH_RATIO * MATCH_RATIO;
    // Of several keypoints of the claim that chose one of the listing the nearest has it; the first of equals.
    let mut taken: Vec<Option<(i32, u32)>> = vec![None; listing.len()];
    for (number, nearest) in (0_u32..).zip(&nearest) {
        if f64::from(nearest.first) < ratio * f64::from(nearest.second) && nearest.second < FAR {
            let place = &mut taken[nearest.number as usize];
            if place.is_none_or(|(distance, _)| nearest.first < distance) {
                *place = Some((nearest.first, number));
            }
        }
    }
    let mut pairs: Vec<(u32, u32)> = (0_u32..)
        .zip(&taken)
        .filter_map(|(listing, place)| place.map(|(_, claim)| (claim, listing)))
        .collect();
    pairs.sort_unstable();
    pairs
}

/// The places of matched keypoints: from the claim to the listing.
#[must_use]
pub fn point_pairs(claim: &Features, listing: &Features, matches: &[(u32, u32)]) -> Vec<PointPair> {
    matches
        .iter()
        .filter_map(|&(first, second)| {
            let from = claim.keypoints.get(first as usize)?;
            let to = listing.keypoints.get(second as usize)?;
            Some((from.x.into(), from.y.into(), to.x.into(), to.y.into()))
        })
        .collect()
}

/// What keypoints say about a pair of pictures: the better of the listing as it is and in a mirror.
#[derive(Debug, Clone, PartialEq)]
pub struct StageOne {
    /// The maps go to pixels of the listing seen in a mirror (left and right changed), not of the listing itself.
    pub mirrored: bool,
    /// Matched places, from pixels of the claim's features to pixels of the (mirrored) listing's.
    pub pairs: Vec<PointPair>,
    /// The map that most pairs agree with tightly: what a file derivative obeys.
    pub tight: Option<Consensus>,
    /// The map that most pairs agree with loosely: tolerates drift and perspective.
    pub loose: Option<Consensus>,
}

impl StageOne {
    /// Pairs that agree with the tight map.
    #[must_use]
    pub fn inliers(&self) -> usize {
        self.tight.as_ref().map_or(0, |found| found.inliers.len())
    }

    /// Pairs that agree with the loose map.
    #[must_use]
    pub fn loose_inliers(&self) -> usize {
        self.loose.as_ref().map_or(0, |found| found.inliers.len())
    }

    /// Whether enough agree for the pair to be looked at block by block ([`MIN_INLIERS`]).
    #[must_use]
    pub fn is_candidate(&self) -> bool {
        self.inliers().max(self.loose_inliers()) >= MIN_INLIERS
    }
}

/// A picture's descriptors made ready for [`stage_one_with`]: worth keeping when a picture is compared with several.
pub struct Matchable<'a> {
    features: &'a Features,
    descriptors: Vec<Wide>,
}

impl<'a> Matchable<'a> {
    #[must_use]
    pub fn of(features: &'a Features) -> Self {
        Self {
            features,
            descriptors: wide(features),
        }
    }
}

/// Matches the claim's keypoints with the listing's, plain and mirrored, and finds the map that most agree with.
/// The tolerances are told at a longer side of 1,024 pixels and scaled to the listing's features.
#[must_use]
pub fn stage_one(claim: &Features, listing: &Features) -> StageOne {
    stage_one_with(&Matchable::of(claim), listing)
}

/// [`stage_one`] for a claim that is compared with several listings.
#[must_use]
pub fn stage_one_with(claim: &Matchable<'_>, listing: &Features) -> StageOne {
    let plain = one_side(claim, listing, false);
    // A picture does not agree with its own mirror in many places: where it agrees well, the mirror need not be tried.
    if plain.inliers() >= MIRROR_SKIPPED_INLIERS {
        return plain;
    }
    let mirrored = one_side(claim, &listing.mirrored(), true);
    let rank = |side: &StageOne| (side.inliers(), side.loose_inliers(), side.pairs.len());
    if rank(&mirrored) > rank(&plain) {
        mirrored
    } else {
        plain
    }
}

fn one_side(claim: &Matchable<'_>, listing: &Features, mirrored: bool) -> StageOne {
    let matches = match_wide(&claim.descriptors, &wide(listing));
    let pairs = point_pairs(claim.features, listing, &matches);
    let mut side = StageOne {
        mirrored,
        pairs,
        tight: None,
        loose: None,
    };
    if side.pairs.len() < MIN_MATCHES {
        return side;
    }
    let scale = listing.width.max(listing.height) as f64 / 1_024_000.0;
    // Half a pixel more: keypoints of small pictures are not more exact than that.
    let tight = f64::from(TIGHT_TOLERANCE_MILLI) * scale + 0.5;
    let loose = f64::from(LOOSE_TOLERANCE_MILLI) * scale;
    side.tight = plausible(ransac_homography(&side.pairs, tight));
    side.loose = plausible(ransac_homography(&side.pairs, loose));
    side
}

/// Refuses maps that turn the picture over or change its area beyond what a photo is enlarged or reduced.
fn plausible(found: Option<Consensus>) -> Option<Consensus> {
    found.filter(|found| (MIN_AREA_FACTOR..=MAX_AREA_FACTOR).contains(&found.map.area_factor()))
}
