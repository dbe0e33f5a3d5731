//! Writes the label into an XMP packet (ISO 16684-1): by property, never by replacing the packet.

use std::ops::Range;

use aftercare_media::limits::{MAX_XMP_BYTES, MAX_XMP_EVENTS};
use aftercare_media::xmp::AIGC_NAMESPACE;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use super::Refusal;

pub(crate) const RDF_NAMESPACE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// Where the label goes in a packet.
enum Place {
    /// The text of the property's element, or the value of its attribute.
    Value(Range<usize>),
    /// Before the end of `rdf:RDF`, with what the other descriptions are about.
    Insert { at: usize, about: String },
}

/// The packet with the label `json`: `packet` with one property changed or added, or a new packet.
///
/// # Errors
/// [`Refusal::Structure`] when the packet is no well-formed XMP in UTF-8, or has the property in a form that is not
/// rewritten.
pub(crate) fn with_label(packet: Option<&[u8]>, json: &str) -> Result<Vec<u8>, Refusal> {
    let label = escaped(json);
    let Some(packet) = packet else {
        return Ok(new_packet(&label).into_bytes());
    };
    if packet.len() > MAX_XMP_BYTES {
        return Err(Refusal::TooLong);
    }
    let text = std::str::from_utf8(packet)
        .map_err(|_| Refusal::Structure("an XMP packet that is not UTF-8"))?;
    match place(text)? {
        Place::Value(range) => Ok([&text[..range.start], &label, &text[range.end..]]
            .concat()
            .into_bytes()),
        Place::Insert { at, about } => {
            let added = description(&about, &label);
            Ok([&text[..at], &added, &text[at..]].concat().into_bytes())
        }
    }
}

fn escaped(json: &str) -> String {
    json.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn description(about: &str, label: &str) -> String {
    format!(
        "<rdf:Description xmlns:rdf=\"{RDF_NAMESPACE}\" rdf:about=\"{about}\" xmlns:TC260=\"{AIGC_NAMESPACE}\">\
         <TC260:AIGC>{label}</TC260:AIGC></rdf:Description>"
    )
}

fn new_packet(label: &str) -> String {
    format!(
        "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
         <rdf:RDF xmlns:rdf=\"{RDF_NAMESPACE}\">\
         <rdf:Description rdf:about=\"\" xmlns:TC260=\"{AIGC_NAMESPACE}\">\
         <TC260:AIGC>{label}</TC260:AIGC>\
         </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>"
    )
}

/// The label as it stands inside another XML document.
pub(crate) fn packet_inside(json: &str) -> Vec<u8> {
    let added = description("", &escaped(json));
    format!("<rdf:RDF xmlns:rdf=\"{RDF_NAMESPACE}\">{added}</rdf:RDF>").into_bytes()
}

fn place(text: &str) -> Result<Place, Refusal> {
    const BROKEN: Refusal = Refusal::Structure("an XMP packet that is no well-formed XML");
    // A byte order mark is no part of the document; zeros may fill a packet up.
    let skipped = text.len() - text.trim_start_matches('\u{FEFF}').len();
    let body = text[skipped..].trim_end_matches('\0');
    let mut reader = NsReader::from_str(body);
    let mut before = skipped;
    let mut open = None;
    let mut about = None;
    let mut end = None;
    for _ in 0..MAX_XMP_EVENTS {
        let (namespace, event) = reader.read_resolved_event().map_err(|_| BROKEN)?;
        let is_in = |wanted: &str| matches!(namespace, ResolveResult::Bound(Namespace(found)) if found == wanted);
        let (is_label, is_rdf) = (is_in(AIGC_NAMESPACE), is_in(RDF_NAMESPACE));
        let is_empty = matches!(event, Event::Empty(_));
        // The event borrows the reader, whose position and resolver are needed beside it.
        let event = event.into_owned();
        let after = skipped + usize::try_from(reader.buffer_position()).map_err(|_| BROKEN)?;
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                if open.is_some() {
                    return Err(Refusal::Structure("a label with elements inside"));
                }
                if let Some(value) = attribute(&reader, start, &text[before..after]) {
                    return Ok(Place::Value(before + value.start..before + value.end));
                }
                if is_label && start.local_name().as_ref() == "AIGC" {
                    if is_empty {
                        return Err(Refusal::Structure("an empty label"));
                    }
                    open = Some(after);
                }
                if is_rdf && start.local_name().as_ref() == "Description" && about.is_none() {
                    about = Some(about_of(&reader, start));
                }
            }
            Event::End(name) => {
                if let Some(start) = open {
                    return Ok(Place::Value(start..before));
                }
                if is_rdf && name.local_name().as_ref() == "RDF" && end.is_none() {
                    end = Some(before);
                }
            }
            Event::Eof => {
                return end
                    .map(|at| Place::Insert {
                        at,
                        about: about.unwrap_or_default(),
                    })
                    .ok_or(BROKEN);
            }
            _ => {}
        }
        before = after;
    }
    Err(Refusal::Structure("an XMP packet that is too long"))
}

/// The value of the label's attribute, as a range of the tag's text.
fn attribute(reader: &NsReader<&[u8]>, start: &BytesStart<'_>, tag: &str) -> Option<Range<usize>> {
    let found = start
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|one| {
            let (namespace, local) = reader.resolver().resolve_attribute(one.key);
            matches!(namespace, ResolveResult::Bound(Namespace(AIGC_NAMESPACE)))
                && local.as_ref() == "AIGC"
        })?;
    let name = found.key.as_ref();
    let at = tag.match_indices(name).find_map(|(at, _)| {
        let rest = tag[at + name.len()..].trim_start();
        let rest = rest.strip_prefix('=')?.trim_start();
        rest.starts_with(['"', '\''])
            .then(|| tag.len() - rest.len())
    })?;
    let quote = tag.get(at..=at)?;
    let length = tag[at + 1..].find(quote)?;
    Some(at + 1..at + 1 + length)
}

/// The value of `rdf:about`, as written; all descriptions of a packet have the same.
fn about_of(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> String {
    start
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|one| {
            let (namespace, local) = reader.resolver().resolve_attribute(one.key);
            matches!(namespace, ResolveResult::Bound(Namespace(RDF_NAMESPACE)))
                && local.as_ref() == "about"
        })
        .map(|one| one.value.replace('"', "&quot;"))
        .unwrap_or_default()
}
