//! The one writer: takes units in the order they came and commits many of them in one durable sync.
//! A unit that fails leaves nothing behind and does not touch the others.

use super::projections::{self, project};
use super::statements::upsert;
use super::{
    Backend, Link, first, head_of, jobs, last_event, load_frontier, persons, root_at, shortened,
    webhooks,
};
use crate::directory::{LogSize, Owner};
use crate::error::StoreError;
use crate::limits::{EVENT_BYTES_MAX, UNITS_PER_COMMIT_MAX};
use crate::shredded;
use crate::types::{
    Appended, CaseAppend, Checkpoint, ClaimedDelivery, ClaimedJob, Committed, Elsewhere, Head,
    IdempotencyRecord, JobId, JobKinds, NewJob, NewMessage, Outcome, RebuildReport, Stamped,
    StoredResponse, Unit, Write, committed_bytes,
};
use crate::value::{Column as _, Value};
use aftercare_domain::Timestamp;
use aftercare_ledger::{Frontier, event_leaf, fresh_salt};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// How often the size of the log is written beside the database at most; a size that could not be
/// written at once is written when the writer was idle for as long.
const SIZE_WRITTEN_EVERY: Duration = Duration::from_secs(1);

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// Whose signatures a checkpoint that is kept carries.
#[derive(Clone, Copy)]
pub(crate) enum Signed {
    ByTheLog,
    ByWitnesses,
}

/// What the writer is asked.
pub(crate) enum Request {
    Commit(Box<Unit>, Reply<Outcome>),
    Head(Reply<Head>),
    Checkpoint(Checkpoint, Signed, Reply<()>),
    Stamped(Box<Stamped>, Reply<()>),
    Rebuild(bool, Reply<RebuildReport>),
    ClaimJobs(Timestamp, u32, JobKinds, Reply<Vec<ClaimedJob>>),
    FailJob(JobId, String, Timestamp, Reply<()>),
    SpreadMessages(Timestamp, u32, Reply<u64>),
    ClaimDeliveries(Timestamp, u32, u32, Reply<Vec<ClaimedDelivery>>),
    Stop(oneshot::Sender<()>),
}

/// Why a batch was not committed.
enum Failed {
    /// The database could not be written to at all; no unit was looked at.
    Begin(StoreError),
    /// One of the units, or all of them together: each may be tried alone.
    Units(StoreError),
}

fn answer_all(replies: Vec<Reply<Outcome>>, error: &StoreError) {
    for reply in replies {
        let _ = reply.send(Err(error.clone()));
    }
}

pub(crate) struct Writer<B: Backend> {
    backend: B,
    link: B::Link,
    frontier: Frontier,
    directory: PathBuf,
    /// When the size was last written beside the database, and which.
    size_written: Option<(Instant, u64)>,
    /// Held until the writer stops.
    owner: Owner,
}

impl<B: Backend> Writer<B> {
    pub(super) const fn new(
        backend: B,
        link: B::Link,
        frontier: Frontier,
        directory: PathBuf,
        owner: Owner,
    ) -> Self {
        Self {
            backend,
            link,
            frontier,
            directory,
            size_written: None,
            owner,
        }
    }

    /// Works until everybody who could ask is gone.
    pub(crate) async fn work(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut stopped = None;
        let mut held: Option<Request> = None;
        loop {
            let next = match held.take() {
                Some(request) => Some(request),
                None => self.next(&mut requests).await,
            };
            match next {
                None => break,
                Some(Request::Stop(done)) => {
                    stopped = Some(done);
                    break;
                }
                Some(Request::Commit(unit, reply)) => {
                    let mut batch = vec![(*unit, reply)];
                    while batch.len() < UNITS_PER_COMMIT_MAX {
                        match requests.try_recv() {
                            Ok(Request::Commit(unit, reply)) => batch.push((*unit, reply)),
                            Ok(other) => {
                                held = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.commit(batch).await;
                }
                Some(other) => self.other(other).await,
            }
        }
        self.write_size(true);
        let Self { link, owner, .. } = self;
        link.close().await;
        // Whoever waits for the end may open the directory again at once.
        drop(owner);
        if let Some(done) = stopped {
            let _ = done.send(());
        }
    }

    /// The next request. While nobody asks, the size of the log is brought up to date.
    async fn next(&mut self, requests: &mut mpsc::Receiver<Request>) -> Option<Request> {
        let behind = self
            .size_written
            .is_none_or(|(_, size)| size < self.frontier.size());
        if behind {
            match tokio::time::timeout(SIZE_WRITTEN_EVERY, requests.recv()).await {
                Ok(request) => return request,
                Err(_) => self.write_size(true),
            }
        }
        requests.recv().await
    }

    async fn other(&mut self, request: Request) {
        // A receiver that is gone does not want the answer any more.
        match request {
            Request::Head(reply) => {
                let _ = reply.send(Ok(head_of(&self.frontier)));
            }
            Request::Checkpoint(Checkpoint { size, root, note }, signed, reply) => {
                let insert = match signed {
                    Signed::ByTheLog => {
                        "INSERT INTO checkpoints (size, root, note) VALUES ($1, $2, $3) ON CONFLICT (size) DO NOTHING"
                    }
                    Signed::ByWitnesses => {
                        "INSERT INTO cosigned_checkpoints (size, root, note) VALUES ($1, $2, $3) ON CONFLICT (size) DO NOTHING"
                    }
                };
                let done = self
                    .link
                    .run(
                        insert,
                        vec![size.to_value(), root.to_value(), note.to_value()],
                    )
                    .await
                    .map(|_| ());
                self.mend(&done).await;
                let _ = reply.send(done);
            }
            Request::Stamped(stamped, reply) => {
                let Checkpoint { size, root, note } = &stamped.checkpoint;
                let done = self
                    .link
                    .run(
                        "INSERT INTO timestamps (size, root, note, at, authority, answer) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (size) DO NOTHING",
                        vec![
                            size.to_value(),
                            root.to_value(),
                            note.to_value(),
                            stamped.at.to_value(),
                            stamped.authority.to_value(),
                            stamped.answer.to_value(),
                        ],
                    )
                    .await
                    .map(|_| ());
                self.mend(&done).await;
                let _ = reply.send(done);
            }
            Request::Rebuild(keep, reply) => {
                let _ = reply.send(self.rebuild(keep).await);
            }
            Request::ClaimJobs(now, limit, kinds, reply) => {
                let claimed = jobs::claim(&mut self.link, now, limit, &kinds).await;
                self.mend(&claimed).await;
                let _ = reply.send(claimed);
            }
            Request::FailJob(id, error, now, reply) => {
                let failed = jobs::fail(&mut self.link, id, &error, now).await;
                self.mend(&failed).await;
                let _ = reply.send(failed);
            }
            Request::SpreadMessages(now, limit, reply) => {
                let _ = reply.send(self.spread(now, limit).await);
            }
            Request::ClaimDeliveries(now, limit, to_one, reply) => {
                let claimed = webhooks::claim(&mut self.link, now, limit, to_one).await;
                self.mend(&claimed).await;
                let _ = reply.send(claimed);
            }
            Request::Commit(..) | Request::Stop(_) => {}
        }
    }

    /// Commits a batch; when the batch as a whole cannot be committed, each unit gets its own try, so
    /// that one that the database refuses does not take the others with it.
    async fn commit(&mut self, batch: Vec<(Unit, Reply<Outcome>)>) {
        let (units, replies): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        match self.try_commit(&units).await {
            Ok(outcomes) => {
                for (reply, outcome) in replies.into_iter().zip(outcomes) {
                    let _ = reply.send(outcome);
                }
            }
            // A transaction that cannot even begin is no unit's fault: asking again for each would
            // only wait as often.
            Err(Failed::Begin(error)) => answer_all(replies, &error),
            Err(Failed::Units(error)) if units.len() == 1 => answer_all(replies, &error),
            Err(Failed::Units(_)) => {
                for (unit, reply) in units.into_iter().zip(replies) {
                    let outcome = match self.try_commit(std::slice::from_ref(&unit)).await {
                        Ok(mut outcomes) => outcomes.pop().unwrap_or_else(|| {
                            Err(StoreError::Other("a unit without an outcome".to_owned()))
                        }),
                        Err(Failed::Begin(error) | Failed::Units(error)) => Err(error),
                    };
                    let _ = reply.send(outcome);
                }
            }
        }
        self.write_size(false);
    }

    async fn try_commit(
        &mut self,
        units: &[Unit],
    ) -> Result<Vec<Result<Outcome, StoreError>>, Failed> {
        self.begin().await.map_err(Failed::Begin)?;
        let mut frontier = self.frontier.clone();
        let mut outcomes = Vec::with_capacity(units.len());
        for unit in units {
            match self.apply(unit, &mut frontier).await {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => {
                    self.roll_back().await;
                    return Err(Failed::Units(error));
                }
            }
        }
        let told = changes(units, &outcomes);
        if let Err(error) = self.backend.tell(&mut self.link, &told).await {
            self.roll_back().await;
            return Err(Failed::Units(error));
        }
        if let Err(error) = self.link.run("COMMIT", Vec::new()).await {
            self.roll_back().await;
            return if self.was_committed(&frontier).await.map_err(Failed::Begin)? {
                self.list_shredded(units, &outcomes);
                Ok(outcomes)
            } else {
                Err(Failed::Units(error))
            };
        }
        self.frontier = frontier;
        self.list_shredded(units, &outcomes);
        Ok(outcomes)
    }

    /// Writes down outside the database whose keys were destroyed, before anybody is told that they are. Where that fails
    /// the list is made whole at the next start.
    fn list_shredded(&self, units: &[Unit], outcomes: &[Result<Outcome, StoreError>]) {
        let done = units
            .iter()
            .zip(outcomes)
            .filter(|(_, outcome)| matches!(outcome, Ok(Outcome::Committed(_))))
            .flat_map(|(unit, _)| &unit.writes)
            .filter_map(|write| match write {
                Write::ShredPerson { person, at } => Some((*person, *at)),
                _ => None,
            })
            .collect::<Vec<_>>();
        if !done.is_empty()
            && let Err(error) = shredded::add(&self.directory, done)
        {
            tracing::error!(%error, "the list of destroyed people could not be written");
        }
    }

    /// Begins a transaction on a log whose end is known.
    async fn begin(&mut self) -> Result<(), StoreError> {
        if let Err(error) = self.link.begin().await {
            if !B::SHARED {
                return Err(error);
            }
            // The server may have been started again since.
            self.link = self.backend.writer().await?;
            self.link.begin().await?;
        }
        if B::SHARED
            && let Err(error) = self.catch_up().await
        {
            self.roll_back().await;
            return Err(error);
        }
        Ok(())
    }

    /// Takes note of what other processes appended.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        let size = last_event(&mut self.link).await?;
        match size.cmp(&self.frontier.size()) {
            Ordering::Equal => {}
            Ordering::Greater => self.frontier = load_frontier(&mut self.link).await?,
            Ordering::Less => return Err(shortened(self.frontier.size(), size)),
        }
        Ok(())
    }

    /// A database may roll back by itself after some errors; a second rollback is then refused and that is fine.
    async fn roll_back(&mut self) {
        let _ = self.link.run("ROLLBACK", Vec::new()).await;
    }

    /// After a commit that failed: an error does not always say whether the commit happened, only the database knows.
    /// Every salt is fresh, so nothing else has this root: where the log has it, these events are there, and telling
    /// their authors to try again would do their acts twice.
    async fn was_committed(&mut self, tried: &Frontier) -> Result<bool, StoreError> {
        let before = self.frontier.size();
        if B::SHARED {
            // Waits for the transaction that was lost, if it still goes on.
            self.begin().await?;
        } else {
            self.frontier = load_frontier(&mut self.link).await?;
        }
        let there = tried.size() > before && tried.size() <= self.frontier.size();
        let root = if there {
            root_at(&mut self.link, tried.size()).await.map(Some)
        } else {
            Ok(None)
        };
        if B::SHARED {
            self.roll_back().await;
        }
        Ok(root? == Some(tried.root()))
    }

    /// A connection that failed is replaced: the server may have been started again since.
    async fn mend<T>(&mut self, done: &Result<T, StoreError>) {
        if B::SHARED
            && done.is_err()
            && let Ok(link) = self.backend.writer().await
        {
            self.link = link;
        }
    }

    /// In a transaction: a message that is marked as handed out was handed to everybody.
    async fn spread(&mut self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.begin().await?;
        let mut spread = webhooks::spread(&mut self.link, now, limit).await;
        if spread.is_ok()
            && let Err(error) = self.link.run("COMMIT", Vec::new()).await
        {
            spread = Err(error);
        }
        if spread.is_err() {
            self.roll_back().await;
        }
        spread
    }

    async fn rebuild(&mut self, keep: bool) -> Result<RebuildReport, StoreError> {
        self.begin().await?;
        let mut report = projections::rebuild(&mut self.link, keep).await;
        if report.is_ok()
            && let Err(error) = self.link.run("COMMIT", Vec::new()).await
        {
            report = Err(error);
        }
        if report.is_err() {
            // Also after a commit that failed: a transaction left open would refuse every later one.
            self.roll_back().await;
        }
        report
    }

    /// Applies one unit in a savepoint. The outer error ends the transaction, the inner one is the
    /// unit's own and leaves the others alone.
    async fn apply(
        &mut self,
        unit: &Unit,
        frontier: &mut Frontier,
    ) -> Result<Result<Outcome, StoreError>, StoreError> {
        let link = &mut self.link;
        link.run("SAVEPOINT unit", Vec::new()).await?;
        let mut trial = frontier.clone();
        match apply_unit(link, unit, &mut trial).await {
            Ok(outcome) => {
                link.run("RELEASE unit", Vec::new()).await?;
                *frontier = trial;
                Ok(Ok(outcome))
            }
            Err(
                error @ (StoreError::Conflict { .. }
                | StoreError::IdempotencyMismatch
                | StoreError::Used
                | StoreError::NotLeft
                | StoreError::NotFound(_)
                | StoreError::Unique(_)),
            ) => {
                link.run("ROLLBACK TO unit", Vec::new()).await?;
                link.run("RELEASE unit", Vec::new()).await?;
                Ok(Err(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Writes the size of the log beside the database; unless `now`, at most once in a while. What
    /// was committed is safe without it: it only shows later that nothing was taken away.
    fn write_size(&mut self, now: bool) {
        let recent = self
            .size_written
            .is_some_and(|(written, _)| written.elapsed() < SIZE_WRITTEN_EVERY);
        if recent && !now {
            return;
        }
        let head = head_of(&self.frontier);
        let size = LogSize {
            size: head.size,
            root: head.root,
        };
        let written = if B::SHARED {
            size.write_if_larger(&self.directory)
        } else {
            size.write(&self.directory)
        };
        match written {
            Ok(()) => self.size_written = Some((Instant::now(), head.size)),
            Err(error) => {
                tracing::warn!(%error, "the size of the log could not be written beside the database");
            }
        }
    }
}

/// What committed units change of what other processes keep in memory, each once.
fn changes(units: &[Unit], outcomes: &[Result<Outcome, StoreError>]) -> Vec<Elsewhere> {
    let mut changes = Vec::new();
    for (unit, outcome) in units.iter().zip(outcomes) {
        if !matches!(outcome, Ok(Outcome::Committed(_))) {
            continue;
        }
        if let Some(append) = &unit.case
            && let Some(opened) = &append.after.opened
        {
            changes.push(Elsewhere::Case {
                tenant: opened.tenant,
                case: append.case_id,
            });
        }
        changes.extend(unit.writes.iter().filter_map(|write| match write {
            Write::Fingerprint(row) => Some(Elsewhere::Case {
                tenant: row.tenant,
                case: row.case,
            }),
            Write::ListingPhoto(_)
            | Write::ShredPerson { .. }
            | Write::Technician(_)
            | Write::Outlet(_)
            // A new one, or its settings, which say what visits need.
            | Write::Tenant(_) => Some(Elsewhere::Anything),
            Write::User(row) => row.technician.map(|_| Elsewhere::Anything),
            _ => None,
        }));
    }
    let mut seen = HashSet::new();
    changes.retain(|change| seen.insert(*change));
    changes
}

async fn apply_unit<L: Link>(
    link: &mut L,
    unit: &Unit,
    frontier: &mut Frontier,
) -> Result<Outcome, StoreError> {
    if let Some(request) = &unit.idempotency {
        if let Some(stored) = idempotent(link, &request.scope, &request.key).await? {
            if stored.body_hash != request.body_hash {
                return Err(StoreError::IdempotencyMismatch);
            }
            return Ok(Outcome::Replayed(stored));
        }
        keep_answer(link, request).await?;
    }
    if let Some(job) = unit.complete_job {
        jobs::complete(link, job).await?;
    }
    for write in &unit.writes {
        apply_write(link, write).await?;
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
        committed.audit_leaves.push(Appended::new(seq, leaf));
    }
    for job in &unit.jobs {
        insert_job(link, job).await?;
    }
    let at = unit
        .case
        .as_ref()
        .map_or(Timestamp(0), |append| append.after.last_at);
    for message in &unit.outbox {
        insert_message(link, message, at).await?;
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

async fn keep_answer<L: Link>(link: &mut L, request: &IdempotencyRecord) -> Result<(), StoreError> {
    link.run(
        "INSERT INTO idempotency (scope, key, body_hash, status, body, at) VALUES ($1, $2, $3, $4, $5, $6)",
        vec![
            request.scope.to_value(),
            request.key.to_value(),
            request.body_hash.to_value(),
            request.status.to_value(),
            request.body.to_value(),
            request.at.to_value(),
        ],
    )
    .await?;
    Ok(())
}

async fn insert_job<L: Link>(link: &mut L, job: &NewJob) -> Result<(), StoreError> {
    link.run(
        "INSERT INTO jobs (kind, payload, run_at, attempts, unique_key) VALUES ($1, $2, $3, 0, $4) ON CONFLICT (unique_key) DO NOTHING",
        vec![
            job.kind.to_value(),
            job.payload.to_value(),
            job.run_at.to_value(),
            job.unique_key.to_value(),
        ],
    )
    .await?;
    Ok(())
}

async fn insert_message<L: Link>(
    link: &mut L,
    message: &NewMessage,
    at: Timestamp,
) -> Result<(), StoreError> {
    link.run(
        "INSERT INTO outbox (tenant, topic, payload, created_at) VALUES ($1, $2, $3, $4)",
        vec![
            message.tenant.to_value(),
            message.topic.to_value(),
            message.payload.to_value(),
            at.to_value(),
        ],
    )
    .await?;
    Ok(())
}

async fn apply_write<L: Link>(link: &mut L, write: &Write) -> Result<(), StoreError> {
    match write {
        Write::Tenant(row) => upsert(link, row).await,
        Write::User(row) => upsert(link, row).await,
        Write::Session(row) => upsert(link, row).await,
        Write::ApiToken(row) => upsert(link, row).await,
        Write::OneTimeLink(row) => upsert(link, row).await,
        Write::Person(row) => upsert(link, row).await,
        Write::CaseKey(row) => upsert(link, row).await,
        Write::CaseAccess(row) => upsert(link, row).await,
        Write::Product(row) => upsert(link, row).await,
        Write::Sku(row) => upsert(link, row).await,
        Write::ListingPhoto(row) => upsert(link, row).await,
        Write::Order(row) => upsert(link, row).await,
        Write::OrderLine(row) => upsert(link, row).await,
        Write::Price(row) => upsert(link, row).await,
        Write::RulePack(row) => upsert(link, row).await,
        Write::Outlet(row) => upsert(link, row).await,
        Write::Technician(row) => upsert(link, row).await,
        Write::EvidenceBlob(row) => upsert(link, row).await,
        Write::Fingerprint(row) => upsert(link, row).await,
        Write::Blob(row) => upsert(link, row).await,
        Write::Webhook(row) => upsert(link, row).await,
        Write::DisableWebhook { .. }
        | Write::EnableWebhook(_)
        | Write::WebhookWorks(_)
        | Write::WebhookFails { .. }
        | Write::Deliver { .. }
        | Write::Attempted { .. }
        | Write::RemoveOld { .. } => webhooks::change(link, write).await,
        Write::PersonPlace { .. } | Write::ShredPerson { .. } => persons::change(link, write).await,
        other => change(link, other).await,
    }
}

/// Changes that are less than a whole row.
async fn change<L: Link>(link: &mut L, write: &Write) -> Result<(), StoreError> {
    let (sql, values) = match write {
        Write::DeleteSession(hash) => (
            "DELETE FROM sessions WHERE token_hash = $1",
            vec![hash.to_value()],
        ),
        Write::RemoveDraftPack {
            tenant,
            pack,
            version,
        } => (
            "DELETE FROM rule_packs WHERE tenant = $1 AND pack = $2 AND version = $3 AND published IS NULL",
            vec![tenant.to_value(), pack.to_value(), version.to_value()],
        ),
        Write::DeleteUserSessions(user) => (
            "DELETE FROM sessions WHERE \"user\" = $1",
            vec![user.to_value()],
        ),
        Write::DeleteCaseSessions(case) => (
            "DELETE FROM sessions WHERE \"case\" = $1",
            vec![case.to_value()],
        ),
        Write::TouchSession { token_hash, at } => (
            "UPDATE sessions SET last_seen_at = $2 WHERE token_hash = $1",
            vec![token_hash.to_value(), at.to_value()],
        ),
        Write::RemoveExpiredSessions { now } => (
            "DELETE FROM sessions WHERE expires_at <= $1",
            vec![now.to_value()],
        ),
        Write::RemoveExpiredFingerprints { now, most } => (
            "DELETE FROM fingerprints WHERE evidence IN (SELECT evidence FROM fingerprints WHERE expires_at <= $1 ORDER BY expires_at, evidence LIMIT $2)",
            vec![now.to_value(), most.to_value()],
        ),
        Write::RetireListingPhotos { product, at } => (
            "UPDATE listing_photos SET retired_at = $2 WHERE product = $1 AND retired_at IS NULL",
            vec![product.to_value(), at.to_value()],
        ),
        Write::UseOneTimeLink { token_hash, at } => {
            let used = link.run(
                "UPDATE one_time_links SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL",
                vec![token_hash.to_value(), at.to_value()],
            )
            .await?;
            return if used == 1 {
                Ok(())
            } else {
                Err(StoreError::Used)
            };
        }
        Write::AddRefunded { line, amount } => {
            let touched = link.run(
                "UPDATE order_lines SET refunded_fen = refunded_fen + $2 WHERE id = $1 AND $2 >= 0 AND refunded_fen + $2 <= paid_fen",
                vec![line.to_value(), amount.to_value()],
            )
            .await?;
            return if touched == 1 {
                Ok(())
            } else {
                Err(StoreError::NotLeft)
            };
        }
        Write::ReleaseRefund { line, amount } => {
            let touched = link.run(
                "UPDATE order_lines SET refunded_fen = refunded_fen - $2 WHERE id = $1 AND $2 >= 0 AND refunded_fen >= $2",
                vec![line.to_value(), amount.to_value()],
            )
            .await?;
            return if touched == 1 {
                Ok(())
            } else {
                Err(StoreError::NotFound("order line with that much counted"))
            };
        }
        _ => return Ok(()),
    };
    link.run(sql, values).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Reply, Request, Unit};
    use crate::error::StoreError;
    use crate::sql::{Link as _, verify};
    use crate::sqlite::{Sqlite, open_writer};
    use crate::types::Outcome;
    use aftercare_domain::actor::Actor;
    use aftercare_domain::audit::{AuditBody, AuditEvent};
    use aftercare_domain::ids::TenantId;
    use aftercare_domain::time::Timestamp;
    use std::path::Path;
    use tokio::sync::{mpsc, oneshot};
    use uuid::Uuid;

    type Writer = super::Writer<Sqlite>;

    fn unit(bytes: usize) -> Unit {
        Unit {
            audit: vec![AuditEvent {
                at: Timestamp(0),
                by: Actor::System,
                tenant: TenantId(Uuid::nil()),
                body: AuditBody::SettingChanged {
                    name: "x".repeat(bytes),
                },
            }],
            ..Unit::default()
        }
    }

    async fn commit(writer: &mut Writer, units: Vec<Unit>) -> Vec<Result<Outcome, StoreError>> {
        let (batch, answers): (Vec<(Unit, Reply<Outcome>)>, Vec<_>) = units
            .into_iter()
            .map(|unit| {
                let (reply, answer) = oneshot::channel();
                ((unit, reply), answer)
            })
            .unzip();
        writer.commit(batch).await;
        let mut outcomes = Vec::new();
        for answer in answers {
            outcomes.push(answer.await.expect("an answer"));
        }
        outcomes
    }

    async fn pages(writer: &mut Writer, limit: u64) {
        let sql = format!("PRAGMA max_page_count = {limit}");
        writer.link.read(sql, Vec::new()).await.expect("a limit");
    }

    async fn open(directory: &Path) -> Writer {
        open_writer(directory).await.expect("a writer")
    }

    /// The database's own limit gives the error of a full disk.
    #[tokio::test]
    async fn a_full_database_refuses_in_words_and_goes_on_when_there_is_room() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut writer = open(directory.path()).await;
        commit(&mut writer, vec![unit(10)]).await;
        pages(&mut writer, 150).await;
        let outcomes = commit(&mut writer, vec![unit(10), unit(900_000), unit(20)]).await;
        assert!(outcomes[0].is_ok(), "the small one fits: {outcomes:?}");
        assert_eq!(outcomes[1], Err(StoreError::Full));
        assert!(outcomes[2].is_ok(), "the one after it fits: {outcomes:?}");
        assert_eq!(
            commit(&mut writer, vec![unit(900_000)]).await,
            vec![Err(StoreError::Full)]
        );
        pages(&mut writer, 1_000_000).await;
        assert!(commit(&mut writer, vec![unit(900_000)]).await[0].is_ok());
        assert_eq!(writer.frontier.size(), 4);
        let report = verify::verify_log(&writer.backend, directory.path(), &[]).await;
        assert_eq!(report.map(|report| report.events), Ok(4));
    }

    /// After a commit whose end is not known, the database says where the log stands.
    #[tokio::test]
    async fn a_failed_commit_takes_the_size_from_the_database() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut writer = open(directory.path()).await;
        commit(&mut writer, vec![unit(1), unit(2)]).await;
        // A constraint that is looked at only when the transaction ends.
        for sql in [
            "CREATE TABLE late (id BLOB REFERENCES tenants (id) DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TRIGGER late AFTER INSERT ON events BEGIN INSERT INTO late VALUES (x'01'); END",
        ] {
            writer.link.run(sql, Vec::new()).await.expect("a statement");
        }
        assert!(commit(&mut writer, vec![unit(3)]).await[0].is_err());
        assert_eq!(writer.frontier.size(), 2);
        writer
            .link
            .run("DROP TRIGGER late", Vec::new())
            .await
            .expect("a statement");
        assert!(commit(&mut writer, vec![unit(4)]).await[0].is_ok());
        assert_eq!(writer.frontier.size(), 3);
    }

    /// Units that wait together share one durable sync.
    #[tokio::test]
    async fn what_waits_together_is_committed_together() {
        let directory = tempfile::tempdir().expect("a directory");
        let writer = open(directory.path()).await;
        let (sender, receiver) = mpsc::channel(100);
        let mut answers = Vec::new();
        for _ in 0..50 {
            let (reply, answer) = oneshot::channel();
            let request = Request::Commit(Box::new(unit(1)), reply);
            sender.send(request).await.expect("the writer listens");
            answers.push(answer);
        }
        let working = tokio::spawn(writer.work(receiver));
        for (expected, answer) in (1..).zip(answers) {
            let outcome = answer.await.expect("an answer").expect("committed");
            let Outcome::Committed(committed) = outcome else {
                panic!("nothing was asked before");
            };
            assert_eq!(
                committed.audit_leaves[0].seq(),
                expected,
                "in the order they came"
            );
        }
        drop(sender);
        working.await.expect("the writer ends");
    }
}
