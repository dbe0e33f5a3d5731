//! Checking the log from the stored bytes: every leaf, every number, the root, the checkpoints, and
//! the size that was written outside the database.

use super::log::{checkpoint, stored_event};
use super::sql::{read, values_of};
use super::{close_scan, scan_connection, shortened};
use crate::blobs::BlobDirectory;
use crate::directory::LogSize;
use crate::error::StoreError;
use crate::types::{StoredEvent, VerifyReport};
use crate::value::{Column as _, Value};
use aftercare_domain::{AuditEvent, Event};
use aftercare_ledger::{Frontier, Hash, VerifierKey, event_leaf};
use futures_util::TryStreamExt as _;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqlitePool;
use std::collections::HashMap;
use std::path::Path;
use uuid::Uuid;

pub(super) async fn verify_log(
    directory: &Path,
    keys: &[VerifierKey],
) -> Result<VerifyReport, StoreError> {
    // Read before the database: events that come meanwhile make it longer, never shorter.
    let kept = LogSize::read(directory)?;
    let mut connection = scan_connection(directory).await?;
    // One transaction sees one state, while a server may go on writing.
    sqlx::query("BEGIN").execute(&mut connection).await?;
    let verified = verify_connection(&mut connection, kept, keys).await;
    close_scan(connection).await;
    verified
}

async fn verify_connection(
    connection: &mut SqliteConnection,
    kept: Option<LogSize>,
    keys: &[VerifierKey],
) -> Result<VerifyReport, StoreError> {
    let checkpoints = read(
        &mut *connection,
        "SELECT size, root, note FROM checkpoints ORDER BY size",
        Vec::new(),
    )
    .await?
    .into_iter()
    .map(checkpoint)
    .collect::<Result<Vec<_>, _>>()?;
    for stored in &checkpoints {
        let opened = aftercare_ledger::Checkpoint::open(&stored.note, keys).map_err(|error| {
            StoreError::corrupt(format!("the checkpoint of {} events", stored.size), error.to_string())
        })?;
        if opened.size != stored.size || opened.root.0 != stored.root {
            return Err(StoreError::corrupt(
                format!("the checkpoint of {} events", stored.size),
                "its row says something else than its signed note",
            ));
        }
    }
    // Sizes whose root is known from elsewhere, in ascending order.
    let mut known: Vec<(u64, [u8; 32], &str)> = checkpoints
        .iter()
        .map(|stored| (stored.size, stored.root, "the signed checkpoint"))
        .chain(kept.iter().map(|kept| (kept.size, kept.root, "log-size, kept beside the database")))
        .collect();
    known.sort_unstable_by_key(|(size, ..)| *size);

    let mut checker = Checker {
        frontier: Frontier::new(),
        versions: HashMap::new(),
    };
    let mut next_known = known.iter().peekable();
    while let Some((0, ..)) = next_known.peek() {
        next_known.next();
    }
    let query = "SELECT seq, stream_kind, stream_id, version, at, name, payload, salt, leaf FROM events ORDER BY seq";
    let mut rows = sqlx::query(query).fetch(&mut *connection);
    while let Some(row) = rows.try_next().await? {
        checker.event(stored_event(values_of(&row)?)?)?;
        while let Some((size, root, source)) = next_known.peek() {
            if *size != checker.frontier.size() {
                break;
            }
            if checker.frontier.root().0 != *root {
                return Err(StoreError::corrupt(
                    format!("the log up to event {size}"),
                    format!("its root differs from {source}: an event at or before number {size} was altered"),
                ));
            }
            next_known.next();
        }
    }
    drop(rows);
    if let Some((size, ..)) = next_known.next() {
        return Err(shortened(*size, checker.frontier.size()));
    }
    check_nodes(connection, &checker.frontier).await?;
    Ok(VerifyReport {
        events: checker.frontier.size(),
        root: checker.frontier.root().0,
        checkpoints: u64::try_from(checkpoints.len()).unwrap_or(u64::MAX),
    })
}

struct Checker {
    frontier: Frontier,
    versions: HashMap<(bool, Uuid), u64>,
}

impl Checker {
    fn event(&mut self, stored: StoredEvent) -> Result<(), StoreError> {
        let expected = self.frontier.size() + 1;
        if stored.seq != expected {
            return Err(StoreError::corrupt(
                "the log",
                format!("event {expected} is missing; the next one is {}", stored.seq),
            ));
        }
        let what = || format!("event {} ({})", stored.seq, stored.name);
        let leaf = event_leaf(&stored.salt, &stored.committed());
        if leaf.0 != stored.leaf {
            return Err(StoreError::corrupt(
                what(),
                "its bytes and its place do not have the leaf that was logged: it was altered or moved after it was written",
            ));
        }
        let is_case = stored.stream_kind == "case";
        let version = self.versions.entry((is_case, stored.stream_id)).or_insert(0);
        *version += 1;
        if stored.version != *version {
            return Err(StoreError::corrupt(
                what(),
                format!("it has version {} of its stream, {} was expected", stored.version, *version),
            ));
        }
        // The columns beside the payload are copies; they must say what the payload says.
        let (at, name) = if is_case {
            let event: Event = serde_json::from_slice(&stored.payload)
                .map_err(|error| StoreError::corrupt(what(), error.to_string()))?;
            (event.at, event.body.name())
        } else {
            let event: AuditEvent = serde_json::from_slice(&stored.payload)
                .map_err(|error| StoreError::corrupt(what(), error.to_string()))?;
            (event.at, event.body.name())
        };
        if at != stored.at || name != stored.name {
            return Err(StoreError::corrupt(
                what(),
                "the time or name in its row differs from its bytes",
            ));
        }
        self.frontier.append(leaf);
        Ok(())
    }
}

/// Proofs are made from the stored nodes: the root they give must be the recomputed one.
async fn check_nodes(
    connection: &mut SqliteConnection,
    frontier: &Frontier,
) -> Result<(), StoreError> {
    let mut level_nodes: Vec<Hash> = read(
        &mut *connection,
        "SELECT leaf FROM events ORDER BY seq",
        Vec::new(),
    )
    .await?
    .into_iter()
    .flatten()
    .map(|value| <[u8; 32]>::from_value(value).map(Hash))
    .collect::<Result<_, _>>()?;
    let mut level = 0_i64;
    let mut total = 0_u64;
    while !level_nodes.is_empty() {
        let stored = read(
            &mut *connection,
            "SELECT idx, hash FROM ledger_nodes WHERE level = $1 ORDER BY idx",
            vec![Value::Int(level)],
        )
        .await?;
        if stored.len() != level_nodes.len() {
            return Err(StoreError::corrupt(
                "the tree of the log",
                format!("level {level} has {} nodes, {} were expected", stored.len(), level_nodes.len()),
            ));
        }
        for (index, (row, expected)) in stored.into_iter().zip(&level_nodes).enumerate() {
            let hash = row.into_iter().nth(1).unwrap_or(Value::Null);
            if <[u8; 32]>::from_value(hash)? != expected.0 {
                return Err(StoreError::corrupt(
                    "the tree of the log",
                    format!("node {index} of level {level} does not follow from the events"),
                ));
            }
        }
        total += u64::try_from(level_nodes.len()).unwrap_or(0);
        level_nodes = level_nodes
            .chunks_exact(2)
            .map(|pair| aftercare_ledger::node_hash(&pair[0], &pair[1]))
            .collect();
        level += 1;
    }
    let rows = read(&mut *connection, "SELECT count(*) FROM ledger_nodes", Vec::new()).await?;
    let stored = u64::from_value(rows.into_iter().flatten().next().unwrap_or(Value::Int(0)))?;
    if stored != total {
        return Err(StoreError::corrupt(
            "the tree of the log",
            format!("it has {stored} nodes, {total} follow from {} events", frontier.size()),
        ));
    }
    Ok(())
}

pub(super) async fn verify_blobs(
    pool: &SqlitePool,
    blobs: &BlobDirectory,
) -> Result<u64, StoreError> {
    let rows = read(
        pool,
        "SELECT name FROM blobs UNION SELECT blob FROM evidence_blobs UNION SELECT preview_blob FROM evidence_blobs WHERE preview_blob IS NOT NULL UNION SELECT blob FROM listing_photos",
        Vec::new(),
    )
    .await?;
    let mut checked = 0;
    for value in rows.into_iter().flatten() {
        blobs.get(&String::from_value(value)?)?;
        checked += 1;
    }
    Ok(checked)
}
