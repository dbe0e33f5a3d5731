//! The story that every store lives through, on each of them.

use crate::support::postgres;
use aftercare_store::{OpenMode, SqliteStore, Upkeep as _};

#[tokio::test]
async fn sqlite_lives_through_the_story() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(directory.path(), OpenMode::Create)
        .await
        .expect("a new store");
    aftercare_testkit::story(&store).await;
    store.close().await;
}

#[tokio::test]
async fn postgres_lives_through_the_story() {
    let Some((_directory, _url, store)) = postgres().await else {
        return;
    };
    aftercare_testkit::story(&store).await;
    store.close().await;
}
