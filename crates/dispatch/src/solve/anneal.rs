//! One thread's search: first fewer tours, then shorter ones.

use std::cmp::Ordering;

use super::pool::Pool;
use super::ruin::Mover;
use super::state::State;
use super::table::Table;
use super::{Objective, Options, local};
use crate::budget::Budget;

/// Part of the budget for fewer tours, unless a bound shows earlier that there are none.
const FLEET_SHARE: f64 = 0.25;
/// Where the annealing of distance ends; the rest is recombination and a cold descent.
const ANNEAL_SHARE: f64 = 0.96;
/// Temperature at the start, in mean distances between near neighbors.
const HOT: f64 = 0.6;
/// Temperature at the end, likewise.
const COLD: f64 = 0.006;
/// Iterations a customer without a tour saved before it starts again, and the least of them.
const PATIENCE: u64 = 400;
const PATIENCE_LEAST: u64 = 60_000;
/// Iterations between two looks at the budget.
const STRIDE: u64 = 32;
/// Iterations between two samples of the current plan for the pool.
const SAMPLE: u64 = 1_024;
/// Current plans this much above the best are sampled.
const SAMPLED_ABOVE: f64 = 1.02;
/// A new best plan gets local search when this share of the budget has passed since the last one that did.
const LOCAL_EVERY: f64 = 0.01;
/// Customers up to which tours are recombined during the search too.
const RECOMBINED: usize = 450;
/// Shares of the budget at which the pool is recombined.
const MEETINGS: [f64; 3] = [0.6, 0.8, ANNEAL_SHARE];

/// The best plan of one thread and the tours that it came by.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub tours: Vec<Vec<u32>>,
    pub absent: Vec<u32>,
    pub distance: f64,
    pub pool: Pool,
    pub iterations: u64,
}

/// What two plans are compared by: absent customers, vehicles, distance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rank(usize, usize, f64);

impl Rank {
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        (self.0, self.1)
            .cmp(&(other.0, other.1))
            .then(self.2.total_cmp(&other.2))
    }
}

impl Found {
    pub(super) fn rank(&self, objective: Objective) -> Rank {
        let vehicles = match objective {
            Objective::Vehicles => self.tours.len(),
            Objective::Distance => 0,
        };
        Rank(self.absent.len(), vehicles, self.distance)
    }
}

/// Searches with one thread.
pub(super) fn search(
    table: &Table,
    vehicles: usize,
    options: Options,
    seed: u64,
    budget: &dyn Budget,
) -> Found {
    let customers = table.len() - 1;
    let mut run = Run {
        table,
        mover: Mover::new(seed),
        state: State::new(table, vehicles.min(customers)),
        best: Found::default(),
        objective: options.objective,
        vehicles,
        budget,
        iterations: 0,
    };
    run.mover.recreate(&mut run.state, true);
    run.state.refresh_distance();
    run.keep_best();
    if customers > 0 {
        if options.objective == Objective::Vehicles || !run.best.absent.is_empty() {
            run.save_tours();
        }
        run.shorten();
    }
    run.best.iterations = run.iterations;
    run.best
}

/// Looks for a better plan among the tours of the pool.
pub(super) fn recombine(
    table: &Table,
    best: &mut Found,
    pool: &Pool,
    objective: Objective,
    vehicles: usize,
) -> bool {
    if !best.absent.is_empty() {
        return false;
    }
    let most = match objective {
        Objective::Vehicles => best.tours.len(),
        Objective::Distance => vehicles,
    };
    let Some(mut tours) = pool.recombine(table, most, best.distance - 1e-7) else {
        return false;
    };
    local::improve(table, &mut tours);
    let distance = tours.iter().map(|tour| local::length(table, tour)).sum();
    if distance >= best.distance {
        return false;
    }
    best.tours = tours;
    best.distance = distance;
    true
}

struct Run<'run> {
    table: &'run Table,
    mover: Mover,
    state: State<'run>,
    best: Found,
    objective: Objective,
    vehicles: usize,
    budget: &'run dyn Budget,
    iterations: u64,
}

impl Run<'_> {
    /// Keeps the current plan if it is better than the best. The sum of its distance is made anew.
    fn keep_best(&mut self) -> bool {
        self.state.refresh_distance();
        let found = Found {
            tours: self.state.tours(),
            absent: self.state.absent.clone(),
            distance: self.state.distance,
            ..Found::default()
        };
        let better = self.best.tours.is_empty()
            || found
                .rank(self.objective)
                .compare(&self.best.rank(self.objective))
                == Ordering::Less;
        if better {
            self.best.tours = found.tours;
            self.best.absent = found.absent;
            self.best.distance = found.distance;
        }
        better
    }

    /// Takes tours away one by one, and accepts plans whose absent customers have been absent less often before. Success
    /// comes early or not at all, so it starts again from the best plan when nothing was saved for a while.
    fn save_tours(&mut self) {
        let fewest = self.table.fewest_tours();
        let patience = PATIENCE_LEAST.max(PATIENCE * self.table.len() as u64);
        // Rooms for tours beyond those in use are not needed here.
        while self.state.free_tours() > 0 {
            self.state.forbid_tour();
        }
        let mut misses = vec![0_u64; self.table.len()];
        if self.state.absent.is_empty() && !self.drop_tour(&misses, fewest) {
            return;
        }
        let mut current = miss_sum(&self.state.absent, &misses);
        let mut since = self.iterations;
        loop {
            self.iterations += 1;
            if self.iterations.is_multiple_of(STRIDE)
                && self.budget.progress(self.iterations) >= FLEET_SHARE
            {
                break;
            }
            if self.iterations - since > patience && self.best.absent.is_empty() {
                since = self.iterations;
                misses.fill(0);
                self.restart();
                current = 0;
            }
            self.state.begin();
            self.mover.ruin(&mut self.state);
            self.mover.recreate(&mut self.state, true);
            if self.state.absent.is_empty() {
                self.keep_best();
                since = self.iterations;
                if !self.drop_tour(&misses, fewest) {
                    break;
                }
                current = miss_sum(&self.state.absent, &misses);
                continue;
            }
            let accepted = miss_sum(&self.state.absent, &misses) < current;
            for &customer in &self.state.absent {
                misses[customer as usize] += 1;
            }
            if !accepted {
                self.state.take_back();
            }
            current = miss_sum(&self.state.absent, &misses);
        }
        // Where no vehicle is left over, a plan with absent customers may be the best there is.
        self.keep_best();
    }

    /// The best plan again, without a tour drawn at random.
    fn restart(&mut self) {
        let tours = self.best.tours.clone();
        self.state = State::new(self.table, tours.len());
        self.state.load(&tours);
        let tour = self.state.used[self.mover.random.below(tours.len())];
        self.empty_tour(tour);
    }

    /// Empties the tour whose customers were absent least. False when no plan can do with fewer.
    fn drop_tour(&mut self, misses: &[u64], fewest: usize) -> bool {
        if self.objective == Objective::Distance || self.state.used.len() <= fewest {
            return false;
        }
        let sum = |tour: &u32| miss_sum(&self.state.tour(*tour), misses);
        let Some(&tour) = self
            .state
            .used
            .iter()
            .min_by_key(|tour| (sum(tour), **tour))
        else {
            return false;
        };
        self.empty_tour(tour);
        true
    }

    fn empty_tour(&mut self, tour: u32) {
        for customer in self.state.tour(tour) {
            self.state.remove(customer);
        }
        self.state.settle(tour);
        self.state.forbid_tour();
        self.state.begin();
    }

    fn shorten(&mut self) {
        let most = match self.objective {
            Objective::Vehicles => self.best.tours.len(),
            Objective::Distance => self.vehicles.min(self.table.len() - 1),
        };
        self.state = State::new(self.table, most.max(1));
        let tours = self.best.tours.clone();
        self.state.load(&tours);
        let begun = self.budget.progress(self.iterations).min(ANNEAL_SHARE);
        let mut progress = begun;
        let (hot, cold) = (HOT * self.table.scale, COLD * self.table.scale);
        let mut heat = hot;
        let mut polished = 0.0;
        let mut met = 0;
        let absent = self.state.absent.len();
        loop {
            self.iterations += 1;
            if self.iterations.is_multiple_of(STRIDE) {
                progress = self.budget.progress(self.iterations);
                if progress >= 1.0 {
                    break;
                }
                let share = ((progress - begun) / (ANNEAL_SHARE - begun).max(1e-9)).min(1.0);
                heat = hot * (cold / hot).powf(share);
                if met < MEETINGS.len() && progress >= MEETINGS[met] {
                    met += 1;
                    self.meet(progress >= ANNEAL_SHARE);
                }
                if self.iterations.is_multiple_of(SAMPLE)
                    && self.state.distance < SAMPLED_ABOVE * self.best.distance
                {
                    for tour in self.state.tours() {
                        self.best.pool.add(self.table, &tour);
                    }
                }
            }
            let distance = self.state.distance;
            let before = self.state.absent.len();
            self.state.begin();
            self.mover.ruin(&mut self.state);
            self.mover.recreate(&mut self.state, true);
            let threshold = distance - heat * (1.0 - self.mover.random.unit()).ln();
            let fewer = self.state.absent.len() < before;
            if self.state.absent.len() > before.min(absent)
                || (!fewer && self.state.distance >= threshold)
            {
                self.state.take_back();
                continue;
            }
            if (fewer
                || self.state.distance < self.best.distance - 1e-9
                || self.state.used.len() < self.best.tours.len())
                && self.keep_best()
                && progress - polished >= LOCAL_EVERY
            {
                polished = progress;
                self.polish();
            }
        }
        self.polish_best();
    }

    /// Local search on the current plan, which is the best.
    fn polish(&mut self) {
        self.polish_best();
        let tours = self.best.tours.clone();
        self.state.load(&tours);
    }

    fn polish_best(&mut self) {
        let mut tours = self.best.tours.clone();
        if local::improve(self.table, &mut tours) > 0.0 {
            let distance: f64 = tours.iter().map(|t| local::length(self.table, t)).sum();
            if distance < self.best.distance && tours.len() <= self.best.tours.len() {
                self.best.tours = tours;
                self.best.distance = distance;
            }
        }
        for tour in &self.best.tours {
            self.best.pool.add(self.table, tour);
        }
    }

    /// Recombines the pool. A better plan is taken on, and at the end the best plan is.
    fn meet(&mut self, last: bool) {
        self.polish_best();
        let better = (last || self.table.len() <= RECOMBINED) && {
            let pool = std::mem::take(&mut self.best.pool);
            let better = recombine(
                self.table,
                &mut self.best,
                &pool,
                self.objective,
                self.vehicles,
            );
            self.best.pool = pool;
            better
        };
        if better || last {
            let tours = self.best.tours.clone();
            self.state.load(&tours);
        }
    }
}

fn miss_sum(customers: &[u32], misses: &[u64]) -> u64 {
    customers
        .iter()
        .map(|&customer| misses[customer as usize])
        .sum()
}
