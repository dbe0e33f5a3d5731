//! What a photo says about itself besides its pixels.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use serde::{Deserialize, Serialize};

use crate::error::MediaError;
use crate::exif::{self, Exif};
use crate::format::{Format, sniff};
use crate::label::{self, AiLabel, Collector, LabelSource};
use crate::limits::{
    MAX_COMMENT_BYTES, MAX_INFLATED_BYTES, MAX_INFLATED_CHUNKS, MAX_INFLATED_CHUNKS_BYTES,
    MAX_XMP_BYTES,
};
use crate::walk::{bmp, gif, jpeg, png, tiff, webp};
use crate::xmp;

const EXIF_HEADER: &[u8] = b"Exif\0\0";
const XMP_HEADER: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const EXTENSION_HEADER: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
/// Bytes of the digest, the length of the whole and the offset before each part of an extended packet.
const EXTENSION_PREFIX_BYTES: usize = 40;
const XMP_KEYWORD: &[u8] = b"XML:com.adobe.xmp";
/// Keywords of texts in which a label may stand among other words: those of the PNG specification, and those under which
/// generators, editors and phones write about their work.
const TEXT_KEYWORDS: [&str; 34] = [
    "AIPromptInformation",
    "AIPromptWriterName",
    "AISystemUsed",
    "AISystemVersionUsed",
    "Author",
    "Comment",
    "Copyright",
    "CreatorTool",
    "Credit",
    "Description",
    "DigitalSourceType",
    "Disclaimer",
    "Dream",
    "Encoder",
    "ImageDescription",
    "Make",
    "Software",
    "Source",
    "Title",
    "UserComment",
    "Warning",
    "aigc_info",
    "comment",
    "fooocus_scheme",
    "hf-job-id",
    "invokeai_graph",
    "invokeai_metadata",
    "parameters",
    "prompt",
    "provenance",
    "sd-metadata",
    "software",
    "use_stable_diffusion_model",
    "workflow",
];

/// Whether a text of a PNG is unpacked where it is compressed: it is XMP, a label, or one in which a label may stand. Others
/// are passed over before they cost anything.
#[must_use]
pub fn is_text_of_interest(keyword: &[u8]) -> bool {
    keyword == XMP_KEYWORD
        || str::from_utf8(keyword)
            .is_ok_and(|name| label::is_label_field(name) || TEXT_KEYWORDS.contains(&name))
}

/// A summary of the metadata of one photo. It holds no place and no serial number, only whether there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    pub has_exif: bool,
    pub has_xmp: bool,
    /// Whether a GPS directory with at least one entry is present.
    pub has_gps: bool,
    pub make: Option<String>,
    pub model: Option<String>,
    pub software: Option<String>,
    /// The camera's own date text, `2026:11:01 10:20:30`; a camera clock proves nothing.
    pub date_time: Option<String>,
    /// EXIF orientation, 1 to 8.
    pub orientation: u8,
    pub ai_labels: Vec<AiLabel>,
    /// Bytes after the end of the photo (motion photos, gain maps, appended data).
    pub trailing_bytes: usize,
}

struct Gathered {
    exif: Option<Exif>,
    has_xmp: bool,
    labels: Collector,
    /// Compressed texts that were unpacked.
    inflated: usize,
    /// Bytes that further ones may unpack to.
    inflated_room: usize,
}

/// A compressed text that is not there whole.
enum NotInflated {
    /// It is broken or too long; what came out of it until then.
    Part(Vec<u8>),
    /// Too much was unpacked before.
    NoRoom,
}

impl Gathered {
    fn exif(&mut self, tiff: &[u8], base: usize) {
        let exif = exif::read(tiff, base);
        for comment in &exif.user_comments {
            self.labels
                .free_text(LabelSource::ExifUserComment, comment.offset, &comment.text);
        }
        if let Some(description) = &exif.image_description {
            self.labels.free_text(
                LabelSource::ExifImageDescription,
                description.offset,
                &description.text,
            );
        }
        // A second block is searched for labels; the first one describes the photo.
        self.exif.get_or_insert(exif);
    }

    fn xmp(&mut self, source: LabelSource, offset: usize, packet: &[u8]) {
        self.has_xmp = true;
        for label in xmp::labels(packet) {
            self.labels.declared(source, offset, &label.text);
        }
    }

    fn inflate(&mut self, data: &[u8]) -> Result<Vec<u8>, NotInflated> {
        if self.inflated == MAX_INFLATED_CHUNKS || self.inflated_room == 0 {
            return Err(NotInflated::NoRoom);
        }
        self.inflated += 1;
        let max = MAX_INFLATED_BYTES.min(self.inflated_room);
        let inflated = decompress_to_vec_zlib_with_limit(data, max);
        // What could not be unpacked has cost as much.
        self.inflated_room -= inflated.as_ref().map_or(max, Vec::len);
        inflated.map_err(|failed| {
            if max < MAX_INFLATED_BYTES {
                NotInflated::NoRoom
            } else {
                NotInflated::Part(failed.output)
            }
        })
    }
}

/// The JPEG thumbnail in the EXIF block of a JPEG, as a range of the file. What it holds was not looked at.
#[must_use]
pub fn thumbnail(bytes: &[u8]) -> Option<Range<usize>> {
    let map = jpeg::walk(bytes).ok()?;
    map.segments.iter().find_map(|segment| {
        let tiff = bytes
            .get(segment.payload.clone())?
            .strip_prefix(EXIF_HEADER)?;
        (segment.marker == jpeg::APP1)
            .then(|| exif::read(tiff, segment.payload.start + EXIF_HEADER.len()).thumbnail)?
    })
}

/// Reads the metadata of an accepted photo without decoding pixels.
///
/// # Errors
/// As the walkers; [`MediaError::LabelTooLong`] when a label could not be carried on, [`MediaError::Malformed`] or
/// [`MediaError::TooManyParts`] when a compressed one could not be unpacked: dropping it is not allowed.
pub fn read_metadata(bytes: &[u8]) -> Result<Metadata, MediaError> {
    let mut gathered = Gathered {
        exif: None,
        has_xmp: false,
        labels: Collector::default(),
        inflated: 0,
        inflated_room: MAX_INFLATED_CHUNKS_BYTES,
    };
    let end = match sniff(bytes) {
        Some(Format::Jpeg) => {
            let map = jpeg::walk(bytes)?;
            read_jpeg(bytes, &map, &mut gathered);
            map.end
        }
        Some(Format::Png) => {
            let map = png::walk(bytes)?;
            read_png(bytes, &map, &mut gathered)?;
            map.end
        }
        Some(Format::WebP) => {
            let map = webp::walk(bytes)?;
            read_webp(bytes, &map, &mut gathered);
            map.end
        }
        Some(Format::Gif) => {
            let map = gif::walk(bytes)?;
            read_gif(bytes, &mut gathered);
            map.end
        }
        Some(Format::Tiff) => {
            tiff::walk(bytes)?;
            read_tiff(bytes, &mut gathered);
            bytes.len()
        }
        Some(Format::Bmp) => bmp::walk(bytes)?.end,
        Some(format) => return Err(MediaError::RefusedFormat { format }),
        None if bytes.is_empty() => return Err(MediaError::Empty),
        None => return Err(MediaError::UnknownFormat),
    };
    let has_exif = gathered.exif.is_some();
    let exif = gathered.exif.unwrap_or_else(|| exif::read(&[], 0));
    Ok(Metadata {
        has_exif,
        has_xmp: gathered.has_xmp,
        has_gps: exif.has_gps,
        make: exif.make,
        model: exif.model,
        software: exif.software,
        date_time: exif.date_time,
        orientation: exif.orientation,
        ai_labels: gathered.labels.finish()?,
        trailing_bytes: bytes.len().saturating_sub(end),
    })
}

fn read_jpeg(bytes: &[u8], map: &jpeg::JpegMap, gathered: &mut Gathered) {
    // A packet that is too long for one segment goes on in others (ISO 16684-3).
    let mut extension: Vec<(u32, &[u8])> = Vec::new();
    let mut extension_offset = None;
    for segment in &map.segments {
        let payload = &bytes[segment.payload.clone()];
        if segment.marker == jpeg::APP1 && payload.starts_with(EXIF_HEADER) {
            gathered.exif(
                &payload[EXIF_HEADER.len()..],
                segment.payload.start + EXIF_HEADER.len(),
            );
        } else if segment.marker == jpeg::APP1 && payload.starts_with(XMP_HEADER) {
            gathered.xmp(
                LabelSource::JpegXmp,
                segment.offset,
                &payload[XMP_HEADER.len()..],
            );
        } else if segment.marker == jpeg::APP1
            && let Some(part) = payload.strip_prefix(EXTENSION_HEADER)
        {
            if let Some((prefix, content)) = part.split_at_checked(EXTENSION_PREFIX_BYTES) {
                let place = prefix[EXTENSION_PREFIX_BYTES - 4..]
                    .iter()
                    .fold(0, |place, &byte| place << 8 | u32::from(byte));
                extension.push((place, content));
                extension_offset.get_or_insert(segment.offset);
            }
        } else if matches!(segment.marker, 0xE0..=0xEF)
            && let Some(text) = label::in_segment(payload)
        {
            gathered
                .labels
                .declared(LabelSource::JpegApplicationSegment, segment.offset, &text);
        } else if segment.marker == jpeg::COM {
            gathered.labels.free_text(
                LabelSource::JpegComment,
                segment.offset,
                &String::from_utf8_lossy(payload),
            );
        }
    }
    if let Some(offset) = extension_offset {
        extension.sort_by_key(|(place, _)| *place);
        let parts: Vec<&[u8]> = extension.iter().map(|(_, content)| *content).collect();
        gathered.xmp(LabelSource::JpegXmp, offset, &parts.concat());
    }
}

fn read_png(bytes: &[u8], map: &png::PngMap, gathered: &mut Gathered) -> Result<(), MediaError> {
    for chunk in &map.chunks {
        let data = &bytes[chunk.data.clone()];
        match &chunk.kind {
            b"eXIf" => {
                // Some programs leave the JPEG header in front.
                let skip = if data.starts_with(EXIF_HEADER) {
                    EXIF_HEADER.len()
                } else {
                    0
                };
                gathered.exif(&data[skip..], chunk.data.start + skip);
            }
            b"tEXt" | b"zTXt" | b"iTXt" => read_png_text(chunk, data, gathered)?,
            _ => {}
        }
    }
    Ok(())
}

fn read_png_text(
    chunk: &png::Chunk,
    data: &[u8],
    gathered: &mut Gathered,
) -> Result<(), MediaError> {
    let Some(zero) = data.iter().position(|&byte| byte == 0) else {
        return Ok(());
    };
    let (keyword, rest) = (&data[..zero], &data[zero + 1..]);
    let Some((body, is_compressed)) = png_text(&chunk.kind, rest) else {
        return Ok(());
    };
    let name = String::from_utf8_lossy(keyword);
    let is_xmp = keyword == XMP_KEYWORD;
    let text = if !is_compressed {
        Cow::Borrowed(&body[..body.len().min(MAX_XMP_BYTES.max(MAX_COMMENT_BYTES))])
    } else if is_text_of_interest(keyword) {
        let is_label = label::is_label_field(&name);
        match gathered.inflate(body) {
            Ok(text) => Cow::Owned(text),
            Err(NotInflated::NoRoom) if is_xmp || is_label => {
                return Err(MediaError::TooManyParts {
                    format: Format::Png,
                    what: "compressed texts",
                    max: MAX_INFLATED_CHUNKS,
                });
            }
            Err(NotInflated::Part(part)) if is_label || is_xmp && names_label(&part) => {
                return Err(MediaError::Malformed {
                    format: Format::Png,
                    at: chunk.offset,
                    what: "a compressed AI-content label that cannot be unpacked",
                });
            }
            Err(_) => return Ok(()),
        }
    } else {
        return Ok(());
    };
    if is_xmp {
        gathered.xmp(LabelSource::PngXmp, chunk.offset, &text);
    } else {
        let text = String::from_utf8_lossy(&text);
        let (source, offset) = (LabelSource::PngText, chunk.offset);
        gathered.labels.field(source, offset, &name, &text);
    }
    Ok(())
}

/// Whether the beginning of a packet of XMP names the namespace of labels.
fn names_label(packet: &[u8]) -> bool {
    memmem::find(&xmp::utf8(packet), xmp::AIGC_NAMESPACE.as_bytes()).is_some()
}

/// The text of a PNG text chunk after its keyword and zero byte, and whether it is compressed.
fn png_text<'a>(kind: &[u8; 4], rest: &'a [u8]) -> Option<(&'a [u8], bool)> {
    match kind {
        b"tEXt" => Some((rest, false)),
        b"zTXt" => Some((rest.get(1..)?, true)),
        _ => {
            let is_compressed = *rest.first()? == 1;
            let mut body = rest.get(2..)?;
            // The language tag and the translated keyword, each ended by a zero byte.
            for _ in 0..2 {
                let zero = body.iter().position(|&byte| byte == 0)?;
                body = &body[zero + 1..];
            }
            Some((body, is_compressed))
        }
    }
}

fn read_gif(bytes: &[u8], gathered: &mut Gathered) {
    for block in gif::blocks(bytes).parts {
        let data = &bytes[block.data.clone()];
        if block.kind == gif::COMMENT {
            let text = gif::joined(data, MAX_COMMENT_BYTES);
            let text = String::from_utf8_lossy(&text);
            gathered
                .labels
                .free_text(LabelSource::GifComment, block.offset, &text);
        } else if let Some(packet) = data.strip_prefix(gif::XMP_HEADER) {
            // The packet itself is no sub-blocks; its trailer leads a reader of sub-blocks to the end.
            let packet = &packet[..packet.len().saturating_sub(gif::XMP_TRAILER_BYTES)];
            gathered.xmp(LabelSource::GifXmp, block.offset, packet);
        }
    }
}

fn read_tiff(bytes: &[u8], gathered: &mut Gathered) {
    let packets = exif::read(bytes, 0).xmp_packets;
    gathered.exif(bytes, 0);
    for packet in packets {
        let content = &bytes[packet.clone()];
        gathered.xmp(LabelSource::TiffXmp, packet.start, content);
    }
}

fn read_webp(bytes: &[u8], map: &webp::WebpMap, gathered: &mut Gathered) {
    for chunk in &map.chunks {
        let data = &bytes[chunk.data.clone()];
        match &chunk.kind {
            b"EXIF" => {
                let skip = if data.starts_with(EXIF_HEADER) {
                    EXIF_HEADER.len()
                } else {
                    0
                };
                gathered.exif(&data[skip..], chunk.data.start + skip);
            }
            b"XMP " => gathered.xmp(LabelSource::WebpXmp, chunk.offset, data),
            _ => {}
        }
    }
}
