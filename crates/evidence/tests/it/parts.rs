//! A copy is found again in the reuse index although only a part of the photo is left, and new photos are not.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small pictures"
)]

use aftercare_evidence::limits::{INDEXED_KEYPOINTS, LOCAL_KEYPOINTS, PDQ_CONFIDENT_DISTANCE};
use aftercare_evidence::reuse::{LocalPrint, verify};
use aftercare_evidence::{Fingerprint, ReuseIndex};
use aftercare_scene::{RgbImage, View, encode_jpeg};

use crate::photos::{SIDES, fingerprint, products};

/// A third of the picture's area, away from its middle, compressed.
fn cropped(picture: &RgbImage) -> RgbImage {
    let side = |side: u32| (f64::from(side) * 0.36_f64.sqrt()).round() as u32;
    let (width, height) = (side(picture.width()), side(picture.height()));
    let (x, y) = (
        (picture.width() - width) / 3,
        (picture.height() - height) / 2,
    );
    let part = image::imageops::crop_imm(picture, x, y, width, height).to_image();
    image::load_from_memory(&encode_jpeg(&part, 70, None))
        .expect("our own file")
        .to_rgb8()
}

fn prints() -> Vec<Fingerprint> {
    products()
        .iter()
        .map(|(_, _, picture)| fingerprint(picture))
        .collect()
}

fn index_of(prints: &[Fingerprint]) -> ReuseIndex {
    let mut index = ReuseIndex::new();
    for (key, print) in (0_u128..).zip(prints) {
        index.insert(key, print).expect("room");
    }
    index
}

#[test]
fn a_cropped_mirrored_copy_is_found_and_fits_exactly() {
    let prints = prints();
    let index = index_of(&prints);
    for (key, (_, _, picture)) in (0_u128..).zip(products()) {
        for mirrored in [false, true] {
            let mut copy = cropped(picture);
            if mirrored {
                copy = image::imageops::flip_horizontal(&copy);
            }
            let copy = fingerprint(&copy);
            assert!(
                index.search(&copy, PDQ_CONFIDENT_DISTANCE).is_empty(),
                "the hash of the whole picture is no help"
            );
            let candidates = index.candidates(&copy);
            assert!(
                candidates.iter().any(|found| found.key == key),
                "{key}, mirrored {mirrored}: {candidates:?}"
            );
            let found = verify(&copy.local, &prints[key as usize].local).expect("a map");
            assert!(found.is_exact(), "{key}: {found:?}");
            assert_eq!(found.mirrored, mirrored);
        }
    }
}

#[test]
fn other_products_and_new_photos_do_not_fit_exactly() {
    let prints = prints();
    for (first, one) in prints.iter().enumerate() {
        for (second, other) in prints.iter().enumerate() {
            let exact = verify(&one.local, &other.local).is_some_and(|found| found.is_exact());
            assert_eq!(exact, first == second, "{first} and {second}");
        }
    }
    // The same scene from a little further to the side, as a hand holds the camera.
    for (number, (scene, camera, _)) in products().iter().enumerate() {
        let view = View {
            azimuth: 16.0,
            elevation: 37.0,
            ..View::default()
        };
        let again = camera.develop(&scene.clone().view(view), SIDES.0, SIDES.1);
        let found = verify(&fingerprint(&again).local, &prints[number].local);
        assert!(
            found.is_none_or(|found| !found.is_exact()),
            "{number}: {found:?}"
        );
    }
}

#[test]
fn a_removed_photo_is_not_found_and_its_place_is_used_again() {
    let prints = prints();
    let mut index = index_of(&prints);
    // Many photos come and go: the lists must not grow with those that went.
    for round in 0..40_u128 {
        for (key, print) in (0_u128..).zip(&prints) {
            index.insert(1_000 + key, print).expect("room");
            index
                .insert(2_000 + round * 100 + key, print)
                .expect("room");
            assert!(index.remove(2_000 + round * 100 + key));
        }
    }
    let memory = index.keypoint_memory();
    assert!(memory < 4_000_000, "{memory} bytes");
    assert!(index.remove(3));
    let candidates = index.candidates(&prints[3]);
    assert!(candidates.iter().any(|found| found.key == 1_003));
    assert!(
        candidates
            .iter()
            .all(|found| found.key != 3 && found.key < 2_000)
    );
}

#[test]
fn an_index_that_photos_left_answers_as_one_that_never_had_them() {
    let prints = prints();
    let fresh = index_of(&prints);
    let mut index = ReuseIndex::new();
    // Enough of one picture that all are numbered anew, before, between and after the others.
    for key in 0..100 {
        index.insert(10_000 + key, &prints[0]).expect("room");
    }
    for (key, print) in (0_u128..).zip(&prints) {
        index.insert(key, print).expect("room");
    }
    for key in 100..280 {
        index.insert(10_000 + key, &prints[0]).expect("room");
        assert!(index.remove(10_000 + key - 100));
    }
    for key in 180..280 {
        assert!(index.remove(10_000 + key));
    }
    assert_eq!(index.len(), prints.len());
    for (key, print) in (0_u128..).zip(&prints).skip(1) {
        assert_eq!(index.search(print, PDQ_CONFIDENT_DISTANCE)[0].key, key);
        assert_eq!(index.candidates(print)[0], fresh.candidates(print)[0]);
    }
}

#[test]
fn a_stored_fingerprint_is_small_and_finds_what_the_first_one_did() {
    let print = &prints()[2];
    let bytes = print.to_bytes();
    assert!(bytes.len() <= 8_192 && bytes.len() <= Fingerprint::MAX_BYTES);
    assert!(print.local.len() <= LOCAL_KEYPOINTS && print.local.indexed() <= INDEXED_KEYPOINTS);
    let again = Fingerprint::from_bytes(&bytes).expect("our own bytes");
    assert_eq!(&again, print);
    let index = index_of(&[again]);
    assert_eq!(index.candidates(print).len(), 1);
    for length in 0..bytes.len() {
        assert!(
            Fingerprint::from_bytes(&bytes[..length]).is_err(),
            "{length} bytes"
        );
    }
}

#[test]
fn a_fingerprint_from_before_keypoints_is_still_read() {
    let print = &prints()[0];
    let mut bytes = print.to_bytes();
    bytes.truncate(Fingerprint::WHOLE_BYTES);
    bytes[0] = 1;
    let old = Fingerprint::from_bytes(&bytes).expect("the old version");
    assert_eq!(old.orientations, print.orientations);
    assert_eq!(old.local, LocalPrint::default());
    let index = index_of(std::slice::from_ref(&old));
    assert_eq!(index.search(print, 0).len(), 1);
    assert!(index.candidates(print).is_empty());
    assert!(verify(&old.local, &print.local).is_none());
}
