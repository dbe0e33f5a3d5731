//! The coefficients of a JPEG are read exactly, whatever kind of file they stand in, and broken files are refused.

use std::time::{Duration, Instant};

use aftercare_media::jpeg::{Coefficients, Keep, Scale, coefficients, scaled_luma, scaled_rgb};
use aftercare_media::{Limits, MediaError, decode};
use aftercare_scene::{Camera, ItemKind, Scene};

use crate::jpeg_writer::Picture;

const SAMPLINGS: &[&[(usize, usize)]] = &[
    &[(1, 1)],
    &[(2, 2)],
    &[(1, 1), (1, 1), (1, 1)],
    &[(2, 2), (1, 1), (1, 1)],
    &[(2, 1), (1, 1), (1, 1)],
    &[(1, 2), (1, 1), (1, 1)],
    &[(4, 1), (1, 1), (2, 1)],
    &[(1, 1), (2, 2), (1, 1)],
    &[(1, 1), (1, 1), (1, 1), (1, 1)],
];

fn assert_same(picture: &Picture, read: &Coefficients) {
    assert_eq!(read.components.len(), picture.planes.len());
    for (plane, component) in picture.planes.iter().zip(&read.components) {
        assert_eq!(
            (component.columns, component.rows),
            (plane.own_columns, plane.own_rows)
        );
        for row in 0..component.rows {
            for column in 0..component.columns {
                assert_eq!(
                    component.block(column, row),
                    Some(&plane.blocks[row * plane.columns + column]),
                    "block {column}, {row}"
                );
            }
        }
        assert_eq!(component.block(component.columns, 0), None);
    }
}

#[test]
fn every_sampling_restart_interval_and_kind_of_scan_gives_the_coefficients_that_were_written() {
    for sampling in SAMPLINGS {
        for (width, height) in [(83, 41), (8, 8), (1, 1), (64, 17)] {
            for restart_interval in [0, 1, 5] {
                let mut picture = Picture::new(width, height, 7, sampling);
                picture.restart_interval = restart_interval;
                for file in [
                    picture.sequential(),
                    picture.sequential_in_parts(),
                    picture.progressive(),
                ] {
                    let read = coefficients(&file, Keep::All)
                        .unwrap_or_else(|error| panic!("{sampling:?} {width}×{height}: {error}"));
                    assert_same(&picture, &read);
                    assert!(read.is_complete);
                    let luma = coefficients(&file, Keep::Luma).expect("the same file");
                    assert_eq!(luma.components[0], read.components[0]);
                    assert!(luma.components.iter().skip(1).all(|other| !other.is_kept()));
                }
            }
        }
    }
}

#[test]
fn samples_agree_with_the_pixel_decoder_within_rounding() {
    for sampling in [&SAMPLINGS[0], &SAMPLINGS[2]] {
        let picture = Picture::new(120, 88, 5, sampling);
        for file in [picture.sequential(), picture.progressive()] {
            let decoded = decode(&file, &Limits::default()).expect("a sound file");
            let read = coefficients(&file, Keep::All).expect("a sound file");
            let planes: Vec<Vec<f32>> = read
                .components
                .iter()
                .map(|component| component.samples())
                .collect();
            let stride = read.components[0].columns * 8;
            for (index, pixel) in decoded.rgb().chunks_exact(3).enumerate() {
                let at = index / 120 * stride + index % 120;
                let luma = planes[0][at];
                let expected = match &planes[..] {
                    [_, blue, red] => {
                        let (blue, red) = (blue[at] - 128.0, red[at] - 128.0);
                        [
                            luma + 1.402 * red,
                            luma - 0.344_136 * blue - 0.714_136 * red,
                            luma + 1.772 * blue,
                        ]
                    }
                    _ => [luma; 3],
                };
                for (got, expected) in pixel.iter().zip(expected) {
                    let difference = (f32::from(*got) - expected.clamp(0.0, 255.0)).abs();
                    assert!(difference <= 2.6, "pixel {index}: {got} and {expected}");
                }
            }
        }
    }
}

#[test]
fn a_camera_file_is_read_with_its_tables() {
    let photo = Camera::phone(3).shoot(&Scene::new(ItemKind::Mug, 5), 320, 240);
    let read = coefficients(&photo.jpeg, Keep::All).expect("a camera file");
    assert_eq!(
        (read.width, read.height, read.progressive),
        (320, 240, false)
    );
    assert_eq!(read.components[0].quantization[0], 3, "16 at quality 90");
    let samples = read.components[0].samples();
    let decoded = decode(&photo.jpeg, &Limits::default()).expect("a camera file");
    let mut sum = 0.0;
    for (index, pixel) in decoded.rgb().chunks_exact(3).enumerate() {
        let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(f32::from);
        let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
        sum += (luma - samples[index / 320 * read.components[0].columns * 8 + index % 320]).abs();
    }
    assert!(sum / (320.0 * 240.0) < 1.0);
}

#[test]
fn a_scaled_picture_shows_what_the_averaged_picture_shows() {
    let photo = Camera::phone(3).shoot(&Scene::new(ItemKind::Mug, 5), 640, 480);
    let decoded = decode(&photo.jpeg, &Limits::default()).expect("a camera file");
    for scale in [Scale::Half, Scale::Quarter, Scale::Eighth] {
        let rgb = scaled_rgb(&photo.jpeg, scale).expect("a camera file");
        let luma = scaled_luma(&photo.jpeg, scale).expect("a camera file");
        let step = scale.divisor() as usize;
        let (width, height) = (640 / step, 480 / step);
        assert_eq!((rgb.width as usize, rgb.height as usize), (width, height));
        assert_eq!(luma.data.len(), width * height);
        assert_eq!(rgb.data.len(), width * height * 3);
        let (mut color_error, mut luma_error) = (0.0, 0.0);
        for y in 0..height {
            for x in 0..width {
                let mut sums = [0.0_f32; 3];
                for row in y * step..(y + 1) * step {
                    for column in x * step..(x + 1) * step {
                        let at = (row * 640 + column) * 3;
                        for (sum, &value) in sums.iter_mut().zip(&decoded.rgb()[at..at + 3]) {
                            *sum += f32::from(value);
                        }
                    }
                }
                let area = f32::from(u16::try_from(step * step).expect("small"));
                let mean = sums.map(|sum| sum / area);
                let at = y * width + x;
                for (mean, &got) in mean.iter().zip(&rgb.data[at * 3..at * 3 + 3]) {
                    color_error += (mean - f32::from(got)).abs();
                }
                let mean = 0.299 * mean[0] + 0.587 * mean[1] + 0.114 * mean[2];
                luma_error += (mean - f32::from(luma.data[at])).abs();
            }
        }
        let pixels = f32::from(u16::try_from(width * height / 16).expect("small")) * 16.0;
        assert!(
            color_error / (3.0 * pixels) < 1.5,
            "{scale:?}: {}",
            color_error / (3.0 * pixels)
        );
        assert!(
            luma_error / pixels < 1.5,
            "{scale:?}: {}",
            luma_error / pixels
        );
    }
}

#[test]
fn subsampled_and_progressive_files_are_scaled_too() {
    for sampling in [
        &SAMPLINGS[0],
        &SAMPLINGS[2],
        &SAMPLINGS[3],
        &SAMPLINGS[4],
        &SAMPLINGS[5],
    ] {
        let picture = Picture::new(83, 41, 4, sampling);
        for scale in [Scale::Half, Scale::Quarter, Scale::Eighth] {
            let sequential = scaled_rgb(&picture.sequential(), scale).expect("a sound file");
            let progressive = scaled_rgb(&picture.progressive(), scale).expect("a sound file");
            assert_eq!(sequential, progressive);
            assert_eq!(sequential.width, 83_u32.div_ceil(scale.divisor()));
            let luma = scaled_luma(&picture.progressive(), scale).expect("a sound file");
            assert_eq!(
                luma,
                scaled_luma(&picture.sequential(), scale).expect("a sound file")
            );
        }
    }
    let inks = Picture::new(32, 32, 4, &[(1, 1), (1, 1), (1, 1), (1, 1)]).sequential();
    let refused = scaled_rgb(&inks, Scale::Half).expect_err("four inks need the whole decoder");
    assert_eq!(refused.code(), "not_decoded");
}

#[test]
fn a_file_cut_anywhere_is_refused_and_says_so() {
    let mut picture = Picture::new(40, 24, 9, &[(2, 2), (1, 1), (1, 1)]);
    picture.restart_interval = 2;
    for file in [picture.sequential(), picture.progressive()] {
        for cut in 0..file.len() {
            let error = coefficients(&file[..cut], Keep::All).expect_err("a cut file");
            assert!(
                matches!(
                    error,
                    MediaError::Truncated { .. } | MediaError::Malformed { .. }
                ),
                "cut at {cut}: {error}"
            );
            // With an end marker the structure is whole again, and only the picture data can tell.
            let mut closed = file[..cut].to_vec();
            closed.extend([0xFF, 0xD9]);
            if cut + 2 < file.len() {
                let is_whole = coefficients(&closed, Keep::All)
                    .is_ok_and(|coefficients| coefficients.is_complete);
                assert!(!is_whole, "closed at {cut}");
            }
        }
    }
}

#[test]
fn no_flipped_byte_makes_the_reader_panic() {
    let mut picture = Picture::new(40, 24, 9, &[(2, 1), (1, 1), (1, 1)]);
    picture.restart_interval = 3;
    for file in [picture.sequential(), picture.progressive()] {
        for at in 0..file.len() {
            for flip in [0x01, 0x10, 0x80, 0xFF] {
                let mut damaged = file.clone();
                damaged[at] ^= flip;
                if let Ok(read) = coefficients(&damaged, Keep::All) {
                    assert!(
                        read.components
                            .iter()
                            .all(|component| !component.samples().is_empty())
                    );
                }
                drop(scaled_rgb(&damaged, Scale::Quarter));
            }
        }
    }
}

#[test]
fn other_kinds_of_jpeg_are_named() {
    let file = Picture::new(16, 16, 9, &[(1, 1)]).sequential();
    let frame = file
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .expect("a frame header");
    for (marker, precision, word) in [
        (0xC3, 8, "lossless"),
        (0xC9, 8, "arithmetic"),
        (0xCA, 8, "arithmetic"),
        (0xC5, 8, "hierarchical"),
        (0xC1, 12, "8 bits"),
    ] {
        let mut other = file.clone();
        other[frame + 1] = marker;
        other[frame + 4] = precision;
        let error = coefficients(&other, Keep::All).expect_err("another kind");
        assert_eq!(error.code(), "not_decoded");
        assert!(error.en().contains(word), "{error}");
    }
}

#[test]
fn a_huge_header_with_little_data_costs_little_time() {
    let mut file = Picture::new(16, 16, 9, &[(1, 1)]).progressive();
    let frame = file
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC2])
        .expect("a frame header");
    for (height, width) in [
        (0xFFFF_u16, 0xFFFF_u16),
        (1, 0xFFFF),
        (0xFFFF, 1),
        (7_000, 7_000),
    ] {
        file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
        file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
        let started = Instant::now();
        assert!(coefficients(&file, Keep::All).is_err());
        assert!(started.elapsed() < Duration::from_secs(2));
    }
}
