//! What the operator of an exchange keeps: the entries of its list, in a database of its own beside no case and no person.

use crate::directory::{Owner, create_private, make_private};
use crate::error::StoreError;
use crate::sqlite::{check_version, options};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Row as _, SqliteConnection};
use std::path::Path;
use tokio::sync::Mutex;

/// The database of an exchange.
pub const EXCHANGE_FILE: &str = "exchange.sqlite";

/// The entries of an exchange's list, and how often somebody asked. One process owns a directory for writing.
pub struct ExchangeJournal {
    link: Mutex<SqliteConnection>,
    _owner: Option<Owner>,
}

impl ExchangeJournal {
    /// Opens a directory for writing; makes it, if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Directory`], [`StoreError::Owned`] by another process, [`StoreError::TooOld`], and what the database
    /// says.
    pub async fn open(directory: &Path) -> Result<Self, StoreError> {
        create_private(directory)?;
        let owner = Owner::take(directory)?;
        let path = directory.join(EXCHANGE_FILE);
        make_private(&path)?;
        let mut link = options(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .connect()
            .await?;
        check_version(&mut link).await?;
        sqlx::migrate!("migrations/exchange")
            .run_direct(None, &mut link, false)
            .await?;
        Ok(Self {
            link: Mutex::new(link),
            _owner: Some(owner),
        })
    }

    /// Opens a directory for reading, also beside the process that writes.
    ///
    /// # Errors
    /// [`StoreError::Directory`] when there is none, and what the database says.
    pub async fn read(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join(EXCHANGE_FILE);
        if !path.exists() {
            return Err(StoreError::Directory(format!(
                "{} holds no exchange (there is no {EXCHANGE_FILE}): check the path",
                directory.display()
            )));
        }
        let link = options(&path).read_only(true).connect().await?;
        Ok(Self {
            link: Mutex::new(link),
            _owner: None,
        })
    }

    /// All entries, in their order.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when one is missing in between.
    pub async fn entries(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT place, entry FROM entries ORDER BY place")
            .fetch_all(&mut *self.link.lock().await)
            .await?;
        rows.iter()
            .zip(0_i64..)
            .map(|(row, wanted)| {
                let place: i64 = row.try_get(0)?;
                if place != wanted {
                    return Err(StoreError::corrupt(
                        "the list of the exchange",
                        format!("entry {wanted} is missing"),
                    ));
                }
                Ok::<_, StoreError>(row.try_get(1)?)
            })
            .collect()
    }

    /// Keeps the next entry, durably when this returns.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when another entry stands at that place, [`StoreError::Full`], and what the database says.
    pub async fn append(&self, place: u64, entry: &str) -> Result<(), StoreError> {
        let place = i64::try_from(place)
            .map_err(|_| StoreError::Other(format!("entry {place} is beyond what is kept")))?;
        sqlx::query("INSERT INTO entries (place, entry) VALUES ($1, $2)")
            .bind(place)
            .bind(entry.to_owned())
            .execute(&mut *self.link.lock().await)
            .await?;
        Ok(())
    }

    /// Counts that somebody asked about an own photo.
    ///
    /// # Errors
    /// What the database says.
    pub async fn count_query(&self, day: u32) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO queries (day, asked) VALUES ($1, 1) ON CONFLICT (day) DO UPDATE SET asked = asked + 1",
        )
        .bind(i64::from(day))
        .execute(&mut *self.link.lock().await)
        .await?;
        Ok(())
    }

    /// How often somebody asked, a day.
    ///
    /// # Errors
    /// What the database says.
    pub async fn queries(&self) -> Result<Vec<(u32, u64)>, StoreError> {
        let rows = sqlx::query("SELECT day, asked FROM queries ORDER BY day")
            .fetch_all(&mut *self.link.lock().await)
            .await?;
        rows.iter()
            .map(|row| {
                let (day, asked): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
                let damaged = || StoreError::corrupt("the counts of the exchange", "a number");
                Ok::<_, StoreError>((
                    u32::try_from(day).map_err(|_| damaged())?,
                    u64::try_from(asked).map_err(|_| damaged())?,
                ))
            })
            .collect()
    }
}
