//! Where an address is, when somebody could come there, and the plan of who goes where.

use crate::api::cases::reporter;
use crate::http::body::Json;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::places::{AddressInput, AddressReading};
use aftercare_app::planning::{Board, Slots, SlotsInput};
use axum::extract::State;

/// Reads an address: which county it lies in, or what it leaves open. Nothing is stored.
#[utoipa::path(
    post, path = "/places", tag = "cases",
    request_body = AddressInput,
    responses((status = 200, description = "What the address says", body = AddressReading))
)]
pub async fn read_address(
    State(server): State<Server>,
    Json(input): Json<AddressInput>,
) -> axum::Json<AddressReading> {
    axum::Json(server.app().read_address(input.address.expose_str()))
}

/// Times at which somebody could come, those that fit best first. Nothing is kept for anybody.
#[utoipa::path(
    post, path = "/slots", tag = "cases",
    request_body = SlotsInput,
    responses((status = 200, description = "At most ten times of two hours", body = Slots))
)]
pub async fn slots(
    State(server): State<Server>,
    who: Option<Who>,
    Json(input): Json<SlotsInput>,
) -> Answer<axum::Json<Slots>> {
    let (tenant, _) = reporter(&server, who);
    Ok(axum::Json(server.app().visit_slots(tenant, &input).await?))
}

/// The live plan: who is where when, and which repairs fit nowhere.
#[utoipa::path(
    get, path = "/board", tag = "cases",
    responses((status = 200, description = "Seven days from today", body = Board))
)]
pub async fn board(State(server): State<Server>, Who(principal): Who) -> Answer<axum::Json<Board>> {
    Ok(axum::Json(server.app().board(&principal).await?))
}
