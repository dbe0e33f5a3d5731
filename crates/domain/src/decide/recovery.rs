//! What follows when a refund that was paid turns out otherwise: the merchant contests it once, another
//! reviewer decides, and what is owed back is written down and settled once. No money is taken by
//! itself: whoever owes is asked for it.

use super::draft::{Draft, sealed, short};
use super::permissions::Act;
use super::{appeal, outcome};
use crate::actor::{Human, Role};
use crate::case::{Claim, ClaimState, GoodsState};
use crate::clock::{ClockName, Subject};
use crate::command::Command;
use crate::day::Day;
use crate::event::{Body, Citation, PaymentBasis, RecoveryEnd, ReopenReason, Resolution, Verdict};
use crate::ids::ClaimId;
use crate::limits::FREIGHT_FEN_MAX;
use crate::money::Fen;
use crate::refusals;
use crate::refused::Refused;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::ContestPaid {
            by,
            claim,
            freight,
            statement,
        } => {
            draft.allow(Act::Answer)?;
            contestable(draft, claim)?;
            if freight < Fen::ZERO || freight > FREIGHT_FEN_MAX {
                return Err(refusals::amount_not_valid());
            }
            sealed(&statement)?;
            if draft.case.closed {
                draft.emit(Body::CaseReopened {
                    reason: ReopenReason::NewEvidence,
                });
            }
            draft.emit(Body::PaidDecisionContested {
                claim,
                merchant: by,
                freight,
                statement,
            });
            draft.start(ClockName::SecondReview, Subject::Claim(claim))
        }
        Command::SettleRecovery {
            by,
            claim,
            how,
            amount,
            reference,
            rule,
        } => settle(draft, by, claim, how, amount, reference, rule),
        _ => Ok(()),
    }
}

/// Refuses what is not a paid refund that a human decided, that nobody appealed, within the time for an
/// appeal counted from the payment.
fn contestable(draft: &Draft<'_>, claim_id: ClaimId) -> Result<(), Refused> {
    appeal::platform_mode(draft)?;
    let claim = draft.claim(claim_id)?;
    let (allowed_ms, _) = draft
        .facts
        .rules
        .allowance(ClockName::Appeal, claim.perishable);
    let in_time = claim
        .paid_at
        .is_some_and(|paid| draft.now <= paid.plus_ms(allowed_ms));
    let decided = matches!(claim.basis, Some(PaymentBasis::Decided { .. }));
    let fresh = claim.appeal.is_none() && claim.contested_paid.is_none();
    let over = matches!(claim.state, ClaimState::Executed | ClaimState::Closed);
    if claim.payment_reference.is_some() && in_time && decided && fresh && over {
        Ok(())
    } else {
        Err(refusals::not_contestable())
    }
}

/// Refuses to leave more standing than was paid, or something else than money.
pub(super) fn at_most_paid(claim: &Claim, resolution: Resolution) -> Result<(), Refused> {
    let left = resolution.amount().filter(|left| *left > Fen::ZERO);
    if left.is_some() && left <= claim.payment {
        Ok(())
    } else {
        Err(refusals::above_paid_refund())
    }
}

/// Refuses freight that the merchant did not state, or that is put on the claimant while something of the refund
/// stands: who was partly right pays no freight.
pub(super) fn freight_is_found(
    claim: &Claim,
    verdict: Verdict,
    freight: Fen,
) -> Result<(), Refused> {
    let stated = claim.contested_paid.unwrap_or(Fen::ZERO);
    let most = if verdict == Verdict::Rejected {
        stated
    } else {
        Fen::ZERO
    };
    if freight < Fen::ZERO || freight > most {
        return Err(refusals::freight_not_found());
    }
    Ok(())
}

/// A paid refund was looked at again: what does not stand any more is owed back, and of the freight what the
/// reviewer found. What the merchant stated alone is nobody's debt.
pub(super) fn after_appeal(
    draft: &mut Draft<'_>,
    claim_id: ClaimId,
    freight: Fen,
) -> Result<(), Refused> {
    let claim = draft.claim(claim_id)?;
    let paid = claim.payment.unwrap_or(Fen::ZERO);
    let stands = match claim.appeal_decision {
        Some((_, Verdict::Granted { resolution })) => resolution.amount().unwrap_or(Fen::ZERO),
        _ => Fen::ZERO,
    };
    let price = Fen(paid.0.saturating_sub(stands.0));
    let goods_at_merchant = matches!(claim.goods, GoodsState::ReturnReceived | GoodsState::Owed);
    appeal::make_final(draft, claim_id);
    if price > Fen::ZERO {
        draft.emit(Body::RecoveryOpened {
            claim: claim_id,
            price,
            freight,
            goods_at_merchant,
        });
    }
    outcome::close(draft, claim_id);
    Ok(())
}

fn settle(
    draft: &mut Draft<'_>,
    by: Human,
    claim_id: ClaimId,
    how: RecoveryEnd,
    amount: Fen,
    reference: String,
    rule: Option<Citation>,
) -> Result<(), Refused> {
    draft.allow(Act::SettleRecovery)?;
    let Some(recovery) = draft
        .claim(claim_id)?
        .recovery
        .filter(|recovery| recovery.settled.is_none())
    else {
        return Err(refusals::no_recovery());
    };
    let owed = recovery
        .price
        .checked_add(recovery.freight)
        .unwrap_or(recovery.price);
    let fits = match how {
        RecoveryEnd::Waived => amount == Fen::ZERO,
        RecoveryEnd::Repaid | RecoveryEnd::Compensated => amount > Fen::ZERO && amount <= owed,
    };
    if !fits {
        return Err(refusals::recovery_amount());
    }
    if how == RecoveryEnd::Compensated {
        let cited = rule
            .as_ref()
            .filter(|_| by.role == Role::RiskManager)
            .ok_or_else(refusals::compensation_needs_rule)?;
        short(&cited.rule)?;
        short(&cited.version)?;
        if let Some(published) = &draft.facts.published {
            let today = Day::of(draft.now);
            published
                .shelf
                .check_citations(std::slice::from_ref(cited), &published.law, today)?;
        }
    }
    if how != RecoveryEnd::Waived {
        short(&reference)?;
    }
    draft.emit(Body::RecoverySettled {
        claim: claim_id,
        by,
        how,
        amount,
        reference,
        rule,
    });
    // Whoever gave the money back has neither it nor the goods. What is left standing of a return is the price of them.
    let stands = draft.claim(claim_id)?.outcome;
    let is_theirs = matches!(stands, None | Some(Resolution::Partial { .. }));
    if how == RecoveryEnd::Repaid && recovery.goods_at_merchant && is_theirs {
        if draft.case.closed {
            draft.emit(Body::CaseReopened {
                reason: ReopenReason::FurtherRequest,
            });
        }
        return outcome::owe_goods(draft, claim_id);
    }
    Ok(())
}
