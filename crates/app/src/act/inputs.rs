//! Small readings that actions share: lines of a quote, what is asked or granted, and which claim a command is about.

use crate::actions::{QuoteLineInput, ResolutionInput};
use crate::app::App;
use crate::error::AppError;
use crate::prices::price_in;
use aftercare_domain::clock::Subject;
use aftercare_domain::command::Command;
use aftercare_domain::event::{QuoteLine, Resolution};
use aftercare_domain::ids::{ClaimId, TenantId, WorkOrderId};
use aftercare_domain::limits::QUOTE_LINES_MAX;
use aftercare_domain::{Case, Fen};

impl App {
    /// Reads the lines of a quote, with the price book as it holds for the repair.
    ///
    /// # Errors
    /// `Invalid` naming the line.
    pub(crate) async fn quote_lines(
        &self,
        tenant: TenantId,
        (case, named): (&Case, Option<WorkOrderId>),
        lines: &[QuoteLineInput],
    ) -> Result<Vec<QuoteLine>, AppError> {
        let order = the_work_order(case, named).ok();
        let order = order.and_then(|id| case.work_orders.get(&id));
        if lines.len() > QUOTE_LINES_MAX {
            return Err(AppError::invalid(
                "lines",
                "quote_lines",
                format!("一张报价最多 {QUOTE_LINES_MAX} 行。"),
                format!("A quote has at most {QUOTE_LINES_MAX} lines."),
            ));
        }
        let book = self.prices_of_order(tenant, order).await?;
        let mut quote = Vec::with_capacity(lines.len());
        for line in lines {
            crate::visit_terms::is_charged(&line.code)?;
            let price = match line.code.trim() {
                "" => None,
                code => Some(price_in(&book, code)?),
            };
            let label = match (&price, line.label.trim()) {
                (Some(price), "") => price.label.clone(),
                (_, label) => label.to_owned(),
            };
            let amount = line.amount.or(price.as_ref().map(|price| price.amount));
            let (Some(amount), false) = (amount, label.is_empty()) else {
                return Err(AppError::invalid(
                    "lines",
                    "quote_line",
                    "每一行要有价目表编号，或者写明项目和金额。",
                    "Each line needs a code of the price book, or what it is and how much.",
                ));
            };
            if amount < Fen::ZERO {
                return Err(AppError::invalid(
                    "lines",
                    "quote_amount",
                    "金额不能为负。",
                    "An amount cannot be negative.",
                ));
            }
            quote.push(QuoteLine {
                code: line.code.trim().to_owned(),
                label,
                amount,
                list: price.map(|price| price.amount),
            });
        }
        Ok(quote)
    }
}

/// Reads a resolution: the amounts that belong to its kind must be there.
///
/// # Errors
/// [`AppError`] of kind `Invalid` naming the field.
pub fn resolution(input: &ResolutionInput) -> Result<Resolution, AppError> {
    let amount = || {
        input
            .amount
            .filter(|amount| *amount > Fen::ZERO)
            .ok_or_else(|| {
                AppError::invalid(
                    "amount",
                    "amount_required",
                    "请填写金额，大于 0。",
                    "Please enter an amount above zero.",
                )
            })
    };
    Ok(match input.kind.as_str() {
        "refund" => Resolution::Refund { amount: amount()? },
        "return" => Resolution::Return { amount: amount()? },
        "partial" => Resolution::Partial { amount: amount()? },
        "exchange" => Resolution::Exchange,
        "inspection" => Resolution::Inspection,
        other => {
            return Err(AppError::invalid(
                "kind",
                "resolution_kind",
                format!(
                    "不认识的处理方式“{other}”，可选：refund、return、partial、exchange、inspection。"
                ),
                format!(
                    "Unknown resolution `{other}`. Choose refund, return, partial, exchange or inspection."
                ),
            ));
        }
    })
}

/// The claim that a command names, or whose clock it is about.
#[must_use]
pub fn claim_of(command: &Command) -> Option<ClaimId> {
    match command {
        Command::ExpireClock { clock }
        | Command::ExtendClock { clock, .. }
        | Command::PauseClock { clock, .. }
        | Command::ResumeClock { clock, .. } => match clock.subject {
            Subject::Claim(id) => Some(id),
            Subject::WorkOrder(_) => None,
        },
        Command::FileClaim { claim, .. }
        | Command::AddEvidence { claim, .. }
        | Command::RecordInspection { claim, .. }
        | Command::RecordElsewhere { claim, .. }
        | Command::Share { claim, .. }
        | Command::AskNewPhoto { claim, .. }
        | Command::DisputeEvidence { claim, .. }
        | Command::JudgeEvidence { claim, .. }
        | Command::TakeFirstLook { claim, .. }
        | Command::DrawChallenge { claim, .. }
        | Command::AgreeToClaim { claim, .. }
        | Command::OfferSettlement { claim, .. }
        | Command::AnswerSettlement { claim, .. }
        | Command::ContestClaim { claim, .. }
        | Command::CloseEvidenceRound { claim, .. }
        | Command::AssignReviewer { claim, .. }
        | Command::DecideClaim { claim, .. }
        | Command::ConfirmDecision { claim, .. }
        | Command::ReturnDecision { claim, .. }
        | Command::LookAgain { claim, .. }
        | Command::Recuse { claim, .. }
        | Command::OfferCounter { claim, .. }
        | Command::ChangeAsk { claim, .. }
        | Command::AnswerCounter { claim, .. }
        | Command::QuestionEvidence { claim, .. }
        | Command::ContestPaid { claim, .. }
        | Command::SettleRecovery { claim, .. }
        | Command::Appeal { claim, .. }
        | Command::DecideAppeal { claim, .. }
        | Command::ShipReturn { claim, .. }
        | Command::ReceiveReturn { claim, .. }
        | Command::ShipExchange { claim, .. }
        | Command::SendGoodsBack { claim, .. }
        | Command::RecordPayment { claim, .. }
        | Command::WithdrawClaim { claim, .. }
        | Command::ReferFraud { claim, .. }
        | Command::SignAdvice { claim, .. }
        | Command::ReadEvidence { claim, .. }
        | Command::LinkPlatform { claim, .. }
        | Command::ReadPlatform { claim, .. }
        | Command::RecordPlatformOutcome { claim, .. }
        | Command::WithdrawFraudReferral { claim, .. } => Some(*claim),
        _ => None,
    }
}

pub(crate) fn the_work_order(
    case: &Case,
    named: Option<WorkOrderId>,
) -> Result<WorkOrderId, AppError> {
    let found = match named {
        Some(id) => case.work_orders.contains_key(&id).then_some(id),
        None if case.work_orders.len() == 1 => case.work_orders.keys().next().copied(),
        None => None,
    };
    found.ok_or_else(|| {
        AppError::not_found(
            "这次维修（案件上有多次时请写明编号）",
            "repair (name it when the case has several)",
        )
    })
}

pub(crate) fn the_claim(case: &Case, named: Option<ClaimId>) -> Result<ClaimId, AppError> {
    let found = match named {
        Some(id) => case.claims.contains_key(&id).then_some(id),
        None if case.claims.len() == 1 => case.claims.keys().next().copied(),
        None => None,
    };
    found.ok_or_else(|| {
        AppError::not_found(
            "这个申请（案件上有多个时请写明编号）",
            "claim (name it when the case has several)",
        )
    })
}
