//! What would come of a move on the board, asked before a dispatcher makes it: the way that it adds, whose visits begin at
//! another time, and whether a customer has to agree first. Nothing moves by asking.

use super::build::{self, Inputs, Key, Live, Outside, Step, Visit};
use super::follow::computed;
use super::{lacks, late, refused};
use crate::access::{staff, staff_or_scope};
use crate::act::the_work_order;
use crate::actions::Action;
use crate::app::App;
use crate::error::{AppError, ErrorKind};
use crate::nearest::Lack;
use crate::numbers::case_number;
use crate::places::Said;
use crate::principal::Principal;
use crate::views::WindowDetail;
use aftercare_dispatch::plan::model::{Job, Window as Span};
use aftercare_dispatch::plan::{Change, Instead};
use aftercare_domain::case::RepairState;
use aftercare_domain::event::Window;
use aftercare_domain::ids::{CaseId, TechnicianId, WorkOrderId};
use aftercare_domain::limits::WINDOW_AHEAD_MS_MAX;
use aftercare_domain::placing::Placed;
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::{Case, Role, Timestamp, refusals};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// A visit that is moved begins within so long of the time to which it is.
const WITHIN_MS: i64 = HOUR_MS;
/// Other visits whose lateness becomes so much likelier, in percent, are told though they begin when they did.
const RISK_TOLD: i64 = 10;
/// A start that moves by less is no news, in seconds.
const NEWS_S: i64 = 60;

/// Steps by which it is found what the plan would do afterwards, always the same ones.
const FOLLOW_STEPS: u64 = 200;
const FOLLOW_SEED: u64 = 1;

/// To whom a visit is to go, and when it is to begin; what is not said is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhatIfInput {
    pub technician: Option<TechnicianId>,
    pub from: Option<Timestamp>,
}

/// Another visit that a move changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardShift {
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    pub technician_name: String,
    #[schema(value_type = i64)]
    pub before: Timestamp,
    #[schema(value_type = i64)]
    pub after: Timestamp,
    /// The time that was agreed; it is kept, unless `late_minutes` says otherwise.
    pub agreed: Option<WindowDetail>,
    pub late_minutes: i64,
    /// How likely it begins after its time, in percent, before and afterwards.
    pub risk_before: i64,
    pub risk_after: i64,
}

/// Another visit that the plan would move by itself afterwards, to make the best of a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardFollow {
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    /// Who makes it, and when; none where nobody is planned for it.
    pub was_name: Option<String>,
    #[schema(value_type = Option<i64>)]
    pub before: Option<Timestamp>,
    /// The same afterwards.
    pub technician_name: Option<String>,
    #[schema(value_type = Option<i64>)]
    pub after: Option<Timestamp>,
}

/// What would come of a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhatIf {
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    pub skill: String,
    /// As on the board.
    pub step: String,
    /// Who makes it now, and when; none where nobody is planned for it.
    pub was_name: Option<String>,
    #[schema(value_type = Option<i64>)]
    pub was_start: Option<Timestamp>,
    pub agreed: Option<WindowDetail>,
    /// Who would make it.
    #[schema(value_type = String)]
    pub technician: TechnicianId,
    pub technician_name: String,
    /// When it would begin and be done; none where it cannot be.
    #[schema(value_type = Option<i64>)]
    pub start: Option<Timestamp>,
    #[schema(value_type = Option<i64>)]
    pub done: Option<Timestamp>,
    /// More minutes on the road, and after the regular end of the day; below 0 where it saves some.
    pub travel_minutes: i64,
    pub overtime_minutes: i64,
    /// Other visits that would begin at another time, or would more likely be late.
    pub shifts: Vec<BoardShift>,
    /// What would follow from that by itself: the plan improves around a move. It is likely, and no promise.
    pub follows: Vec<BoardFollow>,
    /// What whoever would make it lacks.
    pub lacks: Vec<Lack>,
    /// The time to which it would move though another was agreed or asked for: the customer agrees first, and nothing moves
    /// before.
    pub consent: Option<WindowDetail>,
    /// Whether the customer can be asked for it now, with `propose_times`.
    pub may_ask: bool,
    /// Why it cannot be.
    pub why: Option<Said>,
    /// When that person could begin it on that day.
    #[schema(value_type = Option<i64>)]
    pub possible_at: Option<Timestamp>,
    /// What this was found from: sent along with the move, it is refused if the board has changed since.
    pub seen: String,
}

/// The time of a move; none where it stays as it was agreed. An agreed time keeps its length, and one that the customer asked
/// for its end.
pub(crate) fn time_of_move(
    agreed: bool,
    window: Option<Window>,
    from: Timestamp,
) -> Option<Window> {
    let inside = window.filter(|window| (window.from..window.until).contains(&from));
    match (agreed, window, inside) {
        (true, _, Some(_)) => None,
        (true, Some(window), None) => Some(Window {
            from,
            until: from.plus_ms(window.until.since_ms(window.from)),
        }),
        (_, _, inside) => {
            let until = from.plus_ms(WITHIN_MS);
            Some(Window {
                from,
                until: inside.map_or(until, |wish| until.min(wish.until)),
            })
        }
    }
}

/// What a plan says of a move.
struct Tried {
    visit: Visit,
    was: Option<(TechnicianId, Timestamp)>,
    start: Option<Timestamp>,
    done: Option<Timestamp>,
    travel_s: i64,
    overtime_s: i64,
    shifts: Vec<BoardShift>,
    follows: Vec<BoardFollow>,
    lacks: Vec<Lack>,
    consent: Option<Window>,
    why: Option<Said>,
    possible_at: Option<Timestamp>,
}

impl App {
    /// What would come of giving a visit to somebody, or of moving it to another time. Nothing moves.
    ///
    /// # Errors
    /// A missing role, a repair or a technician that there is not, a visit that is being made.
    pub async fn what_if(
        &self,
        principal: &Principal,
        case: CaseId,
        work_order: WorkOrderId,
        asked: WhatIfInput,
    ) -> Result<WhatIf, AppError> {
        staff_or_scope(
            principal,
            &[Role::Dispatcher, Role::Agent, Role::Admin, Role::Auditor],
            "cases:read",
        )?;
        self.of_whole_tenant(principal).await?;
        let case = self.readable(principal, case).await?;
        let tenant = crate::detail::opened(&case)?.tenant;
        let order = case.work_orders.get(&work_order);
        let order = order.ok_or_else(|| AppError::not_found("这次维修", "repair"))?;
        let key = (order.requested_at, work_order);
        let technician = match asked.technician.or(order.technician) {
            Some(technician) => technician,
            None => {
                let planned = self.planned(tenant, work_order).await?;
                planned.first().copied().ok_or_else(|| {
                    AppError::invalid(
                        "technician",
                        "technician_needed",
                        "请选择师傅。",
                        "Please choose a technician.",
                    )
                })?
            }
        };
        let people = self.staff(tenant).await?;
        let Some(who) = people.who(technician) else {
            return Err(AppError::not_found("这位师傅", "technician"));
        };
        if order.helper == Some(technician) {
            return Err(refusals::cannot_help().into());
        }
        // The part is here and whoever began comes again.
        if order.state == RepairState::InWork {
            return Err(refusals::visit_under_way().into());
        }
        let is_agreed = order.state == RepairState::Scheduled;
        let time = asked
            .from
            .and_then(|from| time_of_move(is_agreed, order.window, from));
        in_time(time, self.now())?;
        let is_pending = !order.proposed.is_empty();
        let plan = self.fresh_plan(tenant).await?;
        let about = (technician, asked.from);
        let tried = computed(plan, move |live| tried(live, key, about)).await?.1;
        let step = super::step_name(&tried.visit);
        let agreed = tried
            .visit
            .window
            .filter(|_| tried.visit.step == Step::Agreed);
        let same = tried.visit.technician == Some(technician);
        // With nothing to agree on, nothing moves before the customer has answered.
        let waits = (is_pending && tried.consent.is_none()).then(refusals::customer_is_asked);
        let waits = waits.map(|refused| Said {
            zh: refused.zh,
            en: refused.en,
        });
        let was_name = match tried.was {
            Some((was, _)) => Some(self.technician_name(was).await?),
            None => None,
        };
        Ok(WhatIf {
            work_order,
            case: tried.visit.case,
            number: case_number(tried.visit.case),
            skill: tried.visit.skill.clone(),
            step: step.to_owned(),
            was_name,
            was_start: tried.was.map(|(_, start)| start),
            agreed: agreed.map(WindowDetail::of),
            technician,
            technician_name: who.name.clone(),
            seen: seen(&tried),
            start: tried.start,
            done: tried.done,
            travel_minutes: minutes(tried.travel_s),
            overtime_minutes: minutes(tried.overtime_s),
            shifts: tried.shifts,
            follows: tried.follows,
            lacks: tried.lacks,
            consent: tried.consent.map(WindowDetail::of),
            may_ask: tried.start.is_some() && agreed.is_some() && same && !is_pending,
            why: tried.why.or(waits),
            possible_at: tried.possible_at,
        })
    }

    /// Holds a move, or accepted work that is given back, against the plan as it stands now: what the case itself refuses is left
    /// to its rules.
    ///
    /// # Errors
    /// `board_changed` where something else was shown before it was asked for, `no_room` where nobody could make it so.
    pub(crate) async fn check_move(
        &self,
        principal: &Principal,
        case: &Case,
        action: &Action,
    ) -> Result<(), AppError> {
        let (named, technician, from, seen) = match action {
            Action::MoveVisit {
                work_order,
                technician,
                from,
                seen,
            } => (*work_order, Some(*technician), *from, seen.as_str()),
            Action::PutBack { work_order } => (*work_order, None, None, ""),
            _ => return Ok(()),
        };
        staff(principal, &[Role::Dispatcher])?;
        let work_order = the_work_order(case, named)?;
        let order = case.work_orders.get(&work_order);
        let is_free = order.is_some_and(|order| {
            let waits = matches!(
                order.state,
                RepairState::Verified
                    | RepairState::Offered
                    | RepairState::Accepted
                    | RepairState::Scheduled
            );
            waits && order.proposed.is_empty()
        });
        // Whoever is asked again has promised nobody anything by that.
        let technician = technician.or_else(|| order?.given_back_to());
        let Some(technician) = technician.filter(|_| is_free) else {
            return Ok(());
        };
        let asked = WhatIfInput {
            technician: Some(technician),
            from,
        };
        let id = crate::detail::opened(case)?.case;
        let found = self.what_if(principal, id, work_order, asked).await?;
        if found.consent.is_some() {
            return Ok(());
        }
        if !seen.is_empty() && seen != found.seen {
            return Err(changed(&found));
        }
        match found.why {
            Some(why) => Err(AppError::new(
                ErrorKind::Refused,
                "no_room",
                format!("这样排不下：{}。", why.zh),
                format!("It cannot be planned so: {}.", why.en),
            )),
            None => Ok(()),
        }
    }
}

/// A move can be asked for as far ahead as a time can be agreed, and not for one that is over.
fn in_time(time: Option<Window>, now: Timestamp) -> Result<(), AppError> {
    let is_over = |time: Window| time.until <= now || time.from.since_ms(now) > WINDOW_AHEAD_MS_MAX;
    if time.is_some_and(is_over) {
        return Err(refusals::window_not_valid().into());
    }
    Ok(())
}

/// Holds a visit against how it stood when a move of it was looked at: another dispatcher may have been quicker.
///
/// # Errors
/// `board_changed`.
pub(crate) fn still_stands(before: &Case, now: &Case, action: &Action) -> Result<(), AppError> {
    let Action::MoveVisit {
        work_order, seen, ..
    } = action
    else {
        return Ok(());
    };
    let stands = |case: &Case| {
        let id = the_work_order(case, *work_order).ok()?;
        let order = case.work_orders.get(&id)?;
        let who = (order.technician, order.helper);
        let when = (order.window, order.proposed.clone());
        Some((order.state, who, when, order.placing.clone()))
    };
    if seen.is_empty() || stands(before) == stands(now) {
        return Ok(());
    }
    Err(AppError::new(
        ErrorKind::Conflict,
        "board_changed",
        "有人刚刚动过这次上门。没有挪动，请再看一遍。",
        "Somebody changed this visit a moment ago. Nothing was moved; please look again.",
    ))
}

/// What a dispatcher is told whose board is older than the plan: how it stands now.
fn changed(found: &WhatIf) -> AppError {
    let (zh, en) = match (found.start, &found.why) {
        (Some(start), _) => (
            format!(
                "现在是{} {} 开始，路上多 {} 分钟，影响别的上门 {} 次",
                found.technician_name,
                start.to_china_minute(),
                found.travel_minutes,
                found.shifts.len()
            ),
            format!(
                "{} would begin now at {}, with {} min more on the road and {} other visits changed",
                found.technician_name,
                start.to_china_minute(),
                found.travel_minutes,
                found.shifts.len()
            ),
        ),
        (None, Some(why)) => (why.zh.clone(), why.en.clone()),
        (None, None) => ("现在排不下".to_owned(), "it does not fit now".to_owned()),
    };
    AppError::new(
        ErrorKind::Conflict,
        "board_changed",
        format!("排班在您看过之后变了：{zh}。没有挪动，请再看一遍。"),
        format!("The board changed after you looked: {en}. Nothing was moved; please look again."),
    )
}

/// What stands for everything that was shown.
fn seen(tried: &Tried) -> String {
    let ms = |at: Option<Timestamp>| at.map_or(0, |at| at.0);
    let others = tried.shifts.iter();
    let others: i64 = others
        .map(|shift| shift.after.since_ms(shift.before) / 1_000)
        .sum();
    format!(
        "{}-{}-{}-{}-{others}",
        ms(tried.was.map(|(_, start)| start)),
        ms(tried.start),
        tried.travel_s,
        tried.shifts.len()
    )
}

/// Whole minutes, to the nearest.
const fn minutes(seconds: i64) -> i64 {
    (seconds + 30).div_euclid(60)
}

fn tried(
    live: &mut Live,
    key: Key,
    (technician, from): (TechnicianId, Option<Timestamp>),
) -> Result<Tried, AppError> {
    let Some(visit) = live.inputs.visits.get(&key).cloned() else {
        return Err(refusals::not_ready_to_offer().into());
    };
    if visit.step.is_busy() {
        return Err(refusals::visit_under_way().into());
    }
    let is_agreed = visit.step == Step::Agreed;
    let time = from.and_then(|from| time_of_move(is_agreed, visit.window, from));
    let (moved, consent) = moved(&visit, technician, time, live.inputs.at);
    // A name that a visit had before says nothing of one that is not in the plan now.
    let known = live.name(visit.work_order);
    let old = known
        .filter(|_| !live.outside.contains_key(&visit.work_order))
        .map(str::to_owned);
    let was = old.as_deref().and_then(|name| {
        let legs = live.plan.assignment(name).ok()?;
        let leg = legs.first()?;
        let who = leg.technician.parse().ok()?;
        Some((TechnicianId(who), live.inputs.time(leg.start)))
    });
    let mut tried = Tried {
        visit,
        was,
        start: None,
        done: None,
        travel_s: 0,
        overtime_s: 0,
        shifts: Vec::new(),
        follows: Vec::new(),
        lacks: Vec::new(),
        consent,
        why: None,
        possible_at: None,
    };
    let mut job = match build::job(&live.inputs, &moved) {
        Ok(job) => job,
        Err(why) => {
            tried.why = Some(outside(why));
            return Ok(tried);
        }
    };
    job.id = format!("{}?", job.id);
    let found = live.plan.instead(old.as_deref(), &job);
    match found.map_err(|error| refused(&error))? {
        Ok(instead) => {
            let first = instead.legs.first();
            tried.start = first.map(|leg| live.inputs.time(leg.start));
            tried.done = first.map(|leg| live.inputs.time(leg.done));
            (tried.travel_s, tried.overtime_s) = (instead.cost.travel, instead.cost.overtime);
            tried.lacks = lacks(live, &moved, tried.start.unwrap_or(live.inputs.at));
            tried.shifts = shifts(live, &instead);
            tried.follows = follows(live, old.as_deref(), &job)?;
        }
        Err(_) => {
            tried.why = Some(no_room(from.is_some()));
            tried.possible_at = on_that_day(live, old.as_deref(), job, from)?;
        }
    }
    Ok(tried)
}

/// The visit as it would stand, and the time for which a customer has to agree.
fn moved(
    visit: &Visit,
    technician: TechnicianId,
    time: Option<Window>,
    now: Timestamp,
) -> (Visit, Option<Window>) {
    let mut moved = Visit {
        helper: visit.helper.filter(|helper| *helper != technician),
        placed: Some(Placed {
            technician,
            window: time.filter(|_| visit.step != Step::Agreed),
        }),
        ..visit.clone()
    };
    if visit.step != Step::Open {
        moved.technician = Some(technician);
    }
    if visit.step == Step::Agreed {
        moved.window = time.or(visit.window);
        return (moved, time);
    }
    // A wish that is over binds nobody any more.
    let wish = visit.window.filter(|wish| wish.until > now);
    let outside =
        |time: &Window| wish.is_some_and(|wish| time.from < wish.from || wish.until < time.until);
    let consent = time.filter(outside);
    (moved, consent)
}

/// When the same could begin it on the day for which it was asked.
fn on_that_day(
    live: &mut Live,
    old: Option<&str>,
    mut job: Job,
    from: Option<Timestamp>,
) -> Result<Option<Timestamp>, AppError> {
    let inputs = &live.inputs;
    let now = inputs.seconds(inputs.at);
    let day = inputs.seconds(from.unwrap_or(inputs.at).china_midnight());
    let whole = Span {
        from: (day + build::DAY_BEGINS_S).max(now),
        to: day + build::DAY_ENDS_S,
    };
    if whole.from > whole.to {
        return Ok(None);
    }
    (job.windows, job.confirmed) = (vec![whole], None);
    let found = live.plan.instead(old, &job);
    let found = found.map_err(|error| refused(&error))?.ok();
    let first = found.and_then(|instead| instead.legs.into_iter().next());
    Ok(first.map(|leg| live.inputs.time(leg.start)))
}

/// Other visits that begin at another time, or are likelier to be late.
fn shifts(live: &Live, instead: &Instead) -> Vec<BoardShift> {
    let inputs = &live.inputs;
    let named: HashMap<&str, &Visit> = inputs
        .visits
        .values()
        .filter_map(|visit| Some((live.name(visit.work_order)?, visit)))
        .collect();
    let risks: BTreeMap<&str, (i64, i64)> = instead
        .risks
        .iter()
        .map(|(job, before, after)| (job.as_str(), (*before, *after)))
        .collect();
    let changes: BTreeMap<&str, &Change> = instead
        .changes
        .iter()
        .map(|change| (change.job.as_str(), change))
        .collect();
    let mut jobs: Vec<&str> = changes.keys().chain(risks.keys()).copied().collect();
    jobs.sort_unstable();
    jobs.dedup();
    let mut all: Vec<BoardShift> = jobs
        .into_iter()
        .filter_map(|job| {
            let visit = named.get(job)?;
            let (risk_before, risk_after) = risks.get(job).copied().unwrap_or_default();
            let (before, after) = match changes.get(job) {
                Some(change) => (change.before.as_ref()?.1, change.after.as_ref()?.1),
                None => {
                    let legs = live.plan.assignment(job).ok()?;
                    let start = legs.first()?.start;
                    (start, start)
                }
            };
            let told = (after - before).abs() >= NEWS_S || risk_after - risk_before >= RISK_TOLD;
            told.then(|| shift(live, visit, (before, after), (risk_before, risk_after)))
        })
        .collect();
    all.sort_by_key(|shift| (shift.after, shift.work_order));
    all
}

/// What the plan would do by itself afterwards.
fn follows(live: &mut Live, old: Option<&str>, job: &Job) -> Result<Vec<BoardFollow>, AppError> {
    let changes = live.plan.follows(old, job, FOLLOW_STEPS, FOLLOW_SEED);
    let changes = changes.map_err(|error| refused(&error))?;
    let inputs = &live.inputs;
    let name = |who: &str| super::name_of(inputs, TechnicianId(who.parse().ok()?));
    let mut all = Vec::new();
    for visit in inputs.visits.values() {
        let known = live.name(visit.work_order);
        let change = changes.iter().find(|one| Some(one.job.as_str()) == known);
        let Some(Change { before, after, .. }) = change else {
            continue;
        };
        let stays = before.as_ref().zip(after.as_ref());
        let is_news =
            stays.is_none_or(|((was, from), (is, to))| was != is || (to - from).abs() >= NEWS_S);
        if is_news {
            all.push(BoardFollow {
                work_order: visit.work_order,
                case: visit.case,
                number: case_number(visit.case),
                was_name: before.as_ref().and_then(|(who, _)| name(who)),
                before: before.as_ref().map(|(_, start)| inputs.time(*start)),
                technician_name: after.as_ref().and_then(|(who, _)| name(who)),
                after: after.as_ref().map(|(_, start)| inputs.time(*start)),
            });
        }
    }
    all.sort_by_key(|follow| (follow.after, follow.work_order));
    Ok(all)
}

fn shift(
    live: &Live,
    visit: &Visit,
    (before, after): (i64, i64),
    (risk_before, risk_after): (i64, i64),
) -> BoardShift {
    let inputs: &Inputs = &live.inputs;
    let legs = live
        .name(visit.work_order)
        .and_then(|name| live.plan.assignment(name).ok());
    let who = legs.and_then(|legs| legs.first()?.technician.parse().ok());
    let agreed = visit.window.filter(|_| visit.step == Step::Agreed);
    let agreed = agreed.map(WindowDetail::of);
    let after = inputs.time(after);
    BoardShift {
        work_order: visit.work_order,
        case: visit.case,
        number: case_number(visit.case),
        technician_name: who
            .and_then(|who| super::name_of(inputs, TechnicianId(who)))
            .unwrap_or_default(),
        before: inputs.time(before),
        after,
        agreed,
        late_minutes: agreed.map_or(0, |agreed| late::minutes(agreed.until, after)),
        risk_before,
        risk_after,
    }
}

fn no_room(at_a_time: bool) -> Said {
    if at_a_time {
        Said {
            zh: "这位师傅那时没有空，或赶不到下一处".to_owned(),
            en: "this technician is not free then, or would not be in time for the next visit"
                .to_owned(),
        }
    } else {
        Said {
            zh: "这位师傅没有能上门的时间".to_owned(),
            en: "this technician has no time for it".to_owned(),
        }
    }
}

fn outside(why: Outside) -> Said {
    let (zh, en) = match why {
        Outside::NoPlace => (
            "地点还没核对",
            "the place is not known yet: call the customer first",
        ),
        Outside::Later => (
            "时间超出了七天的排班",
            "the time is after the seven days that are planned",
        ),
        Outside::NoSkill | Outside::NoCertificate | Outside::Away(_) | Outside::Refused => (
            "这位师傅现在不派单",
            "this technician is not sent at present",
        ),
    };
    Said {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_keeps_what_was_agreed_and_ends_with_what_was_asked_for() {
        let hours = |from: i64, until: i64| Window {
            from: Timestamp(from * HOUR_MS),
            until: Timestamp(until * HOUR_MS),
        };
        let at = |hour: i64| Timestamp(hour * HOUR_MS);
        let window = Some(hours(10, 12));
        // Within the agreed time nothing moves; elsewhere it is as long as it was.
        assert_eq!(time_of_move(true, window, at(11)), None);
        assert_eq!(time_of_move(true, window, at(12)), Some(hours(12, 14)));
        assert_eq!(time_of_move(false, window, at(10)), Some(hours(10, 11)));
        let late = Timestamp(at(11).0 + HOUR_MS / 2);
        let time = time_of_move(false, window, late);
        assert_eq!(time.map(|time| time.until), Some(at(12)));
        assert_eq!(time_of_move(false, None, at(15)), Some(hours(15, 16)));
        assert_eq!(time_of_move(false, window, at(15)), Some(hours(15, 16)));
    }
}
