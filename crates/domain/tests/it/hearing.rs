//! What a side says last is heard by the other before a decision uses it.

use crate::messages::note;
use crate::world::{
    CLAIM, CLAIMANT, MERCHANT, NEAR, REVIEWER, SECOND, World, accept, add_photo, agree,
    answer_settlement, appeal, arrive, by, claim_clock, contest, decide_appeal, decide_claim,
    diagnose, evidence_id, file, finding, finish, first_look, granted, inspected, inspection,
    offer, refund, request_inspection, round_over, schedule, screening, settlement, verify,
};
use aftercare_domain::actor::Party;
use aftercare_domain::clock::{ClockName, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::event::{Body, HearingCause, Resolution, Verdict, WorkOutcome};
use aftercare_domain::evidence::FindingCode;
use aftercare_domain::limits::{HEARING_MS, HEARING_SHORT_MS, HEARINGS_PER_SIDE_MAX};
use aftercare_domain::time::{HOUR_MS, Timestamp};

#[test]
fn what_a_side_says_last_is_there_for_the_other_before_a_decision_uses_it() {
    let decision = || decide_claim(REVIEWER, granted(6_800));
    let mut world = World::human_review();
    world.run(add_photo(2, None));
    world.run(screening(2, FindingCode::Clear));
    let until = world.now.plus_ms(HEARING_MS);
    let refused = world.attempt(decision()).unwrap_err();
    assert_eq!(refused.rule, "not_heard_yet");
    for words in [refused.zh, refused.en] {
        assert!(words.contains(&until.to_china_minute()), "{words}");
    }
    // The claimant goes on: that gives the merchant no less time, and the claimant cannot end it.
    assert_eq!(
        world.refused(round_over(Party::Claimant, CLAIMANT)),
        "no_evidence_round"
    );
    world.later(HEARING_MS - 1);
    assert_eq!(world.refused(decision()), "not_heard_yet");
    world.later(1);
    world.run(decision());
    // The merchant has nothing to add: the wait is over at once.
    let mut world = World::human_review();
    world.run(note(Subject::Claim(CLAIM), CLAIMANT, Some(Party::Claimant)));
    assert_eq!(world.refused(decision()), "not_heard_yet");
    world.run(round_over(Party::Merchant, by(MERCHANT)));
    world.run(decision());
    // The merchant answers: now the claimant has to be heard.
    let mut world = World::human_review();
    world.run(note(Subject::Claim(CLAIM), CLAIMANT, Some(Party::Claimant)));
    world.later(HOUR_MS);
    world.run(note(
        Subject::Claim(CLAIM),
        by(MERCHANT),
        Some(Party::Merchant),
    ));
    world.later(HEARING_MS - HOUR_MS);
    assert_eq!(world.refused(decision()), "not_heard_yet");
    world.later(HOUR_MS);
    world.run(decision());
}

/// Findings that open in a review, by a look at a photo that came late, or of checks that were late.
fn found_in_review() -> [World; 2] {
    let mut looked = World::human_review();
    looked.later(HOUR_MS);
    looked.run(add_photo(2, None));
    looked.run(screening(2, FindingCode::ReusedPhoto));
    // The merchant had its time to see the photo. What was found about it nobody could read so far.
    looked.later(HEARING_MS);
    assert!(!looked.case.is_openly_accused(CLAIM));
    looked.run(first_look(&looked, SECOND));

    let mut checked = World::accused();
    checked.run(add_photo(2, None));
    checked.let_run_out(claim_clock(ClockName::Screening));
    checked.run(first_look(&checked, SECOND));
    checked.run(contest());
    checked.let_run_out(claim_clock(ClockName::EvidenceRound));
    checked.run(screening(2, FindingCode::CopyMove));
    [looked, checked]
}

/// Nobody is refused by something that was found a moment ago, and that they could not say a word about.
#[test]
fn what_was_found_against_a_photo_is_there_for_its_side_before_a_decision_uses_it() {
    let decision = || decide_claim(REVIEWER, Verdict::Rejected);
    for mut world in found_in_review() {
        assert!(world.case.is_openly_accused(CLAIM));
        let refused = world.attempt(decision()).unwrap_err();
        assert_eq!(refused.rule, "not_heard_yet");
        let until = world.now.plus_ms(HEARING_MS).to_china_minute();
        assert!(refused.en.contains(&until), "{}", refused.en);
        world.later(HEARING_MS - 1);
        assert_eq!(world.refused(decision()), "not_heard_yet");
        world.later(1);
        world.run(decision());
    }
    // The claimant has nothing to add: the wait is over at once. The merchant cannot end it.
    for mut world in found_in_review() {
        world.later(HOUR_MS);
        let over = || round_over(Party::Merchant, by(MERCHANT));
        if world.attempt(over()).is_ok() {
            world.run(over());
        }
        assert_eq!(world.refused(decision()), "not_heard_yet");
        assert_eq!(
            world.run(round_over(Party::Claimant, CLAIMANT)),
            ["evidence_round_done.v1"]
        );
        world.run(decision());
    }
}

/// Who was told what, and until when a decision waits, in the order it happened.
fn told(world: &World) -> Vec<(Party, HearingCause, Option<Timestamp>)> {
    let events = world.events.iter();
    let told = events.filter_map(|event| match event.body {
        Body::HearingOpened {
            party,
            about,
            until,
            ..
        } => Some((party, about, until)),
        _ => None,
    });
    told.collect()
}

/// A finding is no surprise in a decision: its side is told when it opens, not before, and until when nothing is decided.
#[test]
fn a_side_is_told_what_was_found_about_its_photo_and_until_when_nothing_is_decided() {
    let findings = |until| (Party::Claimant, HearingCause::Findings, until);
    assert_eq!(told(&World::accused()), [], "nobody may know it yet");
    for world in found_in_review() {
        let until = world.now.plus_ms(HEARING_MS);
        assert_eq!(told(&world).pop(), Some(findings(Some(until))));
    }
    // Where a platform decides, no decision of ours waits.
    let mut world = crate::party::party(None);
    let mut brought = add_photo(1, None);
    if let Command::AddEvidence { by: who, .. } = &mut brought {
        *who = by(MERCHANT);
    }
    world.run(brought);
    world.run(screening(1, FindingCode::ReusedPhoto));
    world.run(first_look(&world, REVIEWER));
    assert_eq!(told(&world), [findings(None)]);
}

/// Somebody who answered what was found first has not answered what was found later about the same photo.
#[test]
fn what_is_found_later_about_the_same_photo_is_told_and_waits_for_an_answer_too() {
    let mut world = World::accused();
    world.run(first_look(&world, SECOND));
    world.run(contest());
    world.let_run_out(claim_clock(ClockName::EvidenceRound));
    let found = [FindingCode::ReusedPhoto, FindingCode::CopyMove];
    world.run(inspection(vec![inspected(1, found.map(finding).to_vec())]));
    let until = world.now.plus_ms(HEARING_MS);
    let expected = (Party::Claimant, HearingCause::Findings, Some(until));
    assert_eq!(told(&world).pop(), Some(expected));
    let decision = decide_claim(REVIEWER, Verdict::Rejected);
    assert_eq!(world.refused(decision.clone()), "not_heard_yet");
    world.later(HEARING_MS);
    world.run(decision);
}

/// A claim whose item a technician has looked at just now, as both sides agreed.
fn reported() -> World {
    let mut world = World::merchant_window();
    world.run(settlement(Resolution::Inspection));
    world.run(answer_settlement(true));
    world.run(request_inspection());
    world.run(verify());
    world.run(offer(1));
    world.run(accept(1, NEAR));
    world.run(schedule(&world, HOUR_MS));
    world.later(HOUR_MS);
    world.run(arrive());
    world.run(diagnose());
    world.run(finish(WorkOutcome::NoFaultFound));
    world
}

/// What a technician saw decides nothing that the buyer or the merchant could not read and answer.
#[test]
fn a_technicians_report_is_there_for_both_sides_before_a_decision_uses_it() {
    for verdict in [Verdict::Rejected, granted(6_800)] {
        let decision = || decide_claim(REVIEWER, verdict);
        let mut world = reported();
        let until = Some(world.now.plus_ms(HEARING_MS));
        let report = |side| (side, HearingCause::Report, until);
        assert_eq!(
            told(&world),
            [report(Party::Claimant), report(Party::Merchant)]
        );
        assert_eq!(world.refused(decision()), "not_heard_yet");
        world.later(HEARING_MS - 1);
        assert_eq!(world.refused(decision()), "not_heard_yet");
        world.later(1);
        world.run(decision());
        // Who has nothing to add says so, and both together end the wait at once; neither does it for the other.
        let mut world = reported();
        world.later(HOUR_MS);
        world.run(round_over(Party::Claimant, CLAIMANT));
        assert_eq!(world.refused(decision()), "not_heard_yet");
        world.run(round_over(Party::Merchant, by(MERCHANT)));
        world.run(decision());
    }
    // A report that comes after its time, when a human is about to decide without it, is read first as well.
    let mut world = World::human_review();
    world.run(request_inspection());
    world.run(verify());
    world.run(offer(1));
    world.run(accept(1, NEAR));
    world.run(schedule(&world, HOUR_MS));
    world.run(arrive());
    world.run(diagnose());
    world.later(HOUR_MS);
    world.run(finish(WorkOutcome::NoFaultFound));
    assert_eq!(told(&world).len(), 2);
    assert_eq!(
        world.refused(decide_claim(REVIEWER, Verdict::Rejected)),
        "not_heard_yet"
    );
    // The merchant can agree at any time: nobody waits who has what they asked for.
    world.run(agree());
}

#[test]
fn an_appeal_is_heard_by_the_other_side() {
    let mut world = World::decided(Verdict::Rejected);
    world.run(appeal(Party::Claimant, CLAIMANT));
    let decision = decide_appeal(SECOND, granted(3_000));
    assert_eq!(world.refused(decision.clone()), "not_heard_yet");
    world.run(round_over(Party::Merchant, by(MERCHANT)));
    world.run(decision);
}

#[test]
fn nobody_puts_off_a_decision_for_ever_and_a_late_piece_is_left_out_of_it() {
    let mut world = World::human_review();
    for (_, number) in (0..HEARINGS_PER_SIDE_MAX).zip(10..) {
        world.later(HOUR_MS);
        world.run(add_photo(number, None));
        world.run(screening(number, FindingCode::Clear));
    }
    world.later(HEARING_MS - 1);
    assert_eq!(
        world.refused(decide_claim(REVIEWER, granted(6_800))),
        "not_heard_yet"
    );
    // One more makes nothing wait, and is not used before the merchant could see it.
    world.run(add_photo(20, None));
    world.run(screening(20, FindingCode::Clear));
    world.later(1);
    let resting_on = |piece| match decide_claim(REVIEWER, granted(6_800)) {
        Command::DecideClaim {
            by,
            claim,
            verdict,
            reasons,
            citations,
            ..
        } => Command::DecideClaim {
            by,
            claim,
            verdict,
            reasons,
            citations,
            evidence: vec![piece],
        },
        other => other,
    };
    assert_eq!(world.refused(resting_on(evidence_id(20))), "not_heard_yet");
    world.run(resting_on(evidence_id(10)));
}

#[test]
fn rules_in_a_hurry_give_the_other_side_two_hours() {
    let mut world = World::opened();
    if let Some(order) = &mut world.facts.order {
        order.perishable = true;
    }
    world.run(file(refund(6_800)));
    world.run(screening(1, FindingCode::Clear));
    world.run(contest());
    world.run(round_over(Party::Claimant, CLAIMANT));
    world.run(round_over(Party::Merchant, by(MERCHANT)));
    world.run(note(Subject::Claim(CLAIM), CLAIMANT, Some(Party::Claimant)));
    let decision = decide_claim(REVIEWER, granted(6_800));
    world.later(HEARING_SHORT_MS - 1);
    assert_eq!(world.refused(decision.clone()), "not_heard_yet");
    world.later(1);
    world.run(decision);
}
