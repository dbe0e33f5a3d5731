//! The store on SQLite: one writer that commits many units in one durable sync, a few readers.

pub(crate) mod backup;
mod dump;
mod jobs;
mod log;
mod projections;
mod sql;
mod tables;
mod verify;
mod writer;

use crate::blobs::BlobDirectory;
use crate::directory::{BLOB_FOLDER, DATABASE_FILE, LogSize, Owner};
use crate::error::StoreError;
use crate::limits::{READERS, ROWS_AHEAD, SQLITE_VERSION_MIN, UNITS_QUEUED_MAX};
use crate::types::Head;
use crate::value::{Column as _, Value};
use aftercare_ledger::{Frontier, Hash};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use writer::{Request, Writer};

/// How a data directory is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// Make it, if it is not there, and own it.
    Create,
    /// It is there; own it.
    Write,
    /// It is there, and somebody else may own it.
    Read,
}

/// The store of one data directory.
#[derive(Clone)]
pub struct SqliteStore {
    readers: SqlitePool,
    writer: Option<mpsc::Sender<Request>>,
    blobs: Arc<BlobDirectory>,
    directory: PathBuf,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SqliteStore({})", self.directory.display())
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_secs(10))
        .foreign_keys(true)
        // What was deleted is overwritten: a shredded key must not lie in a free page.
        .pragma("secure_delete", "ON")
        .disable_statement_logging()
}

impl SqliteStore {
    /// Opens a data directory.
    ///
    /// # Errors
    /// [`StoreError::Directory`] when it is not there or not empty as the mode needs,
    /// [`StoreError::Owned`] when another process owns it, [`StoreError::TooOld`],
    /// [`StoreError::Corrupt`] when the log is shorter than the size kept beside it.
    pub async fn open(directory: &Path, mode: OpenMode) -> Result<Self, StoreError> {
        let database = directory.join(DATABASE_FILE);
        if mode == OpenMode::Create {
            create_private(directory)?;
        } else if !database.exists() {
            return Err(StoreError::Directory(format!(
                "{} holds no Aftercare data (there is no {DATABASE_FILE}): check the path, or make it with `aftercare serve --data` or `restore`",
                directory.display()
            )));
        }
        let blobs = Arc::new(BlobDirectory::new(directory.join(BLOB_FOLDER)));
        let writer = if mode == OpenMode::Read {
            None
        } else {
            let writer = open_writer(directory).await?;
            std::fs::create_dir_all(directory.join(BLOB_FOLDER))?;
            blobs.sweep_parts()?;
            let (sender, receiver) = mpsc::channel(UNITS_QUEUED_MAX);
            tokio::spawn(writer.work(receiver));
            Some(sender)
        };
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options(&database).read_only(true))
            .await?;
        Ok(Self {
            readers,
            writer,
            blobs,
            directory: directory.to_owned(),
        })
    }

    /// The data directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Which migrations the database has: number and name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn migrations(&self) -> Result<Vec<(i64, String)>, StoreError> {
        sql::read(
            &self.readers,
            "SELECT version, description FROM _sqlx_migrations ORDER BY version",
            Vec::new(),
        )
        .await?
        .into_iter()
        .map(|row| {
            let mut row = row.into_iter();
            Ok((
                i64::from_value(row.next().unwrap_or(Value::Null))?,
                String::from_value(row.next().unwrap_or(Value::Null))?,
            ))
        })
        .collect()
    }

    /// Waits until everything asked for is written, and lets go of the directory.
    pub async fn close(self) {
        // Readers first: the last connection to close is the writer's, which folds the write-ahead
        // log back into the database.
        self.readers.close().await;
        if let Some(writer) = &self.writer {
            let (done, wait) = oneshot::channel();
            if writer.send(Request::Stop(done)).await.is_ok() {
                let _ = wait.await;
            }
        }
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Request,
    ) -> Result<T, StoreError> {
        let writer = self.writer.as_ref().ok_or_else(|| {
            StoreError::Directory("this data directory was opened for reading only".to_owned())
        })?;
        let (reply, answer) = oneshot::channel();
        writer
            .send(request(reply))
            .await
            .map_err(|_| StoreError::Other("the writer has stopped".to_owned()))?;
        answer
            .await
            .map_err(|_| StoreError::Other("the writer stopped before it answered".to_owned()))?
    }
}

/// Makes a directory that only its owner may enter.
fn create_private(directory: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder
        .create(directory)
        .map_err(|error| StoreError::Directory(format!("{}: {error}", directory.display())))
}

/// Takes a directory and makes its writer, which is not at work yet.
async fn open_writer(directory: &Path) -> Result<Writer, StoreError> {
    let owner = Owner::take(directory)?;
    let mut connection = options(&directory.join(DATABASE_FILE))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await?;
    check_version(&mut connection).await?;
    sqlx::migrate!("migrations/sqlite")
        .run_direct(None, &mut connection, false)
        .await?;
    let frontier = load_frontier(&mut connection).await?;
    check_size(directory, &mut connection, &frontier).await?;
    Ok(Writer::new(
        connection,
        frontier,
        directory.to_owned(),
        owner,
    ))
}

async fn check_version(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let rows = sql::read(&mut *connection, "SELECT sqlite_version()", Vec::new()).await?;
    let found = match rows.into_iter().flatten().next() {
        Some(Value::Text(text)) => text,
        _ => String::new(),
    };
    let parts = |text: &str| -> Vec<u32> {
        text.split('.')
            .map(|part| part.parse().unwrap_or(0))
            .collect()
    };
    if parts(&found) < parts(SQLITE_VERSION_MIN) {
        return Err(StoreError::TooOld {
            found,
            needed: SQLITE_VERSION_MIN,
        });
    }
    Ok(())
}

/// The right edge of the tree, from the hashes of its complete subtrees.
async fn load_frontier(connection: &mut SqliteConnection) -> Result<Frontier, StoreError> {
    let size = log_length(connection).await?;
    let wanted = aftercare_ledger::root_nodes(size).map_err(tree_error)?;
    let mut nodes = Vec::with_capacity(wanted.len());
    for (level, index) in wanted {
        let hash = sql::read(
            &mut *connection,
            "SELECT hash FROM ledger_nodes WHERE level = $1 AND idx = $2",
            vec![Value::Int(i64::from(level)), index.to_value()],
        )
        .await?
        .into_iter()
        .flatten()
        .next()
        .ok_or_else(|| {
            StoreError::corrupt(
                "the tree of the log",
                format!("node {index} of level {level} is missing"),
            )
        })?;
        nodes.push(Hash(<[u8; 32]>::from_value(hash)?));
    }
    Frontier::from_parts(size, nodes).map_err(tree_error)
}

async fn log_length(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let row = sql::read(
        connection,
        "SELECT count(*), coalesce(max(seq), 0) FROM events",
        Vec::new(),
    )
    .await?
    .into_iter()
    .next()
    .unwrap_or_default();
    let mut row = row.into_iter();
    let count = u64::from_value(row.next().unwrap_or(Value::Null))?;
    let last = u64::from_value(row.next().unwrap_or(Value::Null))?;
    if count != last {
        return Err(StoreError::corrupt(
            "the log",
            format!("it has {count} events but the last one has number {last}: some are missing"),
        ));
    }
    Ok(count)
}

/// The database may have grown since the size was written beside it, but never shrunk, and what was
/// there must still be there.
async fn check_size(
    directory: &Path,
    connection: &mut SqliteConnection,
    frontier: &Frontier,
) -> Result<(), StoreError> {
    let Some(kept) = LogSize::read(directory)? else {
        return Ok(());
    };
    if frontier.size() < kept.size {
        return Err(shortened(kept.size, frontier.size()));
    }
    let nodes = log::nodes(
        connection,
        &aftercare_ledger::root_nodes(kept.size).map_err(tree_error)?,
    )
    .await?;
    let root = aftercare_ledger::root_at(&nodes, kept.size).map_err(tree_error)?;
    if root.0 != kept.root {
        return Err(StoreError::corrupt(
            "the log",
            format!(
                "its first {} events are not the ones that were acknowledged: their root differs from the one kept in log-size",
                kept.size
            ),
        ));
    }
    Ok(())
}

pub(super) fn shortened(kept: u64, found: u64) -> StoreError {
    StoreError::corrupt(
        "the log",
        format!(
            "it was shortened: {kept} events were acknowledged, the database has {found}. Do not write to it; restore the latest backup, or bring back the database file and its -wal file together"
        ),
    )
}

pub(super) fn tree_error(error: aftercare_ledger::LedgerError) -> StoreError {
    StoreError::corrupt("the tree of the log", error.to_string())
}

pub(super) fn head_of(frontier: &Frontier) -> Head {
    Head {
        size: frontier.size(),
        root: frontier.root().0,
    }
}

/// Opens one connection for reading, outside the pool: long scans do not block short reads.
async fn scan_connection(directory: &Path) -> Result<SqliteConnection, StoreError> {
    let connection = options(&directory.join(DATABASE_FILE))
        .read_only(true)
        .row_buffer_size(ROWS_AHEAD)
        .connect()
        .await?;
    Ok(connection)
}

/// Closes a scan's connection; its errors do not matter any more.
async fn close_scan(connection: SqliteConnection) {
    let _ = connection.close().await;
}
