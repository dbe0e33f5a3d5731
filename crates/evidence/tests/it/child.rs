//! The child's protocol: a photo in, a report or a refusal out, and nothing else.

use aftercare_evidence::FindingCode;
use aftercare_evidence::child::{
    FRAME_PREFIX_BYTES, ProtocolError, ScreenClip, ScreenPhoto, body_bytes, decode_clip,
    decode_response, encode_clip, encode_request, run_child,
};
use aftercare_media::{Format, Limits, decode, read_metadata};
use aftercare_scene::{Exif, encode_jpeg, encode_png};
use proptest::prelude::{any, prop, proptest};

use crate::clip_writer::{ClipWriter, Picture};
use crate::photos::{fingerprint, products};

fn request(bytes: Vec<u8>) -> ScreenPhoto {
    ScreenPhoto {
        bytes,
        limits: Limits::default(),
        preview_sides: vec![160, 64],
        preview_quality: 80,
    }
}

/// Runs the child on `input` and cuts its output into frames.
fn answers(input: &[u8]) -> (std::io::Result<()>, Vec<Vec<u8>>) {
    let mut output = Vec::new();
    let ended = run_child(input, &mut output);
    let mut frames = Vec::new();
    let mut rest = output.as_slice();
    while !rest.is_empty() {
        let prefix = rest[..FRAME_PREFIX_BYTES]
            .try_into()
            .expect("a whole prefix");
        let end = FRAME_PREFIX_BYTES + body_bytes(prefix).expect("a good prefix");
        frames.push(rest[..end].to_vec());
        rest = &rest[end..];
    }
    (ended, frames)
}

#[test]
fn a_photo_is_reported() {
    let picture = &products()[0].2;
    let exif = Exif {
        orientation: 6,
        place: Some((30.0, 120.0)),
        ..Exif::default()
    };
    let bytes = encode_jpeg(picture, 85, Some(&exif));
    let (ended, frames) = answers(&encode_request(&request(bytes)).unwrap());
    ended.unwrap();
    let report = decode_response(&frames[0])
        .unwrap()
        .unwrap_or_else(|refused| panic!("{refused}"));
    assert_eq!(
        (report.format, report.width, report.height),
        (Format::Jpeg, 360, 270)
    );
    assert_eq!(report.metadata.orientation, 6);
    assert!(report.metadata.has_gps);
    assert!(report.fingerprint.distance(&fingerprint(picture)) <= 10);
    assert_eq!(report.previews.len(), 2);
    for (preview, side) in report.previews.iter().zip([160, 64]) {
        let preview = decode(preview, &Limits::default()).unwrap();
        assert_eq!(preview.width, side);
        assert!(!preview.metadata.has_exif);
    }
}

#[test]
fn the_label_of_an_upload_is_in_the_report_and_the_previews() {
    let label = r#"{"Label":"1","ContentProducer":"sample"}"#;
    let jpeg = encode_jpeg(&products()[0].2, 85, None);
    let comment = format!(r#"{{"AIGC":{label}}}"#);
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xFF, 0xFE]);
    bytes.extend(u16::try_from(comment.len() + 2).unwrap().to_be_bytes());
    bytes.extend(comment.as_bytes());
    bytes.extend(&jpeg[2..]);
    let (_, frames) = answers(&encode_request(&request(bytes)).unwrap());
    let report = decode_response(&frames[0])
        .unwrap()
        .unwrap_or_else(|refused| panic!("{refused}"));
    assert_eq!(report.metadata.ai_labels[0].json, label);
    for preview in &report.previews {
        let labels = read_metadata(preview).unwrap().ai_labels;
        assert_eq!(
            labels
                .iter()
                .map(|found| found.json.as_str())
                .collect::<Vec<_>>(),
            [label]
        );
    }
}

#[test]
fn a_bad_file_is_refused_and_the_next_photo_still_answered() {
    let good = encode_png(&image::imageops::thumbnail(&products()[1].2, 80, 60));
    let mut input = Vec::new();
    for bytes in [
        b"%PDF-1.7".to_vec(),
        good[..good.len() / 2].to_vec(),
        Vec::new(),
        good,
    ] {
        input.extend(encode_request(&request(bytes)).unwrap());
    }
    let (ended, frames) = answers(&input);
    ended.unwrap();
    let codes: Vec<String> = frames
        .iter()
        .map(|frame| match decode_response(frame).unwrap() {
            Ok(_) => "report".to_owned(),
            Err(refused) => {
                assert_eq!(refused.finding().code, FindingCode::NotDecoded);
                assert!(refused.finding().zh.contains(&refused.zh));
                refused.code
            }
        })
        .collect();
    assert_eq!(codes, ["refused_format", "truncated", "empty", "report"]);
}

#[test]
fn limits_of_the_request_hold() {
    let picture = &products()[0].2;
    let mut small = request(encode_png(picture));
    small.limits.max_pixels = 100;
    let mut many = request(encode_png(picture));
    many.preview_sides = vec![64; 5];
    let mut tiny = request(encode_png(picture));
    tiny.preview_sides = vec![1];
    for (request, code) in [
        (small, "too_many_pixels"),
        (many, "too_many_previews"),
        (tiny, "bad_preview"),
    ] {
        let (_, frames) = answers(&encode_request(&request).unwrap());
        assert_eq!(
            decode_response(&frames[0]).unwrap().err().unwrap().code,
            code
        );
    }
    let large = request(vec![0; aftercare_media::limits::MAX_FRAME_BYTES]);
    assert!(matches!(
        encode_request(&large),
        Err(ProtocolError::Frame(_))
    ));
}

#[test]
fn nonsense_ends_the_child_and_is_no_answer() {
    for input in [
        b"GET / HTTP/1.1\r\n\r\n".as_slice(),
        b"AFC1\xFF\xFF\xFF\xFF",
        b"AFC1\x04\0\0\0\0\0",
        b"AFC1",
    ] {
        let (ended, frames) = answers(input);
        assert!(ended.is_err() && frames.is_empty());
    }
    assert!(decode_response(b"").is_err());
    assert!(decode_response(b"AFC1\x0A\0\0\0\x02\0\0\0{}\0\0\0\0").is_err());
}

proptest! {
    #[test]
    fn mutated_requests_and_answers_never_panic(
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode_request(&request(b"\x89PNG\r\n\x1A\n".to_vec())).expect("small");
        let place = at.index(bytes.len());
        bytes[place] = value;
        let _ = answers(&bytes);
        let _ = answers(&bytes[..end.index(bytes.len())]);
        let _ = decode_response(&bytes);
    }
}

/// A clip of ten pictures, each brighter than the one before, as a request for its still at half a second.
fn clip_request(codec: [u8; 4], copy: bool) -> ScreenClip {
    let pictures = (0..10_u8)
        .map(|index| Picture {
            is_key: true,
            luma: (0..12 * 9_u8).map(|block| 20 + 8 * index + block).collect(),
        })
        .collect();
    let mut writer = ClipWriter::new(12, 9, pictures);
    writer.codec = codec;
    ScreenClip {
        bytes: writer.write(),
        limits: Limits::default(),
        at_ms: 500,
        still: (1_280, 85),
        copy,
    }
}

#[test]
fn a_clip_is_reported_with_the_still_of_a_time_and_the_copy_that_is_shown() {
    let asked = clip_request(*b"avc1", true);
    let mut input = encode_clip(asked.clone()).unwrap();
    input.extend(encode_clip(clip_request(*b"avc1", false)).unwrap());
    let (ended, frames) = answers(&input);
    ended.unwrap();
    let report = decode_clip(&frames[0])
        .unwrap()
        .unwrap_or_else(|refused| panic!("{refused}"));
    assert_eq!(report.media_type, "video/mp4");
    assert_eq!(
        (report.duration_ms, report.codec.as_str()),
        (1_000, "H.264")
    );
    assert_eq!(report.copy, Some(asked.bytes), "it says nothing personal");
    let pictures = report
        .pictures
        .unwrap_or_else(|refused| panic!("{refused}"));
    assert_eq!((pictures.width, pictures.height), (192, 144));
    let still = decode(&pictures.still, &Limits::default()).unwrap();
    // Luma 60 of the picture at 500 ms in limited range, give or take what JPEG costs.
    assert!(still.rgb()[0].abs_diff(51) <= 12, "{}", still.rgb()[0]);
    let report = decode_clip(&frames[1]).unwrap();
    let report = report.unwrap_or_else(|refused| panic!("{refused}"));
    assert_eq!(report.copy, None);
}

#[test]
fn a_clip_of_another_codec_is_an_answer_and_a_file_without_a_video_is_refused() {
    let mut input = encode_clip(clip_request(*b"hvc1", true)).unwrap();
    let mut broken = clip_request(*b"avc1", true);
    broken.bytes.truncate(600);
    input.extend(encode_clip(broken).unwrap());
    let (ended, frames) = answers(&input);
    ended.unwrap();
    let report = decode_clip(&frames[0])
        .unwrap()
        .unwrap_or_else(|refused| panic!("{refused}"));
    let Err(unread) = report.pictures else {
        panic!("HEVC is not read");
    };
    assert_eq!(unread.code, "not_decoded");
    assert!(unread.en.contains("HEVC"), "{unread}");
    assert!(report.copy.is_some());
    let refused = decode_clip(&frames[1]).unwrap();
    assert_eq!(
        refused.err().map(|refused| refused.code).as_deref(),
        Some("truncated")
    );
    assert!(matches!(
        decode_response(&frames[0]),
        Err(ProtocolError::OtherAnswer)
    ));
}
