//! Published rules: notice before effect, the pack of the day of filing, citations that were in
//! force, and nobody who gives a merchant's goods away.

use crate::world::{
    START, World, claim_input, cracked_mug, damage, refund, rejection, saved_again,
};
use aftercare_app::actions::{Action, CitationInput, DecisionInput, ResolutionInput};
use aftercare_app::error::ErrorKind;
use aftercare_domain::Day;
use aftercare_domain::event::Look;
use aftercare_domain::ids::CaseId;
use aftercare_domain::time::{DAY_MS, HOUR_MS};

/// A pack that gives merchants longer and wants the shipping label for everything.
fn shop_pack(version: &str, hours: u32, more: &str) -> String {
    format!(
        r#"
id = "shop"
version = "{version}"
title_zh = "本店规则"
title_en = "Rules of this shop"
[dates]
notice = "major"
[clocks]
merchant_answer = "{hours} h"
[[rule]]
id = "voluntary"
zh = "商家自愿的，可以不退货"
en = "A merchant may refund without return of its own free will"
then = {{ without_return = {{ by = "merchant" }} }}
cites = ["platform_rules/27"]
[[rule]]
id = "label"
zh = "面单能说明是哪一个包裹"
en = "The shipping label tells which parcel it was"
then = {{ ask = ["shipping_label"] }}
cites = ["platform_rules/21"]
{more}"#
    )
}

fn day(days: i64) -> Day {
    Day::of(START).plus_days(days)
}

async fn merchants_time(world: &World, case: CaseId) -> i64 {
    let detail = world.app.case_detail(&world.merchant, case).await.unwrap();
    let clock = detail
        .clocks
        .iter()
        .find(|clock| clock.name == "merchant_answer")
        .unwrap();
    clock.due_at.since_ms(clock.started_at)
}

fn grant(kind: &str, rule: &str, version: &str) -> Action {
    Action::Decide {
        claim: None,
        decision: DecisionInput {
            grant: true,
            resolution: Some(ResolutionInput {
                kind: kind.to_owned(),
                ..refund(6_800)
            }),
            citations: vec![CitationInput {
                rule: rule.to_owned(),
                version: version.to_owned(),
            }],
            ..rejection()
        },
    }
}

#[tokio::test]
async fn a_claim_goes_by_the_pack_of_the_day_it_was_filed_and_a_change_needs_notice() {
    let world = World::new().await;
    let app = &world.app;
    let (id, version) = app
        .save_pack_draft(&world.risk_manager, &shop_pack("1", 72, ""))
        .await
        .unwrap();
    let publish = |effective: Day| app.publish_pack(&world.admin, "shop", "1", effective);
    // Fifteen whole days: published on the 2nd, in effect on the 18th at the earliest.
    for early in [0, 1, 15] {
        let refused = publish(day(early)).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Invalid, "{refused}");
    }
    let read = app.rule_pack(&world.auditor, &id, &version).await.unwrap();
    assert_eq!(
        (read.notice_days, read.earliest.as_str()),
        (15, "2026-11-18")
    );
    publish(day(16)).await.unwrap();
    let before = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await
        .case;
    app.settle().await.unwrap();
    assert_eq!(merchants_time(&world, before).await, 48 * HOUR_MS);
    let stages = || async {
        let packs = app.rule_packs(&world.merchant).await.unwrap();
        packs
            .into_iter()
            .map(|pack| (pack.id, pack.stage))
            .collect::<Vec<_>>()
    };
    let named = |id: &str, stage: &str| (id.to_owned(), stage.to_owned());
    assert_eq!(
        stages().await,
        [
            named("shop", "public_notice"),
            named("default", "effective")
        ]
    );
    world.pass(16 * DAY_MS).await;
    assert_eq!(
        stages().await,
        [named("shop", "effective"), named("default", "superseded")]
    );
    let after = world
        .claim("A2", "陈试用", "13800000003", cracked_mug(2))
        .await
        .case;
    app.settle().await.unwrap();
    assert_eq!(merchants_time(&world, after).await, 72 * HOUR_MS);
    let settings = app.settings(&world.auditor).await.unwrap();
    assert_eq!(settings.rules.id, "shop");
    // What both sides read: the rules that apply, and what they ask for that nobody gave.
    let merchant = &world.merchant;
    let claim = |case| async move {
        let detail = app.case_detail(merchant, case).await.unwrap();
        detail.claims.into_iter().next().unwrap().goes_by
    };
    let (old, new) = (claim(before).await, claim(after).await);
    let asked: Vec<_> = new.asked.iter().map(|asked| asked.kind.as_str()).collect();
    assert_eq!(asked, ["shipping_label"]);
    assert!(
        old.rules
            .iter()
            .all(|rule| rule.rule.starts_with("pack:default/"))
    );
    // The first claim is decided by the rules of its day, the second by those of its own.
    world.pass(3 * DAY_MS).await;
    for (case, pack, right) in [
        (before, "pack:shop/label", "pack:default/evidence"),
        (after, "pack:default/evidence", "pack:shop/label"),
    ] {
        let refused = world
            .act(&world.reviewer, case, grant("return", pack, "1"))
            .await
            .unwrap_err();
        assert_eq!(refused.rule, "citation_not_in_force");
        world
            .act(&world.reviewer, case, grant("return", right, "1"))
            .await
            .unwrap();
        let decided = claim(case).await;
        assert!(!decided.rules.is_empty());
        assert_eq!(decided.asked, [], "nothing can be shown any more");
    }
}

#[tokio::test]
async fn a_draft_says_what_is_wrong_and_what_was_published_stands() {
    let world = World::new().await;
    let app = &world.app;
    let admin = &world.admin;
    let save = |text: String| async move { app.save_pack_draft(admin, &text).await };
    let clear = "[[rule]]\nid = \"quick\"\nzh = \"快\"\nen = \"Quick\"\nwhen = { accused = false }\nthen = { ask = [\"whole_item\"] }\ncites = [\"platform_rules/21\"]\n";
    let refused = save(shop_pack("1", 72, clear)).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.rule.as_str()),
        (ErrorKind::Invalid, "pack_reads_nothing_found")
    );
    assert!(refused.en.contains("quick"), "{}", refused.en);
    let refused = save(shop_pack("1", 1, "")).await.unwrap_err();
    assert_eq!(refused.rule, "rules_below_minimum");
    let dated = shop_pack("1", 72, "").replace(
        "notice = \"major\"",
        "notice = \"major\"\npublished = \"2026-11-02\"\neffective = \"2026-11-18\"",
    );
    assert_eq!(save(dated).await.unwrap_err().rule, "pack_days_in_text");
    let taken = shop_pack("1", 72, "").replace("id = \"shop\"", "id = \"default\"");
    assert_eq!(save(taken).await.unwrap_err().rule, "pack_version_used");
    // A draft can be saved again, and removed.
    save(shop_pack("1", 60, "")).await.unwrap();
    save(shop_pack("1", 72, "")).await.unwrap();
    save(shop_pack("2", 80, "")).await.unwrap();
    app.remove_pack_draft(&world.admin, "shop", "2")
        .await
        .unwrap();
    app.publish_pack(&world.admin, "shop", "1", day(20))
        .await
        .unwrap();
    for refused in [
        save(shop_pack("1", 60, "")).await.unwrap_err(),
        app.remove_pack_draft(&world.admin, "shop", "1")
            .await
            .unwrap_err(),
        app.publish_pack(&world.admin, "shop", "1", day(30))
            .await
            .unwrap_err(),
    ] {
        assert!(
            matches!(
                refused.rule.as_str(),
                "pack_version_used" | "pack_published"
            ),
            "{refused}"
        );
    }
    // Two packs cannot begin on one day.
    save(shop_pack("3", 90, "")).await.unwrap();
    let same_day = app.publish_pack(&world.admin, "shop", "3", day(20)).await;
    assert!(same_day.unwrap_err().en.contains("same day"));
    for (days, (name, who)) in (40..).zip(world.everybody()) {
        let may = matches!(name, "admin" | "risk manager");
        let version = days.to_string();
        let saved = app.save_pack_draft(who, &shop_pack(&version, 72, "")).await;
        assert_eq!(saved.is_ok(), may, "{name}");
        let published = app.publish_pack(who, "shop", &version, day(days)).await;
        match published {
            Ok(()) => assert!(may, "{name}"),
            Err(error) => assert_eq!((may, error.kind), (false, ErrorKind::Forbidden), "{name}"),
        }
        let reads = app.rule_packs(who).await.is_ok();
        assert_eq!(reads, name != "technician", "{name}");
    }
}

#[tokio::test]
async fn a_draft_whose_rule_rests_on_nothing_verified_is_kept_and_not_published() {
    let world = World::new().await;
    let app = &world.app;
    let unread = "[[rule]]\nid = \"worn_parts\"\nzh = \"换件\"\nen = \"Parts\"\nthen = { ask = [\"whole_item\"] }\ncites = [\"three_guarantees_1995/annex\"]\n";
    app.save_pack_draft(&world.admin, &shop_pack("1", 72, unread))
        .await
        .unwrap();
    let refused = app.publish_pack(&world.admin, "shop", "1", day(20)).await;
    let refused = refused.unwrap_err();
    assert_eq!(
        (refused.kind, refused.rule.as_str()),
        (ErrorKind::Invalid, "pack_law_unverified")
    );
    for text in [&refused.zh, &refused.en] {
        assert!(text.contains("worn_parts"), "{text}");
        assert!(text.contains("three_guarantees_1995/annex"), "{text}");
    }
    // With law beside it that was read it is published.
    let read = unread.replace("cites = [", "cites = [\"platform_rules/21\", ");
    app.save_pack_draft(&world.admin, &shop_pack("1", 72, &read))
        .await
        .unwrap();
    app.publish_pack(&world.admin, "shop", "1", day(20))
        .await
        .unwrap();
}

#[tokio::test]
async fn no_reviewer_gives_goods_away_that_can_go_back() {
    let world = World::new().await;
    let case = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await
        .case;
    world.pass(3 * DAY_MS).await;
    let refused = world
        .act(
            &world.reviewer,
            case,
            grant("refund", "law:consumer/24", "2026-11-02"),
        )
        .await
        .unwrap_err();
    assert_eq!(refused.rule, "without_return_not_open");
    world
        .act(
            &world.reviewer,
            case,
            grant("return", "law:consumer/24", "2026-11-02"),
        )
        .await
        .unwrap();
    // The merchant may, of its own free will.
    let other = world
        .claim("A2", "陈试用", "13800000003", cracked_mug(2))
        .await
        .case;
    world.app.settle().await.unwrap();
    world
        .act(&world.merchant, other, Action::Agree { claim: None })
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(other).await, "closed");
}

#[tokio::test]
async fn a_pack_that_wants_a_look_gets_one_at_an_honest_photo() {
    let world = World::new().await;
    let look = "[[rule]]\nid = \"dear\"\nzh = \"金额较高的，先由人查看\"\nen = \"A person looks first where much is asked\"\nwhen = { amount_above = \"50\" }\nthen = { first_look = true }\ncites = [\"platform_rules/21\"]\n";
    let app = &world.app;
    app.save_pack_draft(&world.admin, &shop_pack("1", 48, look))
        .await
        .unwrap();
    app.publish_pack(&world.admin, "shop", "1", day(16))
        .await
        .unwrap();
    world.pass(16 * DAY_MS).await;
    let dear = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let mut cheap = claim_input("A2", "陈试用", "13800000003");
    cheap.ask = refund(3_000);
    let cheap = app
        .file_claim(
            world.tenant,
            None,
            cheap,
            vec![damage(cracked_mug(2))],
            None,
        )
        .await
        .unwrap();
    app.settle().await.unwrap();
    assert_eq!(world.claim_state(cheap.case).await, "merchant_window");
    assert_eq!(world.claim_state(dear.case).await, "first_look");
    let events = world.events(dear.case).await;
    assert!(events.contains(&"first_look_required.v1".to_owned()));
    // Nothing was found, and that is not told before either.
    for (name, detail) in world.as_everybody_reads(&dear).await {
        assert!(detail.claims[0].findings.is_none(), "{name}");
    }
    let agree = || Action::Agree { claim: None };
    let early = world.act(&world.merchant, dear.case, agree()).await;
    assert_eq!(early.unwrap_err().rule, "first_look_first");
    let look = Action::FirstLook {
        claim: None,
        look: Look::Supports,
        note: String::new(),
        seen: Vec::new(),
    };
    world.act(&world.reviewer, dear.case, look).await.unwrap();
    assert_eq!(world.claim_state(dear.case).await, "merchant_window");
    world
        .act(&world.merchant, dear.case, agree())
        .await
        .unwrap();
}

#[tokio::test]
async fn rules_tell_of_no_finding_before_the_first_look() {
    let world = World::new().await;
    let widen = "[[rule]]\nid = \"doubt\"\nzh = \"要多一些时间\"\nen = \"More time\"\nwhen = { accused = true }\nthen = { first_look = true, widen = { merchant_answer = \"96 h\" } }\ncites = [\"platform_rules/21\", \"personal_information/24\"]\n";
    world
        .app
        .save_pack_draft(&world.admin, &shop_pack("1", 48, widen))
        .await
        .unwrap();
    world
        .app
        .publish_pack(&world.admin, "shop", "1", day(16))
        .await
        .unwrap();
    world.pass(16 * DAY_MS).await;
    world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    world.app.settle().await.unwrap();
    let receipt = world
        .claim("A2", "陈试用", "13800000003", saved_again(1))
        .await;
    let case = receipt.case;
    world.app.settle().await.unwrap();
    assert_eq!(world.claim_state(case).await, "first_look");
    let applies = || async {
        let mut seen = Vec::new();
        for (_, detail) in world.as_everybody_reads(&receipt).await {
            let rules = &detail.claims[0].goes_by.rules;
            seen.push(rules.iter().any(|rule| rule.rule == "pack:shop/doubt"));
        }
        seen
    };
    assert!(applies().await.iter().all(|seen| !seen));
    let look = Action::FirstLook {
        claim: None,
        look: Look::CannotTell,
        note: String::new(),
        seen: Vec::new(),
    };
    world.act(&world.reviewer, case, look).await.unwrap();
    assert!(applies().await.iter().all(|seen| *seen));
    // The look opens the merchant's window, and the wider time holds from that step on.
    assert_eq!(merchants_time(&world, case).await, 96 * HOUR_MS);
}

#[tokio::test]
async fn a_change_is_tried_on_past_claims_before_it_is_published() {
    let world = World::new().await;
    let app = &world.app;
    for (order, name, phone, seed) in [
        ("A1", "周示范", "13800000002", 1),
        ("A2", "陈试用", "13800000003", 2),
    ] {
        let case = world
            .claim(order, name, phone, cracked_mug(seed))
            .await
            .case;
        app.settle().await.unwrap();
        if order == "A1" {
            world
                .act(&world.merchant, case, Action::Agree { claim: None })
                .await
                .unwrap();
            app.settle().await.unwrap();
        }
    }
    let photos = "[[rule]]\nid = \"photos\"\nzh = \"看清\"\nen = \"Clear\"\nthen = { ask = [\"whole_item\", \"close_up\"] }\ncites = [\"platform_rules/21\"]\n";
    app.save_pack_draft(&world.admin, &shop_pack("1", 72, photos))
        .await
        .unwrap();
    let tried = app
        .simulate_pack(&world.auditor, "shop", "1")
        .await
        .unwrap();
    // Only the claim that has ended counts. It would have been asked for the label, and its
    // merchant would have had a day more.
    assert_eq!(
        (tried.claims, tried.otherwise, tried.more),
        (1, 1, false),
        "{tried:?}"
    );
    assert_eq!(
        (tried.merchants.better, tried.claimants.worse),
        (1, 1),
        "{tried:?}"
    );
    assert_eq!(tried.merchants.refunds_better.0, 6_800);
    assert_eq!(tried.examples.len(), 1);
    let same = app
        .simulate_pack(&world.auditor, "default", "1")
        .await
        .unwrap();
    assert_eq!((same.claims, same.otherwise), (1, 0));
    let refused = app.simulate_pack(&world.merchant, "shop", "1").await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Forbidden);
}

#[tokio::test]
async fn what_is_offered_to_cite_was_in_force_and_stands_in_words() {
    let world = World::new().await;
    let receipt = world
        .app
        .file_claim(
            world.tenant,
            None,
            crate::world::claim_input("A1", "周示范", "13800000002"),
            vec![damage(cracked_mug(1))],
            None,
        )
        .await
        .unwrap();
    world.pass(3 * DAY_MS).await;
    let claim = world
        .app
        .case_detail(&world.reviewer, receipt.case)
        .await
        .unwrap()
        .claims[0]
        .id;
    let offered = world
        .app
        .citable(&world.reviewer, receipt.case, claim)
        .await
        .unwrap();
    assert!(offered.len() >= 8, "{offered:?}");
    // Every one of them is taken by the decision that cites nothing else.
    for citable in &offered {
        let mut decision = rejection();
        decision.citations = vec![CitationInput {
            rule: citable.rule.clone(),
            version: citable.version.clone(),
        }];
        decision.evidence = vec!["00000000-0000-0000-0000-000000000001".parse().unwrap()];
        let refused = world
            .act(
                &world.reviewer,
                receipt.case,
                Action::Decide {
                    claim: None,
                    decision,
                },
            )
            .await
            .unwrap_err();
        // The citation was taken: what is refused is the photo that belongs to nobody.
        assert_eq!(refused.rule, "evidence_unknown", "{citable:?}");
        assert!(!citable.zh.is_empty() && !citable.en.is_empty());
    }
    let law = world.app.law(&world.auditor).unwrap();
    assert_eq!(law.rows.len(), law.verified + law.secondary + law.unknown);
    for row in &law.rows {
        assert!(
            row.status == "unknown" || (row.source != "unknown" && row.checked != "unknown"),
            "{row:?}"
        );
    }
}
