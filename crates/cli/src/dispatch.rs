//! `aftercare dispatch`: plans a day of visits from a file, and compares dispatching rules in a simulated city.

use crate::failure::{bad_input, bytes_of};
use crate::output::say;
use aftercare_dispatch::Bad;
use aftercare_dispatch::command::{self, Format, SolveRequest};
use aftercare_dispatch::simulate::{Scenario, csv, mean, run as play, svg};
use aftercare_dispatch::solve::{Objective, Options};
use aftercare_dispatch::travel::Table;
use clap::{Args, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Bytes read of one file; one more than the library accepts, so that it refuses in its own words.
const FILE_BYTES_MAX: u64 = aftercare_dispatch::limits::MAX_INPUT_BYTES as u64 + 1;

/// Dispatching technicians.
#[derive(Debug, Args)]
pub struct DispatchArgs {
    #[command(subcommand)]
    command: DispatchCommand,
}

#[derive(Debug, Subcommand)]
enum DispatchCommand {
    /// Plan a whole day from a file; the plan is checked by an independent checker before it is shown.
    Solve(SolveArgs),
    /// Play days of requests with a response promise by several rules on the same random numbers.
    Simulate(SimulateArgs),
}

/// The format of the input.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    /// Solomon's text, also used by Gehring and Homberger.
    Solomon,
    /// VROOM's JSON; with --json the answer is a solution in its format.
    Vroom,
    /// Our JSON: datum, roads, technicians, jobs.
    Aftercare,
}

/// What is made small.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ObjectiveName {
    /// First the number of vehicles, then the distance (solomon only).
    Vehicles,
    /// The distance (solomon only).
    Distance,
}

#[derive(Debug, Args)]
struct SolveArgs {
    /// The problem.
    #[arg(value_name = "INPUT")]
    input: PathBuf,
    #[arg(long, value_enum)]
    format: FormatName,
    /// Seconds to search.
    #[arg(long, value_name = "S")]
    time: f64,
    /// Searches that run beside each other and join their routes at the end (solomon only).
    #[arg(long, default_value_t = 1, value_name = "N")]
    threads: usize,
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    #[arg(long, value_enum, default_value = "vehicles")]
    objective: ObjectiveName,
    /// Travel times for places given by row (aftercare only); see docs/DISPATCH.md.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct SimulateArgs {
    /// A scenario in TOML; an empty file is a city of 200 technicians.
    #[arg(value_name = "SCENARIO.toml")]
    scenario: PathBuf,
    /// Write a line a run here.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write a picture here.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read or written, or bad input.
pub fn run(args: &DispatchArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        DispatchCommand::Solve(args) => solve(args),
        DispatchCommand::Simulate(args) => simulate(args),
    }
}

fn solve(args: &SolveArgs) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let clock = move || start.elapsed().as_secs_f64();
    let table = match &args.table {
        Some(path) => {
            Some(Table::read(&bytes_of(path, FILE_BYTES_MAX)?).map_err(|bad| told(path, &bad))?)
        }
        None => None,
    };
    let request = SolveRequest {
        format: match args.format {
            FormatName::Solomon => Format::Solomon,
            FormatName::Vroom => Format::Vroom,
            FormatName::Aftercare => Format::Aftercare,
        },
        seconds: args.time,
        options: Options {
            objective: match args.objective {
                ObjectiveName::Vehicles => Objective::Vehicles,
                ObjectiveName::Distance => Objective::Distance,
            },
            seed: args.seed,
            threads: args.threads,
        },
        table,
    };
    let bytes = bytes_of(&args.input, FILE_BYTES_MAX)?;
    let answer = command::solve(&bytes, request, &clock).map_err(|bad| told(&args.input, &bad))?;
    let text = if args.json {
        serde_json::to_string(&answer.json)?
    } else {
        answer.text.trim_end().to_owned()
    };
    say(&text);
    Ok(ExitCode::SUCCESS)
}

fn simulate(args: &SimulateArgs) -> anyhow::Result<ExitCode> {
    let bytes = bytes_of(&args.scenario, FILE_BYTES_MAX)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| bad_input(format!("{}: {error}", args.scenario.display())))?;
    let scenario = Scenario::read(text).map_err(|bad| told(&args.scenario, &bad))?;
    let rows = play(&scenario, |_| true).map_err(|bad| told(&args.scenario, &bad))?;
    for &load in &scenario.arrivals_per_minute {
        for &rule in &scenario.rules {
            if let Some(percent) = mean(&rows, load, rule) {
                say(&format!(
                    "{load} requests/min, {}: {percent:.1} % within {} min",
                    rule.name(),
                    scenario.promise_minutes
                ));
            }
        }
    }
    for (path, text) in [(&args.csv, csv(&rows)), (&args.svg, svg(&rows))] {
        if let Some(path) = path {
            std::fs::write(path, text)
                .map_err(|error| bad_input(format!("{}: {error}", path.display())))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn told(path: &Path, bad: &Bad) -> anyhow::Error {
    bad_input(format!("{}: {bad}", path.display()))
}
