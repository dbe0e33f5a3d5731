//! Reads a long file without holding it: only the parts that the walkers look at are read, into a sheet of the file's length
//! whose other bytes stay zero. Pages that nobody writes to take no memory, and every offset is the file's own.
//!
//! What is left out is bulk that no walker looks at: frames and samples of movies and sound, pixels, entries of archives,
//! streams of documents, boxes of pictures that are no metadata. PNG, GIF, FLV and PDF, whose parts have to be followed
//! through the bulk, are abridged instead ([`crate::abridge`]). [`read_from`] tells of a file what [`read`](crate::read) tells
//! of its bytes, unless its metadata is longer than [`MAX_RESIDENT_BYTES`]: then a gap says so.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use aftercare_media::limits::{
    MAX_BOXES, MAX_COMMENT_BYTES, MAX_EBML_ELEMENTS, MAX_EBML_KEPT, MAX_EXIF_DIRECTORIES,
    MAX_EXIF_ENTRIES, MAX_FLAC_BLOCKS, MAX_ID3_FRAMES, MAX_JPEG_SEGMENTS, MAX_OGG_COMMENT_BYTES,
    MAX_OGG_PAGES, MAX_OGG_STREAMS, MAX_RIFF_CHUNKS, MAX_WEBP_CHUNKS, MAX_XMP_BYTES,
};
use aftercare_media::walk::{boxes, ebml, id3, jpeg, vorbis, zip};
use aftercare_media::{exif, xmp};
use memchr::memmem;

use crate::abridge::{Abridged, Kind, abridge};
use crate::artist;
use crate::consistency::{Times, observe};
use crate::container::Container;
use crate::credentials::jumbf::CARRIER_BYTES;
use crate::document::CUSTOM_PROPERTIES;
use crate::limits::{
    MAX_ARTIST_BYTES, MAX_FILE_BYTES, MAX_PROPERTY_PARTS, MAX_RESIDENT_BYTES,
    MAX_TEXT_PREFIX_BYTES, MAX_TRAILER_BYTES,
};
use crate::mark::Mark;
use crate::movie::MANIFEST_UUID;
use crate::report::{Report, read, too_long};
use crate::rule::Rule;

/// Bytes that are read at once around a place.
const WINDOW_BYTES: usize = 8 * 1024;
/// Bytes of a page, as memory is counted.
const PAGE_BYTES: usize = 4096;
/// Bytes at the start of a file that tell its container, but for texts.
const HEAD_BYTES: usize = 4096;
/// Bytes of a scan that are searched at once.
const SCAN_BYTES: usize = 64 * 1024;
/// Bytes of a chunk of a WebP that are read where its content is pixels: the header of the frame.
const FRAME_HEADER_BYTES: usize = 64;

/// Reads the marks of a file of any length up to the limit.
///
/// # Errors
/// As the source.
pub fn read_from<R: Read + Seek>(source: &mut R) -> io::Result<Report> {
    lay_out(source).map(|(report, _)| report)
}

/// What is read of; one type for all, so that the code is there once.
pub(crate) trait Source: Read + Seek {}

impl<R: Read + Seek> Source for R {}

/// A file that may carry a manifest, as far as it is held, and where the rest is read.
pub(crate) enum Layout<'s> {
    Sheet(Sheet<'s>),
    Abridged {
        copy: Abridged,
        source: &'s mut dyn Source,
        length: usize,
    },
}

impl Layout<'_> {
    /// The memory that it takes.
    pub(crate) const fn held_bytes(&self) -> usize {
        match self {
            Self::Sheet(sheet) => sheet.resident_bytes,
            Self::Abridged { copy, .. } => copy.bytes.len(),
        }
    }

    /// What EXIF says beside the picture and the times, as [`observe`] tells of the whole file: of a JPEG everything but the
    /// coded pixels is held.
    pub(crate) fn observe(&self, times: Times) -> Vec<Mark> {
        match self {
            Self::Sheet(sheet) => observe(&sheet.bytes, times),
            Self::Abridged { .. } => Vec::new(),
        }
    }
}

/// The same, and what was read of the file if it may carry a manifest, or EXIF that is held against the picture.
pub(crate) fn lay_out(source: &mut dyn Source) -> io::Result<(Report, Option<Layout<'_>>)> {
    let length = source.seek(SeekFrom::End(0))?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MAX_FILE_BYTES {
        let mut head = vec![0; HEAD_BYTES];
        source.seek(SeekFrom::Start(0))?;
        source.read_exact(&mut head)?;
        return Ok((too_long(&head), None));
    }
    let mut head = vec![0; HEAD_BYTES.min(length)];
    source.seek(SeekFrom::Start(0))?;
    source.read_exact(&mut head)?;
    let kind = match Container::of(&head) {
        Container::Png => Some(Kind::Png),
        Container::Gif => Some(Kind::Gif),
        Container::Flv => Some(Kind::Flv),
        Container::Pdf => Some(Kind::Pdf),
        _ => None,
    };
    let (report, full_at, has_manifest, layout) = if let Some(kind) = kind {
        let copy = abridge(source, length, kind)?;
        let report = read(&copy.bytes).moved(|at| copy.place(at));
        let full_at = copy.full_at;
        let layout = Layout::Abridged {
            copy,
            source,
            length,
        };
        (report, full_at, false, layout)
    } else {
        let sheet = Sheet::of(source, length, &head)?;
        let report = read(&sheet.bytes);
        (
            report,
            sheet.full_at,
            sheet.has_manifest,
            Layout::Sheet(sheet),
        )
    };
    let has_manifest = has_manifest || report.marks.iter().any(|mark| mark.rule == Rule::Manifest);
    let is_wanted = has_manifest || report.format == Container::Jpeg;
    let report = match full_at {
        Some(at) => report.with_gap(at, "too much metadata to be held"),
        None => report,
    };
    Ok((report, is_wanted.then_some(layout)))
}

pub(crate) struct Sheet<'s> {
    source: &'s mut dyn Source,
    bytes: Vec<u8>,
    window: Vec<u8>,
    window_at: usize,
    /// Which pages were written to.
    pages: Vec<bool>,
    resident_bytes: usize,
    /// Whether a chunk or box for manifests was seen where nothing else is looked for.
    has_manifest: bool,
    /// Where reading was given up because there is too much.
    full_at: Option<usize>,
}

impl<'s> Sheet<'s> {
    fn of(source: &'s mut dyn Source, length: usize, head: &[u8]) -> io::Result<Self> {
        let mut sheet = Self {
            source,
            bytes: vec![0; length],
            window: head.to_vec(),
            window_at: 0,
            pages: vec![false; length.div_ceil(PAGE_BYTES)],
            resident_bytes: 0,
            has_manifest: false,
            full_at: None,
        };
        sheet.need(0..HEAD_BYTES)?;
        let head = sheet.bytes.get(..HEAD_BYTES).unwrap_or(&sheet.bytes);
        let mut container = Container::of(head);
        if matches!(container, Container::Text | Container::Unknown) && length > HEAD_BYTES {
            sheet.need(0..MAX_TEXT_PREFIX_BYTES)?;
            container = Container::of(&sheet.bytes);
        }
        match container {
            Container::Mp4 => sheet.movie()?,
            Container::Heic | Container::Avif => sheet.items()?,
            Container::JpegXl => sheet.jpeg_xl()?,
            Container::Matroska => sheet.matroska()?,
            Container::Avi | Container::Wav => sheet.riff()?,
            Container::Jpeg => sheet.jpeg()?,
            Container::WebP => sheet.webp()?,
            Container::Zip => sheet.archive()?,
            Container::Tiff => sheet.tiff()?,
            Container::Mp3 => sheet.mp3()?,
            Container::Flac => sheet.flac(0)?,
            Container::Ogg => sheet.ogg()?,
            Container::Svg => sheet.svg()?,
            // Nothing behind the start is looked at; the others are abridged.
            Container::Text
            | Container::Unknown
            | Container::Png
            | Container::Gif
            | Container::Flv
            | Container::Pdf => {}
        }
        Ok(sheet)
    }

    /// The bytes that are held, at their places, and where the rest is read.
    pub(crate) fn parts(&mut self) -> (&[u8], &mut dyn Source) {
        (&self.bytes, &mut *self.source)
    }

    fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Copies a range of the file to its place. Says whether there was room.
    fn need(&mut self, range: Range<usize>) -> io::Result<bool> {
        let range = range.start.min(self.len())..range.end.min(self.len());
        if range.is_empty() || self.full_at.is_some() {
            return Ok(self.full_at.is_none());
        }
        for page in range.start / PAGE_BYTES..=(range.end - 1) / PAGE_BYTES {
            if let Some(is_written) = self.pages.get_mut(page)
                && !std::mem::replace(is_written, true)
            {
                self.resident_bytes += PAGE_BYTES;
            }
        }
        if self.resident_bytes > MAX_RESIDENT_BYTES {
            self.full_at = Some(range.start);
            return Ok(false);
        }
        let window = self.window_at..self.window_at + self.window.len();
        if range.len() > WINDOW_BYTES {
            self.source.seek(SeekFrom::Start(start(range.start)))?;
            self.source.read_exact(&mut self.bytes[range])?;
            return Ok(true);
        }
        if range.start < window.start || range.end > window.end {
            let stop = (range.start + WINDOW_BYTES).min(self.len());
            self.window.resize(stop - range.start, 0);
            self.window_at = range.start;
            self.source.seek(SeekFrom::Start(start(range.start)))?;
            self.source.read_exact(&mut self.window)?;
        }
        let from = range.start - self.window_at;
        let part = &self.window[from..from + range.len()];
        self.bytes[range].copy_from_slice(part);
        Ok(true)
    }

    /// The number of `width` bytes at `at`, most significant first, after it was read.
    fn number(&self, at: usize, width: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(width)?)?;
        bytes.iter().try_fold(0_usize, |number, &byte| {
            number.checked_mul(256)?.checked_add(usize::from(byte))
        })
    }

    /// The same, least significant first.
    fn number_le(&self, at: usize, width: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(width)?)?;
        let number = bytes.iter().rev();
        Some(number.fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    /// The boxes at the top, their headers read: kind and content.
    fn boxes(&mut self) -> io::Result<Vec<([u8; 4], Range<usize>)>> {
        const HEADER_BYTES: usize = 16;
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.len() && found.len() < MAX_BOXES && self.need(at..at + HEADER_BYTES)? {
            let (Some(size), Some(kind)) = (
                self.number(at, 4),
                self.bytes
                    .get(at + 4..at + 8)
                    .map(|kind| [kind[0], kind[1], kind[2], kind[3]]),
            ) else {
                break;
            };
            let (header, length) = match size {
                0 => (8, Some(self.len() - at)),
                1 => (16, self.number(at + 8, 8)),
                _ => (8, Some(size)),
            };
            let stop = length
                .filter(|&length| length >= header)
                .and_then(|length| at.checked_add(length));
            let Some(stop) = stop else { break };
            found.push((kind, at + header..stop));
            at = stop;
        }
        Ok(found)
    }

    fn movie(&mut self) -> io::Result<()> {
        for (kind, data) in self.boxes()? {
            if &kind == b"uuid" {
                self.named_box(data)?;
            } else if matches!(&kind, b"moov" | b"udta" | b"meta") {
                self.need(data)?;
            }
        }
        Ok(())
    }

    /// A box that is named by what it begins with; of a manifest, only that.
    fn named_box(&mut self, data: Range<usize>) -> io::Result<()> {
        self.need(data.start..data.end.min(data.start + CARRIER_BYTES))?;
        let content = self.bytes.get(data.start..).unwrap_or_default();
        if !content.starts_with(&MANIFEST_UUID) {
            self.need(data)?;
        }
        Ok(())
    }

    fn jpeg_xl(&mut self) -> io::Result<()> {
        // A bare code stream has no boxes.
        if self.bytes.starts_with(&[0xFF, 0x0A]) {
            return Ok(());
        }
        for (kind, data) in self.boxes()? {
            if &kind == b"jumb" {
                self.has_manifest = true;
                self.need(data.start..data.end.min(data.start + CARRIER_BYTES))?;
            }
            if matches!(&kind, b"xml " | b"Exif") {
                self.need(data)?;
            }
        }
        Ok(())
    }

    /// HEIC and AVIF: texts and EXIF may lie between the pixels.
    fn items(&mut self) -> io::Result<()> {
        let found = self.boxes()?;
        for (kind, data) in &found {
            if kind == b"uuid" {
                self.named_box(data.clone())?;
            } else if !matches!(kind, b"mdat" | b"free" | b"skip") {
                self.need(data.clone())?;
            }
        }
        for (_, data) in found.iter().filter(|(kind, _)| kind == b"meta") {
            let content = boxes::meta_content(&self.bytes, data);
            for item in boxes::items(&self.bytes, content).parts {
                for extent in item.extents {
                    self.need(extent)?;
                }
            }
        }
        Ok(())
    }

    /// The headers of the segments and of what is in them; the tags whole.
    fn matroska(&mut self) -> io::Result<()> {
        for segment in self.elements(0..self.len(), ebml::SEGMENT)? {
            for tags in self.elements(segment, ebml::TAGS)? {
                self.need(tags)?;
            }
        }
        Ok(())
    }

    /// The contents of the elements in `range` that are wanted, as the walker takes them.
    fn elements(&mut self, range: Range<usize>, wanted: u32) -> io::Result<Vec<Range<usize>>> {
        // Four bytes of identifier, eight of size.
        const HEADER_BYTES: usize = 12;
        let end = range.end.min(self.len());
        let mut found = Vec::new();
        let mut at = range.start;
        for _ in 0..MAX_EBML_ELEMENTS {
            if at >= end || found.len() > MAX_EBML_KEPT || !self.need(at..at + HEADER_BYTES)? {
                break;
            }
            let Some((id, start, size)) = ebml::header(&self.bytes, at) else {
                break;
            };
            let Some(size) = size else {
                if id == ebml::SEGMENT && id == wanted {
                    found.push(start.min(end)..end);
                    break;
                }
                at = start;
                continue;
            };
            let Some(stop) = start.checked_add(size) else {
                break;
            };
            if id == wanted {
                found.push(start.min(end)..stop.min(end).max(start.min(end)));
            }
            at = stop;
        }
        Ok(found)
    }

    fn riff(&mut self) -> io::Result<()> {
        for (kind, content) in self.chunks(0..self.len())? {
            if !matches!(&kind, b"RIFF" | b"LIST" | b"RF64") {
                continue;
            }
            let inside = content.start.saturating_add(4)..content.end;
            for (kind, content) in self.chunks(inside)? {
                if &kind == b"C2PA" {
                    self.has_manifest = true;
                    self.need(content.start..content.end.min(content.start + CARRIER_BYTES))?;
                }
                let is_information = matches!(&kind, b"RIFF" | b"LIST")
                    && self
                        .bytes
                        .get(content.start..content.start.saturating_add(4))
                        == Some(b"INFO");
                if is_information || matches!(&kind, b"AIGC" | b"_PMX" | b"id3 " | b"ID3 ") {
                    self.need(content)?;
                }
            }
        }
        Ok(())
    }

    /// The chunks in `range` as the walker takes them, their headers and the kinds of lists read.
    fn chunks(&mut self, range: Range<usize>) -> io::Result<Vec<([u8; 4], Range<usize>)>> {
        const HEADER_BYTES: usize = 12;
        let end = range.end.min(self.len());
        let mut found = Vec::new();
        let mut at = range.start;
        while at + 1 < end && found.len() < MAX_RIFF_CHUNKS && self.need(at..at + HEADER_BYTES)? {
            let kind = self.bytes.get(at..at + 4);
            let (Some(&[a, b, c, d]), Some(length)) = (kind, self.number_le(at + 4, 4)) else {
                break;
            };
            let Some(stop) = (at + 8).checked_add(length) else {
                break;
            };
            found.push(([a, b, c, d], (at + 8).min(end)..stop.min(end)));
            at = stop + (length & 1);
        }
        Ok(found)
    }

    fn webp(&mut self) -> io::Result<()> {
        let mut at = 12;
        for _ in 0..=MAX_WEBP_CHUNKS {
            if at >= self.len() || !self.need(at..at + 8)? {
                break;
            }
            let Some(length) = self.number_le(at + 4, 4) else {
                break;
            };
            let start = at + 8;
            let is_bulk = matches!(
                self.bytes.get(at..at + 4),
                Some(b"VP8 " | b"VP8L" | b"ALPH" | b"ANMF")
            );
            let Some(stop) = start.checked_add(length) else {
                break;
            };
            let is_manifest = self.bytes.get(at..at + 4) == Some(b"C2PA");
            let wanted = if is_bulk {
                length.min(FRAME_HEADER_BYTES)
            } else if is_manifest {
                length.min(CARRIER_BYTES)
            } else {
                length
            };
            self.need(start..start + wanted)?;
            at = stop + (length & 1);
        }
        Ok(())
    }

    /// Segments whole, but for those of a manifest; of what lies between them only the markers. What stands behind the picture
    /// is looked at from the end.
    fn jpeg(&mut self) -> io::Result<()> {
        let mut has_manifest = false;
        let mut at = 2;
        for _ in 0..=MAX_JPEG_SEGMENTS {
            at = self.next_marker(at)?;
            if at >= self.len() || !self.need(at..at + 4)? {
                break;
            }
            match self.bytes.get(at + 1) {
                Some(0xD9) => {
                    at += 2;
                    break;
                }
                Some(0x01 | 0xD8) => at += 2,
                _ => {
                    let Some(length) = self.number(at + 2, 2) else {
                        break;
                    };
                    self.need(at..at + 2 + length.min(CARRIER_BYTES))?;
                    let start = at + 4;
                    let head = self
                        .bytes
                        .get(start..start.max(at + 2 + length.min(CARRIER_BYTES)));
                    let head = head.filter(|_| self.bytes.get(at + 1) == Some(&0xEB));
                    let head = head.filter(|head| head.starts_with(b"JP"));
                    // Where a manifest was seen, the segments after it tell nothing more.
                    has_manifest |= head.is_some_and(|head| memmem::find(head, b"c2pa").is_some());
                    if head.is_none() || !has_manifest {
                        self.need(at..at + 2 + length)?;
                    }
                    at += 2 + length.max(2);
                }
            }
        }
        let end = self.len();
        self.need(end.saturating_sub(4)..end)?;
        if self.bytes.ends_with(b"SEFT") {
            self.need(at.max(end.saturating_sub(MAX_TRAILER_BYTES))..end)?;
        }
        Ok(())
    }

    /// The place of the first marker at or behind `from`: 0xFF followed by neither a stuffed zero, a fill byte nor a restart.
    fn next_marker(&mut self, from: usize) -> io::Result<usize> {
        self.need(from..from + 2)?;
        if let Some([0xFF, next]) = self.bytes.get(from..from + 2)
            && !matches!(next, 0x00 | 0xD0..=0xD7 | 0xFF)
        {
            return Ok(from);
        }
        let mut block = vec![0; SCAN_BYTES];
        let mut at = from.min(self.len());
        while at < self.len() {
            let wanted = block.len().min(self.len() - at);
            self.source.seek(SeekFrom::Start(start(at)))?;
            self.source.read_exact(&mut block[..wanted])?;
            let data = &block[..wanted];
            if let Some(found) = jpeg::next_marker(data, 0) {
                return Ok(at + found);
            }
            // What follows the last byte tells whether it begins one.
            let is_open = data.ends_with(&[0xFF]) && wanted > 1;
            at += wanted - usize::from(is_open);
        }
        Ok(self.len())
    }

    /// The directories, and the values that are looked at.
    fn tiff(&mut self) -> io::Result<()> {
        const ENTRY_BYTES: usize = 12;
        let is_big = self.bytes.starts_with(b"MM");
        let number = |sheet: &Self, at: usize, width: usize| {
            if is_big {
                sheet.number(at, width)
            } else {
                sheet.number_le(at, width)
            }
        };
        // The order is the reader's, as both go no further than a number of directories.
        let mut visited = Vec::new();
        let mut pending = vec![(number(self, 4, 4), false)];
        while let Some((directory, is_place)) = pending.pop() {
            let Some(start) = directory.filter(|at| !visited.contains(at)) else {
                continue;
            };
            if visited.len() == MAX_EXIF_DIRECTORIES {
                break;
            }
            visited.push(start);
            self.need(start..start + 2)?;
            let count = number(self, start, 2).filter(|_| !is_place).unwrap_or(0);
            let entries = start + 2;
            let read = count.min(MAX_EXIF_ENTRIES);
            self.need(entries..entries + read * ENTRY_BYTES)?;
            for at in (0..read).map(|index| entries + index * ENTRY_BYTES) {
                let field = number(self, at, 2).zip(number(self, at + 2, 2));
                let (Some((tag, kind)), Some(values), Some(value)) =
                    (field, number(self, at + 4, 4), number(self, at + 8, 4))
                else {
                    break;
                };
                let length = exif::value_bytes(kind).and_then(|bytes| values.checked_mul(bytes));
                let is_inside = |length: &usize| {
                    let end = value.checked_add(*length);
                    *length <= 4 || end.is_some_and(|end| end <= self.len())
                };
                let Some(length) = length.filter(is_inside) else {
                    continue;
                };
                let (end, is_apart) = (value.saturating_add(length), length > 4);
                if tag == artist::TAG && is_apart {
                    self.need(value..end.min(value + MAX_ARTIST_BYTES))?;
                }
                match exif::use_of(tag) {
                    exif::Use::Text if is_apart => {
                        self.need(value..end.min(value + MAX_COMMENT_BYTES))?;
                    }
                    exif::Use::Packet if is_apart => {
                        self.need(value..end.min(value + 2 * MAX_XMP_BYTES))?;
                    }
                    exif::Use::Directory => pending.push((Some(value), false)),
                    exif::Use::Place => pending.push((Some(value), true)),
                    _ => {}
                }
            }
            if count > 0 || !is_place {
                let next = entries + count * ENTRY_BYTES;
                self.need(next..next + 4)?;
                let next = number(self, next, 4).filter(|&next| next != 0);
                pending.insert(0, (next, false));
            }
        }
        Ok(())
    }

    /// The texts of the ID3 tag, and of FLAC behind it.
    fn mp3(&mut self) -> io::Result<()> {
        const HEADER_BYTES: usize = 10;
        self.need(0..HEADER_BYTES)?;
        let Some(size) = id3::syncsafe(&self.bytes, 6).filter(|_| self.bytes.starts_with(b"ID3"))
        else {
            return Ok(());
        };
        let (version, flags) = (self.bytes[3], self.bytes[5]);
        let end = (HEADER_BYTES + size).min(self.len());
        let is_unsynchronized = id3::is_unsynchronized(version, flags);
        let stop = end.min(HEADER_BYTES + id3::max_bytes(is_unsynchronized));
        if is_unsynchronized {
            self.need(HEADER_BYTES..stop)?;
        } else {
            self.id3_frames(HEADER_BYTES..stop, version, flags & 0x40 != 0)?;
        }
        self.need(end..end + 4)?;
        if self.bytes[end..].starts_with(b"fLaC") {
            self.flac(end)?;
        }
        Ok(())
    }

    /// The headers of the frames in `tag`, and those with described texts whole.
    fn id3_frames(&mut self, tag: Range<usize>, version: u8, is_extended: bool) -> io::Result<()> {
        let mut at = tag.start;
        if is_extended && version > 2 {
            self.need(at..at + 4)?;
            let skipped = if version == 4 {
                id3::syncsafe(&self.bytes, at)
            } else {
                self.number(at, 4).and_then(|size| size.checked_add(4))
            };
            at = at.saturating_add(skipped.unwrap_or(usize::MAX));
        }
        let (name_width, header) = if version == 2 { (3, 6) } else { (4, 10) };
        for _ in 0..MAX_ID3_FRAMES {
            if at >= tag.end || !self.need(at..(at + header).min(tag.end))? {
                break;
            }
            let name = self.bytes.get(at..at + name_width).unwrap_or_default();
            let is_wanted = matches!(name, b"TXXX" | b"TXX" | b"COMM" | b"COM");
            let is_padding = name.first().is_none_or(|&byte| byte == 0);
            let size = match version {
                2 => self.number(at + 3, 3),
                4 => id3::syncsafe(&self.bytes, at + 4),
                _ => self.number(at + 4, 4),
            };
            let stop = size.and_then(|size| (at + header).checked_add(size));
            let Some(stop) = stop.filter(|&stop| stop <= tag.end && !is_padding) else {
                break;
            };
            if is_wanted {
                self.need(at..stop)?;
            }
            at = stop;
        }
        Ok(())
    }

    /// The headers of the blocks of FLAC from `at` on, and the comments whole.
    fn flac(&mut self, at: usize) -> io::Result<()> {
        let mut at = at + 4;
        for _ in 0..MAX_FLAC_BLOCKS {
            if !self.need(at..at + 4)? {
                break;
            }
            let (Some(kind), Some(length)) = (self.number(at, 1), self.number(at + 1, 3)) else {
                break;
            };
            let stop = at + 4 + length;
            if stop > self.len() {
                break;
            }
            if kind & 0x7F == usize::from(vorbis::FLAC_COMMENTS) {
                self.need(at..stop)?;
            }
            if kind & 0x80 != 0 {
                break;
            }
            at = stop;
        }
        Ok(())
    }

    /// The headers of the pages until every stream has shown its comments, and the pages that hold these.
    fn ogg(&mut self) -> io::Result<()> {
        // Pages end with other packets, so that more than comments is on them.
        const MAX_BYTES: usize = MAX_OGG_COMMENT_BYTES + MAX_OGG_STREAMS * 64 * 1024;
        let mut streams: Vec<(usize, usize)> = Vec::new();
        let mut held = 0;
        let mut at = 0;
        for _ in 0..MAX_OGG_PAGES {
            let table = at + vorbis::PAGE_HEADER_BYTES;
            if at >= self.len() || !self.need(at..table)? {
                break;
            }
            let (Some(serial), Some(count)) = (self.number(at + 14, 4), self.number(table - 1, 1))
            else {
                break;
            };
            let body = table + count;
            self.need(table..body)?;
            let is_page = self.bytes[at..].starts_with(b"OggS");
            let Some(lacing) = self.bytes.get(table..body).filter(|_| is_page) else {
                break;
            };
            let stop = body + lacing.iter().map(|&size| usize::from(size)).sum::<usize>();
            let ended = lacing.iter().filter(|&&size| size < 255).count();
            if stop > self.len() {
                break;
            }
            let position = streams.iter().position(|stream| stream.0 == serial);
            let position = position.unwrap_or_else(|| {
                streams.push((serial, 0));
                streams.len() - 1
            });
            if streams.len() > MAX_OGG_STREAMS {
                break;
            }
            let packets = &mut streams[position].1;
            // The second packet, or a part of it, is on this page.
            let is_wanted = *packets <= 1 && *packets + ended >= 1;
            *packets += ended;
            if is_wanted {
                held += stop - body;
                if held > MAX_BYTES || !self.need(body..stop)? {
                    break;
                }
            }
            if streams.iter().all(|stream| stream.1 >= 2) {
                break;
            }
            at = stop;
        }
        Ok(())
    }

    /// The start of the drawing, and behind it the place where it names the namespace of labels.
    fn svg(&mut self) -> io::Result<()> {
        const NAMESPACE: &[u8] = xmp::AIGC_NAMESPACE.as_bytes();
        self.need(0..MAX_XMP_BYTES)?;
        let mut block = vec![0; SCAN_BYTES];
        let mut at = MAX_XMP_BYTES - NAMESPACE.len();
        while at + NAMESPACE.len() <= self.len() {
            let wanted = block.len().min(self.len() - at);
            let block = &mut block[..wanted];
            self.source.seek(SeekFrom::Start(start(at)))?;
            self.source.read_exact(block)?;
            if let Some(found) = memmem::find(block, NAMESPACE) {
                let found = at + found;
                self.need(found..found + NAMESPACE.len())?;
                break;
            }
            at += wanted + 1 - NAMESPACE.len();
        }
        Ok(())
    }

    fn archive(&mut self) -> io::Result<()> {
        let end = self.len();
        self.need(end.saturating_sub(zip::TAIL_BYTES)..end)?;
        let Some(directory) = zip::directory(&self.bytes) else {
            return Ok(());
        };
        self.need(directory)?;
        let entries = zip::entries(&self.bytes).parts;
        let parts = entries
            .iter()
            .filter(|entry| entry.name == CUSTOM_PROPERTIES);
        for entry in parts.take(MAX_PROPERTY_PARTS) {
            self.need(entry.offset..entry.offset.saturating_add(zip::LOCAL_BYTES))?;
            if let Some(range) = zip::data(&self.bytes, entry) {
                self.need(entry.offset..range.end)?;
            }
        }
        Ok(())
    }
}

/// A place of a file, as sources count.
fn start(at: usize) -> u64 {
    u64::try_from(at).unwrap_or(u64::MAX)
}
