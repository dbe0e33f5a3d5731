//! A dispatcher puts visits elsewhere on the board: nothing that was agreed moves by it, and the last move is taken back exactly.

use crate::crew::name_helper;
use crate::world::{
    AGENT, CLAIMANT, DISPATCHER, FAR, NEAR, STRANGER, WORK, World, accept, arrive, by, decline,
    keep_time, offer, offer_named, propose_times, release, request, schedule, set_out, technician,
    uuid, verify,
};
use aftercare_domain::case::{Offer, OfferAnswer, RepairState, WorkOrder};
use aftercare_domain::command::Command;
use aftercare_domain::event::Window;
use aftercare_domain::ids::{OfferId, TechnicianId};
use aftercare_domain::limits::OFFERS_PER_WORK_ORDER_MAX;
use aftercare_domain::placing::{Placed, Placing};
use aftercare_domain::refused::Refused;
use aftercare_domain::time::HOUR_MS;

/// An hour that begins in so many.
fn hour(world: &World, in_hours: i64) -> Window {
    let from = world.now.plus_ms(in_hours * HOUR_MS);
    Window {
        from,
        until: from.plus_ms(HOUR_MS),
    }
}

pub fn place(number: u128, technician: TechnicianId, window: Option<Window>) -> Command {
    Command::PlaceVisit {
        by: by(DISPATCHER),
        work_order: WORK,
        technician,
        window,
        offer: OfferId(uuid(300 + number)),
    }
}

pub fn put_back(number: u128) -> Command {
    Command::PutBackVisit {
        by: by(DISPATCHER),
        work_order: WORK,
        offer: OfferId(uuid(300 + number)),
    }
}

/// What a walk tries: to give the visit to one or the other, or to take that back.
pub fn step(world: &World, with: u8) -> Command {
    let order = world.case.work_orders.get(&WORK);
    let moved = order.is_some_and(|order| order.placing.stood.is_some());
    if moved && !with.is_multiple_of(3) {
        return put_back(u128::from(with));
    }
    let technician = if with.is_multiple_of(2) { FAR } else { NEAR };
    place(u128::from(with), technician, None)
}

fn asked() -> World {
    let mut world = World::opened();
    for command in [request(WORK), verify(), offer(1)] {
        world.run(command);
    }
    world
}

fn accepted() -> World {
    let mut world = asked();
    world.run(accept(1, NEAR));
    world
}

/// Work that somebody was given who had not accepted it.
pub fn handed_over() -> World {
    let mut world = accepted();
    world.run(place(1, FAR, None));
    world
}

fn scheduled() -> World {
    let mut world = accepted();
    world.run(schedule(&world, 3 * HOUR_MS));
    world
}

fn order(world: &World) -> WorkOrder {
    world.case.work_orders[&WORK].clone()
}

/// Whoever is asked and has not answered.
fn waiting(world: &World) -> Vec<TechnicianId> {
    let order = order(world);
    order.open_offers().map(|made| made.technician).collect()
}

/// What is said to whoever is to be asked once more than anybody can be.
pub fn asked_often() -> Refused {
    let mut world = asked();
    let made = world.case.work_orders.get_mut(&WORK).unwrap();
    made.offers = (0..OFFERS_PER_WORK_ORDER_MAX)
        .map(|number| Offer {
            offer: OfferId(uuid(7_000 + u128::try_from(number).unwrap())),
            technician: FAR,
            distance_m: 0,
            at: world.now,
            answer: OfferAnswer::Lapsed,
        })
        .collect();
    says(&world, offer_named(1, NEAR));
    says(&world, place(1, NEAR, None))
}

/// What a world says to a command.
fn says(world: &World, command: Command) -> Refused {
    match world.attempt(command) {
        Ok(events) => panic!("nothing refused this: {:?}", crate::world::names(&events)),
        Err(refused) => refused,
    }
}

/// What is said where a move is not possible.
pub fn refusal(rule: &str) -> Refused {
    let (world, command) = match rule {
        "visit_under_way" => {
            let mut world = scheduled();
            world.run(set_out());
            (world, place(1, FAR, None))
        }
        "customer_is_asked" => {
            let mut world = scheduled();
            world.run(propose_times(&world, &[5 * HOUR_MS]));
            (world, place(1, FAR, None))
        }
        "outside_wish" => {
            let (world, _) = crate::chosen::chosen(3, 2);
            let other = hour(&world, 6);
            (world, place(1, FAR, Some(other)))
        }
        "nothing_to_put_back" => (accepted(), put_back(1)),
        _ => panic!("{rule} is not of moves"),
    };
    says(&world, command)
}

#[test]
fn what_nobody_accepted_is_asked_of_whoever_it_is_given_to() {
    let mut world = asked();
    let before = order(&world);
    let time = hour(&world, 4);
    assert_eq!(
        world.run(place(1, FAR, Some(time))),
        [
            "visit_placed.v1",
            "clock_stopped.v1",
            "offer_lapsed.v1",
            "repair_offered.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(waiting(&world), [FAR]);
    let placed = Placed {
        technician: FAR,
        window: Some(time),
    };
    assert_eq!(order(&world).placing.placed, Some(placed));
    assert_eq!(world.run(place(2, FAR, Some(time))), [""; 0], "it is there");
    // At another time: the same person is asked, and has as long as before.
    let later = hour(&world, 5);
    assert_eq!(world.run(place(2, FAR, Some(later))), ["visit_placed.v1"]);
    assert_eq!(world.run(put_back(3)), ["visit_put_back.v1"]);
    assert_eq!(order(&world).placing.placed, Some(placed));
    assert_eq!(world.refused(put_back(3)), "nothing_to_put_back");
    // Taken back from the start, whoever had been asked is asked again.
    let mut world = asked();
    world.run(place(1, FAR, Some(time)));
    world.run(put_back(2));
    assert_eq!(waiting(&world), [NEAR]);
    let after = order(&world);
    assert_eq!(after.placing, Placing::default());
    assert_eq!(
        (after.state, after.technician, after.window),
        (before.state, before.technician, before.window)
    );
}

#[test]
fn where_nobody_had_been_asked_nobody_is_after_it_was_taken_back() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(verify());
    world.run(place(1, FAR, None));
    assert_eq!(waiting(&world), [FAR]);
    world.run(put_back(2));
    assert_eq!(waiting(&world), []);
    assert_eq!(order(&world).state, RepairState::Verified);
}

#[test]
fn whoever_was_given_it_answers_and_then_nothing_is_taken_back() {
    let mut world = asked();
    world.run(place(1, FAR, Some(hour(&world, 4))));
    let accept = Command::AcceptOffer {
        by: technician(FAR),
        work_order: WORK,
        offer: OfferId(uuid(301)),
    };
    world.run(accept);
    assert!(order(&world).placing.placed.is_some(), "the time is kept");
    assert_eq!(world.refused(put_back(2)), "nothing_to_put_back");
    let mut world = asked();
    world.run(place(1, FAR, None));
    let decline = Command::DeclineOffer {
        by: technician(FAR),
        work_order: WORK,
        offer: OfferId(uuid(301)),
        reason: "那天排满了。".to_owned(),
    };
    world.run(decline);
    assert_eq!(order(&world).placing, Placing::default());
    assert_eq!(world.refused(put_back(2)), "nothing_to_put_back");
}

#[test]
fn an_agreed_time_stays_when_somebody_else_comes_and_moves_for_no_dispatcher() {
    let mut world = scheduled();
    let before = order(&world);
    assert_eq!(world.run(place(1, FAR, None)), ["visit_placed.v1"]);
    let moved = order(&world);
    assert_eq!(moved.technician, Some(FAR));
    assert_eq!(
        (moved.state, moved.window),
        (RepairState::Scheduled, before.window)
    );
    for in_hours in [1, 4, 9] {
        let other = Window {
            until: hour(&world, in_hours).until.plus_ms(HOUR_MS),
            ..hour(&world, in_hours)
        };
        assert_eq!(
            world.refused(place(2, STRANGER, Some(other))),
            "customer_agrees_first"
        );
    }
    assert_eq!(world.run(put_back(2)), ["visit_put_back.v1"]);
    assert_eq!(order(&world), before, "exactly as it was");
}

#[test]
fn whoever_comes_along_since_is_not_given_it_back() {
    let mut world = handed_over();
    world.run(name_helper(NEAR));
    assert_eq!(world.refused(put_back(2)), "cannot_help");
    assert_eq!(order(&world).technician, Some(FAR));
}

#[test]
fn who_comes_and_whoever_sets_out_end_it() {
    let mut world = handed_over();
    assert_eq!(order(&world).technician, Some(FAR));
    let handed = order(&world).placing.handed.unwrap();
    let mut candidates = world.facts.candidates.iter();
    let far = candidates.find(|candidate| candidate.technician == FAR);
    assert_eq!(
        (handed.technician, Some(handed.distance_m)),
        (FAR, far.map(|candidate| candidate.distance_m)),
        "the way is settled as if it had been accepted"
    );
    // Whoever cannot come gives it back, and it stands nowhere any more.
    world.run(Command::ReleaseTechnician {
        by: technician(FAR),
        work_order: WORK,
        reason: "no".to_owned(),
    });
    let placing = order(&world).placing;
    assert_eq!((placing.placed, placing.stood), (None, None));
    assert_eq!(order(&world).technician, None);
    let mut world = scheduled();
    world.run(place(1, FAR, None));
    world.run(place(2, NEAR, None));
    world.run(set_out());
    let placing = order(&world).placing;
    assert_eq!((placing.placed, placing.stood), (None, None));
    assert_eq!(placing.handed.map(|handed| handed.technician), Some(NEAR));
    assert_eq!(world.refused(put_back(3)), "visit_under_way");
    world.run(arrive());
    assert_eq!(world.refused(place(3, FAR, None)), "visit_under_way");
    // While the customer is asked for another time, nothing moves; afterwards it does.
    let mut world = scheduled();
    world.run(propose_times(&world, &[5 * HOUR_MS]));
    assert_eq!(world.refused(place(1, FAR, None)), "customer_is_asked");
    world.run(keep_time());
    world.run(place(1, FAR, None));
    let mut world = accepted();
    world.run(release());
    assert_eq!(
        world.refused(place(1, FAR, Some(hour(&world, -2)))),
        "window_not_valid"
    );
}

#[test]
fn only_a_dispatcher_moves_visits_and_not_more_often_than_somebody_can_be_asked() {
    let world = accepted();
    for who in [CLAIMANT, by(AGENT), technician(NEAR)] {
        let mut command = place(1, FAR, None);
        if let Command::PlaceVisit { by, .. } = &mut command {
            *by = who;
        }
        assert_eq!(world.refused(command), "not_permitted");
    }
    let refused = asked_often();
    assert_eq!(refused.rule, "too_many_offers");
    // Whoever had it before is not asked either, and nothing is half done.
    let mut world = asked();
    world.run(place(1, FAR, None));
    let made = world.case.work_orders.get_mut(&WORK).unwrap();
    let offer = made.offers[0].clone();
    made.offers.resize(OFFERS_PER_WORK_ORDER_MAX, offer);
    assert_eq!(world.refused(put_back(2)), "too_many_offers");
    assert_eq!(waiting(&world), [FAR]);
    assert_eq!(world.refused(decline(1, NEAR)), "offer_not_open");
}
