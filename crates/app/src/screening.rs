//! Was a photo used before? Every fingerprint of a tenant is in memory and knows where it comes from.

use crate::app::App;
use crate::error::AppError;
use crate::limits::NEAR_DISTANCE_MAX;
use aftercare_domain::ids::{CaseId, EvidenceId, ListingPhotoId, TenantId};
use aftercare_evidence::{
    Fingerprint, Relation, ReuseEvidence, ReuseIndex, ReuseMatch, reuse, reuse_findings,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Name and version of the check; bumped when a threshold or its code changes.
pub(crate) const REUSE_CHECK: &str = "reuse/2 (pdq 31/50, keypoints)";

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
        order: Option<aftercare_domain::ids::OrderId>,
        /// Its place among the photos of the tenant, in the order they came.
        place: u64,
    },
    Listing,
}

impl TenantIndex {
    /// Adds a photo of a case, which came later than all that were added before.
    pub fn add_evidence(
        &mut self,
        row: &aftercare_store::rows::FingerprintRow,
        fingerprint: &Fingerprint,
    ) -> Result<(), AppError> {
        let key = row.evidence.0.as_u128();
        self.index
            .insert(key, fingerprint)
            .map_err(|error| AppError::internal(error.to_string()))?;
        self.known.insert(
            key,
            Known::Evidence {
                case: row.case,
                order: row.order,
                place: self.added,
            },
        );
        self.added += 1;
        Ok(())
    }

    fn knows(&self, evidence: EvidenceId) -> bool {
        self.known.contains_key(&evidence.0.as_u128())
    }

    /// Adds a listing photo.
    pub fn add_listing(
        &mut self,
        photo: ListingPhotoId,
        fingerprint: &Fingerprint,
    ) -> Result<(), AppError> {
        let key = photo.0.as_u128();
        self.index
            .insert(key, fingerprint)
            .map_err(|error| AppError::internal(error.to_string()))?;
        self.known.insert(key, Known::Listing);
        Ok(())
    }

    /// Forgets a photo.
    pub fn remove(&mut self, key: u128) {
        self.index.remove(key);
        self.known.remove(&key);
    }
}

/// What is known about a photo from earlier ones.
pub(crate) struct Reuse {
    /// As the fingerprints say.
    pub(crate) findings: Vec<aftercare_evidence::Finding>,
    /// Listing photos that it looks like.
    pub(crate) listings: Vec<ListingPhotoId>,
}

impl App {
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
                let fingerprint = self.open_fingerprint(tenant, row.evidence, &row.sealed)?;
                index.add_evidence(&row, &fingerprint)?;
            }
        }
        Ok(())
    }

    /// What is known about a photo of a claim from earlier photos of other claims, and the listing
    /// photos that it looks like, the nearest first. Later photos say nothing about it: whoever copies
    /// a photo must not make its first sender look like the copy.
    ///
    /// # Errors
    /// What the store says; a photo that is gone is an internal error.
    pub(crate) async fn reuse_of(
        &self,
        tenant: TenantId,
        evidence: EvidenceId,
        of_claim: &[EvidenceId],
    ) -> Result<Reuse, AppError> {
        let row = self
            .store()
            .fingerprint(evidence)
            .await?
            .ok_or_else(|| AppError::internal("a photo without a fingerprint"))?;
        let blob = self
            .store()
            .evidence_blob(evidence)
            .await?
            .ok_or_else(|| AppError::internal("a photo without its row"))?;
        let fingerprint = self.open_fingerprint(tenant, evidence, &row.sealed)?;
        let matches = {
            let mut indexes = self.indexes().lock().await;
            let index = indexes.entry(tenant).or_default();
            let mut matches = Vec::new();
            for other in self
                .store()
                .evidence_by_index(tenant, &blob.exact_index)
                .await?
            {
                let key = other.evidence.0.as_u128();
                let Some((reference, relation)) = index.earlier(&row, of_claim, key) else {
                    continue;
                };
                matches.push(ReuseMatch {
                    reference,
                    relation,
                    evidence: ReuseEvidence::SameBytes,
                });
            }
            for found in index.index.search(&fingerprint, NEAR_DISTANCE_MAX) {
                let Some((reference, relation)) = index.earlier(&row, of_claim, found.key) else {
                    continue;
                };
                if matches.iter().any(|found| found.reference == reference) {
                    continue;
                }
                matches.push(ReuseMatch {
                    reference,
                    relation,
                    evidence: ReuseEvidence::from(found),
                });
            }
            // Copies that were cropped, turned or framed: few candidates, each checked keypoint by keypoint.
            let searched = fingerprint.local.features();
            for candidate in index.index.candidates(&fingerprint) {
                let Some((reference, relation)) = index.earlier(&row, of_claim, candidate.key)
                else {
                    continue;
                };
                if matches.iter().any(|found| found.reference == reference) {
                    continue;
                }
                let Some(other) = self
                    .stored_fingerprint(tenant, candidate.key, relation)
                    .await?
                else {
                    continue;
                };
                let other = other.local.features();
                if let Some(found) = reuse::verify_side(&searched, &other, candidate.mirrored) {
                    matches.push(ReuseMatch {
                        reference,
                        relation,
                        evidence: ReuseEvidence::from(found),
                    });
                }
            }
            matches
        };
        let findings = reuse_findings(&fingerprint, &matches);
        let listings = findings
            .iter()
            .filter_map(|finding| finding.reference.as_deref())
            .filter_map(crate::inspection::listing_of)
            .collect();
        Ok(Reuse { findings, listings })
    }
}

impl TenantIndex {
    /// How a finding about the photo of `row` names the photo with this key, and what the two have to do with each
    /// other; `None` for a photo of a claim that came later, and for the photos of the same claim.
    fn earlier(
        &self,
        row: &aftercare_store::rows::FingerprintRow,
        of_claim: &[EvidenceId],
        key: u128,
    ) -> Option<(String, Relation)> {
        let id = Uuid::from_u128(key);
        match self.known.get(&key)? {
            Known::Evidence { case, order, place } => {
                let own = match self.known.get(&row.evidence.0.as_u128()) {
                    Some(Known::Evidence { place, .. }) => *place,
                    _ => self.added,
                };
                let evidence = EvidenceId(id);
                (*place < own && !of_claim.contains(&evidence)).then(|| {
                    (
                        reference_text(evidence, *case),
                        relation(row, *case, *order),
                    )
                })
            }
            Known::Listing => {
                let photo = ListingPhotoId(id);
                Some((
                    crate::inspection::listing_text(photo),
                    Relation::ListingPhoto,
                ))
            }
        }
    }
}

impl App {
    /// The whole fingerprint of a photo of the index; `None` when it was deleted a moment ago.
    async fn stored_fingerprint(
        &self,
        tenant: TenantId,
        key: u128,
        relation: Relation,
    ) -> Result<Option<Fingerprint>, AppError> {
        let id = Uuid::from_u128(key);
        if relation == Relation::ListingPhoto {
            let Some(photo) = self.store().listing_photo(ListingPhotoId(id)).await? else {
                return Ok(None);
            };
            return Fingerprint::from_bytes(&photo.fingerprint)
                .map(Some)
                .map_err(|error| {
                    AppError::internal(format!("fingerprint of listing photo {id}: {error}"))
                });
        }
        let Some(row) = self.store().fingerprint(EvidenceId(id)).await? else {
            return Ok(None);
        };
        self.open_fingerprint(tenant, row.evidence, &row.sealed)
            .map(Some)
    }
}

/// A photo that was used before for the same order is no accusation, whichever case it came with: an
/// order has one buyer, and its refunds are capped by what was paid.
fn relation(
    row: &aftercare_store::rows::FingerprintRow,
    case: CaseId,
    order: Option<aftercare_domain::ids::OrderId>,
) -> Relation {
    let same_order = row.order.is_some() && row.order == order;
    if row.case == case || same_order {
        Relation::SameOrderSamePerson
    } else {
        Relation::OtherClaim
    }
}

pub(crate) fn reference_text(evidence: EvidenceId, case: CaseId) -> String {
    format!("{evidence}@{case}")
}
