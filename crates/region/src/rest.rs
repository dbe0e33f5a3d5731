//! What follows the division in an address: road, number, building, unit, room. A phone number and the name beside it
//! are cut off; they are nobody's address.

use crate::resolve::{Part, Span};
use crate::text::is_han;

/// The part of an address below the town. Every text is a piece of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rest<'a> {
    /// Everything behind the division, without phone and person.
    pub text: &'a str,
    pub road: Option<&'a str>,
    pub number: Option<&'a str>,
    pub building: Option<&'a str>,
    pub unit: Option<&'a str>,
    pub room: Option<&'a str>,
}

/// How roads end, longest first.
const ROADS: [&str; 9] = ["大道", "大街", "胡同", "路", "街", "巷", "弄", "道", "里"];
/// How houses end, longest first.
const NUMBERS: [&str; 3] = ["号院", "号", "弄"];
const BUILDINGS: [&str; 6] = ["号楼", "栋", "幢", "座", "楼栋", "楼"];
const UNITS: [&str; 2] = ["单元", "门"];
const ROOMS: [&str; 4] = ["室", "户", "房", "层"];
/// The longest name of a road, in characters.
const ROAD_CHARS_MAX: usize = 16;
/// The longest written name of a person that is looked for beside a phone number, in characters.
const PERSON_CHARS_MAX: usize = 4;
/// Bytes of the rest that are split into parts.
const PARSED_BYTES_MAX: usize = 600;

const SEPARATORS: &[char] = &[
    ' ', '\t', '\r', '\n', '\u{3000}', ',', '，', ';', '；', ':', '：', '、', '|', '/', '。', '.',
    '(', ')', '（', '）', '-',
];

/// Splits what follows the division; `from` is the byte where the division ends.
pub(crate) fn parse(input: &str, from: u32) -> (Rest<'_>, Vec<Span>) {
    let mut at = from as usize;
    while !input.is_char_boundary(at) {
        at += 1;
    }
    let tail = input.get(at..).unwrap_or_default();
    let text = without_contact(tail).trim_matches(SEPARATORS);
    let mut rest = Rest {
        text,
        ..Rest::default()
    };
    let mut spans = Vec::new();
    if text.is_empty() {
        return (rest, spans);
    }
    let mut end = text.len().min(PARSED_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut left = text.get(..end).unwrap_or_default();
    if let Some(road) = road(left) {
        rest.road = Some(road);
        left = after(left, road);
        if let Some(number) = counted(left, &NUMBERS, true) {
            rest.number = Some(number);
            left = after(left, number);
        }
    }
    if let Some((building, unit, room)) = dashed(left) {
        (rest.building, rest.unit, rest.room) = (Some(building), unit, Some(room));
    } else {
        if let Some(building) = counted(left, &BUILDINGS, false) {
            rest.building = Some(building);
            left = after(left, building);
        }
        if let Some(unit) = counted(left, &UNITS, false) {
            rest.unit = Some(unit);
            left = after(left, unit);
        }
        rest.room = counted(left, &ROOMS, false).or_else(|| {
            let digits = left.trim_start_matches(SEPARATORS);
            let end = digits
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(digits.len());
            let whole = rest.building.is_some() && (2..=5).contains(&end) && end == digits.len();
            whole.then(|| digits.get(..end)).flatten()
        });
    }
    for (part, piece) in [
        (Part::Road, rest.road),
        (Part::Number, rest.number),
        (Part::Building, rest.building),
        (Part::Unit, rest.unit),
        (Part::Room, rest.room),
    ] {
        if let Some(piece) = piece {
            let start = piece.as_ptr() as usize - input.as_ptr() as usize;
            let start = u32::try_from(start).unwrap_or(u32::MAX);
            spans.push(Span {
                part,
                start,
                end: start + u32::try_from(piece.len()).unwrap_or(0),
            });
        }
    }
    (rest, spans)
}

fn after<'a>(text: &'a str, piece: &str) -> &'a str {
    text.find(piece)
        .and_then(|at| text.get(at + piece.len()..))
        .unwrap_or_default()
}

/// The road that the text begins with.
fn road(text: &str) -> Option<&str> {
    for (count, (at, c)) in text.char_indices().enumerate() {
        if count >= ROAD_CHARS_MAX || !(is_han(c) || c.is_ascii_alphanumeric()) {
            return None;
        }
        if count == 0 {
            continue;
        }
        let tail = text.get(at..)?;
        if let Some(end) = ROADS.iter().find(|end| tail.starts_with(**end)) {
            // 龙腾大道, not 龙腾大 and 道; 路口 is the crossing of the same road.
            return text.get(..at + end.len());
        }
        if matches!(c, '号' | '栋' | '幢' | '座' | '室') {
            return None;
        }
    }
    None
}

/// Digits, letters or Chinese numerals and one of the endings; at the very beginning or anywhere.
fn counted<'a>(text: &'a str, endings: &[&str], first: bool) -> Option<&'a str> {
    const NUMERALS: &str = "一二三四五六七八九十百零甲乙丙丁东西南北";
    let mut start: Option<usize> = None;
    for (at, c) in text.char_indices() {
        let tail = text.get(at..)?;
        if let Some(begin) = start
            && let Some(end) = endings.iter().find(|end| tail.starts_with(**end))
        {
            // 3号 of a road is not the 3号 of 3号楼.
            let piece = text.get(begin..at + end.len())?;
            if *end == "号" && tail.starts_with("号楼") {
                return None;
            }
            return Some(piece);
        }
        if c.is_ascii_alphanumeric() || NUMERALS.contains(c) || c == '-' && start.is_some() {
            start = start.or(Some(at));
        } else {
            start = None;
            if first && !SEPARATORS.contains(&c) {
                return None;
            }
        }
    }
    None
}

/// 20-5-3184 → building, unit, room; 20-3184 → building, room.
fn dashed(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let end = text
        .trim_end_matches(|c: char| !c.is_ascii_alphanumeric())
        .len();
    let text = text.get(..end)?;
    let start = text
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .map_or(0, |at| {
            at + text
                .get(at..)
                .and_then(|t| t.chars().next())
                .map_or(0, char::len_utf8)
        });
    let parts: Vec<&str> = text.get(start..)?.split('-').collect();
    let fine = |part: &&str| (1..=5).contains(&part.len());
    if !parts.iter().all(fine) {
        return None;
    }
    match *parts.as_slice() {
        [building, unit, room] => Some((building, Some(unit), room)),
        [building, room] => Some((building, None, room)),
        _ => None,
    }
}

/// The text up to a phone number, and without the name of a person or a label beside it.
fn without_contact(text: &str) -> &str {
    let Some((start, _)) = phone(text) else {
        return text;
    };
    let before = text.get(..start).unwrap_or_default();
    let mut kept = before.trim_end_matches(SEPARATORS);
    for label in ["电话", "手机", "联系电话", "手机号", "联系方式", "联系人"] {
        kept = kept
            .strip_suffix(label)
            .unwrap_or(kept)
            .trim_end_matches(SEPARATORS);
    }
    // A short word of its own before the number is a name.
    if let Some(cut) = kept.rfind(SEPARATORS.get(..13).unwrap_or_default()) {
        let separator = kept
            .get(cut..)
            .and_then(|t| t.chars().next())
            .map_or(0, char::len_utf8);
        let word = kept.get(cut + separator..).unwrap_or_default();
        let length = word.chars().count();
        if (2..=PERSON_CHARS_MAX).contains(&length) && word.chars().all(is_han) {
            return kept.get(..cut).unwrap_or(kept);
        }
    }
    kept
}

/// The first telephone number: eleven digits from 13 on, or an area code and seven or eight digits.
pub(crate) fn phone(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit()
            || at > 0 && (bytes[at - 1].is_ascii_digit() || bytes[at - 1] == b'-')
        {
            at += 1;
            continue;
        }
        let mut digits: Vec<u8> = Vec::with_capacity(16);
        let mut end = at;
        let mut last = at;
        while let Some(byte) = bytes.get(end).filter(|_| digits.len() < 16) {
            if byte.is_ascii_digit() {
                digits.push(*byte);
                last = end + 1;
            } else if !matches!(byte, b'-' | b' ') {
                break;
            }
            end += 1;
        }
        let body = digits
            .strip_prefix(b"86")
            .filter(|body| body.len() == 11)
            .unwrap_or(&digits);
        let mobile = body.len() == 11
            && body.first() == Some(&b'1')
            && body.get(1).is_some_and(|d| *d >= b'3');
        let landline = (10..=12).contains(&body.len()) && body.first() == Some(&b'0');
        if mobile || landline {
            return Some((at, last));
        }
        at = last.max(at + 1);
    }
    None
}
