//! A copy is found, also through a crop and a turn; another photo is not.

use aftercare_exchange::limits::{PDQ_DISTANCE_MAX, PDQ_QUALITY_MIN};
use aftercare_exchange::{Effect, Found, How, Index, Item, Pdq, Query, Random};
use aftercare_ledger::Hash;
use proptest::prelude::*;

use crate::samples::Picture;

/// Items at the places 0, 10, 20, and so on, added in batches.
fn index(items: &[Item], batch: usize) -> Index {
    let mut index = Index::new();
    let places: Vec<u32> = (0_u32..)
        .zip(items)
        .map(|(number, _)| number * 10)
        .collect();
    for new in places.chunks(batch) {
        index.add(new, |place| at(items, place));
    }
    index
}

fn at(items: &[Item], place: u64) -> Option<&Item> {
    place
        .is_multiple_of(10)
        .then(|| items.get(usize::try_from(place / 10).unwrap()))?
}

fn search(index: &Index, items: &[Item], query: &Query) -> Vec<Found> {
    index.search(query, |place| at(items, place), |_| true)
}

fn items(count: u64) -> Vec<Item> {
    (0..count).map(|seed| Picture::new(seed).item(1)).collect()
}

#[test]
fn the_same_bytes_are_found_and_named_first() {
    let items = items(50);
    let index = index(&items, 7);
    assert_eq!(index.len(), 50);
    let found = search(&index, &items, &Picture::new(17).query());
    let expected = Found {
        item: 170,
        how: How::SameBytes,
    };
    assert_eq!(found, [expected]);
}

#[test]
fn a_part_that_was_turned_is_found_when_the_verification_holds() {
    let items = items(300);
    let index = index(&items, 300);
    let part = Picture::new(123).part(90).query();
    let found = search(&index, &items, &part);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].item, 1_230);
    assert!(
        matches!(found[0].how, How::Part { votes } if votes >= 8),
        "{found:?}"
    );
    let mut asked = 0;
    let none = index.search(
        &part,
        |place| at(&items, place),
        |_| {
            asked += 1;
            false
        },
    );
    assert_eq!((none, asked), (Vec::new(), 1));
}

#[test]
fn another_photo_is_like_none() {
    let items = items(300);
    let index = index(&items, 64);
    for seed in 1_000..1_100 {
        let found = search(&index, &items, &Picture::new(seed).query());
        assert_eq!(found, []);
        assert_eq!(Effect::of(&found), Effect::Nothing);
    }
}

#[test]
fn what_does_not_count_is_not_found() {
    let items = items(20);
    let index = index(&items, 20);
    let found = index.search(&Picture::new(3).query(), |_| None, |_| true);
    assert_eq!(found, []);
}

#[test]
fn a_hash_of_a_plain_picture_is_not_compared() {
    let mut items = items(3);
    let mut query = Picture::new(1).query();
    query.sha256 = Hash([9; 32]);
    query.points.clear();
    assert_eq!(search(&index(&items, 3), &items, &query).len(), 1);
    query.quality = PDQ_QUALITY_MIN - 1;
    assert_eq!(search(&index(&items, 3), &items, &query), []);
    query.quality = 100;
    items[1].print.quality = PDQ_QUALITY_MIN - 1;
    assert_eq!(search(&index(&items, 3), &items, &query), []);
}

/// Items with nothing but a hash.
fn hashes(count: usize, random: &mut Random) -> Vec<Item> {
    let mut item = Picture::new(0).item(1);
    item.print.words.clear();
    item.print.verification.clear();
    (0..count)
        .map(|_| {
            let mut item = item.clone();
            item.sha256 = Hash([random.bits().to_be_bytes()[0]; 32]);
            item.print.pdq = Pdq(std::array::from_fn(|_| random.bits()));
            item
        })
        .collect()
}

#[test]
fn an_item_takes_less_than_three_hundred_bytes() {
    let items: Vec<Item> = items(20_000);
    let index = index(&items, 20_000);
    // Tables that do not grow with the items: blocks, and lists of which there are never more than 2^24.
    let tables = 16 * 65_537 * 4;
    let bytes = (index.memory() - tables) / items.len();
    assert!(bytes < 300, "{bytes}");
}

#[test]
fn an_item_whose_keypoints_are_all_alike_slows_nothing_down() {
    let mut items = items(1_000);
    let word = items[0].print.words[0];
    for item in &mut items {
        item.print.words.fill(word);
    }
    let index = index(&items, 1_000);
    let found = search(&index, &items, &Picture::new(2_000).query());
    assert_eq!(found, []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the number of items and however they came, a near hash is found exactly when a plain comparison finds it.
    #[test]
    fn near_hashes_are_those_of_a_plain_comparison(seed in any::<u64>(), count in 4_000_usize..6_000, batch in 500_usize..6_000) {
        let mut random = Random::new(seed);
        let items = hashes(count, &mut random);
        let index = index(&items, batch);
        for _ in 0..20 {
            let original = random.below(count);
            let mut hash = items[original].print.pdq;
            let differ = random.below(45);
            for _ in 0..differ {
                let bit = random.below(256);
                hash.0[bit / 64] ^= 1 << (bit % 64);
            }
            let mut orientations = [Pdq([0x5555_5555_5555_5555; 4]); 8];
            orientations[random.below(8)] = hash;
            let query = Query { sha256: Hash(std::array::from_fn(|place| u8::try_from(place).unwrap())), orientations, quality: 80, points: Vec::new() };
            let found: Vec<u64> = index
                .search(&query, |place| at(&items, place), |_| true)
                .into_iter()
                .filter(|found| matches!(found.how, How::Near { .. }))
                .map(|found| found.item)
                .collect();
            let mut sorted = found;
            sorted.sort_unstable();
            let expected: Vec<u64> = (0_u64..)
                .zip(&items)
                .filter(|(_, item)| {
                    orientations.iter().any(|hash| hash.distance(item.print.pdq) <= PDQ_DISTANCE_MAX)
                })
                .map(|(number, _)| number * 10)
                .collect();
            prop_assert_eq!(sorted, expected);
        }
    }
}
