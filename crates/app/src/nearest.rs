//! What a person who looks for somebody sees: the nearest outlets and technicians, what they lack, and how far off the
//! distances can be.

use crate::app::App;
use crate::equipment::Need;
use crate::error::AppError;
use crate::people::Place;
use crate::principal::Principal;
use crate::staff::{Person, Staff};
use crate::technicians::distance_m;
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::{CaseId, TechnicianId, WorkOrderId};
use aftercare_domain::{Role, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// Outlets and technicians that are listed.
const LISTED: usize = 5;

/// What keeps a technician from a visit, or is missing though somebody was chosen for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// Does not have the skill.
    Skill,
    /// Is not able enough for it.
    Level,
    /// The certificate is missing, or over.
    Certificate,
    /// The parts are not on the van.
    Parts,
    /// Does not serve the county.
    County,
    /// Serves other towns of the county only, or the town of the visit is not known.
    Town,
    /// Serves the place on other days.
    Days,
    /// Does not go that far.
    Reach,
    /// Is away now.
    Away,
    /// Is switched off.
    Off,
    /// The place is not known yet.
    Place,
    /// Nobody is free to come along.
    Second,
}

/// An outlet near a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NearOutlet {
    pub name: String,
    pub county_name: Option<String>,
    /// In a straight line.
    pub distance_m: u32,
    /// It serves the place on the day of the visit.
    pub covers: bool,
    /// Somebody of it has the skill.
    pub skilled: bool,
    /// Somebody of it who has the skill works at the time of the visit.
    pub open: bool,
}

/// A technician near a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NearTechnician {
    #[schema(value_type = String)]
    pub id: TechnicianId,
    pub name: String,
    pub skills: Vec<String>,
    /// In a straight line.
    pub distance_m: u32,
    /// Why the technician is not asked; nothing when only the time stands in the way.
    pub lacks: Vec<Lack>,
}

/// Who is near a visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Nearest {
    /// Distances can be wrong by so much, in meters: only the county of the visit is known. 0 when its place is known.
    pub radius_m: u32,
    /// Those that serve the place first, of these those that are open with the skill, then those that have the skill, nearest
    /// first.
    pub outlets: Vec<NearOutlet>,
    /// Those with the skill first, nearest first.
    pub technicians: Vec<NearTechnician>,
}

/// A visit that somebody is looked for.
pub(crate) struct Sought<'a> {
    pub skill: &'a str,
    pub kind: WorkKind,
    pub county: &'a str,
    pub town: Option<&'a str>,
    /// When the visit is: wished, agreed, or else now.
    pub at: Timestamp,
    pub place: Place,
    pub radius_m: u32,
}

impl App {
    /// Who is near a repair, for a person who looks for somebody. None when its place is to be asked.
    ///
    /// # Errors
    /// A missing role, or a repair that there is not.
    pub async fn nearest(
        &self,
        principal: &Principal,
        case: CaseId,
        work_order: WorkOrderId,
    ) -> Result<Option<Nearest>, AppError> {
        crate::access::staff_or_scope(
            principal,
            &[Role::Dispatcher, Role::Admin, Role::Agent],
            "cases:read",
        )?;
        let case = self.readable(principal, case).await?;
        let opened = crate::detail::opened(&case)?;
        let order = case.work_orders.get(&work_order);
        let order = order.ok_or_else(|| AppError::not_found("这次维修", "repair"))?;
        let (town, found) = self
            .visit_place(opened.tenant, opened.claimant, &order.county)
            .await?;
        let staff = self.staff(opened.tenant).await?;
        let now = self.now();
        let at = order.window.map_or(now, |window| window.from.max(now));
        Ok(found.map(|(place, radius_m)| {
            let sought = Sought {
                skill: &order.skill,
                kind: order.kind,
                county: &order.county,
                town: town.as_deref(),
                at,
                place,
                radius_m,
            };
            self.near(&staff, &sought)
        }))
    }

    pub(crate) fn near(&self, staff: &Staff, sought: &Sought<'_>) -> Nearest {
        let now = self.now();
        let area = staff.area_of(sought.county, sought.town);
        let day = crate::areas::day_of(sought.at);
        let mut outlets: Vec<_> = staff
            .outlets()
            .iter()
            .map(|outlet| {
                let mut able = staff
                    .with_skill(sought.skill)
                    .filter(|who| who.active && who.outlet == Some(outlet.id))
                    .peekable();
                let skilled = able.peek().is_some();
                let open = able.any(|who| who.works_at(sought.at));
                let covers = outlet.areas.serve(area, day);
                (
                    (covers, open, skilled),
                    distance_m(sought.place, outlet.place),
                    outlet,
                )
            })
            .collect();
        outlets.sort_by_key(|((covers, open, skilled), far, _)| (!covers, !open, !skilled, *far));
        let need = staff.need(sought.skill, sought.kind);
        let mut technicians: Vec<_> = staff
            .people()
            .iter()
            .map(|who| {
                let far = distance_m(sought.place, who.home);
                (lacks(who, (sought, area), &need, now), far, who)
            })
            .collect();
        technicians.sort_by_key(|(lacks, far, who)| (lacks.contains(&Lack::Skill), *far, who.id));
        Nearest {
            radius_m: sought.radius_m,
            outlets: outlets
                .into_iter()
                .take(LISTED)
                .map(|((covers, open, skilled), distance_m, outlet)| NearOutlet {
                    name: outlet.name.clone(),
                    county_name: self.division_name(&outlet.county),
                    distance_m,
                    covers,
                    skilled,
                    open,
                })
                .collect(),
            technicians: technicians
                .into_iter()
                .take(LISTED)
                .map(|(lacks, distance_m, who)| NearTechnician {
                    id: who.id,
                    name: who.name.clone(),
                    skills: who.skills.clone(),
                    distance_m,
                    lacks,
                })
                .collect(),
        }
    }
}

fn lacks(
    who: &Person,
    (sought, area): (&Sought<'_>, &str),
    need: &Need,
    now: Timestamp,
) -> Vec<Lack> {
    let mut all = lacks_of(who, sought.skill, (sought.county, area), need, sought.at);
    let others = [
        (!reaches(who, sought.place, sought.radius_m), Lack::Reach),
        (who.is_away(now), Lack::Away),
        (!who.active, Lack::Off),
    ];
    let others = others.into_iter();
    all.extend(others.filter_map(|(holds, lack)| holds.then_some(lack)));
    all
}

/// Whether somebody goes as far as a visit. Where only the county is known, who serves it reaches it.
pub(crate) fn reaches(who: &Person, place: Place, radius_m: u32) -> bool {
    radius_m > 0 || distance_m(place, who.home) <= who.reach_m
}

/// What somebody lacks for a visit at a time, wherever in its area it is.
pub(crate) fn lacks_of(
    who: &Person,
    skill: &str,
    (county, area): (&str, &str),
    need: &Need,
    at: Timestamp,
) -> Vec<Lack> {
    let able = who.skills.iter().any(|known| known == skill);
    let mut all: Vec<Lack> = (!able).then_some(Lack::Skill).into_iter().collect();
    if able {
        all.extend(who.lacks(need, at));
    }
    if !who.areas.serve(area, crate::areas::day_of(at)) {
        all.push(if who.areas.ever_serve(area) {
            Lack::Days
        } else if who.serves_town_of(county) {
            Lack::Town
        } else {
            Lack::County
        });
    }
    all
}
