//! What a division and a town are.

use std::borrow::Cow;

use crate::date::Date;

/// Six digits of GB/T 2260. Districts of Hong Kong, Macau and Taiwan have none; they have a number of our own below
/// 900000 that [`Unit::public_code`] hides.
pub type Code = u32;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Province,
    Prefecture,
    County,
}

/// What a division is besides its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// Not in the ministry's list, though the statistics and people treat it as a county.
    pub unofficial: bool,
    /// A development zone inside a prefecture: an address names it, but its code is the prefecture's.
    pub zone: bool,
    /// No technician can go there.
    pub unreachable: bool,
    /// Known by a number of our own; the code that is told is the province's.
    pub own_number: bool,
    /// A part of a city that addresses name but no answer repeats (九龙).
    pub hidden: bool,
}

/// Where a division, or a part of it, went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    pub code: Code,
    /// The day; of a whole division, the day it ended.
    pub since: Date,
    /// Only a part went there, and the division itself stayed.
    pub part: bool,
}

/// One name of one code for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub code: Code,
    pub name: Cow<'static, str>,
    pub level: Level,
    pub from: Date,
    /// The first day on which it no longer is.
    pub until: Option<Date>,
    pub flags: Flags,
    pub successors: Vec<Succession>,
}

impl Unit {
    #[must_use]
    pub fn in_force(&self, at: Date) -> bool {
        self.from <= at && self.until.is_none_or(|until| until > at)
    }

    #[must_use]
    pub const fn province_code(&self) -> Code {
        self.code / 10_000 * 10_000
    }

    #[must_use]
    pub const fn prefecture_code(&self) -> Code {
        self.code / 100 * 100
    }

    /// The code to tell: the prefecture's for a zone, the province's where the number is our own.
    #[must_use]
    pub const fn public_code(&self) -> Code {
        if self.flags.own_number {
            self.province_code()
        } else if self.flags.zone {
            self.prefecture_code()
        } else {
            self.code
        }
    }
}

/// A town, subdistrict or township: as of October 2022, begun after that, or one that is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Town {
    /// Nine digits as the statistics write them.
    pub code: u32,
    pub name: Cow<'static, str>,
    /// Index of the county that it lay in.
    pub home: u32,
    /// The year in which it began, where that is after the table of towns.
    pub begun: Option<u16>,
    /// Set when the town is no more.
    pub ended: Option<Ended>,
}

impl Town {
    /// Whether the town is there on a day. A change of which only the year is published counts from January 1st.
    #[must_use]
    pub fn stands(&self, day: Date) -> bool {
        self.begun.is_none_or(|year| Date::start_of(year) <= day)
            && self
                .ended
                .as_ref()
                .is_none_or(|ended| day < Date::start_of(ended.year))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub year: u16,
    /// Code and name of each town that it became; none where the source does not say.
    pub next: Vec<(u32, Cow<'static, str>)>,
}

/// A town as it is on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownOn<'a> {
    pub code: u32,
    pub name: &'a str,
    /// The counties that it lies in: one, unless a change leaves it open.
    pub homes: Vec<u32>,
}
