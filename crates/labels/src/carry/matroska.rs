//! Matroska and WebM: a simple tag. Tags go to the end of the segment, or into room to spare before the first cluster;
//! tags that stand before clusters become such room, so that no cluster moves.

use std::ops::Range;

use aftercare_media::walk::ebml;

use super::image::crc32;
use super::splice::{Splice, grown};
use super::{Refusal, Task};
use crate::limits::MAX_TAG_ELEMENTS;
use crate::movie::FIELD;

const VOID: u32 = 0xEC;
const CHECKSUM: u32 = 0xBF;
const SEEK_HEAD: u32 = 0x114D_9B74;
const SEEK: u32 = 0x4DBB;
const SEEK_ID: u32 = 0x53AB;
const SEEK_POSITION: u32 = 0x53AC;
const TARGETS: u32 = 0x63C0;
/// Bytes of a size as written here.
const SIZE_BYTES: usize = 8;
/// Bytes of an empty element with such a size: the least room that can be left over.
const MIN_VOID_BYTES: usize = 1 + SIZE_BYTES;
const BROKEN: Refusal = Refusal::Structure("a broken element");

/// An element of any kind.
struct Any {
    id: u32,
    offset: usize,
    data: Range<usize>,
}

fn id_bytes(id: u32) -> Vec<u8> {
    let bytes = id.to_be_bytes();
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    bytes[zeros..].to_vec()
}

fn element(id: u32, data: &[u8]) -> Vec<u8> {
    let mut size = (data.len() as u64).to_be_bytes();
    size[0] = 1;
    [&id_bytes(id)[..], &size, data].concat()
}

/// All elements in `range`; a refusal when one has no size or runs over.
fn all(bytes: &[u8], range: Range<usize>) -> Result<Vec<Any>, Refusal> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at < range.end {
        if found.len() == MAX_TAG_ELEMENTS {
            return Err(Refusal::Structure("too many tags"));
        }
        let first = *bytes.get(at).ok_or(BROKEN)?;
        let id_width = first.leading_zeros() as usize + 1;
        let size_at = at + id_width;
        let first = *bytes.get(size_at).ok_or(BROKEN)?;
        let width = first.leading_zeros() as usize + 1;
        if id_width > 4 || width > SIZE_BYTES {
            return Err(BROKEN);
        }
        let id = super::boxes::number(bytes, at, id_width).ok_or(BROKEN)?;
        let size = super::boxes::number(bytes, size_at, width).ok_or(BROKEN)?;
        let marker = 1_usize << (7 * width);
        let size = size & (marker - 1);
        let start = size_at + width;
        let end = start.checked_add(size).ok_or(BROKEN)?;
        if size == marker - 1 || end > range.end {
            return Err(BROKEN);
        }
        found.push(Any {
            id: u32::try_from(id).map_err(|_| BROKEN)?,
            offset: at,
            data: start..end,
        });
        at = end;
    }
    Ok(found)
}

fn simple_tag(json: &str) -> Vec<u8> {
    let parts = [
        element(ebml::TAG_NAME, FIELD.as_bytes()),
        element(ebml::TAG_STRING, json.as_bytes()),
    ];
    element(ebml::SIMPLE_TAG, &parts.concat())
}

/// The element `one` with the tag at `target` replaced; checksums of what changes are left out, as they may be.
fn rewritten(bytes: &[u8], one: &Any, target: usize, json: &str) -> Result<Vec<u8>, Refusal> {
    if one.offset == target {
        return Ok(simple_tag(json));
    }
    if !one.data.contains(&target) {
        return Ok(bytes[one.offset..one.data.end].to_vec());
    }
    let mut content = Vec::new();
    for child in all(bytes, one.data.clone())? {
        if child.id != CHECKSUM {
            content.extend(rewritten(bytes, &child, target, json)?);
        }
    }
    Ok(element(one.id, &content))
}

pub(crate) fn tags(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let segments = ebml::elements(bytes, 0..bytes.len(), &[ebml::SEGMENT]).parts;
    let [segment] = &segments[..] else {
        return Err(Refusal::Structure("several segments"));
    };
    if segment.data.end != bytes.len() {
        return Err(Refusal::Structure("data behind the segment"));
    }
    let mut splices = Vec::new();
    let added = match task.current {
        Some(mark) => {
            let lists = ebml::elements(bytes, segment.data.clone(), &[ebml::TAGS]).parts;
            let list = lists
                .iter()
                .find(|list| list.data.contains(&mark.offset))
                .ok_or(Refusal::Structure("a label in an unknown element"))?;
            let old = Any {
                id: ebml::TAGS,
                offset: list.offset,
                data: list.data.clone(),
            };
            let new = rewritten(bytes, &old, mark.offset, task.json)?;
            if old.data.end == bytes.len() {
                splices.push(Splice::new(old.offset..old.data.end, new));
                None
            } else {
                let room = old.data.end - old.offset;
                splices.push(Splice::new(old.offset..old.data.end, void(room)?));
                splices.extend(repointed(bytes, &segment.data, old.offset)?);
                Some(new)
            }
        }
        None => {
            let tag = [element(TARGETS, &[]), simple_tag(task.json)].concat();
            Some(element(ebml::TAGS, &element(ebml::TAG, &tag)))
        }
    };
    if let Some(added) = added {
        match room(bytes, &segment.data, added.len()).filter(|_| task.current.is_none()) {
            Some(room) => {
                let rest = void(room.len() - added.len())?;
                splices.push(Splice::new(room, [added, rest].concat()));
            }
            None => splices.push(Splice::insert(bytes.len(), added)),
        }
    }
    // A live stream has no size to be counted anew.
    let size_at = segment.offset + id_bytes(ebml::SEGMENT).len();
    let width = segment.data.start - size_at;
    let marker = 1_usize << (7 * width);
    let size = super::boxes::number(bytes, size_at, width).ok_or(BROKEN)? & (marker - 1);
    if size != marker - 1 {
        let size = grown(size, super::boxes::growth(&splices))?;
        if size >= marker - 1 {
            return Err(Refusal::Structure("a segment whose size has no room"));
        }
        let digits = super::boxes::digits(size | marker, width)?;
        splices.push(Splice::patch(size_at, &digits));
    }
    Ok(splices)
}

/// An element of `bytes` bytes that means nothing.
fn void(bytes: usize) -> Result<Vec<u8>, Refusal> {
    match bytes {
        0 => Ok(Vec::new()),
        1 => Err(Refusal::Structure("one byte to spare")),
        2..MIN_VOID_BYTES => {
            let mut element = vec![0; bytes];
            element[0] = 0xEC;
            element[1] = 0x80 | u8::try_from(bytes - 2).unwrap_or(0);
            Ok(element)
        }
        _ => Ok(element(VOID, &vec![0; bytes - MIN_VOID_BYTES])),
    }
}

/// Room to spare for `wanted` bytes before the first cluster.
fn room(bytes: &[u8], segment: &Range<usize>, wanted: usize) -> Option<Range<usize>> {
    let found = ebml::elements(bytes, segment.clone(), &[VOID, ebml::CLUSTER]).parts;
    found
        .iter()
        .take_while(|one| one.id != ebml::CLUSTER)
        .map(|one| one.offset..one.data.end)
        .find(|range| range.len() == wanted || range.len() > wanted + 1)
}

/// The table of contents points to the tags at the end instead of to those at `old`.
fn repointed(bytes: &[u8], segment: &Range<usize>, old: usize) -> Result<Vec<Splice>, Refusal> {
    let mut splices = Vec::new();
    for head in ebml::elements(bytes, segment.clone(), &[SEEK_HEAD]).parts {
        let mut content = bytes[head.data.clone()].to_vec();
        let mut is_changed = false;
        let mut checksum = None;
        for one in all(bytes, head.data.clone())? {
            if one.id == CHECKSUM && one.data.len() == 4 {
                checksum = Some(one.data.clone());
            }
            if one.id != SEEK {
                continue;
            }
            let parts = all(bytes, one.data)?;
            let find = |id: u32| {
                parts
                    .iter()
                    .find(|part| part.id == id)
                    .map(|part| part.data.clone())
            };
            let (Some(id), Some(position)) = (find(SEEK_ID), find(SEEK_POSITION)) else {
                continue;
            };
            let at = super::boxes::number(bytes, position.start, position.len());
            if bytes[id] == id_bytes(ebml::TAGS)[..] && at == Some(old - segment.start) {
                let target = bytes.len() - segment.start;
                let digits = super::boxes::digits(target, position.len())?;
                let from = position.start - head.data.start;
                content[from..from + digits.len()].copy_from_slice(&digits);
                is_changed = true;
            }
        }
        if is_changed {
            if let Some(range) = checksum {
                let after = range.end - head.data.start;
                let sum = crc32(&content[after..]).to_le_bytes();
                content[after - 4..after].copy_from_slice(&sum);
            }
            splices.push(Splice::new(head.data.clone(), content));
        }
    }
    Ok(splices)
}
