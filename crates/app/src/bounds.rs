//! How sure a share is that was counted: the one-sided bounds of Clopper and Pearson (Biometrika 26, 1934), which hold for
//! few cases too. Each holds by itself with 95 % confidence.

/// The true share is beyond its bound in at most so many of such tables.
const ERROR: f64 = 0.05;

/// With 95 % confidence the share of which `hits` of `all` were seen is at least this: the share at which so many or more
/// are seen with the probability [`ERROR`].
#[must_use]
pub(crate) fn least(hits: usize, all: usize) -> f64 {
    if hits == 0 || all == 0 {
        return 0.0;
    }
    if hits >= all {
        return ERROR.powf(1.0 / real(all));
    }
    let mut logs = vec![0.0_f64];
    for number in 1..=all {
        logs.push(logs[number - 1] + real(number).ln());
    }
    let so_many_or_more = |share: f64| -> f64 {
        (hits..=all)
            .map(|seen| {
                let ways = logs[all] - logs[seen] - logs[all - seen];
                (ways + real(seen) * share.ln() + real(all - seen) * (1.0 - share).ln()).exp()
            })
            .sum()
    };
    let (mut low, mut high) = (0.0, real(hits) / real(all));
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if so_many_or_more(middle) < ERROR {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// With 95 % confidence the share of which `hits` of `all` were seen is at most this.
#[must_use]
pub(crate) fn most(hits: usize, all: usize) -> f64 {
    1.0 - least(all.saturating_sub(hits), all)
}

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub(crate) const fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::{least, most};

    #[test]
    fn the_bounds_are_those_of_the_published_tables() {
        // Clopper and Pearson, one-sided 95 %: 0 of 10, 9 of 10, 10 of 10, 50 of 100.
        for (hits, all, bound) in [
            (0, 10, 0.0),
            (9, 10, 0.606),
            (10, 10, 0.741),
            (50, 100, 0.414),
        ] {
            let least = least(hits, all);
            assert!((least - bound).abs() < 6e-4, "{hits} of {all}: {least}");
        }
        for (hits, all, bound) in [
            (0, 10, 0.259),
            (1, 10, 0.394),
            (10, 10, 1.0),
            (50, 100, 0.586),
            // Nothing was counted, so nothing is known.
            (0, 0, 1.0),
        ] {
            let most = most(hits, all);
            assert!((most - bound).abs() < 6e-4, "{hits} of {all}: {most}");
        }
    }

    #[test]
    fn a_bound_is_never_beyond_what_was_seen_and_closes_with_more_cases() {
        for all in [1_usize, 7, 60, 900] {
            for hits in [0, all / 3, all / 2, all] {
                let seen = super::real(hits) / super::real(all);
                let (low, high) = (least(hits, all), most(hits, all));
                assert!(low <= seen && seen <= high, "{hits} of {all}");
                let (more, less) = (least(hits * 5, all * 5), most(hits * 5, all * 5));
                assert!(low <= more && less <= high, "{hits} of {all}");
            }
        }
    }
}
