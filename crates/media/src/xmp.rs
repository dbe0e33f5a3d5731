//! Reads the AI label out of an XMP packet (ISO 16684-1) by its namespace, and writes a packet with one label.
//!
//! Only predefined entities are replaced; a document type with entities of its own is not expanded.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, QName, ResolveResult};
use quick_xml::reader::NsReader;

use crate::json;
use crate::limits::{MAX_COMMENT_BYTES, MAX_LABELS, MAX_XMP_BYTES, MAX_XMP_EVENTS};
use crate::text::utf16_text;

/// The namespace of TC260-PG-20259A; writers choose any prefix, so only this URI counts.
pub const AIGC_NAMESPACE: &str = "http://www.tc260.org.cn/ns/AIGC/1.0/";
/// The property of that namespace.
const AIGC_PROPERTY: &str = "AIGC";

/// How a label stands in its packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum XmpForm {
    Element,
    Attribute,
    /// The packet is no well-formed XML; the text was taken from behind the name of the namespace.
    Salvaged,
}

/// One label of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XmpLabel {
    pub text: String,
    pub form: XmpForm,
    /// The prefix that the writer chose for the namespace; empty when salvaged.
    pub prefix: String,
}

/// The packet in UTF-8: ISO 16684-1 allows UTF-16 and UTF-32 in some containers.
#[must_use]
pub fn utf8(packet: &[u8]) -> Cow<'_, [u8]> {
    let packet = &packet[..packet.len().min(2 * MAX_XMP_BYTES)];
    let text: String = match packet {
        [0xFF, 0xFE, 0, 0, ..] | [b'<', 0, 0, 0, ..] => scalars(packet, u32::from_le_bytes),
        [0, 0, 0xFE, 0xFF, ..] | [0, 0, 0, b'<', ..] => scalars(packet, u32::from_be_bytes),
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => utf16_text(packet, u16::from_le_bytes),
        [0xFE, 0xFF, ..] | [0, b'<', ..] => utf16_text(packet, u16::from_be_bytes),
        _ => return Cow::Borrowed(packet),
    };
    Cow::Owned(text.trim_start_matches('\u{FEFF}').as_bytes().to_vec())
}

fn scalars(packet: &[u8], number: fn([u8; 4]) -> u32) -> String {
    let (numbers, _) = packet.as_chunks::<4>();
    numbers
        .iter()
        .map(|bytes| char::from_u32(number(*bytes)).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// The labels of a packet, in order: the property as an element, or as an attribute.
#[must_use]
pub fn labels(packet: &[u8]) -> Vec<XmpLabel> {
    let packet = utf8(packet);
    let packet = &packet[..packet.len().min(MAX_XMP_BYTES)];
    let text = String::from_utf8_lossy(packet);
    let text = text.trim_start_matches('\u{FEFF}').trim_end_matches('\0');
    if !text.contains(AIGC_NAMESPACE) {
        return Vec::new();
    }
    let mut labels = Vec::new();
    let well_formed = read_packet(text, &mut labels).is_some();
    // A packet that a parser rejects may still carry a label that a person must see.
    if labels.is_empty() && !well_formed {
        labels.extend(salvage(text).map(|text| XmpLabel {
            text,
            form: XmpForm::Salvaged,
            prefix: String::new(),
        }));
    }
    labels
}

/// `None` when the packet is not well-formed; labels found before that stay.
fn read_packet(text: &str, labels: &mut Vec<XmpLabel>) -> Option<()> {
    let mut reader = NsReader::from_str(text);
    // Depth inside the property's element, and the label so far.
    let mut open: Option<(usize, XmpLabel)> = None;
    for _ in 0..MAX_XMP_EVENTS {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        let is_label = matches!(namespace, ResolveResult::Bound(Namespace(AIGC_NAMESPACE)));
        match event {
            Event::Start(start) => {
                attribute_labels(&reader, &start, labels);
                match &mut open {
                    Some((depth, _)) => *depth += 1,
                    None if is_label && start.local_name().as_ref() == AIGC_PROPERTY => {
                        open = Some((
                            0,
                            XmpLabel {
                                text: String::new(),
                                form: XmpForm::Element,
                                prefix: prefix_of(start.name()),
                            },
                        ));
                    }
                    None => {}
                }
            }
            Event::Empty(start) => attribute_labels(&reader, &start, labels),
            Event::End(_) => match open.take() {
                Some((0, label)) => push(labels, label),
                Some((depth, label)) => open = Some((depth - 1, label)),
                None => {}
            },
            Event::Text(content) => append(&mut open, &content.xml10_content()),
            Event::CData(content) => append(&mut open, &content.xml10_content()),
            Event::GeneralRef(reference) => {
                if let Ok(Some(character)) = reference.resolve_char_ref() {
                    append(&mut open, character.encode_utf8(&mut [0; 4]));
                } else if let Some(replacement) = resolve_predefined_entity(&reference) {
                    append(&mut open, replacement);
                }
            }
            Event::Eof => return open.is_none().then_some(()),
            _ => {}
        }
    }
    None
}

fn append(open: &mut Option<(usize, XmpLabel)>, more: &str) {
    if let Some((_, label)) = open
        && label.text.len() + more.len() <= MAX_COMMENT_BYTES
    {
        label.text.push_str(more);
    }
}

fn attribute_labels(reader: &NsReader<&[u8]>, start: &BytesStart<'_>, labels: &mut Vec<XmpLabel>) {
    for attribute in start.attributes().with_checks(false).flatten() {
        let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
        if matches!(namespace, ResolveResult::Bound(Namespace(AIGC_NAMESPACE)))
            && local.as_ref() == AIGC_PROPERTY
            && let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0)
        {
            let label = XmpLabel {
                text: value.into_owned(),
                form: XmpForm::Attribute,
                prefix: prefix_of(attribute.key),
            };
            push(labels, label);
        }
    }
}

fn prefix_of(name: QName<'_>) -> String {
    name.prefix()
        .map(|prefix| prefix.as_ref().to_owned())
        .unwrap_or_default()
}

fn push(labels: &mut Vec<XmpLabel>, mut label: XmpLabel) {
    label.text = label.text.trim().to_owned();
    if !label.text.is_empty() && labels.len() < MAX_LABELS {
        labels.push(label);
    }
}

/// The first balanced JSON object after the property's name, for packets that are not well-formed.
fn salvage(text: &str) -> Option<String> {
    let after = text.rfind(AIGC_NAMESPACE)? + AIGC_NAMESPACE.len();
    let rest = text
        .get(after..)?
        .replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&amp;", "&");
    let brace = rest.find('{')?;
    json::object_at(&rest, brace).map(str::to_owned)
}

/// A packet whose only property is the label `json`.
pub(crate) fn packet_with_label(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len() * 2);
    for character in json.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // A parser would normalize a bare carriage return away.
            '\r' => escaped.push_str("&#13;"),
            '\n' | '\t' => escaped.push(character),
            // XML has no way to write other control characters; JSON has, with the same meaning.
            control if u32::from(control) < 0x20 => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(control)))
            }
            other => escaped.push(other),
        }
    }
    format!(
        "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:TC260=\"{AIGC_NAMESPACE}\">\
         <TC260:AIGC>{escaped}</TC260:AIGC>\
         </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>"
    )
}
