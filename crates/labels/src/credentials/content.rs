//! The bytes of a file whose manifest is checked: held whole, or read from its source as they are wanted, so that a long file
//! takes no more memory than its manifest does.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io::{self, SeekFrom};
use std::ops::Range;

use aftercare_media::walk::png;
use aws_lc_rs::digest::Context;

use super::jumbf::{self, Place};
use crate::abridge::Abridged;
use crate::container::Container;
use crate::limits::{MAX_CHECKED_BYTES, MAX_LOOKED_BYTES, MAX_MANIFEST_BYTES};
use crate::sheet::{Layout, Source};

/// Bytes that are read and hashed at once.
const BLOCK_BYTES: usize = 256 * 1024;
/// Bytes of a chunk of a PNG before its data, and after it.
const CHUNK_HEADER_BYTES: usize = 8;
const CHUNK_CHECK_BYTES: usize = 4;

pub(super) enum Content<'a> {
    Whole(&'a [u8]),
    /// What tells the parts of the file, at their own places, and the rest to be read.
    Sheet {
        bytes: &'a [u8],
        source: Streamed<'a>,
    },
    /// A PNG without the data of most of its chunks, and where they are.
    Abridged {
        copy: &'a Abridged,
        source: Streamed<'a>,
    },
}

/// A source that is read while the file is only looked at.
pub(super) struct Streamed<'a> {
    source: RefCell<&'a mut dyn Source>,
    length: usize,
    /// Bytes that may still be looked at out of order.
    budget: Cell<usize>,
    /// Why reading failed: that is no answer about the file.
    failed: RefCell<Option<io::Error>>,
}

impl<'a> Streamed<'a> {
    fn new(source: &'a mut dyn Source, length: usize) -> Self {
        Self {
            source: RefCell::new(source),
            length,
            budget: Cell::new(MAX_LOOKED_BYTES),
            failed: RefCell::new(None),
        }
    }

    fn read(&self, at: usize, into: &mut [u8]) -> Option<()> {
        let mut source = self.source.borrow_mut();
        let start = SeekFrom::Start(u64::try_from(at).ok()?);
        let read = source.seek(start).and_then(|_| source.read_exact(into));
        read.map_err(|error| *self.failed.borrow_mut() = Some(error))
            .ok()
    }

    fn part(&self, range: Range<usize>) -> Option<Vec<u8>> {
        let length = range.end.checked_sub(range.start)?;
        if range.end > self.length {
            return None;
        }
        self.budget.set(self.budget.get().checked_sub(length)?);
        let mut part = vec![0; length];
        self.read(range.start, &mut part)?;
        Some(part)
    }

    fn hash(&self, range: Range<usize>, context: &mut Context) -> Option<()> {
        if range.start > range.end || range.end > self.length {
            return None;
        }
        let mut block = vec![0; BLOCK_BYTES.min(range.len())];
        let mut at = range.start;
        while at < range.end {
            let wanted = block.len().min(range.end - at);
            let block = block.get_mut(..wanted)?;
            self.read(at, block)?;
            context.update(block);
            at += wanted;
        }
        Some(())
    }
}

impl<'a> Content<'a> {
    /// The file that was laid out.
    pub(super) fn of(layout: &'a mut Layout<'_>) -> Self {
        match layout {
            Layout::Sheet(sheet) => {
                let (bytes, source) = sheet.parts();
                let source = Streamed::new(source, bytes.len());
                Self::Sheet { bytes, source }
            }
            Layout::Abridged {
                copy,
                source,
                length,
            } => Self::Abridged {
                copy,
                source: Streamed::new(&mut **source, *length),
            },
        }
    }

    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Whole(bytes) | Self::Sheet { bytes, .. } => bytes.len(),
            Self::Abridged { source, .. } => source.length,
        }
    }

    /// Bytes in which the parts of the file can be followed; what lies in them may be left out. For a PNG, a copy with places
    /// of its own.
    pub(super) fn outline(&self) -> &'a [u8] {
        match self {
            Self::Whole(bytes) | Self::Sheet { bytes, .. } => bytes,
            Self::Abridged { copy, .. } => &copy.bytes,
        }
    }

    /// Where a place of the outline is in the file.
    pub(super) fn place(&self, at: usize) -> usize {
        match self {
            Self::Abridged { copy, .. } => copy.place(at),
            _ => at,
        }
    }

    /// A part of the file; `None` where it ends before, or too much was looked at.
    pub(super) fn part(&self, range: Range<usize>) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Whole(bytes) => bytes.get(range).map(Cow::Borrowed),
            Self::Sheet { source, .. } | Self::Abridged { source, .. } => {
                source.part(range).map(Cow::Owned)
            }
        }
    }

    /// Hashes a range of the file.
    pub(super) fn hash(&self, range: Range<usize>, context: &mut Context) -> Option<()> {
        match self {
            Self::Whole(bytes) => context.update(bytes.get(range)?),
            Self::Sheet { source, .. } | Self::Abridged { source, .. } => {
                source.hash(range, context)?;
            }
        }
        Some(())
    }

    /// Where the manifest store is; `None` when there is none, or none where we look.
    pub(super) fn place_of_store(&self, container: Container) -> Option<Place> {
        let Self::Abridged { copy, .. } = self else {
            return jumbf::place(self.outline(), container);
        };
        // The copy has no data of these chunks, nor their length.
        let chunks = png::walk_partly(&copy.bytes).0.into_iter();
        let mut found = chunks.filter(|chunk| &chunk.kind == b"caBX");
        found.find_map(|chunk| {
            let at = copy.place(chunk.offset);
            let start = at + CHUNK_HEADER_BYTES;
            let head = self.part(at..start + jumbf::SHOWN_BYTES)?;
            let length = u32::from_be_bytes(*head.first_chunk()?);
            let end = start.checked_add(usize::try_from(length).ok()?)?;
            let is_store = jumbf::is_store(head.get(CHUNK_HEADER_BYTES..)?);
            (is_store && end - start <= MAX_MANIFEST_BYTES).then(|| Place {
                parts: std::iter::once(start..end).collect(),
                carriers: std::iter::once(at..end + CHUNK_CHECK_BYTES).collect(),
            })
        })
    }

    /// The store; `None` when it would take too much memory beside what is held.
    pub(super) fn store(&self, place: &Place, held_bytes: usize) -> Option<Cow<'a, [u8]>> {
        let length: usize = place.parts.iter().map(Range::len).sum();
        let source = match (self, &place.parts[..]) {
            (Self::Whole(bytes), [one]) => return bytes.get(one.clone()).map(Cow::Borrowed),
            (Self::Whole(_), _) => None,
            (Self::Sheet { source, .. } | Self::Abridged { source, .. }, _) => Some(source),
        };
        if source.is_some() && held_bytes + length > MAX_CHECKED_BYTES {
            return None;
        }
        let mut store = vec![0; length];
        let mut rest = store.as_mut_slice();
        for part in &place.parts {
            let (into, next) = rest.split_at_mut_checked(part.len())?;
            match source {
                Some(source) if part.end <= source.length => source.read(part.start, into)?,
                _ => into.copy_from_slice(self.outline().get(part.clone())?),
            }
            rest = next;
        }
        Some(Cow::Owned(store))
    }

    /// Why the source could not be read.
    pub(super) fn failure(self) -> Option<io::Error> {
        match self {
            Self::Whole(_) => None,
            Self::Sheet { source, .. } | Self::Abridged { source, .. } => {
                source.failed.into_inner()
            }
        }
    }
}
