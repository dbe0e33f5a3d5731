//! Random walks of a plan: every state after every event passes the checker, windows that were promised stay, what is
//! refused changes nothing, and nothing depends on anything but the events and the seeds.

use std::collections::BTreeMap;

use aftercare_dispatch::Iterations;
use aftercare_dispatch::check;
use aftercare_dispatch::plan::model::{
    Break, Certificate, Job, Pin, Place, Problem, Shift, Stage, Technician, Window,
};
use aftercare_dispatch::plan::{Cost, Event, Plan, Schedule, Snapshot};
use aftercare_dispatch::random::Random;
use aftercare_dispatch::travel::Datum;

use crate::plan::{HOUR, checked, held, job, place, problem, promises, technician};

/// Technicians of a walk.
const CREW: usize = 5;

/// Somewhere within 20 km, on the plane or on the globe.
pub fn somewhere(random: &mut Random, datum: Datum) -> Place {
    let (x, y) = (random.unit(), random.unit());
    match datum {
        Datum::Plane => place(x * 20_000.0, y * 20_000.0),
        _ => place(120.0 + x * 0.2, 30.0 + y * 0.18),
    }
}

pub fn somebody(random: &mut Random) -> String {
    format!("t{}", random.below(CREW))
}

/// Every second walk is on the globe.
pub fn day(seed: u64, random: &mut Random) -> (Datum, Problem) {
    let datum = if seed.is_multiple_of(2) {
        Datum::Plane
    } else {
        Datum::Wgs84
    };
    let technicians = (0..CREW)
        .map(|number| random_technician(random, number, datum))
        .collect();
    let day = Problem {
        datum,
        ..problem(technicians, vec![])
    };
    (datum, day)
}

pub fn random_technician(random: &mut Random, number: usize, datum: Datum) -> Technician {
    let home = somewhere(random, datum);
    let mut one = technician(&format!("t{number}"), 0.0, 0.0);
    (one.start, one.end) = (home, Some(home));
    if random.below(3) == 0 {
        // Less than some jobs ask for.
        one.skills.insert("gas".to_owned(), 1);
    }
    if random.below(3) == 0 {
        let level = 1 + u8::from(random.below(2) == 0);
        one.skills.insert("electric".to_owned(), level);
    }
    if random.below(4) == 0 {
        one.end = None;
    }
    if random.below(4) == 0 {
        one.areas = vec!["north".to_owned()];
    }
    if random.below(4) == 0 {
        one.certificates = vec![Certificate {
            skill: "gas".to_owned(),
            from: 0,
            until: 30 * HOUR,
        }];
    }
    if random.below(2) == 0 {
        one.shifts.push(Shift {
            start: 32 * HOUR,
            end: 40 * HOUR,
            overtime_until: None,
            not_areas: Vec::new(),
            breaks: vec![
                Break {
                    earliest: 34 * HOUR,
                    latest: 35 * HOUR,
                    seconds: 600,
                },
                Break {
                    earliest: 36 * HOUR,
                    latest: 37 * HOUR,
                    seconds: 1_800,
                },
            ],
        });
    }
    one.pace.insert(
        "repair".to_owned(),
        800 + 50 * u32::try_from(random.below(9)).unwrap_or(0),
    );
    one
}

pub fn random_job(random: &mut Random, number: usize, datum: Datum) -> Job {
    let from = i64::try_from(8 + random.below(8)).unwrap_or(8) * HOUR;
    let day = if random.below(4) == 0 { 24 * HOUR } else { 0 };
    let to = from + i64::try_from(1 + random.below(3)).unwrap_or(1) * HOUR;
    let mut one = job(&format!("j{number}"), 0.0, 0.0, from + day, to + day);
    one.place = somewhere(random, datum);
    if random.below(4) == 0 {
        one.windows.push(Window {
            from: 33 * HOUR,
            to: 36 * HOUR,
        });
    }
    one.priority = u8::try_from(random.below(101)).unwrap_or(0);
    if random.below(4) == 0 {
        one.skills.insert("gas".to_owned(), 2);
    }
    if random.below(5) == 0 {
        let level = 1 + u8::from(random.below(3) == 0);
        one.skills.insert("electric".to_owned(), level);
    }
    if random.below(4) == 0 {
        one.far = vec![somebody(random), somebody(random)];
    }
    if random.below(6) == 0 {
        one.refused = vec![somebody(random)];
    }
    if random.below(3) == 0 {
        one.continuity = Some(somebody(random));
    }
    if random.below(5) == 0 {
        one.parts.insert("valve".to_owned(), 1);
    }
    if random.below(6) == 0 {
        one.people = 2;
    }
    if random.below(5) == 0 {
        one.area = Some("north".to_owned());
    }
    one
}

/// The same, given to somebody by a human: with whoever was named to come along, and maybe for a time that was agreed.
pub fn given_out(random: &mut Random, mut one: Job) -> Job {
    let (lead, helper) = (somebody(random), somebody(random));
    if one.people > 1 && lead != helper && random.below(2) == 0 {
        let others = (0..CREW).map(|number| format!("t{number}"));
        one.refused = others
            .filter(|name| *name != lead && *name != helper)
            .collect();
    }
    if random.below(2) == 0 {
        one.confirmed = one.windows.first().copied();
    }
    one.pin = Some(Pin {
        technician: lead,
        stage: Stage::Accepted,
    });
    one
}

fn random_event(random: &mut Random, plan: &Plan, now: i64, jobs: usize) -> Event {
    // Mostly of jobs that somebody has, sometimes of any: bad events must leave the plan as it was.
    let schedules = plan.schedules();
    let mut name = format!("j{}", random.below(jobs + 1));
    if random.below(5) > 0 && !schedules.is_empty() {
        let shift = &schedules[random.below(schedules.len())];
        name.clone_from(&shift.visits[random.below(shift.visits.len())].job);
    }
    let start = plan
        .assignment(&name)
        .ok()
        .and_then(|legs| legs.first().map(|leg| leg.start));
    let technician = format!("t{}", random.below(6));
    match random.below(14) {
        0 => Event::Clock {
            now: now + 600 - 1_200 * i64::from(random.below(9) == 0),
        },
        1 | 2 => Event::Confirmed {
            job: name,
            window: Window {
                from: start.unwrap_or(now) - 1_800,
                to: start.unwrap_or(now) + 3_600,
            },
        },
        3 => Event::Accepted { job: name },
        4 => Event::Declined { job: name },
        5 => Event::EnRoute { job: name, at: now },
        6 => Event::Started {
            job: name,
            at: now.max(start.unwrap_or(now)),
        },
        7 => Event::Finished {
            job: name,
            at: now + 60,
        },
        8 => Event::Overrun {
            job: name,
            until: now + 5_400,
        },
        9 => Event::Cancelled { job: name },
        10 => Event::Away {
            technician,
            from: now,
            until: now + i64::try_from(random.below(20)).unwrap_or(0) * HOUR,
        },
        11 => Event::Stock {
            technician,
            part: "valve".to_owned(),
            left: 0,
        },
        12 => Event::Waits {
            job: name,
            waits: random.below(2) == 0,
        },
        _ => Event::Absent {
            job: name,
            at: now,
            windows: vec![Window {
                from: 33 * HOUR,
                to: 39 * HOUR,
            }],
        },
    }
}

/// All that can be seen of a plan.
pub fn whole(plan: &Plan) -> (Snapshot, Vec<Schedule>, Vec<String>, Cost, i64) {
    let nobody = plan.unassigned().into_iter().map(str::to_owned);
    (
        plan.snapshot(),
        plan.schedules(),
        nobody.collect(),
        plan.cost(),
        plan.now(),
    )
}

fn play(seed: u64) -> (Vec<String>, Plan) {
    let mut random = Random::new(seed);
    let (datum, asked) = day(seed, &mut random);
    let mut plan = Plan::new(&asked).expect("a sane problem");
    let mut record = check::Record::new(&asked).expect("a sane problem");
    let mut told = Vec::new();
    let mut jobs = 0;
    let mut now = 7 * HOUR;
    for step in 0..60 {
        if jobs < 30 && random.below(2) == 0 {
            let mut job = random_job(&mut random, jobs, datum);
            if random.below(6) == 0 {
                job = given_out(&mut random, job);
            }
            jobs += 1;
            // A job may ask for a skill that no random technician has, or be given to somebody who cannot take it.
            let schedules = plan.schedules();
            let (before, known) = (promises(&plan), whole(&plan));
            let outcome = plan.insert(&job, random.below(4) as u64, step);
            if let Ok(outcome) = &outcome {
                let own = Some(job.id.as_str());
                let all = check::told(&schedules, &plan.schedules(), &outcome.changes, own);
                all.unwrap_or_else(|what| panic!("seed {seed}, step {step}, {job:?}: {what}"));
                record
                    .inserted(&job, &outcome.changes)
                    .expect("a sane place");
            } else {
                assert_eq!(whole(&plan), known, "refused, and changed: {job:?}");
            }
            // Whoever comes now moves nobody's promise.
            let after = promises(&plan);
            for (promised, window) in &before {
                assert_eq!(after.get(promised), Some(window), "{promised} by {job:?}");
            }
            told.push(format!("{outcome:?}"));
        } else {
            let event = random_event(&mut random, &plan, now, jobs);
            let before = promises(&plan);
            let known = whole(&plan);
            let schedules = plan.schedules();
            let answer = plan.apply(&event, random.below(4) as u64, step);
            if let Ok(repair) = &answer {
                record.happened(&event, &schedules, &repair.changes);
                let all = check::told(&schedules, &plan.schedules(), &repair.changes, None);
                all.unwrap_or_else(|what| panic!("seed {seed}, step {step}, {event:?}: {what}"));
            }
            if answer.is_err() {
                assert_eq!(whole(&plan), known, "refused, and changed: {event:?}");
            }
            // Nobody's promise changes, comes or goes but by an event of that very job.
            let after = promises(&plan);
            for job in before.keys().chain(after.keys()) {
                let own = format!("{event:?}").contains(&format!("{job:?}"));
                assert!(
                    own || before.get(job) == after.get(job),
                    "{job} moved by {event:?}"
                );
            }
            told.push(format!("{event:?}: {answer:?}"));
        }
        now += i64::try_from(random.below(900)).unwrap_or(0);
        check::schedules(&plan.snapshot(), &plan.schedules(), plan.travel())
            .and_then(|()| held(&plan, &record))
            .unwrap_or_else(|broken| panic!("seed {seed}, step {step}: {broken}\n{told:#?}"));
        assert_eq!(
            plan.cost(),
            plan.recount(),
            "seed {seed}, step {step}: {:?}",
            told.last()
        );
    }
    (told, plan)
}

#[test]
fn every_state_after_every_event_passes_the_checker() {
    for seed in 0..400 {
        play(seed);
    }
}

#[test]
fn the_same_events_give_the_same_plan() {
    for seed in 0..5 {
        let (first, one) = play(seed);
        let (second, other) = play(seed);
        assert_eq!(first, second);
        assert_eq!(one.schedules(), other.schedules());
    }
}

#[test]
fn improving_never_makes_a_plan_worse() {
    let mut random = Random::new(5);
    let (datum, asked) = day(5, &mut random);
    let mut plan = Plan::new(&asked).expect("a sane problem");
    for number in 0..40 {
        let job = random_job(&mut random, number, datum);
        let _ = plan.insert(&job, 0, 1);
    }
    let mut last = plan.cost();
    for round in 0..20 {
        assert_eq!(plan.improve(round, &Iterations(50)), 50);
        assert!(plan.cost() <= last);
        last = plan.cost();
        checked(&plan);
    }
}

/// Something that happens around a promise: to the technicians, or to visits that were promised to nobody.
fn around_a_promise(random: &mut Random, now: i64, jobs: usize) -> (Event, bool) {
    let job = format!("j{}", random.below(jobs + 1));
    match random.below(6) {
        0 | 1 => (Event::Clock { now }, true),
        2 => {
            let hours = i64::try_from(1 + random.below(8)).unwrap_or(1);
            let away = Event::Away {
                technician: somebody(random),
                from: now,
                until: now + hours * HOUR,
            };
            (away, true)
        }
        3 => (Event::Declined { job }, false),
        4 => (Event::Cancelled { job }, false),
        _ => {
            let waits = random.below(2) == 0;
            (Event::Waits { job, waits }, false)
        }
    }
}

/// The yardstick is a second plan with the same technicians, to whom the same happens, and with that one visit: what keeps
/// its promise there is kept here too, however many visits nobody was promised are around, and however urgent they are.
#[test]
fn a_promise_is_broken_only_where_it_could_not_be_kept_if_it_were_alone() {
    let (mut promised, mut looked) = (0, 0);
    for seed in 0..40 {
        let mut random = Random::new(1_000 + seed);
        let (datum, asked) = day(seed, &mut random);
        let mut plan = Plan::new(&asked).expect("a sane problem");
        let mut alone = Plan::new(&asked).expect("a sane problem");
        let visit = Job {
            place: somewhere(&mut random, datum),
            priority: 0,
            ..job("promised", 0.0, 0.0, 10 * HOUR, 15 * HOUR)
        };
        for plan in [&mut plan, &mut alone] {
            plan.insert(&visit, 0, 1).expect("a sane job");
        }
        let legs = plan.assignment("promised").expect("known");
        let Some(start) = legs.first().map(|leg| leg.start) else {
            continue;
        };
        let window = Window {
            from: start - 900,
            to: start + 900,
        };
        let confirmed = Event::Confirmed {
            job: "promised".to_owned(),
            window,
        };
        for plan in [&mut plan, &mut alone] {
            plan.apply(&confirmed, 0, 1).expect("it was offered");
        }
        promised += 1;
        let kept = |plan: &Plan| {
            let legs = plan.assignment("promised").expect("known");
            legs.first().is_some_and(|leg| window.holds(leg.start))
        };
        let (mut now, mut jobs) = (7 * HOUR, 0);
        for step in 0..60 {
            now += i64::try_from(random.below(900)).unwrap_or(0);
            if jobs < 30 && random.below(2) == 0 {
                let mut urgent = random_job(&mut random, jobs, datum);
                urgent.priority = urgent.priority.max(50);
                jobs += 1;
                // One that asks for a skill that nobody has is refused.
                let _ = plan.insert(&urgent, random.below(4) as u64, step);
            } else {
                let (event, to_all) = around_a_promise(&mut random, now, jobs);
                // Of others it may not fit, as in the first walk.
                let said = plan.apply(&event, random.below(4) as u64, step);
                if to_all {
                    said.expect("of everybody");
                    alone.apply(&event, 0, step).expect("of everybody");
                }
            }
            if plan.now() > window.to {
                break;
            }
            looked += 1;
            assert!(
                kept(&plan) || !kept(&alone),
                "seed {seed}, step {step}: {:?}, and alone {:?}",
                plan.assignment("promised"),
                alone.assignment("promised")
            );
            checked(&plan);
        }
    }
    assert!(promised >= 20 && looked >= 400, "{promised}, {looked}");
}

/// The only one who is left has two visits of which nobody was told, and which are more urgent. They give way.
#[test]
fn a_promise_comes_before_visits_that_are_more_urgent_and_promised_to_nobody() {
    let technicians = vec![technician("one", 0.0, 0.0), technician("two", 3_000.0, 0.0)];
    let mut plan = Plan::new(&problem(technicians, vec![])).expect("a sane problem");
    let window = Window {
        from: 9 * HOUR + 900,
        to: 9 * HOUR + 2_700,
    };
    let promised = job("promised", 100.0, 0.0, window.from, window.to);
    plan.insert(&promised, 0, 1).expect("a sane job");
    let confirmed = Event::Confirmed {
        job: "promised".to_owned(),
        window,
    };
    plan.apply(&confirmed, 0, 1).expect("it fits");
    for (id, from) in [("early", 9 * HOUR), ("late", 9 * HOUR + 3_300)] {
        let urgent = Job {
            priority: 90,
            ..job(id, 3_000.0, 0.0, from, from + 300)
        };
        plan.insert(&urgent, 0, 1).expect("a sane job");
        let legs = plan.assignment(id).expect("known");
        assert_eq!(legs[0].technician, "two", "{id}");
    }
    let sick = Event::Away {
        technician: "one".to_owned(),
        from: 0,
        until: 24 * HOUR,
    };
    let repair = plan.apply(&sick, 5, 1).expect("known");
    let legs = plan.assignment("promised").expect("known");
    assert_eq!(legs[0].technician, "two");
    assert!(window.holds(legs[0].start), "{legs:?}");
    assert_eq!(plan.cost().promises, 0);
    assert_eq!(plan.unassigned(), ["early", "late"]);
    let lost: BTreeMap<&str, bool> = repair
        .changes
        .iter()
        .map(|change| (change.job.as_str(), change.after.is_none()))
        .collect();
    assert_eq!(lost.get("early"), Some(&true), "they are told as lost");
    assert_eq!(lost.get("late"), Some(&true), "they are told as lost");
    checked(&plan);
}
