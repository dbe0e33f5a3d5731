//! Who has spoken in a claim, and whom a decision waits for.

use crate::actor::Party;
use crate::event::HearingCause;
use crate::limits::HEARINGS_PER_SIDE_MAX;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Who spoke last, and who has answered: a photo or a statement speaks, and so does an answer of the other side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hearing {
    /// The side whose latest words the other side has not answered, and since when they are there.
    pub unanswered: Option<(Party, Timestamp)>,
    /// The sides that made the decision of this review wait, once for each time.
    pub waited_for: Vec<Party>,
    /// When each side spoke or answered last, or said that it has nothing to add.
    pub claimant_at: Option<Timestamp>,
    pub merchant_at: Option<Timestamp>,
    /// Since when a side can read what was found against a photo of its own. Not written where there is nothing, so that
    /// cases of before are the same bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<(Party, Timestamp)>,
    /// The same of what a technician reported about the item, which both sides can answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reported: Vec<(Party, Timestamp)>,
}

impl Hearing {
    /// A side answers, or says that it has nothing to add.
    pub(crate) fn answers(&mut self, party: Party, at: Timestamp) {
        let last = match party {
            Party::Claimant => &mut self.claimant_at,
            Party::Merchant => &mut self.merchant_at,
        };
        *last = (*last).max(Some(at));
        if self.unanswered.is_some_and(|(other, _)| other != party) {
            self.unanswered = None;
        }
    }

    /// A side says something new. In a review it makes the decision wait so often and no more: what comes after that is
    /// there to be read, and a piece of it can be used once the other side could see it.
    pub(crate) fn speaks(&mut self, party: Party, at: Timestamp, in_review: bool) {
        self.answers(party, at);
        // A photo with a sentence is one thing.
        if self.unanswered == Some((party, at)) {
            return;
        }
        if in_review {
            let so_far = self.waited_for.iter().filter(|side| **side == party);
            if so_far.count() >= HEARINGS_PER_SIDE_MAX {
                return;
            }
            self.waited_for.push(party);
        }
        self.unanswered = Some((party, at));
    }

    /// Something is there for a side to read since then: a decision waits for that side, so often and no more. Whether it
    /// does.
    pub(crate) fn tells(&mut self, about: HearingCause, party: Party, at: Timestamp) -> bool {
        let told = match about {
            HearingCause::Findings => &mut self.found,
            HearingCause::Report => &mut self.reported,
        };
        if told.contains(&(party, at)) {
            return true;
        }
        let so_far = told.iter().filter(|(side, _)| *side == party);
        let waits = so_far.count() < HEARINGS_PER_SIDE_MAX;
        if waits {
            told.push((party, at));
        }
        waits
    }

    /// Since when a side can read something about which it has said nothing since: what was found against a photo of its
    /// own, or what a technician reported.
    #[must_use]
    pub fn to_answer(&self, party: Party) -> Option<Timestamp> {
        let spoke_at = match party {
            Party::Claimant => self.claimant_at,
            Party::Merchant => self.merchant_at,
        };
        self.found
            .iter()
            .chain(&self.reported)
            .filter(|(side, _)| *side == party)
            .map(|(_, at)| *at)
            .filter(|at| spoke_at.is_none_or(|spoke_at| spoke_at < *at))
            .max()
    }

    /// Whether a review waits for the word of that side: the other one spoke last, or there is something to answer.
    #[must_use]
    pub fn awaits(&self, party: Party) -> bool {
        self.unanswered.is_some_and(|(spoke, _)| spoke != party) || self.to_answer(party).is_some()
    }

    /// Whether the other side has spoken or answered since a piece of `party` came.
    #[must_use]
    pub fn is_answered(&self, party: Party, added_at: Timestamp) -> bool {
        let other_at = match party {
            Party::Claimant => self.merchant_at,
            Party::Merchant => self.claimant_at,
        };
        other_at.is_some_and(|at| at > added_at)
    }
}
