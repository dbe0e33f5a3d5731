//! Rule packs and the law they rest on: read, drafted, tried on past claims, published for notice.

use crate::http::body::Json as Input;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::AppError;
use aftercare_app::history::HistoryDetail;
use aftercare_app::reconciling::Reconciliation;
use aftercare_app::reviewing::{ReviewMeasures, SecondLook};
use aftercare_app::rule_packs::{
    LawDetail, PackDetail, PackRow, ShadowInput, ShadowView, SimulationDetail,
};
use aftercare_domain::Day;
use aftercare_domain::ids::CaseId;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A draft.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftInput {
    /// The pack as TOML, without the days of its publication and effect.
    pub text: String,
}

/// Which draft was kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DraftKept {
    pub id: String,
    pub version: String,
}

/// When a pack takes effect.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishInput {
    /// `YYYY-MM-DD`, after the public notice that what it changes needs.
    pub effective: String,
}

/// Reads the day on which a pack takes effect.
///
/// # Errors
/// `day_format` for anything but `YYYY-MM-DD`.
pub fn effective_day(text: &str) -> Result<Day, AppError> {
    Day::parse(text.trim()).ok_or_else(|| {
        AppError::invalid(
            "effective",
            "day_format",
            "生效日期请写成 2026-12-01。",
            "Write the day it takes effect as 2026-12-01.",
        )
    })
}

/// Rule packs of the tenant: published ones, the latest first, then drafts.
#[utoipa::path(get, path = "/rule-packs", tag = "rules", responses((status = 200, body = Vec<PackRow>)))]
pub async fn packs(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<Vec<PackRow>>> {
    Ok(Json(server.app().rule_packs(&principal).await?))
}

/// Keeps a draft; one of the same id and version is replaced.
#[utoipa::path(
    post, path = "/rule-packs", tag = "rules", request_body = DraftInput,
    responses((status = 201, body = DraftKept))
)]
pub async fn save_draft(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<DraftInput>,
) -> Answer<(StatusCode, Json<DraftKept>)> {
    let (id, version) = server
        .app()
        .save_pack_draft(&principal, &input.text)
        .await?;
    Ok((StatusCode::CREATED, Json(DraftKept { id, version })))
}

/// A pack in words.
#[utoipa::path(
    get, path = "/rule-packs/{id}/{version}", tag = "rules",
    responses((status = 200, body = PackDetail))
)]
pub async fn pack(
    State(server): State<Server>,
    Who(principal): Who,
    Path((id, version)): Path<(String, String)>,
) -> Answer<Json<PackDetail>> {
    Ok(Json(
        server.app().rule_pack(&principal, &id, &version).await?,
    ))
}

/// Removes a draft.
#[utoipa::path(
    delete, path = "/rule-packs/{id}/{version}", tag = "rules", responses((status = 204))
)]
pub async fn remove_draft(
    State(server): State<Server>,
    Who(principal): Who,
    Path((id, version)): Path<(String, String)>,
) -> Answer<StatusCode> {
    server
        .app()
        .remove_pack_draft(&principal, &id, &version)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Publishes a draft for notice from today on. Claims go by the pack of the day they were filed.
#[utoipa::path(
    post, path = "/rule-packs/{id}/{version}/publish", tag = "rules", request_body = PublishInput,
    responses((status = 204))
)]
pub async fn publish(
    State(server): State<Server>,
    Who(principal): Who,
    Path((id, version)): Path<(String, String)>,
    Input(input): Input<PublishInput>,
) -> Answer<StatusCode> {
    let effective = effective_day(&input.effective)?;
    server
        .app()
        .publish_pack(&principal, &id, &version, effective)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Past claims under the pack in force today and under this one: how many would have gone otherwise.
#[utoipa::path(
    get, path = "/rule-packs/{id}/{version}/simulation", tag = "rules",
    responses((status = 200, body = SimulationDetail))
)]
pub async fn simulation(
    State(server): State<Server>,
    Who(principal): Who,
    Path((id, version)): Path<(String, String)>,
) -> Answer<Json<SimulationDetail>> {
    Ok(Json(
        server
            .app()
            .simulate_pack(&principal, &id, &version)
            .await?,
    ))
}

/// Refunds: what the log says was authorized and paid beside what the provider says. What does not
/// agree comes first.
#[utoipa::path(get, path = "/payments", tag = "rules", responses((status = 200, body = Reconciliation)))]
pub async fn payments(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<Reconciliation>> {
    Ok(Json(server.app().reconcile(&principal).await?))
}

/// How reviews went: counts with their bounds, never about one person.
#[utoipa::path(get, path = "/review/measures", tag = "rules", responses((status = 200, body = ReviewMeasures)))]
pub async fn measures(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<ReviewMeasures>> {
    Ok(Json(server.app().review_measures(&principal).await?))
}

/// What runs beside the rules and thresholds in force.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShadowAnswer {
    /// None while nothing does.
    pub shadow: Option<ShadowView>,
}

/// What would have gone otherwise under the pack or the thresholds that run beside those in force. It changes no claim, and
/// findings count once both sides may read them.
#[utoipa::path(get, path = "/review/shadow", tag = "rules", responses((status = 200, body = ShadowAnswer)))]
pub async fn shadow(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<ShadowAnswer>> {
    let shadow = server.app().shadow(&principal).await?;
    Ok(Json(ShadowAnswer { shadow }))
}

/// Runs a pack or other thresholds beside those in force; what ran before ends.
#[utoipa::path(
    put, path = "/review/shadow", tag = "rules", request_body = ShadowInput, responses((status = 204))
)]
pub async fn begin_shadow(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<ShadowInput>,
) -> Answer<StatusCode> {
    server.app().begin_shadow(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends what runs beside them.
#[utoipa::path(delete, path = "/review/shadow", tag = "rules", responses((status = 204)))]
pub async fn end_shadow(State(server): State<Server>, Who(principal): Who) -> Answer<StatusCode> {
    server.app().end_shadow(&principal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Decisions that the reader can look at again without having seen them.
#[utoipa::path(get, path = "/review/second-looks", tag = "rules", responses((status = 200, body = Vec<SecondLook>)))]
pub async fn second_looks(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<Vec<SecondLook>>> {
    Ok(Json(server.app().second_looks(&principal).await?))
}

/// What earlier outcomes of the shop there are about the claimant of a case, and what they are used for.
#[utoipa::path(
    get, path = "/cases/{case}/history", tag = "rules", params(("case" = String, Path)),
    responses((status = 200, body = HistoryDetail))
)]
pub async fn history(
    State(server): State<Server>,
    Who(principal): Who,
    Path(case): Path<CaseId>,
) -> Answer<Json<HistoryDetail>> {
    Ok(Json(server.app().history(&principal, case).await?))
}

/// The law pack: short facts of law with their days, where each was read and when.
#[utoipa::path(get, path = "/law", tag = "rules", responses((status = 200, body = LawDetail)))]
pub async fn law(State(server): State<Server>, Who(principal): Who) -> Answer<Json<LawDetail>> {
    Ok(Json(server.app().law(&principal)?))
}
