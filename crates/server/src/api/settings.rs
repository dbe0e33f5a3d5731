//! Settings of the tenant: the clocks in force and the desk's working calendar.

use crate::http::body::Json;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::settings::{CalendarInput, SettingsView};
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
