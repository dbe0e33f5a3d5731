//! Several processes on one PostgreSQL database are one system.

use crate::world::{World, cracked_mug, saved_again};
use aftercare_app::screener::DirectScreener;
use aftercare_app::{App, Change};
use aftercare_domain::ids::CaseId;
use aftercare_store::{OpenMode, PostgresStore};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;

/// How long a message may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// A world over a database, and a second process on it; none where there is no server.
async fn two() -> Option<(World, Arc<App>)> {
    let url = aftercare_testkit::postgres()?.database();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let open = async |mode| PostgresStore::open(&data, &url, mode).await.unwrap();
    let first = open(OpenMode::Create).await;
    let second = open(OpenMode::Write).await;
    let world = World::over(Arc::new(first), folder, Arc::new(DirectScreener)).await;
    let other = world.another(Arc::new(second)).await;
    Some((world, other))
}

async fn heard(changes: &mut Receiver<Change>, case: CaseId) {
    let waiting = async { while changes.recv().await.unwrap().case != Some(case) {} };
    tokio::time::timeout(SOON, waiting).await.unwrap();
}

#[tokio::test]
async fn a_page_of_one_server_hears_what_is_done_on_another() {
    let Some((world, other)) = two().await else {
        return;
    };
    let (mut here, mut there) = (world.app.changes(), other.changes());
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    heard(&mut there, receipt.case).await;
    heard(&mut here, receipt.case).await;
    // Once: what a process did itself it does not hear of again.
    let again = tokio::time::timeout(Duration::from_millis(300), here.recv()).await;
    assert!(again.is_err(), "{again:?}");
    let detail = other
        .case_detail(&world.reviewer, receipt.case)
        .await
        .unwrap();
    assert_eq!(detail.claims.len(), 1);
}

#[tokio::test]
async fn a_photo_used_before_is_found_by_whichever_process_looks() {
    let Some((world, other)) = two().await else {
        return;
    };
    let mut there = other.changes();
    let first = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    heard(&mut there, first.case).await;
    other.settle().await.unwrap();
    let second = world
        .claim("A2", "陈试用", "13800000003", saved_again(1))
        .await;
    // The other one does not wait for the message: it learns the photos of the claim that it checks.
    other.settle().await.unwrap();
    assert_eq!(world.claim_state(second.case).await, "first_look");
}
