//! The second pair of eyes: a decision above a stake is confirmed before it takes effect, a sample of
//! decisions is looked at again, and whoever has a conflict of interest steps back.

use super::claim::open_review;
use super::draft::{Draft, sealed};
use super::evidence::unconflicted;
use super::permissions::Act;
use crate::case::ClaimState;
use crate::clock::{ClockName, Subject};
use crate::command::Command;
use crate::event::{Body, ReviewCause};
use crate::ids::{ClaimId, UserId};
use crate::refusals;
use crate::refused::Refused;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::ConfirmDecision { by, claim } => {
            may_countersign(draft, claim, by.user)?;
            // In records of before, what a technician photographed did not take the proposal back.
            if !draft.case.unseen(claim).is_empty() {
                return Err(refusals::first_look_first());
            }
            let Some(proposal) = draft.claim(claim)?.proposal.clone() else {
                return Err(refusals::not_countersigned());
            };
            draft.emit(Body::DecisionConfirmed {
                claim,
                reviewer: by,
            });
            draft.emit(Body::ClaimDecided {
                claim,
                reviewer: proposal.reviewer,
                verdict: proposal.verdict,
                reasons: proposal.reasons,
                citations: proposal.citations,
                evidence: proposal.evidence,
            });
            after_decision(draft, claim)
        }
        Command::ReturnDecision { by, claim, reasons } => {
            may_countersign(draft, claim, by.user)?;
            sealed(&reasons)?;
            draft.emit(Body::DecisionReturned {
                claim,
                reviewer: by,
                reasons,
            });
            draft.stop_all(Subject::Claim(claim));
            open_review(draft, claim, ReviewCause::ReviewersDiffer)
        }
        Command::LookAgain {
            by,
            claim,
            verdict,
            reasons,
        } => {
            draft.allow(Act::Review)?;
            let open = draft.claim(claim)?;
            if open.sample.is_none_or(|sample| sample.again.is_some()) {
                return Err(refusals::not_sampled());
            }
            apart(draft, claim, by.user)?;
            if draft.claim(claim)?.is_kept_from_second_look(by.user) {
                return Err(refusals::second_look_is_blind());
            }
            sealed(&reasons)?;
            draft.emit(Body::DecisionLookedAgain {
                claim,
                reviewer: by,
                verdict,
                reasons,
            });
            Ok(())
        }
        Command::Recuse { by, claim, reasons } => {
            draft.allow(Act::Review)?;
            let open = draft.claim(claim)?;
            if open.state.is_ended() {
                return Err(refusals::claim_ended());
            }
            if open.recused.contains(&by.user) {
                return Err(refusals::already_recused());
            }
            sealed(&reasons)?;
            draft.emit(Body::ReviewerRecused {
                claim,
                reviewer: by,
                reasons,
            });
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A reviewer without a conflict of interest and without a part in the decision.
fn apart(draft: &Draft<'_>, claim: ClaimId, reviewer: UserId) -> Result<(), Refused> {
    unconflicted(draft, claim, reviewer)?;
    if draft.claim(claim)?.took_part(reviewer) {
        return Err(refusals::second_reviewer_differs());
    }
    Ok(())
}

fn may_countersign(draft: &Draft<'_>, claim: ClaimId, reviewer: UserId) -> Result<(), Refused> {
    draft.allow(Act::Review)?;
    if draft.claim(claim)?.state != ClaimState::Countersign {
        return Err(refusals::not_countersigned());
    }
    apart(draft, claim, reviewer)
}

/// What a technician saw for a claim came while a decision waited for its second reviewer. Nobody confirms what rests on less than
/// there is: the proposal falls, somebody looks blind where that is due, both sides read it, and the claim is decided anew.
pub(super) fn reconsider(draft: &mut Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    if draft.claim(claim)?.state != ClaimState::Countersign {
        return Ok(());
    }
    draft.stop_all(Subject::Claim(claim));
    open_review(draft, claim, ReviewCause::ReportCame)
}

/// What follows a decision that takes effect: the time to appeal, and the draw for a second look.
pub(super) fn after_decision(draft: &mut Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    let permille = draft
        .facts
        .ruling
        .as_ref()
        .zip(draft.facts.drawn)
        .filter(|(ruling, drawn)| ruling.is_sampled(*drawn))
        .map(|(ruling, _)| ruling.sample_permille);
    if let Some(permille) = permille {
        draft.emit(Body::DecisionSampled { claim, permille });
    }
    draft.stop_all(Subject::Claim(claim));
    draft.start(ClockName::Appeal, Subject::Claim(claim))
}
