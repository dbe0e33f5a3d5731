//! Provinces, prefectures and counties with their years and successors, checked against the yearly lists.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::{fields, text};

/// The years of which the source has a list.
const YEARS: std::ops::RangeInclusive<u16> = 1981..=2024;

/// Points of divisions that the source of points lacks, written by hand from general knowledge of where their seats
/// are (about 0.02 degrees): counties made after 2020 and cities of Xinjiang.
const POINTS_BY_HAND: [(u32, f64, f64); 24] = [
    (330_113, 120.30, 30.42),
    (330_114, 120.49, 30.32),
    (330_383, 120.55, 27.58),
    (440_311, 113.94, 22.75),
    (460_302, 112.34, 16.83),
    (460_303, 112.89, 9.55),
    (500_157, 106.56, 29.64),
    (532_302, 102.08, 25.15),
    (653_132, 77.42, 37.20),
    (653_228, 77.80, 35.60),
    (653_229, 79.20, 35.30),
    (659_005, 87.81, 47.33),
    (659_006, 85.67, 41.86),
    (659_007, 82.35, 44.84),
    (659_008, 80.99, 43.94),
    (659_009, 79.29, 37.21),
    (659_010, 84.82, 44.69),
    (659_011, 93.75, 42.80),
    (659_012, 83.95, 46.55),
    (659_013, 75.99, 39.35),
    (360_113, 115.86, 28.70),
    (330_109, 120.26, 30.18),
    (371_681, 117.74, 36.86),
    (451_402, 107.36, 22.38),
];

/// One name that one code had for a time. Years count as the yearly lists do: in force at the end of `from`, no
/// longer at the end of `until`.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub code: u32,
    pub name: String,
    pub from: u16,
    pub until: Option<u16>,
    /// Code, and the year when only a part went there before the end.
    pub successors: Vec<(u32, Option<u16>)>,
}

pub(super) fn read(sources: &Path) -> Result<Vec<Record>> {
    let table = text(sources, "areacodes/result.csv")?;
    let mut records = Vec::new();
    for (row, line) in table.lines().enumerate().skip(1) {
        let columns = fields(line);
        let &[code, _, _, name, level, state, from, until, successors] = columns.as_slice() else {
            bail!("result.csv line {}: nine columns expected", row + 1);
        };
        let code: u32 = code.parse().context("a code is a number")?;
        let expected = match (code % 10_000, code % 100) {
            (0, _) => "省级",
            (_, 0) => "地级",
            _ => "县级",
        };
        ensure!(
            level == expected,
            "{code}: level {level}, expected {expected}"
        );
        let mut next = Vec::new();
        for part in successors.split(';').filter(|part| !part.is_empty()) {
            let (code, year) = match part.split_once('[') {
                Some((code, year)) => (code, Some(year.trim_end_matches(']').parse()?)),
                None => (part, None),
            };
            next.push((code.parse()?, year));
        }
        // A change of the name alone keeps the code; its successor is the next record of the same code.
        if state == "变更" && !next.iter().any(|(to, year)| *to == code && year.is_none()) {
            next.push((code, None));
        }
        records.push(Record {
            code,
            name: name.to_owned(),
            from: from.parse()?,
            until: match until {
                "" => None,
                year => Some(year.parse()?),
            },
            successors: next,
        });
    }
    records.sort_by_key(|record| (record.code, record.from));
    Ok(records)
}

/// Every yearly list is what the records say, code for code and name for name.
pub(super) fn compare_with_years(records: &[Record], sources: &Path) -> Result<()> {
    let mut differences = 0_usize;
    for year in YEARS {
        let list = text(sources, &format!("areacodes/data/{year}.txt"))?;
        let mut expected = BTreeMap::new();
        for line in list.lines().filter(|line| !line.trim().is_empty()) {
            let (code, name) = line
                .split_once(char::is_whitespace)
                .context("a code and a name")?;
            expected.insert(code.parse::<u32>()?, name.trim().to_owned());
        }
        let ours: BTreeMap<u32, String> = records
            .iter()
            .filter(|r| r.from <= year && r.until.is_none_or(|until| until > year))
            .map(|r| (r.code, r.name.clone()))
            .collect();
        if ours != expected {
            crate::say(&format!("{year}: differs"));
            differences += 1;
        }
    }
    crate::say(&format!(
        "yearly lists: {} compared, {differences} differ",
        YEARS.count()
    ));
    ensure!(differences == 0, "{differences} yearly lists differ");
    Ok(())
}

/// `year count hash` of every yearly list, so that the crate's tests need no source: FNV-1a, 64 bits, of
/// `code name` lines in order of the code.
pub(super) fn years_table(records: &[Record]) -> String {
    let mut out = String::new();
    for year in YEARS {
        let mut count = 0_u32;
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for record in records {
            if record.from <= year && record.until.is_none_or(|until| until > year) {
                count += 1;
                for byte in format!("{} {}\n", record.code, record.name).bytes() {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
                }
            }
        }
        let _ = writeln!(out, "{year}\t{count}\t{hash:016x}");
    }
    out
}

/// `code name from until successors`, tab-separated; a successor is `code` or `code@year`.
pub(super) fn table(records: &[Record]) -> String {
    let mut out = String::new();
    for record in records {
        let until = record.until.map_or(String::new(), |year| year.to_string());
        let next: Vec<String> = record
            .successors
            .iter()
            .map(|(code, year)| match year {
                Some(year) => format!("{code}@{year}"),
                None => code.to_string(),
            })
            .collect();
        let line = format!(
            "{}\t{}\t{}\t{until}\t{}",
            record.code,
            record.name,
            record.from,
            next.join(" ")
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// `code longitude latitude source`: `s` from the source, `p` a predecessor's, `h` by hand, `c` the prefecture's.
pub(super) fn points(records: &[Record], sources: &Path) -> Result<String> {
    let mut known: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for line in text(sources, "centroids/adcodes.csv")?.lines().skip(1) {
        let columns = fields(line);
        let &[code, _, longitude, latitude] = columns.as_slice() else {
            bail!("adcodes.csv: four columns expected in {line}");
        };
        if let (Some(six), Ok(longitude), Ok(latitude)) =
            (code.get(..6), longitude.parse(), latitude.parse())
        {
            known.insert(six.parse()?, (longitude, latitude));
        }
    }
    let mut out = String::new();
    let mut codes: Vec<u32> = records
        .iter()
        .filter(|record| record.until.is_none())
        .map(|record| record.code)
        .collect();
    codes.extend([232_761, 232_762, 232_763, 232_764, 632_857]);
    codes.sort_unstable();
    codes.dedup();
    for code in codes {
        let by_hand = POINTS_BY_HAND.iter().find(|(hand, _, _)| *hand == code);
        let predecessor = records
            .iter()
            .filter(|record| record.successors.iter().any(|(to, _)| *to == code))
            .find_map(|record| known.get(&record.code));
        let found = match (known.get(&code), by_hand, predecessor) {
            (Some(point), _, _) => Some((*point, 's')),
            (None, Some((_, longitude, latitude)), _) => Some(((*longitude, *latitude), 'h')),
            (None, None, Some(point)) => Some((*point, 'p')),
            (None, None, None) => known.get(&(code / 100 * 100)).map(|point| (*point, 'c')),
        };
        if let Some(((longitude, latitude), source)) = found {
            let _ = writeln!(out, "{code}\t{longitude:.4}\t{latitude:.4}\t{source}");
        } else {
            crate::say(&format!("no point for {code}"));
        }
    }
    Ok(out)
}
