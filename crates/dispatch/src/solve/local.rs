//! Local search between and inside tours: exchanged tails, moved and exchanged segments of up to three visits, until no
//! such step shortens the plan. Run on new best plans, where string removal rarely looks as closely.

use super::table::Table;

/// Visits of the longest segment that is moved as one.
const SEGMENT: usize = 3;
/// A step must shorten by more than rounding.
const LEAST_GAIN: f64 = 1e-9;
/// Rounds over all pairs of tours; each shortens, so this is a guard and never met in practice.
const ROUNDS: usize = 50;

/// Shortens the tours as long as a step helps. Returns the distance saved.
pub(super) fn improve(table: &Table, tours: &mut Vec<Vec<u32>>) -> f64 {
    let before: f64 = tours.iter().map(|tour| length(table, tour)).sum();
    let mut fresh = vec![true; tours.len()];
    for _ in 0..ROUNDS {
        let mut changed = vec![false; tours.len()];
        for a in 0..tours.len() {
            for b in a..tours.len() {
                if !fresh[a] && !fresh[b] && !changed[a] && !changed[b] {
                    continue;
                }
                while step(table, tours, a, b) {
                    changed[a] = true;
                    changed[b] = true;
                }
            }
        }
        fresh = changed;
        if fresh.iter().all(|&changed| !changed) {
            break;
        }
    }
    tours.retain(|tour| !tour.is_empty());
    before - tours.iter().map(|tour| length(table, tour)).sum::<f64>()
}

pub(super) fn length(table: &Table, tour: &[u32]) -> f64 {
    let mut last = 0;
    let mut sum = 0.0;
    for &stop in tour {
        sum += table.between(last, stop);
        last = stop;
    }
    sum + table.between(last, 0)
}

/// Whether a tour of these parts keeps capacity and windows.
fn fits(table: &Table, parts: &[&[u32]]) -> bool {
    let (mut time, mut load, mut here) = (table.ready[0], 0.0, 0_u32);
    for &stop in parts.iter().copied().flatten() {
        let at = stop as usize;
        load += table.demand[at];
        time = f64::max(time + table.between(here, stop), table.ready[at]);
        if time > table.due[at] || load > table.capacity {
            return false;
        }
        time += table.service[at];
        here = stop;
    }
    time + table.between(here, 0) <= table.due[0]
}

/// The stop at a place of a tour, 0 (the depot) outside.
fn stop(tour: &[u32], place: usize) -> u32 {
    // `place` counts from one; zero is the depot before the first visit.
    if place == 0 {
        0
    } else {
        tour.get(place - 1).copied().unwrap_or(0)
    }
}

/// Makes the first step that shortens; true when there was one.
fn step(table: &Table, tours: &mut [Vec<u32>], a: usize, b: usize) -> bool {
    if a == b {
        return inside(table, &mut tours[a]);
    }
    if tours[a].is_empty() || tours[b].is_empty() {
        return false;
    }
    let (one, two) = (&tours[a], &tours[b]);
    let found = tails(table, one, two).or_else(|| segments(table, one, two));
    if let Some((first, second)) = found {
        tours[a] = first;
        tours[b] = second;
        return true;
    }
    false
}

type Pair = (Vec<u32>, Vec<u32>);

fn tails(table: &Table, one: &[u32], two: &[u32]) -> Option<Pair> {
    for i in 0..=one.len() {
        for j in 0..=two.len() {
            let (a, b) = (stop(one, i), stop(one, i + 1));
            let (c, d) = (stop(two, j), stop(two, j + 1));
            let gain = table.between(a, b) + table.between(c, d)
                - table.between(a, d)
                - table.between(c, b);
            if gain > LEAST_GAIN
                && fits(table, &[&one[..i], &two[j..]])
                && fits(table, &[&two[..j], &one[i..]])
            {
                let first = [&one[..i], &two[j..]].concat();
                let second = [&two[..j], &one[i..]].concat();
                return Some((first, second));
            }
        }
    }
    None
}

/// Exchanges segments of 0 to three visits (not both empty).
fn segments(table: &Table, one: &[u32], two: &[u32]) -> Option<Pair> {
    let end = |tour: &[u32], from: usize, size: usize| {
        if size == 0 {
            None
        } else {
            Some((tour[from], tour[from + size - 1]))
        }
    };
    for i in 0..=one.len() {
        for m in 0..=SEGMENT.min(one.len() - i) {
            let (before_one, after_one) = (stop(one, i), stop(one, i + m + 1));
            let own = end(one, i, m);
            let removed_one = own.map_or_else(
                || table.between(before_one, after_one),
                |(s, e)| table.between(before_one, s) + table.between(e, after_one),
            );
            for j in 0..=two.len() {
                for n in usize::from(m == 0)..=SEGMENT.min(two.len() - j) {
                    let (before_two, after_two) = (stop(two, j), stop(two, j + n + 1));
                    let other = end(two, j, n);
                    let removed_two = other.map_or_else(
                        || table.between(before_two, after_two),
                        |(s, e)| table.between(before_two, s) + table.between(e, after_two),
                    );
                    let added_one = other.map_or_else(
                        || table.between(before_one, after_one),
                        |(s, e)| table.between(before_one, s) + table.between(e, after_one),
                    );
                    let added_two = own.map_or_else(
                        || table.between(before_two, after_two),
                        |(s, e)| table.between(before_two, s) + table.between(e, after_two),
                    );
                    if removed_one + removed_two - added_one - added_two > LEAST_GAIN
                        && fits(table, &[&one[..i], &two[j..j + n], &one[i + m..]])
                        && fits(table, &[&two[..j], &one[i..i + m], &two[j + n..]])
                    {
                        let first = [&one[..i], &two[j..j + n], &one[i + m..]].concat();
                        let second = [&two[..j], &one[i..i + m], &two[j + n..]].concat();
                        return Some((first, second));
                    }
                }
            }
        }
    }
    None
}

/// Moves a segment inside its tour.
fn inside(table: &Table, tour: &mut Vec<u32>) -> bool {
    let old = length(table, tour);
    for from in 0..tour.len() {
        for size in 1..=SEGMENT.min(tour.len() - from) {
            for to in 0..=tour.len() {
                if (from..=from + size).contains(&to) {
                    continue;
                }
                let segment = &tour[from..from + size];
                let parts = if to < from {
                    [&tour[..to], segment, &tour[to..from], &tour[from + size..]]
                } else {
                    [&tour[..from], &tour[from + size..to], segment, &tour[to..]]
                };
                let (s, e) = (segment[0], segment[size - 1]);
                let (p, n) = (stop(tour, from), stop(tour, from + size + 1));
                let (q, r) = (stop(tour, to), stop(tour, to + 1));
                let gain = table.between(p, s) + table.between(e, n) + table.between(q, r)
                    - table.between(p, n)
                    - table.between(q, s)
                    - table.between(e, r);
                if gain > LEAST_GAIN && fits(table, &parts) {
                    let changed = parts.concat();
                    // A rounding error must not make two plans chase each other.
                    if length(table, &changed) < old - LEAST_GAIN {
                        *tour = changed;
                        return true;
                    }
                }
            }
        }
    }
    false
}
