//! Decoding: pixels, orientation, limits before pixels, broken files.

use aftercare_media::{Format, Limits, MediaError, decode, dimensions, read_metadata};
use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use crate::files;

#[test]
fn the_three_formats_decode_to_the_same_picture() {
    let picture = files::picture();
    for (bytes, format) in [(files::png(), Format::Png), (files::webp(), Format::WebP)] {
        let photo = decode(&bytes, &Limits::default()).unwrap();
        assert_eq!(
            (photo.format, photo.width, photo.height),
            (format, 320, 240)
        );
        assert_eq!(photo.rgb(), picture.as_raw().as_slice());
    }
    let photo = decode(&files::jpeg(), &Limits::default()).unwrap();
    assert!(mean_difference(photo.rgb(), picture.as_raw()) < 4.0);
}

#[test]
fn every_orientation_comes_out_upright() {
    for orientation in 1..=8 {
        let bytes = files::personal_jpeg(orientation);
        let photo = decode(&bytes, &Limits::default()).unwrap();
        assert_eq!(
            (photo.width, photo.height),
            (320, 240),
            "orientation {orientation}"
        );
        assert_eq!(photo.metadata.orientation, orientation);
        let difference = mean_difference(photo.rgb(), files::picture().as_raw());
        assert!(difference < 4.0, "orientation {orientation}: {difference}");
        let stored = if orientation > 4 {
            (Format::Jpeg, 240, 320)
        } else {
            (Format::Jpeg, 320, 240)
        };
        assert_eq!(dimensions(&bytes, &Limits::default()).unwrap(), stored);
    }
}

#[test]
fn metadata_is_summarized() {
    let metadata = read_metadata(&files::personal_jpeg(6)).unwrap();
    assert!(metadata.has_exif && metadata.has_gps && !metadata.has_xmp);
    assert_eq!(metadata.make.as_deref(), Some("Sample"));
    assert_eq!(metadata.model.as_deref(), Some("Sample Camera"));
    assert_eq!(metadata.date_time.as_deref(), Some("2026:11:01 10:20:30"));
    assert_eq!(metadata.orientation, 6);
    let plain = read_metadata(&files::jpeg()).unwrap();
    assert!(!plain.has_exif && !plain.has_gps && plain.make.is_none());
    let tiff = files::personal_exif(1).to_tiff(320, 240);
    for bytes in [
        files::with_chunk(&files::png(), b"eXIf", &tiff, false),
        files::with_webp_chunks(&files::webp(), &[(b"EXIF", &tiff)]),
    ] {
        let metadata = decode(&bytes, &Limits::default()).unwrap().metadata;
        assert!(metadata.has_gps);
        assert_eq!(metadata.model.as_deref(), Some("Sample Camera"));
    }
}

#[test]
fn transparency_is_laid_on_white_and_deep_colors_are_reduced() {
    let mut clear = RgbaImage::from_pixel(20, 20, Rgba([200, 0, 0, 0]));
    clear.put_pixel(0, 0, Rgba([10, 20, 30, 255]));
    let photo = decode(&encoded(&clear.into()), &Limits::default()).unwrap();
    assert_eq!(photo.rgb()[..6], [10, 20, 30, 255, 255, 255]);
    let deep =
        image::DynamicImage::ImageRgb8(RgbImage::from_pixel(20, 20, Rgb([9, 8, 7]))).into_rgb16();
    let photo = decode(&encoded(&deep.into()), &Limits::default()).unwrap();
    assert_eq!(photo.rgb()[..3], [9, 8, 7]);
    let gray = image::DynamicImage::ImageRgb8(RgbImage::from_pixel(20, 20, Rgb([50, 50, 50])))
        .into_luma8();
    assert_eq!(
        decode(&encoded(&gray.into()), &Limits::default())
            .unwrap()
            .rgb()[..3],
        [50, 50, 50]
    );
}

#[test]
fn limits_hold_before_any_pixel_is_read() {
    let small = Limits {
        max_bytes: 1_000,
        max_pixels: 1_000,
        max_side: 100,
    };
    let bytes = files::jpeg();
    assert!(matches!(
        decode(&bytes, &small).unwrap_err(),
        MediaError::TooManyBytes { max: 1_000, .. }
    ));
    let pixels = Limits {
        max_pixels: 320 * 240 - 1,
        ..Limits::default()
    };
    assert!(matches!(
        decode(&bytes, &pixels).unwrap_err(),
        MediaError::TooManyPixels {
            width: 320,
            height: 240,
            ..
        }
    ));
    let side = Limits {
        max_side: 319,
        ..Limits::default()
    };
    assert!(matches!(
        decode(&bytes, &side).unwrap_err(),
        MediaError::SideTooLong { .. }
    ));
    // A header that claims a huge picture is refused from the header.
    let mut png = files::png();
    png[16..20].copy_from_slice(&50_000_u32.to_be_bytes());
    assert!(matches!(
        decode(&png, &Limits::default()).unwrap_err(),
        MediaError::SideTooLong { width: 50_000, .. }
    ));
    png[16..20].copy_from_slice(&16_000_u32.to_be_bytes());
    png[20..24].copy_from_slice(&16_000_u32.to_be_bytes());
    assert!(matches!(
        decode(&png, &Limits::default()).unwrap_err(),
        MediaError::TooManyPixels { .. }
    ));
    png[16..20].copy_from_slice(&0_u32.to_be_bytes());
    assert!(matches!(
        decode(&png, &Limits::default()).unwrap_err(),
        MediaError::NoPixels { .. }
    ));
    // Limits cannot be raised above the constants.
    let raised = Limits {
        max_bytes: usize::MAX,
        max_pixels: u64::MAX,
        max_side: u32::MAX,
    };
    assert_eq!(raised.capped(), Limits::default());
}

#[test]
fn cut_files_are_refused_with_the_place() {
    for bytes in [files::jpeg(), files::png(), files::webp()] {
        for part in [2, 3, 10] {
            let cut = bytes.len() - bytes.len() / part;
            let error = decode(&bytes[..cut], &Limits::default()).unwrap_err();
            assert!(
                matches!(error, MediaError::Truncated { at, .. } if at <= cut),
                "{error}"
            );
        }
    }
}

#[test]
fn many_scans_and_segments_are_refused() {
    let jpeg = files::jpeg();
    let mut segments = jpeg[..2].to_vec();
    for _ in 0..5_000 {
        segments.extend([0xFF, 0xFE, 0, 2]);
    }
    segments.extend(&jpeg[2..]);
    assert!(matches!(
        decode(&segments, &Limits::default()).unwrap_err(),
        MediaError::TooManyParts { .. }
    ));
    let mut scans = jpeg[..jpeg.len() - 2].to_vec();
    for _ in 0..100 {
        scans.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x55]);
    }
    scans.extend([0xFF, 0xD9]);
    assert!(matches!(
        decode(&scans, &Limits::default()).unwrap_err(),
        MediaError::TooManyParts { what: "scans", .. }
    ));
}

#[test]
fn bytes_after_the_photo_are_counted_and_ignored() {
    for bytes in [files::jpeg(), files::png(), files::webp()] {
        let longer = [bytes.as_slice(), &[7; 1_000]].concat();
        let photo = decode(&longer, &Limits::default()).unwrap();
        assert_eq!(photo.metadata.trailing_bytes, 1_000);
        assert_eq!((photo.width, photo.height), (320, 240));
    }
}

fn encoded(picture: &image::DynamicImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a small picture");
    bytes.into_inner()
}

pub(crate) fn mean_difference(one: &[u8], other: &[u8]) -> f64 {
    assert_eq!(one.len(), other.len());
    let sum: u64 = one
        .iter()
        .zip(other)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    f64::from(u32::try_from(sum).expect("a small picture"))
        / f64::from(u32::try_from(one.len()).expect("a small picture"))
}
