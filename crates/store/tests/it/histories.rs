//! Many commands at once, and random histories: the log stays whole, projections follow from it.

use crate::support::Home;
use aftercare_store::{EventLog as _, Projections as _, Unit, Upkeep as _};
use aftercare_testkit::{Choice, TestCase, open_many};
use futures_util::future::join_all;
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_commit_at_once_and_none_is_lost() {
    let home = Home::empty().await;
    let tasks: Vec<_> = open_many(100, 200, home.shop.tenant.id)
        .into_iter()
        .map(|(mut case, opening)| {
            let store = home.store.clone();
            tokio::spawn(async move {
                let mut versions = 0;
                let first = store.commit(opening).await;
                versions += u64::from(first.is_ok());
                let request = case.request_repair();
                let next = case.unit(request).expect("a repair is asked for");
                store.commit(next).await.expect("committed");
                (case.id, versions, case.case.version)
            })
        })
        .collect();
    let mut total = 0;
    for task in tasks {
        let (id, opened, version) = task.await.expect("a task");
        assert_eq!(opened, 1);
        let stored = home.store.load_case(id).await.expect("the case");
        let versions: Vec<u64> = stored.iter().map(|event| event.version).collect();
        assert_eq!(versions, (1..=version).collect::<Vec<_>>());
        total += version;
    }
    let events = home.store.range(1, total + 1).await.expect("the log");
    let numbers: BTreeSet<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=total).collect());
    home.store.verify_log(&[]).await.expect("it verifies");
}

#[tokio::test]
async fn one_case_in_many_hands_goes_to_one_of_them() {
    let home = Home::empty().await;
    let mut case = TestCase::new(100, home.shop.tenant.id);
    let opening = case.open();
    home.commit(case.unit(opening).expect("a case opens")).await;
    let request = case.request_repair();
    let unit = case.unit(request).expect("a repair is asked for");
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (store, unit) = (home.store.clone(), unit.clone());
            tokio::spawn(async move { store.commit(unit).await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += u32::from(task.await.expect("a task"));
    }
    assert_eq!(won, 1);
    let stored = home.store.load_case(case.id).await.expect("the case");
    assert_eq!(
        stored.len(),
        usize::try_from(case.case.version).expect("a small number")
    );
}

#[tokio::test]
async fn a_wrong_state_after_the_events_is_refused() {
    let home = Home::empty().await;
    let mut case = TestCase::new(100, home.shop.tenant.id);
    let opening = case.open();
    let mut unit = case.unit(opening).expect("a case opens");
    if let Some(append) = &mut unit.case {
        append.after.version += 1;
    }
    assert!(home.store.commit(unit).await.is_err());
    assert_eq!(home.store.head().await.expect("a head").size, 0);
}

#[tokio::test]
async fn a_projection_that_was_edited_is_found_and_made_again() {
    let home = Home::lived_in().await;
    let dump = home.store.dump_hash().await.expect("a dump");
    crate::support::tamper(
        home.directory.path(),
        "UPDATE work_order_view SET state = 'disputed' WHERE rowid = (SELECT min(rowid) FROM work_order_view); DELETE FROM clock_view WHERE due_at = (SELECT min(due_at) FROM clock_view) AND case_id = (SELECT min(case_id) FROM clock_view); UPDATE case_view SET closed = 1 WHERE rowid = (SELECT min(rowid) FROM case_view)",
    )
    .await;
    let checked = home.store.rebuild(false).await.expect("a check");
    for table in ["work_order_view: ", "case_view: ", "clock_view: "] {
        assert!(
            checked
                .differences
                .iter()
                .any(|line| line.starts_with(table)),
            "{checked:?}"
        );
    }
    assert_ne!(home.store.dump_hash().await.expect("a dump"), dump);
    home.store.rebuild(true).await.expect("a rebuild");
    assert_eq!(home.store.dump_hash().await.expect("a dump"), dump);
}

fn history() -> impl proptest::strategy::Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0..4_usize, 0..Choice::ALL.len()), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn projections_follow_from_any_history(steps in history(), keep in any::<bool>()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let home = Home::empty().await;
            let mut cases: Vec<_> = (0..4)
                .map(|space| TestCase::new(100 + space, home.shop.tenant.id))
                .collect();
            // Steps of one case that wait together are committed in the order they came.
            for together in steps.chunks(8) {
                let units: Vec<_> = together
                    .iter()
                    .filter_map(|(case, choice)| cases[*case].choose(Choice::ALL[*choice]))
                    .map(|append| Unit { case: Some(append), ..Unit::default() })
                    .collect();
                join_all(units.into_iter().map(|unit| home.commit(unit))).await;
            }
            let before = home.store.dump_hash().await.expect("a dump");
            let report = home.store.rebuild(keep).await.expect("a rebuild");
            assert_eq!(report.differences, Vec::<String>::new());
            assert_eq!(home.store.dump_hash().await.expect("a dump"), before);
            home.store.verify_log(&[]).await.expect("it verifies");
            home.store.close().await;
        });
    }
}
