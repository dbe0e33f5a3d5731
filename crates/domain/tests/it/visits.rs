//! What is measured of visits: how many a job took, and whether the times that were agreed were kept.

use crate::world::{
    AGENT, NEAR, WORK, World, accept, arrive, await_parts, by, diagnose, offer, parts_arrive,
    release, request, schedule, set_out, start_work, technician, verify, withdraw_repair,
};
use aftercare_domain::case::WorkOrder;
use aftercare_domain::command::Command;
use aftercare_domain::time::{HOUR_MS, MINUTE_MS};

fn order(world: &World) -> &WorkOrder {
    &world.case.work_orders[&WORK]
}

/// A visit is agreed for the hours from the next one on, and nobody came.
fn nobody_came() -> World {
    let mut world = World::opened();
    for command in [request(WORK), verify(), offer(1), accept(1, NEAR)] {
        world.run(command);
    }
    world.run(schedule(&world, HOUR_MS));
    world.later(3 * HOUR_MS + 1);
    world
}

/// The customer agrees on another time with an agent.
fn again(world: &World, in_ms: i64) -> Command {
    match schedule(world, in_ms) {
        Command::ScheduleVisit {
            work_order, window, ..
        } => Command::ScheduleVisit {
            by: by(AGENT),
            work_order,
            window,
        },
        other => other,
    }
}

fn kept(world: &World) -> Vec<bool> {
    let promises = &order(world).visits.promises;
    promises.iter().map(|promise| promise.kept).collect()
}

#[test]
fn a_time_at_which_nobody_came_stays_broken_whatever_is_agreed_next() {
    let mut world = nobody_came();
    let missed = order(&world).broken_promise(world.now).unwrap();
    assert!(!missed.kept && kept(&world).is_empty());
    assert_eq!(order(&world).broken_promise(missed.until), None, "in time");
    world.run(again(&world, HOUR_MS));
    assert_eq!(order(&world).visits.promises, [missed]);
    assert_eq!(order(&world).broken_promise(world.now), None, "a new one");
    world.later(2 * HOUR_MS);
    world.run(set_out());
    world.run(arrive());
    assert_eq!(kept(&world), [false, true]);
    // Moved before it is over, no promise is broken; given back or withdrawn after it, one is.
    for end in [release(), withdraw_repair()] {
        let mut world = nobody_came();
        world.run(end);
        assert_eq!(kept(&world), [false]);
    }
    let mut world = nobody_came();
    world.now = world.now.plus_ms(-HOUR_MS);
    world.run(again(&world, 5 * HOUR_MS));
    assert!(kept(&world).is_empty());
}

#[test]
fn visits_count_where_the_customer_was_met_and_work_that_waited_for_parts_took_another() {
    let mut world = nobody_came();
    world.now = world.now.plus_ms(-HOUR_MS);
    world.run(arrive());
    let first = world.now;
    world.run(Command::ReportCustomerAbsent {
        by: technician(NEAR),
        work_order: WORK,
    });
    let visits = &order(&world).visits;
    assert_eq!((visits.made, visits.first_at), (0, Some(first)));
    assert_eq!(kept(&world), [true], "it was the customer who was out");
    world.run(schedule(&world, HOUR_MS));
    // Later than was agreed.
    world.later(3 * HOUR_MS + MINUTE_MS);
    for command in [arrive(), diagnose(), start_work()] {
        world.run(command);
    }
    let visits = &order(&world).visits;
    assert_eq!((visits.made, visits.first_at), (1, Some(first)));
    assert_eq!(kept(&world), [true, false]);
    world.run(await_parts());
    world.run(parts_arrive());
    assert_eq!(order(&world).visits.made, 2);
}
