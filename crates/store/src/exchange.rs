//! What the operator of an exchange keeps: the entries of its list, in a database of its own beside no case and no person, on
//! SQLite or PostgreSQL. What is asked of it is written once, in statements that both understand.

use crate::directory::{Owner, create_private, make_private};
use crate::error::StoreError;
use crate::limits::ENTRIES_AT_ONCE;
use crate::postgres::journal::ListDatabase;
use crate::sql::Link;
use crate::sqlite::{check_version, options};
use crate::value::{Column as _, Value};
use async_trait::async_trait;
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqliteConnection};
use std::path::Path;
use tokio::sync::Mutex;

/// The database of an exchange, where it is one of SQLite.
pub const EXCHANGE_FILE: &str = "exchange.sqlite";

/// The entries of an exchange's list, and how often somebody asked. One process owns a directory, and a database, for writing.
pub struct ExchangeJournal {
    place: Mutex<Place>,
    _owner: Option<Owner>,
}

/// Where the entries are.
enum Place {
    File(SqliteConnection),
    Server(Box<ListDatabase>),
}

impl Place {
    /// A connection to ask.
    async fn link(&mut self) -> Result<&mut dyn Entries, StoreError> {
        let link: &mut dyn Entries = match self {
            Self::File(link) => link,
            Self::Server(database) => database.link().await?,
        };
        Ok(link)
    }

    /// What was asked has ended so: a connection to a server that did not do it is not asked again. That an entry is there is an
    /// answer.
    fn asked<T>(&mut self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if let (Self::Server(database), Err(error)) = (self, &done)
            && !matches!(error, StoreError::Unique(_))
        {
            database.give_up();
        }
        done
    }
}

impl ExchangeJournal {
    /// Opens a directory for writing; makes it, if it is not there. With the URL of a PostgreSQL database the entries are there, and
    /// the directory is only owned.
    ///
    /// # Errors
    /// [`StoreError::Directory`], [`StoreError::Owned`] by another process, [`StoreError::TooOld`], [`StoreError::Database`] when
    /// the server cannot be used or another operator is at work, and what the database says.
    pub async fn open(directory: &Path, url: Option<&str>) -> Result<Self, StoreError> {
        let path = directory.join(EXCHANGE_FILE);
        refuse_both(directory, url)?;
        create_private(directory)?;
        let owner = Owner::take(directory)?;
        let place = match url {
            Some(url) => Place::Server(Box::new(ListDatabase::open(url, true).await?)),
            None => {
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
                Place::File(link)
            }
        };
        Ok(Self {
            place: Mutex::new(place),
            _owner: Some(owner),
        })
    }

    /// Opens a directory, or a PostgreSQL database, for reading, also beside the process that writes.
    ///
    /// # Errors
    /// [`StoreError::Directory`] or [`StoreError::Database`] when there is none, and what the database says.
    pub async fn read(directory: &Path, url: Option<&str>) -> Result<Self, StoreError> {
        let path = directory.join(EXCHANGE_FILE);
        refuse_both(directory, url)?;
        let place = match url {
            Some(url) => Place::Server(Box::new(ListDatabase::open(url, false).await?)),
            None if path.exists() => Place::File(options(&path).read_only(true).connect().await?),
            None => {
                return Err(StoreError::Directory(format!(
                    "{} holds no exchange (there is no {EXCHANGE_FILE}): check the path",
                    directory.display()
                )));
            }
        };
        Ok(Self {
            place: Mutex::new(place),
            _owner: None,
        })
    }

    /// All entries, in their order.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when one is missing in between.
    pub async fn entries(&self) -> Result<Vec<String>, StoreError> {
        let mut place = self.place.lock().await;
        let done = place.link().await?.entries().await;
        place.asked(done)
    }

    /// Keeps the next entry, durably when this returns.
    ///
    /// # Errors
    /// [`StoreError::Unique`] when another entry stands at that place, [`StoreError::Full`], and what the database says.
    /// [`StoreError::Unreachable`] tells nothing of whether it is kept.
    pub async fn append(&self, at: u64, entry: &str) -> Result<(), StoreError> {
        let at = i64::try_from(at)
            .map_err(|_| StoreError::Other(format!("entry {at} is beyond what is kept")))?;
        let mut place = self.place.lock().await;
        let done = place.link().await?.append(at, entry).await;
        place.asked(done)
    }

    /// Counts that somebody asked about an own photo.
    ///
    /// # Errors
    /// What the database says.
    pub async fn count_query(&self, day: u32) -> Result<(), StoreError> {
        let mut place = self.place.lock().await;
        let done = place.link().await?.count_query(day).await;
        place.asked(done)
    }

    /// How often somebody asked, a day.
    ///
    /// # Errors
    /// What the database says.
    pub async fn queries(&self) -> Result<Vec<(u32, u64)>, StoreError> {
        let mut place = self.place.lock().await;
        let done = place.link().await?.queries().await;
        place.asked(done)
    }
}

/// A directory with a list of its own and another one on a server: nobody would know which of them counts.
fn refuse_both(directory: &Path, url: Option<&str>) -> Result<(), StoreError> {
    if url.is_some() && directory.join(EXCHANGE_FILE).exists() {
        return Err(StoreError::Directory(format!(
            "{} holds an exchange in SQLite ({EXCHANGE_FILE}): use it without a database URL, or give another directory",
            directory.display()
        )));
    }
    Ok(())
}

/// What is asked of the entries, on whatever connection.
#[async_trait]
trait Entries: Send {
    async fn entries(&mut self) -> Result<Vec<String>, StoreError>;
    async fn append(&mut self, at: i64, entry: &str) -> Result<(), StoreError>;
    async fn count_query(&mut self, day: u32) -> Result<(), StoreError>;
    async fn queries(&mut self) -> Result<Vec<(u32, u64)>, StoreError>;
}

#[async_trait]
impl<L: Link> Entries for L {
    async fn entries(&mut self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT place, entry FROM entries WHERE place > $1 ORDER BY place LIMIT $2";
        let (mut entries, mut last) = (Vec::new(), i64::MIN);
        loop {
            let values = vec![Value::Int(last), ENTRIES_AT_ONCE.to_value()];
            let rows = self.read(sql, values).await?;
            let is_end = (rows.len() as u64) < ENTRIES_AT_ONCE;
            for row in rows {
                let (at, entry) = pair(row)?;
                let wanted = entries.len();
                last = i64::from_value(at)?;
                if usize::try_from(last) != Ok(wanted) {
                    return Err(StoreError::corrupt(
                        "the list of the exchange",
                        format!("entry {wanted} is missing"),
                    ));
                }
                entries.push(String::from_value(entry)?);
            }
            if is_end {
                return Ok(entries);
            }
        }
    }

    async fn append(&mut self, at: i64, entry: &str) -> Result<(), StoreError> {
        let values = vec![Value::Int(at), Value::Text(entry.to_owned())];
        self.run("INSERT INTO entries (place, entry) VALUES ($1, $2)", values)
            .await
            .map(drop)
    }

    async fn count_query(&mut self, day: u32) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO queries (day, asked) VALUES ($1, 1) ON CONFLICT (day) DO UPDATE SET asked = queries.asked + 1",
            vec![day.to_value()],
        )
        .await
        .map(drop)
    }

    async fn queries(&mut self) -> Result<Vec<(u32, u64)>, StoreError> {
        let sql = "SELECT day, asked FROM queries ORDER BY day";
        let rows = self.read(sql, Vec::new()).await?;
        rows.into_iter()
            .map(|row| {
                let (day, asked) = pair(row)?;
                Ok::<_, StoreError>((u32::from_value(day)?, u64::from_value(asked)?))
            })
            .collect()
    }
}

/// The two columns of a row.
fn pair(row: Vec<Value>) -> Result<(Value, Value), StoreError> {
    match <[Value; 2]>::try_from(row) {
        Ok([first, second]) => Ok((first, second)),
        Err(row) => Err(StoreError::corrupt(
            "a row of the exchange",
            format!("it has {} columns", row.len()),
        )),
    }
}
