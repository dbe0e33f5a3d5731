//! The photos of one claim, everything they are compared with, and what comes of it: findings and a verdict.
//!
//! Three steps: [`may_compare`] says which pairs may be compared at all, the checks measure ([`PhotoMeasures`]), and
//! [`fuse`] turns measures into findings, sentences and verdicts. The last step is pure, so every rule below is a
//! test.
//!
//! * `intercept` needs `derived_from_reference` of grade `exact` and an `edited_region` against the same reference.
//!   Nothing else holds a payment: no hint, no second view, no reuse, no label.
//! * Two photos by one party, or of one capture session, are never asked whether one was made from the other: two shots
//!   by a camera that did not move look like that. They are compared as views only.
//! * A copy of a reference in which nothing was changed is `not_a_photo_of_the_damage`, and so is a photo that stands
//!   twice in one claim. Neither accuses and neither is an `intercept`. Their verdict is `review`: `clear` means that
//!   nothing was found, and here it was found that the photo cannot show the damage, so nobody who reads only the
//!   verdict may treat it like one that nothing stands against. Asking for a new photo settles it.
//! * `same_flat_surface` and `same_place` accuse nobody, and a human looks (`review`). What differs from a flat
//!   reference is shown, and is not called edited: a real scratch on a real book cover differs too. Where two references
//!   from different places show that the goods are flat, `same_flat_surface` is a remark and leaves a photo `clear`: every
//!   photo of a poster looks like a photo of a print, and that a human looked at all of them would find nothing.
//! * `same_item_new_photo`, `unrelated`, `annotation`, `known_tables` and a plain `cannot_tell` leave a photo `clear`.
//! * When one reference explains a photo in full, differences from other references are not told: a shop that shows one
//!   picture with and without its slogan has made both of them.

mod fuse;
pub(crate) mod measure;
mod words;

use std::collections::BTreeMap;

use aftercare_media::{Format, Note};
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FindingCode, PixelBox};

pub use fuse::{checks_version, fuse, fuse_photo};

/// What a program does with a photo. The order is the order of gravity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing was found. Never proof of damage, nor of honesty.
    Clear,
    /// A human looks, or a new photo is asked for.
    Review,
    /// An automatic payment is held and a human looks; nothing else.
    Intercept,
}

impl Verdict {
    /// The verdict as it is written in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Review => "review",
            Self::Intercept => "intercept",
        }
    }
}

/// Who took or uploaded a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    Claimant,
    /// The merchant of the order.
    Merchant,
    /// A merchant who has nothing to do with the order.
    OtherMerchant,
    Technician,
}

/// What a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A photo of the claim: it is inspected, and it is a view of the item as it arrived.
    Claim,
    /// Taken on request, or by a technician on the spot: inspected, and a view like the former.
    Challenge,
    /// A photo of the listing of the order.
    Listing,
    /// A photo of another merchant's listing.
    OtherListing,
    /// A still of the packing record, or a frame of its clip.
    Packing,
}

impl Role {
    /// Whether pictures of this role are inspected; the others are references.
    #[must_use]
    pub const fn is_inspected(self) -> bool {
        matches!(self, Self::Claim | Self::Challenge)
    }
}

/// One picture of an inspection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// What the caller calls it; findings use this name. Unique in an inspection.
    pub name: String,
    pub role: Role,
    pub party: Party,
    /// The capture session, where one is known: pictures of one session are never compared as file and copy.
    #[serde(default)]
    pub session: Option<String>,
    /// Hexadecimal SHA-256 of the file.
    pub sha256: String,
}

/// Whether it may be asked if `photo` was made from `reference`.
#[must_use]
pub fn may_compare(photo: &Picture, reference: &Picture) -> bool {
    let one_session = photo.session.is_some() && photo.session == reference.session;
    photo.role.is_inspected()
        && !reference.role.is_inspected()
        && photo.party != reference.party
        && !one_session
}

/// Whether the two are views of the item as it arrived, so that damage in one can be looked for in the other.
#[must_use]
pub fn may_cross_view(photo: &Picture, view: &Picture) -> bool {
    photo.role.is_inspected()
        && view.role.is_inspected()
        && photo.name != view.name
        && photo.sha256 != view.sha256
}

/// A picture drawn by a check: what it found, where.
#[derive(Clone, PartialEq, Eq)]
pub struct Drawn {
    /// White where something was found, black elsewhere: a PNG of the photo's proportions.
    pub mask: Vec<u8>,
    /// The photo in gray with what was found in color, to lay over the photo: a PNG.
    pub heat: Vec<u8>,
    /// The reference as it lies under the photo, a JPEG of the photo's proportions; empty when there is none.
    pub aligned: Vec<u8>,
}

impl std::fmt::Debug for Drawn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            mask,
            heat,
            aligned,
        } = self;
        write!(
            formatter,
            "Drawn({}, {}, {} bytes)",
            mask.len(),
            heat.len(),
            aligned.len()
        )
    }
}

/// The numbers behind a finding, in fixed point, by name.
pub type Numbers = BTreeMap<String, i64>;

/// Set where two photos of a claim contradict each other and neither was taken on request: a later photo decides.
pub(crate) const ASKS_FOR_A_LATER_PHOTO: &str = "asks_for_a_later_photo";
/// The number of false alarms that an edit was found with, where it is not the usual one: thousandths of its logarithm.
pub(crate) const ASKED_FALSE_ALARMS: &str = "asked_false_alarms_log10_milli";

/// The number of a pair that says that another reference shows depth where the photo shows a flat surface.
pub(crate) const GOODS_WITH_DEPTH: &str = "goods_with_depth";

/// How a photo relates to one reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kinship {
    /// Made from this file.
    DerivedExact,
    /// Made from this file, or by a camera that did not move.
    DerivedUnmoved,
    /// A flat surface that fits in perspective: a photo of a screen or a print, or of a flat item.
    SameFlatSurface,
    /// The background of the reference appears again.
    SamePlace,
    /// Close to a derived one, but below its threshold.
    CannotTellNear,
    /// A flat surface of goods that are flat, as two references from different places show: every photo of them looks
    /// like a photo of a print, so that it says nothing.
    FlatGoods,
    /// A new photo of the same thing.
    SameItemNewPhoto,
    /// The comparison gave no answer.
    CannotTell,
    /// Nothing in common.
    Unrelated,
}

impl Kinship {
    /// Whether the photo was made from the reference, at either grade.
    #[must_use]
    pub const fn is_derived(self) -> bool {
        matches!(self, Self::DerivedExact | Self::DerivedUnmoved)
    }

    /// Whether the photo may show the reference's picture and not the item as it arrived: made from it, of a screen or a
    /// print of it, or too close to it to tell. Such a photo shows the item undamaged in an honest claim too.
    #[must_use]
    pub const fn may_show_the_reference(self) -> bool {
        matches!(
            self,
            Self::DerivedExact
                | Self::DerivedUnmoved
                | Self::SameFlatSurface
                | Self::SamePlace
                | Self::CannotTellNear
                | Self::FlatGoods
        )
    }
}

/// Where a photo differs from the reference that it lies on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// Whether something was changed, at the threshold for a verdict.
    pub edited: bool,
    /// What was changed, in pixels of the upright photo, largest first.
    pub boxes: Vec<PixelBox>,
    /// Circles, arrows and writing drawn onto the photo.
    pub annotations: Vec<PixelBox>,
    /// Pixels that were changed, in millionths of the photo.
    pub area_millionths: u32,
    pub numbers: Numbers,
    pub drawn: Option<Drawn>,
}

/// One photo against one reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairMeasure {
    /// The reference's name.
    pub reference: String,
    pub kinship: Kinship,
    /// `None` when the two do not lie on each other, or the comparison of colors gave no answer.
    pub difference: Option<Difference>,
    pub numbers: Numbers,
}

/// Something found in a photo alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HintMeasure {
    /// Codes of the blind checks only; any other is not told.
    pub code: FindingCode,
    /// Whether it is above its published threshold; below, it is a remark.
    pub above_threshold: bool,
    pub boxes: Vec<PixelBox>,
    pub numbers: Numbers,
    pub drawn: Option<Drawn>,
    /// The check's own sentence.
    pub zh: String,
    pub en: String,
}

/// Damage in a photo, looked for in another view of the same surface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewMeasure {
    /// The other view's name.
    pub view: String,
    /// Whether the other view shows the same surface without what is seen here.
    pub absent: bool,
    /// Whether it stands above the threshold at which it accuses; below it is a remark.
    pub above_threshold: bool,
    pub boxes: Vec<PixelBox>,
    pub numbers: Numbers,
    pub drawn: Option<Drawn>,
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    pub name: String,
    pub zh: String,
    pub en: String,
}

/// What a photo is, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    pub format: Format,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// The camera's own date text, `2026:11:01 10:20:30`; a camera clock proves nothing.
    pub taken: Option<String>,
    /// What was left out of it.
    pub notes: Vec<Note>,
}

/// Everything that was measured about one photo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PhotoMeasures {
    /// Set when the photo itself could not be read; nothing else is then used.
    pub unread: Option<Unread>,
    pub seen: Option<Seen>,
    /// References that could not be read.
    pub unread_references: Vec<Unread>,
    pub pairs: Vec<PairMeasure>,
    pub hints: Vec<HintMeasure>,
    pub views: Vec<ViewMeasure>,
    /// Whether there is next to nothing to see in it: covered lens, blank picture.
    pub blank: bool,
    /// Whether it has too little detail to be compared.
    pub plain: bool,
    /// What the search in other claims found ([`crate::reuse_findings`]); `clear` and `low_quality` of it are left out.
    pub reuse: Vec<Finding>,
}

/// What an overlay shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverlayKind {
    Mask,
    Heat,
    Aligned,
}

/// A picture that stands beside the answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Overlay {
    /// A file name: the code, the kind and an ending, unique in one photo's answer.
    pub name: String,
    pub kind: OverlayKind,
    /// The code of the finding that it belongs to.
    pub code: FindingCode,
    /// PNG for masks and heat maps, JPEG for aligned references.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "Overlay({}, {} bytes)",
            self.name,
            self.bytes.len()
        )
    }
}

/// What came of one photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoInspection {
    pub photo: Picture,
    /// `None` when it could not be read.
    pub seen: Option<Seen>,
    pub verdict: Verdict,
    /// The gravest first.
    pub findings: Vec<Finding>,
    pub overlays: Vec<Overlay>,
}

/// What came of one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimInspection {
    /// The gravest of its photos.
    pub verdict: Verdict,
    /// In the order in which they were given.
    pub photos: Vec<PhotoInspection>,
    /// The references, in the order in which they were given.
    pub references: Vec<Picture>,
    /// The version of the checks and of their thresholds; with it and the files, every number comes out again.
    pub checks: String,
}
