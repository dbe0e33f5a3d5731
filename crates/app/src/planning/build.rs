//! From open repairs and technicians to a plan: what is told to the engine, and in which order.
//!
//! The plan is a function of its inputs alone: accepted visits first, then every other one in the order in which it was
//! asked for. A new repair comes last, so that taking it in and making the whole plan again give the same plan, also
//! after a crash.

use crate::hours::WorkHours;
use crate::people::Place;
use aftercare_dispatch::plan::Plan;
use aftercare_dispatch::plan::model::{
    Break, Duration, Job, Pin, Problem, Roads, Shift, Stage, Technician, Window,
};
use aftercare_dispatch::travel::Datum;
use aftercare_domain::Timestamp;
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::{CaseId, TechnicianId, WorkOrderId};
use aftercare_domain::time::{CHINA_OFFSET_MS, DAY_MS, MINUTE_MS};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Days that are planned, today included.
pub(super) const PLANNED_DAYS: i64 = 7;
/// When visits are offered to customers, in seconds of the day.
pub(super) const DAY_BEGINS_S: i64 = 8 * 3_600;
pub(super) const DAY_ENDS_S: i64 = 20 * 3_600;
/// The plan looks at the clock in steps, so that it does not change while nothing happens.
pub(super) const STEP_MS: i64 = 15 * MINUTE_MS;
/// How much longer a day may become when a visit takes longer, in seconds.
const OVERTIME_S: i64 = 2 * 3_600;
/// How much later a pause may begin, in seconds.
const PAUSE_LATE_S: i64 = 3_600;
/// A visit that is late may begin within so long from now.
const LATE_WINDOW_S: i64 = 2 * 3_600;
/// Steps of improvement near a visit that is taken in.
const BURST: u64 = 60;
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
    /// The technician is on the way or there.
    Busy,
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
    pub urgent: bool,
    pub step: Step,
    /// Wished, or agreed.
    pub window: Option<aftercare_domain::event::Window>,
    pub technician: Option<TechnicianId>,
    /// Who declined it.
    pub refused: Vec<TechnicianId>,
    /// Who was there before.
    pub before: Option<TechnicianId>,
    /// Where it is; none when the place is to be asked.
    pub place: Option<Place>,
}

/// Somebody who can be sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Person {
    pub id: TechnicianId,
    pub name: String,
    pub skills: Vec<String>,
    /// All counties that are served.
    pub counties: Arc<BTreeSet<String>>,
    pub home: Place,
    pub reach_m: u32,
    pub hours: WorkHours,
}

/// Why a repair is not in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// Its place is to be asked.
    NoPlace,
    /// Nobody who can be sent has the skill.
    NoSkill,
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
    pub people: Vec<Person>,
    /// In the order in which they were asked for.
    pub visits: Vec<Visit>,
}

impl Inputs {
    /// The first midnight of the plan.
    pub(super) fn midnight(&self) -> Timestamp {
        let local = self.at.0 + CHINA_OFFSET_MS;
        Timestamp(local - local.rem_euclid(DAY_MS) - CHINA_OFFSET_MS)
    }

    pub(super) fn seconds(&self, at: Timestamp) -> i64 {
        at.since_ms(self.midnight()).div_euclid(1_000)
    }

    pub(super) fn time(&self, seconds: i64) -> Timestamp {
        Timestamp(self.midnight().0 + seconds * 1_000)
    }

    fn now(&self) -> i64 {
        self.seconds(self.at)
    }

    /// When somebody works on a day of the plan, in seconds since its first midnight.
    pub(super) fn spans(&self, who: &Person, day: i64) -> Vec<(i64, i64)> {
        let midnight = self.midnight().0 + day * DAY_MS;
        let spans = who.hours.on_midnight(midnight);
        spans
            .iter()
            .map(|span| {
                let (from, until) = span.ms();
                (day * 86_400 + from / 1_000, day * 86_400 + until / 1_000)
            })
            .collect()
    }
}

/// A plan with the inputs that it was made of.
pub(super) struct Live {
    pub inputs: Inputs,
    pub plan: Plan,
    pub outside: BTreeMap<WorkOrderId, Outside>,
}

/// Expected length of a visit and how much it varies, until visits that were made tell better. Assumed, not measured.
const fn length(kind: WorkKind) -> Duration {
    let minutes = match kind {
        WorkKind::Repair | WorkKind::Upgrade => 60,
        WorkKind::Install | WorkKind::Clean => 90,
        WorkKind::Maintain => 45,
        WorkKind::Inspect => 30,
    };
    Duration {
        mean_seconds: minutes * 60,
        variation: 0.5,
    }
}

/// Expected length of a visit in milliseconds.
pub(super) const fn length_ms(kind: WorkKind) -> i64 {
    length(kind).mean_seconds * 1_000
}

impl Live {
    /// Makes the plan of these inputs.
    ///
    /// # Errors
    /// What the engine refuses, in its words.
    pub(super) fn make(inputs: Inputs) -> Result<Self, aftercare_dispatch::Bad> {
        let mut outside = BTreeMap::new();
        let (mut pinned, mut open) = (Vec::new(), Vec::new());
        for visit in &inputs.visits {
            match job(&inputs, visit) {
                Ok(Some(job)) if job.pin.is_some() => pinned.push((visit.work_order, job)),
                Ok(Some(job)) => open.push((visit.work_order, job)),
                Ok(None) => {}
                Err(why) => {
                    outside.insert(visit.work_order, why);
                }
            }
        }
        let mut plan = Plan::new(&Problem {
            datum: Datum::Wgs84,
            roads: Roads::default(),
            now: inputs.now(),
            technicians: Vec::new(),
            jobs: Vec::new(),
        })?;
        for who in &inputs.people {
            // One who cannot be planned must not keep everybody else from being planned.
            if let Err(bad) = plan.add_technician(&person(&inputs, who)) {
                tracing::warn!(technician = %who.id, %bad, "not in the plan");
            }
        }
        let mut live = Self {
            inputs,
            plan,
            outside,
        };
        for (id, job) in &pinned {
            if live.plan.insert(job, BURST, SEED).is_err() {
                // Two times that one person cannot keep, or one outside the hours: it waits for a dispatcher, and goes
                // to nobody else.
                let job = alone(&live.inputs, job);
                live.take_in(*id, &job);
            }
        }
        for (id, job) in &open {
            live.take_in(*id, job);
        }
        Ok(live)
    }

    /// Takes a visit in; one that the engine refuses stays outside, and the others are planned.
    fn take_in(&mut self, id: WorkOrderId, job: &Job) {
        if let Err(bad) = self.plan.insert(job, BURST, SEED) {
            tracing::warn!(work_order = %id, %bad, "not in the plan");
            self.outside.insert(id, Outside::Refused);
        }
    }

    /// Takes in what came last, when that is all that is new; else the plan has to be made again.
    ///
    /// # Errors
    /// What the engine refuses, in its words.
    pub(super) fn grow(mut self, inputs: Inputs) -> Result<Self, aftercare_dispatch::Bad> {
        let known = self.inputs.visits.len();
        let grown = inputs.at == self.inputs.at
            && inputs.people == self.inputs.people
            && inputs.visits.get(..known) == Some(&self.inputs.visits)
            && inputs.visits[known..]
                .iter()
                .all(|visit| visit.step == Step::Open);
        if !grown {
            return Self::make(inputs);
        }
        for visit in &inputs.visits[known..] {
            match job(&inputs, visit) {
                Ok(Some(job)) => self.take_in(visit.work_order, &job),
                Ok(None) => {}
                Err(why) => {
                    self.outside.insert(visit.work_order, why);
                }
            }
        }
        self.inputs = inputs;
        Ok(self)
    }
}

fn person(inputs: &Inputs, who: &Person) -> Technician {
    let mut free = inputs.now();
    let mut start = who.home;
    // Who is with a customer goes on from there.
    for visit in &inputs.visits {
        if visit.step == Step::Busy && visit.technician == Some(who.id) {
            let begins = visit.window.map_or(inputs.now(), |window| {
                inputs.seconds(window.from).max(inputs.now())
            });
            free = free.max(begins + length(visit.kind).mean_seconds);
            start = visit.place.unwrap_or(start);
        }
    }
    let shifts = (0..PLANNED_DAYS)
        .filter_map(|day| {
            let spans = inputs.spans(who, day);
            let (first, last) = (spans.first()?, spans.last()?);
            let start = first.0.max(free);
            let pauses = spans.windows(2).map(|pair| (pair[0].1, pair[1].0));
            (start < last.1).then(|| Shift {
                start,
                end: last.1,
                overtime_until: Some(last.1 + OVERTIME_S),
                // Who comes late to a pause takes it late.
                breaks: pauses
                    .filter(|(from, _)| *from >= start)
                    .map(|(from, until)| Break {
                        earliest: from,
                        latest: from + PAUSE_LATE_S,
                        seconds: until - from,
                    })
                    .collect(),
            })
        })
        .collect();
    Technician {
        id: who.id.to_string(),
        start: degrees(start),
        end: None,
        skills: who.skills.iter().map(|skill| (skill.clone(), 1)).collect(),
        certificates: Vec::new(),
        shifts,
        stock: BTreeMap::new(),
        areas: areas(&who.counties),
        outlet: None,
        pace: BTreeMap::new(),
        travel_pace: 1_000,
    }
}

/// The engine takes no area at all for every area.
fn areas(counties: &BTreeSet<String>) -> Vec<String> {
    if counties.is_empty() {
        return vec!["-".to_owned()];
    }
    counties.iter().cloned().collect()
}

/// A job that only whoever accepted it may make.
fn alone(inputs: &Inputs, job: &Job) -> Job {
    let pinned = job.pin.as_ref().map(|pin| pin.technician.as_str());
    let others = inputs.people.iter().map(|who| who.id.to_string());
    Job {
        pin: None,
        refused: others.filter(|id| Some(id.as_str()) != pinned).collect(),
        ..job.clone()
    }
}

fn degrees(place: Place) -> aftercare_dispatch::plan::model::Place {
    aftercare_dispatch::plan::model::Place {
        x: f64::from(place.longitude_e6) / 1e6,
        y: f64::from(place.latitude_e6) / 1e6,
        row: 0,
        datum: None,
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

/// The job of a visit; `None` for one that is being made.
pub(super) fn job(inputs: &Inputs, visit: &Visit) -> Result<Option<Job>, Outside> {
    if visit.step == Step::Busy {
        return Ok(None);
    }
    let place = visit.place.ok_or(Outside::NoPlace)?;
    let named = |id: TechnicianId| inputs.people.iter().any(|who| who.id == id);
    let pin = visit.technician.filter(|_| visit.step != Step::Open);
    if let Some(away) = pin.filter(|pin| !named(*pin)) {
        return Err(Outside::Away(away));
    }
    let able = |who: &Person| who.skills.contains(&visit.skill);
    if !inputs.people.iter().any(able) {
        return Err(Outside::NoSkill);
    }
    let now = inputs.now();
    let window = visit.window.map(|window| Window {
        from: inputs.seconds(window.from),
        to: inputs.seconds(window.until),
    });
    if window.is_some_and(|window| window.from >= PLANNED_DAYS * 86_400) {
        return Err(Outside::Later);
    }
    let over = window.is_some_and(|window| window.to < now);
    let (windows, confirmed) = match window {
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
    };
    let far = |who: &&Person| {
        crate::technicians::straight_line_m(place, who.home.latitude_e6, who.home.longitude_e6)
            > who.reach_m
    };
    let mut refused: BTreeSet<TechnicianId> = visit.refused.iter().copied().collect();
    refused.extend(inputs.people.iter().filter(far).map(|who| who.id));
    if let Some(pin) = pin {
        refused.remove(&pin);
    }
    Ok(Some(Job {
        id: visit.work_order.to_string(),
        place: degrees(place),
        windows,
        confirmed,
        priority: if visit.urgent { 80 } else { 50 },
        kind: String::new(),
        duration: length(visit.kind),
        skills: BTreeMap::from([(visit.skill.clone(), 1)]),
        parts: BTreeMap::new(),
        people: 1,
        continuity: visit
            .before
            .filter(|id| named(*id))
            .map(|id| id.to_string()),
        refused: refused
            .into_iter()
            .filter(|id| named(*id))
            .map(|id| id.to_string())
            .collect(),
        area: Some(visit.county.clone()),
        pin: pin.map(|technician| Pin {
            technician: technician.to_string(),
            stage: Stage::Accepted,
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const PLACE: Place = Place {
        latitude_e6: 30_250_000,
        longitude_e6: 120_170_000,
    };

    fn who(number: u128, skill: &str) -> Person {
        Person {
            id: TechnicianId(Uuid::from_u128(number)),
            name: format!("师傅{number}"),
            skills: vec![skill.to_owned()],
            counties: Arc::new(BTreeSet::from(["330106".to_owned()])),
            home: PLACE,
            reach_m: 10_000,
            hours: WorkHours::default(),
        }
    }

    fn visit(number: u128, skill: &str) -> Visit {
        Visit {
            work_order: WorkOrderId(Uuid::from_u128(number)),
            case: CaseId(Uuid::from_u128(number)),
            requested_at: Timestamp(0),
            kind: WorkKind::Repair,
            skill: skill.to_owned(),
            county: "330106".to_owned(),
            urgent: false,
            step: Step::Open,
            window: None,
            technician: None,
            refused: Vec::new(),
            before: None,
            place: Some(PLACE),
        }
    }

    #[test]
    fn one_that_cannot_be_planned_does_not_keep_others_from_it() {
        let inputs = Inputs {
            // 2026-11-02 09:00 in China.
            at: Timestamp(1_793_581_200_000),
            people: vec![who(1, "lamp"), who(2, "la\u{1}mp")],
            visits: vec![visit(11, "la\u{1}mp"), visit(12, "lamp")],
        };
        let live = Live::make(inputs).expect("a plan");
        let planned = |number: u128| {
            let id = Uuid::from_u128(number).to_string();
            live.plan.assignment(&id).unwrap_or_default().len()
        };
        assert_eq!((planned(11), planned(12)), (0, 1));
        let refused = WorkOrderId(Uuid::from_u128(11));
        assert_eq!(live.outside.get(&refused), Some(&Outside::Refused));
    }
}
