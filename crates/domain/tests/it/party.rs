//! Party mode: an outside platform decides. Its deadline counts where it is earlier, nothing is paid here, and what it
//! decided is recorded by a human.

use crate::world::{
    AGENT, CLAIM, CLAIMANT, MERCHANT, REVIEWER, World, agree, answer_settlement, by, claim_clock,
    contest, decide_claim, open_case, receive, refund, settlement, text,
};
use aftercare_domain::Fen;
use aftercare_domain::actor::Actor;
use aftercare_domain::case::ClaimState;
use aftercare_domain::clock::ClockName;
use aftercare_domain::command::Command;
use aftercare_domain::event::{
    Body, ClaimReason, OperatorMode, Platform, PlatformOutcome, Resolution, Verdict,
};
use aftercare_domain::ids::UserId;
use aftercare_domain::refused::Refused;
use aftercare_domain::time::{DAY_MS, HOUR_MS, Timestamp};
use proptest::prelude::*;

pub fn link(due_at: Option<Timestamp>) -> Command {
    Command::LinkPlatform {
        by: by(MERCHANT),
        claim: CLAIM,
        platform: Platform::Wechat,
        object: text(),
        status: "MERCHANT_PROCESSING".to_owned(),
        due_at,
    }
}

fn read(due_at: Option<Timestamp>) -> Command {
    Command::ReadPlatform {
        by: Actor::Integrator {
            user: UserId(crate::world::uuid(7)),
        },
        claim: CLAIM,
        object: text(),
        status: "MERCHANT_PROCESSING".to_owned(),
        due_at,
    }
}

pub fn platform_says(outcome: PlatformOutcome) -> Command {
    Command::RecordPlatformOutcome {
        by: MERCHANT,
        claim: CLAIM,
        outcome,
        may_exceed: false,
    }
}

/// A refund that the platform granted, which whoever records it may have seen to be more than was paid.
fn granted_there(amount: i64, seen: bool) -> Command {
    Command::RecordPlatformOutcome {
        by: MERCHANT,
        claim: CLAIM,
        outcome: PlatformOutcome::Granted {
            resolution: refund(amount),
        },
        may_exceed: seen,
    }
}

/// What says that a grant is more than was paid.
pub fn grant_above_paid() -> Refused {
    let world = party(None);
    world.attempt(granted_there(8_000, false)).unwrap_err()
}

fn opened() -> Command {
    let mut open = open_case();
    if let Command::OpenCase { by: who, mode, .. } = &mut open {
        *who = by(MERCHANT);
        *mode = OperatorMode::Party;
    }
    open
}

fn filed() -> Command {
    Command::FileClaim {
        by: by(MERCHANT),
        claim: CLAIM,
        order: crate::world::ORDER,
        line: crate::world::LINE,
        reason: ClaimReason::Damaged,
        ask: refund(6_800),
        statement: text(),
        evidence: Vec::new(),
        statutory: None,
    }
}

/// Whether a platform decides the case.
pub fn is_party(world: &World) -> bool {
    let opened = world.case.opened.as_ref();
    opened.is_some_and(|opened| opened.mode == OperatorMode::Party)
}

/// What happens there on a walk: it is read again, or, rarely, decides.
pub fn step(world: &World, with: u8) -> Command {
    match with {
        0..24 => platform_says(PlatformOutcome::Granted {
            resolution: refund(i64::from(with) + 1),
        }),
        24..32 => platform_says(PlatformOutcome::TakenBack),
        32..128 => read(None),
        _ => read(Some(world.now.plus_ms(i64::from(with) * HOUR_MS / 4))),
    }
}

/// A case of a platform that waits for the merchant so long.
pub fn party(waits_ms: Option<i64>) -> World {
    let mut world = World::empty();
    world.run(opened());
    world.run(filed());
    let due = waits_ms.map(|ms| world.now.plus_ms(ms));
    world.run(link(due));
    world
}

#[test]
fn the_platforms_deadline_counts_where_it_is_earlier() {
    let due = |world: &World, name| world.case.clock(claim_clock(name)).unwrap().due_at;
    // 48 h by our rules; the platform waits 20 h, or 60.
    let world = party(Some(20 * HOUR_MS));
    assert_eq!(
        due(&world, ClockName::MerchantAnswer),
        world.now.plus_ms(20 * HOUR_MS)
    );
    let mut world = party(Some(60 * HOUR_MS));
    assert_eq!(
        due(&world, ClockName::MerchantAnswer),
        world.now.plus_ms(2 * DAY_MS)
    );
    // It says another time when it is read again; what starts later ends by it as well.
    let sooner = world.now.plus_ms(5 * HOUR_MS);
    assert_eq!(
        world.run(read(Some(sooner))),
        ["platform_read.v1", "clock_rebased.v1"]
    );
    assert_eq!(due(&world, ClockName::MerchantAnswer), sooner);
    world.later(HOUR_MS);
    world.run(contest());
    assert_eq!(due(&world, ClockName::EvidenceRound), sooner);
    // A later time moves nothing back, and none that is over is kept to.
    world.run(read(Some(sooner.plus_ms(9 * DAY_MS))));
    assert_eq!(due(&world, ClockName::EvidenceRound), sooner);
    let mut late = party(None);
    let passed = late.now.plus_ms(-HOUR_MS);
    assert_eq!(late.run(read(Some(passed))), ["platform_read.v1"]);
}

#[test]
fn the_platform_decides_and_nothing_is_paid_here() {
    for outcome in [
        PlatformOutcome::Rejected,
        PlatformOutcome::TakenBack,
        PlatformOutcome::Granted {
            resolution: refund(6_800),
        },
    ] {
        let mut world = party(Some(20 * HOUR_MS));
        world.run(agree());
        assert_eq!(world.claim_state(), ClaimState::Agreed);
        world.run(platform_says(outcome));
        let claim = &world.case.claims[&CLAIM];
        assert!(claim.state.is_ended() && world.case.closed);
        assert_eq!(claim.platform.as_ref().unwrap().outcome, Some(outcome));
        assert!(
            !world
                .events
                .iter()
                .any(|event| matches!(event.body, Body::PaymentAuthorized { .. })),
            "{outcome:?}"
        );
    }
    let mut world = party(None);
    world.run(contest());
    world.let_run_out(claim_clock(ClockName::EvidenceRound));
    let refused = world
        .attempt(decide_claim(REVIEWER, Verdict::Rejected))
        .unwrap_err();
    assert_eq!(refused.rule, "platform_decides");
    // What it tells to do can be done.
    assert!(
        refused.en.contains("Record what the platform decided"),
        "{}",
        refused.en
    );
    world.run(platform_says(PlatformOutcome::Rejected));
    assert!(world.case.closed);
}

/// The platform moves the money, also more than was paid. What it did is recorded as it was, said plainly, and paid by
/// nobody a second time; a slip of the pen is asked about first.
#[test]
fn what_the_platform_granted_above_what_was_paid_is_recorded_as_it_was() {
    let mut world = party(None);
    let refused = world.attempt(granted_there(8_000, false)).unwrap_err();
    assert_eq!(refused.rule, "grant_above_paid");
    for words in [refused.zh, refused.en] {
        assert!(words.contains("12.00"), "{words}");
    }
    assert_eq!(world.refused(granted_there(0, true)), "amount_not_valid");
    world.run(granted_there(8_000, true));
    let claim = &world.case.claims[&CLAIM];
    let link = claim.platform.as_ref().unwrap();
    assert_eq!(link.above_paid, Some(Fen(1_200)));
    assert_eq!(claim.outcome, Some(refund(8_000)));
    assert!(claim.payment.is_none() && world.case.closed);
    // What was refunded before counts, and a grant within what is left is nothing to remark on.
    let mut again = party(None);
    if let Some(order) = &mut again.facts.order {
        order.refunded = Fen(6_800);
    }
    again.run(granted_there(6_800, true));
    let above = again.case.claims[&CLAIM].platform.as_ref().unwrap();
    assert_eq!(above.above_paid, Some(Fen(6_800)));
    let mut whole = party(None);
    whole.run(granted_there(6_800, true));
    let within = whole.case.claims[&CLAIM].platform.as_ref().unwrap();
    assert_eq!(within.above_paid, None);
}

#[test]
fn goods_that_came_back_are_paid_by_the_platform_alone() {
    let mut world = party(None);
    let amount = aftercare_domain::Fen(6_800);
    world.run(settlement(Resolution::Return { amount }));
    world.run(answer_settlement(true));
    assert_eq!(world.claim_state(), ClaimState::Agreed);
    assert_eq!(world.run(receive(true)), ["return_received.v1"]);
    assert_eq!(world.case.claims[&CLAIM].payment, None);
    // What is waited for is the platform, and that it is late is marked.
    let execution = claim_clock(ClockName::Execution);
    assert!(world.case.clock(execution).unwrap().is_open());
    assert_eq!(
        world.let_run_out(execution),
        ["clock_expired.v1", "execution_overdue.v1"]
    );
    assert!(world.case.claims[&CLAIM].execution_overdue);
}

#[test]
fn an_inspection_is_waited_for_where_a_platform_decides_as_anywhere() {
    let mut world = party(None);
    world.run(settlement(Resolution::Inspection));
    world.run(answer_settlement(true));
    assert_eq!(world.claim_state(), ClaimState::Inspection);
    world.let_run_out(claim_clock(ClockName::Inspection));
    assert_eq!(world.claim_state(), ClaimState::HumanReview);
}

#[test]
fn only_a_shop_its_agents_and_programs_bring_cases_of_a_platform() {
    let mut own = opened();
    if let Command::OpenCase { mode, .. } = &mut own {
        *mode = OperatorMode::Platform;
    }
    assert_eq!(World::empty().refused(own), "not_permitted");
    let mut world = World::empty();
    world.run(opened());
    world.run(filed());
    for who in [CLAIMANT, by(REVIEWER), Actor::System] {
        let mut command = link(None);
        if let Command::LinkPlatform { by, .. } = &mut command {
            *by = who;
        }
        assert_eq!(world.refused(command), "not_permitted");
    }
    let mut agents = link(None);
    if let Command::LinkPlatform { by: who, .. } = &mut agents {
        *who = by(AGENT);
    }
    assert_eq!(world.run(agents), ["platform_linked.v1"]);
}

proptest! {
    /// Whatever the platform says and in whatever order, no clock before our answer runs beyond what it said last while
    /// that was still to come, and no money is authorized.
    #[test]
    fn no_clock_runs_beyond_the_platforms_deadline(steps in prop::collection::vec((0_u8..6, 1_i64..100), 1..20)) {
        let mut world = party(Some(30 * HOUR_MS));
        for (step, hours) in steps {
            let due = world.now.plus_ms(hours * HOUR_MS);
            let command = match step {
                0 => read(Some(due)),
                1 => contest(),
                2 => agree(),
                3 => Command::RebaseClocks,
                4 => Command::OfferSettlement {
                    by: MERCHANT,
                    claim: CLAIM,
                    resolution: Resolution::Partial { amount: aftercare_domain::Fen(hours) },
                    statement: text(),
                },
                _ => {
                    world.later(hours * HOUR_MS / 10);
                    read(None)
                }
            };
            if let Ok(events) = world.attempt(command) {
                for event in &events {
                    world.case = aftercare_domain::evolve(std::mem::take(&mut world.case), event);
                    let pays = matches!(event.body, Body::PaymentAuthorized { .. });
                    prop_assert!(!pays);
                }
            }
            let said = world.case.claims[&CLAIM].platform.as_ref().unwrap().due_at;
            for clock in &world.case.clocks {
                let early = matches!(clock.key.name, ClockName::MerchantAnswer | ClockName::EvidenceRound | ClockName::SettlementAnswer);
                if let Some(said) = said.filter(|said| *said > world.now && early && clock.is_open()) {
                    prop_assert!(clock.due_at <= said, "{:?}", clock);
                }
            }
        }
    }
}
