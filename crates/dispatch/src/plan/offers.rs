//! Slot offers: which windows can be promised to a new customer, and what each costs the plan.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cost::Cost;
use super::model::{Job, Window};
use super::{NONE, Plan};
use crate::error::Bad;
use crate::limits::MAX_OFFERS;
use crate::travel::Seconds;

/// A window that can be promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    pub window: Window,
    /// Who would come, as the plan stands; not a promise.
    pub technician: String,
    /// What the visit adds to the terms.
    pub cost: Cost,
}

/// Somebody who could have a visit of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ranked {
    pub technician: String,
    /// When the visit would begin.
    pub start: Seconds,
    /// What the visit adds to the terms with this technician.
    pub cost: Cost,
}

/// Places that are priced for a ranking, those with no overtime and the least travel first.
const RANKED_PLACES: usize = 400;

impl Plan {
    /// Who could have a visit of the plan beside what they have, cheapest first; of a visit for two, who leads it. The plan
    /// does not change.
    ///
    /// # Errors
    /// A job that is not open, or too many technicians.
    pub fn rank(&mut self, job: &str, count: usize) -> Result<Vec<Ranked>, Bad> {
        too_many(&[], count)?;
        let task = self.open_job(job)?;
        let total = self.total;
        self.begin();
        self.take(task);
        let mut best: BTreeMap<u32, (Cost, Seconds)> = BTreeMap::new();
        for fit in self.fits(task, false).take(RANKED_PLACES) {
            let Some(cost) = self.marginal(task, &fit) else {
                continue;
            };
            let worker = self.routes[fit.route as usize].worker;
            let new = (cost, fit.earliest);
            let known = best.entry(worker).or_insert(new);
            *known = new.min(*known);
        }
        self.take_back();
        debug_assert_eq!(self.total, total, "asking changes nothing");
        let mut ranked: Vec<Ranked> = best
            .into_iter()
            .map(|(worker, (cost, start))| Ranked {
                technician: self.workers[worker as usize].given.id.clone(),
                start,
                cost,
            })
            .collect();
        ranked.sort_by_key(|who| (who.cost, who.start));
        ranked.truncate(count);
        Ok(ranked)
    }

    /// The best windows for a job that is not in the plan yet, cheapest first, then earliest. The plan does not change.
    ///
    /// # Errors
    /// What is wrong with the job or a window, or too many of them.
    pub fn offers(
        &mut self,
        job: &Job,
        windows: &[Window],
        count: usize,
    ) -> Result<Vec<Offer>, Bad> {
        too_many(windows, count)?;
        let mut asked = job.clone();
        asked.windows = windows.to_vec();
        asked.confirmed = None;
        asked.pin = None;
        let total = self.total;
        let task = self.add_task(&asked)?;
        let mut offers = Vec::new();
        for &window in windows {
            if window.to < self.now {
                continue;
            }
            offers.extend(self.offer(task, window));
        }
        self.forget_last(task);
        debug_assert_eq!(self.total, total, "asking changes nothing");
        Ok(best(offers, count))
    }

    /// The best windows for a visit of the plan to move to, with its technician if it was accepted, cheapest first, then
    /// earliest. The plan does not change.
    ///
    /// # Errors
    /// A job that is not open, or too many windows.
    pub fn moves(
        &mut self,
        job: &str,
        windows: &[Window],
        count: usize,
    ) -> Result<Vec<Offer>, Bad> {
        too_many(windows, count)?;
        let task = self.open_job(job)?;
        let mut offers = Vec::new();
        let now = self.now;
        for &window in windows.iter().filter(|window| window.to >= now) {
            self.begin();
            self.take(task);
            let before = self.total;
            offers.extend(self.offer_now(task, window, &before));
            self.take_back();
        }
        Ok(best(offers, count))
    }

    /// The best place of all for a job that is not in the plan: technician and what it adds to the terms. None when it
    /// fits nowhere beside what is there. The plan does not change.
    ///
    /// # Errors
    /// What is wrong with the job.
    pub fn quote(&mut self, job: &Job) -> Result<Option<(String, Cost)>, Bad> {
        let mut asked = job.clone();
        asked.pin = None;
        let task = self.add_task(&asked)?;
        let quote = if asked.people > 1 {
            self.offer_pair(task)
        } else {
            self.cheapest(task).map(|(route, _, cost)| {
                let worker = self.routes[route as usize].worker;
                (self.workers[worker as usize].given.id.clone(), cost)
            })
        };
        self.forget_last(task);
        Ok(quote)
    }

    fn offer_pair(&mut self, task: u32) -> Option<(String, Cost)> {
        let held = self.situations[task as usize].held.clone();
        held.into_iter()
            .find_map(|window| self.offer(task, window))
            .map(|offer| (offer.technician, offer.cost))
    }

    fn offer(&mut self, task: u32, window: Window) -> Option<Offer> {
        self.begin();
        let before = self.total;
        let offer = self.offer_now(task, window, &before);
        self.take_back();
        offer
    }

    /// The best place of a job in a window; the caller takes it back.
    fn offer_now(&mut self, task: u32, window: Window, before: &Cost) -> Option<Offer> {
        self.hold(task, window);
        let found = self.insert_best(task);
        found.then(|| {
            let route = self.situations[task as usize].routes[0];
            let worker = if route == NONE {
                0
            } else {
                self.routes[route as usize].worker
            };
            let mut cost = self.total.minus(before);
            // That it had nobody before is not what the window costs.
            cost.promises = 0;
            cost.unassigned = 0;
            Offer {
                window,
                technician: self.workers[worker as usize].given.id.clone(),
                cost,
            }
        })
    }
}

fn too_many(windows: &[Window], count: usize) -> Result<(), Bad> {
    if windows.len() <= MAX_OFFERS && count <= MAX_OFFERS {
        return Ok(());
    }
    Err(Bad::new(
        "offers",
        format!("{count} of {} windows", windows.len()),
        format!("Ask for at most {MAX_OFFERS} of {MAX_OFFERS}."),
    ))
}

fn best(mut offers: Vec<Offer>, count: usize) -> Vec<Offer> {
    offers.sort_by_key(|offer| (offer.cost, offer.window));
    offers.truncate(count);
    offers
}
