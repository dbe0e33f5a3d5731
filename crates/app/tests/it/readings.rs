//! What each party of a case opens it with: the key of the case, wrapped for each of them. It ends by the rules for one after the
//! other, and with the last one for everybody.

use crate::erasure::{PHONE, withdraw};
use crate::world::{World, cracked_mug};
use aftercare_app::Principal;
use aftercare_app::retention::Ended;
use aftercare_app::views::IntakeReceipt;
use aftercare_domain::Timestamp;
use aftercare_domain::audit::{AuditBody, AuditEvent, CaseParty};
use aftercare_domain::day::Day;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::DAY_MS;
use aftercare_store::rows::CaseKeyRow;
use aftercare_store::{CasePart, SHREDDED_FILE, Unit, Write};
use aftercare_testkit::open_many;
use aftercare_vault::WrappedKey;
use std::io::Write as _;

/// Rules under which the claimant reads a case for 60 days after its end, and the merchant for 90.
const PACK: &str = r#"
id = "readings"
version = "1"
title_zh = "保存期限"
title_en = "Periods"
[dates]
notice = "major"
[retention]
photos = "1096 d"
texts = "1096 d"
claimant = "60 d"
merchant = "90 d"
[[rule]]
id = "label"
zh = "面单能说明是哪一个包裹"
en = "The shipping label tells which parcel it was"
then = { ask = ["shipping_label"] }
cites = ["platform_rules/21"]
"#;

async fn publish(world: &World) {
    let app = &world.app;
    app.save_pack_draft(&world.admin, PACK).await.unwrap();
    let effective = Day::of(app.now()).plus_days(16);
    app.publish_pack(&world.admin, "readings", "1", effective)
        .await
        .unwrap();
    world.clock.advance_ms(17 * DAY_MS);
}

/// A claim with a photo that its claimant took back.
async fn closed(world: &World) -> IntakeReceipt {
    let receipt = world.claim("A1", "周示范", PHONE, cracked_mug(1)).await;
    world.app.settle().await.unwrap();
    withdraw(world, &receipt).await;
    receipt
}

/// Whether somebody opens statement and photo of a claim; whoever does not is told why, and since when.
async fn opens(world: &World, who: &Principal, receipt: &IntakeReceipt) -> bool {
    let detail = world.app.case_detail(who, receipt.case).await.unwrap();
    let claim = &detail.claims[0];
    let photo = &claim.evidence[0];
    let (ended, of_reader) = (photo.ended_at.is_some(), photo.reading_ended_at.is_some());
    let Err(error) = world.app.picture(who, photo.id, false).await else {
        assert_eq!(claim.statement, "收到就有裂纹。");
        assert!(!ended && !of_reader);
        return true;
    };
    let words = match error.rule.as_str() {
        "reading_ended" => "your time to read this ended",
        "retention_ended" => "ended by rule",
        other => panic!("{other}"),
    };
    assert!(claim.statement.contains(words), "{}", claim.statement);
    assert_eq!(of_reader, error.rule == "reading_ended");
    assert_ne!(of_reader, ended);
    false
}

async fn wraps(world: &World, case: CaseId) -> Vec<&'static str> {
    let mut there = Vec::new();
    for party in CaseParty::ALL {
        let key = world.store.case_key(case, party.name()).await.unwrap();
        there.extend(key.map(|_| party.name()));
    }
    there
}

async fn told(world: &World) -> Vec<AuditBody> {
    let acts = world
        .store
        .acts(world.tenant, "case_reading_ended.v1")
        .await;
    let acts = acts.unwrap().into_iter();
    acts.map(|stored| {
        serde_json::from_slice::<AuditEvent>(&stored.payload)
            .unwrap()
            .body
    })
    .collect()
}

#[tokio::test]
async fn each_party_reads_a_case_until_its_own_time_is_over_and_nobody_after_the_last() {
    ended_one_after_the_other(World::new().await).await;
}

#[tokio::test]
async fn each_party_reads_a_case_until_its_own_time_is_over_on_postgres_too() {
    if let Some(world) = World::on_postgres().await {
        ended_one_after_the_other(world).await;
    }
}

async fn ended_one_after_the_other(world: World) {
    let receipt = closed(&world).await;
    let (app, case) = (&world.app, receipt.case);
    let claimant = world.claimant(&receipt).await;
    publish(&world).await;
    let everybody = [&claimant, &world.merchant, &world.reviewer];
    let open = async || {
        let mut open = Vec::new();
        for who in everybody {
            open.push(opens(&world, who, &receipt).await);
        }
        open
    };
    assert_eq!(
        wraps(&world, case).await,
        ["claimant", "merchant", "technician", "tenant"]
    );
    let detail = app.case_detail(&claimant, case).await.unwrap();
    let days = |what: &str| {
        let mut kept = detail.retention.kept.iter();
        kept.find(|kept| kept.what == what).map(|kept| kept.days)
    };
    assert_eq!(
        (days("claimant"), days("merchant"), days("technician")),
        (Some(60), Some(90), None)
    );
    let over = detail.retention.ended_at.unwrap();
    let after = |days: i64| over.plus_ms(days * DAY_MS);
    let turn = async |at: Timestamp| {
        world.clock.advance_to(at);
        app.retention_turn().await.unwrap().readings
    };

    assert_eq!(turn(after(60).plus_ms(-1)).await, 0);
    assert_eq!(open().await, [true, true, true], "on the last day");
    // Whoever holds the case holds it for everybody.
    let held = app.hold_from_console(case, "法院来函。", false).await;
    assert!(held.unwrap().held_since.is_some());
    assert_eq!(turn(after(60)).await, 0);
    assert_eq!(open().await, [true, true, true]);
    app.hold_from_console(case, "判决已生效。", true)
        .await
        .unwrap();
    assert_eq!(turn(after(60)).await, 1);
    assert_eq!(open().await, [false, true, true]);
    assert_eq!(
        wraps(&world, case).await,
        ["merchant", "technician", "tenant"]
    );
    let ended = |party| AuditBody::CaseReadingEnded { case, party };
    assert_eq!(told(&world).await, [ended(CaseParty::Claimant)]);
    assert_eq!(turn(after(90)).await, 1);
    assert_eq!(open().await, [false, false, true]);
    assert_eq!(
        told(&world).await,
        [ended(CaseParty::Claimant), ended(CaseParty::Merchant)]
    );
    // What is written by then is sealed as before.
    app.place_hold(&world.risk_manager, case, "法院又来函。")
        .await
        .unwrap();
    app.release_hold(&world.risk_manager, case, "判决已生效。")
        .await
        .unwrap();

    world.clock.advance_to(after(1_096));
    let last = app.retention_turn().await.unwrap();
    assert_eq!((last.photos, last.texts, last.readings), (1, 1, 0));
    assert_eq!(open().await, [false, false, false]);
    assert_eq!(wraps(&world, case).await, [""; 0]);
    assert_eq!(app.retention_turn().await.unwrap(), Ended::default());
    let verified = app.verify().await.unwrap();
    assert!(verified.ok, "{verified:?}");
    let key = aftercare_testkit::row_key();
    world.store.verify_rows(&key).await.unwrap();
}

/// What the list names is destroyed by the next start, whatever the database that was put back says.
#[tokio::test]
async fn a_reading_that_ended_before_a_backup_was_put_back_ends_again_at_the_start() {
    let world = World::new().await;
    let receipt = closed(&world).await;
    let case = receipt.case;
    let claimant = world.claimant(&receipt).await;
    let list = world.folder.path().join("data").join(SHREDDED_FILE);
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&list)
        .unwrap();
    writeln!(file, "{case} 1900000000000 claimant").unwrap();
    drop(file);
    assert!(opens(&world, &claimant, &receipt).await);
    let world = world.restarted().await;
    assert!(!opens(&world, &claimant, &receipt).await);
    assert!(opens(&world, &world.merchant, &receipt).await);
    assert!(opens(&world, &world.reviewer, &receipt).await);
    let party = CaseParty::Claimant;
    let ended = AuditBody::CaseReadingEnded { case, party };
    assert_eq!(told(&world).await, std::slice::from_ref(&ended));
    let world = world.restarted().await;
    assert_eq!(told(&world).await, [ended], "once");
}

/// Whoever is told that a photo was used before may look at the earlier one until that is decided.
#[tokio::test]
async fn a_case_to_which_a_finding_of_an_open_one_points_is_read_until_that_ends() {
    let world = World::new().await;
    let earlier = world.claim("A1", "周示范", PHONE, cracked_mug(1)).await;
    world.app.settle().await.unwrap();
    let later = world
        .claim("A2", "陈试用", "13800000003", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    withdraw(&world, &earlier).await;
    publish(&world).await;
    world.clock.advance_ms(100 * DAY_MS);
    let turn = world.app.retention_turn().await.unwrap();
    assert_eq!(turn.readings, 0);
    assert!(opens(&world, &world.merchant, &earlier).await);
    withdraw(&world, &later).await;
    let turn = world.app.retention_turn().await.unwrap();
    assert_eq!(turn.readings, 2, "claimant and merchant of the earlier one");
    assert!(!opens(&world, &world.merchant, &earlier).await);
}

/// Whoever has to answer in a case that goes on again reads it as long as it does and for their time from its new end, and gets no
/// wrap back for it.
#[tokio::test]
async fn a_case_that_goes_on_after_a_reading_ended_is_read_until_it_ends() {
    let world = World::new().await;
    let receipt = world.claim("A1", "周示范", PHONE, cracked_mug(1)).await;
    world.app.settle().await.unwrap();
    let case = receipt.case;
    let claimant = world.claimant(&receipt).await;
    let end = Write::EndCase {
        case,
        part: CasePart::Reading(CaseParty::Claimant),
        at: world.app.now(),
        ended_before: None,
        blobs: Vec::new(),
    };
    let unit = Unit {
        writes: vec![end],
        ..Unit::default()
    };
    world.store.commit(unit).await.unwrap();
    let left = ["merchant", "technician", "tenant"];
    assert_eq!(wraps(&world, case).await, left);
    assert!(opens(&world, &claimant, &receipt).await);
    assert_eq!(wraps(&world, case).await, left);
    world.clock.advance_ms(DAY_MS);
    withdraw(&world, &receipt).await;
    publish(&world).await;
    // How it ended in the end is read for as long as of any other case.
    let told = async || {
        let detail = world.app.case_detail(&claimant, case).await.unwrap();
        let mut kept = detail.retention.kept.iter();
        let own = kept.find(|kept| kept.what == "claimant").unwrap();
        (own.until.unwrap(), own.ended_at)
    };
    let (until, _) = told().await;
    world.clock.advance_to(until.plus_ms(-1));
    assert!(opens(&world, &claimant, &receipt).await);
    assert_eq!(told().await, (until, None));
    world.clock.advance_to(until);
    assert!(!opens(&world, &claimant, &receipt).await);
    assert_eq!(told().await, (until, Some(until)));
    assert_eq!(wraps(&world, case).await, left);
    assert!(opens(&world, &world.merchant, &receipt).await);
}

/// A case of before parties had wraps of their own opens, and whoever opens it has one from then on.
#[tokio::test]
async fn who_opens_a_case_of_before_gets_a_wrap_of_their_own() {
    let world = World::new().await;
    let (before, opening) = open_many(900, 1, world.tenant).remove(0);
    let (tenant, id) = (world.tenant.to_string(), before.id.to_string());
    let (_, wrapped) = world.vault.new_case_key(&tenant, &id, "tenant").unwrap();
    let row = CaseKeyRow {
        case: before.id,
        party: "tenant".to_owned(),
        wrapped_key: wrapped.as_bytes().to_vec(),
    };
    let unit = Unit {
        writes: vec![Write::CaseKey(row.clone())],
        ..opening
    };
    world.store.commit(unit).await.unwrap();
    let claimant = Principal::Claimant {
        tenant: world.tenant,
        case: before.id,
        person: before.person,
        phone_shown: true,
    };
    // There is nothing in it to show; that it was opened is what counts here.
    for who in [&world.reviewer, &claimant] {
        assert!(world.app.may_read(who, before.id).await);
        drop(world.app.case_detail(who, before.id).await);
    }
    assert_eq!(wraps(&world, before.id).await, ["claimant", "tenant"]);
    let store = &world.store;
    let kept = store.case_key(before.id, "tenant").await.unwrap();
    assert_eq!(kept, Some(row));
    let own = store.case_key(before.id, "claimant").await.unwrap();
    let own = WrappedKey::from_bytes(&own.unwrap().wrapped_key).unwrap();
    let key = world
        .vault
        .unwrap_case_key(&tenant, &id, "claimant", &own)
        .unwrap();
    assert_eq!(key.case(), id);
    store
        .verify_rows(&aftercare_testkit::row_key())
        .await
        .unwrap();
}
