//! Who comes along to a visit for two, and the parts that a visit took off the van.

use crate::world::{
    AGENT, CLAIMANT, DISPATCHER, FAR, NEAR, STRANGER, SYSTEM, WORK, World, accept, by, offer,
    release, request, technician, text, verify, with_request, withdraw_repair,
};
use aftercare_domain::actor::Actor;
use aftercare_domain::command::Command;
use aftercare_domain::event::{StatutoryGround, WorkOutcome};
use aftercare_domain::ids::TechnicianId;
use aftercare_domain::time::DAY_MS;
use std::collections::{BTreeMap, BTreeSet};

pub fn name_helper(named: TechnicianId) -> Command {
    Command::NameHelper {
        by: SYSTEM,
        work_order: WORK,
        technician: named,
    }
}

/// What the customer told a dispatcher in a call.
pub fn tell_place(county: &str) -> Command {
    Command::TellPlace {
        by: by(DISPATCHER),
        work_order: WORK,
        county: county.to_owned(),
        reason: Some(text()),
    }
}

pub fn take_parts(by: Actor, parts: &[(&str, u32)]) -> Command {
    Command::TakeParts {
        by,
        work_order: WORK,
        parts: parts
            .iter()
            .map(|(part, count)| ((*part).to_owned(), *count))
            .collect(),
        beyond: BTreeMap::new(),
    }
}

fn accepted() -> World {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(verify());
    world.run(offer(1));
    world.run(accept(1, NEAR));
    world
}

#[test]
fn a_place_left_to_a_call_is_told_once_it_is_known_and_somebody_is_looked_for() {
    let mut world = World::opened();
    world.run(with_request(request(WORK), |fields| {
        "000000".clone_into(fields.county);
    }));
    world.facts.covered = false;
    world.run(verify());
    let order = |world: &World| world.case.work_orders[&WORK].clone();
    assert!(order(&world).escalation.is_some(), "a person is called");
    let first = Command::TellPlace {
        by: by(DISPATCHER),
        work_order: WORK,
        county: "990102".to_owned(),
        reason: None,
    };
    assert!(world.attempt(first).is_ok(), "nothing was known to correct");
    for county in ["000000", "99", "city.."] {
        assert_eq!(world.refused(tell_place(county)), "county_not_valid");
    }
    assert_eq!(
        world.run(tell_place("990102")),
        ["place_told.v1", "clock_stopped.v1"]
    );
    assert_eq!(order(&world).county, "990102");
    assert_eq!(order(&world).escalation, None);
    // Put right, and whoever accepted keeps the work.
    world.run(offer(1));
    world.run(accept(1, NEAR));
    assert_eq!(world.run(tell_place("990101")), ["place_told.v1"]);
    assert_eq!(order(&world).technician, Some(NEAR));
    // Whoever is at the desk says why, now that it was known; the customer need not.
    let silent = |by| Command::TellPlace {
        by,
        work_order: WORK,
        county: "990102".to_owned(),
        reason: None,
    };
    assert_eq!(world.refused(silent(by(DISPATCHER))), "text_missing");
    // The customer puts it right too; whoever comes does not tell it.
    assert_eq!(world.run(silent(CLAIMANT)), ["place_told.v1"]);
    for who in [SYSTEM, technician(NEAR)] {
        assert_eq!(world.refused(silent(who)), "not_permitted");
    }
}

#[test]
fn a_helper_is_named_once_and_told_when_another_comes_or_nobody_does() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(verify());
    assert_eq!(world.refused(name_helper(FAR)), "cannot_help");
    let mut world = accepted();
    assert_eq!(world.refused(name_helper(NEAR)), "cannot_help");
    assert_eq!(world.run(name_helper(FAR)), ["helper_named.v1"]);
    assert_eq!(world.run(name_helper(FAR)), [""; 0]);
    assert_eq!(
        world.run(name_helper(STRANGER)),
        ["helper_released.v1", "helper_named.v1"]
    );
    assert_eq!(world.case.work_orders[&WORK].helper, Some(STRANGER));
    let released = world.run(release());
    assert!(
        released.iter().any(|name| name == "helper_released.v1"),
        "{released:?}"
    );
    assert_eq!(world.case.work_orders[&WORK].helper, None);
    let mut world = accepted();
    world.run(name_helper(FAR));
    let over = world.run(withdraw_repair());
    assert!(
        over.iter().any(|name| name == "helper_released.v1"),
        "{over:?}"
    );
}

/// Whoever was quicker than the system and said that nothing was used is believed.
#[test]
fn nothing_is_taken_after_somebody_said_that_nothing_was_used() {
    let mut world = World::work_done(WorkOutcome::Fixed);
    assert_eq!(
        world.run(take_parts(technician(NEAR), &[])),
        ["parts_taken.v1"]
    );
    assert_eq!(world.run(take_parts(technician(NEAR), &[])), [""; 0]);
    assert_eq!(world.run(take_parts(SYSTEM, &[("valve", 1)])), [""; 0]);
    assert_eq!(
        world.case.work_orders[&WORK].parts_taken,
        Some(BTreeMap::new())
    );
}

#[test]
fn parts_are_taken_once_by_the_system_and_put_right_by_people() {
    let world = accepted();
    assert_eq!(
        world.refused(take_parts(SYSTEM, &[("valve", 1)])),
        "no_parts_taken"
    );
    let mut world = World::work_done(WorkOutcome::Fixed);
    assert_eq!(world.run(take_parts(SYSTEM, &[])), [""; 0]);
    assert_eq!(
        world.run(take_parts(SYSTEM, &[("valve", 1)])),
        ["parts_taken.v1"]
    );
    // A job that runs again takes nothing more.
    assert_eq!(world.run(take_parts(SYSTEM, &[("valve", 9)])), [""; 0]);
    let mine = technician(NEAR);
    assert_eq!(
        world.refused(take_parts(technician(FAR), &[])),
        "not_permitted"
    );
    assert_eq!(world.refused(take_parts(by(AGENT), &[])), "not_permitted");
    assert_eq!(world.refused(take_parts(mine, &[(" ", 1)])), "text_missing");
    for wrong in [("valve", 0), ("valve", 100_001)] {
        assert_eq!(world.refused(take_parts(mine, &[wrong])), "parts_not_valid");
    }
    assert_eq!(
        world.run(take_parts(mine, &[("hose", 2)])),
        ["parts_taken.v1"]
    );
    assert_eq!(
        world.run(take_parts(by(DISPATCHER), &[])),
        ["parts_taken.v1"],
        "nothing was used after all"
    );
    assert_eq!(
        world.case.work_orders[&WORK].parts_taken,
        Some(BTreeMap::new())
    );
}

/// What was not on the van is remembered with the count, so that a correction brings back no more than went.
#[test]
fn what_was_not_on_the_van_is_remembered_until_the_next_count() {
    let mut world = World::work_done(WorkOutcome::Fixed);
    let count = |used: u32, beyond: &[(&str, u32)]| Command::TakeParts {
        by: technician(NEAR),
        work_order: WORK,
        parts: BTreeMap::from([("valve".to_owned(), used)]),
        beyond: beyond
            .iter()
            .map(|(part, count)| ((*part).to_owned(), *count))
            .collect(),
    };
    for wrong in [("valve", 21), ("valve", 0), ("hose", 1)] {
        assert_eq!(world.refused(count(20, &[wrong])), "parts_not_valid");
    }
    assert_eq!(world.run(count(20, &[("valve", 19)])), ["parts_taken.v1"]);
    let beyond = |world: &World| world.case.work_orders[&WORK].parts_beyond.clone();
    assert_eq!(beyond(&world), BTreeMap::from([("valve".to_owned(), 19)]));
    assert_eq!(world.run(count(1, &[])), ["parts_taken.v1"]);
    assert_eq!(beyond(&world), BTreeMap::new());
}

#[test]
fn a_part_that_fails_again_offers_the_claim_once_and_people_decide_it() {
    let again = |part: &str| Command::ReportSamePart {
        work_order: WORK,
        parts: BTreeSet::from([part.to_owned()]),
    };
    let early = World::at_the_door();
    assert_eq!(early.refused(again("valve")), "no_parts_taken");
    let mut world = World::work_done(WorkOutcome::Fixed);
    assert_eq!(
        world.run(again("valve")),
        ["same_part_failed.v1", "statutory_claim_offered.v1"]
    );
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.statutory_offer, Some(StatutoryGround::SamePartTwice));
    assert!(world.case.claims.is_empty(), "nothing is decided by it");
    assert_eq!(world.run(again("valve")), [""; 0], "said once");
    assert_eq!(
        world.run(again("pump")),
        ["same_part_failed.v1"],
        "the claim is on offer already"
    );
    // Nobody knows whether it is under warranty: a person completes the order and looks again.
    let mut world = World::work_done(WorkOutcome::Fixed);
    if let Some(order) = world.facts.order.as_mut() {
        order.warranty_until = None;
    }
    let events = world.run(again("valve"));
    assert!(
        events.contains(&"dispatcher_called.v1".to_owned()),
        "{events:?}"
    );
    let within = world.now.plus_ms(DAY_MS);
    if let Some(order) = world.facts.order.as_mut() {
        order.warranty_until = Some(within);
    }
    let check = Command::CheckStatutory {
        by: by(DISPATCHER),
        work_order: WORK,
    };
    let events = world.run(check);
    assert!(
        events.contains(&"statutory_claim_offered.v1".to_owned()),
        "{events:?}"
    );
}
