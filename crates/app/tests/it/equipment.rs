//! Levels, certificates, parts and people: entered by a person or a file, kept by the plan, and told where they are missing.

use crate::world::{World, repair_input};
use aftercare_app::ErrorKind;
use aftercare_app::equipment::{EquipmentInput, NeedInput};
use aftercare_domain::event::WorkKind;

fn need(people: u8, certificate: bool, parts: &[&str]) -> NeedInput {
    NeedInput {
        skill: "lamp".to_owned(),
        kind: Some(WorkKind::Repair),
        people,
        level: 1,
        certificate,
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
    }
}

fn with(certificates: &[&str], stock: &[&str]) -> EquipmentInput {
    let owned = |entries: &[&str]| Some(entries.iter().map(|e| (*e).to_owned()).collect());
    EquipmentInput {
        certificates: owned(certificates),
        stock: owned(stock),
        ..EquipmentInput::default()
    }
}

#[tokio::test]
async fn a_visit_waits_for_whoever_has_what_it_needs_and_the_board_says_what_is_missing() {
    let world = World::new().await;
    let tech = world.app.technicians(&world.dispatcher).await.unwrap()[0].id;
    let set = async |input: EquipmentInput| {
        let app = &world.app;
        app.set_equipment(&world.dispatcher, tech, &input).await
    };
    let needs = [need(1, true, &["valve x 1"])];
    let app = &world.app;
    app.set_visit_needs(&world.dispatcher, &needs)
        .await
        .unwrap();
    let asked = app.visit_needs(&world.dispatcher).await.unwrap();
    assert_eq!(asked, needs);
    let taken = app
        .report_repair(world.tenant, None, repair_input(), Vec::new(), None)
        .await
        .unwrap();
    app.settle().await.unwrap();
    let waits = async || {
        let board = app.board(&world.dispatcher).await.unwrap();
        board.waiting.into_iter().next().map(|row| row.en)
    };
    let offers = async || {
        let case = app.case_detail(&world.dispatcher, taken.case).await;
        case.unwrap().work_orders[0].offers.len()
    };
    assert!(waits().await.unwrap().contains("certificate"));
    assert_eq!(offers().await, 0, "who may not go is not asked");
    // The first day of the world is 2026-11-02.
    set(with(&["lamp 2026-01-01 ~ 2026-11-01"], &["valve x 1"]))
        .await
        .unwrap();
    assert!(waits().await.unwrap().contains("certificate"), "it is over");
    set(with(&["lamp ~ 2027-06-30"], &[])).await.unwrap();
    assert!(waits().await.unwrap().contains("parts"));
    set(with(&["lamp ~ 2027-06-30"], &["valve x 1"]))
        .await
        .unwrap();
    assert_eq!(waits().await, None);
    app.set_visit_needs(&world.dispatcher, &[need(2, false, &[])])
        .await
        .unwrap();
    assert!(waits().await.unwrap().contains("two people"));
    app.remove_visit_need(&world.dispatcher, &need(1, false, &[]))
        .await
        .unwrap();
    assert_eq!(waits().await, None);
}

#[tokio::test]
async fn equipment_is_imported_and_a_file_without_it_leaves_it() {
    let world = World::new().await;
    let import = async |columns: &str, cells: &str| {
        let text = format!(
            "登录名,姓名,技能,覆盖区县,纬度,经度{columns}\ntech,示例师傅,lamp,330106,30.25,120.17{cells}\n"
        );
        world.import_technicians(&text).await
    };
    let shown = async || {
        let listed = world.app.technicians(&world.dispatcher).await.unwrap();
        listed[0].equipment.clone()
    };
    let columns = ",技能等级,证书,车上配件,收工地点";
    assert_eq!(
        import(columns, ",lamp 3,lamp 至 2027-06-30,阀门 x 2；灯管×4,回家").await,
        []
    );
    let stands = shown().await;
    assert_eq!(stands.levels, ["lamp 3"]);
    assert_eq!(stands.certificates, ["lamp ~ 2027-06-30"]);
    assert_eq!(stands.stock, ["灯管 x 4", "阀门 x 2"]);
    assert_eq!(stands.end, "home");
    assert_eq!(import("", "").await, []);
    assert_eq!(shown().await, stands);
    assert_eq!(
        import(",证书", ",fan 至 2027-06-30").await[0].column,
        "certificates"
    );
    assert_eq!(import(",车上配件", ",阀门").await[0].column, "stock");
    assert_eq!(
        shown().await,
        stands,
        "a file with a wrong row changes nothing"
    );
    assert_eq!(import(",车上配件", ",").await, []);
    assert!(shown().await.stock.is_empty());
}

#[tokio::test]
async fn only_who_keeps_technicians_sets_what_they_have_and_what_visits_need() {
    let world = World::new().await;
    let tech = world.app.technicians(&world.dispatcher).await.unwrap()[0].id;
    let input = with(&[], &["valve x 1"]);
    let error = world
        .app
        .set_equipment(&world.technician, tech, &input)
        .await;
    assert_eq!(error.unwrap_err().kind, ErrorKind::Forbidden);
    let error = world.app.set_visit_needs(&world.technician, &[]).await;
    assert_eq!(error.unwrap_err().kind, ErrorKind::Forbidden);
    let wrong = [need(3, false, &[])];
    let error = world.app.set_visit_needs(&world.dispatcher, &wrong).await;
    assert_eq!(error.unwrap_err().rule, "need_people");
}
