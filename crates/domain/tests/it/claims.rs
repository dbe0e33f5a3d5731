//! Stories of claims: honest, accused, contested, appealed, returned, exchanged, withdrawn.

use crate::world::{
    AGENT, CLAIM, CLAIMANT, MERCHANT, REVIEWER, RISK, SECOND, World, add_photo, agree,
    answer_settlement, appeal, ask_new_photo, by, claim_clock, contest, decide_appeal,
    decide_claim, evidence_id, file, finding, first_look, forged, granted, inspected, inspection,
    open_case, pay, receive, refer, refund, round_over, screening, settlement, ship_exchange,
    ship_return, text, uuid, withdraw_claim,
};
use aftercare_domain::actor::{Actor, Human, Party, Role};
use aftercare_domain::case::{ClaimState, MerchantAnswer};
use aftercare_domain::clock::{ClockName, ClockState};
use aftercare_domain::command::Command;
use aftercare_domain::event::{Body, OperatorMode, PaymentBasis, Resolution, ReviewCause, Verdict};
use aftercare_domain::evidence::{
    EvidenceState, FindingCode, InspectedPhoto, InspectionVerdict, Reference,
};
use aftercare_domain::ids::ListingPhotoId;
use aftercare_domain::limits::HEARING_MS;
use aftercare_domain::money::Fen;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

#[test]
fn an_honest_claim_is_agreed_and_paid() {
    let mut world = World::opened();
    assert_eq!(
        world.run(file(refund(6_800))),
        ["claim_filed.v1", "clock_started.v1"]
    );
    assert_eq!(world.refused(agree()), "not_in_merchant_window");
    assert_eq!(
        world.run(screening(1, FindingCode::Clear)),
        [
            "claim_inspected.v1",
            "clock_stopped.v1",
            "merchant_window_opened.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(
        world.run(agree()),
        [
            "merchant_agreed.v1",
            "clock_stopped.v1",
            "payment_authorized.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(
        world.case.claims[&CLAIM].basis,
        Some(PaymentBasis::MerchantAgreed { human: MERCHANT })
    );
    assert_eq!(
        world.run(pay(6_800)),
        [
            "claim_executed.v1",
            "clock_stopped.v1",
            "claim_closed.v1",
            "case_closed.v1"
        ]
    );
    assert_eq!(world.claim_state(), ClaimState::Closed);
    assert_eq!(world.case.next_due(), None);
}

#[test]
fn an_accused_claim_is_looked_at_blind_heard_decided_and_appealed() {
    let mut world = World::claim_filed();
    assert_eq!(
        world.run(screening(1, FindingCode::ReusedPhoto)),
        [
            "claim_inspected.v1",
            "clock_stopped.v1",
            "first_look_required.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(world.claim_state(), ClaimState::FirstLook);
    assert!(!world.case.findings_open(CLAIM));
    assert_eq!(world.refused(agree()), "first_look_first");
    assert_eq!(world.refused(refer(RISK)), "first_look_first");
    assert_eq!(
        world.run(first_look(&world, REVIEWER)),
        [
            "first_look.v1",
            "clock_stopped.v1",
            "merchant_window_opened.v1",
            "clock_started.v1",
            "hearing_opened.v1"
        ]
    );
    assert!(world.case.findings_open(CLAIM));
    assert_eq!(
        world.run(contest()),
        [
            "merchant_contested.v1",
            "clock_stopped.v1",
            "evidence_round_opened.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(
        world.run(round_over(Party::Claimant, CLAIMANT)),
        ["evidence_round_done.v1"]
    );
    assert_eq!(
        world.run(round_over(Party::Merchant, by(MERCHANT))),
        [
            "evidence_round_done.v1",
            "evidence_round_closed.v1",
            "clock_stopped.v1",
            "human_review_opened.v1",
            "clock_started.v1"
        ]
    );
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    assert_eq!(world.claim_state(), ClaimState::Decided);
    world.run(appeal(Party::Claimant, CLAIMANT));
    world.later(HEARING_MS);
    assert_eq!(
        world.refused(decide_appeal(REVIEWER, granted(3_000))),
        "second_reviewer_differs"
    );
    assert_eq!(
        world.run(decide_appeal(SECOND, granted(3_000))),
        [
            "appeal_decided.v1",
            "clock_stopped.v1",
            "claim_final.v1",
            "payment_authorized.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(world.refused(pay(6_800)), "payment_amount_differs");
    world.run(pay(3_000));
    assert!(world.case.closed);
}

#[test]
fn a_rejection_that_nobody_appeals_becomes_final_and_closes() {
    let mut world = World::decided(Verdict::Rejected);
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::Appeal)),
        [
            "clock_expired.v1",
            "claim_final.v1",
            "claim_closed.v1",
            "case_closed.v1"
        ]
    );
}

#[test]
fn a_grant_that_nobody_appeals_is_paid_on_the_reviewers_word() {
    let mut world = World::decided(granted(6_800));
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::Appeal)),
        [
            "clock_expired.v1",
            "claim_final.v1",
            "payment_authorized.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(
        world.case.claims[&CLAIM].basis,
        Some(PaymentBasis::Decided { human: REVIEWER })
    );
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::Execution)),
        ["clock_expired.v1", "execution_overdue.v1"]
    );
    assert!(world.case.claims[&CLAIM].execution_overdue);
    world.run(pay(6_800));
}

#[test]
fn an_amount_refunded_elsewhere_meanwhile_brings_a_human_back() {
    let mut world = World::decided(granted(6_800));
    if let Some(order) = world.facts.order.as_mut() {
        order.refunded = Fen(1);
    }
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::Appeal)),
        [
            "clock_expired.v1",
            "human_review_opened.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(
        world.case.claims[&CLAIM].review_cause,
        Some(ReviewCause::AmountNotFree)
    );
    world.run(decide_claim(REVIEWER, granted(6_799)));
    world.let_run_out(claim_clock(ClockName::Appeal));
    assert_eq!(world.case.claims[&CLAIM].payment, Some(Fen(6_799)));
}

#[test]
fn a_silent_merchant_leads_to_a_human_and_never_to_a_payment() {
    let mut world = World::merchant_window();
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::MerchantAnswer)),
        [
            "clock_expired.v1",
            "merchant_silent.v1",
            "human_review_opened.v1",
            "clock_started.v1"
        ]
    );
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.merchant_answer, Some(MerchantAnswer::Silent));
    assert_eq!(claim.payment, None);
    // A reviewer who lets the time pass is shown as late, and nothing else.
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::Review)),
        ["clock_expired.v1", "review_overdue.v1"]
    );
    assert_eq!(world.claim_state(), ClaimState::HumanReview);
    // The merchant may still agree.
    world.run(agree());
}

#[test]
fn late_reviewers_escalate_and_never_decide() {
    let mut world = World::accused();
    world.let_run_out(claim_clock(ClockName::FirstLook));
    assert_eq!(world.claim_state(), ClaimState::FirstLook);
    assert!(world.case.claims[&CLAIM].review_overdue);
    assert!(!world.case.findings_open(CLAIM));
    world.run(first_look(&world, SECOND));
    assert!(!world.case.claims[&CLAIM].review_overdue);

    let mut world = World::decided(Verdict::Rejected);
    world.run(appeal(Party::Claimant, CLAIMANT));
    world.later(HEARING_MS);
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::SecondReview)),
        ["clock_expired.v1", "review_overdue.v1"]
    );
    assert_eq!(world.claim_state(), ClaimState::SecondReview);
}

#[test]
fn the_merchant_has_48_hours_and_48_more_once() {
    let mut world = World::merchant_window();
    let opened = world.now;
    let key = claim_clock(ClockName::MerchantAnswer);
    assert_eq!(
        world.case.clock(key).unwrap().due_at,
        opened.plus_ms(48 * HOUR_MS)
    );
    world.later(40 * HOUR_MS);
    let extend = Command::ExtendClock {
        by: by(MERCHANT),
        clock: key,
        reason: text(),
    };
    world.run(extend.clone());
    assert_eq!(
        world.case.clock(key).unwrap().due_at,
        opened.plus_ms(96 * HOUR_MS)
    );
    assert_eq!(world.refused(extend), "clock_already_extended");
}

#[test]
fn perishable_goods_have_short_clocks() {
    let mut world = World::opened();
    if let Some(order) = world.facts.order.as_mut() {
        order.perishable = true;
    }
    world.run(file(refund(6_800)));
    world.run(screening(1, FindingCode::Clear));
    let allowance = |world: &World, name| world.case.clock(claim_clock(name)).unwrap().allowance_ms;
    assert_eq!(allowance(&world, ClockName::MerchantAnswer), 2 * HOUR_MS);
    world.let_run_out(claim_clock(ClockName::MerchantAnswer));
    assert_eq!(allowance(&world, ClockName::Review), 6 * HOUR_MS);
}

#[test]
fn a_photo_that_shows_no_damage_is_asked_for_again_and_accuses_nobody() {
    let mut world = World::claim_filed();
    assert_eq!(
        world.run(screening(1, FindingCode::NotAPhotoOfTheDamage)),
        [
            "claim_inspected.v1",
            "clock_stopped.v1",
            "new_photo_asked.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(world.claim_state(), ClaimState::EvidenceCheck);
    assert!(!world.case.is_accused(CLAIM));
    assert_eq!(
        world.run(add_photo(2, Some(evidence_id(1)))),
        ["evidence_added.v1", "clock_started.v1", "clock_stopped.v1"]
    );
    assert_eq!(
        world.case.evidence[&evidence_id(1)].state,
        EvidenceState::Answered
    );
    world.run(screening(2, FindingCode::Clear));
    assert_eq!(world.claim_state(), ClaimState::MerchantWindow);
}

/// A photo that an earlier one of the claim contradicts: which of them shows how the goods are, only a later one tells.
fn contradicted(number: u128) -> InspectedPhoto {
    let mut found = finding(FindingCode::DamageNotConfirmed);
    found.above_threshold = false;
    found.numbers.insert("asks_for_a_later_photo".to_owned(), 1);
    InspectedPhoto {
        verdict: InspectionVerdict::Review,
        ..inspected(number, vec![found])
    }
}

#[test]
fn a_photo_that_an_earlier_one_contradicts_is_asked_for_again_once_and_a_person_looks() {
    let clear = || inspected(2, Vec::new());
    let filed = || {
        let mut world = World::claim_filed();
        world.run(add_photo(2, None));
        let told = world.run(inspection(vec![contradicted(1), clear()]));
        assert!(
            told.iter().any(|name| name == "new_photo_asked.v1"),
            "{told:?}"
        );
        assert!(!world.case.is_accused(CLAIM));
        assert_eq!(
            world.case.evidence[&evidence_id(1)].state,
            EvidenceState::Challenged
        );
        world
    };
    let mut world = filed();
    world.run(add_photo(3, Some(evidence_id(1))));
    let told = world.run(inspection(vec![
        contradicted(1),
        clear(),
        inspected(3, Vec::new()),
    ]));
    assert!(
        !told.iter().any(|name| name == "new_photo_asked.v1"),
        "{told:?}"
    );
    assert_eq!(world.claim_state(), ClaimState::MerchantWindow);
    assert_eq!(world.case.to_look_at(CLAIM), [evidence_id(1)]);
    // Whoever sends none is not forgotten either.
    let mut world = filed();
    world.let_run_out(claim_clock(ClockName::NewPhoto));
    assert_eq!(world.claim_state(), ClaimState::MerchantWindow);
    assert_eq!(world.case.to_look_at(CLAIM), [evidence_id(1)]);
}

#[test]
fn without_a_new_photo_the_claim_goes_on_with_what_is_there() {
    let mut world = World::claim_filed();
    world.run(screening(1, FindingCode::NotAPhotoOfTheDamage));
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::NewPhoto)),
        [
            "clock_expired.v1",
            "merchant_window_opened.v1",
            "clock_started.v1"
        ]
    );
    // A machine asks once: a second such photo goes to the merchant too.
    let mut world = World::claim_filed();
    world.run(screening(1, FindingCode::NotAPhotoOfTheDamage));
    world.run(add_photo(2, Some(evidence_id(1))));
    world.run(screening(2, FindingCode::NotAPhotoOfTheDamage));
    assert_eq!(world.claim_state(), ClaimState::MerchantWindow);
}

#[test]
fn a_reviewer_asks_for_a_photo_and_the_other_clocks_wait() {
    let mut world = World::merchant_window();
    world.later(10 * HOUR_MS);
    world.run(ask_new_photo());
    let key = claim_clock(ClockName::MerchantAnswer);
    assert!(matches!(
        world.case.clock(key).unwrap().state,
        ClockState::Paused { left_ms, .. } if left_ms == 38 * HOUR_MS
    ));
    world.later(20 * HOUR_MS);
    world.run(add_photo(2, Some(evidence_id(1))));
    assert_eq!(
        world.case.clock(key).unwrap().due_at,
        world.now.plus_ms(38 * HOUR_MS)
    );

    let mut world = World::merchant_window();
    world.run(ask_new_photo());
    world.let_run_out(claim_clock(ClockName::NewPhoto));
    assert_eq!(world.case.clock(key).unwrap().state, ClockState::Running);
}

#[test]
fn checks_that_never_finish_do_not_hold_the_claim() {
    let mut world = World::claim_filed();
    let filed = world.now;
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::Screening)),
        [
            "clock_expired.v1",
            "merchant_window_opened.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(world.now, filed.plus_ms(30 * MINUTE_MS));
    // Late, they still count, and a finding that accuses still brings a person first.
    assert_eq!(
        world.run(screening(1, FindingCode::EditedRegion)),
        [
            "claim_inspected.v1",
            "first_look_required.v1",
            "clock_started.v1",
            "clock_paused.v1"
        ]
    );
    assert_eq!(world.claim_state(), ClaimState::MerchantWindow);
    assert!(!world.case.findings_open(CLAIM));
    assert_eq!(world.refused(agree()), "first_look_first");
    world.run(first_look(&world, REVIEWER));
    world.run(agree());
    // The same where no money moves yet.
    let mut world = World::opened();
    world.run(file(Resolution::Exchange));
    world.let_run_out(claim_clock(ClockName::Screening));
    world.run(settlement(refund(100)));
    world.run(screening(1, FindingCode::EditedRegion));
    assert_eq!(world.refused(agree()), "first_look_first");
    assert_eq!(world.refused(answer_settlement(true)), "first_look_first");
}

#[test]
fn neutral_findings_never_accuse() {
    for code in [
        FindingCode::NoiseInconsistent,
        FindingCode::ThumbnailMismatch,
        FindingCode::KnownTables,
        FindingCode::Annotation,
        FindingCode::SameFlatSurface,
        FindingCode::SamePlace,
        FindingCode::SameItemNewPhoto,
        FindingCode::Unrelated,
        FindingCode::CannotTell,
        FindingCode::SharedListingPhoto,
        FindingCode::LowQuality,
        FindingCode::NotDecoded,
        FindingCode::Clear,
    ] {
        let mut world = World::claim_filed();
        world.run(screening(1, code));
        assert_eq!(world.claim_state(), ClaimState::MerchantWindow, "{code:?}");
    }
    // Nor does an accusing code below its published threshold.
    let mut world = World::claim_filed();
    let mut weak = finding(FindingCode::CopyMove);
    weak.above_threshold = false;
    world.run(inspection(vec![inspected(1, vec![weak])]));
    assert_eq!(world.claim_state(), ClaimState::MerchantWindow);
}

/// A photo whose findings accuse nobody and say that a person should look.
fn to_be_looked_at(number: u128) -> InspectedPhoto {
    let mut found = finding(FindingCode::SamePlace);
    found.above_threshold = false;
    InspectedPhoto {
        verdict: InspectionVerdict::Review,
        ..inspected(number, vec![found])
    }
}

#[test]
fn a_photo_that_a_person_should_see_slows_nobody_and_is_seen_before_a_decision() {
    let mut clear = World::claim_filed();
    let mut world = World::claim_filed();
    // The merchant may answer at once, as for a photo without a finding.
    assert_eq!(
        world.run(inspection(vec![to_be_looked_at(1)])),
        clear.run(inspection(vec![inspected(1, Vec::new())]))
    );
    assert_eq!(world.case.to_look_at(CLAIM), [evidence_id(1)]);
    assert_eq!(clear.case.to_look_at(CLAIM), []);
    // Nor is any payment held that two humans agreed on.
    let mut agreed = World::claim_filed();
    agreed.run(inspection(vec![to_be_looked_at(1)]));
    assert_eq!(agreed.run(agree()), clear.run(agree()));
    assert_eq!(agreed.case.to_look_at(CLAIM), []);
    // Whoever decides has looked: at what the findings name, or at everything.
    world.run(contest());
    world.run(round_over(Party::Claimant, CLAIMANT));
    world.run(round_over(Party::Merchant, by(MERCHANT)));
    assert_eq!(world.claim_state(), ClaimState::HumanReview);
    for verdict in [Verdict::Rejected, granted(6_800)] {
        assert_eq!(world.refused(decide_claim(REVIEWER, verdict)), "look_first");
    }
    world.run(Command::JudgeEvidence {
        by: REVIEWER,
        claim: CLAIM,
        evidence: evidence_id(1),
        accepted: true,
    });
    assert_eq!(world.case.to_look_at(CLAIM), []);
    // The merchant's doubt brings no second look of it.
    world.run(Command::DisputeEvidence {
        by: by(MERCHANT),
        claim: CLAIM,
        evidence: evidence_id(1),
        party: Party::Merchant,
    });
    assert_eq!(world.case.to_look_at(CLAIM), []);
    world.run(decide_claim(REVIEWER, granted(6_800)));
    assert_eq!(world.claim_state(), ClaimState::Decided);
}

#[test]
fn what_a_person_should_see_is_not_told_before_a_blind_look() {
    let mut world = World::claim_filed();
    world.run(add_photo(2, None));
    world.run(inspection(vec![to_be_looked_at(1), forged(2)]));
    assert_eq!(world.claim_state(), ClaimState::FirstLook);
    assert_eq!(world.case.to_look_at(CLAIM), []);
    // The first look was at all photos.
    world.run(first_look(&world, REVIEWER));
    assert_eq!(world.case.to_look_at(CLAIM), []);
    // One that comes later was not there.
    world.run(add_photo(3, None));
    world.run(inspection(vec![to_be_looked_at(3)]));
    assert_eq!(world.case.to_look_at(CLAIM), []);
    assert_eq!(world.case.unseen(CLAIM), [evidence_id(3)]);
    world.run(first_look(&world, REVIEWER));
    assert_eq!(world.case.unseen(CLAIM), []);
}

#[test]
fn an_intercepted_photo_brings_a_human_and_ends_nothing() {
    let mut world = World::claim_filed();
    assert_eq!(
        world.run(inspection(vec![forged(1)])),
        [
            "claim_inspected.v1",
            "clock_stopped.v1",
            "first_look_required.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(world.claim_state(), ClaimState::FirstLook);
    assert_eq!(
        world.case.claims[&CLAIM].inspection,
        Some(InspectionVerdict::Intercept)
    );
    // The reviewer looks, and the claim goes its way like any other.
    world.run(first_look(&world, REVIEWER));
    assert_eq!(world.claim_state(), ClaimState::MerchantWindow);
    world.run(agree());
    assert_eq!(world.claim_state(), ClaimState::Agreed);
}

#[test]
fn nothing_intercepts_but_a_fact_about_the_file() {
    let mut not_edited = forged(1);
    not_edited.findings.truncate(1);
    let mut only_edited = forged(1);
    only_edited.findings.remove(0);
    let mut unmoved = forged(1);
    unmoved.findings[0].grade = "unmoved".to_owned();
    let mut weak = forged(1);
    weak.findings[1].above_threshold = false;
    let mut of_another = forged(1);
    of_another.findings[1].reference = Some(Reference::Listing {
        photo: ListingPhotoId(uuid(89)),
    });
    let mut of_none = forged(1);
    of_none.findings[0].reference = None;
    of_none.findings[1].reference = None;
    for photo in [not_edited, only_edited, unmoved, weak, of_another, of_none] {
        assert_eq!(
            World::claim_filed().refused(inspection(vec![photo])),
            "intercept_unfounded"
        );
    }
    for code in [
        FindingCode::ReusedPhoto,
        FindingCode::DamageNotConfirmed,
        FindingCode::CopyMove,
        FindingCode::JpegInconsistent,
        FindingCode::Resampled,
        FindingCode::SamePlace,
    ] {
        let mut photo = inspected(1, vec![finding(code)]);
        photo.findings[0].grade = "exact".to_owned();
        photo.verdict = InspectionVerdict::Intercept;
        assert_eq!(
            World::claim_filed().refused(inspection(vec![photo])),
            "intercept_unfounded",
            "{code:?}"
        );
    }
}

#[test]
fn a_later_view_is_checked_together_with_the_earlier_photos() {
    let mut world = World::merchant_window();
    world.run(add_photo(2, None));
    // The second view shows the same place without the damage that the first one shows.
    assert_eq!(
        world.run(inspection(vec![
            inspected(1, vec![finding(FindingCode::DamageNotConfirmed)]),
            inspected(2, vec![finding(FindingCode::Clear)]),
        ])),
        [
            "claim_inspected.v1",
            "clock_stopped.v1",
            "first_look_required.v1",
            "clock_started.v1",
            "clock_paused.v1"
        ]
    );
    assert_eq!(
        world.case.claims[&CLAIM].inspection,
        Some(InspectionVerdict::Review)
    );
    assert!(!world.case.findings_open(CLAIM));
    assert_eq!(world.refused(agree()), "first_look_first");
    // The same result again is no event.
    assert_eq!(
        world.refused(inspection(vec![
            inspected(1, vec![finding(FindingCode::DamageNotConfirmed)]),
            inspected(2, vec![finding(FindingCode::Clear)]),
        ])),
        "already_screened"
    );
}

#[test]
fn evidence_that_a_human_set_aside_accuses_no_longer() {
    let mut world = World::accused();
    world.run(first_look(&world, REVIEWER));
    world.run(Command::JudgeEvidence {
        by: REVIEWER,
        claim: CLAIM,
        evidence: evidence_id(1),
        accepted: false,
    });
    assert!(!world.case.is_accused(CLAIM));
    assert_eq!(
        world.case.evidence[&evidence_id(1)].state,
        EvidenceState::Excluded
    );
    // Nor does the other side bring it back: only a human who judges does.
    assert_eq!(
        world.refused(Command::DisputeEvidence {
            by: by(MERCHANT),
            claim: CLAIM,
            evidence: evidence_id(1),
            party: Party::Merchant,
        }),
        "cannot_judge_evidence"
    );
    assert!(!world.case.is_accused(CLAIM));
}

#[test]
fn each_side_may_dispute_the_others_evidence() {
    let mut world = World::merchant_window();
    let dispute = |party, by| Command::DisputeEvidence {
        by,
        claim: CLAIM,
        evidence: evidence_id(1),
        party,
    };
    assert_eq!(
        world.refused(dispute(Party::Claimant, CLAIMANT)),
        "own_evidence"
    );
    world.run(dispute(Party::Merchant, by(MERCHANT)));
    assert_eq!(
        world.case.evidence[&evidence_id(1)].state,
        EvidenceState::Disputed
    );
}

#[test]
fn nobody_accepts_for_the_claimant_what_they_offered_for_the_shop() {
    let mut world = World::merchant_window();
    world.run(settlement(Resolution::Partial { amount: Fen(1) }));
    let accept = |by| Command::AnswerSettlement {
        by,
        claim: CLAIM,
        accept: true,
    };
    let both = Human {
        role: Role::Agent,
        ..MERCHANT
    };
    assert_eq!(world.refused(accept(by(both))), "not_permitted");
    world.run(accept(by(AGENT)));
    assert_eq!(world.claim_state(), ClaimState::Agreed);
}

#[test]
fn a_settlement_is_accepted_declined_or_left_unanswered() {
    let mut world = World::merchant_window();
    world.run(settlement(Resolution::Partial { amount: Fen(2_000) }));
    assert_eq!(world.claim_state(), ClaimState::SettlementOffered);
    world.run(answer_settlement(true));
    assert_eq!(world.case.claims[&CLAIM].payment, Some(Fen(2_000)));
    assert_eq!(
        world.case.claims[&CLAIM].basis,
        Some(PaymentBasis::Settled { human: MERCHANT })
    );

    let mut world = World::merchant_window();
    world.run(settlement(Resolution::Partial { amount: Fen(2_000) }));
    world.run(answer_settlement(false));
    assert_eq!(
        world.claim_state(),
        ClaimState::EvidenceRound,
        "both sides are heard first"
    );
    world.let_run_out(claim_clock(ClockName::EvidenceRound));
    assert_eq!(world.claim_state(), ClaimState::HumanReview);
    world.run(settlement(Resolution::Exchange));
    world.run(answer_settlement(false));
    assert_eq!(
        world.case.claims[&CLAIM].review_cause,
        Some(ReviewCause::SettlementDeclined)
    );

    let mut world = World::merchant_window();
    world.run(settlement(Resolution::Exchange));
    world.let_run_out(claim_clock(ClockName::SettlementAnswer));
    assert_eq!(world.claim_state(), ClaimState::HumanReview);
    assert_eq!(world.case.claims[&CLAIM].settlement, None);
}

#[test]
fn returned_goods_are_paid_for_once_they_are_there() {
    let ask = Resolution::Return { amount: Fen(6_800) };
    let mut world = World::agreed_to(ask);
    assert_eq!(world.case.claims[&CLAIM].payment, None);
    assert_eq!(
        world.run(ship_return()),
        ["return_shipped.v1", "clock_stopped.v1", "clock_started.v1"]
    );
    assert_eq!(
        world.run(receive(true)),
        [
            "return_received.v1",
            "clock_stopped.v1",
            "payment_authorized.v1",
            "clock_started.v1"
        ]
    );
    world.run(pay(6_800));
    assert!(world.case.closed);
}

/// A clock closes no claim that was granted: the goods may be on their way, or the claimant in hospital.
#[test]
fn goods_that_do_not_come_back_are_asked_for_and_then_a_human_looks() {
    let ask = Resolution::Return { amount: Fen(6_800) };
    let mut world = World::agreed_to(ask);
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::ReturnShipping)),
        ["clock_expired.v1", "return_reminded.v1", "clock_started.v1"]
    );
    // Who sends them after the reminder is paid as was agreed.
    world.run(ship_return());
    world.run(receive(true));
    world.run(pay(6_800));
    assert!(world.case.closed);
    let mut late = World::agreed_to(ask);
    late.let_run_out(claim_clock(ClockName::ReturnShipping));
    assert_eq!(
        late.let_run_out(claim_clock(ClockName::ReturnShipping)),
        [
            "clock_expired.v1",
            "human_review_opened.v1",
            "clock_started.v1"
        ]
    );
    let claim = &late.case.claims[&CLAIM];
    assert_eq!(claim.review_cause, Some(ReviewCause::ReturnNotSent));
    assert_eq!((claim.payment, late.case.closed), (None, false));
    // The reviewer may grant it again, and nobody is reminded twice.
    late.run(decide_claim(REVIEWER, Verdict::Granted { resolution: ask }));
    late.let_run_out(claim_clock(ClockName::Appeal));
    assert_eq!(late.claim_state(), ClaimState::Final);
    late.let_run_out(claim_clock(ClockName::ReturnShipping));
    assert_eq!(late.claim_state(), ClaimState::HumanReview);
}

#[test]
fn a_dispute_about_returned_goods_goes_to_a_human() {
    let ask = Resolution::Return { amount: Fen(6_800) };
    let mut world = World::agreed_to(ask);
    world.run(ship_return());
    world.run(receive(false));
    assert_eq!(world.claim_state(), ClaimState::HumanReview);
    assert_eq!(
        world.case.claims[&CLAIM].review_cause,
        Some(ReviewCause::ReturnDisputed)
    );
    assert_eq!(world.case.claims[&CLAIM].payment, None);
    // The goods are with the merchant: what is granted is paid without a second journey.
    world.run(decide_claim(REVIEWER, Verdict::Granted { resolution: ask }));
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::Appeal)),
        [
            "clock_expired.v1",
            "claim_final.v1",
            "payment_authorized.v1",
            "clock_started.v1"
        ]
    );

    let mut world = World::agreed_to(ask);
    world.run(ship_return());
    world.let_run_out(claim_clock(ClockName::ReturnInspection));
    assert_eq!(
        world.case.claims[&CLAIM].review_cause,
        Some(ReviewCause::ReturnUnanswered)
    );
    assert_eq!(
        world.case.claims[&CLAIM].payment, None,
        "silence pays nothing"
    );
}

#[test]
fn an_exchange_is_sent() {
    let mut world = World::agreed_to(Resolution::Exchange);
    world.run(ship_return());
    world.run(receive(true));
    assert_eq!(
        world.run(ship_exchange()),
        [
            "exchange_shipped.v1",
            "clock_stopped.v1",
            "claim_closed.v1",
            "case_closed.v1"
        ]
    );
}

#[test]
fn a_claim_is_withdrawn_at_any_time_and_money_that_moved_is_still_recorded() {
    let mut world = World::agreed_to(refund(6_800));
    world.run(withdraw_claim());
    assert_eq!(world.claim_state(), ClaimState::Withdrawn);
    assert!(world.case.closed);
    assert_eq!(
        world.run(pay(6_800)),
        ["claim_executed.v1", "claim_closed.v1"]
    );
    assert_eq!(world.refused(pay(6_800)), "payment_already_recorded");
}

#[test]
fn a_referral_is_a_side_flag_raised_and_taken_back_by_humans() {
    let mut world = World::accused();
    world.run(first_look(&world, REVIEWER));
    let before = world.claim_state();
    world.run(refer(RISK));
    assert_eq!(world.claim_state(), before);
    assert!(world.case.claims[&CLAIM].fraud_referral);
    world.run(withdraw_claim());
    // Also after the case is closed: a flag raised in error can always be taken back.
    world.run(Command::WithdrawFraudReferral {
        by: RISK,
        claim: CLAIM,
        reasons: text(),
    });
    assert!(!world.case.claims[&CLAIM].fraud_referral);
}

#[test]
fn in_party_mode_the_platform_decides() {
    let mut world = World::empty();
    let mut open = open_case();
    if let Command::OpenCase { mode, .. } = &mut open {
        *mode = OperatorMode::Party;
    }
    world.run(open);
    world.run(file(refund(6_800)));
    world.run(screening(1, FindingCode::Clear));
    world.let_run_out(claim_clock(ClockName::MerchantAnswer));
    assert_eq!(
        world.refused(decide_claim(REVIEWER, Verdict::Rejected)),
        "platform_decides"
    );
    world.run(agree());
}

#[test]
fn an_agent_speaks_for_the_claimant() {
    let mut world = World::opened();
    let mut filed = file(refund(100));
    if let Command::FileClaim { by: actor, .. } = &mut filed {
        *actor = by(AGENT);
    }
    world.run(filed);
    assert_eq!(world.events.last().map(|event| event.by), Some(by(AGENT)));
    let stranger = Actor::Claimant {
        person: aftercare_domain::ids::PersonId(crate::world::uuid(99)),
    };
    assert_eq!(
        world.refused(Command::WithdrawClaim {
            by: stranger,
            claim: CLAIM
        }),
        "not_permitted"
    );
}

#[test]
fn every_payment_names_a_human() {
    let mut world = World::decided(granted(6_800));
    world.let_run_out(claim_clock(ClockName::Appeal));
    world.later(DAY_MS);
    let bases: Vec<&Body> = world
        .events
        .iter()
        .map(|event| &event.body)
        .filter(|body| matches!(body, Body::PaymentAuthorized { .. }))
        .collect();
    assert_eq!(bases.len(), 1);
}
