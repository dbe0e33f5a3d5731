//! The work of `aftercare child --marks`: read what a hostile file says about itself, its manifest checked, and answer.
//!
//! The process is started, limited and killed by the caller; this module knows only streams. [`encode_list`] tells a
//! child once whose signatures are trusted, [`encode_request`] gives it a file, [`decode_answer`] reads what it says. Of
//! a report that comes back, the sentences are the program's own, by rule and answer: the child sends none.

use std::io::{self, Read, Seek, SeekFrom, Write};

use aftercare_media::child::{Frame, FrameError};
use aftercare_media::{Format, Limits, sniff};
use serde::{Deserialize, Serialize};

use crate::consistency::{Times, observe};
#[cfg(feature = "full")]
use crate::credentials::second;
use crate::credentials::{TrustList, verify_layout};
use crate::pixels::look;
use crate::publish::{NotPublished, Publication, Published, publish};
use crate::report::{Report, read, read_and_verify, with_credentials};
use crate::sheet::lay_out;

/// Whether the manifest is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Manifest {
    /// That it is there is told, and nothing else.
    Told,
    /// It is checked; `today` is in seconds since 1970.
    Checked { today: Option<i64> },
    /// The same by our own reader alone, for a file that the second one died of.
    CheckedAlone { today: Option<i64> },
}

/// Whether this build asks a second reader about manifests that are [`Manifest::Checked`].
pub const HAS_SECOND_READER: bool = cfg!(feature = "full");

/// What is read besides the file's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    pub manifest: Manifest,
    /// EXIF is held against the picture and these times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
    /// The pixels are decoded and looked at.
    #[serde(default)]
    pub pixels: bool,
}

impl Wanted {
    /// The metadata alone.
    pub const METADATA: Self = Self {
        manifest: Manifest::Told,
        times: None,
        pixels: false,
    };
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    /// The part is a list of authorities: they are trusted from now on.
    Trust,
    /// The part is a file.
    Read { wanted: Wanted },
    /// The part is empty: a file of so many bytes is there to be read, piece by piece, with [`Answer::Need`].
    Open { wanted: Wanted, bytes: u64 },
    /// The part is the piece that was asked for.
    Piece,
    /// The part is a picture.
    Publish { publication: Publication },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
enum Answer {
    Trusted,
    /// The part is the report.
    Report,
    /// A piece of the file that was opened is wanted.
    Need {
        offset: u64,
        bytes: u64,
    },
    /// The parts are the copy that is shown and the file.
    Published {
        copy: crate::publish::Description,
    },
    NotPublished {
        why: NotPublished,
    },
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
pub fn encode_request(file: Vec<u8>, wanted: Wanted) -> Result<Vec<u8>, ProtocolError> {
    let header = serde_json::to_vec(&Request::Read { wanted })?;
    let parts = vec![file];
    Ok(Frame { header, parts }.encode()?)
}

/// The request to read a file of so many bytes, which the child asks for piece by piece: of a long movie or archive it needs
/// little.
///
/// # Errors
/// None in practice: the request is short.
pub fn encode_open(bytes: u64, wanted: Wanted) -> Result<Vec<u8>, ProtocolError> {
    let header = serde_json::to_vec(&Request::Open { wanted, bytes })?;
    let parts = vec![Vec::new()];
    Ok(Frame { header, parts }.encode()?)
}

/// The answer to [`Step::Need`].
///
/// # Errors
/// [`FrameError::TooLong`] for a piece longer than a frame.
pub fn encode_piece(piece: Vec<u8>) -> Result<Vec<u8>, ProtocolError> {
    let header = serde_json::to_vec(&Request::Piece)?;
    let parts = vec![piece];
    Ok(Frame { header, parts }.encode()?)
}

/// What a child says to [`encode_open`] and [`encode_piece`].
#[derive(Debug)]
pub enum Step {
    /// It wants these bytes of the file, within its length.
    Need {
        offset: u64,
        bytes: usize,
    },
    Report(Box<Report>),
}

/// Reads what a child says to [`encode_open`] and [`encode_piece`].
///
/// # Errors
/// [`ProtocolError`] when the answer makes no sense.
pub fn decode_step(frame: &[u8]) -> Result<Step, ProtocolError> {
    let decoded = Frame::decode(frame)?;
    match serde_json::from_slice(&decoded.header)? {
        Answer::Need { offset, bytes } => {
            let bytes = usize::try_from(bytes).map_err(|_| ProtocolError::OtherAnswer)?;
            if bytes > MAX_PIECE_BYTES || !decoded.parts.is_empty() {
                return Err(ProtocolError::OtherAnswer);
            }
            Ok(Step::Need { offset, bytes })
        }
        _ => decode_answer(frame).map(|report| Step::Report(Box::new(report))),
    }
}

/// The request to make the published copies of a picture.
///
/// # Errors
/// As [`encode_request`].
pub fn encode_publication(
    picture: Vec<u8>,
    publication: &Publication,
) -> Result<Vec<u8>, ProtocolError> {
    let publication = publication.clone();
    let header = serde_json::to_vec(&Request::Publish { publication })?;
    let parts = vec![picture];
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
        _ => Err(ProtocolError::OtherAnswer),
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

/// The same for the answer to [`encode_publication`].
///
/// # Errors
/// [`ProtocolError`] when the answer makes no sense.
pub fn decode_published(frame: &[u8]) -> Result<Result<Published, NotPublished>, ProtocolError> {
    let mut frame = Frame::decode(frame)?;
    let answer = serde_json::from_slice(&frame.header)?;
    let (file, shown) = (frame.parts.pop(), frame.parts.pop());
    match (answer, shown, file) {
        (Answer::Published { copy }, Some(shown), Some(file)) if frame.parts.is_empty() => {
            Ok(Ok(Published { shown, file, copy }))
        }
        (Answer::NotPublished { why }, None, None) => Ok(Err(why)),
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
            Request::Read { wanted } => {
                let mut report = answer(&part, &list, wanted);
                if matches!(wanted.manifest, Manifest::Checked { .. }) {
                    report = heard(&part, report);
                }
                (Answer::Report, vec![serde_json::to_vec(&report)?])
            }
            Request::Open { wanted, bytes } => {
                let mut file = Remote {
                    input: &mut input,
                    output: &mut output,
                    length: bytes,
                    at: 0,
                };
                let report = answer_from(&mut file, &list, wanted)?;
                (Answer::Report, vec![serde_json::to_vec(&report)?])
            }
            Request::Piece => return Err(invalid("no piece was asked for".to_owned())),
            Request::Publish { publication } => match publish(&part, &publication) {
                Ok(Published { shown, file, copy }) => {
                    (Answer::Published { copy }, vec![shown, file])
                }
                Err(why) => (Answer::NotPublished { why }, Vec::new()),
            },
        };
        let header = serde_json::to_vec(&answer)?;
        Frame { header, parts }.write(&mut output)?;
    }
    Ok(())
}

/// The same with what a second reader of manifests says, in builds that have one.
#[cfg(feature = "full")]
fn heard(file: &[u8], mut report: Report) -> Report {
    for mark in &mut report.marks {
        if let Some(credentials) = &mut mark.credentials {
            second::ask(credentials, report.format, file);
        }
    }
    report
}

#[cfg(not(feature = "full"))]
const fn heard(_file: &[u8], report: Report) -> Report {
    report
}

/// The report on a file: its metadata first, then its manifest, its EXIF and its pixels as far as they are wanted.
#[must_use]
pub fn answer(file: &[u8], list: &TrustList, wanted: Wanted) -> Report {
    let mut report = match wanted.manifest {
        Manifest::Told => read(file),
        Manifest::Checked { today } | Manifest::CheckedAlone { today } => {
            read_and_verify(file, list, today)
        }
    };
    if let Some(times) = wanted.times {
        report.marks.extend(observe(file, times));
    }
    if wanted.pixels {
        report.marks.extend(look(file));
    }
    report
}

/// Bytes at the start of a file that tell its format.
const HEAD_BYTES: u64 = 64;
/// Bytes of one piece of a file.
const MAX_PIECE_BYTES: usize = 1024 * 1024;

/// A file that whoever started the child reads for it.
struct Remote<'s, I, O> {
    input: &'s mut I,
    output: &'s mut O,
    length: u64,
    at: u64,
}

impl<I: Read, O: Write> Read for Remote<'_, I, O> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = into.len().min(left).min(MAX_PIECE_BYTES);
        if wanted == 0 {
            return Ok(0);
        }
        let invalid = || io::Error::new(io::ErrorKind::InvalidData, "another piece was asked for");
        let (offset, bytes) = (self.at, u64::try_from(wanted).map_err(|_| invalid())?);
        let header = serde_json::to_vec(&Answer::Need { offset, bytes })?;
        let parts = Vec::new();
        Frame { header, parts }.write(&mut *self.output)?;
        let mut frame = Frame::read(&mut *self.input)?.ok_or_else(invalid)?;
        let piece = frame.parts.pop().filter(|_| frame.parts.is_empty());
        match (serde_json::from_slice(&frame.header)?, piece) {
            (Request::Piece, Some(piece)) if piece.len() == wanted => {
                into[..wanted].copy_from_slice(&piece);
                self.at += bytes;
                Ok(wanted)
            }
            _ => Err(invalid()),
        }
    }
}

impl<I, O> Seek for Remote<'_, I, O> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

/// The report on a file that is read piece by piece: metadata, EXIF and manifest of any file that is not too long. Only a
/// picture whose pixels are wanted and may be decoded is then held, within the limit of photos.
///
/// # Errors
/// As the source.
pub fn answer_from<R: Read + Seek>(
    source: &mut R,
    list: &TrustList,
    wanted: Wanted,
) -> io::Result<Report> {
    let (mut report, layout) = lay_out(source)?;
    let mut observed = Vec::new();
    if let Some(mut layout) = layout {
        if let Manifest::Checked { today } | Manifest::CheckedAlone { today } = wanted.manifest {
            let credentials = verify_layout(&mut layout, report.format, list, today)?;
            report = with_credentials(report, credentials);
        }
        if let Some(times) = wanted.times {
            observed = layout.observe(times);
        }
    }
    let has_answers = report.marks.iter().any(|mark| mark.credentials.is_some());
    let asks_second = matches!(wanted.manifest, Manifest::Checked { .. });
    if HAS_SECOND_READER && asks_second && has_answers {
        report = heard(&whole(source)?, report);
    }
    report.marks.extend(observed);
    if wanted.pixels && may_be_decoded(source)? {
        report.marks.extend(look(&whole(source)?));
    }
    Ok(report)
}

/// Whether the file is a picture, by its first bytes, and no longer than one whose pixels are decoded.
fn may_be_decoded<R: Read + Seek>(source: &mut R) -> io::Result<bool> {
    let length = source.seek(SeekFrom::End(0))?;
    if usize::try_from(length).map_or(true, |bytes| bytes > Limits::default().max_bytes) {
        return Ok(false);
    }
    let mut head = Vec::new();
    source.seek(SeekFrom::Start(0))?;
    source.take(HEAD_BYTES).read_to_end(&mut head)?;
    let decoded = [
        Format::Jpeg,
        Format::Png,
        Format::WebP,
        Format::Gif,
        Format::Tiff,
        Format::Bmp,
    ];
    Ok(sniff(&head).is_some_and(|format| decoded.contains(&format)))
}

fn whole<R: Read + Seek>(source: &mut R) -> io::Result<Vec<u8>> {
    let mut file = Vec::new();
    source.seek(SeekFrom::Start(0))?;
    source.read_to_end(&mut file)?;
    Ok(file)
}
