//! What happens, whatever rule decides: requests, ways, work, absences. All random numbers are drawn before the first
//! decision, so that every rule meets the same day.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::policy::{Order, Rule};
use super::scenario::Scenario;
use crate::error::Bad;
use crate::number::{index, real};
use crate::random::Random;

/// Hours after the last request in which the rest is served; what is then left is late for good.
const AFTER_HOURS: f64 = 4.0;
/// Minutes that a technician waits for a customer who is not at home.
const NO_SHOW_MINUTES: f64 = 10.0;

/// A request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub at: f64,
    pub place: (f64, f64),
    pub skill: usize,
    /// Work and travel compared with their means.
    work: f64,
    travel: f64,
    at_home: bool,
}

/// A technician as the world sees it.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub place: (f64, f64),
    pub skills: Vec<usize>,
    pub state: State,
    sick_at: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum State {
    Idle,
    /// On the way or at work. The rule knows when it began and what is expected, not when it ends.
    Busy,
    Away,
}

/// The world at a moment, in minutes and kilometers.
#[derive(Debug)]
pub(super) struct World<'run> {
    pub scenario: &'run Scenario,
    pub requests: Vec<Request>,
    pub people: Vec<Person>,
    pub now: f64,
}

impl World<'_> {
    /// Expected minutes of a way.
    pub(super) fn way(&self, from: (f64, f64), to: (f64, f64)) -> f64 {
        (from.0 - to.0).hypot(from.1 - to.1) / self.scenario.speed_kmh * 60.0
    }

    pub(super) fn can(&self, person: usize, request: usize) -> bool {
        self.people[person]
            .skills
            .contains(&self.requests[request].skill)
    }

    pub(super) fn end(&self) -> f64 {
        (self.scenario.hours + AFTER_HOURS) * 60.0
    }
}

/// What came of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    pub requests: usize,
    /// Requests with somebody there in time.
    pub in_time: usize,
    /// Requests that nobody came to before the end.
    pub unserved: usize,
    /// Minutes from request to arrival, of those served.
    pub mean_response: f64,
    pub p95_response: f64,
    /// Minutes on the road a visit.
    pub mean_travel: f64,
    /// A digest of everything that was drawn at random: rules are compared on the same day.
    pub drawn: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Happening {
    Arrives(usize),
    Reaches(usize, usize),
    Leaves(usize, usize),
    Sick(usize),
}

/// Plays one day by one rule.
///
/// # Errors
/// An event that the plan refused, which would be a mistake of the engine.
pub fn play(scenario: &Scenario, load: f64, seed: u64, rule: Rule) -> Result<Outcome, Bad> {
    let mut random = Random::new(seed);
    let mut world = World {
        scenario,
        requests: requests(scenario, load, &mut random),
        people: people(scenario, &mut random),
        now: 0.0,
    };
    let drawn = digest(&world);
    let mut policy = rule.policy(&world, seed)?;
    // Milliminutes as the key, so that the order is total; then the order in which things were put in.
    let mut queue: BinaryHeap<Reverse<(u64, u64)>> = BinaryHeap::new();
    let mut happenings = Vec::new();
    let put = |queue: &mut BinaryHeap<_>, happenings: &mut Vec<_>, at: f64, what| {
        let key = index(at * 60_000.0) as u64;
        queue.push(Reverse((key, happenings.len() as u64)));
        happenings.push((at, what));
    };
    for (number, request) in world.requests.iter().enumerate() {
        put(
            &mut queue,
            &mut happenings,
            request.at,
            Happening::Arrives(number),
        );
    }
    for (number, person) in world.people.iter().enumerate() {
        if let Some(at) = person.sick_at {
            put(&mut queue, &mut happenings, at, Happening::Sick(number));
        }
    }
    let mut responses = Vec::new();
    let mut travel = 0.0;
    let mut called_off = vec![false; world.people.len()];
    while let Some(Reverse((_, number))) = queue.pop() {
        let (at, what) = happenings[index(real_u64(number))];
        if at > world.end() {
            break;
        }
        world.now = at;
        match what {
            Happening::Arrives(request) => policy.arrives(&world, request)?,
            Happening::Reaches(person, request) => {
                responses.push(at - world.requests[request].at);
                policy.reaches(&world, person, request)?;
                let one = world.requests[request];
                let stays = if one.at_home {
                    scenario.work_minutes * one.work
                } else {
                    NO_SHOW_MINUTES
                };
                world.people[person].place = one.place;
                let done = Happening::Leaves(person, request);
                put(&mut queue, &mut happenings, at + stays, done);
            }
            Happening::Leaves(person, request) => {
                world.people[person].state = if called_off[person] {
                    State::Away
                } else {
                    State::Idle
                };
                policy.leaves(&world, person, request)?;
            }
            Happening::Sick(person) => {
                called_off[person] = true;
                if world.people[person].state == State::Idle {
                    world.people[person].state = State::Away;
                }
                policy.falls_sick(&world, person)?;
            }
        }
        for Order { person, request } in policy.orders(&world)? {
            let way = world.way(world.people[person].place, world.requests[request].place)
                * world.requests[request].travel;
            travel += way;
            world.people[person].state = State::Busy;
            let reached = Happening::Reaches(person, request);
            put(&mut queue, &mut happenings, world.now + way, reached);
        }
    }
    Ok(Outcome {
        drawn,
        ..outcome(&world, responses, travel)
    })
}

#[expect(clippy::cast_precision_loss, reason = "happenings stay far below 2^52")]
fn real_u64(count: u64) -> f64 {
    count as f64
}

fn outcome(world: &World<'_>, mut responses: Vec<f64>, travel: f64) -> Outcome {
    responses.sort_by(f64::total_cmp);
    let served = real(responses.len()).max(1.0);
    let in_time = responses
        .iter()
        .filter(|&&minutes| minutes <= world.scenario.promise_minutes)
        .count();
    let at = index(0.95 * real(responses.len()));
    Outcome {
        requests: world.requests.len(),
        in_time,
        unserved: world.requests.len() - responses.len(),
        mean_response: responses.iter().sum::<f64>() / served,
        p95_response: responses
            .get(at)
            .or(responses.last())
            .copied()
            .unwrap_or(0.0),
        mean_travel: travel / served,
        drawn: 0,
    }
}

/// A digest (FNV-1a) of the requests and the people as they were drawn.
fn digest(world: &World<'_>) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let requests = world.requests.iter().flat_map(|one| {
        let numbers = [one.at, one.place.0, one.place.1, one.work, one.travel];
        let others = [one.skill as u64, u64::from(one.at_home)];
        numbers.map(f64::to_bits).into_iter().chain(others)
    });
    let people = world.people.iter().flat_map(|one| {
        let sick_at = one.sick_at.unwrap_or(-1.0);
        let numbers = [one.place.0, one.place.1, sick_at];
        let skills = one.skills.iter().map(|skill| *skill as u64);
        numbers.map(f64::to_bits).into_iter().chain(skills)
    });
    requests
        .chain(people)
        .flat_map(u64::to_le_bytes)
        .fold(BASIS, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(PRIME)
        })
}

fn lognormal(random: &mut Random, sigma: f64) -> f64 {
    (sigma * random.normal() - sigma * sigma / 2.0).exp()
}

fn requests(scenario: &Scenario, load: f64, random: &mut Random) -> Vec<Request> {
    let shape = if scenario.by_hour.is_empty() {
        vec![1.0]
    } else {
        scenario.by_hour.clone()
    };
    let sum: f64 = shape.iter().sum();
    let span = scenario.hours * 60.0 / real(shape.len());
    let mut requests = Vec::new();
    for (hour, &weight) in shape.iter().enumerate() {
        let rate = load * weight * real(shape.len()) / sum;
        if rate <= 0.0 {
            continue;
        }
        let mut at = random.exponential(1.0 / rate);
        while at < span {
            requests.push(Request {
                at: real(hour) * span + at,
                place: place(scenario, random),
                skill: random.below(scenario.skills),
                work: lognormal(random, scenario.work_sigma),
                travel: lognormal(random, scenario.travel_sigma),
                at_home: random.unit() >= scenario.no_shows,
            });
            at += random.exponential(1.0 / rate);
        }
    }
    requests
}

fn place(scenario: &Scenario, random: &mut Random) -> (f64, f64) {
    let side = scenario.side_km;
    let weights: f64 = scenario.counties.iter().map(|county| county.weight).sum();
    let mut drawn = random.unit() * weights;
    let (a, b) = (random.unit(), random.unit());
    for county in &scenario.counties {
        drawn -= county.weight;
        if drawn < 0.0 {
            let (radius, angle) = (county.radius * a.sqrt(), std::f64::consts::TAU * b);
            let inside = |value: f64| value.clamp(0.0, side);
            return (
                inside(county.x + radius * angle.cos()),
                inside(county.y + radius * angle.sin()),
            );
        }
    }
    (a * side, b * side)
}

fn people(scenario: &Scenario, random: &mut Random) -> Vec<Person> {
    (0..scenario.technicians)
        .map(|number| {
            let mut skills: Vec<usize> = (0..scenario.skills).collect();
            random.shuffle(&mut skills);
            skills.truncate(scenario.skills_each);
            // Every skill is somebody's.
            if number < scenario.skills && !skills.contains(&number) {
                skills[0] = number;
            }
            let sick = random.unit() < scenario.sick;
            let at = random.unit() * scenario.hours * 60.0;
            Person {
                place: place(scenario, random),
                skills,
                state: State::Idle,
                sick_at: sick.then_some(at),
            }
        })
        .collect()
}
