//! Whose another place for blobs is: what no row names is removed there by the data directory that owns it, and by no copy.

use crate::support::act;
use aftercare_domain::time::HOUR_MS;
use aftercare_store::rows::BlobRow;
use aftercare_store::{
    BlobPlace, Blobs as _, EventLog as _, OpenMode, PLACE_OWNER_FILE, PlaceOwner, SqliteStore,
    StoreError, Unit, Upkeep as _, Write, own_place, place_owner, restore,
};
use aftercare_testkit::{START, row_key};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A place in memory; everything in it is old.
#[derive(Default)]
struct Memory {
    kept: Mutex<BTreeMap<String, Vec<u8>>>,
    owner: Mutex<Option<String>>,
    /// Takes what it is told, and does not say so.
    is_silent: AtomicBool,
}

#[async_trait]
impl BlobPlace for Memory {
    async fn put(&self, name: &str, sealed: Vec<u8>) -> Result<(), StoreError> {
        self.kept
            .lock()
            .expect("no panic")
            .insert(name.to_owned(), sealed);
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.kept.lock().expect("no panic").get(name).cloned())
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        self.kept.lock().expect("no panic").remove(name);
        Ok(())
    }

    async fn older(&self, folder: u8, _before_ms: i64) -> Result<BTreeSet<String>, StoreError> {
        let first = format!("{folder:02x}");
        let kept = self.kept.lock().expect("no panic");
        let names = kept.keys().filter(|name| name.starts_with(&first));
        Ok(names.cloned().collect())
    }

    async fn owner(&self) -> Result<Option<String>, StoreError> {
        Ok(self.owner.lock().expect("no panic").clone())
    }

    async fn set_owner(&self, text: &str) -> Result<(), StoreError> {
        *self.owner.lock().expect("no panic") = Some(text.to_owned());
        if self.is_silent.load(Ordering::SeqCst) {
            return Err(StoreError::Other("no answer".to_owned()));
        }
        Ok(())
    }
}

async fn store_over(directory: &Path, place: &Arc<Memory>) -> SqliteStore {
    SqliteStore::open(directory, OpenMode::Create(&row_key()))
        .await
        .expect("a new store")
        .with_blobs(Some(Arc::clone(place) as _))
}

/// Whether a look at the folder of a name finds it.
async fn finds(store: &SqliteStore, name: &str) -> Result<bool, StoreError> {
    let folder = u8::from_str_radix(&name[..2], 16).expect("digits");
    let found = store.unnamed_elsewhere(folder, START, 100).await?;
    Ok(found.iter().any(|one| one == name))
}

/// With its first turn an owner says that it is there, and removes nothing yet.
async fn first_turn(store: &SqliteStore, name: &str) {
    assert_eq!(finds(store, name).await, Ok(false), "its first turn");
}

#[tokio::test]
async fn only_what_no_row_names_is_found_once_the_place_is_owned() {
    let data = tempfile::tempdir().expect("a directory");
    let place = Arc::new(Memory::default());
    let store = store_over(data.path(), &place).await;
    let named = store.put_blob(vec![1; 300]).await.expect("a blob");
    let left = store.put_blob(vec![2; 300]).await.expect("a blob");
    let row = BlobRow {
        name: named.clone(),
        bytes: 300,
        created_at: START,
    };
    let unit = Unit {
        writes: vec![Write::Blob(row)],
        ..Unit::default()
    };
    store.commit(unit).await.expect("a row");
    assert_eq!(finds(&store, &left).await, Ok(false), "nobody owns it");
    assert_eq!(
        place_owner(data.path(), &*place).await,
        Ok(PlaceOwner::Nobody)
    );
    own_place(data.path(), &*place, false).await.expect("owned");
    first_turn(&store, &left).await;
    // Said again, it changes nothing.
    own_place(data.path(), &*place, false).await.expect("owned");
    for _ in 0..3 {
        assert_eq!(finds(&store, &left).await, Ok(true));
        assert_eq!(finds(&store, &named).await, Ok(false));
    }
    assert_eq!(
        place_owner(data.path(), &*place).await,
        Ok(PlaceOwner::Ours)
    );
    store.remove_blob(&left).await.expect("removed");
    assert_eq!(finds(&store, &left).await, Ok(false));
    store.get_blob(&named).await.expect("it is there");
    store.close().await;
}

#[tokio::test]
async fn a_place_that_takes_a_word_without_saying_so_stays_ours() {
    let data = tempfile::tempdir().expect("a directory");
    let place = Arc::new(Memory::default());
    let store = store_over(data.path(), &place).await;
    let left = store.put_blob(vec![2; 300]).await.expect("a blob");
    own_place(data.path(), &*place, false).await.expect("owned");
    place.is_silent.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        finds(&store, &left).await.expect_err("no answer");
    }
    place.is_silent.store(false, Ordering::SeqCst);
    assert_eq!(finds(&store, &left).await, Ok(true));
    store.close().await;
}

#[tokio::test]
async fn neither_a_copy_nor_whoever_met_one_removes_anything() {
    let (data, other) = (
        tempfile::tempdir().expect("a directory"),
        tempfile::tempdir().expect("a directory"),
    );
    let place = Arc::new(Memory::default());
    let store = store_over(data.path(), &place).await;
    own_place(data.path(), &*place, false).await.expect("owned");
    // A database that does not know what the original has stored.
    let copy = store_over(other.path(), &place).await;
    let blob = store.put_blob(vec![3; 300]).await.expect("a blob");
    first_turn(&store, &blob).await;
    assert_eq!(finds(&copy, &blob).await, Ok(false));
    assert_eq!(
        place_owner(other.path(), &*place).await,
        Ok(PlaceOwner::Elsewhere)
    );
    let refused = own_place(other.path(), &*place, false).await;
    let refused = refused.expect_err("it is another one's").to_string();
    assert!(refused.contains("--take-over"), "{refused}");
    // Also one with the file: the original had its turn since.
    let file = data.path().join(PLACE_OWNER_FILE);
    std::fs::copy(&file, other.path().join(PLACE_OWNER_FILE)).expect("a copy");
    assert_eq!(finds(&store, &blob).await, Ok(true));
    assert_eq!(finds(&copy, &blob).await, Ok(false));
    for directory in [data.path(), other.path()] {
        assert_eq!(
            place_owner(directory, &*place).await,
            Ok(PlaceOwner::Copied)
        );
    }
    assert_eq!(finds(&store, &blob).await, Ok(false), "who is who?");
    // Somebody says so.
    own_place(data.path(), &*place, false)
        .await
        .expect_err("not by itself");
    own_place(data.path(), &*place, true).await.expect("owned");
    first_turn(&store, &blob).await;
    assert_eq!(finds(&store, &blob).await, Ok(true));
    assert_eq!(finds(&copy, &blob).await, Ok(false));
    assert_eq!(
        place_owner(other.path(), &*place).await,
        Ok(PlaceOwner::TakenOver)
    );
    // What said so goes with a bucket that is emptied.
    *place.owner.lock().expect("no panic") = None;
    assert_eq!(finds(&store, &blob).await, Ok(false));
    assert_eq!(
        place_owner(data.path(), &*place).await,
        Ok(PlaceOwner::Gone)
    );
    *place.owner.lock().expect("no panic") = Some("x".to_owned());
    let altered = finds(&store, &blob).await;
    assert!(
        matches!(altered, Err(StoreError::Corrupt { .. })),
        "{altered:?}"
    );
    own_place(data.path(), &*place, true).await.expect("owned");
    first_turn(&store, &blob).await;
    assert_eq!(finds(&store, &blob).await, Ok(true));
    store.close().await;
    copy.close().await;
}

/// Two installations were given one place: what the rows of the other one name is nobody's for the owner.
#[tokio::test]
async fn an_installation_beside_the_owner_keeps_what_it_has_there() {
    let (data, other) = (
        tempfile::tempdir().expect("a directory"),
        tempfile::tempdir().expect("a directory"),
    );
    let place = Arc::new(Memory::default());
    let store = store_over(data.path(), &place).await;
    store.commit(act("ours")).await.expect("an event");
    let left = store.put_blob(vec![4; 300]).await.expect("a blob");
    own_place(data.path(), &*place, false).await.expect("owned");
    first_turn(&store, &left).await;
    assert_eq!(finds(&store, &left).await, Ok(true));
    let beside = store_over(other.path(), &place).await;
    beside.commit(act("theirs")).await.expect("an event");
    let theirs = beside.put_blob(vec![5; 300]).await.expect("a blob");
    // Its first turn comes long before its first blob is a day old.
    assert_eq!(finds(&beside, &theirs).await, Ok(false));
    for blob in [&left, &theirs] {
        assert_eq!(finds(&store, blob).await, Ok(false));
    }
    for directory in [data.path(), other.path()] {
        assert_eq!(
            place_owner(directory, &*place).await,
            Ok(PlaceOwner::Copied)
        );
    }
    // As long as both are there, saying it again does not help.
    own_place(data.path(), &*place, true).await.expect("owned");
    first_turn(&store, &left).await;
    assert_eq!(finds(&beside, &theirs).await, Ok(false));
    assert_eq!(finds(&store, &theirs).await, Ok(false));
    // Nor does it help to have owned it in between.
    own_place(other.path(), &*place, true).await.expect("owned");
    own_place(data.path(), &*place, true).await.expect("owned");
    first_turn(&store, &left).await;
    assert_eq!(
        place_owner(other.path(), &*place).await,
        Ok(PlaceOwner::TakenOver)
    );
    assert_eq!(finds(&beside, &theirs).await, Ok(false));
    assert_eq!(finds(&store, &theirs).await, Ok(false));
    store.close().await;
    beside.close().await;
}

#[tokio::test]
async fn an_owner_whose_database_was_set_back_removes_nothing() {
    let (data, back) = (
        tempfile::tempdir().expect("a directory"),
        tempfile::tempdir().expect("a directory"),
    );
    let place = Arc::new(Memory::default());
    let store = store_over(data.path(), &place).await;
    store.commit(act("acknowledged")).await.expect("an event");
    let blob = store.put_blob(vec![6; 300]).await.expect("a blob");
    own_place(data.path(), &*place, false).await.expect("owned");
    first_turn(&store, &blob).await;
    assert_eq!(finds(&store, &blob).await, Ok(true));
    store.close().await;
    // The word is the latest one, and the database has nothing of what was acknowledged.
    let older = store_over(back.path(), &place).await;
    let file = data.path().join(PLACE_OWNER_FILE);
    std::fs::copy(&file, back.path().join(PLACE_OWNER_FILE)).expect("a copy");
    assert_eq!(finds(&older, &blob).await, Ok(false));
    assert_eq!(
        place_owner(back.path(), &*place).await,
        Ok(PlaceOwner::Copied)
    );
    // Somebody says that it is right.
    own_place(back.path(), &*place, true).await.expect("owned");
    first_turn(&older, &blob).await;
    assert_eq!(finds(&older, &blob).await, Ok(true));
    older.close().await;
}

/// Somebody owns the place on a copy of the database: what the original acknowledged since is nobody's there.
#[tokio::test]
async fn the_original_is_heard_before_a_copy_that_owns_the_place_removes_anything() {
    let rooms = tempfile::tempdir().expect("a directory");
    let room = |name: &str| rooms.path().join(name);
    let (data, kept, copied) = (room("data"), room("kept"), room("copied"));
    let place = Arc::new(Memory::default());
    let store = store_over(&data, &place).await;
    store.commit(act("before")).await.expect("an event");
    store.backup(&kept, &[]).await.expect("a backup");
    restore(&kept, &copied, &[]).await.expect("a restore");
    let copy = SqliteStore::open(&copied, OpenMode::Write(&row_key()))
        .await
        .expect("it opens")
        .with_blobs(Some(Arc::clone(&place) as _));
    let blob = store.put_blob(vec![7; 300]).await.expect("a blob");
    store.commit(act("since")).await.expect("an event");
    own_place(&copied, &*place, false).await.expect("owned");
    first_turn(&copy, &blob).await;
    // What was acknowledged a moment ago is no reason yet: another server of the owner's database may have done it.
    let folder = u8::from_str_radix(&blob[..2], 16).expect("digits");
    let young = START.plus_ms(-24 * HOUR_MS);
    let found = store.unnamed_elsewhere(folder, young, 100).await;
    assert_eq!(found, Ok(Vec::new()));
    assert_eq!(place_owner(&copied, &*place).await, Ok(PlaceOwner::Ours));
    assert_eq!(finds(&store, &blob).await, Ok(false));
    assert_eq!(finds(&copy, &blob).await, Ok(false));
    assert_eq!(place_owner(&copied, &*place).await, Ok(PlaceOwner::Copied));
    store.close().await;
    copy.close().await;
}
