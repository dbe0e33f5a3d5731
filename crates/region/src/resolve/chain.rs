//! Chains: a division with the names of its parents before it and of its town behind it, and how much of the text
//! they explain.

use crate::atlas::UnitId;
use crate::limits::MAX_CANDIDATES;
use crate::names::{Form, Meaning};
use crate::unit::{Code, Level};

use super::{Match, Reading};

/// What a name in force stands above one that is not, when all else is equal.
pub(crate) const IN_FORCE: f32 = 0.6;
/// What a parent costs that contradicts.
const CONTRADICTION: f32 = 4.0;
/// What a character costs that stands unexplained before the first name, and how many count.
const UNEXPLAINED: f32 = 0.5;
const UNEXPLAINED_MAX: usize = 6;
/// What it costs a county to stand somewhere inside the text without a parent.
const IN_THE_MIDDLE: f32 = 3.0;
/// What it costs a shortened county to stand without a parent.
const SHORT_ALONE: f32 = 2.0;
/// What a parent stands above one of an earlier or a later time.
const OWN_PARENT: f32 = 0.6;
const PARENT_IN_FORCE: f32 = 0.1;
/// The short name of a division that is gone is rarely what is meant.
const SHORT_AND_GONE: f32 = 1.5;
/// What a town that is no more stands below one that is.
const TOWN_GONE: f32 = 1.5;
/// Characters that nothing explains between a parent and a county, and what they cost.
const GAP_MAX: usize = 10;
const OVER_GAP: f32 = 3.0;
/// What a zone behind a prefecture adds.
pub(crate) const ZONE: f32 = 6.0;
/// What reading a wrong suffix (宁远区 for 宁远县) costs.
const WRONG_SUFFIX: f32 = 2.0;
/// A prefecture or province alone is worth little, however long its name.
const PREFECTURE_ALONE: f32 = 5.0;
const PROVINCE_ALONE: f32 = 3.0;

/// A division's name in the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Token {
    pub start: usize,
    pub end: usize,
    pub id: UnitId,
    pub form: Form,
}

/// A town's name in the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TownToken {
    pub start: usize,
    pub end: usize,
    pub number: u32,
    pub form: Form,
    /// It lies in a part that the named county gave away.
    pub moved: bool,
    pub corrected: bool,
}

/// One reading of the text.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub score: f32,
    /// The division that the chain is about: the county, or the prefecture or province when there is none.
    pub unit: UnitId,
    pub province: Option<Token>,
    pub city: Option<Token>,
    pub county: Option<Token>,
    pub town: Option<TownToken>,
    pub start: usize,
    pub end: usize,
    /// A parent that contradicts.
    pub against: Option<Token>,
    /// Something was misspelled.
    pub corrected: bool,
    /// A zone was named behind the prefecture.
    pub zone: Option<(usize, usize)>,
}

/// Parents found before a name.
#[derive(Debug, Clone, Copy, Default)]
struct Support {
    score: f32,
    province: Option<Token>,
    city: Option<Token>,
    start: usize,
}

impl Reading<'_> {
    /// Every reading that the names allow.
    pub(crate) fn chains(&self) -> Vec<Chain> {
        let mut chains = Vec::with_capacity(64);
        for found in &self.matches {
            for meaning in self.atlas.names.meanings(found.node) {
                if chains.len() >= MAX_CANDIDATES {
                    return chains;
                }
                match meaning {
                    Meaning::Unit(id, form) => self.unit_chain(found, id, form, &mut chains),
                    Meaning::Town(number, form) => {
                        self.town_chain(found, number, form, &mut chains)
                    }
                    Meaning::Filler => {}
                }
            }
        }
        chains
    }

    pub(crate) fn in_force(&self, id: UnitId) -> bool {
        self.atlas.unit(id).in_force(self.day)
    }

    fn unit_chain(&self, found: &Match, id: UnitId, form: Form, chains: &mut Vec<Chain>) {
        let unit = self.atlas.unit(id);
        let mut end = found.end;
        let mut wrong_suffix = false;
        if form == Form::Short {
            if self.longer_unit_at(found) {
                return;
            }
            if unit.level == Level::County && self.wrong_suffix_at(end) {
                end += 1;
                wrong_suffix = true;
            } else if self.place_word_at(end) {
                return;
            }
        }
        if unit.level == Level::County
            && unit.name.chars().count() == 2
            && form == Form::Full
            && self.glued(found)
        {
            return;
        }
        let token = Token {
            start: found.start,
            end,
            id,
            form,
        };
        let mut support = self.support(id, found.start, unit.level, 0);
        if unit.level == Level::County
            && form != Form::Short
            // 绛县 at the end of 心绛县 is a misspelled 新绛县, not a county over a gap.
            && found.end - found.start > 2
            && support.start == found.start
            && !self.fresh(found.start)
            && let Some(farther) = self.support_over_gap(id, found.start)
        {
            support = farther;
        }
        // 保定市 was a county once; where it is a prefecture today, only its prefecture of then brings the county back.
        if !unit.in_force(self.day)
            && support.city.is_none()
            && (unit.level == Level::County || support.province.is_none())
            && self.atlas.names.meanings(found.node).any(|meaning| {
                matches!(meaning, Meaning::Unit(other, _)
                    if self.level(other) < unit.level && self.in_force(other))
            })
        {
            return;
        }
        let alone = support.start == found.start;
        // 和平区 alone is one of the mainland; the one of 台中 comes with its city.
        if alone && unit.flags.own_number {
            return;
        }
        let length = count(found.end - found.start);
        let mut score = support.score;
        let mut town = None;
        let mut zone = None;
        match unit.level {
            Level::County => {
                score += match form {
                    Form::Full => 2.0 * length + 2.0,
                    Form::Alias => 2.0 * length + 1.0,
                    Form::Short => 2.0 * length - 1.0,
                };
                if wrong_suffix {
                    score -= WRONG_SUFFIX;
                }
                if alone && form == Form::Short {
                    score -= SHORT_ALONE;
                }
                if alone && !self.fresh(found.start) {
                    score -= IN_THE_MIDDLE;
                }
                town = self.town_at(id, end);
            }
            Level::Prefecture => {
                if self.atlas.has_no_counties(id, self.day) && unit.in_force(self.day) {
                    score += 2.0 * length + if form == Form::Full { 2.0 } else { -1.0 };
                    town = self.town_at(id, end);
                } else {
                    score += PREFECTURE_ALONE - if form == Form::Short { 1.0 } else { 0.0 };
                    zone = self.zone_at(end);
                    if let Some((_, zone_end)) = zone {
                        score += ZONE;
                        town = self.town_of_prefecture_at(id, zone_end);
                    }
                }
                if alone && !self.fresh(found.start) {
                    score -= IN_THE_MIDDLE;
                }
            }
            Level::Province => {
                score += PROVINCE_ALONE - if form == Form::Short { 1.0 } else { 0.0 };
                if alone && !self.fresh(found.start) {
                    score -= IN_THE_MIDDLE;
                }
            }
        }
        if let Some(town) = &town {
            score += 2.0 * count(town.end - town.start) - if town.moved { 2.0 } else { 0.0 };
            if !self.atlas.town(town.number).stands(self.day) {
                score -= TOWN_GONE;
            }
        }
        if unit.in_force(self.day) {
            score += IN_FORCE;
        } else if form == Form::Short {
            score -= SHORT_AND_GONE;
        }
        let mut chain = Chain {
            score,
            unit: id,
            province: support.province,
            city: support.city,
            county: None,
            town,
            start: support.start,
            end: town.map_or(zone.map_or(end, |(_, end)| end), |town| town.end),
            against: None,
            corrected: wrong_suffix,
            zone,
        };
        match unit.level {
            Level::County => chain.county = Some(token),
            Level::Prefecture => chain.city = Some(token),
            Level::Province => chain.province = Some(token),
        }
        self.weigh_start(&mut chain);
        chains.push(chain);
    }

    /// A town without its county: at the beginning, or behind a prefecture or province that it lies in.
    fn town_chain(&self, found: &Match, number: u32, form: Form, chains: &mut Vec<Chain>) {
        let town = self.atlas.town(number);
        // 高新技术产业开发区 is listed as a town of some county and is said of any.
        const ENDS: [&str; 7] = ["街道", "镇", "乡", "苏木", "办事处", "地区", "场"];
        if !ENDS.iter().any(|end| town.name.ends_with(end)) {
            return;
        }
        let home = town.home;
        let support = self.support(home, found.start, Level::County, 0);
        if support.start == found.start && !self.fresh(found.start) {
            return;
        }
        let length = count(found.end - found.start);
        let unit = self.atlas.unit(home);
        let mut chain = Chain {
            score: support.score + 2.0 * length
                - 1.0
                - if town.stands(self.day) {
                    0.0
                } else {
                    TOWN_GONE
                },
            unit: home,
            province: support.province,
            city: support.city,
            county: None,
            town: Some(TownToken {
                start: found.start,
                end: found.end,
                number,
                form,
                moved: false,
                corrected: false,
            }),
            start: support.start,
            end: found.end,
            against: None,
            corrected: false,
            zone: None,
        };
        if unit.in_force(self.day) {
            chain.score += IN_FORCE;
        }
        self.weigh_start(&mut chain);
        chains.push(chain);
    }

    /// Parents of `id` that end where its name begins.
    fn support(&self, id: UnitId, at: usize, below: Level, depth: usize) -> Support {
        let mut best = Support {
            start: at,
            ..Support::default()
        };
        // Province, prefecture, one repeated (北京市北京市) and fillers.
        if depth > 4 || at == 0 {
            return best;
        }
        let unit = self.atlas.unit(id);
        let lineage = self.atlas.lineage(id);
        for found in self.matches.iter().filter(|found| found.end == at) {
            for meaning in self.atlas.names.meanings(found.node) {
                let (parent, form) = match meaning {
                    Meaning::Filler => {
                        let support = self.support(id, found.start, below, depth + 1);
                        if support.score > best.score {
                            best = support;
                        }
                        continue;
                    }
                    Meaning::Town(..) => continue,
                    Meaning::Unit(parent, form) => (parent, form),
                };
                let above = self.atlas.unit(parent);
                let level = above.level;
                let fits = match level {
                    Level::County => {
                        // 新疆 … 石河子市: a county-level city that became the prefecture of this one.
                        below == Level::County
                            && id != parent
                            && self.atlas.lineage(id).contains(&above.code)
                    }
                    Level::Prefecture => below > level,
                    Level::Province => below > level || depth > 0 && below == level,
                };
                if !fits || parent == id || lineage.binary_search(&above.code).is_err() {
                    continue;
                }
                let mut support = self.support(id, found.start, level, depth + 1);
                support.score += match (level, form) {
                    (Level::Province, Form::Short) => 3.0,
                    (Level::Province, _) => 4.0,
                    (_, Form::Short) => 4.0,
                    (_, Form::Alias) => 5.5,
                    (_, Form::Full) => 6.0,
                };
                if above.code == unit.prefecture_code() || above.code == unit.province_code() {
                    support.score += OWN_PARENT;
                }
                if above.in_force(self.day) {
                    support.score += PARENT_IN_FORCE;
                } else if form == Form::Short {
                    support.score -= SHORT_AND_GONE;
                } else if self.is_parent_today(lineage, found)
                    && support
                        .province
                        .is_none_or(|token| self.atlas.unit(token.id).code != above.province_code())
                {
                    // 重庆市 is the municipality, not the city of Sichuan that it was, unless 四川省 stands before it.
                    continue;
                }
                let token = Token {
                    start: found.start,
                    end: found.end,
                    id: parent,
                    form,
                };
                if level == Level::Province {
                    support.province = support
                        .province
                        .filter(|farther| farther.form <= form)
                        .or(Some(token));
                } else {
                    support.city = Some(token);
                }
                if support.score > best.score {
                    best = support;
                }
            }
        }
        best
    }

    /// Parents that end some characters before the name: 河北省…新区容城县.
    fn support_over_gap(&self, id: UnitId, at: usize) -> Option<Support> {
        (at.saturating_sub(GAP_MAX)..at)
            .rev()
            .map(|end| self.support(id, end, Level::County, 0))
            .find(|support| support.score > 0.0 && self.fresh(support.start))
            .map(|support| Support {
                score: support.score - OVER_GAP,
                ..support
            })
    }

    /// Whether a name also stands for a prefecture or province of the lineage that is in force.
    fn is_parent_today(&self, lineage: &[Code], found: &Match) -> bool {
        self.atlas.names.meanings(found.node).any(|meaning| {
            let Meaning::Unit(id, _) = meaning else {
                return false;
            };
            let above = self.atlas.unit(id);
            above.in_force(self.day)
                && above.level != Level::County
                && lineage.binary_search(&above.code).is_ok()
        })
    }

    /// What stands before the chain: a parent that contradicts, or characters that nothing explains.
    fn weigh_start(&self, chain: &mut Chain) {
        let mut at = chain.start;
        let mut contradictions = 0;
        while at > 0 && contradictions < 3 {
            let Some(token) = self.contradiction_before(chain, at) else {
                break;
            };
            contradictions += 1;
            chain.against = Some(token);
            chain.score -= CONTRADICTION;
            at = token.start;
        }
        if at > 0 && !self.fresh(at) {
            let gap = self.text.gap_before(at).min(UNEXPLAINED_MAX);
            chain.score -= UNEXPLAINED * count(gap);
        }
    }

    fn contradiction_before(&self, chain: &Chain, at: usize) -> Option<Token> {
        let lineage = self.atlas.lineage(chain.unit);
        let mut worst: Option<Token> = None;
        for found in self.matches.iter().filter(|found| found.end == at) {
            let free = self.fresh(found.start)
                || self
                    .matches
                    .iter()
                    .any(|before| before.end == found.start && self.fresh(before.start));
            for meaning in self.atlas.names.meanings(found.node) {
                let Meaning::Unit(id, form) = meaning else {
                    continue;
                };
                if !free || form == Form::Short && !self.fresh(found.start) {
                    continue;
                }
                let other = self.atlas.unit(id);
                if lineage.binary_search(&other.code).is_ok() || self.atlas.is_kin(chain.unit, id) {
                    // It belongs to the chain after all, or is another name of it.
                    return None;
                }
                if worst.is_none_or(|worst| found.start < worst.start || form < worst.form) {
                    worst = Some(Token {
                        start: found.start,
                        end: found.end,
                        id,
                        form,
                    });
                }
            }
        }
        worst
    }

    /// The longest town of a county that begins here.
    pub(crate) fn town_at(&self, county: UnitId, at: usize) -> Option<TownToken> {
        let mut best: Option<(TownToken, bool)> = None;
        let mut at = at;
        if let Some(filler) = self.matches.iter().find(|found| {
            found.start == at
                && self
                    .atlas
                    .names
                    .meanings(found.node)
                    .any(|m| m == Meaning::Filler)
        }) {
            at = filler.end;
        }
        for found in self.matches.iter().filter(|found| found.start == at) {
            for meaning in self.atlas.names.meanings(found.node) {
                let Meaning::Town(number, form) = meaning else {
                    continue;
                };
                let town = self.atlas.town(number);
                let came = self
                    .atlas
                    .town_moved(number, self.day)
                    .is_some_and(|moved| self.atlas.is_kin(moved.to, county));
                let moved = if came || self.atlas.is_kin(town.home, county) {
                    false
                } else if self.atlas.gave_part(county, town.home) {
                    true
                } else {
                    continue;
                };
                let token = TownToken {
                    start: found.start,
                    end: found.end,
                    number,
                    form,
                    moved,
                    corrected: false,
                };
                let current = town.stands(self.day);
                let better = best.as_ref().is_none_or(|(old, old_current)| {
                    (token.end, current, !token.moved, old.form)
                        > (old.end, *old_current, !old.moved, token.form)
                });
                if better {
                    best = Some((token, current));
                }
            }
        }
        best.map(|(token, _)| token)
    }

    /// The longest town here that lies anywhere under a prefecture, when only one does.
    fn town_of_prefecture_at(&self, prefecture: UnitId, at: usize) -> Option<TownToken> {
        let code = self.atlas.unit(prefecture).code;
        let mut best: Option<TownToken> = None;
        let mut several = false;
        for found in self.matches.iter().filter(|found| found.start == at) {
            for meaning in self.atlas.names.meanings(found.node) {
                let Meaning::Town(number, form) = meaning else {
                    continue;
                };
                let town = self.atlas.town(number);
                if self.atlas.unit(town.home).prefecture_code() != code || !town.stands(self.day) {
                    continue;
                }
                several = best.is_some_and(|old| old.end == found.end);
                if best.is_none_or(|old| old.end < found.end) {
                    best = Some(TownToken {
                        start: found.start,
                        end: found.end,
                        number,
                        form,
                        moved: false,
                        corrected: false,
                    });
                }
            }
        }
        best.filter(|_| !several)
    }

    pub(crate) fn fresh(&self, at: usize) -> bool {
        at == 0 || self.text.fresh.get(at).copied().unwrap_or(false)
    }

    /// A longer name of a division begins at the same place: 吉林 in 吉林市 is not the short name.
    fn longer_unit_at(&self, found: &Match) -> bool {
        self.matches.iter().any(|other| {
            other.start == found.start
                && other.end > found.end
                && self
                    .atlas
                    .names
                    .meanings(other.node)
                    .any(|meaning| matches!(meaning, Meaning::Unit(_, Form::Full | Form::Alias)))
        })
    }

    /// 城区 in 新城区, 东区 in 安东区: a two-character name that is the end of a longer one.
    fn glued(&self, found: &Match) -> bool {
        self.matches.iter().any(|other| {
            other.start < found.start
                && other.end == found.end
                && self.atlas.names.meanings(other.node).any(
                    |meaning| matches!(meaning, Meaning::Unit(id, Form::Full) if self.in_force(id)),
                )
        })
    }

    fn wrong_suffix_at(&self, at: usize) -> bool {
        matches!(self.text.chars.get(at), Some('县' | '区' | '市' | '旗'))
            && !self.text.starts_with(at, "市场")
            && !self.text.starts_with(at, "区域")
    }

    /// Whether what follows makes a road, an estate or an institution of a short name: 北京西路, 上海城, 福州大学.
    pub(crate) fn place_word_at(&self, at: usize) -> bool {
        const BETWEEN: &str = "东西南北中上下前后内外新老大小一二三四五六七八九十";
        const WORDS: [&str; 46] = [
            "路",
            "街",
            "大道",
            "道",
            "巷",
            "弄",
            "胡同",
            "里",
            "村",
            "小区",
            "花园",
            "大厦",
            "广场",
            "城",
            "苑",
            "大学",
            "学院",
            "医院",
            "公司",
            "酒店",
            "宾馆",
            "饭店",
            "站",
            "机场",
            "新村",
            "家园",
            "公寓",
            "工业园",
            "中学",
            "小学",
            "银行",
            "超市",
            "商场",
            "市场",
            "公园",
            "桥",
            "镇",
            "乡",
            "苏木",
            "湖",
            "山庄",
            "人家",
            "别墅",
            "国际",
            "商业",
            "屯",
        ];
        const ROADS: [&str; 6] = ["路", "街", "大道", "道", "巷", "胡同"];
        if WORDS.iter().any(|word| self.text.starts_with(at, word)) {
            return !self.fresh(at);
        }
        // 北京西路, 上海东一路; 祁东西湖春天 is an estate in 祁东.
        for at in at..at + 2 {
            if !self
                .text
                .chars
                .get(at)
                .is_some_and(|c| BETWEEN.contains(*c))
            {
                return false;
            }
            if ROADS.iter().any(|word| self.text.starts_with(at + 1, word)) {
                return !self.fresh(at + 1);
            }
        }
        false
    }

    /// A development zone that begins here: its characters.
    pub(crate) fn zone_at(&self, at: usize) -> Option<(usize, usize)> {
        const ENDS: [&str; 14] = [
            "开发区",
            "高新区",
            "经开区",
            "工业园区",
            "产业园区",
            "保税区",
            "示范区",
            "新区",
            "管理区",
            "园区",
            "度假区",
            "风景名胜区",
            "合作区",
            "自贸区",
        ];
        const STOPS: &str = "路街号巷弄村镇乡县旗栋楼";
        // 国家级经济技术开发区 and the like: nine characters at most before the last word.
        for length in 0..10 {
            let place = at + length;
            if ENDS.iter().any(|end| self.text.starts_with(place, end)) {
                let end = ENDS
                    .iter()
                    .filter(|end| self.text.starts_with(place, end))
                    .map(|end| end.chars().count())
                    .max()?;
                return Some((at, place + end));
            }
            let c = self.text.chars.get(place)?;
            if STOPS.contains(*c) || c.is_ascii_digit() {
                return None;
            }
        }
        None
    }
}

/// A count of characters as a score.
pub(crate) fn count(characters: usize) -> f32 {
    f32::from(u16::try_from(characters).unwrap_or(u16::MAX))
}
