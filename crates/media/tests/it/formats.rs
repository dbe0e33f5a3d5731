//! Every accepted format shows the colors that its writer meant, and says what was left out.

use aftercare_media::{Format, LabelSource, Limits, MediaError, Note, decode, read_metadata};
use image::codecs::bmp::BmpEncoder;
use image::codecs::gif::GifEncoder;
use image::{Delay, ExtendedColorType, Frame, Rgba, RgbaImage};

use crate::files;
use crate::photos::mean_difference;
use crate::writers::{JpegKind, Tiff, flat_jpeg};

fn rgb(bytes: &[u8]) -> Vec<u8> {
    decode(bytes, &Limits::default())
        .expect("a good file")
        .rgb()
        .to_vec()
}

/// An animated GIF of `frames` flat pictures, the first one red.
pub(crate) fn gif(width: u32, height: u32, frames: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for frame in 0..frames {
        let color = if frame == 0 {
            [200, 0, 0, 255]
        } else {
            [0, 0, 200, 255]
        };
        let picture = RgbaImage::from_pixel(width, height, Rgba(color));
        encoder
            .encode_frame(Frame::from_parts(
                picture,
                0,
                0,
                Delay::from_numer_denom_ms(100, 1),
            ))
            .expect("a small picture");
    }
    drop(encoder);
    bytes
}

pub(crate) fn bmp() -> Vec<u8> {
    let picture = files::picture();
    let mut bytes = Vec::new();
    BmpEncoder::new(&mut bytes)
        .encode(
            picture.as_raw(),
            picture.width(),
            picture.height(),
            ExtendedColorType::Rgb8,
        )
        .expect("a small picture");
    bytes
}

pub(crate) fn tiff(extra: &[(u16, u16)]) -> Vec<u8> {
    let picture = files::picture();
    Tiff {
        width: picture.width(),
        height: picture.height(),
        samples: 3,
        photometric: 2,
        is_packed: true,
        extra,
        rows_per_strip: 50,
        strips: &picture
            .as_raw()
            .chunks(50 * 320 * 3)
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>(),
        ..Tiff::default()
    }
    .write()
}

#[test]
fn tiff_and_bmp_show_the_same_picture_as_png() {
    for (bytes, format) in [(tiff(&[]), Format::Tiff), (bmp(), Format::Bmp)] {
        let photo = decode(&bytes, &Limits::default()).unwrap();
        assert_eq!(
            (photo.format, photo.width, photo.height),
            (format, 320, 240)
        );
        assert!(photo.rgb() == files::picture().as_raw().as_slice());
        assert!(photo.notes.is_empty());
    }
}

#[test]
fn the_orientation_of_a_tiff_is_applied() {
    let photo = decode(&tiff(&[(274, 6)]), &Limits::default()).unwrap();
    assert_eq!((photo.width, photo.height), (240, 320));
    assert_eq!((photo.original_width, photo.original_height), (240, 320));
    let turned = image::imageops::rotate90(files::picture());
    assert!(photo.rgb() == turned.as_raw().as_slice());
}

#[test]
fn animations_show_their_first_picture_and_say_so() {
    let photo = decode(&gif(20, 10, 3), &Limits::default()).unwrap();
    assert_eq!(
        (photo.format, photo.width, photo.height),
        (Format::Gif, 20, 10)
    );
    assert!(photo.rgb()[0] > 150 && photo.rgb()[2] < 50);
    assert_eq!(photo.notes, [Note::FirstFrame { frames: 3 }]);
    assert!(photo.notes[0].en().contains('3') && photo.notes[0].zh().contains("第一帧"));
    assert!(
        decode(&gif(20, 10, 1), &Limits::default())
            .unwrap()
            .notes
            .is_empty()
    );
    let animated = files::with_chunk(&files::png(), b"acTL", &[0, 0, 0, 5, 0, 0, 0, 0], false);
    let photo = decode(&animated, &Limits::default()).unwrap();
    assert_eq!(photo.notes, [Note::FirstFrame { frames: 5 }]);
    assert!(photo.rgb() == files::picture().as_raw().as_slice());
    let photo = decode(&animated_webp(), &Limits::default()).unwrap();
    assert_eq!(photo.notes, [Note::FirstFrame { frames: 2 }]);
    // Laying a frame on the canvas rounds.
    assert!(mean_difference(photo.rgb(), files::picture().as_raw()) <= 1.0);
}

/// The picture twice, each time as an animation frame.
pub(crate) fn animated_webp() -> Vec<u8> {
    let still = files::webp();
    let picture = &still[12..];
    let (width, height) = files::picture().dimensions();
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    let mut frame = vec![0; 6];
    frame.extend([side(width), side(height), vec![100, 0, 0, 0]].concat());
    frame.extend(picture);
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let length = u32::try_from(data.len())
            .expect("a small chunk")
            .to_le_bytes();
        let padding = vec![0; data.len() % 2];
        [kind.as_slice(), &length, data, &padding].concat()
    };
    let canvas = [vec![2, 0, 0, 0], side(width), side(height)].concat();
    let body = [
        b"WEBP".to_vec(),
        chunk(b"VP8X", &canvas),
        chunk(b"ANIM", &[0; 6]),
        chunk(b"ANMF", &frame),
        chunk(b"ANMF", &frame),
    ]
    .concat();
    chunk(b"RIFF", &body)
}

#[test]
fn only_the_first_page_of_a_tiff_is_looked_at() {
    let bytes = Tiff {
        strips: &[vec![10, 20, 30, 40, 50, 60, 70, 80]],
        pages: 3,
        ..Tiff::default()
    }
    .write();
    let photo = decode(&bytes, &Limits::default()).unwrap();
    assert_eq!(photo.notes, [Note::FirstPage { pages: 3 }]);
    assert_eq!(photo.rgb()[..6], [10, 10, 10, 20, 20, 20]);
}

#[test]
fn odd_depths_palettes_and_planes_of_tiff_are_read() {
    // One bit, white is zero, two rows of four pixels.
    let bits = Tiff {
        bits: 1,
        photometric: 0,
        strips: &[vec![0b0101_0000, 0b1111_0000]],
        ..Tiff::default()
    };
    let black_and_white = rgb(&bits.write());
    assert_eq!(
        black_and_white[..9],
        [255, 255, 255, 0, 0, 0, 255, 255, 255]
    );
    assert_eq!(black_and_white[12..], [0; 12]);
    // Two bits gray.
    let gray = Tiff {
        bits: 2,
        strips: &[vec![0b0001_1011, 0b1110_0100]],
        ..Tiff::default()
    };
    let shades: Vec<u8> = rgb(&gray.write()).chunks(3).map(|pixel| pixel[0]).collect();
    assert_eq!(shades, [0, 85, 170, 255, 255, 170, 85, 0]);
    // A palette of sixteen colors; red, green and blue of color 3 are 1, 2 and 3.
    let mut colors = vec![0_u16; 48];
    (colors[3], colors[19], colors[35]) = (257, 514, 771);
    for is_big_endian in [false, true] {
        let palette = Tiff {
            bits: 4,
            photometric: 3,
            color_map: &colors,
            is_big_endian,
            strips: &[vec![0x30, 0x03], vec![0x33, 0x33]],
            rows_per_strip: 1,
            ..Tiff::default()
        };
        let colored = rgb(&palette.write());
        assert_eq!(colored[..6], [1, 2, 3, 0, 0, 0]);
        assert_eq!(colored[21..], [1, 2, 3]);
    }
    // 16 bits in both byte orders, each channel on its own.
    for is_big_endian in [false, true] {
        let plane = |value: u16| {
            let bytes = if is_big_endian {
                value.to_be_bytes()
            } else {
                value.to_le_bytes()
            };
            bytes.repeat(8)
        };
        let planar = Tiff {
            bits: 16,
            samples: 3,
            photometric: 2,
            is_planar: true,
            is_packed: true,
            is_big_endian,
            strips: &[plane(257 * 5), plane(257 * 6), plane(257 * 7)],
            ..Tiff::default()
        };
        assert_eq!(rgb(&planar.write())[..3], [5, 6, 7]);
    }
    // Half transparent black on white.
    let clear = Tiff {
        samples: 4,
        photometric: 2,
        extra: &[(338, 2)],
        strips: &[[0, 0, 0, 128].repeat(8)],
        ..Tiff::default()
    };
    assert_eq!(rgb(&clear.write())[..3], [127; 3]);
    // Cyan ink takes the red away.
    let inks = Tiff {
        samples: 4,
        photometric: 5,
        strips: &[[255, 0, 0, 0].repeat(8)],
        ..Tiff::default()
    };
    assert_eq!(rgb(&inks.write())[..3], [0, 255, 255]);
}

#[test]
fn a_color_outside_the_palette_is_refused() {
    let palette = Tiff {
        photometric: 3,
        color_map: &[0; 12],
        strips: &[vec![9; 8]],
        ..Tiff::default()
    };
    let error = decode(&palette.write(), &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "not_decoded");
    assert!(error.en().contains("palette"), "{error}");
}

#[test]
fn four_channels_of_jpeg_have_their_colors() {
    // Adobe writes inks inverted: 255 is no ink.
    let inks = [
        [255, 0, 0, 255],
        [255, 255, 255, 255],
        [255, 255, 255, 0],
        [0, 255, 255, 128],
    ]
    .concat();
    let expected = [[255, 0, 0], [255, 255, 255], [0, 0, 0], [0, 128, 128]];
    for is_progressive in [false, true] {
        for adobe in [Some(0), None] {
            let kind = JpegKind {
                adobe,
                is_progressive,
            };
            let pixels = rgb(&flat_jpeg(4, 1, 4, &inks, kind));
            for (block, color) in expected.iter().enumerate() {
                assert!(mean_difference(&pixels[block * 24..block * 24 + 3], color) <= 1.0);
            }
        }
        // The same red as luma, chroma and inverted black: the color of the inks, not of the light.
        let kind = JpegKind {
            adobe: Some(2),
            is_progressive,
        };
        let red_as_cyan = [179, 171, 0, 255];
        let pixels = rgb(&flat_jpeg(1, 1, 4, &red_as_cyan, kind));
        assert!(
            mean_difference(&pixels[..3], &[255, 0, 0]) <= 2.0,
            "{:?}",
            &pixels[..3]
        );
    }
}

#[test]
fn three_and_one_channels_of_jpeg_have_their_colors() {
    for is_progressive in [false, true] {
        let plain = JpegKind {
            adobe: None,
            is_progressive,
        };
        let luma_and_chroma = rgb(&flat_jpeg(1, 1, 3, &[76, 85, 255], plain));
        assert!(mean_difference(&luma_and_chroma[..3], &[254, 0, 0]) <= 2.0);
        let light = JpegKind {
            adobe: Some(0),
            is_progressive,
        };
        assert_eq!(rgb(&flat_jpeg(1, 1, 3, &[9, 8, 7], light))[..3], [9, 8, 7]);
        assert_eq!(rgb(&flat_jpeg(1, 1, 1, &[77], plain))[..3], [77; 3]);
    }
}

#[test]
fn labels_in_gif_and_tiff_are_found() {
    let mut bytes = gif(4, 4, 1);
    let end = bytes.pop().expect("a trailer");
    assert_eq!(end, 0x3B);
    let comment = format!(r#"{{"AIGC":{}}}"#, files::LABEL);
    bytes.extend([0x21, 0xFE]);
    for part in comment.as_bytes().chunks(255) {
        bytes.push(u8::try_from(part.len()).expect("a short part"));
        bytes.extend(part);
    }
    bytes.extend([0, 0x3B]);
    let photo = decode(&bytes, &Limits::default()).unwrap();
    assert_eq!(photo.metadata.ai_labels[0].source, LabelSource::GifComment);
    assert_eq!(photo.metadata.ai_labels[0].json, files::LABEL);

    let packet = files::xmp_element(files::LABEL);
    let tiff = files::tiff_with_field(0x02BC, 1, packet.as_bytes(), false);
    // A directory without a picture is no photo, and says so.
    assert!(matches!(
        read_metadata(&tiff),
        Err(MediaError::Malformed {
            format: Format::Tiff,
            ..
        })
    ));
    let mut photo = self::tiff(&[]);
    let at = u32::try_from(photo.len()).expect("a small file");
    photo.extend(packet.as_bytes());
    with_entry(
        &mut photo,
        0x02BC,
        u32::try_from(packet.len()).expect("a small packet"),
        at,
    );
    let found = decode(&photo, &Limits::default()).unwrap().metadata;
    assert_eq!(found.ai_labels[0].source, LabelSource::TiffXmp);
    assert_eq!(found.ai_labels[0].offset, usize::try_from(at).unwrap());
}

/// Writes the first directory anew at the end, with one more entry of bytes.
fn with_entry(tiff: &mut Vec<u8>, tag: u16, count: u32, value: u32) {
    let first = usize::try_from(u32::from_le_bytes(
        tiff[4..8].try_into().expect("four bytes"),
    ))
    .expect("a place");
    let entries = u16::from_le_bytes(tiff[first..first + 2].try_into().expect("two bytes"));
    let end = first + 2 + usize::from(entries) * 12;
    let body = tiff[first + 2..end].to_vec();
    if tiff.len() % 2 == 1 {
        tiff.push(0);
    }
    let at = u32::try_from(tiff.len())
        .expect("a small file")
        .to_le_bytes();
    tiff[4..8].copy_from_slice(&at);
    tiff.extend((entries + 1).to_le_bytes());
    tiff.extend(body);
    tiff.extend(tag.to_le_bytes());
    tiff.extend(1_u16.to_le_bytes());
    tiff.extend(count.to_le_bytes());
    tiff.extend(value.to_le_bytes());
    tiff.extend([0; 4]);
}

#[test]
fn a_jpeg_inside_a_tiff_is_refused_with_a_remedy() {
    let mut bytes = tiff(&[]);
    let at = bytes
        .windows(4)
        .position(|entry| entry == [3, 1, 3, 0])
        .unwrap();
    bytes[at + 8] = 7;
    let error = decode(&bytes, &Limits::default()).unwrap_err();
    assert_eq!(error.code(), "not_decoded");
    assert!(error.en().contains("JPEG inside TIFF"), "{error}");
}
