//! The command line of the benchmark over HTTP.

mod bare;
mod commands;
mod grown;
mod http;
mod load;
mod numbers;
mod reads;
mod report;
mod scale;
mod shop;
mod soak;
mod story;
mod targets;

use std::path::{Path, PathBuf};

use aftercare_bench_common::{process, rows};
use anyhow::Result;
use clap::{Parser, Subcommand};

use commands::{Built, CommandsArgs};
use reads::ReadsArgs;
use scale::ScaleArgs;
use soak::SoakArgs;

/// Measures the built program over HTTP: durable commands, pages and reads, memory, and what the capacity model rests on.
///
/// Every stage appends rows and goes on where it stopped. Run it on an idle machine.
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
    /// Durable commands by 64 clients, on both databases, beside the databases alone.
    Commands(CommandsArgs),
    /// Pages and reads of the API with many cases.
    Reads(ReadsArgs),
    /// A steady load: whether the memory grows.
    Soak(SoakArgs),
    /// Commands by the number of clients and of cases, and bytes of a case.
    Scale(ScaleArgs),
    /// Write RESULTS.md from the rows.
    Report {
        #[arg(long, default_value = "RESULTS.md")]
        out: PathBuf,
    },
    /// All stages one after another, then the report.
    All {
        #[command(flatten)]
        built: Built,
        #[arg(long, default_value = "RESULTS.md")]
        out: PathBuf,
        /// A run of seconds of everything, to see that it works; its numbers mean nothing.
        #[arg(long)]
        smoke: bool,
    },
}

/// What drives a stage: one thread, so that the load takes as little of the cores as it can.
fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

/// All stages as they count, or short.
fn whole(built: Built, smoke: bool) -> (CommandsArgs, ScaleArgs, ReadsArgs, SoakArgs) {
    let pick = |long: u64, short: u64| if smoke { short } else { long };
    (
        CommandsArgs {
            built: built.clone(),
            clients: 64,
            seconds: pick(60, 2),
            warm: pick(10, 1),
        },
        ScaleArgs {
            built: built.clone(),
            clients: if smoke {
                vec![1, 4]
            } else {
                scale::CLIENTS.to_vec()
            },
            cases: if smoke {
                vec![100, 200]
            } else {
                scale::CASES.to_vec()
            },
            seconds: pick(20, 1),
            warm: pick(5, 0),
            settle: pick(7_200, 1),
        },
        ReadsArgs {
            built: built.clone(),
            cases: pick(100_000, 520),
            clients: 4,
            seconds: pick(120, 2),
            warm: pick(10, 1),
            settle: pick(7_200, 1),
        },
        SoakArgs {
            built,
            seconds: pick(1_800, 10),
            rate: if smoke { 20 } else { soak::RATE },
            connections: 16,
            every: pick(10, 1),
        },
    )
}

fn all(built: &Built, rows: &Path, out: &Path, smoke: bool) -> Result<()> {
    let (commands, scale, reads, soak) = whole(built.clone(), smoke);
    // What was measured is reported, also where a later stage fails, such as one without a PostgreSQL.
    let done = [
        commands::run(&commands, rows),
        scale::run(&scale, rows),
        reads::run(&reads, rows),
        soak::run(&soak, rows),
    ];
    report::write(rows, out)?;
    done.into_iter().collect()
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    std::fs::create_dir_all(&arguments.rows)?;
    let rows = arguments.rows.as_path();
    match arguments.stage {
        Stage::Commands(args) => commands::run(&args, rows),
        Stage::Reads(args) => reads::run(&args, rows),
        Stage::Soak(args) => soak::run(&args, rows),
        Stage::Scale(args) => scale::run(&args, rows),
        Stage::Report { out } => report::write(rows, &out),
        Stage::All {
            mut built,
            out,
            smoke,
        } => {
            // What was only tried is kept apart, and is anew each time.
            let tried = rows.join("smoke");
            if !smoke {
                return all(&built, rows, &out, smoke);
            }
            for folder in [&tried, &built.data.join("smoke")] {
                if folder.exists() {
                    std::fs::remove_dir_all(folder)?;
                }
            }
            std::fs::create_dir_all(&tried)?;
            built.data.push("smoke");
            built.orders = built.orders.min(500);
            all(&built, &tried, &out, smoke)
        }
    }
}
