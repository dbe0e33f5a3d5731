//! Carriers of videos: MP4 and its relatives, Matroska, AVI and FLV (TC260-PG-20257A).

use std::ops::Range;

use aftercare_media::label::is_label_field;
use aftercare_media::walk::{Part, boxes, ebml, flv, riff};

use crate::gather::Gather;
use crate::mark::Source;
use crate::rule::Rule;
use crate::trace;

/// The name of the field in every carrier that has named fields.
pub(crate) const FIELD: &str = "AIGC";
/// Identifier of a `uuid` box with XMP (Adobe, XMP Specification Part 3).
pub(crate) const XMP_UUID: [u8; 16] = [
    0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC,
];
/// Identifier of a `uuid` box with a C2PA manifest.
pub(crate) const MANIFEST_UUID: [u8; 16] = [
    0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81,
];
/// Bytes of type and locale before the value in a `data` box.
pub(crate) const DATA_PREFIX_BYTES: usize = 8;

/// How a field's name compares with `AIGC`: the same, or spelled otherwise; `None` when it is another field.
pub(crate) fn field_rules(name: &str) -> Option<&'static [Rule]> {
    if name == FIELD {
        return Some(&[]);
    }
    is_label_field(name).then_some(&[Rule::KeyName])
}

/// A named field: a label if its name says so, else a free text.
pub(crate) fn field(
    gather: &mut Gather<'_>,
    source: Source,
    offset: usize,
    name: &str,
    text: &str,
    extra: &[Rule],
) {
    if !gather.may_read_field(offset) {
        return;
    }
    if let Some(rules) = field_rules(name) {
        let rules: Vec<Rule> = extra.iter().chain(rules).copied().collect();
        gather.declared(source, offset, text.trim_matches('\0'), &rules);
        return;
    }
    if !gather.free_text(source, offset, text, &[Rule::OtherCarrier]) {
        match trace::generator(name, text) {
            Some(id) => gather.generator(source, offset, id, name, text),
            None => trace::field(gather, source, offset, name, text),
        }
    }
}

/// MP4, MOV and M4A.
pub(crate) fn mp4(gather: &mut Gather<'_>) {
    let top = gather.boxes(0..gather.bytes.len());
    for part in top {
        match &part.kind {
            b"moov" => {
                for part in gather.boxes(part.data) {
                    match &part.kind {
                        b"udta" => user_data(gather, part.data),
                        b"meta" => metadata(gather, &part, &[Rule::OtherCarrier]),
                        b"uuid" => uuid(gather, &part),
                        _ => {}
                    }
                }
            }
            b"udta" => user_data(gather, part.data),
            b"meta" => metadata(gather, &part, &[Rule::OtherCarrier]),
            b"uuid" => uuid(gather, &part),
            _ => {}
        }
    }
}

fn uuid(gather: &mut Gather<'_>, part: &Part) {
    if let Some(packet) = gather.slice(&part.data).strip_prefix(&XMP_UUID) {
        // The guide allows XMP only for formats without a field of their own.
        gather.xmp(Source::Mp4Xmp, part.offset, packet, &[Rule::OtherCarrier]);
    } else if gather.slice(&part.data).starts_with(&MANIFEST_UUID) {
        trace::manifest(gather, Source::Manifest, part.offset);
    }
}

fn user_data(gather: &mut Gather<'_>, range: Range<usize>) {
    for part in gather.boxes(range) {
        match &part.kind {
            b"meta" => metadata(gather, &part, &[]),
            b"XMP_" => {
                let packet = gather.slice(&part.data);
                gather.xmp(Source::Mp4Xmp, part.offset, packet, &[Rule::OtherCarrier]);
            }
            b"AIGC" => {
                let text = String::from_utf8_lossy(gather.slice(&part.data));
                // Versions, lengths and languages may stand before the text.
                let text = text
                    .find('{')
                    .and_then(|at| text.get(at..))
                    .unwrap_or(&text);
                let text = text.trim_matches('\0');
                gather.declared(
                    Source::Mp4UserData,
                    part.offset,
                    text,
                    &[Rule::OtherCarrier],
                );
            }
            _ => {}
        }
    }
}

/// A `meta` box with `ilst`, and with `keys` where the items have numbers instead of names.
fn metadata(gather: &mut Gather<'_>, part: &Part, extra: &[Rule]) {
    let content = boxes::meta_content(gather.bytes, &part.data);
    let parts = gather.boxes(content);
    let keys = parts
        .iter()
        .find(|part| part.kind == *b"keys")
        .map(|part| boxes::keys(gather.bytes, &part.data))
        .unwrap_or_default();
    for list in parts.iter().filter(|part| part.kind == *b"ilst") {
        for item in gather.boxes(list.data.clone()) {
            let index = usize::try_from(u32::from_be_bytes(item.kind)).unwrap_or(usize::MAX);
            let key = index.checked_sub(1).and_then(|index| keys.get(index));
            let inner = gather.boxes(item.data.clone());
            let value = inner
                .iter()
                .find(|part| part.kind == *b"data")
                .and_then(|part| gather.slice(&part.data).get(DATA_PREFIX_BYTES..))
                .map(String::from_utf8_lossy);
            let Some(value) = value else { continue };
            if let Some(key) = key {
                field(gather, Source::Mp4Key, item.offset, key, &value, extra);
            } else if item.kind == *b"----" {
                let name = inner
                    .iter()
                    .find(|part| part.kind == *b"name")
                    .and_then(|part| gather.slice(&part.data).get(boxes::FULL_BOX_BYTES..))
                    .map(String::from_utf8_lossy)
                    .unwrap_or_default();
                let extra = [Rule::OtherCarrier];
                field(
                    gather,
                    Source::Mp4Freeform,
                    item.offset,
                    &name,
                    &value,
                    &extra,
                );
            } else if item.kind == *b"AIGC" {
                let extra = [Rule::OtherCarrier];
                gather.declared(
                    Source::Mp4Item,
                    item.offset,
                    value.trim_matches('\0'),
                    &extra,
                );
            } else {
                let extra = [Rule::OtherCarrier];
                gather.free_text(Source::Mp4Item, item.offset, &value, &extra);
            }
        }
    }
}

/// Matroska and WebM.
pub(crate) fn matroska(gather: &mut Gather<'_>) {
    let bytes = gather.bytes;
    let segments = gather.parts(ebml::elements(bytes, 0..bytes.len(), &[ebml::SEGMENT]));
    for segment in segments {
        for tags in elements(gather, segment.data, ebml::TAGS) {
            for tag in elements(gather, tags.data, ebml::TAG) {
                for simple in elements(gather, tag.data, ebml::SIMPLE_TAG) {
                    simple_tag(gather, &simple);
                }
            }
        }
    }
}

fn elements(gather: &mut Gather<'_>, range: Range<usize>, wanted: u32) -> Vec<ebml::Element> {
    let bytes = gather.bytes;
    gather.counted(range.start, || ebml::elements(bytes, range, &[wanted]))
}

fn simple_tag(gather: &mut Gather<'_>, simple: &ebml::Element) {
    let wanted = [ebml::TAG_NAME, ebml::TAG_STRING];
    let (bytes, range) = (gather.bytes, simple.data.clone());
    let parts = gather.counted(range.start, || ebml::elements(bytes, range, &wanted));
    let text = |id: u32| {
        parts
            .iter()
            .find(|part| part.id == id)
            .map(|part| String::from_utf8_lossy(gather.slice(&part.data)).into_owned())
    };
    if let (Some(name), Some(value)) = (text(ebml::TAG_NAME), text(ebml::TAG_STRING)) {
        let name = name.trim_end_matches('\0');
        field(
            gather,
            Source::MatroskaTag,
            simple.offset,
            name,
            &value,
            &[],
        );
    }
}

/// AVI: a child of the `INFO` list, at the top or in the first RIFF.
pub(crate) fn avi(gather: &mut Gather<'_>) {
    for part in riff_chunks(gather, 0..gather.bytes.len()) {
        let Some((_, content)) = riff::list(gather.bytes, &part) else {
            continue;
        };
        for part in riff_chunks(gather, content) {
            match riff::list(gather.bytes, &part) {
                Some((kind, content)) if kind == *b"INFO" => {
                    for part in riff_chunks(gather, content) {
                        let name = String::from_utf8_lossy(&part.kind);
                        let text = String::from_utf8_lossy(gather.slice(&part.data));
                        let text = text.trim_end_matches('\0');
                        field(gather, Source::AviInfo, part.offset, &name, text, &[]);
                    }
                }
                None if part.kind == *b"_PMX" => {
                    let packet = gather.slice(&part.data);
                    let extra = [Rule::OtherCarrier];
                    gather.xmp(Source::AviXmp, part.offset, packet, &extra);
                }
                _ => {}
            }
        }
    }
}

pub(crate) fn riff_chunks(gather: &mut Gather<'_>, range: Range<usize>) -> Vec<Part> {
    let bytes = gather.bytes;
    gather.counted(range.start, || riff::chunks(bytes, range))
}

/// FLV: a member of `onMetaData`.
pub(crate) fn flv(gather: &mut Gather<'_>) {
    for script in gather.parts(flv::scripts(gather.bytes)) {
        for member in gather.parts(flv::members(gather.bytes, &script.data)) {
            let (offset, name) = (member.offset, &member.name);
            field(gather, Source::FlvMetadata, offset, name, &member.text, &[]);
        }
    }
}
