//! Towns as of October 2022, the changes published for 2014 to 2023, areas that are no divisions, and the districts of
//! Hong Kong, Macau and Taiwan.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::divisions::Record;
use super::{fields, text, xlsx};

/// Code of the area (six digits) → last three digits and name of each town.
pub(super) type Towns = BTreeMap<u32, Vec<Named>>;

/// Code and name of a town; in [`Towns`] the last three digits of the code.
type Named = (u32, String);

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

/// How the name of a town with such last three digits ends; the reader of the table writes it again.
fn ending(tail: u32) -> &'static str {
    match tail {
        1..100 => "街道",
        100..200 => "镇",
        200..400 => "乡",
        _ => "",
    }
}

/// `area name,name…`; a name has its three digits in front unless they are one more than those before. It stands without
/// the ending that they say, and has a full stop where it does not end so.
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
            let short = name.strip_suffix(ending(*tail));
            if let Some(short) = short.filter(|short| !short.is_empty()) {
                out.push_str(short);
            } else {
                let _ = write!(out, "{name}.");
            }
            previous = *tail;
        }
        out.push('\n');
    }
    out
}

/// What became of one town in a year; a town that began has no old one, and what the source does not say is empty.
pub(super) struct Change {
    year: u16,
    old: Option<Named>,
    new: Vec<Named>,
}

/// The last year whose changes the table of towns has.
const TOWNS_YEAR: u16 = 2021;

/// One row of the sheets: what stands in its four cells, and why.
struct Told {
    old: (Option<u32>, Option<String>),
    new: (Option<u32>, Option<String>),
    why: Option<String>,
}

impl Told {
    fn was(&self) -> Option<Named> {
        Some((self.old.0?, self.old.1.clone()?))
    }

    /// A rename keeps the code, a merger is told by the name only, and some rows lack one of the two: the table of
    /// towns has the other.
    fn became(&self, towns: &Towns) -> Option<Named> {
        let old = self.old.0;
        let county = self.new.0.or(old)? / 1_000;
        let listed = towns.get(&county);
        match &self.new {
            (Some(code), Some(name)) => Some((*code, name.clone())),
            (Some(code), None) => {
                let (_, name) = listed?.iter().find(|(tail, _)| *tail == code % 1_000)?;
                Some((*code, name.clone()))
            }
            (None, Some(name)) => {
                let name = name.strip_prefix("并入").unwrap_or(name);
                let there = listed.and_then(|list| list.iter().find(|(_, other)| other == name));
                let kept = || old.filter(|_| self.why.as_deref() == Some("更名"));
                let code = there.map(|(tail, _)| county * 1_000 + tail).or_else(kept)?;
                Some((code, name.to_owned()))
            }
            (None, None) => None,
        }
    }
}

pub(super) fn changes(sources: &Path, towns: &Towns) -> Result<Vec<Change>> {
    let book = xlsx::read(&sources.join("areacodes/sub-county-diff.xlsx"))?;
    let mut known: BTreeMap<(u16, Option<Named>), Vec<Named>> = BTreeMap::new();
    let mut skipped = 0_usize;
    for (sheet, rows) in book {
        let year: u16 = sheet
            .trim()
            .parse()
            .context("a sheet is named by its year")?;
        for row in rows {
            let name = |column: usize| {
                let cell = row.get(&column).map(|cell| clean(cell));
                cell.filter(|cell| !cell.is_empty())
            };
            let code = |column: usize| row.get(&column).and_then(|cell| town_code(cell));
            // The sheet of 2015 lacks the column of the province.
            let at = if year == 2015 { 1 } else { 2 };
            let told = Told {
                old: (code(at), name(at + 1)),
                why: name(at + 2),
                new: (code(at + 3), name(at + 4)),
            };
            match (told.was(), told.became(towns)) {
                (None, None) => skipped += 1,
                (old, new) => known.entry((year, old)).or_default().extend(new),
            }
        }
    }
    let mut changes = Vec::new();
    let listed = |code: u32, name: &str| {
        let list = towns.get(&(code / 1_000))?;
        let (tail, _) = list.iter().find(|(_, other)| other == name)?;
        Some(code / 1_000 * 1_000 + tail)
    };
    let ends: BTreeSet<Named> = known.keys().filter_map(|(_, old)| old.clone()).collect();
    for ((year, old), mut new) in known {
        new.sort();
        new.dedup();
        // Cells merged one row too far name a town of another prefecture beside the right ones.
        if let Some((code, _)) = &old
            && new.iter().any(|(next, _)| next / 100_000 == code / 100_000)
        {
            new.retain(|(next, _)| next / 100_000 == code / 100_000);
        }
        // What the table of towns does not have yet, and no later change took away again.
        let recent: Vec<&Named> = new
            .iter()
            .filter(|(code, name)| year > TOWNS_YEAR && listed(*code, name).is_none())
            .collect();
        for town in &recent {
            if !ends.contains(*town) {
                changes.push(Change {
                    year,
                    old: None,
                    new: vec![(*town).clone()],
                });
            }
        }
        let Some((code, name)) = old else { continue };
        let code = match listed(code, &name) {
            None => code,
            // It ended after the table: under the number that it has there.
            Some(number) if !recent.is_empty() => number,
            // The same name under another number: whoever knows the old number finds it.
            Some(number) if number != code && !new.is_empty() => code,
            // It still stands.
            Some(_) => continue,
        };
        changes.push(Change {
            year,
            old: Some((code, name)),
            new,
        });
    }
    changes.sort_by(|a, b| (a.year, &a.old, &a.new).cmp(&(b.year, &b.old, &b.new)));
    changes.dedup_by(|a, b| (a.year, &a.old, &a.new) == (b.year, &b.old, &b.new));
    let open = changes.iter().filter(|change| change.new.is_empty());
    let several = changes.iter().filter(|change| change.new.len() > 1);
    crate::say(&format!(
        "town changes: {}, of {} the source does not say what became, {} were divided, {} began; {skipped} rows \
         tell no town",
        changes.len(),
        open.count(),
        several.count(),
        changes.iter().filter(|change| change.old.is_none()).count(),
    ));
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

/// `#year county`, and below it `oldcode oldname` and code and name of each successor, the name empty where it is the old
/// one; a town that began has no old code and name. A code in the county has its last three digits only.
pub(super) fn changes_table(changes: &[Change]) -> String {
    let mut out = String::new();
    let mut above = None;
    for change in changes {
        let first = change.old.iter().chain(&change.new).next();
        let county = first.map_or(0, |(code, _)| code / 1_000);
        if above != Some((change.year, county)) {
            let _ = writeln!(out, "#{}\t{county}", change.year);
            above = Some((change.year, county));
        }
        let digits = |code: u32| {
            if code / 1_000 == county {
                format!("{:03}", code % 1_000)
            } else {
                code.to_string()
            }
        };
        let (code, old) = change
            .old
            .clone()
            .map_or_else(Default::default, |(code, name)| (digits(code), name));
        let _ = write!(out, "{code}\t{old}");
        for (at, (code, name)) in (1..).zip(&change.new) {
            let _ = write!(out, "\t{}", digits(*code));
            let name = if *name == old { "" } else { name };
            if !name.is_empty() || at < change.new.len() {
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
