//! All divisions of all years with what became of them, and the index of their names.

use std::collections::HashMap;

use crate::chars::Chars;
use crate::date::Date;
use crate::limits::MAX_SUCCESSIONS;
use crate::names::Names;
use crate::patch::{self, Patch, PatchError, TownMove};
use crate::tables::{self, BrokenTable, TablePoint};
use crate::telephone::{self, Telephones};
use crate::unit::{Code, Level, Town, TownOn, Unit};

/// Index of a unit in the atlas.
pub type UnitId = u32;

/// The home of a town of which no county is known; no atlas keeps such a town.
const NOWHERE: UnitId = UnitId::MAX;

/// Where a town went by a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moved {
    pub to: UnitId,
    pub since: Date,
    pub disputed: bool,
}

/// The divisions of China from 1981 to the last patch.
#[derive(Debug)]
pub struct Atlas {
    pub(crate) units: Vec<Unit>,
    pub(crate) towns: Vec<Town>,
    pub(crate) points: Vec<TablePoint>,
    pub(crate) names: Names,
    pub(crate) chars: Chars,
    pub(crate) telephones: Telephones,
    /// Whole divisions that this one became, and came from.
    successors: Vec<Vec<UnitId>>,
    predecessors: Vec<Vec<UnitId>>,
    /// Codes of every prefecture and province that a unit, or what it was or became, has lain in; sorted.
    lineage: Flat<Code>,
    /// The unit itself, what it was and what it became; sorted.
    kin: Flat<UnitId>,
    /// In-force units that gave a part to this one, or came from a part of it.
    part_kin: Flat<UnitId>,
    /// Towns by county, current ones first.
    towns_of: Flat<u32>,
    /// Code and number of every town, sorted.
    town_codes: Vec<(u32, u32)>,
    pub(crate) town_moves: HashMap<u32, Vec<Moved>>,
    /// Units by the code of the prefecture (or of the province where there is none).
    pub(crate) children: HashMap<Code, Vec<UnitId>>,
}

/// Lists of lists in two pieces of memory.
#[derive(Debug, Default)]
struct Flat<T> {
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy + Ord> Flat<T> {
    fn push(&mut self, list: &[T]) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.items.extend_from_slice(list);
        self.starts.push(index(self.items.len()));
    }

    fn get(&self, at: UnitId) -> &[T] {
        let at = at as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => self
                .items
                .get(*start as usize..*end as usize)
                .unwrap_or_default(),
            _ => &[],
        }
    }
}

impl Flat<u32> {
    /// The numbers of the towns of each unit, in order.
    fn by_home(towns: &[Town], units: usize) -> Self {
        // How many each has, then where each begins, and while they are filled in, where the next one goes.
        let mut starts = vec![0_u32; units + 1];
        for town in towns {
            if let Some(count) = starts.get_mut(town.home as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut items = vec![0; towns.len()];
        for (town, number) in towns.iter().zip(0..) {
            if let Some(place) = next.get_mut(town.home as usize)
                && let Some(item) = items.get_mut(*place as usize)
            {
                *item = number;
                *place += 1;
            }
        }
        Self { starts, items }
    }
}

/// Why an atlas cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AtlasError {
    #[error(transparent)]
    Table(#[from] BrokenTable),
    #[error("patch {name}: {error}")]
    Patch { name: String, error: PatchError },
}

pub(crate) fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl Atlas {
    /// The built-in tables and patches.
    ///
    /// # Errors
    /// Never, unless the tables of this build are broken, which a test would tell.
    pub fn built_in() -> Result<Self, AtlasError> {
        Self::with_patches(&[])
    }

    /// The built-in tables and patches, and then these: name and text of each, in order.
    ///
    /// # Errors
    /// The first patch that does not have the form or contradicts what stands before it.
    pub fn with_patches(more: &[(&str, &str)]) -> Result<Self, AtlasError> {
        let tables = tables::read()?;
        let mut units = tables.units;
        let mut points = tables.points;
        let mut patches = Vec::new();
        for (name, text) in patch::BUILT_IN.iter().chain(more) {
            let refused = |error| AtlasError::Patch {
                name: (*name).to_owned(),
                error,
            };
            let patch = Patch::parse(text).map_err(refused)?;
            patch::apply(&patch, &mut units, &mut points).map_err(refused)?;
            check_cycles(&units, &patch).map_err(refused)?;
            patches.push((*name, patch));
        }
        derive_prefecture_successors(&mut units);
        let mut towns = tables.towns;
        let ends = tables.homes.iter().skip(1).map(|next| next.first);
        let mut lost = false;
        for (home, end) in tables.homes.iter().zip(ends.chain([towns.len()])) {
            let there = towns.get_mut(home.first..end).unwrap_or_default();
            let known = find(&units, home.area, home.at);
            for town in there {
                let found = known.or_else(|| {
                    // The published change writes the county as it was numbered at the end of the year.
                    let ended = town.ended.as_ref()?;
                    find(&units, home.area, Date::end_of(ended.year))
                });
                lost |= found.is_none();
                town.home = found.unwrap_or(NOWHERE);
            }
        }
        if lost {
            towns.retain(|town| town.home != NOWHERE);
        }
        let mut atlas = Self {
            successors: (0..index(units.len()))
                .map(|id| successors(&units, id))
                .collect(),
            predecessors: vec![Vec::new(); units.len()],
            units,
            towns,
            points,
            names: Names::default(),
            chars: Chars::read(),
            telephones: telephone::read()?,
            lineage: Flat::default(),
            kin: Flat::default(),
            part_kin: Flat::default(),
            towns_of: Flat::default(),
            town_codes: Vec::new(),
            town_moves: HashMap::new(),
            children: HashMap::new(),
        };
        atlas.link();
        for (name, patch) in &patches {
            atlas.move_towns(patch).map_err(|error| AtlasError::Patch {
                name: (*name).to_owned(),
                error,
            })?;
        }
        atlas.names = Names::build(&atlas.units, &atlas.towns);
        Ok(atlas)
    }

    fn link(&mut self) {
        for (next, id) in self.successors.iter().zip(0..) {
            for next in next {
                if let Some(list) = self.predecessors.get_mut(*next as usize) {
                    list.push(id);
                }
            }
        }
        let mut part_kin: Vec<Vec<UnitId>> = vec![Vec::new(); self.units.len()];
        for id in 0..index(self.units.len()) {
            let unit = &self.units[id as usize];
            for part in unit.successors.iter().filter(|next| next.part) {
                if let Some(to) = find(&self.units, part.code, part.since) {
                    part_kin[to as usize].push(id);
                }
            }
        }
        let mut families = HashMap::new();
        let (mut kin, mut codes) = (Vec::new(), Vec::new());
        for id in 0..index(self.units.len()) {
            kin.clear();
            codes.clear();
            self.walk(id, true, &mut kin);
            self.walk(id, false, &mut kin);
            kin.sort_unstable();
            kin.dedup();
            for relative in &kin {
                let unit = &self.units[*relative as usize];
                codes.push(unit.province_code());
                if unit.level == Level::County {
                    codes.push(unit.prefecture_code());
                    let family = families
                        .entry(unit.prefecture_code())
                        .or_insert_with_key(|code| self.family(*code));
                    codes.extend_from_slice(family);
                }
            }
            codes.sort_unstable();
            codes.dedup();
            self.lineage.push(&codes);
            self.kin.push(&kin);
            part_kin[id as usize].sort_unstable();
            self.part_kin.push(&part_kin[id as usize]);
            let unit = &self.units[id as usize];
            if unit.level == Level::County {
                self.children
                    .entry(unit.prefecture_code())
                    .or_default()
                    .push(id);
            }
        }
        self.towns_of = Flat::by_home(&self.towns, self.units.len());
        self.town_codes = self.towns.iter().map(|town| town.code).zip(0..).collect();
        self.town_codes.sort_unstable();
    }

    /// The codes of a prefecture, of what it was and became, and of the provinces of these; sorted.
    fn family(&self, prefecture: Code) -> Vec<Code> {
        let mut relatives = Vec::new();
        for id in self.with_code(prefecture) {
            self.walk(id, true, &mut relatives);
            self.walk(id, false, &mut relatives);
        }
        let mut codes = Vec::new();
        for relative in relatives {
            let relative = &self.units[relative as usize];
            codes.push(relative.code);
            codes.push(relative.province_code());
            codes.push(relative.prefecture_code());
        }
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    /// Everything reached by whole successions, forward or backward, and the start.
    fn walk(&self, start: UnitId, forward: bool, out: &mut Vec<UnitId>) {
        let first = out.len();
        out.push(start);
        let mut at = first;
        while at < out.len() && at - first < MAX_SUCCESSIONS * 8 {
            let id = out[at];
            let next = if forward {
                &self.successors
            } else {
                &self.predecessors
            };
            let next = next.get(id as usize).map_or(&[][..], Vec::as_slice);
            for id in next {
                if !out[first..].contains(id) {
                    out.push(*id);
                }
            }
            at += 1;
        }
    }

    fn move_towns(&mut self, patch: &Patch) -> Result<(), PatchError> {
        let refuse = |code, what| PatchError::Contradicts { code, what };
        // Named towns first, then the rest.
        let (rest, named): (Vec<&TownMove>, Vec<&TownMove>) =
            patch.towns.iter().partition(|moving| moving.rest);
        for moving in named.into_iter().chain(rest) {
            let since: Date = moving
                .on
                .parse()
                .map_err(|_| refuse(moving.from, "the day is not written as 2026-03-26"))?;
            let to = self
                .find(moving.to, since)
                .ok_or(refuse(moving.to, "nothing of this code to bring towns to"))?;
            let moved = Moved {
                to,
                since,
                disputed: moving.disputed,
            };
            let there: Vec<u32> = self
                .with_code(moving.from)
                .flat_map(|from| self.towns_of.get(from).iter().copied())
                .filter(|number| self.town(*number).ended.is_none())
                .collect();
            if there.is_empty() {
                return Err(refuse(moving.from, "there is no town to take from here"));
            }
            let mut found = 0;
            for number in there {
                let name = &self.town(number).name;
                let named = moving.names.iter().any(|wanted| wanted == name);
                found += usize::from(named);
                let moves = self.town_moves.entry(number).or_default();
                let twice = moves.iter().any(|other| other.since == since);
                if named && twice {
                    return Err(refuse(moving.from, "a town is moved twice on one day"));
                }
                if named || moving.rest && !twice {
                    moves.push(moved);
                    moves.sort_by_key(|moved| moved.since);
                }
            }
            if found < moving.names.len() {
                return Err(refuse(
                    moving.from,
                    "a town that is to be moved does not lie there",
                ));
            }
        }
        self.town_moves.retain(|_, moves| !moves.is_empty());
        Ok(())
    }

    /// Every division of every year, by code and day.
    #[must_use]
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// Every town, the current ones first.
    #[must_use]
    pub fn towns(&self) -> &[Town] {
        &self.towns
    }

    /// The counties that a town lies in on a day: one, unless a change leaves it open.
    #[must_use]
    pub fn counties_of(&self, town: &Town, day: Date) -> Vec<UnitId> {
        match self
            .towns
            .iter()
            .position(|other| std::ptr::eq(other, town))
        {
            Some(number) => self.town_at(index(number), day),
            None => self.at(town.home, day),
        }
    }

    #[must_use]
    pub fn unit(&self, id: UnitId) -> &Unit {
        &self.units[id as usize]
    }

    /// Units of this code over the years.
    pub fn with_code(&self, code: Code) -> impl Iterator<Item = UnitId> + use<'_> {
        let start = self.units.partition_point(|unit| unit.code < code);
        (index(start)..).take_while(move |id| {
            self.units
                .get(*id as usize)
                .is_some_and(|unit| unit.code == code)
        })
    }

    /// The unit that has this code on this day.
    #[must_use]
    pub fn find(&self, code: Code, at: Date) -> Option<UnitId> {
        self.with_code(code).find(|id| self.unit(*id).in_force(at))
    }

    /// Codes and names that are in the ministry's list on this day.
    pub fn in_force(&self, at: Date) -> impl Iterator<Item = (Code, &str)> {
        self.units
            .iter()
            .filter(move |unit| unit.in_force(at))
            .filter(|unit| !unit.flags.unofficial && !unit.flags.zone && !unit.flags.own_number)
            .map(|unit| (unit.code, &*unit.name))
    }

    /// What a unit is on this day: itself, what it became, or (before its time) what it came from. Sorted, no doubles.
    #[must_use]
    pub fn at(&self, id: UnitId, day: Date) -> Vec<UnitId> {
        let mut out = Vec::new();
        self.collect_at(id, day, MAX_SUCCESSIONS, &mut out);
        out.sort_unstable();
        out.dedup();
        out
    }

    fn collect_at(&self, id: UnitId, day: Date, steps: usize, out: &mut Vec<UnitId>) {
        let unit = self.unit(id);
        if unit.in_force(day) {
            out.push(id);
        } else if steps > 0 {
            let next = if day < unit.from {
                &self.predecessors
            } else {
                &self.successors
            };
            for id in next.get(id as usize).map_or(&[][..], Vec::as_slice) {
                self.collect_at(*id, day, steps - 1, out);
            }
        }
    }

    /// Where a code of one day leads on another day: the codes, sorted; empty when the table does not say.
    #[must_use]
    pub fn upgrade(&self, code: Code, from: Date, to: Date) -> Vec<Code> {
        let Some(id) = self.find(code, from) else {
            return Vec::new();
        };
        let mut codes: Vec<Code> = self
            .at(id, to)
            .iter()
            .map(|id| self.unit(*id).code)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }

    pub(crate) fn lineage(&self, id: UnitId) -> &[Code] {
        self.lineage.get(id)
    }

    pub(crate) fn is_kin(&self, a: UnitId, b: UnitId) -> bool {
        a == b || self.kin.get(a).binary_search(&b).is_ok()
    }

    pub(crate) fn gave_part(&self, giver: UnitId, taker: UnitId) -> bool {
        self.part_kin.get(taker).binary_search(&giver).is_ok()
    }

    pub(crate) fn kin(&self, id: UnitId) -> &[UnitId] {
        self.kin.get(id)
    }

    pub(crate) fn towns_of(&self, id: UnitId) -> &[u32] {
        self.towns_of.get(id)
    }

    pub(crate) fn town(&self, number: u32) -> &Town {
        &self.towns[number as usize]
    }

    /// The county of a town on this day; several when a split leaves it open.
    pub(crate) fn town_at(&self, number: u32, day: Date) -> Vec<UnitId> {
        let home = self.town(number).home;
        let Some(moved) = self.town_moved(number, day) else {
            return self.at(home, day);
        };
        let mut homes = self.at(moved.to, day);
        if moved.disputed {
            homes.extend(self.at(home, day));
            homes.sort_unstable();
            homes.dedup();
        }
        homes
    }

    /// The last move of a town that has happened by a day.
    pub(crate) fn town_moved(&self, number: u32, day: Date) -> Option<Moved> {
        let moves = self.town_moves.get(&number)?;
        moves.iter().rev().find(|moved| moved.since <= day).copied()
    }

    /// What a town has become by a day: itself, those that took its place, or none where no source says.
    pub(crate) fn town_on(&self, number: u32, day: Date) -> Vec<TownOn<'_>> {
        let mut out = Vec::new();
        self.collect_town(number, day, MAX_SUCCESSIONS, &mut out);
        out.sort_unstable_by_key(|town| town.code);
        out.dedup();
        out
    }

    fn collect_town<'a>(&'a self, number: u32, day: Date, steps: usize, out: &mut Vec<TownOn<'a>>) {
        let town = self.town(number);
        if town.stands(day) {
            out.push(TownOn {
                code: town.code,
                name: &town.name,
                homes: self.town_at(number, day),
            });
            return;
        }
        let Some(ended) = town.ended.as_ref().filter(|_| steps > 0) else {
            return;
        };
        for (code, name) in &ended.next {
            // The county's own code may have changed in the same year, before or after.
            let home = self
                .find(code / 1_000, Date::end_of(ended.year))
                .or_else(|| self.find(code / 1_000, Date::end_of(ended.year - 1)));
            match self.town_after(*code, name, home, ended.year) {
                Some(next) if next != number => self.collect_town(next, day, steps - 1, out),
                // The statistics do not have it: what the ministry published is all that is known.
                _ => out.push(TownOn {
                    code: *code,
                    name,
                    homes: home.map_or_else(Vec::new, |home| self.at(home, day)),
                }),
            }
        }
    }

    /// The town that a change of a year made: by its code, or, where the statistics number it otherwise, by its name
    /// in the county.
    fn town_after(&self, code: u32, name: &str, home: Option<UnitId>, year: u16) -> Option<u32> {
        let later = |number: &u32| {
            let town = self.town(*number);
            town.name == name && town.ended.as_ref().is_none_or(|ended| ended.year > year)
        };
        let by_code = self.towns_with_code(code).find(later);
        by_code.or_else(|| {
            let kin = self.kin(home?).iter();
            kin.flat_map(|id| self.towns_of.get(*id))
                .copied()
                .find(later)
        })
    }

    /// Numbers of the towns that have or had a code.
    pub(crate) fn towns_with_code(&self, code: u32) -> impl Iterator<Item = u32> + use<'_> {
        let start = self.town_codes.partition_point(|(other, _)| *other < code);
        self.town_codes
            .iter()
            .skip(start)
            .take_while(move |(other, _)| *other == code)
            .map(|(_, number)| *number)
    }

    /// The towns that a town's code, of that day or an earlier one, stands for on a day: one, several where it was
    /// divided, none where the code is not known or no source says what became of the town.
    #[must_use]
    pub fn towns_on(&self, code: u32, day: Date) -> Vec<TownOn<'_>> {
        let numbers: Vec<u32> = self.towns_with_code(code).collect();
        // A code is given again now and then: the one that stands is meant, or else the last one.
        let standing = numbers
            .iter()
            .find(|number| self.town(**number).stands(day));
        let last = || {
            numbers.iter().max_by_key(|number| {
                self.town(**number)
                    .ended
                    .as_ref()
                    .map_or(u16::MAX, |ended| ended.year)
            })
        };
        standing
            .or_else(last)
            .map_or_else(Vec::new, |number| self.town_on(*number, day))
    }

    /// Whether a code is or was a town's.
    #[must_use]
    pub fn knows_town(&self, code: u32) -> bool {
        self.towns_with_code(code).next().is_some()
    }

    /// The prefecture of a county on this day; none for what a province governs itself.
    #[must_use]
    pub fn prefecture(&self, id: UnitId, day: Date) -> Option<UnitId> {
        let unit = self.unit(id);
        (unit.level == Level::County)
            .then(|| self.find(unit.prefecture_code(), day))
            .flatten()
    }

    /// The province of a division; the last that had its code when the day has none.
    #[must_use]
    pub fn province(&self, id: UnitId, day: Date) -> Option<UnitId> {
        let code = self.unit(id).province_code();
        self.find(code, day).or_else(|| self.with_code(code).last())
    }

    /// A prefecture whose towns lie right under it.
    #[must_use]
    pub fn has_no_counties(&self, id: UnitId, day: Date) -> bool {
        let unit = self.unit(id);
        unit.level == Level::Prefecture
            && unit.in_force(day)
            && !unit.flags.own_number
            && !self.children.get(&unit.code).is_some_and(|list| {
                list.iter().any(|child| {
                    let child = self.unit(*child);
                    child.in_force(day) && !child.flags.zone
                })
            })
    }

    pub(crate) fn point(&self, code: Code) -> Option<&TablePoint> {
        let at = self
            .points
            .binary_search_by_key(&code, |point| point.code)
            .ok()?;
        self.points.get(at)
    }
}

pub(crate) fn find(units: &[Unit], code: Code, at: Date) -> Option<UnitId> {
    let start = units.partition_point(|unit| unit.code < code);
    units
        .iter()
        .enumerate()
        .skip(start)
        .take_while(|(_, unit)| unit.code == code)
        .find(|(_, unit)| unit.in_force(at))
        .map(|(id, _)| index(id))
}

fn successors(units: &[Unit], id: UnitId) -> Vec<UnitId> {
    let Some(unit) = units.get(id as usize) else {
        return Vec::new();
    };
    unit.successors
        .iter()
        .filter(|next| !next.part)
        .filter_map(|next| find(units, next.code, next.since))
        .filter(|next| *next != id)
        .collect()
}

/// A division that takes another's place is there on that day. One that a patch ends before leads nowhere, or back.
fn check_takeovers(units: &[Unit], patch: &Patch) -> Result<(), PatchError> {
    for unit in units {
        let mut next = unit.successors.iter().filter(|next| !next.part);
        let gone = next.find(|next| {
            patch.end.iter().any(|end| end.code == next.code)
                && find(units, next.code, next.since).is_none()
        });
        let Some(gone) = gone else {
            continue;
        };
        let mut back = patch.end.iter().filter(|end| end.code == gone.code);
        return Err(if back.any(|end| end.successors.contains(&unit.code)) {
            PatchError::Cycle(gone.code)
        } else {
            PatchError::Contradicts {
                code: gone.code,
                what: "it ends before the day on which it takes the place of another",
            }
        });
    }
    Ok(())
}

/// A cycle that a patch makes goes through one of the divisions that it ends.
fn check_cycles(units: &[Unit], patch: &Patch) -> Result<(), PatchError> {
    // 0: not seen, 1: on the way, 2: done.
    let mut state = vec![0_u8; units.len()];
    let ended = |unit: &Unit| patch.end.iter().any(|end| end.code == unit.code);
    check_takeovers(units, patch)?;
    for (unit, start) in units.iter().zip(0..) {
        if !ended(unit) {
            continue;
        }
        let mut stack = vec![(start, false)];
        while let Some((id, leaving)) = stack.pop() {
            let Some(mark) = state.get_mut(id as usize) else {
                continue;
            };
            if leaving {
                *mark = 2;
                continue;
            }
            match *mark {
                2 => continue,
                1 => return Err(PatchError::Cycle(units[id as usize].code)),
                _ => *mark = 1,
            }
            stack.push((id, true));
            for next in successors(units, id) {
                if state.get(next as usize) != Some(&2) {
                    stack.push((next, false));
                }
            }
        }
    }
    Ok(())
}

/// The source names no successor of a prefecture that ended; its counties tell where it went.
fn derive_prefecture_successors(units: &mut [Unit]) {
    for id in 0..units.len() {
        let unit = &units[id];
        let (Level::Prefecture, Some(until)) = (unit.level, unit.until) else {
            continue;
        };
        if unit.successors.iter().any(|next| !next.part) {
            continue;
        }
        let code = unit.code;
        let start = units.partition_point(|unit| unit.code < code);
        let mut codes: Vec<Code> = Vec::new();
        for county in units
            .iter()
            .skip(start)
            .take_while(|unit| unit.code < code + 100)
        {
            if county.until != Some(until) || county.level != Level::County {
                continue;
            }
            for next in county.successors.iter().filter(|next| !next.part) {
                let prefecture = next.code / 100 * 100;
                let parent = if find(units, prefecture, until).is_some() {
                    prefecture
                } else {
                    next.code / 10_000 * 10_000
                };
                if !codes.contains(&parent) {
                    codes.push(parent);
                }
            }
        }
        if let Some(unit) = units.get_mut(id) {
            unit.successors
                .extend(codes.into_iter().filter(|to| *to != code).map(|code| {
                    crate::unit::Succession {
                        code,
                        since: until,
                        part: false,
                    }
                }));
        }
    }
}
