//! Displacement: a visit gives way to a job that fits nowhere, if it fits somewhere else itself, or after a third has given
//! way to it. Nobody is left without a technician by it, and every confirmed window holds.

use super::blocked::Constraint;
use super::insert::Fit;
use super::model::Stage;
use super::route::Route;
use super::{NONE, Plan, work};
use crate::budget::Budget;
use crate::limits::MAX_DISPLACED;

/// How many visits may give way one after another.
const DEPTH: usize = 3;
/// Ways of making room that are followed further, at each depth; the shallowest are enough in nearly all cases.
const FOLLOWED: usize = 12;
/// Visits in a row that may lose their technician for one that is more urgent.
const SUPPLANTED: usize = 3;
/// Visits taken out for a try, of all depths together: bounds the time of a job for which there is no room.
const TRIES: usize = 300;

/// What is left of the tries for one job.
struct Left<'budget> {
    ways: usize,
    tries: usize,
    budget: &'budget dyn Budget,
}

impl Left<'_> {
    fn is_over(&self) -> bool {
        self.ways == 0 || self.tries == 0 || self.budget.stopped()
    }
}

impl Plan {
    /// Makes room for a job; the number of visits that moved, or None with the plan unchanged.
    pub(super) fn displace(&mut self, job: u32, budget: &dyn Budget) -> Option<usize> {
        if self.tasks[job as usize].given.people > 1 {
            return None;
        }
        let mut left = Left {
            ways: MAX_DISPLACED,
            tries: TRIES,
            budget,
        };
        for depth in 1..=DEPTH {
            if left.is_over() {
                break;
            }
            self.begin();
            if let Some(moved) = self.displace_within(job, depth, &mut vec![job], &mut left) {
                self.keep();
                return Some(moved);
            }
            self.take_back();
        }
        None
    }

    /// Tries to put `job` in by moving at most `depth` others. `moving` are those that are already on the move.
    fn displace_within(
        &mut self,
        job: u32,
        depth: usize,
        moving: &mut Vec<u32>,
        left: &mut Left<'_>,
    ) -> Option<usize> {
        let mut ways = self.ways(job, moving, &mut left.ways);
        ways.sort_unstable();
        if depth > 1 {
            ways.truncate(FOLLOWED);
        }
        for (_, other, fit) in ways {
            let Some((route, place)) = self.place_of(other) else {
                continue;
            };
            if left.tries == 0 || left.budget.stopped() {
                return None;
            }
            left.tries -= 1;
            self.take(other);
            let at = fit.place;
            if !self.with(route, job, at).holds() {
                self.put(other, route, place);
                continue;
            }
            self.put(job, route, at);
            if depth == 1 {
                // Back beside its old place would only be an insertion that was missed.
                if let Some((route, place, _)) = self.cheapest(other) {
                    self.put(other, route, place);
                    return Some(1);
                }
            } else {
                moving.push(other);
                if let Some(moved) = self.displace_within(other, depth - 1, moving, left) {
                    return Some(moved + 1);
                }
                moving.pop();
            }
            self.take(job);
            self.put(other, route, place);
        }
        None
    }

    /// Visits whose absence makes room, cheapest first: travel saved counts against travel added.
    fn ways(&self, job: u32, moving: &[u32], budget: &mut usize) -> Vec<(i64, u32, Fit)> {
        let mut ways = Vec::new();
        let held = &self.situations[job as usize].held;
        let (Some(first), Some(last)) = (held.first(), held.last()) else {
            return ways;
        };
        for at in self.concerned(job, false) {
            let route = &self.routes[at as usize];
            if route.free_at > last.to || route.last_end < first.from || !route.holds() {
                continue;
            }
            // Parts on the van may be missing only because of the visit that gives way: asked again afterwards.
            if self.admits(at, job).is_err() {
                continue;
            }
            for (place, stop) in route.stops.iter().enumerate() {
                if *budget == 0 {
                    return ways;
                }
                let two = self.tasks[stop.job as usize].given.people > 1;
                if two || moving.contains(&stop.job) || !self.may_move(stop.job) {
                    continue;
                }
                // Nobody gives way who is done long before, or begins long after.
                let done = stop.done.iter().min().copied().unwrap_or_default();
                let latest = stop.latest.iter().max().copied().unwrap_or_default();
                if done < first.from - SPAN || latest > last.to + SPAN {
                    continue;
                }
                *budget -= 1;
                let what = self.visit(at, job);
                if let Some(fit) = self.judge(route, at, place..place + 1, &what) {
                    let saved = self.way_around(route, place);
                    ways.push((fit.travel - saved, stop.job, fit));
                }
            }
        }
        ways
    }

    /// The last resort: visits in a row that are neither told nor accepted, and less urgent, lose their technician if that is
    /// less bad than the job having none. The least loss is taken; false when there is none.
    pub(super) fn supplant(&mut self, job: u32, budget: &dyn Budget) -> bool {
        if self.tasks[job as usize].given.people > 1 || budget.stopped() {
            return false;
        }
        let mut losses = self.losses(job);
        losses.sort_unstable_by_key(|(loss, fit, _)| (*loss, *fit));
        losses.truncate(FOLLOWED);
        for (_, fit, others) in losses {
            if budget.stopped() {
                return false;
            }
            let before = self.total;
            self.begin();
            for &other in &others {
                self.take(other);
            }
            if self.with(fit.route, job, fit.place).holds() {
                self.put(job, fit.route, fit.place);
                for other in others {
                    self.insert_best(other);
                }
                if self.total < before {
                    self.keep();
                    return true;
                }
            }
            self.take_back();
        }
        false
    }

    /// A promise that nothing else keeps: of the tours in which it fits beside what is promised there too, the cheapest is
    /// cleared of everything else, however urgent, which then looks for another place. False when there is none.
    pub(super) fn clear_for(&mut self, job: u32, budget: &dyn Budget) -> bool {
        let is_two = self.tasks[job as usize].given.people > 1;
        if is_two || self.stage(job) == Some(Stage::EnRoute) || budget.stopped() {
            return false;
        }
        self.begin();
        self.take(job);
        for fit in self.beside_promises(job) {
            if budget.stopped() {
                break;
            }
            let stops = self.routes[fit.route as usize].stops.iter();
            let mut others: Vec<u32> = stops
                .map(|stop| stop.job)
                .filter(|&other| !self.is_promised(other))
                .collect();
            for &other in &others {
                self.take(other);
            }
            // Parts may have been missing only because of the visits that left.
            if self.admits(fit.route, job).is_ok() && self.with(fit.route, job, fit.place).holds() {
                self.put(job, fit.route, fit.place);
                others.sort_by_key(|&other| {
                    std::cmp::Reverse(self.tasks[other as usize].given.priority)
                });
                for other in others {
                    self.insert_best(other);
                }
                self.keep();
                return true;
            }
            self.take_back();
            self.begin();
            self.take(job);
        }
        self.take_back();
        false
    }

    /// Whether somebody was told of a visit, or it cannot leave its place.
    fn is_promised(&self, job: u32) -> bool {
        let task = &self.tasks[job as usize].given;
        task.confirmed.is_some() || task.pin.is_some() || !self.may_move(job)
    }

    /// The places of a job in tours that keep their promises alone, cheapest first.
    fn beside_promises(&self, job: u32) -> Vec<Fit> {
        let mut fits = Vec::new();
        for at in self.concerned(job, false) {
            if !matches!(self.admits(at, job), Ok(()) | Err(Constraint::Parts)) {
                continue;
            }
            let mut bare = self.routes[at as usize].clone();
            let all = bare.stops.len();
            bare.stops.retain(|stop| self.is_promised(stop.job));
            if bare.stops.len() == all {
                // Nobody would leave.
                continue;
            }
            let worker = &self.workers[bare.worker as usize];
            bare.refresh(self.travel.as_ref(), |job| {
                work::visit(&self.tasks, &self.situations, worker, job)
            });
            if !bare.holds() {
                continue;
            }
            let what = self.visit(at, job);
            for place in self.locked(&bare)..=bare.stops.len() {
                fits.extend(self.judge(&bare, at, place..place, &what));
            }
        }
        fits.sort_unstable();
        fits.truncate(FOLLOWED);
        fits
    }

    /// Rows of visits in whose place the job fits, with what is lost if nobody else takes them.
    fn losses(&self, job: u32) -> Vec<(i64, Fit, Vec<u32>)> {
        let weight = |job: u32| 1 + i64::from(self.tasks[job as usize].given.priority);
        let may_lose = |other: u32| {
            let task = &self.tasks[other as usize].given;
            task.confirmed.is_none()
                && task.pin.is_none()
                && task.people == 1
                && self.may_move(other)
        };
        let mut losses = Vec::new();
        for at in self.concerned(job, true) {
            let route = &self.routes[at as usize];
            if !route.holds() || self.admits(at, job).is_err() {
                continue;
            }
            let what = self.visit(at, job);
            for first in self.locked(route)..route.stops.len() {
                let mut loss = 0;
                for last in first..route.stops.len().min(first + SUPPLANTED) {
                    let other = route.stops[last].job;
                    loss += weight(other);
                    if loss >= weight(job) || !may_lose(other) {
                        break;
                    }
                    if let Some(fit) = self.judge(route, at, first..last + 1, &what) {
                        let others = route.stops[first..=last].iter().map(|stop| stop.job);
                        losses.push((loss, fit, others.collect()));
                        break;
                    }
                }
                if losses.len() >= MAX_DISPLACED {
                    return losses;
                }
            }
        }
        losses
    }

    /// Seconds of the way from a stop to the next, which are saved when it gives way.
    fn way_around(&self, route: &Route, place: usize) -> i64 {
        let clock = route.clock(self.travel.as_ref());
        let stop = &route.stops[place];
        clock.seconds(
            stop.to_next,
            stop.done.iter().min().copied().unwrap_or_default(),
        )
    }

    fn place_of(&self, job: u32) -> Option<(u32, usize)> {
        let route = self.situations[job as usize].routes[0];
        if route == NONE {
            return None;
        }
        let place = self.routes[route as usize]
            .stops
            .iter()
            .position(|stop| stop.job == job)?;
        Some((route, place))
    }
}

/// Seconds around a job's windows in which visits may give way: half a day.
const SPAN: i64 = 43_200;
