//! Old parts that come back for new ones.

use crate::http::body::Json as Input;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::cores::{CoreInput, CoreParts, CoreView};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which old parts.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StateQuery {
    /// `owed`, `returned`, `sent` or `waived`; those that are owed without.
    #[serde(default)]
    pub state: String,
}

/// Old parts in a state, the first that is due first; a technician reads their own.
#[utoipa::path(
    get, path = "/cores", tag = "stock", params(StateQuery),
    responses((status = 200, body = Vec<CoreView>))
)]
pub async fn cores(
    State(server): State<Server>,
    Who(principal): Who,
    Query(query): Query<StateQuery>,
) -> Answer<Json<Vec<CoreView>>> {
    let app = server.app();
    Ok(Json(app.cores(&principal, &query.state).await?))
}

/// Takes an old part back by its serial number, sends it on, lets it go for a reason, or undoes that. Sent again, it changes
/// nothing.
#[utoipa::path(
    post, path = "/cores/acts", tag = "stock", request_body = CoreInput,
    responses((status = 204))
)]
pub async fn act_on_core(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<CoreInput>,
) -> Answer<StatusCode> {
    server.app().act_on_core(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Of which parts the old piece comes back, and within how many days.
#[utoipa::path(get, path = "/settings/core-parts", tag = "stock", responses((status = 200, body = CoreParts)))]
pub async fn core_parts(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<CoreParts>> {
    Ok(Json(server.app().core_parts(&principal).await?))
}

/// Says of which parts the old piece comes back, in place of what stood; what is owed already stays.
#[utoipa::path(
    put, path = "/settings/core-parts", tag = "stock", request_body = CoreParts,
    responses((status = 204))
)]
pub async fn set_core_parts(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<CoreParts>,
) -> Answer<StatusCode> {
    server.app().set_core_parts(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}
