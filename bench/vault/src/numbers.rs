//! What was asked, number by number, and what a measurement says of it.

use std::fmt::Write as _;
use std::time::Instant;

use aftercare_bench_common::process;
use aftercare_bench_common::targets::{Line, Verdict};
use anyhow::Result;
use serde::{Deserialize, Serialize};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Number {
    Leaves,
    Receipt,
    ProofBuild,
    ProofVerify,
    ProofBytes,
    FieldSeal,
    FieldOpen,
    BlobSeal,
    BlobMemory,
    Video,
    Outsider,
    Rewrap,
}

/// What is enough.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Limit {
    Least(f64),
    Most(f64),
}

impl Number {
    pub const ALL: [Self; 12] = [
        Self::Leaves,
        Self::Receipt,
        Self::ProofBuild,
        Self::ProofVerify,
        Self::ProofBytes,
        Self::FieldSeal,
        Self::FieldOpen,
        Self::BlobSeal,
        Self::BlobMemory,
        Self::Video,
        Self::Outsider,
        Self::Rewrap,
    ];

    /// In words, what is enough, its unit, digits after the point, and the stage that measures it.
    const fn goal(self) -> (&'static str, Limit, &'static str, usize, &'static str) {
        use Limit::{Least, Most};
        match self {
            Self::Leaves => (
                "durable leaves in groups, on a disk",
                Least(20_000.0),
                "/s",
                0,
                "leaves",
            ),
            Self::Receipt => (
                "from handing a group in until it is told its places in the log, p99 at that load",
                Most(250.0),
                "ms",
                1,
                "leaves",
            ),
            Self::ProofBuild => (
                "building the proof of an entry of a log of a million",
                Most(1.0),
                "µs",
                2,
                "proofs",
            ),
            Self::ProofVerify => (
                "checking it, without signatures",
                Most(5.0),
                "µs",
                2,
                "proofs",
            ),
            Self::ProofBytes => (
                "proof with its signed checkpoint, and a timestamp, at a million leaves",
                Most(4_096.0),
                "bytes",
                0,
                "proofs",
            ),
            Self::FieldSeal => (
                "sealing a field, at 33 bytes more than its content, on one core",
                Least(1_000_000.0),
                "/s",
                0,
                "fields",
            ),
            Self::FieldOpen => (
                "opening one under a receipt, on one core",
                Least(1_000_000.0),
                "/s",
                0,
                "fields",
            ),
            Self::BlobSeal => (
                "sealing a blob as a stream, on one core",
                Least(3.0),
                "GB/s",
                2,
                "blobs",
            ),
            Self::BlobMemory => (
                "the most memory that takes, the program's own with it",
                Most(64.0),
                "MB",
                1,
                "blobs",
            ),
            Self::Video => (
                "an hour of video of 4 Mbit/s, hashed and chained",
                Most(1.5),
                "s of processor time",
                2,
                "video",
            ),
            Self::Outsider => (
                "an outsider's check of a bundle: sha256sum, the Python file, openssl",
                Most(1.0),
                "s",
                2,
                "outsider",
            ),
            Self::Rewrap => (
                "wrapping the keys of a million people again, in turns that let others write",
                Most(10.0),
                "s",
                1,
                "rewrap",
            ),
        }
    }

    fn value(self, value: f64) -> String {
        let (_, _, unit, digits, _) = self.goal();
        let between = if unit.starts_with('/') { "" } else { " " };
        format!("{value:.digits$}{between}{unit}")
    }

    fn asked(self) -> String {
        match self.goal().1 {
            Limit::Least(least) => format!("≥ {}", self.value(least)),
            Limit::Most(most) => format!("≤ {}", self.value(most)),
        }
    }

    fn is_enough(self, value: f64) -> bool {
        match self.goal().1 {
            Limit::Least(least) => value >= least,
            Limit::Most(most) => value <= most,
        }
    }
}

/// A number, and on what it was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub number: Number,
    pub value: f64,
    /// Whether it was measured at the size that was asked for.
    pub is_whole: bool,
    /// What else there is to say of it.
    pub told: String,
}

/// A measurement that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub measured: Measured,
    pub on: String,
    pub machine: String,
}

impl Row {
    pub fn new(measured: Measured, on: &str, machine: &str) -> Self {
        Self {
            measured,
            on: on.to_owned(),
            machine: machine.to_owned(),
        }
    }
}

/// The row that counts: the last one that is whole, or the last one.
fn row_of(rows: &[Row], number: Number) -> Option<&Row> {
    let mine = move || {
        rows.iter()
            .rev()
            .filter(move |row| row.measured.number == number)
    };
    mine()
        .find(|row| row.measured.is_whole)
        .or_else(|| mine().next())
}

/// The table of goals.
pub fn lines(rows: &[Row]) -> Vec<Line> {
    let line = |number: Number| Line {
        what: number.goal().0.to_owned(),
        asked: number.asked(),
        measured: row_of(rows, number).map(|row| {
            let Measured {
                value, is_whole, ..
            } = row.measured;
            let verdict = Verdict::from(number.is_enough(value)).of(is_whole);
            (number.value(value), verdict)
        }),
    };
    Number::ALL.into_iter().map(line).collect()
}

/// When, on what and by which command each number was measured.
pub fn details(text: &mut String, rows: &[Row]) {
    text.push_str(
        "\n## How\n\n| command | measured | date | machine | on what |\n|---|---|---|---|---|\n",
    );
    for number in Number::ALL {
        if let Some(row) = row_of(rows, number) {
            let (_, _, _, _, stage) = number.goal();
            let Measured { value, told, .. } = &row.measured;
            let _ = writeln!(
                text,
                "| `cargo run --release --locked -- {stage}` | {} | {} | {} | {told} |",
                number.value(*value),
                row.on,
                row.machine
            );
        }
    }
}

/// Seconds of this process's processor time that the work takes.
pub fn cpu_seconds(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let own = std::process::id();
    let before = process::own_cpu_seconds(own)?;
    let began = Instant::now();
    work()?;
    let taken = process::own_cpu_seconds(own)? - before;
    // The kernel counts in hundredths of a second; what is shorter is told by the clock on the wall.
    Ok(if taken < 0.1 {
        began.elapsed().as_secs_f64()
    } else {
        taken
    })
}

/// The value that a share of all is at most (nearest rank); 0 for none.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (share * values.len() as f64).ceil() as usize;
    values
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aftercare_bench_common::targets;

    fn row(number: Number, value: f64, is_whole: bool) -> Row {
        let measured = Measured {
            number,
            value,
            is_whole,
            told: "a disk".to_owned(),
        };
        Row::new(measured, "2026-11-28", "a machine")
    }

    fn table(rows: &[Row]) -> Vec<String> {
        let mut text = String::new();
        targets::write(&mut text, &lines(rows));
        text.lines().skip(5).map(str::to_owned).collect()
    }

    #[test]
    fn every_number_has_a_line_and_says_when_it_was_not_measured() {
        let lines = table(&[]);
        assert_eq!(lines.len(), Number::ALL.len());
        assert!(
            lines
                .iter()
                .all(|line| line.ends_with("| not measured |  |")),
            "{lines:#?}"
        );
        assert!(lines[0].contains("| ≥ 20000/s |"), "{}", lines[0]);
        assert!(lines[1].contains("| ≤ 250.0 ms |"), "{}", lines[1]);
    }

    #[test]
    fn what_is_enough_is_met_and_what_is_not_is_missed() {
        for (better, word) in [(true, "| met |"), (false, "| **missed** |")] {
            let rows = Number::ALL.map(|number| {
                let value = match number.goal().1 {
                    Limit::Least(least) => least * if better { 1.0 } else { 0.99 },
                    Limit::Most(most) => most * if better { 1.0 } else { 1.01 },
                };
                row(number, value, true)
            });
            for line in table(&rows) {
                assert!(line.ends_with(word), "{line}");
            }
        }
    }

    #[test]
    fn the_last_whole_row_counts_and_a_short_one_is_not_judged() {
        let of = |rows: &[Row]| table(rows).swap_remove(0);
        let (old, new) = (
            row(Number::Leaves, 1.0, true),
            row(Number::Leaves, 30_000.0, true),
        );
        let short = row(Number::Leaves, 90_000.0, false);
        assert!(of(std::slice::from_ref(&short)).ends_with("| 90000/s | incomplete |"));
        let line = of(&[old, new.clone(), short]);
        assert!(line.ends_with("| 30000/s | met |"), "{line}");
        let mut text = String::new();
        details(&mut text, &[new]);
        let said = "| `cargo run --release --locked -- leaves` | 30000/s | 2026-11-28 | a machine | a disk |";
        assert_eq!(text.lines().next_back(), Some(said));
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let mut values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(percentile(&mut values, 0.99).to_string(), "198");
        assert_eq!(percentile(&mut [7.0], 0.99).to_string(), "7");
        assert_eq!(percentile(&mut [], 0.99).to_string(), "0");
    }
}
