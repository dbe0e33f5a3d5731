//! A dispatcher puts a visit elsewhere on the board, and takes the last of that back while nobody has answered it.
//!
//! What nobody has accepted is asked of whoever it is given to; what was accepted is handed over, and whoever cannot come gives
//! it back. No time that was agreed or asked for moves by either.

use super::draft::Draft;
use super::permissions::Act;
use super::repair;
use crate::case::{RepairState, WorkOrder};
use crate::clock::{ClockName, Subject};
use crate::command::Command;
use crate::event::{Body, Window};
use crate::ids::{OfferId, TechnicianId, WorkOrderId};
use crate::limits::OFFERS_PER_WORK_ORDER_MAX;
use crate::placing::Placed;
use crate::refusals;
use crate::refused::Refused;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::PlaceVisit {
            work_order,
            technician,
            window,
            offer,
            ..
        } => place(draft, (work_order, offer), technician, window),
        Command::PutBackVisit {
            work_order, offer, ..
        } => put_back(draft, (work_order, offer)),
        _ => Ok(()),
    }
}

fn place(
    draft: &mut Draft<'_>,
    (work_order, offer): (WorkOrderId, OfferId),
    technician: TechnicianId,
    window: Option<Window>,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?.clone();
    draft.allow_on(Act::NameTechnician, &order)?;
    may_move(&order)?;
    if let Some(window) = window {
        repair::window_is_valid(draft, window)?;
        keeps_time(draft, &order, window)?;
    }
    if order.helper == Some(technician) {
        return Err(refusals::cannot_help());
    }
    let has = order.is_with_technician();
    let placed = Placed {
        technician,
        window: window.filter(|_| order.state != RepairState::Scheduled),
    };
    let untouched = order.placing.placed.is_none() && placed.window.is_none();
    let stays = has && order.technician == Some(technician) && untouched;
    if stays || order.placing.placed == Some(placed) {
        return Ok(());
    }
    if !has {
        may_ask(draft, &order, offer, technician)?;
    }
    let from = order
        .technician
        .filter(|before| has && *before != technician);
    let far = distance_m(draft, &order, technician);
    draft.emit(Body::VisitPlaced {
        work_order,
        technician,
        window: placed.window,
        from,
        distance_m: from.map(|_| far),
    });
    if has {
        return Ok(());
    }
    ask_alone(draft, &order, (work_order, offer), technician)
}

fn put_back(
    draft: &mut Draft<'_>,
    (work_order, offer): (WorkOrderId, OfferId),
) -> Result<(), Refused> {
    let order = draft.order(work_order)?.clone();
    draft.allow_on(Act::NameTechnician, &order)?;
    may_move(&order)?;
    let stood = order.placing.stood.clone();
    let stood = stood.ok_or_else(refusals::nothing_to_put_back)?;
    let has = order.is_with_technician();
    let again = stood.asked.first().copied().filter(|_| !has);
    // Whoever had it may have been named to come along since.
    let to = if has { stood.technician } else { again };
    if to.is_some() && order.helper == to {
        return Err(refusals::cannot_help());
    }
    if let Some(asked) = again {
        may_ask(draft, &order, offer, asked)?;
    }
    draft.emit(Body::VisitPutBack {
        work_order,
        technician: stood.technician,
        from: order
            .technician
            .filter(|before| has && stood.technician != Some(*before)),
    });
    match again {
        Some(asked) => ask_alone(draft, &order, (work_order, offer), asked),
        None if has => Ok(()),
        // Nobody had been asked: somebody is, as the plan has it now.
        None => {
            repair::lapse(draft, work_order);
            Ok(())
        }
    }
}

/// Until the technician sets out, and while the customer is not choosing another time.
fn may_move(order: &WorkOrder) -> Result<(), Refused> {
    match order.state {
        RepairState::Verified
        | RepairState::Offered
        | RepairState::Accepted
        | RepairState::Scheduled => {}
        _ if order.is_with_technician() => return Err(refusals::visit_under_way()),
        _ => return Err(refusals::not_ready_to_offer()),
    }
    if order.proposed.is_empty() {
        Ok(())
    } else {
        Err(refusals::customer_is_asked())
    }
}

/// Whether a time lies within the one that was agreed, or that the customer asked for.
fn keeps_time(draft: &Draft<'_>, order: &WorkOrder, window: Window) -> Result<(), Refused> {
    let within = |whole: Window| whole.from <= window.from && window.until <= whole.until;
    if order.state == RepairState::Scheduled {
        return match order.window {
            Some(agreed) if !within(agreed) => Err(refusals::customer_agrees_first()),
            _ => Ok(()),
        };
    }
    // One that is over binds nobody any more.
    let wish = order.window.filter(|wish| wish.until > draft.now);
    match wish {
        Some(wish) if !within(wish) => Err(refusals::outside_wish()),
        _ => Ok(()),
    }
}

/// Whether there is a question left, where one would have to be asked.
fn may_ask(
    draft: &Draft<'_>,
    order: &WorkOrder,
    offer: OfferId,
    technician: TechnicianId,
) -> Result<(), Refused> {
    if is_asked(order, technician) {
        return Ok(());
    }
    if order.offers.len() >= OFFERS_PER_WORK_ORDER_MAX {
        return Err(refusals::too_many_offers());
    }
    let taken = |other: &WorkOrder| other.offers.iter().any(|made| made.offer == offer);
    if draft.case.work_orders.values().any(taken) {
        return Err(refusals::id_taken());
    }
    Ok(())
}

fn is_asked(order: &WorkOrder, technician: TechnicianId) -> bool {
    order
        .open_offers()
        .any(|made| made.technician == technician)
}

/// Asks one technician and nobody besides; whoever is asked already has until the same clock.
fn ask_alone(
    draft: &mut Draft<'_>,
    order: &WorkOrder,
    (work_order, offer): (WorkOrderId, OfferId),
    technician: TechnicianId,
) -> Result<(), Refused> {
    let subject = Subject::WorkOrder(work_order);
    let asked = is_asked(order, technician);
    if !asked {
        draft.stop(ClockName::OfferAnswer, subject);
    }
    let others = order
        .open_offers()
        .filter(|made| made.technician != technician);
    for made in others {
        draft.emit(Body::OfferLapsed {
            work_order,
            offer: made.offer,
        });
    }
    if asked {
        return Ok(());
    }
    let distance_m = distance_m(draft, order, technician);
    repair::ask(draft, order, (work_order, offer), (technician, distance_m));
    draft.start(ClockName::OfferAnswer, subject)
}

/// How far it is for a technician: as it is known now, else as it was when they were asked.
fn distance_m(draft: &Draft<'_>, order: &WorkOrder, technician: TechnicianId) -> u32 {
    let mut candidates = draft.facts.candidates.iter();
    let known = candidates.find(|candidate| candidate.technician == technician);
    let mut asked = order.offers.iter().rev();
    let asked = asked.find(|made| made.technician == technician);
    known
        .map(|candidate| candidate.distance_m)
        .or(asked.map(|made| made.distance_m))
        .unwrap_or(0)
}
