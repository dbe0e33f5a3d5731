//! Whole small files of every format that a label can be carried in, without a label and with other metadata that must
//! stay. Places inside them (tables of chunks, cross references, indexes) are right, so that a change that moves
//! something is noticed. The benchmark suite uses them too.

use aftercare_scene::{Camera, Exif, ItemKind, Scene, encode_jpeg, encode_png, encode_webp};

use crate::bytes::{
    boxed, crc32, element, full_box, length16, length24, length32, length32_le, riff_chunk,
    vorbis_comments, zip,
};

/// One file.
pub struct Sample {
    pub name: &'static str,
    pub extension: &'static str,
    pub bytes: Vec<u8>,
}

/// Bytes that stand for pixels and sound, different for every seed.
fn noise(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // No zero: some walkers look for ends.
            state.to_be_bytes()[0] | 1
        })
        .collect()
}

/// A packet of XMP with a title.
pub fn other_packet(seed: u64) -> String {
    format!(
        r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:source>mug {seed}</dc:source></rdf:Description></rdf:RDF></x:xmpmeta>{}<?xpacket end="w"?>"#,
        " ".repeat(40)
    )
}

/// A sample of every format.
pub fn samples(seed: u64) -> Vec<Sample> {
    let photo = Camera::phone(seed).develop(&Scene::new(ItemKind::Mug, seed), 48, 32);
    let sample = |name, extension, bytes| Sample {
        name,
        extension,
        bytes,
    };
    let jpeg = encode_jpeg(&photo, 85, Some(&Exif::default()));
    let packet = other_packet(seed);
    vec![
        sample("JPEG", "jpg", jpeg.clone()),
        sample("JPEG with XMP", "jpg", jpeg_with_packet(&jpeg, &packet)),
        sample("JPEG of two pictures", "jpg", two_pictures(&jpeg, seed)),
        sample("PNG", "png", encode_png(&photo)),
        sample(
            "PNG with XMP",
            "png",
            png_with_packet(&encode_png(&photo), &packet),
        ),
        sample("WebP", "webp", encode_webp(&photo)),
        sample("GIF", "gif", gif(seed)),
        sample("TIFF", "tif", tiff(seed, None)),
        sample("TIFF with XMP", "tif", tiff(seed, Some(&packet))),
        sample("SVG", "svg", svg(seed, "")),
        sample("SVG with XMP", "svg", svg(seed, &other_packet(seed))),
        sample("HEIC", "heic", heif(b"heic", seed, None)),
        sample("HEIC with XMP", "heic", heif(b"heic", seed, Some(&packet))),
        sample("AVIF", "avif", heif(b"avif", seed, None)),
        sample("JPEG XL", "jxl", jpeg_xl(seed)),
        sample("MP4", "mp4", movie(b"isom", seed, true)),
        sample(
            "MP4 with its head at the end",
            "mp4",
            movie(b"isom", seed, false),
        ),
        sample("MOV", "mov", movie(b"qt  ", seed, true)),
        sample("M4A", "m4a", movie(b"M4A ", seed, true)),
        sample("M4V", "m4v", movie(b"M4V ", seed, true)),
        sample("Matroska", "mkv", matroska("matroska", seed, 0)),
        sample(
            "Matroska with room",
            "mkv",
            matroska("matroska", seed, 2_000),
        ),
        sample("WebM", "webm", matroska("webm", seed, 0)),
        sample("AVI", "avi", avi(seed)),
        sample("FLV", "flv", flv(seed)),
        sample("WAV", "wav", wav(seed)),
        sample("MP3", "mp3", mp3(seed, Some(600))),
        sample("MP3 without padding", "mp3", mp3(seed, Some(0))),
        sample("MP3 without a tag", "mp3", mp3(seed, None)),
        sample("FLAC", "flac", flac(seed)),
        sample(
            "Ogg Vorbis",
            "ogg",
            ogg(seed, &[b"\x01vorbis", b"\x03vorbis", b"\x05vorbis"]),
        ),
        sample("Opus", "opus", ogg(seed, &[b"OpusHead", b"OpusTags"])),
        sample("PDF", "pdf", pdf(seed, false)),
        sample("PDF with a stream of references", "pdf", pdf(seed, true)),
        sample(
            "DOCX",
            "docx",
            office(
                "word/document.xml",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
                seed,
            ),
        ),
        sample(
            "XLSX",
            "xlsx",
            office(
                "xl/workbook.xml",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                seed,
            ),
        ),
        sample(
            "PPTX",
            "pptx",
            office(
                "ppt/presentation.xml",
                "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
                seed,
            ),
        ),
        sample(
            "Markdown",
            "md",
            format!("---\ntitle: Mug {seed}\ntags: [a, b]\n---\n\n# Mug\n\n---\n\nIt is {seed}.\n")
                .into_bytes(),
        ),
    ]
}

/// A drawing, with what its metadata hold.
fn svg(seed: u64, packet: &str) -> Vec<u8> {
    let inner = packet
        .split_once("?>")
        .and_then(|(_, rest)| rest.rsplit_once("<?"))
        .map_or("", |(inner, _)| inner);
    let metadata = if inner.is_empty() {
        String::new()
    } else {
        format!("<metadata>{inner}</metadata>")
    };
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">{metadata}<title>mug {seed}</title><path d=\"M0 0h9\"/></svg>\n").into_bytes()
}

fn jpeg_with_packet(jpeg: &[u8], packet: &str) -> Vec<u8> {
    let payload = [b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat();
    [
        &jpeg[..2],
        b"\xFF\xE1",
        &length16(payload.len() + 2),
        &payload,
        &jpeg[2..],
    ]
    .concat()
}

/// A JPEG with a second picture behind it, as phones store gain maps (CIPA DC-007). XMP stands behind the table of
/// pictures with an odd seed.
pub fn two_pictures(jpeg: &[u8], seed: u64) -> Vec<u8> {
    let second = encode_jpeg(
        &Camera::phone(seed).develop(&Scene::new(ItemKind::Plate, seed), 32, 32),
        60,
        None,
    );
    let packet = other_packet(seed);
    let payload = [b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat();
    let xmp = [&b"\xFF\xE1"[..], &length16(payload.len() + 2), &payload].concat();
    let table = |first: usize, offset: usize| {
        let mut table = b"MPF\0MM\0*\0\0\0\x08\0\x02".to_vec();
        table.extend(b"\xB0\x01\0\x04\0\0\0\x01\0\0\0\x02");
        table.extend(b"\xB0\x02\0\x07\0\0\0\x20\0\0\0\x26\0\0\0\0");
        table.extend(b"\x20\x03\0\0");
        table.extend(length32(first));
        table.extend([0; 8]);
        table.extend([0; 4]);
        table.extend(length32(second.len()));
        table.extend(length32(offset));
        table.extend([0; 4]);
        [&b"\xFF\xE2"[..], &length16(table.len() + 2), &table].concat()
    };
    let exif_end = 4 + usize::from(u16::from_be_bytes([jpeg[4], jpeg[5]]));
    let (before, after): (&[u8], &[u8]) = if seed.is_multiple_of(2) {
        (&xmp, &[])
    } else {
        (&[], &xmp)
    };
    let head = [&jpeg[..exif_end], before].concat();
    let rest = [after, &jpeg[exif_end..]].concat();
    let first = head.len() + table(0, 0).len() + rest.len();
    // The distance counts from the header of the table, eight bytes into its segment.
    let offset = first - head.len() - 8;
    [&head[..], &table(first, offset), &rest, &second].concat()
}

fn png_with_packet(png: &[u8], packet: &str) -> Vec<u8> {
    let data = [b"iTXtXML:com.adobe.xmp\0\0\0\0\0", packet.as_bytes()].concat();
    [
        &png[..33],
        &length32(data.len() - 4),
        &data,
        &crc32(&data).to_be_bytes(),
        &png[33..],
    ]
    .concat()
}

/// An animation of two pictures of one pixel with a comment, whose loop stands first.
fn gif(seed: u64) -> Vec<u8> {
    let color = noise(seed, 6);
    [
        &b"GIF89a\x01\0\x01\0\x80\0\0"[..],
        &color,
        b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0",
        b"\x21\xFE\x03mug\0",
        b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0",
        b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x4C\x01\0",
        b"\x3B",
    ]
    .concat()
}

/// A gray picture of 8 × 8 in two strips, in Intel's byte order.
fn tiff(seed: u64, packet: Option<&str>) -> Vec<u8> {
    let pixels = noise(seed, 64);
    let short = |tag: u16, value: u16| {
        let mut entry = [tag.to_le_bytes(), 3_u16.to_le_bytes()].concat();
        entry.extend(1_u32.to_le_bytes());
        entry.extend(value.to_le_bytes());
        entry.extend([0, 0]);
        entry
    };
    let long = |tag: u16, kind: u16, count: usize, value: usize| {
        let mut entry = [tag.to_le_bytes(), kind.to_le_bytes()].concat();
        entry.extend(length32_le(count));
        entry.extend(length32_le(value));
        entry
    };
    let text = format!("mug {seed}\0");
    // Behind the header: pixels, offsets and lengths of the strips, the text, the packet, the directory.
    let offsets = 8 + pixels.len();
    let lengths = offsets + 8;
    let text_at = lengths + 8;
    let packet_at = text_at + text.len() + text.len() % 2;
    let packet_bytes = packet.map_or(0, |packet| packet.len() + packet.len() % 2);
    let directory = packet_at + packet_bytes;
    let mut entries = vec![
        short(256, 8),
        short(257, 8),
        short(258, 8),
        short(259, 1),
        short(262, 1),
        long(270, 2, text.len(), text_at),
        long(273, 4, 2, offsets),
        short(277, 1),
        short(278, 4),
        long(279, 4, 2, lengths),
    ];
    if let Some(packet) = packet {
        entries.push(long(700, 7, packet.len(), packet_at));
    }
    let mut file = b"II*\0".to_vec();
    file.extend(length32_le(directory));
    file.extend(&pixels);
    for number in [8, 40, 32, 32] {
        file.extend(length32_le(number));
    }
    file.extend(text.bytes());
    file.resize(packet_at, 0);
    file.extend(packet.unwrap_or_default().bytes());
    file.resize(directory, 0);
    file.extend(&length32_le(entries.len())[..2]);
    file.extend(entries.concat());
    file.extend([0; 4]);
    file
}

/// A picture in two extents behind the list of items, and a packet if there is one.
fn heif(brand: &[u8; 4], seed: u64, packet: Option<&str>) -> Vec<u8> {
    let kind: &[u8; 4] = if brand == b"avif" { b"av01" } else { b"hvc1" };
    let file_type = boxed(b"ftyp", &[&brand[..], &[0; 4], b"mif1", brand].concat());
    let handler = full_box(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat());
    let primary = full_box(b"pitm", 0, &[0, 1]);
    let mut infos = vec![full_box(
        b"infe",
        2,
        &[&[0, 1, 0, 0][..], kind, b"\0"].concat(),
    )];
    if packet.is_some() {
        infos.push(full_box(
            b"infe",
            2,
            &[&[0, 2, 0, 0][..], b"mime\0application/rdf+xml\0"].concat(),
        ));
    }
    let count = length16(infos.len());
    let list = full_box(b"iinf", 0, &[&count[..], &infos.concat()].concat());
    let data = noise(seed, 120);
    let location = |start: usize| {
        let mut content = [&[0x44, 0x00][..], &count, &[0, 1, 0, 0, 0, 2]].concat();
        for (at, length) in [(0, 80), (80, 40)] {
            content.extend(length32(start + at));
            content.extend(length32(length));
        }
        if let Some(packet) = packet {
            content.extend([0, 2, 0, 0, 0, 1]);
            content.extend(length32(start + data.len()));
            content.extend(length32(packet.len()));
        }
        full_box(b"iloc", 0, &content)
    };
    let size = boxed(b"ipco", &full_box(b"ispe", 0, &[0, 0, 0, 64, 0, 0, 0, 64]));
    let links = full_box(b"ipma", 0, &[0, 0, 0, 1, 0, 1, 1, 0x81]);
    let properties = boxed(b"iprp", &[size, links].concat());
    let meta = |start: usize| {
        let inner = [&handler[..], &primary, &list, &location(start), &properties].concat();
        full_box(b"meta", 0, &inner)
    };
    let start = file_type.len() + meta(0).len() + 8;
    [
        file_type,
        meta(start),
        boxed(
            b"mdat",
            &[&data[..], packet.unwrap_or_default().as_bytes()].concat(),
        ),
    ]
    .concat()
}

fn jpeg_xl(seed: u64) -> Vec<u8> {
    [
        &b"\0\0\0\x0CJXL \x0D\x0A\x87\x0A"[..],
        &boxed(b"ftyp", b"jxl \0\0\0\0jxl "),
        &boxed(b"jxlc", &[&[0xFF, 0x0A][..], &noise(seed, 90)].concat()),
    ]
    .concat()
}

/// A movie of one track with four chunks, and a title as iTunes or QuickTime writes it.
fn movie(brand: &[u8; 4], seed: u64, is_head_first: bool) -> Vec<u8> {
    let file_type = boxed(b"ftyp", &[&brand[..], &[0; 4], brand].concat());
    let frames = noise(seed, 400);
    let value = |text: &str| {
        boxed(
            b"data",
            &[&[0, 0, 0, 1, 0, 0, 0, 0][..], text.as_bytes()].concat(),
        )
    };
    let handler = |kind: &[u8; 4]| full_box(b"hdlr", 0, &[&[0; 4][..], kind, &[0; 13]].concat());
    let user_data = match brand {
        b"qt  " => {
            let key = boxed(b"mdta", b"com.apple.quicktime.title");
            let keys = full_box(b"keys", 0, &[&length32(1)[..], &key].concat());
            let list = boxed(b"ilst", &boxed(&length32(1), &value("mug")));
            boxed(
                b"udta",
                &[
                    full_box(b"meta", 0, &[handler(b"mdta"), keys, list].concat()),
                    vec![0; 4],
                ]
                .concat(),
            )
        }
        b"M4V " => Vec::new(),
        _ => {
            let list = boxed(b"ilst", &boxed(b"\xA9nam", &value("mug")));
            boxed(
                b"udta",
                &full_box(b"meta", 0, &[handler(b"mdir"), list].concat()),
            )
        }
    };
    let head = |start: usize| {
        let mut chunks = length32(4).to_vec();
        for index in 0..4 {
            chunks.extend(length32(start + index * 100));
        }
        let table = [
            full_box(b"stsd", 0, &length32(0)),
            full_box(b"stco", 0, &chunks),
        ]
        .concat();
        let media = boxed(
            b"mdia",
            &[handler(b"vide"), boxed(b"minf", &boxed(b"stbl", &table))].concat(),
        );
        let mut times = vec![0; 96];
        times[8..12].copy_from_slice(&length32(1000));
        times[12..16].copy_from_slice(&length32(4000));
        boxed(
            b"moov",
            &[
                full_box(b"mvhd", 0, &times),
                boxed(b"trak", &[full_box(b"tkhd", 0, &[0; 80]), media].concat()),
                user_data.clone(),
            ]
            .concat(),
        )
    };
    let data = boxed(b"mdat", &frames);
    if is_head_first {
        let start = file_type.len() + head(0).len() + 8;
        [file_type, head(start), data].concat()
    } else {
        let head = head(file_type.len() + 8);
        [file_type, data, head].concat()
    }
}

/// A table of contents, tags before two clusters, and room to spare.
fn matroska(kind: &str, seed: u64, room: usize) -> Vec<u8> {
    let header = element(
        &[0x1A, 0x45, 0xDF, 0xA3],
        &[
            element(&[0x42, 0x82], kind.as_bytes()),
            element(&[0x42, 0x87], &[4]),
        ]
        .concat(),
    );
    let info = element(
        &[0x15, 0x49, 0xA9, 0x66],
        &[
            element(&[0x2A, 0xD7, 0xB1], &[0x0F, 0x42, 0x40]),
            element(&[0x4D, 0x80], b"test"),
        ]
        .concat(),
    );
    let tag = [
        element(&[0x45, 0xA3], b"TITLE"),
        element(&[0x44, 0x87], b"mug"),
    ]
    .concat();
    let tags = element(
        &[0x12, 0x54, 0xC3, 0x67],
        &element(
            &[0x73, 0x73],
            &[element(&[0x63, 0xC0], &[]), element(&[0x67, 0xC8], &tag)].concat(),
        ),
    );
    let seek = |at: usize| {
        let entry = [
            element(&[0x53, 0xAB], &[0x12, 0x54, 0xC3, 0x67]),
            element(&[0x53, 0xAC], &length32(at)),
        ]
        .concat();
        let content = element(&[0x4D, 0xBB], &entry);
        let sum = element(&[0xBF], &crc32(&content).to_le_bytes());
        element(&[0x11, 0x4D, 0x9B, 0x74], &[sum, content].concat())
    };
    let cluster = |time: u8| {
        let block = [&[0x81, 0, 0, 0x80][..], &noise(seed + u64::from(time), 60)].concat();
        element(
            &[0x1F, 0x43, 0xB6, 0x75],
            &[element(&[0xE7], &[time]), element(&[0xA3], &block)].concat(),
        )
    };
    let spare = if room == 0 {
        Vec::new()
    } else {
        element(&[0xEC], &vec![0; room])
    };
    let content = [
        seek(seek(0).len() + info.len()),
        info,
        tags,
        spare,
        cluster(0),
        cluster(1),
    ]
    .concat();
    [header, element(&[0x18, 0x53, 0x80, 0x67], &content)].concat()
}

/// A title before the frames, and an index behind them.
fn avi(seed: u64) -> Vec<u8> {
    let list = |kind: &[u8; 4], content: &[u8]| riff_chunk(b"LIST", &[&kind[..], content].concat());
    let frame = riff_chunk(b"00dc", &noise(seed, 61));
    let index = [&b"00dc"[..], &[0x10, 0, 0, 0, 4, 0, 0, 0], &length32_le(61)].concat();
    let body = [
        &b"AVI "[..],
        &list(b"hdrl", &riff_chunk(b"avih", &[0; 56])),
        &list(b"INFO", &riff_chunk(b"INAM", b"mug\0")),
        &list(b"movi", &frame),
        &riff_chunk(b"idx1", &index),
    ]
    .concat();
    riff_chunk(b"RIFF", &body)
}

/// Metadata with the places of two key frames.
fn flv(seed: u64) -> Vec<u8> {
    let key = |name: &str| [&length16(name.len())[..], name.as_bytes()].concat();
    let number = |value: usize| {
        let value = f64::from(u32::try_from(value).expect("a small number"));
        [&[0][..], &value.to_be_bytes()].concat()
    };
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
    let frame = |index: u64| tag(9, &[&[0x17, 1][..], &noise(seed + index, 50)].concat());
    let script = |first: usize, second: usize, size: usize| {
        tag(
            18,
            &[
                &b"\x02\0\x0AonMetaData\x08\0\0\0\x03"[..],
                &key("encoder"),
                &[2, 0, 3],
                b"mug",
                &key("keyframes"),
                &[3],
                &key("filepositions"),
                &[10],
                &length32(2),
                &number(first),
                &number(second),
                &[0, 0, 9],
                &key("filesize"),
                &number(size),
                &[0, 0, 9],
            ]
            .concat(),
        )
    };
    let first = 13 + script(0, 0, 0).len();
    let second = first + frame(0).len();
    [
        &b"FLV\x01\x01\0\0\0\x09\0\0\0\0"[..],
        &script(first, second, second + frame(1).len()),
        &frame(0),
        &frame(1),
    ]
    .concat()
}

fn wav(seed: u64) -> Vec<u8> {
    let format = [1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0];
    let title = [&b"INFO"[..], &riff_chunk(b"INAM", b"mug\0")].concat();
    let body = [
        &b"WAVE"[..],
        &riff_chunk(b"fmt ", &format),
        &riff_chunk(b"data", &noise(seed, 101)),
        &riff_chunk(b"LIST", &title),
    ]
    .concat();
    riff_chunk(b"RIFF", &body)
}

/// Two frames of MPEG audio, with a tag of this much padding.
fn mp3(seed: u64, padding: Option<usize>) -> Vec<u8> {
    let frame = |index: u64| {
        // 128 kbit/s at 44.1 kHz: 417 bytes.
        [&[0xFF, 0xFB, 0x90, 0x64][..], &noise(seed + index, 413)].concat()
    };
    let sound = [frame(0), frame(1)].concat();
    let Some(padding) = padding else {
        return sound;
    };
    let title = [&b"TIT2"[..], &length32(4), &[0, 0, 0], b"mug"].concat();
    let size = title.len() + padding;
    let spread =
        [21, 14, 7, 0].map(|shift| u8::try_from(size >> shift & 0x7F).expect("seven bits"));
    [
        &b"ID3\x03\0\0"[..],
        &spread,
        &title,
        &vec![0; padding],
        &sound,
    ]
    .concat()
}

fn flac(seed: u64) -> Vec<u8> {
    let block =
        |kind: u8, content: &[u8]| [&[kind][..], &length24(content.len()), content].concat();
    let mut info = vec![0; 34];
    info[..4].copy_from_slice(&[0x10, 0, 0x10, 0]);
    info[10..14].copy_from_slice(&[0x0A, 0xC4, 0x40, 0xF0]);
    [
        b"fLaC".to_vec(),
        block(0, &info),
        block(4, &vorbis_comments(&["TITLE=mug".to_owned()])),
        block(0x81, &[0; 20]),
        [&[0xFF, 0xF8, 0xC9, 0x18][..], &noise(seed, 80)].concat(),
    ]
    .concat()
}

/// One stream: the first header on a page of its own, the others together, then two pages of sound.
fn ogg(seed: u64, headers: &[&[u8]]) -> Vec<u8> {
    let page = |flags: u8, position: u64, sequence: usize, packets: &[Vec<u8>]| {
        let mut lacing = Vec::new();
        for packet in packets {
            lacing.extend(vec![255; packet.len() / 255]);
            lacing.push(u8::try_from(packet.len() % 255).expect("less than 255"));
        }
        let mut page = [b"OggS\0", &[flags][..], &position.to_le_bytes(), b"seri"].concat();
        page.extend(length32_le(sequence));
        page.extend([0; 4]);
        page.push(u8::try_from(lacing.len()).expect("few segments"));
        page.extend(lacing);
        page.extend(packets.concat());
        let sum = ogg_checksum(&page).to_le_bytes();
        page[22..26].copy_from_slice(&sum);
        page
    };
    let first = if headers[0] == b"OpusHead" {
        [headers[0], &[1, 2, 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0]].concat()
    } else {
        [
            headers[0],
            &[
                0, 0, 0, 0, 2, 0x44, 0xAC, 0, 0, 0, 0, 0, 0, 0, 0xEE, 2, 0, 0, 0, 0, 0, 0xB8, 1,
            ],
        ]
        .concat()
    };
    let mut comments = [headers[1], &vorbis_comments(&["TITLE=mug".to_owned()])].concat();
    if headers.len() == 3 {
        comments.push(1);
    }
    let mut second = vec![comments];
    if let Some(setup) = headers.get(2) {
        second.push([setup, &noise(seed, 300)[..]].concat());
    }
    [
        page(2, 0, 0, &[first]),
        page(0, 0, 1, &second),
        page(0, 960, 2, &[noise(seed + 1, 70), noise(seed + 2, 300)]),
        page(4, 1920, 3, &[noise(seed + 3, 70)]),
    ]
    .concat()
}

/// The checksum of Ogg (RFC 3533), bit by bit.
pub fn ogg_checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum: u32, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
            sum << 1 ^ if sum >> 31 == 1 { 0x04C1_1DB7 } else { 0 }
        })
    })
}

/// One empty page, with a table of references or a stream of them.
fn pdf(seed: u64, has_stream: bool) -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>".to_owned(),
        format!("<< /Title (mug \\(number {seed}\\)) /Producer <6D7567> >>"),
    ];
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
    }
    let table = file.len();
    let common = "/Root 1 0 R /Info 4 0 R /ID [<00112233> <44556677>]";
    if has_stream {
        let mut rows = vec![0, 0, 0, 0xFF];
        for &place in places.iter().chain([&table]) {
            rows.push(1);
            rows.extend(length16(place));
            rows.push(0);
        }
        file.extend(
            format!(
                "5 0 obj\n<< /Type /XRef /Size 6 {common} /W [1 2 1] /Length {} >>\nstream\n",
                rows.len()
            )
            .bytes(),
        );
        file.extend(rows);
        file.extend(b"\nendstream\nendobj\n");
    } else {
        file.extend(b"xref\n0 5\n0000000000 65535 f \n");
        for place in places {
            file.extend(format!("{place:010} 00000 n \n").bytes());
        }
        file.extend(format!("trailer\n<< /Size 5 {common} >>\n").bytes());
    }
    file.extend(format!("startxref\n{table}\n%%EOF\n").bytes());
    file
}

/// A package with its content types, relations and one part.
fn office(part: &str, content_type: &str, seed: u64) -> Vec<u8> {
    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>";
    let types = format!(
        "{HEAD}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/{part}\" ContentType=\"{content_type}\"/></Types>"
    );
    let relations = format!(
        "{HEAD}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"{part}\"/></Relationships>"
    );
    zip(&[
        ("[Content_Types].xml", types.into_bytes()),
        ("_rels/.rels", relations.into_bytes()),
        (part, format!("{HEAD}<mug number=\"{seed}\"/>").into_bytes()),
    ])
}
