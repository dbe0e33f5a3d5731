//! Reading hostile photos. The server never decodes one itself: a killable child process does, with
//! its own limits of memory and time.

use crate::drive::{Inspected, Inspection, Source, ThreadTransport, Within, drive};
use crate::error::{AppError, ErrorKind};
use crate::inspector::ChildTransport;
use crate::limits::{SCREEN_CLIP_MS_MAX, SCREEN_PHOTO_MS_MAX};
use crate::mark_reader::MarkReader;
use aftercare_evidence::child::{
    ClipReport, FRAME_PREFIX_BYTES, PhotoReport, ScreenClip, ScreenPhoto, ScreenRefused,
    body_bytes, decode_clip, decode_response, encode_clip, encode_request, screen_clip,
    screen_photo,
};
use aftercare_labels::Report;
use aftercare_labels::child::{Manifest, Wanted, answer};
use aftercare_labels::consistency::Times;
use aftercare_labels::credentials::TrustList;
use aftercare_labels::publish::{NotPublished, Publication, Published, publish};
use aftercare_media::video::media_type;
use async_trait::async_trait;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

/// Reads pictures: one by one when they come, and together when they are checked.
#[async_trait]
pub trait Screener: Send + Sync {
    /// Reads the photo.
    ///
    /// # Errors
    /// `Unsupported`, `TooLarge` or `Invalid` in words for the sender; `Internal` when the child
    /// could not be started at all.
    async fn screen(&self, photo: ScreenPhoto) -> Result<PhotoReport, AppError>;

    /// Reads the clip. Pictures of it that are not read are an answer, not an error.
    ///
    /// # Errors
    /// `TooLarge` or `Invalid` in words for the sender; `Internal` when the child could not be started at all.
    async fn screen_clip(&self, clip: ScreenClip) -> Result<ClipReport, AppError>;

    /// Inspects pictures together. A file that cannot be read is an answer, not an error.
    ///
    /// # Errors
    /// `Internal` when the child could not be started at all.
    async fn inspect(
        &self,
        inspection: Inspection,
        source: &dyn Source,
    ) -> Result<Inspected, AppError>;

    /// Reads what a file says about itself, and checks its manifest: signers against `trusted`, validity on the day
    /// `today` in seconds since 1970, EXIF against `times`. Reading that fails costs the marks, never the photo: the
    /// report says so.
    async fn marks(
        &self,
        file: Vec<u8>,
        trusted: Arc<TrustList>,
        today: i64,
        times: Times,
    ) -> Report;

    /// Makes the published copies of a picture. One that cannot be made is an answer.
    ///
    /// # Errors
    /// `Internal` when the child could not be started at all.
    async fn publish(
        &self,
        picture: Vec<u8>,
        publication: Publication,
    ) -> Result<Result<Published, NotPublished>, AppError>;
}

/// Reads photos in this process: for tests and tools on trusted files.
#[derive(Debug, Default)]
pub struct DirectScreener;

#[async_trait]
impl Screener for DirectScreener {
    async fn screen(&self, photo: ScreenPhoto) -> Result<PhotoReport, AppError> {
        tokio::task::spawn_blocking(move || screen_photo(&photo))
            .await
            .map_err(|error| AppError::internal(format!("screening: {error}")))?
            .map_err(refused)
    }

    async fn screen_clip(&self, clip: ScreenClip) -> Result<ClipReport, AppError> {
        tokio::task::spawn_blocking(move || screen_clip(&clip))
            .await
            .map_err(|error| AppError::internal(format!("screening: {error}")))?
            .map_err(refused)
    }

    async fn inspect(
        &self,
        inspection: Inspection,
        source: &dyn Source,
    ) -> Result<Inspected, AppError> {
        let transport = Within::new(ThreadTransport::new()?, inspection.within);
        let (_, inspected) = drive(transport, inspection.files, inspection.wanted, source).await?;
        Ok(inspected)
    }

    async fn marks(
        &self,
        file: Vec<u8>,
        trusted: Arc<TrustList>,
        today: i64,
        times: Times,
    ) -> Report {
        let wanted = Wanted {
            manifest: Manifest::Checked { today: Some(today) },
            times: Some(times),
            pixels: true,
        };
        let read = tokio::task::spawn_blocking(move || answer(&file, &trusted, wanted));
        read.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the marks of a photo could not be read");
            Report::stopped(&[])
        })
    }

    async fn publish(
        &self,
        picture: Vec<u8>,
        publication: Publication,
    ) -> Result<Result<Published, NotPublished>, AppError> {
        tokio::task::spawn_blocking(move || publish(&picture, &publication))
            .await
            .map_err(|error| AppError::internal(format!("publishing: {error}")))
    }
}

/// Keeps `aftercare child` processes and starts others when they died or had to be killed: one that
/// reads photos as they come, one that reads clips, one that inspects claims, one for whoever waits for an answer, one that reads
/// marks, and one that makes published copies.
#[derive(Debug)]
pub struct ChildScreener {
    program: PathBuf,
    child: Mutex<Option<Child>>,
    clips: Mutex<Option<Child>>,
    claims: Mutex<Option<ChildTransport>>,
    urgent: Mutex<Option<ChildTransport>>,
    marks: Mutex<Option<MarkReader>>,
    copies: Mutex<Option<MarkReader>>,
}

impl ChildScreener {
    /// Children are started as `program child`.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self {
            program,
            child: Mutex::new(None),
            clips: Mutex::new(None),
            claims: Mutex::new(None),
            urgent: Mutex::new(None),
            marks: Mutex::new(None),
            copies: Mutex::new(None),
        }
    }

    fn start(&self) -> Result<Child, AppError> {
        Command::new(&self.program)
            .arg("child")
            // Nothing of the server's environment (keys, paths) is the child's business.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| {
                AppError::internal(format!("{} child: {error}", self.program.display()))
            })
    }

    /// Asks the child of `lane`; `None` when it ran out of time or died, and the next file gets a fresh process.
    async fn exchange(
        &self,
        lane: &Mutex<Option<Child>>,
        request: &[u8],
        within_ms: u64,
    ) -> Result<Option<Vec<u8>>, AppError> {
        let mut slot = lane.lock().await;
        let mut child = match slot.take() {
            Some(child) => child,
            None => self.start()?,
        };
        let within = Duration::from_millis(within_ms);
        match tokio::time::timeout(within, ask(&mut child, request)).await {
            Ok(Ok(frame)) => {
                *slot = Some(child);
                Ok(Some(frame))
            }
            Ok(Err(_)) | Err(_) => {
                let _ = child.start_kill();
                Ok(None)
            }
        }
    }
}

#[async_trait]
impl Screener for ChildScreener {
    async fn screen(&self, photo: ScreenPhoto) -> Result<PhotoReport, AppError> {
        let request =
            encode_request(&photo).map_err(|error| AppError::internal(error.to_string()))?;
        match self.exchange(&self.child, &request, SCREEN_PHOTO_MS_MAX).await? {
            Some(frame) => decode_response(&frame)
                .map_err(|error| AppError::internal(error.to_string()))?
                .map_err(refused),
            // The photo is refused like any other unreadable one.
            None => Err(refused(ScreenRefused {
                code: "not_decoded".to_owned(),
                zh: "读取这张照片时超出了时间或内存限制，请换一张照片，或重新拍一张。".to_owned(),
                en: "Reading this photo took too much time or memory. Please send another one, or take it again.".to_owned(),
            })),
        }
    }

    async fn screen_clip(&self, clip: ScreenClip) -> Result<ClipReport, AppError> {
        let media_type = media_type(&clip.bytes).to_owned();
        let request = encode_clip(clip).map_err(|error| AppError::internal(error.to_string()))?;
        match self
            .exchange(&self.clips, &request, SCREEN_CLIP_MS_MAX)
            .await?
        {
            Some(frame) => decode_clip(&frame)
                .map_err(|error| AppError::internal(error.to_string()))?
                .map_err(refused),
            // It is kept like any other that is not read.
            None => Ok(ClipReport {
                media_type,
                duration_ms: 0,
                codec: String::new(),
                copy: None,
                pictures: Err(ScreenRefused {
                    code: "not_decoded".to_owned(),
                    zh: "读取这段视频时超出了时间或内存限制。".to_owned(),
                    en: "Reading this clip took too much time or memory.".to_owned(),
                }),
            }),
        }
    }

    async fn inspect(
        &self,
        inspection: Inspection,
        source: &dyn Source,
    ) -> Result<Inspected, AppError> {
        let lane = if inspection.urgent {
            &self.urgent
        } else {
            &self.claims
        };
        let mut slot = lane.lock().await;
        let transport = slot
            .take()
            .unwrap_or_else(|| ChildTransport::new(self.program.clone()));
        let transport = Within::new(transport, inspection.within);
        let (transport, inspected) =
            drive(transport, inspection.files, inspection.wanted, source).await?;
        *slot = Some(transport);
        Ok(inspected)
    }

    async fn publish(
        &self,
        picture: Vec<u8>,
        publication: Publication,
    ) -> Result<Result<Published, NotPublished>, AppError> {
        let mut slot = self.copies.lock().await;
        let mut reader = slot
            .take()
            .unwrap_or_else(|| MarkReader::new(self.program.clone(), Arc::default()));
        let (reader, published) = tokio::task::spawn_blocking(move || {
            let published = reader.publish(&picture, &publication);
            (reader, published)
        })
        .await
        .map_err(|error| AppError::internal(format!("publishing: {error}")))?;
        *slot = Some(reader);
        published
    }

    async fn marks(
        &self,
        file: Vec<u8>,
        trusted: Arc<TrustList>,
        today: i64,
        times: Times,
    ) -> Report {
        let mut slot = self.marks.lock().await;
        let kept = slot.take().filter(|kept| **kept.list() == *trusted);
        let mut reader = kept.unwrap_or_else(|| MarkReader::new(self.program.clone(), trusted));
        let read = tokio::task::spawn_blocking(move || {
            let report = reader
                .read_and_verify(&file, today, times)
                .unwrap_or_else(|error| {
                    tracing::error!(%error, "the marks of a photo could not be read");
                    Report::stopped(&file)
                });
            (reader, report)
        });
        match read.await {
            Ok((reader, report)) => {
                *slot = Some(reader);
                report
            }
            Err(error) => {
                tracing::error!(%error, "the marks of a photo could not be read");
                Report::stopped(&[])
            }
        }
    }
}

async fn ask(child: &mut Child, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let gone = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
    let stdin = child.stdin.as_mut().ok_or_else(gone)?;
    let stdout = child.stdout.as_mut().ok_or_else(gone)?;
    stdin.write_all(request).await?;
    stdin.flush().await?;
    let mut frame = vec![0; FRAME_PREFIX_BYTES];
    stdout.read_exact(&mut frame).await?;
    let mut prefix = [0; FRAME_PREFIX_BYTES];
    prefix.copy_from_slice(&frame);
    let body = body_bytes(&prefix)?;
    frame.resize(FRAME_PREFIX_BYTES + body, 0);
    stdout.read_exact(&mut frame[FRAME_PREFIX_BYTES..]).await?;
    Ok(frame)
}

fn refused(refused: ScreenRefused) -> AppError {
    let kind = match refused.code.as_str() {
        "too_many_bytes" | "too_many_pixels" | "side_too_long" => ErrorKind::TooLarge,
        "refused_format" | "unknown_format" => ErrorKind::Unsupported,
        _ => ErrorKind::Invalid,
    };
    AppError {
        field: Some("photos".to_owned()),
        ..AppError::new(kind, &refused.code, refused.zh, refused.en)
    }
}
