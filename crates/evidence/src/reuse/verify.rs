//! Whether the kept keypoints of two photos agree on one map: a check of a find that needs neither picture.

use crate::features::{Features, Keypoint};
use crate::geometry::{
    Homography, PointPair, fit_affine, fit_affine_robust, fit_homography, median,
};
use crate::limits::{
    INDEXED_SCALE_MIN, LOCAL_AGREEING_MIN, LOCAL_COVERAGE_MIN_MILLI, LOCAL_PERSPECTIVE_MAX_MILLI,
    LOCAL_RESIDUAL_MAX_MILLI, LOCAL_SHARP_AGREEING_MIN, LOCAL_SHARP_PERSPECTIVE_MAX_MILLI,
    LOCAL_SHARP_RESIDUAL_MAX_MILLI, LOCAL_TOLERANCE, WORKING_SIDE,
};
use crate::matching::match_features;

use super::local::LocalPrint;

/// Keypoints of two photos that agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalMatch {
    /// How many agree on the map.
    pub agreeing: usize,
    /// The searched photo is a mirror image of the other.
    pub mirrored: bool,
    /// From pixels of the searched photo at the working side to pixels of the (mirrored) other.
    pub map: Homography,
    /// Median distance, in pixels of the larger picture at [`WORKING_SIDE`], from the map without perspective.
    pub residual: f64,
    /// Furthest that perspective moves a corner of the region that agrees, as a share of the region's longer side.
    pub perspective: f64,
    /// Share of the parts of the overlap, among those where both photos have keypoints, in which some agree. A copy
    /// agrees all over; a new photo of the same print agrees only on the print.
    pub coverage: f64,
}

impl LocalMatch {
    /// Whether the photos agree as exactly as copies of one file do. Photos by a camera that did not move do too, so
    /// this is a reason to look, not a proof.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.agreeing >= LOCAL_AGREEING_MIN
            && self.residual * 1e3 <= f64::from(LOCAL_RESIDUAL_MAX_MILLI)
            && self.perspective * 1e3 <= f64::from(LOCAL_PERSPECTIVE_MAX_MILLI)
            && (self.coverage * 1e3 >= f64::from(LOCAL_COVERAGE_MIN_MILLI) || self.is_sharp())
    }

    /// Whether so many keypoints agree so nearly that it does not matter how few do elsewhere: of a copy that was made
    /// smaller or framed, other keypoints are kept than of the original.
    fn is_sharp(&self) -> bool {
        self.agreeing >= LOCAL_SHARP_AGREEING_MIN
            && self.residual * 1e3 <= f64::from(LOCAL_SHARP_RESIDUAL_MAX_MILLI)
            && self.perspective * 1e3 <= f64::from(LOCAL_SHARP_PERSPECTIVE_MAX_MILLI)
    }
}

/// Compares the kept keypoints of two photos, plain and mirrored. `None` when fewer than four agree.
#[must_use]
pub fn verify(searched: &LocalPrint, other: &LocalPrint) -> Option<LocalMatch> {
    let (searched, other) = (searched.features(), other.features());
    let plain = verify_side(&searched, &other, false);
    let mirrored = verify_side(&searched, &other, true);
    match (plain, mirrored) {
        (Some(plain), Some(mirrored)) if mirrored.agreeing > plain.agreeing => Some(mirrored),
        (None, mirrored) => mirrored,
        (plain, _) => plain,
    }
}

/// [`verify`] for keypoints that were unpacked before ([`LocalPrint::features`]), with the other photo either as it is
/// or in a mirror, as [`Candidate::mirrored`](crate::reuse::Candidate) tells.
#[must_use]
pub fn verify_side(searched: &Features, other: &Features, mirrored: bool) -> Option<LocalMatch> {
    if mirrored {
        one_side(searched, &other.mirrored(), true)
    } else {
        one_side(searched, other, false)
    }
}

/// A turn, enlargement and move.
#[derive(Clone, Copy)]
struct Similarity {
    cosine: f64,
    sine: f64,
    x: f64,
    y: f64,
}

fn one_side(searched: &Features, other: &Features, mirrored: bool) -> Option<LocalMatch> {
    let matches = match_features(searched, other);
    let mut pairs: Vec<PointPair> = Vec::with_capacity(matches.len());
    let mut guesses: Vec<Similarity> = Vec::with_capacity(matches.len());
    for &(first, second) in &matches {
        let (from, to) = (
            &searched.keypoints[first as usize],
            &other.keypoints[second as usize],
        );
        let pair: PointPair = (from.x.into(), from.y.into(), to.x.into(), to.y.into());
        // Several directions of one place would agree with themselves.
        if pairs
            .iter()
            .any(|known| (known.0 - pair.0).hypot(known.1 - pair.1) < 0.5)
        {
            continue;
        }
        // Each match alone tells a map: its scale and direction (Lowe 2004, §7.4).
        let factor = f64::from(to.scale / from.scale);
        let (sine, cosine) = f64::from(to.angle - from.angle).sin_cos();
        let (sine, cosine) = (sine * factor, cosine * factor);
        guesses.push(Similarity {
            cosine,
            sine,
            x: pair.2 - cosine * pair.0 + sine * pair.1,
            y: pair.3 - sine * pair.0 - cosine * pair.1,
        });
        pairs.push(pair);
    }
    // The scale and direction of one keypoint are rough: what they put a tenth of the picture away may agree.
    let reach = 0.1 * WORKING_SIDE as f64;
    let supporters = |guess: &Similarity| -> Vec<PointPair> {
        let error = |pair: &PointPair| {
            (guess.cosine * pair.0 - guess.sine * pair.1 + guess.x - pair.2)
                .hypot(guess.sine * pair.0 + guess.cosine * pair.1 + guess.y - pair.3)
        };
        pairs
            .iter()
            .filter(|pair| error(pair) < reach)
            .copied()
            .collect()
    };
    let mut best: Option<(usize, Homography)> = None;
    for guess in &guesses {
        let support = supporters(guess);
        if support.len() < 4 || best.as_ref().is_some_and(|(most, _)| support.len() < *most) {
            continue;
        }
        let Some(map) = fit_affine_robust(&support, 6, LOCAL_TOLERANCE / 4.0) else {
            continue;
        };
        let agreeing = pairs
            .iter()
            .filter(|pair| map.error(pair) <= 2.0 * LOCAL_TOLERANCE)
            .count();
        if best.as_ref().is_none_or(|(most, _)| agreeing > *most) {
            best = Some((agreeing, map));
        }
    }
    let (_, mut map) = best?;
    let mut agreeing = agreeing_with(&pairs, &map, 2.0 * LOCAL_TOLERANCE);
    for _ in 0..3 {
        let Some(refined) = fit_homography(&agreeing, &[]) else {
            break;
        };
        let next = agreeing_with(&pairs, &refined, LOCAL_TOLERANCE);
        if next.len() < 4 {
            break;
        }
        (map, agreeing) = (refined, next);
    }
    if agreeing.len() < 4 || !(2e-3..=500.0).contains(&map.area_factor()) {
        return None;
    }
    let affine = fit_affine(&agreeing, &[])?;
    // Measured in the picture where a pixel is smaller.
    let unit = map.area_factor().sqrt().max(1.0);
    let errors: Vec<f64> = agreeing
        .iter()
        .map(|pair| affine.error(pair) / unit)
        .collect();
    Some(LocalMatch {
        agreeing: agreeing.len(),
        mirrored,
        map,
        residual: median(&errors),
        perspective: perspective(&agreeing, &map, &affine),
        coverage: coverage(searched, other, &agreeing, &map),
    })
}

fn agreeing_with(pairs: &[PointPair], map: &Homography, tolerance: f64) -> Vec<PointPair> {
    // A copy that was enlarged a lot is not placed better than the smaller picture allows.
    let tolerance = tolerance * map.area_factor().abs().sqrt().clamp(1.0, 4.0);
    pairs
        .iter()
        .filter(|pair| map.error(pair) <= tolerance)
        .copied()
        .collect()
}

/// How far apart the two maps put the corners of the region that agrees, as a share of its longer side.
fn perspective(pairs: &[PointPair], map: &Homography, affine: &Homography) -> f64 {
    let bound = |pick: fn(&PointPair) -> f64| {
        pairs
            .iter()
            .map(pick)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            })
    };
    let (x, y) = (bound(|pair| pair.0), bound(|pair| pair.1));
    let (u, v) = (bound(|pair| pair.2), bound(|pair| pair.3));
    let side = (u.1 - u.0).max(v.1 - v.0).max(1.0);
    let furthest = [(x.0, y.0), (x.1, y.0), (x.0, y.1), (x.1, y.1)]
        .into_iter()
        .map(|(x, y)| match (map.apply(x, y), affine.apply(x, y)) {
            (Some((a, b)), Some((c, d))) => (a - c).hypot(b - d),
            _ => f64::INFINITY,
        })
        .fold(0.0, f64::max);
    furthest / side
}

/// See [`LocalMatch::coverage`]. The overlap is cut into a grid over the searched photo's part of it.
fn coverage(
    searched: &Features,
    other: &Features,
    agreeing: &[PointPair],
    map: &Homography,
) -> f64 {
    const GRID: usize = 6;
    /// Keypoints that each photo must have in a part for it to count.
    const ENOUGH: usize = 2;
    let Some(back) = map.inverse() else {
        return 0.0;
    };
    let inside = |place: Option<(f64, f64)>, of: &Features| {
        place.filter(|&(x, y)| {
            (0.0..=of.width as f64).contains(&x) && (0.0..=of.height as f64).contains(&y)
        })
    };
    let place = |point: &Keypoint| (f64::from(point.x), f64::from(point.y));
    // Only what is large enough in both pictures is expected to be found in both.
    let factor = map.area_factor().sqrt();
    let large = |point: &&Keypoint, factor: f64| {
        f64::from(point.scale) * factor.min(1.0) >= f64::from(INDEXED_SCALE_MIN)
    };
    let mine: Vec<(f64, f64)> = searched
        .keypoints
        .iter()
        .filter(|point| large(point, factor))
        .map(place)
        .filter(|&(x, y)| inside(map.apply(x, y), other).is_some())
        .collect();
    let theirs: Vec<(f64, f64)> = other
        .keypoints
        .iter()
        .filter(|point| large(point, 1.0 / factor))
        .map(place)
        .filter_map(|(x, y)| inside(back.apply(x, y), searched))
        .collect();
    // The part of the searched photo that the other shows, within its frame.
    let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].map(|(x, y)| {
        back.apply(x * other.width as f64, y * other.height as f64)
            .unwrap_or((f64::NAN, f64::NAN))
    });
    let bound = |pick: fn(&(f64, f64)) -> f64, side: usize| {
        let low = corners.iter().map(pick).fold(f64::INFINITY, f64::min);
        let high = corners.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
        (low.max(0.0), high.min(side as f64))
    };
    let (across, down) = (
        bound(|corner| corner.0, searched.width),
        bound(|corner| corner.1, searched.height),
    );
    let part = |place: f64, (low, high): (f64, f64)| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number between 0 and GRID"
        )]
        {
            (((place - low) / (high - low).max(1.0) * GRID as f64).clamp(0.0, GRID as f64 - 1.0))
                as usize
        }
    };
    let cell = |x: f64, y: f64| part(y, down) * GRID + part(x, across);
    let count = |places: &mut dyn Iterator<Item = (f64, f64)>| {
        let mut counts = [0_usize; GRID * GRID];
        for (x, y) in places {
            counts[cell(x, y)] += 1;
        }
        counts
    };
    let mine = count(&mut mine.into_iter());
    let theirs = count(&mut theirs.into_iter());
    let agreeing = count(&mut agreeing.iter().map(|pair| (pair.0, pair.1)));
    let (mut expected, mut covered) = (0_u32, 0_u32);
    for ((mine, theirs), agreeing) in mine.iter().zip(&theirs).zip(&agreeing) {
        if *mine >= ENOUGH && *theirs >= ENOUGH {
            expected += 1;
            covered += u32::from(*agreeing > 0);
        }
    }
    f64::from(covered) / f64::from(expected.max(1))
}
