//! The checks of a claim's photos, done as one job: against everything earlier, the listing as it
//! stood when the order was paid, the merchant's packing photos, and each other. What was found goes
//! into one event with the numbers to run it again; nobody reads it before a human has looked.

use crate::app::App;
use crate::engine::Side;
use crate::error::AppError;
use crate::screening::REUSE_CHECK;
use aftercare_domain::command::Command;
use aftercare_domain::evidence::{
    EvidenceState, Finding, FindingCode, InspectedPhoto, InspectionVerdict, PixelBox, Reference,
};
use aftercare_domain::ids::{CaseId, ClaimId, EvidenceId, TenantId};
use aftercare_domain::refusals;
use aftercare_evidence::{FindingCode as Code, Grade};

/// Strength of a fact about the file: beyond any doubt.
const EXACT_STRENGTH_LOG10_MILLI: i32 = 6_000;
/// Strength of a near likeness: an unmoved camera can do it too, so a human has to compare.
const NEAR_STRENGTH_LOG10_MILLI: i32 = 2_000;

impl App {
    /// Checks the photos of a claim and records what was found. Done again, it records nothing new;
    /// a process that dies in the middle leaves only blobs that nobody names.
    ///
    /// # Errors
    /// What the store says; a refusal when there is nothing (any more) to check.
    pub(crate) async fn inspect_claim(
        &self,
        tenant: TenantId,
        case: CaseId,
        claim: ClaimId,
        side: Side,
    ) -> Result<(), AppError> {
        let state = self.load(case).await?;
        let of_claim = state
            .claims
            .get(&claim)
            .map(|claim| claim.evidence.clone())
            .unwrap_or_default();
        let pieces: Vec<_> = of_claim
            .iter()
            .filter_map(|id| state.evidence.get(id))
            .filter(|piece| {
                !matches!(
                    piece.state,
                    EvidenceState::Excluded | EvidenceState::Expired | EvidenceState::Shredded
                )
            })
            .collect();
        if pieces
            .iter()
            .all(|piece| piece.state != EvidenceState::Logged)
        {
            return Err(refusals::already_screened().into());
        }
        let mut photos = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            let evidence = piece.file.evidence;
            let findings = self.reuse_of(tenant, evidence).await?;
            photos.push(inspected(evidence, findings));
        }
        self.run(case, side, |_| {
            Ok(vec![Command::RecordInspection {
                claim,
                photos: photos.clone(),
                checks: REUSE_CHECK.to_owned(),
            }])
        })
        .await?;
        Ok(())
    }
}

fn inspected(evidence: EvidenceId, findings: Vec<aftercare_evidence::Finding>) -> InspectedPhoto {
    let findings: Vec<Finding> = findings.into_iter().map(for_the_case).collect();
    let verdict = if findings.iter().any(Finding::accuses) {
        InspectionVerdict::Review
    } else {
        InspectionVerdict::Clear
    };
    InspectedPhoto {
        evidence,
        verdict,
        findings,
    }
}

/// The reference that a text names, as [`crate::screening`] writes it.
fn reference(text: &str) -> Option<Reference> {
    if let Some(listing) = text.strip_prefix("listing:") {
        return listing
            .parse()
            .ok()
            .map(|photo| Reference::Listing { photo });
    }
    let (evidence, case) = text.split_once('@')?;
    Some(Reference::Evidence {
        evidence: evidence.parse().ok()?,
        case: case.parse().ok()?,
    })
}

fn for_the_case(found: aftercare_evidence::Finding) -> Finding {
    let strength = match (found.likelihood_log10_milli, found.accuses(), found.grade) {
        (Some(measured), ..) => measured,
        (None, true, Grade::Exact) => EXACT_STRENGTH_LOG10_MILLI,
        (None, true, _) => NEAR_STRENGTH_LOG10_MILLI,
        (None, false, _) => 0,
    };
    Finding {
        code: code(found.code),
        grade: found.grade.as_str().to_owned(),
        strength_log10_milli: strength,
        above_threshold: found.accuses(),
        reference: found.reference.as_deref().and_then(reference),
        distance: None,
        zh: found.zh,
        en: found.en,
        false_alarm_log10_milli: found.false_alarm_log10_milli,
        boxes: found
            .boxes
            .into_iter()
            .map(|place| PixelBox {
                x: place.x,
                y: place.y,
                width: place.width,
                height: place.height,
            })
            .collect(),
        heat_map: None,
        mask: None,
        numbers: found.numbers,
    }
}

const fn code(code: Code) -> FindingCode {
    match code {
        Code::DerivedFromReference => FindingCode::DerivedFromReference,
        Code::EditedRegion => FindingCode::EditedRegion,
        Code::ReusedPhoto => FindingCode::ReusedPhoto,
        Code::CopyMove => FindingCode::CopyMove,
        Code::JpegInconsistent => FindingCode::JpegInconsistent,
        Code::Resampled => FindingCode::Resampled,
        Code::DamageNotConfirmed => FindingCode::DamageNotConfirmed,
        Code::NoiseInconsistent => FindingCode::NoiseInconsistent,
        Code::ThumbnailMismatch => FindingCode::ThumbnailMismatch,
        Code::KnownTables => FindingCode::KnownTables,
        Code::Annotation => FindingCode::Annotation,
        Code::SameFlatSurface => FindingCode::SameFlatSurface,
        Code::SamePlace => FindingCode::SamePlace,
        Code::SameItemNewPhoto => FindingCode::SameItemNewPhoto,
        Code::Unrelated => FindingCode::Unrelated,
        Code::CannotTell => FindingCode::CannotTell,
        Code::SharedListingPhoto => FindingCode::SharedListingPhoto,
        Code::NotAPhotoOfTheDamage => FindingCode::NotAPhotoOfTheDamage,
        Code::LowQuality => FindingCode::LowQuality,
        Code::NotDecoded => FindingCode::NotDecoded,
        Code::Clear => FindingCode::Clear,
    }
}
