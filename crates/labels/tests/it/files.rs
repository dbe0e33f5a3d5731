//! Files of every format, with a label in each of its carriers.

use std::sync::LazyLock;

use aftercare_labels::provider::credit_check_character;
use aftercare_scene::{Camera, ItemKind, RgbImage, Scene, encode_jpeg, encode_png, encode_webp};

use crate::bytes::{
    boxed, crc32, element, full_box, length16, length24, length32, length32_le, ogg_page,
    riff_chunk, vorbis_comments,
};

/// A provider code of an invented entity; `service` is its digit.
pub(crate) fn code(service: char) -> String {
    let first = "91000000MA0TEST00";
    // The letter S is not in the alphabet, so the name is spelled without it.
    let first = first.replace('S', "5");
    let check = credit_check_character(&first).expect("characters of the alphabet");
    format!("0011{first}{check}{service}0001")
}

/// A label as annex E wants it.
pub(crate) fn label() -> String {
    format!(
        r#"{{"Label":"1","ContentProducer":"{}","ProduceID":"sample-0001","ReservedCode1":"","ContentPropagator":"{}","PropagateID":"sample-0002","ReservedCode2":""}}"#,
        code('1'),
        code('2')
    )
}

pub(crate) fn wrapped() -> String {
    format!(r#"{{"AIGC":{}}}"#, label())
}

/// One small photo of a mug.
pub(crate) fn picture() -> &'static RgbImage {
    static PICTURE: LazyLock<RgbImage> =
        LazyLock::new(|| Camera::phone(1).develop(&Scene::new(ItemKind::Mug, 1), 24, 16));
    &PICTURE
}

pub(crate) fn jpeg() -> Vec<u8> {
    encode_jpeg(picture(), 85, None)
}

pub(crate) fn png() -> Vec<u8> {
    encode_png(picture())
}

/// Inserts a segment after the start-of-image marker.
pub(crate) fn jpeg_with(marker: u8, payload: &[u8]) -> Vec<u8> {
    with_segment(&jpeg(), marker, payload)
}

/// The same in another JPEG.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, payload: &[u8]) -> Vec<u8> {
    let mut file = jpeg[..2].to_vec();
    file.extend([0xFF, marker]);
    file.extend(length16(payload.len() + 2));
    file.extend(payload);
    file.extend(&jpeg[2..]);
    file
}

pub(crate) fn jpeg_with_xmp(packet: &str) -> Vec<u8> {
    with_xmp(&jpeg(), packet)
}

/// The same in another JPEG.
pub(crate) fn with_xmp(jpeg: &[u8], packet: &str) -> Vec<u8> {
    let payload = [b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat();
    with_segment(jpeg, 0xE1, &payload)
}

pub(crate) fn jpeg_with_exif(tiff: &[u8]) -> Vec<u8> {
    jpeg_with(0xE1, &[b"Exif\0\0", tiff].concat())
}

/// Inserts chunks after IHDR, or before IEND.
pub(crate) fn png_with(chunks: &[(&[u8; 4], Vec<u8>)], at_end: bool) -> Vec<u8> {
    let png = png();
    let at = if at_end { png.len() - 12 } else { 33 };
    let mut file = png[..at].to_vec();
    for (kind, data) in chunks {
        file.extend(length32(data.len()));
        let checked = [&kind[..], data].concat();
        file.extend(&checked);
        file.extend(crc32(&checked).to_be_bytes());
    }
    file.extend(&png[at..]);
    file
}

pub(crate) fn png_text(keyword: &str, text: &str) -> Vec<u8> {
    [keyword.as_bytes(), b"\0", text.as_bytes()].concat()
}

pub(crate) fn squeezed(text: &str) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), 6)
}

/// The data of an iTXt chunk with XMP.
pub(crate) fn international(packet: &str, is_compressed: bool) -> Vec<u8> {
    let body = if is_compressed {
        squeezed(packet)
    } else {
        packet.as_bytes().to_vec()
    };
    [
        b"XML:com.adobe.xmp\0".as_slice(),
        &[u8::from(is_compressed), 0],
        b"\0\0",
        &body,
    ]
    .concat()
}

pub(crate) fn webp_with(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let webp = encode_webp(picture());
    let (width, height) = picture().dimensions();
    let mut canvas = vec![if kind == b"EXIF" { 0x08 } else { 0x04 }, 0, 0, 0];
    canvas.extend(&(width - 1).to_le_bytes()[..3]);
    canvas.extend(&(height - 1).to_le_bytes()[..3]);
    let body = [
        b"WEBP".as_slice(),
        &riff_chunk(b"VP8X", &canvas),
        &webp[12..],
        &riff_chunk(kind, data),
    ]
    .concat();
    riff_chunk(b"RIFF", &body)
}

pub(crate) fn escaped(json: &str) -> String {
    json.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

/// An XMP packet with the label as an element, with the frame that one generator writes.
pub(crate) fn xmp_element(json: &str) -> String {
    format!(
        r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"><TC260:AIGC>{}</TC260:AIGC></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#,
        escaped(json)
    )
}

/// An XMP packet with the label as an attribute under another prefix.
pub(crate) fn xmp_attribute(json: &str, prefix: &str) -> String {
    format!(
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:{prefix}="http://www.tc260.org.cn/ns/AIGC/1.0/" {prefix}:AIGC="{}"/></rdf:RDF></x:xmpmeta>"#,
        escaped(json)
    )
}

/// A TIFF structure whose only entry is one field, in the first directory or in the Exif directory.
pub(crate) fn tiff_with(tag: u16, kind: u16, value: &[u8], in_exif_directory: bool) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    let directory = |tiff: &mut Vec<u8>, tag: u16, kind: u16, count: [u8; 4], value: [u8; 4]| {
        tiff.extend(1_u16.to_be_bytes());
        tiff.extend(tag.to_be_bytes());
        tiff.extend(kind.to_be_bytes());
        tiff.extend(count);
        tiff.extend(value);
        tiff.extend([0; 4]);
    };
    if in_exif_directory {
        directory(&mut tiff, 0x8769, 4, length32(1), length32(26));
    }
    let at = length32(tiff.len() + 18);
    directory(&mut tiff, tag, kind, length32(value.len()), at);
    tiff.extend(value);
    tiff
}

/// A TIFF structure with these fields in its first directory, each longer than four bytes.
pub(crate) fn tiff_of(fields: &[(u16, u16, &[u8])]) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    tiff.extend(length16(fields.len()));
    let mut at = tiff.len() + 12 * fields.len() + 4;
    for (tag, kind, value) in fields {
        tiff.extend(tag.to_be_bytes());
        tiff.extend(kind.to_be_bytes());
        tiff.extend(length32(value.len()));
        tiff.extend(length32(at));
        at += value.len();
    }
    tiff.extend([0; 4]);
    tiff.extend(fields.iter().flat_map(|(.., value)| value.iter()));
    tiff
}

pub(crate) fn user_comment(code: &[u8; 8], text: &[u8], in_exif_directory: bool) -> Vec<u8> {
    tiff_with(0x9286, 7, &[code, text].concat(), in_exif_directory)
}

pub(crate) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// A GIF of one pixel with the extensions `before` its image.
pub(crate) fn gif_with(before: &[u8]) -> Vec<u8> {
    let mut file = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF".to_vec();
    file.extend(before);
    file.extend(b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3B");
    file
}

/// The application extension with XMP.
pub(crate) fn gif_xmp(packet: &str) -> Vec<u8> {
    let mut block = b"\x21\xFF\x0BXMP DataXMP".to_vec();
    block.extend(packet.bytes());
    block.push(1);
    block.extend((0..=255).rev());
    block.push(0);
    block
}

/// A HEIC or AVIF file with one item of XMP; the item is in the file, or in `idat`.
pub(crate) fn heif_with_xmp(brand: &[u8; 4], packet: &str, in_idat: bool) -> Vec<u8> {
    let file_type = boxed(b"ftyp", &[brand, [0; 4].as_slice(), brand].concat());
    let handler = full_box(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat());
    let picture = full_box(b"infe", 2, &[&[0, 1, 0, 0][..], b"hvc1\0"].concat());
    let info = full_box(
        b"infe",
        2,
        &[&[0, 2, 0, 0][..], b"mime\0application/rdf+xml\0"].concat(),
    );
    let list = full_box(b"iinf", 0, &[&[0, 2][..], &picture, &info].concat());
    let data = if in_idat {
        boxed(b"idat", packet.as_bytes())
    } else {
        Vec::new()
    };
    let location = |offset: usize| {
        let mut content = vec![0x44, 0x00, 0, 1, 0, 2];
        if in_idat {
            content.extend([0, 1]);
        }
        content.extend([0, 0, 0, 1]);
        content.extend(length32(offset));
        content.extend(length32(packet.len()));
        full_box(b"iloc", u8::from(in_idat), &content)
    };
    let meta = |offset: usize| {
        full_box(
            b"meta",
            0,
            &[&handler[..], &list, &location(offset), &data].concat(),
        )
    };
    let offset = if in_idat {
        0
    } else {
        file_type.len() + meta(0).len() + 8
    };
    [
        &file_type[..],
        &meta(offset),
        &boxed(b"mdat", packet.as_bytes()),
    ]
    .concat()
}

fn mp4_type(brand: &[u8; 4]) -> Vec<u8> {
    boxed(b"ftyp", &[brand, [0; 4].as_slice(), brand].concat())
}

/// The value of an item of `ilst`.
fn data_box(text: &str) -> Vec<u8> {
    boxed(
        b"data",
        &[&[0, 0, 0, 1, 0, 0, 0, 0][..], text.as_bytes()].concat(),
    )
}

fn handler(kind: &[u8; 4]) -> Vec<u8> {
    full_box(b"hdlr", 0, &[&[0; 4][..], kind, &[0; 13]].concat())
}

/// A `meta` box with `keys` and `ilst`: one key before ours, so that numbers matter.
pub(crate) fn meta_with_key(key: &str, text: &str, is_quicktime: bool) -> Vec<u8> {
    let name = |name: &str| [&length32(name.len() + 8)[..], b"mdta", name.as_bytes()].concat();
    let keys = full_box(
        b"keys",
        0,
        &[&length32(2)[..], &name("title"), &name(key)].concat(),
    );
    let items = [
        boxed(&length32(1), &data_box("a mug")),
        boxed(&length32(2), &data_box(text)),
    ]
    .concat();
    let content = [handler(b"mdta"), keys, boxed(b"ilst", &items)].concat();
    if is_quicktime {
        boxed(b"meta", &content)
    } else {
        full_box(b"meta", 0, &content)
    }
}

/// A `meta` box as iTunes writes it.
pub(crate) fn meta_with_items(items: &[u8]) -> Vec<u8> {
    full_box(
        b"meta",
        0,
        &[handler(b"mdir"), boxed(b"ilst", items)].concat(),
    )
}

pub(crate) fn comment_item(text: &str) -> Vec<u8> {
    boxed(b"\xA9cmt", &data_box(text))
}

pub(crate) fn freeform_item(name: &str, text: &str) -> Vec<u8> {
    let content = [
        full_box(b"mean", 0, b"com.apple.iTunes"),
        full_box(b"name", 0, name.as_bytes()),
        data_box(text),
    ]
    .concat();
    boxed(b"----", &content)
}

/// A movie whose `moov` stands after its frames and has `content`.
pub(crate) fn mp4_with(brand: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let header = full_box(b"mvhd", 0, &[0; 96]);
    [
        mp4_type(brand),
        boxed(b"mdat", &[7; 300]),
        boxed(b"moov", &[&header, content].concat()),
    ]
    .concat()
}

pub(crate) fn mp4_with_uuid(packet: &str) -> Vec<u8> {
    let uuid = [
        0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF,
        0xAC,
    ];
    let mut file = mp4_with(b"isom", &[]);
    file.extend(boxed(b"uuid", &[&uuid, packet.as_bytes()].concat()));
    file
}

/// Matroska or WebM; in a live stream segment and cluster have no size.
pub(crate) fn matroska_with(doc_type: &str, name: &str, text: &str, is_live: bool) -> Vec<u8> {
    let simple = element(
        &[0x67, 0xC8],
        &[
            element(&[0x45, 0xA3], name.as_bytes()),
            element(&[0x44, 0x87], text.as_bytes()),
        ]
        .concat(),
    );
    let tags = element(
        &[0x12, 0x54, 0xC3, 0x67],
        &element(
            &[0x73, 0x73],
            &[element(&[0x63, 0xC0], &[]), simple].concat(),
        ),
    );
    let block = element(&[0xA3], &[0x81, 0, 0, 0x80, 1, 2, 3]);
    let header = element(
        &[0x1A, 0x45, 0xDF, 0xA3],
        &element(&[0x42, 0x82], doc_type.as_bytes()),
    );
    if is_live {
        let open = |id: &[u8]| [id, &[0x01, 255, 255, 255, 255, 255, 255, 255]].concat();
        return [
            header,
            open(&[0x18, 0x53, 0x80, 0x67]),
            open(&[0x1F, 0x43, 0xB6, 0x75]),
            block.clone(),
            block,
            tags,
        ]
        .concat();
    }
    let cluster = element(&[0x1F, 0x43, 0xB6, 0x75], &block);
    [
        header,
        element(&[0x18, 0x53, 0x80, 0x67], &[cluster, tags].concat()),
    ]
    .concat()
}

pub(crate) fn avi_with(name: &[u8; 4], text: &str) -> Vec<u8> {
    let info = riff_chunk(name, &[text.as_bytes(), b"\0"].concat());
    let list = |kind: &[u8; 4], content: &[u8]| riff_chunk(b"LIST", &[kind, content].concat());
    let body = [
        b"AVI ".as_slice(),
        &list(b"hdrl", &riff_chunk(b"avih", &[0; 56])),
        &list(b"INFO", &info),
        &list(b"movi", &riff_chunk(b"00dc", &[1, 2, 3])),
    ]
    .concat();
    riff_chunk(b"RIFF", &body)
}

pub(crate) fn wav_with(chunk: &[u8]) -> Vec<u8> {
    let format = riff_chunk(
        b"fmt ",
        &[1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0],
    );
    let body = [
        b"WAVE".as_slice(),
        &format,
        &riff_chunk(b"data", &[0; 32]),
        chunk,
    ]
    .concat();
    riff_chunk(b"RIFF", &body)
}

/// An FLV whose metadata are an ECMA array: a number, a list and the label.
pub(crate) fn flv_with(name: &str, text: &str) -> Vec<u8> {
    let key = |name: &str| [&length16(name.len())[..], name.as_bytes()].concat();
    let script = [
        &b"\x02\0\x0AonMetaData\x08\0\0\0\x03"[..],
        &key("duration"),
        &[0, 0, 0, 0, 0, 0, 0, 0, 0],
        &key("list"),
        &[10, 0, 0, 0, 1, 1, 1],
        &key(name),
        &[2],
        &length16(text.len()),
        text.as_bytes(),
        &[0, 0, 9],
    ]
    .concat();
    let tag = |kind: u8, data: &[u8]| {
        [
            &[kind][..],
            &length24(data.len()),
            &[0; 7],
            data,
            &length32(data.len() + 11),
        ]
        .concat()
    };
    [
        &b"FLV\x01\x05\0\0\0\x09\0\0\0\0"[..],
        &tag(18, &script),
        &tag(9, &[0x17, 0, 0, 0, 0]),
    ]
    .concat()
}

/// An MP3 with an ID3 tag of version 2.3 or 2.4; the text is UTF-8 or UTF-16 with a mark.
pub(crate) fn mp3_with(version: u8, description: &str, text: &str, is_utf16: bool) -> Vec<u8> {
    let encoded = |text: &str| {
        if is_utf16 {
            let units = text.encode_utf16().flat_map(u16::to_le_bytes);
            [0xFF, 0xFE].into_iter().chain(units).collect::<Vec<u8>>()
        } else {
            text.as_bytes().to_vec()
        }
    };
    let (encoding, end): (u8, &[u8]) = if is_utf16 { (1, &[0, 0]) } else { (3, &[0]) };
    let content = [&[encoding], &encoded(description)[..], end, &encoded(text)].concat();
    let syncsafe = |number: usize| {
        let number = u32::try_from(number).expect("a small number");
        [21, 14, 7, 0].map(|shift| u8::try_from(number >> shift & 0x7F).expect("seven bits"))
    };
    let frame = |name: &[u8; 4], content: &[u8]| {
        let size = if version == 4 {
            syncsafe(content.len())
        } else {
            length32(content.len())
        };
        [name.as_slice(), &size, &[0, 0], content].concat()
    };
    let frames = [
        frame(b"TIT2", b"\x03a mug"),
        frame(b"TXXX", &content),
        vec![0; 64],
    ]
    .concat();
    [
        &b"ID3"[..],
        &[version, 0, 0],
        &syncsafe(frames.len()),
        &frames,
        &[0xFF, 0xFB, 0x90, 0x64],
        &[0; 100],
    ]
    .concat()
}

pub(crate) fn flac_with(comment: &str) -> Vec<u8> {
    let block =
        |kind: u8, content: &[u8]| [&[kind][..], &length24(content.len()), content].concat();
    [
        b"fLaC".to_vec(),
        block(0, &[0; 34]),
        block(
            0x84,
            &vorbis_comments(&["TITLE=a mug".to_owned(), comment.to_owned()]),
        ),
        vec![0xFF, 0xF8, 0, 0],
    ]
    .concat()
}

/// An Ogg file whose comments go over two pages.
pub(crate) fn ogg_with(first: &[u8], second: &[u8], comment: &str) -> Vec<u8> {
    let title = format!("TITLE={}", "a mug ".repeat(20));
    let list = vorbis_comments(&[title, comment.to_owned()]);
    let packet = [second, &list].concat();
    assert!(packet.len() > 255, "the packet must go over two pages");
    let (start, rest) = packet.split_at(255);
    let mut lacing = vec![255; rest.len() / 255];
    lacing.push(u8::try_from(rest.len() % 255).expect("less than 255"));
    [
        ogg_page(
            2,
            0,
            &[u8::try_from(first.len()).expect("a small number")],
            first,
        ),
        ogg_page(0, 1, &[255], start),
        ogg_page(1, 2, &lacing, rest),
    ]
    .concat()
}

/// A PDF whose information dictionary has `entry`.
pub(crate) fn pdf_with(entry: &str) -> Vec<u8> {
    format!(
        "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n2 0 obj\n<< /Title (a mug) {entry} >>\nendobj\n3 0 obj\n<< /Length 5 >>\nstream\nq Q q\nendstream\nendobj\ntrailer\n<< /Root 1 0 R /Info 2 0 R >>\nstartxref\n0\n%%EOF\n"
    )
    .into_bytes()
}

/// The same with the information in a compressed object stream.
pub(crate) fn pdf_with_object_stream(entry: &str) -> Vec<u8> {
    let head = "2 0 7 28 ";
    let objects = format!("{head}<< /Title (another mug) >>   << {entry} >>");
    let packed = squeezed(&objects);
    [
        b"%PDF-1.7\n5 0 obj\n".as_slice(),
        format!(
            "<< /Type /ObjStm /N 2 /First {} /Filter /FlateDecode /Length {} >>\nstream\r\n",
            head.len(),
            packed.len()
        )
        .as_bytes(),
        &packed,
        b"\nendstream\nendobj\n6 0 obj\n<< /Type /XRef /Root 1 0 R /Info 7 0 R /Length 1 >>\nstream\nx\nendstream\nendobj\n",
    ]
    .concat()
}

/// A literal string of PDF.
pub(crate) fn pdf_literal(text: &str) -> String {
    let text = text
        .replace('\\', "\\\\")
        .replace('(', "\\(")
        .replace(')', "\\)");
    format!("({text})")
}

/// A hexadecimal string of PDF in UTF-16.
pub(crate) fn pdf_hexadecimal(text: &str) -> String {
    let digits: String = utf16(text)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    format!("<FEFF{digits}>")
}

pub(crate) fn office_properties(prefix: &str, name: &str, text: &str) -> String {
    let colon = if prefix.is_empty() {
        String::new()
    } else {
        format!("{prefix}:")
    };
    let declared = if prefix.is_empty() {
        "xmlns".to_owned()
    } else {
        format!("xmlns:{prefix}")
    };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><{colon}Properties {declared}="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><{colon}property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="{name}"><vt:lpwstr>{}</vt:lpwstr></{colon}property></{colon}Properties>"#,
        escaped(text)
    )
}

pub(crate) fn office_with(properties: &str) -> Vec<u8> {
    crate::bytes::zip(&[
        ("[Content_Types].xml", b"<Types/>".to_vec()),
        ("docProps/custom.xml", properties.as_bytes().to_vec()),
        ("word/document.xml", b"<document/>".to_vec()),
    ])
}

/// A text with the label as a mapping in its front matter.
pub(crate) fn markdown() -> String {
    let (producer, propagator) = (code('1'), code('2'));
    format!(
        "---\ntitle: A mug\nAIGC:\n  Label: \"1\"\n  ContentProducer: {producer}\n  ProduceID: sample-0001\n  ReservedCode1: ''\n  ContentPropagator: {propagator}\n  PropagateID: sample-0002\n  ReservedCode2: ''\n---\n\n# A mug\n"
    )
}

/// What the length of a text is in a chunk of its own; used to make bombs.
pub(crate) fn long_png_text(bytes: usize) -> Vec<u8> {
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b' '; bytes], 6);
    png_with(
        &[(b"zTXt", [b"AIGC\0\0".as_slice(), &packed].concat())],
        false,
    )
}

/// Little-endian length, for files that lie about theirs.
pub(crate) fn lie(length: usize) -> [u8; 4] {
    length32_le(length)
}
