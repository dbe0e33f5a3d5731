//! What is refused leaves no file behind: nobody fills the disk with photos that belong to nothing.

use crate::told::say;
use crate::world::{World, claim_input, cracked_mug, damage, repair_input, saved_again};
use aftercare_app::actions::Action;
use aftercare_app::engine::IdempotencyKey;
use aftercare_app::error::ErrorKind;
use aftercare_app::limits::STORING_MS_MAX;
use aftercare_app::screener::DirectScreener;
use aftercare_domain::event::WorkOutcome;
use aftercare_store::{BlobPlace, OpenMode, SqliteStore, StoreError, own_place};
use async_trait::async_trait;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::{RwLock, RwLockWriteGuard};

/// A storage of objects that takes its time: what is sent to it while it is shut waits.
#[derive(Default)]
pub struct Slow {
    kept: Mutex<HashMap<String, Vec<u8>>>,
    owner: Mutex<Option<String>>,
    gate: RwLock<()>,
    waiting: AtomicUsize,
    removals: AtomicUsize,
}

#[async_trait]
impl BlobPlace for Slow {
    async fn put(&self, name: &str, sealed: Vec<u8>) -> Result<(), StoreError> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let _open = self.gate.read().await;
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        self.kept.lock().unwrap().insert(name.to_owned(), sealed);
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.kept.lock().unwrap().get(name).cloned())
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        self.removals.fetch_add(1, Ordering::SeqCst);
        self.kept.lock().unwrap().remove(name);
        Ok(())
    }

    /// Everything in it is old.
    async fn older(&self, folder: u8, _before_ms: i64) -> Result<BTreeSet<String>, StoreError> {
        let first = format!("{folder:02x}");
        Ok(self
            .names()
            .into_iter()
            .filter(|name| name.starts_with(&first))
            .collect())
    }

    async fn owner(&self) -> Result<Option<String>, StoreError> {
        Ok(self.owner.lock().unwrap().clone())
    }

    async fn set_owner(&self, text: &str) -> Result<(), StoreError> {
        *self.owner.lock().unwrap() = Some(text.to_owned());
        Ok(())
    }
}

impl Slow {
    /// A world whose blobs lie in such a storage.
    pub async fn world() -> (World, Arc<Self>) {
        let (folder, place) = (tempfile::tempdir().unwrap(), Arc::new(Self::default()));
        let key = aftercare_testkit::row_key();
        let data = folder.path().join("data");
        let store = SqliteStore::open(&data, OpenMode::Create(&key)).await;
        let store = store.unwrap().with_blobs(Some(Arc::clone(&place) as _));
        let screener = Arc::new(DirectScreener);
        let world = World::over(Arc::new(store), folder, screener).await;
        (world, place)
    }

    /// What is in it.
    fn names(&self) -> BTreeSet<String> {
        self.kept.lock().unwrap().keys().cloned().collect()
    }

    /// Shut until what this gives is dropped.
    pub async fn shut(&self) -> RwLockWriteGuard<'_, ()> {
        self.gate.write().await
    }

    /// Returns when somebody waits for it to open.
    pub async fn is_waited_for(&self) {
        while self.waiting.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Files below `blobs`.
fn files(world: &World) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = vec![world.folder.path().join("data/blobs")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files
}

fn blobs(world: &World) -> usize {
    files(world).len()
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
        actions: Vec::new(),
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

/// A process that is killed between a file and the transaction that names it leaves the file. It goes a day later, and nothing
/// that anything names goes with it.
#[tokio::test]
async fn what_a_killed_process_left_goes_after_a_day_and_nothing_else_does() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let claimant = world.claimant(&receipt).await;
    let detail = world.app.case_detail(&claimant, receipt.case).await;
    let photo = detail.unwrap().claims[0].evidence[0].id;
    let of_the_claim = blobs(&world);
    // As a kill leaves them: files without a row.
    let left = |content: u8| world.store.put_blob(vec![content; 500]);
    let (old, young) = (left(1).await.unwrap(), left(2).await.unwrap());
    let at_ms = |hours: i64| u64::try_from(world.app.now().0 - hours * 3_600_000).unwrap();
    for path in files(&world) {
        let is_young = path.ends_with(format!("{}/{}", &young[..2], &young[2..]));
        let since = Duration::from_millis(at_ms(if is_young { 23 } else { 25 }));
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(UNIX_EPOCH + since).unwrap();
    }
    let mut removed = 0;
    for folder in 0..=u8::MAX {
        removed += world.app.remove_orphans(folder).await.unwrap();
    }
    assert_eq!(removed, 1);
    assert!(world.store.get_blob(&old).await.is_err());
    assert!(world.store.get_blob(&young).await.is_ok());
    assert_eq!(blobs(&world), of_the_claim + 1);
    world.store.verify_blobs().await.unwrap();
    world.app.picture(&claimant, photo, false).await.unwrap();
    // Two hours later the other one is a day old.
    world.clock.advance_ms(2 * 3_600_000);
    let first = u8::from_str_radix(&young[..2], 16).unwrap();
    assert_eq!(world.app.remove_orphans(first).await.unwrap(), 1);
    assert_eq!(blobs(&world), of_the_claim);
}

/// The same in a storage of objects, once somebody said whose it is.
#[tokio::test]
async fn what_a_killed_process_left_in_a_storage_of_objects_goes_once_it_is_owned() {
    let (world, place) = Slow::world().await;
    world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let of_the_claim = place.names();
    assert!(!of_the_claim.is_empty());
    let left = world.store.put_blob(vec![1; 500]).await.unwrap();
    let everything = place.names();
    let removed = async || {
        let mut removed = 0;
        for name in &everything {
            let folder = u8::from_str_radix(&name[..2], 16).unwrap();
            removed += world.app.remove_orphans(folder).await.unwrap();
        }
        removed
    };
    assert_eq!(removed().await, 0, "nobody said whose it is");
    let data = world.folder.path().join("data");
    own_place(&data, &*place, false).await.unwrap();
    let first = world.app.remove_orphans(0).await.unwrap();
    assert_eq!(first, 0, "whoever else keeps blobs there can say so first");
    assert_eq!(removed().await, 1);
    assert_eq!(place.names(), of_the_claim);
    assert!(everything.contains(&left));
}

/// Somebody else was faster: the next try names the same bytes, so that nobody removes them in between. Once there is none, they go.
#[tokio::test]
async fn what_is_tried_again_stays_until_nobody_tries_it() {
    let (world, place) = Slow::world().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let claimant = world.claimant(&receipt).await;
    for (meanwhile, is_taken) in [
        (say("补充一句"), true),
        (Action::WithdrawClaim { claim: None }, false),
    ] {
        let before = place.names();
        let shut = place.shut().await;
        let (app, who, case) = (Arc::clone(&world.app), claimant.clone(), receipt.case);
        let sent = tokio::spawn(async move {
            let add = Action::AddEvidence {
                claim: None,
                answers: None,
                text: String::new(),
            };
            let photo = vec![damage(cracked_mug(2))];
            app.act(&who, case, add, photo, None).await
        });
        place.is_waited_for().await;
        world.act(&claimant, case, meanwhile).await.unwrap();
        drop(shut);
        let answer = sent.await.unwrap();
        let removals = place.removals.load(Ordering::SeqCst);
        if is_taken {
            answer.unwrap();
            assert_eq!(removals, 0);
            assert!(place.names().len() > before.len());
        } else {
            assert_eq!(answer.unwrap_err().kind, ErrorKind::Refused);
            assert!(removals > 0);
            assert_eq!(place.names(), before);
        }
    }
}

/// A process stood still between a file and the transaction that names it, almost as long as others leave such files alone.
#[tokio::test]
async fn what_was_stored_half_a_day_ago_is_not_named_any_more() {
    let (world, place) = Slow::world().await;
    let shut = place.shut().await;
    let (app, tenant) = (Arc::clone(&world.app), world.tenant);
    let sent = tokio::spawn(async move {
        let photo = vec![damage(cracked_mug(1))];
        let taken = app.report_repair(tenant, None, repair_input(), photo, None);
        taken.await.map(|receipt| receipt.case)
    });
    place.is_waited_for().await;
    world.clock.advance_ms(STORING_MS_MAX + 1);
    drop(shut);
    let refused = sent.await.unwrap().unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Internal);
    assert_eq!(place.names(), BTreeSet::new(), "nothing of it is left");
    world.repair().await;
}

/// Whoever sent it is gone, and it was taken all the same: the plan hears of it as of any other, and whoever claims with the
/// photo is found.
#[tokio::test]
async fn what_was_taken_from_somebody_who_went_away_is_planned() {
    let (world, place) = Slow::world().await;
    world.repair().await;
    let visits = async || {
        let plan = world.app.board(&world.dispatcher).await.unwrap();
        plan.technicians[0].visits.len()
    };
    assert_eq!(visits().await, 1);
    let shut = place.shut().await;
    let (app, tenant) = (Arc::clone(&world.app), world.tenant);
    let sent = tokio::spawn(async move {
        let photo = vec![damage(cracked_mug(1))];
        let taken = app.report_repair(tenant, None, repair_input(), photo, None);
        taken.await.is_ok()
    });
    place.is_waited_for().await;
    sent.abort();
    assert!(sent.await.unwrap_err().is_cancelled());
    drop(shut);
    let planned = async {
        while visits().await < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let planned = tokio::time::timeout(Duration::from_secs(20), planned).await;
    planned.expect("the plan has both visits");
    let again = world.claim("A2", "陈试用", "13800000003", saved_again(1));
    let again = again.await.case;
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(again).await, "first_look");
}
