//! Photos of cases.

use crate::http::idempotency::actor;
use crate::http::places::{Place, held};
use crate::http::problem::{Answer, Failure};
use crate::http::state::Server;
use crate::http::who::Who;
use crate::limits::CLIP_WAIT_SECONDS_MAX;
use aftercare_app::evidence::Picture;
use aftercare_app::{AppError, Principal};
use aftercare_domain::ids::EvidenceId;
use aftercare_domain::view::Overlay;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

/// Which form of a photo.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PhotoQuery {
    /// The file as it came, for reviewers; else the preview without personal metadata.
    #[serde(default)]
    pub original: bool,
    /// Of a clip: the picture at that time, in milliseconds; else its first.
    #[serde(default)]
    pub at_ms: Option<u64>,
}

/// Which form of a clip.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClipQuery {
    /// The file as it came, for reviewers; else the copy without personal metadata.
    #[serde(default)]
    pub original: bool,
}

/// A photo of a case: its preview, or for reviewers the original. Of a clip, a still.
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
    show(
        picture(&server, &principal, evidence, query).await?,
        &headers,
    )
}

/// The picture that a query asks for.
pub(crate) async fn picture(
    server: &Server,
    principal: &Principal,
    evidence: EvidenceId,
    query: PhotoQuery,
) -> Result<Picture, AppError> {
    match query.at_ms {
        Some(at_ms) => server.app().still(principal, evidence, at_ms).await,
        None => {
            server
                .app()
                .picture(principal, evidence, query.original)
                .await
        }
    }
}

/// A clip of a case, to play: the copy without personal metadata, or for reviewers the file as it came. A part of it can be
/// asked for with `Range`.
#[utoipa::path(
    get, path = "/photos/{evidence}/clip", tag = "cases",
    params(("evidence" = String, Path), ClipQuery),
    responses(
        (status = 200, description = "The clip", content_type = "video/mp4", body = Vec<u8>),
        (status = 206, description = "The part that was asked for", content_type = "video/mp4", body = Vec<u8>),
        (status = 304, description = "Not changed"),
        (status = 416, description = "The clip has no such part")
    )
)]
pub async fn clip(
    State(server): State<Server>,
    Who(principal): Who,
    Path(evidence): Path<EvidenceId>,
    Query(query): Query<ClipQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let place = place_of_clip(&server, &principal).await?;
    let clip = server
        .app()
        .clip(&principal, evidence, query.original)
        .await?;
    Ok(held(play(clip, &headers)?, place))
}

/// Room for a clip that is read and sent.
///
/// # Errors
/// `Unavailable` when none was given back in time.
pub(crate) async fn place_of_clip(
    server: &Server,
    principal: &Principal,
) -> Result<Place, AppError> {
    let most = Duration::from_secs(CLIP_WAIT_SECONDS_MAX);
    server.clips().wait(&actor(principal), most).await
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

/// A clip with its validator, or the part of it that was asked for (RFC 9110, section 14); of several parts at once, all.
pub(crate) fn play(clip: Picture, headers: &HeaderMap) -> Answer<Response> {
    let tag = format!("\"{}\"", clip.etag);
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let whole = clip.bytes.len();
    // A part of another state of the file is of no use.
    let is_same = text(header::IF_RANGE).is_none_or(|known| known == tag);
    let asked = text(header::RANGE).filter(|_| is_same);
    let part = asked.and_then(|asked| part_of(asked, whole));
    let mut clip = clip;
    let mut status = StatusCode::OK;
    let mut range = None;
    match part {
        Some(Some((first, last))) => {
            clip.bytes = clip.bytes.drain(first..=last).collect();
            status = StatusCode::PARTIAL_CONTENT;
            range = Some(format!("bytes {first}-{last}/{whole}"));
        }
        Some(None) => {
            clip.bytes.clear();
            status = StatusCode::RANGE_NOT_SATISFIABLE;
            range = Some(format!("bytes */{whole}"));
        }
        None => {}
    }
    let mut response = show(clip, headers)?;
    if response.status() == StatusCode::OK {
        *response.status_mut() = status;
        let answer = response.headers_mut();
        answer.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if let Some(range) = range {
            let range = HeaderValue::from_str(&range)
                .map_err(|_| Failure(AppError::internal("clip header")))?;
            answer.insert(header::CONTENT_RANGE, range);
        }
    }
    Ok(response)
}

/// First and last byte of the one part that `asked` names of a file of `whole` bytes: the inner `None` when there is no such
/// part, the outer one when the header is to be ignored.
fn part_of(asked: &str, whole: usize) -> Option<Option<(usize, usize)>> {
    let (first, last) = asked.strip_prefix("bytes=")?.trim().split_once('-')?;
    let (first, last) = (first.trim(), last.trim());
    let end = whole.checked_sub(1);
    if first.is_empty() {
        let last_bytes: usize = last.parse().ok()?;
        let start = whole.saturating_sub(last_bytes);
        return Some(end.filter(|_| last_bytes > 0).map(|end| (start, end)));
    }
    let first: usize = first.parse().ok()?;
    let last: usize = if last.is_empty() {
        usize::MAX
    } else {
        last.parse().ok()?
    };
    if last < first {
        return None;
    }
    Some(
        end.filter(|end| first <= *end)
            .map(|end| (first, last.min(end))),
    )
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
