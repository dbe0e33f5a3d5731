//! Collects marks, and the places that could not be read, under the limits.

use std::ops::Range;

use aftercare_media::walk::{Cut, Part, Walked, boxes};
use aftercare_media::{exif, inflate, label as text, xmp};
use memchr::memmem;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::label;
use crate::limits::{
    LONG_LABEL_BYTES, MAX_BOXES, MAX_EXIF_BLOCKS, MAX_FIELDS, MAX_FREE_TEXT_BYTES, MAX_GAPS,
    MAX_INFLATED_BYTES, MAX_INFLATED_TEXTS, MAX_INFLATED_TEXTS_BYTES, MAX_LABEL_BYTES, MAX_MARKS,
    MAX_PACKETS_BYTES, MAX_SIGNATURES, MAX_TEXT_BYTES,
};
use crate::mark::{Confidence, Deviation, Mark, MarkKind, Source};
use crate::properties::properties;
use crate::rule::Rule;
use crate::trace;

/// A place in the file that could not be read, so that a label may have been missed there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Offset in the file.
    pub offset: usize,
    pub what: String,
}

pub(crate) struct Gather<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) marks: Vec<Mark>,
    pub(crate) gaps: Vec<Gap>,
    free_text_bytes: usize,
    inflated_texts: usize,
    /// How many bytes compressed texts may still inflate to.
    inflated_room: usize,
    packets_bytes: usize,
    exif_blocks: usize,
    boxes: usize,
    fields: usize,
    /// How many more signatures may be checked.
    signatures: usize,
    is_overflow_told: bool,
}

impl<'a> Gather<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            marks: Vec::new(),
            gaps: Vec::new(),
            free_text_bytes: 0,
            inflated_texts: 0,
            inflated_room: MAX_INFLATED_TEXTS_BYTES,
            packets_bytes: 0,
            exif_blocks: 0,
            boxes: 0,
            fields: 0,
            signatures: MAX_SIGNATURES,
            is_overflow_told: false,
        }
    }

    pub(crate) fn gap(&mut self, offset: usize, what: impl Into<String>) {
        if self.gaps.len() < MAX_GAPS {
            self.gaps.push(Gap {
                offset,
                what: what.into(),
            });
        }
    }

    pub(crate) fn cut(&mut self, cut: Option<Cut>) {
        if let Some(cut) = cut {
            self.gap(cut.at, cut.what);
        }
    }

    /// The parts of a walk; where it stopped early becomes a gap.
    pub(crate) fn parts<P>(&mut self, walked: Walked<P>) -> Vec<P> {
        self.cut(walked.cut);
        walked.parts
    }

    pub(crate) fn slice(&self, range: &Range<usize>) -> &'a [u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// Whether there is room for no further mark; the first time, it is noted.
    fn is_full(&mut self, offset: usize) -> bool {
        let is_full = self.marks.len() == MAX_MARKS;
        if is_full && !self.is_overflow_told {
            self.is_overflow_told = true;
            self.gap(offset, "too many marks");
        }
        is_full
    }

    fn push(&mut self, mark: Mark) {
        if !self.is_full(mark.offset) {
            self.marks.push(mark);
        }
    }

    /// Adds a text that its carrier declares to be a label.
    pub(crate) fn declared(&mut self, source: Source, offset: usize, text: &str, extra: &[Rule]) {
        self.label(source, offset, text, Confidence::Declared, extra);
    }

    /// The same, where the guide asks for the wrapped form.
    pub(crate) fn declared_wrapped(
        &mut self,
        source: Source,
        offset: usize,
        text: &str,
        extra: &[Rule],
    ) {
        let mut extra = extra.to_vec();
        if !text::unwrap(text).is_wrapped {
            extra.push(Rule::NotWrapped);
        }
        self.declared(source, offset, text, &extra);
    }

    fn label(
        &mut self,
        source: Source,
        offset: usize,
        text: &str,
        confidence: Confidence,
        extra: &[Rule],
    ) {
        if self.is_full(offset) {
            return;
        }
        if text.len() > MAX_LABEL_BYTES {
            self.gap(offset, "the label is too long to be read");
            return;
        }
        let bare = text::unwrap(text);
        let mut mark = Mark::new(
            MarkKind::AiLabel,
            Rule::ImplicitLabel,
            source,
            offset,
            confidence,
        );
        let in_string = bare.is_in_string.then_some(Rule::JsonInString);
        let is_long = bare.text.len() > LONG_LABEL_BYTES;
        let long = is_long.then_some(Rule::LongLabel);
        let rules = extra.iter().copied().chain(in_string).chain(long);
        mark.deviations.extend(rules.map(Deviation::plain));
        label::judge(&mut mark, &bare.text, &mut self.signatures);
        self.push(mark);
    }

    /// Adds the label in a text that may hold anything. Says whether there is one.
    pub(crate) fn free_text(
        &mut self,
        source: Source,
        offset: usize,
        text: &str,
        extra: &[Rule],
    ) -> bool {
        if !text.contains('{') {
            return false;
        }
        let text = prefix(text, MAX_TEXT_BYTES);
        self.free_text_bytes += text.len();
        if self.free_text_bytes > MAX_FREE_TEXT_BYTES {
            self.gap(offset, "too much text");
            return false;
        }
        let Some(found) = text::find(text) else {
            return false;
        };
        self.label(source, offset, found, Confidence::Recognized, extra);
        true
    }

    /// Adds a generator's text.
    pub(crate) fn generator(
        &mut self,
        source: Source,
        offset: usize,
        generator: &'static str,
        field: &str,
        text: &str,
    ) {
        self.trace(Rule::GeneratorText, source, offset, generator, field, text);
    }

    /// Adds a trace: its id, the field it stands in, and what the field says.
    pub(crate) fn trace(
        &mut self,
        rule: Rule,
        source: Source,
        offset: usize,
        id: &'static str,
        field: &str,
        text: &str,
    ) {
        let kind = if rule == Rule::GeneratorText {
            MarkKind::GeneratorText
        } else {
            MarkKind::Trace
        };
        let mut mark = Mark::new(kind, rule, source, offset, Confidence::Recognized);
        for (key, value) in [
            ("trace", id),
            ("field", field),
            ("text", prefix(text, MAX_TEXT_BYTES)),
        ] {
            mark.fields
                .insert(key.to_owned(), Value::String(value.to_owned()));
        }
        // One program often names itself in several places.
        let is_known = self.marks.iter().any(|known| {
            known.kind == MarkKind::Trace
                && kind == MarkKind::Trace
                && known.fields.get("trace") == mark.fields.get("trace")
        });
        if !is_known {
            self.push(mark);
        }
    }

    /// Adds the labels of an XMP packet.
    pub(crate) fn xmp(&mut self, source: Source, offset: usize, packet: &[u8], extra: &[Rule]) {
        let decoded = xmp::utf8(packet);
        let packet = decoded.as_ref();
        // Most packets have neither, and this is much faster than a parser.
        if self.is_full(offset) {
            return;
        }
        for property in properties(packet) {
            let (name, text) = (property.name, &property.text);
            trace::field(self, Source::Xmp, offset, name, text);
        }
        if memmem::find(packet, xmp::AIGC_NAMESPACE.as_bytes()).is_none()
            || !self.may_read_packet(offset, packet.len())
        {
            return;
        }
        if packet.len() > aftercare_media::limits::MAX_XMP_BYTES {
            self.gap(offset, "the XMP packet is too long");
        }
        for found in xmp::labels(packet) {
            let mut extra = extra.to_vec();
            match found.form {
                xmp::XmpForm::Salvaged => extra.push(Rule::BrokenXmp),
                _ if found.prefix != "TC260" => extra.push(Rule::XmpPrefix),
                _ => {}
            }
            self.declared(source, offset, &found.text, &extra);
        }
    }

    /// The boxes in `range`, unless too many were read before.
    pub(crate) fn boxes(&mut self, range: Range<usize>) -> Vec<Part> {
        let bytes = self.bytes;
        let start = range.start;
        self.counted(start, || boxes::children(bytes, range))
    }

    /// The boxes, chunks or elements of a list at `offset`, unless too many were read before: a file may have many lists.
    pub(crate) fn counted<P>(&mut self, offset: usize, walk: impl FnOnce() -> Walked<P>) -> Vec<P> {
        if self.boxes > MAX_BOXES {
            self.gap(offset, "too many boxes");
            return Vec::new();
        }
        let parts = self.parts(walk());
        // An empty list costs as much as one box.
        self.boxes += parts.len() + 1;
        parts
    }

    /// Whether a named field may still be looked at.
    pub(crate) fn may_read_field(&mut self, offset: usize) -> bool {
        self.fields += 1;
        let may = self.fields <= MAX_FIELDS;
        if !may {
            self.gap(offset, "too many fields");
        }
        may
    }

    /// Whether a packet of so many bytes may still be read.
    pub(crate) fn may_read_packet(&mut self, offset: usize, bytes: usize) -> bool {
        self.packets_bytes = self.packets_bytes.saturating_add(bytes);
        let may = self.packets_bytes <= MAX_PACKETS_BYTES;
        if !may {
            self.gap(offset, "too much XMP");
        }
        may
    }

    /// Adds what an EXIF block or a TIFF file at `base` carries.
    pub(crate) fn exif(&mut self, range: &Range<usize>) -> exif::Exif {
        self.exif_blocks += 1;
        if self.exif_blocks > MAX_EXIF_BLOCKS {
            self.gap(range.start, "too many EXIF blocks");
            return exif::Exif::default();
        }
        let found = exif::read(self.slice(range), range.start);
        if found.is_partial {
            self.gap(range.start, "EXIF that cannot be read whole");
        }
        for comment in &found.user_comments {
            let mut extra = Vec::new();
            if !comment.in_exif_directory {
                extra.push(Rule::OtherCarrier);
            }
            if text::find(&comment.text).is_some_and(|text| !text::unwrap(text).is_wrapped) {
                extra.push(Rule::NotWrapped);
            }
            let source = Source::ExifUserComment;
            if !self.free_text(source, comment.offset, &comment.text, &extra) {
                let text = &comment.text;
                match trace::generator("UserComment", text) {
                    Some(id) => self.generator(source, comment.offset, id, "UserComment", text),
                    None => trace::field(self, source, comment.offset, "UserComment", text),
                }
            }
        }
        if let Some(description) = &found.image_description {
            self.free_text(
                Source::ExifImageDescription,
                description.offset,
                &description.text,
                &[Rule::OtherCarrier],
            );
            let source = Source::ExifImageDescription;
            trace::field(
                self,
                source,
                description.offset,
                "ImageDescription",
                &description.text,
            );
        }
        trace::signed(self, &found, self.slice(range));
        for (name, text) in [("Make", &found.make), ("Software", &found.software)] {
            if let Some(text) = text {
                trace::field(self, Source::ExifField, range.start, name, text);
            }
        }
        found
    }

    /// A compressed text; a gap when it cannot be read.
    pub(crate) fn inflate(&mut self, offset: usize, data: &[u8]) -> Option<Vec<u8>> {
        self.inflated_texts += 1;
        let max = MAX_INFLATED_BYTES.min(self.inflated_room);
        let content = (self.inflated_texts <= MAX_INFLATED_TEXTS)
            .then(|| inflate::zlib(data, max))
            .flatten();
        // What could not be unpacked has cost as much.
        self.inflated_room -= content.as_ref().map_or(max, Vec::len);
        if content.is_none() {
            self.gap(offset, "compressed text that cannot be read");
        }
        content
    }
}

/// Whether a text has the line of settings that the Stable Diffusion web UI writes: `Steps: 20, Sampler: …, Seed: 1`. One
/// of these words stands in other texts too.
pub(crate) fn is_web_ui_text(text: &str) -> bool {
    let mut steps = text.split("Steps: ").skip(1);
    let settings = ["Sampler: ", "CFG scale: ", "Seed: "];
    steps.any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        && settings.iter().filter(|one| text.contains(**one)).count() >= MIN_SETTINGS
}

/// How many settings a generator's text has beside the number of its steps.
const MIN_SETTINGS: usize = 2;

/// At most `max` bytes of `text`, whole characters only.
pub(crate) fn prefix(text: &str, max: usize) -> &str {
    let end = text.len().min(max);
    (0..=end)
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .and_then(|end| text.get(..end))
        .unwrap_or_default()
}
