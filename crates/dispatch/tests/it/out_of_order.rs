//! Random walks in which what happened is told late, early, twice or in another order, clocks jump, and people join in the
//! midst of it: every state passes the checker all the same.

use aftercare_dispatch::check::{self, Record};
use aftercare_dispatch::plan::model::{Pin, Problem, Stage, Window};
use aftercare_dispatch::plan::{Event, Plan};
use aftercare_dispatch::random::Random;

use crate::plan::{HOUR, held};
use crate::walk::{day, given_out, random_job, random_technician, somebody, whole};

/// A time hours before or after another.
fn around(random: &mut Random, now: i64) -> i64 {
    let away = i64::try_from(random.below(21)).unwrap_or(0) - 10;
    (now + away * 1_200).max(0)
}

fn anything(random: &mut Random, plan: &Plan, now: i64, jobs: usize) -> Event {
    let schedules = plan.schedules();
    let mut job = format!("j{}", random.below(jobs + 1));
    if random.below(4) > 0 && !schedules.is_empty() {
        let visits = &schedules[random.below(schedules.len())].visits;
        // Whoever sets out does so to the next visit mostly.
        let place = if random.below(2) == 0 {
            0
        } else {
            random.below(visits.len())
        };
        job.clone_from(&visits[place].job);
    }
    let at = around(random, now);
    match random.below(16) {
        0 | 1 => Event::Clock { now: at },
        2..=4 => Event::EnRoute { job, at },
        5 | 6 => Event::Started { job, at },
        7 | 8 => Event::Finished { job, at },
        9 => Event::Overrun { job, until: at },
        10 => Event::Cancelled { job },
        11 => Event::Away {
            technician: somebody(random),
            from: at,
            until: at + i64::try_from(1 + random.below(12)).unwrap_or(1) * HOUR,
        },
        12 => Event::Absent {
            job,
            at,
            windows: (0..random.below(3))
                .map(|number| Window {
                    from: (10 + 24 * i64::try_from(number).unwrap_or(0)) * HOUR,
                    to: (15 + 24 * i64::try_from(number).unwrap_or(0)) * HOUR,
                })
                .collect(),
        },
        13 => Event::Waits {
            job,
            waits: random.below(2) == 0,
        },
        14 => Event::Stock {
            technician: somebody(random),
            part: "valve".to_owned(),
            left: u32::try_from(random.below(3)).unwrap_or(0),
        },
        _ => Event::Declined { job },
    }
}

fn play(seed: u64) {
    let mut random = Random::new(seed);
    let (datum, asked) = day(seed, &mut random);
    let mut now = i64::try_from(6 + random.below(8)).unwrap_or(6) * HOUR;
    let asked = Problem {
        now: if random.below(2) == 0 { now } else { 0 },
        ..asked
    };
    let mut plan = Plan::new(&asked).expect("a sane problem");
    let mut record = Record::new(&asked).expect("a sane problem");
    let mut told = Vec::new();
    let (mut jobs, mut people) = (0, 10);
    for step in 0..70 {
        let before = plan.schedules();
        let known = whole(&plan);
        if random.below(40) == 0 {
            let one = random_technician(&mut random, people, datum);
            people += 1;
            plan.add_technician(&one).expect("a sane technician");
            record.joined(&one).expect("a sane place");
            told.push(format!("{} joined", one.id));
        } else if jobs < 30 && random.below(2) == 0 {
            let mut job = random_job(&mut random, jobs, datum);
            match random.below(8) {
                0 => job = given_out(&mut random, job),
                1 => {
                    job.pin = Some(Pin {
                        technician: somebody(&mut random),
                        stage: Stage::EnRoute,
                    });
                }
                _ => {}
            }
            jobs += 1;
            let outcome = plan.insert(&job, random.below(3) as u64, step);
            if let Ok(outcome) = &outcome {
                let kept = record.inserted(&job, &outcome.changes);
                kept.expect("a sane place");
                let all = check::told(&before, &plan.schedules(), &outcome.changes, Some(&job.id));
                all.unwrap_or_else(|what| panic!("seed {seed}, step {step}, {job:?}: {what}"));
            } else {
                assert_eq!(whole(&plan), known, "refused, and changed: {job:?}");
            }
            told.push(format!("{job:?}: {outcome:?}"));
        } else {
            let event = anything(&mut random, &plan, now, jobs);
            let answer = plan.apply(&event, random.below(3) as u64, step);
            if let Ok(repair) = &answer {
                record.happened(&event, &before, &repair.changes);
                let all = check::told(&before, &plan.schedules(), &repair.changes, None);
                all.unwrap_or_else(|what| panic!("seed {seed}, step {step}, {event:?}: {what}"));
            } else {
                assert_eq!(whole(&plan), known, "refused, and changed: {event:?}");
            }
            told.push(format!("{event:?}: {answer:?}"));
        }
        now += i64::try_from(random.below(900)).unwrap_or(0);
        check::schedules(&plan.snapshot(), &plan.schedules(), plan.travel())
            .and_then(|()| held(&plan, &record))
            .unwrap_or_else(|broken| panic!("seed {seed}, step {step}: {broken}\n{told:#?}"));
        assert_eq!(plan.cost(), plan.recount(), "seed {seed}, step {step}");
        assert!(plan.now() >= known.4, "the time of a plan does not go back");
    }
}

#[test]
fn whatever_is_told_late_or_out_of_order_the_plan_passes_the_checker() {
    for seed in 0..240 {
        play(seed);
    }
}
