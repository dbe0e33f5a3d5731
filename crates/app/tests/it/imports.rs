//! Files of a shop: all or nothing, every wrong row named, the same file twice changes nothing.

use crate::shop_products::rules;
use crate::world::World;
use aftercare_app::error::ErrorKind;
use aftercare_app::import::{ImportKind, ImportReport};
use aftercare_app::orders::{OrderInput, OrderLineInput};
use aftercare_app::parts::OutletPart;
use aftercare_domain::Fen;

async fn import(world: &World, kind: ImportKind, text: &str) -> ImportReport {
    world
        .app
        .import(&world.admin, kind, text.as_bytes(), false)
        .await
        .unwrap()
}

#[tokio::test]
async fn one_wrong_row_keeps_the_whole_file_out() {
    let world = World::new().await;
    let before = world.store.head().await.unwrap();
    let report = import(
        &world,
        ImportKind::Orders,
        "订单号,付款时间,商品编号,实付\nC1,2026-10-30 10:00,MUG,68\nC2,2026-10-30 10:00,MUG,68\nC2,,NONE,1.234\nC3,2036-01-01,MUG,68\nC4,2026-10-30,NONE,1\n",
    )
    .await;
    assert_eq!((report.saved, report.created, report.rows), (0, 0, 5));
    let named = rules(&report);
    assert_eq!(
        named,
        [
            (4, "paid", "cell_amount"),
            (5, "paid_at", "order_times"),
            (6, "product_code", "product_unknown"),
        ]
    );
    assert_eq!(report.errors_total, 3);
    assert_eq!(world.store.head().await.unwrap(), before);
    assert!(
        world
            .store
            .order_by_number(world.tenant, "C1")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing() {
    let world = World::new().await;
    let text = "product_code,code,name\nLAMP,W,白色\nLAMP,B,黑色\n";
    let first = import(&world, ImportKind::Skus, text).await;
    assert_eq!((first.created, first.updated, first.unchanged), (2, 0, 0));
    let head = world.store.head().await.unwrap();
    let again = import(&world, ImportKind::Skus, text).await;
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 2));
    assert_eq!(world.store.head().await.unwrap(), head);
    let changed = import(
        &world,
        ImportKind::Skus,
        "product_code,code,name\nLAMP,W,米白\n",
    )
    .await;
    assert_eq!((changed.created, changed.updated), (0, 1));
    assert_eq!(changed.saved, 1);
}

#[tokio::test]
async fn a_code_twice_in_a_file_is_named() {
    let world = World::new().await;
    let report = import(
        &world,
        ImportKind::Products,
        "code,name,颜色\nP1,一,红\nP2,二,\nP1,三,\n",
    )
    .await;
    assert_eq!(report.errors.len(), 1);
    assert_eq!(
        (report.errors[0].row, report.errors[0].rule.as_str()),
        (4, "row_twice")
    );
    assert_eq!(report.ignored_columns, ["颜色"]);
}

#[tokio::test]
async fn at_most_a_hundred_wrong_rows_are_listed_and_all_are_counted() {
    let world = World::new().await;
    let mut text = "code,name,warranty_days\n".to_owned();
    for row in 0..150 {
        text.push_str(&format!("P{row},名,x\n"));
    }
    let report = import(&world, ImportKind::Products, &text).await;
    assert_eq!((report.errors.len(), report.errors_total), (100, 150));
}

#[tokio::test]
async fn a_file_of_thousands_is_one_transaction() {
    let world = World::new().await;
    let mut text = "number,paid_at,product_code,paid\n".to_owned();
    for row in 0..3_000 {
        text.push_str(&format!("L{row:05},2026-10-30 10:00,MUG,68\n"));
    }
    let before = world.store.head().await.unwrap().size;
    let report = import(&world, ImportKind::Orders, &text).await;
    assert_eq!((report.errors.len(), report.created), (0, 3_000));
    assert_eq!(world.store.head().await.unwrap().size, before + 1);
    let event = &world.store.range(before + 1, 1).await.unwrap()[0];
    assert_eq!(event.name, "import_finished.v1");
}

#[tokio::test]
async fn buyers_of_an_imported_order_are_sealed() {
    let world = World::new().await;
    let text = "订单号,付款时间,商品编号,实付,买家姓名,买家电话\nD1,2026-10-30,MUG,68,周示范,138-0000-0002\nD2,2026-10-30,MUG,68,陈试用,12345\n";
    let report = import(&world, ImportKind::Orders, text).await;
    assert_eq!(report.errors.len(), 1);
    assert_eq!(
        (report.errors[0].row, report.errors[0].rule.as_str()),
        (3, "phone")
    );
    let text = text.replace("12345", "13800000003");
    let report = import(&world, ImportKind::Orders, &text).await;
    assert_eq!(report.created, 2);
    let order = world
        .store
        .order_by_number(world.tenant, "D1")
        .await
        .unwrap()
        .unwrap();
    let person = world
        .store
        .person(order.buyer.unwrap())
        .await
        .unwrap()
        .unwrap();
    assert!(person.phone.is_some() && person.phone_index.is_some());
    // The masked form is all that anybody sees without a reveal; nothing plain is in the answer.
    assert!(
        !serde_json::to_string(&report)
            .unwrap()
            .contains("13800000003")
    );
}

#[tokio::test]
async fn json_is_read_as_csv_is() {
    let world = World::new().await;
    let text = r#"[{"number": "J1", "paid_at": "2026-10-30T10:00:00+08:00", "lines": [
        {"product_code": "MUG", "paid": "68.00"},
        {"product_code": "LAMP", "paid_fen": 12900, "quantity": 2, "serial": "SN-1"},
        {"product_code": "NONE", "paid": "1"}
    ]}]"#;
    let report = world
        .app
        .import(&world.merchant, ImportKind::Orders, text.as_bytes(), true)
        .await
        .unwrap();
    assert_eq!(report.errors.len(), 1);
    assert_eq!(
        (report.errors[0].row, report.errors[0].column.as_str()),
        (1, "product_code")
    );
    let text = text.replace("NONE", "MUG");
    let report = world
        .app
        .import(&world.merchant, ImportKind::Orders, text.as_bytes(), true)
        .await
        .unwrap();
    assert_eq!((report.saved, report.created), (3, 1));
    let order = world.app.order_for_staff(&world.agent, "J1").await.unwrap();
    assert_eq!(order.lines.len(), 3);
}

/// The files that the page hands out as samples can be imported as they are.
#[tokio::test]
async fn every_sample_imports() {
    let world = World::new().await;
    // Its page says that the account of a technician is made first.
    world.technician_account("sample.tech").await;
    for kind in ImportKind::ALL {
        let sample = kind.sample();
        let heading = sample.lines().next().unwrap();
        for column in heading.split(',') {
            assert!(kind.columns().contains(&column), "{kind:?}: {column}");
        }
        let report = world
            .app
            .import(&world.admin, kind, sample.as_bytes(), false)
            .await
            .unwrap();
        assert_eq!(report.errors, [], "{kind:?}");
        assert!(report.saved > 0, "{kind:?}");
    }
}

#[tokio::test]
async fn who_may_import_what() {
    let world = World::new().await;
    let app = &world.app;
    let erp = app
        .users(&world.admin)
        .await
        .unwrap()
        .into_iter()
        .find(|user| user.login == "erp")
        .unwrap();
    let made = app
        .create_token(&world.admin, erp.id, &["orders:write".to_owned()])
        .await
        .unwrap();
    let program = app.resolve_token(&made.token).await.unwrap();
    let order = b"number,paid_at,product_code,paid\nE1,2026-10-30,MUG,68\n";
    assert_eq!(
        app.import(&program, ImportKind::Orders, order, false)
            .await
            .unwrap()
            .created,
        1
    );
    for (principal, kind) in [
        (&program, ImportKind::Products),
        (&world.merchant, ImportKind::Technicians),
        (&world.agent, ImportKind::Orders),
    ] {
        let error = app.import(principal, kind, order, false).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Forbidden);
    }
    let too_large = vec![b'x'; 20 * 1024 * 1024 + 1];
    let error = app
        .import(&world.admin, ImportKind::Orders, &too_large, false)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
    for kind in ImportKind::ALL {
        assert_eq!(ImportKind::from_name(kind.name()), Some(kind));
        assert!(!kind.columns().is_empty());
    }
}

/// A shop's system that sends an order twice at once: what a line cost can be refunded once.
#[tokio::test]
async fn an_order_that_is_saved_twice_at_once_has_each_line_once() {
    let world = World::new().await;
    let known = world.store.order_by_number(world.tenant, "A1").await;
    let known = known.unwrap().unwrap();
    let line = |code: &str, fen: i64| OrderLineInput {
        product_code: code.to_owned(),
        quantity: 1,
        paid: Fen(fen),
        serial: None,
    };
    let input = OrderInput {
        number: known.number.clone(),
        platform: String::new(),
        paid_at: known.paid_at,
        delivered_at: known.delivered_at,
        shop: None,
        lines: vec![line("MUG", 6_800), line("LAMP", 12_900)],
    };
    let save = || world.app.save_order(&world.merchant, &input);
    let (one, other) = tokio::join!(save(), save());
    assert_eq!(one.unwrap(), other.unwrap());
    let lines = world.store.order_lines(known.id).await.unwrap();
    assert_eq!(lines.len(), 2, "{lines:?}");
}

async fn look(world: &World, text: &str) -> ImportReport {
    let kind = ImportKind::Serials;
    let look = world
        .app
        .preview_import(&world.dispatcher, kind, text.as_bytes(), false);
    look.await.unwrap()
}

#[tokio::test]
async fn a_look_at_serial_numbers_names_every_wrong_line_and_saves_nothing() {
    let world = World::new().await;
    let before = world.store.head().await.unwrap();
    let text = "序列号,商品编号,购买日期,签收日期,保修天数,备注\n\
        SN-1,LAMP,2026-10-01,2026-10-03,,送货上门\n\
        SN-2,NONE,2026-10-01,,,\n\
        --,LAMP,2026-10-01,,,\n\
        SN-4,LAMP,,,,\n\
        sn 1,LAMP,2026-10-01,,,\n\
        SN-6,LAMP,2026-10-03,2026-10-01,,\n\
        SN-7,LAMP,2027-10-03,,,\n\
        SN-8,,2026-10-03,,,\n";
    let report = look(&world, text).await;
    let named = rules(&report);
    assert_eq!(
        named,
        [
            (3, "product_code", "product_unknown"),
            (4, "serial", "serial_required"),
            (5, "bought", "serial_day"),
            (6, "serial", "row_twice"),
            (7, "delivered", "serial_days"),
            (8, "bought", "day_ahead"),
            (9, "product_code", "serial_product"),
        ]
    );
    assert_eq!((report.rows, report.saved, report.created), (8, 0, 1));
    assert!(report.preview);
    let planned: Vec<_> = report
        .planned
        .iter()
        .map(|row| (row.row, row.key.as_str(), row.then.as_str()))
        .collect();
    assert_eq!(planned, [(2, "SN1", "created")]);
    assert_eq!(report.ignored_columns, ["备注"]);
    assert_eq!(world.store.head().await.unwrap(), before);
    let item = world.app.warranty_of(&world.dispatcher, "SN-1", "").await;
    assert_eq!(item.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn serial_numbers_are_taken_over_and_nothing_that_an_order_says_is_written_over() {
    let world = World::new().await;
    let orders = "number,paid_at,delivered_at,product_code,paid,serial\nW9,2026-10-01,2026-10-05,LAMP,10.00,SN-9\n";
    assert_eq!(import(&world, ImportKind::Orders, orders).await.errors, []);
    let text = "serial,product_code,product,category,bought,delivered,promised_days\n\
        SN-1,LAMP,,,2026-10-01,2026-10-03,\n\
        SN-2,,示例水壶,kettle,2026-10-02,,30\n\
        SN-9,LAMP,,,2026-10-01,2026-10-05,\n";
    let report = look(&world, text).await;
    assert_eq!(report.errors, []);
    assert_eq!((report.created, report.unchanged), (2, 1));
    let report = import(&world, ImportKind::Serials, text).await;
    assert_eq!((report.saved, report.created, report.unchanged), (3, 2, 1));
    assert!(!report.preview);
    let again = import(&world, ImportKind::Serials, text).await;
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 3));
    let item = async |serial: &str| {
        let item = world.app.warranty_of(&world.dispatcher, serial, "").await;
        item.unwrap()
    };
    assert_eq!(item("sn2").await.product.as_deref(), Some("示例水壶"));
    assert_eq!(item("SN-9").await.entries.len(), 1, "the order's alone");
    // Another day than the order says.
    let other = "serial,product_code,bought\nSN-9,LAMP,2026-09-01\n";
    let report = import(&world, ImportKind::Serials, other).await;
    assert_eq!(report.errors[0].rule, "serial_sold");
    assert_eq!(report.saved, 0);
    // What was taken over from a table is put right by a table.
    let right = "serial,product,bought\nSN-2,示例水壶,2026-10-04\n";
    let report = import(&world, ImportKind::Serials, right).await;
    assert_eq!((report.updated, report.errors.len()), (1, 0));
    for (name, who) in world.everybody() {
        let kind = ImportKind::Serials;
        let look = world
            .app
            .preview_import(who, kind, text.as_bytes(), false)
            .await;
        let may = ["admin", "dispatcher"].contains(&name);
        assert_eq!(look.is_ok(), may, "{name}");
    }
}

#[tokio::test]
async fn counted_parts_are_looked_at_line_by_line_and_taken_over_as_a_whole() {
    let world = World::new().await;
    let outlets = "code,name,county,latitude,longitude\nOUT,示例网点,330106,30.25,120.17\n";
    assert_eq!(world.import_outlets(outlets).await, [""; 0]);
    let app = &world.app;
    let kind = ImportKind::Parts;
    let wrong = "网点编号,配件,数量,补货点\n\
        OUT,水泵,12,3\n\
        NONE,水泵,1,\n\
        OUT,阀门,,\n\
        OUT,皮带,many,2\n\
        OUT,水泵,4,\n";
    let before = world.store.head().await.unwrap();
    let look = app.preview_import(&world.dispatcher, kind, wrong.as_bytes(), false);
    let look = look.await.unwrap();
    let errors = rules(&look);
    assert_eq!(
        errors,
        [
            (3, "outlet", "outlet_unknown"),
            (4, "count", "cell_empty"),
            (5, "count", "cell_number"),
            (6, "part", "row_twice"),
        ]
    );
    assert_eq!(look.created, 1);
    let refused = app.import(&world.dispatcher, kind, wrong.as_bytes(), false);
    assert_eq!(refused.await.unwrap().saved, 0);
    assert_eq!(world.store.head().await.unwrap(), before);
    let stock = async || app.stock(&world.auditor).await.unwrap().outlets;
    assert_eq!(stock().await, []);
    let sound = "outlet,part,count,reorder_at\nOUT,水泵,12,3\nOUT,阀门,2,5\n";
    let saved = app.import(&world.dispatcher, kind, sound.as_bytes(), false);
    assert_eq!(saved.await.unwrap().created, 2);
    let there = |stock: &[OutletPart]| -> Vec<(String, u32, u32, bool)> {
        let parts = stock.iter();
        let parts = parts.map(|row| (row.part.clone(), row.count, row.reorder_at, row.low));
        parts.collect()
    };
    let valve = |count| ("阀门".to_owned(), count, 5, true);
    assert_eq!(
        there(&stock().await),
        [valve(2), ("水泵".to_owned(), 12, 3, false)]
    );
    // Counted again: one differs, and when it is ordered stays.
    let again = "outlet,part,count\nOUT,水泵,0\nOUT,阀门,2\n";
    let again = app.import(&world.dispatcher, kind, again.as_bytes(), false);
    let again = again.await.unwrap();
    assert_eq!((again.updated, again.unchanged), (1, 1));
    let now = there(&stock().await);
    assert!(now.contains(&("水泵".to_owned(), 0, 3, true)) && now.contains(&valve(2)));
    let denied = app.import(&world.merchant, kind, sound.as_bytes(), false);
    assert_eq!(denied.await.unwrap_err().kind, ErrorKind::Forbidden);
}

#[tokio::test]
async fn earlier_repairs_are_taken_over_as_the_shop_tells_them_and_count() {
    let world = World::new().await;
    let sold = "serial,product,category,bought,delivered,promised_days\n\
        SN-2,示例洗衣机,washing_machine,2026-09-01,2026-09-01,365\n";
    let report = import(&world, ImportKind::Serials, sold).await;
    assert_eq!(report.errors, []);
    let text = "serial,reported,done,fixed,used,replaced\n\
        SN-2,2026-10-10,2026-10-12,no,,pump: A > B\n\
        SN-2,2026-10-20,2026-10-20,yes,valve x 1,pump: B > C\n";
    let report = import(&world, ImportKind::History, text).await;
    assert_eq!((report.errors.len(), report.created), (0, 2));
    let again = import(&world, ImportKind::History, text).await;
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 2));
    let item = world.app.warranty_of(&world.dispatcher, "sn2", "").await;
    let item = item.unwrap();
    let shown: Vec<_> = item
        .entries
        .iter()
        .map(|entry| (entry.kind.as_str(), entry.on.as_str(), entry.failed))
        .collect();
    assert_eq!(
        shown,
        [
            ("sold", "2026-09-01", false),
            ("earlier", "2026-10-10", true),
            ("earlier", "2026-10-20", false)
        ]
    );
    // Three days and one, the first and the last among them.
    assert_eq!((item.away_days, item.again), (4, vec!["pump".to_owned()]));
    let wrong = "serial,reported,done\n\
        --,2026-10-01,2026-10-01\n\
        SN-2,2026-10-02,2026-10-01\n\
        SN-2,2026-11-02,2026-11-03\n\
        SN-2,2026-10-03,2026-10-03\n\
        sn 2,2026-10-03,2026-10-04\n";
    let report = import(&world, ImportKind::History, wrong).await;
    let rules: Vec<_> = report
        .errors
        .iter()
        .map(|error| (error.row, error.rule.as_str()))
        .collect();
    assert_eq!(
        rules,
        [
            (2, "serial_required"),
            (3, "earlier_days"),
            (4, "day_ahead"),
            (6, "row_twice")
        ]
    );
    assert_eq!(report.saved, 0);
}
