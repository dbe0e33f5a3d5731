//! What stands behind an item with a serial number, and its exchange.

use crate::http::body::Json as Input;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::warranty::{ExchangeInput, WarrantyView};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

/// The day that is asked about.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OnQuery {
    /// Such as `2026-11-02`; today when left out.
    #[serde(default)]
    pub on: String,
}

/// The ledger of an item and what stands behind it on a day: coverage, periods, what may be asked for, each with its reason
/// and law. What is not known is `unknown`, and nothing here decides a claim.
#[utoipa::path(
    get, path = "/warranty/{serial}", tag = "warranty", params(OnQuery),
    responses((status = 200, body = WarrantyView))
)]
pub async fn warranty(
    State(server): State<Server>,
    Who(principal): Who,
    Path(serial): Path<String>,
    Query(query): Query<OnQuery>,
) -> Answer<Json<WarrantyView>> {
    let app = server.app();
    Ok(Json(app.warranty_of(&principal, &serial, &query.on).await?))
}

/// Writes down that another item was handed over for one: its warranty begins anew. Sent again, it changes nothing.
#[utoipa::path(
    post, path = "/warranty/exchanges", tag = "warranty", request_body = ExchangeInput,
    responses((status = 204))
)]
pub async fn record_exchange(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<ExchangeInput>,
) -> Answer<StatusCode> {
    server.app().record_exchange(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}
