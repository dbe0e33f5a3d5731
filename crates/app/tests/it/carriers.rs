//! Messages reach a gateway once or again under the same id, none is lost while it is away, and at night only what cannot
//! wait is sent.

use crate::planning::accept_and_agree;
use crate::told::{assert_told, work};
use crate::webhooks::{BROKEN, OK, Receiver, client};
use crate::world::{World, cracked_mug, saved_again};
use aftercare_app::carriers::{Carriers, Gateway};
use aftercare_app::notify::{Notifier, Recipient};
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::time::{HOUR_MS, MINUTE_MS};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The shop with a gateway for texts; everything else goes where it went before.
async fn with_gateway(receiver: &Receiver) -> World {
    let world = World::new().await;
    let gateway = Gateway::new(&receiver.url(), "invented-key\n").unwrap();
    let others: Arc<dyn Notifier> = Arc::clone(&world.notifier) as _;
    let carriers = Carriers::new(client(2_000), Some(gateway), None, others);
    world.carried_by(Arc::new(carriers)).await
}

fn count(world: &World, kind: &str) -> usize {
    let messages = world.notifier.messages().into_iter();
    messages.filter(|message| message.kind == kind).count()
}

#[tokio::test]
async fn a_text_is_handed_to_the_gateway_and_the_customer_counts_as_told() {
    let receiver = Receiver::start(&[Some(OK)]).await;
    let world = with_gateway(&receiver).await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 3).await;
    world.app.settle().await.unwrap();
    let requests = receiver.take();
    let access = requests
        .iter()
        .find(|request| request.json()["kind"] == "case_access")
        .unwrap();
    let text = access.json();
    assert_eq!(access.header("authorization"), "Bearer invented-key");
    assert_eq!(text["id"], access.header("idempotency-key"));
    assert!(text["zh"].as_str().unwrap().contains(&receipt.link));
    assert!(text["en"].as_str().unwrap().contains(&receipt.link));
    assert!(text["phone"].as_str().unwrap().starts_with("+86"));
    assert!(
        world
            .events(receipt.case)
            .await
            .contains(&"customer_told.v1".to_owned())
    );
    // Colleagues are told as before, and nobody is told twice.
    let others = world.notifier.messages();
    assert!(!others.is_empty());
    let to_claimant = |to: &Recipient| matches!(to, Recipient::Claimant { .. });
    assert!(!others.iter().any(|message| to_claimant(&message.to)));
    let mut ids: Vec<_> = requests
        .iter()
        .map(|one| one.json()["id"].clone())
        .collect();
    let sent = ids.len();
    ids.sort_by_key(ToString::to_string);
    ids.dedup();
    assert_eq!(ids.len(), sent);
}

#[tokio::test]
async fn while_the_gateway_is_away_it_is_left_alone_and_everything_is_sent_afterwards() {
    let receiver = Receiver::start(&[Some(BROKEN), Some(OK)]).await;
    let world = with_gateway(&receiver).await;
    let first = world.repair().await;
    world.app.settle().await.unwrap();
    let second = world.repair().await;
    world.app.settle().await.unwrap();
    let asked = receiver.take();
    assert_eq!(
        asked.len(),
        1,
        "the second text does not wait for a broken gateway"
    );
    let failed = asked[0].json()["id"].to_string();
    let phone = asked[0].json()["phone"].as_str().unwrap().to_owned();
    let waiting = world.store.open_jobs(100).await.unwrap();
    let why: Vec<_> = waiting
        .iter()
        .filter(|job| job.kind == "send_access")
        .map(|job| job.last_error.clone().unwrap())
        .collect();
    assert_eq!(why.len(), 2);
    assert!(
        why.iter().any(|why| why.contains("answered 500")),
        "{why:?}"
    );
    assert!(!why.iter().any(|why| why.contains(&phone)), "{why:?}");
    // An administrator sees what did not go, of which case, and nobody else does.
    let health = world.app.health(&world.admin).await.unwrap();
    assert_eq!(health.failing.len(), 2);
    let of_first = (first.case, first.number.clone());
    assert!(
        health
            .failing
            .iter()
            .any(|work| work.case.as_ref() == Some(&of_first))
    );
    for (name, principal) in world.everybody() {
        let sees = world.app.health(principal).await.is_ok();
        assert_eq!(sees, matches!(name, "admin" | "auditor"), "{name}");
    }
    world.pass(2 * MINUTE_MS).await;
    let mut sent: BTreeMap<String, usize> = BTreeMap::new();
    let mut links = String::new();
    for request in receiver.take() {
        *sent.entry(request.json()["id"].to_string()).or_default() += 1;
        links += request.json()["zh"].as_str().unwrap();
    }
    assert!(links.contains(&first.link) && links.contains(&second.link));
    assert_eq!(sent.get(&failed), Some(&1), "under the id it had: {sent:?}");
    assert!(sent.values().all(|times| *times == 1), "{sent:?}");
    let health = world.app.health(&world.admin).await.unwrap();
    assert_eq!(
        (health.failing, health.late, health.overdue),
        (Vec::new(), 0, 0)
    );
    assert!(health.events > 0);
}

#[tokio::test]
async fn at_night_who_comes_is_said_at_once_and_what_can_wait_is_said_in_the_morning() {
    let world = World::new().await;
    // It is nine: a night that begins in half an hour.
    world.app.keep_quiet("09:30-18:00".parse().unwrap());
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 1).await;
    world.pass(HOUR_MS).await;
    work(&world, &world.technician, receipt.case, WorkOutcome::Fixed).await;
    assert_told(&world, "technician_en_route", "claimant");
    assert_eq!(count(&world, "work_done"), 0);
    world.pass(7 * HOUR_MS).await;
    assert_eq!(count(&world, "work_done"), 0);
    world.pass(HOUR_MS + MINUTE_MS).await;
    assert_eq!(count(&world, "work_done"), 1);
    world.pass(HOUR_MS).await;
    assert_eq!(count(&world, "work_done"), 1);
}

/// How often somebody whose photo a person looks at was told so, where the claim was filed at nine in the night.
async fn told_of_the_check(hours: &str) -> usize {
    let world = World::new().await;
    world.app.keep_quiet(hours.parse().unwrap());
    world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    world
        .claim("A2", "陈试用", "13800000003", saved_again(1))
        .await;
    world.app.settle().await.unwrap();
    count(&world, "person_is_checking")
}

#[tokio::test]
async fn nothing_is_kept_back_when_a_time_of_the_case_ends_before_there_was_time_to_read() {
    // The first look is due at nine of the next day: two hours after eight would be too late.
    assert_eq!(told_of_the_check("08:30-08:00").await, 1);
    assert_eq!(told_of_the_check("08:30-18:00").await, 0);
}
