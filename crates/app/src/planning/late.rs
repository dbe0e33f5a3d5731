//! Visits that will begin after the time that was agreed: they are told, with the first time that can be kept, so that
//! the customer can be asked. Nothing moves before the customer agrees.

use super::build::{Live, Step};
use super::{BoardLate, BoardVisit, refused, slot_windows};
use crate::error::AppError;
use crate::views::WindowDetail;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{TechnicianId, WorkOrderId};
use aftercare_domain::time::MINUTE_MS;
use std::collections::HashMap;

/// Visits that will be late for which another time is looked for, the latest first.
const LATE_LOOKED: usize = 20;

/// Whole minutes, begun ones counted, from the end of an agreed time to a later start.
pub(super) fn minutes(until: Timestamp, start: Timestamp) -> i64 {
    let late = start.since_ms(until).max(0);
    (late + MINUTE_MS - 1).div_euclid(MINUTE_MS)
}

/// The visits that are late, the latest first; of two people the one who leads counts.
pub(super) fn found(tours: &HashMap<TechnicianId, Vec<BoardVisit>>) -> Vec<BoardVisit> {
    let mut late: HashMap<WorkOrderId, &BoardVisit> = HashMap::new();
    for visit in tours.values().flatten() {
        if visit.late_minutes > 0 {
            late.entry(visit.work_order).or_insert(visit);
        }
    }
    let mut late: Vec<BoardVisit> = late.into_values().cloned().collect();
    late.sort_by_key(|visit| (std::cmp::Reverse(visit.late_minutes), visit.work_order));
    late
}

/// The list of them.
pub(super) fn late(
    live: &mut Live,
    visits: &[BoardVisit],
    now: i64,
) -> Result<Vec<BoardLate>, AppError> {
    let mut rows = Vec::new();
    for (place, shown) in visits.iter().enumerate() {
        let mut known = live.inputs.visits.values();
        let visit = known.find(|visit| visit.work_order == shown.work_order);
        let (Some(visit), Some(agreed)) = (visit.cloned(), shown.agreed) else {
            continue;
        };
        let mut instead = None;
        if place < LATE_LOOKED
            && visit.step == Step::Agreed
            && !visit.asked
            && let Some(name) = live.name(visit.work_order).map(str::to_owned)
        {
            let windows = slot_windows(now);
            let offers = live.plan.moves(&name, &windows, windows.len());
            let offers = offers.map_err(|error| refused(&error))?;
            let first = offers.into_iter().min_by_key(|offer| offer.window.from);
            instead = first.map(|offer| WindowDetail {
                from: live.inputs.time(offer.window.from),
                until: live.inputs.time(offer.window.to),
            });
        }
        let name = visit
            .technician
            .and_then(|id| super::name_of(&live.inputs, id));
        rows.push(BoardLate {
            work_order: visit.work_order,
            case: visit.case,
            number: shown.number.clone(),
            skill: visit.skill.clone(),
            technician_name: name.unwrap_or_default(),
            agreed,
            expected: shown.start,
            late_minutes: shown.late_minutes,
            instead,
        });
    }
    Ok(rows)
}
