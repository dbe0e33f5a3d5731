//! Photos of a visit: added by the customer or by whoever is there, and compared by a dispatcher.

use super::{Asked, DISPATCH};
use crate::access::allow;
use crate::actions::Action;
use crate::error::AppError;
use crate::principal::Principal;
use crate::text;
use aftercare_domain::Role;
use aftercare_domain::command::Command;

/// Whether photos of a visit come from the technician: whoever is an agent as well speaks for the customer.
pub(super) fn is_from_technician(principal: &Principal) -> bool {
    principal.has(Role::Technician) && !principal.has(Role::Agent)
}

impl Asked<'_> {
    pub(super) fn photos(&self, action: &Action) -> Result<Vec<Command>, AppError> {
        Ok(vec![match action {
            Action::ComparePhotos { work_order, note } => {
                text::optional("note", note)?;
                Command::ComparePhotos {
                    by: self.human(DISPATCH)?,
                    work_order: self.work_order(*work_order)?,
                    note: self.key.seal_text(note.trim())?,
                }
            }
            Action::AddPhotos { work_order } => {
                let by = if is_from_technician(self.principal) {
                    allow(self.principal, &[Role::Technician])?
                } else {
                    self.claimant_side()?
                };
                let work_order = self.work_order(*work_order)?;
                if self.evidence.is_empty() {
                    return Err(AppError::invalid(
                        "photos",
                        "photos_needed_here",
                        "请选择至少一张照片或一段视频。",
                        "Please choose at least one photo or clip.",
                    ));
                }
                Command::AddWorkPhotos {
                    by,
                    work_order,
                    evidence: self.evidence.to_vec(),
                }
            }
            _ => return self.claim_action(action),
        }])
    }
}
