//! The resident plan: it stays in memory, takes one change after another, and repairs itself around each.
//!
//! A plan is only ever in a state that the independent checker accepts. A confirmed window never moves by itself: when it
//! cannot be kept, the plan says so and waits for the customer's consent.

mod blocked;
pub mod cost;
mod displace;
mod events;
#[cfg(test)]
mod exact;
mod improve;
mod index;
mod insert;
mod instead;
mod intake;
pub mod model;
mod near;
mod offers;
mod on_way;
mod optimize;
mod route;
mod schedule;
mod search;
mod snapshot;
mod work;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub use blocked::{Blocked, Constraint};
pub use cost::Cost;
pub use events::{Event, Repair};
pub use insert::{How, Outcome};
pub use instead::Instead;
pub use offers::{Offer, Ranked};
pub use schedule::{Change, Leg, Schedule, Visit};
pub use snapshot::{Demand, Front, Snapshot};

use crate::error::Bad;
use crate::limits::{MAX_JOBS, MAX_SHIFTS};
use crate::number::id;
use crate::travel::{Datum, Measured, Seconds, Table, TravelTime};
use intake::{Register, Task, Worker};
use model::{Job, Problem, Stage, Technician, Window};
use route::{IMPOSSIBLE, Route, STATES, Stop};

/// No route, no job.
const NONE: u32 = u32::MAX;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// To be made.
    Open,
    /// Being made.
    Running,
    /// Made, cancelled or given back.
    Closed,
}

/// What changes about a job while the plan lives.
#[derive(Debug, Clone)]
struct Situation {
    status: Status,
    /// Its routes; the second only for two people.
    routes: [u32; 2],
    /// Windows that the schedule keeps: the job's, or the one minute that two people agreed on, or a later end.
    held: Vec<Window>,
    /// The technician that was told to the customer.
    told: Option<u32>,
    /// How much later than promised it may begin, because nothing else was possible.
    lateness: Seconds,
    /// Waits for a part that nobody has.
    waits: bool,
    /// The route on which its first technician set out to it last.
    way: u32,
}

/// The plan.
#[derive(Debug)]
pub struct Plan {
    datum: Datum,
    travel: Box<dyn TravelTime>,
    register: Register,
    workers: Vec<Worker>,
    routes: Vec<Route>,
    prices: Vec<Cost>,
    tasks: Vec<Task>,
    situations: Vec<Situation>,
    by_name: BTreeMap<String, u32>,
    near: near::Grid,
    /// Made when a place is first searched; a technician who is added takes it away.
    index: OnceLock<index::Index>,
    now: Seconds,
    total: Cost,
    trial: Option<work::Trial>,
    watch: Option<schedule::Watch>,
}

impl Plan {
    /// A plan of a problem, with nobody assigned but the pinned jobs.
    ///
    /// # Errors
    /// What is wrong with the problem, and where.
    pub fn new(problem: &Problem) -> Result<Self, Bad> {
        let travel = intake::travel(problem.datum, &problem.roads)?;
        Self::with_travel(problem, travel)
    }

    /// As [`Self::new`], with measured ways between places that have a row (from 1) and great circles elsewhere.
    ///
    /// # Errors
    /// What is wrong with the problem, and where; a datum without degrees.
    pub fn with_measured(problem: &Problem, table: Arc<Table>) -> Result<Self, Bad> {
        if matches!(problem.datum, Datum::Plane | Datum::Table) {
            return Err(Bad::new(
                "datum",
                "measured ways are laid over degrees",
                "Write places in degrees, or give the table alone.",
            ));
        }
        let globe = intake::globe(&problem.roads)?;
        Self::with_travel(problem, Box::new(Measured::new(globe, table)))
    }

    /// As [`Self::new`], with travel times of one's own, for example a measured table.
    ///
    /// # Errors
    /// What is wrong with the problem, and where.
    pub fn with_travel(problem: &Problem, travel: Box<dyn TravelTime>) -> Result<Self, Bad> {
        intake::sizes(problem)?;
        let mut plan = Self {
            datum: problem.datum,
            travel,
            register: Register::default(),
            workers: Vec::new(),
            routes: Vec::new(),
            prices: Vec::new(),
            tasks: Vec::new(),
            situations: Vec::new(),
            by_name: BTreeMap::new(),
            near: near::Grid::new(problem.datum),
            index: OnceLock::new(),
            now: problem.now,
            total: Cost::default(),
            trial: None,
            watch: None,
        };
        for technician in &problem.technicians {
            plan.add_technician(technician)?;
        }
        for job in &problem.jobs {
            let task = plan.add_task(job)?;
            plan.place_pinned(task)?;
        }
        Ok(plan)
    }

    /// Adds a technician with all shifts.
    ///
    /// # Errors
    /// What is wrong with the technician; nothing was added then.
    pub fn add_technician(&mut self, given: &Technician) -> Result<(), Bad> {
        if self.register.technicians.find(&given.id).is_some() {
            return Err(Bad::new(
                format!("technician {:?}", given.id),
                "the id stands twice",
                "Give every technician an id of their own.",
            ));
        }
        if self.routes.len() + given.shifts.len() > MAX_SHIFTS {
            return Err(Bad::new(
                format!("technician {:?}", given.id),
                format!("there would be more than {MAX_SHIFTS} shifts"),
                "Split the plan by area or by day.",
            ));
        }
        let mark = self.register.mark();
        let (number, mut worker, not_areas) = match self.register.technician(given, self.datum) {
            Ok(known) => known,
            Err(bad) => {
                self.register.forget_since(&mark);
                return Err(bad);
            }
        };
        for ((shift, times), not_areas) in given.shifts.iter().enumerate().zip(not_areas) {
            let route = id(self.routes.len());
            worker.routes.push(route);
            self.routes.push(Route {
                worker: number,
                shift: id(shift),
                free_at: times.start,
                free_site: worker.start,
                free_variance: 0.0,
                running: None,
                busy: NONE,
                seen: 0,
                set_out: 0,
                way: NONE,
                breaks_taken: 0,
                breaks: times.breaks.clone(),
                regular_end: times.end,
                last_end: times.overtime_until.unwrap_or(times.end),
                end: worker.end,
                open: true,
                levels: Vec::new(),
                not_areas,
                travel_pace: worker.travel_pace,
                stops: Vec::new(),
                first: Stop {
                    job: NONE,
                    done: [route::NEVER; STATES],
                    latest: [IMPOSSIBLE; STATES],
                    regular: [IMPOSSIBLE; STATES],
                    to_next: 0.0,
                },
            });
            self.prices.push(Cost::default());
        }
        let routes = worker.routes.clone();
        self.workers.push(worker);
        self.index = OnceLock::new();
        for route in routes {
            self.set_levels(route);
            self.refresh(route);
            if self.shift_begins(route) < self.now {
                // Nobody begins before the plan does.
                self.pass(route, &mut Vec::new());
            }
        }
        Ok(())
    }

    /// Levels of skills on a shift: a skill with certificates counts only if one covers the whole shift.
    fn set_levels(&mut self, route: u32) {
        let skills = self.register.skills.len();
        let at = route as usize;
        let worker = &self.workers[self.routes[at].worker as usize];
        let shift = &worker.given.shifts[self.routes[at].shift as usize];
        let last = shift.overtime_until.unwrap_or(shift.end);
        let mut levels = vec![0; skills];
        for (skill, &level) in &worker.given.skills {
            let mut certificates = worker
                .given
                .certificates
                .iter()
                .filter(|certificate| certificate.skill == *skill)
                .peekable();
            let valid = certificates.peek().is_none()
                || certificates.any(|c| c.from <= shift.start && last <= c.until);
            if let Some(number) = self.register.skills.find(skill).filter(|_| valid) {
                levels[number as usize] = level;
            }
        }
        self.routes[at].levels = levels;
    }

    /// Adds a job without a technician.
    fn add_task(&mut self, given: &Job) -> Result<u32, Bad> {
        if self.by_name.contains_key(&given.id) {
            return Err(Bad::new(
                format!("job {:?}", given.id),
                "the id stands twice",
                "Give every job an id of its own, or cancel the first.",
            ));
        }
        if self.tasks.len() >= MAX_JOBS {
            return Err(Bad::new(
                format!("job {:?}", given.id),
                format!("there are already {MAX_JOBS} jobs"),
                "Start a new plan from the jobs that are still open.",
            ));
        }
        let mark = self.register.mark();
        let task = match self.register.task(given, self.datum) {
            Ok(task) => task,
            Err(bad) => {
                self.register.forget_since(&mark);
                return Err(bad);
            }
        };
        let number = id(self.tasks.len());
        self.near.add(number, &task.site);
        self.situations.push(Situation {
            status: Status::Open,
            routes: [NONE; 2],
            held: task.windows.clone(),
            told: given
                .pin
                .as_ref()
                .and_then(|pin| self.register.technicians.find(&pin.technician)),
            lateness: 0,
            waits: false,
            way: NONE,
        });
        self.by_name.insert(given.id.clone(), number);
        self.tasks.push(task);
        let cost = self.task_cost(number);
        self.total.add(&cost);
        Ok(number)
    }

    /// The terms of the objective as they stand.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.total
    }

    /// The time of the plan.
    #[must_use]
    pub fn now(&self) -> Seconds {
        self.now
    }

    /// How many jobs are open or running.
    #[must_use]
    pub fn open_jobs(&self) -> usize {
        self.situations
            .iter()
            .filter(|situation| situation.status != Status::Closed)
            .count()
    }

    /// Ids of open jobs that no technician has.
    #[must_use]
    pub fn unassigned(&self) -> Vec<&str> {
        (0..self.tasks.len())
            .filter(|&task| {
                self.situations[task].status == Status::Open
                    && self.situations[task].routes[0] == NONE
            })
            .map(|task| self.tasks[task].given.id.as_str())
            .collect()
    }

    fn find(&self, job: &str) -> Result<u32, Bad> {
        self.by_name.get(job).copied().ok_or_else(|| {
            Bad::new(
                format!("job {job:?}"),
                "it is not in the plan",
                "Correct the id, or insert the job first.",
            )
        })
    }

    fn stage(&self, task: u32) -> Option<Stage> {
        self.tasks[task as usize]
            .given
            .pin
            .as_ref()
            .map(|pin| pin.stage)
    }
}
