//! What happens at the door: the agreed visit, the diagnosis, the quote and the customer's consent,
//! the work, the parts it waits for.

use super::draft::{Draft, sealed, short};
use super::permissions::Act;
use super::{appeal, claim, repair, second};
use crate::actor::{Actor, Party, Role};
use crate::case::{ClaimState, RepairState, WorkOrder};
use crate::clock::{ClockKey, ClockName, ClockState, Subject};
use crate::command::Command;
use crate::day::Day;
use crate::event::{
    Body, Escalation, HearingCause, QuoteLine, ReviewCause, Window, WorkKind, WorkOutcome,
};
use crate::evidence::{Envelope, EvidenceFile};
use crate::guarantee::parts_wait_days;
use crate::ids::{ClaimId, QuoteId, WorkOrderId};
use crate::limits::{
    ACTIONS_MAX, PARTS_MAX, QUOTE_LINES_MAX, QUOTES_PER_WORK_ORDER_MAX, VISIT_TIMES_MAX,
};
use crate::money::Fen;
use crate::refusals;
use crate::refused::Refused;
use crate::time::{DAY_MS, Timestamp};

/// Whether a technician has the work order, from acceptance until the work is done.
pub(crate) const fn is_with_technician(state: RepairState) -> bool {
    matches!(
        state,
        RepairState::Accepted
            | RepairState::Scheduled
            | RepairState::EnRoute
            | RepairState::Arrived
            | RepairState::Diagnosed
            | RepairState::QuotePending
            | RepairState::Consented
            | RepairState::QuoteDeclined
            | RepairState::InWork
            | RepairState::WaitingForParts
    )
}

/// Refuses to start while the customer has not agreed to a price, or nobody knows the fault.
fn may_start(order: &WorkOrder) -> Result<(), Refused> {
    if order.needs_diagnosis() && !order.diagnosed {
        return Err(refusals::diagnose_first());
    }
    match &order.quote {
        Some(quote) if quote.total > Fen::ZERO && quote.consented != Some(true) => {
            Err(refusals::consent_first())
        }
        _ => Ok(()),
    }
}

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::ScheduleVisit {
            work_order, window, ..
        } => schedule(draft, work_order, window),
        Command::ProposeVisitTimes {
            work_order,
            windows,
            ..
        } => propose_times(draft, work_order, windows),
        Command::KeepVisitTime { work_order, .. } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::SpeakAsCustomer, order)?;
            if order.proposed.is_empty() {
                return Err(refusals::no_times_proposed());
            }
            draft.emit(Body::VisitTimeKept { work_order });
            Ok(())
        }
        Command::ReportCustomerAbsent { work_order, .. } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::WorkOnSite, order)?;
            if order.state != RepairState::Arrived {
                return Err(refusals::not_arrived());
            }
            let subject = Subject::WorkOrder(work_order);
            draft.emit(Body::CustomerAbsent { work_order });
            draft.stop(ClockName::VisitReport, subject);
            draft.start(ClockName::Scheduling, subject)
        }
        Command::RecordTold { work_order } => {
            let order = draft.order(work_order)?;
            // Only the first message is the response, and only while somebody is coming.
            if order.told_ms.is_none() && order.technician.is_some() {
                let response_ms = draft.now.since_ms(order.requested_at);
                draft.emit(Body::CustomerTold {
                    work_order,
                    response_ms,
                });
            }
            Ok(())
        }
        Command::SetOut { work_order, .. } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::WorkOnSite, order)?;
            if order.state != RepairState::Scheduled {
                return Err(refusals::not_scheduled());
            }
            draft.emit(Body::TechnicianEnRoute { work_order });
            Ok(())
        }
        Command::Arrive { work_order, .. } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::WorkOnSite, order)?;
            if !matches!(order.state, RepairState::Scheduled | RepairState::EnRoute) {
                return Err(refusals::not_on_the_way());
            }
            draft.emit(Body::TechnicianArrived { work_order });
            draft.stop(ClockName::Arrival, Subject::WorkOrder(work_order));
            draft.start(ClockName::VisitReport, Subject::WorkOrder(work_order))
        }
        Command::Diagnose {
            work_order,
            fault_code,
            note,
            ..
        } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::WorkOnSite, order)?;
            if !matches!(order.state, RepairState::Arrived | RepairState::Diagnosed) {
                return Err(refusals::not_arrived());
            }
            short(&fault_code)?;
            sealed(&note)?;
            draft.emit(Body::RepairDiagnosed {
                work_order,
                fault_code,
                note,
            });
            Ok(())
        }
        Command::ProposeQuote {
            work_order,
            quote,
            lines,
            under_warranty,
            ..
        } => propose(draft, work_order, quote, lines, under_warranty),
        Command::AnswerQuote {
            work_order,
            quote,
            consent,
            ..
        } => answer(draft, work_order, quote, consent),
        Command::StartWork { work_order, .. } => start(draft, work_order),
        Command::AwaitParts {
            work_order, parts, ..
        } => await_parts(draft, work_order, parts),
        Command::PartsArrive { work_order, .. } => parts_arrive(draft, work_order),
        Command::FinishWork {
            work_order,
            outcome,
            actions,
            note,
            evidence,
            ..
        } => finish(draft, work_order, (outcome, actions), note, evidence),
        _ => Ok(()),
    }
}

fn schedule(draft: &mut Draft<'_>, work_order: WorkOrderId, window: Window) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::ScheduleVisit, order)?;
    // A second visit may be agreed at any time before the work is done: the customer was out, or the
    // parts have come. Not while a quote waits, whose answer decides whether there is one.
    if !is_with_technician(order.state) || order.state == RepairState::QuotePending {
        return Err(refusals::cannot_schedule());
    }
    if order.state == RepairState::WaitingForParts {
        return Err(refusals::cannot_schedule());
    }
    may_move(draft, order, window)?;
    repair::window_is_valid(draft, window)?;
    agree(draft, work_order, window)
}

/// The time that the customer chose stands with the acceptance; nobody has to say so again, and both are told.
pub(super) fn agree_on_chosen(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    window: Window,
) -> Result<(), Refused> {
    let accepted_by = std::mem::replace(&mut draft.by, Actor::System);
    let agreed = agree(draft, work_order, window);
    draft.by = accepted_by;
    agreed
}

fn agree(draft: &mut Draft<'_>, work_order: WorkOrderId, window: Window) -> Result<(), Refused> {
    let subject = Subject::WorkOrder(work_order);
    draft.emit(Body::VisitScheduled { work_order, window });
    for name in [
        ClockName::Scheduling,
        ClockName::Arrival,
        ClockName::VisitReport,
    ] {
        draft.stop(name, subject);
    }
    let late_ms = draft.allowance_ms(ClockName::Arrival, subject);
    // Whoever comes within the agreed time is in time.
    let due: Timestamp = window.until.max(draft.now).plus_ms(late_ms);
    draft.start_with(ClockName::Arrival, subject, due.since_ms(draft.now))
}

/// Whether whoever asks may set this time: one that was agreed moves only by the customer, or by an agent who has spoken
/// with the customer, and a customer chooses among times that can be kept.
fn may_move(draft: &Draft<'_>, order: &WorkOrder, window: Window) -> Result<(), Refused> {
    let agreed = matches!(order.state, RepairState::Scheduled | RepairState::EnRoute);
    match draft.by {
        Actor::Claimant { .. } => {
            let to_be_agreed = match order.state {
                RepairState::Accepted | RepairState::Scheduled => true,
                // The part has come, and nobody is there.
                RepairState::InWork => order.arrived_at.is_none(),
                _ => false,
            };
            if !to_be_agreed {
                return Err(refusals::cannot_schedule());
            }
            if order.proposed.contains(&window) || draft.facts.visit_windows.contains(&window) {
                Ok(())
            } else {
                Err(refusals::time_not_offered())
            }
        }
        Actor::Human(human) if human.role == Role::Agent => Ok(()),
        _ if agreed && order.window != Some(window) => Err(refusals::customer_agrees_first()),
        _ => Ok(()),
    }
}

fn propose_times(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    windows: Vec<Window>,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::ProposeVisitTimes, order)?;
    let few = !windows.is_empty() && windows.len() <= VISIT_TIMES_MAX;
    if order.state != RepairState::Scheduled || !few {
        return Err(refusals::times_not_valid());
    }
    for window in &windows {
        repair::window_is_valid(draft, *window)?;
    }
    draft.emit(Body::VisitTimesProposed {
        work_order,
        windows,
    });
    Ok(())
}

/// The sum of the lines, if they make a quote.
fn total(lines: &[QuoteLine]) -> Result<Fen, Refused> {
    if lines.is_empty() || lines.len() > QUOTE_LINES_MAX {
        return Err(refusals::quote_not_valid());
    }
    lines.iter().try_fold(Fen::ZERO, |sum, line| {
        let sound = short(&line.label).is_ok()
            && line.code.chars().count() <= crate::limits::SHORT_TEXT_CHARS_MAX
            && line.amount >= Fen::ZERO
            && line.list.is_none_or(|list| list >= Fen::ZERO);
        sum.checked_add(line.amount)
            .filter(|_| sound)
            .ok_or_else(refusals::quote_not_valid)
    })
}

fn propose(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    quote: QuoteId,
    lines: Vec<QuoteLine>,
    under_warranty: bool,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::WorkOnSite, order)?;
    let on_site = matches!(
        order.state,
        RepairState::Arrived
            | RepairState::Diagnosed
            | RepairState::QuotePending
            | RepairState::QuoteDeclined
            | RepairState::Consented
            | RepairState::InWork
    );
    if !on_site {
        return Err(refusals::cannot_quote());
    }
    if order.needs_diagnosis() && !order.diagnosed {
        return Err(refusals::diagnose_first());
    }
    if order.quotes_made >= QUOTES_PER_WORK_ORDER_MAX {
        return Err(refusals::too_many_quotes());
    }
    if order
        .quote
        .as_ref()
        .is_some_and(|latest| latest.quote == quote)
    {
        return Err(refusals::id_taken());
    }
    let total = total(&lines)?;
    if under_warranty && total > Fen::ZERO {
        return Err(refusals::warranty_is_free());
    }
    let subject = Subject::WorkOrder(work_order);
    draft.emit(Body::QuoteProposed {
        work_order,
        quote,
        lines,
        total,
        under_warranty,
    });
    draft.stop(ClockName::QuoteConsent, subject);
    if total > Fen::ZERO {
        // It is the customer's turn now, not the technician's.
        draft.stop(ClockName::VisitReport, subject);
        draft.start(ClockName::QuoteConsent, subject)?;
    }
    Ok(())
}

fn answer(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    quote: QuoteId,
    consent: bool,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::SpeakAsCustomer, order)?;
    let pending = order.state == RepairState::QuotePending
        && order
            .quote
            .as_ref()
            .is_some_and(|latest| latest.quote == quote);
    if !pending {
        return Err(refusals::quote_not_pending());
    }
    let subject = Subject::WorkOrder(work_order);
    if consent {
        draft.stop(ClockName::QuoteConsent, subject);
        draft.emit(Body::QuoteConsented { work_order, quote });
        return draft.start(ClockName::VisitReport, subject);
    }
    let agreed_before = order.agreed_quote.is_some();
    draft.stop(ClockName::QuoteConsent, subject);
    draft.emit(Body::QuoteDeclined { work_order, quote });
    if agreed_before {
        // Only the dearer quote fell: the agreed work goes on.
        return draft.start(ClockName::VisitReport, subject);
    }
    draft.emit(Body::DispatcherCalled {
        work_order,
        why: Escalation::QuoteDeclined,
    });
    Ok(())
}

fn start(draft: &mut Draft<'_>, work_order: WorkOrderId) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::WorkOnSite, order)?;
    match order.state {
        RepairState::Arrived | RepairState::Diagnosed | RepairState::Consented => {}
        RepairState::QuotePending | RepairState::QuoteDeclined => {
            return Err(refusals::consent_first());
        }
        _ => return Err(refusals::cannot_start()),
    }
    may_start(order)?;
    draft.emit(Body::WorkStarted { work_order });
    Ok(())
}

fn await_parts(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    parts: Vec<String>,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::Parts, order)?;
    if !matches!(
        order.state,
        RepairState::Diagnosed | RepairState::Consented | RepairState::InWork
    ) {
        return Err(refusals::cannot_await_parts());
    }
    if parts.is_empty() {
        return Err(refusals::text_missing());
    }
    if parts.len() > PARTS_MAX {
        return Err(refusals::text_too_long());
    }
    parts.iter().try_for_each(|part| short(part))?;
    let subject = Subject::WorkOrder(work_order);
    draft.emit(Body::PartsAwaited { work_order, parts });
    draft.stop(ClockName::VisitReport, subject);
    // A second wait on the same repair goes on where the first one stopped: the days of the law are about the repair, not
    // about one delivery.
    let key = ClockKey {
        name: ClockName::Parts,
        subject,
    };
    let allowance_ms = match draft.case.clock(key).map(|clock| (clock, clock.state)) {
        Some((_, ClockState::Running | ClockState::Paused { .. })) => return Ok(()),
        Some((_, ClockState::Expired { .. })) => {
            draft.emit(Body::DispatcherCalled {
                work_order,
                why: Escalation::PartsOverdue,
            });
            return Ok(());
        }
        Some((clock, ClockState::Stopped { at })) => clock
            .allowance_ms
            .saturating_sub(at.since_ms(clock.started_at))
            .max(0),
        None => draft
            .allowance_ms(ClockName::Parts, subject)
            .min(lawful_wait_ms(draft)),
    };
    draft.start_with(ClockName::Parts, subject, allowance_ms)
}

/// The longest wait for parts that the law leaves for those goods; without an end where it was not read, so that the pack's counts.
fn lawful_wait_ms(draft: &Draft<'_>) -> i64 {
    let goods = draft.facts.order.as_ref().and_then(|line| line.goods);
    let published = draft.facts.published.as_deref();
    let days =
        published.and_then(|published| parts_wait_days(&published.law, goods, Day::of(draft.now)));
    days.map_or(i64::MAX, |days| days.saturating_mul(DAY_MS))
}

fn parts_arrive(draft: &mut Draft<'_>, work_order: WorkOrderId) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::Parts, order)?;
    let subject = Subject::WorkOrder(work_order);
    let waiting = order.state == RepairState::WaitingForParts;
    // After a change of technician the item may still wait for its parts.
    if !waiting && !draft.is_clock_open(ClockName::Parts, subject) {
        return Err(refusals::not_waiting_for_parts());
    }
    draft.emit(Body::PartsArrived { work_order });
    draft.stop(ClockName::Parts, subject);
    if waiting {
        draft.start(ClockName::VisitReport, subject)?;
    }
    Ok(())
}

fn finish(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    (outcome, actions): (WorkOutcome, Vec<String>),
    note: Envelope,
    evidence: Vec<EvidenceFile>,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?.clone();
    draft.allow_on(Act::WorkOnSite, &order)?;
    // Without any work there can be a finding that nothing is wrong, or that nothing helps; an
    // inspection is nothing but that.
    let without_work = order.state == RepairState::Diagnosed
        && (order.kind == WorkKind::Inspect || outcome != WorkOutcome::Fixed);
    if order.state != RepairState::InWork && !without_work {
        return Err(refusals::cannot_finish());
    }
    may_start(&order)?;
    if actions.len() > ACTIONS_MAX {
        return Err(refusals::text_too_long());
    }
    actions.iter().try_for_each(|code| short(code))?;
    sealed(&note)?;
    draft.files(&evidence)?;
    let subject = Subject::WorkOrder(work_order);
    draft.emit(Body::WorkDone {
        work_order,
        outcome,
        actions,
        note,
        evidence,
    });
    for name in [ClockName::VisitReport, ClockName::Parts] {
        draft.stop(name, subject);
    }
    if draft.order(work_order)?.due() > Fen::ZERO {
        draft.start(ClockName::CustomerPayment, subject)?;
    }
    if repair::is_unfixed(draft.order(work_order)?) {
        draft.emit(Body::DispatcherCalled {
            work_order,
            why: Escalation::NotFixed,
        });
        repair::fail(draft, work_order)?;
    } else {
        draft.start(ClockName::Confirmation, subject)?;
    }
    match order.inspects {
        Some(inspected) => report(draft, inspected),
        None => Ok(()),
    }
}

/// What the technician saw is on the claim: a human reviews it, once both sides could read and answer it.
fn report(draft: &mut Draft<'_>, inspected: ClaimId) -> Result<(), Refused> {
    let state = draft.claim(inspected)?.state;
    if state.is_ended() {
        return Ok(());
    }
    if state == ClaimState::Inspection {
        draft.stop(ClockName::Inspection, Subject::Claim(inspected));
        claim::open_review(draft, inspected, ReviewCause::Inspected)?;
    }
    second::reconsider(draft, inspected)?;
    [Party::Claimant, Party::Merchant]
        .into_iter()
        .try_for_each(|side| appeal::open_hearing(draft, inspected, side, HearingCause::Report))
}
