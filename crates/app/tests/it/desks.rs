//! Technicians, outlets, and what a tenant sets for itself.

use crate::shop_products::rules;
use crate::world::{World, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::import::ImportKind;
use aftercare_app::settings::CalendarInput;
use aftercare_domain::Day;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Two more technicians: one who lives nearer to the customer than `tech`, and one who goes 100 m only.
async fn more_technicians(world: &World) {
    for login in ["near", "short"] {
        world.technician_account(login).await;
    }
    let text = "登录名,姓名,技能,覆盖区县,纬度,经度,最远米数\n\
        near,近师傅,lamp、tableware,330100,30.2510,120.1710,5000\n\
        short,短师傅,lamp,330106,30.2540,120.1730,100\n";
    assert_eq!(world.import_technicians(text).await, []);
}

async fn asked(world: &World, case: CaseId) -> Vec<(String, u32)> {
    let detail = world
        .app
        .case_detail(&world.dispatcher, case)
        .await
        .unwrap();
    detail.work_orders[0]
        .offers
        .iter()
        .map(|offer| (offer.technician_name.clone(), offer.distance_m))
        .collect()
}

#[tokio::test]
async fn the_nearest_within_reach_is_asked_first() {
    let world = World::new().await;
    more_technicians(&world).await;
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    assert_eq!(
        asked(&world, receipt.case).await,
        [("近师傅".to_owned(), 0)]
    );
    // No answer: the next one within the clock of an offer; the one out of reach is never asked.
    world.pass(10 * MINUTE_MS).await;
    let names: Vec<String> = asked(&world, receipt.case)
        .await
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["近师傅", "示例师傅"]);
}

#[tokio::test]
async fn several_are_asked_at_once_where_the_rules_say_so_and_the_first_has_it() {
    let world = World::new().await;
    more_technicians(&world).await;
    let pack = r#"
id = "desk"
version = "1"
title_zh = "派单规则"
title_en = "Rules of the desk"
[dates]
notice = "major"
[clocks]
offers_at_once = 3
[[rule]]
id = "label"
zh = "面单能说明是哪一个包裹"
en = "The shipping label tells which parcel it was"
then = { ask = ["shipping_label"] }
cites = ["platform_rules/21"]
"#;
    let app = &world.app;
    app.save_pack_draft(&world.admin, pack).await.unwrap();
    let effective = Day::of(app.now()).plus_days(16);
    app.publish_pack(&world.admin, "desk", "1", effective)
        .await
        .unwrap();
    world.pass(17 * DAY_MS).await;
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    let names: Vec<String> = asked(&world, receipt.case)
        .await
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        names,
        ["近师傅", "示例师傅"],
        "two can go, so two are asked"
    );
    // Each sees the own offer alone.
    let detail = world
        .app
        .case_detail(&world.technician, receipt.case)
        .await
        .unwrap();
    let offers = &detail.work_orders[0].offers;
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].technician_name, "示例师傅");
    let jobs = async || {
        let paging = aftercare_app::lists::Paging::default();
        let page = world
            .app
            .my_jobs(
                &world.technician,
                aftercare_app::lists::Jobs::Ahead,
                &paging,
            )
            .await
            .unwrap();
        page.items.len()
    };
    assert_eq!(jobs().await, 1);
    let accept = Action::AcceptOffer {
        work_order: None,
        offer: offers[0].id,
    };
    world
        .act(&world.technician, receipt.case, accept.clone())
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    let events = world.events(receipt.case).await;
    assert!(events.contains(&"offer_taken.v1".to_owned()), "{events:?}");
    let told = world.notifier.messages();
    assert!(told.iter().any(|message| message.kind == "offer_taken"));
    let detail = world
        .app
        .case_detail(&world.dispatcher, receipt.case)
        .await
        .unwrap();
    let order = &detail.work_orders[0];
    let holder = order.technician.as_ref().map(|who| who.name.as_str());
    assert_eq!(holder, Some("示例师傅"));
    let answers: Vec<&str> = order
        .offers
        .iter()
        .map(|offer| offer.answer.as_str())
        .collect();
    assert_eq!(answers, ["taken", "accepted"]);
    assert_eq!(jobs().await, 1, "it is still theirs");
}

#[tokio::test]
async fn without_a_place_the_countys_outlet_stands_for_it() {
    let world = World::new().await;
    more_technicians(&world).await;
    let text = "code,name,county,latitude,longitude\nO1,示例站,330106,30.2600,120.1800\n";
    let report = world
        .app
        .import(&world.admin, ImportKind::Outlets, text.as_bytes(), false)
        .await
        .unwrap();
    assert_eq!(report.errors, []);
    let mut input = repair_input();
    input.person.place = None;
    let receipt = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    // Who serves the county goes there. The visit is somewhere in it: never told as nearer than it may be.
    let asked = asked(&world, receipt.case).await;
    assert_eq!(asked.len(), 1);
    assert!(asked[0].1 > 10_000, "{asked:?}");
}

#[tokio::test]
async fn an_inactive_or_switched_off_technician_is_not_asked() {
    let world = World::new().await;
    more_technicians(&world).await;
    let near = world
        .app
        .technicians(&world.dispatcher)
        .await
        .unwrap()
        .into_iter()
        .find(|technician| technician.display_name == "近师傅")
        .unwrap();
    world
        .app
        .set_technician_active(&world.dispatcher, near.id, false)
        .await
        .unwrap();
    let tech = world.technician.signed_in().unwrap().user;
    world
        .app
        .set_disabled(&world.admin, tech, true)
        .await
        .unwrap();
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    assert_eq!(asked(&world, receipt.case).await, []);
    let error = world
        .app
        .set_technician_active(&world.merchant, near.id, true)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Forbidden);
}

#[tokio::test]
async fn wrong_technicians_are_named() {
    let world = World::new().await;
    let text = "login,display_name,outlet_code,skills,counties,latitude,longitude,reach_m\n\
        nobody,甲,,lamp,330106,30.2,120.1,1000\n\
        tech,乙,NONE,lamp,330106,30.2,120.1,1000\n\
        tech2,丙,,lamp,33,120.2,30.1,1000\n";
    let report = world
        .app
        .import(
            &world.admin,
            ImportKind::Technicians,
            text.as_bytes(),
            false,
        )
        .await
        .unwrap();
    let named = rules(&report);
    assert_eq!(
        named,
        [
            (2, "login", "technician_account"),
            (3, "outlet_code", "outlet_unknown"),
            // Latitude and longitude were swapped.
            (4, "latitude", "cell_degrees"),
        ]
    );
}

#[tokio::test]
async fn desk_hours_move_the_clocks_of_the_desk() {
    let world = World::new().await;
    let app = &world.app;
    let open = vec!["09:00-12:00".to_owned(), "13:00–18:00".to_owned()];
    let mut calendar = CalendarInput {
        monday: open.clone(),
        tuesday: open,
        ..CalendarInput::default()
    };
    calendar
        .years
        .insert("2027".to_owned(), "2027-01-01 off\n".to_owned());
    app.set_calendar(&world.admin, Some(calendar.clone()))
        .await
        .unwrap();
    assert_eq!(
        app.settings(&world.admin).await.unwrap().calendar,
        Some(calendar.clone())
    );
    // Monday 17:50: an offer of ten minutes runs out as the desk closes, the half hour to a response
    // tomorrow at 09:20.
    world.clock.advance_ms(8 * HOUR_MS + 50 * MINUTE_MS);
    let receipt = world.repair().await;
    world.app.settle().await.unwrap();
    let detail = app
        .case_detail(&world.dispatcher, receipt.case)
        .await
        .unwrap();
    let due: Vec<String> = detail
        .clocks
        .iter()
        .map(|clock| clock.due_at.to_china_text())
        .collect();
    assert!(
        due.contains(&"2026-11-02T18:00:00+08:00".to_owned()),
        "{due:?}"
    );
    assert!(
        due.contains(&"2026-11-03T09:20:00+08:00".to_owned()),
        "{due:?}"
    );

    for (wrong, rule) in [
        (
            CalendarInput {
                monday: vec!["9-12".to_owned()],
                ..calendar.clone()
            },
            "calendar_invalid",
        ),
        (CalendarInput::default(), "calendar_invalid"),
    ] {
        let error = app
            .set_calendar(&world.admin, Some(wrong))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.rule.as_str()),
            (ErrorKind::Invalid, rule)
        );
    }
    app.set_calendar(&world.admin, None).await.unwrap();
    assert_eq!(app.settings(&world.admin).await.unwrap().calendar, None);
}
