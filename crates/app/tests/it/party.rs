//! Party mode from end to end: a platform's case is brought, its earlier deadline counts, the answer goes out in its form, and
//! what it decided comes back.

use crate::world::{World, cracked_mug, damage, rejection};
use aftercare_app::actions::Action;
use aftercare_app::error::ErrorKind;
use aftercare_app::evidence::Upload;
use aftercare_app::lists::Paging;
use aftercare_app::packs::PackFor;
use aftercare_app::platforms::AnswerKind;
use aftercare_domain::Fen;
use aftercare_domain::clock::ClockName;
use aftercare_domain::event::{Platform, Resolution};
use aftercare_domain::evidence::EvidenceKind;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use serde_json::{Value, json};

const WECHAT: &str = include_str!("../../src/platforms/samples/wechat.json");

/// The sample with other values in its after-sales case.
fn wechat(change: &[(&str, Value)]) -> Vec<u8> {
    let mut object: Value = serde_json::from_str(WECHAT).unwrap();
    for (key, value) in change {
        object["after_sale_order"][key] = value.clone();
    }
    object.to_string().into_bytes()
}

#[tokio::test]
async fn a_platforms_case_is_answered_by_its_earlier_deadline_and_its_outcome_recorded() {
    let world = World::new().await;
    let app = &world.app;
    let photos = vec![damage(cracked_mug(1))];
    let brought = app
        .bring_platform_case(&world.merchant, WECHAT.as_bytes(), None, photos)
        .await
        .unwrap();
    assert!(brought.opened && brought.changed);
    assert_eq!(brought.reference, "wechat:2000000000100001");
    let case = brought.case;
    app.settle().await.unwrap();
    let detail = app.case_detail(&world.merchant, case).await.unwrap();
    assert_eq!(
        (detail.mode.as_str(), detail.person.phone.as_str()),
        ("party", "")
    );
    let claim = &detail.claims[0];
    assert_eq!(
        (claim.state.as_str(), claim.reason.as_str()),
        ("merchant_window", "damaged")
    );
    assert_eq!(claim.statement, "杯口有一道裂纹。");
    let platform = claim.platform.clone().unwrap();
    assert_eq!(platform.status, "MERCHANT_PROCESSING");
    assert_eq!(platform.pictures.len(), 2);
    // Our rule gives 48 hours; the platform waits for twenty.
    let started = crate::world::START;
    let clock = &detail.clocks[0];
    assert_eq!(
        (clock.name.as_str(), clock.by_platform),
        ("merchant_answer", true)
    );
    assert_eq!(clock.due_at, started.plus_ms(20 * HOUR_MS));
    let row = &app
        .inbox(&world.merchant, false, &Paging::default())
        .await
        .unwrap()
        .items[0];
    assert_eq!(row.next_due, Some(clock.due_at));

    // The same object again, some seconds later, is the same case and says nothing new.
    world.clock.advance_to(started.plus_ms(10_000));
    let again = wechat(&[("deadline", json!(71_990))]);
    let again = app
        .bring_platform_case(&world.agent, &again, None, Vec::new())
        .await
        .unwrap();
    assert_eq!(
        (again.case, again.opened, again.changed),
        (case, false, false)
    );
    // Half an hour less does, and the clock follows.
    let sooner = wechat(&[("deadline", json!(3_600))]);
    let sooner = app
        .bring_platform_case(&world.merchant, &sooner, None, Vec::new())
        .await
        .unwrap();
    assert!(sooner.changed);
    let detail = app.case_detail(&world.merchant, case).await.unwrap();
    assert_eq!(detail.clocks[0].due_at, started.plus_ms(10_000 + HOUR_MS));
    let extend = Action::ExtendClock {
        claim: None,
        clock: ClockName::MerchantAnswer,
        work_order: None,
        reason: "还在找打包记录。".to_owned(),
    };
    let refused = world.act(&world.merchant, case, extend).await;
    assert_eq!(refused.unwrap_err().rule, "platform_does_not_wait");

    // Nothing to export before there is an answer.
    let early = app
        .platform_answer(&world.merchant, case, AnswerKind::Answer)
        .await;
    assert_eq!(early.unwrap_err().rule, "nothing_to_export");
    let long = "打包视频里杯口完整。".repeat(30);
    let contest = Action::Contest {
        claim: None,
        statement: long.clone(),
    };
    let packing = Upload {
        kind: EvidenceKind::PackingPhoto,
        ..damage(cracked_mug(3))
    };
    app.act(&world.merchant, case, contest, vec![packing], None)
        .await
        .unwrap();
    let answer = app
        .platform_answer(&world.merchant, case, AnswerKind::Answer)
        .await
        .unwrap();
    assert_eq!(
        answer.call.as_deref(),
        Some("/channels/ec/aftersale/rejectapply")
    );
    assert_eq!(answer.body["after_sale_order_id"], "2000000000100001");
    let sent = answer.body["reject_reason"].as_str().unwrap();
    assert!(long.starts_with(sent) && sent.chars().count() == 200);
    assert_eq!(
        (answer.limits[0].left_out, answer.limits[0].verified),
        (100, false)
    );
    assert_eq!(answer.attachments, ["E-02"]);
    assert!(!answer.to_do.is_empty());
    // The appeal goes to the platform's dispute, once it has one.
    let dispute = wechat(&[
        ("deadline", json!(3_600)),
        ("status", json!("MERCHANT_REJECT_REFUND")),
        ("complaint_id", json!("c-1")),
    ]);
    app.bring_platform_case(&world.merchant, &dispute, None, Vec::new())
        .await
        .unwrap();
    let say = Action::Say {
        text: "请看打包记录。".to_owned(),
        draft: String::new(),
    };
    world.act(&world.merchant, case, say).await.unwrap();
    let appeal = app
        .platform_answer(&world.agent, case, AnswerKind::Appeal)
        .await
        .unwrap();
    assert_eq!(appeal.body["complaint_id"], "c-1");
    assert_eq!(appeal.body["content"], "请看打包记录。");

    // The platform decides: none of ours can, and nobody is paid here.
    world.pass(2 * DAY_MS).await;
    let decide = Action::Decide {
        claim: None,
        decision: rejection(),
    };
    let refused = world.act(&world.reviewer, case, decide).await;
    assert_eq!(refused.unwrap_err().rule, "platform_decides");
    let over = wechat(&[
        ("status", json!("MERCHANT_REFUND_SUCCESS")),
        ("deadline", json!(0)),
    ]);
    app.bring_platform_case(&world.merchant, &over, None, Vec::new())
        .await
        .unwrap();
    let detail = app.case_detail(&world.merchant, case).await.unwrap();
    let platform = detail.claims[0].platform.clone().unwrap();
    assert_eq!(
        (platform.suggested.as_deref(), platform.outcome),
        (Some("granted"), None)
    );
    let granted = Resolution::Refund { amount: Fen(6_800) };
    for who in [&world.reviewer, &world.dispatcher, &world.admin] {
        let refused = app
            .record_platform_outcome(who, case, "granted", Some(granted), false)
            .await;
        assert!(refused.is_err());
    }
    let unsaid = app
        .record_platform_outcome(&world.merchant, case, "granted", None, false)
        .await;
    assert_eq!(unsaid.unwrap_err().rule, "platform_outcome");
    app.record_platform_outcome(&world.merchant, case, "granted", Some(granted), false)
        .await
        .unwrap();
    app.settle().await.unwrap();
    let detail = app.case_detail(&world.merchant, case).await.unwrap();
    assert!(detail.closed && detail.clocks.is_empty());
    assert_eq!(detail.claims[0].payment, None);
    assert_eq!(app.reconcile(&world.auditor).await.unwrap().rows, []);
    // Papers can be made of it as of any case.
    let pack = app
        .pack(&world.merchant, case, PackFor::Platform)
        .await
        .unwrap();
    assert_eq!(pack.evidence.len(), 2);
}

#[tokio::test]
async fn both_names_stand_for_one_case_and_only_in_its_tenant() {
    let world = World::new().await;
    let app = &world.app;
    let unknown = app
        .bring_platform_case(
            &world.merchant,
            &wechat(&[("order_id", json!("Z9"))]),
            None,
            Vec::new(),
        )
        .await
        .unwrap_err();
    assert_eq!(
        (unknown.kind, unknown.rule.as_str()),
        (ErrorKind::Invalid, "order_unknown")
    );
    assert!(unknown.zh.contains("Z9"));
    let brought = app
        .bring_platform_case(&world.agent, WECHAT.as_bytes(), None, Vec::new())
        .await
        .unwrap();
    // Whoever answers is told until when the platform waits, which is less than our rule gives.
    app.settle().await.unwrap();
    let mut messages = world.notifier.messages().into_iter();
    let asked = messages.find(|message| message.kind == "answer_due");
    let until = crate::world::START.plus_ms(20 * HOUR_MS).to_china_minute();
    assert!(asked.unwrap().zh.contains(&until));
    let found = app
        .case_of_both_names(world.tenant, &brought.reference)
        .unwrap();
    assert_eq!(found, Some(brought.case));
    assert_eq!(
        app.case_of_both_names(world.tenant, "2000000000100001")
            .unwrap(),
        None
    );
    let (other, _) = app.create_tenant("别家店", "other-admin").await.unwrap();
    let elsewhere = app
        .platform_case_id(other, Platform::Wechat, "2000000000100001")
        .unwrap();
    assert_ne!(elsewhere, brought.case);
    // Only the shop, its agents and its programs bring one.
    let receipt = world
        .claim("A2", "陈试用", "13800000003", cracked_mug(2))
        .await;
    let claimant = world.claimant(&receipt).await;
    for who in [
        &claimant,
        &world.reviewer,
        &world.auditor,
        &world.technician,
    ] {
        let refused = app
            .bring_platform_case(who, WECHAT.as_bytes(), None, Vec::new())
            .await;
        assert_eq!(refused.unwrap_err().kind, ErrorKind::Forbidden);
    }
    // A case that is decided here has no platform.
    let own = app
        .platform_answer(&world.merchant, receipt.case, AnswerKind::Answer)
        .await;
    assert_eq!(own.unwrap_err().rule, "no_platform_case");
}
