//! Composes addresses with known truth from the tables alone; the resolver has no part in it.
//!
//! The kinds are those of shared test sets, the words and the way characters are misspelled are its own, so a set of
//! a seed that nobody tuned on is unseen.

use std::collections::HashMap;
use std::fmt::Write as _;

use aftercare_region::{Atlas, Code, Date, Level, Unit, UnitId};

use crate::random::Random;

/// One address and what it means.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub kind: String,
    pub raw: String,
    pub province: String,
    pub city: String,
    pub county: String,
    pub town: String,
    /// Every code that is right, joined by `|`.
    pub code: String,
    pub status: String,
}

/// Draws for one address of a rare kind before another kind is taken.
const DRAWS: usize = 3_000;

const ROADS: [&str; 34] = [
    "人民路",
    "建设大道",
    "和平街",
    "解放东路",
    "新华北街",
    "北京路",
    "南京东路",
    "上海路",
    "广州大道中",
    "成都街",
    "长安街",
    "朝阳路",
    "西湖大道",
    "中山一路",
    "迎春巷",
    "红旗街",
    "文昌路",
    "环城南路",
    "滨江大道",
    "工业二路",
    "海南中路",
    "吉林街",
    "四川路",
    "宁夏路",
    "山东大道",
    "重庆中路",
    "青岛路",
    "大连西路",
    "福建街",
    "黄山路",
    "泰山大街",
    "太行路",
    "学院路",
    "市场街",
];
const ESTATES: [&str; 22] = [
    "阳光小区",
    "江南花园",
    "上海公馆",
    "北京新村",
    "金域华府",
    "碧水湾",
    "翠竹苑",
    "凤凰城",
    "中央公园",
    "万达广场",
    "香榭里",
    "紫荆花园",
    "绿地世纪城",
    "海上明珠",
    "西湖春天",
    "东方花城",
    "长安家园",
    "和平里小区",
    "天津大厦",
    "书香名邸",
    "龙湖天街",
    "观澜国际",
];
const PEOPLE: [&str; 16] = [
    "王建国",
    "李敏",
    "张晓东",
    "刘洋",
    "陈静怡",
    "杨帆",
    "赵海南",
    "黄河",
    "周杰",
    "吴江",
    "徐州生",
    "孙丽娜",
    "胡北京",
    "林安",
    "何平",
    "郭晓阳",
];

pub(crate) struct Generator<'a> {
    atlas: &'a Atlas,
    random: Random,
    /// Counties in force that the ministry lists, with towns.
    counties: Vec<UnitId>,
    towns: HashMap<UnitId, Vec<String>>,
    /// How many counties in force have a name.
    names: HashMap<String, Vec<UnitId>>,
    /// Every name of every year, so that a misspelling is not another name.
    all_names: HashMap<String, ()>,
}

impl<'a> Generator<'a> {
    pub(crate) fn new(atlas: &'a Atlas, seed: u64) -> Self {
        let mut towns: HashMap<UnitId, Vec<String>> = HashMap::new();
        for town in atlas.towns().iter().filter(|town| town.ended.is_none()) {
            let homes = atlas.counties_of(town, Date::LATEST);
            let suffix = ["镇", "乡", "街道"]
                .iter()
                .any(|suffix| town.name.ends_with(suffix));
            if let [home] = homes.as_slice()
                && suffix
                && town.name.chars().count() >= 3
            {
                towns.entry(*home).or_default().push(town.name.to_string());
            }
        }
        let mut counties = Vec::new();
        let mut names: HashMap<String, Vec<UnitId>> = HashMap::new();
        let mut all_names = HashMap::new();
        for (unit, id) in atlas.units().iter().zip(0..) {
            all_names.insert(unit.name.to_string(), ());
            let listed = !unit.flags.own_number && !unit.flags.zone && !unit.flags.unofficial;
            if unit.level == Level::County && unit.in_force(Date::LATEST) && listed {
                names.entry(unit.name.to_string()).or_default().push(id);
                if towns.contains_key(&id) {
                    counties.push(id);
                }
            }
        }
        Self {
            atlas,
            random: Random::new(seed),
            counties,
            towns,
            names,
            all_names,
        }
    }

    /// `count` addresses of the usual mix.
    pub(crate) fn rows(&mut self, count: usize) -> Vec<Row> {
        // Kind and how many of a hundred.
        const MIX: [(&str, usize); 22] = [
            ("A_full", 11),
            ("B_noprov", 8),
            ("C_nocity", 5),
            ("D_county_only", 6),
            ("E_short", 7),
            ("F_muni", 5),
            ("G_mixed", 8),
            ("H_typo", 8),
            ("H2_trad", 3),
            ("I_abolished", 9),
            ("I2_split", 3),
            ("J_ambig", 3),
            ("J2_dup_city", 3),
            ("J3_dup_town", 3),
            ("L_prefalias", 5),
            ("N_nocounty", 2),
            ("O_direct", 3),
            ("Q_conflict", 3),
            ("K_trap", 2),
            ("M_zone", 1),
            ("P_outside", 1),
            ("T_split_town", 1),
        ];
        let mut rows = Vec::with_capacity(count);
        while rows.len() < count {
            let mut at = self.random.below(100);
            let kind = MIX
                .iter()
                .find(|(_, share)| {
                    let hit = at < *share;
                    at = at.saturating_sub(*share);
                    hit
                })
                .map_or("A_full", |(kind, _)| *kind);
            // A draw that the kind cannot use is drawn again, so that the mix is as said.
            if let Some(row) = (0..DRAWS).find_map(|_| self.row(kind)) {
                rows.push(row);
            }
        }
        rows
    }

    fn unit(&self, id: UnitId) -> &'a Unit {
        self.atlas.unit(id)
    }

    fn county(&mut self) -> UnitId {
        self.counties[self.random.below(self.counties.len())]
    }

    fn town(&mut self, county: UnitId) -> String {
        let list = &self.towns[&county];
        list[self.random.below(list.len())].clone()
    }

    fn parents(&self, id: UnitId) -> (String, String) {
        let province = self
            .atlas
            .province(id, Date::LATEST)
            .map_or("", |id| &*self.unit(id).name);
        let city = self
            .atlas
            .prefecture(id, Date::LATEST)
            .map_or("", |id| &*self.unit(id).name);
        (province.to_owned(), city.to_owned())
    }

    fn tail(&mut self) -> String {
        let mut tail = String::new();
        if !self.random.once_in(4) {
            let road = self.random.pick(&ROADS);
            let _ = write!(tail, "{road}{}号", self.random.between(1, 999));
        }
        if !self.random.once_in(3) || tail.is_empty() {
            tail.push_str(self.random.pick(&ESTATES));
        }
        let (building, unit) = (self.random.between(1, 40), self.random.between(1, 4));
        let room = self.random.between(1, 33) * 100 + self.random.between(1, 4);
        let _ = match self.random.below(4) {
            0 => write!(tail, "{building}栋{unit}单元{room}室"),
            1 => write!(tail, "{building}号楼{room}"),
            2 => write!(tail, "{building}-{unit}-{room}"),
            _ => write!(
                tail,
                "{}座{}层",
                self.random.pick(&["A", "B", "C", "D"]),
                room / 100
            ),
        };
        tail
    }

    fn truth(
        &self,
        kind: &'static str,
        raw: String,
        id: UnitId,
        town: &str,
        status: &'static str,
    ) -> Row {
        let (province, city) = self.parents(id);
        let unit = self.unit(id);
        let county = if unit.level == Level::County {
            unit.name.to_string()
        } else {
            String::new()
        };
        let city = if unit.level == Level::Prefecture {
            unit.name.to_string()
        } else {
            city
        };
        Row {
            kind: kind.to_owned(),
            raw,
            province,
            city,
            county,
            town: town.to_owned(),
            code: unit.public_code().to_string(),
            status: status.to_owned(),
        }
    }

    fn open(&self, kind: &'static str, raw: String, ids: &[UnitId]) -> Row {
        let mut codes: Vec<Code> = ids.iter().map(|id| self.unit(*id).public_code()).collect();
        codes.sort_unstable();
        codes.dedup();
        let codes: Vec<String> = codes.iter().map(Code::to_string).collect();
        Row {
            kind: kind.to_owned(),
            raw,
            province: String::new(),
            city: String::new(),
            county: String::new(),
            town: String::new(),
            code: codes.join("|"),
            status: "ambiguous".to_owned(),
        }
    }

    fn unique(&self, id: UnitId) -> bool {
        self.names
            .get(&*self.unit(id).name)
            .is_some_and(|list| list.len() == 1)
    }

    fn row(&mut self, kind: &'static str) -> Option<Row> {
        let tail = self.tail();
        match kind {
            "I_abolished" | "I2_split" => return self.abolished(kind, &tail),
            "J_ambig" | "J2_dup_city" | "J3_dup_town" => return self.namesake(kind, &tail),
            "N_nocounty" => return self.no_county(&tail),
            "M_zone" => return self.zone(&tail),
            "P_outside" => return self.outside(&tail),
            "T_split_town" => return self.split_town(&tail),
            "F_muni" => return self.municipality(&tail),
            "O_direct" => return self.direct(&tail),
            "L_prefalias" => return self.prefecture_alias(&tail),
            _ => {}
        }
        let id = self.county();
        let town = self.town(id);
        let (province, city) = self.parents(id);
        let county = self.unit(id).name.to_string();
        let muni = city.is_empty();
        let raw = match kind {
            "A_full" => format!("{province}{city}{county}{town}{tail}"),
            "B_noprov" if !muni => format!("{city}{county}{town}{tail}"),
            "C_nocity" if self.unique(id) && !muni => format!("{province}{county}{town}{tail}"),
            "D_county_only" if self.unique(id) && county.chars().count() > 2 => {
                format!("{county}{town}{tail}")
            }
            "E_short" if !muni => {
                let short = self.short(id)?;
                let road = format!("{}{tail}", self.random.pick(&ESTATES));
                let raw = format!(
                    "{}{}{short}{road}",
                    short_province(&province),
                    short_city(&city)
                );
                return Some(self.truth(kind, raw, id, "", "ok"));
            }
            "G_mixed" => self.mixed(&province, &city, &county, &town, &tail),
            "H_typo" if !muni => {
                let typed = self.misspell(&county)?;
                format!("{province}{city}{typed}{town}{tail}")
            }
            "H2_trad" => traditional(&format!("{province}{city}{county}{town}")) + &tail,
            "Q_conflict" if !muni => {
                let other = self.county();
                let (wrong, _) = self.parents(other);
                if wrong == province
                    || self.atlas.province(other, Date::LATEST)
                        == self.atlas.province(id, Date::LATEST)
                {
                    return None;
                }
                let raw = format!("{wrong}{city}{county}{town}{tail}");
                return Some(self.truth(kind, raw, id, &town, "conflict"));
            }
            "K_trap" => {
                let place = self.county();
                let short = self.short(place)?;
                let end = self
                    .random
                    .pick(&["路", "大街", "花园", "新村", "大厦", "商城"]);
                format!(
                    "{province}{city}{county}{short}{end}{}号{tail}",
                    self.random.between(1, 200)
                )
            }
            _ => return None,
        };
        let town = if kind == "K_trap" { "" } else { &town };
        Some(self.truth(kind, raw, id, town, "ok"))
    }

    /// The county's name without suffix, when it has two characters at least and is no other place in its prefecture.
    fn short(&self, id: UnitId) -> Option<String> {
        let name = &*self.unit(id).name;
        if ["自治县", "自治旗", "矿区", "林区", "新区", "特区"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            return None;
        }
        let mut short = name.to_owned();
        short.pop();
        let (_, city) = self.parents(id);
        // 伊宁 is a city and a county of one prefecture: short, it says neither.
        let code = self.unit(id).prefecture_code();
        let shared = self.counties.iter().any(|other| {
            let unit = self.unit(*other);
            *other != id && unit.prefecture_code() == code && unit.name.starts_with(&short)
        });
        (short.chars().count() >= 2 && short != short_city(&city) && !shared).then_some(short)
    }

    fn mixed(
        &mut self,
        province: &str,
        city: &str,
        county: &str,
        town: &str,
        tail: &str,
    ) -> String {
        let person = self.random.pick(&PEOPLE);
        let phone = format!(
            "1{}{:08}",
            self.random.pick(&["39", "58", "86", "71"]),
            self.random.below(100_000_000)
        );
        let dashed = format!("{}-{}-{}", &phone[..3], &phone[3..7], &phone[7..]);
        match self.random.below(5) {
            0 => format!("{person} {phone} {province} {city} {county} {town}{tail}"),
            1 => format!("收货人:{person},电话:{phone},地址:{province}{city}{county}{town}{tail}"),
            2 => format!("{province}{city}{county}{town}{tail} {person} {phone}"),
            3 => format!("{person},{dashed},{province}{city}{county}{town}{tail}"),
            _ => format!("{province} {city} {county} {town} {tail}，{person}，{phone}"),
        }
    }

    /// One character of the name, not the suffix, replaced by one that sounds or looks like it.
    fn misspell(&mut self, name: &str) -> Option<String> {
        let mut chars: Vec<char> = name.chars().collect();
        if chars.len() < 3 {
            return None;
        }
        let at = self.random.below(chars.len() - 1);
        let group = CONFUSED.iter().find(|group| group.contains(chars[at]))?;
        let others: Vec<char> = group.chars().filter(|c| *c != chars[at]).collect();
        chars[at] = others[self.random.below(others.len())];
        let typed: String = chars.into_iter().collect();
        (!self.all_names.contains_key(&typed)).then_some(typed)
    }

    fn abolished(&mut self, kind: &'static str, tail: &str) -> Option<Row> {
        let units = self.atlas.units();
        let number = self.random.below(units.len());
        let unit = &units[number];
        let id = UnitId::try_from(number).ok()?;
        let until = unit.until?;
        if unit.level != Level::County || unit.name.contains('、') {
            return None;
        }
        // The day before the end: its parents were called so.
        let last = Date::start_of(u16::try_from(until.year() - 1).ok()?);
        let city = self
            .atlas
            .prefecture(id, last)
            .map_or("", |id| &*self.unit(id).name);
        let province = &*self.unit(self.atlas.province(id, last)?).name;
        if city == &*unit.name {
            return None;
        }
        // The same words must not be a division of today, nor one that ended later.
        let again = units.iter().any(|other| {
            other.name == unit.name
                && !std::ptr::eq(other, unit)
                && other.province_code() == unit.province_code()
                && (other.until.is_none() || other.until > unit.until)
        });
        if again
            || self.names.get(&*unit.name).is_some_and(|list| {
                list.iter()
                    .any(|same| self.unit(*same).province_code() == unit.province_code())
            })
        {
            return None;
        }
        let now = self.atlas.at(id, Date::LATEST);
        // 重庆市北碚区 is of today, 四川省重庆市北碚区 is not.
        let with_province =
            city.is_empty() || self.names.contains_key(&*unit.name) || !self.random.once_in(3);
        let raw = format!(
            "{}{city}{}{tail}",
            if with_province { province } else { "" },
            unit.name
        );
        match (kind, now.as_slice()) {
            ("I_abolished", [one]) => Some(self.truth(kind, raw, *one, "", "obsolete")),
            ("I2_split", [_, _, ..]) => Some(self.open(kind, raw, &now)),
            _ => None,
        }
    }

    /// A split county with a town of today: only one of the parts has it.
    fn split_town(&mut self, tail: &str) -> Option<Row> {
        let id = self.county();
        let unit = self.unit(id);
        let before = self.atlas.units().iter().zip(0..).find(|(old, old_id)| {
            old.level == Level::County
                && old.name != unit.name
                && old.until.is_some_and(|until| {
                    (Date::start_of(2000)..Date::start_of(2025)).contains(&until)
                })
                && self.atlas.at(*old_id, Date::LATEST).len() > 1
                && self.atlas.at(*old_id, Date::LATEST).contains(&id)
        })?;
        let old = before.0;
        if self.names.contains_key(&*old.name) {
            return None;
        }
        let town = self.town(id);
        let others = self.atlas.at(before.1, Date::LATEST);
        let twice = others
            .iter()
            .filter(|other| {
                self.towns
                    .get(other)
                    .is_some_and(|list| list.contains(&town))
            })
            .count();
        if twice != 1 {
            return None;
        }
        let (province, city) = self.parents(id);
        let raw = format!("{province}{city}{}{town}{tail}", old.name);
        Some(self.truth("T_split_town", raw, id, &town, "obsolete"))
    }

    fn namesake(&mut self, kind: &'static str, tail: &str) -> Option<Row> {
        let shared: Vec<UnitId> = {
            let mut list: Vec<UnitId> = self
                .names
                .values()
                .filter(|list| list.len() > 1)
                .flatten()
                .copied()
                .collect();
            list.sort_unstable();
            list
        };
        let id = shared[self.random.below(shared.len())];
        let unit = self.unit(id);
        let same = self.names[&*unit.name].clone();
        let (_, city) = self.parents(id);
        match kind {
            "J_ambig" => Some(self.open(kind, format!("{}{tail}", unit.name), &same)),
            "J2_dup_city" if !city.is_empty() => {
                let raw = format!("{}{}{tail}", short_city(&city), unit.name);
                Some(self.truth(kind, raw, id, "", "ok"))
            }
            "J3_dup_town" => {
                self.towns.get(&id)?;
                let town = self.town(id);
                let owners = same
                    .iter()
                    .filter(|other| {
                        self.towns
                            .get(other)
                            .is_some_and(|list| list.contains(&town))
                    })
                    .count();
                if owners != 1 {
                    return None;
                }
                let raw = format!("{}{town}{tail}", unit.name);
                Some(self.truth(kind, raw, id, &town, "ok"))
            }
            _ => None,
        }
    }

    fn no_county(&mut self, tail: &str) -> Option<Row> {
        let code = self
            .random
            .pick(&[&441_900_u32, &442_000, &460_400, &620_200]);
        let id = self.atlas.find(*code, Date::LATEST)?;
        let town = self.town(id);
        let (province, _) = self.parents(id);
        let city = &self.unit(id).name;
        let province = if self.random.once_in(2) {
            province
        } else {
            String::new()
        };
        Some(self.truth(
            "N_nocounty",
            format!("{province}{city}{town}{tail}"),
            id,
            &town,
            "ok",
        ))
    }

    fn municipality(&mut self, tail: &str) -> Option<Row> {
        let id = self.county();
        let (province, _) = self.parents(id);
        if !["北京市", "天津市", "上海市", "重庆市"].contains(&province.as_str()) {
            return None;
        }
        let town = self.town(id);
        let county = &self.unit(id).name;
        let head = match self.random.below(4) {
            0 => province.clone(),
            1 => format!("{province}{province}"),
            2 => format!("{province}市辖区"),
            _ => province.trim_end_matches('市').to_owned(),
        };
        Some(self.truth(
            "F_muni",
            format!("{head}{county}{town}{tail}"),
            id,
            &town,
            "ok",
        ))
    }

    fn direct(&mut self, tail: &str) -> Option<Row> {
        let id = self.county();
        if self.unit(id).code / 100 % 100 != 90 {
            return None;
        }
        let (province, _) = self.parents(id);
        let town = self.town(id);
        let head = match self.random.below(3) {
            0 => province,
            1 => short_province(&province),
            _ => String::new(),
        };
        Some(self.truth(
            "O_direct",
            format!("{head}{}{town}{tail}", self.unit(id).name),
            id,
            &town,
            "ok",
        ))
    }

    fn prefecture_alias(&mut self, tail: &str) -> Option<Row> {
        let id = self.county();
        let (province, city) = self.parents(id);
        if !city.ends_with("自治州") && !city.ends_with("地区") && !city.ends_with('盟') {
            return None;
        }
        let town = self.town(id);
        let mut alias = short_city(&city);
        if city.ends_with("自治州") && !self.random.once_in(3) {
            alias.push('州');
        }
        let head = if self.random.once_in(2) {
            short_province(&province)
        } else {
            String::new()
        };
        Some(self.truth(
            "L_prefalias",
            format!("{head}{alias}{}{town}{tail}", self.unit(id).name),
            id,
            &town,
            "ok",
        ))
    }

    fn zone(&mut self, tail: &str) -> Option<Row> {
        let id = self.county();
        let (province, city) = self.parents(id);
        let prefecture = self.atlas.prefecture(id, Date::LATEST)?;
        if !city.ends_with('市') {
            return None;
        }
        let zone = self
            .random
            .pick(&["高新区", "经济技术开发区", "经开区", "高新技术产业开发区"]);
        let road = self.random.pick(&ROADS);
        let mut row = self.truth(
            "M_zone",
            format!("{province}{city}{zone}{road}1号{tail}"),
            prefecture,
            "",
            "zone",
        );
        row.county = String::new();
        Some(row)
    }

    fn outside(&mut self, tail: &str) -> Option<Row> {
        let districts: Vec<UnitId> = self
            .atlas
            .units()
            .iter()
            .zip(0..)
            .filter(|(unit, _)| unit.flags.own_number && unit.level == Level::County)
            .map(|(_, id)| id)
            .collect();
        let id = districts[self.random.below(districts.len())];
        let unit = self.unit(id);
        let province = self.atlas.province(id, Date::LATEST)?;
        let city = self
            .atlas
            .prefecture(id, Date::LATEST)
            .map(|id| self.unit(id));
        let city = city
            .filter(|city| !city.flags.hidden)
            .map_or("", |city| &*city.name);
        let raw = format!("{}{city}{}{tail}", self.unit(province).name, unit.name);
        let mut row = self.truth("P_outside", raw, id, "", "ok");
        row.city = city.to_owned();
        Some(row)
    }
}

/// Characters that are typed for each other; written for this generator from common confusions, apart from the
/// tables of the resolver.
const CONFUSED: [&str; 52] = [
    "阳杨扬洋羊",
    "安按鞍案",
    "宁柠拧咛",
    "山汕珊",
    "城成诚程",
    "江姜疆",
    "东冬栋",
    "海嗨",
    "平苹坪萍",
    "和河合禾",
    "南楠男",
    "西溪希",
    "北贝",
    "新心欣",
    "兴星",
    "龙隆笼",
    "永泳勇咏",
    "林琳临",
    "州洲",
    "川穿",
    "县现",
    "武五伍",
    "清青请晴",
    "华花滑",
    "金今津",
    "天添",
    "石时",
    "云运芸",
    "泉全",
    "昌倡唱猖",
    "丰峰锋风",
    "都督",
    "顺舜",
    "陵凌菱",
    "沙莎纱",
    "口扣",
    "田甜",
    "水睡",
    "定订",
    "义议",
    "达大",
    "文闻纹",
    "通同桶",
    "台抬苔",
    "河何荷",
    "原源园",
    "桥侨乔",
    "湖胡糊",
    "桂挂",
    "梁粱良",
    "郑邓",
    "滨宾",
];

/// Simplified and traditional, for the characters that names are full of.
const TRADITIONAL: &str = "区區县縣镇鎮乡鄉阳陽东東广廣门門龙龍云雲兰蘭宁寧湾灣庆慶陕陝苏蘇浙浙辽遼黑黑龙龍贵貴岛島济濟\
    汉漢韶韶关關义義乌烏鲁魯齐齊马馬鸡雞双雙丰豐临臨沧滄湘湘潭潭岭嶺盐鹽会會图圖圣聖桥橋韩韓银銀锡錫锦錦铁鐵锋鋒张張长長\
    连連运運万萬头頭杨楊树樹华華侨僑宾賓尔爾黄黃顺順绥綏巩鞏滨濱邓鄧郑鄭罗羅荣榮营營蓝藍萨薩莱萊苍蒼药藥节節兴興凤鳳团團园園";

pub(crate) fn traditional(text: &str) -> String {
    let pairs: Vec<char> = TRADITIONAL.chars().filter(|c| !c.is_whitespace()).collect();
    text.chars()
        .map(|c| {
            pairs
                .chunks(2)
                .find(|pair| pair[0] == c)
                .map_or(c, |pair| pair[1])
        })
        .collect()
}

fn short_province(name: &str) -> String {
    for short in ["内蒙古", "广西", "西藏", "宁夏", "新疆", "香港", "澳门"] {
        if name.starts_with(short) {
            return short.to_owned();
        }
    }
    name.trim_end_matches(['省', '市']).to_owned()
}

/// 恩施土家族苗族自治州 → 恩施.
fn short_city(name: &str) -> String {
    const STEMS: [&str; 30] = [
        "延边",
        "恩施",
        "湘西",
        "阿坝",
        "甘孜",
        "凉山",
        "黔西南",
        "黔东南",
        "黔南",
        "楚雄",
        "红河",
        "文山",
        "西双版纳",
        "大理",
        "德宏",
        "怒江",
        "迪庆",
        "临夏",
        "甘南",
        "海北",
        "黄南",
        "海南",
        "果洛",
        "玉树",
        "海西",
        "昌吉",
        "博尔塔拉",
        "巴音郭楞",
        "克孜勒苏",
        "伊犁",
    ];
    if let Some(stem) = STEMS
        .iter()
        .find(|stem| name.ends_with("自治州") && name.starts_with(**stem))
    {
        return (*stem).to_owned();
    }
    for end in ["地区", "市", "盟"] {
        if let Some(stem) = name.strip_suffix(end) {
            return stem.to_owned();
        }
    }
    name.to_owned()
}

/// The rows as the table of truth that shared scorers read.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut out = String::from("kind\traw\tprovince\tcity\tcounty\ttown\tcode\tstatus\n");
    for row in rows {
        let _ = writeln!(
            out,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            row.kind, row.raw, row.province, row.city, row.county, row.town, row.code, row.status
        );
    }
    out
}
