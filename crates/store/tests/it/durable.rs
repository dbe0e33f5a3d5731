//! What is acknowledged is on the disk, and what was destroyed is not.

use crate::support::{Home, raw};
use aftercare_store::{
    EventLog as _, SHREDDED_FILE, StoreError, Tables as _, Unit, Upkeep as _, Write,
};
use aftercare_testkit::START;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_database_is_as_durable_as_promised() {
    let home = Home::lived_in().await;
    let mut connection = raw(home.directory.path()).await;
    let (mode,): (String,) = sqlx::query_as("PRAGMA journal_mode")
        .fetch_one(&mut connection)
        .await
        .expect("a mode");
    assert_eq!(mode, "wal");
    let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()")
        .fetch_one(&mut connection)
        .await
        .expect("a version");
    let parts: Vec<u32> = version
        .split('.')
        .map(|part| part.parse().expect("a number"))
        .collect();
    assert!(parts >= vec![3, 51, 3], "SQLite {version}");
    let whole: Vec<(String,)> = sqlx::query_as("PRAGMA integrity_check")
        .fetch_all(&mut connection)
        .await
        .expect("an answer");
    assert_eq!(whole, [("ok".to_owned(),)]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        for file in [
            "lock",
            "log-size",
            "aftercare.sqlite",
            "aftercare.sqlite-wal",
        ] {
            let data = std::fs::metadata(home.directory.path().join(file)).expect(file);
            assert_eq!(
                data.permissions().mode() & 0o077,
                0,
                "nobody else reads {file}"
            );
        }
    }
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// The files in which those bytes lie.
fn where_are(bytes: &[u8], directory: &Path) -> Vec<PathBuf> {
    let mut found = files(directory);
    found.retain(|file| {
        let data = std::fs::read(file).expect("a file");
        data.windows(bytes.len()).any(|window| window == bytes)
    });
    found
}

/// Waits until those bytes lie in no file.
async fn gone(bytes: &[u8], directory: &Path) {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        let left = where_are(bytes, directory);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < patience, "the key still lies in {left:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn shred(home: &Home) -> Unit {
    Unit {
        writes: vec![Write::ShredPerson {
            person: home.shop.person.id,
            at: START,
        }],
        ..Unit::default()
    }
}

/// A home whose person's key is one that no other row has.
async fn with_a_key() -> (Home, Vec<u8>) {
    let home = Home::lived_in().await;
    let key: Vec<u8> = (0..60_u8).map(|n| n.wrapping_mul(37) ^ 0x5a).collect();
    let mut person = home.shop.person.clone();
    person.wrapped_key = Some(key.clone());
    home.commit(Unit {
        writes: vec![Write::Person(person)],
        ..Unit::default()
    })
    .await;
    assert!(!where_are(&key, home.directory.path()).is_empty());
    (home, key)
}

#[tokio::test]
async fn a_destroyed_key_lies_in_no_file_once_that_is_acknowledged() {
    let (home, key) = with_a_key().await;
    home.commit(shred(&home)).await;
    assert_eq!(
        where_are(&key, home.directory.path()),
        Vec::<PathBuf>::new()
    );
    home.store.close().await;
    assert_eq!(
        where_are(&key, home.directory.path()),
        Vec::<PathBuf>::new()
    );
}

#[tokio::test]
async fn a_destroyed_key_goes_as_soon_as_a_reader_that_was_under_way_is_done() {
    let (home, key) = with_a_key().await;
    let mut reader = raw(home.directory.path()).await;
    let begun = sqlx::query("BEGIN").execute(&mut reader).await;
    begun.expect("a reader");
    let (_,): (i64,) = sqlx::query_as("SELECT count(*) FROM persons")
        .fetch_one(&mut reader)
        .await
        .expect("it reads");
    let asked = Instant::now();
    home.commit(shred(&home)).await;
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "no reader is waited for"
    );
    assert!(!where_are(&key, home.directory.path()).is_empty());
    let ended = sqlx::query("COMMIT").execute(&mut reader).await;
    ended.expect("it is done");
    gone(&key, home.directory.path()).await;
}

#[tokio::test]
async fn a_destruction_that_cannot_be_listed_is_refused_and_nothing_is_lost() {
    let (home, key) = with_a_key().await;
    let list = home.directory.path().join(SHREDDED_FILE);
    // Something stands in its place.
    std::fs::create_dir(&list).expect("a folder");
    let refused = home.store.commit(shred(&home)).await;
    let Err(StoreError::Directory(why)) = refused else {
        panic!("it was acknowledged: {refused:?}");
    };
    assert!(why.contains(SHREDDED_FILE), "{why}");
    let id = home.shop.person.id;
    let row = home.store.person(id).await.expect("a read").expect("a row");
    assert_eq!((row.wrapped_key, row.shredded_at), (Some(key), None));
    std::fs::remove_dir(&list).expect("out of the way");
    home.commit(shred(&home)).await;
    let text = std::fs::read_to_string(&list).expect("a list");
    assert!(text.contains(&id.to_string()), "{text}");
}

#[tokio::test]
async fn a_list_of_the_destroyed_that_was_lost_is_whole_again_after_the_next_start() {
    let (home, _) = with_a_key().await;
    home.commit(shred(&home)).await;
    let list = home.directory.path().join(SHREDDED_FILE);
    let before = std::fs::read_to_string(&list).expect("a list");
    assert_eq!(before.lines().count(), 1, "{before}");
    std::fs::remove_file(&list).expect("it is lost");
    // The first thing that a start asks for.
    assert_eq!(home.store.shredded_elsewhere().await, Ok(vec![]));
    assert_eq!(std::fs::read_to_string(&list).expect("a list"), before);
    // A start that cannot write it says so.
    std::fs::remove_file(&list).expect("it is lost");
    std::fs::create_dir(&list).expect("a folder");
    assert!(home.store.shredded_elsewhere().await.is_err());
}
