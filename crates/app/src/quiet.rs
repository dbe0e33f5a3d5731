//! Quiet hours: the time of the night in which nobody is woken by what can wait. They are hours of China, which has one time
//! and no daylight saving, wherever the machine stands.

use aftercare_domain::Timestamp;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use std::fmt;
use std::str::FromStr;

/// From when until when it is quiet, by the clock of China; the end can be on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// Milliseconds after midnight; the first is quiet, the last is not.
    from_ms: i64,
    until_ms: i64,
}

impl FromStr for QuietHours {
    type Err = &'static str;

    /// Reads `22:00-08:00`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "quiet hours are written as 22:00-08:00, from and until";
        let (from, until) = text.trim().split_once('-').ok_or(wrong)?;
        let hours = Self {
            from_ms: time_of_day(from).ok_or(wrong)?,
            until_ms: time_of_day(until).ok_or(wrong)?,
        };
        if hours.from_ms == hours.until_ms {
            return Err("quiet hours that end when they begin would be always or never");
        }
        Ok(hours)
    }
}

impl fmt::Display for QuietHours {
    /// As it is read: `22:00-08:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |ms: i64| (ms / HOUR_MS, ms % HOUR_MS / MINUTE_MS);
        let ((from, from_minute), (until, until_minute)) =
            (clock(self.from_ms), clock(self.until_ms));
        write!(f, "{from:02}:{from_minute:02}-{until:02}:{until_minute:02}")
    }
}

/// Milliseconds after midnight of `HH:MM`.
fn time_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |digits: &str| -> Option<i64> {
        let is_plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| digits.parse().ok())?
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    (hour < 24 && minute < 60).then_some((hour * 60 + minute) * MINUTE_MS)
}

impl QuietHours {
    /// When the quiet in which `at` lies ends; `None` when it does not lie in one.
    #[must_use]
    pub const fn morning_after(self, at: Timestamp) -> Option<Timestamp> {
        let midnight = at.china_midnight();
        let since = at.since_ms(midnight);
        if self.from_ms < self.until_ms {
            let quiet = self.from_ms <= since && since < self.until_ms;
            return if quiet {
                Some(midnight.plus_ms(self.until_ms))
            } else {
                None
            };
        }
        if since < self.until_ms {
            Some(midnight.plus_ms(self.until_ms))
        } else if since >= self.from_ms {
            Some(midnight.plus_ms(DAY_MS + self.until_ms))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::QuietHours;
    use aftercare_domain::Timestamp;
    use aftercare_domain::time::{DAY_MS, HOUR_MS};
    use proptest::prelude::*;

    /// 2026-11-25 in UTC, at an hour and minute.
    fn utc(hour: i64, minute: i64) -> Timestamp {
        Timestamp(1_795_564_800_000 + hour * HOUR_MS + minute * 60_000)
    }

    fn night() -> QuietHours {
        "22:00-08:00".parse().expect("hours")
    }

    #[test]
    fn the_night_is_that_of_china_also_where_the_day_of_utc_is_another_one() {
        assert_eq!(utc(0, 0).to_china_text(), "2026-11-25T08:00:00+08:00");
        let morning = |at: Timestamp| night().morning_after(at).map(Timestamp::to_china_minute);
        // 21:59, 22:00, 23:59 and 00:00 in China.
        assert_eq!(morning(utc(13, 59)), None);
        assert_eq!(morning(utc(14, 0)).as_deref(), Some("2026-11-26 08:00"));
        assert_eq!(morning(utc(15, 59)).as_deref(), Some("2026-11-26 08:00"));
        assert_eq!(morning(utc(16, 0)).as_deref(), Some("2026-11-26 08:00"));
        // 07:59 and 08:00 in China, on either side of midnight in UTC.
        assert_eq!(morning(utc(23, 59)).as_deref(), Some("2026-11-26 08:00"));
        assert_eq!(morning(utc(24, 0)), None);
        let noon: QuietHours = "12:00-14:00".parse().expect("hours");
        let after = noon
            .morning_after(utc(5, 0))
            .map(Timestamp::to_china_minute);
        assert_eq!(after.as_deref(), Some("2026-11-25 14:00"));
        assert_eq!(noon.morning_after(utc(6, 0)), None);
    }

    #[test]
    fn what_are_no_hours_is_refused() {
        for wrong in [
            "",
            "22:00",
            "22-8",
            "24:00-08:00",
            "22:60-08:00",
            "22:00-22:00",
            "+1:00-08:00",
            "22:00-08:00-09:00",
            "２２:00-08:00",
        ] {
            assert!(wrong.parse::<QuietHours>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nobody_waits_longer_than_a_day_or_into_another_quiet(at in 0_i64..4_000_000_000_000, from in 0_i64..1_440, length in 1_i64..1_440) {
            let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
            let hours = format!("{}-{}", clock(from), clock((from + length) % 1_440));
            let hours: QuietHours = hours.parse().expect("hours");
            if let Some(morning) = hours.morning_after(Timestamp(at)) {
                prop_assert!(morning.0 > at && morning.0 - at <= DAY_MS);
                prop_assert_eq!(hours.morning_after(morning), None);
            }
        }
    }
}
