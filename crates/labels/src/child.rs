//! The work of `aftercare child --marks`: read what a hostile file says about itself, its manifest checked, and answer.
//!
//! The process is started, limited and killed by the caller; this module knows only streams. [`encode_list`] tells a
//! child once whose signatures are trusted, [`encode_request`] gives it a file, [`decode_answer`] reads what it says. Of
//! a report that comes back, the sentences are the program's own, by rule and answer: the child sends none.

use std::io::{self, Read, Write};

use aftercare_media::child::{Frame, FrameError};
use serde::{Deserialize, Serialize};

use crate::credentials::TrustList;
use crate::report::{Report, read, read_and_verify};

/// Whether the manifest is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Manifest {
    /// That it is there is told, and nothing else.
    Told,
    /// It is checked; `today` is in seconds since 1970.
    Checked { today: Option<i64> },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    /// The part is a list of authorities: they are trusted from now on.
    Trust,
    /// The part is a file.
    Read { manifest: Manifest },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
enum Answer {
    Trusted,
    /// The part is the report.
    Report,
}

/// Why an answer of the child cannot be used. The file is then answered for like one that killed the child.
#[derive(Debug)]
pub enum ProtocolError {
    Frame(FrameError),
    Json(serde_json::Error),
    /// It has another number of parts, or belongs to another request.
    OtherAnswer,
}

impl std::fmt::Display for ProtocolError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Frame(error) => error.fmt(formatter),
            Self::Json(error) => write!(formatter, "the message is not what was expected: {error}"),
            Self::OtherAnswer => formatter.write_str("the answer belongs to another request"),
        }
    }
}

impl std::error::Error for ProtocolError {}

impl From<FrameError> for ProtocolError {
    fn from(error: FrameError) -> Self {
        Self::Frame(error)
    }
}

impl From<serde_json::Error> for ProtocolError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

/// The request to trust the authorities of `list`; `None` for an empty list, which a child has anyway.
///
/// # Errors
/// None in practice: a list that was read is shorter than a frame.
pub fn encode_list(list: &TrustList) -> Result<Option<Vec<u8>>, ProtocolError> {
    let text = list.to_text();
    if text.is_empty() {
        return Ok(None);
    }
    let header = serde_json::to_vec(&Request::Trust)?;
    let parts = vec![text.into_bytes()];
    Ok(Some(Frame { header, parts }.encode()?))
}

/// The request to read a file, as one frame for the child's standard input.
///
/// # Errors
/// [`FrameError::TooLong`] for a file above [`crate::limits::MAX_FILE_BYTES`] by more than the room of a header.
pub fn encode_request(file: Vec<u8>, manifest: Manifest) -> Result<Vec<u8>, ProtocolError> {
    let header = serde_json::to_vec(&Request::Read { manifest })?;
    let parts = vec![file];
    Ok(Frame { header, parts }.encode()?)
}

/// Reads one whole frame (prefix included) from the child's standard output: the answer to [`encode_list`].
///
/// # Errors
/// [`ProtocolError`] when the answer makes no sense.
pub fn decode_trusted(frame: &[u8]) -> Result<(), ProtocolError> {
    let frame = Frame::decode(frame)?;
    match serde_json::from_slice(&frame.header)? {
        Answer::Trusted => Ok(()),
        Answer::Report => Err(ProtocolError::OtherAnswer),
    }
}

/// The same for the answer to [`encode_request`].
///
/// # Errors
/// [`ProtocolError`] when the answer makes no sense.
pub fn decode_answer(frame: &[u8]) -> Result<Report, ProtocolError> {
    let frame = Frame::decode(frame)?;
    match (serde_json::from_slice(&frame.header)?, &frame.parts[..]) {
        (Answer::Report, [part]) => {
            let mut report: Report = serde_json::from_slice(part)?;
            report.restore();
            Ok(report)
        }
        _ => Err(ProtocolError::OtherAnswer),
    }
}

/// Answers requests until the input ends.
///
/// # Errors
/// As the streams; `InvalidData` for a request that is not understood (the process should then end).
pub fn run_child(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut list = TrustList::default();
    while let Some(mut frame) = Frame::read(&mut input)? {
        let request: Request =
            serde_json::from_slice(&frame.header).map_err(|error| invalid(error.to_string()))?;
        let part = frame.parts.pop().filter(|_| frame.parts.is_empty());
        let part = part.ok_or_else(|| invalid("a request has one part".to_owned()))?;
        let (answer, parts) = match request {
            Request::Trust => {
                list = TrustList::read(&part).map_err(|error| invalid(error.to_string()))?;
                (Answer::Trusted, Vec::new())
            }
            Request::Read { manifest } => {
                let report = match manifest {
                    Manifest::Told => read(&part),
                    Manifest::Checked { today } => read_and_verify(&part, &list, today),
                };
                (Answer::Report, vec![serde_json::to_vec(&report)?])
            }
        };
        let header = serde_json::to_vec(&answer)?;
        Frame { header, parts }.write(&mut output)?;
    }
    Ok(())
}
