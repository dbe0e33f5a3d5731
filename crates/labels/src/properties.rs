//! The few properties of an XMP packet that are traces: by namespace, as elements, attributes, or items of a list.

use memchr::memmem;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use aftercare_media::limits::{MAX_XMP_BYTES, MAX_XMP_EVENTS};

use crate::limits::{MAX_TRACE_TEXT_BYTES, MAX_TRACES};

/// Namespace and name of each property.
const PROPERTIES: [(&str, &str); 8] = [
    ("http://ns.adobe.com/xap/1.0/", "CreatorTool"),
    ("http://ns.adobe.com/photoshop/1.0/", "Credit"),
    (IPTC, "DigitalSourceType"),
    (IPTC, "AIPromptInformation"),
    (IPTC, "AIPromptWriterName"),
    (IPTC, "AISystemUsed"),
    (IPTC, "AISystemVersionUsed"),
    ("http://purl.org/dc/terms/", "provenance"),
];
const IPTC: &str = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
/// A part of each name: a packet without any of them is not parsed.
const NEEDLES: [&[u8]; 6] = [
    b"CreatorTool",
    b"Credit",
    b"DigitalSourceType",
    b"AISystem",
    b"AIPrompt",
    b"provenance",
];

/// One property.
pub(crate) struct Property {
    pub(crate) name: &'static str,
    pub(crate) text: String,
}

/// The properties of `packet`, in order. A packet that is broken gives what stands before the break.
pub(crate) fn properties(packet: &[u8]) -> Vec<Property> {
    let packet = &packet[..packet.len().min(MAX_XMP_BYTES)];
    if NEEDLES
        .iter()
        .all(|needle| memmem::find(packet, needle).is_none())
    {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(packet);
    let mut found = Vec::new();
    let _ = read(text.trim_start_matches('\u{FEFF}'), &mut found);
    found
}

fn known(namespace: &ResolveResult<'_>, local: &str) -> Option<&'static str> {
    let ResolveResult::Bound(Namespace(bound)) = namespace else {
        return None;
    };
    PROPERTIES
        .iter()
        .find(|(namespace, name)| namespace == bound && *name == local)
        .map(|(_, name)| *name)
}

/// The characters that an event of XML 1.0 stands for; `None` when it is not text.
pub(crate) fn written(event: &Event<'_>) -> Option<String> {
    match event {
        Event::Text(text) => Some(text.xml10_content().into_owned()),
        Event::CData(text) => Some(text.xml10_content().into_owned()),
        Event::GeneralRef(reference) => Some(match reference.resolve_char_ref() {
            Ok(Some(character)) => character.to_string(),
            _ => resolve_predefined_entity(reference)
                .unwrap_or_default()
                .to_owned(),
        }),
        _ => None,
    }
}

fn read(text: &str, found: &mut Vec<Property>) -> Option<()> {
    let mut reader = NsReader::from_str(text);
    // The open property, and how deep inside it the reader is.
    let mut open: Option<(usize, Property)> = None;
    for _ in 0..MAX_XMP_EVENTS {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        let more = match event {
            Event::Start(start) | Event::Empty(start) => {
                let name = known(&namespace, start.local_name().as_ref());
                for attribute in start.attributes().with_checks(false).flatten() {
                    let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
                    // A resource is the value of the property that it stands in.
                    let name = if local.as_ref() == "resource" {
                        name
                    } else {
                        known(&namespace, local.as_ref())
                    };
                    if let Some(name) = name
                        && let Ok(text) = attribute.normalized_value(XmlVersion::Implicit1_0)
                    {
                        push(
                            found,
                            Property {
                                name,
                                text: text.into_owned(),
                            },
                        );
                    }
                }
                match &mut open {
                    Some((depth, _)) => *depth += 1,
                    None => {
                        open = name.map(|name| {
                            (
                                0,
                                Property {
                                    name,
                                    text: String::new(),
                                },
                            )
                        });
                    }
                }
                continue;
            }
            Event::End(_) => {
                open = match open {
                    Some((0, property)) => {
                        push(found, property);
                        None
                    }
                    Some((depth, property)) => Some((depth - 1, property)),
                    None => None,
                };
                continue;
            }
            Event::Eof => return Some(()),
            other => match written(&other) {
                Some(text) => text,
                None => continue,
            },
        };
        if let Some((_, property)) = &mut open
            && property.text.len() + more.len() <= MAX_TRACE_TEXT_BYTES
        {
            property.text.push_str(&more);
        }
    }
    None
}

fn push(found: &mut Vec<Property>, mut property: Property) {
    property.text = property.text.trim().to_owned();
    if !property.text.is_empty() && found.len() < MAX_TRACES {
        found.push(property);
    }
}
