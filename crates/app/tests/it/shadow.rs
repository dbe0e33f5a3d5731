//! What runs beside the rules and thresholds in force: it says what would have gone otherwise, to the risk manager, and
//! changes nothing of any claim.

use crate::world::{START, World, cracked_mug, refund, rejection, saved_again};
use aftercare_app::actions::{Action, DecisionInput, ResolutionInput};
use aftercare_app::error::ErrorKind;
use aftercare_app::rule_packs::{ChecksInput, PackName, ShadowInput, ShadowView, accusing_codes};
use aftercare_domain::Day;
use aftercare_domain::event::Look;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{DAY_MS, HOUR_MS};

/// A pack that asks for the shipping label and gives merchants so many hours.
fn pack(hours: u32) -> String {
    format!(
        r#"
id = "trial"
version = "1"
title_zh = "试行规则"
title_en = "Rules on trial"
[dates]
notice = "major"
[clocks]
merchant_answer = "{hours} h"
[[rule]]
id = "label"
zh = "面单能说明是哪一个包裹"
en = "The shipping label tells which parcel it was"
then = {{ ask = ["shipping_label"] }}
cites = ["platform_rules/21"]
"#
    )
}

fn trial() -> ShadowInput {
    ShadowInput {
        pack: Some(PackName {
            id: "trial".to_owned(),
            version: "1".to_owned(),
        }),
        ..ShadowInput::default()
    }
}

fn checks(strength_milli: i32, without: Vec<String>) -> ShadowInput {
    ShadowInput {
        checks: Some(ChecksInput {
            strength_milli,
            without,
        }),
        ..ShadowInput::default()
    }
}

async fn runs(world: &World) -> ShadowView {
    let found = world.app.shadow(&world.risk_manager).await.unwrap();
    found.expect("a shadow runs")
}

/// Whether anything is said to have gone otherwise in these words.
fn says(view: &ShadowView, words: &str) -> bool {
    let found = view.pack.as_ref().and_then(|pack| pack.found.as_ref());
    let mut differences = found.unwrap().differences.iter();
    differences.any(|difference| difference.en.contains(words))
}

/// What everybody who works with the claim reads of it, without the time.
async fn read_by_all(world: &World, case: CaseId) -> Vec<String> {
    let mut read = Vec::new();
    for (_, who) in world.everybody() {
        if let Ok(detail) = world.app.case_detail(who, case).await {
            read.push(serde_json::to_string(&detail).unwrap());
        }
    }
    read
}

#[tokio::test]
async fn a_pack_beside_the_one_in_force_is_told_to_the_risk_manager_and_changes_no_claim() {
    let world = World::new().await;
    let app = &world.app;
    app.save_pack_draft(&world.admin, &pack(72)).await.unwrap();
    // Filed a day before: not compared.
    world
        .claim("A2", "陈试用", "13800000003", cracked_mug(2))
        .await;
    world.pass(DAY_MS).await;
    assert_eq!(app.shadow(&world.auditor).await.unwrap(), None);
    app.begin_shadow(&world.risk_manager, &trial())
        .await
        .unwrap();
    let case = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await
        .case;
    app.settle().await.unwrap();
    let with_shadow = read_by_all(&world, case).await;
    let clocks = |detail: aftercare_app::views::CaseDetail| {
        let clocks = detail.clocks.into_iter();
        clocks
            .filter(|clock| clock.name == "merchant_answer")
            .map(|clock| clock.due_at.since_ms(clock.started_at))
            .collect::<Vec<_>>()
    };
    let detail = app.case_detail(&world.merchant, case).await.unwrap();
    assert_eq!(clocks(detail), [48 * HOUR_MS], "not 72");

    let view = runs(&world).await;
    let beside = view.pack.clone().unwrap();
    assert_eq!((view.claims, view.more), (1, false));
    assert_eq!(beside.state, "runs");
    let found = beside.found.unwrap();
    assert_eq!(
        (found.old.as_str(), found.new.as_str()),
        ("default@1", "trial@1")
    );
    assert_eq!((found.claims, found.otherwise), (1, 1));
    assert!(says(&view, "more evidence would have been asked"));
    // Both sides and the reviewers read the same without it.
    app.end_shadow(&world.risk_manager).await.unwrap();
    assert_eq!(app.shadow(&world.risk_manager).await.unwrap(), None);
    assert_eq!(read_by_all(&world, case).await, with_shadow);
    assert!(with_shadow.len() > 3 && !with_shadow.concat().contains("trial"));

    // The day from which claims are compared can lie before.
    let mut earlier = trial();
    earlier.from = Some(Day::of(START).to_string());
    app.begin_shadow(&world.risk_manager, &earlier)
        .await
        .unwrap();
    assert_eq!(runs(&world).await.claims, 2);
    // A draft that is saved again is another one, and one that is gone is said to be.
    app.save_pack_draft(&world.admin, &pack(96)).await.unwrap();
    let changed = runs(&world).await.pack.unwrap();
    assert_eq!((changed.state.as_str(), changed.found), ("changed", None));
    app.remove_pack_draft(&world.admin, "trial", "1")
        .await
        .unwrap();
    let gone = runs(&world).await.pack.unwrap();
    assert_eq!((gone.state.as_str(), gone.found), ("gone", None));
}

#[tokio::test]
async fn a_shadow_tells_of_no_photo_before_somebody_looked_and_counts_what_was_accused_wrongly() {
    let world = World::new().await;
    let app = &world.app;
    // It looks at nothing first: every accused claim would have gone otherwise.
    app.save_pack_draft(&world.admin, &pack(48)).await.unwrap();
    let mut both = trial();
    both.checks = checks(0, accusing_codes()).checks;
    app.begin_shadow(&world.risk_manager, &both).await.unwrap();
    world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    app.settle().await.unwrap();
    let case = world
        .claim("A2", "陈试用", "13800000003", saved_again(1))
        .await
        .case;
    app.settle().await.unwrap();
    assert_eq!(world.claim_state(case).await, "first_look");
    let dropped = "no human would have had to look first";
    let before = runs(&world).await;
    assert!(!says(&before, dropped));
    assert_eq!(before.checks.unwrap().accused.n, 0);

    let look = Action::FirstLook {
        claim: None,
        look: Look::CannotTell,
        note: String::new(),
        seen: Vec::new(),
    };
    world.act(&world.reviewer, case, look).await.unwrap();
    let open = runs(&world).await;
    assert!(says(&open, dropped));
    assert_eq!(open.checks.unwrap().accused.n, 0, "nobody has decided yet");
    world.pass(3 * DAY_MS).await;
    let granted = Action::Decide {
        claim: None,
        decision: DecisionInput {
            grant: true,
            resolution: Some(ResolutionInput {
                kind: "return".to_owned(),
                ..refund(6_800)
            }),
            ..rejection()
        },
    };
    world.act(&world.reviewer, case, granted).await.unwrap();
    let counted = runs(&world).await.checks.unwrap();
    assert_eq!((counted.accused.k, counted.accused.n), (1, 1));
    assert_eq!((counted.granted.k, counted.granted.n), (1, 1));
    assert_eq!(
        (counted.granted.least_permille, counted.without.len()),
        (50, 7)
    );
    // With every code left out nobody would have been accused, so nobody wrongly.
    assert_eq!((counted.accused_beside.k, counted.accused_beside.n), (0, 1));
    assert_eq!(counted.granted_beside.n, 0);
    assert_eq!((counted.only_published, counted.only_beside), (1, 0));
}

#[tokio::test]
async fn only_the_risk_manager_begins_a_shadow_and_what_cannot_be_is_said() {
    let world = World::new().await;
    let app = &world.app;
    app.save_pack_draft(&world.admin, &pack(72)).await.unwrap();
    for (name, who) in world.everybody() {
        let begun = app.begin_shadow(who, &checks(2_000, Vec::new())).await;
        let ended = app.end_shadow(who).await;
        let read = app.shadow(who).await;
        let keeps = name == "risk manager";
        assert_eq!((begun.is_ok(), ended.is_ok()), (keeps, keeps), "{name}");
        assert_eq!(read.is_ok(), keeps || name == "auditor", "{name}");
        for error in [begun.err(), ended.err(), read.err()].into_iter().flatten() {
            assert_eq!(error.kind, ErrorKind::Forbidden, "{name}");
        }
    }
    let named = |id: &str, version: &str| ShadowInput {
        pack: Some(PackName {
            id: id.to_owned(),
            version: version.to_owned(),
        }),
        ..ShadowInput::default()
    };
    let from = |day: &str| ShadowInput {
        from: Some(day.to_owned()),
        ..trial()
    };
    for (input, rule) in [
        (ShadowInput::default(), "shadow_empty"),
        (named("trial", "2"), "not_found"),
        (named("default", "1"), "shadow_in_force"),
        (from("2026-11-03"), "shadow_from"),
        (from("2025-10-31"), "shadow_from"),
        (from("yesterday"), "shadow_from"),
        (checks(12_001, Vec::new()), "shadow_strength"),
        (checks(0, vec!["same_place".to_owned()]), "shadow_code"),
    ] {
        let refused = app.begin_shadow(&world.risk_manager, &input).await;
        assert_eq!(refused.unwrap_err().rule, rule);
    }
    assert_eq!(app.shadow(&world.risk_manager).await.unwrap(), None);
}
