//! Scenes repeat from their seeds and differ where they should.

use aftercare_scene::{Background, ItemKind, Light, RgbImage, Scene, View};

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
