//! The simulator: a day of requests with a response promise, played by several rules on the same random numbers.
//!
//! A model to compare rules with, not a forecast: arrivals are Poisson by hour and county, work is lognormal, ways are
//! straight lines with noise, some customers are not at home, some technicians fall sick.

mod policy;
mod report;
mod scenario;
mod world;

pub use policy::Rule;
pub use report::{csv, mean, svg};
pub use scenario::{County, Scenario};
pub use world::{Outcome, play};

use crate::error::Bad;

/// One run of one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub arrivals_per_minute: f64,
    pub rule: Rule,
    pub seed: u64,
    pub outcome: Outcome,
}

/// Plays all rules, loads and seeds of a scenario; `done` is told every row as it comes and answers whether to go on.
///
/// # Errors
/// A run in which the plan refused an event, which would be a mistake of the engine.
pub fn run(scenario: &Scenario, mut done: impl FnMut(&Row) -> bool) -> Result<Vec<Row>, Bad> {
    let mut rows = Vec::new();
    for &arrivals_per_minute in &scenario.arrivals_per_minute {
        for seed in 0..scenario.seeds {
            for &rule in &scenario.rules {
                let outcome = play(scenario, arrivals_per_minute, seed, rule)?;
                let row = Row {
                    arrivals_per_minute,
                    rule,
                    seed,
                    outcome,
                };
                let on = done(&row);
                rows.push(row);
                if !on {
                    return Ok(rows);
                }
            }
        }
    }
    Ok(rows)
}
