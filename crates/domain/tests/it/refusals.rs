//! Every refusal: `refusals.txt` lists the rules, and each is provoked by a scenario here.

use crate::challenges::{draw_challenge, on_request};
use crate::corrections::{correct, corrected_often};
use crate::crew::{name_helper, take_parts, tell_place};
use crate::invoices::{ask_invoice, send_invoice};
use crate::messages::{note, settle, shows, written};
use crate::party::{link, party, platform_says};
use crate::placing;
use crate::ratings::{answer, rate};
use crate::second::{change_ask, decide_appeal_with, settle_recovery};
use crate::work_photos::{add_photos, compare};
use crate::world::{
    ADMIN, AGENT, CLAIM, CLAIMANT, DISPATCHER, FAR, LINE, MERCHANT, NEAR, REVIEWER, RISK, SECOND,
    SYSTEM, WORK, World, accept, add_photo, agree, answer_counter, answer_quote, answer_settlement,
    appeal, arrive, ask_new_photo, await_parts, by, choose_time, claim_clock, confirm,
    confirm_decision, contest, contest_paid, counter, decide_appeal, decide_claim, decline,
    diagnose, dispute, evidence_id, file, finding, finish, first_look, forged, granted, inspected,
    inspection, keep_time, look_again, offer, open_case, parts_arrive, pay, photo, propose_times,
    question, quote, receive, recuse, refer, refund, release, request, request_inspection,
    request_kind, request_rework, round_over, schedule, screening, set_out, settle_dispute,
    settlement, ship_exchange, ship_return, start_work, technician, text, uuid, verify,
    with_request, withdraw_claim, withdraw_repair, work_clock,
};
use aftercare_domain::actor::{Actor, Party};
use aftercare_domain::calendar::{Span, WorkingCalendar};
use aftercare_domain::challenge::Capture;
use aftercare_domain::clock::{Basis, ClockKey, ClockName, PauseReason, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::event::{
    OperatorMode, PlatformOutcome, QuoteLine, RecoveryEnd, ReopenReason, Resolution, Satisfaction,
    StatutoryGround, Verdict, WayOut, WorkKind, WorkOutcome,
};
use aftercare_domain::evidence::{Envelope, FindingCode, InspectionVerdict};
use aftercare_domain::ids::{
    ClaimId, EvidenceId, OfferId, OrderLineId, PersonId, QuoteId, WorkOrderId,
};
use aftercare_domain::limits::{self, HEARING_MS};
use aftercare_domain::money::Fen;
use aftercare_domain::pack::{Granter, Ruling, WithoutReturn};
use aftercare_domain::refusals::RULES;
use aftercare_domain::refused::Refused;
use aftercare_domain::rules::Rules;
use aftercare_domain::time::{DAY_MS, HOUR_MS, Timestamp};
use std::collections::BTreeSet;

const TABLE: &str = include_str!("refusals.txt");

fn table() -> Vec<&'static str> {
    TABLE
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// What a world says to a command.
fn says(world: &World, command: Command) -> Refused {
    match world.attempt(command) {
        Ok(events) => panic!("nothing refused this: {:?}", crate::world::names(&events)),
        Err(refused) => refused,
    }
}

fn verified() -> World {
    let mut world = World::opened();
    world.run(request(WORK));
    world.run(verify());
    world
}

fn accepted() -> World {
    let mut world = verified();
    world.run(offer(1));
    world.run(accept(1, NEAR));
    world
}

fn quoted() -> World {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(quote(1, 9_800));
    world
}

fn pause(clock: ClockKey, actor: Actor) -> Command {
    Command::PauseClock {
        by: actor,
        clock,
        reason: PauseReason::ForceMajeure,
    }
}

fn extend(name: ClockName) -> Command {
    Command::ExtendClock {
        by: by(MERCHANT),
        clock: claim_clock(name),
        reason: text(),
    }
}

fn many_photos(from: u128, count: usize) -> Vec<aftercare_domain::evidence::EvidenceFile> {
    (from..).take(count).map(photo).collect()
}

fn judge() -> Command {
    Command::JudgeEvidence {
        by: REVIEWER,
        claim: CLAIM,
        evidence: evidence_id(1),
        accepted: true,
    }
}

fn dispute_evidence(party: Party, actor: Actor) -> Command {
    Command::DisputeEvidence {
        by: actor,
        claim: CLAIM,
        evidence: evidence_id(1),
        party,
    }
}

fn with_lines(lines: Vec<QuoteLine>) -> Command {
    Command::ProposeQuote {
        by: technician(NEAR),
        work_order: WORK,
        quote: QuoteId(uuid(399)),
        lines,
        under_warranty: false,
    }
}

fn line(amount: i64) -> QuoteLine {
    QuoteLine {
        code: String::new(),
        label: "visit".to_owned(),
        amount: Fen(amount),
        list: None,
    }
}

fn statutory(ask: Resolution) -> Command {
    let mut command = file(ask);
    if let Command::FileClaim {
        statutory,
        evidence,
        ..
    } = &mut command
    {
        *statutory = Some(StatutoryGround::SecondFailedRepair);
        evidence.clear();
    }
    command
}

/// Returns what refuses by that rule; one scenario a rule.
fn provoke(rule: &str) -> Refused {
    if let Some(refused) = provoke_case(rule) {
        return refused;
    }
    if let Some(refused) = provoke_repair(rule) {
        return refused;
    }
    provoke_claim(rule)
        .or_else(|| crate::sharing::provoke(rule))
        .or_else(|| crate::goods::provoke(rule))
        .or_else(|| crate::second::provoke(rule))
        .unwrap_or_else(|| panic!("no scenario provokes `{rule}`: write one"))
}

fn provoke_case(rule: &str) -> Option<Refused> {
    let opened = World::opened;
    let window = World::merchant_window;
    let refused = match rule {
        "clock_went_back" => {
            let mut world = opened();
            world.later(-1);
            says(&world, request(WORK))
        }
        "rules_not_valid" => {
            let mut world = opened();
            world.facts.rules.work_warranty_ms = 29 * DAY_MS;
            says(&world, request(WORK))
        }
        "not_permitted" => says(&opened(), with_actor(request(WORK), by(MERCHANT))),
        "case_not_opened" => says(&World::empty(), request(WORK)),
        "case_already_opened" => says(&opened(), open_case()),
        "case_closed" => says(&World::under_warranty(), request(WorkOrderId(uuid(29)))),
        "case_not_closed" => says(
            &opened(),
            Command::ReopenCase {
                by: CLAIMANT,
                reason: ReopenReason::NewEvidence,
            },
        ),
        "still_open" => says(&window(), Command::CloseCase { by: by(AGENT) }),
        "case_full" => {
            let mut world = opened();
            world.case.version = limits::EVENTS_PER_CASE_MAX;
            says(&world, request(WORK))
        }
        "notice_missing" => {
            let mut open = open_case();
            if let Command::OpenCase { notice_version, .. } = &mut open {
                " ".clone_into(notice_version);
            }
            says(&World::empty(), open)
        }
        "id_taken" => {
            let mut world = opened();
            world.run(request(WORK));
            says(&world, request(WORK))
        }
        "text_missing" => {
            let mut empty = note(Subject::Claim(CLAIM), CLAIMANT, Some(Party::Claimant));
            if let Command::AddStatement { text, .. } = &mut empty {
                *text = Envelope(Vec::new());
            }
            says(&window(), empty)
        }
        "text_too_long" => {
            let mut long = note(Subject::Claim(CLAIM), CLAIMANT, Some(Party::Claimant));
            if let Command::AddStatement { text, .. } = &mut long {
                *text = Envelope(vec![0; limits::SEALED_TEXT_BYTES_MAX + 1]);
            }
            says(&window(), long)
        }
        "too_much_evidence" => {
            let mut many = add_photo(2, None);
            if let Command::AddEvidence { evidence, .. } = &mut many {
                *evidence = many_photos(2, limits::EVIDENCE_PER_CLAIM_MAX);
            }
            says(&window(), many)
        }
        "evidence_unknown" => {
            let mut about = note(Subject::Claim(CLAIM), CLAIMANT, Some(Party::Claimant));
            if let Command::AddStatement { evidence, .. } = &mut about {
                evidence.push(EvidenceId(uuid(9)));
            }
            says(&window(), about)
        }
        "work_order_unknown" => says(&opened(), verify()),
        "claim_unknown" => says(&opened(), agree()),
        "no_warranty_to_reopen" => {
            let mut world = opened();
            world.run(Command::CloseCase { by: by(AGENT) });
            let (by, reason) = (CLAIMANT, ReopenReason::WorkWarranty);
            says(&world, Command::ReopenCase { by, reason })
        }
        "statutory_not_offered" => says(&opened(), statutory(Resolution::Exchange)),
        "clock_unknown" => says(
            &window(),
            Command::ExpireClock {
                clock: claim_clock(ClockName::Appeal),
            },
        ),
        "clock_not_running" => says(
            &window(),
            Command::ExpireClock {
                clock: claim_clock(ClockName::Screening),
            },
        ),
        "clock_not_due" => says(
            &window(),
            Command::ExpireClock {
                clock: claim_clock(ClockName::MerchantAnswer),
            },
        ),
        "clock_not_paused" => {
            let clock = claim_clock(ClockName::MerchantAnswer);
            says(
                &window(),
                Command::ResumeClock {
                    by: by(REVIEWER),
                    clock,
                },
            )
        }
        "clock_cannot_pause" => says(
            &World::decided(Verdict::Rejected),
            pause(claim_clock(ClockName::Appeal), by(REVIEWER)),
        ),
        "held_too_often" => crate::clocks::held_too_often(),
        "clock_cannot_extend" => says(&World::human_review(), extend(ClockName::Review)),
        "clock_already_extended" => {
            let mut world = window();
            world.run(extend(ClockName::MerchantAnswer));
            says(&world, extend(ClockName::MerchantAnswer))
        }
        "platform_does_not_wait" => {
            says(&party(Some(3 * HOUR_MS)), extend(ClockName::MerchantAnswer))
        }
        "not_party_mode" => says(&window(), link(None)),
        "platform_linked_already" => says(&party(None), link(None)),
        "platform_not_linked" => says(&window(), platform_says(PlatformOutcome::Rejected)),
        "platform_decided_already" => {
            let mut world = party(None);
            world.run(platform_says(PlatformOutcome::Rejected));
            world.run(Command::ReopenCase {
                by: by(AGENT),
                reason: ReopenReason::FurtherRequest,
            });
            says(&world, platform_says(PlatformOutcome::Rejected))
        }
        "grant_above_paid" => crate::party::grant_above_paid(),
        "allowance_invalid" => WorkingCalendar::default()
            .due(Timestamp(0), -1, Basis::Natural)
            .unwrap_err(),
        "calendar_never_opens" => crate::calendar::desk()
            .due(Timestamp(0), i64::MAX, Basis::Desk)
            .unwrap_err(),
        "calendar_invalid" => Span::parse("9", "18").unwrap_err(),
        "rules_below_minimum" => broken(Rules {
            appeal_ms: 0,
            ..Rules::default()
        }),
        "rules_above_maximum" => broken(Rules {
            parts_ms: i64::MAX,
            ..Rules::default()
        }),
        "rules_unnamed" => broken(Rules {
            id: String::new(),
            ..Rules::default()
        }),
        _ => return None,
    };
    Some(refused)
}

fn broken(rules: Rules) -> Refused {
    rules.validate().unwrap_err().remove(0)
}

fn with_actor(mut command: Command, actor: Actor) -> Command {
    if let Command::RequestRepair { by, .. } | Command::FileClaim { by, .. } = &mut command {
        *by = actor;
    }
    command
}

fn provoke_repair(rule: &str) -> Option<Refused> {
    let opened = World::opened;
    let done = || World::work_done(WorkOutcome::Fixed);
    let refused = match rule {
        "too_many_work_orders" => {
            let mut world = opened();
            for number in 0..limits::WORK_ORDERS_PER_CASE_MAX {
                let number = u128::try_from(number).unwrap();
                world.run(request(WorkOrderId(uuid(5_000 + number))));
            }
            says(&world, request(WORK))
        }
        "county_not_valid" => says(
            &opened(),
            with_request(request(WORK), |fields| "示例县".clone_into(fields.county)),
        ),
        "window_not_valid" => {
            let world = accepted();
            says(&world, schedule(&world, -2 * HOUR_MS))
        }
        "inspection_needs_claim" => says(&opened(), request_kind(WorkKind::Inspect)),
        "warranty_over" => {
            let mut world = World::under_warranty();
            world.later(90 * DAY_MS + 1);
            says(&world, request_rework())
        }
        "rework_already_open" => {
            let mut world = World::under_warranty();
            world.run(request_rework());
            let mut again = request(WorkOrderId(uuid(29)));
            again = with_request(again, |fields| *fields.rework_of = Some(WORK));
            says(&world, again)
        }
        "rework_differs" => says(
            &World::under_warranty(),
            with_request(request_rework(), |fields| *fields.kind = WorkKind::Clean),
        ),
        "already_verified" => says(&verified(), verify()),
        "not_ready_to_offer" => says(&accepted(), offer(2)),
        "no_candidate_left" => {
            let mut world = verified();
            world.facts.candidates.clear();
            world.run(offer(1));
            says(&world, offer(1))
        }
        "too_many_offers" => placing::asked_often(),
        "offer_not_open" => {
            let mut world = verified();
            world.run(offer(1));
            world.run(decline(1, NEAR));
            says(&world, accept(1, NEAR))
        }
        "no_message_waits" => says(&World::opened(), settle(Timestamp(i64::MAX))),
        "message_newer" => says(&written(), settle(Timestamp(0))),
        "no_technician" => says(&verified(), release()),
        "order_known" => says(
            &opened(),
            Command::LinkOrder {
                by: by(DISPATCHER),
                order: aftercare_domain::ids::OrderId(uuid(6)),
            },
        ),
        "place_settled" => says(&World::work_done(WorkOutcome::Fixed), tell_place("990102")),
        "cannot_help" => says(&verified(), name_helper(FAR)),
        "no_parts_taken" => says(&verified(), take_parts(SYSTEM, &[("valve", 1)])),
        "parts_not_valid" => says(
            &World::work_done(WorkOutcome::Fixed),
            take_parts(SYSTEM, &[("valve", 0)]),
        ),
        "cannot_schedule" => {
            let world = quoted();
            says(&world, schedule(&world, HOUR_MS))
        }
        "customer_agrees_first" => {
            let mut world = accepted();
            world.run(schedule(&world, HOUR_MS));
            says(&world, schedule(&world, 5 * HOUR_MS))
        }
        "time_not_offered" => {
            let world = accepted();
            says(&world, choose_time(&world, HOUR_MS))
        }
        "times_not_valid" => {
            let mut world = accepted();
            says(&world, propose_times(&world, &[HOUR_MS]));
            world.run(schedule(&world, HOUR_MS));
            let many: Vec<i64> = (1..12).map(|hours| hours * HOUR_MS).collect();
            says(&world, propose_times(&world, &many));
            says(&world, propose_times(&world, &[]))
        }
        "no_times_proposed" => says(&accepted(), keep_time()),
        "visit_under_way" | "customer_is_asked" | "outside_wish" | "nothing_to_put_back" => {
            placing::refusal(rule)
        }
        "not_scheduled" => says(&accepted(), set_out()),
        "not_on_the_way" => says(&accepted(), arrive()),
        "not_arrived" => says(&accepted(), diagnose()),
        "diagnose_first" => says(&World::at_the_door(), quote(1, 100)),
        "cannot_quote" => says(&accepted(), quote(1, 100)),
        "quote_not_valid" => {
            let mut world = World::at_the_door();
            world.run(diagnose());
            for lines in [Vec::new(), vec![line(-1)], vec![line(i64::MAX), line(1)]] {
                assert_eq!(world.refused(with_lines(lines)), "quote_not_valid");
            }
            says(
                &world,
                with_lines(vec![line(1); limits::QUOTE_LINES_MAX + 1]),
            )
        }
        "warranty_is_free" => {
            let mut world = World::at_the_door();
            world.run(diagnose());
            let mut free = quote(1, 1);
            if let Command::ProposeQuote { under_warranty, .. } = &mut free {
                *under_warranty = true;
            }
            says(&world, free)
        }
        "too_many_quotes" => {
            let mut world = World::at_the_door();
            world.run(diagnose());
            for number in 0..limits::QUOTES_PER_WORK_ORDER_MAX {
                world.run(quote(u128::from(number), 100));
            }
            says(&world, quote(99, 100))
        }
        "quote_not_pending" => {
            let mut world = quoted();
            world.run(answer_quote(1, true));
            says(&world, answer_quote(1, false))
        }
        "consent_first" => says(&quoted(), start_work()),
        "cannot_start" => says(&accepted(), start_work()),
        "cannot_await_parts" => says(&World::at_the_door(), await_parts()),
        "not_waiting_for_parts" => says(&World::at_the_door(), parts_arrive()),
        "cannot_finish" => says(&World::at_the_door(), finish(WorkOutcome::Fixed)),
        "nothing_to_confirm" => says(&World::at_the_door(), confirm()),
        "nothing_to_dispute" => says(&World::at_the_door(), dispute()),
        "no_dispute" => says(&done(), settle_dispute(true)),
        "work_already_done" => says(&done(), withdraw_repair()),
        "too_many_corrections" => says(&corrected_often(), correct(CLAIMANT, None)),
        "photos_not_now" => says(&done(), add_photos(technician(NEAR), 60..61)),
        "photos_are_evidence" => says(
            &World::merchant_window(),
            shows(Subject::Claim(CLAIM), vec![photo(70)]),
        ),
        "no_photos_alike" => says(&done(), compare()),
        "rating_not_now" => says(&accepted(), rate(CLAIMANT, Satisfaction::Satisfied, None)),
        "rating_reason" => says(&done(), rate(CLAIMANT, Satisfaction::Partly, None)),
        "rating_answer_not_now" => says(&done(), answer(technician(NEAR))),
        "invoice_not_now" => says(&accepted(), ask_invoice(CLAIMANT)),
        "invoice_not_asked" => says(&done(), send_invoice(AGENT)),
        "above_due" | "cash_only" | "payment_not_open" | "own_payment" | "above_kept"
        | "too_many_payments" => crate::charges::refusal(rule),
        "statutory_not_due" => says(
            &done(),
            Command::CheckStatutory {
                by: CLAIMANT,
                work_order: WORK,
            },
        ),
        _ => return None,
    };
    Some(refused)
}

fn provoke_claim(rule: &str) -> Option<Refused> {
    let opened = World::opened;
    let window = World::merchant_window;
    let review = World::human_review;
    let refused = match rule {
        "too_many_claims" => {
            let mut world = opened();
            for number in 0..limits::CLAIMS_PER_CASE_MAX {
                let number = u128::try_from(number).unwrap();
                world.facts.order.as_mut().unwrap().line = OrderLineId(uuid(6_000 + number));
                let mut filed = file(refund(1));
                if let Command::FileClaim {
                    claim,
                    line,
                    evidence,
                    ..
                } = &mut filed
                {
                    *claim = ClaimId(uuid(6_000 + number));
                    *line = OrderLineId(uuid(6_000 + number));
                    evidence.clear();
                }
                world.run(filed);
            }
            world.facts.order.as_mut().unwrap().line = LINE;
            says(&world, file(refund(1)))
        }
        "order_facts_missing" => {
            let mut world = opened();
            world.facts.order = None;
            says(&world, file(refund(1)))
        }
        "claim_already_open" => {
            let mut again = file(refund(1));
            if let Command::FileClaim { claim, .. } = &mut again {
                *claim = ClaimId(uuid(39));
            }
            says(&window(), again)
        }
        "claim_open_at_platform" => {
            let mut world = opened();
            world.facts.order.as_mut().unwrap().open_at_platform = true;
            says(&world, file(refund(1)))
        }
        "amount_not_valid" => says(&opened(), file(refund(0))),
        "amount_above_paid" => {
            let mut world = opened();
            world.facts.order.as_mut().unwrap().refunded = Fen(800);
            assert_eq!(world.refused(file(refund(6_001))), "amount_above_paid");
            world.facts.order.as_mut().unwrap().refunded = Fen(i64::MIN);
            says(&world, file(refund(1)))
        }
        "statutory_remedy" => {
            let mut world = World::under_warranty();
            world.rework(WorkOutcome::NotFixed);
            says(&world, statutory(Resolution::Partial { amount: Fen(1) }))
        }
        "claim_ended" => {
            // A second claim keeps the case open.
            let mut world = opened();
            world.run(request(WORK));
            world.run(file(refund(1)));
            world.run(withdraw_claim());
            assert_eq!(world.refused(agree()), "claim_ended");
            assert_eq!(world.refused(add_photo(2, None)), "claim_ended");
            says(&world, withdraw_claim())
        }
        "already_screened" => {
            let window = window();
            let clear = inspected(1, vec![finding(FindingCode::Clear)]);
            let twice = inspection(vec![forged(1), forged(1)]);
            assert_eq!(window.refused(twice), "already_screened");
            assert_eq!(window.refused(inspection(Vec::new())), "already_screened");
            says(&window, inspection(vec![clear]))
        }
        "intercept_unfounded" => {
            let mut photo = forged(1);
            photo.findings.truncate(1);
            says(&World::claim_filed(), inspection(vec![photo]))
        }
        "screening_too_late" => {
            let mut world = World::claim_filed();
            world.let_run_out(claim_clock(ClockName::Screening));
            world.run(agree());
            says(&world, screening(1, FindingCode::EditedRegion))
        }
        "screening_pending" => {
            let mut world = window();
            world.run(add_photo(2, None));
            says(&world, agree())
        }
        "evidence_closed" => says(&World::decided(Verdict::Rejected), add_photo(2, None)),
        "not_challenged" => says(&window(), add_photo(2, Some(evidence_id(1)))),
        "no_challenge" => {
            let mut world = window();
            assert_eq!(
                world.refused(on_request(2, Capture::Camera)),
                "no_challenge"
            );
            world.run(draw_challenge());
            world.later(limits::CHALLENGE_MS + 1);
            says(&world, on_request(2, Capture::Camera))
        }
        "challenge_open" => {
            let mut world = window();
            world.run(draw_challenge());
            says(&world, draw_challenge())
        }
        "too_many_challenges" => {
            let mut world = window();
            for _ in 0..limits::CHALLENGES_PER_CLAIM_MAX {
                world.run(draw_challenge());
                world.later(limits::CHALLENGE_MS + 1);
            }
            says(&world, draw_challenge())
        }
        "cannot_ask_photo" => {
            let mut world = window();
            world.run(ask_new_photo());
            says(&world, ask_new_photo())
        }
        "own_evidence" => says(&window(), dispute_evidence(Party::Claimant, CLAIMANT)),
        "cannot_judge_evidence" => says(&World::claim_filed(), judge()),
        "first_look_not_needed" => {
            let world = window();
            says(&world, first_look(&world, REVIEWER))
        }
        "photos_came" => says(
            &World::accused(),
            first_look(&World::claim_filed(), REVIEWER),
        ),
        "first_look_first" => {
            let world = World::accused();
            assert_eq!(world.refused(agree()), "first_look_first");
            assert_eq!(world.refused(judge()), "first_look_first");
            says(&world, refer(REVIEWER))
        }
        "not_in_merchant_window" => {
            let world = review();
            assert_eq!(world.refused(contest()), "not_in_merchant_window");
            says(&World::decided(Verdict::Rejected), agree())
        }
        "settlement_is_the_ask" => says(&window(), settlement(refund(6_800))),
        "no_settlement" => says(&window(), answer_settlement(true)),
        "not_contestable" => says(&World::decided(granted(6_800)), contest_paid(0)),
        "refund_contested" => {
            let mut world = World::paid();
            world.run(contest_paid(0));
            says(&world, withdraw_claim())
        }
        "above_paid_refund" => {
            let mut world = World::paid();
            world.run(contest_paid(0));
            world.later(HEARING_MS);
            says(&world, decide_appeal(SECOND, granted(6_801)))
        }
        "freight_not_found" => {
            let mut world = World::decided(granted(6_800));
            world.run(appeal(Party::Merchant, by(MERCHANT)));
            world.later(HEARING_MS);
            says(&world, decide_appeal_with(SECOND, Verdict::Rejected, 1))
        }
        "no_recovery" => says(&World::paid(), settle_recovery(RecoveryEnd::Repaid, 1)),
        "recovery_amount" => says(
            &World::overturned(),
            settle_recovery(RecoveryEnd::Repaid, 8_001),
        ),
        "compensation_needs_rule" => says(
            &World::overturned(),
            settle_recovery(RecoveryEnd::Compensated, 6_800),
        ),
        "history_objected_already" => {
            let mut world = World::opened();
            world.run(Command::ObjectToHistory { by: CLAIMANT });
            says(&world, Command::ObjectToHistory { by: CLAIMANT })
        }
        "no_counter" => says(&window(), answer_counter(true)),
        "counter_not_now" => says(&window(), counter(1_000)),
        "ask_not_now" => {
            let mut world = window();
            world.run(settlement(Resolution::Partial { amount: Fen(2_000) }));
            says(&world, change_ask(WayOut::Inspection))
        }
        "ask_no_less" => {
            let mut world = window();
            world.run(change_ask(WayOut::Return));
            says(&world, change_ask(WayOut::Return))
        }
        "question_asked" => {
            let mut world = window();
            world.run(question());
            says(&world, question())
        }
        "question_unanswered" => {
            let mut world = review();
            world.run(question());
            says(&world, decide_claim(REVIEWER, Verdict::Rejected))
        }
        "look_first" => {
            let mut world = review();
            world.run(add_photo(2, None));
            let mut found = finding(FindingCode::SamePlace);
            found.above_threshold = false;
            let mut photo = inspected(2, vec![found]);
            photo.verdict = InspectionVerdict::Review;
            world.run(inspection(vec![photo]));
            says(&world, decide_claim(REVIEWER, Verdict::Rejected))
        }
        "photo_awaited" => {
            let mut world = review();
            world.run(ask_new_photo());
            says(&world, decide_claim(REVIEWER, Verdict::Rejected))
        }
        "not_countersigned" => says(&review(), confirm_decision(SECOND)),
        "not_sampled" => says(
            &World::decided(Verdict::Rejected),
            look_again(SECOND, Verdict::Rejected),
        ),
        "already_recused" => {
            let mut world = review();
            world.run(recuse(REVIEWER));
            says(&world, recuse(REVIEWER))
        }
        "no_evidence_round" => says(&window(), round_over(Party::Claimant, CLAIMANT)),
        "round_already_done" => {
            let mut world = window();
            world.run(contest());
            world.run(round_over(Party::Claimant, CLAIMANT));
            says(&world, round_over(Party::Claimant, CLAIMANT))
        }
        "not_in_review" => says(&window(), decide_claim(REVIEWER, Verdict::Rejected)),
        "reviewer_conflicted" => {
            let mut world = review();
            world.facts.conflicted.push(REVIEWER.user);
            assert_eq!(world.refused(judge()), "reviewer_conflicted");
            let assign = Command::AssignReviewer {
                by: by(ADMIN),
                claim: CLAIM,
                reviewer: REVIEWER.user,
            };
            assert_eq!(world.refused(assign), "reviewer_conflicted");
            says(&world, decide_claim(REVIEWER, Verdict::Rejected))
        }
        "platform_decides" => {
            let mut world = review();
            world.case.opened.as_mut().unwrap().mode = OperatorMode::Party;
            says(&world, decide_claim(REVIEWER, Verdict::Rejected))
        }
        "not_heard_yet" => {
            let mut world = review();
            world.run(note(Subject::Claim(CLAIM), CLAIMANT, Some(Party::Claimant)));
            says(&world, decide_claim(REVIEWER, granted(6_800)))
        }
        "citation_missing" => {
            let mut bare = decide_claim(REVIEWER, Verdict::Rejected);
            if let Command::DecideClaim { citations, .. } = &mut bare {
                citations.clear();
            }
            says(&review(), bare)
        }
        "partial_is_whole" => {
            let whole = Resolution::Partial { amount: Fen(6_800) };
            says(
                &review(),
                decide_claim(REVIEWER, Verdict::Granted { resolution: whole }),
            )
        }
        "without_return_not_open" => {
            let mut world = review();
            // Nothing is open to anybody, then only to the merchant, and then up to too little.
            for open in [
                None,
                Some((Granter::Merchant, None)),
                Some((Granter::Reviewer, Some(Fen(6_799)))),
            ] {
                world.facts.ruling = Some(Ruling {
                    without_return: open
                        .map(|(by, cap)| WithoutReturn { by, cap })
                        .into_iter()
                        .collect(),
                    ..Ruling::default()
                });
                assert_eq!(
                    says(&world, decide_claim(REVIEWER, granted(6_800))).rule,
                    "without_return_not_open"
                );
            }
            let refused = says(&world, decide_claim(REVIEWER, granted(6_800)));
            world.facts.ruling = Some(Ruling {
                without_return: vec![WithoutReturn {
                    by: Granter::Reviewer,
                    cap: Some(Fen(6_800)),
                }],
                ..Ruling::default()
            });
            world.run(decide_claim(REVIEWER, granted(6_800)));
            refused
        }
        "inspection_is_not_a_verdict" => says(
            &review(),
            decide_claim(
                REVIEWER,
                Verdict::Granted {
                    resolution: Resolution::Inspection,
                },
            ),
        ),
        "not_decided" => says(&review(), appeal(Party::Claimant, CLAIMANT)),
        "not_in_second_review" => says(&review(), decide_appeal(SECOND, Verdict::Rejected)),
        "second_reviewer_differs" => {
            let mut world = World::decided(Verdict::Rejected);
            world.run(appeal(Party::Claimant, CLAIMANT));
            world.later(HEARING_MS);
            let assign = Command::AssignReviewer {
                by: SYSTEM,
                claim: CLAIM,
                reviewer: REVIEWER.user,
            };
            assert_eq!(world.refused(assign), "second_reviewer_differs");
            says(&world, decide_appeal(REVIEWER, granted(1)))
        }
        "nothing_to_return" => says(&World::agreed_to(refund(6_800)), ship_return()),
        "nothing_to_receive" => says(&World::agreed_to(refund(6_800)), receive(true)),
        "nothing_to_exchange" => says(&World::agreed_to(refund(6_800)), ship_exchange()),
        "payment_not_authorized" => says(&window(), pay(6_800)),
        "payment_already_recorded" => {
            let mut world = World::agreed_to(refund(6_800));
            world.run(pay(6_800));
            says(&world, pay(6_800))
        }
        "payment_amount_differs" => says(&World::agreed_to(refund(6_800)), pay(6_799)),
        "referral_exists" => {
            let mut world = World::accused();
            world.run(first_look(&world, REVIEWER));
            world.run(refer(RISK));
            says(&world, refer(REVIEWER))
        }
        "no_referral" => says(
            &window(),
            Command::WithdrawFraudReferral {
                by: RISK,
                claim: CLAIM,
                reasons: text(),
            },
        ),
        _ => return None,
    };
    Some(refused)
}

#[test]
fn each_rule_of_the_table_is_provoked() {
    for rule in table() {
        let refused = provoke(rule);
        assert_eq!(refused.rule, rule);
        assert!(!refused.zh.is_empty() && !refused.en.is_empty());
    }
}

#[test]
fn the_table_has_every_rule_of_the_deciders_once() {
    let listed: BTreeSet<&str> = table().into_iter().collect();
    assert_eq!(listed.len(), table().len(), "a rule is listed twice");
    let missing: Vec<&&str> = RULES
        .iter()
        .filter(|rule| !listed.contains(**rule))
        .collect();
    assert!(missing.is_empty(), "not in refusals.txt: {missing:?}");
}

#[test]
fn what_a_sentence_says_is_for_people() {
    for rule in table() {
        let refused = provoke(rule);
        assert!(
            refused
                .zh
                .chars()
                .any(|letter| ('一'..='龥').contains(&letter)),
            "{rule}"
        );
        assert!(refused.en.ends_with('.'), "{rule}: {}", refused.en);
        assert!(
            !refused.en.contains("fraud") && !refused.zh.contains("造假"),
            "{rule}"
        );
        assert!(!refused.en.contains("invalid state"), "{rule}");
    }
}

/// Who tries what only others may.
#[test]
fn permissions_hold_whatever_the_server_forgets() {
    let stranger = Actor::Claimant {
        person: PersonId(uuid(99)),
    };
    let wrong: Vec<(World, Command)> = vec![
        (World::empty(), {
            let mut open = open_case();
            if let Command::OpenCase { by: actor, .. } = &mut open {
                *actor = stranger;
            }
            open
        }),
        (World::opened(), with_actor(request(WORK), stranger)),
        (World::opened(), with_actor(file(refund(1)), by(MERCHANT))),
        (
            verified(),
            Command::OfferRepair {
                by: by(AGENT),
                work_order: WORK,
                offer: OfferId(uuid(201)),
                technician: None,
            },
        ),
        (
            verified(),
            Command::OfferRepair {
                by: SYSTEM,
                work_order: WORK,
                offer: OfferId(uuid(201)),
                technician: Some(FAR),
            },
        ),
        (
            World::at_the_door(),
            Command::Diagnose {
                by: technician(FAR),
                work_order: WORK,
                fault_code: "E1".to_owned(),
                note: text(),
            },
        ),
        (
            quoted(),
            Command::AnswerQuote {
                by: technician(NEAR),
                work_order: WORK,
                quote: QuoteId(uuid(301)),
                consent: true,
            },
        ),
        (
            World::merchant_window(),
            Command::AgreeToClaim {
                by: AGENT,
                claim: CLAIM,
            },
        ),
        (
            World::human_review(),
            decide_claim(MERCHANT, Verdict::Rejected),
        ),
        (World::human_review(), decide_claim(RISK, Verdict::Rejected)),
        (World::accused(), first_look(&World::accused(), ADMIN)),
        (World::merchant_window(), refer(MERCHANT)),
        (
            World::merchant_window(),
            dispute_evidence(Party::Merchant, CLAIMANT),
        ),
        (
            World::merchant_window(),
            pause(claim_clock(ClockName::MerchantAnswer), by(MERCHANT)),
        ),
        (
            verified(),
            pause(work_clock(ClockName::Response), technician(NEAR)),
        ),
        (
            World::merchant_window(),
            note(Subject::Claim(CLAIM), by(DISPATCHER), Some(Party::Merchant)),
        ),
        (
            World::merchant_window(),
            note(Subject::Claim(CLAIM), technician(NEAR), None),
        ),
        (World::opened(), {
            let mut inspection = request_inspection();
            if let Command::RequestRepair { by, .. } = &mut inspection {
                *by = technician(NEAR);
            }
            inspection
        }),
        (World::opened(), Command::CloseCase { by: CLAIMANT }),
    ];
    for (world, command) in wrong {
        let shown = format!("{command:?}");
        assert_eq!(world.refused(command), "not_permitted", "{shown}");
    }
}
