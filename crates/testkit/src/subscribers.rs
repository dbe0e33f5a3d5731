//! The chapter of the story about messages to subscribers: handed out once, leased, tried again, removed when old.

use crate::clock::START;
use crate::rows::Shop;
use crate::story::{commit, writes};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{TenantId, WebhookId};
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_store::rows::WebhookRow;
use aftercare_store::{DeliveryState, Store, Then, Write};

/// A subscriber of a tenant.
fn subscriber(number: u128, tenant: TenantId, topics: &[&str]) -> WebhookRow {
    WebhookRow {
        id: WebhookId(uuid::Uuid::from_u128(number)),
        tenant,
        target_sealed: vec![1; 40],
        topics: topics.iter().map(|&topic| topic.to_owned()).collect(),
        secret_sealed: vec![2; 40],
        old_secret_sealed: None,
        old_secret_until: None,
        created_at: START,
        disabled_at: None,
        disabled_why: None,
        failing_since: None,
    }
}

pub(crate) async fn messages_reach_subscribers(store: &dyn Store, shop: &Shop) {
    let now = START.plus_ms(DAY_MS);
    let stranger = TenantId(uuid::Uuid::from_u128(99));
    let hook = subscriber(1, shop.tenant.id, &["case.opened"]);
    let (deaf, foreign) = (
        subscriber(2, shop.tenant.id, &["case.closed"]),
        subscriber(3, stranger, &[]),
    );
    let made = [&hook, &deaf, &foreign].map(|row| Write::Webhook(row.clone()));
    commit(store, writes(made.to_vec())).await;
    assert_eq!(
        store.webhooks(shop.tenant.id).await.expect("a read"),
        vec![hook.clone(), deaf.clone()]
    );
    assert_eq!(
        store.webhook(foreign.id).await.expect("a read"),
        Some(foreign.clone())
    );

    // Each message is handed out once, to those who want it.
    assert_eq!(store.spread_messages(now, 100).await.expect("spread"), 1);
    assert_eq!(store.spread_messages(now, 100).await.expect("spread"), 0);
    let on_the_way = |id| store.deliveries(id, None, 10);
    assert_eq!(on_the_way(hook.id).await.expect("a read").len(), 1);
    assert_eq!(on_the_way(deaf.id).await.expect("a read"), vec![]);
    assert_eq!(on_the_way(foreign.id).await.expect("a read"), vec![]);

    // Taken on a lease by one of two who ask at once, and again when the lease is over.
    let (one, two) = (
        store.claim_deliveries(now, 10, 4),
        store.claim_deliveries(now, 10, 4),
    );
    let (one, two) = futures_util::future::join(one, two).await;
    let mut claimed = [one.expect("a claim"), two.expect("a claim")].concat();
    assert_eq!(claimed.len(), 1);
    let first = claimed.remove(0);
    assert_eq!(
        (first.webhook, first.topic.as_str(), first.attempt),
        (hook.id, "case.opened", 1)
    );
    assert!(first.payload.get("case").is_some());
    let after = now.plus_ms(aftercare_store::limits::DELIVERY_LEASE_MS);
    let again = store.claim_deliveries(after, 10, 4).await.expect("a claim");
    assert_eq!(again.first().map(|delivery| delivery.attempt), Some(2));

    // It waits until it is tried again; what got through stays so.
    let attempted = |at: Timestamp, then| {
        writes(vec![Write::Attempted {
            delivery: first.id,
            at,
            answer: "503".to_owned(),
            then,
        }])
    };
    let later = after.plus_ms(HOUR_MS);
    commit(store, attempted(after, Then::Again(later))).await;
    let early = store.claim_deliveries(later.plus_ms(-1), 10, 4).await;
    assert_eq!(early.expect("a claim"), vec![]);
    let due = store.claim_deliveries(later, 10, 4).await.expect("a claim");
    assert_eq!(due.len(), 1);
    commit(store, attempted(later, Then::Delivered)).await;
    commit(store, attempted(later, Then::GivenUp)).await;
    let rows = on_the_way(hook.id).await.expect("a read");
    assert_eq!(
        (rows[0].state, rows[0].done_at, rows[0].attempts),
        (DeliveryState::Delivered, Some(later), 3)
    );
    assert_eq!(
        store.delivery(first.id).await.expect("a read"),
        Some((hook.id, rows[0].message))
    );

    // It is sent again when somebody says so.
    let past = store.past_messages(&hook, START, 10).await.expect("a read");
    assert_eq!(past[0].state, Some(DeliveryState::Delivered));
    let deliver = |again| {
        writes(vec![Write::Deliver {
            webhook: hook.id,
            message: rows[0].message,
            at: later,
            again,
        }])
    };
    commit(store, deliver(false)).await;
    assert_eq!(
        on_the_way(hook.id).await.expect("a read")[0].state,
        DeliveryState::Delivered
    );
    commit(store, deliver(true)).await;
    let waiting = on_the_way(hook.id).await.expect("a read");
    assert_eq!(
        (waiting[0].state, waiting[0].attempts),
        (DeliveryState::Waiting, 0)
    );

    // Failures are counted from the first one, and nothing is sent to a subscriber that is switched off.
    let fails = |at| Write::WebhookFails {
        webhook: hook.id,
        at,
    };
    commit(store, writes(vec![fails(now), fails(later)])).await;
    commit(store, writes(vec![Write::Webhook(hook.clone())])).await;
    let kept = store.webhook(hook.id).await.expect("a read");
    assert_eq!(kept.and_then(|row| row.failing_since), Some(now));
    let disable = Write::DisableWebhook {
        webhook: hook.id,
        at: later,
        why: "failing".to_owned(),
    };
    commit(store, writes(vec![disable])).await;
    assert_eq!(
        on_the_way(hook.id).await.expect("a read")[0].state,
        DeliveryState::GivenUp
    );
    let none = store.claim_deliveries(later, 10, 4).await;
    assert_eq!(none.expect("a claim"), vec![]);
    commit(store, writes(vec![Write::EnableWebhook(hook.id)])).await;
    let enabled = store.webhook(hook.id).await.expect("a read");
    assert_eq!(enabled, Some(hook.clone()));

    // What is old is removed, but not while it waits.
    let remove = || {
        writes(vec![Write::RemoveOld {
            messages_before: later.plus_ms(DAY_MS * 400),
            answers_before: START,
            most: 100,
        }])
    };
    commit(store, deliver(false)).await;
    commit(store, remove()).await;
    assert_eq!(on_the_way(hook.id).await.expect("a read").len(), 1);
    commit(store, attempted(later, Then::Delivered)).await;
    commit(store, remove()).await;
    assert_eq!(on_the_way(hook.id).await.expect("a read"), vec![]);
    let past = store.past_messages(&hook, START, 10).await;
    assert_eq!(past.expect("a read"), vec![]);
    let scope = format!("{}/refunds", shop.tenant.id);
    let answer = || store.idempotent(&scope, "k-1");
    assert!(answer().await.expect("a read").is_some(), "it is not old");
    let remove = Write::RemoveOld {
        messages_before: START,
        answers_before: START.plus_ms(1),
        most: 100,
    };
    commit(store, writes(vec![remove])).await;
    assert!(answer().await.expect("a read").is_none());
}
