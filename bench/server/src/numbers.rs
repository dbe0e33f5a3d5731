//! Percentiles, medians, and how much something grew.

use serde::{Deserialize, Serialize};

/// How long requests took, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    pub count: usize,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

impl Times {
    /// Of these; nothing where there are none.
    pub fn of(mut millis: Vec<f64>) -> Self {
        millis.sort_by(f64::total_cmp);
        Self {
            count: millis.len(),
            p50_ms: percentile(&millis, 50),
            p95_ms: percentile(&millis, 95),
            p99_ms: percentile(&millis, 99),
            max_ms: percentile(&millis, 100),
        }
    }
}

/// The smallest value that is not below `percent` of all (nearest rank); 0 where there are none.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0.0)
}

/// The middle one, or the mean of the two in the middle.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(values[middle - 1], upper))
}

/// The memory of a process at a time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub at_s: f64,
    pub resident_mb: f64,
}

/// By how many percent the memory grew: the median of the last `width_s` seconds over that of as many from `from_s` on. None
/// where the two would be one, or have no sample.
pub fn growth_percent(samples: &[Sample], from_s: f64, width_s: f64) -> Option<f64> {
    let last_s = samples.last()?.at_s;
    if last_s - width_s < from_s + width_s {
        return None;
    }
    let within = |from: f64, to: f64| {
        let among = samples
            .iter()
            .filter(|sample| (from..=to).contains(&sample.at_s));
        median(among.map(|sample| sample.resident_mb).collect())
    };
    let before = within(from_s, from_s + width_s)?;
    let after = within(last_s - width_s, last_s)?;
    Some(100.0 * (after / before - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let times = Times::of(hundred);
        let found = (times.p50_ms, times.p95_ms, times.p99_ms, times.max_ms);
        assert_eq!(found, (50.0, 95.0, 99.0, 100.0));
        // One that is slow of a hundred and one lies above the 99th percentile, two do not.
        let mut slow = vec![1.0; 100];
        slow.push(9.0);
        assert_eq!(Times::of(slow.clone()).p99_ms, 1.0);
        slow.push(9.0);
        assert_eq!(Times::of(slow).p99_ms, 9.0);
        let one = Times::of(vec![7.0]);
        assert_eq!((one.count, one.p50_ms, one.p99_ms), (1, 7.0, 7.0));
        assert_eq!(Times::of(Vec::new()), Times::default());
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0, 4.0]), Some(3.0));
    }

    #[test]
    fn memory_grows_from_where_it_was_looked_at_first() {
        let at = |minute: u32, resident_mb: f64| Sample {
            at_s: f64::from(minute) * 60.0,
            resident_mb,
        };
        let mut samples: Vec<Sample> = (0..=30).map(|minute| at(minute, 100.0)).collect();
        // What was taken before minute 10 does not count.
        for sample in samples.iter_mut().take(10) {
            sample.resident_mb = 20.0;
        }
        assert_eq!(growth_percent(&samples, 600.0, 60.0), Some(0.0));
        // One sample that is far off in the last minutes is not growth.
        samples[30].resident_mb = 900.0;
        assert_eq!(growth_percent(&samples, 600.0, 120.0), Some(0.0));
        for sample in samples.iter_mut().skip(28) {
            sample.resident_mb = 102.0;
        }
        let grown = growth_percent(&samples, 600.0, 120.0).expect("two windows");
        assert!((grown - 2.0).abs() < 1e-9, "{grown}");
        assert_eq!(growth_percent(&samples, 29.0 * 60.0, 60.0), None);
        assert_eq!(growth_percent(&[], 0.0, 1.0), None);
    }
}
