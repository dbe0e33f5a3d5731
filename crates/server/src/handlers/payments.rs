//! The page of refunds: what the log says beside what the provider says.

use crate::handlers::frame::Frame;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::payments::Payments;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /desk/payments`
pub async fn payments(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
) -> Answer<Response> {
    let page = Payments {
        known: server.app().reconcile(&principal).await?,
        shell: frame.shell(Some(&principal)),
    };
    frame.page(StatusCode::OK, &page)
}
