//! Parts from the outlet to the van and back: each act once, never below nothing, and what an accepted job waits for stays.

use crate::world::{World, repair_input};
use aftercare_app::actions::Action;
use aftercare_app::equipment::NeedInput;
use aftercare_app::parts::{ReorderInput, StockInput};
use aftercare_domain::ids::TechnicianId;
use aftercare_domain::time::HOUR_MS;

fn act(key: &str, act: &str, count: u32, technician: Option<TechnicianId>) -> StockInput {
    StockInput {
        key: key.to_owned(),
        act: act.to_owned(),
        outlet: "OUT".to_owned(),
        part: "valve".to_owned(),
        count,
        technician,
    }
}

async fn moved(world: &World, input: StockInput) -> Result<(), String> {
    let moved = world.app.move_stock(&world.dispatcher, &input).await;
    moved.map_err(|error| error.rule)
}

/// Pieces at the outlet, on the van, and reserved of them.
async fn where_they_are(world: &World) -> (u32, u32, u32) {
    let stock = world.app.stock(&world.auditor).await.unwrap();
    let outlet = stock.outlets.iter().find(|row| row.part == "valve");
    let van = stock.vans.iter().find(|row| row.part == "valve");
    (
        outlet.map_or(0, |row| row.count),
        van.map_or(0, |row| row.count),
        van.map_or(0, |row| row.reserved),
    )
}

#[tokio::test]
async fn parts_go_to_the_van_and_back_once_and_what_a_job_waits_for_stays() {
    let world = World::new().await;
    let outlets = "code,name,county,latitude,longitude\nOUT,示例网点,330106,30.25,120.17\n";
    assert_eq!(world.import_outlets(outlets).await, [""; 0]);
    let who = world.app.technicians(&world.dispatcher).await.unwrap()[0].id;
    let who = Some(who);
    assert_eq!(moved(&world, act("1", "receive", 5, None)).await, Ok(()));
    assert_eq!(moved(&world, act("2", "hand_out", 3, who)).await, Ok(()));
    assert_eq!(
        moved(&world, act("2", "hand_out", 3, who)).await,
        Ok(()),
        "once"
    );
    assert_eq!(where_they_are(&world).await, (2, 3, 0));
    let table = world.app.stock_csv(&world.auditor).await.unwrap();
    assert!(
        table.contains("outlet,\"OUT\",\"示例网点\",\"valve\",2,,0,false\r\n"),
        "{table}"
    );
    assert!(table.ends_with(",\"valve\",3,0,,false\r\n"), "{table}");
    let refused = world.app.stock_csv(&world.technician).await;
    assert_eq!(refused.unwrap_err().rule, "role_required");
    for (input, rule) in [
        (act("2", "hand_out", 1, who), "stock_differs"),
        (act("3", "hand_out", 3, who), "stock_short"),
        (act("3", "hand_out", 1, None), "stock_van"),
        (act("3", "return", 4, who), "stock_short"),
        (act("3", "receive", 0, None), "stock_count"),
        (act("3", "sell", 1, None), "stock_act"),
        (act("", "receive", 1, None), "short_text"),
    ] {
        assert_eq!(moved(&world, input).await, Err(rule.to_owned()));
    }
    let mut elsewhere = act("3", "receive", 1, None);
    "NONE".clone_into(&mut elsewhere.outlet);
    assert_eq!(
        moved(&world, elsewhere).await,
        Err("outlet_unknown".to_owned())
    );
    // A job is accepted whose visits need two of them.
    let need = NeedInput {
        skill: "lamp".to_owned(),
        kind: None,
        people: 1,
        level: 1,
        certificate: false,
        parts: vec!["valve x 2".to_owned()],
    };
    let app = &world.app;
    app.set_visit_needs(&world.dispatcher, &[need])
        .await
        .unwrap();
    let taken = app
        .report_repair(world.tenant, None, repair_input(), Vec::new(), None)
        .await
        .unwrap();
    app.settle().await.unwrap();
    assert_eq!(
        where_they_are(&world).await,
        (2, 3, 0),
        "not before it is accepted"
    );
    let detail = app
        .case_detail(&world.dispatcher, taken.case)
        .await
        .unwrap();
    let accept = Action::AcceptOffer {
        work_order: None,
        offer: detail.work_orders[0].offers[0].id,
    };
    world
        .act(&world.technician, taken.case, accept)
        .await
        .unwrap();
    app.settle().await.unwrap();
    assert_eq!(where_they_are(&world).await, (2, 3, 2));
    // The table of cases has the case, and nothing of the person.
    let cases = app.cases_csv(&world.admin, true).await.unwrap();
    let line = cases.lines().nth(1).unwrap();
    assert!(
        line.starts_with(&format!("\"{}\",\"repair\",", taken.number)),
        "{cases}"
    );
    assert_eq!(cases.lines().count(), 2, "{cases}");
    assert_eq!(line.split(',').count(), 7, "{cases}");
    assert_eq!(
        moved(&world, act("4", "return", 2, who)).await,
        Err("parts_reserved".to_owned())
    );
    assert_eq!(moved(&world, act("4", "return", 1, who)).await, Ok(()));
    assert_eq!(where_they_are(&world).await, (3, 2, 2));
}

#[tokio::test]
async fn a_part_is_to_be_ordered_once_few_are_left_and_only_the_desk_sees_it() {
    let world = World::new().await;
    let outlets = "code,name,county,latitude,longitude\nOUT,示例网点,330106,30.25,120.17\n";
    assert_eq!(world.import_outlets(outlets).await, [""; 0]);
    let reorder = ReorderInput {
        outlet: "OUT".to_owned(),
        part: "valve".to_owned(),
        reorder_at: 2,
    };
    let app = &world.app;
    app.set_reorder(&world.dispatcher, &reorder).await.unwrap();
    let low = async || app.stock(&world.admin).await.unwrap().outlets[0].low;
    assert!(low().await, "there are none");
    assert_eq!(moved(&world, act("1", "receive", 3, None)).await, Ok(()));
    assert!(!low().await);
    assert_eq!(moved(&world, act("2", "discard", 1, None)).await, Ok(()));
    assert!(low().await);
    for (name, who) in world.everybody() {
        let may = ["admin", "dispatcher", "auditor"].contains(&name);
        assert_eq!(app.stock(who).await.is_ok(), may, "{name}");
        let moves = app.move_stock(who, &act("1", "receive", 3, None)).await;
        let may = ["admin", "dispatcher"].contains(&name);
        assert_eq!(moves.is_ok(), may, "{name}");
    }
}

#[tokio::test]
async fn what_a_visit_used_stays_on_the_van_until_it_is_taken_off() {
    let world = World::new().await;
    let outlets = "code,name,county,latitude,longitude\nOUT,示例网点,330106,30.25,120.17\n";
    assert_eq!(world.import_outlets(outlets).await, [""; 0]);
    let app = &world.app;
    let who = Some(app.technicians(&world.dispatcher).await.unwrap()[0].id);
    assert_eq!(moved(&world, act("1", "receive", 3, None)).await, Ok(()));
    assert_eq!(moved(&world, act("2", "hand_out", 3, who)).await, Ok(()));
    let need = NeedInput {
        skill: "lamp".to_owned(),
        kind: None,
        people: 1,
        level: 1,
        certificate: false,
        parts: vec!["valve x 2".to_owned()],
    };
    app.set_visit_needs(&world.dispatcher, &[need])
        .await
        .unwrap();
    let taken = app
        .report_repair(world.tenant, None, repair_input(), Vec::new(), None)
        .await
        .unwrap();
    app.settle().await.unwrap();
    let detail = app
        .case_detail(&world.dispatcher, taken.case)
        .await
        .unwrap();
    let from = app.now().plus_ms(2 * HOUR_MS);
    let accept = Action::AcceptOffer {
        work_order: None,
        offer: detail.work_orders[0].offers[0].id,
    };
    let schedule = Action::Schedule {
        work_order: None,
        from,
        until: from.plus_ms(2 * HOUR_MS),
    };
    for action in [accept, schedule] {
        let acted = world.act(&world.technician, taken.case, action).await;
        acted.unwrap();
        app.settle().await.unwrap();
    }
    world.carry_out(taken.case).await;
    // It is done; what takes its parts off the van has not run yet.
    assert_eq!(where_they_are(&world).await, (0, 3, 2));
    assert_eq!(
        moved(&world, act("3", "return", 2, who)).await,
        Err("parts_reserved".to_owned())
    );
    app.settle().await.unwrap();
    assert_eq!(where_they_are(&world).await, (0, 1, 0));
    assert_eq!(moved(&world, act("3", "return", 1, who)).await, Ok(()));
}
