//! Photos of cases.

use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Who;
use aftercare_app::AppError;
use aftercare_app::evidence::Picture;
use aftercare_domain::ids::EvidenceId;
use aftercare_domain::view::Overlay;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which form of a photo.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PhotoQuery {
    /// The file as it came, for reviewers; else the preview without personal metadata.
    #[serde(default)]
    pub original: bool,
}

/// A photo of a case: its preview, or for reviewers the original.
#[utoipa::path(
    get, path = "/photos/{evidence}", tag = "cases",
    params(("evidence" = String, Path), PhotoQuery),
    responses((status = 200, description = "The photo", content_type = "image/jpeg", body = Vec<u8>), (status = 304, description = "Not changed"))
)]
pub async fn photo(
    State(server): State<Server>,
    Who(principal): Who,
    Path(evidence): Path<EvidenceId>,
    Query(query): Query<PhotoQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let picture = server
        .app()
        .picture(&principal, evidence, query.original)
        .await?;
    show(picture, &headers)
}

/// Where a photo was edited, as colors to lay over it. There is none before the first look.
#[utoipa::path(
    get, path = "/photos/{evidence}/heat-map", tag = "cases",
    params(("evidence" = String, Path)),
    responses((status = 200, description = "The picture", content_type = "image/png", body = Vec<u8>), (status = 304, description = "Not changed"))
)]
pub async fn heat_map(
    State(server): State<Server>,
    Who(principal): Who,
    Path(evidence): Path<EvidenceId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let picture = server
        .app()
        .overlay_picture(&principal, evidence, Overlay::HeatMap)
        .await?;
    show(picture, &headers)
}

/// The reference as it lies under a photo that was made from it. There is none before the first look.
#[utoipa::path(
    get, path = "/photos/{evidence}/aligned", tag = "cases",
    params(("evidence" = String, Path)),
    responses((status = 200, description = "The picture", content_type = "image/jpeg", body = Vec<u8>), (status = 304, description = "Not changed"))
)]
pub async fn aligned(
    State(server): State<Server>,
    Who(principal): Who,
    Path(evidence): Path<EvidenceId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let picture = server
        .app()
        .overlay_picture(&principal, evidence, Overlay::Aligned)
        .await?;
    show(picture, &headers)
}

/// A picture with its validator. Only the reader's own browser may keep it, and it asks again each
/// time, because the right to see it can end.
pub(crate) fn show(picture: Picture, headers: &HeaderMap) -> Answer<Response> {
    let value = |text: &str| {
        HeaderValue::from_str(text).map_err(|_| Failure(AppError::internal("picture header")))
    };
    let tag = format!("\"{}\"", picture.etag);
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|text| text.split(',').any(|one| one.trim() == tag));
    let shared = [
        (header::ETAG, value(&tag)?),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
        // A file that pretends to be a page must not run as one.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; sandbox"),
        ),
    ];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, shared).into_response());
    }
    Ok((
        shared,
        [(header::CONTENT_TYPE, value(&picture.media_type)?)],
        picture.bytes,
    )
        .into_response())
}
