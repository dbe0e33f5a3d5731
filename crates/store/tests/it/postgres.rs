//! The store on PostgreSQL: what a server has to bear, and what several processes on one database are promised.

use crate::support::{LOG_NAME, act, checkpoint, postgres};
use aftercare_ledger::SigningKey;
use aftercare_store::{
    Elsewhere, EventLog as _, JobKinds, Jobs as _, LogSize, NewJob, OpenMode, Outcome,
    PostgresStore, Projections as _, SqliteStore, StoreError, Unit, Upkeep as _, Write,
    move_to_postgres,
};
use aftercare_testkit::{Choice, START, TestCase, open_many, row_key, shop};
use futures_util::future::join_all;
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

async fn open(
    directory: &Path,
    url: &str,
    mode: OpenMode<'_>,
) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(directory, url, mode).await
}

/// A hand beside the store's own, which no policy binds.
async fn raw(url: &str) -> PgConnection {
    PgConnection::connect(&aftercare_testkit::superuser_url(url))
        .await
        .expect("a second hand")
}

/// Edits the database as somebody would who owns the server: no trigger asks.
async fn tamper(url: &str, edit: &str) {
    let mut hand = raw(url).await;
    hand.execute("SET session_replication_role = replica")
        .await
        .expect("a superuser may");
    let edit = sqlx::AssertSqlSafe(edit.to_owned());
    sqlx::raw_sql(edit)
        .execute(&mut hand)
        .await
        .expect("an edit");
    hand.close().await.expect("closed");
}

/// A dozen cases, each some steps on.
async fn live(store: &PostgresStore) {
    let shop = shop(1);
    store.commit(shop.unit()).await.expect("committed");
    for (mut case, opening) in open_many(100, 12, shop.tenant.id) {
        store.commit(opening).await.expect("committed");
        for choice in [Choice::Repair, Choice::Claim, Choice::Forward] {
            if let Some(append) = case.choose(choice) {
                let unit = Unit {
                    case: Some(append),
                    ..Unit::default()
                };
                store.commit(unit).await.expect("committed");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_on_one_database_write_one_log() {
    let Some((directory, url, first)) = postgres().await else {
        return;
    };
    let second = open(directory.path(), &url, OpenMode::Write(&row_key()))
        .await
        .expect("a second server");
    let tenant = shop(1).tenant.id;
    let mut tasks = Vec::new();
    for (space, store) in [(1_000, &first), (2_000, &second)] {
        for (mut case, opening) in open_many(space, 40, tenant) {
            let store = store.clone();
            tasks.push(tokio::spawn(async move {
                store.commit(opening).await.expect("committed");
                let request = case.request_repair();
                let next = case.unit(request).expect("a repair is asked for");
                store.commit(next).await.expect("committed");
                (case.id, case.case.version)
            }));
        }
    }
    let mut total = 0;
    for task in tasks {
        let (id, version) = task.await.expect("a task");
        let stored = first.load_case(id).await.expect("the case");
        let versions: Vec<u64> = stored.iter().map(|event| event.version).collect();
        assert_eq!(versions, (1..=version).collect::<Vec<_>>());
        total += version;
    }
    let head = first.head().await.expect("a head");
    assert_eq!(head.size, total);
    assert_eq!(second.head().await.expect("a head"), head);
    let events = second.range(1, total + 1).await.expect("the log");
    let numbers: BTreeSet<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=total).collect(), "gap-free, none lost");
    let report = second.verify_log(&[]).await.expect("it verifies");
    assert_eq!((report.events, report.root), (head.size, head.root));
    let checked = first.rebuild(false).await.expect("a check");
    assert_eq!(checked.differences, Vec::<String>::new());
    first.close().await;
    // The other one does not mind.
    second.commit(act("alone")).await.expect("committed");
    second.close().await;
    let kept = LogSize::read(directory.path()).expect("a size");
    assert_eq!(kept.map(|kept| kept.size), Some(total + 1));
}

#[tokio::test]
async fn what_two_servers_decide_at_once_is_done_by_one() {
    let Some((directory, url, first)) = postgres().await else {
        return;
    };
    let second = open(directory.path(), &url, OpenMode::Write(&row_key()))
        .await
        .expect("a second server");
    let mut case = TestCase::new(100, shop(1).tenant.id);
    let opening = case.open();
    let opening = case.unit(opening).expect("a case opens");
    first.commit(opening).await.expect("committed");
    let request = case.request_repair();
    let unit = case.unit(request).expect("a repair is asked for");
    let outcomes = join_all((0..20).map(|turn| {
        let store = if turn % 2 == 0 { &first } else { &second };
        store.commit(unit.clone())
    }))
    .await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1, "{outcomes:?}");
    for outcome in outcomes {
        assert!(
            matches!(outcome, Ok(_) | Err(StoreError::Conflict { .. })),
            "{outcome:?}"
        );
    }

    let jobs: Vec<_> = (0..30)
        .map(|number| NewJob {
            kind: "screen".to_owned(),
            payload: serde_json::json!({ "number": number }),
            run_at: START,
            unique_key: None,
        })
        .collect();
    let unit = Unit {
        jobs,
        ..Unit::default()
    };
    first.commit(unit).await.expect("committed");
    let claims = join_all((0..8).map(|turn| {
        let store = if turn % 2 == 0 { &first } else { &second };
        store.claim_jobs(START, 5, JobKinds::Only("screen".to_owned()))
    }))
    .await;
    let mut taken = BTreeSet::new();
    for claim in claims {
        for job in claim.expect("a claim") {
            assert!(taken.insert(job.id), "{:?} was taken twice", job.id);
        }
    }
    first.close().await;
    second.close().await;
}

/// The next thing that is heard, soon.
async fn next(changes: &mut tokio::sync::mpsc::Receiver<Elsewhere>) -> Elsewhere {
    tokio::time::timeout(Duration::from_secs(30), changes.recv())
        .await
        .expect("it is told")
        .expect("it goes on")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_tell_each_other_what_they_changed() {
    let Some(server) = aftercare_testkit::postgres() else {
        return;
    };
    let server = server.another();
    let (directory, url) = (tempfile::tempdir().expect("a directory"), server.database());
    let first = open(directory.path(), &url, OpenMode::Create(&row_key()))
        .await
        .expect("a new store");
    let second = open(directory.path(), &url, OpenMode::Write(&row_key()))
        .await
        .expect("a second server");
    let hear = async |store: &PostgresStore| {
        let heard = store.elsewhere().await.expect("it listens");
        heard.expect("others may write")
    };
    let (mut here, mut there) = (hear(&first).await, hear(&second).await);
    let shop = shop(1);
    first.commit(shop.unit()).await.expect("committed");
    // A new tenant, with what its visits need, and no photo yet.
    assert_eq!(next(&mut there).await, Elsewhere::Staff);
    // More than one message holds.
    let (cases, openings): (Vec<_>, Vec<_>) =
        open_many(100, 150, shop.tenant.id).into_iter().unzip();
    join_all(openings.into_iter().map(|unit| first.commit(unit))).await;
    let mut told = BTreeSet::new();
    for _ in &cases {
        match next(&mut there).await {
            Elsewhere::Case { tenant, case } if tenant == shop.tenant.id => told.insert(case),
            other => panic!("{other:?}"),
        };
    }
    assert_eq!(told, cases.iter().map(|case| case.id).collect());
    let shred = Unit {
        writes: vec![Write::ShredPerson {
            person: shop.person.id,
            at: START,
        }],
        ..Unit::default()
    };
    first.commit(shred).await.expect("committed");
    assert_eq!(next(&mut there).await, Elsewhere::Anything);

    // Messages that a crash may have swallowed are made up for, and later ones are heard.
    tokio::task::block_in_place(|| server.crash());
    assert_eq!(next(&mut there).await, Elsewhere::Anything);
    let (case, opening) = open_many(900, 1, shop.tenant.id).remove(0);
    first.commit(opening).await.expect("committed");
    let expected = Elsewhere::Case {
        tenant: shop.tenant.id,
        case: case.id,
    };
    while next(&mut there).await != expected {}
    // Of its own it heard nothing but that something may have been missed.
    while let Ok(own) = here.try_recv() {
        assert_eq!(own, Elsewhere::Anything);
    }
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn the_database_refuses_to_change_what_was_logged() {
    let Some((_directory, url, store)) = postgres().await else {
        return;
    };
    live(&store).await;
    let key = SigningKey::generate(LOG_NAME).expect("a key");
    checkpoint(&store, &key).await;
    let mut hand = raw(&url).await;
    for statement in [
        "UPDATE checkpoints SET note = ''",
        "DELETE FROM checkpoints",
        "TRUNCATE checkpoints",
        "TRUNCATE cosigned_checkpoints",
        "UPDATE events SET payload = '' WHERE seq = 1",
        "DELETE FROM events WHERE seq = 1",
        "TRUNCATE events",
        "INSERT INTO events SELECT * FROM events WHERE seq = 1 ON CONFLICT (seq) DO UPDATE SET payload = ''",
        "INSERT INTO events SELECT seq + 1000, stream_kind, stream_id, version, at, name, payload, salt, leaf FROM events WHERE seq = 1",
        "UPDATE ledger_nodes SET idx = idx",
        "DELETE FROM ledger_nodes",
        "TRUNCATE ledger_nodes",
    ] {
        let error = hand.execute(statement).await.expect_err(statement);
        assert!(
            error.to_string().contains("append-only"),
            "{statement}: {error}"
        );
    }
    let report = store
        .verify_log(&[key.verifier()])
        .await
        .expect("nothing happened");
    assert_eq!(report.checkpoints, 1);
    store.close().await;
}

#[tokio::test]
async fn what_was_edited_is_named() {
    for (edit, said) in [
        (
            "UPDATE events SET payload = payload || ' '::bytea WHERE seq = 5",
            "event 5 (",
        ),
        ("UPDATE events SET at = at + 1 WHERE seq = 5", "event 5 ("),
        ("DELETE FROM events WHERE seq = 5", "event 5 is missing"),
        (
            "DELETE FROM ledger_nodes WHERE level = 1 AND idx = 0",
            "the tree of the log",
        ),
        (
            "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)",
            "shortened",
        ),
    ] {
        let Some((directory, url, store)) = postgres().await else {
            return;
        };
        live(&store).await;
        store.close().await;
        tamper(&url, edit).await;
        let store = open(directory.path(), &url, OpenMode::Read)
            .await
            .expect("it opens for reading");
        let error = store.verify_log(&[]).await.expect_err("it is noticed");
        assert!(error.to_string().contains(said), "{edit}: {error}");
        let error = store
            .commit(act("by a reader"))
            .await
            .expect_err("it only reads");
        assert!(error.to_string().contains("for reading only"), "{error}");
        store.close().await;
        if said == "shortened" {
            let error = open(directory.path(), &url, OpenMode::Write(&row_key()))
                .await
                .expect_err("it is not written to");
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}

#[tokio::test]
async fn projections_that_were_edited_are_found_and_made_again() {
    let Some((_directory, url, store)) = postgres().await else {
        return;
    };
    live(&store).await;
    let dump = store.dump_hash().await.expect("a dump");
    tamper(
        &url,
        "UPDATE case_view SET closed = 1 WHERE case_id = (SELECT min(case_id::text)::bytea FROM case_view); DELETE FROM clock_view WHERE due_at = (SELECT min(due_at) FROM clock_view)",
    )
    .await;
    let checked = store.rebuild(false).await.expect("a check");
    for table in ["case_view: ", "clock_view: "] {
        assert!(
            checked
                .differences
                .iter()
                .any(|line| line.starts_with(table)),
            "{checked:?}"
        );
    }
    assert_ne!(store.dump_hash().await.expect("a dump"), dump);
    store.rebuild(true).await.expect("a rebuild");
    assert_eq!(store.dump_hash().await.expect("a dump"), dump);
    store.close().await;
}

/// Two databases that hold the same must give the same dump, so they must have the same tables and columns.
#[tokio::test]
async fn a_dump_covers_every_table_and_column_that_sqlite_has() {
    let Some((_directory, url, store)) = postgres().await else {
        return;
    };
    let home = crate::support::Home::empty().await;
    let mut lite = crate::support::raw(home.directory.path()).await;
    let expected: Vec<(String, String)> = sqlx::query_as(
        "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> '_sqlx_migrations' ORDER BY 1, c.cid",
    )
    .fetch_all(&mut lite)
    .await
    .expect("the columns");
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations' ORDER BY table_name::text COLLATE \"C\", ordinal_position",
    )
    .fetch_all(&mut raw(&url).await)
    .await
    .expect("the columns");
    assert_eq!(found, expected);
    assert_eq!(
        store.dump_hash().await.expect("a dump"),
        home.store.dump_hash().await.expect("a dump"),
        "empty ones are equal"
    );
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_a_crash_of_the_server() {
    let Some(server) = aftercare_testkit::postgres() else {
        return;
    };
    let server = server.another();
    let url = server.database();
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(directory.path(), &url, OpenMode::Create(&row_key()))
        .await
        .expect("a new store");
    let mut acknowledged = Vec::new();
    for _ in 0..3 {
        let writing: Vec<_> = (0..50)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move { store.commit(act(&format!("act {number}"))).await })
            })
            .collect();
        tokio::task::block_in_place(|| server.crash());
        for task in writing {
            match task.await.expect("a task") {
                Ok(Outcome::Committed(committed)) => acknowledged.extend(committed.audit_leaves),
                // Whoever is not acknowledged is told that it may be asked again.
                Err(error) => assert!(
                    matches!(error, StoreError::Unreachable(_) | StoreError::Database(_)),
                    "{error:?}"
                ),
                Ok(other) => panic!("nothing was asked before: {other:?}"),
            }
        }
        // It goes on without being opened again.
        let outcome = store.commit(act("afterwards")).await.expect("committed");
        let Outcome::Committed(committed) = outcome else {
            panic!("nothing was asked before");
        };
        acknowledged.extend(committed.audit_leaves);
        store
            .claim_jobs(START, 1, JobKinds::AllBut("none".to_owned()))
            .await
            .expect("jobs are looked for");
    }
    let size = store.head().await.expect("a head").size;
    let events = store.range(1, size).await.expect("the log");
    for appended in acknowledged {
        let (seq, leaf) = (appended.seq(), appended.leaf());
        let place = usize::try_from(seq - 1).expect("a small number");
        assert_eq!(
            events[place].leaf, leaf,
            "event {seq} is the one acknowledged"
        );
    }
    store.verify_log(&[]).await.expect("it verifies");
    store.close().await;
}

#[tokio::test]
async fn a_directory_moves_from_sqlite_with_everything() {
    let Some(server) = aftercare_testkit::postgres() else {
        return;
    };
    let home = crate::support::Home::empty().await;
    let first = aftercare_testkit::story(&home.store).await;
    let key = SigningKey::generate(LOG_NAME).expect("a key");
    let keys = [first, key.verifier()];
    home.checkpoint(&key).await;
    // A table of its own keeps the last number that was used, also of rows that are gone.
    let job = |unique_key: Option<&str>| Unit {
        jobs: vec![NewJob {
            kind: "screen".to_owned(),
            payload: serde_json::json!({}),
            run_at: START,
            unique_key: unique_key.map(str::to_owned),
        }],
        ..Unit::default()
    };
    home.commit(job(Some("before"))).await;
    let (dump, head) = (
        home.store.dump_hash().await.expect("a dump"),
        home.store.head().await.expect("a head"),
    );
    let last = home.store.open_jobs(10).await.expect("jobs")[0].id;
    let path = home.directory.path();
    let url = server.database();
    let error = move_to_postgres(path, &url, &keys, &row_key())
        .await
        .expect_err("somebody has it open");
    assert!(matches!(error, StoreError::Owned { .. }), "{error}");
    home.store.close().await;

    let error = move_to_postgres(path, "postgres://a@127.0.0.1:1/b", &keys, &row_key())
        .await
        .expect_err("no server");
    assert!(matches!(error, StoreError::Database(_)), "{error}");
    let report = move_to_postgres(path, &url, &keys, &row_key())
        .await
        .expect("a move");
    assert_eq!((report.events, report.root), (head.size, head.root));
    assert!(!path.join("aftercare.sqlite").exists());
    let store = open(path, &url, OpenMode::Write(&row_key()))
        .await
        .expect("it opens");
    assert_eq!(store.dump_hash().await.expect("a dump"), dump);
    assert_eq!(store.verify_log(&keys).await.expect("it verifies"), report);
    let checked = store.rebuild(false).await.expect("a check");
    assert_eq!(checked.differences, Vec::<String>::new());
    store.verify_blobs().await.expect("the blobs are there");
    store.commit(act("goes on")).await.expect("it goes on");
    store.commit(job(Some("after"))).await.expect("a job");
    let jobs = store.open_jobs(10).await.expect("jobs");
    assert!(jobs.iter().all(|job| job.id >= last), "{jobs:?}");
    assert_eq!(jobs.len(), 2, "numbers are not used again");
    store.close().await;

    // Nothing is moved twice, nor into a database that has something.
    let error = move_to_postgres(path, &url, &keys, &row_key())
        .await
        .expect_err("it was moved");
    assert!(error.to_string().contains("was moved before"), "{error}");
    let other = crate::support::Home::lived_in().await;
    other.store.close().await;
    let error = move_to_postgres(other.directory.path(), &url, &keys, &row_key())
        .await
        .expect_err("the database is used");
    assert!(error.to_string().contains("is not empty"), "{error}");
    SqliteStore::open(other.directory.path(), OpenMode::Write(&row_key()))
        .await
        .expect("it is as before")
        .close()
        .await;
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_said_in_words() {
    let Some((directory, url, store)) = postgres().await else {
        return;
    };
    store.close().await;
    let path = directory.path();
    let key = row_key();
    let refused = async |url: &str, mode, said: &str| {
        let error = open(path, url, mode).await.expect_err(said);
        assert!(matches!(error, StoreError::Database(_)), "{error}");
        let text = error.to_string();
        assert!(text.contains(said) && !text.contains("hush"), "{text}");
    };
    refused("mysql://a@b/c", OpenMode::Write(&key), "database URL").await;
    let nobody = "postgres://aftercare:hush@127.0.0.1:1/nowhere";
    refused(nobody, OpenMode::Write(&key), "\"nowhere\" at 127.0.0.1").await;
    let empty = aftercare_testkit::postgres().expect("a server").database();
    refused(&empty, OpenMode::Write(&key), "holds no Aftercare data").await;
    refused(&empty, OpenMode::Read, "holds no Aftercare data").await;
    open(path, &url, OpenMode::Read)
        .await
        .expect("this one has")
        .close()
        .await;

    // Neither is a directory with a database of its own.
    let home = crate::support::Home::empty().await;
    let error = open(home.directory.path(), &url, OpenMode::Write(&row_key()))
        .await
        .expect_err("it has one");
    assert!(error.to_string().contains("SQLite"), "{error}");
    // Nor one that belongs to another log.
    let other = tempfile::tempdir().expect("a directory");
    std::fs::write(
        other.path().join("log-size"),
        format!("0 {}\n", "00".repeat(32)),
    )
    .expect("a size");
    let error = open(other.path(), &url, OpenMode::Write(&row_key()))
        .await
        .expect_err("it is another log's");
    assert!(error.to_string().contains("log-size"), "{error}");
}

/// A server that acknowledges what it may lose is not written to, nor read from as if it could be relied on.
#[tokio::test]
async fn a_server_that_would_lose_what_it_acknowledged_is_refused_by_name() {
    let Some(server) = aftercare_testkit::postgres() else {
        return;
    };
    let key = row_key();
    for setting in ["fsync", "full_page_writes"] {
        let careless = server.another_with(&[&format!("{setting}=off")]);
        let url = careless.database();
        let directory = tempfile::tempdir().expect("a directory");
        for mode in [
            OpenMode::Create(&key),
            OpenMode::Write(&key),
            OpenMode::Read,
        ] {
            let error = open(directory.path(), &url, mode).await.expect_err(setting);
            assert!(matches!(error, StoreError::Database(_)), "{error}");
            let said = format!("{setting} = off");
            assert!(error.to_string().contains(&said), "{mode:?}: {error}");
        }
        let home = crate::support::Home::empty().await;
        home.store.close().await;
        let error = move_to_postgres(home.directory.path(), &url, &[], &key)
            .await
            .expect_err("nothing is moved there");
        assert!(error.to_string().contains(setting), "{error}");
        let (made,): (Option<String>,) = sqlx::query_as("SELECT to_regclass('events')::text")
            .fetch_one(&mut raw(&url).await)
            .await
            .expect("an answer");
        assert_eq!(made, None, "no table was made there");
    }
}

/// Whoever needs the log alone keeps every server out, and is kept out by each.
#[tokio::test]
async fn alone_is_alone() {
    let Some((directory, url, store)) = postgres().await else {
        return;
    };
    let key = row_key();
    let kept_out = open(directory.path(), &url, OpenMode::Alone(&key)).await;
    assert!(
        matches!(kept_out, Err(StoreError::Owned { .. })),
        "a server runs: {kept_out:?}"
    );
    store.close().await;
    let alone = open(directory.path(), &url, OpenMode::Alone(&key))
        .await
        .expect("nobody else");
    let kept_out = open(directory.path(), &url, OpenMode::Write(&key)).await;
    assert!(
        matches!(kept_out, Err(StoreError::Owned { .. })),
        "it is alone: {kept_out:?}"
    );
    alone.close().await;
    let again = open(directory.path(), &url, OpenMode::Write(&key))
        .await
        .expect("a server again");
    again.close().await;
}

/// Stands between a store and its server, and can let the server vanish: what is sent then is lost, nobody is told, and
/// connections of before never say anything again.
struct Wire {
    folder: TempDir,
    is_cut: watch::Sender<bool>,
}

impl Wire {
    /// Takes the place of the server that a URL names by its socket; gives the URL of this one.
    fn before(url: &str) -> (Self, String) {
        let (start, folder) = url.split_once("?host=").expect("a socket");
        let server = Path::new(folder).join(".s.PGSQL.5432");
        let wire = Self {
            folder: tempfile::tempdir().expect("a folder"),
            is_cut: watch::Sender::new(false),
        };
        let listener =
            UnixListener::bind(wire.folder.path().join(".s.PGSQL.5432")).expect("a socket");
        let is_cut = wire.is_cut.subscribe();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (server, mut is_cut) = (server.clone(), is_cut.clone());
                tokio::spawn(async move {
                    if !*is_cut.borrow_and_update() {
                        let mut there = UnixStream::connect(server).await.expect("the server");
                        tokio::select! {
                            _ = tokio::io::copy_bidirectional(&mut client, &mut there) => return,
                            _ = is_cut.wait_for(|is_cut| *is_cut) => {}
                        }
                        // Only now: the server would notice an end, and so would the client.
                        std::future::pending::<()>().await;
                    }
                    std::future::pending::<()>().await;
                });
            }
        });
        let url = format!("{start}?host={}", wire.folder.path().display());
        (wire, url)
    }
}

/// A machine that vanishes says nothing any more. Whoever asked is told so in time, and once it is back everything goes on.
#[tokio::test]
async fn a_server_that_vanishes_is_given_up_in_time_and_found_again() {
    let Some((directory, url, store)) = postgres().await else {
        return;
    };
    store.close().await;
    let (wire, url) = Wire::before(&url);
    let (key, patience) = (row_key(), Duration::from_secs(2));
    let store =
        PostgresStore::open_patient(directory.path(), &url, OpenMode::Write(&key), patience)
            .await
            .expect("it opens");
    store.commit(act("before")).await.expect("committed");
    store.range(1, 1).await.expect("read");
    wire.is_cut.send_replace(true);
    let asked = Instant::now();
    let (written, read) = tokio::join!(store.commit(act("meanwhile")), store.range(1, 1));
    let unreachable = |error: &StoreError| matches!(error, StoreError::Unreachable(_));
    assert!(written.as_ref().is_err_and(unreachable), "{written:?}");
    assert!(read.as_ref().is_err_and(unreachable), "{read:?}");
    assert!(asked.elapsed() < patience * 10, "{:?}", asked.elapsed());
    wire.is_cut.send_replace(false);
    let asked = Instant::now();
    while let Err(error) = store.commit(act("after")).await {
        assert!(unreachable(&error), "{error}");
        assert!(asked.elapsed() < patience * 20, "it is not found again");
    }
    while let Err(error) = store.range(1, 1).await {
        assert!(unreachable(&error), "{error}");
        assert!(asked.elapsed() < patience * 20, "it is not found again");
    }
    let report = store.verify_log(&[]).await.expect("it verifies");
    assert!(report.events >= 2);
    store.close().await;
}

/// What was dumped by somebody who does not see everything is no backup: the count of each table says so.
#[tokio::test]
async fn a_copy_that_lacks_rows_does_not_count() {
    let Some((_directory, url, store)) = postgres().await else {
        return;
    };
    live(&store).await;
    let key = SigningKey::generate(LOG_NAME).expect("a key");
    checkpoint(&store, &key).await;
    let (keys, rows) = ([key.verifier()], row_key());
    let server = aftercare_testkit::postgres().expect("the same server");
    let dump = server.dump(&url);
    let rooms = tempfile::tempdir().expect("a directory");
    let complete = async |url: &str, name: &str| {
        let staging = rooms.path().join(name);
        std::fs::create_dir(&staging).expect("a folder");
        store.copy_before(&staging).expect("the size of the log");
        store.complete_copy(&staging, url, &keys, &rows).await
    };
    let whole = server.restored(&dump);
    let manifest = complete(&whole, "whole").await.expect("a backup");
    assert_eq!(manifest.size, store.head().await.expect("a head").size);
    let lacking = server.restored(&dump);
    tamper(&lacking, "DELETE FROM users").await;
    let error = complete(&lacking, "lacking").await.expect_err("no backup");
    assert!(matches!(&error, StoreError::Corrupt { .. }), "{error}");
    store.close().await;
}
