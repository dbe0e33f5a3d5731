//! Telephone area codes of prefectures, from a list that names one place a code.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::divisions::Record;

/// Codes that the list gives to a place whose name merely contains, or is contained in, the right one (大兴安岭 and 兴安,
/// 马鞍山 and 鞍山). They are left out: a missing code says nothing, a wrong one misleads.
const WRONG: [&str; 2] = ["0457", "0555"];
/// From so many codes of one place on, the list has written the province's name for its prefectures (吉林).
const TOO_MANY: usize = 3;
/// Lines whose place is not known, above which the list is another one than this was written for.
const MOST_UNKNOWN: usize = 8;

/// `area code, code of the division` a line, in order of the area code.
pub(super) fn table(list: &Path, records: &[Record]) -> Result<String> {
    let text = fs::read_to_string(list).with_context(|| format!("reading {}", list.display()))?;
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (row, line) in text.lines().enumerate() {
        let (code, place) = line
            .split_once(char::is_whitespace)
            .with_context(|| format!("line {}: a code and a place", row + 1))?;
        ensure!(
            matches!(code.len(), 3 | 4) && code.bytes().all(|byte| byte.is_ascii_digit()),
            "line {}: {code:?} is no area code",
            row + 1
        );
        places.entry(place.trim()).or_default().push(code);
    }
    let mut codes = BTreeMap::new();
    let mut left = Vec::new();
    for (place, written) in places {
        let division = place
            .split_once('/')
            .filter(|_| written.len() < TOO_MANY)
            .and_then(|(province, name)| division(records, province, name));
        for code in written {
            match division.filter(|_| !WRONG.contains(&code)) {
                Some(division) => _ = codes.insert(code, division),
                None => left.push(format!("{code} {place}")),
            }
        }
    }
    crate::say(&format!("left out: {left:?}"));
    ensure!(
        left.len() <= TOO_MANY + MOST_UNKNOWN,
        "too many are left out"
    );
    let mut out = String::new();
    for (code, division) in codes {
        writeln!(out, "{code}\t{division}")?;
    }
    Ok(out)
}

/// The one division of today that a place means: a municipality, a prefecture, or a county where there is no such
/// prefecture (any more).
fn division(records: &[Record], province: &str, name: &str) -> Option<u32> {
    let one = |wanted: &dyn Fn(&Record) -> bool| {
        let mut fit = records
            .iter()
            .filter(|record| record.until.is_none() && wanted(record));
        fit.next().filter(|_| fit.next().is_none())
    };
    let home = one(&|record| record.code % 10_000 == 0 && record.name.starts_with(province))?;
    let below = |record: &Record| {
        record.code / 10_000 == home.code / 10_000 && record.name.starts_with(name)
    };
    if home.name.ends_with('市') && province == name {
        return Some(home.code);
    }
    one(&|record| record.code % 10_000 != 0 && record.code % 100 == 0 && below(record))
        .or_else(|| one(&|record| record.code % 100 != 0 && below(record)))
        .map(|record| record.code)
}
