//! A log that goes on under another key: what the first leaf says, what is refused, and a process that died on the way.

use crate::world::World;
use aftercare_app::renewing::{earlier_log_keys, log_key, renewal_of};
use aftercare_domain::audit::AuditEvent;
use aftercare_ledger::RenewalReason;

#[tokio::test]
async fn a_log_goes_on_under_another_key_and_says_so_in_its_first_leaf() {
    let world = World::new().await;
    world.repair().await;
    let last = world.app.checkpoint().await.unwrap();
    let old = world.app.verifier_key();

    // What outsiders hold is the beginning of the log: nothing is to be renewed.
    let refused = world
        .app
        .renew_log(Some(&last.note), RenewalReason::Restored)
        .await
        .unwrap_err();
    assert_eq!(refused.rule, "log_continues");
    let refused = world
        .app
        .renew_log(Some("no checkpoint"), RenewalReason::Restored)
        .await
        .unwrap_err();
    assert_eq!(refused.rule, "checkpoint");
    let kept = world.store.head().await.unwrap();
    assert!(
        renewal_of(&world.vault, &*world.store)
            .await
            .unwrap()
            .is_none()
    );

    // A key that somebody else may have is another matter.
    let renewed = world
        .app
        .renew_log(Some(&last.note), RenewalReason::KeyExposed)
        .await
        .unwrap();
    let (new, renewal) = (log_key(&world.vault).unwrap(), renewed.renewal);
    assert_eq!(renewal.old.to_string(), old);
    assert_eq!(renewal.new, new.verifier());
    assert_ne!(renewal.old.name(), renewal.new.name());
    assert_eq!(
        (renewal.kept.size, renewal.kept.root.0),
        (kept.size, kept.root)
    );
    assert_eq!(renewal.witnessed.unwrap().size, last.size);
    let first = world.store.range(kept.size + 1, 1).await.unwrap();
    assert_eq!(first[0].name, "log_renewed.v1");
    let _: AuditEvent = serde_json::from_slice(&first[0].payload).unwrap();
    let published = renewal_of(&world.vault, &*world.store).await.unwrap();
    assert_eq!(published, Some(renewed.published));
    let latest = world.store.latest_checkpoint().await.unwrap().unwrap();
    assert!(latest.size > kept.size && latest.note.starts_with(new.name()));
    // What the old key signed is still checked, with the old key; without it nobody vouches for it.
    let earlier = earlier_log_keys(&world.vault).unwrap();
    assert_eq!(earlier, [renewal.old]);
    let keys = [vec![new.verifier()], earlier].concat();
    world.store.verify_log(&keys).await.unwrap();
    assert!(world.store.verify_log(&keys[..1]).await.is_err());
}

#[tokio::test]
async fn a_renewal_that_was_killed_on_the_way_is_finished_and_not_made_twice() {
    let world = World::new().await;
    world.app.checkpoint().await.unwrap();
    let renew = || world.app.renew_log(None, RenewalReason::KeyExposed);
    let first = renew().await.unwrap().renewal;
    let size = world.store.head().await.unwrap().size;
    // As it stands when the leaf is written and the keyring not yet changed.
    world.vault.put_secret("log-generation", b"1\n0\n").unwrap();
    assert_eq!(renew().await.unwrap().renewal, first);
    assert_eq!(log_key(&world.vault).unwrap().verifier(), first.new);
    assert_eq!(
        world.store.head().await.unwrap().size,
        size,
        "no second leaf"
    );
    // As it stands when the keyring was changed and nobody was told.
    assert_eq!(renew().await.unwrap().renewal, first);
    assert_eq!(
        world.store.head().await.unwrap().size,
        size,
        "no second leaf"
    );
    // Asked for another reason it is another renewal.
    let exposed = world
        .app
        .renew_log(None, RenewalReason::Restored)
        .await
        .unwrap()
        .renewal;
    assert_ne!(exposed.new, first.new);
}

/// A leaf that others followed says something untrue of where the log goes on: neither it nor its key is taken.
#[tokio::test]
async fn a_leaf_that_others_followed_renews_nothing() {
    let world = World::new().await;
    let renew = || world.app.renew_log(None, RenewalReason::KeyExposed);
    let first = renew().await.unwrap().renewal;
    world.vault.put_secret("log-generation", b"1\n0\n").unwrap();
    world.repair().await;
    let size = world.store.head().await.unwrap().size;
    let second = renew().await.unwrap().renewal;
    assert_eq!(second.kept.size, size);
    assert_ne!(second.new, first.new);
    assert_eq!(log_key(&world.vault).unwrap().verifier(), second.new);
}
