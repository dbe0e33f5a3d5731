//! The camera adds noise, blur and vignette as a phone does.

use aftercare_scene::{Camera, ItemKind, RgbImage, Scene};

use crate::scenes::difference;

fn wall() -> Scene {
    Scene::new(ItemKind::BlankWall, 1)
}

fn mean(picture: &RgbImage, left: u32, top: u32) -> f64 {
    let sum: u32 = (0..20)
        .flat_map(|y| (0..20).map(move |x| (x, y)))
        .map(|(x, y)| u32::from(picture.get_pixel(left + x, top + y).0[1]))
        .sum();
    f64::from(sum) / 400.0
}

#[test]
fn frames_differ_only_by_noise() {
    let camera = Camera::phone(4);
    let first = camera.develop(&wall(), 200, 150);
    assert_eq!(first, camera.develop(&wall(), 200, 150));
    let second = camera.clone().frame(1).develop(&wall(), 200, 150);
    let noise = difference(&first, &second);
    assert!((0.2..4.0).contains(&noise), "{noise}");
}

#[test]
fn corners_are_darker() {
    let picture = Camera::phone(4).develop(&wall(), 200, 150);
    assert!(mean(&picture, 90, 65) > mean(&picture, 0, 0) + 2.0);
}

#[test]
fn blur_removes_detail_and_exposure_brightens() {
    let scene = Scene::new(ItemKind::GiftBox, 1);
    let detail = |picture: &RgbImage| -> f64 {
        let steps = picture.rows().map(|row| {
            let row: Vec<u8> = row.map(|pixel| pixel.0[1]).collect();
            row.windows(2)
                .map(|pair| f64::from(pair[0].abs_diff(pair[1])))
                .sum::<f64>()
        });
        steps.sum()
    };
    let sharp = Camera::phone(1).develop(&scene, 200, 150);
    let blurred = Camera::phone(1)
        .out_of_focus(30.0)
        .develop(&scene, 200, 150);
    assert!(detail(&blurred) < detail(&sharp) * 0.6);
    let dark = Camera::phone(1).exposure(0.4).develop(&scene, 200, 150);
    assert!(mean(&dark, 20, 100) + 20.0 < mean(&sharp, 20, 100));
}

#[test]
fn cameras_differ() {
    let scene = Scene::new(ItemKind::Lamp, 1);
    let one = Camera::phone(1).develop(&scene, 160, 120);
    let other = Camera::phone(2).develop(&scene, 160, 120);
    assert!(difference(&one, &other) > 1.0);
}
