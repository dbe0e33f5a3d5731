//! Who comes along to a visit that takes two people, and which parts a finished visit took off the van.

use super::draft::{Draft, short};
use super::permissions::Act;
use super::visit::is_with_technician;
use crate::actor::Actor;
use crate::case::RepairState;
use crate::command::Command;
use crate::event::Body;
use crate::ids::{TechnicianId, WorkOrderId};
use crate::limits::{PARTS_EACH_MAX, PARTS_MAX};
use crate::refusals;
use crate::refused::Refused;
use std::collections::BTreeMap;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::NameHelper {
            work_order,
            technician,
            ..
        } => name_helper(draft, work_order, technician),
        Command::TakeParts {
            work_order,
            parts,
            beyond,
            ..
        } => take_parts(draft, work_order, parts, beyond),
        _ => Ok(()),
    }
}

fn name_helper(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    technician: TechnicianId,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::OfferRepair, order)?;
    if !is_with_technician(order.state) || order.technician == Some(technician) {
        return Err(refusals::cannot_help());
    }
    if order.helper == Some(technician) {
        return Ok(());
    }
    release_helper(draft, work_order);
    draft.emit(Body::HelperNamed {
        work_order,
        technician,
    });
    Ok(())
}

/// Nobody comes along any more; whoever was to is told.
pub(super) fn release_helper(draft: &mut Draft<'_>, work_order: WorkOrderId) {
    let order = draft.case.work_orders.get(&work_order);
    if let Some(technician) = order.and_then(|order| order.helper) {
        draft.emit(Body::HelperReleased {
            work_order,
            technician,
        });
    }
}

/// What the system takes by the needs of the visit it takes once; whoever was there, or a dispatcher, says afterwards
/// what was used in truth.
fn take_parts(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    parts: BTreeMap<String, u32>,
    beyond: BTreeMap<String, u32>,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    draft.allow_on(Act::CountParts, order)?;
    let done = matches!(
        order.state,
        RepairState::Done
            | RepairState::Confirmed
            | RepairState::Disputed
            | RepairState::UnderWarranty
            | RepairState::Expired
    );
    let Some(technician) = order.technician.filter(|_| done) else {
        return Err(refusals::no_parts_taken());
    };
    let before = order.parts_taken.as_ref();
    let again = before.is_some() && draft.by == Actor::System;
    // That nothing was used is an answer too, which keeps what was to be taken by itself; where there is none, nothing is said.
    let nothing = before.is_none() && parts.is_empty() && draft.by == Actor::System;
    if again || nothing || before == Some(&parts) {
        return Ok(());
    }
    if parts.len() > PARTS_MAX {
        return Err(refusals::parts_not_valid());
    }
    for (part, count) in &parts {
        short(part)?;
        if !(1..=PARTS_EACH_MAX).contains(count) {
            return Err(refusals::parts_not_valid());
        }
    }
    // No more of a part was missing on the van than was used of it.
    let missing = |(part, count): (&String, &u32)| {
        let used = parts.get(part).copied().unwrap_or(0);
        (1..=used).contains(count)
    };
    if !beyond.iter().all(missing) {
        return Err(refusals::parts_not_valid());
    }
    draft.emit(Body::PartsTaken {
        work_order,
        technician,
        parts,
        beyond,
    });
    Ok(())
}
