//! What is kept until when, what ends by itself, and what holds it.

use crate::clips::{claim_of, small_clip};
use crate::world::{World, cracked_mug, damage};
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::retention::Ended;
use aftercare_app::views::{CaseDetail, IntakeReceipt};
use aftercare_domain::audit::{AuditBody, AuditEvent, ShredReason};
use aftercare_domain::ids::{EvidenceId, PersonId};
use aftercare_domain::time::DAY_MS;
use aftercare_store::SHREDDED_FILE;

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
