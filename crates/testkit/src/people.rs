//! The chapter of the story about a person: where to visit changes, and in the end nothing is left.

use crate::clock::START;
use crate::rows::Shop;
use crate::story::{refused, write, writes};
use aftercare_domain::ids::{CaseId, EvidenceId};
use aftercare_store::rows::PreferenceRow;
use aftercare_store::{Store, StoreError, Write};

pub(crate) async fn a_person_moves_and_is_shredded(store: &dyn Store, shop: &Shop) {
    let evidence = EvidenceId(uuid::Uuid::from_u128(900));
    let case = CaseId(uuid::Uuid::from_u128(901));
    write(
        store,
        vec![Write::Fingerprint(shop.fingerprint(evidence, case))],
    )
    .await;
    assert_eq!(
        store
            .fingerprints(shop.tenant.id, None, 10)
            .await
            .expect("a read")
            .len(),
        2
    );
    let first = store
        .fingerprints(shop.tenant.id, None, 1)
        .await
        .expect("a read");
    let second = store
        .fingerprints(shop.tenant.id, first.last().map(|row| row.evidence), 10)
        .await
        .expect("a read");
    assert_eq!((first.len(), second.len()), (1, 1), "page by page");
    assert_ne!(first, second);
    // Those whose time is over go, the oldest first and no others.
    let over = EvidenceId(uuid::Uuid::from_u128(902));
    let mut expired = shop.fingerprint(over, case);
    expired.expires_at = START;
    let remove = |now, most| vec![Write::RemoveExpiredFingerprints { now, most }];
    write(store, vec![Write::Fingerprint(expired)]).await;
    write(store, remove(START.plus_ms(-1), 10)).await;
    write(store, remove(START, 0)).await;
    assert!(store.fingerprint(over).await.expect("a read").is_some());
    write(store, remove(START, 1)).await;
    assert!(store.fingerprint(over).await.expect("a read").is_none());
    assert!(store.fingerprint(evidence).await.expect("a read").is_some());
    let moved = |place: &[u8]| Write::PersonPlace {
        person: shop.person.id,
        address: b"another address, sealed".to_vec(),
        masked_address: b"another mask, sealed".to_vec(),
        place: Some(place.to_vec()),
    };
    write(store, vec![moved(b"another place, sealed")]).await;
    let person = store.person(shop.person.id).await.expect("a read");
    let person = person.expect("the row stays");
    assert_eq!(person.place, Some(b"another place, sealed".to_vec()));
    assert_eq!(
        (&person.name, &person.phone, &person.wrapped_key),
        (
            &shop.person.name,
            &shop.person.phone,
            &shop.person.wrapped_key
        )
    );
    let corrected = |phone: &[u8]| Write::PersonPhone {
        person: shop.person.id,
        phone: phone.to_vec(),
        masked_phone: b"the right number, masked and sealed".to_vec(),
        phone_index: [0x51; 16],
        last4_index: [0x52; 16],
    };
    write(store, vec![corrected(b"the right number, sealed")]).await;
    let person = store.person(shop.person.id).await.expect("a read");
    let person = person.expect("the row stays");
    assert_eq!(person.phone, Some(b"the right number, sealed".to_vec()));
    assert_eq!(
        (person.phone_index, person.last4_index),
        (Some([0x51; 16]), Some([0x52; 16]))
    );
    assert_eq!(person.place, Some(b"another place, sealed".to_vec()));
    let found = store.persons_by_phone(shop.tenant.id, &[0x51; 16]).await;
    assert_eq!(found.expect("a read").len(), 1, "found by the right number");
    // What somebody chose is written over by what they choose next.
    let (theirs, other) = (
        shop.preference(shop.person.id.0),
        shop.preference(shop.user.id.0),
    );
    let changed = PreferenceRow {
        lang: None,
        ..theirs.clone()
    };
    let chosen = [&theirs, &other, &changed].map(|row| Write::Preference(row.clone()));
    write(store, chosen.to_vec()).await;
    let customer = shop.customer(shop.person.id);
    write(store, vec![Write::Customer(customer.clone())]).await;
    let tenant = shop.tenant.id;
    let found = store.customers_like(tenant, &[9; 16], "C-1").await;
    assert_eq!(found.expect("a read"), std::slice::from_ref(&customer));
    let none = store.customers_like(tenant, &[9; 16], "").await;
    assert_eq!(none.expect("a read"), []);
    let all = store.customers(tenant, 0, 9).await.expect("a read");
    assert_eq!(all, [customer]);
    let chosen = |who| store.preference(shop.tenant.id, who);
    let found = chosen(shop.person.id.0).await.expect("a read");
    assert_eq!(found, Some(changed));
    write(
        store,
        vec![Write::ShredPerson {
            person: shop.person.id,
            at: START,
        }],
    )
    .await;
    let brought = Write::Customer(shop.customer(shop.person.id));
    for late in [moved(b"too late"), corrected(b"too late"), brought] {
        let error = refused(store, writes(vec![late])).await;
        assert!(matches!(error, StoreError::NotFound(_)), "{error}");
    }
    // A photo that was being read meanwhile is not found by its looks any more.
    write(
        store,
        vec![Write::Fingerprint(shop.fingerprint(evidence, case))],
    )
    .await;
    let person = store
        .person(shop.person.id)
        .await
        .expect("a read")
        .expect("the row stays");
    assert_eq!(person.shredded_at, Some(START));
    assert_eq!(chosen(shop.person.id.0).await.expect("a read"), None);
    let forgotten = store.customer(shop.person.id).await.expect("a read");
    let forgotten = forgotten.expect("the number of the shop stays");
    assert_eq!((forgotten.content, forgotten.lang), (None, None));
    let all = store.customers(tenant, 0, 9).await.expect("a read");
    assert_eq!(all, []);
    let kept = chosen(shop.user.id.0).await.expect("a read");
    assert_eq!(kept, Some(other), "what another one chose");
    let left = [
        &person.wrapped_key,
        &person.name,
        &person.phone,
        &person.address,
        &person.place,
        &person.masked_name,
        &person.masked_phone,
        &person.masked_address,
    ];
    assert!(
        left.iter().all(|value| value.is_none()),
        "nothing of the person is left"
    );
    assert_eq!((person.phone_index, person.last4_index), (None, None));
    assert_eq!(
        store
            .fingerprints(shop.tenant.id, None, 10)
            .await
            .expect("a read"),
        vec![]
    );
}
