//! The same store over a real server of S3 (`s3s-fs`, its own parser of requests and its own check of signatures): the
//! story that every store lives through, large blobs in parts, a wrong key, bytes that changed, a move and a backup.
//!
//! Run with `cargo test` in `interop`.

use aftercare_objects::{ObjectStorage, PART_BYTES, Removed, Settings};
use aftercare_store::{
    BlobPlace, Blobs as _, EventLog as _, OpenMode, SqliteStore, StoreError, Upkeep as _,
};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

const BUCKET: &str = "aftercare";
const SECRET: &str = "an invented key of the storage";
/// Monday 2026-11-02 09:00 in China: the server is told not to mind that its own clock says something else.
const NOW_MS: i64 = 1_793_581_200_000;

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
