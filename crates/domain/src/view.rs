//! What a view may show of a claim's findings. The only accessor meant for pages, the API, packs
//! and notifications: before the first look it has nothing, for anybody.

use crate::actor::{Actor, Role};
use crate::case::{Case, Elsewhere};
use crate::evidence::{Evidence, FindingCode, InspectionVerdict, PixelBox, Reference};
use crate::ids::{ClaimId, EvidenceId};
use serde::Serialize;

/// A finding as it is shown: the same sentences to the reviewer and to both parties, no number and
/// no threshold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublicFinding {
    /// The piece of evidence it speaks about.
    pub evidence: EvidenceId,
    /// What was found.
    pub code: FindingCode,
    /// `exact`, `near`, … or empty.
    pub grade: String,
    /// Whether it accuses, and so was looked at by a human first.
    pub accuses: bool,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
    /// What it points to; evidence of another case is named to reviewers only, for it belongs to
    /// somebody else.
    pub reference: Option<Reference>,
    /// Where in the photo, in pixels of the upright original.
    pub boxes: Vec<PixelBox>,
    /// Whether there is a picture of where ([`overlay`]).
    pub heat_map: bool,
}

/// Whether somebody may see findings at all, and those of other cases by reference.
fn sight(case: &Case, viewer: Actor) -> Option<bool> {
    match viewer {
        Actor::Claimant { person } => case
            .opened
            .as_ref()
            .is_some_and(|opened| opened.claimant == person)
            .then_some(false),
        Actor::Human(human) => match human.role {
            Role::Reviewer | Role::RiskManager => Some(true),
            Role::Merchant | Role::Agent | Role::Auditor => Some(false),
            Role::Dispatcher | Role::Technician | Role::Admin | Role::Integrator => None,
        },
        Actor::Technician { .. } | Actor::Integrator { .. } | Actor::System => None,
    }
}

/// The findings of a claim as `viewer` may see them, in the order of the evidence. `None` while
/// they are closed ([`Case::findings_open`]), or for somebody they are not for; without those of a photo that
/// nobody has looked at yet ([`Case::open_findings`]).
#[must_use]
pub fn public_findings(case: &Case, claim: ClaimId, viewer: Actor) -> Option<Vec<PublicFinding>> {
    let names_others = sight(case, viewer)?;
    if !case.findings_open(claim) {
        return None;
    }
    let own = case.opened.as_ref().map(|opened| opened.case);
    let shown = case
        .claims
        .get(&claim)?
        .evidence
        .iter()
        .filter_map(|id| case.evidence.get(id))
        .flat_map(|evidence| {
            case.open_findings(claim, evidence)
                .map(|finding| PublicFinding {
                    evidence: evidence.file.evidence,
                    code: finding.code,
                    grade: finding.grade.clone(),
                    accuses: finding.accuses(),
                    zh: finding.zh.clone(),
                    en: finding.en.clone(),
                    reference: finding.reference.filter(|reference| match reference {
                        Reference::Evidence { case, .. } => names_others || Some(*case) == own,
                        Reference::Listing { .. } | Reference::Packing { .. } => true,
                    }),
                    boxes: finding.boxes.clone(),
                    heat_map: finding.heat_map.is_some(),
                })
        })
        .collect();
    Some(shown)
}

/// What the photos of a claim resemble that were judged forged elsewhere, as `viewer` may know it: the same for the reviewer
/// and both parties, of photos that somebody has looked at blind. `None` for somebody whom findings are not for.
#[must_use]
pub fn known_elsewhere(case: &Case, claim: ClaimId, viewer: Actor) -> Option<Vec<&Elsewhere>> {
    sight(case, viewer)?;
    Some(case.open_elsewhere(claim).collect())
}

/// What the checks say about one photo of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PublicPhoto {
    /// The verdict; `None` while something that was found about it is not open yet ([`Self::waits`]).
    pub verdict: Option<InspectionVerdict>,
    /// Whether something that was found about it waits for a look at another photo.
    pub waits: bool,
    /// Width and height of the upright original in pixels, in which boxes are given.
    pub size: Option<(u32, u32)>,
    /// Whether there is a picture of where it was edited.
    pub heat_map: bool,
    /// Whether there is a picture of the reference as it lies under the photo.
    pub aligned: bool,
}

/// What the checks say about one photo of a claim, as `viewer` may see it; `None` as for
/// [`public_findings`], and for a photo that was not checked.
#[must_use]
pub fn public_photo(case: &Case, evidence: EvidenceId, viewer: Actor) -> Option<PublicPhoto> {
    let (claim, piece) = opened(case, evidence, viewer)?;
    let verdict = piece.verdict?;
    let waits = piece
        .findings
        .iter()
        .any(|finding| !case.is_finding_open(claim, piece, finding));
    Some(PublicPhoto {
        verdict: (!waits).then_some(verdict),
        waits,
        size: piece.size,
        heat_map: Overlay::HeatMap.blob(case, claim, piece).is_some(),
        aligned: Overlay::Aligned.blob(case, claim, piece).is_some(),
    })
}

/// A picture that a check drew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// Where the photo was edited.
    HeatMap,
    /// The reference as it lies under the photo.
    Aligned,
}

impl Overlay {
    /// The blob of the first open finding, which is the gravest, that has one.
    fn blob<'a>(self, case: &'a Case, claim: ClaimId, piece: &'a Evidence) -> Option<&'a str> {
        let mut open = case.open_findings(claim, piece);
        open.find_map(|finding| match self {
            Self::HeatMap => finding.heat_map.as_deref(),
            Self::Aligned => finding.aligned.as_deref(),
        })
    }
}

/// The blob of a picture that a check drew, for `viewer`; `None` as for [`public_findings`], and
/// where there is none. The mask is shown to nobody: it is kept so that the check can be run again.
#[must_use]
pub fn overlay(case: &Case, evidence: EvidenceId, viewer: Actor, which: Overlay) -> Option<&str> {
    let (claim, piece) = opened(case, evidence, viewer)?;
    which.blob(case, claim, piece)
}

/// A piece of evidence that is open to `viewer`, and its claim. Some of its findings may not be.
fn opened(case: &Case, evidence: EvidenceId, viewer: Actor) -> Option<(ClaimId, &Evidence)> {
    sight(case, viewer)?;
    let (claim, _) = case
        .claims
        .iter()
        .find(|(_, claim)| claim.evidence.contains(&evidence))?;
    let piece = case.evidence.get(&evidence)?;
    case.is_photo_open(*claim, evidence)
        .then_some((*claim, piece))
}
