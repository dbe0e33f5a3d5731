//! Files for the tests. Making labels lives here, in test code, and nowhere in the product.

use std::sync::LazyLock;

use aftercare_scene::{
    Camera, Exif, ItemKind, RgbImage, Scene, encode_jpeg, encode_png, encode_webp,
};

/// A label as a generator writes it.
pub(crate) const LABEL: &str = r#"{"Label":"1","ContentProducer":"001191110102SAMPLE00000010000","ProduceID":"sample-0001","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}"#;

/// One small photo of a mug, 320 × 240.
pub(crate) fn picture() -> &'static RgbImage {
    static PICTURE: LazyLock<RgbImage> =
        LazyLock::new(|| Camera::phone(1).develop(&Scene::new(ItemKind::Mug, 1), 320, 240));
    &PICTURE
}

/// EXIF with everything personal in it.
pub(crate) fn personal_exif(orientation: u8) -> Exif {
    Exif {
        orientation,
        place: Some((30.25, 120.17)),
        ..Exif::default()
    }
}

pub(crate) fn jpeg() -> Vec<u8> {
    encode_jpeg(picture(), 85, None)
}

pub(crate) fn personal_jpeg(orientation: u8) -> Vec<u8> {
    encode_jpeg(picture(), 85, Some(&personal_exif(orientation)))
}

pub(crate) fn png() -> Vec<u8> {
    encode_png(picture())
}

pub(crate) fn webp() -> Vec<u8> {
    encode_webp(picture())
}

/// Inserts a segment after the start-of-image marker.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, payload: &[u8]) -> Vec<u8> {
    let mut file = jpeg[..2].to_vec();
    file.extend([0xFF, marker]);
    file.extend(
        u16::try_from(payload.len() + 2)
            .expect("a small number")
            .to_be_bytes(),
    );
    file.extend(payload);
    file.extend(&jpeg[2..]);
    file
}

/// Inserts a chunk after IHDR, or before IEND.
pub(crate) fn with_chunk(png: &[u8], kind: &[u8; 4], data: &[u8], at_end: bool) -> Vec<u8> {
    let at = if at_end { png.len() - 12 } else { 33 };
    let mut file = png[..at].to_vec();
    file.extend(
        u32::try_from(data.len())
            .expect("a small number")
            .to_be_bytes(),
    );
    let mut checked = kind.to_vec();
    checked.extend(data);
    file.extend(&checked);
    file.extend(crc32(&checked).to_be_bytes());
    file.extend(&png[at..]);
    file
}

/// Rebuilds a simple lossless WebP as an extended one with extra chunks.
pub(crate) fn with_webp_chunks(webp: &[u8], chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let (width, height) = picture().dimensions();
    let mut canvas = vec![0_u8; 4];
    canvas.extend(&(width - 1).to_le_bytes()[..3]);
    canvas.extend(&(height - 1).to_le_bytes()[..3]);
    for (kind, _) in chunks {
        canvas[0] |= if *kind == b"EXIF" { 0x08 } else { 0x04 };
    }
    let mut body = b"WEBP".to_vec();
    let mut push = |kind: &[u8; 4], data: &[u8]| {
        body.extend(kind);
        body.extend(
            u32::try_from(data.len())
                .expect("a small number")
                .to_le_bytes(),
        );
        body.extend(data);
        if data.len() % 2 == 1 {
            body.push(0);
        }
    };
    push(b"VP8X", &canvas);
    let length = usize::try_from(u32::from_le_bytes(
        webp[16..20].try_into().expect("a small number"),
    ))
    .expect("a small number");
    push(
        webp[12..16].try_into().expect("a small number"),
        &webp[20..20 + length],
    );
    for (kind, data) in chunks {
        push(kind, data);
    }
    let mut file = b"RIFF".to_vec();
    file.extend(
        u32::try_from(body.len())
            .expect("a small number")
            .to_le_bytes(),
    );
    file.extend(body);
    file
}

/// An XMP packet with the label as an element.
pub(crate) fn xmp_element(json: &str) -> String {
    let escaped = json
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;");
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"??><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"><TC260:AIGC>{escaped}</TC260:AIGC></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"??>"#
    )
}

/// An XMP packet with the label as an attribute under another prefix.
pub(crate) fn xmp_attribute(json: &str) -> String {
    let escaped = json
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;");
    format!(
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:q="http://www.tc260.org.cn/ns/AIGC/1.0/" q:AIGC="{escaped}"/></rdf:RDF></x:xmpmeta>"#
    )
}

pub(crate) fn jpeg_xmp_payload(packet: &str) -> Vec<u8> {
    [b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat()
}

/// A TIFF structure whose only entry is one field, in the first directory or in the Exif directory.
pub(crate) fn tiff_with_field(
    tag: u16,
    kind: u16,
    value: &[u8],
    in_exif_directory: bool,
) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    let directory = |tiff: &mut Vec<u8>, tag: u16, kind: u16, count: u32, value: u32| {
        tiff.extend(1_u16.to_be_bytes());
        tiff.extend(tag.to_be_bytes());
        tiff.extend(kind.to_be_bytes());
        tiff.extend(count.to_be_bytes());
        tiff.extend(value.to_be_bytes());
        tiff.extend(0_u32.to_be_bytes());
    };
    if in_exif_directory {
        directory(&mut tiff, 0x8769, 4, 1, 26);
    }
    let at = u32::try_from(tiff.len() + 18).expect("a small number");
    directory(
        &mut tiff,
        tag,
        kind,
        u32::try_from(value.len()).expect("a small number"),
        at,
    );
    tiff.extend(value);
    tiff
}

pub(crate) fn exif_payload(tiff: &[u8]) -> Vec<u8> {
    [b"Exif\0\0", tiff].concat()
}

/// The checksum of PNG (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            }
        })
    })
}
