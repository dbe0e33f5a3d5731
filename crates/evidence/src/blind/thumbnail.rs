//! The EXIF thumbnail against the picture: programs that change pixels sometimes keep the thumbnail of before.
//!
//! Thumbnails are letterboxed, cropped or turned in many honest ways, so a mismatch is told only when no turn and
//! crop explains it, or when one place differs while all the rest agrees.

use aftercare_media::{Limits, decode, thumbnail};

use crate::blind::hint::{Check, Hint, Reason};
use crate::blind::source::upright_box;
use crate::finding::PixelBox;
use crate::limits::{
    MAX_BLIND_BOXES, MAX_THUMBNAIL_SIDE, THUMBNAIL_LOCAL_DIFFERENCE, THUMBNAIL_LOCAL_SIGMAS,
    THUMBNAIL_OTHER, THUMBNAIL_PLAIN, THUMBNAIL_SAME,
};
use crate::plane::Plane;
use crate::prepared::Prepared;

/// Longer side, in pixels, at which the two are compared as a whole.
const COARSE_SIDE: usize = 48;
/// Longer side at which they are compared place by place.
const FINE_SIDE: usize = 160;
/// Side of one place at [`FINE_SIDE`].
const PLACE: usize = 8;
/// A letterbox bar is no brighter than this in the mean.
const BAR_LEVEL: f32 = 14.0;
/// Longer sides of a cropped photo that is looked for in a thumbnail of [`COARSE_SIDE`].
const CROPS: [usize; 7] = [43, 38, 34, 29, 24, 19, 14];

pub(super) fn hint(bytes: &[u8], prepared: &Prepared) -> Hint {
    let check = Check::Thumbnail;
    let Some(range) = thumbnail(bytes) else {
        return Hint::abstained(check, Reason::NoThumbnail);
    };
    let limits = Limits {
        max_side: MAX_THUMBNAIL_SIDE,
        ..Limits::default()
    };
    let Some(decoded) = bytes
        .get(range)
        .and_then(|bytes| decode(bytes, &limits).ok())
    else {
        return Hint::abstained(check, Reason::UnreadableThumbnail);
    };
    let (width, height) = (decoded.width as usize, decoded.height as usize);
    let channel = |index| Plane::channel_of_rgb(decoded.rgb(), width, height, index);
    let thumbnail = without_bars(&Plane::luma(&channel(0), &channel(1), &channel(2)));
    let upright = &prepared.luma;
    if thumbnail.width.min(thumbnail.height) < 16 || upright.width.min(upright.height) < 16 {
        return Hint::abstained(check, Reason::TooSmall);
    }
    if deviation(&thumbnail) < THUMBNAIL_PLAIN || deviation(upright) < THUMBNAIL_PLAIN {
        return Hint::abstained(check, Reason::TooPlain);
    }
    let turns = turns(&thumbnail);
    let whole = turns
        .iter()
        .map(|turn| (whole_likeness(turn, upright), turn))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let Some((likeness, turn)) = whole else {
        return Hint::abstained(check, Reason::TooSmall);
    };
    let likeness_of =
        |hint: Hint, likeness: f64| hint.with_number("likeness_per_mille", per_mille(likeness));
    if likeness >= THUMBNAIL_SAME {
        let boxes = differing_places(turn, upright, prepared);
        if boxes.is_empty() {
            return likeness_of(Hint::nothing(check), likeness);
        }
        return likeness_of(
            Hint::found(
                check,
                "文件中的缩略图与照片在标出的位置不一致：照片可能在生成缩略图之后被改动过，也可能是相机对两者的处理不同。",
                "The thumbnail in the file differs from the photo at the marked place: the photo may have been changed after the thumbnail was made, or the camera treated the two differently.",
            ),
            likeness,
        )
        .with_boxes(boxes);
    }
    let cropped = turns
        .iter()
        .map(|turn| cropped_likeness(turn, upright))
        .fold(likeness, f64::max);
    if cropped >= THUMBNAIL_OTHER {
        return likeness_of(Hint::nothing(check), cropped);
    }
    likeness_of(
        Hint::found(
            check,
            "文件中的缩略图是另一幅画面：照片的内容可能在保存之后被替换过。",
            "The thumbnail in the file shows another picture: the photo's content may have been replaced after it was saved.",
        ),
        cropped,
    )
}

#[expect(clippy::cast_possible_truncation, reason = "a share of one")]
fn per_mille(share: f64) -> i64 {
    (share * 1_000.0).round() as i64
}

/// The thumbnail without black bars.
fn without_bars(plane: &Plane) -> Plane {
    let dark = |values: &mut dyn Iterator<Item = f32>, count: usize| {
        values.sum::<f32>() / count as f32 <= BAR_LEVEL
    };
    let row = |y: usize| dark(&mut plane.row(y).iter().copied(), plane.width);
    let column = |x: usize| dark(&mut (0..plane.height).map(|y| plane.at(x, y)), plane.height);
    let (mut top, mut bottom, mut left, mut right) = (0, plane.height, 0, plane.width);
    // No bar takes more than a third.
    while top < plane.height / 3 && row(top) {
        top += 1;
    }
    while bottom > plane.height * 2 / 3 && row(bottom - 1) {
        bottom -= 1;
    }
    while left < plane.width / 3 && column(left) {
        left += 1;
    }
    while right > plane.width * 2 / 3 && column(right - 1) {
        right -= 1;
    }
    // The edge of a bar is smeared by the compression.
    let inset = |start: usize| if start > 0 { start + 1 } else { 0 };
    let (top, left) = (inset(top), inset(left));
    let bottom = if bottom < plane.height {
        bottom - 1
    } else {
        bottom
    };
    let right = if right < plane.width {
        right - 1
    } else {
        right
    };
    cut(plane, (left, top), (right - left, bottom - top))
}

fn cut(plane: &Plane, (left, top): (usize, usize), (width, height): (usize, usize)) -> Plane {
    Plane::from_fn(width, height, |x, y| plane.at(left + x, top + y))
}

/// The eight ways to hold it.
fn turns(plane: &Plane) -> Vec<Plane> {
    let quarter = |plane: &Plane| {
        Plane::from_fn(plane.height, plane.width, |x, y| {
            plane.at(y, plane.height - 1 - x)
        })
    };
    let mut all = Vec::with_capacity(8);
    for start in [plane.clone(), plane.mirrored()] {
        let mut turned = start;
        for _ in 0..4 {
            let next = quarter(&turned);
            all.push(turned);
            turned = next;
        }
    }
    all
}

fn deviation(plane: &Plane) -> f64 {
    let count = plane.data.len().max(1) as f64;
    let mean = plane.data.iter().copied().map(f64::from).sum::<f64>() / count;
    let square = plane
        .data
        .iter()
        .map(|&value| (f64::from(value) - mean).powi(2))
        .sum::<f64>()
        / count;
    square.sqrt()
}

/// Correlation of two planes of one size.
fn correlation(a: &Plane, b: &Plane) -> f64 {
    let count = a.data.len().max(1) as f64;
    let mean = |plane: &Plane| plane.data.iter().copied().map(f64::from).sum::<f64>() / count;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.data.iter().zip(&b.data) {
        let (a, b) = (f64::from(a) - mean_a, f64::from(b) - mean_b);
        both += a * b;
        square_a += a * a;
        square_b += b * b;
    }
    both / (square_a * square_b).sqrt().max(1e-9)
}

/// The middle of `plane` with the aspect of `width` to `height`.
fn center_crop(plane: &Plane, width: usize, height: usize) -> Plane {
    if plane.width * height > plane.height * width {
        let kept = (plane.height * width / height).clamp(1, plane.width);
        cut(plane, ((plane.width - kept) / 2, 0), (kept, plane.height))
    } else {
        let kept = (plane.width * height / width).clamp(1, plane.height);
        cut(plane, (0, (plane.height - kept) / 2), (plane.width, kept))
    }
}

fn sized(width: usize, height: usize, side: usize) -> (usize, usize) {
    let longer = width.max(height);
    (
        (width * side / longer).max(4),
        (height * side / longer).max(4),
    )
}

/// Likeness of whole pictures: stretched onto each other, or the middle of one to the other.
fn whole_likeness(turn: &Plane, upright: &Plane) -> f64 {
    let (width, height) = sized(upright.width, upright.height, COARSE_SIDE);
    let photo = upright.resized(width, height);
    let stretched = correlation(&turn.resized(width, height), &photo);
    let inner = center_crop(turn, width, height).resized(width, height);
    let (turn_width, turn_height) = sized(turn.width, turn.height, COARSE_SIDE);
    let outer = center_crop(upright, turn.width, turn.height).resized(turn_width, turn_height);
    stretched
        .max(correlation(&inner, &photo))
        .max(correlation(&outer, &turn.resized(turn_width, turn_height)))
}

/// Likeness of the photo to the best place in the thumbnail that a crop could have left.
fn cropped_likeness(turn: &Plane, upright: &Plane) -> f64 {
    let (wide, high) = sized(turn.width, turn.height, COARSE_SIDE);
    let thumbnail = turn.resized(wide, high);
    let mut best = -1.0_f64;
    for side in CROPS {
        let (width, height) = sized(upright.width, upright.height, side);
        if width > wide || height > high {
            continue;
        }
        let photo = upright.resized(width, height);
        for top in 0..=high - height {
            for left in 0..=wide - width {
                let place = cut(&thumbnail, (left, top), (width, height));
                best = best.max(correlation(&place, &photo));
            }
        }
    }
    best
}

/// Places where the photo differs from its thumbnail while the rest agrees, in upright pixels.
fn differing_places(turn: &Plane, upright: &Plane, prepared: &Prepared) -> Vec<PixelBox> {
    let side = FINE_SIDE.min(turn.width.max(turn.height));
    let (width, height) = sized(upright.width, upright.height, side);
    let photo = upright.resized(width, height).blurred(0.8);
    let other = turn.resized(width, height).blurred(0.8);
    // Only a stretched thumbnail is compared by place; a crop leaves the exact frame unknown.
    if correlation(&photo, &other) < THUMBNAIL_SAME {
        return Vec::new();
    }
    let (columns, rows) = (width / PLACE, height / PLACE);
    let mut differences = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        for column in 0..columns {
            let mut sum = 0.0;
            for y in row * PLACE..(row + 1) * PLACE {
                for x in column * PLACE..(column + 1) * PLACE {
                    sum += f64::from(photo.at(x, y) - other.at(x, y));
                }
            }
            differences.push(sum / (PLACE * PLACE) as f64);
        }
    }
    if differences.is_empty() {
        return Vec::new();
    }
    let middle = crate::geometry::median(&differences);
    let spread: Vec<f64> = differences
        .iter()
        .map(|difference| (difference - middle).abs())
        .collect();
    let sigma = 1.48 * crate::geometry::median(&spread) + 0.5;
    let limit = THUMBNAIL_LOCAL_DIFFERENCE.max(THUMBNAIL_LOCAL_SIGMAS * sigma);
    let mut boxes = Vec::new();
    for (index, spread) in spread.iter().enumerate() {
        if *spread < limit || boxes.len() == MAX_BLIND_BOXES {
            continue;
        }
        let (column, row) = (index % columns, index / columns);
        let scale = |at: usize, full: usize, small: usize| at * PLACE * full / small;
        let x = scale(column, prepared.width, width);
        let y = scale(row, prepared.height, height);
        let place = (
            scale(1, prepared.width, width),
            scale(1, prepared.height, height),
        );
        boxes.push(upright_box(x, y, place.0, place.1));
    }
    boxes
}
