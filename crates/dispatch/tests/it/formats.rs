//! VROOM's format and our own: read, solved, written; what is not supported is refused by name.

use aftercare_dispatch::command::{self, Format, SolveRequest};
use aftercare_dispatch::solve::{Objective, Options};
use serde_json::{Value, json};

/// A clock that moves by itself, so that the tests need none.
fn clock() -> impl Fn() -> f64 + Sync {
    let ticks = std::sync::atomic::AtomicU32::new(0);
    move || f64::from(ticks.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) * 1e-3
}

fn ask(format: Format, problem: &Value) -> Result<Value, String> {
    let request = SolveRequest {
        format,
        seconds: 0.2,
        options: Options {
            objective: Objective::Vehicles,
            seed: 1,
            threads: 1,
        },
        table: None,
    };
    command::solve(problem.to_string().as_bytes(), request, &clock())
        .map(|answer| answer.json)
        .map_err(|bad| bad.to_string())
}

fn vroom() -> Value {
    // Five places on a line, ten minutes apart; times count from a date, as VROOM's users write them.
    let durations: Vec<Vec<u32>> = (0..5_u32)
        .map(|from| (0..5_u32).map(|to| from.abs_diff(to) * 600).collect())
        .collect();
    let start = 1_600_000_000;
    json!({
        "vehicles": [
            {"id": 1, "start_index": 0, "end_index": 0, "capacity": [2], "skills": [7],
             "time_window": [start, start + 20_000],
             "breaks": [{"id": 9, "time_windows": [[start + 3_000, start + 6_000]], "service": 300}]},
            {"id": 2, "start_index": 0, "end_index": 0, "capacity": [2],
             "time_window": [start, start + 20_000]},
        ],
        "jobs": [
            {"id": 11, "location_index": 1, "service": 300, "delivery": [1]},
            {"id": 12, "location_index": 2, "service": 300, "delivery": [1], "skills": [7]},
            {"id": 13, "location_index": 3, "service": 300, "delivery": [1],
             "time_windows": [[start + 9_000, start + 9_600]]},
            {"id": 14, "location_index": 4, "service": 300, "delivery": [1], "description": "last"},
            {"id": 15, "location_index": 4, "delivery": [1], "skills": [8]},
        ],
        "matrices": {"car": {"durations": durations}},
    })
}

#[test]
fn a_problem_of_vroom_s_is_answered_in_its_format() {
    let answer = ask(Format::Vroom, &vroom()).expect("solved");
    assert_eq!(answer["code"], 0);
    assert_eq!(answer["summary"]["unassigned"], 1);
    assert_eq!(answer["unassigned"][0]["id"], 15);
    let routes = answer["routes"].as_array().unwrap();
    assert_eq!(routes.len(), 2);
    let mut seen = Vec::new();
    for route in routes {
        let steps = route["steps"].as_array().unwrap();
        assert_eq!(steps[0]["type"], "start");
        assert_eq!(steps.last().unwrap()["type"], "end");
        let mut clock = 0;
        for step in steps {
            let arrival = step["arrival"].as_i64().unwrap();
            assert!(arrival >= clock && arrival >= 1_600_000_000);
            clock = arrival
                + step["service"].as_i64().unwrap()
                + step["waiting_time"].as_i64().unwrap();
            if step["type"] == "job" {
                seen.push((
                    route["vehicle"].as_u64().unwrap(),
                    step["id"].as_u64().unwrap(),
                ));
            }
        }
        let breaks = steps.iter().filter(|step| step["type"] == "break").count();
        assert_eq!(breaks, usize::from(route["vehicle"] == 1));
        assert_eq!(route["duration"], steps.last().unwrap()["duration"]);
        assert_eq!(steps.last().unwrap()["load"], json!([0]));
    }
    assert!(seen.contains(&(1, 12)), "only vehicle 1 has the skill");
    seen.sort_unstable_by_key(|&(_, job)| job);
    assert_eq!(
        seen.iter().map(|&(_, job)| job).collect::<Vec<_>>(),
        [11, 12, 13, 14]
    );
    // The best there is: two jobs for each vehicle; 1 and 2 together are 2,400 s, 3 and 4 are 4,800 s.
    assert_eq!(answer["summary"]["cost"], 7_200);
}

#[test]
fn a_plan_to_start_from_is_never_made_worse() {
    let mut problem = vroom();
    problem["vehicles"][0]["steps"] = json!([{"type": "start"}, {"type": "job", "id": 11}, {"type": "job", "id": 12}, {"type": "end"}]);
    problem["vehicles"][1]["steps"] = json!([{"type": "job", "id": 13}, {"type": "job", "id": 14}]);
    let answer = ask(Format::Vroom, &problem).expect("solved");
    assert_eq!(answer["summary"]["cost"], 7_200);
}

#[test]
fn a_setup_that_is_always_needed_is_a_part_of_the_job() {
    let mut problem = vroom();
    problem["jobs"][2]["setup"] = json!(120);
    let answer = ask(Format::Vroom, &problem).expect("solved");
    assert_eq!(answer["summary"]["unassigned"], 1);
    // Of the same jobs without it, the service is the same.
    let without = ask(Format::Vroom, &vroom()).expect("solved");
    assert_eq!(
        answer["summary"]["service"], without["summary"]["service"],
        "setup is told by itself"
    );
    assert_eq!(
        (&answer["summary"]["setup"], &without["summary"]["setup"]),
        (&json!(120), &json!(0))
    );
    let route = answer["routes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|route| route["setup"] == 120)
        .expect("one route has it");
    let steps = route["steps"].as_array().unwrap();
    let at = steps.iter().position(|step| step["id"] == 13).unwrap();
    assert_eq!(steps[at]["setup"], 120);
    // The work takes both: nobody is at the next place sooner.
    let time = |step: usize, of: &str| steps[step][of].as_i64().unwrap();
    let gone = time(at, "arrival") + time(at, "waiting_time") + 120 + time(at, "service");
    let way = time(at + 1, "duration") - time(at, "duration");
    assert!(time(at + 1, "arrival") >= gone + way);
}

#[test]
fn what_vroom_has_and_we_have_not_is_refused_by_name() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut problem = vroom();
        change(&mut problem);
        ask(Format::Vroom, &problem).expect_err("bad")
    };
    assert!(
        with(&|p| p["shipments"] = json!([{"pickup": {}}])).contains("shipments are not supported")
    );
    assert!(with(&|p| p["jobs"][0]["pickup"] = json!([1])).contains("deliveries and pickups"));
    assert!(with(&|p| p["vehicles"][0]["profile"] = json!("bike")).contains("profiles"));
    assert!(
        with(&|p| p["vehicles"][0]["costs"] = json!({"fixed": 5}))
            .contains("unknown field `costs`")
    );
    assert!(with(&|p| p["jobs"][3]["setup"] = json!(5)).contains("job 14: a setup time where"));
    let start = with(&|p| {
        p["jobs"][0]["setup"] = json!(5);
        p["jobs"][0]["location_index"] = json!(0);
    });
    assert!(start.contains("job 11: a setup time where"));
    assert!(with(&|p| p["jobs"][0]["setup"] = json!(-5)).contains("job 11: setup is -5"));
    let long = with(&|p| p["jobs"][0]["setup"] = json!(72 * 3_600));
    assert!(long.contains("setup and service together"));
    assert!(with(&|p| p["jobs"][0]["location_index"] = json!(5)).contains("not a row"));
    assert!(with(&|p| p["matrices"]["car"]["durations"][0] = json!([1])).contains("not a square"));
    assert!(with(&|p| p["jobs"][1]["id"] = json!(11)).contains("stands twice"));
    assert!(with(&|p| p["vehicles"] = json!("none")).contains("line 1"));
    assert!(with(&|p| p["jobs"][0]["time_windows"] = json!([[-5, 5]])).contains("begins at -5"));
    assert!(with(&|p| p["jobs"][0]["time_windows"] = json!([[9, 5]])).contains("before it begins"));
}

#[test]
fn times_at_the_ends_of_the_numbers_are_told_and_vroom_s_own_end_is_none() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut problem = vroom();
        change(&mut problem);
        ask(Format::Vroom, &problem)
    };
    for far in [i64::MIN, -1, (1 << 53) + 1, i64::MAX] {
        let bad = with(&|p| p["vehicles"][0]["breaks"][0]["service"] = json!(far));
        assert!(bad.expect_err("bad").contains("vehicle 1, break 9"));
        let bad = with(&|p| p["jobs"][0]["service"] = json!(far));
        assert!(bad.expect_err("bad").contains("job 11: service is"));
        let bad = with(&|p| p["jobs"][0]["time_windows"] = json!([[far, i64::MAX]]));
        assert!(
            bad.expect_err("bad")
                .contains("job 11: a time window begins at")
        );
        let bad = with(&|p| p["vehicles"][1]["time_window"] = json!([far, i64::MAX]));
        assert!(
            bad.expect_err("bad")
                .contains("vehicle 2: a time window begins at")
        );
    }
    let open = with(&|p| p["jobs"][0]["time_windows"] = json!([[1_600_000_000, i64::MAX]]));
    assert_eq!(open.expect("an open end")["summary"]["unassigned"], 1);
    // All windows begin at the last time that is read.
    let last = json!([[1_i64 << 53, i64::MAX]]);
    let late = with(&|p| {
        for vehicle in 0..2 {
            p["vehicles"][vehicle]["time_window"] = last[0].clone();
        }
        p["vehicles"][0]["breaks"] = json!([]);
        p["jobs"][2]["time_windows"] = last.clone();
    });
    assert_eq!(late.expect("one start for all")["summary"]["unassigned"], 1);
}

#[test]
fn our_own_format_is_solved_and_explained() {
    let problem = json!({
        "technicians": [{
            "id": "师傅一", "start": {"x": 120.15, "y": 30.28}, "skills": {"gas": 2},
            "shifts": [{"start": 28_800, "end": 61_200}],
        }],
        "jobs": [
            {"id": "a", "place": {"x": 120.16, "y": 30.28}, "windows": [{"from": 32_400, "to": 36_000}],
             "duration": {"mean_seconds": 1_800}, "skills": {"gas": 1}},
            {"id": "b", "place": {"x": 120.16, "y": 30.28}, "windows": [{"from": 32_400, "to": 36_000}],
             "duration": {"mean_seconds": 1_800}, "skills": {"gas": 3}},
        ],
    });
    let answer = ask(Format::Aftercare, &problem).expect("solved");
    assert_eq!(answer["feasible"], false);
    assert_eq!(answer["routes"], json!([["a"]]));
    assert_eq!(answer["unassigned"], json!(["b"]));
    assert_eq!(answer["blocked"][0]["blocked"]["constraint"], "skill");
    // 0.01 degrees of longitude at 30.28 north are 960 m; roads are longer by 1.35. The shift ends at the last visit.
    let distance = answer["distance"].as_f64().unwrap();
    assert!((distance - 1.35 * 960.2).abs() < 5.0, "{distance}");
    let bad = ask(Format::Aftercare, &json!({"technicians": [], "vans": 3})).expect_err("bad");
    assert!(bad.contains("unknown field `vans`"));
}

#[test]
fn bad_options_and_bytes_are_told() {
    let request = |seconds, threads| SolveRequest {
        format: Format::Solomon,
        seconds,
        options: Options {
            objective: Objective::Distance,
            seed: 1,
            threads,
        },
        table: None,
    };
    let told = |bytes: &[u8], seconds, threads| {
        command::solve(bytes, request(seconds, threads), &clock())
            .expect_err("bad")
            .to_string()
    };
    assert!(told(b"", f64::NAN, 1).starts_with("--time"));
    assert!(told(b"", -1.0, 1).starts_with("--time"));
    assert!(told(b"", 1.0, 0).starts_with("--threads"));
    assert!(told(b"ab\xff", 1.0, 1).starts_with("byte 2"));
}

#[test]
fn a_table_of_travel_times_is_read_and_used() {
    use aftercare_dispatch::travel::Table;
    let table = Table::new(3, vec![0, 100, 900, 100, 0, 50, 900, 50, 0]).expect("a square");
    let bytes = table.write();
    assert_eq!(Table::read(&bytes), Ok(table.clone()));
    for broken in [
        &bytes[..4],
        &bytes[..10],
        &bytes[..bytes.len() - 1],
        b"AFTRTTM1\xff\xff\xff\xff",
    ] {
        assert!(Table::read(broken).is_err());
    }
    let problem = json!({
        "datum": "table",
        "technicians": [{"id": "t", "start": {"row": 0}, "end": {"row": 0},
                         "shifts": [{"start": 0, "end": 10_000}]}],
        "jobs": (1..3).map(|row| json!({
            "id": format!("j{row}"), "place": {"row": row},
            "windows": [{"from": 0, "to": 9_000}], "duration": {"mean_seconds": 60},
        })).collect::<Vec<_>>(),
    });
    let ask = |problem: &Value| {
        let request = SolveRequest {
            format: Format::Aftercare,
            seconds: 0.05,
            options: Options {
                objective: Objective::Vehicles,
                seed: 1,
                threads: 1,
            },
            table: Some(table.clone()),
        };
        command::solve(problem.to_string().as_bytes(), request, &clock())
    };
    let answer = ask(&problem).expect("solved").json;
    // Out, across and back by whichever way: 100 + 50 + 900.
    assert_eq!(answer["cost"]["travel"], 1_050);
    let mut outside = problem.clone();
    outside["jobs"][0]["place"]["row"] = json!(3);
    assert!(
        ask(&outside)
            .expect_err("bad")
            .to_string()
            .contains("the table has 3 rows")
    );
    outside["datum"] = json!("plane");
    assert!(
        ask(&outside)
            .expect_err("bad")
            .to_string()
            .contains("places have coordinates")
    );
}

#[test]
fn the_examples_of_the_document_are_true() {
    let document = include_str!("../../../../docs/DISPATCH.md");
    let block = |language: &str| {
        let start =
            document.find(&format!("```{language}\n")).expect("a block") + language.len() + 4;
        &document[start..start + document[start..].find("```").expect("its end")]
    };
    let problem: Value = serde_json::from_str(block("json")).expect("JSON");
    let answer = ask(Format::Aftercare, &problem).expect("solved");
    assert_eq!(answer["routes"], json!([["j1"]]));
    let scenario = aftercare_dispatch::simulate::Scenario::read(block("toml")).expect("a scenario");
    assert_eq!(scenario, aftercare_dispatch::simulate::Scenario::default());
}
