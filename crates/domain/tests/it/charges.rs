//! What a customer pays for finished work: never more than was consented to, never twice, and given back at most once.

use crate::world::{
    AGENT, CLAIMANT, DISPATCHER, FAR, MERCHANT, NEAR, WORK, World, answer_quote, by, diagnose,
    finish, quote, start_work, technician, text, uuid,
};
use aftercare_domain::actor::{Actor, Human, Role};
use aftercare_domain::clock::{ClockKey, ClockName, Subject};
use aftercare_domain::command::Command;
use aftercare_domain::event::{Escalation, Means, PaymentStep, WorkOutcome};
use aftercare_domain::ids::{PaymentId, UserId};
use aftercare_domain::limits::PAYMENTS_PER_WORK_ORDER_MAX;
use aftercare_domain::money::Fen;
use aftercare_domain::refused::Refused;
use proptest::collection::vec;
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};
use std::collections::BTreeSet;

const PRICE: i64 = 8_000;
const CLOCK: ClockKey = ClockKey {
    name: ClockName::CustomerPayment,
    subject: Subject::WorkOrder(WORK),
};

const fn id(number: u128) -> PaymentId {
    PaymentId(uuid(7_000 + number))
}

fn step(by: Actor, step: PaymentStep) -> Command {
    Command::CustomerPayment {
        by,
        work_order: WORK,
        step,
    }
}

fn pays(by: Actor, number: u128, fen: i64, means: Means) -> Command {
    let (payment, amount, reference) = (id(number), Fen(fen), None);
    let paid = PaymentStep::Paid {
        payment,
        amount,
        means,
        reference,
    };
    step(by, paid)
}

fn cash(number: u128, fen: i64) -> Command {
    pays(technician(NEAR), number, fen, Means::Cash)
}

fn answers(who: Actor, number: u128, right: bool) -> Command {
    let payment = id(number);
    step(who, PaymentStep::Answered { payment, right })
}

fn says(number: u128, right: bool) -> Command {
    answers(CLAIMANT, number, right)
}

fn gives_back(number: u128, fen: i64) -> Command {
    let (refund, amount, reason) = (id(number), Fen(fen), text());
    let back = PaymentStep::GivenBack {
        refund,
        amount,
        reason,
    };
    step(by(DISPATCHER), back)
}

fn lets_go(fen: i64) -> Command {
    let (amount, reason) = (Fen(fen), text());
    step(by(DISPATCHER), PaymentStep::LetGo { amount, reason })
}

/// Finished work for which 80 yuan were agreed.
fn done() -> World {
    let mut world = World::at_the_door();
    for command in [diagnose(), quote(1, PRICE), answer_quote(1, true)] {
        world.run(command);
    }
    world.run(start_work());
    assert_eq!(world.refused(cash(1, PRICE)), "above_due", "not done yet");
    let named = world.run(finish(WorkOutcome::Fixed));
    assert_eq!(named[0], "work_done.v1");
    world
}

/// The same, paid and partly given back.
pub fn given_back() -> World {
    let mut world = done();
    world.run(cash(1, PRICE));
    world.run(says(1, true));
    world.run(gives_back(2, 1_000));
    world
}

pub fn refusal(rule: &str) -> Refused {
    let mut world = done();
    let command = match rule {
        "above_due" => cash(1, PRICE + 1),
        "cash_only" => pays(technician(NEAR), 1, PRICE, Means::Account),
        "payment_not_open" => says(1, true),
        "own_payment" => {
            world.run(pays(by(AGENT), 1, PRICE, Means::Account));
            answers(by(AGENT), 1, true)
        }
        "above_kept" => gives_back(1, 1),
        "too_many_payments" => {
            for number in 0..PAYMENTS_PER_WORK_ORDER_MAX {
                world.run(cash(u128::try_from(number).unwrap(), 1));
            }
            cash(99, 1)
        }
        _ => panic!("{rule} is not of payments"),
    };
    world.attempt(command).unwrap_err()
}

#[test]
fn what_was_consented_to_is_paid_in_parts_and_never_more() {
    let mut world = done();
    assert!(world.case.clock(CLOCK).unwrap().is_open());
    for who in [CLAIMANT, technician(FAR), by(MERCHANT)] {
        let refused = world.refused(pays(who, 1, 1, Means::Cash));
        assert_eq!(refused, "not_permitted");
    }
    assert_eq!(world.run(cash(1, 3_000)), ["customer_payment.v1"]);
    assert_eq!(world.case.work_orders[&WORK].due(), Fen(5_000));
    assert_eq!(world.refused(cash(1, 3_000)), "id_taken");
    assert_eq!(world.refused(cash(2, 5_001)), "above_due");
    assert_eq!(world.refused(cash(2, 0)), "above_due");
    let rest = pays(by(AGENT), 2, 5_000, Means::Account);
    assert_eq!(world.run(rest), ["customer_payment.v1", "clock_stopped.v1"]);
    assert_eq!(world.refused(cash(3, 1)), "above_due");
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.due(), Fen::ZERO);
    let cash: Vec<_> = order
        .charge
        .payments
        .iter()
        .map(|one| one.taken_by())
        .collect();
    assert_eq!(cash, [Some(NEAR), None]);
}

#[test]
fn work_that_is_free_costs_nothing() {
    let world = World::work_done(WorkOutcome::Fixed);
    assert!(world.case.clock(CLOCK).is_none());
    assert_eq!(world.refused(cash(1, 1)), "above_due");
}

#[test]
fn a_payment_that_the_customer_disputes_counts_no_more_and_calls_a_person() {
    let mut world = done();
    world.run(cash(1, PRICE));
    let named = world.run(says(1, false));
    assert_eq!(named[..2], ["customer_payment.v1", "dispatcher_called.v1"]);
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.due(), Fen(PRICE));
    assert_eq!(order.call(), Some(Escalation::PaymentOpen));
    assert_eq!(
        order.escalation, None,
        "it stands beside what else there is"
    );
    assert_eq!(world.refused(says(1, true)), "payment_not_open");
    // The desk lets a part go, and the rest comes in.
    world.run(lets_go(1_000));
    assert_eq!(world.refused(lets_go(7_001)), "above_due");
    world.run(pays(by(DISPATCHER), 2, 7_000, Means::Account));
    assert_eq!(world.case.work_orders[&WORK].call(), None);
}

#[test]
fn nobody_answers_for_the_customer_about_money_that_they_took() {
    let mut world = done();
    world.run(cash(1, PRICE));
    // The technician of the work, who is at the desk as well.
    let user = UserId(NEAR.0);
    let role = Role::Agent;
    let same = by(Human { user, role });
    for right in [true, false] {
        assert_eq!(world.refused(answers(same, 1, right)), "own_payment");
    }
    let named = world.run(answers(by(AGENT), 1, true));
    assert_eq!(named, ["customer_payment.v1"], "another colleague does");
}

#[test]
fn who_does_not_pay_in_time_is_asked_by_a_person_and_owes_no_more() {
    let mut world = done();
    let named = world.let_run_out(CLOCK);
    assert!(named.contains(&"dispatcher_called.v1".to_owned()));
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.call(), Some(Escalation::PaymentOpen));
    assert_eq!(order.due(), Fen(PRICE));
    world.run(cash(1, PRICE));
    assert_eq!(world.case.work_orders[&WORK].call(), None);
}

#[test]
fn what_went_back_is_not_owed_again_and_goes_back_once() {
    let mut world = given_back();
    let order = &world.case.work_orders[&WORK];
    assert_eq!((order.due(), order.charge.kept()), (Fen::ZERO, Fen(7_000)));
    assert_eq!(world.refused(gives_back(2, 1_000)), "id_taken");
    assert_eq!(world.refused(gives_back(3, 7_001)), "above_kept");
    world.run(gives_back(3, 7_000));
    assert_eq!(world.refused(gives_back(4, 1)), "above_kept");
}

#[test]
fn a_quote_that_replaces_what_was_agreed_keeps_what_it_replaces() {
    let mut world = World::at_the_door();
    world.run(diagnose());
    world.run(quote(1, PRICE));
    // The total, and the total of what it replaces.
    let shown = |world: &World| {
        let quote = world.case.work_orders[&WORK].quote.as_ref().unwrap();
        let before = quote.replaces.as_ref().map(|before| before.total.0);
        (quote.total.0, before)
    };
    assert_eq!(shown(&world), (PRICE, None));
    world.run(answer_quote(1, true));
    world.run(quote(2, 9_500));
    assert_eq!(shown(&world), (9_500, Some(PRICE)), "before the answer");
    world.run(answer_quote(2, true));
    assert_eq!(shown(&world), (9_500, Some(PRICE)), "and after it");
    // What is declined replaces nothing.
    world.run(quote(3, 12_000));
    assert_eq!(shown(&world), (12_000, Some(9_500)));
    world.run(answer_quote(3, false));
    assert_eq!(shown(&world), (9_500, Some(PRICE)));
}

proptest! {
    /// Whoever writes down what, in whatever order and however often.
    #[test]
    fn nobody_is_charged_beyond_what_was_consented_to_or_twice(
        steps in vec((0_u8..6, 0_u128..6, 0_i64..9_000), 0..40)
    ) {
        let mut world = done();
        for (what, number, fen) in steps {
            let command = match what {
                0 => cash(number, fen),
                1 => pays(by(AGENT), number, fen, Means::Account),
                2 => says(number, true),
                3 => says(number, false),
                4 => gives_back(10 + number, fen),
                _ => lets_go(fen),
            };
            if world.attempt(command.clone()).is_ok() {
                world.run(command);
            }
            let order = &world.case.work_orders[&WORK];
            let charge = &order.charge;
            prop_assert!(charge.paid().0 + charge.let_go.0 <= PRICE);
            prop_assert_eq!(order.due().0, PRICE - charge.paid().0 - charge.let_go.0);
            let ids = charge.payments.iter().map(|one| one.payment);
            let ids: BTreeSet<_> = ids.chain(charge.given_back.iter().map(|one| one.refund)).collect();
            prop_assert_eq!(ids.len(), charge.payments.len() + charge.given_back.len());
            prop_assert_eq!(order.agreed_quote.as_ref().map(|quote| quote.total), Some(Fen(PRICE)));
        }
    }
}
