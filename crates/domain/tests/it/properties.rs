//! What no sequence of commands, and no sequence of events, can do.
//!
//! A sequence is random numbers; each becomes a command with the actor who may give it, or with any
//! other, on a world that starts at one of several depths, so that late stages are reached too.

use crate::arguments::{
    Reached, UNREAD, add_by, appealed, argued, carries, day_of, held, shown_by_both,
};
use crate::challenges::{draw_challenge, on_request};
use crate::crew::{name_helper, take_parts, tell_place};
use crate::golden::case_events;
use crate::goods::send_goods_back;
use crate::messages::{note, settle};
use crate::ratings::{answer, rate};
use crate::second::{change_ask, decide_appeal_with, settle_recovery};
use crate::waits::all_wait;
use crate::world::{
    ADMIN, AGENT, CLAIM, CLAIMANT, DISPATCHER, FAR, MERCHANT, NEAR, ORDER, REVIEWER, REWORK, RISK,
    SECOND, STRANGER, SYSTEM, WORK, World, accept, add_photo, agree, answer_counter, answer_quote,
    answer_settlement, appeal, arrive, ask_new_photo, await_parts, by, citation, claim_clock,
    confirm, confirm_decision, contest, contest_paid, counter, decide_claim, decline, diagnose,
    dispute, evidence_id, file, finding, finish, first_look, forged, granted, inspected,
    inspection, keep_time, look_again, offer, offer_beside, offer_named, open_case, parts_arrive,
    pay, propose_times, question, quote, receive, recuse, refer, release, request,
    request_inspection, request_rework, return_decision, round_over, schedule, set_out,
    settle_dispute, settlement, ship_exchange, ship_return, start_work, technician, text, verify,
    withdraw_claim, withdraw_repair, work_clock,
};
use aftercare_domain::actor::{Actor, Human, Party, Role};
use aftercare_domain::case::{Case, Claim, ClaimState};
use aftercare_domain::challenge::Capture;
use aftercare_domain::clock::{Clock, ClockKey, ClockName, ClockState, PauseReason, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::event::{
    Body, Citation, Event, OperatorMode, PaymentBasis, RecoveryEnd, ReopenReason, Resolution,
    Satisfaction, StatutoryGround, Verdict, WayOut, WorkOutcome,
};
use aftercare_domain::evidence::{FindingCode, InspectionVerdict};
use aftercare_domain::evolve::replay;
use aftercare_domain::money::Fen;
use aftercare_domain::pack::{Granter, Ruling, WithoutReturn};
use aftercare_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use aftercare_domain::view::{Overlay, known_elsewhere, overlay, public_findings, public_photo};
use aftercare_domain::{evolve, limits};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{TestCaseError, TestRunner};
use std::collections::BTreeSet;

const CODES: [FindingCode; 21] = [
    FindingCode::DerivedFromReference,
    FindingCode::EditedRegion,
    FindingCode::ReusedPhoto,
    FindingCode::CopyMove,
    FindingCode::JpegInconsistent,
    FindingCode::Resampled,
    FindingCode::DamageNotConfirmed,
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
    FindingCode::NotAPhotoOfTheDamage,
    FindingCode::LowQuality,
    FindingCode::NotDecoded,
    FindingCode::Clear,
];
const ACTORS: [Actor; 10] = [
    CLAIMANT,
    SYSTEM,
    by(AGENT),
    by(DISPATCHER),
    by(MERCHANT),
    by(REVIEWER),
    by(SECOND),
    by(ADMIN),
    technician(NEAR),
    technician(FAR),
];
const VIEWERS: [Actor; 6] = [
    CLAIMANT,
    by(AGENT),
    by(MERCHANT),
    by(REVIEWER),
    by(RISK),
    SYSTEM,
];

/// One step: which command, with what, by whom, how much later.
type Step = (u8, u8, u8, u32);

fn pick<T: Copy>(from: &[T], number: u8) -> T {
    from[usize::from(number) % from.len()]
}

fn reviewer(number: u8) -> Human {
    pick(
        &[REVIEWER, REVIEWER, SECOND, SECOND, RISK, MERCHANT],
        number,
    )
}

fn resolution(number: u8) -> Resolution {
    let amount = Fen(i64::from(number) * 40);
    pick(
        &[
            Resolution::Refund { amount },
            Resolution::Return { amount },
            Resolution::Partial { amount },
            Resolution::Exchange,
            Resolution::Inspection,
        ],
        number,
    )
}

fn verdict(number: u8) -> Verdict {
    if number.is_multiple_of(3) {
        Verdict::Rejected
    } else {
        Verdict::Granted {
            resolution: resolution(number),
        }
    }
}

fn outcome(number: u8) -> WorkOutcome {
    pick(
        &[
            WorkOutcome::Fixed,
            WorkOutcome::NotFixed,
            WorkOutcome::NoFaultFound,
        ],
        number,
    )
}

/// The command of a step on the world as it is.
fn command(world: &World, (which, with, whose, _): Step) -> Command {
    let number = u128::from(with % 6);
    let party = if with.is_multiple_of(2) {
        Party::Claimant
    } else {
        Party::Merchant
    };
    let speaker = match party {
        Party::Claimant => CLAIMANT,
        Party::Merchant => by(MERCHANT),
    };
    // Where an outside platform decides, it is read and decides now and then.
    if crate::party::is_party(world) && whose.is_multiple_of(4) {
        return crate::party::step(world, with);
    }
    match which % 68 {
        0 if whose.is_multiple_of(5) => Command::LinkOrder {
            by: by(pick(&[AGENT, DISPATCHER, MERCHANT], with)),
            order: ORDER,
        },
        0 => request(if with.is_multiple_of(2) { WORK } else { REWORK }),
        1 => request_rework(),
        2 => request_inspection(),
        3 => verify(),
        4 if whose.is_multiple_of(8) => offer_beside(number),
        4 => offer(number),
        5 => offer_named(number, pick(&[NEAR, FAR], with)),
        6 => accept(number, pick(&[NEAR, FAR], whose)),
        7 => decline(number, pick(&[NEAR, FAR], whose)),
        8 => release(),
        9 => schedule(world, i64::from(with) * MINUTE_MS),
        10 => set_out(),
        11 => arrive(),
        12 => diagnose(),
        13 => quote(number, i64::from(with) * 10),
        14 => {
            let consent = !whose.is_multiple_of(2);
            let mut answer = answer_quote(number, consent);
            // The latest quote, if there is one: guessing its id would hardly ever hit.
            let latest = world.case.work_orders.get(&WORK);
            if let (Command::AnswerQuote { quote, .. }, Some(latest)) =
                (&mut answer, latest.and_then(|order| order.quote.as_ref()))
            {
                *quote = latest.quote;
            }
            answer
        }
        15 => start_work(),
        56 => propose_times(world, &[i64::from(with) * MINUTE_MS]),
        57 => keep_time(),
        58 => Command::ReportCustomerAbsent {
            by: technician(NEAR),
            work_order: WORK,
        },
        59 if whose.is_multiple_of(2) => crate::placing::step(world, with),
        59 => Command::RecordTold { work_order: WORK },
        60 if with.is_multiple_of(3) => return_decision(reviewer(whose)),
        60 => confirm_decision(reviewer(whose)),
        61 => look_again(reviewer(whose), verdict(with)),
        // Rare as well: who stepped back does nothing more.
        62 if with < 24 => recuse(reviewer(whose)),
        62 => confirm_decision(reviewer(whose)),
        63 => counter(i64::from(with) * 20),
        64 => answer_counter(with.is_multiple_of(2)),
        65 if with.is_multiple_of(2) => {
            change_ask(pick(&[WayOut::Return, WayOut::Inspection], whose))
        }
        65 => question(),
        66 => contest_paid(i64::from(with)),
        67 if whose.is_multiple_of(8) => Command::ObjectToHistory { by: CLAIMANT },
        67 if whose % 8 == 1 => Command::EraseHistory { by: CLAIMANT },
        67 => settle_recovery(
            pick(&[RecoveryEnd::Repaid, RecoveryEnd::Waived], whose),
            if whose.is_multiple_of(2) {
                i64::from(with) + 1
            } else {
                0
            },
        ),
        16 => await_parts(),
        17 => parts_arrive(),
        18 => finish(outcome(with)),
        19 => confirm(),
        20 => dispute(),
        21 => settle_dispute(with.is_multiple_of(2)),
        // Rare, for a walk that gives up at once does not get far.
        22 if with < 24 => withdraw_repair(),
        22 => diagnose(),
        23 if whose.is_multiple_of(2) => Command::ReportSamePart {
            work_order: WORK,
            parts: BTreeSet::from([pick(&["valve", "pump", " "], with).to_owned()]),
        },
        23 => Command::CheckStatutory {
            by: SYSTEM,
            work_order: WORK,
        },
        24 => file(resolution(with)),
        25 => {
            let mut statutory_claim = file(Resolution::Exchange);
            if let Command::FileClaim {
                statutory,
                evidence,
                ..
            } = &mut statutory_claim
            {
                *statutory = Some(StatutoryGround::SecondFailedRepair);
                evidence.clear();
            }
            statutory_claim
        }
        26 if whose.is_multiple_of(5) => draw_challenge(),
        26 if whose % 5 == 1 => on_request(number, pick(&[Capture::Camera, Capture::Album], with)),
        26 if whose.is_multiple_of(4) => add_by(Party::Merchant, 6 + number, None),
        26 => add_photo(number, with.is_multiple_of(3).then(|| evidence_id(1))),
        27 if whose.is_multiple_of(16) => crate::elsewhere::known(number),
        27..=29 => {
            let mut found = finding(pick(&CODES, with));
            found.above_threshold = whose.is_multiple_of(2);
            let mut photo = inspected(number, vec![found]);
            if with.is_multiple_of(7) {
                photo = forged(number);
            } else if with.is_multiple_of(5) {
                // More than its findings bear: refused.
                photo.verdict = InspectionVerdict::Intercept;
            }
            inspection(vec![photo])
        }
        30 => ask_new_photo(),
        31 => Command::DisputeEvidence {
            by: speaker,
            claim: CLAIM,
            evidence: evidence_id(number),
            party,
        },
        32 => Command::JudgeEvidence {
            by: reviewer(whose),
            claim: CLAIM,
            evidence: evidence_id(number),
            accepted: with.is_multiple_of(2),
        },
        33 => {
            let mut look = first_look(world, reviewer(whose));
            // Sometimes something came while it was written.
            if let Command::TakeFirstLook { seen, .. } = &mut look
                && with.is_multiple_of(3)
            {
                seen.pop();
            }
            look
        }
        34 => agree(),
        35 => settlement(resolution(with)),
        36 => answer_settlement(with.is_multiple_of(2)),
        37 => contest(),
        38 => round_over(party, speaker),
        39 => Command::AssignReviewer {
            by: by(ADMIN),
            claim: CLAIM,
            reviewer: reviewer(with).user,
        },
        40 => argued(
            world,
            decide_claim(reviewer(whose), verdict(with)),
            whose / 6,
        ),
        41 => appeal(party, speaker),
        42 => argued(
            world,
            decide_appeal_with(
                reviewer(whose),
                verdict(with),
                if whose.is_multiple_of(4) { 1 } else { 0 },
            ),
            whose / 6,
        ),
        43 => ship_return(),
        44 => receive(with.is_multiple_of(2)),
        45 if world.case.claims.get(&CLAIM).is_some_and(Claim::owes_goods) => send_goods_back(),
        45 => ship_exchange(),
        46 => match world
            .case
            .claims
            .get(&CLAIM)
            .and_then(|claim| claim.payment)
        {
            Some(Fen(authorized)) => pay(authorized),
            None => pay(i64::from(with)),
        },
        47 if with < 24 => withdraw_claim(),
        47 => ship_return(),
        48 => refer(reviewer(whose)),
        49 => Command::WithdrawFraudReferral {
            by: reviewer(whose),
            claim: CLAIM,
            reasons: text(),
        },
        50 if whose.is_multiple_of(3) => settle(Timestamp(i64::MAX)),
        50 => note(
            pick(&[Subject::Claim(CLAIM), Subject::WorkOrder(WORK)], with),
            if with % 4 < 2 {
                CLAIMANT
            } else {
                pick(&ACTORS, whose)
            },
            Some(Party::Claimant),
        ),
        51 => {
            let clock = pick(
                &[
                    work_clock(ClockName::Response),
                    claim_clock(ClockName::MerchantAnswer),
                    claim_clock(ClockName::Review),
                    claim_clock(ClockName::FirstLook),
                ],
                with,
            );
            if whose.is_multiple_of(2) {
                Command::PauseClock {
                    by: pick(&[by(REVIEWER), by(DISPATCHER)], with),
                    clock,
                    reason: PauseReason::WaitingForCustomer,
                }
            } else {
                Command::ResumeClock {
                    by: pick(&[by(REVIEWER), by(DISPATCHER)], with),
                    clock,
                }
            }
        }
        52 => Command::ExtendClock {
            by: by(MERCHANT),
            clock: claim_clock(ClockName::MerchantAnswer),
            reason: text(),
        },
        53 if whose.is_multiple_of(2) => crate::sharing::any_step(with, reviewer(whose / 2)),
        53 => Command::RebaseClocks,
        54 => Command::ReopenCase {
            by: CLAIMANT,
            reason: pick(
                &[
                    ReopenReason::FurtherRequest,
                    ReopenReason::WorkWarranty,
                    ReopenReason::Statutory,
                ],
                with,
            ),
        },
        55 if whose.is_multiple_of(3) => Command::SignAdvice {
            by: reviewer(whose),
            claim: CLAIM,
            law: citation(),
            advice: text(),
        },
        55 if whose % 3 == 1 => Command::ReadEvidence {
            by: reviewer(whose),
            claim: CLAIM,
            evidence: evidence_id(number),
            reading: text(),
        },
        55 if whose.is_multiple_of(4) => name_helper(pick(&[NEAR, FAR, STRANGER], with)),
        55 if whose % 7 == 1 => tell_place(pick(&["990102", "000000", "99"], with)),
        55 if whose.is_multiple_of(7) => take_parts(
            pick(&[SYSTEM, technician(NEAR), by(AGENT)], with),
            &[("valve", u32::from(with % 3))],
        ),
        // Rare, for the other answer leads further.
        55 if whose % 35 == 2 => rate(
            pick(&[CLAIMANT, by(AGENT), technician(NEAR)], with),
            pick(&[Satisfaction::Satisfied, Satisfaction::Partly], with),
            with.is_multiple_of(3).then(text),
        ),
        55 if whose % 35 == 5 => answer(technician(NEAR)),
        55 => answer_one_of_several(world),
        _ => Command::CloseCase { by: by(AGENT) },
    }
}

/// Whoever was asked last accepts.
fn answer_one_of_several(world: &World) -> Command {
    let order = world.case.work_orders.get(&WORK);
    let open = order.and_then(|order| order.open_offers().last());
    match open {
        Some(made) => Command::AcceptOffer {
            by: technician(made.technician),
            work_order: WORK,
            offer: made.offer,
        },
        None => Command::CloseCase { by: by(AGENT) },
    }
}

/// Worlds at several depths.
fn start(number: u8) -> World {
    match number % 16 {
        0 => World::empty(),
        1 if number / 16 % 4 == 2 => crate::party::party(Some(40 * HOUR_MS)),
        1 => {
            let mut world = World::opened();
            if !(number / 16).is_multiple_of(2) {
                // Two are asked at once.
                world.facts.rules.offers_at_once = 2;
                world.run(request(WORK));
                world.run(verify());
                world.run(offer(1));
                world.run(offer_beside(2));
            }
            world
        }
        2 => {
            let mut world = World::at_the_door();
            if !(number / 16).is_multiple_of(2) {
                world.run(diagnose());
                world.run(quote(1, 9_800));
            }
            world
        }
        3 => World::under_warranty(),
        4 => World::work_done(outcome(number / 16)),
        5 => World::claim_filed(),
        6 => World::accused(),
        7 => {
            let mut world = World::accused();
            world.run(first_look(&world, REVIEWER));
            world
        }
        11 => {
            let mut world = World::under_warranty();
            world.rework(outcome(number / 16));
            world
        }
        12 => World::paid(),
        13 => World::overturned(),
        14 | 15 => {
            let mut world = World::human_review();
            world.facts.ruling = Some(Ruling {
                second_reviewer: number % 16 == 14,
                sample_permille: 500,
                without_return: vec![WithoutReturn {
                    by: Granter::Reviewer,
                    cap: None,
                }],
                ..Ruling::default()
            });
            world.facts.drawn = Some(u64::from(number / 16) * 125);
            if (number / 16).is_multiple_of(2) {
                world.run(decide_claim(REVIEWER, granted(5_000)));
            }
            world
        }
        8 => World::merchant_window(),
        9 => World::human_review(),
        10 => World::decided(pick(&[Verdict::Rejected, granted(5_000)], number / 16)),
        _ => World::agreed_to(Resolution::Return { amount: Fen(100) }),
    }
}

/// What must hold of every accepted decision. `before` is the case that it was made on.
fn check(before: &Case, events: &[Event], now: Timestamp) -> Result<Case, TestCaseError> {
    let mut case = before.clone();
    for event in events {
        prop_assert_eq!(event.at, now, "events are of the moment of their decision");
        crate::sharing::only_humans(event)?;
        prop_assert!(event.at >= case.last_at, "time of events never goes back");
        match &event.body {
            Body::ClaimDecided {
                claim, reviewer, ..
            } => {
                // Signed by whoever decided, or confirmed by somebody else.
                prop_assert!(case.unseen(*claim).is_empty(), "decided on an unseen photo");
                let confirmed = case.claims[claim].confirmed_by;
                let second = confirmed.filter(|_| event.by != Actor::Human(*reviewer));
                prop_assert_eq!(event.by, Actor::Human(second.unwrap_or(*reviewer)));
                prop_assert_eq!(reviewer.role, Role::Reviewer);
                prop_assert!(second.is_none_or(|second| second.user != reviewer.user));
            }
            Body::AppealDecided {
                claim, reviewer, ..
            } => {
                prop_assert!(case.unseen(*claim).is_empty(), "decided on an unseen photo");
                prop_assert_eq!(event.by, Actor::Human(*reviewer));
                prop_assert_eq!(reviewer.role, Role::Reviewer);
                prop_assert!(!case.claims[claim].is_kept_from_appeal(reviewer.user));
            }
            Body::DecisionLookedAgain {
                claim, reviewer, ..
            } => prop_assert!(!case.claims[claim].is_kept_from_second_look(reviewer.user)),
            Body::RecoveryOpened {
                claim,
                price,
                freight,
                ..
            } => {
                prop_assert!(Some(*freight) <= case.claims[claim].contested_paid);
                prop_assert!(case.claims[claim].payment_reference.is_some());
                prop_assert!(Some(*price) <= case.claims[claim].payment);
                prop_assert_eq!(case.claims[claim].recovery, None, "owed once");
            }
            Body::RecoverySettled { claim, .. } => {
                let recovery = case.claims[claim].recovery.unwrap();
                prop_assert_eq!(recovery.settled, None, "settled once");
            }
            Body::FraudReferralMade { claim, by, .. } => {
                prop_assert_eq!(event.by, Actor::Human(*by));
                prop_assert!(case.claims[claim].first_look.is_some());
            }
            Body::PaymentAuthorized {
                claim,
                amount,
                basis,
            } => {
                let (PaymentBasis::MerchantAgreed { human }
                | PaymentBasis::Settled { human }
                | PaymentBasis::Decided { human }) = basis;
                prop_assert!(matches!(human.role, Role::Merchant | Role::Reviewer));
                let unseen = case.is_accused_unseen(*claim);
                prop_assert!(!unseen, "paid against an accusation that nobody looked at");
                let mode = case.opened.as_ref().map(|opened| opened.mode);
                prop_assert_eq!(mode, Some(OperatorMode::Platform), "the platform pays");
                prop_assert!(*amount > Fen::ZERO && *amount <= case.claims[claim].paid);
                prop_assert_eq!(case.claims[claim].payment, None, "authorized once");
            }
            Body::ClaimInspected { photos, .. } => {
                for photo in photos {
                    prop_assert!(photo.is_founded(), "an intercept without a fact");
                }
            }
            Body::ClaimExecuted { claim, amount, .. } => {
                prop_assert_eq!(case.claims[claim].payment, Some(*amount));
                prop_assert!(case.claims[claim].basis.is_some(), "paid on nobody's word");
            }
            Body::ClockResumed {
                clock,
                due_at,
                lapsed: true,
                ..
            } => {
                prop_assert!(*due_at >= event.at);
                let held = case.clock(*clock).unwrap();
                prop_assert!(held.acts_at().is_some_and(|until| until <= event.at));
            }
            Body::ClockStarted { due_at, .. }
            | Body::ClockResumed { due_at, .. }
            | Body::ClockRebased { due_at, .. } => prop_assert!(*due_at >= event.at),
            Body::ClockExtended { clock, due_at, .. } => {
                prop_assert!(*due_at >= case.clock(*clock).unwrap().due_at);
            }
            Body::ClockExpired { clock } => {
                prop_assert!(case.clock(*clock).unwrap().due_at <= event.at);
            }
            _ => {}
        }
        if let Body::ClaimDecided {
            claim, citations, ..
        }
        | Body::DecisionProposed {
            claim, citations, ..
        }
        | Body::AppealDecided {
            claim, citations, ..
        } = &event.body
        {
            let found = &case.claims[claim];
            let carried = citations.iter().any(|cited| carries(cited, found));
            prop_assert!(carried, "rests on nothing in force: {citations:?}");
            let beside = |cited: &Citation| cited.rule == UNREAD && cited.version == day_of(found);
            let fit = |cited: &Citation| carries(cited, found) || beside(cited);
            prop_assert!(citations.iter().all(fit), "{citations:?}");
        }
        if let Body::ClaimDecided {
            claim, evidence, ..
        }
        | Body::DecisionProposed {
            claim, evidence, ..
        }
        | Body::AppealDecided {
            claim, evidence, ..
        } = &event.body
            && !matches!(case.claims[claim].state, ClaimState::Countersign)
        {
            let found = &case.claims[claim];
            let hearing = &found.hearing;
            let since = |at: Timestamp| event.at.since_ms(at) >= limits::HEARING_SHORT_MS;
            let last = hearing.unanswered.is_none_or(|(_, at)| since(at));
            prop_assert!(last, "decided before the other side was heard");
            for side in [Party::Claimant, Party::Merchant] {
                let told = hearing.to_answer(side).is_none_or(since);
                prop_assert!(told, "decided by what a side could not read");
            }
            for piece in evidence.iter().filter_map(|id| case.evidence.get(id)) {
                let (Some(party), Some(at)) = (piece.party, piece.added_at) else {
                    continue;
                };
                let could_see = at == found.filed_at || hearing.is_answered(party, at) || since(at);
                prop_assert!(could_see, "rests on what the other side could not see");
            }
        }
        let version = case.version;
        let before = case.clone();
        case = evolve(case, event);
        if let Body::FirstLook { claim, seen, .. } = &event.body {
            let seen = seen.as_deref().unwrap_or_default();
            for photo in case.in_sight(*claim) {
                let opens =
                    !before.is_photo_open(*claim, photo) && case.is_photo_open(*claim, photo);
                prop_assert!(!opens || seen.contains(&photo), "opened what nobody saw");
            }
        }
        prop_assert_eq!(case.version, version + 1);
    }
    crate::elsewhere::only_brings_a_person(events)?;
    all_wait(&case)?;
    for (id, order) in &case.work_orders {
        let waits = case.open_clocks(Subject::WorkOrder(*id)).next().is_some();
        prop_assert!(
            waits || order.call().is_none(),
            "called once and never again"
        );
    }
    for (id, claim) in &case.claims {
        for viewer in VIEWERS {
            // What is told of a photo is told after somebody looked at that photo.
            for told in known_elsewhere(&case, *id, viewer).unwrap_or_default() {
                let seen = claim.first_looked.contains(&told.photo.evidence);
                prop_assert!(seen && claim.first_look.is_some(), "told before the look");
            }
            for told in public_findings(&case, *id, viewer).unwrap_or_default() {
                let seen = claim.first_looked.contains(&told.evidence);
                prop_assert!(
                    seen || !claim.first_look_required,
                    "told of an unseen photo"
                );
                prop_assert!(seen || !told.accuses, "accused unseen");
            }
        }
        let look_due = claim.first_look_required || case.is_accused(*id);
        if look_due && claim.first_look.is_none() {
            prop_assert!(!case.findings_open(*id));
        }
        if !case.findings_open(*id) {
            prop_assert!(case.to_look_at(*id).is_empty());
            for viewer in VIEWERS {
                prop_assert_eq!(public_findings(&case, *id, viewer), None);
                for evidence in &claim.evidence {
                    prop_assert_eq!(public_photo(&case, *evidence, viewer), None);
                    for which in [Overlay::HeatMap, Overlay::Aligned] {
                        prop_assert_eq!(overlay(&case, *evidence, viewer, which), None);
                    }
                }
            }
        }
    }
    // What stands still runs on: with the look or the photo that it waits for, whose clocks run out, or by itself.
    for clock in &case.clocks {
        let ClockState::Paused {
            since,
            reason,
            until,
            ..
        } = clock.state
        else {
            continue;
        };
        let subject = clock.key.subject;
        let waits_for = |name| {
            let awaited = case.clock(ClockKey { name, subject });
            awaited.is_some_and(Clock::is_open)
        };
        match (until, reason) {
            (Some(until), _) => prop_assert!(until.since_ms(since) <= limits::HOLD_MS_MAX),
            (None, PauseReason::WaitingForLook) => prop_assert!(waits_for(ClockName::FirstLook)),
            (None, PauseReason::WaitingForPhoto) => prop_assert!(waits_for(ClockName::NewPhoto)),
            (None, _) => prop_assert!(false, "{clock:?} stands still for ever"),
        }
    }
    prop_assert!(!case.closed || !case.has_open_work());
    Ok(case)
}

/// Other commands that a step tries when its first one is refused.
const TRIES: u8 = 12;

/// The next decision of a walk, `None` if every try was refused. Often it is the next clock that
/// runs out, which is never refused: nothing can be stuck.
fn next(
    world: &mut World,
    (which, with, whose, later_s): Step,
) -> Result<Option<Vec<Event>>, TestCaseError> {
    // Calls come every day; half of the time the walk goes on to what is waited for besides.
    let passes = |clock: &&Clock| {
        let calls = clock.key.name == ClockName::Attention;
        !calls || which.is_multiple_of(2)
    };
    let due = world.case.clocks.iter().filter(passes);
    let due = due.filter_map(|clock| Some((clock.key, clock.acts_at()?)));
    let due = due.min_by_key(|(_, due_at)| *due_at);
    if let Some((clock, due_at)) = due.filter(|_| which >= 224) {
        world.now = world.now.max(due_at);
        return match world.attempt(Command::ExpireClock { clock }) {
            Ok(events) => Ok(Some(events)),
            Err(refused) => Err(TestCaseError::fail(format!("stuck: {refused}"))),
        };
    }
    // Sometimes money of the same line went out on another claim, or came back.
    if later_s.is_multiple_of(61)
        && let Some(order) = &mut world.facts.order
    {
        order.refunded = Fen(i64::from(later_s % 3) * 2_000);
    }
    // Sometimes another rule pack is in force.
    if later_s.is_multiple_of(50) {
        world.facts.rules.review_ms = i64::from(later_s % 7 + 1) * DAY_MS;
        world.facts.rules.merchant_answer_ms = i64::from(later_s % 5 + 1) * DAY_MS;
    }
    world.later(match later_s % 4 {
        0 => i64::from(later_s % 20) * DAY_MS,
        1 => 0,
        _ => i64::from(later_s % 90) * MINUTE_MS,
    });
    for again in 0..TRIES {
        let which = which.wrapping_add(again.wrapping_mul(37));
        match world.attempt(command(world, (which, with, whose, later_s))) {
            Ok(events) => return Ok(Some(events)),
            Err(refused) => prop_assert!(!refused.zh.is_empty() && !refused.en.is_empty()),
        }
    }
    Ok(None)
}

/// A case whose order nobody knew.
fn without_order() -> World {
    let mut world = World::empty();
    let mut unknown = open_case();
    if let Command::OpenCase { order, .. } = &mut unknown {
        *order = None;
    }
    world.run(unknown);
    world
}

/// A repair whose customer chose a time that whoever accepts cannot keep.
fn with_chosen_time() -> World {
    let (mut world, _) = crate::chosen::chosen(3, 2);
    world.run(accept(1, NEAR));
    world
}

/// Work whose photo was like an earlier one, until somebody compared them; and a number that was put right.
fn compared() -> World {
    let mut world = crate::work_photos::found_alike();
    world.run(crate::work_photos::compare());
    world.run(crate::corrections::correct(CLAIMANT, None));
    world
}

/// Walks, and checks every decision on the way.
fn walk(steps: Vec<Step>, from: u8) -> Result<World, TestCaseError> {
    walk_on(start(from), steps)
}

/// Wherever it starts, decisions are held to what a tenant published, as they always are outside of tests.
fn walk_on(world: World, steps: Vec<Step>) -> Result<World, TestCaseError> {
    let mut world = held(world);
    for step in steps {
        if let Some(events) = next(&mut world, step)? {
            for event in &events {
                if let (Body::PaymentAuthorized { amount, .. }, Some(order)) =
                    (&event.body, &world.facts.order)
                {
                    let free = order.paid.0 - order.refunded.0;
                    prop_assert!(amount.0 <= free, "more than is left of the line");
                }
            }
            world.case = check(&world.case, &events, world.now)?;
            world.events.extend(events);
        }
    }
    let again = replay(&world.events);
    prop_assert_eq!(&again, &world.case, "replay is deterministic");
    for event in &world.events {
        let json = serde_json::to_string(event).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Event>(&json).unwrap(), event);
    }
    let json = serde_json::to_string(&world.case).unwrap();
    prop_assert_eq!(serde_json::from_str::<Case>(&json).unwrap(), again);
    Ok(world)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_sequence_of_commands_ends_a_claim_without_a_human(
        from in any::<u8>(), steps in vec(any::<Step>(), 1..80),
    ) {
        walk(steps, from)?;
    }

    #[test]
    fn evolve_takes_any_sequence_of_events(
        picks in vec((any::<u16>(), any::<i64>(), any::<u8>()), 0..60),
    ) {
        let golden = case_events();
        let mut case = Case::default();
        let mut events = Vec::new();
        for (index, at, change) in picks {
            let mut event = golden[usize::from(index) % golden.len()].clone();
            event.at = Timestamp(at);
            // The same event about another thing, so that ids meet and miss each other.
            if change.is_multiple_of(3) {
                let json = serde_json::to_string(&event).unwrap();
                let other = json
                    .replace(&WORK.to_string(), &REWORK.to_string())
                    .replace(&evidence_id(1).to_string(), &evidence_id(2).to_string());
                event = serde_json::from_str(&other).unwrap();
            }
            let last_at = case.last_at;
            case = evolve(case, &event);
            prop_assert!(case.last_at >= last_at);
            events.push(event);
            for viewer in VIEWERS {
                let _ = public_findings(&case, CLAIM, viewer);
            }
            let _ = case.next_due();
        }
        prop_assert_eq!(replay(&events), case);
    }

    #[test]
    fn decide_does_not_panic_on_a_case_of_any_events(
        picks in vec(any::<u16>(), 0..40), step in any::<Step>(),
    ) {
        let golden = case_events();
        let mut world = World::empty();
        for index in picks {
            let event = &golden[usize::from(index) % golden.len()];
            world.case = evolve(std::mem::take(&mut world.case), event);
        }
        world.now = world.case.last_at.plus_ms(i64::from(step.3));
        let _ = world.attempt(command(&world, step));
        for clock in world.case.clocks.clone() {
            let _ = world.attempt(Command::ExpireClock { clock: clock.key });
        }
    }
}

/// Released events that are read and made no more.
const NO_LONGER_MADE: [&str; 1] = ["evidence_screened.v1"];

/// The walk reaches the ends it is about; otherwise it would prove nothing.
#[test]
fn the_walk_reaches_what_it_is_about() {
    let mut runner = TestRunner::deterministic();
    let strategy = vec(any::<Step>(), 80);
    let mut seen = BTreeSet::new();
    for from in 0..240_u8 {
        let steps = strategy.new_tree(&mut runner).unwrap().current();
        let world = walk(steps, from).unwrap();
        seen.extend(world.events.iter().map(|event| event.body.name()));
    }
    // Goods that are to come back, and do not; a case whose order nobody knew; a chosen time; photos that are
    // alike; a photo that is known elsewhere; one that goes there; goods that are owed to the claimant; work that was rated; an invoice; and a payment.
    let agreed = || World::agreed_to(Resolution::Return { amount: Fen(100) });
    let starts: [fn() -> World; 13] = [
        agreed,
        without_order,
        shown_by_both,
        appealed,
        with_chosen_time,
        compared,
        crate::elsewhere::matched,
        crate::sharing::told,
        crate::goods::owed,
        crate::placing::handed_over,
        crate::ratings::answered,
        crate::invoices::sent,
        crate::charges::given_back,
    ];
    let mut reached = Reached::default();
    for start in starts {
        for _ in 0..40 {
            let steps = strategy.new_tree(&mut runner).unwrap().current();
            let from = start();
            let before = from.events.len();
            let world = walk_on(from, steps).unwrap();
            seen.extend(world.events.iter().map(|event| event.body.name()));
            for event in &world.events[before..] {
                reached.count(event, &world.case);
            }
        }
    }
    let Reached {
        appeals,
        heard,
        beside,
    } = reached;
    assert!(
        appeals > 0 && heard > 0 && beside > 0,
        "{appeals} appeals, {heard} decisions on pieces that both sides showed later, {beside} that cite unread law as well"
    );
    let released: BTreeSet<String> = case_events()
        .iter()
        .map(|event| event.body.name())
        .collect();
    let missing: Vec<&String> = released
        .difference(&seen)
        .filter(|name| !NO_LONGER_MADE.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "the walk never reached {missing:?}");
}
