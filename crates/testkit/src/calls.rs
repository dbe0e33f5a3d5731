//! Calls come back as they were written, what is owed first first.

use crate::clock::START;
use crate::rows::Shop;
use aftercare_domain::ids::{CallId, PersonId, WorkOrderId};
use aftercare_domain::time::MINUTE_MS;
use aftercare_store::rows::CallRow;
use aftercare_store::{Store, Unit, Write};
use uuid::Uuid;

/// Of three calls two wait for a call back, and one was answered.
pub async fn calls_wait_in_order(store: &dyn Store, shop: &Shop) {
    let caller = PersonId(Uuid::from_u128(9_100));
    let call = |id: u128| shop.call(CallId(Uuid::from_u128(id)), caller);
    let missed = call(9_001);
    let later = CallRow {
        due_at: Some(START.plus_ms(MINUTE_MS)),
        ..call(9_000)
    };
    let answered = CallRow {
        answered_at: Some(START),
        missed_at: None,
        due_at: None,
        ..call(9_002)
    };
    let done = CallRow {
        done_at: Some(START),
        ..call(9_003)
    };
    let follow_up = CallRow {
        follows: Some(WorkOrderId(Uuid::from_u128(9_200))),
        outcome: Some("reached".to_owned()),
        ..call(9_004)
    };
    let unit = Unit {
        writes: [&later, &missed, &answered, &done, &follow_up]
            .map(|row| Write::Call(row.clone()))
            .to_vec(),
        ..Unit::default()
    };
    store.commit(unit).await.expect("calls");
    let tenant = shop.tenant.id;
    let found = store.call(tenant, missed.id).await.expect("a read");
    assert_eq!(found.as_ref(), Some(&missed));
    let waiting = store.calls_waiting(tenant, false, 10).await;
    assert_eq!(waiting.expect("a read"), [missed, later]);
    let to_ask = store.calls_waiting(tenant, true, 10).await;
    assert_eq!(to_ask.expect("a read"), [follow_up]);
    let before = START.plus_ms(-1);
    let found = store.calls_answered(tenant, before, 10).await;
    assert_eq!(found.expect("a read"), [answered]);
    let none = store.calls_answered(tenant, START, 10).await;
    assert_eq!(none.expect("a read"), []);
}
