//! What stands in one cell, read as people and spreadsheets write it. Each error says what was found
//! and how to write it.

use crate::datum::Datum;
use aftercare_domain::time::{CHINA_OFFSET_MS, DAY_MS};
use aftercare_domain::{Fen, Timestamp};

/// Why a cell cannot be used: Chinese, then English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// The stable name of the rule.
    pub rule: &'static str,
    pub zh: String,
    pub en: String,
}

/// Characters of a cell that an error repeats: enough to find it, too few to copy a secret.
const SHOWN_CHARS_MAX: usize = 24;

fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if text.chars().count() > SHOWN_CHARS_MAX {
        short.push('…');
    }
    short
}

fn wrong(rule: &'static str, text: &str, zh: &str, en: &str) -> CellError {
    let text = shown(text);
    CellError {
        rule,
        zh: format!("“{text}”{zh}"),
        en: format!("`{text}` {en}"),
    }
}

/// An amount in yuan, such as `68` or `¥68.00`.
///
/// # Errors
/// `cell_amount`.
pub fn amount(text: &str) -> Result<Fen, CellError> {
    Fen::from_yuan(text).map_err(|_| {
        wrong(
            "cell_amount",
            text,
            "不是金额，请写成 68 或 68.00（单位元，不加千分位逗号）。",
            "is not an amount: write yuan as 68 or 68.00, without thousands separators.",
        )
    })
}

/// A whole number.
///
/// # Errors
/// `cell_number`.
pub fn number(text: &str, most: u32) -> Result<u32, CellError> {
    text.parse::<u32>()
        .ok()
        .filter(|number| *number <= most)
        .ok_or_else(|| {
            wrong(
                "cell_number",
                text,
                &format!("不是 0 到 {most} 的整数。"),
                &format!("is not a whole number from 0 to {most}."),
            )
        })
}

/// Yes or no, as spreadsheets write it.
///
/// # Errors
/// `cell_yes_no`.
pub fn yes_no(text: &str) -> Result<bool, CellError> {
    match text.to_lowercase().as_str() {
        "是" | "有" | "对" | "yes" | "y" | "true" | "1" => Ok(true),
        "否" | "无" | "不" | "no" | "n" | "false" | "0" => Ok(false),
        _ => Err(wrong(
            "cell_yes_no",
            text,
            "请写“是”或“否”。",
            "must be `yes` or `no`.",
        )),
    }
}

/// Several words in one cell, apart by `;`, `；`, `、`, `|`, a comma or a line break.
#[must_use]
pub fn list(text: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for item in text.split([';', '；', '、', '|', ',', '，', '\n']) {
        let item = item.trim();
        if !item.is_empty() && !items.iter().any(|known| known == item) {
            items.push(item.to_owned());
        }
    }
    items
}

/// Degrees such as `30.274085` as millionths; further digits (a tenth of a meter) are dropped.
///
/// # Errors
/// `cell_degrees` when it is no number or beyond `most` degrees.
pub fn degrees_e6(text: &str, most: i32) -> Result<i32, CellError> {
    read_degrees(text)
        .filter(|e6| (-most * 1_000_000..=most * 1_000_000).contains(e6))
        .ok_or_else(|| {
            wrong(
                "cell_degrees",
                text,
                &format!("不是 -{most} 到 {most} 之间的度数，请写成 30.274085（WGS 84）。"),
                &format!(
                    "is not a number of degrees from -{most} to {most}: write 30.274085 (WGS 84)."
                ),
            )
        })
}

/// The datum of coordinates; WGS-84 when nothing is written.
///
/// # Errors
/// `cell_datum`.
pub fn datum(text: &str) -> Result<Datum, CellError> {
    if text.is_empty() {
        return Ok(Datum::default());
    }
    Datum::named(text).ok_or_else(|| {
        wrong(
            "cell_datum",
            text,
            "不是认识的坐标系，请写 WGS84、GCJ02（高德、腾讯）或 BD09（百度）。",
            "is no datum that is known: write WGS84, GCJ02 (Amap, Tencent) or BD09 (Baidu).",
        )
    })
}

fn read_degrees(text: &str) -> Option<i32> {
    let (negative, bare) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = bare.split_once('.').unwrap_or((bare, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let part: String = part.chars().chain("000000".chars()).take(6).collect();
    let whole: i32 = whole.parse().ok().filter(|whole| *whole <= 180)?;
    let e6 = whole * 1_000_000 + part.parse::<i32>().ok()?;
    Some(if negative { -e6 } else { e6 })
}

/// A time: `2026-11-25 18:00`, `2026/11/25 18:00:05`, `2026-11-25` (midnight), all in +08:00, or
/// RFC 3339 with its own offset.
///
/// # Errors
/// `cell_time`.
pub fn time(text: &str) -> Result<Timestamp, CellError> {
    read_time(text).ok_or_else(|| {
        wrong(
            "cell_time",
            text,
            "不是时间，请写成 2026-11-25 18:00（北京时间），或带时区的 2026-11-25T18:00:00+08:00。",
            "is not a time: write 2026-11-25 18:00 (Beijing time), or 2026-11-25T18:00:00+08:00 with an offset.",
        )
    })
}

fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (date, rest) = match text.find([' ', 'T', 't']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.trim()),
        None => (text, ""),
    };
    let days = read_date(date)?;
    let (clock, offset_ms) = split_offset(rest)?;
    let clock_ms = if clock.is_empty() {
        0
    } else {
        read_clock(clock)?
    };
    Some(Timestamp(days * DAY_MS + clock_ms - offset_ms))
}

/// `18:00:05+08:00` as the clock and the offset; without an offset it is +08:00.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return (!clock.is_empty()).then_some((clock, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, CHINA_OFFSET_MS));
    };
    let (clock, offset) = (text.get(..at)?, text.get(at + 1..)?);
    let (hours, minutes) = offset.split_once(':')?;
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    if clock.is_empty() || hours > 14 || minutes > 59 {
        return None;
    }
    let ms = (hours * 60 + minutes) * 60_000;
    Some((
        clock.trim(),
        if text.as_bytes().get(at) == Some(&b'-') {
            -ms
        } else {
            ms
        },
    ))
}

fn two_digits(text: &str) -> Option<i64> {
    let fits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// Days since 1970-01-01 of `2026-11-25`, `2026/1/5` or `2026年1月5日`.
fn read_date(text: &str) -> Option<i64> {
    let text = text.strip_suffix('日').unwrap_or(text);
    let mut parts = text.split(['-', '/', '年', '月']);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |part: &str, most: usize| {
        !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    if !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return None;
    }
    let date =
        jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    let since = date.since(jiff::civil::date(1970, 1, 1)).ok()?;
    Some(i64::from(since.get_days()))
}

/// Milliseconds after midnight of `18:00`, `9:05` or `18:00:05.123`.
fn read_clock(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() || (second.is_none() && !fraction.is_empty()) {
        return None;
    }
    let hour = if hour.len() == 1 {
        hour.parse::<i64>().ok()?
    } else {
        two_digits(hour)?
    };
    let minute = two_digits(minute)?;
    let second = match second {
        Some(second) => two_digits(second)?,
        None => 0,
    };
    if hour > 23
        || minute > 59
        || second > 59
        || !fraction.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let millis: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some(((hour * 60 + minute) * 60 + second) * 1_000 + millis.parse::<i64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_beijing_unless_they_say_otherwise() {
        // 2026-11-25T18:00:00+08:00.
        let expected = Timestamp(1_795_600_800_000);
        for text in [
            "2026-11-25 18:00",
            "2026/11/25 18:00:00",
            " 2026-11-25T18:00 ",
            "2026-11-25T18:00:00+08:00",
            "2026-11-25T10:00:00Z",
            "2026-11-25T10:00:00.000Z",
            "2026-11-25 05:00:00-05:00",
            "2026年11月25日 18:00",
        ] {
            assert_eq!(time(text), Ok(expected), "{text}");
            assert_eq!(expected.to_china_text(), "2026-11-25T18:00:00+08:00");
        }
        assert_eq!(
            time("2026-1-5").map(Timestamp::to_china_text),
            Ok("2026-01-05T00:00:00+08:00".to_owned())
        );
        for text in [
            "",
            "45986",
            "2026-02-30",
            "2026-11-25 25:00",
            "25-11-2026",
            "明天",
            "2026-11-25T18:00:00+0800",
            "+1-1-1",
        ] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn degrees_are_exact() {
        assert_eq!(degrees_e6("30.274085", 90), Ok(30_274_085));
        assert_eq!(degrees_e6("-0.5", 90), Ok(-500_000));
        assert_eq!(degrees_e6("120.12345678", 180), Ok(120_123_456));
        for text in ["", "91", "30,5", "1e2", "180.1", "-", "99999999999"] {
            assert!(degrees_e6(text, 90).is_err(), "{text}");
        }
    }

    #[test]
    fn lists_take_any_separator() {
        assert_eq!(list("灯具；空调、 灯具;"), ["灯具", "空调"]);
        assert!(list(" ").is_empty());
    }

    #[test]
    fn an_error_does_not_repeat_a_long_cell() {
        let error = amount(&"九".repeat(200)).unwrap_err();
        assert!(error.zh.chars().count() < 80);
    }
}
