//! What a case knows about a piece of evidence: ids, lifecycle, and the findings of checks.
//! The bytes are elsewhere (sealed blobs); nothing personal is here.

use crate::actor::Party;
use crate::ids::{CaseId, EvidenceId, ListingPhotoId};
use serde::{Deserialize, Serialize};

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
    /// A packing record of the merchant.
    PackingPhoto,
    /// Before or after a repair.
    RepairPhoto,
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
    /// `image/jpeg`, `image/png` or `image/webp`, as sniffed.
    pub media_type: String,
    /// SHA-256 of the original, sealed under the case key.
    pub plain_hash: Envelope,
}

/// Codes of findings (DESIGN: words with one meaning). A finding speaks about a photo.
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
    /// The damage was not confirmed by a challenge.
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
    /// Whether this code, above its threshold, is an accusation (DESIGN: *accused*).
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
}

/// One result of a check, with the numbers to run it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was found.
    pub code: FindingCode,
    /// `exact`, `near`, `unmoved`, … or empty.
    pub grade: String,
    /// log10 of the likelihood ratio, in thousandths.
    pub strength_log10_milli: i32,
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
}

impl Finding {
    /// Whether this finding accuses (an accusing code above its published threshold).
    #[must_use]
    pub const fn accuses(&self) -> bool {
        self.code.accuses() && self.above_threshold
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
}
