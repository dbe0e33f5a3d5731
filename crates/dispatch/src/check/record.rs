//! What happened, written down beside a plan: the checker's own account of where everybody is, what was promised and
//! what was told. It shares no code with the plan and takes none of the plan's word for its facts, but for who has a
//! job at the moment of an event, which stands in a schedule that was checked before.

use std::collections::{BTreeMap, BTreeSet};

use super::day;
use crate::plan::model::{Job, Pin, Place, Problem, Shift, Stage, Technician, Window};
use crate::plan::{Change, Demand, Event, Front, Schedule, Snapshot};
use crate::travel::{Datum, Seconds, Site, TravelTime};

/// A technician tells a customer's absence after waiting so long at most.
const ABSENCE_WAIT_SECONDS: Seconds = 900;

/// Where a technician is on one shift.
#[derive(Debug, Clone)]
struct Stand {
    /// Not free before, and not later either where nothing is being done.
    least: Seconds,
    most: Seconds,
    site: Site,
    /// Works, and may take longer.
    works: bool,
    /// The job that was begun last, until it is done.
    at_job: Option<String>,
    /// When the last work began.
    began: Seconds,
    /// When a job was begun or left last: what is told of before moves nobody.
    seen: Seconds,
    /// The job to which the technician is on the way, and since when.
    way: Option<(String, Seconds)>,
    /// The latest departure that was ever told.
    out: Seconds,
    /// Since when nothing was done.
    idle: Seconds,
    /// Breaks that may be behind.
    behind: usize,
}

/// Somebody who visits.
#[derive(Debug, Clone)]
struct Person {
    given: Technician,
    end: Option<Site>,
    away: Vec<(Seconds, Seconds)>,
    /// The latest end of an absence that was ever told.
    back: Seconds,
    shifts: Vec<Stand>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Open,
    /// Persons and their shifts.
    Works(Vec<(usize, usize)>),
    Closed,
}

/// A job that was asked for.
#[derive(Debug, Clone)]
struct Asked {
    job: Job,
    site: Site,
    state: State,
    waits: bool,
    /// Somebody was bound to it at some time.
    bound: bool,
    /// The lateness that was told last.
    late: Seconds,
}

/// The account of one plan.
#[derive(Debug, Clone)]
pub struct Record {
    datum: Datum,
    now: Seconds,
    people: Vec<Person>,
    jobs: BTreeMap<String, Asked>,
}

fn site(place: &Place, datum: Datum) -> Result<Site, String> {
    match datum {
        Datum::Plane => Site::on_plane(place.x, place.y),
        Datum::Table => Ok(Site::in_table(place.row)),
        Datum::Wgs84 | Datum::Gcj02 | Datum::Bd09 => {
            Site::on_globe(place.x, place.y).map(|site| site.measured_as(place.row))
        }
    }
    .map_err(|bad| bad.to_string())
}

impl Record {
    /// The account of a problem before anything happens.
    ///
    /// # Errors
    /// A place that is none.
    pub fn new(problem: &Problem) -> Result<Self, String> {
        let mut record = Self {
            datum: problem.datum,
            now: problem.now,
            people: Vec::new(),
            jobs: BTreeMap::new(),
        };
        for technician in &problem.technicians {
            record.joined(technician)?;
        }
        for job in &problem.jobs {
            record.inserted(job, &[])?;
        }
        Ok(record)
    }

    /// A technician was added.
    ///
    /// # Errors
    /// A place that is none.
    pub fn joined(&mut self, technician: &Technician) -> Result<(), String> {
        let start = site(&technician.start, self.datum)?;
        let end = technician.end.as_ref();
        let stand = |begins: Seconds| Stand {
            least: begins,
            most: begins,
            site: start,
            works: false,
            at_job: None,
            began: begins,
            seen: 0,
            way: None,
            out: begins,
            idle: begins,
            behind: 0,
        };
        let mut person = Person {
            end: end.map(|end| site(end, self.datum)).transpose()?,
            away: Vec::new(),
            back: 0,
            shifts: technician.shifts.iter().map(|s| stand(s.start)).collect(),
            given: technician.clone(),
        };
        person.rest(&self.jobs, self.now);
        self.people.push(person);
        Ok(())
    }

    /// A job was inserted, and the plan told these changes.
    ///
    /// # Errors
    /// A place that is none.
    pub fn inserted(&mut self, job: &Job, changes: &[Change]) -> Result<(), String> {
        let asked = Asked {
            site: site(&job.place, self.datum)?,
            state: State::Open,
            waits: false,
            bound: job.confirmed.is_some() || job.pin.is_some(),
            late: 0,
            job: job.clone(),
        };
        self.jobs.insert(job.id.clone(), asked);
        if let Some(pin) = job.pin.as_ref().filter(|pin| pin.stage == Stage::EnRoute) {
            self.set_out(&pin.technician, &job.id);
        }
        self.told(changes);
        Ok(())
    }

    /// A technician is on the way already to a job that is asked for now.
    fn set_out(&mut self, technician: &str, job: &str) {
        let now = self.now;
        let Some(person) = self.people.iter_mut().find(|p| p.given.id == technician) else {
            return;
        };
        let shift = person.shift_at(0, now);
        if let Some(stand) = person.shifts.get_mut(shift) {
            stand.out = stand.out.max(now);
            stand.way = Some((job.to_owned(), now));
        }
    }

    /// Lateness that was told.
    pub fn told(&mut self, changes: &[Change]) {
        for change in changes {
            if let Some(asked) = self.jobs.get_mut(&change.job) {
                asked.late = change.late_seconds;
            }
        }
    }

    fn crew(&self, job: &str, before: &[Schedule]) -> Vec<(usize, usize)> {
        let mut crew: Vec<(bool, usize, usize)> = Vec::new();
        for schedule in before {
            for visit in &schedule.visits {
                let person = self
                    .people
                    .iter()
                    .position(|person| person.given.id == schedule.technician);
                if visit.job == job
                    && let Some(person) = person
                {
                    crew.push((visit.second, person, schedule.shift));
                }
            }
        }
        crew.sort_unstable();
        crew.into_iter()
            .map(|(_, person, shift)| (person, shift))
            .collect()
    }

    /// An event that the plan took, with its schedules just before and the changes that it told.
    pub fn happened(&mut self, event: &Event, before: &[Schedule], changes: &[Change]) {
        match event {
            Event::Clock { now } => self.clock(*now),
            Event::Confirmed { job, window } => self.with(job, |asked| {
                asked.job.confirmed = Some(*window);
                asked.bound = true;
                asked.late = 0;
            }),
            Event::Accepted { job } => self.pin(job, before, Stage::Accepted),
            Event::Declined { job } => {
                let lead = self.crew(job, before).first().copied();
                let name = lead.map(|(person, _)| self.people[person].given.id.clone());
                self.with(job, |asked| {
                    asked.job.pin = None;
                    asked.job.refused.extend(name);
                });
                self.no_way(job);
            }
            Event::EnRoute { job, at } => {
                let on_way = self.people.iter().any(|person| person.is_on_way(job));
                let is_two = (self.jobs.get(job)).is_some_and(|asked| asked.job.people > 1);
                if on_way && !is_two {
                    return;
                }
                self.pin(job, before, Stage::EnRoute);
                let crew = self.setting_out(job, *at, before);
                // Two who were on the way may have been put together anew, and set out again. With one of them new, they have.
                let is_known = |&(person, shift): &(usize, usize)| {
                    let way = self.people[person].shifts[shift].way.as_ref();
                    way.is_some_and(|(to, _)| to == job)
                };
                let is_new = !crew.iter().all(is_known);
                for (person, shift) in crew {
                    let person = &mut self.people[person];
                    if is_new {
                        person.here(*at);
                    }
                    let stand = &mut person.shifts[shift];
                    stand.out = stand.out.max(*at);
                    if is_new {
                        stand.way = Some((job.clone(), *at));
                    }
                }
            }
            Event::Started { job, at } => self.started(job, *at, before),
            Event::Finished { job, at } => self.ended(job, *at, true),
            Event::Overrun { job, until } => self.ended(job, (*until).max(self.now), false),
            Event::Cancelled { job } => {
                self.ended(job, self.now, true);
                self.with(job, |asked| asked.state = State::Closed);
                self.no_way(job);
            }
            Event::Away {
                technician,
                from,
                until,
            } => self.went(technician, *from, *until, before),
            Event::Stock {
                technician,
                part,
                left,
            } => self.stock(technician, part, *left, before),
            Event::Waits { job, waits } => {
                let had = !self.crew(job, before).is_empty();
                self.with(job, |asked| {
                    asked.waits = *waits;
                    if *waits && had {
                        asked.job.pin = None;
                    }
                });
                if *waits {
                    self.no_way(job);
                }
            }
            Event::Absent { job, at, windows } => self.met_nobody(job, *at, windows, before),
        }
        self.told(changes);
    }

    fn met_nobody(&mut self, job: &str, at: Seconds, windows: &[Window], before: &[Schedule]) {
        let crew = self.crew(job, before);
        let Some(there) = self.jobs.get(job).map(|asked| asked.site) else {
            return;
        };
        for (person, planned) in crew {
            let person = &mut self.people[person];
            let shift = person.shift_at(planned, at);
            let stand = &mut person.shifts[shift];
            if at < stand.seen {
                continue;
            }
            stand.site = there;
            (stand.works, stand.at_job, stand.seen) = (false, None, at);
            (stand.least, stand.idle) = (at, at);
            stand.most = at + ABSENCE_WAIT_SECONDS;
        }
        self.no_way(job);
        self.with(job, |asked| {
            asked.job.confirmed = None;
            asked.job.pin = None;
            asked.job.windows = windows.to_vec();
            if windows.is_empty() {
                asked.state = State::Closed;
            }
        });
    }

    fn with(&mut self, job: &str, change: impl FnOnce(&mut Asked)) {
        if let Some(asked) = self.jobs.get_mut(job) {
            change(asked);
        }
    }

    fn clock(&mut self, now: Seconds) {
        if now < self.now {
            return;
        }
        self.now = now;
        for person in &mut self.people {
            person.rest(&self.jobs, now);
        }
    }

    /// Who sets out to a job then, and on which shift each: the first that is not over, unless the visit may not begin
    /// before that one ends, or they may not make it on that day.
    fn setting_out(&self, job: &str, at: Seconds, before: &[Schedule]) -> Vec<(usize, usize)> {
        let mut crew = self.crew(job, before);
        let Some(asked) = self.jobs.get(job) else {
            return crew;
        };
        let windows = asked.job.windows.iter().map(|window| window.from);
        let confirmed = asked.job.confirmed.map(|window| window.from);
        let begins = confirmed.or(windows.min()).unwrap_or(Seconds::MAX);
        for (place, (person, shift)) in crew.iter_mut().enumerate() {
            let person = &self.people[*person];
            let then = person.shift_at(*shift, at);
            let ends = |s: &Shift| s.overtime_until.unwrap_or(s.end);
            let in_time = person
                .given
                .shifts
                .get(then)
                .is_some_and(|s| begins <= ends(s));
            if in_time && day::is_allowed(&person.given, then, &asked.job, place > 0).is_ok() {
                *shift = then;
            }
        }
        crew
    }

    fn pin(&mut self, job: &str, before: &[Schedule], stage: Stage) {
        let lead = self.crew(job, before).first().copied();
        let name = lead.map(|(person, _)| self.people[person].given.id.clone());
        let Some(technician) = name else {
            return;
        };
        self.with(job, |asked| {
            asked.bound = true;
            if asked.job.pin.is_none() || stage == Stage::EnRoute {
                asked.job.pin = Some(Pin { technician, stage });
            }
        });
    }

    fn no_way(&mut self, job: &str) {
        for stand in self.people.iter_mut().flat_map(|p| &mut p.shifts) {
            if stand.way.as_ref().is_some_and(|(to, _)| to == job) {
                stand.way = None;
            }
        }
    }

    fn started(&mut self, job: &str, at: Seconds, before: &[Schedule]) {
        let mut crew = self.crew(job, before);
        for (person, shift) in &mut crew {
            *shift = self.people[*person].shift_at(*shift, at);
        }
        let Some(asked) = self.jobs.get_mut(job) else {
            return;
        };
        asked.state = State::Works(crew.clone());
        let (job, there) = (asked.job.clone(), asked.site);
        for (place, &(person, shift)) in crew.iter().enumerate() {
            let person = &mut self.people[person];
            person.here(at);
            if place == 0 {
                for (part, amount) in &job.parts {
                    if let Some(left) = person.given.stock.get_mut(part) {
                        *left = left.saturating_sub(*amount);
                    }
                }
            }
            let lasts = day::lasts(&job, &person.given);
            let breaks = &person.given.shifts[shift].breaks;
            let passed = breaks.iter().filter(|pause| pause.latest < at).count();
            let stand = &mut person.shifts[shift];
            stand.way = stand.way.take().filter(|(to, _)| *to != job.id);
            if at < stand.seen {
                continue;
            }
            stand.behind = stand.behind.max(passed);
            stand.least = at + lasts;
            (stand.began, stand.seen) = (at, at);
            stand.site = there;
            stand.works = true;
            stand.at_job = Some(job.id.clone());
        }
    }

    fn ended(&mut self, job: &str, at: Seconds, closed: bool) {
        let Some(asked) = self.jobs.get_mut(job) else {
            return;
        };
        let State::Works(crew) = asked.state.clone() else {
            return;
        };
        if closed {
            asked.state = State::Closed;
        }
        for (person, shift) in crew {
            let stand = &mut self.people[person].shifts[shift];
            if stand.at_job.as_deref() != Some(job) {
                continue;
            }
            // An end before its start is one at the start; it may be told anew while the work goes on.
            let at = if stand.works { at.max(stand.began) } else { at };
            (stand.least, stand.most, stand.idle) = (at, at, at);
            stand.works = false;
            if closed {
                (stand.at_job, stand.seen) = (None, at);
            }
        }
    }

    fn went(&mut self, technician: &str, from: Seconds, until: Seconds, before: &[Schedule]) {
        let Some(person) = self.people.iter_mut().find(|p| p.given.id == technician) else {
            return;
        };
        person.away.push((from, until));
        person.back = person.back.max(until);
        // Who is away cannot keep what was accepted.
        let touched = before.iter().filter(|schedule| {
            let shift = person.given.shifts.get(schedule.shift);
            let last = shift.map_or(0, |shift| shift.overtime_until.unwrap_or(shift.end));
            schedule.technician == technician && last > from && schedule.free_at < until
        });
        let released: Vec<&str> = touched
            .flat_map(|schedule| &schedule.visits)
            .map(|visit| visit.job.as_str())
            .collect();
        for job in released {
            self.with(job, |asked| asked.job.pin = None);
            self.no_way(job);
        }
    }

    fn stock(&mut self, technician: &str, part: &str, left: u32, before: &[Schedule]) {
        let Some(person) = self.people.iter_mut().find(|p| p.given.id == technician) else {
            return;
        };
        person.given.stock.insert(part.to_owned(), left);
        let visits = before
            .iter()
            .filter(|schedule| schedule.technician == technician);
        let visits: Vec<&str> = visits
            .flat_map(|schedule| &schedule.visits)
            .filter(|visit| !visit.second)
            .map(|visit| visit.job.as_str())
            .collect();
        // In the order of the tours, as far as the parts go.
        let mut used = 0_u64;
        let mut gone = Vec::new();
        for job in visits {
            if let Some(asked) = self.jobs.get_mut(job) {
                let need = u64::from(asked.job.parts.get(part).copied().unwrap_or(0));
                if used + need <= u64::from(left) {
                    used += need;
                } else {
                    asked.job.pin = None;
                    gone.push(job.to_owned());
                }
            }
        }
        for job in gone {
            self.no_way(&job);
        }
    }

    /// Checks a plan against what happened: all its schedules, and the jobs that it says nobody has.
    ///
    /// # Errors
    /// The first rule that is broken, in words.
    pub fn check(
        &self,
        schedules: &[Schedule],
        unassigned: &[&str],
        travel: &dyn TravelTime,
    ) -> Result<(), String> {
        let mut fronts = Vec::new();
        for schedule in schedules {
            let told = |what| format!("{} shift {}: {what}", schedule.technician, schedule.shift);
            let (number, person) = (self.people.iter().enumerate())
                .find(|(_, person)| person.given.id == schedule.technician)
                .ok_or_else(|| told("is not known".to_owned()))?;
            fronts.push(self.front(number, person, schedule).map_err(told)?);
        }
        let open = || {
            self.jobs
                .values()
                .filter(|asked| asked.state == State::Open)
        };
        let facts = Snapshot {
            technicians: self.people.iter().map(|p| p.given.clone()).collect(),
            fronts,
            demands: open()
                .map(|asked| Demand {
                    job: asked.job.clone(),
                    site: asked.site,
                    late_seconds: asked.late,
                    waits: asked.waits,
                })
                .collect(),
        };
        day::schedules(&facts, schedules, travel)?;
        let visited: BTreeSet<&str> = schedules
            .iter()
            .flat_map(|schedule| &schedule.visits)
            .map(|visit| visit.job.as_str())
            .collect();
        let nobody: BTreeSet<&str> = unassigned.iter().copied().collect();
        for asked in open() {
            let job = asked.job.id.as_str();
            if visited.contains(job) == nobody.contains(job) {
                return Err(format!(
                    "job {job}: it must have somebody, or be said to have nobody"
                ));
            }
            if asked.late > 0 && visited.contains(job) && !asked.bound {
                return Err(format!("job {job}: it is late and nobody was bound to it"));
            }
            self.stays_on_way(asked, schedules, travel)
                .map_err(|what| format!("job {job}: {what}"))?;
        }
        match nobody
            .iter()
            .find(|job| self.jobs.get(**job).is_none_or(|a| a.state != State::Open))
        {
            Some(job) => Err(format!("job {job}: nobody has it, and it is not open")),
            None => Ok(()),
        }
    }

    /// Whoever is on the way to a visit alone is not called back: it stands on the shift on which they set out, and
    /// nobody loses it there while it can be made before that shift is over.
    fn stays_on_way(
        &self,
        asked: &Asked,
        schedules: &[Schedule],
        travel: &dyn TravelTime,
    ) -> Result<(), String> {
        let job = &asked.job;
        let is_on_way = |pin: &&Pin| pin.stage == Stage::EnRoute && job.people == 1;
        let Some(pin) = job.pin.as_ref().filter(is_on_way) else {
            return Ok(());
        };
        let person = self.people.iter().find(|p| p.given.id == pin.technician);
        let way = person.and_then(|person| {
            let mut shifts = person.shifts.iter();
            let to = |stand: &Stand| stand.way.as_ref().is_some_and(|(to, _)| *to == job.id);
            Some((person, shifts.position(to)?))
        });
        let Some((person, shift)) = way else {
            return Ok(());
        };
        let has = |s: &&Schedule| s.visits.iter().any(|visit| visit.job == job.id);
        match schedules.iter().find(has) {
            Some(schedule) if schedule.shift == shift => Ok(()),
            Some(schedule) => Err(format!(
                "{} is on the way on shift {shift}, and it stands on shift {}",
                pin.technician, schedule.shift
            )),
            None if self.must_be_made(asked, person, shift, travel) => Err(format!(
                "{} is on the way to it, and it has nobody",
                pin.technician
            )),
            None => Ok(()),
        }
    }

    /// Whether a visit to which somebody is on the way ends in time even if everything comes as late as it can. Where it
    /// depends on more than that nothing is said.
    fn must_be_made(
        &self,
        asked: &Asked,
        person: &Person,
        number: usize,
        travel: &dyn TravelTime,
    ) -> bool {
        let (stand, shift) = (&person.shifts[number], &person.given.shifts[number]);
        let last = shift.overtime_until.unwrap_or(shift.end);
        let told = stand.least.max(stand.most).max(stand.out);
        let soonest = self.now.max(shift.start);
        let departs = told.max(soonest).max(person.back);
        let away = |&(from, until): &(Seconds, Seconds)| from < last && soonest < until;
        let unsure = stand.works || asked.waits || !asked.job.parts.is_empty();
        if unsure || person.away.iter().any(away) {
            return false;
        }
        let who = &person.given;
        let mut time = departs + day::seconds(travel, who, &stand.site, Some(&asked.site), departs);
        for pause in &shift.breaks {
            time = time.max(pause.earliest) + pause.seconds;
        }
        let windows = asked.job.windows.iter().map(|window| window.from);
        let first = asked.job.confirmed.map(|window| window.from);
        let first = first.or(windows.min()).unwrap_or(time);
        let done = time.max(first) + day::lasts(&asked.job, who);
        done + day::seconds(travel, who, &asked.site, person.end.as_ref(), done) <= last
    }

    /// Where a schedule may begin; what it says of itself must fit in.
    fn front(&self, number: usize, person: &Person, schedule: &Schedule) -> Result<Front, String> {
        let (Some(stand), Some(shift)) = (
            person.shifts.get(schedule.shift),
            person.given.shifts.get(schedule.shift),
        ) else {
            return Err("is not known".to_owned());
        };
        let first = schedule.visits.first();
        let on_way = stand
            .way
            .as_ref()
            .filter(|(to, _)| first.is_some_and(|visit| visit.job == *to));
        let least = match on_way {
            // One that was told for later than now may have been put together anew.
            Some((_, since)) => stand.least.max((*since).min(self.now)),
            None => stand.least.max(self.now),
        };
        // Nobody begins before the shift does.
        let least = least.max(shift.start);
        if schedule.free_at < least {
            return Err(format!(
                "begins at {}, not free before {least}",
                schedule.free_at
            ));
        }
        let most = stand.most.max(self.now).max(person.back).max(stand.out);
        let most = most.max(shift.start);
        if !stand.works && schedule.free_at > most {
            return Err(format!("begins at {}, free at {most}", schedule.free_at));
        }
        if first.is_some_and(|visit| visit.start < self.now) {
            return Err(format!("begins before the time {}", self.now));
        }
        for &(from, until) in &person.away {
            if schedule.free_at < until && from < schedule.end {
                return Err(format!(
                    "is on the way from {} to {} and away from {from} to {until}",
                    schedule.free_at, schedule.end
                ));
            }
        }
        let taken = schedule.visits.iter().map(|visit| visit.breaks.len());
        let to_come = taken.sum::<usize>() + schedule.last_breaks.len();
        let behind = shift.breaks.len().checked_sub(to_come);
        let Some(behind) = behind.filter(|behind| *behind <= stand.behind) else {
            return Err(format!(
                "takes {to_come} of {} breaks, {} can be behind",
                shift.breaks.len(),
                stand.behind
            ));
        };
        // A break for which it is too late begins as soon as can be.
        let mut ready = schedule.free_at;
        let mut breaks = shift.breaks[behind..].to_vec();
        for pause in &mut breaks {
            pause.latest = pause.latest.max(ready);
            ready = ready.max(pause.earliest) + pause.seconds;
        }
        Ok(Front {
            technician: number,
            shift: schedule.shift,
            free_at: schedule.free_at,
            site: stand.site,
            end: person.end,
            last_end: shift.overtime_until.unwrap_or(shift.end),
            breaks,
            open: true,
        })
    }
}

impl Person {
    fn is_on_way(&self, job: &str) -> bool {
        let mut ways = self.shifts.iter().filter_map(|stand| stand.way.as_ref());
        ways.any(|(to, _)| to == job)
    }

    /// The shift on which something happens then: the first that is not over.
    fn shift_at(&self, planned: usize, at: Seconds) -> usize {
        let shifts = self.given.shifts.iter().enumerate();
        shifts
            .filter(|(_, shift)| shift.overtime_until.unwrap_or(shift.end) >= at)
            .min_by_key(|(_, shift)| shift.start)
            .map_or(planned, |(number, _)| number)
    }

    /// A break for which there was time while nothing was to do is over.
    fn rest(&mut self, jobs: &BTreeMap<String, Asked>, now: Seconds) {
        for (stand, shift) in self.shifts.iter_mut().zip(&self.given.shifts) {
            // Of two who are on the way one may have been let go, and have rested since.
            let way = stand.way.as_ref();
            let asked = way.and_then(|(to, _)| jobs.get(to));
            if stand.works || way.is_some() && asked.is_none_or(|asked| asked.job.people < 2) {
                continue;
            }
            let mut free = stand.idle;
            while let Some(pause) = shift.breaks.get(stand.behind) {
                let over = free.max(pause.earliest) + pause.seconds;
                if over > now {
                    break;
                }
                stand.behind += 1;
                free = over;
            }
            stand.idle = stand.idle.max(now);
        }
    }

    /// Whoever sets out or begins is back.
    fn here(&mut self, at: Seconds) {
        for (from, until) in &mut self.away {
            if (*from..*until).contains(&at) {
                *until = at;
            }
        }
        self.away.retain(|(from, until)| from < until);
    }
}

/// Checks that an operation told every visit that has another technician or another time than before. Of two people
/// the first counts; visits that began or are no more, and `but`, need not be told.
///
/// # Errors
/// The first that was not told, or was told otherwise.
pub fn told(
    before: &[Schedule],
    after: &[Schedule],
    changes: &[Change],
    but: Option<&str>,
) -> Result<(), String> {
    let leads = |schedules: &[Schedule]| -> BTreeMap<String, (String, Seconds)> {
        let mut leads = BTreeMap::new();
        for schedule in schedules {
            for visit in schedule.visits.iter().filter(|visit| !visit.second) {
                let who = (schedule.technician.clone(), visit.start);
                leads.insert(visit.job.clone(), who);
            }
        }
        leads
    };
    let (before, after) = (leads(before), leads(after));
    for (job, now) in &after {
        let then = before.get(job);
        let change = changes.iter().find(|change| change.job == *job);
        let said = change.map(|change| (change.before.as_ref(), change.after.as_ref()));
        let moved = then != Some(now);
        if Some(job.as_str()) == but {
            continue;
        }
        if said.is_some_and(|said| said != (then, Some(now))) || (moved && said.is_none()) {
            return Err(format!(
                "{job} was {then:?} and is {now:?}, and {said:?} was told"
            ));
        }
    }
    match changes
        .iter()
        .find(|change| change.after.is_none() && after.contains_key(&change.job))
    {
        Some(change) => Err(format!("{} was told as lost and is not", change.job)),
        None => Ok(()),
    }
}
