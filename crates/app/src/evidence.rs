//! Photos and clips of a case: read in the child, sealed under the case key, named by the hash of their sealed
//! bytes. The original stays byte for byte as it came.

use crate::app::App;
use crate::engine::{NewBlob, Side};
use crate::error::{AppError, ErrorKind};
use crate::limits::{FINGERPRINT_DAYS, PHOTOS_PER_REQUEST_MAX, PREVIEW_SIDE_MAX};
use crate::opening::CaseReader;
use crate::own_work::sees;
use crate::principal::Principal;
use crate::sealing::{OpenCaseKey, ReadableCase};
use aftercare_domain::Role;
use aftercare_domain::Timestamp;
use aftercare_domain::evidence::{EvidenceFile, EvidenceKind};
use aftercare_domain::ids::{
    CaseId, ClaimId, EvidenceId, OrderId, PersonId, TenantId, WorkOrderId,
};
use aftercare_domain::time::{CHINA_OFFSET_MS, DAY_MS, MINUTE_MS, SECOND_MS};
use aftercare_domain::view::{self, Overlay};
use aftercare_evidence::Fingerprint;
use aftercare_evidence::child::{PhotoReport, ScreenPhoto};
use aftercare_labels::consistency::Times;
use aftercare_store::{CasePart, Write, rows};
use std::sync::Arc;

/// JPEG quality of previews.
pub(crate) const PREVIEW_QUALITY: u8 = 85;

/// A photo as it came over the wire.
#[derive(Clone, Debug)]
pub struct Upload {
    /// What it is, as its sender says.
    pub kind: EvidenceKind,
    /// The file.
    pub bytes: Vec<u8>,
    /// Its sender declares that AI made or changed it.
    pub ai_declared: bool,
}

/// Where photos belong and who sent them.
#[derive(Clone, Copy, Debug)]
pub struct UploadTarget {
    pub tenant: TenantId,
    pub case: CaseId,
    pub claim: Option<ClaimId>,
    pub work_order: Option<WorkOrderId>,
    /// `claimant`, `merchant` or `technician`.
    pub from: &'static str,
    /// The claimant of the case.
    pub person: PersonId,
    pub order: Option<OrderId>,
    /// Whether they come with a message: voice notes come with nothing else.
    pub is_message: bool,
}

/// What the child said about a photo or a clip.
pub(crate) struct FileRead {
    pub(crate) media_type: String,
    /// None of a clip that is not read.
    pub(crate) fingerprint: Option<Fingerprint>,
    /// The picture to show without personal metadata: the photo, or a still.
    pub(crate) preview: Option<Vec<u8>>,
    /// The clip to play without personal metadata.
    pub(crate) copy: Option<Vec<u8>>,
    /// What is known about a clip, as [`crate::clips`] writes it.
    pub(crate) clip: Option<String>,
    pub(crate) taken_at: Option<Timestamp>,
}

/// A picture or a clip to show.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Such as `image/jpeg`.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Strong validator: the blob never changes.
    pub etag: String,
}

impl App {
    /// Reads a photo in the child.
    ///
    /// # Errors
    /// What the sender can do about it, in words.
    pub(crate) async fn read_photo(&self, bytes: Vec<u8>) -> Result<PhotoReport, AppError> {
        self.screener()
            .screen(ScreenPhoto {
                bytes,
                limits: aftercare_media::Limits::default(),
                preview_sides: vec![PREVIEW_SIDE_MAX],
                preview_quality: PREVIEW_QUALITY,
            })
            .await
    }

    /// Reads and seals photos, and adds them and their rows to `side`; nothing is stored before what they belong to is decided.
    ///
    /// # Errors
    /// The first photo that cannot be used, with its place in the request.
    pub(crate) async fn take_uploads(
        &self,
        key: &OpenCaseKey,
        target: &UploadTarget,
        uploads: Vec<Upload>,
        side: &mut Side,
    ) -> Result<Vec<EvidenceFile>, AppError> {
        if uploads.len() > PHOTOS_PER_REQUEST_MAX {
            return Err(AppError::invalid(
                "photos",
                "photos_per_request",
                format!("一次最多 {PHOTOS_PER_REQUEST_MAX} 张照片，请分几次上传。"),
                format!(
                    "At most {PHOTOS_PER_REQUEST_MAX} photos at once. Please send the rest afterwards."
                ),
            ));
        }
        let mut files = Vec::with_capacity(uploads.len());
        for (position, upload) in uploads.into_iter().enumerate() {
            let is_clip = aftercare_media::video::is_clip(&upload.bytes);
            let file = self
                .take_upload(key, target, upload, side)
                .await
                .map_err(|error| numbered(error, position, is_clip))?;
            files.push(file);
        }
        Ok(files)
    }

    async fn take_upload(
        &self,
        key: &OpenCaseKey,
        target: &UploadTarget,
        upload: Upload,
        side: &mut Side,
    ) -> Result<EvidenceFile, AppError> {
        let evidence = EvidenceId(self.new_id());
        let bytes = u64::try_from(upload.bytes.len()).unwrap_or(u64::MAX);
        let plain_hash = crate::sealing::sha256(&upload.bytes);
        let read = self.read_any(upload.bytes.clone()).await?;
        if crate::clips::is_voice(&read.media_type) && !target.is_message {
            return Err(crate::clips::voice_not_here());
        }
        let original = key.seal_blob(&upload.bytes)?;
        let now = self.now();
        let blob = self.put_blob(original, side);
        let preview_blob = self.put_sealed(key, read.preview, side)?;
        let copy_blob = self.put_sealed(key, read.copy, side)?;
        let times = self.times_of(target).await?;
        let file = self
            .screener()
            .marks(
                upload.bytes,
                self.trusted_signers(),
                now.0.div_euclid(SECOND_MS),
                times,
            )
            .await;
        let marks = crate::marks::details(&file);
        let marks_sealed = if marks.is_empty() {
            None
        } else {
            let json = serde_json::to_vec(&marks)
                .map_err(|error| AppError::internal(format!("marks: {error}")))?;
            Some(key.seal_bytes(crate::marks::FIELD, &json)?)
        };
        let sealed_hash = key.seal_bytes("plain_hash", &plain_hash)?;
        side.writes.push(Write::EvidenceBlob(rows::EvidenceBlobRow {
            evidence,
            case: target.case,
            claim: target.claim,
            work_order: target.work_order,
            tenant: target.tenant,
            blob: blob.clone(),
            preview_blob,
            bytes,
            media_type: read.media_type.clone(),
            plain_hash_sealed: sealed_hash.clone(),
            exact_index: self.photo_index(target.tenant, &plain_hash)?,
            party: target.from.to_owned(),
            created_at: now,
            marks_sealed,
            copy_blob,
            clip: read.clip,
            expired_at: None,
        }));
        if let Some(fingerprint) = read.fingerprint {
            let sealed = self.seal_fingerprint(target.tenant, evidence, &fingerprint.to_bytes())?;
            side.writes.push(Write::Fingerprint(rows::FingerprintRow {
                evidence,
                tenant: target.tenant,
                case: target.case,
                person: target.person,
                order: target.order,
                sealed,
                expires_at: now.plus_ms(FINGERPRINT_DAYS * DAY_MS),
            }));
        }
        // Only who was at the door has one.
        let kind = match upload.kind {
            EvidenceKind::CustomerSignature if target.from != "technician" => EvidenceKind::Other,
            kind => kind,
        };
        Ok(EvidenceFile {
            evidence,
            kind,
            blob,
            bytes,
            media_type: read.media_type,
            plain_hash: aftercare_domain::evidence::Envelope(sealed_hash),
            ai_declared: upload.ai_declared,
            taken_at: read.taken_at,
            camera_size: crate::marks::camera_size(&file),
            capture: None,
        })
    }

    /// Reads a photo or a clip in the child.
    pub(crate) async fn read_file(&self, bytes: Vec<u8>) -> Result<FileRead, AppError> {
        let read = self.read_any(bytes).await?;
        if crate::clips::is_voice(&read.media_type) {
            return Err(crate::clips::voice_not_here());
        }
        Ok(read)
    }

    /// Reads a photo, a clip or a voice note in the child.
    async fn read_any(&self, bytes: Vec<u8>) -> Result<FileRead, AppError> {
        if aftercare_media::video::is_clip(&bytes) {
            return self.read_clip(bytes).await;
        }
        let report = self.read_photo(bytes).await?;
        Ok(FileRead {
            media_type: report.format.media_type().to_owned(),
            fingerprint: Some(report.fingerprint),
            preview: report.previews.into_iter().next(),
            copy: None,
            clip: None,
            taken_at: report
                .metadata
                .date_time
                .as_deref()
                .and_then(crate::consistency::taken_at),
        })
    }

    /// Seals what was made of a file, if there is something.
    fn put_sealed(
        &self,
        key: &OpenCaseKey,
        made: Option<Vec<u8>>,
        side: &mut Side,
    ) -> Result<Option<String>, AppError> {
        match made {
            Some(bytes) => Ok(Some(self.put_blob(key.seal_blob(&bytes)?, side))),
            None => Ok(None),
        }
    }

    /// What the case knows about the times of a photo. What the shop sends may be older than the order: its packing record is
    /// older than the delivery.
    async fn times_of(&self, target: &UploadTarget) -> Result<Times, AppError> {
        let mut times = Times {
            uploaded: Some(camera_minutes(self.now())),
            ..Times::default()
        };
        if target.from == "merchant" {
            return Ok(times);
        }
        if let Some(order) = target.order
            && let Some(row) = self.store().order(order).await?
        {
            times.ordered = Some(camera_minutes(row.paid_at));
            times.delivered = row.delivered_at.map(camera_minutes);
        }
        Ok(times)
    }

    /// Adds sealed bytes and their row; they are stored when what they belong to is decided.
    pub(crate) fn put_blob(&self, sealed: Vec<u8>, side: &mut Side) -> String {
        let name = aftercare_store::blob_name_of(&sealed);
        side.writes.push(Write::Blob(rows::BlobRow {
            name: name.clone(),
            bytes: u64::try_from(sealed.len()).unwrap_or(u64::MAX),
            created_at: self.now(),
        }));
        side.blobs.push(NewBlob {
            name: name.clone(),
            sealed: Arc::new(sealed),
        });
        name
    }

    /// A photo of a case as a reader sees it: the preview without personal metadata, or the original
    /// for reviewers and auditors of evidence.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the reader's to see.
    pub async fn picture(
        &self,
        principal: &Principal,
        evidence: EvidenceId,
        original: bool,
    ) -> Result<Picture, AppError> {
        let none = || AppError::not_found("这张照片", "photo");
        let (row, key) = self.piece(principal, evidence, none).await?;
        let (blob, media_type) = if original {
            crate::access::allow(principal, ORIGINAL_READERS)?;
            crate::clips::is_there(&row)?;
            (row.blob, row.media_type)
        } else {
            match row.preview_blob {
                Some(preview) => (preview, "image/jpeg".to_owned()),
                None => {
                    crate::clips::is_there(&row)?;
                    return Err(AppError::new(
                        ErrorKind::NotFound,
                        "no_preview",
                        "这张照片没有预览图。",
                        "This photo has no preview.",
                    ));
                }
            }
        };
        let sealed = self.store().get_blob(&blob).await?;
        Ok(Picture {
            media_type,
            bytes: key.open_blob(&sealed)?,
            etag: blob,
        })
    }

    /// The row of a piece of evidence and the key of its case, for whom may read the case.
    ///
    /// # Errors
    /// `none` when there is no such piece; what [`App::readable`] says.
    pub(crate) async fn piece(
        &self,
        principal: &Principal,
        evidence: EvidenceId,
        none: impl FnOnce() -> AppError,
    ) -> Result<(rows::EvidenceBlobRow, ReadableCase), AppError> {
        let row = self
            .store()
            .evidence_blob(evidence)
            .await?
            .ok_or_else(none)?;
        let case = self.readable(principal, row.case).await?;
        if let Some(only) = sees(principal, &case, self.now()).only() {
            let mut own = only.iter().filter_map(|id| case.work_orders.get(id));
            if !own.any(|order| order.evidence.contains(&evidence)) {
                return Err(AppError::not_found("这张照片", "photo"));
            }
        }
        let tenant = crate::detail::opened(&case)?.tenant;
        let key = self
            .read_case(CaseReader::Somebody(principal), tenant, row.case)
            .await?;
        Ok((row, key))
    }
}

impl App {
    /// A picture that a check drew of a photo, for whom its findings are open. Before the first look
    /// there is none, whoever asks.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the reader's to see (yet).
    pub async fn overlay_picture(
        &self,
        principal: &Principal,
        evidence: EvidenceId,
        which: Overlay,
    ) -> Result<Picture, AppError> {
        let none = || AppError::not_found("这张图", "picture");
        let row = self
            .store()
            .evidence_blob(evidence)
            .await?
            .ok_or_else(none)?;
        let case = self.readable(principal, row.case).await?;
        let standing = self.on_case(principal, &case).await?;
        let principal = &*standing;
        if let Some(at) = self.ended_at(row.case, CasePart::Photos).await? {
            return Err(crate::sealing::ended(at));
        }
        let viewer = principal.acting_as(FINDING_READERS).ok_or_else(none)?;
        let blob = view::overlay(&case, evidence, viewer, which).ok_or_else(none)?;
        let tenant = crate::detail::opened(&case)?.tenant;
        let key = self
            .read_case(CaseReader::Somebody(principal), tenant, row.case)
            .await?;
        let sealed = self.store().get_blob(blob).await?;
        Ok(Picture {
            media_type: match which {
                Overlay::HeatMap => "image/png",
                Overlay::Aligned => "image/jpeg",
            }
            .to_owned(),
            bytes: key.open_blob(&sealed)?,
            etag: blob.to_owned(),
        })
    }
}

/// Roles that may see a photo as it came, with all that its file says.
pub(crate) const ORIGINAL_READERS: &[Role] = &[Role::Reviewer, Role::RiskManager];

/// Roles that findings are for.
pub(crate) const FINDING_READERS: &[Role] = &[
    Role::Reviewer,
    Role::RiskManager,
    Role::Merchant,
    Role::Agent,
    Role::Auditor,
];

/// Minutes since 1970-01-01 as a camera in China counts them: EXIF has no time zone.
const fn camera_minutes(at: Timestamp) -> i64 {
    at.0.saturating_add(CHINA_OFFSET_MS).div_euclid(MINUTE_MS)
}

/// The error of file number `position` of a request, starting at 0.
pub(crate) fn numbered(error: AppError, position: usize, is_clip: bool) -> AppError {
    let (zh, en) = if is_clip {
        ("个文件（视频）", "File")
    } else {
        ("张照片", "Photo")
    };
    AppError {
        zh: format!("第 {} {zh}：{}", position + 1, error.zh),
        en: format!("{en} {}: {}", position + 1, error.en),
        ..error
    }
}
