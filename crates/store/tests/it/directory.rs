//! Who may open a data directory, and what is there when it is opened again.

use crate::support::{Home, raw};
use aftercare_store::{
    BlobDirectory, Blobs as _, EventLog as _, LogSize, OpenMode, Projections as _, SqliteStore,
    StoreError, Upkeep as _, blob_name_of,
};
use aftercare_testkit::row_key;
use std::time::Duration;

#[tokio::test]
async fn a_second_writer_is_told_who_writes() {
    let home = Home::lived_in().await;
    let path = home.directory.path();
    let error = SqliteStore::open(path, OpenMode::Write(&row_key()))
        .await
        .expect_err("it is owned");
    assert_eq!(
        error,
        StoreError::Owned {
            pid: std::process::id()
        }
    );
    assert!(
        error.to_string().contains(&std::process::id().to_string()),
        "{error}"
    );

    // Reading goes on beside it, and sees what is committed later.
    let reader = SqliteStore::open(path, OpenMode::Read)
        .await
        .expect("a reader");
    home.commit(home.act("later")).await;
    let head = home.store.head().await.expect("a head");
    assert_eq!(reader.head().await.expect("a head"), head);
    assert_eq!(
        reader.verify_log(&[]).await.expect("it verifies").events,
        head.size
    );
    let error = reader
        .commit(home.act("by a reader"))
        .await
        .expect_err("it only reads");
    assert!(error.to_string().contains("for reading only"), "{error}");
    assert!(reader.rebuild(true).await.is_err());

    home.store.close().await;
    let next = SqliteStore::open(path, OpenMode::Write(&row_key()))
        .await
        .expect("it is free at once");
    next.close().await;
}

#[tokio::test]
async fn a_directory_that_holds_nothing_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    for mode in [OpenMode::Read, OpenMode::Write(&row_key())] {
        let error = SqliteStore::open(directory.path(), mode)
            .await
            .expect_err("nothing is there");
        assert!(matches!(&error, StoreError::Directory(_)), "{error}");
    }
    let left = std::fs::read_dir(directory.path())
        .expect("a listing")
        .count();
    assert_eq!(left, 0, "nothing was made");
}

#[tokio::test]
async fn what_was_acknowledged_survives_without_a_close() {
    let directory = tempfile::tempdir().expect("a directory");
    let copy = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(directory.path(), OpenMode::Create(&row_key()))
        .await
        .expect("a store");
    let key = aftercare_testkit::story(&store).await;
    let head = store.head().await.expect("a head");
    let dump = store.dump_hash().await.expect("a dump");
    // The files as a killed process would leave them: the write-ahead log is not folded back.
    for file in ["aftercare.sqlite", "aftercare.sqlite-wal", "log-size"] {
        std::fs::copy(directory.path().join(file), copy.path().join(file)).expect(file);
    }
    let again = SqliteStore::open(copy.path(), OpenMode::Write(&row_key()))
        .await
        .expect("it opens");
    assert_eq!(again.head().await.expect("a head"), head);
    assert_eq!(again.dump_hash().await.expect("a dump"), dump);
    again.verify_log(&[key]).await.expect("it verifies");
    let checked = again.rebuild(false).await.expect("a check");
    assert_eq!(checked.differences, Vec::<String>::new());
}

#[tokio::test]
async fn half_written_blobs_are_swept() {
    let home = Home::lived_in().await;
    let path = home.directory.path().to_owned();
    let name = home.store.put_blob(vec![1; 10]).await.expect("a blob");
    let folder = path.join("blobs").join(&name[..2]);
    home.store.close().await;
    std::fs::write(folder.join(".1-0.part"), "half").expect("half a blob");
    let store = SqliteStore::open(&path, OpenMode::Write(&row_key()))
        .await
        .expect("it opens");
    let left = std::fs::read_dir(&folder).expect("a listing").count();
    assert_eq!(left, 1, "only the whole blob is left");
    assert_eq!(store.get_blob(&name).await.expect("the blob"), vec![1; 10]);
    store.close().await;
}

#[tokio::test]
async fn the_size_of_the_log_is_kept_beside_it() {
    let home = Home::lived_in().await;
    let path = home.directory.path().to_owned();
    let head = home.store.head().await.expect("a head");
    // While nobody asks for anything it is brought up to date.
    let mut kept = None;
    for _ in 0..100 {
        kept = LogSize::read(&path).expect("a size");
        if kept.is_some_and(|kept| kept.size == head.size) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let current = LogSize {
        size: head.size,
        root: head.root,
        changes: home.store.verify_log(&[]).await.expect("a log").changes,
    };
    assert_eq!(kept, Some(current));
    home.commit(home.act("later")).await;
    home.store.close().await;
    let kept = LogSize::read(&path).expect("a size").expect("it is there");
    assert_eq!(kept.size, head.size + 1, "a close brings it up to date");

    std::fs::write(path.join("log-size"), "12").expect("half a file");
    let error = SqliteStore::open(&path, OpenMode::Write(&row_key()))
        .await
        .expect_err("it is damaged");
    assert!(error.to_string().contains("log-size"), "{error}");
}

#[tokio::test]
async fn a_dump_covers_every_table() {
    let home = Home::lived_in().await;
    let mut connection = raw(home.directory.path()).await;
    let tables: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('_sqlx_migrations', 'row_tally') ORDER BY name",
    )
    .fetch_all(&mut connection)
    .await
    .expect("the tables");
    let tables: Vec<_> = tables.into_iter().map(|(name,)| name).collect();
    assert_eq!(SqliteStore::dumped_tables(), tables);
    // Left out are columns that a restart or a retry changes, and no others.
    let volatile = [
        "sessions.last_seen_at",
        "api_tokens.last_used_at",
        "jobs.run_at",
        "jobs.attempts",
        "jobs.leased_until",
        "jobs.last_error",
    ];
    let mut dump = Vec::new();
    home.store.dump(&mut dump).await.expect("a dump");
    let dump = String::from_utf8(dump).expect("text");
    for table in tables {
        let query = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns: Vec<(String,)> = sqlx::query_as(sqlx::AssertSqlSafe(query))
            .fetch_all(&mut connection)
            .await
            .expect("the columns");
        let expected = columns
            .iter()
            .filter(|(column,)| column != "checksum")
            .filter(|(column,)| !volatile.contains(&format!("{table}.{column}").as_str()))
            .count();
        let start = format!("{table}\t");
        for line in dump.lines().filter(|line| line.starts_with(&start)) {
            assert_eq!(line.split('\t').count(), expected + 1, "{line}");
        }
    }
}

/// Of processes in containers that share a directory each may be number 1: what another one has half written is not ours.
#[tokio::test]
async fn processes_of_one_number_leave_the_half_written_files_of_each_other_alone() {
    let home = Home::lived_in().await;
    let path = home.directory.path();
    let (blobs, sealed) = (path.join("blobs"), b"sealed bytes");
    let folder = blobs.join(&blob_name_of(sealed)[..2]);
    std::fs::create_dir_all(&folder).expect("a folder");
    let number = std::process::id();
    let theirs = [
        folder.join(format!(".{number}-0.part")),
        path.join(format!("log-size.{number}.part")),
    ];
    for file in &theirs {
        std::fs::write(file, "half").expect("half of theirs");
    }
    let ours = BlobDirectory::new(blobs);
    let name = ours.put(sealed).expect("a place of its own");
    assert_eq!(ours.get(&name).expect("whole"), sealed);
    home.commit(home.act("goes on")).await;
    let size = home.store.head().await.expect("a head").size;
    home.store.close().await;
    let kept = LogSize::read(path).expect("whole").expect("there");
    assert_eq!(kept.size, size);
    for file in &theirs {
        let half = std::fs::read_to_string(file);
        assert_eq!(half.expect("still there"), "half", "{}", file.display());
    }
}
