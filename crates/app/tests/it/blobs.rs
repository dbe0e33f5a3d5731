//! What is refused leaves no file behind: nobody fills the disk with photos that belong to nothing.

use crate::world::{World, claim_input, cracked_mug, damage, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::engine::IdempotencyKey;
use aftercare_app::error::ErrorKind;
use aftercare_domain::event::WorkOutcome;
use std::path::PathBuf;
use std::sync::Arc;

/// Files below `blobs`.
fn blobs(world: &World) -> usize {
    let mut folders: Vec<PathBuf> = vec![world.folder.path().join("data/blobs")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files += 1;
            }
        }
    }
    files
}

#[tokio::test]
async fn a_report_with_one_broken_photo_leaves_nothing_of_the_good_ones() {
    let world = World::new().await;
    let report = async |photos| {
        world
            .app
            .report_repair(world.tenant, None, repair_input(), photos, None)
            .await
    };
    let broken = damage(b"no photo".to_vec());
    let refused = report(vec![damage(cracked_mug(1)), broken]).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Unsupported);
    assert_eq!(blobs(&world), 0);
    report(vec![damage(cracked_mug(1))]).await.unwrap();
    assert!(blobs(&world) > 0, "what is taken is kept");
}

#[tokio::test]
async fn an_action_that_is_refused_leaves_nothing_of_its_photos() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let claimant = world.claimant(&receipt).await;
    let before = blobs(&world);
    let photo = || vec![damage(cracked_mug(2))];
    // Somebody who may not do it at all.
    let finish = Action::Finish {
        work_order: None,
        outcome: WorkOutcome::Fixed,
        note: String::new(),
    };
    let repair = world.repair().await;
    let of_repair = world.claimant(&repair).await;
    let refused = world
        .app
        .act(&of_repair, repair.case, finish, photo(), None)
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Forbidden);
    assert_eq!(blobs(&world), before);
    // Somebody who may, but not now.
    let withdraw = Action::WithdrawClaim { claim: None };
    world.act(&claimant, receipt.case, withdraw).await.unwrap();
    let add = Action::AddEvidence {
        claim: None,
        answers: None,
        text: String::new(),
    };
    let refused = world
        .app
        .act(&claimant, receipt.case, add, photo(), None)
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused, "{refused}");
    assert_eq!(blobs(&world), before);
}

/// The same request twice at once, by two impatient taps: one case, and the photos of one.
#[tokio::test]
async fn a_request_that_was_carried_out_already_leaves_no_second_copy() {
    let world = World::new().await;
    world
        .claim("A2", "陈试用", "13800000003", cracked_mug(3))
        .await;
    let of_one = blobs(&world);
    let mut sent = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (app, tenant) = (Arc::clone(&world.app), world.tenant);
        sent.spawn(async move {
            let input = claim_input("A1", "周示范", "13800000002");
            let key = IdempotencyKey {
                scope: "test".to_owned(),
                key: "k1".to_owned(),
                body_hash: [1; 32],
            };
            let photo = vec![damage(cracked_mug(1))];
            app.file_claim(tenant, None, input, photo, Some(key))
                .await
                .unwrap()
                .case
        });
    }
    let mut cases = sent.join_all().await;
    cases.dedup();
    assert_eq!(cases.len(), 1);
    assert_eq!(blobs(&world), 2 * of_one);
}
