//! What the days before teach: lengths of visits, and a promise only where it was kept.

use crate::world::World;
use aftercare_app::actions::Action;
use aftercare_app::experience::{ExperienceView, ResponseKnown};
use aftercare_app::planning::SlotsInput;
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::event::{Satisfaction, WorkKind, WorkOutcome};
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// A repair from the report to the finished work; the technician takes so long to accept and for the work.
async fn visit(world: &World, accept_ms: i64, work_ms: i64) -> IntakeReceipt {
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    let detail = world
        .app
        .case_detail(&world.dispatcher, case)
        .await
        .unwrap();
    let offer = detail.work_orders[0].offers[0].id;
    world.clock.advance_ms(accept_ms);
    let from = world.app.now();
    let steps = [
        Action::AcceptOffer {
            work_order: None,
            offer,
        },
        Action::Schedule {
            work_order: None,
            from,
            until: from.plus_ms(HOUR_MS),
        },
    ];
    for step in steps {
        world.act(&world.technician, case, step).await.unwrap();
        world.app.settle().await.unwrap();
    }
    world.start_visit(case).await;
    world.app.settle().await.unwrap();
    world.clock.advance_ms(work_ms);
    let finish = Action::Finish {
        work_order: None,
        outcome: WorkOutcome::Fixed,
        actions: Vec::new(),
        note: String::new(),
    };
    world.act(&world.technician, case, finish).await.unwrap();
    receipt
}

async fn measured(world: &World) -> ExperienceView {
    world.app.measured(&world.dispatcher).await.unwrap()
}

async fn response(world: &World) -> ResponseKnown {
    let input = SlotsInput {
        kind: WorkKind::Repair,
        product: None,
        skill: "lamp".to_owned(),
        county: "330106".to_owned(),
        town: None,
        place: None,
    };
    let slots = world.app.visit_slots(world.tenant, &input).await.unwrap();
    slots.response.unwrap()
}

#[tokio::test]
async fn a_promise_and_lengths_come_of_days_that_are_over_and_stay_after_a_restart() {
    let world = World::new().await;
    let nothing = response(&world).await;
    assert!(!nothing.promised && nothing.requests == 0);
    assert!(nothing.zh.contains("不作承诺"), "{}", nothing.zh);
    let start = world.app.now();
    // Two a day within one hour of the day.
    for number in 0..30 {
        if number % 2 == 0 {
            world.clock.advance_to(start.plus_ms(number / 2 * DAY_MS));
        }
        if number == 28 {
            // Today does not count yet, and 28 are too few.
            assert_eq!(response(&world).await.requests, 28);
            assert!(!response(&world).await.promised);
        }
        visit(&world, 5 * MINUTE_MS, 40 * MINUTE_MS).await;
    }
    world.clock.advance_to(start.plus_ms(15 * DAY_MS));
    let known = response(&world).await;
    assert_eq!((known.requests, known.within), (30, 30));
    assert!(known.promised && known.least_percent == 90, "{known:?}");
    assert_eq!(known.median_minutes, Some(5));
    assert!(known.zh.contains("30 分钟内会有师傅接单"), "{}", known.zh);
    let view = measured(&world).await;
    let repair = view
        .lengths
        .iter()
        .find(|known| known.kind == "repair")
        .unwrap();
    assert!(repair.learned && repair.visits == 30);
    assert!((40..=41).contains(&repair.minutes), "{repair:?}");
    let clean = view
        .lengths
        .iter()
        .find(|known| known.kind == "clean")
        .unwrap();
    assert_eq!((clean.learned, clean.minutes), (false, 90));
    assert_eq!(view.paces[0].percent, 100);
    let county = &view.counties[0];
    assert_eq!((county.county.as_str(), view.counties.len()), ("330106", 1));
    for counted in [county.promises, county.held] {
        let share = counted.share.unwrap();
        assert_eq!((share.count, share.of, share.least_percent), (30, 30, 90));
    }
    let (answered, arrival) = (&county.response, &county.arrival);
    assert_eq!((answered.of, answered.most_minutes), (30, Some(5)));
    assert!(arrival.of == 30 && arrival.median_minutes >= Some(5));
    assert_eq!(county.satisfied.of, 0, "nobody was asked");
    assert_eq!(county.first_fix.of, 0, "it may still come back");
    let table = world.app.counties_out(&world.dispatcher, false).await;
    let table = table.unwrap();
    assert!(table.contains("\r\n\"330106\","), "{table}");
    let counts = ",30,30,90,0,\"\",\"\",30,30,90,0,\"\",\"\"\r\n";
    assert!(table.contains(counts), "no number of nothing: {table}");
    let refused = world.app.counties_out(&world.technician, false).await;
    assert_eq!(refused.unwrap_err().rule, "role_required");
    let planned = world.repair().await;
    let board = world.app.board(&world.dispatcher).await.unwrap();
    let tour = &board.technicians[0].visits;
    let shown = tour
        .iter()
        .find(|visit| visit.number == planned.number)
        .unwrap();
    let minutes = shown.done.since_ms(shown.start) / MINUTE_MS;
    assert!(
        (40..=41).contains(&minutes),
        "planned with what was learned"
    );
    // Another hour of the day, and another county, know nothing of it.
    world.clock.advance_ms(6 * HOUR_MS);
    assert_eq!(response(&world).await.requests, 0);
    let before = (world.app.board(&world.dispatcher).await.unwrap(), view);
    let world = world.restarted().await;
    let after = world.app.board(&world.dispatcher).await.unwrap();
    assert_eq!((after, measured(&world).await), before);
    // A month later it is over whether the work came back.
    world.clock.advance_to(start.plus_ms(46 * DAY_MS));
    let view = measured(&world).await;
    let fixed = view.counties[0].first_fix.share.unwrap();
    assert_eq!((fixed.count, fixed.of), (30, 30));
    assert_eq!(view.counties[0].held.of, 0, "the four weeks are over");
}

#[tokio::test]
async fn what_customers_said_is_told_from_ten_answers_on_to_whoever_did_it_and_the_dispatchers() {
    let world = World::new().await;
    let start = world.app.now();
    let few = world.app.own_ratings(&world.technician).await.unwrap();
    assert_eq!(few.shares, None);
    for number in 0..10 {
        world.clock.advance_to(start.plus_ms(number * DAY_MS));
        let receipt = visit(&world, 5 * MINUTE_MS, 40 * MINUTE_MS).await;
        let claimant = world.claimant(&receipt).await;
        let satisfaction = match number {
            0..8 => Satisfaction::Satisfied,
            8 => Satisfaction::Partly,
            _ => Satisfaction::Dissatisfied,
        };
        let rate = Action::RateWork {
            work_order: None,
            satisfaction,
            reason: "等了两个小时。".to_owned(),
        };
        world.act(&claimant, receipt.case, rate).await.unwrap();
        if number == 8 {
            let answer = Action::AnswerRating {
                work_order: None,
                text: "路上堵车，很抱歉。".to_owned(),
            };
            let answered = world.act(&world.technician, receipt.case, answer).await;
            answered.unwrap();
        }
        if number == 9 {
            // Today does not count yet, and nine are too few.
            let few = world.app.own_ratings(&world.technician).await.unwrap();
            assert_eq!(few.shares, None);
            let all = measured(&world).await.ratings;
            assert_eq!((all.len(), all[0].shares), (1, None));
        }
    }
    world.clock.advance_to(start.plus_ms(11 * DAY_MS));
    let own = world.app.own_ratings(&world.technician).await.unwrap();
    let shares = own.shares.unwrap();
    let satisfied = shares.satisfied;
    assert_eq!(
        (satisfied.count, satisfied.of, satisfied.least_percent),
        (8, 10, 49)
    );
    assert_eq!(
        (shares.partly, shares.dissatisfied, shares.answered),
        (1, 1, 1)
    );
    assert_eq!(measured(&world).await.ratings, [own]);
    let agent = world.app.measured(&world.agent).await.unwrap();
    assert_eq!(agent.ratings, [], "agents send nobody");
    let other = world.app.own_ratings(&world.dispatcher).await;
    assert_eq!(other.unwrap_err().rule, "role_required");
}

#[tokio::test]
async fn what_nobody_covers_comes_to_a_person_with_who_is_near() {
    let world = World::new().await;
    let mut input = crate::world::repair_input();
    input.county = "330105".to_owned();
    input.person.place = None;
    let receipt = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let detail = world
        .app
        .case_detail(&world.dispatcher, receipt.case)
        .await
        .unwrap();
    let order = &detail.work_orders[0];
    assert_eq!(order.escalation.as_deref(), Some("no_coverage"));
    let near = world
        .app
        .nearest(&world.dispatcher, receipt.case, order.id)
        .await
        .unwrap();
    let near = near.expect("the county is known");
    assert!(
        near.radius_m > 0,
        "only the county is known, and it is said"
    );
    assert_eq!(near.technicians.len(), 1);
    assert_eq!(
        near.technicians[0].lacks,
        [aftercare_app::nearest::Lack::County]
    );
    assert!(near.technicians[0].distance_m > 0);
    let board = world.app.board(&world.dispatcher).await.unwrap();
    assert_eq!(board.waiting[0].nearest.as_ref(), Some(&near));
    assert!(
        world
            .app
            .nearest(&world.technician, receipt.case, order.id)
            .await
            .is_err()
    );
    let claimant = world.claimant(&receipt).await;
    assert!(
        world
            .app
            .nearest(&claimant, receipt.case, order.id)
            .await
            .is_err()
    );
}
