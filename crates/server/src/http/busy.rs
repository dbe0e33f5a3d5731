//! How much is taken at once: room for uploads, and a pace for reports of people unknown to us.

use crate::http::problem::Failure;
use crate::http::state::Server;
use crate::limits::UPLOAD_WAIT_SECONDS_MAX;
use aftercare_app::{AppError, ErrorKind};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::SemaphorePermit;
use tokio::time::{Instant, timeout};

/// A bucket of tokens that fills at a steady pace (ITU-T I.371, generic cell rate, as a token bucket).
#[derive(Debug)]
pub struct Pace {
    /// Tokens that are left and when they were counted.
    left: Mutex<(f64, Instant)>,
    per_minute: f64,
}

impl Pace {
    /// A full bucket of `per_minute` tokens, which fills again within a minute.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        let per_minute = f64::from(per_minute);
        Self {
            left: Mutex::new((per_minute, Instant::now())),
            per_minute,
        }
    }

    /// Takes a token at `now`, if there is one.
    pub fn take(&self, now: Instant) -> bool {
        // Two numbers cannot be left half written in a way that matters.
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(left.1).as_secs_f64();
        let tokens = (left.0 + passed * self.per_minute / 60.0).min(self.per_minute);
        let taken = tokens >= 1.0;
        *left = (if taken { tokens - 1.0 } else { tokens }, now.max(left.1));
        taken
    }
}

/// Lets a report or claim of somebody who is not signed in pass, or says to come again.
///
/// # Errors
/// `TooMany` when too many came within the last minute.
pub fn intake(server: &Server) -> Result<(), AppError> {
    if server.intakes().take(Instant::now()) {
        return Ok(());
    }
    Err(AppError::new(
        ErrorKind::TooMany,
        "too_many",
        "现在提交的人太多，您填写的内容还没有提交。请半分钟后再提交一次。",
        "Too many people are sending something right now, so yours was not taken. Please send it again in half a minute.",
    ))
}

/// Room for a quick check, held until it is answered.
///
/// # Errors
/// `TooMany` when too many came within the last minute, `Unavailable` when too many wait.
pub fn quick_check(server: &Server) -> Result<SemaphorePermit<'_>, AppError> {
    if !server.quick_checks().take(Instant::now()) {
        return Err(AppError::new(
            ErrorKind::TooMany,
            "too_many",
            "这一分钟里检查的照片太多了，请半分钟后再试。",
            "Too many photos were checked within this minute. Please try again in half a minute.",
        ));
    }
    server.quick_check_room().try_acquire().map_err(|_| {
        AppError::new(
            ErrorKind::Unavailable,
            "busy",
            "现在检查照片的人太多，请半分钟后再试。",
            "Too many photos are being checked right now. Please try again in half a minute.",
        )
    })
}

fn busy() -> AppError {
    AppError::new(
        ErrorKind::Unavailable,
        "busy",
        "现在上传照片的人太多，请半分钟后再试。",
        "Too many photos are being uploaded right now. Please try again in half a minute.",
    )
}

/// Whether a request brings files.
#[must_use]
pub fn is_upload(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| {
        value
            .as_bytes()
            .to_ascii_lowercase()
            .starts_with(b"multipart/")
    })
}

/// The layer: a request with photos waits for room, which it holds until it is answered.
pub async fn layer(State(server): State<Server>, request: Request, next: Next) -> Response {
    if !is_upload(request.headers()) {
        return next.run(request).await;
    }
    let limit = Duration::from_secs(UPLOAD_WAIT_SECONDS_MAX);
    match timeout(limit, server.uploads().acquire_owned()).await {
        Ok(Ok(_room)) => next.run(request).await,
        _ => Failure(busy()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_lets_so_many_pass_and_then_fills_again() {
        let pace = Pace::new(60);
        let start = Instant::now();
        assert_eq!((0..100).filter(|_| pace.take(start)).count(), 60);
        let later = start + Duration::from_secs(2);
        assert_eq!(
            (0..100).filter(|_| pace.take(later)).count(),
            2,
            "one a second"
        );
        let much_later = start + Duration::from_secs(3_600);
        assert_eq!(
            (0..100).filter(|_| pace.take(much_later)).count(),
            60,
            "never more than full"
        );
        assert!(!pace.take(start), "a clock that goes back gives nothing");
    }
}
