//! Slack induction by string removals (Christiaens and Vanden Berghe, Transportation Science 54, 2020): strings of
//! neighboring visits are taken out of neighboring tours, then everybody is put back where it costs least, with
//! occasional blinks.

use super::state::{NONE, State};
use crate::number::{index, real};
use crate::random::Random;

/// Customers removed in a step, on average.
const REMOVED: f64 = 10.0;
/// The longest string.
const LONGEST: f64 = 10.0;
/// How often a string keeps a part in its middle.
const SPLIT: f64 = 0.5;
/// How often that part grows by one more.
const SPLIT_GROWS: f64 = 0.01;
/// One place in so many is overlooked, on average.
const BLINK: f64 = 0.01;
/// How often all tours are tried instead of the likely neighbors, in large problems.
const THOROUGH: f64 = 0.02;

/// What a step needs besides the plan.
#[derive(Debug, Clone)]
pub(super) struct Mover {
    pub random: Random,
    until_blink: u32,
    keys: Vec<(f64, u32)>,
    hit: Vec<u32>,
    visits: Vec<u32>,
}

impl Mover {
    pub(super) fn new(seed: u64) -> Self {
        let mut mover = Self {
            random: Random::new(seed),
            until_blink: 0,
            keys: Vec::new(),
            hit: Vec::new(),
            visits: Vec::new(),
        };
        mover.until_blink = mover.next_blink();
        mover
    }

    fn next_blink(&mut self) -> u32 {
        // Geometric: how many places are seen until one is overlooked.
        let seen = (1.0 - self.random.unit()).ln() / (1.0 - BLINK).ln();
        1 + crate::number::id(index(seen))
    }

    #[inline]
    fn blinks(&mut self) -> bool {
        self.until_blink -= 1;
        if self.until_blink == 0 {
            self.until_blink = self.next_blink();
            true
        } else {
            false
        }
    }

    /// Takes strings out near a random customer.
    pub(super) fn ruin(&mut self, state: &mut State<'_>) {
        let customers = state.table.len() - 1;
        if customers == 0 || state.used.is_empty() {
            return;
        }
        let mean = real(customers - state.absent.len()) / real(state.used.len());
        let longest = LONGEST.min(mean).max(1.0);
        let most = 4.0 * REMOVED / (1.0 + longest) - 1.0;
        let strings = index(self.random.unit() * most + 1.0);
        let seed = crate::number::id(1 + self.random.below(customers));
        self.hit.clear();
        let table = state.table;
        let near = std::iter::once(&seed).chain(&table.near[seed as usize]);
        for &customer in near {
            if self.hit.len() >= strings {
                break;
            }
            let tour = state.stops[customer as usize].tour;
            if tour == NONE || self.hit.contains(&tour) {
                continue;
            }
            self.hit.push(tour);
            let count = real(state.counts[tour as usize] as usize);
            let length = index(self.random.unit() * longest.min(count) + 1.0);
            self.remove_string(state, customer, length);
            state.settle(tour);
        }
    }

    fn remove_string(&mut self, state: &mut State<'_>, customer: u32, length: usize) {
        let tour = state.stops[customer as usize].tour;
        let count = state.counts[tour as usize] as usize;
        let mut kept = 0;
        if length > 1 && length < count && self.random.unit() < SPLIT {
            kept = 1;
            while length + kept < count && self.random.unit() < SPLIT_GROWS {
                kept += 1;
            }
        }
        let span = length + kept;
        // The span holds the customer; how many of it stand before is drawn among what the tour allows.
        let mut ahead = 0;
        let mut at = customer;
        let first = state.first(tour as usize);
        while ahead + 1 < span && state.stops[at as usize].prev != first {
            at = state.stops[at as usize].prev;
            ahead += 1;
        }
        let mut behind = 0;
        let mut end = customer;
        let last = state.last(tour as usize);
        while behind + 1 < span && state.stops[end as usize].next != last {
            end = state.stops[end as usize].next;
            behind += 1;
        }
        let fewest_ahead = (span - 1).saturating_sub(behind);
        let chosen = fewest_ahead + self.random.below(ahead - fewest_ahead + 1);
        for _ in chosen..ahead {
            at = state.stops[at as usize].next;
        }
        self.visits.clear();
        for _ in 0..span {
            self.visits.push(at);
            at = state.stops[at as usize].next;
        }
        let keep_from = if kept == 0 {
            span
        } else {
            self.random.below(length + 1)
        };
        for (place, &visit) in self.visits.iter().enumerate() {
            if place < keep_from || place >= keep_from + kept {
                state.remove(visit);
            }
        }
    }

    /// Puts the absent back, in an order drawn anew each time. Who fits nowhere opens a tour if `open`, or stays absent.
    pub(super) fn recreate(&mut self, state: &mut State<'_>, open: bool) {
        let mut absent = std::mem::take(&mut state.absent);
        self.order(state, &mut absent);
        let mut left = Vec::new();
        for &customer in &absent {
            let place = self.best_place(state, customer);
            match place {
                Some(behind) => state.insert(customer, behind),
                None if open && state.open(customer) => {}
                None => left.push(customer),
            }
        }
        state.absent = left;
    }

    fn order(&mut self, state: &State<'_>, absent: &mut [u32]) {
        let table = state.table;
        let draw = self.random.below(17);
        self.keys.clear();
        for &customer in absent.iter() {
            let at = customer as usize;
            let key = match draw {
                0..4 => self.random.unit(),
                4..8 => -table.demand[at],
                8..10 => -table.between(0, customer),
                10 => table.between(0, customer),
                11..13 => table.due[at] - table.ready[at],
                13..15 => table.ready[at],
                _ => -table.due[at],
            };
            self.keys.push((key, customer));
        }
        self.keys
            .sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (slot, &(_, customer)) in absent.iter_mut().zip(&self.keys) {
            *slot = customer;
        }
    }

    fn best_place(&mut self, state: &State<'_>, customer: u32) -> Option<u32> {
        if !state.table.before.is_empty() && self.random.unit() >= THOROUGH {
            let likely = self.likely_place(state, customer);
            if likely.is_some() {
                return likely;
            }
        }
        let mut best = (f64::INFINITY, NONE);
        for &tour in &state.used {
            self.place_in(state, customer, tour, &mut best);
        }
        (best.1 != NONE).then_some(best.1)
    }

    fn place_in(&mut self, state: &State<'_>, customer: u32, tour: u32, best: &mut (f64, u32)) {
        let table = state.table;
        let at = customer as usize;
        if state.loads[tour as usize] + table.demand[at] > table.capacity {
            return;
        }
        let (ready, due, service) = (table.ready[at], table.due[at], table.service[at]);
        let row = table.row(customer);
        let mut here = state.first(tour as usize);
        let mut stop = &state.stops[here as usize];
        loop {
            if stop.departs > due {
                return;
            }
            let next = &state.stops[stop.next as usize];
            if next.latest >= ready + service {
                let from = row[stop.place as usize];
                let to = row[next.place as usize];
                let done = (stop.departs + from).max(ready) + service;
                let more = from + to - stop.to_next;
                if more < best.0
                    && stop.departs + from <= due
                    && done + to <= next.latest
                    && !self.blinks()
                {
                    *best = (more, here);
                }
            }
            if next.next == NONE {
                return;
            }
            here = stop.next;
            stop = next;
        }
    }

    /// The best place beside a likely neighbor.
    fn likely_place(&mut self, state: &State<'_>, customer: u32) -> Option<u32> {
        let table = state.table;
        let at = customer as usize;
        let (ready, due, service) = (table.ready[at], table.due[at], table.service[at]);
        let spare = table.capacity - table.demand[at];
        let row = table.row(customer);
        let mut best = (f64::INFINITY, NONE);
        let mut judge = |mover: &mut Self, here: u32| {
            let stop = &state.stops[here as usize];
            let next = &state.stops[stop.next as usize];
            let from = row[stop.place as usize];
            let to = row[next.place as usize];
            let more = from + to - stop.to_next;
            if more < best.0
                && stop.departs + from <= due
                && (stop.departs + from).max(ready) + service + to <= next.latest
                && state.loads[stop.tour as usize] <= spare
                && !mover.blinks()
            {
                best = (more, here);
            }
        };
        for &before in &table.before[at] {
            if state.stops[before as usize].tour != NONE {
                judge(self, before);
            }
        }
        for &behind in &table.behind[at] {
            let stop = &state.stops[behind as usize];
            if stop.tour != NONE {
                judge(self, stop.prev);
            }
        }
        (best.1 != NONE).then_some(best.1)
    }
}
