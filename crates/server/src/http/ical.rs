//! iCalendar after RFC 5545: texts are escaped, lines folded at 75 octets between characters, times are in China's zone, which
//! the file describes itself.

use aftercare_domain::Timestamp;
use aftercare_domain::time::{CHINA_OFFSET_MS, SECOND_MS};

/// Octets of a line without its end (RFC 5545, 3.1).
const LINE_OCTETS_MAX: usize = 75;
/// The zone of all times: China's, which has had no daylight saving time since 1991.
const ZONE: &str = "Asia/Shanghai";

/// An event of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Stays the same however often it is sent.
    pub uid: String,
    /// Grows with each change.
    pub sequence: u64,
    pub changed_at: Timestamp,
    pub from: Timestamp,
    pub until: Timestamp,
    pub summary: String,
    pub location: String,
    pub description: String,
    pub url: String,
}

/// A text as a value: backslash, semicolon, comma and ends of lines are written with a backslash; what is no text is left out.
fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\\' | ';' | ',' => value.extend(['\\', character]),
            '\n' | '\r' => value.push_str("\\n"),
            control if control.is_control() => {}
            other => value.push(other),
        }
    }
    value
}

/// Adds a line, folded: what goes on begins with a space, which counts.
fn line(text: &mut String, content: &str) {
    let mut octets = 0;
    for character in content.chars() {
        if octets + character.len_utf8() > LINE_OCTETS_MAX {
            text.push_str("\r\n ");
            octets = 1;
        }
        text.push(character);
        octets += character.len_utf8();
    }
    text.push_str("\r\n");
}

/// Date and time of a point, `offset_ms` from UTC: `20261102T090000`.
fn stamp(at: Timestamp, offset_ms: i64) -> String {
    // RFC 3339 in China's time, without its signs.
    let text = at.plus_ms(offset_ms - CHINA_OFFSET_MS).to_china_text();
    let digits = text.chars().filter(char::is_ascii_digit).take(14);
    let digits: String = digits.collect();
    let (day, time) = digits.split_at(digits.len().min(8));
    format!("{day}T{time}")
}

/// A calendar with a name.
#[must_use]
pub fn calendar(name: &str, events: &[Event]) -> String {
    let mut text = String::new();
    for head in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Aftercare//Appointments//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ] {
        line(&mut text, head);
    }
    line(&mut text, &format!("X-WR-CALNAME:{}", escaped(name)));
    for zone in [
        "X-WR-TIMEZONE:Asia/Shanghai",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Shanghai",
        "BEGIN:STANDARD",
        "DTSTART:19910915T000000",
        "TZOFFSETFROM:+0800",
        "TZOFFSETTO:+0800",
        "TZNAME:CST",
        "END:STANDARD",
        "END:VTIMEZONE",
    ] {
        line(&mut text, zone);
    }
    for event in events {
        let changed = stamp(event.changed_at, 0);
        let until = event.until.max(event.from.plus_ms(SECOND_MS));
        let lines = [
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}", escaped(&event.uid)),
            format!("DTSTAMP:{changed}Z"),
            format!("LAST-MODIFIED:{changed}Z"),
            format!("SEQUENCE:{}", event.sequence),
            format!("DTSTART;TZID={ZONE}:{}", stamp(event.from, CHINA_OFFSET_MS)),
            format!("DTEND;TZID={ZONE}:{}", stamp(until, CHINA_OFFSET_MS)),
            format!("SUMMARY:{}", escaped(&event.summary)),
            format!("LOCATION:{}", escaped(&event.location)),
            format!("DESCRIPTION:{}", escaped(&event.description)),
            format!("URL:{}", event.url),
            "STATUS:CONFIRMED".to_owned(),
            "CLASS:PRIVATE".to_owned(),
            "END:VEVENT".to_owned(),
        ];
        for content in lines.iter().filter(|content| *content != "URL:") {
            line(&mut text, content);
        }
    }
    line(&mut text, "END:VCALENDAR");
    text
}

#[cfg(test)]
mod tests {
    use super::{Event, LINE_OCTETS_MAX, calendar, escaped};
    use aftercare_domain::Timestamp;

    /// 2026-11-02 09:00 in China.
    const AT: Timestamp = Timestamp(1_793_581_200_000);

    fn event(summary: &str) -> Event {
        Event {
            uid: "0198a000-0000-7000-8000-000000000001@desk.example".to_owned(),
            sequence: 7,
            changed_at: AT,
            from: AT.plus_ms(3_600_000),
            until: AT.plus_ms(7_200_000),
            summary: summary.to_owned(),
            location: "浙江省杭州市西湖区".to_owned(),
            description: String::new(),
            url: "https://desk.example/desk/jobs/1".to_owned(),
        }
    }

    /// As a reader takes a file apart: folds undone, a value for each name.
    fn unfolded(text: &str) -> Vec<(String, String)> {
        let lines = text.replace("\r\n ", "");
        lines
            .split("\r\n")
            .filter(|line| !line.is_empty())
            .map(|line| {
                let (name, value) = line.split_once(':').unwrap();
                (name.to_owned(), value.to_owned())
            })
            .collect()
    }

    fn unescaped(value: &str) -> String {
        let mut text = String::new();
        let mut characters = value.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => match characters.next().unwrap() {
                    'n' | 'N' => text.push('\n'),
                    other => text.push(other),
                },
                other => text.push(other),
            }
        }
        text
    }

    #[test]
    fn every_text_comes_back_and_no_line_is_too_long_or_cut_in_a_character() {
        for summary in [
            "维修 · lamp",
            "a;b,c\\d\ne",
            "\u{202e}BEGIN:VEVENT\r\nX:1",
            &"洗衣机漏水，排水管；".repeat(40),
            &"x".repeat(300),
        ] {
            let text = calendar("我的上门", &[event(summary)]);
            assert!(text.ends_with("END:VCALENDAR\r\n"));
            for line in text.split("\r\n") {
                assert!(
                    line.len() <= LINE_OCTETS_MAX,
                    "{} octets: {line}",
                    line.len()
                );
                assert!(!line.contains('\n') && !line.contains('\r'));
            }
            let read = unfolded(&text);
            let values = |name: &str| {
                let all = read.iter().filter(|(known, _)| known == name);
                all.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
            };
            let summary = summary.replace("\r\n", "\n");
            assert_eq!(unescaped(values("SUMMARY")[0]), summary);
            assert_eq!(
                values("BEGIN"),
                ["VCALENDAR", "VTIMEZONE", "STANDARD", "VEVENT"]
            );
        }
        assert_eq!(escaped("a\u{7}b"), "ab");
    }

    #[test]
    fn times_name_their_zone_and_the_zone_is_in_the_file() {
        let read = unfolded(&calendar("x", &[event("x")]));
        let value = |name: &str| {
            let found = read.iter().find(|(known, _)| known == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        assert_eq!(value("DTSTART;TZID=Asia/Shanghai"), "20261102T100000");
        assert_eq!(value("DTEND;TZID=Asia/Shanghai"), "20261102T110000");
        assert_eq!(value("DTSTAMP"), "20261102T010000Z", "in UTC");
        assert_eq!(value("TZID"), "Asia/Shanghai");
        assert_eq!(value("SEQUENCE"), "7");
        // A visit without a length is no event without one.
        let mut short = event("x");
        short.until = short.from;
        assert!(calendar("x", &[short]).contains("DTEND;TZID=Asia/Shanghai:20261102T100001"));
    }
}
