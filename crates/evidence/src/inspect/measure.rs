//! Runs the checks on prepared pictures and puts what they say into the words of the fusion.

use std::collections::BTreeMap;

use aftercare_media::{AiLabel, Decoded, jpeg_of_rgb, label_png};

use super::{
    ASKED_FALSE_ALARMS, Difference, Drawn, GOODS_WITH_DEPTH, HintMeasure, Kinship, Numbers,
    PairMeasure, ViewMeasure,
};
use crate::blind::{Outcome, blind_hints};
use crate::cross_view::lacking;
use crate::derived::{
    BENT_PERSPECTIVE, Comparison, Exactness, FLAT_ERROR, Relation, compare, compare_from,
};
use crate::edited::{Edit, FalseAlarms, heat_map_png, localize, mask_png, mask_png_of};
use crate::finding::{FindingCode, PixelBox};
use crate::limits::{ALIGNED_QUALITY, MAX_LOCALIZED_REFERENCES};
use crate::matching::{Matchable, stage_one_with};
use crate::prepared::Prepared;
use crate::register::Alignment;

/// One picture of a photo or of a clip.
#[derive(Clone, Copy)]
pub(crate) struct FrameView<'a> {
    pub(crate) picture: &'a Prepared,
    /// Its time in a clip, in milliseconds.
    pub(crate) at_ms: Option<u64>,
}

/// What a photo is compared with.
pub(crate) struct Other<'a> {
    pub(crate) name: String,
    pub(crate) frames: Vec<FrameView<'a>>,
    /// AI labels of the file, which every picture made from it carries on.
    pub(crate) labels: &'a [AiLabel],
}

/// The blind checks of one photo. What a check did not find is not told.
pub(crate) fn hints(bytes: &[u8], photo: &Decoded, picture: &Prepared) -> Vec<HintMeasure> {
    blind_hints(bytes, picture, &photo.metadata)
        .into_iter()
        .filter(|hint| hint.outcome == Outcome::Found)
        .map(|hint| {
            let mut numbers: Numbers = hint
                .numbers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), *value))
                .collect();
            if let Some(log10) = hint.false_alarm_log10 {
                numbers.insert("false_alarm_log10_milli".to_owned(), milli(log10));
            }
            let code = hint.check.code();
            let drawn = (code.is_accusing() && !hint.boxes.is_empty()).then(|| Drawn {
                mask: boxes_png(picture, &hint.boxes),
                heat: Vec::new(),
                aligned: Vec::new(),
            });
            HintMeasure {
                code,
                // No suite has measured yet how often gallery programs leave an honest photo with an old thumbnail.
                // Printed patterns and views of a repeated pattern were found as copies in our tests, and a program's
                // watermark on an honest photo was found as a foreign grid. These checks stay remarks until they were
                // measured on many honest photos without a false alarm.
                above_threshold: !matches!(
                    code,
                    FindingCode::CopyMove | FindingCode::JpegInconsistent | FindingCode::Resampled
                ),
                boxes: hint.boxes,
                numbers,
                drawn,
                zh: hint.zh,
                en: hint.en,
            }
        })
        .collect()
}

/// White where the boxes are, black elsewhere, at the size of the masks.
fn boxes_png(picture: &Prepared, boxes: &[PixelBox]) -> Vec<u8> {
    let [red, _, _] = &picture.channels;
    let (width, height) = (red.width, red.height);
    let mut mask = vec![false; width * height];
    for one in boxes {
        // From pixels of the photo to those of the mask, touched ones included.
        let across = |at: u64| at * width as u64 / picture.width.max(1) as u64;
        let down = |at: u64| at * height as u64 / picture.height.max(1) as u64;
        let (left, top) = (across(one.x.into()), down(one.y.into()));
        let right = across(u64::from(one.x) + u64::from(one.width)).min(width as u64 - 1);
        let bottom = down(u64::from(one.y) + u64::from(one.height)).min(height as u64 - 1);
        for y in top..=bottom {
            for x in left..=right {
                let place = usize::try_from(y * width as u64 + x).unwrap_or(usize::MAX);
                if let Some(pixel) = mask.get_mut(place) {
                    *pixel = true;
                }
            }
        }
    }
    mask_png_of(&mask, width, height)
}

/// A comparison that was made, and of what.
struct Made<'a> {
    other: &'a Other<'a>,
    photo: FrameView<'a>,
    reference: FrameView<'a>,
    comparison: Comparison,
    kinship: Kinship,
    /// Whether another reference shows depth where this photo shows the whole of one as a flat surface.
    has_depth: bool,
}

/// What is asked of a comparison besides its answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) overlays: bool,
    pub(crate) false_alarms: FalseAlarms,
}

/// A photo against its references: one measure a reference, of the pictures that fit best. `labels` are the photo's,
/// which every picture made from it carries on.
pub(crate) fn pairs(
    photo: &[FrameView<'_>],
    labels: &[AiLabel],
    references: &[Other<'_>],
    asked: Asked,
) -> Vec<PairMeasure> {
    let mut best: Vec<Made<'_>> = Vec::new();
    let ready: Vec<_> = photo
        .iter()
        .map(|frame| (*frame, Matchable::of(&frame.picture.features)))
        .collect();
    for other in references {
        let made = ready.iter().flat_map(|(frame, matchable)| {
            other.frames.iter().map(|reference| {
                let matched = stage_one_with(matchable, &reference.picture.features);
                let comparison = compare_from(frame.picture, reference.picture, &matched);
                Made {
                    other,
                    photo: *frame,
                    reference: *reference,
                    kinship: kinship(&comparison),
                    comparison,
                    has_depth: false,
                }
            })
        });
        best.extend(made.min_by(|one, another| {
            one.kinship.cmp(&another.kinship).then(
                another
                    .comparison
                    .measures
                    .score
                    .total_cmp(&one.comparison.measures.score),
            )
        }));
    }
    know_flat_goods(&mut best);
    // The firmest are looked at for edits; beyond a few more references add nothing for a reader.
    let mut firmest: Vec<usize> = (0..best.len()).collect();
    firmest.sort_by(|&one, &another| {
        let (one, another) = (&best[one], &best[another]);
        one.kinship
            .cmp(&another.kinship)
            .then(
                another
                    .comparison
                    .measures
                    .score
                    .total_cmp(&one.comparison.measures.score),
            )
            .then(one.other.name.cmp(&another.other.name))
    });
    firmest.truncate(MAX_LOCALIZED_REFERENCES);
    best.iter()
        .enumerate()
        .map(|(index, made)| pair(made, firmest.contains(&index), labels, asked))
        .collect()
}

/// Share of the blocks that lie on one plane of another photo, from which two photos show one flat thing: two views of a
/// sheet, a poster or tiles had 0.89 and more, of cups and plates less (0.78), and of boxes as much only where both
/// show one face.
const PLANE_SHARE: f64 = 0.85;
/// Blocks with a firm place below which nothing is said about a plane.
const PLANE_BLOCKS: usize = 60;

/// The same share up to which two photos that show one thing show its depth: of flat goods none was below 0.94.
const DEPTH_SHARE: f64 = 0.5;
/// Share of a reference that a photo shows, and of its blocks that agree, from which it shows the whole of it, with the
/// background: the front of a box alone is flat, too.
const WHOLE_SHARE: f64 = 0.9;
const WHOLE_BLOCKS: f64 = 0.8;

/// Goods that are flat look like a print of themselves, whoever photographs them. That they are flat is known where two
/// references were taken from different places and lie on each other by one plane. Where another reference shows depth, a
/// photo that shows the whole of one as a flat surface shows a print or a screen.
fn know_flat_goods(best: &mut [Made<'_>]) {
    let asked: Vec<usize> = (0..best.len())
        .filter(|&index| best[index].kinship == Kinship::SameFlatSurface)
        .collect();
    for index in asked {
        let picture = best[index].reference.picture;
        let flat = best.iter().enumerate().any(|(other, made)| {
            other != index && shows_one_plane(picture, made.reference.picture)
        });
        if flat {
            best[index].kinship = Kinship::FlatGoods;
        } else if shows_the_whole(&best[index]) {
            best[index].has_depth = best.iter().enumerate().any(|(other, made)| {
                other != index && shows_depth(picture, made.reference.picture)
            });
        }
    }
}

/// Whether two references show one flat thing from different places.
fn shows_one_plane(one: &Prepared, other: &Prepared) -> bool {
    let views = compare(one, other);
    let measures = &views.measures;
    measures.good_blocks >= PLANE_BLOCKS
        && measures.consistent * measures.homography_share >= PLANE_SHARE
        && measures.homography_error <= FLAT_ERROR
        && measures.perspective >= BENT_PERSPECTIVE
        && views.relation != Relation::DerivedFromReference
}

/// Whether two references show one thing that is not flat.
fn shows_depth(one: &Prepared, other: &Prepared) -> bool {
    let views = compare(one, other);
    let measures = &views.measures;
    measures.good_blocks >= PLANE_BLOCKS
        && measures.consistent * measures.homography_share <= DEPTH_SHARE
        && views.relation == Relation::SameItemNewPhoto
}

/// Whether a photo shows all of the reference that it lies on.
fn shows_the_whole(made: &Made<'_>) -> bool {
    /// Places along a side of the photo that are asked, and parts of a side of the reference that are counted.
    const PLACES: usize = 64;
    const PARTS: usize = 12;
    let measures = &made.comparison.measures;
    let Some(alignment) = &made.comparison.alignment else {
        return false;
    };
    if (measures.good_blocks as f64) < WHOLE_BLOCKS * measures.blocks as f64 {
        return false;
    }
    let size = |picture: &Prepared| {
        let plane = &picture.channels[0];
        (plane.width as f64, plane.height as f64)
    };
    let (photo, reference) = (size(made.photo.picture), size(made.reference.picture));
    let mut shown = [[false; PARTS]; PARTS];
    for row in 0..PLACES {
        for column in 0..PLACES {
            let at = |place: usize, side: f64| (place as f64 + 0.5) / PLACES as f64 * side;
            let Some((u, v)) = alignment.map(at(column, photo.0), at(row, photo.1)) else {
                continue;
            };
            let part = |value: f64, side: f64| {
                let end = |part: usize| (part + 1) as f64 / PARTS as f64 * side;
                (0..PARTS).find(|&part| value >= 0.0 && value < end(part))
            };
            if let (Some(x), Some(y)) = (part(u, reference.0), part(v, reference.1)) {
                shown[y][x] = true;
            }
        }
    }
    let count = shown.iter().flatten().filter(|shown| **shown).count();
    count as f64 >= WHOLE_SHARE * (PARTS * PARTS) as f64
}

fn kinship(comparison: &Comparison) -> Kinship {
    match (comparison.relation, comparison.exactness) {
        (Relation::DerivedFromReference, Some(Exactness::Exact)) => Kinship::DerivedExact,
        (Relation::DerivedFromReference, _) => Kinship::DerivedUnmoved,
        (Relation::SameFlatSurface, _) => Kinship::SameFlatSurface,
        (Relation::SamePlace, _) => Kinship::SamePlace,
        (Relation::CannotTell, _) if comparison.near => Kinship::CannotTellNear,
        (Relation::SameItemNewPhoto, _) => Kinship::SameItemNewPhoto,
        (Relation::CannotTell, _) => Kinship::CannotTell,
        (Relation::Unrelated, _) => Kinship::Unrelated,
    }
}

fn pair(made: &Made<'_>, look_for_edits: bool, labels: &[AiLabel], asked: Asked) -> PairMeasure {
    let measures = &made.comparison.measures;
    let mut numbers = Numbers::from([("inliers".to_owned(), count(measures.inliers))]);
    let of_blocks = [
        ("blocks", count(measures.blocks)),
        ("good_blocks", count(measures.good_blocks)),
        ("consistent_milli", milli(measures.consistent)),
        ("affine_error_milli", milli(measures.affine_error)),
        ("affine_share_milli", milli(measures.affine_share)),
        ("homography_error_milli", milli(measures.homography_error)),
        ("homography_share_milli", milli(measures.homography_share)),
        ("perspective_micro", milli(measures.perspective * 1_000.0)),
        ("stretch_micro", milli(measures.stretch * 1_000.0)),
        ("structure_milli", milli(measures.structure)),
        ("color_error_milli", milli(measures.color_error)),
        ("score_milli", milli(measures.score)),
    ];
    // Without blocks there is nothing that they say.
    if measures.blocks > 0 {
        numbers.extend(of_blocks.map(|(name, value)| (name.to_owned(), value)));
    }
    for (name, at_ms) in [
        ("photo_at_ms", made.photo.at_ms),
        ("reference_at_ms", made.reference.at_ms),
    ] {
        if let Some(at_ms) = at_ms {
            numbers.insert(name.to_owned(), i64::try_from(at_ms).unwrap_or(i64::MAX));
        }
    }
    if let Some(noise) = &made.comparison.noise {
        for (name, value) in [
            ("noise_correlation_milli", noise.correlation),
            ("noise_texture_milli", noise.texture),
            ("noise_missing_milli", noise.missing),
        ] {
            numbers.insert(name.to_owned(), milli(value));
        }
    }
    let kinship = made.kinship;
    if made.has_depth {
        numbers.insert(GOODS_WITH_DEPTH.to_owned(), 1);
    }
    let lies_on = kinship.is_derived() || kinship == Kinship::SameFlatSurface;
    let alignment = made.comparison.alignment.as_ref();
    let difference = alignment
        .filter(|_| lies_on && look_for_edits)
        .map(|alignment| difference(made, alignment, labels, asked));
    PairMeasure {
        reference: made.other.name.clone(),
        kinship,
        difference,
        numbers,
    }
}

fn difference(
    made: &Made<'_>,
    alignment: &Alignment,
    labels: &[AiLabel],
    asked: Asked,
) -> Difference {
    let (photo, reference) = (made.photo.picture, made.reference.picture);
    let map = |x: f64, y: f64| alignment.map(x, y);
    let edit = localize(photo, reference, asked.false_alarms, &map);
    let marked = edit.mask.iter().filter(|edited| **edited).count();
    let pixels = edit.mask.len().max(1);
    let drawn = (asked.overlays && edit.edited).then(|| Drawn {
        mask: mask_png(&edit),
        heat: label_png(heat_map_png(photo, &edit), labels),
        aligned: aligned(&edit, reference, &map, made.other.labels),
    });
    let mut numbers = BTreeMap::from([
        ("energy_milli".to_owned(), milli(f64::from(edit.energy))),
        (
            "false_alarm_log10_milli".to_owned(),
            milli(f64::from(edit.false_alarm_log10)),
        ),
    ]);
    if asked.false_alarms != FalseAlarms::default() {
        let log10 = i64::from(asked.false_alarms.log10_milli());
        numbers.insert(ASKED_FALSE_ALARMS.to_owned(), log10);
    }
    Difference {
        edited: edit.edited,
        boxes: edit.boxes,
        annotations: edit.annotations.iter().map(|one| one.place).collect(),
        area_millionths: u32::try_from(marked * 1_000_000 / pixels).unwrap_or(1_000_000),
        numbers,
        drawn,
    }
}

/// The reference as it lies under the photo, at the size of the mask; gray where it does not reach.
fn aligned(
    edit: &Edit,
    reference: &Prepared,
    map: &dyn Fn(f64, f64) -> Option<(f64, f64)>,
    labels: &[AiLabel],
) -> Vec<u8> {
    const BEYOND: u8 = 128;
    let (width, height) = edit.size;
    let [red, _, _] = &reference.channels;
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            let inside = map(x as f64, y as f64).filter(|(u, v)| {
                *u >= -0.5
                    && *v >= -0.5
                    && *u <= red.width as f64 - 0.5
                    && *v <= red.height as f64 - 0.5
            });
            match inside {
                Some((u, v)) => {
                    #[expect(clippy::cast_possible_truncation, reason = "inside the picture")]
                    let (u, v) = (u as f32, v as f32);
                    for channel in &reference.channels {
                        #[expect(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "clamped to a byte"
                        )]
                        rgb.push(channel.bilinear(u, v).round().clamp(0.0, 255.0) as u8);
                    }
                }
                None => rgb.extend([BEYOND; 3]),
            }
        }
    }
    // A picture of this size always encodes; without it the answer has no slider, which loses nothing else.
    jpeg_of_rgb(&rgb, (width, height), ALIGNED_QUALITY, labels).unwrap_or_default()
}

/// A photo against the other views of its claim: for each view that lacks what the photo shows, where. Frames of a clip
/// are views, and are not asked themselves: they are too soft to accuse. A view that may show the picture of one of the
/// `references` contradicts nothing: it shows the item before it was sent.
pub(crate) fn views(
    photo: &[FrameView<'_>],
    views: &[Other<'_>],
    references: &[Other<'_>],
    overlays: bool,
) -> Vec<ViewMeasure> {
    let Some(shown) = photo.iter().find(|frame| frame.at_ms.is_none()) else {
        return Vec::new();
    };
    views
        .iter()
        .filter_map(|other| {
            let (frame, lack) = other
                .frames
                .iter()
                .filter_map(|frame| Some((frame, lacking(shown.picture, frame.picture)?)))
                .max_by(|(_, a), (_, b)| a.score.total_cmp(&b.score))?;
            let mut numbers = Numbers::from([
                ("score_milli".to_owned(), milli(lack.score)),
                ("cells".to_owned(), count(lack.cells)),
                ("contrast_milli".to_owned(), milli(lack.contrast)),
                ("around_milli".to_owned(), milli(lack.around)),
                ("blocks".to_owned(), count(lack.blocks)),
            ]);
            if let Some(at_ms) = frame.at_ms {
                numbers.insert(
                    "view_at_ms".to_owned(),
                    i64::try_from(at_ms).unwrap_or(i64::MAX),
                );
            }
            let drawn = overlays.then(|| Drawn {
                mask: boxes_png(shown.picture, &lack.boxes),
                heat: Vec::new(),
                aligned: Vec::new(),
            });
            Some(ViewMeasure {
                view: other.name.clone(),
                absent: true,
                above_threshold: lack.is_firm() && !shows_a_reference(frame, references),
                boxes: lack.boxes,
                numbers,
                drawn,
            })
        })
        .collect()
}

/// Whether a view may show the picture of a reference.
fn shows_a_reference(view: &FrameView<'_>, references: &[Other<'_>]) -> bool {
    let matchable = Matchable::of(&view.picture.features);
    references.iter().any(|other| {
        other.frames.iter().any(|reference| {
            let matched = stage_one_with(&matchable, &reference.picture.features);
            let comparison = compare_from(view.picture, reference.picture, &matched);
            kinship(&comparison).may_show_the_reference()
        })
    })
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, and the numbers of a picture are small"
)]
fn milli(value: f64) -> i64 {
    (value * 1_000.0).round() as i64
}
