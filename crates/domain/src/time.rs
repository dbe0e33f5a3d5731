//! Points in time and durations. All stored times are milliseconds since the Unix epoch in UTC;
//! calendars of China run on a fixed +08:00 (there is no daylight saving time).

use serde::{Deserialize, Serialize};
use std::fmt;

/// Milliseconds in a second, a minute, an hour and a day of natural time.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds in a day of natural time.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Offset of China Standard Time from UTC in milliseconds.
pub const CHINA_OFFSET_MS: i64 = 8 * HOUR_MS;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The time `ms` milliseconds later; saturates at the ends of the range.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to `self`; negative when `self` is before it.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The midnight in China with which the day of this time begins.
    #[must_use]
    pub const fn china_midnight(self) -> Self {
        let local = self.0 + CHINA_OFFSET_MS;
        Self(local - local.rem_euclid(DAY_MS) - CHINA_OFFSET_MS)
    }

    /// RFC 3339 text in China Standard Time, such as `2026-11-25T20:08:19+08:00`.
    #[must_use]
    pub fn to_china_text(self) -> String {
        self.in_china("%Y-%m-%dT%H:%M:%S+08:00")
    }

    /// To the minute in China Standard Time, as people write it: `2026-11-25 20:08`.
    #[must_use]
    pub fn to_china_minute(self) -> String {
        self.in_china("%Y-%m-%d %H:%M")
    }

    fn in_china(self, format: &str) -> String {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => instant.to_zoned(zone).strftime(format).to_string(),
            Err(_) => format!("{} ms", self.0),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_china_text())
    }
}
