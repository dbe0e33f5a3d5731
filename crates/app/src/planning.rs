//! The live plan of a tenant: who is where when, which times can be offered, and why somebody has nobody.
//!
//! It is made of open repairs and technicians alone ([`build`]), so that nothing has to be stored for it: after a
//! restart the same plan is made again, with ways measured and improved as before. It binds nobody. An offer is answered by a technician, a time is agreed by both
//! sides, and only then do they stand in the plan as given.

mod build;
mod chosen;
mod follow;
mod history;
mod improve;
mod late;
pub mod map;
pub mod ranked;
pub mod what_if;

use crate::access::staff_or_scope;
use crate::app::App;
use crate::error::AppError;
use crate::experience::ResponseKnown;
use crate::limits::REACH_M_MAX;
use crate::nearest::{Lack, Nearest, Sought};
use crate::numbers::case_number;
use crate::people::{Place, Spot};
use crate::places::Said;
use crate::principal::Principal;
use crate::roads::RoadsKnown;
use crate::staff::Staff;
use crate::views::WindowDetail;
use aftercare_dispatch::plan::Blocked;
use aftercare_dispatch::plan::model::Window as Span;
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::{CaseId, PersonId, ProductId, TechnicianId, TenantId, WorkOrderId};
use aftercare_domain::{Role, Timestamp};
use build::{DAY_BEGINS_S, DAY_ENDS_S, Live, Outside, Step, Visit};
pub(crate) use follow::Plans;
use ranked::BoardOffer;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// Repairs that nobody is planned for of which the board says who is near.
const NEAREST_ROWS: usize = 50;
/// Times offered at once.
const SLOTS_OFFERED: usize = 10;
/// Days in which a time is offered, today included.
const SLOT_DAYS: i64 = 5;
/// All the times of those days: what a customer chooses is one of them.
pub(crate) const SLOTS_ALL: usize = aftercare_dispatch::limits::MAX_OFFERS;
/// Length of a time that is offered, in seconds: the visit begins within it.
const SLOT_S: i64 = 2 * 3_600;
/// A time that is offered begins so long from now at the earliest, in seconds.
const SLOT_LEAD_S: i64 = 1_800;

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
    /// `proposed`, `placed` (given to somebody by a dispatcher), `accepted`, `agreed` or `busy`.
    pub step: String,
    /// When the technician sets out, begins and is done, as the plan expects it.
    #[schema(value_type = i64)]
    pub leaves: Timestamp,
    #[schema(value_type = i64)]
    pub start: Timestamp,
    #[schema(value_type = i64)]
    pub done: Timestamp,
    /// The time that was agreed.
    pub agreed: Option<WindowDetail>,
    /// How many minutes after the agreed time the plan lets it begin; 0 when it is in time.
    pub late_minutes: i64,
    /// How likely it begins after its time, in percent, as far as lengths of visits and of ways vary.
    pub risk_percent: i64,
    /// Who else comes, where the visit takes two people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// Whether the last move of it can be taken back: `put_back`.
    pub can_put_back: bool,
    /// What is missing though somebody was chosen for it: its time is kept, and a person should look.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<Lack>,
}

/// A visit that could be made earlier than was agreed, if the customer likes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardEarlier {
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    pub skill: String,
    pub technician_name: String,
    pub agreed: WindowDetail,
    /// The earliest time that makes nothing worse.
    pub earlier: WindowDetail,
}

/// A visit that will begin after the agreed time. It moves only when the customer agrees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardLate {
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    pub skill: String,
    pub technician_name: String,
    pub agreed: WindowDetail,
    /// When the plan lets it begin.
    #[schema(value_type = i64)]
    pub expected: Timestamp,
    pub late_minutes: i64,
    /// The first time that can be kept; none when the technician is on the way already, when the customer was asked
    /// before, or when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<WindowDetail>,
}

/// A technician on the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardTechnician {
    #[schema(value_type = String)]
    pub id: TechnicianId,
    pub name: String,
    pub skills: Vec<String>,
    /// When they work, in the days that are planned.
    pub works: Vec<WindowDetail>,
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
    /// Who is near, for the first of the list; none when the place is to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Nearest>,
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
    /// Visits that will be late, the latest first. Ask the customer with `propose_times`.
    pub late: Vec<BoardLate>,
    /// Visits that could be made earlier, the next ones first. Ask the customer with `propose_times`.
    pub earlier: Vec<BoardEarlier>,
    /// Set while another plan is shown than the one that should be: that one broke a rule when it was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsound: Option<Said>,
    /// Whom offers of the first open visits ask, and what the visit adds to the plan with each.
    pub offers: Vec<BoardOffer>,
    /// How the ways are known.
    pub roads: RoadsKnown,
    /// Steps by which the plan was improved since something happened, and how many there are at most.
    pub improved: u64,
    pub improved_most: u64,
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
    /// Code of the town, nine digits, where it is known: somebody may serve single towns only.
    #[serde(default)]
    pub town: Option<String>,
    /// Where the visit is, if it is known better than by its county.
    #[serde(default)]
    #[schema(value_type = Option<crate::datum::PlaceInput>)]
    pub place: Option<Place>,
}

/// Times at which somebody could come, those that fit best first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Slots {
    /// The visit would begin within one of them.
    pub slots: Vec<WindowDetail>,
    /// Why there is none.
    pub zh: Option<String>,
    pub en: Option<String>,
    /// How soon somebody can be expected to accept a report that is sent now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseKnown>,
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
        self.of_whole_tenant(principal).await?;
        let tenant = principal.tenant();
        let mut plan = self.fresh_plan(tenant).await?;
        let unsound = plan.unsound_since();
        let mut tours = self.tours(plan.live()?);
        let late = late::found(&tours);
        let clock = self.now();
        let found = follow::computed(plan, move |live| {
            let now = live.inputs.seconds(clock);
            let late = late::late(live, &late, now)?;
            let earlier = improve::earlier(live, now)?;
            let offers = ranked::offered(live)?;
            Ok((late, earlier, blocked(live)?, offers))
        });
        let (mut plan, (late, earlier, mut blocked, offers)) = found.await?;
        let live = plan.live()?;
        let inputs = &live.inputs;
        let technicians = inputs
            .staff
            .active()
            .map(|who| BoardTechnician {
                id: who.id,
                name: who.name.clone(),
                skills: who.skills.clone(),
                works: (0..build::PLANNED_DAYS)
                    .flat_map(|day| inputs.spans(who, day))
                    .map(|(from, until)| WindowDetail {
                        from: inputs.time(from),
                        until: inputs.time(until),
                    })
                    .collect(),
                visits: tours.remove(&who.id).unwrap_or_default(),
            })
            .collect();
        let mut waiting = Vec::new();
        for visit in inputs.visits.values() {
            let why =
                match live.outside.get(&visit.work_order) {
                    Some(Outside::NoPlace) => Some((
                        "地点还没核对，需要先给客户打电话".to_owned(),
                        "the place is not known yet: call the customer first".to_owned(),
                    )),
                    Some(Outside::NoSkill) => Some((
                        format!("没有师傅会修“{}”", visit.skill),
                        format!("no technician has the skill `{}`", visit.skill),
                    )),
                    Some(Outside::NoCertificate) => Some((
                        format!("没有师傅持有“{}”的有效证书", visit.skill),
                        format!("no technician has a valid certificate of `{}`", visit.skill),
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
                    None => blocked.remove(&visit.work_order).map(|blocked| {
                        match inputs.absent(visit) {
                            Some(name) => away_then(&name),
                            None => (blocked.zh, blocked.en),
                        }
                    }),
                };
            if let Some((zh, en)) = why {
                let listed = waiting.len() < NEAREST_ROWS;
                let nearest = visit.place.filter(|_| listed).map(|place| {
                    let sought = Sought {
                        skill: &visit.skill,
                        kind: visit.kind,
                        county: &visit.county,
                        town: visit.town.as_deref(),
                        at: visit
                            .window
                            .map_or(inputs.at, |window| window.from.max(inputs.at)),
                        place,
                        radius_m: visit.radius_m,
                    };
                    self.near(&inputs.staff, &sought)
                });
                waiting.push(BoardWaiting {
                    nearest,
                    work_order: visit.work_order,
                    case: visit.case,
                    number: case_number(visit.case),
                    kind: visit.kind,
                    skill: visit.skill.clone(),
                    county_name: self
                        .division_name(inputs.staff.area_of(&visit.county, visit.town.as_deref())),
                    urgent: visit.urgent,
                    requested_at: visit.requested_at,
                    zh,
                    en,
                });
            }
        }
        let (at, midnight) = (inputs.at, inputs.midnight());
        let (improved, improved_most) = live.improvement();
        Ok(Board {
            at,
            midnight,
            technicians,
            waiting,
            late,
            earlier,
            offers: self.board_offers(&inputs.staff, offers),
            unsound: unsound.map(|since| unsound_since(since, at)),
            roads: self.roads_known(tenant),
            improved,
            improved_most,
        })
    }

    /// Who visits whom, in the order of the day.
    fn tours(&self, live: &Live) -> HashMap<TechnicianId, Vec<BoardVisit>> {
        let inputs = &live.inputs;
        let named: HashMap<&str, &Visit> = inputs
            .visits
            .values()
            .filter_map(|visit| Some((live.name(visit.work_order)?, visit)))
            .collect();
        let mut tours: HashMap<TechnicianId, Vec<BoardVisit>> = HashMap::new();
        let schedules = live.plan.schedules();
        let planned: Vec<_> = schedules
            .iter()
            .flat_map(|schedule| schedule.visits.iter().map(move |stop| (schedule, stop)))
            .filter_map(|(schedule, stop)| {
                let visit = named.get(stop.job.as_str())?;
                Some((schedule.technician.parse().ok()?, stop, *visit))
            })
            .collect();
        let on_the_way: HashSet<WorkOrderId> = planned
            .iter()
            .map(|(_, _, visit)| visit.work_order)
            .collect();
        for visit in inputs.visits.values() {
            if let Some(who) = visit.technician
                && visit.step.is_busy()
                && !on_the_way.contains(&visit.work_order)
            {
                let (start, done) = inputs.expected(visit);
                let mut shown = self.board_visit(&inputs.staff, visit, [start, start, done]);
                shown.with = visit.helper.and_then(|helper| name_of(inputs, helper));
                if let Some(helper) = visit.helper {
                    let with = name_of(inputs, who);
                    let shown = BoardVisit {
                        with,
                        ..shown.clone()
                    };
                    tours.entry(helper).or_default().push(shown);
                }
                tours.entry(who).or_default().push(shown);
            }
        }
        let mut crews: HashMap<WorkOrderId, Vec<TechnicianId>> = HashMap::new();
        for (who, _, visit) in &planned {
            let crew = crews.entry(visit.work_order).or_default();
            crew.push(TechnicianId(*who));
        }
        for (who, stop, visit) in planned {
            // Nobody waits at a door: who is free earlier sets out in time for the visit.
            let wait = stop.start - stop.arrives;
            let times = [stop.leaves + wait, stop.start, stop.done];
            let mut shown =
                self.board_visit(&inputs.staff, visit, times.map(|time| inputs.time(time)));
            shown.risk_percent = live.plan.risk(&stop.job).unwrap_or(0);
            shown.lacks = lacks(live, visit, shown.start);
            let who = TechnicianId(who);
            let mut crew = crews.get(&visit.work_order).into_iter().flatten();
            let other = crew.find(|other| **other != who).copied();
            shown.with = other.and_then(|other| name_of(inputs, other));
            tours.entry(who).or_default().push(shown);
        }
        tours
    }

    fn board_visit(
        &self,
        staff: &Staff,
        visit: &Visit,
        [leaves, start, done]: [Timestamp; 3],
    ) -> BoardVisit {
        let agreed = visit
            .window
            .filter(|_| visit.step == Step::Agreed || visit.step.is_busy())
            .map(WindowDetail::of);
        BoardVisit {
            work_order: visit.work_order,
            case: visit.case,
            number: case_number(visit.case),
            kind: visit.kind,
            skill: visit.skill.clone(),
            county_name: self.division_name(staff.area_of(&visit.county, visit.town.as_deref())),
            urgent: visit.urgent,
            step: step_name(visit).to_owned(),
            leaves,
            start,
            done,
            agreed,
            late_minutes: agreed.map_or(0, |agreed| late::minutes(agreed.until, start)),
            risk_percent: 0,
            with: None,
            can_put_back: visit.can_put_back,
            lacks: Vec::new(),
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
        input.place.map_or(Ok(()), crate::people::place_fits)?;
        let skill = self.skill_of(tenant, input.product, &input.skill).await?;
        let county = self.county_of_visit(&input.county, &crate::people::empty())?;
        let place = match input.place {
            Some(place) => Some((place, 0)),
            None => self.rough_place(tenant, &county).await?,
        };
        let spot = Spot {
            place: input.place,
            town: input.town.clone(),
        };
        let town = self.town_in(&county, &spot);
        let response = self.response_now(tenant, &county).await?;
        let plan = self.fresh_plan(tenant).await?;
        if !plan.is_whole() {
            return Ok(no_slots(
                "现在排不出时间，先提交，客服会打电话约时间。",
                "No time can be told now. Send the report; we call you to agree on a time.",
            ));
        }
        let (kind, now) = (input.kind, self.now());
        let found = follow::computed(plan, move |live| {
            let asked = Visit {
                work_order: WorkOrderId(uuid::Uuid::nil()),
                case: CaseId(uuid::Uuid::nil()),
                requested_at: live.inputs.at,
                kind,
                skill,
                county,
                town,
                urgent: false,
                step: Step::Open,
                window: None,
                technician: None,
                helper: None,
                asked: false,
                arrived_at: None,
                placed: None,
                can_put_back: false,
                refused: Vec::new(),
                before: None,
                place: place.map(|(place, _)| place),
                radius_m: place.map_or(0, |(_, radius_m)| radius_m),
            };
            let job = match build::job(&live.inputs, &asked) {
                Ok(job) => job,
                Err(why) => return Ok(Err(why)),
            };
            let windows = slot_windows(live.inputs.seconds(now));
            let offers = live.plan.offers(&job, &windows, SLOTS_OFFERED);
            let offers = offers.map_err(|error| refused(&error))?;
            let slots = offers.iter().map(|offer| live.inputs.span(&offer.window));
            Ok(Ok(slots.collect::<Vec<_>>()))
        });
        match found.await?.1 {
            Err(Outside::NoPlace) => Ok(no_slots(
                "地点还没核对，先提交，客服会打电话约时间。",
                "The place is not known yet. Send the report; we call you to agree on a time.",
            )),
            Err(_) => Ok(nobody_comes(response)),
            Ok(slots) if slots.is_empty() => Ok(nobody_comes(response)),
            Ok(slots) => Ok(Slots {
                slots,
                zh: None,
                en: None,
                response: Some(response),
            }),
        }
    }

    /// Times at which whoever accepted a repair can come instead of, or as, the time that is agreed: those that fit
    /// best first.
    ///
    /// # Errors
    /// `NotFound` for a case that the reader may not see, or a repair that it does not have.
    pub async fn visit_times(
        &self,
        principal: &Principal,
        case: CaseId,
        work_order: WorkOrderId,
    ) -> Result<Slots, AppError> {
        let case = self.readable(principal, case).await?;
        let tenant = crate::detail::opened(&case)?.tenant;
        let order = case.work_orders.get(&work_order);
        let order = order.ok_or_else(|| AppError::not_found("这次维修", "repair"))?;
        let key = (order.requested_at, work_order);
        let slots = self.times_for(tenant, key, SLOTS_OFFERED).await?;
        if slots.is_empty() {
            return Ok(no_slots(
                "这几天排不出时间，请联系客服。",
                "No time can be offered within the next days. Please contact us.",
            ));
        }
        Ok(Slots {
            slots,
            zh: None,
            en: None,
            response: None,
        })
    }

    /// The times to which a repair that somebody accepted can move.
    pub(crate) async fn times_for(
        &self,
        tenant: TenantId,
        key: (Timestamp, WorkOrderId),
        most: usize,
    ) -> Result<Vec<WindowDetail>, AppError> {
        let now = self.now();
        let plan = self.fresh_plan(tenant).await?;
        if !plan.is_whole() {
            return Ok(Vec::new());
        }
        let found = follow::computed(plan, move |live| {
            let known = live.inputs.visits.get(&key);
            let accepted =
                known.is_some_and(|visit| matches!(visit.step, Step::Accepted | Step::Agreed));
            let Some(name) = live.name(key.1).filter(|_| accepted).map(str::to_owned) else {
                return Ok(Vec::new());
            };
            let windows = slot_windows(live.inputs.seconds(now));
            let offers = live.plan.moves(&name, &windows, most);
            let offers = offers.map_err(|error| refused(&error))?;
            let slots = offers.iter().map(|offer| live.inputs.span(&offer.window));
            Ok(slots.collect())
        });
        Ok(found.await?.1)
    }

    /// Everybody whom the plan has for a repair, who leads first; what is not in the plan has nobody.
    async fn planned(
        &self,
        tenant: TenantId,
        work_order: WorkOrderId,
    ) -> Result<Vec<TechnicianId>, AppError> {
        let mut plan = self.fresh_plan(tenant).await?;
        let live = plan.live()?;
        let legs = match live.name(work_order) {
            Some(name) => live.plan.assignment(name).unwrap_or_default(),
            None => Vec::new(),
        };
        let planned = legs.iter().filter_map(|leg| leg.technician.parse().ok());
        Ok(planned.map(TechnicianId).collect())
    }

    /// Everybody whom the plan has for a repair that takes two people; nobody for any other.
    pub(crate) async fn planned_crew(
        &self,
        tenant: TenantId,
        work_order: WorkOrderId,
    ) -> Result<Vec<TechnicianId>, AppError> {
        let planned = self.planned(tenant, work_order).await?;
        Ok(if planned.len() > 1 {
            planned
        } else {
            Vec::new()
        })
    }

    /// Where a county is, when nothing better is known, and how far from there a visit can be: at its outlet, else in its
    /// middle.
    pub(crate) async fn rough_place(
        &self,
        tenant: TenantId,
        county: &str,
    ) -> Result<Option<(Place, u32)>, AppError> {
        let staff = self.staff(tenant).await?;
        let middle = self.middle_of(county);
        Ok(match (staff.outlet_in(county), middle) {
            (Some(outlet), middle) => {
                // A place of which only the county is known is never told as known.
                let off = middle.map_or(REACH_M_MAX, |(middle, radius_m)| {
                    crate::technicians::distance_m(middle, outlet.place).saturating_add(radius_m)
                });
                Some((outlet.place, off))
            }
            (None, middle) => middle,
        })
    }

    /// The town of a visit, and where it is, with how far off that can be in meters.
    pub(crate) async fn visit_place(
        &self,
        tenant: TenantId,
        person: PersonId,
        county: &str,
    ) -> Result<(Option<String>, Option<(Place, u32)>), AppError> {
        let spot = self.spot_for_dispatch(tenant, person).await?;
        self.spot_or_county(tenant, &spot, county).await
    }

    /// The town of a visit whose customer's spot was asked for, and where it is, with how far off that can be in meters.
    async fn spot_or_county(
        &self,
        tenant: TenantId,
        spot: &Spot,
        county: &str,
    ) -> Result<(Option<String>, Option<(Place, u32)>), AppError> {
        let place = match spot.place {
            Some(place) => Some((coarse(place), 0)),
            None => self.rough_place(tenant, county).await?,
        };
        Ok((self.town_in(county, spot), place))
    }
}

/// How far a visit has come, as the board says it.
fn step_name(visit: &Visit) -> &'static str {
    match visit.step {
        Step::Open if visit.placed.is_some() => "placed",
        Step::Open => "proposed",
        Step::Accepted => "accepted",
        Step::Agreed => "agreed",
        Step::EnRoute | Step::There => "busy",
    }
}

/// What stands in the way of every visit that nobody is planned for, but for those that are being made.
fn blocked(live: &Live) -> Result<HashMap<WorkOrderId, Blocked>, AppError> {
    let mut found = HashMap::new();
    for visit in live.inputs.visits.values() {
        let inside = !visit.step.is_busy() && !live.outside.contains_key(&visit.work_order);
        if let Some(name) = live.name(visit.work_order).filter(|_| inside) {
            let blocked = live.plan.explain(name).map_err(|error| refused(&error))?;
            found.extend(blocked.map(|blocked| (visit.work_order, blocked)));
        }
    }
    Ok(found)
}

/// What whoever was chosen for a visit lacks, or the visit itself.
fn lacks(live: &Live, visit: &Visit, at: Timestamp) -> Vec<Lack> {
    let staff = &live.inputs.staff;
    let Some(who) = visit
        .chosen()
        .filter(|_| !visit.step.is_busy())
        .and_then(|id| staff.who(id))
    else {
        return Vec::new();
    };
    let need = staff.need(&visit.skill, visit.kind);
    let area = (
        visit.county.as_str(),
        staff.area_of(&visit.county, visit.town.as_deref()),
    );
    let mut all = crate::nearest::lacks_of(who, &visit.skill, area, &need, at);
    match visit.place {
        Some(place) => {
            let near = crate::nearest::reaches(who, place, visit.radius_m);
            all.extend((!near).then_some(Lack::Reach));
        }
        None => {
            all.retain(|lack| !matches!(lack, Lack::County | Lack::Town | Lack::Days));
            all.push(Lack::Place);
        }
    }
    let second = live.without_second.contains(&visit.work_order);
    all.extend(second.then_some(Lack::Second));
    all
}

fn name_of(inputs: &build::Inputs, id: TechnicianId) -> Option<String> {
    let mut people = inputs.staff.people().iter();
    people.find(|who| who.id == id).map(|who| who.name.clone())
}

/// A plan stays in memory, so it knows a customer's place only to about 100 meters, as distances are told.
pub(crate) fn coarse(place: Place) -> Place {
    const STEP_E6: i32 = 1_000;
    let round = |e6: i32| e6.saturating_add(STEP_E6 / 2).div_euclid(STEP_E6) * STEP_E6;
    Place {
        latitude_e6: round(place.latitude_e6),
        longitude_e6: round(place.longitude_e6),
    }
}

fn away_then(name: &str) -> (String, String) {
    (
        format!("{name}已接单，但约定的时间请假；请和客户改期，或收回另派"),
        format!(
            "{name} has accepted it and is away at the agreed time: agree on another time with the customer, or take it back"
        ),
    )
}

fn refused(error: &aftercare_dispatch::Bad) -> AppError {
    AppError::internal(format!("the plan: {error}"))
}

/// What a dispatcher reads while another plan is shown than the one that should be.
fn unsound_since(since: Timestamp, at: Timestamp) -> Said {
    let (since, at) = (since.to_china_minute(), at.to_china_minute());
    Said {
        zh: format!(
            "{since} 起，新排的计划没有通过检查，没有采用；现在显示的是 {at} 的、通过检查的计划，之后的变化可能没有排进去，请人工核对，并把日志交给维护人员。"
        ),
        en: format!(
            "Since {since} a plan that was made did not pass the check and is not used. What is shown passed it, as of {at}; later changes may not be in it. Please arrange them by hand, and give the log to whoever looks after the system."
        ),
    }
}

fn no_slots(zh: &str, en: &str) -> Slots {
    Slots {
        slots: Vec::new(),
        zh: Some(zh.to_owned()),
        en: Some(en.to_owned()),
        response: None,
    }
}

/// Nobody can come, so nobody answers soon either, whatever was measured.
fn nobody_comes(response: ResponseKnown) -> Slots {
    let slots = no_slots(
        "这几天没有能上门的师傅。先提交，客服会联系您安排。",
        "Nobody can come within the next days. Send the report; we get in touch to arrange it.",
    );
    Slots {
        response: Some(response).filter(|response| !response.promised),
        ..slots
    }
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
