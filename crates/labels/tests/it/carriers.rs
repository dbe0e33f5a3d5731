//! The label is read in every pair of carrier and serialization, with its place and a verdict.

use aftercare_labels::{Container, Mark, MarkKind, Report, Source, Verdict, read};

use crate::files as f;

/// The pairs that must be read, each with a test of its own.
macro_rules! pairs {
    ($($test:ident: $name:literal,)*) => {
        const PAIRS: [&str; 41] = [$($name),*];

        $(#[test]
        fn $test() {
            is_read_with_its_place_and_a_verdict($name);
        })*
    };
}

pairs! {
    png_text_aigc_bare: "PNG tEXt AIGC bare",
    png_text_aigc_wrapped: "PNG tEXt AIGC wrapped",
    png_ztxt_aigc: "PNG zTXt AIGC",
    png_itxt_xmp: "PNG iTXt XMP",
    png_itxt_xmp_compressed: "PNG iTXt XMP compressed",
    png_text_aigc_after_the_pixels: "PNG tEXt AIGC after the pixels",
    png_xmp_attribute_under_another_prefix: "PNG XMP attribute under another prefix",
    png_parameters_of_a_web_ui: "PNG parameters of a web UI",
    png_prompt_and_workflow_of_comfyui: "PNG prompt and workflow of ComfyUI",
    jpeg_xmp_element: "JPEG XMP element",
    jpeg_xmp_attribute: "JPEG XMP attribute",
    jpeg_exif_user_comment_in_the_exif_directory: "JPEG EXIF user comment in the Exif directory",
    jpeg_exif_user_comment_in_the_first_directory: "JPEG EXIF user comment in the first directory",
    jpeg_exif_user_comment_in_utf_16: "JPEG EXIF user comment in UTF-16",
    jpeg_exif_image_description: "JPEG EXIF image description",
    jpeg_application_segment: "JPEG application segment",
    jpeg_comment: "JPEG comment",
    webp_xmp: "WebP XMP",
    webp_exif_user_comment: "WebP EXIF user comment",
    gif_xmp_application_extension: "GIF XMP application extension",
    tiff_tag_700: "TIFF tag 700",
    heic_xmp_item: "HEIC XMP item",
    avif_xmp_item: "AVIF XMP item",
    mp4_udta_meta_keys: "MP4 udta meta keys",
    mp4_moov_meta_keys: "MP4 moov meta keys",
    mp4_comment_without_a_key: "MP4 comment without a key",
    mp4_uuid_xmp: "MP4 uuid XMP",
    mp4_udta_box_aigc: "MP4 udta box AIGC",
    m4a_freeform_item: "M4A freeform item",
    matroska_simple_tag: "Matroska simple tag",
    webm_simple_tag: "WebM simple tag",
    avi_info: "AVI INFO",
    flv_onmetadata: "FLV onMetaData",
    wav_chunk: "WAV chunk",
    mp3_txxx: "MP3 TXXX",
    flac_comment: "FLAC comment",
    ogg_vorbis_comment: "Ogg Vorbis comment",
    opus_comment: "Opus comment",
    pdf_information: "PDF information",
    docx_custom_property: "DOCX custom property",
    markdown_front_matter: "Markdown front matter",
}

/// Settings as the web UI writes them.
pub(crate) const WEB_UI_TEXT: &str = "a mug on a table\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 96x64, Model: sample";

/// A graph as ComfyUI writes it: what it ran, and how it is drawn.
pub(crate) const COMFY_PROMPT: &str =
    r#"{"3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20}}}"#;
pub(crate) const COMFY_WORKFLOW: &str =
    r#"{"last_node_id": 3, "nodes": [{"id": 3, "type": "KSampler"}], "links": []}"#;

/// Name of the pair, container, source of the mark, the file, and the bytes that stand at the offset of the mark.
pub(crate) type Pair = (&'static str, Container, Source, Vec<u8>, Vec<u8>);

/// A file for each pair.
pub(crate) fn files() -> Vec<Pair> {
    let (label, wrapped) = (f::label(), f::wrapped());
    let element = f::xmp_element(&label);
    let attribute = f::xmp_attribute(&label, "TC260");
    let other_prefix = f::xmp_attribute(&label, "q");
    let text = |text: &str| f::png_text("AIGC", text);
    let ascii = |inside: bool| f::user_comment(b"ASCII\0\0\0", wrapped.as_bytes(), inside);
    let unicode = f::user_comment(b"UNICODE\0", &f::utf16(&wrapped), true);
    let description = f::tiff_with(0x010E, 2, format!("{wrapped}\0").as_bytes(), false);
    let key = f::meta_with_key("AIGC", &label, false);
    let udta = |content: &[u8]| crate::bytes::boxed(b"udta", content);
    let comment = format!("AIGC={label}");
    use Container as C;
    use Source as S;
    vec![
        (
            "PNG tEXt AIGC bare",
            C::Png,
            S::PngText,
            f::png_with(&[(b"tEXt", text(&label))], false),
            chunk("tEXt"),
        ),
        (
            "PNG tEXt AIGC wrapped",
            C::Png,
            S::PngText,
            f::png_with(&[(b"tEXt", text(&wrapped))], false),
            chunk("tEXt"),
        ),
        (
            "PNG zTXt AIGC",
            C::Png,
            S::PngText,
            f::png_with(
                &[(
                    b"zTXt",
                    [b"AIGC\0\0".as_slice(), &f::squeezed(&wrapped)].concat(),
                )],
                false,
            ),
            chunk("zTXt"),
        ),
        (
            "PNG iTXt XMP",
            C::Png,
            S::PngXmp,
            f::png_with(&[(b"iTXt", f::international(&element, false))], false),
            chunk("iTXt"),
        ),
        (
            "PNG iTXt XMP compressed",
            C::Png,
            S::PngXmp,
            f::png_with(&[(b"iTXt", f::international(&element, true))], false),
            chunk("iTXt"),
        ),
        (
            "PNG tEXt AIGC after the pixels",
            C::Png,
            S::PngText,
            f::png_with(&[(b"tEXt", text(&wrapped))], true),
            chunk("tEXt"),
        ),
        (
            "PNG XMP attribute under another prefix",
            C::Png,
            S::PngXmp,
            f::png_with(&[(b"iTXt", f::international(&other_prefix, false))], false),
            chunk("iTXt"),
        ),
        (
            "PNG parameters of a web UI",
            C::Png,
            S::PngText,
            f::png_with(&[(b"tEXt", f::png_text("parameters", WEB_UI_TEXT))], false),
            chunk("tEXt"),
        ),
        (
            "PNG prompt and workflow of ComfyUI",
            C::Png,
            S::PngText,
            f::png_with(
                &[
                    (b"tEXt", f::png_text("prompt", COMFY_PROMPT)),
                    (b"tEXt", f::png_text("workflow", COMFY_WORKFLOW)),
                ],
                false,
            ),
            chunk("tEXt"),
        ),
        (
            "JPEG XMP element",
            C::Jpeg,
            S::JpegXmp,
            f::jpeg_with_xmp(&element),
            b"\xFF\xE1".to_vec(),
        ),
        (
            "JPEG XMP attribute",
            C::Jpeg,
            S::JpegXmp,
            f::jpeg_with_xmp(&attribute),
            b"\xFF\xE1".to_vec(),
        ),
        (
            "JPEG EXIF user comment in the Exif directory",
            C::Jpeg,
            S::ExifUserComment,
            f::jpeg_with_exif(&ascii(true)),
            b"ASCII".to_vec(),
        ),
        (
            "JPEG EXIF user comment in the first directory",
            C::Jpeg,
            S::ExifUserComment,
            f::jpeg_with_exif(&ascii(false)),
            b"ASCII".to_vec(),
        ),
        (
            "JPEG EXIF user comment in UTF-16",
            C::Jpeg,
            S::ExifUserComment,
            f::jpeg_with_exif(&unicode),
            b"UNICODE".to_vec(),
        ),
        (
            "JPEG EXIF image description",
            C::Jpeg,
            S::ExifImageDescription,
            f::jpeg_with_exif(&description),
            b"{\"AIGC\"".to_vec(),
        ),
        (
            "JPEG application segment",
            C::Jpeg,
            S::JpegApplicationSegment,
            f::jpeg_with(0xEB, format!("AIGC{label}").as_bytes()),
            b"\xFF\xEB".to_vec(),
        ),
        (
            "JPEG comment",
            C::Jpeg,
            S::JpegComment,
            f::jpeg_with(0xFE, wrapped.as_bytes()),
            b"\xFF\xFE".to_vec(),
        ),
        (
            "WebP XMP",
            C::WebP,
            S::WebpXmp,
            f::webp_with(b"XMP ", element.as_bytes()),
            b"XMP ".to_vec(),
        ),
        (
            "WebP EXIF user comment",
            C::WebP,
            S::ExifUserComment,
            f::webp_with(b"EXIF", &ascii(true)),
            b"ASCII".to_vec(),
        ),
        (
            "GIF XMP application extension",
            C::Gif,
            S::GifXmp,
            f::gif_with(&f::gif_xmp(&element)),
            b"\x21\xFF\x0BXMP".to_vec(),
        ),
        (
            "TIFF tag 700",
            C::Tiff,
            S::TiffXmp,
            f::tiff_with(700, 7, element.as_bytes(), false),
            b"<?xpacket".to_vec(),
        ),
        (
            "HEIC XMP item",
            C::Heic,
            S::HeicXmp,
            f::heif_with_xmp(b"heic", &element, false),
            b"<?xpacket".to_vec(),
        ),
        (
            "AVIF XMP item",
            C::Avif,
            S::AvifXmp,
            f::heif_with_xmp(b"avif", &element, false),
            b"<?xpacket".to_vec(),
        ),
        (
            "MP4 udta meta keys",
            C::Mp4,
            S::Mp4Key,
            f::mp4_with(b"isom", &udta(&key)),
            item(&[0, 0, 0, 2]),
        ),
        (
            "MP4 moov meta keys",
            C::Mp4,
            S::Mp4Key,
            f::mp4_with(b"isom", &key),
            item(&[0, 0, 0, 2]),
        ),
        (
            "MP4 comment without a key",
            C::Mp4,
            S::Mp4Item,
            f::mp4_with(
                b"isom",
                &udta(&f::meta_with_items(&f::comment_item(&wrapped))),
            ),
            item(b"\xA9cmt"),
        ),
        (
            "MP4 uuid XMP",
            C::Mp4,
            S::Mp4Xmp,
            f::mp4_with_uuid(&element),
            item(b"uuid"),
        ),
        (
            "MP4 udta box AIGC",
            C::Mp4,
            S::Mp4UserData,
            f::mp4_with(
                b"isom",
                &udta(&crate::bytes::boxed(b"AIGC", label.as_bytes())),
            ),
            item(b"AIGC"),
        ),
        (
            "M4A freeform item",
            C::Mp4,
            S::Mp4Freeform,
            f::mp4_with(
                b"M4A ",
                &udta(&f::meta_with_items(&f::freeform_item("AIGC", &label))),
            ),
            item(b"----"),
        ),
        (
            "Matroska simple tag",
            C::Matroska,
            S::MatroskaTag,
            f::matroska_with("matroska", "AIGC", &label, false),
            b"\x67\xC8".to_vec(),
        ),
        (
            "WebM simple tag",
            C::Matroska,
            S::MatroskaTag,
            f::matroska_with("webm", "AIGC", &label, false),
            b"\x67\xC8".to_vec(),
        ),
        (
            "AVI INFO",
            C::Avi,
            S::AviInfo,
            f::avi_with(b"AIGC", &label),
            b"AIGC".to_vec(),
        ),
        (
            "FLV onMetaData",
            C::Flv,
            S::FlvMetadata,
            f::flv_with("AIGC", &label),
            b"\0\x04AIGC".to_vec(),
        ),
        (
            "WAV chunk",
            C::Wav,
            S::WavChunk,
            f::wav_with(&crate::bytes::riff_chunk(b"AIGC", label.as_bytes())),
            b"AIGC".to_vec(),
        ),
        (
            "MP3 TXXX",
            C::Mp3,
            S::Id3Text,
            f::mp3_with(4, "AIGC", &label, false),
            b"TXXX".to_vec(),
        ),
        (
            "FLAC comment",
            C::Flac,
            S::FlacComment,
            f::flac_with(&comment),
            crate::bytes::length32_le(comment.len()).to_vec(),
        ),
        (
            "Ogg Vorbis comment",
            C::Ogg,
            S::OggVorbisComment,
            f::ogg_with(b"\x01vorbis", b"\x03vorbis", &comment),
            b"OggS".to_vec(),
        ),
        (
            "Opus comment",
            C::Ogg,
            S::OpusComment,
            f::ogg_with(b"OpusHead", b"OpusTags", &comment),
            b"OggS".to_vec(),
        ),
        (
            "PDF information",
            C::Pdf,
            S::PdfInformation,
            f::pdf_with(&format!("/AIGC {}", f::pdf_literal(&label))),
            b"/AIGC".to_vec(),
        ),
        (
            "DOCX custom property",
            C::Zip,
            S::OfficeProperty,
            f::office_with(&f::office_properties("", "AIGC", &label)),
            b"PK\x03\x04".to_vec(),
        ),
        (
            "Markdown front matter",
            C::Text,
            S::FrontMatter,
            f::markdown().into_bytes(),
            b"AIGC:".to_vec(),
        ),
    ]
}

/// The offset of a PNG chunk is that of its length, four bytes before the type.
fn chunk(kind: &str) -> Vec<u8> {
    [b"????", kind.as_bytes()].concat()
}

/// The offset of a box is that of its size, too.
fn item(kind: &[u8; 4]) -> Vec<u8> {
    [b"????", &kind[..]].concat()
}

/// Whether the bytes of the file at `offset` are `wanted`, where `?` stands for any byte.
fn stands_at(file: &[u8], offset: usize, wanted: &[u8]) -> bool {
    file.get(offset..offset + wanted.len())
        .is_some_and(|found| {
            found
                .iter()
                .zip(wanted)
                .all(|(found, wanted)| *wanted == b'?' || found == wanted)
        })
}

fn only_mark(report: &Report) -> &Mark {
    assert_eq!(report.marks.len(), 1, "{report:#?}");
    &report.marks[0]
}

#[test]
fn each_pair_has_exactly_one_file() {
    let files = files();
    let named: Vec<_> = files.iter().map(|(name, ..)| *name).collect();
    assert_eq!(named, PAIRS);
}

fn is_read_with_its_place_and_a_verdict(name: &str) {
    let mut files = files().into_iter();
    let found = files.find(|(named, ..)| *named == name).expect("a file");
    let (_, container, source, file, at) = found;
    let report = read(&file);
    assert_eq!(report.format, container);
    assert_eq!(report.gaps, []);
    for mark in &report.marks {
        assert_eq!(mark.source, source);
        let stands = stands_at(&file, mark.offset, &at);
        assert!(stands, "offset {}", mark.offset);
    }
    if name.contains("ComfyUI") || name.contains("web UI") {
        // A generator's text is a mark and no label.
        assert_eq!(report.verdict, Verdict::Absent);
        let marks = if name.contains("ComfyUI") { 2 } else { 1 };
        assert_eq!(report.marks.len(), marks);
        for mark in &report.marks {
            assert_eq!(mark.kind, MarkKind::GeneratorText);
            assert!(mark.fields.contains_key("text"));
        }
        return;
    }
    let mark = only_mark(&report);
    assert_eq!(report.verdict, Verdict::Compliant, "{report:#?}");
    assert_eq!(
        (mark.kind, mark.level, report.level),
        (MarkKind::AiLabel, Some(1), Some(1))
    );
    assert_eq!(mark.fields["ProduceID"], "sample-0001");
    assert_eq!(mark.fields["ContentProducer"], f::code('1').as_str());
    assert_eq!(mark.fields.len(), 7);
}

#[test]
fn a_broken_label_is_told_in_every_pair() {
    // The level is the first value of every file; no level 7 exists.
    let broken = |file: Vec<u8>| -> Option<Vec<u8>> {
        let wanted: [&[u8]; 4] = [
            b"\"Label\":\"1\"",
            b"&quot;Label&quot;:&quot;1&quot;",
            b"Label: \"1\"",
            b"\0L\0a\0b\0e\0l\0\"\0:\0\"\x001",
        ];
        let (at, length) = wanted.iter().find_map(|wanted| {
            let at = file
                .windows(wanted.len())
                .position(|window| window == *wanted)?;
            Some((at, wanted.len()))
        })?;
        let digit = at
            + file[at..at + length]
                .iter()
                .rposition(|&byte| byte == b'1')?;
        let mut file = file;
        file[digit] = b'7';
        Some(file)
    };
    let mut tried = 0;
    for (name, _, _, file, _) in files() {
        if let Some(file) = broken(file) {
            tried += 1;
            let report = read(&file);
            assert_eq!(report.verdict, Verdict::NonCompliant, "{name}: {report:#?}");
            assert_eq!(report.rules, [aftercare_labels::Rule::LabelValue], "{name}");
        }
    }
    // The compressed ones and the generators' texts do not show the level.
    assert_eq!(tried, PAIRS.len() - 5);
}
