//! Settings of the tenant: the clocks in force and the desk's working calendar.

use crate::api::own::quiet_hours;
use crate::http::body::Json;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::assistant::AssistantKind;
use aftercare_app::equipment::NeedInput;
use aftercare_app::review_groups::{ReviewGroup, ReviewGroupView};
use aftercare_app::settings::{CalendarInput, SettingChange, SettingsView};
use axum::extract::State;
use axum::http::StatusCode;

/// The settings as they stand.
#[utoipa::path(get, path = "/settings", tag = "settings", responses((status = 200, body = SettingsView)))]
pub async fn settings(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<SettingsView>> {
    Ok(axum::Json(server.app().settings(&principal).await?))
}

/// Sets the desk hours; `null` makes the desk count as always open.
#[utoipa::path(
    put, path = "/settings/calendar", tag = "settings", request_body = Option<CalendarInput>,
    responses((status = 204))
)]
pub async fn set_calendar(
    State(server): State<Server>,
    Who(principal): Who,
    Json(calendar): Json<Option<CalendarInput>>,
) -> Answer<StatusCode> {
    server.app().set_calendar(&principal, calendar).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What kinds of visits need of whoever goes.
#[utoipa::path(get, path = "/settings/visit-needs", tag = "settings", responses((status = 200, body = Vec<NeedInput>)))]
pub async fn visit_needs(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<Vec<NeedInput>>> {
    Ok(axum::Json(server.app().visit_needs(&principal).await?))
}

/// Sets what kinds of visits need: people, a level, a certificate, parts on the van. The plan keeps to it at once.
#[utoipa::path(
    put, path = "/settings/visit-needs", tag = "settings", request_body = Vec<NeedInput>,
    responses((status = 204))
)]
pub async fn set_visit_needs(
    State(server): State<Server>,
    Who(principal): Who,
    Json(needs): Json<Vec<NeedInput>>,
) -> Answer<StatusCode> {
    server.app().set_visit_needs(&principal, &needs).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets the telephone number that consumers read on every page; `null` takes it away. At most 24 characters: digits,
/// spaces, brackets, `+` and `-`.
#[utoipa::path(
    put, path = "/settings/hotline", tag = "settings", request_body = Option<String>,
    responses((status = 204))
)]
pub async fn set_hotline(
    State(server): State<Server>,
    Who(principal): Who,
    Json(hotline): Json<Option<String>>,
) -> Answer<StatusCode> {
    server.app().set_hotline(&principal, hotline).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives the organization another name: people read it on their case, and in what they are told.
#[utoipa::path(
    put, path = "/settings/name", tag = "settings",
    request_body(content = String, content_type = "application/json"), responses((status = 204))
)]
pub async fn set_name(
    State(server): State<Server>,
    Who(principal): Who,
    Json(name): Json<String>,
) -> Answer<StatusCode> {
    server.app().rename_organization(&principal, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets when customers are not woken by what can wait: `22:00-08:00`, or `none`; `null` leaves it to how the installation was
/// started. What a customer chose comes first.
#[utoipa::path(
    put, path = "/settings/quiet-hours", tag = "settings", request_body = Option<String>,
    responses((status = 204))
)]
pub async fn set_quiet_hours(
    State(server): State<Server>,
    Who(principal): Who,
    Json(hours): Json<Option<String>>,
) -> Answer<StatusCode> {
    let quiet = quiet_hours(hours.as_deref())?;
    server.app().set_quiet_hours(&principal, quiet).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says who suggests drafts of replies to the desk: `off`, `built_in`, or `endpoint`, the provider that the installation names.
#[utoipa::path(
    put, path = "/settings/assistant", tag = "settings",
    request_body(content = String, content_type = "application/json"), responses((status = 204))
)]
pub async fn set_assistant(
    State(server): State<Server>,
    Who(principal): Who,
    Json(kind): Json<String>,
) -> Answer<StatusCode> {
    let kind = AssistantKind::read(&kind)?;
    server.app().set_assistant(&principal, kind).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The latest settings that somebody changed for the organization, the latest first.
#[utoipa::path(get, path = "/settings/changes", tag = "settings", responses((status = 200, body = Vec<SettingChange>)))]
pub async fn setting_changes(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<Vec<SettingChange>>> {
    Ok(axum::Json(server.app().setting_changes(&principal).await?))
}

/// Groups of reviewers: those that somebody belongs to, and those that a rule names.
#[utoipa::path(get, path = "/review/groups", tag = "settings", responses((status = 200, body = Vec<ReviewGroupView>)))]
pub async fn review_groups(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<Vec<ReviewGroupView>>> {
    Ok(axum::Json(server.app().review_groups(&principal).await?))
}

/// Says who belongs to which group of reviewers, in place of what stood.
#[utoipa::path(
    put, path = "/review/groups", tag = "settings", request_body = Vec<ReviewGroup>,
    responses((status = 204))
)]
pub async fn set_review_groups(
    State(server): State<Server>,
    Who(principal): Who,
    Json(groups): Json<Vec<ReviewGroup>>,
) -> Answer<StatusCode> {
    server.app().set_review_groups(&principal, &groups).await?;
    Ok(StatusCode::NO_CONTENT)
}
