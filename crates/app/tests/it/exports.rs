//! What goes out comes in again and changes nothing; nobody's name or number is in it, and no cell is a formula.

use crate::exits::in_state;
use crate::told::act;
use crate::world::World;
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::import::{ImportKind, ImportReport};
use aftercare_domain::event::WorkOutcome;

async fn import(world: &World, kind: ImportKind, text: &str, json: bool) -> ImportReport {
    let read = world
        .app
        .import(&world.admin, kind, text.as_bytes(), json)
        .await;
    let report = read.unwrap();
    assert_eq!(report.errors, [], "{kind:?}: {text}");
    report
}

async fn out(world: &World, kind: ImportKind, json: bool) -> String {
    let table = world.app.export(&world.admin, kind, json).await;
    table.unwrap()
}

#[tokio::test]
async fn what_goes_out_comes_in_again_and_changes_nothing() {
    let world = World::new().await;
    for (kind, text) in [
        (
            ImportKind::Products,
            "code,name,category,skill,warranty_days,perishable\nCRAB,\"=SUM(A1), 活蟹\",生鲜,,0,true\n+7,\"带\"\"引号\"\"的\",,lamp,30,false\n",
        ),
        (
            ImportKind::Codes,
            "class,skill,service,code,zh,en,retired\ndiagnosis,lamp,repair,=E1,不亮,Stays dark,\naction,,,SWAP,更换,Replaced,true\n",
        ),
        (
            ImportKind::Skus,
            "product_code,code,name\nLAMP,W,白色\nLAMP,@B,黑色\n",
        ),
        (
            ImportKind::Outlets,
            "code,name,county,latitude,longitude,areas\nOUT,示例网点,330106,30.25,-120.17,330106;330105\n",
        ),
        (
            ImportKind::Technicians,
            "login,display_name,outlet_code,skills,counties,latitude,longitude,reach_m,levels,certificates,stock,end\ntech,示例师傅,OUT,lamp;tableware,330106,30.25,120.17,40000,lamp 3,lamp ~ 2027-06-30,valve x 2,home\n",
        ),
        (
            ImportKind::Parts,
            "outlet,part,count,reorder_at\nOUT,=valve,3,1\nOUT,pump,0,\n",
        ),
        (
            ImportKind::Orders,
            "number,paid_at,delivered_at,product_code,sku_code,quantity,paid,serial,buyer_name,buyer_phone\nB1,2026-10-30 10:00,2026-11-01 18:30,LAMP,W,1,129.00,SN-1,林晓示,13800000001\nB1,,,MUG,,2,136.00,,,\n",
        ),
        (
            ImportKind::Serials,
            "serial,product,category,bought,delivered,promised_days\n=SN 2,示例水壶,kettle,2026-10-01,,30\nSN-3,示例灯,,,2026-10-02,\n",
        ),
        (
            ImportKind::History,
            "serial,reported,done,fixed,used,replaced\n=SN 2,2026-10-10,2026-10-12,否,valve x 1;hose x 2,pump: A > B\nSN-3,2026-10-20,2026-10-20,,,\n",
        ),
        (
            ImportKind::Customers,
            "number,name,phone,address,language\nC-1,=陈示例,139 0000 0002,浙江省杭州市西湖区示例路 2 号,zh-CN\n,示例女士,13900000003,,\n",
        ),
    ] {
        import(&world, kind, text, false).await;
    }
    for kind in ImportKind::ALL {
        for json in [false, true] {
            let table = out(&world, kind, json).await;
            let head = world.store.head().await.unwrap();
            let report = import(&world, kind, &table, json).await;
            assert!(report.rows > 0, "{kind:?}");
            assert_eq!(
                (report.created, report.updated, report.ignored_columns),
                (0, 0, Vec::<String>::new()),
                "{kind:?}: {table}"
            );
            assert_eq!(world.store.head().await.unwrap(), head, "{kind:?}");
            for personal in ["林晓示", "13800000001"] {
                assert!(!table.contains(personal), "{kind:?}: {table}");
            }
            if json {
                continue;
            }
            // No cell begins as a formula does; a number may be below zero.
            for cell in table.lines().skip(1).flat_map(|line| line.split("\",\"")) {
                let cell = cell.trim_start_matches('"');
                let number = cell.split(',').next().unwrap_or_default();
                assert!(
                    number.parse::<f64>().is_ok() || !cell.starts_with(['=', '+', '-', '@']),
                    "{kind:?}: {cell}"
                );
            }
        }
    }
    let orders = out(&world, ImportKind::Orders, false).await;
    let lines: Vec<&str> = orders
        .lines()
        .filter(|line| line.starts_with("\"B1\""))
        .collect();
    assert_eq!(lines.len(), 2, "a row a line: {orders}");
    assert!(
        lines
            .iter()
            .any(|line| line.contains("\"LAMP\",\"W\",1,12900,\"SN-1\""))
    );
}

#[tokio::test]
async fn what_was_done_goes_out_without_the_customer() {
    let world = World::new().await;
    let receipt = in_state(&world, "in_work").await;
    let finish = Action::Finish {
        work_order: None,
        outcome: WorkOutcome::Fixed,
        actions: Vec::new(),
        note: "换了灯管。".to_owned(),
    };
    act(&world, &world.technician, receipt.case, finish).await;
    let table = world.app.repairs_out(&world.dispatcher, false).await;
    let table = table.unwrap();
    let row = table.lines().nth(1).unwrap();
    for told in [
        receipt.number.as_str(),
        "repair",
        "done",
        "lamp",
        "330106",
        "示例师傅",
        "fixed",
        "2026-11-02T",
    ] {
        assert!(row.contains(told), "{told}: {row}");
    }
    for personal in ["林晓示", "13800000001", "样板路", "换了灯管", "灯不亮"] {
        assert!(!table.contains(personal), "{personal}: {table}");
    }
    let json = world.app.repairs_out(&world.auditor, true).await.unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["state"], "done");
    for (name, who) in world.everybody() {
        let may = world.app.repairs_out(who, false).await.is_ok();
        let expected = matches!(name, "admin" | "dispatcher" | "auditor");
        assert_eq!(may, expected, "{name}");
    }
}

#[tokio::test]
async fn whoever_may_not_import_something_takes_it_out_neither() {
    let world = World::new().await;
    for kind in ImportKind::ALL {
        for (name, who) in world.everybody() {
            let of_the_desk = matches!(
                kind,
                ImportKind::Outlets
                    | ImportKind::Technicians
                    | ImportKind::Codes
                    | ImportKind::Parts
                    | ImportKind::Serials
                    | ImportKind::History
            );
            let may = match name {
                "admin" => true,
                _ if kind == ImportKind::Customers => false,
                "merchant" => !of_the_desk,
                "dispatcher" => of_the_desk,
                _ => false,
            };
            match world.app.export(who, kind, false).await {
                Ok(_) => assert!(may, "{name}: {kind:?}"),
                Err(error) => {
                    assert_eq!(
                        (may, error.kind),
                        (false, ErrorKind::Forbidden),
                        "{name}: {kind:?}"
                    );
                }
            }
        }
    }
}
