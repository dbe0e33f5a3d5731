//! What the plan of a shop with many repairs is told from: how they stood when the step of the clock began, or the day where there
//! are very many, and what happened to each since, in the order of the log. A restart reads the very same from the record, and so comes to the very same plan, in
//! the midst of whatever goes on.

use super::build::{Changes, Key, Told, Visit, step_of_clock};
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
    /// Its visits when what is told begins.
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

    /// Takes what was first for how things stood.
    fn fold(&mut self, is_past: impl Fn(&Entry) -> bool) {
        let past = self
            .entries
            .iter()
            .take_while(|entry| is_past(entry))
            .count();
        if let Some(last) = self.entries.drain(..past).next_back() {
            self.base = last.visits;
        }
    }
}

/// What is told of all cases of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct History {
    begun: Timestamp,
    /// The step of the clock in which the first that is told of happened.
    from: Timestamp,
    /// Things that happened since it began and are not told one by one any more, and the last of them.
    folded: usize,
    folded_to: u64,
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
        Self {
            begun,
            from: begun,
            folded: 0,
            folded_to: 0,
            cases,
        }
    }

    /// The time for which the plan is made that everything else is told to.
    pub(super) const fn from(&self) -> Timestamp {
        self.from
    }

    /// Goes on to the step or the day that began then: what happened before it is how things stood. False where it has to be
    /// read again.
    pub(super) fn go_on(&mut self, begun: Timestamp) -> bool {
        if begun == self.begun {
            return true;
        }
        if begun < self.begun || self.folded > 0 {
            return false;
        }
        for case in self.cases.values_mut() {
            case.fold(|entry| entry.at < begun);
        }
        self.cases.retain(|_, case| !case.is_empty());
        (self.begun, self.from) = (begun, begun);
        true
    }

    /// Takes every full `most` of the things that happened for how things stood, in the order of the log: so many are told one
    /// by one at most. Whether there were so many.
    pub(super) fn fold(&mut self, most: usize) -> bool {
        let entries = self.cases.values().flat_map(|case| &case.entries);
        let mut all: Vec<(u64, Timestamp)> = entries.map(|entry| (entry.seq, entry.at)).collect();
        all.sort_unstable();
        let full = all.len() / most.max(1) * most.max(1);
        let Some((last, _)) = full.checked_sub(1).and_then(|last| all.get(last)).copied() else {
            return false;
        };
        for case in self.cases.values_mut() {
            case.fold(|entry| entry.seq <= last);
        }
        self.cases.retain(|_, case| !case.is_empty());
        let past = all[..full].iter().map(|(_, at)| step_of_clock(*at));
        self.from = past.fold(self.from, Timestamp::max);
        self.folded += full;
        self.folded_to = last;
        true
    }

    /// How all visits stood when what is told begins.
    pub(super) fn base(&self) -> BTreeMap<Key, Visit> {
        let visits = self.cases.values().flat_map(|case| &case.base);
        visits.map(|visit| (visit.key(), visit.clone())).collect()
    }

    /// What happened since, one thing after another.
    pub(super) fn since(&self) -> Vec<Told> {
        let mut all = Vec::new();
        for case in self.cases.values() {
            all.extend(case.changes_from(0));
        }
        in_order(all)
    }

    /// What happened after all that was told before; none where it has to be told over again from the beginning.
    pub(super) fn after(&self, before: &Self) -> Option<Vec<Told>> {
        if (self.begun, self.folded) != (before.begun, before.folded) {
            return None;
        }
        let last = before.last().max(before.folded_to);
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
    fn changes_from(&self, first: usize) -> Vec<(u64, Told)> {
        let mut before = match first.checked_sub(1) {
            None => &self.base,
            Some(last) => &self.entries[last].visits,
        };
        let mut all = Vec::new();
        for entry in &self.entries[first..] {
            let told = Told {
                at: entry.at,
                changes: changes(before, &entry.visits),
            };
            all.push((entry.seq, told));
            before = &entry.visits;
        }
        all
    }
}

fn in_order(mut told: Vec<(u64, Told)>) -> Vec<Told> {
    told.sort_by_key(|(seq, _)| *seq);
    told.into_iter().map(|(_, told)| told).collect()
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
            // What is not told one by one any more is how things stood.
            told.fold(|entry| entry.seq <= history.folded_to);
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
            placed: None,
            can_put_back: false,
            refused: Vec::new(),
            before: None,
            place: None,
            radius_m: 0,
        }
    }

    /// A case: its visits when the step began, and number, time and visits of each entry.
    type CaseTold<'a> = (u128, &'a [Step], &'a [(u64, i64, &'a [Step])]);

    fn told(cases: &[CaseTold<'_>]) -> History {
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
            from: Timestamp(100),
            folded: 0,
            folded_to: 0,
            cases: cases.collect(),
        }
    }

    fn steps(told: &[Told]) -> Vec<Vec<(u128, Option<Step>)>> {
        let one = |changes: &Changes| {
            let changes = changes.iter();
            changes
                .map(|(key, visit)| (key.1.0.as_u128(), visit.as_ref().map(|visit| visit.step)))
                .collect()
        };
        told.iter().map(|told| one(&told.changes)).collect()
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
        assert!(history.go_on(Timestamp(200)));
        let mut after = told(&[(1, ACCEPTED, &[(9, 203, OPEN)]), (2, OPEN, &[])]);
        (after.begun, after.from) = (Timestamp(200), Timestamp(200));
        assert_eq!(history, after);
        assert_eq!(history.after(&before), None);
    }

    #[test]
    fn so_many_things_are_told_one_by_one_and_the_first_of_them_are_how_things_stood() {
        let minute = |minutes: i64| 100 + minutes * 60_000;
        let all = told(&[
            (1, OPEN, &[(7, minute(1), ACCEPTED), (10, minute(40), OPEN)]),
            (2, &[], &[(8, minute(20), OPEN)]),
            (3, OPEN, &[(9, minute(31), &[])]),
        ]);
        let mut history = all.clone();
        assert!(!history.fold(5), "there are not so many");
        assert_eq!(history, all);
        assert!(history.fold(3));
        assert_eq!(steps(&history.since()), [vec![(1, Some(Step::Open))]]);
        let base = history.base();
        let stood: Vec<_> = base
            .values()
            .map(|v| (v.case.0.as_u128(), v.step))
            .collect();
        assert_eq!(stood, [(1, Step::Accepted), (2, Step::Open)]);
        assert_eq!(history.from(), step_of_clock(Timestamp(minute(31))));
        assert_eq!((history.begun, history.count()), (Timestamp(100), 2));
        // Whoever reads the record later takes the same for how things stood.
        let mut again = all.clone();
        again.fold(3);
        assert_eq!(again, history);
        assert_eq!(history.after(&all), None, "it is told over again");
        assert!(!again.go_on(Timestamp(minute(30))), "and read again");
    }
}
