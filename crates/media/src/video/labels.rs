//! AI labels of a clip, so that pictures taken from it carry them on (TC260-PG-20257A).

use std::ops::Range;

use crate::error::MediaError;
use crate::label::{AiLabel, Collector, LabelSource};
use crate::walk::{Part, boxes};
use crate::xmp;

/// Identifier of a `uuid` box with XMP (Adobe, XMP Specification Part 3).
const XMP_UUID: [u8; 16] = [
    0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC,
];
/// Bytes of type and locale before the value in a `data` box.
const DATA_PREFIX_BYTES: usize = 8;

/// The labels of an MP4 or MOV.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<AiLabel>, MediaError> {
    let mut labels = Collector::default();
    let top = boxes::children(bytes, 0..bytes.len()).parts;
    let movie = top.iter().find(|part| part.kind == *b"moov");
    let inner = movie.map(|part| boxes::children(bytes, part.data.clone()).parts);
    for part in top.iter().chain(inner.iter().flatten()) {
        match &part.kind {
            b"udta" => {
                for part in boxes::children(bytes, part.data.clone()).parts {
                    field_box(bytes, &part, &mut labels);
                }
            }
            _ => field_box(bytes, part, &mut labels),
        }
    }
    labels.finish()
}

fn field_box(bytes: &[u8], part: &Part, labels: &mut Collector) {
    let content = &bytes[part.data.clone()];
    match &part.kind {
        b"meta" => fields(bytes, &part.data, labels),
        b"uuid" => {
            if let Some(packet) = content.strip_prefix(&XMP_UUID) {
                xmp_packet(packet, part.offset, labels);
            }
        }
        b"XMP_" => xmp_packet(content, part.offset, labels),
        b"AIGC" => {
            let text = crate::walk::field_text(content);
            // Versions, lengths and languages may stand before the text.
            let text = text
                .find('{')
                .and_then(|at| text.get(at..))
                .unwrap_or(&text);
            labels.declared(LabelSource::ClipField, part.offset, text);
        }
        _ => {}
    }
}

fn xmp_packet(packet: &[u8], offset: usize, labels: &mut Collector) {
    for label in xmp::labels(packet) {
        labels.declared(LabelSource::ClipXmp, offset, &label.text);
    }
}

/// The items of a `meta` box: named by `keys`, by a `name` box, or by their own four letters.
fn fields(bytes: &[u8], data: &Range<usize>, labels: &mut Collector) {
    let content = boxes::meta_content(bytes, data);
    let parts = boxes::children(bytes, content).parts;
    let keys = parts
        .iter()
        .find(|part| part.kind == *b"keys")
        .map(|part| boxes::keys(bytes, &part.data))
        .unwrap_or_default();
    for list in parts.iter().filter(|part| part.kind == *b"ilst") {
        for item in boxes::children(bytes, list.data.clone()).parts {
            let inner = boxes::children(bytes, item.data.clone()).parts;
            let value = |kind: &[u8; 4], skip: usize| {
                let part = inner.iter().find(|part| part.kind == *kind)?;
                let content = bytes.get(part.data.clone())?.get(skip..)?;
                Some(crate::walk::field_text(content))
            };
            let Some(text) = value(b"data", DATA_PREFIX_BYTES) else {
                continue;
            };
            let index = usize::try_from(u32::from_be_bytes(item.kind)).unwrap_or(usize::MAX);
            let name = index
                .checked_sub(1)
                .and_then(|index| keys.get(index).cloned())
                .or_else(|| value(b"name", boxes::FULL_BOX_BYTES))
                .unwrap_or_else(|| String::from_utf8_lossy(&item.kind).into_owned());
            labels.field(LabelSource::ClipField, item.offset, &name, &text);
        }
    }
}
