//! Goods that the claimant sent and for which nothing is granted go back before the claim ends.

use crate::party::{party, platform_says};
use crate::second::settle_recovery;
use crate::world::{
    CLAIM, MERCHANT, REVIEWER, SECOND, World, agree, answer_settlement, appeal, by, claim_clock,
    contest_paid, counter, decide_appeal, decide_claim, file, granted, pay, receive, refund,
    screening, settlement, ship_exchange, ship_return, text, withdraw_claim,
};
use aftercare_domain::actor::Party;
use aftercare_domain::case::{ClaimState, GoodsState};
use aftercare_domain::clock::ClockName;
use aftercare_domain::command::Command;
use aftercare_domain::event::{PlatformOutcome, RecoveryEnd, Resolution, ReviewCause, Verdict};
use aftercare_domain::evidence::FindingCode;
use aftercare_domain::limits::HEARING_MS;
use aftercare_domain::money::Fen;
use aftercare_domain::refused::Refused;

const ASK: Resolution = Resolution::Return { amount: Fen(6_800) };
const PART: Resolution = Resolution::Partial { amount: Fen(2_000) };

pub fn send_goods_back() -> Command {
    Command::SendGoodsBack {
        by: MERCHANT,
        claim: CLAIM,
        waybill: text(),
    }
}

/// A reviewer who would have the claimant keep goods that are not with the claimant.
pub fn grant_a_part() -> Command {
    decide_claim(REVIEWER, Verdict::Granted { resolution: PART })
}

/// The goods came back, not as described, the merchant says.
pub fn disputed() -> World {
    let mut world = World::agreed_to(ASK);
    world.run(ship_return());
    world.run(receive(false));
    world
}

/// The refusals of this part, each by a scenario.
pub fn provoke(rule: &str) -> Option<Refused> {
    let says = |world: &World, command: Command| Some(world.attempt(command).unwrap_err());
    match rule {
        "goods_at_merchant" => says(&disputed(), grant_a_part()),
        "goods_come_back" => says(&owed(), withdraw_claim()),
        "refund_on_its_way" => {
            let mut world = World::agreed_to(ASK);
            world.run(ship_return());
            world.run(receive(true));
            says(&world, withdraw_claim())
        }
        _ => None,
    }
}

/// Nothing was granted for them, and nobody appealed.
pub fn owed() -> World {
    let mut world = disputed();
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    world.let_run_out(claim_clock(ClockName::Appeal));
    world
}

#[test]
fn goods_for_which_nothing_is_granted_go_back_before_the_claim_ends() {
    let mut world = disputed();
    assert_eq!(world.refused(send_goods_back()), "nothing_to_return");
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    // An appeal may still grant something for them.
    assert_eq!(world.refused(send_goods_back()), "nothing_to_return");
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::Appeal)),
        [
            "clock_expired.v1",
            "claim_final.v1",
            "goods_owed.v1",
            "clock_started.v1"
        ]
    );
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(
        (claim.state, claim.goods),
        (ClaimState::Final, GoodsState::Owed)
    );
    assert!(claim.owes_goods() && !world.case.closed);
    let mut by_another = send_goods_back();
    if let Command::SendGoodsBack { by, .. } = &mut by_another {
        *by = REVIEWER;
    }
    assert_eq!(world.refused(by_another), "not_permitted");
    assert_eq!(
        world.run(send_goods_back()),
        [
            "goods_sent_back.v1",
            "clock_stopped.v1",
            "claim_closed.v1",
            "case_closed.v1"
        ]
    );
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(
        (claim.goods, claim.payment, claim.owes_goods()),
        (GoodsState::SentBack, None, false)
    );
    assert_eq!(world.refused(send_goods_back()), "case_closed");
}

#[test]
fn goods_go_back_after_an_appeal_and_when_the_merchant_never_said_that_they_came() {
    let mut world = disputed();
    world.run(decide_claim(REVIEWER, Verdict::Granted { resolution: ASK }));
    world.run(appeal(Party::Merchant, by(MERCHANT)));
    world.later(HEARING_MS);
    assert_eq!(
        world.run(decide_appeal(SECOND, Verdict::Rejected)),
        [
            "appeal_decided.v1",
            "clock_stopped.v1",
            "claim_final.v1",
            "goods_owed.v1",
            "clock_started.v1"
        ]
    );
    world.run(send_goods_back());
    assert_eq!(world.claim_state(), ClaimState::Closed);

    let mut world = World::agreed_to(ASK);
    world.run(ship_return());
    world.let_run_out(claim_clock(ClockName::ReturnInspection));
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    world.let_run_out(claim_clock(ClockName::Appeal));
    assert!(world.case.claims[&CLAIM].owes_goods());

    // What never left the claimant is owed by nobody.
    let mut world = World::agreed_to(ASK);
    for _ in 0..2 {
        world.let_run_out(claim_clock(ClockName::ReturnShipping));
    }
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    world.let_run_out(claim_clock(ClockName::Appeal));
    assert_eq!(world.claim_state(), ClaimState::Closed);
}

#[test]
fn goods_that_nobody_sends_back_reach_a_human_who_may_have_them_paid_for() {
    let execution = claim_clock(ClockName::Execution);
    let mut world = owed();
    assert_eq!(
        world.let_run_out(execution),
        [
            "clock_expired.v1",
            "execution_overdue.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(
        world.let_run_out(execution),
        [
            "clock_expired.v1",
            "human_review_opened.v1",
            "clock_started.v1"
        ]
    );
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.review_cause, Some(ReviewCause::GoodsNotSentBack));
    assert_eq!((claim.payment, world.case.closed), (None, false));
    // The merchant can send them all the same, as long as nobody has decided.
    let mut sent = World {
        case: world.case.clone(),
        events: Vec::new(),
        facts: world.facts.clone(),
        ..world
    };
    sent.run(send_goods_back());
    assert_eq!(sent.claim_state(), ClaimState::Closed);

    // Whoever keeps them pays for them, without another journey.
    let mut kept = World {
        case: world.case.clone(),
        events: Vec::new(),
        facts: world.facts.clone(),
        ..world
    };
    kept.run(decide_claim(REVIEWER, Verdict::Granted { resolution: ASK }));
    assert_eq!(kept.refused(send_goods_back()), "nothing_to_return");
    assert_eq!(
        kept.let_run_out(claim_clock(ClockName::Appeal)),
        [
            "clock_expired.v1",
            "claim_final.v1",
            "payment_authorized.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(kept.refused(send_goods_back()), "nothing_to_return");
    kept.run(pay(6_800));
    assert!(kept.case.closed);

    // Nothing is granted again: they are still owed, and the time for it begins anew.
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    world.let_run_out(claim_clock(ClockName::Appeal));
    assert!(world.case.claims[&CLAIM].owes_goods());
    world.run(send_goods_back());
    assert!(world.case.closed);
}

#[test]
fn no_refund_leaves_the_claimant_with_a_part_of_the_price_and_without_the_goods() {
    let mut world = disputed();
    let by_another_name = decide_claim(REVIEWER, granted(6_799));
    let offered = settlement(refund(2_000));
    for refused in [
        grant_a_part(),
        settlement(PART),
        counter(2_000),
        by_another_name,
        offered,
    ] {
        assert_eq!(world.refused(refused), "goods_at_merchant");
    }
    // What the merchant pays a part of the price for is the merchant's.
    let less = Resolution::Return { amount: Fen(2_000) };
    world.run(settlement(less));
    world.run(answer_settlement(true));
    assert_eq!(world.case.claims[&CLAIM].payment, Some(Fen(2_000)));

    // Nor does the merchant agree to what was asked before the goods were sent.
    let mut world = World::opened();
    world.run(file(PART));
    world.run(screening(1, FindingCode::Clear));
    world.run(settlement(ASK));
    world.run(answer_settlement(true));
    world.run(ship_return());
    world.run(receive(false));
    assert_eq!(world.refused(agree()), "goods_at_merchant");
}

/// Who calls a claim off asks for no money any more, and does not give the goods away.
#[test]
fn goods_go_back_also_where_the_claim_is_taken_back() {
    let on_their_way = || {
        let mut world = World::agreed_to(ASK);
        world.run(ship_return());
        world
    };
    let exchanged = || {
        let mut world = World::agreed_to(Resolution::Exchange);
        world.run(ship_return());
        world.run(receive(true));
        world
    };
    let decided = |verdict| {
        let mut world = disputed();
        world.run(decide_claim(REVIEWER, verdict));
        world
    };
    let appealed = || {
        let mut world = decided(Verdict::Rejected);
        world.run(appeal(Party::Merchant, by(MERCHANT)));
        world
    };
    let offered = || {
        let mut world = disputed();
        world.run(settlement(Resolution::Exchange));
        world
    };
    let whole = Verdict::Granted { resolution: ASK };
    for (where_it_was, mut world) in [
        ("on the way", on_their_way()),
        ("exchange", exchanged()),
        ("disputed", disputed()),
        ("offered", offered()),
        ("rejected", decided(Verdict::Rejected)),
        ("granted", decided(whole)),
        ("appealed", appealed()),
    ] {
        let names = world.run(withdraw_claim());
        assert_eq!(names[0], "claim_withdrawn.v1", "{where_it_was}");
        assert_eq!(
            names[names.len() - 2..],
            ["goods_owed.v1", "clock_started.v1"],
            "{where_it_was}"
        );
        let claim = &world.case.claims[&CLAIM];
        assert!(
            claim.owes_goods() && claim.taken_back_at.is_some(),
            "{where_it_was}"
        );
        assert_eq!((claim.outcome, claim.payment), (None, None));
        assert!(!world.case.closed, "{where_it_was}");
        // Nothing else is open any more, and nothing is taken back twice.
        for late in [agree(), ship_return(), receive(true), ship_exchange()] {
            world.refused(late);
        }
        assert_eq!(world.refused(answer_settlement(true)), "no_settlement");
        assert_eq!(world.refused(withdraw_claim()), "goods_come_back");
        world.run(send_goods_back());
        assert_eq!(world.claim_state(), ClaimState::Closed, "{where_it_was}");
        assert!(world.case.closed, "{where_it_was}");
    }
    // Goods that are still with the claimant are owed by nobody, and nothing stays open.
    let mut world = World::agreed_to(ASK);
    world.run(withdraw_claim());
    assert_eq!(world.claim_state(), ClaimState::Withdrawn);
    assert!(world.case.closed);
}

#[test]
fn goods_of_a_claim_that_was_taken_back_are_paid_for_by_whoever_keeps_them() {
    let execution = claim_clock(ClockName::Execution);
    let mut world = disputed();
    world.run(withdraw_claim());
    world.let_run_out(execution);
    world.let_run_out(execution);
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.review_cause, Some(ReviewCause::GoodsNotSentBack));
    world.run(decide_claim(REVIEWER, Verdict::Granted { resolution: ASK }));
    world.let_run_out(claim_clock(ClockName::Appeal));
    world.run(pay(6_800));
    assert!(world.case.closed);
}

#[test]
fn a_shop_sends_goods_back_that_its_platform_gave_nothing_for() {
    for outcome in [PlatformOutcome::Rejected, PlatformOutcome::TakenBack] {
        let mut world = party(None);
        world.run(settlement(ASK));
        world.run(answer_settlement(true));
        world.run(receive(true));
        assert_eq!(
            world.run(platform_says(outcome)),
            [
                "platform_decided.v1",
                "clock_stopped.v1",
                "goods_owed.v1",
                "clock_started.v1"
            ]
        );
        assert!(world.case.claims[&CLAIM].owes_goods());
        // No reviewer decides here in the platform's place: the shop is reminded until it sends them.
        for _ in 0..3 {
            assert_eq!(
                world.let_run_out(claim_clock(ClockName::Execution)),
                [
                    "clock_expired.v1",
                    "execution_overdue.v1",
                    "clock_started.v1"
                ]
            );
        }
        world.run(send_goods_back());
        assert!(world.case.closed);
    }
}

/// A paid return that another reviewer overturned: the price goes back, and then the goods.
#[test]
fn who_gives_a_refund_back_has_the_goods_back() {
    let overturned = || {
        let mut world = disputed();
        world.run(decide_claim(REVIEWER, Verdict::Granted { resolution: ASK }));
        world.let_run_out(claim_clock(ClockName::Appeal));
        world.run(pay(6_800));
        world.run(contest_paid(0));
        world.later(HEARING_MS);
        world.run(decide_appeal(SECOND, Verdict::Rejected));
        world
    };
    let mut world = overturned();
    assert!(world.case.closed);
    assert_eq!(
        world.run(settle_recovery(RecoveryEnd::Repaid, 6_800)),
        [
            "recovery_settled.v1",
            "case_reopened.v1",
            "goods_owed.v1",
            "clock_started.v1"
        ]
    );
    let execution = claim_clock(ClockName::Execution);
    for _ in 0..3 {
        world.let_run_out(execution);
        assert!(
            world.case.claims[&CLAIM].owes_goods(),
            "nothing is paid anew"
        );
    }
    assert_eq!(world.refused(withdraw_claim()), "goods_come_back");
    world.run(send_goods_back());
    assert!(world.case.closed);
    // Whoever keeps the money keeps no right to the goods.
    let mut world = overturned();
    assert_eq!(
        world.run(settle_recovery(RecoveryEnd::Waived, 0)),
        ["recovery_settled.v1"]
    );
    assert!(world.case.closed && !world.case.claims[&CLAIM].owes_goods());
}
