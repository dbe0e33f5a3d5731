//! What a customer says about finished work, and what whoever did it says to that: each once, and nothing follows by itself.

use crate::world::{
    AGENT, CLAIMANT, DISPATCHER, FAR, MERCHANT, NEAR, WORK, World, by, confirm, diagnose, finish,
    start_work, technician, text,
};
use aftercare_domain::actor::Actor;
use aftercare_domain::command::Command;
use aftercare_domain::event::{Satisfaction, WorkOutcome};
use aftercare_domain::evidence::Envelope;

pub fn rate(by: Actor, satisfaction: Satisfaction, reason: Option<Envelope>) -> Command {
    Command::RateWork {
        by,
        work_order: WORK,
        satisfaction,
        reason,
    }
}

pub fn answer(by: Actor) -> Command {
    Command::AnswerRating {
        by,
        work_order: WORK,
        text: text(),
    }
}

fn done() -> World {
    let mut world = World::at_the_door();
    for command in [diagnose(), start_work(), finish(WorkOutcome::Fixed)] {
        world.run(command);
    }
    world
}

/// The same, with what the customer said and what was said to it.
pub fn answered() -> World {
    let mut world = done();
    world.run(rate(CLAIMANT, Satisfaction::Partly, Some(text())));
    world.run(answer(technician(NEAR)));
    world
}

#[test]
fn finished_work_is_rated_once_for_a_reason_and_answered_once_by_whoever_did_it() {
    let mut world = done();
    let satisfied = || rate(CLAIMANT, Satisfaction::Satisfied, None);
    let unhappy = |reason| rate(by(AGENT), Satisfaction::Dissatisfied, reason);
    assert_eq!(world.refused(unhappy(None)), "rating_reason");
    assert_eq!(
        world.refused(answer(technician(NEAR))),
        "rating_answer_not_now"
    );
    let before = world.case.work_orders[&WORK].clone();
    // An agent writes down what was said in a call.
    assert_eq!(world.run(unhappy(Some(text()))), ["work_rated.v1"]);
    let after = &world.case.work_orders[&WORK];
    let rating = after.rating.expect("it was rated");
    assert_eq!(
        (rating.satisfaction, rating.answered),
        (Satisfaction::Dissatisfied, false)
    );
    assert_eq!(
        (after.state, after.escalation, after.failed),
        (before.state, before.escalation, before.failed),
        "nothing follows by itself"
    );
    assert_eq!(world.refused(satisfied()), "rating_not_now", "once");
    assert_eq!(world.refused(answer(technician(FAR))), "not_permitted");
    assert_eq!(world.refused(answer(by(DISPATCHER))), "not_permitted");
    // Also when the customer has confirmed since.
    world.run(confirm());
    assert_eq!(world.run(answer(technician(NEAR))), ["rating_answered.v1"]);
    assert_eq!(
        world.refused(answer(technician(NEAR))),
        "rating_answer_not_now"
    );
    assert!(
        world.case.work_orders[&WORK]
            .rating
            .expect("it was rated")
            .answered
    );
}

#[test]
fn only_the_customer_rates_and_only_what_is_finished() {
    let early = World::at_the_door();
    let satisfied = |who| rate(who, Satisfaction::Satisfied, None);
    assert_eq!(early.refused(satisfied(CLAIMANT)), "rating_not_now");
    let world = done();
    for who in [technician(NEAR), by(DISPATCHER), by(MERCHANT)] {
        assert_eq!(world.refused(satisfied(who)), "not_permitted");
    }
    assert!(world.attempt(satisfied(CLAIMANT)).is_ok());
}
