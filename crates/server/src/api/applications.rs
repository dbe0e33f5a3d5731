//! Applications to be a technician, for the desk. Their form is a page: what applicants write is no program's business.

use crate::http::body::Json as Input;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::applications::{ApplicationAct, ApplicationActed, ApplicationView};
use aftercare_domain::ids::ApplicationId;
use axum::Json;
use axum::extract::{Path, State};

/// Applications in masked forms: first those that wait for a person, the first that came first.
#[utoipa::path(
    get, path = "/applications", tag = "applications",
    responses((status = 200, body = Vec<ApplicationView>))
)]
pub async fn applications(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<Vec<ApplicationView>>> {
    Ok(Json(server.app().applications(&principal).await?))
}

/// One application.
#[utoipa::path(
    get, path = "/applications/{application}", tag = "applications",
    params(("application" = String, Path)),
    responses((status = 200, body = ApplicationView))
)]
pub async fn application(
    State(server): State<Server>,
    Who(principal): Who,
    Path(id): Path<ApplicationId>,
) -> Answer<Json<ApplicationView>> {
    Ok(Json(server.app().application(&principal, id).await?))
}

/// Writes down what a person found about a paper, accepts the applicant, which makes an account and a technician, or refuses with
/// a reason that the applicant reads.
#[utoipa::path(
    post, path = "/applications/{application}/acts", tag = "applications",
    params(("application" = String, Path)), request_body = ApplicationAct,
    responses((status = 200, body = ApplicationActed))
)]
pub async fn act_on_application(
    State(server): State<Server>,
    Who(principal): Who,
    Path(id): Path<ApplicationId>,
    Input(act): Input<ApplicationAct>,
) -> Answer<Json<ApplicationActed>> {
    let app = server.app();
    Ok(Json(app.act_on_application(&principal, id, &act).await?))
}
