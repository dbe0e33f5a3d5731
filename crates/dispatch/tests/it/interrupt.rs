//! A plan may be interrupted anywhere in an insertion, in a repair and in an improvement: it is valid where it stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aftercare_dispatch::Budget;
use aftercare_dispatch::check::Record;
use aftercare_dispatch::plan::model::{Place, Problem, Window};
use aftercare_dispatch::plan::{Event, How, Plan};
use aftercare_dispatch::random::Random;
use aftercare_dispatch::travel::{Datum, Table, UNMEASURED};
use proptest::prelude::{any, prop_assert, proptest};
use proptest::test_runner::Config;

use crate::plan::{HOUR, checked, held, job, problem, technician};

/// Steps of a burst that is not interrupted.
const BURST: u64 = 12;

/// Stops everything when it was asked so many times.
struct StopAfter {
    asked: AtomicU64,
    most: u64,
}

impl StopAfter {
    fn new(most: u64) -> Self {
        Self {
            asked: AtomicU64::new(0),
            most,
        }
    }

    fn is_over(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) >= self.most
    }

    fn was_stopped(&self) -> bool {
        self.asked.load(Ordering::Relaxed) > self.most
    }
}

impl Budget for StopAfter {
    fn progress(&self, iterations: u64) -> f64 {
        if self.is_over() || iterations >= BURST {
            1.0
        } else {
            0.0
        }
    }

    fn stopped(&self) -> bool {
        self.is_over()
    }
}

/// A morning that is full: whoever comes now must make somebody give way.
fn full() -> (Plan, Record) {
    let mut technicians = ["one", "two", "three"].map(|id| technician(id, 0.0, 0.0));
    technicians[0].skills.insert("electric".to_owned(), 1);
    let asked = problem(technicians.to_vec(), vec![]);
    let mut plan = Plan::new(&asked).expect("a sane problem");
    let mut record = Record::new(&asked).expect("a sane problem");
    for number in 0..16_u8 {
        let hour = 8 + i64::from(number % 8);
        let id = format!("j{number}");
        let mut one = job(
            &id,
            f64::from(number) * 300.0,
            500.0,
            hour * HOUR,
            (hour + 1) * HOUR,
        );
        one.priority = number;
        one.people = 1 + u8::from(number % 7 == 3);
        let outcome = plan.insert(&one, 0, 1).expect("a sane job");
        record
            .inserted(&one, &outcome.changes)
            .expect("a sane place");
        if number % 3 == 0 && outcome.how != How::Blocked {
            let window = one.windows[0];
            let confirmed = Event::Confirmed { job: id, window };
            happen(
                &mut plan,
                &mut record,
                &confirmed,
                &StopAfter::new(u64::MAX),
            );
        }
    }
    (plan, record)
}

fn happen(plan: &mut Plan, record: &mut Record, event: &Event, budget: &dyn Budget) {
    let before = plan.schedules();
    let repair = plan.apply_within(event, budget, 1).expect("a sane event");
    record.happened(event, &before, &repair.changes);
}

#[test]
fn an_insertion_may_stop_anywhere() {
    let mut urgent = job("urgent", 2_000.0, 0.0, 9 * HOUR, 10 * HOUR);
    urgent.skills.insert("electric".to_owned(), 1);
    urgent.priority = 90;
    let mut worst = None;
    let mut most = 0;
    loop {
        let (mut plan, mut record) = full();
        let budget = StopAfter::new(most);
        let outcome = plan.insert_within(&urgent, &budget, 1).expect("a sane job");
        record
            .inserted(&urgent, &outcome.changes)
            .expect("a sane place");
        checked(&plan);
        held(&plan, &record).unwrap_or_else(|broken| panic!("stopped after {most}: {broken}"));
        assert!(
            outcome.after <= *worst.get_or_insert(outcome.after),
            "more time never makes it worse than none"
        );
        if !budget.was_stopped() {
            break;
        }
        most += 1;
    }
    assert!(most > BURST, "it was asked {most} times");
}

#[test]
fn a_repair_may_stop_anywhere() {
    let sick = Event::Away {
        technician: "one".to_owned(),
        from: 8 * HOUR,
        until: 17 * HOUR,
    };
    let mut most = 0;
    loop {
        let (mut plan, mut record) = full();
        let budget = StopAfter::new(most);
        happen(&mut plan, &mut record, &sick, &budget);
        checked(&plan);
        held(&plan, &record).unwrap_or_else(|broken| panic!("stopped after {most}: {broken}"));
        if !budget.was_stopped() {
            break;
        }
        // What was left undone is done at the next event.
        let next = Event::Clock { now: 7 * HOUR };
        happen(&mut plan, &mut record, &next, &StopAfter::new(u64::MAX));
        held(&plan, &record).unwrap_or_else(|broken| panic!("stopped after {most}: {broken}"));
        most += 1;
    }
    assert!(most > BURST, "it was asked {most} times");
}

#[test]
fn an_improvement_may_stop_anywhere() {
    for most in 0..40 {
        let (mut plan, record) = full();
        let before = plan.cost();
        plan.improve(1, &StopAfter::new(most));
        assert!(plan.cost() <= before);
        checked(&plan);
        held(&plan, &record).unwrap_or_else(|broken| panic!("stopped after {most}: {broken}"));
    }
}

/// Places in degrees that have a row of a table in which some ways were not measured.
fn measured(random: &mut Random, rows: u32) -> (Problem, Table) {
    let mut place = |row: u32| Place {
        x: 120.0 + random.unit() / 10.0,
        y: 30.0 + random.unit() / 10.0,
        row,
        datum: None,
    };
    let technicians = (0..3).map(|number| {
        let mut one = technician(&format!("t{number}"), 0.0, 0.0);
        one.start = place(number + 1);
        one.end = Some(place(number + 1));
        one
    });
    let mut asked = problem(technicians.collect(), vec![]);
    asked.datum = Datum::Gcj02;
    let seconds = (0..rows * rows).map(|_| match random.below(5) {
        0 => UNMEASURED,
        _ => u32::try_from(random.below(3_000)).unwrap_or(0),
    });
    let table = Table::new(rows as usize, seconds.collect()).expect("a square");
    (asked, table)
}

proptest! {
    #![proptest_config(Config::with_cases(48))]

    #[test]
    fn plans_over_measured_ways_pass_the_checker(seed in any::<u64>()) {
        let mut random = Random::new(seed);
        let (asked, table) = measured(&mut random, 9);
        let mut plan = Plan::with_measured(&asked, Arc::new(table)).expect("a sane problem");
        let mut record = Record::new(&asked).expect("a sane problem");
        for step in 0..24_u32 {
            let before = plan.schedules();
            let name = format!("j{}", random.below(12));
            if step < 12 {
                let from = i64::try_from(8 + random.below(8)).unwrap_or(8) * HOUR;
                let mut one = job(&format!("j{step}"), 0.0, 0.0, from, from + 2 * HOUR);
                // Row 0 is a place that was not measured.
                one.place = Place {
                    x: 120.0 + random.unit() / 10.0,
                    y: 30.0 + random.unit() / 10.0,
                    row: step % 10,
                    datum: None,
                };
                let outcome = plan.insert(&one, 2, 1).expect("a sane job");
                record.inserted(&one, &outcome.changes).expect("a sane place");
            } else {
                let at = i64::from(step - 4) * HOUR;
                let start = plan.assignment(&name).ok().and_then(|legs| legs.first().map(|leg| leg.start));
                let event = match random.below(6) {
                    0 => Event::Clock { now: at },
                    1 => Event::Accepted { job: name },
                    2 => Event::EnRoute { job: name, at },
                    3 => Event::Started { job: name, at: at.max(start.unwrap_or(at)) },
                    4 => Event::Finished { job: name, at },
                    _ => Event::Confirmed {
                        job: name,
                        window: Window { from: start.unwrap_or(at) - 600, to: start.unwrap_or(at) + 600 },
                    },
                };
                if let Ok(repair) = plan.apply(&event, 2, 1) {
                    record.happened(&event, &before, &repair.changes);
                }
            }
            checked(&plan);
            let holds = held(&plan, &record);
            prop_assert!(holds.is_ok(), "{holds:?} in step {step}");
        }
    }
}
