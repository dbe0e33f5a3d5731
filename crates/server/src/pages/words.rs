//! How pages say things: words of lists, amounts, times, time left. All of it is worked out on the
//! server, so that a page reads right without its script.

use crate::i18n::{Lang, find, t, t1};
use crate::pages::Shell;
use aftercare_app::views::ClockDetail;
use aftercare_domain::time::{CHINA_OFFSET_MS, DAY_MS, HOUR_MS, MINUTE_MS};
use aftercare_domain::{Fen, Role, Timestamp};

/// Prefixes of keys that are looked up by a value, such as `state-merchant_window`.
pub const LISTS: [&str; 90] = [
    "unlisted",
    "phrase",
    "scope",
    "row-awaited",
    "listing-visible",
    "suspicion",
    "state",
    "kind",
    "work",
    "satisfaction",
    "reason",
    "ask",
    "askhint",
    "import",
    "clock",
    "then",
    "who",
    "role",
    "look",
    "answer",
    "grade",
    "evidence",
    "capture",
    "escalation",
    "statutory",
    "plan",
    "outcome",
    "channel",
    "pause",
    "verdict",
    "mark",
    "stage",
    "lawstatus",
    "standing",
    "paystate",
    "means",
    "recovered",
    "reader",
    "pack-title",
    "pack-lead",
    "pack-from",
    "pack-ask",
    "purpose",
    "rested",
    "platform-outcome",
    "kept",
    "now",
    "check",
    "checked",
    "sure",
    "inbox-part",
    "inbox-none",
    "covered",
    "goods",
    "remedy",
    "ground",
    "ledger",
    "settled",
    "stockact",
    "codeclass",
    "core",
    "corewhy",
    "listed",
    "applied",
    "planned",
    "correction",
    "partcost",
    "errand",
    "clock-left",
    "theme",
    "callstate",
    "customerlang",
    "textlang",
    "textplace",
    "assistant",
    "draftfrom",
    "draftproblem",
    "reply",
    "script",
    "tokenterm",
    "setting",
    "setupstep",
    "setuphow",
    "toldto",
    "weekday",
    "sharestage",
    "liststate",
    "listhow",
    "listdue",
    "listact",
];

/// Share of its time below which a clock is drawn as ending soon, in percent.
const SOON_PERCENT: i64 = 25;

/// A clock in words and as an arc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockWords {
    /// ``, `soon`, `late` or `held`.
    pub class: &'static str,
    /// How long.
    pub left: String,
    /// Until when.
    pub until: String,
    /// What it waits for.
    pub what: String,
    /// What happens then; empty when nothing does by itself.
    pub then: String,
    pub from: String,
    pub due: String,
    /// Share that is left, 0 to 100.
    pub percent: i64,
    pub held: bool,
}

/// How long so many milliseconds are, in Chinese and in English.
fn span(ms: i64) -> (String, String) {
    let minutes = ms.saturating_abs() / MINUTE_MS;
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    if days > 0 {
        (
            format!("{days}\u{a0}天 {hours}\u{a0}小时"),
            format!("{days}\u{a0}d {hours}\u{a0}h"),
        )
    } else if hours > 0 {
        (
            format!("{hours}\u{a0}小时 {rest}\u{a0}分"),
            format!("{hours}\u{a0}h {rest}\u{a0}min"),
        )
    } else {
        (
            format!("{minutes}\u{a0}分钟"),
            format!("{minutes}\u{a0}min"),
        )
    }
}

/// How much time is left until `due`, in Chinese and in English, as the page's script says it.
#[must_use]
pub fn time_left(now: Timestamp, due: Timestamp) -> (String, String) {
    let ms = due.since_ms(now);
    let (zh, en) = span(ms);
    if ms < 0 {
        (format!("已超 {zh}"), format!("late by {en}"))
    } else {
        (format!("还剩 {zh}"), format!("{en} left"))
    }
}

/// Year, month, day, hour and minute in China.
fn parts(time: Timestamp) -> (i32, u32, u32, u32, u32) {
    let text = time.to_china_text();
    let number = |range: std::ops::Range<usize>| {
        text.get(range)
            .and_then(|part| part.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let year = text
        .get(0..4)
        .and_then(|part| part.parse().ok())
        .unwrap_or(0);
    (
        year,
        number(5..7),
        number(8..10),
        number(11..13),
        number(14..16),
    )
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn month_name(month: u32) -> &'static str {
    usize::try_from(month)
        .ok()
        .and_then(|month| month.checked_sub(1))
        .and_then(|month| MONTHS.get(month))
        .copied()
        .unwrap_or("")
}

/// Day number in China, for "today".
fn china_day(time: Timestamp) -> i64 {
    time.0.saturating_add(CHINA_OFFSET_MS).div_euclid(DAY_MS)
}

impl Shell {
    /// The words of `key`.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        t(self.lang, key)
    }

    /// Words of `key` that send the reader to the telephone; where no number is published, to the form that people read.
    #[must_use]
    pub fn reach(&self, key: &str) -> String {
        if self.hotline.is_some() {
            self.t(key)
        } else {
            self.word("unlisted", key)
        }
    }

    /// The words of `key` with one value put in.
    #[must_use]
    pub fn t1(&self, key: &str, name: &str, value: impl ToString) -> String {
        t1(self.lang, key, &[(name, value.to_string())])
    }

    /// The words of `key` with two values put in.
    #[must_use]
    pub fn t2(
        &self,
        key: &str,
        first: &str,
        first_value: impl ToString,
        second: &str,
        second_value: impl ToString,
    ) -> String {
        t1(
            self.lang,
            key,
            &[
                (first, first_value.to_string()),
                (second, second_value.to_string()),
            ],
        )
    }

    /// Beginning of the ids in the form of `action` about `subject`.
    #[must_use]
    pub fn pre(&self, action: &str, subject: &impl ToString) -> String {
        format!("{action}-{}", subject.to_string())
    }

    /// The word for `value` of a list (see [`LISTS`]); the value itself when there is none.
    #[must_use]
    pub fn word(&self, list: &str, value: &str) -> String {
        find(self.lang, &format!("{list}-{value}"), &[]).unwrap_or_else(|| value.replace('_', " "))
    }

    /// The word for an optional `value` of a list.
    #[must_use]
    pub fn word_of(&self, list: &str, value: &Option<String>) -> String {
        value
            .as_deref()
            .map_or_else(String::new, |value| self.word(list, value))
    }

    /// `zh` or `en`, by the page's language.
    #[must_use]
    pub fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(zh, en)
    }

    /// What a finding points to, which the record has as "Chinese / English" or as a number.
    #[must_use]
    pub fn pointed_to<'a>(&self, text: &'a str) -> &'a str {
        text.split_once(" / ")
            .map_or(text, |(zh, en)| self.pick(zh, en))
    }

    /// What a finding of this code and grade is worth: a grade means another thing for some codes.
    #[must_use]
    pub fn worth(&self, code: &str, grade: &str) -> String {
        find(self.lang, &format!("grade-{grade}-{code}"), &[])
            .unwrap_or_else(|| self.word("grade", grade))
    }

    /// Address of an embedded file.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        crate::assets::url(name)
    }

    /// The address of this page.
    #[must_use]
    pub fn here(&self) -> String {
        if self.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.query)
        }
    }

    /// The switch to the other language on this page.
    #[must_use]
    pub fn other_language(&self) -> String {
        let joint = if self.query.is_empty() { '?' } else { '&' };
        format!("{}{joint}lang={}", self.here(), self.lang.other().tag())
    }

    /// Whether the page is at `path` or below it.
    #[must_use]
    pub fn at(&self, path: &str) -> bool {
        self.path == path
            || self
                .path
                .strip_prefix(path)
                .is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether the colleague who is signed in has one of these roles, by name.
    #[must_use]
    pub fn has(&self, roles: &[&str]) -> bool {
        self.staff
            .as_ref()
            .is_some_and(|staff| staff.roles.iter().any(|role| roles.contains(&role.name())))
    }

    /// Whether the colleague who is signed in opens any case of the tenant: whoever does not is led to none.
    #[must_use]
    pub fn opens_cases(&self) -> bool {
        let staff = self.staff.as_ref();
        staff.is_some_and(|staff| staff.roles.iter().copied().any(aftercare_app::opens_cases))
    }

    /// How a case stands: its state, and that it is closed where the state does not say it.
    #[must_use]
    pub fn standing(&self, state: &str, closed: &bool) -> String {
        let word = self.word("state", state);
        if *closed && state != "closed" {
            format!("{word} · {}", self.t("closed"))
        } else {
            word
        }
    }

    /// The word for a role.
    #[must_use]
    pub fn role(&self, role: &Role) -> String {
        self.word("role", role.name())
    }

    /// The server's time, RFC 3339.
    #[must_use]
    pub fn now_text(&self) -> String {
        self.now.to_china_text()
    }

    /// RFC 3339 text of a time.
    #[must_use]
    pub fn iso(&self, time: &Timestamp) -> String {
        time.to_china_text()
    }

    /// A time for readers: the clock alone today, the day with it otherwise, and the year
    /// when it is another.
    #[must_use]
    pub fn time(&self, time: &Timestamp) -> String {
        let (year, month, day, hour, minute) = parts(*time);
        let clock = format!("{hour:02}:{minute:02}");
        let today = china_day(*time) == china_day(self.now);
        match (self.lang, today, year == parts(self.now).0) {
            (Lang::ZhCn, true, _) => format!("今天 {clock}"),
            (Lang::En, true, _) => format!("today {clock}"),
            (Lang::ZhCn, false, true) => format!("{month}\u{a0}月 {day}\u{a0}日 {clock}"),
            (Lang::En, false, true) => format!("{day}\u{a0}{} {clock}", month_name(month)),
            (Lang::ZhCn, false, false) => {
                format!("{year}\u{a0}年 {month}\u{a0}月 {day}\u{a0}日 {clock}")
            }
            (Lang::En, false, false) => {
                format!("{day}\u{a0}{}\u{a0}{year} {clock}", month_name(month))
            }
        }
    }

    /// A time for paper: the whole date, and whose time it is.
    #[must_use]
    pub fn dated(&self, time: &Timestamp) -> String {
        self.t1("china-time", "time", time.to_china_minute())
    }

    /// An amount in capital numerals, as Chinese papers write it after the figures; nothing in another language.
    #[must_use]
    pub fn in_capitals(&self, amount: &Fen) -> String {
        match self.lang {
            Lang::ZhCn => format!("（大写：人民币{}）", amount.to_chinese_capitals()),
            Lang::En => String::new(),
        }
    }

    /// How long a rule gives, as a sentence says it, such as `48 hours` or `7 days`.
    #[must_use]
    pub fn lasting(&self, ms: &i64) -> String {
        let (minutes, hours, days) = (*ms / MINUTE_MS, *ms / HOUR_MS, *ms / DAY_MS);
        let whole_days = *ms % DAY_MS == 0 && days > 2;
        match self.lang {
            _ if *ms < HOUR_MS || *ms % HOUR_MS != 0 => self.minutes(&minutes),
            Lang::ZhCn if whole_days => format!("{days}\u{a0}天"),
            Lang::En if whole_days => format!("{days}\u{a0}days"),
            Lang::ZhCn => format!("{hours}\u{a0}小时"),
            Lang::En if hours == 1 => format!("{hours}\u{a0}hour"),
            Lang::En => format!("{hours}\u{a0}hours"),
        }
    }

    /// Digits to be read one by one.
    #[must_use]
    pub fn spelled(&self, digits: &str) -> String {
        let digits: Vec<String> = digits.chars().map(String::from).collect();
        digits.join(" ")
    }

    /// From and until, with the day once.
    #[must_use]
    pub fn span(&self, from: &Timestamp, until: &Timestamp) -> String {
        if china_day(*from) == china_day(*until) {
            let (_, _, _, hour, minute) = parts(*until);
            format!("{}–{hour:02}:{minute:02}", self.time(from))
        } else {
            format!("{} – {}", self.time(from), self.time(until))
        }
    }

    /// A day for readers, with the day of the week.
    #[must_use]
    pub fn day(&self, time: &Timestamp) -> String {
        let (_, month, day, _, _) = parts(*time);
        let number = china_day(*time);
        // 1970-01-01 was a Thursday.
        let week_day = usize::try_from((number + 3).rem_euclid(7)).unwrap_or(0);
        let today = number == china_day(self.now);
        match self.lang {
            Lang::ZhCn if today => "今天".to_owned(),
            Lang::En if today => "Today".to_owned(),
            Lang::ZhCn => format!(
                "{month}\u{a0}月 {day}\u{a0}日 周{}",
                ["一", "二", "三", "四", "五", "六", "日"][week_day]
            ),
            Lang::En => format!(
                "{} {day}\u{a0}{}",
                ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][week_day],
                month_name(month)
            ),
        }
    }

    /// The part of a case's number that tells it from others, where room is scarce.
    #[must_use]
    pub fn short_number<'a>(&self, number: &'a str) -> &'a str {
        number.split_once('-').map_or(number, |(_, rest)| rest)
    }

    /// The clock alone.
    #[must_use]
    pub fn clock_time(&self, time: &Timestamp) -> String {
        let (_, _, _, hour, minute) = parts(*time);
        format!("{hour:02}:{minute:02}")
    }

    /// Time for an input of type `datetime-local`.
    #[must_use]
    pub fn local(&self, time: &Timestamp) -> String {
        time.to_china_text().chars().take(16).collect()
    }

    /// How long something took.
    #[must_use]
    pub fn lasted(&self, ms: &i64) -> String {
        let minutes = *ms / MINUTE_MS;
        match self.lang {
            Lang::ZhCn if *ms < HOUR_MS => format!("{minutes}\u{a0}分钟"),
            Lang::En if *ms < HOUR_MS => format!("{minutes}\u{a0}min"),
            Lang::ZhCn => format!("{}\u{a0}小时 {}\u{a0}分", minutes / 60, minutes % 60),
            Lang::En => format!("{}\u{a0}h {}\u{a0}min", minutes / 60, minutes % 60),
        }
    }

    /// Time left until `due`.
    #[must_use]
    pub fn left(&self, due: &Timestamp) -> String {
        let (zh, en) = time_left(self.now, *due);
        self.lang.pick(&zh, &en).to_owned()
    }

    /// How long somebody has waited since then.
    #[must_use]
    pub fn waited(&self, since: &Timestamp) -> String {
        let (zh, en) = span(self.now.since_ms(*since).max(0));
        self.lang.pick(&zh, &en).to_owned()
    }

    /// `late`, `soon` (within three hours) or nothing: how a list marks a deadline.
    #[must_use]
    pub fn left_class(&self, due: &Timestamp) -> &'static str {
        match due.since_ms(self.now) {
            ms if ms < 0 => "late",
            ms if ms < 3 * HOUR_MS => "soon",
            _ => "",
        }
    }

    /// Distance for readers.
    #[must_use]
    pub fn distance(&self, meters: &u32) -> String {
        format!("{}.{}\u{a0}km", meters / 1000, meters % 1000 / 100)
    }

    /// A share in percent.
    #[must_use]
    pub fn permille(&self, share: &u32) -> String {
        format!("{}.{}%", share / 10, share % 10)
    }

    /// A length of time, such as `5 h 20 min`.
    #[must_use]
    pub fn minutes(&self, minutes: &i64) -> String {
        let (hours, rest) = (minutes / 60, minutes % 60);
        let space = '\u{a0}';
        match (self.lang, hours) {
            (Lang::ZhCn, 0) => format!("{rest}{space}分钟"),
            (Lang::ZhCn, _) => format!("{hours}{space}小时 {rest}{space}分"),
            (Lang::En, 0) => format!("{rest}{space}min"),
            (Lang::En, _) => format!("{hours}{space}h {rest}{space}min"),
        }
    }

    /// An amount without its sign, for a field.
    #[must_use]
    pub fn yuan(&self, amount: &Fen) -> String {
        amount.to_string().replace('¥', "")
    }

    /// Bytes for readers.
    #[must_use]
    pub fn size(&self, bytes: &u64) -> String {
        if *bytes < 1_000_000 {
            format!("{}\u{a0}KB", bytes.div_ceil(1000))
        } else {
            format!(
                "{}.{}\u{a0}MB",
                bytes / 1_000_000,
                bytes % 1_000_000 / 100_000
            )
        }
    }

    /// Whether a time is still to come.
    #[must_use]
    pub fn is_ahead(&self, at: &Timestamp) -> bool {
        *at > self.now
    }

    /// A clock in words.
    #[must_use]
    pub fn clock(&self, clock: &ClockDetail) -> ClockWords {
        let whole = clock.due_at.since_ms(clock.started_at).max(1);
        let left = clock.due_at.since_ms(self.now);
        let percent = (left.saturating_mul(100) / whole).clamp(0, 100);
        let held = clock.paused.is_some();
        let class = match (held, left < 0, percent < SOON_PERCENT) {
            (true, _, _) => "held",
            (_, true, _) => "late",
            (_, _, true) => "soon",
            _ => "",
        };
        ClockWords {
            class,
            left: match &clock.paused {
                Some(_) => self.t("clock-held"),
                None => self.left(&clock.due_at),
            },
            until: match &clock.paused {
                Some(reason) => self.held(reason, clock.runs_on_at),
                None => self.t1("until", "time", self.time(&clock.due_at)),
            },
            what: if clock.by_platform {
                let name = self.word("clock", &clock.name);
                format!("{name} · {}", self.t("clock-by-platform"))
            } else {
                self.word("clock", &clock.name)
            },
            then: find(self.lang, &format!("then-{}", clock.name), &[]).unwrap_or_default(),
            from: clock.started_at.to_china_text(),
            due: clock.due_at.to_china_text(),
            percent,
            held,
        }
    }

    /// Why a clock stands still, and when it runs on by itself.
    fn held(&self, reason: &str, until: Option<Timestamp>) -> String {
        let why = self.word("pause", reason);
        match until {
            Some(until) => {
                let end = self.t1("clock-held-until", "time", self.time(&until));
                format!("{why} · {end}")
            }
            None => why,
        }
    }

    /// The strength of a finding in words, 0 to 4.
    #[must_use]
    pub fn strength(&self, strength: &u8) -> String {
        self.word("grade", &strength.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_said_as_the_script_says_it() {
        let now = Timestamp(0);
        let (zh, en) = time_left(now, Timestamp(3 * HOUR_MS + 22 * MINUTE_MS));
        assert_eq!(zh, "还剩 3\u{a0}小时 22\u{a0}分");
        assert_eq!(en, "3\u{a0}h 22\u{a0}min left");
        let (zh, en) = time_left(now, Timestamp(-2 * DAY_MS - HOUR_MS));
        assert_eq!(zh, "已超 2\u{a0}天 1\u{a0}小时");
        assert_eq!(en, "late by 2\u{a0}d 1\u{a0}h");
        assert_eq!(time_left(now, Timestamp(0)).0, "还剩 0\u{a0}分钟");
    }
}
