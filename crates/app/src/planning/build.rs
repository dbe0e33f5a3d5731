//! From open repairs and technicians to a plan: what is told to the engine, and in which order.
//!
//! The plan is a function of its inputs alone: visits that are being made first, then accepted ones, then every other
//! one in the order in which it was asked for. A new repair comes last, so that taking it in and making the whole plan
//! again give the same plan, also after a crash. Everything else that happens makes the plan again, or repairs a large one
//! in place, which is quick and good enough to ask somebody, until there is time to make it again.

mod placed;
mod standing;
mod telling;

use crate::areas::Areas;
use crate::detail::name;
use crate::equipment::{DayEnd, Need};
use crate::experience::Experience;
use crate::hours::Absence;
use crate::people::Place;
use crate::roads::{Cell, RoadTable, cell};
use crate::staff::{Person, Staff};
use aftercare_dispatch::Iterations;
use aftercare_dispatch::check::{self, Record};
use aftercare_dispatch::duration::given_elapsed;
use aftercare_dispatch::limits::MAX_DAYS;
use aftercare_dispatch::plan::model::{
    Break, Certificate, Duration, Job, Pin, Problem, Shift, Stage, Technician, Window,
};
use aftercare_dispatch::plan::{Event, Plan};
use aftercare_dispatch::travel::Datum;
use aftercare_domain::Timestamp;
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::{CaseId, TechnicianId, WorkOrderId};
use aftercare_domain::placing::Placed;
use aftercare_domain::time::{DAY_MS, MINUTE_MS};
pub(super) use standing::Standing;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
pub(super) use telling::{Told, step_of_clock};

/// Days that are planned, today included.
pub(super) const PLANNED_DAYS: i64 = 7;
/// When visits are offered to customers, in seconds of the day.
pub(super) const DAY_BEGINS_S: i64 = 8 * 3_600;
pub(super) const DAY_ENDS_S: i64 = 20 * 3_600;
/// The plan looks at the clock in steps, so that it does not change while nothing happens.
const STEP_MS: i64 = 15 * MINUTE_MS;
/// How much longer a day may become when a visit takes longer, in seconds.
const OVERTIME_S: i64 = 2 * 3_600;
/// How much later a pause may begin, in seconds.
const PAUSE_LATE_S: i64 = 3_600;
/// A visit that is late may begin within so long from now.
const LATE_WINDOW_S: i64 = 2 * 3_600;
/// Steps of improvement near a visit that is taken in.
const BURST: u64 = 60;
/// Steps of improvement in one slice: nobody waits longer than for one.
const SLICE: u64 = 20;
/// Slices after which a plan is left as it is until something happens; one of fewer visits is left after as many slices.
const SLICES_MAX: u32 = 100;
/// Pauses in a day.
const PAUSES_MAX: usize = aftercare_dispatch::limits::MAX_BREAKS;
/// Repairs in place before the plan is made again: each leaves a closed job behind.
const REPAIRS_MAX: usize = 1_000;
/// Visits up to which a plan is held against the checker after every repair in place; one that was made whole always is.
const CHECKED_VISITS_MAX: usize = 500;
/// Any number: the same plan comes of it everywhere.
const SEED: u64 = 1;

/// How far a repair has come, as far as the plan asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nobody has accepted.
    Open,
    /// Somebody has accepted, no time is agreed.
    Accepted,
    /// A time is agreed.
    Agreed,
    /// The technician is on the way.
    EnRoute,
    /// The technician is there.
    There,
}

impl Step {
    /// Whether the visit is being made.
    pub(super) const fn is_busy(self) -> bool {
        matches!(self, Self::EnRoute | Self::There)
    }
}

/// An open repair.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Visit {
    pub work_order: WorkOrderId,
    pub case: CaseId,
    pub requested_at: Timestamp,
    pub kind: WorkKind,
    pub skill: String,
    pub county: String,
    /// Its town, where that is known.
    pub town: Option<String>,
    pub urgent: bool,
    pub step: Step,
    /// Wished, or agreed.
    pub window: Option<aftercare_domain::event::Window>,
    pub technician: Option<TechnicianId>,
    /// Who comes along, once that was said.
    pub helper: Option<TechnicianId>,
    /// Whether the customer is asked to choose another time.
    pub asked: bool,
    /// When the technician arrived.
    pub arrived_at: Option<Timestamp>,
    /// Where a dispatcher put it on the board, and whether that can be taken back.
    pub placed: Option<Placed>,
    pub can_put_back: bool,
    /// Who declined it.
    pub refused: Vec<TechnicianId>,
    /// Who was there before.
    pub before: Option<TechnicianId>,
    /// Where it is; none when the place is to be asked.
    pub place: Option<Place>,
    /// How far off that can be, in meters.
    pub radius_m: u32,
}

/// Visits are planned in the order in which they were asked for.
pub(super) type Key = (Timestamp, WorkOrderId);

impl Visit {
    pub(super) const fn key(&self) -> Key {
        (self.requested_at, self.work_order)
    }
}

/// Visits that are new or stand otherwise than before; none for those that nobody has to plan any more.
pub(super) type Changes = BTreeMap<Key, Option<Visit>>;

/// Why a repair is not in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// Its place is to be asked.
    NoPlace,
    /// Nobody who can be sent has the skill.
    NoSkill,
    /// It needs a certificate that nobody has on any day of the plan.
    NoCertificate,
    /// Its time is after the days that are planned.
    Later,
    /// Whoever accepted it is away.
    Away(TechnicianId),
    /// The engine does not take it; why stands in the log.
    Refused,
}

/// What the plan is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Inputs {
    /// Now, in whole steps.
    pub at: Timestamp,
    pub staff: Arc<Staff>,
    /// What the days before today taught.
    pub experience: Arc<Experience>,
    /// Ways that were measured.
    pub roads: Arc<RoadTable>,
    pub visits: BTreeMap<Key, Visit>,
}

impl Inputs {
    /// The first midnight of the plan.
    pub(super) const fn midnight(&self) -> Timestamp {
        self.at.china_midnight()
    }

    pub(super) fn seconds(&self, at: Timestamp) -> i64 {
        at.since_ms(self.midnight()).div_euclid(1_000)
    }

    pub(super) fn time(&self, seconds: i64) -> Timestamp {
        Timestamp(self.midnight().0 + seconds * 1_000)
    }

    /// A time of the plan as it is shown.
    pub(super) fn span(&self, window: &Window) -> crate::views::WindowDetail {
        crate::views::WindowDetail {
            from: self.time(window.from),
            until: self.time(window.to),
        }
    }

    /// A place as the engine is told it.
    fn place(&self, place: Place) -> aftercare_dispatch::plan::model::Place {
        aftercare_dispatch::plan::model::Place {
            x: f64::from(place.longitude_e6) / 1e6,
            y: f64::from(place.latitude_e6) / 1e6,
            row: self.roads.row(place),
            datum: None,
        }
    }

    /// Every place from which or to which somebody may go.
    pub(super) fn cells(&self) -> BTreeSet<Cell> {
        let ends = self
            .staff
            .active()
            .filter_map(|who| match who.equipment.end {
                Some(DayEnd::At(place)) => Some(place),
                Some(DayEnd::Home) | None => None,
            });
        let homes = self.staff.active().map(|who| who.home);
        let visits = self.visits.values().filter_map(|visit| visit.place);
        homes.chain(ends).chain(visits).map(cell).collect()
    }

    fn now(&self) -> i64 {
        self.seconds(self.at)
    }

    /// When somebody works on a day of the plan, in seconds since its first midnight: the hours without the absences.
    pub(super) fn spans(&self, who: &Person, day: i64) -> Vec<(i64, i64)> {
        let midnight = self.midnight().0 + day * DAY_MS;
        let hours = who.hours.on_midnight(midnight);
        let seconds = |minute: u16| day * 86_400 + i64::from(minute) * 60;
        let mut spans: Vec<(i64, i64)> = hours
            .iter()
            .map(|span| (seconds(span.from_minute), seconds(span.until_minute)))
            .collect();
        for (from, until) in self.away(who) {
            spans = spans
                .into_iter()
                .flat_map(|(start, end)| [(start, end.min(from)), (start.max(until), end)])
                .filter(|(start, end)| start < end)
                .collect();
        }
        // The engine plans so many pauses in a day; the longest parts of a day of more are worked.
        while spans.len() > PAUSES_MAX + 1 {
            let shortest = (0..spans.len()).min_by_key(|at| spans[*at].1 - spans[*at].0);
            spans.remove(shortest.unwrap_or_default());
        }
        spans
    }

    /// Absences of somebody, in seconds since the plan's first midnight.
    fn away(&self, who: &Person) -> impl Iterator<Item = (i64, i64)> {
        let absences = who.absences.iter();
        absences.map(|absence| (self.seconds(absence.from), self.seconds(absence.until)))
    }

    /// Who accepted a visit and is away at its time.
    pub(super) fn absent(&self, visit: &Visit) -> Option<String> {
        let who = self.staff.who(visit.technician?)?;
        let window = visit.window?;
        let mut absences = who.absences.iter();
        absences
            .any(|absence| absence.from < window.until && absence.until > window.from)
            .then(|| who.name.clone())
    }

    /// How long a visit is expected to take whoever makes it.
    pub(super) fn length(&self, visit: &Visit) -> Duration {
        self.experience.length(visit.kind)
    }

    /// When a visit that is being made is expected to begin, and to be done. One that has lasted for a while is expected
    /// to last longer than one that has just begun.
    pub(super) fn expected(&self, visit: &Visit) -> (Timestamp, Timestamp) {
        let length = self.length(visit);
        let pace = visit.technician.map(|id| self.experience.pace(id));
        let pace = pace.and_then(|pace| pace.get(&name(&visit.kind)).copied());
        let start = visit.arrived_at.unwrap_or_else(|| {
            visit
                .window
                .map_or(self.at, |window| window.from.max(self.at))
        });
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "seconds of some days"
        )]
        let seconds = {
            let elapsed = self.at.since_ms(start).max(0) / 1_000;
            let mean = length.mean_seconds as f64 * f64::from(pace.unwrap_or(1_000)) / 1_000.0;
            given_elapsed(mean, length.variation, elapsed as f64).0 as i64
        };
        let done = Timestamp(start.0 + seconds * 1_000);
        (start, done.max(self.at))
    }
}

/// A plan with the inputs that it was made of.
pub(super) struct Live {
    pub inputs: Inputs,
    pub plan: Plan,
    /// The checker's own account of what happened to the plan.
    record: Record,
    pub outside: BTreeMap<WorkOrderId, Outside>,
    /// Accepted visits for two in which nobody is free to come along: the time of whoever accepted them is kept.
    pub without_second: BTreeSet<WorkOrderId>,
    /// Whether it is what the inputs alone give, and not one that was repaired in place.
    pub exact: bool,
    /// How often it was improved since it was made or repaired.
    improved: u32,
    /// Names that visits have in the plan: one that is taken in again gets another.
    names: HashMap<WorkOrderId, String>,
    repairs: usize,
    /// Whether it was told from the record as a whole, and nothing was taken in since.
    whole: bool,
}

/// What a plan is made of besides the visits.
#[derive(Clone)]
pub(super) struct Around {
    /// Now, in whole steps.
    pub at: Timestamp,
    pub staff: Arc<Staff>,
    pub experience: Arc<Experience>,
    pub roads: Arc<RoadTable>,
}

type Made = Result<Live, aftercare_dispatch::Bad>;

/// Whether two are the same; what was not read again need not be compared.
fn alike<T: PartialEq>(one: &Arc<T>, other: &Arc<T>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

impl Live {
    /// Makes the plan of these inputs.
    ///
    /// # Errors
    /// What the engine refuses, in its words.
    pub(super) fn make(inputs: Inputs) -> Made {
        let problem = Problem {
            datum: Datum::Wgs84,
            roads: inputs.experience.roads(),
            now: inputs.now(),
            technicians: Vec::new(),
            jobs: Vec::new(),
        };
        let mut plan = match &inputs.roads.table {
            Some(table) => Plan::with_measured(&problem, Arc::clone(table))?,
            None => Plan::new(&problem)?,
        };
        let mut record = Record::new(&problem).map_err(unheld)?;
        for who in inputs.staff.active() {
            let person = person(&inputs, who);
            match plan.add_technician(&person) {
                Ok(_) => record.joined(&person).map_err(unheld)?,
                // One who cannot be planned must not keep everybody else from being planned.
                Err(bad) => tracing::warn!(technician = %who.id, %bad, "not in the plan"),
            }
        }
        let [busy, pinned, placed, open] = {
            let mut all: [Vec<Visit>; 4] = Default::default();
            for visit in inputs.visits.values() {
                let turn = match visit.step {
                    Step::EnRoute | Step::There => 0,
                    Step::Accepted | Step::Agreed => 1,
                    Step::Open if visit.placed.is_some() => 2,
                    Step::Open => 3,
                };
                all[turn].push(visit.clone());
            }
            all
        };
        let mut live = Self {
            inputs,
            plan,
            record,
            outside: BTreeMap::new(),
            without_second: BTreeSet::new(),
            exact: true,
            improved: 0,
            names: HashMap::new(),
            repairs: 0,
            whole: false,
        };
        for visit in [&busy, &pinned, &placed, &open].into_iter().flatten() {
            live.take_in(visit);
        }
        if !busy.is_empty() {
            // What has lasted for a while lasts longer.
            let now = live.inputs.now();
            live.apply(&Event::Clock { now }, 0)?;
        }
        Ok(live)
    }

    /// What the independent checker finds wrong with the plan, by its own account and by the plan's.
    pub(super) fn check(&self) -> Result<(), String> {
        let (plan, schedules) = (&self.plan, self.plan.schedules());
        check::schedules(&plan.snapshot(), &schedules, plan.travel())?;
        let nobody = plan.unassigned();
        self.record.check(&schedules, &nobody, plan.travel())
    }

    /// Has something happen to the plan, and the checker keep account of it.
    fn apply(&mut self, event: &Event, burst: u64) -> Result<(), aftercare_dispatch::Bad> {
        let before = self.plan.schedules();
        let repair = self.plan.apply(event, burst, SEED)?;
        self.record.happened(event, &before, &repair.changes);
        Ok(())
    }

    /// Asks the plan for a job, and has the checker keep account of it.
    fn insert(&mut self, job: &Job, burst: u64) -> Result<(), aftercare_dispatch::Bad> {
        let outcome = self.plan.insert(job, burst, SEED)?;
        self.record.inserted(job, &outcome.changes).map_err(unheld)
    }

    /// The name of a repair in the plan.
    pub(super) fn name(&self, work_order: WorkOrderId) -> Option<&str> {
        self.names.get(&work_order).map(String::as_str)
    }

    /// Takes a visit in; one that the engine refuses stays outside, and the others are planned.
    fn take_in(&mut self, visit: &Visit) {
        let id = visit.work_order;
        let mut job = match job(&self.inputs, visit) {
            Ok(job) => job,
            // Whoever it was given is not sent any more, and has not accepted it.
            Err(Outside::Away(_)) if visit.step == Step::Open => {
                return self.take_in(&visit.unplaced());
            }
            Err(why) => {
                self.outside.insert(id, why);
                return;
            }
        };
        if self.names.contains_key(&id) {
            job.id = format!("{id}~{}", self.repairs);
        }
        let burst = if visit.step.is_busy() { 0 } else { BURST };
        let mut taken = self.insert(&job, burst);
        if visit.step.is_busy() {
            // Who is with a customer outside of the hours is in nobody's way.
            if taken.is_ok() {
                self.names.insert(id, job.id.clone());
                if let (Step::There, Some(arrived)) = (visit.step, visit.arrived_at) {
                    let at = self.inputs.seconds(arrived).max(0);
                    let started = self.apply(&Event::Started { job: job.id, at }, 0);
                    if let Err(bad) = started {
                        tracing::warn!(work_order = %id, %bad, "not begun in the plan");
                    }
                }
            }
            return;
        }
        if taken.is_err() && job.pin.is_some() && visit.step == Step::Open {
            // There is no room for it any more where a dispatcher put it: it is planned like any other.
            return self.take_in(&visit.unplaced());
        }
        if taken.is_err() && job.pin.is_some() && !job.parts.is_empty() {
            // Other visits need the parts that are on the van.
            job.parts.clear();
            taken = self.insert(&job, BURST);
        }
        if taken.is_err() && job.pin.is_some() && job.people > 1 {
            // Nobody is free to come along; whoever accepted it is not free either.
            job.people = 1;
            taken = self.insert(&job, BURST);
            if taken.is_ok() {
                self.without_second.insert(id);
            }
        }
        if taken.is_err() && job.pin.is_some() {
            // Two times that one person cannot keep, or one outside the hours: it waits for a dispatcher, and goes
            // to nobody else.
            job = alone(&self.inputs, job);
            taken = self.insert(&job, BURST);
        }
        match taken {
            Ok(()) => {
                self.names.insert(id, job.id);
            }
            Err(bad) => {
                tracing::warn!(work_order = %id, %bad, "not in the plan");
                self.outside.insert(id, Outside::Refused);
            }
        }
    }

    /// Improves the plan by one slice; whether there is more to do. What comes of it depends on the plan and on how many
    /// slices went before alone, and a time that was agreed does not move.
    pub(super) fn improve(&mut self) -> bool {
        if self.improved >= self.slices_max() {
            return false;
        }
        self.improved += 1;
        let seed = SEED + u64::from(self.improved);
        self.plan.improve(seed, &Iterations(SLICE));
        debug_assert_eq!(self.check(), Ok(()));
        self.improved < self.slices_max()
    }

    /// Whether the checker looks at it after every slice, and not at the end only.
    pub(super) fn is_small(&self) -> bool {
        self.inputs.visits.len() <= CHECKED_VISITS_MAX
    }

    fn slices_max(&self) -> u32 {
        u32::try_from(self.inputs.visits.len()).map_or(SLICES_MAX, |visits| visits.min(SLICES_MAX))
    }

    /// Improves the plan until there is no more to do.
    pub(super) fn rest(mut self) -> Self {
        while self.improve() {}
        self
    }

    /// Steps by which the plan was improved since it was made or repaired, and how many it can be at most.
    pub(super) fn improvement(&self) -> (u64, u64) {
        let steps = |slices: u32| u64::from(slices) * SLICE;
        (steps(self.improved), steps(self.slices_max()))
    }

    /// Follows what changed. Repairs that came last are taken in with the result of making everything again. Anything
    /// else repairs the plan in place, unless `exact` asks for what the inputs alone give. The plan is not improved yet.
    ///
    /// # Errors
    /// What the engine refuses, in its words.
    pub(super) fn follow(mut self, around: Around, changes: Changes, exact: bool) -> Made {
        self.whole = false;
        let Around {
            at,
            staff,
            experience,
            roads,
        } = around;
        let around_same =
            alike(&experience, &self.inputs.experience) && alike(&roads, &self.inputs.roads);
        let same = around_same && alike(&staff, &self.inputs.staff);
        let still = same && at == self.inputs.at;
        let last = self.inputs.visits.last_key_value().map(|(key, _)| *key);
        let come_last = changes.iter().all(|(key, visit)| {
            let is_free = |visit: &Visit| visit.step == Step::Open && visit.placed.is_none();
            Some(*key) > last && visit.as_ref().is_some_and(is_free)
        });
        if self.exact && self.improved == 0 && still && come_last {
            for (key, visit) in changes {
                if let Some(visit) = visit {
                    self.take_in(&visit);
                    self.inputs.visits.insert(key, visit);
                }
            }
            return Ok(self);
        }
        let sick = if same {
            Some(Vec::new())
        } else {
            staff
                .absences_since(&self.inputs.staff)
                .filter(|_| around_same)
        };
        let repairable = sick.is_some()
            && at.china_midnight() == self.inputs.midnight()
            && at >= self.inputs.at
            && self.repairs + changes.len() <= REPAIRS_MAX;
        let mut changes = changes;
        if repairable && !exact {
            let sick = sick.unwrap_or_default();
            let repaired = self
                .repair(at, &mut changes)
                .and_then(|()| self.fall_sick(&staff, &sick));
            match repaired {
                Ok(true) => return Ok(self),
                Ok(false) => {}
                Err(bad) => tracing::debug!(%bad, "the plan is made again"),
            }
        }
        let mut inputs = Inputs {
            at,
            staff,
            experience,
            roads,
            visits: self.inputs.visits,
        };
        for (key, visit) in changes {
            match visit {
                Some(visit) => inputs.visits.insert(key, visit),
                None => inputs.visits.remove(&key),
            };
        }
        Self::make(inputs)
    }

    /// Repairs the plan around every change, and takes the change out of the list once it stands in the inputs.
    fn repair(
        &mut self,
        at: Timestamp,
        changes: &mut Changes,
    ) -> Result<(), aftercare_dispatch::Bad> {
        self.exact = false;
        self.improved = 0;
        if at != self.inputs.at {
            self.inputs.at = at;
            let now = self.inputs.now();
            self.apply(&Event::Clock { now }, 0)?;
        }
        while let Some((key, visit)) = changes.pop_first() {
            let before = self.inputs.visits.remove(&key);
            if let Some(visit) = &visit {
                self.inputs.visits.insert(key, visit.clone());
            }
            self.repairs += 1;
            self.repair_one(key.1, before.as_ref(), visit.as_ref())?;
        }
        Ok(())
    }

    /// Repairs the plan around people who will be away. What they accepted stays theirs, and waits for a dispatcher where
    /// they cannot keep it. False when somebody is at a customer's or on the way there: that is left to a new plan.
    fn fall_sick(
        &mut self,
        staff: &Arc<Staff>,
        sick: &[(TechnicianId, Absence)],
    ) -> Result<bool, aftercare_dispatch::Bad> {
        let is_sick = |who: Option<TechnicianId>| sick.iter().any(|(id, _)| Some(*id) == who);
        let theirs = self.inputs.visits.values();
        let theirs: Vec<Visit> = theirs
            .filter(|visit| is_sick(visit.chosen()) || is_sick(visit.helper))
            .cloned()
            .collect();
        if theirs.iter().any(|visit| visit.step.is_busy()) {
            return Ok(false);
        }
        self.inputs.staff = Arc::clone(staff);
        let (now, last) = (self.inputs.now(), PLANNED_DAYS * 86_400);
        for (id, absence) in sick {
            let from = self.inputs.seconds(absence.from).max(now);
            let until = self.inputs.seconds(absence.until).min(last);
            if staff.who(*id).is_some() && from < until {
                let technician = id.to_string();
                self.apply(
                    &Event::Away {
                        technician,
                        from,
                        until,
                    },
                    BURST,
                )?;
            }
        }
        for visit in theirs {
            self.repairs += 1;
            self.repair_one(visit.work_order, Some(&visit), Some(&visit))?;
        }
        Ok(true)
    }

    fn repair_one(
        &mut self,
        id: WorkOrderId,
        before: Option<&Visit>,
        visit: Option<&Visit>,
    ) -> Result<(), aftercare_dispatch::Bad> {
        let now = self.inputs.now();
        let was = before.map(|before| before.step);
        let mine =
            |visit: &Visit| before.is_some_and(|before| before.technician == visit.technician);
        if let (Some(job), Some(visit)) = (self.names.get(&id).cloned(), visit.filter(|v| mine(v)))
        {
            let event = match (was, visit.step) {
                (Some(Step::Accepted | Step::Agreed), Step::EnRoute) => {
                    Some(Event::EnRoute { job, at: now })
                }
                (Some(Step::Accepted | Step::Agreed | Step::EnRoute), Step::There) => {
                    Some(Event::Started { job, at: now })
                }
                // The quote was answered, the work began: nothing that the plan asks.
                (Some(Step::There), Step::There) => return Ok(()),
                _ => None,
            };
            if let Some(event) = event {
                return self.apply(&event, BURST);
            }
        }
        self.outside.remove(&id);
        self.without_second.remove(&id);
        if let Some(job) = self.names.get(&id).cloned() {
            let over = match was {
                Some(Step::There) => Event::Finished { job, at: now },
                _ => Event::Cancelled { job },
            };
            self.apply(&over, BURST)?;
        }
        if let Some(visit) = visit {
            self.take_in(visit);
        }
        Ok(())
    }
}

/// What the checker cannot keep account of.
fn unheld(what: String) -> aftercare_dispatch::Bad {
    aftercare_dispatch::Bad::new("the checker", what, "Correct what it names.")
}

fn person(inputs: &Inputs, who: &Person) -> Technician {
    let now = inputs.now();
    let shifts = (0..PLANNED_DAYS)
        .filter_map(|day| {
            let spans = inputs.spans(who, day);
            let (first, last) = (spans.first()?, spans.last()?);
            let start = first.0.max(now);
            let pauses = spans.windows(2).map(|pair| (pair[0].1, pair[1].0));
            let leaves = |at: i64| inputs.away(who).any(|(from, _)| from == at);
            let serves = crate::areas::day_of(inputs.time(day * 86_400));
            (start < last.1).then(|| Shift {
                not_areas: owned(&who.areas.not_on(serves)),
                start,
                end: last.1,
                overtime_until: (!leaves(last.1)).then_some(last.1 + OVERTIME_S),
                // Who comes late to a pause takes it late; an absence begins when it begins.
                breaks: pauses
                    .filter(|(from, _)| *from >= start)
                    .map(|(from, until)| Break {
                        earliest: from,
                        latest: from + if leaves(from) { 0 } else { PAUSE_LATE_S },
                        seconds: until - from,
                    })
                    .collect(),
            })
        })
        .collect();
    let equipment = &who.equipment;
    let (skills, certificates) = skills(inputs, who);
    Technician {
        id: who.id.to_string(),
        start: inputs.place(who.home),
        end: equipment.end.map(|end| match end {
            DayEnd::Home => inputs.place(who.home),
            DayEnd::At(place) => inputs.place(place),
        }),
        skills,
        certificates,
        shifts,
        stock: equipment.stock.clone(),
        areas: areas(&who.areas),
        outlet: None,
        pace: inputs.experience.pace(who.id),
        travel_pace: 1_000,
    }
}

/// What the engine calls a skill for which a certificate is needed.
fn certified(skill: &str) -> String {
    format!("{skill} (certified)")
}

/// Skills of somebody with their levels, and the certificates that bound them. A skill of which every certificate is over
/// before the plan begins is left out, because the engine takes one without certificates for good.
fn skills(inputs: &Inputs, who: &Person) -> (BTreeMap<String, u8>, Vec<Certificate>) {
    let last = MAX_DAYS * 86_400;
    let (mut skills, mut certificates) = (BTreeMap::new(), Vec::new());
    for skill in &who.skills {
        let mut registered = false;
        let mut valid = Vec::new();
        for certificate in who.equipment.certificates_of(skill) {
            registered = true;
            let from = certificate.from.map_or(0, |from| inputs.seconds(from));
            let (from, until) = (from.max(0), inputs.seconds(certificate.until).min(last));
            if from < until {
                valid.push((from, until));
            }
        }
        if registered && valid.is_empty() {
            continue;
        }
        let asked = registered && inputs.staff.asks_certificate(skill);
        let names = std::iter::once(skill.clone()).chain(asked.then(|| certified(skill)));
        for name in names {
            skills.insert(name.clone(), who.equipment.level(skill));
            certificates.extend(valid.iter().map(|&(from, until)| Certificate {
                skill: name.clone(),
                from,
                until,
            }));
        }
    }
    (skills, certificates)
}

/// Whether somebody has a skill on some day of the plan, with a certificate where one is needed.
fn counts(inputs: &Inputs, who: &Person, need: &Need) -> bool {
    let mut certificates = who.equipment.certificates_of(&need.skill).peekable();
    match certificates.peek() {
        None => !need.certificate,
        Some(_) => certificates.any(|certificate| certificate.until > inputs.midnight()),
    }
}

/// The engine takes no area at all for every area.
fn areas(areas: &Areas) -> Vec<String> {
    let all = areas.all();
    if all.is_empty() {
        return vec!["-".to_owned()];
    }
    owned(&all)
}

fn owned(areas: &BTreeSet<&str>) -> Vec<String> {
    areas.iter().map(|area| (*area).to_owned()).collect()
}

/// A job that only whoever accepted it may make.
fn alone(inputs: &Inputs, job: Job) -> Job {
    let pinned = job.pin.as_ref().map(|pin| pin.technician.as_str());
    let others = inputs.staff.active().map(|who| who.id.to_string());
    Job {
        refused: others.filter(|id| Some(id.as_str()) != pinned).collect(),
        pin: None,
        ..job
    }
}

/// All the times at which a visit can begin in the days that are planned.
fn any_time(now: i64) -> Vec<Window> {
    (0..PLANNED_DAYS)
        .map(|day| Window {
            from: (day * 86_400 + DAY_BEGINS_S).max(now),
            to: day * 86_400 + DAY_ENDS_S,
        })
        .filter(|window| window.from <= window.to)
        .collect()
}

/// When a visit may begin, and the time that was agreed if it can be kept.
fn windows(inputs: &Inputs, visit: &Visit) -> Result<(Vec<Window>, Option<Window>), Outside> {
    let now = inputs.now();
    if visit.step.is_busy() {
        return Ok((
            vec![Window {
                from: now,
                to: 86_400,
            }],
            None,
        ));
    }
    let window = visit.time(inputs.at).map(|window| Window {
        from: inputs.seconds(window.from),
        to: inputs.seconds(window.until),
    });
    if window.is_some_and(|window| window.from >= PLANNED_DAYS * 86_400) {
        return Err(Outside::Later);
    }
    let over = window.is_some_and(|window| window.to < now);
    Ok(match window {
        Some(window) if !over && visit.step == Step::Agreed => (vec![window], Some(window)),
        Some(window) if !over => (
            vec![Window {
                from: window.from.max(now),
                to: window.to,
            }],
            None,
        ),
        // Nobody came in time: as soon as can be.
        Some(_) if visit.step == Step::Agreed => (
            vec![Window {
                from: now,
                to: now + LATE_WINDOW_S,
            }],
            None,
        ),
        _ => (any_time(now), None),
    })
}

/// Who was named to come along to a visit for two, and can.
fn helper_of(inputs: &Inputs, visit: &Visit, need: &Need) -> Option<TechnicianId> {
    let helper = visit.helper.filter(|_| need.people > 1)?;
    let who = inputs.staff.who(helper)?;
    let away = visit.window.is_some_and(|window| {
        let mut absences = who.absences.iter();
        absences.any(|absence| absence.from < window.until && absence.until > window.from)
    });
    (!away).then_some(helper)
}

/// The job of a visit. Where a human chose who makes it, nothing but the time can keep that person from it: what was
/// accepted stands in the plan, so that its time is given to nobody else.
pub(super) fn job(inputs: &Inputs, visit: &Visit) -> Result<Job, Outside> {
    let staff = &inputs.staff;
    let pin = visit.chosen();
    if let Some(away) = pin.filter(|pin| staff.who(*pin).is_none()) {
        return Err(Outside::Away(away));
    }
    let pinned = pin.and_then(|pin| staff.who(pin));
    // Where nobody knows the place yet, the time that was accepted is kept at home.
    let place = visit.place.or(pinned.map(|who| who.home));
    let place = place.ok_or(Outside::NoPlace)?;
    let able = || staff.with_skill(&visit.skill).filter(|who| who.active);
    let need = staff.need(&visit.skill, visit.kind);
    if pinned.is_none() {
        if able().next().is_none() {
            return Err(Outside::NoSkill);
        }
        if !able().any(|who| counts(inputs, who, &need)) {
            return Err(Outside::NoCertificate);
        }
    }
    let (windows, confirmed) = windows(inputs, visit)?;
    let mut refused: BTreeSet<TechnicianId> = visit.refused.iter().copied().collect();
    // Who does not serve the area need not be kept away from it.
    let area = staff.area_of(&visit.county, visit.town.as_deref());
    let is_far = |who: &&Person| {
        who.areas.ever_serve(area) && !crate::nearest::reaches(who, place, visit.radius_m)
    };
    let mut far: BTreeSet<TechnicianId> = match need.people {
        // Who comes along needs no skill.
        2.. => staff.active().filter(is_far).map(|who| who.id).collect(),
        _ => able().filter(is_far).map(|who| who.id).collect(),
    };
    let helper = pin.and_then(|_| helper_of(inputs, visit, &need));
    if let (Some(pin), Some(helper)) = (pin, helper) {
        let others = staff.active().map(|who| who.id);
        refused.extend(others.filter(|id| *id != pin && *id != helper));
    } else if pin.is_some() && need.people > 1 {
        // The area binds whoever comes along, and nobody has it checked for whom it was lifted.
        let ends = windows.iter().flat_map(|window| [window.from, window.to]);
        let days: BTreeSet<_> = ends
            .map(|end| crate::areas::day_of(inputs.time(end)))
            .collect();
        let others = staff
            .active()
            .filter(|who| !days.iter().all(|day| who.areas.serve(area, *day)));
        refused.extend(others.map(|who| who.id));
    }
    for chosen in pin.into_iter().chain(helper) {
        refused.remove(&chosen);
        far.remove(&chosen);
    }
    let named = |id: &TechnicianId| staff.who(*id).is_some();
    let stage = match visit.step {
        Step::EnRoute => Stage::EnRoute,
        _ => Stage::Accepted,
    };
    let mut skills = BTreeMap::from([(visit.skill.clone(), need.level)]);
    if need.certificate {
        skills.insert(certified(&visit.skill), 1);
    }
    let (mut area, mut parts, mut people) = (Some(area.to_owned()), need.parts, need.people);
    if let Some(who) = pinned {
        // Whoever is there is there, and whoever was chosen was chosen, with what is on the van.
        (skills, area) = (BTreeMap::new(), None);
        for (part, count) in &mut parts {
            let there = who.equipment.stock.get(part);
            *count = (*count).min(there.copied().unwrap_or(0));
        }
        if visit.step.is_busy() {
            people = 1;
            refused.clear();
            far.clear();
        }
    }
    let ids = |who: &BTreeSet<TechnicianId>| {
        let named = who.iter().filter(|id| named(id));
        named.map(TechnicianId::to_string).collect()
    };
    Ok(Job {
        id: visit.work_order.to_string(),
        place: inputs.place(place),
        windows,
        confirmed,
        priority: if visit.urgent { 80 } else { 50 },
        kind: name(&visit.kind),
        duration: inputs.length(visit),
        skills,
        parts,
        people,
        continuity: visit.before.filter(named).map(|id| id.to_string()),
        refused: ids(&refused),
        far: ids(&far),
        area,
        pin: pin.map(|technician| Pin {
            technician: technician.to_string(),
            stage,
        }),
    })
}

#[cfg(test)]
mod tests;
