//! A number stands between customer and technician for the time of a repair: both call it, neither learns the other's, it ends by
//! itself, and where it cannot be had nobody is stuck.

use crate::exits::in_state;
use crate::told::{act, work};
use crate::webhooks::{BROKEN, OK, Receiver, client};
use crate::world::World;
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::relay::{Binding, Relay, RelayError, RelayGateway, RelayNumber};
use aftercare_app::relays::RelayDetail;
use aftercare_app::views::IntakeReceipt;
use aftercare_app::{Plain, Principal};
use aftercare_domain::Timestamp;
use aftercare_domain::audit::PersonField;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::time::{DAY_MS, MINUTE_MS};
use aftercare_vault::DeliveryPurpose;
use async_trait::async_trait;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The technician's own number, and the customer's of `repair_input`.
const OWN: &str = "13900000077";
const CUSTOMERS: &str = "13800000001";
const NUMBER: &str = "057100000000";

/// Writes down what it is asked; away where the test says so.
#[derive(Default)]
struct Rented {
    asked: Mutex<Vec<String>>,
    away: AtomicBool,
}

impl Rented {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn asked(&self, text: String) -> Result<(), RelayError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(RelayError("it is away".to_owned()));
        }
        self.asked.lock().unwrap().push(text);
        Ok(())
    }
}

#[async_trait]
impl Relay for Rented {
    async fn bind(&self, binding: &Binding) -> Result<RelayNumber, RelayError> {
        let (technician, customer) = (
            binding.technician.expose_str(),
            binding.customer.expose_str(),
        );
        self.asked(format!("bind {technician} {customer}"))?;
        Ok(RelayNumber {
            number: NUMBER.to_owned(),
            extension: Some("0042".to_owned()),
        })
    }

    async fn end_at(&self, _: &str, until: Timestamp, _: Timestamp) -> Result<(), RelayError> {
        self.asked(format!("end_at {until}"))
    }

    async fn release(&self, _: &str, _: Timestamp) -> Result<(), RelayError> {
        self.asked("release".to_owned())
    }
}

async fn save(world: &World, number: &str) {
    let number = Plain::new(number.to_owned());
    let saved = world.app.save_own_line(&world.technician, &number).await;
    saved.unwrap();
    world.app.settle().await.unwrap();
}

/// The shop with a relay, and a technician who gave a number.
async fn with_relay() -> (World, Arc<Rented>) {
    let world = World::new().await;
    let rented = Arc::new(Rented::default());
    world.app.relay_through(Arc::clone(&rented) as _);
    save(&world, OWN).await;
    (world, rented)
}

async fn shown(world: &World, who: &Principal, receipt: &IntakeReceipt) -> Option<RelayDetail> {
    let detail = world.app.case_detail(who, receipt.case).await.unwrap();
    detail.work_orders[0].relay.clone()
}

async fn logged(world: &World) -> Vec<(String, String)> {
    let all = world.store.range(1, 10_000).await.unwrap();
    all.into_iter()
        .map(|stored| {
            let text = String::from_utf8_lossy(&stored.payload).into_owned();
            (stored.name, text)
        })
        .collect()
}

fn times(log: &[(String, String)], name: &str) -> usize {
    log.iter().filter(|(known, _)| known == name).count()
}

#[tokio::test]
async fn customer_and_technician_call_one_number_and_neither_learns_the_others() {
    let (world, rented) = with_relay().await;
    let receipt = in_state(&world, "scheduled").await;
    let asked = rented.take();
    assert_eq!(asked[0], format!("bind +86{OWN} +86{CUSTOMERS}"));
    assert_eq!(
        asked.iter().filter(|one| one.starts_with("bind")).count(),
        1
    );

    let claimant = world.claimant(&receipt).await;
    let at_technician = shown(&world, &world.technician, &receipt).await.unwrap();
    assert_eq!(
        (
            at_technician.number.as_str(),
            at_technician.extension.as_deref()
        ),
        (NUMBER, Some("0042"))
    );
    assert_eq!(
        shown(&world, &claimant, &receipt).await,
        Some(at_technician)
    );
    for desk in [&world.dispatcher, &world.agent, &world.auditor] {
        assert_eq!(shown(&world, desk, &receipt).await, None);
    }
    for who in [&world.technician, &claimant] {
        let detail = world.app.case_detail(who, receipt.case).await.unwrap();
        let text = serde_json::to_string(&detail).unwrap();
        assert!(!text.contains(OWN) && !text.contains(CUSTOMERS), "{text}");
    }
    // The technician needs no other number; the desk still has it, so that nobody is stuck.
    let reveal = async |who: &Principal, field| {
        let app = &world.app;
        app.reveal(who, receipt.case, &[field], "上门前联系").await
    };
    let refused = reveal(&world.technician, PersonField::Phone).await;
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.kind, refused.rule.as_str()),
        (ErrorKind::Refused, "relay_instead")
    );
    let address = reveal(&world.technician, PersonField::Address).await;
    assert!(address.unwrap().address.is_some());
    let phone = reveal(&world.dispatcher, PersonField::Phone).await;
    assert!(phone.unwrap().phone.is_some());

    // Handing the numbers over is in the log before it is bound, and no number is.
    let log = logged(&world).await;
    let place = |find: &dyn Fn(&(String, String)) -> bool| log.iter().position(find).unwrap();
    let used = place(&|(name, text)| name == "data_used.v1" && text.contains("\"relay\""));
    let bound = place(&|(name, _)| name == "relay_bound.v1");
    assert!(used < bound);
    assert!(world.vault.deliveries(DeliveryPurpose::Relay) >= 2);
    for (name, text) in &log {
        for number in [OWN, CUSTOMERS, NUMBER] {
            assert!(!text.contains(number), "{name}: {text}");
        }
    }
    let mut dump = Vec::new();
    world.store.dump(&mut dump).await.unwrap();
    let dump = String::from_utf8_lossy(&dump);
    assert!(!dump.contains(OWN) && !dump.contains(NUMBER));
    assert!(!dump.contains(&hex::encode(OWN)) && !dump.contains(&hex::encode(NUMBER)));
}

#[tokio::test]
async fn the_number_ends_by_itself_some_days_after_the_work() {
    let (world, rented) = with_relay().await;
    let receipt = in_state(&world, "scheduled").await;
    let technician = &world.technician;
    work(&world, technician, receipt.case, WorkOutcome::Fixed).await;
    let done = world.app.now();
    let until = shown(&world, technician, &receipt).await.unwrap().until;
    assert!(until >= done.plus_ms(15 * DAY_MS) && until <= done.plus_ms(16 * DAY_MS));
    assert!(!rented.take().contains(&"release".to_owned()));
    world
        .pass(until.since_ms(world.app.now()) - MINUTE_MS)
        .await;
    let claimant = world.claimant(&receipt).await;
    assert!(
        shown(&world, &claimant, &receipt).await.is_some(),
        "either may still have a question"
    );
    world.pass(2 * MINUTE_MS).await;
    assert_eq!(rented.take().last().map(String::as_str), Some("release"));
    let claimant = world.claimant(&receipt).await;
    assert_eq!(shown(&world, &claimant, &receipt).await, None);
    let log = logged(&world).await;
    assert_eq!(times(&log, "relay_ended.v1"), 1);
}

#[tokio::test]
async fn who_cannot_come_has_no_way_to_the_customer_any_more() {
    let (world, rented) = with_relay().await;
    let technician = &world.technician;
    let other = in_state(&world, "scheduled").await;
    assert!(shown(&world, technician, &other).await.is_some());
    rented.take();
    let release = Action::Release {
        work_order: None,
        reason: "车坏了。".to_owned(),
    };
    act(&world, technician, other.case, release).await;
    assert_eq!(rented.take().first().map(String::as_str), Some("release"));
    let claimant = world.claimant(&other).await;
    assert_eq!(shown(&world, &claimant, &other).await, None);
}

#[tokio::test]
async fn while_no_number_is_to_be_had_nobody_is_stuck_and_it_is_asked_for_again() {
    let (world, rented) = with_relay().await;
    rented.away.store(true, Ordering::SeqCst);
    let receipt = in_state(&world, "scheduled").await;
    assert_eq!(shown(&world, &world.technician, &receipt).await, None);
    let app = &world.app;
    let fields = [PersonField::Phone];
    let own = app
        .reveal(&world.technician, receipt.case, &fields, "上门前联系")
        .await;
    assert!(own.unwrap().phone.is_some(), "the job goes on without it");
    let waiting = world.store.open_jobs(100).await.unwrap();
    let why = waiting.iter().find(|job| job.kind == "keep_relay").unwrap();
    let why = why.last_error.clone().unwrap();
    assert!(
        why.contains("it is away") && !why.contains("1380000"),
        "{why}"
    );
    rented.away.store(false, Ordering::SeqCst);
    world.pass(5 * MINUTE_MS).await;
    let bound = rented.take();
    let bound: Vec<_> = bound.iter().filter(|one| one.starts_with("bind")).collect();
    assert_eq!(bound.len(), 1, "{bound:?}");
    assert!(shown(&world, &world.technician, &receipt).await.is_some());
}

#[tokio::test]
async fn a_technicians_other_number_takes_the_place_of_the_one_before_which_is_destroyed() {
    let (world, rented) = with_relay().await;
    let receipt = in_state(&world, "scheduled").await;
    rented.take();
    let line = world.app.own_line(&world.technician).await.unwrap();
    assert_eq!(line.unwrap().masked.as_deref(), Some("139****0077"));
    let wrong = Plain::new("12".to_owned());
    let wrong = world.app.save_own_line(&world.technician, &wrong).await;
    assert_eq!(wrong.unwrap_err().rule, "phone");
    save(&world, "13900000078").await;
    assert_eq!(
        rented.take(),
        [
            "release".to_owned(),
            format!("bind +8613900000078 +86{CUSTOMERS}")
        ]
    );
    let log = logged(&world).await;
    assert_eq!(times(&log, "person_shredded.v1"), 1);
    // Without a number of the technician there is nothing to put one between.
    save(&world, "").await;
    assert_eq!(rented.take(), ["release"]);
    assert_eq!(shown(&world, &world.technician, &receipt).await, None);
    let line = world.app.own_line(&world.technician).await.unwrap();
    assert_eq!(line.unwrap().masked, None);
    for (name, who) in world.everybody() {
        let is_own = world.app.own_line(who).await.is_ok();
        assert_eq!(is_own, name == "technician", "{name}");
    }
}

#[tokio::test]
async fn without_a_relay_there_is_no_number_no_form_and_no_work_for_it() {
    let world = World::new().await;
    assert_eq!(world.app.own_line(&world.technician).await.unwrap(), None);
    let number = Plain::new(OWN.to_owned());
    let saved = world.app.save_own_line(&world.technician, &number).await;
    assert_eq!(saved.unwrap_err().rule, "no_relay");
    let receipt = in_state(&world, "scheduled").await;
    assert_eq!(shown(&world, &world.technician, &receipt).await, None);
    let log = logged(&world).await;
    assert!(!log.iter().any(|(name, _)| name.starts_with("relay_")));
}

const GIVEN: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 44\r\n\r\n{\"number\":\"057100000000\",\"extension\":\"0042\"}";
const WORDS: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 17\r\n\r\n{\"number\":\"call\"}";

fn binding() -> Binding {
    Binding {
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        technician: Plain::new(format!("+86{OWN}")),
        customer: Plain::new(format!("+86{CUSTOMERS}")),
        until: Timestamp(1_793_667_600_000),
        at: Timestamp(1_793_581_200_000),
    }
}

#[tokio::test]
async fn a_gateway_is_asked_under_one_id_and_what_it_answers_is_checked() {
    let script = [Some(GIVEN), Some(WORDS), Some(OK), Some(BROKEN)];
    let receiver = Receiver::start(&script).await;
    let key = "invented-key\n";
    let gateway = RelayGateway::new(client(2_000), &receiver.url(), key).unwrap();
    let binding = binding();
    let given = gateway.bind(&binding).await.unwrap();
    assert_eq!(
        (given.number.as_str(), given.extension.as_deref()),
        (NUMBER, Some("0042"))
    );
    let words = gateway.bind(&binding).await.unwrap_err().to_string();
    assert!(
        words.contains("no number") && !words.contains("call"),
        "{words}"
    );
    let (id, at) = (&binding.id, binding.at);
    gateway.end_at(id, binding.until, at).await.unwrap();
    let broken = gateway.release(id, at).await.unwrap_err().to_string();
    assert!(broken.contains("500"), "{broken}");
    let resting = gateway.release(id, at).await.unwrap_err().to_string();
    assert!(resting.contains("a moment ago"), "{resting}");
    let asked = receiver.take();
    assert_eq!(asked.len(), 4, "a broken gateway is left alone");
    assert_eq!(asked[0].header("authorization"), "Bearer invented-key");
    assert_eq!(asked[0].header("idempotency-key"), id);
    assert_eq!(
        asked[0].json(),
        serde_json::json!({
            "do": "bind", "id": id, "a": format!("+86{OWN}"), "b": format!("+86{CUSTOMERS}"),
            "until": binding.until,
        })
    );
    assert_eq!(
        asked[2].json(),
        serde_json::json!({ "do": "end_at", "id": id, "until": binding.until })
    );
    assert_eq!(
        asked[3].json(),
        serde_json::json!({ "do": "release", "id": id })
    );
    let made = |url: &str, key: &str| RelayGateway::new(client(2_000), url, key);
    assert!(made("relay.example.com", "key").is_err());
    assert!(made("https://relay.example.com", "two words").is_err());
}
