//! Actions of the hearing and of the second pair of eyes: offers of the claimant, questions about a
//! photo, decisions that are confirmed or looked at again, refunds that were paid, earlier outcomes.

use super::{Asked, citation, resolution};
use crate::actions::Action;
use crate::error::AppError;
use crate::text;
use aftercare_domain::command::Command;
use aftercare_domain::event::Verdict;
use aftercare_domain::{Fen, Role};

impl Asked<'_> {
    #[expect(clippy::too_many_lines, reason = "one arm an action")]
    pub(super) fn hearing_action(&self, action: &Action) -> Result<Vec<Command>, AppError> {
        Ok(vec![match action {
            Action::ConfirmDecision { claim } => Command::ConfirmDecision {
                by: self.human(&[Role::Reviewer])?,
                claim: self.claim(*claim)?,
            },
            Action::ReturnDecision { claim, reasons } => {
                text::required("reasons", reasons)?;
                Command::ReturnDecision {
                    by: self.human(&[Role::Reviewer])?,
                    claim: self.claim(*claim)?,
                    reasons: self.key.seal_text(reasons.trim())?,
                }
            }
            Action::LookAgain {
                claim,
                grant,
                resolution: granted,
                reasons,
            } => {
                text::required("reasons", reasons)?;
                let verdict = match (grant, granted) {
                    (false, _) => Verdict::Rejected,
                    (true, Some(granted)) => Verdict::Granted {
                        resolution: resolution(granted)?,
                    },
                    (true, None) => {
                        return Err(AppError::invalid(
                            "resolution_kind",
                            "resolution_required",
                            "请选择支持的方式和金额。",
                            "Please choose what is granted, and how much.",
                        ));
                    }
                };
                Command::LookAgain {
                    by: self.human(&[Role::Reviewer])?,
                    claim: self.claim(*claim)?,
                    verdict,
                    reasons: self.key.seal_text(reasons.trim())?,
                }
            }
            Action::Recuse { claim, reasons } => {
                text::required("reasons", reasons)?;
                Command::Recuse {
                    by: self.human(&[Role::Reviewer])?,
                    claim: self.claim(*claim)?,
                    reasons: self.key.seal_text(reasons.trim())?,
                }
            }
            Action::OfferCounter {
                claim,
                resolution: offered,
                statement,
            } => {
                text::optional("statement", statement)?;
                Command::OfferCounter {
                    by: self.claimant_side()?,
                    claim: self.claim(*claim)?,
                    resolution: resolution(offered)?,
                    statement: self.key.seal_text(statement.trim())?,
                }
            }
            Action::AnswerCounter { claim, accept } => Command::AnswerCounter {
                by: self.human(&[Role::Merchant])?,
                claim: self.claim(*claim)?,
                accept: *accept,
            },
            Action::QuestionEvidence { claim, evidence } => Command::QuestionEvidence {
                by: self.human(&[Role::Merchant])?,
                claim: self.claim(*claim)?,
                evidence: *evidence,
            },
            Action::ContestPaid {
                claim,
                freight,
                statement,
            } => {
                text::required("statement", statement)?;
                Command::ContestPaid {
                    by: self.human(&[Role::Merchant])?,
                    claim: self.claim(*claim)?,
                    freight: freight.unwrap_or(Fen::ZERO),
                    statement: self.key.seal_text(statement.trim())?,
                }
            }
            Action::SettleRecovery {
                claim,
                how,
                amount,
                reference,
                rule,
            } => Command::SettleRecovery {
                by: self.human(&[Role::RiskManager, Role::Merchant])?,
                claim: self.claim(*claim)?,
                how: *how,
                amount: amount.unwrap_or(Fen::ZERO),
                reference: reference.trim().to_owned(),
                rule: rule
                    .as_ref()
                    .filter(|rule| !rule.rule.trim().is_empty())
                    .map(citation),
            },
            Action::ObjectToHistory {} => Command::ObjectToHistory {
                by: self.claimant_side()?,
            },
            Action::EraseHistory {} => Command::EraseHistory {
                by: self.claimant_side()?,
            },
            _ => return Err(AppError::internal("an action reached the wrong table")),
        }])
    }
}
