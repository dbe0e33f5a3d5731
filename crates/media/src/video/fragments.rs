//! Movie fragments (ISO/IEC 14496-12, 8.8): a recorder that does not know the end when it begins, such as that of a
//! browser, writes its tables piece by piece, each before the pictures that it speaks of.
//!
//! A recording that broke off is read as far as it is whole: a table that the file does not end, and a picture that lies
//! outside it, end the reading; a table that contradicts itself is an error, as it is in a file of one piece.

use std::ops::Range;

use super::demux::{Sample, Stream, find, malformed, too_many_pictures};
use crate::error::MediaError;
use crate::limits::{MAX_CLIP_SAMPLES, MAX_CLIP_TRACKS};
use crate::walk::{Part, Walked, boxes, u32_be};

// Flags of the header of a track's fragment (8.8.7.1).
const HAS_BASE: u32 = 0x01;
const HAS_DESCRIPTION: u32 = 0x02;
const HAS_DEFAULT_DURATION: u32 = 0x08;
const HAS_DEFAULT_LENGTH: u32 = 0x10;
const HAS_DEFAULT_FLAGS: u32 = 0x20;
const BASE_IS_FRAGMENT: u32 = 0x02_0000;

// Flags of a run of samples (8.8.8.1).
const HAS_PLACE: u32 = 0x001;
const HAS_FIRST_FLAGS: u32 = 0x004;
const HAS_DURATIONS: u32 = 0x100;
const HAS_LENGTHS: u32 = 0x200;
const HAS_FLAGS: u32 = 0x400;
const HAS_OFFSETS: u32 = 0x800;

/// Of the flags of a sample the one that says that it needs others (8.8.3.1).
const IS_NOT_KEY: u32 = 0x01_0000;

/// What holds for the samples of a track that do not say it themselves.
#[derive(Debug, Clone, Copy, Default)]
struct Defaults {
    duration: Option<u32>,
    length: Option<u32>,
    flags: Option<u32>,
}

/// The fragments of one file.
#[derive(Debug)]
pub(super) struct Fragments<'a> {
    bytes: &'a [u8],
    /// The `moof` boxes that are whole, in their order.
    pub(super) parts: Vec<Part>,
    /// By the number of the track.
    defaults: Vec<(u32, Defaults)>,
}

/// The header of a track's fragment.
struct Head {
    track: u32,
    /// Where places are counted from, if it says so.
    base: Option<u64>,
    is_base_fragment: bool,
    defaults: Defaults,
}

/// A run of samples whose bytes lie beside each other.
struct Run<'a> {
    flags: u32,
    count: u32,
    place: Option<i32>,
    first_flags: Option<u32>,
    /// What each sample says itself.
    entries: Fields<'a>,
}

impl<'a> Fragments<'a> {
    /// The fragments of a file, if its movie announces any.
    pub(super) fn of(bytes: &'a [u8], top: &Walked<Part>, movie: &[Part]) -> Option<Self> {
        let extends = find(movie, b"mvex")?;
        let defaults = boxes::children(bytes, extends)
            .parts
            .iter()
            .filter(|part| part.kind == *b"trex")
            .take(MAX_CLIP_TRACKS)
            .filter_map(|part| track_defaults(bytes, &part.data))
            .collect();
        // A box that runs past the end of the file is where the walker stopped.
        let cut = top.cut.map(|cut| cut.at);
        let parts = top
            .parts
            .iter()
            .filter(|part| part.kind == *b"moof" && cut != Some(part.offset))
            .cloned()
            .collect();
        Some(Self {
            bytes,
            parts,
            defaults,
        })
    }

    /// Appends the samples of a track, up to the first one that is not whole.
    ///
    /// # Errors
    /// [`MediaError::Malformed`] for tables that contradict themselves or lack what no default says, and
    /// [`MediaError::TooManyParts`] above [`MAX_CLIP_SAMPLES`].
    pub(super) fn append(&self, track: u32, stream: &mut Stream) -> Result<(), MediaError> {
        for part in &self.parts {
            if !self.append_fragment(part, track, stream)? {
                break;
            }
        }
        Ok(())
    }

    /// Gives whether all samples of the track were whole.
    fn append_fragment(
        &self,
        fragment: &Part,
        track: u32,
        stream: &mut Stream,
    ) -> Result<bool, MediaError> {
        let start = u64::try_from(fragment.offset).unwrap_or(u64::MAX);
        // Where the bytes of the track before end.
        let mut end = start;
        for part in boxes::children(self.bytes, fragment.data.clone()).parts {
            if part.kind != *b"traf" {
                continue;
            }
            let parts = boxes::children(self.bytes, part.data.clone()).parts;
            let head = find(&parts, b"tfhd")
                .and_then(|data| self.head(&data))
                .ok_or_else(|| malformed(part.offset, "header of a fragment"))?;
            let base = match head.base {
                Some(base) => base,
                None if head.is_base_fragment => start,
                None => end,
            };
            let is_wanted = head.track == track;
            if is_wanted && let Some(data) = find(&parts, b"tfdt") {
                stream.next = decode_time(self.bytes, &data)
                    .ok_or_else(|| malformed(data.start, "time of a fragment"))?;
            }
            end = base;
            for part in parts.iter().filter(|part| part.kind == *b"trun") {
                let run = run(self.bytes, &part.data)
                    .ok_or_else(|| malformed(part.offset, "run of a fragment"))?;
                let at = match run.place {
                    Some(place) => base.checked_add_signed(i64::from(place)),
                    None => Some(end),
                };
                let at = at.ok_or_else(|| malformed(part.offset, "place of a fragment"))?;
                let lacks = || malformed(part.offset, "defaults of a fragment");
                if is_wanted {
                    match self.append_run(run, at, &head.defaults, stream)? {
                        Appended::Whole(stop) => end = stop,
                        Appended::Cut => return Ok(false),
                        Appended::Lacks => return Err(lacks()),
                    }
                } else {
                    let length = run.length(&head.defaults).ok_or_else(lacks)?;
                    end = at.saturating_add(length);
                }
            }
        }
        Ok(true)
    }

    fn append_run(
        &self,
        mut run: Run<'_>,
        mut at: u64,
        defaults: &Defaults,
        stream: &mut Stream,
    ) -> Result<Appended, MediaError> {
        let file = u64::try_from(self.bytes.len()).unwrap_or(u64::MAX);
        for index in 0..run.count {
            let own = run.sample();
            let flags = run
                .first_flags
                .filter(|_| index == 0)
                .or(own.flags)
                .or(defaults.flags);
            let (Some(duration), Some(length), Some(flags)) = (
                own.duration.or(defaults.duration),
                own.length.or(defaults.length),
                flags,
            ) else {
                return Ok(Appended::Lacks);
            };
            let length = u64::from(length);
            let Some(stop) = at.checked_add(length).filter(|&stop| stop <= file) else {
                return Ok(Appended::Cut);
            };
            if stream.samples.len() == MAX_CLIP_SAMPLES {
                return Err(too_many_pictures());
            }
            let sample = Sample {
                offset: at,
                length,
                shown_ms: 0,
                is_key: flags & IS_NOT_KEY == 0,
            };
            stream.push(sample, i64::from(duration), own.offset);
            at = stop;
        }
        Ok(Appended::Whole(at))
    }

    fn head(&self, data: &Range<usize>) -> Option<Head> {
        let mut fields = Fields::new(self.bytes, data)?;
        let flags = fields.number()?;
        let track = fields.number()?;
        let base = if flags & HAS_BASE == 0 {
            None
        } else {
            Some(fields.wide()?)
        };
        if flags & HAS_DESCRIPTION != 0 {
            fields.number()?;
        }
        let mut defaults = self
            .defaults
            .iter()
            .find(|(number, _)| *number == track)
            .map(|(_, defaults)| *defaults)
            .unwrap_or_default();
        for (flag, value) in [
            (HAS_DEFAULT_DURATION, &mut defaults.duration),
            (HAS_DEFAULT_LENGTH, &mut defaults.length),
            (HAS_DEFAULT_FLAGS, &mut defaults.flags),
        ] {
            if flags & flag != 0 {
                *value = Some(fields.number()?);
            }
        }
        Some(Head {
            track,
            base,
            is_base_fragment: flags & BASE_IS_FRAGMENT != 0,
            defaults,
        })
    }

    /// The number of the track of a `traf` box, and whether it says itself where its places are counted from.
    pub(super) fn belongs(&self, traf: &Part) -> Option<(u32, bool)> {
        let parts = boxes::children(self.bytes, traf.data.clone()).parts;
        let head = self.head(&find(&parts, b"tfhd")?)?;
        Some((head.track, head.base.is_some() || head.is_base_fragment))
    }
}

/// What came of a run.
enum Appended {
    /// Where its bytes end.
    Whole(u64),
    /// One of its samples lies outside the file.
    Cut,
    /// Neither the samples nor a default say it all.
    Lacks,
}

/// What a sample says itself.
struct Own {
    duration: Option<u32>,
    length: Option<u32>,
    flags: Option<u32>,
    /// From being decoded to being shown.
    offset: i64,
}

impl Run<'_> {
    /// The next sample. Its entry was found to be there.
    fn sample(&mut self) -> Own {
        let flags = self.flags;
        let mut next = |flag| (flags & flag != 0).then(|| self.entries.number().unwrap_or(0));
        Own {
            duration: next(HAS_DURATIONS),
            length: next(HAS_LENGTHS),
            flags: next(HAS_FLAGS),
            // Signed in practice, whatever the version says.
            offset: next(HAS_OFFSETS).map_or(0, |offset| i64::from(offset.cast_signed())),
        }
    }

    /// Bytes of all samples, if their lengths are known.
    fn length(mut self, defaults: &Defaults) -> Option<u64> {
        if self.count == 0 {
            return Some(0);
        }
        if self.flags & HAS_LENGTHS == 0 {
            return Some(u64::from(defaults.length?) * u64::from(self.count));
        }
        let mut length = 0_u64;
        for _ in 0..self.count {
            length = length.saturating_add(u64::from(self.sample().length.unwrap_or(0)));
        }
        Some(length)
    }
}

fn track_defaults(bytes: &[u8], data: &Range<usize>) -> Option<(u32, Defaults)> {
    let mut fields = Fields::new(bytes, data)?;
    fields.number()?;
    let track = fields.number()?;
    // Which sample description.
    fields.number()?;
    let defaults = Defaults {
        duration: Some(fields.number()?),
        length: Some(fields.number()?),
        flags: Some(fields.number()?),
    };
    Some((track, defaults))
}

/// When the first sample of a track's fragment is decoded (8.8.12), in ticks.
fn decode_time(bytes: &[u8], data: &Range<usize>) -> Option<i64> {
    let mut fields = Fields::new(bytes, data)?;
    let time = if fields.number()? >> 24 == 1 {
        fields.wide()?
    } else {
        u64::from(fields.number()?)
    };
    Some(i64::try_from(time).unwrap_or(i64::MAX))
}

fn run<'a>(bytes: &'a [u8], data: &Range<usize>) -> Option<Run<'a>> {
    let mut fields = Fields::new(bytes, data)?;
    let flags = fields.number()?;
    let count = fields.number()?;
    let place = if flags & HAS_PLACE == 0 {
        None
    } else {
        Some(fields.number()?.cast_signed())
    };
    let first_flags = if flags & HAS_FIRST_FLAGS == 0 {
        None
    } else {
        Some(fields.number()?)
    };
    // The declared count must fit into the box, where samples say anything themselves.
    let each = (flags & (HAS_DURATIONS | HAS_LENGTHS | HAS_FLAGS | HAS_OFFSETS)).count_ones() * 4;
    let needed = u64::from(count) * u64::from(each);
    if needed > u64::try_from(fields.left()).unwrap_or(u64::MAX) {
        return None;
    }
    Some(Run {
        flags,
        count,
        place,
        first_flags,
        entries: fields,
    })
}

/// Reads the numbers of one box one after the other, never past its end.
struct Fields<'a> {
    content: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    fn new(bytes: &'a [u8], data: &Range<usize>) -> Option<Self> {
        Some(Self {
            content: bytes.get(data.clone())?,
            at: 0,
        })
    }

    fn left(&self) -> usize {
        self.content.len().saturating_sub(self.at)
    }

    fn number(&mut self) -> Option<u32> {
        let number = u32_be(self.content, self.at)?;
        self.at += 4;
        Some(number)
    }

    fn wide(&mut self) -> Option<u64> {
        Some(u64::from(self.number()?) << 32 | u64::from(self.number()?))
    }
}
