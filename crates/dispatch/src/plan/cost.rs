//! What a plan is judged by, term by term, in the order in which the terms count.

use serde::Serialize;

use super::model::Window;
use super::route::{Entry, Visit};
use crate::number::{seconds_real, whole};
use crate::travel::Seconds;

/// The terms, the weightiest first; plans are compared by the first in which they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
pub struct Cost {
    /// Confirmed windows that are not kept: [`BROKEN_PROMISE`] each, times 1 + priority, plus the minutes too late.
    pub promises: i64,
    /// Jobs without a technician: 1 + priority each.
    pub unassigned: i64,
    /// Percent points of risk that a visit begins too late, above [`TOLERATED_RISK`], times 1 + priority / 10.
    pub risk: i64,
    /// Seconds after regular ends of shifts.
    pub overtime: i64,
    /// Visits whose technician is another than was told, or than the customer knows.
    pub changes: i64,
    /// Seconds on the road.
    pub travel: i64,
    /// Sum over shifts of the squared work in units of ten minutes: grows when work is spread unevenly.
    pub unfairness: i64,
}

/// Weight of one promise that is not kept, in minutes: more than all minutes of a plan together could be.
pub const BROKEN_PROMISE: i64 = 1_000_000;
/// A visit with at most so many percent of risk is not pushed further.
pub const TOLERATED_RISK: i64 = 5;
/// Standard deviation of travel compared with its mean.
const TRAVEL_VARIATION: f64 = 0.15;
/// Seconds of one unit of work in the term of fairness.
const WORK_UNIT: i64 = 600;
/// Beyond so many standard deviations a normal number is certain.
const CERTAIN: f64 = 4.0;

impl Cost {
    pub(super) fn add(&mut self, other: &Self) {
        self.promises += other.promises;
        self.unassigned += other.unassigned;
        self.risk += other.risk;
        self.overtime += other.overtime;
        self.changes += other.changes;
        self.travel += other.travel;
        self.unfairness += other.unfairness;
    }

    pub(super) fn subtract(&mut self, other: &Self) {
        self.promises -= other.promises;
        self.unassigned -= other.unassigned;
        self.risk -= other.risk;
        self.overtime -= other.overtime;
        self.changes -= other.changes;
        self.travel -= other.travel;
        self.unfairness -= other.unfairness;
    }

    /// This minus another, term by term.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let mut difference = *self;
        difference.subtract(other);
        difference
    }
}

/// What the pricing of a stop needs besides its times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Priced<'plan> {
    pub visit: Visit<'plan>,
    pub priority: u8,
    pub variation: f64,
}

/// Terms of one route: risk, overtime, travel and work. `told` hears of each stop that may begin too late with how many
/// percent of risk.
pub(super) fn route<'plan>(
    entries: &[Entry],
    ways: &[Seconds],
    end: Seconds,
    regular_end: Seconds,
    start: (Seconds, f64),
    priced: impl Fn(usize) -> Priced<'plan>,
    mut told: impl FnMut(usize, i64),
) -> Cost {
    let mut cost = Cost {
        overtime: (end - regular_end).max(0),
        travel: ways.iter().sum(),
        ..Cost::default()
    };
    let mut work = 0;
    // Mean and variance of how much later than in the schedule the visit ends.
    let (mut mean, mut variance) = (0.0_f64, start.1);
    let mut departs = start.0;
    for (place, entry) in entries.iter().enumerate() {
        let stop = priced(place);
        work += stop.visit.seconds;
        let way = seconds_real(ways[place]);
        variance += (TRAVEL_VARIATION * way).powi(2);
        let slack = seconds_real(entry.start - entry.arrives);
        let deviation = variance.sqrt();
        let arrival = mean - slack;
        // Waiting swallows delay: the expectation of the larger of the two, after Clark (1961).
        if slack > 0.0 {
            if deviation * CERTAIN < -arrival {
                mean = 0.0;
                variance = 0.0;
            } else if deviation > 0.0 {
                let ratio = arrival / deviation;
                let (density, below) = (density(ratio), probability(ratio));
                let first = arrival * below + deviation * density;
                let second = (arrival * arrival + variance) * below + arrival * deviation * density;
                mean = first;
                variance = (second - first * first).max(0.0);
            } else {
                mean = arrival.max(0.0);
            }
        }
        let latest = window_end(stop.visit.windows, entry.start);
        let spare = seconds_real(latest - entry.start) - mean;
        let deviation = variance.sqrt();
        if spare < CERTAIN * deviation {
            let late = if deviation > 0.0 {
                probability(-spare / deviation)
            } else if spare < 0.0 {
                1.0
            } else {
                0.0
            };
            let percent = whole((late * 100.0).floor());
            told(place, percent);
            cost.risk += (percent - TOLERATED_RISK).max(0) * (10 + i64::from(stop.priority)) / 10;
        }
        variance += (stop.variation * seconds_real(stop.visit.seconds)).powi(2);
        departs = entry.done;
    }
    debug_assert!(departs >= start.0, "a schedule goes forward");
    let units = work / WORK_UNIT;
    cost.unfairness = units * units;
    cost
}

fn window_end(windows: &[Window], start: Seconds) -> Seconds {
    windows
        .iter()
        .find(|window| window.holds(start))
        .map_or(start, |window| window.to)
}

fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() * 0.398_942_280_401_432_7
}

/// The normal distribution function, by Abramowitz and Stegun 26.2.17 (error below 7.5e-8).
pub(crate) fn probability(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let tail = density(x)
        * t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    if x >= 0.0 { 1.0 - tail } else { tail }
}
