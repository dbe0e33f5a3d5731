//! The story that every store lives through, on SQLite.

use aftercare_store::{OpenMode, SqliteStore};

#[tokio::test]
async fn sqlite_lives_through_the_story() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(directory.path(), OpenMode::Create)
        .await
        .expect("a new store");
    aftercare_testkit::story(&store).await;
    store.close().await;
}
