//! After-sales cases of outside platforms: brought, answered in their form, and their outcome recorded.

use crate::api::InputWithPhotos;
use crate::http::body::{Json, WithPhotos};
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::act::resolution;
use aftercare_app::actions::ResolutionInput;
use aftercare_app::platforms::{AnswerKind, Brought, PlatformAnswer};
use aftercare_app::views::Acted;
use aftercare_domain::ids::{CaseId, OrderLineId};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which line of the order, where it has several.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LineQuery {
    #[param(value_type = Option<String>)]
    pub line: Option<OrderLineId>,
}

/// Brings a platform's after-sales case here, or reads it again: the platform's answer as it came, from 微信小店
/// (`after_sale_order`), 淘宝 (`refund_get_response`) or 抖店 (`data`). In a form, `input` is the object and `photos` are the
/// buyer's pictures. Every field is told as mapped, dropped or unknown.
#[utoipa::path(
    post, path = "/platform-cases", tag = "platforms",
    request_body(content((Object = "application/json"), (InputWithPhotos = "multipart/form-data"))),
    params(LineQuery),
    responses((status = 201, description = "Opened", body = Brought), (status = 200, description = "Was here already", body = Brought))
)]
pub async fn bring(
    State(server): State<Server>,
    Who(principal): Who,
    Query(query): Query<LineQuery>,
    body: WithPhotos,
) -> Answer<(StatusCode, axum::Json<Brought>)> {
    let brought = server
        .app()
        .bring_platform_case(&principal, body.input.expose(), query.line, body.photos)
        .await?;
    let status = if brought.opened {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, axum::Json(brought)))
}

/// What is exported.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AnswerQuery {
    /// `answer` or `appeal`.
    #[serde(default)]
    #[param(value_type = String)]
    pub kind: AnswerKind,
}

/// The merchant's answer, or what it adds to the dispute, in the platform's form and limits. Nothing is sent.
#[utoipa::path(
    get, path = "/cases/{case}/platform-answer", tag = "platforms",
    params(("case" = String, Path), AnswerQuery),
    responses((status = 200, body = PlatformAnswer))
)]
pub async fn answer(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    Query(query): Query<AnswerQuery>,
) -> Answer<axum::Json<PlatformAnswer>> {
    let answer = server
        .app()
        .platform_answer(&principal, case, query.kind)
        .await?;
    Ok(axum::Json(answer))
}

/// What the platform decided.
#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct OutcomeInput {
    /// `granted`, `rejected` or `taken_back`.
    pub outcome: String,
    /// What was granted.
    pub resolution: Option<ResolutionInput>,
    /// Whether the platform really granted more than was paid for the line less what was refunded; without it such an amount
    /// is refused (`grant_above_paid`).
    #[serde(default)]
    pub above_paid: bool,
}

/// Records what the platform decided. Only somebody who is signed in can.
#[utoipa::path(
    post, path = "/cases/{case}/platform-outcome", tag = "platforms",
    request_body = OutcomeInput, params(("case" = String, Path)),
    responses((status = 200, body = Acted))
)]
pub async fn outcome(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
    Json(input): Json<OutcomeInput>,
) -> Answer<axum::Json<Acted>> {
    let granted = input.resolution.as_ref().map(resolution).transpose()?;
    let acted = server
        .app()
        .record_platform_outcome(&principal, case, &input.outcome, granted, input.above_paid)
        .await?;
    Ok(axum::Json(acted))
}
