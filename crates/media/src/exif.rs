//! A bounded reader of EXIF blocks (CIPA DC-008): orientation, the few texts a summary needs, whether there is a
//! place, and the two fields in which generators put AI labels.

use std::ops::Range;

use crate::limits::{
    MAX_COMMENT_BYTES, MAX_EXIF_DIRECTORIES, MAX_EXIF_ENTRIES, MAX_SUMMARY_TEXT_BYTES,
};
use crate::text::utf16_text;

const TAG_IMAGE_DESCRIPTION: u16 = 0x010E;
const TAG_MAKE: u16 = 0x010F;
const TAG_MODEL: u16 = 0x0110;
const TAG_ORIENTATION: u16 = 0x0112;
const TAG_SOFTWARE: u16 = 0x0131;
const TAG_DATE_TIME: u16 = 0x0132;
const TAG_THUMBNAIL_OFFSET: u16 = 0x0201;
const TAG_THUMBNAIL_LENGTH: u16 = 0x0202;
const TAG_XMP: u16 = 0x02BC;
const TAG_EXIF_DIRECTORY: u16 = 0x8769;
const TAG_GPS_DIRECTORY: u16 = 0x8825;
const TAG_DATE_TIME_ORIGINAL: u16 = 0x9003;
const TAG_USER_COMMENT: u16 = 0x9286;
const TAG_PIXEL_WIDTH: u16 = 0xA002;
const TAG_PIXEL_HEIGHT: u16 = 0xA003;
/// C2PA manifest store (C2PA specification 2.4, TIFF).
const TAG_MANIFEST: u16 = 0xCD41;

/// Bytes of one directory entry.
const ENTRY_BYTES: usize = 12;
/// Bytes of the character code at the start of a user comment.
const CHARACTER_CODE_BYTES: usize = 8;

/// What [`read`] looks for in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A text, of which no more than [`MAX_COMMENT_BYTES`] are read.
    Text,
    /// An XMP packet.
    Packet,
    /// Where another directory is.
    Directory,
    /// Where the directory about the place is, of which only the number of entries is read.
    Place,
    /// Nothing, or no more than the entry itself holds.
    Other,
}

/// What is looked for in the entry with this tag, for callers that hold only a part of the file.
#[must_use]
pub fn use_of(tag: usize) -> Use {
    match u16::try_from(tag) {
        Ok(
            TAG_IMAGE_DESCRIPTION
            | TAG_MAKE
            | TAG_MODEL
            | TAG_SOFTWARE
            | TAG_DATE_TIME
            | TAG_DATE_TIME_ORIGINAL
            | TAG_USER_COMMENT,
        ) => Use::Text,
        Ok(TAG_XMP) => Use::Packet,
        Ok(TAG_EXIF_DIRECTORY) => Use::Directory,
        Ok(TAG_GPS_DIRECTORY) => Use::Place,
        _ => Use::Other,
    }
}

/// Bytes of one value of this type; `None` for a type that TIFF does not know.
#[must_use]
pub const fn value_bytes(kind: usize) -> Option<usize> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 => Some(8),
        _ => None,
    }
}

/// A text found in an EXIF field, with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExifText {
    /// Offset of the field's value in the file.
    pub offset: usize,
    pub text: String,
    /// Whether it stands in the Exif directory; otherwise in a directory of the chain of images.
    pub in_exif_directory: bool,
}

/// What one EXIF block says, as far as this crate needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exif {
    pub make: Option<String>,
    pub model: Option<String>,
    pub software: Option<String>,
    /// When the photo was taken, else when the file was written: `2026:11:01 10:20:30` as the camera wrote it.
    pub date_time: Option<String>,
    /// Width and height that the Exif directory names, in pixels.
    pub pixels: Option<(u32, u32)>,
    /// 1 to 8; 1 when absent or outside.
    pub orientation: u8,
    /// Whether there is a GPS directory with at least one entry.
    pub has_gps: bool,
    /// User comments, from any directory.
    pub user_comments: Vec<ExifText>,
    pub image_description: Option<ExifText>,
    /// The JPEG thumbnail as a range of the file.
    pub thumbnail: Option<Range<usize>>,
    /// XMP packets (tag 700) as ranges of the file.
    pub xmp_packets: Vec<Range<usize>>,
    /// Where a C2PA manifest stands in the file (tag 52545, in TIFF).
    pub manifest_at: Option<usize>,
    /// Whether a limit was met or a value points outside: then the block was not read whole.
    pub is_partial: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// What a directory is, because its tags mean different things.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Image,
    Exif,
    Gps,
}

struct Reader<'a> {
    tiff: &'a [u8],
    base: usize,
    order: Order,
}

struct Value<'a> {
    offset: usize,
    bytes: &'a [u8],
    kind: u16,
}

impl<'a> Reader<'a> {
    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(match self.order {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.tiff.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(match self.order {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        })
    }

    /// A short or long number in the entry at `at`.
    fn number(&self, at: usize) -> Option<u32> {
        match self.u16(at + 2)? {
            3 => self.u16(at + 8).map(u32::from),
            4 => self.u32(at + 8),
            _ => None,
        }
    }

    /// A piece of the block as a range of the file; `None` when it reaches outside or is empty.
    fn range(&self, from: u32, length: u32) -> Option<Range<usize>> {
        let from = usize::try_from(from).ok()?;
        let to = from.checked_add(usize::try_from(length).ok()?)?;
        (from < to && to <= self.tiff.len()).then(|| self.base + from..self.base + to)
    }

    /// The value of the entry at `at`; `None` when it points outside.
    fn value(&self, at: usize) -> Option<Value<'a>> {
        let kind = self.u16(at + 2)?;
        let count = usize::try_from(self.u32(at + 4)?).ok()?;
        let size = value_bytes(usize::from(kind))?;
        let length = count.checked_mul(size)?;
        let start = if length <= 4 {
            at + 8
        } else {
            usize::try_from(self.u32(at + 8)?).ok()?
        };
        let bytes = self.tiff.get(start..start.checked_add(length)?)?;
        Some(Value {
            offset: self.base + start,
            bytes,
            kind,
        })
    }
}

/// Reads the TIFF structure `tiff`, which lies at `base` in the file. A broken block gives what could be read.
#[must_use]
pub fn read(tiff: &[u8], base: usize) -> Exif {
    let mut exif = Exif {
        orientation: 1,
        ..Exif::default()
    };
    let order = match tiff.get(..4) {
        Some(b"II*\0") => Order::Little,
        Some(b"MM\0*") => Order::Big,
        _ => return exif,
    };
    let reader = Reader { tiff, base, order };
    let mut written = None;
    let mut sides = (None, None);
    let mut visited = Vec::new();
    let mut pending = Vec::new();
    if let Some(first) = reader.u32(4) {
        pending.push((first, Role::Image));
    }
    while let Some((directory, role)) = pending.pop() {
        if visited.len() == MAX_EXIF_DIRECTORIES || visited.contains(&directory) {
            exif.is_partial = true;
            continue;
        }
        visited.push(directory);
        let mut thumbnail = (None, None);
        let Ok(start) = usize::try_from(directory) else {
            continue;
        };
        let Some(count) = reader.u16(start) else {
            exif.is_partial = true;
            continue;
        };
        exif.is_partial |= usize::from(count) > MAX_EXIF_ENTRIES;
        if role == Role::Gps {
            exif.has_gps |= count > 0;
            continue;
        }
        for index in 0..usize::from(count).min(MAX_EXIF_ENTRIES) {
            let at = start + 2 + index * ENTRY_BYTES;
            let Some(tag) = reader.u16(at) else {
                exif.is_partial = true;
                break;
            };
            let Some(value) = reader.value(at) else {
                // Broken values of other fields are common and cost nothing.
                exif.is_partial |= matches!(
                    tag,
                    TAG_IMAGE_DESCRIPTION | TAG_USER_COMMENT | TAG_XMP | TAG_EXIF_DIRECTORY
                );
                continue;
            };
            match tag {
                TAG_MAKE => exif.make = exif.make.take().or_else(|| short_text(value.bytes)),
                TAG_MODEL => exif.model = exif.model.take().or_else(|| short_text(value.bytes)),
                TAG_SOFTWARE => {
                    exif.software = exif.software.take().or_else(|| short_text(value.bytes))
                }
                TAG_DATE_TIME => written = written.or_else(|| short_text(value.bytes)),
                TAG_DATE_TIME_ORIGINAL => {
                    exif.date_time = exif.date_time.take().or_else(|| short_text(value.bytes));
                }
                // Only the first directory speaks of the picture itself; the second one is about the thumbnail.
                TAG_ORIENTATION if visited.len() == 1 && value.kind == 3 => {
                    if let Some(number @ 1..=8) = reader.u16(at + 8) {
                        exif.orientation = u8::try_from(number).unwrap_or(1);
                    }
                }
                TAG_IMAGE_DESCRIPTION if exif.image_description.is_none() => {
                    let text = String::from_utf8_lossy(
                        &value.bytes[..value.bytes.len().min(MAX_COMMENT_BYTES)],
                    );
                    let text = text.trim_end_matches('\0').to_owned();
                    exif.image_description = Some(ExifText {
                        offset: value.offset,
                        text,
                        in_exif_directory: role == Role::Exif,
                    });
                }
                TAG_USER_COMMENT if exif.user_comments.len() < MAX_EXIF_DIRECTORIES => {
                    exif.user_comments.push(ExifText {
                        offset: value.offset,
                        text: comment_text(value.bytes, order),
                        in_exif_directory: role == Role::Exif,
                    });
                }
                TAG_PIXEL_WIDTH if role == Role::Exif => sides.0 = reader.number(at),
                TAG_PIXEL_HEIGHT if role == Role::Exif => sides.1 = reader.number(at),
                TAG_THUMBNAIL_OFFSET => thumbnail.0 = reader.u32(at + 8),
                TAG_THUMBNAIL_LENGTH => thumbnail.1 = reader.u32(at + 8),
                TAG_XMP if exif.xmp_packets.len() < MAX_EXIF_DIRECTORIES => {
                    exif.xmp_packets
                        .push(value.offset..value.offset + value.bytes.len());
                }
                TAG_MANIFEST => {
                    exif.manifest_at = exif.manifest_at.or(Some(value.offset));
                }
                TAG_EXIF_DIRECTORY | TAG_GPS_DIRECTORY => {
                    if let Some(next) = reader.u32(at + 8) {
                        let role = if tag == TAG_GPS_DIRECTORY {
                            Role::Gps
                        } else {
                            Role::Exif
                        };
                        pending.push((next, role));
                    }
                }
                _ => {}
            }
        }
        if let (Some(from), Some(length)) = thumbnail {
            exif.thumbnail = exif.thumbnail.or_else(|| reader.range(from, length));
        }
        let next = start + 2 + usize::from(count) * ENTRY_BYTES;
        if let Some(next) = reader.u32(next).filter(|&next| next != 0) {
            pending.insert(0, (next, Role::Image));
        }
    }
    exif.pixels = sides.0.zip(sides.1);
    exif.date_time = exif.date_time.or(written);
    exif
}

/// A short text without control characters, or `None` when nothing is left.
fn short_text(bytes: &[u8]) -> Option<String> {
    let end = bytes
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(bytes.len())
        .min(MAX_SUMMARY_TEXT_BYTES);
    let text: String = String::from_utf8_lossy(&bytes[..end])
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Decodes a user comment by its character code. Writers disagree about the byte order of the `UNICODE` code, so
/// the order that yields readable JSON wins over the order of the block.
fn comment_text(bytes: &[u8], order: Order) -> String {
    let bytes = &bytes[..bytes.len().min(MAX_COMMENT_BYTES)];
    let (code, body) = bytes.split_at(bytes.len().min(CHARACTER_CODE_BYTES));
    let text = match code {
        b"UNICODE\0" => {
            let native = wide_text(body, order);
            let other = if order == Order::Little {
                Order::Big
            } else {
                Order::Little
            };
            if native.contains('{') || native.is_empty() {
                native
            } else {
                let swapped = wide_text(body, other);
                if swapped.contains('{') {
                    swapped
                } else {
                    native
                }
            }
        }
        b"ASCII\0\0\0" | [0, 0, 0, 0, 0, 0, 0, 0] => String::from_utf8_lossy(body).into_owned(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    text.trim_matches(['\0', '\u{FEFF}']).to_owned()
}

fn wide_text(bytes: &[u8], order: Order) -> String {
    utf16_text(
        bytes,
        match order {
            Order::Little => u16::from_le_bytes,
            Order::Big => u16::from_be_bytes,
        },
    )
}
