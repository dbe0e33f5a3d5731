//! A pace for each address at the doors: signing in, codes of cases, and what people who are not signed in send or have
//! computed. Who guesses passwords or codes, or floods a shop with reports, is slowed down; everybody else is not. Whoever is
//! signed in has a pace of their own, wherever they are.
//!
//! Accounts and cases have locks of their own (`app`), phone numbers a limit of their own; this is about the sender.

use crate::http::problem::Failure;
use crate::http::state::Server;
use crate::limits::{ADDRESSES_MAX, INTAKES_LOW_ONE_IN};
use aftercare_app::{AppError, ErrorKind, Network, Principal};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// Where a connection comes from; the listener says it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Paths of the doors; those that end with a slash begin with it.
const DOORS: [&str; 11] = [
    "/login",
    "/invite/",
    "/c/",
    "/follow",
    "/report",
    "/claim",
    "/genuine/report",
    "/apply",
    "/apply/",
    "/api/v1/sessions",
    "/api/v1/case-sessions",
];
/// Doors for people who are not signed in only: a program that says who it is has the pace of its account.
const DOORS_OF_STRANGERS: [&str; 2] = ["/api/v1/repairs", "/api/v1/claims"];
/// Doors through which a report, a claim or an application of somebody who is not signed in comes: all that takes a token of the shop's pace.
const INTAKES: [&str; 7] = [
    "/report",
    "/claim",
    "/genuine/report",
    "/apply",
    "/apply/",
    "/api/v1/repairs",
    "/api/v1/claims",
];
/// What anybody may have computed, and nothing is kept of.
const COMPUTED: [&str; 5] = [
    "/api/v1/places",
    "/api/v1/slots",
    "/api/v1/genuine",
    "/genuine",
    "/verify",
];
/// Where photos go ahead of their form, piece by piece.
const PIECES: &str = "/uploads";
/// Bits of an IPv6 address that a customer of a provider has at least (RFC 6177): the rest they choose themselves.
const OWN_BITS: u32 = 64;
/// Bits that those have in common who are of one network: what a provider gives to one site at most, and the smallest network
/// of IPv4 that is routed by itself.
const NETWORK_BITS: (u32, u32) = (24, 48);

/// A bucket of tokens for each sender.
#[derive(Debug)]
pub struct Paces<K = IpAddr> {
    /// Tokens that are left and when they were counted; who is not in it has all.
    left: Mutex<HashMap<K, (f64, Instant)>>,
    per_minute: f64,
}

impl<K: Eq + Hash + Clone> Paces<K> {
    /// `per_minute` tokens for each sender, which come back within a minute.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self {
            left: Mutex::new(HashMap::new()),
            per_minute: f64::from(per_minute),
        }
    }

    /// Takes a token of a sender at `now`, if it has one.
    pub fn take(&self, sender: K, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let refilled = |(tokens, counted): (f64, Instant)| {
            let passed = now.saturating_duration_since(counted).as_secs_f64();
            (tokens + passed * self.per_minute / 60.0).min(self.per_minute)
        };
        if left.len() >= ADDRESSES_MAX && !left.contains_key(&sender) {
            left.retain(|_, known| refilled(*known) < self.per_minute);
            // So many at once are one attack: everybody begins anew rather than nobody getting in.
            if left.len() >= ADDRESSES_MAX {
                left.clear();
            }
        }
        let known = left.get(&sender).copied();
        let tokens = known.map_or(self.per_minute, refilled);
        let taken = tokens >= 1.0;
        let counted = known.map_or(now, |(_, counted)| counted.max(now));
        left.insert(sender, (if taken { tokens - 1.0 } else { tokens }, counted));
        taken
    }
}

/// What is counted as one sender: an IPv4 address, or what a customer has of IPv6.
pub(crate) fn sender(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let bits = address.to_bits() >> (128 - OWN_BITS) << (128 - OWN_BITS);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }
        v4 => v4,
    }
}

/// The network of a sender.
fn network(address: IpAddr) -> IpAddr {
    let (v4, v6) = NETWORK_BITS;
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let bits = address.to_bits() >> (32 - v4) << (32 - v4);
            IpAddr::V4(Ipv4Addr::from_bits(bits))
        }
        IpAddr::V6(address) => {
            let bits = address.to_bits() >> (128 - v6) << (128 - v6);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }
    }
}

/// An address as a proxy writes it; some add the port.
fn written(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    let address = text.parse().or_else(|_| with_port()).ok()?;
    Some(IpAddr::to_canonical(&address))
}

/// Who sends: the peer; or, where that is a proxy on this machine or one that is trusted, the last address that such a proxy
/// names and that is none of them. What stands before that address anybody may have written. This machine itself is nobody
/// to be slowed down.
pub(crate) fn address_of(
    peer: Option<Peer>,
    headers: &HeaderMap,
    trusted: &[Network],
) -> Option<IpAddr> {
    let believed = |address: IpAddr| {
        address.is_loopback() || trusted.iter().any(|network| network.contains(address))
    };
    let mut address = peer?.0.to_canonical();
    let mut named = headers
        .get_all("x-forwarded-for")
        .iter()
        .rev()
        .flat_map(|value| {
            let text = value.to_str().unwrap_or_default();
            text.rsplit(',').map(written)
        });
    while believed(address) {
        // What is no address ends the chain: the proxy after it is the last that is known.
        let Some(Some(before)) = named.next() else {
            break;
        };
        address = before;
    }
    (!address.is_loopback()).then(|| sender(address))
}

/// Whether a program on this machine asks, and no proxy in front of it for somebody else. Without a connection (a router
/// that is called directly) it is this program itself.
#[must_use]
pub fn is_this_machine(peer: Option<Peer>, headers: &HeaderMap) -> bool {
    let passed_on = ["x-forwarded-for", "forwarded", "x-real-ip", "via"]
        .iter()
        .any(|name| headers.contains_key(*name));
    peer.is_none_or(|peer| peer.0.to_canonical().is_loopback()) && !passed_on
}

fn is_door(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    // What a claimant does on the page of their case comes after the door.
    *method == Method::POST
        && !path.ends_with("/act")
        && (is_one_of(&DOORS, path) || says_nobody(headers) && is_one_of(&DOORS_OF_STRANGERS, path))
}

/// Whether something is computed for a stranger. A page asks nobody for a token, so that one that is sent with it says nothing.
fn is_computed(path: &str, headers: &HeaderMap) -> bool {
    (says_nobody(headers) || !path.starts_with("/api/")) && is_one_of(&COMPUTED, path)
}

fn is_one_of(paths: &[&str], path: &str) -> bool {
    paths.iter().any(|one| {
        if one.ends_with('/') {
            path.starts_with(one)
        } else {
            path == *one
        }
    })
}

/// Whether a request does not say who sends it. What one says that is wrong, the route refuses before it does anything.
fn says_nobody(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::AUTHORIZATION)
}

fn too_many() -> AppError {
    AppError::new(
        ErrorKind::TooMany,
        "too_many_from_here",
        "您这里一分钟内提交得太多了，请半分钟后再试。",
        "Too much was sent from where you are within a minute. Please try again in half a minute.",
    )
}

/// Lets a request of somebody who is signed in pass, or says to come again. This machine itself is nobody to be slowed down.
///
/// # Errors
/// `TooMany` when the account or the claimant sent too much within the last minute.
pub fn signed_in(parts: &Parts, server: &Server, principal: &Principal) -> Result<(), AppError> {
    let peer = parts.extensions.get::<Peer>().copied();
    let trusted = &server.config().trusted_proxies;
    if address_of(peer, &parts.headers, trusted).is_none()
        || server
            .accounts()
            .take(crate::http::idempotency::actor(principal), Instant::now())
    {
        return Ok(());
    }
    Err(AppError::new(
        ErrorKind::TooMany,
        "too_many_of_account",
        "这个账号一分钟内的请求太多了，请半分钟后再试。",
        "This account sent too many requests within a minute. Please try again in half a minute.",
    ))
}

/// The layer.
pub async fn layer(State(server): State<Server>, request: Request, next: Next) -> Response {
    let (path, headers) = (request.uri().path(), request.headers());
    let paces = if is_door(request.method(), path, headers) {
        Some(server.doors())
    } else if is_computed(path, headers) {
        Some(server.computed())
    } else if path == PIECES {
        Some(server.pieces())
    } else {
        None
    };
    if let Some(paces) = paces {
        let peer = request.extensions().get::<Peer>().copied();
        let trusted = &server.config().trusted_proxies;
        let now = Instant::now();
        if let Some(address) = address_of(peer, headers, trusted) {
            if !paces.take(address, now) {
                return Failure(too_many()).into_response();
            }
            // Whoever sends much waits first, so that nobody shuts the door to all others.
            if is_one_of(&INTAKES, path)
                && !server.fair_intakes().take(network(address), now)
                && server
                    .intakes()
                    .has_less_than_one_in(INTAKES_LOW_ONE_IN, now)
            {
                return Failure(too_many()).into_response();
            }
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use std::time::Duration;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn each_address_has_a_pace_of_its_own() {
        let paces = Paces::new(30);
        let start = Instant::now();
        let (one, two) = (ip("198.51.100.1"), ip("198.51.100.2"));
        assert_eq!((0..100).filter(|_| paces.take(one, start)).count(), 30);
        assert!(paces.take(two, start), "the other one is not slowed down");
        let later = start + Duration::from_secs(4);
        assert_eq!((0..100).filter(|_| paces.take(one, later)).count(), 2);
    }

    #[test]
    fn many_addresses_do_not_fill_the_memory() {
        let paces = Paces::new(30);
        let start = Instant::now();
        for number in 0..200_000_u32 {
            paces.take(IpAddr::V4(number.into()), start);
        }
        assert!(paces.left.lock().expect("no panic").len() <= ADDRESSES_MAX);
    }

    #[test]
    fn the_sender_is_the_peer_or_whom_the_proxy_beside_us_names() {
        let mut headers = HeaderMap::new();
        let of = |peer: &str, headers: &HeaderMap| address_of(Some(Peer(ip(peer))), headers, &[]);
        assert_eq!(of("198.51.100.1", &headers), Some(ip("198.51.100.1")));
        assert_eq!(
            of("::ffff:198.51.100.1", &headers),
            Some(ip("198.51.100.1"))
        );
        assert_eq!(of("127.0.0.1", &headers), None, "this machine");
        assert_eq!(
            of("2001:db8:1:2:3:4:5:6", &headers),
            of("2001:db8:1:2:9::1", &headers)
        );
        headers.insert(
            "x-forwarded-for",
            HeaderValue::from_static("203.0.113.9, 198.51.100.7"),
        );
        assert_eq!(
            of("127.0.0.1", &headers),
            Some(ip("198.51.100.7")),
            "the last is the proxy's word"
        );
        assert_eq!(
            of("198.51.100.1", &headers),
            Some(ip("198.51.100.1")),
            "others are not believed"
        );
        assert_eq!(address_of(None, &headers, &[]), None);
    }

    #[test]
    fn behind_proxies_that_are_trusted_the_sender_is_whom_they_name() {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|text| text.parse().expect("a network"));
        let of = |peer: &str, named: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for text in named {
                headers.append("x-forwarded-for", HeaderValue::from_static(text));
            }
            address_of(Some(Peer(ip(peer))), &headers, &trusted)
        };
        let (one, two) = (Some(ip("198.51.100.7")), Some(ip("198.51.100.8")));
        assert_eq!(of("10.0.0.5", &["198.51.100.7"]), one);
        assert_eq!(of("10.0.0.5", &["198.51.100.8"]), two);
        assert_eq!(of("::ffff:10.0.0.5", &["198.51.100.7:4711"]), one);
        assert_eq!(
            of("fd00::5", &["[2001:db8:1:2::3]:443"]),
            Some(ip("2001:db8:1:2::"))
        );
        // Several proxies one after another, also over one on this machine, and in headers of their own.
        assert_eq!(of("10.0.0.5", &["198.51.100.7, 10.1.1.1"]), one);
        assert_eq!(of("127.0.0.1", &["198.51.100.7, 10.1.1.1"]), one);
        assert_eq!(of("10.0.0.5", &["198.51.100.7", "10.1.1.1"]), one);
        // What the sender wrote stands before what the first proxy saw, and nobody reads it.
        assert_eq!(of("10.0.0.5", &["203.0.113.9, 198.51.100.7"]), one);
        assert_eq!(of("10.0.0.5", &["10.9.9.9, 198.51.100.7"]), one);
        assert_eq!(of("10.0.0.5", &["127.0.0.1, 198.51.100.7, 10.1.1.1"]), one);
        assert_eq!(
            of("198.51.100.7", &["203.0.113.9"]),
            one,
            "no proxy of ours"
        );
        // A proxy that names nobody is the sender itself.
        for named in [&[][..], &["unknown"], &["198.51.100.7, unknown"], &[""]] {
            assert_eq!(of("10.0.0.5", named), Some(ip("10.0.0.5")), "{named:?}");
        }
        assert_eq!(of("10.0.0.5", &["10.1.1.1"]), Some(ip("10.1.1.1")));
    }

    #[test]
    fn doors_are_what_strangers_send_to() {
        let nobody = HeaderMap::new();
        for path in [
            "/login",
            "/c/abc",
            "/invite/abc",
            "/api/v1/sessions",
            "/report",
            "/genuine/report",
            "/apply",
            "/apply/abc",
        ] {
            assert!(is_door(&Method::POST, path, &nobody), "{path}");
            assert!(!is_door(&Method::GET, path, &nobody), "{path}");
        }
        // A program's reports have the pace of its account; who guesses passwords has that of the door, whatever they say.
        let mut somebody = HeaderMap::new();
        somebody.insert(
            header::AUTHORIZATION,
            HeaderValue::from_static("Bearer act_1"),
        );
        assert!(is_door(&Method::POST, "/api/v1/repairs", &nobody));
        assert!(!is_door(&Method::POST, "/api/v1/repairs", &somebody));
        assert!(is_door(&Method::POST, "/api/v1/sessions", &somebody));
        for path in ["/desk/users", "/api/v1/cases", "/c/abc/act", "/loginx", "/"] {
            assert!(!is_door(&Method::POST, path, &nobody), "{path}");
        }
    }

    #[test]
    fn a_token_that_no_page_asks_for_lifts_no_pace() {
        let (nobody, mut somebody) = (HeaderMap::new(), HeaderMap::new());
        somebody.insert(
            header::AUTHORIZATION,
            HeaderValue::from_static("Bearer act_1"),
        );
        for path in COMPUTED {
            assert!(is_computed(path, &nobody), "{path}");
            assert_eq!(
                is_computed(path, &somebody),
                !path.starts_with("/api/"),
                "{path}"
            );
        }
        assert!(!is_computed("/genuine/report", &nobody));
    }
}
