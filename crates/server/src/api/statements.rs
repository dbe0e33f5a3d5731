//! What technicians and outlets are owed: the tariffs, statements, their approval, corrections.

use crate::http::body::Json as Input;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::settlement::{
    CorrectionInput, OutletSettlement, StatementBrief, StatementInput, StatementMade,
    StatementView, TariffInput,
};
use aftercare_domain::ids::StatementId;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which statements.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MonthQuery {
    /// Such as `2026-10`.
    #[serde(default)]
    pub month: String,
}

/// The tariff by which finished work is settled.
#[utoipa::path(get, path = "/settings/tariff", tag = "settlement", responses((status = 200, body = TariffInput)))]
pub async fn tariff(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<TariffInput>> {
    Ok(Json(server.app().tariff(&principal).await?))
}

/// Sets the tariff for statements that are drawn up from now on.
#[utoipa::path(
    put, path = "/settings/tariff", tag = "settlement", request_body = TariffInput,
    responses((status = 204))
)]
pub async fn set_tariff(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<TariffInput>,
) -> Answer<StatusCode> {
    server.app().set_tariff(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Outlets that are settled with as a whole, each with its own tariff where it has one.
#[utoipa::path(
    get, path = "/settings/outlet-settlement", tag = "settlement",
    responses((status = 200, body = Vec<OutletSettlement>))
)]
pub async fn outlet_settlements(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<Vec<OutletSettlement>>> {
    Ok(Json(server.app().outlet_settlements(&principal).await?))
}

/// Says whether an outlet is owed what its technicians earn, by which tariff, in statements that are drawn up from now on.
#[utoipa::path(
    put, path = "/settings/outlet-settlement", tag = "settlement", request_body = OutletSettlement,
    responses((status = 204))
)]
pub async fn set_outlet_settlement(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<OutletSettlement>,
) -> Answer<StatusCode> {
    let app = server.app();
    app.set_outlet_settlement(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The statements of a month.
#[utoipa::path(
    get, path = "/statements", tag = "settlement", params(MonthQuery),
    responses((status = 200, body = Vec<StatementBrief>))
)]
pub async fn statements(
    State(server): State<Server>,
    Who(principal): Who,
    Query(query): Query<MonthQuery>,
) -> Answer<Json<Vec<StatementBrief>>> {
    let app = server.app();
    Ok(Json(app.statements(&principal, &query.month).await?))
}

/// Draws up what a technician or an outlet is owed for work up to the end of a month that is in no statement yet; `more` says that
/// one statement had no room for all of it.
#[utoipa::path(
    post, path = "/statements", tag = "settlement", request_body = StatementInput,
    responses((status = 200, body = StatementMade))
)]
pub async fn make_statement(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<StatementInput>,
) -> Answer<Json<StatementMade>> {
    Ok(Json(server.app().make_statement(&principal, &input).await?))
}

/// A statement with its lines; a technician reads the own ones that were approved.
#[utoipa::path(
    get, path = "/statements/{statement}", tag = "settlement",
    responses((status = 200, body = StatementView))
)]
pub async fn statement(
    State(server): State<Server>,
    Who(principal): Who,
    Path(id): Path<StatementId>,
) -> Answer<Json<StatementView>> {
    Ok(Json(server.app().statement(&principal, id).await?))
}

/// Removes a draft; what stood in it is settled by another one.
#[utoipa::path(
    delete, path = "/statements/{statement}", tag = "settlement", responses((status = 204))
)]
pub async fn remove_statement(
    State(server): State<Server>,
    Who(principal): Who,
    Path(id): Path<StatementId>,
) -> Answer<StatusCode> {
    server.app().remove_statement(&principal, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Approves a draft: from then on it stays as it is.
#[utoipa::path(
    post, path = "/statements/{statement}/approval", tag = "settlement", responses((status = 204))
)]
pub async fn approve_statement(
    State(server): State<Server>,
    Who(principal): Who,
    Path(id): Path<StatementId>,
) -> Answer<StatusCode> {
    server.app().approve_statement(&principal, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Writes a correction down: a line of the next statement of the technician or outlet. Sent again with its key, it counts once.
#[utoipa::path(
    post, path = "/statements/corrections", tag = "settlement", request_body = CorrectionInput,
    responses((status = 204))
)]
pub async fn record_correction(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<CorrectionInput>,
) -> Answer<StatusCode> {
    server.app().record_correction(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}
