//! What was asked of the engine, number by number, beside what the rows say. A number that was not measured says so.

use aftercare_bench_common::targets::{self, Line, Verdict};

use crate::report::{Best, set_of};
use crate::{latency, routing, simulation};

/// The three greedy rules are compared with this one.
const ENGINE: &str = "engine";
/// Requests a minute that are simulated, and on how many days each.
const LOADS: [f64; 4] = [1.8, 2.4, 2.8, 3.1];
const DAYS: usize = 20;
/// Hours of a day that counts; a shorter one is a try.
const HOURS: f64 = 10.0;
/// The given files of Solomon's, and seeds of each.
const SOLOMON: (usize, usize) = (42, 3);
/// The share of runs with the best known vehicles that is asked, and the least that is accepted, in percent.
const SOLOMON_SHARE: (f64, f64) = (95.0, 85.0);

/// All rows.
#[derive(Default)]
pub struct Measured<'a> {
    pub routes: &'a [routing::Row],
    pub latency: &'a [latency::Row],
    pub http: &'a [latency::Row],
    pub days: &'a [simulation::Row],
}

/// The table.
pub fn write(text: &mut String, rows: &Measured<'_>, best: &Best) {
    targets::write(text, &lines(rows, best));
}

fn lines(rows: &Measured<'_>, best: &Best) -> Vec<Line> {
    let mut all = Vec::new();
    solomon(&mut all, rows.routes, best);
    for (set, files, limits) in [
        ("Gehring and Homberger, 200", 60, (0.3, 1.5)),
        ("Gehring and Homberger, 400", 40, (0.3, 1.5)),
        ("Gehring and Homberger, 1000", 12, (0.5, 3.0)),
    ] {
        large(&mut all, rows.routes, best, (set, files), limits);
    }
    peers(&mut all, rows.routes);
    resident(&mut all, rows.latency);
    // A minute, with every report taken and offered to somebody.
    let report = |what: &str| {
        let mut reports = rows.http.iter();
        reports.find(|row| row.what.starts_with(what) && row.what.ends_with(" 50 a second"))
    };
    all.push(Line {
        what: "report over HTTP until the visit is planned, offered and on the disk, 50 a second"
            .to_owned(),
        asked: "p99 ≤ 20 ms".to_owned(),
        measured: report(crate::http::OFFERED).map(|row| {
            let (measured, verdict) = millis(row.p99_us, 20.0);
            let lost = note(row, "not taken") + note(row, "not offered");
            let whole = row.count >= 3_000;
            if lost > 0.0 {
                let told = format!("{measured}, {lost:.0} of {} not", row.count);
                (told, Verdict::Missed.of(whole))
            } else {
                (measured, verdict.of(whole))
            }
        }),
    });
    promises(&mut all, rows.days);
    all
}

fn millis(micros: f64, most: f64) -> (String, Verdict) {
    let millis = micros / 1_000.0;
    (format!("{millis:.2} ms"), (millis <= most).into())
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
    let (mut runs, mut equal, mut gaps) = (0_usize, 0, Vec::new());
    for (row, (vehicles, distance)) in ours(rows, best, "Solomon, 100 customers", 30.0) {
        runs += 1;
        if row.feasible && row.vehicles <= vehicles {
            equal += 1;
            gaps.push(100.0 * (row.distance / distance - 1.0));
        }
    }
    let share = 100.0 * f64::from(equal) / (runs as f64).max(1.0);
    let (goal, floor) = SOLOMON_SHARE;
    let asked = SOLOMON.0 * SOLOMON.1;
    let whole = runs >= asked;
    let verdict = if share >= goal {
        Verdict::Met
    } else if share >= floor {
        Verdict::Floor
    } else {
        Verdict::Missed
    };
    all.push(Line {
        what: "Solomon 30 s: runs with the best known vehicles".to_owned(),
        asked: format!(
            "≥ {goal} % (floor {floor} %) of {asked}, {} files of {} seeds",
            SOLOMON.0, SOLOMON.1
        ),
        measured: (runs > 0).then(|| (format!("{share:.1} % of {runs}"), verdict.of(whole))),
    });
    let mean = gaps.iter().sum::<f64>() / gaps.len().max(1) as f64;
    all.push(Line {
        what: "Solomon 30 s: mean gap where vehicles agree".to_owned(),
        asked: "≤ 0.7 %".to_owned(),
        measured: (!gaps.is_empty()).then(|| {
            let told = format!("{mean:+.2} % over {}", gaps.len());
            (told, Verdict::from(mean <= 0.7).of(whole))
        }),
    });
}

fn large(
    all: &mut Vec<Line>,
    rows: &[routing::Row],
    best: &Best,
    (set, files): (&str, usize),
    (most_vehicles, most_distance): (f64, f64),
) {
    let (mut runs, mut vehicles, mut distance) = (0_usize, [0.0; 2], [0.0; 2]);
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
            asked: format!("≤ +{most} % over {files} files"),
            measured: (runs > 0).then(|| {
                let missing = if complete {
                    ""
                } else {
                    ", not every plan is whole"
                };
                (
                    format!("{:+.2} % over {runs}{missing}", more(sums)),
                    Verdict::from(complete && more(sums) <= most).of(runs >= files),
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
        let count = routing::PEERS.iter().filter(ran).count();
        all.push(Line {
            what: format!("{peer} beside ours"),
            asked: "12 instances".to_owned(),
            measured: (count > 0)
                .then(|| (format!("{count} instances"), Verdict::Met.of(count == 12))),
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
            measured: row.map(|row| (format!("{:.1} us", row.p99_us), (row.p99_us <= most).into())),
        });
        let row = find("insertion with displacement", jobs);
        all.push(Line {
            what: format!("displacement at {size}"),
            asked: "≥ 90 % of a long run, ≤ 200 ms".to_owned(),
            measured: row.map(|row| {
                let placed = note(row, "more placed");
                let share = 100.0 * placed / note(row, "more placed by a long run").max(1.0);
                let most = row.max_us / 1_000.0;
                (
                    format!("{share:.1} %, {most:.1} ms at most"),
                    (share >= 90.0 && most <= 200.0).into(),
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
                (seconds <= 10.0 && megabytes <= 1_024.0).into(),
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

/// Whether a day is a whole one of the scenario's.
fn counts(row: &simulation::Row) -> bool {
    (row.hours - HOURS).abs() < 1e-9
}

fn promises(all: &mut Vec<Line>, rows: &[simulation::Row]) {
    for load in LOADS {
        let share = |rule: &str| {
            let mut days = 0_usize;
            let mut sum = 0.0;
            for row in rows
                .iter()
                .filter(|row| counts(row) && row.rule == rule)
                .filter(|row| (row.load - load).abs() < 1e-9)
            {
                days += 1;
                sum += 100.0 * row.in_time as f64 / row.requests.max(1) as f64;
            }
            (days > 0).then(|| (sum / days as f64, days))
        };
        let greedy: Vec<f64> = rows
            .iter()
            .filter(|row| counts(row) && row.rule != ENGINE)
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
                    Verdict::from(engine - rule >= asked).of(days >= DAYS),
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
            burst: 20,
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

    /// Runs of as many files of a set as there are, all alike; seeds of each.
    fn set(
        name: &str,
        seconds: f64,
        files: usize,
        seeds: u64,
        is: (usize, f64),
    ) -> Vec<routing::Row> {
        let mut rows = Vec::new();
        for _ in 0..files {
            for _ in 0..seeds {
                rows.push(route("aftercare", name, seconds, is.0, is.1));
            }
        }
        rows
    }

    /// Every row that is asked for: good ones, or bad ones.
    fn rows(
        better: bool,
    ) -> (
        Vec<routing::Row>,
        Vec<latency::Row>,
        [latency::Row; 1],
        Vec<simulation::Row>,
    ) {
        let worse = usize::from(!better);
        let slow = if better { 1.0 } else { 1e7 };
        let long = if better { 1.0 } else { 1.2 };
        let mut routes = set(
            "r101",
            30.0,
            42,
            3,
            (19, 1_650.8 * if better { 1.0 } else { 1.05 }),
        );
        routes.extend(set("r1_2_1", 60.0, 60, 1, (20 + worse, 4_784.1 * long)));
        routes.extend(set("r1_4_1", 60.0, 40, 1, (40 + worse, 10_372.3 * long)));
        routes.extend(set("r1_10_1", 60.0, 12, 1, (100 + worse, 53_412.1 * long)));
        // A run of another length counts for nothing.
        routes.push(route("aftercare", "r101", 0.3, 40, 9_999.0));
        if !better {
            for row in routes.iter_mut().take(60) {
                row.vehicles = 20;
            }
        }
        for peer in ["pyvrp", "ortools", "vroom"] {
            routes.extend(
                routing::PEERS
                    .iter()
                    .map(|one| route(peer, one, 30.0, 1, 1.0)),
            );
        }
        let placed = if better { 59.0 } else { 40.0 };
        let mut latency = Vec::new();
        for jobs in [2_000, 10_000] {
            latency.push(timed("best place of all", jobs, slow, &[]));
            let notes = [("more placed", placed), ("more placed by a long run", 60.0)];
            latency.push(timed("insertion with displacement", jobs, slow, &notes));
            latency.push(timed("ten offers of twelve windows", jobs, slow, &[]));
        }
        let notes = [("seconds to load and plan", slow), ("resident MB", 900.0)];
        latency.push(timed("load", 50_000, 0.0, &notes));
        let notes = [("not taken", 0.0), ("not offered", 0.0)];
        let what = format!("{} 50 a second", crate::http::OFFERED);
        let mut http = [timed(&what, 200, slow, &notes)];
        http[0].count = 3_000;
        let mut days = Vec::new();
        for load in LOADS.repeat(DAYS) {
            days.push(day(load, "nearest-idle", 50));
            days.push(day(load, "earliest-eta", 60));
            days.push(day(load, ENGINE, if better { 71 } else { 59 }));
            // An hour that was tried counts for nothing.
            days.push(simulation::Row {
                hours: 1.0,
                ..day(load, ENGINE, if better { 0 } else { 100 })
            });
        }
        (routes, latency, http, days)
    }

    #[test]
    fn what_is_enough_is_met_and_what_is_not_is_missed() {
        for (better, word) in [(true, "| met |"), (false, "| **missed** |")] {
            let (routes, latency, http, days) = rows(better);
            let measured = Measured {
                routes: &routes,
                latency: &latency,
                http: &http,
                days: &days,
            };
            for line in table(&measured) {
                let peer = line.contains("beside ours");
                assert!(
                    line.ends_with(if peer { "| met |" } else { word }),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn the_floor_is_judged_and_nothing_is_before_every_run_is_there() {
        let (mut routes, latency, mut http, mut days) = rows(true);
        // 12 of 126 runs need a vehicle more: 90.5 %.
        for row in routes.iter_mut().take(12) {
            row.vehicles = 20;
        }
        let measured = Measured {
            routes: &routes,
            latency: &latency,
            http: &http,
            days: &days,
        };
        let lines = table(&measured);
        assert!(
            lines[0].ends_with("| 90.5 % of 126 | floor met, **goal missed** |"),
            "{}",
            lines[0]
        );
        // One of each is missing.
        for name in ["r101", "r1_2_1", "r1_4_1", "r1_10_1"] {
            let mine = |row: &routing::Row| row.solver == "aftercare" && row.instance == name;
            let at = routes.iter().position(mine).expect("a row");
            routes.remove(at);
        }
        let last = |row: &routing::Row| row.instance == routing::PEERS[11];
        routes.retain(|row| !last(row));
        http[0].count -= 1;
        days.truncate(days.len() - 4 * LOADS.len());
        let measured = Measured {
            routes: &routes,
            latency: &latency,
            http: &http,
            days: &days,
        };
        for line in table(&measured) {
            let resident = line.contains(" at 200 x")
                || line.contains(" at 1,000 x")
                || line.contains("50,000 jobs");
            assert!(resident || line.ends_with("| incomplete |"), "{line}");
        }
    }
}
