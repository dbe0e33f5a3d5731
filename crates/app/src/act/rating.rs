//! What a customer says about finished work, and what whoever did it says to that.

use super::Asked;
use crate::access::allow;
use crate::actions::Action;
use crate::error::AppError;
use crate::text;
use aftercare_domain::Role;
use aftercare_domain::command::Command;

impl Asked<'_> {
    pub(super) fn rating(&self, action: &Action) -> Result<Vec<Command>, AppError> {
        Ok(vec![match action {
            Action::RateWork {
                work_order,
                satisfaction,
                reason,
            } => {
                text::optional("reason", reason)?;
                let reason = reason.trim();
                Command::RateWork {
                    by: self.claimant_side()?,
                    work_order: self.work_order(*work_order)?,
                    satisfaction: *satisfaction,
                    reason: match reason {
                        "" => None,
                        _ => Some(self.key.seal_text(reason)?),
                    },
                }
            }
            Action::AnswerRating {
                work_order,
                text: words,
            } => {
                text::required("text", words)?;
                Command::AnswerRating {
                    by: allow(self.principal, &[Role::Technician])?,
                    work_order: self.work_order(*work_order)?,
                    text: self.key.seal_text(words.trim())?,
                }
            }
            _ => return self.claim_action(action),
        }])
    }
}
