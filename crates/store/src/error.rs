//! What can go wrong in the store, with what was wrong, where, and what to do.

use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

/// An error of the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else appended to the stream first: load, decide and append again.
    #[error("the stream is at version {found}, not {expected}: load it again and decide again")]
    Conflict {
        /// The version the command was decided on.
        expected: u64,
        /// The version that stands.
        found: u64,
    },
    /// The idempotency key was used with another body.
    #[error("this idempotency key was used for another request")]
    IdempotencyMismatch,
    /// Another process owns the database.
    #[error(
        "process {pid} has this data directory open for writing: stop it first, or use its API"
    )]
    Owned {
        /// That process.
        pid: u32,
    },
    /// No room on the disk. Nothing was written; what was acknowledged is safe.
    #[error("the disk is full: nothing of this was saved; free some room and try again")]
    Full,
    /// Stored bytes are not what was written.
    #[error("{what} is damaged: {at}")]
    Corrupt {
        /// Which thing.
        what: String,
        /// Where, and what is wrong with it.
        at: String,
    },
    /// A key was wrapped under a key encryption key that is no longer used: take up the keyring and wrap it again.
    #[error(
        "a key was wrapped under a key encryption key that was replaced: this process has an old keyring"
    )]
    StaleKey,
    /// The order line has not that much left to refund: load what is left and decide again.
    #[error("that order line has not that much left to refund: load it again and decide again")]
    NotLeft,
    /// There is no such row.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A code or number that must be unique is there already.
    #[error("{0} is there already")]
    Unique(String),
    /// A one-time thing was used already.
    #[error("this was used already")]
    Used,
    /// The database is too old to be safe.
    #[error("{what} {found} is too old: {needed} or newer is needed, older ones can lose commits")]
    TooOld {
        /// Which database.
        what: &'static str,
        /// The version that is there.
        found: String,
        /// The version that is needed.
        needed: &'static str,
    },
    /// The directory is not what was expected.
    #[error("{0}")]
    Directory(String),
    /// The database server cannot be used as it is.
    #[error("{0}")]
    Database(String),
    /// The database does not answer: it is being started, or the connection broke. Whether what was asked was done is not
    /// known; asked again with the same idempotency key, it is done once.
    #[error("the database does not answer: {0}")]
    Unreachable(String),
    /// Anything else the database or the file system says.
    #[error("{0}")]
    Other(String),
}

impl StoreError {
    /// Damage, with where and what.
    pub fn corrupt(what: impl Into<String>, at: impl Into<String>) -> Self {
        Self::Corrupt {
            what: what.into(),
            at: at.into(),
        }
    }
}

/// SQLite's primary result code for a full disk or database.
const SQLITE_FULL: &str = "13";
/// Primary codes of a file that is no sound database; extended codes keep them in the low byte.
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_NOTADB: u32 = 26;
/// Extended code: the shared-memory file of the write-ahead log could not grow, which is a full disk.
const SQLITE_IOERR_SHMSIZE: &str = "4874";
/// Extended code: a unique index refused the row.
const SQLITE_CONSTRAINT_UNIQUE: &str = "2067";
/// Extended code: the primary key refused the row.
const SQLITE_CONSTRAINT_PRIMARYKEY: &str = "1555";

/// PostgreSQL's code for a unique index that refused the row.
const POSTGRES_UNIQUE: &str = "23505";
/// PostgreSQL's code for a full disk.
const POSTGRES_DISK_FULL: &str = "53100";
/// PostgreSQL's classes and codes for a connection that broke and for a server that goes down or comes up.
const POSTGRES_CONNECTION: &str = "08";
const POSTGRES_DOWN: [&str; 3] = ["57P01", "57P02", "57P03"];
/// PostgreSQL's codes for damaged tables and indexes.
const POSTGRES_DAMAGED: [&str; 2] = ["XX001", "XX002"];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(inner) = &error {
            let known = if inner.try_downcast_ref::<SqliteError>().is_some() {
                of_sqlite(inner.as_ref())
            } else {
                of_postgres(inner.as_ref())
            };
            if let Some(known) = known {
                return known;
            }
        }
        let text = error.to_string();
        if matches!(
            error,
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Tls(_)
        ) && !text.contains("No space left")
        {
            return Self::Unreachable(text);
        }
        if text.contains("disk is full") || text.contains("No space left") {
            Self::Full
        } else {
            Self::Other(text)
        }
    }
}

fn of_sqlite(error: &dyn DatabaseError) -> Option<StoreError> {
    let code = error.code()?;
    match code.as_ref() {
        SQLITE_FULL | SQLITE_IOERR_SHMSIZE => return Some(StoreError::Full),
        SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY => {
            return Some(StoreError::Unique(error.message().to_owned()));
        }
        _ => {}
    }
    let primary = code.parse::<u32>().ok()? & 0xff;
    matches!(primary, SQLITE_CORRUPT | SQLITE_NOTADB).then(|| {
        StoreError::corrupt(
            "the database file",
            format!("{}: restore the latest backup", error.message()),
        )
    })
}

fn of_postgres(error: &dyn DatabaseError) -> Option<StoreError> {
    match error.code()?.as_ref() {
        POSTGRES_DISK_FULL => Some(StoreError::Full),
        code if code.starts_with(POSTGRES_CONNECTION) || POSTGRES_DOWN.contains(&code) => {
            Some(StoreError::Unreachable(error.message().to_owned()))
        }
        POSTGRES_UNIQUE => Some(StoreError::Unique(error.message().to_owned())),
        code if POSTGRES_DAMAGED.contains(&code) => Some(StoreError::corrupt(
            "the database",
            format!("{}: restore the latest backup", error.message()),
        )),
        _ => None,
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Other(format!("migrating the database: {error}"))
    }
}
