//! The ledger of openings is a file that only grows: whatever is taken away from it contradicts what was told of it.

use crate::{NOW_MS, Shop, ledger_lines, looking, root};
use aftercare_vault::PeopleKeeper as _;
use aftercare_vaultd::{Keeper, KeeperError, LEDGER_FILE, Quotas};
use std::time::Duration;

/// A shop where three people were looked at, and what was told of the ledger then.
async fn looked_at() -> (Shop, u64, [u8; 32]) {
    let shop = Shop::new().await;
    let people: Vec<_> = (0..3).map(|number| shop.taken_in(number)).collect();
    let within = shop.within(Quotas::default());
    for (seq, person) in (1..).zip(&people) {
        within.open(looking("agent", seq, &[person])).await.unwrap();
    }
    let told = within.ledger(0).await.unwrap();
    (shop, told.size, told.root)
}

fn rewrite(shop: &Shop, lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(shop.keeper().join(LEDGER_FILE), text).unwrap();
}

#[tokio::test]
async fn a_leaf_that_was_taken_away_contradicts_what_was_told() {
    let (shop, size, root) = looked_at().await;
    let again = shop.within(Quotas::default()).ledger(size).await.unwrap();
    assert_eq!((again.size, again.root_before), (size, Some(root)));

    let lines = ledger_lines(&shop.keeper());
    for taken in 0..lines.len() {
        let mut left = lines.clone();
        left.remove(taken);
        rewrite(&shop, &left);
        let within = shop.within(Quotas::default());
        let now = within.ledger(size).await.unwrap();
        assert_eq!((now.size, now.root_before), (size - 1, None), "{taken}");
        // Also when somebody looked at somebody else since, so that it is as long as it was.
        let person = shop.taken_in(7);
        within.open(looking("other", 99, &[&person])).await.unwrap();
        let now = within.ledger(size).await.unwrap();
        assert_eq!(now.size, size);
        assert_ne!(now.root_before, Some(root), "{taken}");
    }
    rewrite(&shop, &lines);
    let now = shop.within(Quotas::default()).ledger(size).await.unwrap();
    assert_eq!(now.root_before, Some(root));
}

#[tokio::test]
async fn an_altered_line_stops_the_process_and_a_cut_one_was_never_answered() {
    let (shop, size, told) = looked_at().await;
    let lines = ledger_lines(&shop.keeper());
    // See `opened_at`: the lock may be held for a moment longer.
    let refused = || {
        loop {
            match Keeper::open(&shop.keeper(), &root(), Quotas::default(), NOW_MS) {
                Err(KeeperError::InUse(_)) => std::thread::sleep(Duration::from_millis(10)),
                other => return other.unwrap_err(),
            }
        }
    };

    let mut altered = lines.clone();
    altered[1].insert(1, ' ');
    rewrite(&shop, &altered);
    match refused() {
        KeeperError::Ledger { line, .. } => assert_eq!(line, 2),
        other => panic!("{other}"),
    }
    altered[1] = "{}".to_owned();
    rewrite(&shop, &altered);
    assert!(matches!(refused(), KeeperError::Ledger { line: 2, .. }));

    // A crash in the middle of a write.
    rewrite(&shop, &lines);
    let path = shop.keeper().join(LEDGER_FILE);
    let whole = std::fs::read(&path).unwrap();
    let mut torn = whole.clone();
    torn.extend_from_slice(&lines[0].as_bytes()[..20]);
    std::fs::write(&path, &torn).unwrap();
    let ledger = shop.opened(Quotas::default()).ledger();
    assert_eq!((ledger.size, ledger.root), (size, hex::encode(told)));
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}

#[tokio::test]
async fn nothing_of_a_person_stands_in_the_ledger() {
    let (shop, _, _) = looked_at().await;
    let lines = ledger_lines(&shop.keeper());
    let text = lines.join("\n");
    assert!(!text.contains("138"), "{text}");
    // Who, for what, of which case, whom, which field, under which event.
    let last = lines.last().unwrap();
    for part in [
        "\"actor\":\"agent\"",
        "\"purpose\":\"reveal\"",
        "\"case\":\"case-1\"",
        "\"person\":\"person-2\"",
        "\"field\":\"persons.phone\"",
        "\"seq\":3",
    ] {
        assert!(last.contains(part), "{part} is not in {last}");
    }
    // Two lines about the same differ by their salts, so that the root tells nobody what they say.
    let within = shop.within(Quotas::default());
    let person = shop.taken_in(0);
    for _ in 0..2 {
        within.open(looking("agent", 1, &[&person])).await.unwrap();
    }
    let lines = ledger_lines(&shop.keeper());
    let [.., one, other] = lines.as_slice() else {
        panic!("two lines");
    };
    assert_ne!(one, other);
}
