//! Every name that a division or town is written by, as one tree of characters that is walked along a text.

use crate::atlas::{UnitId, index};
use crate::text::is_written;
use crate::unit::{Level, Town, Unit};

/// How a name was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// The official name.
    Full,
    /// With a suffix, but not the official one: 恩施州, 靖州县.
    Alias,
    /// Without suffix: 恩施.
    Short,
}

/// What a name in the text can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Unit(UnitId, Form),
    Town(u32, Form),
    /// Words between two levels that name nothing: 市辖区.
    Filler,
}

/// Meaning packed into four bytes: kind (2 bits), form (2 bits), number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Packed(u32);

impl Packed {
    fn of(meaning: Meaning) -> Self {
        let form = |form| match form {
            Form::Full => 0_u32,
            Form::Alias => 1,
            Form::Short => 2,
        };
        Self(match meaning {
            Meaning::Unit(id, f) => form(f) << 28 | id,
            Meaning::Town(number, f) => 1 << 30 | form(f) << 28 | number,
            Meaning::Filler => 2 << 30,
        })
    }

    fn meaning(self) -> Meaning {
        let form = match self.0 >> 28 & 3 {
            0 => Form::Full,
            1 => Form::Alias,
            _ => Form::Short,
        };
        let number = self.0 & 0x0FFF_FFFF;
        match self.0 >> 30 {
            0 => Meaning::Unit(number, form),
            1 => Meaning::Town(number, form),
            _ => Meaning::Filler,
        }
    }
}

/// The tree: the children of a node lie side by side, sorted by character.
#[derive(Debug, Default)]
pub(crate) struct Names {
    labels: Vec<char>,
    first_child: Vec<u32>,
    /// Where the meanings of a node begin; they end where those of the next begin.
    first_meaning: Vec<u32>,
    meanings: Vec<Packed>,
    /// Node of a first character, for the characters of the basic plane.
    roots: Vec<u32>,
}

/// Words between two levels that name nothing, and zones that span several counties.
const FILLERS: [&str; 12] = [
    "雄安新区",
    "西咸新区",
    "贵安新区",
    "市辖区",
    "市辖县",
    "省直辖县级行政区划",
    "自治区直辖县级行政区划",
    "省直辖县级行政单位",
    "省直辖行政单位",
    "省直辖县",
    "省直辖",
    "直辖县",
];

/// Names of peoples as they stand in names of autonomous divisions, longest first where one begins another.
const PEOPLES: [&str; 66] = [
    "土家族",
    "哈尼族",
    "傈僳族",
    "拉祜族",
    "东乡族",
    "纳西族",
    "景颇族",
    "仫佬族",
    "布朗族",
    "撒拉族",
    "毛南族",
    "仡佬族",
    "阿昌族",
    "普米族",
    "德昂族",
    "保安族",
    "裕固族",
    "独龙族",
    "门巴族",
    "珞巴族",
    "基诺族",
    "赫哲族",
    "布依族",
    "朝鲜族",
    "蒙古族",
    "维吾尔族",
    "哈萨克族",
    "柯尔克孜族",
    "达斡尔族",
    "锡伯族",
    "塔吉克族",
    "鄂温克族",
    "鄂伦春族",
    "俄罗斯族",
    "塔塔尔族",
    "高山族",
    "回族",
    "藏族",
    "苗族",
    "彝族",
    "壮族",
    "满族",
    "侗族",
    "瑶族",
    "白族",
    "傣族",
    "黎族",
    "佤族",
    "畲族",
    "水族",
    "土族",
    "羌族",
    "怒族",
    "京族",
    "各族",
    "维吾尔",
    "哈萨克",
    "柯尔克孜",
    "达斡尔",
    "锡伯",
    "塔吉克",
    "蒙古",
    "鄂温克",
    "鄂伦春",
    "俄罗斯",
    "乌孜别克",
];

/// Names that people use and no rule gives.
const NICKNAMES: [(&str, &str); 28] = [
    ("呼和浩特市", "呼市"),
    ("乌鲁木齐市", "乌市"),
    ("内蒙古自治区", "内蒙"),
    ("巴音郭楞蒙古自治州", "巴州"),
    ("克孜勒苏柯尔克孜自治州", "克州"),
    ("博尔塔拉蒙古自治州", "博州"),
    ("锡林郭勒盟", "锡盟"),
    ("阿拉善盟", "阿盟"),
    ("科尔沁左翼中旗", "科左中旗"),
    ("科尔沁左翼后旗", "科左后旗"),
    ("科尔沁右翼前旗", "科右前旗"),
    ("科尔沁右翼中旗", "科右中旗"),
    ("察哈尔右翼前旗", "察右前旗"),
    ("察哈尔右翼中旗", "察右中旗"),
    ("察哈尔右翼后旗", "察右后旗"),
    ("乌拉特前旗", "乌前旗"),
    ("乌拉特中旗", "乌中旗"),
    ("乌拉特后旗", "乌后旗"),
    ("达尔罕茂明安联合旗", "达茂旗"),
    ("莫力达瓦达斡尔族自治旗", "莫旗"),
    ("新巴尔虎左旗", "新左旗"),
    ("新巴尔虎右旗", "新右旗"),
    ("陈巴尔虎旗", "陈旗"),
    ("阿鲁科尔沁旗", "阿旗"),
    ("克什克腾旗", "克旗"),
    ("翁牛特旗", "翁旗"),
    ("香港特别行政区", "香港特区"),
    ("澳门特别行政区", "澳门特区"),
];

/// The name without suffix, and without the peoples of an autonomous division; `None` when too little would be left.
pub(crate) fn stem(name: &str, level: Level) -> Option<&str> {
    let suffixes: &[&str] = match level {
        Level::Province => &["特别行政区", "自治区", "省", "市"],
        Level::Prefecture => &["自治州", "行政区", "地区", "市", "盟", "州"],
        Level::County => &[
            "自治县",
            "自治旗",
            "特区",
            "林区",
            "新区",
            "市",
            "县",
            "区",
            "旗",
        ],
    };
    let (body, suffix) = suffixes
        .iter()
        .find_map(|suffix| Some((name.strip_suffix(suffix)?, *suffix)))?;
    let body = if suffix.starts_with("自治") {
        without_peoples(body)
    } else {
        body
    };
    (body.chars().nth(1).is_some()).then_some(body)
}

/// 海西蒙古族藏族 → 海西. A name that is nothing but a people stays.
fn without_peoples(mut body: &str) -> &str {
    // How the names of peoples end.
    if !body.ends_with(['族', '尔', '克', '孜', '伯', '古', '温', '春', '斯']) {
        return body;
    }
    while let Some(shorter) = PEOPLES
        .iter()
        .filter_map(|people| body.strip_suffix(people))
        .find(|rest| rest.chars().nth(1).is_some())
    {
        body = shorter;
    }
    body
}

/// Characters in the key that names are sorted by.
const KEY_CHARS: usize = 6;
/// Bits of each.
const KEY_BITS: usize = 21;
const KEY_MASK: u128 = (1 << KEY_BITS) - 1;

/// A little more nodes than the built-in tables make.
const NODES: usize = 104_000;

struct Builder {
    /// What of long names has no place in their keys.
    tails: Vec<char>,
    /// The name that is being added.
    spelled: Vec<char>,
    /// Sort key of the first characters, where the rest begins in `tails`, characters in all, meaning.
    names: Vec<(u128, u32, u32, Packed)>,
}

impl Builder {
    fn add(&mut self, parts: &[&str], meaning: Meaning) {
        self.spelled.clear();
        for part in parts {
            self.spelled.extend(part.chars().filter(|c| is_written(*c)));
        }
        let length = self.spelled.len();
        if length < 2 {
            return;
        }
        let key = (0..KEY_CHARS).fold(0_u128, |key, at| {
            key << KEY_BITS
                | self
                    .spelled
                    .get(at)
                    .map_or(0, |c| u128::from(u32::from(*c)))
        });
        let start = self.tails.len();
        self.tails
            .extend_from_slice(self.spelled.get(KEY_CHARS..).unwrap_or_default());
        self.names
            .push((key, index(start), index(length), Packed::of(meaning)));
    }

    fn add_unit(&mut self, unit: &Unit, id: UnitId) {
        let name = &*unit.name;
        self.add(&[name], Meaning::Unit(id, Form::Full));
        let short = Meaning::Unit(id, Form::Short);
        let alias = Meaning::Unit(id, Form::Alias);
        // A zone is called by its full name here; 高新区 behind any prefecture is found by its words.
        if unit.flags.hidden || unit.flags.zone {
            return;
        }
        for (full, nickname) in NICKNAMES {
            if full == name {
                self.add(&[nickname], alias);
            }
        }
        let Some(stem) = stem(name, unit.level) else {
            return;
        };
        self.add(&[stem], short);
        match unit.level {
            Level::Province => {
                let land = without_peoples(stem);
                if land != stem {
                    self.add(&[land], short);
                    self.add(&[land, "自治区"], alias);
                }
            }
            Level::Prefecture | Level::County => {
                let Some(body) = name
                    .strip_suffix("自治州")
                    .or_else(|| name.strip_suffix("自治县"))
                    .or_else(|| name.strip_suffix("自治旗"))
                else {
                    if unit.level == Level::County
                        && let Some(land) = name.strip_suffix('区').map(without_peoples)
                        && land != stem
                        && land.chars().nth(1).is_some()
                    {
                        // 梅里斯达斡尔族区 → 梅里斯区.
                        self.add(&[land, "区"], alias);
                    }
                    return;
                };
                let suffix = match unit.level {
                    Level::Prefecture => "州",
                    _ if name.ends_with('旗') => "旗",
                    _ => "县",
                };
                self.add(&[stem, suffix], alias);
                if let Some(land) = stem
                    .strip_suffix('族')
                    .filter(|land| land.chars().nth(1).is_some())
                {
                    self.add(&[land, suffix], alias);
                    self.add(&[land], short);
                }
                // 海西蒙古族, 海西蒙古族藏族, 海西蒙古族自治州.
                let mut rest = body.get(stem.len()..).unwrap_or_default();
                while !rest.is_empty() {
                    let written = body.get(..body.len() - rest.len()).unwrap_or_default();
                    if written != stem {
                        self.add(&[written], short);
                        self.add(&[written, "自治", suffix], alias);
                    }
                    let Some(people) = PEOPLES.iter().find(|people| rest.starts_with(**people))
                    else {
                        break;
                    };
                    rest = rest.get(people.len()..).unwrap_or_default();
                }
                if body != stem {
                    self.add(&[body], short);
                }
            }
        }
    }

    fn add_town(&mut self, town: &Town, number: u32, home: Option<&Unit>) {
        let name = &*town.name;
        self.add(&[name], Meaning::Town(number, Form::Full));
        if town.ended.is_some() {
            return;
        }
        let alias = Meaning::Town(number, Form::Alias);
        for suffix in ["乡", "镇"] {
            if let Some(body) = name.strip_suffix(suffix) {
                let land = without_peoples(body);
                if land != body {
                    // 旧堡羌族乡 → 旧堡乡.
                    self.add(&[land, suffix], alias);
                }
            }
        }
        // The statistics write some towns with their county: 沙雅县哈德墩镇.
        if let Some(body) = home.and_then(|home| name.strip_prefix(&*home.name)) {
            self.add(&[body], alias);
        }
        // 南城街道 was and is called 南城区 in a city without counties.
        if home.is_some_and(|home| home.level == Level::Prefecture)
            && let Some(body) = name.strip_suffix("街道")
        {
            self.add(&[body, "区"], alias);
        }
        if let Some(body) = name.strip_suffix("街道办事处") {
            self.add(&[body, "街道"], alias);
        }
        if let Some(body) = name.strip_suffix("地区") {
            self.add(&[body, "街道"], alias);
        }
    }
}

impl Names {
    pub(crate) fn build(units: &[Unit], towns: &[Town]) -> Self {
        let mut builder = Builder {
            tails: Vec::new(),
            spelled: Vec::new(),
            names: Vec::with_capacity(80_000),
        };
        for filler in FILLERS {
            builder.add(&[filler], Meaning::Filler);
        }
        for (unit, id) in units.iter().zip(0..) {
            builder.add_unit(unit, id);
        }
        for (town, number) in towns.iter().zip(0..) {
            let home = units.get(town.home as usize);
            builder.add_town(town, number, home);
        }
        let Builder {
            tails, mut names, ..
        } = builder;
        // No character is 0, so two names with one key are one name as far as the key reaches.
        let tail = |start: u32, length: u32| {
            let length = (length as usize).saturating_sub(KEY_CHARS);
            tails
                .get(start as usize..start as usize + length)
                .unwrap_or_default()
        };
        names.sort_unstable_by(|a, b| {
            a.0.cmp(&b.0)
                .then_with(|| tail(a.1, a.2).cmp(tail(b.1, b.2)))
                .then(a.3.cmp(&b.3))
        });
        let mut tree = Self {
            labels: Vec::with_capacity(NODES),
            first_child: Vec::with_capacity(NODES),
            first_meaning: Vec::with_capacity(NODES),
            meanings: Vec::with_capacity(names.len()),
            roots: vec![0; 1 << 16],
        };
        tree.labels.push('\0');
        // Breadth first: the names of a node are one piece of the sorted list.
        let mut pieces = Vec::with_capacity(NODES);
        pieces.push((0, index(names.len())));
        let mut node = 0;
        let mut depth = 0_usize;
        let mut depth_end = 1;
        while let Some(&(low, high)) = pieces.get(node) {
            let (mut low, high) = (low as usize, high as usize);
            if node == depth_end {
                depth += 1;
                depth_end = pieces.len();
            }
            tree.first_meaning.push(index(tree.meanings.len()));
            while let Some(name) = names
                .get(low)
                .filter(|name| low < high && name.2 as usize == depth)
            {
                if tree.meanings.len()
                    == tree.first_meaning.last().map_or(0, |first| *first as usize)
                    || tree.meanings.last() != Some(&name.3)
                {
                    tree.meanings.push(name.3);
                }
                low += 1;
            }
            tree.first_child.push(index(pieces.len()));
            while low < high {
                let label = |at: usize| {
                    let name = names.get(at)?;
                    // Keys lie one beside another, tails anywhere.
                    match KEY_CHARS.checked_sub(depth + 1) {
                        Some(after) => {
                            let label = name.0 >> (after * KEY_BITS) & KEY_MASK;
                            u32::try_from(label).ok().and_then(char::from_u32)
                        }
                        None => tail(name.1, name.2).get(depth - KEY_CHARS).copied(),
                    }
                };
                let Some(first) = label(low) else { break };
                let start = low;
                while low < high && label(low) == Some(first) {
                    low += 1;
                }
                if depth == 0
                    && let Some(root) = tree.roots.get_mut(u32::from(first) as usize)
                {
                    *root = index(pieces.len());
                }
                tree.labels.push(first);
                pieces.push((index(start), index(low)));
            }
            node += 1;
        }
        tree.first_meaning.push(index(tree.meanings.len()));
        tree.first_child.push(index(pieces.len()));
        tree
    }

    /// Calls `found(length, node)` for every name that the text begins with.
    pub(crate) fn walk(&self, text: &[char], mut found: impl FnMut(usize, u32)) {
        let Some(first) = text.first() else { return };
        let mut node = self
            .roots
            .get(u32::from(*first) as usize)
            .copied()
            .unwrap_or(0);
        let mut length = 1;
        while node != 0 {
            if self.first_meaning.get(node as usize) != self.first_meaning.get(node as usize + 1) {
                found(length, node);
            }
            let Some(next) = text.get(length) else { return };
            node = self.child(node, *next);
            length += 1;
        }
    }

    fn child(&self, node: u32, label: char) -> u32 {
        let (Some(start), Some(end)) = (
            self.first_child.get(node as usize),
            self.first_child.get(node as usize + 1),
        ) else {
            return 0;
        };
        let labels = self
            .labels
            .get(*start as usize..*end as usize)
            .unwrap_or_default();
        labels
            .binary_search(&label)
            .map_or(0, |at| start + index(at))
    }

    pub(crate) fn meanings(&self, node: u32) -> impl Iterator<Item = Meaning> + use<'_> {
        let range = match (
            self.first_meaning.get(node as usize),
            self.first_meaning.get(node as usize + 1),
        ) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        };
        self.meanings
            .get(range)
            .unwrap_or_default()
            .iter()
            .map(|packed| packed.meaning())
    }
}
