//! Every kind of file that is made to cost more than a photo, against the child as it runs: read alone, and loaded and
//! inspected beside an honest photo. Each is answered in words, within the child's memory and time.

use std::cell::Cell;

use aftercare_evidence::driver::{ChildGone, ClaimFiles, Transport, Wanted, inspect_claim};
use aftercare_evidence::edited::FalseAlarms;
use aftercare_evidence::inspect::{Party, Picture, Role};
use aftercare_evidence::{FindingCode, child::FRAME_PREFIX_BYTES};
use aftercare_media::Limits;
use aftercare_scene::{RgbImage, encode_jpeg};

use crate::bytes::{length32, riff_chunk};
use crate::child::{Running, ask, check, detailed};
use crate::clip_writer::{ClipWriter, Picture as ClipPicture};

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [&kind[..], data].concat();
    let crc = crc32(&named).to_be_bytes();
    [&length32(data.len())[..], &named, &crc].concat()
}

/// A PNG of these header fields whose rows, filter bytes included, are `rows`.
fn png(width: u32, height: u32, depth: u8, color: u8, palette: &[u8], rows: &[u8]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let sizes = [width.to_be_bytes(), height.to_be_bytes()].concat();
    file.extend(chunk(
        b"IHDR",
        &[&sizes[..], &[depth, color, 0, 0, 0]].concat(),
    ));
    if !palette.is_empty() {
        file.extend(chunk(b"PLTE", palette));
    }
    file.extend(chunk(
        b"IDAT",
        &miniz_oxide::deflate::compress_to_vec_zlib(rows, 1),
    ));
    file.extend(chunk(b"IEND", &[]));
    file
}

/// The photo with the width and height of its frame header changed.
fn claiming(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut file = jpeg.to_vec();
    let at = file
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0] || pair == [0xFF, 0xC1] || pair == [0xFF, 0xC2])
        .expect("a frame header");
    file[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
    file[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
    file
}

fn bmp(width: i32, height: i32, depth: u16, colors: u32) -> Vec<u8> {
    let mut file = b"BM".to_vec();
    file.extend([0; 8]);
    file.extend((54 + colors * 4).to_le_bytes());
    file.extend(40_u32.to_le_bytes());
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(depth.to_le_bytes());
    file.extend([0; 16]);
    file.extend(colors.to_le_bytes());
    file.extend([0; 4]);
    file.extend(vec![0x5A; colors as usize * 4]);
    file.extend(vec![0xA7; 4_096]);
    file
}

/// A GIF of one color whose screen is `width` × `height`, with so many frames.
fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let mut file = b"GIF89a".to_vec();
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend([0x80, 0, 0, 10, 20, 30, 200, 210, 220]);
    for _ in 0..frames {
        file.extend([0x21, 0xF9, 4, 0, 10, 0, 0, 0]);
        file.extend([0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0]);
        file.extend([2, 2, 0x44, 0x01, 0]);
    }
    file.push(0x3B);
    file
}

/// A picture that is nothing but corners: every few pixels a dot, each of its own brightness.
fn dots(width: u32, height: u32, every: usize) -> RgbImage {
    let mut state = 7_u32;
    let mut pixels = vec![128_u8; width as usize * height as usize * 3];
    for y in (0..height as usize).step_by(every) {
        for x in (0..width as usize).step_by(every) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let light = if state >> 31 == 0 { 0 } else { 255 };
            for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let at = ((y + row) * width as usize + x + column) * 3;
                if let Some(pixel) = pixels.get_mut(at..at + 3) {
                    pixel.fill(light);
                }
            }
        }
    }
    RgbImage::from_raw(width, height, pixels).expect("enough pixels")
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let photo = encode_jpeg(&detailed(640, 480), 80, None);
    let row = |bytes: usize| {
        let mut row = vec![0x5B; bytes + 1];
        row[0] = 0;
        row.repeat(64)
    };
    let whole_palette: Vec<u8> = (0..=255)
        .flat_map(|shade: u8| [shade, 0, 255 - shade])
        .collect();
    let apng = {
        let mut file = png(64, 64, 8, 2, &[], &row(192));
        let control = [length32(900).as_slice(), &length32(0)].concat();
        let after_header = 8 + 25;
        file.splice(after_header..after_header, chunk(b"acTL", &control));
        file
    };
    let animated_webp = {
        let mut content = b"WEBP".to_vec();
        content.extend(riff_chunk(b"VP8X", &[2, 0, 0, 0, 63, 0, 0, 63, 0, 0]));
        content.extend(riff_chunk(b"ANIM", &[0; 6]));
        for _ in 0..500 {
            content.extend(riff_chunk(b"ANMF", &[0; 24]));
        }
        riff_chunk(b"RIFF", &content)
    };
    let clip = |pictures: u8| {
        let pictures = (0..pictures)
            .map(|index| ClipPicture {
                is_key: index % 5 == 0,
                luma: (0..6_u8).map(|block| 16 + index + 20 * block).collect(),
            })
            .collect();
        ClipWriter::new(3, 2, pictures)
    };
    let mut other_codec = clip(10);
    other_codec.codec = *b"hvc1";
    vec![
        // Headers that claim what is not there.
        ("PNG of 1 × 65535", png(1, 65_535, 8, 2, &[], &row(3))),
        ("PNG of 65535 × 1", png(65_535, 1, 8, 2, &[], &row(3))),
        (
            "PNG of 50000 × 50000",
            png(50_000, 50_000, 8, 6, &[], &row(4)),
        ),
        (
            "PNG of 4294967295 × 4294967295",
            png(u32::MAX, u32::MAX, 16, 6, &[], &row(8)),
        ),
        ("JPEG of 1 × 65535", claiming(&photo, 1, 65_535)),
        ("JPEG of 50000 × 50000", claiming(&photo, 50_000, 50_000)),
        (
            "JPEG of 8000 × 6000 that ends early",
            claiming(&photo, 8_000, 6_000),
        ),
        ("GIF of 1 × 65535", gif(1, 65_535, 1)),
        ("GIF of 50000 × 50000", gif(50_000, 50_000, 1)),
        ("BMP of 50000 × 50000", bmp(50_000, 50_000, 24, 0)),
        ("BMP of 1 × 65535", bmp(1, 65_535, 24, 0)),
        (
            "BMP upside down from the end of the world",
            bmp(i32::MIN, i32::MIN, 32, 0),
        ),
        // Much picture out of few bytes.
        (
            "PNG bomb in 16 bits",
            png(6_000, 5_000, 16, 6, &[], &row(48_000)),
        ),
        (
            "PNG bomb behind its last row",
            png(64, 64, 8, 2, &[], &vec![0; 24 << 20]),
        ),
        // One file, two formats.
        (
            "JPEG with a page behind it",
            [&photo[..], b"<html><script>alert(1)</script>"].concat(),
        ),
        (
            "JPEG with an archive behind it",
            [&photo[..], b"PK\x03\x04", &[0; 4_096]].concat(),
        ),
        (
            "JPEG behind a PDF header",
            [b"%PDF-1.7\n", &photo[..]].concat(),
        ),
        (
            "JPEG with a PNG behind it",
            [&photo[..], &png(64, 64, 8, 2, &[], &row(192))].concat(),
        ),
        (
            "GIF that is a script",
            [b"GIF89a/*\x01\x00=1;", &[0x2A; 512][..], b"*/=0;"].concat(),
        ),
        (
            "PNG header on a JPEG",
            [b"\x89PNG\r\n\x1a\n", &photo[..]].concat(),
        ),
        // Odd depths and palettes.
        ("PNG of 1 bit", png(64, 64, 1, 0, &[], &row(8))),
        (
            "PNG of 2 bits with one color",
            png(64, 64, 2, 3, &[1, 2, 3], &row(16)),
        ),
        (
            "PNG of 4 bits without its palette",
            png(64, 64, 4, 3, &[], &row(32)),
        ),
        (
            "PNG of 8 bits with a palette",
            png(64, 64, 8, 3, &whole_palette, &row(64)),
        ),
        (
            "PNG of 16 bits of gray and clearness",
            png(64, 64, 16, 4, &[], &row(256)),
        ),
        ("PNG of 3 bits", png(64, 64, 3, 0, &[], &row(24))),
        (
            "PNG of an unknown kind of color",
            png(64, 64, 8, 5, &[], &row(64)),
        ),
        (
            "PNG with a torn palette",
            png(64, 64, 8, 3, &[1, 2, 3, 4], &row(64)),
        ),
        ("BMP of 1 bit", bmp(64, 64, 1, 2)),
        ("BMP of 4 bits with one color", bmp(64, 64, 4, 1)),
        ("BMP of 7 bits", bmp(64, 64, 7, 0)),
        ("BMP of 16 bits", bmp(32, 32, 16, 0)),
        // Animations and clips.
        ("GIF of 20000 frames", gif(64, 64, 20_000)),
        ("animated PNG", apng),
        ("animated WebP", animated_webp),
        ("clip", clip(40).write()),
        ("clip of another codec", other_codec.write()),
        ("clip that ends early", {
            let mut cut = clip(40).write();
            cut.truncate(cut.len() / 2);
            cut
        }),
        // More keypoints than anybody needs.
        (
            "dots over 12 megapixels",
            encode_jpeg(&dots(4_000, 3_000, 4), 90, None),
        ),
        (
            "dots over 2 megapixels",
            encode_jpeg(&dots(1_600, 1_200, 3), 95, None),
        ),
        (
            "dots as far apart as the details are looked for",
            encode_jpeg(&dots(1_024, 1_024, 6), 95, None),
        ),
    ]
}

#[test]
fn every_kind_of_costly_file_is_answered_within_the_limits() {
    for (name, bytes) in files() {
        let answer = ask(bytes);
        check(name, &answer);
        if let Err(refused) = answer.said {
            assert!(!refused.zh.is_empty() && !refused.en.is_empty(), "{name}");
            assert!(!refused.code.is_empty(), "{name}");
        }
    }
}

/// A child that is asked as the application asks it; a child that died is an answer that fails the test.
struct Asked {
    running: Running,
    died: Cell<bool>,
}

impl Transport for Asked {
    fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, ChildGone> {
        let answer = self.running.exchange(request);
        self.died.set(self.died.get() || answer.is_none());
        answer
            .filter(|frame| frame.len() >= FRAME_PREFIX_BYTES)
            .ok_or(ChildGone::Died)
    }
}

fn picture(name: &str, role: Role, party: Party) -> Picture {
    Picture {
        name: name.to_owned(),
        role,
        party,
        session: None,
        // The child knows pictures by what it is told.
        sha256: format!("{:0>64}", name.len()),
    }
}

#[test]
fn a_costly_file_is_inspected_or_told_to_be_unreadable_beside_an_honest_photo() {
    let honest = encode_jpeg(&detailed(1_600, 1_200), 85, None);
    for (name, bytes) in files() {
        let mut asked = Asked {
            running: Running::start(),
            died: Cell::new(false),
        };
        let files = ClaimFiles {
            photos: vec![
                picture("hostile", Role::Claim, Party::Claimant),
                picture("an honest one", Role::Claim, Party::Claimant),
            ],
            references: vec![picture("listing photo", Role::Listing, Party::Merchant)],
            ..ClaimFiles::default()
        };
        let wanted = Wanted {
            limits: Limits::default(),
            preview: Some((1_024, 85)),
            overlays: true,
            false_alarms: FalseAlarms::default(),
        };
        let driven = inspect_claim(
            &mut asked,
            &files,
            wanted,
            &mut |picture| {
                Ok(if picture.name == "hostile" {
                    bytes.clone()
                } else {
                    honest.clone()
                })
            },
            &mut |_| {},
        )
        .expect("an answer");
        assert!(!asked.died.get(), "{name}: the child died");
        let (peak_kib, ticks) = asked.running.measured();
        eprintln!("{name}: {peak_kib} KiB at most, {} ms in all", ticks * 10);
        assert!(
            peak_kib <= crate::child::MEMORY_KIB,
            "{name} took {peak_kib} KiB"
        );
        let photos = &driven.inspection.photos;
        assert_eq!(photos.len(), 2);
        let unread = photos[0].seen.is_none();
        let told = photos[0].findings.iter();
        assert_eq!(
            unread,
            told.clone()
                .any(|finding| finding.code == FindingCode::NotDecoded
                    && finding.reference.is_none()
                    && !finding.zh.is_empty()
                    && !finding.en.is_empty()),
            "{name}"
        );
        // The honest photo is read all the same.
        assert!(photos[1].seen.is_some(), "{name}");
        asked.running.end();
    }
}
