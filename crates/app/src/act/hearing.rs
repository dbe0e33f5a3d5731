//! Actions of the hearing and of the second pair of eyes: offers of the claimant, questions about a
//! photo and photos on request, blind looks, decisions that are confirmed or looked at again, refunds that were paid, earlier outcomes.

use super::deciding::citation;
use super::{AT_DESK, Asked, resolution};
use crate::actions::Action;
use crate::error::{AppError, ErrorKind};
use crate::principal::Principal;
use crate::text;
use aftercare_domain::actor::Party;
use aftercare_domain::challenge::Task;
use aftercare_domain::command::Command;
use aftercare_domain::event::Verdict;
use aftercare_domain::evidence::EvidenceState;
use aftercare_domain::ids::{ClaimId, EvidenceId};
use aftercare_domain::limits::CHALLENGE_DIGITS;
use aftercare_domain::{Actor, Fen, Role};
use aftercare_vault::random_code;

/// The digits that draw a photo on request: chance of the operating system, never seeded.
pub(super) fn drawn(action: &Action) -> Result<Option<Task>, AppError> {
    if !matches!(action, Action::DrawChallenge { .. }) {
        return Ok(None);
    }
    let digits = random_code(CHALLENGE_DIGITS)?;
    let task = Task::drawn(digits.expose());
    task.map(Some)
        .ok_or_else(|| AppError::internal("digits that draw nothing"))
}

impl Asked<'_> {
    /// The claimant's photo in whose place a new one is awaited: one on request answers that as well.
    fn asked_again(&self, claim: ClaimId) -> Option<EvidenceId> {
        let claim = self.case.claims.get(&claim)?;
        claim.evidence.iter().copied().find(|id| {
            self.case.evidence.get(id).is_some_and(|piece| {
                piece.party == Some(Party::Claimant) && piece.state == EvidenceState::Challenged
            })
        })
    }

    /// The claimant, or an agent for them, where something holds for every case under a phone number: whoever says so has that
    /// phone.
    fn whose_number(&self) -> Result<Actor, AppError> {
        if matches!(
            self.principal,
            Principal::Claimant {
                phone_shown: false,
                ..
            }
        ) {
            return Err(AppError::new(
                ErrorKind::Forbidden,
                "phone_not_shown",
                "这一步对同一手机号下的所有案件有效。请用短信里的验证码重新打开本案后再操作，也可以电话请客服代办。",
                "This holds for every case under the phone number. Please open the case again with the code that was sent to it, or ask the service desk to have it done.",
            ));
        }
        self.claimant_side()
    }

    #[expect(clippy::too_many_lines, reason = "one arm an action")]
    pub(super) fn hearing_action(&self, action: &Action) -> Result<Vec<Command>, AppError> {
        Ok(vec![match action {
            Action::DrawChallenge { claim } => {
                let Some(task) = self.task else {
                    return Err(AppError::internal("a request that was not drawn"));
                };
                Command::DrawChallenge {
                    by: self.claimant_side()?,
                    claim: self.claim(*claim)?,
                    task: task.clone(),
                }
            }
            Action::AnswerChallenge { claim, .. } => {
                if self.evidence.is_empty() {
                    return Err(AppError::invalid(
                        "photos",
                        "photos_needed",
                        "请附上按要求拍的照片或视频。",
                        "Please send the photos or the clip along.",
                    ));
                }
                let claim = self.claim(*claim)?;
                Command::AddEvidence {
                    by: self.claimant_side()?,
                    claim,
                    party: Party::Claimant,
                    evidence: self.evidence.to_vec(),
                    answers: self.asked_again(claim),
                }
            }
            Action::FirstLook {
                claim,
                look,
                note,
                seen,
            } => {
                text::optional("note", note)?;
                Command::TakeFirstLook {
                    by: self.human(&[Role::Reviewer])?,
                    claim: self.claim(*claim)?,
                    look: *look,
                    note: self.key.seal_text(note.trim())?,
                    seen: seen.clone(),
                }
            }
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
            Action::ChangeAsk { claim, to } => Command::ChangeAsk {
                by: self.claimant_side()?,
                claim: self.claim(*claim)?,
                to: *to,
            },
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
            Action::AddOrder { .. } => Command::LinkOrder {
                by: self.staff(AT_DESK)?,
                order: self
                    .order
                    .ok_or_else(|| AppError::internal("an order that was not looked up"))?,
            },
            Action::CheckStatutory { work_order } => Command::CheckStatutory {
                by: self.staff(AT_DESK)?,
                work_order: self.work_order(*work_order)?,
            },
            Action::ObjectToHistory {} => Command::ObjectToHistory {
                by: self.whose_number()?,
            },
            Action::EraseHistory {} => Command::EraseHistory {
                by: self.whose_number()?,
            },
            _ => return Err(AppError::internal("an action reached the wrong table")),
        }])
    }
}
