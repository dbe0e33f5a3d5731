//! What is kept of a photo so that a later copy can be recognized: eight hashes, the quality and the size, and its
//! strongest keypoints for copies that were cropped.

use std::fmt;

use aftercare_media::Decoded;
use serde::{Deserialize, Serialize};

use crate::features::Features;
use crate::limits::{MAX_FINGERPRINT_SIDE, PDQ_MINIMUM_QUALITY};
use crate::pdq::{self, Pdq};
use crate::prepared::features_of_rgb;
use crate::reuse::LocalPrint;

/// The fingerprint of one photo. It is personal data of the photo's owner: it is stored sealed and expires with the
/// photo, and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Fingerprint {
    /// The hash in each orientation of [`pdq::Orientation::ALL`].
    pub orientations: [Pdq; 8],
    /// PDQ quality, 0 to 100.
    pub quality: u8,
    /// Width of the upright photo in pixels.
    pub width: u32,
    /// Height of the upright photo in pixels.
    pub height: u32,
    /// The strongest keypoints; none in a fingerprint from before they were kept.
    pub local: LocalPrint,
}

/// Why stored bytes are no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FingerprintError {
    #[error("a fingerprint has {least} to {most} bytes, this one has {found}", least = Fingerprint::WHOLE_BYTES, most = Fingerprint::MAX_BYTES)]
    Length { found: usize },
    #[error(
        "fingerprint version {version} is unknown; this program reads versions {WITHOUT_KEYPOINTS} and {VERSION}"
    )]
    Version { version: u8 },
    #[error("the fingerprint holds a quality or size outside its range")]
    Range,
    #[error("the fingerprint is not hexadecimal")]
    Text,
    #[error("the picture has no pixels, or its size and its data differ")]
    Picture,
}

/// The version without keypoints, which is still read.
const WITHOUT_KEYPOINTS: u8 = 1;
const VERSION: u8 = 2;

impl Fingerprint {
    /// Bytes of a stored fingerprint before the keypoints: version, quality, width, height, eight hashes of 32 bytes.
    pub const WHOLE_BYTES: usize = 2 + 4 + 4 + 8 * 32;
    /// Bytes of the longest stored fingerprint.
    pub const MAX_BYTES: usize = Self::WHOLE_BYTES + LocalPrint::MAX_BYTES;

    /// Fingerprints an upright decoded photo.
    ///
    /// # Errors
    /// [`FingerprintError::Picture`] when there are no pixels.
    pub fn of(photo: &Decoded) -> Result<Self, FingerprintError> {
        Self::of_rgb(photo.rgb(), photo.width, photo.height)
    }

    /// Fingerprints rows of 8-bit RGB.
    ///
    /// # Errors
    /// [`FingerprintError::Picture`] when a side is zero or too long, or `rgb` is not `width * height * 3` bytes.
    pub fn of_rgb(rgb: &[u8], width: u32, height: u32) -> Result<Self, FingerprintError> {
        let features = features_of_rgb(rgb, width as usize, height as usize)?;
        Self::with_features(rgb, width, height, &features)
    }

    /// Fingerprints rows of 8-bit RGB whose keypoints are known already ([`Prepared::features`](crate::Prepared)).
    ///
    /// # Errors
    /// [`FingerprintError::Picture`] when a side is zero or too long, or `rgb` is not `width * height * 3` bytes.
    pub fn with_features(
        rgb: &[u8],
        width: u32,
        height: u32,
        features: &Features,
    ) -> Result<Self, FingerprintError> {
        if width.max(height) > MAX_FINGERPRINT_SIDE {
            return Err(FingerprintError::Picture);
        }
        let hashed =
            pdq::hash_rgb(rgb, width as usize, height as usize).ok_or(FingerprintError::Picture)?;
        Ok(Self {
            orientations: hashed.orientations,
            quality: hashed.quality,
            width,
            height,
            local: LocalPrint::of(features),
        })
    }

    /// The hash of the photo as it is.
    #[must_use]
    pub const fn hash(&self) -> Pdq {
        self.orientations[0]
    }

    /// Whether the picture has enough detail for its hash to be compared.
    #[must_use]
    pub const fn is_comparable(&self) -> bool {
        self.quality >= PDQ_MINIMUM_QUALITY
    }

    /// The smallest distance of any orientation of this photo to `other` as it is.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        self.orientations
            .iter()
            .map(|hash| hash.distance(other.hash()))
            .min()
            .unwrap_or(u32::MAX)
    }

    /// The stored form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; Self::WHOLE_BYTES];
        bytes[0] = VERSION;
        bytes[1] = self.quality;
        bytes[2..6].copy_from_slice(&self.width.to_le_bytes());
        bytes[6..10].copy_from_slice(&self.height.to_le_bytes());
        for (chunk, hash) in bytes[10..].chunks_exact_mut(32).zip(self.orientations) {
            chunk.copy_from_slice(&hash.to_bytes());
        }
        self.local.write(&mut bytes);
        bytes
    }

    /// Reads the stored form, also of the version without keypoints.
    ///
    /// # Errors
    /// When the length, version or a number is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FingerprintError> {
        let wrong = FingerprintError::Length { found: bytes.len() };
        let (bytes, keypoints) = bytes.split_at_checked(Self::WHOLE_BYTES).ok_or(wrong)?;
        let local = match bytes[0] {
            WITHOUT_KEYPOINTS if keypoints.is_empty() => LocalPrint::default(),
            WITHOUT_KEYPOINTS => return Err(wrong),
            VERSION => LocalPrint::read(keypoints)?,
            version => return Err(FingerprintError::Version { version }),
        };
        let quality = bytes[1];
        let width = u32::from_le_bytes([bytes[2], bytes[3], bytes[4], bytes[5]]);
        let height = u32::from_le_bytes([bytes[6], bytes[7], bytes[8], bytes[9]]);
        let side = 1..=MAX_FINGERPRINT_SIDE;
        if quality > 100 || !side.contains(&width) || !side.contains(&height) {
            return Err(FingerprintError::Range);
        }
        let mut orientations = [Pdq::default(); 8];
        for (hash, chunk) in orientations.iter_mut().zip(bytes[10..].chunks_exact(32)) {
            let chunk = chunk
                .try_into()
                .map_err(|_| FingerprintError::Length { found: chunk.len() })?;
            *hash = Pdq::from_bytes(chunk);
        }
        Ok(Self {
            orientations,
            quality,
            width,
            height,
            local,
        })
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Fingerprint({} x {}, quality {})",
            self.width, self.height, self.quality
        )
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        hex::encode(fingerprint.to_bytes())
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = FingerprintError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::from_bytes(&hex::decode(text).map_err(|_| FingerprintError::Text)?)
    }
}
