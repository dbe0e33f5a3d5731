//! TIFF files and EXIF blocks: a value is added at the end and its entry is pointed there, so that nothing else moves.

use std::ops::Range;

use aftercare_media::utf16_text;
use aftercare_media::walk::jpeg;

use super::splice::Splice;
use super::{Refusal, Task, xmp};
use crate::limits::MAX_DIRECTORIES;
use crate::mark::{Mark, Source};
use aftercare_media::label;

const XMP: u16 = 0x02BC;
const IMAGE_DESCRIPTION: u16 = 0x010E;
const USER_COMMENT: u16 = 0x9286;
const EXIF_DIRECTORY: u16 = 0x8769;
const ENTRY_BYTES: usize = 12;
/// Values up to this length stand in the entry itself.
const INLINE_BYTES: usize = 4;
/// Type `UNDEFINED`, bytes without a meaning of their own.
const UNDEFINED: u16 = 7;
const BROKEN: Refusal = Refusal::Structure("a broken TIFF structure");

/// A TIFF structure, and how it writes numbers.
struct Block<'a> {
    bytes: &'a [u8],
    is_little: bool,
}

/// One entry of a directory.
struct Entry {
    /// Offset in the block.
    at: usize,
    tag: u16,
    value: Range<usize>,
}

impl<'a> Block<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let is_little = match bytes.get(..4) {
            Some(b"II*\0") => true,
            Some(b"MM\0*") => false,
            _ => return Err(Refusal::Structure("a TIFF of another kind")),
        };
        Ok(Self { bytes, is_little })
    }

    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    }

    fn u32(&self, at: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(if self.is_little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
        .ok()
    }

    fn short(&self, number: u16) -> [u8; 2] {
        if self.is_little {
            number.to_le_bytes()
        } else {
            number.to_be_bytes()
        }
    }

    fn long(&self, number: usize) -> Result<[u8; 4], Refusal> {
        let number = u32::try_from(number).map_err(|_| Refusal::TooLong)?;
        Ok(if self.is_little {
            number.to_le_bytes()
        } else {
            number.to_be_bytes()
        })
    }

    /// The entries of the directory at `start`, as far as their values are inside.
    fn entries(&self, start: usize) -> Option<Vec<Entry>> {
        let count = usize::from(self.u16(start)?);
        let mut entries = Vec::new();
        for index in 0..count {
            let at = start + 2 + index * ENTRY_BYTES;
            let tag = self.u16(at)?;
            let size = match self.u16(at + 2)? {
                1 | 2 | 6 | 7 => 1,
                3 | 8 => 2,
                4 | 9 | 11 | 13 => 4,
                5 | 10 | 12 => 8,
                _ => continue,
            };
            let length = self.u32(at + 4)?.checked_mul(size)?;
            let from = if length <= INLINE_BYTES {
                at + 8
            } else {
                self.u32(at + 8)?
            };
            let value = from..from.checked_add(length)?;
            if value.end <= self.bytes.len() {
                entries.push(Entry { at, tag, value });
            }
        }
        Some(entries)
    }

    /// The entry with this tag whose value begins at `offset`, in the chain of images or in an Exif directory.
    fn find(&self, tag: u16, offset: usize) -> Option<Entry> {
        let mut pending = vec![self.u32(4)?];
        for _ in 0..MAX_DIRECTORIES {
            let start = pending.pop()?;
            let Some(entries) = self.entries(start) else {
                continue;
            };
            let next = start + 2 + usize::from(self.u16(start)?) * ENTRY_BYTES;
            pending.extend(self.u32(next).filter(|&next| next != 0));
            for entry in entries {
                if entry.tag == tag && entry.value.start == offset {
                    return Some(entry);
                }
                if entry.tag == EXIF_DIRECTORY {
                    pending.extend(self.u32(entry.at + 8));
                }
            }
        }
        None
    }

    /// Points `entry` to `value`, which goes to the end, and blanks the value that was there.
    fn moved(&self, entry: &Entry, kind: u16, value: &[u8]) -> Result<Vec<Splice>, Refusal> {
        let end = self.bytes.len();
        let start = end + end % 2;
        let mut head = self.short(kind).to_vec();
        head.extend(self.long(value.len())?);
        head.extend(self.long(start)?);
        let mut splices = vec![
            Splice::patch(entry.at + 2, &head),
            Splice::insert(end, [&vec![0; start - end][..], value].concat()),
        ];
        if entry.value.len() > INLINE_BYTES {
            splices.push(Splice::new(entry.value.clone(), vec![0; entry.value.len()]));
        }
        Ok(splices)
    }
}

/// The EXIF block in `range` with the label in the field where one stands now.
pub(crate) fn with_label(
    task: &Task<'_>,
    mark: &Mark,
    range: Range<usize>,
) -> Result<Vec<u8>, Refusal> {
    let bytes = task.bytes.get(range.clone()).ok_or(BROKEN)?;
    let splices = field(task, bytes, range.start, mark)?;
    super::splice::apply(bytes, splices)
}

/// Changes of the field of `mark` in the structure `bytes`, which begins at `base` in the file.
fn field(task: &Task<'_>, bytes: &[u8], base: usize, mark: &Mark) -> Result<Vec<Splice>, Refusal> {
    let block = Block::new(bytes)?;
    let (tag, kind, head, tail): (u16, u16, &[u8], &[u8]) = match mark.source {
        Source::ExifUserComment => (USER_COMMENT, UNDEFINED, b"ASCII\0\0\0", b""),
        _ => (IMAGE_DESCRIPTION, 2, b"", b"\0"),
    };
    let offset = mark.offset.checked_sub(base).ok_or(BROKEN)?;
    let entry = block.find(tag, offset).ok_or(BROKEN)?;
    // Text beside the label is somebody's comment, and would be lost.
    let text = comment_text(&bytes[entry.value.clone()]);
    if label::find(&text).map(str::len) != Some(text.len()) {
        return Err(Refusal::Structure("a label inside another text"));
    }
    let value = [head, task.wrapped().as_bytes(), tail].concat();
    block.moved(&entry, kind, &value)
}

/// The characters of a value without what is around them, whatever its encoding: the label itself is ASCII.
fn comment_text(value: &[u8]) -> String {
    let value = [&b"ASCII\0\0\0"[..], b"UNICODE\0", &[0; 8]]
        .iter()
        .find_map(|code| value.strip_prefix(*code))
        .unwrap_or(value);
    let is_wide = value.iter().take(64).filter(|&&byte| byte == 0).count() > 8;
    let text = if is_wide {
        let is_little = value.first().is_some_and(|&byte| byte != 0 && byte != 0xFE);
        utf16_text(
            value,
            if is_little {
                u16::from_le_bytes
            } else {
                u16::from_be_bytes
            },
        )
    } else {
        String::from_utf8_lossy(value).into_owned()
    };
    text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{FEFF}')
        .to_owned()
}

/// A TIFF file: tag 700 of the first directory.
pub(crate) fn tiff(task: &Task<'_>) -> Result<Vec<Splice>, Refusal> {
    let block = Block::new(task.bytes)?;
    if let Some(mark) = task.current
        && mark.source != Source::TiffXmp
    {
        return field(task, task.bytes, 0, mark);
    }
    let start = block.u32(4).ok_or(BROKEN)?;
    let entries = block.entries(start).ok_or(BROKEN)?;
    let found = match task.current {
        Some(mark) => block.find(XMP, mark.offset).map(Some).ok_or(BROKEN)?,
        None => entries.into_iter().find(|entry| entry.tag == XMP),
    };
    let packet = found.as_ref().map(|entry| &task.bytes[entry.value.clone()]);
    let packet = xmp::with_label(packet, task.json)?;
    if let Some(entry) = found {
        return block.moved(&entry, UNDEFINED, &packet);
    }
    // A copy of the directory with one entry more goes to the end, and the header points there.
    let count = block.u16(start).ok_or(BROKEN)?;
    let old = start + 2..start + 2 + usize::from(count) * ENTRY_BYTES;
    let next = old.end..old.end + 4;
    let end = task.bytes.len();
    let directory = end + end % 2;
    let packet_start = directory + 2 + old.len() + ENTRY_BYTES + 4;
    let mut added = vec![0; directory - end];
    added.extend(block.short(count.checked_add(1).ok_or(BROKEN)?));
    let mut own = block.short(XMP).to_vec();
    own.extend(block.short(UNDEFINED));
    own.extend(block.long(packet.len())?);
    own.extend(block.long(packet_start)?);
    let mut is_written = false;
    for at in old.clone().step_by(ENTRY_BYTES) {
        // Entries are sorted by their tags.
        if !is_written && block.u16(at).is_some_and(|tag| tag > XMP) {
            added.extend(&own);
            is_written = true;
        }
        added.extend(task.bytes.get(at..at + ENTRY_BYTES).ok_or(BROKEN)?);
    }
    if !is_written {
        added.extend(&own);
    }
    added.extend(task.bytes.get(next).ok_or(BROKEN)?);
    added.extend(packet);
    Ok(vec![
        Splice::patch(4, &block.long(directory)?),
        Splice::insert(end, added),
    ])
}

/// One picture of a file of several (CIPA DC-007).
pub(crate) struct MultiPictureEntry {
    /// Offset in the file of the entry: attributes, length, offset, dependencies.
    pub(crate) at: usize,
    pub(crate) bytes: usize,
    /// Distance from the table's header; 0 for the first picture.
    pub(crate) offset: usize,
}

/// The table of pictures in application segment 2.
pub(crate) struct MultiPicture {
    /// Offset in the file of the table's header.
    pub(crate) base: usize,
    is_little: bool,
    pub(crate) entries: Vec<MultiPictureEntry>,
}

impl MultiPicture {
    /// A number as the table writes it.
    pub(crate) fn long(&self, number: usize) -> Result<[u8; 4], Refusal> {
        let block = Block {
            bytes: &[],
            is_little: self.is_little,
        };
        block.long(number)
    }
}

/// The table of pictures of a JPEG, if there is one that can be read.
pub(crate) fn multi_picture(bytes: &[u8]) -> Option<MultiPicture> {
    const APP2: u8 = 0xE2;
    const HEADER: &[u8] = b"MPF\0";
    const ENTRIES: u16 = 0xB002;
    const PICTURE_BYTES: usize = 16;
    let (segments, _) = jpeg::walk_partly(bytes);
    let segment = segments
        .iter()
        .find(|one| one.marker == APP2 && bytes[one.payload.clone()].starts_with(HEADER))?;
    let base = segment.payload.start + HEADER.len();
    let block = Block::new(&bytes[base..segment.payload.end]).ok()?;
    let list = block
        .entries(block.u32(4)?)?
        .into_iter()
        .find(|entry| entry.tag == ENTRIES)?;
    let entries = list
        .value
        .step_by(PICTURE_BYTES)
        .map(|at| {
            Some(MultiPictureEntry {
                at: base + at,
                bytes: block.u32(at + 4)?,
                offset: block.u32(at + 8)?,
            })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(MultiPicture {
        base,
        is_little: block.is_little,
        entries,
    })
}

/// Strips and tiles of every picture in a TIFF file.
pub(crate) fn pixels(bytes: &[u8]) -> Option<Vec<(Vec<u8>, &[u8])>> {
    const PLACES: [(u16, u16); 2] = [(273, 279), (324, 325)];
    let block = Block::new(bytes).ok()?;
    let mut pieces = Vec::new();
    let mut next = block.u32(4)?;
    for _ in 0..MAX_DIRECTORIES {
        if next == 0 {
            break;
        }
        let entries = block.entries(next)?;
        let numbers = |tag: u16| -> Option<Vec<usize>> {
            let Some(entry) = entries.iter().find(|entry| entry.tag == tag) else {
                return Some(Vec::new());
            };
            let is_short = block.u16(entry.at + 2)? == 3;
            let width = if is_short { 2 } else { 4 };
            entry
                .value
                .clone()
                .step_by(width)
                .map(|at| {
                    if is_short {
                        block.u16(at).map(usize::from)
                    } else {
                        block.u32(at)
                    }
                })
                .collect()
        };
        for (offsets, lengths) in PLACES {
            for (offset, length) in numbers(offsets)?.into_iter().zip(numbers(lengths)?) {
                let end = offset.checked_add(length)?.min(bytes.len());
                pieces.push((Vec::new(), bytes.get(offset..end)?));
            }
        }
        next = block.u32(next + 2 + usize::from(block.u16(next)?) * ENTRY_BYTES)?;
    }
    // A structure without pictures has nothing to lose.
    pieces.push((Vec::new(), &[]));
    Some(pieces)
}
