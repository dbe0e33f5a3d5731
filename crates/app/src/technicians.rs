//! Technicians and outlets, and who could go: the nearest who has the skill and covers the place. The
//! distance is a straight line between stored coordinates.

use crate::access::staff_or_scope;
use crate::app::App;
use crate::catalogue::short;
use crate::engine::Side;
use crate::error::AppError;
use crate::people::Place;
use crate::principal::Principal;
use aftercare_domain::audit::AuditBody;
use aftercare_domain::facts::Candidate;
use aftercare_domain::ids::{OutletId, TechnicianId, TenantId};
use aftercare_domain::{Actor, Role};
use aftercare_store::{Write, rows};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Mean radius of the earth in meters (IUGG).
const EARTH_RADIUS_M: f64 = 6_371_008.8;
/// Distances are rounded to this many meters: nobody's home is told by one.
const ROUND_M: f64 = 100.0;
/// How far a technician goes when nothing is said.
const REACH_M_DEFAULT: u32 = 30_000;

/// A technician as entered or imported; the login finds the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TechnicianInput {
    /// Login of an account with the technician role.
    pub login: String,
    pub display_name: String,
    #[serde(default)]
    pub outlet_code: String,
    pub skills: Vec<String>,
    /// Division codes of the counties that are covered.
    pub counties: Vec<String>,
    pub latitude_e6: i32,
    pub longitude_e6: i32,
    #[serde(default = "reach")]
    pub reach_m: u32,
    #[serde(default = "yes")]
    pub active: bool,
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
}

/// A technician as the dispatcher sees them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TechnicianView {
    #[schema(value_type = String)]
    pub id: TechnicianId,
    pub display_name: String,
    pub skills: Vec<String>,
    pub counties: Vec<String>,
    pub reach_m: u32,
    pub active: bool,
}

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
        let by = staff_or_scope(principal, &[Role::Admin, Role::Dispatcher], "catalogue:write")?;
        let mut side = Side::default();
        let id = self
            .put_technician(by, principal.tenant(), input, &mut side)
            .await?;
        self.commit_side(side).await?;
        Ok(id)
    }

    pub(crate) async fn put_technician(
        &self,
        by: Actor,
        tenant: TenantId,
        input: &TechnicianInput,
        side: &mut Side,
    ) -> Result<TechnicianId, AppError> {
        let mut user = self
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
        if input.skills.is_empty() || input.counties.is_empty() {
            return Err(AppError::invalid(
                "skills",
                "technician_coverage",
                "请写明会修什么、跑哪些区县。",
                "Please say which skills and which counties.",
            ));
        }
        let outlet = match input.outlet_code.trim() {
            "" => None,
            code => Some(
                self.store()
                    .outlets(tenant)
                    .await?
                    .into_iter()
                    .find(|outlet| outlet.code == code)
                    .map(|outlet| outlet.id)
                    .ok_or_else(|| {
                        AppError::invalid(
                            "outlet_code",
                            "outlet_unknown",
                            format!("没有编号为“{code}”的网点，请先导入网点。"),
                            format!("There is no outlet `{code}`. Import the outlets first."),
                        )
                    })?,
            ),
        };
        let id = user.technician.unwrap_or_else(|| TechnicianId(self.new_id()));
        user.technician = Some(id);
        side.writes.push(Write::Technician(rows::TechnicianRow {
            id,
            tenant,
            user: user.id,
            display_name: short("display_name", &input.display_name)?,
            outlet,
            skills: input.skills.iter().map(|skill| skill.trim().to_owned()).collect(),
            counties: input.counties.iter().map(|county| county.trim().to_owned()).collect(),
            latitude_e6: input.latitude_e6,
            longitude_e6: input.longitude_e6,
            reach_m: input.reach_m,
            active: input.active,
        }));
        side.audit.push(self.audited(
            by,
            tenant,
            AuditBody::TechnicianSaved {
                technician: id,
                user: user.id,
                active: input.active,
            },
        ));
        side.writes.push(Write::User(user));
        Ok(id)
    }

    pub(crate) async fn put_outlet(
        &self,
        by: Actor,
        tenant: TenantId,
        input: &OutletInput,
        side: &mut Side,
    ) -> Result<OutletId, AppError> {
        let code = short("code", &input.code)?;
        let id = self
            .store()
            .outlets(tenant)
            .await?
            .into_iter()
            .find(|outlet| outlet.code == code)
            .map_or_else(|| OutletId(self.new_id()), |outlet| outlet.id);
        side.writes.push(Write::Outlet(rows::OutletRow {
            id,
            tenant,
            code,
            name: short("name", &input.name)?,
            county: input.county.trim().to_owned(),
            latitude_e6: input.latitude_e6,
            longitude_e6: input.longitude_e6,
        }));
        side.audit
            .push(self.audited(by, tenant, AuditBody::OutletSaved { outlet: id }));
        Ok(id)
    }

    /// Technicians of the tenant.
    ///
    /// # Errors
    /// A missing role.
    pub async fn technicians(&self, principal: &Principal) -> Result<Vec<TechnicianView>, AppError> {
        staff_or_scope(
            principal,
            &[Role::Dispatcher, Role::Admin, Role::Agent],
            "cases:read",
        )?;
        Ok(self
            .store()
            .technicians(principal.tenant())
            .await?
            .into_iter()
            .map(|row| TechnicianView {
                id: row.id,
                display_name: row.display_name,
                skills: row.skills,
                counties: row.counties,
                reach_m: row.reach_m,
                active: row.active,
            })
            .collect())
    }

    /// Who could go, nearest first, and whether anybody covers the county with that skill at all.
    pub(crate) async fn candidates(
        &self,
        tenant: TenantId,
        skill: &str,
        county: &str,
        place: Option<Place>,
    ) -> Result<(Vec<Candidate>, bool), AppError> {
        let mut candidates: Vec<Candidate> = self
            .store()
            .technicians(tenant)
            .await?
            .into_iter()
            .filter(|row| {
                row.active
                    && row.skills.iter().any(|known| known == skill)
                    && row.counties.iter().any(|known| known == county)
            })
            .filter_map(|row| {
                // Without a place the county is all that is known: everybody who covers it can go.
                let distance_m = place.map_or(0, |place| {
                    straight_line_m(place, row.latitude_e6, row.longitude_e6)
                });
                (distance_m <= row.reach_m).then_some(Candidate {
                    technician: row.id,
                    distance_m,
                })
            })
            .collect();
        candidates.sort_by_key(|candidate| (candidate.distance_m, candidate.technician));
        let covered = !candidates.is_empty();
        Ok((candidates, covered))
    }
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
