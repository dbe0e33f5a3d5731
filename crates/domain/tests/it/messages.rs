//! What a customer writes waits until a human who works here answers, decides, or says that nothing is owed.

use crate::world::{
    AGENT, CLAIM, CLAIMANT, DISPATCHER, MERCHANT, NEAR, REVIEWER, WORK, World, accept, by,
    decide_claim, evidence_id, offer, photo, request, technician, text, verify,
};
use aftercare_domain::actor::{Actor, Party};
use aftercare_domain::clock::Subject;
use aftercare_domain::command::Command;
use aftercare_domain::event::{Body, DraftUse, MessagesEnd, Verdict};
use aftercare_domain::evidence::{EvidenceFile, EvidenceKind};
use aftercare_domain::limits::{EVIDENCE_PER_WORK_ORDER_MAX, HEARING_MS, VOICE_PER_PARTY_MAX};
use aftercare_domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use proptest::collection::vec;
use proptest::prelude::{prop_assert_eq, proptest};

pub fn note(subject: Subject, by: Actor, party: Option<Party>) -> Command {
    Command::AddStatement {
        by,
        subject,
        party,
        text: text(),
        evidence: Vec::new(),
        files: Vec::new(),
        draft: None,
    }
}

pub fn settle(until: Timestamp) -> Command {
    Command::SettleMessages {
        by: AGENT,
        how: MessagesEnd::Phoned,
        until,
    }
}

const REPAIR: Subject = Subject::WorkOrder(WORK);

fn asks() -> Command {
    note(REPAIR, CLAIMANT, Some(Party::Claimant))
}

/// A message of the claimant with photos or voice notes.
pub fn shows(subject: Subject, shown: Vec<EvidenceFile>) -> Command {
    let mut message = note(subject, CLAIMANT, Some(Party::Claimant));
    if let Command::AddStatement { files, .. } = &mut message {
        *files = shown;
    }
    message
}

fn voice(number: u128) -> EvidenceFile {
    EvidenceFile {
        media_type: "audio/mp4".to_owned(),
        kind: EvidenceKind::Other,
        ..photo(number)
    }
}

#[test]
fn what_comes_with_a_message_about_a_repair_is_with_its_photos() {
    let mut world = written();
    world.run(shows(REPAIR, vec![photo(60), voice(61)]));
    let ids = [evidence_id(60), evidence_id(61)];
    let order = &world.case.work_orders[&WORK];
    assert!(ids.iter().all(|id| order.evidence.contains(id)));
    assert!(ids.iter().all(|id| world.case.evidence.contains_key(id)));
    let waiting = world.case.waiting.expect("the customer waits");
    assert_eq!(waiting.messages, 2, "photos with a message are no message");
    assert_eq!(
        world.refused(shows(REPAIR, vec![photo(60)])),
        "id_taken",
        "once"
    );
    let many = (100..).take(EVIDENCE_PER_WORK_ORDER_MAX).map(photo);
    let refused = world.refused(shows(REPAIR, many.collect()));
    assert_eq!(refused, "too_much_evidence");
}

#[test]
fn a_voice_note_about_a_claim_is_heard_and_is_no_evidence_of_it() {
    let claim = Subject::Claim(CLAIM);
    let mut world = World::merchant_window();
    let before = world.case.claims[&CLAIM].evidence.clone();
    world.run(shows(claim, vec![voice(60)]));
    assert!(world.case.evidence.contains_key(&evidence_id(60)));
    assert_eq!(world.case.claims[&CLAIM].evidence, before);
    let both = shows(claim, vec![voice(61), photo(62)]);
    assert_eq!(world.refused(both), "photos_are_evidence");
    // One side says so much and no more, and takes nothing of what the other may say.
    for first in (100..).step_by(10).take(VOICE_PER_PARTY_MAX / 10 - 1) {
        world.run(shows(claim, (first..).take(10).map(voice).collect()));
    }
    let many = shows(claim, (500..).take(10).map(voice).collect());
    assert_eq!(world.refused(many), "too_much_evidence");
    let mut answer = note(claim, by(MERCHANT), Some(Party::Merchant));
    if let Command::AddStatement { files, .. } = &mut answer {
        *files = vec![voice(600)];
    }
    world.run(answer);
}

#[test]
fn only_a_colleague_begins_with_a_draft() {
    let claim = Subject::Claim(CLAIM);
    for (message, noted) in [
        (note(claim, by(AGENT), None), Some(DraftUse::Edited)),
        (note(claim, CLAIMANT, Some(Party::Claimant)), None),
        (note(claim, by(MERCHANT), Some(Party::Merchant)), None),
    ] {
        let mut world = World::merchant_window();
        let mut message = message;
        if let Command::AddStatement { draft, .. } = &mut message {
            *draft = Some(DraftUse::Edited);
        }
        world.run(message);
        let said = world.events.iter().rev();
        let mut said = said.filter_map(|event| match &event.body {
            Body::StatementAdded { draft, .. } => Some(*draft),
            _ => None,
        });
        assert_eq!(said.next(), Some(noted));
    }
}

/// A repair that somebody accepted, whose customer wrote.
pub fn written() -> World {
    let mut world = World::opened();
    for command in [request(WORK), verify(), offer(1), accept(1, NEAR), asks()] {
        world.run(command);
    }
    world
}

#[test]
fn a_message_waits_since_the_first_until_somebody_who_works_here_answers() {
    for answers in [by(AGENT), by(DISPATCHER), technician(NEAR)] {
        let mut world = written();
        let first = world.now;
        world.later(HOUR_MS);
        world.run(asks());
        let waiting = world.case.waiting.expect("the customer waits");
        assert_eq!(waiting.since, first);
        assert_eq!(waiting.last_at, first.plus_ms(HOUR_MS));
        assert_eq!(waiting.messages, 2);
        world.run(note(REPAIR, answers, None));
        assert_eq!(world.case.waiting, None);
        // The next one begins anew.
        world.later(HOUR_MS);
        world.run(asks());
        let waiting = world.case.waiting.expect("the customer waits again");
        assert_eq!((waiting.since, waiting.messages), (world.now, 1));
    }
}

#[test]
fn neither_the_other_side_nor_a_colleague_who_writes_for_the_customer_answers_or_waits() {
    let claim = Subject::Claim(CLAIM);
    let mut world = World::merchant_window();
    world.run(note(claim, by(AGENT), Some(Party::Claimant)));
    assert_eq!(world.case.waiting, None, "it was said to a colleague");
    world.run(note(claim, CLAIMANT, Some(Party::Claimant)));
    world.run(note(claim, by(MERCHANT), Some(Party::Merchant)));
    assert!(world.case.waiting.is_some(), "a side is not the desk");
    world.run(note(claim, by(REVIEWER), None));
    assert_eq!(world.case.waiting, None);
}

#[test]
fn a_decision_answers_what_was_written_before_it() {
    let claim = Subject::Claim(CLAIM);
    let mut world = World::human_review();
    world.run(note(claim, CLAIMANT, Some(Party::Claimant)));
    assert!(world.case.waiting.is_some());
    world.later(HEARING_MS);
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    assert_eq!(world.case.waiting, None);
}

#[test]
fn what_was_said_on_the_telephone_is_settled_as_far_as_it_was_read() {
    let mut world = written();
    let read = world.case.waiting.expect("the customer waits").last_at;
    world.later(MINUTE_MS);
    world.run(asks());
    assert_eq!(world.refused(settle(read)), "message_newer");
    let read = world.case.waiting.expect("the customer waits").last_at;
    assert_eq!(world.run(settle(read))[0], "messages_settled.v1");
    assert_eq!(world.case.waiting, None);
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.call(), None, "no dispatcher is called for it either");
    assert_eq!(world.refused(settle(read)), "no_message_waits");
    // After the end of the case as well.
    let mut world = World::under_warranty();
    world.run(asks());
    world.run(settle(world.now));
    assert!(world.case.closed && world.case.waiting.is_none());
}

/// Who writes in the property: the customer, whoever writes for the customer, and whoever answers.
const WRITERS: [(Actor, Option<Party>); 5] = [
    (CLAIMANT, Some(Party::Claimant)),
    (by(AGENT), Some(Party::Claimant)),
    (by(AGENT), None),
    (technician(NEAR), None),
    (by(DISPATCHER), None),
];

proptest! {
    /// However they write, exactly the messages after the last answer wait.
    #[test]
    fn exactly_what_came_after_the_last_answer_waits(writes in vec((0..5_usize, 0..3_i64), 0..12)) {
        let mut world = World::opened();
        for command in [request(WORK), verify(), offer(1), accept(1, NEAR)] {
            world.run(command);
        }
        let mut expected: Option<(Timestamp, Timestamp, u32)> = None;
        for (who, minutes) in writes {
            world.later(minutes * MINUTE_MS);
            let (actor, party) = WRITERS[who];
            world.run(note(REPAIR, actor, party));
            expected = match (actor, party) {
                (_, None) => None,
                (Actor::Claimant { .. }, _) => {
                    let (since, _, count) = expected.unwrap_or((world.now, world.now, 0));
                    Some((since, world.now, count + 1))
                }
                _ => expected,
            };
            let waiting = world.case.waiting;
            let waiting = waiting.map(|waiting| (waiting.since, waiting.last_at, waiting.messages));
            prop_assert_eq!(waiting, expected);
        }
    }
}
