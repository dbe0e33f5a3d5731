//! One result of a check, in the words that a reviewer, a merchant and a claimant all read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::limits::MAX_REFERENCE_BYTES;

/// What was found. The codes are stable: events and programs keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// The photo was made from a reference's file (grade `exact`), or from it or by a camera that did not move
    /// (`unmoved`).
    DerivedFromReference,
    /// A region differs from the reference that the photo was made from.
    EditedRegion,
    /// The photo was used in another claim.
    ReusedPhoto,
    /// A part of the photo was copied to another place in it.
    CopyMove,
    /// The JPEG grid or quantization of a region does not fit the rest.
    JpegInconsistent,
    /// A region was resampled and the rest was not.
    Resampled,
    /// One view of the surface shows the damage, another view of the same surface does not.
    DamageNotConfirmed,
    /// The noise of a region differs from the rest; honest processing does this too.
    NoiseInconsistent,
    /// The thumbnail in the file shows another picture.
    ThumbnailMismatch,
    /// The quantization tables are of a published set of an encoder or editor: how the file was saved, nothing else.
    KnownTables,
    /// Circles, arrows or writing drawn onto the photo: what honest people do to point at damage.
    Annotation,
    /// A photo of a screen or a print, or a new photo of a flat item: cannot be told.
    SameFlatSurface,
    /// The background of the reference appears again.
    SamePlace,
    /// A new photo of the same thing: nothing found.
    SameItemNewPhoto,
    /// Nothing in common with the reference.
    Unrelated,
    /// The comparison gave no answer.
    CannotTell,
    /// Two listings show one photo: a link between listings.
    SharedListingPhoto,
    /// The photo is a listing photo, or was already used for this order; a new photo is asked for.
    NotAPhotoOfTheDamage,
    /// The picture has too little detail to be compared.
    LowQuality,
    /// The file could not be read.
    NotDecoded,
    /// Nothing was found. Never proof of damage, nor of honesty.
    Clear,
}

impl FindingCode {
    /// Every code, accusing ones first.
    pub const ALL: [Self; 21] = [
        Self::DerivedFromReference,
        Self::EditedRegion,
        Self::ReusedPhoto,
        Self::CopyMove,
        Self::JpegInconsistent,
        Self::Resampled,
        Self::DamageNotConfirmed,
        Self::NoiseInconsistent,
        Self::ThumbnailMismatch,
        Self::KnownTables,
        Self::Annotation,
        Self::SameFlatSurface,
        Self::SamePlace,
        Self::SameItemNewPhoto,
        Self::Unrelated,
        Self::CannotTell,
        Self::SharedListingPhoto,
        Self::NotAPhotoOfTheDamage,
        Self::LowQuality,
        Self::NotDecoded,
        Self::Clear,
    ];

    /// Whether the code is an accusing one: above its published threshold it leads to a human's look, never to a
    /// verdict.
    #[must_use]
    pub const fn is_accusing(self) -> bool {
        matches!(
            self,
            Self::DerivedFromReference
                | Self::EditedRegion
                | Self::ReusedPhoto
                | Self::CopyMove
                | Self::JpegInconsistent
                | Self::Resampled
                | Self::DamageNotConfirmed
        )
    }

    /// The code as it is written in events and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DerivedFromReference => "derived_from_reference",
            Self::EditedRegion => "edited_region",
            Self::ReusedPhoto => "reused_photo",
            Self::CopyMove => "copy_move",
            Self::JpegInconsistent => "jpeg_inconsistent",
            Self::Resampled => "resampled",
            Self::DamageNotConfirmed => "damage_not_confirmed",
            Self::NoiseInconsistent => "noise_inconsistent",
            Self::ThumbnailMismatch => "thumbnail_mismatch",
            Self::KnownTables => "known_tables",
            Self::Annotation => "annotation",
            Self::SameFlatSurface => "same_flat_surface",
            Self::SamePlace => "same_place",
            Self::SameItemNewPhoto => "same_item_new_photo",
            Self::Unrelated => "unrelated",
            Self::CannotTell => "cannot_tell",
            Self::SharedListingPhoto => "shared_listing_photo",
            Self::NotAPhotoOfTheDamage => "not_a_photo_of_the_damage",
            Self::LowQuality => "low_quality",
            Self::NotDecoded => "not_decoded",
            Self::Clear => "clear",
        }
    }
}

/// How firm a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// The same bytes, or the same file to a fraction of a pixel. The only grade on which a payment can be held.
    Exact,
    /// The same file, or a camera that did not move between two photos.
    Unmoved,
    /// A close likeness, which an unmoved camera can produce too.
    Near,
    /// Found in the photo alone, without a reference: a reason to look.
    Hint,
    /// A remark that supports no decision.
    Note,
}

impl Grade {
    /// The grade as it is written in events and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Unmoved => "unmoved",
            Self::Near => "near",
            Self::Hint => "hint",
            Self::Note => "note",
        }
    }
}

/// A part of the photo, in pixels of the upright picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PixelBox {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// One result of a check of one photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub code: FindingCode,
    pub grade: Grade,
    /// Thousandths of the decimal logarithm of the likelihood ratio, where one was measured.
    pub likelihood_log10_milli: Option<i32>,
    /// Thousandths of the decimal logarithm of the rate of false alarms, where one is known: -3000 is 1 in 1,000. For
    /// reuse it is the rate for one pair of photos; a search through many photos has as many chances.
    pub false_alarm_log10_milli: Option<i32>,
    /// The other photo, in the words of the caller.
    pub reference: Option<String>,
    pub boxes: Vec<PixelBox>,
    /// The name of the overlay (a PNG of the photo's proportions) that stands beside the answer and shows where.
    #[serde(default)]
    pub mask: Option<String>,
    /// The numbers to check the finding with, by name.
    pub numbers: BTreeMap<String, i64>,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
}

impl Finding {
    /// A finding with only its sentences.
    #[must_use]
    pub fn new(
        code: FindingCode,
        grade: Grade,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            code,
            grade,
            likelihood_log10_milli: None,
            false_alarm_log10_milli: None,
            reference: None,
            boxes: Vec::new(),
            mask: None,
            numbers: BTreeMap::new(),
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The finding for a file that could not be read, with the sentences of the refusal.
    #[must_use]
    pub fn not_decoded(zh: &str, en: &str) -> Self {
        Self::new(
            FindingCode::NotDecoded,
            Grade::Note,
            format!("这个文件无法读取：{zh}"),
            format!("This file could not be read: {en}"),
        )
    }

    /// Whether the finding accuses the photo. A finding stands only above the published threshold of its code, so the
    /// code decides, and a grade `note` never accuses.
    #[must_use]
    pub const fn accuses(&self) -> bool {
        self.code.is_accusing() && !matches!(self.grade, Grade::Note)
    }

    /// The same finding with the other photo's name, cut at [`MAX_REFERENCE_BYTES`].
    #[must_use]
    pub fn with_reference(mut self, name: &str) -> Self {
        let end = name.floor_char_boundary(MAX_REFERENCE_BYTES);
        self.reference = Some(name[..end].to_owned());
        self
    }

    /// The same finding with one more number.
    #[must_use]
    pub fn with_number(mut self, name: &str, value: i64) -> Self {
        self.numbers.insert(name.to_owned(), value);
        self
    }
}
