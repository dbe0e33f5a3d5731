//! Rule packs: what may be refunded without return, which evidence is asked, how long everybody has,
//! who reviews. Published, versioned, effective-dated and cited data.
//!
//! Conditions are a closed list of typed [`Predicate`]s and consequences a closed list of
//! [`Effect`]s; both say in words what they mean. There is no predicate for "nothing was found": a
//! rule cannot read it, and a file that tries is refused by the rule's name. There is no effect that
//! pays, refuses or accuses: those are decisions of humans.
//!
//! All rules that apply take effect together, in any order: what one asks, another cannot take away.

mod check;
mod effect;
mod facts;
mod life;
mod load;
mod predicate;
mod retention;
mod ruling;
mod shelf;
pub mod simulate;

pub use check::{RULES, is_name};
pub use effect::{Effect, Granter, clock_words};
pub use facts::{Ask, ClaimFacts, EvidenceAsked, EvidenceSet, History, Outside};
pub use life::{Dates, NOTICE_DAYS, NOTICE_DAYS_MAJOR, Notice, Stage};
pub use predicate::Predicate;
pub use retention::{RECORDS_DAYS_MIN, Retention};
pub use ruling::{Ruling, WithoutReturn};
pub use shelf::{Published, Shelf};

use crate::clock::ClockName;
use crate::event::Citation;
use crate::law::LawPack;
use crate::refused::Refused;
use crate::rules::Rules;
use crate::words::Words;

/// Prefix of a citation that names a rule of a pack, such as `pack:default/review`.
pub const CITES_PACK: &str = "pack:";

/// A rule: when all its predicates hold, all its effects do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name within the pack.
    pub id: String,
    /// Why it is there.
    pub why: Words,
    /// When it applies; without any, always.
    pub when: Vec<Predicate>,
    /// What follows.
    pub then: Vec<Effect>,
    /// Rows of the law pack that it rests on.
    pub cites: Vec<String>,
}

impl Rule {
    /// The rule in words, made from its predicates and effects.
    #[must_use]
    pub fn words(&self) -> Words {
        let join = |parts: Vec<Words>, zh: &str, en: &str| {
            let (zh_parts, en_parts): (Vec<String>, Vec<String>) =
                parts.into_iter().map(|words| (words.zh, words.en)).unzip();
            Words::new(zh_parts.join(zh), en_parts.join(en))
        };
        let then = join(self.then.iter().map(Effect::words).collect(), "；", "; ");
        if self.when.is_empty() {
            return Words::new(
                format!("任何时候：{}。", then.zh),
                format!("Always: {}.", then.en),
            );
        }
        let when = join(
            self.when.iter().map(Predicate::words).collect(),
            "，并且",
            " and ",
        );
        Words::new(
            format!("如果{}：{}。", when.zh, then.zh),
            format!("If {}: {}.", when.en, then.en),
        )
    }
}

/// A pack of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulePack {
    /// Its name and, in both languages, what it is.
    pub title: Words,
    /// Its life.
    pub dates: Dates,
    /// How long each clock runs; its `id` and `version` are the pack's.
    pub clocks: Rules,
    /// How long things stay after the end of a case.
    pub retention: Retention,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// The pack in force where nobody has published another.
const DEFAULT: &str = include_str!("../data/rules/default.toml");
/// An example of every predicate and effect, for a platform to start from. Never in force by itself.
const PLATFORM_EXAMPLE: &str = include_str!("../data/rules/platform_example.toml");

impl RulePack {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.clocks.id
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.clocks.version
    }

    /// The pack that ships as the default: its clocks are those of [`Rules::default`].
    ///
    /// # Errors
    /// Never for the shipped text: a test reads it.
    pub fn shipped_default(law: &LawPack) -> Result<Self, Vec<Refused>> {
        Self::read(DEFAULT, law)
    }

    /// Every pack that ships.
    ///
    /// # Errors
    /// Never for the shipped texts: a test reads them.
    pub fn shipped(law: &LawPack) -> Result<Vec<Self>, Vec<Refused>> {
        [DEFAULT, PLATFORM_EXAMPLE]
            .into_iter()
            .map(|text| Self::read(text, law))
            .collect()
    }

    /// The citation of one of its rules or clocks.
    #[must_use]
    pub fn citation(&self, rule: &str) -> Citation {
        Citation {
            rule: format!("{CITES_PACK}{}/{rule}", self.id()),
            version: self.version().to_owned(),
        }
    }

    /// Whether it has a rule or a clock of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.rules.iter().any(|rule| rule.id == name)
            || ClockName::ALL.iter().any(|clock| clock.name() == name)
    }
}
