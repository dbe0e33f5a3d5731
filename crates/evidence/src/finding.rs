//! One result of a check, in the words that a reviewer, a merchant and a claimant all read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was found. The codes are stable: events and programs keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// The photo was used in another claim.
    ReusedPhoto,
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
    /// Whether the code is an accusing one: it leads to a human's look, never to a verdict.
    #[must_use]
    pub const fn is_accusing(self) -> bool {
        matches!(self, Self::ReusedPhoto)
    }

    /// The code as it is written in events and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReusedPhoto => "reused_photo",
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
    /// A fact: the same bytes.
    Exact,
    /// A close likeness, which an unmoved camera can produce too.
    Near,
    /// A remark that supports no decision.
    Note,
}

/// A part of the photo, in pixels of the upright picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
            format!("这张照片无法读取：{zh}"),
            format!("This photo could not be read: {en}"),
        )
    }

    /// The same finding with one more number.
    #[must_use]
    pub fn with_number(mut self, name: &str, value: i64) -> Self {
        self.numbers.insert(name.to_owned(), value);
        self
    }
}
