//! Parts at outlets and on vans: what an act makes of their numbers. Nothing is ever below zero, and what an accepted job waits
//! for does not leave the van.

use crate::limits::PARTS_EACH_MAX;
use crate::refused::Refused;
use serde::{Deserialize, Serialize};

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
