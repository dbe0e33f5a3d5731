//! What is genuinely ours: the register for the desk, and the answer for everybody.

use crate::api::cases::reporter;
use crate::http::body::Json as Input;
use crate::http::busy;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::genuine::GenuineView;
use aftercare_app::register::{ListInput, ListedView, WithdrawInput};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

/// What is asked about.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SoughtInput {
    /// A telephone number, a name, the code of an outlet or of a price, a technician's number, or the text of a card; at most
    /// 3,000 characters.
    pub sought: String,
}

/// Whether a number, a brand, an outlet, a technician, a price or a card is listed by us, not listed, or withdrawn. Nothing is
/// said about what is not listed: it may be somebody else's, or written otherwise. Nothing is stored. Answered 503 `busy` with
/// `Retry-After` while too many ask the shop at once.
#[utoipa::path(
    post, path = "/genuine", tag = "register", request_body = SoughtInput,
    responses((status = 200, body = GenuineView))
)]
pub async fn check(
    State(server): State<Server>,
    who: Option<Who>,
    Input(input): Input<SoughtInput>,
) -> Answer<Json<GenuineView>> {
    let (tenant, known) = reporter(&server, who);
    let _place = busy::search(&server, tenant, known.is_none())?;
    let app = server.app();
    Ok(Json(app.ask_genuine(tenant, &input.sought).await?))
}

/// The register: what stands comes first, then by kind and number; who verified each entry, and until when.
#[utoipa::path(get, path = "/register", tag = "register", responses((status = 200, body = Vec<ListedView>)))]
pub async fn register(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<Vec<ListedView>>> {
    Ok(Json(server.app().listed(&principal).await?))
}

/// Lists a number, a brand, an outlet, a technician or a price, or verifies it anew; who does it is written down with it.
#[utoipa::path(
    post, path = "/register", tag = "register", request_body = ListInput,
    responses((status = 204))
)]
pub async fn list(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<ListInput>,
) -> Answer<StatusCode> {
    server.app().list_in_register(&principal, &input).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Withdraws an entry: whoever asks is told so from now on. It is kept, and can be verified anew.
#[utoipa::path(
    post, path = "/register/withdrawals", tag = "register", request_body = WithdrawInput,
    responses((status = 204))
)]
pub async fn withdraw(
    State(server): State<Server>,
    Who(principal): Who,
    Input(input): Input<WithdrawInput>,
) -> Answer<StatusCode> {
    let app = server.app();
    app.withdraw_from_register(&principal, &input.kind, &input.number)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
