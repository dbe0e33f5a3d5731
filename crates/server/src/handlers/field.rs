//! What a browser needs to go on without a network, a technician's and a packer's: its worker, what it is installed by, and
//! whose pages it keeps.

use crate::assets;
use crate::handlers::frame::Frame;
use crate::http::problem::{Answer, Failure};
use aftercare_app::{AppError, Principal};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

/// Which account a page is of: the browser keeps pages of one account only.
const ACCOUNT: &str = "aftercare-account";
/// The worker itself; asked for anew at every visit, so that a browser never goes on with an old one.
const WORKER: &str = "offline-worker.js";

/// A place whose pages a browser keeps: a worker of that scope keeps no others.
#[derive(Clone, Copy, Debug)]
struct Place {
    scope: &'static str,
    /// Chinese and English.
    name: (&'static str, &'static str),
    short: (&'static str, &'static str),
}

const JOBS: Place = Place {
    scope: "/desk/jobs",
    name: ("售后 · 我的工单", "Aftercare · My jobs"),
    short: ("工单", "Jobs"),
};
const PACKING: Place = Place {
    scope: "/desk/packing",
    name: ("售后 · 打包", "Aftercare · Packing"),
    short: ("打包", "Packing"),
};

/// The account behind a page, as the browser knows it; empty for a program.
#[must_use]
pub fn account(principal: &Principal) -> String {
    principal
        .signed_in()
        .map(|who| who.user.to_string())
        .unwrap_or_default()
}

/// The page, marked with whose it is.
#[must_use]
pub fn kept_for(principal: &Principal, mut page: Response) -> Response {
    if let Ok(value) = HeaderValue::from_str(&account(principal)) {
        page.headers_mut()
            .insert(HeaderName::from_static(ACCOUNT), value);
    }
    page
}

/// Whether a form comes from the queue of a page, which reads JSON, and not from a browser that shows the answer.
#[must_use]
pub fn is_of_queue(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|text| text.contains("application/json") && !text.contains("text/html"))
}

/// Whether whoever is signed in is who did what the queue sends: a phone that two share sends nothing in the other's name.
///
/// # Errors
/// `Unauthenticated`, so that the queue asks to sign in again.
pub fn same_account(headers: &HeaderMap, principal: &Principal) -> Result<(), AppError> {
    match headers.get(ACCOUNT) {
        Some(value) if value.as_bytes() != account(principal).as_bytes() => {
            Err(AppError::unauthenticated())
        }
        _ => Ok(()),
    }
}

fn worker_of(place: Place) -> Answer<Response> {
    let url = assets::url(WORKER);
    let asset = url
        .strip_prefix(assets::ROOT)
        .and_then(assets::find)
        .ok_or_else(|| Failure(AppError::internal("the worker is not among the assets")))?;
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, "no-cache"),
        (
            HeaderName::from_static("service-worker-allowed"),
            place.scope,
        ),
    ];
    Ok((headers, Body::from(asset.bytes.as_slice())).into_response())
}

fn manifest_of(place: Place, frame: &Frame) -> Response {
    let manifest = json!({
        "id": place.scope,
        "name": frame.lang.pick(place.name.0, place.name.1),
        "short_name": frame.lang.pick(place.short.0, place.short.1),
        "lang": frame.lang.tag(),
        "start_url": place.scope,
        "scope": "/desk",
        "display": "standalone",
        "icons": [{ "src": assets::url("logo.svg"), "sizes": "any", "type": "image/svg+xml" }],
    });
    let headers = [
        (header::CONTENT_TYPE, "application/manifest+json"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, manifest.to_string()).into_response()
}

/// `GET /desk/jobs/worker.js`
pub async fn worker() -> Answer<Response> {
    worker_of(JOBS)
}

/// `GET /desk/jobs/manifest.webmanifest`
pub async fn manifest(frame: Frame) -> Response {
    manifest_of(JOBS, &frame)
}

/// `GET /desk/packing/worker.js`
pub async fn packing_worker() -> Answer<Response> {
    worker_of(PACKING)
}

/// `GET /desk/packing/manifest.webmanifest`
pub async fn packing_manifest(frame: Frame) -> Response {
    manifest_of(PACKING, &frame)
}
