//! The checks of a claim's photos, done as one job: against everything earlier, the listing as it
//! stood when the order was paid, packing records and the merchant's packing photos, and each other. What was found goes
//! into one event with the numbers to run it again; nobody reads it before a human has looked.

mod plan;

use crate::app::App;
use crate::drive::{Inspected, Inspection, Source};
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    INSPECT_CLAIM_MS_MAX, LISTING_PHOTOS_MAX, OTHER_LISTING_PHOTOS_MAX, PACKING_PHOTOS_MAX,
};
use crate::opening::CaseReader;
use crate::packing::{packing_of, packing_text};
use crate::screening::{REUSE_CHECK, reference_text};
use crate::sealing::{OpenCaseKey, ReadableCase, sha256};
use aftercare_domain::audit::ReadPurpose;
use aftercare_domain::case::{Claim, WorkOrder};
use aftercare_domain::command::Command;
use aftercare_domain::event::WorkOutcome;
use aftercare_domain::evidence::{
    Evidence, EvidenceKind, EvidenceState, Finding, FindingCode, InspectedPhoto, InspectionVerdict,
    PixelBox, Reference,
};
use aftercare_domain::ids::{CaseId, ClaimId, EvidenceId, ListingPhotoId, TenantId, WorkOrderId};
use aftercare_domain::words::Words;
use aftercare_domain::{Case, Timestamp, refusals};
use aftercare_evidence::FindingCode as Code;
use aftercare_evidence::driver::{ClaimFiles, Wanted};
use aftercare_evidence::edited::FalseAlarms;
use aftercare_evidence::inspect::{
    Overlay, OverlayKind, Party, PhotoInspection, Picture, Role, Seen, Unread, Verdict,
};
use aftercare_store::StoreError;
use aftercare_store::rows::PackingPieceRow;
use async_trait::async_trait;
use plan::{Round, Taken, add_younger, rounds};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The photos of a claim and where their bytes are.
struct Photos<'a> {
    app: &'a App,
    tenant: TenantId,
    key: ReadableCase,
    /// Blob and owner of each picture by its name.
    blobs: BTreeMap<String, Blob>,
    /// Pictures whose bytes are gone or damaged: the others are checked all the same.
    unread: Vec<Unread>,
    /// What kept a picture from being read that may be there in a while.
    for_now: Mutex<Option<AppError>>,
}

/// A sealed picture.
enum Blob {
    Evidence(String),
    Listing(ListingPhotoId, String),
    /// Of a packing record of the order.
    Packing(String),
}

/// Why a picture cannot be opened.
enum Closed {
    /// Its bytes are gone or damaged, and will be when it is asked for again.
    ForGood(AppError),
    /// The store does not answer.
    ForNow(AppError),
}

impl Photos<'_> {
    async fn open(&self, blob: &Blob) -> Result<Vec<u8>, Closed> {
        let (Blob::Evidence(name) | Blob::Listing(_, name) | Blob::Packing(name)) = blob;
        let sealed = self.app.store().get_blob(name).await;
        let sealed = sealed.map_err(|error| match error {
            StoreError::Corrupt { .. } => Closed::ForGood(error.into()),
            _ => Closed::ForNow(error.into()),
        })?;
        match blob {
            Blob::Evidence(_) => self.key.open_blob(&sealed),
            Blob::Listing(photo, _) => self.app.open_listing(self.tenant, *photo, &sealed),
            Blob::Packing(_) => self.app.open_packing_blob(&self.key, self.tenant, &sealed),
        }
        .map_err(Closed::ForGood)
    }

    /// Takes a picture in; it is opened once for its hash and again when the child needs it.
    async fn picture(
        &mut self,
        name: String,
        (role, party): (Role, Party),
        session: Option<String>,
        blob: Blob,
    ) -> Result<Picture, AppError> {
        let hash = match self.open(&blob).await {
            Ok(bytes) => sha256(&bytes),
            Err(Closed::ForNow(error)) => return Err(error),
            Err(Closed::ForGood(error)) => {
                self.unread.push(not_opened(&name, &error));
                // No file is equal to one that nobody can read.
                sha256(name.as_bytes())
            }
        };
        self.blobs.insert(name.clone(), blob);
        Ok(Picture {
            name,
            role,
            party,
            session,
            sha256: hex::encode(hash),
        })
    }

    fn is_unread(&self, name: &str) -> bool {
        self.unread.iter().any(|unread| unread.name == name)
    }
}

#[async_trait]
impl Source for Photos<'_> {
    async fn read(&self, picture: &Picture) -> Result<Vec<u8>, Unread> {
        let Some(blob) = self.blobs.get(&picture.name) else {
            let error = AppError::internal("a picture without its blob");
            return Err(not_opened(&picture.name, &error));
        };
        self.open(blob).await.map_err(|closed| match closed {
            Closed::ForGood(error) => not_opened(&picture.name, &error),
            Closed::ForNow(error) => {
                let unread = not_opened(&picture.name, &error);
                *self.for_now.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                unread
            }
        })
    }
}

/// Tells of a picture that cannot be opened.
fn not_opened(name: &str, error: &AppError) -> Unread {
    tracing::error!(picture = %name, rule = %error.rule, detail = ?error.detail, "a picture cannot be opened");
    Unread {
        name: name.to_owned(),
        zh: "文件打不开。".to_owned(),
        en: "the file cannot be opened.".to_owned(),
    }
}

/// What the claimant's photos are compared with.
#[derive(Default)]
struct References {
    /// What was there before the photos: one of them can have been made from it.
    older: Vec<Picture>,
    /// What may have been made from one of the photos, and what the shop of the order does not keep.
    younger: Vec<Picture>,
    /// Names of those of them that the shop of the order does not keep.
    foreign: BTreeSet<String>,
}

/// A picture of how the goods were packed.
enum Packing<'a> {
    /// The merchant sent it to the case.
    Sent(&'a Taken),
    /// It is in a packing record of the order.
    Recorded(&'a PackingPieceRow),
}

/// What was found, and what is left to do.
#[derive(Default)]
struct Found {
    photos: Vec<PhotoInspection>,
    /// Photos for which there was no time.
    late: BTreeSet<String>,
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
        // Another process may have taken them in, a moment ago.
        self.learn_photos(tenant, case).await?;
        // What a human has settled is not moved by what comes later, and nobody reads the case for it.
        if !found.state.takes_evidence() {
            return Err(refusals::screening_too_late().into());
        }
        let mut photos = Photos {
            app: self,
            tenant,
            key: self
                .read_case(CaseReader::System(ReadPurpose::Inspect), tenant, case)
                .await?,
            blobs: BTreeMap::new(),
            unread: Vec::new(),
            for_now: Mutex::new(None),
        };
        let until = Instant::now() + Duration::from_millis(INSPECT_CLAIM_MS_MAX);
        let mut reuse = BTreeMap::new();
        let mut claimants = Vec::new();
        let mut merchants = Vec::new();
        let mut others = Vec::new();
        let mut to_look_up = Vec::new();
        for piece in &pieces {
            let evidence = piece.file.evidence;
            let name = reference_text(evidence, case);
            let part = match piece.party {
                Some(aftercare_domain::Party::Merchant) => (Role::Claim, Party::Merchant),
                _ if is_on_request(piece) => (Role::Challenge, Party::Claimant),
                _ => (Role::Claim, Party::Claimant),
            };
            let blob = Blob::Evidence(piece.file.blob.clone());
            let picture = photos.picture(name.clone(), part, None, blob).await?;
            if !photos.is_unread(&name) {
                let mut sha256 = [0; 32];
                if hex::decode_to_slice(&picture.sha256, &mut sha256).is_ok() {
                    to_look_up.push((evidence, sha256));
                }
                let known = self.reuse_of(tenant, evidence, &found.evidence).await?;
                others.extend(known.listings);
                // What a listing photo has to do with it, the comparison says better.
                let is_listing = |finding: &aftercare_evidence::Finding| {
                    finding.reference.as_deref().and_then(listing_of).is_some()
                };
                let mut findings = known.findings;
                findings.retain(|finding| !is_listing(finding));
                reuse.insert(name, findings);
            }
            let taken = Taken {
                picture,
                added_at: piece.added_at,
                is_new: piece.state == EvidenceState::Logged,
            };
            if part.1 == Party::Merchant {
                merchants.push((*piece, taken));
            } else {
                claimants.push(taken);
            }
        }
        self.tell_elsewhere(tenant, case, claim, to_look_up).await?;
        // What a technician saw on the spot is a view of the item: it can bear out what the claimant's photos show, or not.
        // Nothing is said about the technician's photos themselves, nor is it asked whether they were made from others.
        let mut on_the_spot = Vec::new();
        for (work_order, piece) in visits {
            let name = reference_text(piece.file.evidence, case);
            let blob = Blob::Evidence(piece.file.blob.clone());
            let session = Some(format!("visit:{work_order}"));
            let part = (Role::Challenge, Party::Technician);
            on_the_spot.push(Taken {
                picture: photos.picture(name, part, session, blob).await?,
                added_at: piece.added_at,
                is_new: false,
            });
        }
        let first_sent = claimants.iter().map(|taken| taken.added_at).min().flatten();
        // A visit to a claim whose only photos are the merchant's: with what is recorded of them a look is asked for.
        let is_all_there_is =
            claimants.is_empty() && merchants.iter().all(|(_, taken)| !taken.is_new);
        let packing = merchants
            .iter()
            .filter(|(piece, _)| piece.file.kind == EvidenceKind::PackingPhoto)
            .map(|(_, taken)| taken);
        let references = self
            .references(&mut photos, found, packing, first_sent, others)
            .await?;
        let files = ClaimFiles {
            reuse,
            unread: photos.unread.clone(),
            ..ClaimFiles::default()
        };
        let mut inspected = Found::default();
        for round in rounds(claimants, on_the_spot) {
            self.inspect_round(&photos, &round, &references, &files, until, &mut inspected)
                .await?;
        }
        // The merchant's photos are looked at one by one: they show the item as it left, not as it came.
        for (_, taken) in merchants
            .into_iter()
            .filter(|(_, taken)| taken.is_new || is_all_there_is)
        {
            let one = ClaimFiles {
                photos: vec![taken.picture],
                ..files.clone()
            };
            inspected.take(
                self.inspect_together(&photos, one, until, true).await?,
                |_| true,
            );
        }
        let mut results = Vec::with_capacity(inspected.photos.len());
        for photo in inspected.photos {
            let Some(Reference::Evidence { evidence, .. }) = reference(&photo.photo.name) else {
                return Err(AppError::internal(
                    "an inspected photo without its evidence",
                ));
            };
            results.push(self.recorded(photos.key.key()?, evidence, photo, &mut side)?);
        }
        // The record names them in the order in which they came.
        let place = |photo: &InspectedPhoto| {
            let mut came = pieces.iter();
            came.position(|piece| piece.file.evidence == photo.evidence)
        };
        results.sort_by_key(place);
        // What nobody has looked at yet is looked at when the job is done again; what was looked at before keeps what was
        // found.
        let is_unfinished = pieces.iter().any(|piece| {
            piece.state == EvidenceState::Logged
                && inspected
                    .late
                    .contains(&reference_text(piece.file.evidence, case))
        });
        if is_unfinished {
            side.complete_job = None;
        }
        match self.record_inspection(case, claim, side, results).await {
            Err(error) if !is_unfinished || error.rule != "already_screened" => Err(error),
            _ if is_unfinished => Err(AppError::internal(
                "the time for the photos of a claim was over; the rest is looked at in a while",
            )),
            _ => Ok(()),
        }
    }

    /// Records what was found about the photos that a human has not set aside meanwhile.
    async fn record_inspection(
        &self,
        case: CaseId,
        claim: ClaimId,
        side: Side,
        results: Vec<InspectedPhoto>,
    ) -> Result<(), AppError> {
        let checks = format!(
            "{} {REUSE_CHECK}",
            aftercare_evidence::inspect::checks_version()
        );
        self.run(case, side, |state| {
            let photos: Vec<InspectedPhoto> = results
                .iter()
                .filter(|photo| {
                    let piece = state.evidence.get(&photo.evidence);
                    piece.is_some_and(Evidence::is_open_to_checks)
                })
                .cloned()
                .collect();
            if photos.is_empty() {
                // The look at what resembles a photo of the exchange's list is asked for with the record of the checks.
                return if is_look_to_come(state, claim) {
                    Err(AppError::internal(
                        "nothing was checked that a look could follow; it is done again in a while",
                    ))
                } else {
                    Ok(Vec::new())
                };
            }
            Ok(vec![Command::RecordInspection {
                claim,
                photos,
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

    /// Looks at the photos of a round: against what was there before them, then again those that only an earlier view
    /// contradicts, then each against what may have been made from it.
    async fn inspect_round(
        &self,
        photos: &Photos<'_>,
        round: &Round,
        references: &References,
        files: &ClaimFiles,
        until: Instant,
        found: &mut Found,
    ) -> Result<(), AppError> {
        let mut seen = Found::default();
        let together = |pictures: Vec<Picture>| ClaimFiles {
            photos: pictures,
            references: references.older.clone(),
            ..files.clone()
        };
        let first = together(round.pictures());
        let first = self.inspect_together(photos, first, until, true).await?;
        seen.take(first, |name| round.told.contains(name));
        for (pictures, names) in round.to_see_again(&seen.photos) {
            seen.photos
                .retain(|photo| !names.contains(&photo.photo.name));
            let again = together(pictures);
            let again = self.inspect_together(photos, again, until, true).await?;
            seen.take(again, |name| names.contains(name));
        }
        if !references.younger.is_empty() {
            for photo in &mut seen.photos {
                if photo.seen.is_none() {
                    continue;
                }
                let one = ClaimFiles {
                    photos: vec![photo.photo.clone()],
                    references: references.younger.clone(),
                    reuse: BTreeMap::new(),
                    unread: files.unread.clone(),
                };
                let beside = self.inspect_together(photos, one, until, false).await?;
                seen.late.extend(beside.late);
                for beside in beside.driven.inspection.photos {
                    let is_compared = !references.older.is_empty();
                    let (younger, foreign) = (&references.younger, &references.foreign);
                    add_younger(photo, beside, younger, foreign, is_compared);
                }
            }
        }
        // Of a file that cannot be read, where else it was sent is known all the same.
        for photo in seen.photos.iter_mut().filter(|one| one.seen.is_none()) {
            let known = files.reuse.get(&photo.photo.name).into_iter().flatten();
            let known =
                known.filter(|finding| !matches!(finding.code, Code::Clear | Code::LowQuality));
            photo.findings.splice(0..0, known.cloned());
        }
        let Found { mut photos, late } = seen;
        photos.retain(|photo| !late.contains(&photo.photo.name));
        found.photos.extend(photos);
        found.late.extend(late);
        Ok(())
    }

    /// What the claimant's photos are compared with: the listing of the product as it stood when the
    /// order was paid, the packing records of the order and the merchant's packing photos, and photos of other listings that one
    /// of them looks like. Of the last two, only what came before the claimant sent photos, and before the order
    /// was paid, is certain not to be made from one of them. Of pictures in a listing only those count so that the shop of the
    /// order keeps: from another one's a person may compare, and nothing more follows.
    async fn references(
        &self,
        photos: &mut Photos<'_>,
        claim: &Claim,
        packing: impl Iterator<Item = &Taken>,
        first_sent: Option<Timestamp>,
        mut others: Vec<ListingPhotoId>,
    ) -> Result<References, AppError> {
        let mut references = References::default();
        let order = self.store().order(claim.order).await?;
        let paid_at = order.as_ref().map(|order| order.paid_at);
        let shop = order.and_then(|order| order.shop);
        let own = self.listing_of_claim(claim).await?;
        for photo in own.iter().take(LISTING_PHOTOS_MAX) {
            let blob = Blob::Listing(photo.id, photo.blob.clone());
            let name = listing_text(photo.id);
            let part = (Role::Listing, Party::Merchant);
            let picture = photos.picture(name, part, None, blob).await?;
            if self.is_kept_by(photo.product, shop.as_deref()).await? {
                references.older.push(picture);
            } else {
                references.foreign.insert(picture.name.clone());
                references.younger.push(picture);
            }
        }
        let sent = packing.map(|taken| (taken.added_at, Packing::Sent(taken)));
        let recorded = self.packing_references(claim.order).await?;
        let recorded = recorded
            .iter()
            .map(|piece| (Some(piece.added_at), Packing::Recorded(piece)));
        let mut packing: Vec<_> = sent.chain(recorded).collect();
        packing.sort_by_key(|(added_at, _)| *added_at);
        for (added_at, packing) in latest(packing, PACKING_PHOTOS_MAX) {
            let picture = match packing {
                Packing::Sent(taken) => Picture {
                    role: Role::Packing,
                    ..taken.picture.clone()
                },
                Packing::Recorded(piece) => {
                    let blob = Blob::Packing(piece.blob.clone());
                    let part = (Role::Packing, Party::Merchant);
                    let name = packing_text(piece.id);
                    photos.picture(name, part, None, blob).await?
                }
            };
            match (added_at, first_sent) {
                (Some(packed), Some(sent)) if packed < sent => references.older.push(picture),
                _ => references.younger.push(picture),
            }
        }
        let mut seen = HashSet::new();
        others.retain(|id| own.iter().all(|photo| photo.id != *id) && seen.insert(*id));
        for id in others.into_iter().take(OTHER_LISTING_PHOTOS_MAX) {
            let Some(photo) = self.store().listing_photo(id).await? else {
                continue;
            };
            let blob = Blob::Listing(id, photo.blob);
            let part = (Role::Listing, Party::Merchant);
            let picture = photos.picture(listing_text(id), part, None, blob).await?;
            if !self.is_kept_by(photo.product, shop.as_deref()).await? {
                references.foreign.insert(picture.name.clone());
                references.younger.push(picture);
            } else if paid_at.is_some_and(|paid| photo.added_at <= paid) {
                // A product page of the same merchant.
                references.older.push(picture);
            } else {
                references.younger.push(picture);
            }
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
        until: Instant,
        overlays: bool,
    ) -> Result<Inspected, AppError> {
        let inspection = Inspection {
            files,
            wanted: Wanted {
                limits: aftercare_media::Limits::default(),
                preview: None,
                overlays,
                false_alarms: FalseAlarms::default(),
            },
            within: until.saturating_duration_since(Instant::now()),
            urgent: false,
        };
        let inspected = self.screener().inspect(inspection, photos).await?;
        let mut for_now = photos
            .for_now
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match for_now.take() {
            Some(error) => Err(error),
            None => Ok(inspected),
        }
    }

    /// Seals what was drawn and puts a photo's result into the words of the case.
    fn recorded(
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
                let name = Some(self.put_blob(sealed, side));
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
            size: photo.seen.as_ref().map(|seen| (seen.width, seen.height)),
            left_out: left_out(photo.seen.as_ref()),
            findings,
        })
    }
}

/// What of a photo's file was not looked at, as sentences.
pub(crate) fn left_out(seen: Option<&Seen>) -> Vec<Words> {
    let notes = seen.into_iter().flat_map(|seen| &seen.notes);
    notes
        .map(|note| {
            let (zh, en) = (note.zh(), note.en());
            Words::new(format!("{zh}。"), format!("{en}."))
        })
        .collect()
}

impl Found {
    /// Takes the answers in that are wanted and lack nothing.
    fn take(&mut self, inspected: Inspected, is_wanted: impl Fn(&str) -> bool) {
        let Inspected { driven, late } = inspected;
        let wanted = driven.inspection.photos.into_iter();
        let wanted = wanted.filter(|photo| is_wanted(&photo.photo.name));
        self.photos
            .extend(wanted.filter(|photo| !late.contains(&photo.photo.name)));
        self.late
            .extend(late.into_iter().filter(|name| is_wanted(name)));
    }
}

/// The photos that technicians took of the item of a claim, visit by visit. What was repaired or has new parts shows on them
/// as it is afterwards, which contradicts nobody.
fn seen_on_the_spot(case: &Case, claim: ClaimId) -> Vec<(WorkOrderId, &Evidence)> {
    let visits = case.work_orders.iter();
    visits
        .filter(|(_, order)| order.inspects == Some(claim) && left_as_it_was(order))
        .flat_map(|(id, order)| order.evidence.iter().map(|piece| (*id, piece)))
        .filter_map(|(id, piece)| Some((id, case.evidence.get(piece)?)))
        .filter(|(_, piece)| piece.party.is_none() && piece.is_open_to_checks())
        .filter(|(_, piece)| piece.file.kind != EvidenceKind::CustomerSignature)
        .collect()
}

/// Whether a visit changed nothing about the item for certain: parts of one that found a fault may be counted later.
fn left_as_it_was(order: &WorkOrder) -> bool {
    order.outcome == Some(WorkOutcome::NoFaultFound)
        && order.parts_taken.as_ref().is_none_or(BTreeMap::is_empty)
}

/// Whether it was taken later, because it was asked for: only such a view can contradict an earlier photo.
fn is_on_request(piece: &Evidence) -> bool {
    piece.answers.is_some() || piece.file.kind == EvidenceKind::ChallengePhoto
}

/// Whether a photo of a claim resembles one that was judged forged elsewhere, and nobody was asked to look yet.
fn is_look_to_come(case: &Case, id: ClaimId) -> bool {
    let open = case
        .claims
        .get(&id)
        .is_some_and(|claim| claim.state.takes_evidence() && !claim.awaits_look());
    open && case.unseen_elsewhere(id).next().is_some()
}

/// The claim's evidence that a human has not set aside and that is still there.
fn standing<'a>(case: &'a Case, claim: &Claim) -> Vec<&'a Evidence> {
    claim
        .evidence
        .iter()
        .filter_map(|id| case.evidence.get(id))
        .filter(|piece| piece.is_open_to_checks())
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
    if let Some(piece) = packing_of(text) {
        return Some(Reference::Packing { piece });
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
