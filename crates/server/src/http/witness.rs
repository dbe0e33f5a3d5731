//! The one route of a witness (C2SP `tlog-witness`): it shares nothing with the pages and knows no case.

use crate::limits::{REQUEST_SECONDS_MAX, WITNESS_BYTES_MAX};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tower_http::timeout::TimeoutLayer;

/// What a witness answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The HTTP status.
    pub status: u16,
    /// With 409, the size of the latest checkpoint that was cosigned.
    pub size: Option<u64>,
    /// Lines of cosignatures, or why there are none.
    pub body: String,
}

/// Whoever judges checkpoints and keeps what was cosigned.
pub trait Cosigns: Send + Sync + 'static {
    /// Judges the body of a request; may wait for the disk.
    fn add_checkpoint(&self, body: &str) -> Cosigned;
}

/// The route.
pub fn witness_router(witness: Arc<dyn Cosigns>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .layer(DefaultBodyLimit::max(WITNESS_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            Duration::from_secs(REQUEST_SECONDS_MAX),
        ))
        .with_state(witness)
}

/// Answers until `stopped`.
///
/// # Errors
/// Whatever ends the listener.
pub async fn serve_witness(
    listener: TcpListener,
    witness: Arc<dyn Cosigns>,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, witness_router(witness))
        .with_graceful_shutdown(stopped)
        .await
}

async fn add_checkpoint(State(witness): State<Arc<dyn Cosigns>>, body: String) -> Response {
    let judged = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body)).await;
    let Ok(Cosigned { status, size, body }) = judged else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match size {
        Some(size) => (
            status,
            [(header::CONTENT_TYPE, "text/x.tlog.size")],
            format!("{size}\n"),
        )
            .into_response(),
        None => (status, body).into_response(),
    }
}
