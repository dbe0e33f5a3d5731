//! The plan's facts without its schedule: what the independent checker holds a schedule against.

use super::model::{Break, Job, Technician};
use super::{Plan, Status};
use crate::travel::{Seconds, Site};

/// Where a shift stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Front {
    /// Index in [`Snapshot::technicians`].
    pub technician: usize,
    /// Index among the technician's shifts.
    pub shift: usize,
    /// When and where the technician is free.
    pub free_at: Seconds,
    pub site: Site,
    /// Where the shift ends, when it matters.
    pub end: Option<Site>,
    /// Nothing ends later.
    pub last_end: Seconds,
    /// Breaks that are still to be taken, later ones than agreed included.
    pub breaks: Vec<Break>,
    /// False when the technician is away.
    pub open: bool,
}

/// An open job as it now is.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    pub job: Job,
    pub site: Site,
    /// Told lateness of a confirmed or accepted visit; 0 normally.
    pub late_seconds: Seconds,
    pub waits: bool,
}

/// Facts of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// With the stock that is left.
    pub technicians: Vec<Technician>,
    pub fronts: Vec<Front>,
    pub demands: Vec<Demand>,
}

impl Plan {
    /// The facts as they stand.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let technicians = self
            .workers
            .iter()
            .map(|worker| {
                let mut technician = worker.given.clone();
                technician.stock = worker
                    .stock
                    .iter()
                    .map(|&(part, amount)| (self.register.parts.name(part).to_owned(), amount))
                    .collect();
                technician
            })
            .collect();
        let fronts = self
            .routes
            .iter()
            .map(|route| Front {
                technician: route.worker as usize,
                shift: route.shift as usize,
                free_at: route.free_at,
                site: route.free_site,
                end: route.end,
                last_end: route.last_end,
                breaks: route
                    .breaks
                    .iter()
                    .skip(route.breaks_taken)
                    .copied()
                    .collect(),
                open: route.open,
            })
            .collect();
        let demands = (0..self.tasks.len())
            .filter(|&job| self.situations[job].status == Status::Open)
            .map(|job| Demand {
                job: self.tasks[job].given.clone(),
                site: self.tasks[job].site,
                late_seconds: self.situations[job].lateness,
                waits: self.situations[job].waits,
            })
            .collect();
        Snapshot {
            technicians,
            fronts,
            demands,
        }
    }

    /// The travel times of the plan.
    #[must_use]
    pub fn travel(&self) -> &dyn crate::travel::TravelTime {
        self.travel.as_ref()
    }
}
