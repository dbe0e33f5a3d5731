//! What is shared of a photo. Numbers and bytes of bounded length only: there is no member that could hold a name, an
//! account, an order, an address or any other text, and no unknown member is read.

use aftercare_ledger::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

use crate::Bad;
use crate::limits::{DAY_S, MAX_VERIFICATION_BYTES, MAX_WORDS};
use crate::membership::MemberId;
use crate::word::Word;

/// A day: days since 1970-01-01 (UTC). Nothing finer is published, so that a case cannot be told by its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day(pub u32);

impl Day {
    /// The day of a time in seconds since 1970.
    #[must_use]
    pub fn of(at_s: u64) -> Self {
        Self(u32::try_from(at_s / DAY_S).unwrap_or(u32::MAX))
    }

    /// So many days later.
    #[must_use]
    pub const fn plus(self, days: u32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Its first second.
    #[must_use]
    pub fn start_s(self) -> u64 {
        u64::from(self.0) * DAY_S
    }
}

/// A 256-bit PDQ hash: four words, lowest first. As text it is the 64 hexadecimal digits of its 32 little-endian bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Pdq(pub [u64; 4]);

impl Pdq {
    /// From its 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut words = [0; 4];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = chunk
                .iter()
                .rev()
                .fold(0, |word, &byte| word << 8 | u64::from(byte));
        }
        Self(words)
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// The number of bits that differ, 0 to 256.
    #[must_use]
    pub fn distance(self, other: Self) -> u32 {
        self.0
            .iter()
            .zip(other.0)
            .map(|(mine, theirs)| (mine ^ theirs).count_ones())
            .sum()
    }

    /// The 16-bit block `index`, 0 to 15.
    pub(crate) fn block(self, index: usize) -> u16 {
        let bytes = (self.0[index / 4] >> (16 * (index % 4))).to_le_bytes();
        u16::from_le_bytes([bytes[0], bytes[1]])
    }
}

impl Serialize for Pdq {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Hash(self.to_bytes()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Pdq {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Hash::deserialize(deserializer).map(|hash| Self::from_bytes(hash.as_bytes()))
    }
}

impl fmt::Debug for Pdq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pdq({})", Hash(self.to_bytes()))
    }
}

/// The fingerprint of a photo. `Debug` shows its sizes only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Print {
    /// The hash of the photo as it is.
    pub pdq: Pdq,
    /// PDQ quality, 0 to 100.
    #[serde(deserialize_with = "quality")]
    pub quality: u8,
    /// The keypoints that a part of the photo is found by, at most [`MAX_WORDS`].
    #[serde(serialize_with = "write_words", deserialize_with = "read_words")]
    pub words: Vec<Word>,
    /// What a find by keypoints is verified with, opaque to the exchange; at most [`MAX_VERIFICATION_BYTES`].
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_bytes")]
    pub verification: Vec<u8>,
}

impl Print {
    /// Checks the lengths.
    ///
    /// # Errors
    /// [`Bad`] when there are more keypoints or bytes than the limits, or the quality is above 100.
    pub fn check(&self) -> Result<(), Bad> {
        if self.quality > 100 {
            return Err(Bad::new("quality", "a number from 0 to 100 expected"));
        }
        if self.words.len() > MAX_WORDS {
            return Err(Bad::new("words", format!("more than {MAX_WORDS}")));
        }
        if self.verification.len() > MAX_VERIFICATION_BYTES {
            return Err(Bad::new(
                "verification",
                format!("more than {MAX_VERIFICATION_BYTES} bytes"),
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Print(quality {}, {} words, {} bytes)",
            self.quality,
            self.words.len(),
            self.verification.len()
        )
    }
}

/// One photo that was judged forged, as all members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// SHA-256 of the file.
    pub sha256: Hash,
    /// Its fingerprint.
    pub print: Print,
    /// The member that judged, a legal entity by its number.
    pub publisher: MemberId,
    /// The day of the final decision.
    pub judged_on: Day,
    /// The day of the notice to whoever sent it.
    pub noticed_on: Day,
}

/// What became of an item that was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tag {
    /// Somebody objects: it is frozen until that is decided.
    Disputed,
    /// It was wrong.
    FalsePositive,
    /// The publisher took it back, or left a dispute unanswered.
    Withdrawn,
    /// Twelve months are over.
    Expired,
}

impl Tag {
    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Disputed)
    }
}

fn quality<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let quality = u8::deserialize(deserializer)?;
    if quality > 100 {
        return Err(serde::de::Error::custom(
            "the quality is a number from 0 to 100",
        ));
    }
    Ok(quality)
}

fn write_words<S: Serializer>(words: &[Word], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_bytes()).collect();
    serializer.serialize_str(&hex::encode(bytes))
}

fn read_words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Word>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() > 2 * MAX_WORDS * Word::BYTES {
        return Err(serde::de::Error::custom(format!(
            "more than {MAX_WORDS} words"
        )));
    }
    let bytes = hex::decode(&text).map_err(serde::de::Error::custom)?;
    let words = bytes.chunks_exact(Word::BYTES);
    if !words.remainder().is_empty() {
        return Err(serde::de::Error::custom("a word is cut short"));
    }
    Ok(words
        .map(|chunk| {
            let mut word = [0; Word::BYTES];
            word.copy_from_slice(chunk);
            Word::from_bytes(word)
        })
        .collect())
}

fn write_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn read_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = STANDARD.decode(&text).map_err(serde::de::Error::custom)?;
    if bytes.len() > MAX_VERIFICATION_BYTES {
        return Err(serde::de::Error::custom(format!(
            "more than {MAX_VERIFICATION_BYTES} bytes"
        )));
    }
    Ok(bytes)
}
