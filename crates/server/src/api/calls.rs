//! Calls: events of any call center, and what a colleague did about them.

use crate::http::body::Json as Input;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::calls::{CallAct, CallInput, CallList, CallView};
use aftercare_domain::ids::CallId;
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// What is done about a call.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallActInput {
    pub act: CallAct,
}

/// Takes an event of a call. Events may come twice and in any order; a call that nobody answered is owed a call back. The
/// answer has the masked number and the open cases of the caller.
#[utoipa::path(
    post, path = "/calls", tag = "calls", request_body = CallInput,
    responses((status = 200, body = CallView))
)]
pub async fn tell_call(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<CallInput>,
) -> Answer<Json<CallView>> {
    Ok(Json(server.app().tell_call(&principal, &input).await?))
}

/// Who rings, whom a call back is owed (the nearest deadline first), and who was answered lately.
#[utoipa::path(
    get, path = "/calls", tag = "calls",
    responses((status = 200, body = CallList))
)]
pub async fn calls(State(server): State<Server>, Who(principal): Who) -> Answer<Json<CallList>> {
    Ok(Json(server.app().calls(&principal).await?))
}

/// A colleague takes a call, did not reach the person, or is done with it. Said again, it changes nothing.
#[utoipa::path(
    post, path = "/calls/{call}/acts", tag = "calls", request_body = CallActInput,
    params(("call" = String, Path, description = "Id of the call")),
    responses((status = 200, body = CallView))
)]
pub async fn act_on_call(
    State(server): State<Server>,
    Who(principal): Who,
    Path(call): Path<CallId>,
    Input(input): Input<CallActInput>,
) -> Answer<Json<CallView>> {
    let app = server.app();
    Ok(Json(app.act_on_call(&principal, call, input.act).await?))
}
