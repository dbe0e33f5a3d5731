//! Texts of the document information of a PDF (ISO 32000-1, 14.3.3) and its XMP packets, without a page or a font.
//!
//! The file is scanned from front to back once. Cross-reference tables are not trusted and not needed: of two
//! objects with one number the later one counts, as an incremental update means it.

use std::ops::Range;

use memchr::memmem;

use super::Cut;
use crate::inflate;
use crate::limits::{
    MAX_COMMENT_BYTES, MAX_LABELS, MAX_PDF_INFLATED_BYTES, MAX_PDF_INFLATED_STREAMS, MAX_PDF_KEYS,
    MAX_PDF_OBJECTS_BYTES, MAX_PDF_PACKETS_BYTES, MAX_PDF_REFERENCES, MAX_PDF_STREAMS,
    MAX_PDF_TRAILERS, MAX_XMP_BYTES,
};
use crate::text::utf16_text;

/// Bytes before the word `stream` in which its dictionary is looked for.
const MAX_DICTIONARY_BYTES: usize = 4_096;
/// Bytes before a key in which the number of its object is looked for.
const MAX_OBJECT_BYTES: usize = 65_536;

/// One text found under the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PdfText {
    pub text: String,
    /// Offset of the key in the file; of the stream, when the object is compressed.
    pub offset: usize,
    /// Number of the object that has the key.
    pub object: Option<u32>,
    /// Whether the trailer names that object as the document information.
    pub is_information: bool,
}

/// One XMP packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PdfPacket {
    pub bytes: Vec<u8>,
    /// Offset of the stream in the file.
    pub offset: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PdfMetadata {
    pub texts: Vec<PdfText>,
    pub packets: Vec<PdfPacket>,
    /// Strings of an encrypted document cannot be read here.
    pub is_encrypted: bool,
    pub cut: Option<Cut>,
}

/// The word before the data of a stream, and the one after them.
pub const STREAM: &[u8] = b"stream";
/// See [`STREAM`].
pub const END_OF_STREAM: &[u8] = b"endstream";

/// Where the data begin after a word [`STREAM`], counted from its end, by what stands before the word and the two bytes after
/// it; `None` when it is no keyword: the end of a line, and a dictionary before, tell it from the same letters in a text.
#[must_use]
pub fn data_of(before: &[u8], after: &[u8]) -> Option<usize> {
    let skip = match after {
        b"\r\n" => 2,
        [b'\n' | b'\r', _] => 1,
        _ => return None,
    };
    before.trim_ascii_end().ends_with(b">>").then_some(skip)
}

/// The dictionary of a stream at the end of what stands before it since the last stream.
fn dictionary(before: &[u8]) -> &[u8] {
    let near = &before[before.len().saturating_sub(MAX_DICTIONARY_BYTES)..];
    let start = memmem::rfind(near, b" obj").unwrap_or(0);
    &near[start..]
}

/// Whether a stream holds objects, and whether it holds an XMP packet.
fn holds(dictionary: &[u8]) -> (bool, bool) {
    let has = |name: &[u8]| memmem::find(dictionary, name).is_some();
    (has(b"/ObjStm"), has(b"/Metadata") && has(b"/XML"))
}

/// Whether the data of a stream are read, by what stands before it since the last stream.
#[must_use]
pub fn is_read(before: &[u8]) -> bool {
    let (objects, packet) = holds(dictionary(before));
    objects || packet
}

/// Looks for `key` (without its slash) in all dictionaries, and for XMP packets.
#[must_use]
pub fn read(bytes: &[u8], key: &str) -> PdfMetadata {
    let mut scan = Scan {
        bytes,
        key: format!("/{key}"),
        found: PdfMetadata::default(),
        values: Vec::new(),
        regions: Vec::new(),
        information: Vec::new(),
        inflated_streams: 0,
        inflated_bytes: 0,
        packets_bytes: 0,
        keys_tried: 0,
        trailers_tried: 0,
    };
    scan.run();
    scan.finish()
}

/// What stands under the key in one object: a text, or later in the file a reference to one.
struct Value {
    object: Option<u32>,
    text: Option<(usize, String)>,
    /// Offset of the key, object and generation.
    reference: Option<(usize, u32, u32)>,
}

struct Scan<'a> {
    bytes: &'a [u8],
    key: String,
    found: PdfMetadata,
    values: Vec<Value>,
    /// What is no stream.
    regions: Vec<Range<usize>>,
    /// Numbers of the objects that a trailer names as the document information.
    information: Vec<u32>,
    inflated_streams: usize,
    inflated_bytes: usize,
    packets_bytes: usize,
    keys_tried: usize,
    trailers_tried: usize,
}

impl Scan<'_> {
    fn run(&mut self) {
        let bytes = self.bytes;
        let mut from = 0;
        let mut search = 0;
        for _ in 0..MAX_PDF_STREAMS {
            let Some(word) = find(bytes, search, STREAM) else {
                self.region(from..bytes.len());
                return;
            };
            let after = word + STREAM.len();
            let ending = bytes.get(after..after + 2).unwrap_or_default();
            let Some(skip) = data_of(&bytes[..word], ending) else {
                search = after;
                continue;
            };
            let data = after + skip;
            self.region(from..word);
            let Some(end) = find(bytes, data, END_OF_STREAM) else {
                self.cut(word, "stream without an end");
                return;
            };
            self.stream(from..word, data..end);
            from = end + END_OF_STREAM.len();
            search = from;
        }
        self.cut(from, "too many streams");
    }

    fn cut(&mut self, at: usize, what: &'static str) {
        self.found.cut.get_or_insert(Cut { at, what });
    }

    /// Reads a part of the file that is no stream.
    fn region(&mut self, range: Range<usize>) {
        self.regions.push(range.clone());
        let bytes = &self.bytes[..range.end];
        self.found.is_encrypted |= find(bytes, range.start, b"/Encrypt").is_some();
        let mut at = range.start;
        while let Some(found) = find(bytes, at, b"/Info") {
            at = found + b"/Info".len();
            self.trailers_tried += 1;
            if self.trailers_tried > MAX_PDF_TRAILERS {
                self.cut(found, "too many trailers");
                break;
            }
            if let Some((object, _)) = reference(bytes, at)
                && self.information.len() < MAX_LABELS
            {
                self.information.push(object);
            }
        }
        let mut at = range.start;
        let key = self.key.clone();
        while let Some(found) = find(bytes, at, key.as_bytes()) {
            at = found + key.len();
            if !self.may_try_key(found) {
                return;
            }
            let object = || object_number(bytes, range.start, found);
            self.value(bytes, at, found, object);
        }
    }

    /// Every key may cost a long string, so their number is limited.
    fn may_try_key(&mut self, at: usize) -> bool {
        if self.keys_tried == MAX_PDF_KEYS {
            self.cut(at, "too many keys");
            return false;
        }
        self.keys_tried += 1;
        true
    }

    /// Takes the value at `at` of the key at `offset`.
    fn value(
        &mut self,
        bytes: &[u8],
        at: usize,
        offset: usize,
        object: impl FnOnce() -> Option<u32>,
    ) {
        let text = string(bytes, at).map(|text| (offset, text));
        let reference = match &text {
            Some(_) => None,
            None => reference(bytes, at).map(|(object, generation)| (offset, object, generation)),
        };
        if text.is_none() && reference.is_none() {
            return;
        }
        let object = object();
        // Of two objects with one number the later one counts.
        let known = self.values.iter_mut().find(|known| known.object == object);
        if let Some(known) = known.filter(|_| object.is_some()) {
            known.text = text.or_else(|| known.text.take());
            known.reference = reference;
        } else if self.values.len() == MAX_LABELS {
            self.cut(offset, "too many labels");
        } else {
            self.values.push(Value {
                object,
                text,
                reference,
            });
        }
    }

    /// Follows the references, and tells which of the texts is the document information.
    fn finish(mut self) -> PdfMetadata {
        let mut references_followed = 0;
        for value in std::mem::take(&mut self.values) {
            // Every reference costs one search through the file.
            let referred = value.reference.and_then(|(offset, object, generation)| {
                references_followed += 1;
                let may = references_followed <= MAX_PDF_REFERENCES;
                let text = may.then(|| self.referred(object, generation)).flatten()?;
                Some((offset, text))
            });
            let Some((offset, text)) = referred.or(value.text) else {
                continue;
            };
            let is_information = value
                .object
                .is_some_and(|object| self.information.contains(&object));
            self.found.texts.push(PdfText {
                text,
                offset,
                object: value.object,
                is_information,
            });
        }
        self.found
    }

    /// The string that the last object of that number is, outside of streams.
    fn referred(&self, object: u32, generation: u32) -> Option<String> {
        let header = format!("{object} {generation} obj");
        let finder = memmem::FinderRev::new(header.as_bytes());
        let mut regions = self.regions.iter().rev();
        let found = regions.by_ref().flat_map(|range| {
            let bytes = &self.bytes[range.clone()];
            finder.rfind_iter(bytes).map(move |at| (bytes, at))
        });
        let mut found = found.take(MAX_LABELS);
        let (bytes, start) =
            found.find(|&(bytes, at)| at == 0 || !bytes[at - 1].is_ascii_digit())?;
        string(bytes, start + header.len())
    }

    /// Reads the stream after `before`, if it holds objects or an XMP packet.
    fn stream(&mut self, before: Range<usize>, data: Range<usize>) {
        let word = before.end;
        let dictionary = dictionary(&self.bytes[before]);
        let has = |name: &[u8]| memmem::find(dictionary, name).is_some();
        let (holds_objects, holds_packet) = holds(dictionary);
        if !(holds_objects || holds_packet) {
            return;
        }
        let max = if holds_objects {
            MAX_PDF_OBJECTS_BYTES.min(MAX_PDF_INFLATED_BYTES.saturating_sub(self.inflated_bytes))
        } else {
            MAX_XMP_BYTES.min(MAX_PDF_PACKETS_BYTES.saturating_sub(self.packets_bytes))
        };
        let raw = &self.bytes[data];
        let content = if !has(b"/Filter") {
            Some(raw[..raw.len().min(max)].to_vec())
        } else if has(b"/FlateDecode") && self.inflated_streams < MAX_PDF_INFLATED_STREAMS {
            self.inflated_streams += 1;
            inflate::zlib(raw, max)
        } else {
            None
        };
        // What could not be unpacked has cost as much.
        let cost = content.as_ref().map_or(max, Vec::len);
        if holds_objects {
            self.inflated_bytes += cost;
        } else {
            self.packets_bytes += cost;
        }
        let Some(content) = content else {
            self.cut(word, "stream that cannot be decompressed");
            return;
        };
        if !holds_objects {
            if self.found.packets.len() < MAX_LABELS {
                self.found.packets.push(PdfPacket {
                    bytes: content,
                    offset: word,
                });
            }
            return;
        }
        let first = find(dictionary, 0, b"/First")
            .and_then(|at| number(dictionary, at + b"/First".len()))
            .and_then(|(first, _)| usize::try_from(first).ok())
            .unwrap_or(0);
        let key = self.key.clone();
        let mut at = 0;
        while let Some(found) = find(&content, at, key.as_bytes()) {
            at = found + key.len();
            if !self.may_try_key(word) {
                return;
            }
            let object = || object_in_stream(&content, first, found);
            self.value(&content, at, word, object);
        }
    }
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    memmem::find(bytes.get(from..)?, what).map(|at| at + from)
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes
        .get(at)
        .is_some_and(|byte| byte.is_ascii_whitespace() || *byte == 0)
    {
        at += 1;
    }
    at
}

/// The whole number at `at`, after white space, and the offset after it.
fn number(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let start = skip_space(bytes, at);
    let mut end = start;
    while bytes.get(end).is_some_and(u8::is_ascii_digit) && end - start < 10 {
        end += 1;
    }
    let digits = std::str::from_utf8(&bytes[start..end]).ok()?;
    Some((digits.parse().ok()?, end))
}

/// Object and generation of a reference `12 0 R` at `at`.
fn reference(bytes: &[u8], at: usize) -> Option<(u32, u32)> {
    let (object, at) = number(bytes, at)?;
    let (generation, at) = number(bytes, at)?;
    (bytes.get(skip_space(bytes, at)) == Some(&b'R')).then_some((object, generation))
}

/// The number of the object around `at`: the last `12 0 obj` before it.
fn object_number(bytes: &[u8], from: usize, at: usize) -> Option<u32> {
    let from = from.max(at.saturating_sub(MAX_OBJECT_BYTES));
    let word = from + memmem::rfind(&bytes[from..at], b" obj")?;
    let head = &bytes[from..word];
    let generation = head.iter().rposition(|byte| !byte.is_ascii_digit())?;
    let head = head[..generation].trim_ascii_end();
    let start = head
        .iter()
        .rposition(|byte| !byte.is_ascii_digit())
        .map_or(0, |at| at + 1);
    std::str::from_utf8(&head[start..]).ok()?.parse().ok()
}

/// The number of the object at `at` in an object stream, whose head lists numbers and offsets after `first`.
fn object_in_stream(content: &[u8], first: usize, at: usize) -> Option<u32> {
    let inside = at.checked_sub(first)?;
    let head = content.get(..first)?;
    let mut found = None;
    let mut position = 0;
    while let Some((object, next)) = number(head, position) {
        let (offset, next) = number(head, next)?;
        if usize::try_from(offset).ok()? > inside {
            break;
        }
        found = Some(object);
        position = next;
    }
    found
}

/// The string at `at`, after white space: `(literal)` or `<hexadecimal>`.
fn string(bytes: &[u8], at: usize) -> Option<String> {
    let at = skip_space(bytes, at);
    let raw = match bytes.get(at..)? {
        [b'(', rest @ ..] => literal(rest)?,
        [b'<', b'<', ..] => return None,
        [b'<', rest @ ..] => hexadecimal(rest)?,
        _ => return None,
    };
    Some(decoded(&raw))
}

fn literal(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while content.len() < MAX_COMMENT_BYTES {
        let byte = *bytes.get(at)?;
        at += 1;
        match byte {
            b'\\' => {
                let escaped = *bytes.get(at)?;
                at += 1;
                match escaped {
                    b'n' => content.push(b'\n'),
                    b'r' => content.push(b'\r'),
                    b't' => content.push(b'\t'),
                    b'b' => content.push(8),
                    b'f' => content.push(12),
                    // A line that goes on.
                    b'\r' => at += usize::from(bytes.get(at) == Some(&b'\n')),
                    b'\n' => {}
                    b'0'..=b'7' => {
                        let mut code = u32::from(escaped - b'0');
                        for _ in 0..2 {
                            let Some(digit @ b'0'..=b'7') = bytes.get(at) else {
                                break;
                            };
                            code = code * 8 + u32::from(digit - b'0');
                            at += 1;
                        }
                        content.push(u8::try_from(code & 0xFF).unwrap_or(b'?'));
                    }
                    other => content.push(other),
                }
            }
            b')' if depth == 0 => return Some(content),
            b')' => {
                depth -= 1;
                content.push(byte);
            }
            b'(' => {
                depth += 1;
                content.push(byte);
            }
            _ => content.push(byte),
        }
    }
    None
}

fn hexadecimal(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let mut half = None;
    for &byte in bytes.iter().take(2 * MAX_COMMENT_BYTES) {
        if byte == b'>' {
            content.extend(half.map(|half: u8| half << 4));
            return Some(content);
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        let digit = u8::try_from(char::from(byte).to_digit(16)?).ok()?;
        half = match half {
            None => Some(digit),
            Some(high) => {
                content.push(high << 4 | digit);
                None
            }
        };
    }
    None
}

/// A text string: UTF-16 or UTF-8 with a mark, else UTF-8 where it is valid, else one character a byte.
fn decoded(raw: &[u8]) -> String {
    match raw {
        [0xFE, 0xFF, body @ ..] => utf16_text(body, u16::from_be_bytes),
        [0xFF, 0xFE, body @ ..] => utf16_text(body, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, body @ ..] => String::from_utf8_lossy(body).into_owned(),
        _ => match std::str::from_utf8(raw) {
            Ok(text) => text.to_owned(),
            Err(_) => raw.iter().copied().map(char::from).collect(),
        },
    }
}
