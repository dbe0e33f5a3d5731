//! Visits that a dispatcher moves on the board: what would come of it is told first, an agreed time moves for nobody but the
//! customer, an old board is refused with how it stands now, and the last move is taken back exactly.

use crate::planning::{accept_and_agree, board, repair_at, technician};
use crate::world::World;
use aftercare_app::ErrorKind;
use aftercare_app::actions::{Action, WindowInput};
use aftercare_app::planning::what_if::{WhatIf, WhatIfInput};
use aftercare_app::planning::{Board, BoardVisit};
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::Timestamp;
use aftercare_domain::ids::TechnicianId;
use aftercare_domain::time::{DAY_MS, HOUR_MS};

fn id(board: &Board, name: &str) -> TechnicianId {
    let mut people = board.technicians.iter();
    people.find(|who| who.name == name).unwrap().id
}

/// Who has a visit on the board, and how it stands there.
fn visit(board: &Board, receipt: &IntakeReceipt) -> (String, BoardVisit) {
    let mut all = board.technicians.iter().flat_map(|who| {
        let visits = who.visits.iter();
        visits.map(|visit| (who.name.clone(), visit.clone()))
    });
    all.find(|(_, visit)| visit.number == receipt.number)
        .unwrap()
}

async fn what_if(
    world: &World,
    receipt: &IntakeReceipt,
    technician: TechnicianId,
    from: Option<Timestamp>,
) -> WhatIf {
    let case = world.app.case_detail(&world.dispatcher, receipt.case).await;
    let work_order = case.unwrap().work_orders[0].id;
    let asked = WhatIfInput {
        technician: Some(technician),
        from,
    };
    world
        .app
        .what_if(&world.dispatcher, receipt.case, work_order, asked)
        .await
        .unwrap()
}

fn to(technician: TechnicianId, from: Option<Timestamp>, seen: &str) -> Action {
    Action::MoveVisit {
        work_order: None,
        technician,
        from,
        seen: seen.to_owned(),
    }
}

const BACK: Action = Action::PutBack { work_order: None };

/// A visit that is agreed with the first technician, and a second one who is free.
async fn agreed() -> (World, IntakeReceipt) {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 3).await;
    technician(&world, "second", 30.26, 120.18).await;
    world.app.settle().await.unwrap();
    (world, receipt)
}

#[tokio::test]
async fn somebody_else_comes_at_the_agreed_time_and_it_is_taken_back_exactly() {
    let (world, receipt) = agreed().await;
    let before = board(&world).await;
    let second = id(&before, "second");
    let found = what_if(&world, &receipt, second, None).await;
    assert_eq!(
        (found.was_name.as_deref(), found.consent, &found.why),
        (Some("示例师傅"), None, &None)
    );
    assert_eq!(board(&world).await, before, "asking moves nothing");
    world
        .act(
            &world.dispatcher,
            receipt.case,
            to(second, None, &found.seen),
        )
        .await
        .unwrap();
    let after = board(&world).await;
    let (who, moved) = visit(&after, &receipt);
    let (_, stood) = visit(&before, &receipt);
    assert_eq!(who, "second");
    assert_eq!(
        (moved.step.as_str(), moved.agreed),
        ("agreed", stood.agreed)
    );
    assert_eq!(Some(moved.start), found.start, "as it was told");
    assert!(moved.can_put_back && !stood.can_put_back);
    world.app.settle().await.unwrap();
    let kinds: Vec<_> = world.notifier.messages();
    for kind in ["visit_given", "work_taken_back", "technician_changed"] {
        let told = kinds.iter().filter(|message| message.kind == kind);
        assert_eq!(told.count(), 1, "{kind}");
    }
    let back = world.act(&world.dispatcher, receipt.case, BACK).await;
    assert!(back.is_ok(), "{back:?}");
    assert_eq!(board(&world).await, before, "exactly as it was");
    let again = world.act(&world.dispatcher, receipt.case, BACK).await;
    assert_eq!(again.unwrap_err().rule, "nothing_to_put_back");
    // The same after a restart, from the record alone.
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before);
}

#[tokio::test]
async fn an_agreed_time_moves_for_no_dispatcher_and_the_customer_is_asked() {
    let (world, receipt) = agreed().await;
    let before = board(&world).await;
    let (_, stood) = visit(&before, &receipt);
    let agreed = stood.agreed.unwrap();
    let other = agreed.from.plus_ms(2 * HOUR_MS);
    let first = id(&before, "示例师傅");
    let found = what_if(&world, &receipt, first, Some(other)).await;
    let asked = found.consent.unwrap();
    assert_eq!(asked.from, other);
    assert_eq!(
        asked.until.since_ms(asked.from),
        agreed.until.since_ms(agreed.from)
    );
    assert!(found.may_ask, "{found:?}");
    for who in [first, id(&before, "second")] {
        let moved = to(who, Some(other), &found.seen);
        let moved = world.act(&world.dispatcher, receipt.case, moved).await;
        assert_eq!(moved.unwrap_err().rule, "customer_agrees_first");
    }
    assert_eq!(board(&world).await, before);
    let propose = Action::ProposeTimes {
        work_order: None,
        windows: vec![WindowInput {
            from: asked.from,
            until: asked.until,
        }],
    };
    world
        .act(&world.dispatcher, receipt.case, propose)
        .await
        .unwrap();
    let (_, waits) = visit(&board(&world).await, &receipt);
    assert_eq!(waits.agreed, Some(agreed), "asked, not moved");
    let moved = to(id(&before, "second"), None, "");
    let moved = world.act(&world.dispatcher, receipt.case, moved).await;
    assert_eq!(moved.unwrap_err().rule, "customer_is_asked");
    // Within the agreed time nothing moves by naming one.
    let found = what_if(&world, &receipt, first, Some(agreed.from)).await;
    assert_eq!(found.consent, None);
}

#[tokio::test]
async fn an_open_visit_goes_where_it_is_put_and_back() {
    let world = World::new().await;
    let receipt = world.repair().await;
    technician(&world, "second", 30.26, 120.18).await;
    world.app.settle().await.unwrap();
    let before = board(&world).await;
    let (was, _) = visit(&before, &receipt);
    let other = ["示例师傅", "second"].into_iter().find(|name| *name != was);
    let other = id(&before, other.unwrap());
    let at = world.app.now().plus_ms(2 * HOUR_MS);
    let found = what_if(&world, &receipt, other, Some(at)).await;
    let told = found.start.unwrap();
    assert!((at..=at.plus_ms(HOUR_MS)).contains(&told), "{found:?}");
    let moved = to(other, Some(at), &found.seen);
    world
        .act(&world.dispatcher, receipt.case, moved)
        .await
        .unwrap();
    let after = board(&world).await;
    let (_, shown) = visit(&after, &receipt);
    assert_eq!((shown.step.as_str(), shown.start), ("placed", told));
    let offers = async || {
        let case = world.app.case_detail(&world.dispatcher, receipt.case).await;
        case.unwrap().work_orders[0].offers.len()
    };
    let asked = offers().await;
    assert!(asked > 1, "whoever it was given to is asked");
    world
        .act(&world.dispatcher, receipt.case, BACK)
        .await
        .unwrap();
    assert_eq!(board(&world).await, before, "exactly as it was");
    assert_eq!(
        offers().await,
        asked + 1,
        "whoever had it before is asked again"
    );
}

#[tokio::test]
async fn an_old_board_is_refused_with_how_it_stands_now() {
    let world = World::new().await;
    let first = world.repair().await;
    let second = repair_at(&world, 30_252_000, 120_172_000, false).await;
    technician(&world, "second", 30.26, 120.18).await;
    world.app.settle().await.unwrap();
    let before = board(&world).await;
    let who = id(&before, "second");
    let at = world.app.now().plus_ms(2 * HOUR_MS);
    let found = what_if(&world, &first, who, Some(at)).await;
    assert!(found.start.is_some());
    // Somebody else is quicker.
    world
        .act(&world.dispatcher, second.case, to(who, Some(at), ""))
        .await
        .unwrap();
    let between = board(&world).await;
    let moved = to(who, Some(at), &found.seen);
    let refused = world.act(&world.dispatcher, first.case, moved).await;
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.kind, refused.rule.as_str()),
        (ErrorKind::Conflict, "board_changed")
    );
    assert_eq!(board(&world).await, between, "nothing was moved");
    // As it stands now, it is told and taken.
    let now = what_if(&world, &first, who, Some(at.plus_ms(3 * HOUR_MS))).await;
    assert_ne!(now.seen, found.seen);
    let moved = to(who, Some(at.plus_ms(3 * HOUR_MS)), &now.seen);
    world
        .act(&world.dispatcher, first.case, moved)
        .await
        .unwrap();
    assert_eq!(visit(&board(&world).await, &first).0, "second");
}

#[tokio::test]
async fn what_cannot_be_is_said_with_when_it_could_and_whoever_is_on_the_way_stays() {
    let (world, receipt) = agreed().await;
    let plan = board(&world).await;
    let who = id(&plan, "second");
    let open = repair_at(&world, 30_252_000, 120_172_000, false).await;
    world.app.settle().await.unwrap();
    let night = Timestamp(plan.midnight.0 + DAY_MS + 3 * HOUR_MS);
    let found = what_if(&world, &open, who, Some(night)).await;
    assert!(found.start.is_none() && found.why.is_some(), "{found:?}");
    assert!(
        found.possible_at.is_some_and(|at| at > night),
        "on that day"
    );
    let rule = async |by, case, action| world.act(by, case, action).await.unwrap_err().rule;
    let at_night = to(who, Some(night), "");
    assert_eq!(
        rule(&world.dispatcher, open.case, at_night.clone()).await,
        "no_room"
    );
    for action in [to(who, None, ""), BACK] {
        assert_eq!(rule(&world.agent, open.case, action).await, "role_required");
    }
    let (_, stood) = visit(&plan, &receipt);
    world.clock.advance_to(stood.agreed.unwrap().from);
    let out = Action::SetOut { work_order: None };
    world
        .act(&world.technician, receipt.case, out)
        .await
        .unwrap();
    for action in [to(who, None, ""), BACK] {
        assert_eq!(
            rule(&world.dispatcher, receipt.case, action).await,
            "visit_under_way"
        );
    }
}

#[tokio::test]
async fn of_two_dispatchers_at_once_one_moves_it() {
    let (world, receipt) = agreed().await;
    technician(&world, "third", 30.27, 120.19).await;
    world.app.settle().await.unwrap();
    let plan = board(&world).await;
    let moved = async |name: &str| {
        let who = id(&plan, name);
        to(who, None, &what_if(&world, &receipt, who, None).await.seen)
    };
    let (one, other) = (moved("second").await, moved("third").await);
    let done = tokio::join!(
        world.act(&world.dispatcher, receipt.case, one),
        world.act(&world.dispatcher, receipt.case, other),
    );
    let refused = match done {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        both => panic!("one of them: {both:?}"),
    };
    assert_eq!(refused.rule, "board_changed");
}

#[tokio::test]
async fn nobody_is_given_back_what_they_have_no_time_for_any_more() {
    let world = World::new().await;
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    let first = id(&board(&world).await, "示例师傅");
    let from = world.app.now().plus_ms(2 * HOUR_MS);
    // Nobody can begin two visits within these minutes.
    let agree = async |receipt: &IntakeReceipt| {
        let case = world.app.case_detail(&world.dispatcher, receipt.case).await;
        let case = case.unwrap();
        let mut offers = case.work_orders[0].offers.iter();
        let open = offers.find(|made| made.technician == first && made.answer == "open");
        let accept = Action::AcceptOffer {
            work_order: None,
            offer: open.unwrap().id,
        };
        let time = Action::Schedule {
            work_order: None,
            from,
            until: from.plus_ms(10 * 60_000),
        };
        for action in [accept, time] {
            let done = world.act(&world.technician, receipt.case, action).await;
            assert!(done.is_ok(), "{done:?}");
        }
    };
    agree(&receipt).await;
    technician(&world, "second", 30.26, 120.18).await;
    world.app.settle().await.unwrap();
    let second = id(&board(&world).await, "second");
    let done = async |case, action| world.act(&world.dispatcher, case, action).await;
    done(receipt.case, to(second, None, "")).await.unwrap();
    let other = repair_at(&world, 30_252_000, 120_172_000, false).await;
    world.app.settle().await.unwrap();
    done(other.case, to(first, None, "")).await.unwrap();
    agree(&other).await;
    let stands = board(&world).await;
    let back = done(receipt.case, BACK).await;
    assert_eq!(back.unwrap_err().rule, "no_room");
    assert_eq!(
        board(&world).await,
        stands,
        "whoever came instead still comes"
    );
}

#[tokio::test]
async fn the_way_of_whoever_nobody_would_have_asked_is_known_too() {
    let world = World::new().await;
    let receipt = world.repair().await;
    technician(&world, "far", 30.76, 120.17).await;
    world.app.settle().await.unwrap();
    let far = id(&board(&world).await, "far");
    let moved = to(far, None, "");
    world
        .act(&world.dispatcher, receipt.case, moved)
        .await
        .unwrap();
    let case = world.app.case_detail(&world.dispatcher, receipt.case).await;
    let offers = case.unwrap().work_orders.remove(0).offers;
    let asked = offers.iter().rfind(|made| made.technician == far).unwrap();
    assert!(asked.distance_m > 30_000, "beyond their reach: {asked:?}");
}

#[tokio::test]
async fn what_the_case_refuses_is_said_before_it_is_asked_for() {
    let (world, receipt) = agreed().await;
    let plan = board(&world).await;
    let second = id(&plan, "second");
    let case = world.app.case_detail(&world.dispatcher, receipt.case).await;
    let work_order = case.unwrap().work_orders[0].id;
    for from in [i64::MIN, 0, i64::MAX] {
        let asked = WhatIfInput {
            technician: Some(second),
            from: Some(Timestamp(from)),
        };
        let found = world
            .app
            .what_if(&world.dispatcher, receipt.case, work_order, asked)
            .await;
        assert_eq!(found.unwrap_err().rule, "window_not_valid", "{from}");
    }
    let (_, stood) = visit(&plan, &receipt);
    let from = stood.agreed.unwrap().from.plus_ms(3 * HOUR_MS);
    let propose = Action::ProposeTimes {
        work_order: None,
        windows: vec![WindowInput {
            from,
            until: from.plus_ms(HOUR_MS),
        }],
    };
    world
        .act(&world.dispatcher, receipt.case, propose)
        .await
        .unwrap();
    let found = what_if(&world, &receipt, second, None).await;
    let why = found.why.expect("the customer is asked");
    assert!(why.en.starts_with("The customer is choosing"), "{why:?}");
}

#[tokio::test]
async fn the_picture_of_a_day_knows_places_roughly_and_is_for_dispatchers() {
    let world = World::new().await;
    let receipt = repair_at(&world, 30_252_345, 120_172_345, false).await;
    world.app.settle().await.unwrap();
    let mut found = Vec::new();
    for day in 0..7 {
        let map = world.app.board_map(&world.dispatcher, day).await.unwrap();
        let people = map.people.into_iter();
        found.extend(people.flat_map(|who| who.visits));
    }
    assert_eq!(found.len(), 1, "on one day only");
    assert_eq!(found[0].visit.number, receipt.number);
    assert_eq!(
        found[0]
            .place
            .map(|place| (place.latitude_e6, place.longitude_e6)),
        Some((30_252_000, 120_172_000))
    );
    for who in [&world.agent, &world.technician, &world.auditor] {
        let refused = world.app.board_map(who, 0).await;
        assert_eq!(refused.unwrap_err().rule, "role_required");
    }
}
