//! Technicians who are asked at once: the first who accepts has the work, the others are told, and two never have it.

use crate::world::{
    FAR, NEAR, STRANGER, WORK, World, accept, decline, offer, offer_beside as beside, offer_named,
    release, request, technician, uuid, verify, work_clock,
};
use aftercare_domain::case::{OfferAnswer, RepairState};
use aftercare_domain::clock::ClockName;
use aftercare_domain::command::Command;
use aftercare_domain::facts::Candidate;
use aftercare_domain::ids::OfferId;
use aftercare_domain::rules::Rules;
use aftercare_domain::time::MINUTE_MS;
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

/// A verified repair, three technicians near, so many asked at once.
fn world(at_once: u8) -> World {
    let mut world = World::opened();
    world.facts.rules = Rules {
        offers_at_once: at_once,
        ..Rules::default()
    };
    world.facts.candidates = [(NEAR, 1_000), (FAR, 2_000), (STRANGER, 3_000)]
        .map(|(technician, distance_m)| Candidate {
            technician,
            distance_m,
        })
        .to_vec();
    world.run(request(WORK));
    world.run(verify());
    world
}

#[test]
fn the_first_who_accepts_has_it_and_the_others_are_told() {
    let mut world = world(2);
    assert_eq!(
        world.run(offer(1)),
        ["repair_offered.v1", "clock_started.v1"]
    );
    world.later(MINUTE_MS);
    assert_eq!(world.run(beside(2)), ["repair_offered.v1"], "one clock");
    assert_eq!(world.run(beside(3)), [""; 0], "two at once, no more");
    assert_eq!(
        world.run(accept(2, FAR)),
        [
            "offer_accepted.v1",
            "offer_taken.v1",
            "clock_stopped.v1",
            "clock_stopped.v1",
            "clock_started.v1"
        ]
    );
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.technician, Some(FAR));
    assert_eq!(order.offers[0].answer, OfferAnswer::Taken);
    assert_eq!(world.refused(accept(1, NEAR)), "offer_not_open");
    assert_eq!(world.refused(decline(1, NEAR)), "offer_not_open");
}

#[test]
fn who_declines_leaves_the_others_asked_and_the_clock_running() {
    let mut world = world(2);
    world.run(offer(1));
    world.run(beside(2));
    assert_eq!(world.run(decline(1, NEAR)), ["offer_declined.v1"]);
    assert_eq!(
        world.case.work_orders[&WORK].state,
        RepairState::Offered,
        "the other may still accept"
    );
    assert_eq!(
        world.run(decline(2, FAR)),
        ["offer_declined.v1", "clock_stopped.v1"]
    );
    assert_eq!(world.case.work_orders[&WORK].state, RepairState::Verified);
    world.run(offer(3));
    assert_eq!(
        world.run(beside(4)),
        [""; 0],
        "nobody is left to ask beside"
    );
    assert_eq!(
        world.let_run_out(work_clock(ClockName::OfferAnswer)),
        ["clock_expired.v1", "offer_lapsed.v1"]
    );
}

#[test]
fn all_of_a_round_lapse_together_and_a_named_one_is_asked_alone() {
    let mut all = world(3);
    all.run(offer(1));
    all.run(beside(2));
    all.run(beside(3));
    assert_eq!(
        all.let_run_out(work_clock(ClockName::OfferAnswer)),
        [
            "clock_expired.v1",
            "offer_lapsed.v1",
            "offer_lapsed.v1",
            "offer_lapsed.v1"
        ]
    );
    let mut named = world(3);
    named.run(offer(1));
    named.run(beside(2));
    assert_eq!(
        named.run(offer_named(3, STRANGER)),
        [
            "clock_stopped.v1",
            "offer_lapsed.v1",
            "offer_lapsed.v1",
            "repair_offered.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(named.case.work_orders[&WORK].open_offers().count(), 1);
}

#[test]
fn a_pack_without_the_rule_asks_one_after_another_and_stays_the_same_bytes() {
    let mut world = world(1);
    world.run(offer(1));
    assert_eq!(world.run(beside(2)), [""; 0]);
    let written = serde_json::to_string(&Rules::default()).unwrap();
    assert!(!written.contains("offers_at_once"), "{written}");
    for wrong in [0, 6] {
        let rules = Rules {
            offers_at_once: wrong,
            ..Rules::default()
        };
        assert_eq!(
            rules.validate().unwrap_err()[0].rule,
            "rules_offers_at_once"
        );
    }
}

proptest! {
    #[test]
    fn two_never_have_a_work_order(
        at_once in 1u8..=5,
        steps in vec((0u8..7, any::<u8>()), 1..60),
    ) {
        let mut world = world(at_once);
        let mut next = 0;
        for (which, with) in steps {
            let who = [NEAR, FAR, STRANGER][usize::from(with) % 3];
            let mine = world.case.work_orders[&WORK]
                .offers
                .iter()
                .rev()
                .find(|made| made.technician == who)
                .map_or(OfferId(uuid(9)), |made| made.offer);
            next += 1;
            let command = match which {
                0 => offer(next),
                1 | 2 => beside(next),
                3 => Command::AcceptOffer { by: technician(who), work_order: WORK, offer: mine },
                4 => Command::DeclineOffer {
                    by: technician(who),
                    work_order: WORK,
                    offer: mine,
                    reason: String::new(),
                },
                5 => offer_named(next, who),
                _ => release(),
            };
            let before = world.case.work_orders[&WORK].technician;
            if world.attempt(command.clone()).is_ok() {
                world.run(command);
            }
            let order = &world.case.work_orders[&WORK];
            let open = order.offers.iter().filter(|made| made.answer == OfferAnswer::Open).count();
            prop_assert!(open <= usize::from(at_once));
            prop_assert_eq!(open > 0, order.state == RepairState::Offered);
            if let Some(technician) = order.technician {
                prop_assert_eq!(open, 0, "somebody has it, and another is still asked");
                prop_assert!(before.is_none() || before == Some(technician), "it went over by itself");
            }
        }
    }
}
