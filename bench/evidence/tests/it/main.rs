//! What the suite promises about itself: its truth is true, and a seed says everything.

use std::path::Path;

use aftercare_bench_evidence::chain::{Chain, deliver};
use aftercare_bench_evidence::damage::{self, Painted};
use aftercare_bench_evidence::donors::donors;
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
