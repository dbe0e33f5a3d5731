//! The command line of the benchmark of the vault and the ledger.

mod leaves;
mod log;
mod numbers;
mod rewrap;
mod sealing;
mod video;

use std::path::{Path, PathBuf};

use aftercare_bench_common::process::{machine, told};
use aftercare_bench_common::rows::Rows;
use aftercare_bench_common::targets;
use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};

use numbers::{Measured, Row};

/// Measures the vault and the ledger number by number and writes RESULTS.md. Run it on an idle machine.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where rows are kept between runs: of each number the last one counts.
    #[arg(long, default_value = "target/rows")]
    rows: PathBuf,
    /// Where the log is written; a folder in memory is refused.
    #[arg(long, default_value = "target/data")]
    data: PathBuf,
    /// Where the table goes.
    #[arg(long, default_value = "RESULTS.md")]
    out: PathBuf,
    /// Some stages alone; otherwise all, one after another.
    #[arg(value_enum)]
    stages: Vec<Stage>,
    /// Only write the table from the rows that are there.
    #[arg(long, conflicts_with_all = ["stages", "smoke"])]
    report: bool,
    /// A run of seconds of everything but `rewrap`, to see that it works; its numbers mean nothing and are kept apart.
    #[arg(long)]
    smoke: bool,
}

/// What is measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// Blobs first: the most memory that the process ever had is asked for.
    Blobs,
    Fields,
    Proofs,
    Outsider,
    Video,
    Leaves,
    Rewrap,
}

impl Stage {
    const ALL: [Self; 7] = [
        Self::Blobs,
        Self::Fields,
        Self::Proofs,
        Self::Outsider,
        Self::Video,
        Self::Leaves,
        Self::Rewrap,
    ];

    /// Measures as it counts, or short; a measurement says itself whether it is whole.
    fn measure(self, data: &Path, smoke: bool) -> Result<Vec<Measured>> {
        let pick = |long: u64, short: u64| if smoke { short } else { long };
        match self {
            Self::Blobs => sealing::blobs(pick(sealing::BLOB_MIB, 64)),
            Self::Fields => sealing::fields(pick(sealing::FIELDS, 10_000)),
            Self::Proofs => log::proofs(pick(log::LEAVES, 1_000), pick(log::PROOFS, 1_000)),
            Self::Outsider => log::outsider(pick(log::LEAVES, 1_000)),
            Self::Video => video::measure(pick(video::SECONDS, 10)),
            Self::Leaves => leaves::measure(data, pick(leaves::SECONDS, 1)),
            Self::Rewrap => rewrap::measure(data, pick(rewrap::PEOPLE, 2_500)),
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = if arguments.smoke {
        arguments.rows.join("smoke")
    } else {
        arguments.rows.clone()
    };
    std::fs::create_dir_all(&folder)?;
    let mut rows = Rows::<Row>::open(&folder, "numbers")?;
    let stages = match (arguments.report, arguments.stages.is_empty()) {
        (true, _) => Vec::new(),
        (false, false) => arguments.stages,
        // The test that wraps keys again is built for it, which takes minutes.
        (false, true) => Stage::ALL
            .into_iter()
            .filter(|stage| !arguments.smoke || *stage != Stage::Rewrap)
            .collect(),
    };
    let mut failed = Vec::new();
    for stage in stages {
        match stage.measure(&arguments.data, arguments.smoke) {
            Ok(measured) => {
                let (on, machine) = (told("date", &["-u", "+%Y-%m-%d"]), machine());
                for one in measured {
                    rows.push(Row::new(one, &on, &machine))?;
                }
            }
            // What was measured is reported, also where a stage fails, such as one without a Python.
            Err(error) => failed.push(error.context(format!("stage {stage:?}"))),
        }
    }
    let text = report(&rows.all);
    std::fs::write(&arguments.out, &text).with_context(|| arguments.out.display().to_string())?;
    print!("{text}");
    failed.into_iter().next().map_or(Ok(()), Err)
}

fn report(rows: &[Row]) -> String {
    let mut text = String::from(
        "# Results of the benchmark of the vault and the ledger\n\n\
         Written by `cargo run --release --locked` in bench/vault; the README says what a number means. One run, one machine:\n\
         compare with your own run, not with somebody else's.\n",
    );
    targets::write(&mut text, &numbers::lines(rows));
    numbers::details(&mut text, rows);
    text
}
