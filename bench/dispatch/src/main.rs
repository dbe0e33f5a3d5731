//! The command line of the dispatch benchmark.

use std::path::PathBuf;
use std::time::Instant;

use aftercare_dispatch::command::{Format, SolveRequest, solve};
use aftercare_dispatch::solve::{Objective, Options};
use anyhow::{Context, Result};
use clap::Parser;

/// Solves instances and prints one line each.
#[derive(Debug, Parser)]
struct Arguments {
    #[arg(long)]
    time: f64,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    #[arg(long)]
    distance: bool,
    files: Vec<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let start = Instant::now();
    let clock = move || start.elapsed().as_secs_f64();
    for path in &arguments.files {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let request = SolveRequest {
            format: Format::Solomon,
            seconds: arguments.time,
            options: Options {
                objective: if arguments.distance {
                    Objective::Distance
                } else {
                    Objective::Vehicles
                },
                seed: arguments.seed,
                threads: arguments.threads,
            },
        };
        let answer = solve(&bytes, &request, &clock)?;
        println!(
            "{} {} {:.2} unassigned {} its {} ms {}",
            path.file_stem().unwrap_or_default().to_string_lossy(),
            answer.json["vehicles"],
            answer.json["distance"].as_f64().unwrap_or(0.0),
            answer.json["unassigned"].as_array().map_or(0, Vec::len),
            answer.json["iterations"],
            answer.json["elapsed_ms"],
        );
    }
    Ok(())
}
