//! The checks of a claim's photos, done as one job: against everything earlier, the listing as it
//! stood when the order was paid, the merchant's packing photos, and each other. What was found goes
//! into one event with the numbers to run it again; nobody reads it before a human has looked.

use crate::app::App;
use crate::drive::{Inspection, Source};
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    INSPECT_CLAIM_MS_MAX, INSPECTED_PHOTOS_MAX, LISTING_PHOTOS_MAX, OTHER_LISTING_PHOTOS_MAX,
    PACKING_PHOTOS_MAX,
};
use crate::screening::{REUSE_CHECK, reference_text};
use crate::sealing::{OpenCaseKey, sha256};
use aftercare_domain::case::Claim;
use aftercare_domain::command::Command;
use aftercare_domain::evidence::{
    Evidence, EvidenceKind, EvidenceState, Finding, FindingCode, InspectedPhoto, InspectionVerdict,
    PixelBox, Reference,
};
use aftercare_domain::ids::{CaseId, ClaimId, EvidenceId, ListingPhotoId, TenantId, WorkOrderId};
use aftercare_domain::{Case, refusals};
use aftercare_evidence::FindingCode as Code;
use aftercare_evidence::driver::{ClaimFiles, Wanted};
use aftercare_evidence::edited::FalseAlarms;
use aftercare_evidence::inspect::{
    Overlay, OverlayKind, Party, PhotoInspection, Picture, Role, Unread, Verdict,
};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// The photos of a claim and where their bytes are.
struct Photos<'a> {
    app: &'a App,
    tenant: TenantId,
    key: OpenCaseKey,
    /// Blob and owner of each picture by its name.
    blobs: BTreeMap<String, Blob>,
}

/// A sealed picture.
enum Blob {
    Evidence(String),
    Listing(ListingPhotoId, String),
}

impl Photos<'_> {
    async fn open(&self, blob: &Blob) -> Result<Vec<u8>, AppError> {
        match blob {
            Blob::Evidence(name) => {
                let sealed = self.app.store().get_blob(name).await?;
                self.key.open_blob(&sealed)
            }
            Blob::Listing(photo, name) => {
                let sealed = self.app.store().get_blob(name).await?;
                self.app.open_listing(self.tenant, *photo, &sealed)
            }
        }
    }

    /// Takes a picture in; it is opened once for its hash and again when the child needs it.
    async fn picture(
        &mut self,
        name: String,
        (role, party): (Role, Party),
        session: Option<String>,
        blob: Blob,
    ) -> Result<Picture, AppError> {
        let sha256 = hex::encode(sha256(&self.open(&blob).await?));
        self.blobs.insert(name.clone(), blob);
        Ok(Picture {
            name,
            role,
            party,
            session,
            sha256,
        })
    }
}

#[async_trait]
impl Source for Photos<'_> {
    async fn read(&self, picture: &Picture) -> Result<Vec<u8>, Unread> {
        let unread = || Unread {
            name: picture.name.clone(),
            zh: "文件打不开。".to_owned(),
            en: "the file cannot be opened.".to_owned(),
        };
        let blob = self.blobs.get(&picture.name).ok_or_else(unread)?;
        self.open(blob).await.map_err(|error| {
            tracing::error!(picture = %picture.name, detail = ?error.detail, "a picture cannot be opened");
            unread()
        })
    }
}

/// The latest `most` of a list in the order of time.
fn latest<T>(mut list: Vec<T>, most: usize) -> Vec<T> {
    let extra = list.len().saturating_sub(most);
    list.drain(..extra);
    list
}

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
        mut side: Side,
    ) -> Result<(), AppError> {
        let state = self.load(case).await?;
        let Some(found) = state.claims.get(&claim) else {
            return Err(AppError::not_found("这个申请", "claim"));
        };
        let pieces = standing(&state, found);
        let visits = seen_on_the_spot(&state, claim);
        if visits.is_empty()
            && pieces
                .iter()
                .all(|piece| piece.state != EvidenceState::Logged)
        {
            return Err(refusals::already_screened().into());
        }
        let mut photos = Photos {
            app: self,
            tenant,
            key: self.case_key(tenant, case).await?,
            blobs: BTreeMap::new(),
        };
        // Another process may have taken them in, a moment ago.
        self.learn_photos(tenant, case).await?;
        let mut files = ClaimFiles::default();
        let mut alone = Vec::new();
        let mut others = Vec::new();
        for piece in &pieces {
            let evidence = piece.file.evidence;
            let name = reference_text(evidence, case);
            let reuse = self.reuse_of(tenant, evidence, &found.evidence).await?;
            others.extend(reuse.listings);
            // What a listing photo has to do with it, the comparison says better.
            let findings = reuse
                .findings
                .into_iter()
                .filter(|finding| {
                    finding
                        .reference
                        .as_deref()
                        .is_none_or(|text| listing_of(text).is_none())
                })
                .collect();
            files.reuse.insert(name.clone(), findings);
            let (role, party) = match piece.party {
                Some(aftercare_domain::Party::Merchant) => (Role::Claim, Party::Merchant),
                _ if piece.answers.is_some() => (Role::Challenge, Party::Claimant),
                _ => (Role::Claim, Party::Claimant),
            };
            let blob = Blob::Evidence(piece.file.blob.clone());
            let picture = photos.picture(name, (role, party), None, blob).await?;
            if party == Party::Merchant {
                alone.push((piece.file.kind, picture));
            } else {
                files.photos.push(picture);
            }
        }
        // What a technician saw on the spot is a view of the item: it can bear out what the claimant's photos show, or not.
        // Nothing is said about the technician's photos themselves, nor is it asked whether they were made from others.
        let mut on_the_spot = HashSet::new();
        for (work_order, piece) in visits {
            let name = reference_text(piece.file.evidence, case);
            let blob = Blob::Evidence(piece.file.blob.clone());
            let session = Some(format!("visit:{work_order}"));
            let part = (Role::Challenge, Party::Technician);
            files
                .photos
                .push(photos.picture(name.clone(), part, session, blob).await?);
            on_the_spot.insert(name);
        }
        files.photos = latest(files.photos, INSPECTED_PHOTOS_MAX);
        files.references = self.references(&mut photos, found, &alone, others).await?;
        let mut inspected = self.inspect_together(&photos, files.clone()).await?;
        inspected.retain(|photo| !on_the_spot.contains(&photo.photo.name));
        // The merchant's photos are looked at one by one: they show the item as it left, not as it came.
        for (_, picture) in alone {
            let one = ClaimFiles {
                photos: vec![picture],
                reuse: files.reuse.clone(),
                ..ClaimFiles::default()
            };
            inspected.extend(self.inspect_together(&photos, one).await?);
        }
        let mut results = Vec::with_capacity(inspected.len());
        for photo in inspected {
            let Some(Reference::Evidence { evidence, .. }) = reference(&photo.photo.name) else {
                return Err(AppError::internal(
                    "an inspected photo without its evidence",
                ));
            };
            results.push(
                self.recorded(&photos.key, evidence, photo, &mut side)
                    .await?,
            );
        }
        let checks = format!(
            "{} {REUSE_CHECK}",
            aftercare_evidence::inspect::checks_version()
        );
        self.run(case, side, |_| {
            Ok(vec![Command::RecordInspection {
                claim,
                photos: results.clone(),
                checks: checks.clone(),
            }])
        })
        .await
        .map_err(|error| match error.rule.as_str() {
            // What a rule does not take for another reason is our fault, and must not pass for done.
            "already_screened" | "screening_too_late" | "claim_ended" => error,
            _ if error.kind == ErrorKind::Refused => {
                AppError::internal(format!("{}: {}", error.rule, error.en))
            }
            _ => error,
        })?;
        Ok(())
    }

    /// What the claimant's photos are compared with: the listing of the product as it stood when the
    /// order was paid, the merchant's packing photos, and photos of other listings that one of them
    /// looks like.
    async fn references(
        &self,
        photos: &mut Photos<'_>,
        claim: &Claim,
        merchants: &[(EvidenceKind, Picture)],
        mut others: Vec<ListingPhotoId>,
    ) -> Result<Vec<Picture>, AppError> {
        let mut references = Vec::new();
        let own = self.listing_of_claim(claim).await?;
        for photo in own.iter().take(LISTING_PHOTOS_MAX) {
            let blob = Blob::Listing(photo.id, photo.blob.clone());
            let name = listing_text(photo.id);
            references.push(
                photos
                    .picture(name, (Role::Listing, Party::Merchant), None, blob)
                    .await?,
            );
        }
        let packing: Vec<Picture> = merchants
            .iter()
            .filter(|(kind, _)| *kind == EvidenceKind::PackingPhoto)
            .map(|(_, picture)| Picture {
                role: Role::Packing,
                ..picture.clone()
            })
            .collect();
        references.extend(latest(packing, PACKING_PHOTOS_MAX));
        let mut seen = HashSet::new();
        others.retain(|id| own.iter().all(|photo| photo.id != *id) && seen.insert(*id));
        for id in others.into_iter().take(OTHER_LISTING_PHOTOS_MAX) {
            let Some(photo) = self.store().listing_photo(id).await? else {
                continue;
            };
            let blob = Blob::Listing(id, photo.blob);
            references.push(
                photos
                    .picture(
                        listing_text(id),
                        (Role::OtherListing, Party::OtherMerchant),
                        None,
                        blob,
                    )
                    .await?,
            );
        }
        Ok(references)
    }

    /// The listing photos of the product as they stood when the order was paid.
    async fn listing_of_claim(
        &self,
        claim: &Claim,
    ) -> Result<Vec<aftercare_store::rows::ListingPhotoRow>, AppError> {
        let Some(order) = self.store().order(claim.order).await? else {
            return Ok(Vec::new());
        };
        let lines = self.store().order_lines(claim.order).await?;
        let Some(line) = lines.into_iter().find(|line| line.id == claim.line) else {
            return Ok(Vec::new());
        };
        let mut photos = self.store().listing_photos(line.product).await?;
        photos.retain(|photo| crate::lookups::stood(photo, order.paid_at));
        Ok(photos)
    }

    async fn inspect_together(
        &self,
        photos: &Photos<'_>,
        files: ClaimFiles,
    ) -> Result<Vec<PhotoInspection>, AppError> {
        if files.photos.is_empty() {
            return Ok(Vec::new());
        }
        let inspection = Inspection {
            files,
            wanted: Wanted {
                limits: aftercare_media::Limits::default(),
                preview: None,
                overlays: true,
                false_alarms: FalseAlarms::default(),
            },
            within: Duration::from_millis(INSPECT_CLAIM_MS_MAX),
            urgent: false,
        };
        Ok(self
            .screener()
            .inspect(inspection, photos)
            .await?
            .inspection
            .photos)
    }

    /// Seals what was drawn and puts a photo's result into the words of the case.
    async fn recorded(
        &self,
        key: &OpenCaseKey,
        evidence: EvidenceId,
        photo: PhotoInspection,
        side: &mut Side,
    ) -> Result<InspectedPhoto, AppError> {
        let mut findings = Vec::with_capacity(photo.findings.len());
        for found in photo.findings {
            let drawn = drawn_for(&photo.overlays, found.mask.as_deref());
            let mut finding = for_the_case(found);
            for overlay in drawn {
                let sealed = key.seal_blob(&overlay.bytes)?;
                let name = Some(self.put_blob(sealed, side).await?);
                match overlay.kind {
                    OverlayKind::Mask => finding.mask = name,
                    OverlayKind::Heat => finding.heat_map = name,
                    OverlayKind::Aligned => finding.aligned = name,
                }
            }
            findings.push(finding);
        }
        Ok(InspectedPhoto {
            evidence,
            verdict: verdict(photo.verdict),
            size: photo.seen.map(|seen| (seen.width, seen.height)),
            findings,
        })
    }
}

/// The photos that technicians took of the item of a claim, visit by visit.
fn seen_on_the_spot(case: &Case, claim: ClaimId) -> Vec<(WorkOrderId, &Evidence)> {
    let visits = case.work_orders.iter();
    visits
        .filter(|(_, order)| order.inspects == Some(claim))
        .flat_map(|(id, order)| order.evidence.iter().map(|piece| (*id, piece)))
        .filter_map(|(id, piece)| Some((id, case.evidence.get(piece)?)))
        .filter(|(_, piece)| piece.party.is_none() && is_there(piece))
        .collect()
}

/// Whether a human has not set it aside and it is still there.
const fn is_there(piece: &Evidence) -> bool {
    !matches!(
        piece.state,
        EvidenceState::Excluded | EvidenceState::Expired | EvidenceState::Shredded
    )
}

/// The claim's evidence that a human has not set aside and that is still there.
fn standing<'a>(case: &'a Case, claim: &Claim) -> Vec<&'a Evidence> {
    claim
        .evidence
        .iter()
        .filter_map(|id| case.evidence.get(id))
        .filter(|piece| is_there(piece))
        .collect()
}

/// The pictures that belong to the finding whose mask has that name: they share its stem.
pub(crate) fn drawn_for<'a>(overlays: &'a [Overlay], mask: Option<&str>) -> Vec<&'a Overlay> {
    let Some(stem) = mask.and_then(|mask| mask.strip_suffix("mask.png")) else {
        return Vec::new();
    };
    overlays
        .iter()
        .filter(|overlay| overlay.name.starts_with(stem))
        .collect()
}

const fn verdict(found: Verdict) -> InspectionVerdict {
    match found {
        Verdict::Clear => InspectionVerdict::Clear,
        Verdict::Review => InspectionVerdict::Review,
        Verdict::Intercept => InspectionVerdict::Intercept,
    }
}

/// How findings name a listing photo.
pub(crate) fn listing_text(photo: ListingPhotoId) -> String {
    format!("listing:{photo}")
}

/// The listing photo that a text names.
pub(crate) fn listing_of(text: &str) -> Option<ListingPhotoId> {
    text.strip_prefix("listing:")?.parse().ok()
}

/// The reference that a text names, as [`crate::screening`] writes it.
fn reference(text: &str) -> Option<Reference> {
    if let Some(photo) = listing_of(text) {
        return Some(Reference::Listing { photo });
    }
    let (evidence, case) = text.split_once('@')?;
    Some(Reference::Evidence {
        evidence: evidence.parse().ok()?,
        case: case.parse().ok()?,
    })
}

fn for_the_case(found: aftercare_evidence::Finding) -> Finding {
    Finding {
        code: code(found.code),
        grade: found.grade.as_str().to_owned(),
        strength_log10_milli: found.likelihood_log10_milli,
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
        aligned: None,
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
