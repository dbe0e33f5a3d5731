//! The store on SQLite: one file in the data directory, which one process owns.

pub(crate) mod backup;

use crate::blobs::BlobDirectory;
use crate::directory::{BLOB_FOLDER, DATABASE_FILE, Owner, create_private, make_private};
use crate::error::StoreError;
use crate::limits::{READERS, ROWS_AHEAD, SQLITE_VERSION_MIN};
use crate::sql::writer::Writer;
use crate::sql::{self, Backend, Fields, Link, OpenMode, Sees, SqlStore};
use crate::types::RowsReport;
use crate::value::Value;
use aftercare_domain::AuditEvent;
use aftercare_vault::RowKey;
use aftercare_vault::files::sync_folder;
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteRow, SqliteSynchronous,
};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Row as _, SqliteConnection, TypeInfo as _, ValueRef as _,
};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::OnceCell;

/// The store on SQLite.
pub type SqliteStore = SqlStore<Sqlite>;

/// The database file of a data directory.
#[derive(Clone)]
pub struct Sqlite {
    readers: SqlitePool,
    path: PathBuf,
}

/// How long a connection waits for another one's lock.
const BUSY_WAIT_MAX: Duration = Duration::from_secs(10);

pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_WAIT_MAX)
        .foreign_keys(true)
        // What was deleted is overwritten: a shredded key must not lie in a free page.
        .pragma("secure_delete", "ON")
        .disable_statement_logging()
}

impl Sqlite {
    fn new(path: PathBuf) -> Self {
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(options(&path).read_only(true));
        Self { readers, path }
    }
}

#[async_trait]
impl Backend for Sqlite {
    type Link = SqliteConnection;
    type Pooled = PoolConnection<sqlx::Sqlite>;
    const NAME: &'static str = "SqliteStore";
    const SHARED: bool = false;

    /// Here whoever has the file has all of it: only statements keep tenants apart.
    async fn reader(&self, _: Sees) -> Result<Self::Pooled, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    async fn scanner(&self) -> Result<SqliteConnection, StoreError> {
        Ok(options(&self.path)
            .read_only(true)
            .row_buffer_size(ROWS_AHEAD)
            .connect()
            .await?)
    }

    async fn writer(&self) -> Result<SqliteConnection, StoreError> {
        Ok(options(&self.path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .connect()
            .await?)
    }

    async fn close(&self) {
        self.readers.close().await;
    }
}

#[async_trait]
impl Link for SqliteConnection {
    type Row = SqliteRow;
    /// The one writer is the only one who takes jobs.
    const SKIP_LOCKED: &'static str = "";

    async fn begin(&mut self) -> Result<(), StoreError> {
        self.run("BEGIN IMMEDIATE", Vec::new()).await.map(|_| ())
    }

    async fn snapshot(&mut self) -> Result<(), StoreError> {
        self.run("BEGIN", Vec::new()).await.map(|_| ())
    }

    async fn run(
        &mut self,
        sql: impl Into<String> + Send,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        let done = statement(sql.into(), values).execute(self).await?;
        Ok(done.rows_affected())
    }

    async fn read(
        &mut self,
        sql: impl Into<String> + Send,
        values: Vec<Value>,
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        let rows = statement(sql.into(), values).fetch_all(self).await?;
        rows.iter().map(Fields::values).collect()
    }

    fn scan(&mut self, sql: String) -> BoxStream<'_, Result<SqliteRow, sqlx::Error>> {
        sqlx::query(AssertSqlSafe(sql)).fetch(self)
    }

    async fn forget(&mut self) -> Result<bool, StoreError> {
        // Readers are not waited for: they may go on for minutes, and nobody could write meanwhile.
        self.read("PRAGMA busy_timeout = 0", Vec::new()).await?;
        let busy = self
            .read("PRAGMA wal_checkpoint(TRUNCATE)", Vec::new())
            .await;
        let again = format!("PRAGMA busy_timeout = {}", BUSY_WAIT_MAX.as_millis());
        self.read(again, Vec::new()).await?;
        Ok(matches!(sql::first(busy?), Value::Int(0)))
    }

    async fn check_structure(&mut self) -> Result<(), StoreError> {
        // Every page, every index against its table, every constraint.
        let found = self.read("PRAGMA integrity_check(1)", Vec::new()).await?;
        if let Value::Text(words) = sql::first(found)
            && words != "ok"
        {
            return Err(StoreError::corrupt("the database file", words));
        }
        // One that was taken away or altered guards nothing.
        for (part, expected) in PARTS.into_iter().zip(defined().await?) {
            let found = self
                .read(DEFINED, vec![Value::Text(part.to_owned())])
                .await?;
            let differs = expected
                .iter()
                .find(|row| !found.contains(row))
                .or_else(|| found.iter().find(|row| !expected.contains(row)));
            if let Some(row) = differs {
                let name = match row.first() {
                    Some(Value::Text(name)) => name.as_str(),
                    _ => "-",
                };
                return Err(StoreError::corrupt(
                    format!("the {part} {name}"),
                    "it is not defined as this version defines it",
                ));
            }
        }
        Ok(())
    }

    async fn close(self) {
        let _ = sqlx::Connection::close(self).await;
    }
}

/// What a database defines.
const PARTS: [&str; 4] = ["table", "index", "trigger", "migration"];
const DEFINED: &str = "SELECT name, coalesce(sql, '') FROM sqlite_schema WHERE type = $1 AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_sqlx_%' UNION ALL SELECT description, version || hex(checksum) FROM _sqlx_migrations WHERE $1 = 'migration' ORDER BY 1";

/// Tables, indexes, triggers and migrations as this version makes them, in the order of [`PARTS`]; made once.
async fn defined() -> Result<&'static [Vec<Vec<Value>>], StoreError> {
    static MADE: OnceCell<Vec<Vec<Vec<Value>>>> = OnceCell::const_new();
    let made = MADE.get_or_try_init(|| async {
        let mut fresh = SqliteConnectOptions::new()
            .in_memory(true)
            .connect()
            .await?;
        sqlx::migrate!("migrations/sqlite")
            .run_direct(None, &mut fresh, false)
            .await?;
        let mut made = Vec::with_capacity(PARTS.len());
        for part in PARTS {
            made.push(
                fresh
                    .read(DEFINED, vec![Value::Text(part.to_owned())])
                    .await?,
            );
        }
        Link::close(fresh).await;
        Ok::<_, StoreError>(made)
    });
    Ok(made.await?.as_slice())
}

/// A statement with its values bound.
fn statement(
    sql: String,
    values: Vec<Value>,
) -> sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments> {
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in values {
        query = match value {
            Value::Null => query.bind(None::<i64>),
            Value::Int(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
            Value::Blob(bytes) => query.bind(bytes),
        };
    }
    query
}

impl Fields for SqliteRow {
    fn number(&self, column: usize) -> Result<i64, StoreError> {
        Ok(self.try_get_unchecked(column)?)
    }

    fn text(&self, column: usize) -> Result<&str, StoreError> {
        Ok(self.try_get_unchecked(column)?)
    }

    fn bytes(&self, column: usize) -> Result<&[u8], StoreError> {
        Ok(self.try_get_unchecked(column)?)
    }

    fn values(&self) -> Result<Vec<Value>, StoreError> {
        (0..self.len())
            .map(|column| {
                let raw = self.try_get_raw(column)?;
                if raw.is_null() {
                    return Ok(Value::Null);
                }
                Ok(match raw.type_info().name() {
                    "INTEGER" | "BOOLEAN" => Value::Int(self.try_get_unchecked(column)?),
                    "TEXT" => Value::Text(self.try_get_unchecked(column)?),
                    "BLOB" => Value::Blob(self.try_get_unchecked(column)?),
                    other => {
                        return Err(StoreError::corrupt("a column", format!("it holds {other}")));
                    }
                })
            })
            .collect()
    }
}

impl SqlStore<Sqlite> {
    /// Opens a data directory.
    ///
    /// # Errors
    /// [`StoreError::Directory`] when it is not there or not empty as the mode needs,
    /// [`StoreError::Owned`] when another process owns it, [`StoreError::TooOld`],
    /// [`StoreError::Corrupt`] when the log is shorter than the size kept beside it.
    pub async fn open(directory: &Path, mode: OpenMode<'_>) -> Result<Self, StoreError> {
        let database = directory.join(DATABASE_FILE);
        if matches!(mode, OpenMode::Create(_)) {
            create_private(directory)?;
        } else if !database.exists() {
            return Err(StoreError::Directory(format!(
                "{} holds no Aftercare data (there is no {DATABASE_FILE}): check the path, or make it with `aftercare serve --data` or `restore`",
                directory.display()
            )));
        }
        let writer = match mode {
            OpenMode::Read => None,
            OpenMode::Create(key) | OpenMode::Write(key) | OpenMode::Alone(key) => {
                Some(open_writer(directory, key).await?)
            }
        };
        let backend = Sqlite::new(database);
        // What cannot be read is said now, not at the first question.
        backend.reader(Sees::Upkeep).await?;
        Ok(Self::new(backend, directory, writer))
    }
}

impl SqlStore<Sqlite> {
    /// Makes the tally of the rows again, where it was lost or damaged so that the directory does not open for writing: every
    /// row must have the checksum that was written with it. `act` is appended to the log in the same transaction.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first thing that is not as it was written, [`StoreError::Owned`], and
    /// [`StoreError::Directory`] where the tally is sound.
    pub async fn reseal_rows(
        directory: &Path,
        key: &RowKey,
        act: AuditEvent,
    ) -> Result<RowsReport, StoreError> {
        let database = directory.join(DATABASE_FILE);
        if !database.exists() {
            return Err(StoreError::Directory(format!(
                "{} holds no Aftercare data (there is no {DATABASE_FILE}): check the path",
                directory.display()
            )));
        }
        let owner = Owner::take(directory)?;
        let mut link = Sqlite::new(database).writer().await?;
        check_version(&mut link).await?;
        let done = sql::reseal(&mut link, directory, key, act).await;
        Link::close(link).await;
        drop(owner);
        done
    }
}

/// Takes a directory and makes its writer, which is not at work yet.
pub(crate) async fn open_writer(
    directory: &Path,
    key: &RowKey,
) -> Result<Writer<Sqlite>, StoreError> {
    let owner = Owner::take(directory)?;
    let database = directory.join(DATABASE_FILE);
    make_private(&database)?;
    let backend = Sqlite::new(database);
    let mut link = backend.writer().await?;
    check_version(&mut link).await?;
    sqlx::migrate!("migrations/sqlite")
        .run_direct(None, &mut link, false)
        .await?;
    let blobs = directory.join(BLOB_FOLDER);
    if !blobs.is_dir() {
        std::fs::create_dir_all(&blobs)?;
        sync_folder(directory)?;
    }
    BlobDirectory::new(blobs).sweep_parts()?;
    sql::writer(backend, link, directory, owner, key).await
}

pub(crate) async fn check_version(link: &mut SqliteConnection) -> Result<(), StoreError> {
    let found = match sql::first(link.read("SELECT sqlite_version()", Vec::new()).await?) {
        Value::Text(text) => text,
        _ => String::new(),
    };
    let parts = |text: &str| -> Vec<u32> {
        text.split('.')
            .map(|part| part.parse().unwrap_or(0))
            .collect()
    };
    if parts(&found) < parts(SQLITE_VERSION_MIN) {
        return Err(StoreError::TooOld {
            what: "SQLite",
            found,
            needed: SQLITE_VERSION_MIN,
        });
    }
    Ok(())
}
