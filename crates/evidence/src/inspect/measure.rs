//! Runs the checks on prepared pictures and puts what they say into the words of the fusion.

use aftercare_media::{AiLabel, Decoded};

use super::{HintMeasure, Numbers, PairMeasure, ViewMeasure};
use crate::blind::{Outcome, blind_hints};
use crate::prepared::Prepared;

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
            HintMeasure {
                code: hint.check.code(),
                above_threshold: true,
                boxes: hint.boxes,
                numbers,
                drawn: None,
                zh: hint.zh,
                en: hint.en,
            }
        })
        .collect()
}

/// A photo against its references.
pub(crate) fn pairs(
    _photo: &[FrameView<'_>],
    _references: &[Other<'_>],
    _overlays: bool,
) -> Vec<PairMeasure> {
    Vec::new()
}

/// A photo against the other views of its claim.
pub(crate) fn views(
    _photo: &[FrameView<'_>],
    _views: &[Other<'_>],
    _overlays: bool,
) -> Vec<ViewMeasure> {
    Vec::new()
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
