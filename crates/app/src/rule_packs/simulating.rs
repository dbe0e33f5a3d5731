//! Back-simulation over a tenant's own past claims: before a pack is published, how many of them
//! would have gone otherwise, and for whom the way would have been easier or harder.

use super::WRITERS;
use crate::access::staff;
use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::limits::{PAGE_ROWS_MAX, SIMULATED_CLAIMS_MAX};
use crate::principal::Principal;
use aftercare_domain::case::Claim;
use aftercare_domain::event::{Resolution, Verdict};
use aftercare_domain::ids::{CaseId, ClaimId};
use aftercare_domain::pack::simulate::{PastCase, PastOutcome, SideTally, Simulation, simulate};
use aftercare_domain::pack::{ClaimFacts, RulePack};
use aftercare_domain::{Day, Fen, Role};
use aftercare_store::CaseFilter;
use serde::Serialize;
use utoipa::ToSchema;

/// What a change would have meant to one side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SideCount {
    pub better: u64,
    pub worse: u64,
    pub mixed: u64,
    /// Refunds that were made in the claims counted as better.
    #[schema(value_type = i64)]
    pub refunds_better: Fen,
    /// Refunds that were made in the claims counted as worse.
    #[schema(value_type = i64)]
    pub refunds_worse: Fen,
}

/// One way in which claims would have gone otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DifferenceCount {
    pub zh: String,
    pub en: String,
    pub claims: u64,
}

/// Claims of one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CategoryCount {
    pub category: String,
    pub claims: u64,
    pub otherwise: u64,
}

/// What publishing a pack would have meant to past claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SimulationDetail {
    /// What it was compared with, as `id@version`: the pack in force today, or those of the days of filing.
    pub old: String,
    /// The pack that was simulated.
    pub new: String,
    /// Claims that were looked at.
    pub claims: u64,
    /// Whether there are more than were looked at.
    pub more: bool,
    pub otherwise: u64,
    pub claimants: SideCount,
    pub merchants: SideCount,
    pub differences: Vec<DifferenceCount>,
    pub categories: Vec<CategoryCount>,
    /// The first cases that would have gone otherwise, by number.
    pub examples: Vec<SimulatedCase>,
}

/// A case that would have gone otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SimulatedCase {
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
}

fn side(tally: SideTally) -> SideCount {
    SideCount {
        better: tally.better,
        worse: tally.worse,
        mixed: tally.mixed,
        refunds_better: tally.refunds_better,
        refunds_worse: tally.refunds_worse,
    }
}

/// How a claim ended: what was paid, sent, rejected, or none of it.
pub(super) fn outcome(claim: &Claim) -> PastOutcome {
    let verdict = claim.appeal_decision.or(claim.decision);
    match (claim.payment, claim.outcome, verdict) {
        (Some(amount), _, _) if claim.payment_reference.is_some() => {
            PastOutcome::Refunded { amount }
        }
        (_, Some(Resolution::Exchange), _) => PastOutcome::Exchanged,
        (_, None, Some((_, Verdict::Rejected))) => PastOutcome::Rejected,
        _ => PastOutcome::Ended,
    }
}

/// A simulation as it is read: `cases` are those of the claims, in their order.
pub(super) fn told(
    found: Simulation,
    old: String,
    new: &RulePack,
    cases: &[CaseId],
    more: bool,
) -> SimulationDetail {
    SimulationDetail {
        old,
        new: format!("{}@{}", new.id(), new.version()),
        claims: found.cases,
        more,
        otherwise: found.otherwise,
        claimants: side(found.claimants),
        merchants: side(found.merchants),
        differences: found
            .differences
            .iter()
            .map(|(difference, claims)| {
                let words = difference.words();
                DifferenceCount {
                    zh: words.zh,
                    en: words.en,
                    claims: *claims,
                }
            })
            .collect(),
        categories: found
            .categories
            .into_iter()
            .map(|(category, tally)| CategoryCount {
                category,
                claims: tally.cases,
                otherwise: tally.otherwise,
            })
            .collect(),
        examples: found
            .examples
            .iter()
            .filter_map(|position| cases.get(*position))
            .map(|case| SimulatedCase {
                case: *case,
                number: crate::numbers::case_number(*case),
            })
            .collect(),
    }
}

impl App {
    /// Runs the tenant's past claims under the pack in force today and under another one.
    ///
    /// # Errors
    /// A missing role; a pack that is not there.
    pub async fn simulate_pack(
        &self,
        principal: &Principal,
        id: &str,
        version: &str,
    ) -> Result<SimulationDetail, AppError> {
        let _ = staff(principal, &[WRITERS, &[Role::Auditor]].concat())?;
        let tenant = principal.tenant();
        let published = self.published_of(tenant).await?;
        let (new, _, _) = self.find_pack(&published, tenant, id, version).await?;
        let today = Day::of(self.now());
        let old = published.shelf.pack_of(today).ok_or_else(|| {
            AppError::new(
                ErrorKind::Internal,
                "no_pack_in_force",
                "没有生效的规则包。",
                "No rule pack is in force.",
            )
        })?;
        let reads_history = crate::history::is_read_by(old) || crate::history::is_read_by(&new);
        let (past, numbers, more) = self.past_claims(principal, reads_history).await?;
        let found = simulate(&past, old, &new);
        let in_force = format!("{}@{}", old.id(), old.version());
        Ok(told(found, in_force, &new, &numbers, more))
    }

    /// Claims of the tenant that have ended, as far as they are looked at, each with its case.
    async fn past_claims(
        &self,
        principal: &Principal,
        reads_history: bool,
    ) -> Result<(Vec<PastCase>, Vec<CaseId>, bool), AppError> {
        let filter = CaseFilter {
            tenant: Some(principal.tenant()),
            open_only: false,
            ..CaseFilter::default()
        };
        let (mut past, mut cases, mut cursor) = (Vec::new(), Vec::new(), None);
        loop {
            let page = self.store().cases(&filter, cursor, PAGE_ROWS_MAX).await?;
            for row in page.items {
                let state = self.load(row.case_id).await?;
                for (id, claim) in &state.claims {
                    if !claim.state.is_ended() {
                        continue;
                    }
                    if past.len() >= SIMULATED_CLAIMS_MAX {
                        return Ok((past, cases, true));
                    }
                    if let Some(case) = self.past_claim(&state, *id, claim, reads_history).await? {
                        past.push(case);
                        cases.push(row.case_id);
                    }
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok((past, cases, false));
            }
        }
    }

    async fn past_claim(
        &self,
        case: &aftercare_domain::Case,
        id: ClaimId,
        claim: &Claim,
        reads_history: bool,
    ) -> Result<Option<PastCase>, AppError> {
        let published = self
            .published_of(crate::detail::opened(case)?.tenant)
            .await?;
        let mut outside = self.outside_of(&published, case, claim).await?;
        // As it was then, whichever of the two packs reads it.
        if reads_history {
            outside.history = self.history_then(case, claim).await?;
        }
        Ok(ClaimFacts::of(case, id, &outside).map(|facts| PastCase {
            // A rule decides on the way of a claim before anybody appeals.
            facts: ClaimFacts {
                on_appeal: false,
                ..facts
            },
            outcome: outcome(claim),
        }))
    }
}
