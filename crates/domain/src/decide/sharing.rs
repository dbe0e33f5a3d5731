//! A photo that was judged forged goes into the list of an exchange, step by step. Nothing of the claim depends on it, and
//! it changes nothing about the claim.

use super::draft::{Draft, sealed};
use super::evidence::unconflicted;
use super::permissions::{Act, speak_for};
use crate::actor::Party;
use crate::case::{Claim, ClaimState};
use crate::clock::Subject;
use crate::event::{Body, SharingStep, Verdict};
use crate::evidence::EvidenceState;
use crate::ids::{ClaimId, EvidenceId};
use crate::limits::{SHARING_REPLIES_MAX, SHARING_REPLY_MS};
use crate::refusals;
use crate::refused::Refused;
use crate::sharing::{Share, Sharing, SharingStage};

pub(super) fn decide(
    draft: &mut Draft<'_>,
    claim: ClaimId,
    evidence: EvidenceId,
    share: Share,
) -> Result<(), Refused> {
    let (of, step) = match share {
        Share::Propose { by, reasons } => {
            draft.allow(Act::Review)?;
            unconflicted(draft, claim, by.user)?;
            let of = judged(draft, claim, evidence)?;
            sealed(&reasons)?;
            (of, SharingStep::Proposed { by, reasons })
        }
        Share::Reply { by: _, text } => {
            let sharing = known(draft, claim, evidence)?;
            draft.allow(speak_for(sharing.of))?;
            let is_open = matches!(sharing.stage, SharingStage::Noticed | SharingStage::Replied);
            if !is_open {
                return Err(refusals::sharing_not_now());
            }
            if sharing.replies >= SHARING_REPLIES_MAX {
                return Err(refusals::sharing_replies());
            }
            sealed(&text)?;
            (sharing.of, SharingStep::Replied { text })
        }
        colleagues => {
            let of = known(draft, claim, evidence)?.of;
            (of, colleague(draft, claim, evidence, colleagues)?)
        }
    };
    draft.emit(Body::PhotoSharing {
        claim,
        evidence,
        of,
        step,
    });
    Ok(())
}

/// A step of somebody who reviews.
fn colleague(
    draft: &Draft<'_>,
    claim: ClaimId,
    evidence: EvidenceId,
    share: Share,
) -> Result<SharingStep, Refused> {
    draft.allow(Act::Review)?;
    let sharing = known(draft, claim, evidence)?;
    let at = |stage: SharingStage| {
        if sharing.stage == stage {
            Ok(())
        } else {
            Err(refusals::sharing_not_now())
        }
    };
    match share {
        Share::Look { by, shows } => {
            at(SharingStage::Looking)?;
            unconflicted(draft, claim, by.user)?;
            if sharing.looked.contains(&by.user) {
                return Err(refusals::sharing_same_person());
            }
            Ok(SharingStep::Looked { by, shows })
        }
        Share::Notice { by } => {
            at(SharingStage::Cleared)?;
            let until = draft.now.plus_ms(SHARING_REPLY_MS);
            Ok(SharingStep::Noticed { by, until })
        }
        Share::Consider {
            by,
            stands,
            reasons,
        } => {
            at(SharingStage::Replied)?;
            unconflicted(draft, claim, by.user)?;
            sealed(&reasons)?;
            Ok(SharingStep::Considered {
                by,
                stands,
                reasons,
            })
        }
        Share::Publish { by } => {
            if sharing.stage == SharingStage::Replied {
                return Err(refusals::sharing_reply_open());
            }
            at(SharingStage::Noticed)?;
            if sharing.until.is_none_or(|until| draft.now < until) {
                return Err(refusals::sharing_reply_time());
            }
            Ok(SharingStep::Published { by })
        }
        Share::LetBe { by } if sharing.is_open() => Ok(SharingStep::LetBe { by }),
        Share::LetBe { .. } | Share::Propose { .. } | Share::Reply { .. } => {
            Err(refusals::sharing_not_now())
        }
    }
}

fn known<'d>(
    draft: &'d Draft<'_>,
    claim: ClaimId,
    evidence: EvidenceId,
) -> Result<&'d Sharing, Refused> {
    draft
        .claim(claim)?
        .sharing
        .get(&evidence)
        .ok_or_else(refusals::sharing_not_now)
}

/// Refuses a photo that nobody judged forged for good: the claim has ended with a human's decision against whoever sent it, no
/// time runs in which that could change, and a human set the photo aside. Answers whose photo it is.
fn judged(draft: &Draft<'_>, claim_id: ClaimId, evidence: EvidenceId) -> Result<Party, Refused> {
    let claim = draft.claim(claim_id)?;
    if claim.sharing.contains_key(&evidence) {
        return Err(refusals::sharing_begun());
    }
    let piece = claim
        .evidence
        .contains(&evidence)
        .then(|| draft.case.evidence.get(&evidence))
        .flatten()
        .ok_or_else(refusals::evidence_unknown)?;
    let ended = matches!(claim.state, ClaimState::Closed | ClaimState::Executed);
    let runs = draft
        .case
        .open_clocks(Subject::Claim(claim_id))
        .next()
        .is_some();
    let of = piece.party.filter(|of| is_against(claim, *of));
    let Some(of) = of.filter(|_| ended && !runs) else {
        return Err(refusals::sharing_not_final());
    };
    if piece.state != EvidenceState::Excluded || piece.file.is_clip() {
        return Err(refusals::sharing_not_judged());
    }
    Ok(of)
}

/// Whether the decision that stands is against a side.
fn is_against(claim: &Claim, side: Party) -> bool {
    let verdict = claim.appeal_decision.or(claim.decision);
    matches!(
        (side, verdict),
        (Party::Claimant, Some((_, Verdict::Rejected)))
            | (Party::Merchant, Some((_, Verdict::Granted { .. })))
    )
}
