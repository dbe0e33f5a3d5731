//! The index answers exactly what comparing with every photo answers.

use std::collections::BTreeMap;

use aftercare_evidence::limits::MIN_PHOTOS_FOR_BLOCKS;
use aftercare_evidence::reuse::LocalPrint;
use aftercare_evidence::{Fingerprint, Match, Orientation, Pdq, ReuseIndex};
use aftercare_scene::random::Random;

/// A fingerprint of random hashes.
fn random_print(random: &mut Random) -> Fingerprint {
    let orientations = std::array::from_fn(|_| Pdq(std::array::from_fn(|_| random.next_u64())));
    Fingerprint {
        orientations,
        quality: 80,
        width: 4,
        height: 3,
        local: LocalPrint::default(),
    }
}

/// The hash with `count` random bits changed (some maybe twice).
fn disturbed(hash: Pdq, count: usize, random: &mut Random) -> Pdq {
    let mut words = hash.0;
    for _ in 0..count {
        let bit = random.below(256);
        words[bit / 64] ^= 1 << (bit % 64);
    }
    Pdq(words)
}

/// The answer by comparing with every photo.
fn linear(
    photos: &BTreeMap<u128, Fingerprint>,
    query: &Fingerprint,
    max_distance: u32,
) -> Vec<Match> {
    let mut matches: Vec<Match> = photos
        .iter()
        .filter_map(|(&key, photo)| {
            let (distance, orientation) = query
                .orientations
                .iter()
                .zip(Orientation::ALL)
                .map(|(hash, orientation)| (hash.distance(photo.hash()), orientation))
                .min_by_key(|(distance, _)| *distance)?;
            (distance <= max_distance).then_some(Match {
                key,
                distance,
                orientation,
                quality: photo.quality,
            })
        })
        .collect();
    matches.sort_by_key(|found| (found.distance, found.key));
    matches
}

#[test]
fn searching_blocks_equals_comparing_with_every_photo() {
    let mut random = Random::new(42);
    let mut photos = BTreeMap::new();
    let mut index = ReuseIndex::new();
    let mut centers: Vec<Pdq> = (0..60).map(|_| random_print(&mut random).hash()).collect();
    // Hashes with many equal blocks make long chains.
    centers.push(Pdq([0; 4]));
    centers.push(Pdq([u64::MAX, 0, u64::MAX, 0]));
    let step =
        |random: &mut Random, photos: &mut BTreeMap<u128, Fingerprint>, index: &mut ReuseIndex| {
            let key = u128::try_from(random.below(9_000)).unwrap();
            if random.unit() < 0.12 {
                assert_eq!(index.remove(key), photos.remove(&key).is_some());
                return;
            }
            let mut print = random_print(random);
            if random.unit() < 0.6 {
                let center = centers[random.below(centers.len())];
                let changes = random.below(45);
                print.orientations[0] = disturbed(center, changes, random);
            }
            index.insert(key, &print).unwrap();
            photos.insert(key, print);
        };
    let mut checked = 0;
    for round in 0..12_000 {
        step(&mut random, &mut photos, &mut index);
        if round % 150 == 0 {
            let mut query = random_print(&mut random);
            let orientation = random.below(8);
            let center = random.below(62);
            let base = photos
                .values()
                .nth(center * photos.len() / 62)
                .map_or(Pdq::default(), Fingerprint::hash);
            let changes = random.below(40);
            query.orientations[orientation] = disturbed(base, changes, &mut random);
            for max_distance in [0, 7, 15, 16, 31, 40, 47, 48, 90] {
                let expected = linear(&photos, &query, max_distance);
                assert_eq!(
                    index.search(&query, max_distance),
                    expected,
                    "round {round}, distance {max_distance}"
                );
                checked += expected.len();
            }
        }
        assert_eq!(index.len(), photos.len());
    }
    assert!(
        index.len() > MIN_PHOTOS_FOR_BLOCKS,
        "{} photos",
        index.len()
    );
    assert!(checked > 1_000, "{checked} matches compared");
}

#[test]
fn small_indexes_and_replacement() {
    let mut random = Random::new(5);
    let mut index = ReuseIndex::new();
    assert!(index.is_empty());
    let (first, second) = (random_print(&mut random), random_print(&mut random));
    assert!(index.search(&first, 31).is_empty());
    index.insert(1, &first).unwrap();
    index.insert(1, &second).unwrap();
    assert_eq!(index.len(), 1);
    assert!(index.search(&first, 31).is_empty());
    assert_eq!(index.search(&second, 31)[0].key, 1);
    assert!(index.remove(1));
    assert!(!index.remove(1));
    assert!(index.search(&second, 31).is_empty());
}
