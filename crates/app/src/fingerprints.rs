//! Fingerprints of photos: read into memory at the start, made again from the photos where a row is missing, broken or of
//! an earlier version, and forgotten when their time is over.

use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::limits::{
    FINGERPRINT_DAYS, FINGERPRINTS_PER_READ, MENDED_PER_TURN, PAGE_ROWS_MAX, PRUNED_AT_ONCE,
};
use crate::opening::CaseReader;
use crate::screening::TenantIndex;
use aftercare_domain::audit::ReadPurpose;
use aftercare_domain::ids::{EvidenceId, ListingPhotoId, OrderId, PersonId, TenantId};
use aftercare_domain::time::DAY_MS;
use aftercare_evidence::Fingerprint;
use aftercare_evidence::child::ScreenPhoto;
use aftercare_store::rows::{EvidenceBlobRow, FingerprintRow, ListingPhotoRow};
use aftercare_store::{CaseFilter, Cursor, Write};
use std::collections::{BTreeSet, HashMap};

/// Whose fingerprint cannot be used as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Broken {
    Evidence(EvidenceId),
    Listing(TenantId, ListingPhotoId),
}

/// What came of making fingerprints again.
#[derive(Clone, Debug, Default)]
pub struct Reindexed {
    /// Photos that were looked at.
    pub photos: u64,
    /// Whose fingerprint was made again.
    pub made: u64,
    /// Photos that cannot be read: what they are called, and why.
    pub unreadable: Vec<(String, AppError)>,
    /// Where to go on.
    pub next: Option<Cursor>,
}

/// How a photo fared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fared {
    Made,
    AsItWas,
}

impl App {
    /// Reads the fingerprints of every tenant into memory, in place of those that are there. One that cannot be read
    /// is told and made again from its photo later: it must not keep everybody else from working.
    pub(crate) async fn load_fingerprints(&self) -> Result<(), AppError> {
        let mut loaded = HashMap::<TenantId, TenantIndex>::new();
        let mut broken = BTreeSet::new();
        let mut indexes = self.indexes().lock().await;
        let now = self.now();
        for tenant in self.store().tenants().await? {
            let index = loaded.entry(tenant.id).or_default();
            // Ids sort by the time they were made, so photos are added in the order they came.
            let mut after = None;
            loop {
                let rows = self
                    .store()
                    .fingerprints(tenant.id, after, FINGERPRINTS_PER_READ)
                    .await?;
                let Some(last) = rows.last() else {
                    break;
                };
                after = Some(last.evidence);
                for row in rows.iter().filter(|row| row.expires_at > now) {
                    let opened = self.open_fingerprint(tenant.id, row.evidence, &row.sealed);
                    if let Err(error) = opened.and_then(|print| index.add_evidence(row, &print)) {
                        index.keep_place(row);
                        broken.insert(Broken::Evidence(row.evidence));
                        tell(&row.evidence.to_string(), &error);
                    }
                }
            }
            for photo in self.store().tenant_listing_photos(tenant.id).await? {
                let read = listing_fingerprint(&photo);
                let added =
                    read.and_then(|print| index.add_listing(photo.id, &print, photo.added_at));
                if let Err(error) = added {
                    broken.insert(Broken::Listing(tenant.id, photo.id));
                    tell(&crate::inspection::listing_text(photo.id), &error);
                }
            }
        }
        *indexes = loaded;
        drop(indexes);
        *self.broken_fingerprints().lock().await = broken;
        Ok(())
    }

    /// Tells of a fingerprint that cannot be read, and has it made again.
    pub(crate) async fn note_broken(&self, which: Broken, error: &AppError) {
        let what = match which {
            Broken::Evidence(id) => id.to_string(),
            Broken::Listing(_, id) => crate::inspection::listing_text(id),
        };
        tell(&what, error);
        self.broken_fingerprints().lock().await.insert(which);
    }

    /// Makes a few of the fingerprints again that could not be read; one that cannot be made is told once and left for
    /// `aftercare evidence reindex`.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn mend_fingerprints(&self) -> Result<(), AppError> {
        for _ in 0..MENDED_PER_TURN {
            let Some(next) = self.broken_fingerprints().lock().await.pop_first() else {
                return Ok(());
            };
            let (what, done) = match next {
                Broken::Evidence(id) => {
                    let Some(blob) = self.store().evidence_blob(id).await? else {
                        continue;
                    };
                    (id.to_string(), self.reindex_photo(&blob, true).await)
                }
                Broken::Listing(tenant, id) => {
                    let Some(photo) = self.store().listing_photo(id).await? else {
                        continue;
                    };
                    let done = self.reindex_listing(tenant, photo, true).await;
                    (crate::inspection::listing_text(id), done)
                }
            };
            match done {
                Ok(Fared::Made) => tracing::info!(photo = %what, "its fingerprint was made again"),
                // Its time is over, or there is nothing to make one from.
                Ok(Fared::AsItWas) => {}
                Err(error) => tell(&what, &error),
            }
        }
        Ok(())
    }

    /// Makes the fingerprints again that are missing, cannot be read or are of an earlier version; with `all`, every one.
    /// Done again it finds nothing to do, so whatever stops it, it goes on where it was. `after` and
    /// [`Reindexed::next`] go page by page through the cases, for whom that is too long at once. The listing photos
    /// come with the last page.
    ///
    /// # Errors
    /// What the store says; a photo that cannot be read is counted and stops nothing.
    pub async fn reindex(
        &self,
        tenant: TenantId,
        after: Option<Cursor>,
        all: bool,
    ) -> Result<Reindexed, AppError> {
        let filter = CaseFilter {
            tenant: Some(tenant),
            ..CaseFilter::default()
        };
        let page = self.store().cases(&filter, after, PAGE_ROWS_MAX).await?;
        let mut done = Reindexed {
            next: page.next,
            ..Reindexed::default()
        };
        for case in &page.items {
            for blob in self.store().evidence_of_case(case.case_id).await? {
                let what = blob.evidence.to_string();
                let fared = self.reindex_photo(&blob, all).await;
                done.count(what, fared)?;
            }
        }
        if done.next.is_none() {
            for photo in self.store().tenant_listing_photos(tenant).await? {
                let what = crate::inspection::listing_text(photo.id);
                let fared = self.reindex_listing(tenant, photo, all).await;
                done.count(what, fared)?;
            }
        }
        Ok(done)
    }

    /// The fingerprint of a photo, made again where the row cannot be read; `None` when its time is over, its person was
    /// shredded, or it is a clip that is not read here.
    pub(crate) async fn fingerprint_of(
        &self,
        blob: &EvidenceBlobRow,
    ) -> Result<Option<(FingerprintRow, Fingerprint)>, AppError> {
        for make in [true, false] {
            let row = self.store().fingerprint(blob.evidence).await?;
            if let Some(row) = row {
                match self.open_fingerprint(blob.tenant, row.evidence, &row.sealed) {
                    Ok(print) => return Ok(Some((row, print))),
                    Err(error) if make => tell(&blob.evidence.to_string(), &error),
                    Err(error) => return Err(error),
                }
            }
            if !make || self.reindex_photo(blob, false).await? == Fared::AsItWas {
                break;
            }
        }
        Ok(None)
    }

    async fn reindex_photo(&self, blob: &EvidenceBlobRow, all: bool) -> Result<Fared, AppError> {
        let expires_at = blob.created_at.plus_ms(FINGERPRINT_DAYS * DAY_MS);
        // A clip that was not read when it came has no still; with `all` it is tried again.
        let is_unread = blob.clip.is_some() && blob.preview_blob.is_none();
        let is_gone = blob.expired_at.is_some();
        if expires_at <= self.now() || is_gone || is_unread && !all {
            return Ok(Fared::AsItWas);
        }
        let (tenant, id) = (blob.tenant, blob.evidence);
        let row = self.store().fingerprint(id).await?;
        if let Some(row) = row.as_ref().filter(|_| !all) {
            let stands = self.open_fingerprint(tenant, id, &row.sealed);
            if stands.is_ok() && self.is_current_fingerprint(tenant, id, &row.sealed)? {
                return Ok(Fared::AsItWas);
            }
        }
        let (person, order) = match &row {
            Some(row) => (row.person, row.order),
            None => self.sent_for(blob).await?,
        };
        // What a shredded person photographed is not to be found by its looks again.
        let person_row = self.store().person(person).await?;
        if person_row.is_none_or(|row| row.shredded_at.is_some()) {
            return Ok(Fared::AsItWas);
        }
        let reader = CaseReader::System(ReadPurpose::Fingerprint);
        let key = self.read_case(reader, tenant, blob.case).await?;
        let bytes = key.open_blob(&self.store().get_blob(&blob.blob).await?)?;
        let Some(print) = self.fingerprinted(bytes).await? else {
            return Ok(Fared::AsItWas);
        };
        let row = FingerprintRow {
            evidence: id,
            tenant,
            case: blob.case,
            person,
            order,
            sealed: self.seal_fingerprint(tenant, id, &print.to_bytes())?,
            expires_at,
        };
        self.commit_side(Side {
            writes: vec![Write::Fingerprint(row.clone())],
            ..Side::default()
        })
        .await?;
        // While the photo was read its person may have been destroyed, or its own time may have ended: then none was kept.
        if self.store().fingerprint(id).await?.is_none() {
            return Ok(Fared::AsItWas);
        }
        let mut indexes = self.indexes().lock().await;
        indexes.entry(tenant).or_default().mend(&row, &print)?;
        Ok(Fared::Made)
    }

    /// Whose case a photo is of, and the order that it was sent for, where no fingerprint says so.
    pub(crate) async fn sent_for(
        &self,
        blob: &EvidenceBlobRow,
    ) -> Result<(PersonId, Option<OrderId>), AppError> {
        let state = self.load(blob.case).await?;
        let opened = crate::detail::opened(&state)?;
        let claimed = blob.claim.and_then(|claim| state.claims.get(&claim));
        let order = claimed.map(|claim| claim.order).or(opened.order);
        Ok((opened.claimant, order))
    }

    async fn reindex_listing(
        &self,
        tenant: TenantId,
        photo: ListingPhotoRow,
        all: bool,
    ) -> Result<Fared, AppError> {
        let stands = Fingerprint::from_bytes(&photo.fingerprint)
            .is_ok_and(|print| print.to_bytes() == photo.fingerprint);
        if stands && !all {
            return Ok(Fared::AsItWas);
        }
        let sealed = self.store().get_blob(&photo.blob).await?;
        let bytes = self.open_listing(tenant, photo.id, &sealed)?;
        let Some(print) = self.fingerprinted(bytes).await? else {
            return Ok(Fared::AsItWas);
        };
        let id = photo.id;
        // As it is now, and nobody changes it until it is written: it may have been retired, declared or judged meanwhile.
        let _alone = self.alone(photo.product.0).await?;
        let row = ListingPhotoRow {
            fingerprint: print.to_bytes(),
            ..self.store().listing_photo(id).await?.unwrap_or(photo)
        };
        let added_at = row.added_at;
        self.commit_side(Side {
            writes: vec![Write::ListingPhoto(row)],
            ..Side::default()
        })
        .await?;
        let mut indexes = self.indexes().lock().await;
        let index = indexes.entry(tenant).or_default();
        index.add_listing(id, &print, added_at)?;
        Ok(Fared::Made)
    }

    /// The fingerprint of a photo or a clip; `None` of a clip that is not read here.
    async fn fingerprinted(&self, bytes: Vec<u8>) -> Result<Option<Fingerprint>, AppError> {
        if aftercare_media::video::is_clip(&bytes) {
            return self.clip_fingerprint(bytes).await;
        }
        let photo = ScreenPhoto {
            bytes,
            limits: aftercare_media::Limits::default(),
            preview_sides: Vec::new(),
            preview_quality: 0,
        };
        Ok(Some(self.screener().screen(photo).await?.fingerprint))
    }

    /// Removes fingerprints whose time is over, from the store and from memory.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn forget_expired_fingerprints(&self) -> Result<(), AppError> {
        let now = self.now();
        self.commit_side(Side {
            writes: vec![Write::RemoveExpiredFingerprints {
                now,
                most: PRUNED_AT_ONCE,
            }],
            ..Side::default()
        })
        .await?;
        for index in self.indexes().lock().await.values_mut() {
            index.forget_expired(now);
        }
        Ok(())
    }
}

impl Reindexed {
    /// Counts a photo; only the store's own failures stop the work.
    fn count(&mut self, what: String, fared: Result<Fared, AppError>) -> Result<(), AppError> {
        self.photos += 1;
        match fared {
            Ok(Fared::Made) => self.made += 1,
            Ok(Fared::AsItWas) => {}
            Err(error) if error.kind == ErrorKind::Unavailable => return Err(error),
            Err(error) => self.unreadable.push((what, error)),
        }
        Ok(())
    }
}

/// The fingerprint of a listing photo as it is stored.
pub(crate) fn listing_fingerprint(photo: &ListingPhotoRow) -> Result<Fingerprint, AppError> {
    Fingerprint::from_bytes(&photo.fingerprint).map_err(|error| {
        AppError::internal(format!(
            "fingerprint of listing photo {}: {error}",
            photo.id
        ))
    })
}

fn tell(photo: &str, error: &AppError) {
    tracing::error!(%photo, rule = %error.rule, detail = ?error.detail, "a fingerprint cannot be read; it is made again from the photo");
}
