//! The work of `aftercare child`: read one hostile photo, answer with a report or a refusal.
//!
//! The process is started and limited (memory, time) by the command line; this module knows only streams. The
//! server's side is two pure functions, [`encode_request`] and [`decode_response`], so that any runtime can drive
//! the pipes: write the request, read [`FRAME_PREFIX_BYTES`], ask [`body_bytes`] how much follows, read that.

use std::io::{self, Read, Write};

use aftercare_media::child::Frame;
pub use aftercare_media::child::{FRAME_PREFIX_BYTES, FrameError, body_bytes};
use aftercare_media::{Format, Limits, MediaError, Metadata, decode, preview};
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::fingerprint::Fingerprint;
use crate::limits::MAX_PREVIEWS;

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
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
enum RequestHeader {
    ScreenPhoto {
        limits: Limits,
        preview_sides: Vec<u32>,
        preview_quality: u8,
    },
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
    Refused {
        code: String,
        zh: String,
        en: String,
    },
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
        width: photo.width,
        height: photo.height,
        metadata: photo.metadata,
        fingerprint,
        previews,
    })
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
    }
}

/// Answers requests until the input ends.
///
/// # Errors
/// As the streams; `InvalidData` for a request that is not understood (the process should then end).
pub fn run_child(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    while let Some(frame) = Frame::read(&mut input)? {
        answer(frame)?.write(&mut output)?;
    }
    Ok(())
}

fn answer(mut frame: Frame) -> io::Result<Frame> {
    let invalid = |message: String| io::Error::new(io::ErrorKind::InvalidData, message);
    let header =
        serde_json::from_slice(&frame.header).map_err(|error| invalid(error.to_string()))?;
    let RequestHeader::ScreenPhoto {
        limits,
        preview_sides,
        preview_quality,
    } = header;
    let (1, Some(bytes)) = (frame.parts.len(), frame.parts.pop()) else {
        return Err(invalid(
            "a request needs exactly one part, the photo".to_owned(),
        ));
    };
    let (header, parts) = match screen_photo(&ScreenPhoto {
        bytes,
        limits,
        preview_sides,
        preview_quality,
    }) {
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
        Err(ScreenRefused { code, zh, en }) => {
            (ResponseHeader::Refused { code, zh, en }, Vec::new())
        }
    };
    let header = serde_json::to_vec(&header).map_err(|error| invalid(error.to_string()))?;
    Ok(Frame { header, parts })
}
