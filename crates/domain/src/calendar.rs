//! Working calendars: when a desk is open, and how long an allowance lasts on it.
//!
//! Desk clocks count only opening hours (lunch is a gap between two spans), on a fixed +08:00.
//! Holidays and make-up days come from the yearly notice of the State Council; a year whose notice
//! is not loaded is *not published* here: its ordinary weekdays count as working days, its
//! statutory days (where computed) as days off, and every result that touches it says `assumed`.

use crate::clock::Basis;
use crate::limits::{CALENDAR_SCAN_DAYS_MAX, SPANS_PER_DAY_MAX};
use crate::refused::Refused;
use crate::time::{CHINA_OFFSET_MS, DAY_MS, MINUTE_MS, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Minutes in a day.
const DAY_MINUTES: u16 = 24 * 60;
/// Monday of `hours`; a make-up day falls back to its hours.
const MONDAY: usize = 0;

/// Whether a special day is free or worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// A holiday.
    Off,
    /// A make-up day (调休上班).
    Work,
}

/// Opening minutes of a day, `from` included, `until` not: 09:00–12:00 is 540..720.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Minutes after midnight.
    pub from_minute: u16,
    /// Minutes after midnight, at most 1440.
    pub until_minute: u16,
}

/// When a clock runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Due {
    /// The time.
    pub at: Timestamp,
    /// Whether the way there leads through a year whose holidays are not published.
    pub assumed: bool,
}

/// Desk hours by weekday, with the special days of the years that are loaded.
/// `WorkingCalendar::default()` is always open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkingCalendar {
    /// Always open: the other fields are not looked at.
    always_open: bool,
    /// Opening spans, Monday first, each in order and apart.
    hours: [Vec<Span>; 7],
    /// Special days by day number (days since 1970-01-01 in China).
    days: BTreeMap<i64, DayKind>,
    /// Years whose notice is loaded.
    published: BTreeSet<i64>,
}

impl Default for WorkingCalendar {
    fn default() -> Self {
        Self {
            always_open: true,
            hours: Default::default(),
            days: BTreeMap::new(),
            published: BTreeSet::new(),
        }
    }
}

/// A run of days: month, day, how many.
type Run = (u32, u32, i64);

/// A year as published: days off in runs, then single make-up days.
struct PublishedYear {
    year: i64,
    off: &'static [Run],
    work: &'static [Run],
}

/// General Office of the State Council, 国办发明电〔2024〕12号 (2025) and 国办发明电〔2025〕7号 (2026),
/// gov.cn/zhengce/zhengceku/202411/content_6986383.htm and …/202511/content_7047091.htm.
const PUBLISHED: [PublishedYear; 2] = [
    PublishedYear {
        year: 2025,
        off: &[
            (1, 1, 1),
            (1, 28, 8),
            (4, 4, 3),
            (5, 1, 5),
            (5, 31, 3),
            (10, 1, 8),
        ],
        work: &[(1, 26, 1), (2, 8, 1), (4, 27, 1), (9, 28, 1), (10, 11, 1)],
    },
    PublishedYear {
        year: 2026,
        off: &[
            (1, 1, 3),
            (2, 15, 9),
            (4, 4, 3),
            (5, 1, 5),
            (6, 19, 3),
            (9, 25, 3),
            (10, 1, 7),
        ],
        work: &[
            (1, 4, 1),
            (2, 14, 1),
            (2, 28, 1),
            (5, 9, 1),
            (9, 20, 1),
            (10, 10, 1),
        ],
    },
];

/// Statutory days of 2027 by art. 2 of 全国年节及纪念日放假办法 (2024): free whatever the notice will
/// say. How they are bridged is not known, so 2027 stays unpublished.
const STATUTORY_2027: &[Run] = &[
    (1, 1, 1),
    (2, 5, 4),
    (4, 5, 1),
    (5, 1, 2),
    (6, 9, 1),
    (9, 15, 1),
    (10, 1, 3),
];

/// Days since 1970-01-01 of a civil date, or `None` if there is no such date.
fn day_number(year: i64, month: u32, day: u32) -> Option<i64> {
    let date = jiff::civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()?;
    let epoch = jiff::civil::date(1970, 1, 1);
    Some(i64::from(date.since(epoch).ok()?.get_days()))
}

/// The year of a day number (proleptic Gregorian; era arithmetic after Hinnant, "chrono-compatible
/// low-level date algorithms", so that any day has a year).
const fn year_of(day: i64) -> i64 {
    let shifted = day.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_based_month = (5 * day_of_year + 2) / 153;
    era * 400 + year_of_era + if march_based_month >= 10 { 1 } else { 0 }
}

/// The day number of a time, in China.
const fn day_of(at: Timestamp) -> i64 {
    at.0.saturating_add(CHINA_OFFSET_MS).div_euclid(DAY_MS)
}

/// Midnight of a day in China.
const fn midnight_of(day: i64) -> Timestamp {
    Timestamp(day.saturating_mul(DAY_MS).saturating_sub(CHINA_OFFSET_MS))
}

fn invalid(zh: String, en: String) -> Refused {
    Refused::new("calendar_invalid", zh, en)
}

impl Span {
    /// A span from `HH:MM` to `HH:MM` (`24:00` is the end of the day).
    ///
    /// # Errors
    /// `calendar_invalid` when it is empty or not a time of day.
    pub fn parse(from: &str, until: &str) -> Result<Self, Refused> {
        let minute = |text: &str| -> Option<u16> {
            let (hour, minute) = text.trim().split_once(':')?;
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            let total = hour.checked_mul(60)?.checked_add(minute)?;
            (minute < 60 && total <= DAY_MINUTES).then_some(total)
        };
        match (minute(from), minute(until)) {
            (Some(from_minute), Some(until_minute)) if from_minute < until_minute => Ok(Self {
                from_minute,
                until_minute,
            }),
            _ => Err(invalid(
                format!("“{from}–{until}”不是营业时段，请写成 09:00 和 18:00，且开始早于结束。"),
                format!(
                    "`{from}` to `{until}` is not a span of opening hours: write 09:00 and 18:00, the first before the second."
                ),
            )),
        }
    }
}

impl WorkingCalendar {
    /// A calendar with these hours (Monday first) and the published and statutory days we know.
    ///
    /// # Errors
    /// `calendar_invalid` when spans overlap, run past midnight, or nothing is ever open.
    pub fn new(hours: [Vec<Span>; 7]) -> Result<Self, Refused> {
        for spans in &hours {
            let apart = spans
                .iter()
                .zip(spans.iter().skip(1))
                .all(|(first, second)| first.until_minute <= second.from_minute);
            let sound = spans.iter().all(|span| {
                span.from_minute < span.until_minute && span.until_minute <= DAY_MINUTES
            });
            if !apart || !sound || spans.len() > SPANS_PER_DAY_MAX {
                return Err(invalid(
                    format!(
                        "一天的营业时段须按先后排列、互不重叠、不超过 24:00，且最多 {SPANS_PER_DAY_MAX} 段。"
                    ),
                    format!(
                        "The opening spans of a day must be in order, apart, end by 24:00, and number at most {SPANS_PER_DAY_MAX}."
                    ),
                ));
            }
        }
        if hours.iter().all(Vec::is_empty) {
            return Err(invalid(
                "日历没有任何营业时段，请至少填写一天。".to_owned(),
                "The calendar is never open: give at least one weekday opening hours.".to_owned(),
            ));
        }
        let mut calendar = Self {
            always_open: false,
            hours,
            days: BTreeMap::new(),
            published: BTreeSet::new(),
        };
        for year in &PUBLISHED {
            calendar.mark(year.year, year.off, DayKind::Off);
            calendar.mark(year.year, year.work, DayKind::Work);
            calendar.published.insert(year.year);
        }
        calendar.mark(2027, STATUTORY_2027, DayKind::Off);
        Ok(calendar)
    }

    /// The same spans Monday to Friday, closed at weekends.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn weekdays(spans: &[Span]) -> Result<Self, Refused> {
        let open = spans.to_vec();
        Self::new([
            open.clone(),
            open.clone(),
            open.clone(),
            open.clone(),
            open,
            Vec::new(),
            Vec::new(),
        ])
    }

    fn mark(&mut self, year: i64, runs: &[Run], kind: DayKind) {
        for (month, day, count) in runs {
            if let Some(first) = day_number(year, *month, *day) {
                for offset in 0..*count {
                    self.days.insert(first.saturating_add(offset), kind);
                }
            }
        }
    }

    /// Loads a year's notice: one line a day, `2027-02-05 off` or `2027-02-14 work`; empty lines and
    /// lines that begin with `#` are skipped. What was known of that year is replaced.
    ///
    /// # Errors
    /// `calendar_invalid`, naming the line, when a line is not of that form or of another year.
    pub fn with_year(mut self, year: i64, notice: &str) -> Result<Self, Refused> {
        let mut days = BTreeMap::new();
        for (index, line) in notice.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let day = parse_day(line).filter(|(day, _)| year_of(*day) == year);
            let Some((day, kind)) = day else {
                let number = index.saturating_add(1);
                return Err(invalid(
                    format!(
                        "{year} 年放假安排第 {number} 行“{line}”无法读取，请写成“{year}-10-01 off”或“{year}-10-10 work”。"
                    ),
                    format!(
                        "Line {number} of the notice of {year}, `{line}`, cannot be read: write `{year}-10-01 off` or `{year}-10-10 work`."
                    ),
                ));
            };
            days.insert(day, kind);
        }
        self.days.retain(|day, _| year_of(*day) != year);
        self.days.extend(days);
        self.published.insert(year);
        Ok(self)
    }

    /// Whether the notice of that year is loaded; always so for a calendar that never closes.
    #[must_use]
    pub fn year_is_published(&self, year: i64) -> bool {
        self.always_open || self.published.contains(&year)
    }

    /// The opening spans of a day.
    fn spans(&self, day: i64) -> &[Span] {
        // 1970-01-01 was a Thursday.
        let weekday = usize::try_from(day.saturating_add(3).rem_euclid(7)).unwrap_or(MONDAY);
        let own = self.hours.get(weekday).map_or(&[][..], Vec::as_slice);
        match self.days.get(&day) {
            Some(DayKind::Off) => &[],
            // A make-up Saturday of a desk closed on Saturdays is worked like a Monday.
            Some(DayKind::Work) if own.is_empty() => {
                self.hours.get(MONDAY).map_or(&[][..], Vec::as_slice)
            }
            Some(DayKind::Work) | None => own,
        }
    }

    /// Whether the desk is open at a time.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let day = day_of(at);
        self.always_open
            || self.spans(day).iter().any(|span| {
                let (from, until) = bounds(day, *span);
                from <= at && at < until
            })
    }

    /// When an allowance that starts at `from` runs out: the earliest time at which
    /// `elapsed(from, due) == allowance_ms`; for an allowance of 0 the next open moment, so that a
    /// desk clock never fires at midnight.
    ///
    /// # Errors
    /// `allowance_invalid` for a negative allowance; `calendar_never_opens` when no opening is found.
    pub fn due(&self, from: Timestamp, allowance_ms: i64, basis: Basis) -> Result<Due, Refused> {
        if allowance_ms < 0 {
            return Err(Refused::new(
                "allowance_invalid",
                "时限不能是负数，请检查规则包里的时长。",
                "An allowance cannot be negative: check the durations of the rule pack.",
            ));
        }
        if basis == Basis::Natural || self.always_open {
            return Ok(Due {
                at: from.plus_ms(allowance_ms),
                assumed: false,
            });
        }
        let mut left_ms = allowance_ms;
        let mut assumed = false;
        let first = day_of(from);
        for offset in 0..CALENDAR_SCAN_DAYS_MAX {
            let day = first.saturating_add(offset);
            assumed |= !self.published.contains(&year_of(day));
            for span in self.spans(day) {
                let (opens, closes) = bounds(day, *span);
                let begin = opens.max(from);
                if begin >= closes {
                    continue;
                }
                let open_ms = closes.since_ms(begin);
                if left_ms <= open_ms {
                    return Ok(Due {
                        at: begin.plus_ms(left_ms),
                        assumed,
                    });
                }
                left_ms = left_ms.saturating_sub(open_ms);
            }
        }
        Err(Refused::new(
            "calendar_never_opens",
            "工作日历在很长时间内都没有营业时段，无法计算到期时间；请管理员检查营业时间和节假日。",
            "The working calendar has no opening for a very long time, so no due time can be computed: ask an administrator to check opening hours and holidays.",
        ))
    }

    /// Milliseconds of the basis between two times; 0 when `to` is not after `from`.
    #[must_use]
    pub fn elapsed(&self, from: Timestamp, to: Timestamp, basis: Basis) -> i64 {
        if to <= from {
            return 0;
        }
        if basis == Basis::Natural || self.always_open {
            return to.since_ms(from);
        }
        let first = day_of(from);
        let last = day_of(to).min(first.saturating_add(CALENDAR_SCAN_DAYS_MAX));
        let mut elapsed_ms: i64 = 0;
        for day in first..=last {
            for span in self.spans(day) {
                let (opens, closes) = bounds(day, *span);
                let open_ms = closes.min(to).since_ms(opens.max(from));
                elapsed_ms = elapsed_ms.saturating_add(open_ms.max(0));
            }
        }
        elapsed_ms
    }

    /// What is left of a clock that runs out at `due_at`, in milliseconds of its basis.
    #[must_use]
    pub fn left(&self, now: Timestamp, due_at: Timestamp, basis: Basis) -> i64 {
        self.elapsed(now, due_at, basis)
    }
}

/// When a span of a day opens and closes.
fn bounds(day: i64, span: Span) -> (Timestamp, Timestamp) {
    let midnight = midnight_of(day);
    (
        midnight.plus_ms(i64::from(span.from_minute) * MINUTE_MS),
        midnight.plus_ms(i64::from(span.until_minute) * MINUTE_MS),
    )
}

/// Reads `2027-02-05 off`.
fn parse_day(line: &str) -> Option<(i64, DayKind)> {
    let mut words = line.split_whitespace();
    let (date, kind, rest) = (words.next()?, words.next()?, words.next());
    let kind = match kind {
        "off" => DayKind::Off,
        "work" => DayKind::Work,
        _ => return None,
    };
    let date: jiff::civil::Date = date.parse().ok()?;
    let month = u32::try_from(date.month()).ok()?;
    let day = u32::try_from(date.day()).ok()?;
    rest.is_none()
        .then(|| day_number(i64::from(date.year()), month, day))
        .flatten()
        .map(|day| (day, kind))
}
