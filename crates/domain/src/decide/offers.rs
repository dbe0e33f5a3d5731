//! The claimant's own offers: instead of yes or no to what the merchant offered, or while a reviewer
//! looks. What both sides accept is carried out like any settlement. While nothing is decided the claimant may also ask for
//! less than before, whatever is being looked at: nobody has to accept that, and nothing is agreed by it.

use super::claim::{looked_at, open_review, open_round};
use super::draft::{Draft, sealed};
use super::permissions::Act;
use super::{evidence, outcome};
use crate::actor::Human;
use crate::case::ClaimState;
use crate::clock::{ClockName, Subject};
use crate::command::Command;
use crate::event::{Body, PaymentBasis, Resolution, ReviewCause, WayOut};
use crate::ids::ClaimId;
use crate::limits::COUNTER_OFFERS_MAX;
use crate::refusals;
use crate::refused::Refused;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::OfferCounter {
            claim,
            resolution,
            statement,
            ..
        } => {
            draft.allow(Act::SpeakAsClaimant)?;
            let open = draft.claim(claim)?;
            if open.state.is_ended() {
                return Err(refusals::claim_ended());
            }
            if !matches!(
                open.state,
                ClaimState::SettlementOffered | ClaimState::HumanReview
            ) {
                return Err(refusals::counter_not_now());
            }
            looked_at(open)?;
            if open.counter_offers >= COUNTER_OFFERS_MAX {
                return Err(refusals::settlement_limit());
            }
            let offered = open.settlement.map(|(_, offered)| offered);
            if resolution == open.ask || Some(resolution) == offered {
                return Err(refusals::settlement_is_the_ask());
            }
            outcome::leaves_goods(open, resolution)?;
            outcome::affordable(draft, open, resolution)?;
            sealed(&statement)?;
            draft.emit(Body::CounterOffered {
                claim,
                resolution,
                statement,
            });
            let subject = Subject::Claim(claim);
            draft.stop(ClockName::SettlementAnswer, subject);
            draft.stop(ClockName::Review, subject);
            draft.start(ClockName::SettlementAnswer, subject)
        }
        Command::ChangeAsk { claim, to, .. } => change_ask(draft, claim, to),
        Command::AnswerCounter { by, claim, accept } => answer(draft, by, claim, accept),
        _ => Ok(()),
    }
}

/// What is asked for instead: never more money than before, so that an agreement that is on its way costs nobody more.
const fn instead(ask: Resolution, to: WayOut) -> Option<Resolution> {
    match (ask, to) {
        (Resolution::Refund { amount }, WayOut::Return) => Some(Resolution::Return { amount }),
        (Resolution::Inspection, _) | (_, WayOut::Return) => None,
        (_, WayOut::Inspection) => Some(Resolution::Inspection),
    }
}

fn change_ask(draft: &mut Draft<'_>, claim_id: ClaimId, to: WayOut) -> Result<(), Refused> {
    draft.allow(Act::SpeakAsClaimant)?;
    let claim = draft.claim(claim_id)?;
    if claim.state.is_ended() {
        return Err(refusals::claim_ended());
    }
    if !claim.state.takes_another_ask() {
        return Err(refusals::ask_not_now());
    }
    let ask = instead(claim.ask, to).ok_or_else(refusals::ask_no_less)?;
    draft.emit(Body::AskChanged {
        claim: claim_id,
        ask,
    });
    Ok(())
}

fn answer(
    draft: &mut Draft<'_>,
    merchant: Human,
    claim_id: ClaimId,
    accept: bool,
) -> Result<(), Refused> {
    draft.allow(Act::Answer)?;
    let claim = draft.claim(claim_id)?;
    let Some(resolution) = claim
        .counter
        .filter(|_| claim.state == ClaimState::CounterOffered)
    else {
        return Err(refusals::no_counter());
    };
    let subject = Subject::Claim(claim_id);
    if accept {
        looked_at(claim)?;
        evidence::checked(draft, claim_id)?;
        outcome::affordable(draft, claim, resolution)?;
        draft.emit(Body::CounterAccepted {
            claim: claim_id,
            merchant,
            resolution,
        });
        draft.stop_all(subject);
        let basis = PaymentBasis::Settled { human: merchant };
        return outcome::carry_out(draft, claim_id, resolution, basis);
    }
    let reviewed_before = claim.review_cause.is_some();
    draft.emit(Body::CounterDeclined {
        claim: claim_id,
        merchant,
    });
    draft.stop(ClockName::SettlementAnswer, subject);
    if reviewed_before {
        open_review(draft, claim_id, ReviewCause::CounterDeclined)
    } else {
        // Neither has accepted what the other offered: both are heard before a human decides.
        open_round(draft, claim_id)
    }
}
