//! The live plan of a tenant: who is where when, which times can be offered, and why somebody has nobody.
//!
//! It is made of open repairs and technicians alone ([`build`]), so that nothing has to be stored for it: after a
//! restart the same plan is made again. It binds nobody. An offer is answered by a technician, a time is agreed by both
//! sides, and only then do they stand in the plan as given.

mod build;

use crate::access::staff_or_scope;
use crate::app::App;
use crate::error::AppError;
use crate::hours::WorkHours;
use crate::numbers::case_number;
use crate::people::Place;
use crate::principal::Principal;
use aftercare_dispatch::plan::Offer;
use aftercare_dispatch::plan::model::Window as Span;
use aftercare_domain::case::{OfferAnswer, RepairState, WorkOrder};
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::{CaseId, PersonId, ProductId, TechnicianId, TenantId, WorkOrderId};
use aftercare_domain::{Case, Role, Timestamp};
use aftercare_store::{CaseFilter, Cursor};
use build::{DAY_BEGINS_S, DAY_ENDS_S, Inputs, Live, Outside, Person, STEP_MS, Step, Visit};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use tokio::sync::{Mutex, MutexGuard};
use utoipa::ToSchema;

/// Cases that are read from the store at once when the plan is made the first time.
const CASES_PER_READ: u32 = 500;
/// Times offered at once.
const SLOTS_OFFERED: usize = 10;
/// Days in which a time is offered, today included.
const SLOT_DAYS: i64 = 5;
/// Length of a time that is offered, in seconds: the visit begins within it.
const SLOT_S: i64 = 2 * 3_600;
/// A time that is offered begins so long from now at the earliest, in seconds.
const SLOT_LEAD_S: i64 = 1_800;

/// The plans of all tenants.
#[derive(Default)]
pub(crate) struct Plans {
    tenants: Mutex<HashMap<TenantId, TenantPlan>>,
    /// Cases that changed since their tenant's plan looked.
    changed: StdMutex<HashMap<TenantId, HashSet<CaseId>>>,
}

#[derive(Default)]
struct TenantPlan {
    /// `None` before the first look.
    visits: Option<BTreeMap<CaseId, Vec<Visit>>>,
    /// Counties by what somebody serves, on a day.
    served: (i64, HashMap<Vec<String>, Arc<BTreeSet<String>>>),
    live: Option<Live>,
}

impl Plans {
    /// Remembers that a case changed.
    pub(crate) fn note(&self, tenant: TenantId, case: CaseId) {
        // A set of ids cannot be left half written.
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.entry(tenant).or_default().insert(case);
    }

    fn take_changed(&self, tenant: TenantId) -> HashSet<CaseId> {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        changed.remove(&tenant).unwrap_or_default()
    }
}

/// A visit on the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardVisit {
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    #[schema(value_type = String)]
    pub kind: WorkKind,
    pub skill: String,
    pub county_name: Option<String>,
    pub urgent: bool,
    /// `proposed`, `accepted`, `agreed` or `busy`.
    pub step: String,
    /// When the technician sets out, arrives, begins and is done, as the plan expects it.
    #[schema(value_type = i64)]
    pub leaves: Timestamp,
    #[schema(value_type = i64)]
    pub arrives: Timestamp,
    #[schema(value_type = i64)]
    pub start: Timestamp,
    #[schema(value_type = i64)]
    pub done: Timestamp,
    /// The time that was agreed.
    pub agreed: Option<TimeSpan>,
}

/// A span of time: one that was agreed with the customer, or in which somebody works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TimeSpan {
    #[schema(value_type = i64)]
    pub from: Timestamp,
    #[schema(value_type = i64)]
    pub until: Timestamp,
}

/// A technician on the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardTechnician {
    #[schema(value_type = String)]
    pub id: TechnicianId,
    pub name: String,
    pub skills: Vec<String>,
    /// When they work, in the days that are planned.
    pub works: Vec<TimeSpan>,
    pub visits: Vec<BoardVisit>,
}

/// A repair that nobody is planned for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardWaiting {
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    #[schema(value_type = String)]
    pub kind: WorkKind,
    pub skill: String,
    pub county_name: Option<String>,
    pub urgent: bool,
    #[schema(value_type = i64)]
    pub requested_at: Timestamp,
    /// What stands in the way.
    pub zh: String,
    pub en: String,
}

/// The live plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Board {
    /// The time that the plan was made for.
    #[schema(value_type = i64)]
    pub at: Timestamp,
    /// Its first midnight in China.
    #[schema(value_type = i64)]
    pub midnight: Timestamp,
    pub technicians: Vec<BoardTechnician>,
    pub waiting: Vec<BoardWaiting>,
}

/// What a time is asked for.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SlotsInput {
    #[schema(value_type = String)]
    pub kind: WorkKind,
    #[schema(value_type = Option<String>)]
    pub product: Option<ProductId>,
    /// Needed when no product is named.
    #[serde(default)]
    pub skill: String,
    /// Division code of the county.
    pub county: String,
    /// Where the visit is, if it is known better than by its county.
    #[serde(default)]
    pub place: Option<Place>,
}

/// A time at which somebody could come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Slot {
    /// The visit would begin from here.
    #[schema(value_type = i64)]
    pub from: Timestamp,
    /// And no later than this.
    #[schema(value_type = i64)]
    pub until: Timestamp,
}

/// Times at which somebody could come, those that fit best first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Slots {
    pub slots: Vec<Slot>,
    /// Why there is none.
    pub zh: Option<String>,
    pub en: Option<String>,
}

impl App {
    /// The live plan for the dispatcher.
    ///
    /// # Errors
    /// A missing role.
    pub async fn board(&self, principal: &Principal) -> Result<Board, AppError> {
        staff_or_scope(
            principal,
            &[Role::Dispatcher, Role::Agent, Role::Admin, Role::Auditor],
            "cases:read",
        )?;
        let tenant = principal.tenant();
        let mut plans = self.fresh_plan(tenant).await?;
        let live = live_of(&mut plans, tenant)?;
        let inputs = &live.inputs;
        let by_id: HashMap<String, &Visit> = inputs
            .visits
            .iter()
            .map(|visit| (visit.work_order.to_string(), visit))
            .collect();
        let schedules = live.plan.schedules();
        let mut technicians = Vec::with_capacity(inputs.people.len());
        for who in &inputs.people {
            let id = who.id.to_string();
            let mut visits: Vec<BoardVisit> = inputs
                .visits
                .iter()
                .filter(|visit| visit.step == Step::Busy && visit.technician == Some(who.id))
                .map(|visit| {
                    let start = visit.window.map_or(inputs.at, |window| window.from);
                    let done = Timestamp(start.0.max(inputs.at.0) + build::length_ms(visit.kind));
                    self.board_visit(visit, [start, start, start, done])
                })
                .collect();
            for planned in schedules
                .iter()
                .filter(|schedule| schedule.technician == id)
                .flat_map(|schedule| &schedule.visits)
            {
                if let Some(visit) = by_id.get(&planned.job) {
                    // Nobody waits at a door: who is free earlier sets out in time for the visit.
                    let wait = planned.start - planned.arrives;
                    let leaves = planned.leaves + wait;
                    let times = [leaves, planned.start, planned.start, planned.done];
                    visits.push(self.board_visit(visit, times.map(|time| inputs.time(time))));
                }
            }
            technicians.push(BoardTechnician {
                id: who.id,
                name: who.name.clone(),
                skills: who.skills.clone(),
                works: (0..build::PLANNED_DAYS)
                    .flat_map(|day| inputs.spans(who, day))
                    .map(|(from, until)| TimeSpan {
                        from: inputs.time(from),
                        until: inputs.time(until),
                    })
                    .collect(),
                visits,
            });
        }
        let mut waiting = Vec::new();
        for visit in &inputs.visits {
            let why = match live.outside.get(&visit.work_order) {
                Some(Outside::NoPlace) => Some((
                    "地点还没核对，需要先给客户打电话".to_owned(),
                    "the place is not known yet: call the customer first".to_owned(),
                )),
                Some(Outside::NoSkill) => Some((
                    format!("没有师傅会修“{}”", visit.skill),
                    format!("no technician has the skill `{}`", visit.skill),
                )),
                Some(Outside::Away(technician)) => {
                    let name = self.technician_name(*technician).await?;
                    Some((
                        format!("{name}已接单，但现在不派单；请先收回再另派"),
                        format!("{name} has accepted it and is away now: take it back first"),
                    ))
                }
                Some(Outside::Refused) => Some((
                    "系统排不了这一单，请手动派单".to_owned(),
                    "the plan does not take it: please arrange it by hand".to_owned(),
                )),
                // Its day has not come into the plan yet.
                Some(Outside::Later) => None,
                None if visit.step == Step::Busy => None,
                None => live
                    .plan
                    .explain(&visit.work_order.to_string())
                    .map_err(|error| refused(&error))?
                    .map(|blocked| (blocked.zh, blocked.en)),
            };
            if let Some((zh, en)) = why {
                waiting.push(BoardWaiting {
                    work_order: visit.work_order,
                    case: visit.case,
                    number: case_number(visit.case),
                    kind: visit.kind,
                    skill: visit.skill.clone(),
                    county_name: self.division_name(&visit.county),
                    urgent: visit.urgent,
                    requested_at: visit.requested_at,
                    zh,
                    en,
                });
            }
        }
        Ok(Board {
            at: inputs.at,
            midnight: inputs.midnight(),
            technicians,
            waiting,
        })
    }

    fn board_visit(
        &self,
        visit: &Visit,
        [leaves, arrives, start, done]: [Timestamp; 4],
    ) -> BoardVisit {
        let step = match visit.step {
            Step::Open => "proposed",
            Step::Accepted => "accepted",
            Step::Agreed => "agreed",
            Step::Busy => "busy",
        };
        BoardVisit {
            work_order: visit.work_order,
            case: visit.case,
            number: case_number(visit.case),
            kind: visit.kind,
            skill: visit.skill.clone(),
            county_name: self.division_name(&visit.county),
            urgent: visit.urgent,
            step: step.to_owned(),
            leaves,
            arrives,
            start,
            done,
            agreed: visit
                .window
                .filter(|_| matches!(visit.step, Step::Agreed | Step::Busy))
                .map(|window| TimeSpan {
                    from: window.from,
                    until: window.until,
                }),
        }
    }

    /// Times at which somebody could come to a visit that is not asked for yet. Nothing is kept for anybody: what is
    /// chosen is a wish until a technician has accepted it.
    ///
    /// # Errors
    /// `Invalid` naming the field.
    pub async fn visit_slots(
        &self,
        tenant: TenantId,
        input: &SlotsInput,
    ) -> Result<Slots, AppError> {
        let skill = self.skill_of(tenant, input.product, &input.skill).await?;
        let county = self.county_of_visit(&input.county, &crate::people::empty())?;
        let place = match input.place {
            Some(place) => Some(place),
            None => self.rough_place(tenant, &county).await?,
        };
        let mut plans = self.fresh_plan(tenant).await?;
        let live = live_of(&mut plans, tenant)?;
        let asked = Visit {
            work_order: WorkOrderId(uuid::Uuid::nil()),
            case: CaseId(uuid::Uuid::nil()),
            requested_at: live.inputs.at,
            kind: input.kind,
            skill,
            county,
            urgent: false,
            step: Step::Open,
            window: None,
            technician: None,
            refused: Vec::new(),
            before: None,
            place,
        };
        let job = match build::job(&live.inputs, &asked) {
            Ok(Some(job)) => job,
            Err(Outside::NoPlace) => {
                return Ok(no_slots(
                    "地点还没核对，先提交，客服会打电话约时间。",
                    "The place is not known yet. Send the report; we call you to agree on a time.",
                ));
            }
            Ok(None) | Err(_) => return Ok(nobody_comes()),
        };
        let windows = slot_windows(live.inputs.seconds(self.now()));
        let offers = live
            .plan
            .offers(&job, &windows, SLOTS_OFFERED)
            .map_err(|error| refused(&error))?;
        if offers.is_empty() {
            return Ok(nobody_comes());
        }
        let slot = |offer: Offer| Slot {
            from: live.inputs.time(offer.window.from),
            until: live.inputs.time(offer.window.to),
        };
        Ok(Slots {
            slots: offers.into_iter().map(slot).collect(),
            zh: None,
            en: None,
        })
    }

    /// Whom the plan has for a repair.
    pub(crate) async fn planned_technician(
        &self,
        tenant: TenantId,
        work_order: WorkOrderId,
    ) -> Result<Option<TechnicianId>, AppError> {
        let mut plans = self.fresh_plan(tenant).await?;
        let live = live_of(&mut plans, tenant)?;
        // What is not in the plan has nobody.
        let legs = live
            .plan
            .assignment(&work_order.to_string())
            .unwrap_or_default();
        let planned = legs.first().map(|leg| leg.technician.as_str());
        Ok(planned.and_then(|planned| {
            let mut people = live.inputs.people.iter();
            people
                .find(|who| who.id.to_string() == planned)
                .map(|who| who.id)
        }))
    }

    /// Where a county is, when nothing better is known: at its outlet, else in its middle.
    async fn rough_place(&self, tenant: TenantId, county: &str) -> Result<Option<Place>, AppError> {
        Ok(match self.outlet_in(tenant, county).await? {
            Some(place) => Some(place),
            None => self.middle_of(county).map(|(place, _)| place),
        })
    }

    /// The plans, with the tenant's as of now.
    async fn fresh_plan(
        &self,
        tenant: TenantId,
    ) -> Result<MutexGuard<'_, HashMap<TenantId, TenantPlan>>, AppError> {
        let mut plans = self.plans().tenants.lock().await;
        let plan = plans.entry(tenant).or_default();
        self.read_changes(tenant, plan).await?;
        let inputs = self.inputs(tenant, plan).await?;
        if plan.live.as_ref().is_none_or(|live| live.inputs != inputs) {
            let before = plan.live.take();
            let made = tokio::task::spawn_blocking(move || match before {
                Some(live) => live.grow(inputs),
                None => Live::make(inputs),
            })
            .await
            .map_err(|error| AppError::internal(format!("making the plan: {error}")))?;
            plan.live = Some(made.map_err(|error| refused(&error))?);
        }
        Ok(plans)
    }

    async fn read_changes(&self, tenant: TenantId, plan: &mut TenantPlan) -> Result<(), AppError> {
        let changed = self.plans().take_changed(tenant);
        // Taken, so that a failure on the way makes the next look read everything again.
        if let Some(mut visits) = plan.visits.take() {
            for case in changed {
                let found = self.visits_of(&self.load(case).await?).await?;
                if found.is_empty() {
                    visits.remove(&case);
                } else {
                    visits.insert(case, found);
                }
            }
            plan.visits = Some(visits);
            return Ok(());
        }
        let filter = CaseFilter {
            tenant: Some(tenant),
            open_only: true,
        };
        let mut visits = BTreeMap::new();
        let mut after: Option<Cursor> = None;
        loop {
            let page = self.store().cases(&filter, after, CASES_PER_READ).await?;
            for row in &page.items {
                let found = self.visits_of(&row.snapshot).await?;
                if !found.is_empty() {
                    visits.insert(row.case_id, found);
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        plan.visits = Some(visits);
        Ok(())
    }

    async fn inputs(&self, tenant: TenantId, plan: &mut TenantPlan) -> Result<Inputs, AppError> {
        let now = self.now().0;
        let at = Timestamp(now - now.rem_euclid(STEP_MS));
        let mut visits: Vec<Visit> = plan
            .visits
            .iter()
            .flatten()
            .flat_map(|(_, visits)| visits.clone())
            .collect();
        visits.sort_by_key(|visit| (visit.requested_at, visit.work_order));
        let day = Inputs {
            at,
            people: Vec::new(),
            visits: Vec::new(),
        }
        .midnight()
        .0;
        if plan.served.0 != day {
            plan.served = (day, HashMap::new());
        }
        let able: HashSet<_> = self
            .users_with_role(tenant, Role::Technician)
            .await?
            .into_iter()
            .collect();
        let mut people = Vec::new();
        for row in self.store().technicians(tenant).await? {
            if !row.active || !able.contains(&row.user) {
                continue;
            }
            let counties = plan
                .served
                .1
                .entry(row.counties.clone())
                .or_insert_with_key(|served| Arc::new(self.counties_served(served)));
            people.push(Person {
                id: row.id,
                name: row.display_name,
                skills: row.skills,
                counties: Arc::clone(counties),
                home: Place {
                    latitude_e6: row.latitude_e6,
                    longitude_e6: row.longitude_e6,
                },
                reach_m: row.reach_m,
                hours: WorkHours::stored(&row.hours),
            });
        }
        people.sort_by_key(|who| who.id);
        Ok(Inputs { at, people, visits })
    }

    /// The open repairs of a case.
    async fn visits_of(&self, case: &Case) -> Result<Vec<Visit>, AppError> {
        let Some(opened) = &case.opened else {
            return Ok(Vec::new());
        };
        let mut visits = Vec::new();
        for (id, order) in &case.work_orders {
            let Some(step) = step_of(order.state) else {
                continue;
            };
            visits.push(Visit {
                work_order: *id,
                case: opened.case,
                requested_at: order.requested_at,
                kind: order.kind,
                skill: order.skill.clone(),
                county: order.county.clone(),
                urgent: order.urgent,
                step,
                window: order.window,
                technician: order.technician,
                refused: declined(order),
                before: order
                    .rework_of
                    .and_then(|earlier| case.work_orders.get(&earlier))
                    .and_then(|earlier| earlier.technician),
                place: self
                    .visit_place(opened.tenant, opened.claimant, &order.county)
                    .await?,
            });
        }
        Ok(visits)
    }

    async fn visit_place(
        &self,
        tenant: TenantId,
        person: PersonId,
        county: &str,
    ) -> Result<Option<Place>, AppError> {
        match self.place_for_dispatch(person).await? {
            Some(place) => Ok(Some(coarse(place))),
            None => self.rough_place(tenant, county).await,
        }
    }
}

/// A plan stays in memory, so it knows a customer's place only to about 100 meters, as distances are told.
fn coarse(place: Place) -> Place {
    const STEP_E6: i32 = 1_000;
    let round = |e6: i32| (e6 + STEP_E6 / 2).div_euclid(STEP_E6) * STEP_E6;
    Place {
        latitude_e6: round(place.latitude_e6),
        longitude_e6: round(place.longitude_e6),
    }
}

fn live_of<'a>(
    plans: &'a mut MutexGuard<'_, HashMap<TenantId, TenantPlan>>,
    tenant: TenantId,
) -> Result<&'a mut Live, AppError> {
    plans
        .get_mut(&tenant)
        .and_then(|plan| plan.live.as_mut())
        .ok_or_else(|| AppError::internal("the plan was not made"))
}

fn refused(error: &aftercare_dispatch::Bad) -> AppError {
    AppError::internal(format!("the plan: {error}"))
}

const fn step_of(state: RepairState) -> Option<Step> {
    match state {
        RepairState::Requested | RepairState::Verified | RepairState::Offered => Some(Step::Open),
        RepairState::Accepted => Some(Step::Accepted),
        RepairState::Scheduled => Some(Step::Agreed),
        RepairState::EnRoute
        | RepairState::Arrived
        | RepairState::Diagnosed
        | RepairState::QuotePending
        | RepairState::Consented
        | RepairState::QuoteDeclined
        | RepairState::InWork => Some(Step::Busy),
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

fn no_slots(zh: &str, en: &str) -> Slots {
    Slots {
        slots: Vec::new(),
        zh: Some(zh.to_owned()),
        en: Some(en.to_owned()),
    }
}

fn nobody_comes() -> Slots {
    no_slots(
        "这几天没有能上门的师傅。先提交，客服会联系您安排。",
        "Nobody can come within the next days. Send the report; we get in touch to arrange it.",
    )
}

/// The times that can be offered from now on.
fn slot_windows(now: i64) -> Vec<Span> {
    (0..SLOT_DAYS)
        .flat_map(|day| {
            let day = day * 86_400;
            (DAY_BEGINS_S..DAY_ENDS_S)
                .step_by(usize::try_from(SLOT_S).unwrap_or(1))
                .map(move |from| Span {
                    from: day + from,
                    to: day + from + SLOT_S,
                })
        })
        .filter(|window| window.from >= now + SLOT_LEAD_S)
        .collect()
}
