//! The live plan: offers follow it, it is the same after a restart, and it mends itself when somebody is away.

use crate::world::{World, repair_input};
use aftercare_app::actions::{Action, WindowInput};
use aftercare_app::people::Place;
use aftercare_app::planning::{Board, SlotsInput};
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::event::WorkKind;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use proptest::prelude::*;

pub async fn technician(world: &World, login: &str, latitude: f64, longitude: f64) {
    world.technician_account(login).await;
    let text = format!(
        "login,display_name,skill,counties,latitude,longitude\n{login},{login},lamp,杭州市,{latitude},{longitude}\n"
    );
    assert_eq!(world.import_technicians(&text).await, []);
}

pub async fn repair_at(
    world: &World,
    latitude_e6: i32,
    longitude_e6: i32,
    urgent: bool,
) -> IntakeReceipt {
    let mut input = repair_input();
    input.urgent = urgent;
    input.person.place = Some(Place {
        latitude_e6,
        longitude_e6,
    });
    world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap()
}

pub async fn board(world: &World) -> Board {
    world.app.board(&world.dispatcher).await.unwrap()
}

/// Who visits whom on the board, in order.
pub fn tours(board: &Board) -> Vec<(String, Vec<(String, String)>)> {
    board
        .technicians
        .iter()
        .map(|who| {
            let visits = who.visits.iter();
            let visits = visits.map(|visit| (visit.number.clone(), visit.step.clone()));
            (who.name.clone(), visits.collect())
        })
        .collect()
}

fn slots_for(county: &str) -> SlotsInput {
    SlotsInput {
        kind: WorkKind::Repair,
        product: None,
        skill: "lamp".to_owned(),
        county: county.to_owned(),
        town: None,
        place: None,
    }
}

#[tokio::test]
async fn a_repair_is_planned_accepted_agreed_and_followed() {
    let world = World::new().await;
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    let plan = board(&world).await;
    assert_eq!(
        tours(&plan),
        [(
            "示例师傅".to_owned(),
            vec![(receipt.number.clone(), "proposed".to_owned())]
        )]
    );
    assert_eq!(
        plan.technicians[0].visits[0].county_name.as_deref(),
        Some("浙江省杭州市西湖区")
    );
    let detail = world
        .app
        .case_detail(&world.dispatcher, case)
        .await
        .unwrap();
    let offer = detail.work_orders[0].offers[0].id;
    world
        .act(
            &world.technician,
            case,
            Action::AcceptOffer {
                work_order: None,
                offer,
            },
        )
        .await
        .unwrap();
    assert_eq!(tours(&board(&world).await)[0].1[0].1, "accepted");
    let from = world.app.now().plus_ms(3 * HOUR_MS);
    let until = from.plus_ms(2 * HOUR_MS);
    world
        .act(
            &world.technician,
            case,
            Action::Schedule {
                work_order: None,
                from,
                until,
            },
        )
        .await
        .unwrap();
    let plan = board(&world).await;
    let visit = &plan.technicians[0].visits[0];
    assert_eq!(visit.step, "agreed");
    let agreed = visit.agreed.unwrap();
    assert_eq!((agreed.from, agreed.until), (from, until));
    assert!(
        (from..=until).contains(&visit.start),
        "the agreed time is kept: {visit:?}"
    );
    world
        .act(&world.technician, case, Action::SetOut { work_order: None })
        .await
        .unwrap();
    assert_eq!(board(&world).await.technicians[0].visits[0].step, "busy");
}

#[tokio::test]
async fn the_plan_is_the_same_after_a_restart() {
    let world = World::new().await;
    technician(&world, "east", 30.30, 120.30).await;
    technician(&world, "west", 30.20, 120.05).await;
    for number in 0..8 {
        repair_at(
            &world,
            30_200_000 + number * 13_000,
            120_050_000 + number * 31_000,
            number == 5,
        )
        .await;
        // The plan is looked at in between, so that it grows one by one.
        board(&world).await;
    }
    world.app.settle().await.unwrap();
    let before = board(&world).await;
    assert_eq!(before.waiting, []);
    assert_eq!(
        tours(&before)
            .iter()
            .map(|(_, visits)| visits.len())
            .sum::<usize>(),
        8
    );
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before);
}

#[tokio::test]
async fn whoever_is_away_is_planned_around_and_what_was_accepted_is_told() {
    let world = World::new().await;
    technician(&world, "second", 30.26, 120.18).await;
    let open = world.repair().await;
    let taken = repair_at(&world, 30_252_000, 120_172_000, false).await;
    world.app.settle().await.unwrap();
    let id = |board: &Board, name: &str| {
        board
            .technicians
            .iter()
            .find(|who| who.name == name)
            .unwrap()
            .id
    };
    let plan = board(&world).await;
    let first = id(&plan, "示例师傅");
    world
        .act(
            &world.dispatcher,
            taken.case,
            Action::Offer {
                work_order: None,
                technician: Some(first),
            },
        )
        .await
        .unwrap();
    let detail = world
        .app
        .case_detail(&world.dispatcher, taken.case)
        .await
        .unwrap();
    let offer = detail.work_orders[0].offers.last().unwrap().id;
    world
        .act(
            &world.technician,
            taken.case,
            Action::AcceptOffer {
                work_order: None,
                offer,
            },
        )
        .await
        .unwrap();
    // The first technician falls sick.
    world
        .app
        .set_technician_active(&world.dispatcher, first, false)
        .await
        .unwrap();
    let plan = board(&world).await;
    assert_eq!(plan.technicians.len(), 1);
    let tour: Vec<_> = plan.technicians[0]
        .visits
        .iter()
        .map(|visit| &visit.number)
        .collect();
    assert_eq!(tour, [&open.number], "somebody else goes");
    let waiting: Vec<_> = plan.waiting.iter().map(|visit| &visit.number).collect();
    assert_eq!(
        waiting,
        [&taken.number],
        "what was accepted is not given away silently"
    );
    assert!(
        plan.waiting[0].zh.contains("示例师傅"),
        "{}",
        plan.waiting[0].zh
    );
    // Given back, it is planned like any other.
    world
        .act(
            &world.dispatcher,
            taken.case,
            Action::Release {
                work_order: None,
                reason: "师傅生病".to_owned(),
            },
        )
        .await
        .unwrap();
    let plan = board(&world).await;
    assert_eq!(plan.waiting, []);
    assert_eq!(plan.technicians[0].visits.len(), 2);
}

pub async fn accept_and_agree(world: &World, receipt: &IntakeReceipt, hours: i64) {
    world.app.settle().await.unwrap();
    let detail = world
        .app
        .case_detail(&world.dispatcher, receipt.case)
        .await
        .unwrap();
    let offer = detail.work_orders[0].offers[0].id;
    let accept = Action::AcceptOffer {
        work_order: None,
        offer,
    };
    world
        .act(&world.technician, receipt.case, accept)
        .await
        .unwrap();
    let from = world.app.now().plus_ms(hours * HOUR_MS);
    let agree = Action::Schedule {
        work_order: None,
        from,
        until: from.plus_ms(2 * HOUR_MS),
    };
    world
        .act(&world.technician, receipt.case, agree)
        .await
        .unwrap();
}

#[tokio::test]
async fn whatever_happens_in_a_day_the_plan_is_the_same_after_a_restart() {
    let world = World::new().await;
    let mut receipts = Vec::new();
    for number in 0..4 {
        receipts.push(repair_at(&world, 30_240_000 + number * 9_000, 120_170_000, false).await);
    }
    // Whoever asks for a time gets the plan as it was repaired around each step.
    let ask = async || {
        let asked = world
            .app
            .visit_slots(world.tenant, &slots_for("330106"))
            .await;
        assert!(!asked.unwrap().slots.is_empty());
    };
    ask().await;
    accept_and_agree(&world, &receipts[0], 2).await;
    ask().await;
    accept_and_agree(&world, &receipts[1], 5).await;
    let only = |work_order| [Action::SetOut { work_order }, Action::Arrive { work_order }];
    world.clock.advance_ms(2 * HOUR_MS);
    for action in only(None) {
        world
            .act(&world.technician, receipts[0].case, action)
            .await
            .unwrap();
        ask().await;
    }
    // The visit takes much longer than expected: who comes next is told a later time, not forgotten.
    world.clock.advance_ms(3 * HOUR_MS);
    ask().await;
    let withdraw = Action::WithdrawRepair { work_order: None };
    world
        .act(&world.agent, receipts[2].case, withdraw)
        .await
        .unwrap();
    ask().await;
    let before = board(&world).await;
    let visits = &before.technicians[0].visits;
    let steps: Vec<_> = visits.iter().map(|visit| visit.step.as_str()).collect();
    assert_eq!(steps, ["busy", "agreed", "proposed"]);
    assert!(visits[0].done > before.at, "it goes on: {:?}", visits[0]);
    assert!(visits[0].start < before.at, "it began when it began");
    assert!(visits[1].start >= visits[0].done, "{visits:?}");
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before);
}

#[tokio::test]
async fn a_time_that_was_agreed_moves_only_to_one_that_the_customer_chose() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 3).await;
    let claimant = world.claimant(&receipt).await;
    let order = async || {
        let detail = world
            .app
            .case_detail(&claimant, receipt.case)
            .await
            .unwrap();
        detail.work_orders.into_iter().next().unwrap()
    };
    let agreed = order().await.window.unwrap();
    let id = order().await.id;
    let times = world
        .app
        .visit_times(&claimant, receipt.case, id)
        .await
        .unwrap();
    assert_eq!(times.slots.len(), 10);
    let schedule = |slot: aftercare_app::views::WindowDetail| Action::Schedule {
        work_order: None,
        from: slot.from,
        until: slot.until,
    };
    let rule = async |who, action| world.act(who, receipt.case, action).await.unwrap_err().rule;
    // Nobody moves it without being asked for.
    assert_eq!(
        rule(&world.technician, schedule(times.slots[3])).await,
        "customer_agrees_first"
    );
    assert_eq!(
        rule(&world.dispatcher, schedule(times.slots[3])).await,
        "customer_agrees_first"
    );
    let propose = Action::ProposeTimes {
        work_order: None,
        windows: times.slots[2..5]
            .iter()
            .map(|slot| WindowInput {
                from: slot.from,
                until: slot.until,
            })
            .collect(),
    };
    world
        .act(&world.dispatcher, receipt.case, propose.clone())
        .await
        .unwrap();
    assert_eq!(order().await.window, Some(agreed), "asked, not moved");
    assert_eq!(order().await.proposed, times.slots[2..5]);
    let keep = Action::KeepTime { work_order: None };
    assert_eq!(rule(&world.technician, keep.clone()).await, "role_required");
    world
        .act(&claimant, receipt.case, keep.clone())
        .await
        .unwrap();
    assert_eq!(
        (order().await.window, order().await.proposed),
        (Some(agreed), Vec::new())
    );
    assert_eq!(rule(&claimant, keep).await, "no_times_proposed");
    // A time that nobody can keep is not taken; one that is offered is, and the plan has it at once.
    let night = aftercare_app::views::WindowDetail {
        from: world.app.now().plus_ms(15 * HOUR_MS),
        until: world.app.now().plus_ms(17 * HOUR_MS),
    };
    assert_eq!(rule(&claimant, schedule(night)).await, "time_not_offered");
    world
        .act(&claimant, receipt.case, schedule(times.slots[4]))
        .await
        .unwrap();
    assert_eq!(order().await.window, Some(times.slots[4]));
    let plan = board(&world).await;
    assert_eq!(plan.technicians[0].visits[0].agreed, Some(times.slots[4]));
    // The technician heard of it.
    world.app.settle().await.unwrap();
    let messages = world.notifier.messages();
    assert!(
        messages
            .iter()
            .any(|message| message.kind == "visit_time_set")
    );
    assert!(
        messages
            .iter()
            .any(|message| message.kind == "times_proposed")
    );
}

#[tokio::test]
async fn a_visit_that_met_nobody_or_waited_for_a_part_is_planned_again() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 1).await;
    world.clock.advance_ms(HOUR_MS);
    let step = async |action| {
        world
            .act(&world.technician, receipt.case, action)
            .await
            .unwrap()
    };
    step(Action::SetOut { work_order: None }).await;
    step(Action::Arrive { work_order: None }).await;
    step(Action::CustomerAbsent { work_order: None }).await;
    let shown = async || board(&world).await.technicians[0].visits.clone();
    assert_eq!(
        shown().await[0].step,
        "accepted",
        "another time is to be agreed"
    );
    let claimant = world.claimant(&receipt).await;
    let detail = world
        .app
        .case_detail(&claimant, receipt.case)
        .await
        .unwrap();
    let id = detail.work_orders[0].id;
    let times = world
        .app
        .visit_times(&claimant, receipt.case, id)
        .await
        .unwrap();
    let choose = Action::Schedule {
        work_order: None,
        from: times.slots[0].from,
        until: times.slots[0].until,
    };
    world.act(&claimant, receipt.case, choose).await.unwrap();
    assert_eq!(shown().await[0].agreed, Some(times.slots[0]));
    world.clock.advance_to(times.slots[0].from);
    step(Action::SetOut { work_order: None }).await;
    step(Action::Arrive { work_order: None }).await;
    step(Action::Diagnose {
        work_order: None,
        fault_code: "E5".to_owned(),
        note: String::new(),
    })
    .await;
    step(Action::AwaitParts {
        work_order: None,
        parts: vec!["灯管".to_owned()],
    })
    .await;
    assert!(
        shown().await.is_empty(),
        "nothing is to be done before the part is there"
    );
    step(Action::PartsArrived { work_order: None }).await;
    assert_eq!(
        shown().await[0].step,
        "accepted",
        "the plan makes room for the second visit"
    );
    let times = world
        .app
        .visit_times(&claimant, receipt.case, id)
        .await
        .unwrap();
    assert!(!times.slots.is_empty());
    let before = board(&world).await;
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before);
}

#[tokio::test]
async fn the_response_is_counted_until_the_customer_was_told() {
    let world = World::new().await;
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    world.clock.advance_ms(6 * MINUTE_MS);
    let detail = async || {
        let detail = world
            .app
            .case_detail(&world.dispatcher, receipt.case)
            .await
            .unwrap();
        detail.work_orders.into_iter().next().unwrap()
    };
    let accept = Action::AcceptOffer {
        work_order: None,
        offer: detail().await.offers[0].id,
    };
    world
        .act(&world.technician, receipt.case, accept)
        .await
        .unwrap();
    let order = detail().await;
    assert_eq!(
        (order.response_ms, order.told_ms),
        (Some(6 * MINUTE_MS), None)
    );
    world.clock.advance_ms(MINUTE_MS);
    let turn = world.app.settle().await.unwrap();
    assert_eq!(turn.failed, 0);
    assert_eq!(detail().await.told_ms, Some(7 * MINUTE_MS));
}

#[tokio::test]
async fn an_absence_is_planned_around_at_once_and_moves_no_agreed_time() {
    let world = World::new().await;
    technician(&world, "second", 30.26, 120.18).await;
    let agreed = world.repair().await;
    accept_and_agree(&world, &agreed, 3).await;
    let open = repair_at(&world, 30_251_000, 120_171_000, false).await;
    let first = board(&world).await.technicians;
    let first = first.iter().find(|who| who.name == "示例师傅").unwrap().id;
    // Away today and tomorrow, by the desk page.
    world
        .app
        .add_absence(&world.dispatcher, first, "2026-11-02", "2026-11-03")
        .await
        .unwrap();
    let plan = board(&world).await;
    let who = plan.technicians.iter().find(|who| who.id == first).unwrap();
    let early: Vec<_> = who
        .visits
        .iter()
        .filter(|visit| visit.start.to_china_text().as_str() < "2026-11-04")
        .collect();
    assert!(early.is_empty(), "{early:?}");
    let works: Vec<_> = who
        .works
        .iter()
        .map(|span| span.from.to_china_text())
        .collect();
    assert!(works[0].starts_with("2026-11-04"), "{works:?}");
    let waiting: Vec<_> = plan.waiting.iter().map(|row| &row.number).collect();
    assert_eq!(
        waiting,
        [&agreed.number],
        "it is told, and nobody else gets it"
    );
    assert!(
        plan.waiting[0].zh.contains("请假"),
        "{}",
        plan.waiting[0].zh
    );
    let detail = world
        .app
        .case_detail(&world.dispatcher, agreed.case)
        .await
        .unwrap();
    assert_eq!(
        detail.work_orders[0].state, "scheduled",
        "the time stands until the customer agrees to another"
    );
    let planned = plan.technicians.iter().flat_map(|who| &who.visits);
    let planned: Vec<_> = planned.map(|visit| &visit.number).collect();
    assert_eq!(planned, [&open.number]);
    let second = plan.technicians.iter().find(|who| who.id != first).unwrap();
    // Who is away is not asked.
    let new = repair_at(&world, 30_250_000, 120_170_000, true).await;
    world.app.settle().await.unwrap();
    let detail = world
        .app
        .case_detail(&world.dispatcher, new.case)
        .await
        .unwrap();
    assert_eq!(detail.work_orders[0].offers[0].technician, second.id);
    // Back sooner than thought.
    let listed = world.app.technicians(&world.dispatcher).await.unwrap();
    let listed = listed.iter().find(|who| who.id == first).unwrap();
    assert_eq!(listed.absences, ["2026-11-02 ~ 2026-11-03"]);
    world
        .app
        .remove_absence(&world.dispatcher, first, &listed.absences[0])
        .await
        .unwrap();
    assert_eq!(board(&world).await.waiting, []);
    let error = world
        .app
        .add_absence(&world.technician, first, "2026-11-02", "")
        .await
        .unwrap_err();
    assert_eq!(error.kind, aftercare_app::ErrorKind::Forbidden);
}

#[tokio::test]
async fn absences_are_imported_and_a_file_without_them_leaves_them() {
    let world = World::new().await;
    let import = async |columns: &str, cells: &str| {
        let text = format!(
            "登录名,姓名,技能,覆盖区县,纬度,经度{columns}\ntech,示例师傅,lamp,330106,30.25,120.17{cells}\n"
        );
        world.import_technicians(&text).await
    };
    let absences = async || {
        let listed = world.app.technicians(&world.dispatcher).await.unwrap();
        listed[0].absences.clone()
    };
    assert_eq!(
        import(",请假", ",2026-11-05 到 2026-11-06；2026-11-09").await,
        []
    );
    let both = ["2026-11-05 ~ 2026-11-06", "2026-11-09"];
    assert_eq!(absences().await, both);
    assert_eq!(import("", "").await, []);
    assert_eq!(absences().await, both);
    assert_eq!(import(",请假", ",下周").await[0].column, "absences");
    assert_eq!(import(",请假", ",").await, []);
    assert!(absences().await.is_empty());
}

#[tokio::test]
async fn times_are_offered_where_somebody_can_come() {
    let world = World::new().await;
    let now = world.app.now();
    let slots = world
        .app
        .visit_slots(world.tenant, &slots_for("330106"))
        .await
        .unwrap();
    assert_eq!(slots.slots.len(), 10);
    for slot in &slots.slots {
        assert_eq!(slot.until.since_ms(slot.from), 2 * HOUR_MS);
        assert!(slot.from >= now.plus_ms(30 * MINUTE_MS), "{slot:?}");
        assert!(slot.until <= now.plus_ms(5 * DAY_MS), "{slot:?}");
    }
    // Nobody serves this county, nobody has this skill: it is said, and the report is taken all the same.
    let none = world
        .app
        .visit_slots(world.tenant, &slots_for("110105"))
        .await
        .unwrap();
    assert!(none.slots.is_empty() && none.zh.is_some() && none.en.is_some());
    let mut other = slots_for("330106");
    other.skill = "boiler".to_owned();
    assert!(
        world
            .app
            .visit_slots(world.tenant, &other)
            .await
            .unwrap()
            .slots
            .is_empty()
    );
    let place_unknown = world
        .app
        .visit_slots(world.tenant, &slots_for("000000"))
        .await
        .unwrap();
    assert!(place_unknown.slots.is_empty() && place_unknown.zh.is_some());
    let error = world
        .app
        .visit_slots(world.tenant, &slots_for("999999"))
        .await
        .unwrap_err();
    assert_eq!(error.rule, "county_code");
    // A point that is none, such as degrees that were swapped or multiplied twice.
    for (latitude_e6, longitude_e6) in [
        (200_000_000, 120_000_000),
        (30_000_000, 180_000_001),
        (i32::MAX, i32::MIN),
    ] {
        let mut nowhere = slots_for("330106");
        nowhere.place = Some(Place {
            latitude_e6,
            longitude_e6,
        });
        let error = world
            .app
            .visit_slots(world.tenant, &nowhere)
            .await
            .unwrap_err();
        assert_eq!(
            (error.rule.as_str(), error.kind),
            ("place", aftercare_app::ErrorKind::Invalid)
        );
    }
    // Asking keeps nothing.
    assert!(
        board(&world)
            .await
            .technicians
            .iter()
            .all(|who| who.visits.is_empty())
    );
}

#[tokio::test]
async fn visits_are_planned_and_offered_in_working_hours() {
    let world = World::new().await;
    // 2026-11-02 is a Monday.
    let import = async |hours: &str| {
        let text = format!(
            "登录名,姓名,技能,覆盖区县,纬度,经度,上班时间\ntech,示例师傅,lamp,330106,30.25,120.17,{hours}\n"
        );
        world.import_technicians(&text).await
    };
    assert_eq!(import("有空就来").await[0].column, "hours");
    assert_eq!(import("周三 13:30-17:00；周三 8:30-12:00").await, []);
    let shown = world.app.technicians(&world.dispatcher).await.unwrap();
    assert_eq!(shown[0].hours, ["周三 08:30-12:00", "周三 13:30-17:00"]);
    let slots = world
        .app
        .visit_slots(world.tenant, &slots_for("330106"))
        .await
        .unwrap();
    let days: Vec<String> = slots
        .slots
        .iter()
        .map(|slot| slot.from.to_china_text()[..13].to_owned())
        .collect();
    assert!(
        !days.is_empty() && days.iter().all(|day| day.starts_with("2026-11-04T")),
        "{days:?}"
    );
    world.repair().await;
    let plan = board(&world).await;
    let who = &plan.technicians[0];
    assert_eq!(who.works.len(), 2);
    let visit = &who.visits[0];
    assert!(
        who.works
            .iter()
            .any(|span| (span.from..span.until).contains(&visit.start)),
        "{visit:?}"
    );
}

#[tokio::test]
async fn what_nobody_can_do_does_not_stop_the_plan() {
    let world = World::new().await;
    let mut input = repair_input();
    input.skill = "boiler".to_owned();
    input.order_number = String::new();
    world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    let able = world.repair().await;
    world.app.settle().await.unwrap();
    let plan = board(&world).await;
    assert_eq!(plan.technicians[0].visits[0].number, able.number);
    assert!(
        plan.waiting[0].zh.contains("boiler"),
        "{}",
        plan.waiting[0].zh
    );
}

#[tokio::test]
async fn two_times_that_one_person_cannot_keep_are_told() {
    let world = World::new().await;
    let mut cases = Vec::new();
    for north in [0, 40_000] {
        let receipt = repair_at(&world, 30_251_000 + north, 120_171_000, false).await;
        world.app.settle().await.unwrap();
        let detail = world
            .app
            .case_detail(&world.dispatcher, receipt.case)
            .await
            .unwrap();
        let offer = detail.work_orders[0].offers[0].id;
        world
            .act(
                &world.technician,
                receipt.case,
                Action::AcceptOffer {
                    work_order: None,
                    offer,
                },
            )
            .await
            .unwrap();
        let from = world.app.now().plus_ms(3 * HOUR_MS);
        let until = from.plus_ms(20 * MINUTE_MS);
        world
            .act(
                &world.technician,
                receipt.case,
                Action::Schedule {
                    work_order: None,
                    from,
                    until,
                },
            )
            .await
            .unwrap();
        cases.push(receipt.number);
    }
    let plan = board(&world).await;
    let planned: Vec<_> = plan.technicians[0]
        .visits
        .iter()
        .map(|visit| &visit.number)
        .collect();
    assert_eq!(planned, [&cases[0]]);
    assert_eq!(plan.waiting.len(), 1);
    assert_eq!(plan.waiting[0].number, cases[1]);
}

#[tokio::test]
async fn only_the_desk_sees_the_board() {
    let world = World::new().await;
    for (name, who) in world.everybody() {
        let seen = world.app.board(who).await.is_ok();
        assert_eq!(
            seen,
            ["admin", "agent", "dispatcher", "auditor"].contains(&name),
            "{name}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    /// However the repairs come and whenever the plan is looked at, it is the plan that a restart makes.
    #[test]
    fn looking_does_not_change_the_plan(
        repairs in proptest::collection::vec((0..120_000i32, 0..120_000i32, any::<bool>(), any::<bool>()), 1..9),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            technician(&world, "second", 30.24, 120.10).await;
            for (north, east, urgent, look) in repairs {
                repair_at(&world, 30_200_000 + north, 120_100_000 + east, urgent).await;
                if look {
                    board(&world).await;
                }
            }
            let before = board(&world).await;
            let world = world.restarted().await;
            assert_eq!(board(&world).await, before);
        });
    }
}

#[tokio::test]
async fn who_could_be_visited_earlier_is_listed_until_the_customer_was_asked() {
    let world = World::new().await;
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    let order = async || {
        let detail = world.app.case_detail(&world.dispatcher, receipt.case).await;
        detail.unwrap().work_orders.remove(0)
    };
    let accept = Action::AcceptOffer {
        work_order: None,
        offer: order().await.offers[0].id,
    };
    world
        .act(&world.technician, receipt.case, accept)
        .await
        .unwrap();
    assert_eq!(board(&world).await.earlier, [], "no time is agreed yet");
    let from = world.app.now().plus_ms(25 * HOUR_MS);
    let schedule = Action::Schedule {
        work_order: None,
        from,
        until: from.plus_ms(2 * HOUR_MS),
    };
    world
        .act(&world.technician, receipt.case, schedule)
        .await
        .unwrap();
    let earlier = board(&world).await.earlier;
    assert_eq!(earlier.len(), 1);
    let row = &earlier[0];
    assert_eq!(row.agreed.from, from);
    assert!(row.earlier.until <= from && row.earlier.from > world.app.now());
    // Asking moves nothing.
    let propose = Action::ProposeTimes {
        work_order: Some(row.work_order),
        windows: vec![WindowInput {
            from: row.earlier.from,
            until: row.earlier.until,
        }],
    };
    world
        .act(&world.dispatcher, receipt.case, propose)
        .await
        .unwrap();
    let asked = board(&world).await;
    assert_eq!(asked.earlier, [], "the customer is asked once");
    let window = order().await.window.unwrap();
    assert_eq!(window.from, from);
}

#[tokio::test]
async fn who_will_be_late_is_told_with_a_time_that_can_be_kept() {
    let world = World::new().await;
    let receipt = world.repair().await;
    accept_and_agree(&world, &receipt, 2).await;
    let in_time = board(&world).await;
    assert_eq!(in_time.late, []);
    let visit = &in_time.technicians[0].visits[0];
    assert_eq!((visit.late_minutes, visit.agreed.is_some()), (0, true));
    let agreed = visit.agreed.unwrap();
    // Nobody set out, and the time is over.
    let over = agreed.until.since_ms(world.app.now()) + 30 * MINUTE_MS;
    world.pass(over).await;
    let plan = board(&world).await;
    let visit = &plan.technicians[0].visits[0];
    assert!(
        visit.late_minutes >= 15 && visit.start > agreed.until,
        "{visit:?}"
    );
    assert_eq!(
        visit.agreed,
        Some(agreed),
        "what was agreed is what is shown"
    );
    assert_eq!(plan.late.len(), 1);
    let row = &plan.late[0];
    assert_eq!((row.agreed, row.expected), (agreed, visit.start));
    assert_eq!(row.late_minutes, visit.late_minutes);
    let instead = row.instead.expect("a time that can be kept");
    assert!(instead.from > world.app.now());
    // Asking moves nothing, and is done once.
    let propose = Action::ProposeTimes {
        work_order: Some(row.work_order),
        windows: vec![WindowInput {
            from: instead.from,
            until: instead.until,
        }],
    };
    world
        .act(&world.dispatcher, receipt.case, propose)
        .await
        .unwrap();
    let asked = board(&world).await;
    assert_eq!((asked.late.len(), asked.late[0].instead), (1, None));
}
