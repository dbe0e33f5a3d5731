//! Stories of repairs, from the report to the end of the warranty.

use crate::messages::note;
use crate::world::{
    AGENT, CLAIM, CLAIMANT, DISPATCHER, FAR, NEAR, REWORK, STRANGER, WORK, World, accept,
    answer_quote, answer_settlement, arrive, await_parts, by, choose_time, confirm, decline,
    diagnose, dispute, evidence_id, file, finish, keep_time, offer, offer_named, parts_arrive,
    photo, propose_times, quote, refund, release, request, request_inspection, request_kind,
    request_rework, schedule, screening, set_out, settle_dispute, settlement, start_work,
    technician, text, uuid, verify, with_request, withdraw_repair, work_clock,
};
use aftercare_domain::actor::Party;
use aftercare_domain::case::{ClaimState, OfferAnswer, RepairState};
use aftercare_domain::clock::{ClockKey, ClockName, ClockState, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::event::{
    Body, ClaimReason, Escalation, Resolution, ReviewCause, StatutoryGround, WorkKind, WorkOutcome,
};
use aftercare_domain::evidence::FindingCode;
use aftercare_domain::ids::OfferId;
use aftercare_domain::money::Fen;
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};

#[test]
fn a_repair_from_report_to_the_end_of_its_warranty() {
    let mut world = World::opened();
    assert_eq!(
        world.run(request(WORK)),
        ["repair_requested.v1", "clock_started.v1"]
    );
    assert_eq!(world.run(verify()), ["repair_verified.v1"]);
    // The nearest does not answer; the next one accepts within the response clock.
    assert_eq!(
        world.run(offer(1)),
        ["repair_offered.v1", "clock_started.v1"]
    );
    assert_eq!(
        world.let_run_out(work_clock(ClockName::OfferAnswer)),
        ["clock_expired.v1", "offer_lapsed.v1"]
    );
    world.run(offer(2));
    world.later(5 * MINUTE_MS);
    assert_eq!(
        world.run(accept(2, FAR)),
        [
            "offer_accepted.v1",
            "clock_stopped.v1",
            "clock_stopped.v1",
            "clock_started.v1"
        ]
    );
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.response_ms, Some(15 * MINUTE_MS));
    assert_eq!(order.technician, Some(FAR));

    let on_site = technician(FAR);
    let window = aftercare_domain::event::Window {
        from: world.now.plus_ms(3 * HOUR_MS),
        until: world.now.plus_ms(5 * HOUR_MS),
    };
    world.run(Command::ScheduleVisit {
        by: on_site,
        work_order: WORK,
        window,
    });
    world.later(3 * HOUR_MS);
    world.run(Command::SetOut {
        by: on_site,
        work_order: WORK,
    });
    world.run(Command::Arrive {
        by: on_site,
        work_order: WORK,
    });
    world.run(Command::Diagnose {
        by: on_site,
        work_order: WORK,
        fault_code: "E21".to_owned(),
        note: text(),
    });
    let lines = vec![aftercare_domain::event::QuoteLine {
        code: "WM-PUMP".to_owned(),
        label: "drain pump".to_owned(),
        amount: Fen(9_800),
        list: Some(Fen(12_000)),
    }];
    let quote = aftercare_domain::ids::QuoteId(uuid(301));
    world.run(Command::ProposeQuote {
        by: on_site,
        work_order: WORK,
        quote,
        lines,
        under_warranty: false,
    });
    assert_eq!(world.work_state(), RepairState::QuotePending);
    let start = Command::StartWork {
        by: on_site,
        work_order: WORK,
    };
    assert_eq!(world.refused(start.clone()), "consent_first");
    world.run(answer_quote(1, true));
    world.run(start);
    world.run(Command::FinishWork {
        by: on_site,
        work_order: WORK,
        outcome: WorkOutcome::Fixed,
        actions: Vec::new(),
        note: text(),
        evidence: vec![photo(9)],
    });
    assert_eq!(world.work_state(), RepairState::Done);
    assert_eq!(
        world.run(confirm()),
        [
            "work_confirmed.v1",
            "clock_stopped.v1",
            "work_warranty_started.v1",
            "clock_started.v1",
            "case_closed.v1"
        ]
    );
    assert_eq!(world.work_state(), RepairState::UnderWarranty);
    assert!(world.case.closed);
    assert_eq!(
        world.let_run_out(work_clock(ClockName::WorkWarranty)),
        ["clock_expired.v1", "work_warranty_ended.v1"]
    );
    assert_eq!(world.work_state(), RepairState::Expired);
    assert!(world.case.closed);
}

#[test]
fn nobody_is_asked_twice_unless_a_dispatcher_says_so() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(verify());
    world.run(offer(1));
    world.run(decline(1, NEAR));
    world.run(offer(2));
    world.let_run_out(work_clock(ClockName::OfferAnswer));
    assert_eq!(
        world.run(offer(3)),
        ["dispatcher_called.v1", "clock_started.v1"]
    );
    assert_eq!(
        world.case.work_orders[&WORK].escalation,
        Some(Escalation::NoCandidateLeft)
    );
    assert_eq!(world.refused(offer(3)), "no_candidate_left");
    world.run(offer_named(3, NEAR));
    world.run(accept(3, NEAR));
    assert_eq!(world.work_state(), RepairState::Accepted);
    assert_eq!(world.case.work_orders[&WORK].escalation, None);
}

#[test]
fn a_dispatcher_may_name_another_while_an_offer_waits() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(verify());
    world.run(offer(1));
    assert_eq!(
        world.run(offer_named(2, STRANGER)),
        [
            "clock_stopped.v1",
            "offer_lapsed.v1",
            "repair_offered.v1",
            "clock_started.v1"
        ]
    );
    let offers = &world.case.work_orders[&WORK].offers;
    assert_eq!(offers[0].answer, OfferAnswer::Lapsed);
    assert_eq!(offers[1].technician, STRANGER);
    assert_eq!(world.refused(accept(1, NEAR)), "offer_not_open");
}

#[test]
fn a_place_that_nobody_covers_is_reported_all_the_same() {
    let mut world = World::opened();
    world.facts.covered = false;
    world.facts.candidates.clear();
    world.run(request(WORK));
    assert_eq!(
        world.run(verify()),
        [
            "repair_verified.v1",
            "dispatcher_called.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(
        world.case.work_orders[&WORK].escalation,
        Some(Escalation::NoCoverage)
    );
    world.run(offer_named(1, STRANGER));
    world.run(accept(1, STRANGER));
}

#[test]
fn half_an_hour_without_acceptance_reaches_the_dispatcher_and_offers_go_on() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(verify());
    world.later(25 * MINUTE_MS);
    world.run(offer(1));
    assert_eq!(
        world.let_run_out(work_clock(ClockName::Response)),
        [
            "clock_expired.v1",
            "dispatcher_called.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(world.work_state(), RepairState::Offered);
    world.let_run_out(work_clock(ClockName::OfferAnswer));
    world.run(offer(2));
    // Another offer does not take the call back; an acceptance does.
    assert_eq!(
        world.case.work_orders[&WORK].escalation,
        Some(Escalation::NotAccepted)
    );
    world.run(accept(2, FAR));
    assert_eq!(world.case.work_orders[&WORK].escalation, None);
}

#[test]
fn a_technician_who_does_not_come_is_recorded_and_can_still_arrive() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(verify());
    world.run(offer(1));
    world.run(accept(1, NEAR));
    let until = world.now.plus_ms(3 * HOUR_MS);
    world.run(schedule(&world, HOUR_MS));
    let clock = *world.case.clock(work_clock(ClockName::Arrival)).unwrap();
    assert_eq!(clock.due_at, until.plus_ms(30 * MINUTE_MS));
    assert_eq!(
        world.let_run_out(work_clock(ClockName::Arrival)),
        [
            "clock_expired.v1",
            "no_show_recorded.v1",
            "dispatcher_called.v1",
            "clock_started.v1"
        ]
    );
    world.run(arrive());
    assert_eq!(world.work_state(), RepairState::Arrived);
}

#[test]
fn a_technician_who_comes_within_the_agreed_time_is_in_time() {
    let mut world = World::opened();
    for command in [request(WORK), verify(), offer(1), accept(1, NEAR)] {
        world.run(command);
    }
    // Agreed is from one hour on until three hours from now.
    world.run(schedule(&world, HOUR_MS));
    let arrival = work_clock(ClockName::Arrival);
    world.later(HOUR_MS + 31 * MINUTE_MS);
    assert_eq!(
        world.refused(Command::ExpireClock { clock: arrival }),
        "clock_not_due"
    );
    world.run(arrive());
    let recorded = |event: &aftercare_domain::Event| {
        matches!(
            event.body,
            Body::NoShowRecorded { .. } | Body::DispatcherCalled { .. }
        )
    };
    assert!(!world.events.iter().any(recorded));
}

#[test]
fn whoever_set_out_is_not_recorded_as_not_coming() {
    let mut world = World::opened();
    for command in [request(WORK), verify(), offer(1), accept(1, NEAR)] {
        world.run(command);
    }
    world.run(schedule(&world, HOUR_MS));
    world.later(HOUR_MS);
    world.run(set_out());
    assert_eq!(
        world.let_run_out(work_clock(ClockName::Arrival)),
        [
            "clock_expired.v1",
            "dispatcher_called.v1",
            "clock_started.v1"
        ]
    );
}

#[test]
fn a_message_of_the_customer_calls_until_somebody_who_works_here_answers() {
    let subject = Subject::WorkOrder(WORK);
    let call = |world: &World| world.case.work_orders[&WORK].call();
    let mut world = World::opened();
    for command in [request(WORK), verify(), offer(1), accept(1, NEAR)] {
        world.run(command);
    }
    world.run(note(subject, CLAIMANT, Some(Party::Claimant)));
    assert_eq!(call(&world), Some(Escalation::CustomerWrote));
    // That the work goes on answers nothing.
    world.run(schedule(&world, HOUR_MS));
    world.run(arrive());
    assert_eq!(call(&world), Some(Escalation::CustomerWrote));
    world.run(note(subject, technician(NEAR), None));
    assert_eq!(call(&world), None);

    // After the end as well.
    let mut world = World::under_warranty();
    assert!(world.case.closed);
    world.run(note(subject, CLAIMANT, Some(Party::Claimant)));
    assert_eq!(call(&world), Some(Escalation::CustomerWrote));
    world.run(note(subject, by(DISPATCHER), None));
    assert_eq!(call(&world), None);
    assert!(world.case.closed, "a message opens nothing");
}

#[test]
fn a_visit_without_its_technician_is_agreed_no_more() {
    let mut world = World::opened();
    for command in [request(WORK), verify(), offer(1), accept(1, NEAR)] {
        world.run(command);
    }
    world.run(schedule(&world, HOUR_MS));
    let window = world.case.work_orders[&WORK].window;
    assert!(world.case.work_orders[&WORK].is_agreed());
    world.run(release());
    let order = &world.case.work_orders[&WORK];
    assert!(!order.is_agreed());
    assert_eq!(order.window, window, "it is what the customer would like");

    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(await_parts());
    assert_eq!(
        world.case.work_orders[&WORK].window, None,
        "that visit is over"
    );
}

#[test]
fn work_that_did_not_help_is_confirmed_by_no_silence_and_stands_until_somebody_acts() {
    let mut world = World::work_done(WorkOutcome::NotFixed);
    let confirmation = world.case.clock(work_clock(ClockName::Confirmation));
    assert!(confirmation.is_none());
    for _ in 0..4 {
        assert_eq!(
            world.let_run_out(work_clock(ClockName::Attention)),
            [
                "clock_expired.v1",
                "dispatcher_called.v1",
                "clock_started.v1"
            ]
        );
    }
    let order = &world.case.work_orders[&WORK];
    assert_eq!(
        (order.state, order.call()),
        (RepairState::Done, Some(Escalation::NotFixed))
    );
    // It is done again at once, without being confirmed first.
    world.run(request_rework());
    let order = &world.case.work_orders[&WORK];
    assert_eq!(
        (order.state, order.call()),
        (RepairState::UnderWarranty, None)
    );
    assert_eq!(world.case.work_orders[&REWORK].rework_of, Some(WORK));
    let clock = world.case.clock(work_clock(ClockName::Attention)).unwrap();
    assert!(!clock.is_open());
}

#[test]
fn what_a_dispatcher_was_called_for_calls_again_every_day() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(quote(1, 9_800));
    world.run(answer_quote(1, false));
    let attention = work_clock(ClockName::Attention);
    let called = world.now;
    world.let_run_out(attention);
    assert_eq!(world.now, called.plus_ms(DAY_MS));
    world.let_run_out(attention);
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.escalation, Some(Escalation::QuoteDeclined));
    world.run(quote(2, 5_000));
    assert!(!world.case.clock(attention).unwrap().is_open());
}

#[test]
fn a_repair_that_nothing_waits_for_calls_the_dispatcher() {
    let mut world = World::at_the_door();
    world.let_run_out(work_clock(ClockName::VisitReport));
    // Found, and then nothing more is heard.
    world.run(diagnose());
    assert_eq!(world.case.work_orders[&WORK].escalation, None);
    world.let_run_out(work_clock(ClockName::Attention));
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.escalation, Some(Escalation::NothingMoves));
}

#[test]
fn waits_without_an_answer_call_the_dispatcher() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(verify());
    world.run(offer(1));
    world.run(accept(1, NEAR));
    world.let_run_out(work_clock(ClockName::Scheduling));
    assert_eq!(
        world.case.work_orders[&WORK].escalation,
        Some(Escalation::NotScheduled)
    );

    let mut world = World::at_the_door();
    world.let_run_out(work_clock(ClockName::VisitReport));
    assert_eq!(
        world.case.work_orders[&WORK].escalation,
        Some(Escalation::NoReport)
    );

    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(quote(1, 9_800));
    world.let_run_out(work_clock(ClockName::QuoteConsent));
    assert_eq!(
        world.case.work_orders[&WORK].escalation,
        Some(Escalation::QuoteUnanswered)
    );
    assert_eq!(
        world.work_state(),
        RepairState::QuotePending,
        "silence is no consent"
    );
    world.run(answer_quote(1, true));
    assert_eq!(world.work_state(), RepairState::Consented);
}

#[test]
fn a_declined_quote_calls_the_dispatcher_and_another_may_follow() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(quote(1, 9_800));
    assert_eq!(
        world.run(answer_quote(1, false)),
        [
            "clock_stopped.v1",
            "quote_declined.v1",
            "dispatcher_called.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(world.refused(start_work()), "consent_first");
    world.run(quote(2, 5_000));
    world.run(answer_quote(2, true));
    world.run(start_work());
}

#[test]
fn free_work_starts_without_consent_and_dearer_work_asks_again() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(quote(1, 0));
    world.run(start_work());
    world.run(quote(2, 4_000));
    assert_eq!(world.refused(finish(WorkOutcome::Fixed)), "cannot_finish");
    world.run(answer_quote(2, true));
    world.run(start_work());
    world.run(finish(WorkOutcome::Fixed));
}

/// Neither the settlement nor a dearer quote that is declined brings back a price that was taken back.
#[test]
fn a_quote_of_nothing_takes_the_place_of_what_was_agreed() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(quote(1, 9_800));
    world.run(answer_quote(1, true));
    world.run(start_work());
    world.run(quote(2, 0));
    let agreed = |world: &World| {
        let order = &world.case.work_orders[&WORK];
        order.agreed_quote.as_ref().map(|quote| quote.total)
    };
    assert_eq!(agreed(&world), Some(Fen(0)));
    world.run(quote(3, 20_000));
    world.run(answer_quote(3, false));
    assert_eq!(agreed(&world), Some(Fen(0)));
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.quote.as_ref().map(|quote| quote.total), Some(Fen(0)));
    world.run(start_work());
    world.run(finish(WorkOutcome::Fixed));
    assert_eq!(agreed(&world), Some(Fen(0)));
}

#[test]
fn a_declined_addition_leaves_the_agreed_work_as_it_was() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(quote(1, 9_800));
    world.run(answer_quote(1, true));
    world.run(start_work());
    world.run(quote(2, 20_000));
    assert_eq!(
        world.run(answer_quote(2, false)),
        ["clock_stopped.v1", "quote_declined.v1", "clock_started.v1"]
    );
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.escalation, None);
    assert_eq!(
        order.quote.as_ref().map(|quote| quote.total),
        Some(Fen(9_800))
    );
    world.run(start_work());
    world.run(finish(WorkOutcome::Fixed));
}

#[test]
fn a_cleaning_needs_no_diagnosis() {
    let mut world = World::opened();
    world.run(request_kind(WorkKind::Clean));
    world.run(verify());
    world.run(offer(1));
    world.run(accept(1, NEAR));
    world.run(schedule(&world, HOUR_MS));
    world.run(set_out());
    world.run(arrive());
    world.run(quote(1, 16_800));
    world.run(answer_quote(1, true));
    world.run(start_work());
    world.run(finish(WorkOutcome::NotFixed));
    assert!(
        !world.case.work_orders[&WORK].failed,
        "only repairs fail in the sense of the law"
    );
}

#[test]
fn parts_are_awaited_and_the_visit_is_agreed_anew() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(quote(1, 9_800));
    world.run(answer_quote(1, true));
    world.run(start_work());
    world.run(await_parts());
    assert_eq!(world.work_state(), RepairState::WaitingForParts);
    world.later(6 * DAY_MS);
    world.run(parts_arrive());
    assert_eq!(world.work_state(), RepairState::InWork);
    world.run(schedule(&world, HOUR_MS));
    world.run(set_out());
    world.run(arrive());
    // The diagnosis and the consent of the first visit stand.
    world.run(start_work());
    // A second wait has what is left of the ninety days.
    world.run(await_parts());
    let clock = world.case.clock(work_clock(ClockName::Parts)).unwrap();
    assert_eq!(clock.allowance_ms, 84 * DAY_MS);
}

#[test]
fn parts_overdue_offer_the_statutory_claim_within_the_warranty_only() {
    let overdue = |warranty_until| {
        let mut world = World::at_the_door();
        world.run(diagnose());
        world.run(await_parts());
        if let Some(order) = world.facts.order.as_mut() {
            order.warranty_until = warranty_until;
        }
        let events = world.let_run_out(work_clock(ClockName::Parts));
        (world, events)
    };
    let start = World::empty().now;
    let (world, events) = overdue(Some(start.plus_ms(10 * DAY_MS)));
    assert_eq!(
        events,
        [
            "clock_expired.v1",
            "statutory_claim_offered.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(
        world.case.work_orders[&WORK].statutory_offer,
        Some(StatutoryGround::PartsOverdue)
    );
    let (world, _) = overdue(Some(start.plus_ms(-DAY_MS)));
    assert_eq!(
        world.case.work_orders[&WORK].escalation,
        Some(Escalation::PartsOverdue)
    );
    // Unknown stays unknown: a person completes the order and looks again.
    let (mut world, _) = overdue(None);
    assert_eq!(
        world.case.work_orders[&WORK].escalation,
        Some(Escalation::WarrantyUnknown)
    );
    let check = Command::CheckStatutory {
        by: by(DISPATCHER),
        work_order: WORK,
    };
    assert_eq!(world.refused(check.clone()), "statutory_not_due");
    if let Some(order) = world.facts.order.as_mut() {
        order.warranty_until = Some(start.plus_ms(DAY_MS));
    }
    assert_eq!(world.run(check), ["statutory_claim_offered.v1"]);
    assert_eq!(world.case.work_orders[&WORK].escalation, None);
}

#[test]
fn silence_confirms_after_72_hours_and_waives_nothing() {
    let mut world = World::work_done(WorkOutcome::Fixed);
    let done_at = world.now;
    let names = world.let_run_out(work_clock(ClockName::Confirmation));
    assert_eq!(world.now, done_at.plus_ms(72 * HOUR_MS));
    assert_eq!(names[1], "work_confirmed.v1");
    assert!(
        world
            .events
            .iter()
            .any(|event| matches!(event.body, Body::WorkConfirmed { by_clock: true, .. }))
    );
    world.later(20 * DAY_MS);
    world.run(request_rework());
}

#[test]
fn rework_under_warranty_reopens_the_case_and_counts_once() {
    let mut world = World::under_warranty();
    world.later(29 * DAY_MS);
    assert_eq!(
        world.run(request_rework()),
        [
            "case_reopened.v1",
            "repair_requested.v1",
            "clock_started.v1",
            "repair_failed.v1"
        ]
    );
    assert!(!world.case.closed);
    assert_eq!(world.case.work_orders[&REWORK].rework_of, Some(WORK));
    let mut late = World::under_warranty();
    late.later(91 * DAY_MS);
    assert_eq!(late.refused(request_rework()), "warranty_over");
}

#[test]
fn the_second_failed_repair_offers_the_statutory_claim_on_the_same_case() {
    let mut world = World::under_warranty();
    world.later(10 * DAY_MS);
    world.rework(WorkOutcome::NotFixed);
    let order = &world.case.work_orders[&REWORK];
    assert_eq!(
        order.statutory_offer,
        Some(StatutoryGround::SecondFailedRepair)
    );
    let law = world.events.iter().find_map(|event| match &event.body {
        Body::StatutoryClaimOffered { law, .. } => Some(law.clone()),
        _ => None,
    });
    let law = law.unwrap();
    // Nobody said what goods these are: no provision is guessed.
    assert_eq!(law.rule, "law:unknown");
    // The case closes when the customer lets the work rest, and the right opens it again.
    world.run(Command::ConfirmWork {
        by: CLAIMANT,
        work_order: REWORK,
    });
    assert!(world.case.closed);
    let mut taken_up = file(Resolution::Exchange);
    if let Command::FileClaim {
        statutory,
        reason,
        evidence,
        ..
    } = &mut taken_up
    {
        *statutory = Some(StatutoryGround::SecondFailedRepair);
        *reason = ClaimReason::Statutory;
        evidence.clear();
    }
    assert_eq!(
        world.run(taken_up),
        [
            "case_reopened.v1",
            "claim_filed.v1",
            "merchant_window_opened.v1",
            "clock_started.v1"
        ]
    );
}

#[test]
fn a_second_failure_with_an_unknown_warranty_promises_nothing() {
    let mut world = World::under_warranty();
    world.facts.order = None;
    world.rework(WorkOutcome::NotFixed);
    let order = &world.case.work_orders[&REWORK];
    assert_eq!(order.statutory_offer, None);
    assert_eq!(order.escalation, Some(Escalation::WarrantyUnknown));
}

#[test]
fn a_visit_that_found_no_fault_is_no_failed_repair() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(finish(WorkOutcome::NoFaultFound));
    world.run(confirm());
    world.run(request_rework());
    assert!(!world.case.work_orders[&WORK].failed);
}

#[test]
fn a_dispute_is_settled_by_a_person_and_counts_when_upheld() {
    let mut world = World::work_done(WorkOutcome::Fixed);
    assert_eq!(
        world.run(dispute()),
        [
            "work_disputed.v1",
            "clock_stopped.v1",
            "dispatcher_called.v1",
            "clock_started.v1"
        ]
    );
    // Nobody settled it: the dispatcher is called again, and again.
    world.let_run_out(work_clock(ClockName::Dispute));
    assert_eq!(
        world
            .case
            .clock(work_clock(ClockName::Dispute))
            .unwrap()
            .state,
        ClockState::Running
    );
    world.run(settle_dispute(true));
    assert!(world.case.work_orders[&WORK].failed);
    assert_eq!(world.work_state(), RepairState::UnderWarranty);
    world.rework(WorkOutcome::NotFixed);
    assert!(world.case.work_orders[&REWORK].statutory_offer.is_some());

    let mut world = World::work_done(WorkOutcome::Fixed);
    world.run(dispute());
    world.run(settle_dispute(false));
    assert!(!world.case.work_orders[&WORK].failed);
    assert_eq!(world.work_state(), RepairState::UnderWarranty);
}

#[test]
fn a_dispute_can_be_dropped_by_confirming() {
    let mut world = World::work_done(WorkOutcome::Fixed);
    world.run(dispute());
    world.run(confirm());
    assert_eq!(world.work_state(), RepairState::UnderWarranty);
    assert!(world.case.closed);
}

#[test]
fn a_repair_is_withdrawn_with_all_its_clocks() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(verify());
    world.run(offer(1));
    assert_eq!(
        world.run(withdraw_repair()),
        [
            "clock_stopped.v1",
            "offer_lapsed.v1",
            "repair_withdrawn.v1",
            "clock_stopped.v1",
            "case_closed.v1"
        ]
    );
    assert_eq!(world.case.next_due(), None);
}

#[test]
fn a_released_technician_keeps_nothing() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(release());
    assert_eq!(world.work_state(), RepairState::Verified);
    assert_eq!(world.refused(start_work()), "not_permitted");
    // The next offer goes to the one who was not asked yet.
    world.run(offer(2));
    assert_eq!(world.case.work_orders[&WORK].offers[1].technician, FAR);
}

#[test]
fn a_quote_that_nobody_answered_is_no_consent_for_the_next_technician() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(quote(1, 9_800));
    world.run(release());
    world.run(offer_named(2, NEAR));
    world.run(accept(2, NEAR));
    world.run(schedule(&world, HOUR_MS));
    world.run(arrive());
    assert_eq!(world.refused(answer_quote(1, true)), "quote_not_pending");
    assert_eq!(world.refused(start_work()), "consent_first");
    world.run(quote(2, 9_800));
    world.run(answer_quote(2, true));
    world.run(start_work());
}

#[test]
fn a_technician_answers_only_the_own_offer() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(verify());
    world.run(offer(1));
    assert_eq!(world.refused(accept(1, FAR)), "not_permitted");
    let on_the_phone = Command::AcceptOffer {
        by: by(DISPATCHER),
        work_order: WORK,
        offer: OfferId(uuid(201)),
    };
    world.run(on_the_phone);
}

#[test]
fn an_inspection_reports_to_the_claim_it_is_for() {
    let mut world = World::opened();
    world.run(file(refund(6_800)));
    world.run(screening(1, FindingCode::Clear));
    world.run(settlement(Resolution::Inspection));
    assert_eq!(
        world.run(answer_settlement(true)),
        [
            "settlement_accepted.v1",
            "clock_stopped.v1",
            "clock_started.v1"
        ]
    );
    assert_eq!(world.claim_state(), ClaimState::Inspection);
    world.run(request_inspection());
    world.run(verify());
    world.run(offer(1));
    world.run(accept(1, NEAR));
    world.run(schedule(&world, HOUR_MS));
    world.run(arrive());
    world.run(diagnose());
    world.run(finish(WorkOutcome::NoFaultFound));
    let claim = &world.case.claims[&CLAIM];
    assert_eq!(claim.state, ClaimState::HumanReview);
    assert_eq!(claim.review_cause, Some(ReviewCause::Inspected));
    world.run(confirm());
    assert_eq!(
        world.work_state(),
        RepairState::Confirmed,
        "an inspection has no warranty"
    );
    assert!(!world.case.closed, "the claim is still open");
}

#[test]
fn a_claim_does_not_wait_for_an_inspection_that_is_withdrawn_or_never_comes() {
    let waiting = || {
        let mut world = World::merchant_window();
        world.run(settlement(Resolution::Inspection));
        world.run(answer_settlement(true));
        world
    };
    let mut world = waiting();
    world.run(request_inspection());
    world.run(withdraw_repair());
    assert_eq!(
        world.case.claims[&CLAIM].review_cause,
        Some(ReviewCause::NotInspected)
    );
    let mut world = waiting();
    let clock = ClockKey {
        name: ClockName::Inspection,
        subject: Subject::Claim(CLAIM),
    };
    world.let_run_out(clock);
    assert_eq!(world.claim_state(), ClaimState::HumanReview);
}

#[test]
fn one_case_holds_several_repairs_and_a_claim() {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(with_request(request(REWORK), |fields| {
        *fields.kind = WorkKind::Clean;
        *fields.evidence = vec![photo(2)];
    }));
    world.run(file(refund(6_800)));
    world.run(withdraw_repair());
    assert!(!world.case.closed);
    world.run(Command::WithdrawRepair {
        by: by(AGENT),
        work_order: REWORK,
    });
    assert!(!world.case.closed);
    let names = world.run(Command::WithdrawClaim {
        by: CLAIMANT,
        claim: CLAIM,
    });
    assert_eq!(names.last().map(String::as_str), Some("case_closed.v1"));
    assert!(world.case.evidence.contains_key(&evidence_id(2)));
}

#[test]
fn an_agreed_time_moves_only_when_the_customer_agrees() {
    let mut world = World::opened();
    for command in [request(WORK), verify(), offer(1), accept(1, NEAR)] {
        world.run(command);
    }
    world.run(schedule(&world, HOUR_MS));
    let agreed = world.case.work_orders[&WORK].window;
    // Neither the technician nor a dispatcher moves it.
    assert!(world.attempt(schedule(&world, 5 * HOUR_MS)).is_err());
    world.run(propose_times(&world, &[5 * HOUR_MS, 8 * HOUR_MS]));
    assert_eq!(
        world.case.work_orders[&WORK].window, agreed,
        "asked, not moved"
    );
    // Silence or a no keeps it.
    world.run(keep_time());
    assert_eq!(world.case.work_orders[&WORK].window, agreed);
    assert!(world.case.work_orders[&WORK].proposed.is_empty());
    world.run(propose_times(&world, &[5 * HOUR_MS, 8 * HOUR_MS]));
    let chosen = choose_time(&world, 8 * HOUR_MS);
    world.run(chosen.clone());
    let order = &world.case.work_orders[&WORK];
    assert!(
        matches!(chosen, Command::ScheduleVisit { window, .. } if order.window == Some(window))
    );
    assert!(order.proposed.is_empty());
    // By oneself only to a time that the plan can keep.
    let wish = choose_time(&world, 3 * HOUR_MS);
    assert!(world.attempt(wish.clone()).is_err());
    if let Command::ScheduleVisit { window, .. } = &wish {
        world.facts.visit_windows = vec![*window];
    }
    world.run(wish);
    assert_eq!(world.case.work_orders[&WORK].state, RepairState::Scheduled);
}

#[test]
fn who_is_not_met_is_asked_for_another_time() {
    let mut world = World::opened();
    for command in [request(WORK), verify(), offer(1), accept(1, NEAR)] {
        world.run(command);
    }
    let absent = Command::ReportCustomerAbsent {
        by: technician(NEAR),
        work_order: WORK,
    };
    assert!(world.attempt(absent.clone()).is_err(), "only at the door");
    world.run(schedule(&world, HOUR_MS));
    world.run(set_out());
    world.run(arrive());
    assert!(world.case.work_orders[&WORK].arrived_at.is_some());
    world.run(absent);
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.state, RepairState::Accepted, "the technician stays");
    assert_eq!(
        (order.window, order.set_out_at, order.arrived_at),
        (None, None, None)
    );
    let running = |name| {
        let clock = world.case.clock(work_clock(name));
        clock.is_some_and(|clock| clock.state == ClockState::Running)
    };
    assert!(running(ClockName::Scheduling) && !running(ClockName::VisitReport));
}

#[test]
fn the_response_is_there_when_the_customer_was_told() {
    let mut world = World::opened();
    for command in [request(WORK), verify(), offer(1)] {
        world.run(command);
    }
    let told = Command::RecordTold { work_order: WORK };
    assert!(world.run(told.clone()).is_empty(), "nobody has accepted");
    world.now = world.now.plus_ms(HOUR_MS);
    world.run(accept(1, NEAR));
    world.now = world.now.plus_ms(HOUR_MS);
    world.run(told.clone());
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.response_ms, Some(HOUR_MS));
    assert_eq!(order.told_ms, Some(2 * HOUR_MS));
    // Sent again, it is not told again.
    assert!(world.run(told).is_empty());
}
