//! Somebody calls: the desk sees who, nobody who was not answered is forgotten, and no number lies open.

use crate::exits::in_state;
use crate::world::World;
use aftercare_app::actions::Action;
use aftercare_app::calls::{CallAct, CallEvent, CallInput, CallView};
use aftercare_app::error::ErrorKind;
use aftercare_app::views::IntakeReceipt;
use aftercare_app::{AppError, Principal};
use aftercare_domain::Timestamp;
use aftercare_domain::event::Satisfaction;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use aftercare_vault::Plain;

/// The number of the claimant of every test, and one that nobody knows.
const KNOWN: &str = "138 0000 0001";
const UNKNOWN: &str = "139 0000 0009";

fn told(id: &str, event: CallEvent, phone: &str) -> CallInput {
    CallInput {
        id: id.to_owned(),
        event,
        at: None,
        phone: Plain::new(phone.to_owned()),
        recording: Plain::new(String::new()),
    }
}

async fn tell(world: &World, id: &str, event: CallEvent, phone: &str) -> CallView {
    let input = told(id, event, phone);
    world.app.tell_call(&world.agent, &input).await.unwrap()
}

async fn act(
    world: &World,
    who: &Principal,
    call: &CallView,
    act: CallAct,
) -> Result<CallView, AppError> {
    world.app.act_on_call(who, call.id, act).await
}

async fn waiting(world: &World) -> Vec<CallView> {
    world.app.calls(&world.agent).await.unwrap().waiting
}

#[tokio::test]
async fn a_ring_shows_the_masked_number_and_the_open_cases_of_the_caller() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let call = tell(&world, "c-1", CallEvent::Ring, KNOWN).await;
    assert_eq!(call.state, "ringing");
    assert!(
        call.has_number && call.phone.contains('*'),
        "{}",
        call.phone
    );
    let cases: Vec<_> = call.cases.iter().map(|row| row.id).collect();
    assert_eq!(cases, [receipt.case]);
    let list = world.app.calls(&world.dispatcher).await.unwrap();
    assert_eq!(list.ringing, [call]);
    // A number that nobody knows has no cases, and one that is withheld is a call all the same.
    let stranger = tell(&world, "c-2", CallEvent::Ring, UNKNOWN).await;
    assert_eq!(stranger.cases, []);
    let withheld = tell(&world, "c-3", CallEvent::Ring, "").await;
    assert!(!withheld.has_number);
    assert_eq!(
        world.app.calls(&world.agent).await.unwrap().ringing.len(),
        3
    );
}

#[tokio::test]
async fn events_may_come_twice_and_in_any_order() {
    use CallEvent::{Answered, Ended, Missed, Ring};
    let orders = [
        [Ring, Missed, Answered, Ended],
        [Ended, Answered, Missed, Ring],
        [Missed, Ended, Ring, Answered],
        [Answered, Ring, Ended, Missed],
    ];
    for events in orders {
        let world = World::new().await;
        for event in events {
            let first = tell(&world, "c-1", event, KNOWN).await;
            let log = world.app.log_size().await.unwrap();
            assert_eq!(tell(&world, "c-1", event, KNOWN).await, first);
            let after = world.app.log_size().await.unwrap();
            assert_eq!(after, log, "said again it writes nothing");
        }
        let list = world.app.calls(&world.agent).await.unwrap();
        assert_eq!(list.waiting, [], "{events:?}: somebody answered");
        assert_eq!(list.answered.len(), 1, "{events:?}");
        assert_eq!(list.answered[0].state, "ended");
    }
}

#[tokio::test]
async fn a_missed_call_waits_with_its_clock_until_somebody_called_back() {
    let world = World::new().await;
    let start = world.app.now();
    let call = tell(&world, "c-1", CallEvent::Missed, UNKNOWN).await;
    // Two hours of the desk, from Monday at 9.
    assert_eq!(call.due_at, Some(start.plus_ms(2 * HOUR_MS)));
    world.clock.advance_to(start.plus_ms(MINUTE_MS));
    tell(&world, "c-2", CallEvent::Missed, KNOWN).await;
    let ids: Vec<_> = waiting(&world).await.iter().map(|call| call.id).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], call.id, "the nearest deadline first");
    let mine = act(&world, &world.agent, &call, CallAct::Claim)
        .await
        .unwrap();
    assert!(mine.claimed_by.is_some());
    let refused = act(&world, &world.dispatcher, &call, CallAct::NotReached).await;
    assert_eq!(refused.unwrap_err().rule, "call_claimed");
    // In vain: it is owed again, and lies open to others.
    let again = act(&world, &world.agent, &call, CallAct::NotReached).await;
    let again = again.unwrap();
    assert_eq!((again.tries, again.claimed_by), (1, None));
    let since = start.plus_ms(MINUTE_MS);
    assert_eq!(again.due_at, Some(since.plus_ms(2 * HOUR_MS)));
    // Whoever has it and is called away holds up nobody.
    act(&world, &world.agent, &call, CallAct::Claim)
        .await
        .unwrap();
    world.clock.advance_to(start.plus_ms(HOUR_MS));
    act(&world, &world.dispatcher, &call, CallAct::Done)
        .await
        .unwrap();
    assert_eq!(waiting(&world).await.len(), 1);
    act(&world, &world.dispatcher, &call, CallAct::Done)
        .await
        .unwrap();
    let late = act(&world, &world.agent, &call, CallAct::Claim).await;
    assert_eq!(late.unwrap_err().rule, "call_done");
}

#[tokio::test]
async fn a_ring_of_which_nothing_more_is_told_is_called_back() {
    let world = World::new().await;
    let call = tell(&world, "c-1", CallEvent::Ring, KNOWN).await;
    world
        .clock
        .advance_to(world.app.now().plus_ms(10 * MINUTE_MS));
    let ids: Vec<_> = waiting(&world).await.iter().map(|call| call.id).collect();
    assert_eq!(ids, [call.id]);
}

#[tokio::test]
async fn the_number_opens_to_takers_only_and_every_look_is_in_the_log() {
    let world = World::new().await;
    let mut input = told("c-13700000009", CallEvent::Missed, UNKNOWN);
    input.recording = Plain::new("rec://demo/77".to_owned());
    let call = world.app.tell_call(&world.agent, &input).await.unwrap();
    let debug = format!("{input:?} {call:?}");
    for secret in ["13700000009", "0000009", "rec://"] {
        assert!(!debug.contains(secret), "{debug}");
    }
    for (name, who) in world.everybody() {
        let may = ["agent", "dispatcher"].contains(&name);
        assert_eq!(world.app.calls(who).await.is_ok(), may, "{name}");
        if !may {
            assert!(world.app.open_call(who, call.id).await.is_err(), "{name}");
            assert!(world.app.tell_call(who, &input).await.is_err(), "{name}");
        }
    }
    let opened = world.app.open_call(&world.agent, call.id).await.unwrap();
    assert!(opened.phone.as_deref().unwrap().ends_with("13900000009"));
    assert_eq!(opened.recording.as_deref(), Some("rec://demo/77"));
    assert!(!format!("{opened:?}").contains("0000009"), "{opened:?}");
    let again = world.app.open_call(&world.agent, call.id).await.unwrap();
    assert!(again.seq > opened.seq, "each look has its leaf");
    // A colleague has it; once it is done nobody looks any more.
    let other = world.app.open_call(&world.dispatcher, call.id).await;
    assert_eq!(other.unwrap_err().rule, "call_claimed");
    act(&world, &world.agent, &call, CallAct::Done)
        .await
        .unwrap();
    let late = world.app.open_call(&world.agent, call.id).await;
    assert_eq!(late.unwrap_err().rule, "call_done");
}

#[tokio::test]
async fn a_wrong_number_and_an_empty_id_are_refused_with_their_field() {
    let world = World::new().await;
    for (id, phone, field) in [("", KNOWN, "id"), ("c-1", "12", "phone")] {
        let input = told(id, CallEvent::Ring, phone);
        let error = world.app.tell_call(&world.agent, &input).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert_eq!(error.field.as_deref(), Some(field));
    }
    // A time to come is now, so that a clock that runs ahead puts nothing off.
    let mut ahead = told("c-1", CallEvent::Missed, KNOWN);
    ahead.at = Some(Timestamp(world.app.now().0 + HOUR_MS));
    let call = world.app.tell_call(&world.agent, &ahead).await.unwrap();
    assert_eq!(call.since, world.app.now());
}

#[tokio::test]
async fn a_claimant_asks_to_be_called_and_a_call_becomes_a_case() {
    let world = World::new().await;
    let receipt = world.repair().await;
    let claimant = world.claimant(&receipt).await;
    world
        .app
        .ask_callback(&claimant, receipt.case)
        .await
        .unwrap();
    world
        .app
        .ask_callback(&claimant, receipt.case)
        .await
        .unwrap();
    let due = world.app.callback_of(world.tenant, receipt.case).await;
    assert!(due.unwrap().is_some());
    let calls = waiting(&world).await;
    assert_eq!(calls.len(), 1, "asked twice it is owed once");
    assert!(calls[0].asked);
    assert_eq!(calls[0].case, Some(receipt.case));
    act(&world, &world.agent, &calls[0], CallAct::Done)
        .await
        .unwrap();
    assert_eq!(waiting(&world).await, []);
    // Later they may ask again; nobody else asks for them.
    world
        .app
        .ask_callback(&claimant, receipt.case)
        .await
        .unwrap();
    assert_eq!(waiting(&world).await.len(), 1);
    let other = world.repair().await;
    assert!(world.app.ask_callback(&claimant, other.case).await.is_err());
    assert!(
        world
            .app
            .ask_callback(&world.agent, receipt.case)
            .await
            .is_err()
    );
    // A report that is taken down in a call ends what was owed.
    let call = tell(&world, "c-1", CallEvent::Missed, UNKNOWN).await;
    let written = world.repair().await;
    world
        .app
        .call_became(&world.agent, call.id, written.case)
        .await
        .unwrap();
    assert_eq!(
        waiting(&world).await.len(),
        1,
        "only the one that was asked for"
    );
}

/// A repair that is finished, of which the customer has said nothing for so long.
async fn unanswered(world: &World, ms: i64) -> IntakeReceipt {
    let receipt = in_state(world, "scheduled").await;
    world.carry_out(receipt.case).await;
    world.pass(ms).await;
    receipt
}

async fn outcome(world: &World, call: &CallView) -> Option<String> {
    let row = world.store.call(world.tenant, call.id).await.unwrap();
    row.unwrap().outcome
}

async fn to_ask(world: &World) -> Vec<CallView> {
    world.app.calls(&world.agent).await.unwrap().follow_ups
}

#[tokio::test]
async fn who_said_nothing_about_finished_work_is_asked_and_given_up_after_three_calls() {
    let world = World::new().await;
    let receipt = unanswered(&world, 2 * DAY_MS).await;
    assert_eq!(to_ask(&world).await, [], "they may still say it themselves");
    world.pass(2 * DAY_MS).await;
    let owed = to_ask(&world).await;
    assert_eq!((owed.len(), waiting(&world).await.len()), (1, 0));
    let call = &owed[0];
    let work = call.follows.as_ref().unwrap();
    assert_eq!((work.case, work.tries_left), (receipt.case, 3));
    assert!(!call.asked && call.has_number, "{call:?}");
    assert!(call.due_at > Some(call.since), "{call:?}");
    let opened = world.app.open_call(&world.agent, call.id).await.unwrap();
    assert_eq!(opened.follows.as_ref(), Some(work));
    for tries in 1..3 {
        let tried = act(&world, &world.agent, call, CallAct::NotReached).await;
        let tried = tried.unwrap();
        assert_eq!((tried.tries, tried.outcome), (tries, None));
        assert_eq!(to_ask(&world).await.len(), 1);
    }
    let last = act(&world, &world.agent, call, CallAct::NotReached).await;
    let last = last.unwrap();
    assert_eq!(last.outcome.as_deref(), Some("given_up"));
    assert_eq!((last.state.as_str(), last.due_at), ("done", None));
    world.pass(2 * DAY_MS).await;
    assert_eq!(to_ask(&world).await, [], "once for each repair");
}

#[tokio::test]
async fn a_call_after_finished_work_ends_with_what_came_of_it() {
    // Reached; and a complaint that became a case.
    for complains in [false, true] {
        let world = World::new().await;
        unanswered(&world, 4 * DAY_MS).await;
        let call = to_ask(&world).await.remove(0);
        let ended = if complains {
            let case = world.repair().await.case;
            world.app.call_became(&world.agent, call.id, case).await
        } else {
            act(&world, &world.agent, &call, CallAct::Done).await
        };
        let word = if complains { "complaint" } else { "reached" };
        assert_eq!(ended.unwrap().outcome.as_deref(), Some(word));
        assert_eq!(to_ask(&world).await, []);
    }
    // The customer says it while the call waits; what nobody calls about lapses; and who said it at once is never asked.
    let world = World::new().await;
    let receipt = unanswered(&world, 4 * DAY_MS).await;
    let call = to_ask(&world).await.remove(0);
    let claimant = world.claimant(&receipt).await;
    let rate = Action::RateWork {
        work_order: None,
        satisfaction: Satisfaction::Satisfied,
        reason: String::new(),
    };
    world
        .act(&claimant, receipt.case, rate.clone())
        .await
        .unwrap();
    world.app.settle().await.unwrap();
    assert_eq!(to_ask(&world).await, []);
    let ended = outcome(&world, &call).await;
    assert_eq!(ended.as_deref(), Some("answered"));
    let receipt = unanswered(&world, HOUR_MS).await;
    let claimant = world.claimant(&receipt).await;
    world.act(&claimant, receipt.case, rate).await.unwrap();
    world.pass(4 * DAY_MS).await;
    assert_eq!(to_ask(&world).await, []);
    let world = World::new().await;
    unanswered(&world, 4 * DAY_MS).await;
    let call = to_ask(&world).await.remove(0);
    world.pass(31 * DAY_MS).await;
    let ended = outcome(&world, &call).await;
    assert_eq!(ended.as_deref(), Some("lapsed"));
}

#[tokio::test]
async fn a_callers_number_stays_while_a_call_back_is_owed_and_ends_a_year_after() {
    let world = World::new().await;
    let call = tell(&world, "c-1", CallEvent::Missed, UNKNOWN).await;
    let year = 366 * 24 * HOUR_MS;
    world.clock.advance_to(world.app.now().plus_ms(year));
    world.app.retention_turn().await.unwrap();
    let owed = waiting(&world).await;
    assert!(owed[0].has_number, "who waits is not forgotten");
    act(&world, &world.agent, &call, CallAct::Done)
        .await
        .unwrap();
    world.app.retention_turn().await.unwrap();
    let tell_again = tell(&world, "c-1", CallEvent::Ended, "").await;
    assert!(tell_again.has_number, "a year begins with its end");
    world.clock.advance_to(world.app.now().plus_ms(year));
    world.app.retention_turn().await.unwrap();
    let person = world.store.call(world.tenant, call.id).await.unwrap();
    let person = world.store.person(person.unwrap().person).await.unwrap();
    let person = person.unwrap();
    assert!(person.shredded_at.is_some() && person.phone.is_none());
    // Whoever calls again is somebody new.
    let later = tell(&world, "c-2", CallEvent::Missed, UNKNOWN).await;
    assert!(later.has_number);
}
