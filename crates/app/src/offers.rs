//! What a reader may do now, so that pages and programs show the right buttons. The decider has the
//! last word: an action that is not listed is refused, one that is listed may still be.

use crate::principal::Principal;
use crate::views::ActionOffer;
use aftercare_domain::case::{Claim, ClaimState, GoodsState, RepairState, WorkOrder};
use aftercare_domain::clock::{ClockKey, ClockName, Subject};
use aftercare_domain::event::{Escalation, OperatorMode, Resolution, WorkKind, WorkOutcome};
use aftercare_domain::ids::{ClaimId, WorkOrderId};
use aftercare_domain::limits::{CHALLENGES_PER_CLAIM_MAX, COUNTER_OFFERS_MAX};
use aftercare_domain::{Actor, Case, Fen, Party, Role};

/// Names of the actions that `principal` may take on `case` now.
#[must_use]
pub fn actions(case: &Case, principal: &Principal) -> Vec<ActionOffer> {
    let mut offers = Vec::new();
    let is_taken_up = is_taken_up(case);
    for (id, order) in &case.work_orders {
        let mut names = repair_actions(order, principal);
        names.retain(|name| *name != "take_statutory_claim" || !is_taken_up);
        offers.extend(
            names
                .into_iter()
                .map(|action| offer(action, Some(*id), None)),
        );
    }
    for (id, claim) in &case.claims {
        let names = claim_actions(case, *id, claim, principal);
        offers.extend(
            names
                .into_iter()
                .map(|action| offer(action, None, Some(*id))),
        );
    }
    let at_desk = principal.has(Role::Agent) || principal.has(Role::Dispatcher);
    let order = case.opened.as_ref().and_then(|opened| opened.order);
    if at_desk && order.is_none() && !case.work_orders.is_empty() {
        offers.push(offer("add_order", None, None));
    }
    // A right that nobody could check without the order.
    for (id, work) in &case.work_orders {
        let unknown = work.escalation == Some(Escalation::WarrantyUnknown);
        if at_desk && order.is_some() && unknown {
            offers.push(offer("check_statutory", Some(*id), None));
        }
    }
    // Also after the end: what went wrong later can be told, and is answered.
    if crate::act::may_speak(case, principal) {
        offers.push(offer("say", None, None));
    }
    offers
}

fn offer(action: &str, work_order: Option<WorkOrderId>, claim: Option<ClaimId>) -> ActionOffer {
    ActionOffer {
        action: action.to_owned(),
        work_order,
        claim,
    }
}

/// Whether the one statutory right that the case offers is claimed already: a claim of it goes its way, or something was granted on
/// one. What nothing was granted on, or was taken back, can be claimed again; of two items each keeps its own right.
fn is_taken_up(case: &Case) -> bool {
    let offering = case.work_orders.values();
    let mut items = offering
        .filter(|order| order.statutory_offer.is_some())
        .map(|order| order.product);
    let first = items.next();
    let is_one = items.all(|item| Some(item) == first);
    is_one
        && case.claims.values().any(|claim| {
            claim.statutory.is_some()
                && claim.state != ClaimState::Withdrawn
                && (!claim.state.is_ended() || claim.outcome.is_some())
        })
}

fn for_claimant(principal: &Principal) -> bool {
    matches!(principal, Principal::Claimant { .. }) || principal.has(Role::Agent)
}

/// Whether the reader answers for the shop of the case, and so does not speak for its buyer; of a platform's case whoever brings it
/// brings what the buyer said.
fn is_other_side(case: &Case, principal: &Principal) -> bool {
    let opened = case.opened.as_ref();
    principal.has(Role::Merchant)
        && opened.is_some_and(|opened| opened.mode == OperatorMode::Platform)
}

fn repair_actions(order: &WorkOrder, principal: &Principal) -> Vec<&'static str> {
    use RepairState as S;
    let mut names = Vec::new();
    let technician = principal.signed_in().and_then(|signed_in| {
        signed_in
            .technician
            .filter(|_| signed_in.has(Role::Technician))
    });
    let asked = order
        .open_offers()
        .any(|offer| Some(offer.technician) == technician);
    let mine = technician.is_some() && technician == order.technician;
    if for_claimant(principal) {
        names.extend_from_slice(match order.state {
            S::QuotePending => &["answer_quote"],
            S::Done => &["confirm_work", "dispute_work"],
            S::Disputed => &["confirm_work"],
            _ => &[],
        });
        if order.statutory_offer.is_some() {
            names.push("take_statutory_claim");
        }
        let finished = order.state.is_ended() || matches!(order.state, S::Done | S::Disputed);
        let rates = order.done_at.is_some() && order.rating.is_none();
        if finished && rates && order.kind != WorkKind::Inspect && order.state != S::Withdrawn {
            names.push("rate_work");
        }
        if order.is_charged() && order.invoice.is_none() {
            names.push("request_invoice");
        }
        // Nobody answers for the customer about what they wrote down themselves.
        let user = principal.signed_in().map(|signed_in| signed_in.user);
        let is_own = |by: Actor| user.is_some() && by.human().map(|human| human.user) == user;
        let mut payments = order.charge.payments.iter();
        if payments.any(|payment| payment.right.is_none() && !is_own(payment.by)) {
            names.push("answer_payment");
        }
        if !order.state.is_ended() {
            names.push("add_photos");
        }
        let comes_again = order.state == S::InWork && order.arrived_at.is_none();
        if matches!(order.state, S::Accepted | S::Scheduled) || comes_again {
            names.push("schedule");
        }
        if !order.proposed.is_empty() {
            names.push("keep_time");
        }
    }
    let dispatcher = principal.has(Role::Dispatcher);
    if for_claimant(principal) || dispatcher {
        let unfixed = order.outcome == Some(WorkOutcome::NotFixed) && order.state == S::Done;
        let again = order.state == S::UnderWarranty || unfixed;
        if again && order.kind != WorkKind::Inspect {
            names.push("request_rework");
        }
        // Until the work is done, whoever asked for it can call it off.
        let done = matches!(order.state, S::Done | S::Disputed);
        if !done && !order.state.is_ended() {
            names.push("withdraw_repair");
        }
    }
    if asked {
        names.extend_from_slice(&["accept_offer", "decline_offer"]);
    }
    if mine {
        names.extend_from_slice(match order.state {
            S::Accepted => &["schedule"],
            S::Scheduled => &["set_out", "propose_times"],
            S::EnRoute => &["arrive"],
            // An installation or a cleaning begins without a fault.
            S::Arrived if !order.needs_diagnosis() => {
                &["diagnose", "quote", "start_work", "customer_absent"]
            }
            S::Arrived => &["diagnose", "customer_absent"],
            S::Diagnosed => &["quote", "start_work"],
            S::QuoteDeclined => &["quote"],
            // Whatever more turns up is agreed on before it is done.
            S::Consented => &["start_work", "quote"],
            // The part has come, and nobody is there yet.
            S::InWork if order.arrived_at.is_none() => &["schedule", "finish", "await_parts"],
            S::InWork => &["finish", "await_parts", "quote"],
            S::WaitingForParts => &["parts_arrived"],
            S::Done | S::Confirmed | S::Disputed | S::UnderWarranty => &["count_parts"],
            _ => &[],
        });
    }
    if mine && order.rating.is_some_and(|rating| !rating.answered) {
        names.push("answer_rating");
    }
    if mine && order.is_on_site() && !names.contains(&"add_photos") {
        names.push("add_photos");
    }
    if (dispatcher || principal.has(Role::Agent)) && order.owes_invoice() {
        names.push("send_invoice");
    }
    let is_due = order.due() > Fen::ZERO;
    if (mine || dispatcher || principal.has(Role::Agent)) && is_due {
        names.push("record_payment");
    }
    if dispatcher && is_due {
        names.push("let_go_payment");
    }
    if dispatcher && order.charge.kept() > Fen::ZERO {
        names.push("give_back_payment");
    }
    if dispatcher && !order.alike.is_empty() {
        names.push("compare_photos");
    }
    // Whoever has the work can give it back, and a dispatcher can take it back, until it is done.
    if (mine || dispatcher) && order.is_with_technician() {
        names.push("release");
    }
    if dispatcher {
        names.extend_from_slice(match order.state {
            S::Requested | S::Verified | S::Offered => &["offer"],
            S::Accepted => &["schedule", "name_helper"],
            S::Scheduled => &["propose_times", "name_helper"],
            S::WaitingForParts => &["parts_arrived"],
            S::Disputed => &["settle_dispute", "count_parts"],
            S::Done | S::Confirmed | S::UnderWarranty => &["count_parts"],
            _ => &[],
        });
    }
    names
}

/// Whether a decision waits for that side to see what the other one said last, what was found about a photo of its own, or
/// what a technician reported.
fn is_asked(claim: &Claim, party: Party) -> bool {
    let in_review = matches!(
        claim.state,
        ClaimState::HumanReview | ClaimState::SecondReview
    );
    in_review && claim.hearing.awaits(party)
}

/// Whether the evidence round runs and was not made longer yet.
fn round_can_grow(case: &Case, claim: ClaimId) -> bool {
    let key = ClockKey {
        name: ClockName::EvidenceRound,
        subject: Subject::Claim(claim),
    };
    case.clock(key)
        .is_some_and(|clock| clock.is_open() && !clock.extended)
}

fn claim_actions(
    case: &Case,
    id: ClaimId,
    claim: &Claim,
    principal: &Principal,
) -> Vec<&'static str> {
    use ClaimState as S;
    let mut names = Vec::new();
    let hearing = matches!(
        claim.state,
        S::MerchantWindow | S::EvidenceRound | S::HumanReview | S::SecondReview | S::EvidenceCheck
    );
    let wants_return = matches!(
        claim.outcome,
        Some(Resolution::Return { .. } | Resolution::Exchange)
    );
    let moving = matches!(claim.state, S::Agreed | S::Final);
    if for_claimant(principal) && !is_other_side(case, principal) {
        if claim.state == S::SettlementOffered {
            names.push("answer_settlement");
        }
        let may_offer = matches!(claim.state, S::SettlementOffered | S::HumanReview);
        if may_offer && claim.counter_offers < COUNTER_OFFERS_MAX {
            names.push("offer_counter");
        }
        if claim.state == S::EvidenceRound && round_can_grow(case, id) {
            names.push("extend_clock");
        }
        if claim.state == S::Decided && claim.appeal.is_none() {
            names.push("appeal");
        }
        if moving && wants_return && claim.goods == GoodsState::Still {
            names.push("ship_return");
        }
        // A way out that stays open while a photo is looked at.
        if claim.state.takes_another_ask() && claim.ask != Resolution::Inspection {
            names.push("change_ask");
        }
        if claim.state.takes_evidence() {
            names.push("add_evidence");
            if claim.challenges_drawn < CHALLENGES_PER_CLAIM_MAX {
                names.push("draw_challenge");
            }
            // Whether its time is over the decider says; pages ask `open` of the request.
            if claim
                .challenge
                .as_ref()
                .is_some_and(|challenge| challenge.answered.is_empty())
            {
                names.push("answer_challenge");
            }
        }
        if claim.state == S::EvidenceRound || is_asked(claim, Party::Claimant) {
            names.push("close_round");
        }
        if claim.can_be_withdrawn() {
            names.push("withdraw_claim");
        }
    }
    if principal.has(Role::Merchant) {
        names.extend_from_slice(match claim.state {
            S::MerchantWindow => &["agree", "offer_settlement", "contest", "extend_clock"],
            S::CounterOffered => &["answer_counter"],
            S::EvidenceRound => &["add_evidence", "dispute_evidence", "close_round"],
            S::HumanReview | S::SecondReview => &["add_evidence"],
            _ => &[],
        });
        if is_asked(claim, Party::Merchant) {
            names.push("close_round");
        }
        if claim.state == S::Decided && claim.appeal.is_none() {
            names.push("appeal");
        }
        if claim.state == S::EvidenceRound && round_can_grow(case, id) {
            names.push("extend_clock");
        }
        if hearing && !claim.evidence.is_empty() {
            names.push("question_evidence");
        }
        let paid = claim.payment_reference.is_some() && claim.decision.is_some();
        if paid && claim.appeal.is_none() && claim.state.is_ended() {
            names.push("contest_paid");
        }
        // Goods can arrive before the claimant says that they were sent.
        let may_arrive = match claim.outcome {
            Some(Resolution::Return { .. }) => claim.goods == GoodsState::Still,
            _ => false,
        };
        if moving && (claim.goods == GoodsState::ReturnShipped || may_arrive) {
            names.push("receive_return");
        }
        if moving
            && claim.outcome == Some(Resolution::Exchange)
            // What never came, or is not asked back, cannot be received first.
            && claim.goods != GoodsState::ExchangeShipped
        {
            names.push("ship_exchange");
        }
        if claim.owes_goods() {
            names.push("send_goods_back");
        }
    }
    if let Some(signed_in) = principal.signed_in()
        && signed_in.has(Role::Reviewer)
    {
        let steps_back = matches!(
            claim.state,
            S::FirstLook | S::HumanReview | S::Countersign | S::SecondReview
        );
        let waits = claim.sample.is_some_and(|sample| sample.again.is_none());
        let is_kept_out = claim.is_kept_from_second_look(signed_in.user)
            || claim.recused.contains(&signed_in.user);
        if waits && !is_kept_out {
            names.push("look_again");
        }
        // A photo that came later is looked at blind as well before anything is decided.
        let to_see = claim.state.takes_evidence() && !case.unseen(id).is_empty();
        let look_due = claim.awaits_look() || to_see;
        if look_due && !claim.state.is_ended() && !claim.recused.contains(&signed_in.user) {
            names.push("first_look");
        }
        match claim.state {
            // Whoever stepped back, or acted on it otherwise, does nothing here.
            _ if claim.recused.contains(&signed_in.user) => return names,
            S::HumanReview => {
                if !look_due {
                    names.extend_from_slice(&["decide", "judge_evidence", "ask_new_photo"]);
                }
                if claim.reviewer.is_none() {
                    names.push("take_review");
                }
            }
            S::Countersign if !claim.took_part(signed_in.user) => {
                names.extend_from_slice(&["confirm_decision", "return_decision"]);
                if claim.second_reviewer.is_none() {
                    names.push("take_review");
                }
            }
            S::SecondReview if !claim.is_kept_from_appeal(signed_in.user) => {
                names.push("decide_appeal");
                if claim.second_reviewer.is_none() {
                    names.push("take_review");
                }
            }
            _ => {}
        }
        // What a person should look at, or was asked about, can be looked at while the claim goes its way.
        let to_judge = !case.to_look_at(id).is_empty() || !claim.questioned.is_empty();
        let takes = !look_due && claim.state.takes_evidence() && claim.state != S::EvidenceCheck;
        if to_judge && takes && !names.contains(&"judge_evidence") {
            names.push("judge_evidence");
        }
        if steps_back {
            names.push("recuse");
        }
    }
    let owed = claim
        .recovery
        .is_some_and(|recovery| recovery.settled.is_none());
    if owed && (principal.has(Role::RiskManager) || principal.has(Role::Merchant)) {
        names.push("settle_recovery");
    }
    if (principal.has(Role::RiskManager) || principal.has(Role::Reviewer)) && case.findings_open(id)
    {
        if claim.fraud_referral {
            names.push("withdraw_referral");
        } else if !claim.awaits_look() {
            names.push("refer_fraud");
        }
    }
    // What a piece shows can be written down until somebody has decided.
    let open = !matches!(
        claim.state,
        S::Countersign | S::Decided | S::Agreed | S::Final | S::Executed | S::Closed | S::Withdrawn
    );
    if open
        && !claim.evidence.is_empty()
        && (principal.has(Role::Reviewer) || principal.has(Role::Merchant))
    {
        names.push("read_evidence");
    }
    names
}
