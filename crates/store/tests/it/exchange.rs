//! What the operator of an exchange keeps is kept, in order, and by one process at a time, on SQLite and on PostgreSQL.

use crate::support::postgres;
use aftercare_store::{EXCHANGE_FILE, ExchangeJournal, StoreError};
use aftercare_testkit::Server;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use std::path::Path;

/// What every journal lives through, wherever it is.
async fn story(data: &Path, url: Option<&str>) {
    assert!(
        ExchangeJournal::read(data, url).await.is_err(),
        "nothing is there yet"
    );
    let journal = ExchangeJournal::open(data, url).await.expect("made");
    assert!(journal.entries().await.expect("read").is_empty());
    journal.append(0, "one").await.expect("kept");
    journal.append(1, "two 二").await.expect("kept");
    assert!(matches!(
        journal.append(1, "other").await,
        Err(StoreError::Unique(_))
    ));
    for day in [20_001, 20_000, 20_000] {
        journal.count_query(day).await.expect("counted");
    }
    assert!(matches!(
        ExchangeJournal::open(data, url).await,
        Err(StoreError::Owned { .. })
    ));
    let beside = ExchangeJournal::read(data, url).await.expect("read");
    assert_eq!(beside.entries().await.expect("read"), ["one", "two 二"]);
    assert!(beside.append(2, "three").await.is_err(), "it only reads");
    drop((journal, beside));
    let journal = ExchangeJournal::open(data, url).await.expect("opened");
    assert_eq!(journal.entries().await.expect("read"), ["one", "two 二"]);
    assert_eq!(
        journal.queries().await.expect("read"),
        [(20_000, 2), (20_001, 1)]
    );
}

/// More entries than one statement reads, entered at once.
const MANY: &str = "WITH RECURSIVE numbers(place) AS (SELECT 2 UNION ALL SELECT place + 1 FROM numbers WHERE place < 1499) INSERT INTO entries (place, entry) SELECT place, 'more' FROM numbers";

/// How a journal reads them, and what it says of one that is missing in between.
async fn story_of_many(data: &Path, url: Option<&str>) {
    let journal = ExchangeJournal::open(data, url).await.expect("opened");
    let entries = journal.entries().await.expect("read");
    assert_eq!((entries.len(), entries[1_499].as_str()), (1_500, "more"));
    journal.append(1_501, "beyond").await.expect("kept");
    assert!(matches!(
        journal.entries().await,
        Err(StoreError::Corrupt { .. })
    ));
}

/// What a hand beside the program's own may not do.
const EDITS: [&str; 2] = [
    "UPDATE entries SET entry = 'three' WHERE place = 1",
    "DELETE FROM entries WHERE place = 1",
];

#[tokio::test]
async fn entries_are_there_after_a_restart_and_never_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("operator");
    story(&data, None).await;
    let address = format!("sqlite:{}", data.join(EXCHANGE_FILE).display());
    let mut link = SqliteConnection::connect(&address).await.expect("opened");
    for statement in EDITS {
        assert!(sqlx::query(statement).execute(&mut link).await.is_err());
    }
    let filled = sqlx::query(MANY).execute(&mut link).await;
    filled.expect("they come next");
    story_of_many(&data, None).await;
    // Somebody who gives a URL by mistake is told, and makes no second list.
    for opened in [
        ExchangeJournal::open(&data, Some("postgres:///none")).await,
        ExchangeJournal::read(&data, Some("postgres:///none")).await,
    ] {
        assert!(matches!(opened, Err(StoreError::Directory(_))));
    }
}

#[tokio::test]
async fn entries_on_a_server_are_there_after_a_restart_and_never_change() {
    let Some(url) = aftercare_testkit::postgres().map(Server::database) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("operator");
    story(&data, Some(&url)).await;
    assert!(!data.join(EXCHANGE_FILE).exists());
    let mut link = PgConnection::connect(&url).await.expect("opened");
    for statement in EDITS.into_iter().chain(["TRUNCATE entries"]) {
        assert!(sqlx::query(statement).execute(&mut link).await.is_err());
    }
    let filled = sqlx::query(MANY).execute(&mut link).await;
    filled.expect("they come next");
    story_of_many(&data, Some(&url)).await;
}

#[tokio::test]
async fn a_database_on_a_server_is_one_operators_alone() {
    let Some((_directory, platform, store)) = postgres().await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("operator");
    let refused = |opened: Result<ExchangeJournal, StoreError>, why: &str| match opened {
        Err(StoreError::Database(text)) => assert!(text.contains(why), "{text}"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was opened: {why}"),
    };
    let opened = ExchangeJournal::open(&data, Some(&platform)).await;
    refused(opened, "the data of a platform");
    drop(store);
    let url = aftercare_testkit::postgres()
        .map(Server::database)
        .expect("a server");
    let opened = ExchangeJournal::read(&data, Some(&url)).await;
    refused(opened, "holds no exchange");
    let journal = ExchangeJournal::open(&data, Some(&url)).await;
    let journal = journal.expect("made");
    let other = folder.path().join("other");
    let opened = ExchangeJournal::open(&other, Some(&url)).await;
    refused(opened, "another operator");
    journal.append(0, "one").await.expect("kept");
}

#[tokio::test]
async fn a_server_that_was_gone_is_asked_again() {
    let Some(server) = aftercare_testkit::postgres().map(Server::another) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let url = server.database();
    let journal = ExchangeJournal::open(folder.path(), Some(&url)).await;
    let journal = journal.expect("made");
    journal.append(0, "one").await.expect("kept");
    server.crash();
    assert!(
        journal.append(1, "two").await.is_err(),
        "its connection is gone"
    );
    assert_eq!(journal.entries().await.expect("read"), ["one"]);
    journal.append(1, "two").await.expect("kept");
    assert_eq!(journal.entries().await.expect("read"), ["one", "two"]);
}

#[tokio::test]
async fn an_empty_folder_is_no_exchange() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(
        ExchangeJournal::read(folder.path(), None).await,
        Err(StoreError::Directory(_))
    ));
}
