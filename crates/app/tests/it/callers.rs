//! Somebody calls: the case is found, a lost code is made anew, an unknown order is added, and what is said is true.

use crate::exits::in_state;
use crate::planning::accept_and_agree;
use crate::told::{act, order, row, say, work};
use crate::world::{World, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::intake::RepairInput;
use aftercare_app::notify::Message;
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::time::{HOUR_MS, MINUTE_MS};

async fn unknown_order(world: &World) -> IntakeReceipt {
    let input = RepairInput {
        order_number: String::new(),
        ..repair_input()
    };
    world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_case_is_found_by_the_whole_phone_number_or_by_its_own() {
    let world = World::new().await;
    let first = world.repair().await;
    let second = world.repair().await;
    let found = async |sought: &str| {
        let page = world.app.find_cases(&world.agent, sought).await.unwrap();
        page.items.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let mut both = found("138 0000 0001").await;
    both.sort();
    let mut expected = vec![first.case, second.case];
    expected.sort();
    assert_eq!(both, expected);
    assert_eq!(found("13900000009").await, []);
    assert_eq!(found(&second.number.to_lowercase()).await, [second.case]);
    assert_eq!(
        found(&format!(" {} ", first.number.replace('-', ""))).await,
        [first.case]
    );
    for wrong in ["", "0001", "林晓示"] {
        let error = world.app.find_cases(&world.agent, wrong).await.unwrap_err();
        assert_eq!(error.field.as_deref(), Some("sought"), "{wrong}");
    }
    for (name, who) in world.everybody() {
        let may = ["agent", "dispatcher"].contains(&name);
        let answered = world.app.find_cases(who, &first.number).await.is_ok();
        assert_eq!(answered, may, "{name}");
    }
}

/// The link and the code in a message.
fn access_in(message: &Message) -> (String, String) {
    let link = message.zh.split("/c/").nth(1).unwrap();
    let token = link.split(' ').next().unwrap().to_owned();
    let code: String = message
        .zh
        .split("验证码 ")
        .nth(1)
        .unwrap()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    (token, code)
}

#[tokio::test]
async fn a_new_code_goes_to_the_phone_on_record_and_the_old_one_opens_nothing() {
    let world = World::new().await;
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    let token = receipt.link.rsplit('/').next().unwrap();
    let old = world
        .app
        .open_case_link(token, &receipt.code)
        .await
        .unwrap();
    for (name, who) in world.everybody() {
        if !["agent", "dispatcher"].contains(&name) {
            let refused = world.app.reissue_access(who, receipt.case, true).await;
            assert!(refused.is_err(), "{name}");
        }
    }
    let unchecked = world
        .app
        .reissue_access(&world.agent, receipt.case, false)
        .await;
    assert_eq!(unchecked.unwrap_err().rule, "caller_unchecked");
    world
        .app
        .reissue_access(&world.agent, receipt.case, true)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    // The old link, its code and the session that began with it are over.
    let error = world.app.open_case_link(token, &receipt.code).await;
    assert_eq!(error.unwrap_err().kind, ErrorKind::Unauthenticated);
    let session = world.app.resolve_session(&old.token).await;
    assert_eq!(session.unwrap_err().kind, ErrorKind::Unauthenticated);
    let messages = world.notifier.messages();
    let sent = messages
        .iter()
        .rfind(|message| message.kind == "case_access")
        .unwrap();
    let (token, code) = access_in(sent);
    assert_ne!(code, "");
    let new = world.app.open_case_link(&token, &code).await.unwrap();
    assert!(world.app.resolve_session(&new.token).await.is_ok());
}

#[tokio::test]
async fn two_failures_without_an_order_stay_at_dispatch_until_the_order_gives_the_right() {
    let world = World::new().await;
    let receipt = unknown_order(&world).await;
    accept_and_agree(&world, &receipt, 1).await;
    world.pass(HOUR_MS).await;
    let technician = &world.technician;
    work(&world, technician, receipt.case, WorkOutcome::NotFixed).await;
    let claimant = world.claimant(&receipt).await;
    let rework = Action::RequestRework {
        work_order: order(&world, &receipt).await.id,
        text: "还是不亮。".to_owned(),
    };
    act(&world, &claimant, receipt.case, rework).await;
    let detail = async || {
        let detail = world.app.case_detail(&world.dispatcher, receipt.case).await;
        detail.unwrap()
    };
    let second = detail().await.work_orders.remove(1);
    let accept = Action::AcceptOffer {
        work_order: Some(second.id),
        offer: second.offers[0].id,
    };
    act(&world, technician, receipt.case, accept).await;
    let from = world.app.now().plus_ms(HOUR_MS);
    let agree = Action::Schedule {
        work_order: Some(second.id),
        from,
        until: from.plus_ms(2 * HOUR_MS),
    };
    act(&world, technician, receipt.case, agree).await;
    work(&world, technician, receipt.case, WorkOutcome::NotFixed).await;
    let confirm = Action::ConfirmWork {
        work_order: Some(second.id),
    };
    act(&world, &claimant, receipt.case, confirm).await;
    let waiting = row(&world, receipt.case).await.unwrap();
    assert_eq!(waiting.escalation.as_deref(), Some("warranty_unknown"));
    let names = detail().await.actions;
    assert!(names.iter().any(|offer| offer.action == "add_order"));
    let add = |number: &str| Action::AddOrder {
        order_number: number.to_owned(),
    };
    let wrong = world.act(&world.agent, receipt.case, add("NONE")).await;
    assert_eq!(wrong.unwrap_err().field.as_deref(), Some("order_number"));
    // Whether there is such an order is told to nobody else.
    for number in ["NONE", "A3"] {
        let probed = world.act(&claimant, receipt.case, add(number)).await;
        assert_eq!(probed.unwrap_err().kind, ErrorKind::Forbidden, "{number}");
    }
    act(&world, &world.agent, receipt.case, add("A3")).await;
    let again = world.act(&world.agent, receipt.case, add("A3")).await;
    assert_eq!(again.unwrap_err().rule, "order_known");
    let check = Action::CheckStatutory {
        work_order: Some(second.id),
    };
    act(&world, &world.dispatcher, receipt.case, check).await;
    let offered = detail().await.work_orders.remove(1).statutory_offer;
    assert_eq!(offered.as_deref(), Some("second_failed_repair"));
    assert!(
        row(&world, receipt.case).await.is_none(),
        "nothing is left to call for"
    );
}

#[tokio::test]
async fn what_was_not_under_warranty_is_told_to_the_customer_and_calls_no_more() {
    let world = World::new().await;
    let receipt = in_state(&world, "accepted").await;
    let claimant = world.claimant(&receipt).await;
    act(&world, &claimant, receipt.case, say("在吗？")).await;
    assert!(
        row(&world, receipt.case)
            .await
            .unwrap()
            .escalation
            .is_some()
    );
    act(&world, &world.agent, receipt.case, say("在的。")).await;
    assert_eq!(row(&world, receipt.case).await.unwrap().escalation, None);
}

#[tokio::test]
async fn a_message_names_the_time_that_its_clock_has() {
    let world = World::new().await;
    world.repair().await;
    world.app.settle().await.unwrap();
    let messages = world.notifier.messages();
    let offer = messages
        .iter()
        .find(|message| message.kind == "offer_made")
        .unwrap();
    let due = world.app.now().plus_ms(10 * MINUTE_MS).to_china_minute();
    assert!(
        offer.zh.contains(&format!("请在 {due} 前接单")),
        "{}",
        offer.zh
    );
    assert!(offer.en.contains(&format!("by {due}")), "{}", offer.en);
}
