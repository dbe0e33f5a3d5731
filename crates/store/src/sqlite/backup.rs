//! Copies of a data directory with a SQLite database: taken while it is in use, verified before they count.

use super::SqliteStore;
use crate::copies::{self, Manifest, copy_blobs_of, copy_files_of, copy_synced, staging};
use crate::directory::{DATABASE_FILE, make_private};
use crate::error::StoreError;
use crate::limits::COPIES_MAX;
use crate::shredded::{self, List};
use crate::sql::{Backend as _, Link as _, OpenMode};
use crate::types::VerifyReport;
use crate::value::Value;
use aftercare_ledger::VerifierKey;
use aftercare_vault::files::note_backup;
use std::fs;
use std::path::Path;

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
            match self.copy_blobs(staging).await {
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
        copies::copy_before(&self.directory, staging)?;
        let mut link = self.backend.scanner().await?;
        let place = vec![Value::Text(database.display().to_string())];
        let copied = link.run("VACUUM INTO $1", place).await;
        link.close().await;
        copied?;
        copies::copy_after(&self.directory, staging)
    }

    /// Brings the blobs that the copied database refers to, once its keyring fits.
    async fn copy_blobs(&self, staging: &Path) -> Result<(), StoreError> {
        let copy = Self::open(staging, OpenMode::Read).await?;
        let names = async {
            copy.keys_fit(staging).await?;
            copy.named_blobs().await
        }
        .await;
        copy.backend.close().await;
        self.bring_blobs(&names?, staging).await
    }
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

/// The same with a list of people who were destroyed since the backup (the file [`crate::SHREDDED_FILE`] of the directory that
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

/// Verifies a backup where it lies, as [`restore`] would, and writes nothing beside it.
///
/// # Errors
/// As [`restore`].
pub async fn verify_backup(
    source: &Path,
    keys: &[VerifierKey],
) -> Result<VerifyReport, StoreError> {
    let manifest = Manifest::read(source)?;
    let copy = SqliteStore::open(source, OpenMode::Read).await?;
    let checked = copy.matches(&manifest, keys).await;
    copy.backend.close().await;
    checked
}

async fn restore_without(
    source: &Path,
    target: &Path,
    keys: &[VerifierKey],
    destroyed: List,
) -> Result<VerifyReport, StoreError> {
    let manifest = Manifest::read(source)?;
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
    let from = source.join(DATABASE_FILE);
    if !from.exists() {
        return Err(StoreError::corrupt(
            "the backup",
            format!("{} is missing", from.display()),
        ));
    }
    copy_synced(&from, &staging.join(DATABASE_FILE))?;
    copy_files_of(source, staging)?;
    let copy = SqliteStore::open(staging, OpenMode::Read).await?;
    let checked = async {
        copy_blobs_of(source, &copy.named_blobs().await?, staging)?;
        copy.matches(manifest, keys).await
    }
    .await;
    copy.backend.close().await;
    checked
}
