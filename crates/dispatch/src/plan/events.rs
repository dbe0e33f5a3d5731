//! What happens during a day, and how the plan repairs itself around each event. Only what is touched moves; a confirmed
//! window is kept wherever anything can keep it, and otherwise its lateness is told, so that consent can be asked.

use serde::Serialize;

use super::cost::Cost;
use super::intake;
use super::model::{Pin, Stage, Window};
use super::route::Running;
use super::schedule::Change;
use super::work;
use super::{Blocked, NONE, Plan, Status};
use crate::budget::{Budget, Iterations};
use crate::duration::given_elapsed;
use crate::error::Bad;
use crate::number::{seconds_real, whole};
use crate::random::Random;
use crate::travel::Seconds;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Time went on.
    Clock { now: Seconds },
    /// The customer was told a window, or agreed to another one.
    Confirmed { job: String, window: Window },
    /// The technician accepted.
    Accepted { job: String },
    /// The job is given back by its technician, who will not be asked again.
    Declined { job: String },
    /// The technician left for the job.
    EnRoute { job: String, at: Seconds },
    /// Work began.
    Started { job: String, at: Seconds },
    /// Work ended.
    Finished { job: String, at: Seconds },
    /// Work will take until then.
    Overrun { job: String, until: Seconds },
    /// Nobody needs the visit any more.
    Cancelled { job: String },
    /// The technician is away for that time.
    Away {
        technician: String,
        from: Seconds,
        until: Seconds,
    },
    /// So many of a part are left on a van.
    Stock {
        technician: String,
        part: String,
        left: u32,
    },
    /// The job waits for a part, or no longer.
    Waits { job: String, waits: bool },
    /// Nobody was at home; the customer proposes these windows, or none yet.
    Absent {
        job: String,
        at: Seconds,
        windows: Vec<Window>,
    },
}

/// What an event did to the plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Repair {
    pub changes: Vec<Change>,
    /// Jobs that lost their technician, and why nobody else has them.
    pub lost: Vec<(String, Blocked)>,
    /// What was mended in the event itself, in words.
    pub notes: Vec<String>,
    pub before: Cost,
    pub after: Cost,
}

/// Steps of lateness tried for a confirmed window that nobody can keep, in minutes.
const LATENESS_MINUTES: [i64; 8] = [15, 30, 60, 90, 120, 180, 360, 720];
/// Late visits for which tours are looked through at every event: bounds its time on a day on which many are late.
const CLEARED_MAX: usize = 8;
/// An expected end that moves by less is no news.
const NEWS_SECONDS: Seconds = 60;
/// A technician tells a customer's absence after waiting so long.
const ABSENCE_WAIT_SECONDS: Seconds = 900;

impl Plan {
    /// Takes an event in and repairs the plan, with `burst` steps of improvement near the change.
    ///
    /// A late event (its time is before the plan's) counts as of its own time; a clock that goes back is told and
    /// ignored. Both are in the notes.
    ///
    /// # Errors
    /// An event that does not fit: an unknown job or technician, a start of a job that nobody has, an end of one that did
    /// not begin, a time outside the plan. The plan is as before then.
    pub fn apply(&mut self, event: &Event, burst: u64, seed: u64) -> Result<Repair, Bad> {
        self.apply_within(event, &Iterations(burst), seed)
    }

    /// As [`Self::apply`], with the burst's budget from outside. Interrupted, the repair still takes out what no longer
    /// holds and looks once for another place for each visit that was promised, which is bounded; it moves nobody aside,
    /// and leaves what was not promised without a technician until the next event.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub fn apply_within(
        &mut self,
        event: &Event,
        budget: &dyn Budget,
        seed: u64,
    ) -> Result<Repair, Bad> {
        let before = self.total;
        self.watch();
        let mut notes = Vec::new();
        let near = match self.happen(event, &mut notes) {
            Ok(near) => near,
            Err(bad) => {
                self.watch = None;
                return Err(bad);
            }
        };
        self.repair(budget, &mut notes);
        if let Some(job) = near {
            self.improve_near(job, budget, &mut Random::new(seed));
        }
        let changes = self.changes(None);
        let lost = changes
            .iter()
            .filter(|change| change.after.is_none())
            .filter_map(|change| {
                let task = self.find(&change.job).ok()?;
                let alone = self.situations[task as usize].routes[0] == NONE;
                alone.then(|| (change.job.clone(), self.blocked_by(task)))
            })
            .collect();
        Ok(Repair {
            changes,
            lost,
            notes,
            before,
            after: self.total,
        })
    }

    /// What the event says; the job near which something changed.
    fn happen(&mut self, event: &Event, notes: &mut Vec<String>) -> Result<Option<u32>, Bad> {
        match event {
            Event::Clock { now } => {
                Self::check_time(*now)?;
                self.set_now(*now, notes);
                Ok(None)
            }
            Event::Confirmed { job, window } => self.confirm(job, *window).map(Some),
            Event::Accepted { job } => self.accept(job, notes).map(Some),
            Event::Declined { job } => self.decline(job).map(Some),
            Event::EnRoute { job, at } => self.en_route(job, *at, notes).map(Some),
            Event::Started { job, at } => self.start(job, *at, notes).map(Some),
            Event::Finished { job, at } => self.free(job, *at, true, notes).map(Some),
            Event::Overrun { job, until } => self.free(job, *until, false, notes).map(Some),
            Event::Cancelled { job } => self.cancel(job, notes).map(Some),
            Event::Away {
                technician,
                from,
                until,
            } => self.away(technician, *from, *until, notes),
            Event::Stock {
                technician,
                part,
                left,
            } => self.stock(technician, part, *left),
            Event::Waits { job, waits } => self.wait_for_part(job, *waits).map(Some),
            Event::Absent { job, at, windows } => self.absent(job, *at, windows, notes).map(Some),
        }
    }

    pub(super) fn check_time(time: Seconds) -> Result<(), Bad> {
        intake::check_time(time, "the event", "its time")
    }

    fn set_now(&mut self, now: Seconds, notes: &mut Vec<String>) {
        if now < self.now {
            notes.push(format!(
                "the clock went back from {} to {now}: ignored",
                self.now
            ));
            return;
        }
        self.now = now;
        for route in 0..crate::number::id(self.routes.len()) {
            self.pass(route, notes);
        }
    }

    /// Brings one shift to the time of the plan.
    pub(super) fn pass(&mut self, route: u32, notes: &mut Vec<String>) {
        let now = self.now;
        if let Some(running) = self.routes[route as usize].running {
            self.expect_end(route, running, notes);
            return;
        }
        let shift = &self.routes[route as usize];
        let mut free_at = shift.free_at.max(now);
        if self.locked(shift) > 0 {
            // On the way: the departure stays, until the arrival is overdue.
            let way = shift
                .clock(self.travel.as_ref())
                .seconds(shift.first.to_next, shift.free_at);
            free_at = shift.free_at.max(now - way);
        } else if !self.is_under_way(route) {
            self.rest(route, now);
        }
        let shift = &self.routes[route as usize];
        let overdue = shift.breaks.iter().skip(shift.breaks_taken);
        let overdue = overdue.clone().any(|pause| pause.latest < free_at);
        if free_at != shift.free_at || overdue {
            self.set_free(route, free_at, notes);
        }
    }

    /// Breaks for which there was time while nothing was to do are over.
    fn rest(&mut self, at: u32, now: Seconds) {
        let route = &self.routes[at as usize];
        let (mut taken, mut free) = (route.breaks_taken, route.free_at);
        while let Some(pause) = route.breaks.get(taken) {
            let end = free.max(pause.earliest) + pause.seconds;
            if end > now {
                break;
            }
            taken += 1;
            free = end;
        }
        if taken > route.breaks_taken {
            self.change_route(at, |route| {
                route.breaks_taken = taken;
                route.free_at = free;
            });
        }
    }

    /// Work that has lasted for a while is expected to last longer than its mean.
    fn expect_end(&mut self, route: u32, running: Running, notes: &mut Vec<String>) {
        let elapsed = (self.now - running.start).max(0);
        let (mean, variance) = given_elapsed(
            seconds_real(running.mean),
            running.variation,
            seconds_real(elapsed),
        );
        let end = (running.start + whole(mean)).max(self.now);
        self.note(route);
        let shift = &mut self.routes[route as usize];
        if end > shift.free_at + NEWS_SECONDS || self.now > shift.free_at {
            shift.free_variance = variance;
            self.set_free(route, end, notes);
        }
    }

    /// Moves the time at which a technician is free; breaks whose time has passed begin then at the latest.
    pub(super) fn set_free(&mut self, route: u32, free_at: Seconds, notes: &mut Vec<String>) {
        let shift = &self.routes[route as usize];
        // Work that ends during an absence frees nobody before they are back.
        let away = &self.workers[shift.worker as usize].away;
        // Work before a shift makes it begin no earlier.
        let mut free_at = free_at.max(self.shift_begins(route));
        if self.locked(shift) > 0 {
            free_at = free_at.max(shift.set_out);
        }
        while let Some((_, until)) = away.iter().find(|(a, b)| (*a..*b).contains(&free_at)) {
            free_at = *until;
        }
        let overdue = shift
            .breaks
            .iter()
            .skip(shift.breaks_taken)
            .any(|pause| pause.latest < free_at);
        if overdue && !shift.stops.is_empty() {
            let worker = &self.workers[shift.worker as usize].given.id;
            notes.push(format!("the break of {worker:?} begins later than agreed"));
        }
        let worker = &self.workers[shift.worker as usize];
        let given = &worker.given.shifts[shift.shift as usize];
        let agreed = given.breaks.clone();
        // Until the next absence; what comes after it counts again when it is over.
        let leaves = away.iter().map(|(from, _)| *from);
        let leaves = leaves.filter(|from| *from > free_at).min();
        let ends = [given.end, given.overtime_until.unwrap_or(given.end)];
        let [regular_end, last_end] = ends.map(|end| leaves.map_or(end, |from| end.min(from)));
        self.change_route(route, |route| {
            route.free_at = free_at;
            (route.regular_end, route.last_end) = (regular_end, last_end);
            let mut earliest = free_at;
            let breaks = route.breaks.iter_mut().zip(agreed);
            for (pause, agreed) in breaks.skip(route.breaks_taken) {
                // What was put off is back in its window when the work was over sooner than feared.
                pause.latest = agreed.latest.max(earliest);
                earliest = earliest.max(pause.earliest) + pause.seconds;
            }
        });
    }

    pub(super) fn open_job(&self, job: &str) -> Result<u32, Bad> {
        let task = self.find(job)?;
        if self.situations[task as usize].status == Status::Open {
            return Ok(task);
        }
        Err(Bad::new(
            format!("job {job:?}"),
            "it has begun or is closed already",
            "Drop the event, or insert a new job.",
        ))
    }

    pub(super) fn assigned_job(&self, job: &str) -> Result<u32, Bad> {
        let task = self.open_job(job)?;
        if self.situations[task as usize].routes[0] != NONE {
            return Ok(task);
        }
        Err(Bad::new(
            format!("job {job:?}"),
            "nobody has it",
            "Assign it first: the events came out of order, or the plan lost it.",
        ))
    }

    fn confirm(&mut self, job: &str, window: Window) -> Result<u32, Bad> {
        let task = self.assigned_job(job)?;
        let mut given = self.tasks[task as usize].given.clone();
        given.confirmed = Some(window);
        let windows = intake::windows(&given, &format!("job {job:?}"))?;
        self.begin();
        let old = self.tasks[task as usize].clone();
        let start = self.legs(task).first().map_or(0, |leg| leg.start);
        let stays = window.holds(start)
            && self.situations[task as usize]
                .held
                .iter()
                .any(|w| w.holds(start));
        let routes = self.situations[task as usize].routes;
        if !stays {
            self.take(task);
        }
        // Terms of the job depend on what is confirmed, so it is changed as a whole.
        let before = self.task_cost(task);
        self.tasks[task as usize].given = given;
        self.tasks[task as usize].windows.clone_from(&windows);
        let after = self.task_cost(task);
        self.total.subtract(&before);
        self.total.add(&after);
        let two = routes[1] != NONE;
        if !(stays && two) {
            self.change_situation(task, |situation| {
                situation.held = windows;
                situation.lateness = 0;
            });
        }
        let placed = if stays {
            for route in routes.into_iter().filter(|&route| route != NONE) {
                self.change_route(route, |_| ());
            }
            routes
                .iter()
                .all(|&route| route == NONE || self.routes[route as usize].holds())
        } else {
            self.insert_best(task)
        };
        if !placed {
            self.tasks[task as usize] = old;
            self.take_back();
            return Err(Bad::new(
                format!("job {job:?}"),
                format!("nobody can begin it from {} to {}", window.from, window.to),
                "Confirm a window that was offered.",
            ));
        }
        self.keep();
        let route = self.situations[task as usize].routes[0];
        let worker = self.routes[route as usize].worker;
        self.change_situation(task, |situation| situation.told = Some(worker));
        Ok(task)
    }

    pub(super) fn worker_name(&self, route: u32) -> String {
        let worker = self.routes[route as usize].worker;
        self.workers[worker as usize].given.id.clone()
    }

    fn accept(&mut self, job: &str, notes: &mut Vec<String>) -> Result<u32, Bad> {
        let task = self.assigned_job(job)?;
        let technician = self.worker_name(self.situations[task as usize].routes[0]);
        if self.stage(task).is_some() {
            notes.push(format!("job {job:?} was accepted already"));
            return Ok(task);
        }
        self.tasks[task as usize].given.pin = Some(Pin {
            technician,
            stage: Stage::Accepted,
        });
        Ok(task)
    }

    fn decline(&mut self, job: &str) -> Result<u32, Bad> {
        let task = self.assigned_job(job)?;
        let route = self.situations[task as usize].routes[0];
        let worker = self.routes[route as usize].worker;
        let name = self.worker_name(route);
        let given = &mut self.tasks[task as usize];
        given.given.pin = None;
        given.given.refused.push(name);
        given.refused.push(worker);
        self.take(task);
        Ok(task)
    }

    /// Whoever sets out or begins during an absence is back.
    pub(super) fn is_back(&mut self, route: u32, at: Seconds, notes: &mut Vec<String>) {
        let worker = self.routes[route as usize].worker as usize;
        let worker = &mut self.workers[worker];
        for (from, until) in &mut worker.away {
            if (*from..*until).contains(&at) {
                *until = at;
                notes.push(format!("{:?} is back at {at}", worker.given.id));
            }
        }
        worker.away.retain(|(from, until)| from < until);
    }

    fn start(&mut self, job: &str, at: Seconds, notes: &mut Vec<String>) -> Result<u32, Bad> {
        Self::check_time(at)?;
        let task = self.assigned_job(job)?;
        if at < self.now {
            notes.push(format!("the start of {job:?} at {at} came late"));
        }
        let planned = self.situations[task as usize].routes;
        let routes = planned.map(|route| self.shift_at(route, at));
        let parts = self.tasks[task as usize].parts.clone();
        let variation = self.tasks[task as usize].given.duration.variation;
        self.take(task);
        self.change_situation(task, |situation| {
            situation.status = Status::Running;
            situation.routes = routes;
        });
        let owner = self.routes[routes[0] as usize].worker as usize;
        for (part, amount) in parts {
            let stock = &mut self.workers[owner].stock;
            if let Ok(slot) = stock.binary_search_by_key(&part, |&(known, _)| known) {
                stock[slot].1 = stock[slot].1.saturating_sub(amount);
            }
        }
        for route in routes.into_iter().filter(|&route| route != NONE) {
            self.is_back(route, at, notes);
            if at < self.routes[route as usize].seen {
                // Told late: they have been elsewhere since.
                continue;
            }
            let what = self.visit(route, task);
            let (site, seconds) = (*what.site, what.seconds);
            self.note(route);
            let shift = &mut self.routes[route as usize];
            shift.free_site = site;
            let passed = shift
                .breaks
                .iter()
                .filter(|pause| pause.latest < at)
                .count();
            shift.breaks_taken = shift.breaks_taken.max(passed);
            shift.open = true;
            shift.free_at = at;
            (shift.busy, shift.seen) = (task, at);
            shift.free_variance = (variation * seconds_real(seconds)).powi(2);
            shift.running = Some(Running {
                start: at,
                mean: seconds,
                variation,
            });
            self.set_free(route, (at + seconds).max(self.now), notes);
        }
        Ok(task)
    }

    fn free(
        &mut self,
        job: &str,
        at: Seconds,
        finished: bool,
        notes: &mut Vec<String>,
    ) -> Result<u32, Bad> {
        Self::check_time(at)?;
        let task = self.find(job)?;
        match self.situations[task as usize].status {
            Status::Running => {}
            Status::Closed if finished => {
                notes.push(format!("job {job:?} was closed already"));
                return Ok(task);
            }
            Status::Open | Status::Closed => {
                return Err(Bad::new(
                    format!("job {job:?}"),
                    "it has not begun",
                    "Send its start first: the events came out of order.",
                ));
            }
        }
        let routes = self.situations[task as usize].routes;
        let at = if finished { at } else { at.max(self.now) };
        for route in routes.into_iter().filter(|&route| route != NONE) {
            if self.routes[route as usize].busy != task {
                let who = self.worker_name(route);
                notes.push(format!("{who:?} has been elsewhere since job {job:?}"));
                continue;
            }
            self.note(route);
            // An end before its start is one at the start.
            let began = self.routes[route as usize]
                .running
                .map_or(at, |run| run.start);
            let at = at.max(began);
            let shift = &mut self.routes[route as usize];
            shift.free_at = at;
            shift.free_variance = 0.0;
            shift.running = None;
            if finished {
                (shift.busy, shift.seen) = (NONE, at);
            }
            self.set_free(route, at.max(self.now), notes);
        }
        if finished {
            self.close(task);
        }
        Ok(task)
    }

    fn close(&mut self, task: u32) {
        self.change_situation(task, |situation| {
            situation.status = Status::Closed;
            situation.routes = [NONE; 2];
        });
        let site = self.tasks[task as usize].site;
        self.near.remove(task, &site);
    }

    fn cancel(&mut self, job: &str, notes: &mut Vec<String>) -> Result<u32, Bad> {
        let task = self.find(job)?;
        match self.situations[task as usize].status {
            Status::Closed => notes.push(format!("job {job:?} was closed already")),
            Status::Open => {
                self.take(task);
                self.close(task);
            }
            Status::Running => {
                let now = self.now;
                self.free(job, now, true, notes)?;
            }
        }
        Ok(task)
    }

    fn worker(&self, technician: &str) -> Result<u32, Bad> {
        self.register.technicians.find(technician).ok_or_else(|| {
            Bad::new(
                format!("technician {technician:?}"),
                "nobody of this id is in the plan",
                "Correct the id, or add the technician first.",
            )
        })
    }

    fn away(
        &mut self,
        technician: &str,
        from: Seconds,
        until: Seconds,
        notes: &mut Vec<String>,
    ) -> Result<Option<u32>, Bad> {
        Self::check_time(from)?;
        Self::check_time(until)?;
        let worker = self.worker(technician)?;
        if until <= from {
            return Err(Bad::new(
                format!("technician {technician:?}"),
                format!("the absence ends at {until} before it begins at {from}"),
                "Swap the two times.",
            ));
        }
        let mut near = None;
        self.workers[worker as usize].away.push((from, until));
        for route in self.workers[worker as usize].routes.clone() {
            let shift = &self.routes[route as usize];
            if shift.last_end <= from || shift.free_at >= until {
                continue;
            }
            near = near.or(shift.stops.first().map(|stop| stop.job));
            let whole = from <= shift.free_at && until >= shift.last_end;
            for stop in shift.stops.clone() {
                // Who is away cannot keep what was accepted.
                if self.tasks[stop.job as usize].given.pin.take().is_some() {
                    let job = &self.tasks[stop.job as usize].given.id;
                    notes.push(format!("job {job:?} is released from {technician:?}"));
                }
            }
            if whole {
                self.change_route(route, |route| route.open = false);
            } else {
                let free_at = shift.free_at;
                self.set_free(route, free_at, notes);
            }
        }
        Ok(near)
    }

    fn stock(&mut self, technician: &str, part: &str, left: u32) -> Result<Option<u32>, Bad> {
        let worker = self.worker(technician)?;
        intake::check_amount(left, part, &format!("technician {technician:?}"))?;
        let part = self
            .register
            .parts
            .number(part, crate::limits::MAX_PARTS, "part")?;
        let stock = &mut self.workers[worker as usize].stock;
        match stock.binary_search_by_key(&part, |&(known, _)| known) {
            Ok(slot) => stock[slot].1 = left,
            Err(slot) => stock.insert(slot, (part, left)),
        }
        let routes = self.workers[worker as usize].routes.clone();
        let mut near = None;
        let mut sum = 0;
        for route in &routes {
            for stop in self.routes[*route as usize].stops.clone() {
                let need = super::insert::amount_of(&self.tasks[stop.job as usize].parts, part);
                if need == 0 || self.situations[stop.job as usize].routes[0] != *route {
                    continue;
                }
                sum += need;
                if sum > left {
                    sum -= need;
                    near = Some(stop.job);
                    self.tasks[stop.job as usize].given.pin = None;
                    self.take(stop.job);
                }
            }
        }
        Ok(near)
    }

    fn wait_for_part(&mut self, job: &str, waits: bool) -> Result<u32, Bad> {
        let task = self.open_job(job)?;
        if waits && self.situations[task as usize].routes[0] != NONE {
            self.tasks[task as usize].given.pin = None;
            self.take(task);
        }
        self.change_situation(task, |situation| situation.waits = waits);
        Ok(task)
    }

    fn absent(
        &mut self,
        job: &str,
        at: Seconds,
        windows: &[Window],
        notes: &mut Vec<String>,
    ) -> Result<u32, Bad> {
        Self::check_time(at)?;
        let task = self.assigned_job(job)?;
        let mut given = self.tasks[task as usize].given.clone();
        given.confirmed = None;
        given.pin = None;
        given.windows = windows.to_vec();
        let windows = if windows.is_empty() {
            Vec::new()
        } else {
            intake::windows(&given, &format!("job {job:?}"))?
        };
        let planned = self.situations[task as usize].routes;
        self.take(task);
        let routes = planned.map(|route| self.shift_at(route, at));
        for route in routes.into_iter().filter(|&route| route != NONE) {
            if at < self.routes[route as usize].seen {
                let who = self.worker_name(route);
                notes.push(format!("{who:?} has been elsewhere since job {job:?}"));
                continue;
            }
            self.note(route);
            let shift = &mut self.routes[route as usize];
            shift.free_site = self.tasks[task as usize].site;
            // Whoever stands at another door is not at work any more.
            (shift.running, shift.busy, shift.seen) = (None, NONE, at);
            shift.free_variance = 0.0;
            self.set_free(route, (at + ABSENCE_WAIT_SECONDS).max(self.now), notes);
        }
        if windows.is_empty() {
            notes.push(format!(
                "job {job:?} is closed until the customer proposes a time"
            ));
            self.close(task);
            return Ok(task);
        }
        let before = self.task_cost(task);
        self.tasks[task as usize].given = given;
        self.tasks[task as usize].windows.clone_from(&windows);
        let after = self.task_cost(task);
        self.total.subtract(&before);
        self.total.add(&after);
        self.change_situation(task, |situation| {
            situation.held = windows;
            situation.told = None;
        });
        Ok(task)
    }

    /// Makes every route hold again, and finds technicians for what had to leave.
    fn repair(&mut self, budget: &dyn Budget, notes: &mut Vec<String>) {
        let mut homeless: Vec<u32> = (0..crate::number::id(self.tasks.len()))
            .filter(|&job| {
                let situation = &self.situations[job as usize];
                situation.status == Status::Open && situation.routes[0] == NONE && !situation.waits
            })
            .collect();
        homeless.retain(|&job| !self.comes_back(job));
        // A visit for two that is taken out of one tour may let the other one fall behind.
        let mut settled = false;
        while !settled {
            settled = true;
            for route in 0..crate::number::id(self.routes.len()) {
                settled &= !self.catch_up(route, notes);
                let shift = &self.routes[route as usize];
                let stands = shift.stops.is_empty() || (shift.open && shift.holds());
                if !stands {
                    self.eject(route, &mut homeless);
                    settled = false;
                }
            }
        }
        // A confirmed visit may only have been pushed aside by one that is late: those come first.
        homeless.sort_by_key(|&job| {
            let task = &self.tasks[job as usize].given;
            (
                std::cmp::Reverse(task.pin.as_ref().map(|pin| pin.stage)),
                task.confirmed.is_none(),
                std::cmp::Reverse(task.priority),
                job,
            )
        });
        for job in homeless {
            let pinned = self.stage(job).is_some();
            let task = &self.tasks[job as usize].given;
            let promised = pinned || task.confirmed.is_some();
            if !promised && budget.stopped() {
                continue;
            }
            if (pinned && self.place_pinned(job).is_ok())
                || (!pinned
                    && (self.insert_best(job)
                        || self.displace(job, budget).is_some()
                        || self.supplant(job, budget)))
            {
                continue;
            }
            if promised && !self.clear_for(job, budget) {
                self.be_late(job, notes);
            }
        }
        self.recover(budget);
    }

    /// Whoever was on the way to a visit that is no more sets out to the next one now, not then.
    fn catch_up(&mut self, at: u32, notes: &mut Vec<String>) -> bool {
        let route = &self.routes[at as usize];
        let behind = route.free_at < self.now && self.locked(route) == 0;
        if behind {
            self.set_free(at, self.now, notes);
        }
        behind
    }

    /// Takes visits out of a route until it holds: those that are bound least, and as few as possible.
    fn eject(&mut self, route: u32, homeless: &mut Vec<u32>) {
        self.excuse_front(route);
        while !self.routes[route as usize].stops.is_empty() {
            let shift = &self.routes[route as usize];
            if shift.open && shift.holds() {
                return;
            }
            let worker = &self.workers[shift.worker as usize];
            let mut best = None;
            for (place, stop) in shift.stops.iter().enumerate() {
                let mut without = shift.clone();
                without.stops.remove(place);
                without.refresh(self.travel.as_ref(), |job| {
                    work::visit(&self.tasks, &self.situations, worker, job)
                });
                let task = &self.tasks[stop.job as usize].given;
                let bound = (
                    task.pin.as_ref().map(|pin| pin.stage),
                    self.situations[stop.job as usize].lateness > 0,
                    task.confirmed.is_some(),
                    task.priority,
                );
                let key = (
                    shift.open && bound.0 == Some(Stage::EnRoute),
                    !without.holds(),
                    bound,
                    std::cmp::Reverse(place),
                );
                if best.as_ref().is_none_or(|(least, _)| key < *least) {
                    best = Some((key, stop.job));
                }
            }
            let Some((_, job)) = best else {
                return;
            };
            self.take(job);
            homeless.push(job);
        }
    }

    /// Lets a confirmed or accepted visit begin later than its window, by as little as anybody can.
    fn be_late(&mut self, job: u32, notes: &mut Vec<String>) {
        let windows = self.tasks[job as usize].windows.clone();
        let Some(window) = windows.last().copied() else {
            return;
        };
        for minutes in LATENESS_MINUTES {
            let wider = Window {
                from: window.from,
                to: window.to.max(self.now) + minutes * 60,
            };
            self.hold(job, wider);
            let pinned = self.stage(job).is_some();
            let placed = if pinned {
                self.place_pinned(job).is_ok()
            } else {
                self.insert_best(job)
            };
            if placed {
                let start = self.legs(job).first().map_or(wider.to, |leg| leg.start);
                let end = start.max(window.to);
                let two = self.situations[job as usize].routes[1] != NONE;
                self.change_situation(job, |situation| {
                    situation.lateness = (start - window.to).max(0);
                    situation.held = vec![Window {
                        from: if two { start } else { window.from },
                        to: if two { start } else { end },
                    }];
                });
                for route in self.situations[job as usize].routes {
                    if route != NONE {
                        self.change_route(route, |_| ());
                    }
                }
                notes.push(format!(
                    "job {:?} begins {} minutes after its window: ask the customer",
                    self.tasks[job as usize].given.id,
                    (start - window.to + 59) / 60
                ));
                return;
            }
        }
        let windows = self.tasks[job as usize].windows.clone();
        self.change_situation(job, |situation| situation.held = windows);
    }

    /// Tries to bring late visits back into their windows; for some of them whatever was promised to nobody makes room.
    fn recover(&mut self, budget: &dyn Budget) {
        let mut cleared = 0;
        for job in 0..crate::number::id(self.tasks.len()) {
            if budget.stopped() {
                return;
            }
            let late = self.situations[job as usize].lateness > 0;
            if !late || self.stage(job) == Some(Stage::EnRoute) {
                continue;
            }
            self.begin();
            self.take(job);
            if self.insert_best(job) {
                self.keep();
                continue;
            }
            self.take_back();
            if cleared < CLEARED_MAX {
                cleared += 1;
                self.clear_for(job, budget);
            }
        }
    }
}
