//! What a pack says about a claim: the effects of all its rules that apply, together.

use super::effect::{Effect, Granter};
use super::facts::{ClaimFacts, EvidenceSet};
use super::{Rule, RulePack};
use crate::clock::ClockName;
use crate::event::Citation;
use crate::money::Fen;
use crate::rules::Rules;
use std::collections::{BTreeMap, BTreeSet};

/// A settlement without return that a pack lets humans make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithoutReturn {
    /// Who may grant it.
    pub by: Granter,
    /// The most; `None` is what was paid.
    pub cap: Option<Fen>,
}

/// What a pack says about a claim. It is what humans decide by, and decides nothing itself: there is
/// no field that pays or refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruling {
    /// Settlements without return that are open, one a rule.
    pub without_return: Vec<WithoutReturn>,
    /// The goods go back, or a technician looks, before a refund.
    pub return_first: bool,
    /// Evidence that is asked for.
    pub evidence: EvidenceSet,
    /// A human looks first.
    pub first_look: bool,
    /// Two humans decide.
    pub second_reviewer: bool,
    /// Groups of reviewers; none is any.
    pub reviewers: BTreeSet<String>,
    /// Decisions of a thousand that are looked at again.
    pub sample_permille: u16,
    /// Clocks that run at least so long, in milliseconds.
    pub widened: BTreeMap<ClockName, i64>,
    /// Positions of the rules that applied.
    pub applied: Vec<usize>,
}

impl Ruling {
    /// Who may grant a refund without return of that amount under this ruling, if anybody.
    #[must_use]
    pub fn may_keep(&self, amount: Fen) -> Option<Granter> {
        if self.return_first {
            return None;
        }
        self.without_return
            .iter()
            .filter(|open| open.cap.is_none_or(|cap| amount <= cap))
            .map(|open| open.by)
            .max()
    }

    /// Whether a decision is looked at again, by a number that the application draws for it.
    #[must_use]
    pub fn is_sampled(&self, drawn: u64) -> bool {
        drawn % 1_000 < u64::from(self.sample_permille)
    }

    fn apply(&mut self, effect: &Effect) {
        match effect {
            Effect::WithoutReturn { by, cap } => {
                self.without_return
                    .push(WithoutReturn { by: *by, cap: *cap });
            }
            Effect::ReturnFirst => self.return_first = true,
            Effect::Ask(evidence) => self.evidence = self.evidence.union(*evidence),
            Effect::FirstLook => self.first_look = true,
            Effect::SecondReviewer => self.second_reviewer = true,
            Effect::Reviewers(group) => {
                self.reviewers.insert(group.clone());
            }
            Effect::Sample(permille) => {
                self.sample_permille = self.sample_permille.max(*permille);
            }
            Effect::Widen(clock, ms) => {
                let widest = self.widened.entry(*clock).or_insert(*ms);
                *widest = (*widest).max(*ms);
            }
        }
    }
}

impl RulePack {
    /// What this pack says about a claim.
    #[must_use]
    pub fn rule_on(&self, facts: &ClaimFacts) -> Ruling {
        let mut ruling = Ruling::default();
        for (position, rule) in self.rules.iter().enumerate() {
            if rule.when.iter().all(|predicate| predicate.holds(facts)) {
                ruling.applied.push(position);
                for effect in &rule.then {
                    ruling.apply(effect);
                }
            }
        }
        ruling
    }

    /// The rules that applied, in the order of the pack.
    pub fn applied<'a>(&'a self, ruling: &'a Ruling) -> impl Iterator<Item = &'a Rule> {
        ruling
            .applied
            .iter()
            .filter_map(|position| self.rules.get(*position))
    }

    /// Citations of the rules that applied.
    #[must_use]
    pub fn citations(&self, ruling: &Ruling) -> Vec<Citation> {
        self.applied(ruling)
            .map(|rule| self.citation(&rule.id))
            .collect()
    }

    /// The clocks of a claim under a ruling: the pack's, widened where a rule says so.
    #[must_use]
    pub fn clocks_for(&self, ruling: &Ruling) -> Rules {
        let mut clocks = self.clocks.clone();
        for (clock, ms) in &ruling.widened {
            clocks.widen(*clock, *ms);
        }
        clocks
    }
}
