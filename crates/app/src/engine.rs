//! Load, gather facts, decide, append: the one road by which a case changes.

use crate::access::Alone;
use crate::app::App;
use crate::error::{AppError, DISK_FULL, ErrorKind};
use crate::exchange::{matches_opened, open_matches};
use crate::limits::{CONFLICT_RETRIES_MAX, STORING_MS_MAX};
use crate::people::Spot;
use crate::reactions::{CaseJob, Job, follow_up_after, jobs_after, relay_after};
use crate::rekeying::commit_wrapped;
use crate::views::Acted;
use aftercare_domain::audit::AuditEvent;
use aftercare_domain::command::Command;
use aftercare_domain::event::{Body, PlatformOutcome};
use aftercare_domain::facts::Facts;
use aftercare_domain::ids::{CaseId, ClaimId, PersonId, TenantId};
use aftercare_domain::{Actor, Case, Event, Fen, Timestamp, decide, evolve};
use aftercare_store::{
    CaseAppend, IdempotencyRecord, JobId, NewJob, NewMessage, Outcome, StoreError, Unit, Write,
};
use std::sync::Arc;

/// What is written beside the events of a command, in the same transaction.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Rows of plain tables.
    pub writes: Vec<Write>,
    /// Sealed bytes that rows or events name. They are stored when everything is decided, just before the transaction.
    pub blobs: Vec<NewBlob>,
    /// Audited acts that go with them.
    pub audit: Vec<AuditEvent>,
    /// Work that follows besides what the events leave behind.
    pub jobs: Vec<Job>,
    /// The job this finishes.
    pub complete_job: Option<JobId>,
    /// The request this answers.
    pub idempotency: Option<IdempotencyKey>,
    /// What to keep as the answer of that request instead of what was done.
    pub answer: Option<Vec<u8>>,
    /// When it was done, as the device of whoever did it told.
    pub(crate) told_at: Option<Timestamp>,
    /// Where the claimant is, when that is known without opening anything.
    pub(crate) spot: Option<KnownSpot>,
}

/// Sealed bytes that are not stored yet.
#[derive(Clone)]
pub struct NewBlob {
    /// Hexadecimal SHA-256 of them.
    pub name: String,
    /// The bytes.
    pub sealed: Arc<Vec<u8>>,
}

impl std::fmt::Debug for NewBlob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewBlob({}, {} bytes)", self.name, self.sealed.len())
    }
}

/// Whether it is certain that nothing of a unit is in the database.
const fn is_nowhere(outcome: &Result<Outcome, StoreError>) -> bool {
    matches!(
        outcome,
        Ok(Outcome::Replayed(_))
            | Err(StoreError::Conflict { .. }
                | StoreError::IdempotencyMismatch
                | StoreError::Full
                | StoreError::NotLeft
                | StoreError::Unique(_)
                | StoreError::Used)
    )
}

/// Where a person is: as it was entered a moment ago, or as it was opened once for several commands.
#[derive(Clone)]
pub(crate) struct KnownSpot {
    /// Who.
    pub person: PersonId,
    /// Where, as far as the person has said it.
    pub spot: Spot,
}

impl std::fmt::Debug for KnownSpot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KnownSpot({}, ..)", self.person)
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) enum Done {
    /// It was carried out.
    Now(Acted),
    /// The same request was carried out before; this is the answer that was kept.
    Before(Vec<u8>),
}

/// A request that may be sent again: the same key and body get the same answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Tenant, actor and route.
    pub scope: String,
    /// The key the client chose.
    pub key: String,
    /// SHA-256 of the body.
    pub body_hash: [u8; 32],
}

impl App {
    /// The case as it stands.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub(crate) async fn load(&self, case: CaseId) -> Result<Case, AppError> {
        let state = self.load_or_new(case).await?;
        if state.opened.is_none() {
            return Err(AppError::not_found("这个案件", "case"));
        }
        Ok(state)
    }

    async fn load_or_new(&self, case: CaseId) -> Result<Case, AppError> {
        let events = self.store().load_case(case).await?;
        Ok(events.iter().fold(Case::default(), |state, stored| {
            evolve(state, &stored.event)
        }))
    }

    /// Decides the commands on a case that exists and commits everything together.
    ///
    /// # Errors
    /// The refusal of the first command that a rule does not allow, or what the store says.
    pub(crate) async fn run(
        &self,
        case: CaseId,
        side: Side,
        make: impl Fn(&Case) -> Result<Vec<Command>, AppError>,
    ) -> Result<Acted, AppError> {
        let mut tries = 0;
        loop {
            let state = self.load(case).await?;
            let commands = match make(&state) {
                Ok(commands) => commands,
                Err(error) => return Err(self.given_up(tries, &side.blobs, error).await),
            };
            match self
                .decide_and_commit(case, state, side.clone(), commands)
                .await
            {
                Err(error) if error.kind == ErrorKind::Conflict && tries < CONFLICT_RETRIES_MAX => {
                    tries += 1;
                }
                Err(error) => return Err(self.given_up(tries, &side.blobs, error).await),
                Ok(Done::Now(acted)) => return Ok(acted),
                Ok(Done::Before(answer)) => return self.acted_before(&answer).await,
            }
        }
    }

    /// After a failure, removes what an earlier try left for this one, where it is certain that nothing names it.
    async fn given_up(&self, tries: u32, blobs: &[NewBlob], error: AppError) -> AppError {
        if tries == 0 || !matches!(error.kind, ErrorKind::Conflict | ErrorKind::Refused) {
            return error;
        }
        for blob in blobs {
            if let Err(error) = self.store().remove_blob(&blob.name).await {
                tracing::warn!(%error, "a blob that nothing names was not removed");
            }
        }
        error
    }

    /// The answer of a request that was sent again. The log numbered its events after the answer
    /// was kept, so the number and the leaf are read from the log.
    pub(crate) async fn acted_before(&self, answer: &[u8]) -> Result<Acted, AppError> {
        let mut acted: Acted = serde_json::from_slice(answer)
            .map_err(|error| AppError::internal(format!("stored answer: {error}")))?;
        self.number(&mut acted).await?;
        Ok(acted)
    }

    /// Fills in where in the log the acted version stands.
    pub(crate) async fn number(&self, acted: &mut Acted) -> Result<(), AppError> {
        let events = self.store().load_case(acted.case).await?;
        if let Some(stored) = events.iter().find(|stored| stored.version == acted.version) {
            acted.seq = stored.seq;
            acted.leaf = hex::encode(stored.leaf);
        }
        Ok(())
    }

    /// Decides the commands on a case that does not exist yet.
    ///
    /// # Errors
    /// As [`App::run`].
    pub(crate) async fn run_new(
        &self,
        case: CaseId,
        side: Side,
        commands: Vec<Command>,
    ) -> Result<Done, AppError> {
        self.decide_and_commit(case, Case::default(), side, commands)
            .await
    }

    async fn decide_and_commit(
        &self,
        id: CaseId,
        before: Case,
        mut side: Side,
        commands: Vec<Command>,
    ) -> Result<Done, AppError> {
        // Opened once, whatever the number of commands that ask for it.
        if side.spot.is_none()
            && commands.iter().any(asks_where)
            && let Some(opened) = &before.opened
        {
            let person = opened.claimant;
            let spot = self.spot_for_dispatch(opened.tenant, person).await?;
            side.spot = Some(KnownSpot { person, spot });
        }
        // A job carries on what was acknowledged: a clock that stepped back does not stop it.
        let queued_at = self.now();
        let now = match side.complete_job {
            Some(_) => queued_at.max(before.last_at),
            None => queued_at,
        };
        let expected_version = before.version;
        let open_before = open_matches(&before);
        let mut case = before;
        let mut events: Vec<Event> = Vec::new();
        for command in commands {
            let facts = self.facts_for(&case, &command, &side).await?;
            let (decided, after) = self.decide_by_rules(&case, command, facts, now).await?;
            case = after;
            events.extend(decided);
        }
        // What follows by itself was done by nobody's device.
        for event in events.iter_mut().filter(|event| event.by != Actor::System) {
            event.told_at = side.told_at;
        }
        let tenant = tenant_of(&case)?;
        let jobs = self.jobs_of(tenant, id, expected_version, &events, side.jobs, queued_at)?;
        let acted = Acted {
            case: id,
            version: case.version,
            events: events.iter().map(|event| event.body.name()).collect(),
            seq: 0,
            leaf: String::new(),
        };
        let answer = match side.answer {
            Some(answer) => answer,
            None => serde_json::to_vec(&acted)
                .map_err(|error| AppError::internal(format!("answer: {error}")))?,
        };
        let fingerprints: Vec<_> = side
            .writes
            .iter()
            .filter_map(|write| match write {
                Write::Fingerprint(row) => Some(row.clone()),
                _ => None,
            })
            .collect();
        let mut writes = side.writes;
        writes.extend(refunds(&events, &case));
        let outbox = messages(tenant, id, expected_version, &events, &case);
        let mut audit = side.audit;
        for body in matches_opened(&open_before, id, &case) {
            audit.push(self.audited(Actor::System, tenant, body));
        }
        let unit = Unit {
            case: (!events.is_empty()).then(|| CaseAppend {
                case_id: id,
                expected_version,
                events: events.clone(),
                after: case,
            }),
            audit,
            writes,
            jobs,
            outbox,
            idempotency: side.idempotency.map(|key| IdempotencyRecord {
                scope: key.scope,
                key: key.key,
                body_hash: key.body_hash,
                status: 200,
                body: answer,
                at: now,
            }),
            complete_job: side.complete_job,
        };
        let (staffs, announce) = (
            self.staffs().noting(&unit.writes),
            self.announcing(tenant, id),
        );
        let photos = (!fingerprints.is_empty()).then(|| self.unlearned().noting(tenant, id));
        let told = move || {
            staffs();
            announce();
            if let Some(note) = photos {
                note();
            }
        };
        match self.keep(side.blobs, unit, None, told).await? {
            Outcome::Committed(committed) => {
                if !fingerprints.is_empty() {
                    self.learn_left_before(Some((tenant, id))).await?;
                    self.remember(&fingerprints).await?;
                    self.unlearned().learned(tenant, id);
                }
                let last = committed.case_leaves.last();
                Ok(Done::Now(Acted {
                    seq: last.map_or(0, |(seq, _)| *seq),
                    leaf: last.map(|(_, leaf)| hex::encode(leaf)).unwrap_or_default(),
                    ..acted
                }))
            }
            Outcome::Replayed(stored) => Ok(Done::Before(stored.body)),
        }
    }

    /// Stores blobs and commits the unit that names them, whether or not somebody still waits for it. What was stored for a unit
    /// that is certainly not in the database is removed again, so that nobody fills the disk with what is refused. Where somebody
    /// else was faster and the caller still has the bytes, they stay for its next try, which stores them under the same names: a
    /// removal that a storage of objects carries out late would take what was acknowledged by then.
    ///
    /// A unit may be made of a row that nobody else changes meanwhile: `alone` holds it until the end is known, or whoever comes
    /// next would read what is about to be replaced. And `told` tells what lies in memory of what was committed, or that would
    /// go on from what stood before.
    pub(crate) async fn keep(
        &self,
        blobs: Vec<NewBlob>,
        unit: Unit,
        alone: Option<Alone>,
        told: impl FnOnce() + Send + 'static,
    ) -> Result<Outcome, StoreError> {
        let (store, vault) = (self.shared_store(), self.vault().clone());
        let (clock, began) = (self.shared_clock(), self.now());
        let names = blobs.iter().map(|blob| blob.name.clone()).collect();
        let held: Vec<_> = blobs
            .iter()
            .map(|blob| Arc::downgrade(&blob.sealed))
            .collect();
        let under_way = self.under_way().keep(names);
        let kept = tokio::spawn(async move {
            // Until the end is known nobody takes the files for forgotten ones, nor the row for one that stands.
            let (_under_way, _alone) = (under_way, alone);
            let (mut stored, mut failed) = (Vec::with_capacity(blobs.len()), None);
            for NewBlob { name, sealed } in blobs {
                let sealed = Arc::try_unwrap(sealed).unwrap_or_else(|shared| Vec::clone(&shared));
                stored.push(name);
                if let Err(error) = store.put_blob(sealed).await {
                    failed = Some(error);
                    break;
                }
            }
            // Other processes do not know that these are under way, only how old they are.
            let took_ms = clock.now().since_ms(began);
            if failed.is_none() && !stored.is_empty() && took_ms > STORING_MS_MAX {
                failed = Some(StoreError::Other(format!(
                    "what is to be named was stored {took_ms} ms ago, and may be removed: nothing was changed, send it again"
                )));
            }
            let (outcome, is_nowhere) = match failed {
                Some(error) => (Err(error), true),
                None => {
                    let evidence = unit.writes.iter().find_map(|write| match write {
                        Write::EvidenceBlob(row) => Some(row.evidence),
                        _ => None,
                    });
                    let piece = unit.writes.iter().find_map(|write| match write {
                        Write::PackingPiece(row) => Some(row.id),
                        _ => None,
                    });
                    let outcome = commit_wrapped(&*store, &vault, unit).await;
                    let mut is_nowhere = is_nowhere(&outcome);
                    // Whoever carried the request out before was somebody else: a file is not removed on a belief.
                    if let (Ok(Outcome::Replayed(_)), Some(evidence)) = (&outcome, evidence) {
                        is_nowhere = matches!(store.evidence_blob(evidence).await, Ok(None));
                    }
                    if let (Ok(Outcome::Replayed(_)), Some(piece)) = (&outcome, piece) {
                        is_nowhere = matches!(store.packing_piece(piece).await, Ok(None));
                    }
                    (outcome, is_nowhere)
                }
            };
            let is_tried_again = matches!(
                outcome,
                Err(StoreError::Conflict { .. } | StoreError::NotLeft)
            ) && held.iter().any(|bytes| bytes.strong_count() > 0);
            for name in stored.iter().filter(|_| is_nowhere && !is_tried_again) {
                if let Err(error) = store.remove_blob(name).await {
                    tracing::warn!(%error, "a blob that nothing names was not removed");
                }
            }
            if matches!(outcome, Ok(Outcome::Committed(_))) {
                told();
            }
            outcome
        });
        kept.await
            .map_err(|error| StoreError::Other(error.to_string()))?
    }

    /// Decides one command. What is about a claim goes by the pack of the day it was filed and by the
    /// facts as they are after the command (an appeal, a photo, an opened finding), so that what a
    /// rule widens or asks for holds from that very step on.
    async fn decide_by_rules(
        &self,
        case: &Case,
        command: Command,
        mut facts: Facts,
        now: Timestamp,
    ) -> Result<(Vec<Event>, Case), AppError> {
        let decide_with = |command: Command, facts: &Facts| {
            decide(case, command, facts, now).map(|events| {
                let after = events.iter().fold(case.clone(), evolve);
                (events, after)
            })
        };
        let about = crate::act::claim_of(&command).or_else(|| inspected_by(case, &command));
        let Some(claim) = about else {
            return Ok(decide_with(command, &facts)?);
        };
        let (events, after) = decide_with(command.clone(), &facts)?;
        let ruled = match &facts.published {
            Some(published) => self.ruled(published, &after, claim).await?,
            None => None,
        };
        let Some(ruled) = ruled else {
            return Ok((events, after));
        };
        facts.rules = ruled.clocks;
        facts.ruling = Some(ruled.ruling);
        Ok(decide_with(command, &facts)?)
    }

    fn jobs_of(
        &self,
        tenant: TenantId,
        case: CaseId,
        before: u64,
        events: &[Event],
        more: Vec<Job>,
        now: Timestamp,
    ) -> Result<Vec<NewJob>, AppError> {
        let mut version = before;
        let has_relay = self.has_relay();
        let left_behind = events.iter().flat_map(|event| {
            version += 1;
            let relay = relay_after(event).filter(|_| has_relay);
            let jobs = jobs_after(event, version).into_iter().chain(relay);
            jobs.chain(follow_up_after(event))
        });
        more.into_iter()
            .chain(left_behind)
            .map(|job| {
                let kind = job.kind().to_owned();
                let payload = serde_json::to_value(CaseJob { tenant, case, job })
                    .map_err(|error| AppError::internal(format!("job: {error}")))?;
                Ok(NewJob {
                    kind,
                    payload,
                    run_at: now,
                    unique_key: None,
                })
            })
            .collect()
    }
}

/// The claim on which a technician reports with this command.
fn inspected_by(case: &Case, command: &Command) -> Option<ClaimId> {
    match command {
        Command::FinishWork { work_order, .. } => case.work_orders.get(work_order)?.inspects,
        _ => None,
    }
}

/// Whether the distance to the customer is a fact of this command.
pub(crate) const fn asks_where(command: &Command) -> bool {
    matches!(
        command,
        Command::VerifyRepair { .. } | Command::OfferRepair { .. } | Command::OfferBeside { .. }
    )
}

fn tenant_of(case: &Case) -> Result<TenantId, AppError> {
    case.opened
        .as_ref()
        .map(|opened| opened.tenant)
        .ok_or_else(|| AppError::not_found("这个案件", "case"))
}

/// What the events let be refunded, here or by a platform, is counted on the order line with them: a
/// second case of that line finds it gone before anybody was paid. A platform can give more than there was: no more than all
/// of it is counted.
fn refunds(events: &[Event], case: &Case) -> Vec<Write> {
    let counted = |event: &Event| {
        let (claim, amount) = match &event.body {
            Body::PaymentAuthorized { claim, amount, .. } => (*claim, *amount),
            Body::PlatformDecided {
                claim,
                outcome: PlatformOutcome::Granted { resolution },
                above_paid,
                ..
            } => {
                let above = above_paid.unwrap_or_default();
                let granted = resolution.amount()?;
                (*claim, Fen(granted.0.saturating_sub(above.0)))
            }
            _ => return None,
        };
        let line = case.claims.get(&claim)?.line;
        Some(Write::AddRefunded { line, amount })
    };
    events.iter().filter_map(counted).collect()
}

/// Thin messages for subscribers: what happened where, and the state it led to; nothing personal.
fn messages(
    tenant: TenantId,
    case: CaseId,
    before: u64,
    events: &[Event],
    after: &Case,
) -> Vec<NewMessage> {
    (before + 1..)
        .zip(events)
        // A suspicion, or a likeness that nobody has looked at, is for those who look into it, not for other systems.
        .filter(|(_, event)| {
            !matches!(
                event.body,
                Body::FraudReferralMade { .. }
                    | Body::FraudReferralWithdrawn { .. }
                    | Body::WorkPhotosAlike { .. }
                    | Body::WorkPhotosCompared { .. }
                    | Body::PhotosKnownElsewhere { .. }
                    | Body::PhotoSharing { .. }
            )
        })
        .map(|(version, event)| {
            let body = serde_json::to_value(&event.body).unwrap_or_default();
            let mut payload = serde_json::json!({
                "case": case, "version": version, "at": event.at,
            });
            // Of the event itself only these ids are passed on: a new field of an event stays here.
            let part = |name: &str| body.get(name).filter(|id| id.is_string()).cloned();
            let work_order = part("work_order").and_then(|id| {
                let found = serde_json::from_value(id.clone()).ok()?;
                let order = after.work_orders.get(&found)?;
                Some(("work_order", id, serde_json::to_value(order.state).ok()?))
            });
            let claim = part("claim").and_then(|id| {
                let found = serde_json::from_value(id.clone()).ok()?;
                let claim = after.claims.get(&found)?;
                Some(("claim", id, serde_json::to_value(claim.state).ok()?))
            });
            if let Some((name, id, state)) = claim.or(work_order) {
                payload[name] = id;
                payload["state"] = state;
            }
            let topic = body.get("type").and_then(serde_json::Value::as_str);
            NewMessage {
                tenant,
                topic: topic.unwrap_or_default().to_owned(),
                payload,
            }
        })
        .collect()
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        match error {
            StoreError::Conflict { .. } | StoreError::NotLeft => Self::new(
                ErrorKind::Conflict,
                "changed_meanwhile",
                "刚才有人也在处理，请刷新后再试。",
                "Somebody else was working on this just now. Please reload and try again.",
            ),
            StoreError::IdempotencyMismatch => Self::new(
                ErrorKind::Conflict,
                "idempotency_key_reused",
                "这个 Idempotency-Key 已用于另一个请求，请换一个。",
                "This Idempotency-Key was used for another request. Please use a new one.",
            ),
            StoreError::Full => Self::new(
                ErrorKind::Unavailable,
                DISK_FULL,
                "服务器磁盘已满，这一步没有保存。已保存的都在；腾出空间后再试。",
                "The server's disk is full, so this was not saved. What was saved is safe; try again when there is room.",
            ),
            StoreError::Unreachable(_) | StoreError::Database(_) => Self::new(
                ErrorKind::Unavailable,
                "database_unavailable",
                "数据库暂时没有回应，不能确定这一步是否已保存。请稍后再试；程序请用同一个 Idempotency-Key 重发，只会执行一次。",
                "The database does not answer right now, so it is not known whether this was saved. Please try again soon; a program that sends the same Idempotency-Key again has it done once.",
            ),
            StoreError::NotFound(_) => Self::not_found("这条记录", "record"),
            StoreError::Unique { .. } => Self::new(
                ErrorKind::Refused,
                "already_there",
                "已经有一条相同编号的记录。",
                "A record with this code or number is already there.",
            ),
            _ => Self::internal(detail.clone()),
        }
        .with_detail(detail)
    }
}
