//! What is kept until when, what ends by itself, and what holds it.

use crate::clips::{claim_of, small_clip};
use crate::world::{World, cracked_mug, damage};
use aftercare_app::actions::Action;
use aftercare_app::calls::{CallEvent, CallInput};
use aftercare_app::error::{AppError, ErrorKind};
use aftercare_app::evidence::Picture;
use aftercare_app::retention::Ended;
use aftercare_app::screener::DirectScreener;
use aftercare_app::views::{CaseDetail, IntakeReceipt};
use aftercare_app::{Principal, SignedIn};
use aftercare_domain::Timestamp;
use aftercare_domain::audit::{AuditBody, AuditEvent, ShredReason};
use aftercare_domain::evidence::Reference;
use aftercare_domain::ids::{EvidenceId, PersonId};
use aftercare_domain::time::DAY_MS;
use aftercare_store::rows::{EvidenceBlobRow, RulePackRow};
use aftercare_store::{
    OpenMode, PostgresStore, SHREDDED_FILE, SqliteStore, Store, Unit, Write, restore,
    restore_shredding,
};
use aftercare_vault::Plain;
use std::io::Write as _;
use std::sync::Arc;

const PHONE: &str = "13800000003";

async fn closed_claim_with_a_clip(world: &World) -> (IntakeReceipt, EvidenceId) {
    let uploads = vec![damage(cracked_mug(1)), damage(small_clip(7).write())];
    let receipt = claim_of(world, "A1", uploads).await.unwrap();
    world.app.settle().await.unwrap();
    let claimant = world.claimant(&receipt).await;
    let detail = world
        .app
        .case_detail(&claimant, receipt.case)
        .await
        .unwrap();
    let retention = &detail.retention;
    assert_eq!((retention.ended_at, retention.held_since), (None, None));
    assert!(retention.kept.iter().all(|kept| kept.until.is_none()));
    let claim = &detail.claims[0];
    let withdraw = Action::WithdrawClaim {
        claim: Some(claim.id),
    };
    world.act(&claimant, receipt.case, withdraw).await.unwrap();
    let clip = claim
        .evidence
        .iter()
        .find(|piece| piece.clip.is_some())
        .unwrap();
    (receipt, clip.id)
}

async fn seen(world: &World, receipt: &IntakeReceipt) -> CaseDetail {
    world
        .app
        .case_detail(&world.reviewer, receipt.case)
        .await
        .unwrap()
}

async fn acts(world: &World, prefix: &str) -> Vec<AuditBody> {
    let all = world.store.range(1, 10_000).await.unwrap();
    all.iter()
        .filter(|stored| stored.name.starts_with(prefix))
        .map(|stored| {
            serde_json::from_slice::<AuditEvent>(&stored.payload)
                .unwrap()
                .body
        })
        .collect()
}

async fn claimant_of(world: &World, receipt: &IntakeReceipt) -> PersonId {
    let history = world.store.load_case(receipt.case).await.unwrap();
    let state = aftercare_domain::evolve::replay(history.iter().map(|stored| &stored.event));
    state.opened.unwrap().claimant
}

#[tokio::test]
async fn a_clip_ends_ninety_days_after_its_case_and_a_person_a_year_after_it() {
    let world = World::new().await;
    let open = world.repair().await;
    let (receipt, clip) = closed_claim_with_a_clip(&world).await;
    let detail = seen(&world, &receipt).await;
    let ended_at = detail.retention.ended_at.unwrap();
    let kept: Vec<_> = detail
        .retention
        .kept
        .iter()
        .map(|kept| {
            let days = kept.until.unwrap().since_ms(ended_at) / DAY_MS;
            assert_eq!(days, i64::from(kept.days));
            (kept.what.as_str(), days, kept.ends)
        })
        .collect();
    assert_eq!(
        kept,
        [
            ("contact", 365, true),
            ("clips", 90, true),
            ("photos", 1_096, true),
            ("texts", 1_096, true),
            ("records", 1_096, false)
        ]
    );
    let row = world.store.evidence_blob(clip).await.unwrap().unwrap();
    let copy = row.copy_blob.clone().unwrap();
    let nothing = Ended::default();
    assert_eq!(world.app.retention_turn().await.unwrap(), nothing);
    world.clock.advance_to(ended_at.plus_ms(90 * DAY_MS - 1));
    assert_eq!(world.app.retention_turn().await.unwrap(), nothing);
    let played = world.app.clip(&world.reviewer, clip, false).await;
    assert!(played.is_ok(), "on the last day");

    world.clock.advance_to(ended_at.plus_ms(90 * DAY_MS));
    // The worker does it by itself.
    world.app.prune_turn().await.unwrap();
    assert_eq!(
        acts(&world, "clip_expired").await,
        [AuditBody::ClipExpired {
            case: receipt.case,
            evidence: clip
        }]
    );
    let error = world
        .app
        .clip(&world.reviewer, clip, true)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.rule.as_str()),
        (ErrorKind::NotFound, "retention_ended")
    );
    for original in [true, false] {
        let picture = world.app.picture(&world.reviewer, clip, original).await;
        assert_eq!(picture.is_ok(), !original, "its still stays");
    }
    assert!(world.app.still(&world.reviewer, clip, 100).await.is_err());
    let detail = seen(&world, &receipt).await;
    let piece = detail.claims[0]
        .evidence
        .iter()
        .find(|piece| piece.id == clip)
        .unwrap();
    let shown = piece.clip.clone().unwrap();
    assert!(shown.expired_at.is_some() && shown.has_still && !shown.plays);
    // The files go by a job that waits in the queue.
    assert!(world.store.get_blob(&row.blob).await.is_ok());
    world.app.remove_ended_files().await.unwrap();
    for name in [&row.blob, &copy] {
        assert!(world.store.get_blob(name).await.is_err());
    }
    world.store.verify_blobs().await.unwrap();

    world.clock.advance_to(ended_at.plus_ms(365 * DAY_MS - 1));
    let person = claimant_of(&world, &receipt).await;
    world.app.retention_turn().await.unwrap();
    assert!(!seen(&world, &receipt).await.person.shredded);
    world.clock.advance_to(ended_at.plus_ms(365 * DAY_MS));
    let ended = world.app.retention_turn().await.unwrap();
    assert_eq!((ended.persons, ended.clips), (1, 0));
    assert_eq!(
        acts(&world, "person_shredded").await,
        [AuditBody::PersonShredded {
            person,
            reason: ShredReason::RetentionEnded,
            note: None
        }]
    );
    let detail = seen(&world, &receipt).await;
    assert!(detail.person.shredded);
    assert_eq!(detail.claims[0].statement, "收到就有裂纹。");
    // A case that goes on ends nothing, however old it is.
    assert!(!seen(&world, &open).await.person.shredded);
    // A backup that is put back does not bring the person back.
    let list = std::fs::read_to_string(world.folder.path().join("data").join(SHREDDED_FILE));
    assert!(list.unwrap().contains(&person.to_string()));
    assert_eq!(world.app.retention_turn().await.unwrap(), nothing);
    let rows = world.store.verify_rows(&aftercare_testkit::row_key()).await;
    rows.unwrap();
}

#[tokio::test]
async fn a_buyer_of_whom_nothing_came_ends_a_year_after_the_delivery() {
    let world = World::new().await;
    let orders = format!(
        "number,paid_at,delivered_at,product_code,paid,buyer_name,buyer_phone\nB1,2026-10-30,2026-11-01,MUG,68.00,周示范,{PHONE}\n"
    );
    let report = world
        .app
        .import(
            &world.admin,
            aftercare_app::import::ImportKind::Orders,
            orders.as_bytes(),
            false,
        )
        .await
        .unwrap();
    assert_eq!(report.errors, []);
    world.clock.advance_ms(364 * DAY_MS);
    assert_eq!(world.app.retention_turn().await.unwrap(), Ended::default());
    world.clock.advance_ms(2 * DAY_MS);
    let ended = world.app.retention_turn().await.unwrap();
    assert_eq!((ended.persons, ended.clips), (1, 0));
    let order = world.store.order_by_number(world.tenant, "B1").await;
    let order = order.unwrap().expect("the order stays");
    let buyer = world.store.person(order.buyer.unwrap()).await.unwrap();
    assert!(buyer.unwrap().shredded_at.is_some());
}

#[tokio::test]
async fn a_legal_hold_stops_every_end_until_it_is_released() {
    let world = World::new().await;
    let (receipt, clip) = closed_claim_with_a_clip(&world).await;
    let case = receipt.case;
    for (who, principal) in world.everybody() {
        let may = matches!(who, "admin" | "risk manager");
        let refused = world
            .app
            .place_hold(principal, case, " ")
            .await
            .unwrap_err();
        let expected = if may {
            ErrorKind::Invalid
        } else {
            ErrorKind::Forbidden
        };
        assert_eq!(refused.kind, expected, "{who}: {refused}");
    }
    let error = world
        .app
        .release_hold(&world.risk_manager, case, "没有这回事。")
        .await
        .unwrap_err();
    assert_eq!(error.rule, "not_held");
    let held = world
        .app
        .place_hold(&world.risk_manager, case, "法院来函要求保全。")
        .await
        .unwrap();
    assert!(held.held_since.is_some());
    let error = world
        .app
        .place_hold(&world.admin, case, "再来一次。")
        .await
        .unwrap_err();
    assert_eq!(error.rule, "held_already");
    let claimant = world.claimant(&receipt).await;
    let detail = world.app.case_detail(&claimant, case).await.unwrap();
    assert_eq!(detail.retention.held_since, held.held_since);

    world.clock.advance_ms(400 * DAY_MS);
    assert_eq!(world.app.retention_turn().await.unwrap(), Ended::default());
    let error = world
        .app
        .shred_person(&world.admin, case, "本人要求。")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind, error.rule.as_str()),
        (ErrorKind::Refused, "legal_hold")
    );
    assert!(world.app.clip(&world.reviewer, clip, false).await.is_ok());

    let released = world
        .app
        .hold_from_console(case, "判决已生效。", true)
        .await
        .unwrap();
    assert_eq!(released.held_since, None);
    let ended = world.app.retention_turn().await.unwrap();
    assert_eq!((ended.persons, ended.clips), (1, 1));
    assert_eq!(acts(&world, "legal_hold").await.len(), 2);
    // What was written about it lies sealed.
    for stored in world.store.range(1, 10_000).await.unwrap() {
        assert!(!String::from_utf8_lossy(&stored.payload).contains("法院来函"));
    }
}

/// A shop on each database that there is.
async fn worlds() -> Vec<World> {
    let mut worlds = vec![World::new().await];
    if let Some(server) = aftercare_testkit::postgres() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let key = aftercare_testkit::row_key();
        let store = PostgresStore::open(&data, &server.database(), OpenMode::Create(&key)).await;
        let store = Arc::new(store.unwrap());
        worlds.push(World::over(store, folder, Arc::new(DirectScreener)).await);
    }
    worlds
}

/// Pieces of a closed claim: a photo and a clip.
async fn pieces(
    world: &World,
    receipt: &IntakeReceipt,
    clip: EvidenceId,
) -> (EvidenceBlobRow, EvidenceBlobRow) {
    let rows = world.store.evidence_of_case(receipt.case).await.unwrap();
    let of = |is_clip| {
        let mut found = rows.iter().filter(|row| (row.evidence == clip) == is_clip);
        found.next().unwrap().clone()
    };
    (of(false), of(true))
}

fn ended(found: Result<Picture, AppError>) {
    let error = found.err().unwrap();
    assert_eq!(
        (error.kind, error.rule.as_str()),
        (ErrorKind::NotFound, "retention_ended")
    );
}

/// Nothing of what was shown and written is left, and everybody is told since when.
async fn photos_and_texts_are_gone(
    world: &World,
    receipt: &IntakeReceipt,
    (photo, clip): (&EvidenceBlobRow, &EvidenceBlobRow),
    at: Timestamp,
) {
    let (app, store, case) = (&world.app, &world.store, receipt.case);
    for original in [true, false] {
        for piece in [photo, clip] {
            ended(app.picture(&world.reviewer, piece.evidence, original).await);
        }
        ended(app.clip(&world.reviewer, clip.evidence, original).await);
    }
    app.remove_ended_files().await.unwrap();
    let names = [
        Some(&photo.blob),
        photo.preview_blob.as_ref(),
        Some(&clip.blob),
        clip.preview_blob.as_ref(),
        clip.copy_blob.as_ref(),
    ];
    for name in names {
        assert!(store.get_blob(name.unwrap()).await.is_err());
    }
    for piece in [photo, clip] {
        let print = store.fingerprint(piece.evidence).await.unwrap();
        assert!(print.is_none());
        let same = store.evidence_by_index(world.tenant, &piece.exact_index);
        assert_eq!(same.await.unwrap(), []);
    }
    assert_eq!(store.case_key(case, "tenant").await.unwrap(), None);
    let detail = seen(world, receipt).await;
    let claim = &detail.claims[0];
    assert!(
        claim.statement.contains("ended by rule"),
        "{}",
        claim.statement
    );
    assert!(!claim.statement.contains("裂纹"));
    for piece in &claim.evidence {
        assert_eq!(piece.ended_at, Some(at));
        assert_eq!(piece.marks.as_deref().unwrap_or_default(), []);
    }
    let kept = |what: &str| {
        let mut kept = detail.retention.kept.iter();
        kept.find(|kept| kept.what == what).unwrap().ended_at
    };
    assert_eq!((kept("photos"), kept("texts")), (Some(at), Some(at)));
    assert_eq!(kept("records"), None);
    let verified = app.verify().await.unwrap();
    assert!(verified.ok, "{verified:?}");
    store.verify_blobs().await.unwrap();
    store
        .verify_rows(&aftercare_testkit::row_key())
        .await
        .unwrap();
}

#[tokio::test]
async fn photos_and_texts_end_three_years_after_their_case_and_the_log_verifies() {
    for world in worlds().await {
        let open = world.repair().await;
        let (receipt, clip) = closed_claim_with_a_clip(&world).await;
        let case = receipt.case;
        let (photo, clip) = pieces(&world, &receipt, clip).await;
        let ended_at = seen(&world, &receipt).await.retention.ended_at.unwrap();
        let over = ended_at.plus_ms(1_096 * DAY_MS);
        world.clock.advance_to(over.plus_ms(-1));
        let before = world.app.retention_turn().await.unwrap();
        assert_eq!((before.photos, before.texts), (0, 0), "on the last day");
        assert_eq!((before.persons, before.clips), (1, 1));
        let picture = world.app.picture(&world.reviewer, photo.evidence, false);
        assert!(picture.await.is_ok());
        let detail = seen(&world, &receipt).await;
        assert_eq!(detail.claims[0].statement, "收到就有裂纹。");

        world.clock.advance_to(over);
        let now = world.app.retention_turn().await.unwrap();
        assert_eq!((now.photos, now.texts), (1, 1));
        // The photo, its preview, and the still of the clip, whose files went before.
        let told = acts(&world, "case_photos_ended").await;
        assert!(
            matches!(told[..], [AuditBody::CasePhotosEnded { case: of, files: 3.. }] if of == case),
            "{told:?}"
        );
        assert_eq!(
            acts(&world, "case_texts_ended").await,
            [AuditBody::CaseTextsEnded { case }]
        );
        photos_and_texts_are_gone(&world, &receipt, (&photo, &clip), over).await;
        // Nothing is written into it any more, and nothing is left to hold.
        let refused = world
            .app
            .place_hold(&world.risk_manager, case, "法院来函要求保全。")
            .await
            .unwrap_err();
        assert_eq!(refused.rule, "retention_ended");
        let erased = world
            .app
            .shred_person(&world.admin, case, "本人要求。")
            .await;
        assert_eq!(erased.unwrap().records, 0);
        assert_eq!(
            world.app.retention_turn().await.unwrap(),
            Ended::default(),
            "once"
        );
        // A case that goes on ends nothing, however old it is.
        let detail = seen(&world, &open).await;
        assert_eq!(detail.work_orders[0].description, "灯不亮。");
    }
}

#[tokio::test]
async fn a_held_case_keeps_its_photos_and_texts() {
    for world in worlds().await {
        let (receipt, clip) = closed_claim_with_a_clip(&world).await;
        let (photo, clip) = pieces(&world, &receipt, clip).await;
        let case = receipt.case;
        let held = world.app.hold_from_console(case, "法院来函。", false).await;
        assert!(held.unwrap().held_since.is_some());
        world.clock.advance_ms(2_000 * DAY_MS);
        assert_eq!(world.app.retention_turn().await.unwrap(), Ended::default());
        for original in [true, false] {
            let picture = world.app.picture(&world.reviewer, photo.evidence, original);
            assert!(picture.await.is_ok());
        }
        let detail = seen(&world, &receipt).await;
        assert_eq!(detail.claims[0].statement, "收到就有裂纹。");
        let released = world
            .app
            .hold_from_console(case, "判决已生效。", true)
            .await;
        released.unwrap();
        let now = world.app.retention_turn().await.unwrap();
        assert_eq!((now.photos, now.texts), (1, 1));
        let at = world.app.now();
        photos_and_texts_are_gone(&world, &receipt, (&photo, &clip), at).await;
    }
}

/// Whoever is told that a photo was used before may look at the earlier one until that is decided.
#[tokio::test]
async fn photos_to_which_a_finding_of_an_open_case_points_stay_until_it_ends() {
    let world = World::new().await;
    let earlier = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let later = world.claim("A2", "陈试用", PHONE, cracked_mug(1)).await;
    world.app.settle().await.unwrap();
    let history = world.store.load_case(later.case).await.unwrap();
    let state = aftercare_domain::evolve::replay(history.iter().map(|stored| &stored.event));
    let mut findings = state.evidence.values().flat_map(|piece| &piece.findings);
    assert!(
        findings.any(|finding| matches!(
            finding.reference,
            Some(Reference::Evidence { case, .. }) if case == earlier.case
        )),
        "the same file"
    );
    let withdraw = async |receipt: &IntakeReceipt, by: &Principal| {
        let detail = world.app.case_detail(by, receipt.case).await.unwrap();
        let claim = Some(detail.claims[0].id);
        let action = Action::WithdrawClaim { claim };
        world.act(by, receipt.case, action).await.unwrap();
    };
    let sides = (world.claimant(&earlier).await, world.claimant(&later).await);
    withdraw(&earlier, &sides.0).await;
    let ended_at = seen(&world, &earlier).await.retention.ended_at.unwrap();
    world.clock.advance_to(ended_at.plus_ms(1_096 * DAY_MS));
    let turn = world.app.retention_turn().await.unwrap();
    assert_eq!((turn.photos, turn.texts), (0, 0));
    let photo = world.store.evidence_of_case(earlier.case).await.unwrap();
    let photo = photo[0].evidence;
    let picture = world.app.picture(&world.reviewer, photo, true).await;
    assert!(picture.is_ok());
    withdraw(&later, &sides.1).await;
    let turn = world.app.retention_turn().await.unwrap();
    assert_eq!((turn.photos, turn.texts), (1, 1), "of the earlier one");
    ended(world.app.picture(&world.reviewer, photo, true).await);
}

/// What the list names is destroyed by the next start, whatever the database that was put back says.
#[tokio::test]
async fn what_ended_before_a_backup_was_put_back_ends_again_at_the_start() {
    for world in worlds().await {
        let (receipt, clip) = closed_claim_with_a_clip(&world).await;
        let (photo, clip) = pieces(&world, &receipt, clip).await;
        let case = receipt.case;
        let list = world.folder.path().join("data").join(SHREDDED_FILE);
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&list)
            .unwrap();
        writeln!(
            file,
            "{case} 1900000000000 photos\n{case} 1900000000000 texts"
        )
        .unwrap();
        drop(file);
        let world = world.restarted().await;
        let at = world.app.now();
        photos_and_texts_are_gone(&world, &receipt, (&photo, &clip), at).await;
        assert_eq!(acts(&world, "case_texts_ended").await.len(), 1);
        let size = world.store.head().await.unwrap().size;
        let world = world.restarted().await;
        assert_eq!(world.store.head().await.unwrap().size, size, "once");
    }
}

#[tokio::test]
async fn an_older_backup_does_not_bring_photos_and_texts_back() {
    let world = World::new().await;
    let (receipt, _) = closed_claim_with_a_clip(&world).await;
    let data = world.folder.path().join("data");
    let backup = world.folder.path().join("last week");
    let reader = SqliteStore::open(&data, OpenMode::Read).await.unwrap();
    reader.backup(&backup, &[]).await.unwrap();
    world.clock.advance_ms(1_097 * DAY_MS);
    let now = world.app.retention_turn().await.unwrap();
    assert_eq!((now.photos, now.texts), (1, 1));
    let list = data.join(SHREDDED_FILE);
    let (with, without) = (
        world.folder.path().join("with"),
        world.folder.path().join("without"),
    );
    restore(&backup, &without, &[]).await.unwrap();
    restore_shredding(&backup, &with, &[], &list).await.unwrap();
    for (target, is_gone) in [(&without, false), (&with, true)] {
        let key = aftercare_testkit::row_key();
        let store = SqliteStore::open(target, OpenMode::Write(&key)).await;
        let store: Arc<dyn Store> = Arc::new(store.unwrap());
        let app = world.another(Arc::clone(&store)).await;
        let statement = async || {
            let detail = app.case_detail(&world.reviewer, receipt.case).await;
            detail.unwrap().claims[0].statement.clone()
        };
        assert_eq!(statement().await.contains("ended by rule"), is_gone);
        assert_eq!(store.ended_elsewhere().await.unwrap(), []);
        // Without the list the rule ends them within the minute: their time is over still.
        app.retention_turn().await.unwrap();
        assert!(statement().await.contains("ended by rule"));
        app.remove_ended_files().await.unwrap();
        for row in store.evidence_of_case(receipt.case).await.unwrap() {
            assert!(row.expired_at.is_some() && row.preview_blob.is_none());
            assert!(store.get_blob(&row.blob).await.is_err());
        }
        store.verify_log(&[]).await.unwrap();
        store.verify_rows(&key).await.unwrap();
        store.close().await;
    }
}

/// The rules of one shop cannot be read: that is told, and what another shop keeps no longer ends all the same.
#[tokio::test]
async fn a_shop_whose_rules_cannot_be_read_keeps_nothing_of_another_for_longer() {
    let world = World::new().await;
    let (other, _) = world
        .app
        .create_tenant("另一家店", "admin-2")
        .await
        .unwrap();
    let agent = Principal::User(SignedIn {
        tenant: other,
        ..world.agent.signed_in().unwrap().clone()
    });
    let answered = CallInput {
        id: "c-1".to_owned(),
        event: CallEvent::Answered,
        at: None,
        phone: Plain::new("139 0000 0009".to_owned()),
        recording: Plain::new(String::new()),
    };
    let call = world.app.tell_call(&agent, &answered).await.unwrap();
    let call = world.store.call(other, call.id).await.unwrap().unwrap();
    let unreadable = RulePackRow {
        tenant: world.tenant,
        pack: "own".to_owned(),
        version: "1".to_owned(),
        text: "no rule pack".to_owned(),
        published: Some("2026-11-02".to_owned()),
        effective: Some("2026-11-02".to_owned()),
        saved_at: world.app.now(),
    };
    let unit = Unit {
        writes: vec![Write::RulePack(unreadable)],
        ..Unit::default()
    };
    world.store.commit(unit).await.unwrap();
    world.clock.advance_ms(3 * 366 * DAY_MS);
    assert!(world.app.prune_turn().await.is_err(), "it is told");
    let person = world.store.person(call.person).await.unwrap().unwrap();
    assert!(person.shredded_at.is_some());
}

/// Whoever holds a case and whoever destroys something of it come one after the other, as two who hold it do.
#[tokio::test]
async fn two_who_hold_a_case_at_once_hold_it_once() {
    let world = World::new().await;
    let (receipt, _) = closed_claim_with_a_clip(&world).await;
    let hold = || {
        let reason = "法院来函要求保全。";
        world.app.place_hold(&world.admin, receipt.case, reason)
    };
    let (one, two) = tokio::join!(hold(), hold());
    let outcomes = [one, two];
    assert_eq!(outcomes.iter().filter(|done| done.is_ok()).count(), 1);
    let refused = outcomes.into_iter().find_map(Result::err).unwrap();
    assert_eq!(refused.rule, "held_already");
}
