//! Containers of boxes: movies (TC260-PG-20257A) and JPEG XL. Sizes of the boxes around a change are counted anew, and
//! the places of frames behind it are moved.

use std::ops::Range;

use aftercare_media::walk::{Part, boxes};

use super::splice::{Splice, grown, signed};
use super::{Refusal, Task, xmp};
use crate::limits::MAX_BOXES;
use crate::mark::{Mark, Source};
use crate::movie::{DATA_PREFIX_BYTES, FIELD, XMP_UUID};
use aftercare_media::label;

const HEADER_BYTES: usize = 8;
/// A size of 1 means that the size has 64 bits and follows the kind; a size of 0 that the box goes to the end.
const LONG: usize = 1;
const TO_THE_END: usize = 0;
/// Type of text in UTF-8 in a `data` box (QuickTime metadata), and no locale.
const TEXT: [u8; DATA_PREFIX_BYTES] = [0, 0, 0, 1, 0, 0, 0, 0];

/// A change inside nested boxes, outermost first.
pub(crate) struct Change {
    pub(crate) around: Vec<Part>,
    pub(crate) splice: Splice,
}

pub(crate) fn boxed(kind: &[u8; 4], content: &[u8]) -> Result<Vec<u8>, Refusal> {
    let size = u32::try_from(content.len() + HEADER_BYTES).map_err(|_| Refusal::TooLong)?;
    Ok([&size.to_be_bytes()[..], kind, content].concat())
}

/// A box with version 0 and no flags.
pub(crate) fn full(kind: &[u8; 4], content: &[u8]) -> Result<Vec<u8>, Refusal> {
    boxed(kind, &[&[0; 4], content].concat())
}

pub(crate) fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let digits = bytes.get(at..at.checked_add(width)?)?;
    digits.iter().try_fold(0_usize, |number, &byte| {
        number.checked_mul(256)?.checked_add(usize::from(byte))
    })
}

/// `number` in `width` bytes, big-endian.
pub(crate) fn digits(number: usize, width: usize) -> Result<Vec<u8>, Refusal> {
    let all = number.to_be_bytes();
    let split = all.len().saturating_sub(width);
    if all[..split].iter().any(|&byte| byte != 0) || width > all.len() {
        return Err(Refusal::TooLong);
    }
    Ok(all[split..].to_vec())
}

/// The new size of a box that becomes longer; `None` when it needs none because it goes to the end.
pub(crate) fn resized(bytes: &[u8], part: &Part, growth: i64) -> Result<Option<Splice>, Refusal> {
    let size = number(bytes, part.offset, 4).ok_or(Refusal::Structure("a broken box"))?;
    let (at, width, size) = match size {
        TO_THE_END => return Ok(None),
        LONG => {
            let at = part.offset + HEADER_BYTES;
            (at, 8, number(bytes, at, 8))
        }
        size => (part.offset, 4, Some(size)),
    };
    let size = size.ok_or(Refusal::Structure("a broken box"))?;
    let size = grown(size, growth)?;
    Ok(Some(Splice::patch(at, &digits(size, width)?)))
}

/// The changes with the sizes of the boxes around them.
pub(crate) fn nested(bytes: &[u8], changes: Vec<Change>) -> Result<Vec<Splice>, Refusal> {
    let mut around: Vec<(Part, i64)> = Vec::new();
    let mut splices = Vec::new();
    for Change {
        around: parts,
        splice,
    } in changes
    {
        let growth = splice.growth();
        for part in parts {
            match around.iter_mut().find(|(one, _)| one.offset == part.offset) {
                Some((_, sum)) => *sum += growth,
                None => around.push((part, growth)),
            }
        }
        splices.push(splice);
    }
    for (part, growth) in around {
        splices.extend(resized(bytes, &part, growth)?);
    }
    Ok(splices)
}

pub(crate) fn children(bytes: &[u8], range: Range<usize>) -> Result<Vec<Part>, Refusal> {
    let walked = boxes::children(bytes, range);
    if walked.cut.is_some() {
        return Err(Refusal::Structure("a broken box"));
    }
    Ok(walked.parts)
}

/// A last box that goes to the end gets a size, so that another box can follow.
pub(crate) fn closed(bytes: &[u8], top: &[Part]) -> Result<Option<Splice>, Refusal> {
    let Some(last) = top.last() else {
        return Ok(None);
    };
    if number(bytes, last.offset, 4) != Some(TO_THE_END) {
        return Ok(None);
    }
    let size = bytes.len() - last.offset;
    Ok(Some(Splice::patch(last.offset, &digits(size, 4)?)))
}

/// The label goes into the box `xml `. A bare code stream gets boxes around it.
pub(crate) fn jpeg_xl(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    const SIGNATURE: &[u8] = b"\0\0\0\x0CJXL \x0D\x0A\x87\x0A";
    let bytes = task.bytes;
    if bytes.starts_with(&[0xFF, 0x0A]) {
        let file_type = boxed(b"ftyp", b"jxl \0\0\0\0jxl ")?;
        let size = digits(bytes.len() + HEADER_BYTES, 4)?;
        let head = [SIGNATURE, &file_type, &size, b"jxlc"].concat();
        let packet = xmp::with_label(None, task.json)?;
        return Ok(vec![
            Splice::insert(0, head),
            Splice::insert(bytes.len(), boxed(b"xml ", &packet)?),
        ]);
    }
    let top = children(bytes, 0..bytes.len())?;
    let found = match task.current {
        Some(mark) if mark.source == Source::JpegXlXmp => {
            top.iter().find(|part| part.offset == mark.offset)
        }
        Some(_) => return Err(Refusal::Structure("a label in EXIF")),
        None => top.iter().find(|part| {
            &part.kind == b"xml "
                && xmp::with_label(Some(&bytes[part.data.clone()]), task.json).is_ok()
        }),
    };
    if let Some(part) = found {
        let packet = xmp::with_label(Some(&bytes[part.data.clone()]), task.json)?;
        let with = boxed(b"xml ", &packet)?;
        return Ok(vec![Splice::new(part.offset..part.data.end, with)]);
    }
    let packet = xmp::with_label(None, task.json)?;
    let mut splices = vec![Splice::insert(bytes.len(), boxed(b"xml ", &packet)?)];
    splices.extend(closed(bytes, &top)?);
    Ok(splices)
}

/// The label goes into `moov.udta.meta`, as a value under the key `AIGC`; one that stands in another field stays there.
pub(crate) fn mp4(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let bytes = task.bytes;
    let top = children(bytes, 0..bytes.len())?;
    let mut movies = top.iter().filter(|part| &part.kind == b"moov");
    let (Some(movie), None) = (movies.next(), movies.next()) else {
        return Err(Refusal::Structure("a movie without one head"));
    };
    if top
        .iter()
        .any(|part| matches!(&part.kind, b"moof" | b"mfra" | b"meta"))
    {
        return Err(Refusal::Structure("a movie in fragments"));
    }
    let changes = match task.current {
        Some(mark) => vec![replaced(task, movie, &top, mark)?],
        None => added(task, movie)?,
    };
    // Frames behind the change move with it.
    let growth: i64 = changes.iter().map(|change| change.splice.growth()).sum();
    let is_inside = changes.iter().all(|change| {
        movie.data.contains(&change.splice.range.start)
            || change.splice.range.start == movie.data.end
    });
    let mut splices = nested(bytes, changes)?;
    let has_frames_behind = top
        .iter()
        .any(|part| part.offset > movie.offset && &part.kind == b"mdat");
    if is_inside && has_frames_behind {
        let mut budget = MAX_BOXES;
        moved(
            bytes,
            movie,
            movie.data.end,
            growth,
            &mut splices,
            &mut budget,
        )?;
    }
    Ok(splices)
}

/// Adds `growth` to the chunk offsets that point at or behind `from`.
fn moved(
    bytes: &[u8],
    part: &Part,
    from: usize,
    growth: i64,
    splices: &mut Vec<Splice>,
    budget: &mut usize,
) -> Result<(), Refusal> {
    for part in children(bytes, part.data.clone())? {
        *budget = budget
            .checked_sub(1)
            .ok_or(Refusal::Structure("too many boxes"))?;
        let width = match &part.kind {
            b"trak" | b"mdia" | b"minf" | b"stbl" => {
                moved(bytes, &part, from, growth, splices, budget)?;
                continue;
            }
            b"stco" => 4,
            b"co64" => 8,
            b"saio" => return Err(Refusal::Structure("an encrypted track")),
            _ => continue,
        };
        let broken = Refusal::Structure("a broken list of chunks");
        let list = part.data.start + 8..part.data.end;
        let count = number(bytes, part.data.start + 4, 4).ok_or(broken.clone())?;
        if count
            .checked_mul(width)
            .is_none_or(|length| length > list.len())
        {
            return Err(broken);
        }
        let mut table = Vec::with_capacity(count * width);
        for index in 0..count {
            let at = list.start + index * width;
            let offset = number(bytes, at, width).ok_or(broken.clone())?;
            let offset = if offset >= from {
                grown(offset, growth)?
            } else {
                offset
            };
            table.extend(digits(offset, width)?);
        }
        splices.push(Splice::patch(list.start, &table));
    }
    Ok(())
}

/// A box, and the boxes around it from the outermost on.
type Found = (Vec<Part>, Part);

/// Looks for the box at `offset` in the boxes that can hold metadata.
fn path(bytes: &[u8], part: &Part, offset: usize, around: &mut Vec<Part>) -> Option<Found> {
    if part.offset == offset {
        return Some((around.clone(), part.clone()));
    }
    if !(part.offset..part.data.end).contains(&offset) {
        return None;
    }
    let content = match &part.kind {
        b"moov" | b"udta" | b"ilst" => part.data.clone(),
        b"meta" => boxes::meta_content(bytes, &part.data),
        _ => return None,
    };
    around.push(part.clone());
    let found = boxes::children(bytes, content)
        .parts
        .iter()
        .find_map(|child| path(bytes, child, offset, around));
    around.pop();
    found
}

/// The label in the field where one stands now.
fn replaced(task: &Task<'_>, movie: &Part, top: &[Part], mark: &Mark) -> Result<Change, Refusal> {
    let bytes = task.bytes;
    let found = path(bytes, movie, mark.offset, &mut Vec::new()).or_else(|| {
        // Outside the movie's head nothing is counted but the box itself, if it is the last one.
        let last = top.last().filter(|part| part.offset == mark.offset)?;
        Some((Vec::new(), last.clone()))
    });
    let (mut around, part) = found.ok_or(Refusal::Structure("a label in an unknown box"))?;
    let (range, with) = match mark.source {
        Source::Mp4Key | Source::Mp4Item | Source::Mp4Freeform => {
            around.push(part.clone());
            let data = children(bytes, part.data)?
                .into_iter()
                .find(|part| &part.kind == b"data")
                .ok_or(Refusal::Structure("a field without a value"))?;
            let range = data.data.start + DATA_PREFIX_BYTES..data.data.end;
            around.push(data);
            (range, task.json.as_bytes().to_vec())
        }
        Source::Mp4UserData => {
            let brace = bytes[part.data.clone()]
                .iter()
                .position(|&byte| byte == b'{')
                .ok_or(Refusal::Structure("a label without a brace"))?;
            let range = part.data.start + brace..part.data.end;
            around.push(part);
            (range, task.json.as_bytes().to_vec())
        }
        Source::Mp4Xmp => {
            let skip = if &part.kind == b"uuid" {
                XMP_UUID.len()
            } else {
                0
            };
            let range = part.data.start + skip..part.data.end;
            let packet = bytes.get(range.clone()).unwrap_or_default();
            let with = xmp::with_label(Some(packet), task.json)?;
            around.push(part);
            (range, with)
        }
        _ => return Err(Refusal::Structure("a label in an unknown field")),
    };
    if mark.source != Source::Mp4Xmp && mark.source != Source::Mp4UserData {
        // Text beside the label is somebody's comment, and would be lost.
        let text = String::from_utf8_lossy(&bytes[range.clone()]);
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        let is_alone = text.starts_with('{') || label::find(text) == Some(text);
        if mark.source == Source::Mp4Item && !is_alone {
            return Err(Refusal::Structure("a label inside another text"));
        }
    }
    Ok(Change {
        around,
        splice: Splice::new(range, with),
    })
}

fn handler() -> Result<Vec<u8>, Refusal> {
    full(b"hdlr", b"\0\0\0\0mdta\0\0\0\0\0\0\0\0\0\0\0\0\0")
}

fn key() -> Result<Vec<u8>, Refusal> {
    boxed(b"mdta", FIELD.as_bytes())
}

fn item(index: usize, json: &str) -> Result<Vec<u8>, Refusal> {
    let kind: [u8; 4] = digits(index, 4)?.try_into().map_err(|_| Refusal::TooLong)?;
    let data = boxed(b"data", &[&TEXT[..], json.as_bytes()].concat())?;
    boxed(&kind, &data)
}

fn added(task: &Task<'_>, movie: &Part) -> Result<Vec<Change>, Refusal> {
    let bytes = task.bytes;
    let in_movie = children(bytes, movie.data.clone())?;
    let Some(user_data) = in_movie.iter().find(|part| &part.kind == b"udta") else {
        let with = boxed(b"udta", &metadata(task)?)?;
        return Ok(vec![Change {
            around: vec![movie.clone()],
            splice: Splice::insert(movie.data.end, with),
        }]);
    };
    let outer = vec![movie.clone(), user_data.clone()];
    // Four zero bytes may end the user data of QuickTime, which is no box.
    let listed = boxes::children(bytes, user_data.data.clone()).parts;
    for meta in listed.iter().filter(|part| &part.kind == b"meta") {
        let inner = children(bytes, boxes::meta_content(bytes, &meta.data))?;
        let find = |kind: &[u8; 4]| inner.iter().find(|part| part.kind == *kind);
        let (Some(keys), Some(list)) = (find(b"keys"), find(b"ilst")) else {
            continue;
        };
        let count_at = keys.data.start + boxes::FULL_BOX_BYTES;
        let count = number(bytes, count_at, 4).ok_or(Refusal::Structure("a broken list"))?;
        let around = |last: &Part| {
            let mut around = outer.clone();
            around.extend([meta.clone(), last.clone()]);
            around
        };
        return Ok(vec![
            Change {
                around: around(keys),
                splice: Splice::patch(count_at, &digits(count + 1, 4)?),
            },
            Change {
                around: around(keys),
                splice: Splice::insert(keys.data.end, key()?),
            },
            Change {
                around: around(list),
                splice: Splice::insert(list.data.end, item(count + 1, task.json)?),
            },
        ]);
    }
    Ok(vec![Change {
        around: outer,
        splice: Splice::insert(user_data.data.start, metadata(task)?),
    }])
}

/// A `meta` box with one key and its value. Inside user data it has version and flags in QuickTime files too.
fn metadata(task: &Task<'_>) -> Result<Vec<u8>, Refusal> {
    let keys = full(b"keys", &[&[0, 0, 0, 1][..], &key()?].concat())?;
    let list = boxed(b"ilst", &item(1, task.json)?)?;
    let content = [handler()?, keys, list].concat();
    full(b"meta", &content)
}

/// How many bytes all changes add.
pub(crate) fn growth(splices: &[Splice]) -> i64 {
    splices
        .iter()
        .fold(signed(0), |sum, one| sum + one.growth())
}
