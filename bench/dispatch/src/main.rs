//! The command line of the dispatch benchmark.

mod latency;
mod report;
mod routing;
mod rows;
mod simulation;

use std::path::PathBuf;

use anyhow::Result;
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
    },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.rows)?;
    let rows = arguments.rows.as_path();
    match arguments.stage {
        Stage::Routing(args) => routing::run(&args, rows),
        Stage::Latency(args) => latency::run(&args, rows),
        Stage::Simulate(args) => simulation::run(&args, rows),
        Stage::Report { best, out } => report::write(rows, &best, &out),
        Stage::All { data, out, smoke } => {
            for args in routing::whole(&data, smoke) {
                routing::run(&args, rows)?;
            }
            latency::run(&latency::LatencyArgs { smoke }, rows)?;
            simulation::run(&simulation::SimulateArgs::whole(smoke), rows)?;
            report::write(rows, &data.join("best_known.tsv"), &out)
        }
    }
}
