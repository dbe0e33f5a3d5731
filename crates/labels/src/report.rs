//! Reads a whole file and sums up what its labels amount to.

use std::collections::BTreeSet;

use aftercare_media::{Format, sniff};
use serde::{Deserialize, Serialize};

use crate::container::{Container, text_prefix};
use crate::credentials::{self, Credentials, TrustList};
use crate::gather::{Gap, Gather};
use crate::limits::MAX_FILE_BYTES;
use crate::mark::{Confidence, Mark, MarkKind, Source};
use crate::rule::Rule;
use crate::{canonical, document, image, movie, sound};

/// What the labels of a file amount to. It speaks about the file, never about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Exactly one label, and it has the structure of GB 45438-2025.
    Compliant,
    /// A label that breaks a rule, or more than one label.
    NonCompliant,
    /// The file was read whole, and there is no label. That is neutral: most files have none, and many programs
    /// remove metadata.
    Absent,
    /// The file could not be read whole, so that a label, or a second one, may have been missed.
    Inconclusive,
}

impl Verdict {
    /// The sentence in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Compliant => "the file has one AI-content label, as GB 45438-2025 wants it",
            Self::NonCompliant => {
                "the file has an AI-content label that differs from GB 45438-2025"
            }
            Self::Absent => {
                "the file has no AI-content label; that says nothing about how it was made"
            }
            Self::Inconclusive => {
                "the file could not be read whole, so a label may have been missed"
            }
        }
    }

    /// The sentence in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Compliant => "文件带有一个符合 GB 45438-2025 的隐式标识",
            Self::NonCompliant => "文件带有隐式标识，但与 GB 45438-2025 不符",
            Self::Absent => "文件没有隐式标识；这不说明文件是如何制作的",
            Self::Inconclusive => "文件未能完整读取，可能遗漏了标识",
        }
    }
}

/// Everything that was read in one file. The same bytes give the same report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub format: Container,
    pub verdict: Verdict,
    /// The strongest statement of the labels: 1 generated, 2 possibly, 3 suspected.
    pub level: Option<u8>,
    /// Rules that are broken, in order, each once.
    pub rules: Vec<Rule>,
    /// Deviations that change no verdict, in order, each once.
    pub notes: Vec<Rule>,
    /// All marks in the order in which their carriers were read.
    pub marks: Vec<Mark>,
    /// Places that could not be read.
    pub gaps: Vec<Gap>,
}

/// What is said of a file above the limit.
const TOO_LONG: &str = "the file is too long to be read";
/// What [`Report::stopped`] says was not read.
const STOPPED: &str = "reading it took too much time or memory";

impl Report {
    /// The report on a file that a reader died of, or was stopped over: nothing is known.
    #[must_use]
    pub fn stopped(bytes: &[u8]) -> Self {
        let gap = Gap {
            offset: 0,
            what: STOPPED.to_owned(),
        };
        judge(Container::of(bytes), Vec::new(), vec![gap])
    }

    /// The same with a place that was not read.
    pub(crate) fn with_gap(mut self, offset: usize, what: &str) -> Self {
        self.gaps.push(Gap {
            offset,
            what: what.to_owned(),
        });
        judge(self.format, self.marks, self.gaps)
    }

    /// The same with every offset moved.
    pub(crate) fn moved(mut self, place: impl Fn(usize) -> usize) -> Self {
        let marks = self.marks.iter_mut().map(|mark| &mut mark.offset);
        let gaps = self.gaps.iter_mut().map(|gap| &mut gap.offset);
        marks
            .chain(gaps)
            .for_each(|offset| *offset = place(*offset));
        self
    }

    /// Whether every place was read where a label may stand.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.gaps.is_empty()
    }

    /// Whether it is a [`Report::stopped`].
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.gaps.iter().any(|gap| gap.what == STOPPED)
    }

    /// The same with every manifest not checkable: it took too much time or memory, or stands where none is read.
    #[must_use]
    pub fn with_unchecked_manifests(mut self) -> Self {
        for mark in &mut self.marks {
            if mark.rule == Rule::Manifest {
                mark.credentials = Some(Box::new(Credentials::unread(mark.offset)));
            }
        }
        self
    }

    /// Sets the texts that are the program's own, after the rest came in a message.
    pub(crate) fn restore(&mut self) {
        for mark in &mut self.marks {
            mark.restore();
        }
    }

    /// The report as JSON in the canonical form of RFC 8785: the same file gives the same bytes.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        // A report has only texts, numbers and lists, so it always becomes JSON.
        canonical::to_string(&serde_json::to_value(self).unwrap_or_default())
    }
}

/// The report on a file above the limit that begins with `head`.
pub(crate) fn too_long(head: &[u8]) -> Report {
    let gap = Gap {
        offset: MAX_FILE_BYTES,
        what: TOO_LONG.to_owned(),
    };
    judge(Container::of(head), Vec::new(), vec![gap])
}

/// Reads the marks of a file. Every input gives a report; none panics.
#[must_use]
pub fn read(bytes: &[u8]) -> Report {
    let format = Container::of(bytes);
    let mut gather = Gather::new(bytes);
    if bytes.is_empty() {
        gather.gap(0, "the file is empty");
    } else if bytes.len() > MAX_FILE_BYTES {
        gather.gap(MAX_FILE_BYTES, TOO_LONG);
    } else {
        read_container(format, &mut gather);
    }
    judge(format, gather.marks, gather.gaps)
}

/// The same, with the C2PA manifest checked: signers and timestamps against `list`, validity on the day `today` in
/// seconds since 1970.
#[must_use]
pub fn read_and_verify(bytes: &[u8], list: &TrustList, today: Option<i64>) -> Report {
    with_credentials(read(bytes), credentials::verify(bytes, list, today))
}

/// The report with the answers about the manifest.
pub(crate) fn with_credentials(mut report: Report, credentials: Option<Credentials>) -> Report {
    let Some(credentials) = credentials else {
        // One in a format whose manifests are not read, such as TIFF, or one that is too long.
        return report.with_unchecked_manifests();
    };
    let is_manifest = |mark: &&mut Mark| mark.rule == Rule::Manifest;
    if let Some(mark) = report.marks.iter_mut().find(is_manifest) {
        mark.credentials = Some(Box::new(credentials));
    } else {
        // Sound, AVI and JPEG XL keep it where nothing else is looked for.
        let (rule, at) = (Rule::Manifest, credentials.offset);
        let declared = Confidence::Declared;
        let mut mark = Mark::new(MarkKind::Trace, rule, Source::Manifest, at, declared);
        mark.credentials = Some(Box::new(credentials));
        report.marks.push(mark);
    }
    report
}

fn read_container(format: Container, gather: &mut Gather<'_>) {
    match format {
        Container::Jpeg => image::jpeg(gather),
        Container::Png => image::png(gather),
        Container::WebP => image::webp(gather),
        Container::Gif => image::gif(gather),
        Container::Tiff => image::tiff(gather),
        Container::Heic => image::items(gather, Source::HeicXmp),
        Container::Avif => image::items(gather, Source::AvifXmp),
        Container::JpegXl => image::jpeg_xl(gather),
        Container::Mp4 => movie::mp4(gather),
        Container::Matroska => movie::matroska(gather),
        Container::Avi => movie::avi(gather),
        Container::Flv => movie::flv(gather),
        Container::Wav => sound::wav(gather),
        Container::Mp3 => {
            let end = sound::id3(gather);
            // Some programs put an ID3 tag before FLAC.
            if gather.bytes[end..].starts_with(b"fLaC") {
                sound::flac(gather, end);
            }
        }
        Container::Flac => sound::flac(gather, 0),
        Container::Ogg => sound::ogg(gather),
        Container::Pdf => document::pdf(gather),
        Container::Svg => image::svg(gather),
        Container::Zip => {
            if !document::office(gather) {
                gather.gap(0, "an archive; only Office documents are read");
            }
        }
        Container::Text => match text_prefix(gather.bytes) {
            Some(text) => document::text(gather, text),
            None => gather.gap(0, "a text that is not UTF-8"),
        },
        // A bitmap has no place for metadata, so it is read whole.
        Container::Unknown if sniff(gather.bytes) == Some(Format::Bmp) => {}
        Container::Unknown => gather.gap(0, "a format that is not known"),
    }
}

fn judge(format: Container, marks: Vec<Mark>, gaps: Vec<Gap>) -> Report {
    let labels = || marks.iter().filter(|mark| mark.kind == MarkKind::AiLabel);
    let count = labels().count();
    let (mut rules, mut notes) = (BTreeSet::new(), BTreeSet::new());
    for deviation in labels().flat_map(|mark| &mark.deviations) {
        if deviation.is_violation {
            rules.insert(deviation.rule);
        } else {
            notes.insert(deviation.rule);
        }
    }
    if count > 1 {
        rules.insert(Rule::OneLabel);
    }
    let verdict = if !rules.is_empty() {
        Verdict::NonCompliant
    } else if !gaps.is_empty() {
        Verdict::Inconclusive
    } else if count == 0 {
        Verdict::Absent
    } else {
        Verdict::Compliant
    };
    Report {
        format,
        verdict,
        level: labels().filter_map(|mark| mark.level).min(),
        rules: rules.into_iter().collect(),
        notes: notes.into_iter().collect(),
        marks,
        gaps,
    }
}
