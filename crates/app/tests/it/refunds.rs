//! Money goes once: whatever happens between the word that lets it move and the record that it did.

use crate::world::{START, World, claim_input, cracked_mug, refund};
use aftercare_app::actions::{Action, ResolutionInput};
use aftercare_app::clock::ManualClock;
use aftercare_app::limits::PAYMENT_UNRECORDED_MS_MAX;
use aftercare_app::payments::{FilePayments, Payment, Payments as _};
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use aftercare_domain::{Fen, event::Resolution};
use serde_json::{Value, json};
use std::sync::Arc;

const WECHAT: &str = include_str!("../../src/platforms/samples/wechat.json");
const AGREE: Action = Action::Agree { claim: None };
const WITHDRAW: Action = Action::WithdrawClaim { claim: None };

/// What the provider was told, line by line.
fn instructed(world: &World) -> usize {
    std::fs::read_to_string(world.folder.path().join("payments.jsonl"))
        .unwrap_or_default()
        .lines()
        .count()
}

/// What the order line of a case counts as refunded.
async fn counted(world: &World, case: CaseId) -> Fen {
    let detail = world.app.case_detail(&world.merchant, case).await.unwrap();
    let line = detail.claims[0].line;
    world
        .store
        .order_line(line)
        .await
        .unwrap()
        .unwrap()
        .refunded_fen
}

async fn claims_of_one_line(world: &World) -> [CaseId; 2] {
    let mut cases = Vec::new();
    for photo in 1..3 {
        let receipt = world
            .claim("A1", "周示范", "13800000002", cracked_mug(photo))
            .await;
        cases.push(receipt.case);
    }
    world.app.settle().await.unwrap();
    [cases[0], cases[1]]
}

/// What a worker that died right after the provider paid leaves behind.
async fn paid_and_died(world: &World, case: CaseId) {
    let detail = world.app.case_detail(&world.merchant, case).await.unwrap();
    let claim = &detail.claims[0];
    FilePayments::new(world.folder.path().join("payments.jsonl"))
        .pay(&Payment {
            case,
            claim: claim.id,
            order: detail.order.as_ref().unwrap().id,
            amount: Fen(6_800),
            at: world.app.now(),
        })
        .unwrap();
}

/// A claim that the merchant has agreed to pay.
async fn agreed(world: &World) -> CaseId {
    let case = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await
        .case;
    world.app.settle().await.unwrap();
    world.act(&world.merchant, case, AGREE).await.unwrap();
    case
}

#[tokio::test]
async fn two_cases_of_one_order_line_are_paid_once() {
    let world = World::new().await;
    let [first, second] = claims_of_one_line(&world).await;
    // Both are agreed to before anything was paid.
    world.act(&world.merchant, first, AGREE).await.unwrap();
    assert_eq!(counted(&world, first).await, Fen(6_800));
    let refused = world.act(&world.merchant, second, AGREE).await;
    assert_eq!(refused.unwrap_err().rule, "amount_above_paid");
    world.app.settle().await.unwrap();
    assert_eq!(
        (instructed(&world), counted(&world, first).await),
        (1, Fen(6_800))
    );
    let books = world.app.reconcile(&world.auditor).await.unwrap();
    assert_eq!((books.agree, books.rows.len()), (1, 1));
    // What the month came to: one of the two was agreed on and paid.
    let [month] = books.months.as_slice() else {
        panic!("{:?}", books.months);
    };
    assert_eq!((month.filed, month.agreed, month.decided), (2, 1, 0));
    assert_eq!((month.month.len(), month.paid), (7, Fen(6_800)));
}

#[tokio::test]
async fn two_cases_of_one_order_line_agreed_in_the_same_moment_are_paid_once() {
    let world = World::new().await;
    let [first, second] = claims_of_one_line(&world).await;
    let (one, other) = tokio::join!(
        world.act(&world.merchant, first, AGREE),
        world.act(&world.merchant, second, AGREE)
    );
    assert_ne!(one.is_ok(), other.is_ok(), "{one:?} {other:?}");
    let refused = one.err().or(other.err()).unwrap();
    assert_eq!(refused.rule, "amount_above_paid");
    world.app.settle().await.unwrap();
    assert_eq!(instructed(&world), 1);
}

#[tokio::test]
async fn a_claim_withdrawn_before_it_was_paid_is_not_paid_and_frees_its_line() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    world.act(&world.merchant, case, AGREE).await.unwrap();
    let claimant = world.claimant(&receipt).await;
    world.act(&claimant, case, WITHDRAW).await.unwrap();
    for _ in 0..2 {
        world.app.settle().await.unwrap();
        assert_eq!(
            (instructed(&world), counted(&world, case).await),
            (0, Fen(0))
        );
    }
    assert_eq!(world.app.reconcile(&world.auditor).await.unwrap().rows, []);
    let again = world
        .claim("A1", "周示范", "13800000002", cracked_mug(2))
        .await;
    world.app.settle().await.unwrap();
    world.act(&world.merchant, again.case, AGREE).await.unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(
        (instructed(&world), counted(&world, case).await),
        (1, Fen(6_800))
    );
}

#[tokio::test]
async fn a_claim_withdrawn_after_the_provider_paid_is_recorded_and_counted() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    world.act(&world.merchant, case, AGREE).await.unwrap();
    paid_and_died(&world, case).await;
    let claimant = world.claimant(&receipt).await;
    world.act(&claimant, case, WITHDRAW).await.unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(
        (instructed(&world), counted(&world, case).await),
        (1, Fen(6_800))
    );
    let books = world.app.reconcile(&world.auditor).await.unwrap();
    assert_eq!((books.agree, books.rows.len()), (1, 1));
    assert!(
        world
            .events(case)
            .await
            .contains(&"claim_executed.v1".to_owned())
    );
}

#[tokio::test]
async fn a_payment_that_nobody_records_is_shown_after_some_minutes() {
    let world = World::new().await;
    let case = agreed(&world).await;
    paid_and_died(&world, case).await;
    let states = || async {
        let books = world.app.reconcile(&world.auditor).await.unwrap();
        (books.waiting, books.disagree, books.rows[0].state.clone())
    };
    assert_eq!(states().await, (1, 0, "waiting".to_owned()));
    world.clock.advance_ms(PAYMENT_UNRECORDED_MS_MAX);
    assert_eq!(states().await, (1, 0, "waiting".to_owned()));
    world.clock.advance_ms(1);
    assert_eq!(states().await, (0, 1, "not_recorded".to_owned()));
    world.app.settle().await.unwrap();
    assert_eq!(states().await, (0, 0, "agrees".to_owned()));
}

#[tokio::test]
async fn a_payment_is_recorded_although_the_clock_stepped_back() {
    let world = World::new().await;
    let case = agreed(&world).await;
    // A machine whose clock is ten minutes ahead writes the case's latest event.
    let ahead = Arc::new(ManualClock::new(world.app.now().plus_ms(10 * MINUTE_MS)));
    let other = world.another_by(Arc::clone(&world.store), ahead).await;
    let say = Action::Say {
        text: "退款马上就到。".to_owned(),
        draft: String::new(),
    };
    other
        .act(&world.agent, case, say, Vec::new(), None)
        .await
        .unwrap();
    assert_eq!(world.app.now(), START);
    world.app.settle().await.unwrap();
    assert_eq!(instructed(&world), 1);
    assert!(
        world
            .events(case)
            .await
            .contains(&"claim_executed.v1".to_owned())
    );
    let books = world.app.reconcile(&world.auditor).await.unwrap();
    assert_eq!((books.agree, books.rows.len()), (1, 1));
    // What the other machine left behind for later is done in its time.
    world.pass(10 * MINUTE_MS).await;
    assert_eq!(world.store.open_jobs(100).await.unwrap(), []);
}

#[tokio::test]
async fn what_a_platform_refunds_is_counted_and_its_case_stands_alone() {
    let world = World::new().await;
    let app = &world.app;
    let mut object: Value = serde_json::from_str(WECHAT).unwrap();
    object["after_sale_order"]["order_id"] = json!("A1");
    let brought = app
        .bring_platform_case(
            &world.merchant,
            object.to_string().as_bytes(),
            None,
            Vec::new(),
        )
        .await
        .unwrap();
    let file = |fen: i64| {
        let mut input = claim_input("A1", "周示范", "13800000002");
        input.ask = refund(fen);
        app.file_claim(world.tenant, None, input, Vec::new(), None)
    };
    let refused = file(6_800).await.unwrap_err();
    assert_eq!(refused.rule, "claim_open_at_platform");
    let granted = Resolution::Partial { amount: Fen(6_000) };
    app.record_platform_outcome(
        &world.merchant,
        brought.case,
        "granted",
        Some(granted),
        false,
    )
    .await
    .unwrap();
    assert_eq!(counted(&world, brought.case).await, Fen(6_000));
    // The platform has decided: what is left of the price can be asked for here.
    let refused = file(801).await.unwrap_err();
    assert_eq!(refused.rule, "amount_above_paid");
    file(800).await.unwrap();
    app.settle().await.unwrap();
    assert_eq!(instructed(&world), 0, "the platform paid");
}

/// A platform gives what it gives, also more than was paid. Nothing of it is paid from here, then or later.
#[tokio::test]
async fn more_than_was_paid_is_recorded_as_the_platform_gave_it_and_paid_by_nobody_else() {
    let world = World::new().await;
    let app = &world.app;
    let brought = app
        .bring_platform_case(&world.merchant, WECHAT.as_bytes(), None, Vec::new())
        .await
        .unwrap();
    let case = brought.case;
    let record = |fen: i64, above: bool| {
        let granted = Resolution::Refund { amount: Fen(fen) };
        app.record_platform_outcome(&world.merchant, case, "granted", Some(granted), above)
    };
    // A slip of the pen is asked about first, and says by how much.
    let refused = record(8_000, false).await.unwrap_err();
    assert_eq!(refused.rule, "grant_above_paid");
    assert!(refused.zh.contains("12.00"), "{}", refused.zh);
    record(8_000, true).await.unwrap();
    app.settle().await.unwrap();
    let detail = app.case_detail(&world.merchant, case).await.unwrap();
    let there = detail.claims[0].platform.clone().unwrap();
    assert_eq!(there.granted.unwrap().amount, Some(Fen(8_000)));
    assert_eq!(there.above_paid, Some(Fen(1_200)));
    let mut told = detail.timeline.iter();
    let told = told.find(|entry| entry.event == "platform_decided.v1");
    assert!(told.unwrap().zh.contains("高 ¥12.00"));
    // All that was paid for the line counts as refunded: nobody is paid for it again.
    assert_eq!(counted(&world, case).await, Fen(6_800));
    let mut input = claim_input("A1", "周示范", "13800000002");
    input.ask = refund(1);
    let again = app.file_claim(world.tenant, None, input, Vec::new(), None);
    assert_eq!(again.await.unwrap_err().rule, "amount_above_paid");
    assert_eq!(instructed(&world), 0);
    assert_eq!(detail.claims[0].payment, None);
}

#[tokio::test]
async fn goods_that_do_not_come_back_are_asked_for_before_a_human_looks() {
    let world = World::new().await;
    let app = &world.app;
    let mut input = claim_input("A1", "周示范", "13800000002");
    input.ask = ResolutionInput {
        kind: "return".to_owned(),
        ..refund(6_800)
    };
    let filed = app.file_claim(world.tenant, None, input, Vec::new(), None);
    let case = filed.await.unwrap().case;
    world.act(&world.merchant, case, AGREE).await.unwrap();
    // What came without a word can be received.
    let detail = app.case_detail(&world.merchant, case).await.unwrap();
    let mut offered = detail.actions.iter().map(|offer| offer.action.as_str());
    assert!(offered.any(|action| action == "receive_return"));
    let reminded = || {
        let messages = world.notifier.messages();
        let due = messages.iter().filter(|sent| sent.kind == "return_due");
        due.count()
    };
    for (state, times) in [("agreed", 1), ("human_review", 1)] {
        world.pass(7 * DAY_MS + HOUR_MS).await;
        assert_eq!(world.claim_state(case).await, state);
        assert_eq!(reminded(), times);
    }
    assert_eq!(counted(&world, case).await, Fen(0));
}
