//! Clocks on command: held, resumed, extended, moved to a new rule, run out. What follows when one
//! runs out is in one table here, by name.

use super::draft::{Draft, sealed};
use super::permissions::{self, Act};
use super::{appeal, claim, evidence, platform, repair};
use crate::actor::Actor;
use crate::calendar::Due;
use crate::case::{Case, ClaimState, RepairState};
use crate::clock::{Clock, ClockKey, ClockName, ClockState, PauseReason, Subject};
use crate::command::Command;
use crate::event::{Body, Escalation, ReviewCause, StatutoryGround};
use crate::evidence::Envelope;
use crate::ids::{ClaimId, WorkOrderId};
use crate::limits::{HOLD_MS_MAX, HOLD_PERISHABLE_MS_MAX, HOLDS_PER_CLAIM_CLOCK_MAX};
use crate::money::Fen;
use crate::refusals;
use crate::refused::Refused;
use crate::time::Timestamp;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::PauseClock { clock, reason, .. } => {
            may_hold(draft, clock)?;
            let open = known(draft, clock)?;
            if !can_pause(clock.name) || reason == PauseReason::WaitingForLook {
                return Err(refusals::clock_cannot_pause());
            }
            if open.state != ClockState::Running {
                return Err(refusals::clock_not_running());
            }
            let until = held_until(draft, &open)?;
            draft.hold_until(clock, reason, Some(until));
            Ok(())
        }
        Command::ResumeClock { clock, .. } => {
            may_hold(draft, clock)?;
            draft.resume(clock)
        }
        Command::ExtendClock { clock, reason, .. } => extend(draft, clock, reason),
        Command::RebaseClocks => rebase(draft),
        Command::ExpireClock { clock } => {
            let open = known(draft, clock)?;
            if let ClockState::Paused {
                until: Some(until), ..
            } = open.state
                && draft.now >= until
            {
                draft.run_on(clock, true)?;
                evidence::hold_again(draft, clock);
                return Ok(());
            }
            if open.state != ClockState::Running {
                return Err(refusals::clock_not_running());
            }
            if draft.now < open.due_at {
                return Err(refusals::clock_not_due());
            }
            draft.emit(Body::ClockExpired { clock });
            match clock.subject {
                Subject::WorkOrder(id) => repair_clock_ran_out(draft, clock.name, id),
                Subject::Claim(id) => claim_clock_ran_out(draft, clock.name, id),
            }
        }
        _ => Ok(()),
    }
}

fn known(draft: &Draft<'_>, key: ClockKey) -> Result<Clock, Refused> {
    draft
        .case
        .clock(key)
        .copied()
        .ok_or_else(refusals::clock_unknown)
}

fn may_hold(draft: &Draft<'_>, key: ClockKey) -> Result<(), Refused> {
    let act = match key.subject {
        Subject::WorkOrder(_) => Act::HoldRepairClock,
        Subject::Claim(_) => Act::HoldClaimClock,
    };
    permissions::allow(&draft.case, draft.by, act, None)?;
    // Who is on a side of the claim holds no clock of it, whatever else they may be.
    match (key.subject, draft.by) {
        (Subject::Claim(claim), Actor::Human(human)) if draft.case.claims.contains_key(&claim) => {
            evidence::unconflicted(draft, claim, human.user)
        }
        _ => Ok(()),
    }
}

/// Until when a clock stands still that somebody holds: a wait has an end, and so has a pause of it. On a claim two sides wait,
/// and a reviewer cannot hold one clock of it again and again; on a repair it is held as its customer likes.
fn held_until(draft: &Draft<'_>, clock: &Clock) -> Result<Timestamp, Refused> {
    let subject = clock.key.subject;
    if matches!(subject, Subject::Claim(_)) && clock.holds >= HOLDS_PER_CLAIM_CLOCK_MAX {
        return Err(refusals::held_too_often());
    }
    let most_ms = if draft.is_perishable(subject) {
        HOLD_PERISHABLE_MS_MAX
    } else {
        HOLD_MS_MAX
    };
    Ok(draft.by_platform(clock.key, draft.now.plus_ms(most_ms)))
}

/// Clocks that guard a right, bound money, or last minutes are never held.
const fn can_pause(name: ClockName) -> bool {
    !matches!(
        name,
        ClockName::OfferAnswer
            | ClockName::QuoteConsent
            | ClockName::Parts
            | ClockName::Confirmation
            | ClockName::CustomerPayment
            | ClockName::Attention
            | ClockName::WorkWarranty
            | ClockName::Screening
            | ClockName::SettlementAnswer
            | ClockName::Appeal
            | ClockName::Execution
    )
}

fn extend(draft: &mut Draft<'_>, key: ClockKey, reason: Envelope) -> Result<(), Refused> {
    let clock = known(draft, key)?;
    let Some(by_ms) = draft.extension_ms(key.name, key.subject) else {
        return Err(refusals::clock_cannot_extend());
    };
    draft.allow(match key.name {
        ClockName::EvidenceRound => Act::ExtendEvidenceRound,
        _ => Act::ExtendMerchantAnswer,
    })?;
    if !clock.is_open() {
        return Err(refusals::clock_not_running());
    }
    if clock.extended {
        return Err(refusals::clock_already_extended());
    }
    sealed(&reason)?;
    // From the due time, not from now: what was left is kept. A clock that is due but not yet
    // noticed to be so is extended from its due time as well.
    let Due { at, assumed } = draft.facts.calendar.due(clock.due_at, by_ms, clock.basis)?;
    let at = draft.by_platform(key, at);
    if at <= clock.due_at {
        return Err(refusals::platform_does_not_wait());
    }
    draft.emit(Body::ClockExtended {
        clock: key,
        by_ms,
        due_at: at,
        assumed,
        reason,
    });
    Ok(())
}

/// Moves every open clock to the allowance of the rules in force; the time it has used, and an
/// extension, stay. Not moved are rights that have been granted with their end (work warranty,
/// appeal), a clock that hangs on an agreed window (arrival), the statutory wait for parts, and the time that was added to a
/// look.
fn rebase(draft: &mut Draft<'_>) -> Result<(), Refused> {
    let open: Vec<Clock> = draft
        .case
        .clocks
        .iter()
        .filter(|clock| {
            clock.is_open()
                && !matches!(
                    clock.key.name,
                    ClockName::WorkWarranty
                        | ClockName::Appeal
                        | ClockName::Arrival
                        | ClockName::Parts
                )
                && !is_longer_look(&draft.case, clock.key)
        })
        .copied()
        .collect();
    for clock in open {
        let allowance_ms = draft
            .allowance_ms(clock.key.name, clock.key.subject)
            .saturating_add(clock.extended_ms);
        if allowance_ms == clock.allowance_ms {
            continue;
        }
        let left_ms = match clock.state {
            ClockState::Paused { left_ms, .. } => left_ms,
            _ => draft
                .facts
                .calendar
                .left(draft.now, clock.due_at, clock.basis),
        };
        let used_ms = clock.allowance_ms.saturating_sub(left_ms);
        let new_left_ms = allowance_ms.saturating_sub(used_ms).max(0);
        let Due { at, assumed } = draft
            .facts
            .calendar
            .due(draft.now, new_left_ms, clock.basis)?;
        let at = draft.by_platform(clock.key, at);
        let rule = draft.facts.rules.citation(clock.key.name);
        draft.emit(Body::ClockRebased {
            clock: clock.key,
            allowance_ms,
            due_at: at,
            assumed,
            rule,
        });
    }
    Ok(())
}

/// Whether a clock is the time that was added to a look.
fn is_longer_look(case: &Case, clock: ClockKey) -> bool {
    match (clock.name, clock.subject) {
        (ClockName::FirstLook, Subject::Claim(id)) => case
            .claims
            .get(&id)
            .is_some_and(crate::case::Claim::is_look_lengthened),
        _ => false,
    }
}

/// What follows when a repair's clock ran out.
fn repair_clock_ran_out(
    draft: &mut Draft<'_>,
    name: ClockName,
    work_order: WorkOrderId,
) -> Result<(), Refused> {
    let state = draft.order(work_order)?.state;
    let call = |draft: &mut Draft<'_>, why| {
        draft.emit(Body::DispatcherCalled { work_order, why });
    };
    match name {
        // The application offers it to the next technician.
        ClockName::OfferAnswer => repair::lapse(draft, work_order),
        // Offers go on; a dispatcher looks as well.
        ClockName::Response => call(draft, Escalation::NotAccepted),
        ClockName::Scheduling => call(draft, Escalation::NotScheduled),
        ClockName::Arrival => {
            // Whoever set out is on the way, or there and has not said so.
            if state == RepairState::Scheduled {
                draft.emit(Body::NoShowRecorded { work_order });
            }
            call(draft, Escalation::NoShow);
        }
        ClockName::VisitReport => call(draft, Escalation::NoReport),
        // Nothing is collected by itself, and nothing more is owed for being late: a person asks.
        ClockName::CustomerPayment if draft.order(work_order)?.due() > Fen::ZERO => {
            call(draft, Escalation::PaymentOpen);
        }
        // No answer is no consent: the quote stays open, a person calls.
        ClockName::QuoteConsent => call(draft, Escalation::QuoteUnanswered),
        ClockName::Parts => {
            repair::offer_statutory(draft, work_order, StatutoryGround::PartsOverdue);
        }
        // Silence does not make whole what was not fixed.
        ClockName::Confirmation if repair::is_unfixed(draft.order(work_order)?) => {
            call(draft, Escalation::NotFixed);
        }
        // Silence counts as confirmed, without giving up any right (法释〔2022〕8号 art. 1).
        ClockName::Confirmation if state == RepairState::Done => {
            repair::confirm(draft, work_order, true)?;
        }
        ClockName::Dispute => {
            call(draft, Escalation::Disputed);
            draft.start(ClockName::Dispute, Subject::WorkOrder(work_order))?;
        }
        ClockName::Attention => {
            let why = draft.order(work_order)?.call();
            call(draft, why.unwrap_or(Escalation::NothingMoves));
        }
        ClockName::WorkWarranty if state == RepairState::UnderWarranty => {
            draft.emit(Body::WorkWarrantyEnded { work_order });
        }
        // The rest are clocks of claims, or were overtaken: that they ran out is all.
        _ => {}
    }
    Ok(())
}

/// What follows when a claim's clock ran out: a human, the next stage, or a reminder of the claimant;
/// never a payment that nobody decided, never a rejection.
fn claim_clock_ran_out(
    draft: &mut Draft<'_>,
    name: ClockName,
    claim_id: ClaimId,
) -> Result<(), Refused> {
    let state = draft.claim(claim_id)?.state;
    match (name, state) {
        (ClockName::Screening, _) => evidence::advance(draft, claim_id),
        (ClockName::NewPhoto, _) => evidence::photo_wait_over(draft, claim_id),
        (ClockName::FirstLook, _) => {
            if evidence::lengthen_look(draft, claim_id)? {
                return Ok(());
            }
            draft.emit(Body::ReviewOverdue {
                claim: claim_id,
                second: false,
            });
            // Nobody's time stands still for ever.
            evidence::resume_after_look(draft, claim_id)
        }
        (ClockName::Review, _) => {
            draft.emit(Body::ReviewOverdue {
                claim: claim_id,
                second: false,
            });
            Ok(())
        }
        (ClockName::SecondReview, _) => {
            draft.emit(Body::ReviewOverdue {
                claim: claim_id,
                second: true,
            });
            Ok(())
        }
        (ClockName::MerchantAnswer, ClaimState::MerchantWindow) => {
            draft.emit(Body::MerchantSilent { claim: claim_id });
            claim::open_review(draft, claim_id, ReviewCause::MerchantSilent)
        }
        (ClockName::SettlementAnswer, ClaimState::SettlementOffered) => {
            claim::open_review(draft, claim_id, ReviewCause::SettlementUnanswered)
        }
        (ClockName::SettlementAnswer, ClaimState::CounterOffered) => {
            claim::open_review(draft, claim_id, ReviewCause::CounterUnanswered)
        }
        (ClockName::EvidenceRound, ClaimState::EvidenceRound) => {
            claim::close_round(draft, claim_id)
        }
        (ClockName::Inspection, ClaimState::Inspection) => {
            claim::open_review(draft, claim_id, ReviewCause::NotInspected)
        }
        (ClockName::Appeal, ClaimState::Decided) => appeal::finalize(draft, claim_id),
        // The goods did not come back. Who was granted a refund may be ill, or have sent them without
        // saying so: the claimant is reminded, and after that a human looks.
        (ClockName::ReturnShipping, ClaimState::Agreed | ClaimState::Final) => {
            if draft.claim(claim_id)?.return_reminded {
                return claim::open_review(draft, claim_id, ReviewCause::ReturnNotSent);
            }
            draft.emit(Body::ReturnReminded { claim: claim_id });
            draft.start(ClockName::ReturnShipping, Subject::Claim(claim_id))
        }
        // The goods came back and the merchant says nothing: a human looks, and no payment follows
        // from silence alone.
        (ClockName::ReturnInspection, ClaimState::Agreed | ClaimState::Final) => {
            claim::open_review(draft, claim_id, ReviewCause::ReturnUnanswered)
        }
        // A refund that is authorized is the finance desk's to pay. An exchange that nobody sends would never end, nor would
        // goods that nobody sends back: the merchant is reminded once, then a human decides what comes in their place.
        (ClockName::Execution, ClaimState::Agreed | ClaimState::Final)
            if draft.claim(claim_id)?.payment.is_none() && !platform::is_party(draft) =>
        {
            let open = draft.claim(claim_id)?;
            if open.execution_overdue {
                let why = if open.owes_goods() {
                    ReviewCause::GoodsNotSentBack
                } else {
                    ReviewCause::ExchangeNotSent
                };
                return claim::open_review(draft, claim_id, why);
            }
            draft.emit(Body::ExecutionOverdue { claim: claim_id });
            draft.start(ClockName::Execution, Subject::Claim(claim_id))
        }
        // Where nobody here can have something else come in the place of goods, because a platform decides, or because the refund
        // for them was paid and repaid already: whoever has them is reminded until they are sent.
        (ClockName::Execution, ClaimState::Final) if draft.claim(claim_id)?.owes_goods() => {
            draft.emit(Body::ExecutionOverdue { claim: claim_id });
            draft.start(ClockName::Execution, Subject::Claim(claim_id))
        }
        (ClockName::Execution, _) => {
            draft.emit(Body::ExecutionOverdue { claim: claim_id });
            Ok(())
        }
        _ => Ok(()),
    }
}
