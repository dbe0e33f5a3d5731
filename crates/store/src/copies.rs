//! What copies of a data directory have in common, whatever the database: what a copy says of itself, the files beside its database,
//! its blobs, and the check before it counts.

use crate::blobs::BlobDirectory;
use crate::directory::{
    BLOB_FOLDER, COLLECTED_FILE, DEMO_KEY_FILE, KEYRING_FILE, LOG_SIZE_FILE, LogSize, PAYMENTS_FILE,
};
use crate::error::StoreError;
use crate::shredded::SHREDDED_FILE;
use crate::sql::{Backend, Sees, SqlStore, blob_names, usage, verify_blobs};
use crate::traits::{Blobs as _, EventLog as _, Upkeep as _};
use crate::types::VerifyReport;
use aftercare_ledger::VerifierKey;
use aftercare_vault::Keyring;
use aftercare_vault::files::{Staging, replace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What a backup says of itself.
const MANIFEST_FILE: &str = "manifest.json";

/// The manifest of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the layout.
    pub format: u32,
    /// Number of events.
    pub size: u64,
    /// Root of their tree, hexadecimal.
    pub root: String,
    /// Number of blobs.
    pub blobs: u64,
    /// SHA-256 of the logical dump, hexadecimal.
    pub dump: String,
}

/// The layout this version writes and reads.
const FORMAT: u32 = 1;

impl Manifest {
    /// What a backup says of itself.
    ///
    /// # Errors
    /// [`StoreError::Directory`] when the folder is no backup, or one of another format; [`StoreError::Corrupt`] when what it says
    /// cannot be read.
    pub fn read(source: &Path) -> Result<Self, StoreError> {
        let path = source.join(MANIFEST_FILE);
        let text = fs::read(&path).map_err(|error| {
            StoreError::Directory(format!(
                "{} is not a backup of Aftercare ({}: {error})",
                source.display(),
                path.display()
            ))
        })?;
        let manifest: Self = serde_json::from_slice(&text)
            .map_err(|error| StoreError::corrupt(path.display().to_string(), error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(StoreError::Directory(format!(
                "this backup has format {}, this version reads {FORMAT}: use the version that made it",
                manifest.format
            )));
        }
        Ok(manifest)
    }
}

/// Copies what has to come before the database, which can only have grown since: the copy is held against the size that was
/// acknowledged.
pub(crate) fn copy_before(directory: &Path, staging: &Path) -> Result<(), StoreError> {
    let size = directory.join(LOG_SIZE_FILE);
    if size.exists() {
        copy_synced(&size, &staging.join(LOG_SIZE_FILE))?;
    }
    Ok(())
}

/// Copies what has to come after the database: a payment that it does not know yet is not made twice, one that is missing could be.
pub(crate) fn copy_after(directory: &Path, staging: &Path) -> Result<(), StoreError> {
    let beside = [KEYRING_FILE, DEMO_KEY_FILE, SHREDDED_FILE];
    for file in beside.into_iter().chain([PAYMENTS_FILE, COLLECTED_FILE]) {
        let source = directory.join(file);
        if source.exists() {
            copy_synced(&source, &staging.join(file))?;
        }
    }
    Ok(())
}

impl<B: Backend> SqlStore<B> {
    /// The blobs that the database refers to.
    pub(crate) async fn named_blobs(&self) -> Result<BTreeSet<String>, StoreError> {
        let names = blob_names(&mut *self.backend.reader(Sees::Upkeep).await?).await?;
        Ok(names.into_iter().collect())
    }

    /// Brings blobs to a copy, and no others: those that are there are not brought again. Where some are not to be had, all others
    /// are brought all the same, so that another copy of the database has almost nothing left to wait for.
    pub(crate) async fn bring_blobs(
        &self,
        names: &BTreeSet<String>,
        staging: &Path,
    ) -> Result<(), StoreError> {
        let target = BlobDirectory::new(staging.join(BLOB_FOLDER));
        fs::create_dir_all(staging.join(BLOB_FOLDER))?;
        let mut missing = None;
        for name in names {
            if target.path(name)?.exists() {
                continue;
            }
            match self.get_blob(name).await {
                Ok(sealed) => {
                    target.put(&sealed)?;
                }
                Err(error) => {
                    missing.get_or_insert(error);
                }
            }
        }
        if let Some(error) = missing {
            return Err(error);
        }
        // What ended since it was brought.
        for folder in 0..=u8::MAX {
            for name in target.older(folder, i64::MAX)? {
                if !names.contains(&name) {
                    target.remove(&name)?;
                }
            }
        }
        Ok(())
    }

    /// Every key in the database of a copy is wrapped under one that the keyring of the copy holds; who has neither could not
    /// read what was copied. A keyring that cannot be read is not looked at: whoever opens it says so.
    pub(crate) async fn keys_fit(&self, copy: &Path) -> Result<(), StoreError> {
        let Ok(held) = Keyring::kek_versions_in(&copy.join(KEYRING_FILE)) else {
            return Ok(());
        };
        for used in usage(&mut *self.backend.reader(Sees::Upkeep).await?).await? {
            let Some(tenant) = used.tenant else { continue };
            let versions = held.get(&tenant.to_string());
            if !versions.is_some_and(|versions| versions.contains(&used.version)) {
                return Err(StoreError::corrupt(
                    "the copied keyring",
                    format!(
                        "keys of the tenant {tenant} are wrapped under version {}, which it does not hold: where keys are being rotated, wait until `aftercare keys status` says that this ended, and take the copy again; else the keyring is not the one of this database",
                        used.version
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Verifies the copy whose database this is, and says what it is.
    pub(crate) async fn complete(
        &self,
        staging: &Path,
        keys: &[VerifierKey],
    ) -> Result<Manifest, StoreError> {
        let target = BlobDirectory::new(staging.join(BLOB_FOLDER));
        let report = self.verify_log(keys).await?;
        let blobs = verify_blobs(&mut *self.backend.reader(Sees::Upkeep).await?, &target).await?;
        LogSize {
            size: report.events,
            root: report.root,
            changes: report.changes,
        }
        .write(staging)?;
        let manifest = Manifest {
            format: FORMAT,
            size: report.events,
            root: hex::encode(report.root),
            blobs,
            dump: self.dump_hash().await?,
        };
        let text = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| StoreError::Other(error.to_string()))?;
        replace(&staging.join(MANIFEST_FILE), &text)?;
        Ok(manifest)
    }

    /// Holds the copy whose database this is against what was backed up: its log, its rows and its blobs.
    pub(crate) async fn matches(
        &self,
        manifest: &Manifest,
        keys: &[VerifierKey],
    ) -> Result<VerifyReport, StoreError> {
        let report = self.verify_log(keys).await?;
        if report.events != manifest.size || hex::encode(report.root) != manifest.root {
            return Err(StoreError::corrupt(
                "the backup",
                format!(
                    "its log has {} events, its manifest says {}",
                    report.events, manifest.size
                ),
            ));
        }
        if self.dump_hash().await? != manifest.dump {
            return Err(StoreError::corrupt(
                "the backup",
                "its rows are not the ones that were backed up: the hash of the dump differs",
            ));
        }
        self.verify_blobs().await?;
        Ok(report)
    }
}

/// Copies the files of a backup that lie beside its database.
pub(crate) fn copy_files_of(source: &Path, staging: &Path) -> Result<(), StoreError> {
    copy_before(source, staging)?;
    copy_after(source, staging)
}

/// Copies blobs of a backup.
pub(crate) fn copy_blobs_of(
    source: &Path,
    names: &BTreeSet<String>,
    staging: &Path,
) -> Result<(), StoreError> {
    let from = BlobDirectory::new(source.join(BLOB_FOLDER));
    let blobs = BlobDirectory::new(staging.join(BLOB_FOLDER));
    fs::create_dir_all(staging.join(BLOB_FOLDER))?;
    for name in names {
        blobs.put(&from.get(name)?)?;
    }
    Ok(())
}

/// Copies a file so that a power cut does not take the copy.
pub(crate) fn copy_synced(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::copy(from, to)?;
    fs::File::open(to)?.sync_all()?;
    Ok(())
}

/// A directory beside the target, to be put in its place when everything is right.
pub(crate) fn staging(target: &Path) -> Result<Staging, StoreError> {
    Staging::beside(target)
        .map_err(|error| StoreError::Directory(format!("{}: {error}", target.display())))
}
