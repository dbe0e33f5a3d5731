//! The plan as people read it: who is where when, and what changed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::{Break, Window};
use super::{NONE, Plan, Status};
use crate::travel::Seconds;

/// One person's part in a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leg {
    pub technician: String,
    /// Which of the technician's shifts.
    pub shift: usize,
    pub arrives: Seconds,
    pub start: Seconds,
    pub done: Seconds,
}

/// A stop of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Visit {
    pub job: String,
    /// True for the second of two people.
    pub second: bool,
    /// When the technician leaves the stop before.
    pub leaves: Seconds,
    /// Breaks on the way here, with the time at which each begins.
    pub breaks: Vec<(Seconds, Break)>,
    pub travel: Seconds,
    pub arrives: Seconds,
    pub start: Seconds,
    pub done: Seconds,
}

/// One shift's schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Schedule {
    pub technician: String,
    pub shift: usize,
    /// When the technician is free, and for which visits that were made or are being made.
    pub free_at: Seconds,
    pub visits: Vec<Visit>,
    /// Breaks after the last visit.
    pub last_breaks: Vec<(Seconds, Break)>,
    /// The way to the end of the shift.
    pub last_travel: Seconds,
    pub end: Seconds,
}

/// A visit that is elsewhere or at another time than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    pub job: String,
    /// Technician and start before; none when nobody had it.
    pub before: Option<(String, Seconds)>,
    pub after: Option<(String, Seconds)>,
    /// The window told to the customer, which holds unless `late_seconds` is above 0.
    pub confirmed: Option<Window>,
    /// How much later than the confirmed window: ask for consent.
    pub late_seconds: Seconds,
}

/// Stops and starts of the routes that an operation changed, as they were before it.
pub(super) type Watch = BTreeMap<u32, Vec<(u32, Seconds)>>;

impl Plan {
    /// All shifts that have visits, in order.
    #[must_use]
    pub fn schedules(&self) -> Vec<Schedule> {
        (0..self.routes.len())
            .filter(|&route| !self.routes[route].stops.is_empty())
            .filter_map(|route| self.schedule(crate::number::id(route)))
            .collect()
    }

    pub(super) fn schedule(&self, at: u32) -> Option<Schedule> {
        let route = &self.routes[at as usize];
        let (entries, end) = route.schedule(self.travel.as_ref(), |job| self.visit(at, job))?;
        let clock = route.clock(self.travel.as_ref());
        let mut taken = route.breaks_taken.min(route.breaks.len());
        let mut departs = route.free_at;
        let mut effort = route.first.to_next;
        let pauses = |departs: Seconds, from: usize, to: usize| {
            let mut ready = departs;
            let mut begins = Vec::new();
            for &pause in &route.breaks[from..to] {
                let start = ready.max(pause.earliest);
                begins.push((start, pause));
                ready = start + pause.seconds;
            }
            begins
        };
        let mut visits = Vec::with_capacity(entries.len());
        for (stop, entry) in route.stops.iter().zip(&entries) {
            visits.push(Visit {
                job: self.tasks[stop.job as usize].given.id.clone(),
                second: self.situations[stop.job as usize].routes[0] != at,
                leaves: departs,
                breaks: pauses(departs, taken, entry.breaks),
                travel: clock.seconds(effort, departs),
                arrives: entry.arrives,
                start: entry.start,
                done: entry.done,
            });
            departs = entry.done;
            taken = entry.breaks;
            effort = stop.to_next;
        }
        let worker = &self.workers[route.worker as usize];
        Some(Schedule {
            technician: worker.given.id.clone(),
            shift: route.shift as usize,
            free_at: route.free_at,
            visits,
            last_breaks: pauses(departs, taken, route.breaks.len()),
            last_travel: clock.seconds(effort, departs),
            end,
        })
    }

    /// Who makes a job, and when; empty when nobody does.
    ///
    /// # Errors
    /// A job that the plan does not know.
    pub fn assignment(&self, job: &str) -> Result<Vec<Leg>, crate::Bad> {
        Ok(self.legs(self.find(job)?))
    }

    pub(super) fn legs(&self, job: u32) -> Vec<Leg> {
        let situation = &self.situations[job as usize];
        situation
            .routes
            .iter()
            .filter(|&&route| route != NONE)
            .filter_map(|&at| {
                let route = &self.routes[at as usize];
                let place = route.stops.iter().position(|stop| stop.job == job)?;
                let (entries, _) =
                    route.schedule(self.travel.as_ref(), |other| self.visit(at, other))?;
                let entry = entries[place];
                Some(Leg {
                    technician: self.workers[route.worker as usize].given.id.clone(),
                    shift: route.shift as usize,
                    arrives: entry.arrives,
                    start: entry.start,
                    done: entry.done,
                })
            })
            .collect()
    }

    /// The first visit of a technician that has not begun, on the first shift that has one.
    #[must_use]
    pub fn next_job(&self, technician: &str) -> Option<&str> {
        let worker = self.register.technicians.find(technician)?;
        self.workers[worker as usize]
            .routes
            .iter()
            .find_map(|&route| self.routes[route as usize].stops.first())
            .map(|stop| self.tasks[stop.job as usize].given.id.as_str())
    }

    /// Begins to take down what the routes that change were like.
    pub(super) fn watch(&mut self) {
        self.watch = Some(Watch::new());
    }

    /// Takes a route down before its first change.
    pub(super) fn note(&mut self, route: u32) {
        if self
            .watch
            .as_ref()
            .is_some_and(|watch| !watch.contains_key(&route))
        {
            let starts = self.starts(route);
            if let Some(watch) = &mut self.watch {
                watch.insert(route, starts);
            }
        }
    }

    fn starts(&self, at: u32) -> Vec<(u32, Seconds)> {
        let route = &self.routes[at as usize];
        if route.stops.is_empty() {
            return Vec::new();
        }
        let Some((entries, _)) = route.schedule(self.travel.as_ref(), |job| self.visit(at, job))
        else {
            return Vec::new();
        };
        route
            .stops
            .iter()
            .zip(entries)
            // Of two people the first one's route is told.
            .filter(|(stop, _)| self.situations[stop.job as usize].routes[0] == at)
            .map(|(stop, entry)| (stop.job, entry.start))
            .collect()
    }

    /// What is different since [`Self::watch`], of all open jobs but one.
    pub(super) fn changes(&mut self, but: Option<u32>) -> Vec<Change> {
        let watch = self.watch.take().unwrap_or_default();
        let mut both: BTreeMap<u32, [Option<(u32, Seconds)>; 2]> = BTreeMap::new();
        for (&route, before) in &watch {
            for &(job, start) in before {
                both.entry(job).or_default()[0] = Some((route, start));
            }
            for (job, start) in self.starts(route) {
                both.entry(job).or_default()[1] = Some((route, start));
            }
        }
        let told = |start: Option<(u32, Seconds)>| {
            start.map(|(route, start)| {
                let worker = self.routes[route as usize].worker;
                (self.workers[worker as usize].given.id.clone(), start)
            })
        };
        both.into_iter()
            .filter(|&(job, [before, after])| {
                before != after
                    && Some(job) != but
                    && self.situations[job as usize].status == Status::Open
            })
            .map(|(job, [before, after])| Change {
                job: self.tasks[job as usize].given.id.clone(),
                before: told(before),
                after: told(after),
                confirmed: self.tasks[job as usize].given.confirmed,
                late_seconds: self.situations[job as usize].lateness,
            })
            .collect()
    }
}
