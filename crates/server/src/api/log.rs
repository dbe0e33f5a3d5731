//! The log and its proofs.

use crate::api::PageQuery;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::logbook::{InclusionProof, LogEntry, LogHead, Verification};
use aftercare_app::views::Page;
use axum::Json;
use axum::extract::{Path, Query, State};

/// Entries of the log, the latest first.
#[utoipa::path(
    get, path = "/log", tag = "log", params(PageQuery),
    responses((status = 200, body = Page<LogEntry>))
)]
pub async fn page(
    State(server): State<Server>,
    Who(principal): Who,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<LogEntry>>> {
    Ok(Json(
        server.app().log_page(&principal, &page.paging()).await?,
    ))
}

/// How long the log is and who vouches for it. Public.
#[utoipa::path(get, path = "/log/head", tag = "log", responses((status = 200, body = LogHead)))]
pub async fn head(State(server): State<Server>) -> Answer<Json<LogHead>> {
    Ok(Json(server.app().log_head().await?))
}

/// Proof that an event is in the log: RFC 6962 hashes up to a signed checkpoint.
#[utoipa::path(
    get, path = "/log/proof/{seq}", tag = "log", params(("seq" = u64, Path)),
    responses((status = 200, body = InclusionProof))
)]
pub async fn proof(
    State(server): State<Server>,
    Who(_principal): Who,
    Path(seq): Path<u64>,
) -> Answer<Json<InclusionProof>> {
    Ok(Json(server.app().log_proof(seq).await?))
}

/// Checks the whole log from the stored bytes.
#[utoipa::path(post, path = "/log/verify", tag = "log", responses((status = 200, body = Verification)))]
pub async fn verify(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<Verification>> {
    Ok(Json(server.app().log_verify(&principal).await?))
}
