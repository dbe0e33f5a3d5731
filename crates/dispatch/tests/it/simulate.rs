//! The simulator: the same day for every rule, the same rows for the same seeds, pictures and tables that hold them.

use aftercare_dispatch::simulate::{Rule, Scenario, csv, run, svg};

fn small() -> Scenario {
    Scenario {
        technicians: 20,
        hours: 3.0,
        side_km: 12.0,
        arrivals_per_minute: vec![0.1, 0.25],
        seeds: 2,
        burst: 5,
        sick: 0.1,
        no_shows: 0.1,
        ..Scenario::default()
    }
}

#[test]
fn every_rule_plays_the_same_day() {
    let rows = run(&small(), |_| true).expect("played");
    assert_eq!(rows.len(), 2 * 2 * 4);
    for row in &rows {
        let first = rows
            .iter()
            .find(|other| {
                other.seed == row.seed && other.arrivals_per_minute == row.arrivals_per_minute
            })
            .expect("itself");
        assert_eq!(row.outcome.requests, first.outcome.requests);
        assert_eq!(row.outcome.drawn, first.outcome.drawn, "the same day");
        assert!(row.outcome.requests > 5);
        assert!(row.outcome.in_time + row.outcome.unserved <= row.outcome.requests);
        assert_eq!(row.outcome.unserved, 0, "{row:?}");
    }
    let days: std::collections::BTreeSet<u64> = rows.iter().map(|row| row.outcome.drawn).collect();
    assert_eq!(days.len(), 4, "another day for every load and seed");
    assert_eq!(rows, run(&small(), |_| true).expect("played"));
    let table = csv(&rows);
    assert_eq!(table.lines().count(), rows.len() + 1);
    let picture = svg(&rows);
    assert!(Rule::ALL.iter().all(|rule| picture.contains(rule.name())));
    assert_eq!(picture.matches("<polyline").count(), 4);
}

#[test]
fn a_run_can_be_stopped() {
    assert_eq!(run(&small(), |_| false).expect("played").len(), 1);
}

#[test]
fn scenarios_are_read_and_checked() {
    let read =
        Scenario::read("technicians = 50\nrules = [\"engine\", \"nearest-idle\"]\n").expect("fine");
    assert_eq!((read.technicians, read.rules.len()), (50, 2));
    let bad = |text: &str| Scenario::read(text).expect_err("bad").to_string();
    assert!(bad("technicians = 0").contains("from 1 to 5000"));
    assert!(bad("work_sigma = nan").contains("work_sigma"));
    assert!(bad("vans = 5").contains("vans"));
    assert!(bad("rules = [\"best\"]").contains("best"));
    assert!(bad("by_hour = [0.0, 0.0]").contains("by_hour"));
    assert!(bad("arrivals_per_minute = []").contains("loads"));
}
