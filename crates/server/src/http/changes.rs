//! A stream of what changes, for pages that stay open (server-sent events).

use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::{Who, anybody};
use crate::limits::{KEEPALIVE_SECONDS, STREAM_CHECK_SECONDS};
use aftercare_app::{AppError, Change, ErrorKind, Principal};
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use std::convert::Infallible;
use std::time::Duration;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

/// Whether the change is the listener's business.
fn concerns(principal: &Principal, change: Change) -> bool {
    if principal.tenant() != change.tenant {
        return false;
    }
    match principal {
        Principal::Claimant { case, .. } => change.case.is_none_or(|changed| changed == *case),
        Principal::Integrator { scopes, .. } => {
            scopes.iter().any(|scope| scope.starts_with("cases:"))
        }
        Principal::User(_) => true,
    }
}

/// Waits until the session or token that opened the stream no longer stands.
async fn signed_out(server: &Server, parts: &Parts) {
    loop {
        tokio::time::sleep(Duration::from_secs(STREAM_CHECK_SECONDS)).await;
        match anybody(parts, server).await {
            Ok(Some(_)) => {}
            // The store is busy: the next look will tell.
            Err(error) if error.kind == ErrorKind::Unavailable => {}
            Ok(None) | Err(_) => return,
        }
    }
}

/// Whoever hears it reads everything again.
fn reload() -> Event {
    Event::default().event("reload").data("")
}

/// `changed` with the id of a case, or `reload` when the listener fell behind. Nothing else is said:
/// what changed is read by the ordinary routes, which check who may.
#[utoipa::path(
    get, path = "/changes", tag = "cases",
    responses((status = 200, description = "A stream of `changed` and `reload` events", content_type = "text/event-stream", body = String))
)]
pub async fn changes(
    State(server): State<Server>,
    Who(principal): Who,
    parts: Parts,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let room = server.streams().try_acquire_owned().map_err(|_| {
        AppError::new(
            ErrorKind::Unavailable,
            "streams_full",
            "同时打开的实时页面太多，请稍后再试；页面照常可用。",
            "Too many live pages are open. The page works without; please try again later.",
        )
    })?;
    let received = server.app().changes();
    let mut closing = server.closing();
    let closed = async move {
        // An error means that the server is gone, which ends the stream as well.
        let _ = closing.wait_for(|closing| *closing).await;
    };
    let ended = async move {
        tokio::select! {
            () = closed => {}
            () = signed_out(&server, &parts) => {}
        }
    };
    let stream = BroadcastStream::new(received)
        .filter_map(move |received| {
            // The room is given back when the stream ends.
            let _ = &room;
            let event = match received {
                Ok(change) if concerns(&principal, change) => Some(match change.case {
                    Some(case) => Event::default().event("changed").data(case.to_string()),
                    None => reload(),
                }),
                Ok(_) => None,
                Err(BroadcastStreamRecvError::Lagged(_)) => Some(reload()),
            };
            std::future::ready(event.map(Ok))
        })
        .take_until(Box::pin(ended));
    Ok(Sse::new(stream)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(KEEPALIVE_SECONDS))))
}
