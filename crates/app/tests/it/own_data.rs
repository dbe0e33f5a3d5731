//! What a person asks of the data about themselves: a copy, and that it be destroyed. Nobody asks it in their name, and what an open
//! or a held case needs stays as long as it needs it, and no longer.

use crate::erasure::{PHONE, buyer, claimant_row, gone, import, withdraw};
use crate::world::{World, cracked_mug, person, repair_input};
use aftercare_app::corrections::PhoneInput;
use aftercare_app::own_data::bind;
use aftercare_app::place_told::PlaceTold;
use aftercare_app::{ErrorKind, Plain};
use aftercare_domain::audit::{ConsentPurpose, PersonField};
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_store::rows::ErasureRequestRow;
use aftercare_store::{Unit, Write};

/// How long a request can be taken back.
const GRACE_MS: i64 = 3 * DAY_MS;

async fn destroyed_by_itself(world: &World) -> u64 {
    world.app.retention_turn().await.unwrap().persons
}

#[tokio::test]
async fn a_person_gets_all_that_is_kept_of_them_and_who_opened_it() {
    let world = World::new().await;
    let receipt = world.claim("A1", "周示范", PHONE, cracked_mug(1)).await;
    let other = world
        .claim("A2", "陈试用", "13800000003", cracked_mug(2))
        .await;
    for case in [receipt.case, other.case] {
        world
            .app
            .reveal(&world.agent, case, &[PersonField::Phone], "核对门牌。")
            .await
            .unwrap();
    }
    let claimant = world.claimant(&receipt).await;
    let own = world.app.own_data(&claimant, receipt.case).await.unwrap();
    let said: Vec<_> = own
        .person
        .iter()
        .map(|field| (field.processed.name.as_str(), field.value.as_str()))
        .collect();
    assert!(said.contains(&("name", "周示范")), "{said:?}");
    assert!(said.contains(&("phone", "+8613800000002")), "{said:?}");
    assert_eq!(own.agreed, ["handle_the_case"]);
    assert_eq!(own.case.id, receipt.case);
    assert_eq!(own.erasure, None);
    // Who opened it: the colleague, and now themselves. That the neighbor was looked at is not in it.
    let looks = |en: &str| own.openings.iter().filter(|one| one.who.en == en).count();
    assert_eq!((looks("the service desk"), looks("yourself")), (1, 1));
    let json = serde_json::to_string(&own).unwrap();
    for hidden in ["核对门牌", "陈试用", "13800000003"] {
        assert!(!json.contains(hidden), "{hidden}");
    }
    let zip = bind(&own, "<!doctype html>".to_owned()).unwrap();
    let files = aftercare_ledger::read_zip(&zip).unwrap();
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["SHA256SUMS", "own-data.html", "own-data.json"]);

    // Three within an hour, each an event of the log before.
    for _ in 0..2 {
        world.app.own_data(&claimant, receipt.case).await.unwrap();
    }
    let refused = world
        .app
        .own_data(&claimant, receipt.case)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.kind, &*refused.rule),
        (ErrorKind::TooMany, "too_many_copies")
    );
    world.clock.advance_ms(HOUR_MS + 1);
    world.app.own_data(&claimant, receipt.case).await.unwrap();
}

/// The point on the map rests on consent: it goes with it, the address stays, and whoever tells it again agrees again.
#[tokio::test]
async fn a_consent_is_taken_back_at_once_and_by_the_person_alone() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let claimant = world.claimant(&receipt).await;
    let (app, case) = (&world.app, receipt.case);
    for (name, who) in world.everybody_at(&receipt).await {
        if name == "claimant" {
            continue;
        }
        let refused = app
            .withdraw_consent(&who, case, ConsentPurpose::ExactPlace)
            .await
            .unwrap_err();
        assert_eq!(refused.rule, "own_person_only", "{name}");
    }
    let kinds = async || {
        let own = app.own_data(&claimant, case).await.unwrap();
        let kinds = own.person.iter().map(|field| field.processed.name.clone());
        (kinds.collect::<Vec<_>>(), own.consents)
    };
    let (before, consents) = kinds().await;
    assert!(before.iter().any(|kind| kind == "place"), "{before:?}");
    assert_eq!(consents.len(), 1);
    assert_eq!(
        (&*consents[0].purpose, consents[0].withdrawn_at),
        ("exact_place", None)
    );

    app.withdraw_consent(&claimant, case, ConsentPurpose::ExactPlace)
        .await
        .unwrap();
    let (after, consents) = kinds().await;
    assert!(!after.iter().any(|kind| kind == "place"), "{after:?}");
    assert!(after.iter().any(|kind| kind == "address"), "{after:?}");
    assert_eq!(
        (consents[0].withdrawn_at, consents[0].is_there),
        (Some(app.now()), false)
    );
    let twice = app
        .withdraw_consent(&claimant, case, ConsentPurpose::ExactPlace)
        .await
        .unwrap_err();
    assert_eq!(twice.rule, "no_consent_given");
    let acts = world.store.acts(world.tenant, "consent_withdrawn.v1").await;
    assert_eq!(acts.unwrap().len(), 1);
    let events = world.store.load_case(case).await.unwrap();
    assert!(
        events
            .iter()
            .any(|stored| stored.event.body.name() == "place_told.v1"),
        "the plan goes by the county from then on"
    );

    let again = PlaceTold {
        work_order: None,
        address: Plain::new(String::new()),
        county: "330106".to_owned(),
        place: person("林晓示", "13800000001").place,
        reason: String::new(),
    };
    app.tell_place(&claimant, case, &again).await.unwrap();
    let consents = app.own_consents(&claimant, case).await.unwrap();
    assert!(consents[0].is_there && consents[0].withdrawn_at.is_some());
    let record = app.processing_record(&world.admin).await.unwrap();
    let place = record.kinds.iter().find(|kind| kind.name == "place");
    assert!(place.unwrap().basis.en.contains("taken back at any time"));
}

#[tokio::test]
async fn nobody_asks_in_the_name_of_somebody_else() {
    let world = World::new().await;
    let receipt = world.claim("A1", "周示范", PHONE, cracked_mug(1)).await;
    for (name, who) in world.everybody_at(&receipt).await {
        if name == "claimant" {
            continue;
        }
        let refused = [
            world
                .app
                .own_data(&who, receipt.case)
                .await
                .map(drop)
                .unwrap_err(),
            world
                .app
                .own_erasure(&who, receipt.case)
                .await
                .map(drop)
                .unwrap_err(),
            world
                .app
                .ask_erasure(&who, receipt.case)
                .await
                .map(drop)
                .unwrap_err(),
            world
                .app
                .cancel_erasure(&who, receipt.case)
                .await
                .map(drop)
                .unwrap_err(),
        ];
        for refused in refused {
            assert_eq!(refused.rule, "own_person_only", "{name}");
        }
    }
}

#[tokio::test]
async fn what_a_person_asked_for_is_destroyed_by_itself_once_nothing_needs_it() {
    destroyed_once_it_may_be(World::new().await).await;
}

#[tokio::test]
async fn what_a_person_asked_for_is_destroyed_on_postgres_too() {
    if let Some(world) = World::on_postgres().await {
        destroyed_once_it_may_be(world).await;
    }
}

async fn destroyed_once_it_may_be(world: World) {
    import(&world).await;
    let over = world.claim("A1", "周示范", PHONE, cracked_mug(1)).await;
    let open = world.claim("B1", "周示范", PHONE, cracked_mug(2)).await;
    withdraw(&world, &over).await;
    let claimant = world.claimant_by_phone(&over).await;
    let asked = world.app.ask_erasure(&claimant, over.case).await.unwrap();
    assert!(asked.everywhere);
    assert_eq!(asked.state, "waiting");
    assert_eq!(asked.due_at, asked.asked_at.plus_ms(GRACE_MS));
    // What stays is named: what the open case needs, and the evidence of both sides until its day.
    assert_eq!(asked.kept[0].until, None);
    assert!(asked.kept[0].why.en.starts_with("1 more cases"));
    assert!(asked.kept[1..].iter().all(|kept| kept.until.is_some()));
    let again = world
        .app
        .ask_erasure(&claimant, over.case)
        .await
        .unwrap_err();
    assert_eq!(again.rule, "erasure_asked_already");

    world.clock.advance_ms(GRACE_MS - 1);
    assert_eq!(destroyed_by_itself(&world).await, 0);
    world.clock.advance_ms(1);
    // The case that is over, and the buyer of the order that no case is about.
    assert_eq!(destroyed_by_itself(&world).await, 2);
    assert!(gone(&claimant_row(&world, &over).await));
    assert!(gone(&buyer(&world, "B2").await));
    for kept in [claimant_row(&world, &open).await, buyer(&world, "B1").await] {
        assert!(!gone(&kept), "{} is needed", kept.id);
    }
    // What is left is asked for from then on in the case that needs it: nothing of the first one leads there any more.
    let done = world
        .app
        .own_erasure(&claimant, over.case)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(done.state, "done");
    assert!(done.ended_at.is_some());
    let other = world.claimant(&open).await;
    let held = world
        .app
        .own_erasure(&other, open.case)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((held.state.as_str(), held.ended_at), ("held", None));
    assert!(held.kept[0].why.en.starts_with("the case is still open"));
    let late = world
        .app
        .cancel_erasure(&other, open.case)
        .await
        .unwrap_err();
    assert_eq!(late.rule, "erasure_due");

    // It is looked at again by itself, and done when the case is closed. What came after the request is not what it asked for.
    let newer = world.claim("A2", "周示范", PHONE, cracked_mug(3)).await;
    withdraw(&world, &open).await;
    assert_eq!(destroyed_by_itself(&world).await, 0, "not looked at yet");
    world.clock.advance_ms(HOUR_MS);
    assert_eq!(destroyed_by_itself(&world).await, 2);
    for row in [claimant_row(&world, &open).await, buyer(&world, "B1").await] {
        assert!(gone(&row), "{} is left", row.id);
    }
    assert!(!gone(&claimant_row(&world, &newer).await));
    let done = world
        .app
        .own_erasure(&other, open.case)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(done.state, "done");
    // The evidence of both sides is there until its own day.
    let detail = world.app.case_detail(&world.reviewer, over.case).await;
    assert!(!detail.unwrap().claims[0].evidence.is_empty());
    let own = world.app.own_data(&claimant, over.case).await.unwrap();
    assert!(own.person.is_empty());
    assert!(world.app.verify().await.unwrap().ok);
}

#[tokio::test]
async fn a_request_can_be_taken_back_and_then_nothing_is_destroyed() {
    let world = World::new().await;
    let receipt = world.claim("A1", "周示范", PHONE, cracked_mug(1)).await;
    withdraw(&world, &receipt).await;
    let claimant = world.claimant(&receipt).await;
    let none = world
        .app
        .cancel_erasure(&claimant, receipt.case)
        .await
        .unwrap_err();
    assert_eq!(none.rule, "no_erasure_asked");
    world
        .app
        .ask_erasure(&claimant, receipt.case)
        .await
        .unwrap();
    let back = world
        .app
        .cancel_erasure(&claimant, receipt.case)
        .await
        .unwrap();
    // Whoever has the phone heard of it, for it may be somebody else who holds the link.
    let told = world.notifier.messages();
    let told = told.iter().filter(|one| one.kind == "erasure_asked");
    let told: Vec<_> = told.map(|one| one.case).collect();
    assert_eq!(told, [Some(receipt.case)]);
    assert_eq!((back.state.as_str(), back.kept), ("cancelled", Vec::new()));
    world.clock.advance_ms(GRACE_MS + 1);
    assert_eq!(destroyed_by_itself(&world).await, 0);
    assert!(!gone(&claimant_row(&world, &receipt).await));
}

/// A colleague on the telephone and a program are shown the link and the code of what they take down: with these nobody asks in the name
/// of the person, whose own phone has another code.
#[tokio::test]
async fn whoever_took_a_case_down_asks_nothing_with_its_code() {
    let world = World::new().await;
    let mut input = repair_input();
    input.order_number = String::new();
    input.person = person("周示范", PHONE);
    let taken = world
        .app
        .report_repair(world.tenant, Some(&world.agent), input, Vec::new(), None)
        .await
        .unwrap();
    let colleague = world.claimant(&taken).await;
    let copy = world.app.own_data(&colleague, taken.case).await;
    assert_eq!(copy.map(drop).unwrap_err().rule, "own_phone_only");
    let asked = world.app.ask_erasure(&colleague, taken.case).await;
    assert_eq!(asked.unwrap_err().rule, "own_phone_only");
    let owner = world.claimant_by_phone(&taken).await;
    world.app.own_data(&owner, taken.case).await.unwrap();
    world.app.ask_erasure(&owner, taken.case).await.unwrap();
    // Whoever sees it can take it back.
    world
        .app
        .cancel_erasure(&colleague, taken.case)
        .await
        .unwrap();
}

/// Anybody can report something under a number that is not theirs, and has the code of the receipt: with it nobody destroys what the
/// owner of the number has with the shop.
#[tokio::test]
async fn the_code_of_a_receipt_destroys_its_own_case_alone() {
    let world = World::new().await;
    import(&world).await;
    let own = world.claim("B1", "周示范", PHONE, cracked_mug(1)).await;
    withdraw(&world, &own).await;
    let mut input = repair_input();
    input.order_number = String::new();
    input.person = person("外人", PHONE);
    let strangers = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    let claimant = world.claimant(&strangers).await;
    let asked = world
        .app
        .ask_erasure(&claimant, strangers.case)
        .await
        .unwrap();
    assert!(!asked.everywhere);
    let withdrawn = aftercare_app::actions::Action::WithdrawRepair { work_order: None };
    world
        .act(&claimant, strangers.case, withdrawn)
        .await
        .unwrap();
    world.clock.advance_ms(GRACE_MS);
    assert_eq!(destroyed_by_itself(&world).await, 1);
    assert!(gone(&claimant_row(&world, &strangers).await));
    assert!(!gone(&claimant_row(&world, &own).await));
    assert!(!gone(&buyer(&world, "B2").await));
}

/// Whoever showed one number has not shown the next: a request that waits does not move on to somebody else's cases and orders with a
/// correction of the number.
#[tokio::test]
async fn a_corrected_number_takes_back_what_was_asked_everywhere_under_the_one_before() {
    let world = World::new().await;
    import(&world).await;
    let own = world.claim("B1", "周示范", PHONE, cracked_mug(1)).await;
    withdraw(&world, &own).await;
    let mut input = repair_input();
    input.order_number = String::new();
    input.person = person("外人", "13800000009");
    let strangers = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    let by_phone = world.claimant_by_phone(&strangers).await;
    let asked = world.app.ask_erasure(&by_phone, strangers.case).await;
    assert!(asked.unwrap().everywhere);
    let by_receipt = world.claimant(&strangers).await;
    let moved = PhoneInput {
        phone: Plain::new(PHONE.to_owned()),
        reason: String::new(),
        checked: false,
    };
    let renewed = world
        .app
        .correct_phone(&by_receipt, strangers.case, &moved)
        .await
        .unwrap()
        .unwrap();
    world.clock.advance_ms(GRACE_MS);
    assert_eq!(destroyed_by_itself(&world).await, 0);
    for kept in [claimant_row(&world, &own).await, buyer(&world, "B2").await] {
        assert!(!gone(&kept), "{}", kept.id);
    }
    let again = world.claimant(&renewed).await;
    let ended = world.app.own_erasure(&again, strangers.case).await;
    assert_eq!(ended.unwrap().unwrap().state, "cancelled");
    world.app.ask_erasure(&again, strangers.case).await.unwrap();
}

/// A request goes on in the cases that need something, whoever reported them: what else there is under the number is told there only
/// to whoever shows it, and what was asked for in the case itself can be taken back beside it.
#[tokio::test]
async fn a_request_that_came_from_another_case_tells_nothing_of_the_others() {
    let world = World::new().await;
    import(&world).await;
    let over = world.claim("A1", "周示范", PHONE, cracked_mug(1)).await;
    let _open = world.claim("B1", "周示范", PHONE, cracked_mug(2)).await;
    let mut input = repair_input();
    input.order_number = String::new();
    input.person = person("外人", PHONE);
    let strangers = world
        .app
        .report_repair(world.tenant, None, input, Vec::new(), None)
        .await
        .unwrap();
    withdraw(&world, &over).await;
    let owner = world.claimant_by_phone(&over).await;
    world.app.ask_erasure(&owner, over.case).await.unwrap();
    world.clock.advance_ms(1);
    let stranger = world.claimant(&strangers).await;
    world.clock.advance_ms(GRACE_MS - 2);
    let stranger_asks = world.app.ask_erasure(&stranger, strangers.case).await;
    let asked_at = stranger_asks.unwrap().asked_at;
    world.clock.advance_ms(1);
    destroyed_by_itself(&world).await;
    let back = world.app.cancel_erasure(&stranger, strangers.case).await;
    let back = back.unwrap();
    assert_eq!(
        (back.asked_at, back.state.as_str()),
        (asked_at, "cancelled")
    );
    let shown = world.app.own_erasure(&stranger, strangers.case).await;
    let shown = shown.unwrap().unwrap();
    assert_eq!((shown.everywhere, shown.state.as_str()), (true, "held"));
    let told = |kept: &aftercare_app::own_data::KeptBack| kept.why.en.contains("under the same");
    assert!(!shown.kept.iter().any(told), "{:?}", shown.kept);
    let owner = world.claimant_by_phone(&strangers).await;
    let shown = world.app.own_erasure(&owner, strangers.case).await;
    assert!(shown.unwrap().unwrap().kept.iter().any(told));
}

#[tokio::test]
async fn a_request_that_cannot_be_done_waits_behind_the_others() {
    let world = World::new().await;
    let now = world.app.now();
    // Of a case that is not there, as after damage.
    let broken = ErasureRequestRow {
        case: CaseId(uuid::Uuid::from_u128(1)),
        asked_at: now,
        tenant: world.tenant,
        everywhere: false,
        due_at: now,
        next_at: now,
        cancelled_at: None,
        done_at: None,
    };
    let unit = Unit {
        writes: vec![Write::ErasureRequest(broken.clone())],
        ..Unit::default()
    };
    world.store.commit(unit).await.unwrap();
    assert!(world.app.retention_turn().await.is_err());
    let rows = world.store.erasure_requests(broken.case).await.unwrap();
    assert_eq!(rows[0].next_at, now.plus_ms(HOUR_MS));
    assert!(world.app.retention_turn().await.is_ok(), "not its turn");
}
