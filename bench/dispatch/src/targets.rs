//! What was asked of the engine, number by number, beside what the rows say. A number that was not measured says so.

use std::fmt::Write as _;

use crate::report::{Best, set_of};
use crate::{latency, routing, simulation};

/// The three greedy rules are compared with this one.
const ENGINE: &str = "engine";
/// Requests a minute that are simulated, and on how many days each.
const LOADS: [f64; 4] = [1.8, 2.4, 2.8, 3.1];
const DAYS: usize = 20;

/// All rows.
#[derive(Default)]
pub struct Measured<'a> {
    pub routes: &'a [routing::Row],
    pub latency: &'a [latency::Row],
    pub http: &'a [latency::Row],
    pub days: &'a [simulation::Row],
}

/// A line of the table: what is asked, what was measured, and whether that is enough; none when it was not measured.
struct Line {
    what: String,
    asked: String,
    measured: Option<(String, bool)>,
}

/// The table.
pub fn write(text: &mut String, rows: &Measured<'_>, best: &Best) {
    text.push_str("\n## Targets\n\n| what | asked | measured | |\n|---|---|---|---|\n");
    for line in lines(rows, best) {
        let (measured, verdict) = match line.measured {
            None => ("not measured".to_owned(), ""),
            Some((measured, true)) => (measured, "met"),
            Some((measured, false)) => (measured, "**missed**"),
        };
        let _ = writeln!(
            text,
            "| {} | {} | {measured} | {verdict} |",
            line.what, line.asked
        );
    }
}

fn lines(rows: &Measured<'_>, best: &Best) -> Vec<Line> {
    let mut all = Vec::new();
    solomon(&mut all, rows.routes, best);
    for (set, limits) in [
        ("Gehring and Homberger, 200", (0.3, 1.5)),
        ("Gehring and Homberger, 400", (0.3, 1.5)),
        ("Gehring and Homberger, 1000", (0.5, 3.0)),
    ] {
        large(&mut all, rows.routes, best, set, limits);
    }
    peers(&mut all, rows.routes);
    resident(&mut all, rows.latency);
    // A minute, with every report taken.
    let mut reports = rows.http.iter();
    let report = reports.find(|row| row.what.contains(" 50 a second") && row.count >= 3_000);
    all.push(Line {
        what: "report over HTTP until it is on the disk, 50 a second".to_owned(),
        asked: "p99 ≤ 20 ms".to_owned(),
        measured: report.map(|row| {
            let (measured, enough) = millis(row.p99_us, 20.0);
            match note(row, "not taken") {
                0.0 => (measured, enough),
                lost => (format!("{measured}, {lost:.0} not taken"), false),
            }
        }),
    });
    promises(&mut all, rows.days);
    all
}

fn millis(micros: f64, most: f64) -> (String, bool) {
    let millis = micros / 1_000.0;
    (format!("{millis:.2} ms"), millis <= most)
}

fn ours<'a>(
    rows: &'a [routing::Row],
    best: &'a Best,
    set: &'a str,
    seconds: f64,
) -> impl Iterator<Item = (&'a routing::Row, (usize, f64))> {
    rows.iter()
        .filter(move |row| {
            row.solver == "aftercare"
                && row.objective == "vehicles"
                && (row.seconds - seconds).abs() < 1e-9
                && set_of(&row.instance) == set
        })
        .filter_map(|row| Some((row, *best.get(&row.instance)?)))
}

fn solomon(all: &mut Vec<Line>, rows: &[routing::Row], best: &Best) {
    let (mut runs, mut equal, mut gaps) = (0, 0, Vec::new());
    for (row, (vehicles, distance)) in ours(rows, best, "Solomon, 100 customers", 30.0) {
        runs += 1;
        if row.feasible && row.vehicles <= vehicles {
            equal += 1;
            gaps.push(100.0 * (row.distance / distance - 1.0));
        }
    }
    let share = 100.0 * f64::from(equal) / f64::from(runs.max(1));
    all.push(Line {
        what: "Solomon 30 s: runs with the best known vehicles".to_owned(),
        asked: "≥ 95 % (floor 85 %) of 168".to_owned(),
        measured: (runs > 0).then(|| (format!("{share:.1} % of {runs}"), share >= 95.0)),
    });
    let mean = gaps.iter().sum::<f64>() / gaps.len().max(1) as f64;
    all.push(Line {
        what: "Solomon 30 s: mean gap where vehicles agree".to_owned(),
        asked: "≤ 0.7 %".to_owned(),
        measured: (!gaps.is_empty()).then(|| (format!("{mean:+.2} %"), mean <= 0.7)),
    });
}

fn large(
    all: &mut Vec<Line>,
    rows: &[routing::Row],
    best: &Best,
    set: &str,
    (most_vehicles, most_distance): (f64, f64),
) {
    let (mut runs, mut vehicles, mut distance) = (0, [0.0; 2], [0.0; 2]);
    let mut complete = true;
    for (row, known) in ours(rows, best, set, 60.0) {
        runs += 1;
        complete &= row.feasible;
        vehicles = [
            vehicles[0] + row.vehicles as f64,
            vehicles[1] + known.0 as f64,
        ];
        distance = [distance[0] + row.distance, distance[1] + known.1];
    }
    let more = |[ours, known]: [f64; 2]| 100.0 * (ours / known - 1.0);
    for (name, sums, most) in [
        ("vehicles", vehicles, most_vehicles),
        ("distance", distance, most_distance),
    ] {
        all.push(Line {
            what: format!("{set}, 60 s: {name}"),
            asked: format!("≤ +{most} % over 60"),
            measured: (runs > 0).then(|| {
                let missing = if complete {
                    ""
                } else {
                    ", not every plan is whole"
                };
                (
                    format!("{:+.2} % over {runs}{missing}", more(sums)),
                    complete && more(sums) <= most,
                )
            }),
        });
    }
}

fn peers(all: &mut Vec<Line>, rows: &[routing::Row]) {
    for peer in ["pyvrp", "ortools", "vroom"] {
        let ran = |instance: &&&str| {
            let mut rows = rows.iter();
            rows.any(|row| row.solver == peer && row.instance == ***instance)
        };
        let count = routing::PEERS.iter().filter(|one| ran(&one)).count();
        all.push(Line {
            what: format!("{peer} beside ours"),
            asked: "12 instances".to_owned(),
            measured: (count > 0).then(|| (format!("{count} instances"), count == 12)),
        });
    }
}

fn resident(all: &mut Vec<Line>, rows: &[latency::Row]) {
    let find = |what: &str, jobs: usize| {
        let mut rows = rows.iter();
        rows.find(|row| row.what == what && row.jobs == jobs)
    };
    for (size, jobs, most) in [
        ("200 x 2,000", 2_000, 50.0),
        ("1,000 x 10,000", 10_000, 200.0),
    ] {
        let row = find("best place of all", jobs);
        all.push(Line {
            what: format!("exact insertion at {size}"),
            asked: format!("p99 ≤ {most} us"),
            measured: row.map(|row| (format!("{:.1} us", row.p99_us), row.p99_us <= most)),
        });
        let row = find("insertion with displacement", jobs);
        all.push(Line {
            what: format!("displacement at {size}"),
            asked: "≥ 90 % of a long run, ≤ 200 ms".to_owned(),
            measured: row.map(|row| {
                let placed = note(row, "placed");
                let share = 100.0 * placed / note(row, "placed by a long run").max(1.0);
                let most = row.max_us / 1_000.0;
                (
                    format!("{share:.1} %, {most:.1} ms at most"),
                    share >= 90.0 && most <= 200.0,
                )
            }),
        });
        let row = find("ten offers of twelve windows", jobs);
        all.push(Line {
            what: format!("ten offers at {size}"),
            asked: "p99 ≤ 10 ms".to_owned(),
            measured: row.map(|row| millis(row.p99_us, 10.0)),
        });
    }
    let row = find("load", 50_000);
    all.push(Line {
        what: "5,000 technicians x 50,000 jobs".to_owned(),
        asked: "≤ 10 s, ≤ 1 GB".to_owned(),
        measured: row.map(|row| {
            let seconds = note(row, "seconds to load and plan");
            let megabytes = note(row, "resident MB");
            (
                format!("{seconds:.1} s, {megabytes:.0} MB"),
                seconds <= 10.0 && megabytes <= 1_024.0,
            )
        }),
    });
}

fn note(row: &latency::Row, name: &str) -> f64 {
    let mut notes = row.notes.iter();
    notes
        .find(|(known, _)| known == name)
        .map_or(f64::NAN, |(_, value)| *value)
}

fn promises(all: &mut Vec<Line>, rows: &[simulation::Row]) {
    for load in LOADS {
        let share = |rule: &str| {
            let mut days = 0_usize;
            let mut sum = 0.0;
            for row in rows
                .iter()
                .filter(|row| row.rule == rule && (row.load - load).abs() < 1e-9)
            {
                days += 1;
                sum += 100.0 * row.in_time as f64 / row.requests.max(1) as f64;
            }
            (days > 0).then(|| (sum / days as f64, days))
        };
        let greedy: Vec<f64> = rows
            .iter()
            .filter(|row| row.rule != ENGINE)
            .map(|row| row.rule.as_str())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .filter_map(|rule| Some(share(rule)?.0))
            .collect();
        let rule = greedy.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let asked = if (load - 2.8).abs() < 1e-9 {
            10.0
        } else {
            -0.5
        };
        let measured = share(ENGINE).filter(|_| !greedy.is_empty());
        all.push(Line {
            what: format!("in time at {load} requests a minute, against the best greedy rule"),
            asked: format!("≥ {asked:+.1} points, {DAYS} days"),
            measured: measured.map(|(engine, days)| {
                (
                    format!("{:+.1} points ({engine:.1} %, {days} days)", engine - rule),
                    engine - rule >= asked && days >= DAYS,
                )
            }),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(
        solver: &str,
        instance: &str,
        seconds: f64,
        vehicles: usize,
        distance: f64,
    ) -> routing::Row {
        routing::Row {
            solver: solver.to_owned(),
            instance: instance.to_owned(),
            seconds,
            seed: 1,
            objective: "vehicles".to_owned(),
            feasible: true,
            vehicles,
            distance,
            elapsed_ms: 1,
            routes: Vec::new(),
        }
    }

    fn timed(what: &str, jobs: usize, p99_us: f64, notes: &[(&str, f64)]) -> latency::Row {
        let notes = notes.iter();
        latency::Row {
            what: what.to_owned(),
            technicians: 1,
            jobs,
            count: 1,
            p50_us: p99_us,
            p99_us,
            max_us: p99_us,
            notes: notes
                .map(|(name, value)| ((*name).to_owned(), *value))
                .collect(),
        }
    }

    fn day(load: f64, rule: &str, in_time: usize) -> simulation::Row {
        simulation::Row {
            load,
            rule: rule.to_owned(),
            seed: 1,
            hours: 10.0,
            requests: 100,
            in_time,
            unserved: 0,
            mean_response: 1.0,
            p95_response: 1.0,
            mean_travel: 1.0,
            seconds: 1.0,
        }
    }

    fn best() -> Best {
        [
            ("r101", (19, 1_650.8)),
            ("r1_2_1", (20, 4_784.1)),
            ("r1_4_1", (40, 10_372.3)),
            ("r1_10_1", (100, 53_412.1)),
        ]
        .map(|(name, known)| (name.to_owned(), known))
        .into()
    }

    fn table(rows: &Measured<'_>) -> Vec<String> {
        let mut text = String::new();
        write(&mut text, rows, &best());
        text.lines().skip(5).map(str::to_owned).collect()
    }

    #[test]
    fn every_number_has_a_line_and_says_when_it_was_not_measured() {
        let lines = table(&Measured::default());
        assert_eq!(lines.len(), 2 + 6 + 3 + 6 + 1 + 1 + 4);
        assert!(
            lines
                .iter()
                .all(|line| line.ends_with("| not measured |  |")),
            "{lines:#?}"
        );
    }

    #[test]
    fn what_is_enough_is_met_and_what_is_not_is_missed() {
        let verdicts = |better: bool| {
            let worse = usize::from(!better);
            let slow = if better { 1.0 } else { 1e7 };
            let long = if better { 1.0 } else { 1.2 };
            let mut routes = vec![
                route(
                    "aftercare",
                    "r101",
                    30.0,
                    19,
                    1_650.8 * if better { 1.0 } else { 1.05 },
                ),
                route("aftercare", "r1_2_1", 60.0, 20 + worse, 4_784.1 * long),
                route("aftercare", "r1_4_1", 60.0, 40 + worse, 10_372.3 * long),
                route("aftercare", "r1_10_1", 60.0, 100 + worse, 53_412.1 * long),
                // A run of another length counts for nothing.
                route("aftercare", "r101", 0.3, 40, 9_999.0),
            ];
            if !better {
                routes.push(route("aftercare", "r101", 30.0, 20, 1_650.8));
            }
            let of = if better { 12 } else { 3 };
            for peer in ["pyvrp", "ortools", "vroom"] {
                routes.extend(
                    routing::PEERS[..of]
                        .iter()
                        .map(|one| route(peer, one, 30.0, 1, 1.0)),
                );
            }
            let placed = if better { 59.0 } else { 40.0 };
            let mut latency = Vec::new();
            for jobs in [2_000, 10_000] {
                latency.push(timed("best place of all", jobs, slow, &[]));
                latency.push(timed(
                    "insertion with displacement",
                    jobs,
                    slow,
                    &[("placed", placed), ("placed by a long run", 60.0)],
                ));
                latency.push(timed("ten offers of twelve windows", jobs, slow, &[]));
            }
            let notes = [("seconds to load and plan", slow), ("resident MB", 900.0)];
            latency.push(timed("load", 50_000, 0.0, &notes));
            let mut http = [timed(
                "report, durable, 50 a second",
                3_000,
                slow,
                &[("not taken", 0.0)],
            )];
            http[0].count = 3_000;
            let mut days = Vec::new();
            for load in LOADS.repeat(DAYS) {
                days.push(day(load, "nearest-idle", 50));
                days.push(day(load, "earliest-eta", 60));
                days.push(day(load, ENGINE, if better { 71 } else { 59 }));
            }
            let rows = Measured {
                routes: &routes,
                latency: &latency,
                http: &http,
                days: &days,
            };
            table(&rows)
        };
        for line in verdicts(true) {
            assert!(line.ends_with("| met |"), "{line}");
        }
        for line in verdicts(false) {
            assert!(line.ends_with("| **missed** |"), "{line}");
        }
    }
}
