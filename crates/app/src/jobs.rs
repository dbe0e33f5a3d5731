//! What happens by itself: clocks that ran out, photos to check, technicians to ask, people to tell,
//! refunds to pay. Every piece is idempotent: a process that dies in the middle does it again.

use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{CASES_RESTING_MAX, CLOCK_RESTS_MS, JOBS_PER_TURN_MAX};
use crate::payments::{Payment, PaymentError};
use crate::reactions::{CaseJob, Job};
use aftercare_domain::case::{ClaimState, RepairState};
use aftercare_domain::command::Command;
use aftercare_domain::ids::{CaseId, ClaimId, OfferId, TenantId, WorkOrderId};
use aftercare_domain::{Actor, Case, Timestamp};
use aftercare_store::{ClaimedJob, JobKinds, NewJob, Unit, Write};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Due clocks of one case that are passed over at most while it is left alone.
const CLOCKS_OF_CASE: u32 = 4;

/// What one turn of the worker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Clocks that ran out.
    pub clocks: usize,
    /// Jobs carried out.
    pub jobs: usize,
    /// Jobs that failed and will be tried again.
    pub failed: usize,
}

/// Cases whose clock could not be handled a moment ago, and until when each is left alone. The due clocks that came first are
/// handled first: those of a shop whose settings cannot be read would be tried for ever, and nobody else's ever.
#[derive(Debug, Default)]
pub(crate) struct Resting(Mutex<HashMap<CaseId, Timestamp>>);

impl Resting {
    fn cases(&self) -> MutexGuard<'_, HashMap<CaseId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that are left alone at a time.
    fn now(&self, now: Timestamp) -> HashSet<CaseId> {
        let mut cases = self.cases();
        cases.retain(|_, until| *until > now);
        cases.keys().copied().collect()
    }

    fn begin(&self, case: CaseId, now: Timestamp) {
        let mut cases = self.cases();
        if cases.len() < CASES_RESTING_MAX {
            cases.insert(case, now.plus_ms(CLOCK_RESTS_MS));
        }
    }
}

/// Clocks that so many cases may have due: each of them has one or a few.
fn count_of(cases: &HashSet<CaseId>) -> u32 {
    u32::try_from(cases.len()).map_or(u32::MAX, |cases| cases.saturating_mul(CLOCKS_OF_CASE))
}

impl App {
    /// Handles what is due now, at most one batch of each kind.
    ///
    /// # Errors
    /// What the store says; a failing job does not stop the others.
    pub async fn turn(&self) -> Result<Turn, AppError> {
        let mut turn = Turn::default();
        // However many cannot be handled, as many others have their turn.
        let resting = self.resting().now(self.now());
        let most = JOBS_PER_TURN_MAX.saturating_add(count_of(&resting));
        let due = self.store().due_clocks(self.now(), most).await?;
        let due = due.into_iter().filter(|(case, _)| !resting.contains(case));
        for (case, clock) in due.take(usize::try_from(JOBS_PER_TURN_MAX).unwrap_or(usize::MAX)) {
            match self
                .run(case, Side::default(), |_| {
                    Ok(vec![Command::ExpireClock { clock }])
                })
                .await
            {
                Ok(_) => turn.clocks += 1,
                // Somebody acted between the query and the decision: nothing is left to do.
                Err(error) if error.kind == ErrorKind::Refused => {
                    tracing::debug!(%case, rule = %error.rule, "the clock has nothing to do any more");
                }
                // One case must not hold up the clocks of all others.
                Err(error) => {
                    turn.failed += 1;
                    self.resting().begin(case, self.now());
                    tracing::error!(%case, rule = %error.rule, detail = ?error.detail, "a clock ran out and could not be handled; it is tried again");
                }
            }
        }
        let kinds = JobKinds::AllBut(Job::INSPECT_CLAIM.to_owned());
        self.work_off(kinds, JOBS_PER_TURN_MAX, &mut turn).await?;
        Ok(turn)
    }

    /// Checks the photos of one claim, if one waits. It takes seconds of another process: clocks and
    /// messages must not wait for it, so it has a turn of its own.
    ///
    /// # Errors
    /// As [`App::turn`].
    pub async fn inspection_turn(&self) -> Result<Turn, AppError> {
        let mut turn = Turn::default();
        self.learn_left().await?;
        let kinds = JobKinds::Only(Job::INSPECT_CLAIM.to_owned());
        self.work_off(kinds, 1, &mut turn).await?;
        if turn == Turn::default() {
            self.mend_fingerprints().await?;
        }
        Ok(turn)
    }

    pub(crate) async fn work_off(
        &self,
        kinds: JobKinds,
        most: u32,
        turn: &mut Turn,
    ) -> Result<(), AppError> {
        for job in self.store().claim_jobs(self.now(), most, kinds).await? {
            match self.carry_out(&job).await {
                Ok(()) => turn.jobs += 1,
                Err(error) => {
                    turn.failed += 1;
                    tracing::warn!(job = %job.kind, rule = %error.rule, detail = ?error.detail, "job failed; it will be tried again");
                    self.store()
                        .fail_job(&job, &error.to_string(), self.now())
                        .await?;
                }
            }
        }
        Ok(())
    }

    /// Turns until nothing is due.
    ///
    /// # Errors
    /// As [`App::turn`].
    pub async fn settle(&self) -> Result<Turn, AppError> {
        let mut sum = Turn::default();
        loop {
            let (turn, checked) = (self.turn().await?, self.inspection_turn().await?);
            sum.clocks += turn.clocks;
            sum.jobs += turn.jobs + checked.jobs;
            sum.failed += turn.failed + checked.failed;
            if turn.clocks == 0 && turn.jobs == 0 && checked.jobs == 0 {
                return Ok(sum);
            }
        }
    }

    async fn carry_out(&self, claimed: &ClaimedJob) -> Result<(), AppError> {
        let job: CaseJob = serde_json::from_value(claimed.payload.clone())
            .map_err(|error| AppError::internal(format!("job payload: {error}")))?;
        let side = Side {
            complete_job: Some(claimed.id),
            ..Side::default()
        };
        let done = match &job.job {
            Job::OfferNext { work_order } => {
                self.offer_next(job.tenant, job.case, *work_order, side)
                    .await
            }
            Job::NameHelper { work_order } => {
                self.name_helper(job.tenant, job.case, *work_order, side)
                    .await
            }
            Job::TakeParts { work_order } => {
                self.take_parts(job.tenant, job.case, *work_order, side)
                    .await
            }
            Job::NoteRepair { work_order } => {
                self.ledger_turn(job.tenant, job.case, *work_order, side)
                    .await
            }
            Job::ComparePhotos { work_order } => {
                self.compare_photos(job.tenant, job.case, *work_order, side)
                    .await
            }
            Job::BookPayments { work_order } => {
                self.book_payments(job.tenant, job.case, *work_order, side)
                    .await
            }
            Job::KeepRelay { work_order } => {
                self.keep_relay(claimed, (job.tenant, job.case), *work_order)
                    .await
            }
            Job::AskForCores { work_order } => self.ask_for_cores(claimed, &job, *work_order).await,
            Job::FollowUp { work_order } => self.follow_up(claimed, &job, *work_order).await,
            Job::InspectClaim { claim } => {
                self.inspect_claim(job.tenant, job.case, *claim, side).await
            }
            Job::OpenInspection { claim } => {
                self.open_inspection(job.tenant, job.case, *claim, side)
                    .await
            }
            Job::Pay { claim } => self.pay(job.case, *claim, side).await,
            Job::ShareForged { claim, evidence } => {
                self.share_forged(job.tenant, job.case, *claim, *evidence)
                    .await?;
                self.finish_job(claimed).await
            }
            Job::SendAccess { sealed } => {
                self.send_access((claimed.id, &job), sealed).await?;
                self.finish_job(claimed).await
            }
            Job::RemoveBlobs { names } => {
                for name in names {
                    self.store().remove_blob(name).await?;
                }
                self.finish_job(claimed).await
            }
            Job::Notify { to, kind, version } => {
                if let Some(morning) = self.waits_until(&job, *to, kind, *version).await? {
                    return self.put_off(claimed, morning).await;
                }
                let work = (claimed.id, &job);
                match self.notify(work, *to, kind, *version).await? {
                    Some(work_order) => {
                        let told = |_: &Case| Ok(vec![Command::RecordTold { work_order }]);
                        self.run(job.case, side, told).await.map(|_| ())
                    }
                    None => self.finish_job(claimed).await,
                }
            }
        };
        match done {
            // A rule says there is nothing to do (any more): the job is done.
            Err(error) if is_moot(&job.job, &error) => {
                tracing::debug!(job = %claimed.kind, rule = %error.rule, "nothing left to do");
                self.finish_job(claimed).await
            }
            other => other,
        }
    }

    /// The same work at another time, instead of now.
    pub(crate) async fn put_off(
        &self,
        job: &ClaimedJob,
        run_at: Timestamp,
    ) -> Result<(), AppError> {
        self.store()
            .commit(Unit {
                complete_job: Some(job.id),
                jobs: vec![NewJob {
                    kind: job.kind.clone(),
                    payload: job.payload.clone(),
                    run_at,
                    unique_key: None,
                }],
                ..Unit::default()
            })
            .await?;
        Ok(())
    }

    pub(crate) async fn finish_job(&self, job: &ClaimedJob) -> Result<(), AppError> {
        self.store()
            .commit(Unit {
                complete_job: Some(job.id),
                ..Unit::default()
            })
            .await?;
        Ok(())
    }

    /// Asks as many technicians as the rules say are asked at once; again when all of them declined or let it lapse.
    async fn offer_next(
        &self,
        tenant: TenantId,
        case: CaseId,
        work_order: WorkOrderId,
        side: Side,
    ) -> Result<(), AppError> {
        let published = self.published_of(tenant).await?;
        let rules = Self::clocks_on(&published, self.now());
        let at_once = usize::from(rules.offers_at_once);
        let is_waiting = |state| matches!(state, RepairState::Requested | RepairState::Verified);
        self.run(case, side, |state| {
            let order = state.work_orders.get(&work_order);
            if !order.is_some_and(|order| is_waiting(order.state)) {
                return Ok(Vec::new());
            }
            let mut commands = vec![Command::OfferRepair {
                by: Actor::System,
                work_order,
                offer: OfferId(self.new_id()),
                technician: None,
            }];
            commands.extend((1..at_once).map(|_| Command::OfferBeside {
                by: Actor::System,
                work_order,
                offer: OfferId(self.new_id()),
            }));
            Ok(commands)
        })
        .await?;
        Ok(())
    }

    async fn pay(&self, case: CaseId, claim: ClaimId, mut side: Side) -> Result<(), AppError> {
        let state = self.load(case).await?;
        let Some(found) = state.claims.get(&claim) else {
            return Err(AppError::not_found("这个申请", "claim"));
        };
        let Some(authorized) = found.payment else {
            return Err(AppError::internal(
                "a payment job without an authorized payment",
            ));
        };
        let unpaid = |error: PaymentError| AppError::internal(error.to_string());
        let paid = if found.payment_reference.is_some() {
            None
        } else if found.state == ClaimState::Withdrawn {
            // Nothing is paid any more; what a worker that died had paid is recorded all the same.
            let made = self.payments().made().map_err(unpaid)?;
            let made = made.into_iter().find(|made| made.claim == claim);
            if made.is_none() {
                side.writes.push(Write::ReleaseRefund {
                    line: found.line,
                    amount: authorized,
                });
            }
            made.map(|made| (made.amount, made.reference))
        } else {
            let payment = Payment {
                case,
                claim,
                order: found.order,
                amount: authorized,
                at: self.now(),
            };
            let reference = self.payments().pay(&payment).map_err(unpaid)?;
            Some((authorized, reference))
        };
        self.run(case, side, |state| {
            let found = state.claims.get(&claim);
            let recorded = found.is_some_and(|found| found.payment_reference.is_some());
            let to_record = paid.iter().filter(|_| !recorded);
            Ok(to_record
                .map(|(amount, reference)| Command::RecordPayment {
                    claim,
                    amount: *amount,
                    reference: reference.clone(),
                })
                .collect())
        })
        .await?;
        Ok(())
    }
}

/// Whether a refusal says that a job has nothing left to do. A clock that stepped back says nothing
/// about the job, and once the provider may have paid no refusal ends the record of it: it is tried
/// again, and shown by the reconciliation until it stands.
fn is_moot(job: &Job, error: &AppError) -> bool {
    error.kind == ErrorKind::Refused
        && error.rule != aftercare_domain::refusals::clock_went_back().rule
        && !matches!(job, Job::Pay { .. })
}
