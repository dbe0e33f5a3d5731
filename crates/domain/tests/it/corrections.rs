//! A wrong phone number is put right: by whoever may, with a reason at the desk, and not without end.

use crate::world::{
    AGENT, CLAIMANT, DISPATCHER, MERCHANT, NEAR, SYSTEM, WORK, World, accept, by, offer, request,
    technician, text, verify,
};
use aftercare_domain::actor::Actor;
use aftercare_domain::command::Command;
use aftercare_domain::event::Body;
use aftercare_domain::evidence::Envelope;
use aftercare_domain::limits::PHONE_CORRECTIONS_MAX;

pub fn correct(by: Actor, reason: Option<Envelope>) -> Command {
    Command::CorrectPhone { by, reason }
}

/// A case whose number was put right as often as that goes.
pub fn corrected_often() -> World {
    let mut world = World::opened();
    for _ in 0..PHONE_CORRECTIONS_MAX {
        world.run(correct(CLAIMANT, None));
    }
    world
}

#[test]
fn the_customer_and_the_desk_correct_a_number_and_whoever_has_the_work_is_named() {
    let mut world = World::opened();
    assert_eq!(world.run(correct(CLAIMANT, None)), ["phone_corrected.v1"]);
    assert_eq!(world.refused(correct(by(AGENT), None)), "text_missing");
    for who in [by(MERCHANT), technician(NEAR), SYSTEM] {
        assert_eq!(world.refused(correct(who, Some(text()))), "not_permitted");
    }
    for command in [request(WORK), verify(), offer(1), accept(1, NEAR)] {
        world.run(command);
    }
    world.run(correct(by(DISPATCHER), Some(text())));
    let last = world.events.last().map(|event| event.body.clone());
    assert!(
        matches!(
            last,
            Some(Body::PhoneCorrected {
                work_order: Some(WORK),
                ..
            })
        ),
        "{last:?}"
    );
    assert_eq!(world.case.phone_corrections, 2);
}
