//! What is reported about a file: marks, each neutral until a person reads it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::credentials::Credentials;
use crate::provider::ProviderCode;
use crate::rule::Rule;
use crate::signature::Signature;

/// What a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// An implicit label after GB 45438-2025.
    AiLabel,
    /// A text that a generator wrote about its work (prompt, settings).
    GeneratorText,
    /// A mark that a program left: see its rule.
    Trace,
    /// What EXIF says does not fit the picture or the times of the case: see its rule.
    Observation,
}

/// How sure it is that the mark is what `kind` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Its carrier names it so.
    Declared,
    /// It was recognized inside a text that may hold anything.
    Recognized,
}

/// Where in the file a mark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    PngText,
    PngXmp,
    JpegXmp,
    JpegApplicationSegment,
    JpegComment,
    /// After the end of the picture.
    JpegTrailer,
    ExifField,
    Xmp,
    /// A box or chunk that holds a C2PA manifest.
    Manifest,
    WebpXmp,
    ExifUserComment,
    ExifImageDescription,
    GifXmp,
    GifComment,
    TiffXmp,
    HeicXmp,
    AvifXmp,
    JpegXlXmp,
    /// `udta.meta.keys` or `meta.keys` with `ilst` in a movie.
    Mp4Key,
    /// An item of `ilst` without a name of its own, such as the comment.
    Mp4Item,
    /// A freeform item `----` of `ilst`.
    Mp4Freeform,
    Mp4UserData,
    Mp4Xmp,
    MatroskaTag,
    AviInfo,
    AviXmp,
    WavChunk,
    WavXmp,
    FlvMetadata,
    Id3Text,
    FlacComment,
    OggVorbisComment,
    OpusComment,
    TheoraComment,
    PdfInformation,
    PdfXmp,
    OfficeProperty,
    FrontMatter,
    /// XMP in the metadata of an SVG drawing.
    SvgXmp,
    /// The picture itself.
    Pixels,
}

/// One way in which a label differs from the standard or the practice guides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    pub rule: Rule,
    /// Whether it makes the label non-compliant.
    pub is_violation: bool,
    /// The key it is about, as the standard spells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value or detail that was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    #[serde(skip_deserializing)]
    pub citation: &'static str,
    #[serde(skip_deserializing)]
    pub en: &'static str,
    #[serde(skip_deserializing)]
    pub zh: &'static str,
}

impl Deviation {
    pub(crate) const fn of(rule: Rule, key: Option<String>, found: Option<String>) -> Self {
        Self {
            rule,
            is_violation: rule.is_violation(),
            key,
            found,
            citation: rule.citation(),
            en: rule.en(),
            zh: rule.zh(),
        }
    }

    pub(crate) const fn plain(rule: Rule) -> Self {
        Self::of(rule, None, None)
    }
}

/// One mark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    pub kind: MarkKind,
    pub source: Source,
    /// Offset in the file of the segment, chunk, box, frame or field that holds it.
    pub offset: usize,
    /// The rule that makes it a mark, with its citation and sentences.
    pub rule: Rule,
    #[serde(skip_deserializing)]
    pub citation: &'static str,
    #[serde(skip_deserializing)]
    pub en: &'static str,
    #[serde(skip_deserializing)]
    pub zh: &'static str,
    pub confidence: Confidence,
    /// 1 generated (属于), 2 possibly (可能), 3 suspected (疑似); `None` when the label says nothing that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// The label's keys and values, or the generator's text, as read. Of a key that stands twice, the first value.
    pub fields: Map<String, Value>,
    /// What the provider codes say, when they are codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub producer: Option<ProviderCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propagator: Option<ProviderCode>,
    pub deviations: Vec<Deviation>,
    /// Signatures in the reserved fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<Signature>,
    /// What a C2PA manifest says and how far that can be relied on, where it was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Box<Credentials>>,
}

impl Mark {
    /// Sets what is not read from a message.
    pub(crate) fn restore(&mut self) {
        let rule = self.rule;
        (self.citation, self.en, self.zh) = (rule.citation(), rule.en(), rule.zh());
        for deviation in &mut self.deviations {
            let rule = deviation.rule;
            deviation.is_violation = rule.is_violation();
            (deviation.citation, deviation.en, deviation.zh) =
                (rule.citation(), rule.en(), rule.zh());
        }
        let codes = [self.producer.as_mut(), self.propagator.as_mut()];
        codes.into_iter().flatten().for_each(ProviderCode::restore);
        self.signatures.iter_mut().for_each(Signature::restore);
    }

    /// A mark with neither fields nor deviations.
    pub(crate) fn new(
        kind: MarkKind,
        rule: Rule,
        source: Source,
        offset: usize,
        confidence: Confidence,
    ) -> Self {
        Self {
            kind,
            source,
            offset,
            rule,
            citation: rule.citation(),
            en: rule.en(),
            zh: rule.zh(),
            confidence,
            level: None,
            fields: Map::new(),
            producer: None,
            propagator: None,
            deviations: Vec::new(),
            signatures: Vec::new(),
            credentials: None,
        }
    }
}
