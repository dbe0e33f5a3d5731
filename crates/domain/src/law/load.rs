//! Reads a law pack and refuses what is not a dated, sourced fact. Every problem is told at once,
//! each with the row it is in.

use super::{
    FraudThreshold, Instrument, LastDay, LawPack, Read, Row, Source, Status, StatutoryDay, Tiers,
    Validity, Value, YearOfDays,
};
use crate::day::Day;
use crate::limits::{LAW_ROWS_MAX, LAW_TEXT_BYTES_MAX, LAW_WORDS_CHARS_MAX};
use crate::refused::Refused;
use crate::words::Words;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The rules by which a law pack is refused.
pub const RULES: &[&str] = &[
    "law_form",
    "law_row_without_source",
    "law_row_without_checked_date",
    "law_row_incomplete",
    "law_date_not_valid",
    "law_id_taken",
    "law_instrument_unknown",
    "law_threshold_not_valid",
    "law_too_large",
];

/// The word for what nobody read.
const UNKNOWN: &str = "unknown";

/// The articles that ship with this program.
const ARTICLES: &str = include_str!("../../data/law/articles.toml");
/// The provincial numbers that ship with this program.
const THRESHOLDS: &str = include_str!("../../data/law/fraud_thresholds.toml");
/// The statutory days that ship with this program.
const DAYS: &str = include_str!("../../data/law/statutory_days.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArticles {
    id: String,
    version: String,
    sources: BTreeMap<String, String>,
    #[serde(default)]
    instrument: Vec<RawInstrument>,
    #[serde(default)]
    row: Vec<RawRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInstrument {
    key: String,
    zh: String,
    en: String,
    number: String,
    from: Option<String>,
    to: Option<String>,
    from_source: Option<String>,
    province: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    id: String,
    topic: Option<String>,
    status: Option<Status>,
    source: Option<String>,
    checked: Option<String>,
    from: Option<String>,
    to: Option<String>,
    value: Option<Value>,
    zh: Option<String>,
    en: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThresholds {
    sources: BTreeMap<String, String>,
    threshold: Vec<RawThreshold>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawThreshold {
    province: String,
    zh: String,
    en: String,
    area_zh: Option<String>,
    area_en: Option<String>,
    from: Option<String>,
    to: Option<String>,
    large: toml::Value,
    huge: toml::Value,
    special: toml::Value,
    status: Option<Status>,
    source: Option<String>,
    checked: Option<String>,
    note_zh: String,
    note_en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDays {
    sources: BTreeMap<String, String>,
    year: Vec<RawYear>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawYear {
    year: i64,
    notice: String,
    status: Option<Status>,
    source: Option<String>,
    checked: Option<String>,
    days: Vec<RawDay>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDay {
    date: String,
    zh: String,
    en: String,
}

/// What is wrong with a pack.
#[derive(Default)]
struct Problems(Vec<Refused>);

impl Problems {
    fn add(&mut self, rule: &'static str, place: &str, zh: &str, en: &str) {
        self.0.push(Refused::new(
            rule,
            format!("法律包中 {place}：{zh}"),
            format!("In the law pack, {place}: {en}"),
        ));
    }

    /// A day, or the word unknown.
    fn day(&mut self, place: &str, field: &str, text: &str) -> Read<Day> {
        if text == UNKNOWN {
            return Read::Unknown;
        }
        Day::parse(text).map_or_else(
            || {
                self.add(
                    "law_date_not_valid",
                    place,
                    &format!("{field} 的“{text}”不是日期，请写成 2026-02-01，不知道就写 unknown。"),
                    &format!(
                        "`{field}` is `{text}`, which is no day: write 2026-02-01, or unknown."
                    ),
                );
                Read::Unknown
            },
            Read::Known,
        )
    }

    /// From when to when; a row takes what it leaves out from its instrument.
    fn validity(
        &mut self,
        place: &str,
        from: Option<&str>,
        to: Option<&str>,
        outer: Option<Validity>,
    ) -> Validity {
        let from = match (from, outer) {
            (Some(text), _) => self.day(place, "from", text),
            (None, Some(outer)) => outer.from,
            (None, None) => {
                self.add(
                    "law_row_incomplete",
                    place,
                    "缺少起始日 from，不知道就写 unknown。",
                    "`from` is missing: write a day, or unknown.",
                );
                Read::Unknown
            }
        };
        let to = match (to, outer) {
            (Some(text), _) => match self.day(place, "to", text) {
                Read::Known(day) => LastDay::Known(day),
                Read::Unknown => LastDay::Unknown,
            },
            (None, Some(outer)) => outer.to,
            (None, None) => LastDay::Open,
        };
        if let (Read::Known(from), LastDay::Known(to)) = (from, to)
            && to < from
        {
            self.add(
                "law_date_not_valid",
                place,
                "结束日早于起始日。",
                "it ends before it begins.",
            );
        }
        Validity { from, to }
    }

    /// Status, source and checked date: a fact has all three; what is unknown says so.
    fn standing_of(
        &mut self,
        place: &str,
        sources: &BTreeMap<String, String>,
        (status, source, checked): (Option<Status>, Option<&str>, Option<&str>),
    ) -> (Status, Option<Source>, Read<Day>) {
        let status = status.unwrap_or_else(|| {
            self.add(
                "law_row_incomplete",
                place,
                "缺少 status（verified、secondary 或 unknown）。",
                "`status` is missing: verified, secondary or unknown.",
            );
            Status::Unknown
        });
        let key = source.map(str::trim).filter(|key| !key.is_empty());
        let what = key.and_then(|key| sources.get(key));
        let source = key.zip(what).map(|(key, what)| Source {
            key: key.to_owned(),
            what: what.clone(),
        });
        let says_unknown = key == Some(UNKNOWN) && status == Status::Unknown;
        if source.is_none() && !says_unknown {
            self.add(
                "law_row_without_source",
                place,
                "没有来源：source 须是来源表中的一项；没查到的，status 和 source 都写 unknown。",
                "it has no source: name one of the table of sources, or write unknown for both `status` and `source`.",
            );
        }
        let checked = match checked.map(str::trim).filter(|text| !text.is_empty()) {
            Some(text) => self.day(place, "checked", text),
            None => {
                self.add(
                    "law_row_without_checked_date",
                    place,
                    "没有核对日期 checked；没查到的写 unknown。",
                    "it has no `checked` date: write the day it was read, or unknown.",
                );
                return (status, source, Read::Unknown);
            }
        };
        if checked == Read::Unknown && status != Status::Unknown {
            self.add(
                "law_row_without_checked_date",
                place,
                "标为已读，却没有核对日期。",
                "it counts as read, and its `checked` date is not a day.",
            );
        }
        (status, source, checked)
    }

    /// Words in both languages, neither empty nor endless.
    fn words(&mut self, place: &str, zh: Option<&str>, en: Option<&str>) -> Words {
        let (zh, en) = (zh.unwrap_or_default().trim(), en.unwrap_or_default().trim());
        let fits = |text: &str| (1..=LAW_WORDS_CHARS_MAX).contains(&text.chars().count());
        if !fits(zh) || !fits(en) {
            self.add(
                "law_row_incomplete",
                place,
                &format!("中文和英文说明都要有，且不超过 {LAW_WORDS_CHARS_MAX} 字。"),
                &format!(
                    "it needs words in Chinese and in English, {LAW_WORDS_CHARS_MAX} characters at most."
                ),
            );
        }
        Words {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }

    /// Whole yuan, or the word unknown.
    fn yuan(&mut self, place: &str, field: &str, value: &toml::Value) -> Read<u64> {
        match value {
            toml::Value::Integer(number) if *number > 0 => {
                Read::Known(u64::try_from(*number).unwrap_or(0))
            }
            toml::Value::String(word) if word == UNKNOWN => Read::Unknown,
            _ => {
                self.add(
                    "law_threshold_not_valid",
                    place,
                    &format!("{field} 须是正整数（元），不知道就写 unknown。"),
                    &format!("`{field}` must be whole yuan above nothing, or unknown."),
                );
                Read::Unknown
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_province(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) && code.ends_with("0000")
}

fn read<T: serde::de::DeserializeOwned>(
    name: &str,
    text: &str,
    problems: &mut Problems,
) -> Option<T> {
    if text.len() > LAW_TEXT_BYTES_MAX {
        problems.add(
            "law_too_large",
            name,
            &format!("文件超过 {LAW_TEXT_BYTES_MAX} 字节。"),
            &format!("it is larger than {LAW_TEXT_BYTES_MAX} bytes."),
        );
        return None;
    }
    match toml::from_str(text) {
        Ok(raw) => Some(raw),
        Err(error) => {
            problems.add(
                "law_form",
                name,
                &format!("格式不对：{error}"),
                &format!("its form is wrong: {error}"),
            );
            None
        }
    }
}

impl LawPack {
    /// The pack that ships with this program.
    ///
    /// # Errors
    /// Never for the shipped text: a test reads it.
    pub fn shipped() -> Result<Self, Vec<Refused>> {
        Self::read(ARTICLES, THRESHOLDS, DAYS)
    }

    /// Reads a pack from the texts of its three files: articles, provincial numbers, statutory days.
    ///
    /// # Errors
    /// Everything that is wrong, each by a rule of [`RULES`] and with the row it is in.
    pub fn read(articles: &str, thresholds: &str, days: &str) -> Result<Self, Vec<Refused>> {
        let mut problems = Problems::default();
        let articles: Option<RawArticles> = read("articles", articles, &mut problems);
        let thresholds: Option<RawThresholds> = read("fraud_thresholds", thresholds, &mut problems);
        let days: Option<RawDays> = read("statutory_days", days, &mut problems);
        let (Some(articles), Some(thresholds), Some(days)) = (articles, thresholds, days) else {
            return Err(problems.0);
        };
        if articles.row.len() > LAW_ROWS_MAX || thresholds.threshold.len() > LAW_ROWS_MAX {
            problems.add(
                "law_too_large",
                "rows",
                &format!("条目超过 {LAW_ROWS_MAX} 条。"),
                &format!("there are more than {LAW_ROWS_MAX} rows."),
            );
            return Err(problems.0);
        }
        if articles.id.trim().is_empty() || articles.version.trim().is_empty() {
            problems.add(
                "law_form",
                "articles",
                "法律包须有编号和版本。",
                "a law pack needs an id and a version.",
            );
        }
        let instruments = instruments(&articles, &mut problems);
        let rows = rows(&articles, &instruments, &mut problems);
        let pack = Self {
            id: articles.id,
            version: articles.version,
            instruments,
            rows,
            thresholds: thresholds_of(thresholds, &mut problems),
            years: years_of(days, &mut problems),
        };
        if problems.0.is_empty() {
            Ok(pack)
        } else {
            Err(problems.0)
        }
    }
}

fn instruments(articles: &RawArticles, problems: &mut Problems) -> BTreeMap<String, Instrument> {
    let mut instruments = BTreeMap::new();
    for raw in &articles.instrument {
        let place = format!("instrument `{}`", raw.key);
        let validity = problems.validity(&place, raw.from.as_deref(), raw.to.as_deref(), None);
        let name = problems.words(&place, Some(&raw.zh), Some(&raw.en));
        let province_valid = raw.province.as_deref().is_none_or(is_province);
        if !is_name(&raw.key) || !province_valid || raw.number.trim().is_empty() {
            problems.add(
                "law_form",
                &place,
                "key 只用小写字母、数字和下划线，number 不能空，province 是六位省级代码。",
                "`key` has lower-case letters, digits and underscores, `number` is not empty, `province` is a province's six digits.",
            );
        }
        if let Some(source) = &raw.from_source
            && !articles.sources.contains_key(source)
        {
            problems.add(
                "law_row_without_source",
                &place,
                "from_source 不在来源表中。",
                "`from_source` is not in the table of sources.",
            );
        }
        let instrument = Instrument {
            key: raw.key.clone(),
            zh: name.zh,
            en: name.en,
            number: raw.number.clone(),
            validity,
            province: raw.province.clone(),
        };
        if instruments.insert(raw.key.clone(), instrument).is_some() {
            problems.add("law_id_taken", &place, "编号重复。", "its key is taken.");
        }
    }
    instruments
}

fn rows(
    articles: &RawArticles,
    instruments: &BTreeMap<String, Instrument>,
    problems: &mut Problems,
) -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for raw in &articles.row {
        let place = format!("row `{}`", raw.id);
        let key = raw.id.split_once('/').map_or("", |(key, _)| key);
        let Some(instrument) = instruments.get(key) else {
            problems.add(
                "law_instrument_unknown",
                &place,
                "编号须以已列出的法规开头，如 consumer/25。",
                "its id must begin with an instrument that is listed, such as consumer/25.",
            );
            continue;
        };
        let (status, source, checked) = problems.standing_of(
            &place,
            &articles.sources,
            (raw.status, raw.source.as_deref(), raw.checked.as_deref()),
        );
        let validity = problems.validity(
            &place,
            raw.from.as_deref(),
            raw.to.as_deref(),
            Some(instrument.validity),
        );
        let topic = raw.topic.clone().unwrap_or_default();
        if !is_name(&topic) {
            problems.add(
                "law_row_incomplete",
                &place,
                "topic 缺失，或者不是小写字母、数字和下划线。",
                "`topic` is missing, or not in lower-case letters, digits and underscores.",
            );
        }
        let words = problems.words(&place, raw.zh.as_deref(), raw.en.as_deref());
        let row = Row {
            id: raw.id.clone(),
            instrument: key.to_owned(),
            topic,
            validity,
            province: instrument.province.clone(),
            status,
            source,
            checked,
            value: raw.value,
            zh: words.zh,
            en: words.en,
        };
        if rows.insert(raw.id.clone(), row).is_some() {
            problems.add("law_id_taken", &place, "编号重复。", "its id is taken.");
        }
    }
    rows
}

fn thresholds_of(raw: RawThresholds, problems: &mut Problems) -> Vec<FraudThreshold> {
    let mut thresholds: Vec<FraudThreshold> = Vec::new();
    for one in raw.threshold {
        let place = format!("threshold of `{}` {}", one.province, one.en);
        if !is_province(&one.province) {
            problems.add(
                "law_threshold_not_valid",
                &place,
                "province 须是六位省级代码。",
                "`province` must be a province's six digits.",
            );
        }
        let (status, source, checked) = problems.standing_of(
            &place,
            &raw.sources,
            (one.status, one.source.as_deref(), one.checked.as_deref()),
        );
        let validity = problems.validity(&place, one.from.as_deref(), one.to.as_deref(), None);
        let tiers = Tiers {
            large: problems.yuan(&place, "large", &one.large),
            huge: problems.yuan(&place, "huge", &one.huge),
            special: problems.yuan(&place, "special", &one.special),
        };
        let numbers: Vec<u64> = [tiers.large, tiers.huge, tiers.special]
            .into_iter()
            .filter_map(Read::known)
            .collect();
        let rising = numbers.windows(2).all(|pair| pair[0] < pair[1]);
        let settled = status != Status::Unknown;
        if !rising || settled == numbers.is_empty() {
            problems.add(
                "law_threshold_not_valid",
                &place,
                "三档须依次升高；已读到的要有数额，未知的不能有数额。",
                "the three tiers must rise; one that was read has numbers, one that is unknown has none.",
            );
        }
        thresholds.push(FraudThreshold {
            name: problems.words(&place, Some(&one.zh), Some(&one.en)),
            area: (one.area_zh.is_some() || one.area_en.is_some())
                .then(|| problems.words(&place, one.area_zh.as_deref(), one.area_en.as_deref())),
            note: problems.words(&place, Some(&one.note_zh), Some(&one.note_en)),
            province: one.province,
            validity,
            tiers,
            status,
            source,
            checked,
        });
    }
    thresholds
}

fn years_of(raw: RawDays, problems: &mut Problems) -> Vec<YearOfDays> {
    let mut seen = BTreeSet::new();
    let mut years = Vec::new();
    for one in raw.year {
        let place = format!("year {}", one.year);
        if !seen.insert(one.year) {
            problems.add(
                "law_id_taken",
                &place,
                "年份重复。",
                "the year is there twice.",
            );
        }
        let (status, source, checked) = problems.standing_of(
            &place,
            &raw.sources,
            (one.status, one.source.as_deref(), one.checked.as_deref()),
        );
        let mut days = Vec::new();
        for day in &one.days {
            let name = problems.words(&place, Some(&day.zh), Some(&day.en));
            let date = problems.day(&place, "date", &day.date).known();
            match date.filter(|date| date.to_string().starts_with(&format!("{:04}-", one.year))) {
                Some(date) => days.push(StatutoryDay { date, name }),
                None => problems.add(
                    "law_date_not_valid",
                    &place,
                    &format!("“{}”不是这一年的日期。", day.date),
                    &format!("`{}` is no day of that year.", day.date),
                ),
            }
        }
        years.push(YearOfDays {
            year: one.year,
            notice: Some(one.notice).filter(|notice| notice != UNKNOWN),
            status,
            source,
            checked,
            days,
        });
    }
    years
}
