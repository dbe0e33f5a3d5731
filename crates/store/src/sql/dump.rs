//! Upkeep, and first of all the logical dump: every row of every table as a line of text, in a fixed order. Two databases with
//! the same dump hold the same data, whatever their files look like and whichever database keeps them.

use super::statements::names;
use super::writer::Request;
use super::{Backend, Fields as _, Link, Sees, SqlStore};
use crate::error::StoreError;
use crate::shredded::{self, Gone};
use crate::traits::Upkeep;
use crate::types::CasePart;
use crate::value::{Column as _, Value};
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{CaseId, PersonId, TenantId};
use aftercare_vault::files::{failed_backup, last_backup};
use async_trait::async_trait;
use aws_lc_rs::digest::{Context, SHA256};
use futures_util::TryStreamExt as _;
use std::io::Write;
use tokio::sync::oneshot;

/// Tables and the columns that say the same on every copy. Left out are what a restart changes: when
/// a session was last seen, leases and attempts of jobs.
const TABLES: &[(&str, &[&str])] = &[
    (
        "api_tokens",
        &[
            "id",
            "token_hash",
            "user",
            "tenant",
            "scopes",
            "created_at",
            "expires_at",
            "revoked",
        ],
    ),
    (
        "applications",
        &[
            "id",
            "tenant",
            "token_hash",
            "person",
            "state",
            "filed_at",
            "notice_version",
            "purposes",
            "county",
            "skills",
            "papers",
            "numbers",
            "photo_key",
            "photos",
            "decided_at",
            "reason",
            "reply",
            "replied_at",
            "reply_read_at",
            "user",
            "expired_at",
        ],
    ),
    (
        "area_prices",
        &[
            "tenant",
            "code",
            "area",
            "category",
            "from_day",
            "until_day",
            "amount_fen",
            "saved_at",
        ],
    ),
    ("blobs", &["name", "bytes", "created_at"]),
    (
        "calls",
        &[
            "tenant",
            "id",
            "person",
            "case",
            "rang_at",
            "answered_at",
            "missed_at",
            "ended_at",
            "asked_at",
            "tried_at",
            "tries",
            "recording",
            "due_at",
            "claimed_by",
            "claimed_at",
            "done_at",
            "saved_at",
            "follows",
            "outcome",
        ],
    ),
    (
        "case_access",
        &[
            "case",
            "link_token_hash",
            "code_hash",
            "failures",
            "locked_until",
            "created_at",
            "revoked",
        ],
    ),
    ("case_ends", &["case", "part", "tenant", "ended_at"]),
    ("case_keys", &["case", "party", "wrapped_key"]),
    (
        "case_view",
        &[
            "case_id",
            "tenant",
            "claimant",
            "order_id",
            "closed",
            "opened_at",
            "updated_at",
            "version",
            "next_due",
            "next_clock",
            "snapshot",
            "waiting_since",
        ],
    ),
    ("checkpoints", &["size", "root", "note"]),
    (
        "claim_view",
        &[
            "claim_id",
            "case_id",
            "tenant",
            "claimant",
            "state",
            "order_id",
            "line_id",
            "ask",
            "reason",
            "reviewer",
            "second_reviewer",
            "fraud_referral",
            "to_look_at",
            "filed_at",
            "next_due",
            "next_clock",
            "sort_due",
            "late",
            "awaited",
        ],
    ),
    ("clock_view", &["case_id", "clock", "due_at"]),
    (
        "conversations",
        &[
            "tenant", "case", "held_by", "held_at", "note", "note_by", "noted_at", "seen_by",
            "seen_at", "saved_at",
        ],
    ),
    (
        "cores",
        &[
            "id",
            "tenant",
            "work_order",
            "place",
            "case",
            "technician",
            "part",
            "faulty",
            "replacement",
            "serial",
            "state",
            "outlet",
            "reason",
            "owed_at",
            "due_at",
            "changed_by",
            "changed_at",
            "reminded_at",
            "told_at",
        ],
    ),
    ("cosigned_checkpoints", &["size", "root", "note"]),
    (
        "customers",
        &["person", "tenant", "number", "lang", "content", "saved_at"],
    ),
    (
        "desk_texts",
        &[
            "tenant",
            "id",
            "version",
            "kind",
            "lang",
            "category",
            "product",
            "title",
            "body",
            "withdrawn",
            "saved_by",
            "saved_at",
        ],
    ),
    (
        "erasure_requests",
        &[
            "case",
            "asked_at",
            "tenant",
            "everywhere",
            "due_at",
            "next_at",
            "cancelled_at",
            "done_at",
        ],
    ),
    (
        "events",
        &[
            "seq",
            "stream_kind",
            "stream_id",
            "version",
            "at",
            "name",
            "payload",
            "salt",
            "leaf",
        ],
    ),
    (
        "evidence_blobs",
        &[
            "evidence",
            "case",
            "claim",
            "work_order",
            "tenant",
            "blob",
            "preview_blob",
            "bytes",
            "media_type",
            "plain_hash_sealed",
            "exact_index",
            "party",
            "created_at",
            "marks_sealed",
            "copy_blob",
            "clip",
            "expired_at",
        ],
    ),
    (
        "fingerprints",
        &[
            "evidence",
            "tenant",
            "case",
            "person",
            "order",
            "sealed",
            "expires_at",
        ],
    ),
    (
        "idempotency",
        &["scope", "key", "body_hash", "status", "body", "at"],
    ),
    ("jobs", &["id", "kind", "payload", "done_at", "unique_key"]),
    (
        "key_rotations",
        &[
            "tenant", "version", "begun_at", "ended_at", "persons", "cases",
        ],
    ),
    ("ledger_nodes", &["level", "idx", "hash"]),
    (
        "legal_holds",
        &[
            "case",
            "placed_at",
            "tenant",
            "reason_sealed",
            "released_at",
        ],
    ),
    (
        "listing_photos",
        &[
            "id",
            "product",
            "tenant",
            "version",
            "blob",
            "media_type",
            "bytes",
            "fingerprint",
            "added_at",
            "retired_at",
            "declared_by",
            "declared_at",
            "judged_by",
            "judged_at",
            "judged_why",
        ],
    ),
    (
        "one_time_links",
        &["token_hash", "user", "purpose", "expires_at", "used_at"],
    ),
    ("opening_view", &["subject", "seq", "tenant"]),
    (
        "order_lines",
        &[
            "id",
            "order",
            "sku",
            "product",
            "name",
            "quantity",
            "paid_fen",
            "refunded_fen",
            "serial",
            "warranty_until",
            "perishable",
        ],
    ),
    (
        "orders",
        &[
            "id",
            "tenant",
            "number",
            "buyer",
            "platform",
            "paid_at",
            "delivered_at",
            "created_at",
            "shop",
        ],
    ),
    (
        "outbox",
        &[
            "id",
            "topic",
            "payload",
            "created_at",
            "delivered_at",
            "tenant",
        ],
    ),
    (
        "outlet_stock",
        &["outlet", "part", "tenant", "count", "reorder_at"],
    ),
    (
        "outlets",
        &[
            "id",
            "tenant",
            "code",
            "name",
            "county",
            "latitude_e6",
            "longitude_e6",
            "areas",
        ],
    ),
    (
        "packing_pieces",
        &[
            "id",
            "record",
            "tenant",
            "number",
            "blob",
            "preview_blob",
            "copy_blob",
            "bytes",
            "media_type",
            "plain_hash_sealed",
            "exact_index",
            "added_at",
            "client_at",
            "clip",
            "expired_at",
        ],
    ),
    (
        "packing_records",
        &[
            "id",
            "tenant",
            "order",
            "packer",
            "nonce",
            "offline",
            "begun_at",
            "ended_at",
            "client_begun_at",
            "client_ended_at",
            "pieces",
            "chain",
            "sealed",
            "expired_at",
        ],
    ),
    (
        "persons",
        &[
            "id",
            "tenant",
            "wrapped_key",
            "name",
            "phone",
            "address",
            "place",
            "masked_name",
            "masked_phone",
            "masked_address",
            "phone_index",
            "last4_index",
            "created_at",
            "shredded_at",
        ],
    ),
    (
        "preferences",
        &["tenant", "who", "lang", "quiet", "saved_at"],
    ),
    (
        "price_book",
        &[
            "tenant",
            "code",
            "label",
            "skill",
            "amount_fen",
            "updated_at",
        ],
    ),
    (
        "products",
        &[
            "id",
            "tenant",
            "code",
            "name",
            "category",
            "skill",
            "warranty_days",
            "perishable",
            "updated_at",
            "shop",
        ],
    ),
    (
        "relay_lines",
        &["tenant", "technician", "person", "saved_at"],
    ),
    (
        "relays",
        &[
            "tenant",
            "work_order",
            "case",
            "technician",
            "binding",
            "turn",
            "number",
            "bound_at",
            "until",
            "ended_at",
        ],
    ),
    (
        "rule_packs",
        &[
            "tenant",
            "pack",
            "version",
            "text",
            "published",
            "effective",
            "saved_at",
        ],
    ),
    (
        "sessions",
        &[
            "token_hash",
            "user",
            "case",
            "tenant",
            "created_at",
            "expires_at",
        ],
    ),
    ("skus", &["id", "product", "code", "name"]),
    (
        "statement_lines",
        &[
            "tenant",
            "source",
            "statement",
            "number",
            "technician",
            "case",
            "work_order",
            "kind",
            "amount_fen",
            "reason",
            "waited",
            "made_at",
            "outlet",
        ],
    ),
    (
        "statements",
        &[
            "id",
            "tenant",
            "technician",
            "month",
            "total_fen",
            "tariff",
            "made_by",
            "made_at",
            "approved_by",
            "approved_at",
            "outlet",
        ],
    ),
    (
        "stock_moves",
        &[
            "tenant",
            "key",
            "act",
            "outlet",
            "part",
            "count",
            "technician",
            "by",
            "at",
        ],
    ),
    (
        "technicians",
        &[
            "id",
            "tenant",
            "user",
            "display_name",
            "outlet",
            "skills",
            "counties",
            "latitude_e6",
            "longitude_e6",
            "reach_m",
            "active",
            "hours",
            "absences",
            "equipment",
        ],
    ),
    ("tenants", &["id", "name", "mode", "settings"]),
    (
        "timestamps",
        &["size", "root", "note", "at", "authority", "answer"],
    ),
    (
        "users",
        &[
            "id",
            "tenant",
            "login",
            "display_name",
            "roles",
            "password_phc",
            "disabled",
            "created_at",
            "technician",
            "failures",
            "locked_until",
            "shops",
        ],
    ),
    (
        "warranty_entries",
        &[
            "tenant",
            "source",
            "serial",
            "shown",
            "at",
            "case",
            "work_order",
            "entry",
            "saved_at",
        ],
    ),
    (
        "webhook_deliveries",
        &[
            "id",
            "webhook",
            "message",
            "state",
            "attempts",
            "next_at",
            "answer",
            "created_at",
            "done_at",
        ],
    ),
    (
        "webhooks",
        &[
            "id",
            "tenant",
            "target_sealed",
            "topics",
            "secret_sealed",
            "old_secret_sealed",
            "old_secret_until",
            "created_at",
            "disabled_at",
            "disabled_why",
            "failing_since",
        ],
    ),
    (
        "work_order_view",
        &[
            "work_order_id",
            "case_id",
            "tenant",
            "claimant",
            "kind",
            "state",
            "technician",
            "asked",
            "asked_too",
            "skill",
            "county",
            "urgent",
            "escalation",
            "requested_at",
            "response_ms",
            "next_due",
            "next_clock",
            "sort_due",
        ],
    ),
];

#[async_trait]
impl<B: Backend> Upkeep for SqlStore<B> {
    async fn dump(&self, out: &mut (dyn Write + Send)) -> Result<(), StoreError> {
        let mut link = self.backend.scanner().await?;
        link.snapshot().await?;
        let dumped = dump_tables(&mut link, out).await;
        link.close().await;
        dumped
    }

    async fn shredded_elsewhere(&self) -> Result<Vec<(TenantId, PersonId)>, StoreError> {
        let sql = "SELECT id, shredded_at FROM persons WHERE shredded_at IS NOT NULL";
        let known = self
            .read(Sees::Upkeep, sql, Vec::new())
            .await?
            .into_iter()
            .map(|row| {
                let mut row = row.into_iter();
                let mut next = || row.next().unwrap_or(Value::Null);
                Ok((
                    Gone::Person(PersonId::from_value(next())?),
                    Timestamp::from_value(next())?,
                ))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let mut list = shredded::add(&self.directory, known.iter().copied())?;
        for (gone, _) in &known {
            list.remove(gone);
        }
        let mut back = Vec::new();
        for gone in list.into_keys() {
            let Gone::Person(person) = gone else { continue };
            let sql = "SELECT tenant FROM persons WHERE id = $1";
            let found = self
                .read(Sees::Upkeep, sql, vec![person.to_value()])
                .await?;
            if let Some(tenant) = found.into_iter().flatten().next() {
                back.push((TenantId::from_value(tenant)?, person));
            }
        }
        Ok(back)
    }

    async fn ended_elsewhere(&self) -> Result<Vec<(TenantId, CaseId, CasePart)>, StoreError> {
        let sql = "SELECT \"case\", part, ended_at FROM case_ends";
        let known = self
            .read(Sees::Upkeep, sql, Vec::new())
            .await?
            .into_iter()
            .map(|row| {
                let mut row = row.into_iter();
                let mut next = || row.next().unwrap_or(Value::Null);
                let (case, part) = (CaseId::from_value(next())?, String::from_value(next())?);
                let part = CasePart::from_name(&part)
                    .ok_or_else(|| StoreError::corrupt("what ended of a case", part))?;
                Ok((Gone::Case(case, part), Timestamp::from_value(next())?))
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let mut list = shredded::add(&self.directory, known.iter().copied())?;
        for (gone, _) in &known {
            list.remove(gone);
        }
        let mut back = Vec::new();
        for gone in list.into_keys() {
            let Gone::Case(case, part) = gone else {
                continue;
            };
            let sql = "SELECT tenant FROM case_view WHERE case_id = $1";
            let found = self.read(Sees::Upkeep, sql, vec![case.to_value()]).await?;
            if let Some(tenant) = found.into_iter().flatten().next() {
                back.push((TenantId::from_value(tenant)?, case, part));
            }
        }
        Ok(back)
    }

    async fn dump_hash(&self) -> Result<String, StoreError> {
        let mut link = self.backend.scanner().await?;
        link.snapshot().await?;
        let hash = dump_hash(&mut link).await;
        link.close().await;
        hash
    }

    async fn last_backup(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(last_backup(&self.directory)?.map(Timestamp))
    }

    async fn failed_backup(&self) -> Result<Option<(Timestamp, String)>, StoreError> {
        let failed = failed_backup(&self.directory)?;
        Ok(failed.map(|(at, why)| (Timestamp(at), why)))
    }

    async fn migrations(&self) -> Result<Vec<(i64, String)>, StoreError> {
        let sql = "SELECT version, description FROM _sqlx_migrations ORDER BY version";
        self.read(Sees::Upkeep, sql, Vec::new())
            .await?
            .into_iter()
            .map(|row| {
                let mut row = row.into_iter();
                let mut next = || row.next().unwrap_or(Value::Null);
                Ok((i64::from_value(next())?, String::from_value(next())?))
            })
            .collect()
    }

    async fn close(&self) {
        // Readers first: the last connection to close is the writer's, which on SQLite folds the write-ahead
        // log back into the database.
        self.backend.close().await;
        if let Some(writer) = &self.writer {
            let (done, wait) = oneshot::channel();
            if writer.send(Request::Stop(done)).await.is_ok() {
                let _ = wait.await;
            }
        }
    }
}

/// The columns of a table that a dump has.
pub(super) fn dumped(table: &str) -> &'static [&'static str] {
    TABLES
        .iter()
        .find(|(name, _)| *name == table)
        .map_or(&[], |(_, columns)| columns)
}

impl<B: Backend> SqlStore<B> {
    /// Tables whose rows have checksums, with the columns that these cover; a test compares them with the database.
    #[must_use]
    pub fn checked_columns() -> Vec<(&'static str, &'static [&'static str])> {
        super::checked::CHECKED
            .iter()
            .map(|checked| (checked.name, checked.columns.as_slice()))
            .collect()
    }

    /// Names of all tables that a dump covers; a test compares them with the database.
    #[must_use]
    pub fn dumped_tables() -> Vec<&'static str> {
        TABLES.iter().map(|(table, _)| *table).collect()
    }
}

/// SHA-256 of the dump of what a connection sees, in a transaction of the caller's.
pub(crate) async fn dump_hash<L: Link>(link: &mut L) -> Result<String, StoreError> {
    let mut sink = HashSink(Context::new(&SHA256));
    dump_tables(link, &mut sink).await?;
    Ok(hex::encode(sink.0.finish()))
}

/// Hashes what is written to it and keeps nothing: a dump can be larger than memory.
struct HashSink(Context);

impl Write for HashSink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn dump_tables<L: Link>(
    link: &mut L,
    out: &mut (dyn Write + Send),
) -> Result<(), StoreError> {
    for (table, columns) in TABLES {
        let order = columns
            .iter()
            .map(|column| format!("\"{column}\" NULLS FIRST"))
            .collect::<Vec<_>>()
            .join(", ");
        let mut rows = link.scan(format!(
            "SELECT {} FROM {table} ORDER BY {order}",
            names(columns)
        ));
        while let Some(row) = rows.try_next().await? {
            let values: Vec<String> = row.values()?.iter().map(text).collect();
            writeln!(out, "{table}\t{}", values.join("\t"))?;
        }
    }
    Ok(())
}

/// One form for each value: a number, hexadecimal bytes, or JSON text (which escapes tabs and line ends).
fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Blob(bytes) => format!("x{}", hex::encode(bytes)),
        Value::Text(text) => serde_json::Value::String(text.clone()).to_string(),
    }
}
