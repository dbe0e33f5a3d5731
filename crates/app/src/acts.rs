//! Audited acts of the log, as whoever asks the log reads them.

use aftercare_domain::Timestamp;
use aftercare_domain::audit::AuditEvent;
use aftercare_domain::ids::TenantId;
use aftercare_store::{Store, StoreError, StoredEvent};
use std::ops::RangeBounds;

/// The act that an event says.
pub(crate) fn act(event: &StoredEvent) -> Result<AuditEvent, StoreError> {
    serde_json::from_slice(&event.payload)
        .map_err(|error| StoreError::corrupt(format!("event {}", event.seq), error.to_string()))
}

/// Acts of these names in the stream of a tenant, as far as they are of that time, each with its place in the log: one name after
/// the other, the acts of each in order.
pub(crate) async fn acts_within(
    store: &dyn Store,
    tenant: TenantId,
    names: &[&str],
    time: impl RangeBounds<Timestamp>,
) -> Result<Vec<(u64, AuditEvent)>, StoreError> {
    let mut acts = Vec::new();
    for name in names {
        for event in store.acts(tenant, name).await? {
            if time.contains(&event.at) {
                acts.push((event.seq, act(&event)?));
            }
        }
    }
    Ok(acts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_event_that_is_no_act_is_named() {
        let event = StoredEvent {
            seq: 7,
            stream_kind: "audit".to_owned(),
            stream_id: Uuid::nil(),
            version: 1,
            at: Timestamp(0),
            name: "data_revealed.v1".to_owned(),
            payload: b"{}".to_vec(),
            salt: [0; 32],
            leaf: [0; 32],
        };
        let refused = act(&event).unwrap_err();
        assert!(
            matches!(&refused, StoreError::Corrupt { what, .. } if what == "event 7"),
            "{refused:?}"
        );
    }
}
