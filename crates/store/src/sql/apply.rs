//! What one command changes, in the transaction of the writer: its events, its rows, its jobs and messages.

use super::checked::Rows;
use super::projections::{project, project_act};
use super::writer::Tip;
use super::{
    Link, applications, first, jobs, keys, packing, persons, retention, settlement, webhooks,
};
use crate::error::StoreError;
use crate::limits::EVENT_BYTES_MAX;
use crate::rows::FingerprintRow;
use crate::types::{
    Appended, CaseAppend, Committed, IdempotencyRecord, NewJob, NewMessage, Outcome,
    StoredResponse, Unit, Write, committed_bytes,
};
use crate::value::{Column as _, Value};
use aftercare_domain::Timestamp;
use aftercare_ledger::{Frontier, event_leaf, fresh_salt};
use uuid::Uuid;

/// Applies a unit; what it refuses is undone by whoever called.
pub(super) async fn apply_unit<L: Link>(
    link: &mut L,
    unit: &Unit,
    tip: &mut Tip,
) -> Result<Outcome, StoreError> {
    let Tip { frontier, rows } = tip;
    if let Some(request) = &unit.idempotency {
        if let Some(stored) = idempotent(link, &request.scope, &request.key).await? {
            if stored.body_hash != request.body_hash {
                return Err(StoreError::IdempotencyMismatch);
            }
            return Ok(Outcome::Replayed(stored));
        }
        keep_answer(link, rows, request).await?;
    }
    if let Some(job) = unit.complete_job {
        jobs::complete(link, rows, job).await?;
    }
    keys::refuse_stale(link, unit).await?;
    for write in &unit.writes {
        apply_write(link, rows, write).await?;
    }
    let mut committed = Committed::default();
    if let Some(append) = &unit.case {
        committed.case_leaves = append_case(link, append, frontier).await?;
        project(link, append.case_id, &append.after).await?;
    }
    for event in &unit.audit {
        let payload = serde_json::to_vec(event)
            .map_err(|error| StoreError::Other(format!("encoding an audited act: {error}")))?;
        let stream = Stream {
            kind: "audit",
            id: event.tenant.0,
        };
        let version = version_of(link, &stream).await? + 1;
        let entry = Entry {
            version,
            at: event.at,
            name: event.body.name(),
            payload,
        };
        let (seq, leaf) = append(link, &stream, entry, frontier).await?;
        project_act(link, seq, event).await?;
        committed.audit_leaves.push(Appended::new(seq, leaf));
    }
    for job in &unit.jobs {
        insert_job(link, rows, job).await?;
    }
    // A message is of the events it comes with: those of the case, or the act beside rows, such as a call. By that time it is
    // kept, and sent again.
    let of_case = unit.case.as_ref().map(|append| append.after.last_at);
    let at = of_case
        .or_else(|| unit.audit.last().map(|act| act.at))
        .unwrap_or(Timestamp(0));
    for message in &unit.outbox {
        insert_message(link, rows, message, at).await?;
    }
    Ok(Outcome::Committed(committed))
}

struct Stream {
    kind: &'static str,
    id: Uuid,
}

struct Entry {
    version: u64,
    at: Timestamp,
    name: String,
    payload: Vec<u8>,
}

async fn version_of<L: Link>(link: &mut L, stream: &Stream) -> Result<u64, StoreError> {
    let rows = link.read(
        "SELECT coalesce(max(version), 0) FROM events WHERE stream_kind = $1 AND stream_id = $2",
        vec![stream.kind.to_owned().to_value(), stream.id.to_value()],
    )
    .await?;
    u64::from_value(first(rows))
}

async fn append_case<L: Link>(
    link: &mut L,
    case: &CaseAppend,
    frontier: &mut Frontier,
) -> Result<Vec<(u64, [u8; 32])>, StoreError> {
    let stream = Stream {
        kind: "case",
        id: case.case_id.0,
    };
    let found = version_of(link, &stream).await?;
    if found != case.expected_version {
        return Err(StoreError::Conflict {
            expected: case.expected_version,
            found,
        });
    }
    let mut leaves = Vec::with_capacity(case.events.len());
    let last = found + u64::try_from(case.events.len()).unwrap_or(u64::MAX);
    if case.after.version != last {
        return Err(StoreError::Other(format!(
            "the case after the events has version {}, the last event would have {last}",
            case.after.version
        )));
    }
    for (version, event) in (found + 1..).zip(&case.events) {
        let payload = serde_json::to_vec(event)
            .map_err(|error| StoreError::Other(format!("encoding an event: {error}")))?;
        let entry = Entry {
            version,
            at: event.at,
            name: event.body.name(),
            payload,
        };
        leaves.push(append(link, &stream, entry, frontier).await?);
    }
    Ok(leaves)
}

async fn append<L: Link>(
    link: &mut L,
    stream: &Stream,
    entry: Entry,
    frontier: &mut Frontier,
) -> Result<(u64, [u8; 32]), StoreError> {
    if entry.payload.len() > EVENT_BYTES_MAX {
        return Err(StoreError::Other(format!(
            "event {} has {} bytes, the limit is {EVENT_BYTES_MAX}",
            entry.name,
            entry.payload.len()
        )));
    }
    let salt = fresh_salt().map_err(|error| StoreError::Other(error.to_string()))?;
    let committed = committed_bytes(stream.kind, stream.id, entry.version, &entry.payload);
    let leaf = event_leaf(&salt, &committed);
    let seq = frontier.size() + 1;
    link.run(
        "INSERT INTO events (seq, stream_kind, stream_id, version, at, name, payload, salt, leaf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        vec![
            seq.to_value(),
            stream.kind.to_owned().to_value(),
            stream.id.to_value(),
            entry.version.to_value(),
            entry.at.to_value(),
            Value::Text(entry.name),
            Value::Blob(entry.payload),
            salt.to_value(),
            leaf.0.to_value(),
        ],
    )
    .await?;
    for (level, index, hash) in frontier.append(leaf) {
        link.run(
            "INSERT INTO ledger_nodes (level, idx, hash) VALUES ($1, $2, $3)",
            vec![
                Value::Int(i64::from(level)),
                index.to_value(),
                hash.0.to_value(),
            ],
        )
        .await?;
    }
    Ok((seq, leaf.0))
}

pub(super) async fn idempotent<L: Link>(
    link: &mut L,
    scope: &str,
    key: &str,
) -> Result<Option<StoredResponse>, StoreError> {
    let rows = link
        .read(
            "SELECT body_hash, status, body FROM idempotency WHERE scope = $1 AND key = $2",
            vec![scope.to_owned().to_value(), key.to_owned().to_value()],
        )
        .await?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(None);
    };
    let mut row = row.into_iter();
    let mut next = || row.next().unwrap_or(Value::Null);
    Ok(Some(StoredResponse {
        body_hash: <[u8; 32]>::from_value(next())?,
        status: u32::from_value(next())?,
        body: Vec::from_value(next())?,
    }))
}

async fn keep_answer<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    request: &IdempotencyRecord,
) -> Result<(), StoreError> {
    rows.insert(
        link,
        "idempotency",
        &["scope", "key", "body_hash", "status", "body", "at"],
        vec![
            request.scope.to_value(),
            request.key.to_value(),
            request.body_hash.to_value(),
            request.status.to_value(),
            request.body.to_value(),
            request.at.to_value(),
        ],
        "",
    )
    .await?;
    Ok(())
}

async fn insert_job<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    job: &NewJob,
) -> Result<(), StoreError> {
    rows.insert_numbered(
        link,
        "jobs",
        &["kind", "payload", "run_at", "attempts", "unique_key"],
        vec![
            job.kind.to_value(),
            job.payload.to_value(),
            job.run_at.to_value(),
            Value::Int(0),
            job.unique_key.to_value(),
        ],
        "ON CONFLICT (unique_key) DO NOTHING",
    )
    .await
}

async fn insert_message<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    message: &NewMessage,
    at: Timestamp,
) -> Result<(), StoreError> {
    rows.insert_numbered(
        link,
        "outbox",
        &["tenant", "topic", "payload", "created_at"],
        vec![
            message.tenant.to_value(),
            message.topic.to_value(),
            message.payload.to_value(),
            at.to_value(),
        ],
        "",
    )
    .await
}

async fn apply_write<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    write: &Write,
) -> Result<(), StoreError> {
    match write {
        Write::Tenant(row) => rows.upsert(link, row).await,
        Write::User(row) => rows.upsert(link, row).await,
        Write::Session(row) => rows.upsert(link, row).await,
        Write::ApiToken(row) => rows.upsert(link, row).await,
        Write::OneTimeLink(row) => rows.upsert(link, row).await,
        Write::Person(row) => rows.upsert(link, row).await,
        Write::CaseKey(row) => rows.upsert(link, row).await,
        Write::CaseAccess(row) => rows.upsert(link, row).await,
        Write::Product(row) => rows.upsert(link, row).await,
        Write::Sku(row) => rows.upsert(link, row).await,
        Write::ListingPhoto(row) => rows.upsert(link, row).await,
        Write::Order(row) => rows.upsert(link, row).await,
        Write::OrderLine(row) => rows.upsert(link, row).await,
        Write::Price(row) => rows.upsert(link, row).await,
        Write::Call(row) => rows.upsert(link, row).await,
        Write::Conversation(row) => rows.upsert(link, row).await,
        Write::DeskText(row) => rows.upsert(link, row).await,
        Write::AreaPrice(row) => rows.upsert(link, row).await,
        Write::Preference(row) => rows.upsert(link, row).await,
        Write::RelayLine(row) => rows.upsert(link, row).await,
        Write::Relay(row) => rows.upsert(link, row).await,
        Write::WarrantyEntry(row) => rows.upsert(link, row).await,
        Write::Statement(row) => rows.upsert(link, row).await,
        Write::OutletStock(row) => rows.upsert(link, row).await,
        Write::Core(row) => rows.upsert(link, row).await,
        Write::AddStatementLine(_)
        | Write::StockMove(_)
        | Write::TakeStatementLine { .. }
        | Write::ApproveStatement { .. }
        | Write::RemoveCore(_)
        | Write::RemoveStatement(_) => settlement::change(link, rows, write).await,
        Write::RulePack(row) => rows.upsert(link, row).await,
        Write::Outlet(row) => rows.upsert(link, row).await,
        Write::Technician(row) => rows.upsert(link, row).await,
        Write::Application(row) => rows.upsert(link, row).await,
        Write::ExpireApplication { .. } => applications::change(link, rows, write).await,
        Write::EvidenceBlob(row) => rows.upsert(link, row).await,
        Write::Fingerprint(row) => keep_fingerprint(link, rows, row).await,
        Write::Blob(row) => rows.upsert(link, row).await,
        Write::Webhook(row) => rows.upsert(link, row).await,
        Write::DisableWebhook { .. }
        | Write::EnableWebhook(_)
        | Write::WebhookWorks(_)
        | Write::WebhookFails { .. }
        | Write::Deliver { .. }
        | Write::Attempted { .. }
        | Write::RemoveOld { .. } => webhooks::change(link, rows, write).await,
        Write::BeginKeyRotation { .. } | Write::EndKeyRotation { .. } | Write::PartyKey(_) => {
            keys::change(link, rows, write).await
        }
        Write::LegalHold(row) => rows.upsert(link, row).await,
        Write::ErasureRequest(row) => rows.upsert(link, row).await,
        Write::PackingRecord(row) => rows.upsert(link, row).await,
        Write::PackingPiece(row) => rows.upsert(link, row).await,
        Write::ExpirePackingClip { .. } | Write::ExpirePacking { .. } => {
            packing::change(link, rows, write).await
        }
        Write::ExpirePerson { .. } | Write::ExpireClip { .. } | Write::EndCase { .. } => {
            retention::change(link, rows, write).await
        }
        Write::Customer(_)
        | Write::PersonPlace { .. }
        | Write::PersonPhone { .. }
        | Write::ShredPerson { .. } => persons::change(link, rows, write).await,
        other => change(link, rows, other).await,
    }
}

/// Keeps the fingerprint of a photo, unless its person was destroyed or the photo ended while it was made: nothing is found by the
/// looks of what is gone.
async fn keep_fingerprint<L: Link>(
    link: &mut L,
    rows: &mut Rows,
    row: &FingerprintRow,
) -> Result<(), StoreError> {
    let sql = "SELECT id FROM persons WHERE id = $1 AND shredded_at IS NOT NULL UNION ALL SELECT evidence FROM evidence_blobs WHERE evidence = $2 AND expired_at IS NOT NULL";
    let values = vec![row.person.to_value(), row.evidence.to_value()];
    if link.read(sql, values).await?.is_empty() {
        rows.upsert(link, row).await?;
    }
    Ok(())
}

/// Changes that are less than a whole row.
async fn change<L: Link>(link: &mut L, rows: &mut Rows, write: &Write) -> Result<(), StoreError> {
    let (table, sql, values) = match write {
        Write::DeleteSession(hash) => (
            "sessions",
            "DELETE FROM sessions WHERE token_hash = $1",
            vec![hash.to_value()],
        ),
        Write::RemoveDraftPack {
            tenant,
            pack,
            version,
        } => (
            "rule_packs",
            "DELETE FROM rule_packs WHERE tenant = $1 AND pack = $2 AND version = $3 AND published IS NULL",
            vec![tenant.to_value(), pack.to_value(), version.to_value()],
        ),
        Write::RemoveAreaPrice(row) => (
            "area_prices",
            "DELETE FROM area_prices WHERE tenant = $1 AND code = $2 AND area = $3 AND category = $4 AND from_day = $5",
            vec![
                row.tenant.to_value(),
                row.code.to_value(),
                row.area.to_value(),
                row.category.to_value(),
                row.from_day.to_value(),
            ],
        ),
        Write::DeleteUserSessions(user) => (
            "sessions",
            "DELETE FROM sessions WHERE \"user\" = $1",
            vec![user.to_value()],
        ),
        Write::DeleteOneTimeLinks(user) => (
            "one_time_links",
            "DELETE FROM one_time_links WHERE \"user\" = $1",
            vec![user.to_value()],
        ),
        Write::DeleteCaseSessions(case) => (
            "sessions",
            "DELETE FROM sessions WHERE \"case\" = $1",
            vec![case.to_value()],
        ),
        Write::RemoveExpiredSessions { now } => (
            "sessions",
            "DELETE FROM sessions WHERE expires_at <= $1",
            vec![now.to_value()],
        ),
        Write::RemoveExpiredFingerprints { now, most } => (
            "fingerprints",
            "DELETE FROM fingerprints WHERE evidence IN (SELECT evidence FROM fingerprints WHERE expires_at <= $1 ORDER BY expires_at, evidence LIMIT $2)",
            vec![now.to_value(), most.to_value()],
        ),
        other => return update(link, rows, other).await,
    };
    rows.remove(link, table, sql, values).await?;
    Ok(())
}

/// Changes of columns, and what it means when no row was there to change.
async fn update<L: Link>(link: &mut L, rows: &mut Rows, write: &Write) -> Result<(), StoreError> {
    let (table, sql, values, otherwise) = match write {
        Write::TouchSession { token_hash, at } => (
            "sessions",
            "UPDATE sessions SET last_seen_at = $2 WHERE token_hash = $1",
            vec![token_hash.to_value(), at.to_value()],
            None,
        ),
        Write::TouchApiToken { id, at } => (
            "api_tokens",
            "UPDATE api_tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
            vec![id.to_value(), at.to_value()],
            None,
        ),
        Write::RetireListingPhotos { product, at } => (
            "listing_photos",
            "UPDATE listing_photos SET retired_at = $2 WHERE product = $1 AND retired_at IS NULL",
            vec![product.to_value(), at.to_value()],
            None,
        ),
        Write::UseOneTimeLink { token_hash, at } => (
            "one_time_links",
            "UPDATE one_time_links SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL",
            vec![token_hash.to_value(), at.to_value()],
            Some(StoreError::Used),
        ),
        Write::AddRefunded { line, amount } => (
            "order_lines",
            "UPDATE order_lines SET refunded_fen = refunded_fen + $2 WHERE id = $1 AND $2 >= 0 AND refunded_fen + $2 <= paid_fen",
            vec![line.to_value(), amount.to_value()],
            Some(StoreError::NotLeft),
        ),
        Write::ReleaseRefund { line, amount } => (
            "order_lines",
            "UPDATE order_lines SET refunded_fen = refunded_fen - $2 WHERE id = $1 AND $2 >= 0 AND refunded_fen >= $2",
            vec![line.to_value(), amount.to_value()],
            Some(StoreError::NotFound("order line with that much counted")),
        ),
        _ => return Ok(()),
    };
    let touched = rows.change(link, table, sql, values).await?;
    match otherwise {
        Some(error) if touched.is_empty() => Err(error),
        _ => Ok(()),
    }
}
