//! The explicit mark of a picture (GB 45438-2025, 5.2): the text 「AI生成」 on an edge or a corner, its characters at
//! least 5 % of the shortest side high. It is drawn into copies that are shown, never into an original, and it is found
//! again by its shape.
//!
//! The characters are strokes of our own, so no font is needed. Finding compares shapes: it knows our drawing and texts
//! that look like it. That it finds nothing says nothing, because generators use many fonts.

use serde::Serialize;

use crate::limits::{MAX_MARKED_PIXELS, MIN_MARKED_SIDE};

/// Share of the shortest side that the standard asks for.
pub const MIN_HEIGHT_SHARE: f64 = 0.05;
/// Share that is drawn: a little more, so that rounding and scaling do not fall below it.
const DRAWN_SHARE: f64 = 0.056;
/// Thickness of a stroke and margin around the text, in heights of a character.
const STROKE: f64 = 0.1;
const MARGIN: f64 = 0.3;
/// How much of the background the plate behind the text keeps.
const PLATE: f64 = 0.35;
/// Height of a character in the pictures that are compared, in pixels: first small, to see which places are worth a
/// look, then enough for the strokes of 「成」.
const COARSE_HEIGHT: usize = 8;
const FINE_HEIGHT: usize = 14;
/// Places that are looked at closely for each size.
const PLACES: usize = 8;
/// Shares of the shortest side that are looked for: a little less than what is allowed, so that marks that are too
/// small are told; each a tenth more than the one before.
const FIRST_SHARE: f64 = 0.034;
const SHARE_STEP: f64 = 1.1;
const SHARES: usize = 14;
/// Share of a side that counts as edge.
const EDGE_SHARE: f64 = 0.2;
/// Correlation from which a text counts as found: halfway between the highest in 36 camera photos without a mark (0.37)
/// and the lowest of marks that were drawn into them and went through compression at quality 70 (0.63).
const MIN_CORRELATION: f64 = 0.5;

/// Which corner the mark is drawn into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Corner {
    TopLeft,
    TopRight,
    BottomLeft,
    BottomRight,
}

/// A text that was found, in pixels of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Found {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
    /// How alike it is, up to 1.
    pub correlation: f64,
    /// Its height as a share of the shortest side.
    pub share: f64,
    /// Whether that is what GB 45438-2025, 5.2 asks for, within what scaling may round away.
    pub is_high_enough: bool,
}

type Point = (f64, f64);
type Glyph = (f64, &'static [&'static [Point]]);

/// Width in heights, and strokes, of each character.
const TEXT: [Glyph; 4] = [
    (
        0.8,
        &[
            &[(0.08, 0.94), (0.4, 0.06), (0.72, 0.94)],
            &[(0.2, 0.64), (0.6, 0.64)],
        ],
    ),
    (0.36, &[&[(0.18, 0.06), (0.18, 0.94)]]),
    (
        1.0,
        &[
            &[(0.3, 0.1), (0.12, 0.4)],
            &[(0.24, 0.28), (0.86, 0.28)],
            &[(0.18, 0.58), (0.82, 0.58)],
            &[(0.06, 0.92), (0.94, 0.92)],
            &[(0.5, 0.06), (0.5, 0.92)],
        ],
    ),
    (
        1.0,
        &[
            &[(0.16, 0.28), (0.9, 0.28)],
            &[(0.2, 0.28), (0.18, 0.62), (0.06, 0.94)],
            &[(0.2, 0.5), (0.46, 0.5), (0.44, 0.78), (0.34, 0.76)],
            &[
                (0.56, 0.06),
                (0.6, 0.46),
                (0.72, 0.76),
                (0.86, 0.92),
                (0.94, 0.72),
            ],
            &[(0.84, 0.42), (0.66, 0.7), (0.44, 0.92)],
            &[(0.7, 0.1), (0.8, 0.2)],
        ],
    ),
];

/// Width of the whole text in heights.
fn text_width() -> f64 {
    TEXT.iter().map(|(width, _)| width).sum()
}

/// How much of a pixel at (`x`, `y`), in heights, the strokes cover, 0 to 1; `pixel` is its side in heights.
fn coverage(x: f64, y: f64, pixel: f64) -> f64 {
    let mut left = 0.0;
    let mut nearest = f64::INFINITY;
    for (width, strokes) in TEXT {
        // Other characters are too far away to matter.
        if x > left - 0.2 && x < left + width + 0.2 {
            for stroke in strokes {
                for pair in stroke.windows(2) {
                    let (from, to) = ((pair[0].0 + left, pair[0].1), (pair[1].0 + left, pair[1].1));
                    nearest = nearest.min(distance((x, y), from, to));
                }
            }
        }
        left += width;
    }
    ((STROKE / 2.0 - nearest) / pixel + 0.5).clamp(0.0, 1.0)
}

/// Distance of a point from a line between two others.
fn distance(point: Point, from: Point, to: Point) -> f64 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx * dx + dy * dy;
    let along = if length == 0.0 {
        0.0
    } else {
        (((point.0 - from.0) * dx + (point.1 - from.1) * dy) / length).clamp(0.0, 1.0)
    };
    let (x, y) = (point.0 - from.0 - along * dx, point.1 - from.1 - along * dy);
    (x * x + y * y).sqrt()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "sides of a picture are far below 2^52"
)]
const fn real(number: usize) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "values are rounded, positive, and of the size of a picture"
)]
fn whole(number: f64) -> usize {
    number.max(0.0).round() as usize
}

/// Draws the mark into `rgb`, `width` × `height` pixels of three bytes. Says whether there was room: pictures with a
/// side below 48 pixels have none, and are left as they are, as is a buffer of another size.
#[must_use]
pub fn draw(rgb: &mut [u8], width: usize, height: usize, corner: Corner) -> bool {
    if !is_picture(rgb.len(), width, height) {
        return false;
    }
    let shortest = width.min(height);
    let size = (real(shortest) * DRAWN_SHARE).ceil();
    let margin = size * MARGIN;
    let (plate_width, plate_height) = (
        whole(text_width() * size + 2.0 * margin),
        whole(size + 2.0 * margin),
    );
    let is_left = matches!(corner, Corner::TopLeft | Corner::BottomLeft);
    let is_top = matches!(corner, Corner::TopLeft | Corner::TopRight);
    let left = if is_left { 0 } else { width - plate_width };
    let top = if is_top { 0 } else { height - plate_height };
    for y in 0..plate_height {
        for x in 0..plate_width {
            let place = (
                (real(x) + 0.5 - margin) / size,
                (real(y) + 0.5 - margin) / size,
            );
            let ink = coverage(place.0, place.1, 1.0 / size);
            let at = ((top + y) * width + left + x) * 3;
            for value in &mut rgb[at..at + 3] {
                let under = f64::from(*value) * PLATE;
                *value = byte(under + (255.0 - under) * ink);
            }
        }
    }
    true
}

fn is_picture(bytes: usize, width: usize, height: usize) -> bool {
    width.min(height) >= MIN_MARKED_SIDE
        && width
            .checked_mul(height)
            .is_some_and(|pixels| pixels <= MAX_MARKED_PIXELS && pixels * 3 == bytes)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to a byte"
)]
fn byte(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// A gray picture of real numbers.
struct Gray {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Gray {
    /// `rgb` scaled so that a character of `share` of the shortest side is `size` high: each pixel is the
    /// mean of the pixels under it.
    fn scaled(
        rgb: &[u8],
        width: usize,
        height: usize,
        share: f64,
        size: usize,
    ) -> Option<(Self, f64)> {
        let scale = real(size) / (real(width.min(height)) * share);
        let (to_width, to_height) = (whole(real(width) * scale), whole(real(height) * scale));
        if to_width.min(to_height) < 4 * size {
            return None;
        }
        let bounds = |to: usize, from: usize| -> Vec<(usize, usize)> {
            (0..to)
                .map(|index| {
                    let start = index * from / to;
                    (start, ((index + 1) * from / to).max(start + 1))
                })
                .collect()
        };
        let (columns, rows) = (bounds(to_width, width), bounds(to_height, height));
        let mut values = vec![0.0; to_width * to_height];
        for (y, (top, bottom)) in rows.iter().enumerate() {
            // Only the edges are compared.
            let is_inside = y > whole(real(to_height) * EDGE_SHARE) + 2 * size
                && y < to_height - whole(real(to_height) * EDGE_SHARE) - 2 * size;
            if is_inside {
                continue;
            }
            for (x, (left, right)) in columns.iter().enumerate() {
                let mut sum = 0_u32;
                for row in *top..*bottom {
                    let line = &rgb[(row * width + left) * 3..(row * width + right) * 3];
                    sum += line.iter().map(|&value| u32::from(value)).sum::<u32>();
                }
                let count = (bottom - top) * (right - left) * 3;
                values[y * to_width + x] = mean(sum, count);
            }
        }
        let gray = Self {
            width: to_width,
            height: to_height,
            values,
        };
        Some((gray, scale))
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a mean of bytes"
)]
fn mean(sum: u32, count: usize) -> f32 {
    (f64::from(sum) / count.max(1) as f64) as f32
}

/// The text as it is compared, with mean 0 and length 1.
fn template(height: usize) -> Gray {
    let width = whole(text_width() * real(height));
    let pixel = 1.0 / real(height);
    let mut values: Vec<f32> = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let ink = coverage((real(x) + 0.5) * pixel, (real(y) + 0.5) * pixel, pixel);
            #[expect(clippy::cast_possible_truncation, reason = "a share between 0 and 1")]
            values.push(ink as f32);
        }
    }
    let count = values.len();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred values")]
    let mean = values.iter().sum::<f32>() / count as f32;
    for value in &mut values {
        *value -= mean;
    }
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    for value in &mut values {
        *value /= length;
    }
    Gray {
        width,
        height,
        values,
    }
}

/// The text on an edge of `rgb`, light on dark or dark on light; the place where it is most alike. `None` when nothing
/// is alike enough, the picture has a side below 48 pixels, or the buffer has another size.
#[must_use]
pub fn find(rgb: &[u8], width: usize, height: usize) -> Option<Found> {
    best(rgb, width, height).filter(|found| found.correlation >= MIN_CORRELATION)
}

fn best(rgb: &[u8], width: usize, height: usize) -> Option<Found> {
    if !is_picture(rgb.len(), width, height) {
        return None;
    }
    let (small, large) = (template(COARSE_HEIGHT), template(FINE_HEIGHT));
    let mut best: Option<Found> = None;
    let mut share = FIRST_SHARE;
    for _ in 0..SHARES {
        let coarse = Gray::scaled(rgb, width, height, share, COARSE_HEIGHT);
        let fine = Gray::scaled(rgb, width, height, share, FINE_HEIGHT);
        if let (Some((coarse, coarse_scale)), Some((fine, scale))) = (coarse, fine) {
            let zoom = scale / coarse_scale;
            for (x, y, _) in places(&coarse, &small) {
                let around = (whole(real(x) * zoom), whole(real(y) * zoom));
                let Some((x, y, correlation)) = closest(&fine, &large, around) else {
                    continue;
                };
                if best.is_none_or(|best| correlation > best.correlation) {
                    best = Some(Found {
                        left: whole(real(x) / scale),
                        top: whole(real(y) / scale),
                        width: whole(real(large.width) / scale),
                        height: whole(real(large.height) / scale),
                        correlation,
                        share,
                        // The shares that are tried are a tenth apart.
                        is_high_enough: share * SHARE_STEP >= MIN_HEIGHT_SHARE,
                    });
                }
            }
        }
        share *= SHARE_STEP;
    }
    best
}

/// How alike the text is to what stands at (`x`, `y`), 0 to 1.
fn alike(gray: &Gray, template: &Gray, x: usize, y: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred values")]
    let count = template.values.len() as f32;
    let (mut sum, mut squares, mut product) = (0.0_f32, 0.0_f32, 0.0_f32);
    for row in 0..template.height {
        let from = (y + row) * gray.width + x;
        let line = &gray.values[from..from + template.width];
        let own = &template.values[row * template.width..(row + 1) * template.width];
        for (value, weight) in line.iter().zip(own) {
            sum += value;
            squares += value * value;
            product += value * weight;
        }
    }
    let spread = squares - sum * sum / count;
    // A flat place is like nothing.
    if spread < count {
        0.0
    } else {
        f64::from((product / spread.sqrt()).abs())
    }
}

/// The places along the upper and the lower edge, corners included, that are most like the text, none beside another.
fn places(gray: &Gray, template: &Gray) -> Vec<(usize, usize, f64)> {
    let (Some(last_x), Some(last_y)) = (
        gray.width.checked_sub(template.width),
        gray.height.checked_sub(template.height),
    ) else {
        return Vec::new();
    };
    let edge = whole(real(gray.height) * EDGE_SHARE);
    let mut places: Vec<(usize, usize, f64)> = Vec::new();
    for y in 0..=last_y {
        if y > edge && y + template.height + edge < gray.height {
            continue;
        }
        for x in 0..=last_x {
            let correlation = alike(gray, template, x, y);
            if places.len() == PLACES && places.last().is_some_and(|last| last.2 >= correlation) {
                continue;
            }
            let is_beside =
                |place: &(usize, usize, f64)| place.0.abs_diff(x) <= 2 && place.1.abs_diff(y) <= 2;
            match places.iter().position(is_beside) {
                Some(at) if places[at].2 >= correlation => continue,
                Some(at) => {
                    places.remove(at);
                }
                None => places.truncate(PLACES - 1),
            }
            let at = places.partition_point(|place| place.2 >= correlation);
            places.insert(at, (x, y, correlation));
        }
    }
    places
}

/// The best place within three pixels of `around`.
fn closest(gray: &Gray, template: &Gray, around: (usize, usize)) -> Option<(usize, usize, f64)> {
    const REACH: usize = 3;
    let last_x = gray.width.checked_sub(template.width)?;
    let last_y = gray.height.checked_sub(template.height)?;
    let mut best: Option<(usize, usize, f64)> = None;
    for y in around.1.saturating_sub(REACH)..=(around.1 + REACH).min(last_y) {
        for x in around.0.saturating_sub(REACH)..=(around.0 + REACH).min(last_x) {
            let correlation = alike(gray, template, x, y);
            if best.is_none_or(|best| correlation > best.2) {
                best = Some((x, y, correlation));
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use aftercare_scene::{Camera, ItemKind, Scene, encode_jpeg};

    use super::{Corner, MIN_CORRELATION, best, draw, find};

    fn photo(seed: u64, width: u32, height: u32) -> (Vec<u8>, usize, usize) {
        let kind = if seed.is_multiple_of(2) {
            ItemKind::Mug
        } else {
            ItemKind::FruitBox
        };
        let picture = Camera::phone(seed).develop(&Scene::new(kind, seed), width, height);
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        (picture.into_raw(), width, height)
    }

    /// The mark as a reader of the published copy gets it: compressed and decoded again.
    fn published(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
        let (width, height) = (
            u32::try_from(width).unwrap(),
            u32::try_from(height).unwrap(),
        );
        let picture = aftercare_scene::RgbImage::from_raw(width, height, rgb.to_vec()).unwrap();
        let limits = aftercare_media::Limits::default();
        aftercare_media::decode(&encode_jpeg(&picture, 70, None), &limits)
            .unwrap()
            .rgb()
            .to_vec()
    }

    #[test]
    fn a_drawn_mark_is_high_enough_and_found_in_its_corner() {
        let corners = [
            Corner::TopLeft,
            Corner::TopRight,
            Corner::BottomLeft,
            Corner::BottomRight,
        ];
        for (index, corner) in corners.into_iter().enumerate() {
            let (mut rgb, width, height) = photo(index as u64, 320, 240);
            assert!(draw(&mut rgb, width, height, corner));
            let found = find(&published(&rgb, width, height), width, height).expect("the mark");
            assert!(found.is_high_enough, "{found:?}");
            let (x, y) = (found.left + found.width / 2, found.top + found.height / 2);
            assert_eq!(
                x < width / 2,
                matches!(corner, Corner::TopLeft | Corner::BottomLeft)
            );
            assert_eq!(
                y < height / 2,
                matches!(corner, Corner::TopLeft | Corner::TopRight)
            );
        }
    }

    #[test]
    fn photos_without_a_mark_have_none_and_are_far_from_one() {
        for seed in 0..6 {
            let (rgb, width, height) = photo(seed, 320, 240);
            let nearest = best(&rgb, width, height).map_or(0.0, |found| found.correlation);
            assert!(nearest < MIN_CORRELATION - 0.05, "{seed}: {nearest}");
        }
    }

    #[test]
    fn a_mark_that_is_too_small_is_told() {
        let (mut small, width, height) = photo(3, 240, 180);
        assert!(draw(&mut small, width, height, Corner::TopLeft));
        // The same mark in the corner of a picture of one and a half times the sides.
        let (mut rgb, wide, high) = photo(4, 360, 270);
        for y in 0..60 {
            let (from, to) = (y * width * 3, y * wide * 3);
            rgb[to..to + 300].copy_from_slice(&small[from..from + 300]);
        }
        let found = find(&rgb, wide, high).expect("the mark");
        assert!(!found.is_high_enough, "{found:?}");
    }

    #[test]
    fn what_is_too_small_or_of_another_size_is_left_alone() {
        let mut rgb = vec![7; 47 * 100 * 3];
        assert!(!draw(&mut rgb, 47, 100, Corner::TopLeft));
        assert!(rgb.iter().all(|&value| value == 7));
        assert!(!draw(&mut rgb, 100, 100, Corner::TopLeft));
        assert_eq!(find(&rgb, 100, 100), None);
        assert_eq!(find(&vec![7; 100 * 100 * 3], 100, 100), None);
    }
}
