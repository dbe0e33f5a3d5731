//! Whether the content of two files is the same bit for bit: what is left when the places for metadata are set aside.

use std::ops::Range;

use aftercare_media::label;
use aftercare_media::walk::{boxes, ebml, flv, gif, jpeg, png, riff, webp};
use memchr::memmem;

use super::{exif, heif, office, sound};
use crate::container::Container;
use crate::image::split_at_zero;

/// Pieces of a file, each with what it is.
type Pieces<'a> = Vec<(Vec<u8>, &'a [u8])>;

/// Whether `new` has the content of `old`. Anything that cannot be taken apart counts as changed.
pub(crate) fn is_content_kept(format: Container, old: &[u8], new: &[u8]) -> bool {
    match (pieces(format, old), pieces(format, new)) {
        (Some(old), Some(new)) => !old.is_empty() && old == new,
        _ => format == Container::Pdf && new.starts_with(old),
    }
}

fn piece(bytes: &[u8], range: Range<usize>) -> Option<(Vec<u8>, &[u8])> {
    Some((Vec::new(), bytes.get(range)?))
}

fn pieces(format: Container, bytes: &[u8]) -> Option<Pieces<'_>> {
    match format {
        Container::Jpeg => jpeg_pieces(bytes),
        Container::Png => {
            let map = png::walk(bytes).ok()?;
            let texts = [b"tEXt", b"zTXt", b"iTXt", b"eXIf"];
            let mut pieces: Pieces<'_> = map
                .chunks
                .iter()
                .filter(|one| !texts.contains(&&one.kind))
                .map(|one| (one.kind.to_vec(), &bytes[one.data.clone()]))
                .collect();
            // Other texts stay too.
            pieces.extend(map.chunks.iter().filter_map(|one| {
                let data = &bytes[one.data.clone()];
                let is_text = matches!(&one.kind, b"tEXt" | b"zTXt" | b"iTXt");
                let (keyword, _) = split_at_zero(data).filter(|_| is_text)?;
                let is_ours = matches!(keyword, b"AIGC" | b"XML:com.adobe.xmp");
                (!is_ours).then(|| (one.kind.to_vec(), data))
            }));
            pieces.push(piece(bytes, map.end..bytes.len())?);
            Some(pieces)
        }
        Container::WebP => {
            let map = webp::walk(bytes).ok()?;
            let skipped = [b"XMP ", b"EXIF", b"VP8X"];
            Some(
                map.chunks
                    .iter()
                    .filter(|one| !skipped.contains(&&one.kind))
                    .map(|one| (one.kind.to_vec(), &bytes[one.data.clone()]))
                    .collect(),
            )
        }
        Container::Gif => {
            let mut pieces = vec![piece(bytes, 5..6)?];
            let mut at = 6;
            for block in gif::blocks(bytes).parts {
                if bytes[block.data.clone()].starts_with(gif::XMP_HEADER) {
                    pieces.push(piece(bytes, at..block.offset)?);
                    at = block.data.end + 1;
                }
            }
            pieces.push(piece(bytes, at..bytes.len())?);
            // The packet cuts the rest into pieces at another place.
            let whole: Vec<u8> = pieces
                .iter()
                .flat_map(|(_, piece)| *piece)
                .copied()
                .collect();
            Some(vec![(whole, &[])])
        }
        Container::Tiff => exif::pixels(bytes),
        Container::Heic | Container::Avif => heif::pictures(bytes),
        Container::JpegXl => {
            if bytes.starts_with(&[0xFF, 0x0A]) {
                return Some(vec![(b"jxlc".to_vec(), bytes)]);
            }
            Some(
                boxes::children(bytes, 0..bytes.len())
                    .parts
                    .iter()
                    .filter(|part| matches!(&part.kind, b"jxlc" | b"jxlp"))
                    .map(|part| (part.kind.to_vec(), &bytes[part.data.clone()]))
                    .collect(),
            )
        }
        Container::Mp4 => movie_pieces(bytes),
        Container::Matroska => {
            let all = 0..bytes.len();
            let segment = ebml::elements(bytes, all, &[ebml::SEGMENT]).parts.pop()?;
            let clusters = ebml::elements(bytes, segment.data, &[ebml::CLUSTER]).parts;
            // A cluster without a size goes to the end of what the tags begin.
            Some(
                clusters
                    .iter()
                    .map(|one| {
                        let is_open = one.data.end == bytes.len();
                        let data = &bytes[one.data.clone()];
                        let tags = memmem::find(data, b"\x12\x54\xC3\x67").filter(|_| is_open);
                        (Vec::new(), &data[..tags.unwrap_or(data.len())])
                    })
                    .collect(),
            )
        }
        Container::Avi | Container::Wav => {
            let top = riff::chunks(bytes, 0..bytes.len()).parts;
            let (_, content) = riff::list(bytes, top.first()?)?;
            Some(
                riff::chunks(bytes, content)
                    .parts
                    .iter()
                    .filter(|part| {
                        let is_information =
                            riff::list(bytes, part).is_some_and(|(kind, _)| &kind == b"INFO");
                        !is_information && !matches!(&part.kind, b"JUNK" | b"AIGC")
                    })
                    .map(|part| (part.kind.to_vec(), &bytes[part.data.clone()]))
                    .collect(),
            )
        }
        Container::Flv => {
            let mut at = 13;
            let mut pieces = Vec::new();
            for script in flv::scripts(bytes).parts {
                pieces.extend(piece(bytes, at..script.offset));
                at = script.data.end + 4;
            }
            pieces.extend(piece(bytes, at..bytes.len()));
            pieces.retain(|(_, piece)| !piece.is_empty());
            Some(pieces)
        }
        Container::Mp3 => {
            let start = aftercare_media::walk::id3::texts(bytes).1;
            Some(vec![piece(bytes, start..bytes.len())?])
        }
        Container::Flac => {
            let mut at = 4;
            let mut pieces = Vec::new();
            loop {
                let kind = *bytes.get(at)?;
                let length = super::boxes::number(bytes, at + 1, 3)?;
                let end = at + 4 + length;
                if kind & 0x7F != 4 {
                    pieces.push((vec![kind & 0x7F], bytes.get(at + 4..end)?));
                }
                at = end;
                if kind & 0x80 != 0 {
                    break;
                }
            }
            pieces.push(piece(bytes, at..bytes.len())?);
            Some(pieces)
        }
        Container::Ogg => {
            let pages = sound::pages(bytes).ok()?;
            let (count, packets) = sound::header_pages(bytes, &pages).ok()?;
            let mut pieces: Pieces<'_> = pages
                .iter()
                .skip(count + 1)
                .map(|page| {
                    let position = bytes[page.offset + 5..page.offset + 14].to_vec();
                    (
                        [position, bytes[page.lacing.clone()].to_vec()].concat(),
                        &bytes[page.body.clone()],
                    )
                })
                .collect();
            pieces.extend(packets.into_iter().skip(1).map(|packet| (packet, &[][..])));
            pieces.push((Vec::new(), &bytes[pages.first()?.body.clone()]));
            Some(pieces)
        }
        Container::Svg => {
            // What is left when the text of the label, or the metadata that hold nothing else, are taken out.
            let text = std::str::from_utf8(bytes).ok()?;
            Some(vec![(drawing(text)?.into_bytes(), &[][..])])
        }
        Container::Zip => office::parts(bytes),
        Container::Text => {
            let start = memmem::find(bytes, b"\n---").or_else(|| memmem::find(bytes, b"\n..."))?;
            Some(vec![piece(bytes, start..bytes.len())?])
        }
        Container::Pdf | Container::Unknown => None,
    }
}

/// A drawing without its label.
fn drawing(text: &str) -> Option<String> {
    let Some(start) = text
        .find("<rdf:Description xmlns:rdf=")
        .or_else(|| text.find(":AIGC>"))
    else {
        return Some(text.to_owned());
    };
    let is_property = text[start..].starts_with(':');
    let (from, end) = if is_property {
        let from = start + ":AIGC>".len();
        (from, from + text[from..].find("</")?)
    } else {
        let close = "</rdf:Description>";
        (start, start + text[start..].find(close)? + close.len())
    };
    let left = [&text[..from], &text[end..]].concat();
    let empty = format!(
        "<metadata><rdf:RDF xmlns:rdf=\"{}\"></rdf:RDF></metadata>",
        super::xmp::RDF_NAMESPACE
    );
    Some(left.replace(&empty, ""))
}

/// Marker of a comment of a JPEG.
const COMMENT: u8 = 0xFE;

fn is_label(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let text = text.trim_matches(['\0', ' ', '\n', '\r']);
    label::find(text) == Some(text)
}

fn jpeg_pieces(bytes: &[u8]) -> Option<Pieces<'_>> {
    let map = jpeg::walk(bytes).ok()?;
    let mut pieces: Pieces<'_> = map
        .segments
        .iter()
        .filter(|one| !matches!(one.marker, 0xE0..=0xEF))
        // A comment that is a label is no content; every other one is.
        .filter(|one| one.marker != COMMENT || !is_label(&bytes[one.payload.clone()]))
        .map(|one| (vec![one.marker], &bytes[one.payload.clone()]))
        .collect();
    let scan = map.segments.iter().find(|one| one.marker == jpeg::SOS)?;
    pieces.push(piece(bytes, scan.offset..bytes.len())?);
    if let Some(table) = exif::multi_picture(bytes) {
        for entry in table.entries.iter().skip(1) {
            let start = table.base.checked_add(entry.offset)?.min(bytes.len());
            let end = start.saturating_add(entry.bytes).min(bytes.len());
            pieces.push(piece(bytes, start..end)?);
        }
    }
    Some(pieces)
}

/// Frames, and the first bytes that each entry of the tables of chunks points to.
fn movie_pieces(bytes: &[u8]) -> Option<Pieces<'_>> {
    fn tables<'a>(bytes: &'a [u8], range: Range<usize>, pieces: &mut Pieces<'a>) -> Option<()> {
        for part in boxes::children(bytes, range).parts {
            let width = match &part.kind {
                b"moov" | b"trak" | b"mdia" | b"minf" | b"stbl" => {
                    tables(bytes, part.data, pieces)?;
                    continue;
                }
                b"stco" => 4,
                b"co64" => 8,
                _ => continue,
            };
            let count = super::boxes::number(bytes, part.data.start + 4, 4)?;
            for index in 0..count.min(part.data.len() / width) {
                let at = part.data.start + 8 + index * width;
                let offset = super::boxes::number(bytes, at, width)?;
                // One that points outside is as broken as before.
                let end = offset.saturating_add(8).min(bytes.len());
                pieces.push((Vec::new(), bytes.get(offset..end).unwrap_or_default()));
            }
        }
        Some(())
    }
    let mut pieces = Pieces::new();
    for part in boxes::children(bytes, 0..bytes.len()).parts {
        if &part.kind == b"mdat" {
            pieces.push((part.kind.to_vec(), bytes.get(part.data)?));
        }
    }
    tables(bytes, 0..bytes.len(), &mut pieces)?;
    Some(pieces)
}
