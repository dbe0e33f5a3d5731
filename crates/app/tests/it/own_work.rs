//! What a technician sees: the own work, before an accusation could color it, and not for ever.

use crate::exits::in_state;
use crate::planning::accept_and_agree;
use crate::told::{act, assert_told, order, row, work};
use crate::world::{World, cracked_mug, damage};
use aftercare_app::actions::{Action, ResolutionInput};
use aftercare_app::error::ErrorKind;
use aftercare_app::evidence::Upload;
use aftercare_app::lists::{Jobs, Paging};
use aftercare_app::notify::FileNotifier;
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::Fen;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::CaseId;
use aftercare_domain::limits::HEARING_MS;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use std::sync::Arc;

fn resolution(kind: &str, fen: Option<i64>) -> ResolutionInput {
    ResolutionInput {
        kind: kind.to_owned(),
        amount: fen.map(Fen),
    }
}

/// A claim whose sides agreed on an inspection, which the technician was asked for.
pub(crate) async fn inspection(world: &World) -> IntakeReceipt {
    let receipt = world
        .claim("A3", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let claimant = world.claimant(&receipt).await;
    let offer = Action::OfferSettlement {
        claim: None,
        resolution: resolution("partial", Some(2_000)),
        statement: "只退一部分。".to_owned(),
    };
    act(world, &world.merchant, receipt.case, offer).await;
    let counter = Action::OfferCounter {
        claim: None,
        resolution: resolution("inspection", None),
        statement: String::new(),
    };
    act(world, &claimant, receipt.case, counter).await;
    let accept = Action::AnswerCounter {
        claim: None,
        accept: true,
    };
    act(world, &world.merchant, receipt.case, accept).await;
    let technicians = world.app.technicians(&world.dispatcher).await.unwrap();
    let ask = Action::Offer {
        work_order: None,
        technician: Some(technicians[0].id),
    };
    act(world, &world.dispatcher, receipt.case, ask).await;
    receipt
}

async fn hidden(world: &World, case: CaseId) -> bool {
    match world.app.case_detail(&world.technician, case).await {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::NotFound);
            true
        }
    }
}

#[tokio::test]
async fn whoever_inspects_reads_no_claim_and_no_photo_of_it() {
    let world = World::new().await;
    let receipt = inspection(&world).await;
    let seen = world
        .app
        .case_detail(&world.technician, receipt.case)
        .await
        .unwrap();
    assert_eq!((seen.claims.len(), seen.work_orders.len()), (0, 1));
    assert!(seen.order.is_none());
    assert_eq!(seen.kind, "repair");
    for entry in &seen.timeline {
        let text = entry.text.clone().unwrap_or_default();
        assert!(
            !text.contains("只退一部分") && !text.contains("裂纹"),
            "{text}"
        );
        assert!(!entry.event.starts_with("claim_"), "{}", entry.event);
    }
    let desk = world
        .app
        .case_detail(&world.reviewer, receipt.case)
        .await
        .unwrap();
    let photo = desk.claims[0].evidence[0].id;
    let picture = world.app.picture(&world.technician, photo, false).await;
    assert_eq!(picture.unwrap_err().kind, ErrorKind::NotFound);
    assert!(
        world
            .app
            .picture(&world.reviewer, photo, false)
            .await
            .is_ok()
    );
}

/// Whose word a merchant's list says that the review waits for.
async fn awaited(world: &World) -> Vec<Option<String>> {
    let page = world
        .app
        .inbox(&world.merchant, false, &Paging::default())
        .await;
    let rows = page.unwrap().items.into_iter();
    rows.map(|row| row.awaited).collect()
}

/// What a technician saw for a claim is told to both who can answer it, and both stand in the list of who is waited for.
#[tokio::test]
async fn a_report_for_a_claim_is_told_to_both_sides_and_waits_for_their_answer() {
    let world = World::new().await;
    let receipt = inspection(&world).await;
    let case = receipt.case;
    accept_and_agree(&world, &receipt, 1).await;
    world.pass(HOUR_MS).await;
    work(&world, &world.technician, case, WorkOutcome::NoFaultFound).await;
    assert_eq!(world.claim_state(case).await, "human_review");
    for side in ["claimant", "merchant"] {
        assert_told(&world, "inspection_reported", side);
    }
    let end = world.app.now().plus_ms(HEARING_MS);
    let until = end.to_china_minute();
    let messages = world.notifier.messages().into_iter();
    for message in messages.filter(|message| message.kind == "inspection_reported") {
        assert!(message.zh.contains(&until), "{}", message.zh);
        assert!(message.en.contains(&until), "{}", message.en);
    }
    assert_eq!(awaited(&world).await, [Some("both".to_owned())]);
    let claimant = world.claimant(&receipt).await;
    let nothing = || Action::CloseRound { claim: None };
    for (who, left) in [
        (&claimant, vec![Some("merchant".to_owned())]),
        (&world.merchant, vec![]),
    ] {
        let detail = world.app.case_detail(who, case).await.unwrap();
        assert_eq!(detail.claims[0].answer_until, Some(end));
        let mut offered = detail.actions.iter();
        assert!(offered.any(|offer| offer.action == "close_round"));
        act(&world, who, case, nothing()).await;
        assert_eq!(awaited(&world).await, left);
        let detail = world.app.case_detail(who, case).await.unwrap();
        assert_eq!(detail.claims[0].answer_until, None);
    }
}

#[tokio::test]
async fn an_offer_that_is_declined_or_lapsed_shows_nothing_more() {
    let world = World::new().await;
    for declines in [true, false] {
        let receipt = in_state(&world, "offered").await;
        assert!(!hidden(&world, receipt.case).await);
        if declines {
            let offer = world
                .app
                .case_detail(&world.technician, receipt.case)
                .await
                .unwrap()
                .work_orders[0]
                .offers[0]
                .id;
            let decline = Action::DeclineOffer {
                work_order: None,
                offer,
                reason: "太远。".to_owned(),
            };
            act(&world, &world.technician, receipt.case, decline).await;
        } else {
            world.pass(HOUR_MS).await;
        }
        assert!(hidden(&world, receipt.case).await, "declines: {declines}");
    }
}

#[tokio::test]
async fn work_that_is_done_is_read_and_listed_for_two_weeks_beside_what_is_to_do() {
    let world = World::new().await;
    let done = world.repair().await;
    accept_and_agree(&world, &done, 1).await;
    world.pass(HOUR_MS).await;
    work(&world, &world.technician, done.case, WorkOutcome::Fixed).await;
    let waiting = in_state(&world, "waiting_for_parts").await;
    let listed = async |which| {
        let page = world
            .app
            .my_jobs(&world.technician, which, &Paging::default())
            .await;
        let items = page.unwrap().items.into_iter();
        items.map(|row| row.case).collect::<Vec<_>>()
    };
    assert_eq!(listed(Jobs::Ahead).await, [waiting.case]);
    assert_eq!(listed(Jobs::Done).await, [done.case]);
    assert!(!hidden(&world, done.case).await);
    world.pass(15 * DAY_MS).await;
    assert_eq!(listed(Jobs::Ahead).await, [waiting.case]);
    assert_eq!(listed(Jobs::Done).await, []);
    assert!(hidden(&world, done.case).await);
}

#[tokio::test]
async fn a_message_that_lies_in_a_file_has_told_nobody_and_a_page_that_was_opened_has() {
    let world = World::new().await;
    let file = world.folder.path().join("messages.sealed");
    let notifier = FileNotifier::new(file, world.vault.clone());
    let world = world.carried_by(Arc::new(notifier)).await;
    let receipt = in_state(&world, "accepted").await;
    let told = async || {
        let events = world.events(receipt.case).await;
        events.contains(&"customer_told.v1".to_owned())
    };
    assert!(!told().await);
    assert_eq!(order(&world, &receipt).await.told_ms, None);
    let claimant = world.claimant(&receipt).await;
    world.app.note_seen(&world.dispatcher, receipt.case).await;
    assert!(
        !told().await,
        "a colleague's look tells the customer nothing"
    );
    world.app.note_seen(&claimant, receipt.case).await;
    assert!(told().await);
    assert!(row(&world, receipt.case).await.is_some());
}

#[tokio::test]
async fn two_absences_that_are_entered_at_the_same_time_are_both_kept() {
    let world = World::new().await;
    let id = world.app.technicians(&world.dispatcher).await.unwrap()[0].id;
    let (app, dispatcher) = (&world.app, &world.dispatcher);
    let (first, second) = tokio::join!(
        app.add_absence(dispatcher, id, "2026-12-01", "2026-12-03"),
        app.add_absence(dispatcher, id, "2026-12-10", ""),
    );
    first.unwrap();
    second.unwrap();
    let row = app.technicians(dispatcher).await.unwrap().remove(0);
    assert_eq!(row.absences.len(), 2, "{:?}", row.absences);
}

#[tokio::test]
async fn a_photo_of_the_own_work_opens_for_its_technician() {
    let world = World::new().await;
    let receipt = in_state(&world, "in_work").await;
    let finish = Action::Finish {
        work_order: None,
        outcome: WorkOutcome::Fixed,
        actions: Vec::new(),
        note: String::new(),
    };
    let photo = Upload {
        kind: EvidenceKind::RepairPhoto,
        ..damage(cracked_mug(2))
    };
    world
        .app
        .act(&world.technician, receipt.case, finish, vec![photo], None)
        .await
        .unwrap();
    let photo = order(&world, &receipt).await.evidence[0].id;
    assert!(
        world
            .app
            .picture(&world.technician, photo, false)
            .await
            .is_ok()
    );
}
