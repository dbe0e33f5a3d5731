//! What was painted onto a reference is found where it is; what merely travelled is not called edited.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped pixel values and places inside a picture"
)]

use aftercare_evidence::edited::{
    AnnotationKind, Edit, FalseAlarms, heat_map_png, localize, mask_png,
};
use aftercare_evidence::geometry::Homography;
use aftercare_evidence::{PixelBox, Prepared};
use aftercare_scene::{Camera, Damage, ItemKind, RgbImage, Scene, encode_jpeg, paint_on};

fn listing(kind: ItemKind, seed: u64) -> RgbImage {
    Camera::phone(seed).develop(&Scene::new(kind, seed), 800, 600)
}

fn prepared(picture: &RgbImage) -> Prepared {
    Prepared::of_rgb(
        picture.as_raw(),
        picture.width() as usize,
        picture.height() as usize,
    )
    .expect("a picture of the right size")
}

fn delivered(picture: &RgbImage, quality: u8) -> RgbImage {
    image::load_from_memory(&encode_jpeg(picture, quality, None))
        .expect("our own JPEG")
        .to_rgb8()
}

/// `map` goes from pixels of the claim to pixels of the reference.
fn compared(claim: &RgbImage, reference: &RgbImage, map: &Homography) -> (Prepared, Edit) {
    let (claim, reference) = (prepared(claim), prepared(reference));
    let size = |photo: &Prepared| (photo.channels[0].width, photo.channels[0].height);
    let from = Homography::scaling(size(&claim), (claim.width, claim.height));
    let to = Homography::scaling((reference.width, reference.height), size(&reference));
    let whole = to.after(map).after(&from);
    let edit = localize(&claim, &reference, FalseAlarms::default(), &|x, y| {
        whole.apply(x, y)
    });
    (claim, edit)
}

/// F1 of the mask against the pixels that differ between two pictures of the claim's geometry.
fn agreement(edit: &Edit, before: &RgbImage, after: &RgbImage) -> f64 {
    let (width, height) = edit.size;
    let (mut both, mut either) = (0_u32, 0_u32);
    for (index, found) in edit.mask.iter().enumerate() {
        let at = |position: usize, side: usize, full: u32| {
            u32::try_from(position * full as usize / side).expect("inside the picture")
        };
        let x = at(index % width, width, before.width());
        let y = at(index / width, height, before.height());
        let (one, other) = (before.get_pixel(x, y).0, after.get_pixel(x, y).0);
        let painted = one.iter().zip(other).any(|(a, b)| a.abs_diff(b) > 8);
        both += 2 * u32::from(painted && *found);
        either += u32::from(painted) + u32::from(*found);
    }
    f64::from(both) / f64::from(either.max(1))
}

fn covers(found: &PixelBox, x: u32, y: u32) -> bool {
    (found.x..found.x + found.width).contains(&x) && (found.y..found.y + found.height).contains(&y)
}

#[test]
fn painted_damage_is_found_where_it_is() {
    for (kind, damage, least) in [
        (ItemKind::Mug, Damage::Stain, 0.85),
        (ItemKind::Plate, Damage::Chip, 0.85),
        (ItemKind::Lamp, Damage::Crack, 0.6),
    ] {
        let reference = listing(kind, 2_001);
        let mut forged = reference.clone();
        let area = paint_on(&mut forged, damage, 2_001);
        let claim = delivered(&forged, 80);
        let (_, edit) = compared(&claim, &reference, &Homography::IDENTITY);
        assert!(edit.edited, "{damage:?} on a {kind:?} was missed");
        let agreement = agreement(&edit, &reference, &forged);
        assert!(
            agreement >= least,
            "{damage:?} on a {kind:?}: the mask agrees to {agreement}"
        );
        let (x, y) = (area.x + area.width / 2, area.y + area.height / 2);
        assert!(
            edit.boxes.iter().any(|found| covers(found, x, y)),
            "{damage:?}: {:?}",
            edit.boxes
        );
    }
}

#[test]
fn fewer_false_alarms_ask_more_of_a_region() {
    let original = listing(ItemKind::Mug, 11);
    // The larger the paint, the fewer undamaged copies look like it.
    let edits = [20, 50, 110].map(|side| {
        let mut claim = original.clone();
        for x in 250..250 + side {
            for y in 200..200 + side {
                let pixel = claim.get_pixel_mut(x, y);
                pixel.0 = pixel.0.map(|level| level.saturating_sub(60));
            }
        }
        let (claim, reference) = (prepared(&claim), prepared(&original));
        let straight = |x, y| Some((x, y));
        [0.014_13, 0.01, FalseAlarms::LEAST].map(|share| {
            let share = FalseAlarms::at_most(share).expect("a share that was counted");
            localize(&claim, &reference, share, &straight).edited
        })
    });
    assert_eq!(
        edits,
        [
            [true, false, false],
            [true, true, false],
            [true, true, true]
        ]
    );
    assert_eq!(FalseAlarms::at_most(0.014_13), Ok(FalseAlarms::default()));
    for share in [0.0, 0.006, 1.1, -1.0, f64::NAN] {
        assert!(FalseAlarms::at_most(share).is_err(), "{share}");
    }
}

#[test]
fn a_stain_over_a_third_of_the_picture_is_not_taken_for_a_change_of_tone() {
    let reference = listing(ItemKind::Plate, 2_002);
    let mut forged = reference.clone();
    let (width, height) = forged.dimensions();
    for (x, y, pixel) in forged.enumerate_pixels_mut() {
        let across = f64::from(x) / f64::from(width) - 0.5;
        let down = f64::from(y) / f64::from(height) - 0.5;
        if across.hypot(down) < 0.33 {
            pixel.0 = [(0, 90_u16), (1, 55), (2, 25)].map(|(channel, color): (usize, u16)| {
                u8::try_from((u16::from(pixel.0[channel]) + color) / 2).expect("a mean of bytes")
            });
        }
    }
    let (_, edit) = compared(&delivered(&forged, 85), &reference, &Homography::IDENTITY);
    assert!(edit.edited);
    let agreement = agreement(&edit, &reference, &forged);
    assert!(agreement > 0.85, "the mask agrees to {agreement}");
}

#[test]
fn a_photo_that_only_travelled_is_not_edited() {
    let reference = listing(ItemKind::GiftBox, 2_003);
    let toned = RgbImage::from_fn(640, 480, |x, y| {
        // A crop of four fifths, brighter and warmer.
        let [red, green, blue] = reference.get_pixel(x + 90, y + 70).0.map(f64::from);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to a byte"
        )]
        let curve = |value: f64, gain: f64| {
            (255.0 * (value / 255.0).powf(0.85) * gain).clamp(0.0, 255.0) as u8
        };
        image::Rgb([curve(red, 1.05), curve(green, 1.0), curve(blue, 0.93)])
    });
    for quality in [35, 70, 95] {
        let claim = delivered(&delivered(&toned, quality), 75);
        let (_, edit) = compared(&claim, &reference, &Homography::translation(90.0, 70.0));
        assert!(!edit.edited, "quality {quality}: {}", edit.energy);
        assert!(edit.boxes.is_empty(), "{:?}", edit.boxes);
    }
}

#[test]
fn a_mirrored_claim_is_searched_too_and_the_answer_is_always_the_same() {
    let reference = listing(ItemKind::Kettle, 2_004);
    let mut forged = reference.clone();
    paint_on(&mut forged, Damage::Stain, 2_004);
    let mirrored = delivered(&image::imageops::flip_horizontal(&forged), 85);
    let back = Homography([-1.0, 0.0, 799.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let (claim, edit) = compared(&mirrored, &reference, &back);
    assert!(edit.edited);
    let (_, again) = compared(&mirrored, &reference, &back);
    assert_eq!(edit, again);
    let mask = image::load_from_memory(&mask_png(&edit)).expect("a PNG");
    assert_eq!((mask.width(), mask.height()), (1_024, 768));
    let overlay = image::load_from_memory(&heat_map_png(&claim, &edit)).expect("a PNG");
    assert_eq!((overlay.width(), overlay.height()), (1_024, 768));
}

#[test]
fn a_map_that_knows_nothing_finds_nothing() {
    let picture = listing(ItemKind::Mug, 2_005);
    let (one, other) = (prepared(&picture), prepared(&picture));
    let edit = localize(&one, &other, FalseAlarms::default(), &|_, _| None);
    assert!(!edit.edited && edit.boxes.is_empty());
    let far = localize(&one, &other, FalseAlarms::default(), &|x, y| {
        Some((x + 5_000.0, y))
    });
    assert!(!far.edited && far.boxes.is_empty());
}

/// A circle as people draw it with a finger.
fn circle(picture: &mut RgbImage, center: (f64, f64), radius: f64, color: [u8; 3]) {
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let away = (f64::from(x) - center.0).hypot(f64::from(y) - center.1);
        if (away - radius).abs() < 3.0 {
            pixel.0 = color;
        }
    }
}

#[test]
fn a_red_circle_is_an_annotation_and_no_edit() {
    let reference = listing(ItemKind::Kettle, 2_006);
    let mut marked = reference.clone();
    circle(&mut marked, (400.0, 300.0), 90.0, [230, 30, 30]);
    let claim = delivered(&marked, 80);
    let (_, edit) = compared(&claim, &reference, &Homography::IDENTITY);
    assert!(!edit.edited, "energy {}", edit.energy);
    let [annotation] = &edit.annotations[..] else {
        panic!("{:?}", edit.annotations);
    };
    assert_eq!(annotation.kind, AnnotationKind::Marker);
    assert!(covers(&annotation.place, 400, 300));
}

#[test]
fn a_crack_inside_a_red_circle_is_still_found() {
    let reference = listing(ItemKind::Kettle, 2_006);
    let mut forged = reference.clone();
    let area = paint_on(&mut forged, Damage::Crack, 2_006);
    let center = (
        f64::from(area.x) + f64::from(area.width) / 2.0,
        f64::from(area.y) + f64::from(area.height) / 2.0,
    );
    let radius = f64::from(area.width.max(area.height)) * 0.8;
    circle(&mut forged, center, radius, [230, 30, 30]);
    let (_, edit) = compared(&delivered(&forged, 80), &reference, &Homography::IDENTITY);
    assert!(edit.edited);
    assert_eq!(edit.annotations.len(), 1, "{:?}", edit.annotations);
    let (x, y) = (area.x + area.width / 2, area.y + area.height / 2);
    assert!(edit.boxes.iter().any(|found| covers(found, x, y)));
}

#[test]
fn a_date_stamped_into_the_corner_is_no_edit() {
    let reference = listing(ItemKind::Lamp, 2_007);
    let mut stamped = reference.clone();
    // Ten digits as bars: an upright with one or two crossbars each.
    for digit in 0..10_u32 {
        for y in 560..580_u32 {
            for x in 0..10_u32 {
                let bar = x < 3 || (y - 560) % (7 + digit % 2 * 4) < 3;
                if bar {
                    stamped.put_pixel(600 + digit * 16 + x, y, image::Rgb([255, 250, 240]));
                }
            }
        }
    }
    let claim = delivered(&stamped, 85);
    let (_, edit) = compared(&claim, &reference, &Homography::IDENTITY);
    assert!(!edit.edited, "energy {}", edit.energy);
    assert!(
        edit.annotations
            .iter()
            .any(|drawn| drawn.kind == AnnotationKind::Lettering),
        "{:?}",
        edit.annotations
    );
}

/// Every pixel through `change`, which is told its place as shares of the sides.
fn changed(picture: &RgbImage, change: impl Fn(f32, f32, f32) -> f32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let mut made = picture.clone();
    for (x, y, pixel) in made.enumerate_pixels_mut() {
        let (across, down) = (x as f32 / width as f32, y as f32 / height as f32);
        pixel.0 = pixel
            .0
            .map(|value| change(f32::from(value), across, down).clamp(0.0, 255.0) as u8);
    }
    made
}

#[test]
fn paint_over_nearly_all_of_a_photo_is_not_taken_for_a_change_of_tone() {
    let reference = listing(ItemKind::Carton, 2_011);
    let forged = changed(&reference, |value, across, down| {
        let cover = 0.6 + 0.15 * (9.0 * across).sin() * (7.0 * down).cos();
        let edge = ((across - 0.16) / 0.02).clamp(0.0, 1.0);
        value + (48.0 - value) * cover * edge
    });
    let (_, edit) = compared(&delivered(&forged, 80), &reference, &Homography::IDENTITY);
    assert!(edit.edited, "the paint was missed");
    let agreement = agreement(&edit, &reference, &forged);
    assert!(agreement >= 0.75, "the mask agrees to {agreement}");
}

#[test]
fn a_darker_exposure_that_shows_what_a_highlight_hid_is_no_edit() {
    let scene = listing(ItemKind::Kettle, 2_012);
    let bright = changed(&scene, |value, _, _| value * 1.5);
    let hidden = bright
        .pixels()
        .filter(|pixel| pixel.0.contains(&255))
        .count();
    assert!(hidden > 2_000, "nothing is blown out");
    let (_, edit) = compared(&delivered(&scene, 88), &bright, &Homography::IDENTITY);
    assert!(!edit.edited, "called edited with energy {}", edit.energy);
}

#[test]
fn reflections_on_a_tilted_screen_are_no_edit() {
    let reference = listing(ItemKind::Book, 2_013);
    let seen = |tilt: f64| {
        let map = Homography([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, tilt, tilt, 1.0]);
        let mut photo = reference.clone();
        for (x, y, pixel) in photo.enumerate_pixels_mut() {
            let place = map.apply(f64::from(x), f64::from(y));
            let (u, v) = place.expect("far from the horizon");
            let source = reference.get_pixel(u.round() as u32, v.round() as u32).0;
            let (across, down) = (x as f32 / 800.0, y as f32 / 600.0);
            let glare = 90.0 * (-60.0 * ((across - 0.4).powi(2) + (down - 0.5).powi(2))).exp();
            let grid = 5.0 * (0.9 * x as f32).sin() * (1.3 * y as f32).sin();
            pixel.0 = source.map(|value| (f32::from(value) + glare + grid).clamp(0.0, 255.0) as u8);
        }
        compared(&delivered(&photo, 88), &reference, &map).1
    };
    assert!(seen(0.0).edited, "a bright spot on a copy is an edit");
    let tilted = seen(0.000_06);
    assert!(!tilted.edited, "called edited: {:?}", tilted.numbers);
}
