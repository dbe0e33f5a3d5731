//! Where an address is.

use crate::http::body::Json;
use crate::http::state::Server;
use aftercare_app::places::{AddressInput, AddressReading};
use axum::extract::State;
use utoipa;

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
