//! What an exchange publishes about itself: how many items there are, what became of them, and year by year how often it was
//! wrong.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

use crate::{Day, Register, Tag};

/// The counts at a time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// The time, in seconds since 1970.
    pub at_s: u64,
    /// Entries of the list.
    pub entries: u64,
    /// Members that may act.
    pub members: u64,
    /// Their groups.
    pub groups: u64,
    /// Items ever published.
    pub items: u64,
    /// Items that count now.
    pub standing: u64,
    /// Items that are frozen now.
    pub disputed: u64,
    /// Items that were wrong.
    pub false_positive: u64,
    /// Items that were taken back, or whose publisher or judges were silent.
    pub withdrawn: u64,
    /// Items whose twelve months are over.
    pub expired: u64,
    /// The yearly report of errors, by the year of publication (UTC).
    pub years: BTreeMap<u32, Year>,
}

/// What became of the items of one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Year {
    /// Items published.
    pub published: u64,
    /// Of them, those that were ever disputed.
    pub ever_disputed: u64,
    /// Of them, those that were wrong.
    pub false_positive: u64,
    /// Of them, those that were withdrawn.
    pub withdrawn: u64,
}

impl Counts {
    /// Counts at a time.
    #[must_use]
    pub fn of(register: &Register, at_s: u64) -> Self {
        let seats: Vec<_> = register.members().active().collect();
        let groups: BTreeSet<_> = seats.iter().map(|seat| seat.group).collect();
        let mut counts = Self {
            at_s,
            entries: register.len(),
            members: seats.len() as u64,
            groups: groups.len() as u64,
            ..Self::default()
        };
        for (_, held) in register.items() {
            counts.items += 1;
            let year = counts.years.entry(year(held.published_on)).or_default();
            year.published += 1;
            year.ever_disputed += u64::from(held.disputes > 0);
            match held.tag_at(at_s) {
                None => counts.standing += 1,
                Some(Tag::Disputed) => counts.disputed += 1,
                Some(Tag::Expired) => counts.expired += 1,
                Some(Tag::FalsePositive) => {
                    counts.false_positive += 1;
                    year.false_positive += 1;
                }
                Some(Tag::Withdrawn) => {
                    counts.withdrawn += 1;
                    year.withdrawn += 1;
                }
            }
        }
        counts
    }
}

/// The year of a day, in the Gregorian calendar.
fn year(day: Day) -> u32 {
    let mut year: u32 = 1_970;
    let mut left = day.0;
    loop {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = 365 + u32::from(leap);
        if left < days {
            return year;
        }
        left -= days;
        year += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_years() {
        for (day, wanted) in [
            (0, 1_970),
            (364, 1_970),
            (365, 1_971),
            (10_956, 1_999),
            (10_957, 2_000),
            (11_322, 2_000),
            (11_323, 2_001),
            (20_818, 2_026),
        ] {
            assert_eq!(year(Day(day)), wanted, "day {day}");
        }
    }
}
