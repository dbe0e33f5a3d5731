//! What clients send and what they are told: every answer that acknowledges something is kept, since that is what may not be
//! lost. A request without an answer is sent again with the same idempotency key until there is one.

use std::any::Any;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;

use super::http::{self, JSON, PHOTOS, Request, Response};
use super::photo;

/// How long one request may stay without an answer, over all restarts.
const UNANSWERED_MAX: Duration = Duration::from_secs(180);

/// Pause before a request is sent again.
const PAUSE: Duration = Duration::from_millis(5);

/// What an acknowledged request did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deed {
    /// A case with a repair was opened.
    Repair,
    /// A case with a claim was opened.
    Claim,
    /// A statement was added to a case.
    Statement,
    /// A dispatcher offered a repair to a technician.
    Offer,
    /// The technician accepted it,
    Accept,
    /// agreed on a time,
    Schedule,
    /// set out,
    SetOut,
    /// arrived,
    Arrive,
    /// said what is wrong,
    Diagnose,
    /// began to work,
    StartWork,
    /// and was done.
    Finish,
    /// The customer confirmed it.
    Confirm,
    /// The merchant contested a claim.
    Contest,
    /// The merchant agreed to a claim.
    Agree,
    /// A side has nothing more to say.
    CloseRound,
    /// A reviewer took a claim on.
    TakeReview,
    /// The reviewer decided it.
    Decide,
}

/// All of them.
pub(crate) const DEEDS: [Deed; 17] = [
    Deed::Repair,
    Deed::Claim,
    Deed::Statement,
    Deed::Offer,
    Deed::Accept,
    Deed::Schedule,
    Deed::SetOut,
    Deed::Arrive,
    Deed::Diagnose,
    Deed::StartWork,
    Deed::Finish,
    Deed::Confirm,
    Deed::Contest,
    Deed::Agree,
    Deed::CloseRound,
    Deed::TakeReview,
    Deed::Decide,
];

/// What deeds are counted as.
pub(crate) const KINDS: [&str; 6] = [
    "reports",
    "claims",
    "messages",
    "moves",
    "answers",
    "decisions",
];

impl Deed {
    /// The event that says so, once for each deed.
    pub(crate) const fn event(self) -> &'static str {
        match self {
            Self::Repair => "repair_requested.v1",
            Self::Claim => "claim_filed.v1",
            Self::Statement => "statement_added.v1",
            Self::Offer => "repair_offered.v1",
            Self::Accept => "offer_accepted.v1",
            Self::Schedule => "visit_scheduled.v1",
            Self::SetOut => "technician_en_route.v1",
            Self::Arrive => "technician_arrived.v1",
            Self::Diagnose => "repair_diagnosed.v1",
            Self::StartWork => "work_started.v1",
            Self::Finish => "work_done.v1",
            Self::Confirm => "work_confirmed.v1",
            Self::Contest => "merchant_contested.v1",
            Self::Agree => "merchant_agreed.v1",
            Self::CloseRound => "evidence_round_done.v1",
            Self::TakeReview => "review_assigned.v1",
            Self::Decide => "claim_decided.v1",
        }
    }

    /// Whether nobody but clients does it: the system offers repairs by itself as well.
    pub(crate) const fn is_only_of_clients(self) -> bool {
        !matches!(self, Self::Offer)
    }

    /// Whether it opens a case.
    pub(crate) const fn opens_case(self) -> bool {
        matches!(self, Self::Repair | Self::Claim)
    }

    /// One of [`KINDS`].
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Repair => KINDS[0],
            Self::Claim => KINDS[1],
            Self::Statement => KINDS[2],
            Self::Offer
            | Self::Accept
            | Self::Schedule
            | Self::SetOut
            | Self::Arrive
            | Self::Diagnose
            | Self::StartWork
            | Self::Finish
            | Self::Confirm => KINDS[3],
            Self::Contest | Self::Agree | Self::CloseRound => KINDS[4],
            Self::TakeReview | Self::Decide => KINDS[5],
        }
    }
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
    /// What was said with it, in words that stand nowhere else; whoever reads the case reads them.
    pub(crate) words: Option<String>,
    /// The seed of the photo that came with it.
    pub(crate) photo: Option<u64>,
}

/// How many of each kind there are, and how many photos, in words.
pub(crate) fn mix(acknowledged: &[Acknowledged]) -> String {
    let counts = counts(acknowledged);
    let photos = acknowledged.iter().filter(|ack| ack.photo.is_some());
    let kinds = KINDS.map(|kind| format!("{} {kind}", counts.get(kind).copied().unwrap_or(0)));
    format!("{}; {} with a photo", kinds.join(", "), photos.count())
}

/// How many of each kind there are.
pub(crate) fn counts(acknowledged: &[Acknowledged]) -> BTreeMap<&'static str, u64> {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for ack in acknowledged {
        *counts.entry(ack.deed.kind()).or_default() += 1;
    }
    counts
}

#[derive(Deserialize)]
struct Receipt {
    case: String,
    link: String,
    code: String,
    seq: u64,
    leaf: String,
}

/// The answer to an action on a case.
#[derive(Deserialize)]
pub(crate) struct Acted {
    pub(crate) case: String,
    pub(crate) seq: u64,
    pub(crate) leaf: String,
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

    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    pub(crate) fn fail(&self, what: String) {
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
    pub(crate) fn exchange(&self, request: &Request) -> Result<(Response, u32)> {
        let (status, body, again) = self.exchange_for_bytes(request)?;
        Ok((http::response(status, body)?, again))
    }

    /// The same for an answer that may be no text.
    pub(crate) fn exchange_for_bytes(&self, request: &Request) -> Result<(u16, Vec<u8>, u32)> {
        let begun = Instant::now();
        let mut again = 0;
        loop {
            if let Some(address) = self.address() {
                self.in_flight.fetch_add(1, Ordering::SeqCst);
                let answer = http::send_for_bytes(address, request);
                self.in_flight.fetch_sub(1, Ordering::SeqCst);
                match answer {
                    Ok((status, body)) if status != 503 => return Ok((status, body, again)),
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

/// Waits for clients to end and gives what all of them were told. One that panicked took what it was told with it: that fails
/// the drill, whatever else is found.
pub(crate) fn joined(
    shared: &Shared,
    clients: Vec<ScopedJoinHandle<'_, Vec<Acknowledged>>>,
) -> Vec<Acknowledged> {
    let mut acknowledged = Vec::new();
    for client in clients {
        match client.join() {
            Ok(kept) => acknowledged.extend(kept),
            Err(panic) => shared.fail(format!(
                "a client panicked, and what it had been told is not known: {}",
                words_of(&*panic)
            )),
        }
    }
    acknowledged
}

/// What somebody said who panicked.
fn words_of(panic: &(dyn Any + Send)) -> String {
    let borrowed = panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned());
    let owned = || panic.downcast_ref::<String>().cloned();
    borrowed
        .or_else(owned)
        .unwrap_or_else(|| "it said nothing".to_owned())
}

/// A request that writes once, however often it is sent.
pub(crate) fn once(path: String, bearer: &str, key: &str, body: &serde_json::Value) -> Request {
    Request {
        method: "POST",
        path,
        idempotency_key: Some(key.to_owned()),
        bearer: Some(bearer.to_owned()),
        content_type: JSON,
        body: body.to_string().into_bytes(),
    }
}

/// The request by which a program opens a case with a repair that nobody comes for. All data is invented.
pub(crate) fn repair(program: &str, key: &str, description: &str) -> Request {
    let body = report("washing_machine", description);
    once("/api/v1/repairs".to_owned(), program, key, &body)
}

/// The input of a report. Nobody serves a `washing_machine` here, a technician serves a `lamp`.
pub(crate) fn report(skill: &str, description: &str) -> serde_json::Value {
    json!({
        "kind": "repair",
        "product": null,
        "skill": skill,
        "county": "330106",
        "description": description,
        "from": null,
        "until": null,
        "person": person(),
        "consent": consent(),
    })
}

/// Whoever reports or claims.
pub(crate) fn person() -> serde_json::Value {
    json!({
        "name": "样例用户",
        "phone": "13800000000",
        "address": "示例省示例市示例区示例路 1 号",
    })
}

/// What they agreed to.
pub(crate) fn consent() -> serde_json::Value {
    json!({ "notice_version": "2026-11-26", "purposes": ["handle_the_case"] })
}

/// The same request as a form with a photo.
///
/// # Errors
/// When the photo cannot be made.
pub(crate) fn with_photo(mut request: Request, seed: u64) -> Result<Request> {
    let mut form = b"--CUT\r\ncontent-disposition: form-data; name=\"input\"\r\n\r\n".to_vec();
    form.append(&mut request.body);
    form.extend_from_slice(
        b"\r\n--CUT\r\ncontent-disposition: form-data; name=\"photos\"; filename=\"a.png\"\r\n\
          content-type: image/png\r\n\r\n",
    );
    form.extend(photo::png(seed)?);
    form.extend_from_slice(b"\r\n--CUT--\r\n");
    request.content_type = PHOTOS;
    request.body = form;
    Ok(request)
}

fn open_session(link: &str, code: &str) -> Request {
    let link = link.rsplit('/').next().unwrap_or(link);
    Request {
        method: "POST",
        path: "/api/v1/case-sessions".to_owned(),
        idempotency_key: None,
        bearer: None,
        content_type: JSON,
        body: json!({ "link": link, "code": code })
            .to_string()
            .into_bytes(),
    }
}

/// What was acknowledged by the answer to [`repair`].
///
/// # Errors
/// When the answer is no receipt.
pub(crate) fn acknowledged_repair(key: &str, response: &Response) -> Result<Acknowledged> {
    opened(Deed::Repair, key, response)
}

/// What was acknowledged by the answer to a request that opens a case.
///
/// # Errors
/// When the answer is no receipt.
pub(crate) fn opened(deed: Deed, key: &str, response: &Response) -> Result<Acknowledged> {
    let receipt: Receipt = read(response, 201)?;
    Ok(Acknowledged {
        deed,
        key: key.to_owned(),
        case: receipt.case,
        seq: receipt.seq,
        leaf: receipt.leaf,
        words: None,
        photo: None,
    })
}

/// A session for the claimant of the case that this answer opened.
///
/// # Errors
/// When there is no answer, or it is no session.
pub(crate) fn session_of(shared: &Shared, response: &Response) -> Result<String> {
    let receipt: Receipt = read(response, 201)?;
    let (answer, _) = shared.exchange(&open_session(&receipt.link, &receipt.code))?;
    Ok(read::<Session>(&answer, 201)?.token)
}

/// The content of an answer that has this status.
///
/// # Errors
/// When it has another one, or says something else.
pub(crate) fn read<'a, T: Deserialize<'a>>(response: &'a Response, status: u16) -> Result<T> {
    if response.status != status {
        bail!(
            "{status} was expected, but the answer is {}: {}",
            response.status,
            response.body
        );
    }
    serde_json::from_str(&response.body).with_context(|| format!("the answer {}", response.body))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_client_that_panicked_is_a_failure_with_its_words() {
        let shared = Shared::default();
        let number = 3;
        let kept = std::thread::scope(|scope| {
            let clients = vec![
                scope.spawn(Vec::new),
                scope
                    .spawn(|| -> Vec<Acknowledged> { panic!("the answer number {number} is odd") }),
                scope.spawn(|| -> Vec<Acknowledged> { panic!("no answer") }),
            ];
            joined(&shared, clients)
        });
        assert!(kept.is_empty());
        let failures = shared.failures();
        assert_eq!(failures.len(), 2, "{failures:?}");
        assert!(failures[0].ends_with("the answer number 3 is odd"));
        assert!(failures[1].ends_with("no answer"));
        assert!(shared.stopped(), "the others end");
    }

    #[test]
    fn every_deed_has_a_kind_and_an_event_of_its_own() {
        assert_eq!(BTreeSet::from(DEEDS.map(Deed::event)).len(), DEEDS.len());
        assert_eq!(BTreeSet::from(DEEDS.map(Deed::kind)), BTreeSet::from(KINDS));
        let ack = |deed| Acknowledged {
            deed,
            key: "k".to_owned(),
            case: String::new(),
            seq: 1,
            leaf: String::new(),
            words: None,
            photo: (deed == Deed::Finish).then_some(3),
        };
        let acks = [ack(Deed::Claim), ack(Deed::Finish), ack(Deed::Offer)];
        assert_eq!(
            mix(&acks),
            "0 reports, 1 claims, 0 messages, 2 moves, 0 answers, 0 decisions; 1 with a photo"
        );
    }

    #[test]
    fn a_form_has_its_input_and_its_photo() {
        let form = with_photo(repair("token", "k", "洗衣机不转"), 7).unwrap();
        assert_eq!(form.content_type, PHOTOS);
        let text = String::from_utf8_lossy(&form.body);
        assert!(text.contains("name=\"input\"\r\n\r\n{\"") && text.contains("洗衣机不转"));
        let png = photo::png(7).unwrap();
        assert!(form.body.windows(png.len()).any(|part| part == png));
        assert!(form.body.ends_with(b"\r\n--CUT--\r\n"));
    }
}
