//! A photo as the exchange compares it: read in the child like every photo, and turned into what an item holds and what a
//! search asks with.

use crate::failure::{bad_input, bytes_of};
use aftercare_app::inspector::ChildTransport;
use aftercare_app::sealing::sha256;
use aftercare_evidence::Fingerprint;
use aftercare_evidence::child::{ScreenPhoto, decode_response, encode_request};
use aftercare_evidence::driver::Transport as _;
use aftercare_evidence::reuse::{LocalPrint, verify};
use aftercare_exchange::{Pdq, Print, Query, QueryPoint, Word, sketch};
use aftercare_ledger::Hash;
use aftercare_media::Limits;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Bytes read of one file; what is larger is refused by the reader in its own words.
const PHOTO_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of a file with a fingerprint.
const FINGERPRINT_BYTES_MAX: u64 = 64 * 1024;
/// Photos of one folder that are compared.
const PHOTOS_MAX: usize = 100_000;
/// The JPEG quality of previews, of which none are asked for.
const NO_PREVIEW_QUALITY: u8 = 80;

/// What is kept of a photo to compare it. It tells nothing of where the photo is from; `Debug` shows nothing of it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// SHA-256 of the file.
    pub sha256: Hash,
    /// Hashes and keypoints.
    pub fingerprint: Fingerprint,
}

/// Reads photos in a child.
pub struct PhotoReader(ChildTransport);

impl PhotoReader {
    /// A reader whose child is started with the first photo.
    ///
    /// # Errors
    /// When this program cannot be found.
    pub fn new() -> anyhow::Result<Self> {
        let program =
            std::env::current_exe().context("finding this program, to start its child")?;
        Ok(Self(ChildTransport::new(program)))
    }

    /// Reads a photo.
    ///
    /// # Errors
    /// Bad input with the path, when it is no photo that can be read.
    pub fn read(&mut self, path: &Path) -> anyhow::Result<Seen> {
        let named = path.display();
        let bytes = bytes_of(path, PHOTO_BYTES_MAX)?;
        let hash = Hash(sha256(&bytes));
        let request = encode_request(&ScreenPhoto {
            bytes,
            limits: Limits::default(),
            preview_sides: Vec::new(),
            preview_quality: NO_PREVIEW_QUALITY,
        })
        .map_err(|error| bad_input(format!("{named}: {error}")))?;
        let answer = self
            .0
            .ask(&request)
            .map_err(|gone| bad_input(format!("{named}: {gone}")))?;
        let report = decode_response(&answer)?
            .map_err(|refused| bad_input(format!("{named}: {}", refused.en)))?;
        Ok(Seen {
            sha256: hash,
            fingerprint: report.fingerprint,
        })
    }

    /// Reads all photos of a folder, by their names.
    ///
    /// # Errors
    /// Bad input: a folder that cannot be read, a file in it that is no photo, or too many.
    pub fn read_folder(&mut self, folder: &Path) -> anyhow::Result<Vec<Seen>> {
        let failed = |error: std::io::Error| bad_input(format!("{}: {error}", folder.display()));
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_file() {
                paths.push(path);
            }
            if paths.len() > PHOTOS_MAX {
                return Err(bad_input(format!(
                    "{}: more than {PHOTOS_MAX} photos",
                    folder.display()
                )));
            }
        }
        paths.sort_unstable();
        paths.iter().map(|path| self.read(path)).collect()
    }
}

/// Reads what `exchange fingerprint` wrote.
///
/// # Errors
/// Bad input with the path.
pub fn read_fingerprint(path: &Path) -> anyhow::Result<Seen> {
    let bytes = bytes_of(path, FINGERPRINT_BYTES_MAX)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| bad_input(format!("{}: {error}", path.display())))
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
    /// What is published of the photo.
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
