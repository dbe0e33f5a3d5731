//! HEIC and AVIF: an item of the `meta` box (ISO/IEC 23008-12). The packet goes to the end of the file, in a box of its
//! own, so that no picture moves unless the list of items grows.

use std::ops::Range;

use aftercare_media::walk::{Part, boxes};

use super::boxes::{
    Change, boxed, children, closed, digits, full, growth, nested, number, resized,
};
use super::splice::{Splice, grown};
use super::{Refusal, Task, xmp};
use crate::limits::MAX_CARRY_ITEMS;
use crate::mark::Source;

const BROKEN: Refusal = Refusal::Structure("a broken list of items");
const XMP_TYPE: &[u8] = b"application/rdf+xml";
const HEADER_BYTES: usize = 8;

/// One item of `iloc`, with the places of its numbers.
struct Place {
    number: usize,
    /// Offset of the construction method; none in version 0.
    method_at: Option<usize>,
    method: usize,
    base_at: usize,
    base: usize,
    /// Offset of each extent's offset, the offset, and the length.
    extents: Vec<(usize, usize, usize)>,
}

struct Locations {
    version: u8,
    offset_width: usize,
    length_width: usize,
    base_width: usize,
    index_width: usize,
    count_at: usize,
    places: Vec<Place>,
}

fn locations(bytes: &[u8], data: &Range<usize>) -> Option<Locations> {
    let bytes = bytes.get(..data.end)?;
    let version = *bytes.get(data.start)?;
    let sizes = number(bytes, data.start + 4, 2)?;
    let nibble = |shift: usize| sizes >> shift & 0xF;
    let number_width = if version < 2 { 2 } else { 4 };
    let mut list = Locations {
        version,
        offset_width: nibble(12),
        length_width: nibble(8),
        base_width: nibble(4),
        index_width: if version == 0 { 0 } else { nibble(0) },
        count_at: data.start + 6,
        places: Vec::new(),
    };
    let count = number(bytes, list.count_at, number_width)?;
    let mut at = list.count_at + number_width;
    let mut extents_read = 0;
    for _ in 0..count {
        let item = number(bytes, at, number_width)?;
        at += number_width;
        let method_at = (version > 0).then_some(at);
        let method = match method_at {
            Some(at) => number(bytes, at, 2)? & 0xF,
            None => 0,
        };
        at += if version > 0 { 4 } else { 2 };
        let base_at = at;
        let base = number(bytes, at, list.base_width)?;
        at += list.base_width;
        let extents = number(bytes, at, 2)?;
        at += 2;
        let mut place = Place {
            number: item,
            method_at,
            method,
            base_at,
            base,
            extents: Vec::new(),
        };
        for _ in 0..extents {
            extents_read += 1;
            if extents_read > MAX_CARRY_ITEMS {
                return None;
            }
            at += list.index_width;
            let offset = number(bytes, at, list.offset_width)?;
            let length = number(bytes, at + list.offset_width, list.length_width)?;
            place.extents.push((at, offset, length));
            at += list.offset_width + list.length_width;
        }
        list.places.push(place);
    }
    Some(list)
}

/// Numbers of the items in `iinf`, and of the first one that is XMP.
fn infos(bytes: &[u8], info: &Part) -> Option<(Vec<usize>, Option<usize>)> {
    let counted = if *bytes.get(info.data.start)? == 0 {
        2
    } else {
        4
    };
    let entries = boxes::children(bytes, info.data.start + 4 + counted..info.data.end);
    let (mut numbers, mut packet) = (Vec::new(), None);
    for entry in entries.parts {
        let width = match *bytes.get(entry.data.start)? {
            3 => 4,
            _ => 2,
        };
        let item = number(bytes, entry.data.start + 4, width)?;
        numbers.push(item);
        let rest = bytes.get(entry.data.start + 4 + width + 2..entry.data.end)?;
        let content_type = rest.strip_prefix(b"mime").and_then(|rest| {
            let mut texts = rest.split(|&byte| byte == 0);
            texts.nth(1)
        });
        if packet.is_none() && content_type == Some(XMP_TYPE) {
            packet = Some(item);
        }
    }
    Some((numbers, packet))
}

pub(crate) fn items(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let top = children(bytes, 0..bytes.len())?;
    if top.iter().any(|part| &part.kind == b"moov") {
        return Err(Refusal::Structure("a sequence of pictures"));
    }
    let meta = top
        .iter()
        .find(|part| &part.kind == b"meta")
        .ok_or(BROKEN)?;
    let inner = children(bytes, boxes::meta_content(bytes, &meta.data))?;
    let find = |kind: &[u8; 4]| inner.iter().find(|part| part.kind == *kind);
    let (info, location) = (find(b"iinf").ok_or(BROKEN)?, find(b"iloc").ok_or(BROKEN)?);
    let list = locations(bytes, &location.data).ok_or(BROKEN)?;
    let (numbers, packet_item) = infos(bytes, info).ok_or(BROKEN)?;
    if let Some(mark) = task.current
        && !matches!(mark.source, Source::HeicXmp | Source::AvifXmp)
    {
        return Err(Refusal::Structure("a label in EXIF"));
    }
    if let Some(item) = packet_item {
        let place = list.places.iter().find(|place| place.number == item);
        let inner_data = find(b"idat").map(|part| part.data.clone());
        return replaced(task, &top, &list, place.ok_or(BROKEN)?, inner_data);
    }
    let primary = find(b"pitm")
        .and_then(|part| {
            let width = if *bytes.get(part.data.start)? == 0 {
                2
            } else {
                4
            };
            number(bytes, part.data.start + 4, width)
        })
        .or_else(|| numbers.first().copied())
        .ok_or(BROKEN)?;
    let item = numbers.iter().max().map_or(1, |last| last + 1);
    added(
        task,
        &top,
        meta,
        info,
        location,
        &list,
        find(b"iref"),
        (item, primary),
    )
}

/// Points the item of `place` to a new packet at the end, and blanks the packet that was there.
fn replaced(
    task: &Task<'_>,
    top: &[Part],
    list: &Locations,
    place: &Place,
    inner: Option<Range<usize>>,
) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let [(extent_at, offset, length)] = place.extents[..] else {
        return Err(Refusal::Structure("a packet in several pieces"));
    };
    let start = match (place.method, inner) {
        (0, _) => place.base.checked_add(offset),
        (1, Some(inner)) => inner
            .start
            .checked_add(place.base)
            .and_then(|start| start.checked_add(offset)),
        _ => None,
    }
    .ok_or(BROKEN)?;
    let old = start..start.checked_add(length).ok_or(BROKEN)?;
    let packet = bytes.get(old.clone()).ok_or(BROKEN)?;
    let with = xmp::with_label(Some(packet), task.json)?;
    let target = bytes.len() + HEADER_BYTES;
    let mut splices = vec![Splice::insert(bytes.len(), boxed(b"mdat", &with)?)];
    splices.extend(closed(bytes, top)?);
    if let Some(at) = place.method_at {
        splices.push(Splice::patch(at, &[bytes[at], bytes[at + 1] & 0xF0]));
    }
    splices.extend(pointed(list, place.base_at, extent_at, target, with.len())?);
    // Other items may share the place of an empty one only.
    splices.push(Splice::new(old, vec![b' '; length]));
    Ok(splices)
}

/// The numbers of one extent that begins at `target`.
fn pointed(
    list: &Locations,
    base_at: usize,
    extent_at: usize,
    target: usize,
    length: usize,
) -> Result<Vec<Splice>, Refusal> {
    let (base, offset) = split(list, target)?;
    Ok(vec![
        Splice::patch(base_at, &base),
        Splice::patch(
            extent_at,
            &[offset, digits(length, list.length_width)?].concat(),
        ),
    ])
}

/// `target` as base and offset, in the widths of the list.
fn split(list: &Locations, target: usize) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    if list.length_width == 0 {
        return Err(Refusal::Structure("items without a length"));
    }
    let (base, offset) = if list.offset_width > 0 {
        (0, target)
    } else {
        (target, 0)
    };
    Ok((
        digits(base, list.base_width)?,
        digits(offset, list.offset_width)?,
    ))
}

#[expect(
    clippy::too_many_arguments,
    reason = "the boxes of one list of items belong together"
)]
fn added(
    task: &Task<'_>,
    top: &[Part],
    meta: &Part,
    info: &Part,
    location: &Part,
    list: &Locations,
    references: Option<&Part>,
    (item, primary): (usize, usize),
) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let packet = xmp::with_label(None, task.json)?;
    let inside = |part: &Part| vec![meta.clone(), part.clone()];
    let change = |part: &Part, splice| Change {
        around: inside(part),
        splice,
    };
    // An entry of version 2 has numbers of two bytes.
    let short = digits(item, 2)?;
    let entry = [
        &[2, 0, 0, 0][..],
        &short,
        &[0, 0],
        b"mime\0",
        XMP_TYPE,
        b"\0",
    ]
    .concat();
    let info_width = if bytes[info.data.start] == 0 { 2 } else { 4 };
    let info_count = number(bytes, info.data.start + 4, info_width).ok_or(BROKEN)?;
    let number_width = if list.version < 2 { 2 } else { 4 };
    let mut place = digits(item, number_width)?;
    if list.version > 0 {
        place.extend([0, 0]);
    }
    place.extend([0, 0]);
    // The place itself is known when the growth is.
    let target_at = place.len();
    place.extend(vec![0; list.base_width]);
    place.extend([0, 1]);
    place.extend(vec![0; list.index_width]);
    place.extend(vec![0; list.offset_width]);
    place.extend(digits(packet.len(), list.length_width)?);
    let link = |width: usize| -> Result<Vec<u8>, Refusal> {
        let content = [digits(item, width)?, vec![0, 1], digits(primary, width)?].concat();
        boxed(b"cdsc", &content)
    };
    let reference = match references {
        Some(part) => {
            // Version and flags come first, and say how long numbers are.
            let head = bytes
                .get(part.data.clone())
                .and_then(<[u8]>::first_chunk::<4>);
            let width = match head.ok_or(BROKEN)? {
                [0, ..] => 2,
                _ => 4,
            };
            change(part, Splice::insert(part.data.end, link(width)?))
        }
        None => Change {
            around: vec![meta.clone()],
            splice: Splice::insert(meta.data.end, full(b"iref", &link(2)?)?),
        },
    };
    let total = growth(&[
        Splice::insert(0, boxed(b"infe", &entry)?),
        Splice::insert(0, place.clone()),
        reference.splice.clone(),
    ]);
    let target = grown(bytes.len(), total)? + HEADER_BYTES;
    let (base, offset) = split(list, target)?;
    place[target_at..target_at + base.len()].copy_from_slice(&base);
    let offset_at = target_at + base.len() + 2 + list.index_width;
    place[offset_at..offset_at + offset.len()].copy_from_slice(&offset);
    let changes = vec![
        change(
            info,
            Splice::patch(info.data.start + 4, &digits(info_count + 1, info_width)?),
        ),
        change(info, Splice::insert(info.data.end, boxed(b"infe", &entry)?)),
        change(
            location,
            Splice::patch(list.count_at, &digits(list.places.len() + 1, number_width)?),
        ),
        change(location, Splice::insert(location.data.end, place)),
        reference,
    ];
    let mut splices = nested(bytes, changes)?;
    if resized(bytes, meta, 0)?.is_none() {
        return Err(Refusal::Structure("a list of items without a size"));
    }
    for one in list.places.iter().filter(|one| one.method == 0) {
        shifted(list, one, meta.data.end, total, &mut splices)?;
    }
    splices.push(Splice::insert(bytes.len(), boxed(b"mdat", &packet)?));
    splices.extend(closed(bytes, top)?);
    Ok(splices)
}

/// Moves the extents of an item that lie behind `from`.
fn shifted(
    list: &Locations,
    one: &Place,
    from: usize,
    growth: i64,
    splices: &mut Vec<Splice>,
) -> Result<(), Refusal> {
    let is_behind = |offset: usize| one.base.checked_add(offset).is_some_and(|at| at >= from);
    let behind = one
        .extents
        .iter()
        .filter(|(_, offset, _)| is_behind(*offset))
        .count();
    if behind == 0 {
        return Ok(());
    }
    // With a base, all extents move together.
    if list.base_width > 0 && one.base > 0 {
        if behind != one.extents.len() {
            return Err(Refusal::Structure(
                "an item in front of and behind its list",
            ));
        }
        let base = digits(grown(one.base, growth)?, list.base_width)?;
        splices.push(Splice::patch(one.base_at, &base));
        return Ok(());
    }
    for &(at, offset, _) in &one.extents {
        if is_behind(offset) {
            let moved = digits(grown(offset, growth)?, list.offset_width)?;
            splices.push(Splice::patch(at, &moved));
        }
    }
    Ok(())
}

/// The content of every item but packets of XMP, with the item's number.
pub(crate) fn pictures(bytes: &[u8]) -> Option<Vec<(Vec<u8>, &[u8])>> {
    let top = children(bytes, 0..bytes.len()).ok()?;
    let meta = top.iter().find(|part| &part.kind == b"meta")?;
    let inner = children(bytes, boxes::meta_content(bytes, &meta.data)).ok()?;
    let find = |kind: &[u8; 4]| inner.iter().find(|part| part.kind == *kind);
    let list = locations(bytes, &find(b"iloc")?.data)?;
    let (_, packet) = infos(bytes, find(b"iinf")?)?;
    let data = find(b"idat").map(|part| part.data.start);
    let mut pieces = Vec::new();
    for place in &list.places {
        if Some(place.number) == packet {
            continue;
        }
        let start = match (place.method, data) {
            (0, _) => 0,
            (1, Some(start)) => start,
            _ => return None,
        };
        pieces.push((place.number.to_be_bytes().to_vec(), &[][..]));
        for (_, offset, length) in &place.extents {
            let from = start.checked_add(place.base)?.checked_add(*offset)?;
            pieces.push((Vec::new(), bytes.get(from..from.checked_add(*length)?)?));
        }
    }
    // A file may consist of its packet only; then the count of items is what stays.
    pieces.push((Vec::new(), &[]));
    Some(pieces)
}
