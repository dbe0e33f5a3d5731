//! What stands behind an item with a serial number, and its exchange.

use crate::http::body::Json as Input;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::warranty::{ExchangeInput, PartCosts, WarrantyCosts, WarrantyView};
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

/// Which months.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MonthsQuery {
    /// The first, such as `2026-10`; the last one without.
    #[serde(default)]
    pub from: String,
    /// The last; this month without.
    #[serde(default)]
    pub until: String,
}

/// What parts cost in repairs for which the customer pays nothing and that were done in these months, at most twelve: by
/// repair, and summed by month and product. Pieces of which nobody said the cost are counted, not guessed.
#[utoipa::path(
    get, path = "/warranty-costs", tag = "warranty", params(MonthsQuery),
    responses((status = 200, body = WarrantyCosts))
)]
pub async fn warranty_costs(
    State(server): State<Server>,
    Who(principal): Who,
    Query(query): Query<MonthsQuery>,
) -> Answer<Json<WarrantyCosts>> {
    let app = server.app();
    let costs = app.warranty_costs(&principal, &query.from, &query.until);
    Ok(Json(costs.await?))
}

/// What parts were bought for.
#[utoipa::path(get, path = "/settings/part-costs", tag = "stock", responses((status = 200, body = PartCosts)))]
pub async fn part_costs(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<PartCosts>> {
    Ok(Json(server.app().part_costs(&principal).await?))
}

/// Says what parts were bought for, each from a day on, in place of what stood.
#[utoipa::path(
    put, path = "/settings/part-costs", tag = "stock", request_body = PartCosts,
    responses((status = 204))
)]
pub async fn set_part_costs(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<PartCosts>,
) -> Answer<StatusCode> {
    server.app().set_part_costs(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}
