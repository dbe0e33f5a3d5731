//! JPEG, PNG and GIF: segments, chunks and extension blocks around pixels that stay as they are (TC260-PG-20259A).

use aftercare_media::label;
use aftercare_media::walk::{gif, jpeg, png};
use memchr::memmem;
use serde_json::{Map, Value};

use super::splice::{Splice, grown};
use super::{Refusal, Task, exif, xmp};
use crate::image::{EXIF_HEADER, EXTENSION_HEADER, XMP_HEADER, international, split_at_zero};
use crate::limits::MAX_INFLATED_BYTES;
use crate::mark::Source;

/// Bytes of a JPEG segment's payload: its length field has two bytes and counts itself.
const MAX_SEGMENT_BYTES: usize = 65_533;
const XMP_KEYWORD: &[u8] = b"XML:com.adobe.xmp";
/// Bytes of signature, version and logical screen descriptor of a GIF.
const GIF_HEADER_BYTES: usize = 13;

fn segment(marker: u8, payload: &[u8]) -> Result<Vec<u8>, Refusal> {
    let length = u16::try_from(payload.len() + 2).map_err(|_| Refusal::TooLong)?;
    if payload.len() > MAX_SEGMENT_BYTES {
        return Err(Refusal::TooLong);
    }
    Ok([&[0xFF, marker][..], &length.to_be_bytes(), payload].concat())
}

/// The label goes into the XMP segment; one that stands in EXIF or in a segment of its own stays there.
pub(crate) fn jpeg(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let mut splices = jpeg_label(task)?;
    let growth = super::boxes::growth(&splices);
    let Some(at) = splices.iter().map(|splice| splice.range.start).min() else {
        return Ok(splices);
    };
    // Further pictures behind the first one, such as gain maps, are found by their distance from the table.
    if let Some(table) = exif::multi_picture(task.bytes) {
        for (index, entry) in table.entries.iter().enumerate() {
            let place = if index == 0 {
                Some((entry.at + 4, entry.bytes))
            } else {
                (at > table.base).then_some((entry.at + 8, entry.offset))
            };
            if let Some((at, old)) = place {
                splices.push(Splice::patch(at, &table.long(grown(old, growth)?)?));
            }
        }
    }
    Ok(splices)
}

fn jpeg_label(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let map = jpeg::walk(task.bytes).map_err(|_| Refusal::Structure("a broken JPEG"))?;
    let payload = |one: &jpeg::Segment| &task.bytes[one.payload.clone()];
    let is_xmp =
        |one: &&jpeg::Segment| one.marker == jpeg::APP1 && payload(one).starts_with(XMP_HEADER);
    let replaced = |one: &jpeg::Segment, payload: &[u8]| {
        let with = segment(one.marker, payload)?;
        Ok(vec![Splice::new(one.offset..one.payload.end, with)])
    };
    let target = match task.current {
        None => map.segments.iter().find(is_xmp),
        Some(mark) => {
            let inside = |one: &&jpeg::Segment| {
                one.offset == mark.offset || one.payload.contains(&mark.offset)
            };
            let found = map.segments.iter().find(inside);
            let found = found.ok_or(Refusal::Structure("a label in an unknown segment"))?;
            match mark.source {
                Source::JpegXmp if !payload(found).starts_with(EXTENSION_HEADER) => Some(found),
                Source::JpegApplicationSegment => {
                    let text = [b"AIGC", task.json.as_bytes()].concat();
                    return replaced(found, &text);
                }
                Source::ExifUserComment | Source::ExifImageDescription => {
                    let start = found.payload.start + EXIF_HEADER.len();
                    let block = exif::with_label(task, mark, start..found.payload.end)?;
                    return replaced(found, &[EXIF_HEADER, &block].concat());
                }
                Source::JpegComment => {
                    let text = String::from_utf8_lossy(payload(found));
                    let text = text.trim_matches(['\0', ' ', '\n', '\r']);
                    // Further members beside the label would be lost.
                    let members = serde_json::from_str::<Map<String, Value>>(text);
                    let is_alone = members.is_ok_and(|members| members.len() == 1)
                        || !label::unwrap(text).is_wrapped;
                    if label::find(text) != Some(text) || !is_alone {
                        return Err(Refusal::Structure("a label inside another text"));
                    }
                    let with = if label::unwrap(text).is_wrapped {
                        task.wrapped()
                    } else {
                        task.json.to_owned()
                    };
                    return replaced(found, with.as_bytes());
                }
                _ => return Err(Refusal::Structure("a label in a long packet")),
            }
        }
    };
    if let Some(found) = target {
        let packet = xmp::with_label(Some(&payload(found)[XMP_HEADER.len()..]), task.json)?;
        return replaced(found, &[XMP_HEADER, &packet].concat());
    }
    // Readers want JFIF and EXIF first.
    let at = map
        .segments
        .iter()
        .take_while(|one| {
            one.marker == jpeg::SOI
                || one.marker == 0xE0
                || one.marker == jpeg::APP1 && payload(one).starts_with(EXIF_HEADER)
        })
        .map(|one| one.payload.end)
        .last()
        .unwrap_or(2);
    let packet = xmp::with_label(None, task.json)?;
    let with = segment(jpeg::APP1, &[XMP_HEADER, &packet].concat())?;
    Ok(vec![Splice::insert(at, with)])
}

/// A chunk with its checksum.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Result<Vec<u8>, Refusal> {
    let length = u32::try_from(data.len()).map_err(|_| Refusal::TooLong)?;
    let checked = [kind, data].concat();
    let checksum = crc32(&checked);
    Ok([&length.to_be_bytes()[..], &checked, &checksum.to_be_bytes()].concat())
}

/// The checksum of PNG and ZIP (ISO 3309).
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 }
        })
    })
}

/// The label goes into the XMP chunk; one in a chunk `AIGC` or in EXIF stays there.
pub(crate) fn png(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let map = png::walk(task.bytes).map_err(|_| Refusal::Structure("a broken PNG"))?;
    let data = |one: &png::Chunk| &task.bytes[one.data.clone()];
    let is_xmp = |one: &&png::Chunk| {
        matches!(&one.kind, b"iTXt" | b"tEXt" | b"zTXt")
            && split_at_zero(data(one)).is_some_and(|(keyword, _)| keyword == XMP_KEYWORD)
    };
    // The checksum stands after the data.
    let replaced = |one: &png::Chunk, kind: &[u8; 4], data: &[u8]| {
        let with = chunk(kind, data)?;
        Ok(vec![Splice::new(one.offset..one.data.end + 4, with)])
    };
    let target = match task.current {
        None => map.chunks.iter().find(is_xmp),
        Some(mark) => {
            let inside =
                |one: &&png::Chunk| one.offset == mark.offset || one.data.contains(&mark.offset);
            let found = map.chunks.iter().find(inside);
            let found = found.ok_or(Refusal::Structure("a label in an unknown chunk"))?;
            match mark.source {
                Source::PngXmp => Some(found),
                Source::PngText
                    if split_at_zero(data(found))
                        .is_some_and(|(keyword, _)| keyword == b"AIGC") =>
                {
                    let text = [b"AIGC\0", task.wrapped().as_bytes()].concat();
                    return replaced(found, b"tEXt", &text);
                }
                Source::ExifUserComment | Source::ExifImageDescription => {
                    let skip = if data(found).starts_with(EXIF_HEADER) {
                        EXIF_HEADER.len()
                    } else {
                        0
                    };
                    let block =
                        exif::with_label(task, mark, found.data.start + skip..found.data.end)?;
                    return replaced(found, b"eXIf", &[&data(found)[..skip], &block].concat());
                }
                _ => return Err(Refusal::Structure("a label inside another text")),
            }
        }
    };
    let packet = match target {
        Some(found) => {
            let packet = png_packet(&found.kind, data(found))
                .ok_or(Refusal::Structure("a broken text chunk"))?;
            xmp::with_label(Some(&packet), task.json)?
        }
        None => xmp::with_label(None, task.json)?,
    };
    let content = [XMP_KEYWORD, b"\0\0\0\0\0", &packet].concat();
    match target {
        Some(found) => replaced(found, b"iTXt", &content),
        None => {
            let after_header = map.chunks.first().map_or(0, |first| first.data.end + 4);
            Ok(vec![Splice::insert(
                after_header,
                chunk(b"iTXt", &content)?,
            )])
        }
    }
}

/// The packet in a text chunk of any of the three kinds.
fn png_packet(kind: &[u8; 4], data: &[u8]) -> Option<Vec<u8>> {
    let (_, rest) = split_at_zero(data)?;
    let (body, is_compressed) = match kind {
        b"tEXt" => (rest, false),
        b"zTXt" => (rest.get(1..)?, true),
        _ => international(rest)?,
    };
    if is_compressed {
        aftercare_media::inflate::zlib(body, MAX_INFLATED_BYTES)
    } else {
        Some(body.to_vec())
    }
}

/// The label goes into the application extension with XMP.
pub(crate) fn gif(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let blocks = gif::blocks(bytes).parts;
    let is_xmp = |offset: usize| {
        blocks
            .iter()
            .find(|one| one.offset == offset)
            .filter(|one| bytes[one.data.clone()].starts_with(gif::XMP_HEADER))
    };
    let found = match task.current {
        Some(mark) if mark.source == Source::GifXmp => is_xmp(mark.offset),
        Some(_) => return Err(Refusal::Structure("a label in a comment")),
        None => blocks.iter().find_map(|one| is_xmp(one.offset)),
    };
    let packet = found.map(|one| {
        let packet = &bytes[one.data.start + gif::XMP_HEADER.len()..one.data.end];
        &packet[..packet.len().saturating_sub(gif::XMP_TRAILER_BYTES)]
    });
    let mut block = b"\x21\xFF".to_vec();
    block.extend(gif::XMP_HEADER);
    block.extend(xmp::with_label(packet, task.json)?);
    block.push(1);
    block.extend((0..=255).rev());
    block.push(0);
    let mut splices = Vec::new();
    if let Some(one) = found {
        splices.push(Splice::new(one.offset..one.data.end + 1, block));
    } else {
        let flags = *bytes.get(10).ok_or(Refusal::Structure("a broken GIF"))?;
        let colors = if flags & 0x80 == 0 {
            0
        } else {
            3 << ((flags & 7) + 1)
        };
        let mut at = GIF_HEADER_BYTES + colors;
        // The extension that repeats an animation wants to be first.
        for one in &blocks {
            if one.offset == at {
                at = one.data.end + 1;
            }
        }
        splices.push(Splice::insert(at, block));
    }
    // Extensions came with version 89a.
    if bytes.starts_with(b"GIF87a") {
        splices.push(Splice::patch(4, b"9"));
    }
    Ok(splices)
}

/// The label goes into the drawing's metadata.
pub(crate) fn svg(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let whole = || -> Result<Vec<Splice>, Refusal> {
        let with = xmp::with_label(Some(bytes), task.json)?;
        Ok(vec![Splice::new(0..bytes.len(), with)])
    };
    if task.current.is_some() || memmem::find(bytes, b"RDF").is_some() {
        return whole();
    }
    let end =
        memmem::rfind(bytes, b"</svg>").ok_or(Refusal::Structure("a drawing without its end"))?;
    let packet = [
        b"<metadata>",
        &xmp::packet_inside(task.json)[..],
        b"</metadata>",
    ]
    .concat();
    Ok(vec![Splice::insert(end, packet)])
}
