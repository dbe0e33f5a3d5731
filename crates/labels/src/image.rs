//! Carriers of images: PNG, JPEG, WebP, GIF, TIFF, HEIC, AVIF and JPEG XL (TC260-PG-20259A).

use std::ops::Range;

use aftercare_media::label::in_segment;
use aftercare_media::limits::MAX_XMP_BYTES;
use aftercare_media::walk::{boxes, gif, jpeg, png, webp};
use aftercare_media::{MediaError, is_text_of_interest, xmp};
use memchr::memmem;

use crate::gather::Gather;
use crate::limits::MAX_TEXT_BYTES;
use crate::mark::Source;
use crate::movie::{MANIFEST_UUID, field_rules};
use crate::rule::Rule;
use crate::trace;

pub(crate) const EXIF_HEADER: &[u8] = b"Exif\0\0";
pub(crate) const XMP_HEADER: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
pub(crate) const EXTENSION_HEADER: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
/// Bytes of the digest, the length of the whole and the offset before each part of an extended packet.
const EXTENSION_PREFIX_BYTES: usize = 40;
/// Application segment 13: Photoshop's resources; application segment 11: JUMBF, with C2PA in it.
const RESOURCES: u8 = 0xED;
const JUMBF: u8 = 0xEB;

fn refused(gather: &mut Gather<'_>, refusal: Option<MediaError>) {
    if let Some(refusal) = refusal {
        // Without the place, which the gap has.
        let (at, what) = match refusal {
            MediaError::Truncated { at, .. } => (at, "the file is cut off".to_owned()),
            MediaError::Malformed { at, what, .. } => (at, format!("the file is damaged: {what}")),
            MediaError::TooManyParts { what, .. } => {
                (gather.bytes.len(), format!("too many {what}"))
            }
            other => (gather.bytes.len(), other.to_string()),
        };
        gather.gap(at, what);
    }
}

/// Reads the EXIF block in `range`; some programs leave the header of JPEG in front.
fn exif_block(gather: &mut Gather<'_>, range: Range<usize>) {
    let skip = if gather.slice(&range).starts_with(EXIF_HEADER) {
        EXIF_HEADER.len()
    } else {
        0
    };
    gather.exif(&(range.start + skip..range.end));
}

pub(crate) fn jpeg(gather: &mut Gather<'_>) {
    let (segments, refusal) = jpeg::walk_partly(gather.bytes);
    refused(gather, refusal);
    let mut extension: Vec<(u32, &[u8])> = Vec::new();
    let mut extension_offset = None;
    // The walker stops at the end of the picture.
    let end = segments
        .iter()
        .rev()
        .find(|one| one.marker == jpeg::EOI)
        .map(|one| one.offset + 2);
    for segment in segments {
        let payload = gather.slice(&segment.payload);
        let is_application = matches!(segment.marker, 0xE0..=0xEF);
        if segment.marker == jpeg::APP1 && payload.starts_with(EXIF_HEADER) {
            exif_block(gather, segment.payload);
        } else if segment.marker == jpeg::APP1 && payload.starts_with(XMP_HEADER) {
            let packet = &payload[XMP_HEADER.len()..];
            gather.xmp(Source::JpegXmp, segment.offset, packet, &[]);
        } else if segment.marker == jpeg::APP1 && payload.starts_with(EXTENSION_HEADER) {
            let part = &payload[EXTENSION_HEADER.len()..];
            if let (Some(offset), Some(content)) = (
                part.get(EXTENSION_PREFIX_BYTES - 4..EXTENSION_PREFIX_BYTES),
                part.get(EXTENSION_PREFIX_BYTES..),
            ) {
                let offset = offset
                    .iter()
                    .fold(0, |offset, &byte| offset << 8 | u32::from(byte));
                extension.push((offset, content));
                extension_offset.get_or_insert(segment.offset);
            }
        } else if is_application && let Some(text) = in_segment(payload) {
            let source = Source::JpegApplicationSegment;
            gather.declared(source, segment.offset, &text, &[Rule::OtherCarrier]);
        } else if segment.marker == RESOURCES {
            trace::resources(gather, segment.offset, payload);
        } else if segment.marker == JUMBF && memmem::find(payload, b"c2pa").is_some() {
            trace::manifest(gather, Source::Manifest, segment.offset);
        } else if segment.marker == jpeg::COM {
            let text = String::from_utf8_lossy(payload);
            let source = Source::JpegComment;
            gather.free_text(source, segment.offset, &text, &[Rule::OtherCarrier]);
        }
    }
    if let Some(end) = end {
        trace::trailer(gather, end);
    }
    if let Some(offset) = extension_offset {
        extension.sort_by_key(|(offset, _)| *offset);
        // Of a longer packet no more is looked at.
        let mut packet = Vec::new();
        for (_, part) in extension {
            let room = (2 * MAX_XMP_BYTES).saturating_sub(packet.len());
            packet.extend_from_slice(&part[..part.len().min(room)]);
        }
        gather.xmp(Source::JpegXmp, offset, &packet, &[]);
    }
}

pub(crate) fn png(gather: &mut Gather<'_>) {
    let (chunks, refusal) = png::walk_partly(gather.bytes);
    refused(gather, refusal);
    for chunk in chunks {
        match &chunk.kind {
            b"eXIf" => exif_block(gather, chunk.data),
            b"caBX" => trace::manifest(gather, Source::Manifest, chunk.offset),
            b"tEXt" | b"zTXt" | b"iTXt" => png_text(gather, &chunk),
            _ => {}
        }
    }
}

fn png_text(gather: &mut Gather<'_>, chunk: &png::Chunk) {
    let data = gather.slice(&chunk.data);
    let Some((keyword, rest)) = split_at_zero(data) else {
        return;
    };
    let packed = match &chunk.kind {
        b"tEXt" => Some((rest, false)),
        b"zTXt" => rest.get(1..).map(|body| (body, true)),
        _ => international(rest),
    };
    let Some((body, is_compressed)) = packed else {
        gather.gap(chunk.offset, "text chunk without a text");
        return;
    };
    let name = String::from_utf8_lossy(keyword);
    // What is unpacked here is unpacked where previews are made too, so that what is read is also carried on.
    if is_compressed && !is_text_of_interest(keyword) {
        return;
    }
    let inflated;
    let body = if is_compressed {
        let Some(content) = gather.inflate(chunk.offset, body) else {
            return;
        };
        inflated = content;
        &inflated
    } else {
        body
    };
    let other = [Rule::OtherCarrier];
    match keyword {
        b"XML:com.adobe.xmp" => {
            let extra: &[Rule] = if &chunk.kind == b"iTXt" { &[] } else { &other };
            gather.xmp(Source::PngXmp, chunk.offset, body, extra);
        }
        b"AIGC" => {
            let extra: &[Rule] = if &chunk.kind == b"tEXt" { &[] } else { &other };
            let text = String::from_utf8_lossy(body);
            gather.declared_wrapped(Source::PngText, chunk.offset, &text, extra);
        }
        _ => {
            let text = String::from_utf8_lossy(body);
            let (source, offset) = (Source::PngText, chunk.offset);
            if let Some(rules) = field_rules(&name) {
                gather.declared_wrapped(source, offset, &text, rules);
            } else if !gather.free_text(source, offset, &text, &other) {
                match trace::generator(&name, &text) {
                    Some(id) => gather.generator(source, offset, id, &name, &text),
                    None => trace::field(gather, source, offset, &name, &text),
                }
            }
        }
    }
}

pub(crate) fn split_at_zero(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let zero = data.iter().position(|&byte| byte == 0)?;
    Some((&data[..zero], &data[zero + 1..]))
}

/// The body of an iTXt chunk after its keyword, and whether it is compressed.
pub(crate) fn international(rest: &[u8]) -> Option<(&[u8], bool)> {
    let is_compressed = *rest.first()? == 1;
    let (_, rest) = split_at_zero(rest.get(2..)?)?;
    let (_, body) = split_at_zero(rest)?;
    Some((body, is_compressed))
}

pub(crate) fn webp(gather: &mut Gather<'_>) {
    let (chunks, refusal) = webp::walk_partly(gather.bytes);
    refused(gather, refusal);
    for chunk in chunks {
        match &chunk.kind {
            b"EXIF" => exif_block(gather, chunk.data),
            b"C2PA" => trace::manifest(gather, Source::Manifest, chunk.offset),
            b"XMP " => {
                let packet = gather.slice(&chunk.data);
                gather.xmp(Source::WebpXmp, chunk.offset, packet, &[]);
            }
            _ => {}
        }
    }
}

pub(crate) fn gif(gather: &mut Gather<'_>) {
    let blocks = gather.parts(gif::blocks(gather.bytes));
    for block in blocks {
        let data = gather.slice(&block.data);
        if block.kind == gif::COMMENT {
            let text = gif::joined(data, MAX_TEXT_BYTES);
            let text = String::from_utf8_lossy(&text);
            let extra = [Rule::OtherCarrier];
            gather.free_text(Source::GifComment, block.offset, &text, &extra);
        } else if let Some(packet) = data.strip_prefix(gif::XMP_HEADER) {
            // The packet itself is no sub-blocks; its trailer leads a reader of sub-blocks to the end.
            let raw = &packet[..packet.len().saturating_sub(gif::XMP_TRAILER_BYTES)];
            gather.xmp(Source::GifXmp, block.offset, raw, &[]);
        }
    }
}

pub(crate) fn tiff(gather: &mut Gather<'_>) {
    let found = gather.exif(&(0..gather.bytes.len()));
    if let Some(at) = found.manifest_at {
        trace::manifest(gather, Source::Manifest, at);
    }
    for packet in found.xmp_packets {
        let content = gather.slice(&packet);
        gather.xmp(Source::TiffXmp, packet.start, content, &[]);
    }
}

/// HEIC and AVIF: items of the `meta` box.
pub(crate) fn items(gather: &mut Gather<'_>, source: Source) {
    let boxes = gather.boxes(0..gather.bytes.len());
    for part in boxes.iter().filter(|part| part.kind == *b"uuid") {
        if gather.slice(&part.data).starts_with(&MANIFEST_UUID) {
            trace::manifest(gather, Source::Manifest, part.offset);
        }
    }
    for part in boxes.iter().filter(|part| part.kind == *b"meta") {
        let content = boxes::meta_content(gather.bytes, &part.data);
        let items = gather.parts(boxes::items(gather.bytes, content));
        for item in items {
            let offset = item.extents.first().map_or(part.offset, |at| at.start);
            if item.extents.iter().any(|at| at.end > gather.bytes.len()) {
                gather.gap(offset, "item runs past the file");
                continue;
            }
            if item.kind == *b"Exif" {
                // The offset of the TIFF header in the item comes first.
                if let [range] = &item.extents[..]
                    && let Some(prefix) = gather.slice(range).first_chunk::<4>()
                {
                    let skip = usize::try_from(u32::from_be_bytes(*prefix)).unwrap_or(usize::MAX);
                    let start = range.start.saturating_add(4).saturating_add(skip);
                    gather.exif(&(start.min(range.end)..range.end));
                }
            } else if item.content_type.trim() == "application/rdf+xml" {
                let bytes = item.extents.iter().map(Range::len).sum();
                if !gather.may_read_packet(offset, bytes) {
                    continue;
                }
                let parts: Vec<&[u8]> = item
                    .extents
                    .iter()
                    .map(|range| gather.slice(range))
                    .collect();
                let packet = parts.concat();
                gather.xmp(source, offset, &packet, &[]);
            }
        }
    }
}

/// JPEG XL in boxes. A bare code stream has no room for metadata.
pub(crate) fn jpeg_xl(gather: &mut Gather<'_>) {
    if gather.bytes.starts_with(&[0xFF, 0x0A]) {
        return;
    }
    let boxes = gather.boxes(0..gather.bytes.len());
    for part in boxes {
        match &part.kind {
            b"xml " => {
                let packet = gather.slice(&part.data);
                gather.xmp(Source::JpegXlXmp, part.offset, packet, &[]);
            }
            b"Exif" => {
                let start = part.data.start.saturating_add(4).min(part.data.end);
                gather.exif(&(start..part.data.end));
            }
            b"brob" => gather.gap(part.offset, "compressed metadata box"),
            _ => {}
        }
    }
}

/// SVG: a packet of XMP in the drawing's metadata. The namespaces may be declared anywhere above it, so the
/// drawing is read as one packet, as far as packets are.
pub(crate) fn svg(gather: &mut Gather<'_>) {
    let (start, _) = gather.bytes.split_at(gather.bytes.len().min(MAX_XMP_BYTES));
    let offset = memmem::find(start, b"<metadata").unwrap_or(0);
    gather.xmp(Source::SvgXmp, offset, start, &[]);
    let namespace = xmp::AIGC_NAMESPACE.as_bytes();
    let rest = gather.bytes.get(MAX_XMP_BYTES - namespace.len()..);
    if rest.is_some_and(|rest| memmem::find(rest, namespace).is_some()) {
        gather.gap(MAX_XMP_BYTES, "the drawing is too long to be read whole");
    }
}
