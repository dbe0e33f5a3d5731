//! Plots: recall against false accepts, and how the scores of copies and of honest photos lie.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::{Measured, shows_a_copy};
use crate::rows::Row;
use crate::svg::{Labels, Line, histograms, lines};

/// The number that the comparison is judged by.
const SCORE: &str = "score_milli";
/// What a pair scores that was not compared at all.
const NO_SCORE: f64 = -9.0;

fn score(row: &Row) -> f64 {
    row.numbers
        .get(SCORE)
        .map_or(NO_SCORE, |value| value / 1_000.0)
}

/// The curve of a peer or of ours: for each threshold, the share of negatives and of derived pairs above it.
fn curve(name: &str, negatives: &[f64], positives: &[f64]) -> Line {
    let mut thresholds: Vec<f64> = negatives.iter().chain(positives).copied().collect();
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    let above = |values: &[f64], level: f64| {
        values.iter().filter(|value| **value >= level).count() as f64 / values.len().max(1) as f64
    };
    let mut points: Vec<(f64, f64)> = thresholds
        .iter()
        .rev()
        .map(|level| (above(negatives, *level), above(positives, *level)))
        .collect();
    points.insert(0, (0.0, 0.0));
    Line {
        name: name.to_owned(),
        points,
    }
}

/// Writes the plots; returns their file names.
pub fn write(measured: &Measured, folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut keep = |name: &str, svg: String| -> Result<()> {
        fs::write(folder.join(name), svg)?;
        names.push(name.to_owned());
        Ok(())
    };
    let scores = |stage: &str| -> Vec<f64> { measured.of(stage, "rendered").map(score).collect() };
    let honest: Vec<f64> = measured
        .of("honest", "rendered")
        .filter(|row| !shows_a_copy(row))
        .map(score)
        .collect();
    let groups: Vec<(String, Vec<f64>)> = [
        ("forged copies", scores("derived")),
        ("undamaged copies", scores("edited")),
        ("screens and prints", scores("screen")),
        ("fixed stand", scores("exact")),
        ("honest photos", honest),
    ]
    .into_iter()
    .filter(|(_, values)| !values.is_empty())
    .map(|(name, values)| (name.to_owned(), values))
    .collect();
    if !groups.is_empty() {
        let labels = Labels {
            title: "Score of the comparison (rendered)",
            across: "score; left end: not compared",
            up: "share of the group",
        };
        keep(
            "scores.svg",
            histograms(labels, (NO_SCORE, 6.0), 60, &groups),
        )?;
    }
    let rows: Vec<&Row> = measured.of("peers", "rendered").collect();
    if !rows.is_empty() {
        let pick = |name: &str, sign: f64, derived: bool| -> Vec<f64> {
            rows.iter()
                .filter(|row| row.class.starts_with("derived") == derived)
                .filter_map(|row| row.numbers.get(name))
                .map(|value| value * sign)
                .collect()
        };
        let mut curves: Vec<Line> = [
            ("ORB", "peer_orb", 1.0),
            ("SIFT", "peer_sift", 1.0),
            ("PDQ, 8 turns", "peer_pdq8", -1.0),
            ("pHash", "peer_phash", -1.0),
        ]
        .into_iter()
        .map(|(title, name, sign)| curve(title, &pick(name, sign, false), &pick(name, sign, true)))
        .collect();
        let ours = |derived: bool| -> Vec<f64> {
            rows.iter()
                .filter(|row| row.class.starts_with("derived") == derived)
                .map(|row| score(row))
                .collect()
        };
        curves.insert(0, curve("ours", &ours(false), &ours(true)));
        let labels = Labels {
            title: "Derived or not, on the pairs of the peers (rendered)",
            across: "negatives accepted",
            up: "derived pairs accepted",
        };
        keep("roc.svg", lines(labels, (0.0, 0.3), (0.0, 1.0), &curves))?;
    }
    let f1: Vec<f64> = measured
        .of("derived", "rendered")
        .filter_map(|row| row.overlap)
        .map(|overlap| overlap.f1())
        .collect();
    if !f1.is_empty() {
        let labels = Labels {
            title: "Edited region: F1 of each claim (rendered)",
            across: "F1",
            up: "share of the claims",
        };
        keep(
            "masks.svg",
            histograms(labels, (0.0, 1.0), 40, &[("forged".to_owned(), f1)]),
        )?;
    }
    Ok(names)
}
