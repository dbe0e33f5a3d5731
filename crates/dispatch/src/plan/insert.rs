//! Insertion: every place of every route is judged exactly, in constant time each; the cheapest by all terms is taken.

use super::blocked::{Blocked, Constraint};
use super::cost::Cost;
use super::model::{Job, Stage, Window};
use super::route::{NEVER, Route, Visit};
use super::schedule::{Change, Leg};
use super::{NONE, Plan, work};
use crate::budget::{Budget, Iterations};
use crate::error::Bad;
use crate::random::Random;
use crate::travel::Seconds;

/// Places of the first person, and as many of the second, that are combined for a job of two.
const PAIRED: usize = 150;

/// A place where a job fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    /// False when no overtime is made.
    pub overtime: bool,
    /// More seconds on the road.
    pub travel: Seconds,
    pub route: u32,
    pub place: usize,
    /// Earliest and latest start.
    pub earliest: Seconds,
    pub latest: Seconds,
}

/// How a job came into the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Beside everything that was there.
    Inserted,
    /// After so many visits had given way.
    Displaced(usize),
    /// After routes near it were rebuilt.
    Rebuilt,
    /// In place of one that is less urgent and that nobody was told of; the changes say which.
    Supplanted,
    /// Not: see the constraint.
    Blocked,
}

/// What came of an insertion.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub how: How,
    /// The visits; two for two people.
    pub legs: Vec<Leg>,
    /// Why nobody has it.
    pub blocked: Option<Blocked>,
    /// Other visits that changed technician or time.
    pub changes: Vec<Change>,
    pub before: Cost,
    pub after: Cost,
}

impl Plan {
    /// Takes a job in: by itself, else by displacing others, else by rebuilding routes near it within `burst` steps of
    /// ruin and recreate, else in place of one that is less urgent and not told to anybody; afterwards the same steps improve what is near. Without a place it stays in the plan, unassigned.
    ///
    /// # Errors
    /// What is wrong with the job; the plan is as before then.
    pub fn insert(&mut self, job: &Job, burst: u64, seed: u64) -> Result<Outcome, Bad> {
        self.insert_within(job, &Iterations(burst), seed)
    }

    /// As [`Self::insert`], with the burst's budget from outside. It interrupts everything but one exact insertion, which
    /// looks at each shift once; the plan is valid wherever it stops.
    ///
    /// # Errors
    /// As [`Self::insert`].
    pub fn insert_within(
        &mut self,
        job: &Job,
        budget: &dyn Budget,
        seed: u64,
    ) -> Result<Outcome, Bad> {
        let before = self.total;
        let mark = self.register.mark();
        let task = self.add_task(job)?;
        self.watch();
        if job.pin.is_some()
            && let Err(bad) = self.place_pinned(task)
        {
            self.watch = None;
            self.forget_last(task);
            self.register.forget_since(&mark);
            return Err(bad);
        }
        let mut random = Random::new(seed);
        let assigned = |plan: &Self| plan.situations[task as usize].routes[0] != NONE;
        let mut how = How::Inserted;
        if !assigned(self) && !self.insert_best(task) {
            if let Some(moved) = self.displace(task, budget) {
                how = How::Displaced(moved);
            } else {
                self.improve_near(task, budget, &mut random);
                how = if assigned(self) {
                    How::Rebuilt
                } else if self.supplant(task, budget) {
                    How::Supplanted
                } else {
                    How::Blocked
                };
            }
        }
        if !matches!(how, How::Blocked | How::Rebuilt) {
            self.improve_near(task, budget, &mut random);
        }
        let blocked = (!assigned(self)).then(|| self.blocked_by(task));
        Ok(Outcome {
            how: if blocked.is_some() { How::Blocked } else { how },
            legs: self.legs(task),
            blocked,
            changes: self.changes(Some(task)),
            before,
            after: self.total,
        })
    }

    /// Takes the job that was added last out again.
    pub(super) fn forget_last(&mut self, task: u32) {
        let cost = self.task_cost(task);
        self.total.subtract(&cost);
        if let Some(task) = self.tasks.pop() {
            self.near
                .remove(crate::number::id(self.tasks.len()), &task.site);
            self.by_name.remove(&task.given.id);
        }
        self.situations.pop();
    }

    /// Puts a job where it costs least by all terms; false when it fits nowhere.
    pub(super) fn insert_best(&mut self, job: u32) -> bool {
        if self.tasks[job as usize].given.people > 1 {
            return self.insert_pair(job);
        }
        let Some((route, place, _)) = self.cheapest(job) else {
            return false;
        };
        self.put(job, route, place);
        true
    }

    /// The cheapest place by all terms. Places are tried by overtime and travel; the first that adds neither risk nor
    /// overtime nor a change cannot be beaten by a later one.
    pub(super) fn cheapest(&self, job: u32) -> Option<(u32, usize, Cost)> {
        self.cheapest_of(job, self.fits(job, false))
    }

    /// As [`Self::cheapest`], of places that are given in order.
    pub(super) fn cheapest_of(
        &self,
        job: u32,
        fits: impl Iterator<Item = Fit>,
    ) -> Option<(u32, usize, Cost)> {
        let mut best: Option<(Cost, u32, usize)> = None;
        for fit in fits {
            let cost = self.marginal(job, &fit);
            let Some(cost) = cost else {
                continue;
            };
            let perfect = cost.risk <= 0 && cost.overtime <= 0 && cost.changes == 0;
            if best.as_ref().is_none_or(|(least, _, _)| cost < *least) {
                best = Some((cost, fit.route, fit.place));
            }
            if perfect {
                break;
            }
        }
        best.map(|(cost, route, place)| (route, place, cost))
    }

    /// What a fit adds to the terms.
    pub(super) fn marginal(&self, job: u32, fit: &Fit) -> Option<Cost> {
        let changed = self.with(fit.route, job, fit.place);
        if !changed.holds() {
            return None;
        }
        let mut cost = self
            .price(&changed)?
            .minus(&self.prices[fit.route as usize]);
        let situation = &self.situations[job as usize];
        let task = &self.tasks[job as usize];
        let other =
            |known: Option<u32>| i64::from(known.is_some_and(|known| known != changed.worker));
        cost.changes += other(situation.told) + other(task.continuity);
        Some(cost)
    }

    /// Whether a route may have a job at all, whatever its times.
    pub(super) fn admits(&self, route: u32, job: u32) -> Result<(), Constraint> {
        self.admits_as(route, job, false)
    }

    pub(super) fn admits_as(&self, route: u32, job: u32, second: bool) -> Result<(), Constraint> {
        let shift = &self.routes[route as usize];
        let task = &self.tasks[job as usize];
        if !shift.open {
            return Err(Constraint::Away);
        }
        self.may_serve(route, job, second)?;
        if self.way_of(job).is_some_and(|way| way != route) {
            return Err(Constraint::Pinned);
        }
        if !second && !task.parts.is_empty() && !self.has_parts(shift.worker, job) {
            return Err(Constraint::Parts);
        }
        if self.situations[job as usize].waits {
            return Err(Constraint::Parts);
        }
        if shift.stops.len() >= crate::limits::MAX_STOPS {
            return Err(Constraint::Time);
        }
        Ok(())
    }

    /// Whether somebody may make a job on a shift, wherever they are and whatever they carry.
    pub(super) fn may_serve(&self, route: u32, job: u32, second: bool) -> Result<(), Constraint> {
        let shift = &self.routes[route as usize];
        let task = &self.tasks[job as usize];
        if !second
            && !task.skills.iter().all(|&(skill, level)| {
                shift
                    .levels
                    .get(skill as usize)
                    .is_some_and(|&has| has >= level)
            })
        {
            return Err(Constraint::Skill);
        }
        if task.refused.contains(&shift.worker) {
            return Err(Constraint::Refused);
        }
        let worker = &self.workers[shift.worker as usize];
        if let Some(pin) = &task.given.pin
            && !second
            && pin.technician != worker.given.id
        {
            return Err(Constraint::Pinned);
        }
        if let Some(area) = task.area
            && (!worker.areas.is_empty() && worker.areas.binary_search(&area).is_err()
                || shift.not_areas.binary_search(&area).is_ok())
        {
            return Err(Constraint::Area);
        }
        if task.far.contains(&shift.worker) {
            return Err(Constraint::Reach);
        }
        Ok(())
    }

    /// Whether the van has the parts beside those that its other visits need.
    fn has_parts(&self, worker: u32, job: u32) -> bool {
        let worker = &self.workers[worker as usize];
        self.tasks[job as usize]
            .parts
            .iter()
            .all(|&(part, amount)| {
                let stock = amount_of(&worker.stock, part);
                let used: u64 = worker
                    .routes
                    .iter()
                    .flat_map(|&route| &self.routes[route as usize].stops)
                    .filter(|stop| self.carries_parts(stop.job, &worker.routes))
                    .map(|stop| u64::from(amount_of(&self.tasks[stop.job as usize].parts, part)))
                    .sum();
                used + u64::from(amount) <= u64::from(stock)
            })
    }

    /// Parts of a job for two come from the first one's van.
    fn carries_parts(&self, job: u32, routes: &[u32]) -> bool {
        routes.contains(&self.situations[job as usize].routes[0])
    }

    pub(super) fn scan_route(&self, route: u32, job: u32, windows: &[Window], fits: &mut Vec<Fit>) {
        let shift = &self.routes[route as usize];
        if !shift.holds() {
            return;
        }
        let worker = &self.workers[shift.worker as usize];
        let task = &self.tasks[job as usize];
        let what = Visit {
            site: &task.site,
            windows,
            seconds: work::seconds(task, worker),
        };
        let (Some(first), Some(last)) = (windows.first(), windows.last()) else {
            return;
        };
        let first_place = self.locked(shift);
        let en_route = self.stage(job) == Some(Stage::EnRoute);
        let last_place = if en_route { 0 } else { shift.stops.len() };
        for place in first_place..=last_place {
            let (done, _) = shift.before(place);
            if done.iter().min().is_some_and(|&soonest| soonest > last.to) {
                break;
            }
            let (latest, _) = shift.latest_at(place);
            if latest
                .iter()
                .max()
                .is_some_and(|&l| l < first.from + what.seconds)
            {
                continue;
            }
            if let Some(fit) = self.judge(shift, route, place..place, &what) {
                fits.push(fit);
            }
        }
    }

    /// Judges a visit in place of a range of stops, which is empty for an insertion: exactly, from the times before and
    /// behind, which do not depend on what is in between.
    pub(super) fn judge(
        &self,
        shift: &Route,
        route: u32,
        range: std::ops::Range<usize>,
        what: &Visit<'_>,
    ) -> Option<Fit> {
        let place = range.start;
        let travel = self.travel.as_ref();
        let clock = shift.clock(travel);
        let (done, direct) = shift.before(place);
        let (latest, regular) = shift.latest_at(range.end);
        let from = shift.site_before(place, |job| &self.tasks[job as usize].site);
        let to = match shift.stops.get(range.end) {
            Some(stop) => Some(&self.tasks[stop.job as usize].site),
            None => shift.end.as_ref(),
        };
        let there = travel.effort(from, what.site);
        let onward = to.map_or(0.0, |to| travel.effort(what.site, to));
        let count = shift.breaks.len();
        let (mut earliest, mut last, mut overtime, mut extra) = (NEVER, i64::MIN, true, 0);
        for (before, &departs) in done.iter().enumerate().take(count + 1) {
            if departs >= NEVER {
                continue;
            }
            let ways = clock.seconds(there, departs) - clock.seconds(direct, departs);
            for at in before..=count {
                let arrives = clock.arrives(departs, there, before, at);
                if arrives >= NEVER {
                    continue;
                }
                let Some(start) = what.start(arrives) else {
                    continue;
                };
                let leaves = start + what.seconds;
                for after in at..=count {
                    let next = clock.arrives(leaves, onward, at, after);
                    if next > latest[after] {
                        continue;
                    }
                    overtime &= next > regular[after];
                    let by_then = clock.departs(latest[after], onward, at, after);
                    last = last.max(what.latest(by_then));
                    if start < earliest {
                        earliest = start;
                        extra = ways + clock.seconds(onward, leaves);
                    }
                }
            }
        }
        (earliest < NEVER).then_some(Fit {
            overtime,
            travel: extra,
            route,
            place,
            earliest,
            latest: last.max(earliest),
        })
    }

    /// Two people at one time: the cheapest pair of places whose starts meet.
    fn insert_pair(&mut self, job: u32) -> bool {
        let leads: Vec<Fit> = self.fits(job, false).take(PAIRED).collect();
        let seconds: Vec<Fit> = self.fits(job, true).take(PAIRED).collect();
        let worker = |fit: &Fit| self.routes[fit.route as usize].worker;
        let mut pairs = Vec::new();
        for lead in &leads {
            for second in seconds
                .iter()
                .filter(|second| worker(second) != worker(lead))
            {
                let meet = lead.earliest.max(second.earliest);
                let inside = self.situations[job as usize]
                    .held
                    .iter()
                    .any(|w| w.holds(meet));
                if meet <= lead.latest.min(second.latest) && inside {
                    let overtime = lead.overtime || second.overtime;
                    pairs.push((overtime, lead.travel + second.travel, meet, *lead, *second));
                }
            }
        }
        pairs.sort_unstable();
        let before = self.situations[job as usize].held.clone();
        for (_, _, meet, lead, second) in pairs.into_iter().take(PAIRED) {
            self.hold(
                job,
                Window {
                    from: meet,
                    to: meet,
                },
            );
            if self.with(lead.route, job, lead.place).holds()
                && self.with(second.route, job, second.place).holds()
            {
                self.put(job, lead.route, lead.place);
                self.put(job, second.route, second.place);
                return true;
            }
            let before = before.clone();
            self.change_situation(job, |situation| situation.held = before);
        }
        false
    }
}

pub(super) fn amount_of(amounts: &[(u32, u32)], part: u32) -> u32 {
    amounts
        .binary_search_by_key(&part, |&(known, _)| known)
        .map_or(0, |at| amounts[at].1)
}
