//! Days of the calendar in China, without a time of day: what law and rule packs begin and end on.

use crate::time::{CHINA_OFFSET_MS, DAY_MS, Timestamp};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A day, such as `2026-02-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// Reads `YYYY-MM-DD`, and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |width: usize| {
            parts.next().filter(|part| {
                part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        if parts.next().is_some() {
            return None;
        }
        Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
            .ok()
            .map(Self)
    }

    /// The day in China of a point in time.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let days = at.0.saturating_add(CHINA_OFFSET_MS).div_euclid(DAY_MS);
        Self(jiff::civil::date(1970, 1, 1)).plus_days(days)
    }

    /// The day so many days later, or earlier; stays at the end of the calendar.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(
            self.0
                .saturating_add(jiff::Span::new().days(days.clamp(-DAYS_MAX, DAYS_MAX))),
        )
    }

    /// The day so many months earlier; the last of the month where there is no such day.
    #[must_use]
    pub fn minus_months(self, months: u32) -> Self {
        let months = i64::from(months).min(MONTHS_MAX);
        Self(self.0.saturating_sub(jiff::Span::new().months(months)))
    }

    /// The day so many months later; the last of the month where there is no such day.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Self {
        let months = i64::from(months).min(MONTHS_MAX);
        Self(self.0.saturating_add(jiff::Span::new().months(months)))
    }

    /// The time at which this day begins in China.
    #[must_use]
    pub fn china_midnight(self) -> Timestamp {
        let days = self.days_since(Self(jiff::civil::date(1970, 1, 1)));
        Timestamp(days.saturating_mul(DAY_MS).saturating_sub(CHINA_OFFSET_MS))
    }

    /// Days from `earlier` to this day; negative when this day is before it.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0
            .since(earlier.0)
            .map_or(0, |span| i64::from(span.get_days()))
    }
}

/// No span of the calendar is longer: 9,999 years and as many before, within what jiff takes.
const DAYS_MAX: i64 = 7_000_000;
/// The same in months.
const MONTHS_MAX: i64 = 230_000;

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}",
            self.0.year(),
            self.0.month(),
            self.0.day()
        )
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is not a day: write 2026-02-01"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_in_one_way() {
        let day = Day::parse("2026-02-01").expect("a day");
        assert_eq!(day.to_string(), "2026-02-01");
        for text in [
            "2026-2-1",
            "2026-02-30",
            "2026-02-01T00:00",
            "",
            "unknown",
            "+026-02-01",
        ] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_in_china() {
        // 2026-01-31T16:00:00Z is midnight in China.
        let midnight = Timestamp(1_769_875_200_000);
        assert_eq!(Day::of(midnight).to_string(), "2026-02-01");
        assert_eq!(Day::of(midnight.plus_ms(-1)).to_string(), "2026-01-31");
        assert_eq!(Day::of(midnight).china_midnight(), midnight);
        assert_eq!(Day::of(Timestamp(i64::MAX)), Day::of(Timestamp(i64::MAX)));
    }

    #[test]
    fn days_and_months_are_counted() {
        let day = |text| Day::parse(text).expect("a day");
        assert_eq!(day("2026-02-27").plus_days(2), day("2026-03-01"));
        assert_eq!(day("2026-03-01").days_since(day("2026-02-27")), 2);
        assert_eq!(day("2026-01-01").days_since(day("2026-02-01")), -31);
        assert_eq!(day("2026-08-31").minus_months(6), day("2026-02-28"));
        assert_eq!(day("9999-12-31").plus_days(i64::MAX), day("9999-12-31"));
    }
}
