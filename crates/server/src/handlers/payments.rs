//! The page of refunds: what the log says beside what the provider says; and the letter for a refund
//! that was overturned.

use crate::handlers::frame::Frame;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Staff;
use crate::pages::payments::Payments;
use crate::pages::review::Letter;
use aftercare_domain::ids::{CaseId, ClaimId};
use axum::extract::{Path, State};
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

/// `GET /desk/cases/{case}/recovery/{claim}`
pub async fn letter(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path((case, claim)): Path<(CaseId, ClaimId)>,
) -> Answer<Response> {
    let page = Letter {
        letter: server
            .app()
            .recovery_letter(&principal, case, claim)
            .await?,
        shell: frame.shell(Some(&principal)),
        case,
    };
    frame.page(StatusCode::OK, &page)
}
