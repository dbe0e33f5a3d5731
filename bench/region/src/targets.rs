//! What was asked of the resolver, number by number, beside what was measured. A number that was not measured says so.

use std::fmt::Write as _;

use crate::score::Tally;

/// Kinds of composed addresses in which every level is written as it is called.
const WELL_FORMED: [&str; 3] = ["A_full", "F_muni", "O_direct"];
/// The set whose rows decide the floor of service areas, and its size.
const TRUTH: (&str, usize) = ("service_areas_truth.tsv", 370);

/// Everything that was measured; none where it was not.
#[derive(Default)]
pub(crate) struct Measured {
    /// Sets by name.
    pub sets: Vec<(String, Tally)>,
    /// Yearly lists and their differences.
    pub years: Option<(usize, usize)>,
    /// Metamorphic cases, and how many changed the division.
    pub metamorphic: Option<(usize, usize)>,
    pub mean_us: Option<f64>,
    pub p99_us: Option<f64>,
    pub garbage_ms: Option<f64>,
    /// Wall milliseconds and MiB of fresh processes, medians.
    pub start: Option<(f64, f64)>,
    /// Bytes of the tables in the binary.
    pub bytes: u64,
    /// How often ours is faster, the least over the sets, by peer.
    pub peers: Vec<(String, f64)>,
}

enum Verdict {
    Met,
    Floor,
    Missed,
}

struct Line {
    what: String,
    asked: String,
    measured: Option<(String, Verdict)>,
}

/// At most, or at least: the goal, and the floor where there is one.
struct Asked {
    is_most: bool,
    goal: f64,
    floor: Option<f64>,
}

const fn most(goal: f64) -> Asked {
    Asked {
        is_most: true,
        goal,
        floor: None,
    }
}

const fn least(goal: f64) -> Asked {
    Asked {
        is_most: false,
        goal,
        floor: None,
    }
}

impl Asked {
    fn judge(&self, value: f64) -> Verdict {
        let meets = |bound: f64| {
            if self.is_most {
                value <= bound
            } else {
                value >= bound
            }
        };
        if meets(self.goal) {
            Verdict::Met
        } else if self.floor.is_some_and(meets) {
            Verdict::Floor
        } else {
            Verdict::Missed
        }
    }

    fn words(&self, unit: &str) -> String {
        let sign = if self.is_most { "≤" } else { "≥" };
        match self.floor {
            Some(floor) => format!("{sign} {} {unit} (floor {floor} {unit})", self.goal),
            None => format!("{sign} {} {unit}", self.goal),
        }
    }
}

/// The table.
pub(crate) fn section(measured: &Measured) -> String {
    let mut page =
        String::from("\n## Targets\n\n| what | asked | measured | |\n|---|---|---|---|\n");
    for line in lines(measured) {
        let (measured, verdict) = match line.measured {
            None => ("not measured".to_owned(), ""),
            Some((measured, Verdict::Met)) => (measured, "met"),
            Some((measured, Verdict::Floor)) => (measured, "floor met, **goal missed**"),
            Some((measured, Verdict::Missed)) => (measured, "**missed**"),
        };
        let _ = writeln!(
            page,
            "| {} | {} | {measured} | {verdict} |",
            line.what, line.asked
        );
    }
    page
}

fn line(what: &str, unit: &str, asked: &Asked, value: Option<f64>) -> Line {
    Line {
        what: what.to_owned(),
        asked: asked.words(unit),
        measured: value.map(|value| (format!("{value:.2} {unit}"), asked.judge(value))),
    }
}

fn lines(measured: &Measured) -> Vec<Line> {
    let mut all = vec![Line {
        what: "service areas: county, code and status class".to_owned(),
        asked: format!("{0} of {0} (floor)", TRUTH.1),
        measured: measured
            .sets
            .iter()
            .find(|(name, _)| name == TRUTH.0)
            .map(|(_, tally)| {
                let right = tally.county.min(tally.code).min(tally.status);
                let whole = right == TRUTH.1 && tally.rows == TRUTH.1;
                let verdict = if whole { Verdict::Met } else { Verdict::Missed };
                (format!("{right} of {}", tally.rows), verdict)
            }),
    }];
    for (name, tally) in measured.sets.iter().filter(|(name, _)| name != TRUTH.0) {
        sets(&mut all, name, tally);
    }
    let none = |what: &str, of: &str, found: Option<(usize, usize)>| Line {
        what: what.to_owned(),
        asked: format!("0 of {of}"),
        measured: found.map(|(count, wrong)| {
            let verdict = if wrong == 0 {
                Verdict::Met
            } else {
                Verdict::Missed
            };
            (format!("{wrong} of {count}"), verdict)
        }),
    };
    all.push(none(
        "yearly lists: differences",
        "44 lists",
        measured.years.filter(|(count, _)| *count == 44),
    ));
    all.push(none(
        "the same address written otherwise: another division",
        "10,000 cases and more",
        measured.metamorphic.filter(|(count, _)| *count >= 10_000),
    ));
    all.push(line(
        "one address, mean",
        "µs",
        &most(8.0),
        measured.mean_us,
    ));
    all.push(line(
        "one address, 99th percentile",
        "µs",
        &most(40.0),
        measured.p99_us,
    ));
    all.push(line(
        "100 kB of garbage",
        "ms",
        &most(50.0),
        measured.garbage_ms,
    ));
    all.push(line(
        "cold start in a fresh process, wall, median",
        "ms",
        &most(20.0),
        measured.start.map(|(ms, _)| ms),
    ));
    all.push(line(
        "memory that the atlas adds in a fresh process, median",
        "MiB",
        &most(25.0),
        measured.start.map(|(_, mib)| mib),
    ));
    all.push(line(
        "bytes of the tables and patches in the binary",
        "MB",
        &most(1.5),
        Some(measured.bytes as f64 / 1e6),
    ));
    for (peer, times) in [("jionlp", 300.0), ("cpca", 50.0)] {
        let found = measured.peers.iter().find(|(name, _)| name == peer);
        all.push(line(
            &format!("faster than {peer}, the least over the sets"),
            "times",
            &least(times),
            found.map(|(_, times)| *times),
        ));
    }
    all
}

fn sets(all: &mut Vec<Line>, name: &str, tally: &Tally) {
    let percent = |part: usize, of: usize| (of > 0).then(|| part as f64 * 100.0 / of as f64);
    let kinds = |kinds: &[&str]| {
        let mut sum = (0, 0);
        for (right, of) in kinds.iter().filter_map(|kind| tally.kinds.get(*kind)) {
            sum = (sum.0 + right, sum.1 + of);
        }
        percent(sum.0, sum.1)
    };
    let county = Asked {
        floor: Some(97.0),
        ..least(98.5)
    };
    let silent = Asked {
        floor: Some(0.5),
        ..most(0.3)
    };
    for (what, asked, value) in [
        ("county", county, percent(tally.county, tally.rows)),
        ("well-formed", least(99.5), kinds(&WELL_FORMED)),
        ("abolished", least(98.0), kinds(&["I_abolished"])),
        ("misspelled", least(90.0), kinds(&["H_typo"])),
        ("towns", least(97.5), percent(tally.town, tally.towns)),
        (
            "silent wrong county",
            silent,
            percent(tally.silent, tally.rows),
        ),
    ] {
        all.push(line(&format!("{name}: {what}"), "%", &asked, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(rows: usize, right: usize, silent: usize) -> Tally {
        let kinds = ["A_full", "I_abolished", "H_typo"];
        Tally {
            rows,
            county: right,
            code: right,
            status: right,
            towns: rows,
            town: right,
            silent,
            kinds: kinds.map(|kind| (kind.to_owned(), (right, rows))).into(),
            wrong: Vec::new(),
        }
    }

    fn measured(truth: Tally, unseen: Tally, scale: f64) -> Measured {
        let wrong = usize::from(scale > 1.0);
        Measured {
            sets: vec![(TRUTH.0.to_owned(), truth), ("unseen".to_owned(), unseen)],
            years: Some((44, wrong)),
            metamorphic: Some((10_000, wrong)),
            mean_us: Some(7.0 * scale),
            p99_us: Some(39.0 * scale),
            garbage_ms: Some(49.0 * scale),
            start: Some((19.0 * scale, 24.0 * scale)),
            bytes: if wrong > 0 { 1_600_000 } else { 1_400_000 },
            peers: vec![
                ("jionlp".to_owned(), 301.0 / scale),
                ("cpca".to_owned(), 51.0 / scale),
            ],
        }
    }

    #[test]
    fn what_is_enough_is_met_what_is_not_is_missed_and_floors_are_judged() {
        let good = measured(tally(370, 370, 0), tally(1_000, 1_000, 0), 1.0);
        let bad = measured(tally(370, 369, 0), tally(1_000, 800, 20), 2.0);
        for (measured, word) in [(good, "| met |"), (bad, "| **missed** |")] {
            let page = section(&measured);
            let rows: Vec<&str> = page.lines().skip(5).collect();
            assert_eq!(rows.len(), 1 + 6 + 2 + 6 + 2);
            for row in rows {
                assert!(row.ends_with(word), "{row}");
            }
        }
        let between = section(&measured(tally(370, 370, 0), tally(1_000, 980, 4), 1.0));
        for what in ["unseen: county", "unseen: silent wrong county"] {
            let row = between
                .lines()
                .find(|row| row.contains(what))
                .expect("a row");
            assert!(row.ends_with("| floor met, **goal missed** |"), "{row}");
        }
    }

    #[test]
    fn what_was_not_measured_says_so() {
        let page = section(&Measured::default());
        for row in page
            .lines()
            .skip(5)
            .filter(|row| !row.contains("bytes of the tables"))
        {
            assert!(row.ends_with("| not measured |  |"), "{row}");
        }
    }
}
