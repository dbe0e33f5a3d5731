//! Every reader of a stranger's problem: whatever the numbers, an answer or words, never a panic.

use aftercare_dispatch::command::{Format, SolveRequest, solve};
use aftercare_dispatch::plan::Plan;
use aftercare_dispatch::plan::model::{Break, Shift};
use aftercare_dispatch::simulate::Scenario;
use aftercare_dispatch::solve::{Objective, Options};
use aftercare_dispatch::travel::Table;
use aftercare_dispatch::{Bad, Iterations, solomon, vroom};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_oneof, proptest};
use proptest::test_runner::Config;
use serde_json::{Value, json};

use crate::plan::{HOUR, checked, job, problem, technician};

/// Any number of seconds, those of a day and those at the ends of the numbers most.
fn seconds() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => 0..24 * HOUR,
        2 => any::<i64>(),
        1 => Just(i64::MIN),
        1 => Just(i64::MAX),
        1 => Just((1 << 53) - 1),
        1 => Just(-1),
    ]
}

/// Any number as it may stand in a file.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => (0..50_000_i64).prop_map(|number| json!(number)),
        2 => seconds().prop_map(|number| json!(number)),
        1 => any::<u64>().prop_map(|number| json!(number)),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => Just(json!(null)),
        1 => Just(json!([])),
        1 => Just(json!("1")),
    ]
}

fn words(bad: &Bad) -> bool {
    !bad.place.is_empty() && !bad.what.is_empty() && !bad.remedy.is_empty()
}

/// The paths of all numbers of a problem.
fn numbers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                numbers(item, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (name, item) in members {
                numbers(item, &format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

fn vroom_problem() -> Value {
    json!({
        "vehicles": [
            {"id": 1, "start_index": 0, "end_index": 0, "capacity": [2], "skills": [7], "time_window": [0, 20_000],
             "breaks": [{"id": 9, "time_windows": [[3_000, 6_000]], "service": 300}],
             "speed_factor": 1.0, "max_tasks": 3, "steps": [{"type": "job", "id": 11}]},
        ],
        "jobs": [
            {"id": 11, "location_index": 1, "service": 300, "delivery": [1], "priority": 3},
            {"id": 12, "location_index": 2, "service": 300, "delivery": [1], "skills": [7],
             "time_windows": [[9_000, 9_600], [10_000, 12_000]]},
        ],
        "matrices": {"car": {"durations": [[0, 60, 70], [60, 0, 80], [70, 80, 0]]}},
    })
}

fn answers(format: Format, bytes: &[u8], table: Option<Table>) -> Result<(), Bad> {
    let request = SolveRequest {
        format,
        seconds: 0.01,
        options: Options {
            objective: Objective::Vehicles,
            seed: 1,
            threads: 1,
        },
        table,
    };
    let ticks = std::sync::atomic::AtomicU32::new(0);
    let clock = move || f64::from(ticks.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) * 1e-3;
    // The answer itself was checked by the independent checker before it is told.
    solve(bytes, request, &clock).map(|_| ())
}

#[test]
fn breaks_at_the_ends_of_the_numbers_are_told() {
    for far in [i64::MIN, i64::MAX, i64::MAX - 1, -1] {
        for place in 0..3 {
            let mut one = technician("one", 0.0, 0.0);
            let pause = &mut one.shifts[0].breaks[0];
            *[&mut pause.earliest, &mut pause.latest, &mut pause.seconds][place] = far;
            let bad = Plan::new(&problem(vec![one], vec![])).expect_err("no time of a plan");
            assert!(bad.to_string().contains("break"), "{bad}");
        }
    }
}

proptest! {
    #![proptest_config(Config::with_cases(192))]

    #[test]
    fn no_breaks_make_it_panic(times in vec(seconds(), 8), count in 0..4_usize) {
        let mut one = technician("one", 0.0, 0.0);
        one.shifts = vec![Shift {
            start: 8 * HOUR,
            end: 17 * HOUR,
            overtime_until: None,
            breaks: times.chunks(3).take(count).filter(|times| times.len() == 3).map(|times| Break {
                earliest: times[0],
                latest: times[1],
                seconds: times[2] / 8,
            }).collect(),
            not_areas: Vec::new(),
        }];
        let jobs = (0..4_u8).map(|n| job(&format!("j{n}"), f64::from(n), 0.0, 8 * HOUR, 17 * HOUR));
        match Plan::new(&problem(vec![one], jobs.collect())) {
            Ok(mut plan) => {
                plan.optimize(1, &Iterations(5));
                checked(&plan);
            }
            Err(bad) => prop_assert!(words(&bad)),
        }
    }

    #[test]
    fn no_numbers_in_a_problem_of_vroom_s_make_it_panic(
        changes in vec((any::<proptest::sample::Index>(), number()), 1..4),
    ) {
        let mut problem = vroom_problem();
        let mut paths = Vec::new();
        numbers(&problem, "", &mut paths);
        for (index, number) in changes {
            if let Some(place) = problem.pointer_mut(&paths[index.index(paths.len())]) {
                *place = number;
            }
        }
        if let Err(bad) = answers(Format::Vroom, problem.to_string().as_bytes(), None) {
            prop_assert!(words(&bad));
            prop_assert!(!bad.what.contains("breaks a rule"), "{bad}");
        }
    }

    #[test]
    fn no_table_of_travel_times_makes_it_panic(
        head in prop_oneof![Just(b"AFTRTTM1".to_vec()), vec(any::<u8>(), 0..12)],
        places in prop_oneof![0..4_u32, any::<u32>()],
        body in vec(prop_oneof![0..5_000_u32, any::<u32>()], 0..17),
    ) {
        let mut bytes = head;
        bytes.extend(places.to_le_bytes());
        bytes.extend(body.iter().flat_map(|seconds| seconds.to_le_bytes()));
        match Table::read(&bytes) {
            Ok(table) => {
                prop_assert!(table.write() == bytes);
                let rows = table.places();
                let problem = json!({
                    "datum": "table",
                    "technicians": [{"id": "t", "start": {"row": 0}, "end": {"row": 0}, "travel_pace": 100_000,
                                     "shifts": [{"start": 0, "end": 86_400}]}],
                    "jobs": (0..rows).map(|row| json!({
                        "id": format!("j{row}"), "place": {"row": row},
                        "windows": [{"from": 0, "to": 80_000}], "duration": {"mean_seconds": 60},
                    })).collect::<Vec<_>>(),
                });
                if let Err(bad) = answers(Format::Aftercare, problem.to_string().as_bytes(), Some(table)) {
                    prop_assert!(words(&bad) && !bad.what.contains("breaks a rule"), "{bad}");
                }
            }
            Err(bad) => prop_assert!(words(&bad)),
        }
    }

    #[test]
    fn no_text_of_solomon_s_format_makes_it_panic(
        lines in vec(vec(prop_oneof![
            6 => (0..200_u32).prop_map(|number| number.to_string()),
            2 => any::<f64>().prop_map(|number| number.to_string()),
            1 => Just("1e308".to_owned()),
            1 => Just("-0".to_owned()),
            1 => ".{0,4}",
        ], 0..9), 0..6),
        plain in any::<bool>(),
    ) {
        let mut text = "R\nNUMBER CAPACITY\n5 200\n0 35 35 0 0 1000 0\n".to_owned();
        if !plain {
            text.clear();
        }
        for line in lines {
            text.push_str(&line.join(" "));
            text.push('\n');
        }
        match solomon::read(&text) {
            Ok(_) => {
                let answer = answers(Format::Solomon, text.as_bytes(), None);
                prop_assert!(answer.is_ok(), "{answer:?}");
            }
            Err(bad) => prop_assert!(words(&bad)),
        }
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "\\PC{0,60}") {
        for bad in [vroom::read(&text).err(), Scenario::read(&text).err(), solomon::read(&text).err()] {
            prop_assert!(bad.is_none_or(|bad| words(&bad)));
        }
    }

    #[test]
    fn no_numbers_in_a_scenario_make_it_panic(
        name in proptest::sample::select(vec![
            "side_km", "technicians", "skills", "skills_each", "speed_kmh", "hours", "work_minutes", "work_sigma",
            "travel_sigma", "no_shows", "sick", "promise_minutes", "seeds", "burst",
        ]),
        value in prop_oneof![
            any::<f64>().prop_map(|value| value.to_string()),
            any::<i64>().prop_map(|value| value.to_string()),
            Just("nan".to_owned()),
            Just("-inf".to_owned()),
            Just("[]".to_owned()),
        ],
    ) {
        if let Err(bad) = Scenario::read(&format!("{name} = {value}\n")) {
            prop_assert!(words(&bad));
        }
    }
}
