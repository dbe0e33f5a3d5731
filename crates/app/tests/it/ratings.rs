//! What a customer says about finished work: for a reason, once, told to whoever did it and to the desk, and answered.

use crate::planning::accept_and_agree;
use crate::told::{act, assert_told, work};
use crate::world::World;
use aftercare_app::Principal;
use aftercare_app::actions::Action;
use aftercare_app::views::CaseDetail;
use aftercare_domain::event::{Satisfaction, WorkOutcome};
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::HOUR_MS;

fn rate(satisfaction: Satisfaction, reason: &str) -> Action {
    Action::RateWork {
        work_order: None,
        satisfaction,
        reason: reason.to_owned(),
    }
}

fn answer(text: &str) -> Action {
    Action::AnswerRating {
        work_order: None,
        text: text.to_owned(),
    }
}

async fn seen(world: &World, who: &Principal, case: CaseId) -> CaseDetail {
    world.app.case_detail(who, case).await.unwrap()
}

fn offers(case: &CaseDetail, action: &str) -> bool {
    case.actions.iter().any(|offer| offer.action == action)
}

#[tokio::test]
async fn a_customer_says_how_it_was_and_whoever_did_it_has_the_last_word() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let case = receipt.case;
    accept_and_agree(&world, &receipt, 1).await;
    world.pass(HOUR_MS).await;
    work(&world, &world.technician, case, WorkOutcome::Fixed).await;
    let claimant = world.claimant(&receipt).await;
    assert!(offers(&seen(&world, &claimant, case).await, "rate_work"));
    let no_reason = rate(Satisfaction::Dissatisfied, " ");
    let refused = world.act(&claimant, case, no_reason).await.unwrap_err();
    assert_eq!(refused.rule, "rating_reason");
    let by_desk = rate(Satisfaction::Satisfied, "");
    let refused = world.act(&world.dispatcher, case, by_desk).await;
    assert_eq!(refused.unwrap_err().rule, "role_required");
    let words = "等了两个小时。";
    act(
        &world,
        &claimant,
        case,
        rate(Satisfaction::Dissatisfied, words),
    )
    .await;
    assert_told(&world, "work_rated", "示例师傅");
    assert_told(&world, "work_rated_badly", "dispatcher");
    for who in [&claimant, &world.technician, &world.dispatcher] {
        let shown = seen(&world, who, case).await;
        let rating = shown.work_orders[0].rating.clone().unwrap();
        assert_eq!(
            (rating.satisfaction.as_str(), rating.answered),
            ("dissatisfied", false)
        );
        let mut said = shown.timeline.iter();
        assert!(said.any(|entry| entry.text.as_deref() == Some(words)));
        assert!(!offers(&shown, "rate_work"), "once");
        let is_technician = std::ptr::eq(who, &world.technician);
        assert_eq!(offers(&shown, "answer_rating"), is_technician);
    }
    let sorry = "路上堵车，很抱歉。";
    act(&world, &world.technician, case, answer(sorry)).await;
    assert_told(&world, "rating_answered", "claimant");
    let shown = seen(&world, &claimant, case).await;
    assert!(shown.work_orders[0].rating.as_ref().unwrap().answered);
    let mut said = shown.timeline.iter();
    assert!(said.any(|entry| entry.text.as_deref() == Some(sorry)));
    let again = world.act(&world.technician, case, answer(sorry)).await;
    assert_eq!(again.unwrap_err().rule, "rating_answer_not_now");
}
