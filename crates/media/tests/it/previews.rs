//! Previews lose everything personal and keep exactly one AI label.

use aftercare_media::{Limits, MediaError, decode, jpeg_of_rgb, label_png, preview, read_metadata};
use aftercare_scene::{Camera, ItemKind, Scene, encode_jpeg};

use crate::files::{self, LABEL};
use crate::labels::carriers;
use crate::photos::mean_difference;

#[test]
fn personal_metadata_is_gone() {
    let original = files::personal_jpeg(6);
    for needle in [b"Sample Camera".as_slice(), b"2026:11:01", b"Exif"] {
        assert!(contains(&original, needle));
    }
    let photo = decode(&original, &Limits::default()).unwrap();
    for side in [64, 320, 1_000] {
        let small = preview(&photo, side, 80).unwrap();
        let metadata = read_metadata(&small).unwrap();
        assert!(!metadata.has_exif && !metadata.has_gps && !metadata.has_xmp);
        assert_eq!(
            (metadata.make, metadata.model, metadata.date_time),
            (None, None, None)
        );
        for needle in [b"Sample Camera".as_slice(), b"2026:11:01", b"Exif", b"2026"] {
            assert!(!contains(&small, needle));
        }
    }
}

#[test]
fn every_carrier_s_label_is_carried_on_exactly_once() {
    for (name, _, bytes) in carriers() {
        let photo =
            decode(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let small = preview(&photo, 160, 80).unwrap();
        let metadata = read_metadata(&small).unwrap();
        assert_eq!(metadata.ai_labels.len(), 1, "{name}");
        assert_eq!(metadata.ai_labels[0].json, LABEL, "{name}");
        assert!(!metadata.has_exif, "{name}");
        // A preview of the preview keeps it too.
        let again = preview(&decode(&small, &Limits::default()).unwrap(), 80, 80).unwrap();
        assert_eq!(
            read_metadata(&again).unwrap().ai_labels[0].json,
            LABEL,
            "{name}"
        );
    }
}

#[test]
fn pictures_made_from_a_labelled_photo_carry_its_label_on() {
    for (name, _, bytes) in carriers() {
        let photo = decode(&bytes, &Limits::default()).unwrap();
        let labels = &photo.metadata.ai_labels;
        let jpeg = jpeg_of_rgb(&[90; 16 * 12 * 3], (16, 12), 80, labels).unwrap();
        let png = label_png(files::png(), labels);
        for made in [jpeg, png] {
            let again = decode(&made, &Limits::default()).unwrap();
            assert_eq!(again.metadata.ai_labels.len(), 1, "{name}");
            assert_eq!(again.metadata.ai_labels[0].json, LABEL, "{name}");
        }
    }
    // Without a label nothing is added, and pixels that do not fit the size are refused.
    assert_eq!(label_png(files::png(), &[]), files::png());
    assert_eq!(label_png(vec![1, 2], &[]), [1, 2]);
    assert!(jpeg_of_rgb(&[90; 10], (16, 12), 80, &[]).is_err());
}

#[test]
fn odd_label_texts_survive_escaping() {
    for json in [
        r#"{"Label":"1","ProduceID":"<a&b>'\"\\ 生成 "}"#,
        "{\"Label\":\"1\",\r\n\t\"ProduceID\":\"x\"}",
        "not even json & <tag>",
    ] {
        let bytes = files::with_chunk(
            &files::png(),
            b"tEXt",
            &[b"AIGC\0", json.as_bytes()].concat(),
            false,
        );
        let photo = decode(&bytes, &Limits::default()).unwrap();
        let small = preview(&photo, 100, 80).unwrap();
        assert_eq!(read_metadata(&small).unwrap().ai_labels[0].json, json);
    }
    // XML cannot write other control characters; the label keeps its meaning in JSON's own escape.
    let bytes = files::with_chunk(
        &files::png(),
        b"tEXt",
        b"AIGC\0{\"Label\":\"1\",\"ProduceID\":\"\x07\"}",
        false,
    );
    let small = preview(&decode(&bytes, &Limits::default()).unwrap(), 100, 80).unwrap();
    assert_eq!(
        read_metadata(&small).unwrap().ai_labels[0].json,
        r#"{"Label":"1","ProduceID":"\u0007"}"#
    );
}

#[test]
fn several_labels_become_the_strongest_one() {
    let weak = r#"{"Label":"3","ContentProducer":"sample"}"#;
    let both = files::with_segment(
        &files::jpeg(),
        0xE1,
        &files::jpeg_xmp_payload(&files::xmp_element(LABEL)),
    );
    let both = files::with_segment(&both, 0xFE, format!(r#"{{"AIGC":{weak}}}"#).as_bytes());
    let photo = decode(&both, &Limits::default()).unwrap();
    assert_eq!(photo.metadata.ai_labels.len(), 2);
    let labels = read_metadata(&preview(&photo, 100, 80).unwrap())
        .unwrap()
        .ai_labels;
    assert_eq!(labels.len(), 1);
    assert_eq!(labels[0].json, LABEL);
}

#[test]
fn previews_show_the_photo_at_the_size_asked_for() {
    let scene = Scene::new(ItemKind::GiftBox, 4);
    let large = Camera::phone(2).develop(&scene, 1_501, 1_001);
    let photo = decode(&encode_jpeg(&large, 92, None), &Limits::default()).unwrap();
    for (side, width, height) in [
        (1_501, 1_501, 1_001),
        (2_000, 1_501, 1_001),
        (750, 750, 500),
        (200, 200, 133),
        (16, 16, 11),
    ] {
        let small = decode(&preview(&photo, side, 90).unwrap(), &Limits::default()).unwrap();
        assert_eq!((small.width, small.height), (width, height));
        let expected =
            image::imageops::resize(&large, width, height, image::imageops::FilterType::Triangle);
        let difference = mean_difference(small.rgb(), expected.as_raw());
        assert!(difference < 5.0, "side {side}: {difference}");
    }
    assert!(matches!(
        preview(&photo, 8, 80).unwrap_err(),
        MediaError::BadPreview { .. }
    ));
    assert!(matches!(
        preview(&photo, 10_000, 80).unwrap_err(),
        MediaError::BadPreview { .. }
    ));
    assert!(matches!(
        preview(&photo, 100, 100).unwrap_err(),
        MediaError::BadPreview { .. }
    ));
}

#[test]
fn thin_photos_have_previews() {
    for (width, height) in [(1, 1), (1, 900), (900, 1), (33, 700)] {
        let picture = image::RgbImage::from_pixel(width, height, image::Rgb([90, 120, 30]));
        let photo = decode(&aftercare_scene::encode_png(&picture), &Limits::default()).unwrap();
        let small = decode(&preview(&photo, 100, 80).unwrap(), &Limits::default()).unwrap();
        assert_eq!(small.width.max(small.height), width.max(height).min(100));
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
