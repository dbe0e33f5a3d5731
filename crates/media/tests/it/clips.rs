//! Pictures are taken from clips at even times, upright, with their labels; other codecs are named.

use aftercare_media::limits::{MAX_CLIP_BYTES, MAX_CLIP_PICTURES};
use aftercare_media::{Format, LabelSource, Limits, MediaError, Note, video};
use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::sample::Index;

use crate::clip_writer::{ClipWriter, Picture};
use crate::files;

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
    }
}
