//! Around every request: an id, a time limit, a net for panics, the body of problems, one line in
//! the log and the metrics. The log has the route's template, never the path: links are secrets.

use crate::handlers::error_page;
use crate::http::problem::{self, Failure};
use crate::http::state::Server;
use crate::limits::{REQUEST_ID_CHARS_MAX, REQUEST_SECONDS_MAX, UPLOAD_SECONDS_MAX};
use aftercare_app::{AppError, ErrorKind};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

const REQUEST_ID: &str = "x-request-id";

/// The id of a request: the proxy's if it gave a sound one, else a new one.
fn id_of(server: &Server, headers: &HeaderMap) -> String {
    let sound = |text: &str| {
        (8..=REQUEST_ID_CHARS_MAX).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|text| sound(text))
        .map_or_else(|| server.app().new_id().to_string(), str::to_owned)
}

fn timed_out() -> AppError {
    AppError::new(
        ErrorKind::Unavailable,
        "request_timeout",
        "这一步用时太久，已停止。请检查网络后再试。",
        "This took too long and was stopped. Please check your connection and try again.",
    )
}

/// Answers that the framework makes by itself (a body too large, a wrong method) get our words.
fn failure_of(response: &Response) -> Option<Failure> {
    if let Some(failure) = response.extensions().get::<Failure>() {
        return Some(failure.clone());
    }
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    // Whatever a handler wrote on purpose has a content type of its own.
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    if !plain {
        return None;
    }
    Some(Failure(match status.as_u16() {
        404 => AppError::not_found("这个页面", "page"),
        405 => AppError::new(
            ErrorKind::Invalid,
            "malformed",
            "这个地址不支持这种请求方法。",
            "This address does not take requests of this method.",
        ),
        408 | 503 => timed_out(),
        413 => problem::too_large(crate::limits::JSON_BYTES_MAX),
        415 => problem::unsupported("application/json"),
        400..=499 => problem::malformed(
            "请求的内容读不出来，请核对格式。",
            "The request could not be read. Please check its format.",
        ),
        _ => AppError::internal(format!("status {status} without a reason")),
    }))
}

/// The layer.
pub async fn layer(State(server): State<Server>, request: Request, next: Next) -> Response {
    let started = tokio::time::Instant::now();
    let id = id_of(&server, request.headers());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", |path| path.as_str())
        .to_owned();
    let page = error_page::Wanted::of(&request, &server);
    let seconds = if crate::http::busy::is_upload(request.headers()) {
        UPLOAD_SECONDS_MAX
    } else {
        REQUEST_SECONDS_MAX
    };
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = match tokio::time::timeout(Duration::from_secs(seconds), work).await {
        Ok(Ok(response)) => response,
        // The message of a panic may hold data of a case; the hook writes where it happened.
        Ok(Err(_)) => Failure(AppError::internal("a handler panicked")).into_response(),
        Err(_) => Failure(timed_out()).into_response(),
    };
    let mut rule = None;
    if let Some(failure) = failure_of(&response) {
        let instance = format!("urn:aftercare:request:{id}");
        let shown = match page {
            Some(wanted) => wanted.page(&failure, &id, &server).await,
            None => None,
        };
        match shown {
            Some(mut page) => {
                // A cookie that the handler took back goes with the page.
                for cookie in response.headers().get_all(header::SET_COOKIE) {
                    page.headers_mut()
                        .append(header::SET_COOKIE, cookie.clone());
                }
                response = page;
            }
            None => problem::finish(&failure, &instance, &mut response),
        }
        if let Some(detail) = &failure.0.detail {
            tracing::warn!(target: "aftercare::problem", request = %id, %route, rule = %failure.0.rule, %detail);
        }
        rule = Some(failure.0.rule);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status().as_u16();
    let took = started.elapsed();
    record(method.as_str(), &route, status, took);
    tracing::info!(
        target: "aftercare::access",
        request = %id,
        %method,
        %route,
        status,
        ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        rule = rule.as_deref().unwrap_or(""),
    );
    response
}

fn record(method: &str, route: &str, status: u16, took: Duration) {
    // A method of a client's own invention must not grow the table of series.
    let method = match method {
        "GET" | "HEAD" | "POST" | "DELETE" | "PUT" | "PATCH" | "OPTIONS" => method.to_owned(),
        _ => "other".to_owned(),
    };
    metrics::counter!(
        "aftercare_http_requests_total",
        "method" => method,
        "route" => route.to_owned(),
        "status" => status.to_string()
    )
    .increment(1);
    metrics::histogram!("aftercare_http_request_seconds", "route" => route.to_owned())
        .record(took.as_secs_f64());
}
