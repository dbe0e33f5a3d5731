//! A stream of what changes, for pages that stay open (server-sent events).

use crate::http::idempotency::actor;
use crate::http::problem::Answer;
use crate::http::state::Server;
use crate::http::who::{Who, anybody};
use crate::limits::{KEEPALIVE_SECONDS, STREAM_CASES_MAX, STREAM_CHECK_SECONDS};
use aftercare_app::lists::{Jobs, Paging};
use aftercare_app::{AppError, Change, ErrorKind, Principal};
use aftercare_domain::Role;
use aftercare_domain::ids::CaseId;
use axum::extract::State;
use axum::http::request::Parts;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

/// Roles that may read every case of their tenant.
const READERS_OF_ALL: [Role; 5] = [
    Role::Agent,
    Role::Dispatcher,
    Role::Reviewer,
    Role::RiskManager,
    Role::Auditor,
];

/// Who listens, and which cases they were told of that not every colleague may read.
struct Listener {
    server: Server,
    principal: Principal,
    told: Mutex<HashSet<CaseId>>,
}

impl Listener {
    /// What is said of a change; nothing when it is none of the listener's business.
    async fn event_of(&self, change: Change) -> Option<Event> {
        if self.principal.tenant() != change.tenant {
            return None;
        }
        if change.calls {
            let takes = self.principal.has(Role::Agent) || self.principal.has(Role::Dispatcher);
            return takes.then(|| plain("calls"));
        }
        let Some(case) = change.case else {
            return Some(reload());
        };
        let changed = || Event::default().event("changed").data(case.to_string());
        match &self.principal {
            Principal::Claimant { case: own, .. } => (case == *own).then(changed),
            // Of the whole tenant or of a shop, as its account says.
            Principal::Integrator { .. } => {
                let may = self.server.app().may_read(&self.principal, case).await;
                may.then(changed)
            }
            Principal::User(_) if READERS_OF_ALL.iter().any(|role| self.principal.has(*role)) => {
                Some(changed())
            }
            Principal::User(_) => {
                let may = self.server.app().may_read(&self.principal, case).await;
                let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
                if may {
                    if told.len() >= STREAM_CASES_MAX {
                        told.clear();
                    }
                    told.insert(case);
                    return Some(changed());
                }
                // Somebody else has it now: the list is shorter by one.
                told.remove(&case).then(reload)
            }
        }
    }
}

/// The cases that a technician's list shows when the stream begins: that one of them went to somebody else is told, too.
async fn listed(server: &Server, principal: &Principal) -> HashSet<CaseId> {
    if !principal.has(Role::Technician) {
        return HashSet::new();
    }
    let paging = Paging::default();
    match server.app().my_jobs(principal, Jobs::Ahead, &paging).await {
        Ok(page) => page.items.into_iter().map(|row| row.case).collect(),
        // The stream is of use without it.
        Err(error) => {
            tracing::warn!(rule = %error.rule, detail = ?error.detail, "a live list that does not know its cases");
            HashSet::new()
        }
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

/// An event that says no more than its name. It has its name for data as well: without any a browser does not pass it on.
fn plain(name: &str) -> Event {
    Event::default().event(name).data(name)
}

/// Whoever hears it reads everything again.
fn reload() -> Event {
    plain("reload")
}

/// `changed` with the id of a case, `calls` when those of the desk changed, or `reload` when the listener fell behind. Nothing else is said:
/// what changed is read by the ordinary routes, which check who may.
#[utoipa::path(
    get, path = "/changes", tag = "cases",
    responses((status = 200, description = "A stream of `changed`, `calls` and `reload` events", content_type = "text/event-stream", body = String))
)]
pub async fn changes(
    State(server): State<Server>,
    Who(principal): Who,
    parts: Parts,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let room = server.streams().take(&actor(&principal)).map_err(|_| {
        AppError::new(
            ErrorKind::Unavailable,
            "streams_full",
            "同时打开的实时页面太多，请稍后再试；页面照常可用。",
            "Too many live pages are open. The page works without; please try again later.",
        )
    })?;
    let received = server.app().changes();
    let told = listed(&server, &principal).await;
    let listener = Arc::new(Listener {
        server: server.clone(),
        principal,
        told: Mutex::new(told),
    });
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
            let listener = Arc::clone(&listener);
            async move {
                match received {
                    Ok(change) => listener.event_of(change).await.map(Ok),
                    Err(BroadcastStreamRecvError::Lagged(_)) => Some(Ok(reload())),
                }
            }
        })
        .take_until(Box::pin(ended));
    Ok(Sse::new(stream)
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(KEEPALIVE_SECONDS))))
}
