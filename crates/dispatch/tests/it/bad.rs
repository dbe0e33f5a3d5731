//! Bad input: a clear error or a stated repair, never a panic, never a plan that breaks a hard rule.

use crate::plan::{HOUR, checked, held, job, problem, technician};
use aftercare_dispatch::check::Record;
use aftercare_dispatch::command::{Format, SolveRequest, solve};
use aftercare_dispatch::plan::model::{Place, Problem, Window};
use aftercare_dispatch::plan::{Event, Plan};
use aftercare_dispatch::solve::{Objective, Options};
use aftercare_dispatch::travel::Datum;
use aftercare_dispatch::{Bad, limits, solomon};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_oneof, proptest};

/// Three technicians, and jobs that they have.
fn day() -> Plan {
    recorded_day().0
}

fn recorded_day() -> (Plan, Record) {
    let technicians = ["one", "two", "three"].map(|id| technician(id, 0.0, 0.0));
    let asked = problem(technicians.to_vec(), vec![]);
    let mut plan = Plan::new(&asked).expect("a sane problem");
    let mut record = Record::new(&asked).expect("a sane problem");
    for number in 0..6_u8 {
        let x = f64::from(number) * 500.0;
        let id = format!("j{number}");
        let job = job(&id, x, 0.0, 8 * HOUR, 17 * HOUR);
        let outcome = plan.insert(&job, 0, 1).expect("a sane job");
        record
            .inserted(&job, &outcome.changes)
            .expect("a sane place");
    }
    (plan, record)
}

fn told(result: &Result<aftercare_dispatch::plan::Repair, Bad>) -> bool {
    match result {
        Ok(_) => true,
        Err(bad) => !bad.place.is_empty() && !bad.what.is_empty() && !bad.remedy.is_empty(),
    }
}

#[test]
fn events_twice_too_late_or_out_of_order_are_refused_or_mended_and_the_plan_stands() {
    let mut plan = day();
    let at = |event: fn(String, i64) -> Event, time: i64| event("j1".to_owned(), time);
    let started = |job, at| Event::Started { job, at };
    let finished = |job, at| Event::Finished { job, at };
    let en_route = |job, at| Event::EnRoute { job, at };
    let mut say = |event: &Event| {
        let said = plan.apply(event, 0, 1);
        checked(&plan);
        said.map(|repair| repair.notes)
            .map_err(|bad| bad.to_string())
    };
    let early = say(&at(finished, 9 * HOUR)).expect_err("the end of what did not begin");
    assert!(early.contains("j1"), "{early}");
    let accepted = Event::Accepted {
        job: "j1".to_owned(),
    };
    say(&accepted).expect("accepted");
    say(&accepted).expect("twice is once");
    say(&Event::Clock { now: 10 * HOUR }).expect("time goes on");
    say(&at(started, 9 * HOUR)).expect("a late report counts as of its own time");
    say(&at(started, 9 * HOUR)).expect_err("it began already");
    say(&at(en_route, 9 * HOUR)).expect_err("whoever is there is not on the way");
    say(&accepted).expect_err("it has begun");
    say(&at(finished, 9 * HOUR + 1_800)).expect("done");
    let cancelled = Event::Cancelled {
        job: "j1".to_owned(),
    };
    for again in [at(finished, 9 * HOUR + 1_800), cancelled] {
        let notes = say(&again).expect("nothing changes, and that is said");
        assert!(notes[0].contains("closed already"), "{notes:?}");
    }
    let unknown = Event::Cancelled {
        job: "nothing".to_owned(),
    };
    let unknown = say(&unknown).expect_err("unknown");
    assert!(unknown.contains("not in the plan"), "{unknown}");
}

#[test]
fn a_clock_that_jumps_is_ignored_or_refused_and_says_so() {
    let mut plan = day();
    plan.apply(&Event::Clock { now: 10 * HOUR }, 0, 1)
        .expect("a time of the plan");
    let back = plan.apply(&Event::Clock { now: 9 * HOUR }, 0, 1);
    let notes = back.expect("ignored").notes;
    assert!(notes[0].contains("went back"), "{notes:?}");
    assert_eq!(plan.now(), 10 * HOUR);
    for now in [-1, i64::MIN, i64::MAX, limits::MAX_DAYS * 86_400 + 1] {
        let refused = plan.apply(&Event::Clock { now }, 0, 1);
        let bad = refused.expect_err("not a time of the plan").to_string();
        assert!(bad.contains("since the plan's first midnight"), "{bad}");
        checked(&plan);
    }
    // A clock that stood for weeks: all shifts are over, and nobody is sent into the past.
    plan.apply(&Event::Clock { now: 30 * 86_400 }, 0, 1)
        .expect("a time of the plan");
    checked(&plan);
    let late = job("late", 0.0, 0.0, 9 * HOUR, 10 * HOUR);
    if plan.insert(&late, 10, 1).is_ok() {
        assert!(plan.unassigned().contains(&"late"));
    }
    checked(&plan);
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => 0..24 * HOUR,
        1 => any::<i64>(),
        1 => Just(0),
        1 => Just(limits::MAX_DAYS * 86_400),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let name =
        || prop_oneof![6 => (0..7_u8).prop_map(|number| format!("j{number}")), 1 => ".{0,3}"];
    let who = || prop_oneof![6 => Just("one"), 3 => Just("two"), 1 => Just("nobody")];
    let window = || (time(), time()).prop_map(|(from, to)| Window { from, to });
    prop_oneof![
        time().prop_map(|now| Event::Clock { now }),
        (name(), window()).prop_map(|(job, window)| Event::Confirmed { job, window }),
        name().prop_map(|job| Event::Accepted { job }),
        name().prop_map(|job| Event::Declined { job }),
        (name(), time()).prop_map(|(job, at)| Event::EnRoute { job, at }),
        (name(), time()).prop_map(|(job, at)| Event::Started { job, at }),
        (name(), time()).prop_map(|(job, at)| Event::Finished { job, at }),
        (name(), time()).prop_map(|(job, until)| Event::Overrun { job, until }),
        name().prop_map(|job| Event::Cancelled { job }),
        (who(), time(), time()).prop_map(|(technician, from, until)| Event::Away {
            technician: technician.to_owned(),
            from,
            until
        }),
        (who(), any::<u32>()).prop_map(|(technician, left)| Event::Stock {
            technician: technician.to_owned(),
            part: "valve".to_owned(),
            left
        }),
        (name(), any::<bool>()).prop_map(|(job, waits)| Event::Waits { job, waits }),
        (name(), time(), vec(window(), 0..3)).prop_map(|(job, at, windows)| Event::Absent {
            job,
            at,
            windows
        }),
    ]
}

proptest! {
    #[test]
    fn no_sequence_of_events_breaks_a_plan(events in vec(event(), 1..25)) {
        let (mut plan, mut record) = recorded_day();
        for event in events {
            let before = (plan.schedules(), plan.cost(), plan.now());
            let said = plan.apply(&event, 2, 1);
            if let Ok(repair) = &said {
                record.happened(&event, &before.0, &repair.changes);
            }
            prop_assert!(told(&said), "{said:?}");
            if said.is_err() {
                prop_assert!(before == (plan.schedules(), plan.cost(), plan.now()), "refused, and changed: {event:?}");
            }
            checked(&plan);
            let holds = held(&plan, &record);
            prop_assert!(holds.is_ok(), "{holds:?} after {event:?}");
        }
    }

    #[test]
    fn no_problem_makes_it_panic(
        numbers in vec(prop_oneof![any::<f64>(), -1e5..1e5_f64], 8),
        times in vec(time(), 6),
        levels in vec(any::<u8>(), 3),
    ) {
        let mut one = problem(vec![technician("one", 0.0, 0.0)], vec![]);
        one.technicians[0].start = Place { x: numbers[0], y: numbers[1], row: 0, datum: None };
        one.technicians[0].shifts[0].start = times[0];
        one.technicians[0].shifts[0].end = times[1];
        one.technicians[0].shifts[0].overtime_until = Some(times[2]);
        one.technicians[0].skills.insert("gas".to_owned(), levels[0]);
        one.roads.road_factor = if levels[2].is_multiple_of(2) { 1.35 } else { numbers[4] };
        let mut asked = job("a", numbers[2], numbers[3], times[3], times[4]);
        asked.duration.mean_seconds = times[5] / 4;
        asked.duration.variation = if levels[1].is_multiple_of(2) { 0.3 } else { numbers[5] };
        asked.people = levels[1] % 4;
        one.jobs = vec![asked];
        for datum in [Datum::Plane, Datum::Wgs84, Datum::Table] {
            one.datum = datum;
            match Plan::new(&one) {
                Ok(mut plan) => {
                    plan.improve(1, &aftercare_dispatch::Iterations(3));
                    checked(&plan);
                }
                Err(bad) => prop_assert!(!bad.what.is_empty() && !bad.remedy.is_empty()),
            }
        }
    }
}

fn request(format: Format) -> SolveRequest {
    SolveRequest {
        format,
        seconds: 0.05,
        options: Options {
            objective: Objective::Vehicles,
            seed: 1,
            threads: 1,
        },
        table: None,
    }
}

#[test]
fn a_million_identical_points_are_refused_by_number_and_thousands_are_planned() {
    use std::fmt::Write as _;
    let file = |customers: usize| {
        let mut text = "SAME\nVEHICLE\nNUMBER CAPACITY\n200 1000\nCUSTOMER\n".to_owned();
        for number in 0..=customers {
            let _ = writeln!(text, "{number} 5 5 {} 0 1000 1", u8::from(number > 0));
        }
        text
    };
    let bad = solomon::read(&file(1_000_000)).expect_err("too many");
    assert!(
        bad.to_string().contains(&limits::MAX_CUSTOMERS.to_string()),
        "{bad}"
    );
    let text = file(2_000);
    let instance = solomon::read(&text).expect("within the limits");
    let plan = aftercare_dispatch::solve::solve(
        &instance,
        request(Format::Solomon).options,
        &aftercare_dispatch::Iterations(200),
    );
    let tally = aftercare_dispatch::check::routes(&instance, &plan.routes, &plan.unassigned);
    assert!(tally.is_ok(), "{tally:?}");
    // The resident plan: more jobs than it takes are refused before any is looked at.
    let many = Problem {
        jobs: vec![job("same", 0.0, 0.0, 9 * HOUR, 10 * HOUR); limits::MAX_JOBS + 1],
        ..problem(vec![technician("one", 0.0, 0.0)], vec![])
    };
    let bad = Plan::new(&many).expect_err("too many").to_string();
    assert!(bad.contains(&limits::MAX_JOBS.to_string()), "{bad}");
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_place() {
    let said = |text: &str| {
        let clock = std::time::Instant::now();
        solve(text.as_bytes(), request(Format::Aftercare), &move || {
            clock.elapsed().as_secs_f64()
        })
        .expect_err("bad")
        .to_string()
    };
    let with = |technician: &str, job: &str| {
        format!(
            r#"{{"datum": "wgs84", "technicians": [{{"id": "t", "start": {{"x": 120.1, "y": 30.2}}, "shifts": [{{"start": 28800, "end": 61200}}]{technician}}}], "jobs": [{{"id": "j", "place": {{"x": 120.2, "y": 30.3}}, "windows": [{{"from": 32400, "to": 36000}}], "duration": {{"mean_seconds": 600}}{job}}}]}}"#
        )
    };
    assert!(said(&with("", r#", "skills": {"magic": 1}"#)).contains("no technician has"));
    assert!(said(&with("", r#", "priority": -1"#)).contains("line 1"));
    assert!(
        said(&with(
            "",
            r#", "pin": {"technician": "x", "stage": "accepted"}"#
        ))
        .contains('x')
    );
    assert!(said(&with(r#", "stok": {}"#, "")).contains("stok"));
    assert!(said(&with("", "").replace("\"x\": 120.2", "\"x\": 1202")).contains("longitude"));
    assert!(
        said(&with("", "").replace("\"y\": 30.3", "\"y\": 30.3, \"datum\": \"bd09\""))
            .contains("Bd09")
    );
    assert!(said(&with("", "").replace("\"to\": 36000", "\"to\": 1")).contains("before it begins"));
    assert!(said(&with("", "").replace(": 600", ": -600")).contains("-600"));
    assert!(said(&with("", "").replace("120.2", "NaN")).contains("line 1"));
    assert!(said("").contains("line 1"));
    assert!(said("{").contains("line 1"));
}
