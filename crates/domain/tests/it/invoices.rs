//! The invoice of work that was paid for: asked for once by the customer, sent once by the desk.

use crate::world::{
    AGENT, CLAIMANT, DISPATCHER, MERCHANT, NEAR, WORK, World, answer_quote, by, diagnose, finish,
    quote, start_work, technician, text,
};
use aftercare_domain::actor::{Actor, Human};
use aftercare_domain::command::Command;
use aftercare_domain::event::{Escalation, WorkOutcome};

pub fn ask_invoice(by: Actor) -> Command {
    Command::RequestInvoice {
        by,
        work_order: WORK,
        details: text(),
    }
}

pub fn send_invoice(by: Human) -> Command {
    Command::SendInvoice {
        by,
        work_order: WORK,
        number: text(),
    }
}

fn paid() -> World {
    let mut world = World::at_the_door();
    for command in [
        diagnose(),
        quote(1, 8_000),
        answer_quote(1, true),
        start_work(),
    ] {
        world.run(command);
    }
    assert_eq!(world.refused(ask_invoice(CLAIMANT)), "invoice_not_now");
    world.run(finish(WorkOutcome::Fixed));
    world
}

/// Work whose invoice was asked for and sent.
pub fn sent() -> World {
    let mut world = paid();
    world.run(ask_invoice(CLAIMANT));
    world.run(send_invoice(AGENT));
    world
}

#[test]
fn an_invoice_of_paid_work_is_asked_for_once_and_waits_for_the_desk_until_it_is_sent() {
    let mut world = paid();
    assert_eq!(world.refused(send_invoice(DISPATCHER)), "invoice_not_asked");
    for who in [technician(NEAR), by(DISPATCHER), by(MERCHANT)] {
        assert_eq!(world.refused(ask_invoice(who)), "not_permitted");
    }
    // The desk is called again until it is sent.
    assert_eq!(
        world.run(ask_invoice(CLAIMANT)),
        ["invoice_requested.v1", "clock_started.v1"]
    );
    let order = &world.case.work_orders[&WORK];
    assert_eq!(order.call(), Some(Escalation::InvoiceWanted));
    assert_eq!(
        order.escalation, None,
        "it stands beside what else there is"
    );
    assert_eq!(world.refused(ask_invoice(CLAIMANT)), "invoice_not_now");
    assert_eq!(world.refused(send_invoice(MERCHANT)), "not_permitted");
    assert_eq!(
        world.run(send_invoice(DISPATCHER)),
        ["invoice_sent.v1", "clock_stopped.v1"]
    );
    assert_eq!(world.case.work_orders[&WORK].call(), None);
    assert_eq!(world.refused(send_invoice(AGENT)), "invoice_not_asked");
}

#[test]
fn work_for_which_nothing_was_paid_has_no_invoice() {
    let mut world = World::at_the_door();
    for command in [diagnose(), start_work(), finish(WorkOutcome::Fixed)] {
        world.run(command);
    }
    assert_eq!(world.refused(ask_invoice(CLAIMANT)), "invoice_not_now");
}
