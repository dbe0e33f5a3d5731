//! Office Open XML: a custom property (ECMA-376 part 1, 15.2.12.2). Every other part keeps its packed bytes.

use std::ops::Range;

use aftercare_media::inflate;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::image::crc32;
use super::splice::{Splice, grown};
use super::{Refusal, Task};
use crate::document::{CUSTOM_PROPERTIES, PROPERTY_NAMESPACES, property_name};
use crate::limits::{MAX_INFLATED_BYTES, MAX_PROPERTY_EVENTS};
use crate::movie::{FIELD, field_rules};

const CONTENT_TYPES: &str = "[Content_Types].xml";
const RELATIONS: &str = "_rels/.rels";
const END_BYTES: usize = 22;
const ENTRY_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// Bytes of a comment that may stand behind the end record.
const MAX_COMMENT_BYTES: usize = 65_535;
const VALUES: &str = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes";
const PART_TYPE: &str = "application/vnd.openxmlformats-officedocument.custom-properties+xml";
const RELATION_TYPE: &str =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties";
/// The format identifier of custom properties (ECMA-376 part 1, 22.3.2.2).
const FORMAT: &str = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}";
const BROKEN: Refusal = Refusal::Structure("a broken archive");
const BROKEN_XML: Refusal = Refusal::Structure("custom properties that are no well-formed XML");

/// One entry of the central directory.
struct Entry {
    /// Offset of the entry in the directory.
    at: usize,
    length: usize,
    name: String,
    /// The local header with its data, up to the next one.
    local: Range<usize>,
    method: usize,
    packed: usize,
}

struct Archive<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry>,
    directory: Range<usize>,
    end: usize,
}

fn little(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let digits = bytes.get(at..at.checked_add(width)?)?;
    Some(
        digits
            .iter()
            .rev()
            .fold(0, |number, &byte| number << 8 | usize::from(byte)),
    )
}

fn digits(number: usize, width: usize) -> Result<Vec<u8>, Refusal> {
    let mut digits = super::boxes::digits(number, width)?;
    digits.reverse();
    Ok(digits)
}

impl<'a> Archive<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let tail = bytes.len().saturating_sub(END_BYTES + MAX_COMMENT_BYTES);
        let end = bytes[tail..]
            .windows(4)
            .rposition(|window| window == b"PK\x05\x06")?
            + tail;
        let count = little(bytes, end + 10, 2)?;
        let start = little(bytes, end + 16, 4)?;
        let mut entries = Vec::new();
        let mut at = start;
        for _ in 0..count {
            if bytes.get(at..at.checked_add(4)?)? != b"PK\x01\x02" {
                return None;
            }
            let name_bytes = little(bytes, at + 28, 2)?;
            let rest = little(bytes, at + 30, 2)? + little(bytes, at + 32, 2)?;
            let name = bytes.get(at + ENTRY_BYTES..at + ENTRY_BYTES + name_bytes)?;
            let local = little(bytes, at + 42, 4)?;
            let length = ENTRY_BYTES + name_bytes + rest;
            entries.push(Entry {
                at,
                length,
                name: String::from_utf8_lossy(name).into_owned(),
                local: local..local,
                method: little(bytes, at + 10, 2)?,
                packed: little(bytes, at + 20, 4)?,
            });
            at = at.checked_add(length)?;
        }
        let mut starts: Vec<usize> = entries.iter().map(|entry| entry.local.start).collect();
        starts.push(start);
        starts.sort_unstable();
        for entry in &mut entries {
            let next = starts.iter().find(|&&next| next > entry.local.start)?;
            entry.local.end = *next;
        }
        (at <= end).then_some(Self {
            bytes,
            entries,
            directory: start..at,
            end,
        })
    }

    fn find(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    fn content(&self, entry: &Entry) -> Option<String> {
        let at = entry.local.start;
        let start =
            at + LOCAL_BYTES + little(self.bytes, at + 26, 2)? + little(self.bytes, at + 28, 2)?;
        let data = self.bytes.get(start..start.checked_add(entry.packed)?)?;
        let content = match entry.method {
            0 if data.len() <= MAX_INFLATED_BYTES => data.to_vec(),
            8 => inflate::deflate(data, MAX_INFLATED_BYTES)?,
            _ => return None,
        };
        String::from_utf8(content).ok()
    }
}

/// The header fields from the version to the lengths, of a part that is stored as it is.
fn common(name: &str, content: &[u8]) -> Result<Vec<u8>, Refusal> {
    // Version 2.0, names in UTF-8, stored, 1980-01-01.
    let mut fields = vec![20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];
    fields.extend(crc32(content).to_le_bytes());
    fields.extend(digits(content.len(), 4)?);
    fields.extend(digits(content.len(), 4)?);
    fields.extend(digits(name.len(), 2)?);
    fields.extend([0, 0]);
    Ok(fields)
}

fn local(name: &str, content: &[u8]) -> Result<Vec<u8>, Refusal> {
    Ok([
        &b"PK\x03\x04"[..],
        &common(name, content)?,
        name.as_bytes(),
        content,
    ]
    .concat())
}

fn listed(name: &str, content: &[u8], offset: usize) -> Result<Vec<u8>, Refusal> {
    Ok([
        &b"PK\x01\x02\x14\0"[..],
        &common(name, content)?[..],
        &[0; 10],
        &digits(offset, 4)?,
        name.as_bytes(),
    ]
    .concat())
}

pub(crate) fn property(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let archive = Archive::new(task.bytes).ok_or(BROKEN)?;
    if archive
        .entries
        .iter()
        .any(|entry| entry.name.starts_with("_xmlsignatures/"))
    {
        return Err(Refusal::Structure("a signed document"));
    }
    let mut changed: Vec<(&str, String)> = Vec::new();
    let text = |name: &str| {
        let entry = archive.find(name).ok_or(BROKEN)?;
        archive.content(entry).ok_or(BROKEN)
    };
    if archive.find(CUSTOM_PROPERTIES).is_some() {
        let old = text(CUSTOM_PROPERTIES)?;
        changed.push((CUSTOM_PROPERTIES, with_property(&old, task)?));
    } else {
        let own = own_property(2, task.json);
        changed.push((
            CUSTOM_PROPERTIES,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<Properties xmlns=\"{}\">{own}</Properties>",
                PROPERTY_NAMESPACES[0]
            ),
        ));
        changed.push((
            CONTENT_TYPES,
            before_end(
                &text(CONTENT_TYPES)?,
                "</Types>",
                &format!(
                    "<Override PartName=\"/{CUSTOM_PROPERTIES}\" ContentType=\"{PART_TYPE}\"/>"
                ),
            )?,
        ));
        changed.push((
            RELATIONS,
            before_end(
                &text(RELATIONS)?,
                "</Relationships>",
                &format!(
                    "<Relationship Id=\"aigcLabel\" Type=\"{RELATION_TYPE}\" Target=\"{CUSTOM_PROPERTIES}\"/>"
                ),
            )?,
        ));
    }
    rewritten(&archive, &changed)
}

fn before_end(text: &str, end: &str, added: &str) -> Result<String, Refusal> {
    let at = text
        .rfind(end)
        .ok_or(Refusal::Structure("a part without its end"))?;
    Ok([&text[..at], added, &text[at..]].concat())
}

/// The archive with some parts changed or added, and a new directory.
fn rewritten(archive: &Archive<'_>, changed: &[(&str, String)]) -> Result<Vec<Splice>, Refusal> {
    let mut splices = Vec::new();
    let mut added = Vec::new();
    for (name, content) in changed {
        let with = local(name, content.as_bytes())?;
        match archive.find(name) {
            Some(entry) => splices.push(Splice::new(entry.local.clone(), with)),
            None => added.extend(with),
        }
    }
    let moved = |offset: usize| {
        let growth = splices
            .iter()
            .filter(|splice| splice.range.end <= offset)
            .map(Splice::growth)
            .sum();
        grown(offset, growth)
    };
    let mut directory = Vec::new();
    for entry in &archive.entries {
        let offset = moved(entry.local.start)?;
        match changed.iter().find(|(name, _)| *name == entry.name) {
            Some((name, content)) => directory.extend(listed(name, content.as_bytes(), offset)?),
            None => {
                let mut copy = archive.bytes[entry.at..entry.at + entry.length].to_vec();
                copy[42..46].copy_from_slice(&digits(offset, 4)?);
                directory.extend(copy);
            }
        }
    }
    let mut count = archive.entries.len();
    let mut offset = moved(archive.directory.start)?;
    for (name, content) in changed {
        if archive.find(name).is_none() {
            directory.extend(listed(name, content.as_bytes(), offset)?);
            offset += local(name, content.as_bytes())?.len();
            count += 1;
        }
    }
    let counts = [digits(count, 2)?, digits(count, 2)?].concat();
    let end = [counts, digits(directory.len(), 4)?, digits(offset, 4)?].concat();
    splices.push(Splice::insert(archive.directory.start, added));
    splices.push(Splice::new(archive.directory.clone(), directory));
    splices.push(Splice::patch(archive.end + 8, &end));
    Ok(splices)
}

fn own_property(number: i32, json: &str) -> String {
    let json = json
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!(
        "<property xmlns=\"{}\" fmtid=\"{FORMAT}\" pid=\"{number}\" name=\"{FIELD}\"><vt:lpwstr xmlns:vt=\"{VALUES}\">{json}</vt:lpwstr></property>",
        PROPERTY_NAMESPACES[0]
    )
}

/// The custom properties with the label as one of them.
fn with_property(text: &str, task: &Task<'_>) -> Result<String, Refusal> {
    let skipped = text.len() - text.trim_start_matches('\u{FEFF}').len();
    let mut reader = NsReader::from_str(&text[skipped..]);
    let mut before = skipped;
    let mut last_number = 1_i32;
    // Where the open property begins, if it is the label.
    let mut open = None;
    for _ in 0..MAX_PROPERTY_EVENTS {
        let (namespace, event) = reader.read_resolved_event().map_err(|_| BROKEN_XML)?;
        let is_known = matches!(
            namespace,
            ResolveResult::Bound(Namespace(name)) if PROPERTY_NAMESPACES.contains(&name)
        );
        let event = event.into_owned();
        let after = skipped + usize::try_from(reader.buffer_position()).map_err(|_| BROKEN_XML)?;
        match &event {
            Event::Start(start) if is_known && start.local_name().as_ref() == "property" => {
                let number = start
                    .attributes()
                    .with_checks(false)
                    .flatten()
                    .find(|one| one.key.as_ref() == "pid")
                    .and_then(|one| one.value.parse().ok())
                    .unwrap_or(1);
                last_number = last_number.max(number);
                let is_label =
                    property_name(start).is_some_and(|name| field_rules(&name).is_some());
                if is_label {
                    open = Some((before, number));
                }
            }
            Event::End(end) if is_known && end.local_name().as_ref() == "property" => {
                if let Some((start, number)) = open.take() {
                    let own = own_property(number, task.json);
                    return Ok([&text[..start], &own, &text[after..]].concat());
                }
            }
            Event::End(end) if is_known && end.local_name().as_ref() == "Properties" => {
                if task.current.is_some() {
                    return Err(Refusal::Structure("a label inside another property"));
                }
                let next = last_number
                    .checked_add(1)
                    .ok_or(Refusal::Structure("no number left for a property"))?;
                let own = own_property(next, task.json);
                return Ok([&text[..before], &own, &text[before..]].concat());
            }
            Event::Eof => break,
            _ => {}
        }
        before = after;
    }
    Err(BROKEN_XML)
}

/// Names and packed bytes of all parts that are not rewritten.
pub(crate) fn parts(bytes: &[u8]) -> Option<Vec<(Vec<u8>, &[u8])>> {
    let archive = Archive::new(bytes)?;
    Some(
        archive
            .entries
            .iter()
            .filter(|entry| {
                ![CUSTOM_PROPERTIES, CONTENT_TYPES, RELATIONS].contains(&entry.name.as_str())
            })
            .map(|entry| (entry.name.as_bytes().to_vec(), &bytes[entry.local.clone()]))
            .collect(),
    )
}
