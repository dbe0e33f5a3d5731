//! Whoever is on the way stays on it: on which shift that is, when the visit begins, and what is left alone until then.

use super::model::{Pin, Shift, Stage, Window};
use super::route::Visit;
use super::{NONE, Plan, Status, work};
use crate::error::Bad;
use crate::travel::Seconds;

/// When the last work of a shift is over.
fn last_end(shift: &Shift) -> Seconds {
    shift.overtime_until.unwrap_or(shift.end)
}

impl Plan {
    fn shift_of(&self, route: u32) -> &Shift {
        let route = &self.routes[route as usize];
        &self.workers[route.worker as usize].given.shifts[route.shift as usize]
    }

    /// When a shift was to begin.
    pub(super) fn shift_begins(&self, route: u32) -> Seconds {
        self.shift_of(route).start
    }

    /// The shift on which something happens then to whoever has a route: their first that is not over. A visit may come
    /// earlier or later than on the day for which it was planned.
    pub(super) fn shift_at(&self, planned: u32, at: Seconds) -> u32 {
        if planned == NONE {
            return NONE;
        }
        let worker = self.routes[planned as usize].worker;
        let all = self.workers[worker as usize].routes.iter().copied();
        all.filter(|&route| last_end(self.shift_of(route)) >= at)
            .min_by_key(|&route| self.shift_of(route).start)
            .unwrap_or(planned)
    }

    /// The shift on which whoever sets out then does so: the planned one where the visit may not begin on that day, or
    /// they may not make it.
    fn sets_out_on(&self, planned: u32, job: u32, second: bool, at: Seconds) -> u32 {
        let then = self.shift_at(planned, at);
        if then == planned {
            return planned;
        }
        let begins = self.tasks[job as usize].windows.first();
        let in_time = begins.is_some_and(|window| window.from <= last_end(self.shift_of(then)));
        if in_time && self.may_serve(then, job, second).is_ok() {
            then
        } else {
            planned
        }
    }

    /// The visit to which somebody is on the way on this shift.
    pub(super) fn on_way_to(&self, route: u32) -> Option<u32> {
        let front = self.routes[route as usize].stops.first()?.job;
        (self.stage(front) == Some(Stage::EnRoute)).then_some(front)
    }

    /// Whether somebody set out on this shift to a visit that still waits for them, though the plan may not have it: they
    /// do not rest.
    pub(super) fn is_under_way(&self, route: u32) -> bool {
        let job = self.routes[route as usize].way;
        if job == NONE {
            return false;
        }
        let situation = &self.situations[job as usize];
        situation.way == route
            && situation.status == Status::Open
            && self.tasks[job as usize].given.people == 1
            && self.stage(job) == Some(Stage::EnRoute)
    }

    /// The only shift that may have a visit: that of whoever is on the way to it.
    pub(super) fn way_of(&self, job: u32) -> Option<u32> {
        let way = self.situations[job as usize].way;
        let alone = self.tasks[job as usize].given.people == 1;
        (way != NONE && alone && self.stage(job) == Some(Stage::EnRoute)).then_some(way)
    }

    pub(super) fn en_route(
        &mut self,
        job: &str,
        at: Seconds,
        notes: &mut Vec<String>,
    ) -> Result<u32, Bad> {
        Self::check_time(at)?;
        let task = self.assigned_job(job)?;
        let planned = self.situations[task as usize].routes;
        if self.on_way_to(planned[0]) == Some(task) {
            notes.push(format!("job {job:?} was on its way already"));
            return Ok(task);
        }
        let [lead, second] = planned;
        let routes = [
            self.sets_out_on(lead, task, false, at),
            self.sets_out_on(second, task, true, at),
        ];
        let crew = routes.into_iter().filter(|&route| route != NONE);
        for route in crew.clone() {
            if let Some(other) = self.on_way_to(route).filter(|&other| other != task) {
                return Err(Bad::new(
                    format!("job {job:?}"),
                    format!(
                        "{:?} is on the way to {:?}",
                        self.worker_name(route),
                        self.tasks[other as usize].given.id
                    ),
                    "Start or cancel that one first: the events came out of order.",
                ));
            }
        }
        let moves = routes != planned;
        if moves {
            self.take(task);
        }
        self.tasks[task as usize].given.pin = Some(Pin {
            technician: self.worker_name(lead),
            stage: Stage::EnRoute,
        });
        self.change_situation(task, |situation| situation.way = routes[0]);
        for route in crew {
            self.is_back(route, at, notes);
            if moves {
                self.put(task, route, 0);
            }
            let free_at = self.routes[route as usize].free_at.max(at);
            self.change_route(route, |route| {
                route.open = true;
                route.set_out = at;
                route.way = task;
                if let Some(place) = route.stops.iter().position(|stop| stop.job == task) {
                    let stop = route.stops.remove(place);
                    route.stops.insert(0, stop);
                }
            });
            self.set_free(route, free_at, notes);
        }
        if moves && second != NONE {
            // The two agree on a time anew.
            self.begin_on_arrival(task);
        }
        Ok(task)
    }

    /// A visit to which somebody is on the way begins when they arrive, whatever its window says, where it could not be
    /// made otherwise even alone.
    pub(super) fn excuse_front(&mut self, at: u32) {
        let Some(job) = self.on_way_to(at) else {
            return;
        };
        if self.routes[at as usize].open && !self.holds_alone(at) {
            self.begin_on_arrival(job);
        }
    }

    /// Whether the first visit of a shift could be made if it were the only one.
    fn holds_alone(&self, at: u32) -> bool {
        let mut alone = self.routes[at as usize].clone();
        alone.stops.truncate(1);
        let worker = &self.workers[alone.worker as usize];
        alone.refresh(self.travel.as_ref(), |job| {
            work::visit(&self.tasks, &self.situations, worker, job)
        });
        alone.holds()
    }

    /// Gives a visit that nobody has to whoever is on the way to it, if their shift can have it again; the others on it
    /// give way afterwards.
    pub(super) fn comes_back(&mut self, job: u32) -> bool {
        let Some(route) = self.way_of(job) else {
            return false;
        };
        if self.admits(route, job).is_err() || self.locked(&self.routes[route as usize]) > 0 {
            return false;
        }
        self.put(job, route, 0);
        self.excuse_front(route);
        let comes = self.holds_alone(route);
        if !comes {
            self.take(job);
        }
        comes
    }

    /// Lets a visit begin as soon as all who are on the way to it are there, not before its window. Nothing changes where
    /// a shift would be over by then.
    fn begin_on_arrival(&mut self, job: u32) {
        let Some(arrives) = self.all_there(job, 0) else {
            return;
        };
        let windows = &self.tasks[job as usize].windows;
        let begun = windows.iter().rfind(|window| window.from <= arrives);
        let Some(window) = begun.or(windows.first()).copied() else {
            return;
        };
        let Some(start) = self.all_there(job, window.from) else {
            return;
        };
        let routes = self.situations[job as usize].routes;
        // Two people begin together.
        let held = if routes[1] == NONE {
            Window {
                from: window.from,
                to: window.to.max(start),
            }
        } else {
            Window {
                from: start,
                to: start,
            }
        };
        self.change_situation(job, |situation| {
            situation.lateness = (start - window.to).max(0);
            situation.held = vec![held];
        });
        for route in routes {
            if route != NONE {
                self.change_route(route, |_| ());
            }
        }
    }

    /// When everybody who has a visit next can begin it, not before `from`, with the breaks that come before it; none
    /// where one of them could not end the shift in time after it.
    fn all_there(&self, job: u32, from: Seconds) -> Option<Seconds> {
        let mut there = from;
        for &at in &self.situations[job as usize].routes {
            if at == NONE {
                continue;
            }
            let mut alone = self.routes[at as usize].clone();
            alone.stops.retain(|stop| stop.job == job);
            let open = [Window {
                from,
                to: alone.last_end,
            }];
            let worker = &self.workers[alone.worker as usize];
            let task = &self.tasks[job as usize];
            let what = |_| Visit {
                site: &task.site,
                windows: &open,
                seconds: work::seconds(task, worker),
            };
            alone.refresh(self.travel.as_ref(), what);
            let (entries, _) = alone.schedule(self.travel.as_ref(), what)?;
            there = there.max(entries.first()?.start);
        }
        Some(there)
    }
}
