//! Pictures out of a clip: MP4 or MOV with H.264, a few pictures at even times, each upright and on its own.
//!
//! The container is read by this crate's walkers ([`demux`]), sizes by an own reader of parameter sets ([`sps`]), so
//! that every allocation is known before the decoder sees a byte. Whole pictures of the stream (key pictures) are
//! preferred, because they cost one decoded picture each; others are decoded from the key picture before them while
//! the budget lasts.

mod demux;
mod fragments;
mod h264;
mod labels;
mod shown;
mod sps;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::decode::Decoded;
use crate::error::MediaError;
use crate::format::{Format, sniff};
use crate::limits::{
    Limits, MAX_CLIP_BYTES, MAX_CLIP_PICTURES, MAX_CLIP_READ_BYTES, MAX_CLIP_READ_PIXELS,
    MAX_CLIP_SIDE,
};
use crate::metadata::Metadata;
use crate::note::Note;
use crate::preview;

use demux::{Codec, Sample, Track};
pub use shown::shown;

/// One picture of a clip.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipPicture {
    /// When it is shown, in milliseconds from the start.
    pub at_ms: u64,
    /// Whether the stream holds it whole.
    pub is_key: bool,
    /// The picture, upright, at most [`MAX_CLIP_SIDE`] pixels a side, with the labels of the clip.
    pub picture: Decoded,
}

/// The pictures of one clip, in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    pub duration_ms: u64,
    /// Pictures in the stream.
    pub stream_pictures: usize,
    pub pictures: Vec<ClipPicture>,
}

/// Whether [`sample`] may find pictures in these bytes.
#[must_use]
pub fn is_clip(bytes: &[u8]) -> bool {
    sniff(bytes) == Some(Format::Mp4)
}

/// What the index of a clip says, before any picture is decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClipInfo {
    pub duration_ms: u64,
    /// The name of the codec that people know, of the video or of the sound.
    pub codec: String,
    /// Whether there is sound and no video: a voice note.
    pub is_sound: bool,
}

/// Reads the index of a clip, or of a file that has sound alone.
///
/// # Errors
/// [`MediaError::TooManyBytes`] above [`MAX_CLIP_BYTES`], and what keeps any player from finding its video: no index, no
/// video and no sound, tables in pieces.
pub fn info(bytes: &[u8]) -> Result<ClipInfo, MediaError> {
    if bytes.len() > MAX_CLIP_BYTES {
        return Err(MediaError::TooManyBytes {
            bytes: bytes.len(),
            max: MAX_CLIP_BYTES,
        });
    }
    let no_video = match demux::track(bytes) {
        Ok(track) => {
            return Ok(ClipInfo {
                duration_ms: track.duration_ms,
                codec: track.codec.name().to_owned(),
                is_sound: false,
            });
        }
        Err(error) => error,
    };
    let sound = demux::sound(bytes).ok_or(no_video)?;
    Ok(ClipInfo {
        duration_ms: sound.duration_ms,
        codec: sound.codec,
        is_sound: true,
    })
}

/// The media type of a clip, by the brand of its file.
#[must_use]
pub fn media_type(bytes: &[u8]) -> &'static str {
    if bytes.get(8..12) == Some(b"qt  ".as_slice()) {
        "video/quicktime"
    } else {
        "video/mp4"
    }
}

/// Decodes up to `count` pictures (at most [`MAX_CLIP_PICTURES`]) at even times.
///
/// # Errors
/// [`MediaError::TooManyBytes`] above [`MAX_CLIP_BYTES`], [`MediaError::UnreadCodec`] with the name of another codec,
/// [`MediaError::NotDecoded`] with what is broken, and the errors of the size limits.
pub fn sample(bytes: &[u8], count: usize, limits: &Limits) -> Result<Clip, MediaError> {
    let not_decoded = |what: String| MediaError::NotDecoded {
        format: Format::Mp4,
        what,
    };
    if bytes.len() > MAX_CLIP_BYTES {
        return Err(MediaError::TooManyBytes {
            bytes: bytes.len(),
            max: MAX_CLIP_BYTES,
        });
    }
    let track = demux::track(bytes)?;
    let Codec::H264(parameters) = &track.codec else {
        return Err(MediaError::UnreadCodec {
            codec: track.codec.name().to_owned(),
        });
    };
    let info = sps::read(&parameters.sets)?;
    sps::check(&info, &limits.capped())?;
    let wanted = choose(&track, count.clamp(1, MAX_CLIP_PICTURES), &info);
    let metadata = metadata(bytes)?;
    let mut pictures = Vec::new();
    let mut last_error = "no picture in it".to_owned();
    for group in &wanted {
        // A panic in the decoder must become a refusal of this part of the clip.
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            h264::group(bytes, &track, parameters, group, &info)
        }))
        .unwrap_or_else(|_| (Vec::new(), Some("the decoder gave up".to_owned())));
        if let Some(error) = decoded.1 {
            last_error = error;
        }
        for (index, picture) in decoded.0 {
            let sample = &track.samples[index];
            let picture = track
                .orientation
                .apply(preview::fitted(picture, MAX_CLIP_SIDE));
            let (width, height) = picture.dimensions();
            let (original_width, original_height) = track.orientation.size(info.width, info.height);
            pictures.push(ClipPicture {
                at_ms: sample.shown_ms,
                is_key: sample.is_key,
                picture: Decoded::from_pixels(
                    Format::Mp4,
                    (original_width, original_height),
                    metadata.clone(),
                    if (width, height) == (original_width, original_height) {
                        Vec::new()
                    } else {
                        vec![Note::Reduced {
                            width: original_width,
                            height: original_height,
                        }]
                    },
                    picture,
                ),
            });
        }
    }
    if pictures.is_empty() {
        return Err(not_decoded(last_error));
    }
    pictures.sort_by_key(|picture| picture.at_ms);
    Ok(Clip {
        duration_ms: track.duration_ms,
        stream_pictures: track.samples.len(),
        pictures,
    })
}

fn metadata(bytes: &[u8]) -> Result<Metadata, MediaError> {
    Ok(Metadata {
        has_exif: false,
        has_xmp: false,
        has_gps: false,
        make: None,
        model: None,
        software: None,
        date_time: None,
        orientation: 1,
        ai_labels: labels::read(bytes)?,
        trailing_bytes: 0,
    })
}

/// Samples to decode from one key picture on, in the order of the stream; only the wanted ones are kept.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    key: usize,
    /// Indexes of samples, ascending.
    wanted: Vec<usize>,
}

/// Which samples become pictures: for each of `count` even times the key picture shown near it; else the sample shown
/// nearest, as long as the way to it can be paid, the shortest ways first; else the nearest key picture.
fn choose(track: &Track, count: usize, info: &sps::Info) -> Vec<Group> {
    let samples = &track.samples;
    let keys: Vec<usize> = (0..samples.len())
        .filter(|&index| samples[index].is_key)
        .collect();
    if keys.is_empty() {
        return Vec::new();
    }
    let by_time = in_time(samples, 0..samples.len());
    let keys_by_time = in_time(samples, keys.iter().copied());
    let mut budget = Budget::new(info);
    let mut chosen = BTreeSet::new();
    let mut open = Vec::new();
    let slots = u64::try_from(count).unwrap_or(u64::MAX);
    for slot in 0..slots {
        let time = track.duration_ms.saturating_mul(2 * slot + 1) / (2 * slots);
        let key = nearest(samples, &keys_by_time, time);
        // A key picture within half a slot of the time is as good.
        if samples[key].shown_ms.abs_diff(time) >= track.duration_ms / (2 * slots) {
            let exact = nearest(samples, &by_time, time);
            let way = exact - key_before(&keys, exact).min(exact);
            open.push((way, exact, key));
        } else if !chosen.contains(&key) && budget.pay(1, samples[key].length) {
            chosen.insert(key);
        }
    }
    open.sort_unstable();
    // Where decoding has come after each key picture.
    let mut reached: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, exact, key) in open {
        let from = key_before(&keys, exact);
        let start = reached.get(&from).copied().unwrap_or(from);
        // Before the first key picture nothing can be decoded.
        if exact >= start && !chosen.contains(&exact) {
            let bytes = samples[start..=exact].iter().map(|sample| sample.length);
            if budget.pay(exact - start + 1, bytes.sum()) {
                chosen.insert(exact);
                reached.insert(from, exact + 1);
                continue;
            }
        }
        if !chosen.contains(&key) && budget.pay(1, samples[key].length) {
            chosen.insert(key);
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    for index in chosen {
        let key = key_before(&keys, index);
        match groups.last_mut() {
            Some(group) if group.key == key => group.wanted.push(index),
            _ => groups.push(Group {
                key,
                wanted: vec![index],
            }),
        }
    }
    groups
}

fn in_time(samples: &[Sample], indexes: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut indexes: Vec<usize> = indexes.collect();
    indexes.sort_by_key(|&index| samples[index].shown_ms);
    indexes
}

/// The sample of `ordered` (by time, not empty) shown nearest to `time`.
fn nearest(samples: &[Sample], ordered: &[usize], time: u64) -> usize {
    let after = ordered.partition_point(|&index| samples[index].shown_ms < time);
    let around = ordered[after.saturating_sub(1)..(after + 1).min(ordered.len())].iter();
    around
        .copied()
        .min_by_key(|&index| samples[index].shown_ms.abs_diff(time))
        .unwrap_or(ordered[0])
}

/// The last key picture at or before `index`, else the first one.
fn key_before(keys: &[usize], index: usize) -> usize {
    keys[keys.partition_point(|&key| key <= index).saturating_sub(1)]
}

/// What may still be decoded.
struct Budget {
    pixels: u64,
    bytes: u64,
    picture_pixels: u64,
}

impl Budget {
    fn new(info: &sps::Info) -> Self {
        Self {
            pixels: MAX_CLIP_READ_PIXELS,
            bytes: MAX_CLIP_READ_BYTES,
            picture_pixels: u64::from(info.coded_width) * u64::from(info.coded_height),
        }
    }

    fn pay(&mut self, pictures: usize, bytes: u64) -> bool {
        let pictures = u64::try_from(pictures).unwrap_or(u64::MAX);
        let pixels = self.picture_pixels.saturating_mul(pictures);
        if pixels > self.pixels || bytes > self.bytes {
            return false;
        }
        self.pixels -= pixels;
        self.bytes -= bytes;
        true
    }
}
