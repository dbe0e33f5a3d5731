//! Checking the log from the stored bytes: every leaf, every number, the root, the checkpoints, and
//! the size that was written outside the database.

use super::log::{STAMPED_COLUMNS, checkpoint, stamped};
use super::{Backend, Fields, Link, checked, projections, shortened};
use crate::blobs::BlobDirectory;
use crate::directory::LogSize;
use crate::error::StoreError;
use crate::limits::ROWS_AHEAD;
use crate::types::{RowsReport, Stamped, VerifyReport, committed_bytes};
use crate::value::{Column as _, Value};
use aftercare_domain::audit::AuditBody;
use aftercare_domain::{AuditEvent, Timestamp};
use aftercare_ledger::{Frontier, Hash, VerifierKey, event_leaf, leaf_hash};
use aftercare_vault::RowKey;
use aws_lc_rs::digest::{Context, SHA256};
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use uuid::Uuid;

pub(super) async fn verify_log<B: Backend>(
    backend: &B,
    directory: &Path,
    keys: &[VerifierKey],
) -> Result<VerifyReport, StoreError> {
    // Read before the database: events that come meanwhile make it longer, never shorter.
    let kept = LogSize::read(directory)?;
    let mut link = backend.scanner().await?;
    // One transaction sees one state, while a server may go on writing.
    link.snapshot().await?;
    let verified = verify_link(&mut link, kept, keys).await;
    link.close().await;
    verified
}

/// Verifies the log as a connection sees it, in a transaction of the caller's.
pub(crate) async fn verify_link<L: Link>(
    link: &mut L,
    kept: Option<LogSize>,
    keys: &[VerifierKey],
) -> Result<VerifyReport, StoreError> {
    let timestamps = link
        .read(
            format!("SELECT {STAMPED_COLUMNS} FROM timestamps ORDER BY size"),
            Vec::new(),
        )
        .await?
        .into_iter()
        .map(stamped)
        .collect::<Result<Vec<_>, _>>()?;
    for kept in &timestamps {
        // Who stamped is for those who know whom they trust; that it is this that was stamped is known here.
        aftercare_ledger::stamps(&kept.answer, kept.checkpoint.note.as_bytes()).map_err(|why| {
            StoreError::corrupt(
                format!("the timestamp of {} events", kept.checkpoint.size),
                why.to_string(),
            )
        })?;
    }
    let checkpoints = link
        .read(
            "SELECT size, root, note FROM checkpoints UNION ALL SELECT size, root, note FROM cosigned_checkpoints UNION ALL SELECT size, root, note FROM timestamps ORDER BY size",
            Vec::new(),
        )
        .await?
        .into_iter()
        .map(checkpoint)
        .collect::<Result<Vec<_>, _>>()?;
    for stored in &checkpoints {
        let opened = aftercare_ledger::Checkpoint::open(&stored.note, keys).map_err(|error| {
            StoreError::corrupt(
                format!("the checkpoint of {} events", stored.size),
                error.to_string(),
            )
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
        .chain(
            kept.iter()
                .map(|kept| (kept.size, kept.root, "log-size, kept beside the database")),
        )
        .collect();
    known.sort_unstable_by_key(|(size, ..)| *size);

    let mut checker = Checker::default();
    let mut next_known = known.iter().peekable();
    while let Some((0, ..)) = next_known.peek() {
        next_known.next();
    }
    // Many rows at a time: to wake the reading thread for each one would cost more than to check it.
    let mut chunks = link.scan(EVENTS.to_owned()).try_ready_chunks(ROWS_AHEAD);
    while let Some(rows) = chunks.try_next().await.map_err(|error| error.1)? {
        // Each row is read by this thread alone: what a row keeps of its columns is not made for two.
        let events = rows
            .iter()
            .map(Event::of)
            .collect::<Result<Vec<_>, StoreError>>()?;
        // Reading an event takes as long as hashing it: the two go side by side.
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| understood(&events));
            for event in &events {
                checker.event(event)?;
                while let Some((size, root, source)) = next_known.peek() {
                    if *size != checker.frontier.size() {
                        break;
                    }
                    if checker.frontier.root().0 != *root {
                        return Err(StoreError::corrupt(
                            format!("the log up to event {size}"),
                            format!(
                                "its root differs from {source}: an event at or before number {size} was altered"
                            ),
                        ));
                    }
                    next_known.next();
                }
            }
            reading.join().unwrap_or_else(|_| {
                Err(StoreError::Other("reading the events panicked".to_owned()))
            })
        })?;
    }
    drop(chunks);
    if let Some((size, ..)) = next_known.next() {
        return Err(shortened(*size, checker.frontier.size()));
    }
    check_nodes(link, checker.levels).await?;
    check_kept_timestamps(link, &timestamps).await?;
    let (_, changes) = checked::ends(link).await?;
    if let Some(kept) = kept
        && changes < kept.changes
    {
        return Err(checked::set_back(kept.changes, changes));
    }
    Ok(VerifyReport {
        changes,
        events: checker.frontier.size(),
        root: checker.frontier.root().0,
        checkpoints: u64::try_from(checkpoints.len() - timestamps.len()).unwrap_or(u64::MAX),
        timestamps: u64::try_from(timestamps.len()).unwrap_or(u64::MAX),
    })
}

const EVENTS: &str = "SELECT seq, stream_kind, stream_id, version, at, name, payload, salt, leaf FROM events ORDER BY seq";

/// An event as its row holds it, nothing copied: the log is read as fast as it can be hashed.
struct Event<'r> {
    seq: i64,
    kind: &'r str,
    id: Uuid,
    version: i64,
    at: i64,
    name: &'r str,
    payload: &'r [u8],
    salt: [u8; 32],
    leaf: &'r [u8],
}

impl<'r> Event<'r> {
    fn of(row: &'r impl Fields) -> Result<Self, StoreError> {
        let seq = row.number(0)?;
        let wrong = |column| {
            StoreError::corrupt(
                format!("event {seq}"),
                format!("its {column} has another length than was written"),
            )
        };
        Ok(Self {
            seq,
            kind: row.text(1)?,
            id: Uuid::from_slice(row.bytes(2)?).map_err(|_| wrong("stream"))?,
            version: row.number(3)?,
            at: row.number(4)?,
            name: row.text(5)?,
            payload: row.bytes(6)?,
            salt: row.bytes(7)?.try_into().map_err(|_| wrong("salt"))?,
            leaf: row.bytes(8)?,
        })
    }
}

/// How many nodes a level of the tree has, and the SHA-256 of all of them in order.
struct Level {
    nodes: u64,
    sum: Context,
}

impl Level {
    fn empty() -> Self {
        Self {
            nodes: 0,
            sum: Context::new(&SHA256),
        }
    }

    fn add(&mut self, hash: &[u8]) {
        self.nodes += 1;
        self.sum.update(hash);
    }
}

#[derive(Default)]
struct Checker {
    frontier: Frontier,
    versions: HashMap<(bool, Uuid), i64>,
    levels: Vec<Level>,
}

impl Checker {
    fn event(&mut self, event: &Event<'_>) -> Result<(), StoreError> {
        let expected = self.frontier.size() + 1;
        if u64::try_from(event.seq) != Ok(expected) {
            return Err(StoreError::corrupt(
                "the log",
                format!("event {expected} is missing; the next one is {}", event.seq),
            ));
        }
        let what = || format!("event {} ({})", event.seq, event.name);
        let version = u64::try_from(event.version).unwrap_or(0);
        let leaf = event_leaf(
            &event.salt,
            &committed_bytes(event.kind, event.id, version, event.payload),
        );
        if leaf.0 != event.leaf {
            return Err(StoreError::corrupt(
                what(),
                "its bytes and its place do not have the leaf that was logged: it was altered or moved after it was written",
            ));
        }
        let is_case = event.kind == "case";
        let latest = self.versions.entry((is_case, event.id)).or_insert(0);
        *latest += 1;
        if event.version != *latest {
            return Err(StoreError::corrupt(
                what(),
                format!(
                    "it has version {} of its stream, {latest} was expected",
                    event.version
                ),
            ));
        }
        for (level, _, hash) in self.frontier.append(leaf) {
            let level = usize::from(level);
            if level == self.levels.len() {
                self.levels.push(Level::empty());
            }
            self.levels[level].add(&hash.0);
        }
        Ok(())
    }
}

/// Whether each event's columns say what its bytes say, and whether this version still understands it.
fn understood(events: &[Event<'_>]) -> Result<(), StoreError> {
    for event in events {
        let what = || format!("event {} ({})", event.seq, event.name);
        let unreadable = |error: serde_json::Error| StoreError::corrupt(what(), error.to_string());
        let stamp: Stamp<'_> = serde_json::from_slice(event.payload).map_err(unreadable)?;
        if stamp.at.0 != event.at || stamp.body.name != event.name {
            return Err(StoreError::corrupt(
                what(),
                "the time or name in its row differs from its bytes",
            ));
        }
        if event.kind == "case" {
            serde_json::from_slice::<aftercare_domain::Event>(event.payload).map(drop)
        } else {
            serde_json::from_slice::<AuditEvent>(event.payload).map(drop)
        }
        .map_err(unreadable)?;
    }
    Ok(())
}

/// What the row of an event repeats of its payload.
#[derive(Deserialize)]
struct Stamp<'a> {
    at: Timestamp,
    #[serde(borrow)]
    body: Tag<'a>,
}

#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(rename = "type", borrow)]
    name: Cow<'a, str>,
}

/// What the log says of the timestamps that are kept must be said of those that are there: later ones vouch for them by it.
async fn check_kept_timestamps<L: Link>(
    link: &mut L,
    timestamps: &[Stamped],
) -> Result<(), StoreError> {
    let sql = "SELECT payload FROM events WHERE stream_kind = 'audit' AND name = 'timestamps_renewed.v1' ORDER BY seq";
    for payload in link.read(sql, Vec::new()).await?.into_iter().flatten() {
        let wrong = |why: String| StoreError::corrupt("the timestamps of the log", why);
        let event: AuditEvent = serde_json::from_slice(&Vec::<u8>::from_value(payload)?)
            .map_err(|error| wrong(error.to_string()))?;
        let AuditBody::TimestampsRenewed {
            after,
            through,
            tokens,
            root,
        } = event.body
        else {
            continue;
        };
        let mut tree = Frontier::new();
        for kept in timestamps
            .iter()
            .filter(|kept| kept.checkpoint.size > after && kept.checkpoint.size <= through)
        {
            tree.append(leaf_hash(&kept.answer));
        }
        if tree.size() != tokens || tree.root().to_string() != root {
            return Err(wrong(format!(
                "those over more than {after} and no more than {through} events are not the {tokens} that the log says are kept"
            )));
        }
    }
    Ok(())
}

/// Proofs are made from the stored nodes: they must be those that follow from the events.
async fn check_nodes<L: Link>(link: &mut L, expected: Vec<Level>) -> Result<(), StoreError> {
    let wrong = |level: i64, index: u64| {
        StoreError::corrupt(
            "the tree of the log",
            format!("node {index} of level {level} does not follow from the events, or is missing"),
        )
    };
    let mut stored: Vec<Level> = expected.iter().map(|_| Level::empty()).collect();
    let query = "SELECT level, idx, hash FROM ledger_nodes ORDER BY level, idx";
    let mut chunks = link.scan(query.to_owned()).try_ready_chunks(ROWS_AHEAD);
    while let Some(rows) = chunks.try_next().await.map_err(|error| error.1)? {
        for row in &rows {
            let (level, index) = (row.number(0)?, row.number(1)?);
            let place = usize::try_from(level)
                .ok()
                .and_then(|level| stored.get_mut(level));
            let index = u64::try_from(index).unwrap_or(u64::MAX);
            match place {
                Some(found) if found.nodes == index => found.add(row.bytes(2)?),
                Some(found) => return Err(wrong(level, found.nodes)),
                None => return Err(wrong(level, index)),
            }
        }
    }
    drop(chunks);
    for (level, (expected, stored)) in (0_u8..).zip(expected.into_iter().zip(stored)) {
        if expected.nodes != stored.nodes {
            return Err(wrong(i64::from(level), expected.nodes.min(stored.nodes)));
        }
        if expected.sum.finish().as_ref() != stored.sum.finish().as_ref() {
            let index = first_difference(link, level).await?;
            return Err(wrong(i64::from(level), index));
        }
    }
    Ok(())
}

/// Which node of a level is not the one that follows from the events; read again, as it is rare.
async fn first_difference<L: Link>(link: &mut L, level: u8) -> Result<u64, StoreError> {
    let mut frontier = Frontier::new();
    let mut expected = Vec::new();
    let mut rows = link.scan("SELECT leaf FROM events ORDER BY seq".to_owned());
    while let Some(row) = rows.try_next().await? {
        let leaf = Hash(<[u8; 32]>::from_value(Value::Blob(row.bytes(0)?.to_vec()))?);
        let completed = frontier.append(leaf);
        expected.extend(
            completed
                .into_iter()
                .filter(|node| node.0 == level)
                .map(|node| node.2),
        );
    }
    drop(rows);
    let stored = link
        .read(
            "SELECT hash FROM ledger_nodes WHERE level = $1 ORDER BY idx",
            vec![Value::Int(i64::from(level))],
        )
        .await?;
    let same = stored
        .into_iter()
        .flatten()
        .zip(expected)
        .take_while(|(stored, expected)| *stored == Value::Blob(expected.0.to_vec()))
        .count();
    Ok(u64::try_from(same).unwrap_or(u64::MAX))
}

/// Verifies everything that the log does not cover, as one state of the database has it.
pub(super) async fn verify_all_rows<B: Backend>(
    backend: &B,
    directory: &Path,
    key: &RowKey,
) -> Result<RowsReport, StoreError> {
    let kept = LogSize::read(directory)?;
    let mut link = backend.scanner().await?;
    link.snapshot().await?;
    let verified = async {
        checked::check_changes(&mut link, kept).await?;
        verify_rows(&mut link, key).await
    }
    .await;
    link.close().await;
    verified
}

/// Verifies the rows as a connection sees them, in a transaction of the caller's: checksums and tally, projections against
/// the events, and what the database itself keeps beside them.
pub(crate) async fn verify_rows<L: Link>(
    link: &mut L,
    key: &RowKey,
) -> Result<RowsReport, StoreError> {
    let rows = checked::verify(link, key).await?;
    let projections = projections::rebuild(link, false).await?;
    if let Some(difference) = projections.differences.first() {
        return Err(StoreError::corrupt(
            "the projections",
            format!(
                "{difference} does not follow from the events: `aftercare projections rebuild` makes them again"
            ),
        ));
    }
    link.check_structure().await?;
    Ok(RowsReport {
        rows,
        cases: projections.cases,
    })
}

/// Names of all blobs that rows refer to.
pub(crate) async fn blob_names<L: Link>(link: &mut L) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT name FROM blobs UNION SELECT blob FROM evidence_blobs WHERE expired_at IS NULL UNION SELECT preview_blob FROM evidence_blobs WHERE preview_blob IS NOT NULL UNION SELECT copy_blob FROM evidence_blobs WHERE copy_blob IS NOT NULL AND expired_at IS NULL UNION SELECT blob FROM listing_photos UNION SELECT blob FROM packing_pieces WHERE expired_at IS NULL UNION SELECT preview_blob FROM packing_pieces WHERE preview_blob IS NOT NULL UNION SELECT copy_blob FROM packing_pieces WHERE copy_blob IS NOT NULL AND expired_at IS NULL";
    let rows = link.read(sql, Vec::new()).await?;
    rows.into_iter().flatten().map(String::from_value).collect()
}

pub(crate) async fn verify_blobs<L: Link>(
    link: &mut L,
    blobs: &BlobDirectory,
) -> Result<u64, StoreError> {
    let mut checked = 0;
    for name in blob_names(link).await? {
        blobs.get(&name)?;
        checked += 1;
    }
    Ok(checked)
}
