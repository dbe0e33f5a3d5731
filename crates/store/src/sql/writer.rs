//! The one writer: takes units in the order they came and commits many of them in one durable sync.
//! A unit that fails leaves nothing behind and does not touch the others.

use super::apply::apply_unit;
use super::checked::{self, Rows};
use super::projections;
use super::{Backend, Link, head_of, jobs, keys, load_frontier, root_at, shortened, webhooks};
use crate::directory::{LogSize, Owner};
use crate::error::StoreError;
use crate::limits::UNITS_PER_COMMIT_MAX;
use crate::shredded::{self, Gone};
use crate::types::{
    Checkpoint, ClaimedDelivery, ClaimedJob, Elsewhere, Head, JobId, JobKinds, KeptKey, Outcome,
    RebuildReport, Stamped, Unit, Write,
};
use crate::value::{Column as _, Value};
use aftercare_domain::Timestamp;
use aftercare_ledger::Frontier;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

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
    FailJob(JobId, u32, String, Timestamp, Reply<()>),
    SpreadMessages(Timestamp, u32, Reply<u64>),
    ClaimDeliveries(Timestamp, u32, u32, Reply<Vec<ClaimedDelivery>>),
    KeepRewrapped(Vec<(KeptKey, Vec<u8>)>, Reply<u64>),
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

/// What the next transaction goes on from: the end of the log, and the tally of the rows.
#[derive(Clone)]
pub(crate) struct Tip {
    pub(crate) frontier: Frontier,
    pub(crate) rows: Rows,
}

impl Tip {
    /// What is kept of it outside the database.
    fn size(&self) -> LogSize {
        let head = head_of(&self.frontier);
        LogSize {
            size: head.size,
            root: head.root,
            changes: self.rows.changes(),
        }
    }
}

pub(crate) struct Writer<B: Backend> {
    backend: B,
    link: B::Link,
    tip: Tip,
    directory: PathBuf,
    /// When the size was last written beside the database, and which.
    size_written: Option<(Instant, LogSize)>,
    /// Whether what was overwritten may still lie in the database's own log of writes.
    to_forget: bool,
    /// Held until the writer stops.
    owner: Owner,
}

impl<B: Backend> Writer<B> {
    pub(super) const fn new(
        backend: B,
        link: B::Link,
        tip: Tip,
        directory: PathBuf,
        owner: Owner,
    ) -> Self {
        Self {
            backend,
            link,
            tip,
            directory,
            size_written: None,
            // Whoever wrote before may have been killed.
            to_forget: true,
            owner,
        }
    }

    /// Works until everybody who could ask is gone.
    pub(crate) async fn work(mut self, mut requests: mpsc::Receiver<Request>) {
        self.forget().await;
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
        self.forget().await;
        self.write_size(true);
        let Self { link, owner, .. } = self;
        link.close().await;
        // Whoever waits for the end may open the directory again at once.
        drop(owner);
        if let Some(done) = stopped {
            let _ = done.send(());
        }
    }

    /// The next request. Once it was time, the size of the log is brought up to date, also while there are requests that
    /// write nothing: a server looks for due jobs more often than that.
    async fn next(&mut self, requests: &mut mpsc::Receiver<Request>) -> Option<Request> {
        let mut behind = self
            .size_written
            .is_none_or(|(_, size)| size != self.tip.size());
        while behind || self.to_forget {
            let left = match self.size_written {
                Some((written, _)) if behind => {
                    SIZE_WRITTEN_EVERY.saturating_sub(written.elapsed())
                }
                _ => SIZE_WRITTEN_EVERY,
            };
            match tokio::time::timeout(left, requests.recv()).await {
                Ok(request) => return request,
                Err(_) => {
                    if behind {
                        self.write_size(true);
                        behind = false;
                    }
                    self.forget().await;
                }
            }
        }
        requests.recv().await
    }

    async fn other(&mut self, request: Request) {
        // A receiver that is gone does not want the answer any more.
        match request {
            Request::Head(reply) => {
                let _ = reply.send(Ok(head_of(&self.tip.frontier)));
            }
            Request::Checkpoint(Checkpoint { size, root, note }, signed, reply) => {
                let table = match signed {
                    Signed::ByTheLog => "checkpoints",
                    Signed::ByWitnesses => "cosigned_checkpoints",
                };
                let done = self
                    .keep(
                        table,
                        &["size", "root", "note"],
                        vec![size.to_value(), root.to_value(), note.to_value()],
                    )
                    .await;
                let _ = reply.send(done);
            }
            Request::Stamped(stamped, reply) => {
                let Checkpoint { size, root, note } = &stamped.checkpoint;
                let done = self
                    .keep(
                        "timestamps",
                        &["size", "root", "note", "at", "authority", "answer"],
                        vec![
                            size.to_value(),
                            root.to_value(),
                            note.to_value(),
                            stamped.at.to_value(),
                            stamped.authority.to_value(),
                            stamped.answer.to_value(),
                        ],
                    )
                    .await;
                let _ = reply.send(done);
            }
            Request::Rebuild(keep, reply) => {
                let report = match self.begin().await {
                    Ok(rows) => {
                        let report = projections::rebuild(&mut self.link, keep).await;
                        self.end(report, rows).await
                    }
                    Err(error) => Err(error),
                };
                let _ = reply.send(report);
            }
            Request::ClaimJobs(now, limit, kinds, reply) => {
                let claimed = match self.begin().await {
                    Ok(mut rows) => {
                        let claimed =
                            jobs::claim(&mut self.link, &mut rows, now, limit, &kinds).await;
                        self.end(claimed, rows).await
                    }
                    Err(error) => Err(error),
                };
                let _ = reply.send(claimed);
            }
            Request::FailJob(id, attempts, error, now, reply) => {
                let failed = match self.begin().await {
                    Ok(mut rows) => {
                        let failed =
                            jobs::fail(&mut self.link, &mut rows, id, attempts, &error, now).await;
                        self.end(failed, rows).await
                    }
                    Err(error) => Err(error),
                };
                let _ = reply.send(failed);
            }
            Request::SpreadMessages(now, limit, reply) => {
                // In a transaction: a message that is marked as handed out was handed to everybody.
                let spread = match self.begin().await {
                    Ok(mut rows) => {
                        let spread = webhooks::spread(&mut self.link, &mut rows, now, limit).await;
                        self.end(spread, rows).await
                    }
                    Err(error) => Err(error),
                };
                let _ = reply.send(spread);
            }
            Request::ClaimDeliveries(now, limit, to_one, reply) => {
                let claimed = match self.begin().await {
                    Ok(mut rows) => {
                        let claimed =
                            webhooks::claim(&mut self.link, &mut rows, now, limit, to_one).await;
                        self.end(claimed, rows).await
                    }
                    Err(error) => Err(error),
                };
                let _ = reply.send(claimed);
            }
            Request::KeepRewrapped(rewrapped, reply) => {
                let kept = match self.begin().await {
                    Ok(mut rows) => {
                        let kept = keys::keep(&mut self.link, &mut rows, rewrapped).await;
                        self.end(kept, rows).await
                    }
                    Err(error) => Err(error),
                };
                self.write_size(false);
                let _ = reply.send(kept);
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
        let mut tip = self.tip.clone();
        let mut outcomes = Vec::with_capacity(units.len());
        for unit in units {
            match self.apply(unit, &mut tip).await {
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
        if let Err(error) = tip.rows.save(&mut self.link, &self.tip.rows).await {
            self.roll_back().await;
            self.reload_rows().await;
            return Err(Failed::Units(error));
        }
        let destroyed = destroyed(units, &outcomes);
        let listed = match self.list(&destroyed) {
            Ok(listed) => listed,
            Err(error) => {
                self.roll_back().await;
                return Err(Failed::Units(error));
            }
        };
        if let Err(error) = self.link.run("COMMIT", Vec::new()).await {
            self.roll_back().await;
            // Where that cannot be told, they stay on the list: the next start looks who is still there.
            if !self
                .was_committed(&tip.frontier)
                .await
                .map_err(Failed::Begin)?
            {
                self.take_back(&listed);
                return Err(Failed::Units(error));
            }
        } else {
            self.tip = tip;
        }
        if !destroyed.is_empty() {
            self.to_forget = true;
            self.forget().await;
        }
        Ok(outcomes)
    }

    /// Writes down outside the database what a transaction is about to destroy, and says what was not written down yet.
    /// Done before its end: what was acknowledged is on the list, so that no backup that is put back undoes it. A process
    /// that dies in between leaves it on the list, and the next start carries the destruction out.
    fn list(&self, destroyed: &[(Gone, Timestamp)]) -> Result<Vec<Gone>, StoreError> {
        if destroyed.is_empty() {
            return Ok(Vec::new());
        }
        shredded::enter(&self.directory, destroyed).map_err(|error| match error {
            StoreError::Full => StoreError::Full,
            error => StoreError::Directory(format!(
                "nothing was destroyed: the list of what is, {}, cannot be written: {error}",
                self.directory.join(shredded::SHREDDED_FILE).display()
            )),
        })
    }

    fn take_back(&self, listed: &[Gone]) {
        if !listed.is_empty()
            && let Err(error) = shredded::take_back(&self.directory, listed)
        {
            tracing::error!(%error, "what was not destroyed could not be taken off the list of what was: the next start destroys it, as was asked for");
        }
    }

    /// Takes what was overwritten out of the database's own log of writes, where a destroyed key still lies. What fails is
    /// tried again, each second while there is nothing else to do, and at the next start.
    async fn forget(&mut self) {
        if self.to_forget {
            match self.link.forget().await {
                Ok(done) => self.to_forget = !done,
                Err(error) => {
                    tracing::error!(%error, "destroyed keys could not be taken out of the log of writes");
                }
            }
        }
    }

    /// Begins a transaction on a log whose end is known; gives the tally to go on from.
    async fn begin(&mut self) -> Result<Rows, StoreError> {
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
        Ok(self.tip.rows.clone())
    }

    /// Ends a transaction: with what was done in it and the tally after it, or, after an error, with nothing.
    async fn end<T>(
        &mut self,
        done: Result<T, StoreError>,
        mut rows: Rows,
    ) -> Result<T, StoreError> {
        let mut done = done;
        if done.is_ok()
            && let Err(error) = rows.save(&mut self.link, &self.tip.rows).await
        {
            done = Err(error);
        }
        if done.is_ok()
            && let Err(error) = self.link.run("COMMIT", Vec::new()).await
        {
            done = Err(error);
        }
        if done.is_ok() {
            self.tip.rows = rows;
        } else {
            // Also after a commit that failed: a transaction left open would refuse every later one.
            self.roll_back().await;
            self.reload_rows().await;
        }
        done
    }

    /// Takes up the tally as it stands, where no other process writes; elsewhere every transaction does. One that cannot be
    /// read is not taken up, and what comes next is refused again.
    async fn reload_rows(&mut self) {
        if !B::SHARED
            && let Ok(rows) = Rows::load(&mut self.link, self.tip.rows.key()).await
        {
            self.tip.rows = rows;
        }
    }

    /// Keeps a row that is never changed, unless one with its key is there.
    async fn keep(
        &mut self,
        table: &str,
        columns: &[&str],
        values: Vec<Value>,
    ) -> Result<(), StoreError> {
        let mut rows = self.begin().await?;
        let otherwise = "ON CONFLICT (size) DO NOTHING";
        let done = rows
            .insert(&mut self.link, table, columns, values, otherwise)
            .await;
        self.end(done.map(|_| ()), rows).await
    }

    /// Takes note of what other processes appended.
    async fn catch_up(&mut self) -> Result<(), StoreError> {
        let (size, changes) = checked::ends(&mut self.link).await?;
        match size.cmp(&self.tip.frontier.size()) {
            Ordering::Equal => {}
            Ordering::Greater => self.tip.frontier = load_frontier(&mut self.link).await?,
            Ordering::Less => return Err(shortened(self.tip.frontier.size(), size)),
        }
        match changes.cmp(&self.tip.rows.changes()) {
            Ordering::Equal => {}
            Ordering::Greater => {
                self.tip.rows = Rows::load(&mut self.link, self.tip.rows.key()).await?;
            }
            Ordering::Less => return Err(checked::set_back(self.tip.rows.changes(), changes)),
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
        let before = self.tip.frontier.size();
        if B::SHARED {
            // Waits for the transaction that was lost, if it still goes on.
            self.begin().await?;
        } else {
            self.tip.frontier = load_frontier(&mut self.link).await?;
            self.tip.rows = Rows::load(&mut self.link, self.tip.rows.key()).await?;
        }
        let there = tried.size() > before && tried.size() <= self.tip.frontier.size();
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

    /// Applies one unit in a savepoint. The outer error ends the transaction, the inner one is the
    /// unit's own and leaves the others alone.
    async fn apply(
        &mut self,
        unit: &Unit,
        tip: &mut Tip,
    ) -> Result<Result<Outcome, StoreError>, StoreError> {
        let link = &mut self.link;
        link.run("SAVEPOINT unit", Vec::new()).await?;
        let mut trial = tip.clone();
        match apply_unit(link, unit, &mut trial).await {
            Ok(outcome) => {
                link.run("RELEASE unit", Vec::new()).await?;
                *tip = trial;
                Ok(Ok(outcome))
            }
            Err(
                error @ (StoreError::Conflict { .. }
                | StoreError::IdempotencyMismatch
                | StoreError::Used
                | StoreError::StaleKey
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
        let size = self.tip.size();
        let written = if B::SHARED {
            size.write_if_larger(&self.directory)
        } else {
            size.write(&self.directory)
        };
        match written {
            Ok(()) => self.size_written = Some((Instant::now(), size)),
            Err(error) => {
                tracing::warn!(%error, "the size of the log could not be written beside the database");
            }
        }
    }
}

/// What units destroy for good.
fn destroyed(units: &[Unit], outcomes: &[Result<Outcome, StoreError>]) -> Vec<(Gone, Timestamp)> {
    units
        .iter()
        .zip(outcomes)
        .filter(|(_, outcome)| matches!(outcome, Ok(Outcome::Committed(_))))
        .flat_map(|(unit, _)| &unit.writes)
        .filter_map(|write| match write {
            Write::ShredPerson { person, at } | Write::ExpirePerson { person, at, .. } => {
                Some((Gone::Person(*person), *at))
            }
            Write::EndCase { case, part, at, .. } => Some((Gone::Case(*case, *part), *at)),
            _ => None,
        })
        .collect()
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
            | Write::ExpirePerson { .. }
            | Write::EndCase { .. } => Some(Elsewhere::Anything),
            Write::Technician(_)
            | Write::Outlet(_)
            // A new one, or its settings, which say what visits need.
            | Write::Tenant(_) => Some(Elsewhere::Staff),
            Write::User(row) => row.technician.map(|_| Elsewhere::Staff),
            _ => None,
        }));
    }
    let mut seen = HashSet::new();
    changes.retain(|change| seen.insert(*change));
    changes
}

#[cfg(test)]
mod tests {
    use super::{Reply, Request, Unit};
    use crate::error::StoreError;
    use crate::shredded::{self, Gone};
    use crate::sql::{Link as _, verify};
    use crate::sqlite::{Sqlite, open_writer};
    use crate::types::{Outcome, Write};
    use crate::value::Value;
    use aftercare_domain::actor::Actor;
    use aftercare_domain::audit::{AuditBody, AuditEvent};
    use aftercare_domain::ids::{PersonId, TenantId};
    use aftercare_domain::time::Timestamp;
    use aftercare_vault::RowKey;
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
        open_writer(directory, &RowKey::generate().expect("a key"))
            .await
            .expect("a writer")
    }

    /// FULL: the log of writes is synced before a commit is acknowledged.
    #[tokio::test]
    async fn the_connection_that_writes_syncs_each_commit() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut writer = open(directory.path()).await;
        for (pragma, expected) in [
            ("synchronous", Value::Int(2)),
            ("journal_mode", Value::Text("wal".to_owned())),
            ("secure_delete", Value::Int(1)),
        ] {
            let answer = writer.link.read(format!("PRAGMA {pragma}"), Vec::new());
            assert_eq!(
                super::super::first(answer.await.expect("an answer")),
                expected
            );
        }
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
        assert_eq!(writer.tip.frontier.size(), 4);
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
        assert_eq!(writer.tip.frontier.size(), 2);
        writer
            .link
            .run("DROP TRIGGER late", Vec::new())
            .await
            .expect("a statement");
        assert!(commit(&mut writer, vec![unit(4)]).await[0].is_ok());
        assert_eq!(writer.tip.frontier.size(), 3);
    }

    /// A unit that destroys somebody, with its event.
    fn shred(number: u128) -> Unit {
        Unit {
            writes: vec![Write::ShredPerson {
                person: PersonId(Uuid::from_u128(number)),
                at: Timestamp(7),
            }],
            ..unit(1)
        }
    }

    fn listed(directory: &Path) -> Vec<u128> {
        let list = shredded::read(&directory.join(shredded::SHREDDED_FILE)).expect("a list");
        list.into_keys()
            .filter_map(|gone| match gone {
                Gone::Person(person) => Some(person.0.as_u128()),
                Gone::Case(..) => None,
            })
            .collect()
    }

    /// Whoever is told that somebody was destroyed may rely on it after a backup was put back as well.
    #[tokio::test]
    async fn who_cannot_be_listed_is_not_destroyed_and_keeps_nobody_from_being_served() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut writer = open(directory.path()).await;
        // Something stands in the place of the list.
        let place = directory.path().join(shredded::SHREDDED_FILE);
        std::fs::create_dir(&place).expect("a folder");
        let outcomes = commit(&mut writer, vec![unit(1), shred(1), unit(2)]).await;
        assert!(
            outcomes[0].is_ok() && outcomes[2].is_ok(),
            "the others are not touched: {outcomes:?}"
        );
        let Err(StoreError::Directory(why)) = &outcomes[1] else {
            panic!("it was acknowledged: {outcomes:?}");
        };
        assert!(why.contains("nothing was destroyed"), "{why}");
        assert_eq!(writer.tip.frontier.size(), 2, "nor is it in the log");
        std::fs::remove_dir(&place).expect("out of the way");
        let outcomes = commit(&mut writer, vec![shred(1), unit(3), shred(2)]).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(listed(directory.path()), [1, 2]);
    }

    /// Nobody is destroyed by a start for whom it was refused.
    #[tokio::test]
    async fn a_commit_that_failed_leaves_nobody_on_the_list_but_who_was_there() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut writer = open(directory.path()).await;
        assert!(commit(&mut writer, vec![shred(1)]).await[0].is_ok());
        for sql in [
            "CREATE TABLE late (id BLOB REFERENCES tenants (id) DEFERRABLE INITIALLY DEFERRED)",
            "CREATE TRIGGER late AFTER INSERT ON events BEGIN INSERT INTO late VALUES (x'01'); END",
        ] {
            writer.link.run(sql, Vec::new()).await.expect("a statement");
        }
        for again in [shred(2), shred(1)] {
            assert!(commit(&mut writer, vec![again]).await[0].is_err());
        }
        assert_eq!(listed(directory.path()), [1]);
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
