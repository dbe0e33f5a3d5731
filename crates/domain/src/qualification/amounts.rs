//! Amounts of several acts, added up as the law does, and held against tiers.

use super::Matter;
use crate::day::Day;
use crate::law::{LawPack, Read, Standing, Status, Tiers, Value};
use crate::money::Fen;
use crate::words::Words;
use serde::{Deserialize, Serialize};

/// Fen in a yuan.
const FEN: i64 = 100;
/// The row that says within how many years acts of network fraud are added up.
const NETWORK_WINDOW: &str = "telecom_opinion/cumulation";
/// Months of a year.
const MONTHS: u32 = 12;

/// The amounts of a matter. Acts that an authority dealt with are not counted again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amounts {
    /// Acts that are named.
    pub acts: usize,
    /// Acts left out because an authority dealt with them.
    pub dealt_with: usize,
    /// Acts of which nobody knows what they obtained.
    pub unknown: usize,
    /// The largest amount that one act obtained.
    pub largest: Fen,
    /// What all acts obtained together.
    pub together: Fen,
    /// The same, of acts within the window for network fraud before the latest (two years, read
    /// second-hand).
    pub within_network_window: Fen,
    /// The largest amount that an act asked for and did not obtain.
    pub largest_attempt: Fen,
}

impl Amounts {
    pub(super) fn of(law: &LawPack, matter: &Matter) -> Self {
        let mut amounts = Self {
            acts: matter.acts.len(),
            ..Self::default()
        };
        let latest = matter.acts.iter().filter_map(|act| act.on).max();
        let months = match law.row(NETWORK_WINDOW).and_then(|row| row.value) {
            Some(Value::Years { count }) => Some(count.saturating_mul(MONTHS)),
            _ => None,
        };
        let since = latest
            .zip(months)
            .map(|(day, months)| day.minus_months(months));
        for act in &matter.acts {
            if act.dealt_with == Some(true) {
                amounts.dealt_with += 1;
                continue;
            }
            let Some(obtained) = act.obtained else {
                amounts.unknown += 1;
                continue;
            };
            let obtained = obtained.max(Fen::ZERO);
            amounts.largest = amounts.largest.max(obtained);
            amounts.together = add(amounts.together, obtained);
            let in_window = match (act.on, since) {
                (Some(on), Some(since)) => on > since,
                _ => false,
            };
            if in_window {
                amounts.within_network_window = add(amounts.within_network_window, obtained);
            }
            if obtained == Fen::ZERO {
                let sought = act.sought.unwrap_or(Fen::ZERO);
                amounts.largest_attempt = amounts.largest_attempt.max(sought);
            }
        }
        amounts
    }
}

fn add(one: Fen, other: Fen) -> Fen {
    one.checked_add(other).unwrap_or(Fen(i64::MAX))
}

/// Which tier an amount reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// Below where "large" starts.
    Below,
    /// 数额较大
    Large,
    /// 数额巨大
    Huge,
    /// 数额特别巨大
    Special,
    /// It depends on a number that is unknown.
    Unknown,
}

impl Reached {
    /// In words.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Below => ("未达到数额较大", "below \"large\""),
            Self::Large => ("数额较大", "large"),
            Self::Huge => ("数额巨大", "huge"),
            Self::Special => ("数额特别巨大", "especially huge"),
            Self::Unknown => ("未知", "unknown"),
        }
    }
}

/// One set of numbers, and what the amount reaches by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierFigure {
    /// For which cities, if not for the whole province.
    pub area: Option<Words>,
    /// The numbers, in whole yuan.
    pub tiers: Tiers,
    /// How well they are known.
    pub status: Status,
    /// Whether they hold on the day of the act.
    pub standing: Standing,
    /// Where they come from.
    pub note: Words,
    /// What the amount reaches by them.
    pub reached: Reached,
}

/// What an amount reaches whatever number a province chose within the band of 2011.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// It reaches this tier in every province.
    pub least: Reached,
    /// It reaches no higher tier in any province.
    pub most: Reached,
}

/// An amount against every set of numbers that may hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierAnswer {
    /// The amount that was compared.
    pub amount: Fen,
    /// What it reaches whatever the province's number is.
    pub band: Band,
    /// By each set of numbers that was read.
    pub figures: Vec<TierFigure>,
}

impl TierAnswer {
    /// What can be said: the band's answer where it needs no number; else the one that all sets of
    /// numbers agree on; else unknown.
    #[must_use]
    pub fn reached(&self) -> Reached {
        if self.band.least == self.band.most {
            return self.band.least;
        }
        let mut answers = self.figures.iter().map(|figure| figure.reached);
        match answers.next() {
            Some(first) if answers.all(|other| other == first) => first,
            _ => Reached::Unknown,
        }
    }
}

/// What an amount reaches by one set of numbers.
pub(super) fn reached_by(amount: Fen, tiers: Tiers) -> Reached {
    let at_least = |yuan: Read<u64>| yuan.known().map(|yuan| amount >= fen(yuan));
    match (
        at_least(tiers.large),
        at_least(tiers.huge),
        at_least(tiers.special),
    ) {
        (_, _, Some(true)) => Reached::Special,
        (_, Some(true), Some(false)) => Reached::Huge,
        (Some(true), Some(false), _) => Reached::Large,
        (Some(false), _, _) => Reached::Below,
        _ => Reached::Unknown,
    }
}

fn fen(yuan: u64) -> Fen {
    Fen(i64::try_from(yuan)
        .unwrap_or(i64::MAX / FEN)
        .saturating_mul(FEN))
}

/// The band of a row, in whole yuan: where it may start at the least and at the most.
fn band(law: &LawPack, id: &str) -> Option<(u64, u64)> {
    match law.row(id)?.value? {
        Value::Yuan {
            least: Some(least),
            most,
        } => Some((least, most.unwrap_or(least))),
        _ => None,
    }
}

/// What an amount reaches whatever a province chose, by the rows of the interpretation of 2011.
/// Without such a row nothing is excluded.
pub(super) fn in_band(law: &LawPack, amount: Fen) -> Band {
    let mut answer = Band {
        least: Reached::Below,
        most: Reached::Below,
    };
    for (id, reached) in [
        ("fraud_interpretation/1-large", Reached::Large),
        ("fraud_interpretation/1-huge", Reached::Huge),
        ("fraud_interpretation/1-special", Reached::Special),
    ] {
        let (least, most) = band(law, id).unwrap_or((0, u64::MAX));
        if amount >= fen(most) {
            answer.least = reached;
        }
        if amount >= fen(least) {
            answer.most = reached;
        }
    }
    answer
}

/// Everything that can be said about an amount in a province on a day.
pub(super) fn by_province(
    law: &LawPack,
    amount: Fen,
    province: Option<&str>,
    day: Day,
) -> TierAnswer {
    let figures = province
        .into_iter()
        .flat_map(|code| law.fraud_thresholds_on(code, day))
        .map(|(threshold, standing)| TierFigure {
            area: threshold.area.clone(),
            tiers: threshold.tiers,
            status: threshold.status,
            standing,
            note: threshold.note.clone(),
            reached: reached_by(amount, threshold.tiers),
        })
        .collect();
    TierAnswer {
        amount,
        band: in_band(law, amount),
        figures,
    }
}
