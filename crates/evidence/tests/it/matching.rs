//! A copy is found by its keypoints through what happens to pictures on their way, and other pictures are not.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small pictures"
)]

use aftercare_evidence::features::{Features, detect};
use aftercare_evidence::geometry::Homography;
use aftercare_evidence::limits::MIN_INLIERS;
use aftercare_evidence::matching::{match_features, stage_one};
use aftercare_evidence::{Plane, Prepared};
use aftercare_scene::{RgbImage, encode_jpeg};

use crate::photos::products;

fn features(picture: &RgbImage) -> Features {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Prepared::of_rgb(picture.as_raw(), width, height)
        .expect("a rendered picture has pixels")
        .features
}

fn compressed(picture: &RgbImage, quality: u8) -> RgbImage {
    image::load_from_memory(&encode_jpeg(picture, quality, None))
        .expect("our own file")
        .to_rgb8()
}

/// The middle of the picture with this share of its area.
fn cropped(picture: &RgbImage, share: f64) -> RgbImage {
    let side = |side: u32| (f64::from(side) * share.sqrt()).round() as u32;
    let (width, height) = (side(picture.width()), side(picture.height()));
    image::imageops::crop_imm(
        picture,
        (picture.width() - width) / 2,
        (picture.height() - height) / 2,
        width,
        height,
    )
    .to_image()
}

/// A picture between the bars of a phone's screen.
fn screenshot(picture: &RgbImage) -> RgbImage {
    let width = 400;
    let height = width * picture.height() / picture.width();
    let resized = image::imageops::thumbnail(picture, width, height);
    let mut screen = RgbImage::from_pixel(width, 700, image::Rgb([244, 244, 246]));
    image::imageops::replace(&mut screen, &resized, 0, 120);
    screen
}

#[test]
fn copies_are_found_and_the_map_is_theirs() {
    for (number, (_, _, picture)) in products().iter().enumerate() {
        let listing = features(picture);
        let copies = [
            ("jpeg", compressed(picture, 40), false),
            ("crop", compressed(&cropped(picture, 0.35), 70), false),
            (
                "turned",
                compressed(&image::imageops::rotate90(picture), 70),
                false,
            ),
            (
                "mirror",
                compressed(&image::imageops::flip_horizontal(picture), 70),
                true,
            ),
            ("screenshot", compressed(&screenshot(picture), 70), false),
        ];
        for (name, copy, mirrored) in copies {
            let found = stage_one(&features(&copy), &listing);
            assert!(
                found.inliers() >= MIN_INLIERS,
                "{name} of {number}: {} of {}",
                found.inliers(),
                found.pairs.len()
            );
            assert!(found.is_candidate());
            assert_eq!(found.mirrored, mirrored, "{name} of {number}");
        }
        // The middle of the crop is the middle of the listing photo.
        let copy = features(&cropped(picture, 0.35));
        let map = stage_one(&copy, &listing).tight.expect("a map").map;
        let middle = |width: usize| (width as f64 - 1.0) / 2.0;
        let (x, y) = map
            .apply(middle(copy.width), middle(copy.height))
            .expect("a place");
        let error = (x - middle(listing.width)).hypot(y - middle(listing.height));
        assert!(error < 2.0, "{number}: {error} pixels off");
    }
}

#[test]
fn other_designs_are_not_found() {
    let all: Vec<Features> = products()
        .iter()
        .map(|(_, _, picture)| features(picture))
        .collect();
    for (first, one) in all.iter().enumerate() {
        // The next but one is another kind of product.
        let other = &all[(first + 2) % all.len()];
        let found = stage_one(one, other);
        assert!(
            found.inliers() < MIN_INLIERS,
            "{first}: {} agree",
            found.inliers()
        );
    }
}

#[test]
fn every_keypoint_is_in_one_pair_and_is_its_own_match() {
    let features = features(&products()[0].2);
    let matches = match_features(&features, &features);
    let mut listing: Vec<u32> = matches.iter().map(|pair| pair.1).collect();
    listing.sort_unstable();
    listing.dedup();
    assert_eq!(listing.len(), matches.len(), "one to one");
    assert!(matches.len() > features.len() / 2);
    assert!(matches.iter().all(|(claim, listing)| claim == listing));
}

#[test]
fn nothing_matches_nothing() {
    let none = detect(&Plane::new(64, 64), 100);
    let some = features(&products()[0].2);
    for (claim, listing) in [(&none, &some), (&some, &none), (&none, &none)] {
        assert!(match_features(claim, listing).is_empty());
        assert!(!stage_one(claim, listing).is_candidate());
    }
}

#[test]
fn a_picture_is_found_in_itself_by_the_map_that_moves_nothing() {
    let features = features(&products()[3].2);
    let found = stage_one(&features, &features).tight.expect("a map");
    for (x, y) in [(0.0, 0.0), (600.0, 400.0)] {
        let (u, v) = found.map.apply(x, y).expect("a place");
        let (a, b) = Homography::IDENTITY.apply(x, y).expect("a place");
        assert!((u - a).hypot(v - b) < 0.01);
    }
}
