//! Copies of a data directory: taken while it is in use, verified before they count.

use super::SqliteStore;
use crate::blobs::BlobDirectory;
use crate::directory::{
    BLOB_FOLDER, DATABASE_FILE, DEMO_KEY_FILE, KEYRING_FILE, LOG_SIZE_FILE, LogSize, PAYMENTS_FILE,
    make_private,
};
use crate::error::StoreError;
use crate::limits::COPIES_MAX;
use crate::shredded::{self, List, SHREDDED_FILE};
use crate::sql::{Backend as _, Link as _, OpenMode, Sees, blob_names, usage, verify_blobs};
use crate::traits::{Blobs as _, EventLog as _, Upkeep as _};
use crate::types::VerifyReport;
use crate::value::Value;
use aftercare_ledger::VerifierKey;
use aftercare_vault::Keyring;
use aftercare_vault::files::{Staging, note_backup, replace};
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

impl SqliteStore {
    /// Copies the data directory into `target`, which must not exist or be empty, while it is in use.
    /// The keyring goes along sealed as it is; its passphrase does not.
    ///
    /// # Errors
    /// [`StoreError::Directory`] when the target is not empty; what the copy or its check says.
    pub async fn backup(
        &self,
        target: &Path,
        keys: &[VerifierKey],
    ) -> Result<Manifest, StoreError> {
        let staging = staging(target)?;
        let manifest = self.backup_into(staging.path(), keys).await?;
        staging.place()?;
        // Whoever may read the directory and not write it has a good backup all the same.
        let _ = note_backup(&self.directory, manifest.size);
        Ok(manifest)
    }

    async fn backup_into(
        &self,
        staging: &Path,
        keys: &[VerifierKey],
    ) -> Result<Manifest, StoreError> {
        let database = staging.join(DATABASE_FILE);
        let mut copies = 0;
        loop {
            self.copy_files(staging).await?;
            copies += 1;
            let fit = match keys_fit(staging).await {
                Ok(()) => self.copy_blobs(staging).await,
                unfit => unfit,
            };
            match fit {
                // Between the database and what belongs to it the keys were rotated, and what it was wrapped under is gone; or
                // something ended, and its files are gone, which takes long enough where there are many.
                Err(_) if copies < COPIES_MAX => fs::remove_file(&database)?,
                fit => break fit?,
            }
        }
        fs::File::open(&database)?.sync_all()?;
        let copy = Self::open(staging, OpenMode::Read).await?;
        let manifest = copy.complete(staging, keys).await;
        copy.backend.close().await;
        manifest
    }

    /// Copies the database, what has to come before it and what has to come after it.
    async fn copy_files(&self, staging: &Path) -> Result<(), StoreError> {
        let database = staging.join(DATABASE_FILE);
        make_private(&database)?;
        // Before the database, which can only have grown since: the copy is held against the size that was acknowledged.
        let size = self.directory.join(LOG_SIZE_FILE);
        if size.exists() {
            copy_synced(&size, &staging.join(LOG_SIZE_FILE))?;
        }
        let mut link = self.backend.scanner().await?;
        let place = vec![Value::Text(database.display().to_string())];
        let copied = link.run("VACUUM INTO $1", place).await;
        link.close().await;
        copied?;
        // After the database: a payment that it does not know yet is not made twice, one that is missing could be.
        for file in [KEYRING_FILE, DEMO_KEY_FILE, SHREDDED_FILE, PAYMENTS_FILE] {
            let source = self.directory.join(file);
            if source.exists() {
                copy_synced(&source, &staging.join(file))?;
            }
        }
        Ok(())
    }

    /// Brings the blobs that the copied database refers to, and no others: those that are there are not brought again. Where some
    /// are not to be had, all others are brought all the same, so that another copy of the database has almost nothing left to
    /// wait for.
    async fn copy_blobs(&self, staging: &Path) -> Result<(), StoreError> {
        let copy = Self::open(staging, OpenMode::Read).await?;
        let names = copy.blob_names().await;
        copy.backend.close().await;
        let names: BTreeSet<String> = names?.into_iter().collect();
        let target = BlobDirectory::new(staging.join(BLOB_FOLDER));
        fs::create_dir_all(staging.join(BLOB_FOLDER))?;
        let mut missing = None;
        for name in &names {
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

    /// Verifies the copy, and says what it is.
    async fn complete(&self, staging: &Path, keys: &[VerifierKey]) -> Result<Manifest, StoreError> {
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

    async fn blob_names(&self) -> Result<Vec<String>, StoreError> {
        blob_names(&mut *self.backend.reader(Sees::Upkeep).await?).await
    }
}

/// Every key in the database of a copy is wrapped under one that the keyring of the copy holds; who has neither could not
/// read what was copied. A keyring that cannot be read is not looked at: whoever opens it says so.
async fn keys_fit(copy: &Path) -> Result<(), StoreError> {
    let Ok(held) = Keyring::kek_versions_in(&copy.join(KEYRING_FILE)) else {
        return Ok(());
    };
    let store = SqliteStore::open(copy, OpenMode::Read).await?;
    let usage = async { usage(&mut *store.backend.reader(Sees::Upkeep).await?).await }.await;
    store.backend.close().await;
    for used in usage? {
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

/// Makes a data directory from a backup. Nothing of it appears before everything was verified.
///
/// # Errors
/// [`StoreError::Directory`] when the target is not empty or the source is no backup;
/// [`StoreError::Corrupt`] with the first thing that is wrong.
pub async fn restore(
    source: &Path,
    target: &Path,
    keys: &[VerifierKey],
) -> Result<VerifyReport, StoreError> {
    restore_without(source, target, keys, List::new()).await
}

/// The same with a list of people who were destroyed since the backup (the file [`SHREDDED_FILE`] of the directory that
/// was lost, or of a later backup): it lies in the directory when that appears, and the first start destroys them again.
///
/// # Errors
/// As [`restore`], and a list that cannot be read: then nothing is restored.
pub async fn restore_shredding(
    source: &Path,
    target: &Path,
    keys: &[VerifierKey],
    list: &Path,
) -> Result<VerifyReport, StoreError> {
    let destroyed = shredded::read_named(list)?;
    restore_without(source, target, keys, destroyed).await
}

async fn restore_without(
    source: &Path,
    target: &Path,
    keys: &[VerifierKey],
    destroyed: List,
) -> Result<VerifyReport, StoreError> {
    let manifest_path = source.join(MANIFEST_FILE);
    let text = fs::read(&manifest_path).map_err(|error| {
        StoreError::Directory(format!(
            "{} is not a backup of Aftercare ({}: {error})",
            source.display(),
            manifest_path.display()
        ))
    })?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| {
        StoreError::corrupt(manifest_path.display().to_string(), error.to_string())
    })?;
    if manifest.format != FORMAT {
        return Err(StoreError::Directory(format!(
            "this backup has format {}, this version reads {FORMAT}: use the version that made it",
            manifest.format
        )));
    }
    let staging = staging(target)?;
    let report = restore_into(source, staging.path(), &manifest, keys).await?;
    shredded::merge(staging.path(), destroyed)?;
    staging.place()?;
    Ok(report)
}

async fn restore_into(
    source: &Path,
    staging: &Path,
    manifest: &Manifest,
    keys: &[VerifierKey],
) -> Result<VerifyReport, StoreError> {
    for file in [
        DATABASE_FILE,
        KEYRING_FILE,
        DEMO_KEY_FILE,
        SHREDDED_FILE,
        LOG_SIZE_FILE,
        PAYMENTS_FILE,
    ] {
        let from = source.join(file);
        if from.exists() {
            copy_synced(&from, &staging.join(file))?;
        } else if file == DATABASE_FILE {
            return Err(StoreError::corrupt(
                "the backup",
                format!("{} is missing", from.display()),
            ));
        }
    }
    let from = BlobDirectory::new(source.join(BLOB_FOLDER));
    let blobs = BlobDirectory::new(staging.join(BLOB_FOLDER));
    fs::create_dir_all(staging.join(BLOB_FOLDER))?;
    let copy = SqliteStore::open(staging, OpenMode::Read).await?;
    let checked = async {
        for name in copy.blob_names().await? {
            blobs.put(&from.get(&name)?)?;
        }
        let report = copy.verify_log(keys).await?;
        if report.events != manifest.size || hex::encode(report.root) != manifest.root {
            return Err(StoreError::corrupt(
                "the backup",
                format!(
                    "its log has {} events, its manifest says {}",
                    report.events, manifest.size
                ),
            ));
        }
        if copy.dump_hash().await? != manifest.dump {
            return Err(StoreError::corrupt(
                "the backup",
                "its rows are not the ones that were backed up: the hash of the dump differs",
            ));
        }
        Ok(report)
    }
    .await;
    copy.backend.close().await;
    checked
}

/// Copies a file so that a power cut does not take the copy.
fn copy_synced(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::copy(from, to)?;
    fs::File::open(to)?.sync_all()?;
    Ok(())
}

/// A directory beside the target, to be put in its place when everything is right.
fn staging(target: &Path) -> Result<Staging, StoreError> {
    Staging::beside(target)
        .map_err(|error| StoreError::Directory(format!("{}: {error}", target.display())))
}
