//! The database of an exchange's operator on PostgreSQL: a database of its own, which one operator writes to at a time.

use super::{PgLink, Postgres, check_server, has_data, set};
use crate::error::StoreError;
use crate::limits::{OPERATOR_ASKED_EVERY, OPERATOR_ASKED_MAX, POSTGRES_ANSWER_MAX};
use crate::sql::{self, Backend as _, Link as _};
use crate::value::Value;

/// The advisory lock of the operator: "exchange" in ASCII.
const OPERATOR_LOCK: i64 = 0x6578_6368_616e_6765;

/// The database, and the connection to it, which is made again after it broke.
pub(crate) struct ListDatabase {
    backend: Postgres,
    /// Whether this process is the operator; else it only reads.
    writes: bool,
    link: Option<PgLink>,
}

impl ListDatabase {
    /// Connects to a database.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the server does not answer, does not let us in, would lose commits, or has something else
    /// in this database, and when another operator is at work; [`StoreError::TooOld`].
    pub(crate) async fn open(url: &str, writes: bool) -> Result<Self, StoreError> {
        let mut database = Self {
            backend: Postgres::new(url, POSTGRES_ANSWER_MAX)?,
            writes,
            link: None,
        };
        database.link().await?;
        Ok(database)
    }

    /// The connection.
    pub(crate) async fn link(&mut self) -> Result<&mut PgLink, StoreError> {
        let link = match self.link.take() {
            Some(link) => link,
            None => connected(&self.backend, self.writes).await?,
        };
        Ok(self.link.insert(link))
    }

    /// Gives the connection up: whoever asks next gets another one.
    pub(crate) fn give_up(&mut self) {
        self.link = None;
    }
}

/// A connection to a database that this program's operator made, or may make.
async fn connected(backend: &Postgres, writes: bool) -> Result<PgLink, StoreError> {
    let unfit = |why: &str| {
        let name = backend.options.get_database().unwrap_or_default();
        StoreError::Database(format!("the PostgreSQL database {name:?} {why}"))
    };
    let mut link = backend.writer().await?;
    check_server(&mut link).await?;
    if has_data(&mut link).await? {
        return Err(unfit(
            "holds the data of a platform: the operator of an exchange needs one of its own",
        ));
    }
    if writes {
        alone(&mut link).await?;
        sqlx::migrate!("migrations/exchange_postgres")
            .run_direct(None, link.raw(), false)
            .await?;
        return Ok(link);
    }
    set(link.raw(), "SET default_transaction_read_only = on").await?;
    let found = link
        .read("SELECT to_regclass('entries')::text", Vec::new())
        .await?;
    if sql::first(found) == Value::Null {
        return Err(unfit("holds no exchange: check the URL"));
    }
    Ok(link)
}

/// Takes the database for this process alone, until its connection ends. That of an operator which was killed a moment ago may
/// not have ended yet.
async fn alone(link: &mut PgLink) -> Result<(), StoreError> {
    for _ in 0..OPERATOR_ASKED_MAX {
        let taken = link
            .read(
                "SELECT pg_try_advisory_lock($1)::int::bigint",
                vec![Value::Int(OPERATOR_LOCK)],
            )
            .await?;
        if sql::first(taken) == Value::Int(1) {
            return Ok(());
        }
        tokio::time::sleep(OPERATOR_ASKED_EVERY).await;
    }
    Err(StoreError::Database(
        "another operator has this database open for writing: stop it first".to_owned(),
    ))
}
