//! The store on PostgreSQL: a database that several processes share, on one machine or more. Blobs, the keyring and the
//! size of the log stay in the data directory, which these processes share as well.
//!
//! Whoever appends to the log holds an advisory lock until its transaction ends, so that numbers have no gap and nobody
//! reads an event before those with smaller numbers.

mod backup;
mod elsewhere;
pub(crate) mod journal;
mod moving;

pub use backup::{POSTGRES_FILE, POSTGRES_SEES_ALL, restore_postgres, verify_postgres_backup};
pub use moving::move_to_postgres;

use crate::blobs::BlobDirectory;
use crate::directory::{BLOB_FOLDER, DATABASE_FILE, Owner, create_private};
use crate::error::StoreError;
use crate::limits::{
    HELD_MAX, HELD_WAIT_MAX, POSTGRES_ANSWER_MAX, POSTGRES_PROMPT_MAX, POSTGRES_SILENCE_MAX,
    POSTGRES_STATEMENTS, POSTGRES_VERSION_MIN, READERS,
};
use crate::sql::{self, Backend, Fields, Link, OpenMode, Sees, SqlStore};
use crate::types::{Elsewhere, Held, RowsReport};
use crate::value::{Column as _, Value};
use aftercare_domain::AuditEvent;
use aftercare_ledger::fresh_salt;
use aftercare_vault::RowKey;
use aftercare_vault::files::sync_folder;
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::pool::PoolConnection;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{
    PgArgumentBuffer, PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow, PgTypeInfo,
};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Encode, PgConnection, Row as _, Type, TypeInfo as _,
    ValueRef as _,
};
use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use uuid::Uuid;

/// The advisory lock of whoever appends to the log: "aftercar" in ASCII.
const LOG_LOCK: i64 = 0x6166_7465_7263_6172;
/// The class of the advisory locks of single ids: "afte" in ASCII. PostgreSQL keeps locks of two numbers apart from those of
/// one.
const ID_LOCKS: i32 = 0x6166_7465;

/// The store on PostgreSQL.
pub type PostgresStore = SqlStore<Postgres>;

/// A database of a PostgreSQL server.
#[derive(Clone)]
pub struct Postgres {
    readers: PgPool,
    /// Connections that hold ids against other processes: of their own, for whoever holds one also reads and writes.
    holders: PgPool,
    options: PgConnectOptions,
    /// How long an answer may take.
    patience: Duration,
    /// What this process is called in messages to the others.
    name: Arc<str>,
}

impl Postgres {
    fn new(url: &str, patience: Duration) -> Result<Self, StoreError> {
        let options = parsed(url)?
            .application_name("aftercare")
            .statement_cache_capacity(POSTGRES_STATEMENTS)
            .disable_statement_logging();
        let prompt = patience.min(POSTGRES_PROMPT_MAX);
        let readers = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(prompt)
            .after_release(move |link, _| Box::pin(answers(link, prompt)))
            .after_connect(|link, _| {
                Box::pin(async move {
                    set(link, "SET default_transaction_read_only = on").await?;
                    see_what_was_asked(link).await
                })
            })
            // What it is to see is said in the place of the pool's own question whether it still answers: no more trips than before.
            .test_before_acquire(false)
            .before_acquire(move |link, _| {
                Box::pin(async move {
                    timeout(prompt, see_what_was_asked(link))
                        .await
                        .map_err(|_| sqlx::Error::PoolTimedOut)?
                        .map(|()| true)
                })
            })
            .connect_lazy_with(options.clone());
        let holders = PgPoolOptions::new()
            .max_connections(HELD_MAX)
            .after_release(move |link, _| Box::pin(answers(link, prompt)))
            .after_connect(|link, _| Box::pin(async { only_holds(link).await }))
            .connect_lazy_with(options.clone());
        let name = fresh_salt().map_err(|error| StoreError::Other(error.to_string()))?;
        Ok(Self {
            readers,
            holders,
            options,
            patience,
            name: hex::encode(&name[..8]).into(),
        })
    }

    /// The error of a server that does not let us in.
    fn unreachable(&self, error: &sqlx::Error) -> StoreError {
        let name = self.options.get_database().unwrap_or_default();
        let host = self.options.get_host();
        StoreError::Database(format!(
            "the PostgreSQL database {name:?} at {host} cannot be used: {error}"
        ))
    }
}

fn parsed(url: &str) -> Result<PgConnectOptions, StoreError> {
    let known = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    let parsed = known
        .then(|| PgConnectOptions::from_str(url).ok())
        .flatten();
    // The URL is not repeated: a password may stand in it.
    parsed.ok_or_else(|| {
        StoreError::Database("the database URL cannot be read: write postgres://user@host/name, or postgres:///name?host=/folder for a socket".to_owned())
    })
}

/// Whether a connection that comes back to its pool still answers: the pool itself would wait for that without an end, and have
/// one less to lend.
async fn answers(link: &mut PgConnection, patience: Duration) -> Result<bool, sqlx::Error> {
    timeout(patience, sqlx::Connection::ping(link))
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)?
        .map(|()| true)
}

/// Sets what holds for a connection until it is closed.
async fn set(
    link: &mut PgConnection,
    settings: impl Into<String> + Send,
) -> Result<(), sqlx::Error> {
    let settings: String = settings.into();
    sqlx::raw_sql(AssertSqlSafe(settings))
        .execute(link)
        .await
        .map(drop)
}

/// Whose rows a connection is to see, as the policies understand it.
fn whose(sees: Sees) -> String {
    match sees {
        Sees::Tenant(tenant) => tenant.0.simple().to_string(),
        Sees::Nobody => String::new(),
        Sees::ByKey | Sees::Work | Sees::Upkeep | Sees::Writer => "*".to_owned(),
    }
}

/// The setting of a connection that sees the same until it is closed.
fn sees(whom: Sees) -> String {
    format!("SET aftercare.tenant = '{}'", whose(whom))
}

tokio::task_local! {
    /// What the connection is to see that is being lent.
    static SEES: Sees;
}

/// Lets a connection see what the one who asks for it is to see; where nobody asked, nothing.
async fn see_what_was_asked(link: &mut PgConnection) -> Result<(), sqlx::Error> {
    let asked = SEES.try_with(|sees| *sees).unwrap_or(Sees::Nobody);
    sqlx::query("SELECT set_config('aftercare.tenant', $1, false)")
        .bind(whose(asked))
        .execute(link)
        .await
        .map(drop)
}

/// Whoever holds an id may be silent for as long as it thinks; a machine that is gone is noticed within half a minute.
async fn only_holds(link: &mut PgConnection) -> Result<(), sqlx::Error> {
    let settings = format!(
        "SET lock_timeout = '{HELD_WAIT_MAX}'; SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"
    );
    set(link, settings).await
}

#[async_trait]
impl Backend for Postgres {
    type Link = PgLink;
    type Pooled = Box<PgLink>;
    const NAME: &'static str = "PostgresStore";
    const SHARED: bool = true;

    async fn reader(&self, sees: Sees) -> Result<Self::Pooled, StoreError> {
        let lent = SEES.scope(sees, self.readers.acquire()).await?;
        Ok(Box::new(self.link(Connection::Lent(lent))))
    }

    async fn scanner(&self) -> Result<PgLink, StoreError> {
        let mut link = self.connected().await??;
        let settings = format!(
            "SET default_transaction_read_only = on; {}",
            sees(Sees::Upkeep)
        );
        set(&mut link, settings).await?;
        Ok(self.link(Connection::Own(link)))
    }

    async fn writer(&self) -> Result<PgLink, StoreError> {
        let mut link = self
            .connected()
            .await?
            .map_err(|error| self.unreachable(&error))?;
        // Whatever the server's or the role's own settings say.
        let settings = format!(
            "SET synchronous_commit = on; SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off; SET idle_in_transaction_session_timeout = '{POSTGRES_SILENCE_MAX}'; {}",
            sees(Sees::Writer)
        );
        set(&mut link, settings).await?;
        Ok(self.link(Connection::Own(link)))
    }

    async fn tell(&self, link: &mut PgLink, changes: &[Elsewhere]) -> Result<(), StoreError> {
        self.tell_changes(link, changes).await
    }

    async fn elsewhere(&self) -> Result<Option<mpsc::Receiver<Elsewhere>>, StoreError> {
        self.listen().await.map(Some)
    }

    async fn hold(&self, id: Uuid) -> Result<Option<Held>, StoreError> {
        let [.., a, b, c, d] = id.into_bytes();
        let number = i32::from_be_bytes([a, b, c, d]);
        let held = async {
            // Held until the transaction ends, and that ends with its connection at the latest.
            let mut transaction = self.holders.begin().await?;
            let sql = format!("SELECT pg_advisory_xact_lock({ID_LOCKS}, {number})");
            sqlx::raw_sql(AssertSqlSafe(sql))
                .execute(&mut *transaction)
                .await?;
            Ok::<_, sqlx::Error>(Held::new(transaction))
        };
        match timeout(self.patience, held).await {
            Ok(held) => Ok(Some(held?)),
            Err(_) => Err(silent(self.patience)),
        }
    }

    async fn close(&self) {
        // Whoever does not come back by then never will.
        let prompt = self.patience.min(POSTGRES_PROMPT_MAX);
        for pool in [&self.readers, &self.holders] {
            let _ = timeout(prompt, pool.close()).await;
        }
    }
}

/// A connection to a server that may fall silent: then it is given up, and nothing more is asked of it.
pub struct PgLink {
    connection: Connection,
    patience: Duration,
    is_silent: bool,
}

enum Connection {
    Own(PgConnection),
    Lent(PoolConnection<sqlx::Postgres>),
}

fn silent(patience: Duration) -> StoreError {
    StoreError::Unreachable(format!(
        "PostgreSQL has not answered for {} s",
        patience.as_secs_f32()
    ))
}

impl Postgres {
    fn link(&self, connection: Connection) -> PgLink {
        PgLink {
            connection,
            patience: self.patience,
            is_silent: false,
        }
    }

    /// A new connection; the outer error is that of a server that says nothing.
    async fn connected(&self) -> Result<Result<PgConnection, sqlx::Error>, StoreError> {
        let patience = self.patience.min(POSTGRES_PROMPT_MAX);
        timeout(patience, self.options.connect())
            .await
            .map_err(|_| silent(patience))
    }
}

impl PgLink {
    fn raw(&mut self) -> &mut PgConnection {
        match &mut self.connection {
            Connection::Own(link) => link,
            Connection::Lent(link) => link,
        }
    }

    /// How long a statement may take: what waits for nobody is answered at once.
    fn patience(&self, sql: &str) -> Duration {
        match sql {
            "BEGIN" | "ROLLBACK" => self.patience.min(POSTGRES_PROMPT_MAX),
            _ => self.patience,
        }
    }

    /// The answer to a statement, or that there is none.
    fn answered<T>(
        &mut self,
        answer: Result<Result<T, sqlx::Error>, Elapsed>,
        patience: Duration,
    ) -> Result<T, StoreError> {
        match answer {
            Ok(answer) => Ok(answer?),
            Err(_) => {
                self.is_silent = true;
                if let Connection::Lent(link) = &mut self.connection {
                    // Nobody else is lent it.
                    link.close_on_drop();
                }
                Err(silent(patience))
            }
        }
    }

    /// Whether anything may be asked of it.
    fn check(&self) -> Result<(), StoreError> {
        if self.is_silent {
            return Err(silent(self.patience));
        }
        Ok(())
    }
}

#[async_trait]
impl Link for PgLink {
    type Row = PgRow;
    const SKIP_LOCKED: &'static str = " FOR UPDATE SKIP LOCKED";

    async fn begin(&mut self) -> Result<(), StoreError> {
        self.run("BEGIN", Vec::new()).await?;
        // A statement of its own: those after it see what the holder before committed.
        self.read(
            "SELECT pg_advisory_xact_lock($1)::text",
            vec![Value::Int(LOG_LOCK)],
        )
        .await?;
        Ok(())
    }

    async fn snapshot(&mut self) -> Result<(), StoreError> {
        self.run(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Vec::new(),
        )
        .await
        .map(|_| ())
    }

    async fn run(
        &mut self,
        sql: impl Into<String> + Send,
        values: Vec<Value>,
    ) -> Result<u64, StoreError> {
        self.check()?;
        let sql = sql.into();
        let patience = self.patience(&sql);
        let answer = timeout(patience, statement(sql, values).execute(self.raw())).await;
        Ok(self.answered(answer, patience)?.rows_affected())
    }

    async fn read(
        &mut self,
        sql: impl Into<String> + Send,
        values: Vec<Value>,
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        self.check()?;
        let patience = self.patience;
        let answer = timeout(
            patience,
            statement(sql.into(), values).fetch_all(self.raw()),
        )
        .await;
        let rows = self.answered(answer, patience)?;
        rows.iter().map(Fields::values).collect()
    }

    fn scan(&mut self, sql: String) -> BoxStream<'_, Result<PgRow, sqlx::Error>> {
        sqlx::query(AssertSqlSafe(sql)).fetch(self.raw())
    }

    async fn check_structure(&mut self) -> Result<(), StoreError> {
        let unbound = self.read(UNBOUND, Vec::new()).await?;
        match sql::first(unbound) {
            Value::Text(table) => Err(StoreError::corrupt(
                format!("the policy of {table}"),
                "the database no longer keeps its rows apart by tenant",
            )),
            _ => Ok(()),
        }
    }

    async fn close(self) {
        if let Connection::Own(link) = self.connection {
            let _ = timeout(POSTGRES_PROMPT_MAX, sqlx::Connection::close(link)).await;
        }
    }
}

/// The first table with a tenant whose rows no policy keeps apart, also for its owner.
const UNBOUND: &str = "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped WHERE c.relkind = 'r' AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)) ORDER BY 1 LIMIT 1";

/// A statement with its values bound.
fn statement(
    sql: String,
    values: Vec<Value>,
) -> sqlx::query::Query<'static, sqlx::Postgres, PgArguments> {
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in values {
        query = match value {
            Value::Null => query.bind(Nothing),
            Value::Int(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
            Value::Blob(bytes) => query.bind(bytes),
        };
    }
    query
}

/// No value, of the type that the statement needs there: PostgreSQL types what is bound when it first prepares a
/// statement, and the same statement later has a value there.
struct Nothing;

impl Type<sqlx::Postgres> for Nothing {
    fn type_info() -> PgTypeInfo {
        // The object identifier 0 leaves the type open.
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, sqlx::Postgres> for Nothing {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

impl Fields for PgRow {
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
                    "INT8" => Value::Int(self.try_get_unchecked(column)?),
                    "TEXT" => Value::Text(self.try_get_unchecked(column)?),
                    "BYTEA" => Value::Blob(self.try_get_unchecked(column)?),
                    other => {
                        return Err(StoreError::corrupt("a column", format!("it holds {other}")));
                    }
                })
            })
            .collect()
    }
}

impl SqlStore<Postgres> {
    /// Opens a database and the data directory beside it. Several processes may write to the same one.
    ///
    /// # Errors
    /// [`StoreError::Database`] when the server does not answer, does not let us in, would lose commits, or has not what
    /// the mode needs; [`StoreError::Directory`] for a directory that is not there or has a SQLite database;
    /// [`StoreError::TooOld`]; [`StoreError::Corrupt`] when the log is shorter than the size kept in the directory.
    pub async fn open(directory: &Path, url: &str, mode: OpenMode<'_>) -> Result<Self, StoreError> {
        Self::open_patient(directory, url, mode, POSTGRES_ANSWER_MAX).await
    }

    /// The same with another patience than [`POSTGRES_ANSWER_MAX`].
    ///
    /// # Errors
    /// As [`PostgresStore::open`].
    pub async fn open_patient(
        directory: &Path,
        url: &str,
        mode: OpenMode<'_>,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let backend = Postgres::new(url, patience)?;
        if directory.join(DATABASE_FILE).exists() {
            return Err(StoreError::Directory(format!(
                "{} has a SQLite database ({DATABASE_FILE}): use it without a database URL, or give another directory",
                directory.display()
            )));
        }
        if matches!(mode, OpenMode::Create(_)) {
            create_private(directory)?;
        } else if !directory.is_dir() {
            return Err(StoreError::Directory(format!(
                "{} is not there: it holds the blobs and the keyring of this database, check the path",
                directory.display()
            )));
        }
        let mut link = backend.writer().await?;
        check_server(&mut link).await?;
        tell_unbound(&mut link).await?;
        if !matches!(mode, OpenMode::Create(_)) && !has_data(&mut link).await? {
            let name = backend.options.get_database().unwrap_or_default();
            return Err(StoreError::Database(format!(
                "the PostgreSQL database {name:?} holds no Aftercare data: check the URL"
            )));
        }
        let writer = match mode {
            OpenMode::Read => {
                Link::close(link).await;
                None
            }
            OpenMode::Create(key) | OpenMode::Write(key) | OpenMode::Alone(key) => {
                migrate(&mut link).await?;
                let folder = directory.join(BLOB_FOLDER);
                if !folder.is_dir() {
                    std::fs::create_dir_all(&folder)?;
                    sync_folder(directory)?;
                }
                let sweep = || BlobDirectory::new(folder).sweep_parts().map(drop);
                let owner = if matches!(mode, OpenMode::Alone(_)) {
                    let owner = Owner::take(directory)?;
                    sweep()?;
                    owner
                } else {
                    Owner::share(directory, sweep)?
                };
                Some(sql::writer(backend.clone(), link, directory, owner, key).await?)
            }
        };
        Ok(Self::new(backend, directory, writer))
    }
}

impl SqlStore<Postgres> {
    /// The same as [`crate::SqliteStore::reseal_rows`]; no other process may have the database open for writing.
    ///
    /// # Errors
    /// As there, and [`StoreError::Database`] when the server does not answer.
    pub async fn reseal_rows(
        directory: &Path,
        url: &str,
        key: &RowKey,
        act: AuditEvent,
    ) -> Result<RowsReport, StoreError> {
        let backend = Postgres::new(url, POSTGRES_ANSWER_MAX)?;
        let owner = Owner::take(directory)?;
        let mut link = backend.writer().await?;
        check_server(&mut link).await?;
        let done = sql::reseal(&mut link, directory, key, act).await;
        Link::close(link).await;
        drop(owner);
        done
    }
}

/// Brings the tables up to date; of several servers that start at once, one does it.
async fn migrate(link: &mut PgLink) -> Result<(), StoreError> {
    sqlx::migrate!("migrations/postgres")
        .run_direct(None, link.raw(), false)
        .await?;
    Ok(())
}

/// Whether somebody has made our tables.
async fn has_data(link: &mut PgLink) -> Result<bool, StoreError> {
    let found = link
        .read("SELECT to_regclass('events')::text", Vec::new())
        .await?;
    Ok(sql::first(found) != Value::Null)
}

/// Says so where the role is bound by no policy: then only statements keep tenants apart.
async fn tell_unbound(link: &mut PgLink) -> Result<(), StoreError> {
    let sql =
        "SELECT (rolsuper OR rolbypassrls)::int::bigint FROM pg_roles WHERE rolname = current_user";
    if sql::first(link.read(sql, Vec::new()).await?) == Value::Int(1) {
        tracing::warn!(
            "the role of this PostgreSQL database is a superuser or may bypass row security: give the program one that is neither, so that the database keeps tenants apart too"
        );
    }
    Ok(())
}

/// A server that would lose what it acknowledged, or change texts, is not written to.
async fn check_server(link: &mut PgLink) -> Result<(), StoreError> {
    let mut settings = link
        .read(
            "SELECT current_setting('server_version_num'), current_setting('fsync'), current_setting('full_page_writes'), current_setting('server_encoding')",
            Vec::new(),
        )
        .await?
        .into_iter()
        .flatten()
        .map(String::from_value);
    let mut next = || settings.next().unwrap_or_else(|| Ok(String::new()));
    let (version, fsync, pages, encoding) = (next()?, next()?, next()?, next()?);
    if version.parse::<u32>().unwrap_or(0) < POSTGRES_VERSION_MIN {
        return Err(StoreError::TooOld {
            what: "PostgreSQL",
            found: version,
            needed: "15",
        });
    }
    for (setting, found, needed) in [
        ("fsync", fsync, "on"),
        ("full_page_writes", pages, "on"),
        ("server_encoding", encoding, "UTF8"),
    ] {
        if found != needed {
            return Err(StoreError::Database(format!(
                "this PostgreSQL has {setting} = {found}, {needed} is needed: it could lose or change what it acknowledged"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Postgres, migrate, parsed};
    use crate::limits::POSTGRES_ANSWER_MAX;
    use crate::sql::{Backend as _, Link as _, Sees, first};
    use crate::value::{Column as _, Value};
    use aftercare_domain::ids::TenantId;
    use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
    use uuid::Uuid;

    /// Whatever the database says of itself: an answer is given only for what is on the disk.
    #[tokio::test]
    async fn the_connection_that_writes_waits_for_the_disk() {
        let Some(server) = aftercare_testkit::postgres() else {
            return;
        };
        let url = server.database();
        let options = parsed(&url).expect("a URL");
        let name = options.get_database().expect("a database");
        let mut owner = PgConnection::connect(&url).await.expect("its owner");
        for careless in [
            "synchronous_commit = off",
            "default_transaction_read_only = on",
        ] {
            let sql = AssertSqlSafe(format!("ALTER DATABASE \"{name}\" SET {careless}"));
            owner.execute(sql).await.expect("an owner may");
        }
        let mut plain = PgConnection::connect(&url).await.expect("somebody");
        let (found,): (String,) = sqlx::query_as("SELECT current_setting('synchronous_commit')")
            .fetch_one(&mut plain)
            .await
            .expect("an answer");
        assert_eq!(found, "off", "what the database says counts for others");
        let backend = Postgres::new(&url, POSTGRES_ANSWER_MAX).expect("a backend");
        let mut writer = backend.writer().await.expect("a connection that writes");
        for (setting, expected) in [
            ("synchronous_commit", "on"),
            ("default_transaction_read_only", "off"),
            ("default_transaction_isolation", "read committed"),
        ] {
            let found = writer
                .read(format!("SELECT current_setting('{setting}')"), Vec::new())
                .await
                .expect("an answer");
            assert_eq!(first(found), Value::Text(expected.to_owned()), "{setting}");
        }
    }

    /// A connection that is lent sees what was asked for it, whoever had it before; a statement without a condition too.
    #[tokio::test]
    async fn a_reader_sees_the_rows_of_its_tenant_and_no_others() {
        let Some(server) = aftercare_testkit::postgres() else {
            return;
        };
        let backend = Postgres::new(&server.database(), POSTGRES_ANSWER_MAX).expect("a backend");
        let mut writer = backend.writer().await.expect("a connection that writes");
        migrate(&mut writer).await.expect("tables");
        let tenants: Vec<TenantId> = (1..=3)
            .map(|number| TenantId(Uuid::from_u128(number)))
            .collect();
        for tenant in &tenants {
            let sql = "INSERT INTO tenants (checksum, id, name, mode, settings) VALUES (0, $1, 'x', 'platform', '{}')";
            let done = writer.run(sql, vec![tenant.to_value()]).await;
            done.expect("the writer writes for everybody");
        }
        let all: Vec<Value> = tenants.iter().map(TenantId::to_value).collect();
        let asked = [
            (Sees::Tenant(tenants[0]), vec![all[0].clone()]),
            (Sees::Nobody, Vec::new()),
            (Sees::Tenant(tenants[2]), vec![all[2].clone()]),
            (Sees::ByKey, all.clone()),
            (Sees::Tenant(TenantId(Uuid::from_u128(9))), Vec::new()),
            (Sees::Work, all.clone()),
            (Sees::Upkeep, all.clone()),
            (Sees::Nobody, Vec::new()),
        ];
        // Each after the other on connections that were lent before, then several at once on new ones.
        for (sees, expected) in &asked {
            let mut link = backend.reader(*sees).await.expect("a reader");
            let found = link.read("SELECT id FROM tenants ORDER BY id", Vec::new());
            let found: Vec<Value> = found.await.expect("rows").into_iter().flatten().collect();
            assert_eq!(found, *expected, "{sees:?}");
        }
        let mut lent = Vec::new();
        for (sees, expected) in asked.iter().take(4) {
            let link = backend.reader(*sees).await.expect("a reader");
            lent.push((link, expected));
        }
        for (link, expected) in &mut lent {
            let found = link.read("SELECT id FROM tenants ORDER BY id", Vec::new());
            let found: Vec<Value> = found.await.expect("rows").into_iter().flatten().collect();
            assert_eq!(&found, *expected);
        }
        drop(lent);
        let mut scanner = backend.scanner().await.expect("a scanner");
        let found = scanner.read("SELECT count(*) FROM tenants", Vec::new());
        assert_eq!(first(found.await.expect("a count")), Value::Int(3));
    }
}
