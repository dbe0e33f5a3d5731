//! Reading the log, and proofs of it.

use super::apply::idempotent;
use super::writer::{Request, Signed};
use super::{Backend, Link, Sees, SqlStore, head_of, load_frontier, tree_error};
use crate::error::StoreError;
use crate::traits::{Blobs as _, EventLog};
use crate::types::{
    Checkpoint, Elsewhere, Head, Held, Outcome, RowsReport, Stamped, StoredCaseEvent, StoredEvent,
    StoredResponse, Unit, VerifyReport,
};
use crate::value::{Column as _, Value};
use aftercare_domain::Timestamp;
use aftercare_domain::audit::AuditEvent;
use aftercare_domain::ids::{CaseId, PersonId, TenantId};
use aftercare_ledger::{Hash, VerifierKey};
use aftercare_vault::RowKey;
use async_trait::async_trait;
use std::collections::BTreeMap;
use tokio::sync::mpsc;
use uuid::Uuid;

/// The columns of an event, in the order [`stored_event`] reads them.
pub(super) const EVENT_COLUMNS: &str =
    "seq, stream_kind, stream_id, version, at, name, payload, salt, leaf";

pub(super) fn stored_event(row: Vec<Value>) -> Result<StoredEvent, StoreError> {
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap_or(Value::Null);
    Ok(StoredEvent {
        seq: u64::from_value(next())?,
        stream_kind: String::from_value(next())?,
        stream_id: uuid::Uuid::from_value(next())?,
        version: u64::from_value(next())?,
        at: aftercare_domain::Timestamp::from_value(next())?,
        name: String::from_value(next())?,
        payload: Vec::from_value(next())?,
        salt: <[u8; 32]>::from_value(next())?,
        leaf: <[u8; 32]>::from_value(next())?,
    })
}

/// Nodes of the tree, for a proof or a root.
pub(super) async fn nodes<L: Link>(
    link: &mut L,
    wanted: &[(u8, u64)],
) -> Result<BTreeMap<(u8, u64), Hash>, StoreError> {
    let mut nodes = BTreeMap::new();
    for (level, index) in wanted {
        let found = link
            .read(
                "SELECT hash FROM ledger_nodes WHERE level = $1 AND idx = $2",
                vec![Value::Int(i64::from(*level)), index.to_value()],
            )
            .await?;
        if let Some(value) = found.into_iter().flatten().next() {
            nodes.insert((*level, *index), Hash(<[u8; 32]>::from_value(value)?));
        }
    }
    Ok(nodes)
}

#[async_trait]
impl<B: Backend> EventLog for SqlStore<B> {
    async fn commit(&self, unit: Unit) -> Result<Outcome, StoreError> {
        self.ask(|reply| Request::Commit(Box::new(unit), reply))
            .await
    }

    async fn load_case(&self, case: CaseId) -> Result<Vec<StoredCaseEvent>, StoreError> {
        self.read(
            Sees::Nobody,
            format!("SELECT {EVENT_COLUMNS} FROM events WHERE stream_kind = 'case' AND stream_id = $1 ORDER BY version"),
            vec![case.to_value()],
        )
        .await?
        .into_iter()
        .zip(1_u64..)
        .map(|(row, version)| {
            let stored = stored_event(row)?;
            // A decision on a history with a hole would be worse than none.
            if stored.version != version {
                return Err(StoreError::corrupt(
                    format!("the history of case {case}"),
                    format!("event {version} is missing: run `aftercare log verify`"),
                ));
            }
            let event = serde_json::from_slice(&stored.payload).map_err(|error| {
                StoreError::corrupt(format!("event {}", stored.seq), error.to_string())
            })?;
            Ok(StoredCaseEvent {
                seq: stored.seq,
                version: stored.version,
                leaf: stored.leaf,
                event,
            })
        })
        .collect()
    }

    async fn range(&self, from_seq: u64, limit: u64) -> Result<Vec<StoredEvent>, StoreError> {
        self.read(
            Sees::Nobody,
            format!("SELECT {EVENT_COLUMNS} FROM events WHERE seq >= $1 ORDER BY seq LIMIT $2"),
            vec![from_seq.to_value(), limit.to_value()],
        )
        .await?
        .into_iter()
        .map(stored_event)
        .collect()
    }

    async fn reveals_since(
        &self,
        tenant: TenantId,
        since: Timestamp,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let sql = "SELECT payload FROM events WHERE name = 'data_revealed.v1' AND stream_id = $1 AND at > $2 ORDER BY at, seq";
        self.read(Sees::Nobody, sql, vec![tenant.to_value(), since.to_value()])
            .await?
            .into_iter()
            .flatten()
            .map(|payload| {
                serde_json::from_slice(&Vec::<u8>::from_value(payload)?)
                    .map_err(|error| StoreError::corrupt("a reveal in the log", error.to_string()))
            })
            .collect()
    }

    async fn settings_changed(
        &self,
        tenant: TenantId,
        limit: u32,
    ) -> Result<Vec<(u64, AuditEvent)>, StoreError> {
        let sql = "SELECT seq, payload FROM events WHERE name = 'setting_changed.v1' AND stream_id = $1 ORDER BY at DESC, seq DESC LIMIT $2";
        self.read(Sees::Nobody, sql, vec![tenant.to_value(), limit.to_value()])
            .await?
            .into_iter()
            .map(|row| {
                let mut row = row.into_iter();
                let mut next = || row.next().unwrap_or(Value::Null);
                let seq = u64::from_value(next())?;
                let event = serde_json::from_slice(&Vec::<u8>::from_value(next())?);
                let wrong = |error: serde_json::Error| {
                    StoreError::corrupt("a setting in the log", error.to_string())
                };
                Ok((seq, event.map_err(wrong)?))
            })
            .collect()
    }

    async fn head(&self) -> Result<Head, StoreError> {
        // Where only this process writes, its writer knows without asking the database.
        if self.writer.is_some() && !B::SHARED {
            return self.ask(Request::Head).await;
        }
        let frontier = load_frontier(&mut *self.backend.reader(Sees::Nobody).await?).await?;
        Ok(head_of(&frontier))
    }

    async fn inclusion_proof(&self, seq: u64, size: u64) -> Result<Vec<[u8; 32]>, StoreError> {
        if seq == 0 || seq > size {
            return Err(StoreError::NotFound("event in a log of that size"));
        }
        let wanted = aftercare_ledger::inclusion_nodes(seq - 1, size).map_err(tree_error)?;
        let nodes = nodes(&mut *self.backend.reader(Sees::Nobody).await?, &wanted).await?;
        let proof = aftercare_ledger::inclusion_proof(&nodes, seq - 1, size).map_err(tree_error)?;
        Ok(proof.into_iter().map(|hash| hash.0).collect())
    }

    async fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<[u8; 32]>, StoreError> {
        let wanted = aftercare_ledger::consistency_nodes(old, new).map_err(tree_error)?;
        let nodes = nodes(&mut *self.backend.reader(Sees::Nobody).await?, &wanted).await?;
        let proof = aftercare_ledger::consistency_proof(&nodes, old, new).map_err(tree_error)?;
        Ok(proof.into_iter().map(|hash| hash.0).collect())
    }

    async fn tree_nodes(
        &self,
        level: u8,
        first: u64,
        limit: u64,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        let rows = self
            .read(
                Sees::Nobody,
                "SELECT idx, hash FROM ledger_nodes WHERE level = $1 AND idx >= $2 ORDER BY idx LIMIT $3",
                vec![
                    Value::Int(i64::from(level)),
                    first.to_value(),
                    limit.to_value(),
                ],
            )
            .await?;
        rows.into_iter()
            .zip(first..)
            .map(|(row, expected)| {
                let mut row = row.into_iter();
                let mut next = || row.next().unwrap_or(Value::Null);
                if u64::from_value(next())? != expected {
                    return Err(StoreError::corrupt(
                        "the tree of the log",
                        format!("node {expected} of level {level} is missing"),
                    ));
                }
                <[u8; 32]>::from_value(next())
            })
            .collect()
    }

    async fn latest_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        let rows = self
            .read(
                Sees::Nobody,
                "SELECT size, root, note FROM checkpoints ORDER BY size DESC LIMIT 1",
                Vec::new(),
            )
            .await?;
        rows.into_iter().next().map(checkpoint).transpose()
    }

    async fn latest_cosigned(&self) -> Result<Option<Checkpoint>, StoreError> {
        let rows = self
            .read(
                Sees::Nobody,
                "SELECT size, root, note FROM cosigned_checkpoints ORDER BY size DESC LIMIT 1",
                Vec::new(),
            )
            .await?;
        rows.into_iter().next().map(checkpoint).transpose()
    }

    async fn put_checkpoint(
        &self,
        size: u64,
        root: [u8; 32],
        note: &str,
    ) -> Result<(), StoreError> {
        let kept = Checkpoint {
            size,
            root,
            note: note.to_owned(),
        };
        self.ask(|reply| Request::Checkpoint(kept, Signed::ByTheLog, reply))
            .await
    }

    async fn put_cosigned(&self, size: u64, root: [u8; 32], note: &str) -> Result<(), StoreError> {
        let kept = Checkpoint {
            size,
            root,
            note: note.to_owned(),
        };
        self.ask(|reply| Request::Checkpoint(kept, Signed::ByWitnesses, reply))
            .await
    }

    async fn stamped_over(&self, seq: u64) -> Result<Option<Stamped>, StoreError> {
        let rows = self
            .read(
                Sees::Nobody,
                format!("SELECT {STAMPED_COLUMNS} FROM timestamps WHERE size >= $1 ORDER BY size LIMIT 1"),
                vec![seq.to_value()],
            )
            .await?;
        rows.into_iter().next().map(stamped).transpose()
    }

    async fn latest_stamped(&self) -> Result<Option<Stamped>, StoreError> {
        let rows = self
            .read(
                Sees::Nobody,
                format!("SELECT {STAMPED_COLUMNS} FROM timestamps ORDER BY size DESC LIMIT 1"),
                Vec::new(),
            )
            .await?;
        rows.into_iter().next().map(stamped).transpose()
    }

    async fn stamped_after(&self, size: u64, limit: u32) -> Result<Vec<Stamped>, StoreError> {
        let sql = format!(
            "SELECT {STAMPED_COLUMNS} FROM timestamps WHERE size > $1 ORDER BY size LIMIT $2"
        );
        let rows = self
            .read(Sees::Nobody, sql, vec![size.to_value(), limit.to_value()])
            .await?;
        rows.into_iter().map(stamped).collect()
    }

    async fn first_stamped_after(&self, size: u64) -> Result<Vec<Stamped>, StoreError> {
        let sql = format!(
            "SELECT {STAMPED_COLUMNS} FROM timestamps WHERE size IN (SELECT min(size) FROM timestamps WHERE size > $1 GROUP BY authority) ORDER BY size"
        );
        let rows = self.read(Sees::Nobody, sql, vec![size.to_value()]).await?;
        rows.into_iter().map(stamped).collect()
    }

    async fn acts(&self, tenant: TenantId, name: &str) -> Result<Vec<StoredEvent>, StoreError> {
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM events WHERE stream_kind = 'audit' AND stream_id = $1 AND name = $2 ORDER BY version"
        );
        let values = vec![tenant.to_value(), name.to_owned().to_value()];
        let rows = self.read(Sees::Nobody, sql, values).await?;
        rows.into_iter().map(stored_event).collect()
    }

    async fn openings(
        &self,
        tenant: TenantId,
        person: PersonId,
        case: CaseId,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let sql = format!(
            "SELECT {EVENT_COLUMNS} FROM events WHERE seq IN (SELECT o.seq FROM opening_view o WHERE o.subject IN ($1, $2) AND o.tenant = $3) ORDER BY seq"
        );
        let values = vec![person.to_value(), case.to_value(), tenant.to_value()];
        let rows = self.read(Sees::Tenant(tenant), sql, values).await?;
        rows.into_iter().map(stored_event).collect()
    }

    async fn put_stamped(&self, stamped: &Stamped) -> Result<(), StoreError> {
        let kept = Box::new(stamped.clone());
        self.ask(|reply| Request::Stamped(kept, reply)).await
    }

    async fn idempotent(
        &self,
        scope: &str,
        key: &str,
    ) -> Result<Option<StoredResponse>, StoreError> {
        idempotent(&mut *self.backend.reader(Sees::Nobody).await?, scope, key).await
    }

    async fn elsewhere(&self) -> Result<Option<mpsc::Receiver<Elsewhere>>, StoreError> {
        self.backend.elsewhere().await
    }

    async fn hold(&self, id: Uuid) -> Result<Option<Held>, StoreError> {
        self.backend.hold(id).await
    }

    async fn verify_log(&self, keys: &[VerifierKey]) -> Result<VerifyReport, StoreError> {
        super::verify::verify_log(&self.backend, &self.directory, keys).await
    }

    async fn verify_rows(&self, key: &RowKey) -> Result<RowsReport, StoreError> {
        super::verify::verify_all_rows(&self.backend, &self.directory, key).await
    }

    async fn verify_blobs(&self) -> Result<u64, StoreError> {
        let names = super::blob_names(&mut *self.backend.reader(Sees::Upkeep).await?).await?;
        let mut checked = 0;
        for name in names {
            self.get_blob(&name).await?;
            checked += 1;
        }
        Ok(checked)
    }
}

/// The columns of a stamped checkpoint, in the order [`stamped`] reads them.
pub(super) const STAMPED_COLUMNS: &str = "size, root, note, at, authority, answer";

pub(super) fn stamped(mut row: Vec<Value>) -> Result<Stamped, StoreError> {
    let rest = row.split_off(row.len().min(3));
    let mut rest = rest.into_iter();
    let mut next = || rest.next().unwrap_or(Value::Null);
    Ok(Stamped {
        checkpoint: checkpoint(row)?,
        at: aftercare_domain::Timestamp::from_value(next())?,
        authority: String::from_value(next())?,
        answer: Vec::from_value(next())?,
    })
}

pub(super) fn checkpoint(row: Vec<Value>) -> Result<Checkpoint, StoreError> {
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap_or(Value::Null);
    Ok(Checkpoint {
        size: u64::from_value(next())?,
        root: <[u8; 32]>::from_value(next())?,
        note: String::from_value(next())?,
    })
}
