//! Requests that change something must come from our own pages (or from no page at all).
//!
//! Browsers say where a request comes from in `Sec-Fetch-Site` (only over TLS or on loopback) and in
//! `Origin`. A request to the API with a token of its own in `Authorization` is no browser's doing and
//! passes.

use crate::http::cookies::{self, Session};
use crate::http::problem::Failure;
use crate::http::state::Server;
use aftercare_app::{AppError, ErrorKind};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

fn refused() -> AppError {
    AppError::new(
        ErrorKind::Forbidden,
        "cross_site_request",
        "这个请求不是从本站页面发出的，没有执行。请在本站页面上重新操作。",
        "This request did not come from one of our pages, so nothing was done. Please try again on our own page.",
    )
}

/// The host that the request names as its target.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    uri.authority()
        .map(axum::http::uri::Authority::as_str)
        .or_else(|| {
            headers
                .get(header::HOST)
                .and_then(|value| value.to_str().ok())
        })
}

/// Whether a bearer token comes with the request: no browser adds one by itself, as it does with
/// `Basic`.
fn has_token(headers: &HeaderMap) -> bool {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split_once(' '))
        .is_some_and(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()
        })
}

/// Whether a request may change something.
#[must_use]
pub fn may_change(method: &Method, uri: &Uri, headers: &HeaderMap, secure: bool) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
        || (uri.path().starts_with("/api/") && has_token(headers))
    {
        return true;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let ours = host(uri, headers);
        let theirs = origin
            .to_str()
            .ok()
            .and_then(|text| text.split_once("://"))
            .map(|(_, host)| host);
        return ours.is_some() && ours == theirs;
    }
    // Neither header: not a browser of this decade. Without a cookie there is nothing to abuse.
    cookies::session(headers, Session::Staff, secure).is_none()
        && cookies::session(headers, Session::Claimant, secure).is_none()
}

/// The layer.
pub async fn layer(State(server): State<Server>, request: Request, next: Next) -> Response {
    let secure = server.config().secure;
    if may_change(request.method(), request.uri(), request.headers(), secure) {
        next.run(request).await
    } else {
        Failure(refused()).into_response()
    }
}
