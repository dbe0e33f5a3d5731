//! What the plan of a shop with many repairs is told from: how they stood when the step of the clock began, and what happened to
//! each since, in the order of the log. A restart reads the very same from the record, and so comes to the very same plan, in
//! the midst of whatever goes on.

use super::build::{Changes, Key, Visit};
use crate::app::App;
use crate::error::AppError;
use crate::roads::{Cell, cell};
use aftercare_domain::ids::{CaseId, TenantId};
use aftercare_domain::{Case, Timestamp, evolve};
use aftercare_store::{CaseFilter, Cursor, StoredCaseEvent};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Cases that are read from the store at once.
const CASES_PER_READ: u32 = 500;

/// The visits of a case after an event that changed them.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    seq: u64,
    at: Timestamp,
    visits: Vec<Visit>,
}

/// What is told of one case.
#[derive(Clone, Debug, Default, PartialEq)]
struct CaseHistory {
    /// Its visits when the step began.
    base: Vec<Visit>,
    entries: Vec<Entry>,
}

impl CaseHistory {
    /// Its visits as they stand.
    fn now(&self) -> &[Visit] {
        self.entries
            .last()
            .map_or(&self.base, |entry| &entry.visits)
    }

    fn is_empty(&self) -> bool {
        self.base.is_empty() && self.entries.is_empty()
    }
}

/// What is told of all cases of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct History {
    begun: Timestamp,
    cases: BTreeMap<CaseId, CaseHistory>,
}

impl History {
    /// Of visits to which nothing happened since.
    fn standing(begun: Timestamp, visits: &BTreeMap<Key, Visit>) -> Self {
        let mut cases: BTreeMap<CaseId, CaseHistory> = BTreeMap::new();
        for visit in visits.values() {
            let case = cases.entry(visit.case).or_default();
            case.base.push(visit.clone());
        }
        Self { begun, cases }
    }

    /// When the step began.
    pub(super) const fn begun(&self) -> Timestamp {
        self.begun
    }

    /// Goes on to the step that began then: what happened before it is how things stood.
    pub(super) fn go_on(&mut self, begun: Timestamp) {
        for case in self.cases.values_mut() {
            let past = case.entries.iter().take_while(|entry| entry.at < begun);
            let past = past.count();
            if let Some(last) = case.entries.drain(..past).next_back() {
                case.base = last.visits;
            }
        }
        self.cases.retain(|_, case| !case.is_empty());
        self.begun = begun;
    }

    /// How all visits stood when the step began.
    pub(super) fn base(&self) -> BTreeMap<Key, Visit> {
        let visits = self.cases.values().flat_map(|case| &case.base);
        visits.map(|visit| (visit.key(), visit.clone())).collect()
    }

    /// What happened since, one thing after another.
    pub(super) fn since(&self) -> Vec<Changes> {
        let mut all = Vec::new();
        for case in self.cases.values() {
            all.extend(case.changes_from(0));
        }
        in_order(all)
    }

    /// What happened after all that was told before; none where it has to be told over again from the beginning.
    pub(super) fn after(&self, before: &Self) -> Option<Vec<Changes>> {
        if self.begun != before.begun {
            return None;
        }
        let last = before.last();
        let mut news = Vec::new();
        for (id, known) in &before.cases {
            let case = self.cases.get(id)?;
            if case.base != known.base || !case.entries.starts_with(&known.entries) {
                return None;
            }
        }
        for (id, case) in &self.cases {
            let known = before.cases.get(id);
            if known.is_none() && !case.base.is_empty() {
                return None;
            }
            news.extend(case.changes_from(known.map_or(0, |known| known.entries.len())));
        }
        let is_after = news.iter().all(|(seq, _)| *seq > last);
        is_after.then(|| in_order(news))
    }

    /// Keys of the visits that are open, by case.
    pub(super) fn keys(&self) -> HashMap<CaseId, Vec<Key>> {
        let cases = self.cases.iter();
        let open = cases.filter(|(_, case)| !case.now().is_empty());
        open.map(|(id, case)| (*id, case.now().iter().map(Visit::key).collect()))
            .collect()
    }

    /// How many visits are open.
    pub(super) fn count(&self) -> usize {
        self.cases.values().map(|case| case.now().len()).sum()
    }

    /// Every place that was ever visited in it.
    pub(super) fn cells(&self) -> BTreeSet<Cell> {
        let cases = self.cases.values();
        let visits = cases.flat_map(|case| {
            let entries = case.entries.iter().flat_map(|entry| &entry.visits);
            case.base.iter().chain(entries)
        });
        visits.filter_map(|visit| visit.place).map(cell).collect()
    }

    fn last(&self) -> u64 {
        let cases = self.cases.values();
        let last = cases.filter_map(|case| case.entries.last());
        last.map(|entry| entry.seq).max().unwrap_or(0)
    }
}

impl CaseHistory {
    /// What each entry changed, from that one on.
    fn changes_from(&self, first: usize) -> Vec<(u64, Changes)> {
        let mut before = match first.checked_sub(1) {
            None => &self.base,
            Some(last) => &self.entries[last].visits,
        };
        let mut all = Vec::new();
        for entry in &self.entries[first..] {
            all.push((entry.seq, changes(before, &entry.visits)));
            before = &entry.visits;
        }
        all
    }
}

fn in_order(mut told: Vec<(u64, Changes)>) -> Vec<Changes> {
    told.sort_by_key(|(seq, _)| *seq);
    told.into_iter().map(|(_, changes)| changes).collect()
}

/// What became of the visits of a case.
fn changes(before: &[Visit], after: &[Visit]) -> Changes {
    let gone = before.iter().map(|visit| (visit.key(), None));
    let mut changes: Changes = gone.collect();
    for visit in after {
        if before.contains(visit) {
            changes.remove(&visit.key());
        } else {
            changes.insert(visit.key(), Some(visit.clone()));
        }
    }
    changes
}

/// The case as it stood when the step began, and after each event since, with the number and time of the event.
fn states(events: &[StoredCaseEvent], begun: Timestamp) -> (Case, Vec<(u64, Timestamp, Case)>) {
    let before = events.iter().take_while(|stored| stored.event.at < begun);
    let before = before.count();
    let base = events[..before].iter();
    let base = base.fold(Case::default(), |state, stored| {
        evolve(state, &stored.event)
    });
    let mut state = base.clone();
    let mut since = Vec::new();
    for stored in &events[before..] {
        state = evolve(state, &stored.event);
        since.push((stored.seq, stored.event.at, state.clone()));
    }
    (base, since)
}

impl App {
    /// How the repairs of a tenant stood when the step of the clock began, and what happened to them since; `visits` are those
    /// that are open now.
    pub(super) async fn visits_told(
        &self,
        tenant: TenantId,
        begun: Timestamp,
        visits: &BTreeMap<Key, Visit>,
    ) -> Result<History, AppError> {
        let mut history = History::standing(begun, visits);
        let filter = CaseFilter {
            tenant: Some(tenant),
            ..CaseFilter::default()
        };
        // The latest change first, also of cases that were closed since.
        let mut changed = BTreeSet::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page = self.store().cases(&filter, after, CASES_PER_READ).await?;
            let since = page.items.iter().take_while(|row| row.updated_at >= begun);
            let since: Vec<CaseId> = since.map(|row| row.case_id).collect();
            let goes_on = since.len() == page.items.len();
            changed.extend(since);
            match page.next.filter(|_| goes_on) {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let changed: Vec<CaseId> = changed.into_iter().collect();
        self.tell_again(tenant, &mut history, &changed).await?;
        Ok(history)
    }

    /// Reads again what is told of these cases.
    pub(super) async fn tell_again(
        &self,
        tenant: TenantId,
        history: &mut History,
        cases: &[CaseId],
    ) -> Result<(), AppError> {
        let mut told = Vec::new();
        for case in cases {
            let events = self.store().load_case(*case).await?;
            told.push((*case, states(&events, history.begun)));
        }
        let all: Vec<&Case> = told
            .iter()
            .flat_map(|(_, (base, since))| {
                std::iter::once(base).chain(since.iter().map(|(_, _, state)| state))
            })
            .collect();
        let spots = self.visited_spots(tenant, &all).await?;
        for (case, (base, since)) in &told {
            let mut told = CaseHistory {
                base: self.visits_in_order(base, &spots).await?,
                entries: Vec::new(),
            };
            for (seq, at, state) in since {
                let visits = self.visits_in_order(state, &spots).await?;
                if visits != told.now() {
                    told.entries.push(Entry {
                        seq: *seq,
                        at: *at,
                        visits,
                    });
                }
            }
            if told.is_empty() {
                history.cases.remove(case);
            } else {
                history.cases.insert(*case, told);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::build::Step;
    use super::*;
    use aftercare_domain::event::WorkKind;
    use aftercare_domain::ids::WorkOrderId;
    use uuid::Uuid;

    fn visit(number: u128, step: Step) -> Visit {
        Visit {
            work_order: WorkOrderId(Uuid::from_u128(number)),
            case: CaseId(Uuid::from_u128(number)),
            requested_at: Timestamp(0),
            kind: WorkKind::Repair,
            skill: "lamp".to_owned(),
            county: "330106".to_owned(),
            town: None,
            urgent: false,
            step,
            window: None,
            technician: None,
            helper: None,
            asked: false,
            arrived_at: None,
            refused: Vec::new(),
            before: None,
            place: None,
            radius_m: 0,
        }
    }

    /// A case: its visits when the step began, and number, time and visits of each entry.
    type Told<'a> = (u128, &'a [Step], &'a [(u64, i64, &'a [Step])]);

    fn told(cases: &[Told<'_>]) -> History {
        let visits = |number: u128, steps: &[Step]| {
            let steps = steps.iter();
            steps.map(|step| visit(number, *step)).collect::<Vec<_>>()
        };
        let cases = cases.iter().map(|(number, base, entries)| {
            let entries = entries.iter().map(|(seq, at, steps)| Entry {
                seq: *seq,
                at: Timestamp(*at),
                visits: visits(*number, steps),
            });
            let case = CaseHistory {
                base: visits(*number, base),
                entries: entries.collect(),
            };
            (CaseId(Uuid::from_u128(*number)), case)
        });
        History {
            begun: Timestamp(100),
            cases: cases.collect(),
        }
    }

    fn steps(changes: &[Changes]) -> Vec<Vec<(u128, Option<Step>)>> {
        let one = |changes: &Changes| {
            let changes = changes.iter();
            changes
                .map(|(key, visit)| (key.1.0.as_u128(), visit.as_ref().map(|visit| visit.step)))
                .collect()
        };
        changes.iter().map(one).collect()
    }

    const OPEN: &[Step] = &[Step::Open];
    const ACCEPTED: &[Step] = &[Step::Accepted];

    #[test]
    fn what_happened_is_told_in_the_order_of_the_log_whatever_case_it_was_in() {
        let history = told(&[
            (1, OPEN, &[(7, 101, ACCEPTED), (9, 103, &[])]),
            (2, &[], &[(8, 102, OPEN)]),
        ]);
        assert_eq!(
            steps(&history.since()),
            [
                vec![(1, Some(Step::Accepted))],
                vec![(2, Some(Step::Open))],
                vec![(1, None)]
            ]
        );
        assert_eq!((history.base().len(), history.count()), (1, 1));
        assert_eq!(history.keys().len(), 1);
    }

    #[test]
    fn only_what_came_after_everything_is_taken_in_and_all_else_is_told_over_again() {
        let before = told(&[(1, OPEN, &[(7, 101, ACCEPTED)])]);
        assert_eq!(before.after(&before), Some(Vec::new()));
        let on = told(&[
            (1, OPEN, &[(7, 101, ACCEPTED), (9, 103, &[])]),
            (2, &[], &[(8, 102, OPEN)]),
        ]);
        let news = on.after(&before).expect("it goes on");
        assert_eq!(steps(&news), [vec![(2, Some(Step::Open))], vec![(1, None)]]);
        // Something of before what was told already, and another beginning.
        let late = told(&[
            (1, OPEN, &[(7, 101, ACCEPTED)]),
            (2, &[], &[(6, 101, OPEN)]),
        ]);
        assert_eq!(late.after(&before), None);
        let other = told(&[(1, ACCEPTED, &[(7, 101, ACCEPTED)])]);
        assert_eq!(other.after(&before), None);
        let none = told(&[(2, OPEN, &[])]);
        assert_eq!(none.after(&before), None);
    }

    #[test]
    fn a_step_that_is_over_is_how_things_stood_when_the_next_one_began() {
        let mut history = told(&[
            (1, OPEN, &[(7, 101, ACCEPTED), (9, 203, OPEN)]),
            (2, &[], &[(8, 102, OPEN)]),
            (3, OPEN, &[(10, 104, &[])]),
        ]);
        let before = history.clone();
        history.go_on(Timestamp(200));
        let mut after = told(&[(1, ACCEPTED, &[(9, 203, OPEN)]), (2, OPEN, &[])]);
        after.begun = Timestamp(200);
        assert_eq!(history, after);
        assert_eq!(history.after(&before), None);
    }
}
