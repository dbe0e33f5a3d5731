//! Two reviewers above a stake, the draw, offers of both sides, a question about a photo, an inspection
//! that opens its work order, a refund that is asked back, and what a shop remembers of a person.

use crate::world::{World, cracked_mug, refund, rejection};
use aftercare_app::Principal;
use aftercare_app::actions::{Action, CitationInput, DecisionInput, ResolutionInput};
use aftercare_app::error::ErrorKind;
use aftercare_domain::event::RecoveryEnd;
use aftercare_domain::ids::CaseId;
use aftercare_domain::pack::simulate::Difference;
use aftercare_domain::time::{DAY_MS, HOUR_MS};
use aftercare_domain::{Day, Fen, Role};

/// A pack with these rules, in force.
pub async fn under(world: &World, rules: &str) {
    let text = format!(
        "id = \"shop\"\nversion = \"1\"\ntitle_zh = \"本店\"\ntitle_en = \"Shop\"\n[dates]\nnotice = \"major\"\n[[rule]]\nid = \"label\"\nzh = \"面单\"\nen = \"Label\"\nthen = {{ ask = [\"shipping_label\"] }}\ncites = [\"platform_rules/21\"]\n{rules}"
    );
    let app = &world.app;
    app.save_pack_draft(&world.admin, &text).await.unwrap();
    let effective = Day::of(app.now()).plus_days(16);
    app.publish_pack(&world.admin, "shop", "1", effective)
        .await
        .unwrap();
    world.pass(17 * DAY_MS).await;
}

pub fn rule(id: &str, when: &str, then: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nzh = \"理由\"\nen = \"Reason\"\nwhen = {{ {when} }}\nthen = {{ {then} }}\ncites = [\"platform_rules/21\"]\n"
    )
}

pub fn decide(grant: Option<ResolutionInput>, rule: &str) -> Action {
    Action::Decide {
        claim: None,
        decision: DecisionInput {
            grant: grant.is_some(),
            resolution: grant,
            citations: vec![CitationInput {
                rule: rule.to_owned(),
                version: "1".to_owned(),
            }],
            ..rejection()
        },
    }
}

fn money(kind: &str, fen: i64) -> ResolutionInput {
    ResolutionInput {
        kind: kind.to_owned(),
        ..refund(fen)
    }
}

/// One more reviewer.
async fn another_reviewer(world: &World, login: &str) -> Principal {
    let roles = [Role::Reviewer];
    let made = world.app.create_user(&world.admin, login, login, &roles);
    made.await.unwrap();
    world.account(login).await
}

async fn is_offered(world: &World, who: &Principal, case: CaseId, action: &str) -> bool {
    let detail = world.app.case_detail(who, case).await.unwrap();
    detail.actions.iter().any(|offer| offer.action == action)
}

/// A claim without a photo whose merchant says nothing: it is with a reviewer.
async fn in_review(world: &World, order: &str, phone: &str) -> CaseId {
    let input = crate::world::claim_input(order, "周示范", phone);
    let app = &world.app;
    let filed = app.file_claim(world.tenant, None, input, Vec::new(), None);
    let case = filed.await.unwrap().case;
    world.pass(49 * HOUR_MS).await;
    assert_eq!(world.claim_state(case).await, "human_review");
    case
}

#[tokio::test]
async fn above_the_stake_two_decide_and_a_drawn_decision_is_looked_at_blind() {
    let world = World::new().await;
    let rules = rule("stake", "amount_above = \"50\"", "second_reviewer = true")
        + &rule("sample", "", "sample_permille = 1000");
    under(&world, &rules).await;
    let case = in_review(&world, "A1", "13800000002").await;
    let app = &world.app;
    let grant = decide(Some(money("return", 6_800)), "pack:shop/stake");
    world.act(&world.reviewer, case, grant).await.unwrap();
    assert_eq!(world.claim_state(case).await, "countersign");
    // Neither side is told what it says; reviewers are.
    for (who, sees) in [
        (&world.merchant, false),
        (&world.agent, false),
        (&world.second_reviewer, true),
    ] {
        let detail = app.case_detail(who, case).await.unwrap();
        assert_eq!(detail.claims[0].proposal.is_some(), sees);
        let told = serde_json::to_string(&detail.timeline).unwrap();
        assert_eq!(told.contains("照片看不出"), sees);
    }
    assert!(!is_offered(&world, &world.reviewer, case, "confirm_decision").await);
    let back = Action::ReturnDecision {
        claim: None,
        reasons: "面单是另一个包裹的。".to_owned(),
    };
    world.act(&world.second_reviewer, case, back).await.unwrap();
    assert_eq!(world.claim_state(case).await, "human_review");
    let reject = decide(None, "pack:shop/stake");
    world.act(&world.reviewer, case, reject).await.unwrap();
    let confirm = Action::ConfirmDecision { claim: None };
    world
        .act(&world.second_reviewer, case, confirm)
        .await
        .unwrap();

    // The draw fell on it. A third reviewer does not read the decision before looking.
    let third = another_reviewer(&world, "reviewer3").await;
    for who in [&world.reviewer, &world.second_reviewer] {
        assert_eq!(app.second_looks(who).await.unwrap(), []);
    }
    assert_eq!(app.second_looks(&third).await.unwrap().len(), 1);
    let blind = app.case_detail(&third, case).await.unwrap();
    assert!(blind.claims[0].blind_again && blind.claims[0].decision.is_none());
    let all = serde_json::to_string(&blind).unwrap();
    assert!(
        !all.contains("不支持") && !all.contains("照片看不出"),
        "{all}"
    );
    // Papers would tell it as well.
    let papers = app
        .pack(&third, case, aftercare_app::packs::PackFor::Court)
        .await;
    assert_eq!(papers.unwrap_err().rule, "look_again_first");
    let look = Action::LookAgain {
        claim: None,
        grant: true,
        resolution: Some(money("return", 6_800)),
        reasons: "面单能对上。".to_owned(),
    };
    world.act(&third, case, look).await.unwrap();
    let open = app.case_detail(&third, case).await.unwrap();
    assert!(open.claims[0].decision.is_some());
    assert_eq!(world.claim_state(case).await, "decided");
    // The sides know that somebody looked, and not what was said.
    let told = app.case_detail(&world.merchant, case).await.unwrap();
    assert!(!serde_json::to_string(&told).unwrap().contains("面单能对上"));

    let measures = app.review_measures(&world.risk_manager).await.unwrap();
    assert_eq!((measures.agreed.k, measures.agreed.n), (0, 1));
    assert_eq!((measures.returned.k, measures.returned.n), (1, 1));
    assert_eq!((measures.appealed.k, measures.appealed.n), (0, 1));
    assert!(measures.to_look_again.is_empty() && measures.decisions == 1);
    // One pair is not enough to say how far they agree beyond chance; the table leaves that empty.
    assert_eq!(
        (measures.agreement.pairs, measures.agreement.only_second),
        (1, 1)
    );
    let table = measures.to_csv();
    for row in [
        "measure,k,n,least_permille,most_permille,value",
        "agreed,0,1,0,950,",
        "returned,1,1,50,1000,",
        "decisions,,,,,1",
        "kappa_permille,,,,,",
    ] {
        assert!(
            table.split("\r\n").any(|line| line == row),
            "{row}: {table}"
        );
    }
    assert!(table.lines().all(|line| line.split(',').count() == 6));
    for (name, who) in world.everybody() {
        let may = app.review_measures(who).await.is_ok();
        assert_eq!(may, matches!(name, "risk manager" | "auditor"), "{name}");
    }
}

#[tokio::test]
async fn whoever_sent_a_proposal_back_is_not_offered_the_appeal_and_does_not_decide_it() {
    let world = World::new().await;
    let rules = rule("stake", "amount_above = \"50\"", "second_reviewer = true");
    under(&world, &rules).await;
    let case = in_review(&world, "A1", "13800000002").await;
    let third = another_reviewer(&world, "reviewer3").await;
    let fourth = another_reviewer(&world, "reviewer4").await;
    let grant = || decide(Some(money("return", 6_800)), "pack:shop/stake");
    world.act(&world.reviewer, case, grant()).await.unwrap();
    let back = Action::ReturnDecision {
        claim: None,
        reasons: "面单是另一个包裹的。".to_owned(),
    };
    world.act(&world.second_reviewer, case, back).await.unwrap();
    world.act(&world.reviewer, case, grant()).await.unwrap();
    // The one that comes in its place can be confirmed by whoever sent the first one back, too.
    for who in [&world.second_reviewer, &third] {
        assert!(is_offered(&world, who, case, "confirm_decision").await);
    }
    let confirm = Action::ConfirmDecision { claim: None };
    world.act(&third, case, confirm).await.unwrap();
    let appeal = Action::Appeal {
        claim: None,
        statement: "面单请再看一次。".to_owned(),
    };
    world.act(&world.merchant, case, appeal).await.unwrap();
    world.pass(DAY_MS).await;
    let decide_appeal = || Action::DecideAppeal {
        claim: None,
        freight: None,
        decision: DecisionInput {
            citations: vec![CitationInput {
                rule: "pack:shop/stake".to_owned(),
                version: "1".to_owned(),
            }],
            ..rejection()
        },
    };
    for who in [&world.reviewer, &world.second_reviewer, &third] {
        for action in ["decide_appeal", "take_review"] {
            assert!(!is_offered(&world, who, case, action).await);
        }
        for action in [decide_appeal(), Action::TakeReview { claim: None }] {
            let refused = world.act(who, case, action).await.unwrap_err();
            assert_eq!(refused.rule, "second_reviewer_differs");
        }
    }
    assert!(is_offered(&world, &fourth, case, "decide_appeal").await);
    world.act(&fourth, case, decide_appeal()).await.unwrap();
}

#[tokio::test]
async fn the_queue_goes_by_deadline_or_by_amount_and_who_steps_back_is_out() {
    let world = World::new().await;
    let first = in_review(&world, "A1", "13800000002").await;
    let app = &world.app;
    let mut input = crate::world::claim_input("A3", "陈试用", "13800000003");
    input.ask = refund(12_900);
    let filed = app.file_claim(world.tenant, None, input, Vec::new(), None);
    let second = filed.await.unwrap().case;
    world.pass(49 * HOUR_MS).await;
    let cases = |page: aftercare_app::views::Page<aftercare_app::views::ClaimRow>| {
        page.items
            .into_iter()
            .map(|row| row.case)
            .collect::<Vec<_>>()
    };
    let paging = aftercare_app::lists::Paging::default();
    let by_clock = app.review_queue(&world.reviewer, false, &paging).await;
    assert_eq!(cases(by_clock.unwrap()), [first, second]);
    let by_stake = app.review_queue_by_stake(&world.reviewer).await.unwrap();
    assert_eq!(cases(by_stake), [second, first]);
    let recuse = Action::Recuse {
        claim: None,
        reasons: "店主是我的亲戚。".to_owned(),
    };
    world.act(&world.reviewer, first, recuse).await.unwrap();
    let refused = world
        .act(&world.reviewer, first, decide(None, "pack:default/review"))
        .await
        .unwrap_err();
    assert_eq!(refused.rule, "reviewer_conflicted");
    let told = app.case_detail(&world.merchant, first).await.unwrap();
    assert!(!serde_json::to_string(&told).unwrap().contains("亲戚"));
    world
        .act(
            &world.second_reviewer,
            first,
            decide(None, "pack:default/review"),
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn an_agreed_inspection_opens_its_work_order_once() {
    let world = World::new().await;
    let app = &world.app;
    let input = crate::world::claim_input("A3", "周示范", "13800000002");
    let filed = app.file_claim(world.tenant, None, input, Vec::new(), None);
    let receipt = filed.await.unwrap();
    let case = receipt.case;
    let offer = Action::OfferSettlement {
        claim: None,
        resolution: money("partial", 2_000),
        statement: String::new(),
    };
    world.act(&world.merchant, case, offer).await.unwrap();
    let claimant = world.claimant(&receipt).await;
    let counter = Action::OfferCounter {
        claim: None,
        resolution: ResolutionInput {
            kind: "inspection".to_owned(),
            amount: None,
        },
        statement: "请师傅上门看看。".to_owned(),
    };
    world.act(&claimant, case, counter).await.unwrap();
    let inbox = app
        .inbox(
            &world.merchant,
            false,
            &aftercare_app::lists::Paging::default(),
        )
        .await;
    assert_eq!(inbox.unwrap().items.len(), 1);
    let accept = Action::AnswerCounter {
        claim: None,
        accept: true,
    };
    world.act(&world.merchant, case, accept).await.unwrap();
    app.settle().await.unwrap();
    let detail = app.case_detail(&world.dispatcher, case).await.unwrap();
    assert_eq!(detail.work_orders.len(), 1);
    assert_eq!(detail.work_orders[0].kind, "inspect");
    assert_eq!(detail.claims[0].state, "inspection");
    // The same job again opens nothing more.
    app.settle().await.unwrap();
    let again = app.case_detail(&world.dispatcher, case).await.unwrap();
    assert_eq!(again.work_orders.len(), 1);
}

#[tokio::test]
async fn a_question_about_a_photo_is_looked_at_before_anything_is_decided() {
    let world = World::new().await;
    let receipt = world
        .claim("A1", "周示范", "13800000002", cracked_mug(1))
        .await;
    let (app, case) = (&world.app, receipt.case);
    app.settle().await.unwrap();
    let photo = app.case_detail(&world.merchant, case).await.unwrap().claims[0].evidence[0].id;
    let ask = || Action::QuestionEvidence {
        claim: None,
        evidence: photo,
    };
    for who in [&world.agent, &world.reviewer] {
        let refused = world.act(who, case, ask()).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Forbidden);
    }
    world.act(&world.merchant, case, ask()).await.unwrap();
    let claimant = world.claimant(&receipt).await;
    let told = app.case_detail(&claimant, case).await.unwrap();
    assert_eq!(told.claims[0].questioned, ["E-01"]);
    assert_eq!(told.claims[0].state, "merchant_window");
    world.pass(49 * HOUR_MS).await;
    let grant = || decide(Some(money("partial", 1_000)), "pack:default/review");
    let refused = world.act(&world.reviewer, case, grant()).await.unwrap_err();
    assert_eq!(refused.rule, "question_unanswered");
    let judge = Action::JudgeEvidence {
        claim: None,
        evidence: photo,
        accepted: true,
    };
    world.act(&world.reviewer, case, judge).await.unwrap();
    world.act(&world.reviewer, case, grant()).await.unwrap();
}

#[tokio::test]
async fn a_paid_refund_that_is_overturned_is_asked_back_with_its_law_and_paid_once() {
    let world = World::new().await;
    let case = in_review(&world, "A1", "13800000002").await;
    let app = &world.app;
    let grant = decide(Some(money("partial", 3_000)), "pack:default/review");
    world.act(&world.reviewer, case, grant).await.unwrap();
    world.pass(7 * DAY_MS + HOUR_MS).await;
    assert_eq!(world.claim_state(case).await, "closed");
    let contest = Action::ContestPaid {
        claim: None,
        freight: Some(Fen(1_200)),
        statement: "面单重量与空盒一致。".to_owned(),
    };
    world.act(&world.merchant, case, contest).await.unwrap();
    let told = app.case_detail(&world.second_reviewer, case).await.unwrap();
    assert_eq!(told.claims[0].contested_freight, Some(Fen(1_200)));
    let overturn = Action::DecideAppeal {
        claim: None,
        freight: Some(Fen(1_000)),
        decision: DecisionInput {
            citations: vec![CitationInput {
                rule: "pack:default/review".to_owned(),
                version: "1".to_owned(),
            }],
            ..rejection()
        },
    };
    let own = world.act(&world.reviewer, case, overturn.clone()).await;
    assert_eq!(own.unwrap_err().rule, "second_reviewer_differs");
    world.pass(DAY_MS).await;
    world
        .act(&world.second_reviewer, case, overturn)
        .await
        .unwrap();
    app.settle().await.unwrap();
    let claim = app.case_detail(&world.merchant, case).await.unwrap().claims[0].id;
    let letter = app
        .recovery_letter(&world.merchant, case, claim)
        .await
        .unwrap();
    assert_eq!(letter.recovery.together, Fen(4_000));
    assert!(
        letter
            .law
            .iter()
            .any(|cited| cited.rule == "law:civil_code/157" && cited.zh.is_some())
    );
    // It rests on unjust enrichment first, as the law stood when the claim was filed, with what speaks for the buyer.
    let filed = Day::of(app.case_detail(&world.merchant, case).await.unwrap().claims[0].filed_at);
    let ground = letter.law.iter().take(3);
    let ground: Vec<_> = ground
        .map(|cited| (cited.rule.as_str(), cited.version.clone()))
        .collect();
    let expected = ["122", "985", "986"].map(|article| format!("law:civil_code/{article}"));
    assert!(
        ground
            .iter()
            .map(|(rule, _)| *rule)
            .eq(expected.iter().map(String::as_str))
    );
    assert!(
        ground.iter().all(|(_, day)| *day == filed.to_string()),
        "{ground:?}"
    );
    assert!(
        app.recovery_letter(&world.agent, case, claim)
            .await
            .is_err()
    );
    let measures = app.review_measures(&world.risk_manager).await.unwrap();
    assert_eq!((measures.recoveries, measures.owed), (1, Fen(4_000)));
    assert_eq!((measures.overturned.k, measures.overturned.n), (1, 1));
    let settle = |rule: Option<&str>| Action::SettleRecovery {
        claim: None,
        how: RecoveryEnd::Compensated,
        amount: Some(Fen(4_000)),
        reference: "P-9".to_owned(),
        rule: rule.map(|rule| CitationInput {
            rule: rule.to_owned(),
            version: "1".to_owned(),
        }),
    };
    for (rule, wrong) in [
        (None, "compensation_needs_rule"),
        (Some("pack:default/nowhere"), "citation_not_in_force"),
    ] {
        let refused = world.act(&world.risk_manager, case, settle(rule)).await;
        assert_eq!(refused.unwrap_err().rule, wrong);
    }
    let named = settle(Some("pack:default/appeal_to_another"));
    world
        .act(&world.risk_manager, case, named.clone())
        .await
        .unwrap();
    let again = world.act(&world.risk_manager, case, named).await;
    assert_eq!(again.unwrap_err().rule, "no_recovery");
    // One instruction went to the provider, and the books agree.
    let paid = std::fs::read_to_string(world.folder.path().join("payments.jsonl")).unwrap();
    assert_eq!(paid.lines().count(), 1);
    let books = app.reconcile(&world.auditor).await.unwrap();
    assert_eq!((books.agree, books.disagree), (1, 0));
}

#[tokio::test]
async fn an_order_says_what_of_an_overturned_refund_was_paid_back() {
    let world = World::new().await;
    let case = in_review(&world, "A1", "13800000002").await;
    let grant = decide(Some(money("partial", 3_000)), "pack:default/review");
    world.act(&world.reviewer, case, grant).await.unwrap();
    world.pass(7 * DAY_MS + HOUR_MS).await;
    let contest = Action::ContestPaid {
        claim: None,
        freight: Some(Fen(1_200)),
        statement: "面单重量与空盒一致。".to_owned(),
    };
    world.act(&world.merchant, case, contest).await.unwrap();
    world.pass(DAY_MS).await;
    let overturn = Action::DecideAppeal {
        claim: None,
        freight: Some(Fen(1_000)),
        decision: DecisionInput {
            citations: vec![CitationInput {
                rule: "pack:default/review".to_owned(),
                version: "1".to_owned(),
            }],
            ..rejection()
        },
    };
    let second = world.act(&world.second_reviewer, case, overturn).await;
    second.unwrap();
    world.app.settle().await.unwrap();
    let sums = async || {
        let detail = world.app.case_detail(&world.merchant, case).await.unwrap();
        let line = detail.claims[0].line;
        let mut lines = detail.order.unwrap().lines.into_iter();
        let line = lines.find(|known| known.id == line).unwrap();
        (line.refunded, line.recovered)
    };
    assert_eq!(sums().await, (Fen(3_000), Fen::ZERO));
    let settle = Action::SettleRecovery {
        claim: None,
        how: RecoveryEnd::Repaid,
        amount: Some(Fen(4_000)),
        reference: "B-1".to_owned(),
        rule: None,
    };
    world.act(&world.merchant, case, settle).await.unwrap();
    // The freight that came with it was no part of the refund.
    assert_eq!(sums().await, (Fen(3_000), Fen(3_000)));
}

/// Whoever sent a proposal back has said how they would decide: the look that is to be blind is offered to others.
#[tokio::test]
async fn who_sent_a_proposal_back_is_offered_no_blind_look() {
    let world = World::new().await;
    let rules = rule("stake", "amount_above = \"50\"", "second_reviewer = true")
        + &rule("sample", "", "sample_permille = 1000");
    under(&world, &rules).await;
    let case = in_review(&world, "A1", "13800000002").await;
    let (third, fourth) = (
        another_reviewer(&world, "reviewer3").await,
        another_reviewer(&world, "reviewer4").await,
    );
    let reject = || decide(None, "pack:shop/stake");
    let back = Action::ReturnDecision {
        claim: None,
        reasons: "面单是另一个包裹的。".to_owned(),
    };
    let confirm = Action::ConfirmDecision { claim: None };
    for (who, action) in [
        (&world.reviewer, reject()),
        (&third, back),
        (&world.reviewer, reject()),
        (&world.second_reviewer, confirm),
    ] {
        world.act(who, case, action).await.unwrap();
    }
    for (who, looks) in [(&third, false), (&fourth, true)] {
        let waiting = world.app.second_looks(who).await.unwrap();
        assert_eq!(waiting.len(), usize::from(looks));
        assert_eq!(is_offered(&world, who, case, "look_again").await, looks);
        // What nobody keeps from them any more they may read.
        let detail = world.app.case_detail(who, case).await.unwrap();
        assert_eq!(detail.claims[0].blind_again, looks);
    }
    let look = || Action::LookAgain {
        claim: None,
        grant: false,
        resolution: None,
        reasons: "面单能对上。".to_owned(),
    };
    let refused = world.act(&third, case, look()).await.unwrap_err();
    assert_eq!(refused.rule, "second_look_is_blind");
    world.act(&fourth, case, look()).await.unwrap();
}

#[tokio::test]
async fn earlier_outcomes_only_ask_for_more_and_end_when_the_person_says_so() {
    let world = World::new().await;
    let more = rule("again", "rejected_before = 1", "ask = [\"unboxing_clip\"]");
    under(&world, &more).await;
    let first = in_review(&world, "A1", "13800000002").await;
    let app = &world.app;
    world
        .act(&world.reviewer, first, decide(None, "pack:shop/label"))
        .await
        .unwrap();
    world.pass(8 * DAY_MS).await;
    let file = |order: &'static str, phone: &'static str| async move {
        let input = crate::world::claim_input(order, "周示范", phone);
        app.file_claim(world.tenant, None, input, Vec::new(), None)
            .await
            .unwrap()
    };
    let asked = |case: CaseId| {
        let merchant = &world.merchant;
        async move {
            let detail = app.case_detail(merchant, case).await.unwrap();
            let asked = detail.claims[0].goes_by.asked.clone();
            asked.iter().any(|one| one.kind == "unboxing_clip")
        }
    };
    let second = file("A2", "13800000002").await;
    assert!(asked(second.case).await);
    // Somebody else's claim is somebody else's.
    let other = file("A3", "13800000009").await;
    assert!(!asked(other.case).await);
    // Whoever entered the number has the code of the receipt, and learns nothing of earlier cases under it.
    let whoever = world.claimant(&second).await;
    let known = app.history(&whoever, second.case).await.unwrap();
    assert_eq!((known.granted, known.rejected), (0, 0));
    assert!(known.of_this_case_only);
    for action in [Action::ObjectToHistory {}, Action::EraseHistory {}] {
        let refused = world.act(&whoever, second.case, action).await.unwrap_err();
        assert_eq!(refused.rule, "phone_not_shown");
    }
    // Whoever has the phone has the code of the message.
    let claimant = world.claimant_by_phone(&second).await;
    let known = app.history(&claimant, second.case).await.unwrap();
    assert_eq!(
        (known.granted, known.rejected, known.rules.len()),
        (0, 1, 1)
    );
    assert!(!known.of_this_case_only);
    for (who, may) in [
        (&world.merchant, false),
        (&world.technician, false),
        (&world.reviewer, true),
    ] {
        assert_eq!(app.history(who, second.case).await.is_ok(), may);
    }
    world
        .act(&claimant, second.case, Action::ObjectToHistory {})
        .await
        .unwrap();
    assert!(!asked(second.case).await);
    assert!(app.history(&claimant, second.case).await.unwrap().objected);
    let by_merchant = world.act(&world.merchant, second.case, Action::EraseHistory {});
    assert_eq!(by_merchant.await.unwrap_err().kind, ErrorKind::Forbidden);
    world
        .act(&claimant, second.case, Action::EraseHistory {})
        .await
        .unwrap();
    world.pass(HOUR_MS).await;
    let known = app.history(&claimant, second.case).await.unwrap();
    assert_eq!((known.granted, known.rejected), (0, 0));
}

#[tokio::test]
async fn a_pack_is_tried_with_the_earlier_outcomes_that_there_were_then() {
    let world = World::new().await;
    let app = &world.app;
    let first = in_review(&world, "A1", "13800000002").await;
    let rejected = decide(None, "pack:default/review");
    world.act(&world.reviewer, first, rejected).await.unwrap();
    world.pass(8 * DAY_MS).await;
    for (order, phone) in [("A2", "13800000002"), ("A3", "13800000009")] {
        let input = crate::world::claim_input(order, "周示范", phone);
        let filed = app.file_claim(world.tenant, None, input, Vec::new(), None);
        let case = filed.await.unwrap().case;
        let agree = Action::Agree { claim: None };
        world.act(&world.merchant, case, agree).await.unwrap();
        app.settle().await.unwrap();
    }
    let text = format!(
        "id = \"shop\"\nversion = \"1\"\ntitle_zh = \"本店\"\ntitle_en = \"Shop\"\n[dates]\nnotice = \"major\"\n{}",
        rule("again", "rejected_before = 1", "ask = [\"unboxing_clip\"]")
    );
    app.save_pack_draft(&world.admin, &text).await.unwrap();
    let tried = app
        .simulate_pack(&world.auditor, "shop", "1")
        .await
        .unwrap();
    let added = Difference::EvidenceAdded.words().zh;
    let asked = tried.differences.iter().find(|one| one.zh == added);
    // Of three claims, the one that came after a rejection of the same person; the rejected one itself had none before it.
    assert_eq!(
        (tried.claims, asked.map(|one| one.claims)),
        (3, Some(1)),
        "{tried:?}"
    );
}

#[tokio::test]
async fn an_outcome_counts_for_twelve_months() {
    let world = World::new().await;
    let case = in_review(&world, "A1", "13800000002").await;
    world
        .act(&world.reviewer, case, decide(None, "pack:default/review"))
        .await
        .unwrap();
    world.pass(8 * DAY_MS).await;
    let rejected = || async {
        let known = world.app.history(&world.reviewer, case).await.unwrap();
        known.rejected
    };
    assert_eq!(rejected().await, 1);
    world
        .clock
        .advance_to(world.app.now().plus_ms(356 * DAY_MS));
    assert_eq!(rejected().await, 1);
    world.clock.advance_to(world.app.now().plus_ms(2 * DAY_MS));
    assert_eq!(rejected().await, 0);
}
