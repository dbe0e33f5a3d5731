//! Never accuse an honest person; nobody sees a finding before a human looked; no machine decides.

use crate::world::{World, claim_input, cracked_mug, damage, refund, rejection, saved_again};
use aftercare_app::Principal;
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::notify::{Message, Recipient};
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::event::Look;
use aftercare_domain::limits::HEARING_MS;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_domain::{Case, evolve};

async fn no_finding_is_visible(world: &World, receipt: &IntakeReceipt) {
    for (name, detail) in world.as_everybody_reads(receipt).await {
        let text = serde_json::to_string(&detail).unwrap();
        for words in [
            "reused_photo",
            "几乎相同",
            "looks almost the same",
            "accuses\":true",
        ] {
            assert!(
                !text.contains(words),
                "{name} reads `{words}` before the first look"
            );
        }
    }
}

#[tokio::test]
async fn findings_are_sealed_until_a_human_looked_and_then_the_same_for_everybody() {
    let world = World::new().await;
    world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let receipt = world
        .claim("A2", "陈试用", "13800000003", saved_again(1))
        .await;
    let case = receipt.case;
    no_finding_is_visible(&world, &receipt).await;
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(case).await, "first_look");
    no_finding_is_visible(&world, &receipt).await;
    // The person is told that a person checks, and is not accused of anything.
    let messages = world.notifier.messages();
    let told = messages
        .iter()
        .filter(|message| message.kind == "person_is_checking")
        .count();
    assert_eq!(told, 1);

    let action = Action::FirstLook {
        claim: None,
        look: Look::CannotTell,
        note: String::new(),
        seen: Vec::new(),
    };
    world.act(&world.reviewer, case, action).await.unwrap();
    let claimant = world.claimant(&receipt).await;
    let of_claimant = world.app.case_detail(&claimant, case).await.unwrap().claims[0]
        .findings
        .clone();
    let of_merchant = world
        .app
        .case_detail(&world.merchant, case)
        .await
        .unwrap()
        .claims[0]
        .findings
        .clone();
    let of_reviewer = world
        .app
        .case_detail(&world.reviewer, case)
        .await
        .unwrap()
        .claims[0]
        .findings
        .clone();
    assert!(of_claimant.as_ref().is_some_and(|findings| {
        findings
            .iter()
            .any(|finding| finding.code == "reused_photo")
    }));
    assert_eq!(of_claimant, of_merchant);
    assert_eq!(of_claimant, of_reviewer);
}

/// Whoever's photo something is found about is told what to do and until when nothing is decided; nobody waits in vain for
/// somebody who does not know of it.
#[tokio::test]
async fn a_side_is_told_that_findings_about_its_photo_opened_and_by_when_to_answer() {
    let world = World::new().await;
    world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let receipt = world
        .claim("A2", "陈试用", "13800000003", saved_again(1))
        .await;
    world.app.settle().await.unwrap();
    let told = || {
        let messages = world.notifier.messages().into_iter();
        let told = messages.filter(|message| message.kind == "findings_opened");
        told.collect::<Vec<_>>()
    };
    assert_eq!(told(), [], "nobody may know it before a person looked");
    let look = Action::FirstLook {
        claim: None,
        look: Look::CannotTell,
        note: String::new(),
        seen: Vec::new(),
    };
    world
        .act(&world.reviewer, receipt.case, look)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let until = world.app.now().plus_ms(HEARING_MS).to_china_minute();
    let [message]: [Message; 1] = told().try_into().expect("one message");
    assert!(matches!(message.to, Recipient::Claimant { .. }));
    assert_eq!(message.case, Some(receipt.case));
    for (words, photo, nothing) in [
        (&message.zh, "照片", "没有要补充的"),
        (&message.en, "photo", "nothing to add"),
    ] {
        for part in [until.as_str(), photo, nothing] {
            assert!(words.contains(part), "{words}");
        }
        // It says nothing of what was found, nor of the person.
        for part in ["reused", "几乎相同", "造假", "fraud"] {
            assert!(!words.contains(part), "{words}");
        }
    }
}

#[tokio::test]
async fn two_honest_people_with_the_same_mug_are_not_accused() {
    let world = World::new().await;
    world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let second = world
        .claim("A2", "陈试用", "13800000003", cracked_mug(2))
        .await;
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(second.case).await, "merchant_window");
}

#[tokio::test]
async fn the_own_photo_for_the_same_order_is_asked_for_anew_not_accused() {
    let world = World::new().await;
    let first = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let claimant = world.claimant(&first).await;
    world
        .act(&claimant, first.case, Action::WithdrawClaim { claim: None })
        .await
        .unwrap();
    let again = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let events = world.events(again.case).await;
    assert!(
        !events.iter().any(|event| event == "first_look_required.v1"),
        "{events:?}"
    );
    assert!(
        events.iter().any(|event| event == "new_photo_asked.v1"),
        "{events:?}"
    );
}

#[tokio::test]
async fn a_silent_merchant_leads_to_a_human_not_to_a_payment() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.pass(3 * DAY_MS).await;
    assert_eq!(world.claim_state(receipt.case).await, "human_review");
    let events = world.events(receipt.case).await;
    assert!(events.iter().any(|event| event == "merchant_silent.v1"));
    assert!(
        !events.iter().any(|event| event == "payment_authorized.v1"),
        "{events:?}"
    );
    // Nor does time alone decide later.
    world.pass(30 * DAY_MS).await;
    assert_eq!(world.claim_state(receipt.case).await, "human_review");
}

#[tokio::test]
async fn a_program_signs_nothing_that_a_human_must_sign() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.pass(3 * DAY_MS).await;
    let erp = world
        .app
        .users(&world.admin)
        .await
        .unwrap()
        .into_iter()
        .find(|account| account.login == "erp")
        .unwrap();
    let token = world
        .app
        .create_token(
            &world.admin,
            erp.id,
            &["cases:read".to_owned(), "cases:write".to_owned()],
        )
        .await
        .unwrap();
    let program = world.app.resolve_token(&token.token).await.unwrap();
    let refused = world
        .act(
            &program,
            receipt.case,
            Action::Decide {
                claim: None,
                decision: rejection(),
            },
        )
        .await
        .unwrap_err();
    assert_eq!(refused.rule, "human_required");
    assert_eq!(world.claim_state(receipt.case).await, "human_review");
}

#[tokio::test]
async fn an_appeal_is_decided_by_somebody_else() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let case = receipt.case;
    let claimant = world.claimant(&receipt).await;
    world.pass(3 * DAY_MS).await;
    world
        .act(
            &world.reviewer,
            case,
            Action::Decide {
                claim: None,
                decision: rejection(),
            },
        )
        .await
        .unwrap();
    world
        .act(
            &claimant,
            case,
            Action::Appeal {
                claim: None,
                statement: "请再看一次。".to_owned(),
            },
        )
        .await
        .unwrap();
    let refused = world
        .act(
            &world.reviewer,
            case,
            Action::DecideAppeal {
                claim: None,
                freight: None,
                decision: rejection(),
            },
        )
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused);
    assert_eq!(refused.rule, "second_reviewer_differs");
    // The merchant has not seen the appeal yet: until then it is told when, and it may say that it has nothing to add.
    let decide = || Action::DecideAppeal {
        claim: None,
        freight: None,
        decision: rejection(),
    };
    let early = world.act(&world.second_reviewer, case, decide()).await;
    assert_eq!(early.unwrap_err().rule, "not_heard_yet");
    let offered = async |who: &Principal| {
        let detail = world.app.case_detail(who, case).await.unwrap();
        let mut actions = detail.actions.iter();
        actions.any(|offer| offer.action == "close_round")
    };
    assert!(offered(&world.merchant).await && !offered(&claimant).await);
    let nothing = Action::CloseRound { claim: None };
    world.act(&world.merchant, case, nothing).await.unwrap();
    assert!(!offered(&world.merchant).await);
    world
        .act(&world.second_reviewer, case, decide())
        .await
        .unwrap();
    assert_eq!(world.claim_state(case).await, "closed");
}

#[tokio::test]
async fn a_decision_needs_reasons_and_a_rule() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.pass(3 * DAY_MS).await;
    let mut without_reasons = rejection();
    without_reasons.reasons = "  ".to_owned();
    let mut without_rule = rejection();
    without_rule.citations.clear();
    for decision in [without_reasons, without_rule] {
        let refused = world
            .act(
                &world.reviewer,
                receipt.case,
                Action::Decide {
                    claim: None,
                    decision,
                },
            )
            .await
            .unwrap_err();
        assert!(
            matches!(refused.kind, ErrorKind::Invalid | ErrorKind::Refused),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn more_than_was_paid_is_never_asked_nor_paid_twice() {
    let world = World::new().await;
    let mut greedy = claim_input("A1", "周示范", "13800000002");
    greedy.ask = refund(6_801);
    let refused = world
        .app
        .file_claim(
            world.tenant,
            None,
            greedy,
            vec![damage(cracked_mug(1))],
            None,
        )
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Refused, "{refused}");
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    world
        .act(&world.merchant, receipt.case, Action::Agree { claim: None })
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(receipt.case).await, "closed");
    let again = world
        .app
        .file_claim(
            world.tenant,
            None,
            claim_input("A1", "周示范", "13800000002"),
            vec![damage(cracked_mug(3))],
            None,
        )
        .await
        .unwrap_err();
    assert_eq!(again.kind, ErrorKind::Refused, "{again}");
    let paid = std::fs::read_to_string(world.folder.path().join("payments.jsonl")).unwrap();
    assert_eq!(paid.lines().count(), 1);
}

#[tokio::test]
async fn what_is_stored_replays_to_what_is_shown() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.pass(2 * HOUR_MS).await;
    let events = world.store.load_case(receipt.case).await.unwrap();
    let replayed = events
        .iter()
        .fold(Case::default(), |case, stored| evolve(case, &stored.event));
    assert_eq!(replayed.version, events.last().unwrap().version);
    let report = world.store.rebuild(false).await.unwrap();
    assert_eq!(report.differences, Vec::<String>::new());
}
