//! What a technician can and has beyond skills: levels, certificates by date, parts on the van, the end of the day; and
//! what a kind of visit needs of them. The plan keeps to both, and says which of them stands in the way.

use crate::catalogue::short;
use crate::error::AppError;
use crate::import::cell;
use crate::limits::{
    CERTIFICATES_MAX, LEVEL_MAX, NEEDS_MAX, PARTS_EACH_MAX, PARTS_MAX, PEOPLE_MAX,
};
use crate::people::Place;
use aftercare_domain::Timestamp;
use aftercare_domain::event::WorkKind;
use aftercare_domain::time::DAY_MS;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use utoipa::ToSchema;

/// The rule of a list of parts that is no longer what somebody changed.
pub const STOCK_MOVED: &str = "stock_moved";

/// Equipment of a technician as entered. What is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EquipmentInput {
    /// A skill and its level from 1 to 9 each, such as `gas 2`; a skill without an entry has level 1.
    pub levels: Option<Vec<String>>,
    /// A skill and the days on which its certificate counts, both included: `gas ~ 2027-06-30` or
    /// `gas 2026-01-01 ~ 2027-06-30`. A skill with certificates counts only within them.
    pub certificates: Option<Vec<String>>,
    /// A part and how many are on the van, such as `valve x 3`.
    pub stock: Option<Vec<String>>,
    /// The parts on the van as whoever writes `stock` read them. What was only repeated stays as it is by now; a change is
    /// refused where something else is on the van by now. Without it, `stock` stands as it was counted.
    pub stock_before: Option<Vec<String>>,
    /// Where a day ends: empty for the last visit, `home`, or `30.274085, 120.155070` (WGS 84).
    pub end: Option<String>,
}

impl EquipmentInput {
    /// From the texts of a form, with several entries apart by a semicolon, a comma or `、`.
    #[must_use]
    pub fn from_texts(
        [levels, certificates, stock, end]: [&str; 4],
        stock_before: Option<&str>,
    ) -> Self {
        Self {
            levels: Some(cell::list(levels)),
            certificates: Some(cell::list(certificates)),
            stock: Some(cell::list(stock)),
            stock_before: stock_before.map(cell::list),
            end: Some(end.to_owned()),
        }
    }
}

impl NeedInput {
    /// From the texts of a form: skill, kind (empty for every kind), people, level, whether a certificate is needed, parts.
    ///
    /// # Errors
    /// `Invalid` for the field.
    pub fn from_texts(
        [skill, kind, people, level, parts]: [&str; 5],
        certificate: bool,
    ) -> Result<Self, AppError> {
        let number = |field: &str, text: &str| {
            let text = if text.trim().is_empty() { "1" } else { text };
            text.trim().parse().map_err(|_| {
                wrong(
                    field,
                    text,
                    ["一个整数，例如 1", "a whole number, such as 1"],
                )
            })
        };
        let kind = match kind.trim() {
            "" => None,
            kind => Some(
                serde_json::from_value(serde_json::Value::String(kind.to_owned()))
                    .map_err(|_| wrong("kind", kind, ["列表里的一种", "one of the list"]))?,
            ),
        };
        Ok(Self {
            skill: skill.to_owned(),
            kind,
            people: number("people", people)?,
            level: number("level", level)?,
            certificate,
            parts: cell::list(parts),
        })
    }
}

/// Equipment as lists show it, written as it is entered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct EquipmentView {
    pub levels: Vec<String>,
    pub certificates: Vec<String>,
    pub stock: Vec<String>,
    /// Empty where a day ends at the last visit.
    pub end: String,
}

/// A certificate: the skill counts from `from` on, before `until`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Certificate {
    pub skill: String,
    /// None when only the last day is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    pub until: Timestamp,
}

impl Certificate {
    /// Whether it counts at a time.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && at < self.until
    }
}

/// Where a technician's day ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayEnd {
    /// Where it begins.
    Home,
    At(Place),
}

/// Equipment as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Equipment {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, u8>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<Certificate>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stock: BTreeMap<String, u32>,
    /// None where a day ends at the last visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<DayEnd>,
}

impl Equipment {
    /// Equipment that was stored; what is not understood counts as never written.
    #[must_use]
    pub fn stored(value: &serde_json::Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }

    /// As it is stored.
    ///
    /// # Errors
    /// Never for what [`Self::changed`] gives.
    pub fn to_value(&self) -> Result<serde_json::Value, AppError> {
        serde_json::to_value(self)
            .map_err(|error| AppError::internal(format!("equipment: {error}")))
    }

    /// This with what was entered.
    ///
    /// # Errors
    /// `Invalid` for the field with the entry that is not understood, or a skill that the technician does not have.
    pub fn changed(&self, input: &EquipmentInput, skills: &[String]) -> Result<Self, AppError> {
        let mut new = self.clone();
        if let Some(entries) = &input.levels {
            new.levels = read_levels(entries)?;
            for skill in new.levels.keys() {
                known("levels", skill, skills)?;
            }
        }
        if let Some(entries) = &input.certificates {
            new.certificates = read_certificates(entries)?;
            for certificate in &new.certificates {
                known("certificates", &certificate.skill, skills)?;
            }
        }
        if let Some(entries) = &input.stock {
            let stock = read_parts("stock", entries)?;
            let before = match &input.stock_before {
                Some(before) => Some(read_parts("stock_before", before)?),
                None => None,
            };
            match before {
                // Nobody changed it: jobs may have taken parts off the van since it was read.
                Some(before) if before == stock => {}
                Some(before) if before != self.stock && stock != self.stock => {
                    return Err(moved(&self.stock));
                }
                _ => new.stock = stock,
            }
        }
        if let Some(end) = &input.end {
            new.end = read_end(end)?;
        }
        Ok(new)
    }

    /// As lists show it.
    #[must_use]
    pub fn view(&self) -> EquipmentView {
        EquipmentView {
            levels: self
                .levels
                .iter()
                .map(|(skill, level)| format!("{skill} {level}"))
                .collect(),
            certificates: self
                .certificates
                .iter()
                .map(Certificate::to_string)
                .collect(),
            stock: written_parts(&self.stock),
            end: match self.end {
                None => String::new(),
                Some(DayEnd::Home) => "home".to_owned(),
                Some(DayEnd::At(place)) => format!(
                    "{}, {}",
                    Degrees(place.latitude_e6),
                    Degrees(place.longitude_e6)
                ),
            },
        }
    }

    /// The level of a skill.
    #[must_use]
    pub fn level(&self, skill: &str) -> u8 {
        self.levels.get(skill).copied().unwrap_or(1)
    }

    /// The certificates of a skill.
    pub fn certificates_of(&self, skill: &str) -> impl Iterator<Item = &Certificate> {
        let skill = skill.to_owned();
        self.certificates
            .iter()
            .filter(move |certificate| certificate.skill == skill)
    }

    /// Whether the certificate that is needed, or that is registered, counts at a time.
    #[must_use]
    pub fn is_certified(&self, skill: &str, needed: bool, at: Timestamp) -> bool {
        let mut certificates = self.certificates_of(skill).peekable();
        match certificates.peek() {
            None => !needed,
            Some(_) => certificates.any(|certificate| certificate.holds(at)),
        }
    }

    /// Whether so many parts are on the van.
    #[must_use]
    pub fn has_parts(&self, parts: &BTreeMap<String, u32>) -> bool {
        parts
            .iter()
            .all(|(part, count)| self.stock.get(part).copied().unwrap_or(0) >= *count)
    }
}

/// What a kind of visit needs, as entered and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedInput {
    pub skill: String,
    /// `repair`, `install`, `clean`, `maintain`, `upgrade` or `inspect`; every kind without it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub kind: Option<WorkKind>,
    /// How many people it takes: 1 or 2.
    #[serde(default = "one")]
    pub people: u8,
    /// The lowest level of the skill, 1 to 9.
    #[serde(default = "one")]
    pub level: u8,
    /// Whether only those with a certificate of the skill may go.
    #[serde(default)]
    pub certificate: bool,
    /// Parts that must be on the van, such as `valve x 1`.
    #[serde(default)]
    pub parts: Vec<String>,
}

const fn one() -> u8 {
    1
}

/// What a kind of visit needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    pub skill: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<WorkKind>,
    pub people: u8,
    pub level: u8,
    pub certificate: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, u32>,
}

impl Need {
    /// What a visit needs of which nothing is said: one person with the skill.
    #[must_use]
    pub fn usual(skill: &str) -> Self {
        Self {
            skill: skill.to_owned(),
            kind: None,
            people: 1,
            level: 1,
            certificate: false,
            parts: BTreeMap::new(),
        }
    }

    /// Reads what was entered.
    ///
    /// # Errors
    /// `Invalid` for the field.
    pub fn read(input: &NeedInput) -> Result<Self, AppError> {
        if !(1..=PEOPLE_MAX).contains(&input.people) {
            return Err(AppError::invalid(
                "people",
                "need_people",
                format!("上门人数请写 1 到 {PEOPLE_MAX}；更多人请分成几单。"),
                format!(
                    "A visit takes 1 to {PEOPLE_MAX} people. Make several visits of one that takes more."
                ),
            ));
        }
        level_ok("level", input.level)?;
        Ok(Self {
            skill: short("skill", &input.skill)?,
            kind: input.kind,
            people: input.people,
            level: input.level,
            certificate: input.certificate,
            parts: read_parts("parts", &input.parts)?,
        })
    }

    /// Reads a whole list; of a skill and a kind there is one.
    ///
    /// # Errors
    /// As [`Self::read`]; two of the same skill and kind, or too many.
    pub fn read_all(inputs: &[NeedInput]) -> Result<Vec<Self>, AppError> {
        let mut needs: Vec<Self> = Vec::new();
        for input in inputs {
            let need = Self::read(input)?;
            if needs.iter().any(|known| known.is_of(&need)) {
                return Err(AppError::invalid(
                    "skill",
                    "need_twice",
                    format!("“{}”的同一种上门写了两次要求，请合并。", need.skill),
                    format!(
                        "The needs of `{}` stand twice for one kind of visit. Make one of them.",
                        need.skill
                    ),
                ));
            }
            needs.push(need);
            needs_fit(&needs)?;
        }
        Ok(needs)
    }

    /// Whether two are of the same skill and kind.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        self.skill == other.skill && self.kind == other.kind
    }

    /// The need that counts for a visit: that of its kind, else that of every kind, else the usual.
    #[must_use]
    pub fn of(needs: &[Self], skill: &str, kind: WorkKind) -> Self {
        let mine = |wanted: Option<WorkKind>| {
            let mut all = needs.iter();
            all.find(|need| need.skill == skill && need.kind == wanted)
        };
        mine(Some(kind))
            .or_else(|| mine(None))
            .cloned()
            .unwrap_or_else(|| Self::usual(skill))
    }

    /// As it is entered.
    #[must_use]
    pub fn input(&self) -> NeedInput {
        NeedInput {
            skill: self.skill.clone(),
            kind: self.kind,
            people: self.people,
            level: self.level,
            certificate: self.certificate,
            parts: written_parts(&self.parts),
        }
    }
}

/// Whether a tenant may have so many.
///
/// # Errors
/// `Invalid` when there are too many.
pub(crate) fn needs_fit(needs: &[Need]) -> Result<(), AppError> {
    if needs.len() <= NEEDS_MAX {
        return Ok(());
    }
    Err(AppError::invalid(
        "needs",
        "needs_too_many",
        format!("上门要求最多 {NEEDS_MAX} 条。"),
        format!("There can be at most {NEEDS_MAX} needs of visits."),
    ))
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |at: Timestamp| at.to_china_minute().get(..10).unwrap_or("").to_owned();
        // The last day is the one before the midnight.
        let last = day(Timestamp(self.until.0 - 1));
        match self.from {
            Some(from) => write!(f, "{} {} ~ {last}", self.skill, day(from)),
            None => write!(f, "{} ~ {last}", self.skill),
        }
    }
}

/// Millionths of a degree as they are written.
pub(crate) struct Degrees(pub i32);

impl fmt::Display for Degrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let e6 = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:06}", e6 / 1_000_000, e6 % 1_000_000)
    }
}

pub(crate) fn written_parts(parts: &BTreeMap<String, u32>) -> Vec<String> {
    parts
        .iter()
        .map(|(part, count)| format!("{part} x {count}"))
        .collect()
}

fn wrong(field: &str, entry: &str, [zh, en]: [&str; 2]) -> AppError {
    let shown: String = entry.trim().chars().take(48).collect();
    AppError::invalid(
        field,
        "equipment",
        format!("看不懂“{shown}”。请写成{zh}。"),
        format!("`{shown}` is not understood. Write {en}."),
    )
}

fn known(field: &str, skill: &str, skills: &[String]) -> Result<(), AppError> {
    if skills.iter().any(|has| has == skill) {
        return Ok(());
    }
    Err(AppError::invalid(
        field,
        "equipment_skill",
        format!("这位师傅没有技能“{skill}”，请先加上技能，或改正名称。"),
        format!(
            "The technician does not have the skill `{skill}`. Add it first, or correct the name."
        ),
    ))
}

fn level_ok(field: &str, level: u8) -> Result<(), AppError> {
    if (1..=LEVEL_MAX).contains(&level) {
        return Ok(());
    }
    Err(AppError::invalid(
        field,
        "skill_level",
        format!("技能等级是 1 到 {LEVEL_MAX}，数字越大越熟练。"),
        format!("A level is from 1 to {LEVEL_MAX}, the most able highest."),
    ))
}

/// A name and the number behind it: `gas 2`, `阀门×3`, `valve x 3`, `空调 2级`.
fn named_number(entry: &str) -> Option<(&str, u32)> {
    let entry = entry.trim();
    let body = entry
        .strip_suffix(['级', '个', '件', '只'])
        .unwrap_or(entry);
    let digits = body.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (name, number) = body.split_at(body.len() - digits);
    let name = name.trim_end();
    let name = match name.strip_suffix(['×', '*', ':', '：', '＊']) {
        Some(name) => name.trim_end(),
        // A letter alone: `box 3` is three of `box`.
        None => name
            .strip_suffix(['x', 'X'])
            .filter(|rest| rest.ends_with(char::is_whitespace))
            .map_or(name, str::trim_end),
    };
    (!name.is_empty()).then_some((name, number.parse().ok()?))
}

/// What is on the van is not what somebody read before they changed it.
fn moved(stock: &BTreeMap<String, u32>) -> AppError {
    let now = |none: &str| {
        if stock.is_empty() {
            none.to_owned()
        } else {
            written_parts(stock).join("; ")
        }
    };
    AppError::invalid(
        "stock",
        STOCK_MOVED,
        format!(
            "您打开页面之后车上的配件变了，现在是：{}。请按现在的数目再改一次。",
            now("没有")
        ),
        format!(
            "The parts on the van have changed since you opened the page. Now there are: {}. Please change them again from these.",
            now("none")
        ),
    )
}

fn filled(entries: &[String]) -> impl Iterator<Item = &String> {
    entries.iter().filter(|entry| !entry.trim().is_empty())
}

fn read_levels(entries: &[String]) -> Result<BTreeMap<String, u8>, AppError> {
    let mut levels = BTreeMap::new();
    for entry in filled(entries) {
        let read = named_number(entry);
        let Some((skill, level)) = read.and_then(|(s, n)| Some((s, u8::try_from(n).ok()?))) else {
            return Err(wrong("levels", entry, ["“燃气 2”", "`gas 2`"]));
        };
        level_ok("levels", level)?;
        levels.insert(short("levels", skill)?, level);
    }
    Ok(levels)
}

/// Reads parts and how many of each.
///
/// # Errors
/// `Invalid` for the field with the entry that is not understood.
pub(crate) fn read_parts(
    field: &str,
    entries: &[String],
) -> Result<BTreeMap<String, u32>, AppError> {
    let mut parts: BTreeMap<String, u32> = BTreeMap::new();
    for entry in filled(entries) {
        let Some((part, count)) = named_number(entry) else {
            return Err(wrong(field, entry, ["“阀门 x 3”", "`valve x 3`"]));
        };
        let all = parts.entry(short(field, part)?).or_default();
        *all = all.saturating_add(count);
        if *all > PARTS_EACH_MAX {
            return Err(AppError::invalid(
                field,
                "parts_count",
                format!("同一种配件最多 {PARTS_EACH_MAX} 个。"),
                format!("There can be at most {PARTS_EACH_MAX} of one part."),
            ));
        }
    }
    if parts.len() > PARTS_MAX {
        return Err(AppError::invalid(
            field,
            "parts_too_many",
            format!("配件最多 {PARTS_MAX} 种。"),
            format!("There can be at most {PARTS_MAX} kinds of parts."),
        ));
    }
    parts.retain(|_, count| *count > 0);
    Ok(parts)
}

fn read_certificates(entries: &[String]) -> Result<Vec<Certificate>, AppError> {
    let mut certificates = Vec::new();
    for entry in filled(entries) {
        let certificate = read_certificate(entry).ok_or_else(|| {
            wrong(
                "certificates",
                entry,
                [
                    "“燃气 至 2027-06-30”或“燃气 2026-01-01 至 2027-06-30”",
                    "`gas ~ 2027-06-30` or `gas 2026-01-01 ~ 2027-06-30`",
                ],
            )
        })?;
        short("certificates", &certificate.skill)?;
        certificates.push(certificate);
    }
    certificates.sort();
    certificates.dedup();
    if certificates.len() > CERTIFICATES_MAX {
        return Err(AppError::invalid(
            "certificates",
            "certificates_too_many",
            format!("一位师傅最多登记 {CERTIFICATES_MAX} 张证书，请删掉过期的。"),
            format!(
                "A technician has {CERTIFICATES_MAX} certificates at most. Remove those that are over."
            ),
        ));
    }
    Ok(certificates)
}

fn read_certificate(entry: &str) -> Option<Certificate> {
    const BETWEEN: &str = "~";
    let text = entry
        .trim()
        .replace(['至', '到', '～', '–', '—'], BETWEEN)
        .replace(" to ", BETWEEN)
        .replace(" until ", BETWEEN);
    // The days begin at the first four digits with a sign of a date behind them.
    let bytes = text.as_bytes();
    let dates = (0..bytes.len()).find(|&at| {
        let digits = bytes[at..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count();
        let before = at > 0 && bytes[at - 1].is_ascii_digit();
        digits == 4 && !before && text[at + 4..].starts_with(['-', '/', '.', '年'])
    })?;
    let skill = text[..dates].trim().trim_end_matches(BETWEEN).trim();
    let day = |text: &str| {
        let text = text.trim();
        (!text.contains(':'))
            .then(|| cell::time(text).ok())
            .flatten()
    };
    let (from, last) = match text[dates..].split_once(BETWEEN) {
        Some((from, last)) => (Some(day(from)?), day(last)?),
        None => (None, day(&text[dates..])?),
    };
    let until = last.plus_ms(DAY_MS);
    let sound = !skill.is_empty() && from.is_none_or(|from| from < until);
    sound.then(|| Certificate {
        skill: skill.to_owned(),
        from,
        until,
    })
}

fn read_end(text: &str) -> Result<Option<DayEnd>, AppError> {
    match text.trim().to_lowercase().as_str() {
        "" => return Ok(None),
        "home" | "家" | "回家" | "住处" => return Ok(Some(DayEnd::Home)),
        _ => {}
    }
    let place = text.split_once([',', '，']).and_then(|(latitude, rest)| {
        // The datum stands behind: `30.274085, 120.155070 gcj02`.
        let rest = rest.trim();
        let (longitude, datum) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        Some(cell::datum(datum.trim()).ok()?.to_wgs84(
            cell::degrees_e6(latitude.trim(), 90).ok()?,
            cell::degrees_e6(longitude.trim(), 180).ok()?,
        ))
    });
    match place {
        Some(place) => Ok(Some(DayEnd::At(place))),
        None => Err(wrong(
            "end",
            text,
            [
                "“回家”、“30.274085, 120.155070”（纬度在前；不是 WGS 84 的在后面写坐标系，例如 gcj02），或留空",
                "`home`, `30.274085, 120.155070` (latitude first; another datum than WGS 84 stands behind, such as gcj02), or nothing",
            ],
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn owned(entries: &[&str]) -> Vec<String> {
        entries.iter().map(|entry| (*entry).to_owned()).collect()
    }

    fn read(input: EquipmentInput) -> Result<Equipment, AppError> {
        Equipment::default().changed(&input, &owned(&["gas", "空调", "box"]))
    }

    #[test]
    fn equipment_is_read_as_shops_write_it_and_shown_so_that_it_is_read_again() {
        let equipment = read(EquipmentInput {
            levels: Some(owned(&["gas 2", "空调：3级", ""])),
            certificates: Some(owned(&[
                "gas ~ 2027-06-30",
                "空调 2026年1月1日至2027年6月30日",
                "gas 2026/1/1 to 2026/12/31",
            ])),
            stock: Some(owned(&[
                "valve x 3",
                "阀门×2",
                "box 4",
                "阀门 1个",
                "hose x 0",
            ])),
            end: Some("30.274085，120.15507".to_owned()),
            stock_before: None,
        })
        .expect("equipment");
        let view = equipment.view();
        assert_eq!(view.levels, ["gas 2", "空调 3"]);
        assert_eq!(
            view.certificates,
            [
                "gas ~ 2027-06-30",
                "gas 2026-01-01 ~ 2026-12-31",
                "空调 2026-01-01 ~ 2027-06-30"
            ]
        );
        assert_eq!(view.stock, ["box x 4", "valve x 3", "阀门 x 3"]);
        assert_eq!(view.end, "30.274085, 120.155070");
        let again = read(EquipmentInput {
            levels: Some(view.levels),
            certificates: Some(view.certificates),
            stock: Some(view.stock),
            end: Some(view.end),
            stock_before: None,
        });
        assert_eq!(again.expect("our own"), equipment);
        let stored = Equipment::stored(&equipment.to_value().expect("stored"));
        assert_eq!(stored, equipment);
        let kept = equipment.changed(&EquipmentInput::default(), &[]);
        assert_eq!(kept.expect("nothing was entered"), equipment);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let levels = |entry: &str| {
            let levels = Some(owned(&[entry]));
            read(EquipmentInput {
                levels,
                ..EquipmentInput::default()
            })
        };
        let certificates = |entry: &str| {
            let certificates = Some(owned(&[entry]));
            read(EquipmentInput {
                certificates,
                ..EquipmentInput::default()
            })
        };
        let stock = |entry: &str| {
            let stock = Some(owned(&[entry]));
            read(EquipmentInput {
                stock,
                ..EquipmentInput::default()
            })
        };
        let end = |entry: &str| {
            let end = Some(entry.to_owned());
            read(EquipmentInput {
                end,
                ..EquipmentInput::default()
            })
        };
        for (result, field, rule) in [
            (levels("gas"), "levels", "equipment"),
            (levels("2"), "levels", "equipment"),
            (levels("gas 10"), "levels", "skill_level"),
            (levels("water 2"), "levels", "equipment_skill"),
            (certificates("gas"), "certificates", "equipment"),
            (certificates("2027-06-30"), "certificates", "equipment"),
            (certificates("gas 2027-06-31"), "certificates", "equipment"),
            (
                certificates("gas 2027-06-30 ~ 2026-01-01"),
                "certificates",
                "equipment",
            ),
            (
                certificates("water ~ 2027-06-30"),
                "certificates",
                "equipment_skill",
            ),
            (stock("valve"), "stock", "equipment"),
            (stock("valve x 100001"), "stock", "parts_count"),
            (stock("valve x 99999999999"), "stock", "equipment"),
            (end("somewhere"), "end", "equipment"),
            (end("95.0, 10.0"), "end", "equipment"),
        ] {
            let error = result.expect_err(rule);
            assert_eq!(
                (error.field.as_deref(), error.rule.as_str()),
                (Some(field), rule)
            );
        }
    }

    #[test]
    fn a_list_of_parts_that_was_read_before_a_job_took_some_overwrites_nothing() {
        let van = |stock: &[&str]| {
            read(EquipmentInput {
                stock: Some(owned(stock)),
                ..EquipmentInput::default()
            })
            .expect("a van")
        };
        let now = van(&["valve x 1", "hose x 2"]);
        let change = |before: Option<&[&str]>, stock: &[&str]| {
            let input = EquipmentInput {
                stock: Some(owned(stock)),
                stock_before: before.map(owned),
                ..EquipmentInput::default()
            };
            let changed = now.changed(&input, &[]);
            changed
                .map(|changed| changed.view().stock)
                .map_err(|error| (error.field.unwrap_or_default(), error.rule, error.en))
        };
        let stays = Ok(now.view().stock);
        let earlier: &[&str] = &["valve x 3", "hose x 2"];
        // The form was sent for another field: what it repeats of the parts is old.
        assert_eq!(change(Some(earlier), earlier), stays);
        let (field, rule, en) = change(Some(earlier), &["valve x 4", "hose x 2"]).unwrap_err();
        assert_eq!((field.as_str(), rule.as_str()), ("stock", STOCK_MOVED));
        assert!(en.contains("hose x 2; valve x 1"), "{en}");
        // Two who wrote the same agree; whoever read what is there changes it, and so does whoever counted.
        let same: &[&str] = &["valve x 1", "hose x 2"];
        assert_eq!(change(Some(earlier), same), stays);
        for before in [Some(same), None] {
            let changed = change(before, &["valve x 4"]);
            assert_eq!(changed, Ok(owned(&["valve x 4"])));
        }
        let wrong = change(Some(&["valve"]), same).unwrap_err();
        assert_eq!(wrong.0, "stock_before");
    }

    #[test]
    fn a_certificate_counts_on_its_last_day_and_not_on_the_next() {
        let certificates = Some(owned(&["gas 2026-11-01 ~ 2026-11-30"]));
        let equipment = read(EquipmentInput {
            certificates,
            ..EquipmentInput::default()
        });
        let equipment = equipment.expect("equipment");
        let at = |text: &str| cell::time(text).expect("a time");
        for (time, counts) in [
            ("2026-10-31 23:59", false),
            ("2026-11-01 00:00", true),
            ("2026-11-30 23:59", true),
            ("2026-12-01 00:00", false),
        ] {
            assert_eq!(
                equipment.is_certified("gas", false, at(time)),
                counts,
                "{time}"
            );
        }
        let then = at("2026-11-10");
        assert!(equipment.is_certified("box", false, then), "none is needed");
        assert!(!equipment.is_certified("box", true, then), "one is needed");
    }

    #[test]
    fn the_need_of_the_kind_counts_before_that_of_every_kind() {
        let need = |kind, people| Need {
            kind,
            people,
            ..Need::usual("gas")
        };
        let needs = [need(None, 1), need(Some(WorkKind::Install), 2)];
        assert_eq!(Need::of(&needs, "gas", WorkKind::Install).people, 2);
        assert_eq!(Need::of(&needs, "gas", WorkKind::Repair).people, 1);
        assert_eq!(
            Need::of(&needs, "lamp", WorkKind::Install),
            Need::usual("lamp")
        );
        let twice = [needs[1].input(), needs[1].input()];
        assert_eq!(
            Need::read_all(&twice).expect_err("twice").rule,
            "need_twice"
        );
        let three = NeedInput {
            people: 3,
            ..needs[0].input()
        };
        assert_eq!(Need::read(&three).expect_err("three").rule, "need_people");
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer(text in ".{0,40}") {
            let entries = Some(vec![text.clone()]);
            let _ = read(EquipmentInput {
                levels: entries.clone(),
                certificates: entries.clone(),
                stock: entries.clone(),
                stock_before: entries,
                end: Some(text),
            });
        }
    }
}
