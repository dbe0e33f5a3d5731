//! The hash keeps what the paper promises: near for the same picture, far for others, eight orientations.

use aftercare_evidence::limits::{PDQ_CONFIDENT_DISTANCE, PDQ_MINIMUM_QUALITY};
use aftercare_evidence::pdq::{Orientation, Pdq, hash_rgb};
use aftercare_evidence::{Fingerprint, FingerprintError};
use aftercare_media::{Limits, decode};
use aftercare_scene::{RgbImage, encode_jpeg};
use image::imageops::{self, FilterType};
use proptest::prelude::{any, prop, proptest};

use crate::photos::{fingerprint, products};

/// A delivery: what happens to a picture on its way. Each keeps the picture for a human.
type Delivery = (&'static str, fn(&RgbImage) -> RgbImage);

const DELIVERIES: [Delivery; 8] = [
    ("JPEG 30", |picture| jpeg(picture, 30)),
    ("JPEG 70 twice", |picture| jpeg(&jpeg(picture, 70), 70)),
    ("half size", |picture| {
        imageops::resize(
            picture,
            picture.width() / 2,
            picture.height() / 2,
            FilterType::Triangle,
        )
    }),
    ("enlarged", |picture| {
        imageops::resize(
            picture,
            picture.width() * 2,
            picture.height() * 2,
            FilterType::CatmullRom,
        )
    }),
    ("thumbnail", |picture| imageops::thumbnail(picture, 128, 96)),
    ("darker", |picture| mapped(picture, |value| value * 0.6)),
    ("brighter", |picture| {
        mapped(picture, |value| value * 0.9 + 30.0)
    }),
    ("gamma", |picture| {
        mapped(picture, |value| 255.0 * (value / 255.0).powf(0.8))
    }),
];

#[test]
fn the_same_picture_stays_near_through_every_delivery() {
    for (scene, _, picture) in products() {
        let original = fingerprint(picture);
        assert!(original.is_comparable());
        for (name, deliver) in DELIVERIES {
            let delivered = fingerprint(&deliver(picture));
            let distance = original.hash().distance(delivered.hash());
            assert!(
                distance <= PDQ_CONFIDENT_DISTANCE,
                "{name}: {distance} for {scene:?}"
            );
            // Steps below one percent count as nothing, so a picture that was barely rich enough can fall below the
            // gate on its way, and a darkened one too. Then it is not compared, and nothing is said.
            if original.quality >= 85 && name != "darker" {
                assert!(
                    delivered.is_comparable(),
                    "{name}: quality {}",
                    delivered.quality
                );
            }
        }
    }
}

#[test]
fn different_pictures_are_far() {
    let prints: Vec<Fingerprint> = products()
        .iter()
        .map(|(_, _, picture)| fingerprint(picture))
        .collect();
    let mut distances = Vec::new();
    for (index, one) in prints.iter().enumerate() {
        for other in &prints[..index] {
            distances.push(one.hash().distance(other.hash()));
        }
    }
    distances.sort_unstable();
    assert!(distances[0] > 70, "{distances:?}");
    assert!(distances[distances.len() / 2] > 110, "{distances:?}");
}

#[test]
fn the_eight_orientations_are_those_of_the_turned_picture() {
    for (_, _, picture) in &products()[..4] {
        let original = fingerprint(picture);
        let turned = [
            picture.clone(),
            imageops::flip_horizontal(picture),
            imageops::rotate180(picture),
            imageops::flip_vertical(picture),
            imageops::flip_horizontal(&imageops::rotate90(picture)),
            imageops::rotate90(picture),
            imageops::flip_horizontal(&imageops::rotate270(picture)),
            imageops::rotate270(picture),
        ];
        for ((turned, hash), orientation) in turned
            .iter()
            .zip(original.orientations)
            .zip(Orientation::ALL)
        {
            let distance = fingerprint(turned).hash().distance(hash);
            // Sums run in another order, so a coefficient next to the median may fall to the other side.
            assert!(distance <= 4, "{orientation:?}: {distance}");
        }
        for hash in &original.orientations[1..] {
            assert!(original.hash().distance(*hash) > PDQ_CONFIDENT_DISTANCE);
        }
    }
}

#[test]
fn plain_pictures_have_no_quality() {
    let quality = |picture: &RgbImage| fingerprint(picture).quality;
    assert_eq!(
        quality(&RgbImage::from_pixel(300, 200, image::Rgb([128, 120, 90]))),
        0
    );
    let gradient = RgbImage::from_fn(300, 200, |x, _| {
        image::Rgb([u8::try_from(x / 4).unwrap(); 3])
    });
    assert!(quality(&gradient) < PDQ_MINIMUM_QUALITY);
    let board = RgbImage::from_fn(300, 200, |x, y| {
        image::Rgb([if (x / 20 + y / 20) % 2 == 0 { 20 } else { 230 }; 3])
    });
    assert!(quality(&board) >= PDQ_MINIMUM_QUALITY);
}

#[test]
fn every_size_is_answered() {
    for (width, height) in [
        (1, 1),
        (1, 500),
        (2, 3),
        (63, 65),
        (700, 40),
        (40, 700),
        (1_111, 777),
    ] {
        let picture = RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([u8::try_from((x * 7 + y * 13) % 256).unwrap(); 3])
        });
        assert!(
            hash_rgb(
                picture.as_raw(),
                picture.width() as usize,
                picture.height() as usize
            )
            .is_some()
        );
    }
    assert!(hash_rgb(&[], 0, 5).is_none());
    assert!(hash_rgb(&[1, 2, 3], 1, 2).is_none());
    assert_eq!(
        Fingerprint::of_rgb(&[], 70_000, 1).unwrap_err(),
        FingerprintError::Picture
    );
}

#[test]
fn a_large_picture_hashes_like_its_small_copy() {
    let (scene, camera, _) = &products()[0];
    let large = camera.develop(scene, 1_600, 1_200);
    let small = imageops::resize(&large, 400, 300, FilterType::Triangle);
    let distance = fingerprint(&large)
        .hash()
        .distance(fingerprint(&small).hash());
    assert!(distance <= 10, "{distance}");
}

#[test]
fn stored_fingerprints_come_back() {
    let print = fingerprint(&products()[0].2);
    let bytes = print.to_bytes();
    assert!((266..=8_192).contains(&bytes.len()));
    assert_eq!(Fingerprint::from_bytes(&bytes).unwrap(), print);
    assert_eq!(
        Fingerprint::try_from(String::from(print.clone())).unwrap(),
        print
    );
    assert_eq!(
        Fingerprint::from_bytes(&bytes[..265]).unwrap_err(),
        FingerprintError::Length { found: 265 }
    );
    let mut other = bytes.clone();
    other[0] = 9;
    assert_eq!(
        Fingerprint::from_bytes(&other).unwrap_err(),
        FingerprintError::Version { version: 9 }
    );
    other = bytes;
    other[1] = 101;
    assert_eq!(
        Fingerprint::from_bytes(&other).unwrap_err(),
        FingerprintError::Range
    );
    assert_eq!(
        Fingerprint::try_from("xyz".to_owned()).unwrap_err(),
        FingerprintError::Text
    );
    assert!(!format!("{print:?}").contains(&print.hash().to_hex()));
}

proptest! {
    #[test]
    fn distance_is_a_metric(a in any::<[u64; 4]>(), b in any::<[u64; 4]>(), c in any::<[u64; 4]>()) {
        let (a, b, c) = (Pdq(a), Pdq(b), Pdq(c));
        assert_eq!(a.distance(a), 0);
        assert_eq!(a.distance(b), b.distance(a));
        assert!(a.distance(c) <= a.distance(b) + b.distance(c));
        assert_eq!(Pdq::from_bytes(&a.to_bytes()), a);
        assert_eq!(a.to_hex().len(), 64);
    }

    #[test]
    fn stored_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Fingerprint::from_bytes(&bytes);
    }
}

fn jpeg(picture: &RgbImage, quality: u8) -> RgbImage {
    let photo =
        decode(&encode_jpeg(picture, quality, None), &Limits::default()).expect("our own JPEG");
    RgbImage::from_raw(photo.width, photo.height, photo.rgb().to_vec()).expect("its own size")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to a byte"
)]
fn mapped(picture: &RgbImage, map: fn(f32) -> f32) -> RgbImage {
    let mut result = picture.clone();
    result
        .iter_mut()
        .for_each(|value| *value = map(f32::from(*value)).clamp(0.0, 255.0) as u8);
    result
}
