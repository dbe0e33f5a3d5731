//! Carries a label on in content that the operator publishes (人工智能生成合成内容标识办法, article 6): the service that
//! spreads content writes its own part into the label, and nothing else of the file changes.
//!
//! The types leave no other way. The propagator is the configured [`Operator`]. What the producer wrote is copied from
//! the label in the same bytes. `Label` 1 needs such a label ([`Ground::Label`]), 2 the uploader's declaration
//! ([`Declaration`]), 3 a named person's decision ([`Decision`]). A label that is there is never made weaker, and nothing
//! here removes one. [`carry`] reads its own result before it returns it, and refuses rather than skip.

mod boxes;
mod document;
mod exif;
mod flv;
mod heif;
mod image;
mod matroska;
mod office;
mod pdf;
mod proof;
mod refusal;
mod riff;
mod sound;
mod splice;
mod xmp;

use std::fmt::Write as _;

use aftercare_media::label::{KEYS, same_key};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use refusal::Refusal;

use crate::container::Container;
use crate::limits::{MAX_FILE_BYTES, MAX_IDENTIFIER_BYTES};
use crate::mark::{Mark, MarkKind};
use crate::provider::{self, Provider, Service};
use crate::report::{Report, read};
use crate::rule::Rule;
use splice::Splice;

/// The service that publishes: the configured operator, by its provider code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Operator {
    code: String,
}

impl Operator {
    /// The operator with this code of 27 characters (TC260-PG-20252A).
    ///
    /// # Errors
    /// [`Refusal::OperatorCode`] when the code is broken, or is that of a service that generates content.
    pub fn new(code: &str) -> Result<Self, Refusal> {
        match provider::parse(code) {
            Provider::Code(parsed) if parsed.service != Service::Generation => Ok(Self {
                code: code.trim().to_owned(),
            }),
            _ => Err(Refusal::OperatorCode),
        }
    }
}

impl TryFrom<String> for Operator {
    type Error = Refusal;

    fn try_from(code: String) -> Result<Self, Refusal> {
        Self::new(&code)
    }
}

impl From<Operator> for String {
    fn from(operator: Operator) -> Self {
        operator.code
    }
}

/// A text that identifies something in a label or in our log: 1 to 128 characters of 0x21 to 0x7E (GB 45438-2025, annex
/// E j).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identifier(String);

impl Identifier {
    /// The identifier `text`.
    ///
    /// # Errors
    /// [`Refusal::Identifier`] when it is empty, too long, or has other characters.
    pub fn new(text: &str) -> Result<Self, Refusal> {
        let is_valid = (1..=MAX_IDENTIFIER_BYTES).contains(&text.len())
            && text.bytes().all(|byte| (0x21..=0x7E).contains(&byte));
        is_valid
            .then(|| Self(text.to_owned()))
            .ok_or(Refusal::Identifier)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Identifier {
    type Error = Refusal;

    fn try_from(text: String) -> Result<Self, Refusal> {
        Self::new(&text)
    }
}

impl From<Identifier> for String {
    fn from(identifier: Identifier) -> Self {
        identifier.0
    }
}

/// The uploader said that the content is generated (article 6(2)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// Who declared it.
    pub uploader: Identifier,
    /// The event in which the declaration is kept.
    pub event: Identifier,
}

/// A person looked at the content and decided that it is suspected to be generated (article 6(3)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who decided.
    pub person: Identifier,
    /// The event in which the decision and its reason are kept.
    pub event: Identifier,
}

/// Why a label is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The content carries a label already (article 6(1)): it is kept, and the propagator is written into it.
    Label,
    Declared(Declaration),
    Decided(Decision),
}

impl Ground {
    /// What the ground alone amounts to; [`Ground::Label`] amounts to what the label says.
    const fn level(&self) -> Option<u8> {
        match self {
            Self::Label => None,
            Self::Declared(_) => Some(2),
            Self::Decided(_) => Some(3),
        }
    }
}

/// The file with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    pub bytes: Vec<u8>,
    /// The value of `Label`: 1, 2 or 3.
    pub level: u8,
    /// The label as written.
    pub json: String,
    /// Whether the file carries a C2PA manifest: it binds every byte, so it no longer fits the published copy, and must
    /// be verified on the original.
    pub breaks_manifest: bool,
}

/// What is written: the label, and where one stands now.
pub(crate) struct Task<'a> {
    pub(crate) bytes: &'a [u8],
    /// The label, ASCII only: other characters are escaped, so that every carrier can hold it.
    pub(crate) json: &'a str,
    /// The label that is replaced.
    pub(crate) current: Option<&'a Mark>,
}

impl Task<'_> {
    /// The label wrapped in an object with the key `AIGC`.
    pub(crate) fn wrapped(&self) -> String {
        format!("{{\"AIGC\":{}}}", self.json)
    }
}

/// Writes the operator's label into `bytes`.
///
/// # Errors
/// [`Refusal`] when there is no ground for a label, the file cannot be read whole, it carries more than one label or one
/// that cannot be read, its format has no place for one, or the result does not read back as it should. Nothing is
/// changed then.
pub fn carry(
    bytes: &[u8],
    operator: &Operator,
    propagate_id: &Identifier,
    ground: &Ground,
) -> Result<Carried, Refusal> {
    let before = read(bytes);
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Refusal::TooLong);
    }
    if let Some(gap) = before.gaps.first() {
        return Err(Refusal::NotReadWhole(gap.what.clone()));
    }
    let current = only_label(&before)?;
    let level = match (current, ground.level()) {
        (Some(mark), other) => {
            let own = mark.level.ok_or(Refusal::UnreadableLabel)?;
            other.map_or(own, |other| own.min(other))
        }
        (None, Some(level)) => level,
        (None, None) => return Err(Refusal::NoLabel),
    };
    let json = compose(level, current, operator, propagate_id)?;
    let task = Task {
        bytes,
        json: &json,
        current,
    };
    let splices = plan(before.format, &task)?;
    let written = splice::apply(bytes, splices)?;
    if written.len() > MAX_FILE_BYTES {
        return Err(Refusal::TooLong);
    }
    prove(&before, bytes, &written, level, &json)?;
    Ok(Carried {
        bytes: written,
        level,
        json,
        breaks_manifest: before.marks.iter().any(|mark| mark.rule == Rule::Manifest),
    })
}

fn plan(format: Container, task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    match format {
        Container::Jpeg => image::jpeg(task),
        Container::Png => image::png(task),
        Container::WebP => riff::webp(task),
        Container::Gif => image::gif(task),
        Container::Tiff => exif::tiff(task),
        Container::Heic | Container::Avif => heif::items(task),
        Container::JpegXl => boxes::jpeg_xl(task),
        Container::Mp4 => boxes::mp4(task),
        Container::Matroska => matroska::tags(task),
        Container::Avi => riff::avi(task),
        Container::Flv => flv::metadata(task),
        Container::Wav => riff::wav(task),
        Container::Mp3 => sound::mp3(task),
        Container::Flac => sound::flac(task),
        Container::Ogg => sound::ogg(task),
        Container::Pdf => pdf::information(task),
        Container::Svg => image::svg(task),
        Container::Zip => office::property(task),
        Container::Text => document::front_matter(task),
        Container::Unknown => Err(Refusal::Format(format)),
    }
}

/// The label of the file; none, or a refusal when there are several.
fn only_label(report: &Report) -> Result<Option<&Mark>, Refusal> {
    let mut labels = report
        .marks
        .iter()
        .filter(|mark| mark.kind == MarkKind::AiLabel);
    let first = labels.next();
    if labels.next().is_some() {
        return Err(Refusal::SeveralLabels);
    }
    Ok(first)
}

/// The value of a key of annex E in a label as it was read, as a text.
fn value_of(mark: &Mark, key: &str) -> String {
    mark.fields
        .iter()
        .find(|(written, _)| same_key(written, key))
        .map(|(_, value)| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        })
        .unwrap_or_default()
}

/// The label in the order of annex E.
fn compose(
    level: u8,
    current: Option<&Mark>,
    operator: &Operator,
    propagate_id: &Identifier,
) -> Result<String, Refusal> {
    let copied = |key: &str| current.map(|mark| value_of(mark, key)).unwrap_or_default();
    let values = [
        level.to_string(),
        copied("ContentProducer"),
        copied("ProduceID"),
        copied("ReservedCode1"),
        operator.code.clone(),
        propagate_id.0.clone(),
        String::new(),
    ];
    let mut json = String::from("{");
    for (index, (key, value)) in KEYS.iter().zip(values).enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _ = write!(json, "{comma}\"{key}\":{}", ascii(&value));
    }
    json.push('}');
    if json.len() > crate::limits::MAX_LABEL_BYTES {
        return Err(Refusal::TooLong);
    }
    Ok(json)
}

/// A JSON string of ASCII characters only.
fn ascii(text: &str) -> String {
    let mut written = String::new();
    for character in Value::String(text.to_owned()).to_string().chars() {
        if character.is_ascii() && character != '\u{7F}' {
            written.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(written, "\\u{unit:04x}");
            }
        }
    }
    written
}

/// Reads the result: exactly the label that was meant, every other mark as before, and the content bit for bit.
fn prove(before: &Report, old: &[u8], new: &[u8], level: u8, json: &str) -> Result<(), Refusal> {
    let after = read(new);
    let fail = |what: &str| Err(Refusal::ReadBack(what.to_owned()));
    if !after.gaps.is_empty() {
        return fail("it cannot be read whole");
    }
    let Ok(Some(label)) = only_label(&after) else {
        return fail("it does not have exactly one label");
    };
    let meant: serde_json::Map<String, Value> =
        serde_json::from_str(json).map_err(|_| Refusal::ReadBack("the label".to_owned()))?;
    if label.level != Some(level) || label.fields != meant {
        return fail("the label reads otherwise");
    }
    let others = |report: &Report| {
        report
            .marks
            .iter()
            .filter(|mark| mark.kind != MarkKind::AiLabel)
            .map(|mark| (mark.kind, mark.source, mark.fields.clone()))
            .collect::<Vec<_>>()
    };
    // The container may have been wrapped: a bare code stream of JPEG XL gets boxes.
    if after.format != before.format || others(&after) != others(before) {
        return fail("other marks changed");
    }
    if !proof::is_content_kept(before.format, old, new) {
        return fail("the content changed");
    }
    Ok(())
}
