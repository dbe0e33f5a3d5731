//! Clients that write through the API and keep every answer: what was acknowledged is what may not be lost. A request
//! without an answer is sent again with the same idempotency key until there is one.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;

use super::http::{self, JSON, Request, Response};
use super::random::Random;

/// How long one request may stay without an answer, over all restarts.
const UNANSWERED_MAX: Duration = Duration::from_secs(180);

/// Pause before a request is sent again.
const PAUSE: Duration = Duration::from_millis(5);

/// Statements on one case, at most.
const STATEMENTS_MAX: u64 = 8;

/// What an acknowledged request did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A case with a repair was opened.
    Repair,
    /// A statement was added to a case.
    Statement,
}

/// An acknowledged request.
#[derive(Debug, Clone)]
pub(crate) struct Acknowledged {
    pub(crate) deed: Deed,
    pub(crate) key: String,
    /// Identifier of the case.
    pub(crate) case: String,
    /// Place in the log that the answer names.
    pub(crate) seq: u64,
    /// Leaf of that event, hexadecimal.
    pub(crate) leaf: String,
}

#[derive(Deserialize)]
struct Receipt {
    case: String,
    link: String,
    code: String,
    seq: u64,
    leaf: String,
}

#[derive(Deserialize)]
struct Acted {
    case: String,
    seq: u64,
    leaf: String,
}

#[derive(Deserialize)]
struct Session {
    token: String,
}

/// What clients and the one who strikes share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Where the server listens; none while it is down.
    address: RwLock<Option<SocketAddr>>,
    stop: AtomicBool,
    /// Requests that have been sent and not been answered.
    pub(crate) in_flight: AtomicU32,
    pub(crate) acknowledged: AtomicU64,
    /// Requests that were sent again because their answer did not come.
    pub(crate) sent_again: AtomicU64,
    /// Acknowledged requests that were sent again on purpose and got the same answer.
    pub(crate) replayed: AtomicU64,
    failures: Mutex<Vec<String>>,
}

impl Shared {
    pub(crate) fn set_address(&self, address: Option<SocketAddr>) {
        *self.address.write().unwrap_or_else(PoisonError::into_inner) = address;
    }

    fn address(&self) -> Option<SocketAddr> {
        *self.address.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clients end their requests in hand and begin none.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn fail(&self, what: String) {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(what);
        self.stop();
    }

    /// What clients found wrong.
    pub(crate) fn failures(&self) -> Vec<String> {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sends until there is an answer; says how often it had to be sent again.
    fn exchange(&self, request: &Request) -> Result<(Response, u32)> {
        let begun = Instant::now();
        let mut again = 0;
        loop {
            if let Some(address) = self.address() {
                self.in_flight.fetch_add(1, Ordering::SeqCst);
                let answer = http::send(address, request);
                self.in_flight.fetch_sub(1, Ordering::SeqCst);
                match answer {
                    Ok(response) if response.status != 503 => return Ok((response, again)),
                    Ok(_) | Err(_) => {
                        again += 1;
                        self.sent_again.fetch_add(1, Ordering::SeqCst);
                    }
                }
            }
            if begun.elapsed() > UNANSWERED_MAX {
                bail!(
                    "{} {} had no answer for {} s",
                    request.method,
                    request.path,
                    UNANSWERED_MAX.as_secs()
                );
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// The request by which a program opens a case with a repair. All data is invented.
pub(crate) fn repair(program: &str, key: &str, description: &str) -> Request {
    Request {
        method: "POST",
        path: "/api/v1/repairs".to_owned(),
        idempotency_key: Some(key.to_owned()),
        bearer: Some(program.to_owned()),
        content_type: JSON,
        body: json!({
            "kind": "repair",
            "product": null,
            "skill": "washing_machine",
            "county": "330106",
            "description": description,
            "from": null,
            "until": null,
            "person": {
                "name": "样例用户",
                "phone": "13800000000",
                "address": "示例省示例市示例区示例路 1 号",
            },
            "consent": { "notice_version": "2026-11-26", "purposes": ["handle_the_case"] },
        })
        .to_string(),
    }
}

fn open_session(link: &str, code: &str) -> Request {
    let link = link.rsplit('/').next().unwrap_or(link);
    Request {
        method: "POST",
        path: "/api/v1/case-sessions".to_owned(),
        idempotency_key: None,
        bearer: None,
        content_type: JSON,
        body: json!({ "link": link, "code": code }).to_string(),
    }
}

fn statement(case: &str, token: &str, key: &str) -> Request {
    Request {
        method: "POST",
        path: format!("/api/v1/cases/{case}/actions"),
        idempotency_key: Some(key.to_owned()),
        bearer: Some(token.to_owned()),
        content_type: JSON,
        body: json!({ "action": "say", "text": format!("statement {key}") }).to_string(),
    }
}

/// What was acknowledged by the answer to [`repair`].
///
/// # Errors
/// When the answer is no receipt.
pub(crate) fn acknowledged_repair(key: &str, response: &Response) -> Result<Acknowledged> {
    let receipt: Receipt = read(response, 201)?;
    Ok(Acknowledged {
        deed: Deed::Repair,
        key: key.to_owned(),
        case: receipt.case,
        seq: receipt.seq,
        leaf: receipt.leaf,
    })
}

/// A session for the claimant of the case that the answer to [`repair`] opened.
///
/// # Errors
/// When there is no answer, or it is no session.
pub(crate) fn session_of(shared: &Shared, response: &Response) -> Result<String> {
    let receipt: Receipt = read(response, 201)?;
    let (answer, _) = shared.exchange(&open_session(&receipt.link, &receipt.code))?;
    Ok(read::<Session>(&answer, 201)?.token)
}

fn read<'a, T: Deserialize<'a>>(response: &'a Response, status: u16) -> Result<T> {
    if response.status != status {
        bail!(
            "{status} was expected, but the answer is {}: {}",
            response.status,
            response.body
        );
    }
    serde_json::from_str(&response.body).with_context(|| format!("the answer {}", response.body))
}

/// One client: opens cases and adds statements until it is told to stop.
pub(crate) fn client(
    shared: &Shared,
    program: &str,
    name: u32,
    mut random: Random,
) -> Vec<Acknowledged> {
    let mut kept = Vec::new();
    if let Err(error) = write(shared, program, name, &mut random, &mut kept) {
        shared.fail(format!("client {name}: {error:#}"));
    }
    kept
}

fn write(
    shared: &Shared,
    program: &str,
    name: u32,
    random: &mut Random,
    kept: &mut Vec<Acknowledged>,
) -> Result<()> {
    let mut last: Option<(Request, Response)> = None;
    let mut number = 0_u64;
    while !shared.stopped() {
        number += 1;
        let key = format!("drill-{name}-{number}");
        let request = repair(program, &key, "洗衣机不转 / the drum does not turn");
        let response = send(shared, &request, &mut last)?;
        kept.push(acknowledged_repair(&key, &response)?);
        shared.acknowledged.fetch_add(1, Ordering::SeqCst);
        let token = session_of(shared, &response)?;
        let case = kept.last().map(|ack| ack.case.clone()).unwrap_or_default();
        for _ in 0..=random.below(STATEMENTS_MAX) {
            if shared.stopped() {
                break;
            }
            number += 1;
            let key = format!("drill-{name}-{number}");
            let request = statement(&case, &token, &key);
            let response = send(shared, &request, &mut last)?;
            let acted: Acted = read(&response, 200)?;
            kept.push(Acknowledged {
                deed: Deed::Statement,
                key,
                case: acted.case,
                seq: acted.seq,
                leaf: acted.leaf,
            });
            shared.acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    }
    Ok(())
}

/// Sends a request until it is answered. When that took more than one try, the server was down in between: then the
/// request that was acknowledged before it is sent again as well, and must get the answer that it had.
fn send(
    shared: &Shared,
    request: &Request,
    last: &mut Option<(Request, Response)>,
) -> Result<Response> {
    let (response, again) = shared.exchange(request)?;
    if again > 0
        && let Some((before, answered)) = last.as_ref()
    {
        let (now, _) = shared.exchange(before)?;
        if now != *answered {
            bail!(
                "sent again with the same key and body, {} was answered with {} {} instead of {} {}",
                before.path,
                now.status,
                now.body,
                answered.status,
                answered.body
            );
        }
        shared.replayed.fetch_add(1, Ordering::SeqCst);
    }
    *last = Some((request.clone(), response.clone()));
    Ok(response)
}
