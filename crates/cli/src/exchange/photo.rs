//! Photos that the commands of the exchange are given: read in the child like every photo.

use crate::failure::{bad_input, bytes_of};
pub use aftercare_app::exchange::Seen;
use aftercare_app::inspector::ChildTransport;
use aftercare_app::sealing::sha256;
use aftercare_evidence::child::{ScreenPhoto, decode_response, encode_request};
use aftercare_evidence::driver::Transport as _;
use aftercare_ledger::Hash;
use aftercare_media::Limits;
use anyhow::Context as _;
use std::path::{Path, PathBuf};

/// Bytes read of one file; what is larger is refused by the reader in its own words.
const PHOTO_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of a file with a fingerprint.
const FINGERPRINT_BYTES_MAX: u64 = 64 * 1024;
/// Photos of one folder that are compared.
const PHOTOS_MAX: usize = 100_000;
/// The JPEG quality of previews, of which none are asked for.
const NO_PREVIEW_QUALITY: u8 = 80;

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
