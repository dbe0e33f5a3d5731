//! A rule names who reviews; a group is never a dead end; and who has a conflict of interest stays out.

use crate::world::{World, refund, rejection};
use aftercare_app::Principal;
use aftercare_app::actions::{Action, CitationInput, DecisionInput};
use aftercare_app::error::ErrorKind;
use aftercare_app::lists::Paging;
use aftercare_app::review_groups::{QueueOf, ReviewGroup};
use aftercare_domain::Day;
use aftercare_domain::ids::{CaseId, UserId};
use aftercare_domain::time::{DAY_MS, HOUR_MS};

/// A pack in force whose claims above 50 yuan are for one group.
async fn under(world: &World) {
    let text = "id = \"shop\"\nversion = \"1\"\ntitle_zh = \"本店\"\ntitle_en = \"Shop\"\n[dates]\nnotice = \"major\"\n[[rule]]\nid = \"who\"\nzh = \"贵重的由专人审核\"\nen = \"Some know these goods\"\nwhen = { amount_above = \"50\" }\nthen = { reviewers = \"valuables\" }\ncites = [\"platform_rules/21\"]\n";
    let app = &world.app;
    app.save_pack_draft(&world.admin, text).await.unwrap();
    let effective = Day::of(app.now()).plus_days(16);
    app.publish_pack(&world.admin, "shop", "1", effective)
        .await
        .unwrap();
    world.pass(17 * DAY_MS).await;
}

fn user(principal: &Principal) -> UserId {
    principal.signed_in().unwrap().user
}

fn group(name: &str, members: &[&Principal]) -> ReviewGroup {
    ReviewGroup {
        name: name.to_owned(),
        members: members.iter().copied().map(user).collect(),
    }
}

async fn the_second_knows_valuables(world: &World) {
    let groups = [group("valuables", &[&world.second_reviewer])];
    let set = world.app.set_review_groups(&world.admin, &groups);
    set.await.unwrap();
}

/// A claim without a photo that has been with reviewers for an hour: its merchant said nothing for 48.
async fn in_review(world: &World, order: &str, phone: &str, fen: i64) -> CaseId {
    let mut input = crate::world::claim_input(order, "周示范", phone);
    input.ask = refund(fen);
    let filed = world
        .app
        .file_claim(world.tenant, None, input, Vec::new(), None);
    let case = filed.await.unwrap().case;
    world.pass(49 * HOUR_MS).await;
    assert_eq!(world.claim_state(case).await, "human_review");
    case
}

fn reject() -> Action {
    Action::Decide {
        claim: None,
        decision: DecisionInput {
            citations: vec![CitationInput {
                rule: "pack:shop/who".to_owned(),
                version: "1".to_owned(),
            }],
            ..rejection()
        },
    }
}

async fn may_decide(world: &World, who: &Principal, case: CaseId) -> bool {
    let detail = world.app.case_detail(who, case).await.unwrap();
    let offered = detail.actions.iter().any(|offer| offer.action == "decide");
    let waits = detail.claims[0].review_group.clone().unwrap();
    assert_eq!(waits.groups, ["valuables"]);
    assert_eq!(offered, !waits.is_for_others(), "{waits:?}");
    offered
}

#[tokio::test]
async fn a_claim_waits_for_its_group_for_a_quarter_of_the_time_and_then_for_nobody_in_particular() {
    let world = World::new().await;
    under(&world).await;
    the_second_knows_valuables(&world).await;
    let app = &world.app;
    let case = in_review(&world, "A1", "13800000002", 6_800).await;
    assert!(!may_decide(&world, &world.reviewer, case).await);
    assert!(may_decide(&world, &world.second_reviewer, case).await);
    for action in [reject(), Action::TakeReview { claim: None }] {
        let refused = world.act(&world.reviewer, case, action).await.unwrap_err();
        assert_eq!(
            (refused.kind, refused.rule.as_str()),
            (ErrorKind::Refused, "reviewer_of_another_group")
        );
        assert!(refused.en.contains("valuables"), "{refused}");
    }
    // The sides are not told who may review, nor until when.
    let told = app.case_detail(&world.merchant, case).await.unwrap();
    assert_eq!(told.claims[0].review_group, None);
    // 72 hours to review: a quarter is over 18 hours after it came, of which one had passed.
    world.pass(16 * HOUR_MS).await;
    assert!(!may_decide(&world, &world.reviewer, case).await);
    world.pass(HOUR_MS).await;
    assert!(may_decide(&world, &world.reviewer, case).await);
    world.act(&world.reviewer, case, reject()).await.unwrap();
    assert_eq!(world.claim_state(case).await, "decided");
}

#[tokio::test]
async fn a_group_of_which_nobody_can_review_keeps_nobody_out() {
    let world = World::new().await;
    under(&world).await;
    let app = &world.app;
    // Nobody belongs to it.
    let case = in_review(&world, "A1", "13800000002", 6_800).await;
    assert!(may_decide(&world, &world.reviewer, case).await);
    let groups = app.review_groups(&world.reviewer).await.unwrap();
    assert_eq!(groups.len(), 1);
    assert!(groups[0].named && groups[0].members.is_empty());
    let pack = app.rule_pack(&world.admin, "shop", "1").await.unwrap();
    assert_eq!((pack.groups.len(), pack.groups[0].reviewers), (1, 0));

    // Who belongs to it steps back because of a conflict of interest: that holds, and the others may.
    app.set_groups_of(
        &world.admin,
        user(&world.second_reviewer),
        &["valuables".to_owned()],
    )
    .await
    .unwrap();
    assert!(!may_decide(&world, &world.reviewer, case).await);
    let recuse = Action::Recuse {
        claim: None,
        reasons: "店主是我的亲戚。".to_owned(),
    };
    world
        .act(&world.second_reviewer, case, recuse)
        .await
        .unwrap();
    assert!(may_decide(&world, &world.reviewer, case).await);
    let refused = world.act(&world.second_reviewer, case, reject()).await;
    assert_eq!(refused.unwrap_err().rule, "reviewer_conflicted");

    // Whose account is not in use reviews nothing.
    let other = in_review(&world, "A3", "13800000003", 12_900).await;
    assert!(!may_decide(&world, &world.reviewer, other).await);
    app.set_disabled(&world.admin, user(&world.second_reviewer), true)
        .await
        .unwrap();
    assert!(may_decide(&world, &world.reviewer, other).await);
    world.act(&world.reviewer, other, reject()).await.unwrap();
}

#[tokio::test]
async fn the_queue_is_asked_for_what_one_may_review_and_for_a_group() {
    let world = World::new().await;
    under(&world).await;
    the_second_knows_valuables(&world).await;
    let app = &world.app;
    // One is for the group, one for everybody, and both came to reviewers within an hour.
    let mut cases = Vec::new();
    for (order, fen) in [("A1", 6_800), ("A2", 4_000)] {
        let mut input = crate::world::claim_input(order, "周示范", "13800000002");
        input.ask = refund(fen);
        let filed = app.file_claim(world.tenant, None, input, Vec::new(), None);
        cases.push(filed.await.unwrap().case);
    }
    world.pass(49 * HOUR_MS).await;
    let valuable = cases.remove(0);
    let other = cases.remove(0);
    let (everybody, mine) = (QueueOf::of(""), QueueOf::of("mine"));
    let (named, nobodys) = (QueueOf::of("valuables"), QueueOf::of("no-such-group"));
    for (who, of, mut expected) in [
        (&world.reviewer, &everybody, vec![valuable, other]),
        (&world.reviewer, &mine, vec![other]),
        (&world.reviewer, &named, vec![valuable]),
        (&world.reviewer, &nobodys, Vec::new()),
        (&world.second_reviewer, &mine, vec![valuable, other]),
    ] {
        let mut asked: Vec<CaseId> = Vec::new();
        // Page by page, one row each: what is not asked for is passed over.
        let mut paging = Paging {
            cursor: None,
            limit: Some(1),
        };
        loop {
            let page = app.review_queue_of(who, of, &paging).await.unwrap();
            asked.extend(page.items.iter().map(|row| row.case));
            paging.cursor = page.next_cursor;
            if paging.cursor.is_none() {
                break;
            }
        }
        asked.sort_unstable();
        expected.sort_unstable();
        assert_eq!(asked, expected, "{of:?}");
        let by_stake = app.review_queue_of_by_stake(who, of).await.unwrap();
        assert_eq!(by_stake.items.len(), expected.len(), "{of:?}");
    }
    let all = app.inbox(&world.merchant, true, &Paging::default()).await;
    let rows = all.unwrap().items;
    assert!(rows.len() == 2 && rows.iter().all(|row| row.review_group.is_none()));
}

#[tokio::test]
async fn only_administrators_say_who_belongs_to_a_group_and_only_reviewers_do() {
    let world = World::new().await;
    let app = &world.app;
    let good = [group("fresh", &[&world.reviewer])];
    for (name, who) in world.everybody() {
        let keeps = name == "admin";
        let reads = matches!(
            name,
            "admin" | "risk manager" | "auditor" | "reviewer" | "second reviewer"
        );
        let set = app.set_review_groups(who, &good).await;
        let one = app.set_groups_of(who, user(&world.reviewer), &[]).await;
        assert_eq!((set.is_ok(), one.is_ok()), (keeps, keeps), "{name}");
        assert_eq!(app.review_groups(who).await.is_ok(), reads, "{name}");
    }
    let many: Vec<ReviewGroup> = (0..31)
        .map(|number| group(&format!("g{number}"), &[]))
        .collect();
    for (groups, rule) in [
        (vec![group("Fresh", &[])], "review_group_name"),
        (vec![group("mine", &[])], "review_group_name"),
        (vec![group("a", &[]), group("a", &[])], "review_group_twice"),
        (vec![group("a", &[&world.merchant])], "review_group_member"),
        (many, "review_groups_too_many"),
    ] {
        let refused = app.set_review_groups(&world.admin, &groups).await;
        assert_eq!(refused.unwrap_err().rule, rule);
    }
    let names = ["fresh".to_owned()];
    let refused = app
        .set_groups_of(&world.admin, user(&world.merchant), &names)
        .await;
    assert_eq!(refused.unwrap_err().rule, "review_group_member");
    let nobody = UserId(aftercare_app::rng::uuid_v7(
        app.now(),
        &aftercare_app::rng::SplitMix::seeded(9),
    ));
    let refused = app.set_groups_of(&world.admin, nobody, &names).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::NotFound);
    // A group that nobody belongs to any more, and that no rule names, is gone.
    app.set_groups_of(&world.admin, user(&world.reviewer), &names)
        .await
        .unwrap();
    let groups = app.review_groups(&world.admin).await.unwrap();
    assert_eq!((groups.len(), groups[0].members.len()), (1, 1));
    assert!(groups[0].members[0].can_review && !groups[0].named);
    app.set_groups_of(&world.admin, user(&world.reviewer), &[])
        .await
        .unwrap();
    assert_eq!(app.review_groups(&world.admin).await.unwrap(), []);
}
