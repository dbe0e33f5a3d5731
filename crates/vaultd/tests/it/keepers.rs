//! What is opened, and what is refused, whoever asks.

use crate::{NOW_MS, Shop, TENANT, looking, opened_at, root, rule, text};
use aftercare_vault::{
    DeliveryPurpose, Field, KdfCost, OpenPeople, Opener, PeopleKeeper as _, Place, Plain, SealItem,
    Vault, VaultError,
};
use aftercare_vaultd::{Keeper, Quotas, Within};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What is changed of a sound request.
type Change = fn(&mut OpenPeople);

const FEW: Quotas = Quotas {
    user: 2,
    users: 3,
    system: 2,
};

#[tokio::test]
async fn the_shop_takes_people_in_and_opens_none() {
    let shop = Shop::new().await;
    let person = shop.taken_in(1);
    assert!(!shop.web.opens_people().unwrap());
    let opened = shop.web.unwrap_person_key(TENANT, &person.id, &person.key);
    assert!(matches!(opened, Err(VaultError::NoKeeper)));
    assert!(matches!(
        shop.web.keeper().err(),
        Some(VaultError::NoKeeper)
    ));
    let opened = shop
        .within(Quotas::default())
        .open(looking("agent", 1, &[&person]))
        .await
        .unwrap();
    assert_eq!(text(&opened[0]), person.told);
}

#[tokio::test]
async fn a_quota_is_kept_across_a_restart_and_ends_after_an_hour() {
    let shop = Shop::new().await;
    let people: Vec<_> = (0..5).map(|number| shop.taken_in(number)).collect();
    let clock = Arc::new(AtomicI64::new(NOW_MS));
    let start = || {
        let now = clock.load(Ordering::Relaxed);
        let keeper = opened_at(&shop.keeper(), FEW, now);
        let clock = Arc::clone(&clock);
        Within::new(Arc::new(keeper), move || clock.load(Ordering::Relaxed))
    };
    let within = start();
    within
        .open(looking("a", 1, &[&people[0], &people[1]]))
        .await
        .unwrap();
    let before = within.ledger(0).await.unwrap().size;
    assert_eq!(
        rule(within.open(looking("a", 2, &[&people[2]])).await),
        "quota"
    );
    assert_eq!(
        within.ledger(0).await.unwrap().size,
        before,
        "a refusal opens nothing and says nothing"
    );
    drop(within);
    let within = start();
    assert_eq!(
        rule(within.open(looking("a", 2, &[&people[2]])).await),
        "quota"
    );
    within.open(looking("a", 3, &[&people[0]])).await.unwrap();
    within.open(looking("b", 4, &[&people[2]])).await.unwrap();
    // However many names an intruder invents.
    assert_eq!(
        rule(within.open(looking("c", 5, &[&people[3]])).await),
        "quota"
    );
    let of_system = |seq, people: &[&crate::Stored]| OpenPeople {
        opener: Opener::System(DeliveryPurpose::Notify),
        ..looking("nobody", seq, people)
    };
    within
        .open(of_system(6, &[&people[0], &people[1]]))
        .await
        .unwrap();
    assert_eq!(
        rule(within.open(of_system(7, &[&people[2]])).await),
        "quota"
    );
    clock.fetch_add(3_600_001, Ordering::Relaxed);
    within.open(looking("a", 8, &[&people[4]])).await.unwrap();
}

#[tokio::test]
async fn what_is_not_in_the_log_or_not_that_persons_is_not_opened() {
    let shop = Shop::new().await;
    let (person, other) = (shop.taken_in(1), shop.taken_in(2));
    let within = shop.within(Quotas::default());
    let before = within.ledger(0).await.unwrap();
    let asked = |change: Change| {
        let mut request = looking("agent", 1, &[&person]);
        change(&mut request);
        request
    };
    let cases: [(Change, &str); 8] = [
        (|request| request.seq = 0, "no_leaf"),
        (|request| request.leaf = [0; 32], "no_leaf"),
        (|request| request.items.clear(), "bad_request"),
        (
            |request| request.items[0].place.column = "name".to_owned(),
            "cannot_open",
        ),
        (
            |request| request.items[0].person = "person-2".to_owned(),
            "cannot_open",
        ),
        (
            |request| request.tenant = "0198-another".to_owned(),
            "unknown_tenant",
        ),
        (
            |request| request.opener = Opener::Somebody("two\nlines".to_owned()),
            "bad_request",
        ),
        (
            |request| {
                let item = request.items[0].clone();
                request.items = vec![item; 257];
            },
            "bad_request",
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(rule(within.open(asked(change)).await), expected);
    }
    // The key of one and the number of another.
    let mut mixed = looking("agent", 1, &[&person]);
    mixed.items[0].sealed = other.phone.clone();
    assert_eq!(rule(within.open(mixed).await), "cannot_open");
    // A column that it was not sealed for has a leaf, for it was asked for with a key that opens; the others have none.
    let after = within.ledger(0).await.unwrap();
    assert!(after.size - before.size <= 3, "{before:?} {after:?}");
}

#[tokio::test]
async fn whoever_was_destroyed_stays_so_whatever_a_backup_brings_back() {
    let shop = Shop::new().await;
    let (gone, left) = (shop.taken_in(1), shop.taken_in(2));
    let within = shop.within(Quotas::default());
    within.open(looking("agent", 1, &[&gone])).await.unwrap();
    for _ in 0..2 {
        within.shred(TENANT, vec![gone.id.clone()]).await.unwrap();
    }
    let size = within.ledger(0).await.unwrap().size;
    drop(within);
    let within = shop.within(Quotas::default());
    // The key is the one of the backup, which opens.
    let refused = within.open(looking("agent", 2, &[&left, &gone])).await;
    assert_eq!(rule(refused), "shredded");
    let item = SealItem {
        tenant: TENANT.to_owned(),
        person: gone.id.clone(),
        key: gone.key.clone(),
        place: Place::from(&Field::new("persons", &gone.id, "phone")),
        content: Plain::new(b"13800000009".to_vec()),
    };
    assert_eq!(rule(within.seal(item).await), "shredded");
    within.open(looking("agent", 3, &[&left])).await.unwrap();
    assert_eq!(
        within.ledger(0).await.unwrap().size,
        size + 1,
        "destroyed once, and one look"
    );
}

#[tokio::test]
async fn keys_are_wrapped_again_and_the_old_one_is_destroyed() {
    let shop = Shop::new().await;
    let mut person = shop.taken_in(1);
    let within = shop.within(Quotas::default());
    assert_eq!(rule(within.rotate(TENANT, 4).await), "version");
    assert_eq!(rule(within.retire(TENANT, 1).await), "version");
    let key = within.rotate(TENANT, 3).await.unwrap();
    assert_eq!(within.rotate(TENANT, 3).await.unwrap(), key, "made once");
    shop.web.keep_people_keys(&[key]).unwrap();
    let newer = shop.taken_in(2);
    let keys = vec![
        (person.id.clone(), person.key.clone()),
        (newer.id.clone(), newer.key.clone()),
    ];
    let again = within.wrap_again(TENANT, keys).await.unwrap();
    person.key = again[0].clone().unwrap();
    assert_eq!(person.key.kek_version(), 3);
    // What came in by the public half is wrapped under the key itself.
    assert!(again[1].as_ref().is_some_and(|key| !key.is_of_intake()));
    let old = shop.keeper().join("old.json");
    std::fs::copy(shop.keeper().join("people.json"), &old).unwrap();
    within.retire(TENANT, 3).await.unwrap();
    within.retire(TENANT, 3).await.unwrap();
    drop(within);

    let within = shop.within(Quotas::default());
    let opened = within.open(looking("agent", 1, &[&person])).await.unwrap();
    assert_eq!(text(&opened[0]), person.told);
    // A value that is sealed by it for somebody who is known is read as any other.
    let place = Place::from(&Field::new("persons", &person.id, "phone"));
    let item = SealItem {
        tenant: TENANT.to_owned(),
        person: person.id.clone(),
        key: person.key.clone(),
        place,
        content: Plain::new(b"13800000009".to_vec()),
    };
    person.phone = within.seal(item).await.unwrap();
    let opened = within.open(looking("agent", 2, &[&person])).await.unwrap();
    assert_eq!(text(&opened[0]), "13800000009");
}

#[tokio::test]
async fn a_tenant_is_added_once_and_a_folder_is_kept_by_one() {
    let shop = Shop::new().await;
    let within = shop.within(Quotas::default());
    let key = within.add_tenant("0198-new").await.unwrap();
    assert_eq!(key.kek_version(), 1);
    assert_eq!(within.add_tenant("0198-new").await.unwrap(), key);
    let second = Keeper::open(&shop.keeper(), &root(), Quotas::default(), NOW_MS);
    let said = second.unwrap_err().to_string();
    assert!(said.contains("in use by another process"), "{said}");
    // Making it again changes nothing of what is there.
    let other = Vault::in_memory().unwrap();
    Keeper::create(&shop.keeper(), &root(), KdfCost::FOR_TESTS, &other).unwrap();
    drop(within);
    assert_eq!(
        shop.opened(Quotas::default()).tenants(),
        ["0198-new", TENANT]
    );
}
