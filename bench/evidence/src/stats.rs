//! Rates with one-sided 95 % bounds. Photos of one item are not independent, so the bounds are clustered by item.

use std::collections::BTreeMap;

/// The confidence of every bound.
const CONFIDENCE: f64 = 0.95;

/// How often something happened, and to how many items.
#[derive(Debug, Clone, Default)]
pub struct Rate {
    /// For each item: how often it happened, and how often it could have.
    items: BTreeMap<String, (u64, u64)>,
}

impl Rate {
    /// Counts one case of an item.
    pub fn add(&mut self, item: &str, happened: bool) {
        let slot = self.items.entry(item.to_owned()).or_default();
        slot.0 += u64::from(happened);
        slot.1 += 1;
    }

    #[must_use]
    pub fn happened(&self) -> u64 {
        self.items.values().map(|slot| slot.0).sum()
    }

    #[must_use]
    pub fn cases(&self) -> u64 {
        self.items.values().map(|slot| slot.1).sum()
    }

    #[must_use]
    pub fn item_count(&self) -> u64 {
        self.items.len() as u64
    }

    /// The share; 0 of nothing.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.happened() as f64 / self.cases().max(1) as f64
    }

    /// How many independent cases the cases are worth: their number over the design effect (Kish 1965), which is
    /// estimated between items and held between 1 and the mean number of cases an item. When it never happened, or
    /// always did, nothing can be estimated, and each item counts as one case.
    #[must_use]
    pub fn effective_cases(&self) -> f64 {
        let (cases, items) = (self.cases() as f64, self.items.len() as f64);
        if items < 2.0 {
            return items;
        }
        let share = self.share();
        let largest = cases / items;
        let binomial = share * (1.0 - share) / cases;
        if binomial <= 0.0 {
            return items;
        }
        let between: f64 = self
            .items
            .values()
            .map(|(happened, cases)| (*happened as f64 - share * *cases as f64).powi(2))
            .sum();
        let variance = between / (cases * cases) * items / (items - 1.0);
        cases / (variance / binomial).clamp(1.0, largest.max(1.0))
    }

    /// The largest rate that is still plausible (Clopper and Pearson 1934, on the effective number of cases).
    #[must_use]
    pub fn upper_bound(&self) -> f64 {
        let cases = self.effective_cases();
        if cases <= 0.0 {
            return 1.0;
        }
        let happened = self.share() * cases;
        if happened >= cases {
            return 1.0;
        }
        solve(|rate| incomplete_beta(happened + 1.0, cases - happened, rate) - CONFIDENCE)
            .max(self.share())
    }

    /// The smallest rate that is still plausible.
    #[must_use]
    pub fn lower_bound(&self) -> f64 {
        let cases = self.effective_cases();
        let happened = self.share() * cases;
        if cases <= 0.0 || happened <= 0.0 {
            return 0.0;
        }
        solve(|rate| incomplete_beta(happened, cases - happened + 1.0, rate) - (1.0 - CONFIDENCE))
            .min(self.share())
    }
}

/// The root of a rising function between 0 and 1.
fn solve(rising: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if rising(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The regularized incomplete beta function, by its continued fraction (Abramowitz and Stegun 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = (log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * x.ln() + b * (1.0 - x).ln())
        .exp()
        / a;
    let tiny = 1e-300;
    let (mut c, mut d) = (1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0)).max(tiny));
    let mut fraction = d;
    for step in 1..500 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for term in [even, odd] {
            d = 1.0 + term * d;
            d = 1.0 / if d.abs() < tiny { tiny } else { d };
            c = 1.0 + term / c;
            c = if f64::abs(c) < tiny { tiny } else { c };
            fraction *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-13 {
            break;
        }
    }
    front * fraction
}

/// The logarithm of the gamma function (Lanczos 1964, seven terms).
fn log_gamma(x: f64) -> f64 {
    const TERMS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let t = x + 7.5;
    let sum: f64 = (0_u32..)
        .zip(TERMS)
        .map(|(index, term)| {
            if index == 0 {
                term
            } else {
                term / (x + f64::from(index))
            }
        })
        .sum();
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// The value below which `part` of the values lie; 0 of none.
#[must_use]
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (part * (sorted.len().max(1) - 1) as f64).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

/// The mean; 0 of none.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::{Rate, incomplete_beta, quantile};

    fn rate(items: u32, each: u32, happened: u32) -> Rate {
        let mut rate = Rate::default();
        let mut left = happened;
        for item in 0..items {
            for _ in 0..each {
                rate.add(&item.to_string(), left > 0);
                left = left.saturating_sub(1);
            }
        }
        rate
    }

    #[test]
    fn nothing_in_three_hundred_items_leaves_one_percent() {
        // 1 - 0.05^(1/300), and no smaller for ten photos an item.
        for each in [1, 10] {
            let bound = rate(300, each, 0).upper_bound();
            assert!((bound - 0.009_936).abs() < 1e-4, "{bound}");
        }
    }

    #[test]
    fn known_bounds_come_out() {
        // Clopper and Pearson for 3 of 100, one-sided 95 %: 0.0757; for 97 of 100, lower: 0.9243.
        assert!((rate(100, 1, 3).upper_bound() - 0.0757).abs() < 5e-4);
        assert!((rate(100, 1, 97).lower_bound() - 0.9243).abs() < 5e-4);
        assert!((incomplete_beta(2.0, 3.0, 0.5) - 0.6875).abs() < 1e-9);
    }

    #[test]
    fn cases_that_come_together_in_an_item_widen_the_bound() {
        let mut spread = Rate::default();
        for item in 0..100 {
            for photo in 0..10 {
                spread.add(&item.to_string(), item % 10 == 0 && photo == 0);
            }
        }
        let together = rate(100, 10, 10);
        assert_eq!((together.happened(), spread.happened()), (10, 10));
        assert!(together.upper_bound() > 1.2 * spread.upper_bound());
        assert!(spread.upper_bound() > 0.01);
    }

    #[test]
    fn quantiles_are_values_of_the_sample() {
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
