//! How the plan is changed: every change goes through here, keeps routes and terms in step, and can be taken back.

use super::cost::{self, BROKEN_PROMISE, Cost};
use super::intake::{Task, Worker};
use super::model::{Stage, Window};
use super::route::{NEVER, Route, Visit};
use super::{NONE, Plan, Situation, Status};
use crate::error::Bad;
use crate::travel::Seconds;

/// What a trial changed.
#[derive(Debug, Clone, Default)]
pub(super) struct Trial {
    routes: Vec<(u32, Route, Cost)>,
    situations: Vec<(u32, Situation)>,
    total: Cost,
}

impl Trial {
    /// Takes in what another trial changed after this one, so that both are taken back at once.
    pub(super) fn absorb(&mut self, later: Self) {
        for (route, old, price) in later.routes {
            if self.routes.iter().all(|&(known, _, _)| known != route) {
                self.routes.push((route, old, price));
            }
        }
        self.situations.extend(later.situations);
    }
}

/// What a job is on a worker's route.
pub(super) fn visit<'plan>(
    tasks: &'plan [Task],
    situations: &'plan [Situation],
    worker: &Worker,
    job: u32,
) -> Visit<'plan> {
    let task = &tasks[job as usize];
    Visit {
        site: &task.site,
        windows: &situations[job as usize].held,
        seconds: seconds(task, worker),
    }
}

/// How long a worker takes for a job, in whole seconds.
pub(super) fn seconds(task: &Task, worker: &Worker) -> Seconds {
    let mean = task.given.duration.mean_seconds;
    match worker.pace.get(&task.kind) {
        Some(&pace) => mean * i64::from(pace) / 1_000,
        None => mean,
    }
}

impl Plan {
    pub(super) fn visit(&self, route: u32, job: u32) -> Visit<'_> {
        let worker = &self.workers[self.routes[route as usize].worker as usize];
        visit(&self.tasks, &self.situations, worker, job)
    }

    /// Terms of one job: whether its promise is kept, whether it has a technician, and whether the known one.
    pub(super) fn task_cost(&self, job: u32) -> Cost {
        let situation = &self.situations[job as usize];
        let task = &self.tasks[job as usize].given;
        let mut cost = Cost::default();
        if situation.status != Status::Open {
            return cost;
        }
        let weight = 1 + i64::from(task.priority);
        if situation.routes[0] == NONE {
            cost.unassigned = weight;
            if task.confirmed.is_some() {
                cost.promises = weight * BROKEN_PROMISE;
            }
            return cost;
        }
        if situation.lateness > 0 {
            cost.promises = weight * BROKEN_PROMISE + (situation.lateness + 59) / 60;
        }
        let has = |technician: u32| {
            situation
                .routes
                .iter()
                .any(|&r| r != NONE && self.routes[r as usize].worker == technician)
        };
        if situation.told.is_some_and(|told| !has(told)) {
            cost.changes += 1;
        }
        if self.tasks[job as usize]
            .continuity
            .is_some_and(|known| !has(known))
        {
            cost.changes += 1;
        }
        cost
    }

    /// Starts a trial; trials do not nest.
    pub(super) fn begin(&mut self) {
        let mut trial = self.trial.take().unwrap_or_default();
        trial.routes.clear();
        trial.situations.clear();
        trial.total = self.total;
        self.trial = Some(trial);
    }

    /// Keeps what the trial did.
    pub(super) fn keep(&mut self) {
        self.trial = None;
    }

    /// Takes back everything since [`Self::begin`].
    pub(super) fn take_back(&mut self) {
        let Some(trial) = self.trial.take() else {
            return;
        };
        for (route, old, price) in trial.routes {
            self.routes[route as usize] = old;
            self.prices[route as usize] = price;
            self.reindex(route);
        }
        for (job, old) in trial.situations.into_iter().rev() {
            self.situations[job as usize] = old;
        }
        self.total = trial.total;
    }

    /// What the trial changed, as it now is, so that it can be done again after it was taken back.
    pub(super) fn forward(&self) -> Trial {
        let mut after = Trial {
            total: self.total,
            ..Trial::default()
        };
        if let Some(trial) = &self.trial {
            for &(route, _, _) in &trial.routes {
                let at = route as usize;
                after
                    .routes
                    .push((route, self.routes[at].clone(), self.prices[at]));
            }
            for &(job, _) in &trial.situations {
                after
                    .situations
                    .push((job, self.situations[job as usize].clone()));
            }
        }
        after
    }

    /// Does again what [`Self::forward`] took down.
    pub(super) fn go(&mut self, after: Trial) {
        self.trial = Some(after);
        self.take_back();
    }

    fn remember_route(&mut self, route: u32) {
        let Some(trial) = &mut self.trial else {
            return;
        };
        if trial.routes.iter().all(|&(known, _, _)| known != route) {
            let old = self.routes[route as usize].clone();
            trial.routes.push((route, old, self.prices[route as usize]));
        }
    }

    /// Changes a route's times or stops, and prices it anew.
    pub(super) fn change_route(&mut self, route: u32, change: impl FnOnce(&mut Route)) {
        self.note(route);
        self.remember_route(route);
        change(&mut self.routes[route as usize]);
        self.refresh(route);
    }

    /// Changes what is known of a job; terms follow.
    pub(super) fn change_situation(&mut self, job: u32, change: impl FnOnce(&mut Situation)) {
        // What its routes were like depends on it.
        for route in self.situations[job as usize].routes {
            if route != NONE {
                self.note(route);
            }
        }
        if let Some(trial) = &mut self.trial {
            trial
                .situations
                .push((job, self.situations[job as usize].clone()));
        }
        let before = self.task_cost(job);
        change(&mut self.situations[job as usize]);
        let after = self.task_cost(job);
        self.total.subtract(&before);
        self.total.add(&after);
    }

    /// Recomputes a route's times and terms.
    pub(super) fn refresh(&mut self, route: u32) {
        let at = route as usize;
        let worker = &self.workers[self.routes[at].worker as usize];
        let (tasks, situations) = (&self.tasks, &self.situations);
        self.routes[at].refresh(self.travel.as_ref(), |job| {
            visit(tasks, situations, worker, job)
        });
        let price = self.price(&self.routes[at]).unwrap_or_default();
        self.total.subtract(&self.prices[at]);
        self.total.add(&price);
        self.prices[at] = price;
        self.reindex(route);
    }

    /// Terms of a route as it stands; None when it does not hold.
    pub(super) fn price(&self, route: &Route) -> Option<Cost> {
        self.price_told(route, |_, _| ())
    }

    fn price_told(&self, route: &Route, told: impl FnMut(usize, i64)) -> Option<Cost> {
        if route.stops.is_empty() {
            return Some(Cost::default());
        }
        let worker = &self.workers[route.worker as usize];
        let what = |job| visit(&self.tasks, &self.situations, worker, job);
        let (entries, end) = route.schedule(self.travel.as_ref(), what)?;
        let clock = route.clock(self.travel.as_ref());
        let mut departs = route.free_at;
        let mut effort = route.first.to_next;
        let mut ways = Vec::with_capacity(entries.len() + 1);
        for (entry, stop) in entries.iter().zip(&route.stops) {
            ways.push(clock.seconds(effort, departs));
            departs = entry.done;
            effort = stop.to_next;
        }
        ways.push(clock.seconds(effort, departs));
        Some(cost::route(
            &entries,
            &ways,
            end,
            route.regular_end,
            (route.free_at, route.free_variance),
            |place| {
                let job = route.stops[place].job;
                let task = &self.tasks[job as usize].given;
                cost::Priced {
                    visit: what(job),
                    priority: task.priority,
                    variation: task.duration.variation,
                }
            },
            told,
        ))
    }

    /// How likely a visit begins after its window, in percent; of two people the likelier counts. 0 for a job that
    /// nobody has.
    ///
    /// # Errors
    /// A job that the plan does not know.
    pub fn risk(&self, job: &str) -> Result<i64, Bad> {
        let task = self.find(job)?;
        let mut most = 0;
        for at in self.situations[task as usize].routes {
            if at == NONE {
                continue;
            }
            let route = &self.routes[at as usize];
            self.price_told(route, |place, percent| {
                if route.stops[place].job == task {
                    most = most.max(percent);
                }
            });
        }
        Ok(most)
    }

    /// The terms counted anew from the whole plan. They equal [`Plan::cost`], which is kept in step change by change.
    #[must_use]
    pub fn recount(&self) -> Cost {
        let mut total = Cost::default();
        for route in &self.routes {
            total.add(&self.price(route).unwrap_or_default());
        }
        for job in 0..self.tasks.len() {
            total.add(&self.task_cost(crate::number::id(job)));
        }
        total
    }

    /// A copy of a route with a job put in, its times computed.
    pub(super) fn with(&self, route: u32, job: u32, place: usize) -> Route {
        let mut changed = self.routes[route as usize].clone();
        changed.stops.insert(place, new_stop(job));
        let worker = &self.workers[changed.worker as usize];
        changed.refresh(self.travel.as_ref(), |job| {
            visit(&self.tasks, &self.situations, worker, job)
        });
        changed
    }

    /// Puts a job into a route.
    pub(super) fn put(&mut self, job: u32, route: u32, place: usize) {
        self.change_situation(job, |situation| {
            let slot = usize::from(situation.routes[0] != NONE);
            situation.routes[slot] = route;
        });
        self.change_route(route, |route| {
            let place = place.min(route.stops.len());
            route.stops.insert(place, new_stop(job));
        });
    }

    /// Takes a job out of its routes. A time that two people agreed on is open again.
    pub(super) fn take(&mut self, job: u32) {
        let routes = self.situations[job as usize].routes;
        let windows = self.tasks[job as usize].windows.clone();
        self.change_situation(job, |situation| {
            situation.routes = [NONE; 2];
            situation.held = windows;
            situation.lateness = 0;
        });
        for route in routes {
            if route != NONE {
                self.change_route(route, |route| route.stops.retain(|stop| stop.job != job));
            }
        }
    }

    /// Stops at the front of a route before which nothing may be put.
    pub(super) fn locked(&self, route: &Route) -> usize {
        let front = route.stops.first();
        usize::from(front.is_some_and(|stop| self.stage(stop.job) == Some(Stage::EnRoute)))
    }

    /// Whether the optimizer may take a job out of its place.
    pub(super) fn may_move(&self, job: u32) -> bool {
        let situation = &self.situations[job as usize];
        situation.status == Status::Open
            && situation.routes[0] != NONE
            && self.stage(job) != Some(Stage::EnRoute)
            && situation.lateness == 0
    }

    /// Puts a job that is pinned already where it is pinned to.
    pub(super) fn place_pinned(&mut self, job: u32) -> Result<(), Bad> {
        let Some(pin) = self.tasks[job as usize].given.pin.clone() else {
            return Ok(());
        };
        let failed = |plan: &Self| {
            let why = plan.blocked_by(job).en;
            Bad::new(
                format!("job {:?}", plan.tasks[job as usize].given.id),
                format!(
                    "it is pinned to {:?}, who cannot take it: {why}",
                    pin.technician
                ),
                "Remove the pin, or change what stands in the way.",
            )
        };
        let two = self.tasks[job as usize].given.people > 1;
        // Whoever is on the way is so on one shift, and neither sets out again nor on another day.
        let worker = self.register.technicians.find(&pin.technician);
        let first = worker.and_then(|w| self.workers[w as usize].routes.first().copied());
        let now = first.map(|first| self.shift_at(first, self.now));
        let way = self.way_of(job).or(now);
        let elsewhere = way.is_some_and(|way| self.locked(&self.routes[way as usize]) > 0);
        if pin.stage == Stage::EnRoute && elsewhere {
            return Err(failed(self));
        }
        if pin.stage == Stage::EnRoute && two {
            // Two people who are on the way are put together anew by the time at which both can be there.
            if let Some(pin) = &mut self.tasks[job as usize].given.pin {
                pin.stage = Stage::Accepted;
            }
        }
        if pin.stage == Stage::Accepted || two {
            return if self.insert_best(job) {
                Ok(())
            } else {
                Err(failed(self))
            };
        }
        let Some(route) = way else {
            return Err(failed(self));
        };
        if self.admits(route, job).is_err() || !self.with(route, job, 0).holds() {
            return Err(failed(self));
        }
        self.put(job, route, 0);
        self.change_situation(job, |situation| situation.way = route);
        self.routes[route as usize].way = job;
        Ok(())
    }

    /// The one window that two people agreed on, or a later end.
    pub(super) fn hold(&mut self, job: u32, window: Window) {
        self.change_situation(job, |situation| situation.held = vec![window]);
    }
}

pub(super) fn new_stop(job: u32) -> super::Stop {
    super::Stop {
        job,
        done: [NEVER; super::STATES],
        latest: [super::IMPOSSIBLE; super::STATES],
        regular: [super::IMPOSSIBLE; super::STATES],
        to_next: 0.0,
    }
}
