//! Numbers by province and by year: where amounts of fraud start, and the statutory days.

use super::{LawPack, Read, Source, Standing, Status, Validity};
use crate::day::Day;
use crate::words::Words;
use serde::{Deserialize, Serialize};

/// Where "large", "huge" and "especially huge" start, in whole yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tiers {
    /// 数额较大
    pub large: Read<u64>,
    /// 数额巨大
    pub huge: Read<u64>,
    /// 数额特别巨大
    pub special: Read<u64>,
}

/// A province's numbers. Whether one still holds today was checked for none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FraudThreshold {
    /// Six digits of the province (GB/T 2260).
    pub province: String,
    /// The province.
    pub name: Words,
    /// The cities it is for; `None` for the whole province.
    pub area: Option<Words>,
    /// From when to when.
    pub validity: Validity,
    /// The numbers.
    pub tiers: Tiers,
    /// How well they are known.
    pub status: Status,
    /// Where they were read; `None` is the word unknown.
    pub source: Option<Source>,
    /// When they were read there.
    pub checked: Read<Day>,
    /// The document, or what is missing.
    pub note: Words,
}

/// A day of rest by law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatutoryDay {
    /// The day.
    pub date: Day,
    /// Its name.
    pub name: Words,
}

/// The statutory days of a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearOfDays {
    /// The year.
    pub year: i64,
    /// Number of the notice that bridges them; `None` is the word unknown: no working day of that
    /// year is certain.
    pub notice: Option<String>,
    /// How well they are known.
    pub status: Status,
    /// Where they come from.
    pub source: Option<Source>,
    /// When that was checked.
    pub checked: Read<Day>,
    /// The days.
    pub days: Vec<StatutoryDay>,
}

impl LawPack {
    /// The numbers of a province that hold on a day, or may: never another province's, and never a
    /// number for a province whose own was not read. Several, where parts of it differ.
    pub fn fraud_thresholds_on<'a>(
        &'a self,
        province: &'a str,
        day: Day,
    ) -> impl Iterator<Item = (&'a FraudThreshold, Standing)> + 'a {
        self.thresholds
            .iter()
            .filter(move |threshold| threshold.province == province)
            .map(move |threshold| (threshold, threshold.validity.standing(day)))
            .filter(|(_, standing)| matches!(standing, Standing::InForce | Standing::Unknown))
    }

    /// Provinces by code, in the order of the pack.
    #[must_use]
    pub fn provinces(&self) -> Vec<(&str, &Words)> {
        let mut provinces: Vec<(&str, &Words)> = self
            .thresholds
            .iter()
            .map(|threshold| (threshold.province.as_str(), &threshold.name))
            .collect();
        provinces.dedup_by_key(|(code, _)| *code);
        provinces
    }

    /// Whether a day is a statutory day; `None` in a year that the pack does not have.
    #[must_use]
    pub fn is_statutory_day(&self, day: Day) -> Option<bool> {
        let text = day.to_string();
        let year: i64 = text.get(..4)?.parse().ok()?;
        let year = self.years.iter().find(|known| known.year == year)?;
        Some(year.days.iter().any(|known| known.date == day))
    }
}
