//! Technicians and outlets, and who could go: the nearest who has the skill and covers the place. The
//! distance is a straight line between stored coordinates.

use crate::access::{staff, staff_or_scope};
use crate::app::App;
use crate::catalogue::{Known, Saved, saved, short};
use crate::engine::Side;
use crate::equipment::{Equipment, EquipmentInput, EquipmentView, Need, NeedInput};
use crate::error::{AppError, ErrorKind};
use crate::hours::{Absence, WorkHours};
use crate::limits::{COUNTIES_MAX, OUTLET_AREAS_MAX, OUTLETS_MAX, REACH_M_MAX, SKILLS_MAX};
use crate::nearest::reaches;
use crate::people::{Place, Spot};
use crate::principal::Principal;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::case::WorkOrder;
use aftercare_domain::facts::Candidate;
use aftercare_domain::ids::{OutletId, TechnicianId, TenantId, UserId};
use aftercare_domain::{Actor, Role};
use aftercare_store::{Write, rows};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Mean radius of the earth in meters (IUGG).
const EARTH_RADIUS_M: f64 = 6_371_008.8;
/// Distances are rounded to this many meters: nobody's home is told by one.
const ROUND_M: f64 = 100.0;
/// How far a technician goes when nothing is said.
pub(crate) const REACH_M_DEFAULT: u32 = 30_000;

/// A technician as entered or imported; the login finds the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TechnicianInput {
    /// Login of an account with the technician role.
    pub login: String,
    pub display_name: String,
    #[serde(default)]
    pub outlet_code: String,
    pub skills: Vec<String>,
    /// What is served, an entry each, by code or name: counties, `330100` for a city, `330000` for a province, `441900119`
    /// for a town; with days (both included) where it is not for good: `330106 2026-12-01 ~ 2026-12-31`. An empty list is
    /// what the outlet serves; without the list it stays as it is.
    #[serde(default)]
    pub counties: Option<Vec<String>>,
    pub latitude_e6: i32,
    pub longitude_e6: i32,
    #[serde(default = "reach")]
    pub reach_m: u32,
    #[serde(default = "yes")]
    pub active: bool,
    /// Working hours, an entry for each run of days: `周一至周五 08:30-18:00`, `mon-fri 08:30-18:00`; every day from 8 to 20
    /// without any.
    #[serde(default)]
    pub hours: Vec<String>,
    /// Absences by date, an entry each: `2026-12-01 ~ 2026-12-03`; without the list they stay as they are.
    #[serde(default)]
    pub absences: Option<Vec<String>>,
    /// Levels, certificates, parts on the van, and where a day ends.
    #[serde(default)]
    pub equipment: EquipmentInput,
}

const fn reach() -> u32 {
    REACH_M_DEFAULT
}

const fn yes() -> bool {
    true
}

/// An outlet as entered or imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutletInput {
    pub code: String,
    pub name: String,
    pub county: String,
    pub latitude_e6: i32,
    pub longitude_e6: i32,
    /// What it serves, written as the areas of a technician; without the list it stays as it is. Technicians of it who have
    /// no areas of their own serve these.
    #[serde(default)]
    pub areas: Option<Vec<String>>,
}

/// A technician as the dispatcher sees them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TechnicianView {
    #[schema(value_type = String)]
    pub id: TechnicianId,
    #[schema(value_type = String)]
    pub user: UserId,
    pub display_name: String,
    #[schema(value_type = Option<String>)]
    pub outlet: Option<OutletId>,
    pub skills: Vec<String>,
    /// What is served: codes, each with its days where it is not for good; none where it is what the outlet serves.
    pub counties: Vec<String>,
    /// What is served in words, also where it is what the outlet serves.
    pub areas: Vec<String>,
    pub reach_m: u32,
    pub active: bool,
    pub hours: Vec<String>,
    /// Absences by date, such as `2026-12-01 ~ 2026-12-03`; those that are over are not listed.
    pub absences: Vec<String>,
    pub equipment: EquipmentView,
}

impl TechnicianView {
    /// Areas of their own in words, for the form that changes them.
    #[must_use]
    pub fn own_areas(&self) -> String {
        match self.counties.as_slice() {
            [] => String::new(),
            _ => self.areas.join("; "),
        }
    }
}

/// An outlet as the dispatcher sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OutletView {
    #[schema(value_type = String)]
    pub id: OutletId,
    pub code: String,
    pub name: String,
    pub county: String,
    pub latitude_e6: i32,
    pub longitude_e6: i32,
    /// What it serves: codes, each with its days where it is not for good.
    pub areas: Vec<String>,
}

/// What somebody serves, from the text of a form: entries apart by semicolons or commas.
#[must_use]
pub fn areas_from_text(text: &str) -> Vec<String> {
    crate::import::cell::list(text)
}

/// Roles that keep technicians and outlets.
pub(crate) const KEEPERS: &[Role] = &[Role::Admin, Role::Dispatcher];
/// Roles that read them.
const READERS: &[Role] = &[Role::Dispatcher, Role::Admin, Role::Agent];

impl App {
    /// Saves a technician.
    ///
    /// # Errors
    /// A missing role, or the field that is wrong.
    pub async fn save_technician(
        &self,
        principal: &Principal,
        input: &TechnicianInput,
    ) -> Result<TechnicianId, AppError> {
        let by = staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let mut side = Side::default();
        let (id, saved) = self
            .put_technician(by, tenant, input, &mut Known::default(), &mut side)
            .await?;
        if saved != Saved::Unchanged {
            self.commit_side(side).await?;
        }
        Ok(id)
    }

    /// Takes a technician out of the offers, or back in.
    ///
    /// # Errors
    /// A missing role or an unknown technician.
    pub async fn set_technician_active(
        &self,
        principal: &Principal,
        id: TechnicianId,
        active: bool,
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let mut row = self.technician_row(tenant, id).await?;
        if row.active == active {
            return Ok(());
        }
        row.active = active;
        self.save_row(by, row).await
    }

    /// Sets when a technician is away, an entry each: `2026-12-01 ~ 2026-12-03`. The plan goes around it at once; what
    /// was agreed for that time is told on the board, and moves only when the customer agrees.
    ///
    /// # Errors
    /// A missing role, an unknown technician, or the entry that is not understood.
    pub async fn set_absences(
        &self,
        principal: &Principal,
        id: TechnicianId,
        absences: &[String],
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let absences = Absence::parse("absences", absences)?;
        let _alone = self.alone(tenant.0).await?;
        let row = self.technician_row(tenant, id).await?;
        self.save_absences(by, row, &absences).await
    }

    /// Adds an absence of a technician, from and until as they are entered; both days are included.
    ///
    /// # Errors
    /// As [`App::set_absences`].
    pub async fn add_absence(
        &self,
        principal: &Principal,
        id: TechnicianId,
        from: &str,
        until: &str,
    ) -> Result<(), AppError> {
        let until = if until.trim().is_empty() { from } else { until };
        let entry = format!("{} ~ {}", from.trim(), until.trim());
        let added = Absence::parse("absence_from", &[entry])?;
        self.change_absences(principal, id, |mut ahead| {
            ahead.extend(added.iter().map(Absence::to_string));
            ahead
        })
        .await
    }

    /// Takes back an absence, written as it is listed.
    ///
    /// # Errors
    /// As [`App::set_absences`].
    pub async fn remove_absence(
        &self,
        principal: &Principal,
        id: TechnicianId,
        absence: &str,
    ) -> Result<(), AppError> {
        self.change_absences(principal, id, |mut ahead| {
            ahead.retain(|known| known != absence);
            ahead
        })
        .await
    }

    /// Changes the absences that are not over as they stand when nobody else changes them, so that what two people enter
    /// at the same time is both kept.
    async fn change_absences(
        &self,
        principal: &Principal,
        id: TechnicianId,
        change: impl FnOnce(Vec<String>) -> Vec<String>,
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let row = self.technician_row(tenant, id).await?;
        let changed = change(written(&self.absences_ahead(&row.absences)));
        let absences = Absence::parse("absences", &changed)?;
        self.save_absences(by, row, &absences).await
    }

    /// The caller holds the lock of the tenant's accounts.
    async fn save_absences(
        &self,
        by: Actor,
        mut row: rows::TechnicianRow,
        absences: &[Absence],
    ) -> Result<(), AppError> {
        let absences = written(absences);
        if row.absences == absences {
            return Ok(());
        }
        row.absences = absences;
        self.save_row(by, row).await
    }

    /// Sets levels of skills, certificates, parts on the van and where the day ends; what is left out stays. The plan
    /// keeps to it at once.
    ///
    /// # Errors
    /// A missing role, an unknown technician, or the entry that is not understood.
    pub async fn set_equipment(
        &self,
        principal: &Principal,
        id: TechnicianId,
        input: &EquipmentInput,
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let mut row = self.technician_row(tenant, id).await?;
        let equipment = Equipment::stored(&row.equipment).changed(input, &row.skills)?;
        let equipment = equipment.to_value()?;
        if row.equipment == equipment {
            return Ok(());
        }
        row.equipment = equipment;
        self.save_row(by, row).await
    }

    /// What a technician serves, as it is to be stored: nothing where it is what the outlet serves.
    fn areas_of_technician(
        &self,
        field: &str,
        areas: &[String],
        outlet: Option<&rows::OutletRow>,
    ) -> Result<Vec<String>, AppError> {
        if areas.is_empty() && outlet.is_some_and(|outlet| outlet.areas.is_some()) {
            return Ok(Vec::new());
        }
        self.areas_served(field, &words(field, areas, COUNTIES_MAX)?)
    }

    /// Sets what a technician serves, an entry each, by code or name, with days where it is not for good:
    /// `杭州市西湖区`, `441900119 2026-12-01 ~ 2026-12-31`; without any, what the outlet serves. The plan keeps to it at once;
    /// what was accepted stays.
    ///
    /// # Errors
    /// A missing role, an unknown technician, or the entry that is not understood.
    pub async fn set_areas(
        &self,
        principal: &Principal,
        id: TechnicianId,
        areas: &[String],
    ) -> Result<(), AppError> {
        let by = staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let _alone = self.alone(tenant.0).await?;
        let mut row = self.technician_row(tenant, id).await?;
        let outlets = self.store().outlets(tenant).await?;
        let outlet = outlets.iter().find(|outlet| Some(outlet.id) == row.outlet);
        let counties = self.areas_of_technician("areas", areas, outlet)?;
        if row.counties == counties {
            return Ok(());
        }
        row.counties = counties;
        self.save_row(by, row).await
    }

    /// What kinds of visits need, as it is entered.
    ///
    /// # Errors
    /// A missing role.
    pub async fn visit_needs(&self, principal: &Principal) -> Result<Vec<NeedInput>, AppError> {
        staff_or_scope(principal, READERS, "cases:read")?;
        let needs = self.needs_of(principal.tenant()).await?;
        Ok(needs.iter().map(Need::input).collect())
    }

    /// Absences that are not over.
    fn absences_ahead(&self, stored: &[String]) -> Vec<Absence> {
        let now = self.now();
        let mut absences = Absence::stored(stored);
        absences.retain(|absence| absence.until > now);
        absences
    }

    /// A technician of the tenant.
    ///
    /// # Errors
    /// `NotFound` for any other.
    pub(crate) async fn technician_row(
        &self,
        tenant: TenantId,
        id: TechnicianId,
    ) -> Result<rows::TechnicianRow, AppError> {
        self.store()
            .technician(id)
            .await?
            .filter(|row| row.tenant == tenant)
            .ok_or_else(|| AppError::not_found("这位师傅", "technician"))
    }

    /// Adds a changed row to the unit, and says so in the log.
    pub(crate) fn put_technician_row(&self, by: Actor, row: rows::TechnicianRow, side: &mut Side) {
        let body = AuditBody::TechnicianSaved {
            technician: row.id,
            user: row.user,
            active: row.active,
        };
        side.audit.push(self.audited(by, row.tenant, body));
        side.writes.push(Write::Technician(row));
    }

    async fn save_row(&self, by: Actor, row: rows::TechnicianRow) -> Result<(), AppError> {
        let mut side = Side::default();
        self.put_technician_row(by, row, &mut side);
        self.commit_side(side).await
    }

    /// Adds the rows of a technician to the unit, unless they stand like that already. The caller
    /// holds the lock of the tenant's accounts.
    pub(crate) async fn put_technician(
        &self,
        by: Actor,
        tenant: TenantId,
        input: &TechnicianInput,
        known: &mut Known,
        side: &mut Side,
    ) -> Result<(TechnicianId, Saved), AppError> {
        let user = self
            .store()
            .user_by_login(&input.login.trim().to_lowercase())
            .await?
            .filter(|user| user.tenant == tenant && user.roles.contains(&Role::Technician))
            .ok_or_else(|| {
                AppError::invalid(
                    "login",
                    "technician_account",
                    format!("没有登录名为“{}”的师傅账号，请先建账号并给师傅角色。", input.login),
                    format!("There is no technician account `{}`. Make the account with the technician role first.", input.login),
                )
            })?;
        self.put_technician_of(by, user, input, known, side).await
    }

    /// The same for an account that is known, also one that the unit itself makes.
    pub(crate) async fn put_technician_of(
        &self,
        by: Actor,
        mut user: rows::UserRow,
        input: &TechnicianInput,
        known: &mut Known,
        side: &mut Side,
    ) -> Result<(TechnicianId, Saved), AppError> {
        let tenant = user.tenant;
        let skills = words("skills", &input.skills, SKILLS_MAX)?;
        place_ok(input.latitude_e6, input.longitude_e6)?;
        if input.reach_m == 0 || input.reach_m > REACH_M_MAX {
            return Err(AppError::invalid(
                "reach_m",
                "technician_reach",
                format!("最远距离要在 1 到 {REACH_M_MAX} 米之间。"),
                format!("The reach must be between 1 and {REACH_M_MAX} meters."),
            ));
        }
        let outlet = match input.outlet_code.trim() {
            "" => None,
            code => Some(
                self.outlet_by_code(tenant, code, known)
                    .await?
                    .ok_or_else(|| {
                        AppError::invalid(
                            "outlet_code",
                            "outlet_unknown",
                            "没有这个编号的网点，请先导入网点。",
                            "There is no outlet of that code. Import the outlets first.",
                        )
                    })?,
            ),
        };
        let earlier = match user.technician {
            Some(id) => self.store().technician(id).await?,
            None => None,
        };
        let counties = match (&input.counties, &earlier) {
            (None, Some(earlier)) if !earlier.counties.is_empty() => earlier.counties.clone(),
            (counties, _) => {
                let counties = counties.as_deref().unwrap_or_default();
                self.areas_of_technician("counties", counties, outlet.as_ref())?
            }
        };
        let outlet = outlet.map(|outlet| outlet.id);
        let id = match user.technician {
            Some(id) => id,
            None => TechnicianId(self.new_id()),
        };
        let equipment = earlier
            .as_ref()
            .map(|earlier| Equipment::stored(&earlier.equipment))
            .unwrap_or_default()
            .changed(&input.equipment, &skills)?
            .to_value()?;
        let row = rows::TechnicianRow {
            id,
            tenant,
            user: user.id,
            display_name: short("display_name", &input.display_name)?,
            outlet,
            skills,
            counties,
            latitude_e6: input.latitude_e6,
            longitude_e6: input.longitude_e6,
            reach_m: input.reach_m,
            active: input.active,
            hours: WorkHours::parse("hours", &input.hours)?.entries(),
            absences: match (&input.absences, &earlier) {
                (Some(absences), _) => written(&Absence::parse("absences", absences)?),
                (None, Some(earlier)) => earlier.absences.clone(),
                (None, None) => Vec::new(),
            },
            equipment,
        };
        let saved = saved(earlier.as_ref(), &row);
        if saved == Saved::Unchanged {
            return Ok((id, saved));
        }
        self.put_technician_row(by, row, side);
        if user.technician.is_none() {
            user.technician = Some(id);
            side.writes.push(Write::User(user));
        }
        Ok((id, saved))
    }

    /// Saves an outlet.
    ///
    /// # Errors
    /// A missing role, or the field that is wrong.
    pub async fn save_outlet(
        &self,
        principal: &Principal,
        input: &OutletInput,
    ) -> Result<OutletId, AppError> {
        let by = staff(principal, KEEPERS)?;
        let tenant = principal.tenant();
        let mut side = Side::default();
        let (id, saved) = self
            .put_outlet(tenant, input, &mut Known::default(), &mut side)
            .await?;
        if saved != Saved::Unchanged {
            side.audit
                .push(self.audited(by, tenant, AuditBody::OutletSaved { outlet: id }));
            self.commit_side(side).await?;
        }
        Ok(id)
    }

    pub(crate) async fn outlet_by_code(
        &self,
        tenant: TenantId,
        code: &str,
        known: &mut Known,
    ) -> Result<Option<rows::OutletRow>, AppError> {
        if known.outlets.is_none() {
            known.outlets = Some(self.store().outlets(tenant).await?);
        }
        let outlets = known.outlets.iter().flatten();
        Ok(outlets
            .into_iter()
            .find(|outlet| outlet.code == code)
            .cloned())
    }

    /// Adds the row of an outlet to the unit, unless it stands like that already.
    pub(crate) async fn put_outlet(
        &self,
        tenant: TenantId,
        input: &OutletInput,
        known: &mut Known,
        side: &mut Side,
    ) -> Result<(OutletId, Saved), AppError> {
        let code = short("code", &input.code)?;
        let county = self.division_served("county", &input.county)?;
        place_ok(input.latitude_e6, input.longitude_e6)?;
        let earlier = self.outlet_by_code(tenant, &code, known).await?;
        let count = known.outlets.as_ref().map_or(0, Vec::len);
        if earlier.is_none() && count >= OUTLETS_MAX {
            return Err(AppError::new(
                ErrorKind::Refused,
                "too_many_outlets",
                format!("网点最多 {OUTLETS_MAX} 个。"),
                format!("There can be at most {OUTLETS_MAX} outlets."),
            ));
        }
        let areas = match &input.areas {
            Some(areas) => self.areas_of_outlet(areas)?,
            None => earlier.as_ref().and_then(|earlier| earlier.areas.clone()),
        };
        if let Some(earlier) = &earlier
            && earlier.areas.is_some()
            && areas.is_none()
        {
            self.nobody_serves_by(tenant, earlier).await?;
        }
        let row = rows::OutletRow {
            id: match &earlier {
                Some(outlet) => outlet.id,
                None => OutletId(self.new_id()),
            },
            tenant,
            code,
            name: short("name", &input.name)?,
            county,
            latitude_e6: input.latitude_e6,
            longitude_e6: input.longitude_e6,
            areas,
        };
        let (id, saved) = (row.id, saved(earlier.as_ref(), &row));
        if saved != Saved::Unchanged {
            side.writes.push(Write::Outlet(row));
        }
        Ok((id, saved))
    }

    /// What an outlet serves, as it is to be stored: an empty list is none.
    fn areas_of_outlet(&self, areas: &[String]) -> Result<Option<Vec<String>>, AppError> {
        if areas.len() > OUTLET_AREAS_MAX {
            return Err(AppError::invalid(
                "areas",
                "outlet_areas",
                format!("一个网点最多 {OUTLET_AREAS_MAX} 个服务区域。"),
                format!("An outlet serves at most {OUTLET_AREAS_MAX} areas."),
            ));
        }
        let areas: Result<Vec<String>, AppError> =
            areas.iter().map(|area| short("areas", area)).collect();
        let areas = self.areas_served("areas", &areas?)?;
        Ok(Some(areas).filter(|areas| !areas.is_empty()))
    }

    /// Whether nobody is left without an area when an outlet serves none any more.
    async fn nobody_serves_by(
        &self,
        tenant: TenantId,
        outlet: &rows::OutletRow,
    ) -> Result<(), AppError> {
        let technicians = self.store().technicians(tenant).await?;
        let mut bound = technicians
            .iter()
            .filter(|who| who.outlet == Some(outlet.id) && who.counties.is_empty());
        match bound.next() {
            None => Ok(()),
            Some(who) => Err(AppError::invalid(
                "areas",
                "outlet_areas_used",
                format!(
                    "{}没有自己的服务区域，服务的是网点的；请先给这位师傅写明区域，再清空网点的。",
                    who.display_name
                ),
                format!(
                    "{} has no areas of their own and serves those of the outlet. Write down areas for them before the outlet has none.",
                    who.display_name
                ),
            )),
        }
    }

    /// Outlets of the tenant, by code.
    ///
    /// # Errors
    /// A missing role.
    pub async fn outlets(&self, principal: &Principal) -> Result<Vec<OutletView>, AppError> {
        staff_or_scope(principal, READERS, "cases:read")?;
        Ok(self
            .store()
            .outlets(principal.tenant())
            .await?
            .into_iter()
            .map(|row| OutletView {
                id: row.id,
                code: row.code,
                name: row.name,
                county: row.county,
                latitude_e6: row.latitude_e6,
                longitude_e6: row.longitude_e6,
                areas: row.areas.unwrap_or_default(),
            })
            .collect())
    }

    /// Technicians of the tenant.
    ///
    /// # Errors
    /// A missing role.
    pub async fn technicians(
        &self,
        principal: &Principal,
    ) -> Result<Vec<TechnicianView>, AppError> {
        staff_or_scope(principal, READERS, "cases:read")?;
        let outlets = self.store().outlets(principal.tenant()).await?;
        Ok(self
            .store()
            .technicians(principal.tenant())
            .await?
            .into_iter()
            .map(|row| TechnicianView {
                areas: self.area_names(crate::areas::served_by(&row, &outlets)),
                id: row.id,
                user: row.user,
                display_name: row.display_name,
                outlet: row.outlet,
                skills: row.skills,
                counties: row.counties,
                reach_m: row.reach_m,
                active: row.active,
                hours: row.hours,
                absences: written(&self.absences_ahead(&row.absences)),
                equipment: Equipment::stored(&row.equipment).view(),
            })
            .collect())
    }

    /// Technicians who have the skill and what a visit of this kind needs, cover its area on its day and are active, nearest
    /// first, within their reach; and whether anybody at all, active or not, covers the place with that skill.
    ///
    /// Without a place the county's outlet stands for it, and without one the middle of the county, as far as its
    /// border: a distance is never told as shorter than it may be.
    pub(crate) async fn candidates(
        &self,
        tenant: TenantId,
        order: &WorkOrder,
        spot: &Spot,
    ) -> Result<(Vec<Candidate>, bool), AppError> {
        let (skill, kind, county) = (order.skill.as_str(), order.kind, order.county.as_str());
        let staff = self.staff(tenant).await?;
        let need = staff.need(skill, kind);
        let town = self.town_in(county, spot);
        let area = staff.area_of(county, town.as_deref());
        let found = self.found_place(tenant, county, spot).await?;
        // What is served is written in divisions of today.
        let of_today = self.is_of_today(county);
        let now = self.now();
        // The day of the visit, as far as one is wished or agreed.
        let at = order.window.map_or(now, |window| window.from.max(now));
        let day = crate::areas::day_of(at);
        let mut covered = false;
        let mut candidates: Vec<Candidate> = Vec::new();
        for who in staff.with_skill(skill) {
            let mut served = who.served.iter().filter(|served| served.days.hold(day));
            let fits = who.areas.serve(area, day)
                || (!of_today && served.any(|served| self.serves(&served.code, county)));
            if !fits {
                continue;
            }
            let distance_m = match found {
                Some((place, radius_m)) if !reaches(who, place, radius_m) => continue,
                Some((place, radius_m)) => distance_m(place, who.home).saturating_add(radius_m),
                None => who.reach_m,
            };
            covered = true;
            // Who is away does not answer now, and who lacks what it needs is not asked.
            let able = || who.lacks(&need, now).next().is_none();
            if who.active && !who.is_away(now) && able() {
                candidates.push(Candidate {
                    technician: who.id,
                    distance_m,
                });
            }
        }
        candidates.sort_by_key(|candidate| (candidate.distance_m, candidate.technician));
        Ok((candidates, covered))
    }

    /// Where a visit is, and how far off that can be; as the plan judges it: the two never differ about who goes that far.
    async fn found_place(
        &self,
        tenant: TenantId,
        county: &str,
        spot: &Spot,
    ) -> Result<Option<(Place, u32)>, AppError> {
        match spot.place {
            Some(place) => Ok(Some((crate::planning::coarse(place), 0))),
            None => self.rough_place(tenant, county).await,
        }
    }

    /// Somebody whom a person chose for a visit, with the way to it, whatever they lack; none where they do not work here.
    pub(crate) async fn chosen_by_hand(
        &self,
        tenant: TenantId,
        order: &WorkOrder,
        spot: &Spot,
        technician: TechnicianId,
    ) -> Result<Option<Candidate>, AppError> {
        let staff = self.staff(tenant).await?;
        let Some(who) = staff.who(technician) else {
            return Ok(None);
        };
        let found = self.found_place(tenant, &order.county, spot).await?;
        let far =
            |(place, radius_m): (Place, u32)| distance_m(place, who.home).saturating_add(radius_m);
        Ok(Some(Candidate {
            technician,
            distance_m: found.map_or(who.reach_m, far),
        }))
    }
}

/// The distance of two places as it is told.
pub(crate) fn distance_m(one: Place, other: Place) -> u32 {
    straight_line_m(one, other.latitude_e6, other.longitude_e6)
}

/// Absences as they are stored and shown.
fn written(absences: &[Absence]) -> Vec<String> {
    absences.iter().map(Absence::to_string).collect()
}

fn place_ok(latitude_e6: i32, longitude_e6: i32) -> Result<(), AppError> {
    if !(-90_000_000..=90_000_000).contains(&latitude_e6) {
        return Err(AppError::invalid(
            "latitude",
            "place",
            "纬度要在 ±90 度之间（WGS 84）；是不是和经度写反了？",
            "A latitude lies within ±90 degrees (WGS 84). Was it swapped with the longitude?",
        ));
    }
    if !(-180_000_000..=180_000_000).contains(&longitude_e6) {
        return Err(AppError::invalid(
            "longitude",
            "place",
            "经度要在 ±180 度之间（WGS 84）。",
            "A longitude lies within ±180 degrees (WGS 84).",
        ));
    }
    Ok(())
}

/// Words of a list: trimmed, each once, at least one and at most `most`.
fn words(field: &str, input: &[String], most: usize) -> Result<Vec<String>, AppError> {
    let mut words: Vec<String> = Vec::with_capacity(input.len().min(most));
    for word in input {
        let word = short(field, word)?;
        if !words.contains(&word) {
            words.push(word);
        }
        if words.len() > most {
            break;
        }
    }
    if words.is_empty() || words.len() > most {
        return Err(AppError::invalid(
            field,
            "technician_coverage",
            format!("请写明会修什么、跑哪些区县，各 1 到 {most} 项。"),
            format!("Please say which skills and which counties, 1 to {most} of each."),
        ));
    }
    Ok(words)
}

/// The great-circle distance (haversine), rounded to 100 m.
#[must_use]
pub fn straight_line_m(place: Place, latitude_e6: i32, longitude_e6: i32) -> u32 {
    let radians = |e6: i32| (f64::from(e6) / 1e6).to_radians();
    let (lat1, lat2) = (radians(place.latitude_e6), radians(latitude_e6));
    let half_lat = (lat2 - lat1) / 2.0;
    let half_lon = (radians(longitude_e6) - radians(place.longitude_e6)) / 2.0;
    let h = half_lat.sin().powi(2) + lat1.cos() * lat2.cos() * half_lon.sin().powi(2);
    let meters = 2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "half the circumference of the earth fits"
    )]
    let rounded = ((meters / ROUND_M).round() * ROUND_M) as u32;
    rounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_degree_of_latitude_is_about_111_km() {
        let place = Place {
            latitude_e6: 30_000_000,
            longitude_e6: 120_000_000,
        };
        assert_eq!(straight_line_m(place, 31_000_000, 120_000_000), 111_200);
        assert_eq!(straight_line_m(place, 30_000_000, 120_000_000), 0);
        // A quarter around the equator.
        let equator = Place {
            latitude_e6: 0,
            longitude_e6: 0,
        };
        assert_eq!(straight_line_m(equator, 0, 90_000_000), 10_007_600);
    }
}
