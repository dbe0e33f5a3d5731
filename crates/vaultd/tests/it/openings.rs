//! No value comes out without a leaf that was there before, whenever the process is killed.

use crate::process::Running;
use crate::{Shop, looking, text};
use aftercare_ledger::{Hash, root_at};
use aftercare_vault::{PeopleKeeper as _, VaultError};
use aftercare_vaultd::{Act, Ledger};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const PEOPLE: usize = 12;
const ASKING: usize = 6;

/// Person and event of every opening in the ledger.
fn said(shop: &Shop) -> BTreeSet<(String, u64)> {
    let mut said = BTreeSet::new();
    Ledger::read(&shop.keeper(), |record| {
        if let Act::Opened { person, seq, .. } = &record.act {
            said.insert((person.clone(), *seq));
        }
    })
    .unwrap();
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_value_that_came_out_of_a_killed_process_has_a_leaf() {
    let shop = Arc::new(Shop::new().await);
    let people: Arc<Vec<_>> = Arc::new((0..PEOPLE).map(|n| shop.taken_in(n)).collect());
    let (events, mut opened) = (Arc::new(AtomicU64::new(1)), BTreeSet::new());
    for delay_ms in [30, 5, 60, 15, 90, 40, 1, 120] {
        let running = Running::start(&shop).await;
        let mut asking = Vec::new();
        for at in 0..ASKING {
            let (shop, people, events) = (shop.clone(), people.clone(), events.clone());
            asking.push(tokio::spawn(async move {
                let (client, mut opened) = (shop.client(), Vec::new());
                for turn in 0.. {
                    let seq = events.fetch_add(1, Ordering::Relaxed);
                    // Some look at one, some at several together.
                    let first = (at + turn) % PEOPLE;
                    let some: Vec<_> = (0..=at % 3)
                        .map(|next| &people[(first + next) % PEOPLE])
                        .collect();
                    let answer = client.open(looking("agent", seq, &some)).await;
                    match answer {
                        Ok(plains) => {
                            for (person, plain) in some.iter().zip(&plains) {
                                assert_eq!(text(plain), person.told);
                                opened.push((person.id.clone(), seq));
                            }
                        }
                        Err(VaultError::KeeperAway { .. }) => break,
                        Err(other) => panic!("{other}"),
                    }
                }
                opened
            }));
        }
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        running.kill();
        for asked in asking {
            opened.extend(asked.await.unwrap());
        }
        let said = said(&shop);
        let without: Vec<_> = opened.difference(&said).collect();
        assert!(without.is_empty(), "opened without a leaf: {without:?}");
    }
    assert!(opened.len() > 20, "only {} were opened", opened.len());
    // What was told of the ledger before holds of what it is now.
    let running = Running::start(&shop).await;
    let client = shop.client();
    client
        .open(looking("agent", 1_000_000, &[&people[0]]))
        .await
        .unwrap();
    let (size, root) = client.told_since()[0];
    running.kill();
    let tree = Ledger::read(&shop.keeper(), |_| {}).unwrap();
    assert_eq!(root_at(&tree, size).unwrap(), Hash(root));
}
