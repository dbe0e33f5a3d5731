//! From the best chains to an answer: what is certain, what is told, and what is asked.

use crate::atlas::UnitId;
use crate::names::{self, Form};
use crate::rest;
use crate::tables::TOWNS_AS_OF;
use crate::telephone;
use crate::unit::{Code, Level, Town, TownOn};

use super::chain::{Chain, Token, TownToken};
use super::{Part, Reading, Resolution, Span, Status, Why};

/// The shortest name of a parent in which one wrong character is told, in characters.
const MISSPELLED_MIN: usize = 3;
/// Names of divisions outside of the answer among which a second address is looked for.
const OUTSIDE_LOOKED: usize = 64;
/// The longest name of a town that is looked for, in characters.
const TOWN_CHARS_MAX: usize = 10;

/// An answer before its texts are cut.
struct Draft {
    status: Status,
    units: Vec<UnitId>,
    why: Vec<Why>,
}

pub(super) fn answer<'a>(
    reading: &Reading<'a>,
    input: &'a str,
    mut chains: Vec<Chain>,
) -> Resolution<'a> {
    chains.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.unit.cmp(&b.unit)));
    reading.drop_older_namesakes(&mut chains);
    let Some(mut best) = chains.first().cloned() else {
        let (rest, mut spans) = rest::parse(input, 0);
        spans.retain(|span| span.start < span.end);
        return Resolution {
            status: Status::Unknown,
            code: None,
            town_code: None,
            candidates: Vec::new(),
            likely: None,
            province: None,
            city: None,
            county: None,
            town: None,
            rest,
            spans,
            why: vec![why(
                "no_division",
                "没有找到行政区划名称",
                "no name of a division was found",
            )],
            unit: None,
        };
    };
    reading.fill_town(&mut best);
    let mut draft = reading.decide(&best, &chains);
    reading.flags(&best, &mut draft);
    reading.left_over(&best, &mut draft);
    let likely = reading.likely(input, &mut draft);
    let mut resolution = reading.resolution(input, &best, draft);
    resolution.likely = likely;
    resolution
}

pub(super) fn why(id: &'static str, zh: &str, en: &str) -> Why {
    Why {
        id,
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

/// A town that is not there on the day, and what took its place.
fn what_became(before: &Town, now: &[TownOn<'_>]) -> Why {
    let name = &before.name;
    match now {
        [] if before.ended.is_none() => why(
            "obsolete_town",
            &format!("{name}在该日期尚未设立"),
            &format!("{name} is not there yet on the day"),
        ),
        [] => why(
            "obsolete_town",
            &format!("{name}已撤销，公布的变更表没有写明归入何处"),
            &format!("{name} is no more; the published tables do not say where it went"),
        ),
        [only] => why(
            "obsolete_town",
            &format!("{name}已变更，现为{}", only.name),
            &format!("{name} changed; now {}", only.name),
        ),
        several => {
            let names: Vec<&str> = several.iter().map(|town| town.name).collect();
            why(
                "town_split",
                &format!("{name}已分为{}，请写明其一", names.join("、")),
                &format!("{name} was divided; write one of {}", names.join(", ")),
            )
        }
    }
}

impl<'a> Reading<'a> {
    /// Of two divisions of one name that are both gone, in one prefecture, people mean the later one.
    fn drop_older_namesakes(&self, chains: &mut Vec<Chain>) {
        let older: Vec<UnitId> = chains
            .iter()
            .filter(|chain| {
                let old = self.atlas.unit(chain.unit);
                old.until.is_some()
                    && chains.iter().any(|other| {
                        let new = self.atlas.unit(other.unit);
                        new.name == old.name
                            && new.until > old.until
                            && new.level == old.level
                            && self
                                .atlas
                                .lineage(chain.unit)
                                .contains(&new.prefecture_code())
                    })
            })
            .map(|chain| chain.unit)
            .collect();
        chains.retain(|chain| !older.contains(&chain.unit));
    }

    /// A town behind the county that the tree of names did not find: without suffix, or misspelled.
    fn fill_town(&self, best: &mut Chain) {
        if best.town.is_some() || best.zone.is_some() {
            return;
        }
        if let Some(county) = best.county
            && let Some(end) = self.finish_name(county)
        {
            best.county = Some(Token {
                end,
                form: Form::Full,
                ..county
            });
            best.corrected = true;
            best.town = self.town_at(best.unit, end);
            best.end = best.town.map_or(end, |town| town.end);
            if best.town.is_some() {
                return;
            }
        }
        let towns_below = best.county.is_some() || self.atlas.has_no_counties(best.unit, self.day);
        if towns_below && let Some(town) = self.near_town(best.unit, best.end) {
            best.end = town.end;
            best.corrected |= town.corrected;
            best.town = Some(town);
        }
    }

    /// The divisions of the day that a chain means.
    fn outcome(&self, chain: &Chain) -> Vec<UnitId> {
        if let Some(town) = &chain.town
            && chain.zone.is_none()
        {
            // The towns are those of 2022: of a county that stood before, they say no more than the county itself.
            if self.day < TOWNS_AS_OF && self.in_force(chain.unit) {
                return vec![chain.unit];
            }
            let homes = self.town_home(town);
            let open = self.atlas.at(chain.unit, self.day);
            if homes.len() == 1 || open.len() != 1 && !homes.is_empty() {
                return homes;
            }
            let disputed = self
                .atlas
                .town_moved(town.number, self.day)
                .is_some_and(|moved| moved.disputed);
            let divided = !self.atlas.town(town.number).stands(self.day);
            if (disputed || divided) && homes.len() > 1 {
                return homes;
            }
            return open;
        }
        self.atlas.at(chain.unit, self.day)
    }

    fn town_home(&self, token: &TownToken) -> Vec<UnitId> {
        let mut homes: Vec<UnitId> = self
            .atlas
            .town_on(token.number, self.day)
            .into_iter()
            .flat_map(|town| town.homes)
            .collect();
        homes.sort_unstable();
        homes.dedup();
        if homes.is_empty() {
            return self.atlas.town_at(token.number, self.day);
        }
        homes
    }

    /// Whether a chain names a town, be it of a county or of a city that has none.
    fn is_in_town(&self, chain: &Chain) -> bool {
        chain.town.is_some()
            && chain.zone.is_none()
            && (self.level(chain.unit) == Level::County
                || self.atlas.has_no_counties(chain.unit, self.day))
    }

    fn decide(&self, best: &Chain, chains: &[Chain]) -> Draft {
        let mut why_list = Vec::new();
        let mut units = self.outcome(best);
        let split = units.len() > 1;
        let mut tie = false;
        for other in chains.iter().skip(1) {
            let apart = self.level(other.unit) != self.level(best.unit);
            if apart && !(self.is_in_town(best) && self.is_in_town(other)) {
                continue;
            }
            for id in self.outcome(other) {
                if !units.contains(&id) {
                    // Two readings of one text: what was split is not a tie.
                    tie = true;
                    units.push(id);
                }
            }
        }
        units.sort_unstable();
        units.dedup();
        let name = &*self.atlas.unit(best.unit).name;
        if units.is_empty() {
            why_list.push(why(
                "no_successor",
                &format!("{name}在该日期不存在，变更去向不明"),
                &format!("{name} is not in force on the day, and its successor is not known"),
            ));
            return Draft {
                status: Status::Unknown,
                units,
                why: why_list,
            };
        }
        let level = self.level(best.unit);
        let complete = best.county.is_some()
            || best.town.is_some()
            || best.zone.is_some()
            || self.atlas.has_no_counties(best.unit, self.day);
        if let Some(against) = best.against {
            let other = &*self.atlas.unit(against.id).name;
            why_list.push(why(
                "contradiction",
                &format!("{other}与{name}不符"),
                &format!("{other} contradicts {name}"),
            ));
            return Draft {
                status: Status::Conflict,
                units,
                why: why_list,
            };
        }
        if !complete {
            let stray = self.strays(best);
            if !stray.is_empty() {
                let other = &*self.atlas.unit(stray[0]).name;
                why_list.push(why(
                    "contradiction",
                    &format!("{other}不属于{name}"),
                    &format!("{other} does not lie in {name}"),
                ));
                return Draft {
                    status: Status::Conflict,
                    units: stray,
                    why: why_list,
                };
            }
            let (zh, en) = if level == Level::Province {
                ("缺少市县", "the city and county are missing")
            } else {
                ("缺少区县", "the county is missing")
            };
            why_list.push(why("incomplete", zh, en));
            return Draft {
                status: Status::Unknown,
                units,
                why: why_list,
            };
        }
        if units.len() > 1 {
            let names: Vec<String> = units
                .iter()
                .map(|id| {
                    format!(
                        "{}{}",
                        self.atlas.unit(*id).name,
                        self.atlas.unit(*id).public_code()
                    )
                })
                .collect();
            let names = names.join("、");
            // A county that still stands was not split: its town was, and the parts lie in several counties.
            let of_town = best
                .town
                .filter(|_| self.in_force(best.unit))
                .map(|token| &*self.atlas.town(token.number).name);
            let name = of_town.unwrap_or(name);
            if split && !tie {
                why_list.push(why(
                    "split",
                    &format!("{name}已撤销并拆分，请选择：{names}"),
                    &format!("{name} was split; choose one of {names}"),
                ));
            } else {
                why_list.push(why(
                    "tie",
                    &format!("不止一处符合，请选择：{names}"),
                    &format!("several divisions fit; choose one of {names}"),
                ));
            }
            return Draft {
                status: Status::Ambiguous,
                units,
                why: why_list,
            };
        }
        if let Some(town) = self.foreign_town(best, units[0]) {
            let town = self.atlas.town(town);
            let home = &*self.atlas.unit(town.home).name;
            why_list.push(why(
                "contradiction",
                &format!("{}属于{home}，不属于{name}", town.name),
                &format!("{} lies in {home}, not in {name}", town.name),
            ));
            return Draft {
                status: Status::Conflict,
                units,
                why: why_list,
            };
        }
        let status = self.clear_status(best, units[0], &mut why_list);
        Draft {
            status,
            units,
            why: why_list,
        }
    }

    /// Divisions named right behind a prefecture or province that none of them lies in.
    fn strays(&self, best: &Chain) -> Vec<UnitId> {
        let mut units = Vec::new();
        for found in self.matches.iter().filter(|found| found.start == best.end) {
            for meaning in self.atlas.names.meanings(found.node) {
                if let crate::names::Meaning::Unit(id, Form::Full) = meaning
                    && !self.atlas.unit(id).flags.own_number
                    && self.level(id) > self.level(best.unit)
                    && self.in_force(id)
                {
                    units.push(id);
                }
            }
        }
        units.sort_unstable();
        units.dedup();
        units
    }

    /// A town named right behind the county that lies in another county of the same prefecture, and only there.
    fn foreign_town(&self, best: &Chain, unit: UnitId) -> Option<u32> {
        if best.town.is_some() || best.county.is_none() {
            return None;
        }
        let prefecture = self.atlas.unit(unit).prefecture_code();
        let mut found: Option<u32> = None;
        for at in self
            .matches
            .iter()
            .filter(|at| at.start == best.end && at.end >= at.start + 3)
        {
            for meaning in self.atlas.names.meanings(at.node) {
                if let crate::names::Meaning::Town(number, Form::Full) = meaning {
                    let town = self.atlas.town(number);
                    let named = ["街道", "镇", "乡"]
                        .iter()
                        .any(|suffix| town.name.ends_with(suffix));
                    let same = self.atlas.unit(town.home).prefecture_code() == prefecture;
                    if named && same && town.stands(self.day) {
                        if found.is_some() {
                            return None;
                        }
                        found = Some(number);
                    }
                }
            }
        }
        found
    }

    /// Exact, inferred, corrected or superseded, with the reasons.
    fn clear_status(&self, best: &Chain, unit: UnitId, why_list: &mut Vec<Why>) -> Status {
        let atlas = self.atlas;
        let now = atlas.unit(unit);
        let mut status = Status::Exact;
        let parents = [best.province, best.city].into_iter().flatten();
        let mut old = Vec::new();
        for token in parents {
            let above = atlas.unit(token.id);
            let current = above.in_force(self.day)
                && (above.code == now.prefecture_code()
                    || above.code == now.province_code()
                    || above.code == now.code);
            if !current {
                old.push(token.id);
            }
        }
        let named = best.county.map_or(best.unit, |token| token.id);
        let named_level = best.county.is_some() || best.town.is_none();
        // 江西赣州赣县 is short for 赣县区 all the way, not the county that 赣县 was.
        let short_today = best.city.is_some_and(|city| city.form == Form::Short)
            && names::stem(&now.name, now.level) == Some(&*atlas.unit(named).name);
        let elsewhere = named_level && named != unit && best.zone.is_none() && !short_today;
        // A county that still stands is not obsolete: its town went to another one.
        let town_left = elsewhere && best.town.is_some() && self.in_force(named);
        if elsewhere && !town_left {
            old.push(named);
        }
        let town_gone = best
            .town
            .is_some_and(|town| !atlas.town(town.number).stands(self.day) || town.moved)
            || town_left;
        if best.corrected {
            status = Status::Corrected;
            why_list.push(why(
                "corrected",
                &format!("名称有误，按{}理解", now.name),
                &format!("a name is misspelled; read as {}", now.name),
            ));
        }
        if let Some((written, meant)) = self.misspelled_parent(best, unit) {
            status = Status::Corrected;
            why_list.push(why(
                "corrected",
                &format!("“{written}”有误，按{meant}理解"),
                &format!("“{written}” is misspelled; read as {meant}"),
            ));
        }
        if !old.is_empty() || town_gone {
            status = Status::Superseded;
            for id in old {
                let before = atlas.unit(id);
                let until = before.until.map_or(String::new(), |until| {
                    if until.is_year() {
                        format!("{}年", until.year())
                    } else {
                        until.to_string()
                    }
                });
                why_list.push(why(
                    "obsolete",
                    &format!(
                        "{}（{}）{until}变更，现为{}（{}）",
                        before.name,
                        before.code,
                        now.name,
                        now.public_code()
                    ),
                    &format!(
                        "{} ({}) changed{}; now {} ({})",
                        before.name,
                        before.code,
                        before
                            .until
                            .map_or(String::new(), |until| format!(" in {}", until.year())),
                        now.name,
                        now.public_code()
                    ),
                ));
            }
            if let Some(town) = best.town.filter(|_| town_gone) {
                let before = atlas.town(town.number);
                if before.stands(self.day) {
                    why_list.push(why(
                        "town_moved",
                        &format!("{}已划归{}", before.name, now.name),
                        &format!("{} went to {}", before.name, now.name),
                    ));
                    return status;
                }
                why_list.push(what_became(before, &atlas.town_on(town.number, self.day)));
            }
        }
        if status == Status::Exact
            && (self.is_abbreviated(best) || !self.written_in_full(best, unit))
        {
            status = Status::Inferred;
            if self.is_abbreviated(best) {
                why_list.push(why("abbreviated", "用了简称", "a name is written short"));
            } else {
                why_list.push(why("missing_parent", "上级名称缺省", "a level is missing"));
            }
        }
        status
    }

    /// A word before the county that is the name of a parent but for a character, and what it should be.
    fn misspelled_parent(&self, best: &Chain, unit: UnitId) -> Option<(String, &str)> {
        let chars = &self.text.chars;
        let fresh = self.text.fresh.get(..best.start)?;
        let begins = fresh.iter().rposition(|fresh| *fresh).unwrap_or(0);
        let before = chars.get(begins..best.start);
        let between = best
            .province
            .filter(|_| best.city.is_none())
            .zip(best.county)
            .and_then(|(province, county)| chars.get(province.end..county.start));
        let atlas = self.atlas;
        let parents = [
            atlas
                .prefecture(unit, self.day)
                .filter(|_| best.city.is_none()),
            atlas
                .province(unit, self.day)
                .filter(|_| best.province.is_none()),
        ];
        for parent in parents.into_iter().flatten() {
            let parent = atlas.unit(parent);
            let name = &*parent.name;
            let length = name.chars().count();
            if length < MISSPELLED_MIN || parent.flags.hidden {
                continue;
            }
            for word in [before, between].into_iter().flatten() {
                let Some(written) = word.len().checked_sub(length).and_then(|at| word.get(at..))
                else {
                    continue;
                };
                let wrong = written.iter().zip(name.chars()).filter(|(a, b)| **a != *b);
                // The last one, 省 or 市, says that a division is meant.
                if wrong.count() == 1 && written.last().copied() == name.chars().last() {
                    return Some((written.iter().collect(), name));
                }
            }
        }
        None
    }

    /// What stands behind the answer and is a division too, or a town that nobody knows: it is told, not passed over.
    fn left_over(&self, best: &Chain, draft: &mut Draft) {
        let [unit] = *draft.units.as_slice() else {
            return;
        };
        if let Some(second) = self.second_address(best, unit) {
            let (name, other) = (&*self.atlas.unit(unit).name, &*self.atlas.unit(second).name);
            draft.why.push(why(
                "second_address",
                &format!("写有两个地区：{name}、{other}，请选择是哪一个"),
                &format!("two divisions are written, {name} and {other}; choose which is meant"),
            ));
            // The longer one is not the one that is meant because it is longer.
            if matches!(
                draft.status,
                Status::Exact | Status::Inferred | Status::Corrected | Status::Superseded
            ) {
                draft.status = Status::Ambiguous;
                draft.units.push(second);
                draft.units.sort_unstable();
            }
            return;
        }
        if draft.status == Status::Unknown
            || best.town.is_some()
            || best.zone.is_some()
            || best.county.is_none()
        {
            return;
        }
        if let Some(town) = self.unknown_town(best.end) {
            let name = &*self.atlas.unit(unit).name;
            draft.why.push(why(
                "unknown_town",
                &format!("{name}没有“{town}”"),
                &format!("{name} has no town “{town}”"),
            ));
        }
    }

    /// A county or prefecture that is written in full behind its own parent in full, elsewhere in the text, and that the
    /// answer does not lie in.
    fn second_address(&self, best: &Chain, unit: UnitId) -> Option<UnitId> {
        let mine = self.atlas.lineage(unit);
        let full = |found: &super::Match| {
            let meanings = self.atlas.names.meanings(found.node);
            meanings.filter_map(|meaning| match meaning {
                names::Meaning::Unit(id, Form::Full) if self.in_force(id) => Some(id),
                _ => None,
            })
        };
        // Behind the answer, and before it: the one that says more is read first.
        let outside: Vec<&super::Match> = self
            .matches
            .iter()
            .filter(|found| found.start >= best.end || found.end <= best.start)
            .filter(|found| full(found).next().is_some())
            .take(OUTSIDE_LOOKED)
            .collect();
        for child in &outside {
            for parent in outside.iter().filter(|parent| parent.end == child.start) {
                for id in full(child) {
                    let other = self.atlas.unit(id);
                    let lineage = self.atlas.lineage(id);
                    let of_parent = full(parent)
                        .any(|above| above != id && lineage.contains(&self.atlas.unit(above).code));
                    if of_parent && id != unit && !mine.contains(&other.code) {
                        return Some(id);
                    }
                }
            }
        }
        None
    }

    /// A word that ends in 街道 right behind a county.
    fn unknown_town(&self, from: usize) -> Option<String> {
        let rest = self.text.chars.get(from..)?;
        let rest = rest.get(..rest.len().min(TOWN_CHARS_MAX))?;
        let end = rest.windows(2).position(|pair| pair == ['街', '道'])? + 2;
        let word = rest.get(..end)?;
        let is_name = end >= 4 && word.iter().all(|c| crate::text::is_han(*c));
        is_name.then(|| word.iter().collect())
    }

    /// A city, county or town is not called by its official name.
    fn is_abbreviated(&self, best: &Chain) -> bool {
        [best.city, best.county]
            .into_iter()
            .flatten()
            .any(|token| token.form != Form::Full)
            || best.town.is_some_and(|town| {
                let name = &self.atlas.town(town.number).name;
                town.form != Form::Full || name.chars().count() != town.end - town.start
            })
    }

    fn written_in_full(&self, best: &Chain, unit: UnitId) -> bool {
        let full = |token: Option<Token>| token.is_some_and(|token| token.form == Form::Full);
        let atlas = self.atlas;
        let needs_city = atlas
            .prefecture(unit, self.day)
            .is_some_and(|city| !atlas.unit(city).flags.hidden);
        let county = if self.level(unit) == Level::County {
            full(best.county)
        } else {
            full(best.city) || full(best.county)
        };
        full(best.province) && county && (!needs_city || full(best.city)) && best.zone.is_none()
    }

    /// What a reader of the answer must know about the division itself.
    fn flags(&self, best: &Chain, draft: &mut Draft) {
        let [unit] = draft.units.as_slice() else {
            return;
        };
        let unit = self.atlas.unit(*unit);
        let list = &mut draft.why;
        if unit.flags.unofficial {
            list.push(why(
                "unofficial",
                "不在民政部区划名单内",
                "unofficial: not in the ministry's list of divisions",
            ));
        }
        if unit.flags.unreachable {
            list.push(why(
                "unreachable",
                "无法上门服务",
                "unreachable: no technician can be sent there",
            ));
        }
        if unit.flags.zone || best.zone.is_some() {
            list.push(why(
                "zone",
                "开发区不是行政区划，按所在地级市处理",
                "zone: no division of its own; the prefecture's code is given",
            ));
        }
        if let Some(town) = best.town
            && let Some(moved) = self.atlas.town_moved(town.number, self.day)
            && moved.disputed
        {
            list.push(why(
                "disputed",
                "该街道的归属公布不一致",
                "disputed: published texts disagree about this town",
            ));
        }
    }

    /// Of several divisions the one in which a landline in the text rings.
    fn likely(&self, input: &str, draft: &mut Draft) -> Option<Code> {
        if draft.status != Status::Ambiguous || draft.units.len() < 2 {
            return None;
        }
        let number = telephone::landline(input)?;
        let (area, division) = self.atlas.telephone_area(&number)?;
        let mut there = draft
            .units
            .iter()
            .map(|id| self.atlas.unit(*id))
            .filter(|unit| telephone::rings_in(division, unit.public_code()));
        let likely = there.next().filter(|_| there.next().is_none())?;
        draft.why.push(why(
            "telephone_area",
            &format!(
                "座机区号{area}在{}{}一带，请先确认是否此处",
                likely.name,
                likely.public_code()
            ),
            &format!(
                "the area code {area} rings in {} {}; ask about it first",
                likely.name,
                likely.public_code()
            ),
        ));
        Some(likely.public_code())
    }

    fn resolution(&self, input: &'a str, best: &Chain, draft: Draft) -> Resolution<'a> {
        let Draft { status, units, why } = draft;
        let atlas = self.atlas;
        let mut candidates: Vec<Code> = Vec::new();
        if units.len() > 1 {
            candidates.extend(units.iter().map(|id| atlas.unit(*id).public_code()));
            candidates.sort_unstable();
            candidates.dedup();
        }
        let clear = match units.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        let complete = clear.filter(|id| {
            status != Status::Unknown
                && (self.level(*id) == Level::County
                    || atlas.has_no_counties(*id, self.day)
                    || best.zone.is_some()
                    // A county that became a whole prefecture: which county of it, the names do not say.
                    || best.county.is_some() && self.level(*id) == Level::Prefecture)
        });
        let code = complete.map(|id| atlas.unit(id).public_code());
        let name = |id: UnitId| -> &'a str { &atlas.unit(id).name };
        // What all readings share is told even where they differ.
        let shared = |list: Vec<Option<UnitId>>| -> Option<UnitId> {
            let first = list.first().copied().flatten()?;
            list.iter().all(|id| *id == Some(first)).then_some(first)
        };
        let province = shared(
            units
                .iter()
                .map(|id| atlas.province(*id, self.day))
                .collect(),
        );
        let city = shared(
            units
                .iter()
                .map(|id| match self.level(*id) {
                    Level::Prefecture => Some(*id),
                    Level::County => atlas.prefecture(*id, self.day),
                    Level::Province => None,
                })
                .collect(),
        )
        .filter(|id| !atlas.unit(*id).flags.hidden);
        let county =
            clear.filter(|id| self.level(*id) == Level::County && !atlas.unit(*id).flags.zone);
        let town = best
            .town
            .filter(|_| clear.is_some() && status != Status::Unknown);
        let (town_name, town_code) = match town {
            Some(token) => match atlas.town_on(token.number, self.day).as_slice() {
                [only] => (Some(only.name), Some(only.code)),
                _ => (None, None),
            },
            None => (None, None),
        };
        let end = if best.end == 0 {
            0
        } else {
            self.text.bytes(0, best.end).1
        };
        let (rest, rest_spans) = rest::parse(input, end);
        let mut spans = Vec::with_capacity(8);
        let mut span = |part: Part, start: usize, end: usize| {
            let (start, end) = self.text.bytes(start, end);
            spans.push(Span { part, start, end });
        };
        for (part, token) in [
            (Part::Province, best.province),
            (Part::City, best.city),
            (Part::County, best.county),
        ] {
            if let Some(token) = token {
                span(part, token.start, token.end);
            }
        }
        if let Some(town) = best.town {
            span(Part::Town, town.start, town.end);
        }
        spans.extend(rest_spans);
        Resolution {
            status,
            code,
            town_code,
            candidates,
            likely: None,
            province: province.map(name),
            city: city.map(name),
            county: county.map(name),
            town: town_name,
            rest,
            spans,
            why,
            unit: clear,
        }
    }
}
