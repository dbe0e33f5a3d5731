//! The chapter of the story about applications to be a technician: they wait for a person, are found by their link, and end.

use crate::clock::START;
use crate::rows::shop;
use crate::story::{commit, refused, write, writes};
use aftercare_domain::ids::ApplicationId;
use aftercare_store::rows::{ApplicationRow, BlobRow};
use aftercare_store::{Store, StoreError, Write};
use uuid::Uuid;

pub(crate) async fn applications_wait_and_end(store: &dyn Store) {
    let shop = shop(71);
    let (tenant, person) = (shop.tenant.id, shop.person.id);
    commit(store, shop.unit()).await;
    let late = START.plus_ms(1_000_000_000_000);
    let photo = store.put_blob(vec![71; 200]).await.expect("a blob");
    let first = shop.application(ApplicationId(Uuid::from_u128(71_001)), person, &photo);
    let second = ApplicationRow {
        filed_at: START.plus_ms(1),
        photos: Vec::new(),
        ..shop.application(ApplicationId(Uuid::from_u128(71_002)), person, &photo)
    };
    let blob = BlobRow {
        name: photo.clone(),
        bytes: 200,
        created_at: START,
    };
    let rows = vec![
        Write::Blob(blob),
        Write::Application(second.clone()),
        Write::Application(first.clone()),
    ];
    write(store, rows).await;
    let found = store.application(first.id).await.expect("a read");
    assert_eq!(found.as_ref(), Some(&first));
    let found = store.application_by_token(&second.token_hash).await;
    assert_eq!(found.expect("a read"), Some(second.clone()));
    let nobody = store.application_by_token(&[255; 32]).await;
    assert_eq!(nobody.expect("a read"), None);
    let listed = store.applications(tenant, 10).await.expect("a read");
    assert_eq!(listed, [first.clone(), second.clone()], "the first first");
    assert_eq!(store.applications_waiting(tenant).await, Ok(2));
    // Whoever applied does not end as a buyer without a case does.
    assert_eq!(store.overdue_persons(tenant, late, 10).await, Ok(vec![]));

    let expire = |before| Write::ExpireApplication {
        application: first.id,
        at: late,
        decided_before: before,
    };
    let overdue = async |before| {
        let found = store.overdue_applications(tenant, before, 10).await;
        found.expect("a read")
    };
    assert_eq!(overdue(late).await, []);
    let error = refused(store, writes(vec![expire(late)])).await;
    assert_eq!(error, StoreError::Used, "it waits");
    let decided = ApplicationRow {
        state: "refused".to_owned(),
        decided_at: Some(START.plus_ms(5)),
        reason: Some(vec![11; 40]),
        ..first.clone()
    };
    let replied = ApplicationRow {
        reply: Some(vec![12; 40]),
        replied_at: Some(START.plus_ms(6)),
        ..decided.clone()
    };
    write(store, vec![Write::Application(replied.clone())]).await;
    assert_eq!(overdue(late).await, [], "the answer waits to be read");
    assert_eq!(store.applications_waiting(tenant).await, Ok(2));
    let read = ApplicationRow {
        reply_read_at: Some(START.plus_ms(7)),
        ..replied
    };
    write(store, vec![Write::Application(read.clone())]).await;
    assert_eq!(store.applications_waiting(tenant).await, Ok(1));
    assert_eq!(overdue(START.plus_ms(4)).await, []);
    assert_eq!(overdue(late).await, std::slice::from_ref(&read));
    let error = refused(store, writes(vec![expire(START.plus_ms(4))])).await;
    assert_eq!(error, StoreError::Used, "too early");
    write(store, vec![expire(late)]).await;
    let left = store.application(first.id).await.expect("a read");
    let expected = ApplicationRow {
        numbers: None,
        photo_key: None,
        photos: Vec::new(),
        reason: None,
        reply: None,
        expired_at: Some(late),
        ..read
    };
    assert_eq!(left, Some(expected));
    let error = refused(store, writes(vec![expire(late)])).await;
    assert_eq!(error, StoreError::Used, "once");
    store.remove_blob(&photo).await.expect("it is removed");
    store.verify_blobs().await.expect("what is named is there");
}
