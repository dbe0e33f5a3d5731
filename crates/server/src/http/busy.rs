//! How much is taken at once: room for uploads, and a pace for reports of people unknown to us.

use crate::http::cookies::Session;
use crate::http::doors::{Peer, address_of};
use crate::http::places::Place;
use crate::http::problem::Failure;
use crate::http::state::Server;
use crate::http::who;
use crate::limits::{
    UPLOAD_WAIT_SECONDS_MAX, UPLOADS_MAX, UPLOADS_OF_ONE_MAX, UPLOADS_OF_STRANGERS_MAX,
    UPLOADS_OF_STRANGERS_MORE_MAX,
};
use aftercare_app::{AppError, ErrorKind, Principal};
use aftercare_domain::ids::TenantId;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
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

    /// Whether less than a part of the tokens is left, such as a fifth.
    pub fn has_less_than_one_in(&self, parts: u32, now: Instant) -> bool {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(left.1).as_secs_f64();
        left.0 + passed * self.per_minute / 60.0 < self.per_minute / f64::from(parts)
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

/// A place among those for whom a shop looks for times or reads an address, held until it is answered; whoever is not signed in
/// has a place of strangers besides.
///
/// # Errors
/// `Unavailable` when too many are under way or wait.
pub fn search(
    server: &Server,
    tenant: TenantId,
    is_stranger: bool,
) -> Result<(Place, Option<Place>), AppError> {
    let shop = tenant.0.to_string();
    let of_strangers = if is_stranger {
        Some(server.searches_of_strangers().take(&shop)?)
    } else {
        None
    };
    Ok((server.searches().take(&shop)?, of_strangers))
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

/// Who sends files, as far as it is known before any of them is read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// A colleague or a program, for whom whoever gave them their account or token answers.
    Ours,
    /// A claimant of a case.
    Claimant(String),
    /// Nobody we know, from that address; none for this machine.
    Stranger(Option<IpAddr>),
}

impl Sender {
    /// A name to count by; none for those who are not counted.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Ours | Self::Stranger(None) => None,
            Self::Claimant(claimant) => Some(claimant.clone()),
            Self::Stranger(Some(address)) => Some(address.to_string()),
        }
    }
}

/// Room for requests with files: so many at once, some of it only for people we know, and a few places for each sender.
#[derive(Debug)]
pub struct Room {
    all: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    /// What strangers have beyond one place each.
    more: Arc<Semaphore>,
    /// Those who send or wait, each with their places.
    senders: Mutex<HashMap<Sender, Own>>,
}

/// The places of one sender, and which of them is the first.
#[derive(Clone, Debug)]
struct Own {
    places: Arc<Semaphore>,
    first: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

impl Room {
    /// All of it free.
    #[must_use]
    pub fn new() -> Self {
        Self {
            all: Arc::new(Semaphore::new(UPLOADS_MAX)),
            strangers: Arc::new(Semaphore::new(UPLOADS_OF_STRANGERS_MAX)),
            more: Arc::new(Semaphore::new(UPLOADS_OF_STRANGERS_MORE_MAX)),
            senders: Mutex::default(),
        }
    }

    /// The places of a sender. Whoever neither sends nor waits is forgotten.
    fn places(&self, sender: Sender) -> Own {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        senders.retain(|_, own| Arc::strong_count(&own.places) > 1);
        senders
            .entry(sender)
            .or_insert_with(|| Own {
                places: Arc::new(Semaphore::new(UPLOADS_OF_ONE_MAX)),
                first: Arc::new(Semaphore::new(1)),
            })
            .clone()
    }

    /// Waits for room for that sender; it is given back when all of it is dropped. `None` when the room was closed.
    pub async fn take(&self, sender: Sender) -> Option<Vec<OwnedSemaphorePermit>> {
        let mut room = Vec::with_capacity(4);
        // One's own places first: whoever waits for them must not hold what others wait for.
        if !matches!(sender, Sender::Ours | Sender::Stranger(None)) {
            let Own { places, first } = self.places(sender.clone());
            room.push(places.acquire_owned().await.ok()?);
            if matches!(sender, Sender::Stranger(_)) {
                // A few senders with all their places would otherwise leave none for anybody else's first.
                room.push(match first.try_acquire_owned() {
                    Ok(first) => first,
                    Err(_) => Arc::clone(&self.more).acquire_owned().await.ok()?,
                });
            }
        }
        if matches!(sender, Sender::Stranger(_)) {
            let strangers = Arc::clone(&self.strangers);
            room.push(strangers.acquire_owned().await.ok()?);
        }
        room.push(Arc::clone(&self.all).acquire_owned().await.ok()?);
        Some(room)
    }
}

/// Who sends. What the session or token opens is still the route's to ask; one that opens nothing is a stranger's.
async fn sender_of(parts: &Parts, server: &Server) -> Sender {
    let known = if parts.uri.path().starts_with("/api/") {
        who::anybody(parts, server).await.ok().flatten()
    } else {
        match who::session(parts, server, Session::Staff).await {
            Ok(Some(principal)) => Some(principal),
            _ => who::session(parts, server, Session::Claimant)
                .await
                .ok()
                .flatten(),
        }
    };
    match known {
        Some(Principal::User(_) | Principal::Integrator { .. }) => Sender::Ours,
        Some(claimant @ Principal::Claimant { .. }) => {
            Sender::Claimant(crate::http::idempotency::actor(&claimant))
        }
        None => {
            let peer = parts.extensions.get::<Peer>().copied();
            let trusted = &server.config().trusted_proxies;
            Sender::Stranger(address_of(peer, &parts.headers, trusted))
        }
    }
}

/// The layer: a request with photos waits for room, which it holds until it is answered.
pub async fn layer(State(server): State<Server>, request: Request, next: Next) -> Response {
    if !is_upload(request.headers()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let sender = sender_of(&parts, &server).await;
    parts.extensions.insert(sender.clone());
    let limit = Duration::from_secs(UPLOAD_WAIT_SECONDS_MAX);
    match timeout(limit, server.uploads().take(sender)).await {
        Ok(Some(_room)) => next.run(Request::from_parts(parts, body)).await,
        _ => Failure(busy()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many get room at once, of those who ask.
    async fn found(
        room: &Room,
        senders: impl Iterator<Item = Sender>,
    ) -> Vec<Vec<OwnedSemaphorePermit>> {
        let mut found = Vec::new();
        for sender in senders {
            let soon = Duration::from_millis(1);
            found.extend(timeout(soon, room.take(sender)).await.ok().flatten());
        }
        found
    }

    fn stranger(number: u8) -> Sender {
        Sender::Stranger(Some(IpAddr::from([198, 51, 100, number])))
    }

    #[tokio::test]
    async fn each_sender_has_a_few_places_and_strangers_leave_some() {
        let room = Room::new();
        let one = found(&room, (0..20).map(|_| stranger(1))).await;
        assert_eq!(one.len(), UPLOADS_OF_ONE_MAX);
        let others = found(&room, (2..40).map(stranger)).await;
        assert_eq!(one.len() + others.len(), UPLOADS_OF_STRANGERS_MAX);
        let claimant = || Sender::Claimant("claimant:1".to_owned());
        let claimants = found(&room, (0..20).map(|_| claimant())).await;
        assert_eq!(claimants.len(), UPLOADS_OF_ONE_MAX);
        let ours = found(&room, (0..20).map(|_| Sender::Ours)).await;
        assert_eq!(
            ours.len(),
            UPLOADS_MAX - UPLOADS_OF_STRANGERS_MAX - UPLOADS_OF_ONE_MAX
        );
        drop((one, others, claimants, ours));
        let again = found(&room, (0..20).map(stranger)).await;
        assert_eq!(again.len(), UPLOADS_OF_STRANGERS_MAX, "all was given back");
        drop(again);
        drop(found(&room, std::iter::once(stranger(1))).await);
        let senders = room.senders.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(senders.len() <= 1, "who is gone is forgotten: {senders:?}");
    }

    #[tokio::test]
    async fn a_few_senders_with_all_their_places_leave_room_for_others() {
        let room = Room::new();
        let four = (0..40).map(|number| stranger(number % 4 + 1));
        let held = found(&room, four).await;
        assert_eq!(held.len(), 4 + UPLOADS_OF_STRANGERS_MORE_MAX);
        let fifth = found(&room, std::iter::once(stranger(5))).await;
        assert_eq!(fifth.len(), 1);
    }

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
