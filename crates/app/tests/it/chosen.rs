//! A customer chooses a time, somebody accepts, and the visit stands; where there is no room any more, the customer is asked.

use crate::planning::board;
use crate::told::{act, assert_told, order};
use crate::world::{World, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::intake::RepairInput;
use aftercare_app::planning::SlotsInput;
use aftercare_app::views::{Acted, IntakeReceipt, WindowDetail};
use aftercare_app::{AppError, Principal};
use aftercare_domain::event::WorkKind;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{DAY_MS, HOUR_MS};

const DAY: &str = "2026-11-03";

/// A report with the first time that is offered on the day, and that time.
async fn report(world: &World) -> (IntakeReceipt, WindowDetail) {
    let asked = SlotsInput {
        kind: WorkKind::Repair,
        product: None,
        skill: "lamp".to_owned(),
        county: "330106".to_owned(),
        town: None,
        place: None,
    };
    let slots = world.app.visit_slots(world.tenant, &asked).await.unwrap();
    let mut times = slots.slots.into_iter();
    let chosen = times
        .find(|time| time.from.to_china_text().starts_with(DAY))
        .unwrap();
    let input = RepairInput {
        from: Some(chosen.from),
        until: Some(chosen.until),
        ..repair_input()
    };
    let receipt = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    (receipt, chosen)
}

/// The technician who was asked accepts.
async fn accept(world: &World, receipt: &IntakeReceipt) {
    let case = receipt.case;
    let seen = world
        .app
        .case_detail(&world.technician, case)
        .await
        .unwrap();
    assert!(seen.work_orders[0].agreed_by_accepting, "it is said before");
    let accept = Action::AcceptOffer {
        work_order: None,
        offer: seen.work_orders[0].offers[0].id,
    };
    act(world, &world.technician, case, accept).await;
}

#[tokio::test]
async fn a_chosen_time_stands_when_somebody_accepts_and_both_are_told() {
    let world = World::new().await;
    let (receipt, chosen) = report(&world).await;
    assert!(!order(&world, &receipt).await.agreed, "a wish until then");
    accept(&world, &receipt).await;
    let agreed = order(&world, &receipt).await;
    assert_eq!(agreed.state, "scheduled");
    assert_eq!((agreed.window, agreed.agreed), (Some(chosen), true));
    assert!(!agreed.agreed_by_accepting);
    let claimant = world.claimant(&receipt).await;
    let case = world
        .app
        .case_detail(&claimant, receipt.case)
        .await
        .unwrap();
    let clock = case.clocks.iter().find(|clock| clock.name == "arrival");
    assert!(clock.unwrap().due_at >= chosen.until);
    assert_told(&world, "visit_scheduled", "claimant");
    assert_told(&world, "visit_time_set", "示例师傅");
    let plan = board(&world).await;
    let visit = &plan.technicians[0].visits[0];
    assert_eq!(
        (visit.step.as_str(), visit.agreed),
        ("agreed", Some(chosen))
    );
}

#[tokio::test]
async fn a_chosen_time_that_the_plan_no_longer_holds_is_told_and_another_one_is_chosen() {
    let world = World::new().await;
    let (receipt, _) = report(&world).await;
    // Before the answer comes, the technician is entered as away on that day.
    let technician = board(&world).await.technicians[0].id;
    world
        .app
        .add_absence(&world.dispatcher, technician, DAY, "")
        .await
        .unwrap();
    accept(&world, &receipt).await;
    let asked = order(&world, &receipt).await;
    assert_eq!(asked.state, "accepted");
    assert_eq!((asked.window, asked.agreed), (None, false));
    assert_told(&world, "chosen_time_missed", "claimant");
    assert_told(&world, "chosen_time_missed_agree", "示例师傅");
    // The customer chooses again on the page, among times that can be kept.
    let claimant = world.claimant(&receipt).await;
    let times = world
        .app
        .visit_times(&claimant, receipt.case, asked.id)
        .await
        .unwrap()
        .slots;
    let away = |time: &WindowDetail| time.from.to_china_text().starts_with(DAY);
    assert!(!times.is_empty() && !times.iter().any(away), "{times:?}");
    let choose = Action::Schedule {
        work_order: None,
        from: times[0].from,
        until: times[0].until,
    };
    act(&world, &claimant, receipt.case, choose).await;
    assert_eq!(order(&world, &receipt).await.state, "scheduled");
}

/// Three customers whose installation the technician has accepted, without a time.
pub async fn three_accepted(world: &World) -> Vec<(Principal, CaseId)> {
    let mut asking = Vec::new();
    for _ in 0..3 {
        let input = RepairInput {
            kind: WorkKind::Install,
            ..repair_input()
        };
        let receipt = world
            .app
            .report_repair(world.tenant, None, input, Vec::new(), None)
            .await
            .unwrap();
        world.app.settle().await.unwrap();
        let seen = world
            .app
            .case_detail(&world.technician, receipt.case)
            .await
            .unwrap();
        let accept = Action::AcceptOffer {
            work_order: None,
            offer: seen.work_orders[0].offers[0].id,
        };
        act(world, &world.technician, receipt.case, accept).await;
        asking.push((world.claimant(&receipt).await, receipt.case));
    }
    asking
}

/// A customer chooses the day after tomorrow between ten and twelve, for which two installations fit.
pub fn choose(world: &World) -> Action {
    let from = world.app.now().china_midnight();
    let from = from.plus_ms(2 * DAY_MS + 10 * HOUR_MS);
    Action::Schedule {
        work_order: None,
        from,
        until: from.plus_ms(2 * HOUR_MS),
    }
}

/// Whoever has the time has it, and whoever has not was told so.
pub async fn are_kept(world: &World, answers: &[Result<Acted, AppError>]) {
    let refused: Vec<_> = answers
        .iter()
        .filter_map(|answer| Some(answer.as_ref().err()?.rule.as_str()))
        .collect();
    assert!(refused.len() < 3, "somebody has it: {answers:?}");
    assert!(!refused.is_empty(), "three cannot: {answers:?}");
    assert!(refused.iter().all(|rule| *rule == "time_not_offered"));
    let plan = board(world).await;
    assert!(plan.late.is_empty(), "{:?}", plan.late);
    assert!(plan.waiting.is_empty(), "{:?}", plan.waiting);
}

/// The third customer who chose that time at the same moment is told so, and not stood up.
#[tokio::test]
async fn customers_who_choose_one_time_at_once_are_not_all_promised_it() {
    let world = World::new().await;
    let asking = three_accepted(&world).await;
    let chosen = |place: usize| {
        let (claimant, case) = &asking[place];
        world.act(claimant, *case, choose(&world))
    };
    let (one, other, third) = tokio::join!(chosen(0), chosen(1), chosen(2));
    are_kept(&world, &[one, other, third]).await;
}
