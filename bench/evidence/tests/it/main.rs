//! What the suite promises about itself: its truth is true, and a seed says everything.

use std::path::Path;

use aftercare_bench_evidence::chain::{Chain, deliver};
use aftercare_bench_evidence::damage::{self, Painted};
use aftercare_bench_evidence::donors::donors;
use aftercare_bench_evidence::phone::{self, Habit};
use aftercare_bench_evidence::picture::{Map, Picture, decode};
use aftercare_bench_evidence::suite::{Item, Shot};

const SIDE: u32 = 480;

#[test]
fn every_damage_is_seen_where_its_mask_says_and_nowhere_else() {
    let item = Item::new(7, 1);
    let original = item.render(Shot::Listing(0), SIDE);
    let donors = donors(Path::new(env!("CARGO_TARGET_TMPDIR")), 7, 3).expect("donors");
    for kind in Painted::ALL {
        let picture = damage::paint(&original, kind, 5, &donors);
        let share = picture.edited_share();
        match kind {
            Painted::Tiny => assert!(share > 0.0 && share < 0.001, "{kind:?} {share}"),
            Painted::Large => assert!(share > 0.4, "{kind:?} {share}"),
            _ => assert!(share > 0.001 && share < 0.2, "{kind:?} {share}"),
        }
        let outside = damage::changed_pixels(&original, &picture.rgb, 8)
            .iter()
            .zip(picture.mask.iter())
            .filter(|(changed, mask)| **changed > 0 && **mask == 0)
            .count();
        assert_eq!(outside, 0, "{kind:?}");
    }
}

#[test]
fn the_mask_arrives_where_the_damage_arrives() {
    let item = Item::new(7, 2);
    let original = item.render(Shot::Listing(0), SIDE);
    let forged = damage::paint(&original, Painted::Burn, 5, &[]);
    // The same mask on the untouched picture, so that crops fall on the same place.
    let untouched = Picture {
        rgb: original.clone(),
        mask: forged.mask.clone(),
    };
    for chain in Chain::ALL {
        let with = deliver(&forged, chain, 9, std::slice::from_ref(&original)).expect("delivers");
        let without =
            deliver(&untouched, chain, 9, std::slice::from_ref(&original)).expect("delivers");
        let (with_rgb, without_rgb) = (
            decode(&with.file).expect("opens"),
            decode(&without.file).expect("opens"),
        );
        assert_eq!(with.mask.dimensions(), with_rgb.dimensions(), "{chain:?}");
        assert_eq!(with.mask, without.mask, "{chain:?}");
        let near = damage::spread(&with.mask, 5, true);
        let (mut inside, mut all) = (0_u64, 0_u64);
        for ((a, b), near) in with_rgb.pixels().zip(without_rgb.pixels()).zip(near.iter()) {
            let change = u64::from(a.0[1].abs_diff(b.0[1]).saturating_sub(10));
            all += change;
            if *near > 0 {
                inside += change;
            }
        }
        assert!(all > 2_000, "{chain:?} shows the damage: {all}");
        assert!(inside * 100 > all * 93, "{chain:?}: {inside} of {all}");
    }
}

#[test]
fn a_seed_says_everything() {
    let item = Item::new(3, 11);
    for shot in [Shot::Listing(0), Shot::Intact(1), Shot::Stand(4)] {
        assert_eq!(
            item.render(shot, 160),
            Item::new(3, 11).render(shot, 160),
            "{shot:?}"
        );
    }
    assert_ne!(
        item.render(Shot::Listing(0), 160),
        Item::new(4, 11).render(Shot::Listing(0), 160)
    );
    let original = item.render(Shot::Listing(0), SIDE);
    let once = damage::paint(&original, Painted::Mold, 8, &[]);
    let again = damage::paint(&original, Painted::Mold, 8, &[]);
    assert_eq!(once.rgb, again.rgb);
    for chain in [Chain::ScreenPhoto, Chain::Combined, Chain::Noise] {
        let one = deliver(&once, chain, 2, &[]).expect("delivers");
        let other = deliver(&again, chain, 2, &[]).expect("delivers");
        assert_eq!(one.file, other.file, "{chain:?}");
    }
}

#[test]
fn frames_of_a_stand_show_the_same_and_other_photos_do_not() {
    let item = Item::new(3, 5);
    let frame = |shot| item.render(shot, 240);
    let difference = |a: &aftercare_scene::RgbImage, b: &aftercare_scene::RgbImage| {
        let sum: u64 = a
            .iter()
            .zip(b.iter())
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        sum as f64 / a.len() as f64
    };
    let first = frame(Shot::Stand(0));
    assert!(difference(&first, &frame(Shot::Stand(1))) < 4.0);
    assert_ne!(first, frame(Shot::Stand(1)));
    assert!(difference(&first, &frame(Shot::Intact(0))) > 8.0);
}

#[test]
fn twenty_items_in_a_row_show_every_habit() {
    for first in [0, 20, 133] {
        let shown: Vec<Habit> = (first..first + 20)
            .flat_map(|number| phone::habits(&Item::new(1, number)))
            .map(|(_, habit)| habit)
            .collect();
        for habit in Habit::ALL {
            assert!(shown.contains(&habit), "{habit:?} from {first}");
            assert_eq!(Habit::by_name(habit.name()), Some(habit));
        }
    }
}

#[test]
fn every_habit_changes_a_photo_and_does_it_the_same_way_again() {
    let item = Item::new(7, 1);
    let shot = Shot::Damaged(0);
    let photo = item.render(shot, SIDE);
    let own = [item.render(Shot::Damaged(1), SIDE)];
    let untouched = Picture::clean(photo.clone());
    for habit in Habit::ALL {
        let (once, chain) = phone::sent(&item, shot, &photo, habit, 5, &own).expect("is sent");
        let (again, _) = phone::sent(&item, shot, &photo, habit, 5, &own).expect("is sent");
        assert_eq!(once.file, again.file, "{habit:?}");
        assert!(once.mask.iter().all(|value| *value == 0), "{habit:?}");
        if chain.name().starts_with("jpeg") {
            let plain = deliver(&untouched, chain, 5, &own).expect("delivers");
            assert_ne!(once.file, plain.file, "{habit:?}");
        }
    }
}

#[test]
fn the_portrait_outline_keeps_goods_and_leaves_the_table() {
    for number in [0, 1, 2] {
        let mask = phone::subject(&Item::new(7, number), Shot::Damaged(0));
        let (width, height) = mask.dimensions();
        let middle = mask.get_pixel(width / 2, height / 2).0[0];
        let corner = mask.get_pixel(width - 8, height - 4).0[0];
        assert!(middle > 200, "{number}: the goods are kept: {middle}");
        assert!(corner < 60, "{number}: the table is blurred: {corner}");
    }
}

#[test]
fn a_later_photo_has_another_light_and_an_earlier_one_no_damage() {
    for number in 0..6 {
        let item = Item::new(3, number);
        let (near, later) = (
            item.render(item.later_session(), 160),
            item.render(Shot::LaterLight, 160),
        );
        let mean = |picture: &aftercare_scene::RgbImage, channel: usize| {
            let sum: u64 = picture.pixels().map(|p| u64::from(p.0[channel])).sum();
            sum as f64 / f64::from(picture.width() * picture.height())
        };
        let warmth = |picture| mean(picture, 0) / mean(picture, 2);
        let change = (mean(&near, 1) / mean(&later, 1)).ln().abs()
            + (warmth(&near) / warmth(&later)).ln().abs();
        assert!(change > 0.03, "item {number}: {change}");
    }
    let item = Item::new(3, 0);
    let before = item.render(Shot::BeforeDamage, 240);
    let after = item.render(Shot::Damaged(item.before_view()), 240);
    let differing = before
        .pixels()
        .zip(after.pixels())
        .filter(|(a, b)| (0..3).any(|c| a.0[c].abs_diff(b.0[c]) > 30))
        .count();
    let all = (before.width() * before.height()) as usize;
    assert!(differing > 4 && differing < all / 5, "{differing} of {all}");
}

#[test]
fn maps_undo_and_follow_each_other() {
    let from = [(0.0, 0.0), (99.0, 0.0), (99.0, 79.0), (0.0, 79.0)];
    let to = [(5.0, 9.0), (90.0, 2.0), (97.0, 75.0), (1.0, 70.0)];
    let map = Map::between(from, to);
    for (corner, target) in from.into_iter().zip(to) {
        let (x, y) = map.apply(corner.0, corner.1);
        assert!((x - target.0).abs() < 1e-6 && (y - target.1).abs() < 1e-6);
        let (x, y) = map.then(&map.inverse()).apply(corner.0, corner.1);
        assert!((x - corner.0).abs() < 1e-6 && (y - corner.1).abs() < 1e-6);
    }
}
