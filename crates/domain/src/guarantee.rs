//! What stands behind one item with a serial number on a day: its warranty, the periods of 三包 and what they give, with the
//! reasons. Computed of the item's history and the law pack alone. What nobody read is *unknown*, never *no*; and whatever a
//! law gives is for a person to grant: nothing here decides a claim.

use crate::day::Day;
use crate::event::Citation;
use crate::law::{LawPack, Row, Standing, Status, Value};
use crate::words::Words;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Goods by the provisions on repair, exchange and return that are about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goods {
    /// On the list of 1995, as far as that was read: television sets, refrigerators, washing machines, air conditioners,
    /// video recorders, bicycles.
    #[serde(rename = "listed_1995")]
    Listed1995,
    /// Mobile phones.
    Mobile,
    /// Fixed phones.
    Landline,
    /// Microcomputers.
    Computer,
    /// Home audio and video goods.
    AudioVideo,
    /// Household cars.
    Car,
    /// Somebody looked, and no such provisions are about them: what the seller promised counts.
    Unlisted,
}

impl Goods {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Listed1995,
        Self::Mobile,
        Self::Landline,
        Self::Computer,
        Self::AudioVideo,
        Self::Car,
        Self::Unlisted,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listed1995 => "listed_1995",
            Self::Mobile => "mobile",
            Self::Landline => "landline",
            Self::Computer => "computer",
            Self::AudioVideo => "audio_video",
            Self::Car => "car",
            Self::Unlisted => "unlisted",
        }
    }

    /// The kind of a category of the catalogue: its stable name, or a word that leaves no doubt. None where nobody can say
    /// so, which is neither yes nor no.
    #[must_use]
    pub fn of_category(category: &str) -> Option<Self> {
        let word = category.trim().to_lowercase();
        let known = Self::ALL.into_iter().find(|goods| goods.name() == word);
        known.or_else(|| {
            Some(match word.as_str() {
                "电视机" | "彩色电视机" | "television" | "电冰箱" | "冰箱" | "家用电冰箱"
                | "refrigerator" | "洗衣机" | "washing_machine" | "washing machine" | "空调"
                | "空调器" | "家用空调器" | "air_conditioner" | "air conditioner" | "录像机"
                | "video_recorder" | "自行车" | "bicycle" => Self::Listed1995,
                "手机" | "移动电话" | "移动电话机" | "mobile_phone" | "mobile phone" => {
                    Self::Mobile
                }
                "固定电话" | "固定电话机" | "座机" => Self::Landline,
                "电脑" | "微型计算机" | "笔记本电脑" | "laptop" => Self::Computer,
                "家用视听" | "家用视听商品" => Self::AudioVideo,
                "家用汽车" => Self::Car,
                _ => return None,
            })
        })
    }

    const fn instrument(self) -> Option<&'static str> {
        match self {
            Self::Listed1995 => Some("three_guarantees_1995"),
            Self::Mobile => Some("three_guarantees_mobile"),
            Self::Landline => Some("three_guarantees_landline"),
            Self::Computer => Some("three_guarantees_computer"),
            Self::AudioVideo => Some("three_guarantees_audio_video"),
            Self::Car => Some("three_guarantees_car"),
            Self::Unlisted => None,
        }
    }
}

/// A repair of the item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The day on which it was asked for: from then on the item is away.
    pub from: Day,
    /// The day on which it was done; none while it is under way.
    pub until: Option<Day>,
    /// It did not help, or did not hold.
    pub failed: bool,
    /// It waits for a part.
    pub waits_for_parts: bool,
    /// Parts that had failed and were replaced.
    pub replaced: BTreeSet<String>,
}

/// What is known of an item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// None where nobody can say which provisions are about it.
    pub goods: Option<Goods>,
    /// The day of the sale.
    pub bought: Option<Day>,
    /// The day of delivery.
    pub delivered: Option<Day>,
    /// The day on which it was handed over in exchange for another one.
    pub exchanged: Option<Day>,
    /// Days for which the seller promised a warranty.
    pub promised_days: Option<u32>,
    /// Its repairs, in any order.
    pub repairs: Vec<Repair>,
}

/// Whether the warranty covers a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covered {
    Yes,
    No,
    /// A date, the category or the law is not known well enough: a person looks.
    Unknown,
}

impl Covered {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// What may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    Repair,
    Exchange,
    Return,
}

impl Remedy {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Repair => "repair",
            Self::Exchange => "exchange",
            Self::Return => "return",
        }
    }
}

/// Why it may be asked for, or what a period is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    FirstWeek,
    FirstFortnight,
    Warranty,
    FailedRepairs,
    PartsWait,
}

impl Ground {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FirstWeek => "first_week",
            Self::FirstFortnight => "first_fortnight",
            Self::Warranty => "warranty",
            Self::FailedRepairs => "failed_repairs",
            Self::PartsWait => "parts_wait",
        }
    }
}

/// Something that may be asked for on that day; a person grants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    pub remedy: Remedy,
    pub ground: Ground,
    /// The row of law; none where the seller's promise is all there is.
    pub law: Option<Citation>,
}

/// A period with its last day; none where it is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub ground: Ground,
    pub last: Option<Day>,
}

/// A sentence of the answer, with the row of law that it goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    pub words: Words,
    pub law: Option<Citation>,
}

/// The answer for a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    pub on: Day,
    pub covered: Covered,
    /// From when the warranty counts.
    pub start: Option<Day>,
    /// Its last day, with the days in repair added.
    pub until: Option<Day>,
    /// Days in repair that do not count.
    pub away_days: u32,
    pub rights: Vec<Right>,
    pub periods: Vec<Period>,
    pub reasons: Vec<Reason>,
    /// Parts that were replaced in two repairs or more since the warranty began.
    pub again: Vec<String>,
}

/// The row of that topic for those goods that is in force on a day and whose text was read.
fn row_of<'a>(law: &'a LawPack, goods: Option<Goods>, topic: &str, on: Day) -> Option<&'a Row> {
    let instrument = goods?.instrument()?;
    law.law_on(on, None)
        .find(|found| {
            found.standing == Standing::InForce
                && found.row.status == Status::Verified
                && found.row.instrument == instrument
                && found.row.topic == topic
        })
        .map(|found| found.row)
}

/// What is cited where the law pack does not know which row held: nothing is guessed, and a person finds out.
pub const LAW_UNKNOWN: &str = "law:unknown";

/// The law behind an offer that opens by itself: the row of the topic for those goods on the day of the act, and the one of the
/// day of the offer where that is another. Where the pack knows none, the citation is [`LAW_UNKNOWN`] of that day.
#[must_use]
pub fn law_behind(
    law: Option<&LawPack>,
    goods: Option<Goods>,
    topic: &str,
    (act, offer): (Day, Day),
) -> (Citation, Option<Citation>) {
    let cited = |on: Day| {
        let row = law.and_then(|law| row_of(law, goods, topic, on));
        row.map_or_else(
            || Citation {
                rule: LAW_UNKNOWN.to_owned(),
                version: on.to_string(),
            },
            |row| row.citation(on),
        )
    };
    let (at_act, at_offer) = (cited(act), cited(offer));
    let changed = at_act.rule != at_offer.rule;
    (at_act, changed.then_some(at_offer))
}

/// Days after which goods whose spare parts do not come give an exchange, by the law of that day; none where it was not read.
#[must_use]
pub fn parts_wait_days(law: &LawPack, goods: Option<Goods>, on: Day) -> Option<i64> {
    days_of(row_of(law, goods, "parts_wait", on)?)
}

fn days_of(row: &Row) -> Option<i64> {
    match row.value {
        Some(Value::Days { count }) => Some(i64::from(count)),
        _ => None,
    }
}

/// Days on which the item was in repair, after `start` and up to `on`, as spans that do not touch.
fn away(repairs: &[Repair], start: Day, on: Day) -> Vec<(Day, Day)> {
    let mut spans: Vec<(Day, Day)> = repairs
        .iter()
        .filter_map(|repair| {
            let first = repair.from.max(start.plus_days(1));
            let last = repair.until.unwrap_or(on).min(on);
            (first <= last).then_some((first, last))
        })
        .collect();
    spans.sort();
    let mut merged: Vec<(Day, Day)> = Vec::with_capacity(spans.len());
    for (first, last) in spans {
        match merged.last_mut() {
            Some((_, end)) if first <= end.plus_days(1) => *end = (*end).max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// The answer as it grows.
struct Answer<'a> {
    history: &'a History,
    law: &'a LawPack,
    on: Day,
    out: Coverage,
}

impl Answer<'_> {
    fn say(&mut self, law: Option<&Row>, zh: impl Into<String>, en: impl Into<String>) {
        let law = law.map(|row| row.citation(self.on));
        self.out.reasons.push(Reason {
            words: Words {
                zh: zh.into(),
                en: en.into(),
            },
            law,
        });
    }

    fn give(&mut self, remedy: Remedy, ground: Ground, law: Option<&Row>) {
        let law = law.map(|row| row.citation(self.on));
        self.out.rights.push(Right {
            remedy,
            ground,
            law,
        });
    }

    /// Whether a repair was asked for within the warranty, as far as its end is known.
    fn within(&self, repair: &Repair, start: Day) -> bool {
        repair.from >= start
            && repair.from <= self.on
            && self.out.until.is_none_or(|until| repair.from <= until)
    }

    /// Return and exchange in the first days after the sale.
    fn first_days(&mut self) {
        let (history, on) = (self.history, self.on);
        let sale = match (history.bought, history.delivered) {
            (Some(bought), Some(delivered)) => Some(bought.max(delivered)),
            (one, other) => one.or(other),
        };
        if history.goods == Some(Goods::Unlisted) {
            return;
        }
        for (topic, ground, remedies) in [
            (
                "first_week",
                Ground::FirstWeek,
                [Remedy::Return, Remedy::Exchange].as_slice(),
            ),
            (
                "first_fortnight",
                Ground::FirstFortnight,
                &[Remedy::Exchange],
            ),
        ] {
            let law = self.law;
            let row = row_of(law, history.goods, topic, on);
            let Some((row, days)) = row.and_then(|row| Some((row, days_of(row)?))) else {
                self.out.periods.push(Period { ground, last: None });
                continue;
            };
            // Whether these days begin anew after an exchange was not read: nobody is told that they are over.
            let after = history
                .exchanged
                .filter(|day| *day <= on && on <= day.plus_days(days));
            let last = sale
                .map(|sale| sale.plus_days(days))
                .filter(|_| after.is_none());
            self.out.periods.push(Period { ground, last });
            match (sale, last) {
                (Some(sale), Some(last)) if sale <= on && on <= last => {
                    for remedy in remedies {
                        self.give(*remedy, ground, Some(row));
                    }
                    self.say(Some(row), row.zh.clone(), row.en.clone());
                }
                (_, None) if after.is_some() => self.say(
                    Some(row),
                    "换货后这几天是否重新起算没有读到原文，请人工判断。",
                    "Whether these first days begin anew after an exchange was not read: a person has to say.",
                ),
                _ => {}
            }
        }
    }

    /// What failed repairs and missing parts give.
    fn repairs(&mut self, start: Day) {
        let (history, law, on) = (self.history, self.law, self.on);
        let within: Vec<&Repair> = history
            .repairs
            .iter()
            .filter(|repair| self.within(repair, start))
            .collect();
        let failed = within.iter().filter(|repair| repair.failed).count();
        if failed > 0 {
            let row = row_of(law, history.goods, "failed_repairs", on);
            let times = row.and_then(|row| match row.value {
                Some(Value::Times { count }) => Some(count),
                _ => None,
            });
            match (row, times) {
                (Some(row), Some(times)) => {
                    let enough = u32::try_from(failed).unwrap_or(u32::MAX) >= times;
                    if enough && self.out.until.is_some() {
                        self.give(Remedy::Exchange, Ground::FailedRepairs, Some(row));
                    }
                    self.say(
                        Some(row),
                        format!("保修期内没有修好 {failed} 次；满 {times} 次可以换货。"),
                        format!("Repairs that failed within the warranty: {failed}; {times} give an exchange."),
                    );
                }
                _ => self.say(
                    None,
                    format!("保修期内没有修好 {failed} 次；这类商品修几次可以换货没有读到。"),
                    format!("Repairs that failed within the warranty: {failed}; how many give an exchange was not read for these goods."),
                ),
            }
        }
        for repair in &within {
            if !repair.waits_for_parts || repair.until.is_some_and(|until| until <= on) {
                continue;
            }
            let row = row_of(law, history.goods, "parts_wait", on);
            let days = row.and_then(days_of);
            let last = days.map(|days| repair.from.plus_days(days));
            self.out.periods.push(Period {
                ground: Ground::PartsWait,
                last,
            });
            match (row, days, last) {
                (Some(row), Some(days), Some(last)) => {
                    if on > last && self.out.until.is_some() {
                        self.give(Remedy::Exchange, Ground::PartsWait, Some(row));
                    }
                    self.say(
                        Some(row),
                        format!("送修等配件，满 {days} 日（{last}）仍未修好可以换货。"),
                        format!("It waits for a part; not repaired within {days} days ({last}) gives an exchange."),
                    );
                }
                _ => self.say(
                    None,
                    "这类商品等配件多久可以换货没有读到。",
                    "How long a wait for parts gives an exchange was not read for these goods.",
                ),
            }
        }
        let mut times: BTreeMap<&str, u32> = BTreeMap::new();
        for part in within.iter().flat_map(|repair| &repair.replaced) {
            *times.entry(part).or_default() += 1;
        }
        let again: Vec<String> = times
            .into_iter()
            .filter(|(_, count)| *count >= 2)
            .map(|(part, _)| part.to_owned())
            .collect();
        if !again.is_empty() {
            let parts = again.join("、");
            self.say(
                row_of(law, history.goods, "failed_repairs", on),
                format!("同一部件在保修期内换过不止一次：{parts}。是否构成换货，由人判断。"),
                format!("The same part was replaced more than once within the warranty: {parts}. Whether that gives an exchange is for a person to say."),
            );
        }
        self.out.again = again;
    }

    /// Begin and end of the warranty, and whether it covers the day.
    fn warranty(&mut self, start: Day) {
        let (history, law, on) = (self.history, self.law, self.on);
        // Kilometers, which nobody counts here, may end the warranty of a car.
        let read = row_of(law, history.goods, "warranty_time", on)
            .filter(|_| history.goods != Some(Goods::Car));
        let statutory = read.and_then(|row| match row.value {
            Some(Value::Years { count }) => {
                let end = start.plus_months(count.saturating_mul(12));
                Some((row, end.days_since(start)))
            }
            _ => None,
        });
        let promised = history.promised_days.filter(|days| *days > 0);
        let unread = statutory.is_none() && history.goods != Some(Goods::Unlisted);
        let period = promised.map(i64::from).max(statutory.map(|(_, days)| days));
        match (statutory, promised) {
            (Some((row, _)), _) => self.say(Some(row), row.zh.clone(), row.en.clone()),
            (None, Some(days)) if !unread => self.say(
                None,
                format!("卖家承诺保修 {days} 日。"),
                format!("The seller promised a warranty of {days} days."),
            ),
            (None, Some(days)) => self.say(
                None,
                format!("卖家承诺保修 {days} 日；这类商品的法定保修期没有读到，可能更长。"),
                format!("The seller promised a warranty of {days} days; the statutory period of these goods was not read and may be longer."),
            ),
            (None, None) => self.say(
                None,
                "没有登记卖家承诺的保修期，法定保修期也没有读到。",
                "No promise of the seller is recorded, and no statutory period was read.",
            ),
        }
        let Some(period) = period else {
            return;
        };
        let mut end = start.plus_days(period);
        let mut away_days = 0_i64;
        for (first, last) in away(&history.repairs, start, on) {
            if first > end {
                break;
            }
            let days = last.days_since(first) + 1;
            end = end.plus_days(days);
            away_days += days;
        }
        self.out.until = Some(end);
        self.out.away_days = u32::try_from(away_days).unwrap_or(u32::MAX);
        let exchanged = history.exchanged.is_some_and(|day| day <= on);
        let certain = history.delivered.is_some() || exchanged;
        self.out.covered = if start <= on && on <= end {
            Covered::Yes
        } else if on < start || unread || !certain {
            Covered::Unknown
        } else {
            Covered::No
        };
        if self.out.covered == Covered::Yes {
            self.give(
                Remedy::Repair,
                Ground::Warranty,
                statutory.map(|(row, _)| row),
            );
        }
        self.out.periods.push(Period {
            ground: Ground::Warranty,
            last: Some(end),
        });
        if away_days > 0 {
            self.say(
                law.row("consumer_regulation/18"),
                format!("修理占用 {away_days} 日，不计入保修期。"),
                format!("Days in repair, which do not count: {away_days}."),
            );
        }
    }
}

/// What stands behind an item on a day. Days in which it was in repair, the first and the last of them among them, do not
/// count; after an exchange everything begins anew.
#[must_use]
pub fn coverage(history: &History, law: &LawPack, on: Day) -> Coverage {
    let exchanged = history.exchanged.filter(|day| *day <= on);
    let start = exchanged.or(history.delivered).or(history.bought);
    let mut answer = Answer {
        history,
        law,
        on,
        out: Coverage {
            on,
            covered: Covered::Unknown,
            start,
            until: None,
            away_days: 0,
            rights: Vec::new(),
            periods: Vec::new(),
            reasons: Vec::new(),
            again: Vec::new(),
        },
    };
    if history.goods.is_none() {
        answer.say(
            None,
            "不知道这类商品属于哪一部三包规定，请在商品的类目里写明。",
            "Which provisions are about these goods is not known: please say it in the category of the product.",
        );
    }
    let Some(start) = start else {
        answer.say(
            None,
            "不知道购买日和交付日，请登记后再看。",
            "Neither the day of sale nor that of delivery is known: please record them and look again.",
        );
        return answer.out;
    };
    let begins = law
        .row("consumer_regulation/18")
        .filter(|row| row.validity.standing(on) == Standing::InForce);
    if exchanged.is_some() {
        answer.say(
            begins,
            format!("{start} 换货，保修期重新起算。"),
            format!("Exchanged on {start}: the warranty began anew."),
        );
    } else if history.delivered.is_some() {
        answer.say(
            begins,
            format!("自交付（{start}）起算。"),
            format!("Counted from delivery, {start}."),
        );
    } else {
        answer.say(
            begins,
            format!("不知道交付日，先按购买日（{start}）算；交付更晚的，保修期也更晚到期。"),
            format!("The day of delivery is not known; counted from the sale, {start}. A later delivery ends it later."),
        );
    }
    answer.warranty(start);
    answer.first_days();
    answer.repairs(start);
    answer.out
}
