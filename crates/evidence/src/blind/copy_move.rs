//! A part of a photo that was copied to another place in it.
//!
//! Keypoints of one photo are matched among themselves (I. Amerini et al., "A SIFT-based forensic method for
//! copy-move attack detection and transformation recovery", 2011), an affine map that many pairs share is looked for,
//! and the copied part is grown where the two places correlate pixel by pixel. Tiles, fabric, print and writing
//! repeat by themselves; there a keypoint resembles many others, and the check abstains.
//!
//! The thresholds were fitted on photos of the set that the check was then tried on, so no rate of false alarms stands
//! until the benchmark gives one on photos that were not used here. Its first views show what to expect: honest photos
//! of a carton and of gift wrap, whose print repeats exactly, were flagged at fine correlations of 0.845 to 0.959,
//! where copies saved at quality 80 and 95 lie, too. A stricter threshold alone does not part the two.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places inside a picture of a thousand pixels a side"
)]

use std::cell::OnceCell;

use crate::blind::hint::{Check, Hint, Reason};
use crate::blind::source::upright_box;
use crate::features::{Features, detect_coarse};
use crate::finding::PixelBox;
use crate::geometry::{Homography, PointPair, fit_affine_robust};
use crate::limits::{
    COPY_AREA, COPY_CORRELATION, COPY_DRAWN, COPY_EXACT, COPY_FINE, COPY_KEYPOINTS, COPY_LIKENESS,
    COPY_LOG10, COPY_MIN_SHIFT, COPY_PAIRS, COPY_RATIO, COPY_TOLERANCE, MIN_BLIND_SIDE,
};
use crate::plane::Plane;
use crate::prepared::Prepared;

/// Pairs of keypoints that are looked at in search of a shared map.
const MAX_PAIRS: usize = 600;
/// Maps that are verified pixel by pixel.
const MAX_MAPS: usize = 4;
/// Radius of the window of the correlation, in pixels.
const RADIUS: usize = 4;
/// Mean square of the band in a window below which there is nothing to correlate.
const PLAIN: f32 = 4.0;

/// Detail finer than this many pixels is compared last.
const FINE_SIGMA: f32 = 1.2;
/// Radius of the window, and step between windows, that the map is refined with.
const REFINE_RADIUS: usize = 5;
const REFINE_STEP: usize = 6;

/// Two keypoints that look alike and are apart.
#[derive(Clone, Copy)]
struct Pair {
    from: usize,
    to: usize,
}

/// A part and its copy.
struct Copy {
    log10: f64,
    pairs: usize,
    correlation: f64,
    /// Correlation of what is finer than [`FINE_SIGMA`]: a second print of the same thing has its own noise there.
    fine: f64,
    area: usize,
    /// Keypoints of the part that are like several others.
    repeated: usize,
    /// Boxes in pixels of the plane: left, top, width, height.
    boxes: [(usize, usize, usize, usize); 2],
    shift: (f64, f64),
}

/// What every map of a picture is verified on, drawn when it is first asked for.
struct Detail<'a> {
    plane: &'a Plane,
    band: OnceCell<Plane>,
    own: OnceCell<Plane>,
    fine: OnceCell<Plane>,
}

impl<'a> Detail<'a> {
    const fn of(plane: &'a Plane) -> Self {
        Self {
            plane,
            band: OnceCell::new(),
            own: OnceCell::new(),
            fine: OnceCell::new(),
        }
    }

    fn band(&self) -> &Plane {
        self.band.get_or_init(|| self.plane.band(0.7, 6.0))
    }

    /// Mean square of the band around each pixel.
    fn own(&self) -> &Plane {
        self.own
            .get_or_init(|| mean_product(self.band(), self.band()))
    }

    fn fine(&self) -> &Plane {
        self.fine.get_or_init(|| above(self.plane, FINE_SIGMA))
    }
}

/// Mean over the window around each pixel of the product of two planes.
fn mean_product(a: &Plane, b: &Plane) -> Plane {
    let data = a.data.iter().zip(&b.data).map(|(a, b)| a * b).collect();
    Plane {
        width: a.width,
        height: a.height,
        data,
    }
    .box_mean(RADIUS)
}

pub(super) fn hint(prepared: &Prepared) -> Hint {
    let check = Check::CopyMove;
    if prepared.width.min(prepared.height) < MIN_BLIND_SIDE {
        return Hint::abstained(check, Reason::TooSmall);
    }
    let plane = prepared.fine_luma();
    let drawn = even_share(&plane);
    if drawn > COPY_DRAWN {
        return Hint::abstained(check, Reason::Drawn)
            .with_number("even_per_mille", per_mille(drawn));
    }
    let features = detect_coarse(&plane, COPY_KEYPOINTS);
    if features.len() < 2 * COPY_PAIRS {
        return Hint::abstained(check, Reason::TooPlain);
    }
    let (pairs, repeated) = pairs(&features);
    let mut copies = Vec::new();
    let detail = Detail::of(&plane);
    for (map, inliers) in maps(&features, &pairs) {
        let log10 = chance_log10(pairs.len(), inliers.len(), plane.width * plane.height);
        if log10 > COPY_LOG10 {
            continue;
        }
        if let Some(copy) = verify(&detail, &features, &pairs, &repeated, &map, &inliers, log10) {
            copies.push(copy);
        }
    }
    let describe = |hint: Hint| hint.with_number("pairs", pairs.len() as i64);
    // A part and its copy come as one map and its inverse. More maps are a pattern.
    if copies.len() > 2 || copies.iter().any(|copy| copy.repeated > copy.pairs) {
        return describe(Hint::abstained(check, Reason::RepeatedPattern));
    }
    let Some(copy) = copies.into_iter().max_by(|a, b| a.area.cmp(&b.area)) else {
        return describe(Hint::nothing(check));
    };
    // A second pack, print or letter of the same kind is alike, but never to the pixel.
    if copy.correlation < COPY_EXACT || copy.fine < COPY_FINE {
        return describe(Hint::abstained(check, Reason::RepeatedPattern))
            .with_number("correlation_per_mille", per_mille(copy.correlation))
            .with_number("fine_correlation_per_mille", per_mille(copy.fine));
    }
    let boxes = copy
        .boxes
        .iter()
        .map(|&place| to_photo(place, &plane, prepared))
        .collect();
    describe(Hint::found(
        check,
        "照片中有两处几乎逐像素相同：其中一处可能是从另一处复制过来的。",
        "Two places of the photo are the same almost pixel by pixel: one may have been copied from the other.",
    ))
    .with_number("shared_pairs", copy.pairs as i64)
    .with_number("correlation_per_mille", per_mille(copy.correlation))
    .with_number("fine_correlation_per_mille", per_mille(copy.fine))
    .with_number("area_pixels", copy.area as i64)
    .with_number("shift_x", copy.shift.0.round() as i64)
    .with_number("shift_y", copy.shift.1.round() as i64)
    .with_false_alarms(copy.log10)
    .with_boxes(boxes)
}

/// Share of the picture without any noise: screens and drawings have much of it, photos have none.
fn even_share(plane: &Plane) -> f64 {
    const SIDE: usize = 8;
    let (columns, rows) = (plane.width / SIDE, plane.height / SIDE);
    let even = (0..columns * rows)
        .filter(|index| {
            let (x, y) = (index % columns * SIDE, index / columns * SIDE);
            let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
            for row in y..y + SIDE {
                for &value in &plane.row(row)[x..x + SIDE] {
                    low = low.min(value);
                    high = high.max(value);
                }
            }
            high - low < 1.5
        })
        .count();
    even as f64 / (columns * rows).max(1) as f64
}

fn per_mille(share: f64) -> i64 {
    (share * 1_000.0).round() as i64
}

fn to_photo(
    (x, y, width, height): (usize, usize, usize, usize),
    plane: &Plane,
    prepared: &Prepared,
) -> PixelBox {
    let across = |at: usize| at * prepared.width / plane.width;
    let down = |at: usize| at * prepared.height / plane.height;
    upright_box(
        across(x),
        down(y),
        across(x + width) - across(x),
        down(y + height) - down(y),
    )
}

/// Squared distance of two descriptors.
fn distance(a: &[u8; 128], b: &[u8; 128]) -> u32 {
    a.iter()
        .zip(b)
        .map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2))
        .sum()
}

/// Pairs of keypoints that are alike, apart, and like no third one; and the keypoints that are like several.
fn pairs(features: &Features) -> (Vec<Pair>, Vec<usize>) {
    let mut scored = Vec::new();
    let mut repeated = Vec::new();
    for (from, (point, descriptor)) in features
        .keypoints
        .iter()
        .zip(&features.descriptors)
        .enumerate()
    {
        let (mut first, mut second, mut nearest) = (u32::MAX, u32::MAX, from);
        for (to, (other, candidate)) in features
            .keypoints
            .iter()
            .zip(&features.descriptors)
            .enumerate()
        {
            let apart = (point.x - other.x).hypot(point.y - other.y);
            if apart < COPY_MIN_SHIFT {
                continue;
            }
            let found = distance(descriptor, candidate);
            if found < first {
                // The second neighbor must stand elsewhere: keypoints come at several scales of one place.
                let old = &features.keypoints[nearest];
                if first < u32::MAX && (old.x - other.x).hypot(old.y - other.y) > 8.0 {
                    second = first;
                }
                first = found;
                nearest = to;
            } else if found < second {
                let best = &features.keypoints[nearest];
                if (best.x - other.x).hypot(best.y - other.y) > 8.0 {
                    second = found;
                }
            }
        }
        if first > COPY_LIKENESS {
            continue;
        }
        if f64::from(first) < COPY_RATIO * COPY_RATIO * f64::from(second) {
            scored.push((first, Pair { from, to: nearest }));
        } else if second < COPY_LIKENESS {
            repeated.push(from);
        }
    }
    scored.sort_by_key(|&(distance, pair)| (distance, pair.from));
    scored.truncate(MAX_PAIRS);
    (scored.into_iter().map(|(_, pair)| pair).collect(), repeated)
}

fn point_pair(features: &Features, pair: Pair) -> PointPair {
    let (from, to) = (&features.keypoints[pair.from], &features.keypoints[pair.to]);
    (
        f64::from(from.x),
        f64::from(from.y),
        f64::from(to.x),
        f64::from(to.y),
    )
}

/// Affine maps that enough pairs share, most pairs first, with the pairs of each.
fn maps(features: &Features, pairs: &[Pair]) -> Vec<(Homography, Vec<usize>)> {
    let points: Vec<PointPair> = pairs
        .iter()
        .map(|&pair| point_pair(features, pair))
        .collect();
    let mut free = vec![true; pairs.len()];
    let mut maps = Vec::new();
    while maps.len() < MAX_MAPS {
        let mut best: Vec<usize> = Vec::new();
        for (seed, pair) in pairs.iter().enumerate().filter(|&(seed, _)| free[seed]) {
            let (from, to) = (&features.keypoints[pair.from], &features.keypoints[pair.to]);
            let turned = (
                f64::from(to.scale / from.scale),
                f64::from(to.angle - from.angle),
            );
            for (scale, angle) in [(1.0, 0.0), turned] {
                let map = similarity(&points[seed], scale, angle);
                let inliers = inliers(&map, &points, &free, 2.0 * COPY_TOLERANCE);
                if inliers.len() > best.len() {
                    best = inliers;
                }
            }
        }
        if best.len() < COPY_PAIRS {
            break;
        }
        let mut map = None;
        for _ in 0..3 {
            let chosen: Vec<PointPair> = best.iter().map(|&index| points[index]).collect();
            let Some(fitted) = fit_affine_robust(&chosen, 5, 0.5) else {
                break;
            };
            let next = inliers(&fitted, &points, &free, COPY_TOLERANCE);
            map = Some(fitted);
            if next == best || next.len() < COPY_PAIRS {
                best = next;
                break;
            }
            best = next;
        }
        let Some(map) = map.filter(|_| best.len() >= COPY_PAIRS) else {
            break;
        };
        for &index in &best {
            free[index] = false;
        }
        maps.push((map, best));
    }
    maps
}

fn similarity(pair: &PointPair, scale: f64, angle: f64) -> Homography {
    let (sin, cos) = angle.sin_cos();
    let (a, b) = (scale * cos, scale * sin);
    let x = pair.2 - (a * pair.0 - b * pair.1);
    let y = pair.3 - (b * pair.0 + a * pair.1);
    Homography([a, -b, x, b, a, y, 0.0, 0.0, 1.0])
}

fn inliers(map: &Homography, points: &[PointPair], free: &[bool], tolerance: f64) -> Vec<usize> {
    points
        .iter()
        .enumerate()
        .filter(|&(index, pair)| free[index] && map.error(pair) <= tolerance)
        .map(|(index, _)| index)
        .collect()
}

/// Decimal logarithm of the number of maps that as many of `pairs` pairs would share if their ends lay anywhere in the
/// picture (L. Moisan, B. Stival, 2004). Two pairs fix the map.
fn chance_log10(pairs: usize, shared: usize, pixels: usize) -> f64 {
    let inside = std::f64::consts::PI * COPY_TOLERANCE * COPY_TOLERANCE / pixels as f64;
    let free = shared.saturating_sub(2);
    let mut log10 = 2.0 * (pairs as f64).log10() + free as f64 * inside.log10();
    for index in 0..free {
        log10 += ((pairs - 2 - index) as f64 / (index + 1) as f64).log10();
    }
    log10
}

/// Grows the part that the map copies.
fn verify(
    detail: &Detail<'_>,
    features: &Features,
    pairs: &[Pair],
    repeated: &[usize],
    map: &Homography,
    inliers: &[usize],
    log10: f64,
) -> Option<Copy> {
    let determinant = map.0[0] * map.0[4] - map.0[1] * map.0[3];
    if !(0.25..=4.0).contains(&determinant) {
        return None;
    }
    let (plane, band, own) = (detail.plane, detail.band(), detail.own());
    let (moved, inside) = band.warped(map, plane.width, plane.height);
    let both = mean_product(band, &moved);
    let other = mean_product(&moved, &moved);
    let alike: Vec<bool> = (0..inside.len())
        .map(|index| {
            let (own, other) = (own.data[index], other.data[index]);
            inside[index]
                && own.min(other) > PLAIN
                && f64::from(both.data[index]) > COPY_CORRELATION * f64::from(own * other).sqrt()
        })
        .collect();
    let mut reached = vec![false; alike.len()];
    let mut pending: Vec<usize> = Vec::new();
    for &index in inliers {
        let point = &features.keypoints[pairs[index].from];
        let at = point.y.round() as usize * plane.width + point.x.round() as usize;
        if alike.get(at) == Some(&true) && !reached[at] {
            reached[at] = true;
            pending.push(at);
        }
    }
    let mut bounds = [Bounds::EMPTY, Bounds::EMPTY];
    let mut area = 0;
    let mut shift = (0.0, 0.0);
    while let Some(at) = pending.pop() {
        let (x, y) = (at % plane.width, at / plane.width);
        let (to_x, to_y) = map.apply(x as f64, y as f64)?;
        bounds[0].add(x as f64, y as f64);
        bounds[1].add(to_x, to_y);
        shift = (shift.0 + to_x - x as f64, shift.1 + to_y - y as f64);
        area += 1;
        let neighbors = [
            (x > 0).then(|| at - 1),
            (x + 1 < plane.width).then_some(at + 1),
            (y > 0).then(|| at - plane.width),
            (y + 1 < plane.height).then_some(at + plane.width),
        ];
        for next in neighbors.into_iter().flatten() {
            if alike[next] && !reached[next] {
                reached[next] = true;
                pending.push(next);
            }
        }
    }
    if area < COPY_AREA {
        return None;
    }
    let map = &refined(band, map, &reached);
    let correlation = part_correlation(band, map, &reached);
    let fine = part_correlation(detail.fine(), map, &reached);
    // A part that reaches into its own copy is a pattern that goes on.
    let overlaps = reached.iter().enumerate().any(|(at, &here)| {
        here && map
            .apply((at % plane.width) as f64, (at / plane.width) as f64)
            .is_some_and(|(x, y)| {
                let (x, y) = (x.round(), y.round());
                x >= 0.0
                    && y >= 0.0
                    && (x as usize) < plane.width
                    && reached.get(y as usize * plane.width + x as usize) == Some(&true)
            })
    });
    (!overlaps).then(|| Copy {
        log10,
        pairs: inliers.len(),
        correlation,
        fine,
        area,
        repeated: repeated
            .iter()
            .filter(|&&index| {
                let point = &features.keypoints[index];
                let at = point.y.round() as usize * plane.width + point.x.round() as usize;
                reached.get(at) == Some(&true)
            })
            .count(),
        boxes: bounds.map(|bounds| bounds.cells(plane)),
        shift: (shift.0 / area as f64, shift.1 / area as f64),
    })
}

/// What is finer than `sigma` pixels.
fn above(plane: &Plane, sigma: f32) -> Plane {
    let coarse = plane.blurred(sigma);
    let data = plane
        .data
        .iter()
        .zip(&coarse.data)
        .map(|(fine, coarse)| fine - coarse)
        .collect();
    Plane {
        width: plane.width,
        height: plane.height,
        data,
    }
}

/// Correlation over the part of a plane and where the map puts it.
fn part_correlation(plane: &Plane, map: &Homography, part: &[bool]) -> f64 {
    let (right, bottom) = ((plane.width - 1) as f64, (plane.height - 1) as f64);
    let (mut both, mut own, mut other) = (0.0, 0.0, 0.0);
    // The part is small: the rest of the picture is not drawn.
    for (index, _) in part.iter().enumerate().filter(|&(_, &here)| here) {
        let (x, y) = (index % plane.width, index / plane.width);
        let Some((u, v)) = map
            .apply(x as f64, y as f64)
            .filter(|(u, v)| (0.0..=right).contains(u) && (0.0..=bottom).contains(v))
        else {
            continue;
        };
        let (a, b) = (
            f64::from(plane.data[index]),
            f64::from(plane.cubic(u as f32, v as f32)),
        );
        both += a * b;
        own += a * a;
        other += b * b;
    }
    both / f64::sqrt(own * other).max(1e-9)
}

/// The map fitted to the shifts of small windows of the part (B. D. Lucas, T. Kanade, 1981).
fn refined(band: &Plane, map: &Homography, part: &[bool]) -> Homography {
    let (across, down) = band.gradients();
    let (width, height) = (band.width, band.height);
    let mut map = *map;
    for _ in 0..2 {
        let mut pairs: Vec<PointPair> = Vec::new();
        for y in (REFINE_RADIUS..height.saturating_sub(REFINE_RADIUS)).step_by(REFINE_STEP) {
            for x in (REFINE_RADIUS..width.saturating_sub(REFINE_RADIUS)).step_by(REFINE_STEP) {
                if !part[y * width + x] {
                    continue;
                }
                let (mut xx, mut xy, mut yy, mut ex, mut ey) = (0.0, 0.0, 0.0, 0.0, 0.0);
                for row in y - REFINE_RADIUS..=y + REFINE_RADIUS {
                    for column in x - REFINE_RADIUS..=x + REFINE_RADIUS {
                        let Some((to_x, to_y)) = map.apply(column as f64, row as f64) else {
                            continue;
                        };
                        let (to_x, to_y) = (to_x as f32, to_y as f32);
                        let (gx, gy) = (across.bilinear(to_x, to_y), down.bilinear(to_x, to_y));
                        let error = band.at(column, row) - band.cubic(to_x, to_y);
                        let (gx, gy, error) = (f64::from(gx), f64::from(gy), f64::from(error));
                        xx += gx * gx;
                        xy += gx * gy;
                        yy += gy * gy;
                        ex += gx * error;
                        ey += gy * error;
                    }
                }
                let determinant = xx * yy - xy * xy;
                // A window with one direction of detail only does not fix its shift.
                if determinant < 0.02 * (xx + yy) * (xx + yy) {
                    continue;
                }
                let shift = (
                    (yy * ex - xy * ey) / determinant,
                    (xx * ey - xy * ex) / determinant,
                );
                if shift.0.hypot(shift.1) < 1.5
                    && let Some((to_x, to_y)) = map.apply(x as f64, y as f64)
                {
                    pairs.push((x as f64, y as f64, to_x + shift.0, to_y + shift.1));
                }
            }
        }
        match fit_affine_robust(&pairs, 5, 0.05) {
            Some(fitted) if pairs.len() >= 6 => map = fitted,
            _ => break,
        }
    }
    map
}

#[derive(Clone, Copy)]
struct Bounds {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Bounds {
    const EMPTY: Self = Self {
        left: f64::INFINITY,
        top: f64::INFINITY,
        right: f64::NEG_INFINITY,
        bottom: f64::NEG_INFINITY,
    };

    fn add(&mut self, x: f64, y: f64) {
        self.left = self.left.min(x);
        self.top = self.top.min(y);
        self.right = self.right.max(x);
        self.bottom = self.bottom.max(y);
    }

    fn cells(&self, plane: &Plane) -> (usize, usize, usize, usize) {
        let hold = |at: f64, side: usize| (at.max(0.0) as usize).min(side);
        let (left, top) = (hold(self.left, plane.width), hold(self.top, plane.height));
        let right = hold(self.right + 1.0, plane.width);
        let bottom = hold(self.bottom + 1.0, plane.height);
        (left, top, right - left, bottom - top)
    }
}
