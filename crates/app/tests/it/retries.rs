//! The same request sent again gets the same answer and happens once.

use crate::world::{World, claim_input, cracked_mug, damage, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::engine::IdempotencyKey;
use aftercare_app::error::ErrorKind;
use aftercare_app::intake::RepairInput;
use aftercare_app::limits::JOBS_PER_TURN_MAX;
use aftercare_domain::time::HOUR_MS;
use aftercare_store::{Unit, Write};

fn key(body: u8) -> IdempotencyKey {
    IdempotencyKey {
        scope: "test".to_owned(),
        key: "k1".to_owned(),
        body_hash: [body; 32],
    }
}

#[tokio::test]
async fn an_intake_sent_twice_is_one_case_with_the_same_receipt() {
    let world = World::new().await;
    let file = || {
        world.app.file_claim(
            world.tenant,
            None,
            claim_input("A1", "周示范", "13800000002"),
            vec![damage(cracked_mug(1))],
            Some(key(1)),
        )
    };
    let first = file().await.unwrap();
    let size = world.store.head().await.unwrap().size;
    let second = file().await.unwrap();
    assert_eq!(
        serde_json::to_value(&first).unwrap(),
        serde_json::to_value(&second).unwrap()
    );
    assert_eq!(world.store.head().await.unwrap().size, size);
    let other = world
        .app
        .file_claim(
            world.tenant,
            None,
            claim_input("A2", "陈试用", "13800000003"),
            Vec::new(),
            Some(key(2)),
        )
        .await
        .unwrap_err();
    assert_eq!(other.kind, ErrorKind::Conflict);
    assert_eq!(other.rule, "idempotency_key_reused");
}

#[tokio::test]
async fn an_action_sent_twice_happens_once() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let say = || {
        world.app.act(
            &world.agent,
            receipt.case,
            Action::Say {
                text: "已联系买家。".to_owned(),
                draft: String::new(),
            },
            Vec::new(),
            Some(key(3)),
        )
    };
    let first = say().await.unwrap();
    let second = say().await.unwrap();
    assert_eq!(
        serde_json::to_value(&first).unwrap(),
        serde_json::to_value(&second).unwrap()
    );
    let said = world
        .events(receipt.case)
        .await
        .into_iter()
        .filter(|event| event == "statement_added.v1")
        .count();
    assert_eq!(said, 1);
}

#[tokio::test]
async fn many_at_once_lose_nothing() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let speak = |number: usize| {
        world.app.act(
            &world.agent,
            receipt.case,
            Action::Say {
                text: format!("第 {number} 句"),
                draft: String::new(),
            },
            Vec::new(),
            None,
        )
    };
    let (a, b, c, d) = tokio::join!(speak(1), speak(2), speak(3), speak(4));
    for result in [a, b, c, d] {
        result.unwrap();
    }
    let said = world
        .events(receipt.case)
        .await
        .into_iter()
        .filter(|event| event == "statement_added.v1")
        .count();
    assert_eq!(said, 4);
}

#[tokio::test]
async fn the_link_and_the_code_reach_the_claimant_once() {
    let world = World::new().await;
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    world.app.settle().await.unwrap();
    let messages = world.notifier.messages();
    let sent: Vec<_> = messages
        .iter()
        .filter(|message| message.kind == "case_access")
        .collect();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].zh.contains(&receipt.link));
    assert!(
        !sent[0].zh.contains(&receipt.code),
        "the message has a code of its own"
    );
    world.claimant_by_phone(&receipt).await;
    world.claimant(&receipt).await;
    // While it waited it lay sealed.
    let jobs = world.store.open_jobs(100).await.unwrap();
    assert!(
        jobs.iter()
            .all(|job| !job.payload.to_string().contains(&receipt.code))
    );
}

#[tokio::test]
async fn one_phone_number_opens_only_so_many_cases_an_hour_from_the_pages() {
    let world = World::new().await;
    let report = || {
        world.app.report_repair(
            world.tenant,
            None,
            crate::world::repair_input(),
            Vec::new(),
            None,
        )
    };
    for _ in 0..aftercare_app::limits::PHONE_INTAKES_MAX {
        report().await.unwrap();
    }
    let size = world.store.head().await.unwrap().size;
    let refused = report().await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.rule.as_str()),
        (ErrorKind::TooMany, "too_many_of_one_phone")
    );
    assert_eq!(
        world.store.head().await.unwrap().size,
        size,
        "nothing is kept"
    );
    // Whoever calls is still helped, and an hour later the pages are open again.
    let by_phone = world
        .app
        .report_repair(
            world.tenant,
            Some(&world.agent),
            crate::world::repair_input(),
            Vec::new(),
            None,
        )
        .await;
    assert!(by_phone.is_ok());
    world.clock.advance_ms(HOUR_MS + 1);
    assert!(report().await.is_ok());
}

#[tokio::test]
async fn reports_sent_at_once_are_counted_one_after_the_other() {
    let world = World::new().await;
    let mut sent = tokio::task::JoinSet::new();
    for _ in 0..3 * aftercare_app::limits::PHONE_INTAKES_MAX {
        let (app, tenant) = (std::sync::Arc::clone(&world.app), world.tenant);
        sent.spawn(async move {
            let input = crate::world::repair_input();
            app.report_repair(tenant, None, input, Vec::new(), None)
                .await
        });
    }
    let answers = sent.join_all().await;
    let taken = answers.iter().filter(|one| one.is_ok()).count();
    assert_eq!(taken, aftercare_app::limits::PHONE_INTAKES_MAX);
}

/// A shop whose settings cannot be read holds up no clock of another shop, however many of its own are due.
#[tokio::test]
async fn clocks_that_cannot_be_handled_hold_up_nobody_elses() {
    let world = World::new().await;
    for _ in 0..JOBS_PER_TURN_MAX {
        let input = repair_input();
        let taken = world
            .app
            .report_repair(world.tenant, Some(&world.agent), input, Vec::new(), None)
            .await;
        taken.unwrap();
    }
    // Those come first.
    world.clock.advance_ms(1_000);
    let (other, _) = world
        .app
        .create_tenant("另一家店", "admin-2")
        .await
        .unwrap();
    let input = RepairInput {
        order_number: String::new(),
        ..repair_input()
    };
    let taken = world
        .app
        .report_repair(other, None, input, Vec::new(), None)
        .await;
    let case = taken.unwrap().case;
    let shops = world.store.tenants().await.unwrap();
    let mut broken = shops
        .into_iter()
        .find(|shop| shop.id == world.tenant)
        .unwrap();
    broken.settings = serde_json::json!({ "calendar": 5 });
    let unit = Unit {
        writes: vec![Write::Tenant(broken)],
        ..Unit::default()
    };
    world.store.commit(unit).await.unwrap();
    world.clock.advance_ms(HOUR_MS);
    let is_due = async || {
        let due = world.store.due_clocks(world.app.now(), 1_000).await;
        due.unwrap().iter().any(|(of, _)| *of == case)
    };
    assert!(is_due().await);
    let first = world.app.turn().await.unwrap();
    assert_eq!(first.clocks, 0, "those that came first cannot be handled");
    let second = world.app.turn().await.unwrap();
    assert!(second.clocks > 0, "the other shop has its turn");
    assert!(!is_due().await, "a dispatcher was called");
}
