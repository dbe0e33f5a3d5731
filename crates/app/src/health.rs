//! What an administrator looks at first when somebody was not told, or when something is late: work that fails, work and
//! clocks that nobody handled, how far the log is signed, and how old the keys and the latest backup are. It opens nothing and names nobody.

use crate::access::staff;
use crate::app::App;
use crate::error::AppError;
use crate::limits::{BACKUP_EVERY_MS, HANDLED_WITHIN_MS, JOBS_PER_TURN_MAX, JOBS_SHOWN_MAX};
use crate::numbers::case_number;
use crate::principal::Principal;
use crate::reactions::{CaseJob, Job};
use crate::rekeying::{TenantKeys, status};
use aftercare_domain::ids::CaseId;
use aftercare_domain::{Role, Timestamp};

const READERS: &[Role] = &[Role::Admin, Role::Auditor];

/// A piece of work that failed, and is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailingWork {
    /// Stable kind of the work, such as `notify`.
    pub kind: String,
    /// The case and its number, where it is about one.
    pub case: Option<(CaseId, String)>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_at: Timestamp,
    /// Why it failed the last time; it names no person.
    pub why: String,
}

/// How the installation stands, as far as it is the tenant's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Work that waits for its time or its turn.
    pub waiting: usize,
    /// Work that should have been done a while ago and was not tried: nobody works.
    pub late: usize,
    /// Work that failed, the next first.
    pub failing: Vec<FailingWork>,
    /// Whether more waits in the installation than was looked at.
    pub more: bool,
    /// Clocks that ran out a while ago and that nobody handled.
    pub overdue: usize,
    /// Events of the log.
    pub events: u64,
    /// Events under the latest signed checkpoint.
    pub signed: u64,
    /// The keys; `None` where the keyring has none of the tenant.
    pub keys: Option<TenantKeys>,
    /// When the latest backup was made; `None` where none ever was.
    pub backup: Option<Timestamp>,
    /// Whether that was too long ago, or never.
    pub backup_is_due: bool,
    /// When the latest backup failed, where none was made since.
    pub backup_failed: Option<Timestamp>,
}

const fn waits_for_its_day(job: &Job) -> bool {
    matches!(job, Job::AskForCores { .. } | Job::FollowUp { .. })
}

impl App {
    /// How the installation stands.
    ///
    /// # Errors
    /// A missing role; what the store or the keyring says.
    pub async fn health(&self, principal: &Principal) -> Result<Health, AppError> {
        staff(principal, READERS)?;
        let tenant = principal.tenant();
        let now = self.now();
        let late_before = now.plus_ms(-HANDLED_WITHIN_MS);
        let rows = self.store().open_jobs(JOBS_SHOWN_MAX).await?;
        let more = rows.len() >= JOBS_SHOWN_MAX as usize;
        let (mut waiting, mut late, mut failing) = (0, 0, Vec::new());
        for row in rows {
            let Ok(job) = serde_json::from_value::<CaseJob>(row.payload) else {
                continue;
            };
            if job.tenant != tenant {
                continue;
            }
            match row.last_error {
                Some(why) => failing.push(FailingWork {
                    case: (!matches!(job.job, Job::RemoveBlobs { .. }))
                        .then(|| (job.case, case_number(job.case))),
                    kind: row.kind,
                    attempts: row.attempts,
                    next_at: row.run_at,
                    why,
                }),
                // An old part that is not late waits for its day, as does a call after finished work, and for nobody's hands.
                None if waits_for_its_day(&job.job) && row.run_at > now => {}
                None => {
                    waiting += 1;
                    late += usize::from(row.run_at < late_before);
                }
            }
        }
        let mut overdue = 0;
        for (case, _) in self
            .store()
            .due_clocks(late_before, JOBS_PER_TURN_MAX)
            .await?
        {
            let opened = self.load(case).await?.opened;
            overdue += usize::from(opened.is_some_and(|opened| opened.tenant == tenant));
        }
        let keys = status(self.store(), self.vault()).await?;
        let backup = self.store().last_backup().await?;
        let failed = self.store().failed_backup().await?;
        Ok(Health {
            waiting,
            late,
            failing,
            more,
            overdue,
            events: self.store().head().await?.size,
            signed: self
                .store()
                .latest_checkpoint()
                .await?
                .map_or(0, |checkpoint| checkpoint.size),
            keys: keys.into_iter().find(|keys| keys.tenant == tenant),
            backup,
            backup_is_due: backup.is_none_or(|at| now.since_ms(at) > BACKUP_EVERY_MS),
            // Why it failed names folders of the machine: that is for whoever looks after it (`aftercare doctor`).
            backup_failed: failed.map(|(at, _)| at),
        })
    }
}
