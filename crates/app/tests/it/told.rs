//! Whoever must know hears of it: what the customer wrote, a visit that was called off, a technician who cannot come.

use crate::planning::accept_and_agree;
use crate::world::{World, claim_input, cracked_mug, refund, rejection};
use aftercare_app::actions::{Action, ResolutionInput};
use aftercare_app::lists::Paging;
use aftercare_app::notify::Recipient;
use aftercare_app::packs::PackFor;
use aftercare_app::views::{IntakeReceipt, WorkOrderDetail, WorkOrderRow};
use aftercare_app::{Principal, SignedIn};
use aftercare_domain::Role;
use aftercare_domain::clock::{ClockName, PauseReason};
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::ids::CaseId;
use aftercare_domain::limits::HOLD_MS_MAX;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

fn whom(to: &Recipient) -> &str {
    match to {
        Recipient::Claimant { .. } => "claimant",
        Recipient::Staff { display_name } => display_name,
        Recipient::Desk { role, .. } => role,
    }
}

/// Kinds of the messages so far, each with whom it went to.
fn told(world: &World) -> Vec<(&'static str, String)> {
    let messages = world.notifier.messages().into_iter();
    messages
        .map(|message| (message.kind, whom(&message.to).to_owned()))
        .collect()
}

/// How many messages of that kind went to them, and what the last one says.
pub fn said(world: &World, kind: &str, to: &str) -> (usize, String) {
    let messages = world.notifier.messages().into_iter();
    let mut said: Vec<String> = messages
        .filter(|message| message.kind == kind && whom(&message.to) == to)
        .map(|message| message.zh)
        .collect();
    (said.len(), said.pop().unwrap_or_default())
}

/// One message of that kind went to them, with these words.
#[track_caller]
fn assert_says(world: &World, kind: &str, to: &str, words: &str) {
    let (times, text) = said(world, kind, to);
    assert!(times == 1 && text.contains(words), "{kind}: {times} {text}");
}

#[track_caller]
pub fn assert_told(world: &World, kind: &str, to: &str) {
    let told = told(world);
    assert!(
        told.iter().any(|(of, whom)| *of == kind && whom == to),
        "{kind} to {to}: {told:?}"
    );
}

pub fn say(text: &str) -> Action {
    Action::Say {
        text: text.to_owned(),
        draft: String::new(),
    }
}

pub async fn row(world: &World, case: CaseId) -> Option<WorkOrderRow> {
    let rows = world
        .app
        .at_dispatch(&world.dispatcher, &Paging::default())
        .await
        .unwrap();
    rows.items.into_iter().find(|row| row.case == case)
}

pub async fn order(world: &World, receipt: &IntakeReceipt) -> WorkOrderDetail {
    let claimant = world.claimant(receipt).await;
    let detail = world.app.case_detail(&claimant, receipt.case).await;
    detail.unwrap().work_orders.remove(0)
}

pub async fn act(world: &World, who: &Principal, case: CaseId, action: Action) {
    world.act(who, case, action).await.unwrap();
    world.app.settle().await.unwrap();
}

/// Somebody comes, looks, works, and the work is done.
pub async fn work(world: &World, who: &Principal, case: CaseId, outcome: WorkOutcome) {
    let work_order = world
        .app
        .case_detail(who, case)
        .await
        .unwrap()
        .work_orders
        .last()
        .map(|order| order.id);
    for action in [
        Action::SetOut { work_order },
        Action::Arrive { work_order },
        Action::Diagnose {
            work_order,
            fault_code: "E1".to_owned(),
            note: String::new(),
        },
        Action::StartWork { work_order },
        Action::Finish {
            work_order,
            outcome,
            actions: Vec::new(),
            note: "换了零件。".to_owned(),
        },
    ] {
        act(world, who, case, action).await;
    }
}

#[tokio::test]
async fn what_a_customer_writes_reaches_whoever_comes_and_stands_at_dispatch_until_it_is_answered()
{
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 3).await;
    let claimant = world.claimant(&receipt).await;
    act(&world, &claimant, receipt.case, say("厨房里有煤气味。")).await;
    assert_told(&world, "message_written", "示例师傅");
    assert_told(&world, "message_written", "dispatcher");
    let waiting = row(&world, receipt.case).await.unwrap();
    assert_eq!(waiting.escalation.as_deref(), Some("customer_wrote"));
    act(
        &world,
        &world.dispatcher,
        receipt.case,
        say("请先关阀开窗，离开厨房再打电话。"),
    )
    .await;
    assert_told(&world, "message_written", "claimant");
    assert_eq!(row(&world, receipt.case).await.unwrap().escalation, None);
}

#[tokio::test]
async fn after_the_work_was_confirmed_a_customer_still_reaches_somebody() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 1).await;
    world.pass(HOUR_MS).await;
    work(&world, &world.technician, receipt.case, WorkOutcome::Fixed).await;
    // Silence confirms.
    world.pass(73 * HOUR_MS).await;
    assert_eq!(order(&world, &receipt).await.state, "under_warranty");
    assert!(row(&world, receipt.case).await.is_none());
    let claimant = world.claimant(&receipt).await;
    act(&world, &claimant, receipt.case, say("又不亮了，找谁？")).await;
    assert_told(&world, "message_written", "dispatcher");
    let waiting = row(&world, receipt.case).await.unwrap();
    assert_eq!(waiting.escalation.as_deref(), Some("customer_wrote"));
    act(&world, &world.agent, receipt.case, say("今天给您回电话。")).await;
    assert!(row(&world, receipt.case).await.is_none());
}

#[tokio::test]
async fn a_visit_that_is_called_off_is_told_to_whoever_would_have_come() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 3).await;
    let claimant = world.claimant(&receipt).await;
    let withdraw = Action::WithdrawRepair { work_order: None };
    act(&world, &claimant, receipt.case, withdraw).await;
    assert_told(&world, "repair_withdrawn", "示例师傅");
    assert_eq!(order(&world, &receipt).await.window, None);
}

#[tokio::test]
async fn a_customer_hears_that_the_technician_cannot_come_and_sees_no_agreed_time() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 3).await;
    let agreed = order(&world, &receipt).await;
    assert!(agreed.agreed && agreed.window.is_some());
    let release = Action::Release {
        work_order: None,
        reason: "车坏了。".to_owned(),
    };
    act(&world, &world.technician, receipt.case, release).await;
    assert_told(&world, "technician_released", "claimant");
    let order = order(&world, &receipt).await;
    assert_eq!((order.agreed, order.window), (false, agreed.window));
}

#[tokio::test]
async fn a_part_that_has_come_is_told_to_both_who_must_agree_on_a_visit() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 1).await;
    world.pass(HOUR_MS).await;
    for action in [
        Action::Arrive { work_order: None },
        Action::Diagnose {
            work_order: None,
            fault_code: "E1".to_owned(),
            note: String::new(),
        },
        Action::AwaitParts {
            work_order: None,
            parts: vec!["灯管".to_owned()],
        },
    ] {
        act(&world, &world.technician, receipt.case, action).await;
    }
    assert_told(&world, "parts_awaited", "claimant");
    assert_eq!(order(&world, &receipt).await.window, None);
    let arrived = Action::PartsArrived { work_order: None };
    act(&world, &world.dispatcher, receipt.case, arrived).await;
    assert_told(&world, "parts_arrived", "claimant");
    assert_told(&world, "parts_arrived_agree", "示例师傅");
}

#[tokio::test]
async fn on_a_case_with_two_repairs_the_technician_of_that_repair_is_told() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 1).await;
    world.pass(HOUR_MS).await;
    work(&world, &world.technician, receipt.case, WorkOutcome::Fixed).await;
    let claimant = world.claimant(&receipt).await;
    let confirm = Action::ConfirmWork { work_order: None };
    act(&world, &claimant, receipt.case, confirm).await;
    // The rework goes to somebody else.
    world.technician_account("tech2").await;
    let rows = "login,display_name,skill,counties,latitude,longitude\ntech2,另一师傅,lamp,330106,30.2511,120.1711\n";
    assert_eq!(world.import_technicians(rows).await, []);
    let listed = world.app.technicians(&world.dispatcher).await.unwrap();
    let (id, user) = listed
        .iter()
        .find(|row| row.display_name == "另一师傅")
        .map(|row| (row.id, row.user))
        .unwrap();
    let other = Principal::User(SignedIn {
        user,
        tenant: world.tenant,
        display_name: "另一师傅".to_owned(),
        roles: vec![Role::Technician],
        technician: Some(id),
    });
    let first = order(&world, &receipt).await.id;
    let rework = Action::RequestRework {
        work_order: first,
        text: "又不亮了。".to_owned(),
    };
    act(&world, &claimant, receipt.case, rework).await;
    let second = async || {
        let detail = world.app.case_detail(&world.dispatcher, receipt.case).await;
        detail.unwrap().work_orders.remove(1)
    };
    let rework = second().await;
    let name = Action::Offer {
        work_order: Some(rework.id),
        technician: Some(id),
    };
    act(&world, &world.dispatcher, receipt.case, name).await;
    let offer = second().await.offers.last().unwrap().id;
    let accept = Action::AcceptOffer {
        work_order: Some(rework.id),
        offer,
    };
    act(&world, &other, receipt.case, accept).await;
    let before = told(&world).len();
    let from = world.app.now().plus_ms(DAY_MS);
    let agree = Action::Schedule {
        work_order: Some(rework.id),
        from,
        until: from.plus_ms(2 * HOUR_MS),
    };
    act(&world, &world.agent, receipt.case, agree).await;
    let new = told(&world).split_off(before);
    assert!(
        new.contains(&("visit_time_set", "另一师傅".to_owned())),
        "{new:?}"
    );
    assert!(
        !new.contains(&("visit_time_set", "示例师傅".to_owned())),
        "{new:?}"
    );
    // What the first one writes is about the own work, also where a claim stands beside it.
    let before = told(&world).len();
    act(
        &world,
        &world.technician,
        receipt.case,
        say("上次换的是灯管。"),
    )
    .await;
    let new = told(&world).split_off(before);
    assert!(
        new.contains(&("message_written", "claimant".to_owned())),
        "{new:?}"
    );
    assert!(
        !new.contains(&("message_written", "另一师傅".to_owned())),
        "{new:?}"
    );
}

/// A claim for a return of the whole price, which the merchant agreed to.
async fn agreed_return(world: &World) -> IntakeReceipt {
    let mut input = claim_input("A1", "周示范", "13800000002");
    input.ask = ResolutionInput {
        kind: "return".to_owned(),
        ..refund(6_800)
    };
    let filed = world
        .app
        .file_claim(world.tenant, None, input, Vec::new(), None);
    let receipt = filed.await.unwrap();
    world.app.settle().await.unwrap();
    assert_says(world, "answer_due", "merchant", &in_days(world, 2));
    let agree = Action::Agree { claim: None };
    act(world, &world.merchant, receipt.case, agree).await;
    receipt
}

fn in_days(world: &World, days: i64) -> String {
    world.app.now().plus_ms(days * DAY_MS).to_china_minute()
}

/// Whose turn it is with goods hears of it, with the day until when.
#[tokio::test]
async fn whoever_has_goods_to_send_or_to_look_at_is_told_by_when() {
    let world = World::new().await;
    let receipt = agreed_return(&world).await;
    let case = receipt.case;
    assert_says(&world, "return_to_send", "claimant", &in_days(&world, 7));
    let claimant = world.claimant(&receipt).await;
    let ship = Action::ShipReturn {
        claim: None,
        waybill: "SF-DEMO-0001".to_owned(),
    };
    act(&world, &claimant, case, ship).await;
    assert_says(&world, "return_shipped", "merchant", &in_days(&world, 7));
    let receive = Action::ReceiveReturn {
        claim: None,
        as_described: false,
    };
    act(&world, &world.merchant, case, receive).await;
    assert_says(&world, "return_received", "claimant", "认为不符");
    for side in ["claimant", "merchant"] {
        assert_says(&world, "with_reviewer", side, "退回的商品有争议");
    }
}

/// The claimant sends the goods, the merchant says that they are not as described, and the reviewer grants nothing.
async fn returned_for_nothing(world: &World, claimant: &Principal, case: CaseId) {
    let ship = Action::ShipReturn {
        claim: None,
        waybill: "SF-DEMO-0001".to_owned(),
    };
    act(world, claimant, case, ship).await;
    let receive = Action::ReceiveReturn {
        claim: None,
        as_described: false,
    };
    act(world, &world.merchant, case, receive).await;
    let reject = Action::Decide {
        claim: None,
        decision: rejection(),
    };
    act(world, &world.reviewer, case, reject).await;
}

/// Nothing is granted for goods that came back: both sides hear that they go back to the buyer, by when, and that they were sent.
#[tokio::test]
async fn goods_that_go_back_to_the_buyer_are_followed_by_both_sides() {
    let world = World::new().await;
    let receipt = agreed_return(&world).await;
    let (app, case) = (&world.app, receipt.case);
    let claimant = world.claimant(&receipt).await;
    returned_for_nothing(&world, &claimant, case).await;
    world.pass(7 * DAY_MS).await;
    let due = in_days(&world, 7);
    assert_says(&world, "goods_to_send_back", "merchant", &due);
    assert_says(&world, "goods_coming_back", "claimant", &due);
    let inbox = async || {
        let page = app.inbox(&world.merchant, false, &Paging::default()).await;
        page.unwrap().items
    };
    let rows = inbox().await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].awaited.as_deref(), Some("merchant"));
    assert_eq!(rows[0].next_clock.as_deref(), Some("execution"));
    let offered = async |who: &Principal| {
        let detail = app.case_detail(who, case).await.unwrap();
        let mut actions = detail.actions.iter();
        actions.any(|offer| offer.action == "send_goods_back")
    };
    assert!(offered(&world.merchant).await && !offered(&claimant).await);
    // Nobody sends them: the merchant is reminded, and then a reviewer looks. They can be sent all the same.
    world.pass(7 * DAY_MS).await;
    assert_says(&world, "execution_overdue", "merchant", "寄还");
    world.pass(7 * DAY_MS).await;
    assert_eq!(world.claim_state(case).await, "human_review");
    let (_, why) = said(&world, "with_reviewer", "claimant");
    assert!(why.contains("没有登记寄出"), "{why}");
    assert_eq!(inbox().await[0].awaited.as_deref(), Some("merchant"));
    assert!(offered(&world.merchant).await);
    let send = Action::SendGoodsBack {
        claim: None,
        waybill: "SF-DEMO-0002".to_owned(),
    };
    for who in [&world.reviewer, &world.agent, &claimant] {
        assert!(world.act(who, case, send.clone()).await.is_err());
    }
    act(&world, &world.merchant, case, send).await;
    assert_says(&world, "goods_sent_back", "claimant", "寄还");
    assert_eq!(world.claim_state(case).await, "closed");
    let papers = app
        .pack(&world.merchant, case, PackFor::Court)
        .await
        .unwrap();
    for event in ["goods_owed.v1", "goods_sent_back.v1"] {
        let mut told = papers.case.timeline.iter();
        assert!(told.any(|entry| entry.event == event), "{event}");
    }
    let detail = app.case_detail(&claimant, case).await.unwrap();
    assert_eq!(detail.claims[0].goods, "sent_back");
    let sent = detail.timeline.iter();
    let sent = sent.filter(|entry| entry.event == "goods_sent_back.v1");
    let waybills: Vec<_> = sent.filter_map(|entry| entry.text.as_deref()).collect();
    assert_eq!(waybills, ["SF-DEMO-0002"]);
}

/// Whoever takes a claim back has the goods sent back, and nothing of it counts as an outcome later.
#[tokio::test]
async fn goods_of_a_claim_that_was_taken_back_are_followed_as_well() {
    let world = World::new().await;
    let receipt = agreed_return(&world).await;
    let (app, case) = (&world.app, receipt.case);
    let claimant = world.claimant(&receipt).await;
    returned_for_nothing(&world, &claimant, case).await;
    let offered = async |who: &Principal, action: &str| {
        let detail = app.case_detail(who, case).await.unwrap();
        let mut actions = detail.actions.iter();
        actions.any(|offer| offer.action == action)
    };
    assert!(offered(&claimant, "withdraw_claim").await);
    let withdraw = Action::WithdrawClaim { claim: None };
    act(&world, &claimant, case, withdraw).await;
    let due = in_days(&world, 7);
    assert_says(&world, "goods_to_send_back", "merchant", &due);
    assert_says(&world, "goods_coming_back", "claimant", &due);
    assert_eq!(world.claim_state(case).await, "final");
    assert!(!offered(&claimant, "withdraw_claim").await);
    assert!(offered(&world.merchant, "send_goods_back").await);
    let page = app.inbox(&world.merchant, false, &Paging::default()).await;
    let rows = page.unwrap().items;
    assert_eq!(rows[0].awaited.as_deref(), Some("merchant"));
    let send = Action::SendGoodsBack {
        claim: None,
        waybill: "SF-DEMO-0002".to_owned(),
    };
    act(&world, &world.merchant, case, send).await;
    assert_says(&world, "goods_sent_back", "claimant", "寄还");
    assert_eq!(world.claim_state(case).await, "closed");
    let known = app.history(&claimant, case).await.unwrap();
    assert_eq!((known.granted, known.rejected), (0, 0));
}

#[tokio::test]
async fn a_reminder_of_goods_to_send_is_one_message_with_the_new_day() {
    let world = World::new().await;
    agreed_return(&world).await;
    world.pass(7 * DAY_MS).await;
    assert_says(&world, "return_due", "claimant", &in_days(&world, 7));
    assert_eq!(said(&world, "return_to_send", "claimant").0, 1);
}

/// Nobody waits for an answer that was given, nor loses a time that nobody said.
#[tokio::test]
async fn an_offer_its_answer_and_more_time_are_told_to_the_other_side() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let case = receipt.case;
    world.app.settle().await.unwrap();
    let longer = |clock| Action::ExtendClock {
        clock,
        work_order: None,
        claim: None,
        reason: "还在找打包记录。".to_owned(),
    };
    let claimant = world.claimant(&receipt).await;
    act(
        &world,
        &world.merchant,
        case,
        longer(ClockName::MerchantAnswer),
    )
    .await;
    assert_says(&world, "time_extended", "claimant", &in_days(&world, 4));
    let offer = Action::OfferSettlement {
        claim: None,
        resolution: ResolutionInput {
            kind: "partial".to_owned(),
            ..refund(2_000)
        },
        statement: "只退一部分。".to_owned(),
    };
    act(&world, &world.merchant, case, offer).await;
    assert_says(
        &world,
        "settlement_offered",
        "claimant",
        &in_days(&world, 2),
    );
    let decline = Action::AnswerSettlement {
        claim: None,
        accept: false,
    };
    act(&world, &claimant, case, decline).await;
    assert_says(&world, "settlement_answered", "merchant", "没有接受");
    act(&world, &claimant, case, longer(ClockName::EvidenceRound)).await;
    assert_says(&world, "time_extended", "merchant", &in_days(&world, 4));
    let withdraw = Action::WithdrawClaim { claim: None };
    act(&world, &claimant, case, withdraw).await;
    assert_says(&world, "claim_withdrawn", "merchant", "不用再答复");
    assert_eq!(said(&world, "claim_withdrawn_for_you", "claimant").0, 0);
}

/// Whoever asked hears that the merchant said nothing, and who has it now.
#[tokio::test]
async fn a_silent_merchant_is_told_to_both_sides() {
    let world = World::new().await;
    world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.pass(3 * DAY_MS).await;
    for side in ["claimant", "merchant"] {
        assert_says(&world, "with_reviewer", side, "商家没有答复");
    }
    assert_eq!(said(&world, "review_due", "reviewer").0, 1);
}

/// A reviewer who holds a clock and forgets it keeps nobody waiting for ever.
#[tokio::test]
async fn a_clock_that_was_held_and_forgotten_runs_on_and_whoever_waits_is_told() {
    let world = World::new().await;
    let case = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await
        .case;
    world.app.settle().await.unwrap();
    let hold = Action::PauseClock {
        clock: ClockName::MerchantAnswer,
        work_order: None,
        claim: None,
        reason: PauseReason::Examination,
    };
    act(&world, &world.reviewer, case, hold).await;
    let until = world.app.now().plus_ms(HOLD_MS_MAX);
    let clock = async || {
        let detail = world.app.case_detail(&world.merchant, case).await;
        let clock = detail.unwrap().clocks.remove(0);
        (clock.paused, clock.runs_on_at)
    };
    let held = Some("examination".to_owned());
    assert_eq!(clock().await, (held, Some(until)));
    world.pass(HOLD_MS_MAX).await;
    assert_eq!(clock().await, (None, None));
    for who in ["merchant", "reviewer"] {
        assert_told(&world, "pause_over", who);
    }
    let detail = world.app.case_detail(&world.merchant, case).await.unwrap();
    let resumed = detail.timeline.iter();
    let mut resumed = resumed.filter(|entry| entry.event == "clock_resumed.v1");
    assert!(resumed.next().unwrap().zh.contains("自动继续"));
    // The merchant has what was left, and then a human decides.
    world.pass(3 * DAY_MS).await;
    assert_eq!(world.claim_state(case).await, "human_review");
}

#[tokio::test]
async fn a_technician_in_time_is_never_said_not_to_have_come() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 1).await;
    // The visit begins within two hours; half an hour into them nobody is late.
    world.pass(HOUR_MS + 31 * MINUTE_MS).await;
    let events = world.events(receipt.case).await;
    assert!(
        !events.contains(&"no_show_recorded.v1".to_owned()),
        "{events:?}"
    );
    assert_eq!(row(&world, receipt.case).await.unwrap().escalation, None);
}
