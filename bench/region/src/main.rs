//! Measures the resolver of addresses: composed sets with known truth, metamorphic properties, speed, peers.

mod generate;
mod metamorphic;
mod random;
mod run;
mod score;
mod targets;

use std::path::PathBuf;

use aftercare_region::Atlas;
use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measure everything and write RESULTS.md.
    Run(run::Run),
    /// Build the atlas once in this process, and print what that took; `run` starts this several times.
    #[command(hide = true)]
    Start,
    /// Write a table of composed addresses with their truth.
    Generate {
        #[arg(long)]
        seed: u64,
        #[arg(long, default_value_t = 2_000)]
        count: usize,
        #[arg(long)]
        out: PathBuf,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Run(task) => run::run(&task)?,
        Task::Start => run::start()?,
        Task::Generate { seed, count, out } => {
            let atlas = Atlas::built_in()?;
            let rows = generate::Generator::new(&atlas, seed).rows(count);
            std::fs::write(out, generate::table(&rows))?;
        }
    }
    Ok(())
}
