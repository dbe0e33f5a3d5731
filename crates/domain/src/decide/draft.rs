//! A decision being made: the events so far, and the case as they already made it, so that a
//! consequence sees what came before it in the same decision.

use super::permissions::{self, Act};
use crate::actor::Actor;
use crate::calendar::Due;
use crate::case::{Case, Claim, WorkOrder};
use crate::clock::{Basis, ClockKey, ClockName, ClockState, PauseReason, Subject};
use crate::event::{Body, Event};
use crate::evidence::{Envelope, EvidenceFile, EvidenceKind};
use crate::evolve::evolve;
use crate::facts::Facts;
use crate::ids::{ClaimId, WorkOrderId};
use crate::limits::{EVIDENCE_PER_COMMAND_MAX, SEALED_TEXT_BYTES_MAX, SHORT_TEXT_CHARS_MAX};
use crate::refusals;
use crate::refused::Refused;
use crate::time::Timestamp;
use std::collections::BTreeSet;

pub(super) struct Draft<'a> {
    pub case: Case,
    pub facts: &'a Facts,
    pub now: Timestamp,
    pub by: Actor,
    events: Vec<Event>,
}

impl<'a> Draft<'a> {
    pub fn new(case: &Case, facts: &'a Facts, now: Timestamp, by: Actor) -> Self {
        Self {
            case: case.clone(),
            facts,
            now,
            by,
            events: Vec::new(),
        }
    }

    pub fn into_events(self) -> Vec<Event> {
        self.events
    }

    pub fn emit(&mut self, body: Body) {
        let event = Event {
            at: self.now,
            by: self.by,
            body,
            told_at: None,
        };
        self.case = evolve(std::mem::take(&mut self.case), &event);
        self.events.push(event);
    }

    /// Whether the actor may do this; own work orders are checked with [`Self::allow_on`].
    pub fn allow(&self, act: Act) -> Result<(), Refused> {
        permissions::allow(&self.case, self.by, act, None)
    }

    /// Whether the actor may do this on a work order: a technician only on the own one.
    pub fn allow_on(&self, act: Act, order: &WorkOrder) -> Result<(), Refused> {
        permissions::allow(&self.case, self.by, act, order.technician)
    }

    pub fn order(&self, id: WorkOrderId) -> Result<&WorkOrder, Refused> {
        self.case
            .work_orders
            .get(&id)
            .ok_or_else(refusals::work_order_unknown)
    }

    pub fn claim(&self, id: ClaimId) -> Result<&Claim, Refused> {
        self.case
            .claims
            .get(&id)
            .ok_or_else(refusals::claim_unknown)
    }

    /// Refuses a subject that the case does not have.
    pub fn subject(&self, subject: Subject) -> Result<(), Refused> {
        match subject {
            Subject::WorkOrder(id) => self.order(id).map(|_| ()),
            Subject::Claim(id) => self.claim(id).map(|_| ()),
        }
    }

    // ---- clocks ----

    pub fn is_clock_open(&self, name: ClockName, subject: Subject) -> bool {
        self.case
            .clock(ClockKey { name, subject })
            .is_some_and(crate::clock::Clock::is_open)
    }

    pub fn is_perishable(&self, subject: Subject) -> bool {
        match subject {
            Subject::Claim(id) => self
                .case
                .claims
                .get(&id)
                .is_some_and(|claim| claim.perishable),
            Subject::WorkOrder(_) => false,
        }
    }

    fn is_urgent(&self, subject: Subject) -> bool {
        match subject {
            Subject::WorkOrder(id) => self
                .case
                .work_orders
                .get(&id)
                .is_some_and(|order| order.urgent),
            Subject::Claim(_) => false,
        }
    }

    /// What the rules give a clock, for the goods it is about.
    pub fn allowance_ms(&self, name: ClockName, subject: Subject) -> i64 {
        self.facts
            .rules
            .allowance(name, self.is_perishable(subject))
            .0
    }

    /// What one extension of a clock adds, if it can be extended.
    pub fn extension_ms(&self, name: ClockName, subject: Subject) -> Option<i64> {
        self.facts
            .rules
            .extension_ms(name, self.is_perishable(subject))
    }

    /// Until when the platform that decides a claim waits for the merchant, if that is still to come.
    pub fn platform_due(&self, subject: Subject) -> Option<Timestamp> {
        let Subject::Claim(id) = subject else {
            return None;
        };
        let link = self.case.claims.get(&id)?.platform.as_ref()?;
        link.due_at.filter(|due| *due > self.now)
    }

    /// The due time of a clock, or the platform's deadline when that is earlier: everything that comes before our answer
    /// has to be over by then.
    pub fn by_platform(&self, key: ClockKey, due: Timestamp) -> Timestamp {
        match self.platform_due(key.subject) {
            Some(platform) if comes_before_answer(key.name) => due.min(platform),
            _ => due,
        }
    }

    /// Starts a clock from now with the allowance of the rules.
    pub fn start(&mut self, name: ClockName, subject: Subject) -> Result<(), Refused> {
        self.start_with(name, subject, self.allowance_ms(name, subject))
    }

    /// Starts a clock from now with another allowance than the rules': the rest of a statutory
    /// wait, or a time counted from an agreed window.
    pub fn start_with(
        &mut self,
        name: ClockName,
        subject: Subject,
        allowance_ms: i64,
    ) -> Result<(), Refused> {
        let (_, basis) = self.facts.rules.allowance(name, false);
        // What cannot wait does not wait for the desk to open.
        let basis = if self.is_urgent(subject) {
            Basis::Natural
        } else {
            basis
        };
        let Due { at, assumed } = self.facts.calendar.due(self.now, allowance_ms, basis)?;
        let at = self.by_platform(ClockKey { name, subject }, at);
        self.emit(Body::ClockStarted {
            clock: ClockKey { name, subject },
            basis,
            due_at: at,
            allowance_ms,
            assumed,
            rule: self.facts.rules.citation(name),
        });
        Ok(())
    }

    /// Stops a clock if it is open.
    pub fn stop(&mut self, name: ClockName, subject: Subject) {
        if self.is_clock_open(name, subject) {
            self.emit(Body::ClockStopped {
                clock: ClockKey { name, subject },
            });
        }
    }

    /// Stops every open clock of a subject.
    pub fn stop_all(&mut self, subject: Subject) {
        let open: Vec<ClockName> = self
            .case
            .open_clocks(subject)
            .map(|clock| clock.key.name)
            .collect();
        for name in open {
            self.stop(name, subject);
        }
    }

    /// Holds a clock if it runs, until a photo or a look that is waited for is there; what is left of it is kept.
    pub fn hold(&mut self, key: ClockKey, reason: PauseReason) {
        self.hold_until(key, reason, None);
    }

    /// The same until then at the latest.
    pub fn hold_until(&mut self, key: ClockKey, reason: PauseReason, until: Option<Timestamp>) {
        if let Some(clock) = self
            .case
            .clock(key)
            .filter(|clock| clock.state == ClockState::Running)
        {
            let left_ms = self
                .facts
                .calendar
                .left(self.now, clock.due_at, clock.basis);
            self.emit(Body::ClockPaused {
                clock: key,
                reason,
                left_ms,
                until,
            });
        }
    }

    /// Lets a held clock run on with what was left of it.
    pub fn resume(&mut self, key: ClockKey) -> Result<(), Refused> {
        self.run_on(key, false)
    }

    /// The same; `lapsed` where nobody let it.
    pub fn run_on(&mut self, key: ClockKey, lapsed: bool) -> Result<(), Refused> {
        let Some(clock) = self.case.clock(key) else {
            return Err(refusals::clock_unknown());
        };
        let ClockState::Paused { left_ms, .. } = clock.state else {
            return Err(refusals::clock_not_paused());
        };
        let Due { at, assumed } = self.facts.calendar.due(self.now, left_ms, clock.basis)?;
        let at = self.by_platform(key, at);
        self.emit(Body::ClockResumed {
            clock: key,
            due_at: at,
            assumed,
            lapsed,
        });
        Ok(())
    }

    /// Lets every clock of a subject that is held for that reason run on.
    pub fn resume_held(&mut self, subject: Subject, why: PauseReason) -> Result<(), Refused> {
        let held: Vec<ClockKey> = self
            .case
            .open_clocks(subject)
            .filter(
                |clock| matches!(clock.state, ClockState::Paused { reason, .. } if reason == why),
            )
            .map(|clock| clock.key)
            .collect();
        held.into_iter().try_for_each(|key| self.resume(key))
    }

    // ---- input ----

    /// Refuses files that are too many or whose ids are taken, here or in the same command.
    /// A photo on request is none before it was asked for: [`Self::new_files`] takes those that were.
    pub fn files(&self, files: &[EvidenceFile]) -> Result<(), Refused> {
        if files
            .iter()
            .any(|file| file.kind == EvidenceKind::ChallengePhoto)
        {
            return Err(refusals::no_challenge());
        }
        self.new_files(files)
    }

    /// The same for photos that were asked for.
    pub fn new_files(&self, files: &[EvidenceFile]) -> Result<(), Refused> {
        if files.len() > EVIDENCE_PER_COMMAND_MAX {
            return Err(refusals::too_much_evidence());
        }
        let mut seen = BTreeSet::new();
        let fresh = files.iter().all(|file| {
            seen.insert(file.evidence) && !self.case.evidence.contains_key(&file.evidence)
        });
        if fresh {
            Ok(())
        } else {
            Err(refusals::id_taken())
        }
    }
}

/// Clocks of what happens before the platform has our answer; the others guard rights, money and goods, and are the
/// platform's own in party mode.
pub(super) const fn comes_before_answer(name: ClockName) -> bool {
    matches!(
        name,
        ClockName::Screening
            | ClockName::NewPhoto
            | ClockName::FirstLook
            | ClockName::MerchantAnswer
            | ClockName::SettlementAnswer
            | ClockName::EvidenceRound
            | ClockName::Inspection
    )
}

/// Refuses a short text that is empty or too long.
pub(super) fn short(text: &str) -> Result<(), Refused> {
    if text.trim().is_empty() {
        return Err(refusals::text_missing());
    }
    if text.chars().count() > SHORT_TEXT_CHARS_MAX {
        return Err(refusals::text_too_long());
    }
    Ok(())
}

/// Refuses a sealed text that is empty or too long.
pub(super) fn sealed(text: &Envelope) -> Result<(), Refused> {
    if text.0.is_empty() {
        return Err(refusals::text_missing());
    }
    if text.0.len() > SEALED_TEXT_BYTES_MAX {
        return Err(refusals::text_too_long());
    }
    Ok(())
}
