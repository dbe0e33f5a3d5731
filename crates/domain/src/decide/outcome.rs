//! Carrying out what was agreed or decided: money, goods, the end of a claim. Money moves only on a
//! basis that names a human.

use super::draft::{Draft, sealed, short};
use super::permissions::Act;
use super::{appeal, claim, platform};
use crate::case::{Claim, ClaimState, GoodsState};
use crate::clock::{ClockName, Subject};
use crate::command::Command;
use crate::event::{Body, PaymentBasis, Resolution, ReviewCause};
use crate::facts::OrderFacts;
use crate::ids::ClaimId;
use crate::money::Fen;
use crate::refusals;
use crate::refused::Refused;

/// Refuses an amount that is not positive, or above what was paid less what was refunded or authorized.
pub(super) fn within(facts: &OrderFacts, resolution: Resolution) -> Result<(), Refused> {
    let Some(asked) = resolution.amount() else {
        return Ok(());
    };
    if asked <= Fen::ZERO {
        return Err(refusals::amount_not_valid());
    }
    let free = facts
        .refunded
        .0
        .checked_neg()
        .and_then(|refunded| facts.paid.checked_add(Fen(refunded)));
    match free {
        Some(free) if asked <= free => Ok(()),
        _ => Err(refusals::amount_above_paid()),
    }
}

/// The same for a claim, with its order line as it is now.
pub(super) fn affordable(
    draft: &Draft<'_>,
    claim: &Claim,
    resolution: Resolution,
) -> Result<(), Refused> {
    if resolution.amount().is_none() {
        return Ok(());
    }
    let facts = draft
        .facts
        .order
        .as_ref()
        .filter(|facts| facts.order == claim.order && facts.line == claim.line)
        .ok_or_else(refusals::order_facts_missing)?;
    within(facts, resolution)
}

/// Refuses a partial refund, for which the claimant keeps the goods, once they went to the merchant: it would leave the claimant
/// without either. By another name, as a refund of less than all without return, it is the same. What a second reviewer leaves
/// standing of a refund that was paid takes no goods away anew.
pub(super) fn leaves_goods(claim: &Claim, resolution: Resolution) -> Result<(), Refused> {
    let is_partial = match resolution {
        Resolution::Partial { .. } => true,
        Resolution::Refund { amount } => amount < claim.paid,
        Resolution::Return { .. } | Resolution::Exchange | Resolution::Inspection => false,
    };
    if is_partial && claim.goods.are_given_up() && claim.payment_reference.is_none() {
        return Err(refusals::goods_at_merchant());
    }
    Ok(())
}

/// How much more a platform granted than what was paid less what was refunded or authorized, if it did.
pub(super) fn above_paid(
    draft: &Draft<'_>,
    claim: &Claim,
    resolution: Resolution,
) -> Result<Option<Fen>, Refused> {
    let Some(granted) = resolution.amount() else {
        return Ok(None);
    };
    match affordable(draft, claim, resolution) {
        Ok(()) => Ok(None),
        Err(refused) if refused.rule == refusals::amount_above_paid().rule => {
            let facts = draft.facts.order.as_ref();
            let free = facts.map_or(0, |facts| facts.paid.0.saturating_sub(facts.refunded.0));
            Ok(Some(Fen(granted.0.saturating_sub(free.max(0)))))
        }
        Err(refused) => Err(refused),
    }
}

/// Lets money move.
fn authorize(
    draft: &mut Draft<'_>,
    claim_id: ClaimId,
    resolution: Resolution,
    basis: PaymentBasis,
) -> Result<(), Refused> {
    let Some(amount) = resolution.amount() else {
        return Ok(());
    };
    // The platform pays, and what came back to the merchant makes no second payment of it.
    if platform::is_party(draft) {
        return Ok(());
    }
    let open = draft.claim(claim_id)?;
    if draft.case.is_accused_unseen(claim_id) {
        return Err(refusals::first_look_first());
    }
    affordable(draft, open, resolution)?;
    draft.emit(Body::PaymentAuthorized {
        claim: claim_id,
        amount,
        basis,
    });
    draft.start(ClockName::Execution, Subject::Claim(claim_id))
}

/// Sets going what was agreed or finally decided.
pub(super) fn carry_out(
    draft: &mut Draft<'_>,
    claim_id: ClaimId,
    resolution: Resolution,
    basis: PaymentBasis,
) -> Result<(), Refused> {
    let subject = Subject::Claim(claim_id);
    // The platform moves the money and counts the goods: what was agreed is our answer to it, and nothing is paid twice.
    // A technician who looks at the item is ours to send.
    if platform::is_party(draft) && resolution != Resolution::Inspection {
        return draft.start(ClockName::Execution, subject);
    }
    let goods = draft.claim(claim_id)?.goods;
    match resolution {
        Resolution::Refund { .. } | Resolution::Partial { .. } => {
            authorize(draft, claim_id, resolution, basis)
        }
        // After a review of returned goods they are with the merchant, or on their way, already.
        Resolution::Return { .. } => match goods {
            GoodsState::ReturnReceived | GoodsState::Owed => {
                authorize(draft, claim_id, resolution, basis)
            }
            GoodsState::ReturnShipped => draft.start(ClockName::ReturnInspection, subject),
            GoodsState::Still | GoodsState::ExchangeShipped | GoodsState::SentBack => {
                draft.start(ClockName::ReturnShipping, subject)
            }
        },
        Resolution::Exchange => draft.start(ClockName::Execution, subject),
        Resolution::Inspection => draft.start(ClockName::Inspection, subject),
    }
}

/// Ends a claim.
pub(super) fn close(draft: &mut Draft<'_>, claim: ClaimId) {
    draft.stop_all(Subject::Claim(claim));
    draft.emit(Body::ClaimClosed { claim });
}

/// Ends a claim for which nothing is granted: at once where the goods are where they were. What the claimant gave out of hand goes
/// back first.
pub(super) fn end_with_nothing(draft: &mut Draft<'_>, claim_id: ClaimId) -> Result<(), Refused> {
    if draft.claim(claim_id)?.goods.are_given_up() {
        draft.stop_all(Subject::Claim(claim_id));
        return owe_goods(draft, claim_id);
    }
    close(draft, claim_id);
    Ok(())
}

/// The merchant owes the claimant the goods, and has the time of the execution to send them.
pub(super) fn owe_goods(draft: &mut Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    draft.emit(Body::GoodsOwed { claim });
    draft.start(ClockName::Execution, Subject::Claim(claim))
}

/// What is being carried out, if anything is.
fn outcome_of(claim: &Claim) -> Option<Resolution> {
    claim
        .outcome
        .filter(|_| matches!(claim.state, ClaimState::Agreed | ClaimState::Final))
}

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::ShipReturn { claim, waybill, .. } => {
            let open = draft.claim(claim)?;
            draft.allow(Act::SpeakAsClaimant)?;
            let outcome = outcome_of(open).filter(|outcome| {
                matches!(outcome, Resolution::Return { .. } | Resolution::Exchange)
            });
            if outcome.is_none() || open.goods != GoodsState::Still {
                return Err(refusals::nothing_to_return());
            }
            sealed(&waybill)?;
            draft.emit(Body::ReturnShipped { claim, waybill });
            draft.stop(ClockName::ReturnShipping, Subject::Claim(claim));
            if matches!(outcome, Some(Resolution::Return { .. })) {
                draft.start(ClockName::ReturnInspection, Subject::Claim(claim))?;
            }
            Ok(())
        }
        Command::ReceiveReturn {
            claim,
            as_described,
            ..
        } => receive(draft, claim, as_described),
        Command::ShipExchange { claim, waybill, .. } => {
            let open = draft.claim(claim)?;
            draft.allow(Act::Answer)?;
            if outcome_of(open) != Some(Resolution::Exchange) {
                return Err(refusals::nothing_to_exchange());
            }
            sealed(&waybill)?;
            draft.emit(Body::ExchangeShipped { claim, waybill });
            close(draft, claim);
            Ok(())
        }
        Command::SendGoodsBack { claim, waybill, .. } => {
            let open = draft.claim(claim)?;
            draft.allow(Act::Answer)?;
            if !open.owes_goods() {
                return Err(refusals::nothing_to_return());
            }
            sealed(&waybill)?;
            draft.emit(Body::GoodsSentBack { claim, waybill });
            close(draft, claim);
            Ok(())
        }
        Command::RecordPayment {
            claim,
            amount,
            reference,
        } => {
            let open = draft.claim(claim)?;
            let Some(authorized) = open.payment else {
                return Err(refusals::payment_not_authorized());
            };
            if open.payment_reference.is_some() {
                return Err(refusals::payment_already_recorded());
            }
            if amount != authorized {
                return Err(refusals::payment_amount_differs());
            }
            short(&reference)?;
            // Also on a claim withdrawn meanwhile: the money moved, and the record says so.
            draft.emit(Body::ClaimExecuted {
                claim,
                amount,
                reference,
            });
            close(draft, claim);
            Ok(())
        }
        _ => Ok(()),
    }
}

fn receive(draft: &mut Draft<'_>, claim_id: ClaimId, as_described: bool) -> Result<(), Refused> {
    let open = draft.claim(claim_id)?;
    draft.allow(Act::Answer)?;
    let Some(outcome) = outcome_of(open) else {
        return Err(refusals::nothing_to_receive());
    };
    // Goods can arrive before the claimant says that they were sent.
    let expected = match outcome {
        Resolution::Return { .. } => {
            matches!(open.goods, GoodsState::Still | GoodsState::ReturnShipped)
        }
        Resolution::Exchange => open.goods == GoodsState::ReturnShipped,
        _ => false,
    };
    if !expected {
        return Err(refusals::nothing_to_receive());
    }
    let basis = open.basis;
    let subject = Subject::Claim(claim_id);
    draft.emit(Body::ReturnReceived {
        claim: claim_id,
        as_described,
    });
    draft.stop(ClockName::ReturnShipping, subject);
    draft.stop(ClockName::ReturnInspection, subject);
    if !as_described {
        // The merchant's word alone takes nothing away: a human looks.
        draft.stop_all(subject);
        return claim::open_review(draft, claim_id, ReviewCause::ReturnDisputed);
    }
    match (outcome, basis) {
        (Resolution::Return { .. }, Some(basis)) => authorize(draft, claim_id, outcome, basis),
        _ => Ok(()),
    }
}

/// Carries out a final decision, or ends the claim when nothing was granted. If the order was refunded elsewhere meanwhile, the
/// clock that made the decision final cannot pay: a human looks.
pub(super) fn carry_out_final(draft: &mut Draft<'_>, claim_id: ClaimId) -> Result<(), Refused> {
    let open = draft.claim(claim_id)?;
    let Some((resolution, basis)) = open.outcome.zip(open.basis) else {
        return end_with_nothing(draft, claim_id);
    };
    match affordable(draft, open, resolution) {
        Err(refused) if refused.rule == refusals::amount_above_paid().rule => {
            claim::open_review(draft, claim_id, ReviewCause::AmountNotFree)
        }
        Err(refused) => Err(refused),
        Ok(()) => {
            appeal::make_final(draft, claim_id);
            carry_out(draft, claim_id, resolution, basis)
        }
    }
}
