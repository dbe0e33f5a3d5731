//! Damage of the object is where the object is; painted damage is only where it was painted.

use aftercare_scene::{Background, Damage, ItemKind, RgbImage, Scene, View, paint_on};

/// The bounding box of the pixels that differ: left, top, right, bottom; and how many.
fn changed(one: &RgbImage, other: &RgbImage) -> Option<((u32, u32, u32, u32), usize)> {
    let mut bounds: Option<(u32, u32, u32, u32)> = None;
    let mut count = 0;
    for (x, y, pixel) in one.enumerate_pixels() {
        if pixel != other.get_pixel(x, y) {
            let (left, top, right, bottom) = bounds.unwrap_or((x, y, x, y));
            bounds = Some((left.min(x), top.min(y), right.max(x), bottom.max(y)));
            count += 1;
        }
    }
    bounds.map(|bounds| (bounds, count))
}

#[test]
fn every_product_can_be_damaged_in_every_way() {
    for kind in ItemKind::PRODUCTS {
        for damage in Damage::ALL {
            let scene = Scene::new(kind, 3)
                .background(Background::Plain, 1)
                .view(View::default())
                .yaw(0.0);
            let whole = scene.render(240, 180);
            let broken = scene.damage(damage, 7).render(240, 180);
            let Some((_, count)) = changed(&whole, &broken) else {
                panic!("{kind:?} {damage:?} shows nothing")
            };
            assert!(count > 25, "{kind:?} {damage:?}: {count} pixels");
            assert!(count < 240 * 180 / 5, "{kind:?} {damage:?}: {count} pixels");
        }
    }
}

#[test]
fn damage_moves_with_the_object() {
    let scene = |azimuth, shift| {
        Scene::new(ItemKind::Mug, 3)
            .background(Background::Plain, 1)
            .yaw(0.0)
            .view(View {
                azimuth,
                shift: (shift, 0.0),
                ..View::default()
            })
    };
    let place = |scene: Scene| {
        let whole = scene.render(240, 180);
        changed(&whole, &scene.damage(Damage::Stain, 2).render(240, 180)).map(|(bounds, _)| bounds)
    };
    let (left, top, right, bottom) = place(scene(0.0, 0.0)).expect("seen from the front");
    // The picture moves by a quarter of the shorter side: 45 pixels.
    let (moved_left, moved_top, ..) = place(scene(0.0, 0.25)).expect("seen from the front");
    assert!(moved_left.abs_diff(left + 45) <= 3 && moved_top.abs_diff(top) <= 3);
    // Walking around to the right, the front turns to the left.
    let (turned_left, _, turned_right, _) = place(scene(25.0, 0.0)).expect("still seen");
    assert!(turned_left + turned_right + 10 < left + right);
    assert!(bottom > top);
    // From behind it cannot be seen, except for a little light.
    let behind = scene(180.0, 0.0);
    let whole = behind.render(240, 180);
    let count = changed(&whole, &behind.damage(Damage::Stain, 2).render(240, 180))
        .map_or(0, |(_, count)| count);
    assert!(count < 100, "{count}");
}

#[test]
fn seeds_shape_the_damage() {
    let scene = Scene::new(ItemKind::Plate, 3);
    let one = scene.clone().damage(Damage::Crack, 1).render(160, 120);
    assert_eq!(one, scene.clone().damage(Damage::Crack, 1).render(160, 120));
    assert_ne!(one, scene.damage(Damage::Crack, 2).render(160, 120));
}

#[test]
fn painted_damage_stays_in_its_area() {
    let original = Scene::new(ItemKind::GiftBox, 2).render(240, 180);
    for damage in Damage::ALL {
        for seed in 0..4 {
            let mut painted = original.clone();
            let area = paint_on(&mut painted, damage, seed);
            let Some(((left, top, right, bottom), count)) = changed(&original, &painted) else {
                panic!("{damage:?} {seed} painted nothing")
            };
            assert!(count > 40, "{damage:?} {seed}: {count}");
            assert!(left >= area.x && top >= area.y);
            assert!(right < area.x + area.width && bottom < area.y + area.height);
            assert!(area.x + area.width <= 240 && area.y + area.height <= 180);
        }
    }
}
