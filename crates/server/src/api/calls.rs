//! Calls: events of any call center, and what a colleague did about them.

use crate::http::body::Json as Input;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::AppError;
use aftercare_app::calls::{CallAct, CallInput, CallList, CallView};
use aftercare_domain::ids::{CallId, CaseId};
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::ToSchema;

/// What is done about a call.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallActInput {
    pub act: CallAct,
    /// With `done`: the case that came of it. After finished work it means that the customer complained.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub case: Option<CaseId>,
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

/// Who rings, whom a call back is owed (the nearest deadline first), who is to be asked about finished work, and who was answered
/// lately.
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
    let done = match (input.act, input.case) {
        (act, None) => app.act_on_call(&principal, call, act).await,
        (CallAct::Done, Some(case)) => app.call_became(&principal, call, case).await,
        (CallAct::Claim | CallAct::NotReached, Some(_)) => Err(AppError::invalid(
            "case",
            "case_not_now",
            "只有办完（done）时才写明由此产生的案件。",
            "Only with `done` is the case named that came of the call.",
        )),
    };
    Ok(Json(done?))
}
