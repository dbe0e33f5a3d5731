//! When a technician works, as a shop writes it: hours of the days of a week, and absences by date.

use crate::error::AppError;
use crate::import::cell;
use crate::limits::{ABSENCE_DAYS_MAX, ABSENCES_MAX};
use aftercare_domain::Timestamp;
use aftercare_domain::calendar::Span;
use aftercare_domain::time::{CHINA_OFFSET_MS, DAY_MS};
use std::fmt;

/// Spans of one day at most: a lunch and one more pause.
const SPANS_MAX: usize = 3;
/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;
/// While nobody says other hours: every day from 8 to 20.
const USUAL: Span = Span {
    from_minute: 8 * 60,
    until_minute: 20 * 60,
};

/// Working hours of a week, Monday first; each day's spans in order and apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkHours([Vec<Span>; 7]);

impl Default for WorkHours {
    fn default() -> Self {
        Self(std::array::from_fn(|_| vec![USUAL]))
    }
}

impl WorkHours {
    /// Hours as they are written, one entry for each run of days: `周一至周五 08:30-18:00`, `周六 9:00-12:00`,
    /// `每天 8:00-20:00`, `mon-fri 08:30-18:00`, `1-5 08:30-18:00`. Two entries for one day make a pause between them. No
    /// entry at all: every day from 8 to 20.
    ///
    /// # Errors
    /// `Invalid` for the field with the entry that is not understood.
    pub fn parse(field: &str, entries: &[String]) -> Result<Self, AppError> {
        if entries.iter().all(|entry| entry.trim().is_empty()) {
            return Ok(Self::default());
        }
        let mut week: [Vec<Span>; 7] = Default::default();
        for entry in entries.iter().filter(|entry| !entry.trim().is_empty()) {
            let (days, span) = read(entry).ok_or_else(|| wrong(field, entry))?;
            for day in days {
                week[day].push(span);
            }
        }
        for spans in &mut week {
            spans.sort_unstable();
            let apart = spans
                .windows(2)
                .all(|pair| pair[0].until_minute < pair[1].from_minute);
            if !apart || spans.len() > SPANS_MAX {
                return Err(AppError::invalid(
                    field,
                    "work_hours_overlap",
                    format!("一天的班次不能重叠，最多 {SPANS_MAX} 段。"),
                    format!("The hours of a day must be apart, {SPANS_MAX} spans at most."),
                ));
            }
        }
        Ok(Self(week))
    }

    /// Hours that were stored; what is not understood counts as never written.
    #[must_use]
    pub fn stored(entries: &[String]) -> Self {
        Self::parse("hours", entries).unwrap_or_default()
    }

    /// The entries to store and to show; none for the usual hours.
    #[must_use]
    pub fn entries(&self) -> Vec<String> {
        if *self == Self::default() {
            return Vec::new();
        }
        let mut entries = Vec::new();
        let mut first = 0;
        while first < 7 {
            let alike = self.0[first..]
                .iter()
                .take_while(|spans| **spans == self.0[first])
                .count();
            let last = first + alike - 1;
            for span in &self.0[first] {
                entries.push(format!("{} {}", Run(first, last), Written(*span)));
            }
            first = last + 1;
        }
        entries
    }

    /// The spans of a day: days since 1970-01-01, which was a Thursday.
    #[must_use]
    pub fn on(&self, day: i64) -> &[Span] {
        let week_day = (day + 3).rem_euclid(7);
        usize::try_from(week_day).map_or(&[], |week_day| &self.0[week_day])
    }

    /// The spans of the day that begins at this midnight of China, in milliseconds since 1970.
    #[must_use]
    pub fn on_midnight(&self, midnight_ms: i64) -> &[Span] {
        self.on((midnight_ms + CHINA_OFFSET_MS).div_euclid(DAY_MS))
    }
}

/// A span as it is written: `08:30-18:00`.
struct Written(Span);

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span {
            from_minute: from,
            until_minute: until,
        } = self.0;
        write!(
            f,
            "{:02}:{:02}-{:02}:{:02}",
            from / 60,
            from % 60,
            until / 60,
            until % 60
        )
    }
}

/// A run of days of the week, Monday is 0.
struct Run(usize, usize);

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
        match *self {
            Self(0, 6) => f.write_str("每天"),
            Self(first, last) if first == last => f.write_str(NAMES[first]),
            Self(first, last) => write!(f, "{}至{}", NAMES[first], NAMES[last]),
        }
    }
}

/// Time in which somebody does not work, `from` included, `until` not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Absence {
    pub from: Timestamp,
    pub until: Timestamp,
}

impl Absence {
    /// Whether somebody is away at a time.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        (self.from..self.until).contains(&at)
    }

    /// Absences as they are written: `2026-12-01 至 2026-12-03` (both days included), `2026-12-01`, or with times
    /// `2026-12-01 13:00 至 2026-12-01 18:00`, all in China. What overlaps becomes one.
    ///
    /// # Errors
    /// `Invalid` for the field with the entry that is not understood, or when there are too many.
    pub fn parse(field: &str, entries: &[String]) -> Result<Vec<Self>, AppError> {
        let mut absences = Vec::new();
        for entry in entries.iter().filter(|entry| !entry.trim().is_empty()) {
            let absence = read_absence(entry).ok_or_else(|| wrong_absence(field, entry))?;
            absences.push(absence);
        }
        absences.sort_unstable();
        let mut apart: Vec<Self> = Vec::with_capacity(absences.len());
        for absence in absences {
            match apart.last_mut().filter(|last| last.until >= absence.from) {
                Some(last) => last.until = last.until.max(absence.until),
                None => apart.push(absence),
            }
        }
        if apart.len() > ABSENCES_MAX {
            return Err(AppError::invalid(
                field,
                "absences_too_many",
                format!("一位师傅最多登记 {ABSENCES_MAX} 段请假，请删掉已经过去的。"),
                format!(
                    "A technician has {ABSENCES_MAX} absences at most. Remove those that are over."
                ),
            ));
        }
        Ok(apart)
    }

    /// Absences that were stored; what is not understood counts as never written.
    #[must_use]
    pub fn stored(entries: &[String]) -> Vec<Self> {
        Self::parse("absences", entries).unwrap_or_default()
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, until) = (self.from.to_china_minute(), self.until.to_china_minute());
        if [self.from, self.until]
            .iter()
            .any(|at| *at != at.china_midnight())
        {
            return write!(f, "{from} ~ {until}");
        }
        // The last day is the one before the midnight.
        let last = Timestamp(self.until.0 - 1).to_china_minute();
        let (first, last) = (from.get(..10), last.get(..10));
        match (first, last) {
            (Some(first), Some(last)) if first == last => f.write_str(first),
            (Some(first), Some(last)) => write!(f, "{first} ~ {last}"),
            _ => write!(f, "{from} ~ {until}"),
        }
    }
}

fn read_absence(entry: &str) -> Option<Absence> {
    let text = entry
        .trim()
        .replace('：', ":")
        .replace(['到', '~', '～', '–', '—'], "至")
        .replace(" - ", "至")
        .replace(" to ", "至");
    let (from, until) = text.split_once('至').unwrap_or((&text, &text));
    let (from, until) = (from.trim(), until.trim());
    let whole = |text: &str| !text.contains(':');
    let (starts, ends) = (cell::time(from).ok()?, cell::time(until).ok()?);
    let ends = if whole(until) {
        ends.plus_ms(DAY_MS)
    } else {
        ends
    };
    let length_ms = ends.since_ms(starts);
    (length_ms > 0 && length_ms <= ABSENCE_DAYS_MAX * DAY_MS).then_some(Absence {
        from: starts,
        until: ends,
    })
}

fn wrong_absence(field: &str, entry: &str) -> AppError {
    let shown: String = entry.trim().chars().take(48).collect();
    AppError::invalid(
        field,
        "absence",
        format!(
            "看不懂请假时间“{shown}”。请写成“2026-12-01 至 2026-12-03”（含两端，最长 {ABSENCE_DAYS_MAX} 天）或“2026-12-01 13:00 至 2026-12-01 18:00”。"
        ),
        format!(
            "The absence `{shown}` is not understood. Write `2026-12-01 to 2026-12-03` (both days included, {ABSENCE_DAYS_MAX} days at most) or `2026-12-01 13:00 to 2026-12-01 18:00`."
        ),
    )
}

fn wrong(field: &str, entry: &str) -> AppError {
    let shown: String = entry.trim().chars().take(40).collect();
    AppError::invalid(
        field,
        "work_hours",
        format!(
            "看不懂上班时间“{shown}”。请写成“周一至周五 08:30-18:00”或“每天 8:00-20:00”，多段用分号隔开。"
        ),
        format!(
            "The hours `{shown}` are not understood. Write `mon-fri 08:30-18:00` or `daily 8:00-20:00`, several separated by semicolons."
        ),
    )
}

/// Days and hours of an entry.
fn read(entry: &str) -> Option<(std::ops::RangeInclusive<usize>, Span)> {
    let text: String = entry
        .trim()
        .to_lowercase()
        .replace('：', ":")
        .replace(['至', '到', '–', '—', '~', '～', '－'], "-")
        .replace(" - ", "-");
    // Hours begin at the first number that is followed by a colon.
    let colon = text.find(':')?;
    let digits = text[..colon]
        .chars()
        .rev()
        .take_while(char::is_ascii_digit)
        .count();
    let (days, hours) = text.split_at(colon - digits);
    let (from, until) = hours.split_once('-')?;
    let span = Span {
        from_minute: minutes(from)?,
        until_minute: minutes(until)?,
    };
    if span.from_minute >= span.until_minute {
        return None;
    }
    Some((run(days.trim())?, span))
}

fn run(days: &str) -> Option<std::ops::RangeInclusive<usize>> {
    match days {
        "" | "每天" | "daily" => return Some(0..=6),
        "工作日" | "weekdays" => return Some(0..=4),
        "周末" | "weekends" => return Some(5..=6),
        _ => {}
    }
    let (first, last) = match days.split_once('-') {
        Some((first, last)) => (week_day(first)?, week_day(last)?),
        None => (week_day(days)?, week_day(days)?),
    };
    (first <= last).then_some(first..=last)
}

fn week_day(name: &str) -> Option<usize> {
    const NAMES: [[&str; 3]; 7] = [
        ["一", "mon", "1"],
        ["二", "tue", "2"],
        ["三", "wed", "3"],
        ["四", "thu", "4"],
        ["五", "fri", "5"],
        ["六", "sat", "6"],
        ["日", "sun", "7"],
    ];
    let name = name.trim();
    let name = name
        .strip_prefix("星期")
        .or_else(|| name.strip_prefix('周'))
        .unwrap_or(name);
    let name = if name == "天" { "日" } else { name };
    NAMES.iter().position(|names| names.contains(&name))
}

fn minutes(clock: &str) -> Option<u16> {
    let (hour, minute) = clock.trim().split_once(':')?;
    let two = |text: &str| {
        let fits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (two(hour)?, two(minute)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= DAY_MINUTES).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(entries: &[&str]) -> Result<WorkHours, AppError> {
        let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        WorkHours::parse("hours", &entries)
    }

    fn span(from_minute: u16, until_minute: u16) -> Span {
        Span {
            from_minute,
            until_minute,
        }
    }

    #[test]
    fn hours_are_read_as_shops_write_them() {
        for entry in [
            "周一至周五 08:30-18:00",
            "周一-周五 8:30–18:00",
            "星期一到星期五 08：30 - 18：00",
            "工作日 8:30至18:00",
            "mon-fri 08:30-18:00",
            "1-5 8:30-18:00",
        ] {
            let hours = parse(&[entry]).expect(entry);
            assert_eq!(hours.0[0], [span(510, 1_080)], "{entry}");
            assert_eq!(hours.0[4], [span(510, 1_080)], "{entry}");
            assert!(hours.0[5].is_empty() && hours.0[6].is_empty(), "{entry}");
        }
        let lunch = parse(&["每天 8:00-12:00", "每天 13:30-24:00"]).expect("two spans");
        assert_eq!(lunch.0[6], [span(480, 720), span(810, 1_440)]);
        assert_eq!(parse(&[]).expect("usual"), WorkHours::default());
        assert_eq!(parse(&["周日 9:00-10:00"]).expect("Sunday").0[6].len(), 1);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for entry in [
            "sometimes",
            "周一 18:00-08:00",
            "周五至周一 8:00-9:00",
            "周八 8:00-9:00",
            "周一 8-9",
            "周一 8:60-9:00",
            "周一 8:00-24:01",
            "周一 :-:",
            ":",
        ] {
            let error = parse(&[entry]).expect_err(entry);
            assert_eq!(error.rule, "work_hours");
            assert_eq!(error.field.as_deref(), Some("hours"));
            assert!(
                error.zh.contains(entry) && error.en.contains(entry),
                "{error:?}"
            );
        }
        let overlap = parse(&["每天 8:00-12:00", "周一 11:00-13:00"]).expect_err("overlap");
        assert_eq!(overlap.rule, "work_hours_overlap");
    }

    fn absences(entries: &[&str]) -> Result<Vec<String>, AppError> {
        let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        let absences = Absence::parse("absences", &entries)?;
        // What is stored is read again.
        let stored: Vec<String> = absences.iter().map(Absence::to_string).collect();
        assert_eq!(Absence::stored(&stored), absences);
        Ok(stored)
    }

    #[test]
    fn absences_are_read_as_shops_write_them() {
        for (entry, read) in [
            ("2026-12-01 至 2026-12-03", "2026-12-01 ~ 2026-12-03"),
            ("2026/12/1~2026/12/3", "2026-12-01 ~ 2026-12-03"),
            ("2026-12-01 to 2026-12-03", "2026-12-01 ~ 2026-12-03"),
            ("2026-12-01", "2026-12-01"),
            ("2026年12月1日到2026年12月1日", "2026-12-01"),
            (
                "2026-12-01 13:00 - 2026-12-01 18:00",
                "2026-12-01 13:00 ~ 2026-12-01 18:00",
            ),
        ] {
            assert_eq!(absences(&[entry]).expect(entry), [read], "{entry}");
        }
        let merged = absences(&["2026-12-03", "2026-12-01 至 2026-12-02", "2026-12-09"]);
        assert_eq!(
            merged.expect("absences"),
            ["2026-12-01 ~ 2026-12-03", "2026-12-09"]
        );
        assert!(absences(&["", " "]).expect("nothing").is_empty());
    }

    #[test]
    fn an_absence_that_is_not_understood_is_named() {
        for entry in [
            "next week",
            "2026-12-03 至 2026-12-01",
            "2026-02-30",
            "2026-12-01 18:00 至 2026-12-01 13:00",
            "2026-12-01 至 2028-12-01",
            "至",
        ] {
            let error = absences(&[entry]).expect_err(entry);
            assert_eq!(error.rule, "absence");
            assert!(
                error.zh.contains(entry) && error.en.contains(entry),
                "{error:?}"
            );
        }
        let many: Vec<String> = (0..=ABSENCES_MAX)
            .map(|number| format!("20{}-{:02}-01", 26 + number / 12, 1 + number % 12))
            .collect();
        let error = Absence::parse("absences", &many).expect_err("too many");
        assert_eq!(error.rule, "absences_too_many");
    }

    #[test]
    fn days_of_the_week_are_those_of_the_calendar() {
        let monday = parse(&["周一 8:00-9:00"]).expect("hours");
        // 2026-11-23 was a Monday: 20,780 days after 1970-01-01.
        assert_eq!(monday.on(20_780).len(), 1);
        assert!((20_781..20_787).all(|day| monday.on(day).is_empty()));
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_again(
            week in proptest::array::uniform7(proptest::collection::vec((0u16..700, 1u16..700), 0..2)),
        ) {
            let hours = WorkHours(week.map(|day| {
                day.into_iter().map(|(from, length)| span(from, from + length)).collect()
            }));
            prop_assume!(hours.0.iter().any(|spans| !spans.is_empty()));
            prop_assert_eq!(WorkHours::parse("hours", &hours.entries()).expect("our own"), hours);
        }

        #[test]
        fn any_text_is_an_answer(text in ".{0,60}") {
            let entries = [text];
            let _ = WorkHours::parse("hours", &entries);
            let _ = Absence::parse("absences", &entries);
        }
    }
}
