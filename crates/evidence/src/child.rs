//! The work of `aftercare child`: read one hostile photo, answer with a report or a refusal; or hold the pictures of a
//! claim ready and inspect its photos among them.
//!
//! The process is started and limited (memory, time) by the command line; this module knows only streams. The
//! server's side is pairs of pure functions, [`encode_request`] and [`decode_response`] for one photo, [`encode_load`],
//! [`encode_inspect`] and their answers for a claim, so that any runtime can drive the pipes: write the request, read
//! [`FRAME_PREFIX_BYTES`], ask [`body_bytes`] how much follows, read that. [`crate::driver`] drives a whole claim.

use std::io::{self, Read, Write};

use aftercare_media::child::Frame;
pub use aftercare_media::child::{FRAME_PREFIX_BYTES, FrameError, body_bytes};
use aftercare_media::limits::MAX_FRAME_PARTS;
use aftercare_media::{Format, Limits, MediaError, Metadata, decode, preview, video};
use serde::{Deserialize, Serialize};

use crate::finding::{Finding, FindingCode};
use crate::fingerprint::Fingerprint;
use crate::inspect::{Overlay, OverlayKind, PhotoInspection, Picture, Seen, Verdict};
use crate::limits::{CLIP_PICTURES, MAX_PREVIEWS};
use crate::session::{InspectPhoto, LoadPicture, LoadedPicture, NotInspected, Session};

/// The request: read this photo.
#[derive(Clone, PartialEq, Eq)]
pub struct ScreenPhoto {
    pub bytes: Vec<u8>,
    pub limits: Limits,
    /// The longest side of each preview, in pixels; at most [`MAX_PREVIEWS`].
    pub preview_sides: Vec<u32>,
    /// JPEG quality of the previews.
    pub preview_quality: u8,
}

/// The answer: what the photo is. Previews are JPEG, in the order of the request.
#[derive(Clone, PartialEq, Eq)]
pub struct PhotoReport {
    pub format: Format,
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// With the AI labels, and the orientation that was applied.
    pub metadata: Metadata,
    pub fingerprint: Fingerprint,
    pub previews: Vec<Vec<u8>>,
}

/// The request: read this clip.
#[derive(Clone, PartialEq, Eq)]
pub struct ScreenClip {
    pub bytes: Vec<u8>,
    pub limits: Limits,
    /// Of the pictures that an inspection looks at, the one shown nearest to this time becomes the still, in
    /// milliseconds.
    pub at_ms: u64,
    /// The longest side of the still in pixels, and its JPEG quality.
    pub still: (u32, u8),
    /// Whether the copy to show is wanted.
    pub copy: bool,
}

/// The answer: what the clip is.
#[derive(Clone, PartialEq, Eq)]
pub struct ClipReport {
    /// `video/mp4` or `video/quicktime`; `audio/mp4` of a voice note, which has no pictures.
    pub media_type: String,
    pub duration_ms: u64,
    /// The name of its codec that people know.
    pub codec: String,
    /// The copy without anything personal ([`video::shown`]), when it was asked for; `None` when there is no sound one.
    pub copy: Option<Vec<u8>>,
    /// What its pictures show, or why they are not read: the clip is kept all the same.
    pub pictures: Result<ClipPictures, ScreenRefused>,
}

/// What a clip shows.
#[derive(Clone, PartialEq, Eq)]
pub struct ClipPictures {
    /// Width in pixels, upright.
    pub width: u32,
    /// Height in pixels, upright.
    pub height: u32,
    /// Of its first picture.
    pub fingerprint: Fingerprint,
    /// JPEG with the label that the clip has.
    pub still: Vec<u8>,
}

/// The answer: the photo is refused, for this reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{en}")]
pub struct ScreenRefused {
    /// The stable code of the [`MediaError`].
    pub code: String,
    pub zh: String,
    pub en: String,
}

impl ScreenRefused {
    /// The finding that stands in the case for this refusal.
    #[must_use]
    pub fn finding(&self) -> Finding {
        Finding::not_decoded(&self.zh, &self.en)
    }
}

impl From<MediaError> for ScreenRefused {
    fn from(error: MediaError) -> Self {
        Self {
            code: error.code().to_owned(),
            zh: error.zh(),
            en: error.en(),
        }
    }
}

/// Why an answer of the child cannot be used. The photo is then refused like one that killed the child.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("the header of the message is not what was expected: {0}")]
    Header(#[from] serde_json::Error),
    #[error("the message announces {expected} parts and has {found}")]
    Parts { expected: usize, found: usize },
    #[error("the answer belongs to another request")]
    OtherAnswer,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
enum RequestHeader {
    ScreenPhoto {
        limits: Limits,
        preview_sides: Vec<u32>,
        preview_quality: u8,
    },
    ScreenClip {
        limits: Limits,
        at_ms: u64,
        still: (u32, u8),
        copy: bool,
    },
    Load(Box<LoadPicture>),
    Inspect(Box<InspectPhoto>),
    Trim,
}

/// What a clip shows, without its still.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum PicturesHeader {
    Read {
        width: u32,
        height: u32,
        fingerprint: Box<Fingerprint>,
    },
    Unread(ScreenRefused),
}

/// An overlay without its bytes, which are a part of the frame.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OverlayHeader {
    name: String,
    kind: OverlayKind,
    code: FindingCode,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
enum ResponseHeader {
    PhotoReport {
        format: Format,
        width: u32,
        height: u32,
        metadata: Box<Metadata>,
        fingerprint: Box<Fingerprint>,
        previews: usize,
    },
    /// The parts are the copy, if there is one, and the still, if pictures were read.
    ClipReport {
        media_type: String,
        duration_ms: u64,
        codec: String,
        has_copy: bool,
        pictures: PicturesHeader,
    },
    Refused {
        code: String,
        zh: String,
        en: String,
    },
    Loaded(Box<LoadedPicture>),
    Missing {
        sha256: Vec<String>,
    },
    Inspected {
        photo: Box<Picture>,
        seen: Option<Seen>,
        verdict: Verdict,
        findings: Vec<Finding>,
        overlays: Vec<OverlayHeader>,
    },
    Trimmed,
}

/// Does the work in this process: decode, fingerprint, previews.
///
/// # Errors
/// The refusal, in both languages.
pub fn screen_photo(request: &ScreenPhoto) -> Result<PhotoReport, ScreenRefused> {
    if request.preview_sides.len() > MAX_PREVIEWS {
        return Err(ScreenRefused {
            code: "too_many_previews".to_owned(),
            zh: format!("一次最多生成 {MAX_PREVIEWS} 张预览图"),
            en: format!("at most {MAX_PREVIEWS} previews can be made at once"),
        });
    }
    let photo = decode(&request.bytes, &request.limits)?;
    let fingerprint = Fingerprint::of(&photo).map_err(|error| {
        ScreenRefused::from(MediaError::NotDecoded {
            format: photo.format,
            what: error.to_string(),
        })
    })?;
    let previews = request
        .preview_sides
        .iter()
        .map(|&side| preview(&photo, side, request.preview_quality))
        .collect::<Result<_, _>>()?;
    Ok(PhotoReport {
        format: photo.format,
        width: photo.original_width,
        height: photo.original_height,
        metadata: photo.metadata,
        fingerprint,
        previews,
    })
}

/// Does the work in this process: the index, a still, the copy to show.
///
/// # Errors
/// The refusal, in both languages, of a file in which no player finds a video or a sound. Pictures that only this program
/// does not read are none: [`ClipReport::pictures`].
pub fn screen_clip(request: &ScreenClip) -> Result<ClipReport, ScreenRefused> {
    let bytes = &request.bytes;
    let info = video::info(bytes)?;
    let pictures = clip_pictures(request);
    let copy = request.copy.then(|| video::shown(bytes).ok()).flatten();
    Ok(ClipReport {
        media_type: if info.is_sound {
            "audio/mp4"
        } else {
            video::media_type(bytes)
        }
        .to_owned(),
        duration_ms: info.duration_ms,
        codec: info.codec,
        copy,
        pictures,
    })
}

fn clip_pictures(request: &ScreenClip) -> Result<ClipPictures, ScreenRefused> {
    let not_decoded = |what: String| {
        ScreenRefused::from(MediaError::NotDecoded {
            format: Format::Mp4,
            what,
        })
    };
    // The same pictures as an inspection takes, so that a still shows what a finding is about.
    let clip = video::sample(&request.bytes, CLIP_PICTURES, &request.limits)?;
    let first = clip.pictures.first();
    let nearest = clip
        .pictures
        .iter()
        .min_by_key(|picture| picture.at_ms.abs_diff(request.at_ms));
    let (Some(first), Some(nearest)) = (first, nearest) else {
        return Err(not_decoded("no picture in it".to_owned()));
    };
    let (side, quality) = request.still;
    Ok(ClipPictures {
        width: first.picture.original_width,
        height: first.picture.original_height,
        fingerprint: Fingerprint::of(&first.picture)
            .map_err(|error| not_decoded(error.to_string()))?,
        still: preview(&nearest.picture, side, quality)?,
    })
}

/// The request as one frame for the child's standard input.
///
/// # Errors
/// [`FrameError::TooLong`] when the clip is above the limit.
pub fn encode_clip(request: ScreenClip) -> Result<Vec<u8>, ProtocolError> {
    let header = RequestHeader::ScreenClip {
        limits: request.limits,
        at_ms: request.at_ms,
        still: request.still,
        copy: request.copy,
    };
    encoded(&header, vec![request.bytes])
}

/// The answer to [`encode_clip`].
///
/// # Errors
/// [`ProtocolError`] when the answer makes no sense; the inner `Result` is the child's own answer.
pub fn decode_clip(frame: &[u8]) -> Result<Result<ClipReport, ScreenRefused>, ProtocolError> {
    let frame = Frame::decode(frame)?;
    match serde_json::from_slice(&frame.header)? {
        ResponseHeader::ClipReport {
            media_type,
            duration_ms,
            codec,
            has_copy,
            pictures,
        } => {
            let is_read = matches!(pictures, PicturesHeader::Read { .. });
            let expected = usize::from(has_copy) + usize::from(is_read);
            if frame.parts.len() != expected {
                return Err(ProtocolError::Parts {
                    expected,
                    found: frame.parts.len(),
                });
            }
            let mut parts = frame.parts.into_iter();
            let copy = if has_copy { parts.next() } else { None };
            let pictures = match pictures {
                PicturesHeader::Read {
                    width,
                    height,
                    fingerprint,
                } => Ok(ClipPictures {
                    width,
                    height,
                    fingerprint: *fingerprint,
                    still: parts.next().unwrap_or_default(),
                }),
                PicturesHeader::Unread(refused) => Err(refused),
            };
            Ok(Ok(ClipReport {
                media_type,
                duration_ms,
                codec,
                copy,
                pictures,
            }))
        }
        ResponseHeader::Refused { code, zh, en } => Ok(Err(ScreenRefused { code, zh, en })),
        _ => Err(ProtocolError::OtherAnswer),
    }
}

/// The request as one frame for the child's standard input.
///
/// # Errors
/// [`FrameError::TooLong`] when the photo is above the limit.
pub fn encode_request(request: &ScreenPhoto) -> Result<Vec<u8>, ProtocolError> {
    let header = RequestHeader::ScreenPhoto {
        limits: request.limits,
        preview_sides: request.preview_sides.clone(),
        preview_quality: request.preview_quality,
    };
    let frame = Frame {
        header: serde_json::to_vec(&header)?,
        parts: vec![request.bytes.clone()],
    };
    Ok(frame.encode()?)
}

/// Reads one whole frame (prefix included) from the child's standard output.
///
/// # Errors
/// [`ProtocolError`] when the answer makes no sense; the inner `Result` is the child's own answer.
pub fn decode_response(frame: &[u8]) -> Result<Result<PhotoReport, ScreenRefused>, ProtocolError> {
    let frame = Frame::decode(frame)?;
    match serde_json::from_slice(&frame.header)? {
        ResponseHeader::PhotoReport {
            format,
            width,
            height,
            metadata,
            fingerprint,
            previews,
        } => {
            if frame.parts.len() != previews {
                return Err(ProtocolError::Parts {
                    expected: previews,
                    found: frame.parts.len(),
                });
            }
            Ok(Ok(PhotoReport {
                format,
                width,
                height,
                metadata: *metadata,
                fingerprint: *fingerprint,
                previews: frame.parts,
            }))
        }
        ResponseHeader::Refused { code, zh, en } => Ok(Err(ScreenRefused { code, zh, en })),
        _ => Err(ProtocolError::OtherAnswer),
    }
}

/// The request to hold a picture ready.
///
/// # Errors
/// [`FrameError::TooLong`] when the picture is above the limit.
pub fn encode_load(request: &LoadPicture, bytes: Vec<u8>) -> Result<Vec<u8>, ProtocolError> {
    encoded(&RequestHeader::Load(Box::new(request.clone())), vec![bytes])
}

/// The answer to [`encode_load`]: what was loaded, and its preview when one was asked for.
///
/// # Errors
/// [`ProtocolError`] when the answer makes no sense; the inner `Result` is the child's own answer.
#[expect(
    clippy::type_complexity,
    reason = "the outer error is the pipe's, the inner one the picture's"
)]
pub fn decode_loaded(
    frame: &[u8],
) -> Result<Result<(LoadedPicture, Option<Vec<u8>>), ScreenRefused>, ProtocolError> {
    let mut frame = Frame::decode(frame)?;
    match serde_json::from_slice(&frame.header)? {
        ResponseHeader::Loaded(loaded) if frame.parts.len() <= 1 => {
            Ok(Ok((*loaded, frame.parts.pop())))
        }
        ResponseHeader::Loaded(_) => Err(ProtocolError::Parts {
            expected: 1,
            found: frame.parts.len(),
        }),
        ResponseHeader::Refused { code, zh, en } => Ok(Err(ScreenRefused { code, zh, en })),
        _ => Err(ProtocolError::OtherAnswer),
    }
}

/// The request to inspect one photo of a claim.
///
/// # Errors
/// [`FrameError::HeaderTooLong`] when the claim names more than a header holds.
pub fn encode_inspect(request: &InspectPhoto) -> Result<Vec<u8>, ProtocolError> {
    encoded(
        &RequestHeader::Inspect(Box::new(request.clone())),
        Vec::new(),
    )
}

/// The answer to [`encode_inspect`].
///
/// # Errors
/// [`ProtocolError`] when the answer makes no sense; the inner `Result` is the child's own answer.
pub fn decode_inspected(
    frame: &[u8],
) -> Result<Result<PhotoInspection, NotInspected>, ProtocolError> {
    let frame = Frame::decode(frame)?;
    match serde_json::from_slice(&frame.header)? {
        ResponseHeader::Inspected {
            photo,
            seen,
            verdict,
            findings,
            overlays,
        } => {
            if frame.parts.len() != overlays.len() {
                return Err(ProtocolError::Parts {
                    expected: overlays.len(),
                    found: frame.parts.len(),
                });
            }
            let overlays = overlays.into_iter().zip(frame.parts);
            Ok(Ok(PhotoInspection {
                photo: *photo,
                seen,
                verdict,
                findings,
                overlays: overlays
                    .map(|(OverlayHeader { name, kind, code }, bytes)| Overlay {
                        name,
                        kind,
                        code,
                        bytes,
                    })
                    .collect(),
            }))
        }
        ResponseHeader::Missing { sha256 } => Ok(Err(NotInspected::Missing(sha256))),
        ResponseHeader::Refused { code, zh, en } => {
            Ok(Err(NotInspected::Refused(ScreenRefused { code, zh, en })))
        }
        _ => Err(ProtocolError::OtherAnswer),
    }
}

/// The request that ends a claim: most of its pictures are forgotten. The answer needs no reading beyond its frame.
///
/// # Errors
/// None in practice; the type is that of the other requests.
pub fn encode_trim() -> Result<Vec<u8>, ProtocolError> {
    encoded(&RequestHeader::Trim, Vec::new())
}

fn encoded(header: &RequestHeader, parts: Vec<Vec<u8>>) -> Result<Vec<u8>, ProtocolError> {
    let header = serde_json::to_vec(header)?;
    Ok(Frame { header, parts }.encode()?)
}

/// Answers requests until the input ends.
///
/// # Errors
/// As the streams; `InvalidData` for a request that is not understood (the process should then end).
pub fn run_child(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut session = Session::new();
    while let Some(frame) = Frame::read(&mut input)? {
        answer(frame, &mut session)?.write(&mut output)?;
    }
    Ok(())
}

fn answer(mut frame: Frame, session: &mut Session) -> io::Result<Frame> {
    let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidData, message);
    let header: RequestHeader =
        serde_json::from_slice(&frame.header).map_err(|error| invalid(error.to_string()))?;
    let expected = usize::from(matches!(
        header,
        RequestHeader::ScreenPhoto { .. }
            | RequestHeader::ScreenClip { .. }
            | RequestHeader::Load(_)
    ));
    if frame.parts.len() != expected {
        return Err(invalid(format!(
            "the request needs {expected} parts and has {}",
            frame.parts.len()
        )));
    }
    let bytes = frame.parts.pop().unwrap_or_default();
    let (header, parts) = match header {
        RequestHeader::ScreenPhoto {
            limits,
            preview_sides,
            preview_quality,
        } => screened(&ScreenPhoto {
            bytes,
            limits,
            preview_sides,
            preview_quality,
        }),
        RequestHeader::ScreenClip {
            limits,
            at_ms,
            still,
            copy,
        } => clip_answer(screen_clip(&ScreenClip {
            bytes,
            limits,
            at_ms,
            still,
            copy,
        })),
        RequestHeader::Load(request) => match session.load(&request, &bytes) {
            Ok((loaded, preview)) => (
                ResponseHeader::Loaded(Box::new(loaded)),
                preview.into_iter().collect(),
            ),
            Err(refused) => (refusal(refused), Vec::new()),
        },
        RequestHeader::Inspect(request) => inspected(session.inspect(*request)),
        RequestHeader::Trim => {
            session.trim();
            (ResponseHeader::Trimmed, Vec::new())
        }
    };
    let header = serde_json::to_vec(&header).map_err(|error| invalid(error.to_string()))?;
    Ok(Frame { header, parts })
}

fn refusal(ScreenRefused { code, zh, en }: ScreenRefused) -> ResponseHeader {
    ResponseHeader::Refused { code, zh, en }
}

fn screened(request: &ScreenPhoto) -> (ResponseHeader, Vec<Vec<u8>>) {
    match screen_photo(request) {
        Ok(report) => (
            ResponseHeader::PhotoReport {
                format: report.format,
                width: report.width,
                height: report.height,
                metadata: Box::new(report.metadata),
                fingerprint: Box::new(report.fingerprint),
                previews: report.previews.len(),
            },
            report.previews,
        ),
        Err(refused) => (refusal(refused), Vec::new()),
    }
}

fn clip_answer(report: Result<ClipReport, ScreenRefused>) -> (ResponseHeader, Vec<Vec<u8>>) {
    let report = match report {
        Ok(report) => report,
        Err(refused) => return (refusal(refused), Vec::new()),
    };
    let has_copy = report.copy.is_some();
    let mut parts: Vec<Vec<u8>> = report.copy.into_iter().collect();
    let pictures = match report.pictures {
        Ok(pictures) => {
            parts.push(pictures.still);
            PicturesHeader::Read {
                width: pictures.width,
                height: pictures.height,
                fingerprint: Box::new(pictures.fingerprint),
            }
        }
        Err(refused) => PicturesHeader::Unread(refused),
    };
    let header = ResponseHeader::ClipReport {
        media_type: report.media_type,
        duration_ms: report.duration_ms,
        codec: report.codec,
        has_copy,
        pictures,
    };
    (header, parts)
}

fn inspected(inspection: Result<PhotoInspection, NotInspected>) -> (ResponseHeader, Vec<Vec<u8>>) {
    match inspection {
        Ok(inspection) => {
            let (overlays, parts) = inspection
                .overlays
                .into_iter()
                .take(MAX_FRAME_PARTS)
                .map(
                    |Overlay {
                         name,
                         kind,
                         code,
                         bytes,
                     }| (OverlayHeader { name, kind, code }, bytes),
                )
                .unzip();
            let header = ResponseHeader::Inspected {
                photo: Box::new(inspection.photo),
                seen: inspection.seen,
                verdict: inspection.verdict,
                findings: inspection.findings,
                overlays,
            };
            (header, parts)
        }
        Err(NotInspected::Missing(sha256)) => (ResponseHeader::Missing { sha256 }, Vec::new()),
        Err(NotInspected::Refused(refused)) => (refusal(refused), Vec::new()),
    }
}
