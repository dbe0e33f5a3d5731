//! Towns as of October 2022, the changes known from 2014 to 2023, areas that are no divisions, and the districts of
//! Hong Kong, Macau and Taiwan.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::divisions::Record;
use super::{fields, text, xlsx};

/// Code of the area (six digits) → last three digits and name of each town.
pub(super) type Towns = BTreeMap<u32, Vec<(u32, String)>>;

/// Areas of the statistics that are counties in everything but the ministry's list.
const UNOFFICIAL: [u32; 5] = [232_761, 232_762, 232_763, 232_764, 632_857];

/// Areas of the statistics that stand for another code: a city without counties, and islands with a district since.
const RENUMBERED: [(u32, u32); 4] = [
    (620_201, 620_200),
    (460_321, 460_302),
    (460_322, 460_303),
    (460_323, 460_300),
];

pub(super) fn read(sources: &Path) -> Result<Towns> {
    let mut towns = Towns::new();
    for line in text(sources, "towns/streets.csv")?.lines().skip(1) {
        let columns = fields(line);
        let &[code, name, area, _, _] = columns.as_slice() else {
            bail!("streets.csv: five columns expected in {line}");
        };
        let area: u32 = area.parse()?;
        let code: u32 = code.parse()?;
        anyhow::ensure!(code / 1_000 == area, "{code} does not lie in {area}");
        towns
            .entry(area)
            .or_default()
            .push((code % 1_000, clean(name)));
    }
    Ok(towns)
}

fn clean(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '（' => '(',
            '）' => ')',
            other => other,
        })
        .collect()
}

/// `area name,name…`; a name has its three digits in front unless they are one more than those before.
pub(super) fn table(towns: &Towns) -> String {
    let mut out = String::new();
    for (area, list) in towns {
        let _ = write!(out, "{area}\t");
        let mut previous = 0;
        for (index, (tail, name)) in list.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            if *tail != previous + 1 {
                let _ = write!(out, "{tail:03}");
            }
            out.push_str(name);
            previous = *tail;
        }
        out.push('\n');
    }
    out
}

/// What became of one town: `None` when the source does not say.
pub(super) struct Change {
    year: u16,
    old: (u32, String),
    new: Option<(u32, String)>,
}

pub(super) fn changes(sources: &Path, towns: &Towns) -> Result<Vec<Change>> {
    let book = xlsx::read(&sources.join("areacodes/sub-county-diff.xlsx"))?;
    let mut changes = Vec::new();
    let mut skipped = 0_usize;
    for (sheet, rows) in book {
        let year: u16 = sheet
            .trim()
            .parse()
            .context("a sheet is named by its year")?;
        for row in rows {
            let codes: Vec<(usize, u32)> = row
                .iter()
                .filter_map(|(column, cell)| Some((*column, town_code(cell)?)))
                .collect();
            let cell = |column: usize| {
                row.get(&column)
                    .map(|cell| clean(cell))
                    .filter(|c| !c.is_empty())
            };
            // The sheet of 2015 lacks the column of the province.
            let old_column = if year == 2015 { 1 } else { 2 };
            let new_column = old_column + 3;
            let at = |column: usize| {
                let code = codes
                    .iter()
                    .find(|(c, _)| *c == column)
                    .map(|(_, code)| *code);
                code.zip(cell(column + 1))
            };
            match (at(old_column), at(new_column)) {
                (Some(old), new) => changes.push(Change { year, old, new }),
                (None, Some(_)) => {}
                (None, None) => skipped += 1,
            }
        }
    }
    crate::say(&format!(
        "town changes: {} with an old code, {skipped} rows without codes",
        changes.len()
    ));
    let present = |(code, name): &(u32, String)| {
        towns
            .get(&(code / 1_000))
            .is_some_and(|list| list.iter().any(|(_, n)| n == name))
    };
    // A town that still stands under the same county and name needs no line.
    changes.retain(|change| !present(&change.old));
    changes.sort_by(|a, b| (a.year, &a.old).cmp(&(b.year, &b.old)));
    let mut seen = BTreeSet::new();
    changes.retain(|change| seen.insert((change.year, change.old.clone(), change.new.clone())));
    crate::say(&format!("town changes kept: {}", changes.len()));
    Ok(changes)
}

fn town_code(cell: &str) -> Option<u32> {
    let digits = cell.trim().split('.').next()?;
    let digits = if digits.len() == 12 {
        digits.get(..9)?
    } else {
        digits
    };
    (digits.len() == 9).then(|| digits.parse().ok()).flatten()
}

/// `year oldcode oldname newcode newname`; the last two are missing where the source does not say.
pub(super) fn changes_table(changes: &[Change]) -> String {
    let mut out = String::new();
    for change in changes {
        let _ = write!(out, "{}\t{}\t{}", change.year, change.old.0, change.old.1);
        if let Some((code, name)) = &change.new {
            let _ = write!(out, "\t{code}");
            if *name != change.old.1 {
                let _ = write!(out, "\t{name}");
            }
        }
        out.push('\n');
    }
    out
}

/// `area kind name`, kind `u` (a county in all but the list), `z` (a zone in a prefecture), `=code` (another number).
pub(super) fn areas_table(sources: &Path, records: &[Record]) -> Result<String> {
    let mut out = String::new();
    for line in text(sources, "towns/areas.csv")?.lines().skip(1) {
        let columns = fields(line);
        let (Some(code), Some(name)) = (columns.first(), columns.get(1)) else {
            bail!("areas.csv: a code and a name expected in {line}");
        };
        let code: u32 = code.parse()?;
        if records.iter().any(|record| record.code == code) {
            continue;
        }
        let name = clean(name);
        if UNOFFICIAL.contains(&code) {
            let _ = writeln!(out, "{code}\tu\t{name}");
        } else if let Some((_, other)) = RENUMBERED.iter().find(|(from, _)| *from == code) {
            let _ = writeln!(out, "{code}\t={other}");
        } else {
            let _ = writeln!(out, "{code}\tz\t{name}");
        }
    }
    Ok(out)
}

/// `province area hidden districts…`: districts of Hong Kong, Macau and Taiwan under their cities. An area that no
/// address needs as a city (九龙) is hidden, `-`; a city of Taiwan is `+`.
pub(super) fn outside_table(sources: &Path) -> Result<String> {
    let tree: BTreeMap<String, BTreeMap<String, Vec<String>>> =
        serde_json::from_str(&text(sources, "towns/HK-MO-TW.json")?)?;
    let mut out = String::new();
    for (province, areas) in tree {
        let (code, shown) = match province.as_str() {
            "台湾省" => (710_000, '+'),
            "香港特别行政区" => (810_000, '-'),
            "澳门特别行政区" => (820_000, '-'),
            other => bail!("{other} has no code"),
        };
        for (area, districts) in areas {
            let names: Vec<String> = districts
                .iter()
                .map(|name| clean(name).split('(').next().unwrap_or_default().to_owned())
                .collect();
            let _ = writeln!(out, "{code}\t{area}\t{shown}\t{}", names.join(","));
        }
    }
    Ok(out)
}
