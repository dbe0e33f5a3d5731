//! Files of the greatest length, read from a source: what is told, how many bytes are read, and how much memory it takes.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::process::Command;

use aftercare_labels::limits::MAX_FILE_BYTES;
use aftercare_labels::{Container, Verdict, read, read_from};

use crate::bytes::{boxed, length16, length32, length32_le, zip};
use crate::files as f;
use crate::samples::samples;

/// A file that is never held: a head, a unit again and again, and a tail.
pub(crate) struct Made {
    head: Vec<u8>,
    /// The unit, repeated up to some length.
    block: Vec<u8>,
    tail: Vec<u8>,
    length: usize,
    at: usize,
    pub(crate) read: usize,
}

impl Made {
    pub(crate) fn new(length: usize, head: &[u8], unit: &[u8], tail: &[u8]) -> Self {
        const BLOCK_BYTES: usize = 64 * 1024;
        let units = (length - head.len() - tail.len()) / unit.len();
        Self {
            head: head.to_vec(),
            block: unit.repeat((BLOCK_BYTES / unit.len()).max(1)),
            tail: tail.to_vec(),
            length: head.len() + units * unit.len() + tail.len(),
            at: 0,
            read: 0,
        }
    }

    pub(crate) fn long(head: &[u8], unit: &[u8]) -> Self {
        Self::new(MAX_FILE_BYTES, head, unit, b"")
    }
}

impl Read for Made {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let tail = self.length - self.tail.len();
        let (part, end) = if self.at < self.head.len() {
            (&self.head[self.at..], self.head.len())
        } else if self.at < tail {
            let inside = (self.at - self.head.len()) % self.block.len();
            (&self.block[inside..], tail)
        } else {
            (
                self.tail.get(self.at - tail..).unwrap_or_default(),
                self.length,
            )
        };
        let bytes = part.len().min(into.len()).min(end.saturating_sub(self.at));
        into[..bytes].copy_from_slice(&part[..bytes]);
        self.at += bytes;
        self.read += bytes;
        Ok(bytes)
    }
}

impl Seek for Made {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let length = u64::try_from(self.length).unwrap();
        let at = u64::try_from(self.at).unwrap();
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => length.checked_add_signed(by),
            SeekFrom::Current(by) => at.checked_add_signed(by),
        };
        let to = to.ok_or(io::ErrorKind::InvalidInput)?;
        self.at = usize::try_from(to).unwrap();
        Ok(to)
    }
}

fn sample(name: &str) -> Vec<u8> {
    let mut all = samples(1).into_iter();
    all.find(|sample| sample.name == name).unwrap().bytes
}

/// Pixels, sound or frames: bytes in which no marker, length or text is.
fn noise(bytes: usize) -> Vec<u8> {
    vec![0x5A; bytes]
}

fn tag(kind: u8, data: &[u8]) -> Vec<u8> {
    let length = length32(data.len());
    let size = length32(data.len() + 11);
    [&[kind][..], &length[1..], &[0; 7], data, &size].concat()
}

/// Sub-blocks of a GIF.
fn sub_blocks(bytes: usize) -> Vec<u8> {
    let block = [&[250][..], &noise(250)].concat();
    [&block.repeat(bytes / 250)[..], b"\0"].concat()
}

fn gif_picture(bytes: usize) -> Vec<u8> {
    let head = b"\x2C\0\0\0\0\x01\0\x01\0\x80\0\0\0\xFF\xFF\xFF\x02";
    [&head[..], &sub_blocks(bytes)].concat()
}

fn ogg_page(serial: u8, size: u8, body: &[u8]) -> Vec<u8> {
    let count = u8::try_from(body.len() / usize::from(size)).unwrap();
    let lacing = vec![size; usize::from(count)];
    let head = [
        &b"OggS\0\0"[..],
        &[0; 8],
        &[serial, 0, 0, 0],
        &[0; 8],
        &[count],
    ]
    .concat();
    [head, lacing, body.to_vec()].concat()
}

fn frame(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    [&kind[..], &length32(data.len()), b"\0\0", data].concat()
}

/// As programs write them: a label at the start or the end, and bulk that nobody looks at. With how many bytes may be read.
pub(crate) fn usual() -> Vec<(&'static str, Made, usize)> {
    const LITTLE: usize = 1024 * 1024;
    let label = f::wrapped();
    let png = sample("PNG");
    let chunk = |length: usize| {
        let data = noise(length);
        [&length32(length)[..], b"IDAT", &data, &[0; 4]].concat()
    };
    let label_chunk = f::png_with(&[(b"tEXt", f::png_text("AIGC", &label))], false);
    let label_chunk = &label_chunk[33..label_chunk.len() - f::png().len() + 33];
    let end = [label_chunk, b"\0\0\0\0IEND\xAE\x42\x60\x82"].concat();
    let gif = f::gif_with(&f::gif_xmp(&f::xmp_element(&f::label())));
    let gif = &gif[..gif.len() - 1];
    let packet = f::xmp_element(&f::label());
    let flv = f::flv_with("AIGC", &f::label());
    let pdf = f::pdf_with(&format!("/AIGC {}", f::pdf_literal(&f::label())));
    let image = |length: usize| {
        let head = b"9 0 obj\n<< /Subtype /Image >>\nstream\n";
        [&head[..], &noise(length), b"\nendstream\nendobj\n"].concat()
    };
    let mp3 = f::mp3_with(3, "AIGC", &f::label(), false);
    let flac = f::flac_with(&format!("AIGC={}", f::label()));
    let comment = format!("AIGC={}", f::label());
    let ogg = f::ogg_with(b"\x01vorbis", b"\x03vorbis", &comment);
    let tiff = f::tiff_with(700, 7, packet.as_bytes(), false);
    let svg = String::from_utf8(sample("SVG")).unwrap();
    let whole = MAX_FILE_BYTES + LITTLE;
    let made = |head: &[u8], unit: &[u8]| Made::long(head, unit);
    vec![
        (
            "PNG of short chunks",
            Made::new(MAX_FILE_BYTES, &png[..33], &chunk(8192), &end),
            whole,
        ),
        (
            "PNG of long chunks",
            Made::new(MAX_FILE_BYTES, &png[..33], &chunk(1 << 20), &end),
            LITTLE,
        ),
        (
            "GIF of pictures",
            Made::new(MAX_FILE_BYTES, gif, &gif_picture(30_000), b"\x3B"),
            whole,
        ),
        (
            "FLV of frames",
            made(&flv, &tag(9, &noise(30_000))),
            16 * LITTLE,
        ),
        (
            "PDF of pictures",
            Made::new(MAX_FILE_BYTES, b"%PDF-1.7\n", &image(300_000), &pdf),
            whole,
        ),
        ("MP3 of frames", made(&mp3, &noise(1000)), LITTLE),
        ("FLAC of frames", made(&flac, &noise(1000)), LITTLE),
        (
            "Ogg of pages",
            made(&ogg, &ogg_page(9, 200, &noise(20_000))),
            LITTLE,
        ),
        ("TIFF of strips", made(&tiff, &noise(1000)), LITTLE),
        (
            "SVG of paths",
            Made::new(MAX_FILE_BYTES, svg.as_bytes(), b"<!-- a path -->", b""),
            whole,
        ),
    ]
}

#[test]
fn long_files_of_every_format_are_told_like_their_bytes_and_little_is_read() {
    for (name, mut made, may_read) in usual() {
        let report = read_from(&mut made).unwrap();
        assert!(
            made.read <= may_read,
            "{name}: {} bytes were read",
            made.read
        );
        let mut bytes = Vec::new();
        made.at = 0;
        made.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len(), made.length);
        assert_eq!(report, read(&bytes), "{name}");
        if name.starts_with("SVG") {
            // Nothing of it is a label.
            assert_eq!(
                (report.verdict, report.format),
                (Verdict::Absent, Container::Svg)
            );
        } else {
            assert_eq!(
                report.verdict,
                Verdict::Compliant,
                "{name}: {:?}",
                report.gaps
            );
        }
    }
}

#[test]
fn a_label_behind_what_is_read_of_a_drawing_is_not_taken_for_none() {
    let packet = f::xmp_element(&f::label());
    let tail = format!("<metadata>{packet}</metadata></svg>");
    let head = b"<svg xmlns='http://www.w3.org/2000/svg'>";
    let mut made = Made::new(2_000_000, head, b"<!-- a path -->", tail.as_bytes());
    let report = read_from(&mut made).unwrap();
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let mut bytes = Vec::new();
    made.at = 0;
    made.read_to_end(&mut bytes).unwrap();
    assert_eq!(report, read(&bytes));
}

#[test]
fn an_object_inside_a_stream_of_a_pdf_is_not_the_one_that_is_referred_to() {
    let label = f::pdf_literal(&f::label());
    let other = f::pdf_literal("{}");
    let stream = format!("8 0 obj\n<< /Length 9 >>\nstream\n7 0 obj {other}\nendstream\nendobj\n");
    let pdf = format!(
        "%PDF-1.7\n2 0 obj\n<< /AIGC 7 0 R >>\nendobj\n7 0 obj\n{label}\nendobj\n{stream}trailer\n<< /Info 2 0 R >>\n"
    );
    let report = read(pdf.as_bytes());
    assert_eq!(report.verdict, Verdict::Compliant, "{report:#?}");
    let mut source = io::Cursor::new(pdf.as_bytes());
    assert_eq!(read_from(&mut source).unwrap(), report);
}

/// Made to take memory: as much as can be of what is kept.
pub(crate) fn hostile() -> Vec<(&'static str, Made)> {
    let png = sample("PNG");
    let words = "note ".repeat(12_000);
    let text_chunk =
        |kind: &[u8; 4], data: &[u8]| [&length32(data.len())[..], kind, data, &[0; 4]].concat();
    let squeezed = [&b"AIGC\0\0"[..], &f::squeezed(&"a".repeat(1_000_000))].concat();
    let comment = [&b"\x21\xFE"[..], &sub_blocks(60_000)].concat();
    let xmp = f::gif_xmp(&"<x> </x>".repeat(8_000));
    let mut script = b"\x02\0\x0AonMetaData\x08\0\0\0\0".to_vec();
    for _ in 0..200 {
        let name = b"\0\x04note\x02";
        script.extend([&name[..], &length16(60_000), &words.as_bytes()[..60_000]].concat());
    }
    let script = tag(18, &script);
    let deflated = f::squeezed(&"/AIGC (x) ".repeat(390_000));
    let objects = [
        b"9 0 obj\n<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n",
        &deflated[..],
        b"\nendstream\nendobj\n",
    ]
    .concat();
    let packet = [
        &b"9 0 obj\n<< /Type /Metadata /Subtype /XML >>\nstream\n"[..],
        " <x/>".repeat(150_000).as_bytes(),
        b"\nendstream\nendobj\n",
    ]
    .concat();
    let strings = format!("9 0 obj << /AIGC ({}) >> endobj\n", "y".repeat(60_000));
    // A byte above 0x7F becomes two in UTF-8.
    let latin = [b"\0eng\0".as_slice(), &[0xE9; 100_000]].concat();
    let frames = frame(b"COMM", &latin);
    let id3 = |flags: u8| [&b"ID3\x03\0"[..], &[flags], b"\x1F\x7F\x7F\x7F"].concat();
    let field = [&length32_le(100_005)[..], b"NOTE=", &noise(100_000)].concat();
    let comments = [&[0; 4][..], &length32_le(4_000), &field.repeat(160)].concat();
    let comments = [&[4][..], &length32(comments.len())[1..], &comments].concat();
    let second = ogg_page(7, 255, &noise(255 * 255));
    let first = ogg_page(7, 30, &[1; 30]);
    let segment =
        |marker: u8, data: &[u8]| [&[0xFF, marker][..], &length16(data.len() + 2), data].concat();
    let header = b"http://ns.adobe.com/xmp/extension/\0";
    let extended = [&header[..], &[b'0'; 32], &[0; 8], &noise(65_000)].concat();
    let names: Vec<(String, Vec<u8>)> = (0..200)
        .map(|index| (format!("{}{index}", "n".repeat(60_000)), Vec::new()))
        .collect();
    let entries: Vec<(&str, Vec<u8>)> = names
        .iter()
        .map(|(name, data)| (name.as_str(), data.clone()))
        .collect();
    let archive = zip(&entries);
    let item = f::comment_item(&words);
    let movie = f::mp4_with(b"isom", &[]);
    let user_data = boxed(b"udta", &f::meta_with_items(&item.repeat(100)));
    let riff = |kind: &[u8]| [b"RIFF\xF0\xFF\xFF\x03", kind].concat();
    let webp = [&riff(b"WEBP")[..], b"VP8L\x0A\0\0\0\x2F\0\0\0\0\0\0\0\0\0"].concat();
    let webp_packet = [&b"XMP "[..], &length32_le(60_000), &noise(60_000)].concat();
    let information = [
        &b"LIST"[..],
        &length32_le(60_012),
        b"INFOICMT",
        &length32_le(60_000),
        &words.as_bytes()[..60_000],
    ]
    .concat();
    let mut matroska =
        b"\x1A\x45\xDF\xA3\x80\x18\x53\x80\x67\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF".to_vec();
    let tags = f::matroska_with("webm", "NOTE", &words, false);
    let at = tags
        .windows(4)
        .position(|part| part == b"\x12\x54\xC3\x67")
        .unwrap();
    matroska.extend(&tags[at..]);
    let directory = b"\x01\x02\x01\x0E\0\x02\0\xFF\xFF\xFF\0\0\0\x08".as_slice();
    let tiff = [b"MM\0*\0\0\0\x08\x02\0", directory].concat();
    let empty = b"ICMT\0\0\0\0".repeat(4_000);
    let empty = [&b"LIST"[..], &length32_le(32_004), b"INFO", &empty].concat();
    vec![
        (
            "AVI of lists of empty fields",
            Made::long(&riff(b"AVI "), &empty),
        ),
        (
            "PNG of texts",
            Made::long(
                &png[..33],
                &text_chunk(b"tEXt", &f::png_text("note", &words)),
            ),
        ),
        (
            "PNG of squeezed texts",
            Made::long(&png[..33], &text_chunk(b"zTXt", &squeezed)),
        ),
        (
            "GIF of comments",
            Made::long(b"GIF89a\x01\0\x01\0\0\0\0", &comment),
        ),
        ("GIF of XMP", Made::long(b"GIF89a\x01\0\x01\0\0\0\0", &xmp)),
        (
            "GIF of tiny pictures",
            Made::long(
                b"GIF89a\x01\0\x01\0\0\0\0",
                b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\0",
            ),
        ),
        (
            "FLV of scripts",
            Made::long(b"FLV\x01\x05\0\0\0\x09\0\0\0\0", &script),
        ),
        (
            "FLV of empty tags",
            Made::long(b"FLV\x01\x05\0\0\0\x09\0\0\0\0", &tag(9, b"")),
        ),
        (
            "PDF of squeezed objects",
            Made::long(b"%PDF-1.7\n", &objects),
        ),
        ("PDF of packets", Made::long(b"%PDF-1.7\n", &packet)),
        ("PDF of keys", Made::long(b"%PDF-1.7\n", strings.as_bytes())),
        (
            "PDF of short streams",
            Made::long(b"%PDF-1.7\n", b"<<>>\nstream\n\nendstream\n"),
        ),
        ("MP3 of comments", Made::long(&id3(0), &frames)),
        (
            "MP3 of unsynchronized comments",
            Made::long(&id3(0x80), &frames),
        ),
        ("FLAC of comments", Made::long(b"fLaC", &comments)),
        ("Ogg of one comment", Made::long(&first, &second)),
        (
            "JPEG of comments",
            Made::long(b"\xFF\xD8", &segment(0xFE, &noise(60_000))),
        ),
        (
            "JPEG of extended XMP",
            Made::long(b"\xFF\xD8", &segment(0xE1, &extended)),
        ),
        (
            "archive of long names",
            Made::new(MAX_FILE_BYTES, b"PK\x03\x04", b"\0", &archive),
        ),
        (
            "MP4 of comments",
            Made::long(&movie, &boxed(b"moov", &user_data)),
        ),
        (
            "HEIC of boxes",
            Made::long(
                b"\0\0\0\x10ftypheic\0\0\0\0",
                &boxed(b"meta", &noise(60_000)),
            ),
        ),
        ("WebP of packets", Made::long(&webp, &webp_packet)),
        ("AVI of comments", Made::long(&riff(b"AVI "), &information)),
        ("Matroska of tags", Made::long(&matroska, &tags[at..])),
        ("TIFF of one description", Made::long(&tiff, b"text")),
        ("text without an end", Made::long(b"---\n", b"AIGC: {\n")),
        (
            "SVG of markup",
            Made::long(
                b"<svg xmlns='http://www.w3.org/2000/svg'>",
                b"<metadata CreatorTool='a'>",
            ),
        ),
    ]
}

#[test]
fn lists_of_empty_fields_are_cut_off_and_told() {
    // Each would be looked at for minutes in a long file.
    let list = [
        &b"LIST"[..],
        &length32_le(32_004),
        b"INFO",
        &b"ICMT\0\0\0\0".repeat(4_000),
    ]
    .concat();
    let head = b"RIFF\xF0\xFF\xFF\x03AVI ";
    let avi = [&head[..], &list.repeat(20)].concat();
    let report = read(&avi);
    assert!(
        report.gaps.iter().any(|gap| gap.what == "too many fields"),
        "{report:?}"
    );
    let mut source = io::Cursor::new(&avi);
    assert_eq!(read_from(&mut source).unwrap(), report);
    // As many as programs write are read to the end.
    let avi = [&head[..], &list, &list].concat();
    assert!(
        read(&avi)
            .gaps
            .iter()
            .all(|gap| gap.what != "too many fields")
    );
}

/// What the operating system counts, in bytes.
pub(crate) fn counted(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<usize>()
        .unwrap()
        * 1024
}

/// Hundredths of a second that this process computed.
fn ticks() -> u64 {
    let status = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = status.rsplit(')').next().unwrap().split_whitespace();
    // The fourteenth and the fifteenth field, counted from the third, which follows the name.
    let times = fields.skip(11).take(2);
    times.map(|one| one.parse::<u64>().unwrap()).sum()
}

/// Bytes of memory that reading a file may take beyond the program: 16 MB in all, of which the program has four.
pub(crate) const MAX_MEMORY_BYTES: usize = 12_000_000;

#[test]
#[ignore = "takes the memory of the whole process; run by the test below in a process of its own"]
fn memory_of_each() {
    let usual = usual().into_iter().map(|(name, made, _)| (name, made));
    for (name, mut made) in usual.chain(hostile()) {
        // The peak counts from here.
        fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = counted("VmRSS");
        let ticks = ticks();
        let report = read_from(&mut made).unwrap();
        let ticks = self::ticks() - ticks;
        let taken = counted("VmHWM").saturating_sub(before);
        // The time of the processor, in hundredths of a second, is only told: machines are shared.
        println!(
            "{name}: {} kB, {}, {ticks} ticks",
            taken / 1000,
            report.format.name()
        );
        assert!(taken <= MAX_MEMORY_BYTES, "{name} took {taken} bytes");
        assert_ne!(report.format, Container::Unknown, "{name}");
    }
}

#[test]
fn no_file_takes_much_memory() {
    in_a_process_of_its_own("long_files::memory_of_each");
}

/// Runs one ignored test.
pub(crate) fn in_a_process_of_its_own(test: &str) {
    if !cfg!(target_os = "linux") {
        return;
    }
    let program = std::env::current_exe().unwrap();
    let answer = Command::new(program)
        // What is freed goes back at once, so that it is not taken for room that was there before.
        .env("MALLOC_MMAP_THRESHOLD_", "65536")
        .env("MALLOC_TRIM_THRESHOLD_", "65536")
        .args([
            "--exact",
            test,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&answer.stdout);
    assert!(
        answer.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    assert!(said.contains("1 passed"), "{said}");
}
