//! What a customer pays for finished work, as it is written down at the door and at the desk.

use super::{AT_DESK, Asked};
use crate::actions::Action;
use crate::catalogue::short;
use crate::error::AppError;
use crate::text;
use aftercare_domain::command::Command;
use aftercare_domain::event::{Means, PaymentStep};
use aftercare_domain::ids::{PaymentId, WorkOrderId};
use aftercare_domain::{Actor, Role};

/// Who writes a payment down: whoever did the work, and the desk.
const TAKERS: &[Role] = &[Role::Technician, Role::Dispatcher, Role::Agent];

impl Asked<'_> {
    /// Who writes a payment down: the technician of the work what they took in cash, and whoever is at the desk besides all else.
    fn taker(&self, work_order: Option<WorkOrderId>, means: Means) -> Result<Actor, AppError> {
        let by = self.staff(TAKERS)?;
        let Actor::Technician { technician, .. } = by else {
            return Ok(by);
        };
        let order = self.case.work_orders.get(&self.work_order(work_order)?);
        let own = order.and_then(|order| order.technician);
        if means == Means::Cash && own == Some(technician) {
            return Ok(by);
        }
        Ok(self.staff(AT_DESK).unwrap_or(by))
    }

    pub(super) fn charge(&self, action: &Action) -> Result<Vec<Command>, AppError> {
        // An id that this kind of action needs for nothing else.
        let id = PaymentId(self.ids.quote.0);
        let reason = |words: &str| {
            text::required("reason", words)?;
            self.key.seal_text(words.trim())
        };
        let dispatcher = || self.human(&[Role::Dispatcher]).map(Actor::Human);
        let (by, work_order, step) = match action {
            Action::RecordPayment {
                work_order,
                amount,
                means,
                reference,
            } => {
                let reference = match reference.trim() {
                    "" => None,
                    words => Some(self.key.seal_text(&short("reference", words)?)?),
                };
                let step = PaymentStep::Paid {
                    payment: id,
                    amount: *amount,
                    means: *means,
                    reference,
                };
                (self.taker(*work_order, *means)?, work_order, step)
            }
            Action::AnswerPayment {
                work_order,
                payment,
                right,
            } => {
                let (payment, right) = (*payment, *right);
                let step = PaymentStep::Answered { payment, right };
                (self.claimant_side()?, work_order, step)
            }
            Action::GiveBackPayment {
                work_order,
                amount,
                reason: words,
            } => {
                let step = PaymentStep::GivenBack {
                    refund: id,
                    amount: *amount,
                    reason: reason(words)?,
                };
                (dispatcher()?, work_order, step)
            }
            Action::LetGoPayment {
                work_order,
                amount,
                reason: words,
            } => {
                let (amount, reason) = (*amount, reason(words)?);
                let step = PaymentStep::LetGo { amount, reason };
                (dispatcher()?, work_order, step)
            }
            _ => return self.claim_action(action),
        };
        Ok(vec![Command::CustomerPayment {
            by,
            work_order: self.work_order(*work_order)?,
            step,
        }])
    }
}
