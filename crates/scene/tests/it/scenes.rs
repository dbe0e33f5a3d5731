//! Scenes repeat from their seeds and differ where they should.

use aftercare_scene::{Background, Camera, ItemKind, Light, Neighbor, RgbImage, Scene, View};

/// The mean difference of two pictures of the same size, in steps of 255.
pub(crate) fn difference(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let sum: u64 = one
        .iter()
        .zip(other.iter())
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    f64::from(u32::try_from(sum).expect("small pictures"))
        / f64::from(one.width() * one.height() * 3)
}

#[test]
fn the_same_seed_gives_the_same_picture() {
    for kind in ItemKind::ALL {
        assert_eq!(
            Scene::new(kind, 5).render(120, 90),
            Scene::new(kind, 5).render(120, 90),
            "{kind:?}"
        );
    }
}

#[test]
fn kinds_designs_and_takes_differ() {
    let pictures: Vec<RgbImage> = ItemKind::PRODUCTS
        .into_iter()
        .flat_map(|kind| {
            [
                Scene::new(kind, 1),
                Scene::new(kind, 2),
                Scene::new(kind, 1).retaken(3),
            ]
        })
        .map(|scene| scene.render(120, 90))
        .collect();
    for (index, one) in pictures.iter().enumerate() {
        for other in &pictures[..index] {
            assert!(difference(one, other) > 4.0);
        }
    }
}

#[test]
fn every_setting_changes_the_picture() {
    let scene = Scene::new(ItemKind::Kettle, 2);
    let base = scene.render(120, 90);
    let changed = [
        scene.clone().background(Background::Cloth, 9),
        scene.clone().view(View {
            azimuth: 70.0,
            ..View::default()
        }),
        scene.clone().light(Light {
            azimuth: -100.0,
            elevation: 40.0,
            strength: 0.6,
            warmth: 0.9,
        }),
        scene.clone().yaw(90.0),
    ];
    for scene in changed {
        assert!(difference(&base, &scene.render(120, 90)) > 2.0, "{scene:?}");
    }
}

#[test]
fn the_item_fills_the_middle_and_casts_a_shadow() {
    for kind in ItemKind::PRODUCTS {
        let scene = Scene::new(kind, 4)
            .background(Background::Plain, 1)
            .view(View::default());
        let with = scene.render(160, 120);
        let without = Scene::new(ItemKind::BlankWall, 4)
            .background(Background::Plain, 1)
            .view(View::default())
            .render(160, 120);
        let changed = with
            .pixels()
            .zip(without.pixels())
            .filter(|(a, b)| a != b)
            .count();
        assert!(changed > 160 * 120 / 8, "{kind:?}: {changed} pixels");
        assert_ne!(
            with.get_pixel(80, 62),
            without.get_pixel(80, 62),
            "{kind:?}"
        );
    }
}

#[test]
fn extreme_views_and_sizes_are_rendered() {
    let scene = Scene::new(ItemKind::Mug, 1);
    for view in [
        View {
            elevation: 90.0,
            ..View::default()
        },
        View {
            elevation: -30.0,
            ..View::default()
        },
        View {
            distance: 0.0,
            ..View::default()
        },
        View {
            azimuth: 720.0,
            roll: 180.0,
            distance: 30.0,
            ..View::default()
        },
        View {
            shift: (3.0, -3.0),
            ..View::default()
        },
    ] {
        let picture = scene.clone().view(view).render(64, 48);
        assert_eq!(picture.dimensions(), (64, 48));
    }
    assert_eq!(scene.render(0, 1).dimensions(), (16, 16));
    assert_eq!(scene.render(30, 200).dimensions(), (30, 200));
}

/// The mean difference, to one decimal place too many for noise to matter.
fn changes(one: &Scene, other: &Scene) -> bool {
    difference(&one.render(160, 120), &other.render(160, 120)) > 0.3
}

#[test]
fn another_unit_of_a_print_differs_and_other_ware_does_not() {
    for kind in [ItemKind::Carton, ItemKind::Book, ItemKind::GiftBox] {
        let scene = Scene::new(kind, 3);
        assert!(changes(&scene, &scene.clone().unit(2)), "{kind:?}");
        assert!(!changes(&scene, &scene.clone().unit(0)), "{kind:?}");
    }
    let mug = Scene::new(ItemKind::Mug, 3);
    assert!(!changes(&mug, &mug.clone().unit(2)));
}

#[test]
fn a_neighbor_stands_beside_the_item_and_leaves_the_framing_alone() {
    let scene = Scene::new(ItemKind::Mug, 3).background(Background::Plain, 1);
    let neighbor = Neighbor {
        kind: ItemKind::Carton,
        design: 5,
        place: (-14.0, 10.0),
        yaw: 20.0,
    };
    let beside = scene.clone().neighbor(neighbor);
    let (alone, together) = (scene.render(160, 120), beside.render(160, 120));
    let column = |picture: &RgbImage, x: u32| {
        (0..120)
            .map(|y| u32::from(picture.get_pixel(x, y).0[1]))
            .sum::<u32>()
    };
    let changed: Vec<u32> = (0..160)
        .filter(|x| column(&alone, *x).abs_diff(column(&together, *x)) > 600)
        .collect();
    assert!(changed.len() > 15, "the carton is seen");
    assert!(changed.iter().all(|x| *x < 90), "at the left: {changed:?}");
}

#[test]
fn a_camera_that_pans_moves_the_item_across_the_picture() {
    let scene = Scene::new(ItemKind::Carton, 3).background(Background::Plain, 1);
    let panned = |pan| {
        scene.clone().view(View {
            pan,
            ..View::default()
        })
    };
    assert!(changes(&panned((0.0, 0.0)), &panned((6.0, 0.0))));
    assert!(changes(&panned((0.0, 0.0)), &panned((0.0, 6.0))));
}

#[test]
fn frames_of_a_camera_that_does_not_move_can_share_their_light() {
    let scene = Scene::new(ItemKind::Kettle, 3);
    let camera = Camera::phone(4).frame(2);
    let light = camera.expose_to(&scene, 160, 120);
    assert_eq!(
        camera.develop(&scene, 160, 120),
        camera.develop_exposure(light.clone())
    );
    let warm = camera.balance(0.9).develop_exposure(light);
    let mean = |channel: usize| {
        warm.pixels()
            .map(|pixel| u64::from(pixel.0[channel]))
            .sum::<u64>()
    };
    assert!(mean(0) > mean(2));
}
