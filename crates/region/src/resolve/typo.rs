//! Misspelled names: compared with the children of the parent that was read, by sound and by shape.

use crate::atlas::UnitId;
use crate::chars::MAX_NAME;
use crate::names::{Form, Meaning, stem};
use crate::unit::Level;

use super::Reading;
use super::chain::{Chain, IN_FORCE, Token, TownToken, ZONE, count};

/// The most that one name may cost; one character of the same sound or shape is at most 0.4.
const NAME_COST_MAX: f32 = 0.85;
/// One character that has nothing in common with the right one is believed only when a town of the county follows.
const WITH_TOWN_COST_MAX: f32 = 1.05;
/// The most that a parent, a town or a name of two characters may cost: one character of like sound or shape.
const PARENT_COST_MAX: f32 = 0.45;
/// How much dearer the second-best name must be.
const MARGIN: f32 = 0.2;
/// What a unit of cost takes from the score.
const COST_WEIGHT: f32 = 4.0;
/// Anchors that are tried.
const ANCHORS: usize = 2;

/// Beginnings that make a zone of what looks like a short name.
const ZONE_WORDS: [&str; 5] = ["高新", "经开", "经济", "保税", "开发"];

/// A child that the text after a parent nearly spells.
struct Near {
    id: UnitId,
    cost: f32,
    end: usize,
    town: Option<TownToken>,
}

impl Reading<'_> {
    /// Adds readings with one misspelled name, where the names as written leave something unexplained.
    pub(crate) fn add_corrections(&self, chains: &mut Vec<Chain>) {
        let best = chains
            .iter()
            .map(|chain| chain.score)
            .fold(f32::NEG_INFINITY, f32::max);
        let settled = chains.iter().any(|chain| {
            chain.score > best - super::TIE
                && (chain
                    .county
                    .is_some_and(|county| !self.is_short_of_the_past(county))
                    || self.stands_alone(chain))
                && chain.against.is_none()
                && !self.has_gap(chain)
        });
        if settled {
            return;
        }
        let mut anchors: Vec<Chain> = chains
            .iter()
            .filter(|chain| {
                chain.county.is_none()
                    && (chain.town.is_none() || chain.zone.is_some())
                    && chain.against.is_none()
                    && !self.atlas.has_no_counties(chain.unit, self.day)
            })
            .map(without_zone)
            .collect();
        anchors.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut added = Vec::new();
        for anchor in anchors.iter().take(ANCHORS) {
            self.correct_county(anchor, &mut added);
        }
        for chain in chains.iter() {
            if chain.county.is_some() && chain.score > best - 3.0 && added.len() < 64 {
                self.correct_parent(chain, &mut added);
            }
        }
        chains.extend(added);
    }

    /// 市中 in 德阳市中姜县 is no mention of a 市中区 that is gone.
    fn is_short_of_the_past(&self, county: Token) -> bool {
        county.form == Form::Short && !self.in_force(county.id)
    }

    /// The rest of a long name that was begun rightly and misspelled further on: 贡山独笼族怒族自治县.
    pub(crate) fn finish_name(&self, county: Token) -> Option<usize> {
        let name: Vec<char> = self.atlas.unit(county.id).name.chars().collect();
        if county.form == Form::Full || name.len() < county.end - county.start + 3 {
            return None;
        }
        [name.len(), name.len() + 1, name.len() - 1]
            .into_iter()
            .filter_map(|length| {
                let typed = self
                    .text
                    .chars
                    .get(county.start..county.start + length)
                    .filter(|typed| typed.last() == name.last())?;
                let cost = self.atlas.chars.distance(typed, &name, NAME_COST_MAX)?;
                Some((cost, county.start + length))
            })
            .min_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, end)| end)
    }

    /// Nothing is missing although no county is named: a town of a city without counties, a zone told by its words.
    fn stands_alone(&self, chain: &Chain) -> bool {
        chain.town.is_some() && self.atlas.has_no_counties(chain.unit, self.day)
            || chain.zone.is_some_and(|(start, end)| {
                end - start > 4
                    || ZONE_WORDS
                        .iter()
                        .any(|word| self.text.starts_with(start, word))
            })
    }

    fn has_gap(&self, chain: &Chain) -> bool {
        chain.start > 0 && !self.fresh(chain.start) && self.text.gap_before(chain.start) >= 2
    }

    /// The county behind a province or prefecture.
    fn correct_county(&self, anchor: &Chain, added: &mut Vec<Chain>) {
        let at = anchor.end;
        let parent = self.atlas.unit(anchor.unit);
        let mut found: Vec<Near> = Vec::new();
        match parent.level {
            Level::Prefecture => {
                // What the prefecture is called today decides which counties lie in it, and its own time as well.
                let mut codes = vec![parent.code];
                codes.extend(
                    self.atlas
                        .at(anchor.unit, self.day)
                        .iter()
                        .map(|id| self.atlas.unit(*id).code),
                );
                codes.dedup();
                for code in codes {
                    for child in self.atlas.children.get(&code).into_iter().flatten() {
                        self.compare(*child, at, &mut found);
                    }
                }
            }
            // A name that is right, elsewhere, is a contradiction and no misspelling.
            _ if self.names_a_unit(at) => return,
            _ => {
                for (code, children) in &self.atlas.children {
                    if code / 10_000 == parent.code / 10_000 {
                        for child in children {
                            self.compare(*child, at, &mut found);
                        }
                    }
                }
            }
        }
        for near in &mut found {
            near.town = self.town_at(near.id, near.end);
        }
        found.sort_by(|a, b| {
            rank(a)
                .total_cmp(&rank(b))
                .then_with(|| self.in_force(b.id).cmp(&self.in_force(a.id)))
                .then(a.id.cmp(&b.id))
        });
        let Some(best) = found.first() else { return };
        let limit = if best.town.is_some() {
            WITH_TOWN_COST_MAX
        } else {
            NAME_COST_MAX
        };
        if best.cost > limit {
            return;
        }
        let result = self.atlas.at(best.id, self.day);
        for near in found.iter().filter(|near| rank(near) < rank(best) + MARGIN) {
            let same = near.id == best.id || self.atlas.at(near.id, self.day) == result;
            if same && near.id != best.id {
                continue;
            }
            let length = count(near.end - at);
            let in_force = if self.in_force(near.id) {
                IN_FORCE
            } else {
                0.0
            };
            added.push(Chain {
                score: anchor.score + 2.0 * length + 2.0 - COST_WEIGHT * near.cost
                    + in_force
                    + near
                        .town
                        .map_or(0.0, |town| 2.0 * count(town.end - town.start)),
                unit: near.id,
                county: Some(Token {
                    start: at,
                    end: near.end,
                    id: near.id,
                    form: Form::Full,
                }),
                town: near.town,
                end: near.town.map_or(near.end, |town| town.end),
                corrected: true,
                ..anchor.clone()
            });
        }
    }

    fn names_a_unit(&self, at: usize) -> bool {
        self.matches.iter().any(|found| {
            found.start == at
                && self
                    .atlas
                    .names
                    .meanings(found.node)
                    .any(|meaning| matches!(meaning, Meaning::Unit(_, Form::Full)))
        })
    }

    fn compare(&self, child: UnitId, at: usize, found: &mut Vec<Near>) {
        let unit = self.atlas.unit(child);
        if unit.flags.zone {
            return;
        }
        let mut letters = ['\0'; MAX_NAME];
        let mut length = 0;
        for c in unit.name.chars() {
            let Some(slot) = letters.get_mut(length) else {
                return;
            };
            *slot = c;
            length += 1;
        }
        let name = letters.get(..length).unwrap_or_default();
        if length < 2 {
            return;
        }
        // Of two characters, one must be right: 宁县 is not 永县 unless it sounds like it.
        let limit = if length == 2 {
            PARENT_COST_MAX
        } else {
            WITH_TOWN_COST_MAX
        };
        let mut best: Option<(f32, usize)> = None;
        for typed_length in [length, length + 1, length - 1] {
            let Some(typed) = self.text.chars.get(at..at + typed_length) else {
                continue;
            };
            // A name ends with its suffix; without one the town behind could not begin.
            if typed_length < 2 || !typed.last().is_some_and(|last| "县区市旗".contains(*last))
            {
                continue;
            }
            let limit = best.map_or(limit, |(cost, _)| cost);
            if let Some(cost) = self.atlas.chars.distance(typed, name, limit)
                && best.is_none_or(|(old, _)| cost < old)
            {
                best = Some((cost, at + typed_length));
            }
        }
        if let Some((cost, end)) = best {
            found.push(Near {
                id: child,
                cost,
                end,
                town: None,
            });
        }
    }

    /// A misspelled parent before a county that was read: 扛州市西湖区.
    fn correct_parent(&self, chain: &Chain, added: &mut Vec<Chain>) {
        let gap = self.text.gap_before(chain.start);
        if chain.start == 0 || self.fresh(chain.start) || gap < 2 || chain.city.is_some() {
            return;
        }
        for id in self.atlas.at(chain.unit, self.day) {
            let parents = [
                self.atlas.prefecture(id, self.day),
                self.atlas.province(id, self.day),
            ];
            for parent in parents.into_iter().flatten() {
                let unit = self.atlas.unit(parent);
                if chain.province.is_some() && unit.level == Level::Province {
                    continue;
                }
                let full: Vec<char> = unit.name.chars().collect();
                let short: Vec<char> = stem(&unit.name, unit.level)
                    .unwrap_or_default()
                    .chars()
                    .collect();
                for name in [&full, &short] {
                    if name.len() < 2 || name.len() > gap {
                        continue;
                    }
                    let start = chain.start - name.len();
                    let typed = self.text.chars.get(start..chain.start).unwrap_or_default();
                    if let Some(cost) = self.atlas.chars.distance(typed, name, PARENT_COST_MAX) {
                        let token = Token {
                            start,
                            end: chain.start,
                            id: parent,
                            form: Form::Full,
                        };
                        let mut better = chain.clone();
                        better.score += 6.0 - COST_WEIGHT * cost + 0.5 * count(gap.min(6));
                        better.start = start;
                        better.corrected = true;
                        if unit.level == Level::Province {
                            better.province = Some(token);
                        } else {
                            better.city = Some(token);
                        }
                        added.push(better);
                    }
                }
            }
        }
    }

    /// A town that is misspelled or lacks its suffix, behind the county that was read.
    pub(crate) fn near_town(&self, county: UnitId, at: usize) -> Option<TownToken> {
        let rest = self.text.chars.get(at..).unwrap_or_default();
        if rest.len() < 2 {
            return None;
        }
        let mut best: Option<(f32, TownToken)> = None;
        let mut second = f32::INFINITY;
        let mut consider = |cost: f32, token: TownToken| match &best {
            Some((old, kept)) if cost >= *old => {
                if kept.number != token.number {
                    second = second.min(cost);
                }
            }
            _ => {
                if let Some((old, kept)) = &best
                    && kept.number != token.number
                {
                    second = *old;
                }
                best = Some((cost, token));
            }
        };
        for id in self.atlas.kin(county) {
            for number in self.atlas.towns_of(*id) {
                let town = self.atlas.town(*number);
                if !town.stands(self.day) {
                    continue;
                }
                let name: Vec<char> = town.name.chars().filter(|c| c.is_alphanumeric()).collect();
                let token = |end: usize, corrected: bool| TownToken {
                    start: at,
                    end,
                    number: *number,
                    form: Form::Full,
                    moved: false,
                    corrected,
                };
                let suffix = ["街道", "镇", "乡", "苏木"]
                    .iter()
                    .find(|suffix| town.name.ends_with(**suffix));
                let Some(suffix) = suffix else { continue };
                let suffix_length = suffix.chars().count();
                let stem_length = name.len().saturating_sub(suffix_length);
                // 淮海中路 is the road before it is 淮海中路街道.
                let is_road =
                    rest.ends_with(&['路']) || rest.ends_with(&['街']) || rest.ends_with(&['道']);
                if stem_length >= 2
                    && rest.len() == stem_length
                    && name.starts_with(rest)
                    && !is_road
                {
                    consider(0.05, token(at + stem_length, false));
                    continue;
                }
                for length in name.len().saturating_sub(1).max(3)..=name.len() + 1 {
                    let Some(typed) = rest.get(..length) else {
                        break;
                    };
                    let ends = if *suffix == "街道" {
                        typed.ends_with(&['街', '道'])
                    } else {
                        typed.last().is_some_and(|last| "镇乡木".contains(*last))
                    };
                    if ends
                        && let Some(cost) = self.atlas.chars.distance(typed, &name, PARENT_COST_MAX)
                    {
                        consider(cost, token(at + length, true));
                    }
                }
            }
        }
        best.filter(|(cost, _)| second - cost >= MARGIN)
            .map(|(_, token)| token)
    }
}

/// 九园区 looks like a zone and may be a county misspelled.
fn without_zone(chain: &Chain) -> Chain {
    let mut anchor = chain.clone();
    if let (Some((start, _)), Some(_)) = (anchor.zone.take(), anchor.city) {
        anchor.score -= ZONE
            + anchor
                .town
                .take()
                .map_or(0.0, |town| 2.0 * count(town.end - town.start));
        anchor.end = start;
    }
    anchor
}

/// A town behind the name that belongs to it is better evidence than any spelling.
fn rank(near: &Near) -> f32 {
    near.cost - if near.town.is_some() { 0.6 } else { 0.0 }
}
