//! Parts at outlets and on vans: what an act makes of their numbers. Nothing is ever below zero, and what an accepted job waits
//! for does not leave the van. What a visit used is counted by the last word about it, and old parts come back for new ones.

use crate::limits::{CORES_OF_PART_MAX, PARTS_EACH_MAX};
use crate::refused::Refused;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is done with parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockAct {
    /// They come to the outlet.
    Receive,
    /// They go from the outlet to a van.
    HandOut,
    /// They come back from a van.
    Return,
    /// Broken or old ones leave the outlet.
    Discard,
    /// Somebody counted what is at the outlet.
    Count,
}

impl StockAct {
    /// Every act.
    pub const ALL: [Self; 5] = [
        Self::Receive,
        Self::HandOut,
        Self::Return,
        Self::Discard,
        Self::Count,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::HandOut => "hand_out",
            Self::Return => "return",
            Self::Discard => "discard",
            Self::Count => "count",
        }
    }

    /// The act of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }

    /// Whether a van takes part.
    #[must_use]
    pub const fn is_with_van(self) -> bool {
        matches!(self, Self::HandOut | Self::Return)
    }
}

/// Pieces of one part: at an outlet, on a van, and of those on the van how many accepted jobs wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    pub outlet: u32,
    pub van: u32,
    pub reserved: u32,
}

/// The numbers after an act.
///
/// # Errors
/// `stock_count` for a number out of range, `stock_short` for more than are there, `parts_reserved` for what an accepted job
/// waits for.
pub fn after(level: Level, act: StockAct, count: u32) -> Result<Level, Refused> {
    let least = if act == StockAct::Count { 0 } else { 1 };
    if !(least..=PARTS_EACH_MAX).contains(&count) {
        return Err(Refused::new(
            "stock_count",
            format!("数量要在 {least} 到 {PARTS_EACH_MAX} 之间。"),
            format!("A number of parts is {least} to {PARTS_EACH_MAX}."),
        ));
    }
    let less = |there: u32| {
        there.checked_sub(count).ok_or_else(|| {
            Refused::new(
                "stock_short",
                format!("只有 {there} 个，不够。"),
                format!("There are only {there}."),
            )
        })
    };
    let more = |there: u32| {
        let sum = there.saturating_add(count);
        if sum <= PARTS_EACH_MAX {
            return Ok(sum);
        }
        Err(Refused::new(
            "stock_count",
            format!("同一种配件最多 {PARTS_EACH_MAX} 个。"),
            format!("There can be at most {PARTS_EACH_MAX} of one part."),
        ))
    };
    Ok(match act {
        StockAct::Receive => Level {
            outlet: more(level.outlet)?,
            ..level
        },
        StockAct::Discard => Level {
            outlet: less(level.outlet)?,
            ..level
        },
        StockAct::Count => Level {
            outlet: count,
            ..level
        },
        StockAct::HandOut => Level {
            outlet: less(level.outlet)?,
            van: more(level.van)?,
            ..level
        },
        StockAct::Return => {
            let van = less(level.van)?;
            if van < level.reserved {
                return Err(Refused::new(
                    "parts_reserved",
                    format!(
                        "已接的单还要用 {} 个，退回后只剩 {van} 个。",
                        level.reserved
                    ),
                    format!(
                        "Accepted jobs wait for {} of them; only {van} would be left.",
                        level.reserved
                    ),
                ));
            }
            Level {
                outlet: more(level.outlet)?,
                van,
                ..level
            }
        }
    })
}

/// Names of parts with how many of each.
pub type Parts = BTreeMap<String, u32>;

/// What a visit used, as it was said: how many of each part, and how many of those were not on the van.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    pub parts: Parts,
    pub beyond: Parts,
}

/// What is on the van, and how many were not there, when `now` is said to be used in place of `before`.
///
/// More of a part comes off the van as far as it is there; where something was missing before, the van had been empty, and what
/// is more was not there either. Less of it takes back first what was not there, so that no count, however wrong, brings more
/// to the van than it took off.
#[must_use]
pub fn counted(van: &Parts, before: &Used, now: &Parts) -> (Parts, Parts) {
    let (mut van, mut beyond) = (van.clone(), before.beyond.clone());
    let names: BTreeSet<&String> = before.parts.keys().chain(now.keys()).collect();
    for name in names {
        let of = |parts: &Parts| parts.get(name).copied().unwrap_or(0);
        let (was, is) = (of(&before.parts), of(now));
        let there = van.entry(name.clone()).or_default();
        let missing = beyond.entry(name.clone()).or_default();
        if is >= was {
            let more = is - was;
            let off = if *missing > 0 { 0 } else { more.min(*there) };
            *there -= off;
            *missing = missing.saturating_add(more - off);
        } else {
            let less = was - is;
            let never_there = less.min(*missing);
            *missing -= never_there;
            *there = there.saturating_add(less - never_there);
        }
    }
    van.retain(|_, count| *count > 0);
    beyond.retain(|_, count| *count > 0);
    (van, beyond)
}

/// How it stands with an old part that comes back for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoreState {
    /// Whoever replaced it has it.
    Owed,
    /// It is at an outlet.
    Returned,
    /// It went on to whoever takes it back.
    Sent,
    /// A person let it go, for a reason.
    Waived,
}

impl CoreState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Owed, Self::Returned, Self::Sent, Self::Waived];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owed => "owed",
            Self::Returned => "returned",
            Self::Sent => "sent",
            Self::Waived => "waived",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What is done with an old part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoreAct {
    /// It comes back to an outlet.
    Return,
    /// It goes on from there.
    Send,
    /// Nobody waits for it any more.
    Waive,
    /// What was done last was a mistake: it is owed again.
    Undo,
}

impl CoreAct {
    /// Every act.
    pub const ALL: [Self; 4] = [Self::Return, Self::Send, Self::Waive, Self::Undo];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Return => "return",
            Self::Send => "send",
            Self::Waive => "waive",
            Self::Undo => "undo",
        }
    }

    /// The act of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }
}

/// The state after an act. What was sent on is somebody else's, and stays so.
///
/// # Errors
/// `core_state` where the act does not fit.
pub fn core_after(state: CoreState, act: CoreAct) -> Result<CoreState, Refused> {
    match (state, act) {
        (CoreState::Owed, CoreAct::Return) => Ok(CoreState::Returned),
        (CoreState::Owed, CoreAct::Waive) => Ok(CoreState::Waived),
        (CoreState::Returned, CoreAct::Send) => Ok(CoreState::Sent),
        (CoreState::Returned | CoreState::Waived, CoreAct::Undo) => Ok(CoreState::Owed),
        _ => Err(Refused::new(
            "core_state",
            "这个旧件现在不能这样处理：先退回再寄出，免退的先撤销；已寄出的不再改。",
            "This cannot be done with the old part now: it comes back before it is sent on, what was let go is taken up again first, and what was sent on stays so.",
        )),
    }
}

/// Old parts that a visit leaves to bring back, of those that come back at all: as many as were used or named as replaced,
/// with what was said of each.
#[must_use]
pub fn cores_left<'a>(
    comes_back: &BTreeSet<String>,
    used: &Parts,
    replaced: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
) -> Vec<CoreLeft> {
    let mut left: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (part, faulty, replacement) in replaced {
        if comes_back.contains(part) {
            let said = left.entry(part.to_owned()).or_default();
            said.push((faulty.to_owned(), replacement.to_owned()));
        }
    }
    for (part, count) in used {
        if comes_back.contains(part) {
            let said = left.entry(part.clone()).or_default();
            let count = usize::try_from(*count).unwrap_or(CORES_OF_PART_MAX);
            let count = count.min(CORES_OF_PART_MAX);
            if said.len() < count {
                said.resize_with(count, Default::default);
            }
        }
    }
    let each = left.into_iter().flat_map(|(part, said)| {
        (0..)
            .zip(said)
            .map(move |(place, (faulty, replacement))| CoreLeft {
                part: part.clone(),
                place,
                faulty,
                replacement,
            })
    });
    each.collect()
}

/// An old part of a visit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoreLeft {
    pub part: String,
    /// Which of the parts of that name, from 0.
    pub place: u32,
    /// Serial number of the old one; empty where nobody said it.
    pub faulty: String,
    /// Serial number of the new one; the same.
    pub replacement: String,
}
