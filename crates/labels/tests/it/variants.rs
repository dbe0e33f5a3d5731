//! What programs write besides: read as well, and told as deviations.

use aftercare_labels::{Confidence, MarkKind, Report, Rule, Source, Verdict, read};

use crate::bytes::{boxed, riff_chunk};
use crate::carriers::WEB_UI_TEXT;
use crate::files as f;

/// One label, with these deviations and no others.
fn check(file: &[u8], source: Source, deviations: &[Rule], verdict: Verdict) -> Report {
    let report = read(file);
    assert_eq!(report.marks.len(), 1, "{report:#?}");
    let mark = &report.marks[0];
    assert_eq!((mark.kind, mark.source), (MarkKind::AiLabel, source));
    let mut found: Vec<_> = mark.deviations.iter().map(|one| one.rule).collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, deviations, "{report:#?}");
    assert_eq!(report.verdict, verdict, "{report:#?}");
    report
}

fn text_file(text: &str) -> Vec<u8> {
    f::png_with(&[(b"tEXt", f::png_text("AIGC", text))], false)
}

#[test]
fn the_guides_own_carriers_have_no_deviation() {
    let (label, wrapped) = (f::label(), f::wrapped());
    let compliant = |file: &[u8], source| check(file, source, &[], Verdict::Compliant);
    compliant(&f::jpeg_with_xmp(&f::xmp_element(&label)), Source::JpegXmp);
    compliant(&text_file(&wrapped), Source::PngText);
    let comment = f::user_comment(b"ASCII\0\0\0", wrapped.as_bytes(), true);
    compliant(&f::jpeg_with_exif(&comment), Source::ExifUserComment);
    let udta = boxed(b"udta", &f::meta_with_key("AIGC", &label, false));
    compliant(&f::mp4_with(b"isom", &udta), Source::Mp4Key);
    let quicktime = boxed(b"udta", &f::meta_with_key("AIGC", &label, true));
    compliant(&f::mp4_with(b"qt  ", &quicktime), Source::Mp4Key);
    compliant(
        &f::matroska_with("webm", "AIGC", &label, true),
        Source::MatroskaTag,
    );
    compliant(&f::mp3_with(3, "AIGC", &label, true), Source::Id3Text);
    compliant(
        &f::heif_with_xmp(b"heic", &f::xmp_element(&label), true),
        Source::HeicXmp,
    );
    compliant(
        &f::pdf_with(&format!("/AIGC{}", f::pdf_hexadecimal(&label))),
        Source::PdfInformation,
    );
    compliant(
        &f::pdf_with_object_stream(&format!("/AIGC {}", f::pdf_literal(&label))),
        Source::PdfInformation,
    );
    compliant(
        &f::office_with(&f::office_properties("cp", "AIGC", &label)),
        Source::OfficeProperty,
    );
}

#[test]
fn other_places_and_spellings_are_notes() {
    let (label, wrapped) = (f::label(), f::wrapped());
    let note = |file: &[u8], source, rules: &[Rule]| check(file, source, rules, Verdict::Compliant);
    note(&text_file(&label), Source::PngText, &[Rule::NotWrapped]);
    note(
        &f::png_with(
            &[(
                b"tEXt",
                f::png_text("XML:com.adobe.xmp", &f::xmp_attribute(&label, "x")),
            )],
            false,
        ),
        Source::PngXmp,
        &[Rule::OtherCarrier, Rule::XmpPrefix],
    );
    let comment = f::user_comment(b"ASCII\0\0\0", label.as_bytes(), false);
    note(
        &f::jpeg_with_exif(&comment),
        Source::ExifUserComment,
        &[Rule::OtherCarrier, Rule::NotWrapped],
    );
    note(
        &f::matroska_with("webm", "aigc", &label, false),
        Source::MatroskaTag,
        &[Rule::KeyName],
    );
    let udta = boxed(
        b"udta",
        &f::meta_with_key("com.example.AIGC", &label, false),
    );
    note(
        &f::mp4_with(b"isom", &udta),
        Source::Mp4Key,
        &[Rule::KeyName],
    );
    note(
        &f::png_with(&[(b"tEXt", f::png_text("aigc", &wrapped))], false),
        Source::PngText,
        &[Rule::KeyName],
    );
    let quoted = format!(r#"{{"AIGC":{}}}"#, serde_json_string(&label));
    note(&text_file(&quoted), Source::PngText, &[Rule::JsonInString]);
    let broken = f::xmp_element(&label).replace("</rdf:RDF>", "");
    let broken = broken
        .replace("xmpmeta/>", "xmpmeta>")
        .replace("</TC260:AIGC>", "</TC260:X>");
    note(
        &f::jpeg_with_xmp(&broken),
        Source::JpegXmp,
        &[Rule::BrokenXmp],
    );
    note(
        &f::gif_with(
            &[
                b"\x21\xFE\x64".as_slice(),
                &wrapped.as_bytes()[..100],
                &[u8::try_from(wrapped.len() - 100).expect("short")],
                &wrapped.as_bytes()[100..],
                b"\0",
            ]
            .concat(),
        ),
        Source::GifComment,
        &[Rule::OtherCarrier],
    );
    note(
        &f::wav_with(&riff_chunk(b"_PMX", f::xmp_element(&label).as_bytes())),
        Source::WavXmp,
        &[Rule::OtherCarrier],
    );
}

fn serde_json_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[test]
fn a_label_inside_another_text_is_recognized() {
    for text in [
        format!("a mug, {}", f::wrapped()),
        format!("AIGC: {}", f::label()),
        format!("note AIGC={} end", f::label()),
        f::label(),
        format!(r#"{{"other":1,"AIGC":{}}}"#, f::label()),
        format!("{WEB_UI_TEXT} {}", f::wrapped()),
    ] {
        let file = f::png_with(&[(b"tEXt", f::png_text("parameters", &text))], false);
        let report = read(&file);
        assert_eq!(report.marks.len(), 1, "{text}");
        assert_eq!(report.marks[0].kind, MarkKind::AiLabel, "{text}");
        assert_eq!(report.marks[0].confidence, Confidence::Recognized);
        assert_eq!(report.verdict, Verdict::Compliant, "{text}: {report:#?}");
    }
}

#[test]
fn texts_about_labels_are_no_labels() {
    for text in [
        "AIGC",
        "made without AIGC {really}",
        r#"{"AIGC":true}"#,
        r#"{"Label":"holiday"}"#,
        r#"{"Label":"holiday","Time":"noon"}"#,
        "Steps: many, and a { brace",
    ] {
        let file = f::jpeg_with(0xFE, text.as_bytes());
        let report = read(&file);
        assert_eq!(
            (report.verdict, report.marks.len()),
            (Verdict::Absent, 0),
            "{text}"
        );
    }
    for (keyword, text) in [
        ("prompt", "a mug"),
        ("workflow", "{}"),
        ("parameters", "none"),
    ] {
        let file = f::png_with(&[(b"tEXt", f::png_text(keyword, text))], false);
        assert_eq!(read(&file).marks, [], "{keyword}");
    }
}

#[test]
fn another_scheme_is_told() {
    let text = r#"{"ServiceProvider":"sample","ServiceUser":"sample","Time":"2026-01-01","ContentId":"1"}"#;
    let tiff = f::tiff_with(0x010E, 2, text.as_bytes(), false);
    let report = check(
        &f::jpeg_with_exif(&tiff),
        Source::ExifImageDescription,
        &[Rule::OtherSchema, Rule::OtherCarrier],
        Verdict::NonCompliant,
    );
    assert_eq!(report.level, None);
    assert_eq!(report.marks[0].fields["ContentId"], "1");
}

#[test]
fn front_matter_has_several_forms() {
    let label = f::label();
    for text in [
        format!("---\r\nAIGC: {label}\r\n---\r\ntext"),
        format!("---\nAIGC: '{label}'\n---\n"),
        format!("---\nAIGC: |\n  {label}\n---\n"),
        format!("\u{FEFF}---\ntags: [a]\n\"AIGC\": {label}\n...\n"),
        f::markdown().replace('\n', "\r\n"),
    ] {
        let report = check(
            text.as_bytes(),
            Source::FrontMatter,
            &[],
            Verdict::Compliant,
        );
        let at = report.marks[0].offset;
        assert!(
            text[at..].starts_with("AIGC") || text[at..].starts_with("\"AIGC"),
            "{text}"
        );
    }
    for text in [
        "# AIGC: nothing".to_owned(),
        format!("text\n---\nAIGC: {label}\n---\n"),
        format!("---\nAIGC: {label}\n"),
        format!("---\nother:\n  AIGC: {label}\n---\n"),
    ] {
        assert_eq!(read(text.as_bytes()).marks, [], "{text}");
    }
}

#[test]
fn of_two_versions_of_a_pdf_object_the_later_counts() {
    let mut file = f::pdf_with(&format!("/AIGC {}", f::pdf_literal(&f::label())));
    let later = f::label().replace("sample-0001", "sample-0009");
    file.extend(format!("2 0 obj\n<< /AIGC {} >>\nendobj\n", f::pdf_literal(&later)).bytes());
    let report = check(&file, Source::PdfInformation, &[], Verdict::Compliant);
    assert_eq!(report.marks[0].fields["ProduceID"], "sample-0009");
    // A reference to a string of its own.
    let mut file = f::pdf_with("/AIGC 9 0 R");
    file.extend(format!("9 0 obj\n{}\nendobj\n", f::pdf_literal(&f::label())).bytes());
    check(&file, Source::PdfInformation, &[], Verdict::Compliant);
    // Elsewhere than in the information.
    let mut file = f::pdf_with("");
    file.extend(
        format!(
            "9 0 obj\n<< /AIGC {} >>\nendobj\n",
            f::pdf_literal(&f::label())
        )
        .bytes(),
    );
    check(
        &file,
        Source::PdfInformation,
        &[Rule::OtherCarrier],
        Verdict::Compliant,
    );
}
