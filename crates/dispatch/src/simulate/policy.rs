//! The rules that are compared: three that dispatchers use, and our engine.

use serde::Deserialize;

use super::world::{State, World};
use crate::error::Bad;
use crate::number::whole;
use crate::plan::model::{Duration, Job, Place, Problem, Roads, Shift, Technician, Window};
use crate::plan::{Event, How, Plan};
use crate::travel::{Datum, Seconds};

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The request that waits longest gets the nearest idle technician.
    NearestIdle,
    /// Of all waiting requests and idle technicians the nearest pair goes.
    NearestPair,
    /// Each request is given at once to who is expected to be there first, after all that they already have.
    EarliestEta,
    /// Our resident plan.
    Engine,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 4] = [
        Self::NearestIdle,
        Self::NearestPair,
        Self::EarliestEta,
        Self::Engine,
    ];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NearestIdle => "nearest-idle",
            Self::NearestPair => "nearest-pair",
            Self::EarliestEta => "earliest-eta",
            Self::Engine => "engine",
        }
    }

    pub(super) fn policy(self, world: &World<'_>, seed: u64) -> Result<Box<dyn Policy>, Bad> {
        Ok(match self {
            Self::NearestIdle => Box::new(Waiting {
                pair: false,
                requests: Vec::new(),
            }),
            Self::NearestPair => Box::new(Waiting {
                pair: true,
                requests: Vec::new(),
            }),
            Self::EarliestEta => Box::new(Queues::new(world)),
            Self::Engine => Box::new(Engine::new(world, seed)?),
        })
    }
}

/// Somebody who is idle goes to somebody who waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub person: usize,
    pub request: usize,
}

/// What a rule hears, and what it answers.
pub(super) trait Policy {
    fn arrives(&mut self, world: &World<'_>, request: usize) -> Result<(), Bad>;
    fn reaches(&mut self, world: &World<'_>, person: usize, request: usize) -> Result<(), Bad>;
    fn leaves(&mut self, world: &World<'_>, person: usize, request: usize) -> Result<(), Bad>;
    fn falls_sick(&mut self, world: &World<'_>, person: usize) -> Result<(), Bad>;
    fn orders(&mut self, world: &World<'_>) -> Result<Vec<Order>, Bad>;
}

/// Nearest idle, and nearest pair.
struct Waiting {
    pair: bool,
    requests: Vec<usize>,
}

impl Policy for Waiting {
    fn arrives(&mut self, _: &World<'_>, request: usize) -> Result<(), Bad> {
        self.requests.push(request);
        Ok(())
    }
    fn reaches(&mut self, _: &World<'_>, _: usize, _: usize) -> Result<(), Bad> {
        Ok(())
    }
    fn leaves(&mut self, _: &World<'_>, _: usize, _: usize) -> Result<(), Bad> {
        Ok(())
    }
    fn falls_sick(&mut self, _: &World<'_>, _: usize) -> Result<(), Bad> {
        Ok(())
    }
    fn orders(&mut self, world: &World<'_>) -> Result<Vec<Order>, Bad> {
        let mut idle: Vec<usize> = (0..world.people.len())
            .filter(|&person| world.people[person].state == State::Idle)
            .collect();
        let mut orders = Vec::new();
        loop {
            let mut best: Option<(f64, Order)> = None;
            for &request in &self.requests {
                for &person in &idle {
                    if !world.can(person, request) {
                        continue;
                    }
                    let way = world.way(world.people[person].place, world.requests[request].place);
                    if best.is_none_or(|(least, _)| way < least) {
                        best = Some((way, Order { person, request }));
                    }
                }
                // First come, first served: a later request is not looked at while an earlier one can be served.
                if !self.pair && best.is_some() {
                    break;
                }
            }
            let Some((_, order)) = best else {
                return Ok(orders);
            };
            self.requests.retain(|&request| request != order.request);
            idle.retain(|&person| person != order.person);
            orders.push(order);
        }
    }
}

/// Earliest expected arrival, appended for good.
struct Queues {
    queues: Vec<Vec<usize>>,
    /// When and where each is expected to be free after everything given.
    free: Vec<(f64, (f64, f64))>,
    away: Vec<bool>,
}

impl Queues {
    fn new(world: &World<'_>) -> Self {
        Self {
            queues: vec![Vec::new(); world.people.len()],
            free: world
                .people
                .iter()
                .map(|person| (0.0, person.place))
                .collect(),
            away: vec![false; world.people.len()],
        }
    }

    /// Expected end of what is queued, when the person is free at `from` at a place.
    fn expect(&mut self, world: &World<'_>, person: usize, from: f64, place: (f64, f64)) {
        let mut free = (from, place);
        for &request in &self.queues[person] {
            let there = world.requests[request].place;
            free = (
                free.0 + world.way(free.1, there) + world.scenario.work_minutes,
                there,
            );
        }
        self.free[person] = free;
    }
}

impl Policy for Queues {
    fn arrives(&mut self, world: &World<'_>, request: usize) -> Result<(), Bad> {
        let there = world.requests[request].place;
        let eta = |person: &usize| {
            let (free, place) = self.free[*person];
            free.max(world.now) + world.way(place, there)
        };
        let first = (0..world.people.len())
            .filter(|&person| !self.away[person] && world.can(person, request))
            .min_by(|a, b| eta(a).total_cmp(&eta(b)));
        if let Some(person) = first {
            self.free[person] = (eta(&person) + world.scenario.work_minutes, there);
            self.queues[person].push(request);
        }
        Ok(())
    }
    fn reaches(&mut self, world: &World<'_>, person: usize, request: usize) -> Result<(), Bad> {
        let there = world.requests[request].place;
        self.expect(
            world,
            person,
            world.now + world.scenario.work_minutes,
            there,
        );
        Ok(())
    }
    fn leaves(&mut self, world: &World<'_>, person: usize, _: usize) -> Result<(), Bad> {
        self.expect(world, person, world.now, world.people[person].place);
        Ok(())
    }
    fn falls_sick(&mut self, world: &World<'_>, person: usize) -> Result<(), Bad> {
        self.away[person] = true;
        for request in std::mem::take(&mut self.queues[person]) {
            self.arrives(world, request)?;
        }
        Ok(())
    }
    fn orders(&mut self, world: &World<'_>) -> Result<Vec<Order>, Bad> {
        let mut orders = Vec::new();
        for (person, queue) in self.queues.iter_mut().enumerate() {
            if world.people[person].state == State::Idle && !queue.is_empty() {
                orders.push(Order {
                    person,
                    request: queue.remove(0),
                });
            }
        }
        Ok(orders)
    }
}

/// Our engine: every request is a job that may begin until the promise ends; who cannot be reached in time any more waits
/// with low priority, until waiting itself makes it urgent.
struct Engine {
    plan: Plan,
    seed: u64,
    burst: u64,
    /// Requests that are too late already, with the name under which they are in the plan.
    late: Vec<usize>,
    /// How often each request was put in anew.
    round: Vec<u32>,
    end: Seconds,
}

/// Priorities of a request in time, and of one that is late.
const IN_TIME: u8 = 50;
const LATE: u8 = 0;

impl Engine {
    fn new(world: &World<'_>, seed: u64) -> Result<Self, Bad> {
        let end = seconds(world.end());
        let technicians = world
            .people
            .iter()
            .enumerate()
            .map(|(number, person)| Technician {
                id: number.to_string(),
                start: place(person.place),
                end: None,
                skills: person
                    .skills
                    .iter()
                    .map(|skill| (skill.to_string(), 1))
                    .collect(),
                certificates: Vec::new(),
                shifts: vec![Shift {
                    start: 0,
                    end: 2 * end,
                    overtime_until: None,
                    breaks: Vec::new(),
                    not_areas: Vec::new(),
                }],
                stock: std::collections::BTreeMap::new(),
                areas: Vec::new(),
                outlet: None,
                pace: std::collections::BTreeMap::new(),
                travel_pace: 1_000,
            })
            .collect();
        let plan = Plan::new(&Problem {
            datum: Datum::Plane,
            roads: Roads {
                road_factor: 1.0,
                speeds: vec![world.scenario.speed_kmh],
            },
            now: 0,
            technicians,
            jobs: Vec::new(),
        })?;
        Ok(Self {
            plan,
            seed,
            burst: world.scenario.burst,
            late: Vec::new(),
            round: vec![0; world.requests.len()],
            end,
        })
    }

    fn name(&self, request: usize) -> String {
        format!("{request}.{}", self.round[request])
    }

    fn clock(&mut self, world: &World<'_>) -> Result<(), Bad> {
        let now = seconds(world.now);
        self.apply(&Event::Clock { now }, 0)
    }

    fn apply(&mut self, event: &Event, burst: u64) -> Result<(), Bad> {
        self.seed = self.seed.wrapping_add(1);
        self.plan.apply(event, burst, self.seed).map(|_| ())
    }

    fn job(&self, world: &World<'_>, request: usize, window: Window, priority: u8) -> Job {
        let asked = world.requests[request];
        let sigma = world.scenario.work_sigma;
        Job {
            id: self.name(request),
            place: place(asked.place),
            windows: vec![window],
            confirmed: None,
            priority,
            kind: String::new(),
            duration: Duration {
                mean_seconds: seconds(world.scenario.work_minutes),
                variation: ((sigma * sigma).exp() - 1.0).sqrt(),
            },
            skills: std::iter::once((asked.skill.to_string(), 1)).collect(),
            parts: std::collections::BTreeMap::new(),
            people: 1,
            continuity: None,
            refused: Vec::new(),
            far: Vec::new(),
            area: None,
            pin: None,
        }
    }

    /// Requests that nobody can reach in time wait for whoever is free.
    fn give_up(&mut self, world: &World<'_>) -> Result<(), Bad> {
        let lost: Vec<usize> = self
            .plan
            .unassigned()
            .iter()
            .filter_map(|name| name.split('.').next()?.parse().ok())
            .collect();
        for request in lost {
            let job = self.name(request);
            self.apply(&Event::Cancelled { job }, 0)?;
            self.round[request] += 1;
            let window = Window {
                from: 0,
                to: self.end,
            };
            let job = self.job(world, request, window, LATE);
            self.seed = self.seed.wrapping_add(1);
            self.plan.insert(&job, 0, self.seed)?;
            self.late.push(request);
        }
        Ok(())
    }
}

impl Policy for Engine {
    fn arrives(&mut self, world: &World<'_>, request: usize) -> Result<(), Bad> {
        self.clock(world)?;
        let from = seconds(world.now);
        let window = Window {
            from,
            to: from + seconds(world.scenario.promise_minutes),
        };
        let job = self.job(world, request, window, IN_TIME);
        self.seed = self.seed.wrapping_add(1);
        let outcome = self.plan.insert(&job, self.burst, self.seed)?;
        if outcome.how == How::Blocked {
            self.give_up(world)?;
        }
        Ok(())
    }
    fn reaches(&mut self, world: &World<'_>, _: usize, request: usize) -> Result<(), Bad> {
        let job = self.name(request);
        let at = seconds(world.now);
        self.apply(&Event::Started { job, at }, 0)?;
        self.clock(world)
    }
    fn leaves(&mut self, world: &World<'_>, _: usize, request: usize) -> Result<(), Bad> {
        let job = self.name(request);
        let at = seconds(world.now);
        self.apply(&Event::Finished { job, at }, self.burst)?;
        self.clock(world)
    }
    fn falls_sick(&mut self, world: &World<'_>, person: usize) -> Result<(), Bad> {
        let from = seconds(world.now);
        self.apply(
            &Event::Away {
                technician: person.to_string(),
                from,
                until: 2 * self.end,
            },
            self.burst,
        )
    }
    fn orders(&mut self, world: &World<'_>) -> Result<Vec<Order>, Bad> {
        self.give_up(world)?;
        let mut orders = Vec::new();
        for person in 0..world.people.len() {
            if world.people[person].state != State::Idle {
                continue;
            }
            let Some(job) = self.plan.next_job(&person.to_string()).map(str::to_owned) else {
                continue;
            };
            let Some(request) = job.split('.').next().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let at = seconds(world.now);
            self.apply(&Event::EnRoute { job, at }, 0)?;
            orders.push(Order { person, request });
        }
        Ok(orders)
    }
}

fn place((x, y): (f64, f64)) -> Place {
    Place {
        x: x * 1_000.0,
        y: y * 1_000.0,
        row: 0,
        datum: None,
    }
}

fn seconds(minutes: f64) -> Seconds {
    whole(minutes * 60.0)
}
