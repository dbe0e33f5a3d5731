//! What the constant-time judgment of a place promises: the same answer as building the whole route; and what the tree
//! of shifts promises: the same places as a walk over all shifts.

use super::insert::Fit;
use super::model::{Break, Duration, Job, Place, Problem, Roads, Shift, Technician, Window};
use super::{Event, NONE, Plan};
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
            not_areas: Vec::new(),
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
        far: Vec::new(),
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

/// Every place of a job by a walk over all shifts, in order.
fn walked(plan: &Plan, job: u32, second: bool) -> Vec<Fit> {
    let windows = &plan.situations[job as usize].held;
    let (first, last) = (windows[0].from, windows[windows.len() - 1].to);
    let mut fits = Vec::new();
    for at in 0..crate::number::id(plan.routes.len()) {
        let route = &plan.routes[at as usize];
        let then = route.free_at <= last && route.last_end >= first;
        if then && plan.admits_as(at, job, second).is_ok() {
            plan.scan_route(at, job, windows, &mut fits);
        }
    }
    fits.sort_unstable();
    fits
}

/// The same place on the plane, or within a country.
fn on(datum: Datum, place: Place) -> Place {
    match datum {
        Datum::Plane => place,
        _ => Place {
            x: 116.0 + place.x / 10_000.0,
            y: 30.0 + place.y / 15_000.0,
            ..place
        },
    }
}

/// A few towns, or anywhere.
fn somewhere(datum: Datum, random: &mut Random) -> Place {
    let town = match random.below(5) {
        0 => 0.0,
        1 => 180_000.0,
        2 => 25_000.0,
        _ => 6_000.0,
    };
    let near = place(random);
    on(
        datum,
        Place {
            x: near.x / 3.0 + town,
            y: near.y / 3.0,
            ..near
        },
    )
}

fn varied(datum: Datum, seed: u64, random: &mut Random) -> Problem {
    let skill = |random: &mut Random| ["gas", "water", "power"][random.below(3)].to_owned();
    let area = |random: &mut Random| format!("a{}", random.below(90));
    let day = |shift: &Shift, day: i64| Shift {
        start: shift.start + day * 24 * HOUR,
        end: shift.end + day * 24 * HOUR,
        overtime_until: shift.overtime_until.map(|until| until + day * 24 * HOUR),
        breaks: Vec::new(),
        not_areas: Vec::new(),
    };
    let technicians = (0..40)
        .map(|number| {
            let mut one = technician(number, random);
            one.start = somewhere(datum, random);
            one.end = one.end.map(|_| somewhere(datum, random));
            one.skills = (0..2)
                .map(|_| (skill(random), 1 + u8::from(random.below(3) == 0)))
                .collect();
            one.areas = (0..random.below(4)).map(|_| area(random)).collect();
            one.travel_pace = [1_000, 700, 1_400][random.below(3)];
            if random.below(3) == 0 {
                one.pace = std::iter::once(("repair".to_owned(), 600)).collect();
            }
            if random.below(2) == 0 {
                let mut next = day(&one.shifts[0], 1);
                next.not_areas = one.areas.iter().take(random.below(3)).cloned().collect();
                one.shifts.push(next);
            }
            one
        })
        .collect();
    let jobs = (0..90)
        .map(|number| {
            let mut one = job(number, random);
            one.place = somewhere(datum, random);
            one.kind = ["repair", "clean"][random.below(2)].to_owned();
            one.area = (random.below(3) == 0).then(|| area(random));
            one.people = 1 + u8::from(random.below(12) == 0);
            if random.below(3) > 0 {
                let level = 1 + u8::from(random.below(6) == 0);
                one.skills = std::iter::once((skill(random), level)).collect();
            }
            if random.below(4) == 0 {
                let later = one.windows.iter().map(|window| Window {
                    from: window.from + 24 * HOUR,
                    to: window.to + 24 * HOUR,
                });
                one.windows = later.collect();
            }
            one
        })
        .collect();
    Problem {
        datum,
        roads: Roads {
            road_factor: 1.3,
            speeds: if seed.is_multiple_of(2) {
                vec![30.0]
            } else {
                (0..24)
                    .map(|hour| if hour % 5 == 0 { 12.0 } else { 38.0 })
                    .collect()
            },
        },
        now: 0,
        technicians,
        jobs,
    }
}

#[test]
fn the_tree_of_shifts_finds_what_a_walk_over_all_finds() {
    let (mut fitting, mut none) = (0, 0);
    for seed in 0..24 {
        let datum = if seed % 4 < 2 {
            Datum::Plane
        } else {
            Datum::Wgs84
        };
        let mut random = Random::new(seed);
        let problem = varied(datum, seed, &mut random);
        let mut plan = Plan::new(&problem).expect("a sane problem");
        for round in 0..4 {
            match round {
                0 => {}
                1 => drop(plan.optimize(seed, &Iterations(40))),
                2 => {
                    let events = [
                        Event::Clock { now: 9 * HOUR },
                        Event::Away {
                            technician: "t3".to_owned(),
                            from: 0,
                            until: 24 * HOUR,
                        },
                    ];
                    for event in events {
                        plan.apply(&event, 10, seed).expect("an event that fits");
                    }
                }
                _ => {
                    let late = Technician {
                        id: "late".to_owned(),
                        start: somewhere(datum, &mut random),
                        ..technician(7, &mut random)
                    };
                    plan.add_technician(&Technician { end: None, ..late })
                        .expect("a sane technician");
                }
            }
            for job in 0..crate::number::id(plan.tasks.len()) {
                let before = plan.total;
                plan.begin();
                plan.take(job);
                for second in [false, true] {
                    let walked = walked(&plan, job, second);
                    let found: Vec<Fit> = plan.fits(job, second).collect();
                    assert_eq!(found, walked, "seed {seed}, round {round}, job {job}");
                    if !second {
                        let cheapest = plan.cheapest_of(job, walked.into_iter());
                        assert_eq!(plan.cheapest(job), cheapest);
                    }
                    fitting += found.len();
                    none += usize::from(found.is_empty());
                }
                plan.take_back();
                assert_eq!(plan.total, before);
            }
            assert_eq!(plan.total, plan.recount());
        }
    }
    assert!(fitting > 10_000 && none > 100, "{fitting}, {none}");
}

#[test]
fn a_search_leaves_out_shifts_that_cannot_be_better() {
    let mut random = Random::new(3);
    let problem = varied(Datum::Wgs84, 2, &mut random);
    let mut plan = Plan::new(&problem).expect("a sane problem");
    plan.optimize(1, &Iterations(1));
    let probe = plan
        .add_task(&Job {
            id: "probe".to_owned(),
            place: on(Datum::Wgs84, place(&mut random)),
            windows: vec![Window {
                from: 8 * HOUR,
                to: 17 * HOUR,
            }],
            ..job(0, &mut random)
        })
        .expect("a sane job");
    let mut fits = plan.fits(probe, false);
    let first = fits.next().expect("somebody can go");
    assert_eq!(Some(&first), walked(&plan, probe, false).first());
    assert!(fits.unseen() > 0, "everything was looked at");
}
