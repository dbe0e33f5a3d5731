//! Service areas: sets of divisions at any level, with dates, and whether a place lies in one.

use crate::atlas::{Atlas, UnitId};
use crate::date::Date;
use crate::resolve::Resolution;
use crate::unit::{Code, Level};

/// One division that an outlet serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Six digits as they were in force on the day `from`; nine for a town.
    pub code: u32,
    pub from: Date,
    /// The first day on which it is no longer served.
    pub until: Option<Date>,
}

/// What an outlet serves.
#[derive(Debug, Clone, Default)]
pub struct ServiceArea {
    served: Vec<Served>,
}

/// Whether a place is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// By this entry.
    Covered(Served),
    /// The entry is only a part of where the place can be: a town of an open county, or a division split since.
    Undecided(Served),
    NotCovered,
}

/// An entry that no division of its day has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{code} is no code of a division or town on {day}")]
pub struct UnknownCode {
    pub code: u32,
    pub day: Date,
}

impl ServiceArea {
    /// # Errors
    /// When a code stands for nothing on its first day.
    pub fn new(atlas: &Atlas, served: Vec<Served>) -> Result<Self, UnknownCode> {
        for entry in &served {
            let known = if entry.code > 999_999 {
                atlas.knows_town(entry.code)
            } else {
                atlas.find(entry.code, entry.from).is_some()
            };
            if !known {
                return Err(UnknownCode {
                    code: entry.code,
                    day: entry.from,
                });
            }
        }
        Ok(Self { served })
    }

    #[must_use]
    pub fn served(&self) -> &[Served] {
        &self.served
    }

    /// Whether an address is served on a day. An address that is not resolved to one division is never covered: it is
    /// undecided when one of its candidates would be.
    #[must_use]
    pub fn covers(&self, atlas: &Atlas, place: &Resolution<'_>, day: Date) -> Coverage {
        let mut best = Coverage::NotCovered;
        let mut units: Vec<UnitId> = place.unit.into_iter().collect();
        units.extend(
            place
                .candidates
                .iter()
                .filter_map(|code| atlas.find(*code, day)),
        );
        let clear = place.unit.is_some() && place.candidates.is_empty();
        for entry in &self.served {
            if day < entry.from || entry.until.is_some_and(|until| until <= day) {
                continue;
            }
            let fits = if entry.code > 999_999 {
                town_fits(atlas, entry, place, &units, day)
            } else {
                units
                    .iter()
                    .filter_map(|id| inside(atlas, entry, *id, day))
                    .max()
            };
            match fits {
                Some(true) if clear => return Coverage::Covered(*entry),
                Some(_) => best = Coverage::Undecided(*entry),
                None => {}
            }
        }
        best
    }
}

/// Whether an address lies in what a town has become by the day; `false` when it may.
fn town_fits(
    atlas: &Atlas,
    entry: &Served,
    place: &Resolution<'_>,
    units: &[UnitId],
    day: Date,
) -> Option<bool> {
    let now = atlas.towns_on(entry.code, day);
    if let Some(town) = place.town_code.filter(|_| !now.is_empty()) {
        // Of a town that was divided, the entry does not say which part it meant.
        return now
            .iter()
            .any(|served| served.code == town)
            .then_some(now.len() == 1);
    }
    // Where the address has no town it may be the one; so it may where no source says what became of the town.
    let mut homes: Vec<UnitId> = now.iter().flat_map(|town| town.homes.clone()).collect();
    if homes.is_empty()
        && let Some(county) = atlas.find(entry.code / 1_000, entry.from)
    {
        homes = atlas.at(county, day);
    }
    units.iter().any(|id| homes.contains(id)).then_some(false)
}

/// Whether a unit lies in what an entry has become by the day; `false` when a part only may be meant.
fn inside(atlas: &Atlas, entry: &Served, unit: UnitId, day: Date) -> Option<bool> {
    let start = atlas.find(entry.code, entry.from)?;
    let now = atlas.at(start, day);
    let ancestors = ancestors(atlas, unit);
    let hit = now
        .iter()
        .any(|id| ancestors.contains(&atlas.unit(*id).code));
    hit.then_some(now.len() == 1)
}

fn ancestors(atlas: &Atlas, unit: UnitId) -> Vec<Code> {
    let unit = atlas.unit(unit);
    let mut codes = vec![unit.code];
    if unit.level == Level::County {
        codes.push(unit.prefecture_code());
    }
    codes.push(unit.province_code());
    codes
}
