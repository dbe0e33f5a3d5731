//! Sound: a frame of an ID3 tag, a comment of FLAC, Ogg Vorbis and Opus (TC260-PG-202510A).

use std::ops::Range;

use super::boxes::{digits, number};
use super::splice::{Splice, grown, signed};
use super::{Refusal, Task};
use crate::limits::{MAX_CARRY_ITEMS, MAX_CARRY_PAGES};
use crate::mark::Source;
use crate::movie::{FIELD, field_rules};

const ID3_HEADER_BYTES: usize = 10;
const FRAME_HEADER_BYTES: usize = 10;
const BROKEN_TAG: Refusal = Refusal::Structure("a broken ID3 tag");
const BROKEN_COMMENTS: Refusal = Refusal::Structure("broken comments");

/// Four bytes with seven bits each.
fn syncsafe(number: usize) -> Result<Vec<u8>, Refusal> {
    if number >> 28 != 0 {
        return Err(Refusal::TooLong);
    }
    let spread = [21, 14, 7, 0].map(|shift| number >> shift & 0x7F);
    spread.iter().map(|&byte| Ok(digits(byte, 1)?[0])).collect()
}

fn from_syncsafe(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |number, &byte| {
        (byte < 0x80).then_some(number << 7 | usize::from(byte))
    })
}

/// The label goes into a frame `TXXX`. Padding makes room where there is some, so that the sound need not move.
pub(crate) fn mp3(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    if !bytes.starts_with(b"ID3") {
        let frame = frame(3, task.json)?;
        let tag = [&b"ID3\x03\0\0"[..], &syncsafe(frame.len())?, &frame].concat();
        return Ok(vec![Splice::insert(0, tag)]);
    }
    let (version, flags) = (bytes.get(3).copied(), bytes.get(5).copied());
    let version = match (version, flags) {
        (Some(version @ (3 | 4)), Some(0)) => version,
        _ => {
            return Err(Refusal::Structure(
                "an ID3 tag of another version or with flags",
            ));
        }
    };
    let size = from_syncsafe(bytes, 6).ok_or(BROKEN_TAG)?;
    let end = ID3_HEADER_BYTES + size;
    if end > bytes.len() || bytes[end..].starts_with(b"fLaC") {
        return Err(BROKEN_TAG);
    }
    let frames = id3_frames(&bytes[..end], version).ok_or(BROKEN_TAG)?;
    let frames_end = frames.last().map_or(ID3_HEADER_BYTES, |last| last.end);
    let with = frame(version, task.json)?;
    let splice = match task.current {
        Some(mark) if mark.source == Source::Id3Text => {
            let found = frames.iter().find(|range| range.start == mark.offset);
            let found = found.ok_or(Refusal::Structure("a label in an unknown frame"))?;
            if !bytes[found.clone()].starts_with(b"TXXX") {
                return Err(Refusal::Structure("a label in a comment"));
            }
            Splice::new(found.clone(), with)
        }
        Some(_) => return Err(Refusal::Structure("a label in an unknown frame")),
        None => Splice::insert(frames_end, with),
    };
    let growth = splice.growth();
    let padding = end - frames_end;
    let mut splices = vec![splice];
    if growth > 0 && signed(padding) >= growth {
        let taken = grown(0, growth)?;
        splices.push(Splice::new(end - taken..end, Vec::new()));
    } else {
        splices.push(Splice::patch(6, &syncsafe(grown(size, growth)?)?));
    }
    Ok(splices)
}

/// A frame with a description and a text in Latin-1; both are ASCII.
fn frame(version: u8, json: &str) -> Result<Vec<u8>, Refusal> {
    let content = [b"\0", FIELD.as_bytes(), b"\0", json.as_bytes()].concat();
    let size = if version == 4 {
        syncsafe(content.len())?
    } else {
        digits(content.len(), 4)?
    };
    Ok([&b"TXXX"[..], &size, &[0, 0], &content].concat())
}

fn id3_frames(tag: &[u8], version: u8) -> Option<Vec<Range<usize>>> {
    let mut frames = Vec::new();
    let mut at = ID3_HEADER_BYTES;
    while tag.get(at).is_some_and(|&byte| byte != 0) {
        if frames.len() == MAX_CARRY_ITEMS {
            return None;
        }
        let size = if version == 4 {
            from_syncsafe(tag, at + 4)?
        } else {
            number(tag, at + 4, 4)?
        };
        let end = at.checked_add(FRAME_HEADER_BYTES)?.checked_add(size)?;
        if end > tag.len() {
            return None;
        }
        frames.push(at..end);
        at = end;
    }
    Some(frames)
}

fn little(number: usize) -> Result<[u8; 4], Refusal> {
    Ok(u32::try_from(number)
        .map_err(|_| Refusal::TooLong)?
        .to_le_bytes())
}

fn from_little(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes(digits.try_into().ok()?)).ok()
}

/// A list of comments with the label in it, and what stands behind the list. Of the comments there now, those named
/// like the label are it.
fn comments(data: &[u8], task: &Task<'_>) -> Result<Vec<u8>, Refusal> {
    let vendor = from_little(data, 0).ok_or(BROKEN_COMMENTS)?;
    let count_at = vendor.checked_add(4).ok_or(BROKEN_COMMENTS)?;
    let count = from_little(data, count_at).ok_or(BROKEN_COMMENTS)?;
    let mut kept: Vec<u8> = Vec::new();
    let mut at = count_at + 4;
    let mut left = 0_usize;
    let mut is_replaced = false;
    for _ in 0..count {
        let length = from_little(data, at).ok_or(BROKEN_COMMENTS)?;
        let end = at.checked_add(4 + length).ok_or(BROKEN_COMMENTS)?;
        let comment = data.get(at + 4..end).ok_or(BROKEN_COMMENTS)?;
        let name = comment
            .split(|&byte| byte == b'=')
            .next()
            .unwrap_or_default();
        if task.current.is_some() && field_rules(&String::from_utf8_lossy(name)).is_some() {
            is_replaced = true;
        } else {
            kept.extend(&data[at..end]);
            left += 1;
        }
        at = end;
    }
    if task.current.is_some() && !is_replaced {
        return Err(Refusal::Structure("a label inside another comment"));
    }
    let own = format!("{FIELD}={}", task.json);
    let mut list = data[..count_at].to_vec();
    list.extend(little(left + 1)?);
    list.extend(kept);
    list.extend(little(own.len())?);
    list.extend(own.as_bytes());
    list.extend(data.get(at..).unwrap_or_default());
    Ok(list)
}

/// An empty list of comments.
const NO_COMMENTS: [u8; 8] = [0; 8];

pub(crate) fn flac(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    const COMMENTS: u8 = 4;
    const LAST: u8 = 0x80;
    let bytes = task.bytes;
    let broken = Refusal::Structure("broken blocks");
    let mut at = 4;
    let mut first = None;
    for _ in 0..MAX_CARRY_ITEMS {
        let kind = *bytes.get(at).ok_or(broken.clone())?;
        let length = number(bytes, at + 1, 3).ok_or(broken.clone())?;
        let data = at + 4..at + 4 + length;
        if kind & !LAST == COMMENTS {
            let list = comments(bytes.get(data.clone()).ok_or(broken)?, task)?;
            let with = [&[kind][..], &digits(list.len(), 3)?, &list].concat();
            return Ok(vec![Splice::new(at..data.end, with)]);
        }
        first.get_or_insert((at, data.end, kind));
        if kind & LAST != 0 {
            break;
        }
        at = data.end;
    }
    let (start, end, kind) = first.ok_or(broken)?;
    let list = comments(&NO_COMMENTS, task)?;
    let own = [
        &[COMMENTS | kind & LAST][..],
        &digits(list.len(), 3)?,
        &list,
    ]
    .concat();
    Ok(vec![
        Splice::patch(start, &[kind & !LAST]),
        Splice::insert(end, own),
    ])
}

/// One page of an Ogg file.
pub(crate) struct Page {
    pub(crate) offset: usize,
    pub(crate) flags: u8,
    pub(crate) serial: usize,
    pub(crate) lacing: Range<usize>,
    pub(crate) body: Range<usize>,
}

const PAGE_HEADER_BYTES: usize = 27;
const BROKEN_PAGE: Refusal = Refusal::Structure("a broken page");

pub(crate) fn pages(bytes: &[u8]) -> Result<Vec<Page>, Refusal> {
    let mut pages = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if pages.len() == MAX_CARRY_PAGES {
            return Err(Refusal::TooLong);
        }
        let header = bytes.get(at..at + PAGE_HEADER_BYTES).ok_or(BROKEN_PAGE)?;
        if !header.starts_with(b"OggS") {
            return Err(BROKEN_PAGE);
        }
        let lacing = at + PAGE_HEADER_BYTES..at + PAGE_HEADER_BYTES + usize::from(header[26]);
        let sizes = bytes.get(lacing.clone()).ok_or(BROKEN_PAGE)?;
        let length: usize = sizes.iter().map(|&size| usize::from(size)).sum();
        let body = lacing.end..lacing.end + length;
        if body.end > bytes.len() {
            return Err(BROKEN_PAGE);
        }
        pages.push(Page {
            offset: at,
            flags: header[5],
            serial: from_little(header, 14).ok_or(BROKEN_PAGE)?,
            lacing,
            body: body.clone(),
        });
        at = body.end;
    }
    Ok(pages)
}

/// The packets that `pages` hold; `None` when the last one goes on.
fn packets(bytes: &[u8], pages: &[Page]) -> Option<Vec<Vec<u8>>> {
    let mut packets = Vec::new();
    let mut open: Option<Vec<u8>> = None;
    for page in pages {
        let mut at = page.body.start;
        for &size in &bytes[page.lacing.clone()] {
            let end = at + usize::from(size);
            open.get_or_insert_default().extend(&bytes[at..end]);
            at = end;
            if size < 255 {
                packets.extend(open.take());
            }
        }
    }
    open.is_none().then_some(packets)
}

/// How many pages, from the second on, hold the header packets after the first one: two with Vorbis and Theora, one
/// with Opus.
pub(crate) fn header_pages(bytes: &[u8], pages: &[Page]) -> Result<(usize, Vec<Vec<u8>>), Refusal> {
    let first = pages.first().ok_or(BROKEN_PAGE)?;
    let start = &bytes[first.body.clone()];
    let wanted = if start.starts_with(b"OpusHead") {
        1
    } else if start.starts_with(b"\x01vorbis") {
        2
    } else {
        return Err(Refusal::Structure("a stream of another kind"));
    };
    for count in 1..pages.len() {
        let Some(found) = packets(bytes, &pages[1..=count]) else {
            continue;
        };
        if found.len() == wanted {
            return Ok((count, found));
        }
        if found.len() > wanted {
            break;
        }
    }
    Err(Refusal::Structure("headers that end inside a page"))
}

pub(crate) fn ogg(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let pages = pages(bytes)?;
    let serial = pages.first().ok_or(BROKEN_PAGE)?.serial;
    if pages
        .iter()
        .any(|page| page.serial != serial || page.flags & 2 != 0 && page.offset != 0)
    {
        return Err(Refusal::Structure("several streams"));
    }
    let (count, mut packets) = header_pages(bytes, &pages)?;
    let head = if packets[0].starts_with(b"OpusTags") {
        &b"OpusTags"[..]
    } else {
        b"\x03vorbis"
    };
    let list = packets[0].strip_prefix(head).ok_or(BROKEN_COMMENTS)?;
    packets[0] = [head, &comments(list, task)?].concat();
    let (mut lacing, mut body) = (Vec::new(), Vec::new());
    for packet in &packets {
        lacing.extend(vec![255; packet.len() / 255]);
        lacing.push(u8::try_from(packet.len() % 255).unwrap_or(0));
        body.extend(packet);
    }
    let mut with = Vec::new();
    let mut written = 0;
    let mut from = 0;
    let mut is_continued = false;
    for sizes in lacing.chunks(255) {
        let length: usize = sizes.iter().map(|&size| usize::from(size)).sum();
        // No packet ends on a page that is full of an unfinished one, so it has no position.
        let position = if sizes.iter().all(|&size| size == 255) {
            [0xFF; 8]
        } else {
            [0; 8]
        };
        let mut page = b"OggS\0".to_vec();
        page.push(u8::from(is_continued));
        page.extend(position);
        page.extend(little(serial)?);
        page.extend(little(1 + written)?);
        page.extend([0; 4]);
        page.extend(digits(sizes.len(), 1)?);
        page.extend(sizes);
        page.extend(&body[from..from + length]);
        let sum = checksum(&page).to_le_bytes();
        page[22..26].copy_from_slice(&sum);
        with.extend(page);
        from += length;
        written += 1;
        is_continued = sizes.last() == Some(&255);
    }
    let mut splices = vec![Splice::new(pages[1].offset..pages[count].body.end, with)];
    if written != count {
        for (index, page) in pages.iter().enumerate().skip(count + 1) {
            let mut copy = bytes[page.offset..page.body.end].to_vec();
            let number = index + written - count;
            copy[18..22].copy_from_slice(&little(number)?);
            copy[22..26].fill(0);
            let sum = checksum(&copy).to_le_bytes();
            splices.push(Splice::patch(
                page.offset + 18,
                &[little(number)?, sum].concat(),
            ));
        }
    }
    Ok(splices)
}

/// The checksum of a page whose own field is zero (RFC 3533).
fn checksum(page: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let (mut index, mut number) = (0, 0_u32);
        while index < 256 {
            let mut sum = number << 24;
            let mut bit = 0;
            while bit < 8 {
                sum = sum << 1 ^ if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 };
                bit += 1;
            }
            table[index] = sum;
            index += 1;
            number += 1;
        }
        table
    };
    page.iter().fold(0, |sum: u32, &byte| {
        sum << 8 ^ TABLE[usize::from(sum.to_be_bytes()[0] ^ byte)]
    })
}
