//! The counts that the findings quote: crates/evidence/calibration.toml.

use std::fmt::Write;

use super::{Measured, is_from_a_buyer, rate, shows_a_copy};
use crate::direct::PREFIX;
use crate::rows::Row;
use crate::stats::Rate;

/// One code and grade, and where its honest and its forged cases are.
struct Check {
    code: &'static str,
    grade: &'static str,
    unit: &'static str,
    honest: fn(&Row) -> bool,
    forged: fn(&Row) -> bool,
}

const CHECKS: [Check; 7] = [
    Check {
        code: "derived_from_reference",
        grade: "exact",
        unit: "pairs",
        honest: |row| honest_pair(row) || row.stage == "exact",
        forged: |row| row.stage == "derived",
    },
    Check {
        code: "derived_from_reference",
        grade: "unmoved",
        unit: "pairs",
        honest: honest_pair,
        forged: |row| row.stage == "derived",
    },
    Check {
        code: "edited_region",
        grade: "exact",
        unit: "photos",
        honest: |row| row.stage == "edited",
        forged: |row| row.stage == "derived",
    },
    Check {
        code: "edited_region",
        grade: "unmoved",
        unit: "photos",
        honest: |row| row.stage == "edited",
        forged: |row| row.stage == "derived",
    },
    Check {
        code: "same_flat_surface",
        grade: "near",
        unit: "pairs",
        honest: honest_pair,
        forged: |row| row.stage == "screen",
    },
    Check {
        code: "same_place",
        grade: "near",
        unit: "pairs",
        honest: |row| row.stage == "honest" && is_from_a_buyer(row) && !shows_a_copy(row),
        forged: |row| row.stage == "rerender" && row.class == "moved-camera",
    },
    Check {
        code: "damage_not_confirmed",
        grade: "near",
        unit: "claims",
        honest: |row| row.stage == "cross-view" && row.class.starts_with("honest"),
        forged: |row| row.stage == "cross-view" && row.class == "own-edited-with-challenge",
    },
];

fn honest_pair(row: &Row) -> bool {
    row.stage == "honest" && !shows_a_copy(row)
}

/// The file. Bounds are rounded outward, so that they hold as written.
pub fn file(measured: &Measured) -> String {
    let mut text = String::from(
        "# What the checks of this version of the thresholds did on photos whose origin is known. Written by bench/evidence; the\n\
         # sentences of the findings quote it. Each `count` is one code and grade in one suite: `rendered` pictures and `real`\n\
         # photos are never added up. Bounds are one-sided, 95 %, clustered by item.\n",
    );
    let checks = measured
        .heads
        .first()
        .map_or("", |head| head.checks.as_str());
    let runs: Vec<String> = measured
        .heads
        .iter()
        .map(|head| {
            format!(
                "seed {} at {} px, commit {}",
                head.seed, head.side, head.commit
            )
        })
        .collect();
    let _ = writeln!(text, "version = {checks:?}\nrun = {:?}", runs.join("; "));
    let mut counts = 0;
    for suite in ["rendered", "real"] {
        for check in &CHECKS {
            let of_suite = || measured.rows.iter().filter(|row| row.suite == suite);
            // Of most stand pairs the comparison alone was asked.
            let direct = format!("{PREFIX}{}", check.code);
            let found = |row: &Row| {
                row.has_grade(check.code, check.grade)
                    || (row.stage == "exact" && row.has_grade(&direct, check.grade))
            };
            let honest = rate(of_suite().filter(|row| (check.honest)(row)), found);
            let forged = rate(of_suite().filter(|row| (check.forged)(row)), found);
            if honest.cases() > 0 {
                count(&mut text, check, suite, &honest, &forged);
                counts += 1;
            }
        }
    }
    if counts == 0 {
        text += "count = []\n";
    }
    text
}

fn count(text: &mut String, check: &Check, suite: &str, honest: &Rate, forged: &Rate) {
    let up = |bound: f64| ((bound * 1e6).ceil() / 1e6).clamp(1e-6, 1.0);
    let down = |bound: f64| (bound * 1e6).floor() / 1e6;
    let _ = write!(
        text,
        "\n[[count]]\ncode = {:?}\ngrade = {:?}\nsuite = {suite:?}\nunit = {:?}\nhonest = {}\nhonest_items = {}\n\
         false_alarms = {}\nfalse_alarm_bound = {:.6}\nforged = {}\nforged_items = {}\nfound = {}\nfound_bound = {:.6}\n",
        check.code,
        check.grade,
        check.unit,
        honest.cases(),
        honest.item_count(),
        honest.happened(),
        up(honest.upper_bound()),
        forged.cases(),
        forged.item_count(),
        forged.happened(),
        down(forged.lower_bound())
    );
}
