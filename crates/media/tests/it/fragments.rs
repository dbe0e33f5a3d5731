//! Clips in fragments, as browsers record them, give the same pictures at the same times as those of one piece.

use aftercare_media::limits::MAX_CLIP_SAMPLES;
use aftercare_media::{Limits, video};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use proptest::sample::Index;

use crate::clip_writer::{ClipWriter, full, numbers};
use crate::clips::clip;
use crate::fragment_writer::{Base, FragmentWriter};
use crate::voice_writer::{PIECE, PIECES_PER_SECOND, movie, voice};

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

/// A voice note as a browser records it, a second in a fragment; nothing says at its start how long it will be.
fn recorded_voice(seconds: u32) -> Vec<u8> {
    let mut file = full(b"ftyp", b"M4A \0\0\0\0M4A isom");
    let tables = [
        full(b"stts", &numbers(&[0, 0])),
        full(b"stsc", &numbers(&[0, 0])),
        full(b"stsz", &numbers(&[0, 0, 0])),
        full(b"stco", &numbers(&[0, 0])),
    ];
    let defaults = full(b"trex", &numbers(&[0, 1, 1, 20, 6, 0]));
    file.extend(movie(&tables.concat(), 0, &full(b"mvex", &defaults)));
    for second in 0..seconds {
        let fragment = |place: u32| {
            let track = [
                full(b"tfhd", &numbers(&[0x02_0000, 1])),
                full(b"tfdt", &numbers(&[0, second * 1_000])),
                full(b"trun", &numbers(&[1, PIECES_PER_SECOND, place])),
            ];
            let header = full(b"mfhd", &numbers(&[0, second + 1]));
            let track = full(b"traf", &track.concat());
            full(b"moof", &[header, track].concat())
        };
        // It is as long whatever its place is.
        let place = u32::try_from(fragment(0).len() + 8).expect("a small fragment");
        file.extend(fragment(place));
        let sound: Vec<u8> = (0..PIECES_PER_SECOND).flat_map(|_| PIECE).collect();
        file.extend(full(b"mdat", &sound));
    }
    file
}

#[test]
fn how_long_a_recorded_voice_note_lasts_is_known() {
    let whole = video::info(&voice(3)).unwrap();
    let recorded = recorded_voice(3);
    assert_eq!(video::info(&recorded).unwrap(), whole);
    let shown = video::shown(&recorded).unwrap();
    let pieces = |bytes: &[u8]| contents(bytes, b"mdat").len();
    assert_eq!(pieces(&shown), 3);
    assert_eq!(video::info(&shown).unwrap(), whole);
}

#[test]
fn neither_the_encoder_nor_what_hides_in_a_description_is_shown() {
    let mut bytes = said().write();
    let entry = *contents(&bytes, b"avc1").last().unwrap();
    bytes[entry + 42..entry + 49].copy_from_slice(b"\x06Camera");
    let shown = video::shown(&bytes).unwrap();
    assert_eq!(shown.len(), bytes.len());
    assert!(!shown.windows(6).any(|window| window == b"Camera"));
    assert_eq!(
        sampled(&shown).pictures.len(),
        sampled(&bytes).pictures.len()
    );
    // A box of what a recorder has to say stands where that of the codec does.
    let codec = contents(&bytes, b"avcC")[0];
    bytes[codec - 4..codec].copy_from_slice(b"uuid");
    bytes[codec..codec + 5].copy_from_slice(b"diary");
    let shown = video::shown(&bytes).unwrap();
    assert!(!shown.windows(5).any(|window| window == b"diary"));
}

#[test]
fn a_second_movie_of_a_file_is_not_walked_through_its_fragments_again() {
    let recorded = said().write();
    let plain = clip(4, 2).movie(0, &[], b"");
    let mut both = recorded.clone();
    both.extend(plain.repeat(200));
    let shown = video::shown(&both).unwrap();
    assert_eq!(contents(&shown, b"moov").len(), 1);
    assert_eq!(sampled(&shown), sampled(&recorded));
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
