//! The same store over a real server of S3 (`s3s-fs`, its own parser of requests and its own check of signatures): the
//! story that every store lives through, large blobs in parts, a wrong key, bytes that changed, a move and a backup.
//!
//! Run with `cargo test` in `interop`.

use aftercare_objects::{LISTED_AT_ONCE, ObjectStorage, PART_BYTES, Removed, Settings};
use aftercare_store::rows::BlobRow;
use aftercare_store::{
    BlobPlace, Blobs as _, EventLog as _, OpenMode, PLACE_OWNER_FILE, PlaceOwner, SqliteStore,
    StoreError, Unit, Upkeep as _, Write, own_place, place_owner, restore,
};
use aftercare_testkit::START;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use tokio::net::TcpListener;

const BUCKET: &str = "aftercare";
const SECRET: &str = "an invented key of the storage";
/// Monday 2026-11-02 09:00 in China: the server is told not to mind that its own clock says something else.
const NOW_MS: i64 = 1_793_581_200_000;
const HOUR_MS: i64 = 3_600_000;
/// Later than any clock of a machine that runs these tests.
const FAR_MS: i64 = 4_102_444_800_000;

/// A server on loopback that takes requests of any time; its objects lie as files below the folder.
async fn server() -> (tempfile::TempDir, String) {
    server_with(u32::MAX).await
}

async fn server_with(skew_s: u32) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join(BUCKET)).expect("a bucket");
    let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).expect("a file system"));
    builder.set_auth(SimpleAuth::from_single("the-id", SECRET));
    let mut config = S3Config::default();
    config.presigned_url_max_skew_time_secs = skew_s;
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    let service = builder.build();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let service = service.clone();
            tokio::spawn(async move {
                let connection = hyper::server::conn::http1::Builder::new();
                // A client that hangs up is no failure of the test.
                let _ = connection
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    (folder, endpoint)
}

fn storage(directory: &Path, endpoint: &str, secret: &str) -> Option<Arc<dyn BlobPlace>> {
    Some(Arc::new(objects(directory, endpoint, secret)))
}

fn objects(directory: &Path, endpoint: &str, secret: &str) -> ObjectStorage {
    let key = directory.join("storage-key");
    std::fs::write(&key, format!("the-id\n{secret}\n")).expect("the key");
    std::fs::write(
        directory.join("blobs.toml"),
        format!(
            "endpoint = \"{endpoint}\"\nbucket = \"{BUCKET}\"\nprefix = \"sealed\"\nkey_file = \"{}\"\nallow_network = [\"127.0.0.0/8\"]\n",
            key.display()
        ),
    )
    .expect("the settings");
    let settings = Settings::of(directory).expect("sound").expect("there");
    ObjectStorage::new(settings, Arc::new(|| NOW_MS)).expect("a client")
}

async fn new_store(directory: &Path) -> SqliteStore {
    SqliteStore::open(directory, OpenMode::Create(&aftercare_testkit::row_key()))
        .await
        .expect("a new store")
}

/// Where the server keeps an object.
fn object(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    let bucket = folder.path().join(BUCKET).join("sealed");
    bucket.join(&name[..2]).join(&name[2..])
}

#[tokio::test]
async fn a_store_over_objects_lives_through_the_story() {
    let (folder, endpoint) = server().await;
    let data = tempfile::tempdir().expect("a directory");
    let store = new_store(data.path()).await;
    let store = store.with_blobs(storage(data.path(), &endpoint, SECRET));
    aftercare_testkit::story(&store).await;
    let kept = std::fs::read_dir(folder.path().join(BUCKET).join("sealed"));
    assert!(
        kept.expect("objects").count() > 0,
        "blobs are at the server"
    );
    let local = std::fs::read_dir(data.path().join("blobs"));
    assert_eq!(local.map_or(0, Iterator::count), 0, "and not here");
    store.close().await;
}

#[tokio::test]
async fn a_large_blob_goes_in_parts_and_comes_back() {
    let (folder, endpoint) = server().await;
    let data = tempfile::tempdir().expect("a directory");
    let store = new_store(data.path()).await;
    let store = store.with_blobs(storage(data.path(), &endpoint, SECRET));
    for length in [0, 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 12_345] {
        let mut sealed = vec![0_u8; length];
        for (index, byte) in sealed.iter_mut().enumerate() {
            *byte = u8::try_from(index % 251).unwrap_or_default();
        }
        let name = store.put_blob(sealed.clone()).await.expect("kept");
        assert_eq!(
            store.put_blob(sealed.clone()).await,
            Ok(name.clone()),
            "again"
        );
        assert_eq!(
            store.get_blob(&name).await.expect("there"),
            sealed,
            "{length}"
        );
        let file = object(&folder, &name);
        let size = std::fs::metadata(file).expect("the object").len();
        assert_eq!(size, u64::try_from(length).unwrap_or_default());
    }
    store.close().await;
}

#[tokio::test]
async fn altered_missing_and_forbidden_objects_are_named() {
    let (folder, endpoint) = server().await;
    let data = tempfile::tempdir().expect("a directory");
    let store = new_store(data.path()).await;
    let store = store.with_blobs(storage(data.path(), &endpoint, SECRET));
    let name = store
        .put_blob(b"sealed bytes".to_vec())
        .await
        .expect("kept");
    let file = object(&folder, &name);
    std::fs::write(&file, b"sealed bytEs").expect("changed");
    let altered = store.get_blob(&name).await.expect_err("altered");
    assert!(
        matches!(&altered, StoreError::Corrupt { at, .. } if at.contains("altered")),
        "{altered}"
    );
    std::fs::remove_file(&file).expect("gone");
    let missing = store.get_blob(&name).await.expect_err("missing");
    assert!(
        matches!(&missing, StoreError::Corrupt { at, .. } if at.contains("neither")),
        "{missing}"
    );
    store.close().await;

    let other = tempfile::tempdir().expect("a directory");
    let store = new_store(other.path()).await;
    let store = store.with_blobs(storage(other.path(), &endpoint, "another key"));
    let refused = store
        .put_blob(b"sealed".to_vec())
        .await
        .expect_err("a wrong key");
    assert!(refused.to_string().contains("403"), "{refused}");
    store.close().await;
}

/// What no row names of the folder of a name, of what came before a time.
async fn unnamed(store: &SqliteStore, name: &str, before_ms: i64) -> BTreeSet<String> {
    let folder = u8::from_str_radix(&name[..2], 16).expect("digits");
    let before = START.plus_ms(before_ms - START.0);
    let found = store.unnamed_elsewhere(folder, before, usize::MAX).await;
    found.expect("a look").into_iter().collect()
}

/// A row that names a blob.
async fn name_it(store: &SqliteStore, name: &str) {
    let row = BlobRow {
        name: name.to_owned(),
        bytes: 300,
        created_at: START,
    };
    let unit = Unit {
        writes: vec![Write::Blob(row)],
        ..Unit::default()
    };
    store.commit(unit).await.expect("a row");
}

#[tokio::test]
async fn what_no_row_names_is_found_a_day_later_and_goes() {
    let (folder, endpoint) = server().await;
    let data = tempfile::tempdir().expect("a directory");
    let store = new_store(data.path()).await;
    let store = store.with_blobs(storage(data.path(), &endpoint, SECRET));
    let put = async |content: u8, hours: i64| {
        let name = store.put_blob(vec![content; 300]).await.expect("kept");
        let file = std::fs::File::options()
            .write(true)
            .open(object(&folder, &name))
            .expect("the object");
        let ms = u64::try_from(NOW_MS - hours * HOUR_MS).expect("after 1970");
        file.set_modified(UNIX_EPOCH + Duration::from_millis(ms))
            .expect("a time");
        name
    };
    let (named, left, young) = (put(1, 25).await, put(2, 25).await, put(3, 23).await);
    name_it(&store, &named).await;
    let a_day_ago = NOW_MS - 24 * HOUR_MS;
    assert_eq!(unnamed(&store, &left, a_day_ago).await, BTreeSet::new());
    own_place(data.path(), &objects(data.path(), &endpoint, SECRET), false)
        .await
        .expect("owned");
    let first = unnamed(&store, &left, a_day_ago).await;
    assert_eq!(first, BTreeSet::new(), "its first turn");
    assert!(unnamed(&store, &left, a_day_ago).await.contains(&left));
    for kept in [&named, &young] {
        assert!(!unnamed(&store, kept, a_day_ago).await.contains(kept));
    }
    assert!(
        unnamed(&store, &young, NOW_MS).await.contains(&young),
        "a day later"
    );
    store.remove_blob(&left).await.expect("removed");
    assert!(!object(&folder, &left).exists());
    assert!(object(&folder, &named).exists() && object(&folder, &young).exists());
    store.close().await;
}

#[tokio::test]
async fn more_than_one_page_of_a_list_is_read() {
    let (folder, endpoint) = server().await;
    let data = tempfile::tempdir().expect("a directory");
    let store = new_store(data.path()).await;
    let store = store.with_blobs(storage(data.path(), &endpoint, SECRET));
    own_place(data.path(), &objects(data.path(), &endpoint, SECRET), false)
        .await
        .expect("owned");
    let names: BTreeSet<String> = (0..LISTED_AT_ONCE + 3)
        .map(|number| format!("ab{number:062x}"))
        .collect();
    let below = folder.path().join(BUCKET).join("sealed").join("ab");
    std::fs::create_dir_all(below).expect("a folder");
    for name in &names {
        std::fs::write(object(&folder, name), b"left").expect("an object");
    }
    let first = unnamed(&store, "ab", FAR_MS).await;
    assert_eq!(first, BTreeSet::new(), "its first turn");
    assert_eq!(unnamed(&store, "ab", FAR_MS).await, names);
    store.close().await;
}

/// A copy knows nothing of what the original stored since: to it, that is nobody's.
#[tokio::test]
async fn a_copy_of_the_database_removes_nothing() {
    let (_folder, endpoint) = server().await;
    let data = tempfile::tempdir().expect("a directory");
    let store = new_store(data.path()).await;
    let store = store.with_blobs(storage(data.path(), &endpoint, SECRET));
    let keys = [aftercare_testkit::story(&store).await];
    let ours = objects(data.path(), &endpoint, SECRET);
    own_place(data.path(), &ours, false).await.expect("owned");
    let rooms = tempfile::tempdir().expect("a directory");
    let (kept, restored) = (rooms.path().join("kept"), rooms.path().join("restored"));
    store.backup(&kept, &keys).await.expect("a backup");
    restore(&kept, &restored, &keys).await.expect("a restore");
    assert!(!restored.join(PLACE_OWNER_FILE).exists());
    let copy = SqliteStore::open(&restored, OpenMode::Write(&aftercare_testkit::row_key()))
        .await
        .expect("it opens");
    let copy = copy.with_blobs(storage(&restored, &endpoint, SECRET));
    let theirs = objects(&restored, &endpoint, SECRET);
    let later = store
        .put_blob(b"after the backup".to_vec())
        .await
        .expect("kept");
    name_it(&store, &later).await;

    assert_eq!(unnamed(&copy, &later, FAR_MS).await, BTreeSet::new());
    assert_eq!(
        place_owner(&restored, &theirs).await,
        Ok(PlaceOwner::Elsewhere)
    );
    let refused = own_place(&restored, &theirs, false).await;
    let refused = refused.expect_err("it is another one's").to_string();
    assert!(refused.contains("--take-over"), "{refused}");

    // Also one that has the file, once the original had its turn.
    let file = data.path().join(PLACE_OWNER_FILE);
    std::fs::copy(file, restored.join(PLACE_OWNER_FILE)).expect("a copy");
    assert!(!unnamed(&store, &later, FAR_MS).await.contains(&later));
    assert_eq!(unnamed(&copy, &later, FAR_MS).await, BTreeSet::new());
    assert_eq!(
        place_owner(data.path(), &ours).await,
        Ok(PlaceOwner::Copied)
    );

    own_place(data.path(), &ours, true).await.expect("owned");
    assert_eq!(place_owner(data.path(), &ours).await, Ok(PlaceOwner::Ours));
    assert_eq!(unnamed(&copy, &later, FAR_MS).await, BTreeSet::new());
    assert_eq!(
        place_owner(&restored, &theirs).await,
        Ok(PlaceOwner::TakenOver)
    );
    store.get_blob(&later).await.expect("it is there");
    store.close().await;
    copy.close().await;
}

#[tokio::test]
async fn a_bucket_without_versions_lets_go_of_what_is_removed() {
    let (folder, endpoint) = server().await;
    let data = tempfile::tempdir().expect("a directory");
    let bytes = b"a few bytes";
    let storage = objects(data.path(), &endpoint, SECRET);
    assert_eq!(storage.try_out(bytes).await, Ok(Removed::Gone));
    let name = aftercare_store::blob_name_of(bytes);
    assert!(!object(&folder, &name).exists());
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_said_so() {
    let (_folder, endpoint) = server_with(900).await;
    let data = tempfile::tempdir().expect("a directory");
    let store = new_store(data.path()).await;
    let store = store.with_blobs(storage(data.path(), &endpoint, SECRET));
    let refused = store
        .put_blob(b"sealed".to_vec())
        .await
        .expect_err("too early");
    assert!(refused.to_string().contains("clock"), "{refused}");
    store.close().await;
}

#[tokio::test]
async fn what_lay_in_the_directory_is_read_still_and_a_backup_brings_everything() {
    let (_folder, endpoint) = server().await;
    let data = tempfile::tempdir().expect("a directory");
    let store = new_store(data.path()).await;
    let before = store
        .put_blob(b"before the move".to_vec())
        .await
        .expect("kept");
    let store = store.with_blobs(storage(data.path(), &endpoint, SECRET));
    let key = aftercare_testkit::story(&store).await;
    assert_eq!(
        store.get_blob(&before).await.expect("there"),
        b"before the move"
    );
    let checked = store.verify_blobs().await.expect("every blob");
    let copy = tempfile::tempdir().expect("a directory");
    let manifest = store
        .backup(&copy.path().join("backup"), &[key])
        .await
        .expect("a backup");
    assert_eq!(manifest.blobs, checked);
    store.close().await;
}
