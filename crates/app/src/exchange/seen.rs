//! A photo as the exchange compares it: its hashes and keypoints, turned into what an item holds and what a search asks with.

use crate::error::AppError;
use crate::evidence::PREVIEW_QUALITY;
use crate::screener::Screener;
use crate::sealing::sha256;
use aftercare_evidence::Fingerprint;
use aftercare_evidence::child::ScreenPhoto;
use aftercare_evidence::reuse::{LocalPrint, verify};
use aftercare_exchange::{Pdq, Print, Query, QueryPoint, Word, sketch};
use aftercare_ledger::Hash;
use serde::{Deserialize, Serialize};

/// What is kept of a photo to compare it. It tells nothing of where the photo is from; `Debug` shows nothing of it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// SHA-256 of the file.
    pub sha256: Hash,
    /// Hashes and keypoints.
    pub fingerprint: Fingerprint,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seen")
    }
}

/// The words of the first keypoints, with the least certain bits of each.
fn points(local: &LocalPrint, count: usize) -> Vec<QueryPoint> {
    let features = local.features();
    features
        .keypoints
        .iter()
        .zip(&features.descriptors)
        .take(count)
        .map(|(point, descriptor)| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a turn is 0 to 255 steps, also where it rounds to a whole one"
            )]
            let turn = ((point.angle / std::f32::consts::TAU * 256.0).round() as u32 % 256) as u8;
            let (word, weak) = sketch(descriptor, turn);
            QueryPoint { word, weak }
        })
        .collect()
}

impl Seen {
    /// Reads a photo. It is kept nowhere.
    ///
    /// # Errors
    /// What its sender can do about a photo that cannot be read.
    pub async fn read(screener: &dyn Screener, photo: Vec<u8>) -> Result<Self, AppError> {
        let sha256 = Hash(sha256(&photo));
        let report = screener
            .screen(ScreenPhoto {
                bytes: photo,
                limits: aftercare_media::Limits::default(),
                preview_sides: Vec::new(),
                preview_quality: PREVIEW_QUALITY,
            })
            .await?;
        Ok(Self {
            sha256,
            fingerprint: report.fingerprint,
        })
    }

    /// What is published of the photo.
    #[must_use]
    pub fn print(&self) -> Print {
        let local = &self.fingerprint.local;
        let words: Vec<Word> = points(local, local.indexed())
            .into_iter()
            .map(|point| point.word)
            .collect();
        Print {
            pdq: Pdq(self.fingerprint.hash().0),
            quality: self.fingerprint.quality,
            words,
            verification: self.fingerprint.to_bytes()[Fingerprint::WHOLE_BYTES..].to_vec(),
        }
    }

    /// What the list is searched with.
    #[must_use]
    pub fn query(&self) -> Query {
        let local = &self.fingerprint.local;
        Query {
            sha256: self.sha256,
            orientations: self.fingerprint.orientations.map(|hash| Pdq(hash.0)),
            quality: self.fingerprint.quality,
            points: points(local, local.len()),
        }
    }

    /// Whether the kept keypoints of the photo and of an item agree as those of copies do. What an item holds comes from
    /// others: bytes that are no keypoints agree with nothing.
    #[must_use]
    pub fn agrees(&self, print: &Print) -> bool {
        let mut bytes = self.fingerprint.to_bytes();
        bytes.truncate(Fingerprint::WHOLE_BYTES);
        bytes.extend_from_slice(&print.verification);
        Fingerprint::from_bytes(&bytes)
            .ok()
            .and_then(|other| verify(&self.fingerprint.local, &other.local))
            .is_some_and(|found| found.is_exact())
    }
}
