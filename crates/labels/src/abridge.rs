//! Makes a short copy of a long file whose bulk is left out, for containers whose parts follow each other: PNG, GIF, FLV and
//! PDF. The copy is read like a file, and every offset is moved to where it is in the file itself.
//!
//! A part that no walker looks into stays in the copy as an empty one, so that the walkers find the same parts and stop in the
//! same places. Containers that point at offsets are read into a sheet of the file's length instead ([`crate::sheet`]).

use std::io::{self, SeekFrom};
use std::ops::Range;

use aftercare_media::limits::{
    MAX_FLV_SCRIPTS, MAX_FLV_TAGS, MAX_GIF_BLOCKS, MAX_PDF_STREAMS, MAX_PNG_CHUNKS,
};
use aftercare_media::walk::{gif, pdf};
use memchr::memmem;

use crate::limits::MAX_RESIDENT_BYTES;
use crate::sheet::Source;

/// Bytes that are read at once where the last place was elsewhere, and where the file is read on.
const JUMP_BYTES: usize = 4 * 1024;
const STEP_BYTES: usize = 64 * 1024;

/// The copy.
pub(crate) struct Abridged {
    pub(crate) bytes: Vec<u8>,
    /// Places in the copy, in order, and where they are in the file.
    moves: Vec<(usize, usize)>,
    /// Where the file was not read on because there is too much.
    pub(crate) full_at: Option<usize>,
}

impl Abridged {
    /// Where a place of the copy is in the file.
    pub(crate) fn place(&self, at: usize) -> usize {
        let next = self.moves.partition_point(|(copy, _)| *copy <= at);
        let (copy, file) = next
            .checked_sub(1)
            .and_then(|index| self.moves.get(index))
            .copied()
            .unwrap_or_default();
        file + (at - copy)
    }
}

/// The containers that are abridged.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Png,
    Gif,
    Flv,
    Pdf,
}

/// Abridges a file of `length` bytes.
pub(crate) fn abridge(source: &mut dyn Source, length: usize, kind: Kind) -> io::Result<Abridged> {
    let mut copy = Copy {
        source,
        length,
        window: Vec::new(),
        window_at: 0,
        copy: Abridged {
            bytes: Vec::new(),
            moves: Vec::new(),
            full_at: None,
        },
    };
    let end = match kind {
        Kind::Png => copy.png()?,
        Kind::Gif => copy.gif()?,
        Kind::Flv => copy.flv()?,
        Kind::Pdf => copy.pdf()?,
    };
    copy.at(end);
    Ok(copy.copy)
}

struct Copy<'s> {
    source: &'s mut dyn Source,
    length: usize,
    window: Vec<u8>,
    window_at: usize,
    copy: Abridged,
}

impl Copy<'_> {
    /// The bytes of a range of at most [`JUMP_BYTES`], fewer at the end of the file.
    fn get(&mut self, range: Range<usize>) -> io::Result<&[u8]> {
        let range = range.start.min(self.length)..range.end.min(self.length);
        let window = self.window_at..self.window_at + self.window.len();
        if range.start < window.start || range.end > window.end {
            let is_next = !window.is_empty() && (window.start..=window.end).contains(&range.start);
            let ahead = if is_next { STEP_BYTES } else { JUMP_BYTES };
            let stop = range.start.saturating_add(ahead).min(self.length);
            self.window.resize(stop - range.start, 0);
            self.window_at = range.start;
            let start = u64::try_from(range.start).unwrap_or(u64::MAX);
            self.source.seek(SeekFrom::Start(start))?;
            self.source.read_exact(&mut self.window)?;
        }
        let from = range.start - self.window_at;
        Ok(&self.window[from..from + range.len()])
    }

    fn byte(&mut self, at: usize) -> io::Result<Option<u8>> {
        let end = at.saturating_add(1);
        Ok(self.get(at..end)?.first().copied())
    }

    /// Where `what` stands first, at or behind `from`.
    fn find(&mut self, mut from: usize, what: &[u8]) -> io::Result<Option<usize>> {
        while from + what.len() <= self.length {
            self.get(from..from + what.len())?;
            let window = &self.window[from - self.window_at..];
            if let Some(found) = memmem::find(window, what) {
                return Ok(Some(from + found));
            }
            // What was looked for may begin at the end of the window.
            from += window.len() + 1 - what.len();
        }
        Ok(None)
    }

    /// What follows in the copy stands there in the file.
    fn at(&mut self, file: usize) {
        let here = self.copy.bytes.len();
        if self.copy.place(here) != file || self.copy.moves.is_empty() {
            self.copy.moves.push((here, file));
        }
    }

    /// Copies a range of the file. Says whether there was room.
    fn keep(&mut self, range: Range<usize>) -> io::Result<bool> {
        let range = range.start.min(self.length)..range.end.min(self.length);
        if range.is_empty() {
            return Ok(self.copy.full_at.is_none());
        }
        let room = MAX_RESIDENT_BYTES.saturating_sub(self.copy.bytes.len());
        if self.copy.full_at.is_some() || room == 0 {
            self.copy.full_at.get_or_insert(range.start);
            return Ok(false);
        }
        let has_room = range.len() <= room;
        let range = range.start..range.end.min(range.start + room);
        if !has_room {
            self.copy.full_at = Some(range.end);
        }
        self.at(range.start);
        let window = self.window_at..self.window_at + self.window.len();
        if range.start >= window.start && range.end <= window.end {
            let from = range.start - window.start;
            let part = &self.window[from..from + range.len()];
            self.copy.bytes.extend_from_slice(part);
            return Ok(has_room);
        }
        let from = self.copy.bytes.len();
        self.copy.bytes.resize(from + range.len(), 0);
        let start = u64::try_from(range.start).unwrap_or(u64::MAX);
        self.source.seek(SeekFrom::Start(start))?;
        self.source.read_exact(&mut self.copy.bytes[from..])?;
        Ok(has_room)
    }

    /// Adds bytes that stand for others, which begin there in the file.
    fn put(&mut self, file: usize, bytes: &[u8]) {
        self.at(file);
        self.copy.bytes.extend_from_slice(bytes);
    }

    /// Chunks: texts and EXIF whole, the others empty. Returns, as those below, the place in the file of the end of the copy.
    fn png(&mut self) -> io::Result<usize> {
        const SIGNATURE_BYTES: usize = 8;
        const HEADER_BYTES: usize = 8;
        const CHECK_BYTES: usize = 4;
        self.keep(0..SIGNATURE_BYTES)?;
        let mut at = SIGNATURE_BYTES;
        for _ in 0..=MAX_PNG_CHUNKS {
            let start = at + HEADER_BYTES;
            let Some(&[a, b, c, d, k0, k1, k2, k3]) = self.get(at..start)?.first_chunk() else {
                self.keep(at..self.length)?;
                break;
            };
            let kind = [k0, k1, k2, k3];
            let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
            let stop = start.saturating_add(length);
            let end = stop.saturating_add(CHECK_BYTES);
            let is_wanted = matches!(&kind, b"IHDR" | b"eXIf" | b"tEXt" | b"zTXt" | b"iTXt");
            if stop > self.length {
                // The walker goes no further.
                self.keep(at..start)?;
                break;
            }
            if is_wanted {
                self.keep(at..end)?;
            } else {
                self.put(at, &[0; 4]);
                self.put(at + 4, &kind);
                // The next header is read along.
                self.get(stop..end.saturating_add(HEADER_BYTES))?;
                self.keep(stop..end)?;
            }
            if &kind == b"IEND" || end > self.length || self.copy.full_at.is_some() {
                break;
            }
            at = end;
        }
        Ok(self.length)
    }

    /// Blocks: comments and XMP whole, the others without their data.
    fn gif(&mut self) -> io::Result<usize> {
        const HEADER_BYTES: usize = 13;
        /// Bytes of the descriptor of a picture before the byte that tells its color table.
        const DESCRIPTOR_BYTES: usize = 9;
        const HAS_TABLE: u8 = 0x80;
        let table_bytes = |packed: u8| match packed & HAS_TABLE {
            0 => 0,
            _ => 3 << ((packed & 7) + 1),
        };
        let packed = self.byte(10)?.unwrap_or_default();
        let mut at = HEADER_BYTES + table_bytes(packed);
        self.keep(0..at)?;
        for _ in 0..MAX_GIF_BLOCKS {
            if self.copy.full_at.is_some() {
                return Ok(self.length);
            }
            match self.byte(at)? {
                Some(0) => {
                    self.keep(at..at + 1)?;
                    at += 1;
                }
                Some(0x21) => {
                    let start = at + 2;
                    let is_wanted = match self.byte(at + 1)? {
                        Some(0xFE) => true,
                        Some(0xFF) => {
                            self.get(start..start + gif::XMP_HEADER.len())? == gif::XMP_HEADER
                        }
                        _ => false,
                    };
                    let end = self.sub_blocks(start)?;
                    self.keep(at..start)?;
                    let Some(end) = end else {
                        return Ok(self.length);
                    };
                    if is_wanted {
                        self.keep(start..end)?;
                    }
                    self.keep(end..end + 1)?;
                    at = end + 1;
                }
                Some(0x2C) => {
                    let tail = at + DESCRIPTOR_BYTES;
                    self.keep(at..tail)?;
                    let Some(packed) = self.byte(tail)? else {
                        return Ok(self.length);
                    };
                    let start = tail + 1 + table_bytes(packed) + 1;
                    self.put(tail, &[packed & !HAS_TABLE]);
                    let Some(end) = self.sub_blocks(start)? else {
                        return Ok(self.length);
                    };
                    // The size of the codes, and the end of no data.
                    self.put(start - 1, &[0]);
                    self.keep(end..end + 1)?;
                    at = end + 1;
                }
                // The end, or what is no block.
                _ => {
                    self.keep(at..at + 1)?;
                    return Ok(self.length);
                }
            }
        }
        Ok(at)
    }

    /// The place of the zero byte that ends the sub-blocks from `at` on.
    fn sub_blocks(&mut self, mut at: usize) -> io::Result<Option<usize>> {
        loop {
            match self.byte(at)? {
                None => return Ok(None),
                Some(0) => return Ok(Some(at)),
                Some(length) => at += 1 + usize::from(length),
            }
        }
    }

    /// Script tags whole; the others are left out.
    fn flv(&mut self) -> io::Result<usize> {
        const HEADER_BYTES: usize = 9;
        const TAG_BYTES: usize = 11;
        const SIZE_BYTES: usize = 4;
        const SCRIPT: u8 = 18;
        let head = self.get(0..HEADER_BYTES)?;
        let &[_, _, _, _, _, a, b, c, d] = head else {
            self.keep(0..self.length)?;
            return Ok(self.length);
        };
        // The header may be longer; the copy has one of the usual length.
        self.keep(0..HEADER_BYTES - 4)?;
        self.put(5, &[0, 0, 0, 9]);
        let header = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let mut at = header.saturating_add(SIZE_BYTES);
        self.put(HEADER_BYTES, &[0; SIZE_BYTES]);
        let mut scripts = 0;
        for _ in 0..MAX_FLV_TAGS {
            if at >= self.length || self.copy.full_at.is_some() {
                return Ok(self.length);
            }
            let start = at + TAG_BYTES;
            let &[kind, a, b, c, ..] = self.get(at..start)? else {
                self.keep(at..self.length)?;
                return Ok(self.length);
            };
            let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
            let stop = start.saturating_add(length);
            if stop > self.length {
                self.keep(at..start)?;
                return Ok(self.length);
            }
            if kind & 0x1F == SCRIPT {
                self.keep(at..stop + SIZE_BYTES)?;
                scripts += 1;
                if scripts > MAX_FLV_SCRIPTS {
                    return Ok(self.length);
                }
            }
            at = stop + SIZE_BYTES;
        }
        self.copy.full_at.get_or_insert(at);
        Ok(at)
    }

    /// Everything but the data of streams that neither hold objects nor XMP.
    fn pdf(&mut self) -> io::Result<usize> {
        /// Bytes of a stream without an end that are kept: they show that it is one.
        const SOME_BYTES: usize = 16;
        let mut kept = 0;
        let mut region = 0;
        let mut search = 0;
        for _ in 0..MAX_PDF_STREAMS {
            let Some(word) = self.find(search, pdf::STREAM)? else {
                self.keep(kept..self.length)?;
                return Ok(self.length);
            };
            let after = word + pdf::STREAM.len();
            if !self.keep(kept..after)? {
                return Ok(self.length);
            }
            kept = after;
            search = after;
            let ending = self.get(after..after + 2)?.to_vec();
            let here = self.copy.bytes.len() - pdf::STREAM.len();
            let before = &self.copy.bytes[..here];
            let Some(data) = pdf::data_of(before, &ending).map(|skip| after + skip) else {
                continue;
            };
            let is_wanted = pdf::is_read(&before[region..]);
            self.keep(after..data)?;
            let Some(end) = self.find(data, pdf::END_OF_STREAM)? else {
                self.keep(data..data.saturating_add(SOME_BYTES))?;
                return Ok(self.length);
            };
            if is_wanted {
                self.keep(data..end)?;
            }
            kept = end + pdf::END_OF_STREAM.len();
            if !self.keep(end..kept)? {
                return Ok(self.length);
            }
            region = self.copy.bytes.len();
            search = kept;
        }
        Ok(kept)
    }
}
