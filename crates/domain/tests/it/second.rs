//! The second pair of eyes, the claimant's own offers, and the merchant's question about a photo.

use crate::work_photos::add_photos;
use crate::world::{
    CLAIM, CLAIMANT, MERCHANT, NEAR, REVIEWER, RISK, SECOND, WORK, World, accept, add_photo, agree,
    answer_counter, answer_settlement, appeal, arrive, ask_new_photo, by, claim_clock,
    confirm_decision, contest, contest_paid, counter, decide_appeal, decide_claim, diagnose,
    evidence_id, finish, first_look, granted, human, look_again, offer, photo, question, recuse,
    request_inspection, return_decision, round_over, schedule, settlement, technician, text,
    verify, withdraw_claim,
};
use aftercare_domain::actor::{Human, Party, Role};
use aftercare_domain::case::ClaimState;
use aftercare_domain::clock::ClockName;
use aftercare_domain::command::Command;
use aftercare_domain::event::{
    Body, Citation, Event, PaymentBasis, RecoveryEnd, Resolution, ReviewCause, Verdict, WayOut,
    WorkOutcome,
};
use aftercare_domain::evolve;
use aftercare_domain::limits::{HEARING_MS, SETTLEMENT_OFFERS_MAX};
use aftercare_domain::money::Fen;
use aftercare_domain::pack::{Granter, Ruling, WithoutReturn};
use aftercare_domain::refused::Refused;
use aftercare_domain::time::HOUR_MS;

const THIRD: Human = human(108, Role::Reviewer);
const FOURTH: Human = human(110, Role::Reviewer);

/// A claim with a reviewer, under a ruling that wants two.
fn two_needed() -> World {
    let mut world = World::human_review();
    world.facts.ruling = Some(Ruling {
        second_reviewer: true,
        without_return: vec![WithoutReturn {
            by: Granter::Reviewer,
            cap: None,
        }],
        ..Ruling::default()
    });
    world
}

/// The claimant asks for less than before.
pub const fn change_ask(to: WayOut) -> Command {
    Command::ChangeAsk {
        by: CLAIMANT,
        claim: CLAIM,
        to,
    }
}

pub fn settle_recovery(how: RecoveryEnd, fen: i64) -> Command {
    Command::SettleRecovery {
        by: MERCHANT,
        claim: CLAIM,
        how,
        amount: Fen(fen),
        reference: "R-1".to_owned(),
        rule: None,
    }
}

/// The same, with freight that the reviewer finds to be owed.
pub fn decide_appeal_with(who: Human, verdict: Verdict, found: i64) -> Command {
    let mut command = decide_appeal(who, verdict);
    if let Command::DecideAppeal { freight, .. } = &mut command {
        *freight = Fen(found);
    }
    command
}

#[test]
fn a_decision_above_the_stake_takes_effect_when_another_reviewer_confirms_it() {
    let mut world = two_needed();
    assert_eq!(
        world.run(decide_claim(REVIEWER, granted(6_800))),
        [
            "decision_proposed.v1",
            "clock_stopped.v1",
            "clock_started.v1"
        ]
    );
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.state, ClaimState::Countersign);
    // Nothing has been granted, nothing can be appealed, and evidence waits.
    assert_eq!((claim.outcome, claim.decision), (None, None));
    assert_eq!(
        world.refused(appeal(Party::Merchant, by(MERCHANT))),
        "not_decided"
    );
    assert_eq!(
        world.refused(confirm_decision(REVIEWER)),
        "second_reviewer_differs"
    );
    world.facts.conflicted.push(THIRD.user);
    assert_eq!(
        world.refused(confirm_decision(THIRD)),
        "reviewer_conflicted"
    );
    world.facts.conflicted.clear();
    assert_eq!(
        world.run(confirm_decision(SECOND)),
        [
            "decision_confirmed.v1",
            "claim_decided.v1",
            "clock_stopped.v1",
            "clock_started.v1"
        ]
    );
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.decision, Some((REVIEWER, granted(6_800))));
    assert_eq!(claim.state, ClaimState::Decided);
    // Whoever confirmed it had a part in it: the appeal is somebody else's.
    world.run(appeal(Party::Merchant, by(MERCHANT)));
    world.later(HEARING_MS);
    for took_part in [REVIEWER, SECOND] {
        assert_eq!(
            world.refused(decide_appeal(took_part, Verdict::Rejected)),
            "second_reviewer_differs"
        );
    }
    world.run(decide_appeal(THIRD, Verdict::Rejected));
}

#[test]
fn a_second_reviewer_who_does_not_agree_brings_it_back_and_silence_decides_nothing() {
    let mut world = two_needed();
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    let overdue = world.let_run_out(claim_clock(ClockName::SecondReview));
    assert_eq!(overdue, ["clock_expired.v1", "review_overdue.v1"]);
    assert_eq!(world.claim_state(), ClaimState::Countersign);
    assert_eq!(
        world.run(return_decision(SECOND)),
        [
            "decision_returned.v1",
            "human_review_opened.v1",
            "clock_started.v1"
        ]
    );
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.review_cause, Some(ReviewCause::ReviewersDiffer));
    assert_eq!(
        (claim.proposal.as_ref(), claim.returned_by.as_slice()),
        (None, &[SECOND.user][..])
    );
    // Decided anew, by anybody, and confirmed by somebody else again.
    world.run(decide_claim(SECOND, granted(3_000)));
    assert_eq!(
        world.refused(confirm_decision(SECOND)),
        "second_reviewer_differs"
    );
    world.run(confirm_decision(REVIEWER));
    assert_eq!(world.claim_state(), ClaimState::Decided);
    // The merchant may still agree to all of it while two look.
    let mut world = two_needed();
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    world.run(crate::world::agree());
    assert_eq!(world.claim_state(), ClaimState::Agreed);
    assert_eq!(world.refused(confirm_decision(SECOND)), "not_countersigned");
}

#[test]
fn whoever_sent_a_proposal_back_decides_no_appeal_and_the_appeal_waits_for_somebody_else() {
    let assign = |reviewer: Human| Command::AssignReviewer {
        by: by(RISK),
        claim: CLAIM,
        reviewer: reviewer.user,
    };
    let mut world = two_needed();
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    world.run(return_decision(THIRD));
    // What comes in its place whoever sent the first one back may confirm: only the appeal is not theirs.
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    assert_eq!(world.run(assign(THIRD)), ["review_assigned.v1"]);
    world.run(confirm_decision(SECOND));
    world.run(appeal(Party::Claimant, CLAIMANT));
    world.later(HEARING_MS);
    for kept_out in [REVIEWER, SECOND, THIRD] {
        for refused in [decide_appeal(kept_out, granted(6_800)), assign(kept_out)] {
            assert_eq!(world.refused(refused), "second_reviewer_differs");
        }
    }
    // Nobody is left: the appeal is late and stays open, and nothing is decided by that.
    let overdue = world.let_run_out(claim_clock(ClockName::SecondReview));
    assert_eq!(overdue, ["clock_expired.v1", "review_overdue.v1"]);
    assert_eq!(world.claim_state(), ClaimState::SecondReview);
    assert_eq!(
        world.refused(decide_appeal(THIRD, granted(6_800))),
        "second_reviewer_differs"
    );
    world.run(assign(FOURTH));
    world.run(decide_appeal(FOURTH, granted(6_800)));
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.appeal_decision, Some((FOURTH, granted(6_800))));
}

#[test]
fn the_draw_brings_a_second_look_that_changes_nothing() {
    for (drawn, sampled) in [(49, true), (50, false), (1_049, true)] {
        let mut world = World::human_review();
        world.facts.ruling = Some(Ruling {
            sample_permille: 50,
            ..Ruling::default()
        });
        world.facts.drawn = Some(drawn);
        let names = world.run(decide_claim(REVIEWER, Verdict::Rejected));
        assert_eq!(
            names.contains(&"decision_sampled.v1".to_owned()),
            sampled,
            "{drawn}"
        );
        if !sampled {
            continue;
        }
        assert_eq!(
            world.refused(look_again(REVIEWER, Verdict::Rejected)),
            "second_reviewer_differs"
        );
        let before = world.case.claims[&CLAIM].clone();
        assert_eq!(
            world.run(look_again(SECOND, granted(6_800))),
            ["decision_looked_again.v1"]
        );
        let after = &world.case.claims[&CLAIM];
        assert_eq!(after.sample.unwrap().first, Verdict::Rejected);
        assert_eq!(after.sample.unwrap().again, Some((SECOND, granted(6_800))));
        assert_eq!(
            (after.state, after.outcome, after.decision, after.payment),
            (
                before.state,
                before.outcome,
                before.decision,
                before.payment
            )
        );
        assert_eq!(
            world.refused(look_again(THIRD, Verdict::Rejected)),
            "not_sampled"
        );
        // Also after the case has closed: the sample is not lost.
        let mut late = World::human_review();
        late.facts = world.facts.clone();
        late.run(decide_claim(REVIEWER, Verdict::Rejected));
        late.let_run_out(claim_clock(ClockName::Appeal));
        assert!(late.case.closed);
        late.run(look_again(SECOND, Verdict::Rejected));
    }
}

#[test]
fn who_stepped_back_decides_nothing_about_the_claim_any_more() {
    let mut world = World::human_review();
    world.run(Command::AssignReviewer {
        by: by(REVIEWER),
        claim: CLAIM,
        reviewer: REVIEWER.user,
    });
    assert_eq!(world.run(recuse(REVIEWER)), ["reviewer_recused.v1"]);
    assert_eq!(world.case.claims[&CLAIM].reviewer, None);
    assert_eq!(
        world.refused(decide_claim(REVIEWER, granted(1))),
        "reviewer_conflicted"
    );
    assert_eq!(
        world.refused(Command::AssignReviewer {
            by: by(SECOND),
            claim: CLAIM,
            reviewer: REVIEWER.user,
        }),
        "reviewer_conflicted"
    );
    world.run(decide_claim(SECOND, Verdict::Rejected));
}

/// A way out that stays open while a photo is doubted: it decides nothing, and costs nobody more than what was asked.
#[test]
fn whoever_is_doubted_may_send_the_goods_back_or_have_a_technician_look() {
    let mut world = World::accused();
    assert_eq!(world.claim_state(), ClaimState::FirstLook);
    assert_eq!(
        world.run(change_ask(WayOut::Return)),
        ["ask_changed.v1"],
        "no clock stops and no look is spared"
    );
    assert_eq!(world.claim_state(), ClaimState::FirstLook);
    let amount = Fen(6_800);
    assert_eq!(world.case.claims[&CLAIM].ask, Resolution::Return { amount });
    assert_eq!(world.refused(agree()), "first_look_first");
    assert_eq!(world.refused(change_ask(WayOut::Return)), "ask_no_less");
    world.run(change_ask(WayOut::Inspection));
    assert_eq!(world.case.claims[&CLAIM].ask, Resolution::Inspection);
    assert_eq!(world.refused(change_ask(WayOut::Inspection)), "ask_no_less");

    // What is agreed on afterwards is what is asked now.
    let mut world = World::merchant_window();
    world.run(change_ask(WayOut::Return));
    world.run(agree());
    assert_eq!(
        world.case.claims[&CLAIM].outcome,
        Some(Resolution::Return { amount })
    );
    assert_eq!(world.refused(change_ask(WayOut::Inspection)), "ask_not_now");
}

#[test]
fn an_offer_of_the_claimant_that_the_merchant_accepts_is_carried_out() {
    let mut world = World::merchant_window();
    world.run(settlement(Resolution::Partial { amount: Fen(2_000) }));
    assert_eq!(world.refused(counter(2_000)), "settlement_is_the_ask");
    assert_eq!(world.refused(counter(6_801)), "amount_above_paid");
    assert_eq!(
        world.run(counter(3_500)),
        ["counter_offered.v1", "clock_stopped.v1", "clock_started.v1"]
    );
    assert_eq!(world.claim_state(), ClaimState::CounterOffered);
    assert_eq!(world.refused(answer_settlement(true)), "no_settlement");
    assert_eq!(
        world.run(answer_counter(true)),
        [
            "counter_accepted.v1",
            "clock_stopped.v1",
            "payment_authorized.v1",
            "clock_started.v1"
        ]
    );
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.payment, Some(Fen(3_500)));
    assert_eq!(claim.basis, Some(PaymentBasis::Settled { human: MERCHANT }));
}

#[test]
fn an_offer_that_nobody_answers_or_accepts_leads_to_humans_and_offers_have_an_end() {
    let mut world = World::merchant_window();
    world.run(settlement(Resolution::Exchange));
    world.run(counter(1_000));
    // Declined before anybody reviewed: both sides are heard.
    assert_eq!(
        world.run(answer_counter(false)),
        [
            "counter_declined.v1",
            "clock_stopped.v1",
            "evidence_round_opened.v1",
            "clock_started.v1"
        ]
    );
    let mut world = World::human_review();
    for fen in [1_000, 2_000, 3_000] {
        world.run(counter(fen));
        assert_eq!(
            world.let_run_out(claim_clock(ClockName::SettlementAnswer)),
            [
                "clock_expired.v1",
                "human_review_opened.v1",
                "clock_started.v1"
            ]
        );
    }
    assert_eq!(world.refused(counter(4_000)), "settlement_limit");
    assert_eq!(
        world.case.claims[&CLAIM].review_cause,
        Some(ReviewCause::CounterUnanswered)
    );
    assert_eq!(world.case.claims[&CLAIM].payment, None);
}

#[test]
fn either_side_gets_one_longer_evidence_round_with_a_reason() {
    let mut world = World::merchant_window();
    world.run(contest());
    let round = claim_clock(ClockName::EvidenceRound);
    let due = world.case.clock(round).unwrap().due_at;
    world.later(HOUR_MS);
    let extend = |by| Command::ExtendClock {
        by,
        clock: round,
        reason: text(),
    };
    assert_eq!(world.refused(extend(by(REVIEWER))), "not_permitted");
    world.run(extend(CLAIMANT));
    let clock = world.case.clock(round).unwrap();
    assert_eq!(clock.due_at, due.plus_ms(48 * HOUR_MS));
    assert_eq!(
        world.refused(extend(by(MERCHANT))),
        "clock_already_extended"
    );
}

#[test]
fn a_question_about_a_photo_accuses_nobody_and_a_human_answers_it() {
    let mut world = World::merchant_window();
    let before = world.case.clone();
    assert_eq!(world.run(question()), ["evidence_questioned.v1"]);
    let after = &world.case;
    // No finding, no state, no clock and no first look came of it.
    assert_eq!(
        after.evidence[&evidence_id(1)],
        before.evidence[&evidence_id(1)]
    );
    assert_eq!(after.clocks, before.clocks);
    assert!(!after.is_accused(CLAIM) && after.findings_open(CLAIM));
    assert_eq!(after.claims[&CLAIM].state, before.claims[&CLAIM].state);
    world.run(contest());
    world.let_run_out(claim_clock(ClockName::EvidenceRound));
    assert_eq!(
        world.refused(decide_claim(REVIEWER, granted(6_800))),
        "question_unanswered"
    );
    world.run(Command::JudgeEvidence {
        by: REVIEWER,
        claim: CLAIM,
        evidence: evidence_id(1),
        accepted: true,
    });
    world.run(decide_claim(REVIEWER, granted(6_800)));
}

/// One click of the merchant on a photo that waits for another one, or that nobody could check, must not
/// keep the claim from ever being decided.
#[test]
fn a_question_about_a_photo_that_waits_can_be_answered_once_its_time_is_over() {
    let judge = || Command::JudgeEvidence {
        by: REVIEWER,
        claim: CLAIM,
        evidence: evidence_id(1),
        accepted: true,
    };
    let mut challenged = World::human_review();
    challenged.run(ask_new_photo());
    challenged.run(question());
    assert_eq!(challenged.refused(judge()), "cannot_judge_evidence");
    challenged.let_run_out(claim_clock(ClockName::NewPhoto));
    let mut unchecked = World::claim_filed();
    unchecked.run(question());
    assert_eq!(unchecked.refused(judge()), "cannot_judge_evidence");
    unchecked.let_run_out(claim_clock(ClockName::Screening));
    unchecked.let_run_out(claim_clock(ClockName::MerchantAnswer));
    for mut world in [challenged, unchecked] {
        let decision = || decide_claim(REVIEWER, granted(6_800));
        assert_eq!(world.refused(decision()), "question_unanswered");
        world.run(judge());
        world.run(decision());
    }
}

/// Whoever asks for a new photo waits for it: the decision falls once it is there, or once the time for it is over.
#[test]
fn nothing_is_decided_while_a_photo_that_was_asked_for_may_still_come() {
    let decision = || decide_claim(REVIEWER, Verdict::Rejected);
    let asked = || {
        let mut world = World::human_review();
        world.run(ask_new_photo());
        world
    };
    let mut late = asked();
    assert_eq!(late.refused(decision()), "photo_awaited");
    late.let_run_out(claim_clock(ClockName::NewPhoto));
    late.run(decision());
    let mut sent = asked();
    sent.run(add_photo(2, Some(evidence_id(1))));
    sent.let_run_out(claim_clock(ClockName::Screening));
    sent.later(HEARING_MS);
    sent.run(decision());
    // The second reviewer waits as well.
    let mut appealed = World::decided(Verdict::Rejected);
    appealed.run(appeal(Party::Claimant, CLAIMANT));
    appealed.later(HEARING_MS);
    appealed.run(ask_new_photo());
    let second = || decide_appeal(SECOND, granted(6_800));
    assert_eq!(appealed.refused(second()), "photo_awaited");
    appealed.let_run_out(claim_clock(ClockName::NewPhoto));
    appealed.run(second());
}

/// Refusals of this part, each by a scenario.
pub fn provoke(rule: &str) -> Option<Refused> {
    match rule {
        "settlement_limit" => {
            let offer = || settlement(Resolution::Exchange);
            let mut world = World::human_review();
            for _ in 0..SETTLEMENT_OFFERS_MAX {
                world.run(offer());
                world.run(answer_settlement(false));
            }
            world.attempt(offer()).err()
        }
        "second_look_is_blind" => {
            let look = look_again(THIRD, Verdict::Rejected);
            sent_back_and_drawn().attempt(look).err()
        }
        _ => None,
    }
}

/// A decision that was drawn, after the third reviewer had sent the one before it back.
fn sent_back_and_drawn() -> World {
    let mut world = two_needed();
    if let Some(ruling) = &mut world.facts.ruling {
        ruling.sample_permille = 1_000;
    }
    world.facts.drawn = Some(0);
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    world.run(return_decision(THIRD));
    world.run(decide_claim(REVIEWER, granted(6_800)));
    world.run(confirm_decision(SECOND));
    world
}

/// The same claim, proposed to be rejected while a technician is at the item.
fn proposed_during_a_visit(mut world: World) -> World {
    for command in [request_inspection(), verify(), offer(1), accept(1, NEAR)] {
        world.run(command);
    }
    world.run(schedule(&world, HOUR_MS));
    world.run(arrive());
    world.run(diagnose());
    world.later(HEARING_MS);
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    assert_eq!(world.claim_state(), ClaimState::Countersign);
    world
}

/// Nobody confirms a decision that rests on less than there is by now.
#[test]
fn what_a_technician_reports_before_a_decision_is_confirmed_takes_the_proposal_back() {
    let mut world = proposed_during_a_visit(two_needed());
    let names = world.run(finish(WorkOutcome::NoFaultFound));
    assert!(names.contains(&"human_review_opened.v1".to_owned()));
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.state, ClaimState::HumanReview);
    assert_eq!(claim.review_cause, Some(ReviewCause::ReportCame));
    assert_eq!((claim.proposal.as_ref(), claim.decision), (None, None));
    assert_eq!(world.refused(confirm_decision(SECOND)), "not_countersigned");
    // Both sides read it before it is decided anew, by whoever proposed it or by somebody else.
    let anew = || decide_claim(REVIEWER, granted(6_800));
    assert_eq!(world.refused(anew()), "not_heard_yet");
    world.run(round_over(Party::Claimant, CLAIMANT));
    world.run(round_over(Party::Merchant, by(MERCHANT)));
    world.run(anew());
    world.run(confirm_decision(SECOND));
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.decision, Some((REVIEWER, granted(6_800))));
}

/// What is photographed is looked at blind first, where anything was found about the claim's photos.
#[test]
fn photos_of_a_technician_before_a_decision_is_confirmed_are_looked_at_blind_first() {
    let accused = || {
        let mut world = World::accused();
        world.run(first_look(&world, SECOND));
        world.run(contest());
        world.let_run_out(claim_clock(ClockName::EvidenceRound));
        world.facts.ruling = Some(Ruling {
            second_reviewer: true,
            ..Ruling::default()
        });
        proposed_during_a_visit(world)
    };
    let mut world = accused();
    assert_eq!(
        world.run(add_photos(technician(NEAR), 50..51)),
        [
            "work_photos_added.v1",
            "clock_stopped.v1",
            "human_review_opened.v1",
            "clock_started.v1"
        ]
    );
    let anew = || decide_claim(REVIEWER, Verdict::Rejected);
    assert_eq!(world.refused(anew()), "first_look_first");
    world.run(first_look(&world, REVIEWER));
    world.run(anew());
    world.run(confirm_decision(SECOND));

    // What the customer shows the technician is none of the claim's evidence, and takes nothing back.
    let mut world = accused();
    assert_eq!(
        world.run(add_photos(CLAIMANT, 50..51)),
        ["work_photos_added.v1"]
    );
    world.run(confirm_decision(SECOND));

    // In a record of before, the proposal stood: it is not confirmed unseen, and can be sent back.
    let mut world = accused();
    let came = Event {
        at: world.now,
        by: technician(NEAR),
        body: Body::WorkPhotosAdded {
            work_order: WORK,
            party: None,
            evidence: vec![photo(50)],
        },
        told_at: None,
    };
    world.case = evolve(std::mem::take(&mut world.case), &came);
    assert_eq!(world.refused(confirm_decision(SECOND)), "first_look_first");
    world.run(return_decision(SECOND));
}

/// Whoever has said how they would decide is not blind, whichever decision came of it.
#[test]
fn who_sent_a_proposal_back_or_decided_the_appeal_takes_no_blind_second_look() {
    let look = |who| look_again(who, Verdict::Rejected);
    let mut world = sent_back_and_drawn();
    assert_eq!(world.refused(look(THIRD)), "second_look_is_blind");
    for took_part in [REVIEWER, SECOND] {
        assert_eq!(world.refused(look(took_part)), "second_reviewer_differs");
    }
    world.run(appeal(Party::Merchant, by(MERCHANT)));
    world.later(HEARING_MS);
    world.run(decide_appeal(FOURTH, Verdict::Rejected));
    for has_said in [THIRD, FOURTH] {
        assert_eq!(world.refused(look(has_said)), "second_look_is_blind");
    }
    world.run(look(human(111, Role::Reviewer)));
}

/// A refund without return by another name needs the same opening in the pack.
#[test]
fn most_of_the_price_with_the_item_kept_is_no_part_of_it() {
    let partial = |fen| Verdict::Granted {
        resolution: Resolution::Partial { amount: Fen(fen) },
    };
    let mut world = World::human_review();
    world.facts.ruling = Some(Ruling::default());
    assert_eq!(
        world.refused(decide_claim(REVIEWER, partial(3_401))),
        "without_return_not_open"
    );
    world.run(decide_claim(REVIEWER, partial(3_400)));
    let mut open = World::human_review();
    let ruling = open.facts.ruling.get_or_insert_default();
    ruling.without_return = vec![WithoutReturn {
        by: Granter::Reviewer,
        cap: Some(Fen(5_000)),
    }];
    assert_eq!(
        open.refused(decide_claim(REVIEWER, partial(5_001))),
        "without_return_not_open"
    );
    assert_eq!(
        open.refused(decide_claim(REVIEWER, partial(6_800))),
        "partial_is_whole"
    );
    open.run(decide_claim(REVIEWER, partial(5_000)));
}

#[test]
fn freight_that_only_the_merchant_stated_is_not_owed() {
    let mut world = World::paid();
    world.run(contest_paid(1_200));
    world.later(HEARING_MS);
    world.run(decide_appeal(SECOND, Verdict::Rejected));
    let recovery = world.case.claims[&CLAIM].recovery.unwrap();
    assert_eq!((recovery.price, recovery.freight), (Fen(6_800), Fen::ZERO));
}

#[test]
fn a_paid_refund_that_is_overturned_is_owed_back_once_and_nothing_is_paid_again() {
    let mut world = World::paid();
    assert_eq!(
        world.run(contest_paid(1_200)),
        [
            "case_reopened.v1",
            "paid_decision_contested.v1",
            "clock_started.v1"
        ]
    );
    world.later(HEARING_MS);
    assert_eq!(
        world.refused(decide_appeal(REVIEWER, Verdict::Rejected)),
        "second_reviewer_differs"
    );
    // Of the freight the reviewer finds what is owed, within what was stated.
    for found in [-1, 1_201] {
        assert_eq!(
            world.refused(decide_appeal_with(SECOND, Verdict::Rejected, found)),
            "freight_not_found"
        );
    }
    assert_eq!(
        world.run(decide_appeal_with(SECOND, Verdict::Rejected, 900)),
        [
            "appeal_decided.v1",
            "clock_stopped.v1",
            "claim_final.v1",
            "recovery_opened.v1",
            "claim_closed.v1",
            "case_closed.v1"
        ]
    );
    let recovery = world.case.claims[&CLAIM].recovery.unwrap();
    assert_eq!((recovery.price, recovery.freight), (Fen(6_800), Fen(900)));
    assert_eq!(world.refused(contest_paid(0)), "not_contestable");
    assert_eq!(
        world.refused(crate::world::pay(6_800)),
        "payment_already_recorded"
    );
    world.run(settle_recovery(RecoveryEnd::Repaid, 7_700));
    for how in [
        RecoveryEnd::Repaid,
        RecoveryEnd::Compensated,
        RecoveryEnd::Waived,
    ] {
        assert_eq!(world.refused(settle_recovery(how, 1)), "no_recovery");
    }
    // A part of it stands: the rest is owed, and no freight.
    let mut world = World::paid();
    world.run(contest_paid(1_200));
    world.later(HEARING_MS);
    assert_eq!(
        world.refused(decide_appeal_with(SECOND, granted(5_000), 1)),
        "freight_not_found"
    );
    world.run(decide_appeal(SECOND, granted(5_000)));
    let recovery = world.case.claims[&CLAIM].recovery.unwrap();
    assert_eq!((recovery.price, recovery.freight), (Fen(1_800), Fen::ZERO));
    // All of it stands: nothing is owed.
    let mut world = World::paid();
    world.run(contest_paid(1_200));
    world.later(HEARING_MS);
    let names = world.run(decide_appeal(SECOND, granted(6_800)));
    assert!(
        !names
            .iter()
            .any(|name| name.starts_with("payment") || name.starts_with("recovery"))
    );
    // Too late is too late.
    let mut world = World::paid();
    world.later(7 * aftercare_domain::time::DAY_MS + 1);
    assert_eq!(world.refused(contest_paid(0)), "not_contestable");
}

/// Otherwise whoever was paid could end the merchant's only way to have it looked at again, with one click.
#[test]
fn a_refund_that_was_paid_is_looked_at_again_also_if_the_claimant_would_rather_withdraw() {
    let mut world = World::paid();
    world.run(contest_paid(0));
    assert_eq!(world.refused(withdraw_claim()), "refund_contested");
    assert_eq!(world.claim_state(), ClaimState::SecondReview);
    world.later(HEARING_MS);
    world.run(decide_appeal(SECOND, Verdict::Rejected));
    let recovery = world.case.claims[&CLAIM].recovery.unwrap();
    assert_eq!(recovery.price, Fen(6_800));
}

#[test]
fn the_platform_compensates_by_a_rule_that_is_named() {
    let mut world = World::overturned();
    let compensate = |by: Human, rule: Option<Citation>| Command::SettleRecovery {
        by,
        claim: CLAIM,
        how: RecoveryEnd::Compensated,
        amount: Fen(6_800),
        reference: "P-1".to_owned(),
        rule,
    };
    let rule = Some(crate::world::citation());
    assert_eq!(
        world.refused(compensate(MERCHANT, rule.clone())),
        "compensation_needs_rule"
    );
    assert_eq!(
        world.refused(compensate(RISK, None)),
        "compensation_needs_rule"
    );
    world.run(compensate(RISK, rule));
    assert_eq!(
        world.refused(settle_recovery(RecoveryEnd::Repaid, 6_800)),
        "no_recovery"
    );
}

#[test]
fn an_exchange_that_nobody_sends_reaches_a_human_and_can_end_as_a_refund() {
    let execution = claim_clock(ClockName::Execution);
    let mut world = World::agreed_to(Resolution::Exchange);
    assert_eq!(
        world.let_run_out(execution),
        [
            "clock_expired.v1",
            "execution_overdue.v1",
            "clock_started.v1"
        ]
    );
    // The merchant can send the new item all the same.
    let mut sent = World {
        case: world.case.clone(),
        events: Vec::new(),
        facts: world.facts.clone(),
        ..world
    };
    sent.run(crate::world::ship_exchange());
    assert_eq!(sent.claim_state(), ClaimState::Closed);
    assert_eq!(
        world.let_run_out(execution),
        [
            "clock_expired.v1",
            "human_review_opened.v1",
            "clock_started.v1"
        ]
    );
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.review_cause, Some(ReviewCause::ExchangeNotSent));
    assert!(!claim.execution_overdue, "a human has it now");
    world.run(decide_claim(REVIEWER, granted(6_800)));
    world.let_run_out(claim_clock(ClockName::Appeal));
    world.run(crate::world::pay(6_800));
    assert_eq!(world.claim_state(), ClaimState::Closed);
}
