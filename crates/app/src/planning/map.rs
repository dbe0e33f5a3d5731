//! Where everybody and every visit of a day is, roughly: for a picture of the board.

use super::BoardVisit;
use super::build::Visit;
use crate::access::staff;
use crate::app::App;
use crate::error::AppError;
use crate::people::Place;
use crate::principal::Principal;
use aftercare_domain::ids::{TechnicianId, WorkOrderId};
use aftercare_domain::time::DAY_MS;
use aftercare_domain::{Role, Timestamp};
use std::collections::HashMap;

/// A visit and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapVisit {
    pub visit: BoardVisit,
    /// None where the place is to be asked.
    pub place: Option<Place>,
    /// How far off that can be, in meters: 0 where the address is known.
    pub radius_m: u32,
}

/// A technician, where their day begins, and whom they visit on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapPerson {
    pub id: TechnicianId,
    pub name: String,
    pub home: Place,
    pub visits: Vec<MapVisit>,
}

/// An outlet and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapOutlet {
    pub name: String,
    pub place: Place,
}

/// The places of a day of the plan. Those of customers are known to about a hundred meters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardMap {
    /// Midnight of the day in China.
    pub midnight: Timestamp,
    pub outlets: Vec<MapOutlet>,
    pub people: Vec<MapPerson>,
}

impl App {
    /// Where everybody is on a day, so many days from today.
    ///
    /// # Errors
    /// A missing role.
    pub async fn board_map(&self, principal: &Principal, day: i64) -> Result<BoardMap, AppError> {
        staff(principal, &[Role::Dispatcher])?;
        let mut plan = self.fresh_plan(principal.tenant()).await?;
        let live = plan.live()?;
        let mut tours = self.tours(live);
        let inputs = &live.inputs;
        let day = day.clamp(0, super::build::PLANNED_DAYS - 1);
        let midnight = Timestamp(inputs.midnight().0 + day * DAY_MS);
        let ends = midnight.plus_ms(DAY_MS);
        let known: HashMap<WorkOrderId, &Visit> = inputs
            .visits
            .values()
            .map(|visit| (visit.work_order, visit))
            .collect();
        let placed = |visit: BoardVisit| {
            let known = known.get(&visit.work_order);
            MapVisit {
                place: known.and_then(|known| known.place),
                radius_m: known.map_or(0, |known| known.radius_m),
                visit,
            }
        };
        let people = inputs.staff.active().map(|who| {
            let mut visits = tours.remove(&who.id).unwrap_or_default();
            visits.retain(|visit| visit.start < ends && visit.done > midnight);
            visits.sort_by_key(|visit| (visit.start, visit.work_order));
            MapPerson {
                id: who.id,
                name: who.name.clone(),
                home: who.home,
                visits: visits.into_iter().map(&placed).collect(),
            }
        });
        let outlets = inputs.staff.outlets().iter().map(|outlet| MapOutlet {
            name: outlet.name.clone(),
            place: outlet.place,
        });
        Ok(BoardMap {
            midnight,
            people: people.collect(),
            outlets: outlets.collect(),
        })
    }
}
