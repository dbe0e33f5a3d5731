//! The agreed visits of a technician for a calendar outside: found by a secret link that the technician makes, makes anew and ends.
//! It tells when, what kind of work and which district, and nothing of the customer: a calendar lies with somebody else. Everything
//! more is on the page of the job, behind a session.

use crate::app::App;
use crate::detail::name;
use crate::engine::Side;
use crate::error::AppError;
use crate::limits::CALENDAR_VISITS_MAX;
use crate::numbers::case_number;
use crate::principal::Principal;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::case::RepairState;
use aftercare_domain::ids::{CaseId, TechnicianId, UserId, WorkOrderId};
use aftercare_domain::{Actor, Role, Timestamp};
use aftercare_store::{WorkOrderFilter, Write, rows};
use aftercare_vault::{random_token_256, token_hash};

/// What the link of a calendar may be used for: nothing that a token of a program may.
pub(crate) const SCOPE: &str = "calendar:own";
/// How the secret in a link begins, so that scanners and people recognize one.
const PREFIX: &str = "cal_";

/// States in which a visit is agreed and not over.
const AHEAD: [RepairState; 8] = [
    RepairState::Scheduled,
    RepairState::EnRoute,
    RepairState::Arrived,
    RepairState::Diagnosed,
    RepairState::QuotePending,
    RepairState::QuoteDeclined,
    RepairState::Consented,
    RepairState::InWork,
];

/// An agreed visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointment {
    pub work_order: WorkOrderId,
    pub case: CaseId,
    /// As people say it: the number of the case.
    pub number: String,
    /// `repair`, `install`, …
    pub kind: String,
    pub skill: String,
    /// The district of the visit, where the code stands for one.
    pub county_name: Option<String>,
    pub from: Timestamp,
    pub until: Timestamp,
    /// Of the case; it grows with each change.
    pub version: u64,
    /// When the case changed last.
    pub changed_at: Timestamp,
    /// The page of the job.
    pub page: String,
}

/// The technician who asks, and the account.
fn own(principal: &Principal) -> Result<(TechnicianId, UserId), AppError> {
    let signed_in = principal.signed_in().ok_or_else(AppError::forbidden)?;
    let technician = signed_in
        .technician
        .filter(|_| signed_in.has(Role::Technician))
        .ok_or_else(AppError::forbidden)?;
    Ok((technician, signed_in.user))
}

/// One link a technician: another one takes its place.
fn link_id(technician: TechnicianId) -> String {
    format!("calendar-{}", technician.0.simple())
}

fn unknown() -> AppError {
    AppError::not_found("这个日历", "calendar")
}

impl App {
    /// Since when the technician has a link; none without one.
    ///
    /// # Errors
    /// Whoever is no technician.
    pub async fn calendar_link(
        &self,
        principal: &Principal,
    ) -> Result<Option<Timestamp>, AppError> {
        let (technician, _) = own(principal)?;
        let row = self.calendar_row(principal, technician).await?;
        Ok(row.filter(|row| !row.revoked).map(|row| row.created_at))
    }

    async fn calendar_row(
        &self,
        principal: &Principal,
        technician: TechnicianId,
    ) -> Result<Option<rows::ApiTokenRow>, AppError> {
        let id = link_id(technician);
        let all = self.store().api_tokens(principal.tenant()).await?;
        Ok(all.into_iter().find(|row| row.id == id))
    }

    /// Makes a link, in place of the one before; gives its path, which is shown this once.
    ///
    /// # Errors
    /// Whoever is no technician.
    pub async fn make_calendar_link(&self, principal: &Principal) -> Result<String, AppError> {
        let (technician, user) = own(principal)?;
        let token = format!("{PREFIX}{}", random_token_256()?.expose());
        let row = rows::ApiTokenRow {
            id: link_id(technician),
            token_hash: token_hash(&token),
            user,
            tenant: principal.tenant(),
            scopes: vec![SCOPE.to_owned()],
            created_at: self.now(),
            expires_at: None,
            revoked: false,
            last_used_at: None,
        };
        let body = AuditBody::TokenIssued {
            user,
            scopes: row.scopes.clone(),
            token_id: row.id.clone(),
        };
        self.save_calendar(principal, technician, row, body).await?;
        Ok(self.public_link(&format!("/calendar/{token}.ics")))
    }

    /// Ends the link: from now on it shows nothing.
    ///
    /// # Errors
    /// Whoever is no technician, or has no link.
    pub async fn end_calendar_link(&self, principal: &Principal) -> Result<(), AppError> {
        let (technician, _) = own(principal)?;
        let row = self.calendar_row(principal, technician).await?;
        let row = row.filter(|row| !row.revoked).ok_or_else(unknown)?;
        let body = AuditBody::TokenRevoked {
            token_id: row.id.clone(),
        };
        let row = rows::ApiTokenRow {
            revoked: true,
            ..row
        };
        self.save_calendar(principal, technician, row, body).await
    }

    async fn save_calendar(
        &self,
        principal: &Principal,
        technician: TechnicianId,
        row: rows::ApiTokenRow,
        body: AuditBody,
    ) -> Result<(), AppError> {
        let by = Actor::Technician {
            technician,
            user: row.user,
        };
        self.commit_side(Side {
            writes: vec![Write::ApiToken(row)],
            audit: vec![AuditEvent {
                at: self.now(),
                by,
                tenant: principal.tenant(),
                body,
            }],
            ..Side::default()
        })
        .await
    }

    /// The visits that a link shows: agreed, not over, of the technician or with the technician along.
    ///
    /// # Errors
    /// `NotFound` for a link that is none or was ended, and once the account or the technician is switched off.
    pub async fn visits_subscribed(&self, token: &str) -> Result<Vec<Appointment>, AppError> {
        if !token.starts_with(PREFIX) {
            return Err(unknown());
        }
        let row = self.store().api_token_by_hash(&token_hash(token)).await?;
        let row = row
            .filter(|row| !row.revoked && row.scopes == [SCOPE])
            .ok_or_else(unknown)?;
        let user = self.store().user(row.user).await?;
        let technician = user
            .filter(|user| !user.disabled && user.roles.contains(&Role::Technician))
            .and_then(|user| user.technician)
            .ok_or_else(unknown)?;
        let filter = WorkOrderFilter {
            tenant: Some(row.tenant),
            technician: Some(technician),
            states: AHEAD.iter().map(name).collect(),
            ..WorkOrderFilter::default()
        };
        let found = self
            .store()
            .work_orders(&filter, None, CALENDAR_VISITS_MAX)
            .await?;
        let mut appointments = Vec::new();
        for row in found.items {
            let case = self.load(row.case_id).await?;
            let Some(order) = case.work_orders.get(&row.work_order_id) else {
                continue;
            };
            let is_own = [order.technician, order.helper].contains(&Some(technician));
            let Some(window) = order.window.filter(|_| is_own && order.is_agreed()) else {
                continue;
            };
            appointments.push(Appointment {
                work_order: row.work_order_id,
                case: row.case_id,
                number: case_number(row.case_id),
                kind: name(&order.kind),
                skill: order.skill.clone(),
                county_name: self.division_name(&order.county),
                from: window.from,
                until: window.until,
                version: case.version,
                changed_at: case.last_at,
                page: self.public_link(&format!("/desk/jobs/{}", row.case_id)),
            });
        }
        appointments.sort_by_key(|one| (one.from, one.work_order));
        Ok(appointments)
    }
}
