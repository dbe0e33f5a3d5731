//! Law as dated facts: what an article says in short, from when to when, where it was read and when.
//!
//! A law pack is data (`data/law/*.toml`), in our own words. What nobody read ships as *unknown* and
//! is never computed with. [`LawPack::law_on`] gives the rows of a day, [`LawPack::side_by_side`]
//! what changed between the act and the decision. None of it is legal advice.

mod load;
mod thresholds;

pub use load::RULES;
pub use thresholds::{FraudThreshold, StatutoryDay, Tiers, YearOfDays};

use crate::day::Day;
use crate::event::Citation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Prefix of a citation that names a row of law, such as `law:consumer/25`.
pub const CITES_LAW: &str = "law:";

/// A fact that was read, or the word `unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read<T> {
    /// Read in the source.
    Known(T),
    /// Not found, or not stated by the source.
    Unknown,
}

impl<T: Copy> Read<T> {
    /// The fact, if it was read.
    #[must_use]
    pub const fn known(self) -> Option<T> {
        match self {
            Self::Known(fact) => Some(fact),
            Self::Unknown => None,
        }
    }
}

/// The last day of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastDay {
    /// No end was read in a text that would have stated one.
    Open,
    /// The last day it held.
    Known(Day),
    /// It may have ended; nobody checked.
    Unknown,
}

/// How well a row is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The article's own text was read, in the copy that the source names.
    Verified,
    /// Only a commentary, a news report or a partial quotation was read.
    Secondary,
    /// Not found, or not settled.
    Unknown,
}

impl Status {
    /// The word beside a row, in Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Verified => ("已读原文（副本）", "text read in a copy"),
            Self::Secondary => ("仅据二手资料", "second-hand only"),
            Self::Unknown => ("未知", "unknown"),
        }
    }
}

/// From when to when something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Validity {
    /// The first day.
    pub from: Read<Day>,
    /// The last day.
    pub to: LastDay,
}

/// Whether something holds on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It begins later.
    NotYet,
    /// It holds, as far as was read.
    InForce,
    /// It has ended.
    Over,
    /// Its beginning or its end was not read: nobody may say.
    Unknown,
}

impl Standing {
    /// The word beside a row.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NotYet => ("尚未生效", "not yet in force"),
            Self::InForce => ("生效", "in force"),
            Self::Over => ("已失效", "over"),
            Self::Unknown => ("生效日期未核实", "dates not verified"),
        }
    }
}

impl Validity {
    /// Whether it holds on that day.
    #[must_use]
    pub fn standing(&self, day: Day) -> Standing {
        match (self.from, self.to) {
            (Read::Known(from), _) if day < from => Standing::NotYet,
            (_, LastDay::Known(to)) if day > to => Standing::Over,
            (Read::Known(_), LastDay::Open | LastDay::Known(_)) => Standing::InForce,
            _ => Standing::Unknown,
        }
    }
}

/// How a fine stands beside detention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FineRule {
    /// The fine may be added to detention.
    MayBeAdded,
    /// The fine is added to detention.
    Added,
    /// A fine instead of detention.
    Instead,
}

/// The number of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Value {
    /// Natural days.
    Days { count: u32 },
    /// Working days.
    WorkingDays { count: u32 },
    /// Months.
    Months { count: u32 },
    /// Years.
    Years { count: u32 },
    /// How often.
    Times { count: u32 },
    /// Whole yuan.
    Yuan {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        least: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<u64>,
    },
    /// Where three tiers start, in whole yuan.
    Tiers { large: u64, huge: u64, special: u64 },
    /// A public-security sanction.
    Sanction {
        detention_days_least: u32,
        detention_days_most: u32,
        fine_yuan_most: u64,
        fine: FineRule,
    },
}

/// Where a row was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The key of the pack's table of sources.
    pub key: String,
    /// What it is.
    pub what: String,
}

/// A law, regulation or interpretation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// Its key, the first part of the ids of its rows.
    pub key: String,
    /// Its official name.
    pub zh: String,
    /// The name in English, ours.
    pub en: String,
    /// Its number, or the word `unknown`.
    pub number: String,
    /// From when to when it holds.
    pub validity: Validity,
    /// Six digits of a province; `None` for the whole country.
    pub province: Option<String>,
}

/// One fact of law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// `instrument/article`, such as `consumer/25`.
    pub id: String,
    /// Key of the instrument.
    pub instrument: String,
    /// What it is about; rows of one topic replace or complete each other.
    pub topic: String,
    /// From when to when it holds.
    pub validity: Validity,
    /// Six digits of a province; `None` for the whole country.
    pub province: Option<String>,
    /// How well it is known.
    pub status: Status,
    /// Where it was read; `None` is the word unknown.
    pub source: Option<Source>,
    /// When it was read there.
    pub checked: Read<Day>,
    /// Its number, if it has one.
    pub value: Option<Value>,
    /// What it says, in our words.
    pub zh: String,
    /// What it says, in our words.
    pub en: String,
}

impl Row {
    /// The article, such as `25`.
    #[must_use]
    pub fn article(&self) -> &str {
        self.id.split_once('/').map_or("", |(_, article)| article)
    }

    /// The citation of this row as the law of that day.
    #[must_use]
    pub fn citation(&self, day: Day) -> Citation {
        Citation {
            rule: format!("{CITES_LAW}{}", self.id),
            version: day.to_string(),
        }
    }
}

/// A row and whether it holds on the day that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowOn<'a> {
    /// The row.
    pub row: &'a Row,
    /// `InForce`, or `Unknown` where its dates were not read.
    pub standing: Standing,
}

/// One topic on two days, where a change lies between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideBySide<'a> {
    /// The topic.
    pub topic: &'a str,
    /// Its rows on the day of the act.
    pub at_act: Vec<RowOn<'a>>,
    /// Its rows on the day of the decision.
    pub at_decision: Vec<RowOn<'a>>,
}

/// A pack of law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawPack {
    /// Its id, such as `cn`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Laws by key.
    pub instruments: BTreeMap<String, Instrument>,
    /// Rows by id.
    pub rows: BTreeMap<String, Row>,
    /// Where amounts of fraud start, by province.
    pub thresholds: Vec<FraudThreshold>,
    /// Statutory days by year.
    pub years: Vec<YearOfDays>,
}

impl LawPack {
    /// The row of an id, with or without `law:` before it.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.rows.get(id.strip_prefix(CITES_LAW).unwrap_or(id))
    }

    /// Rows that hold on a day, and those of which nobody can say so: the whole country's, and the
    /// province's if one is given.
    pub fn law_on<'a>(
        &'a self,
        day: Day,
        province: Option<&'a str>,
    ) -> impl Iterator<Item = RowOn<'a>> + 'a {
        self.rows
            .values()
            .filter(move |row| row.province.is_none() || row.province.as_deref() == province)
            .map(move |row| RowOn {
                row,
                standing: row.validity.standing(day),
            })
            .filter(|on| matches!(on.standing, Standing::InForce | Standing::Unknown))
    }

    /// The rows of a topic on a day.
    #[must_use]
    pub fn topic_on<'a>(
        &'a self,
        topic: &str,
        day: Day,
        province: Option<&'a str>,
    ) -> Vec<RowOn<'a>> {
        self.law_on(day, province)
            .filter(|on| on.row.topic == topic)
            .collect()
    }

    /// Every topic of `topics` (of the whole pack if it is empty) whose rows differ between the two
    /// days. Which law a decision applies is for a human: 行政处罚法 art. 37 compares both.
    #[must_use]
    pub fn side_by_side<'a>(
        &'a self,
        topics: &[&str],
        act: Day,
        decision: Day,
        province: Option<&'a str>,
    ) -> Vec<SideBySide<'a>> {
        let mut by_topic: BTreeMap<&str, SideBySide<'a>> = BTreeMap::new();
        for (day, late) in [(act, false), (decision, true)] {
            for on in self.law_on(day, province) {
                let topic = on.row.topic.as_str();
                if !topics.is_empty() && !topics.contains(&topic) {
                    continue;
                }
                let entry = by_topic.entry(topic).or_insert_with(|| SideBySide {
                    topic,
                    at_act: Vec::new(),
                    at_decision: Vec::new(),
                });
                if late {
                    entry.at_decision.push(on);
                } else {
                    entry.at_act.push(on);
                }
            }
        }
        by_topic
            .into_values()
            .filter(|both| {
                let ids = |rows: &[RowOn<'a>]| {
                    rows.iter()
                        .map(|on| (on.row.id.clone(), on.standing))
                        .collect::<Vec<_>>()
                };
                ids(&both.at_act) != ids(&both.at_decision)
            })
            .collect()
    }
}
