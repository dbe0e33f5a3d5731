//! Human decisions: the review, the appeal, the second reviewer, and the referral flag. The one
//! place from which a rejection can come, and every command here carries a human.

use super::claim::looked_at;
use super::draft::{Draft, sealed, short};
use super::evidence::{checked, unconflicted};
use super::permissions::{Act, speak_for};
use super::{outcome, platform, recovery, second};
use crate::actor::{Human, Party};
use crate::case::{Claim, ClaimState};
use crate::clock::{ClockName, Subject};
use crate::command::Command;
use crate::day::Day;
use crate::event::{Body, Citation, HearingCause, Resolution, Verdict};
use crate::evidence::Envelope;
use crate::ids::{ClaimId, EvidenceId, UserId};
use crate::limits::{
    CITATIONS_MAX, EVIDENCE_PER_CLAIM_MAX, HEARING_MS, HEARING_SHORT_MS, PARTIAL_PERCENT_MAX,
};
use crate::money::Fen;
use crate::pack::Granter;
use crate::refusals;
use crate::refused::Refused;

pub(super) fn decide(draft: &mut Draft<'_>, command: Command) -> Result<(), Refused> {
    match command {
        Command::AssignReviewer {
            claim, reviewer, ..
        } => assign(draft, claim, reviewer),
        Command::DecideClaim {
            by,
            claim,
            verdict,
            reasons,
            citations,
            evidence,
        } => {
            draft.allow(Act::Review)?;
            platform_mode(draft)?;
            if draft.claim(claim)?.state != ClaimState::HumanReview {
                return Err(refusals::not_in_review());
            }
            sound(draft, by, claim, verdict, &reasons, &citations, &evidence)?;
            let two = draft
                .facts
                .ruling
                .as_ref()
                .is_some_and(|ruling| ruling.second_reviewer);
            if two {
                draft.emit(Body::DecisionProposed {
                    claim,
                    reviewer: by,
                    verdict,
                    reasons,
                    citations,
                    evidence,
                });
                draft.stop_all(Subject::Claim(claim));
                return draft.start(ClockName::SecondReview, Subject::Claim(claim));
            }
            draft.emit(Body::ClaimDecided {
                claim,
                reviewer: by,
                verdict,
                reasons,
                citations,
                evidence,
            });
            second::after_decision(draft, claim)
        }
        Command::Appeal {
            claim,
            party,
            statement,
            ..
        } => {
            draft.allow(speak_for(party))?;
            if draft.claim(claim)?.state != ClaimState::Decided {
                return Err(refusals::not_decided());
            }
            sealed(&statement)?;
            draft.emit(Body::AppealFiled {
                claim,
                party,
                statement,
            });
            draft.stop(ClockName::Appeal, Subject::Claim(claim));
            draft.start(ClockName::SecondReview, Subject::Claim(claim))
        }
        Command::DecideAppeal {
            by,
            claim,
            verdict,
            reasons,
            citations,
            evidence,
            freight,
        } => {
            draft.allow(Act::Review)?;
            platform_mode(draft)?;
            if draft.claim(claim)?.state != ClaimState::SecondReview {
                return Err(refusals::not_in_second_review());
            }
            differs(draft, claim, by.user)?;
            sound(draft, by, claim, verdict, &reasons, &citations, &evidence)?;
            recovery::freight_is_found(draft.claim(claim)?, verdict, freight)?;
            draft.emit(Body::AppealDecided {
                claim,
                reviewer: by,
                verdict,
                reasons,
                citations,
                evidence,
            });
            draft.stop_all(Subject::Claim(claim));
            if draft.claim(claim)?.payment_reference.is_some() {
                return recovery::after_appeal(draft, claim, freight);
            }
            finalize(draft, claim)
        }
        Command::ReferFraud { by, claim, reasons } => {
            draft.allow(Act::ReferFraud)?;
            let open = draft.claim(claim)?;
            if open.first_look.is_none() {
                return Err(refusals::first_look_first());
            }
            looked_at(open)?;
            if open.fraud_referral {
                return Err(refusals::referral_exists());
            }
            sealed(&reasons)?;
            draft.emit(Body::FraudReferralMade { claim, by, reasons });
            Ok(())
        }
        Command::WithdrawFraudReferral { by, claim, reasons } => {
            draft.allow(Act::ReferFraud)?;
            if !draft.claim(claim)?.fraud_referral {
                return Err(refusals::no_referral());
            }
            sealed(&reasons)?;
            draft.emit(Body::FraudReferralWithdrawn { claim, by, reasons });
            Ok(())
        }
        Command::SignAdvice {
            by,
            claim,
            law,
            advice,
        } => {
            draft.allow(Act::ReferFraud)?;
            let open = draft.claim(claim)?;
            // Advice about what was found needs that everybody involved may know what was found.
            if open.awaits_look() || !draft.case.findings_open(claim) {
                return Err(refusals::first_look_first());
            }
            short(&law.rule)?;
            short(&law.version)?;
            sealed(&advice)?;
            draft.emit(Body::AdviceSigned {
                claim,
                by,
                law,
                advice,
            });
            Ok(())
        }
        _ => Ok(()),
    }
}

/// In party mode the outside platform decides.
pub(super) fn platform_mode(draft: &Draft<'_>) -> Result<(), Refused> {
    if platform::is_party(draft) {
        return Err(refusals::platform_decides());
    }
    Ok(())
}

/// Refuses reviewers who had a part in the decision that is appealed, or sent a proposal of it back.
fn differs(draft: &Draft<'_>, claim: ClaimId, second: UserId) -> Result<(), Refused> {
    match draft.claim(claim)?.decision {
        Some(_) if draft.claim(claim)?.is_kept_from_appeal(second) => {
            Err(refusals::second_reviewer_differs())
        }
        _ => Ok(()),
    }
}

/// Refuses a decision by somebody conflicted, before the photos were looked at, without reasons or
/// citation, on rules or law that were not in force when the claim was filed, on evidence of another
/// claim, or of more than was paid.
fn sound(
    draft: &Draft<'_>,
    by: Human,
    claim_id: ClaimId,
    verdict: Verdict,
    reasons: &Envelope,
    citations: &[Citation],
    evidence: &[EvidenceId],
) -> Result<(), Refused> {
    unconflicted(draft, claim_id, by.user)?;
    let claim = draft.claim(claim_id)?;
    looked_at(claim)?;
    // Whoever decides has looked at every photo before knowing what was found about it.
    if !draft.case.unseen(claim_id).is_empty() {
        return Err(refusals::first_look_first());
    }
    checked(draft, claim_id)?;
    // What the merchant asked about a photo has been looked at by a human before anything is decided.
    if !claim.questioned.is_empty() {
        return Err(refusals::question_unanswered());
    }
    // Nor is anything decided before a human saw the photos whose findings say that one should.
    if !draft.case.to_look_at(claim_id).is_empty() {
        return Err(refusals::look_first());
    }
    // Whoever asks for a new photo waits for it: it is looked at before anything is decided.
    if draft.is_clock_open(ClockName::NewPhoto, Subject::Claim(claim_id)) {
        return Err(refusals::photo_awaited());
    }
    heard(draft, claim_id, evidence)?;
    sealed(reasons)?;
    if citations.is_empty() {
        return Err(refusals::citation_missing());
    }
    if citations.len() > CITATIONS_MAX || evidence.len() > EVIDENCE_PER_CLAIM_MAX {
        return Err(refusals::text_too_long());
    }
    for citation in citations {
        if citation.rule.trim().is_empty() || citation.version.trim().is_empty() {
            return Err(refusals::citation_missing());
        }
        short(&citation.rule)?;
        short(&citation.version)?;
    }
    if let Some(published) = &draft.facts.published {
        let filed = Day::of(claim.filed_at);
        published
            .shelf
            .check_citations(citations, &published.law, filed)?;
    }
    if !evidence.iter().all(|id| claim.evidence.contains(id)) {
        return Err(refusals::evidence_unknown());
    }
    match verdict {
        Verdict::Rejected => Ok(()),
        Verdict::Granted {
            resolution: Resolution::Inspection,
        } => Err(refusals::inspection_is_not_a_verdict()),
        Verdict::Granted { resolution } => {
            may_give_away(draft, claim, resolution)?;
            // After the refund was paid only less of the same can be left standing.
            if claim.payment_reference.is_some() {
                return recovery::at_most_paid(claim, resolution);
            }
            outcome::leaves_goods(claim, resolution)?;
            outcome::affordable(draft, claim, resolution)
        }
    }
}

/// Refuses a decision before the other side could see and answer what one side said last, before a side could read what was
/// found against its photo or what a technician reported, and one that rests on a piece that the other side could not see as
/// long. It says until when; a side that has nothing to add ends the wait at once.
fn heard(draft: &Draft<'_>, claim_id: ClaimId, evidence: &[EvidenceId]) -> Result<(), Refused> {
    let claim = draft.claim(claim_id)?;
    let wait_ms = hearing_ms(draft, claim_id);
    let last = claim.hearing.unanswered.map(|(_, at)| at);
    let pieces = evidence.iter().filter_map(|id| {
        let piece = draft.case.evidence.get(id)?;
        let (party, at) = (piece.party?, piece.added_at?);
        (!claim.hearing.is_answered(party, at) && at > claim.filed_at).then_some(at)
    });
    let told = [Party::Claimant, Party::Merchant]
        .into_iter()
        .filter_map(|side| claim.hearing.to_answer(side));
    let latest = pieces.chain(last).chain(told).max();
    let until = latest.map(|at| at.plus_ms(wait_ms));
    let Some(until) = until.filter(|until| *until > draft.now) else {
        return Ok(());
    };
    let Refused { rule, zh, en } = refusals::not_heard_yet();
    let time = until.to_china_minute();
    Err(Refused {
        rule,
        zh: format!("{zh}{time}（北京时间）之后可以决定，或者等另一方表示没有要补充的。"),
        en: format!(
            "{en} A decision can be made after {time} (China time), or once the other side says that it has nothing to add."
        ),
    })
}

/// A side has something new to read since now: it is told, and until when a decision waits for its answer.
pub(super) fn open_hearing(
    draft: &mut Draft<'_>,
    claim_id: ClaimId,
    party: Party,
    about: HearingCause,
) -> Result<(), Refused> {
    let claim = draft.claim(claim_id)?;
    let waits = claim.hearing.clone().tells(about, party, draft.now);
    let is_to_come = claim.state.takes_evidence() && !platform::is_party(draft);
    let end = draft.now.plus_ms(hearing_ms(draft, claim_id));
    draft.emit(Body::HearingOpened {
        claim: claim_id,
        party,
        about,
        until: Some(end).filter(|_| waits && is_to_come),
    });
    Ok(())
}

/// How long what a side says last is there for the other side: less where the rules are in a hurry.
fn hearing_ms(draft: &Draft<'_>, claim: ClaimId) -> i64 {
    if draft.allowance_ms(ClockName::EvidenceRound, Subject::Claim(claim)) < HEARING_MS {
        HEARING_SHORT_MS
    } else {
        HEARING_MS
    }
}

/// Refuses a reviewer's refund without return that the pack of the day of filing does not open to
/// reviewers: nobody forces a merchant to give goods away (网络交易平台规则监督管理办法 art. 27). By
/// another name it is the same: most of the price back with the item kept counts as one, and a part is
/// less than the whole.
fn may_give_away(draft: &Draft<'_>, claim: &Claim, resolution: Resolution) -> Result<(), Refused> {
    let is_most = |amount: Fen| {
        amount.0.saturating_mul(100) > claim.paid.0.saturating_mul(PARTIAL_PERCENT_MAX)
    };
    let amount = match resolution {
        Resolution::Refund { amount } => amount,
        Resolution::Partial { amount } if amount >= claim.paid => {
            return Err(refusals::partial_is_whole());
        }
        // What a second reviewer leaves standing of a refund that was paid gives nothing away anew.
        Resolution::Partial { amount } if claim.payment_reference.is_none() && is_most(amount) => {
            amount
        }
        _ => return Ok(()),
    };
    match &draft.facts.ruling {
        Some(ruling) if ruling.may_keep(amount) != Some(Granter::Reviewer) => {
            Err(refusals::without_return_not_open())
        }
        _ => Ok(()),
    }
}

fn assign(draft: &mut Draft<'_>, claim_id: ClaimId, reviewer: UserId) -> Result<(), Refused> {
    draft.allow(Act::AssignReviewer)?;
    let claim = draft.claim(claim_id)?;
    let second = match claim.state {
        ClaimState::SecondReview | ClaimState::Countersign => true,
        ClaimState::Decided | ClaimState::Agreed | ClaimState::Final => {
            return Err(refusals::not_in_review());
        }
        state if state.is_ended() => return Err(refusals::claim_ended()),
        _ => false,
    };
    unconflicted(draft, claim_id, reviewer)?;
    let is_kept_out = match claim.state {
        ClaimState::SecondReview => claim.is_kept_from_appeal(reviewer),
        _ => second && claim.took_part(reviewer),
    };
    if is_kept_out {
        return Err(refusals::second_reviewer_differs());
    }
    draft.emit(Body::ReviewAssigned {
        claim: claim_id,
        reviewer,
        second,
    });
    Ok(())
}

/// Makes a decision final and carries it out.
pub(super) fn finalize(draft: &mut Draft<'_>, claim: ClaimId) -> Result<(), Refused> {
    if draft.claim(claim)?.outcome.is_none() {
        make_final(draft, claim);
    }
    outcome::carry_out_final(draft, claim)
}

/// The decision is final.
pub(super) fn make_final(draft: &mut Draft<'_>, claim: ClaimId) {
    draft.emit(Body::ClaimFinal { claim });
}
