//! What whoever asks chose for themselves, as on their page: nobody chooses for another, and a program chooses nothing. A technician's
//! own number is among it.

use crate::http::body::Json;
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::experience::RatingsKnown;
use aftercare_app::preferences::{Language, Preference, Quiet};
use aftercare_app::{AppError, Plain};
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

/// The number at which a technician is called through one that stands in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnNumber {
    /// Whether numbers are put between customers and technicians here; where none are, none is needed.
    pub needed: bool,
    /// Such as `138****0000`; `null` before one was saved, and a year after.
    pub masked: Option<String>,
}

/// Another number, written twice, for whoever mistypes it is not reached.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnNumberInput {
    /// As people write it; empty for none.
    #[schema(value_type = String)]
    pub number: Plain<String>,
    /// The same once more.
    #[schema(value_type = String)]
    pub again: Plain<String>,
}

impl std::fmt::Debug for OwnNumberInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnNumberInput(..)")
    }
}

/// The requester's own number, as a technician sees it: masked.
#[utoipa::path(get, path = "/own-number", tag = "accounts", responses((status = 200, body = OwnNumber)))]
pub async fn own_number(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<OwnNumber>> {
    let line = server.app().own_line(&principal).await?;
    Ok(axum::Json(OwnNumber {
        needed: line.is_some(),
        masked: line.and_then(|line| line.masked),
    }))
}

/// Saves the technician's own number in place of the one before, which is destroyed; empty for none. What is under way is called
/// through it from now on. It is sealed, and no colleague reads it.
#[utoipa::path(
    put, path = "/own-number", tag = "accounts", request_body = OwnNumberInput,
    responses((status = 204))
)]
pub async fn save_own_number(
    State(server): State<Server>,
    Who(principal): Who,
    Json(input): Json<OwnNumberInput>,
) -> Answer<StatusCode> {
    let app = server.app();
    // Whoever is no technician is told so first.
    app.own_line(&principal).await?;
    if input.number.expose_str().trim() != input.again.expose_str().trim() {
        return Err(Failure(AppError::invalid(
            "again",
            "number_differs",
            "两次写的号码不一样，请再核对一遍。",
            "The two numbers differ. Please look at them again.",
        )));
    }
    let saved = app.save_own_line(&principal, &input.number).await;
    saved.map_err(|error| {
        let field = error.field.as_ref().map(|_| "number".to_owned());
        AppError { field, ..error }
    })?;
    Ok(StatusCode::NO_CONTENT)
}

/// What customers said of the requester's work of the past four weeks, as a technician: with how many of how many, and with what
/// the share is at least; nothing of fewer than ten. It decides nothing by itself.
#[utoipa::path(get, path = "/own-ratings", tag = "accounts", responses((status = 200, body = RatingsKnown)))]
pub async fn own_ratings(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<axum::Json<RatingsKnown>> {
    Ok(axum::Json(server.app().own_ratings(&principal).await?))
}
