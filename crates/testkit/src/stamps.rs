//! The chapter of the story about timestamps that are kept: which there are, and what the log says of them.

use crate::clock::START;
use crate::story::commit;
use aftercare_domain::Actor;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::TenantId;
use aftercare_ledger::leaf_hash;
use aftercare_store::{Stamped, Store, Unit};
use uuid::Uuid;

pub(crate) async fn the_log_says_which_timestamps_are_kept(store: &dyn Store, stamped: &Stamped) {
    let size = stamped.checkpoint.size;
    let after = size - 1;
    for (beyond, expected) in [(0, Some(stamped)), (after, Some(stamped)), (size, None)] {
        let expected = expected.cloned().into_iter().collect::<Vec<_>>();
        let some = store.stamped_after(beyond, 10).await;
        assert_eq!(some.as_ref(), Ok(&expected), "after {beyond}");
        assert_eq!(store.first_stamped_after(beyond).await, Ok(expected));
    }
    assert_eq!(store.stamped_after(0, 0).await, Ok(vec![]));
    let (tenant, name) = (TenantId(Uuid::nil()), "timestamps_renewed.v1");
    assert_eq!(store.acts(tenant, name).await, Ok(vec![]));
    let act = AuditEvent {
        at: START,
        by: Actor::System,
        tenant,
        body: AuditBody::TimestampsRenewed {
            after: 0,
            through: size,
            tokens: 1,
            root: leaf_hash(&stamped.answer).to_string(),
        },
    };
    let other = AuditEvent {
        body: AuditBody::BackupTaken { size: 1 },
        ..act.clone()
    };
    commit(
        store,
        Unit {
            audit: vec![other, act.clone()],
            ..Unit::default()
        },
    )
    .await;
    let acts = store.acts(tenant, name).await.expect("a read");
    let told: Vec<AuditEvent> = acts
        .iter()
        .map(|stored| serde_json::from_slice(&stored.payload).expect("an act"))
        .collect();
    assert_eq!(told, [act]);
    let another = TenantId(Uuid::from_u128(7));
    assert_eq!(store.acts(another, name).await, Ok(vec![]));
}
