//! The whole-day optimizer: fleet minimization, string removal under annealing, local search and recombination of tours.
//!
//! Every thread anneals by itself from its own seed; at the end their tours meet in one pool. The best plan is only ever
//! replaced by a better one.

mod anneal;
mod instance;
mod local;
mod pool;
mod ruin;
mod state;
mod table;

pub use instance::{Customer, Instance};

use crate::budget::Budget;
use anneal::Found;
use table::Table;

/// What is made small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Objective {
    /// First the number of vehicles, then the distance.
    #[default]
    Vehicles,
    /// The distance only, with as many vehicles as there are.
    Distance,
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    pub objective: Objective,
    pub seed: u64,
    pub threads: usize,
}

/// The plan that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Customer numbers a route, without the depot.
    pub routes: Vec<Vec<u32>>,
    pub distance: f64,
    /// Customers for whom the vehicles did not suffice.
    pub unassigned: Vec<u32>,
    /// Iterations of all threads.
    pub iterations: u64,
}

/// Searches until the budget is used.
#[must_use]
pub fn solve(instance: &Instance, options: Options, budget: &dyn Budget) -> Plan {
    let table = Table::new(instance);
    let threads = options.threads.clamp(1, crate::limits::MAX_THREADS);
    let mut all: Vec<Found> = if threads == 1 {
        vec![anneal::search(
            &table,
            instance.vehicles(),
            options,
            options.seed,
            budget,
        )]
    } else {
        std::thread::scope(|scope| {
            let table = &table;
            let workers: Vec<_> = (0..threads as u64)
                .map(|worker| {
                    let seed = options.seed.wrapping_add(worker.wrapping_mul(0x9e37_79b9));
                    scope.spawn(move || {
                        anneal::search(table, instance.vehicles(), options, seed, budget)
                    })
                })
                .collect();
            // A worker cannot panic without a mistake in this module; its plan is then simply missing.
            workers
                .into_iter()
                .filter_map(|worker| worker.join().ok())
                .collect()
        })
    };
    let iterations = all.iter().map(|found| found.iterations).sum();
    all.sort_by(|a, b| {
        a.rank(options.objective)
            .compare(&b.rank(options.objective))
    });
    let mut rest = all.into_iter();
    let mut best = rest.next().unwrap_or_default();
    let mut pool = std::mem::take(&mut best.pool);
    let mut merged = false;
    for other in rest {
        pool.merge(other.pool);
        merged = true;
    }
    if merged {
        anneal::recombine(
            &table,
            &mut best,
            &pool,
            options.objective,
            instance.vehicles(),
        );
    }
    let numbers = |tour: &Vec<u32>| -> Vec<u32> {
        tour.iter()
            .map(|&index| instance.customers()[index as usize].number)
            .collect()
    };
    best.tours.sort();
    let distance = best.tours.iter().map(|tour| instance.tour(tour)).sum();
    let mut unassigned = numbers(&best.absent);
    unassigned.sort_unstable();
    Plan {
        routes: best.tours.iter().map(numbers).collect(),
        distance,
        unassigned,
        iterations,
    }
}
