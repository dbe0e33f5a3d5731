//! Reads the tables that the binary carries: plain text, the longest of them packed, written by `cargo run -p xtask -- region-tables`.

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::date::Date;
use crate::unit::{Code, Ended, Flags, Level, Succession, Town, Unit};

const DIVISIONS: &str = include_str!("../data/divisions.txt");
/// Deflated (zlib, RFC 1950): half of all that the tables have is in it.
const TOWNS: &[u8] = include_bytes!("../data/towns.txt.z");
const TOWN_CHANGES: &str = include_str!("../data/town_changes.txt");
const AREAS: &str = include_str!("../data/areas.txt");
const OUTSIDE: &str = include_str!("../data/outside.txt");
const POINTS: &str = include_str!("../data/points.txt");

/// The table of towns with the names whole, of which those in memory are parts; nothing where it cannot be unpacked, which is told as
/// its first line that is broken.
static WHOLE_TOWNS: LazyLock<String> = LazyLock::new(|| {
    let table = miniz_oxide::inflate::decompress_to_vec_zlib(TOWNS).unwrap_or_default();
    whole(&String::from_utf8(table).unwrap_or_default())
});

/// The day as of which the table of towns stands.
pub(crate) const TOWNS_AS_OF: Date = Date::end_of(2022);

/// Counties where nobody can be sent: they are in the list, and out of reach by road.
const UNREACHABLE: [Code; 3] = [350_527, 460_302, 460_303];

/// The day of a division of which the tables know no beginning.
const ALWAYS: Date = Date::start_of(1981);

/// Longitude and latitude of a division, degrees, in the datum of the map vendors (GCJ-02).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TablePoint {
    pub code: Code,
    pub longitude: f64,
    pub latitude: f64,
    /// Measured for this division; otherwise a predecessor's, a prefecture's, or written by hand.
    pub own: bool,
}

pub(crate) fn level(code: Code) -> Level {
    if code.is_multiple_of(10_000) {
        Level::Province
    } else if code.is_multiple_of(100) {
        Level::Prefecture
    } else {
        Level::County
    }
}

/// Everything the tables have, before patches.
pub(crate) struct Tables {
    pub units: Vec<Unit>,
    /// Towns by county, none of which knows its home yet.
    pub towns: Vec<Town>,
    /// Where the homes of the towns are to be looked up: each counts from its first town to that of the next.
    pub homes: Vec<TableHome>,
    pub points: Vec<TablePoint>,
}

/// The county of some towns that stand one after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TableHome {
    /// Number of the first town.
    pub first: usize,
    /// The county's code, and the day on which that code is to be looked up.
    pub area: Code,
    pub at: Date,
}

/// Towns with the last home that was named.
struct TownList {
    towns: Vec<Town>,
    homes: Vec<TableHome>,
}

impl TownList {
    fn push(&mut self, town: Town, area: Code, at: Date) {
        let same = |last: &TableHome| last.area == area && last.at == at;
        if !self.homes.last().is_some_and(same) {
            self.homes.push(TableHome {
                first: self.towns.len(),
                area,
                at,
            });
        }
        self.towns.push(town);
    }
}

/// A line that does not have its form. The tables are checked by a test, so this is a broken build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the built-in table {table} is broken at line {line}")]
pub struct BrokenTable {
    pub table: &'static str,
    pub line: usize,
}

pub(crate) fn read() -> Result<Tables, BrokenTable> {
    let mut units = Vec::with_capacity(7_500);
    for (line, text) in DIVISIONS.lines().enumerate() {
        units.push(division(text).ok_or(BrokenTable {
            table: "divisions",
            line: line + 1,
        })?);
    }
    let mut renumbered: Vec<(Code, Code)> = Vec::new();
    for (line, text) in AREAS.lines().enumerate() {
        area(text, &mut units, &mut renumbered).ok_or(BrokenTable {
            table: "areas",
            line: line + 1,
        })?;
    }
    let mut own_areas = [0_u32; 100];
    for (line, text) in OUTSIDE.lines().enumerate() {
        outside(text, &mut units, &mut own_areas).ok_or(BrokenTable {
            table: "outside",
            line: line + 1,
        })?;
    }
    units.sort_by_key(|unit| (unit.code, unit.from));
    let mut list = TownList {
        towns: Vec::with_capacity(50_500),
        homes: Vec::with_capacity(9_000),
    };
    if WHOLE_TOWNS.is_empty() {
        return Err(BrokenTable {
            table: "towns",
            line: 1,
        });
    }
    for (line, text) in WHOLE_TOWNS.lines().enumerate() {
        towns_of(text, &renumbered, &mut list).ok_or(BrokenTable {
            table: "towns",
            line: line + 1,
        })?;
    }
    // The codes alone lie close enough together that looking for each change in them costs little.
    let listed: Vec<u32> = list.towns.iter().map(|town| town.code).collect();
    let mut heading = None;
    for (line, text) in TOWN_CHANGES.lines().enumerate() {
        let broken = BrokenTable {
            table: "town_changes",
            line: line + 1,
        };
        if let Some(text) = text.strip_prefix('#') {
            heading = Some(changes_of(text).ok_or(broken)?);
            continue;
        }
        let (changed, area, at) = heading
            .and_then(|(year, county)| change(text, year, county))
            .ok_or(broken)?;
        // A town that ended after the table was made stands in it: it gets its end, not a second line.
        let stands = listed
            .binary_search(&changed.code)
            .ok()
            .and_then(|number| list.towns.get_mut(number))
            .filter(|town| town.name == changed.name);
        match stands {
            Some(town) => town.ended = changed.ended,
            None => list.push(changed, area, at),
        }
    }
    let mut points = Vec::with_capacity(3_300);
    for (line, text) in POINTS.lines().enumerate() {
        points.push(point(text).ok_or(BrokenTable {
            table: "points",
            line: line + 1,
        })?);
    }
    points.sort_by_key(|point| point.code);
    Ok(Tables {
        units,
        towns: list.towns,
        homes: list.homes,
        points,
    })
}

fn division(line: &'static str) -> Option<Unit> {
    let mut columns = line.split('\t');
    let code: Code = columns.next()?.parse().ok()?;
    let name = columns.next()?;
    let from = Date::start_of(columns.next()?.parse().ok()?);
    let until = match columns.next().unwrap_or_default() {
        "" => None,
        year => Some(Date::start_of(year.parse().ok()?)),
    };
    let mut successors = Vec::new();
    for next in columns
        .next()
        .unwrap_or_default()
        .split(' ')
        .filter(|next| !next.is_empty())
    {
        successors.push(match next.split_once('@') {
            Some((code, year)) => Succession {
                code: code.parse().ok()?,
                since: Date::start_of(year.parse().ok()?),
                part: true,
            },
            None => Succession {
                code: next.parse().ok()?,
                since: until?,
                part: false,
            },
        });
    }
    Some(Unit {
        code,
        name: Cow::Borrowed(name),
        level: level(code),
        from,
        until,
        flags: Flags {
            unreachable: UNREACHABLE.contains(&code),
            ..Flags::default()
        },
        successors,
    })
}

fn extra(code: Code, name: &'static str, flags: Flags) -> Unit {
    Unit {
        code,
        name: Cow::Borrowed(name),
        level: level(code),
        from: ALWAYS,
        until: None,
        flags,
        successors: Vec::new(),
    }
}

fn area(
    line: &'static str,
    units: &mut Vec<Unit>,
    renumbered: &mut Vec<(Code, Code)>,
) -> Option<()> {
    let mut columns = line.split('\t');
    let code: Code = columns.next()?.parse().ok()?;
    match (columns.next()?, columns.next()) {
        ("u", Some(name)) => units.push(extra(
            code,
            name,
            Flags {
                unofficial: true,
                ..Flags::default()
            },
        )),
        ("z", Some(name)) => units.push(extra(
            code,
            name,
            Flags {
                zone: true,
                ..Flags::default()
            },
        )),
        (other, None) => renumbered.push((code, other.strip_prefix('=')?.parse().ok()?)),
        _ => return None,
    }
    Some(())
}

/// Cities get the numbers 710100, 710200 …, districts 710101, 710102 ….
fn outside(line: &'static str, units: &mut Vec<Unit>, areas: &mut [u32; 100]) -> Option<()> {
    let mut columns = line.split('\t');
    let province: Code = columns.next()?.parse().ok()?;
    let name = columns.next()?;
    let hidden = columns.next()? == "-";
    let count = areas.get_mut(usize::try_from(province / 10_000).ok()?)?;
    *count += 1;
    let city = province + *count * 100;
    units.push(extra(
        city,
        name,
        Flags {
            own_number: true,
            hidden,
            ..Flags::default()
        },
    ));
    for (number, district) in (1..).zip(columns.next()?.split(',')) {
        units.push(extra(
            city + number,
            district,
            Flags {
                own_number: true,
                ..Flags::default()
            },
        ));
    }
    Some(())
}

/// How a town's name ends that has such a number in its county.
fn ending(number: u32) -> &'static str {
    match number {
        1..100 => "街道",
        100..200 => "镇",
        200..400 => "乡",
        _ => "",
    }
}

/// Number and name of a town in a list; without digits the number is one more than that before.
fn numbered(item: &str, before: u32) -> Option<(u32, &str)> {
    let name = item.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = item.get(..item.len() - name.len())?;
    let number = if digits.is_empty() {
        before + 1
    } else {
        digits.parse().ok()?
    };
    Some((number, name))
}

/// Writes the endings that go without saying; a full stop says that a name has none of them. A line that has not its form stays
/// as it is, and whoever reads it refuses it.
fn whole(table: &str) -> String {
    let mut out = String::with_capacity(table.len() + table.len() / 2);
    for line in table.lines() {
        let (area, list) = line.split_at(line.find('\t').map_or(0, |tab| tab + 1));
        out.push_str(area);
        let mut before = 0;
        for (index, item) in list.split(',').enumerate() {
            if index > 0 {
                out.push(',');
            }
            (before, _) = numbered(item, before).unwrap_or_default();
            if let Some(name) = item.strip_suffix('.') {
                out.push_str(name);
            } else {
                out.push_str(item);
                out.push_str(ending(before));
            }
        }
        out.push('\n');
    }
    out
}

fn towns_of(line: &'static str, renumbered: &[(Code, Code)], towns: &mut TownList) -> Option<()> {
    let (area, list) = line.split_once('\t')?;
    let area: Code = area.parse().ok()?;
    let county = renumbered
        .iter()
        .find(|(from, _)| *from == area)
        .map_or(area, |(_, to)| *to);
    let mut before = 0;
    for item in list.split(',') {
        let (number, name) = numbered(item, before)?;
        before = number;
        let town = Town {
            code: area * 1_000 + number,
            name: Cow::Borrowed(name),
            home: 0,
            begun: None,
            ended: None,
        };
        towns.push(town, county, TOWNS_AS_OF);
    }
    Some(())
}

/// `year county`: what the changes below it have in common.
fn changes_of(heading: &str) -> Option<(u16, Code)> {
    let (year, county) = heading.split_once('\t')?;
    Some((year.parse().ok()?, county.parse().ok()?))
}

/// A town's code, of which one in the county has its last three digits only.
fn town_code(digits: &str, county: Code) -> Option<u32> {
    let code: u32 = digits.parse().ok()?;
    Some(if digits.len() == 3 {
        county * 1_000 + code
    } else {
        code
    })
}

/// `code name` and code and name of each successor; of a town that began, the first two are empty. With the town come its
/// county's code and the day on which that is to be looked up.
fn change(line: &'static str, year: u16, county: Code) -> Option<(Town, Code, Date)> {
    let mut columns = line.split('\t');
    let old = columns.next()?;
    let name = columns.next()?;
    let mut next = Vec::new();
    while let Some(code) = columns.next() {
        let called = columns.next().filter(|called| !called.is_empty());
        next.push((
            town_code(code, county)?,
            Cow::Borrowed(called.unwrap_or(name)),
        ));
    }
    if old.is_empty() {
        let [(code, name)] = <[_; 1]>::try_from(next).ok()?;
        let town = Town {
            code,
            name,
            home: 0,
            begun: Some(year),
            ended: None,
        };
        return Some((town, code / 1_000, Date::end_of(year)));
    }
    let code = town_code(old, county)?;
    let town = Town {
        code,
        name: Cow::Borrowed(name),
        home: 0,
        begun: None,
        ended: Some(Ended { year, next }),
    };
    Some((town, code / 1_000, Date::end_of(year - 1)))
}

fn point(line: &'static str) -> Option<TablePoint> {
    let mut columns = line.split('\t');
    Some(TablePoint {
        code: columns.next()?.parse().ok()?,
        longitude: columns.next()?.parse().ok()?,
        latitude: columns.next()?.parse().ok()?,
        own: columns.next()? == "s",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_towns_get_the_ending_that_their_number_says() {
        assert_eq!(
            whole(
                "110105\t建外,043南磨房地区.,100温榆河,200巴彦苏木.,平房,400双桥农场\n330102\t清波\n"
            ),
            "110105\t建外街道,043南磨房地区,100温榆河镇,200巴彦苏木,平房乡,400双桥农场\n330102\t清波街道\n"
        );
    }
}
