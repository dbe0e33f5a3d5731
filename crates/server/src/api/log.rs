//! The log and its proofs.

use crate::api::PageQuery;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::logbook::{InclusionProof, LogEntry, LogHead, Verification};
use aftercare_app::views::Page;
use aftercare_domain::ids::CaseId;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse as _, Response};

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

/// The receipt of an event of a case: its proof as a C2SP `tlog-proof` file, with the entry as extra data.
#[utoipa::path(
    get, path = "/cases/{case}/receipts/{seq}", tag = "log",
    params(("case" = String, Path), ("seq" = u64, Path)),
    responses((status = 200, body = String, content_type = "text/plain; charset=utf-8"))
)]
pub async fn receipt(
    State(server): State<Server>,
    Who(principal): Who,
    Path((case, seq)): Path<(CaseId, u64)>,
) -> Answer<Response> {
    let text = server.app().receipt(&principal, case, seq).await?;
    Ok(receipt_file(seq, text))
}

/// A receipt as a file to keep.
pub(crate) fn receipt_file(seq: u64, text: String) -> Response {
    let name = format!("attachment; filename=\"receipt-{seq}.tlog-proof\"");
    (
        [
            (header::CONTENT_TYPE, TEXT.to_owned()),
            (header::CONTENT_DISPOSITION, name),
        ],
        text,
    )
        .into_response()
}

/// `GET /checkpoint`: the latest signed state of the log (C2SP `tlog-tiles`).
pub async fn checkpoint(State(server): State<Server>) -> Answer<Response> {
    let signed = server.app().published_checkpoint().await?;
    Ok(public(TEXT, NOT_KEPT, signed.note.into_bytes()))
}

/// `GET /tile/{*path}`: hashes or entries of the published log; they never change.
pub async fn tile(State(server): State<Server>, Path(path): Path<String>) -> Answer<Response> {
    let bytes = server.app().tile(&format!("tile/{path}")).await?;
    Ok(public("application/octet-stream", KEPT, bytes))
}

/// `GET /renewal.json`: which log this one goes on from, signed by the keys of both, and what opens the leaf that says it.
pub async fn renewal(State(server): State<Server>) -> Answer<Response> {
    let renewal = server.app().published_renewal().await?;
    Ok((
        [
            (header::CACHE_CONTROL, NOT_KEPT),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        ],
        Json(renewal),
    )
        .into_response())
}

const TEXT: &str = "text/plain; charset=utf-8";
/// A year, the longest that caches honor.
const KEPT: &str = "public, max-age=31536000, immutable";
const NOT_KEPT: &str = "no-cache";

/// What other sites, mirrors and monitors may read too.
fn public(media_type: &'static str, kept: &'static str, bytes: Vec<u8>) -> Response {
    (
        [
            (header::CONTENT_TYPE, media_type),
            (header::CACHE_CONTROL, kept),
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (
                HeaderName::from_static("cross-origin-resource-policy"),
                "cross-origin",
            ),
        ],
        bytes,
    )
        .into_response()
}

/// Checks the whole log from the stored bytes.
#[utoipa::path(post, path = "/log/verify", tag = "log", responses((status = 200, body = Verification)))]
pub async fn verify(
    State(server): State<Server>,
    Who(principal): Who,
) -> Answer<Json<Verification>> {
    Ok(Json(server.app().log_verify(&principal).await?))
}
