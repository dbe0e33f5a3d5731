//! What a parcel was when it was packed: recorded before anybody complains, found by a claim about its order, shown to both
//! sides, and ended in its time.

use crate::blobs::Slow;
use crate::clips::small_clip;
use crate::inspections;
use crate::world::{World, claim_input, cracked_mug, damage};
use aftercare_app::actions::Action;
use aftercare_app::engine::IdempotencyKey;
use aftercare_app::error::ErrorKind;
use aftercare_app::evidence::Upload;
use aftercare_app::import::ImportKind;
use aftercare_app::limits::{PACKING_OPEN_MS, PACKING_RECORDS_MAX};
use aftercare_app::packing::{
    BeginPacking, PackInput, PackedInput, PackingDetail, PackingForm, PackingView,
};
use aftercare_app::retention::Ended;
use aftercare_app::{AppError, Principal};
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::event::ClaimReason;
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::ids::{CaseId, PackingId};
use aftercare_domain::time::{DAY_MS, MINUTE_MS};
use aftercare_evidence::inspect::Role;
use aftercare_scene::{Camera, Exif, ItemKind, Scene};
use aftercare_store::StoredEvent;
use std::sync::Arc;
use std::time::Duration;

const WAYBILL: &str = "SF-DEMO-0001";

fn begin(order: &str) -> BeginPacking {
    BeginPacking {
        order_number: order.to_owned(),
        ..BeginPacking::default()
    }
}

fn facts() -> PackedInput {
    PackedInput {
        waybill: WAYBILL.to_owned(),
        serials: vec!["SN-1".to_owned()],
        weight_g: Some(1_250),
        counts: vec!["公蟹 4".to_owned()],
        ..PackedInput::default()
    }
}

fn key(key: &str, body: u8) -> Option<IdempotencyKey> {
    Some(IdempotencyKey {
        scope: "packing".to_owned(),
        key: key.to_owned(),
        body_hash: [body; 32],
    })
}

fn packed(seed: u64) -> Upload {
    Upload {
        kind: EvidenceKind::PackingPhoto,
        ..damage(cracked_mug(seed))
    }
}

/// A photo whose camera says that it was taken at that time.
fn opened_at(at: &str) -> Vec<u8> {
    let exif = Exif {
        date_time: at.to_owned(),
        ..Exif::default()
    };
    Camera::phone(61)
        .exif(exif)
        .shoot(&Scene::new(ItemKind::Mug, 61), 320, 240)
        .jpeg
}

/// A record of an order with a photo and a clip, as a packer makes it.
async fn recorded(world: &World, order: &str) -> PackingView {
    let (app, who) = (&world.app, &world.merchant);
    let id = app
        .begin_packing(who, &begin(order), None)
        .await
        .unwrap()
        .id;
    let files = vec![packed(40), damage(small_clip(9).write())];
    app.add_to_packing(who, id, files, None).await.unwrap();
    app.end_packing(who, id, &facts()).await.unwrap()
}

async fn logged(world: &World, prefix: &str) -> Vec<(StoredEvent, AuditEvent)> {
    let all = world.store.range(1, 10_000).await.unwrap();
    all.into_iter()
        .filter(|stored| stored.name.starts_with(prefix))
        .map(|stored| {
            let event = serde_json::from_slice(&stored.payload).unwrap();
            (stored, event)
        })
        .collect()
}

async fn shown(world: &World, who: &Principal, case: CaseId) -> Vec<PackingDetail> {
    let detail = world.app.case_detail(who, case).await.unwrap();
    detail.claims[0].packing.clone()
}

#[tokio::test]
async fn a_parcel_is_recorded_between_two_leaves_of_the_log() {
    let world = World::new().await;
    let app = &world.app;
    for (who, principal) in world.everybody() {
        let may = matches!(who, "admin" | "merchant");
        let begun = app.begin_packing(principal, &begin("A2"), None).await;
        match begun {
            Ok(_) => assert!(may, "{who}"),
            Err(error) => assert_eq!((may, error.kind), (false, ErrorKind::Forbidden), "{who}"),
        }
    }
    let unknown = app
        .begin_packing(&world.merchant, &begin("no such order"), None)
        .await
        .unwrap_err();
    assert_eq!(unknown.rule, "order_unknown");

    // The same request sent twice is one record.
    let first = begin("A1");
    let request = || app.begin_packing(&world.merchant, &first, key("one", 1));
    let open = request().await.unwrap();
    assert_eq!(request().await.unwrap(), open);
    let nonce = open.nonce.clone().unwrap();
    assert!(nonce.len() == 8 && nonce.bytes().all(|digit| digit.is_ascii_digit()));
    assert_eq!(open.missing, ["photos"]);
    assert_eq!((open.ended_at, open.chain.as_ref()), (None, None));
    let empty = app
        .end_packing(&world.merchant, open.id, &facts())
        .await
        .unwrap_err();
    assert_eq!(empty.rule, "packing_empty");

    world.clock.advance_ms(MINUTE_MS);
    let add = async |files| {
        let added = app.add_to_packing(&world.merchant, open.id, files, None);
        added.await
    };
    assert_eq!(
        add(Vec::new()).await.unwrap_err().rule,
        "packing_photos",
        "nothing was chosen"
    );
    let unread = add(vec![damage(b"no picture".to_vec())]).await;
    assert!(unread.is_err());
    let film = || damage(small_clip(9).write());
    let one = add(vec![packed(40), film()]).await.unwrap();
    assert_eq!((one.pieces, one.missing.len()), (2, 0));
    assert_eq!(add(vec![film()]).await.unwrap(), one, "it has that file");
    world.clock.advance_ms(MINUTE_MS);
    let ended = app
        .end_packing(&world.merchant, open.id, &facts())
        .await
        .unwrap();
    let again = app.end_packing(&world.merchant, open.id, &facts()).await;
    assert_eq!(again.unwrap(), ended, "the same words again");
    let other = PackedInput {
        weight_g: Some(1_251),
        ..facts()
    };
    for refused in [
        app.end_packing(&world.merchant, open.id, &other).await,
        add(vec![packed(41)]).await,
    ] {
        let error = refused.unwrap_err();
        assert_eq!(
            (error.kind, error.rule.as_str()),
            (ErrorKind::Refused, "packing_ended")
        );
    }

    let acts = logged(&world, "packing_").await;
    let of_it: Vec<_> = acts
        .iter()
        .filter(|(_, event)| match &event.body {
            AuditBody::PackingBegun { record, .. } | AuditBody::PackingEnded { record, .. } => {
                *record == ended.id
            }
            _ => false,
        })
        .collect();
    let seqs: Vec<u64> = of_it.iter().map(|(stored, _)| stored.seq).collect();
    let (begun, end) = (ended.begun.clone().unwrap(), ended.ended.clone().unwrap());
    assert_eq!(seqs, [begun.seq, end.seq]);
    assert_eq!(end.leaf, hex::encode(of_it[1].0.leaf));
    let AuditBody::PackingEnded { chain, pieces, .. } = &of_it[1].1.body else {
        panic!("the end comes last");
    };
    assert_eq!((Some(chain), *pieces), (ended.chain.as_ref(), 2));
    assert_eq!(ended.ended_at, Some(world.app.now()));
    let words = &ended.attests[0];
    assert!(words.en.contains(&nonce) && words.zh.contains(&nonce));
    assert!(ended.attests[1].en.contains("the merchant's own record"));

    // Neither the log nor a row says the waybill, and the packer's own list does not either.
    for stored in world.store.range(1, 10_000).await.unwrap() {
        assert!(!String::from_utf8_lossy(&stored.payload).contains(WAYBILL));
    }
    let mut dump = Vec::new();
    world.store.dump(&mut dump).await.unwrap();
    let sealed = !String::from_utf8_lossy(&dump).contains(WAYBILL);
    assert!(sealed && !String::from_utf8_lossy(&dump).contains(&hex::encode(WAYBILL)));
    let listed = app
        .packing_records(&world.merchant, Some("A1"))
        .await
        .unwrap();
    assert_eq!(listed, [ended]);
    assert!(!serde_json::to_string(&listed).unwrap().contains(WAYBILL));
    let all = app.packing_records(&world.admin, None).await.unwrap();
    assert_eq!(all.len(), 3, "two of the other order were begun");
    let rows = world.store.verify_rows(&aftercare_testkit::row_key()).await;
    rows.unwrap();
    world.store.verify_blobs().await.unwrap();
}

#[tokio::test]
async fn a_record_takes_nothing_after_a_shift_and_an_order_has_only_so_many() {
    let world = World::new().await;
    let app = &world.app;
    let open = app
        .begin_packing(&world.merchant, &begin("A1"), None)
        .await
        .unwrap();
    world.clock.advance_ms(PACKING_OPEN_MS);
    app.add_to_packing(&world.merchant, open.id, vec![packed(40)], None)
        .await
        .unwrap();
    world.clock.advance_ms(1);
    let late = app
        .add_to_packing(&world.merchant, open.id, vec![packed(41)], None)
        .await
        .unwrap_err();
    let end = app
        .end_packing(&world.merchant, open.id, &facts())
        .await
        .unwrap_err();
    assert_eq!([late.rule, end.rule], ["packing_too_late"; 2]);
    for _ in 1..PACKING_RECORDS_MAX {
        app.begin_packing(&world.merchant, &begin("A1"), None)
            .await
            .unwrap();
    }
    let full = app
        .begin_packing(&world.merchant, &begin("A1"), None)
        .await
        .unwrap_err();
    assert_eq!(full.rule, "packing_records");
}

#[tokio::test]
async fn what_was_packed_without_a_connection_says_what_that_leaves_open() {
    let world = World::new().await;
    let app = &world.app;
    let input = PackInput {
        order_number: "A1".to_owned(),
        offline: true,
        client_begun_at: Some(world.app.now().plus_ms(-DAY_MS)),
        client_ended_at: Some(world.app.now().plus_ms(-DAY_MS + MINUTE_MS)),
        waybill: WAYBILL.to_owned(),
        ..PackInput::default()
    };
    let send = async |input: &PackInput, files, body| -> Result<PackingView, AppError> {
        app.pack_parcel(&world.merchant, input, files, key("parcel", body))
            .await
    };
    let nothing = send(&input, Vec::new(), 1).await.unwrap_err();
    assert_eq!(nothing.rule, "packing_empty");
    let view = send(&input, vec![packed(40)], 2).await.unwrap();
    // Sent again after the answer was lost: the same record, and nothing new.
    assert_eq!(send(&input, vec![packed(40)], 2).await.unwrap(), view);
    let another = send(&input, vec![packed(41)], 3).await.unwrap_err();
    assert_eq!(another.kind, ErrorKind::Conflict);
    assert_eq!((view.offline, view.nonce.as_ref()), (true, None));
    assert_eq!(view.ended_at, Some(view.begun_at));
    assert_eq!(view.client_begun_at, input.client_begun_at);
    let words = &view.attests[0].en;
    assert!(words.contains("without a connection"), "{words}");
    let at_once = PackInput {
        offline: false,
        ..input
    };
    let files = vec![packed(42)];
    let view = app
        .pack_parcel(&world.merchant, &at_once, files, None)
        .await
        .unwrap();
    let words = &view.attests[0].en;
    assert!(words.contains("no digits were given before"), "{words}");
    let rows = world.store.packing_of_order(order_of(&world, "A1").await);
    assert_eq!(rows.await.unwrap().len(), 2);
    world.store.verify_blobs().await.unwrap();
}

async fn order_of(world: &World, number: &str) -> aftercare_domain::ids::OrderId {
    let order = world.store.order_by_number(world.tenant, number).await;
    order.unwrap().unwrap().id
}

#[tokio::test]
async fn a_claim_finds_the_record_and_its_photos_are_compared_with_it() {
    let (world, scripted) = inspections::world().await;
    let record = recorded(&world, "A1").await;
    world.clock.advance_ms(MINUTE_MS);
    let mut input = claim_input("A1", "周示范", "13800000002");
    input.reason = ClaimReason::Spoiled;
    let receipt = world
        .app
        .file_claim(
            world.tenant,
            None,
            input,
            vec![damage(opened_at("2026:11:02 09:00:30"))],
            None,
        )
        .await
        .unwrap();
    // Another record that nobody ended says nothing.
    world
        .app
        .begin_packing(&world.merchant, &begin("A1"), None)
        .await
        .unwrap();
    let claimant = world.claimant(&receipt).await;
    // Before the check: that there is a record, with its times and hashes; no picture, no facts.
    let before = shown(&world, &claimant, receipt.case).await;
    assert_eq!(before.len(), 1);
    assert_eq!(
        (before[0].number.as_str(), &before[0].record),
        ("P-1", &record)
    );
    assert_eq!(before[0].intact, Some(true));
    assert_eq!(before[0].facts, None);
    assert_eq!(before[0].pieces.len(), 2);
    let still = &before[0].pieces[0];
    assert!(!still.has_picture && still.sha256.len() == 64);
    let picture = async |who: &Principal, form| {
        let shown = world
            .app
            .packing_picture(who, receipt.case, still.id, form)
            .await;
        shown.map(|picture| picture.bytes)
    };
    let hidden = picture(&claimant, PackingForm::Shown).await.unwrap_err();
    assert_eq!(hidden.kind, ErrorKind::NotFound);
    assert!(picture(&world.merchant, PackingForm::Shown).await.is_ok());
    let original = picture(&world.reviewer, PackingForm::Original).await;
    assert_eq!(original.unwrap(), cracked_mug(40));
    let not_for = picture(&world.merchant, PackingForm::Original).await;
    assert_eq!(not_for.unwrap_err().kind, ErrorKind::Forbidden);
    let foreign = world
        .app
        .packing_picture(
            &world.technician,
            receipt.case,
            still.id,
            PackingForm::Shown,
        )
        .await;
    assert_eq!(foreign.unwrap_err().kind, ErrorKind::NotFound);

    world.app.settle().await.unwrap();
    // It was there before the photo, like the listing.
    let asked = inspections::asked(scripted);
    assert_eq!(asked.len(), 1);
    let references: Vec<(Role, &str)> = asked[0]
        .references
        .iter()
        .map(|one| (one.role, one.name.as_str()))
        .collect();
    assert_eq!(references.len(), 2, "a photo and a clip: {references:?}");
    assert!(
        references
            .iter()
            .all(|(role, name)| *role == Role::Packing && name.starts_with("packing:"))
    );
    // Nothing accuses: what was found is open, and so is the record, to both sides alike.
    let after = shown(&world, &claimant, receipt.case).await;
    assert!(after[0].pieces.iter().all(|piece| piece.has_picture));
    assert_eq!(after, shown(&world, &world.merchant, receipt.case).await);
    let written = after[0].facts.as_ref().unwrap();
    assert_eq!(written.waybill.as_deref(), Some(WAYBILL));
    assert_eq!(
        (written.weight_g, written.counts[0].as_str()),
        (Some(1_250), "公蟹 4")
    );
    assert!(picture(&claimant, PackingForm::Shown).await.is_ok());

    // What a reviewer reads off the photo is held against what was packed.
    let detail = world.app.case_detail(&world.reviewer, receipt.case).await;
    let evidence = detail.unwrap().claims[0].evidence[0].id;
    let read = Action::ReadEvidence {
        claim: None,
        evidence,
        counts: vec!["公蟹 2".to_owned()],
        serial: "SN-9".to_owned(),
        waybill: String::new(),
        weight: "0.8 kg".to_owned(),
        variant: String::new(),
    };
    world
        .act(&world.reviewer, receipt.case, read)
        .await
        .unwrap();
    for who in [&world.reviewer, &world.merchant, &claimant] {
        let detail = world.app.case_detail(who, receipt.case).await.unwrap();
        let found = &detail.claims[0].consistency;
        let kinds: Vec<&str> = found.iter().map(|one| one.kind.as_str()).collect();
        assert_eq!(
            kinds,
            [
                // The order was delivered before this test packs it.
                "packed_after_delivery",
                "serial_differs",
                "counts_not_as_packed",
                "weight_differs"
            ]
        );
        assert!(found.iter().all(|one| one.zh.contains("打包记录")));
    }
}

#[tokio::test]
async fn a_record_that_came_after_the_photos_accuses_nobody() {
    let (world, scripted) = inspections::world().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.clock.advance_ms(MINUTE_MS);
    recorded(&world, "A1").await;
    world.app.settle().await.unwrap();
    let asked = inspections::asked(scripted);
    // By itself first, then beside what came later.
    assert_eq!(asked.len(), 2);
    assert_eq!(
        (asked[0].references.len(), asked[1].references.len()),
        (0, 2)
    );
    assert_eq!(world.claim_state(receipt.case).await, "merchant_window");
}

#[tokio::test]
async fn what_was_changed_behind_the_programs_back_is_told() {
    let world = World::new().await;
    let record = recorded(&world, "A1").await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let row = world.store.packing_record(record.id).await.unwrap();
    let forged = aftercare_store::rows::PackingRecordRow {
        begun_at: row.as_ref().unwrap().begun_at.plus_ms(-DAY_MS),
        ..row.unwrap()
    };
    let unit = aftercare_store::Unit {
        writes: vec![aftercare_store::Write::PackingRecord(forged)],
        ..aftercare_store::Unit::default()
    };
    world.store.commit(unit).await.unwrap();
    let seen = shown(&world, &world.reviewer, receipt.case).await;
    assert_eq!(seen[0].intact, Some(false));
    assert_eq!(seen[0].record.begun, None, "no leaf says that time");
}

#[tokio::test]
async fn clips_and_then_the_whole_record_end_in_their_time() {
    let world = World::new().await;
    let record = recorded(&world, "A1").await;
    let kept = recorded(&world, "A2").await;
    let receipt = world
        .claim("A2", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let row = async |id: PackingId| world.store.packing_record(id).await.unwrap().unwrap();
    let pieces = async |id: PackingId| world.store.packing_pieces(id).await.unwrap();
    let ended_at = row(record.id).await.ended_at.unwrap();
    let files = pieces(record.id).await;
    world.clock.advance_to(ended_at.plus_ms(90 * DAY_MS - 1));
    assert_eq!(world.app.retention_turn().await.unwrap(), Ended::default());
    world.clock.advance_to(ended_at.plus_ms(90 * DAY_MS));
    let ended = world.app.retention_turn().await.unwrap();
    assert_eq!((ended.clips, ended.packing), (1, 0));
    let expired = logged(&world, "packing_clip_expired").await;
    assert_eq!(expired.len(), 1);
    world.app.remove_ended_files().await.unwrap();
    let clip = &files[1];
    assert!(world.store.get_blob(&clip.blob).await.is_err());
    let still = clip.preview_blob.as_ref().unwrap();
    assert!(world.store.get_blob(still).await.is_ok(), "its still stays");

    // Three years, and nothing of it is left but times and the chain; a claim that goes on keeps the other.
    world.clock.advance_to(ended_at.plus_ms(1_096 * DAY_MS - 1));
    assert_eq!(world.app.retention_turn().await.unwrap().packing, 0);
    world.clock.advance_to(ended_at.plus_ms(1_096 * DAY_MS));
    let ended = world.app.retention_turn().await.unwrap();
    assert_eq!((ended.clips, ended.packing), (0, 1));
    world.app.remove_ended_files().await.unwrap();
    let left = row(record.id).await;
    assert_eq!(
        (left.sealed, left.expired_at),
        (None, Some(world.app.now()))
    );
    assert_eq!(pieces(record.id).await, []);
    for file in &files {
        assert!(world.store.get_blob(&file.blob).await.is_err());
    }
    let view = world.app.packing_record(&world.merchant, record.id).await;
    let view = view.unwrap();
    assert_eq!((view.chain, view.pieces), (record.chain, 2));
    assert!(row(kept.id).await.sealed.is_some());
    let shown = shown(&world, &world.merchant, receipt.case).await;
    assert_eq!(shown[0].intact, Some(true));
    assert!(
        shown[0]
            .pieces
            .iter()
            .all(|piece| piece.expired_at.is_none())
    );
    world.store.verify_blobs().await.unwrap();
    let rows = world.store.verify_rows(&aftercare_testkit::row_key()).await;
    rows.unwrap();
}

#[tokio::test]
async fn a_packer_records_parcels_of_its_own_shops_alone() {
    let world = World::new().await;
    let app = &world.app;
    let orders = "number,shop,paid_at,delivered_at,product_code,paid\nE1,east,2026-10-30,2026-11-01,MUG,68.00\n";
    let report = app
        .import(&world.admin, ImportKind::Orders, orders.as_bytes(), false)
        .await
        .unwrap();
    assert_eq!(report.errors, []);
    let other = app
        .begin_packing(&world.merchant, &begin("E1"), None)
        .await
        .unwrap_err();
    assert_eq!(other.rule, "order_unknown");
    let record = app
        .begin_packing(&world.admin, &begin("E1"), None)
        .await
        .unwrap();
    let hidden = app.packing_record(&world.merchant, record.id).await;
    assert_eq!(hidden.unwrap_err().kind, ErrorKind::NotFound);
    let none = app.packing_records(&world.merchant, None).await.unwrap();
    assert_eq!(none, []);
    let account = world.merchant.signed_in().unwrap().user;
    app.change_shops(&world.admin, account, &["east".to_owned()])
        .await
        .unwrap();
    let own = app.packing_records(&world.merchant, Some("E1")).await;
    assert_eq!(own.unwrap(), [record]);
}

/// A packer's connection breaks while a photo is stored, and the packer goes on: the photo is in the record, and its end stays.
#[tokio::test]
async fn what_goes_on_after_a_connection_broke_undoes_nothing() {
    let (world, place) = Slow::world().await;
    let packer = || (Arc::clone(&world.app), world.merchant.clone());
    let (app, who) = packer();
    let begun = app.begin_packing(&who, &begin("A2"), None).await.unwrap();
    let id = begun.id;
    let first = app.add_to_packing(&who, id, vec![packed(40)], None).await;
    assert_eq!(first.unwrap().pieces, 1);
    let shut = place.shut().await;
    let (app, who) = packer();
    let broken = tokio::spawn(async move {
        let second = app.add_to_packing(&who, id, vec![packed(41)], None);
        second.await.map(|view| view.pieces)
    });
    place.is_waited_for().await;
    // Nobody waits for the answer any more.
    broken.abort();
    assert!(broken.await.unwrap_err().is_cancelled());
    let (app, who) = packer();
    let end = tokio::spawn(async move { app.end_packing(&who, id, &facts()).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(shut);
    assert_eq!(end.await.unwrap().unwrap().pieces, 2);
    while world.store.packing_pieces(id).await.unwrap().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let row = world.store.packing_record(id).await.unwrap().unwrap();
    assert!(row.ended_at.is_some(), "what was acknowledged stays");
    let claim = world.claim("A2", "陈试用", "13800000003", cracked_mug(3));
    let case = claim.await.case;
    let seen = shown(&world, &world.merchant, case).await;
    assert_eq!((seen[0].pieces.len(), seen[0].intact), (2, Some(true)));
}
