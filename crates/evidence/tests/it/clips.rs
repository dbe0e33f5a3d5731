//! A listing may be a clip: what is made from one of its pictures is found, and a new photo of the item is left alone.

use aftercare_evidence::driver::Wanted;
use aftercare_evidence::inspect::{PhotoInspection, Role, Verdict};
use aftercare_evidence::{Finding, FindingCode};
use aftercare_media::{Limits, video};
use aftercare_scene::{
    Background, Camera, Damage, ItemKind, Light, RgbImage, Scene, View, encode_jpeg, paint_on,
};
use image::imageops::{FilterType, crop_imm, resize};

use crate::clip_writer::{ClipWriter, Picture};
use crate::driver::{Here, World, wanted};

/// Sides of the clip in macroblocks: 640 × 480 points.
const ACROSS: u32 = 40;
const DOWN: u32 = 30;
/// As many as are taken of a clip; the clip shows ten a second.
const VIEWS: u16 = 6;
/// The picture that the photos are made from, and when the clip shows it.
const STOLEN: usize = 3;
const STOLEN_AT_MS: i64 = 300;

fn mug() -> Scene {
    Scene::new(ItemKind::Mug, 7)
}

/// A clip of the item on its stand, the camera walking around it.
fn listing_clip() -> Vec<u8> {
    let mut pictures = Vec::new();
    let mut colors = Vec::new();
    for step in 0..VIEWS {
        let view = View {
            azimuth: f32::from(step) * 7.0 - 18.0,
            ..View::default()
        };
        let shown = Camera::phone(1).develop(&mug().view(view), 16 * ACROSS, 16 * DOWN);
        let (luma, chroma) = planes(&shown);
        pictures.push(Picture { is_key: true, luma });
        colors.push(chroma);
    }
    ClipWriter {
        colors,
        ..ClipWriter::new(ACROSS, DOWN, pictures)
    }
    .write()
}

/// Luma and chroma in limited range (ITU-R BT.601), as cameras write them.
fn planes(picture: &RgbImage) -> (Vec<u8>, [Vec<u8>; 2]) {
    let weighed = |pixel: &image::Rgb<u8>, weights: [f32; 3], base: f32| {
        let sum: f32 = pixel
            .0
            .iter()
            .zip(weights)
            .map(|(value, weight)| f32::from(*value) / 255.0 * weight)
            .sum();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "limited range lies within a byte"
        )]
        let rounded = (base + sum).round() as u8;
        rounded
    };
    let luma = picture
        .pixels()
        .map(|pixel| weighed(pixel, [65.5, 128.6, 25.0], 16.0))
        .collect();
    let half = resize(
        picture,
        picture.width() / 2,
        picture.height() / 2,
        FilterType::Triangle,
    );
    let chroma = [[-37.8, -74.2, 112.0], [112.0, -93.8, -18.2]].map(|weights| {
        half.pixels()
            .map(|pixel| weighed(pixel, weights, 128.0))
            .collect()
    });
    (luma, chroma)
}

/// What a player shows of the clip when it is stopped there.
fn still(clip: &[u8], index: usize) -> RgbImage {
    let clip = video::sample(clip, usize::from(VIEWS), &Limits::default()).expect("a clip");
    let taken = &clip.pictures[index];
    assert_eq!(i64::try_from(taken.at_ms), Ok(STOLEN_AT_MS));
    let picture = &taken.picture;
    RgbImage::from_raw(picture.width, picture.height, picture.rgb().to_vec()).expect("its pixels")
}

/// Cut a little, made larger and saved again, as an editor and a messenger do.
fn sent_on(picture: &RgbImage) -> Vec<u8> {
    let (width, height) = picture.dimensions();
    let cut = crop_imm(picture, 12, 9, width - 40, height - 30).to_image();
    encode_jpeg(&resize(&cut, 960, 720, FilterType::CatmullRom), 82, None)
}

fn finding(photo: &PhotoInspection, code: FindingCode) -> &Finding {
    photo
        .findings
        .iter()
        .find(|finding| finding.code == code)
        .unwrap_or_else(|| panic!("no {} in {:?}", code.as_str(), photo.findings))
}

#[test]
fn a_photo_made_from_a_picture_of_the_listing_clip_is_shown_where_and_when() {
    let clip = listing_clip();
    let mut forged = still(&clip, STOLEN);
    let plain = sent_on(&forged);
    paint_on(&mut forged, Damage::Crack, 3);
    let mut world = World::new();
    world.add("forged", Role::Claim, sent_on(&forged));
    world.add("copy", Role::Claim, plain);
    world.add("clip", Role::Listing, clip);
    let driven = world
        .run(
            &mut Here::default(),
            Wanted {
                overlays: true,
                ..wanted()
            },
        )
        .unwrap();
    let [forged, copy] = &driven.inspection.photos[..] else {
        panic!("two answers");
    };
    let made = finding(forged, FindingCode::DerivedFromReference);
    assert_eq!(made.reference.as_deref(), Some("clip"));
    assert_eq!(made.numbers.get("reference_at_ms"), Some(&STOLEN_AT_MS));
    let edited = finding(forged, FindingCode::EditedRegion);
    assert_eq!(edited.reference.as_deref(), Some("clip"));
    assert!(!edited.boxes.is_empty());
    assert!(forged.verdict >= Verdict::Review);
    assert!(
        forged
            .overlays
            .iter()
            .any(|overlay| overlay.name.ends_with("aligned.jpg"))
    );
    // Without the paint it is a still of the shop's clip: asked for anew, held against nobody.
    let found = finding(copy, FindingCode::NotAPhotoOfTheDamage);
    assert_eq!(found.reference.as_deref(), Some("clip"));
    assert_eq!(found.numbers.get("reference_at_ms"), Some(&STOLEN_AT_MS));
    assert!(!copy.findings.iter().any(Finding::accuses));
}

#[test]
fn a_new_photo_of_an_item_whose_listing_is_a_clip_is_not_accused() {
    let clip = listing_clip();
    let mut world = World::new();
    for (number, damage) in [(1, Damage::Crack), (2, Damage::Chip)] {
        let at_home = mug()
            .damage(damage, number)
            .background(Background::Wood, number)
            .light(Light::in_a_room(number))
            .view(View::by_hand(number));
        let photo = Camera::phone(20 + number).develop(&at_home, 960, 720);
        world.add(
            &format!("at home {number}"),
            Role::Claim,
            encode_jpeg(&photo, 85, None),
        );
    }
    // On the shop's own stand, from almost where the clip was taken.
    let at_the_shop = mug().damage(Damage::Crack, 4).view(View {
        azimuth: 4.5,
        elevation: View::default().elevation + 1.5,
        ..View::default()
    });
    let photo = Camera::phone(30).develop(&at_the_shop, 960, 720);
    world.add("at the shop", Role::Claim, encode_jpeg(&photo, 85, None));
    world.add("clip", Role::Listing, clip);
    let driven = world.run(&mut Here::default(), wanted()).unwrap();
    for photo in &driven.inspection.photos {
        // It was compared: the clip was read.
        assert!(photo.seen.is_some(), "{}", photo.photo.name);
        assert!(
            photo
                .findings
                .iter()
                .all(|finding| finding.code != FindingCode::NotDecoded && !finding.accuses()),
            "{}: {:?}",
            photo.photo.name,
            photo.findings
        );
        assert_ne!(photo.verdict, Verdict::Intercept);
        if photo.photo.name.starts_with("at home") {
            assert_eq!(photo.verdict, Verdict::Clear, "{:?}", photo.findings);
        }
    }
}
