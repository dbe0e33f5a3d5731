//! Files made to hurt: sizes that lie, pictures out of few bytes, several formats in one, cuts at every byte. Each is
//! answered, within the limits, in words.

use std::time::{Duration, Instant};

use aftercare_media::limits::{MAX_PHOTO_SIDE, MAX_WORKING_BYTES};
use aftercare_media::{Format, Limits, MediaError, decode, dimensions, sniff};
use miniz_oxide::deflate::compress_to_vec_zlib;

use crate::files;
use crate::formats::{animated_webp, bmp, gif};
use crate::writers::{JpegKind, Tiff, flat_jpeg};

/// Wall time of one refusal from the header alone. Tests run side by side on loaded machines, hence not tighter.
const HEADER_TIME: Duration = Duration::from_millis(500);

const PLAIN: JpegKind = JpegKind {
    adobe: None,
    is_progressive: false,
};

/// A small file of each accepted format, and where its width and height stand.
fn small_files() -> Vec<(Format, Vec<u8>, Vec<Side>)> {
    let jpeg = flat_jpeg(2, 1, 3, &[100; 6], PLAIN);
    let frame = jpeg
        .windows(2)
        .position(|marker| marker == [0xFF, 0xC0])
        .expect("a frame header");
    let tiny = image::imageops::thumbnail(files::picture(), 24, 16);
    let png = aftercare_scene::encode_png(&tiny);
    let webp = aftercare_scene::encode_webp(&tiny);
    let tiff = Tiff {
        strips: &[vec![1, 2, 3, 4], vec![5, 6, 7, 8]],
        rows_per_strip: 1,
        ..Tiff::default()
    }
    .write();
    let entry = tiff
        .windows(4)
        .position(|entry| entry == [0, 1, 4, 0])
        .expect("the entry of the width");
    vec![
        (
            Format::Jpeg,
            jpeg,
            vec![Side::Big16(frame + 7), Side::Big16(frame + 5)],
        ),
        (Format::Png, png, vec![Side::Big32(16), Side::Big32(20)]),
        (Format::WebP, webp, Vec::new()),
        (
            Format::Gif,
            gif(6, 4, 2),
            vec![Side::Little16(6), Side::Little16(8)],
        ),
        (
            Format::Tiff,
            tiff,
            vec![Side::Little32(entry + 8), Side::Little32(entry + 20)],
        ),
        (
            Format::Bmp,
            bmp(),
            vec![Side::Little32(18), Side::Little32(22)],
        ),
    ]
}

/// Where and how a side is written.
enum Side {
    Big16(usize),
    Big32(usize),
    Little16(usize),
    Little32(usize),
}

impl Side {
    fn write(&self, bytes: &mut [u8], side: u16) {
        let wide = u32::from(side);
        match *self {
            Self::Big16(at) => bytes[at..at + 2].copy_from_slice(&side.to_be_bytes()),
            Self::Big32(at) => bytes[at..at + 4].copy_from_slice(&wide.to_be_bytes()),
            Self::Little16(at) => bytes[at..at + 2].copy_from_slice(&side.to_le_bytes()),
            Self::Little32(at) => bytes[at..at + 4].copy_from_slice(&wide.to_le_bytes()),
        }
    }
}

#[test]
fn sizes_that_lie_are_refused_from_the_header() {
    for (format, bytes, sides) in small_files() {
        for (width, height) in [
            (1, 65_535),
            (65_535, 1),
            (50_000, 50_000),
            (16_384, 16_384),
            (0, 5),
        ] {
            if sides.is_empty() {
                continue;
            }
            let mut bytes = bytes.clone();
            sides[0].write(&mut bytes, width);
            sides[1].write(&mut bytes, height);
            let start = Instant::now();
            let error = decode(&bytes, &Limits::default()).unwrap_err();
            assert!(
                start.elapsed() < HEADER_TIME,
                "{format:?} {width} × {height}"
            );
            let expected = if width == 0 || height == 0 {
                "no_pixels"
            } else if width.max(height) > u16::try_from(MAX_PHOTO_SIDE).expect("a small limit") {
                "side_too_long"
            } else {
                "too_many_pixels"
            };
            // Tables of a TIFF contradict a size before it is too large.
            if format != Format::Tiff || expected == "no_pixels" {
                assert_eq!(
                    error.code(),
                    expected,
                    "{format:?} {width} × {height}: {error}"
                );
            }
        }
    }
    let mut extended = animated_webp();
    // The canvas: width and height less one, three bytes each.
    extended[24..30].copy_from_slice(&[0xFF, 0xFF, 0, 0, 0, 0]);
    let error = decode(&extended, &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "side_too_long");
}

#[test]
fn a_size_larger_than_the_pixels_is_refused_or_shown_without_more_memory() {
    for (format, bytes, sides) in small_files() {
        let Some([width, height]) = sides.first_chunk() else {
            continue;
        };
        let mut bytes = bytes.clone();
        width.write(&mut bytes, 3_000);
        height.write(&mut bytes, 2_000);
        match decode(&bytes, &Limits::default()) {
            Ok(photo) => assert_eq!(photo.rgb().len(), 3_000 * 2_000 * 3, "{format:?}"),
            Err(error) => assert!(!error.zh().is_empty(), "{format:?}"),
        }
    }
}

#[test]
fn every_truncation_of_every_format_is_answered() {
    let mut files: Vec<(Format, Vec<u8>)> = small_files()
        .into_iter()
        .map(|(format, bytes, _)| (format, bytes))
        .collect();
    files.push((
        Format::Jpeg,
        flat_jpeg(
            2,
            1,
            4,
            &[100; 8],
            JpegKind {
                adobe: Some(2),
                is_progressive: true,
            },
        ),
    ));
    for (format, bytes) in files {
        // A whole bitmap is large; its header and its first rows are what can be cut in interesting ways.
        for end in (0..bytes.len()).take(3_000) {
            match decode(&bytes[..end], &Limits::default()) {
                Ok(photo) => assert!(!photo.rgb().is_empty()),
                Err(error) => assert!(
                    !error.zh().is_empty() && !error.en().is_empty(),
                    "{format:?} at {end}"
                ),
            }
        }
        assert!(decode(&bytes, &Limits::default()).is_ok(), "{format:?}");
    }
}

#[test]
fn many_pixels_out_of_few_bytes_fit_or_are_refused() {
    // 10,000 × 4,000 black pixels in a few hundred kilobytes.
    let bomb = png_of(10_000, 4_000, 8, 0);
    assert!(bomb.len() < 500_000);
    let photo = decode(&bomb, &Limits::default()).unwrap();
    assert_eq!((photo.original_width, photo.width), (10_000, 5_000));
    // The same with four channels of 16 bits would take 384 MB.
    let error = dimensions(&png_of(12_000, 4_000, 16, 6), &Limits::default()).unwrap_err();
    let MediaError::TooManyPixels { max, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(max, MAX_WORKING_BYTES / 8);
    assert!(error.zh().contains("较小"));
}

/// A PNG of zeros.
fn png_of(width: u32, height: u32, depth: u8, color: u8) -> Vec<u8> {
    let channels = if color == 6 { 4 } else { 1 };
    let row = 1 + width as usize * channels * usize::from(depth) / 8;
    // One row for a test that only reads the header.
    let rows = if depth == 16 { 1 } else { height as usize };
    let data = compress_to_vec_zlib(&vec![0; row * rows], 1);
    let plain = files::png();
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([depth, color, 0, 0, 0]);
    let end = &plain[plain.len() - 12..];
    let start = [&plain[..8], end].concat();
    let with_data = files::with_chunk(&start, b"IDAT", &data, true);
    // The header goes right behind the signature.
    let mut file = with_data[..8].to_vec();
    let chunk = files::with_chunk(&start, b"IHDR", &header, true);
    file.extend(&chunk[8..chunk.len() - 12]);
    file.extend(&with_data[8..]);
    file
}

#[test]
fn strips_that_share_their_bytes_are_refused() {
    let mut bytes = Tiff {
        width: 4,
        height: 200,
        strips: &vec![vec![7; 4]; 200],
        rows_per_strip: 1,
        ..Tiff::default()
    }
    .write();
    assert!(decode(&bytes, &Limits::default()).is_ok());
    // All strips point at the start of the file, each as long as the file.
    let length = u32::try_from(bytes.len())
        .expect("a small file")
        .to_le_bytes();
    let lists = 8 + 200 * 4;
    for index in 0..200 {
        bytes[lists + 4 * index..lists + 4 * index + 4].copy_from_slice(&[0; 4]);
        let at = lists + 800 + 4 * index;
        bytes[at..at + 4].copy_from_slice(&length);
    }
    let error = decode(&bytes, &Limits::default()).unwrap_err();
    assert!(error.en().contains("overlapping"), "{error}");
}

#[test]
fn a_tiff_of_too_many_tiles_is_refused() {
    let bytes = Tiff {
        width: 7_000,
        height: 7_000,
        extra: &[(322, 1), (323, 1), (324, 0), (325, 0)],
        strips: &[vec![0; 4]],
        ..Tiff::default()
    }
    .write();
    let error = decode(&bytes, &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "too_many_parts");
}

#[test]
fn circles_of_pages_end() {
    let mut bytes = Tiff {
        strips: &[vec![1; 8]],
        pages: 2,
        ..Tiff::default()
    }
    .write();
    let end = bytes.len() - 4;
    // The second directory names itself as the next one.
    let second = u32::try_from(end - 2 - 10 * 12).expect("a small file");
    bytes[end..].copy_from_slice(&second.to_le_bytes());
    let photo = decode(&bytes, &Limits::default()).unwrap();
    assert_eq!(photo.rgb()[..3], [1, 1, 1]);
}

#[test]
fn a_file_of_two_formats_is_what_its_first_bytes_say() {
    let script = b"*/=1;alert(1)//";
    for (format, bytes, _) in small_files() {
        for tail in [
            b"PK\x03\x04".as_slice(),
            b"<script>alert(1)</script>",
            b"%PDF-1.7",
            script,
            &files::png(),
        ] {
            let both = [bytes.as_slice(), tail].concat();
            assert_eq!(sniff(&both), Some(format));
            let photo = decode(&both, &Limits::default()).expect("the first format");
            assert_eq!(photo.format, format);
        }
    }
    // Markup first is markup, whatever follows.
    let page = [b"<html>".as_slice(), &files::png()].concat();
    assert!(matches!(
        decode(&page, &Limits::default()),
        Err(MediaError::RefusedFormat {
            format: Format::Html
        })
    ));
}

#[test]
fn a_long_animation_costs_its_first_picture() {
    let one = gif(30, 20, 1);
    let frame = &one[13..one.len() - 1];
    let mut bytes = one[..13].to_vec();
    for _ in 0..5_000 {
        bytes.extend(frame);
    }
    bytes.push(0x3B);
    let start = Instant::now();
    let photo = decode(&bytes, &Limits::default()).unwrap();
    assert!(start.elapsed() < HEADER_TIME);
    assert_eq!(photo.notes.len(), 1);
}

#[test]
fn odd_depths_of_bmp_and_png_are_read_or_refused() {
    for bits in 0..=40_u16 {
        let mut bytes = bmp();
        bytes[28..30].copy_from_slice(&bits.to_le_bytes());
        if let Err(error) = decode(&bytes, &Limits::default()) {
            assert!(!error.zh().is_empty(), "{bits}");
        }
    }
    for depth in 0..=17 {
        for color in 0..=7 {
            let bytes = png_of(16, 16, depth, color);
            if let Err(error) = decode(&bytes, &Limits::default()) {
                assert!(!error.en().is_empty(), "{depth} {color}");
            }
        }
    }
}
