//! Pictures are taken from clips at even times, upright, with their labels; other codecs are named.

use aftercare_media::limits::{MAX_CLIP_BYTES, MAX_CLIP_PICTURES};
use aftercare_media::{Format, LabelSource, Limits, MediaError, Note, video};
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::sample::Index;

use crate::clip_writer::{ClipWriter, Picture};
use crate::files;
use crate::voice_writer::voice;

/// `count` pictures of 3 × 2 macroblocks, each brighter than the one before, a key picture every `every`.
pub(crate) fn clip(count: u8, every: u8) -> ClipWriter {
    let pictures = (0..count)
        .map(|index| Picture {
            is_key: index % every == 0,
            luma: (0..6).map(|block| 16 + 2 * index + 20 * block).collect(),
        })
        .collect();
    ClipWriter::new(3, 2, pictures)
}

/// The gray that luma in limited range stands for.
fn light(luma: u8) -> u8 {
    let exact = (f32::from(luma) - 16.0) * 255.0 / 219.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small number"
    )]
    let rounded = exact.round() as u8;
    rounded
}

#[test]
fn key_pictures_are_taken_at_even_times() {
    let clip = video::sample(&clip(40, 5).write(), 4, &Limits::default()).unwrap();
    assert_eq!((clip.duration_ms, clip.stream_pictures), (4_000, 40));
    assert_eq!(clip.pictures.len(), 4);
    for (picture, time) in clip.pictures.iter().zip([500, 1_500, 2_500, 3_500]) {
        assert_eq!(picture.at_ms, time);
        assert!(picture.is_key);
        let photo = &picture.picture;
        assert_eq!(
            (photo.format, photo.width, photo.height),
            (Format::Mp4, 48, 32)
        );
        let first = u8::try_from(time / 100).unwrap() * 2 + 16;
        for (block, corner) in [(0_u8, 0), (1, 16 * 3), (2, 32 * 3), (3, 16 * 48 * 3)] {
            assert_eq!(
                photo.rgb()[corner..corner + 3],
                [light(first + 20 * block); 3]
            );
        }
    }
}

#[test]
fn pictures_between_key_pictures_are_decoded_where_key_pictures_are_rare() {
    let clip = video::sample(&clip(40, 40).write(), 4, &Limits::default()).unwrap();
    let times: Vec<u64> = clip.pictures.iter().map(|picture| picture.at_ms).collect();
    assert_eq!(times, [500, 1_500, 2_500, 3_500]);
    for picture in &clip.pictures {
        assert!(!picture.is_key);
        let luma = u8::try_from(picture.at_ms / 100).unwrap() * 2 + 16;
        assert_eq!(picture.picture.rgb()[0], light(luma));
    }
}

#[test]
fn short_clips_give_each_picture_once_and_long_lists_are_capped() {
    let short = video::sample(&clip(3, 1).write(), 24, &Limits::default()).unwrap();
    assert_eq!(short.pictures.len(), 3);
    let long = video::sample(&clip(50, 1).write(), 1_000, &Limits::default()).unwrap();
    assert_eq!(long.pictures.len(), MAX_CLIP_PICTURES);
}

#[test]
fn clips_held_sideways_come_out_upright() {
    let plain = video::sample(&clip(1, 1).write(), 1, &Limits::default()).unwrap();
    let plain = plain.pictures[0].picture.rgb().to_vec();
    let stored = image::RgbImage::from_raw(48, 32, plain).unwrap();
    let turned = [
        ([0, 1, -1, 0], image::imageops::rotate90(&stored)),
        ([-1, 0, 0, -1], image::imageops::rotate180(&stored)),
        ([0, -1, 1, 0], image::imageops::rotate270(&stored)),
    ];
    for (matrix, expected) in turned {
        let mut writer = clip(1, 1);
        writer.matrix = matrix;
        let clip = video::sample(&writer.write(), 1, &Limits::default()).unwrap();
        let picture = &clip.pictures[0].picture;
        assert_eq!((picture.width, picture.height), expected.dimensions());
        assert!(picture.rgb() == expected.as_raw().as_slice(), "{matrix:?}");
    }
}

#[test]
fn cropped_rows_are_not_shown_and_large_pictures_are_reduced() {
    let mut writer = clip(1, 1);
    writer.crop_bottom = 3;
    let clip = video::sample(&writer.write(), 1, &Limits::default()).unwrap();
    let picture = &clip.pictures[0].picture;
    assert_eq!((picture.width, picture.height), (48, 26));
    let wide = ClipWriter::new(
        120,
        1,
        vec![Picture {
            is_key: true,
            luma: vec![100; 120],
        }],
    );
    let clip = video::sample(&wide.write(), 1, &Limits::default()).unwrap();
    let picture = &clip.pictures[0].picture;
    assert_eq!((picture.width, picture.height), (1_280, 11));
    assert_eq!(
        (picture.original_width, picture.original_height),
        (1_920, 16)
    );
    assert_eq!(
        picture.notes,
        [Note::Reduced {
            width: 1_920,
            height: 16
        }]
    );
}

#[test]
fn the_label_of_a_clip_is_on_its_pictures() {
    let mut writer = clip(2, 1);
    writer.label = Some(files::LABEL.to_owned());
    let clip = video::sample(&writer.write(), 2, &Limits::default()).unwrap();
    for picture in &clip.pictures {
        let labels = &picture.picture.metadata.ai_labels;
        assert_eq!(labels.len(), 1);
        assert_eq!(labels[0].source, LabelSource::ClipField);
        assert_eq!(labels[0].json, files::LABEL);
    }
}

#[test]
fn other_codecs_are_named() {
    for (codec, name) in [
        (*b"hvc1", "HEVC (H.265)"),
        (*b"av01", "AV1"),
        (*b"vp09", "VP9"),
        (*b"zzzz", "zzzz"),
    ] {
        let mut writer = clip(1, 1);
        writer.codec = codec;
        let error = video::sample(&writer.write(), 1, &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "not_decoded");
        assert!(
            error.en().contains(name) && error.zh().contains(name),
            "{error}"
        );
    }
}

#[test]
fn limits_hold_before_any_picture_is_decoded() {
    let error = video::sample(&vec![0; MAX_CLIP_BYTES + 1], 1, &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "too_many_bytes");
    for (across, down, code) in [
        (10_000, 1, "side_too_long"),
        (1_000, 1_000, "too_many_pixels"),
        (134_217_728, 134_217_728, "side_too_long"),
        (300_000_000, 1, "not_decoded"),
    ] {
        let mut writer = clip(1, 1);
        (writer.across, writer.down) = (across, down);
        let error = video::sample(&writer.write(), 1, &Limits::default()).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    let mut writer = clip(1, 1);
    (writer.across, writer.down, writer.references) = (240, 135, 16);
    let error = video::sample(&writer.write(), 1, &Limits::default()).unwrap_err();
    assert!(error.en().contains("16 pictures for reference"), "{error}");
    writer.references = 4_000_000_000;
    let error = video::sample(&writer.write(), 1, &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "not_decoded");
}

#[test]
fn every_truncation_of_a_clip_is_answered() {
    let bytes = clip(3, 2).write();
    for end in 0..bytes.len() {
        match video::sample(&bytes[..end], 3, &Limits::default()) {
            Ok(clip) => assert!(!clip.pictures.is_empty()),
            Err(error) => assert!(!error.zh().is_empty()),
        }
        if let Ok(shown) = video::shown(&bytes[..end]) {
            assert!(shown.len() <= end);
        }
    }
    assert_eq!(
        video::sample(b"\0\0\0\x10ftypisom\0\0\0\0", 1, &Limits::default()).unwrap_err(),
        MediaError::NotDecoded {
            format: Format::Mp4,
            what: "no index of its pictures".to_owned()
        }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn mutated_clips_are_decoded_or_refused(
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..8),
        at_end in any::<bool>(),
    ) {
        let mut bytes = clip(3, 2).write();
        for (place, value) in changes {
            // The index is at the end, after the pixels.
            let span = if at_end { 900 } else { bytes.len() };
            let at = bytes.len() - 1 - place.index(span.min(bytes.len()));
            bytes[at] = value;
        }
        if let Err(error) = video::sample(&bytes, 3, &Limits::default()) {
            assert!(!error.zh().is_empty() && !error.code().is_empty());
        }
        let _ = video::info(&bytes);
        let _ = video::shown(&bytes);
    }
}

/// The same box as the writer makes.
fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8)
        .expect("a small box")
        .to_be_bytes();
    [length.as_slice(), kind, content].concat()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn the_copy_that_is_shown_has_every_picture_and_the_label_and_nothing_else_that_the_file_says() {
    let mut writer = clip(12, 3);
    writer.label = Some(r#"{"Label":"1","ProduceID":"p-1"}"#.to_owned());
    let mut file = writer.write();
    let place = boxed(b"\xA9xyz", b"+30.2510+120.1710/");
    file.extend(boxed(b"udta", &place));
    file.extend(boxed(b"uuid", b"a phone of somebody"));
    // Bytes between the samples that no table speaks of.
    file.extend(boxed(b"mdat", b"a diary"));
    let shown = video::shown(&file).unwrap();
    assert_eq!(
        video::sample(&shown, 6, &Limits::default())
            .unwrap()
            .pictures
            .len(),
        6
    );
    for (one, other) in video::sample(&file, 6, &Limits::default())
        .unwrap()
        .pictures
        .iter()
        .zip(
            &video::sample(&shown, 6, &Limits::default())
                .unwrap()
                .pictures,
        )
    {
        assert_eq!(
            (one.at_ms, one.picture.rgb()),
            (other.at_ms, other.picture.rgb())
        );
        let json = |picture: &aftercare_media::Decoded| picture.metadata.ai_labels[0].json.clone();
        assert_eq!(json(&one.picture), json(&other.picture));
        assert_eq!(
            other.picture.metadata.ai_labels.len(),
            1,
            "exactly one label"
        );
    }
    for secret in [b"+30.2510".as_slice(), b"a phone", b"a diary"] {
        assert!(holds(&file, secret) && !holds(&shown, secret));
    }
    assert!(shown.len() >= file.len(), "nothing has moved");
}

#[test]
fn the_label_follows_the_copy_of_a_file_with_an_end_that_is_not_sound() {
    let mut writer = clip(4, 2);
    writer.label = Some(r#"{"Label":"2","ProduceID":"p-1"}"#.to_owned());
    for tail in [
        b"abc".as_slice(),
        // To the end of the file, and further than that.
        b"\0\0\0\0freeabcdef",
        b"\0\0\x10\0freeabcdef",
        b"\0\0\0\x01free\0\0\0\0\0\0\x10\0abcdef",
    ] {
        let file = [writer.write(), tail.to_vec()].concat();
        let shown = video::shown(&file).unwrap();
        let sampled = video::sample(&shown, 1, &Limits::default()).unwrap();
        let labels = &sampled.pictures[0].picture.metadata.ai_labels;
        assert_eq!(labels.len(), 1, "{tail:?}");
        assert_eq!(labels[0].level(), Some(2));
    }
}

#[test]
fn a_clip_of_another_codec_is_known_by_its_name_and_can_be_shown() {
    let mut writer = clip(10, 5);
    writer.codec = *b"hvc1";
    let file = writer.write();
    let info = video::info(&file).unwrap();
    assert_eq!(
        (info.codec.as_str(), info.duration_ms),
        ("HEVC (H.265)", 1_000)
    );
    assert_eq!(
        video::shown(&file).unwrap(),
        file,
        "it says nothing besides"
    );
    assert_eq!(video::media_type(&file), "video/mp4");
}

#[test]
fn a_voice_note_has_its_length_and_a_copy_that_says_nothing_about_who_spoke() {
    let file = voice(3);
    let info = video::info(&file).unwrap();
    assert!(info.is_sound);
    assert_eq!((info.codec.as_str(), info.duration_ms), ("AAC", 3_000));
    let copy = video::shown(&file).unwrap();
    assert_eq!(copy.len(), file.len(), "nothing is moved");
    assert!(holds(&file, b"+30.25") && !holds(&copy, b"+30.25"));
    assert!(!holds(&copy, b"example-phone"));
    assert_eq!(video::info(&copy).unwrap(), info);
    let (start, end) = (32, 32 + 150 * 6);
    assert_eq!(copy[start..end], file[start..end], "every piece of sound");
    assert!(video::sample(&file, 1, &Limits::default()).is_err());
    // Sound of which nothing is known is no voice note that can be played.
    let mut unknown = file.clone();
    let at = unknown.windows(4).position(|kind| kind == b"mp4a").unwrap();
    unknown[at..at + 4].copy_from_slice(b"xxxx");
    assert!(video::shown(&unknown).is_err());
    // Cut off anywhere, it is refused or read, and nothing else happens.
    for length in 0..file.len() {
        let _ = video::info(&file[..length]);
        let _ = video::shown(&file[..length]);
    }
}

#[test]
fn samples_that_lie_over_each_other_cost_no_more_than_the_file() {
    let mut file = clip(40, 5).write();
    let at = file.windows(4).position(|kind| kind == b"stsz").unwrap();
    // Every picture is said to be as long as the file.
    let length = u32::try_from(file.len()).unwrap().to_be_bytes();
    file[at + 8..at + 12].copy_from_slice(&length);
    let error = video::shown(&file).unwrap_err();
    assert_eq!(error.code(), "malformed");
}
