//! Customers of another program: taken over once, recognized when they call, opened only through the log, and gone when they ask.

use crate::erasure::{gone, withdraw};
use crate::shop_products::rules;
use crate::world::{World, cracked_mug};
use aftercare_app::customers::CustomerView;
use aftercare_app::import::{ImportKind, ImportReport};
use aftercare_domain::time::DAY_MS;

const PHONE: &str = "13900000002";
/// As ERPNext heads it.
const CUSTOMERS: &str = "ID,Customer Name,Mobile No,Primary Address,Language
C-1,陈示例,13900000002,浙江省杭州市西湖区示例路 2 号,zh
C-2,示例女士,13900000003,,en_US
";

async fn take(world: &World, text: &str, preview: bool) -> ImportReport {
    let kind = ImportKind::Customers;
    let bytes = text.as_bytes();
    let report = world.app.import_or_look(&world.admin, kind, bytes, preview);
    report.await.unwrap()
}

async fn known(world: &World, phone: &str) -> Option<CustomerView> {
    let known = world.app.customer_of_phone(&world.agent, phone).await;
    known.unwrap()
}

fn numbers(report: &ImportReport) -> (usize, usize, usize) {
    (report.created, report.updated, report.unchanged)
}

#[tokio::test]
async fn a_look_names_every_wrong_line_and_saves_nothing() {
    let world = World::new().await;
    let head = world.store.head().await.unwrap();
    let wrong = "name,phone,language\n,13900000002,zh\n示例,12,zh\n示例,13900000004,latin\n示例,13900000005,\n示例,139 0000 0005,\n";
    let report = take(&world, wrong, true).await;
    let errors = rules(&report);
    assert_eq!(
        errors,
        [
            (2, "name", "cell_empty"),
            (3, "phone", "phone"),
            (4, "language", "customer_language"),
            (6, "phone", "row_twice"),
        ]
    );
    assert_eq!((report.planned.len(), report.planned[0].row), (1, 5));
    let key = &report.planned[0].key;
    assert!(key.contains('*') && !key.contains("0000005"), "{key}");
    assert_eq!(world.store.head().await.unwrap(), head);
    assert_eq!(known(&world, "13900000005").await, None);
}

#[tokio::test]
async fn a_telephone_number_stands_for_one_customer_who_is_put_right() {
    let world = World::new().await;
    assert_eq!(numbers(&take(&world, CUSTOMERS, false).await), (2, 0, 0));
    assert_eq!(numbers(&take(&world, CUSTOMERS, false).await), (0, 0, 2));
    let before = known(&world, PHONE).await.unwrap();
    // Moved, and written otherwise; and another telephone number under the number of the shop.
    let changed = "number,name,phone,address\nC-1,陈示例,+86 139 0000 0002,示例路 3 号\nC-2,示例女士,13900000009,\n";
    assert_eq!(numbers(&take(&world, changed, false).await), (0, 2, 0));
    let after = known(&world, PHONE).await.unwrap();
    assert_eq!(after.person, before.person, "the same");
    assert_eq!(after.lang, None);
    assert_eq!(known(&world, "13900000003").await, None);
    let moved = known(&world, "13900000009").await.unwrap();
    assert_eq!(moved.number.as_deref(), Some("C-2"));
    let mixed = take(&world, "number,name,phone\nC-2,别人,13900000002\n", false).await;
    assert_eq!(mixed.errors[0].rule, "customer_of_another");
    let table = world.app.customers_out(&world.admin, 0, false).await;
    let table = table.unwrap();
    assert!(table.contains("示例路 3 号") && table.contains("13900000009"));
    let rest = world.app.customers_out(&world.admin, 1, false).await;
    assert_eq!(
        rest.unwrap().lines().count(),
        2,
        "the heading and the second"
    );
}

#[tokio::test]
async fn two_rows_of_a_table_are_two_customers_and_a_number_stays() {
    let world = World::new().await;
    let rules = |report: &ImportReport| -> Vec<String> {
        let errors = report.errors.iter();
        errors.map(|error| error.rule.clone()).collect()
    };
    let twice = "number,name,phone\nC-1,陈示例,13900000002\nC-1,示例女士,13900000003\n";
    let refused = take(&world, twice, false).await;
    assert_eq!(rules(&refused), ["customer_twice"]);
    assert_eq!(known(&world, PHONE).await, None, "nothing is saved");
    take(&world, CUSTOMERS, false).await;
    // The telephone number that one customer leaves in the same table makes nobody else of them.
    let passed = "number,name,phone\nC-2,示例女士,13900000009\nC-5,别人,13900000003\n";
    let refused = take(&world, passed, false).await;
    assert_eq!(rules(&refused), ["customer_twice"]);
    let still = known(&world, "13900000003").await.unwrap();
    assert_eq!(still.number.as_deref(), Some("C-2"));
    let bare = "name,phone\n陈示例,13900000002\n";
    assert_eq!(numbers(&take(&world, bare, false).await), (0, 1, 0));
    let kept = known(&world, PHONE).await.unwrap();
    assert_eq!(kept.number.as_deref(), Some("C-1"));
}

#[tokio::test]
async fn a_telephone_number_is_no_number_of_the_shop() {
    let world = World::new().await;
    let written = "number,name,phone\n13900000002,陈示例,139 0000 0002\nVIP-13900000003,示例女士,13900000003\n";
    let looked = take(&world, written, true).await;
    assert_eq!(looked.planned.len(), 2);
    for planned in &looked.planned {
        assert!(planned.key.contains('*'), "{}", planned.key);
    }
    assert_eq!(numbers(&take(&world, written, false).await), (2, 0, 0));
    for phone in [PHONE, "13900000003"] {
        assert_eq!(known(&world, phone).await.unwrap().number, None);
    }
    assert_eq!(numbers(&take(&world, written, false).await), (0, 0, 2));
}

#[tokio::test]
async fn who_calls_is_recognized_masked_and_opened_through_the_log() {
    let world = World::new().await;
    take(&world, CUSTOMERS, false).await;
    let size = world.store.head().await.unwrap().size;
    let view = known(&world, "139 0000 0002").await.unwrap();
    assert_eq!(view.number.as_deref(), Some("C-1"));
    assert!(view.masked.phone.contains('*') && !view.masked.name.contains("示例"));
    assert_eq!(world.store.head().await.unwrap().size, size, "no look");
    let opened = world.app.open_customer(&world.agent, view.person).await;
    let opened = opened.unwrap();
    assert_eq!(opened.name.as_deref(), Some("陈示例"));
    assert!(
        opened
            .address
            .as_deref()
            .is_some_and(|text| text.ends_with("示例路 2 号"))
    );
    let logged = world.store.range(size + 1, 9).await.unwrap();
    let names: Vec<_> = logged.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["data_revealed.v1"]);
    for (name, who) in world.everybody() {
        let may = ["agent", "dispatcher"].contains(&name);
        let seen = world.app.customer_of_phone(who, PHONE).await;
        assert_eq!(seen.is_ok(), may, "{name}");
        let opened = world.app.open_customer(who, view.person).await;
        assert_eq!(opened.is_ok(), may, "{name}");
    }
}

#[tokio::test]
async fn who_asks_to_be_forgotten_is_and_the_next_import_brings_nobody_back() {
    let world = World::new().await;
    take(&world, CUSTOMERS, false).await;
    let customer = known(&world, PHONE).await.unwrap().person;
    let receipt = world.claim("A1", "陈示例", PHONE, cracked_mug(1)).await;
    withdraw(&world, &receipt).await;
    let erased = world
        .app
        .shred_person(&world.admin, receipt.case, "本人要求")
        .await
        .unwrap();
    assert_eq!(erased.records, 2, "of the case, and of the customer");
    let row = world.store.person(customer).await.unwrap().unwrap();
    assert!(gone(&row));
    assert_eq!(known(&world, PHONE).await, None);
    assert_eq!(numbers(&take(&world, CUSTOMERS, false).await), (0, 0, 2));
    assert_eq!(known(&world, PHONE).await, None);
    let table = world.app.customers_out(&world.admin, 0, false).await;
    assert!(!table.unwrap().contains("C-1"));
}

#[tokio::test]
async fn a_customer_whom_nobody_brought_again_ends_as_contact_data_does() {
    let world = World::new().await;
    take(&world, CUSTOMERS, false).await;
    let customer = known(&world, PHONE).await.unwrap().person;
    let year = world.app.now().plus_ms(366 * DAY_MS);
    world.clock.advance_to(year);
    world.app.retention_turn().await.unwrap();
    assert_eq!(world.store.customer(customer).await.unwrap(), None);
    let row = world.store.person(customer).await.unwrap().unwrap();
    assert!(gone(&row));
    assert_eq!(numbers(&take(&world, CUSTOMERS, false).await), (2, 0, 0));
}
