//! What a side says last is heard by the other before a decision uses it.

use crate::world::{
    CLAIM, CLAIMANT, MERCHANT, REVIEWER, SECOND, World, add_photo, appeal, by, claim_clock,
    contest, decide_appeal, decide_claim, evidence_id, file, first_look, granted, note, refund,
    round_over, screening,
};
use aftercare_domain::actor::Party;
use aftercare_domain::clock::{ClockName, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::event::Verdict;
use aftercare_domain::evidence::FindingCode;
use aftercare_domain::limits::{HEARING_MS, HEARING_SHORT_MS, HEARINGS_PER_SIDE_MAX};
use aftercare_domain::time::HOUR_MS;

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
