//! Carrying a label: what is written, what stays, and what is refused.

use aftercare_labels::carry::{
    Decision, Declaration, Ground, Identifier, Operator, Refusal, carry,
};
use aftercare_labels::{MarkKind, Source, Verdict, read};

use crate::bytes::{boxed, full_box};
use crate::carriers::files;
use crate::files as f;
use crate::samples::samples;

fn operator() -> Operator {
    Operator::new(&f::code('2')).expect("the code of a propagator")
}

fn id(text: &str) -> Identifier {
    Identifier::new(text).expect("an identifier")
}

fn declared() -> Ground {
    Ground::Declared(Declaration {
        uploader: id("user-7"),
        event: id("event-11"),
    })
}

fn decided() -> Ground {
    Ground::Decided(Decision {
        person: id("reviewer-3"),
        event: id("event-12"),
    })
}

#[test]
fn a_declaration_is_written_into_every_format_and_reads_back() {
    for sample in samples(1) {
        let name = sample.name;
        assert_eq!(read(&sample.bytes).verdict, Verdict::Absent, "{name}");
        for (ground, level) in [(declared(), 2), (decided(), 3)] {
            let carried = carry(&sample.bytes, &operator(), &id("pub-0001"), &ground)
                .unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
            assert_eq!(carried.level, level, "{name}");
            let report = read(&carried.bytes);
            assert_eq!(report.verdict, Verdict::Compliant, "{name}: {report:#?}");
            assert_eq!(report.level, Some(level));
            // The label stands where the guide wants it, spelled as it wants it.
            assert_eq!(report.notes, [], "{name}");
            let fields = &report.marks[0].fields;
            assert_eq!(fields["ContentPropagator"], f::code('2').as_str(), "{name}");
            assert_eq!(fields["PropagateID"], "pub-0001");
            for empty in [
                "ContentProducer",
                "ProduceID",
                "ReservedCode1",
                "ReservedCode2",
            ] {
                assert_eq!(fields[empty], "", "{name}");
            }
        }
    }
}

#[test]
fn a_label_that_was_carried_is_carried_on_by_the_next_service() {
    let next = Operator::new(&f::code('2').replace("0001", "0002")).expect("another service");
    for sample in samples(2) {
        let name = sample.name;
        let first = carry(&sample.bytes, &operator(), &id("pub-0001"), &declared()).unwrap();
        let second = carry(
            &first.bytes,
            &next,
            &id("pub-0002-and-a-longer-one"),
            &Ground::Label,
        )
        .unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        let report = read(&second.bytes);
        assert_eq!((report.marks.len(), report.level), (1, Some(2)), "{name}");
        assert_eq!(report.verdict, Verdict::Compliant, "{name}: {report:#?}");
        assert_eq!(
            report.marks[0].fields["PropagateID"],
            "pub-0002-and-a-longer-one"
        );
        // Nothing of the first service's number is left over.
        let lost = second
            .bytes
            .windows(8)
            .filter(|window| window == b"pub-0001")
            .count();
        assert_eq!(lost > 0, name.starts_with("PDF"), "{name}");
    }
}

#[test]
fn the_producer_is_copied_from_the_label_in_every_carrier() {
    let mut refused = Vec::new();
    for (name, _, source, file, _) in files() {
        if name.contains("ComfyUI") || name.contains("web UI") {
            continue;
        }
        match carry(&file, &operator(), &id("pub-0001"), &Ground::Label) {
            Ok(carried) => {
                let report = read(&carried.bytes);
                assert_eq!((report.marks.len(), report.level), (1, Some(1)), "{name}");
                let mark = &report.marks[0];
                assert_eq!(mark.source, source, "{name}");
                assert_eq!(
                    mark.fields["ContentProducer"],
                    f::code('1').as_str(),
                    "{name}"
                );
                assert_eq!(mark.fields["ProduceID"], "sample-0001", "{name}");
                assert_eq!(
                    mark.fields["ContentPropagator"],
                    f::code('2').as_str(),
                    "{name}"
                );
                assert_eq!(mark.fields["PropagateID"], "pub-0001", "{name}");
            }
            Err(Refusal::Structure(_)) => refused.push(name),
            Err(refusal) => panic!("{name}: {refusal}"),
        }
    }
    assert_eq!(
        refused,
        [
            // These two files are too short to be real: no table of objects, no third header.
            "Ogg Vorbis comment",
            "PDF information",
        ]
    );
}

#[test]
fn no_ground_makes_a_stronger_or_weaker_statement_than_it_may() {
    let plain = f::jpeg();
    assert_eq!(
        carry(&plain, &operator(), &id("a"), &Ground::Label),
        Err(Refusal::NoLabel)
    );
    // A label that says "generated" stays so, whatever is declared or decided.
    let labelled = f::jpeg_with_xmp(&f::xmp_element(&f::label()));
    for ground in [declared(), decided(), Ground::Label] {
        let carried = carry(&labelled, &operator(), &id("a"), &ground).unwrap();
        assert_eq!(carried.level, 1);
    }
    // One that says "suspected" becomes "possibly" when the uploader declares it.
    let suspected = f::label().replacen(r#""Label":"1""#, r#""Label":"3""#, 1);
    let suspected = f::jpeg_with_xmp(&f::xmp_element(&suspected));
    let carried = |ground| {
        carry(&suspected, &operator(), &id("a"), &ground)
            .unwrap()
            .level
    };
    assert_eq!(
        (
            carried(Ground::Label),
            carried(decided()),
            carried(declared())
        ),
        (3, 3, 2)
    );
}

#[test]
fn only_a_propagator_with_a_valid_code_is_an_operator() {
    for code in ["", "示例平台", &f::code('1'), &f::code('2')[..26], "kling"] {
        assert_eq!(Operator::new(code), Err(Refusal::OperatorCode), "{code}");
    }
    for text in ["", "has space", "编号", "line\n", &"x".repeat(129)] {
        assert_eq!(Identifier::new(text), Err(Refusal::Identifier), "{text}");
    }
}

#[test]
fn what_is_not_sure_is_refused() {
    let label = f::xmp_element(&f::label());
    let try_file = |file: &[u8]| carry(file, &operator(), &id("a"), &declared());
    // Two labels, of which nobody knows which is right.
    let two = f::png_with(
        &[
            (b"iTXt", f::international(&label, false)),
            (b"tEXt", f::png_text("AIGC", &f::wrapped())),
        ],
        false,
    );
    assert_eq!(try_file(&two), Err(Refusal::SeveralLabels));
    let unreadable = f::jpeg_with_xmp(&f::xmp_element("generated by a machine"));
    assert_eq!(try_file(&unreadable), Err(Refusal::UnreadableLabel));
    let cut = f::png();
    assert!(matches!(
        try_file(&cut[..cut.len() - 20]),
        Err(Refusal::NotReadWhole(_))
    ));
    for unknown in [&b"\0\x01\x02"[..], b""] {
        assert!(matches!(try_file(unknown), Err(Refusal::NotReadWhole(_))));
    }
    for text in ["a text", "<svg/>", "#!/bin/sh\n", "---\nno end\n"] {
        assert!(
            matches!(try_file(text.as_bytes()), Err(Refusal::Structure(_))),
            "{text}"
        );
    }
    let mut fragments = f::mp4_with(b"isom", b"");
    fragments.extend(boxed(b"moof", b""));
    assert!(matches!(try_file(&fragments), Err(Refusal::Structure(_))));
    // The packet of a JPEG has to fit into one segment.
    let room = " ".repeat(65_450 - label.len());
    let full = f::jpeg_with_xmp(&label.replace("</rdf:RDF>", &format!("{room}</rdf:RDF>")));
    let id_of_128 = id(&"x".repeat(128));
    assert_eq!(
        carry(&full, &operator(), &id_of_128, &Ground::Label),
        Err(Refusal::TooLong)
    );
    for refusal in [Refusal::SeveralLabels, Refusal::TooLong, Refusal::NoLabel] {
        assert!(!refusal.to_string().is_empty() && !refusal.zh().is_empty());
    }
}

/// A list too short to say its version, and numbers after which there is no other.
#[test]
fn a_structure_that_cannot_be_counted_on_is_refused() {
    let picture = full_box(b"infe", 2, &[&[0, 1, 0, 0][..], b"hvc1\0"].concat());
    let list = [
        full_box(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat()),
        full_box(b"iinf", 0, &[&[0, 1][..], &picture].concat()),
        full_box(b"iloc", 0, &[0x44, 0, 0, 0]),
        boxed(b"iref", b""),
    ];
    let heic = [
        boxed(b"ftyp", b"heic\0\0\0\0mif1heic"),
        full_box(b"meta", 0, &list.concat()),
    ];
    let sample = samples(1).into_iter().find(|sample| sample.name == "PDF");
    let pdf = String::from_utf8(sample.expect("a PDF").bytes).expect("ASCII");
    assert!(pdf.contains("/Size 5") && pdf.contains("/Info 4 0 R "));
    let pdf = pdf
        .replace("/Size 5", "/Size 18446744073709551615")
        .replace("/Info 4 0 R ", "");
    let properties = f::office_properties("", "Title", "a mug");
    assert!(properties.contains("pid=\"2\""));
    let office = f::office_with(&properties.replace("pid=\"2\"", "pid=\"2147483647\""));
    for (name, file) in [
        ("HEIC", heic.concat()),
        ("PDF", pdf.into_bytes()),
        ("DOCX", office),
    ] {
        let carried = carry(&file, &operator(), &id("a"), &declared());
        assert!(
            matches!(carried, Err(Refusal::Structure(_))),
            "{name}: {carried:?}"
        );
    }
}

/// A name in Chinese goes through carriers of every encoding, because it is escaped.
#[test]
fn a_producer_given_by_a_name_is_copied_in_every_carrier() {
    let producer = f::code('1');
    let mut tried = 0;
    for (name, _, _, file, _) in files() {
        let wanted = format!("\"ContentProducer\":\"{producer}\"");
        let with = "\"ContentProducer\":\"示例公司示例公司示例公司示\"";
        // The name has as many bytes as the code, so that no length changes.
        let with = with.replace("示例公司示例公司示例公司示", "示例公司示例公司示");
        assert_eq!(wanted.len(), with.len());
        let Some(at) = file
            .windows(wanted.len())
            .position(|window| window == wanted.as_bytes())
        else {
            continue;
        };
        let mut named = file.clone();
        named[at..at + with.len()].copy_from_slice(with.as_bytes());
        if let Ok(carried) = carry(&named, &operator(), &id("a"), &Ground::Label) {
            tried += 1;
            let report = read(&carried.bytes);
            assert_eq!(
                report.marks[0].fields["ContentProducer"], "示例公司示例公司示",
                "{name}"
            );
        }
    }
    assert!(tried > 12, "{tried}");
}

/// A phone's second picture is still found where the table says, and the first is as long as it says.
#[test]
fn a_second_picture_is_found_after_the_first_grew() {
    for seed in [6, 7] {
        let file = crate::samples::two_pictures(&f::jpeg(), seed);
        for bytes in [
            file.clone(),
            carry(&file, &operator(), &id("a"), &declared())
                .unwrap()
                .bytes,
        ] {
            let table = bytes.windows(4).position(|one| one == b"MPF\0").unwrap() + 4;
            let number = |at: usize| {
                let digits = bytes[table + at..table + at + 4].try_into().unwrap();
                usize::try_from(u32::from_be_bytes(digits)).unwrap()
            };
            let (first, length, offset) = (number(0x26 + 4), number(0x36 + 4), number(0x36 + 8));
            assert_eq!(table + offset, first, "{seed}");
            assert!(bytes[first..].starts_with(&[0xFF, 0xD8]) && bytes.len() == first + length);
        }
    }
}

/// A manifest binds every byte of the original, so the caller is told that the copy does not have it verified.
#[test]
fn a_manifest_that_no_longer_fits_is_told() {
    let file = f::png_with(&[(b"caBX", b"manifest".to_vec())], false);
    assert!(
        carry(&file, &operator(), &id("a"), &declared())
            .unwrap()
            .breaks_manifest
    );
    assert!(
        !carry(&f::png(), &operator(), &id("a"), &declared())
            .unwrap()
            .breaks_manifest
    );
}

/// Generators' texts and everything else that is read stay beside the label.
#[test]
fn other_marks_stay() {
    let text = f::png_text("parameters", crate::carriers::WEB_UI_TEXT);
    let file = f::png_with(&[(b"tEXt", text)], false);
    let carried = carry(&file, &operator(), &id("a"), &decided()).unwrap();
    let kinds: Vec<_> = read(&carried.bytes)
        .marks
        .iter()
        .map(|mark| mark.kind)
        .collect();
    assert_eq!(kinds, [MarkKind::AiLabel, MarkKind::GeneratorText]);
}

/// Pixels are the same after decoding, and so is every other metadata.
#[test]
fn pixels_and_other_metadata_stay() {
    for sample in samples(3) {
        let carried = carry(&sample.bytes, &operator(), &id("a"), &declared()).unwrap();
        let name = sample.name;
        if matches!(sample.extension, "jpg" | "png" | "webp" | "gif" | "tif") {
            let pixels = |bytes: &[u8]| {
                aftercare_media::decode(bytes, &aftercare_media::Limits::default())
                    .unwrap_or_else(|error| panic!("{name}: {error}"))
            };
            assert_eq!(
                pixels(&sample.bytes).rgb(),
                pixels(&carried.bytes).rgb(),
                "{name}"
            );
        }
        for kept in ["mug", "Example", "aftercare"] {
            let count = |bytes: &[u8]| {
                bytes
                    .windows(kept.len())
                    .filter(|one| *one == kept.as_bytes())
                    .count()
            };
            assert!(
                count(&carried.bytes) >= count(&sample.bytes),
                "{name}: {kept}"
            );
        }
    }
}

/// Any file at all gives a label that reads back, or a refusal.
#[test]
fn damaged_files_are_labelled_rightly_or_refused() {
    for sample in samples(4) {
        for step in 0..40_usize {
            let mut file = sample.bytes.clone();
            let at = step * 7919 % file.len();
            file[at] ^= 1 << (step % 8);
            if let Ok(carried) = carry(&file, &operator(), &id("a"), &declared()) {
                assert_eq!(
                    read(&carried.bytes).level,
                    Some(2),
                    "{} byte {at}",
                    sample.name
                );
            }
            let cut = &file[..at];
            if let Ok(carried) = carry(cut, &operator(), &id("a"), &declared()) {
                assert_eq!(
                    read(&carried.bytes).level,
                    Some(2),
                    "{} to {at}",
                    sample.name
                );
            }
        }
    }
}

#[test]
fn a_label_in_a_comment_of_a_jpeg_is_carried_where_it_stands_alone_in_it() {
    let with = |comment: &str| {
        let jpeg = f::jpeg();
        let length = u16::try_from(comment.len() + 2).unwrap().to_be_bytes();
        [
            &jpeg[..2],
            &[0xFF, 0xFE],
            &length,
            comment.as_bytes(),
            &jpeg[2..],
        ]
        .concat()
    };
    for comment in [f::wrapped(), f::label()] {
        let carried = carry(&with(&comment), &operator(), &id("a"), &Ground::Label).unwrap();
        let mark = read(&carried.bytes).marks.remove(0);
        assert_eq!(mark.source, Source::JpegComment);
        assert_eq!(mark.fields["ContentPropagator"], f::code('2').as_str());
    }
    // Text or members beside the label would be lost.
    let wrapped = f::wrapped();
    for comment in [
        format!("a note, {wrapped}"),
        wrapped.replacen('{', "{\"note\":\"mine\",", 1),
    ] {
        let refused = carry(&with(&comment), &operator(), &id("a"), &Ground::Label);
        assert!(matches!(refused, Err(Refusal::Structure(_))), "{refused:?}");
    }
}
