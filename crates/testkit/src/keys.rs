//! The chapter of the story about keys that are wrapped again: old ones are refused, new ones take their place row by row.

use crate::cases::open_many;
use crate::clock::START;
use crate::rows::shop;
use crate::story::{commit, refused, write, writes};
use aftercare_domain::ids::PersonId;
use aftercare_store::rows::{CaseKeyRow, KeyRotationRow, PersonRow};
use aftercare_store::{KeptKey, KeyOwner, KeyUsage, Store, StoreError, Unit, Write};

/// Bytes of a wrapped key.
const WRAPPED_BYTES: usize = 69;

/// A key as it would be wrapped under a version.
fn wrapped(version: u32, content: u8) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 1, 1];
    bytes.extend(version.to_be_bytes());
    bytes.resize(WRAPPED_BYTES, content);
    bytes
}

async fn all_keys(store: &dyn Store, limit: u32) -> Vec<KeptKey> {
    let mut page = store.kept_keys(None, limit).await.expect("a page");
    let mut keys = page.keys;
    while let Some(next) = page.next {
        page = store.kept_keys(Some(next), limit).await.expect("a page");
        keys.append(&mut page.keys);
    }
    keys
}

pub(crate) async fn keys_are_wrapped_again(store: &dyn Store) {
    let mut shop = shop(31);
    shop.person.wrapped_key = Some(wrapped(1, 7));
    let tenant = shop.tenant.id;
    commit(store, shop.unit()).await;
    let (_, opening) = open_many(3_100, 1, tenant).remove(0);
    let case = opening.case.as_ref().expect("a case").case_id;
    let case_key = |version| {
        Write::CaseKey(CaseKeyRow {
            case,
            party: "tenant".to_owned(),
            wrapped_key: wrapped(version, 8),
        })
    };
    let unit = |version| Unit {
        writes: vec![case_key(version)],
        ..opening.clone()
    };
    let usage = async || {
        let all = store.key_usage().await.expect("a count");
        all.into_iter()
            .filter(|used| used.tenant == Some(tenant))
            .collect::<Vec<_>>()
    };
    let used = |version, persons, cases| KeyUsage {
        tenant: Some(tenant),
        version,
        persons,
        cases,
        each_case: cases,
    };
    assert_eq!(usage().await, [used(1, 1, 0)]);

    // From the beginning of a rotation on nothing comes in under an older version, of a new person or an old one.
    let begin = |version| Write::BeginKeyRotation {
        tenant,
        version,
        at: START,
    };
    write(store, vec![begin(2)]).await;
    let error = refused(store, writes(vec![begin(2)])).await;
    assert_eq!(error, StoreError::Used, "it is said once");
    let second = |version| PersonRow {
        id: PersonId(uuid::Uuid::from_u128(31_000)),
        wrapped_key: Some(wrapped(version, 9)),
        ..shop.person.clone()
    };
    for stale in [
        writes(vec![Write::Person(second(1))]),
        writes(vec![Write::Person(shop.person.clone())]),
        unit(1),
    ] {
        assert_eq!(refused(store, stale).await, StoreError::StaleKey);
    }
    write(store, vec![Write::Person(second(2))]).await;
    commit(store, unit(3)).await;
    let error = refused(store, writes(vec![case_key(1)])).await;
    assert_eq!(error, StoreError::StaleKey, "of a case that is there");
    assert_eq!(usage().await, [used(1, 1, 0), used(2, 1, 0), used(3, 0, 1)]);

    // Whatever the size of a page, all are found once.
    let keys = all_keys(store, 1_000).await;
    for limit in [1, 2, 3] {
        assert_eq!(all_keys(store, limit).await, keys, "{limit} at once");
    }
    let ours: Vec<KeptKey> = keys
        .into_iter()
        .filter(|key| key.tenant == tenant)
        .collect();
    assert_eq!(ours.len(), 3);
    let again = |version| {
        let rewrapped = |key: &KeptKey| {
            let content = u8::from(matches!(key.owner, KeyOwner::Case { .. }));
            (key.clone(), wrapped(version, content))
        };
        ours.iter().map(rewrapped).collect::<Vec<_>>()
    };
    // A row that changed since it was read is left as it is.
    let moved = Write::PersonPlace {
        person: shop.person.id,
        address: b"moved, sealed".to_vec(),
        masked_address: b"moved, masked".to_vec(),
        place: None,
    };
    write(store, vec![moved]).await;
    assert_eq!(store.keep_rewrapped(again(4)).await, Ok(2));
    assert_eq!(store.keep_rewrapped(again(5)).await, Ok(0), "a second time");
    assert_eq!(store.keep_rewrapped(Vec::new()).await, Ok(0));
    assert_eq!(usage().await, [used(1, 1, 0), used(4, 1, 1)]);
    let person = store.person(second(2).id).await.expect("a read");
    assert_eq!(
        person,
        Some(PersonRow {
            wrapped_key: Some(wrapped(4, 0)),
            ..second(2)
        }),
        "nothing else of the row changed"
    );

    let end = |version| Write::EndKeyRotation {
        tenant,
        version,
        at: START.plus_ms(5),
        persons: 2,
        cases: 1,
    };
    write(store, vec![begin(4)]).await;
    write(store, vec![end(4)]).await;
    let error = refused(store, writes(vec![end(4)])).await;
    assert_eq!(error, StoreError::Used);
    let rotations = store.key_rotations().await.expect("a read");
    let row = |version| KeyRotationRow {
        tenant,
        version,
        begun_at: START,
        ended_at: Some(START.plus_ms(5)),
        persons: Some(2),
        cases: Some(1),
    };
    assert_eq!(rotations, [row(2), row(4)], "it ends both");
}
