//! The invoice of work that was paid for: the customer asks for it once, the desk says under which number it was sent.

use super::draft::{Draft, sealed};
use super::permissions::Act;
use crate::command::Command;
use crate::event::Body;
use crate::refusals;
use crate::refused::Refused;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::RequestInvoice {
            work_order,
            details,
            ..
        } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::SpeakAsCustomer, order)?;
            if !order.is_charged() || order.invoice.is_some() {
                return Err(refusals::invoice_not_now());
            }
            sealed(&details)?;
            draft.emit(Body::InvoiceRequested {
                work_order,
                details,
            });
        }
        Command::SendInvoice {
            work_order, number, ..
        } => {
            let order = draft.order(work_order)?;
            draft.allow_on(Act::SendInvoice, order)?;
            if !order.owes_invoice() {
                return Err(refusals::invoice_not_asked());
            }
            sealed(&number)?;
            draft.emit(Body::InvoiceSent { work_order, number });
        }
        _ => {}
    }
    Ok(())
}
