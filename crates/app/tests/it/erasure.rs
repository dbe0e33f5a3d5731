//! What the notice promises: on request a human's name, phone and address are destroyed wherever the shop has them, at once,
//! and nothing that the shop does every day brings them back.

use crate::world::{World, claim_input, cracked_mug, damage};
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::numbers::case_number;
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::ids::PersonId;
use aftercare_store::rows::PersonRow;
use aftercare_store::{OpenMode, SHREDDED_FILE, SqliteStore, Store, restore_shredding};
use std::sync::Arc;

pub const PHONE: &str = "13800000002";
const OTHER: &str = "13800000003";

/// Orders whose buyers are known, one row a buyer and order.
const ORDERS: &str = "number,paid_at,delivered_at,product_code,paid,buyer_name,buyer_phone
B1,2026-10-30,2026-11-01,MUG,68.00,周示范,13800000002
B2,2026-10-30,2026-11-01,MUG,68.00,周示范,13800000002
B3,2026-10-30,2026-11-01,MUG,68.00,陈试用,13800000003
";

pub async fn import(world: &World) {
    let report = world
        .app
        .import(
            &world.admin,
            aftercare_app::import::ImportKind::Orders,
            ORDERS.as_bytes(),
            false,
        )
        .await
        .unwrap();
    assert_eq!(report.errors, []);
}

pub async fn buyer(world: &World, number: &str) -> PersonRow {
    let order = world
        .store
        .order_by_number(world.tenant, number)
        .await
        .unwrap()
        .unwrap();
    person_row(world, order.buyer.unwrap()).await
}

async fn person_row(world: &World, id: PersonId) -> PersonRow {
    world.store.person(id).await.unwrap().unwrap()
}

pub async fn claimant_row(world: &World, receipt: &IntakeReceipt) -> PersonRow {
    let history = world.store.load_case(receipt.case).await.unwrap();
    let state = aftercare_domain::evolve::replay(history.iter().map(|stored| &stored.event));
    person_row(world, state.opened.unwrap().claimant).await
}

pub async fn withdraw(world: &World, receipt: &IntakeReceipt) {
    let claimant = world.claimant(receipt).await;
    let detail = world
        .app
        .case_detail(&claimant, receipt.case)
        .await
        .unwrap();
    let claim = Some(detail.claims[0].id);
    world
        .act(&claimant, receipt.case, Action::WithdrawClaim { claim })
        .await
        .unwrap();
}

pub fn gone(row: &PersonRow) -> bool {
    row.shredded_at.is_some()
        && row.wrapped_key.is_none()
        && row.phone_index.is_none()
        && row.last4_index.is_none()
        && [
            &row.name,
            &row.phone,
            &row.address,
            &row.place,
            &row.masked_name,
            &row.masked_phone,
            &row.masked_address,
        ]
        .iter()
        .all(|field| field.is_none())
}

#[tokio::test]
async fn a_human_is_destroyed_in_every_case_and_order_at_once() {
    destroyed_everywhere(World::new().await).await;
}

#[tokio::test]
async fn a_human_is_destroyed_at_once_on_postgres_too() {
    if let Some(world) = World::on_postgres().await {
        destroyed_everywhere(world).await;
    }
}

async fn destroyed_everywhere(world: World) {
    import(&world).await;
    let first = world.claim("A1", "周示范", PHONE, cracked_mug(1)).await;
    let second = world.claim("B1", "周示范", PHONE, cracked_mug(2)).await;
    let neighbor = world.claim("A2", "陈试用", OTHER, cracked_mug(3)).await;
    withdraw(&world, &first).await;

    // A case that is open is what its person waits for: it is named, and nothing is destroyed.
    let size = world.store.head().await.unwrap().size;
    let early = world
        .app
        .shred_person(&world.admin, second.case, "本人要求")
        .await
        .unwrap_err();
    assert_eq!(early.rule, "case_still_open");
    for text in [&early.zh, &early.en] {
        assert!(text.contains(&case_number(second.case)), "{text}");
        assert!(!text.contains(&case_number(first.case)), "{text}");
    }
    assert_eq!(world.store.head().await.unwrap().size, size);
    assert!(!gone(&claimant_row(&world, &first).await));

    withdraw(&world, &second).await;
    let before = world.store.head().await.unwrap().size;
    let erased = world
        .app
        .shred_person(&world.admin, first.case, "本人要求")
        .await
        .unwrap();
    for row in [
        claimant_row(&world, &first).await,
        claimant_row(&world, &second).await,
        buyer(&world, "B1").await,
        buyer(&world, "B2").await,
    ] {
        assert!(gone(&row), "{} is left", row.id);
    }
    assert_eq!(erased.records, 4);
    let cases: std::collections::BTreeSet<_> = erased.cases.into_iter().collect();
    assert_eq!(cases, [first.case, second.case].into());
    assert_eq!(erased.left, []);
    // Each is an event of the log, and the words about it are sealed.
    let logged = world.store.range(before + 1, 10).await.unwrap();
    assert_eq!(logged.len(), 4);
    for event in &logged {
        assert_eq!(event.name, "person_shredded.v1");
        assert!(!String::from_utf8_lossy(&event.payload).contains("本人"));
    }
    // Others are not touched.
    for row in [
        claimant_row(&world, &neighbor).await,
        buyer(&world, "B3").await,
    ] {
        assert!(row.shredded_at.is_none() && row.wrapped_key.is_some());
    }
    let detail = world
        .app
        .case_detail(&world.agent, second.case)
        .await
        .unwrap();
    assert!(detail.person.shredded);
    assert!(world.app.verify().await.unwrap().ok);

    // Asking again is no error, and says that nothing was left to do.
    let before = world.store.head().await.unwrap().size;
    let again = world
        .app
        .shred_person(&world.admin, first.case, "本人又问")
        .await
        .unwrap();
    assert_eq!(again.records, 0);
    assert_eq!(world.store.head().await.unwrap().size, before);
}

/// Whoever puts back a backup of before the erasure gets none of the records back, neither of cases nor of orders.
#[tokio::test]
async fn a_backup_that_is_put_back_brings_none_of_the_records_back() {
    let world = World::new().await;
    import(&world).await;
    let first = world.claim("A1", "周示范", PHONE, cracked_mug(1)).await;
    let second = world.claim("B1", "周示范", PHONE, cracked_mug(2)).await;
    let neighbor = world.claim("A2", "陈试用", OTHER, cracked_mug(3)).await;
    for receipt in [&first, &second] {
        withdraw(&world, receipt).await;
    }
    let people = [
        claimant_row(&world, &first).await.id,
        claimant_row(&world, &second).await.id,
        buyer(&world, "B1").await.id,
        buyer(&world, "B2").await.id,
    ];
    let others = [
        claimant_row(&world, &neighbor).await,
        buyer(&world, "B3").await,
    ];
    let data = world.folder.path().join("data");
    let (backup, restored) = (
        world.folder.path().join("last week"),
        world.folder.path().join("restored"),
    );
    let reader = SqliteStore::open(&data, OpenMode::Read).await.unwrap();
    reader.backup(&backup, &[]).await.unwrap();
    let erased = world
        .app
        .shred_person(&world.admin, first.case, "本人要求")
        .await
        .unwrap();
    assert_eq!(erased.records, people.len());
    restore_shredding(&backup, &restored, &[], &data.join(SHREDDED_FILE))
        .await
        .unwrap();
    let key = aftercare_testkit::row_key();
    let store = SqliteStore::open(&restored, OpenMode::Write(&key)).await;
    let store: Arc<dyn Store> = Arc::new(store.unwrap());
    let before = store.head().await.unwrap().size;
    for person in people {
        let row = store.person(person).await.unwrap().unwrap();
        assert!(row.wrapped_key.is_some(), "the backup has {person}");
    }
    drop(world.another(Arc::clone(&store)).await);
    for person in people {
        let row = store.person(person).await.unwrap().unwrap();
        assert!(gone(&row), "{person} is back");
    }
    for other in others {
        assert_eq!(store.person(other.id).await.unwrap(), Some(other));
    }
    let logged = store.range(before + 1, 10).await.unwrap();
    let names: Vec<_> = logged.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["person_shredded.v1"; 4]);
    store.verify_log(&[]).await.unwrap();
    store.verify_rows(&key).await.unwrap();
    store.close().await;
}

/// Anybody can report something under a number that is not theirs, and never end it. It keeps nobody from being erased; and
/// where it is a relative's, who shares the telephone, their visit still finds them.
#[tokio::test]
async fn a_strangers_case_under_the_same_number_keeps_nobody_from_being_erased() {
    erased_beside_a_stranger(World::new().await).await;
}

#[tokio::test]
async fn a_strangers_case_keeps_nobody_from_being_erased_on_postgres_either() {
    if let Some(world) = World::on_postgres().await {
        erased_beside_a_stranger(world).await;
    }
}

async fn erased_beside_a_stranger(world: World) {
    import(&world).await;
    let own = world.claim("B1", "周示范", PHONE, cracked_mug(1)).await;
    withdraw(&world, &own).await;
    let mut input = crate::world::repair_input();
    input.order_number = String::new();
    input.person = crate::world::person("外人", PHONE);
    let strangers = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    let erased = world
        .app
        .shred_person(&world.admin, own.case, "本人要求")
        .await
        .unwrap();
    assert_eq!(erased.records, 3, "the case, and the buyer of two orders");
    assert_eq!(erased.left, [strangers.case]);
    for row in [
        claimant_row(&world, &own).await,
        buyer(&world, "B1").await,
        buyer(&world, "B2").await,
    ] {
        assert!(gone(&row), "{} is left", row.id);
    }
    // The open case goes on with what it needs, and its own end is not forgotten.
    let row = claimant_row(&world, &strangers).await;
    assert!(row.shredded_at.is_none() && row.wrapped_key.is_some() && row.phone_index.is_some());
    let detail = world.app.case_detail(&world.agent, strangers.case).await;
    assert!(!detail.unwrap().person.shredded);
    let refused = world
        .app
        .shred_person(&world.admin, strangers.case, "本人要求")
        .await
        .unwrap_err();
    assert_eq!(refused.rule, "case_still_open");
    let claimant = world.claimant(&strangers).await;
    world
        .act(
            &claimant,
            strangers.case,
            Action::WithdrawRepair { work_order: None },
        )
        .await
        .unwrap();
    let erased = world
        .app
        .shred_person(&world.admin, strangers.case, "本人要求")
        .await
        .unwrap();
    assert_eq!((erased.records, erased.left), (1, Vec::new()));
    assert!(gone(&claimant_row(&world, &strangers).await));
    assert!(world.app.verify().await.unwrap().ok);
}

/// A court that wants one case of somebody does not keep the others; the buyer of an order that an open case is about stays
/// known while that case needs it.
#[tokio::test]
async fn what_a_held_or_an_open_case_needs_is_left_and_named() {
    let world = World::new().await;
    import(&world).await;
    let over = world.claim("A1", "周示范", PHONE, cracked_mug(1)).await;
    let held = world.claim("B1", "周示范", PHONE, cracked_mug(2)).await;
    let open = world.claim("B2", "周示范", PHONE, cracked_mug(3)).await;
    withdraw(&world, &over).await;
    withdraw(&world, &held).await;
    world
        .app
        .place_hold(&world.risk_manager, held.case, "法院来函要求保全。")
        .await
        .unwrap();
    let erased = world
        .app
        .shred_person(&world.admin, over.case, "本人要求")
        .await
        .unwrap();
    assert_eq!(erased.records, 1);
    let left: std::collections::BTreeSet<_> = erased.left.into_iter().collect();
    assert_eq!(left, [held.case, open.case].into());
    assert!(gone(&claimant_row(&world, &over).await));
    for row in [
        claimant_row(&world, &held).await,
        claimant_row(&world, &open).await,
        buyer(&world, "B1").await,
        buyer(&world, "B2").await,
    ] {
        assert!(row.shredded_at.is_none() && row.wrapped_key.is_some());
    }
    let refused = world
        .app
        .shred_person(&world.admin, held.case, "本人要求")
        .await
        .unwrap_err();
    assert_eq!(refused.rule, "legal_hold");
}

#[tokio::test]
async fn an_order_of_a_destroyed_buyer_answers_to_nobody_and_no_import_brings_the_buyer_back() {
    let world = World::new().await;
    import(&world).await;
    let receipt = world.claim("B1", "周示范", PHONE, cracked_mug(1)).await;
    withdraw(&world, &receipt).await;
    world
        .app
        .shred_person(&world.admin, receipt.case, "本人要求")
        .await
        .unwrap();
    let destroyed = buyer(&world, "B2").await;
    for again in [false, true] {
        if again {
            import(&world).await;
        }
        assert_eq!(buyer(&world, "B2").await, destroyed, "imported: {again}");
        for phone in [PHONE, OTHER, "13800000009"] {
            let refused = world
                .app
                .file_claim(
                    world.tenant,
                    None,
                    claim_input("B2", "外人", phone),
                    vec![damage(cracked_mug(4))],
                    None,
                )
                .await
                .unwrap_err();
            assert_eq!(refused.rule, "order_unknown", "{phone}");
        }
    }
    // The order of another buyer still answers to that buyer.
    world.claim("B3", "陈试用", OTHER, cracked_mug(5)).await;
}

/// A repair can be reported for what somebody else bought; who has another number is another human.
#[tokio::test]
async fn whoever_bought_it_for_somebody_else_is_not_destroyed_with_them() {
    let world = World::new().await;
    world
        .app
        .import(
            &world.admin,
            aftercare_app::import::ImportKind::Orders,
            "number,paid_at,delivered_at,product_code,paid,buyer_name,buyer_phone\nA3,2026-10-30,2026-11-01,LAMP,129.00,陈试用,13800000003\n".as_bytes(),
            false,
        )
        .await
        .unwrap();
    // By phone: an agent links the repair with the order that somebody else bought.
    let receipt = world
        .app
        .report_repair(
            world.tenant,
            Some(&world.agent),
            crate::world::repair_input(),
            Vec::new(),
            None,
        )
        .await
        .unwrap();
    let claimant = world.claimant(&receipt).await;
    let detail = world.app.case_detail(&claimant, receipt.case).await;
    assert!(detail.unwrap().order.is_none(), "another buyer's order");
    let detail = world.app.case_detail(&world.agent, receipt.case).await;
    assert!(detail.unwrap().order.is_some());
    world
        .act(
            &claimant,
            receipt.case,
            Action::WithdrawRepair { work_order: None },
        )
        .await
        .unwrap();
    let erased = world
        .app
        .shred_person_from_console(receipt.case, "本人要求")
        .await
        .unwrap();
    assert_eq!(erased.records, 1);
    assert!(buyer(&world, "A3").await.shredded_at.is_none());
    assert!(gone(&claimant_row(&world, &receipt).await));
}

#[tokio::test]
async fn an_erasure_needs_words_and_a_case_that_is_there() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let refused = world
        .app
        .shred_person(&world.admin, receipt.case, "  ")
        .await
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Invalid);
    let nowhere = aftercare_domain::ids::CaseId(uuid::Uuid::from_u128(7));
    for refused in [
        world
            .app
            .shred_person(&world.admin, nowhere, "本人要求")
            .await,
        world
            .app
            .shred_person_from_console(nowhere, "本人要求")
            .await,
    ] {
        assert_eq!(refused.unwrap_err().kind, ErrorKind::NotFound);
    }
}
