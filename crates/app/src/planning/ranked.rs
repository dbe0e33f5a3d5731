//! Whom an offer asks, in which order, and why: what a visit adds to the live plan with each technician.

use super::build::{Live, Step, Visit};
use super::follow::computed;
use super::refused;
use crate::app::App;
use crate::error::AppError;
use crate::numbers::case_number;
use crate::staff::Staff;
use aftercare_dispatch::limits::MAX_OFFERS;
use aftercare_dispatch::plan::Cost;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::{CaseId, TechnicianId, TenantId, WorkOrderId};
use serde::Serialize;
use utoipa::ToSchema;

/// Open visits, those asked for first, of which the board says whom an offer asks.
const OFFERS_LISTED: usize = 20;
/// Technicians of each that it names.
const RANKED_SHOWN: usize = 3;

/// An open visit of the plan, and whom an offer asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardOffer {
    #[schema(value_type = String)]
    pub work_order: WorkOrderId,
    #[schema(value_type = String)]
    pub case: CaseId,
    pub number: String,
    pub skill: String,
    pub county_name: Option<String>,
    /// Whom the plan has first, then the others by what the visit adds to the plan.
    pub technicians: Vec<BoardRanked>,
}

/// A technician who could make a visit, and what it adds to the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardRanked {
    #[schema(value_type = String)]
    pub id: TechnicianId,
    pub name: String,
    /// When the visit would begin.
    #[schema(value_type = i64)]
    pub start: Timestamp,
    /// More minutes on the road.
    pub travel_minutes: i64,
    /// More minutes after the regular end of the day.
    pub overtime_minutes: i64,
    /// Why it is so.
    pub zh: String,
    pub en: String,
}

/// An open visit, and whom an offer of it asks.
pub(super) type Offered = (Visit, Vec<BoardRanked>);

struct Ranked {
    id: TechnicianId,
    start: i64,
    cost: Cost,
}

/// Who could make an open visit of the plan: whom the plan has first, then the others, cheapest first.
fn ranked(live: &mut Live, work_order: WorkOrderId) -> Result<Vec<Ranked>, AppError> {
    let Some(name) = live.name(work_order).map(str::to_owned) else {
        return Ok(Vec::new());
    };
    let legs = live.plan.assignment(&name).unwrap_or_default();
    let planned = legs.first().map(|leg| leg.technician.clone());
    let mut found = live
        .plan
        .rank(&name, MAX_OFFERS)
        .map_err(|error| refused(&error))?;
    found.sort_by_key(|who| Some(&who.technician) != planned.as_ref());
    let ranked = found.into_iter().filter_map(|who| {
        Some(Ranked {
            id: TechnicianId(who.technician.parse().ok()?),
            start: who.start,
            cost: who.cost,
        })
    });
    Ok(ranked.collect())
}

/// The first open visits of the plan, and whom offers of them ask.
pub(super) fn offered(live: &mut Live) -> Result<Vec<Offered>, AppError> {
    let open: Vec<_> = live
        .inputs
        .visits
        .values()
        .filter(|visit| visit.step == Step::Open)
        .filter(|visit| live.name(visit.work_order).is_some())
        .take(OFFERS_LISTED)
        .cloned()
        .collect();
    let mut offers = Vec::new();
    for visit in open {
        let ranked = ranked(live, visit.work_order)?;
        let evenest = ranked.iter().map(|who| who.cost.unfairness).min();
        let staff = &live.inputs.staff;
        let shown = ranked.into_iter().take(RANKED_SHOWN).filter_map(|who| {
            let (zh, en) = reason(&who.cost, evenest.unwrap_or_default());
            Some(BoardRanked {
                id: who.id,
                name: staff.who(who.id)?.name.clone(),
                start: live.inputs.time(who.start),
                travel_minutes: minutes(who.cost.travel),
                overtime_minutes: minutes(who.cost.overtime),
                zh,
                en,
            })
        });
        let technicians: Vec<BoardRanked> = shown.collect();
        if !technicians.is_empty() {
            offers.push((visit, technicians));
        }
    }
    Ok(offers)
}

impl App {
    /// Whom an offer of a repair asks, in that order; nobody for what is not in the plan.
    pub(crate) async fn ranked_technicians(
        &self,
        tenant: TenantId,
        work_order: WorkOrderId,
    ) -> Result<Vec<TechnicianId>, AppError> {
        let plan = self.fresh_plan(tenant).await?;
        let found = computed(plan, move |live| ranked(live, work_order))
            .await?
            .1;
        Ok(found.into_iter().map(|who| who.id).collect())
    }

    /// Whom offers of the first open visits ask, and why.
    pub(super) fn board_offers(&self, staff: &Staff, offered: Vec<Offered>) -> Vec<BoardOffer> {
        let rows = offered.into_iter().map(|(visit, technicians)| BoardOffer {
            work_order: visit.work_order,
            case: visit.case,
            number: case_number(visit.case),
            county_name: self.division_name(staff.area_of(&visit.county, visit.town.as_deref())),
            skill: visit.skill,
            technicians,
        });
        rows.collect()
    }
}

/// Whole minutes, begun ones counted.
const fn minutes(seconds: i64) -> i64 {
    seconds.div_euclid(60) + (seconds.rem_euclid(60) > 0) as i64
}

/// What a visit adds to the plan, in words. With whom work is spread most evenly, it adds `evenest` to its unevenness.
fn reason(cost: &Cost, evenest: i64) -> (String, String) {
    let travel = minutes(cost.travel);
    let (mut zh, mut en) = if travel > 0 {
        (
            vec![format!("路上多 {travel} 分钟")],
            vec![format!("{travel} min more on the road")],
        )
    } else {
        (vec!["顺路".to_owned()], vec!["on the way".to_owned()])
    };
    if cost.overtime > 0 {
        let overtime = minutes(cost.overtime);
        zh.push(format!("加班 {overtime} 分钟"));
        en.push(format!("{overtime} min of overtime"));
    }
    if cost.risk > 0 {
        zh.push("更可能迟到".to_owned());
        en.push("lateness becomes more likely".to_owned());
    }
    if cost.changes > 0 {
        zh.push("不是客户认识的师傅".to_owned());
        en.push("not whom the customer knows".to_owned());
    }
    if cost.promises > 0 {
        zh.push("有约好的时间会受影响".to_owned());
        en.push("an agreed time suffers".to_owned());
    }
    if cost.unfairness > evenest {
        zh.push("当天的活比别人多".to_owned());
        en.push("more work that day than others".to_owned());
    }
    (zh.join("，"), en.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_what_the_visit_adds() {
        let cost = Cost {
            travel: 61,
            overtime: 600,
            changes: 1,
            unfairness: 9,
            ..Cost::default()
        };
        assert_eq!(
            reason(&cost, 9).1,
            "2 min more on the road, 10 min of overtime, not whom the customer knows"
        );
        assert!(
            reason(&cost, 4)
                .1
                .ends_with(", more work that day than others")
        );
        assert_eq!(reason(&Cost::default(), 0).0, "顺路");
    }
}
