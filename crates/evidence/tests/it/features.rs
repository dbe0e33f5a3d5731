//! Keypoints are found again where they were, in a mirror too, and come back from their stored form.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small rendered pictures"
)]
use aftercare_evidence::features::{self, DESCRIPTOR_LENGTH, Features, FeaturesError, Keypoint};
use aftercare_evidence::geometry::Homography;
use aftercare_evidence::limits::MAX_KEYPOINTS;
use aftercare_evidence::{Plane, Prepared};
use aftercare_scene::RgbImage;

use crate::photos::products;

/// Luma as it is compared.
pub(crate) fn luma(picture: &RgbImage) -> Plane {
    let channel = |channel| {
        Plane::channel_of_rgb(
            picture.as_raw(),
            picture.width() as usize,
            picture.height() as usize,
            channel,
        )
    };
    Plane::luma(&channel(0), &channel(1), &channel(2))
}

fn length(descriptor: &[u8; 128]) -> f32 {
    let sum: f32 = descriptor
        .iter()
        .map(|&value| f32::from(value).powi(2))
        .sum();
    sum.sqrt()
}

fn distance(first: &[u8; 128], second: &[u8; 128]) -> f32 {
    let sum: f32 = first
        .iter()
        .zip(second)
        .map(|(&a, &b)| (f32::from(a) - f32::from(b)).powi(2))
        .sum();
    sum.sqrt()
}

/// Noise, 0 to 255 (xorshift).
fn random(state: &mut u64) -> f32 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    f32::from(state.to_be_bytes()[0])
}

/// The share of keypoints of `expected` that `found` has within a pixel, of the same scale and direction, with a
/// descriptor that is nearly the same.
fn found_again(expected: &Features, found: &Features) -> f64 {
    let alike = |a: &Keypoint, b: &Keypoint| {
        let turn = (a.angle - b.angle).rem_euclid(std::f32::consts::TAU);
        (a.x - b.x).hypot(a.y - b.y) < 1.0
            && (a.scale / b.scale).ln().abs() < 0.15
            && turn.min(std::f32::consts::TAU - turn) < 0.15
    };
    let again =
        expected
            .keypoints
            .iter()
            .zip(&expected.descriptors)
            .filter(|(point, descriptor)| {
                found
                    .keypoints
                    .iter()
                    .zip(&found.descriptors)
                    .any(|(other, same)| {
                        alike(point, other) && distance(descriptor, same) < 0.25 * DESCRIPTOR_LENGTH
                    })
            });
    again.count() as f64 / expected.len() as f64
}

#[test]
fn a_mirror_moves_keypoints_and_turns_descriptors() {
    for (_, _, picture) in products().iter().take(6) {
        let plane = luma(picture);
        let plain = features::detect(&plane, MAX_KEYPOINTS);
        assert!(plain.len() >= 100, "{} keypoints", plain.len());
        let mirrored = features::detect(&plane.mirrored(), MAX_KEYPOINTS);
        let share = found_again(&plain.mirrored(), &mirrored);
        assert!(share >= 0.85, "{share} found again");
        assert_eq!(plain.mirrored().mirrored().descriptors, plain.descriptors);
    }
}

#[test]
fn a_quarter_turn_turns_the_keypoints() {
    let (_, _, picture) = &products()[0];
    let plane = luma(picture);
    let turned = Plane::from_fn(plane.height, plane.width, |x, y| {
        plane.at(y, plane.height - 1 - x)
    });
    let mut expected = features::detect(&plane, MAX_KEYPOINTS);
    for point in &mut expected.keypoints {
        (point.x, point.y) = ((plane.height - 1) as f32 - point.y, point.x);
        point.angle = (point.angle + std::f32::consts::FRAC_PI_2).rem_euclid(std::f32::consts::TAU);
    }
    let share = found_again(&expected, &features::detect(&turned, MAX_KEYPOINTS));
    assert!(share >= 0.85, "{share} found again");
}

#[test]
fn blobs_are_found_at_their_place_and_scale() {
    // A Gaussian of standard deviation s is an extremum at the scale s of the difference of Gaussians.
    for (x, y, sigma) in [(60.0, 50.0, 4.0), (71.3, 40.6, 5.5), (64.5, 61.25, 9.0_f32)] {
        let plane = Plane::from_fn(128, 112, |column, row| {
            let distance = (column as f32 - x).powi(2) + (row as f32 - y).powi(2);
            40.0 + 150.0 * (-0.5 * distance / (sigma * sigma)).exp()
        });
        let found = features::detect(&plane, 10);
        let point = found.keypoints.first().expect("one blob");
        assert!((point.x - x).hypot(point.y - y) < 0.1, "{point:?}");
        assert!((point.scale / sigma).ln().abs() < 0.2, "{point:?}");
    }
}

#[test]
fn the_strongest_part_of_a_picture_does_not_take_every_keypoint() {
    // Strong noise on the left, weak noise on the right: a crop of the right part must still be found.
    let mut state = 7_u64;
    let picture = Plane::from_fn(300, 200, |x, _| {
        let value = random(&mut state) - 128.0;
        128.0 + if x < 150 { value } else { 0.4 * value }
    });
    let found = features::detect(&picture, 200);
    let right = found
        .keypoints
        .iter()
        .filter(|point| point.x > 150.0)
        .count();
    assert!(right >= 30, "{right} of {}", found.len());
}

#[test]
fn descriptors_have_one_length() {
    let found = features::detect(&luma(&products()[0].2), 200);
    for descriptor in &found.descriptors {
        assert!((length(descriptor) / DESCRIPTOR_LENGTH - 1.0).abs() < 0.02);
    }
}

#[test]
fn plain_noisy_and_tiny_pictures_are_answered() {
    assert!(features::detect(&Plane::from_fn(200, 150, |_, _| 90.0), 100).is_empty());
    assert!(features::detect(&Plane::new(0, 0), 100).is_empty());
    assert!(features::detect(&Plane::new(7, 500), 100).is_empty());
    let mut state = 1_u64;
    let noise = Plane::from_fn(512, 384, |_, _| random(&mut state));
    let found = features::detect(&noise, 300);
    assert_eq!(found.len(), 300);
    assert_eq!(found, features::detect(&noise, 300), "always the same");
}

#[test]
fn prepared_keypoints_are_told_in_pixels_of_the_luma() {
    // One blob in the middle of a photo larger than every working side.
    let (width, height) = (1_600_usize, 1_200_usize);
    let rgb: Vec<u8> = (0..width * height)
        .flat_map(|pixel| {
            let (x, y) = ((pixel % width) as f32, (pixel / width) as f32);
            let distance = (x - 1_000.0).powi(2) + (y - 300.0).powi(2);
            [40 + (150.0 * (-0.5 * distance / 900.0).exp()) as u8; 3]
        })
        .collect();
    let prepared = Prepared::of_rgb(&rgb, width, height).expect("a picture");
    assert_eq!(
        (prepared.features.width, prepared.features.height),
        (640, 480)
    );
    let map = Homography::scaling((width, height), (640, 480));
    let (x, y) = map.apply(1_000.0, 300.0).expect("a map");
    let point = prepared.features.keypoints.first().expect("the blob");
    let error = (f64::from(point.x) - x).hypot(f64::from(point.y) - y);
    assert!(error < 0.2, "{point:?} and not {x}, {y}");
    assert!((point.scale / 12.0 - 1.0).abs() < 0.25, "{point:?}");
}

#[test]
fn stored_features_come_back_or_are_refused() {
    let found = features::detect(&luma(&products()[1].2), 50);
    let bytes = found.to_bytes();
    assert_eq!(Features::from_bytes(&bytes), Ok(found));
    for length in 0..bytes.len() {
        assert_eq!(
            Features::from_bytes(&bytes[..length]),
            Err(FeaturesError::Length)
        );
    }
    let mut other = bytes.clone();
    other[0] = 9;
    assert_eq!(
        Features::from_bytes(&other),
        Err(FeaturesError::Version { version: 9 })
    );
    // A keypoint that is not a number.
    let mut other = bytes;
    other[11..15].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(Features::from_bytes(&other), Err(FeaturesError::Range));
}
