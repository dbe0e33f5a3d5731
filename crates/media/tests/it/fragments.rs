//! Clips in fragments, as browsers record them, give the same pictures at the same times as those of one piece.

use aftercare_media::limits::MAX_CLIP_SAMPLES;
use aftercare_media::{Limits, video};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use proptest::sample::Index;

use crate::clip_writer::{ClipWriter, file_type, full, numbers};
use crate::clips::clip;
use crate::fragment_writer::{Base, FragmentWriter};

fn sampled(bytes: &[u8]) -> video::Clip {
    video::sample(bytes, 6, &Limits::default()).expect("a clip")
}

fn refused(bytes: &[u8]) -> &'static str {
    let error = video::sample(bytes, 6, &Limits::default()).expect_err("no clip");
    assert!(!error.zh().is_empty());
    error.code()
}

/// Where the content of each box of this kind begins, wherever its name stands.
fn contents(bytes: &[u8], kind: &[u8; 4]) -> Vec<usize> {
    let names = bytes.windows(4).enumerate();
    names
        .filter(|(_, name)| *name == kind.as_slice())
        .map(|(at, _)| at + 4)
        .collect()
}

fn put(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
}

/// Twelve pictures in fragments of four, each picture with all that there is to say.
fn said() -> FragmentWriter {
    FragmentWriter {
        is_all_said: true,
        ..FragmentWriter::new(clip(12, 4), 4)
    }
}

#[test]
fn a_recording_of_a_browser_is_read_like_a_clip_of_one_piece() {
    let plain = sampled(&clip(40, 5).write());
    let recorded = FragmentWriter {
        has_sound: true,
        start: 90_000,
        ..FragmentWriter::new(clip(40, 5), 10)
    }
    .write();
    assert_eq!(sampled(&recorded), plain);
    let info = video::info(&recorded).unwrap();
    assert_eq!((info.codec.as_str(), info.duration_ms), ("H.264", 4_000));
}

/// A voice note of so many pieces of sound of 20 milliseconds, whose header does not know how long it is.
fn recorded_voice(count: u32) -> Vec<u8> {
    let handler = [numbers(&[0, 0]), b"soun".to_vec(), vec![0; 13]].concat();
    let description = [numbers(&[0, 1]), full(b"mp4a", &[0; 28])].concat();
    let table = full(b"stbl", &full(b"stsd", &description));
    let media = [
        full(b"mdhd", &numbers(&[0, 0, 0, 1_000, 0, 0])),
        full(b"hdlr", &handler),
        full(b"minf", &table),
    ]
    .concat();
    let track = [
        full(b"tkhd", &numbers(&[7, 0, 0, 1, 0, 0])),
        full(b"mdia", &media),
    ]
    .concat();
    let defaults = full(b"trex", &numbers(&[0, 1, 1, 20, 6, 0x0200_0000]));
    let movie = [full(b"trak", &track), full(b"mvex", &defaults)].concat();
    let fragment = |distance: u32| {
        let head = full(b"tfhd", &numbers(&[0x02_0000, 1]));
        let run = full(b"trun", &numbers(&[1, count, distance]));
        let track = full(b"traf", &[head, run].concat());
        full(b"moof", &[full(b"mfhd", &numbers(&[0, 1])), track].concat())
    };
    let distance = u32::try_from(fragment(0).len() + 8).unwrap();
    let sound: Vec<u8> = (0..count).flat_map(|_| [0x21; 6]).collect();
    [
        file_type(),
        full(b"moov", &movie),
        fragment(distance),
        full(b"mdat", &sound),
    ]
    .concat()
}

/// Whoever is to listen to it is told, and a limit holds.
#[test]
fn a_voice_note_in_fragments_is_as_long_as_its_pieces() {
    let info = video::info(&recorded_voice(16_000)).unwrap();
    assert!(info.is_sound);
    assert_eq!((info.codec.as_str(), info.duration_ms), ("AAC", 320_000));
}

#[test]
fn parameter_sets_that_stand_before_the_pictures_alone_are_found() {
    let inside = || ClipWriter {
        codec: *b"avc3",
        are_sets_inside: true,
        ..clip(8, 4)
    };
    let expected = sampled(&clip(8, 4).write());
    assert_eq!(sampled(&inside().write()), expected);
    assert_eq!(sampled(&FragmentWriter::new(inside(), 3).write()), expected);
}

#[test]
fn how_long_a_recording_of_another_codec_lasts_is_known() {
    let mut clip = clip(25, 5);
    clip.codec = *b"hvc1";
    let recorded = FragmentWriter::new(clip, 10).write();
    assert_eq!(video::info(&recorded).unwrap().duration_ms, 2_500);
}

#[test]
fn a_recording_that_broke_off_is_read_as_far_as_it_is_whole() {
    let bytes = said().write();
    let starts = contents(&bytes, b"moof");
    let ends: Vec<usize> = starts[1..].iter().map(|at| at - 8).collect();
    for (fragments, end) in (1..).zip(ends) {
        let clip = sampled(&bytes[..end]);
        assert_eq!(clip.stream_pictures, 4 * fragments);
        // Into the tables of the next fragment.
        for more in [3, 20, 60] {
            assert_eq!(sampled(&bytes[..end + more]), clip, "{more} bytes more");
        }
    }
    let bytes = FragmentWriter::new(clip(6, 2), 2).write();
    let mut pictures = 0;
    for end in 0..bytes.len() {
        match video::sample(&bytes[..end], 1, &Limits::default()) {
            Ok(clip) => {
                assert!(clip.stream_pictures >= pictures, "{end}");
                pictures = clip.stream_pictures;
            }
            Err(error) => assert!(pictures == 0 && !error.en().is_empty(), "{end}: {error}"),
        }
        if let Ok(shown) = video::shown(&bytes[..end]) {
            assert!(shown.len() <= end);
        }
    }
    assert_eq!(pictures, 6);
}

#[test]
fn the_copy_of_a_recording_that_is_shown_has_its_pictures_and_nothing_else() {
    for base in [Base::Fragment, Base::Written, Base::TrackBefore] {
        let mut writer = FragmentWriter {
            has_sound: true,
            base,
            ..said()
        };
        writer.clip.label = Some(r#"{"Label":"1","ProduceID":"p-1"}"#.to_owned());
        let mut file = writer.write();
        file.extend(b"\0\0\0\x10uuida diary!");
        let shown = video::shown(&file).unwrap();
        let (one, other) = (sampled(&file), sampled(&shown));
        assert_eq!(one.duration_ms, other.duration_ms);
        assert_eq!(one.pictures.len(), other.pictures.len());
        for (one, other) in one.pictures.iter().zip(&other.pictures) {
            assert_eq!(
                (one.at_ms, one.picture.rgb()),
                (other.at_ms, other.picture.rgb())
            );
            assert_eq!(other.picture.metadata.ai_labels.len(), 1);
        }
        assert!(!shown.windows(5).any(|window| window == b"diary"));
        // The sound belongs to no track of the movie. Its table stays only where the pictures are counted from its end.
        assert!(!shown.windows(4).any(|window| window == [0xAA; 4]));
        let tables = contents(&shown, b"tfhd").len();
        assert_eq!(tables, if base == Base::TrackBefore { 6 } else { 3 });
    }
}

#[test]
fn counts_and_lengths_that_nobody_can_have_are_refused() {
    let mut bytes = said().write();
    let runs = contents(&bytes, b"trun");
    put(&mut bytes, runs[0] + 4, u32::MAX);
    assert_eq!(refused(&bytes), "malformed");
    // Of no bytes each, with nothing said of any: no more than a stream may have.
    put(&mut bytes, runs[0], 1);
    assert_eq!(refused(&bytes), "too_many_parts");
    put(
        &mut bytes,
        runs[0] + 4,
        u32::try_from(MAX_CLIP_SAMPLES).unwrap(),
    );
    assert_eq!(
        refused(&bytes),
        "too_many_parts",
        "those that follow as well"
    );
}

#[test]
fn what_neither_a_picture_nor_a_default_says_is_not_made_up() {
    let without = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        for at in contents(&bytes, b"trex") {
            bytes[at - 4..at].copy_from_slice(b"free");
        }
        bytes
    };
    let all = said().write();
    assert_eq!(sampled(&without(&all)), sampled(&all));
    let short = FragmentWriter::new(clip(12, 4), 4).write();
    assert_eq!(refused(&without(&short)), "malformed");
}

#[test]
fn places_before_the_file_and_behind_it_are_not_read() {
    let bytes = said().write();
    let runs = contents(&bytes, b"trun");
    let mut before = bytes.clone();
    put(&mut before, runs[2] + 8, i32::MIN.cast_unsigned());
    assert_eq!(refused(&before), "malformed");
    let mut behind = bytes.clone();
    put(&mut behind, runs[2] + 8, i32::MAX.cast_unsigned());
    assert_eq!(sampled(&behind).stream_pictures, 8, "as one that broke off");
    let written = FragmentWriter {
        base: Base::Written,
        ..said()
    };
    let mut far = written.write();
    let headers = contents(&far, b"tfhd");
    put(&mut far, headers[1] + 8, u32::MAX);
    assert_eq!(sampled(&far).stream_pictures, 4);
}

#[test]
fn pictures_of_fragments_that_lie_over_each_other_cost_no_more_than_the_file() {
    let mut bytes = FragmentWriter { run: 1, ..said() }.write();
    let length = u32::try_from(bytes.len()).unwrap();
    let fragments = contents(&bytes, b"moof");
    for run in contents(&bytes, b"trun") {
        let fragment = fragments.iter().rfind(|&&at| at < run).unwrap() - 8;
        let back = u32::try_from(fragment).unwrap().wrapping_neg();
        put(&mut bytes, run + 8, back);
        put(&mut bytes, run + 16, length);
    }
    assert_eq!(video::shown(&bytes).unwrap_err().code(), "malformed");
}

fn writers() -> impl Strategy<Value = FragmentWriter> {
    let bases = prop_oneof![
        Just(Base::Fragment),
        Just(Base::Written),
        Just(Base::TrackBefore)
    ];
    let clips = (1..20_u8, 1..8_u8);
    let sizes = (1..8_usize, 1..5_usize, 0..1_000_000_u32);
    let kinds = (any::<bool>(), any::<bool>(), any::<bool>());
    (clips, sizes, bases, kinds).prop_map(
        |((count, every), (pictures, run, start), base, (is_all_said, has_sound, is_wide))| {
            FragmentWriter {
                run,
                base,
                is_all_said,
                has_sound,
                start,
                is_wide,
                ..FragmentWriter::new(clip(count, every), pictures)
            }
        },
    )
}

impl std::fmt::Debug for FragmentWriter {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<bool> = self.clip.pictures.iter().map(|one| one.is_key).collect();
        to.debug_struct("FragmentWriter")
            .field("keys", &keys)
            .field("pictures", &self.pictures)
            .field("run", &self.run)
            .field("base", &self.base)
            .field("is_all_said", &self.is_all_said)
            .field("has_sound", &self.has_sound)
            .field("start", &self.start)
            .field("is_wide", &self.is_wide)
            .finish()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn in_fragments_and_in_one_piece_a_clip_has_the_same_pictures(writer in writers()) {
        let recorded = writer.write();
        let plain = sampled(&writer.clip.write());
        assert_eq!(&sampled(&recorded), &plain);
        let shown = video::shown(&recorded).unwrap();
        assert_eq!(&sampled(&shown), &plain);
    }

    #[test]
    fn mutated_recordings_are_decoded_or_refused(
        writer in writers(),
        changes in proptest::collection::vec((any::<Index>(), any::<u8>(), any::<bool>()), 1..8),
    ) {
        let mut bytes = writer.write();
        // The tables of fragments, which are where things can go wrong.
        let tables = contents(&bytes, b"moof");
        for (place, value, is_table) in changes {
            let at = if is_table {
                let fragment = tables[place.index(tables.len())];
                (fragment + place.index(200)).min(bytes.len() - 1)
            } else {
                place.index(bytes.len())
            };
            bytes[at] = value;
        }
        if let Err(error) = video::sample(&bytes, 3, &Limits::default()) {
            assert!(!error.zh().is_empty() && !error.code().is_empty());
        }
        let _ = video::info(&bytes);
        let _ = video::shown(&bytes);
    }
}
