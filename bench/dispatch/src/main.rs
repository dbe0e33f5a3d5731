//! The command line of the dispatch benchmark.

mod http;
mod latency;
mod report;
mod routing;
mod simulation;
mod targets;

use std::path::{Path, PathBuf};

use aftercare_bench_common::rows;
use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};

/// Measures the dispatch engine: published routing instances, insertion latency, simulation.
///
/// Every stage appends row by row to its file and goes on where it stopped. Run it on an idle machine.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where rows are kept between runs.
    #[arg(long, default_value = "target/rows", global = true)]
    rows: PathBuf,
    #[command(subcommand)]
    stage: Stage,
}

#[derive(Debug, Subcommand)]
enum Stage {
    /// Solve Solomon's and Gehring and Homberger's instances of a folder.
    Routing(routing::RoutingArgs),
    /// Insertion, displacement, offers, size.
    Latency(latency::LatencyArgs),
    /// A report over HTTP until it is durable, on the built program.
    Http(http::HttpArgs),
    /// Response promises under four loads.
    Simulate(simulation::SimulateArgs),
    /// Write RESULTS.md from the rows.
    Report {
        /// Best known solutions: a table with instance, vehicles, distance.
        #[arg(long)]
        best: PathBuf,
        #[arg(long, default_value = "RESULTS.md")]
        out: PathBuf,
    },
    /// All stages one after another, then the report.
    All {
        /// The folder with `solomon`, `gehring_homberger` and `best_known.tsv`.
        #[arg(long)]
        data: PathBuf,
        #[arg(long, default_value = "RESULTS.md")]
        out: PathBuf,
        /// A short run of everything, to see that it works; its numbers mean nothing.
        #[arg(long)]
        smoke: bool,
        /// The program that stage `http` asks; the stage is left out without it.
        #[arg(long)]
        binary: Option<PathBuf>,
        /// The Python that runs `peers.py`, with what it needs; the peers are left out without it.
        #[arg(long)]
        python: Option<PathBuf>,
    },
}

/// Runs the peers' script; it appends rows and goes on where it stopped, as the other stages do.
fn peers(python: &Path, data: &Path, rows: &Path, smoke: bool) -> Result<()> {
    let mut command = std::process::Command::new(python);
    command.arg("peers.py").arg("--data").arg(data);
    command.arg("--out").arg(rows.join("routing.jsonl"));
    if smoke {
        command.arg("--smoke");
    }
    let status = command
        .status()
        .with_context(|| python.display().to_string())?;
    ensure!(status.success(), "peers.py ended with {status}");
    Ok(())
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.rows)?;
    let rows = arguments.rows.as_path();
    match arguments.stage {
        Stage::Routing(args) => routing::run(&args, rows),
        Stage::Latency(args) => latency::run(&args, rows),
        Stage::Http(args) => http::run(&args, rows),
        Stage::Simulate(args) => simulation::run(&args, rows),
        Stage::Report { best, out } => report::write(rows, &best, &out),
        Stage::All {
            data,
            out,
            smoke,
            binary,
            python,
        } => {
            // What was only tried is kept apart.
            let tried = rows.join("smoke");
            let rows = if smoke { tried.as_path() } else { rows };
            std::fs::create_dir_all(rows)?;
            for args in routing::whole(&data, smoke) {
                routing::run(&args, rows)?;
            }
            latency::run(&latency::LatencyArgs { smoke }, rows)?;
            simulation::run(&simulation::SimulateArgs::whole(smoke), rows)?;
            // What was measured in hours is reported, also where a program that does not come from here fails.
            let asked = binary.map_or(Ok(()), |binary| {
                let args = http::HttpArgs {
                    binary,
                    ..http::HttpArgs::whole(smoke)
                };
                http::run(&args, rows)
            });
            let compared = python.map_or(Ok(()), |python| peers(&python, &data, rows, smoke));
            report::write(rows, &data.join("best_known.tsv"), &out)?;
            asked?;
            compared
        }
    }
}
