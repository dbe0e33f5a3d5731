//! The time that a customer chose is agreed on when somebody accepts, if it can still be kept; else the customer is asked.

use crate::world::{
    CLAIMANT, NEAR, WORK, World, accept, offer, release, request, schedule, verify, work_clock,
};
use aftercare_domain::case::RepairState;
use aftercare_domain::clock::{ClockName, ClockState};
use aftercare_domain::command::Command;
use aftercare_domain::event::{Body, Window};
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::{Actor, Timestamp};

/// A repair for which the customer chose a time `in_hours`, of `hours` hours, and of which somebody is asked.
pub fn chosen(in_hours: i64, hours: i64) -> (World, Window) {
    let mut world = World::opened();
    let from = world.now.plus_ms(in_hours * HOUR_MS);
    let time = Window {
        from,
        until: from.plus_ms(hours * HOUR_MS),
    };
    let mut request = request(WORK);
    if let Command::RequestRepair { window, .. } = &mut request {
        *window = Some(time);
    }
    for command in [request, verify(), offer(1)] {
        world.run(command);
    }
    (world, time)
}

/// When a clock of the repair is due, if it runs.
fn due(world: &World, name: ClockName) -> Option<Timestamp> {
    let clock = world.case.clock(work_clock(name))?;
    (clock.state == ClockState::Running).then_some(clock.due_at)
}

#[test]
fn accepting_a_chosen_time_that_can_be_kept_agrees_on_it() {
    let (mut world, time) = chosen(3, 2);
    world.facts.visit_windows = vec![time];
    world.run(accept(1, NEAR));
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.state, RepairState::Scheduled);
    assert_eq!(order.window, Some(time));
    assert_eq!(due(&world, ClockName::Scheduling), None);
    let arrival = due(&world, ClockName::Arrival).unwrap();
    assert!(arrival >= time.until, "whoever comes within it is in time");
    let scheduled = world.events.iter().rev();
    let mut scheduled = scheduled.filter(|event| matches!(event.body, Body::VisitScheduled { .. }));
    assert_eq!(
        scheduled.next().map(|event| event.by),
        Some(Actor::System),
        "nobody said it again, so both are told"
    );
    let accepted = world
        .events
        .iter()
        .find(|event| matches!(event.body, Body::OfferAccepted { .. }));
    assert!(matches!(
        accepted.map(|event| event.by),
        Some(Actor::Technician { .. })
    ));
}

#[test]
fn a_chosen_time_that_cannot_be_kept_any_more_is_told_and_asked_for() {
    // No room in the plan; then one that is over before anybody accepts.
    for late in [false, true] {
        let (mut world, time) = chosen(1, 2);
        if late {
            world.later(3 * HOUR_MS);
            world.facts.visit_windows = vec![time];
        }
        let names = world.run(accept(1, NEAR));
        assert!(
            names.contains(&"chosen_time_missed.v1".to_owned()),
            "{names:?}"
        );
        let order = &world.case.work_orders[&WORK];
        assert_eq!(order.state, RepairState::Accepted);
        assert_eq!(order.window, None, "nothing is shown as agreed or wished");
        assert!(
            due(&world, ClockName::Scheduling).is_some(),
            "it is waited for"
        );
        assert_eq!(due(&world, ClockName::Arrival), None);
        // Any other time can be agreed on.
        world.run(schedule(&world, 5 * HOUR_MS));
        assert_eq!(world.case.work_orders[&WORK].state, RepairState::Scheduled);
    }
}

#[test]
fn a_long_wish_is_no_choice_and_what_no_longer_stands_is_none_either() {
    let (mut world, wish) = chosen(3, 24);
    world.facts.visit_windows = vec![wish];
    world.run(accept(1, NEAR));
    assert_eq!(world.case.work_orders[&WORK].state, RepairState::Accepted);
    assert_eq!(world.case.work_orders[&WORK].window, Some(wish));
    let (mut world, time) = chosen(3, 2);
    world.facts.visit_windows = vec![time];
    world.run(accept(1, NEAR));
    world.run(release());
    world.run(offer(2));
    // The customer was told that the time no longer stands: with somebody else it is agreed on anew.
    let second = world.case.work_orders[&WORK].offers[1].technician;
    world.run(accept(2, second));
    assert_eq!(world.case.work_orders[&WORK].state, RepairState::Accepted);
    world.facts.visit_windows = vec![time];
    world.run(Command::ScheduleVisit {
        by: CLAIMANT,
        work_order: WORK,
        window: time,
    });
    assert_eq!(world.case.work_orders[&WORK].state, RepairState::Scheduled);
}
