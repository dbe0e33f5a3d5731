//! The routes of an exchange's operator: they share nothing with the pages and know no case.

use crate::limits::{EXCHANGE_BYTES_MAX, REQUEST_SECONDS_MAX};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tower_http::timeout::TimeoutLayer;

/// What is asked of an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExchangeAsked {
    /// `GET /v1/checkpoint`: the signed checkpoint, for anybody.
    Checkpoint,
    /// `GET /v1/counts`: what the exchange publishes about itself, for anybody.
    Counts,
    /// `POST /v1/list`: a page of the list, for members.
    List(String),
    /// `POST /v1/acts`: an act of a member.
    Act(String),
    /// `POST /v1/query`: what stands in the list about a photo, for anybody who has the photo.
    Query(String),
}

/// What an operator answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeAnswer {
    /// The HTTP status; from 400 on the body is a problem (RFC 9457).
    pub status: u16,
    /// JSON; a note for the checkpoint.
    pub body: String,
}

/// Whoever keeps the list of an exchange.
pub trait Operates: Send + Sync + 'static {
    /// Answers; may wait for the disk.
    fn answer(&self, asked: ExchangeAsked) -> ExchangeAnswer;
}

type Operator = State<Arc<dyn Operates>>;

/// The routes.
pub fn exchange_router(operator: Arc<dyn Operates>) -> Router {
    Router::new()
        .route("/v1/checkpoint", get(checkpoint))
        .route("/v1/counts", get(counts))
        .route("/v1/list", post(list))
        .route("/v1/acts", post(act))
        .route("/v1/query", post(query))
        .layer(DefaultBodyLimit::max(EXCHANGE_BYTES_MAX))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            Duration::from_secs(REQUEST_SECONDS_MAX),
        ))
        .with_state(operator)
}

/// Answers until `stopped`.
///
/// # Errors
/// Whatever ends the listener.
pub async fn serve_exchange(
    listener: TcpListener,
    operator: Arc<dyn Operates>,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, exchange_router(operator))
        .with_graceful_shutdown(stopped)
        .await
}

async fn checkpoint(State(operator): Operator) -> Response {
    answer(operator, ExchangeAsked::Checkpoint).await
}

async fn counts(State(operator): Operator) -> Response {
    answer(operator, ExchangeAsked::Counts).await
}

async fn list(State(operator): Operator, body: String) -> Response {
    answer(operator, ExchangeAsked::List(body)).await
}

async fn act(State(operator): Operator, body: String) -> Response {
    answer(operator, ExchangeAsked::Act(body)).await
}

async fn query(State(operator): Operator, body: String) -> Response {
    answer(operator, ExchangeAsked::Query(body)).await
}

async fn answer(operator: Arc<dyn Operates>, asked: ExchangeAsked) -> Response {
    let media_type = match &asked {
        ExchangeAsked::Checkpoint => "text/plain; charset=utf-8",
        _ => "application/json",
    };
    let answered = tokio::task::spawn_blocking(move || operator.answer(asked)).await;
    let Ok(ExchangeAnswer { status, body }) = answered else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let media_type = if status.is_client_error() || status.is_server_error() {
        "application/problem+json"
    } else {
        media_type
    };
    (
        status,
        [
            (header::CONTENT_TYPE, media_type),
            (header::CACHE_CONTROL, "no-store"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ],
        body,
    )
        .into_response()
}
