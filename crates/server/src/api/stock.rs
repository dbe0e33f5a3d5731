//! Parts at outlets and on vans.

use crate::http::body::Json as Input;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::parts::{ReorderInput, StockInput, StockView};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

/// Where parts are, and what accepted jobs wait for; what is to be ordered or missing comes first.
#[utoipa::path(get, path = "/stock", tag = "stock", responses((status = 200, body = StockView)))]
pub async fn stock(State(server): State<Server>, Who(principal): Who) -> Answer<Json<StockView>> {
    Ok(Json(server.app().stock(&principal).await?))
}

/// Receives parts, hands them out to a van, takes them back, discards or counts them. Sent again with its key, it counts once.
#[utoipa::path(
    post, path = "/stock/moves", tag = "stock", request_body = StockInput,
    responses((status = 204))
)]
pub async fn move_stock(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<StockInput>,
) -> Answer<StatusCode> {
    server.app().move_stock(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says with how many left a part of an outlet is to be ordered.
#[utoipa::path(
    put, path = "/stock/reorder-points", tag = "stock", request_body = ReorderInput,
    responses((status = 204))
)]
pub async fn set_reorder(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<ReorderInput>,
) -> Answer<StatusCode> {
    server.app().set_reorder(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}
