//! Back-simulation: past cases under one pack and under another, before a change is published.
//!
//! It says which cases would have taken another way, and for whom that way is easier or harder. It
//! does not guess what a human would have decided: amounts are those of refunds that were made.

use super::{Ask, ClaimFacts, EvidenceSet, RulePack, Ruling};
use crate::clock::ClockName;
use crate::money::Fen;
use crate::words::Words;
use std::collections::BTreeMap;

/// Cases that a simulation names as examples.
pub const EXAMPLES_MAX: usize = 20;

/// How a past case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PastOutcome {
    /// Money went back.
    Refunded {
        /// How much.
        amount: Fen,
    },
    /// Another item was sent.
    Exchanged,
    /// A human rejected it.
    Rejected,
    /// The claimant withdrew it, or it ended without an outcome.
    Ended,
}

/// A past case: the facts as they were when it was filed, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCase {
    /// The facts.
    pub facts: ClaimFacts,
    /// How it ended.
    pub outcome: PastOutcome,
}

/// One way in which a case would have gone otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Difference {
    /// A refund without return would have been open, or open to more.
    KeepOpened,
    /// It would not have been open, or open to fewer.
    KeepClosed,
    /// Evidence that was not given would have been asked for.
    EvidenceAdded,
    /// Evidence that was not given would not have been asked for.
    EvidenceDropped,
    /// A human would have looked first.
    FirstLookAdded,
    /// No human would have had to look first.
    FirstLookDropped,
    /// Two humans would have decided.
    SecondReviewerAdded,
    /// One human would have decided.
    SecondReviewerDropped,
    /// A clock would have run longer.
    Longer(ClockName),
    /// A clock would have run shorter.
    Shorter(ClockName),
}

/// Whether something makes the way easier, as far as it matters to a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Better,
    Worse,
    Neither,
}

impl Effect {
    const fn opposite(self) -> Self {
        match self {
            Self::Better => Self::Worse,
            Self::Worse => Self::Better,
            Self::Neither => Self::Neither,
        }
    }
}

impl Difference {
    /// In words.
    #[must_use]
    pub fn words(self) -> Words {
        let clock = |name: ClockName, zh: &str, en: &str| {
            let words = super::effect::clock_words(name);
            Words::new(format!("{}{zh}", words.zh), format!("{} {en}", words.en))
        };
        match self {
            Self::KeepOpened => Words::new(
                "可以不退货的范围变宽",
                "a refund without return would have been open, or open to more",
            ),
            Self::KeepClosed => Words::new(
                "可以不退货的范围变窄",
                "a refund without return would not have been open, or to fewer",
            ),
            Self::EvidenceAdded => {
                Words::new("要补充更多证据", "more evidence would have been asked")
            }
            Self::EvidenceDropped => Words::new("少要证据", "less evidence would have been asked"),
            Self::FirstLookAdded => Words::new("要先由人查看", "a human would have looked first"),
            Self::FirstLookDropped => {
                Words::new("不必先由人查看", "no human would have had to look first")
            }
            Self::SecondReviewerAdded => Words::new(
                "决定要由另一人确认",
                "another human would have had to confirm the decision",
            ),
            Self::SecondReviewerDropped => Words::new(
                "决定不必由另一人确认",
                "nobody else would have had to confirm the decision",
            ),
            Self::Longer(name) => clock(name, "变长", "would have been longer"),
            Self::Shorter(name) => clock(name, "变短", "would have been shorter"),
        }
    }

    /// What it means to the claimant and to the merchant. Another look or another reviewer is better
    /// or worse for neither.
    const fn sides(self) -> (Effect, Effect) {
        match self {
            Self::KeepOpened | Self::EvidenceDropped => (Effect::Better, Effect::Worse),
            Self::KeepClosed | Self::EvidenceAdded => (Effect::Worse, Effect::Better),
            Self::FirstLookAdded
            | Self::FirstLookDropped
            | Self::SecondReviewerAdded
            | Self::SecondReviewerDropped => (Effect::Neither, Effect::Neither),
            Self::Longer(name) => longer(name),
            Self::Shorter(name) => {
                let (claimant, merchant) = longer(name);
                (claimant.opposite(), merchant.opposite())
            }
        }
    }
}

/// What more time on a clock means: better to whom it belongs, worse to a claimant who waits.
const fn longer(name: ClockName) -> (Effect, Effect) {
    match name {
        ClockName::MerchantAnswer | ClockName::ReturnInspection => (Effect::Worse, Effect::Better),
        ClockName::EvidenceRound | ClockName::Appeal => (Effect::Better, Effect::Better),
        ClockName::NewPhoto | ClockName::SettlementAnswer | ClockName::ReturnShipping => {
            (Effect::Better, Effect::Neither)
        }
        _ => (Effect::Worse, Effect::Neither),
    }
}

/// Clocks of a claim that are compared.
const CLOCKS: [ClockName; 12] = [
    ClockName::NewPhoto,
    ClockName::FirstLook,
    ClockName::MerchantAnswer,
    ClockName::SettlementAnswer,
    ClockName::EvidenceRound,
    ClockName::Inspection,
    ClockName::Review,
    ClockName::Appeal,
    ClockName::SecondReview,
    ClockName::ReturnShipping,
    ClockName::ReturnInspection,
    ClockName::Execution,
];

/// What a change means to one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SideTally {
    /// Cases in which its way is easier and nothing is harder.
    pub better: u64,
    /// Cases in which its way is harder and nothing is easier.
    pub worse: u64,
    /// Cases in which both.
    pub mixed: u64,
    /// Refunds that were made in the cases counted as better.
    pub refunds_better: Fen,
    /// Refunds that were made in the cases counted as worse.
    pub refunds_worse: Fen,
}

impl SideTally {
    fn count(&mut self, effects: impl Iterator<Item = Effect>, refunded: Fen) {
        let (mut better, mut worse) = (false, false);
        for effect in effects {
            better |= effect == Effect::Better;
            worse |= effect == Effect::Worse;
        }
        let add = |sum: &mut Fen| *sum = sum.checked_add(refunded).unwrap_or(Fen(i64::MAX));
        match (better, worse) {
            (true, false) => {
                self.better += 1;
                add(&mut self.refunds_better);
            }
            (false, true) => {
                self.worse += 1;
                add(&mut self.refunds_worse);
            }
            (true, true) => self.mixed += 1,
            (false, false) => {}
        }
    }
}

/// Cases of one category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CategoryTally {
    /// All of them.
    pub cases: u64,
    /// Those that would have gone otherwise.
    pub otherwise: u64,
}

/// What a change would have meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Simulation {
    /// Cases that were looked at.
    pub cases: u64,
    /// Cases that would have gone otherwise.
    pub otherwise: u64,
    /// To claimants.
    pub claimants: SideTally,
    /// To merchants.
    pub merchants: SideTally,
    /// Cases by what would have been different; a case may count under several.
    pub differences: BTreeMap<Difference, u64>,
    /// By category of the goods.
    pub categories: BTreeMap<String, CategoryTally>,
    /// Positions of the first cases that would have gone otherwise.
    pub examples: Vec<usize>,
}

/// Runs past cases under the pack that was in force and under another.
#[must_use]
pub fn simulate(cases: &[PastCase], old: &RulePack, new: &RulePack) -> Simulation {
    beside(cases.iter().map(|case| (case, old)), new)
}

/// Runs cases each under the pack that it goes by, and under another one beside it.
#[must_use]
pub fn beside<'a>(
    cases: impl IntoIterator<Item = (&'a PastCase, &'a RulePack)>,
    new: &RulePack,
) -> Simulation {
    let mut simulation = Simulation::default();
    let mut found = Vec::new();
    for (position, (case, old)) in cases.into_iter().enumerate() {
        found.clear();
        compare(case, old, new, &mut found);
        let otherwise = !found.is_empty();
        simulation.cases += 1;
        // The category's text is copied once a category, not once a case.
        match simulation.categories.get_mut(&case.facts.category) {
            Some(tally) => tally.count(otherwise),
            None => {
                let mut tally = CategoryTally::default();
                tally.count(otherwise);
                let _ = simulation
                    .categories
                    .insert(case.facts.category.clone(), tally);
            }
        }
        if !otherwise {
            continue;
        }
        simulation.otherwise += 1;
        if simulation.examples.len() < EXAMPLES_MAX {
            simulation.examples.push(position);
        }
        let refunded = match case.outcome {
            PastOutcome::Refunded { amount } => amount,
            PastOutcome::Exchanged | PastOutcome::Rejected | PastOutcome::Ended => Fen::ZERO,
        };
        let sides = |difference: &Difference| difference.sides();
        simulation
            .claimants
            .count(found.iter().map(|one| sides(one).0), refunded);
        simulation
            .merchants
            .count(found.iter().map(|one| sides(one).1), refunded);
        for difference in &found {
            *simulation.differences.entry(*difference).or_default() += 1;
        }
    }
    simulation
}

impl CategoryTally {
    const fn count(&mut self, otherwise: bool) {
        self.cases += 1;
        if otherwise {
            self.otherwise += 1;
        }
    }
}

fn compare(case: &PastCase, old: &RulePack, new: &RulePack, found: &mut Vec<Difference>) {
    let facts = &case.facts;
    let (before, after) = (old.rule_on(facts), new.rule_on(facts));
    if facts.ask == Ask::Refund {
        let (was, is) = (before.may_keep(facts.amount), after.may_keep(facts.amount));
        if is > was {
            found.push(Difference::KeepOpened);
        } else if is < was {
            found.push(Difference::KeepClosed);
        }
    }
    let not_given =
        |one: EvidenceSet, other: EvidenceSet| !one.without(other).without(facts.shown).is_empty();
    let pairs = [
        (
            not_given(after.evidence, before.evidence),
            Difference::EvidenceAdded,
        ),
        (
            not_given(before.evidence, after.evidence),
            Difference::EvidenceDropped,
        ),
        (
            after.first_look && !before.first_look,
            Difference::FirstLookAdded,
        ),
        (
            before.first_look && !after.first_look,
            Difference::FirstLookDropped,
        ),
        (
            after.second_reviewer && !before.second_reviewer,
            Difference::SecondReviewerAdded,
        ),
        (
            before.second_reviewer && !after.second_reviewer,
            Difference::SecondReviewerDropped,
        ),
    ];
    found.extend(pairs.into_iter().filter(|pair| pair.0).map(|pair| pair.1));
    for clock in CLOCKS {
        let was = allowance(old, &before, clock, facts.perishable);
        let is = allowance(new, &after, clock, facts.perishable);
        if is > was {
            found.push(Difference::Longer(clock));
        } else if is < was {
            found.push(Difference::Shorter(clock));
        }
    }
}

/// How long a clock runs under a ruling, in milliseconds.
fn allowance(pack: &RulePack, ruling: &Ruling, clock: ClockName, perishable: bool) -> i64 {
    let (ms, _) = pack.clocks.allowance(clock, perishable);
    ruling
        .widened
        .get(&clock)
        .map_or(ms, |widened| ms.max(*widened))
}
