//! Published instances of vehicle routing with time windows, solved by our optimizer in wall seconds on one thread.

use std::path::{Path, PathBuf};
use std::time::Instant;

use aftercare_dispatch::command::{Format, SolveRequest, solve};
use aftercare_dispatch::solve::{Objective, Options};
use anyhow::{Context, Result};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::rows::Rows;

#[derive(Debug, Args)]
pub struct RoutingArgs {
    /// Folders or files in Solomon's format.
    #[arg(required = true)]
    pub inputs: Vec<PathBuf>,
    /// Wall seconds an instance.
    #[arg(long, default_value_t = 30.0)]
    pub time: f64,
    /// Seeds 1 to this.
    #[arg(long, default_value_t = 1)]
    pub seeds: u64,
    /// Only files whose name contains this.
    #[arg(long, default_value = "")]
    pub only: String,
    /// Minimize the distance only.
    #[arg(long)]
    pub distance: bool,
    /// Minutes after which the stage stops; run it again to go on.
    #[arg(long, default_value_t = 90.0)]
    pub minutes: f64,
}

/// One run; peers write the same rows with their own name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    pub solver: String,
    pub instance: String,
    pub seconds: f64,
    pub seed: u64,
    pub objective: String,
    pub feasible: bool,
    pub vehicles: usize,
    pub distance: f64,
    pub elapsed_ms: i64,
    #[serde(default)]
    pub routes: Vec<Vec<u32>>,
}

/// Instances that peers are run on too.
pub const PEERS: [&str; 12] = [
    "r101", "r112", "c104", "rc101", "rc106", "r208", "rc208", "c204", "r1_2_1", "rc1_2_5",
    "c2_4_1", "r2_4_4",
];

/// The stages of a whole run: names, budgets and seeds as the goals say.
pub fn whole(data: &Path, smoke: bool) -> Vec<RoutingArgs> {
    let stage = |folder: &str, only: &str, time: f64, seeds| RoutingArgs {
        inputs: vec![data.join(folder)],
        time: if smoke { 0.3 } else { time },
        seeds: if smoke { 1 } else { seeds },
        only: only.to_owned(),
        distance: false,
        minutes: if smoke { 0.3 } else { 90.0 },
    };
    vec![
        stage("solomon", "", 30.0, 3),
        stage("gehring_homberger", "_2_", 60.0, 1),
        stage("gehring_homberger", "_4_", 60.0, 1),
        stage("gehring_homberger", "_10_", 60.0, 1),
    ]
}

pub fn run(args: &RoutingArgs, folder: &Path) -> Result<()> {
    let mut rows = Rows::<Row>::open(folder, "routing")?;
    let start = Instant::now();
    let clock = move || start.elapsed().as_secs_f64();
    let objective = if args.distance {
        Objective::Distance
    } else {
        Objective::Vehicles
    };
    let word = if args.distance {
        "distance"
    } else {
        "vehicles"
    };
    for seed in 1..=args.seeds {
        for path in files(&args.inputs, &args.only)? {
            let instance = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .to_lowercase();
            let done = rows.all.iter().any(|row| {
                row.solver == "aftercare"
                    && row.instance == instance
                    && row.seed == seed
                    && row.seconds.total_cmp(&args.time).is_eq()
                    && row.objective == word
            });
            if done {
                continue;
            }
            if clock() > args.minutes * 60.0 {
                println!(
                    "{} minutes are over; run the stage again to go on",
                    args.minutes
                );
                return Ok(());
            }
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            let request = SolveRequest {
                format: Format::Solomon,
                seconds: args.time,
                options: Options {
                    objective,
                    seed,
                    threads: 1,
                },
                table: None,
            };
            let answer = solve(&bytes, request, &clock)?.json;
            let row = Row {
                solver: "aftercare".to_owned(),
                instance,
                seconds: args.time,
                seed,
                objective: word.to_owned(),
                feasible: answer["feasible"].as_bool().unwrap_or(false),
                vehicles: usize::try_from(answer["vehicles"].as_u64().unwrap_or(0))?,
                distance: answer["distance"].as_f64().unwrap_or(0.0),
                elapsed_ms: answer["elapsed_ms"].as_i64().unwrap_or(0),
                routes: serde_json::from_value(answer["routes"].clone())?,
            };
            println!(
                "{} seed {seed}: {} vehicles, {:.2}, {} iterations",
                row.instance, row.vehicles, row.distance, answer["iterations"]
            );
            rows.push(row)?;
        }
    }
    Ok(())
}

/// Files in Solomon's format, in the order of their names, those of peers first.
fn files(inputs: &[PathBuf], only: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for input in inputs {
        if input.is_dir() {
            for entry in std::fs::read_dir(input).with_context(|| input.display().to_string())? {
                files.push(entry?.path());
            }
        } else {
            files.push(input.clone());
        }
    }
    let stem = |path: &PathBuf| {
        path.file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase()
    };
    files.retain(|path| {
        path.extension().is_some_and(|ending| ending == "txt") && stem(path).contains(only)
    });
    files.sort_by_key(|path| (!PEERS.contains(&stem(path).as_str()), stem(path)));
    Ok(files)
}
