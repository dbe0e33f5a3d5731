//! The first page of a TIFF (Adobe, TIFF revision 6.0): what its pixels are and what decoding them may cost.

use crate::error::MediaError;
use crate::format::Format;
use crate::limits::{MAX_EXIF_ENTRIES, MAX_TIFF_CHUNKS, MAX_TIFF_PAGES};

/// Bytes of one directory entry.
const ENTRY_BYTES: usize = 12;

const TAG_WIDTH: u16 = 256;
const TAG_HEIGHT: u16 = 257;
const TAG_BITS: u16 = 258;
const TAG_COMPRESSION: u16 = 259;
const TAG_PHOTOMETRIC: u16 = 262;
const TAG_STRIP_OFFSETS: u16 = 273;
const TAG_SAMPLES: u16 = 277;
const TAG_ROWS_PER_STRIP: u16 = 278;
const TAG_STRIP_BYTES: u16 = 279;
const TAG_PLANAR: u16 = 284;
const TAG_COLOR_MAP: u16 = 320;
const TAG_TILE_WIDTH: u16 = 322;
const TAG_TILE_HEIGHT: u16 = 323;
const TAG_TILE_OFFSETS: u16 = 324;
const TAG_TILE_BYTES: u16 = 325;

/// Photometric interpretation: an index into the color map.
pub const PALETTE: u32 = 3;

/// The first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TiffMap {
    pub width: u32,
    pub height: u32,
    /// Bits of one sample; all samples of a pixel have the same.
    pub bits: u32,
    /// Samples of one pixel.
    pub samples: u32,
    /// 1 none, 4 fax, 5 LZW, 7 JPEG, 8 and 32946 deflate, 32773 PackBits.
    pub compression: u32,
    /// 0 and 1 gray, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 and 9 L*a*b*.
    pub photometric: u32,
    /// Offset in the file of the value of the photometric interpretation.
    pub photometric_at: usize,
    /// Whether each channel is stored on its own.
    pub is_planar: bool,
    /// Width and height of a strip or tile.
    pub chunk: (u32, u32),
    /// Red, then green, then blue values of the palette, 16 bits each.
    pub color_map: Vec<u16>,
    /// Pages of the file, at most [`MAX_TIFF_PAGES`] counted.
    pub pages: usize,
}

impl TiffMap {
    /// Bytes of one decoded strip or tile.
    #[must_use]
    pub fn chunk_bytes(&self) -> u64 {
        let samples = if self.is_planar { 1 } else { self.samples };
        let row = (u64::from(self.chunk.0) * u64::from(samples) * u64::from(self.bits)).div_ceil(8);
        row.saturating_mul(u64::from(self.chunk.1))
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    is_big: bool,
}

impl Reader<'_> {
    fn u16(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_big {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.is_big {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    fn position(&self, at: usize) -> Option<usize> {
        usize::try_from(self.u32(at)?).ok()
    }

    /// Where the values of the entry at `at` are, how many and how wide.
    fn values(&self, at: usize) -> Option<(usize, usize, usize)> {
        let width = match self.u16(at + 2)? {
            1 => 1,
            3 => 2,
            4 => 4,
            _ => return None,
        };
        let count = self.position(at + 4)?;
        let start = if count.checked_mul(width)? <= 4 {
            at + 8
        } else {
            self.position(at + 8)?
        };
        Some((start, count, width))
    }

    /// The value number `index` of the entry at `at`.
    fn value(&self, at: usize, index: usize) -> Option<u32> {
        let (start, count, width) = self.values(at)?;
        if index >= count {
            return None;
        }
        let at = start.checked_add(index.checked_mul(width)?)?;
        match width {
            1 => self.bytes.get(at).map(|&byte| u32::from(byte)),
            2 => self.u16(at).map(u32::from),
            _ => self.u32(at),
        }
    }
}

/// Reads the directory of the first page and counts the others.
///
/// # Errors
/// [`MediaError::NoPixels`], [`MediaError::Truncated`] when the directory or the pixels lie past the end, [`MediaError::Malformed`] when the
/// pixels contradict the header, [`MediaError::TooManyParts`] above a limit.
pub fn walk(bytes: &[u8]) -> Result<TiffMap, MediaError> {
    let truncated = || MediaError::Truncated {
        format: Format::Tiff,
        at: bytes.len(),
    };
    let reader = Reader {
        bytes,
        is_big: bytes.starts_with(b"MM"),
    };
    let first = reader.position(4).ok_or_else(truncated)?;
    let count = usize::from(reader.u16(first).ok_or_else(truncated)?);
    if count > MAX_EXIF_ENTRIES {
        return Err(MediaError::TooManyParts {
            format: Format::Tiff,
            what: "directory entries",
            max: MAX_EXIF_ENTRIES,
        });
    }
    let end = first + 2 + count * ENTRY_BYTES;
    if end > bytes.len() {
        return Err(truncated());
    }
    let entries: Vec<(u16, usize)> = (0..count)
        .map(|index| first + 2 + index * ENTRY_BYTES)
        .filter_map(|at| Some((reader.u16(at)?, at)))
        .collect();
    let find = |tag: u16| entries.iter().find(|entry| entry.0 == tag).map(|e| e.1);
    let number = |tag: u16| find(tag).and_then(|at| reader.value(at, 0));
    let malformed = |tag: u16, what: &'static str| MediaError::Malformed {
        format: Format::Tiff,
        at: find(tag).unwrap_or(first),
        what,
    };
    let width = number(TAG_WIDTH).ok_or_else(|| malformed(TAG_WIDTH, "width"))?;
    let height = number(TAG_HEIGHT).ok_or_else(|| malformed(TAG_HEIGHT, "height"))?;
    if width == 0 || height == 0 {
        return Err(MediaError::NoPixels { width, height });
    }
    let photometric_at = find(TAG_PHOTOMETRIC)
        .ok_or_else(|| malformed(TAG_PHOTOMETRIC, "photometric interpretation"))?;
    let photometric = reader
        .value(photometric_at, 0)
        .ok_or_else(|| malformed(TAG_PHOTOMETRIC, "photometric interpretation"))?;
    let samples = number(TAG_SAMPLES).unwrap_or(1);
    let is_tiled = find(TAG_TILE_OFFSETS).is_some();
    let chunk = if is_tiled {
        let tile = |tag| number(tag).ok_or_else(|| malformed(tag, "tile size"));
        (tile(TAG_TILE_WIDTH)?, tile(TAG_TILE_HEIGHT)?)
    } else {
        let rows = number(TAG_ROWS_PER_STRIP).unwrap_or(height);
        (width, rows.min(height))
    };
    let map = TiffMap {
        width,
        height,
        bits: number(TAG_BITS).unwrap_or(1),
        samples,
        compression: number(TAG_COMPRESSION).unwrap_or(1),
        photometric,
        photometric_at: photometric_at + 8,
        is_planar: number(TAG_PLANAR) == Some(2) && samples > 1,
        chunk,
        color_map: color_map(&reader, find(TAG_COLOR_MAP)),
        pages: pages(&reader, first),
    };
    if samples == 0 || samples > 8 || map.bits == 0 || map.bits > 64 || chunk.0 == 0 || chunk.1 == 0
    {
        return Err(malformed(TAG_BITS, "sample layout"));
    }
    let (offsets, lengths) = if is_tiled {
        (TAG_TILE_OFFSETS, TAG_TILE_BYTES)
    } else {
        (TAG_STRIP_OFFSETS, TAG_STRIP_BYTES)
    };
    check_chunks(&reader, &map, find(offsets), find(lengths))?;
    Ok(map)
}

/// Every strip or tile must lie in the file, and together they must not be longer than it: a file whose strips all
/// point at the same bytes decodes a small file many times over.
fn check_chunks(
    reader: &Reader<'_>,
    map: &TiffMap,
    offsets: Option<usize>,
    lengths: Option<usize>,
) -> Result<(), MediaError> {
    let malformed = |at: usize, what: &'static str| MediaError::Malformed {
        format: Format::Tiff,
        at,
        what,
    };
    let (Some(offsets), Some(lengths)) = (offsets, lengths) else {
        return Err(malformed(map.photometric_at, "no pixels"));
    };
    let planes = if map.is_planar { map.samples } else { 1 };
    let wanted = u64::from(map.width.div_ceil(map.chunk.0))
        * u64::from(map.height.div_ceil(map.chunk.1))
        * u64::from(planes);
    let count = match usize::try_from(wanted) {
        Ok(count) if count <= MAX_TIFF_CHUNKS => count,
        _ => {
            return Err(MediaError::TooManyParts {
                format: Format::Tiff,
                what: "strips or tiles",
                max: MAX_TIFF_CHUNKS,
            });
        }
    };
    let mut total = 0_usize;
    for index in 0..count {
        let part = reader
            .value(offsets, index)
            .zip(reader.value(lengths, index));
        let (offset, length) = part.ok_or_else(|| malformed(offsets, "strip or tile list"))?;
        let (offset, length) = (offset as usize, length as usize);
        let end = offset.checked_add(length);
        if end.is_none_or(|end| end > reader.bytes.len()) {
            return Err(MediaError::Truncated {
                format: Format::Tiff,
                at: reader.bytes.len(),
            });
        }
        total = total.saturating_add(length);
        if total > reader.bytes.len() {
            return Err(malformed(lengths, "overlapping strips or tiles"));
        }
    }
    Ok(())
}

fn color_map(reader: &Reader<'_>, entry: Option<usize>) -> Vec<u16> {
    /// Colors of the largest palette, 8 bits.
    const MAX_COLORS: usize = 256;
    let Some((start, count, 2)) = entry.and_then(|at| reader.values(at)) else {
        return Vec::new();
    };
    (0..count.min(3 * MAX_COLORS))
        .map_while(|index| reader.u16(start.checked_add(2 * index)?))
        .collect()
}

/// The length of the chain of directories, which may be a circle.
fn pages(reader: &Reader<'_>, first: usize) -> usize {
    let mut pages = 0;
    let mut at = first;
    while at != 0 && pages < MAX_TIFF_PAGES {
        let Some(count) = reader.u16(at) else { break };
        pages += 1;
        let next = at + 2 + usize::from(count) * ENTRY_BYTES;
        match reader.position(next) {
            Some(next) if next != first => at = next,
            _ => break,
        }
    }
    pages
}
