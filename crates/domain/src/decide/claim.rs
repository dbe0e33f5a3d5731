//! A claim from its filing to a human's desk: the merchant's answer, settlement, the evidence round,
//! withdrawal. No path of this file rejects anything.

use super::draft::{Draft, sealed};
use super::permissions::{Act, speak_for};
use super::{outcome, platform};
use crate::actor::{Actor, Human, Party};
use crate::case::{Claim, ClaimState};
use crate::clock::{ClockName, Subject};
use crate::command::Command;
use crate::event::{Body, PaymentBasis, ReopenReason, Resolution, ReviewCause};
use crate::ids::ClaimId;
use crate::limits::{CLAIMS_PER_CASE_MAX, SETTLEMENT_OFFERS_MAX};
use crate::refusals;
use crate::refused::Refused;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::FileClaim { .. } => file(draft, command),
        Command::AgreeToClaim { by, claim } => agree(draft, by, claim),
        Command::OfferSettlement {
            by,
            claim,
            resolution,
            statement,
        } => {
            let open = draft.claim(claim)?;
            draft.allow(Act::Answer)?;
            if !matches!(
                open.state,
                ClaimState::MerchantWindow | ClaimState::HumanReview
            ) {
                return Err(not_now(open));
            }
            looked_at(open)?;
            if open.settlement_offers >= SETTLEMENT_OFFERS_MAX {
                return Err(refusals::settlement_limit());
            }
            if resolution == open.ask {
                return Err(refusals::settlement_is_the_ask());
            }
            outcome::leaves_goods(open, resolution)?;
            outcome::affordable(draft, open, resolution)?;
            sealed(&statement)?;
            draft.emit(Body::SettlementOffered {
                claim,
                merchant: by,
                resolution,
                statement,
            });
            draft.stop(ClockName::MerchantAnswer, Subject::Claim(claim));
            draft.stop(ClockName::Review, Subject::Claim(claim));
            draft.start(ClockName::SettlementAnswer, Subject::Claim(claim))
        }
        Command::AnswerSettlement { claim, accept, .. } => answer_settlement(draft, claim, accept),
        Command::ContestClaim {
            by,
            claim,
            statement,
        } => {
            let open = draft.claim(claim)?;
            draft.allow(Act::Answer)?;
            if open.state != ClaimState::MerchantWindow {
                return Err(not_now(open));
            }
            sealed(&statement)?;
            draft.emit(Body::MerchantContested {
                claim,
                merchant: by,
                statement,
            });
            draft.stop(ClockName::MerchantAnswer, Subject::Claim(claim));
            open_round(draft, claim)
        }
        Command::CloseEvidenceRound { claim, party, .. } => {
            let open = draft.claim(claim)?;
            draft.allow(speak_for(party))?;
            // In a review it answers what the other side said last, what was found, and what a technician reported.
            let in_review = matches!(
                open.state,
                ClaimState::HumanReview | ClaimState::SecondReview
            );
            if in_review && open.hearing.awaits(party) {
                draft.emit(Body::EvidenceRoundDone { claim, party });
                return Ok(());
            }
            if open.state != ClaimState::EvidenceRound {
                return Err(refusals::no_evidence_round());
            }
            if open.round_done.contains(&party) {
                return Err(refusals::round_already_done());
            }
            draft.emit(Body::EvidenceRoundDone { claim, party });
            let done = &draft.claim(claim)?.round_done;
            if done.contains(&Party::Claimant) && done.contains(&Party::Merchant) {
                close_round(draft, claim)?;
            }
            Ok(())
        }
        Command::WithdrawClaim { claim, .. } => {
            let open = draft.claim(claim)?;
            draft.allow(Act::SpeakAsClaimant)?;
            if open.state.is_ended() {
                return Err(refusals::claim_ended());
            }
            if open.owes_goods() {
                return Err(refusals::goods_come_back());
            }
            // Whoever has the money does not call off that it is looked at again.
            if open.payment_reference.is_some() {
                return Err(refusals::refund_contested());
            }
            // The goods are accepted, and the provider may be paying this moment: nobody has to choose between both.
            if open.is_being_paid_for_goods() {
                return Err(refusals::refund_on_its_way());
            }
            let are_given_up = open.goods.are_given_up();
            draft.emit(Body::ClaimWithdrawn { claim });
            draft.stop_all(Subject::Claim(claim));
            if are_given_up {
                return outcome::owe_goods(draft, claim);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Why the merchant cannot answer at this stage.
pub(super) fn not_now(claim: &Claim) -> Refused {
    match claim.state {
        ClaimState::FirstLook => refusals::first_look_first(),
        state if state.is_ended() => refusals::claim_ended(),
        _ => refusals::not_in_merchant_window(),
    }
}

/// Refuses while a look is due and nobody has looked.
pub(super) fn looked_at(claim: &Claim) -> Result<(), Refused> {
    if claim.awaits_look() {
        return Err(refusals::first_look_first());
    }
    Ok(())
}

fn file(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    let Command::FileClaim {
        by: _,
        claim,
        order,
        line,
        reason,
        ask,
        statement,
        evidence,
        statutory,
    } = command
    else {
        return Ok(());
    };
    platform::allow_or_brought(draft, Act::FileClaim)?;
    if draft.case.claims.contains_key(&claim) {
        return Err(refusals::id_taken());
    }
    if draft.case.claims.len() >= CLAIMS_PER_CASE_MAX {
        return Err(refusals::too_many_claims());
    }
    let same_line = |other: &Claim| other.order == order && other.line == line;
    if draft
        .case
        .claims
        .values()
        .any(|other| same_line(other) && !other.state.is_ended())
    {
        return Err(refusals::claim_already_open());
    }
    let facts = draft
        .facts
        .order
        .as_ref()
        .filter(|facts| facts.order == order && facts.line == line)
        .ok_or_else(refusals::order_facts_missing)?;
    let (paid, perishable) = (facts.paid, facts.perishable);
    // What the platform is asked for already it decides: one loss is not asked for in two places.
    if facts.open_at_platform && !platform::is_party(draft) {
        return Err(refusals::claim_open_at_platform());
    }
    outcome::within(facts, ask)?;
    sealed(&statement)?;
    draft.files(&evidence)?;
    if let Some(ground) = statutory {
        let offered = draft
            .case
            .work_orders
            .values()
            .any(|order| order.statutory_offer == Some(ground));
        if !offered {
            return Err(refusals::statutory_not_offered());
        }
        if matches!(ask, Resolution::Partial { .. } | Resolution::Inspection) {
            return Err(refusals::statutory_remedy());
        }
    }
    if draft.case.closed {
        draft.emit(Body::CaseReopened {
            reason: ReopenReason::Statutory,
        });
    }
    let has_evidence = !evidence.is_empty();
    draft.emit(Body::ClaimFiled {
        claim,
        order,
        line,
        reason,
        ask,
        paid,
        perishable,
        statement,
        evidence,
        statutory,
    });
    if has_evidence {
        draft.start(ClockName::Screening, Subject::Claim(claim))
    } else {
        open_window(draft, claim)
    }
}

/// The merchant may answer from now on.
pub(super) fn open_window(draft: &mut Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    draft.emit(Body::MerchantWindowOpened { claim });
    draft.start(ClockName::MerchantAnswer, Subject::Claim(claim))
}

pub(super) fn open_round(draft: &mut Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    draft.emit(Body::EvidenceRoundOpened { claim });
    draft.start(ClockName::EvidenceRound, Subject::Claim(claim))?;
    super::evidence::hold_for_look(draft, claim);
    Ok(())
}

/// Ends the evidence round; a human reviews.
pub(super) fn close_round(draft: &mut Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    draft.emit(Body::EvidenceRoundClosed { claim });
    draft.stop(ClockName::EvidenceRound, Subject::Claim(claim));
    open_review(draft, claim, ReviewCause::EvidenceRoundClosed)
}

/// Brings the claim to a reviewer and starts the reviewer's clock.
pub(super) fn open_review(
    draft: &mut Draft<'_>,
    claim: ClaimId,
    why: ReviewCause,
) -> Result<(), Refused> {
    draft.emit(Body::HumanReviewOpened { claim, why });
    draft.start(ClockName::Review, Subject::Claim(claim))
}

/// The merchant may agree at any time until somebody has decided.
fn agree(draft: &mut Draft<'_>, merchant: Human, claim_id: ClaimId) -> Result<(), Refused> {
    let claim = draft.claim(claim_id)?;
    draft.allow(Act::Answer)?;
    if !matches!(
        claim.state,
        ClaimState::MerchantWindow
            | ClaimState::SettlementOffered
            | ClaimState::EvidenceRound
            | ClaimState::CounterOffered
            | ClaimState::Inspection
            | ClaimState::HumanReview
            | ClaimState::Countersign
    ) {
        return Err(not_now(claim));
    }
    let resolution = claim.ask;
    // What is being inspected cannot be sent to inspection again.
    if resolution == Resolution::Inspection && claim.state != ClaimState::MerchantWindow {
        return Err(refusals::not_in_merchant_window());
    }
    looked_at(claim)?;
    super::evidence::checked(draft, claim_id)?;
    outcome::leaves_goods(claim, resolution)?;
    outcome::affordable(draft, claim, resolution)?;
    draft.emit(Body::MerchantAgreed {
        claim: claim_id,
        merchant,
        resolution,
    });
    draft.stop_all(Subject::Claim(claim_id));
    outcome::carry_out(
        draft,
        claim_id,
        resolution,
        PaymentBasis::MerchantAgreed { human: merchant },
    )
}

fn answer_settlement(
    draft: &mut Draft<'_>,
    claim_id: ClaimId,
    accept: bool,
) -> Result<(), Refused> {
    let claim = draft.claim(claim_id)?;
    draft.allow(Act::SpeakAsClaimant)?;
    let Some((human, resolution)) = claim
        .settlement
        .filter(|_| claim.state == ClaimState::SettlementOffered)
    else {
        return Err(refusals::no_settlement());
    };
    let subject = Subject::Claim(claim_id);
    if accept {
        // An agent speaks for the claimant: not for both, who offered it for the shop.
        if matches!(draft.by, Actor::Human(by) if by.user == human.user) {
            return Err(refusals::not_permitted());
        }
        looked_at(claim)?;
        super::evidence::checked(draft, claim_id)?;
        outcome::affordable(draft, claim, resolution)?;
        draft.emit(Body::SettlementAccepted {
            claim: claim_id,
            resolution,
        });
        draft.stop_all(subject);
        return outcome::carry_out(draft, claim_id, resolution, PaymentBasis::Settled { human });
    }
    let reviewed_before = claim.review_cause.is_some();
    draft.emit(Body::SettlementDeclined { claim: claim_id });
    draft.stop(ClockName::SettlementAnswer, subject);
    if reviewed_before {
        open_review(draft, claim_id, ReviewCause::SettlementDeclined)
    } else {
        // The merchant has said less than was asked: both sides are heard before a human decides.
        open_round(draft, claim_id)
    }
}
