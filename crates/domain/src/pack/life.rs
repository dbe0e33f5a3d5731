//! The life of a pack: draft → public notice → effective → superseded, as functions of days.
//!
//! 电子商务法 art. 34 and 网络交易平台规则监督管理办法 art. 12 want a change published at least seven days
//! before it takes effect, fifteen where many users or important interests are concerned. By 民法典
//! art. 201 the day of publication is not counted, so a pack published on the 1st may take effect on
//! the 9th.

use super::{Effect, Predicate, RulePack};
use crate::day::Day;
use crate::words::Words;

/// Whole days of public notice before an ordinary change.
pub const NOTICE_DAYS: i64 = 7;
/// Whole days of public notice before a change of important interests.
pub const NOTICE_DAYS_MAJOR: i64 = 15;

/// Which notice a pack needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notice {
    /// The first pack of an installation changes nothing: it is published when it is installed.
    First,
    /// Seven days.
    Ordinary,
    /// Fifteen days.
    Major,
}

impl Notice {
    /// Whole days between publication and effect.
    #[must_use]
    pub const fn days(self) -> i64 {
        match self {
            Self::First => 0,
            Self::Ordinary => NOTICE_DAYS,
            Self::Major => NOTICE_DAYS_MAJOR,
        }
    }

    /// The first day on which a pack published on that day may be in effect.
    #[must_use]
    pub fn earliest_effect(self, published: Day) -> Day {
        match self {
            Self::First => published,
            Self::Ordinary | Self::Major => published.plus_days(self.days().saturating_add(1)),
        }
    }
}

/// The days of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// Which notice it needs.
    pub notice: Notice,
    /// The day it was published for notice; `None` while it is a draft.
    pub published: Option<Day>,
    /// The day it takes effect; `None` while it is a draft.
    pub effective: Option<Day>,
}

/// Where a pack stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Not published.
    Draft,
    /// Published, not yet in effect.
    PublicNotice,
    /// In effect.
    Effective,
    /// Another pack has taken its place.
    Superseded,
}

impl Stage {
    /// In words.
    #[must_use]
    pub fn words(self) -> Words {
        match self {
            Self::Draft => Words::new("草案", "draft"),
            Self::PublicNotice => Words::new("公示中", "in public notice"),
            Self::Effective => Words::new("生效", "in effect"),
            Self::Superseded => Words::new("已被取代", "superseded"),
        }
    }
}

impl Dates {
    /// Where it stands on a day, if another pack takes its place from `superseded_from` on.
    #[must_use]
    pub fn stage_on(&self, day: Day, superseded_from: Option<Day>) -> Stage {
        let (Some(published), Some(effective)) = (self.published, self.effective) else {
            return Stage::Draft;
        };
        if superseded_from.is_some_and(|from| day >= from && from > effective) {
            Stage::Superseded
        } else if day >= effective {
            Stage::Effective
        } else if day >= published {
            Stage::PublicNotice
        } else {
            Stage::Draft
        }
    }
}

impl RulePack {
    /// The notice that replacing `old` by this pack needs at least: fifteen days as soon as anything
    /// changes that either side can rely on (who may keep goods, what is asked, who decides, how long
    /// there is, how long things stay), seven for the rest. Whether very many users are concerned is for the operator.
    #[must_use]
    pub fn notice_needed(&self, old: &Self) -> Notice {
        let same = relied_on(self).all(|part| relied_on(old).any(|other| other == part))
            && relied_on(old).all(|part| relied_on(self).any(|other| other == part));
        let mut clocks = old.clocks.clone();
        clocks.id.clone_from(&self.clocks.id);
        clocks.version.clone_from(&self.clocks.version);
        if clocks == self.clocks && self.retention == old.retention && same {
            Notice::Ordinary
        } else {
            Notice::Major
        }
    }
}

/// What either side can rely on: effects with their conditions, but for who of the operator's own
/// people looks, and how often again.
fn relied_on(pack: &RulePack) -> impl Iterator<Item = (&[Predicate], &Effect)> {
    pack.rules.iter().flat_map(|rule| {
        rule.then
            .iter()
            .filter(|effect| !matches!(effect, Effect::Sample(_) | Effect::Reviewers(_)))
            .map(|effect| (rule.when.as_slice(), effect))
    })
}
