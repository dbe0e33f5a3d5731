//! The video track of an MP4 or MOV: where each picture's bytes are and when it is shown (ISO/IEC 14496-12).

use std::ops::Range;

use image::{RgbImage, imageops};

use super::fragments::Fragments;
use super::h264;
use super::sps::SEQUENCE;
use crate::error::MediaError;
use crate::format::Format;
use crate::limits::{MAX_CLIP_SAMPLES, MAX_CLIP_TRACKS, MAX_PARAMETER_SETS};
use crate::walk::{Part, boxes, number_be, u16_be, u32_be};

/// Bytes of a video sample entry before its own boxes (ISO/IEC 14496-12, 12.1.3), after the box header.
const VISUAL_ENTRY_BYTES: usize = 78;
/// Bytes of version, flags and the number of entries of a table.
const TABLE_PREFIX_BYTES: usize = 8;

/// One picture of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) shown_ms: u64,
    pub(super) is_key: bool,
}

/// The samples of a track as they are found, with their times in its ticks.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) samples: Vec<Sample>,
    /// When each is shown.
    shown: Vec<i64>,
    /// When the first one is decoded.
    first: Option<i64>,
    /// When the next one is decoded, where nothing else says so.
    pub(super) next: i64,
}

impl Stream {
    /// Appends a sample that is shown `offset` ticks after it is decoded.
    pub(super) fn push(&mut self, sample: Sample, duration: i64, offset: i64) {
        self.first.get_or_insert(self.next);
        self.samples.push(sample);
        self.shown.push(self.next.saturating_add(offset));
        self.next = self.next.saturating_add(duration);
    }

    /// Ticks from the first sample to the end of the last.
    fn duration(&self) -> u64 {
        let start = self.first.unwrap_or(self.next);
        u64::try_from(self.next.saturating_sub(start)).unwrap_or(0)
    }

    /// The samples, with times from the first one that is shown.
    fn timed(mut self, scale: u32) -> Vec<Sample> {
        let first = self.shown.iter().copied().min().unwrap_or(0);
        for (sample, time) in self.samples.iter_mut().zip(self.shown) {
            let ticks = u64::try_from(time.saturating_sub(first)).unwrap_or(0);
            sample.shown_ms = milliseconds(ticks, scale);
        }
        self.samples
    }
}

/// Parameter sets of H.264 and how the lengths of its units are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct H264 {
    /// Sequence and picture parameter sets, without start codes.
    pub(super) sets: Vec<Vec<u8>>,
    /// Bytes of the length before each unit: 1, 2 or 4.
    pub(super) length_bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Codec {
    H264(H264),
    /// Any other, by the name people know.
    Other(String),
}

impl Codec {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::H264(_) => "H.264",
            Self::Other(name) => name,
        }
    }
}

/// How stored pictures are turned to be upright, from the matrix of the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

impl Turn {
    pub(super) fn apply(self, picture: RgbImage) -> RgbImage {
        match self {
            Self::None => picture,
            Self::Quarter => imageops::rotate90(&picture),
            Self::Half => imageops::rotate180(&picture),
            Self::ThreeQuarters => imageops::rotate270(&picture),
        }
    }

    pub(super) const fn size(self, width: u32, height: u32) -> (u32, u32) {
        match self {
            Self::None | Self::Half => (width, height),
            Self::Quarter | Self::ThreeQuarters => (height, width),
        }
    }
}

/// The first video track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) codec: Codec,
    pub(super) orientation: Turn,
    pub(super) duration_ms: u64,
    /// In the order of the stream.
    pub(super) samples: Vec<Sample>,
}

pub(super) fn malformed(at: usize, what: &'static str) -> MediaError {
    MediaError::Malformed {
        format: Format::Mp4,
        at,
        what,
    }
}

fn not_decoded(what: &str) -> MediaError {
    MediaError::NotDecoded {
        format: Format::Mp4,
        what: what.to_owned(),
    }
}

pub(super) fn too_many_pictures() -> MediaError {
    MediaError::TooManyParts {
        format: Format::Mp4,
        what: "pictures",
        max: MAX_CLIP_SAMPLES,
    }
}

pub(super) fn find(parts: &[Part], kind: &[u8; 4]) -> Option<Range<usize>> {
    parts
        .iter()
        .find(|part| part.kind == *kind)
        .map(|part| part.data.clone())
}

/// Reads the first video track.
///
/// # Errors
/// Without a movie or a video, in pieces, or with tables that contradict each other.
pub(super) fn track(bytes: &[u8]) -> Result<Track, MediaError> {
    let top = boxes::children(bytes, 0..bytes.len());
    let lacks = |what| {
        if top.cut.is_some() {
            MediaError::Truncated {
                format: Format::Mp4,
                at: bytes.len(),
            }
        } else {
            not_decoded(what)
        }
    };
    // The index of a clip is at its end, and lacks when the recorder could not finish the file.
    let movie = find(&top.parts, b"moov").ok_or_else(|| lacks("no index of its pictures"))?;
    let movie_parts = boxes::children(bytes, movie).parts;
    let fragments = Fragments::of(bytes, &top, &movie_parts);
    let mut other = None;
    for part in movie_parts
        .iter()
        .filter(|part| part.kind == *b"trak")
        .take(MAX_CLIP_TRACKS)
    {
        match video(bytes, &part.data, fragments.as_ref())? {
            Some(track) if matches!(track.codec, Codec::Other(_)) => other = other.or(Some(track)),
            Some(track) if track.samples.is_empty() => {
                return Err(if fragments.is_some() {
                    lacks("no picture in it")
                } else {
                    not_decoded("no picture in it")
                });
            }
            Some(track) => return Ok(track),
            None => {}
        }
    }
    other.ok_or_else(|| not_decoded("no video in it"))
}

/// The track in the content of a `trak` box, if it is a video.
fn video(
    bytes: &[u8],
    track: &Range<usize>,
    fragments: Option<&Fragments<'_>>,
) -> Result<Option<Track>, MediaError> {
    let parts = boxes::children(bytes, track.clone()).parts;
    let Some(media) = find(&parts, b"mdia") else {
        return Ok(None);
    };
    let media = boxes::children(bytes, media).parts;
    let is_video = find(&media, b"hdlr")
        .and_then(|handler| bytes.get(handler.start + 8..handler.start + 12))
        .is_some_and(|kind| kind == b"vide");
    if !is_video {
        return Ok(None);
    }
    let table = find(&media, b"minf")
        .map(|info| boxes::children(bytes, info).parts)
        .and_then(|info| find(&info, b"stbl"))
        .ok_or_else(|| malformed(track.start, "no sample table"))?;
    let table = boxes::children(bytes, table).parts;
    let description =
        find(&table, b"stsd").ok_or_else(|| malformed(track.start, "no sample description"))?;
    let mut codec = codec(bytes, &description)?;
    let orientation = find(&parts, b"tkhd").map_or(Turn::None, |header| turn(bytes, &header));
    let header = find(&media, b"mdhd").ok_or_else(|| malformed(track.start, "no media header"))?;
    let (scale, duration) =
        clock(bytes, &header).ok_or_else(|| malformed(header.start, "media header"))?;
    let is_read = matches!(codec, Codec::H264(_));
    let mut stream = if is_read {
        indexed(bytes, &table, fragments.is_some())?
    } else {
        Stream::default()
    };
    let mut in_fragments = 0;
    if let Some(fragments) = fragments
        && let Some(number) = track_number(bytes, &parts)
    {
        fragments.append(number, &mut stream)?;
        // Its header was written before anybody knew how long it would be.
        in_fragments = stream.duration();
    }
    let samples = if is_read {
        stream.timed(scale)
    } else {
        Vec::new()
    };
    if let Codec::H264(parameters) = &mut codec {
        let has_sequence = parameters
            .sets
            .iter()
            .any(|set| set.first().is_some_and(|byte| byte & 0x1F == SEQUENCE));
        // In `avc3` they may stand in the stream alone (ISO/IEC 14496-15, 5.3.3.1).
        if !has_sequence && let Some(sample) = samples.iter().find(|sample| sample.is_key) {
            let inside = h264::sets(bytes, sample, parameters.length_bytes);
            parameters.sets.extend(inside);
            parameters.sets.truncate(MAX_PARAMETER_SETS);
        }
    }
    let shown = samples.iter().map(|sample| sample.shown_ms).max();
    Ok(Some(Track {
        codec,
        orientation,
        // Some recorders leave the duration out.
        duration_ms: milliseconds(duration.max(in_fragments), scale).max(shown.unwrap_or(0)),
        samples,
    }))
}

/// The number of a track, from the content of its `trak` box.
pub(super) fn track_number(bytes: &[u8], parts: &[Part]) -> Option<u32> {
    let header = find(parts, b"tkhd")?;
    // Behind version, flags and two times.
    let times = if bytes.get(header.start) == Some(&1) {
        16
    } else {
        8
    };
    u32_be(bytes, header.start + boxes::FULL_BOX_BYTES + times)
}

fn milliseconds(time: u64, scale: u32) -> u64 {
    time.saturating_mul(1_000) / u64::from(scale)
}

/// Ticks a second, which is not 0, and the duration in ticks; 0 where it says that nobody knows.
fn clock(bytes: &[u8], header: &Range<usize>) -> Option<(u32, u64)> {
    let bytes = bytes.get(..header.end)?;
    let (scale, duration, unknown) = if *bytes.get(header.start)? == 1 {
        let duration = number_be(bytes, header.start + 24, 8)?;
        (u32_be(bytes, header.start + 20)?, duration, u64::MAX)
    } else {
        let duration = number_be(bytes, header.start + 16, 4)?;
        let unknown = u64::from(u32::MAX);
        (u32_be(bytes, header.start + 12)?, duration, unknown)
    };
    let duration = u64::try_from(duration).unwrap_or(0);
    (scale > 0).then_some((scale, if duration == unknown { 0 } else { duration }))
}

/// The sound of a file that has no video.
pub(super) struct Sound {
    /// The name of its codec that people know.
    pub(super) codec: String,
    pub(super) duration_ms: u64,
}

/// The first sound of a file; none where there is a video, in whatever state it is.
pub(super) fn sound(bytes: &[u8]) -> Option<Sound> {
    let top = boxes::children(bytes, 0..bytes.len());
    let movie = boxes::children(bytes, find(&top.parts, b"moov")?).parts;
    let fragments = Fragments::of(bytes, &top, &movie);
    let mut found = None;
    for track in movie
        .iter()
        .filter(|part| part.kind == *b"trak")
        .take(MAX_CLIP_TRACKS)
    {
        let track = boxes::children(bytes, track.data.clone()).parts;
        let Some(media) = find(&track, b"mdia") else {
            continue;
        };
        let media = boxes::children(bytes, media).parts;
        let kind = find(&media, b"hdlr")
            .and_then(|handler| bytes.get(handler.start + 8..handler.start + 12));
        if kind == Some(b"vide".as_slice()) {
            return None;
        }
        if kind == Some(b"soun".as_slice()) && found.is_none() {
            found = heard(bytes, &track, &media, fragments.as_ref());
        }
    }
    found
}

/// What the parts of a `trak` box and of the `mdia` box in it say about a sound.
fn heard(
    bytes: &[u8],
    track: &[Part],
    media: &[Part],
    fragments: Option<&Fragments<'_>>,
) -> Option<Sound> {
    let information = boxes::children(bytes, find(media, b"minf")?).parts;
    let table = boxes::children(bytes, find(&information, b"stbl")?).parts;
    let description = find(&table, b"stsd")?;
    let start = description.start + TABLE_PREFIX_BYTES;
    let entries = boxes::children(bytes, start..description.end).parts;
    let (scale, duration) = clock(bytes, &find(media, b"mdhd")?)?;
    let mut stream = Stream::default();
    if let Some(fragments) = fragments
        && let Some(number) = track_number(bytes, track)
    {
        fragments.append(number, &mut stream).ok()?;
    }
    // The header of a recording in fragments was written before anybody knew how long it would be.
    let duration = duration.max(stream.duration());
    Some(Sound {
        codec: match &entries.first()?.kind {
            b"mp4a" => "AAC".to_owned(),
            b"samr" | b"sawb" => "AMR".to_owned(),
            other => codec_name(other),
        },
        duration_ms: milliseconds(duration, scale),
    })
}

/// Of a track that is shown, whether it is a video, and its samples; `None` for any other track: a sound that is none of
/// `sounds`, and what is neither picture nor sound.
///
/// # Errors
/// As [`track`].
pub(super) fn kept(
    bytes: &[u8],
    track: &Range<usize>,
    sounds: &[&[u8; 4]],
    fragments: Option<&Fragments<'_>>,
) -> Result<Option<(bool, Vec<Sample>)>, MediaError> {
    let parts = boxes::children(bytes, track.clone()).parts;
    let Some(media) = find(&parts, b"mdia") else {
        return Ok(None);
    };
    let media = boxes::children(bytes, media).parts;
    let kind =
        find(&media, b"hdlr").and_then(|handler| bytes.get(handler.start + 8..handler.start + 12));
    let is_video = kind == Some(b"vide".as_slice());
    let table = find(&media, b"minf")
        .map(|info| boxes::children(bytes, info).parts)
        .and_then(|info| find(&info, b"stbl"))
        .map(|table| boxes::children(bytes, table).parts);
    let Some(table) = table.filter(|_| is_video || kind == Some(b"soun")) else {
        return Ok(None);
    };
    if !is_video {
        let entries = find(&table, b"stsd").map(|description| {
            let start = description.start + TABLE_PREFIX_BYTES;
            boxes::children(bytes, start..description.end).parts
        });
        let is_known = entries.is_some_and(|entries| {
            !entries.is_empty() && entries.iter().all(|one| sounds.contains(&&one.kind))
        });
        if !is_known {
            return Ok(None);
        }
    }
    let scale = find(&media, b"mdhd").and_then(|header| clock(bytes, &header));
    let (scale, _) = scale.ok_or_else(|| malformed(track.start, "media header"))?;
    let mut stream = indexed(bytes, &table, fragments.is_some())?;
    if let Some(fragments) = fragments
        && let Some(number) = track_number(bytes, &parts)
    {
        fragments.append(number, &mut stream)?;
    }
    Ok(Some((is_video, stream.timed(scale))))
}

/// From the first four numbers of the matrix, which are fixed-point with 16 bits after the point.
fn turn(bytes: &[u8], header: &Range<usize>) -> Turn {
    let at = header.start
        + if bytes.get(header.start) == Some(&1) {
            52
        } else {
            40
        };
    let number = |index: usize| u32_be(bytes, at + 4 * index).map(u32::cast_signed);
    match (number(0), number(1), number(3), number(4)) {
        (Some(0), Some(b), Some(c), Some(0)) if b > 0 && c < 0 => Turn::Quarter,
        (Some(0), Some(b), Some(c), Some(0)) if b < 0 && c > 0 => Turn::ThreeQuarters,
        (Some(a), Some(0), Some(0), Some(d)) if a < 0 && d < 0 => Turn::Half,
        _ => Turn::None,
    }
}

/// The codec of the first sample description.
fn codec(bytes: &[u8], description: &Range<usize>) -> Result<Codec, MediaError> {
    let start = description.start + TABLE_PREFIX_BYTES;
    let entries = boxes::children(bytes, start..description.end).parts;
    let entry = entries
        .first()
        .ok_or_else(|| malformed(description.start, "sample description"))?;
    if !matches!(&entry.kind, b"avc1" | b"avc3") {
        return Ok(Codec::Other(codec_name(&entry.kind)));
    }
    let inner = (entry.data.start + VISUAL_ENTRY_BYTES).min(entry.data.end)..entry.data.end;
    let record = find(&boxes::children(bytes, inner).parts, b"avcC")
        .ok_or_else(|| malformed(entry.offset, "no H.264 parameters"))?;
    parameters(bytes, &record).ok_or_else(|| malformed(record.start, "H.264 parameters"))
}

fn codec_name(kind: &[u8; 4]) -> String {
    match kind {
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => "HEVC (H.265)".to_owned(),
        b"av01" => "AV1".to_owned(),
        b"vp08" => "VP8".to_owned(),
        b"vp09" => "VP9".to_owned(),
        b"mp4v" => "MPEG-4 Part 2".to_owned(),
        b"jpeg" | b"mjpa" | b"mjpb" => "Motion JPEG".to_owned(),
        b"s263" | b"h263" => "H.263".to_owned(),
        b"encv" => "encrypted".to_owned(),
        other => other
            .iter()
            .map(|&byte| {
                if byte.is_ascii_graphic() {
                    char::from(byte)
                } else {
                    '?'
                }
            })
            .collect(),
    }
}

/// The decoder configuration record (ISO/IEC 14496-15, 5.3.3.1).
fn parameters(bytes: &[u8], record: &Range<usize>) -> Option<Codec> {
    let record = bytes.get(record.clone())?;
    let length_bytes = usize::from(record.get(4)? & 3) + 1;
    let mut sets = Vec::new();
    let mut at = 5;
    for mask in [0x1F, 0xFF] {
        let count = usize::from(record.get(at)? & mask);
        at += 1;
        for _ in 0..count {
            let length = usize::from(u16_be(record, at)?);
            at += 2;
            if sets.len() == MAX_PARAMETER_SETS {
                return None;
            }
            sets.push(record.get(at..at + length)?.to_vec());
            at += length;
        }
    }
    Some(Codec::H264(H264 { sets, length_bytes }))
}

/// A table of fixed-size entries.
struct Table<'a> {
    bytes: &'a [u8],
    /// The entries, without version, flags and count.
    start: usize,
    count: usize,
}

impl<'a> Table<'a> {
    /// The table in `data`, whose declared count must fit into it.
    fn new(bytes: &'a [u8], data: &Range<usize>, entry_bytes: usize) -> Result<Self, MediaError> {
        let count = u32_be(bytes, data.start + 4)
            .and_then(|count| usize::try_from(count).ok())
            .ok_or_else(|| malformed(data.start, "sample table"))?;
        let start = data.start + TABLE_PREFIX_BYTES;
        let end = count
            .checked_mul(entry_bytes)
            .and_then(|length| start.checked_add(length));
        if end.is_none_or(|end| end > data.end) {
            return Err(malformed(data.start, "sample table"));
        }
        Ok(Self {
            bytes,
            start,
            count,
        })
    }

    /// The 32-bit number at `offset` of entry `index`.
    fn number(&self, index: usize, entry_bytes: usize, offset: usize) -> u32 {
        u32_be(self.bytes, self.start + index * entry_bytes + offset).unwrap_or(0)
    }
}

/// The samples, from the tables of sizes, places, times and key pictures. A movie that announces fragments may leave the
/// tables out.
fn indexed(bytes: &[u8], table: &[Part], has_fragments: bool) -> Result<Stream, MediaError> {
    if has_fragments && find(table, b"stsz").is_none() {
        return Ok(Stream::default());
    }
    let lengths = lengths(bytes, table)?;
    let mut samples: Vec<Sample> = lengths
        .iter()
        .map(|&length| Sample {
            offset: 0,
            length: u64::from(length),
            shown_ms: 0,
            is_key: false,
        })
        .collect();
    if samples.is_empty() {
        return Ok(Stream::default());
    }
    places(bytes, table, &mut samples)?;
    match find(table, b"stss") {
        Some(data) => {
            let keys = Table::new(bytes, &data, 4)?;
            for index in 0..keys.count {
                let number = keys.number(index, 4, 0) as usize;
                if let Some(sample) = number.checked_sub(1).and_then(|at| samples.get_mut(at)) {
                    sample.is_key = true;
                }
            }
        }
        None => samples.iter_mut().for_each(|sample| sample.is_key = true),
    }
    times(bytes, table, samples)
}

fn lengths(bytes: &[u8], table: &[Part]) -> Result<Vec<u32>, MediaError> {
    let data = find(table, b"stsz").ok_or_else(|| not_decoded("no sizes of its pictures"))?;
    let same = u32_be(bytes, data.start + 4).ok_or_else(|| malformed(data.start, "sizes"))?;
    let count = u32_be(bytes, data.start + 8)
        .and_then(|count| usize::try_from(count).ok())
        .ok_or_else(|| malformed(data.start, "sizes"))?;
    if count > MAX_CLIP_SAMPLES {
        return Err(too_many_pictures());
    }
    if same != 0 {
        return Ok(vec![same; count]);
    }
    let start = data.start + 12;
    if start + 4 * count > data.end {
        return Err(malformed(data.start, "sizes"));
    }
    Ok((0..count)
        .filter_map(|index| u32_be(bytes, start + 4 * index))
        .collect())
}

/// Which chunk each sample is in, and so where.
fn places(bytes: &[u8], table: &[Part], samples: &mut [Sample]) -> Result<(), MediaError> {
    let (offsets, width) = match (find(table, b"stco"), find(table, b"co64")) {
        (Some(data), _) => (data, 4),
        (None, Some(data)) => (data, 8),
        (None, None) => return Err(not_decoded("no places of its pictures")),
    };
    let chunks = Table::new(bytes, &offsets, width)?;
    let runs = find(table, b"stsc").ok_or_else(|| not_decoded("no places of its pictures"))?;
    let runs = Table::new(bytes, &runs, 12)?;
    let mut run = 0;
    let mut next = 0;
    for chunk in 0..chunks.count {
        while run + 1 < runs.count && runs.number(run + 1, 12, 0) as usize <= chunk + 1 {
            run += 1;
        }
        let in_chunk = if runs.count == 0 {
            0
        } else {
            runs.number(run, 12, 4) as usize
        };
        let mut at = number_be(bytes, chunks.start + width * chunk, width)
            .and_then(|at| u64::try_from(at).ok())
            .unwrap_or(u64::MAX);
        for _ in 0..in_chunk {
            let Some(sample) = samples.get_mut(next) else {
                return Ok(());
            };
            sample.offset = at;
            at = at.saturating_add(sample.length);
            next += 1;
        }
    }
    if next < samples.len() {
        return Err(malformed(offsets.start, "places of pictures"));
    }
    Ok(())
}

/// When each sample is shown: its own time and, with pictures out of order, an offset to it.
fn times(bytes: &[u8], table: &[Part], samples: Vec<Sample>) -> Result<Stream, MediaError> {
    let data = find(table, b"stts").ok_or_else(|| not_decoded("no times of its pictures"))?;
    let durations = Table::new(bytes, &data, 8)?;
    let mut shown: Vec<i64> = Vec::with_capacity(samples.len());
    let mut time = 0_i64;
    for run in 0..durations.count {
        let count = durations.number(run, 8, 0) as usize;
        let step = i64::from(durations.number(run, 8, 4));
        for _ in 0..count.min(samples.len() - shown.len()) {
            shown.push(time);
            time = time.saturating_add(step);
        }
    }
    shown.resize(samples.len(), time);
    if let Some(data) = find(table, b"ctts") {
        let offsets = Table::new(bytes, &data, 8)?;
        let mut next = 0;
        for run in 0..offsets.count {
            let count = offsets.number(run, 8, 0) as usize;
            // Signed in practice, whatever the version says.
            let offset = i64::from(offsets.number(run, 8, 4).cast_signed());
            let end = next + count.min(shown.len() - next);
            for time in &mut shown[next..end] {
                *time = time.saturating_add(offset);
            }
            next = end;
        }
    }
    Ok(Stream {
        samples,
        shown,
        first: Some(0),
        next: time,
    })
}
