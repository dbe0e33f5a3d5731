//! What a case knows about a piece of evidence: ids, lifecycle, and the findings of checks.
//! The bytes are elsewhere (sealed blobs); nothing personal is here.

use crate::actor::Party;
use crate::challenge::Capture;
use crate::ids::{CaseId, EvidenceId, ListingPhotoId, PackingPieceId};
use crate::time::Timestamp;
use crate::words::Words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Ciphertext carried by an event: sealed under a key that the application holds. The domain
/// never opens it. Serialized as standard base64.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Envelope(pub Vec<u8>);

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope({} bytes)", self.0.len())
    }
}

impl Serialize for Envelope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        serializer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine as _;
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        base64::engine::general_purpose::STANDARD
            .decode(text.as_bytes())
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

/// What a piece of evidence is, as its sender says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// The damage.
    DamagePhoto,
    /// The whole item.
    WholeItemPhoto,
    /// The shipping label.
    ShippingLabelPhoto,
    /// Proof that the item was destroyed.
    DestructionProof,
    /// Taken on request, in its time.
    ChallengePhoto,
    /// A packing record of the merchant.
    PackingPhoto,
    /// Before or after a repair.
    RepairPhoto,
    /// As a technician met the item, before any work.
    BeforeWorkPhoto,
    /// As a technician left it when the work was done.
    AfterWorkPhoto,
    /// What the customer drew on the technician's device when the work was done: that somebody was there and saw it. It is no
    /// consent, it waives nothing, and no check compares it.
    CustomerSignature,
    /// Anything else.
    Other,
}

/// A sealed blob and what may be known about it without opening it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceFile {
    /// The evidence.
    pub evidence: EvidenceId,
    /// What it is, as its sender says.
    pub kind: EvidenceKind,
    /// Hexadecimal SHA-256 of the **sealed** bytes: the name of the blob.
    pub blob: String,
    /// Size of the original in bytes.
    pub bytes: u64,
    /// `image/jpeg`, `video/mp4` or another one of photos and clips, as sniffed.
    pub media_type: String,
    /// SHA-256 of the original, sealed under the case key.
    pub plain_hash: Envelope,
    /// The sender declared that AI made or changed the photo (人工智能生成合成内容标识办法, article 6(4)). A neutral
    /// note: no rule reads it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ai_declared: bool,
    /// When the camera says that it was taken; its clock may be set wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Timestamp>,
    /// Width and height in pixels of the picture that the camera took, where the file says that they were others than those
    /// of the picture in it. A neutral note: no rule reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera_size: Option<(u32, u32)>,
    /// How a photo on request came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<Capture>,
}

impl EvidenceFile {
    /// Whether it is a clip.
    #[must_use]
    pub fn is_clip(&self) -> bool {
        self.media_type.starts_with("video/")
    }

    /// Whether it is a voice note of a message.
    #[must_use]
    pub fn is_voice(&self) -> bool {
        self.media_type.starts_with("audio/")
    }
}

/// Codes of findings. A finding speaks about a photo, never about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// Made from a reference file.
    DerivedFromReference,
    /// A region was edited.
    EditedRegion,
    /// The photo was used before, in another claim.
    ReusedPhoto,
    /// Part of the photo was copied within it.
    CopyMove,
    /// The compression history does not fit.
    JpegInconsistent,
    /// The photo was resampled.
    Resampled,
    /// Another view of the claim shows the same surface without the damage.
    DamageNotConfirmed,
    /// The noise of a region differs from the rest.
    NoiseInconsistent,
    /// The thumbnail in the file shows another picture.
    ThumbnailMismatch,
    /// The compression tables are those of a known editor or messenger.
    KnownTables,
    /// Circles, arrows or writing drawn onto the photo.
    Annotation,
    /// A photo of a screen, a print or a flat item: cannot be told.
    SameFlatSurface,
    /// The listing's background appears again.
    SamePlace,
    /// Same item, another photo: nothing found.
    SameItemNewPhoto,
    /// Nothing in common with the reference.
    Unrelated,
    /// Cannot be told.
    CannotTell,
    /// Two listings show one photo: a link between listings.
    SharedListingPhoto,
    /// An undamaged copy of the listing photo, or the person's own photo again: not a photo of the damage.
    NotAPhotoOfTheDamage,
    /// Too blurred or too small to check.
    LowQuality,
    /// Could not be decoded.
    NotDecoded,
    /// Nothing found.
    Clear,
}

impl FindingCode {
    /// Whether this code, above its threshold, is an accusation.
    #[must_use]
    pub const fn accuses(self) -> bool {
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
}

/// What the checks say about a photo, and about a claim: the strongest of its photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InspectionVerdict {
    /// Nothing was found. Never proof of damage, nor of honesty; no rule reads it as such.
    Clear,
    /// Something for a human to look at.
    Review,
    /// An automatic payment is held and a human looks; nothing else.
    Intercept,
}

/// A part of a photo, in pixels of the upright original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PixelBox {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// What a finding points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Reference {
    /// Evidence of a case (this one or an earlier one).
    Evidence {
        /// The evidence.
        evidence: EvidenceId,
        /// Its case.
        case: CaseId,
    },
    /// A listing photo.
    Listing {
        /// The photo.
        photo: ListingPhotoId,
    },
    /// A photo or clip of a packing record of the order.
    Packing {
        /// The photo or clip.
        piece: PackingPieceId,
    },
}

/// One result of a check, with the numbers to run it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was found.
    pub code: FindingCode,
    /// `exact`, `unmoved`, `near`, `hint`, `note` or empty.
    pub grade: String,
    /// log10 of the likelihood ratio, in thousandths, where the benchmark measured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength_log10_milli: Option<i32>,
    /// Whether it stands above the published threshold of its code.
    pub above_threshold: bool,
    /// What it points to.
    pub reference: Option<Reference>,
    /// Hamming distance or another number of the check, to run it again.
    pub distance: Option<u32>,
    /// The sentence shown in Chinese.
    pub zh: String,
    /// The sentence shown in English.
    pub en: String,
    /// log10 of the rate of false alarms, in thousandths, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub false_alarm_log10_milli: Option<i32>,
    /// Where in the photo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<PixelBox>,
    /// The sealed picture of where it is, laid over the photo: the name of its blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heat_map: Option<String>,
    /// The sealed picture of the reference as it lies under the photo: the name of its blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aligned: Option<String>,
    /// The sealed mask of the edited points: the name of its blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<String>,
    /// The numbers of the check by name, to run it again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, i64>,
}

/// The grade of a fact about the file: the only one that an `intercept` may rest on.
pub const GRADE_EXACT: &str = "exact";
/// The grade of a likeness that a human has to compare.
pub const GRADE_NEAR: &str = "near";
/// The grade of a hint; below it is a remark.
pub const GRADE_HINT: &str = "hint";

/// The number of a finding that says that two photos of a claim contradict each other and that only a later photo can tell
/// which of them shows how the goods are.
pub const ASKS_FOR_A_LATER_PHOTO: &str = "asks_for_a_later_photo";

/// What the checks say about one photo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectedPhoto {
    /// The photo.
    pub evidence: EvidenceId,
    /// Its verdict.
    pub verdict: InspectionVerdict,
    /// Width and height of the upright original in pixels, in which boxes are given; `None` when it
    /// could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<(u32, u32)>,
    /// What of its file was not looked at, such as the other pictures of an animation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Words>,
    /// Everything that was found.
    pub findings: Vec<Finding>,
}

impl InspectedPhoto {
    /// Whether the findings bear the verdict: `intercept` needs a photo made from a reference's file
    /// **and** edited against that very reference. No other fact holds a payment, also not that the
    /// same file stands in another claim.
    #[must_use]
    pub fn is_founded(&self) -> bool {
        let stands = |code: FindingCode| {
            self.findings
                .iter()
                .filter(move |finding| finding.code == code && finding.accuses())
        };
        self.verdict != InspectionVerdict::Intercept
            || stands(FindingCode::DerivedFromReference).any(|derived| {
                derived.grade == GRADE_EXACT
                    && derived.reference.is_some()
                    && stands(FindingCode::EditedRegion)
                        .any(|edited| edited.reference == derived.reference)
            })
    }
}

impl Finding {
    /// Whether this finding accuses (an accusing code above its published threshold).
    #[must_use]
    pub const fn accuses(&self) -> bool {
        self.code.accuses() && self.above_threshold
    }

    /// Whether this finding accuses nobody and asks for a new photo: this one shows no damage, or another
    /// one of the claim shows the same place without it.
    #[must_use]
    pub fn asks_for_a_new_photo(&self) -> bool {
        match self.code {
            FindingCode::NotAPhotoOfTheDamage => true,
            FindingCode::DamageNotConfirmed => self.contradicts_an_earlier_photo(),
            _ => false,
        }
    }

    fn contradicts_an_earlier_photo(&self) -> bool {
        !self.above_threshold && self.numbers.contains_key(ASKS_FOR_A_LATER_PHOTO)
    }

    /// Whether this finding accuses nobody and yet says that a person should look at the photo: what
    /// makes a verdict `review` and is not settled by asking for a new photo.
    #[must_use]
    pub fn asks_for_a_look(&self) -> bool {
        match self.code {
            FindingCode::DamageNotConfirmed => self.contradicts_an_earlier_photo(),
            FindingCode::SamePlace | FindingCode::NotDecoded => true,
            FindingCode::SameFlatSurface | FindingCode::CannotTell => self.grade == GRADE_NEAR,
            FindingCode::ThumbnailMismatch | FindingCode::LowQuality => self.grade == GRADE_HINT,
            _ => false,
        }
    }
}

/// Where a piece of evidence stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceState {
    /// Uploaded, hashed and logged.
    Logged,
    /// Checked.
    Screened,
    /// A new photo was asked for.
    Challenged,
    /// The new photo came.
    Answered,
    /// A human accepted it.
    Accepted,
    /// The other side disputes it.
    Disputed,
    /// A human set it aside.
    Excluded,
    /// Its retention ended.
    Expired,
    /// Its key is destroyed.
    Shredded,
}

/// A piece of evidence on a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The file.
    pub file: EvidenceFile,
    /// Who sent it; `None` for a technician's photo.
    pub party: Option<Party>,
    /// Where it stands.
    pub state: EvidenceState,
    /// What the checks found; empty until screened. Never shown before the first look.
    pub findings: Vec<Finding>,
    /// What they say together. Never shown before the first look.
    pub verdict: Option<InspectionVerdict>,
    /// Width and height of the upright original in pixels, once it was checked.
    pub size: Option<(u32, u32)>,
    /// What of its file the checks did not look at. Shown with the findings.
    #[serde(default)]
    pub left_out: Vec<Words>,
    /// The photo in whose place it was asked for.
    pub answers: Option<EvidenceId>,
    /// When it came; all of one request at the same time. `None` of cases that were last written down before this was kept.
    #[serde(default)]
    pub added_at: Option<Timestamp>,
}

impl Evidence {
    /// Whether what a check says about it is taken: not once a human has set it aside, nor when it is gone.
    #[must_use]
    pub const fn is_open_to_checks(&self) -> bool {
        matches!(
            self.state,
            EvidenceState::Logged
                | EvidenceState::Screened
                | EvidenceState::Challenged
                | EvidenceState::Answered
                | EvidenceState::Accepted
                | EvidenceState::Disputed
        )
    }

    /// Whether it is certain that it came before `other`: what came in one request came together.
    #[must_use]
    pub fn is_older_than(&self, other: &Self) -> bool {
        matches!((self.added_at, other.added_at), (Some(own), Some(others)) if own < others)
    }
}
