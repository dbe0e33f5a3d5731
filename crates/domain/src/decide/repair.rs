//! A repair from the request to the technician, and from the finished work to the end of its
//! warranty; what happens at the door is in `visit`.

use super::draft::{Draft, sealed, short};
use super::permissions::Act;
use super::{claim, crew, visit};
use crate::actor::{Actor, Human};
use crate::case::{ClaimState, OfferAnswer, RepairState, WorkOrder};
use crate::clock::{ClockName, Subject};
use crate::command::Command;
use crate::day::Day;
use crate::event::{
    Body, COUNTY_TO_ASK, Escalation, ReopenReason, ReviewCause, StatutoryGround, Window, WorkKind,
    WorkOutcome,
};
use crate::evidence::Envelope;
use crate::guarantee::law_behind;
use crate::ids::{OfferId, ProductId, TechnicianId, WorkOrderId};
use crate::limits::{OFFERS_PER_WORK_ORDER_MAX, PARTS_MAX, WORK_ORDERS_PER_CASE_MAX};
use crate::refusals;
use crate::refused::Refused;
use std::collections::BTreeSet;

/// Failed repairs of one item that give an exchange right: every row of the topic `failed_repairs` says so.
const FAILURES_TO_EXCHANGE: u32 = 2;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::RequestRepair { .. } => request(draft, command),
        Command::VerifyRepair { work_order, .. } => verify(draft, work_order),
        Command::TellPlace {
            work_order,
            county,
            reason,
            ..
        } => tell_place(draft, work_order, county, reason),
        Command::OfferRepair {
            work_order,
            offer,
            technician,
            ..
        } => offer_to(draft, work_order, offer, technician),
        Command::OfferBeside {
            work_order, offer, ..
        } => offer_beside(draft, work_order, offer),
        Command::AcceptOffer {
            work_order, offer, ..
        } => accept(draft, work_order, offer),
        Command::DeclineOffer {
            work_order,
            offer,
            reason,
            ..
        } => decline(draft, work_order, offer, reason),
        Command::ReleaseTechnician {
            work_order, reason, ..
        } => release(draft, work_order, reason),
        Command::ConfirmWork { work_order, .. } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::SpeakAsCustomer, order)?;
            if !matches!(order.state, RepairState::Done | RepairState::Disputed) {
                return Err(refusals::nothing_to_confirm());
            }
            confirm(draft, work_order, false)
        }
        Command::DisputeWork {
            work_order, text, ..
        } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::SpeakAsCustomer, order)?;
            if order.state != RepairState::Done {
                return Err(refusals::nothing_to_dispute());
            }
            sealed(&text)?;
            let subject = Subject::WorkOrder(work_order);
            draft.emit(Body::WorkDisputed { work_order, text });
            draft.stop(ClockName::Confirmation, subject);
            draft.emit(Body::DispatcherCalled {
                work_order,
                why: Escalation::Disputed,
            });
            draft.start(ClockName::Dispute, subject)
        }
        Command::SettleDispute {
            by,
            work_order,
            upheld,
            note,
        } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::SettleDispute, order)?;
            if order.state != RepairState::Disputed {
                return Err(refusals::no_dispute());
            }
            sealed(&note)?;
            settle(draft, work_order, by, upheld, note)
        }
        Command::CheckStatutory { work_order, .. } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::CheckStatutory, order)?;
            check_statutory(draft, work_order)
        }
        Command::ReportSamePart { work_order, parts } => report_same_part(draft, work_order, parts),
        Command::WithdrawRepair { work_order, .. } => withdraw(draft, work_order),
        _ => Ok(()),
    }
}

/// The clock that runs while a repair stands there. Another one that happens to run, such as an earlier wait for parts, waits
/// for something else.
const fn awaited(state: RepairState) -> Option<ClockName> {
    match state {
        RepairState::Requested | RepairState::Verified => Some(ClockName::Response),
        RepairState::Offered => Some(ClockName::OfferAnswer),
        RepairState::Accepted => Some(ClockName::Scheduling),
        RepairState::Scheduled | RepairState::EnRoute => Some(ClockName::Arrival),
        RepairState::Arrived
        | RepairState::Diagnosed
        | RepairState::Consented
        | RepairState::InWork => Some(ClockName::VisitReport),
        RepairState::QuotePending => Some(ClockName::QuoteConsent),
        RepairState::WaitingForParts => Some(ClockName::Parts),
        RepairState::Done => Some(ClockName::Confirmation),
        RepairState::Disputed => Some(ClockName::Dispute),
        RepairState::QuoteDeclined
        | RepairState::Confirmed
        | RepairState::UnderWarranty
        | RepairState::Expired
        | RepairState::Withdrawn => None,
    }
}

/// Whoever is called is called again until somebody acts, and no repair rests that nothing waits for.
pub(super) fn attend(draft: &mut Draft<'_>) -> Result<(), Refused> {
    let orders: Vec<(WorkOrderId, bool)> = draft
        .case
        .work_orders
        .iter()
        .map(|(id, order)| {
            let subject = Subject::WorkOrder(*id);
            let waits = awaited(order.state).is_some_and(|name| draft.is_clock_open(name, subject));
            // A dispute has its own clock, which calls again.
            let called = order.call().is_some() && order.state != RepairState::Disputed;
            (*id, called || !waits && !order.state.is_ended())
        })
        .collect();
    for (id, wanted) in orders {
        let subject = Subject::WorkOrder(id);
        if !wanted {
            draft.stop(ClockName::Attention, subject);
        } else if !draft.is_clock_open(ClockName::Attention, subject) {
            draft.start(ClockName::Attention, subject)?;
        }
    }
    Ok(())
}

/// Refuses a window that is empty, over, too long or too far ahead.
pub(super) fn window_is_valid(draft: &Draft<'_>, window: Window) -> Result<(), Refused> {
    let length_ms = window.until.since_ms(window.from);
    let ahead_ms = window.from.since_ms(draft.now);
    if length_ms <= 0
        || length_ms > crate::limits::WINDOW_MS_MAX
        || window.until <= draft.now
        || ahead_ms > crate::limits::WINDOW_AHEAD_MS_MAX
    {
        return Err(refusals::window_not_valid());
    }
    Ok(())
}

fn request(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    let Command::RequestRepair {
        by: _,
        work_order,
        kind,
        product,
        skill,
        county,
        description,
        evidence,
        window,
        rework_of,
        inspects,
        urgent,
    } = command
    else {
        return Ok(());
    };
    draft.allow(if inspects.is_some() {
        Act::RequestInspection
    } else {
        Act::RequestRepair
    })?;
    if draft.case.work_orders.contains_key(&work_order) {
        return Err(refusals::id_taken());
    }
    if draft.case.work_orders.len() >= WORK_ORDERS_PER_CASE_MAX {
        return Err(refusals::too_many_work_orders());
    }
    short(&skill)?;
    if !is_county(&county) {
        return Err(refusals::county_not_valid());
    }
    sealed(&description)?;
    draft.files(&evidence)?;
    if let Some(window) = window {
        window_is_valid(draft, window)?;
    }
    match (kind, inspects) {
        (WorkKind::Inspect, Some(inspected)) if draft.claim(inspected)?.state.is_ended() => {
            return Err(refusals::claim_ended());
        }
        (WorkKind::Inspect, None) => return Err(refusals::inspection_needs_claim()),
        (WorkKind::Inspect, Some(_)) | (_, None) => {}
        (_, Some(_)) => return Err(refusals::inspection_needs_claim()),
    }
    let product = match rework_of {
        None => product,
        Some(earlier) => rework(draft, earlier, kind, product)?,
    };
    if draft.case.closed {
        draft.emit(Body::CaseReopened {
            reason: ReopenReason::WorkWarranty,
        });
    }
    // Work that did not help is made good by this one, as after a dispute that was upheld.
    if let Some(earlier) = rework_of
        && is_unfixed(draft.order(earlier)?)
    {
        draft.stop(ClockName::Confirmation, Subject::WorkOrder(earlier));
        start_warranty(draft, earlier)?;
    }
    draft.emit(Body::RepairRequested {
        work_order,
        kind,
        product,
        skill,
        county,
        description,
        evidence,
        window,
        rework_of,
        inspects,
        urgent,
    });
    draft.start(ClockName::Response, Subject::WorkOrder(work_order))?;
    // The earlier repair did not hold. Where nothing was wrong then, nothing was repaired that
    // could have failed.
    if let Some(earlier) = rework_of
        && draft.order(earlier)?.outcome != Some(WorkOutcome::NoFaultFound)
    {
        fail(draft, earlier)?;
    }
    Ok(())
}

/// Rework is due only while the earlier work is under warranty, once at a time; returns the product
/// it is about.
fn rework(
    draft: &Draft<'_>,
    earlier: WorkOrderId,
    kind: WorkKind,
    product: Option<ProductId>,
) -> Result<Option<ProductId>, Refused> {
    let order = draft.order(earlier)?;
    if order.kind != kind {
        return Err(refusals::rework_differs());
    }
    if !under_warranty(draft, order) && !is_unfixed(order) {
        return Err(refusals::warranty_over());
    }
    let open = draft
        .case
        .work_orders
        .values()
        .any(|other| other.rework_of == Some(earlier) && !other.state.is_ended());
    if open {
        return Err(refusals::rework_already_open());
    }
    Ok(order.product.or(product))
}

/// Whether work is over that did not help: it is done again at once, and no silence confirms it.
pub(super) fn is_unfixed(order: &WorkOrder) -> bool {
    order.state == RepairState::Done
        && order.kind != WorkKind::Inspect
        && order.outcome == Some(WorkOutcome::NotFixed)
}

fn under_warranty(draft: &Draft<'_>, order: &WorkOrder) -> bool {
    order.state == RepairState::UnderWarranty
        && order.warranty_until.is_some_and(|until| draft.now <= until)
}

pub(super) fn any_under_warranty(draft: &Draft<'_>) -> bool {
    draft
        .case
        .work_orders
        .values()
        .any(|order| under_warranty(draft, order))
}

pub(super) fn any_statutory_offer(draft: &Draft<'_>) -> bool {
    draft
        .case
        .work_orders
        .values()
        .any(|order| order.statutory_offer.is_some())
}

fn verify(draft: &mut Draft<'_>, work_order: WorkOrderId) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::VerifyRepair, order)?;
    if order.state != RepairState::Requested {
        return Err(refusals::already_verified());
    }
    let covered = draft.facts.covered;
    draft.emit(Body::RepairVerified {
        work_order,
        covered,
    });
    if !covered {
        // 有问题必受理: the report stands, and a person finds somebody.
        draft.emit(Body::DispatcherCalled {
            work_order,
            why: Escalation::NoCoverage,
        });
    }
    Ok(())
}

/// Where a visit is was told in a call. Whoever has the work keeps it; where nobody has, somebody is asked now.
fn tell_place(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    county: String,
    reason: Option<Envelope>,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::TellPlace, order)?;
    let still = matches!(
        order.state,
        RepairState::Requested
            | RepairState::Verified
            | RepairState::Offered
            | RepairState::Accepted
            | RepairState::Scheduled
    );
    if !still {
        return Err(refusals::place_settled());
    }
    if !is_county(&county) || county == COUNTY_TO_ASK {
        return Err(refusals::county_not_valid());
    }
    let is_correction = order.county != COUNTY_TO_ASK;
    match (&reason, draft.by) {
        (Some(reason), _) => sealed(reason)?,
        (None, Actor::Claimant { .. }) => {}
        (None, _) if is_correction => return Err(refusals::text_missing()),
        (None, _) => {}
    }
    draft.emit(Body::PlaceTold {
        work_order,
        county,
        reason,
    });
    Ok(())
}

/// Whether it is written as the code of a county is.
fn is_county(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())
}

fn offer_to(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    offer: OfferId,
    named: Option<TechnicianId>,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?.clone();
    draft.allow_on(
        if named.is_some() {
            Act::NameTechnician
        } else {
            Act::OfferRepair
        },
        &order,
    )?;
    // A dispatcher who names somebody need not wait for the answer of the one who was asked.
    let ready = order.state == RepairState::Verified
        || (order.state == RepairState::Offered && named.is_some());
    if !ready {
        return Err(refusals::not_ready_to_offer());
    }
    if order.offers.len() >= OFFERS_PER_WORK_ORDER_MAX {
        return Err(refusals::too_many_offers());
    }
    let taken = |other: &WorkOrder| other.offers.iter().any(|made| made.offer == offer);
    if draft.case.work_orders.values().any(taken) {
        return Err(refusals::id_taken());
    }
    let chosen = match named {
        Some(technician) => {
            let distance_m = draft
                .facts
                .candidates
                .iter()
                .find(|candidate| candidate.technician == technician)
                .map_or(0, |candidate| candidate.distance_m);
            Some((technician, distance_m))
        }
        None => next_candidate(draft, &order),
    };
    let Some((technician, distance_m)) = chosen else {
        if order.escalation == Some(Escalation::NoCandidateLeft) {
            return Err(refusals::no_candidate_left());
        }
        draft.emit(Body::DispatcherCalled {
            work_order,
            why: Escalation::NoCandidateLeft,
        });
        return Ok(());
    };
    lapse(draft, work_order);
    ask(draft, &order, (work_order, offer), (technician, distance_m));
    draft.start(ClockName::OfferAnswer, Subject::WorkOrder(work_order))
}

/// The first candidate who was not asked yet.
fn next_candidate(draft: &Draft<'_>, order: &WorkOrder) -> Option<(TechnicianId, u32)> {
    let asked = |technician| {
        order
            .offers
            .iter()
            .any(|made| made.technician == technician)
    };
    let mut candidates = draft.facts.candidates.iter();
    candidates
        .find(|candidate| !asked(candidate.technician))
        .map(|candidate| (candidate.technician, candidate.distance_m))
}

pub(super) fn ask(
    draft: &mut Draft<'_>,
    order: &WorkOrder,
    (work_order, offer): (WorkOrderId, OfferId),
    (technician, distance_m): (TechnicianId, u32),
) {
    let rank = u32::try_from(order.offers.len())
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    draft.emit(Body::RepairOffered {
        work_order,
        offer,
        technician,
        distance_m,
        rank,
    });
}

/// Asks one more beside those that were asked just now, as long as the rules ask several at once. All have until the
/// clock of the first. Nothing happens when nobody is to be asked beside them.
fn offer_beside(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    offer: OfferId,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?.clone();
    draft.allow_on(Act::OfferRepair, &order)?;
    let open = order.open_offers().count();
    let at_once = usize::from(draft.facts.rules.offers_at_once);
    let room = (1..at_once).contains(&open) && order.offers.len() < OFFERS_PER_WORK_ORDER_MAX;
    let Some(candidate) = next_candidate(draft, &order).filter(|_| room) else {
        return Ok(());
    };
    let taken = |other: &WorkOrder| other.offers.iter().any(|made| made.offer == offer);
    if draft.case.work_orders.values().any(taken) {
        return Err(refusals::id_taken());
    }
    ask(draft, &order, (work_order, offer), candidate);
    Ok(())
}

/// The open offers of a work order lapse.
pub(super) fn lapse(draft: &mut Draft<'_>, work_order: WorkOrderId) {
    let open: Vec<OfferId> = draft
        .case
        .work_orders
        .get(&work_order)
        .into_iter()
        .flat_map(|order| &order.offers)
        .filter(|offer| offer.answer == OfferAnswer::Open)
        .map(|offer| offer.offer)
        .collect();
    draft.stop(ClockName::OfferAnswer, Subject::WorkOrder(work_order));
    for offer in open {
        draft.emit(Body::OfferLapsed { work_order, offer });
    }
}

/// The technician of an open offer, whom alone (beside a dispatcher) it is to answer.
fn open_offer(
    draft: &Draft<'_>,
    work_order: WorkOrderId,
    offer: OfferId,
) -> Result<TechnicianId, Refused> {
    let order = draft.order(work_order)?;
    let made = order
        .offers
        .iter()
        .find(|made| made.offer == offer)
        .ok_or_else(refusals::offer_not_open)?;
    super::permissions::allow(
        &draft.case,
        draft.by,
        Act::AnswerOffer,
        Some(made.technician),
    )?;
    if order.state != RepairState::Offered || made.answer != OfferAnswer::Open {
        return Err(refusals::offer_not_open());
    }
    Ok(made.technician)
}

fn accept(draft: &mut Draft<'_>, work_order: WorkOrderId, offer: OfferId) -> Result<(), Refused> {
    let technician = open_offer(draft, work_order, offer)?;
    let subject = Subject::WorkOrder(work_order);
    let order = draft.order(work_order)?;
    let response_ms = draft.now.since_ms(order.requested_at);
    let chosen = order.chosen_time();
    let others: Vec<(OfferId, TechnicianId)> = order
        .open_offers()
        .filter(|made| made.offer != offer)
        .map(|made| (made.offer, made.technician))
        .collect();
    draft.emit(Body::OfferAccepted {
        work_order,
        offer,
        technician,
        response_ms,
    });
    for (offer, technician) in others {
        draft.emit(Body::OfferTaken {
            work_order,
            offer,
            technician,
        });
    }
    draft.stop(ClockName::OfferAnswer, subject);
    draft.stop(ClockName::Response, subject);
    if let Some(window) = chosen {
        let stands = draft.facts.visit_windows.contains(&window);
        if stands && window_is_valid(draft, window).is_ok() {
            return visit::agree_on_chosen(draft, work_order, window);
        }
        draft.emit(Body::ChosenTimeMissed { work_order, window });
    }
    draft.start(ClockName::Scheduling, subject)
}

fn decline(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    offer: OfferId,
    reason: String,
) -> Result<(), Refused> {
    open_offer(draft, work_order, offer)?;
    short(&reason)?;
    draft.emit(Body::OfferDeclined {
        work_order,
        offer,
        reason,
    });
    if draft.order(work_order)?.open_offers().next().is_none() {
        draft.stop(ClockName::OfferAnswer, Subject::WorkOrder(work_order));
    }
    Ok(())
}

fn release(draft: &mut Draft<'_>, work_order: WorkOrderId, reason: String) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::ReleaseTechnician, order)?;
    let technician = order
        .technician
        .filter(|_| visit::is_with_technician(order.state))
        .ok_or_else(refusals::no_technician)?;
    short(&reason)?;
    let subject = Subject::WorkOrder(work_order);
    draft.emit(Body::TechnicianReleased {
        work_order,
        technician,
        reason,
    });
    crew::release_helper(draft, work_order);
    // No clock of the old assignment may fire on the new one; only the statutory wait for parts,
    // which is about the item, goes on.
    for name in [
        ClockName::Scheduling,
        ClockName::Arrival,
        ClockName::VisitReport,
        ClockName::QuoteConsent,
        ClockName::OfferAnswer,
        ClockName::Response,
    ] {
        draft.stop(name, subject);
    }
    draft.start(ClockName::Response, subject)
}

/// Confirms work; what was bought with it, the warranty, begins.
pub(super) fn confirm(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    by_clock: bool,
) -> Result<(), Refused> {
    let subject = Subject::WorkOrder(work_order);
    draft.emit(Body::WorkConfirmed {
        work_order,
        by_clock,
    });
    draft.stop(ClockName::Confirmation, subject);
    draft.stop(ClockName::Dispute, subject);
    start_warranty(draft, work_order)
}

/// An inspection changes nothing on the item, so it carries no warranty.
fn start_warranty(draft: &mut Draft<'_>, work_order: WorkOrderId) -> Result<(), Refused> {
    if draft.order(work_order)?.kind == WorkKind::Inspect {
        return Ok(());
    }
    let subject = Subject::WorkOrder(work_order);
    let until = draft
        .now
        .plus_ms(draft.allowance_ms(ClockName::WorkWarranty, subject));
    draft.emit(Body::WorkWarrantyStarted { work_order, until });
    draft.start(ClockName::WorkWarranty, subject)
}

fn settle(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    settled_by: Human,
    upheld: bool,
    note: crate::evidence::Envelope,
) -> Result<(), Refused> {
    draft.emit(Body::WorkDisputeSettled {
        work_order,
        settled_by,
        upheld,
        note,
    });
    draft.stop(ClockName::Dispute, Subject::WorkOrder(work_order));
    // Either way the work is under warranty now: an upheld dispute is made good by rework, and one
    // that was not upheld takes no right away.
    start_warranty(draft, work_order)?;
    if upheld {
        fail(draft, work_order)?;
    }
    Ok(())
}

/// Counts a failed repair, once for each work order, and offers the statutory claim when it is due.
/// Only repairs count: 三包 knows no failed cleaning.
pub(super) fn fail(draft: &mut Draft<'_>, work_order: WorkOrderId) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    if order.failed || order.kind != WorkKind::Repair {
        return Ok(());
    }
    let failures = failures_of_item(draft, work_order).saturating_add(1);
    draft.emit(Body::RepairFailed {
        work_order,
        failures,
    });
    if failures >= FAILURES_TO_EXCHANGE {
        offer_statutory(draft, work_order, StatutoryGround::SecondFailedRepair);
    }
    Ok(())
}

/// The first work order of a chain of rework.
fn first_of_chain(draft: &Draft<'_>, work_order: WorkOrderId) -> WorkOrderId {
    let mut first = work_order;
    // A chain is no longer than the case has work orders, whatever the events say.
    for _ in 0..draft.case.work_orders.len() {
        match draft
            .case
            .work_orders
            .get(&first)
            .and_then(|order| order.rework_of)
        {
            Some(earlier) => first = earlier,
            None => break,
        }
    }
    first
}

/// Failed repairs of the same item: of the same chain of rework, or of the same product. Work
/// orders without a product are not taken for one item: unknown stays unknown.
fn failures_of_item(draft: &Draft<'_>, work_order: WorkOrderId) -> u32 {
    let first = first_of_chain(draft, work_order);
    let product = draft
        .case
        .work_orders
        .get(&work_order)
        .and_then(|order| order.product);
    let failed = draft
        .case
        .work_orders
        .iter()
        .filter(|(id, order)| {
            order.failed
                && (first_of_chain(draft, **id) == first
                    || (product.is_some() && order.product == product))
        })
        .count();
    u32::try_from(failed).unwrap_or(u32::MAX)
}

/// Offers the statutory claim if the repair was asked for within the product's warranty. If nobody
/// knows, a dispatcher completes the order and checks again; nothing is promised nor denied.
pub(super) fn offer_statutory(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    ground: StatutoryGround,
) {
    let Some(order) = draft.case.work_orders.get(&work_order) else {
        return;
    };
    if order.statutory_offer.is_some() {
        return;
    }
    let requested_at = order.requested_at;
    let line = draft.facts.order.as_ref();
    let warranty_until = line.and_then(|line| line.warranty_until);
    let goods = line.and_then(|line| line.goods);
    match warranty_until {
        Some(until) if requested_at <= until => {
            let published = draft.facts.published.as_deref();
            let (law, law_at_offer) = law_behind(
                published.map(|published| &*published.law),
                goods,
                ground.topic(),
                (Day::of(requested_at), Day::of(draft.now)),
            );
            draft.emit(Body::StatutoryClaimOffered {
                work_order,
                ground,
                law,
                law_at_offer,
            });
        }
        Some(_) => {
            if ground == StatutoryGround::PartsOverdue {
                draft.emit(Body::DispatcherCalled {
                    work_order,
                    why: Escalation::PartsOverdue,
                });
            }
        }
        None => draft.emit(Body::DispatcherCalled {
            work_order,
            why: Escalation::WarrantyUnknown,
        }),
    }
}

/// Parts of a finished repair that had been replaced before, as the ledger of the item has it. Each is said once; the claim is
/// offered, and people decide it.
fn report_same_part(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    parts: BTreeSet<String>,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::CheckStatutory, order)?;
    if order.kind != WorkKind::Repair || order.done_at.is_none() {
        return Err(refusals::no_parts_taken());
    }
    if parts.len() > PARTS_MAX {
        return Err(refusals::parts_not_valid());
    }
    parts.iter().try_for_each(|part| short(part))?;
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|part| !order.same_part.contains(part))
        .collect();
    if parts.is_empty() {
        return Ok(());
    }
    if draft.case.closed {
        draft.emit(Body::CaseReopened {
            reason: ReopenReason::Statutory,
        });
    }
    draft.emit(Body::SamePartFailed { work_order, parts });
    offer_statutory(draft, work_order, StatutoryGround::SamePartTwice);
    Ok(())
}

fn check_statutory(draft: &mut Draft<'_>, work_order: WorkOrderId) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    let key = crate::clock::ClockKey {
        name: ClockName::Parts,
        subject: Subject::WorkOrder(work_order),
    };
    let parts_overdue = draft
        .case
        .clock(key)
        .is_some_and(|clock| matches!(clock.state, crate::clock::ClockState::Expired { .. }));
    let ground = if order.failed && failures_of_item(draft, work_order) >= FAILURES_TO_EXCHANGE {
        Some(StatutoryGround::SecondFailedRepair)
    } else if parts_overdue {
        Some(StatutoryGround::PartsOverdue)
    } else if !order.same_part.is_empty() {
        Some(StatutoryGround::SamePartTwice)
    } else {
        None
    };
    let within = draft
        .facts
        .order
        .as_ref()
        .and_then(|line| line.warranty_until)
        .is_some_and(|until| order.requested_at <= until);
    match ground {
        Some(ground) if within && order.statutory_offer.is_none() => {
            offer_statutory(draft, work_order, ground);
            Ok(())
        }
        _ => Err(refusals::statutory_not_due()),
    }
}

fn withdraw(draft: &mut Draft<'_>, work_order: WorkOrderId) -> Result<(), Refused> {
    let order = draft.order(work_order)?.clone();
    draft.allow_on(Act::WithdrawRepair, &order)?;
    if order.state.is_ended() || matches!(order.state, RepairState::Done | RepairState::Disputed) {
        return Err(refusals::work_already_done());
    }
    lapse(draft, work_order);
    crew::release_helper(draft, work_order);
    draft.emit(Body::RepairWithdrawn { work_order });
    draft.stop_all(Subject::WorkOrder(work_order));
    // The claim that waited for this inspection goes to a human without it.
    if let Some(inspected) = order.inspects
        && draft.claim(inspected)?.state == ClaimState::Inspection
    {
        draft.stop(ClockName::Inspection, Subject::Claim(inspected));
        claim::open_review(draft, inspected, ReviewCause::NotInspected)?;
    }
    Ok(())
}
