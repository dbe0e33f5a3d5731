//! What technicians serve: provinces, cities, counties and towns, for good or for some days; and what nobody serves.

use crate::planning::{board, repair_at, technician};
use crate::world::{World, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::nearest::Lack;
use aftercare_app::people::Place;
use aftercare_app::place_told::PlaceTold;
use aftercare_app::places::COUNTY_TO_ASK;
use aftercare_app::planning::SlotsInput;
use aftercare_app::views::{IntakeReceipt, WorkOrderDetail};
use aftercare_domain::Timestamp;
use aftercare_domain::event::WorkKind;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_vault::Plain;

/// A technician of 东莞, which has no counties, who serves what is given.
async fn serves(world: &World, login: &str, areas: &str) {
    world.technician_account(login).await;
    let text = format!(
        "login,display_name,skill,counties,latitude,longitude,reach_m\n{login},{login},lamp,{areas},22.82,113.80,90000\n"
    );
    assert_eq!(world.import_technicians(&text).await, []);
}

async fn reported(world: &World, address: &str, from: Option<Timestamp>) -> IntakeReceipt {
    let mut input = repair_input();
    input.county = String::new();
    input.person.address = Plain::new(address.to_owned());
    input.person.place = None;
    input.from = from;
    input.until = from.map(|from| from.plus_ms(2 * HOUR_MS));
    let receipt = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    receipt
}

async fn order(world: &World, receipt: &IntakeReceipt) -> WorkOrderDetail {
    let detail = world
        .app
        .case_detail(&world.dispatcher, receipt.case)
        .await
        .unwrap();
    detail.work_orders.into_iter().next().unwrap()
}

/// Who is asked, or why a dispatcher is.
async fn asked(world: &World, receipt: &IntakeReceipt) -> Result<String, String> {
    let order = order(world, receipt).await;
    match order.offers.first() {
        Some(offer) => Ok(offer.technician_name.clone()),
        None => Err(order.escalation.unwrap_or_default()),
    }
}

/// What keeps a technician from a visit, as a dispatcher reads it.
async fn lacks(world: &World, receipt: &IntakeReceipt, login: &str) -> Vec<Lack> {
    let order = order(world, receipt).await;
    let near = world
        .app
        .nearest(&world.dispatcher, receipt.case, order.id)
        .await
        .unwrap()
        .expect("the place is known");
    let found = near.technicians.into_iter().find(|who| who.name == login);
    found.expect("near enough to be listed").lacks
}

/// The text of a day, so many days from now.
fn day(world: &World, days: i64) -> String {
    let at = world.app.now().plus_ms(days * DAY_MS);
    at.to_china_minute()[..10].to_owned()
}

#[tokio::test]
async fn a_visit_goes_to_whom_serves_its_town_and_any_other_to_a_person() {
    let world = World::new().await;
    serves(&world, "changan", "东莞市长安镇").await;
    let inside = reported(&world, "广东省东莞市长安镇示例路 2 号", None).await;
    assert_eq!(asked(&world, &inside).await, Ok("changan".to_owned()));
    let plan = board(&world).await;
    let tour = plan.technicians.iter().find(|who| who.name == "changan");
    let visit = &tour.expect("on the board").visits[0];
    assert_eq!(visit.county_name.as_deref(), Some("广东省东莞市长安镇"));

    // Another town, or none at all: it waits for a person, and is not lost.
    for address in ["广东省东莞市虎门镇示例路 2 号", "广东省东莞市示例路 2 号"]
    {
        let outside = reported(&world, address, None).await;
        let found = asked(&world, &outside).await;
        assert_eq!(found, Err("no_coverage".to_owned()), "{address}");
        assert_eq!(lacks(&world, &outside, "changan").await, [Lack::Town]);
        let waits = board(&world).await.waiting;
        assert!(
            waits.iter().any(|one| one.case == outside.case),
            "{address}: {waits:?}"
        );
    }

    // Who serves the whole city serves each of its towns.
    serves(&world, "city", "441900").await;
    let elsewhere = reported(&world, "广东省东莞市虎门镇示例路 3 号", None).await;
    assert_eq!(asked(&world, &elsewhere).await, Ok("city".to_owned()));
    let slots = async |town: Option<&str>| {
        let input = SlotsInput {
            kind: WorkKind::Repair,
            product: None,
            skill: "lamp".to_owned(),
            county: "441900".to_owned(),
            town: town.map(str::to_owned),
            place: None,
        };
        world.app.visit_slots(world.tenant, &input).await.unwrap()
    };
    assert!(!slots(Some("441900119")).await.slots.is_empty());
    assert!(!slots(None).await.slots.is_empty());
    // The plan is the same after a restart: the town is sealed with the place, and read again.
    let before = board(&world).await;
    let world = world.restarted().await;
    assert_eq!(board(&world).await, before);
}

#[tokio::test]
async fn a_town_counts_also_where_the_county_had_to_be_chosen() {
    let world = World::new().await;
    serves(&world, "changan", "东莞市长安镇").await;
    for (address, town) in [("长安镇示例路 2 号", true), ("虎门镇示例路 2 号", false)]
    {
        let mut input = repair_input();
        input.person.address = Plain::new(address.to_owned());
        input.person.place = None;
        input.county = "441900".to_owned();
        let receipt = world
            .app
            .report_repair(world.tenant, None, input, Vec::new(), None)
            .await
            .unwrap();
        world.app.settle().await.unwrap();
        let found = asked(&world, &receipt).await;
        assert_eq!(found.is_ok(), town, "{address}: {found:?}");
    }
}

#[tokio::test]
async fn goods_may_be_called_what_people_call_them() {
    let world = World::new().await;
    serves(&world, "changan", "东莞市长安镇").await;
    let reported = async |skill: &str| {
        let mut input = repair_input();
        input.skill = skill.to_owned();
        input.county = String::new();
        input.person.address = Plain::new("广东省东莞市长安镇示例路 2 号".to_owned());
        input.person.place = None;
        let app = &world.app;
        let receipt = app
            .report_repair(world.tenant, None, input, Vec::new(), None)
            .await
            .unwrap();
        app.settle().await.unwrap();
        receipt
    };
    // The technician's skill is `lamp`.
    for name in ["吸顶灯", " 灯具", "Lamp", "light"] {
        let found = asked(&world, &reported(name).await).await;
        assert_eq!(found, Ok("changan".to_owned()), "{name}");
    }
    let found = asked(&world, &reported("洗衣机").await).await;
    assert_eq!(found, Err("no_coverage".to_owned()));
}

#[tokio::test]
async fn an_area_counts_on_its_days_only() {
    let world = World::new().await;
    let (first, last) = (day(&world, 2), day(&world, 3));
    serves(&world, "lent", &format!("东莞市 {first} ~ {last}")).await;
    let at = |days: i64| {
        let midnight = world.app.now().china_midnight();
        Some(midnight.plus_ms(days * DAY_MS + 10 * HOUR_MS))
    };
    for (days, served) in [(1, false), (2, true), (3, true), (4, false)] {
        let receipt = reported(&world, "广东省东莞市长安镇示例路 2 号", at(days)).await;
        let found = asked(&world, &receipt).await;
        if served {
            assert_eq!(found, Ok("lent".to_owned()), "day {days}");
        } else {
            assert_eq!(found, Err("no_coverage".to_owned()), "day {days}");
            assert_eq!(lacks(&world, &receipt, "lent").await, [Lack::Days]);
        }
        // The plan has it on its days, and says on the others that nobody serves the place.
        let plan = board(&world).await;
        let tour = plan.technicians.iter().find(|who| who.name == "lent");
        let mut planned = tour.expect("on the board").visits.iter();
        assert_eq!(
            planned.any(|visit| visit.case == receipt.case),
            served,
            "day {days}"
        );
        let mut waiting = plan.waiting.iter();
        assert_eq!(
            waiting.any(|one| one.case == receipt.case),
            !served,
            "day {days}"
        );
    }
    // The list says the days, in words too.
    let known = world.app.technicians(&world.dispatcher).await.unwrap();
    let lent = known.iter().find(|who| who.display_name == "lent").unwrap();
    assert_eq!(lent.counties, [format!("441900 {first} ~ {last}")]);
    assert_eq!(lent.areas, [format!("广东省东莞市 {first} ~ {last}")]);
}

#[tokio::test]
async fn areas_are_changed_at_the_desk_and_what_is_not_understood_is_named() {
    let world = World::new().await;
    let id = world.app.technicians(&world.dispatcher).await.unwrap()[0].id;
    let set = async |areas: &[&str]| {
        let areas: Vec<String> = areas.iter().map(|area| (*area).to_owned()).collect();
        world.app.set_areas(&world.dispatcher, id, &areas).await
    };
    let stored = async || {
        world.app.technicians(&world.dispatcher).await.unwrap()[0]
            .counties
            .clone()
    };
    set(&[
        "浙江省",
        "杭州市西湖区 ~ 2027-06-30",
        "441900119",
        "山西省大同市云冈区大斗沟街道",
        "江苏省苏州市",
        "810000",
    ])
    .await
    .unwrap();
    assert_eq!(
        stored().await,
        [
            "330000",
            "330106 ~ 2027-06-30",
            "441900119",
            "140214033",
            "320500",
            "810000"
        ],
        "an old town is stored as what it became"
    );
    let before = stored().await;
    for (areas, rule) in [
        (&["普格县辉隆乡"][..], "division_town_open"),
        (&["四川省南充市蓬安县相如镇"], "division_town_open"),
        (&["杭州市西湖区 2027-06-30"], "area_days"),
        (&["杭州市西湖区 2027-06-30 ~ 2027-06-01"], "area_days"),
        (&["鼓楼区"], "division_open"),
        (&["999999999"], "division_code"),
        (&["没有这里"], "division_name"),
        // A zone is not its city, nor a district of Hong Kong all of it.
        (&["苏州工业园区"], "division_part"),
        (&["苏州市高新区"], "division_part"),
        (&["320576"], "division_part"),
        (&["香港中西区"], "division_part"),
        (&[], "technician_coverage"),
    ] {
        let error = set(areas).await.unwrap_err();
        assert_eq!(
            (error.rule.as_str(), error.field.as_deref()),
            (rule, Some("areas")),
            "{areas:?}"
        );
    }
    assert_eq!(stored().await, before);
    let refused = world
        .app
        .set_areas(&world.technician, id, &["330106".to_owned()])
        .await;
    assert!(
        refused.is_err(),
        "technicians do not choose what they serve"
    );
}

#[tokio::test]
async fn technicians_serve_what_their_outlet_serves_unless_they_have_areas_of_their_own() {
    let world = World::new().await;
    let shop = |areas: &str| {
        format!(
            "code,name,county,latitude,longitude,服务区域\nDG,东莞店,441900,22.83,113.80,{areas}\n"
        )
    };
    let (first, last) = (day(&world, 0), day(&world, 1));
    let lent = format!("东莞市长安镇; 东莞市虎门镇 {first} ~ {last}");
    assert_eq!(world.import_outlets(&shop(&lent)).await, [""; 0]);
    world.technician_account("member").await;
    let member = |outlet: &str| {
        format!(
            "login,display_name,outlet_code,skill,counties,latitude,longitude,reach_m\nmember,member,{outlet},lamp,,22.82,113.80,90000\n"
        )
    };
    // Without an outlet that serves something an area has to be written.
    let errors = world.import_technicians(&member("")).await;
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(world.import_technicians(&member("DG")).await, []);
    let known = async || {
        let known = world.app.technicians(&world.dispatcher).await.unwrap();
        known
            .into_iter()
            .find(|who| who.display_name == "member")
            .unwrap()
    };
    let who = known().await;
    assert_eq!(who.counties, [""; 0]);
    assert_eq!(
        who.areas,
        [
            "广东省东莞市长安镇".to_owned(),
            format!("广东省东莞市虎门镇 {first} ~ {last}")
        ]
    );
    for (address, found) in [
        ("广东省东莞市长安镇示例路 2 号", Ok("member".to_owned())),
        ("广东省东莞市虎门镇示例路 2 号", Ok("member".to_owned())),
        (
            "广东省东莞市厚街镇示例路 2 号",
            Err("no_coverage".to_owned()),
        ),
    ] {
        let receipt = reported(&world, address, None).await;
        assert_eq!(asked(&world, &receipt).await, found, "{address}");
    }
    // The outlet serves another town from now on, and so does its technician; a file without the column leaves it.
    assert_eq!(world.import_outlets(&shop("东莞市厚街镇")).await, [""; 0]);
    let plain = "code,name,county,latitude,longitude\nDG,东莞店,441900,22.83,113.80\n";
    assert_eq!(world.import_outlets(plain).await, [""; 0]);
    let moved = reported(&world, "广东省东莞市厚街镇示例路 3 号", None).await;
    assert_eq!(asked(&world, &moved).await, Ok("member".to_owned()));
    // Nobody is left without an area unseen.
    assert_eq!(world.import_outlets(&shop("")).await, ["outlet_areas_used"]);
    let areas = ["441900119".to_owned()];
    let own = world.app.set_areas(&world.dispatcher, who.id, &areas).await;
    own.unwrap();
    assert_eq!(known().await.counties, areas);
    let text = "login,display_name,outlet_code,skill,latitude,longitude\nmember,member,DG,lamp,22.82,113.80\n";
    assert_eq!(world.import_technicians(text).await, []);
    assert_eq!(known().await.counties, areas, "a file without the column");
    assert_eq!(world.import_outlets(&shop("")).await, [""; 0]);
    let none = world.app.set_areas(&world.dispatcher, who.id, &[]).await;
    assert_eq!(none.unwrap_err().rule, "technician_coverage");
}

#[tokio::test]
async fn an_outlet_in_a_zone_says_in_which_county_it_is() {
    let world = World::new().await;
    let text = |county: &str| {
        format!("code,name,county,latitude,longitude\nSIP,园区店,{county},31.3,120.7\n")
    };
    assert_eq!(
        world.import_outlets(&text("苏州工业园区")).await,
        ["division_part"]
    );
    assert_eq!(world.import_outlets(&text("苏州市吴中区")).await, [""; 0]);
}

#[tokio::test]
async fn a_town_told_in_a_call_counts_and_stays_when_the_point_alone_is_told() {
    let world = World::new().await;
    serves(&world, "changan", "东莞市长安镇").await;
    let mut input = repair_input();
    input.county = COUNTY_TO_ASK.to_owned();
    input.person.place = None;
    let receipt = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    let tell = async |address: &str, county: &str, place: Option<Place>| {
        let told = PlaceTold {
            work_order: None,
            address: Plain::new(address.to_owned()),
            county: county.to_owned(),
            place,
            reason: "说错了。".to_owned(),
        };
        let done = world
            .app
            .tell_place(&world.dispatcher, receipt.case, &told)
            .await;
        done.unwrap();
        world.app.settle().await.unwrap();
        let tours = board(&world).await.technicians.into_iter();
        let visits: Vec<_> = tours
            .filter(|who| who.name == "changan")
            .flat_map(|who| who.visits)
            .map(|visit| visit.county_name.unwrap_or_default())
            .collect();
        visits
    };
    let town = ["广东省东莞市长安镇"];
    assert_eq!(tell("广东省东莞市长安镇示例路 2 号", "", None).await, town);
    assert_eq!(asked(&world, &receipt).await, Ok("changan".to_owned()));
    let point = Place {
        latitude_e6: 22_815_000,
        longitude_e6: 113_805_000,
    };
    assert_eq!(tell("", "441900", Some(point)).await, town);
    // Another address has another town, or none.
    assert_eq!(tell("广东省东莞市示例路 2 号", "", None).await, [""; 0]);
}

#[tokio::test]
async fn the_outlet_that_serves_the_place_comes_first_then_the_nearest_open_one_with_the_skill() {
    let world = World::new().await;
    let shops = "code,name,county,latitude,longitude,areas\n\
        NEAR,近店,441900,22.83,113.80,\nSHUT,休息店,441900,22.84,113.80,\nOPEN,营业店,441900,22.90,113.90,\n\
        OURS,本片店,441900,22.95,113.95,441900119\n";
    assert_eq!(world.import_outlets(shops).await, [""; 0]);
    for (login, outlet, hours) in [("shut", "SHUT", "周二 8:00-20:00"), ("open", "OPEN", "")] {
        world.technician_account(login).await;
        let text = format!(
            "login,display_name,outlet_code,skill,counties,latitude,longitude,hours\n{login},{login},{outlet},lamp,330105,22.9,113.9,{hours}\n"
        );
        assert_eq!(world.import_technicians(&text).await, []);
    }
    // It is a Monday morning, and nobody serves the city.
    let receipt = reported(&world, "广东省东莞市长安镇示例路 2 号", None).await;
    let order = order(&world, &receipt).await;
    assert_eq!(order.escalation.as_deref(), Some("no_coverage"));
    let near = world
        .app
        .nearest(&world.dispatcher, receipt.case, order.id)
        .await;
    let near = near.unwrap().expect("the place is known");
    let told: Vec<(&str, [bool; 3])> = near
        .outlets
        .iter()
        .map(|outlet| {
            let marks = [outlet.covers, outlet.open, outlet.skilled];
            (outlet.name.as_str(), marks)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("本片店", [true, false, false]),
            ("营业店", [false, true, true]),
            ("休息店", [false, false, true]),
            ("近店", [false, false, false])
        ]
    );
}

#[tokio::test]
async fn offers_go_by_what_the_visit_adds_to_the_plan_and_the_board_says_why() {
    let world = World::new().await;
    technician(&world, "east", 30.27, 120.30).await;
    technician(&world, "west", 30.26, 120.05).await;
    let receipt = repair_at(&world, 30_251_000, 120_171_000, false).await;
    let ranked = async || {
        let board = board(&world).await;
        let row = board
            .offers
            .into_iter()
            .find(|row| row.case == receipt.case);
        row.expect("an open visit of the plan").technicians
    };
    let first = ranked().await;
    assert_eq!(first.len(), 3, "{first:?}");
    assert!(
        first
            .windows(2)
            .all(|pair| pair[0].travel_minutes <= pair[1].travel_minutes)
    );
    assert!(
        first
            .iter()
            .all(|who| who.zh.contains("路上") || who.zh.contains("顺路"))
    );
    world.app.settle().await.unwrap();
    let offers = async || order(&world, &receipt).await.offers;
    let asked = offers().await;
    assert_eq!(asked[0].technician, first[0].id);
    // Who declines is asked no more, and the next one is whom it costs least now.
    let offer = asked[0].id;
    assert_eq!(first[0].name, "示例师傅");
    let decline = Action::DeclineOffer {
        work_order: None,
        offer,
        reason: "今天排满了".to_owned(),
    };
    world
        .act(&world.technician, receipt.case, decline)
        .await
        .unwrap();
    let next = ranked().await;
    assert!(next.iter().all(|who| who.id != first[0].id));
    world.app.settle().await.unwrap();
    assert_eq!(offers().await[1].technician, next[0].id);
}
