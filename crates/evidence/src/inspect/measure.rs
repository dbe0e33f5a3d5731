//! Runs the checks on prepared pictures and puts what they say into the words of the fusion.

use aftercare_media::Decoded;

use super::{HintMeasure, PairMeasure, ViewMeasure};
use crate::prepared::Prepared;

/// The blind checks of one photo.
pub(crate) fn hints(_bytes: &[u8], _photo: &Decoded, _picture: &Prepared) -> Vec<HintMeasure> {
    Vec::new()
}

/// A photo against its references.
pub(crate) fn pairs(
    _photo: &Prepared,
    _references: &[(String, &Prepared)],
    _overlays: bool,
) -> Vec<PairMeasure> {
    Vec::new()
}

/// A photo against the other views of its claim.
pub(crate) fn views(
    _photo: &Prepared,
    _views: &[(String, &Prepared)],
    _overlays: bool,
) -> Vec<ViewMeasure> {
    Vec::new()
}
