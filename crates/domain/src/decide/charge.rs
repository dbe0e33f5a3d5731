//! What a customer pays for finished work: at most what is due, written down once, and answered by the customer once.

use super::draft::{Draft, sealed};
use super::permissions::Act;
use crate::actor::Actor;
use crate::clock::{ClockName, Subject};
use crate::event::{Body, Escalation, Means, PaymentStep};
use crate::ids::WorkOrderId;
use crate::limits::PAYMENTS_PER_WORK_ORDER_MAX;
use crate::money::Fen;
use crate::refusals;
use crate::refused::Refused;

pub(super) fn decide(
    draft: &mut Draft<'_>,
    work_order: WorkOrderId,
    step: PaymentStep,
) -> Result<(), Refused> {
    let order = draft.order(work_order)?;
    let charge = &order.charge;
    let is_id_free = |id| {
        if charge.payments.len() + charge.given_back.len() >= PAYMENTS_PER_WORK_ORDER_MAX {
            Err(refusals::too_many_payments())
        } else if charge.knows(id) {
            Err(refusals::id_taken())
        } else {
            Ok(())
        }
    };
    let at_most = |amount: Fen, most: Fen| Fen::ZERO < amount && amount <= most;
    match &step {
        PaymentStep::Paid {
            payment,
            amount,
            means,
            reference,
        } => {
            draft.allow_on(Act::TakePayment, order)?;
            is_id_free(*payment)?;
            // What came into the account of the shop, the desk sees there.
            if matches!(draft.by, Actor::Technician { .. }) && *means != Means::Cash {
                return Err(refusals::cash_only());
            }
            if !at_most(*amount, order.due()) {
                return Err(refusals::above_due());
            }
            reference.as_ref().map_or(Ok(()), sealed)?;
        }
        PaymentStep::Answered { payment, .. } => {
            draft.allow_on(Act::SpeakAsCustomer, order)?;
            let Some(paid) = charge.unanswered(*payment) else {
                return Err(refusals::payment_not_open());
            };
            // Who wrote it down would answer for money in their own hands.
            let user = |by: Actor| by.human().map(|human| human.user);
            let speaker = user(draft.by);
            if speaker.is_some() && user(paid.by) == speaker {
                return Err(refusals::own_payment());
            }
        }
        PaymentStep::GivenBack {
            refund,
            amount,
            reason,
        } => {
            draft.allow_on(Act::GiveBack, order)?;
            is_id_free(*refund)?;
            if !at_most(*amount, charge.kept()) {
                return Err(refusals::above_kept());
            }
            sealed(reason)?;
        }
        PaymentStep::LetGo { amount, reason } => {
            draft.allow_on(Act::GiveBack, order)?;
            if !at_most(*amount, order.due()) {
                return Err(refusals::above_due());
            }
            sealed(reason)?;
        }
    }
    let is_disputed = matches!(step, PaymentStep::Answered { right: false, .. });
    draft.emit(Body::CustomerPayment { work_order, step });
    let is_due = draft.order(work_order)?.due() > Fen::ZERO;
    if is_disputed || !is_due {
        draft.stop(ClockName::CustomerPayment, Subject::WorkOrder(work_order));
    }
    if is_disputed && is_due {
        draft.emit(Body::DispatcherCalled {
            work_order,
            why: Escalation::PaymentOpen,
        });
    }
    Ok(())
}
