//! What has to be told when personal data came into wrong hands: the draft says what the log says, and nothing of anybody.

use crate::world::World;
use aftercare_app::breaches::{Asked, Findings, Names, draft, findings};
use aftercare_app::canaries::touches;
use aftercare_app::numbers::case_number;
use aftercare_app::{Principal, views::IntakeReceipt};
use aftercare_domain::Timestamp;
use aftercare_domain::audit::PersonField;
use aftercare_domain::ids::{CaseId, UserId};
use aftercare_domain::time::HOUR_MS;
use std::collections::{BTreeMap, BTreeSet};

fn user(principal: &Principal) -> UserId {
    match principal {
        Principal::User(signed_in) => signed_in.user,
        other => panic!("{other:?}"),
    }
}

async fn look(world: &World, who: &Principal, receipt: &IntakeReceipt, fields: &[PersonField]) {
    world
        .app
        .reveal(who, receipt.case, fields, "回电")
        .await
        .unwrap();
}

async fn found(
    world: &World,
    from: Timestamp,
    until: Timestamp,
    account: Option<UserId>,
) -> Findings {
    let asked = Asked {
        tenant: world.tenant,
        from,
        until,
        account,
    };
    findings(&*world.store, &asked).await.unwrap()
}

#[tokio::test]
async fn a_breach_is_drafted_from_the_log_without_anything_of_anybody() {
    let world = World::new().await;
    let start = world.app.now();
    let before = world.repair().await;
    look(&world, &world.agent, &before, &[PersonField::Name]).await;
    world.clock.advance_ms(HOUR_MS);
    let from = world.app.now();
    let during = world.repair_of("周示范", "13800000002").await;
    look(
        &world,
        &world.agent,
        &during,
        &[PersonField::Name, PersonField::Phone],
    )
    .await;
    look(&world, &world.dispatcher, &during, &[PersonField::Phone]).await;
    let seen = world.app.case_detail(&world.agent, during.case).await;
    seen.unwrap();
    let until = world.app.now().plus_ms(1);

    let (agent, dispatcher) = (user(&world.agent), user(&world.dispatcher));
    let within = found(&world, from, until, None).await;
    let accounts: Vec<_> = within.by_account.keys().copied().collect();
    assert_eq!(accounts.len(), 2);
    assert!(accounts.contains(&agent) && accounts.contains(&dispatcher));
    assert_eq!(within.all().people().len(), 1, "one and the same");
    let by_agent = &within.by_account[&agent];
    assert_eq!(by_agent.fields[&PersonField::Name].len(), 1);
    assert!(by_agent.cases.contains(&during.case) && by_agent.read.contains(&during.case));
    assert!(!by_agent.cases.contains(&before.case), "it was before");
    assert!(within.people >= 2, "everybody who is there");
    assert_eq!(
        within.cases, 2,
        "each once, however often its key is wrapped"
    );

    let of_one = found(&world, start, until, Some(agent)).await;
    assert_eq!(of_one.by_account.len(), 1);
    assert_eq!(of_one.by_account[&agent].people().len(), 2);
    assert!(of_one.by_system.events.is_empty());
    let none = found(&world, until, until.plus_ms(HOUR_MS), None).await;
    assert!(none.by_account.is_empty());

    let asked = Asked {
        tenant: world.tenant,
        from,
        until,
        account: None,
    };
    let logins = BTreeMap::from([(agent, "agent-login".to_owned())]);
    let names = Names {
        organization: "示例店",
        logins: &logins,
        made: until,
    };
    let text = draft(&within, &asked, &names);
    for words in [
        "第五十七条",
        "article 57",
        "2 个账号查看过 1 位客户",
        "2 accounts looked at personal data of 1 customers",
        "姓名、电话号码、案件里的文字和照片",
        "agent-login",
        &dispatcher.to_string(),
        &case_number(during.case),
        &format!("现有 {} 位客户", within.people),
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    for secret in ["周示范", "13800000002", "样板路", "灯不亮", "回电"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(!text.contains(&case_number(before.case)));
}

#[tokio::test]
async fn whoever_looks_at_somebody_who_was_made_up_is_told_of() {
    let world = World::new().await;
    let (canary, other) = (
        world.repair_of("样例甲", "13800000008").await,
        world.repair_of("样例乙", "13800000009").await,
    );
    // Messages about the reports are the system's own work.
    world.app.settle().await.unwrap();
    world.clock.advance_ms(HOUR_MS);
    let since = world.app.now();
    let looks = async || {
        let cases = BTreeSet::from([canary.case]);
        let found = touches(&*world.store, &cases, since).await.unwrap();
        found.expect("the case is there")
    };
    look(&world, &world.agent, &other, &[PersonField::Phone]).await;
    assert!(looks().await.is_empty(), "others may be looked at");
    look(&world, &world.agent, &canary, &[PersonField::Phone]).await;
    let found = looks().await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].by, found[0].case),
        (Some(user(&world.agent)), canary.case)
    );
    // What a canary wrote is one, too.
    let read = world.app.case_detail(&world.dispatcher, canary.case).await;
    read.unwrap();
    let found = looks().await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].by, Some(user(&world.dispatcher)));
    let nowhere = BTreeSet::from([CaseId(uuid::Uuid::from_u128(1))]);
    let found = touches(&*world.store, &nowhere, since).await.unwrap();
    assert_eq!(found, None);
}
