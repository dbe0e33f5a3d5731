//! Recombination: of all good tours that a search came by, the cheapest set that serves everybody exactly once.
//!
//! Lagrangian multipliers from subgradient steps price the customers; tours whose reduced cost is above the gap cannot be
//! in a better plan and are dropped; what is left is searched depth first, customer with the fewest tours first.

use std::collections::BTreeMap;

use super::table::Table;
use crate::limits::{MAX_POOL_ROUTES, MAX_POOL_WORK};
use crate::number::{id, real};

/// Subgradient steps; the bound moves little afterwards.
const STEPS: u32 = 250;
/// Tours that the search looks at; with more it would rarely end in its budget.
const COLUMNS: usize = 4_000;

/// Distinct tours by the set that they serve, the shortest of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool {
    tours: BTreeMap<u128, (f64, Vec<u32>)>,
}

impl Pool {
    /// Keeps a tour. When full, only better orders of known sets are taken.
    pub(super) fn add(&mut self, table: &Table, tour: &[u32]) {
        let key = set_key(tour);
        let full = self.tours.len() >= MAX_POOL_ROUTES;
        let cost = super::local::length(table, tour);
        match self.tours.get_mut(&key) {
            Some(known) if known.0 <= cost => {}
            Some(known) => *known = (cost, tour.to_vec()),
            None if !full => {
                self.tours.insert(key, (cost, tour.to_vec()));
            }
            None => {}
        }
    }

    /// Takes over another pool.
    pub(super) fn merge(&mut self, other: Self) {
        for (key, (cost, tour)) in other.tours {
            let full = self.tours.len() >= MAX_POOL_ROUTES;
            match self.tours.get_mut(&key) {
                Some(known) if known.0 <= cost => {}
                Some(known) => *known = (cost, tour),
                None if full => {}
                None => {
                    self.tours.insert(key, (cost, tour));
                }
            }
        }
    }

    /// A plan of at most `most` tours shorter than `below`, if the search finds one in its budget.
    pub(super) fn recombine(
        &self,
        table: &Table,
        most: usize,
        below: f64,
    ) -> Option<Vec<Vec<u32>>> {
        let tours: Vec<(f64, &[u32])> = self
            .tours
            .values()
            .map(|(cost, tour)| (*cost, tour.as_slice()))
            .collect();
        if tours.is_empty() {
            return None;
        }
        let (bound, prices, charge) = bound(table, &tours, most, below);
        let gap = below - bound;
        let reduced = |&(cost, tour): &(f64, &[u32])| {
            cost + charge - tour.iter().map(|&c| prices[c as usize]).sum::<f64>()
        };
        let mut columns: Vec<(f64, usize)> = tours
            .iter()
            .enumerate()
            .map(|(index, tour)| (reduced(tour), index))
            .filter(|&(cost, _)| cost < gap)
            .collect();
        columns.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        columns.truncate(COLUMNS);
        let mut search = Search {
            tours: &tours,
            columns: &columns,
            by_customer: vec![Vec::new(); table.len()],
            covered: vec![false; table.len()],
            left: table.len() - 1,
            chosen: Vec::new(),
            best: None,
            spent: 0.0,
            gap: gap - 1e-7,
            most,
            work: 0,
        };
        for (place, &(_, index)) in columns.iter().enumerate() {
            for &customer in tours[index].1 {
                search.by_customer[customer as usize].push(id(place));
            }
        }
        search.run();
        let found: Vec<Vec<u32>> = search
            .best?
            .iter()
            .map(|&place| tours[columns[place as usize].1].1.to_vec())
            .collect();
        let cost: f64 = found.iter().map(|t| super::local::length(table, t)).sum();
        (cost < below && found.len() <= most).then_some(found)
    }
}

/// A key of the set, whatever its order: two independent sums of mixed members.
fn set_key(tour: &[u32]) -> u128 {
    let mix = |seed: u64, member: u32| {
        let mut word = seed ^ (u64::from(member) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    };
    let sum = |seed| {
        tour.iter()
            .fold(0_u64, |sum, &member| sum.wrapping_add(mix(seed, member)))
    };
    (u128::from(sum(1)) << 64) | u128::from(sum(2))
}

/// Lower bound, price of every customer, charge of a tour.
fn bound(table: &Table, tours: &[(f64, &[u32])], most: usize, below: f64) -> (f64, Vec<f64>, f64) {
    let len = table.len();
    // Start: every tour shared by its customers, the cheapest share of each.
    let mut prices = vec![f64::INFINITY; len];
    for &(cost, tour) in tours {
        for &customer in tour {
            let price = &mut prices[customer as usize];
            *price = price.min(cost / real(tour.len()));
        }
    }
    for price in &mut prices {
        if !price.is_finite() {
            *price = 0.0;
        }
    }
    let mut charge = 0.0;
    let mut best = (f64::NEG_INFINITY, prices.clone(), charge);
    let mut pace = 1.0;
    let mut since = 0;
    for _ in 0..STEPS {
        let mut value: f64 = prices[1..].iter().sum::<f64>() - charge * real(most);
        let mut lack = vec![1.0_f64; len];
        let mut chosen = 0;
        for &(cost, tour) in tours {
            let reduced = cost + charge - tour.iter().map(|&c| prices[c as usize]).sum::<f64>();
            if reduced < 0.0 {
                value += reduced;
                chosen += 1;
                for &customer in tour {
                    lack[customer as usize] -= 1.0;
                }
            }
        }
        if value > best.0 {
            best = (value, prices.clone(), charge);
            since = 0;
        } else {
            since += 1;
            if since >= 12 {
                pace *= 0.6;
                since = 0;
                prices.clone_from(&best.1);
                charge = best.2;
                continue;
            }
        }
        let over = real(chosen) - real(most);
        let norm = lack[1..].iter().map(|l| l * l).sum::<f64>() + over * over;
        if norm < 0.5 {
            break;
        }
        let stride = pace * (below - value).max(1e-6) / norm;
        for (price, lack) in prices[1..].iter_mut().zip(&lack[1..]) {
            *price += stride * lack;
        }
        charge = f64::max(charge + stride * over, 0.0);
    }
    best
}

struct Search<'pool> {
    tours: &'pool [(f64, &'pool [u32])],
    columns: &'pool [(f64, usize)],
    by_customer: Vec<Vec<u32>>,
    covered: Vec<bool>,
    left: usize,
    chosen: Vec<u32>,
    best: Option<Vec<u32>>,
    spent: f64,
    gap: f64,
    most: usize,
    work: u64,
}

impl Search<'_> {
    fn run(&mut self) {
        if self.work > MAX_POOL_WORK {
            return;
        }
        if self.left == 0 {
            self.gap = self.spent - 1e-7;
            self.best = Some(self.chosen.clone());
            return;
        }
        if self.chosen.len() >= self.most {
            return;
        }
        let Some(customer) = self.tightest() else {
            return;
        };
        for slot in 0..self.by_customer[customer].len() {
            let place = self.by_customer[customer][slot];
            let (reduced, index) = self.columns[place as usize];
            // Columns are sorted: the rest is dearer still.
            if self.spent + reduced.max(0.0) >= self.gap && reduced >= 0.0 {
                break;
            }
            let tour = self.tours[index].1;
            if self.spent + reduced >= self.gap || !self.is_free(tour) {
                continue;
            }
            for &member in tour {
                self.covered[member as usize] = true;
            }
            self.left -= tour.len();
            self.spent += reduced;
            self.chosen.push(place);
            self.run();
            self.chosen.pop();
            self.spent -= reduced;
            self.left += tour.len();
            for &member in tour {
                self.covered[member as usize] = false;
            }
            if self.work > MAX_POOL_WORK {
                return;
            }
        }
    }

    fn is_free(&self, tour: &[u32]) -> bool {
        tour.iter().all(|&member| !self.covered[member as usize])
    }

    /// The customer with the fewest tours that still fit; None when one has none.
    fn tightest(&mut self) -> Option<usize> {
        let mut best: Option<(usize, usize)> = None;
        for customer in 1..self.covered.len() {
            if self.covered[customer] {
                continue;
            }
            let most = best.map_or(usize::MAX, |(count, _)| count);
            let mut count = 0;
            for &place in &self.by_customer[customer] {
                let (reduced, index) = self.columns[place as usize];
                if self.spent + reduced >= self.gap && reduced >= 0.0 {
                    break;
                }
                self.work += 1;
                if self.is_free(self.tours[index].1) {
                    count += 1;
                    if count >= most {
                        break;
                    }
                }
            }
            if count == 0 {
                return None;
            }
            if count < most {
                best = Some((count, customer));
            }
        }
        best.map(|(_, customer)| customer)
    }
}
