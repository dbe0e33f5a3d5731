//! Several processes on one PostgreSQL database are one system.

use crate::chosen::{are_kept, choose, three_accepted};
use crate::world::{World, cracked_mug, repair_input, saved_again};
use aftercare_app::equipment::NeedInput;
use aftercare_app::nearest::Lack;
use aftercare_app::screener::DirectScreener;
use aftercare_app::{App, Change};
use aftercare_domain::Role;
use aftercare_domain::event::WorkKind;
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
    let key = aftercare_testkit::row_key();
    let open = async |mode| PostgresStore::open(&data, &url, mode).await.unwrap();
    let first = open(OpenMode::Create(&key)).await;
    let second = open(OpenMode::Write(&key)).await;
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

#[tokio::test]
async fn two_servers_that_change_one_account_lose_neither_change() {
    let Some((world, other)) = two().await else {
        return;
    };
    world
        .app
        .create_user(&world.admin, "leaving", "要走的同事", &[Role::Agent])
        .await
        .unwrap();
    let account = async || {
        let users = other.users(&world.admin).await.unwrap();
        users
            .into_iter()
            .find(|user| user.login == "leaving")
            .unwrap()
    };
    let id = account().await.id;
    for (round, role) in [Role::Dispatcher, Role::Agent]
        .into_iter()
        .cycle()
        .take(20)
        .enumerate()
    {
        let off = round % 4 < 2;
        let roles = [role];
        let (switched, changed) = tokio::join!(
            world.app.set_disabled(&world.admin, id, off),
            other.change_roles(&world.admin, id, &roles),
        );
        switched.unwrap();
        changed.unwrap();
        let account = account().await;
        assert_eq!(
            (account.disabled, account.roles),
            (off, vec![role]),
            "round {round}"
        );
    }
}

#[tokio::test]
async fn what_visits_need_is_known_on_every_server() {
    let Some((world, other)) = two().await else {
        return;
    };
    let taken = world
        .app
        .report_repair(world.tenant, None, repair_input(), Vec::new(), None)
        .await
        .unwrap();
    let lacks = async || {
        let case = other.case_detail(&world.dispatcher, taken.case).await;
        let order = case.unwrap().work_orders[0].id;
        let near = other.nearest(&world.dispatcher, taken.case, order).await;
        near.unwrap().unwrap().technicians[0].lacks.clone()
    };
    assert_eq!(lacks().await, []);
    let need = NeedInput {
        skill: "lamp".to_owned(),
        kind: Some(WorkKind::Repair),
        people: 1,
        level: 1,
        certificate: true,
        parts: Vec::new(),
    };
    let needs = world.app.set_visit_needs(&world.dispatcher, &[need]).await;
    needs.unwrap();
    let heard = async {
        while lacks().await != [Lack::Certificate] {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(SOON, heard)
        .await
        .expect("it hears of it");
}

/// Customers choose the same time at the same moment on two servers, of which neither has heard of the other.
#[tokio::test]
async fn a_time_that_was_agreed_on_one_server_is_not_promised_on_another() {
    let Some((world, other)) = two().await else {
        return;
    };
    let asking = three_accepted(&world).await;
    // Both have their plan.
    world.app.board(&world.dispatcher).await.unwrap();
    other.board(&world.dispatcher).await.unwrap();
    let chosen = |app: &Arc<App>, place: usize| {
        let (app, (claimant, case)) = (Arc::clone(app), asking[place].clone());
        let choose = choose(&world);
        async move { app.act(&claimant, case, choose, Vec::new(), None).await }
    };
    let (one, two, three) = tokio::join!(
        chosen(&world.app, 0),
        chosen(&other, 1),
        chosen(&world.app, 2)
    );
    are_kept(&world, &[one, two, three]).await;
}
