//! Traces: each kind is found where programs leave it, none is found in plain files, and nothing that is missing counts.

use std::collections::BTreeSet;

use aftercare_labels::{MarkKind, Report, Rule, Verdict, read, read_from, trace};

use crate::bytes::{boxed, length16};
use crate::files as f;
use crate::samples::samples;

fn png(keyword: &str, text: &str) -> Vec<u8> {
    f::png_with(&[(b"tEXt", f::png_text(keyword, text))], false)
}

fn software(name: &str) -> Vec<u8> {
    f::jpeg_with_exif(&f::tiff_with(
        0x0131,
        2,
        format!("{name}\0").as_bytes(),
        false,
    ))
}

fn packet(
    prefix: &str,
    namespace: &str,
    property: &str,
    value: &str,
    is_attribute: bool,
) -> Vec<u8> {
    let inside = if is_attribute {
        format!(
            "<rdf:Description rdf:about=\"\" xmlns:{prefix}=\"{namespace}\" {prefix}:{property}=\"{value}\"/>"
        )
    } else {
        format!(
            "<rdf:Description rdf:about=\"\" xmlns:{prefix}=\"{namespace}\"><{prefix}:{property}>{value}</{prefix}:{property}></rdf:Description>"
        )
    };
    f::jpeg_with_xmp(&format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">{inside}</rdf:RDF></x:xmpmeta>"
    ))
}

fn iptc(property: &str, value: &str) -> Vec<u8> {
    packet(
        "iptcExt",
        "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
        property,
        value,
        false,
    )
}

fn credit(value: &str) -> Vec<u8> {
    packet(
        "ps",
        "http://ns.adobe.com/photoshop/1.0/",
        "Credit",
        value,
        true,
    )
}

fn creator(value: &str) -> Vec<u8> {
    packet(
        "xmp",
        "http://ns.adobe.com/xap/1.0/",
        "CreatorTool",
        value,
        true,
    )
}

fn comment(text: &str) -> Vec<u8> {
    f::jpeg_with_exif(&f::user_comment(b"ASCII\0\0\0", text.as_bytes(), true))
}

fn description(text: &str) -> Vec<u8> {
    f::jpeg_with_exif(&f::tiff_with(
        0x010E,
        2,
        format!("{text}\0").as_bytes(),
        false,
    ))
}

/// 64 bytes in Base64, as a signature is long.
const SIGNATURE: &str = "Signature: bm90IGEgc2lnbmF0dXJlLCBvbmx5IGFzIGxvbmcgYXMgb25lOiBzaXh0eS1mb3VyIGJ5dGVzIGluIGFsbC4hIQ==";
const IDENTIFIER: &str = "00000000-0000-4000-8000-000000000000";

/// What EXIF says of artist, description and comment, each where it is given.
fn authored(artist: &str, described: &str, commented: &str) -> Vec<u8> {
    let text = |text: &str| format!("{text}\0").into_bytes();
    let comment = [b"ASCII\0\0\0".as_slice(), commented.as_bytes()].concat();
    f::tiff_of(&[
        (0x010E, 2, &text(described)),
        (0x013B, 2, &text(artist)),
        (0x9286, 7, &comment),
    ])
}

/// A JPEG with Samsung's blocks behind its end.
fn samsung(name: &str, data: &str) -> Vec<u8> {
    let mut file = f::jpeg();
    file.extend([0, 0, 0xA1, 0x0B]);
    file.extend(&length16(name.len())[..]);
    file.extend(name.bytes());
    file.extend(data.bytes());
    file.extend(b"SEFH\x6A\0\0\0\x01\0\0\0SEFT");
    file
}

const DIGITAL_SOURCE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";

/// A file for each kind, and the rule it is found under.
fn files() -> Vec<(&'static str, Rule, Vec<u8>)> {
    use Rule as R;
    let source = |name: &str| iptc("DigitalSourceType", &format!("{DIGITAL_SOURCE}{name}"));
    vec![
        (
            "stable_diffusion_web_ui",
            R::GeneratorText,
            png("parameters", "{\"sui_image_params\": 1}"),
        ),
        ("fooocus", R::GeneratorText, png("fooocus_scheme", "a1111")),
        (
            "invokeai",
            R::GeneratorText,
            png("invokeai_metadata", "{\"app_version\": \"3.0\"}"),
        ),
        ("novelai", R::GeneratorText, png("Software", "NovelAI")),
        (
            "midjourney",
            R::GeneratorText,
            png(
                "Description",
                "a mug --v 6 Job ID: 00000000-0000-0000-0000-000000000000",
            ),
        ),
        (
            "easy_diffusion",
            R::GeneratorText,
            png("use_stable_diffusion_model", "sd-v1-4"),
        ),
        (
            "comfyui",
            R::GeneratorText,
            png("prompt", crate::carriers::COMFY_PROMPT),
        ),
        ("draw_things", R::GeneratorMark, creator("Draw Things")),
        (
            "stable_diffusion",
            R::GeneratorMark,
            software("Stable Diffusion XL"),
        ),
        (
            "adobe_firefly",
            R::GeneratorMark,
            creator("Adobe Firefly 3"),
        ),
        ("dall_e", R::GeneratorMark, software("OpenAI DALL·E")),
        (
            "flux",
            R::GeneratorMark,
            software("Black Forest Labs FLUX.1"),
        ),
        (
            "ideogram",
            R::GeneratorMark,
            f::jpeg_with_exif(&f::tiff_with(0x010F, 2, b"Ideogram AI\0", false)),
        ),
        (
            "luma",
            R::GeneratorMark,
            png("Source", "Luma Dream Machine"),
        ),
        ("reve", R::GeneratorMark, software("Reve")),
        (
            "grok",
            R::GeneratorMark,
            f::jpeg_with_exif(&authored(IDENTIFIER, SIGNATURE, SIGNATURE)),
        ),
        ("higgsfield", R::GeneratorMark, png("hf-job-id", "0000")),
        ("google_ai", R::GeneratorMark, credit("Made with Google AI")),
        (
            "dreamina",
            R::GeneratorMark,
            f::mp4_with(
                b"isom",
                &f::meta_with_key("Comment", "{\"aigc_info\":{\"aigc_label_type\":1}}", false),
            ),
        ),
        (
            "google_ai_edit",
            R::GenerativeEdit,
            credit("Edited with Google AI"),
        ),
        (
            "apple_clean_up",
            R::GenerativeEdit,
            credit("Apple Photos Clean Up"),
        ),
        (
            "samsung_generative_edit",
            R::GenerativeEdit,
            samsung("PhotoEditor_Re_Edit_Data", "{\"genAIType\":2}"),
        ),
        (
            "iptc_composite_with_trained",
            R::SourceType,
            source("compositeWithTrainedAlgorithmicMedia"),
        ),
        (
            "iptc_trained_algorithmic",
            R::SourceType,
            source("trainedAlgorithmicMedia"),
        ),
        (
            "iptc_composite_synthetic",
            R::SourceType,
            source("compositeSynthetic"),
        ),
        (
            "iptc_algorithmic",
            R::SourceType,
            source("algorithmicMedia"),
        ),
        ("iptc_capture", R::SourceType, source("digitalCapture")),
        (
            "iptc_screen_capture",
            R::Screenshot,
            source("screenCapture"),
        ),
        ("iptc_other", R::SourceType, source("digitalArt")),
        (
            "iptc_ai_prompt",
            R::AiSystem,
            iptc("AIPromptInformation", "a mug"),
        ),
        (
            "iptc_ai_system",
            R::AiSystem,
            iptc("AISystemUsed", "a system"),
        ),
        (
            "c2pa_remote_manifest",
            R::RemoteManifest,
            f::jpeg_with_xmp(
                "<x xmlns:dcterms='http://purl.org/dc/terms/' dcterms:provenance='https://example.com/a.c2pa'/>",
            ),
        ),
        (
            "photoshop",
            R::Editor,
            software("Adobe Photoshop 25.0 (Windows)"),
        ),
        (
            "lightroom",
            R::Editor,
            creator("Adobe Lightroom Classic 13"),
        ),
        ("gimp", R::Editor, software("GIMP 2.10.34")),
        ("snapseed", R::Editor, software("Snapseed 2.21")),
        ("picsart", R::Editor, software("PicsArt")),
        ("meitu", R::Editor, software("Meitu")),
        ("capcut", R::Editor, software("剪映")),
        ("vsco", R::Editor, software("VSCO")),
        ("canva", R::Editor, creator("Canva")),
        ("affinity", R::Editor, software("Affinity Photo 2")),
        ("pixelmator", R::Editor, software("Pixelmator Pro")),
        ("paint_net", R::Editor, png("Software", "paint.net 5.0")),
        ("picasa", R::Editor, software("Picasa")),
        ("facetune", R::Editor, software("Facetune2")),
        ("imagemagick", R::Editor, png("Software", "ImageMagick 7")),
        (
            "photoshop_resources",
            R::Editor,
            f::jpeg_with(0xED, b"Photoshop 3.0\x008BIM\x04\x25\0\0\0\0\0\x10"),
        ),
        (
            "samsung_edit",
            R::Editor,
            samsung("PhotoEditor_Re_Edit_Data", "{\"genAIType\":0}"),
        ),
        ("samsung_remaster", R::Editor, samsung("Remaster_Info", "1")),
        ("screenshot", R::Screenshot, comment("Screenshot")),
        ("messenger", R::Messenger, software("WeChat")),
        (
            "facebook",
            R::Messenger,
            f::jpeg_with(
                0xED,
                b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x09\x1C\x02\x28\0\x08FBMD0100",
            ),
        ),
        (
            "c2pa_manifest",
            R::Manifest,
            f::jpeg_with(0xEB, b"JP\0\x01\0\0\0\x01\0\0\0\x20jumb\0\0\0\x10jumdc2pa"),
        ),
    ]
}

fn ids(report: &Report) -> Vec<&str> {
    report
        .marks
        .iter()
        .filter_map(|mark| mark.fields.get("trace").and_then(|id| id.as_str()))
        .collect()
}

#[test]
fn every_kind_is_found_where_programs_leave_it() {
    let files = files();
    let known: BTreeSet<_> = trace::kinds().into_iter().collect();
    let mut tried: BTreeSet<_> = files.iter().map(|(id, ..)| *id).collect();
    // The pixels are read where they are decoded; its own tests are beside the code.
    tried.insert("stealth_pixels");
    assert_eq!(tried, known, "each kind has a file");
    assert!(known.len() >= 25);
    for (id, rule, file) in files {
        let report = read(&file);
        assert_eq!(ids(&report), [id], "{report:#?}");
        let mark = &report.marks[0];
        assert_eq!(mark.rule, rule, "{id}");
        assert!(!mark.en.is_empty() && !mark.zh.is_empty());
        assert!(mark.offset < file.len(), "{id}");
        // A trace is no label: the verdict is about labels only.
        assert_eq!(report.verdict, Verdict::Absent, "{id}: {report:#?}");
        assert_eq!((report.level, report.rules.len()), (None, 0), "{id}");
    }
}

/// Each kind is looked for in the file of every other kind, and in the plain files of every format.
#[test]
fn no_kind_is_found_in_files_without_it() {
    for sample in samples(5) {
        let report = read(&sample.bytes);
        assert_eq!(ids(&report), [""; 0], "{}", sample.name);
    }
    for harmless in [
        software("HDR+ 1.0.540104767zd"),
        software("17.5.1"),
        software("MediaTek Camera Application"),
        software("Revenue 2"),
        comment("a mug that I took a Screenshot of"),
        description("The Signature: mine"),
        credit("Example / Agency"),
        png("Description", "the job is done"),
        png("Title", "a mug"),
        png("Comment", "Created with a program"),
        f::jpeg_with(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\0"),
        f::jpeg_with(0xEB, b"JP\0\x01\0\0\0\x01 other"),
        samsung("Image_UTC_Data", "1700000000"),
        // What programs of workshops write about a visit.
        description("Job ID: 4711"),
        description(&format!("Washing machine, Job ID: {IDENTIFIER}")),
        description(&format!("Washing machine -- Job ID: {IDENTIFIER}")),
        png("Description", &format!("Job ID: {IDENTIFIER} --done")),
        description("Signature: 张三"),
        description("Signature: Li Lei, Sample Repairs Ltd."),
        comment("Signature: SampleTechnician"),
        // What programs write that sign their photos.
        description(SIGNATURE),
        comment(SIGNATURE),
        f::jpeg_with_exif(&authored("Han Meimei", SIGNATURE, SIGNATURE)),
        f::jpeg_with_exif(&authored(IDENTIFIER, "a mug", SIGNATURE)),
        f::jpeg_with_exif(&authored(IDENTIFIER, SIGNATURE, "a mug")),
        comment("Steps: 1. press the button. Seed: none found"),
        comment("Steps: many, Sampler: the blue one, Seed: of a sunflower"),
        png("prompt", r#"{"inputs": ["name", "place"]}"#),
        png("workflow", r#"{"nodes": ["accepted", "repaired"]}"#),
        png("Title", "How NovelAI works - a browser"),
        png("Source", "a talk about NovelAI"),
        png("Comment", "seen in an article about Luma AI"),
        png("Dream", "a holiday by the sea"),
        credit("Sample Agency, not Made with Google AI"),
        iptc("AISystemUsed", "None"),
        iptc("AISystemUsed", "无"),
        iptc("AIPromptInformation", "N/A"),
        f::mp4_with(
            b"isom",
            &f::meta_with_key("Comment", "{\"aigc_info\":{\"aigc_label_type\":0}}", false),
        ),
    ] {
        let report = read(&harmless);
        assert_eq!(ids(&report), [""; 0], "{report:#?}");
    }
}

/// Programs of a phone name a kind of generative edit that is none, and a picture of a screen is no capture by a camera.
#[test]
fn what_only_looks_like_another_kind_is_told_as_what_it_is() {
    for none in ["-1", "0", "\"0\"", "null", ""] {
        let file = samsung(
            "PhotoEditor_Re_Edit_Data",
            &format!("{{\"genAIType\":{none}}}"),
        );
        assert_eq!(ids(&read(&file)), ["samsung_edit"], "{none}");
    }
    for (source, id) in [
        ("screenCapture", "iptc_screen_capture"),
        ("computationalCapture", "iptc_capture"),
        ("compositeCapture", "iptc_capture"),
        ("sampleCapture", "iptc_other"),
    ] {
        let file = iptc("DigitalSourceType", &format!("{DIGITAL_SOURCE}{source}"));
        assert_eq!(ids(&read(&file)), [id]);
    }
}

/// The artist of a TIFF stands anywhere in the file, and is found where the file is read as it is needed.
#[test]
fn the_artist_is_read_in_a_file_that_is_not_held() {
    let mut file = authored(IDENTIFIER, SIGNATURE, SIGNATURE);
    file.extend([0; 100_000]);
    let held = read(&file);
    assert_eq!(ids(&held), ["grok"], "{held:#?}");
    let streamed = read_from(&mut std::io::Cursor::new(&file)).expect("a report");
    assert_eq!(streamed, held);
}

/// Programs and messengers remove metadata, so a file without any is as neutral as one with all of it: taking
/// everything away adds no mark, breaks no rule and changes no verdict but that about the label itself.
#[test]
fn missing_metadata_is_neutral() {
    let bare = f::jpeg();
    let with_exif = f::jpeg_with_exif(&f::tiff_with(0x0110, 2, b"a phone\0", false));
    let (bare, with_exif) = (read(&bare), read(&with_exif));
    assert_eq!(bare, with_exif);
    assert_eq!(
        (bare.marks.len(), bare.rules.len(), bare.notes.len()),
        (0, 0, 0)
    );
    assert!(bare.verdict.en().contains("says nothing"));
    // No rule is about something that is not there, but for what a label itself must have.
    for rule in Rule::ALL {
        let is_about_a_label = rule.id().starts_with("gb45438.") || rule.id().starts_with("tc260.");
        for word in [
            "missing",
            "without",
            "no metadata",
            "removed",
            "stripped",
            "缺少",
            "没有",
        ] {
            let says = rule.en().contains(word) || rule.zh().contains(word);
            assert!(is_about_a_label || !says, "{}: {word}", rule.id());
        }
    }
}

#[test]
fn a_trace_stands_once_however_often_a_program_names_itself() {
    let mut file = software("Adobe Photoshop 25.0");
    let packet = creator("Adobe Photoshop 25.0");
    let segment_end = 2 + usize::from(u16::from_be_bytes([packet[4], packet[5]])) + 2;
    let segment = packet[2..segment_end].to_vec();
    file.splice(2..2, segment);
    assert_eq!(ids(&read(&file)), ["photoshop"]);
}

/// The signature of the manifest was not verified, so it stands in every container as nothing but a note.
#[test]
fn a_manifest_is_noted_in_pictures_and_movies() {
    let uuid = b"\xD8\xFE\xC3\xD6\x1B\x0E\x48\x3C\x92\x97\x58\x28\x87\x7E\xC4\x81 manifest";
    let mut movie = f::mp4_with(b"isom", b"");
    movie.extend(boxed(b"uuid", uuid));
    let mut heic = f::heif_with_xmp(b"heic", "<x/>", false);
    heic.extend(boxed(b"uuid", uuid));
    for file in [
        movie,
        heic,
        f::png_with(&[(b"caBX", b"manifest".to_vec())], false),
        f::webp_with(b"C2PA", b"manifest"),
    ] {
        let report = read(&file);
        assert_eq!(ids(&report), ["c2pa_manifest"], "{report:#?}");
        assert_eq!(report.verdict, Verdict::Absent);
        assert!(report.marks[0].en.contains("signed statement"));
    }
}

#[test]
fn a_packet_in_utf16_and_a_drawing_are_read() {
    let packet = f::xmp_element(&f::label());
    for little in [true, false] {
        for mark in ["\u{FEFF}", ""] {
            let bytes: Vec<u8> = format!("{mark}{packet}")
                .encode_utf16()
                .flat_map(|unit| {
                    if little {
                        unit.to_le_bytes()
                    } else {
                        unit.to_be_bytes()
                    }
                })
                .collect();
            let file = f::jpeg_with(
                0xE1,
                &[b"http://ns.adobe.com/xap/1.0/\0", &bytes[..]].concat(),
            );
            let report = read(&file);
            assert_eq!(report.verdict, Verdict::Compliant, "{report:#?}");
        }
    }
    let inner = packet
        .split_once("?>")
        .unwrap()
        .1
        .rsplit_once("<?")
        .unwrap()
        .0;
    let drawing = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><metadata>{inner}</metadata><path d=\"M0 0\"/></svg>"
    );
    let report = read(drawing.as_bytes());
    assert_eq!(report.format.name(), "SVG");
    assert_eq!(
        (report.verdict, report.marks[0].kind),
        (Verdict::Compliant, MarkKind::AiLabel)
    );
    assert!(drawing[report.marks[0].offset..].starts_with("<metadata"));
    let quicktime = boxed(b"udta", b"");
    assert_eq!(read(&f::mp4_with(b"qt  ", &quicktime)).marks.len(), 0);
}
