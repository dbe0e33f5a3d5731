//! The page of refunds: what the log says beside what the provider says; and the letter for a refund
//! that was overturned.

use crate::handlers::claimant::{case_of, is_link};
use crate::handlers::frame::Frame;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::{Claimant, Staff};
use crate::pages::payments::{Paid, Payments};
use crate::pages::review::Letter;
use aftercare_domain::ids::{CaseId, ClaimId, WorkOrderId};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
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

/// `GET /c/{token}/paid/{work_order}`
pub async fn claimant_receipt(
    State(server): State<Server>,
    frame: Frame,
    claimant: Claimant,
    Path((token, work_order)): Path<(String, WorkOrderId)>,
    headers: HeaderMap,
) -> Answer<Response> {
    is_link(&token)?;
    let Some((principal, case)) = case_of(&server, &headers, claimant, &token) else {
        return Ok(frame.go(&format!("/c/{token}"), None));
    };
    let app = server.app();
    let page = Paid {
        receipt: app.payment_receipt(&principal, case, work_order).await?,
        back: format!("/c/{token}/case"),
        shell: frame.shell(None),
    };
    frame.page(StatusCode::OK, &page)
}

/// `GET /desk/cases/{case}/paid/{work_order}`
pub async fn desk_receipt(
    State(server): State<Server>,
    frame: Frame,
    Staff(principal): Staff,
    Path((case, work_order)): Path<(CaseId, WorkOrderId)>,
) -> Answer<Response> {
    let app = server.app();
    let page = Paid {
        receipt: app.payment_receipt(&principal, case, work_order).await?,
        // Who reads no cases has it from the page of their job.
        back: frame
            .shell(Some(&principal))
            .case_address(&case)
            .unwrap_or_else(|| format!("/desk/jobs/{case}")),
        shell: frame.shell(None),
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
