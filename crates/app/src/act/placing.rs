//! A dispatcher moves a visit on the board, or takes that back.

use super::{Asked, DISPATCH};
use crate::actions::Action;
use crate::error::AppError;
use crate::planning::what_if::time_of_move;
use aftercare_domain::case::RepairState;
use aftercare_domain::command::Command;

impl Asked<'_> {
    pub(super) fn placing(&self, action: &Action) -> Result<Vec<Command>, AppError> {
        Ok(vec![match action {
            Action::MoveVisit {
                work_order,
                technician,
                from,
                ..
            } => {
                let by = self.staff(DISPATCH)?;
                let work_order = self.work_order(*work_order)?;
                let order = self.case.work_orders.get(&work_order);
                let time = order.and_then(|order| {
                    let agreed = order.state == RepairState::Scheduled;
                    from.and_then(|from| time_of_move(agreed, order.window, from))
                });
                Command::PlaceVisit {
                    by,
                    work_order,
                    technician: *technician,
                    window: time,
                    offer: self.ids.offer,
                }
            }
            Action::PutBack { work_order } => Command::PutBackVisit {
                by: self.staff(DISPATCH)?,
                work_order: self.work_order(*work_order)?,
                offer: self.ids.offer,
            },
            _ => return self.claim_action(action),
        }])
    }
}
