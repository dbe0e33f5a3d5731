//! What the plan does while nothing happens, and that nothing of it is missing after a restart.

use crate::planning::{board, repair_at, technician};
use crate::world::{World, person, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::people::Place;
use aftercare_app::planning::{Board, BoardTechnician};
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::time::{DAY_MS, MINUTE_MS};

/// A town of open repairs.
async fn town(world: &World, repairs: i32) {
    technician(world, "north", 30.30, 120.17).await;
    technician(world, "east", 30.25, 120.24).await;
    for number in 0..repairs {
        let step = number * 7_919 % 60_000;
        let mut input = repair_input();
        input.person = person("样例用户", &format!("138000{number:05}"));
        input.person.place = Some(Place {
            latitude_e6: 30_240_000 + step,
            longitude_e6: 120_240_000 - step,
        });
        let reported = world
            .app
            .report_repair(world.tenant, None, input, Vec::new(), None)
            .await;
        reported.unwrap();
    }
}

/// Lets the plan do what it does while nothing happens; how many slices.
async fn at_rest(world: &World) -> u32 {
    let mut all = 0;
    loop {
        match world.app.improve_turn().await.unwrap() {
            0 => break all,
            some => all += some,
        }
    }
}

#[tokio::test]
async fn a_small_plan_is_improved_before_anybody_sees_it_and_is_the_same_after_a_restart() {
    let world = World::new().await;
    town(&world, 8).await;
    let first = board(&world).await;
    assert_eq!((first.improved, first.improved_most), (160, 160));
    assert_eq!(at_rest(&world).await, 0, "there is no more to do");
    // Whatever happens, at once and without any rest.
    repair_at(&world, 30_250_000, 120_200_000, false).await;
    let before = board(&world).await;
    let visits: usize = before.technicians.iter().map(|who| who.visits.len()).sum();
    assert_eq!((visits, before.improved), (9, before.improved_most));
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before);
}

/// How many repairs somebody has, and how many wait.
fn counted(board: &Board) -> usize {
    let visits = board.technicians.iter().map(|who| who.visits.len());
    visits.sum::<usize>() + board.waiting.len()
}

/// More repairs than are planned anew at every change: what happens is taken in at once, and a process that dies in the midst of
/// it comes back with the same board, also where it reads at once what the other one looked at one by one.
#[tokio::test]
async fn a_large_plan_takes_in_what_happens_at_once_and_is_the_same_after_a_crash() {
    let world = World::new().await;
    town(&world, 62).await;
    // In the next step of the clock that is how things stand.
    world.clock.advance_ms(15 * MINUTE_MS);
    let first = board(&world).await;
    assert_eq!(first.improved, first.improved_most, "the first look waits");
    let mut reported = Vec::new();
    for number in 0..3 {
        let urgent = number == 1;
        let (north, east) = (30_250_000 + number * 9_000, 120_200_000 - number * 7_000);
        reported.push(repair_at(&world, north, east, urgent).await);
        let taken = board(&world).await;
        assert_eq!(counted(&taken), 62 + reported.len(), "it is there");
        assert_eq!(at_rest(&world).await, 0, "nobody has to wait for more");
    }
    // One of them ends within the same step, and its case is closed.
    let claimant = world.claimant(&reported[0]).await;
    let withdraw = Action::WithdrawRepair { work_order: None };
    world
        .act(&claimant, reported[0].case, withdraw)
        .await
        .unwrap();
    let before = board(&world).await;
    assert_eq!(counted(&before), 64);
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before, "in the midst of it");
    // Several things before anybody looks are what they are one by one.
    repair_at(&world, 30_262_000, 120_215_000, true).await;
    let claimant = world.claimant(&reported[2]).await;
    let withdraw = Action::WithdrawRepair { work_order: None };
    world
        .act(&claimant, reported[2].case, withdraw)
        .await
        .unwrap();
    let before = board(&world).await;
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before, "two things at one look");
    // When the next step begins, nobody has to wait: all of it is improved again beside the work, as a restart does it.
    world.clock.advance_ms(15 * MINUTE_MS);
    assert_eq!(at_rest(&world).await, 1, "it is told again, once");
    let before = board(&world).await;
    assert_eq!(
        (counted(&before), before.improved),
        (64, before.improved_most)
    );
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before, "in the next step");
}

#[tokio::test]
async fn a_plan_that_grows_beyond_what_is_planned_anew_and_shrinks_again_is_the_same_after_a_restart()
 {
    let world = World::new().await;
    town(&world, 60).await;
    world.clock.advance_ms(15 * MINUTE_MS);
    assert_eq!(counted(&board(&world).await), 60);
    let receipt = repair_at(&world, 30_250_000, 120_200_000, false).await;
    let before = board(&world).await;
    assert_eq!(counted(&before), 61);
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before, "one more");
    let claimant = world.claimant(&receipt).await;
    let withdraw = Action::WithdrawRepair { work_order: None };
    world.act(&claimant, receipt.case, withdraw).await.unwrap();
    let before = board(&world).await;
    assert_eq!(counted(&before), 60);
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before, "and back");
}

/// From so many repairs on a plan is told from the beginning of the day, and of so many things one by one.
const LARGE: (usize, usize) = (61, 4);

async fn restarted_as_large(world: World) -> World {
    let world = world.restarted().await;
    world.app.tell_plans_of(LARGE.0, LARGE.1);
    world
}

async fn withdraw(world: &World, receipt: &IntakeReceipt) {
    let claimant = world.claimant(receipt).await;
    let withdraw = Action::WithdrawRepair { work_order: None };
    world.act(&claimant, receipt.case, withdraw).await.unwrap();
}

/// A plan that takes long to make is not made again every quarter of an hour; what a process that died looked at, and when, makes
/// no difference to the one that comes after it.
#[tokio::test]
async fn a_plan_of_very_many_is_the_same_after_a_crash_at_any_time_of_the_day() {
    let world = World::new().await;
    world.app.tell_plans_of(LARGE.0, LARGE.1);
    town(&world, 62).await;
    let before = board(&world).await;
    assert_eq!(counted(&before), 62);
    let world = restarted_as_large(world).await;
    assert_eq!(board(&world).await, before, "at once");
    let mut reported = Vec::new();
    for number in 0..5 {
        let (north, east) = (30_250_000 + number * 9_000, 120_200_000 - number * 7_000);
        reported.push(repair_at(&world, north, east, number == 1).await);
        // Somebody looks at some of them, and not in every quarter of an hour.
        if number % 2 == 0 {
            let taken = board(&world).await;
            assert_eq!(counted(&taken), 62 + reported.len(), "it is there");
        }
        world.clock.advance_ms(22 * MINUTE_MS);
    }
    let before = board(&world).await;
    let world = restarted_as_large(world).await;
    assert_eq!(board(&world).await, before, "after some hours");
    assert_eq!(at_rest(&world).await, 0, "it stays as it was told");
    withdraw(&world, &reported[0]).await;
    let before = board(&world).await;
    assert_eq!(counted(&before), 66);
    let world = restarted_as_large(world).await;
    assert_eq!(board(&world).await, before, "one less");
    // The time goes on beside the work, and the plan with it.
    world.clock.advance_ms(15 * MINUTE_MS);
    assert_eq!(at_rest(&world).await, 1);
    let before = board(&world).await;
    let world = restarted_as_large(world).await;
    assert_eq!(board(&world).await, before, "in the next step");
    world.clock.advance_ms(DAY_MS);
    let before = board(&world).await;
    let world = restarted_as_large(world).await;
    assert_eq!(board(&world).await, before, "on the next day");
}

#[tokio::test]
async fn a_plan_that_becomes_very_large_and_small_again_is_the_same_after_a_crash() {
    let world = World::new().await;
    world.app.tell_plans_of(LARGE.0, LARGE.1);
    town(&world, 61).await;
    let first = board(&world).await;
    assert_eq!(counted(&first), 61);
    world.clock.advance_ms(20 * MINUTE_MS);
    let receipt = repair_at(&world, 30_250_000, 120_200_000, false).await;
    let before = board(&world).await;
    assert_eq!(counted(&before), 62);
    let world = restarted_as_large(world).await;
    assert_eq!(board(&world).await, before, "one more");
    withdraw(&world, &receipt).await;
    let before = board(&world).await;
    assert_eq!(counted(&before), 61);
    let world = restarted_as_large(world).await;
    assert_eq!(board(&world).await, before, "and back");
}

#[tokio::test]
async fn in_a_plan_of_very_many_whoever_falls_sick_is_planned_around_at_once_and_told_again_at_rest()
 {
    let world = World::new().await;
    world.app.tell_plans_of(LARGE.0, LARGE.1);
    town(&world, 62).await;
    let today = world.app.now().china_midnight();
    let visits_today = |who: &BoardTechnician| {
        let starts = who.visits.iter().map(|visit| visit.start.china_midnight());
        starts.filter(|day| *day == today).count()
    };
    let first = board(&world).await;
    let busiest = first.technicians.iter().max_by_key(|who| visits_today(who));
    assert!(busiest.is_some_and(|who| visits_today(who) > 0));
    let sick = busiest.unwrap().id;
    world
        .app
        .add_absence(&world.dispatcher, sick, "2026-11-02", "")
        .await
        .unwrap();
    let around = board(&world).await;
    assert_eq!(counted(&around), 62, "nobody is forgotten");
    let there = around.technicians.iter().find(|who| who.id == sick);
    assert_eq!(there.map(visits_today), Some(0), "others go");
    world.clock.advance_ms(MINUTE_MS);
    assert_eq!(at_rest(&world).await, 1, "it is told again, once");
    let before = board(&world).await;
    let world = restarted_as_large(world).await;
    assert_eq!(board(&world).await, before);
}
