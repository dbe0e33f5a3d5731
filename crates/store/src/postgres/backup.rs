//! Copies of a data directory whose rows are in PostgreSQL: the database's own programs dump it and put it back, which whoever
//! calls this does; here is what comes before and after, and the check before a copy counts.

use super::PostgresStore;
use crate::copies::{self, Manifest, copy_blobs_of, copy_files_of, staging};
use crate::error::StoreError;
use crate::shredded;
use crate::sql::{Backend as _, OpenMode};
use crate::traits::EventLog as _;
use crate::types::VerifyReport;
use aftercare_ledger::VerifierKey;
use aftercare_vault::RowKey;
use std::path::Path;

/// The database in a backup, as `pg_dump --format=custom` writes it.
pub const POSTGRES_FILE: &str = "aftercare.pgdump";
/// Lets a connection see the rows of all tenants, as an option of a connection: for the programs that copy the database.
pub const POSTGRES_SEES_ALL: &str = "-c aftercare.tenant=*";

impl PostgresStore {
    /// Copies what has to come before the dump.
    ///
    /// # Errors
    /// What the file system says.
    pub fn copy_before(&self, staging: &Path) -> Result<(), StoreError> {
        copies::copy_before(&self.directory, staging)
    }

    /// Copies what has to come after the dump.
    ///
    /// # Errors
    /// What the file system says.
    pub fn copy_after(&self, staging: &Path) -> Result<(), StoreError> {
        copies::copy_after(&self.directory, staging)
    }

    /// Completes a copy whose dump was put into the database of that URL: brings its blobs, verifies all of it, and says what it is.
    /// The count of the rows beside the log says that the dump lacks none, whomever the role that made it sees.
    ///
    /// # Errors
    /// What the copy or its check says.
    pub async fn complete_copy(
        &self,
        staging: &Path,
        url: &str,
        keys: &[VerifierKey],
        rows: &RowKey,
    ) -> Result<Manifest, StoreError> {
        let copy = Self::open(staging, url, OpenMode::Read).await?;
        let completed = async {
            copy.keys_fit(staging).await?;
            self.bring_blobs(&copy.named_blobs().await?, staging)
                .await?;
            copy.verify_rows(rows).await?;
            copy.complete(staging, keys).await
        }
        .await;
        copy.backend.close().await;
        completed
    }
}

/// The same as [`crate::verify_backup`], of a backup whose dump was put into the database of that URL.
///
/// # Errors
/// As there, and [`StoreError::Database`] when the server does not answer.
pub async fn verify_postgres_backup(
    source: &Path,
    url: &str,
    keys: &[VerifierKey],
) -> Result<VerifyReport, StoreError> {
    let manifest = Manifest::read(source)?;
    let copy = PostgresStore::open(source, url, OpenMode::Read).await?;
    let checked = copy.matches(&manifest, keys).await;
    copy.backend.close().await;
    checked
}

/// The same as [`crate::restore`] and, with a list, [`crate::restore_shredding`], of a backup whose dump was put into the database
/// of that URL.
///
/// # Errors
/// As there, and [`StoreError::Database`] when the server does not answer.
pub async fn restore_postgres(
    source: &Path,
    target: &Path,
    url: &str,
    keys: &[VerifierKey],
    list: Option<&Path>,
) -> Result<VerifyReport, StoreError> {
    let destroyed = list.map(shredded::read_named).transpose()?;
    let manifest = Manifest::read(source)?;
    let staging = staging(target)?;
    copy_files_of(source, staging.path())?;
    let copy = PostgresStore::open(staging.path(), url, OpenMode::Read).await?;
    let checked = async {
        copy_blobs_of(source, &copy.named_blobs().await?, staging.path())?;
        copy.matches(&manifest, keys).await
    }
    .await;
    copy.backend.close().await;
    let report = checked?;
    shredded::merge(staging.path(), destroyed.unwrap_or_default())?;
    staging.place()?;
    Ok(report)
}
