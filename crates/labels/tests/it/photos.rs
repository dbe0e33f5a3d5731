//! Camera photos, renders and plain files of every format carry no mark.

use aftercare_labels::{Verdict, read};
use aftercare_scene::{Camera, Exif, ItemKind, Scene, encode_jpeg, encode_webp};

use crate::bytes::{boxed, riff_chunk, zip};
use crate::files as f;

#[test]
fn photos_of_a_camera_have_no_mark() {
    for seed in 0..6 {
        let photo = Camera::phone(seed).develop(&Scene::new(ItemKind::Mug, seed), 96, 64);
        let exif = Exif {
            place: Some((30.25, 120.17)),
            ..Exif::default()
        };
        for file in [
            encode_jpeg(&photo, 85, None),
            encode_jpeg(&photo, 70, Some(&exif)),
            encode_webp(&photo),
            aftercare_scene::encode_png(&photo),
        ] {
            let report = read(&file);
            assert_eq!(
                (report.verdict, report.marks.len()),
                (Verdict::Absent, 0),
                "{report:?}"
            );
        }
    }
}

#[test]
fn plain_files_of_every_format_have_no_mark() {
    let heif = f::heif_with_xmp(b"heic", "<x/>", false);
    for (name, file) in [
        ("GIF", f::gif_with(b"")),
        ("TIFF", f::tiff_with(0x010E, 2, b"a mug\0", false)),
        ("HEIC", heif),
        ("MP4", f::mp4_with(b"isom", &boxed(b"udta", b""))),
        (
            "MP4 with other keys",
            f::mp4_with(b"isom", &f::meta_with_key("comment", "a mug", false)),
        ),
        (
            "Matroska",
            f::matroska_with("webm", "TITLE", "a mug", false),
        ),
        (
            "live WebM",
            f::matroska_with("webm", "TITLE", "a mug", true),
        ),
        ("AVI", f::avi_with(b"INAM", "a mug")),
        (
            "WAV",
            f::wav_with(&riff_chunk(b"LIST", b"INFOINAM\x02\0\0\0a\0")),
        ),
        ("FLV", f::flv_with("encoder", "sample")),
        ("MP3", f::mp3_with(3, "source", "sample", true)),
        ("FLAC", f::flac_with("ALBUM=a mug")),
        ("PDF", f::pdf_with("")),
        (
            "DOCX",
            zip(&[("[Content_Types].xml", b"<Types/>".to_vec())]),
        ),
        ("Markdown", b"---\ntitle: a mug\n---\n".to_vec()),
        ("text", "一只杯子".as_bytes().to_vec()),
    ] {
        let report = read(&file);
        assert_eq!(
            (report.verdict, report.marks.len()),
            (Verdict::Absent, 0),
            "{name}: {report:?}"
        );
    }
}
