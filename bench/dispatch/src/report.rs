//! RESULTS.md from the rows: what was measured, beside what is known and what peers reach.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::rows::Rows;
use crate::targets::{self, Measured};
use crate::{latency, routing, simulation};

/// Solutions that were published, by instance.
pub type Best = BTreeMap<String, (usize, f64)>;

pub fn write(folder: &Path, best: &Path, out: &Path) -> Result<()> {
    let best = read_best(best)?;
    let mut text = String::from(
        "# Results of the dispatch benchmark\n\nWritten by `cargo run --release -- report`; the README says how to run it. \
         Wall seconds, one thread.\n",
    );
    let routing = Rows::<routing::Row>::open(folder, "routing")?.all;
    let resident = Rows::<latency::Row>::open(folder, "latency")?.all;
    let http = Rows::<latency::Row>::open(folder, "http")?.all;
    let days = Rows::<simulation::Row>::open(folder, "simulation")?.all;
    let measured = Measured {
        routes: &routing,
        latency: &resident,
        http: &http,
        days: &days,
    };
    targets::write(&mut text, &measured, &best);
    routes(&mut text, &routing, &best);
    latencies(&mut text, &resident);
    over_http(&mut text, &http);
    simulations(&mut text, &days);
    std::fs::write(out, text).with_context(|| out.display().to_string())
}

fn read_best(path: &Path) -> Result<Best> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut best = Best::new();
    for line in text.lines().skip(1) {
        let mut cells = line.split('\t');
        if let (Some(name), Some(vehicles), Some(distance)) =
            (cells.next(), cells.next(), cells.next())
        {
            best.insert(name.to_owned(), (vehicles.parse()?, distance.parse()?));
        }
    }
    Ok(best)
}

pub fn set_of(instance: &str) -> &'static str {
    match instance.split('_').nth(1) {
        None => "Solomon, 100 customers",
        Some("2") => "Gehring and Homberger, 200",
        Some("4") => "Gehring and Homberger, 400",
        Some("10") => "Gehring and Homberger, 1000",
        Some(_) => "Gehring and Homberger, other",
    }
}

fn routes(text: &mut String, rows: &[routing::Row], best: &Best) {
    if rows.is_empty() {
        return;
    }
    text.push_str(
        "\n## Routes with time windows\n\nBest known: fewest vehicles, then shortest. CNV and CTD are the sums of vehicles and \
         distances over a set compared with the best known; the gap is the mean over runs with the best known number of \
         vehicles.\n\n| set | solver | s | objective | runs | best known vehicles | CNV | CTD | mean gap | worst gap |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut groups: BTreeMap<(&str, &str, String, &str), Vec<&routing::Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| best.contains_key(&row.instance)) {
        groups
            .entry((
                set_of(&row.instance),
                &row.solver,
                format!("{}", row.seconds),
                &row.objective,
            ))
            .or_default()
            .push(row);
    }
    for ((set, solver, seconds, objective), runs) in &groups {
        let (mut equal, mut vehicles, mut distance) = (0, (0, 0), (0.0, 0.0));
        let mut gaps = Vec::new();
        for row in runs.iter().filter(|row| row.feasible) {
            let (known_vehicles, known_distance) = best[&row.instance];
            vehicles = (vehicles.0 + row.vehicles, vehicles.1 + known_vehicles);
            distance = (distance.0 + row.distance, distance.1 + known_distance);
            if row.vehicles <= known_vehicles {
                equal += 1;
                gaps.push(100.0 * (row.distance / known_distance - 1.0));
            }
        }
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let worst = gaps.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let percent = |gap: f64| {
            if gap.is_finite() {
                format!("{gap:+.2} %")
            } else {
                "none".to_owned()
            }
        };
        let change = |ours: f64, known: f64| {
            if known > 0.0 {
                100.0 * (ours / known - 1.0)
            } else {
                0.0
            }
        };
        let _ = writeln!(
            text,
            "| {set} | {solver} | {seconds} | {objective} | {} | {equal} ({:.1} %) | {:+.2} % | {:+.2} % | {} | {} |",
            runs.len(),
            100.0 * f64::from(equal) / runs.len().max(1) as f64,
            change(vehicles.0 as f64, vehicles.1 as f64),
            change(distance.0, distance.1),
            percent(mean),
            percent(worst),
        );
    }
    text.push_str("\n### Instances that peers were run on too\n\n| instance | best known |");
    let mut solvers: Vec<(&str, String)> = rows
        .iter()
        .map(|row| (row.solver.as_str(), format!("{}", row.seconds)))
        .collect();
    solvers.sort();
    solvers.dedup();
    for (solver, seconds) in &solvers {
        let _ = write!(text, " {solver} {seconds} s |");
    }
    text.push_str("\n|---|---|");
    text.push_str(&"---|".repeat(solvers.len()));
    text.push('\n');
    for instance in routing::PEERS {
        let Some((vehicles, distance)) = best.get(instance) else {
            continue;
        };
        let _ = write!(text, "| {instance} | {vehicles} / {distance:.2} |");
        for (solver, seconds) in &solvers {
            let run = rows.iter().find(|row| {
                row.instance == instance
                    && row.solver == *solver
                    && format!("{}", row.seconds) == *seconds
                    && row.objective == "vehicles"
            });
            match run {
                Some(row) if row.feasible => {
                    let _ = write!(text, " {} / {:.2} |", row.vehicles, row.distance);
                }
                Some(_) => text.push_str(" none found |"),
                None => text.push_str(" |"),
            }
        }
        text.push('\n');
    }
}

fn latencies(text: &mut String, rows: &[latency::Row]) {
    if !rows.is_empty() {
        table(text, "The resident plan", rows);
    }
}

fn over_http(text: &mut String, rows: &[latency::Row]) {
    if !rows.is_empty() {
        table(
            text,
            "Over HTTP\n\nFrom when a report was due until it was answered, when it is on the disk, and until its visit was \
             planned and offered to somebody, which is on the disk too. Asked for every 2 ms",
            rows,
        );
    }
}

fn table(text: &mut String, heading: &str, rows: &[latency::Row]) {
    let _ = write!(text, "\n## {heading}\n\n");
    text.push_str(
        "| what | technicians x jobs | count | p50 | p99 | max | besides |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let notes: Vec<String> = row
            .notes
            .iter()
            .map(|(name, value)| format!("{name} {value:.2}"))
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} x {} | {} | {:.1} us | {:.1} us | {:.1} us | {} |",
            row.what,
            row.technicians,
            row.jobs,
            row.count,
            row.p50_us,
            row.p99_us,
            row.max_us,
            notes.join(", ")
        );
    }
}

fn simulations(text: &mut String, rows: &[simulation::Row]) {
    if rows.is_empty() {
        return;
    }
    text.push_str(
        "\n## Somebody is there within 30 minutes\n\nA model to compare rules with, not a forecast: 200 technicians, 40 x 40 km, \
         8 skills of which each has 3, lognormal work, noise on the ways, no-shows, sick calls; every rule meets the same days.\n\n\
         | requests a minute | rule | hours | days | in time | mean response | p95 | mean way | not served |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut groups: BTreeMap<(String, String, String), Vec<&simulation::Row>> = BTreeMap::new();
    for row in rows {
        let load = format!("{:.2}", row.load);
        groups
            .entry((load, row.rule.clone(), format!("{:.0}", row.hours)))
            .or_default()
            .push(row);
    }
    for ((load, rule, hours), days) in groups {
        let count = days.len() as f64;
        let mean = |value: fn(&simulation::Row) -> f64| {
            days.iter().map(|row| value(row)).sum::<f64>() / count
        };
        let _ = writeln!(
            text,
            "| {load} | {rule} | {hours} | {} | {:.1} % | {:.1} min | {:.1} min | {:.1} min | {:.2} % |",
            days.len(),
            mean(|row| 100.0 * row.in_time as f64 / row.requests.max(1) as f64),
            mean(|row| row.mean_response),
            mean(|row| row.p95_response),
            mean(|row| row.mean_travel),
            mean(|row| 100.0 * row.unserved as f64 / row.requests.max(1) as f64),
        );
    }
}
