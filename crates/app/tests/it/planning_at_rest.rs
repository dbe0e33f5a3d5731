//! What the plan does while nothing happens, and that nothing of it is missing after a restart.

use crate::planning::{board, repair_at, technician};
use crate::world::{World, person, repair_input};
use aftercare_app::people::Place;
use aftercare_domain::time::MINUTE_MS;

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

#[tokio::test]
async fn a_large_plan_is_repaired_at_once_and_made_again_at_rest_as_a_restart_makes_it() {
    let world = World::new().await;
    town(&world, 62).await;
    let first = board(&world).await;
    assert_eq!(first.improved, first.improved_most, "the first look waits");
    // What is new is taken in at once; nothing is improved before that.
    repair_at(&world, 30_250_000, 120_200_000, false).await;
    assert_eq!(at_rest(&world).await, 0);
    let taken = board(&world).await;
    let visits: usize = taken.technicians.iter().map(|who| who.visits.len()).sum();
    assert_eq!((visits, taken.waiting.len(), taken.improved), (63, 0, 0));
    assert!(at_rest(&world).await > 1, "it improves itself");
    assert_eq!(board(&world).await.improved, taken.improved_most);
    // Nothing happens any more.
    world.clock.advance_ms(MINUTE_MS);
    assert_eq!(at_rest(&world).await, 1, "it is made again, once");
    let before = board(&world).await;
    assert_eq!(at_rest(&world).await, 0);
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before);
}
