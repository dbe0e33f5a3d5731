//! Visits that a human settled: whom a dispatcher named stands in the plan, and a place that was told in a call is planned.

use crate::planning::{accept_and_agree, board, tours};
use crate::world::{World, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::nearest::Lack;
use aftercare_app::place_told::PlaceTold;
use aftercare_app::views::TimelineEntry;
use aftercare_domain::audit::PersonField;
use aftercare_vault::Plain;

#[tokio::test]
async fn a_place_to_ask_waits_for_a_call() {
    let world = World::new().await;
    let mut input = repair_input();
    input.county = "000000".to_owned();
    input.person.place = None;
    let receipt = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let plan = board(&world).await;
    assert_eq!(plan.waiting.len(), 1);
    assert_eq!(plan.waiting[0].number, receipt.number);
    assert!(
        plan.waiting[0].zh.contains("电话"),
        "{}",
        plan.waiting[0].zh
    );
}

#[tokio::test]
async fn a_place_told_in_a_call_is_planned_sealed_and_offered() {
    let world = World::new().await;
    let mut input = repair_input();
    input.county = "000000".to_owned();
    let receipt = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let told = |address: &str, county: &str| PlaceTold {
        work_order: None,
        address: Plain::new(address.to_owned()),
        county: county.to_owned(),
        place: None,
        reason: String::new(),
    };
    let address = "杭州市西湖区样板路 88 号";
    for (name, who) in world.everybody() {
        let may = ["dispatcher", "agent"].contains(&name);
        if !may {
            let told = told(address, "");
            let error = world.app.tell_place(who, receipt.case, &told).await;
            assert_eq!(
                error.unwrap_err().kind,
                aftercare_app::ErrorKind::Forbidden,
                "{name}"
            );
        }
    }
    world
        .app
        .tell_place(&world.dispatcher, receipt.case, &told(address, ""))
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let plan = board(&world).await;
    assert_eq!(plan.waiting, []);
    assert_eq!(
        tours(&plan)[0].1,
        [(receipt.number.clone(), "proposed".to_owned())]
    );
    let detail = async || {
        let detail = world.app.case_detail(&world.dispatcher, receipt.case).await;
        detail.unwrap()
    };
    let order = detail().await.work_orders.remove(0);
    assert_eq!((order.county.as_str(), order.escalation), ("330106", None));
    assert_eq!(order.offers.len(), 1, "somebody is asked at once");
    // The new address is sealed with the person, and opens by a reveal alone.
    let revealed = world
        .app
        .reveal(
            &world.dispatcher,
            receipt.case,
            &[PersonField::Address, PersonField::Place],
            "回电。",
        )
        .await
        .unwrap();
    assert_eq!(revealed.address.as_deref(), Some(address));
    assert_eq!(revealed.place, None, "the old point was of the old address");
    assert!(
        world
            .events(receipt.case)
            .await
            .contains(&"place_told.v1".to_owned())
    );
    // Whoever corrects what was known says why, and the case keeps it.
    let mut correction = told("", "330105");
    let silent = world
        .app
        .tell_place(&world.agent, receipt.case, &correction)
        .await
        .unwrap_err();
    assert_eq!(
        (silent.rule.as_str(), silent.field.as_deref()),
        ("text_required", Some("reason"))
    );
    "客户来电说门牌写错了。".clone_into(&mut correction.reason);
    // The county alone leaves the address as it is.
    world
        .app
        .tell_place(&world.agent, receipt.case, &correction)
        .await
        .unwrap();
    let told_why = |entry: &TimelineEntry| entry.text.as_deref() == Some("客户来电说门牌写错了。");
    assert!(detail().await.timeline.iter().any(told_why));
    assert_eq!(detail().await.work_orders[0].county, "330105");
    let world = world.restarted().await;
    let again = world
        .app
        .reveal(
            &world.dispatcher,
            receipt.case,
            &[PersonField::Address],
            "回电。",
        )
        .await
        .unwrap();
    assert_eq!(again.address.as_deref(), Some(address));
}

#[tokio::test]
async fn whoever_was_named_for_an_uncovered_county_stands_in_the_plan_once_they_agreed() {
    let world = World::new().await;
    let mut input = repair_input();
    input.county = "330105".to_owned();
    let receipt = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let before = board(&world).await;
    assert_eq!(before.waiting.len(), 1, "nobody serves the county");
    let name = Action::Offer {
        work_order: None,
        technician: Some(before.technicians[0].id),
    };
    world
        .act(&world.dispatcher, receipt.case, name)
        .await
        .unwrap();
    accept_and_agree(&world, &receipt, 3).await;
    let plan = board(&world).await;
    assert_eq!(
        tours(&plan)[0].1,
        [(receipt.number.clone(), "agreed".to_owned())]
    );
    assert_eq!(plan.waiting, []);
    assert_eq!(
        plan.technicians[0].visits[0].lacks,
        [Lack::County],
        "the dispatcher sees what was waived"
    );
    let world = world.restarted().await;
    assert_eq!(board(&world).await, plan);
}
