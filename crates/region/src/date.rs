//! Days of the calendar, as far as the validity of a division needs them.

use std::fmt;
use std::str::FromStr;

/// A day, ordered. A change of which only the year is known counts from January 1st of that year, so that the last
/// day of a year sees what the yearly list of that year has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(u32);

/// A text that is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no date; write 2024-06-30, or 2024 for its last day")]
pub struct BadDate(String);

impl Date {
    /// After every change that is known.
    pub const LATEST: Self = Self(99_991_231);

    /// January 1st of a year.
    #[must_use]
    pub const fn start_of(year: u16) -> Self {
        Self(year as u32 * 10_000 + 101)
    }

    /// December 31st of a year.
    #[must_use]
    pub const fn end_of(year: u16) -> Self {
        Self(year as u32 * 10_000 + 1_231)
    }

    #[must_use]
    pub const fn year(self) -> u32 {
        self.0 / 10_000
    }

    /// Whether this is the first day of a year, which is how a change known by its year alone is kept.
    #[must_use]
    pub const fn is_year(self) -> bool {
        self.0 % 10_000 == 101
    }
}

impl FromStr for Date {
    type Err = BadDate;

    fn from_str(text: &str) -> Result<Self, BadDate> {
        let bad = || BadDate(text.chars().take(40).collect());
        let numbers: Vec<u16> = text
            .split('-')
            .map(|part| {
                let digits =
                    !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
                digits.then(|| part.parse().ok()).flatten().ok_or_else(bad)
            })
            .collect::<Result<_, _>>()?;
        match *numbers.as_slice() {
            [year] if year >= 1_000 => Ok(Self::end_of(year)),
            [year, month, day]
                if year >= 1_000
                    && (1..=12).contains(&month)
                    && day >= 1
                    && day <= days(year, month) =>
            {
                Ok(Self(
                    u32::from(year) * 10_000 + u32::from(month) * 100 + u32::from(day),
                ))
            }
            _ => Err(bad()),
        }
    }
}

fn days(year: u16, month: u16) -> u16 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}",
            self.0 / 10_000,
            self.0 / 100 % 100,
            self.0 % 100
        )
    }
}
