//! The copy of a clip that is shown: its pictures and its sound, and nothing else that its file says.
//!
//! A phone writes into a clip where and when it was taken and with what; the other side of a case has no business with
//! that. Nothing is moved: the copy has the places of the file, so that its tables stay true, and everything that is
//! neither a table of pictures or sound nor one of them is zero. Only the AI label is added back, at the end, because
//! stripping it is forbidden (人工智能生成合成内容标识办法, article 10).

use std::ops::Range;

use super::demux::VISUAL_ENTRY_BYTES;
use super::fragments::Fragments;
use super::{demux, labels};
use crate::error::MediaError;
use crate::format::Format;
use crate::label::preferred_label;
use crate::limits::MAX_CLIP_TRACKS;
use crate::walk::{Part, boxes};

/// Bytes of a handler box up to its name (ISO/IEC 14496-12, 8.4.3).
const HANDLER_BYTES: usize = 24;
/// Bytes of version and flags, and the number of entries.
const TABLE_PREFIX_BYTES: usize = 8;
/// Sound whose samples have the sizes that the table of sizes says: QuickTime's raw sound has not, and is left out.
const SOUND: [&[u8; 4]; 8] = [
    b"mp4a", b"Opus", b"ac-3", b"ec-3", b"alac", b"fLaC", b"samr", b"sawb",
];
/// Where the name that a recorder gives its encoder stands in the content of a video sample entry, and how long it is
/// (ISO/IEC 14496-12, 12.1.3).
const ENCODER_AT: usize = 42;
const ENCODER_BYTES: usize = 32;
/// Boxes that say something about a file, wherever they stand.
const SAYS: [&[u8; 4]; 5] = [b"uuid", b"udta", b"meta", b"free", b"skip"];
/// Type of text in UTF-8 in a `data` box (QuickTime metadata), and no locale.
const TEXT: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 0];

/// Copies pictures and sound of an MP4 or MOV, and its AI label; of a voice note the sound alone.
///
/// # Errors
/// When the tables of the pictures cannot be read, or the label is too long to be carried on.
pub fn shown(bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    let labels = labels::read(bytes)?;
    let label = preferred_label(&labels).map(|label| appended(&label.json));
    let walked = boxes::children(bytes, 0..bytes.len());
    let movie = demux::find(&walked.parts, b"moov")
        .map(|movie| boxes::children(bytes, movie).parts)
        .unwrap_or_default();
    let fragments = Fragments::of(bytes, &walked, &movie);
    let top = walked.parts;
    let mut copy = Copy {
        from: bytes,
        to: Vec::with_capacity(bytes.len() + label.as_ref().map_or(0, Vec::len)),
        has_video: false,
        pictures: 0,
        sounds: 0,
        left: bytes.len(),
        fragments: fragments.as_ref(),
        tracks: Vec::new(),
    };
    copy.to.resize(bytes.len(), 0);
    // Nobody plays another movie of the same file; the fragments are of the first one, too.
    let movie_at = top.iter().position(|part| part.kind == *b"moov");
    for (at, part) in top.iter().enumerate() {
        match &part.kind {
            b"ftyp" => copy.whole(part),
            b"mdat" => copy.header(part),
            b"moov" if Some(at) == movie_at => {
                copy.header(part);
                copy.movie(part)?;
            }
            _ => copy.free(part),
        }
    }
    for part in fragments.iter().flat_map(|fragments| &fragments.parts) {
        copy.fragment(part);
    }
    // A last box that goes to the end, or past it, gets its size, so that the label can follow.
    if let Some(last) = top.last() {
        copy.end(last);
    }
    let is_empty = if copy.has_video {
        copy.pictures == 0
    } else {
        copy.sounds == 0
    };
    if is_empty {
        return Err(MediaError::NotDecoded {
            format: Format::Mp4,
            what: "no picture in it".to_owned(),
        });
    }
    copy.to.extend(label.into_iter().flatten());
    Ok(copy.to)
}

struct Copy<'a> {
    from: &'a [u8],
    to: Vec<u8>,
    /// Whether it has a video, of which sound alone is no copy.
    has_video: bool,
    /// Pictures that were copied.
    pictures: usize,
    /// Pieces of sound that were copied.
    sounds: usize,
    /// Bytes that samples may still have: they lie beside each other, so together they are no longer than the file.
    left: usize,
    fragments: Option<&'a Fragments<'a>>,
    /// The numbers of the tracks that are shown.
    tracks: Vec<u32>,
}

impl Copy<'_> {
    fn range(&mut self, range: Range<usize>) {
        let end = range.end.min(self.from.len());
        if let (Some(from), Some(to)) = (
            self.from.get(range.start..end),
            self.to.get_mut(range.start..end),
        ) {
            to.copy_from_slice(from);
        }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(to) = self.to.get_mut(at..at + bytes.len()) {
            to.copy_from_slice(bytes);
        }
    }

    fn zero(&mut self, range: Range<usize>) {
        if let Some(to) = self.to.get_mut(range) {
            to.fill(0);
        }
    }

    fn header(&mut self, part: &Part) {
        self.range(part.offset..part.data.start);
    }

    /// Room where something was.
    fn free(&mut self, part: &Part) {
        self.header(part);
        self.put(part.offset + 4, b"free");
    }

    /// Nothing comes after this box, whose size is what there is of it.
    fn end(&mut self, part: &Part) {
        let size = part.data.end - part.offset;
        if part.data.start - part.offset > 8 {
            let size = u64::try_from(size).unwrap_or(u64::MAX);
            self.put(part.offset + 8, &size.to_be_bytes());
        } else if let Ok(size) = u32::try_from(size) {
            self.put(part.offset, &size.to_be_bytes());
        }
        self.to.truncate(part.data.end);
    }

    /// A box with its content.
    fn whole(&mut self, part: &Part) {
        self.range(part.offset..part.data.end);
    }

    /// The same without the two times at the start of its content (ISO/IEC 14496-12, 8.2.2).
    fn without_times(&mut self, part: &Part) {
        self.whole(part);
        let width = if self.from.get(part.data.start) == Some(&1) {
            16
        } else {
            8
        };
        let start = part.data.start + boxes::FULL_BOX_BYTES;
        self.zero(start..(start + width).min(part.data.end));
    }

    /// Up to its first `most` bytes of content.
    fn start(&mut self, part: &Part, most: usize) {
        self.range(part.offset..(part.data.start + most).min(part.data.end));
    }

    fn children(&self, part: &Part) -> Vec<Part> {
        boxes::children(self.from, part.data.clone()).parts
    }

    fn movie(&mut self, movie: &Part) -> Result<(), MediaError> {
        let mut tracks = 0;
        for part in self.children(movie) {
            match &part.kind {
                b"mvhd" => self.without_times(&part),
                b"trak" if tracks < MAX_CLIP_TRACKS => {
                    tracks += 1;
                    self.track(&part)?;
                }
                // Numbers alone: what holds for the samples of a track.
                b"mvex" => self.only(&part, &[b"mehd", b"trex"]),
                _ => self.free(&part),
            }
        }
        Ok(())
    }

    /// A box with those of its boxes that are of these kinds.
    fn only(&mut self, container: &Part, kinds: &[&[u8; 4]]) {
        self.header(container);
        for part in self.children(container) {
            if kinds.contains(&&part.kind) {
                self.whole(&part);
            } else {
                self.free(&part);
            }
        }
    }

    /// The tables of a fragment. Those of a track that is not shown stay where a later one counts its places from them.
    fn fragment(&mut self, fragment: &Part) {
        self.header(fragment);
        let parts = self.children(fragment);
        let belongs: Vec<Option<(u32, bool)>> = parts
            .iter()
            .map(|part| {
                self.fragments
                    .filter(|_| part.kind == *b"traf")
                    .and_then(|fragments| fragments.belongs(part))
            })
            .collect();
        let last_counted = belongs
            .iter()
            .rposition(|belongs| matches!(belongs, Some((_, false))));
        for (index, (part, belongs)) in parts.iter().zip(&belongs).enumerate() {
            match belongs {
                None if part.kind == *b"mfhd" => self.whole(part),
                Some((track, _))
                    if self.tracks.contains(track)
                        || last_counted.is_some_and(|last| index < last) =>
                {
                    self.only(part, &[b"tfhd", b"tfdt", b"trun", b"sdtp"]);
                }
                _ => self.free(part),
            }
        }
    }

    fn track(&mut self, track: &Part) -> Result<(), MediaError> {
        let kept = demux::kept(self.from, &track.data, &SOUND, self.fragments)?;
        let Some((is_video, samples)) = kept else {
            self.free(track);
            return Ok(());
        };
        self.has_video |= is_video;
        self.header(track);
        let parts = self.children(track);
        self.tracks.extend(demux::track_number(self.from, &parts));
        for part in parts {
            match &part.kind {
                b"tkhd" => self.without_times(&part),
                b"edts" => self.whole(&part),
                b"mdia" => self.media(&part),
                _ => self.free(&part),
            }
        }
        for sample in samples {
            let place = usize::try_from(sample.offset).ok();
            let length = usize::try_from(sample.length).ok();
            let left = length.and_then(|length| self.left.checked_sub(length));
            let (Some(start), Some(length), Some(left)) = (place, length, left) else {
                return Err(MediaError::Malformed {
                    format: Format::Mp4,
                    at: track.offset,
                    what: "places of pictures",
                });
            };
            self.left = left;
            self.range(start..start.saturating_add(length));
            self.pictures += usize::from(is_video);
            self.sounds += usize::from(!is_video);
        }
        Ok(())
    }

    fn media(&mut self, media: &Part) {
        self.header(media);
        for part in self.children(media) {
            match &part.kind {
                b"mdhd" => self.without_times(&part),
                b"hdlr" => self.start(&part, HANDLER_BYTES),
                b"minf" => self.information(&part),
                _ => self.free(&part),
            }
        }
    }

    fn information(&mut self, information: &Part) {
        self.header(information);
        for part in self.children(information) {
            match &part.kind {
                b"vmhd" | b"smhd" => self.whole(&part),
                b"hdlr" => self.start(&part, HANDLER_BYTES),
                b"dinf" => self.references(&part),
                b"stbl" => self.table(&part),
                _ => self.free(&part),
            }
        }
    }

    /// Where the data is: in this file; the names of others are left out.
    fn references(&mut self, information: &Part) {
        self.header(information);
        for part in self.children(information) {
            if part.kind != *b"dref" {
                self.free(&part);
                continue;
            }
            self.start(&part, TABLE_PREFIX_BYTES);
            let entries = part.data.start + TABLE_PREFIX_BYTES..part.data.end;
            for entry in boxes::children(self.from, entries).parts {
                self.start(&entry, boxes::FULL_BOX_BYTES);
            }
        }
    }

    /// How samples are coded; not by which recorder.
    fn descriptions(&mut self, table: &Part) {
        self.whole(table);
        let entries = table.data.start + TABLE_PREFIX_BYTES..table.data.end;
        for entry in boxes::children(self.from, entries).parts {
            if SOUND.contains(&&entry.kind) {
                continue;
            }
            let name = entry.data.start + ENCODER_AT;
            self.zero(name..(name + ENCODER_BYTES).min(entry.data.end));
            let inner = entry.data.start + VISUAL_ENTRY_BYTES..entry.data.end;
            for part in boxes::children(self.from, inner).parts {
                if SAYS.contains(&&part.kind) {
                    self.zero(part.data.clone());
                    self.free(&part);
                }
            }
        }
    }

    fn table(&mut self, table: &Part) {
        self.header(table);
        for part in self.children(table) {
            match &part.kind {
                b"stsd" => self.descriptions(&part),
                b"stts" | b"ctts" | b"cslg" | b"stsc" | b"stsz" | b"stco" | b"co64" | b"stss"
                | b"stps" | b"sdtp" | b"sgpd" | b"sbgp" => self.whole(&part),
                _ => self.free(&part),
            }
        }
    }
}

/// A `meta` box of the file with the label in the field `AIGC` (TC260-PG-20257A).
fn appended(json: &str) -> Vec<u8> {
    let handler = boxed(b"hdlr", b"\0\0\0\0\0\0\0\0mdta\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let key = [&[0, 0, 0, 0, 0, 0, 0, 1], &boxed(b"mdta", b"AIGC")[..]].concat();
    let data = boxed(b"data", &[&TEXT[..], json.as_bytes()].concat());
    let list = boxed(b"ilst", &boxed(&[0, 0, 0, 1], &data));
    boxed(
        b"meta",
        &[&[0; 4], &handler[..], &boxed(b"keys", &key), &list].concat(),
    )
}

fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    // A label is never longer than `limits::MAX_LABEL_BYTES` allows.
    let size = u32::try_from(content.len() + 8).unwrap_or(u32::MAX);
    [&size.to_be_bytes()[..], kind, content].concat()
}
