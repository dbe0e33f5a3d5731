//! Whatever is changed in the files is noticed, and said in words.

use crate::support::{Home, LOG_NAME, raw, tamper};
use aftercare_ledger::{SigningKey, event_leaf};
use aftercare_store::rows::BlobRow;
use aftercare_store::{
    Blobs as _, EventLog as _, OpenMode, SqliteStore, StoreError, Unit, Upkeep as _, Write,
};
use aftercare_testkit::{START, row_key};
use sqlx::Executor as _;

#[tokio::test]
async fn the_database_refuses_to_change_what_was_logged() {
    let home = Home::lived_in().await;
    let key = SigningKey::generate(LOG_NAME).expect("a key");
    home.checkpoint(&key).await;
    let mut connection = raw(home.directory.path()).await;
    for statement in [
        "UPDATE checkpoints SET root = zeroblob(32)",
        "DELETE FROM checkpoints",
        "UPDATE events SET payload = x'00' WHERE seq = 1",
        "DELETE FROM events WHERE seq = 1",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE seq = 1",
        "INSERT INTO events SELECT seq + 1000, stream_kind, stream_id, version, at, name, payload, salt, leaf FROM events WHERE seq = 1",
        "UPDATE ledger_nodes SET hash = zeroblob(32)",
        "DELETE FROM ledger_nodes",
        "INSERT OR REPLACE INTO ledger_nodes SELECT level, idx, zeroblob(32) FROM ledger_nodes",
    ] {
        let outcome = connection.execute(statement).await;
        let touched = outcome.as_ref().map_or(0, |done| done.rows_affected());
        assert_eq!(touched, 0, "{statement}: {outcome:?}");
    }
    let report = home
        .store
        .verify_log(&[key.verifier()])
        .await
        .expect("nothing happened");
    assert_eq!(report.checkpoints, 1);
}

#[tokio::test]
async fn an_edited_event_is_named() {
    let edits = [
        "UPDATE events SET payload = CAST(payload || ' ' AS BLOB) WHERE seq = 5",
        "UPDATE events SET salt = zeroblob(32) WHERE seq = 5",
        "UPDATE events SET leaf = zeroblob(32) WHERE seq = 5",
        "UPDATE events SET at = at + 1 WHERE seq = 5",
        "UPDATE events SET name = 'case_closed.v1' WHERE seq = 5",
        "UPDATE events SET version = 90 WHERE seq = 5",
    ];
    for edit in edits {
        let error = Home::lived_in().await.verify_after(edit).await;
        assert!(
            matches!(&error, StoreError::Corrupt { .. }),
            "{edit}: {error}"
        );
        assert!(
            error.to_string().starts_with("event 5 ("),
            "{edit}: {error}"
        );
    }
}

#[tokio::test]
async fn an_event_of_another_case_is_named() {
    // Moved as a whole, so that the numbers fit: its leaf says where it belongs.
    let edit = "UPDATE events SET stream_id = x'000000000000000000000000000000ff' WHERE stream_id = (SELECT stream_id FROM events WHERE stream_kind = 'case' ORDER BY seq LIMIT 1)";
    let error = Home::lived_in().await.verify_after(edit).await;
    assert!(error.to_string().contains("altered or moved"), "{error}");
    let edit = "UPDATE events SET stream_kind = 'audit' WHERE stream_id = (SELECT stream_id FROM events WHERE stream_kind = 'case' ORDER BY seq LIMIT 1)";
    let error = Home::lived_in().await.verify_after(edit).await;
    assert!(error.to_string().contains("altered or moved"), "{error}");
}

#[tokio::test]
async fn a_checkpoint_outlives_the_size_beside_the_database() {
    let home = Home::lived_in().await;
    let key = SigningKey::generate(LOG_NAME).expect("a key");
    home.checkpoint(&key).await;
    let size = home.store.head().await.expect("a head").size;
    let path = home.directory.path().to_owned();
    home.store.close().await;
    std::fs::remove_file(path.join(aftercare_store::LOG_SIZE_FILE)).expect("it is removed");
    tamper(&path, &format!("DELETE FROM events WHERE seq = {size}")).await;
    let store = SqliteStore::open(&path, OpenMode::Read)
        .await
        .expect("it opens for reading");
    let error = store
        .verify_log(&[key.verifier()])
        .await
        .expect_err("it is shorter");
    assert!(error.to_string().contains("shortened"), "{error}");
}

#[tokio::test]
async fn a_consistent_forgery_meets_the_root_that_was_kept() {
    // Bytes and leaf fit each other; the tree over them is another.
    let home = Home::lived_in().await;
    let events = home.store.range(5, 1).await.expect("an event");
    let mut forged = events.into_iter().next().expect("an event");
    forged.payload.push(b' ');
    let leaf = event_leaf(&forged.salt, &forged.committed());
    let edit = format!(
        "UPDATE events SET payload = x'{}', leaf = x'{}' WHERE seq = 5",
        hex::encode(&forged.payload),
        hex::encode(leaf.0)
    );
    let error = home.verify_after(&edit).await;
    assert!(error.to_string().contains("log-size"), "{error}");
}

#[tokio::test]
async fn a_missing_event_is_named() {
    let error = Home::lived_in()
        .await
        .verify_after("DELETE FROM events WHERE seq = 5")
        .await;
    assert!(error.to_string().contains("event 5 is missing"), "{error}");
}

#[tokio::test]
async fn a_history_with_a_hole_is_not_decided_on() {
    let home = Home::lived_in().await;
    let events = home.store.range(1, 100).await.expect("the log");
    let second = events
        .iter()
        .find(|event| event.stream_kind == "case" && event.version == 2);
    let second = second.expect("an event");
    let case = aftercare_domain::ids::CaseId(second.stream_id);
    home.store.load_case(case).await.expect("it is whole");
    tamper(
        home.directory.path(),
        &format!("DELETE FROM events WHERE seq = {}", second.seq),
    )
    .await;
    let error = home
        .store
        .load_case(case)
        .await
        .expect_err("there is a hole");
    assert!(error.to_string().contains("event 2 is missing"), "{error}");
}

#[tokio::test]
async fn a_damaged_database_file_is_said_to_be_one() {
    let home = Home::lived_in().await;
    let path = home.directory.path().join(aftercare_store::DATABASE_FILE);
    let directory = home.directory;
    home.store.close().await;
    let mut bytes = std::fs::read(&path).expect("the file");
    for page in bytes.chunks_mut(4_096).skip(1) {
        page[0] = 0xff;
    }
    std::fs::write(&path, bytes).expect("damage");
    let store = SqliteStore::open(directory.path(), OpenMode::Read)
        .await
        .expect("it opens");
    let error = store.verify_log(&[]).await.expect_err("it is damaged");
    assert!(
        error
            .to_string()
            .starts_with("the database file is damaged"),
        "{error}"
    );
    store.close().await;
    std::fs::write(&path, "this is no database, whatever its name says").expect("damage");
    let error = SqliteStore::open(directory.path(), OpenMode::Write(&row_key()))
        .await
        .expect_err("it is none");
    assert!(
        error
            .to_string()
            .starts_with("the database file is damaged"),
        "{error}"
    );
}

#[tokio::test]
async fn an_edited_tree_is_noticed() {
    for edit in [
        "UPDATE ledger_nodes SET hash = zeroblob(32) WHERE level = 0 AND idx = 2",
        "UPDATE ledger_nodes SET hash = zeroblob(32) WHERE level = 2 AND idx = 1",
        "DELETE FROM ledger_nodes WHERE level = 1 AND idx = 0",
        "INSERT INTO ledger_nodes VALUES (9, 9, zeroblob(32))",
    ] {
        let error = Home::lived_in().await.verify_after(edit).await;
        assert!(
            error.to_string().contains("the tree of the log"),
            "{edit}: {error}"
        );
    }
}

#[tokio::test]
async fn a_shortened_log_is_not_written_to() {
    let home = Home::lived_in().await;
    let size = home.store.head().await.expect("a head").size;
    home.store.close().await;
    let path = home.directory.path();
    tamper(path, &format!("DELETE FROM events WHERE seq = {size}; DELETE FROM ledger_nodes WHERE level = 0 AND idx = {size} - 1")).await;
    let error = SqliteStore::open(path, OpenMode::Write(&row_key()))
        .await
        .expect_err("it is not opened for writing");
    let said = format!(
        "{size} events were acknowledged, the database has {}",
        size - 1
    );
    assert!(error.to_string().contains(&said), "{error}");
    // It can be read, to see what is left.
    let store = SqliteStore::open(path, OpenMode::Read)
        .await
        .expect("it opens for reading");
    let error = store.verify_log(&[]).await.expect_err("the log is short");
    assert!(error.to_string().contains("shortened"), "{error}");
}

#[tokio::test]
async fn another_log_of_the_same_length_is_not_written_to() {
    let home = Home::empty().await;
    home.commit(home.act("one")).await;
    home.store.close().await;
    let other = Home::empty().await;
    other.commit(other.act("one")).await;
    other.store.close().await;
    let name = aftercare_store::DATABASE_FILE;
    std::fs::copy(
        other.directory.path().join(name),
        home.directory.path().join(name),
    )
    .expect("a copy");
    let error = SqliteStore::open(home.directory.path(), OpenMode::Write(&row_key()))
        .await
        .expect_err("it is another log");
    assert!(
        error
            .to_string()
            .contains("not the ones that were acknowledged"),
        "{error}"
    );
}

#[tokio::test]
async fn a_checkpoint_is_checked_with_its_key() {
    let home = Home::lived_in().await;
    let key = SigningKey::generate(LOG_NAME).expect("a key");
    home.checkpoint(&key).await;
    home.commit(home.act("later")).await;
    let report = home
        .store
        .verify_log(&[key.verifier()])
        .await
        .expect("it verifies");
    assert_eq!(report.checkpoints, 1);
    let stranger = SigningKey::generate(LOG_NAME).expect("a key");
    let error = home
        .store
        .verify_log(&[stranger.verifier()])
        .await
        .expect_err("it is another's signature");
    assert!(error.to_string().contains("checkpoint"), "{error}");

    let error = home
        .verify_with(&key, "UPDATE checkpoints SET root = zeroblob(32)")
        .await;
    assert!(
        error.to_string().contains("than its signed note"),
        "{error}"
    );
}

#[tokio::test]
async fn a_checkpoint_shows_a_log_that_was_written_again() {
    let home = Home::lived_in().await;
    let key = SigningKey::generate(LOG_NAME).expect("a key");
    home.checkpoint(&key).await;
    let other = Home::lived_in().await;
    let mut connection = raw(home.directory.path()).await;
    let (size, root, note): (i64, Vec<u8>, String) =
        sqlx::query_as("SELECT size, root, note FROM checkpoints")
            .fetch_one(&mut connection)
            .await
            .expect("the checkpoint");
    let root = root.try_into().expect("32 bytes");
    let size = u64::try_from(size).expect("a size");
    other
        .store
        .put_checkpoint(size, root, &note)
        .await
        .expect("kept");
    let error = other
        .store
        .verify_log(&[key.verifier()])
        .await
        .expect_err("it is another log");
    assert!(
        error.to_string().contains("the signed checkpoint"),
        "{error}"
    );
}

#[tokio::test]
async fn a_flipped_byte_of_a_blob_is_named() {
    let home = Home::lived_in().await;
    let name = home.store.put_blob(vec![5; 4_000]).await.expect("a blob");
    let row = BlobRow {
        name: name.clone(),
        bytes: 4_000,
        created_at: START,
    };
    home.commit(Unit {
        writes: vec![Write::Blob(row)],
        ..Unit::default()
    })
    .await;
    assert_eq!(home.store.verify_blobs().await.expect("it is whole"), 1);
    let path = home
        .directory
        .path()
        .join("blobs")
        .join(&name[..2])
        .join(&name[2..]);
    let mut bytes = std::fs::read(&path).expect("the file");
    bytes[1_234] ^= 1;
    std::fs::write(&path, bytes).expect("a flip");
    for error in [
        home.store.verify_blobs().await.expect_err("it is altered"),
        home.store.get_blob(&name).await.expect_err("it is altered"),
    ] {
        let text = error.to_string();
        assert!(
            text.contains(&name) && text.contains("were altered"),
            "{text}"
        );
    }
    std::fs::remove_file(&path).expect("it goes");
    let error = home.store.verify_blobs().await.expect_err("it is missing");
    assert!(error.to_string().contains("is missing"), "{error}");
}

impl Home {
    async fn verify_with(self, key: &SigningKey, edit: &str) -> StoreError {
        tamper(self.directory.path(), edit).await;
        self.store
            .verify_log(&[key.verifier()])
            .await
            .expect_err("the edit is noticed")
    }
}
