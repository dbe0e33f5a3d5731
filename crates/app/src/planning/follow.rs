//! How the plan of a tenant follows its cases: it is told of those that changed, and reads them alone.

use super::build::{Around, Changes, Inputs, Key, Live, Standing, Step, Visit, step_of_clock};
use super::history::History;
use super::refused;
use crate::app::App;
use crate::error::AppError;
use crate::people::Spot;
use crate::roads::Cell;
use crate::staff::Staff;
use aftercare_domain::case::{OfferAnswer, RepairState, WorkOrder};
use aftercare_domain::ids::{CaseId, PersonId, TechnicianId, TenantId};
use aftercare_domain::{Case, Timestamp};
use aftercare_store::{CaseFilter, Cursor};
use std::cell::Cell as Once;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex as StdMutex, OnceLock, PoisonError};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// Cases that are read from the store at once when the plan is made the first time.
const CASES_PER_READ: u32 = 500;

/// A plan of so many open repairs is made again, and improved to its end, before anybody sees it, so that it is at every
/// time what the open repairs alone give: it takes a fraction of a second. One of more is told from the record (see
/// [`History`]).
const EXACT_VISITS_MAX: usize = 60;
/// One of so many is told from how things stood when the step of the clock began, as long as that takes some seconds at most;
/// one of more from how they stood when the day began.
const STEPWISE_VISITS_MAX: usize = 500;
/// So many things that happened are told one by one at most: what came before them is how things stood.
const TOLD_ONE_BY_ONE_MAX: usize = 1_000;
/// A plan that was repaired in place because who works changed is told again once nothing has happened to it for so long.
const QUIET_MS: i64 = 30 * 1_000;

/// From where on plans are told otherwise.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    /// See [`STEPWISE_VISITS_MAX`].
    stepwise: usize,
    /// See [`TOLD_ONE_BY_ONE_MAX`].
    one_by_one: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            stepwise: STEPWISE_VISITS_MAX,
            one_by_one: TOLD_ONE_BY_ONE_MAX,
        }
    }
}

impl Sizes {
    /// When what a plan of so many open repairs is told from begins.
    const fn begins(self, visits: usize, at: Timestamp) -> Timestamp {
        if self.is_large(visits) {
            at.china_midnight()
        } else {
            step_of_clock(at)
        }
    }

    /// Whether making it takes so long that it is told again once a day, and otherwise repaired in place.
    const fn is_large(self, visits: usize) -> bool {
        visits > self.stepwise
    }
}

/// The plans of all tenants.
#[derive(Default)]
pub(crate) struct Plans {
    /// Other sizes than the usual ones.
    sizes: OnceLock<Sizes>,
    tenants: StdMutex<HashMap<TenantId, Arc<Mutex<TenantPlan>>>>,
    /// Cases that changed since their tenant's plan looked.
    changed: Changed,
}

/// Cases that changed, by tenant.
type Changed = Arc<StdMutex<HashMap<TenantId, HashSet<CaseId>>>>;

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

/// Whether the plan of so many open repairs is told from the record.
const fn is_told(visits: usize) -> bool {
    visits > EXACT_VISITS_MAX
}

/// The plan of a tenant.
#[derive(Default)]
pub(super) struct TenantPlan {
    /// What the plan knows of each case; `None` before the first look.
    cases: Option<HashMap<CaseId, Vec<Key>>>,
    /// What it is told from, where it is.
    history: Option<History>,
    pub(super) live: Option<Live>,
    /// When it was made or repaired last.
    touched: Timestamp,
    /// What the last plan was made of that the checker passed when it was made and improved to its end.
    sound: Option<Inputs>,
    /// Since when another plan stands in the place of one that broke a rule, and what was last tried then.
    unsound: Option<Unsound>,
}

/// A plan that broke a rule, and is made again once anything is otherwise.
struct Unsound {
    since: Timestamp,
    tried_at: Timestamp,
    tried_with: Arc<Staff>,
    /// Whether what stands instead has every visit.
    whole: bool,
}

impl TenantPlan {
    pub(super) fn live(&mut self) -> Result<&mut Live, AppError> {
        let live = self.live.as_mut();
        live.ok_or_else(|| AppError::internal("the plan was not made"))
    }

    /// Whether another step of the clock has begun than the one to which the plan is told from the record.
    pub(super) fn is_told_of_before(&self, now: Timestamp) -> bool {
        let live = self.live.as_ref().filter(|_| self.history.is_some());
        live.is_some_and(|live| live.inputs.at < step_of_clock(now))
    }

    /// Whether the plan is to be told again: one that was repaired in place, and to which nothing happens.
    pub(super) fn is_to_tell_again(&self, now: Timestamp) -> bool {
        let in_place = self.live.as_ref().filter(|_| self.history.is_none());
        in_place.is_some_and(|live| is_told(live.inputs.visits.len()))
            && self.cases.is_some()
            && now.since_ms(self.touched) >= QUIET_MS
    }

    /// Takes a plan that was told again, unless something happened meanwhile. One that broke a rule is not taken: what
    /// stands goes on, and the dispatcher is told.
    pub(super) fn take(&mut self, again: Standing, history: History, now: Timestamp) {
        let Standing {
            live: again,
            broken,
            ..
        } = again;
        let Some(live) = self.live.as_ref().filter(|_| self.history.is_none()) else {
            return;
        };
        if broken.is_some() {
            let (at, staff) = (live.inputs.at, Arc::clone(&live.inputs.staff));
            self.touched = now;
            // What stands goes on, and has every visit.
            self.is_unsound((at, staff), true, now);
        } else if live.inputs == again.inputs {
            self.sound = Some(again.inputs.clone());
            self.unsound = None;
            (self.cases, self.history) = (Some(history.keys()), Some(history));
            self.live = Some(again);
        } else {
            self.touched = now;
        }
    }

    /// What the last plan was made of that the checker passed.
    pub(super) fn sound(&self) -> Option<Inputs> {
        self.sound.clone()
    }

    /// Since when another plan stands in the place of one that broke a rule.
    pub(super) fn unsound_since(&self) -> Option<Timestamp> {
        self.unsound.as_ref().map(|unsound| unsound.since)
    }

    /// Whether the plan has every visit: of one that stands in the place of another, and is older or has nobody, no time
    /// may be promised.
    pub(super) fn is_whole(&self) -> bool {
        self.unsound.as_ref().is_none_or(|unsound| unsound.whole)
    }

    /// Remembers that the plan of these inputs broke a rule, and whether what stands instead has every visit.
    fn is_unsound(
        &mut self,
        (tried_at, tried_with): (Timestamp, Arc<Staff>),
        whole: bool,
        now: Timestamp,
    ) {
        let since = self.unsound_since().unwrap_or(now);
        self.unsound = Some(Unsound {
            since,
            tried_at,
            tried_with,
            whole,
        });
    }

    /// Puts another plan in the place of one that broke a rule as it was improved; without one, the next look makes it again.
    pub(super) fn fall_back(&mut self, broken: String, now: Timestamp) {
        let Some(live) = self.live.take() else {
            return;
        };
        let (at, staff) = (live.inputs.at, Arc::clone(&live.inputs.staff));
        let was = Once::new(Some(broken));
        // What was found is not looked for again; what stands instead is.
        let look = |live: &Live| was.take().map_or_else(|| live.check(), Err);
        match live.checked_by(&look, self.sound()) {
            Ok(standing) => {
                self.is_unsound((at, staff), standing.whole, now);
                self.live = Some(standing.live);
            }
            Err(bad) => tracing::error!(%bad, "the plan is made again"),
        }
        (self.cases, self.history) = (None, None);
    }

    /// Forgets what it is made of, so that everything is read again.
    fn forget(&mut self) {
        (self.cases, self.live, self.history) = (None, None, None);
    }

    /// Puts what stands into its place.
    fn put(&mut self, standing: Standing, known: Known, tried: &Around) {
        let Standing {
            live,
            broken,
            whole,
        } = standing;
        if broken.is_some() {
            // What it does not have yet is read again.
            let with = (tried.at, Arc::clone(&tried.staff));
            self.is_unsound(with, whole, self.touched);
        } else {
            (self.cases, self.history) = (Some(known.cases), known.history);
            // One that is told from the record is what the record gives.
            if live.exact || self.history.is_some() {
                self.sound = Some(live.inputs.clone());
                self.unsound = None;
            }
        }
        self.live = Some(live);
    }
}

/// What a plan knows besides itself.
struct Known {
    cases: HashMap<CaseId, Vec<Key>>,
    history: Option<History>,
}

impl Known {
    /// Of visits as they stand.
    fn of(visits: &BTreeMap<Key, Visit>) -> Self {
        let mut cases: HashMap<CaseId, Vec<Key>> = HashMap::new();
        for (key, visit) in visits {
            cases.entry(visit.case).or_default().push(*key);
        }
        Self {
            cases,
            history: None,
        }
    }

    /// Of what is told from the record.
    fn told(history: History) -> Self {
        Self {
            cases: history.keys(),
            history: Some(history),
        }
    }
}

/// A plan that was looked at.
enum Looked {
    /// It is as of now.
    Fresh(OwnedMutexGuard<TenantPlan>),
    /// It forgot what it was made of, and everything is to be read again.
    Forgotten(OwnedMutexGuard<TenantPlan>),
}

impl Plans {
    /// Remembers that a case changed.
    fn note(&self, tenant: TenantId, case: CaseId) {
        self.noting(tenant, case)();
    }

    /// The same, when it is called: once the change is committed, whoever still waits for that.
    pub(crate) fn noting(&self, tenant: TenantId, case: CaseId) -> impl FnOnce() + Send + use<> {
        let changed = Arc::clone(&self.changed);
        move || {
            // A set of ids cannot be left half written.
            let mut changed = changed.lock().unwrap_or_else(PoisonError::into_inner);
            changed.entry(tenant).or_default().insert(case);
        }
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

    fn sizes(&self) -> Sizes {
        self.sizes.get().copied().unwrap_or_default()
    }

    fn of(&self, tenant: TenantId) -> Arc<Mutex<TenantPlan>> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tenants.entry(tenant).or_default())
    }
}

impl App {
    /// Has plans of more repairs than `stepwise` told from the beginning of the day, and `one_by_one` things told one after
    /// another at most: for tests, in which there are few of both. The first call counts.
    pub fn tell_plans_of(&self, stepwise: usize, one_by_one: usize) {
        // A second call says nothing new.
        let _ = self.plans().sizes.set(Sizes {
            stepwise,
            one_by_one,
        });
    }

    /// What a plan is made of besides the visits.
    async fn around(&self, tenant: TenantId) -> Result<Around, AppError> {
        Ok(Around {
            at: step_of_clock(self.now()),
            staff: self.staff(tenant).await?,
            experience: self.experience(tenant).await?,
            roads: self.roads().table(tenant),
        })
    }

    /// The plan of a tenant as of now: what the record gives, the same after a restart. That of a tenant with very many repairs
    /// may have been repaired in place since who works changed, until it is told again.
    pub(super) async fn fresh_plan(
        &self,
        tenant: TenantId,
    ) -> Result<OwnedMutexGuard<TenantPlan>, AppError> {
        let mut plan = self.plans().of(tenant).lock_owned().await;
        loop {
            plan = match self.looked_at(plan, tenant).await? {
                Looked::Fresh(plan) => return Ok(plan),
                // The next look reads everything, and has nothing to forget.
                Looked::Forgotten(plan) => plan,
            };
        }
    }

    async fn looked_at(
        &self,
        mut plan: OwnedMutexGuard<TenantPlan>,
        tenant: TenantId,
    ) -> Result<Looked, AppError> {
        let (around, now) = (self.around(tenant).await?, self.now());
        let at = around.at;
        let sizes = self.plans().sizes();
        let in_vain = plan.unsound.as_ref().is_some_and(|unsound| {
            unsound.tried_at == at && Arc::ptr_eq(&unsound.tried_with, &around.staff)
        });
        if in_vain && plan.live.is_some() && !self.plans().has_changed(tenant) {
            return Ok(Looked::Fresh(plan));
        }
        if plan.cases.is_none() || plan.live.is_none() {
            return self.read_again(plan, tenant, around, now).await;
        }
        if plan.history.is_some() {
            return self.told_on(plan, tenant, around, now).await;
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
        let count = count_after(&live.inputs, &changes);
        // A large one that was repaired in place goes on so until it is told again, today and with the same ways.
        let in_place = sizes.is_large(live.inputs.visits.len())
            && sizes.is_large(count)
            && live.inputs.midnight() == at.china_midnight()
            && Arc::ptr_eq(&live.inputs.experience, &around.experience)
            && Arc::ptr_eq(&live.inputs.roads, &around.roads);
        if is_told(count) && !in_place {
            plan.forget();
            return Ok(Looked::Forgotten(plan));
        }
        let exact = live.inputs.visits.len() <= EXACT_VISITS_MAX;
        let stands = changes.is_empty()
            && live.inputs.at == at
            && Arc::ptr_eq(&live.inputs.staff, &around.staff)
            && Arc::ptr_eq(&live.inputs.experience, &around.experience)
            && Arc::ptr_eq(&live.inputs.roads, &around.roads)
            && (live.exact || !exact);
        if stands {
            (plan.cases, plan.live) = (Some(cases), Some(live));
            return Ok(Looked::Fresh(plan));
        }
        plan.touched = now;
        let known = Known {
            cases,
            history: None,
        };
        let plan = held(plan, known, around.clone(), move || {
            let live = live.follow(around, changes, exact)?;
            let small = live.exact && live.inputs.visits.len() <= EXACT_VISITS_MAX;
            Ok(if small { live.rest() } else { live })
        });
        Ok(Looked::Fresh(plan.await?))
    }

    /// Reads everything that a plan is made of, and makes it.
    async fn read_again(
        &self,
        mut plan: OwnedMutexGuard<TenantPlan>,
        tenant: TenantId,
        around: Around,
        now: Timestamp,
    ) -> Result<Looked, AppError> {
        // Whoever goes away from here on leaves a plan that is read again.
        plan.forget();
        // What changes from now on is read once more.
        self.plans().take_changed(tenant);
        let visits = self.all_visits(tenant).await?;
        let history = self.history_of(tenant, around.at, &visits).await?;
        let tried = around.clone();
        let until = around.at;
        let mut inputs = Inputs {
            at: around.at,
            staff: around.staff,
            experience: around.experience,
            roads: around.roads,
            visits,
        };
        let mut cells = inputs.cells();
        cells.extend(history.iter().flat_map(History::cells));
        // What was measured and improved before a restart is so again before anybody is told anything.
        inputs.roads = self.first_roads(tenant, cells).await;
        plan.touched = now;
        let plan = match history {
            Some(history) => {
                (inputs.at, inputs.visits) = (history.from(), history.base());
                let since = history.since();
                let make = move || Live::told(inputs, since, until);
                held(plan, Known::told(history), tried, make).await?
            }
            None => {
                let known = Known::of(&inputs.visits);
                held(plan, known, tried, move || Ok(Live::make(inputs)?.rest())).await?
            }
        };
        Ok(Looked::Fresh(plan))
    }

    /// Takes in what happened to a plan that is told from the record, or tells it over again from the step that has begun.
    async fn told_on(
        &self,
        mut plan: OwnedMutexGuard<TenantPlan>,
        tenant: TenantId,
        around: Around,
        now: Timestamp,
    ) -> Result<Looked, AppError> {
        let Some(live) = &plan.live else {
            return Err(AppError::internal("the plan was not made"));
        };
        let same_staff = Arc::ptr_eq(&live.inputs.staff, &around.staff);
        let same_ways = Arc::ptr_eq(&live.inputs.experience, &around.experience)
            && Arc::ptr_eq(&live.inputs.roads, &around.roads);
        let (is_now, told_to) = (live.inputs.at == around.at, live.inputs.at);
        if is_now && same_staff && same_ways && !self.plans().has_changed(tenant) {
            return Ok(Looked::Fresh(plan));
        }
        let Some(mut history) = plan.history.clone() else {
            return Err(AppError::internal("the plan is not told from the record"));
        };
        let noted = self.plans().noted(tenant);
        let changed: Vec<CaseId> = noted.cases().copied().collect();
        self.tell_again(tenant, &mut history, &changed).await?;
        let (sizes, count) = (self.plans().sizes(), history.count());
        let is_large = sizes.is_large(count);
        // Where a county is may depend on the outlets: with other staff all of it is told again, if that does not take long.
        let read_again = !is_told(count)
            || !history.go_on(sizes.begins(count, around.at))
            || !same_staff && !is_large;
        if read_again {
            plan.forget();
            return Ok(Looked::Forgotten(plan));
        }
        let before = plan
            .history
            .as_ref()
            .filter(|_| same_ways && told_to <= around.at);
        let news = before.and_then(|before| history.after(before));
        // What was told late happened before a step of the clock that was taken already.
        let news = news.filter(|news| news.iter().all(|told| step_of_clock(told.at) >= told_to));
        let folded = history.fold(sizes.one_by_one);
        // From here on nobody who goes away takes anything with them.
        noted.read();
        let Some(live) = plan.live.take() else {
            return Err(AppError::internal("the plan was not made"));
        };
        if same_staff && is_now && news.as_ref().is_some_and(Vec::is_empty) {
            (plan.live, plan.history) = (Some(live), Some(history));
            return Ok(Looked::Fresh(plan));
        }
        plan.touched = now;
        let tried = around.clone();
        let plan = match news {
            // Whoever falls sick is planned around at once; it is told again beside the work.
            Some(news) if !same_staff => {
                let known = Known {
                    cases: history.keys(),
                    history: None,
                };
                held(plan, known, tried, move || {
                    let mut live = live.follow(around.clone(), Changes::new(), false)?;
                    for told in news {
                        live = live.follow(around.clone(), told.changes, false)?;
                    }
                    Ok(live)
                })
                .await?
            }
            Some(news) if !folded => {
                let make = move || live.told_on(&around, news);
                held(plan, Known::told(history), tried, make).await?
            }
            _ => {
                let until = around.at;
                let inputs = Inputs {
                    at: history.from(),
                    staff: around.staff,
                    experience: around.experience,
                    roads: around.roads,
                    visits: history.base(),
                };
                let since = history.since();
                let make = move || Live::told(inputs, since, until);
                held(plan, Known::told(history), tried, make).await?
            }
        };
        Ok(Looked::Fresh(plan))
    }

    /// What a plan of these visits, which are all that are open now, is told from; none where they are so few that it is made
    /// of them alone.
    async fn history_of(
        &self,
        tenant: TenantId,
        at: Timestamp,
        visits: &BTreeMap<Key, Visit>,
    ) -> Result<Option<History>, AppError> {
        if !is_told(visits.len()) {
            return Ok(None);
        }
        let sizes = self.plans().sizes();
        let begun = sizes.begins(visits.len(), at);
        let mut history = self.visits_told(tenant, begun, visits).await?;
        history.fold(sizes.one_by_one);
        Ok(Some(history))
    }

    /// Tells the plan of a tenant from the record beside the one that stands, which goes on meanwhile.
    pub(super) async fn told_beside(&self, tenant: TenantId) -> Result<(), AppError> {
        let plan = self.fresh_plan(tenant).await?;
        if plan.history.is_some() {
            return Ok(());
        }
        let sound = plan.sound();
        drop(plan);
        let around = self.around(tenant).await?;
        let visits = self.all_visits(tenant).await?;
        let Some(history) = self.history_of(tenant, around.at, &visits).await? else {
            return Ok(());
        };
        let until = around.at;
        let inputs = Inputs {
            at: history.from(),
            staff: around.staff,
            experience: around.experience,
            roads: around.roads,
            visits: history.base(),
        };
        let since = history.since();
        let again = made(move || Live::told(inputs, since, until), sound).await?;
        let plan = self.plans().of(tenant);
        plan.lock().await.take(again, history, self.now());
        Ok(())
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
    pub(super) async fn visited_spots(
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

    /// The open repairs of a case in the order in which they are planned.
    pub(super) async fn visits_in_order(
        &self,
        case: &Case,
        spots: &HashMap<PersonId, Spot>,
    ) -> Result<Vec<Visit>, AppError> {
        let mut visits = self.visits_of(case, spots).await?;
        visits.sort_by_key(Visit::key);
        Ok(visits)
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
                placed: order.placing.placed,
                can_put_back: order.placing.stood.is_some(),
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

/// How many visits there are after some changed.
fn count_after(inputs: &Inputs, changes: &Changes) -> usize {
    let mut count = inputs.visits.len();
    for (key, visit) in changes {
        match (inputs.visits.contains_key(key), visit) {
            (false, Some(_)) => count += 1,
            (true, None) => count -= 1,
            (true, Some(_)) | (false, None) => {}
        }
    }
    count
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
    known: Known,
    tried: Around,
    make: impl FnOnce() -> Result<Live, aftercare_dispatch::Bad> + Send + 'static,
) -> Result<OwnedMutexGuard<TenantPlan>, AppError> {
    plan.forget();
    let sound = plan.sound();
    let task = tokio::spawn(async move {
        let standing = made(make, sound).await?;
        plan.put(standing, known, &tried);
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
async fn made(
    make: impl FnOnce() -> Result<Live, aftercare_dispatch::Bad> + Send + 'static,
    sound: Option<Inputs>,
) -> Result<Standing, AppError> {
    let standing = tokio::task::spawn_blocking(|| make()?.checked_by(&Live::check, sound))
        .await
        .map_err(|error| AppError::internal(format!("making the plan: {error}")))?
        .map_err(|error| refused(&error))?;
    debug_assert_eq!(standing.broken, None, "the plan breaks a rule");
    Ok(standing)
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
        let around = Around {
            at: nobody().at,
            staff: Arc::default(),
            experience: Arc::default(),
            roads: Arc::default(),
        };
        let asked = held(
            Arc::clone(&plan).lock_owned().await,
            Known {
                cases: HashMap::from([(case, Vec::new())]),
                history: None,
            },
            around,
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
