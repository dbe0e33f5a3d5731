//! A photo that was judged forged goes into the list of an exchange only when everything is decided, two people found that it
//! shows nobody, whoever sent it was told and could reply, and a human publishes it.

use crate::world::{
    AGENT, CLAIM, CLAIMANT, MERCHANT, REVIEWER, RISK, SECOND, SYSTEM, World, add_photo, by,
    claim_clock, decide_claim, evidence_id, granted, screening, text,
};
use aftercare_domain::actor::{Actor, Human, Party, Role};
use aftercare_domain::clock::ClockName;
use aftercare_domain::command::Command;
use aftercare_domain::event::{Body, Event, SharingStep, Shown, Verdict};
use aftercare_domain::evidence::FindingCode;
use aftercare_domain::limits::{SHARING_REPLIES_MAX, SHARING_REPLY_MS};
use aftercare_domain::refused::Refused;
use aftercare_domain::sharing::{Share, SharingStage};
use proptest::prelude::{prop_assert, prop_assert_eq};
use proptest::test_runner::TestCaseError;

pub fn share(share: Share) -> Command {
    Command::Share {
        claim: CLAIM,
        evidence: evidence_id(1),
        share,
    }
}

fn propose(by: Human) -> Command {
    share(Share::Propose {
        by,
        reasons: text(),
    })
}

fn looks(by: Human, shows: Shown) -> Command {
    share(Share::Look { by, shows })
}

fn sees_nobody(by: Human) -> Command {
    looks(by, Shown::default())
}

fn notice() -> Command {
    share(Share::Notice { by: REVIEWER })
}

fn reply(by: Actor) -> Command {
    share(Share::Reply { by, text: text() })
}

fn consider(stands: bool) -> Command {
    share(Share::Consider {
        by: SECOND,
        stands,
        reasons: text(),
    })
}

fn publish() -> Command {
    share(Share::Publish { by: REVIEWER })
}

fn set_aside(number: u128) -> Command {
    Command::JudgeEvidence {
        by: REVIEWER,
        claim: CLAIM,
        evidence: evidence_id(number),
        accepted: false,
    }
}

/// A claim that was rejected for good, whose photo a reviewer set aside.
pub fn judged() -> World {
    let mut world = World::human_review();
    world.run(set_aside(1));
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    world.let_run_out(claim_clock(ClockName::Appeal));
    world
}

/// The same, and whoever sent it was told.
pub fn told() -> World {
    let mut world = judged();
    for command in [
        propose(REVIEWER),
        sees_nobody(REVIEWER),
        sees_nobody(SECOND),
        notice(),
    ] {
        assert_eq!(world.run(command), ["photo_sharing.v1"]);
    }
    world
}

/// One of the steps, for walks.
pub fn any_step(number: u8, who: Human) -> Command {
    share(match number % 8 {
        0 => Share::Propose {
            by: who,
            reasons: text(),
        },
        1 | 2 => Share::Look {
            by: who,
            shows: Shown {
                home: number.is_multiple_of(7),
                ..Shown::default()
            },
        },
        3 => Share::Notice { by: who },
        4 => Share::Reply {
            by: CLAIMANT,
            text: text(),
        },
        5 => Share::Consider {
            by: who,
            stands: number.is_multiple_of(2),
            reasons: text(),
        },
        6 => Share::Publish { by: who },
        _ => Share::LetBe { by: who },
    })
}

/// Nobody but a reviewer, themselves, takes a photo on; only whoever sent it replies.
pub fn only_humans(event: &Event) -> Result<(), TestCaseError> {
    let Body::PhotoSharing { step, .. } = &event.body else {
        return Ok(());
    };
    let (SharingStep::Proposed { by, .. }
    | SharingStep::Looked { by, .. }
    | SharingStep::Noticed { by, .. }
    | SharingStep::Considered { by, .. }
    | SharingStep::Published { by }
    | SharingStep::LetBe { by }) = step
    else {
        prop_assert!(event.by != SYSTEM, "the system replied");
        return Ok(());
    };
    prop_assert_eq!(event.by, Actor::Human(*by));
    prop_assert_eq!(by.role, Role::Reviewer);
    Ok(())
}

fn stage(world: &World) -> SharingStage {
    world.case.claims[&CLAIM].sharing[&evidence_id(1)].stage
}

#[test]
fn it_takes_two_people_a_notice_fifteen_days_and_a_human() {
    let mut world = judged();
    assert_eq!(world.refused(sees_nobody(REVIEWER)), "sharing_not_now");
    world.run(propose(REVIEWER));
    assert_eq!(world.refused(propose(SECOND)), "sharing_begun");
    assert_eq!(world.refused(notice()), "sharing_not_now");
    world.run(sees_nobody(REVIEWER));
    assert_eq!(world.refused(sees_nobody(REVIEWER)), "sharing_same_person");
    assert_eq!(stage(&world), SharingStage::Looking);
    world.run(sees_nobody(SECOND));
    assert_eq!(stage(&world), SharingStage::Cleared);
    assert_eq!(world.refused(publish()), "sharing_not_now");
    world.run(notice());
    assert_eq!(world.refused(publish()), "sharing_reply_time");
    world.later(SHARING_REPLY_MS - 1);
    assert_eq!(world.refused(publish()), "sharing_reply_time");
    world.later(1);
    world.run(publish());
    assert_eq!(stage(&world), SharingStage::Published);
    assert_eq!(world.refused(publish()), "sharing_not_now");
}

#[test]
fn a_photo_that_shows_somebody_never_goes_there() {
    for shows in [
        Shown {
            face: true,
            ..Shown::default()
        },
        Shown {
            document: true,
            ..Shown::default()
        },
        Shown {
            address: true,
            ..Shown::default()
        },
        Shown {
            home: true,
            ..Shown::default()
        },
    ] {
        for first in [true, false] {
            let mut world = judged();
            world.run(propose(REVIEWER));
            if !first {
                world.run(sees_nobody(REVIEWER));
            }
            world.run(looks(SECOND, shows));
            assert_eq!(stage(&world), SharingStage::ShowsSomebody);
            assert_eq!(world.refused(notice()), "sharing_not_now");
            assert_eq!(world.refused(propose(SECOND)), "sharing_begun");
        }
    }
}

#[test]
fn a_reply_is_considered_before_anything_is_published() {
    let mut world = told();
    world.run(reply(CLAIMANT));
    world.later(SHARING_REPLY_MS);
    assert_eq!(world.refused(publish()), "sharing_reply_open");
    let mut right = World {
        case: world.case.clone(),
        events: world.events.clone(),
        now: world.now,
        facts: world.facts.clone(),
    };
    right.run(consider(false));
    assert_eq!(stage(&right), SharingStage::LetBe);
    assert_eq!(right.refused(publish()), "sharing_not_now");
    world.run(consider(true));
    // One that comes late is read like the first.
    world.run(reply(by(AGENT)));
    assert_eq!(world.refused(publish()), "sharing_reply_open");
    world.run(consider(true));
    world.run(publish());
    assert_eq!(world.refused(reply(CLAIMANT)), "sharing_not_now");
}

#[test]
fn only_whoever_sent_it_replies_and_only_reviewers_take_it_on() {
    let world = told();
    assert_eq!(world.refused(reply(by(MERCHANT))), "not_permitted");
    let world = judged();
    for who in [RISK, MERCHANT, AGENT] {
        assert_eq!(world.refused(propose(who)), "not_permitted");
    }
    let mut world = world;
    world.facts.conflicted = vec![REVIEWER.user];
    assert_eq!(world.refused(propose(REVIEWER)), "reviewer_conflicted");
}

#[test]
fn what_is_not_judged_for_good_goes_nowhere() {
    // Decided, and the appeal can still come.
    let mut open = World::human_review();
    open.run(set_aside(1));
    assert_eq!(open.refused(propose(SECOND)), "sharing_not_final");
    open.run(decide_claim(REVIEWER, Verdict::Rejected));
    assert_eq!(open.refused(propose(SECOND)), "sharing_not_final");
    // Rejected, and nobody set the photo aside.
    let mut kept = World::decided(Verdict::Rejected);
    kept.let_run_out(claim_clock(ClockName::Appeal));
    assert_eq!(kept.refused(propose(SECOND)), "sharing_not_judged");
    // Granted: the decision is not against whoever sent it.
    let mut world = World::human_review();
    world.run(set_aside(1));
    world.run(decide_claim(REVIEWER, granted(6_800)));
    world.let_run_out(claim_clock(ClockName::Appeal));
    assert_eq!(world.refused(propose(SECOND)), "sharing_not_final");
    // Another claim's photo, or none.
    let mut other = propose(SECOND);
    if let Command::Share { evidence, .. } = &mut other {
        *evidence = evidence_id(99);
    }
    assert_eq!(judged().refused(other), "evidence_unknown");
}

#[test]
fn replies_are_bounded_and_it_can_be_let_be_at_any_time_before() {
    let mut world = told();
    for _ in 0..SHARING_REPLIES_MAX {
        world.run(reply(CLAIMANT));
    }
    assert_eq!(world.refused(reply(CLAIMANT)), "sharing_replies");
    world.run(share(Share::LetBe { by: SECOND }));
    assert_eq!(stage(&world), SharingStage::LetBe);
    world.later(SHARING_REPLY_MS);
    assert_eq!(world.refused(publish()), "sharing_not_now");
}

#[test]
fn a_later_photo_of_the_claim_has_a_way_of_its_own() {
    let mut world = World::human_review();
    world.run(add_photo(2, None));
    world.run(screening(2, FindingCode::Clear));
    world.run(set_aside(1));
    world.run(set_aside(2));
    world.later(aftercare_domain::limits::HEARING_MS);
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    world.let_run_out(claim_clock(ClockName::Appeal));
    world.run(propose(REVIEWER));
    let second = Command::Share {
        claim: CLAIM,
        evidence: evidence_id(2),
        share: Share::Propose {
            by: SECOND,
            reasons: text(),
        },
    };
    world.run(second);
    let sharing = &world.case.claims[&CLAIM].sharing;
    assert_eq!(sharing.len(), 2);
    assert!(sharing.values().all(|one| one.of == Party::Claimant));
}

/// The refusals of this part, each by a scenario.
pub fn provoke(rule: &str) -> Option<Refused> {
    let says = |world: &World, command: Command| Some(world.attempt(command).unwrap_err());
    match rule {
        "sharing_not_final" => says(&World::human_review(), propose(REVIEWER)),
        "sharing_not_judged" => {
            let mut world = World::decided(Verdict::Rejected);
            world.let_run_out(claim_clock(ClockName::Appeal));
            says(&world, propose(REVIEWER))
        }
        "sharing_begun" => says(&told(), propose(REVIEWER)),
        "sharing_same_person" => {
            let mut world = judged();
            world.run(propose(REVIEWER));
            world.run(sees_nobody(REVIEWER));
            says(&world, sees_nobody(REVIEWER))
        }
        "sharing_reply_time" => says(&told(), publish()),
        "sharing_reply_open" => {
            let mut world = told();
            world.run(reply(CLAIMANT));
            says(&world, publish())
        }
        "sharing_replies" => {
            let mut world = told();
            for _ in 0..SHARING_REPLIES_MAX {
                world.run(reply(CLAIMANT));
            }
            says(&world, reply(CLAIMANT))
        }
        "sharing_not_now" => says(&judged(), publish()),
        _ => None,
    }
}
