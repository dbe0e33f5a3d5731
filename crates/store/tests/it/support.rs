//! A store in a directory of its own, and a second hand that edits its files behind its back.

use aftercare_domain::audit::AuditBody;
use aftercare_ledger::{Checkpoint, Hash, SigningKey};
use aftercare_store::{
    DATABASE_FILE, EventLog as _, NewJob, OpenMode, Outcome, PostgresStore, SqliteStore, Store,
    StoreError, Unit, Upkeep as _,
};
use aftercare_testkit::{Choice, START, Shop, open_many, row_key, shop};
use futures_util::future::join_all;
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use std::path::Path;
use tempfile::TempDir;

/// Name of the log in checkpoints of these tests.
pub const LOG_NAME: &str = "test.log";

/// A store with a little in it.
pub struct Home {
    pub directory: TempDir,
    pub store: SqliteStore,
    pub shop: Shop,
}

impl Home {
    /// An empty store.
    pub async fn empty() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let store = SqliteStore::open(directory.path(), OpenMode::Create(&row_key()))
            .await
            .expect("a new store");
        Self {
            directory,
            store,
            shop: shop(1),
        }
    }

    /// A shop and a dozen cases, each some steps on, and one job.
    pub async fn lived_in() -> Self {
        let home = Self::empty().await;
        home.commit(home.shop.unit()).await;
        let (mut cases, openings): (Vec<_>, Vec<_>) =
            open_many(100, 12, home.shop.tenant.id).into_iter().unzip();
        join_all(openings.into_iter().map(|unit| home.commit(unit))).await;
        for choice in [Choice::Repair, Choice::Claim, Choice::Forward] {
            let units: Vec<_> = cases
                .iter_mut()
                .filter_map(|case| case.choose(choice))
                .map(|append| Unit {
                    case: Some(append),
                    ..Unit::default()
                })
                .collect();
            join_all(units.into_iter().map(|unit| home.commit(unit))).await;
        }
        home.commit(Unit {
            jobs: vec![NewJob {
                kind: "screen".to_owned(),
                payload: serde_json::json!({ "evidence": 1 }),
                run_at: START,
                unique_key: None,
            }],
            ..Unit::default()
        })
        .await;
        home
    }

    /// Commits what must be committed.
    pub async fn commit(&self, unit: Unit) -> Outcome {
        self.store
            .commit(unit)
            .await
            .expect("the unit is committed")
    }

    /// A unit with one audited act.
    pub fn act(&self, name: &str) -> Unit {
        act(name)
    }

    /// Signs the head of the log and keeps the checkpoint.
    pub async fn checkpoint(&self, key: &SigningKey) {
        checkpoint(&self.store, key).await;
    }

    /// Closes the store, edits its database, and says what verification finds then.
    pub async fn verify_after(self, edit: &str) -> StoreError {
        let directory = self.directory;
        self.store.close().await;
        tamper(directory.path(), edit).await;
        let store = SqliteStore::open(directory.path(), OpenMode::Read)
            .await
            .expect("it opens for reading");
        let error = store
            .verify_log(&[])
            .await
            .expect_err("the edit is noticed");
        store.close().await;
        error
    }
}

/// Edits the database as somebody would who has the file: first takes the triggers away.
pub async fn tamper(directory: &Path, edit: &str) {
    let mut connection = raw(directory).await;
    let triggers: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .fetch_all(&mut connection)
            .await
            .expect("the triggers");
    for (name,) in triggers {
        let drop = sqlx::AssertSqlSafe(format!("DROP TRIGGER {name}"));
        connection.execute(drop).await.expect("a trigger goes");
    }
    for statement in edit.split(';').filter(|part| !part.trim().is_empty()) {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        connection.execute(statement).await.expect("an edit");
    }
    connection.close().await.expect("closed");
}

/// A connection beside the store's own.
pub async fn raw(directory: &Path) -> SqliteConnection {
    let url = format!("sqlite://{}", directory.join(DATABASE_FILE).display());
    SqliteConnection::connect(&url)
        .await
        .expect("a second hand")
}

/// An empty store on PostgreSQL with its directory and its URL, where there is a server.
pub async fn postgres() -> Option<(TempDir, String, PostgresStore)> {
    let url = aftercare_testkit::postgres()?.database();
    let directory = tempfile::tempdir().expect("a directory");
    let store = PostgresStore::open(directory.path(), &url, OpenMode::Create(&row_key()))
        .await
        .expect("a new store");
    Some((directory, url, store))
}

/// A unit with one audited act.
pub fn act(name: &str) -> Unit {
    Unit {
        audit: vec![shop(1).act(AuditBody::SettingChanged {
            name: name.to_owned(),
        })],
        ..Unit::default()
    }
}

/// Signs the head of the log and keeps the checkpoint.
pub async fn checkpoint(store: &dyn Store, key: &SigningKey) {
    let head = store.head().await.expect("a head");
    let note = Checkpoint {
        origin: LOG_NAME.to_owned(),
        size: head.size,
        root: Hash(head.root),
        extensions: Vec::new(),
    }
    .sign(key)
    .expect("a signature");
    store
        .put_checkpoint(head.size, head.root, &note)
        .await
        .expect("a checkpoint");
}
