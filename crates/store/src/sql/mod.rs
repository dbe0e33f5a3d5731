//! The store over a database that speaks SQL: one writer that commits many units in one durable sync, a few readers.
//! What a database does in its own way is a [`Backend`] and its [`Link`]; everything else is written once, in statements
//! that every one of them understands.

mod applications;
mod apply;
mod checked;
mod dump;
mod jobs;
mod keys;
mod log;
mod orphans;
mod packing;
mod persons;
mod projections;
mod resealing;
mod retention;
mod settlement;
pub(crate) mod statements;
mod tables;
mod verify;
mod webhooks;
pub(crate) mod writer;

pub(crate) use checked::{CHECKSUM, TALLY_TABLE};
pub(crate) use dump::dump_hash;
pub(crate) use keys::usage;
pub(crate) use resealing::reseal;
pub(crate) use verify::{blob_names, verify_blobs, verify_link, verify_rows};

use checked::Rows;

use crate::blobs::BlobDirectory;
use crate::directory::{BLOB_FOLDER, LogSize, Owner};
use crate::error::StoreError;
use crate::limits::UNITS_QUEUED_MAX;
use crate::traits::BlobPlace;
use crate::types::{Elsewhere, Head, Held};
use crate::value::{Column as _, Value};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::TenantId;
use aftercare_ledger::{Frontier, Hash};
use aftercare_vault::RowKey;
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use std::ops::DerefMut;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;
use writer::{Request, Tip, Writer};

/// How a store is opened.
#[derive(Clone, Copy, Debug)]
pub enum OpenMode<'k> {
    /// Make it, if it is not there, and write to it: rows get their checksums under this key.
    Create(&'k RowKey),
    /// It is there; write to it. The key is the one that it was made with.
    Write(&'k RowKey),
    /// The same, while no other process has it open for writing, also where several may.
    Alone(&'k RowKey),
    /// It is there; only read, whoever writes to it.
    Read,
}

/// Whose rows a connection sees, where the database itself keeps tenants apart: on PostgreSQL. A statement that forgets to say whose
/// it wants finds nothing of anybody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// Those of one tenant.
    Tenant(TenantId),
    /// Those of no tenant: the log, work that waits, answers that are kept, and blobs are not a tenant's alone.
    Nobody,
    /// Those of all, to find one by its own id or secret: whose it is, it says itself.
    ByKey,
    /// Those of all, for the process that does for everybody what is due.
    Work,
    /// Those of all, for the operator, who looks after the database as a whole.
    Upkeep,
    /// Those of all, for the writer: one transaction commits units of several tenants and counts the rows of everybody.
    Writer,
}

/// A database.
#[async_trait]
pub trait Backend: Clone + Send + Sync + 'static {
    /// A connection of it.
    type Link: Link;
    /// A connection lent by the readers' pool.
    type Pooled: DerefMut<Target = Self::Link> + Send;
    /// Name of the store, for people who look for mistakes.
    const NAME: &'static str;
    /// Whether other processes may write to the same log.
    const SHARED: bool;

    /// A connection of the pool, for a short read of what it is to see.
    async fn reader(&self, sees: Sees) -> Result<Self::Pooled, StoreError>;
    /// A connection beside the pool, so that a long scan does not block short reads.
    async fn scanner(&self) -> Result<Self::Link, StoreError>;
    /// A connection that may write.
    async fn writer(&self) -> Result<Self::Link, StoreError>;
    /// Tells the other processes what the transaction of `link` changes, when it commits.
    async fn tell(&self, _: &mut Self::Link, _: &[Elsewhere]) -> Result<(), StoreError> {
        Ok(())
    }
    /// What other processes tell.
    async fn elsewhere(&self) -> Result<Option<mpsc::Receiver<Elsewhere>>, StoreError> {
        Ok(None)
    }
    /// Holds `id` against the other processes.
    async fn hold(&self, _: Uuid) -> Result<Option<Held>, StoreError> {
        Ok(None)
    }
    /// Closes the pool.
    async fn close(&self);
}

/// A connection.
#[async_trait]
pub trait Link: Send + Sized + 'static {
    /// A row of a scan.
    type Row: Fields;
    /// What makes a statement pass over rows that another transaction holds.
    const SKIP_LOCKED: &'static str;

    /// Begins a transaction that writes. It sees everything that was committed before, and until it ends no other
    /// process appends to the log.
    async fn begin(&mut self) -> Result<(), StoreError>;
    /// Begins a transaction that reads one state, while others go on writing.
    async fn snapshot(&mut self) -> Result<(), StoreError>;
    /// Runs a statement; gives the number of rows it touched. Statements are built of names in this crate only, never
    /// of what came from outside: that is in `values`.
    async fn run(
        &mut self,
        sql: impl Into<String> + Send,
        values: Vec<Value>,
    ) -> Result<u64, StoreError>;
    /// Reads rows as values.
    async fn read(
        &mut self,
        sql: impl Into<String> + Send,
        values: Vec<Value>,
    ) -> Result<Vec<Vec<Value>>, StoreError>;
    /// Reads rows one after the other, as they come.
    fn scan(&mut self, sql: String) -> BoxStream<'_, Result<Self::Row, sqlx::Error>>;
    /// Checks what the database keeps beside the rows: its own structure, and its definitions of tables.
    async fn check_structure(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
    /// Takes what was overwritten out of the database's own log of writes; whether that is done. A server does it in its
    /// own time (docs/DEPLOY.md).
    async fn forget(&mut self) -> Result<bool, StoreError> {
        Ok(true)
    }
    /// Closes it; its errors do not matter any more.
    async fn close(self);
}

/// The columns of a row where they lie: a scan copies nothing that it does not keep. A row goes from thread to thread and is never
/// read by two at once: a driver may keep what it read in it.
pub trait Fields: Send {
    /// A number.
    fn number(&self, column: usize) -> Result<i64, StoreError>;
    /// Text.
    fn text(&self, column: usize) -> Result<&str, StoreError>;
    /// Bytes.
    fn bytes(&self, column: usize) -> Result<&[u8], StoreError>;
    /// All of them.
    fn values(&self) -> Result<Vec<Value>, StoreError>;
}

/// The store of one data directory and its database.
#[derive(Clone)]
pub struct SqlStore<B> {
    pub(crate) backend: B,
    pub(crate) writer: Option<mpsc::Sender<Request>>,
    pub(crate) blobs: Arc<BlobDirectory>,
    /// Where new blobs go instead, and where blobs are that the directory does not have.
    pub(crate) place: Option<Arc<dyn BlobPlace>>,
    pub(crate) directory: PathBuf,
}

impl<B: Backend> std::fmt::Debug for SqlStore<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}({})", B::NAME, self.directory.display())
    }
}

impl<B: Backend> SqlStore<B> {
    /// Puts a store together; without a writer it only reads.
    pub(crate) fn new(backend: B, directory: &Path, writer: Option<Writer<B>>) -> Self {
        let writer = writer.map(|writer| {
            let (sender, receiver) = mpsc::channel(UNITS_QUEUED_MAX);
            tokio::spawn(writer.work(receiver));
            sender
        });
        Self {
            backend,
            writer,
            blobs: Arc::new(BlobDirectory::new(directory.join(BLOB_FOLDER))),
            place: None,
            directory: directory.to_owned(),
        }
    }

    /// Keeps new blobs at another place than the data directory, if one is given; those that the directory has are read
    /// from there still.
    #[must_use]
    pub fn with_blobs(mut self, place: Option<Arc<dyn BlobPlace>>) -> Self {
        self.place = place;
        self
    }

    /// The data directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Reads rows as values.
    pub(crate) async fn read(
        &self,
        sees: Sees,
        sql: impl Into<String> + Send,
        values: Vec<Value>,
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        self.backend.reader(sees).await?.read(sql, values).await
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

/// Makes the writer of a database that is up to date, not at work yet.
///
/// # Errors
/// [`StoreError::Corrupt`] when the log has a gap, or is not the one whose size is kept in the directory.
pub(crate) async fn writer<B: Backend>(
    backend: B,
    mut link: B::Link,
    directory: &Path,
    owner: Owner,
    key: &RowKey,
) -> Result<Writer<B>, StoreError> {
    check_count(&mut link).await?;
    let frontier = load_frontier(&mut link).await?;
    let kept = check_size(directory, &mut link, &frontier).await?;
    checked::check_changes(&mut link, kept).await?;
    // In a transaction: nobody makes the first tally beside us.
    link.begin().await?;
    let rows = Rows::load(&mut link, key).await?;
    link.run("COMMIT", Vec::new()).await?;
    let tip = Tip { frontier, rows };
    Ok(Writer::new(backend, link, tip, directory.to_owned(), owner))
}

/// The first value of an answer.
pub(crate) fn first(rows: Vec<Vec<Value>>) -> Value {
    rows.into_iter().flatten().next().unwrap_or(Value::Null)
}

/// Number of the last event.
async fn last_event<L: Link>(link: &mut L) -> Result<u64, StoreError> {
    let sql = "SELECT coalesce(max(seq), 0) FROM events";
    u64::from_value(first(link.read(sql, Vec::new()).await?))
}

/// Numbers have no gap: there are as many events as the last one's number says.
async fn check_count<L: Link>(link: &mut L) -> Result<(), StoreError> {
    let row = link
        .read(
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
    Ok(())
}

/// The right edge of the tree, from the hashes of its complete subtrees.
async fn load_frontier<L: Link>(link: &mut L) -> Result<Frontier, StoreError> {
    let size = last_event(link).await?;
    let wanted = aftercare_ledger::root_nodes(size).map_err(tree_error)?;
    let mut nodes = Vec::with_capacity(wanted.len());
    for (level, index) in wanted {
        let hash = link
            .read(
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

/// Root of the tree of the first `size` events.
async fn root_at<L: Link>(link: &mut L, size: u64) -> Result<Hash, StoreError> {
    let wanted = aftercare_ledger::root_nodes(size).map_err(tree_error)?;
    let nodes = log::nodes(link, &wanted).await?;
    aftercare_ledger::root_at(&nodes, size).map_err(tree_error)
}

/// Whether the log goes on from where a log was, and how far it is now: of a database that was set back, or that is another one,
/// it does not.
pub(crate) async fn goes_on<B: Backend>(
    store: &SqlStore<B>,
    was: Option<Head>,
) -> Result<(bool, Head), StoreError> {
    let mut link = store.backend.reader(Sees::Nobody).await?;
    let now = head_of(&load_frontier(&mut *link).await?);
    let goes_on = match was {
        Some(was) if was.size > now.size => false,
        Some(was) => root_at(&mut *link, was.size).await?.0 == was.root,
        None => true,
    };
    Ok((goes_on, now))
}

/// When an event was; none where the log has none of that number.
pub(crate) async fn event_at<B: Backend>(
    store: &SqlStore<B>,
    seq: u64,
) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT at FROM events WHERE seq = $1";
    let rows = store.read(Sees::Nobody, sql, vec![seq.to_value()]).await?;
    let at = rows.into_iter().flatten().next();
    at.map(Timestamp::from_value).transpose()
}

/// The database may have grown since the size was written beside it, but never shrunk, and what was
/// there must still be there.
async fn check_size<L: Link>(
    directory: &Path,
    link: &mut L,
    frontier: &Frontier,
) -> Result<Option<LogSize>, StoreError> {
    let Some(kept) = LogSize::read(directory)? else {
        return Ok(None);
    };
    if frontier.size() < kept.size {
        return Err(shortened(kept.size, frontier.size()));
    }
    if root_at(link, kept.size).await?.0 != kept.root {
        return Err(StoreError::corrupt(
            "the log",
            format!(
                "its first {} events are not the ones that were acknowledged: their root differs from the one kept in log-size",
                kept.size
            ),
        ));
    }
    Ok(Some(kept))
}

fn shortened(kept: u64, found: u64) -> StoreError {
    StoreError::corrupt(
        "the log",
        format!(
            "it was shortened: {kept} events were acknowledged, the database has {found}. Do not write to it; restore the latest backup, or bring back the database file and its -wal file together"
        ),
    )
}

fn tree_error(error: aftercare_ledger::LedgerError) -> StoreError {
    StoreError::corrupt("the tree of the log", error.to_string())
}

fn head_of(frontier: &Frontier) -> Head {
    Head {
        size: frontier.size(),
        root: frontier.root().0,
    }
}
