//! The rows of a simulation as CSV, and as one picture in SVG.

use std::fmt::Write as _;

use super::{Row, Rule};
use crate::number::real;

/// Width and height of the picture, and its margin.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const MARGIN: f64 = 48.0;

/// A line a run.
#[must_use]
pub fn csv(rows: &[Row]) -> String {
    let mut text = String::from(
        "arrivals_per_minute,rule,seed,requests,in_time,in_time_percent,unserved,mean_response_minutes,\
         p95_response_minutes,mean_travel_minutes\n",
    );
    for row in rows {
        let outcome = &row.outcome;
        let _ = writeln!(
            text,
            "{},{},{},{},{},{:.2},{},{:.2},{:.2},{:.2}",
            row.arrivals_per_minute,
            row.rule.name(),
            row.seed,
            outcome.requests,
            outcome.in_time,
            percent(row),
            outcome.unserved,
            outcome.mean_response,
            outcome.p95_response,
            outcome.mean_travel
        );
    }
    text
}

fn percent(row: &Row) -> f64 {
    100.0 * real(row.outcome.in_time) / real(row.outcome.requests).max(1.0)
}

/// Mean percentage in time of a rule at a load, over all seeds; None without a run.
#[must_use]
pub fn mean(rows: &[Row], load: f64, rule: Rule) -> Option<f64> {
    let runs: Vec<f64> = rows
        .iter()
        .filter(|row| row.arrivals_per_minute.total_cmp(&load).is_eq() && row.rule == rule)
        .map(percent)
        .collect();
    (!runs.is_empty()).then(|| runs.iter().sum::<f64>() / real(runs.len()))
}

/// A line a rule: percentage in time over the load.
#[must_use]
pub fn svg(rows: &[Row]) -> String {
    let mut loads: Vec<f64> = rows.iter().map(|row| row.arrivals_per_minute).collect();
    loads.sort_by(f64::total_cmp);
    loads.dedup();
    let (least, most) = (
        loads.first().copied().unwrap_or(0.0),
        loads.last().copied().unwrap_or(1.0),
    );
    let x = |load: f64| {
        let span = if most > least { most - least } else { 1.0 };
        MARGIN + (load - least) / span * (WIDTH - 2.0 * MARGIN - 96.0)
    };
    let y = |percent: f64| HEIGHT - MARGIN - percent / 100.0 * (HEIGHT - 2.0 * MARGIN);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>Requests with somebody there in time, in percent, by requests a minute</title>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
    );
    for tick in [0.0, 25.0, 50.0, 75.0, 100.0] {
        let at = y(tick);
        let _ = writeln!(
            text,
            "<line x1=\"{MARGIN}\" x2=\"{}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>",
            WIDTH - MARGIN - 96.0,
            MARGIN - 6.0,
            at + 4.0
        );
    }
    for &load in &loads {
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{load}</text>",
            x(load),
            HEIGHT - MARGIN + 18.0
        );
    }
    for (rule, color) in Rule::ALL
        .into_iter()
        .zip(["#777", "#b5651d", "#1f77b4", "#c2185b"])
    {
        let points: Vec<(f64, f64)> = loads
            .iter()
            .filter_map(|&load| Some((x(load), y(mean(rows, load, rule)?))))
            .collect();
        let Some(&(end, height)) = points.last() else {
            continue;
        };
        let path: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = writeln!(
            text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" fill=\"{color}\">{}</text>",
            path.join(" "),
            end + 8.0,
            height + 4.0,
            rule.name()
        );
    }
    text.push_str("</svg>\n");
    text
}
