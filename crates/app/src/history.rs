//! A tenant's own outcomes about a person: what they are for, how long they count, and what the person
//! may say about them. Rules use them to route and to ask for more evidence, never to refuse
//! (`pack_history_beyond_routing`); there is no list of persons, and nothing is shared with anybody.

use crate::app::App;
use crate::error::AppError;
use crate::limits::{HISTORY_CASES_MAX, HISTORY_MS, PAGE_ROWS_MAX};
use crate::principal::Principal;
use aftercare_domain::case::{Claim, ClaimState};
use aftercare_domain::event::Verdict;
use aftercare_domain::ids::{CaseId, PersonId};
use aftercare_domain::pack::{History, Predicate, Published, RulePack};
use aftercare_domain::{Case, Day, Role, Timestamp};
use aftercare_store::CaseFilter;
use serde::Serialize;
use utoipa::ToSchema;

/// A rule that reads earlier outcomes, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HistoryRule {
    pub zh: String,
    pub en: String,
}

/// What a tenant's earlier outcomes about the claimant of a case are, and what they are used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HistoryDetail {
    /// Claims that were granted, wholly or partly, within twelve months.
    pub granted: u32,
    /// Claims that a human rejected, finally, within twelve months.
    pub rejected: u32,
    /// What is older counts no more.
    #[schema(value_type = i64)]
    pub since: Timestamp,
    /// The rules in force that read them; none means that nobody uses them.
    pub rules: Vec<HistoryRule>,
    /// The claimant objected: no rule reads them.
    pub objected: bool,
    /// Only this case is counted: it was not opened with the code of the message.
    pub of_this_case_only: bool,
    /// The claimant had what was decided before this time erased.
    #[schema(value_type = Option<i64>)]
    pub erased_at: Option<Timestamp>,
}

/// Who may ask what the outcomes are, beside the claimant.
const READERS: &[Role] = &[
    Role::Agent,
    Role::Reviewer,
    Role::RiskManager,
    Role::Auditor,
];

/// How a claim counts: `true` granted, `false` rejected by a human and final, `None` not at all. A claim
/// that ended without either, or was withdrawn, says nothing about anybody.
fn outcome(claim: &Claim) -> Option<bool> {
    match claim.state {
        ClaimState::Executed | ClaimState::Closed if claim.taken_back_at.is_none() => {}
        _ => return None,
    }
    match claim.appeal_decision.or(claim.decision) {
        Some((_, Verdict::Rejected)) => Some(false),
        _ => claim.outcome.map(|_| true),
    }
}

/// Counts outcomes of that time; a claim without a decision counts from its filing.
fn count<'a>(
    claims: impl Iterator<Item = &'a Claim>,
    since: Timestamp,
    until: Timestamp,
) -> History {
    let mut history = History::default();
    for claim in claims {
        if !(since..=until).contains(&claim.decided_at.unwrap_or(claim.filed_at)) {
            continue;
        }
        match outcome(claim) {
            Some(true) => history.granted = history.granted.saturating_add(1),
            Some(false) => history.rejected = history.rejected.saturating_add(1),
            None => {}
        }
    }
    history
}

/// Whether a pack reads earlier outcomes at all.
pub(crate) fn is_read_by(pack: &RulePack) -> bool {
    pack.rules.iter().any(|rule| reads_history(&rule.when))
}

/// Whether a rule reads earlier outcomes.
fn reads_history(when: &[Predicate]) -> bool {
    when.iter().any(|predicate| {
        matches!(
            predicate,
            Predicate::RejectedBefore(_) | Predicate::GrantedBefore(_)
        )
    })
}

/// What was found about a person, before anything of it is used.
struct Found {
    history: History,
    since: Timestamp,
    objected: bool,
    erased_at: Option<Timestamp>,
}

impl App {
    /// Everybody who is the same person by phone number. A person who was shredded is nobody else.
    async fn same_person(&self, person: PersonId) -> Result<Vec<PersonId>, AppError> {
        let mut same = vec![person];
        if let Some(row) = self.store().person(person).await?
            && let Some(index) = row.phone_index
        {
            let others = self.store().persons_by_phone(row.tenant, &index).await?;
            same.extend(others.into_iter().map(|other| other.id));
        }
        same.sort_unstable();
        same.dedup();
        same.truncate(HISTORY_CASES_MAX);
        Ok(same)
    }

    /// Outcomes of the tenant's claims of that person up to `until`, without the claim that is asked about.
    async fn found(
        &self,
        case: &Case,
        own: Option<&Claim>,
        until: Timestamp,
    ) -> Result<Found, AppError> {
        let opened = crate::detail::opened(case)?;
        let same = self.same_person(opened.claimant).await?;
        self.found_of(same, case, own, until).await
    }

    /// The same, of those people only.
    async fn found_of(
        &self,
        claimants: Vec<PersonId>,
        case: &Case,
        own: Option<&Claim>,
        until: Timestamp,
    ) -> Result<Found, AppError> {
        let filter = CaseFilter {
            tenant: Some(crate::detail::opened(case)?.tenant),
            claimants,
            ..CaseFilter::default()
        };
        let mut cases: Vec<Case> = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.store().cases(&filter, cursor, PAGE_ROWS_MAX).await?;
            cases.extend(page.items.into_iter().map(|row| row.snapshot));
            cursor = page.next.filter(|_| cases.len() < HISTORY_CASES_MAX);
            if cursor.is_none() {
                break;
            }
        }
        // The case as it is being decided may be further than what is stored.
        let objected = case.history_objected || cases.iter().any(|other| other.history_objected);
        let erased_at = cases
            .iter()
            .filter_map(|other| other.history_erased_at)
            .chain(case.history_erased_at)
            .max();
        let since = until
            .plus_ms(-HISTORY_MS)
            .max(erased_at.unwrap_or(Timestamp(0)));
        let claims = cases
            .iter()
            .flat_map(|other| other.claims.values())
            .filter(|claim| {
                own.is_none_or(|own| (claim.line, claim.filed_at) != (own.line, own.filed_at))
            });
        Ok(Found {
            history: count(claims, since, until),
            since,
            objected,
            erased_at,
        })
    }

    /// What rules may read: nothing where no rule of the pack reads it, or the person objected.
    pub(crate) async fn history_for_rules(
        &self,
        published: &Published,
        case: &Case,
        claim: &Claim,
    ) -> Result<History, AppError> {
        let read = published
            .shelf
            .pack_of(Day::of(claim.filed_at))
            .is_some_and(is_read_by);
        if !read {
            return Ok(History::default());
        }
        let found = self.found(case, Some(claim), self.now()).await?;
        Ok(if found.objected {
            History::default()
        } else {
            found.history
        })
    }

    /// What rules could have read when the claim was filed; what the person objected to or had erased since is not used
    /// for a trial either.
    pub(crate) async fn history_then(
        &self,
        case: &Case,
        claim: &Claim,
    ) -> Result<History, AppError> {
        let found = self.found(case, Some(claim), claim.filed_at).await?;
        Ok(if found.objected {
            History::default()
        } else {
            found.history
        })
    }

    /// What earlier outcomes there are about the claimant of a case, and what they are used for.
    ///
    /// # Errors
    /// A case that the requester may not read, or somebody whom it is not for: the merchant and the
    /// technicians read none of it.
    pub async fn history(
        &self,
        principal: &Principal,
        id: CaseId,
    ) -> Result<HistoryDetail, AppError> {
        let case = self.readable(principal, id).await?;
        let may = match principal {
            Principal::Claimant { .. } => true,
            Principal::User(_) => READERS.iter().any(|role| principal.has(*role)),
            Principal::Integrator { .. } => false,
        };
        if !may {
            return Err(AppError::forbidden());
        }
        let published = self.published_of(principal.tenant()).await?;
        // Anybody can report something under somebody else's number and has the code of the receipt.
        let own = match principal {
            Principal::Claimant {
                person,
                phone_shown: false,
                ..
            } => Some(*person),
            _ => None,
        };
        let found = match own {
            Some(person) => self.found_of(vec![person], &case, None, self.now()).await?,
            None => self.found(&case, None, self.now()).await?,
        };
        let rules = published
            .shelf
            .pack_of(Day::of(self.now()))
            .map(|pack| {
                pack.rules
                    .iter()
                    .filter(|rule| reads_history(&rule.when))
                    .map(|rule| {
                        let words = rule.words();
                        HistoryRule {
                            zh: words.zh,
                            en: words.en,
                        }
                    })
                    .collect()
            })
            .unwrap_or_default();
        Ok(HistoryDetail {
            granted: found.history.granted,
            rejected: found.history.rejected,
            since: found.since,
            rules,
            objected: found.objected,
            of_this_case_only: own.is_some(),
            erased_at: found.erased_at,
        })
    }
}
