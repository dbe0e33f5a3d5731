//! The story that every store lives through, on each of them.

use crate::support::postgres;
use aftercare_store::{OpenMode, SqliteStore, Store, Upkeep as _};
use aftercare_testkit::row_key;

/// After everything that a store can be asked to do, each row has its checksum, and all of them the tally.
async fn every_row_is_as_it_was_written(store: &dyn Store) {
    let report = store.verify_rows(&row_key()).await.expect("they verify");
    assert!(report.rows > 20 && report.cases > 0, "{report:?}");
    let stranger = aftercare_store::RowKey::generate().expect("a key");
    let error = store
        .verify_rows(&stranger)
        .await
        .expect_err("another's key");
    assert!(error.to_string().contains("another key"), "{error}");
}

#[tokio::test]
async fn sqlite_lives_through_the_story() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(directory.path(), OpenMode::Create(&row_key()))
        .await
        .expect("a new store");
    aftercare_testkit::story(&store).await;
    every_row_is_as_it_was_written(&store).await;
    store.close().await;
}

#[tokio::test]
async fn postgres_lives_through_the_story() {
    let Some((_directory, _url, store)) = postgres().await else {
        return;
    };
    aftercare_testkit::story(&store).await;
    every_row_is_as_it_was_written(&store).await;
    store.close().await;
}
