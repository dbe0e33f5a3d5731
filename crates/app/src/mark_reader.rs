//! Reads what hostile files say about themselves, labels and manifests, in a child process: started when it is needed,
//! killed when a file takes too long. A file that does that is answered for, and the next one meets a fresh child.

use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aftercare_evidence::driver::{ChildGone, Transport};
use aftercare_labels::child::{
    HAS_SECOND_READER, Manifest, Step, Wanted, decode_answer, decode_published, decode_step,
    decode_trusted, encode_list, encode_open, encode_piece, encode_publication, encode_request,
};
use aftercare_labels::consistency::Times;
use aftercare_labels::credentials::TrustList;
use aftercare_labels::limits::MAX_FILE_BYTES;
use aftercare_labels::publish::{NotPublished, Publication, Published};
use aftercare_labels::{Report, read};

use crate::error::AppError;
use crate::inspector::ChildTransport;
use crate::limits::READ_MARKS_MS_MAX;

/// Bytes of a file that a child may ask for: its bulk may be scanned and then be wanted whole.
const PIECES_BYTES_MAX: usize = 4 * MAX_FILE_BYTES;
/// What each piece counts besides its bytes, so that their number is limited too.
const PIECE_COST_BYTES: usize = 4_096;
/// Bytes that tell the format of a file whose reading was given up.
const HEAD_BYTES: u64 = 4_096;
/// What the child is started with, after the program.
const ARGUMENTS: &[&str] = &["child", "--marks"];

/// A child process that reads marks; blocking, so an asynchronous caller runs it on a thread for blocking work.
#[derive(Debug)]
pub struct MarkReader<T = ChildTransport> {
    transport: T,
    list: Arc<TrustList>,
    /// Whether the child that runs has the list.
    is_list_told: bool,
    /// Whether the child asks a second reader about manifests.
    has_second: bool,
}

impl MarkReader {
    /// Children are started as `program child --marks`; the signatures of `list` are trusted.
    #[must_use]
    pub fn new(program: PathBuf, list: Arc<TrustList>) -> Self {
        Self::with_limit(program, list, Duration::from_millis(READ_MARKS_MS_MAX))
    }

    /// The same with another limit of time for one file.
    #[must_use]
    pub fn with_limit(program: PathBuf, list: Arc<TrustList>, limit: Duration) -> Self {
        Self::over(
            ChildTransport::with_arguments(program, ARGUMENTS, limit),
            list,
        )
    }
}

impl<T: Transport> MarkReader<T> {
    const fn over(transport: T, list: Arc<TrustList>) -> Self {
        Self {
            transport,
            list,
            is_list_told: false,
            has_second: HAS_SECOND_READER,
        }
    }

    /// Whose signatures are trusted.
    pub(crate) const fn list(&self) -> &Arc<TrustList> {
        &self.list
    }

    /// The marks of a file, its manifest not checked. A file that takes too much time or memory gets a report that says
    /// so.
    ///
    /// # Errors
    /// When no child can be started.
    pub fn read(&mut self, file: &[u8]) -> Result<Report, AppError> {
        let report = self.ask(file, Wanted::METADATA)?;
        Ok(report.unwrap_or_else(|| Report::stopped(file)))
    }

    /// The marks of a file and of its pixels, its manifest checked with the list and the day `today`, in seconds since
    /// 1970, its EXIF held against `times`. Where a second reader takes too much time or memory, our own answers are told;
    /// where that was not it, the manifest is not checkable, and the marks of the metadata are told all the same.
    ///
    /// # Errors
    /// When no child can be started.
    pub fn read_and_verify(
        &mut self,
        file: &[u8],
        today: i64,
        times: Times,
    ) -> Result<Report, AppError> {
        let checked = Wanted {
            manifest: Manifest::Checked { today: Some(today) },
            times: Some(times),
            pixels: true,
        };
        for wanted in self.attempts(checked) {
            if let Some(report) = self.ask(file, wanted)? {
                return Ok(report);
            }
        }
        let report = self.ask(file, Wanted::METADATA)?;
        let report = report.map(Report::with_unchecked_manifests);
        Ok(report.unwrap_or_else(|| Report::stopped(file)))
    }

    /// As [`MarkReader::read_and_verify`], of a file that is read piece by piece as the child asks for it; without the day,
    /// the marks of its metadata alone.
    ///
    /// # Errors
    /// When no child can be started, or the file cannot be read.
    pub fn read_file<F: Read + Seek>(
        &mut self,
        file: &mut F,
        today: Option<i64>,
    ) -> Result<Report, AppError> {
        let wanted = match today {
            None => Wanted::METADATA,
            Some(_) => Wanted {
                manifest: Manifest::Checked { today },
                times: Some(Times::default()),
                pixels: true,
            },
        };
        for wanted in self.attempts(wanted) {
            if let Some(report) = self.ask_for(file, wanted)? {
                return Ok(report);
            }
        }
        let report = match today {
            Some(_) => self.ask_for(file, Wanted::METADATA)?,
            None => None,
        };
        if let Some(report) = report {
            return Ok(report.with_unchecked_manifests());
        }
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(0)).map_err(broken)?;
        file.take(HEAD_BYTES)
            .read_to_end(&mut head)
            .map_err(broken)?;
        Ok(Report::stopped(&head))
    }

    /// What is asked for in turn until a child outlives it: with the second reader, where there is one, then without.
    fn attempts(&self, wanted: Wanted) -> impl Iterator<Item = Wanted> + use<T> {
        let alone = match wanted.manifest {
            Manifest::Checked { today } if self.has_second => Some(Wanted {
                manifest: Manifest::CheckedAlone { today },
                ..wanted
            }),
            _ => None,
        };
        std::iter::once(wanted).chain(alone)
    }

    /// `None` when the child died over the file, or was killed.
    fn ask_for<F: Read + Seek>(
        &mut self,
        file: &mut F,
        wanted: Wanted,
    ) -> Result<Option<Report>, AppError> {
        if !self.tell_list(wanted)? {
            return Ok(None);
        }
        let length = file.seek(SeekFrom::End(0)).map_err(broken)?;
        let mut request = encode_open(length, wanted).map_err(broken)?;
        // A child that asks without end is stopped like one that thinks without end.
        let mut asked_bytes = 0;
        loop {
            let Some(answer) = self.exchange(&request)? else {
                return Ok(None);
            };
            match decode_step(&answer) {
                Ok(Step::Report(report)) => return Ok(Some(*report)),
                Ok(Step::Need { offset, bytes }) if asked_bytes <= PIECES_BYTES_MAX => {
                    asked_bytes += bytes + PIECE_COST_BYTES;
                    file.seek(SeekFrom::Start(offset)).map_err(broken)?;
                    let mut piece = vec![0; bytes];
                    file.read_exact(&mut piece).map_err(broken)?;
                    request = encode_piece(piece).map_err(broken)?;
                }
                _ => {
                    // It waits for a piece, and ends when it gets something else.
                    let other = encode_open(0, Wanted::METADATA).map_err(broken)?;
                    let _ = self.exchange(&other)?;
                    self.is_list_told = false;
                    return Ok(None);
                }
            }
        }
    }

    /// The published copies of a picture. One that takes too much time or memory is not published.
    ///
    /// # Errors
    /// When no child can be started.
    pub fn publish(
        &mut self,
        picture: &[u8],
        publication: &Publication,
    ) -> Result<Result<Published, NotPublished>, AppError> {
        if picture.len() > MAX_FILE_BYTES {
            return Ok(Err(NotPublished::TooLong));
        }
        let request = encode_publication(picture.to_vec(), publication).map_err(broken)?;
        match self.exchange(&request)? {
            Some(answer) => decode_published(&answer).map_err(broken),
            None => Ok(Err(NotPublished::NotDecoded)),
        }
    }

    /// `None` when the child died over the file, or was killed.
    fn ask(&mut self, file: &[u8], wanted: Wanted) -> Result<Option<Report>, AppError> {
        if file.len() > MAX_FILE_BYTES {
            // No byte of it is read.
            return Ok(Some(read(file)));
        }
        if !self.tell_list(wanted)? {
            return Ok(None);
        }
        let request = encode_request(file.to_vec(), wanted).map_err(broken)?;
        let answer = self.exchange(&request)?;
        Ok(answer.and_then(|answer| decode_answer(&answer).ok()))
    }

    /// Tells the child whose signatures are trusted, where it has to know. Says whether it lives.
    fn tell_list(&mut self, wanted: Wanted) -> Result<bool, AppError> {
        if wanted.manifest != Manifest::Told && !self.is_list_told {
            if let Some(list) = encode_list(&self.list).map_err(broken)? {
                let Some(answer) = self.exchange(&list)? else {
                    return Ok(false);
                };
                decode_trusted(&answer).map_err(broken)?;
            }
            self.is_list_told = true;
        }
        Ok(true)
    }

    fn exchange(&mut self, request: &[u8]) -> Result<Option<Vec<u8>>, AppError> {
        match self.transport.ask(request) {
            Ok(answer) => Ok(Some(answer)),
            Err(ChildGone::Died) => {
                self.is_list_told = false;
                Ok(None)
            }
            Err(gone @ ChildGone::NotStarted(_)) => Err(AppError::internal(gone.to_string())),
        }
    }
}

fn broken(error: impl std::fmt::Display) -> AppError {
    AppError::internal(format!("reading marks: {error}"))
}

#[cfg(test)]
mod tests {
    use aftercare_labels::child::run_child;
    use aftercare_labels::{Rule, read_and_verify};

    use super::*;

    /// Answers like a child that dies over every request that holds `deadly`; counts its deaths.
    struct Mortal {
        deadly: &'static [u8],
        deaths: usize,
    }

    impl Transport for Mortal {
        fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, ChildGone> {
            let holds = |needle: &[u8]| request.windows(needle.len()).any(|part| part == needle);
            if holds(self.deadly) {
                self.deaths += 1;
                return Err(ChildGone::Died);
            }
            let mut answer = Vec::new();
            run_child(request, &mut answer).map_err(|_| ChildGone::Died)?;
            Ok(answer)
        }
    }

    fn reader(deadly: &'static [u8]) -> MarkReader<Mortal> {
        MarkReader::over(Mortal { deadly, deaths: 0 }, Arc::default())
    }

    /// A JPEG that carries the beginning of a manifest, and a label in a comment.
    fn file() -> Vec<u8> {
        let label = br#"{"AIGC":{"Label":"1","ContentProducer":"vendor","ProduceID":"p-1"}}"#;
        let mut manifest = b"JP\0\x01\0\0\0\x01\0\0\0\x30jumb\0\0\0\x28jumdc2pa".to_vec();
        manifest.extend(b"\0\x11\0\x10\x80\0\0\xAA\0\x38\x9B\x71\x03c2pa\0");
        let mut file = b"\xFF\xD8".to_vec();
        for (marker, content) in [(0xEB, manifest.as_slice()), (0xFE, label)] {
            file.extend([0xFF, marker]);
            file.extend(u16::try_from(content.len() + 2).unwrap().to_be_bytes());
            file.extend(content);
        }
        file.extend(b"\xFF\xD9");
        file
    }

    #[test]
    fn a_manifest_that_kills_the_child_is_not_checkable_and_the_label_is_told() {
        // Only a request to check names the day.
        let mut reader = reader(b"today");
        reader.has_second = false;
        let report = reader
            .read_and_verify(&file(), 0, Times::default())
            .unwrap();
        assert_eq!(reader.transport.deaths, 1);
        assert!(!report.is_stopped());
        let mark = |rule| report.marks.iter().find(|mark| mark.rule == rule).unwrap();
        assert_eq!(mark(Rule::ImplicitLabel).level, Some(1));
        let credentials = mark(Rule::Manifest).credentials.as_ref().unwrap();
        let answers = credentials.sentences();
        assert!(answers.contains(&(
            "integrity",
            "the signature cannot be checked",
            "签名无法核验"
        )));
    }

    /// Only what asks for the second reader is `checked` and no more.
    #[test]
    fn a_file_that_only_the_second_reader_dies_of_keeps_our_own_answers() {
        let mut reader = reader(br#"{"checked":"#);
        reader.has_second = true;
        let report = reader.read_and_verify(&file(), 0, Times::default());
        assert_eq!(reader.transport.deaths, 1);
        let own = read_and_verify(&file(), &TrustList::default(), Some(0));
        assert_eq!(report.unwrap(), own);
    }

    #[test]
    fn a_file_that_kills_the_child_again_is_given_up() {
        let mut reader = reader(b"vendor");
        reader.has_second = false;
        let report = reader
            .read_and_verify(&file(), 0, Times::default())
            .unwrap();
        assert_eq!((report.is_stopped(), reader.transport.deaths), (true, 2));
        assert!(report.marks.is_empty());
        let next = reader
            .read_and_verify(b"\xFF\xD8\xFF\xD9", 0, Times::default())
            .unwrap();
        assert!(!next.is_stopped(), "the next file meets a fresh child");
    }
}
