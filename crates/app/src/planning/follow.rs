//! How the plan of a tenant follows its cases: it is told of those that changed, and reads them alone.

use super::build::{Around, Changes, Inputs, Key, Live, STEP_MS, Step, Visit};
use super::refused;
use crate::app::App;
use crate::error::AppError;
use crate::people::Spot;
use crate::roads::Cell;
use aftercare_domain::case::{OfferAnswer, RepairState, WorkOrder};
use aftercare_domain::ids::{CaseId, PersonId, TechnicianId, TenantId};
use aftercare_domain::{Case, Timestamp};
use aftercare_store::{CaseFilter, Cursor};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Cases that are read from the store at once when the plan is made the first time.
const CASES_PER_READ: u32 = 500;

/// A plan of so many open repairs is made again, and improved to its end, before anybody sees it, so that it is at every
/// time what the open repairs alone give: it takes a fraction of a second. A larger one is repaired in place.
const EXACT_VISITS_MAX: usize = 60;
/// A plan that was repaired in place is made again once nothing has happened to it for so long.
const QUIET_MS: i64 = 30 * 1_000;

/// The plans of all tenants.
#[derive(Default)]
pub(crate) struct Plans {
    tenants: StdMutex<HashMap<TenantId, Arc<Mutex<TenantPlan>>>>,
    /// Cases that changed since their tenant's plan looked.
    changed: StdMutex<HashMap<TenantId, HashSet<CaseId>>>,
}

/// Cases that changed and are being read: whoever goes away before that loses none of them.
struct Noted<'a> {
    plans: &'a Plans,
    tenant: TenantId,
    cases: HashSet<CaseId>,
}

impl Noted<'_> {
    fn cases(&self) -> impl Iterator<Item = &CaseId> {
        self.cases.iter()
    }

    /// They were read.
    fn read(mut self) {
        self.cases.clear();
    }
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        for case in self.cases.drain() {
            self.plans.note(self.tenant, case);
        }
    }
}

/// The plan of a tenant.
#[derive(Default)]
pub(super) struct TenantPlan {
    /// What the plan knows of each case; `None` before the first look.
    cases: Option<HashMap<CaseId, Vec<Key>>>,
    pub(super) live: Option<Live>,
    /// When it was made or repaired last.
    touched: Timestamp,
}

impl TenantPlan {
    pub(super) fn live(&mut self) -> Result<&mut Live, AppError> {
        let live = self.live.as_mut();
        live.ok_or_else(|| AppError::internal("the plan was not made"))
    }

    /// What a plan is to be made again of: one that was repaired in place and to which nothing happens.
    pub(super) fn to_make_again(&self, now: Timestamp) -> Option<Inputs> {
        let live = self.live.as_ref().filter(|live| !live.exact)?;
        (now.since_ms(self.touched) >= QUIET_MS).then(|| live.inputs.clone())
    }

    /// Takes a plan that was made again, unless something happened meanwhile.
    pub(super) fn take(&mut self, again: Live) {
        let live = self.live.as_ref();
        if live.is_some_and(|live| !live.exact && live.inputs == again.inputs) {
            self.live = Some(again);
        }
    }
}

impl Plans {
    /// Remembers that a case changed.
    pub(crate) fn note(&self, tenant: TenantId, case: CaseId) {
        // A set of ids cannot be left half written.
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.entry(tenant).or_default().insert(case);
    }

    /// Forgets everything, so that the next look reads it again.
    pub(crate) fn forget(&self) {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.clear();
    }

    /// Takes the cases that changed; unless they are read, they are noted again.
    fn noted(&self, tenant: TenantId) -> Noted<'_> {
        Noted {
            plans: self,
            tenant,
            cases: self.take_changed(tenant),
        }
    }

    fn take_changed(&self, tenant: TenantId) -> HashSet<CaseId> {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.remove(&tenant).unwrap_or_default()
    }

    /// Whether a case changed since the plan looked.
    pub(super) fn has_changed(&self, tenant: TenantId) -> bool {
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.contains_key(&tenant)
    }

    /// Plans that were made, by tenant.
    pub(super) fn all(&self) -> Vec<(TenantId, Arc<Mutex<TenantPlan>>)> {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = tenants
            .iter()
            .map(|(tenant, plan)| (*tenant, Arc::clone(plan)))
            .collect();
        all.sort_by_key(|(tenant, _)| *tenant);
        all
    }

    fn of(&self, tenant: TenantId) -> Arc<Mutex<TenantPlan>> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tenants.entry(tenant).or_default())
    }
}

impl App {
    /// The plan of a tenant as of now: what the open repairs alone give, the same after a restart. That of a tenant with
    /// many repairs may have been repaired in place since it was made.
    pub(super) async fn fresh_plan(
        &self,
        tenant: TenantId,
    ) -> Result<OwnedMutexGuard<TenantPlan>, AppError> {
        let mut plan = self.plans().of(tenant).lock_owned().await;
        let staff = self.staff(tenant).await?;
        let experience = self.experience(tenant).await?;
        let roads = self.roads().table(tenant);
        let now = self.now().0;
        let at = Timestamp(now - now.rem_euclid(STEP_MS));
        if plan.cases.is_none() || plan.live.is_none() {
            let visits = self.all_visits(tenant).await?;
            let mut cases: HashMap<CaseId, Vec<Key>> = HashMap::new();
            for (key, visit) in &visits {
                cases.entry(visit.case).or_default().push(*key);
            }
            let mut inputs = Inputs {
                at,
                staff,
                experience,
                roads,
                visits,
            };
            // What was measured and improved before a restart is so again before anybody is told anything.
            inputs.roads = self.first_roads(tenant, inputs.cells()).await;
            plan.touched = Timestamp(now);
            return held(plan, cases, move || Ok(Live::make(inputs)?.rest())).await;
        }
        let noted = self.plans().noted(tenant);
        let mut changed = Vec::new();
        for case in noted.cases() {
            changed.push((*case, self.load(*case).await?));
        }
        let states: Vec<&Case> = changed.iter().map(|(_, state)| state).collect();
        let spots = self.visited_spots(tenant, &states).await?;
        let mut found = Vec::new();
        for (case, state) in &changed {
            found.push((*case, self.visits_of(state, &spots).await?));
        }
        // From here on nobody who goes away takes anything with them.
        noted.read();
        let (Some(mut cases), Some(live)) = (plan.cases.take(), plan.live.take()) else {
            return Err(AppError::internal("the plan was not made"));
        };
        let changes = changes_of(found, &mut cases, &live.inputs);
        let exact = live.inputs.visits.len() <= EXACT_VISITS_MAX;
        let stands = changes.is_empty()
            && live.inputs.at == at
            && Arc::ptr_eq(&live.inputs.staff, &staff)
            && Arc::ptr_eq(&live.inputs.experience, &experience)
            && Arc::ptr_eq(&live.inputs.roads, &roads)
            && (live.exact || !exact);
        if stands {
            (plan.cases, plan.live) = (Some(cases), Some(live));
            return Ok(plan);
        }
        let around = Around {
            at,
            staff,
            experience,
            roads,
        };
        plan.touched = Timestamp(now);
        held(plan, cases, move || {
            let live = live.follow(around, changes, exact)?;
            let small = live.exact && live.inputs.visits.len() <= EXACT_VISITS_MAX;
            Ok(if small { live.rest() } else { live })
        })
        .await
    }

    /// The places of every plan that was made and is not being worked on.
    pub(crate) fn places_planned(&self) -> Vec<(TenantId, BTreeSet<Cell>)> {
        let plans = self.plans().all().into_iter();
        plans
            .filter_map(|(tenant, plan)| {
                let held = plan.try_lock().ok()?;
                let live = held.live.as_ref()?;
                Some((tenant, live.inputs.cells()))
            })
            .collect()
    }

    async fn all_visits(&self, tenant: TenantId) -> Result<BTreeMap<Key, Visit>, AppError> {
        // What changes from now on is read once more.
        self.plans().take_changed(tenant);
        let filter = CaseFilter {
            tenant: Some(tenant),
            open_only: true,
            ..CaseFilter::default()
        };
        let mut visits = BTreeMap::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page = self.store().cases(&filter, after, CASES_PER_READ).await?;
            let states: Vec<&Case> = page.items.iter().map(|row| &row.snapshot).collect();
            let spots = self.visited_spots(tenant, &states).await?;
            for state in states {
                for visit in self.visits_of(state, &spots).await? {
                    visits.insert(visit.key(), visit);
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        Ok(visits)
    }

    /// Where the customers are whom somebody has to visit, opened together.
    async fn visited_spots(
        &self,
        tenant: TenantId,
        cases: &[&Case],
    ) -> Result<HashMap<PersonId, Spot>, AppError> {
        let visited = cases.iter().filter(|case| {
            let mut orders = case.work_orders.values();
            orders.any(|order| step_of(order).is_some())
        });
        let people = visited.filter_map(|case| person_of(case));
        self.spots_for_dispatch(tenant, people).await
    }

    /// The open repairs of a case; `spots` has where its customer is, as far as that is known.
    async fn visits_of(
        &self,
        case: &Case,
        spots: &HashMap<PersonId, Spot>,
    ) -> Result<Vec<Visit>, AppError> {
        let Some(opened) = &case.opened else {
            return Ok(Vec::new());
        };
        let mut visits = Vec::new();
        for (id, order) in &case.work_orders {
            let Some(step) = step_of(order) else {
                continue;
            };
            let known = spots.get(&opened.claimant).cloned().unwrap_or_default();
            let (town, place) = self
                .spot_or_county(opened.tenant, &known, &order.county)
                .await?;
            visits.push(Visit {
                work_order: *id,
                case: opened.case,
                requested_at: order.requested_at,
                kind: order.kind,
                skill: order.skill.clone(),
                county: order.county.clone(),
                town,
                urgent: order.urgent,
                step,
                // Once somebody was there, the time that was agreed is over.
                window: order.window.filter(|_| order.state != RepairState::InWork),
                technician: order.technician,
                helper: order.helper,
                asked: !order.proposed.is_empty(),
                arrived_at: order.arrived_at,
                refused: declined(order),
                before: order
                    .rework_of
                    .and_then(|earlier| case.work_orders.get(&earlier))
                    .and_then(|earlier| earlier.technician),
                place: place.map(|(place, _)| place),
                radius_m: place.map_or(0, |(_, radius_m)| radius_m),
            });
        }
        Ok(visits)
    }
}

/// What became of the visits of cases that changed.
fn changes_of(
    found: Vec<(CaseId, Vec<Visit>)>,
    cases: &mut HashMap<CaseId, Vec<Key>>,
    inputs: &Inputs,
) -> Changes {
    let mut changes = Changes::new();
    for (case, visits) in found {
        let keys: Vec<Key> = visits.iter().map(Visit::key).collect();
        let before = if keys.is_empty() {
            cases.remove(&case)
        } else {
            cases.insert(case, keys.clone())
        };
        let gone = before.into_iter().flatten();
        changes.extend(
            gone.filter(|key| !keys.contains(key))
                .map(|key| (key, None)),
        );
        for visit in visits {
            if inputs.visits.get(&visit.key()) != Some(&visit) {
                changes.insert(visit.key(), Some(visit));
            }
        }
    }
    changes
}

/// Makes or follows a plan in a task that holds it until it stands: whoever asked may go away meanwhile, and the next one
/// waits for it and does not begin another beside it. A failure makes the next look read everything again.
async fn held(
    mut plan: OwnedMutexGuard<TenantPlan>,
    cases: HashMap<CaseId, Vec<Key>>,
    make: impl FnOnce() -> Result<Live, aftercare_dispatch::Bad> + Send + 'static,
) -> Result<OwnedMutexGuard<TenantPlan>, AppError> {
    (plan.cases, plan.live) = (None, None);
    let task = tokio::spawn(async move {
        let live = made(make).await?;
        (plan.cases, plan.live) = (Some(cases), Some(live));
        Ok(plan)
    });
    task.await
        .map_err(|error| AppError::internal(format!("making the plan: {error}")))?
}

/// Computes with a plan on a thread for it, so that no other request waits for the thread; the plan is held until it is
/// done, whoever still asks.
pub(super) async fn computed<T: Send + 'static>(
    mut plan: OwnedMutexGuard<TenantPlan>,
    compute: impl FnOnce(&mut Live) -> Result<T, AppError> + Send + 'static,
) -> Result<(OwnedMutexGuard<TenantPlan>, T), AppError> {
    tokio::task::spawn_blocking(move || {
        let found = compute(plan.live()?)?;
        Ok((plan, found))
    })
    .await
    .map_err(|error| AppError::internal(format!("asking the plan: {error}")))?
}

fn person_of(case: &Case) -> Option<PersonId> {
    case.opened.as_ref().map(|opened| opened.claimant)
}

/// Makes or follows a plan on a thread for it, and holds it against the independent checker.
pub(super) async fn made(
    make: impl FnOnce() -> Result<Live, aftercare_dispatch::Bad> + Send + 'static,
) -> Result<Live, AppError> {
    tokio::task::spawn_blocking(|| make()?.checked())
        .await
        .map_err(|error| AppError::internal(format!("making the plan: {error}")))?
        .map_err(|error| refused(&error))
}

const fn step_of(order: &WorkOrder) -> Option<Step> {
    match order.state {
        RepairState::Requested | RepairState::Verified | RepairState::Offered => Some(Step::Open),
        RepairState::Accepted => Some(Step::Accepted),
        RepairState::Scheduled => Some(Step::Agreed),
        RepairState::EnRoute => Some(Step::EnRoute),
        // The part is here, and the technician has to come again.
        RepairState::InWork if order.arrived_at.is_none() => Some(Step::Accepted),
        RepairState::Arrived
        | RepairState::Diagnosed
        | RepairState::QuotePending
        | RepairState::Consented
        | RepairState::QuoteDeclined
        | RepairState::InWork => Some(Step::There),
        RepairState::WaitingForParts
        | RepairState::Done
        | RepairState::Confirmed
        | RepairState::Disputed
        | RepairState::UnderWarranty
        | RepairState::Expired
        | RepairState::Withdrawn => None,
    }
}

fn declined(order: &WorkOrder) -> Vec<TechnicianId> {
    order
        .offers
        .iter()
        .filter(|offer| offer.answer == OfferAnswer::Declined)
        .map(|offer| offer.technician)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;
    use uuid::Uuid;

    fn nobody() -> Inputs {
        Inputs {
            at: Timestamp(1_793_581_200_000),
            staff: Arc::default(),
            experience: Arc::default(),
            roads: Arc::default(),
            visits: BTreeMap::new(),
        }
    }

    #[tokio::test]
    async fn a_plan_whose_asker_went_away_is_finished_and_made_once() {
        let plan = Arc::new(Mutex::new(TenantPlan::default()));
        let (begun, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel();
        let case = CaseId(Uuid::from_u128(1));
        let asked = held(
            Arc::clone(&plan).lock_owned().await,
            HashMap::from([(case, Vec::new())]),
            move || {
                begun.send(()).expect("heard");
                may_go_on.recv().expect("told");
                Live::make(nobody())
            },
        );
        let away = tokio::time::timeout(Duration::from_millis(20), asked).await;
        assert!(away.is_err(), "the asker goes away while it is made");
        let begun = tokio::task::spawn_blocking(move || has_begun.recv()).await;
        begun.expect("a thread").expect("it had begun");
        assert!(plan.try_lock().is_err(), "nobody begins another beside it");
        go_on.send(()).expect("heard");
        let plan = plan.lock().await;
        assert!(plan.live.is_some(), "what was made is kept");
        assert!(
            plan.cases
                .as_ref()
                .is_some_and(|cases| cases.contains_key(&case))
        );
    }

    #[test]
    fn cases_that_were_not_read_to_the_end_are_read_by_the_next_look() {
        let plans = Plans::default();
        let (tenant, case) = (TenantId(Uuid::from_u128(1)), CaseId(Uuid::from_u128(2)));
        plans.note(tenant, case);
        drop(plans.noted(tenant));
        assert!(plans.has_changed(tenant), "the asker went away");
        plans.noted(tenant).read();
        assert!(!plans.has_changed(tenant));
    }
}
