//! Photos that resemble some which other platforms judged forged: a person looks, blind, and has longer where needed; nothing
//! else follows.

use crate::world::{
    AGENT, CLAIM, CLAIMANT, DISPATCHER, MERCHANT, REVIEWER, RISK, SECOND, World, add_photo, agree,
    by, claim_clock, decide_claim, evidence_id, first_look, inspection, screening,
};
use aftercare_domain::actor::Actor;
use aftercare_domain::case::ClaimState;
use aftercare_domain::clock::ClockName;
use aftercare_domain::command::Command;
use aftercare_domain::event::{Body, Event, KnownElsewhere, KnownPhoto, Verdict};
use aftercare_domain::evidence::FindingCode;
use aftercare_domain::ids::EvidenceId;
use aftercare_domain::limits::{HEARING_MS, LOOK_LONGER_HOURS_MAX};
use aftercare_domain::time::HOUR_MS;
use aftercare_domain::view::{known_elsewhere, public_findings};
use proptest::prelude::prop_assert;
use proptest::test_runner::TestCaseError;

const READERS: [Actor; 5] = [CLAIMANT, by(MERCHANT), by(REVIEWER), by(RISK), by(AGENT)];

/// That this photo resembles an item of the list.
pub fn known(number: u128) -> Command {
    Command::RecordElsewhere {
        claim: CLAIM,
        known: KnownElsewhere {
            list: "exchange.example/list".to_owned(),
            entries: 40,
            longer_h: 48,
            photos: vec![KnownPhoto {
                evidence: evidence_id(number),
                item: 7,
                publisher: 3,
                judged_on: 20_480,
                published_on: 20_500,
            }],
        },
    }
}

/// That photos of the claim were looked up, and resemble nothing.
fn looked_up() -> Command {
    let mut told = known(1);
    if let Command::RecordElsewhere { known, .. } = &mut told {
        known.photos.clear();
    }
    told
}

/// A claim whose only photo resembles one that was judged forged elsewhere, and of which the checks say nothing.
pub fn matched() -> World {
    let mut world = World::claim_filed();
    world.run(known(1));
    world.run(screening(1, FindingCode::Clear));
    world
}

/// What a decision may bring that tells of a likeness: nothing that ends anything or moves money, and a side hears of it, where
/// a person has looked, to answer.
pub fn only_brings_a_person(events: &[Event]) -> Result<(), TestCaseError> {
    let told = |event: &Event| matches!(event.body, Body::PhotosKnownElsewhere { .. });
    if !events.iter().any(told) {
        return Ok(());
    }
    for event in events {
        prop_assert!(
            matches!(
                event.body,
                Body::PhotosKnownElsewhere { .. }
                    | Body::FirstLookRequired { .. }
                    | Body::HearingOpened { .. }
                    | Body::ClockStarted { .. }
                    | Body::ClockPaused { .. }
                    | Body::DispatcherCalled { .. }
            ),
            "a likeness brought {}",
            event.body.name()
        );
    }
    Ok(())
}

/// The photos of which a reader may know what they resemble.
fn read(world: &World, viewer: Actor) -> Vec<EvidenceId> {
    let known = known_elsewhere(&world.case, CLAIM, viewer).expect("a reader");
    known.iter().map(|one| one.photo.evidence).collect()
}

#[test]
fn a_likeness_brings_a_person_before_the_merchant_and_nobody_reads_it_before_the_look() {
    let mut world = World::claim_filed();
    assert_eq!(world.run(known(1)), ["photos_known_elsewhere.v1"]);
    assert_eq!(world.claim_state(), ClaimState::EvidenceCheck);
    assert_eq!(
        world.run(screening(1, FindingCode::Clear)),
        [
            "claim_inspected.v1",
            "clock_stopped.v1",
            "first_look_required.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(world.claim_state(), ClaimState::FirstLook);
    for viewer in READERS {
        assert_eq!(read(&world, viewer), []);
        assert_eq!(public_findings(&world.case, CLAIM, viewer), None);
    }
    assert!(!world.case.claims[&CLAIM].elsewhere[0].was_open);
    // Nothing is agreed on before, and nothing about the claim tells why somebody looks.
    assert_eq!(world.refused(agree()), "first_look_first");
    let clock = world.case.clock(claim_clock(ClockName::FirstLook)).unwrap();
    assert_eq!(clock.allowance_ms, world.facts.rules.first_look_ms);
    world.run(first_look(&world, REVIEWER));
    assert_eq!(world.claim_state(), ClaimState::MerchantWindow);
    for viewer in READERS {
        assert_eq!(read(&world, viewer), [evidence_id(1)]);
    }
    assert_eq!(
        known_elsewhere(&world.case, CLAIM, by(DISPATCHER)),
        None,
        "not for somebody whom findings are not for"
    );
    // The merchant may agree like to any claim.
    world.run(agree());
}

#[test]
fn whoever_looks_has_longer_once_and_the_clock_tells_nothing_before() {
    let mut world = matched();
    let look = claim_clock(ClockName::FirstLook);
    assert_eq!(
        world.let_run_out(look),
        ["clock_expired.v1", "clock_started.v1"]
    );
    let longer_ms = i64::from(LOOK_LONGER_HOURS_MAX) * HOUR_MS;
    assert_eq!(world.case.clock(look).unwrap().allowance_ms, longer_ms);
    assert!(!world.case.claims[&CLAIM].review_overdue);
    // What was added is no allowance of the rules.
    world.run(Command::RebaseClocks);
    assert_eq!(world.case.clock(look).unwrap().allowance_ms, longer_ms);
    assert_eq!(
        world.let_run_out(look),
        ["clock_expired.v1", "review_overdue.v1"]
    );
    world.run(first_look(&world, REVIEWER));
    assert_eq!(world.claim_state(), ClaimState::MerchantWindow);
    // Where nothing was looked up there is nothing to add.
    let mut accused = World::accused();
    assert_eq!(
        accused.let_run_out(look),
        ["clock_expired.v1", "review_overdue.v1"]
    );
}

#[test]
fn longer_is_bounded_whatever_is_told() {
    let mut world = World::claim_filed();
    let mut told = known(1);
    if let Command::RecordElsewhere { known, .. } = &mut told {
        known.longer_h = u16::MAX;
    }
    world.run(told);
    let longer_h = world.case.claims[&CLAIM].look_longer_h;
    assert_eq!(longer_h, LOOK_LONGER_HOURS_MAX);
}

/// What the log names of a claim, step by step, from its photos being looked up until a person looks, and of a later photo.
fn named(first: Command, later: Command, code: FindingCode) -> Vec<Vec<String>> {
    let mut world = World::claim_filed();
    let look = claim_clock(ClockName::FirstLook);
    let mut named = vec![
        world.run(first),
        world.run(screening(1, code)),
        world.let_run_out(look),
        world.let_run_out(look),
    ];
    let taken = first_look(&world, REVIEWER);
    world.run(taken);
    world.run(add_photo(2, None));
    named.push(world.run(later));
    named.push(world.run(screening(2, code)));
    named.push(world.let_run_out(look));
    named
}

#[test]
fn neither_names_nor_numbers_of_events_nor_clocks_tell_a_likeness_from_an_accusation() {
    let matched = named(known(1), known(2), FindingCode::Clear);
    let accused = named(looked_up(), looked_up(), FindingCode::ReusedPhoto);
    assert_eq!(matched, accused);
    assert_eq!(matched[0], ["photos_known_elsewhere.v1"]);
    assert_eq!(matched[2], ["clock_expired.v1", "clock_started.v1"]);
    // Of a claim that nothing speaks against, the photos were looked up as well.
    let mut world = World::claim_filed();
    assert_eq!(world.run(looked_up()), ["photos_known_elsewhere.v1"]);
    world.run(screening(1, FindingCode::Clear));
    assert_eq!(world.claim_state(), ClaimState::MerchantWindow);
    for viewer in READERS {
        assert_eq!(read(&world, viewer), []);
    }
}

#[test]
fn checks_that_nothing_new_brought_tell_no_likeness_by_the_order_of_the_events() {
    // As after a technician's visit: no photo of the claim waits to be checked when they are looked up and seen again.
    let mut matched = World::human_review();
    assert_eq!(matched.run(known(1)), ["photos_known_elsewhere.v1"]);
    let says_nothing_more = || screening(1, FindingCode::Clear);
    let of_matched = matched.run(says_nothing_more());
    let mut accused = World::human_review();
    assert_eq!(accused.run(looked_up()), ["photos_known_elsewhere.v1"]);
    let of_accused = accused.run(screening(1, FindingCode::DamageNotConfirmed));
    assert_eq!(of_matched, of_accused);
    assert_eq!(
        of_matched,
        [
            "claim_inspected.v1",
            "first_look_required.v1",
            "clock_started.v1"
        ]
    );
    // Recorded once, and not where nothing resembles anything; no record is of no photo.
    assert_eq!(matched.refused(says_nothing_more()), "already_screened");
    let mut other = World::human_review();
    other.run(looked_up());
    assert_eq!(other.refused(says_nothing_more()), "already_screened");
    other.run(known(1));
    assert_eq!(other.refused(inspection(Vec::new())), "already_screened");
}

#[test]
fn it_is_told_once_and_of_photos_of_the_claim_only() {
    let mut world = matched();
    // That it was looked up again is recorded as of any claim, and nothing is told twice.
    assert_eq!(world.run(known(1)), ["photos_known_elsewhere.v1"]);
    assert_eq!(world.run(known(77)), ["photos_known_elsewhere.v1"]);
    assert_eq!(world.case.claims[&CLAIM].elsewhere.len(), 1);
    let mut nameless = known(1);
    if let Command::RecordElsewhere { known, .. } = &mut nameless {
        known.list.clear();
    }
    assert_eq!(world.refused(nameless), "text_missing");
    // The same item of another list is another one.
    let mut other = known(1);
    if let Command::RecordElsewhere { known, .. } = &mut other {
        known.list = "other.example/list".to_owned();
        known.photos.push(known.photos[0]);
    }
    assert_eq!(world.run(other), ["photos_known_elsewhere.v1"]);
    assert_eq!(world.case.claims[&CLAIM].elsewhere.len(), 2);
}

#[test]
fn a_photo_that_comes_later_gets_a_look_of_its_own() {
    let mut world = matched();
    world.run(first_look(&world, REVIEWER));
    world.run(add_photo(2, None));
    // The checks come first: who reads the order of the events learns nothing.
    assert_eq!(world.run(known(2)), ["photos_known_elsewhere.v1"]);
    assert_eq!(
        world.run(screening(2, FindingCode::Clear)),
        [
            "claim_inspected.v1",
            "clock_stopped.v1",
            "first_look_required.v1",
            "clock_started.v1",
            "clock_paused.v1"
        ]
    );
    assert_eq!(world.refused(agree()), "first_look_first");
    for viewer in READERS {
        assert_eq!(read(&world, viewer), [evidence_id(1)]);
    }
    world.run(first_look(&world, SECOND));
    for viewer in READERS {
        assert_eq!(read(&world, viewer), [evidence_id(1), evidence_id(2)]);
    }
}

#[test]
fn of_a_photo_that_a_human_set_aside_nothing_is_said() {
    let mut world = matched();
    world.run(first_look(&world, REVIEWER));
    world.run(Command::JudgeEvidence {
        by: REVIEWER,
        claim: CLAIM,
        evidence: evidence_id(1),
        accepted: false,
    });
    for viewer in READERS {
        assert_eq!(read(&world, viewer), []);
    }
    // That it was everybody's to know stays noted: taken back, it is no news.
    assert!(world.case.claims[&CLAIM].elsewhere[0].was_open);
}

#[test]
fn what_is_decided_is_told_nothing_more() {
    let mut world = World::decided(Verdict::Rejected);
    assert_eq!(world.refused(known(1)), "evidence_closed");
    world.let_run_out(claim_clock(ClockName::Appeal));
    assert_eq!(world.refused(known(1)), "case_closed");
}

#[test]
fn the_side_whose_photo_it_is_has_time_to_answer_before_a_decision() {
    let decision = || decide_claim(REVIEWER, Verdict::Rejected);
    let mut world = World::human_review();
    world.later(HOUR_MS);
    world.run(add_photo(2, None));
    world.run(known(2));
    world.run(screening(2, FindingCode::Clear));
    world.later(HEARING_MS);
    world.run(first_look(&world, SECOND));
    assert_eq!(world.refused(decision()), "not_heard_yet");
    world.later(HEARING_MS);
    world.run(decision());
}
