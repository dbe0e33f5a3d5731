//! Lognormal durations: what is expected of one that has already lasted for a while.

use crate::plan::cost::probability;

/// Beyond so little probability of lasting on, the formulas divide rounding errors; the work is taken to end soon.
const LEAST_PROBABILITY: f64 = 1e-6;

/// Mean and variance of a whole duration, given that it has lasted `elapsed` and goes on.
///
/// All in one unit. For a lognormal duration with parameters m and s, the k-th moment above t is
/// exp(k m + k² s² / 2) Φ(k s − z) / Φ(−z) with z = (ln t − m) / s.
#[must_use]
pub fn given_elapsed(mean: f64, variation: f64, elapsed: f64) -> (f64, f64) {
    if mean <= 0.0 || variation <= 0.0 {
        return (mean.max(elapsed), 0.0);
    }
    let variance = (variation * mean).powi(2);
    if elapsed <= 0.0 {
        return (mean, variance);
    }
    let square = (1.0 + variation * variation).ln();
    let sigma = square.sqrt();
    let mu = mean.ln() - square / 2.0;
    let z = (elapsed.ln() - mu) / sigma;
    let goes_on = probability(-z);
    if goes_on < LEAST_PROBABILITY {
        return (elapsed * (1.0 + variation), (variation * elapsed).powi(2));
    }
    let first = mean * probability(sigma - z) / goes_on;
    let second = mean * mean * square.exp() * probability(2.0 * sigma - z) / goes_on;
    (first.max(elapsed), (second - first * first).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::given_elapsed;
    use crate::random::Random;

    #[test]
    fn the_moments_agree_with_draws() {
        let (mean, variation) = (3_000.0, 0.5_f64);
        let sigma = (1.0 + variation * variation).ln().sqrt();
        let mut random = Random::new(1);
        let draws: Vec<f64> = (0..400_000)
            .map(|_| mean * (sigma * random.normal() - sigma * sigma / 2.0).exp())
            .collect();
        for elapsed in [0.0, 1_000.0, 3_000.0, 6_000.0] {
            let rest: Vec<f64> = draws.iter().copied().filter(|&d| d > elapsed).collect();
            let count = f64::from(u32::try_from(rest.len()).unwrap());
            let drawn = rest.iter().sum::<f64>() / count;
            let spread = rest.iter().map(|d| (d - drawn).powi(2)).sum::<f64>() / count;
            let (first, variance) = given_elapsed(mean, variation, elapsed);
            assert!(
                (first - drawn).abs() < 0.01 * drawn,
                "{elapsed}: {first} {drawn}"
            );
            assert!(
                (variance.sqrt() - spread.sqrt()).abs() < 0.05 * spread.sqrt(),
                "{elapsed}"
            );
        }
    }

    #[test]
    fn what_lasts_beyond_all_likelihood_still_has_an_end() {
        let (first, _) = given_elapsed(60.0, 0.1, 1e6);
        assert!(first.is_finite() && first > 1e6);
    }
}
