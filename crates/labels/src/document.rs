//! Carriers of documents: PDF, Office Open XML and texts with front matter (TC260-PG-20258A).

use aftercare_media::walk::{pdf, zip};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;
use serde_json::{Map, Value};

use crate::gather::Gather;
use crate::limits::{
    MAX_FRONT_MATTER_BYTES, MAX_INFLATED_BYTES, MAX_LABEL_BYTES, MAX_MEMBERS, MAX_PROPERTY_EVENTS,
    MAX_PROPERTY_PARTS,
};
use crate::mark::Source;
use crate::movie::{FIELD, field, field_rules};
use crate::properties::written;
use crate::rule::Rule;

/// Where Office Open XML keeps the custom properties (ECMA-376 part 1, 15.2.12.2).
pub(crate) const CUSTOM_PROPERTIES: &str = "docProps/custom.xml";
/// Their namespaces: transitional and strict.
pub(crate) const PROPERTY_NAMESPACES: [&str; 2] = [
    "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
    "http://purl.oclc.org/ooxml/officeDocument/customProperties",
];

pub(crate) fn pdf(gather: &mut Gather<'_>) {
    let found = pdf::read(gather.bytes, FIELD);
    gather.cut(found.cut);
    if found.is_encrypted {
        // Its strings are ciphertext, so neither a label nor its absence can be told.
        gather.gap(0, "the document is encrypted");
        return;
    }
    for text in found.texts {
        let extra: &[Rule] = if text.is_information {
            &[]
        } else {
            &[Rule::OtherCarrier]
        };
        gather.declared(Source::PdfInformation, text.offset, &text.text, extra);
    }
    for packet in found.packets {
        let extra = [Rule::OtherCarrier];
        gather.xmp(Source::PdfXmp, packet.offset, &packet.bytes, &extra);
    }
}

/// An archive; only Office Open XML documents are known to carry labels. Says whether it is one.
pub(crate) fn office(gather: &mut Gather<'_>) -> bool {
    let entries = gather.parts(zip::entries(gather.bytes));
    let is_office = entries
        .iter()
        .any(|entry| entry.name == "[Content_Types].xml");
    let parts = entries
        .iter()
        .filter(|entry| entry.name == CUSTOM_PROPERTIES);
    for (index, entry) in parts.enumerate() {
        if index == MAX_PROPERTY_PARTS {
            gather.gap(entry.offset, "too many parts with custom properties");
            break;
        }
        let content = zip::content(gather.bytes, entry, MAX_INFLATED_BYTES);
        let Some(content) = content else {
            gather.gap(entry.offset, "custom properties that cannot be unpacked");
            continue;
        };
        let text = String::from_utf8_lossy(&content);
        if properties(gather, entry.offset, text.trim_start_matches('\u{FEFF}')).is_none() {
            gather.gap(entry.offset, "custom properties that are no XML");
        }
    }
    is_office
}

/// Reads the properties; `None` when the text is no well-formed XML or too long.
fn properties(gather: &mut Gather<'_>, offset: usize, text: &str) -> Option<()> {
    let mut reader = NsReader::from_str(text);
    // Name and value of the property that is open.
    let mut open: Option<(String, String)> = None;
    for _ in 0..MAX_PROPERTY_EVENTS {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        let is_known = matches!(
            namespace,
            ResolveResult::Bound(Namespace(name)) if PROPERTY_NAMESPACES.contains(&name)
        );
        let more = match event {
            Event::Start(start) if is_known && start.local_name().as_ref() == "property" => {
                open = property_name(&start).map(|name| (name, String::new()));
                continue;
            }
            Event::End(end) if is_known && end.local_name().as_ref() == "property" => {
                if let Some((name, value)) = open.take() {
                    field(gather, Source::OfficeProperty, offset, &name, &value, &[]);
                }
                continue;
            }
            Event::Eof => return Some(()),
            other => match written(&other) {
                Some(text) => text,
                None => continue,
            },
        };
        if let Some((_, value)) = &mut open
            && value.len() + more.len() <= 2 * MAX_LABEL_BYTES
        {
            value.push_str(&more);
        }
    }
    None
}

pub(crate) fn property_name(start: &BytesStart<'_>) -> Option<String> {
    start
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| attribute.key.as_ref() == "name")
        .and_then(|attribute| {
            attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .ok()
                .map(|name| name.into_owned())
        })
}

/// A text: the mapping `AIGC` in the front matter between two lines `---`.
pub(crate) fn text(gather: &mut Gather<'_>, text: &str) {
    let body = text.trim_start_matches('\u{FEFF}');
    let base = text.len() - body.len();
    let Some(first) = body.lines().next().filter(|line| line.trim_end() == "---") else {
        return;
    };
    let mut lines = Vec::new();
    // The line ending may have two bytes, so offsets are taken from the slices themselves.
    let mut at = first.len();
    at += body[at..].find('\n').map_or(0, |newline| newline + 1);
    let mut is_closed = false;
    while at < body.len() {
        if at > MAX_FRONT_MATTER_BYTES {
            gather.gap(base + at, "the front matter is too long");
            return;
        }
        let rest = &body[at..];
        let line = rest.split('\n').next().unwrap_or_default();
        if matches!(line.trim_end(), "---" | "...") {
            is_closed = true;
            break;
        }
        lines.push((base + at, line.trim_end()));
        at += line.len() + 1;
    }
    if is_closed {
        front_matter(gather, &lines);
    }
}

fn front_matter(gather: &mut Gather<'_>, lines: &[(usize, &str)]) {
    for (index, (offset, line)) in lines.iter().enumerate() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if name.starts_with([' ', '\t', '#']) {
            continue;
        }
        let name = unquoted(name.trim());
        let Some(rules) = field_rules(&name) else {
            continue;
        };
        let block: Vec<&str> = lines[index + 1..]
            .iter()
            .map(|(_, line)| *line)
            .take_while(|line| line.is_empty() || line.starts_with([' ', '\t']))
            .collect();
        let value = value.trim();
        let json = match value {
            "" => mapping(&block),
            // A block text: its lines belong to the value.
            _ if value.starts_with(['|', '>']) => block
                .iter()
                .map(|line| line.trim())
                .collect::<Vec<_>>()
                .join("\n"),
            // A flow mapping may go on in the next lines.
            _ if value.starts_with('{') => std::iter::once(value)
                .chain(block.iter().map(|line| line.trim()))
                .collect::<Vec<_>>()
                .join("\n")
                .trim_end()
                .to_owned(),
            _ => unquoted(value),
        };
        gather.declared(Source::FrontMatter, *offset, &json, rules);
    }
}

/// The lines `key: value` as a JSON object; repeated keys stay, so that they are noticed.
fn mapping(block: &[&str]) -> String {
    let members: Vec<String> = block
        .iter()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once(':'))
        .take(MAX_MEMBERS)
        .map(|(key, value)| {
            let key = Value::String(unquoted(key.trim()));
            let value = Value::String(unquoted(value.trim()));
            format!("{key}:{value}")
        })
        .collect();
    if members.is_empty() {
        return Value::Object(Map::new()).to_string();
    }
    format!("{{{}}}", members.join(","))
}

/// A scalar of YAML without its quotes.
fn unquoted(value: &str) -> String {
    if let Some(inside) = value
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return inside.replace("''", "'");
    }
    if value.len() >= 2 && value.starts_with('"') && value.ends_with('"') {
        return serde_json::from_str(value)
            .unwrap_or_else(|_| value[1..value.len() - 1].to_owned());
    }
    value.to_owned()
}
