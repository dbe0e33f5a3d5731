//! One run that measures the goals and writes `RESULTS.md`: each number stands beside its goal, the machine and the
//! command, and beside the raw database where there is one. Run it on an idle machine.

mod photos;
mod process;
mod store;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use aftercare_bench_common::process::{machine, told};
use anyhow::{Context, Result, bail};
use clap::Parser;

/// The section that a run keeps.
const BY_HAND: &str = "\n## Measured by hand";

/// What is measured and how large it is.
#[derive(Debug, Parser)]
struct Arguments {
    /// The binary, built with `cargo build --release --locked` in the folder above.
    #[arg(long, default_value = "../target/release/aftercare")]
    binary: PathBuf,
    /// Events of the log that is verified.
    #[arg(long, default_value_t = 200_000)]
    events: u64,
    /// Photos in the index that is searched.
    #[arg(long, default_value_t = 100_000)]
    photos: u32,
    /// Where the table goes.
    #[arg(long, default_value = "RESULTS.md")]
    out: PathBuf,
}

/// One line of the table.
#[derive(Debug)]
struct Row {
    what: String,
    measured: String,
    /// Empty where none was set.
    goal: &'static str,
    /// None where there is no goal.
    met: Option<bool>,
}

impl Row {
    fn new(what: impl Into<String>, measured: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            measured: measured.into(),
            goal: "",
            met: None,
        }
    }

    fn goal(mut self, goal: &'static str, met: bool) -> Self {
        self.goal = goal;
        self.met = Some(met);
        self
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if !arguments.binary.is_file() {
        bail!(
            "{} is not there: run `cargo build --release --locked` in the folder above",
            arguments.binary.display()
        );
    }
    let binary = fs::canonicalize(&arguments.binary)?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let runtime = tokio::runtime::Runtime::new()?;
    let mut rows = process::measure(&binary)?;
    rows.extend(runtime.block_on(store::measure(arguments.events))?);
    rows.extend(photos::measure(arguments.photos)?);
    let after = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let text = page(
        &rows,
        &binary,
        &format!("{} before, {} after", averages(&load), averages(&after)),
    );
    // What a person measured (whole builds take too long for one run) stays below the table.
    let before = fs::read_to_string(&arguments.out).unwrap_or_default();
    let by_hand = before.find(BY_HAND).map_or("", |at| &before[at..]);
    let text = format!("{}\n{by_hand}", text.trim_end());
    fs::write(&arguments.out, &text).with_context(|| arguments.out.display().to_string())?;
    print!("{text}");
    Ok(())
}

fn page(rows: &[Row], binary: &Path, load: &str) -> String {
    let size_mib = fs::metadata(binary).map_or(0.0, |file| mib(file.len()));
    let mut text = format!(
        "# Results\n\n\
         The table is written by `cargo run --release --locked` in this folder. One run, one machine: compare with your own\n\
         run, not with somebody else's.\n\n\
         - date: {}\n- machine: {}, {}\n- load average: {load}\n- compiler: {}\n- binary: {size_mib:.1} MiB\n\n\
         | what | measured | goal | met |\n|---|---|---|---|\n",
        told("date", &["-u", "+%Y-%m-%d"]),
        machine(),
        told("uname", &["-s"]),
        told("rustc", &["--version"]),
    );
    for row in rows {
        let met = match row.met {
            None => "",
            Some(true) => "yes",
            Some(false) => "**no**",
        };
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {met} |",
            row.what, row.measured, row.goal
        );
    }
    text
}

/// The averages over 1, 5 and 15 minutes.
fn averages(load: &str) -> String {
    load.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// Bytes as MiB.
fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
