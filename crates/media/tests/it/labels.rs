//! The AI label is found in every carrier that photos commonly use, by namespace and key, never by prefix.

use aftercare_media::limits::MAX_LABEL_BYTES;
use aftercare_media::{
    AiLabel, LabelSource, Limits, MediaError, decode, preferred_label, preview, read_metadata,
};

use crate::files::{self, LABEL};

/// Every carrier: what it is, and a file that has the label there.
pub(crate) fn carriers() -> Vec<(&'static str, LabelSource, Vec<u8>)> {
    let wrapped = format!(r#"{{"AIGC":{LABEL}}}"#);
    let (jpeg, png, webp) = (files::jpeg(), files::png(), files::webp());
    let element = files::xmp_element(LABEL);
    let attribute = files::xmp_attribute(LABEL);
    let comment = |code: &[u8], body: &[u8], in_exif| {
        files::tiff_with_field(0x9286, 7, &[code, body].concat(), in_exif)
    };
    let ascii = comment(b"ASCII\0\0\0", wrapped.as_bytes(), true);
    let ascii_first = comment(b"ASCII\0\0\0", wrapped.as_bytes(), false);
    let utf16 = |little: bool| -> Vec<u8> {
        wrapped
            .encode_utf16()
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    };
    let description = files::tiff_with_field(0x010E, 2, format!("{wrapped}\0").as_bytes(), false);
    let international = |compressed: bool, text: &[u8]| {
        [
            b"XML:com.adobe.xmp\0".as_slice(),
            &[u8::from(compressed), 0],
            b"\0\0",
            text,
        ]
        .concat()
    };
    let squeezed = |text: &[u8]| miniz_oxide::deflate::compress_to_vec_zlib(text, 6);
    let text_chunk = |text: &str| [b"AIGC\0", text.as_bytes()].concat();
    let exif_segment = |tiff: &[u8]| files::with_segment(&jpeg, 0xE1, &files::exif_payload(tiff));
    vec![
        (
            "JPEG XMP element",
            LabelSource::JpegXmp,
            files::with_segment(&jpeg, 0xE1, &files::jpeg_xmp_payload(&element)),
        ),
        (
            "JPEG XMP attribute",
            LabelSource::JpegXmp,
            files::with_segment(&jpeg, 0xE1, &files::jpeg_xmp_payload(&attribute)),
        ),
        (
            "JPEG EXIF user comment",
            LabelSource::ExifUserComment,
            exif_segment(&ascii),
        ),
        (
            "JPEG EXIF user comment in the first directory",
            LabelSource::ExifUserComment,
            exif_segment(&ascii_first),
        ),
        (
            "JPEG EXIF user comment, UTF-16 of the block's order",
            LabelSource::ExifUserComment,
            exif_segment(&comment(b"UNICODE\0", &utf16(false), true)),
        ),
        (
            "JPEG EXIF user comment, UTF-16 of the other order",
            LabelSource::ExifUserComment,
            exif_segment(&comment(b"UNICODE\0", &utf16(true), true)),
        ),
        (
            "JPEG EXIF image description",
            LabelSource::ExifImageDescription,
            exif_segment(&description),
        ),
        (
            "JPEG application segment",
            LabelSource::JpegApplicationSegment,
            files::with_segment(&jpeg, 0xEB, format!("AIGC{LABEL}").as_bytes()),
        ),
        (
            "JPEG comment",
            LabelSource::JpegComment,
            files::with_segment(&jpeg, 0xFE, wrapped.as_bytes()),
        ),
        (
            "PNG iTXt XMP",
            LabelSource::PngXmp,
            files::with_chunk(
                &png,
                b"iTXt",
                &international(false, element.as_bytes()),
                false,
            ),
        ),
        (
            "PNG iTXt XMP compressed",
            LabelSource::PngXmp,
            files::with_chunk(
                &png,
                b"iTXt",
                &international(true, &squeezed(element.as_bytes())),
                false,
            ),
        ),
        (
            "PNG tEXt XMP",
            LabelSource::PngXmp,
            files::with_chunk(
                &png,
                b"tEXt",
                &[b"XML:com.adobe.xmp\0", attribute.as_bytes()].concat(),
                false,
            ),
        ),
        (
            "PNG tEXt AIGC bare",
            LabelSource::PngText,
            files::with_chunk(&png, b"tEXt", &text_chunk(LABEL), false),
        ),
        (
            "PNG tEXt AIGC wrapped",
            LabelSource::PngText,
            files::with_chunk(&png, b"tEXt", &text_chunk(&wrapped), false),
        ),
        (
            "PNG tEXt AIGC after the pixels",
            LabelSource::PngText,
            files::with_chunk(&png, b"tEXt", &text_chunk(LABEL), true),
        ),
        (
            "PNG zTXt AIGC",
            LabelSource::PngText,
            files::with_chunk(
                &png,
                b"zTXt",
                &[b"AIGC\0\0".as_slice(), &squeezed(LABEL.as_bytes())].concat(),
                false,
            ),
        ),
        (
            "PNG eXIf user comment",
            LabelSource::ExifUserComment,
            files::with_chunk(&png, b"eXIf", &ascii, false),
        ),
        (
            "WebP XMP",
            LabelSource::WebpXmp,
            files::with_webp_chunks(&webp, &[(b"XMP ", element.as_bytes())]),
        ),
        (
            "WebP EXIF user comment",
            LabelSource::ExifUserComment,
            files::with_webp_chunks(&webp, &[(b"EXIF", &ascii)]),
        ),
    ]
}

#[test]
fn every_carrier_is_read() {
    for (name, source, bytes) in carriers() {
        let labels = read_metadata(&bytes).unwrap().ai_labels;
        let [label] = labels.as_slice() else {
            panic!("{name}: {} labels", labels.len())
        };
        assert_eq!(
            (label.source, label.json.as_str()),
            (source, LABEL),
            "{name}"
        );
        assert_eq!(label.level(), Some(1), "{name}");
        assert!(label.offset < bytes.len(), "{name}");
    }
}

#[test]
fn photos_without_a_label_have_none() {
    let near_misses: &[Vec<u8>] = &[
        files::jpeg(),
        files::personal_jpeg(6),
        files::with_segment(&files::jpeg(), 0xFE, b"made with AIGC tools"),
        files::with_segment(&files::jpeg(), 0xFE, br#"{"AIGC":"no"}"#),
        // The prefix alone is not the namespace.
        files::with_segment(
            &files::jpeg(),
            0xE1,
            &files::jpeg_xmp_payload(
                &files::xmp_element(LABEL).replace("tc260.org.cn/ns/AIGC", "example.org/ns"),
            ),
        ),
    ];
    for bytes in near_misses {
        assert_eq!(
            read_metadata(bytes).unwrap().ai_labels,
            Vec::<AiLabel>::new()
        );
    }
}

#[test]
fn a_broken_packet_still_gives_its_label() {
    let packet = files::xmp_element(LABEL);
    let broken = packet
        .replace("</x:xmpmeta>", "</x:other>")
        .replace("<TC260:AIGC>", "<TC260:AIGC><unclosed>");
    let bytes = files::with_segment(&files::jpeg(), 0xE1, &files::jpeg_xmp_payload(&broken));
    let labels = read_metadata(&bytes).unwrap().ai_labels;
    assert_eq!(labels.len(), 1);
    assert_eq!(labels[0].json, LABEL);
}

#[test]
fn the_strongest_label_is_preferred() {
    let label = |level: &str| AiLabel {
        source: LabelSource::PngText,
        offset: 0,
        json: format!(r#"{{"Label":{level}}}"#),
    };
    let labels = [
        label(r#""3""#),
        label("2"),
        label(r#""x""#),
        label(r#""1""#),
        label("1"),
    ];
    assert_eq!(preferred_label(&labels), Some(&labels[3]));
    assert_eq!(preferred_label(&labels[..3]), Some(&labels[1]));
    assert_eq!(preferred_label(&[]), None);
}

#[test]
fn a_label_that_cannot_be_carried_on_is_refused_not_dropped() {
    let labelled = |length: usize, times: usize| {
        let label = long_label(length);
        let chunk = [b"AIGC\0", label.as_bytes()].concat();
        (0..times).fold(files::png(), |png, _| {
            files::with_chunk(&png, b"tEXt", &chunk, false)
        })
    };
    for (length, times) in [(MAX_LABEL_BYTES, 1), (50_000, 3)] {
        assert!(matches!(
            read_metadata(&labelled(length, times)).unwrap_err(),
            MediaError::LabelTooLong { .. }
        ));
    }
    let two = read_metadata(&labelled(50_000, 2)).unwrap();
    assert_eq!(two.ai_labels.len(), 2);
}

/// A compressed text chunk of a PNG.
fn squeezed_chunk(png: &[u8], keyword: &str, packed: &[u8]) -> Vec<u8> {
    let data = [keyword.as_bytes(), b"\0\0", packed].concat();
    files::with_chunk(png, b"zTXt", &data, false)
}

fn squeezed(text: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(text, 6)
}

#[test]
fn a_compressed_label_behind_many_other_texts_is_found() {
    let mut png = squeezed_chunk(&files::png(), "AIGC", &squeezed(LABEL.as_bytes()));
    for number in 0..40 {
        png = squeezed_chunk(&png, &format!("settings {number}"), &squeezed(b"a setting"));
    }
    let found = read_metadata(&png).unwrap().ai_labels;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].json, LABEL);
}

#[test]
fn a_compressed_label_that_cannot_be_unpacked_is_refused_not_dropped() {
    let png = files::png();
    let packed = squeezed(LABEL.as_bytes());
    let cut = &packed[..packed.len() / 2];
    let long = squeezed(&vec![b' '; 1_100_000]);
    let noise: Vec<u8> = (0..3_000_u32)
        .flat_map(|n| n.wrapping_mul(0x9E37_79B9).to_be_bytes())
        .collect();
    let packet = [
        br#"<x xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"><TC260:AIGC>"#.as_slice(),
        &noise,
    ]
    .concat();
    let packet = squeezed(&packet);
    for (what, file) in [
        ("a label that is cut off", squeezed_chunk(&png, "AIGC", cut)),
        (
            "one under a longer name",
            squeezed_chunk(&png, "com.sample:AIGC", cut),
        ),
        (
            "a label that is too long",
            squeezed_chunk(&png, "AIGC", &long),
        ),
        (
            "XMP that names a label and is cut off",
            squeezed_chunk(&png, "XML:com.adobe.xmp", &packet[..packet.len() - 100]),
        ),
    ] {
        let refusal = read_metadata(&file).unwrap_err();
        assert!(matches!(refusal, MediaError::Malformed { .. }), "{what}");
        assert!(refusal.en().contains("AI-content label"), "{what}");
        assert!(
            decode(&file, &Limits::default()).is_err(),
            "{what}: no preview without it"
        );
    }
    let many = (0..70).fold(png.clone(), |png, _| {
        squeezed_chunk(&png, "AIGC", &squeezed(b"{}"))
    });
    let refusal = read_metadata(&many).unwrap_err();
    assert!(
        matches!(refusal, MediaError::TooManyParts { .. }),
        "{refusal}"
    );
    // A broken text that names no label costs an honest photo nothing.
    for keyword in ["Comment", "XML:com.adobe.xmp", "settings"] {
        let file = squeezed_chunk(&png, keyword, cut);
        assert_eq!(read_metadata(&file).unwrap().ai_labels, [], "{keyword}");
    }
}

/// A label with so many bytes in one of its values, each of which XMP escapes.
fn long_label(length: usize) -> String {
    format!(r#"{{"Label":"1","ProduceID":"{}"}}"#, "&".repeat(length))
}

#[test]
fn a_label_longer_than_programs_write_is_carried_on() {
    for length in [9_000, 60_000] {
        let label = long_label(length);
        let bytes = files::with_chunk(
            &files::png(),
            b"tEXt",
            &[b"AIGC\0", label.as_bytes()].concat(),
            false,
        );
        let photo = decode(&bytes, &Limits::default()).unwrap();
        let preview = preview(&photo, 64, 80).unwrap();
        let carried = read_metadata(&preview).unwrap().ai_labels;
        assert_eq!(carried.len(), 1);
        assert_eq!(carried[0].json, label);
        // The longer one does not fit a segment once it is escaped.
        let source = if length == 9_000 {
            LabelSource::JpegXmp
        } else {
            LabelSource::JpegApplicationSegment
        };
        assert_eq!(carried[0].source, source);
        assert!(decode(&preview, &Limits::default()).is_ok());
    }
}
