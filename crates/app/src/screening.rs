//! Was a photo used before? Every fingerprint of a tenant is in memory and knows where it comes from.

use crate::app::App;
use crate::error::AppError;
use crate::fingerprints::Broken;
use crate::limits::{ALIKE_PHOTOS_MAX, FINGERPRINT_DAYS, NEAR_DISTANCE_MAX};
use crate::senders::{By, Says, Sent, says, softened};
use aftercare_domain::Timestamp;
use aftercare_domain::event::AlikePhoto;
use aftercare_domain::ids::{CaseId, EvidenceId, ListingPhotoId, PersonId, TenantId};
use aftercare_domain::time::DAY_MS;
use aftercare_evidence::{
    Fingerprint, Relation, ReuseEvidence, ReuseIndex, ReuseMatch, reuse, reuse_findings,
};
use aftercare_store::rows::EvidenceBlobRow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// Name and version of the check; bumped when a threshold or its code changes.
pub(crate) const REUSE_CHECK: &str = "reuse/3 (pdq 31/50, keypoints, by sender)";

/// Fingerprints of one tenant in memory, and where each comes from.
#[derive(Default)]
pub struct TenantIndex {
    index: ReuseIndex,
    known: HashMap<u128, Known>,
    /// How many photos of cases were ever added: the place of the next one.
    added: u64,
}

#[derive(Clone, Copy)]
enum Known {
    Evidence {
        case: CaseId,
        person: PersonId,
        /// Its place among the photos of the tenant, in the order they came.
        place: u64,
        expires_at: Timestamp,
    },
    Listing {
        added_at: Timestamp,
    },
}

impl TenantIndex {
    /// Adds a photo of a case, which came later than all that were added before.
    pub fn add_evidence(
        &mut self,
        row: &aftercare_store::rows::FingerprintRow,
        fingerprint: &Fingerprint,
    ) -> Result<(), AppError> {
        self.index
            .insert(row.evidence.0.as_u128(), fingerprint)
            .map_err(|error| AppError::internal(error.to_string()))?;
        self.keep_place(row);
        Ok(())
    }

    /// Gives a photo of a case its place after all that were added before, also while its fingerprint cannot be read.
    pub(crate) fn keep_place(&mut self, row: &aftercare_store::rows::FingerprintRow) {
        self.know(row, self.added);
        self.added += 1;
    }

    /// Takes a fingerprint in that was made again: the photo came when it came.
    pub(crate) fn mend(
        &mut self,
        row: &aftercare_store::rows::FingerprintRow,
        fingerprint: &Fingerprint,
    ) -> Result<(), AppError> {
        let key = row.evidence.0.as_u128();
        let place = match self.known.get(&key) {
            Some(Known::Evidence { place, .. }) => *place,
            // Ids sort by the time they were made: where the first one after it stands.
            _ => {
                let later = self.known.iter().filter(|(other, _)| **other > key);
                later
                    .filter_map(|(_, known)| match known {
                        Known::Evidence { place, .. } => Some(*place),
                        Known::Listing { .. } => None,
                    })
                    .min()
                    .unwrap_or(self.added)
            }
        };
        self.index
            .insert(key, fingerprint)
            .map_err(|error| AppError::internal(error.to_string()))?;
        self.know(row, place);
        self.added = self.added.max(place + 1);
        Ok(())
    }

    fn know(&mut self, row: &aftercare_store::rows::FingerprintRow, place: u64) {
        self.known.insert(
            row.evidence.0.as_u128(),
            Known::Evidence {
                case: row.case,
                person: row.person,
                place,
                expires_at: row.expires_at,
            },
        );
    }

    /// Forgets the photos whose time is over.
    pub(crate) fn forget_expired(&mut self, now: Timestamp) {
        self.forget(
            |known| matches!(known, Known::Evidence { expires_at, .. } if *expires_at <= now),
        );
    }

    /// Forgets the photos of a case.
    pub(crate) fn forget_case(&mut self, of: CaseId) {
        self.forget(|known| matches!(known, Known::Evidence { case, .. } if *case == of));
    }

    /// Forgets the photos of a person's cases.
    pub(crate) fn forget_person(&mut self, of: PersonId) {
        self.forget(|known| matches!(known, Known::Evidence { person, .. } if *person == of));
    }

    fn forget(&mut self, whose: impl Fn(&Known) -> bool) {
        let keys = self.known.iter().filter(|(_, known)| whose(known));
        let keys: Vec<u128> = keys.map(|(key, _)| *key).collect();
        for key in keys {
            self.index.remove(key);
            self.known.remove(&key);
        }
    }

    fn knows(&self, evidence: EvidenceId) -> bool {
        self.known.contains_key(&evidence.0.as_u128())
    }

    /// Adds a listing photo that is there since then.
    pub fn add_listing(
        &mut self,
        photo: ListingPhotoId,
        fingerprint: &Fingerprint,
        added_at: Timestamp,
    ) -> Result<(), AppError> {
        let key = photo.0.as_u128();
        self.index
            .insert(key, fingerprint)
            .map_err(|error| AppError::internal(error.to_string()))?;
        self.known.insert(key, Known::Listing { added_at });
        Ok(())
    }
}

/// What is known about a photo from earlier ones.
#[derive(Default)]
pub(crate) struct Reuse {
    /// As the fingerprints say.
    pub(crate) findings: Vec<aftercare_evidence::Finding>,
    /// Listing photos that it looks like.
    pub(crate) listings: Vec<ListingPhotoId>,
}

/// Cases of which photos were committed and are not in the index yet: whoever sent them may be gone before that.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unlearned(Arc<Mutex<Vec<(TenantId, CaseId)>>>);

impl Unlearned {
    fn cases(&self) -> MutexGuard<'_, Vec<(TenantId, CaseId)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a case, when it is called.
    pub(crate) fn noting(&self, tenant: TenantId, case: CaseId) -> impl FnOnce() + Send + use<> {
        let all = self.clone();
        move || all.cases().push((tenant, case))
    }

    /// Once they are in the index.
    pub(crate) fn learned(&self, tenant: TenantId, case: CaseId) {
        let mut cases = self.cases();
        let place = cases.iter().position(|known| *known == (tenant, case));
        if let Some(place) = place {
            cases.swap_remove(place);
        }
    }

    fn next(&self) -> Option<(TenantId, CaseId)> {
        self.cases().first().copied()
    }
}

impl App {
    /// Learns photos that were committed and that nobody put into the index.
    ///
    /// # Errors
    /// What the store or the vault says.
    pub(crate) async fn learn_left(&self) -> Result<(), AppError> {
        self.learn_left_before(None).await
    }

    /// Learns those that were committed before a case: which of two photos is the earlier one is told by the order in which they
    /// are learned, and nobody whose photo was copied may look like who copied it.
    ///
    /// # Errors
    /// What the store or the vault says.
    pub(crate) async fn learn_left_before(
        &self,
        own: Option<(TenantId, CaseId)>,
    ) -> Result<(), AppError> {
        while let Some((tenant, case)) = self.unlearned().next().filter(|left| own != Some(*left)) {
            let learned = self.learn_photos(tenant, case).await;
            // What cannot be read is told, and keeps nobody else waiting.
            self.unlearned().learned(tenant, case);
            learned?;
        }
        Ok(())
    }

    /// Puts the fingerprints of photos that were just committed into the index: photos of repairs and
    /// of claims alike are earlier photos for the next claim.
    pub(crate) async fn remember(
        &self,
        rows: &[aftercare_store::rows::FingerprintRow],
    ) -> Result<(), AppError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut indexes = self.indexes().lock().await;
        for row in rows {
            let index = indexes.entry(row.tenant).or_default();
            // A worker that was faster has learned it already.
            if !index.knows(row.evidence) {
                let fingerprint = self.open_fingerprint(row.tenant, row.evidence, &row.sealed)?;
                index.add_evidence(row, &fingerprint)?;
            }
        }
        Ok(())
    }

    /// Learns the photos of a case that another process took in.
    ///
    /// # Errors
    /// What the store or the vault says.
    pub(crate) async fn learn_photos(
        &self,
        tenant: TenantId,
        case: CaseId,
    ) -> Result<(), AppError> {
        for piece in self.store().evidence_of_case(case).await? {
            let mut indexes = self.indexes().lock().await;
            let index = indexes.entry(tenant).or_default();
            if index.knows(piece.evidence) {
                continue;
            }
            let row = self.store().fingerprint(piece.evidence).await?;
            if let Some(row) = row.filter(|row| row.expires_at > self.now()) {
                let opened = self.open_fingerprint(tenant, row.evidence, &row.sealed);
                if let Err(error) = opened.and_then(|print| index.add_evidence(&row, &print)) {
                    index.keep_place(&row);
                    self.note_broken(Broken::Evidence(row.evidence), &error)
                        .await;
                }
            }
        }
        Ok(())
    }

    /// What is known about a photo of a claim from earlier photos, and the listing photos that it looks like, the nearest
    /// first. Later photos say nothing about it: whoever copies a photo must not make its first sender look like the
    /// copy. What a likeness says depends on who sent the two ([`says`]); a technician's photo is not asked about.
    ///
    /// # Errors
    /// What the store says; a photo that is gone is an internal error.
    pub(crate) async fn reuse_of(
        &self,
        tenant: TenantId,
        evidence: EvidenceId,
        of_claim: &[EvidenceId],
    ) -> Result<Reuse, AppError> {
        let blob = self
            .store()
            .evidence_blob(evidence)
            .await?
            .filter(|blob| blob.tenant == tenant)
            .ok_or_else(|| AppError::internal("a photo without its row"))?;
        let fingerprint = self.fingerprint_of(&blob).await?;
        let fingerprint = fingerprint.map(|(_, fingerprint)| fingerprint);
        // Of a photo whose time is over nothing is kept that could be searched for.
        let Some(photo) = self.sender_of(&blob).await? else {
            return Ok(Reuse::default());
        };
        if photo.by == By::Technician {
            return Ok(Reuse::default());
        }
        let phone = self.phone_of(photo.person).await?;
        let alike = self
            .alike_earlier(&blob, fingerprint.as_ref(), of_claim)
            .await?;
        let mut found = Alike::default();
        // Pages first: whose they are says what the other claims say.
        if let (By::Claimant, Some(fingerprint)) = (photo.by, &fingerprint) {
            self.sort_in_listings(&photo, fingerprint, &alike, &mut found)
                .await?;
        }
        for (place, evidence) in alike {
            let Earlier::Evidence(id, case) = place else {
                continue;
            };
            // One that was deleted a moment ago says nothing any more.
            let Some(blob) = self.store().evidence_blob(id).await? else {
                continue;
            };
            let Some(mut earlier) = self.sender_of(&blob).await? else {
                continue;
            };
            // Every case writes its person down anew; the telephone number says who it is.
            if phone.is_some() && phone == self.phone_of(earlier.person).await? {
                earlier.person = photo.person;
            }
            found.sort_in(&photo, earlier, reference_text(id, case), evidence);
        }
        // Without one only equal bytes were looked for; a plain picture is one that nothing is like.
        let fingerprint = match fingerprint {
            Some(fingerprint) => fingerprint,
            None => Fingerprint::of_rgb(&[0; 3 * 64 * 64], 64, 64)
                .map_err(|error| AppError::internal(error.to_string()))?,
        };
        Ok(found.told(&fingerprint, &photo))
    }

    /// Sorts the listing photos in that a claimant's photo is like: those of the shop of its order, and those of other pages.
    async fn sort_in_listings(
        &self,
        photo: &Sent,
        fingerprint: &Fingerprint,
        alike: &[(Earlier, ReuseEvidence)],
        found: &mut Alike,
    ) -> Result<(), AppError> {
        let order = match photo.order {
            Some(order) => self.store().order(order).await?,
            None => None,
        };
        let shop = order.and_then(|order| order.shop);
        for &(place, evidence) in alike {
            let Earlier::Listing(id) = place else {
                continue;
            };
            let Some(listing) = self.store().listing_photo(id).await? else {
                continue;
            };
            let one = ReuseMatch {
                reference: crate::inspection::listing_text(id),
                relation: Relation::ListingPhoto,
                evidence,
            };
            if self.is_kept_by(listing.product, shop.as_deref()).await? {
                found.firm.push(one);
                continue;
            }
            // What is too far off to be told of says nothing about other claims either.
            let told = reuse_findings(fingerprint, std::slice::from_ref(&one));
            if told.iter().any(|finding| finding.reference.is_some()) {
                found.elsewhere.push(id);
            }
        }
        Ok(())
    }

    /// Earlier photos that one is like, equal files first, and how: those of `beside` are not asked about.
    ///
    /// # Errors
    /// What the store or the vault says.
    async fn alike_earlier(
        &self,
        blob: &EvidenceBlobRow,
        fingerprint: Option<&Fingerprint>,
        beside: &[EvidenceId],
    ) -> Result<Vec<(Earlier, ReuseEvidence)>, AppError> {
        let (tenant, evidence, now) = (blob.tenant, blob.evidence, self.now());
        let own = Came {
            evidence,
            at: blob.created_at,
        };
        let mut indexes = self.indexes().lock().await;
        let index = indexes.entry(tenant).or_default();
        let mut alike = Vec::<(u128, ReuseEvidence)>::new();
        // Clips that are not read have no fingerprint, and are found by their bytes alone.
        let mut unlisted = HashMap::new();
        for other in self
            .store()
            .evidence_by_index(tenant, &blob.exact_index)
            .await?
        {
            let key = other.evidence.0.as_u128();
            alike.push((key, ReuseEvidence::SameBytes));
            if !(index.knows(evidence) && index.knows(other.evidence)) {
                unlisted.insert(key, other);
            }
        }
        if let Some(fingerprint) = fingerprint {
            for found in index.index.search(fingerprint, NEAR_DISTANCE_MAX) {
                if alike.iter().all(|(key, _)| *key != found.key) {
                    alike.push((found.key, ReuseEvidence::from(found)));
                }
            }
            // Copies that were cropped, turned by any angle or framed: few candidates, each checked keypoint by keypoint.
            let searched = fingerprint.local.features();
            for candidate in index.index.candidates(fingerprint) {
                if alike.iter().any(|(key, _)| *key == candidate.key) {
                    continue;
                }
                let Some(place) = index.earlier(&own, beside, candidate.key, now) else {
                    continue;
                };
                let Some(other) = self.stored_fingerprint(tenant, place).await? else {
                    continue;
                };
                let other = other.local.features();
                if let Some(found) = reuse::verify_side(&searched, &other, candidate.mirrored) {
                    alike.push((candidate.key, ReuseEvidence::from(found)));
                }
            }
        }
        let earlier = |key: u128| match unlisted.get(&key) {
            Some(other) => own.after(other, beside, now),
            None => index.earlier(&own, beside, key, now),
        };
        Ok(alike
            .into_iter()
            .filter_map(|(key, found)| Some((earlier(key)?, found)))
            .take(ALIKE_PHOTOS_MAX)
            .collect())
    }

    /// What a photo is like, whenever the other came: listing photos, and photos of cases but for `own`, whose it is.
    ///
    /// # Errors
    /// What the store or the vault says.
    pub(crate) async fn alike_ever(
        &self,
        tenant: TenantId,
        own: Option<CaseId>,
        fingerprint: &Fingerprint,
    ) -> Result<AlikeEver, AppError> {
        let now = self.now();
        let mut indexes = self.indexes().lock().await;
        let index = indexes.entry(tenant).or_default();
        let mut keys: Vec<u128> = index
            .index
            .search(fingerprint, NEAR_DISTANCE_MAX)
            .into_iter()
            .map(|found| found.key)
            .collect();
        let searched = fingerprint.local.features();
        for candidate in index.index.candidates(fingerprint) {
            if keys.contains(&candidate.key) {
                continue;
            }
            let Some(place) = index.whenever(candidate.key, now) else {
                continue;
            };
            let Some(other) = self.stored_fingerprint(tenant, place).await? else {
                continue;
            };
            let other = other.local.features();
            if reuse::verify_side(&searched, &other, candidate.mirrored).is_some() {
                keys.push(candidate.key);
            }
        }
        let mut alike = AlikeEver::default();
        for place in keys.iter().filter_map(|key| index.whenever(*key, now)) {
            match place {
                Earlier::Listing(_) => alike.listing = true,
                Earlier::Evidence(_, case) if Some(case) == own => {}
                Earlier::Evidence(evidence, case) if alike.pieces.len() < ALIKE_PHOTOS_MAX => {
                    alike.pieces.push((evidence, case));
                }
                Earlier::Evidence(..) => {}
            }
        }
        Ok(alike)
    }

    /// The earlier photo that a technician's photo of finished work on a case is like: the same file, whoever sent it, or
    /// almost the same picture by a technician on another case. What is photographed at one customer's looks alike, and says
    /// nothing; `beside` are the photos that came with it.
    ///
    /// # Errors
    /// What the store says; a photo that is gone is an internal error.
    pub(crate) async fn seen_before(
        &self,
        tenant: TenantId,
        case: CaseId,
        evidence: EvidenceId,
        beside: &[EvidenceId],
    ) -> Result<Option<AlikePhoto>, AppError> {
        let blob = self.store().evidence_blob(evidence).await?;
        let blob = blob.filter(|blob| blob.tenant == tenant);
        let blob = blob.ok_or_else(|| AppError::internal("a photo without its row"))?;
        let fingerprint = self.fingerprint_of(&blob).await?;
        let fingerprint = fingerprint.map(|(_, fingerprint)| fingerprint);
        if self.sender_of(&blob).await?.is_none() {
            return Ok(None);
        }
        let alike = self
            .alike_earlier(&blob, fingerprint.as_ref(), beside)
            .await?;
        for (place, found) in alike {
            let Earlier::Evidence(earlier, other_case) = place else {
                continue;
            };
            let Some(row) = self.store().evidence_blob(earlier).await? else {
                continue;
            };
            let Some(sent) = self.sender_of(&row).await? else {
                continue;
            };
            let same_file = found == ReuseEvidence::SameBytes;
            let elsewhere = sent.by == By::Technician && other_case != case;
            if same_file || elsewhere {
                return Ok(Some(AlikePhoto {
                    evidence,
                    earlier,
                    case: other_case,
                    same_file,
                }));
            }
        }
        Ok(None)
    }

    /// Who sent a photo, and for what; `None` when its time is over or its person was shredded, so that nothing is to be
    /// found by it any more.
    async fn sender_of(&self, blob: &EvidenceBlobRow) -> Result<Option<Sent>, AppError> {
        if expires_at(blob) <= self.now() {
            return Ok(None);
        }
        let (person, order) = match self.store().fingerprint(blob.evidence).await? {
            Some(row) => (row.person, row.order),
            None => self.sent_for(blob).await?,
        };
        let row = self.store().person(person).await?;
        Ok(row.filter(|row| row.shredded_at.is_none()).map(|_| Sent {
            by: By::named(&blob.party),
            person,
            case: blob.case,
            order,
            with_claim: blob.claim.is_some(),
        }))
    }
}

/// What a photo is like, whenever the others came.
#[derive(Default)]
pub(crate) struct AlikeEver {
    /// Whether a listing photo is.
    pub(crate) listing: bool,
    /// Photos of other cases.
    pub(crate) pieces: Vec<(EvidenceId, CaseId)>,
}

/// Earlier photos that one is like, by what that says.
#[derive(Default)]
struct Alike {
    /// What the comparison says as it is.
    firm: Vec<ReuseMatch>,
    /// What must be said in other words: the match, and the earlier photo.
    soft: Vec<(ReuseMatch, Says, Sent)>,
    /// Listing photos of pages that the shop of the order does not keep: they excuse nothing, as that shop's own do, and bear no
    /// accusation either.
    elsewhere: Vec<ListingPhotoId>,
}

impl Alike {
    fn sort_in(&mut self, photo: &Sent, earlier: Sent, reference: String, evidence: ReuseEvidence) {
        let says = says(photo, &earlier, evidence == ReuseEvidence::SameBytes);
        let of = |relation| ReuseMatch {
            reference,
            relation,
            evidence,
        };
        match says {
            Says::Nothing => {}
            Says::Repeated => self.firm.push(of(Relation::SameOrderSamePerson)),
            Says::Reused if self.elsewhere.is_empty() => self.firm.push(of(Relation::OtherClaim)),
            Says::Reused => {
                let says = Says::SavedElsewhere;
                self.soft.push((of(Relation::OtherClaim), says, earlier));
            }
            Says::Quoted | Says::Look | Says::SavedElsewhere => {
                self.soft.push((of(Relation::OtherClaim), says, earlier));
            }
        }
    }

    fn told(self, fingerprint: &Fingerprint, photo: &Sent) -> Reuse {
        let mut findings = reuse_findings(fingerprint, &self.firm);
        let mut listings: Vec<ListingPhotoId> = findings
            .iter()
            .filter_map(|finding| finding.reference.as_deref())
            .filter_map(crate::inspection::listing_of)
            .collect();
        // A photo that is in the listing says nothing about others that show it too: anybody may have saved it.
        if listings.is_empty() {
            let matches: Vec<ReuseMatch> = self.soft.iter().map(|(one, ..)| one.clone()).collect();
            for found in reuse_findings(fingerprint, &matches) {
                let of = self
                    .soft
                    .iter()
                    .find(|(one, ..)| Some(&one.reference) == found.reference.as_ref());
                if let Some((_, says, earlier)) = of {
                    findings.push(softened(found, *says, photo, earlier));
                }
            }
        }
        listings.extend(self.elsewhere);
        Reuse { findings, listings }
    }
}

/// The photo that others are looked for, and when it came.
struct Came {
    evidence: EvidenceId,
    at: Timestamp,
}

impl Came {
    /// The same file that came before, where no fingerprint says so; as [`TenantIndex::earlier`].
    fn after(
        &self,
        other: &EvidenceBlobRow,
        of_claim: &[EvidenceId],
        now: Timestamp,
    ) -> Option<Earlier> {
        let came_before = (other.created_at, other.evidence) < (self.at, self.evidence);
        (came_before && expires_at(other) > now && !of_claim.contains(&other.evidence))
            .then_some(Earlier::Evidence(other.evidence, other.case))
    }
}

/// When a photo is no longer searched for.
fn expires_at(blob: &EvidenceBlobRow) -> Timestamp {
    blob.created_at.plus_ms(FINGERPRINT_DAYS * DAY_MS)
}

/// An earlier photo.
#[derive(Clone, Copy)]
enum Earlier {
    Evidence(EvidenceId, CaseId),
    Listing(ListingPhotoId),
}

impl TenantIndex {
    /// The photo with this key, whenever it came; `None` once its time is over.
    fn whenever(&self, key: u128, now: Timestamp) -> Option<Earlier> {
        let id = Uuid::from_u128(key);
        match self.known.get(&key)? {
            Known::Evidence { expires_at, .. } if *expires_at <= now => None,
            Known::Evidence { case, .. } => Some(Earlier::Evidence(EvidenceId(id), *case)),
            Known::Listing { .. } => Some(Earlier::Listing(ListingPhotoId(id))),
        }
    }

    /// The photo with this key; `None` for one that came later than `photo`, in a case or in a listing, or whose time is over,
    /// and for photos of the same claim.
    fn earlier(
        &self,
        photo: &Came,
        of_claim: &[EvidenceId],
        key: u128,
        now: Timestamp,
    ) -> Option<Earlier> {
        let id = Uuid::from_u128(key);
        match self.known.get(&key)? {
            Known::Evidence { expires_at, .. } if *expires_at <= now => None,
            Known::Evidence { case, place, .. } => {
                let own = match self.known.get(&photo.evidence.0.as_u128()) {
                    Some(Known::Evidence { place, .. }) => *place,
                    _ => self.added,
                };
                let evidence = EvidenceId(id);
                (*place < own && !of_claim.contains(&evidence))
                    .then_some(Earlier::Evidence(evidence, *case))
            }
            // Whoever puts a buyer's photo into a listing afterwards has not shown it before.
            Known::Listing { added_at } => {
                (*added_at < photo.at).then_some(Earlier::Listing(ListingPhotoId(id)))
            }
        }
    }
}

impl App {
    /// The keyed index of a person's telephone number; `None` for who was shredded.
    pub(crate) async fn phone_of(&self, person: PersonId) -> Result<Option<[u8; 16]>, AppError> {
        let row = self.store().person(person).await?;
        Ok(row.and_then(|row| row.phone_index))
    }

    /// The whole fingerprint of a photo of the index; `None` when it was deleted a moment ago.
    async fn stored_fingerprint(
        &self,
        tenant: TenantId,
        place: Earlier,
    ) -> Result<Option<Fingerprint>, AppError> {
        let evidence = match place {
            Earlier::Evidence(evidence, _) => evidence,
            Earlier::Listing(id) => {
                let Some(photo) = self.store().listing_photo(id).await? else {
                    return Ok(None);
                };
                return crate::fingerprints::listing_fingerprint(&photo).map(Some);
            }
        };
        let Some(row) = self.store().fingerprint(evidence).await? else {
            return Ok(None);
        };
        match self.open_fingerprint(tenant, row.evidence, &row.sealed) {
            Ok(print) => Ok(Some(print)),
            // One bad row keeps no other photo from being checked.
            Err(error) => {
                self.note_broken(Broken::Evidence(evidence), &error).await;
                Ok(None)
            }
        }
    }
}

pub(crate) fn reference_text(evidence: EvidenceId, case: CaseId) -> String {
    format!("{evidence}@{case}")
}
