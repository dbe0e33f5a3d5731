//! What the constant-time judgment of a place promises: the same answer as building the whole route.

use super::model::{Break, Duration, Job, Place, Problem, Roads, Shift, Technician, Window};
use super::{NONE, Plan};
use crate::budget::Iterations;
use crate::random::Random;
use crate::travel::Datum;

const HOUR: i64 = 3_600;

fn place(random: &mut Random) -> Place {
    Place {
        x: random.unit() * 30_000.0,
        y: random.unit() * 30_000.0,
        row: 0,
        datum: None,
    }
}

fn hours(random: &mut Random, from: i64, count: usize) -> i64 {
    from * HOUR + 900 * i64::try_from(random.below(4 * count)).unwrap_or(0)
}

fn technician(number: usize, random: &mut Random) -> Technician {
    let breaks = [(11, 30), (14, 20)]
        .into_iter()
        .take(number % 3)
        .map(|(hour, minutes)| {
            let earliest = hours(random, hour, 1);
            Break {
                earliest,
                latest: earliest + 600 * i64::try_from(random.below(8)).unwrap_or(0),
                seconds: minutes * 60,
            }
        })
        .collect();
    Technician {
        id: format!("t{number}"),
        start: place(random),
        end: (random.below(2) == 0).then(|| place(random)),
        skills: std::collections::BTreeMap::new(),
        certificates: Vec::new(),
        shifts: vec![Shift {
            start: 8 * HOUR,
            end: 17 * HOUR,
            overtime_until: Some(18 * HOUR),
            breaks,
        }],
        stock: std::collections::BTreeMap::new(),
        areas: Vec::new(),
        outlet: None,
        pace: std::collections::BTreeMap::new(),
        travel_pace: 1_000,
    }
}

fn job(number: usize, random: &mut Random) -> Job {
    let windows = (0..1 + random.below(3))
        .map(|_| {
            let from = hours(random, 8, 9);
            Window {
                from,
                to: from + 600 * i64::try_from(random.below(12)).unwrap_or(0),
            }
        })
        .collect();
    Job {
        id: format!("j{number}"),
        place: place(random),
        windows,
        confirmed: None,
        priority: 0,
        kind: String::new(),
        duration: Duration {
            mean_seconds: 600 + 60 * i64::try_from(random.below(60)).unwrap_or(0),
            variation: 0.0,
        },
        skills: std::collections::BTreeMap::new(),
        parts: std::collections::BTreeMap::new(),
        people: 1,
        continuity: None,
        refused: Vec::new(),
        area: None,
        pin: None,
    }
}

fn check(seed: u64, speeds: Vec<f64>) -> (usize, usize) {
    let constant = speeds.len() == 1;
    let mut random = Random::new(seed);
    let problem = Problem {
        datum: Datum::Plane,
        roads: Roads {
            road_factor: 1.0,
            speeds,
        },
        now: 0,
        technicians: (0..6).map(|n| technician(n, &mut random)).collect(),
        jobs: (0..30).map(|n| job(n, &mut random)).collect(),
    };
    let mut plan = Plan::new(&problem).expect("a sane problem");
    plan.optimize(seed, &Iterations(20));
    let probe = plan.add_task(&job(99, &mut random)).expect("a sane job");
    let (mut fitting, mut places) = (0, 0);
    for at in 0..plan.routes.len() {
        let route = &plan.routes[at];
        let at = crate::number::id(at);
        let what = plan.visit(at, probe);
        for place in 0..=route.stops.len() {
            places += 1;
            let fit = plan.judge(route, at, place..place, &what);
            let whole = plan.with(at, probe, place);
            assert_eq!(whole.holds(), plan.price(&whole).is_some(), "seed {seed}");
            if constant {
                assert_eq!(
                    fit.is_some(),
                    whole.holds(),
                    "seed {seed}, route {at}, place {place}"
                );
            } else if fit.is_some() {
                assert!(whole.holds(), "seed {seed}, route {at}, place {place}");
            }
            let Some(fit) = fit else {
                continue;
            };
            fitting += 1;
            if constant {
                let price = plan.price(&whole).expect("it holds");
                let before = plan.prices[at as usize];
                // An empty route has no way at all, not even from start to end.
                if !route.stops.is_empty() {
                    assert_eq!(fit.travel, price.travel - before.travel, "seed {seed}");
                }
                let clean = before.overtime == 0 && price.overtime == 0;
                assert_eq!(!fit.overtime, clean, "seed {seed}");
            }
        }
    }
    assert!(plan.situations[probe as usize].routes[0] == NONE);
    (fitting, places)
}

#[test]
fn a_place_is_judged_as_the_whole_route_would_be() {
    let (mut fitting, mut places) = (0, 0);
    for seed in 0..300 {
        let (some, all) = check(seed, vec![30.0]);
        fitting += some;
        places += all;
    }
    assert!(fitting > 200 && fitting < places, "{fitting} of {places}");
}

#[test]
fn with_speeds_by_hour_nothing_is_promised_that_does_not_hold() {
    let speeds: Vec<f64> = (0..24)
        .map(|hour| if hour % 3 == 0 { 15.0 } else { 40.0 })
        .collect();
    let mut fitting = 0;
    for seed in 0..100 {
        fitting += check(seed, speeds.clone()).0;
    }
    assert!(fitting > 50);
}
