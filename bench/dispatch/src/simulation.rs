//! Response promises: our engine and three greedy rules on the same days.

use std::path::{Path, PathBuf};

use aftercare_dispatch::simulate::{Rule, Scenario, play};
use anyhow::{Context, Result};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::rows::Rows;

#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// A scenario in TOML; the default is a city of 200 technicians.
    #[arg(long)]
    pub scenario: Option<PathBuf>,
    /// Seeds 0 to one below this.
    #[arg(long, default_value_t = 20)]
    pub seeds: u64,
    /// Loads, in requests a minute; the scenario's when none is given.
    #[arg(long, value_delimiter = ',')]
    pub loads: Vec<f64>,
    /// Hours of a day, instead of the scenario's.
    #[arg(long)]
    pub hours: Option<f64>,
    /// Steps of improvement, instead of the scenario's.
    #[arg(long)]
    pub burst: Option<u64>,
    /// Minutes after which the stage stops; run it again to go on.
    #[arg(long, default_value_t = 90.0)]
    pub minutes: f64,
}

impl SimulateArgs {
    pub fn whole(smoke: bool) -> Self {
        Self {
            scenario: None,
            seeds: if smoke { 1 } else { 20 },
            loads: if smoke { vec![1.8] } else { Vec::new() },
            hours: smoke.then_some(1.0),
            burst: None,
            minutes: if smoke { 0.3 } else { 90.0 },
        }
    }
}

/// One day by one rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    pub load: f64,
    pub rule: String,
    pub seed: u64,
    pub hours: f64,
    /// Steps of improvement after each event, of our engine; the scenario's own where a row does not say.
    #[serde(default = "burst")]
    pub burst: u64,
    pub requests: usize,
    pub in_time: usize,
    pub unserved: usize,
    pub mean_response: f64,
    pub p95_response: f64,
    pub mean_travel: f64,
    pub seconds: f64,
}

fn burst() -> u64 {
    Scenario::default().burst
}

pub fn run(args: &SimulateArgs, folder: &Path) -> Result<()> {
    let mut scenario = match &args.scenario {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            Scenario::read(&text)?
        }
        None => Scenario::default(),
    };
    scenario.hours = args.hours.unwrap_or(scenario.hours);
    scenario.burst = args.burst.unwrap_or(scenario.burst);
    let loads = if args.loads.is_empty() {
        scenario.arrivals_per_minute.clone()
    } else {
        args.loads.clone()
    };
    let began = std::time::Instant::now();
    let mut rows = Rows::<Row>::open(folder, "simulation")?;
    for seed in 0..args.seeds {
        for &load in &loads {
            for rule in Rule::ALL {
                let done = rows.all.iter().any(|row| {
                    row.seed == seed
                        && row.rule == rule.name()
                        && row.load.total_cmp(&load).is_eq()
                        && row.hours.total_cmp(&scenario.hours).is_eq()
                        && row.burst == scenario.burst
                });
                if done {
                    continue;
                }
                if began.elapsed().as_secs_f64() > args.minutes * 60.0 {
                    println!(
                        "{} minutes are over; run the stage again to go on",
                        args.minutes
                    );
                    return Ok(());
                }
                let start = std::time::Instant::now();
                let outcome = play(&scenario, load, seed, rule)?;
                let row = Row {
                    load,
                    rule: rule.name().to_owned(),
                    seed,
                    hours: scenario.hours,
                    burst: scenario.burst,
                    requests: outcome.requests,
                    in_time: outcome.in_time,
                    unserved: outcome.unserved,
                    mean_response: outcome.mean_response,
                    p95_response: outcome.p95_response,
                    mean_travel: outcome.mean_travel,
                    seconds: start.elapsed().as_secs_f64(),
                };
                println!(
                    "{load}/min {} seed {seed}: {:.1} % in time, mean {:.1}, p95 {:.1} min, way {:.1} min, {:.1} s",
                    row.rule,
                    100.0 * row.in_time as f64 / row.requests.max(1) as f64,
                    row.mean_response,
                    row.p95_response,
                    row.mean_travel,
                    row.seconds
                );
                rows.push(row)?;
            }
        }
    }
    Ok(())
}
