//! Clips of a case: kept byte for byte like photos, played from a copy that says nothing about who took them, and shown
//! by a still. One whose codec is not read here is kept all the same. A voice note of a message is kept and played like a clip.

use crate::app::App;
use crate::engine::Side;
use crate::error::{AppError, ErrorKind};
use crate::evidence::{FileRead, Picture};
use crate::limits::{
    CHALLENGE_CLIP_MS_MAX, CLIP_BYTES_MAX, CLIP_MS_MAX, CLIPS_AT_ONCE, PHOTO_BYTES_MAX,
    PREVIEW_SIDE_MAX, VOICE_BYTES_MAX, VOICE_MS_MAX,
};
use crate::principal::Principal;
use crate::views::{ClipDetail, ClipUnread};
use aftercare_domain::challenge::Challenge;
use aftercare_domain::ids::{CaseId, EvidenceId};
use aftercare_domain::{Role, Timestamp};
use aftercare_evidence::Fingerprint;
use aftercare_evidence::child::{ClipReport, ScreenClip};
use aftercare_media::video::is_clip;
use aftercare_store::Write;
use aftercare_store::rows::EvidenceBlobRow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokio::sync::Semaphore;

/// Clips that are read at once: each is in memory several times over.
static ROOM: Semaphore = Semaphore::const_new(CLIPS_AT_ONCE);

/// What is known about a stored clip besides its bytes; nothing personal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClipFacts {
    pub(crate) duration_ms: u64,
    pub(crate) codec: String,
    /// Why its pictures are not read; none when they are.
    pub(crate) unread: Option<ClipUnread>,
}

/// Bytes that a file of a case may have, by its first bytes.
#[must_use]
pub fn bytes_max(start: &[u8]) -> usize {
    if is_clip(start) {
        CLIP_BYTES_MAX
    } else {
        PHOTO_BYTES_MAX
    }
}

/// The refusal of a file that has more bytes than [`bytes_max`].
#[must_use]
pub fn too_large(start: &[u8]) -> AppError {
    let mib = bytes_max(start) / (1024 * 1024);
    let (rule, zh, en) = if is_clip(start) {
        (
            "clip_too_large",
            format!("单段视频最大 {mib} MiB。请剪短，或用较低的清晰度重拍后再传。"),
            format!(
                "A clip can have at most {mib} MiB. Please send a shorter one, or one of lower resolution."
            ),
        )
    } else {
        (
            "photo_too_large",
            format!("单张照片最大 {mib} MiB，请压缩或重拍后再传。"),
            format!("A photo can have at most {mib} MiB. Please take a smaller one."),
        )
    };
    AppError {
        field: Some("photos".to_owned()),
        ..AppError::new(ErrorKind::TooLarge, rule, zh, en)
    }
}

fn too_long() -> AppError {
    let minutes = CLIP_MS_MAX / 60_000;
    AppError::invalid(
        "photos",
        "clip_too_long",
        format!("单段视频最长 {minutes} 分钟，请剪到看得清问题的那一段再传。"),
        format!(
            "A clip can last at most {minutes} minutes. Please send the part that shows the problem."
        ),
    )
}

fn voice_too_long() -> AppError {
    let minutes = VOICE_MS_MAX / 60_000;
    let mib = VOICE_BYTES_MAX / (1024 * 1024);
    AppError::invalid(
        "photos",
        "voice_too_long",
        format!("一段语音最长 {minutes} 分钟、{mib} MiB，请分几段发，或写下来。"),
        format!(
            "A voice note can last at most {minutes} minutes and have {mib} MiB. Please send several, or write it down."
        ),
    )
}

fn voice_unread() -> AppError {
    AppError::invalid(
        "photos",
        "voice_unread",
        "这段语音的编码读不了，请用手机自带的录音机录成 M4A 再发，或写下来。",
        "This sound cannot be read here. Please record it as M4A with the recorder of your telephone, or write it down.",
    )
}

/// The refusal of a voice note where none is taken.
pub(crate) fn voice_not_here() -> AppError {
    AppError::invalid(
        "photos",
        "voice_not_here",
        "语音只能随留言发送；这里请传照片或视频。",
        "A voice note can only come with a message. Please send photos or clips here.",
    )
}

/// Whether a media type is that of a voice note.
pub(crate) fn is_voice(media_type: &str) -> bool {
    media_type.starts_with("audio/")
}

impl App {
    async fn screen_clip(
        &self,
        bytes: Vec<u8>,
        at_ms: u64,
        copy: bool,
    ) -> Result<ClipReport, AppError> {
        self.screener()
            .screen_clip(ScreenClip {
                bytes,
                limits: aftercare_media::Limits::default(),
                at_ms,
                still: (PREVIEW_SIDE_MAX, crate::evidence::PREVIEW_QUALITY),
                copy,
            })
            .await
    }

    /// Reads a clip or a voice note in the child. A clip that plays and is not read here is no error.
    ///
    /// # Errors
    /// What the sender can do about it, in words.
    pub(crate) async fn read_clip(&self, bytes: Vec<u8>) -> Result<FileRead, AppError> {
        if bytes.len() > CLIP_BYTES_MAX {
            return Err(too_large(&bytes));
        }
        let length = bytes.len();
        let report = {
            let _room = ROOM.acquire().await;
            self.screen_clip(bytes, 0, true).await?
        };
        if is_voice(&report.media_type) {
            return voice_read(report, length);
        }
        if report.duration_ms > CLIP_MS_MAX {
            return Err(too_long());
        }
        let (fingerprint, preview, unread) = match report.pictures {
            Ok(pictures) => (Some(pictures.fingerprint), Some(pictures.still), None),
            Err(refused) => {
                let unread = ClipUnread {
                    zh: refused.zh,
                    en: refused.en,
                };
                (None, None, Some(unread))
            }
        };
        let facts = ClipFacts {
            duration_ms: report.duration_ms,
            codec: report.codec,
            unread,
        };
        let facts = serde_json::to_string(&facts)
            .map_err(|error| AppError::internal(format!("clip: {error}")))?;
        Ok(FileRead {
            media_type: report.media_type,
            fingerprint,
            preview,
            copy: report.copy,
            clip: Some(facts),
            taken_at: None,
        })
    }

    /// The fingerprint of a clip; `None` of one that is not read here.
    ///
    /// # Errors
    /// When the child cannot be started.
    pub(crate) async fn clip_fingerprint(
        &self,
        bytes: Vec<u8>,
    ) -> Result<Option<Fingerprint>, AppError> {
        let _room = ROOM.acquire().await;
        let report = self.screen_clip(bytes, 0, false).await?;
        Ok(report.pictures.ok().map(|pictures| pictures.fingerprint))
    }

    /// A clip of a case as a reader plays it: the copy that says nothing personal, or the file as it came for reviewers.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the reader's to see.
    pub async fn clip(
        &self,
        principal: &Principal,
        evidence: EvidenceId,
        original: bool,
    ) -> Result<Picture, AppError> {
        let none = || AppError::not_found("这段视频", "clip");
        let (row, key) = self.piece(principal, evidence, none).await?;
        if row.clip.is_none() {
            return Err(none());
        }
        is_there(&row)?;
        let (blob, media_type) = if original {
            crate::access::allow(principal, &[Role::Reviewer, Role::RiskManager])?;
            (row.blob, row.media_type)
        } else {
            let copy = row.copy_blob.ok_or_else(|| {
                AppError::new(
                    ErrorKind::NotFound,
                    "no_copy",
                    "这段视频只有审核员能打开原文件。",
                    "Only a reviewer can open the file of this clip.",
                )
            })?;
            let shown = if is_voice(&row.media_type) {
                "audio/mp4"
            } else {
                "video/mp4"
            };
            (copy, shown.to_owned())
        };
        let sealed = self.store().get_blob(&blob).await?;
        Ok(Picture {
            media_type,
            bytes: key.open_blob(&sealed)?,
            etag: blob,
        })
    }

    /// The picture of a clip at a time: of those that were inspected, the nearest.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the reader's to see.
    pub async fn still(
        &self,
        principal: &Principal,
        evidence: EvidenceId,
        at_ms: u64,
    ) -> Result<Picture, AppError> {
        let none = || AppError::not_found("这段视频", "clip");
        let (row, key) = self.piece(principal, evidence, none).await?;
        // What could not be read once is not read again.
        if row.clip.is_none() || row.preview_blob.is_none() {
            return Err(none());
        }
        is_there(&row)?;
        let _room = ROOM.acquire().await;
        let sealed = self.store().get_blob(&row.blob).await?;
        let report = self
            .screen_clip(key.open_blob(&sealed)?, at_ms, false)
            .await?;
        let pictures = report.pictures.map_err(|_| none())?;
        Ok(Picture {
            media_type: "image/jpeg".to_owned(),
            bytes: pictures.still,
            etag: format!("{}-{at_ms}", row.blob),
        })
    }

    /// What is known about the clips of a case.
    pub(crate) async fn clips_of(
        &self,
        case: CaseId,
    ) -> Result<BTreeMap<EvidenceId, ClipDetail>, AppError> {
        let mut clips = BTreeMap::new();
        for row in self.store().evidence_of_case(case).await? {
            if let Some(clip) = detail(&row)? {
                clips.insert(row.evidence, clip);
            }
        }
        Ok(clips)
    }
}

/// A voice note: it has nothing to look at, and what cannot be played without what it says about its sender is not kept.
fn voice_read(report: ClipReport, length: usize) -> Result<FileRead, AppError> {
    if length > VOICE_BYTES_MAX || report.duration_ms > VOICE_MS_MAX {
        return Err(voice_too_long());
    }
    let copy = report.copy.ok_or_else(voice_unread)?;
    let facts = ClipFacts {
        duration_ms: report.duration_ms,
        codec: report.codec,
        unread: None,
    };
    let facts = serde_json::to_string(&facts)
        .map_err(|error| AppError::internal(format!("voice note: {error}")))?;
    Ok(FileRead {
        media_type: report.media_type,
        fingerprint: None,
        preview: None,
        copy: Some(copy),
        clip: Some(facts),
        taken_at: None,
    })
}

fn facts(row: &EvidenceBlobRow) -> Result<Option<ClipFacts>, AppError> {
    let Some(text) = &row.clip else {
        return Ok(None);
    };
    serde_json::from_str(text)
        .map(Some)
        .map_err(|error| AppError::internal(format!("clip {}: {error}", row.evidence)))
}

fn detail(row: &EvidenceBlobRow) -> Result<Option<ClipDetail>, AppError> {
    Ok(facts(row)?.map(|facts| ClipDetail {
        duration_ms: facts.duration_ms,
        codec: facts.codec,
        has_still: row.preview_blob.is_some(),
        plays: row.copy_blob.is_some() && row.expired_at.is_none(),
        unread: facts.unread,
        expired_at: row.expired_at,
    }))
}

/// Refuses clips on request that are longer than one may be, or longer than their request is there: those began before anybody
/// could know what to show.
pub(crate) fn are_of_their_time(
    side: &Side,
    request: Option<&Challenge>,
    now: Timestamp,
) -> Result<(), AppError> {
    let since_ms = request.map(|request| now.since_ms(request.drawn_at));
    let rows = side.writes.iter().filter_map(|write| match write {
        Write::EvidenceBlob(row) => Some(row),
        _ => None,
    });
    for row in rows {
        let Some(facts) = facts(row)? else {
            continue;
        };
        if facts.duration_ms > CHALLENGE_CLIP_MS_MAX {
            let seconds = CHALLENGE_CLIP_MS_MAX / 1_000;
            return Err(AppError::invalid(
                "photos",
                "clip_on_request_too_long",
                format!(
                    "按要求拍的视频最长 {seconds} 秒，请拍短一点；较长的可以作为一般材料提交。"
                ),
                format!(
                    "A clip on request can last at most {seconds} seconds. Take a shorter one, or send a longer one as additional evidence."
                ),
            ));
        }
        let lasts_ms = i64::try_from(facts.duration_ms).unwrap_or(i64::MAX);
        if since_ms.is_some_and(|since_ms| lasts_ms > since_ms) {
            return Err(AppError::invalid(
                "photos",
                "clip_before_request",
                "这段视频比抽到拍摄要求以来的时间还长，开头是之前拍的：请看着要求重新拍一段，或者作为一般材料提交。",
                "This clip lasts longer than its request is there, so it began before: take one now as the request says, or send it as additional evidence.",
            ));
        }
    }
    Ok(())
}

/// Refuses a file whose time is over.
pub(crate) fn is_there(row: &EvidenceBlobRow) -> Result<(), AppError> {
    let Some(at) = row.expired_at else {
        return Ok(());
    };
    if row.preview_blob.is_none() {
        return Err(crate::sealing::ended(at));
    }
    Err(retention_ended())
}

/// There was a clip, and its time is over.
pub(crate) fn retention_ended() -> AppError {
    AppError::new(
        ErrorKind::NotFound,
        "retention_ended",
        "这段视频已过保存期限，已删除；静止画面还在。",
        "The time for which this clip is kept is over, and it was deleted; its still is there.",
    )
}
