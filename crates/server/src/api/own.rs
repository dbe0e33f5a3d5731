//! What whoever asks chose for themselves, as on their page: nobody chooses for another, and a program chooses nothing.

use crate::http::body::Json;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::AppError;
use aftercare_app::preferences::{Language, Preference, Quiet};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody chose; what is `null`, or left out, is left open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OwnChoices {
    /// In which language messages and pages come: `zh` or `en`; `null` as the browser has it.
    pub lang: Option<String>,
    /// When messages that can wait do not come: `22:00-08:00`, or `none`; `null` as the organization has it.
    pub quiet_hours: Option<String>,
}

/// Reads hours that are not to be disturbed; what is wrong with them is wrong with the field `quiet_hours`.
pub(crate) fn quiet_hours(text: Option<&str>) -> Result<Option<Quiet>, AppError> {
    Quiet::read(text.unwrap_or_default()).map_err(|error| AppError {
        field: Some("quiet_hours".to_owned()),
        ..error
    })
}

/// Reads the language that somebody chose.
fn language(name: Option<&str>) -> Result<Option<Language>, AppError> {
    let Some(name) = name else {
        return Ok(None);
    };
    Language::from_name(name).map(Some).ok_or_else(|| {
        AppError::invalid(
            "lang",
            "language",
            "语言请写 zh 或 en；写 null 就随浏览器。",
            "Give the language as `zh` or `en`; `null` leaves it to the browser.",
        )
    })
}

/// What the requester chose: an account, or the claimant of a case.
#[utoipa::path(get, path = "/preferences", tag = "accounts", responses((status = 200, body = OwnChoices)))]
pub async fn preferences(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<OwnChoices>> {
    let chosen = server.app().preference(&principal).await?;
    Ok(axum::Json(OwnChoices {
        lang: chosen.lang.map(|lang| lang.name().to_owned()),
        quiet_hours: chosen.quiet.map(|quiet| quiet.to_string()),
    }))
}

/// Keeps what the requester chooses, in place of all that they chose before.
#[utoipa::path(
    put, path = "/preferences", tag = "accounts", request_body = OwnChoices,
    responses((status = 204))
)]
pub async fn choose_preferences(
    State(server): State<Server>,
    Who(principal): Who,
    Json(input): Json<OwnChoices>,
) -> Answer<StatusCode> {
    let chosen = Preference {
        lang: language(input.lang.as_deref())?,
        quiet: quiet_hours(input.quiet_hours.as_deref())?,
    };
    server.app().choose_preference(&principal, chosen).await?;
    Ok(StatusCode::NO_CONTENT)
}
