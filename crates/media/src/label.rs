//! AI-content labels after GB 45438-2025 in the carriers that photos commonly use.
//!
//! A label is a *mark*: neutral until a human reads it. Here it is only found and carried on; its fields are
//! judged elsewhere. Carriers after the practice guide TC260-PG-20259A and what programs were seen to write.

mod text;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use text::{Bare, KEYS, find, in_segment, is_label_field, same_key, unwrap};

use crate::error::MediaError;
use crate::limits::{MAX_LABEL_BYTES, MAX_LABELS, MAX_LABELS_BYTES};
use crate::object::Object;

/// Where in the file a label was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelSource {
    /// XMP in a JPEG application segment 1.
    JpegXmp,
    /// A JPEG application segment that starts with `AIGC{`.
    JpegApplicationSegment,
    /// A JPEG comment.
    JpegComment,
    /// XMP in a PNG text chunk (plain or compressed).
    PngXmp,
    /// A PNG text chunk with the keyword `AIGC`.
    PngText,
    /// The XMP chunk of a WebP.
    WebpXmp,
    /// XMP in an application extension of a GIF.
    GifXmp,
    /// A comment extension of a GIF.
    GifComment,
    /// XMP in a TIFF (tag 700).
    TiffXmp,
    /// XMP of an MP4 or MOV.
    ClipXmp,
    /// A metadata field of an MP4 or MOV.
    ClipField,
    /// The user comment of an EXIF block in any container.
    ExifUserComment,
    /// The image description of an EXIF block in any container.
    ExifImageDescription,
}

/// One label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AiLabel {
    pub source: LabelSource,
    /// Offset in the file of the segment, chunk or field that holds it.
    pub offset: usize,
    /// The JSON object as written, without the wrapping `{"AIGC": …}` that some carriers have. When the text is
    /// no JSON object, the text itself.
    pub json: String,
}

impl AiLabel {
    /// What the label says about the content: 1 generated, 2 possibly, 3 suspected, as GB 45438-2025 annex E has it;
    /// `None` when it says nothing that can be read.
    #[must_use]
    pub fn level(&self) -> Option<u8> {
        let object = Object::parse(&self.json)?;
        let (_, value) = object.0.iter().find(|(name, _)| same_key(name, KEYS[0]))?;
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match text.trim() {
            "1" => Some(1),
            "2" => Some(2),
            "3" => Some(3),
            _ => None,
        }
    }
}

/// The label that a derived picture carries on: the strongest statement, and among equals the first in the file.
/// The standard (6.1 c) allows exactly one.
#[must_use]
pub fn preferred_label(labels: &[AiLabel]) -> Option<&AiLabel> {
    labels
        .iter()
        .min_by_key(|label| label.level().unwrap_or(u8::MAX))
}

/// Collects labels under the limits.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    labels: Vec<AiLabel>,
    bytes: usize,
    too_long: Option<usize>,
}

impl Collector {
    /// Adds a text that its carrier declares to be a label.
    pub(crate) fn declared(&mut self, source: LabelSource, offset: usize, text: &str) {
        let bare = text::unwrap(text);
        let json = bare.text.as_ref();
        if json.is_empty() || self.labels.len() == MAX_LABELS {
            return;
        }
        let bytes = self.bytes + json.len();
        if json.len() > MAX_LABEL_BYTES || bytes > MAX_LABELS_BYTES {
            self.too_long.get_or_insert(json.len());
            return;
        }
        self.bytes = bytes;
        self.labels.push(AiLabel {
            source,
            offset,
            json: json.to_owned(),
        });
    }

    /// Adds the label in a text that may hold anything (a comment), if there is one.
    pub(crate) fn free_text(&mut self, source: LabelSource, offset: usize, text: &str) {
        if text.contains('{')
            && let Some(found) = text::find(text)
        {
            self.declared(source, offset, found);
        }
    }

    /// Adds the label in a field with a name.
    pub(crate) fn field(&mut self, source: LabelSource, offset: usize, name: &str, text: &str) {
        if text::is_label_field(name) {
            self.declared(source, offset, text);
        } else {
            self.free_text(source, offset, text);
        }
    }

    /// The labels, or the refusal when one was too long to be carried on.
    pub(crate) fn finish(self) -> Result<Vec<AiLabel>, MediaError> {
        match self.too_long {
            Some(bytes) => Err(MediaError::LabelTooLong {
                bytes,
                max: MAX_LABEL_BYTES,
            }),
            None => Ok(self.labels),
        }
    }
}
