//! Named regressions of what users of other trackers reported about their clocks
//! (frappe/helpdesk, zammad, glpi, osTicket), and the commands on clocks.

use crate::calendar::{china, desk};
use crate::messages::note;
use crate::world::{
    CLAIM, CLAIMANT, DISPATCHER, FAR, MERCHANT, MINUTES_10, NEAR, REVIEWER, REWORK, SYSTEM, WORK,
    World, accept, add_photo, appeal, arrive, ask_new_photo, await_parts, by, claim_clock, contest,
    decide_claim, diagnose, evidence_id, file, finding, first_look, inspected, inspection, offer,
    offer_named, refund, release, request, round_over, schedule, screening, set_out, ship_return,
    text, verify, work_clock,
};
use aftercare_domain::actor::Party;
use aftercare_domain::case::ClaimState;
use aftercare_domain::clock::{ClockKey, ClockName, ClockState, PauseReason, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::event::{Body, Event, Look, Resolution, Verdict};
use aftercare_domain::evidence::FindingCode;
use aftercare_domain::evolve;
use aftercare_domain::limits::{HOLD_MS_MAX, HOLD_PERISHABLE_MS_MAX, HOLDS_PER_CLAIM_CLOCK_MAX};
use aftercare_domain::money::Fen;
use aftercare_domain::pack::Ruling;
use aftercare_domain::refused::Refused;
use aftercare_domain::rules::Rules;
use aftercare_domain::time::{HOUR_MS, MINUTE_MS, Timestamp};

/// A world on desk hours at that time, with a verified work order.
fn at_the_desk(now: &str) -> World {
    let mut world = World::empty();
    world.now = china(now);
    world.facts.calendar = desk();
    world.run(crate::world::open_case());
    world.run(request(WORK));
    world.run(verify());
    world
}

fn due(world: &World, key: ClockKey) -> Timestamp {
    world.case.clock(key).unwrap().due_at
}

fn pause(world: &mut World, clock: ClockKey, reason: PauseReason) {
    let by = match clock.subject {
        Subject::WorkOrder(_) => by(DISPATCHER),
        Subject::Claim(_) => by(REVIEWER),
    };
    world.run(Command::PauseClock { by, clock, reason });
}

fn resume(world: &mut World, clock: ClockKey) {
    let by = match clock.subject {
        Subject::WorkOrder(_) => by(DISPATCHER),
        Subject::Claim(_) => by(REVIEWER),
    };
    world.run(Command::ResumeClock { by, clock });
}

#[test]
fn the_clock_does_not_run_at_lunch_or_out_of_hours() {
    let world = at_the_desk("2026-03-04T11:50:00");
    assert_eq!(
        due(&world, work_clock(ClockName::Response)),
        china("2026-03-04T13:50:00")
    );
    // Friday 17:45: fifteen minutes today, fifteen on Monday.
    let world = at_the_desk("2026-03-06T17:45:00");
    assert_eq!(
        due(&world, work_clock(ClockName::Response)),
        china("2026-03-09T09:15:00")
    );
    // Before the National Day: the desk opens again on the 8th.
    let world = at_the_desk("2026-09-30T17:50:00");
    assert_eq!(
        due(&world, work_clock(ClockName::Response)),
        china("2026-10-08T09:20:00")
    );
}

#[test]
fn a_desk_clock_never_fires_at_midnight() {
    let mut world = at_the_desk("2026-03-04T23:30:00");
    world.run(offer(1));
    assert_eq!(
        due(&world, work_clock(ClockName::OfferAnswer)),
        china("2026-03-05T09:10:00")
    );
    world.now = china("2026-03-05T00:00:00");
    let expire = Command::ExpireClock {
        clock: work_clock(ClockName::OfferAnswer),
    };
    assert_eq!(world.refused(expire), "clock_not_due");
    // Nothing left, resumed at night: it waits for the morning as well.
    let mut world = at_the_desk("2026-03-04T10:00:00");
    let key = work_clock(ClockName::Response);
    world.now = china("2026-03-04T10:30:00");
    pause(&mut world, key, PauseReason::WaitingForCustomer);
    world.now = china("2026-03-05T00:00:00");
    resume(&mut world, key);
    assert_eq!(due(&world, key), china("2026-03-05T09:00:00"));
}

#[test]
fn a_pause_pauses() {
    let mut world = at_the_desk("2026-03-04T10:00:00");
    let key = work_clock(ClockName::Response);
    world.later(MINUTES_10);
    pause(&mut world, key, PauseReason::ForceMajeure);
    world.later(7 * HOUR_MS);
    let expire = Command::ExpireClock { clock: key };
    assert_eq!(world.refused(expire), "clock_not_running");
    world.now = china("2026-03-05T09:00:00");
    resume(&mut world, key);
    assert_eq!(due(&world, key), china("2026-03-05T09:20:00"));

    // In natural time as well.
    let mut world = World::merchant_window();
    let key = claim_clock(ClockName::MerchantAnswer);
    world.later(8 * HOUR_MS);
    pause(&mut world, key, PauseReason::Examination);
    world.later(100 * HOUR_MS);
    resume(&mut world, key);
    assert_eq!(due(&world, key), world.now.plus_ms(40 * HOUR_MS));
}

/// A pause is a wait as well: it ends by itself, and everybody can see that it did.
#[test]
fn a_clock_that_somebody_holds_runs_on_by_itself() {
    let mut world = World::human_review();
    let key = claim_clock(ClockName::Review);
    world.later(2 * HOUR_MS);
    pause(&mut world, key, PauseReason::Examination);
    let until = world.now.plus_ms(HOLD_MS_MAX);
    assert_eq!(world.case.clock(key).unwrap().acts_at(), Some(until));
    let run_on = || Command::ExpireClock { clock: key };
    world.now = until.plus_ms(-1);
    assert_eq!(world.refused(run_on()), "clock_not_running");
    world.later(1);
    assert_eq!(world.run(run_on()), ["clock_resumed.v1"]);
    let last = world.events.last().unwrap();
    assert_eq!(last.by, SYSTEM);
    assert!(matches!(last.body, Body::ClockResumed { lapsed: true, .. }));
    // The reviewer has what was left, and no more.
    assert_eq!(due(&world, key), until.plus_ms(70 * HOUR_MS));
    world.let_run_out(key);
    assert!(world.case.claims[&CLAIM].review_overdue);
}

#[test]
fn evidence_that_spoils_does_not_wait_a_week_for_a_pause() {
    let mut world = World::opened();
    if let Some(order) = &mut world.facts.order {
        order.perishable = true;
    }
    world.run(file(refund(6_800)));
    world.run(screening(1, FindingCode::Clear));
    let key = claim_clock(ClockName::MerchantAnswer);
    pause(&mut world, key, PauseReason::WaitingForCustomer);
    let until = world.now.plus_ms(HOLD_PERISHABLE_MS_MAX);
    assert_eq!(world.case.clock(key).unwrap().acts_at(), Some(until));
}

fn hold_review() -> Command {
    Command::PauseClock {
        by: by(REVIEWER),
        clock: claim_clock(ClockName::Review),
        reason: PauseReason::Examination,
    }
}

/// A review that was held as often as it may be.
fn held_often() -> World {
    let mut world = World::human_review();
    for _ in 0..HOLDS_PER_CLAIM_CLOCK_MAX {
        world.run(hold_review());
        world.later(HOUR_MS);
        resume(&mut world, claim_clock(ClockName::Review));
    }
    world
}

/// What says so.
pub fn held_too_often() -> Refused {
    held_often().attempt(hold_review()).unwrap_err()
}

#[test]
fn nobody_holds_a_decision_again_and_again() {
    assert_eq!(held_often().refused(hold_review()), "held_too_often");
    // When somebody comes to a repair is between the desk and its customer.
    let mut world = at_the_desk("2026-03-04T10:00:00");
    let key = work_clock(ClockName::Response);
    for _ in 0..=HOLDS_PER_CLAIM_CLOCK_MAX {
        pause(&mut world, key, PauseReason::WaitingForCustomer);
        resume(&mut world, key);
    }
    // Another stage begins anew.
    let mut world = held_often();
    world.run(decide_claim(REVIEWER, Verdict::Rejected));
    world.run(appeal(Party::Claimant, CLAIMANT));
    pause(
        &mut world,
        claim_clock(ClockName::SecondReview),
        PauseReason::Examination,
    );
}

#[test]
fn a_pause_that_is_over_gives_way_to_what_else_is_waited_for() {
    let mut world = World::merchant_window();
    let key = claim_clock(ClockName::MerchantAnswer);
    world.facts.rules.new_photo_ms = 2 * HOLD_MS_MAX;
    pause(&mut world, key, PauseReason::ForceMajeure);
    world.run(ask_new_photo());
    world.later(HOLD_MS_MAX);
    // The merchant's time does not run while a photo is to come.
    assert_eq!(
        world.run(Command::ExpireClock { clock: key }),
        ["clock_resumed.v1", "clock_paused.v1"]
    );
    let state = world.case.clock(key).unwrap().state;
    let waits_for_photo = matches!(
        state,
        ClockState::Paused {
            reason: PauseReason::WaitingForPhoto,
            until: None,
            ..
        }
    );
    assert!(waits_for_photo, "{state:?}");
    world.run(add_photo(2, Some(evidence_id(1))));
    assert_eq!(
        world.case.clock(key).unwrap().state,
        ClockState::Running,
        "it came"
    );
}

/// What was written down before pauses had an end.
#[test]
fn a_pause_of_before_has_an_end_as_well() {
    let mut world = World::human_review();
    let key = claim_clock(ClockName::Review);
    let held = Event {
        at: world.now,
        by: by(REVIEWER),
        body: Body::ClockPaused {
            clock: key,
            reason: PauseReason::ForceMajeure,
            left_ms: HOUR_MS,
            until: None,
        },
        told_at: None,
    };
    world.case = evolve(std::mem::take(&mut world.case), &held);
    world.later(HOLD_MS_MAX);
    assert_eq!(
        world.run(Command::ExpireClock { clock: key }),
        ["clock_resumed.v1"]
    );
    assert_eq!(due(&world, key), world.now.plus_ms(HOUR_MS));
}

#[test]
fn a_change_of_rule_keeps_the_time_already_used() {
    let mut world = World::merchant_window();
    let key = claim_clock(ClockName::MerchantAnswer);
    let opened = world.now;
    world.later(10 * HOUR_MS);
    world.facts.rules = Rules {
        version: "2".to_owned(),
        merchant_answer_ms: 36 * HOUR_MS,
        ..Rules::default()
    };
    assert_eq!(world.run(Command::RebaseClocks), ["clock_rebased.v1"]);
    assert_eq!(due(&world, key), opened.plus_ms(36 * HOUR_MS));
    // Nothing has changed since: nothing happens.
    assert_eq!(world.run(Command::RebaseClocks), [""; 0]);
}

#[test]
fn a_change_of_rule_keeps_a_pause_and_an_extension() {
    let mut world = World::merchant_window();
    let key = claim_clock(ClockName::MerchantAnswer);
    world.later(10 * HOUR_MS);
    world.run(Command::ExtendClock {
        by: by(crate::world::MERCHANT),
        clock: key,
        reason: text(),
    });
    pause(&mut world, key, PauseReason::ForceMajeure);
    world.later(500 * HOUR_MS);
    world.facts.rules.merchant_answer_ms = 72 * HOUR_MS;
    world.run(Command::RebaseClocks);
    let clock = *world.case.clock(key).unwrap();
    assert_eq!(clock.allowance_ms, 120 * HOUR_MS);
    assert!(matches!(clock.state, ClockState::Paused { left_ms, .. } if left_ms == 110 * HOUR_MS));
    world.later(HOUR_MS);
    resume(&mut world, key);
    assert_eq!(due(&world, key), world.now.plus_ms(110 * HOUR_MS));
}

#[test]
fn a_stricter_rule_never_makes_a_clock_due_in_the_past() {
    let mut world = World::merchant_window();
    world.later(40 * HOUR_MS);
    world.facts.rules.merchant_answer_ms = 24 * HOUR_MS;
    world.run(Command::RebaseClocks);
    assert_eq!(
        due(&world, claim_clock(ClockName::MerchantAnswer)),
        world.now
    );
}

#[test]
fn granted_rights_are_not_rebased() {
    let mut world = World::under_warranty();
    world.facts.rules.work_warranty_ms = 31 * 24 * HOUR_MS;
    assert_eq!(world.run(Command::RebaseClocks), [""; 0]);
}

#[test]
fn the_first_response_is_never_overruled_by_a_later_update() {
    let mut world = at_the_desk("2026-03-04T10:00:00");
    world.later(6 * MINUTE_MS);
    world.run(offer(1));
    world.run(accept(1, NEAR));
    assert_eq!(
        world.case.work_orders[&WORK].response_ms,
        Some(6 * MINUTE_MS)
    );
    world.later(HOUR_MS);
    world.run(note(Subject::WorkOrder(WORK), by(DISPATCHER), None));
    world.run(release());
    world.later(HOUR_MS);
    world.run(offer(2));
    world.run(accept(2, FAR));
    assert_eq!(
        world.case.work_orders[&WORK].response_ms,
        Some(6 * MINUTE_MS)
    );
}

#[test]
fn what_is_urgent_does_not_wait_for_the_desk_to_open() {
    let request_at = |urgent: bool| {
        let mut world = at_the_desk("2026-03-04T22:00:00");
        let mut command = request(REWORK);
        if let Command::RequestRepair {
            urgent: of,
            evidence,
            ..
        } = &mut command
        {
            *of = urgent;
            evidence.clear();
        }
        world.run(command);
        let key = ClockKey {
            name: ClockName::Response,
            subject: Subject::WorkOrder(REWORK),
        };
        due(&world, key)
    };
    assert_eq!(request_at(true), china("2026-03-04T22:30:00"));
    assert!(request_at(false) > china("2026-03-05T08:00:00"));
}

#[test]
fn no_timer_of_the_old_assignment_fires_on_the_new_one() {
    let mut world = at_the_desk("2026-03-04T10:00:00");
    world.run(offer(1));
    world.run(accept(1, NEAR));
    world.run(schedule(&world, HOUR_MS));
    let arrival = work_clock(ClockName::Arrival);
    let old_due = due(&world, arrival);
    world.run(release());
    world.run(offer_named(2, FAR));
    world.run(accept(2, FAR));
    world.now = old_due;
    assert_eq!(
        world.refused(Command::ExpireClock { clock: arrival }),
        "clock_not_running"
    );
    assert!(world.case.work_orders[&WORK].escalation.is_none());
    // The response is awaited anew after a release, from the release.
    let response = world.case.clock(work_clock(ClockName::Response)).unwrap();
    assert!(!response.is_open());
    assert!(response.started_at > china("2026-03-04T09:59:59"));
}

#[test]
fn a_customers_note_sets_the_held_clock_going() {
    let mut world = at_the_desk("2026-03-04T10:00:00");
    let key = work_clock(ClockName::Response);
    world.later(MINUTES_10);
    pause(&mut world, key, PauseReason::WaitingForCustomer);
    world.later(30 * MINUTE_MS);
    // A note of the staff is no answer of the customer.
    world.run(note(Subject::WorkOrder(WORK), by(DISPATCHER), None));
    assert!(matches!(
        world.case.clock(key).unwrap().state,
        ClockState::Paused { .. }
    ));
    assert_eq!(
        world.run(note(
            Subject::WorkOrder(WORK),
            CLAIMANT,
            Some(Party::Claimant)
        )),
        ["statement_added.v1", "clock_resumed.v1", "clock_started.v1"]
    );
    assert_eq!(due(&world, key), china("2026-03-04T11:00:00"));
}

#[test]
fn a_clock_that_is_held_for_another_reason_does_not_listen_to_a_note() {
    let mut world = World::human_review();
    let key = claim_clock(ClockName::Review);
    pause(&mut world, key, PauseReason::Examination);
    world.run(note(Subject::Claim(CLAIM), CLAIMANT, Some(Party::Claimant)));
    assert!(matches!(
        world.case.clock(key).unwrap().state,
        ClockState::Paused { .. }
    ));
}

#[test]
fn a_clock_runs_out_at_its_due_time_and_not_a_millisecond_before() {
    let mut world = at_the_desk("2026-03-04T10:00:00");
    let clock = work_clock(ClockName::Response);
    world.now = due(&world, clock).plus_ms(-1);
    assert_eq!(
        world.refused(Command::ExpireClock { clock }),
        "clock_not_due"
    );
    world.later(1);
    world.run(Command::ExpireClock { clock });
    assert_eq!(
        world.refused(Command::ExpireClock { clock }),
        "clock_not_running"
    );
}

#[test]
fn an_assumed_due_time_says_so() {
    let world = at_the_desk("2026-12-31T17:55:00");
    assert!(
        world
            .case
            .clock(work_clock(ClockName::Response))
            .unwrap()
            .assumed
    );
    let world = at_the_desk("2026-12-30T17:55:00");
    assert!(
        !world
            .case
            .clock(work_clock(ClockName::Response))
            .unwrap()
            .assumed
    );
}

#[test]
fn a_server_clock_that_went_back_loses_nothing() {
    let mut world = World::merchant_window();
    let before = world.case.clone();
    world.now = world.now.plus_ms(-1);
    assert_eq!(
        world.refused(Command::CloseCase { by: SYSTEM }),
        "clock_went_back"
    );
    assert_eq!(world.case, before);
    world.later(1);
    world.run(crate::world::agree());
}

/// A look that became due with an hour of the merchant's time left.
fn look_due_in_the_window() -> World {
    let mut world = World::merchant_window();
    world.run(add_photo(2, None));
    world.later(47 * HOUR_MS);
    world.run(screening(2, FindingCode::ReusedPhoto));
    world
}

#[test]
fn whoever_cannot_see_everything_loses_no_time_while_a_look_is_due() {
    let key = claim_clock(ClockName::MerchantAnswer);
    let mut world = look_due_in_the_window();
    let held = |world: &World| match world.case.clock(key).unwrap().state {
        ClockState::Paused {
            left_ms, reason, ..
        } => Some((left_ms, reason)),
        _ => None,
    };
    assert_eq!(held(&world), Some((HOUR_MS, PauseReason::WaitingForLook)));
    world.later(20 * HOUR_MS);
    world.run(first_look(&world, REVIEWER));
    assert_eq!(held(&world), None);
    assert_eq!(due(&world, key), world.now.plus_ms(HOUR_MS));
    // Nobody holds a clock for a look by hand: nothing would end it.
    let by_hand = Command::PauseClock {
        by: by(REVIEWER),
        clock: key,
        reason: PauseReason::WaitingForLook,
    };
    assert_eq!(world.refused(by_hand), "clock_cannot_pause");
}

/// An account can be a reviewer's and a merchant's: of its own claims it delays none.
#[test]
fn who_is_on_a_side_of_a_claim_holds_no_clock_of_it() {
    let mut world = World::human_review();
    world.facts.conflicted.push(REVIEWER.user);
    let hold = Command::PauseClock {
        by: by(REVIEWER),
        clock: claim_clock(ClockName::Review),
        reason: PauseReason::ForceMajeure,
    };
    assert_eq!(world.refused(hold.clone()), "reviewer_conflicted");
    world.facts.conflicted.clear();
    world.run(hold);
}

#[test]
fn time_does_not_stand_still_for_a_look_that_nobody_takes() {
    let key = claim_clock(ClockName::MerchantAnswer);
    let mut world = look_due_in_the_window();
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::FirstLook)),
        ["clock_expired.v1", "review_overdue.v1", "clock_resumed.v1"]
    );
    assert_eq!(due(&world, key), world.now.plus_ms(HOUR_MS));
    world.let_run_out(key);
    assert!(world.case.claims[&CLAIM].review_cause.is_some());
}

#[test]
fn a_clock_that_waits_for_a_photo_and_for_a_look_waits_for_both() {
    let key = claim_clock(ClockName::MerchantAnswer);
    let reason = |world: &World| match world.case.clock(key).unwrap().state {
        ClockState::Paused { reason, .. } => Some(reason),
        _ => None,
    };
    // The photo first.
    let mut world = World::merchant_window();
    world.run(ask_new_photo());
    assert_eq!(reason(&world), Some(PauseReason::WaitingForPhoto));
    world.run(add_photo(2, None));
    world.run(screening(2, FindingCode::ReusedPhoto));
    world.run(add_photo(3, Some(evidence_id(1))));
    assert_eq!(reason(&world), Some(PauseReason::WaitingForLook));
    // The look first.
    let mut world = World::merchant_window();
    world.run(add_photo(2, None));
    world.run(screening(2, FindingCode::ReusedPhoto));
    world.run(ask_new_photo());
    assert_eq!(reason(&world), Some(PauseReason::WaitingForLook));
    world.run(first_look(&world, REVIEWER));
    assert_eq!(reason(&world), Some(PauseReason::WaitingForPhoto));
    world.let_run_out(claim_clock(ClockName::NewPhoto));
    assert_eq!(reason(&world), None);
}

#[test]
fn a_look_ends_that_it_was_late_and_not_that_a_decision_is() {
    let mut world = World::accused();
    world.let_run_out(claim_clock(ClockName::FirstLook));
    assert!(world.case.claims[&CLAIM].review_overdue);
    world.run(first_look(&world, REVIEWER));
    assert!(!world.case.claims[&CLAIM].review_overdue);
    world.run(contest());
    world.run(round_over(Party::Claimant, CLAIMANT));
    world.run(round_over(Party::Merchant, by(MERCHANT)));
    world.run(add_photo(2, None));
    world.run(inspection(vec![inspected(
        2,
        vec![finding(FindingCode::SameItemNewPhoto)],
    )]));
    world.let_run_out(claim_clock(ClockName::Review));
    world.run(first_look(&world, REVIEWER));
    assert!(
        world.case.claims[&CLAIM].review_overdue,
        "the decision is still late"
    );
}

#[test]
fn a_look_does_not_take_back_that_the_second_reviewer_is_late() {
    let mut world = World::human_review();
    world.facts.ruling = Some(Ruling {
        second_reviewer: true,
        ..Ruling::default()
    });
    let returned = Verdict::Granted {
        resolution: Resolution::Return { amount: Fen(6_800) },
    };
    world.run(decide_claim(REVIEWER, returned));
    assert_eq!(world.claim_state(), ClaimState::Countersign);
    world.let_run_out(claim_clock(ClockName::SecondReview));
    assert!(world.case.claims[&CLAIM].review_overdue);
    // A technician's photo came, and somebody looked at it.
    let look = Event {
        at: world.now,
        by: by(REVIEWER),
        body: Body::FirstLook {
            claim: CLAIM,
            reviewer: REVIEWER,
            look: Look::CannotTell,
            note: text(),
            seen: Some(Vec::new()),
        },
        told_at: None,
    };
    let case = evolve(world.case, &look);
    assert!(case.claims[&CLAIM].review_overdue);
}

#[test]
fn goods_on_their_way_back_are_waited_for_again_after_a_review() {
    let mut world = World::agreed_to(Resolution::Return { amount: Fen(6_800) });
    world.run(ship_return());
    let inspected = claim_clock(ClockName::ReturnInspection);
    // The merchant says nothing, a human decides the same, and nobody appeals.
    world.let_run_out(inspected);
    assert_eq!(world.claim_state(), ClaimState::HumanReview);
    let returned = Verdict::Granted {
        resolution: Resolution::Return { amount: Fen(6_800) },
    };
    world.run(decide_claim(REVIEWER, returned));
    assert_eq!(
        world.let_run_out(claim_clock(ClockName::Appeal)),
        ["clock_expired.v1", "claim_final.v1", "clock_started.v1"]
    );
    assert!(world.case.clock(inspected).unwrap().is_open());
    let sent = world.case.clock(claim_clock(ClockName::ReturnShipping));
    assert!(!sent.unwrap().is_open(), "it was sent already");
}

#[test]
fn an_earlier_wait_for_parts_hides_nobody_who_says_nothing() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(await_parts());
    world.run(release());
    world.run(offer_named(2, NEAR));
    world.run(accept(2, NEAR));
    world.run(schedule(&world, HOUR_MS));
    world.later(HOUR_MS);
    world.run(set_out());
    world.run(arrive());
    world.let_run_out(work_clock(ClockName::VisitReport));
    // The technician says one thing, which answers the call, and then nothing any more.
    world.run(diagnose());
    let is_open = |name| {
        let clock = world.case.clock(work_clock(name));
        clock.is_some_and(|clock| clock.is_open())
    };
    assert!(is_open(ClockName::Parts), "of the item, for ninety days");
    assert!(!is_open(ClockName::VisitReport));
    assert!(
        is_open(ClockName::Attention),
        "a dispatcher is called again"
    );
}
