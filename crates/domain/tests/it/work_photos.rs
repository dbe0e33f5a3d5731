//! Photos of a visit: who adds them when, and a photo of finished work that is like an earlier one, which a person compares.

use crate::world::{
    AGENT, CLAIMANT, DISPATCHER, NEAR, REWORK, WORK, World, arrive, await_parts, by, confirm,
    diagnose, evidence_id, finish, parts_arrive, photo, request, schedule, set_out, start_work,
    technician, text, uuid, withdraw_repair, work_clock,
};
use aftercare_domain::actor::Actor;
use aftercare_domain::case::RepairState;
use aftercare_domain::clock::{ClockName, ClockState};
use aftercare_domain::command::Command;
use aftercare_domain::event::{AlikePhoto, Escalation, WorkOutcome};
use aftercare_domain::ids::CaseId;
use aftercare_domain::limits::EVIDENCE_PER_WORK_ORDER_MAX;
use aftercare_domain::time::HOUR_MS;

pub fn add_photos(actor: Actor, numbers: std::ops::Range<u128>) -> Command {
    Command::AddWorkPhotos {
        by: actor,
        work_order: WORK,
        evidence: numbers.map(photo).collect(),
    }
}

pub fn compare() -> Command {
    Command::ComparePhotos {
        by: DISPATCHER,
        work_order: WORK,
        note: text(),
    }
}

fn alike(number: u128) -> AlikePhoto {
    AlikePhoto {
        evidence: evidence_id(number),
        earlier: evidence_id(900),
        case: CaseId(uuid(9)),
        same_file: true,
    }
}

/// Work that is done, with a photo that is like an earlier one.
pub fn found_alike() -> World {
    let mut world = World::at_the_door();
    world.run(add_photos(technician(NEAR), 50..51));
    world.run(diagnose());
    world.run(start_work());
    let mut finish = finish(WorkOutcome::Fixed);
    if let Command::FinishWork { evidence, .. } = &mut finish {
        *evidence = vec![photo(51), photo(52)];
    }
    world.run(finish);
    world.run(Command::RecordAlikePhotos {
        work_order: WORK,
        // One of them is not a photo of this work.
        photos: vec![alike(51), alike(77)],
    });
    world
}

fn calls(world: &World) -> bool {
    let clock = world.case.clock(work_clock(ClockName::Attention));
    clock.is_some_and(|clock| clock.state == ClockState::Running)
}

#[test]
fn a_customer_shows_more_until_the_work_order_has_ended_and_a_technician_from_the_door_on() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(add_photos(CLAIMANT, 10..12));
    assert_eq!(
        world.refused(add_photos(technician(NEAR), 12..13)),
        "not_permitted"
    );
    let mut world = World::at_the_door();
    world.run(add_photos(by(AGENT), 10..11));
    world.run(add_photos(technician(NEAR), 11..13));
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.evidence.len(), 3);
    let from: Vec<_> = order
        .evidence
        .iter()
        .map(|id| world.case.evidence[id].party.is_some())
        .collect();
    assert_eq!(from, [true, false, false], "whose each is stays known");
    // The same ones twice, or ever more.
    assert_eq!(
        world.refused(add_photos(technician(NEAR), 12..13)),
        "id_taken"
    );
    let room = u128::try_from(EVIDENCE_PER_WORK_ORDER_MAX).unwrap() - 3;
    for from in (0..room).step_by(10) {
        world.run(add_photos(
            CLAIMANT,
            100 + from..100 + (from + 10).min(room),
        ));
    }
    assert_eq!(
        world.refused(add_photos(CLAIMANT, 200..201)),
        "too_much_evidence"
    );
    let mut world = World::work_done(WorkOutcome::Fixed);
    assert_eq!(
        world.refused(add_photos(technician(NEAR), 60..61)),
        "photos_not_now"
    );
    world.run(add_photos(CLAIMANT, 60..61));
    world.run(confirm());
    assert_eq!(world.refused(add_photos(CLAIMANT, 61..62)), "case_closed");
}

#[test]
fn a_visit_that_was_called_off_takes_no_more_photos() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(request(REWORK));
    world.run(withdraw_repair());
    assert_eq!(
        world.refused(add_photos(CLAIMANT, 10..11)),
        "photos_not_now"
    );
}

#[test]
fn a_photo_seen_before_calls_a_dispatcher_until_somebody_compared_it_and_nothing_else_follows() {
    let mut world = found_alike();
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.alike, [alike(51)]);
    assert_eq!(order.call(), Some(Escalation::PhotosAlike));
    assert_eq!(order.state, RepairState::Done, "the work stands");
    assert!(calls(&world));
    // Told once.
    let again = Command::RecordAlikePhotos {
        work_order: WORK,
        photos: vec![alike(51)],
    };
    assert!(world.run(again).is_empty());
    // Also after the customer has confirmed it and the case is closed.
    world.run(confirm());
    assert!(world.case.closed && calls(&world));
    world.let_run_out(work_clock(ClockName::Attention));
    let order = &world.case.work_orders[&WORK];
    assert_eq!(
        (order.escalation, order.call()),
        (None, Some(Escalation::PhotosAlike))
    );
    let by_an_agent = Command::ComparePhotos {
        by: AGENT,
        work_order: WORK,
        note: text(),
    };
    assert_eq!(world.refused(by_an_agent), "not_permitted");
    world.run(compare());
    assert_eq!(world.case.work_orders[&WORK].call(), None);
    assert!(!calls(&world));
    assert_eq!(world.refused(compare()), "no_photos_alike");
}

#[test]
fn who_comes_again_photographs_from_the_second_arrival_on() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(await_parts());
    world.run(parts_arrive());
    assert_eq!(
        world.refused(add_photos(technician(NEAR), 60..61)),
        "photos_not_now"
    );
    world.run(schedule(&world, HOUR_MS));
    world.run(set_out());
    world.run(arrive());
    world.run(add_photos(technician(NEAR), 60..61));
}
