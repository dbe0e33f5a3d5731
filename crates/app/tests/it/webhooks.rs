//! Subscribers are told what happened, once or again under the same id, whatever their receivers do; and nothing of a
//! person is in what they are told.

use crate::world::{World, cracked_mug};
use aftercare_app::ErrorKind;
use aftercare_app::calls::{CallEvent, CallInput};
use aftercare_app::webhooks::{NewWebhook, WebhookTurn};
use aftercare_domain::Timestamp;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_outbound::{Client, Settings, networks};
use aftercare_store::{Unit, Write};
use aftercare_vault::{Plain, sign_webhook};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// What a receiver answers; nothing for hanging.
pub type Script = Arc<Mutex<Vec<Option<&'static str>>>>;

pub const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";
pub const BROKEN: &str = "HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n";
const MOVED: &str =
    "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
const GONE: &str = "HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n";

pub struct Request {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        &found.unwrap_or_else(|| panic!("no header {name}")).1
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether one of the signatures is of that secret, as a receiver looks.
    fn is_signed_by(&self, secret: &str) -> bool {
        let seconds = self.header("webhook-timestamp").parse().unwrap();
        let secret = Plain::new(secret.to_owned());
        let expected =
            sign_webhook(&secret, self.header("webhook-id"), seconds, &self.body).unwrap();
        self.header("webhook-signature")
            .split(' ')
            .any(|signature| signature == expected)
    }
}

/// A receiver on this machine: answers as the script says, the last line again and again.
pub struct Receiver {
    address: SocketAddr,
    script: Script,
    requests: Arc<Mutex<Vec<Request>>>,
    open: Arc<AtomicUsize>,
}

impl Receiver {
    pub async fn start(script: &[Option<&'static str>]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap(),
            script: Arc::new(Mutex::new(script.to_vec())),
            requests: Arc::default(),
            open: Arc::default(),
        };
        let (script, requests, open) = (
            Arc::clone(&receiver.script),
            Arc::clone(&receiver.requests),
            Arc::clone(&receiver.open),
        );
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (script, requests, open) = (
                    Arc::clone(&script),
                    Arc::clone(&requests),
                    Arc::clone(&open),
                );
                tokio::spawn(async move {
                    open.fetch_add(1, Ordering::SeqCst);
                    let mut read = Vec::new();
                    let request = loop {
                        let mut piece = [0; 4_096];
                        let count = stream.read(&mut piece).await.unwrap_or(0);
                        read.extend_from_slice(&piece[..count]);
                        if let Some(request) = parse(&read) {
                            break request;
                        }
                        assert!(count > 0, "the request ended early");
                    };
                    requests.lock().unwrap().push(request);
                    let answer = {
                        let mut script = script.lock().unwrap();
                        let first = script[0];
                        if script.len() > 1 {
                            script.remove(0);
                        }
                        first
                    };
                    match answer {
                        Some(answer) => {
                            let _ = stream.write_all(answer.as_bytes()).await;
                        }
                        None => std::future::pending::<()>().await,
                    }
                });
            }
        });
        receiver
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    fn answers(&self, script: &[Option<&'static str>]) {
        *self.script.lock().unwrap() = script.to_vec();
    }

    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

fn parse(read: &[u8]) -> Option<Request> {
    let text = String::from_utf8_lossy(read).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let headers: Vec<_> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, length)| length.parse().unwrap());
    (body.len() >= length).then(|| Request {
        headers,
        body: body.as_bytes().to_vec(),
    })
}

pub fn client(patience_ms: u64) -> Client {
    Client::new(&Settings {
        allowed: networks("127.0.0.0/8").unwrap(),
        patience: Some(Duration::from_millis(patience_ms)),
        ..Settings::default()
    })
    .unwrap()
}

/// A world that tells a receiver, and nothing is waiting yet.
async fn told(world: &World, receiver: &Receiver, topics: &[&str]) -> NewWebhook {
    world.app.connect_through(client(700));
    world.app.webhook_turn().await.unwrap();
    let topics: Vec<_> = topics.iter().map(|&topic| topic.to_owned()).collect();
    world
        .app
        .create_webhook(&world.admin, &receiver.url(), &topics)
        .await
        .unwrap()
}

/// Something happens: several events, the first of them `case_opened.v1`.
async fn report(world: &World) {
    world.repair().await;
}

#[tokio::test]
async fn a_subscriber_is_told_once_signed_and_without_anything_personal() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(OK)]).await;
    let hook = told(&world, &receiver, &[]).await;
    world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let turn = world.app.webhook_turn().await.unwrap();
    assert!(turn.delivered > 1 && turn.failed == 0, "{turn:?}");
    assert_eq!(
        world.app.webhook_turn().await.unwrap(),
        WebhookTurn::default()
    );
    let requests = receiver.take();
    assert_eq!(requests.len(), turn.delivered);
    let mut ids = std::collections::BTreeSet::new();
    for request in &requests {
        assert!(request.is_signed_by(&hook.secret));
        assert!(!request.is_signed_by("whsec_AAAA"));
        assert!(
            ids.insert(request.header("webhook-id").to_owned()),
            "an id each"
        );
        assert!(!request.header("webhook-id").contains('.'));
        let body = request.json();
        let names: Vec<_> = body["data"].as_object().unwrap().keys().collect();
        for name in names {
            let known = ["case", "version", "at", "claim", "work_order", "state"];
            assert!(known.contains(&name.as_str()), "{name} in {body}");
        }
        let text = String::from_utf8_lossy(&request.body).into_owned();
        for personal in ["周示范", "13800000002", "示范路"] {
            assert!(!text.contains(personal), "{text}");
        }
        body["timestamp"].as_str().unwrap();
    }
    let filed = requests
        .iter()
        .map(Request::json)
        .find(|body| body["type"] == "claim_filed.v1")
        .unwrap();
    assert!(filed["data"]["claim"].is_string() && filed["data"]["state"].is_string());
}

#[tokio::test]
async fn only_what_was_asked_for_is_told() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(OK)]).await;
    told(&world, &receiver, &["case_opened.v1"]).await;
    report(&world).await;
    assert_eq!(world.app.webhook_turn().await.unwrap().delivered, 1);
    assert_eq!(receiver.take()[0].json()["type"], "case_opened.v1");
}

/// A call that nobody answered reaches whoever subscribed, with ids only, also of somebody without a case.
#[tokio::test]
async fn a_missed_call_is_told() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(OK)]).await;
    told(&world, &receiver, &["call_missed.v1"]).await;
    let input = CallInput {
        id: "c-1".to_owned(),
        event: CallEvent::Missed,
        at: None,
        phone: Plain::new("139 0000 0009".to_owned()),
        recording: Plain::new(String::new()),
    };
    let call = world.app.tell_call(&world.agent, &input).await.unwrap();
    let turn = world.app.webhook_turn().await.unwrap();
    assert_eq!((turn.delivered, turn.failed), (1, 0));
    let requests = receiver.take();
    let body = requests[0].json();
    assert_eq!(body["type"], "call_missed.v1");
    assert_eq!(body["data"]["call"], call.id.to_string());
    assert!(!body.to_string().contains("0009"), "{body}");
}

/// What is about a call is kept as long as what is about a case: whoever was off when it came is told of it later.
#[tokio::test]
async fn a_missed_call_reaches_a_subscriber_that_was_off_when_it_came() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(OK)]).await;
    let hook = told(&world, &receiver, &["call_missed.v1"]).await.id;
    let on = |on: bool| world.app.set_webhook_enabled(&world.admin, hook, on);
    on(false).await.unwrap();
    let came = world.app.now();
    let input = CallInput {
        id: "c-2".to_owned(),
        event: CallEvent::Missed,
        at: None,
        phone: Plain::new("139 0000 0009".to_owned()),
        recording: Plain::new(String::new()),
    };
    let call = world.app.tell_call(&world.agent, &input).await.unwrap();
    let nobody = world.app.webhook_turn().await.unwrap();
    assert_eq!(nobody, WebhookTurn::default());
    world.pass(DAY_MS).await;
    world.app.prune_turn().await.unwrap();
    on(true).await.unwrap();
    let again = world
        .app
        .replay_webhook(&world.admin, hook, came, false)
        .await
        .unwrap();
    assert_eq!((again.messages, again.more), (1, false));
    assert_eq!(world.app.webhook_turn().await.unwrap().delivered, 1);
    let body = receiver.take().remove(0).json();
    assert_eq!(body["data"]["call"], call.id.to_string());
    let page = world
        .app
        .webhook_deliveries(&world.admin, hook, None, None)
        .await
        .unwrap();
    assert_eq!(page.items[0].happened_at, came, "and when it happened");
}

#[tokio::test]
async fn what_fails_is_sent_again_later_under_the_same_id() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(BROKEN), Some(MOVED), None, Some(OK)]).await;
    let hook = told(&world, &receiver, &["case_opened.v1"]).await;
    report(&world).await;
    for (pause, answer) in [(0, "500"), (6_000, "302"), (400_000, "too_slow")] {
        world.pass(pause).await;
        let turn = world.app.webhook_turn().await.unwrap();
        assert_eq!((turn.delivered, turn.failed), (0, 1), "{answer}");
        let early = world.app.webhook_turn().await.unwrap();
        assert_eq!(early, WebhookTurn::default(), "not before its time");
        let page = world
            .app
            .webhook_deliveries(&world.admin, hook.id, None, None)
            .await
            .unwrap();
        assert_eq!(page.items[0].answer.as_deref(), Some(answer));
        assert_eq!(page.items[0].state, "waiting");
    }
    let failing = &world.app.webhooks(&world.admin).await.unwrap()[0];
    assert!(failing.failing_since.is_some());
    world.pass(HOUR_MS).await;
    assert_eq!(world.app.webhook_turn().await.unwrap().delivered, 1);
    let requests = receiver.take();
    assert_eq!(requests.len(), 4);
    let ids: std::collections::BTreeSet<_> = requests
        .iter()
        .map(|request| request.header("webhook-id"))
        .collect();
    assert_eq!(ids.len(), 1, "one message");
    let times: std::collections::BTreeSet<_> = requests
        .iter()
        .map(|request| request.header("webhook-timestamp"))
        .collect();
    assert_eq!(times.len(), 4, "signed anew each time");
    let works = &world.app.webhooks(&world.admin).await.unwrap()[0];
    assert_eq!(works.failing_since, None);
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_up_no_other() {
    let world = World::new().await;
    let (hangs, works) = (
        Receiver::start(&[None]).await,
        Receiver::start(&[Some(OK)]).await,
    );
    world.app.connect_through(client(60_000));
    told(&world, &hangs, &[]).await;
    told(&world, &works, &[]).await;
    for _ in 0..3 {
        world.repair().await;
    }
    let app = Arc::clone(&world.app);
    let turn = tokio::spawn(async move { app.webhook_turn().await });
    // More than are sent to one at once: the second handful is not kept waiting by whoever hangs.
    while works.requests.lock().unwrap().len() <= 4 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(hangs.open.load(Ordering::SeqCst) <= 4);
    assert!(!turn.is_finished());
    turn.abort();
}

#[tokio::test]
async fn a_letter_that_cannot_be_made_holds_up_no_other() {
    let world = World::new().await;
    let (broken, works) = (
        Receiver::start(&[Some(OK)]).await,
        Receiver::start(&[Some(OK)]).await,
    );
    let damaged = told(&world, &broken, &["case_opened.v1"]).await.id;
    told(&world, &works, &["case_opened.v1"]).await;
    let mut row = world.store.webhook(damaged).await.unwrap().unwrap();
    row.secret_sealed[0] ^= 1;
    let unit = Unit {
        writes: vec![Write::Webhook(row)],
        ..Unit::default()
    };
    world.store.commit(unit).await.unwrap();
    report(&world).await;
    let turn = world.app.webhook_turn().await.unwrap();
    assert_eq!((turn.delivered, turn.failed), (1, 1));
    assert_eq!(works.take().len(), 1);
    assert!(broken.take().is_empty());
    let again = world.app.webhook_turn().await.unwrap();
    assert_eq!(again, WebhookTurn::default(), "it is tried again later");
}

#[tokio::test]
async fn a_process_that_dies_in_between_loses_nothing() {
    let world = World::new().await;
    let receiver = Receiver::start(&[None, Some(OK)]).await;
    told(&world, &receiver, &["case_opened.v1"]).await;
    report(&world).await;
    let app = Arc::clone(&world.app);
    let turn = tokio::spawn(async move { app.webhook_turn().await });
    while receiver.open.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    turn.abort();
    let _ = turn.await;
    let world = world.restarted().await;
    world.app.connect_through(client(700));
    assert_eq!(
        world.app.webhook_turn().await.unwrap().delivered,
        0,
        "on a lease"
    );
    world.pass(61_000).await;
    assert_eq!(world.app.webhook_turn().await.unwrap().delivered, 1);
    let requests = receiver.take();
    assert_eq!(requests.len(), 2);
    assert_eq!(
        requests[0].header("webhook-id"),
        requests[1].header("webhook-id")
    );
    assert_eq!(requests[0].body, requests[1].body);
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(OK)]).await;
    let old = told(&world, &receiver, &["case_opened.v1"]).await;
    let new = world
        .app
        .renew_webhook_secret(&world.admin, old.id)
        .await
        .unwrap();
    assert_ne!(old.secret, new.secret);
    report(&world).await;
    world.app.webhook_turn().await.unwrap();
    let both = receiver.take().remove(0);
    assert!(both.is_signed_by(&old.secret) && both.is_signed_by(&new.secret));
    world.pass(DAY_MS + 1).await;
    report(&world).await;
    world.app.webhook_turn().await.unwrap();
    let one = receiver.take().remove(0);
    assert!(!one.is_signed_by(&old.secret) && one.is_signed_by(&new.secret));
}

/// Two administrators renew the secret at once: a receiver that was given either of them goes on.
#[tokio::test]
async fn of_two_secrets_made_at_once_both_sign() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(OK)]).await;
    let hook = told(&world, &receiver, &["case_opened.v1"]).await.id;
    let renew = || world.app.renew_webhook_secret(&world.admin, hook);
    let (one, other) = tokio::join!(renew(), renew());
    let (one, other) = (one.unwrap().secret, other.unwrap().secret);
    assert_ne!(one, other);
    report(&world).await;
    world.app.webhook_turn().await.unwrap();
    let told = receiver.take().remove(0);
    assert!(told.is_signed_by(&one) && told.is_signed_by(&other));
}

#[tokio::test]
async fn who_is_gone_is_told_no_more_and_can_be_told_what_it_missed() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(GONE)]).await;
    let hook = told(&world, &receiver, &["case_opened.v1"]).await;
    report(&world).await;
    assert_eq!(world.app.webhook_turn().await.unwrap().failed, 1);
    let gone = world.app.webhook(&world.admin, hook.id).await.unwrap();
    assert_eq!(gone.disabled_why.as_deref(), Some("gone"));
    report(&world).await;
    world.pass(DAY_MS).await;
    assert_eq!(
        world.app.webhook_turn().await.unwrap(),
        WebhookTurn::default()
    );
    let since = Timestamp(0);
    let off = world
        .app
        .replay_webhook(&world.admin, hook.id, since, false)
        .await
        .unwrap_err();
    assert_eq!(off.rule, "webhook_disabled");
    receiver.answers(&[Some(OK)]);
    receiver.take();
    world
        .app
        .set_webhook_enabled(&world.admin, hook.id, true)
        .await
        .unwrap();
    let replayed = world
        .app
        .replay_webhook(&world.admin, hook.id, since, false)
        .await
        .unwrap();
    assert_eq!((replayed.messages, replayed.more), (2, false));
    assert_eq!(world.app.webhook_turn().await.unwrap().delivered, 2);
    // What got through is sent again only when everything is asked for, and under its own id.
    let first = receiver.take();
    let nothing = world
        .app
        .replay_webhook(&world.admin, hook.id, since, false)
        .await
        .unwrap();
    assert_eq!(nothing.messages, 0);
    world
        .app
        .replay_webhook(&world.admin, hook.id, since, true)
        .await
        .unwrap();
    assert_eq!(world.app.webhook_turn().await.unwrap().delivered, 2);
    let again = receiver.take();
    let ids = |requests: &[Request]| -> std::collections::BTreeSet<String> {
        let ids = requests.iter().map(|request| request.header("webhook-id"));
        ids.map(str::to_owned).collect()
    };
    assert_eq!(ids(&first), ids(&again));
    let page = world
        .app
        .webhook_deliveries(&world.admin, hook.id, None, Some(1))
        .await
        .unwrap();
    assert!(page.next_cursor.is_some());
    let one = page.items[0].id;
    world
        .app
        .replay_delivery(&world.admin, hook.id, one)
        .await
        .unwrap();
    assert_eq!(world.app.webhook_turn().await.unwrap().delivered, 1);
}

#[tokio::test]
async fn after_five_days_of_failures_it_is_switched_off_and_that_is_in_the_log() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(BROKEN)]).await;
    let hook = told(&world, &receiver, &["case_opened.v1"]).await;
    report(&world).await;
    world.app.webhook_turn().await.unwrap();
    world.pass(5 * DAY_MS - 60_000).await;
    world.app.webhook_turn().await.unwrap();
    let still = world.app.webhook(&world.admin, hook.id).await.unwrap();
    assert_eq!(still.disabled_at, None, "not before five days");
    world.pass(DAY_MS).await;
    world.app.webhook_turn().await.unwrap();
    let off = world.app.webhook(&world.admin, hook.id).await.unwrap();
    assert_eq!(off.disabled_why.as_deref(), Some("failing"));
    let size = world.store.head().await.unwrap().size;
    let events = world.store.range(1, size).await.unwrap();
    let named = |event: &aftercare_store::StoredEvent| {
        let text = String::from_utf8_lossy(&event.payload).into_owned();
        text.contains("webhook_changed.v1") && text.contains("disabled_failing")
    };
    assert_eq!(events.iter().filter(|event| named(event)).count(), 1);
}

#[tokio::test]
async fn this_machine_is_told_nothing_unless_the_operator_allows_it() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(OK)]).await;
    world
        .app
        .connect_through(Client::new(&Settings::default()).unwrap());
    let plain = world
        .app
        .create_webhook(&world.admin, &receiver.url(), &[])
        .await
        .unwrap_err();
    assert_eq!(
        (plain.kind, plain.field.as_deref()),
        (ErrorKind::Invalid, Some("url"))
    );
    let url = receiver.url().replace("http:", "https:");
    let hook = world
        .app
        .create_webhook(&world.admin, &url, &[])
        .await
        .unwrap();
    report(&world).await;
    let turn = world.app.webhook_turn().await.unwrap();
    assert!(turn.delivered == 0 && turn.failed > 0);
    let page = world
        .app
        .webhook_deliveries(&world.admin, hook.id, None, None)
        .await
        .unwrap();
    assert_eq!(page.items[0].answer.as_deref(), Some("address_refused"));
    assert_eq!(receiver.open.load(Ordering::SeqCst), 0, "nobody connected");
}

#[tokio::test]
async fn subscribers_are_the_administrators_and_nobody_elses() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(OK)]).await;
    let hook = told(&world, &receiver, &[]).await;
    for (name, principal) in world.everybody() {
        let may = name == "admin";
        let list = world.app.webhooks(principal).await;
        assert_eq!(list.is_ok(), may, "{name}");
        let deliveries = world
            .app
            .webhook_deliveries(principal, hook.id, None, None)
            .await;
        assert_eq!(deliveries.is_ok(), may, "{name}");
        let replay = world
            .app
            .replay_webhook(principal, hook.id, Timestamp(0), true)
            .await;
        assert_eq!(replay.is_ok(), may, "{name}");
        let renewed = world.app.renew_webhook_secret(principal, hook.id).await;
        assert_eq!(renewed.is_ok(), may, "{name}");
    }
    for wrong in ["claim_filed", "Claim.v1", ".v1", "a.v", "a.vb"] {
        let error = world
            .app
            .create_webhook(&world.admin, &receiver.url(), &[wrong.to_owned()])
            .await
            .unwrap_err();
        assert_eq!(error.rule, "webhook_topics", "{wrong}");
    }
}

#[tokio::test]
async fn old_messages_and_answers_go_after_their_time() {
    let world = World::new().await;
    let receiver = Receiver::start(&[Some(OK)]).await;
    let hook = told(&world, &receiver, &[]).await;
    report(&world).await;
    world.app.webhook_turn().await.unwrap();
    let count = async || {
        let page = world
            .app
            .webhook_deliveries(&world.admin, hook.id, None, None)
            .await;
        page.unwrap().items.len()
    };
    assert!(count().await > 0);
    world.clock.advance_ms(29 * DAY_MS);
    world.app.prune_turn().await.unwrap();
    assert!(count().await > 0, "kept for thirty days");
    world.clock.advance_ms(2 * DAY_MS);
    world.app.prune_turn().await.unwrap();
    assert_eq!(count().await, 0);
}
