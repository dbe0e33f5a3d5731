//! Writes a clip in fragments (ISO/IEC 14496-12, 8.8), in the ways that recorders do.

use crate::clip_writer::{ClipWriter, file_type, full, numbers};

/// Flags of a picture that needs others, and of one that does not.
const NEEDS_OTHERS: u32 = 0x0101_0000;
const IS_KEY: u32 = 0x0200_0000;
/// Pieces of sound in a fragment, and bytes of each.
const SOUNDS: u32 = 3;
const SOUND_BYTES: u32 = 7;

/// Where places are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// The start of the fragment, as browsers write it.
    Fragment,
    /// A place of the file that is written out.
    Written,
    /// The end of the track before, and the start of the fragment for the first track.
    TrackBefore,
}

pub(crate) struct FragmentWriter {
    pub(crate) clip: ClipWriter,
    /// Pictures of a fragment.
    pub(crate) pictures: usize,
    /// Pictures of a run at most; a key picture begins a run.
    pub(crate) run: usize,
    pub(crate) base: Base,
    /// Whether each picture says everything itself, or what is the same stands in defaults.
    pub(crate) is_all_said: bool,
    /// Whether a track of sound stands before that of the pictures in each fragment; the movie does not describe it.
    pub(crate) has_sound: bool,
    /// Ticks before the first picture, and whether times have 64 bits.
    pub(crate) start: u32,
    pub(crate) is_wide: bool,
}

impl FragmentWriter {
    /// As a browser writes it.
    pub(crate) fn new(clip: ClipWriter, pictures: usize) -> Self {
        Self {
            clip,
            pictures,
            run: usize::MAX,
            base: Base::Fragment,
            is_all_said: false,
            has_sound: false,
            start: 0,
            is_wide: true,
        }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let defaults = [
            full(b"trex", &numbers(&[0, 1, 1, 1, 0, NEEDS_OTHERS])),
            full(b"trex", &numbers(&[0, 2, 1, 4_800, SOUND_BYTES, IS_KEY])),
        ]
        .concat();
        let mut file = file_type();
        file.extend(self.clip.movie(0, &[], &full(b"mvex", &defaults)));
        let samples = self.clip.samples();
        for (number, samples) in samples.chunks(self.pictures).enumerate() {
            let first = number * self.pictures;
            // The fragment is as long whatever its places are.
            let length = self.fragment(file.len(), 0, first, samples).len();
            let fragment = self.fragment(file.len(), length + 8, first, samples);
            file.extend(fragment);
            let mut data = Vec::new();
            if self.has_sound {
                data.resize((SOUNDS * SOUND_BYTES) as usize, 0xAA);
            }
            data.extend(samples.concat());
            file.extend(full(b"mdat", &data));
        }
        // The index that a recorder may write at the end.
        file.extend(full(b"mfra", &full(b"mfro", &numbers(&[0, 24]))));
        file
    }

    /// A fragment at `at`, whose data comes `distance` bytes behind that.
    fn fragment(&self, at: usize, distance: usize, first: usize, samples: &[Vec<u8>]) -> Vec<u8> {
        let header = full(b"mfhd", &numbers(&[0, small(first) + 1]));
        let (flags, base) = match self.base {
            Base::Fragment => (0x02_0000, Vec::new()),
            Base::Written => (0x01, numbers(&[0, small(at)])),
            Base::TrackBefore => (0, Vec::new()),
        };
        let track = |number: u32| {
            let numbers = [numbers(&[flags, number]), base.clone()].concat();
            full(b"tfhd", &numbers)
        };
        let distance = small(distance);
        let (sound, start) = if self.has_sound {
            let run = full(b"trun", &numbers(&[1, SOUNDS, distance]));
            let part = full(b"traf", &[track(2), run].concat());
            (part, distance + SOUNDS * SOUND_BYTES)
        } else {
            (Vec::new(), distance)
        };
        let time = self.start + small(first);
        let time = if self.is_wide {
            numbers(&[1 << 24, 0, time])
        } else {
            numbers(&[0, time])
        };
        let runs = self.runs(start, first, samples);
        let pictures = full(b"traf", &[track(1), full(b"tfdt", &time), runs].concat());
        full(b"moof", &[header, sound, pictures].concat())
    }

    fn runs(&self, start: u32, first: usize, samples: &[Vec<u8>]) -> Vec<u8> {
        let is_key = |index: usize| self.clip.pictures[first + index].is_key;
        let mut runs: Vec<Vec<usize>> = Vec::new();
        for index in 0..samples.len() {
            match runs.last_mut() {
                Some(run) if run.len() < self.run && !is_key(index) => run.push(index),
                _ => runs.push(vec![index]),
            }
        }
        let mut written = Vec::new();
        let mut place = start;
        for run in runs {
            let mut flags = if self.is_all_said { 0xF00 } else { 0x204 };
            let mut content = Vec::new();
            // Where the track before ends, this one goes on.
            if self.base != Base::TrackBefore || (written.is_empty() && !self.has_sound) {
                flags |= 0x01;
                content.extend(numbers(&[place]));
            }
            let flags_of = |index| if is_key(index) { IS_KEY } else { NEEDS_OTHERS };
            if !self.is_all_said {
                content.extend(numbers(&[flags_of(run[0])]));
            }
            for &index in &run {
                let length = small(samples[index].len());
                place += length;
                content.extend(if self.is_all_said {
                    // Shown three ticks before they are decoded, as some recorders shift all of them.
                    numbers(&[1, length, flags_of(index), 3_u32.wrapping_neg()])
                } else {
                    numbers(&[length])
                });
            }
            let start = numbers(&[1 << 24 | flags, small(run.len())]);
            written.extend(full(b"trun", &[start, content].concat()));
        }
        written
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).expect("a small clip")
}
