//! The page of health: what fails, what is late, and what to do about it.

use crate::handlers::frame::Frame;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::health::HealthPage;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /desk/health`
pub async fn health(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let page = HealthPage {
        health: server.app().health(&principal).await?,
        shell: frame.shell(Some(&principal)),
    };
    frame.page(StatusCode::OK, &page)
}
