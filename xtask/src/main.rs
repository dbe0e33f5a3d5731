//! Developer tasks that are no part of the product: `cargo run -p xtask -- tidy` checks the tree, `-- torture` tries
//! to make the built binary lose data, `-- region-tables` builds the tables of divisions.

mod region_tables;
mod tidy;
mod torture;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Tasks for people who work on Aftercare.
#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo run -p xtask --")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check what the compiler does not: crate edges, file sizes, words, links, languages, budgets.
    Tidy,
    /// Build the tables of crates/region from source tables in a folder.
    RegionTables(region_tables::RegionTables),
    /// Try to make the binary lose data: kill it, fill its disk, flip its bytes, cut the power.
    Torture(torture::Torture),
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().task {
        Task::Tidy => tidy(),
        Task::RegionTables(task) => region_tables::run(&task, workspace_root()?),
        Task::Torture(drill) => torture::run(drill),
    }
}

fn tidy() -> Result<ExitCode> {
    let tree = tidy::Tree::read(workspace_root()?)?;
    let problems = tidy::check(&tree)?;
    for problem in &problems {
        say(&format!("{problem}\n"));
    }
    if problems.is_empty() {
        say(&format!("tidy: {} files, nothing to say", tree.files.len()));
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("tidy: {} problems", problems.len()));
    Ok(ExitCode::FAILURE)
}

/// The folder that holds the workspace's Cargo.toml: the parent of this crate.
fn workspace_root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask lies in a folder of the workspace")
}

#[expect(
    clippy::print_stdout,
    reason = "a task tells its result on standard output"
)]
fn say(line: &str) {
    println!("{line}");
}
