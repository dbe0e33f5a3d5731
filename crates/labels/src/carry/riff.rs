//! RIFF containers: WebP, WAV and AVI. Chunks are added at the end, and the size of the file is counted anew.

use std::ops::Range;

use aftercare_media::walk::{Part, riff, webp};

use super::splice::{Splice, grown};
use super::{Refusal, Task, exif, xmp};
use crate::image::EXIF_HEADER;
use crate::mark::Source;

const HEADER_BYTES: usize = 8;
/// Flags in the extended header of WebP: there is XMP, there is alpha.
const HAS_XMP: u8 = 0x04;
const HAS_ALPHA: u8 = 0x10;

fn chunk(kind: &[u8; 4], data: &[u8]) -> Result<Vec<u8>, Refusal> {
    let length = u32::try_from(data.len()).map_err(|_| Refusal::TooLong)?;
    let mut chunk = [&kind[..], &length.to_le_bytes(), data].concat();
    if data.len() % 2 == 1 {
        chunk.push(0);
    }
    Ok(chunk)
}

/// The chunk with its padding.
fn whole(bytes: &[u8], part: &Part) -> Range<usize> {
    let end = part.data.end + part.data.len() % 2;
    part.offset..end.min(bytes.len())
}

/// Adds the new size of the RIFF chunk whose data are `data`.
fn resized(mut splices: Vec<Splice>, data: &Range<usize>) -> Result<Vec<Splice>, Refusal> {
    let growth = splices.iter().map(Splice::growth).sum();
    let size = grown(data.len(), growth)?;
    let size = u32::try_from(size).map_err(|_| Refusal::TooLong)?;
    splices.push(Splice::patch(data.start - 4, &size.to_le_bytes()));
    Ok(splices)
}

/// The only RIFF chunk of the file; more of them have places counted from the file's start.
fn only_riff(bytes: &[u8]) -> Result<Part, Refusal> {
    let top = riff::chunks(bytes, 0..bytes.len());
    let mut riffs = top.parts.into_iter().filter(|part| &part.kind == b"RIFF");
    match (riffs.next(), riffs.next()) {
        (Some(part), None) => Ok(part),
        _ => Err(Refusal::Structure("a file of several RIFF chunks")),
    }
}

/// The label goes into the chunk `XMP `; one in EXIF stays there.
pub(crate) fn webp(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let map = webp::walk(bytes).map_err(|_| Refusal::Structure("a broken WebP"))?;
    let part = |one: &webp::Chunk| Part {
        kind: one.kind,
        offset: one.offset,
        data: one.data.clone(),
    };
    let replaced = |one: &webp::Chunk, data: &[u8]| {
        let with = chunk(&one.kind, data)?;
        resized(
            vec![Splice::new(whole(bytes, &part(one)), with)],
            &(HEADER_BYTES..map.end),
        )
    };
    if let Some(mark) = task.current
        && mark.source != Source::WebpXmp
    {
        let found = map
            .chunks
            .iter()
            .find(|one| one.data.contains(&mark.offset));
        let found = found.ok_or(Refusal::Structure("a label in an unknown chunk"))?;
        let data = &bytes[found.data.clone()];
        let skip = if data.starts_with(EXIF_HEADER) {
            EXIF_HEADER.len()
        } else {
            0
        };
        let block = exif::with_label(task, mark, found.data.start + skip..found.data.end)?;
        return replaced(found, &[&data[..skip], &block].concat());
    }
    let found = map.chunks.iter().find(|one| {
        &one.kind == b"XMP " && task.current.is_none_or(|mark| mark.offset == one.offset)
    });
    if let Some(found) = found {
        let packet = xmp::with_label(Some(&bytes[found.data.clone()]), task.json)?;
        return replaced(found, &packet);
    }
    let added = chunk(b"XMP ", &xmp::with_label(None, task.json)?)?;
    let mut splices = vec![Splice::insert(map.end, added)];
    match map.chunks.first() {
        Some(first) if &first.kind == b"VP8X" => {
            let flags = bytes[first.data.start] | HAS_XMP;
            splices.push(Splice::patch(first.data.start, &[flags]));
        }
        Some(first) => {
            let side = |length: u32| {
                let [a, b, c, _] = (length.max(1) - 1).to_le_bytes();
                [a, b, c]
            };
            // A lossless picture tells in the fifth byte whether it uses alpha (RFC 9649).
            let has_alpha = &first.kind == b"VP8L"
                && bytes
                    .get(first.data.start + 4)
                    .is_some_and(|byte| byte & 0x10 != 0);
            let flags = HAS_XMP | if has_alpha { HAS_ALPHA } else { 0 };
            let header = [&[flags, 0, 0, 0][..], &side(map.width), &side(map.height)].concat();
            splices.push(Splice::insert(first.offset, chunk(b"VP8X", &header)?));
        }
        None => return Err(Refusal::Structure("a WebP without a picture")),
    }
    resized(splices, &(HEADER_BYTES..map.end))
}

/// The label goes into the chunk `AIGC`.
pub(crate) fn wav(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let top = only_riff(bytes)?;
    let with = chunk(b"AIGC", task.json.as_bytes())?;
    let splice = match task.current {
        Some(mark) if mark.source == Source::WavChunk => {
            let parts = riff::chunks(bytes, top.data.start + 4..top.data.end).parts;
            let found = parts.iter().find(|part| part.offset == mark.offset);
            let found = found.ok_or(Refusal::Structure("a label in an unknown chunk"))?;
            Splice::new(whole(bytes, found), with)
        }
        Some(_) => return Err(Refusal::Structure("a label in another tag than RIFF's")),
        None => appended(bytes, &top, with),
    };
    resized(vec![splice], &top.data)
}

/// Adds a chunk at the end of `top`, after the padding of its last one.
fn appended(bytes: &[u8], top: &Part, chunk: Vec<u8>) -> Splice {
    let at = top.data.end.min(bytes.len());
    let with = if at % 2 == 1 {
        [vec![0], chunk].concat()
    } else {
        chunk
    };
    Splice::insert(at, with)
}

/// The label goes into the list `INFO`. A list before the frames is not changed in length, because an index may count
/// from the file's start: it becomes room to spare, and its copy goes to the end.
pub(crate) fn avi(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let top = only_riff(bytes)?;
    let own = chunk(b"AIGC", &[task.json.as_bytes(), b"\0"].concat())?;
    let parts = riff::chunks(bytes, top.data.start + 4..top.data.end).parts;
    let list = parts.iter().find(|part| {
        riff::list(bytes, part).is_some_and(|(kind, content)| {
            &kind == b"INFO"
                && task
                    .current
                    .is_none_or(|mark| content.contains(&mark.offset))
        })
    });
    let Some(list) = list else {
        if task.current.is_some() {
            return Err(Refusal::Structure("a label in another place than INFO"));
        }
        let list = chunk(b"LIST", &[b"INFO", &own[..]].concat())?;
        return resized(vec![appended(bytes, &top, list)], &top.data);
    };
    let mut content = b"INFO".to_vec();
    for part in riff::chunks(bytes, list.data.start + 4..list.data.end).parts {
        if task.current.is_none_or(|mark| mark.offset != part.offset) {
            content.extend(&bytes[whole(bytes, &part)]);
        }
    }
    content.extend(own);
    let with = chunk(b"LIST", &content)?;
    let is_last = whole(bytes, list).end >= top.data.end;
    let splices = if is_last {
        vec![Splice::new(whole(bytes, list), with)]
    } else {
        vec![
            Splice::patch(list.offset, b"JUNK"),
            Splice::new(list.data.clone(), vec![0; list.data.len()]),
            appended(bytes, &top, with),
        ]
    };
    resized(splices, &top.data)
}
