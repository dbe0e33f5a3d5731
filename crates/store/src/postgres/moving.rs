//! Moving a data directory from SQLite to PostgreSQL: everything is copied in one transaction and verified there before it
//! counts, and what was moved stays beside it under another name.

use super::{PgLink, Postgres, check_server, migrate};
use crate::directory::{DATABASE_FILE, LogSize};
use crate::error::StoreError;
use crate::limits::{POSTGRES_ANSWER_MAX, VALUES_PER_INSERT};
use crate::sql::statements::names;
use crate::sql::{
    Backend as _, CHECKSUM, Fields as _, Link, OpenMode, TALLY_TABLE, dump_hash, first,
    verify_link, verify_rows,
};
use crate::sqlite::SqliteStore;
use crate::traits::{EventLog as _, Upkeep as _};
use crate::types::VerifyReport;
use crate::value::{Column as _, Value};
use aftercare_ledger::VerifierKey;
use aftercare_vault::RowKey;
use aftercare_vault::files::sync_folder;
use futures_util::TryStreamExt as _;
use sqlx::SqliteConnection;
use std::path::Path;

/// What the moved database is called from then on.
const MOVED_FILE: &str = "aftercare.sqlite.moved";
/// Tables that others refer to: their rows come first, in this order.
const REFERRED_TO: [&str; 4] = ["tenants", "users", "products", "orders"];

/// Moves everything from the SQLite database of a directory, which nobody else may have open, to an empty PostgreSQL
/// database. Blobs, keyring and the size of the log stay where they are.
///
/// # Errors
/// [`StoreError::Directory`] when there is no SQLite database; [`StoreError::Database`] when the other one cannot be used or
/// is not empty; [`StoreError::Corrupt`] when the log does not verify, before or after. Nothing was moved then.
pub async fn move_to_postgres(
    directory: &Path,
    url: &str,
    keys: &[VerifierKey],
    rows: &RowKey,
) -> Result<VerifyReport, StoreError> {
    let moved = directory.join(MOVED_FILE);
    if moved.exists() {
        return Err(StoreError::Directory(format!(
            "{} is there already: this directory was moved before",
            moved.display()
        )));
    }
    let source = SqliteStore::open(directory, OpenMode::Write(rows)).await?;
    let report = copied(&source, url, keys, rows).await;
    source.close().await;
    let report = report?;
    std::fs::rename(directory.join(DATABASE_FILE), moved)?;
    sync_folder(directory)?;
    Ok(report)
}

async fn copied(
    source: &SqliteStore,
    url: &str,
    keys: &[VerifierKey],
    rows: &RowKey,
) -> Result<VerifyReport, StoreError> {
    let expected = (
        source.verify_log(keys).await?,
        source.verify_rows(rows).await?.rows,
        source.dump_hash().await?,
    );
    let backend = Postgres::new(url, POSTGRES_ANSWER_MAX)?;
    let mut to = backend.writer().await?;
    check_server(&mut to).await?;
    migrate(&mut to).await?;
    to.begin().await?;
    let mut from = source.backend.scanner().await?;
    let copied = async {
        for table in ["events", "tenants"] {
            let rows = to
                .read(format!("SELECT count(*) FROM {table}"), Vec::new())
                .await?;
            if first(rows) != Value::Int(0) {
                return Err(StoreError::Database(
                    "this PostgreSQL database is not empty: make a new one, nothing is ever overwritten"
                        .to_owned(),
                ));
            }
        }
        // Whoever only made the tables left a tally of nothing.
        to.run(format!("DELETE FROM {TALLY_TABLE}"), Vec::new())
            .await?;
        from.snapshot().await?;
        let rest = SqliteStore::dumped_tables()
            .into_iter()
            .filter(|table| !REFERRED_TO.contains(table));
        for table in REFERRED_TO.into_iter().chain(rest).chain([TALLY_TABLE]) {
            copy(&mut from, &mut to, table).await?;
        }
        let kept = LogSize::read(source.directory())?;
        let found = (
            verify_link(&mut to, kept, keys).await?,
            verify_rows(&mut to, rows).await?.rows,
            dump_hash(&mut to).await?,
        );
        if found != expected {
            return Err(StoreError::corrupt(
                "the copy",
                "it is not what was copied: its dump differs",
            ));
        }
        to.run("COMMIT", Vec::new()).await?;
        Ok(found.0)
    }
    .await;
    Link::close(from).await;
    // Without a commit the server forgets it all.
    Link::close(to).await;
    copied
}

/// Copies the rows of a table, in the order of its key.
async fn copy(from: &mut SqliteConnection, to: &mut PgLink, table: &str) -> Result<(), StoreError> {
    let columns = to
        .read(
            "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
            vec![Value::Text(table.to_owned())],
        )
        .await?
        .into_iter()
        .flatten()
        .map(String::from_value)
        .collect::<Result<Vec<_>, _>>()?;
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let list = names(&columns);
    let first = columns.iter().find(|column| **column != CHECKSUM);
    let mut rows = from.scan(format!(
        "SELECT {list} FROM {table} ORDER BY {}",
        names(first.map(std::slice::from_ref).unwrap_or_default())
    ));
    let mut waiting = Vec::new();
    while let Some(row) = rows.try_next().await? {
        waiting.extend(row.values()?);
        if waiting.len() + columns.len() > VALUES_PER_INSERT {
            insert(to, table, &columns, std::mem::take(&mut waiting)).await?;
        }
    }
    if !waiting.is_empty() {
        insert(to, table, &columns, waiting).await?;
    }
    Ok(())
}

async fn insert(
    to: &mut PgLink,
    table: &str,
    columns: &[&str],
    values: Vec<Value>,
) -> Result<(), StoreError> {
    let rows = (0..values.len() / columns.len())
        .map(|row| {
            let places: Vec<_> = (1..=columns.len())
                .map(|column| format!("${}", row * columns.len() + column))
                .collect();
            format!("({})", places.join(", "))
        })
        .collect::<Vec<_>>()
        .join(", ");
    let list = names(columns);
    to.run(
        format!("INSERT INTO {table} ({list}) VALUES {rows}"),
        values,
    )
    .await?;
    Ok(())
}
