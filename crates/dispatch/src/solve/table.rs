//! What the search reads most, laid out for it: rows of distances, and for every customer the others by nearness and by
//! how well they fit before and behind.

use super::instance::Instance;
use crate::number::id;

/// Nearest customers that a removal walks through. Strings of ten stops never need more.
const NEAR: usize = 400;
/// Likely neighbors in a tour, on each side. More find better places and cost more time.
const LIKELY: usize = 40;
/// How much a minute of waiting makes two customers unlike neighbors, in distance.
const WAIT_WEIGHT: f64 = 0.2;
/// Below so many customers all places are tried: it costs as little and misses nothing.
const SMALL: usize = 150;

/// Distances and neighbors of one problem.
#[derive(Debug, Clone)]
pub(super) struct Table {
    len: usize,
    distances: Vec<f64>,
    pub ready: Vec<f64>,
    pub due: Vec<f64>,
    pub service: Vec<f64>,
    pub demand: Vec<f64>,
    pub capacity: f64,
    /// The others by distance.
    pub near: Vec<Vec<u32>>,
    /// Likely predecessors; empty when all places are tried.
    pub before: Vec<Vec<u32>>,
    /// Likely successors; empty when all places are tried.
    pub behind: Vec<Vec<u32>>,
    /// Mean distance to the ten nearest: the scale of the annealing.
    pub scale: f64,
}

impl Table {
    pub(super) fn new(instance: &Instance) -> Self {
        let customers = instance.customers();
        let len = customers.len();
        let mut distances = Vec::with_capacity(len * len);
        for from in 0..len {
            for to in 0..len {
                distances.push(instance.distance(from, to));
            }
        }
        let mut table = Self {
            len,
            distances,
            ready: customers.iter().map(|c| c.ready).collect(),
            due: customers.iter().map(|c| c.due).collect(),
            service: customers.iter().map(|c| c.service).collect(),
            demand: customers.iter().map(|c| c.demand).collect(),
            capacity: instance.capacity(),
            near: Vec::with_capacity(len),
            before: Vec::new(),
            behind: Vec::new(),
            scale: 1.0,
        };
        // A tour's ends also stand in these columns, at place 0; a visit there takes no time.
        table.service[0] = 0.0;
        let mut sum = 0.0;
        let mut summed = 0;
        for customer in 0..id(len) {
            let near = table.nearest(customer, NEAR, |from, to| Some(table.between(from, to)));
            for &other in near.iter().take(10) {
                sum += table.between(customer, other);
                summed += 1;
            }
            table.near.push(near);
        }
        if summed > 0 && sum > 0.0 {
            table.scale = sum / f64::from(summed);
        }
        if len > SMALL {
            for customer in 0..id(len) {
                let before = table.nearest(customer, LIKELY, |to, from| table.unlikeness(from, to));
                let behind = table.nearest(customer, LIKELY, |from, to| table.unlikeness(from, to));
                table.before.push(before);
                table.behind.push(behind);
            }
        }
        table
    }

    /// Customers and depot.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn row(&self, place: u32) -> &[f64] {
        let start = place as usize * self.len;
        &self.distances[start..start + self.len]
    }

    #[inline]
    pub(super) fn between(&self, from: u32, to: u32) -> f64 {
        self.distances[from as usize * self.len + to as usize]
    }

    /// None when `to` cannot follow `from` directly.
    fn unlikeness(&self, from: u32, to: u32) -> Option<f64> {
        let (a, b) = (from as usize, to as usize);
        let way = self.between(from, to);
        let earliest =
            self.ready[a].max(self.ready[0] + self.between(0, from)) + self.service[a] + way;
        if earliest > self.due[b] {
            return None;
        }
        let latest = self.due[a] + self.service[a] + way;
        let wait = (self.ready[b] - latest).max(0.0);
        Some(way + WAIT_WEIGHT * wait)
    }

    fn nearest(
        &self,
        customer: u32,
        most: usize,
        measure: impl Fn(u32, u32) -> Option<f64>,
    ) -> Vec<u32> {
        let mut others: Vec<(f64, u32)> = (1..id(self.len))
            .filter(|&other| other != customer)
            .filter_map(|other| measure(customer, other).map(|far| (far, other)))
            .collect();
        others.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        others.truncate(most);
        others.into_iter().map(|(_, other)| other).collect()
    }

    /// A number of tours that no plan can do with less: by load, and by customers of whom no two fit in one tour.
    pub(super) fn fewest_tours(&self) -> usize {
        let demand: f64 = self.demand[1..].iter().sum();
        let by_load = if self.capacity > 0.0 {
            crate::number::index((demand / self.capacity - 1e-9).ceil().max(0.0))
        } else {
            0
        };
        // Greedy clique of pairwise exclusive customers, those with the narrowest windows first.
        let mut order: Vec<u32> = (1..id(self.len)).collect();
        let width = |c: &u32| self.due[*c as usize] - self.ready[*c as usize];
        order.sort_by(|a, b| width(a).total_cmp(&width(b)).then(a.cmp(b)));
        let mut best = usize::from(self.len > 1);
        for &start in order.iter().take(64) {
            let mut clique = vec![start];
            for &other in &order {
                let apart = |&one: &u32| {
                    one != other
                        && self.unlikeness(one, other).is_none()
                        && self.unlikeness(other, one).is_none()
                };
                if clique.iter().all(apart) {
                    clique.push(other);
                }
            }
            best = best.max(clique.len());
        }
        best.max(by_load)
    }
}
