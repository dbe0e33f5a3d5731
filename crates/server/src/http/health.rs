//! For the machines that watch: alive, ready, metrics.

use crate::http::doors::{Peer, is_this_machine};
use crate::http::problem::{Answer, Failure};
use crate::http::state::{Server, metrics};
use aftercare_app::AppError;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

/// The process answers.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Everything needed to answer is there.
///
/// # Errors
/// 503 when the store does not answer.
pub async fn ready(State(server): State<Server>) -> Answer<&'static str> {
    server.app().ready().await.map_err(Failure)?;
    Ok("ready\n")
}

/// Metrics in the text format of Prometheus. Nothing personal: counts and times by route template. Still they tell how
/// busy a shop is, so they are for programs on this machine; whoever asks from elsewhere, also through a proxy on this
/// machine, is told that there is nothing.
///
/// # Errors
/// `NotFound` to everybody else.
pub async fn prometheus(
    State(server): State<Server>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Answer<Response> {
    if !is_this_machine(peer.map(|Extension(peer)| peer), &headers) {
        return Err(Failure(AppError::not_found("这个页面", "page")));
    }
    let handle = metrics();
    if let Ok(size) = server.app().log_size().await {
        let size = u32::try_from(size).map_or(f64::from(u32::MAX), f64::from);
        metrics::gauge!("aftercare_log_events").set(size);
    }
    handle.run_upkeep();
    Ok((
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        handle.render(),
    )
        .into_response())
}
