//! Who was not told about a case: messages that did not get through, for the colleague who can pick up a telephone. It opens
//! nothing: who it is stands on the case already.

use crate::app::App;
use crate::error::AppError;
use crate::limits::UNTOLD_SHOWN_MAX;
use crate::messages::REFUSED_RULE;
use crate::principal::Principal;
use crate::reactions::{Audience, CaseJob, Job};
use crate::wording;
use aftercare_domain::ids::CaseId;
use aftercare_domain::{Role, Timestamp};

/// Who picks up the telephone.
const CALLERS: &[Role] = &[Role::Agent, Role::Dispatcher];

/// A message that did not get through yet; it is tried again until it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// Who was to be told: `claimant`, `technician`, `helper`, `former`, `merchant`, `dispatcher` or `reviewer`.
    pub to: &'static str,
    /// What happened that they do not know, in both languages; none of the message with the link and the code, and of what
    /// calls a reviewer.
    pub what: Option<(String, String)>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next_at: Timestamp,
    /// Whoever carries it said no to this one: its number is wrong, or cannot be reached. Otherwise nobody answered.
    pub refused: bool,
}

impl Audience {
    /// Its stable name.
    const fn name(self) -> &'static str {
        match self {
            Self::Claimant => "claimant",
            Self::Technician => "technician",
            Self::Helper => "helper",
            Self::Former => "former",
            Self::Merchant => "merchant",
            Self::Dispatcher => "dispatcher",
            Self::Reviewer => "reviewer",
        }
    }
}

impl App {
    /// The messages about a case that did not get through, the oldest first; none for whoever calls nobody.
    ///
    /// # Errors
    /// `NotFound` for a case that is not the requester's to see.
    pub async fn untold(
        &self,
        principal: &Principal,
        case: CaseId,
    ) -> Result<Vec<Untold>, AppError> {
        if !CALLERS.iter().any(|role| principal.has(*role)) {
            return Ok(Vec::new());
        }
        self.readable(principal, case).await?;
        let jobs = self.store().failing_jobs_of(case, UNTOLD_SHOWN_MAX).await?;
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let events = self.store().load_case(case).await?;
        let told_of = |version: u64| {
            let stored = events.iter().find(|stored| stored.version == version)?;
            Some(wording::describe(&stored.event.body))
        };
        let untold = jobs.into_iter().filter_map(|row| {
            let job: CaseJob = serde_json::from_value(row.payload).ok()?;
            // The name of a case may stand in what another one says.
            if job.case != case || job.tenant != principal.tenant() {
                return None;
            }
            let (to, what) = match job.job {
                // What calls a reviewer is not for the desk that takes calls.
                Job::Notify {
                    to: Audience::Reviewer,
                    ..
                } => (Audience::Reviewer, None),
                Job::Notify { to, version, .. } => (to, told_of(version)),
                Job::SendAccess { .. } => (Audience::Claimant, None),
                _ => return None,
            };
            let why = row.last_error.unwrap_or_default();
            Some(Untold {
                to: to.name(),
                what,
                attempts: row.attempts,
                next_at: row.run_at,
                refused: why.starts_with(&format!("{REFUSED_RULE}:")),
            })
        });
        Ok(untold.collect())
    }
}
