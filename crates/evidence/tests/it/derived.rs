//! A copy of a photo is told from a new photo, also of a flat thing, and from nothing in common.

use aftercare_evidence::derived::{Exactness, Relation, compare};
use aftercare_evidence::edited::FalseAlarms;
use aftercare_evidence::geometry::Homography;
use aftercare_evidence::inspect::Role;
use aftercare_evidence::session::{InspectPhoto, Session};
use aftercare_evidence::{Finding, FindingCode};
use aftercare_scene::{
    Background, Camera, Damage, ItemKind, Light, Scene, View, encode_jpeg, paint_on,
};

use crate::cross_view::loaded;
use crate::register::{derived, prepared};

const SIDES: (u32, u32) = (960, 720);

fn shot(scene: &Scene, phone: u64) -> aftercare_scene::RgbImage {
    Camera::phone(phone).develop(scene, SIDES.0, SIDES.1)
}

#[test]
fn a_painted_copy_is_derived_however_it_was_cut_and_sent() {
    for (number, kind) in [ItemKind::GiftBox, ItemKind::FruitBox, ItemKind::Mug]
        .into_iter()
        .enumerate()
    {
        let seed = 2_100 + number as u64;
        let listing = shot(&Scene::new(kind, seed), seed);
        let reference = prepared(&encode_jpeg(&listing, 92, None));
        let mut forged = listing.clone();
        paint_on(&mut forged, Damage::Crack, seed);
        let whole = Homography::scaling((800, 600), (960, 720));
        let part = Homography([1.0, 0.0, 150.0, 0.0, 1.0, 90.0, 0.0, 0.0, 1.0]);
        let mirrored = Homography([-1.0, 0.0, 959.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        for (map, width, height, quality) in [
            (whole, 800, 600, 70),
            (part, 720, 540, 85),
            (mirrored, 960, 720, 80),
        ] {
            let claim = prepared(&derived(&forged, &map, width, height, quality));
            let comparison = compare(&claim, &reference);
            assert_eq!(
                comparison.relation,
                Relation::DerivedFromReference,
                "{kind:?} {width}: {:?}",
                comparison.measures
            );
            assert_eq!(
                comparison.alignment.expect("an alignment").mirrored,
                map.area_factor() < 0.0
            );
        }
    }
}

#[test]
fn new_photos_by_hand_are_never_derived() {
    for (number, kind) in [
        ItemKind::GiftBox,
        ItemKind::Book,
        ItemKind::Document,
        ItemKind::Mug,
    ]
    .into_iter()
    .enumerate()
    {
        let seed = 2_200 + number as u64;
        let scene = Scene::new(kind, seed);
        let reference = prepared(&encode_jpeg(&shot(&scene, seed), 92, None));
        // The same flat thing on the same table from nearly the same place, elsewhere, and another one.
        let near = View {
            azimuth: 3.0,
            elevation: if kind == ItemKind::Document {
                85.5
            } else {
                36.0
            },
            distance: 1.04,
            ..View::default()
        };
        let elsewhere = scene
            .clone()
            .background(Background::Cloth, seed)
            .light(Light::in_a_room(seed + 1));
        for claim in [
            scene.clone().view(near),
            elsewhere,
            scene.retaken(seed),
            Scene::new(kind, seed + 50),
        ] {
            let claim = prepared(&encode_jpeg(&shot(&claim, seed + 9), 92, None));
            let comparison = compare(&claim, &reference);
            assert_ne!(
                comparison.relation,
                Relation::DerivedFromReference,
                "{kind:?}: {:?}",
                comparison.measures
            );
        }
    }
}

#[test]
fn a_second_exposure_on_a_stand_is_never_exact_and_a_good_copy_is() {
    let scene = Scene::new(ItemKind::Plate, 2_300);
    let phone = Camera::phone(2_300);
    let first = phone.develop(&scene, 1_280, 960);
    let reference = prepared(&encode_jpeg(&first, 92, None));
    let copy = prepared(&encode_jpeg(&first, 86, None));
    let comparison = compare(&copy, &reference);
    assert_eq!(
        comparison.exactness,
        Some(Exactness::Exact),
        "{:?}",
        comparison.noise
    );
    for second in [
        phone.clone().frame(1),
        phone.clone().frame(2).exposure(1.2),
        phone.clone().frame(3).out_of_focus(1.0),
    ] {
        let second = prepared(&encode_jpeg(&second.develop(&scene, 1_280, 960), 92, None));
        let comparison = compare(&second, &reference);
        assert_ne!(
            comparison.exactness,
            Some(Exactness::Exact),
            "{:?}",
            comparison.noise
        );
    }
}

/// Smooth ware on a plain ground: hardly a block has a place that is firm in every direction.
#[test]
fn a_copy_of_smooth_ware_is_derived_and_a_new_photo_from_nearly_the_same_place_is_not() {
    let scene = Scene::new(ItemKind::Plate, 2_403).background(Background::Plain, 2_403);
    let listing = shot(&scene, 2_403);
    let reference = prepared(&encode_jpeg(&listing, 92, None));
    let mut forged = listing.clone();
    paint_on(&mut forged, Damage::Crack, 2_403);
    let smaller = Homography::scaling((800, 600), (960, 720));
    let claim = prepared(&derived(&forged, &smaller, 800, 600, 60));
    let comparison = compare(&claim, &reference);
    assert_eq!(
        comparison.relation,
        Relation::DerivedFromReference,
        "{:?}",
        comparison.measures
    );
    let view = View {
        azimuth: 1.0,
        elevation: View::default().elevation + 0.5,
        ..View::default()
    };
    let again = prepared(&encode_jpeg(&shot(&scene.view(view), 2_404), 92, None));
    let comparison = compare(&again, &reference);
    assert_ne!(
        comparison.relation,
        Relation::DerivedFromReference,
        "{:?}",
        comparison.measures
    );
}

#[test]
fn the_listing_s_table_from_a_moved_camera_is_the_same_place_and_another_table_is_not() {
    let scene = Scene::new(ItemKind::Carton, 2_500).background(Background::Wood, 2_500);
    let reference = prepared(&encode_jpeg(&shot(&scene, 2_500), 92, None));
    let moved = View {
        azimuth: 2.0,
        ..View::default()
    };
    let claim = prepared(&encode_jpeg(
        &shot(&scene.clone().view(moved), 2_501),
        88,
        None,
    ));
    let comparison = compare(&claim, &reference);
    assert_eq!(
        comparison.relation,
        Relation::SamePlace,
        "{:?}",
        comparison.measures
    );
    let elsewhere = scene
        .retaken(2_502)
        .background(Background::Cloth, 2_502)
        .view(moved);
    let claim = prepared(&encode_jpeg(&shot(&elsewhere, 2_502), 88, None));
    assert_ne!(compare(&claim, &reference).relation, Relation::SamePlace);
}

#[test]
fn a_sheet_on_another_table_is_not_taken_for_a_print_of_the_listing() {
    let seed = 2_500;
    let on = |ground: Background, light: u64, elevation: f32, azimuth: f32| {
        Scene::new(ItemKind::Document, seed)
            .background(ground, seed + light)
            .light(Light::in_a_room(light))
            .view(View {
                elevation,
                azimuth,
                distance: 0.9,
                ..View::default()
            })
    };
    let listing = shot(&on(Background::Stone, 1, 84.0, 0.0), seed);
    let reference = prepared(&encode_jpeg(&listing, 92, None));
    let home = shot(&on(Background::Cloth, 5, 64.0, -12.0), seed + 1);
    let found = compare(&prepared(&encode_jpeg(&home, 90, None)), &reference);
    assert_eq!(
        found.relation,
        Relation::SameItemNewPhoto,
        "{:?}",
        found.measures
    );
    // A photo of a print of the listing shows the listing's table too.
    let tilted = Homography([0.94, 0.02, 14.0, 0.01, 0.95, 9.0, 2e-5, 4e-5, 1.0]);
    let print = prepared(&derived(&listing, &tilted, 960, 720, 90));
    let found = compare(&print, &reference);
    assert_eq!(
        found.relation,
        Relation::SameFlatSurface,
        "{:?}",
        found.measures
    );
}

#[test]
fn a_fabric_that_every_exposure_repeats_is_not_taken_for_noise() {
    for seed in 2_600..2_604 {
        let scene = Scene::new(ItemKind::BlankWall, seed).background(Background::Cloth, seed);
        let frame = |number: u64| {
            let picture = Camera::phone(seed)
                .frame(number)
                .develop(&scene, SIDES.0, SIDES.1);
            prepared(&encode_jpeg(&picture, 93, None))
        };
        let comparison = compare(&frame(1), &frame(0));
        assert_ne!(
            comparison.exactness,
            Some(Exactness::Exact),
            "{seed}: {:?}",
            comparison.noise
        );
    }
}

#[test]
fn the_grain_of_a_table_beside_overexposed_paper_is_not_taken_for_noise() {
    for seed in 2_700..2_704 {
        let scene = Scene::new(ItemKind::Document, seed).background(Background::Wood, seed);
        let phone = Camera::phone(seed);
        let [usual, bright] = [phone.clone().frame(0), phone.frame(1).exposure(1.35)]
            .map(|camera| prepared(&encode_jpeg(&camera.develop(&scene, 1_280, 960), 93, None)));
        for (claim, reference) in [(&bright, &usual), (&usual, &bright)] {
            let comparison = compare(claim, reference);
            assert_ne!(
                comparison.exactness,
                Some(Exactness::Exact),
                "{seed}: {:?}",
                comparison.noise
            );
        }
    }
}

/// The answer to a photo that was taken against one listing picture, or two.
fn flat_answer(print: &[u8], listings: &[&[u8]]) -> Finding {
    let mut session = Session::default();
    let photo = loaded(&mut session, 0, Role::Claim, print);
    let references = (1..)
        .zip(listings)
        .map(|(number, file)| loaded(&mut session, number, Role::Listing, file))
        .collect();
    let inspection = session
        .inspect(InspectPhoto {
            photo: photo.clone(),
            views: vec![photo],
            references,
            unread: Vec::new(),
            reuse: Vec::new(),
            overlays: false,
            false_alarms: FalseAlarms::default(),
        })
        .expect("all were loaded");
    let mut findings = inspection.findings.into_iter();
    findings
        .find(|finding| finding.code == FindingCode::SameFlatSurface)
        .expect("a flat surface")
}

#[test]
fn a_print_of_the_listing_is_told_where_another_listing_picture_shows_depth() {
    let scene = Scene::new(ItemKind::Book, 77);
    let from = |azimuth: f32, frame: u64| {
        let view = View {
            azimuth,
            elevation: 40.0,
            distance: 1.1,
            ..View::default()
        };
        Camera::phone(5)
            .frame(frame)
            .develop(&scene.clone().view(view), SIDES.0, SIDES.1)
    };
    let (front, side) = (from(4.0, 0), from(26.0, 1));
    let [front_file, side_file] = [&front, &side].map(|picture| encode_jpeg(picture, 92, None));
    let tilted = Homography([1.04, 0.02, -6.0, 0.01, 1.05, -9.0, 2e-5, 4e-5, 1.0]);
    let print = derived(&front, &tilted, 960, 720, 90);
    let alone = flat_answer(&print, &[&front_file]);
    assert!(
        alone.en.contains("a new photo of a flat item"),
        "{}",
        alone.en
    );
    let with_depth = flat_answer(&print, &[&front_file, &side_file]);
    assert_eq!(with_depth.numbers.get("goods_with_depth"), Some(&1));
    assert!(with_depth.en.contains("not flat"), "{}", with_depth.en);
    assert!(with_depth.zh.contains("立体"), "{}", with_depth.zh);
    assert!(!with_depth.accuses());
    // One face of it is flat for everybody: a part of the picture says nothing about depth.
    let part = Homography([0.62, 0.01, 180.0, 0.005, 0.63, 130.0, 2e-5, 4e-5, 1.0]);
    let face = flat_answer(
        &derived(&front, &part, 960, 720, 90),
        &[&front_file, &side_file],
    );
    assert_eq!(face.numbers.get("goods_with_depth"), None);
}
