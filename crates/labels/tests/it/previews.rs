//! A preview of a photo carries on what the reader of labels reads in the photo: one label, the same text.

use aftercare_labels::carry::{Declaration, Ground, Identifier, Operator, carry};
use aftercare_labels::{MarkKind, Report, Verdict, read, trace};
use aftercare_media::{Limits, decode, preview};

use crate::carriers;
use crate::files as f;

/// The preview of a file; `None` when the file is no photo that is decoded at all.
fn shown(file: &[u8]) -> Option<Vec<u8>> {
    let photo = decode(file, &Limits::default()).ok()?;
    Some(preview(&photo, 16, 80).expect("a preview"))
}

fn labels(report: &Report) -> usize {
    let is_label = |mark: &&aftercare_labels::Mark| mark.kind == MarkKind::AiLabel;
    report.marks.iter().filter(is_label).count()
}

fn check(name: &str, file: &[u8]) -> bool {
    let before = read(file);
    let Some(small) = shown(file) else {
        return false;
    };
    let after = read(&small);
    assert_eq!(labels(&after), labels(&before).min(1), "{name}: {after:#?}");
    assert_eq!(after.level, before.level, "{name}");
    // A preview is written from pixels: of everything else that the file said, nothing is left.
    assert_eq!(after.marks.len(), labels(&after), "{name}");
    let strongest = before
        .marks
        .iter()
        .filter(|mark| mark.kind == MarkKind::AiLabel)
        .min_by_key(|mark| mark.level.unwrap_or(u8::MAX));
    if let Some(strongest) = strongest {
        assert_eq!(after.marks[0].fields, strongest.fields, "{name}");
        let broken = |report: &Report| report.rules.contains(&aftercare_labels::Rule::LabelValue);
        assert_eq!(broken(&after), broken(&before), "{name}");
    }
    if before.verdict == Verdict::Compliant {
        assert_eq!(after.verdict, Verdict::Compliant, "{name}: {after:#?}");
    }
    true
}

#[test]
fn every_label_of_a_photo_is_in_its_preview() {
    let tried = carriers::files()
        .into_iter()
        .filter(|(name, _, _, file, _)| check(name, file))
        .count();
    // All pairs of PNG, JPEG, WebP and GIF: the TIFF has no picture, the other formats are no photos here.
    assert_eq!(tried, 20);
}

#[test]
fn what_programs_write_besides_is_in_the_preview_too() {
    let (label, wrapped) = (f::label(), f::wrapped());
    let text =
        |keyword: &str, text: &str| f::png_with(&[(b"tEXt", f::png_text(keyword, text))], false);
    let quoted = serde_json::to_string(&label).expect("a string");
    let (wide, packet) = (f::utf16(&f::xmp_element(&label)), f::xmp_element(&label));
    let extension = |part: &[u8], whole: usize, at: usize| {
        [
            b"http://ns.adobe.com/xmp/extension/\0".as_slice(),
            &[b'0'; 32],
            &crate::bytes::length32(whole),
            &crate::bytes::length32(at),
            part,
        ]
        .concat()
    };
    let (first, second) = packet.as_bytes().split_at(300);
    let split = f::jpeg_with(0xE1, &extension(first, packet.len(), 0));
    let second = extension(second, packet.len(), 300);
    let split = [
        &split[..2],
        b"\xFF\xE1",
        &crate::bytes::length16(second.len() + 2),
        &second,
        &split[2..],
    ]
    .concat();
    let other = r#"{"ServiceProvider":"sample","ServiceUser":"sample","Time":"2026-01-01","ContentId":"1"}"#;
    for (name, file) in [
        ("field in small letters", text("aigc", &wrapped)),
        ("field with a longer name", text("com.sample:AIGC", &label)),
        (
            "label in a string",
            text("AIGC", &format!(r#"{{"AIGC":{quoted}}}"#)),
        ),
        ("bare in a comment", f::jpeg_with(0xFE, label.as_bytes())),
        (
            "after the word",
            text("parameters", &format!("note AIGC={label} end")),
        ),
        (
            "before other words",
            text("Description", &format!("a mug, {wrapped}")),
        ),
        (
            "bare in a user comment",
            f::jpeg_with_exif(&f::user_comment(b"ASCII\0\0\0", label.as_bytes(), true)),
        ),
        (
            "segment with a zero",
            f::jpeg_with(0xEB, format!("AIGC\0{label}\0").as_bytes()),
        ),
        (
            "packet in UTF-16",
            f::webp_with(b"XMP ", &[b"\xFE\xFF".as_slice(), &wide].concat()),
        ),
        ("packet in two segments", split),
        (
            "another scheme",
            f::jpeg_with_exif(&f::tiff_with(0x010E, 2, other.as_bytes(), false)),
        ),
        (
            "two labels",
            f::png_with(
                &[
                    (
                        b"tEXt",
                        f::png_text("AIGC", &label.replace(r#""Label":"1""#, r#""Label":"3""#)),
                    ),
                    (b"tEXt", f::png_text("AIGC", &label)),
                ],
                false,
            ),
        ),
    ] {
        assert!(labels(&read(&file)) > 0, "{name}: the reader finds it");
        assert!(check(name, &file), "{name}");
    }
}

/// Whatever compressed text a label is read in, it is carried on from there, however many others stand before it.
#[test]
fn a_label_in_any_compressed_text_is_in_the_preview() {
    let squeezed =
        |keyword: &str, text: &str| [keyword.as_bytes(), b"\0\0", &f::squeezed(text)].concat();
    let (label, wrapped) = (f::label(), f::wrapped());
    let names = trace::fields().map(|name| (name, &wrapped));
    let others = ["AIGC", "aigc", "com.sample:AIGC"].map(|name| (name, &label));
    for (name, text) in names.chain(others) {
        let mut chunks: Vec<(&[u8; 4], Vec<u8>)> = (0..20)
            .map(|number| {
                (
                    b"zTXt",
                    squeezed(&format!("settings {number}"), "a setting"),
                )
            })
            .collect();
        chunks.push((b"zTXt", squeezed(name, text)));
        let file = f::png_with(&chunks, false);
        assert_eq!(labels(&read(&file)), 1, "{name}: the reader finds it");
        assert!(check(name, &file), "{name}");
    }
}

#[test]
fn a_label_that_we_wrote_is_in_the_preview() {
    let operator = Operator::new(&f::code('2')).expect("a code");
    let identifier = |text| Identifier::new(text).expect("an identifier");
    let ground = Ground::Declared(Declaration {
        uploader: identifier("person-1"),
        event: identifier("event-1"),
    });
    let mut tried = 0;
    for sample in crate::samples::samples(3) {
        let carried = carry(&sample.bytes, &operator, &identifier("post-1"), &ground);
        if let Ok(carried) = carried {
            tried += usize::from(check(sample.name, &carried.bytes));
        }
    }
    // JPEG, PNG, WebP, each also with XMP where there is such a sample, and GIF and TIFF where they have pixels.
    assert!(tried >= 5, "{tried}");
}
