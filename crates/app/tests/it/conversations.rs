//! Somebody wrote: they wait in the queue until a human answers, whoever has them and whoever is away.

use crate::told::{act, say};
use crate::world::{PASSWORD, World};
use aftercare_app::conversations::{ConversationAct, ConversationDetail, ConversationView};
use aftercare_app::error::ErrorKind;
use aftercare_app::limits::PRESENT_MS;
use aftercare_app::offers::actions;
use aftercare_app::{AppError, Principal};
use aftercare_domain::event::{Event, MessagesEnd};
use aftercare_domain::ids::{CaseId, UserId};
use aftercare_domain::time::{HOUR_MS, MINUTE_MS};
use aftercare_domain::{Case, evolve};
use aftercare_vault::Plain;

fn user(who: &Principal) -> UserId {
    who.signed_in().unwrap().user
}

/// A case whose claimant wrote.
async fn written(world: &World) -> (CaseId, Principal) {
    let receipt = world.repair().await;
    let claimant = world.claimant(&receipt).await;
    act(world, &claimant, receipt.case, say("师傅几点来？")).await;
    (receipt.case, claimant)
}

async fn detail(world: &World, who: &Principal, case: CaseId) -> ConversationDetail {
    world.app.conversation(who, case).await.unwrap()
}

async fn does(
    world: &World,
    who: &Principal,
    case: CaseId,
    act: ConversationAct,
) -> Result<(), AppError> {
    world.app.act_on_conversation(who, case, &act).await
}

fn hand_over(to: &Principal, note: &str) -> ConversationAct {
    ConversationAct::HandOver {
        to: user(to),
        note: note.to_owned(),
    }
}

/// The agent's browser asks for something.
async fn agent_is_there(world: &World) {
    let password = Plain::new(PASSWORD.to_owned());
    world.app.sign_in("agent", password).await.unwrap();
}

async fn free(world: &World) -> Vec<ConversationView> {
    let list = world.app.conversations(&world.dispatcher).await.unwrap();
    assert!(list.mine.is_empty() && list.others.is_empty());
    list.free
}

fn cases(rows: &[ConversationView]) -> Vec<CaseId> {
    rows.iter().map(|row| row.case).collect()
}

#[tokio::test]
async fn whoever_waits_longest_comes_first_until_a_human_answers() {
    let world = World::new().await;
    let (first, claimant) = written(&world).await;
    let start = world.app.now();
    world.clock.advance_to(start.plus_ms(MINUTE_MS));
    let (second, _) = written(&world).await;
    let rows = free(&world).await;
    assert_eq!(cases(&rows), [first, second]);
    assert_eq!((rows[0].since, rows[0].messages), (start, 1));
    assert!(rows.iter().all(|row| row.unread && row.holder.is_none()));
    assert!(rows[0].name.contains('*'), "{}", rows[0].name);
    // Whoever reads one leaves a mark, and the next message takes it away; it waits since the first.
    detail(&world, &world.agent, first).await;
    let unread: Vec<bool> = free(&world).await.iter().map(|row| row.unread).collect();
    assert_eq!(unread, [false, true]);
    world.clock.advance_to(start.plus_ms(2 * MINUTE_MS));
    act(&world, &claimant, first, say("还在吗？")).await;
    let rows = free(&world).await;
    assert_eq!(cases(&rows), [first, second]);
    assert!(rows[0].unread);
    assert_eq!((rows[0].since, rows[0].messages), (start, 2));
    act(&world, &world.agent, first, say("三点前到。")).await;
    assert_eq!(cases(&free(&world).await), [second]);
    assert_eq!(detail(&world, &world.agent, first).await.since, None);
}

#[tokio::test]
async fn a_conversation_is_taken_handed_over_with_a_note_and_given_back() {
    let world = World::new().await;
    agent_is_there(&world).await;
    let (case, _) = written(&world).await;
    let take = ConversationAct::Take {};
    does(&world, &world.agent, case, take.clone())
        .await
        .unwrap();
    let log = world.app.log_size().await.unwrap();
    does(&world, &world.agent, case, take.clone())
        .await
        .unwrap();
    let again = world.app.log_size().await.unwrap();
    assert_eq!(again, log, "pressed twice it writes nothing");
    let list = world.app.conversations(&world.agent).await.unwrap();
    assert_eq!(cases(&list.mine), [case]);
    let list = world.app.conversations(&world.dispatcher).await.unwrap();
    assert_eq!(cases(&list.others), [case]);
    let held = does(&world, &world.dispatcher, case, take).await;
    assert_eq!(held.unwrap_err().rule, "conversation_held");

    // Only to whoever answers customers, and with a word.
    for (to, note, field) in [
        (&world.merchant, "请跟进", "to"),
        (&world.agent, "请跟进", "to"),
        (&world.dispatcher, "  ", "note"),
    ] {
        let wrong = does(&world, &world.agent, case, hand_over(to, note)).await;
        let wrong = wrong.unwrap_err();
        assert_eq!(
            (wrong.kind, wrong.field.as_deref()),
            (ErrorKind::Invalid, Some(field))
        );
    }
    let note = "客户想改到周末，13800000001 不方便接。";
    let handed = hand_over(&world.dispatcher, note);
    assert!(!format!("{handed:?}").contains("13800000001"), "{handed:?}");
    does(&world, &world.agent, case, handed).await.unwrap();
    let row = world.store.conversation(world.tenant, case).await.unwrap();
    let sealed = row.unwrap().note.unwrap();
    let plain = note.as_bytes();
    assert!(!sealed.windows(plain.len()).any(|part| part == plain));
    let read = detail(&world, &world.dispatcher, case).await;
    assert!(read.mine);
    assert!(!format!("{read:?}").contains("13800000001"), "{read:?}");
    let said = read.note.unwrap();
    assert_eq!((said.text.as_str(), said.by.as_str()), (note, "agent"));

    does(
        &world,
        &world.dispatcher,
        case,
        ConversationAct::GiveBack {},
    )
    .await
    .unwrap();
    let rows = free(&world).await;
    assert_eq!((cases(&rows), rows[0].holder.clone()), (vec![case], None));
    let name = "conversation_changed.v1";
    let acts = world.store.acts(world.tenant, name).await.unwrap();
    assert_eq!(
        acts.len(),
        3,
        "each step has its leaf, the refused ones none"
    );
}

#[tokio::test]
async fn whoever_is_not_there_holds_up_nobody() {
    let world = World::new().await;
    agent_is_there(&world).await;
    let (case, _) = written(&world).await;
    does(&world, &world.agent, case, ConversationAct::Take {})
        .await
        .unwrap();
    world.clock.advance_to(world.app.now().plus_ms(PRESENT_MS));
    let rows = free(&world).await;
    let holder = rows[0].holder.clone().unwrap();
    assert_eq!((holder.user, holder.here), (user(&world.agent), false));
    does(&world, &world.dispatcher, case, ConversationAct::Take {})
        .await
        .unwrap();
    assert!(detail(&world, &world.dispatcher, case).await.mine);
    // Nobody has to have it to answer.
    act(&world, &world.agent, case, say("我回来了，三点到。")).await;
    assert_eq!(detail(&world, &world.agent, case).await.since, None);
}

#[tokio::test]
async fn what_was_said_on_the_telephone_leaves_the_queue_as_far_as_it_was_read() {
    let world = World::new().await;
    let (case, claimant) = written(&world).await;
    let settle = |until| ConversationAct::Settle {
        how: MessagesEnd::Phoned,
        until,
    };
    let read = detail(&world, &world.agent, case).await.last_at.unwrap();
    world.clock.advance_to(world.app.now().plus_ms(HOUR_MS));
    act(&world, &claimant, case, say("另外，灯罩也裂了。")).await;
    let newer = does(&world, &world.agent, case, settle(read)).await;
    assert_eq!(newer.unwrap_err().rule, "message_newer");
    let read = detail(&world, &world.agent, case).await.last_at.unwrap();
    does(&world, &world.agent, case, settle(read))
        .await
        .unwrap();
    assert_eq!(free(&world).await, []);
    assert!(
        world
            .events(case)
            .await
            .contains(&"messages_settled.v1".to_owned())
    );
    // Neither does a dispatcher wait for it any more.
    let order = crate::told::row(&world, case).await;
    assert_ne!(
        order.and_then(|row| row.escalation).as_deref(),
        Some("customer_wrote")
    );
}

#[tokio::test]
async fn only_whoever_answers_customers_sees_the_queue_and_acts_on_it() {
    let world = World::new().await;
    let (case, claimant) = written(&world).await;
    for (name, who) in world.everybody() {
        let may = ["agent", "dispatcher"].contains(&name);
        assert_eq!(world.app.conversations(who).await.is_ok(), may, "{name}");
        assert_eq!(
            world.app.conversation(who, case).await.is_ok(),
            may,
            "{name}"
        );
        if !may {
            let take = ConversationAct::Take {};
            assert!(does(&world, who, case, take).await.is_err(), "{name}");
        }
    }
    assert!(world.app.conversation(&claimant, case).await.is_err());
    let other = World::new().await;
    let none = other.app.conversation(&other.agent, case).await;
    assert_eq!(none.unwrap_err().kind, ErrorKind::NotFound);
}

/// Whatever happens to a case, in whatever order, its claimant can write to the desk.
#[tokio::test]
async fn whatever_happened_the_claimant_may_write() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let claimant = world.claimant(&receipt).await;
    let lines = include_str!("../../../domain/tests/it/golden_events.jsonl");
    let events: Vec<Event> = lines
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert!(events.len() > 100, "{}", events.len());
    let mut case = Case::default();
    for event in events {
        case = evolve(case, &event);
        let offered = actions(&case, &claimant);
        assert!(
            offered.iter().any(|offer| offer.action == "say"),
            "after {} there is no way to a human",
            event.body.name()
        );
    }
}
