//! A photo that was sent before, searched among a million: photos of the suite and small renders from pixels, the rest
//! perturbed from them. Queries are deliveries of photos that are in the index, from pixels, and of new photos of the same
//! items, which must not be taken for any of them.

use std::time::Instant;

use aftercare_evidence::reuse::{LocalPrint, verify_side};
use aftercare_evidence::{Features, Fingerprint, Pdq, ReuseIndex};
use aftercare_scene::random::{Random, mix};
use anyhow::{Context, Result};

use super::Run;
use super::peers::fingerprint;
use crate::cache::Cache;
use crate::chain::{Chain, deliver};
use crate::clock::{resident_megabytes, thread_milliseconds};
use crate::parallel;
use crate::picture::{Picture, decode};
use crate::rows::Row;
use crate::stats::quantile;
use crate::suite::{Item, Shot};

/// The longer side of the renders that only fill the index: at 1,600 pixels they would take longer than all other stages.
const SMALL_SIDE: u32 = 400;
/// The number of the first item that is rendered for the index alone.
const FIRST_SMALL_ITEM: u32 = 200_000;
/// Photos of such an item.
const SMALL_SHOTS: [Shot; 4] = [
    Shot::Listing(0),
    Shot::Intact(0),
    Shot::Damaged(1),
    Shot::OtherBuyer,
];
/// Photos of an item of the suite that are in the index. The first two are searched for; the others show the same item
/// and must not be taken for them.
const SUITE_SHOTS: [Shot; 5] = [
    Shot::Damaged(0),
    Shot::Intact(1),
    Shot::Damaged(1),
    Shot::Intact(0),
    Shot::Listing(0),
];
/// New photos of the same items that are not in the index.
const NEW_SHOTS: [Shot; 3] = [Shot::Intact(2), Shot::Damaged(2), Shot::OtherBuyer];
/// The class of searches for them.
pub const NEW_PHOTO: &str = "new photo, not in the index";
/// Searches for each item of the suite; the chains take turns.
const QUERIES_AN_ITEM: usize = 4;
/// The product's limits of a near hash.
const NEAR_DISTANCE: u32 = 31;
/// Of a perturbed hash, one bit in so many is turned.
const TURNED_BITS: usize = 4;
/// Of a perturbed descriptor, so many of its 128 values are replaced.
const REPLACED_VALUES: usize = 13;

/// One search.
struct Answer {
    first: Option<u128>,
    among: bool,
    search_ms: f64,
    all_ms: f64,
}

/// Fills the index and searches.
pub fn search(run: &Run) -> Result<()> {
    let task = "reuse";
    if run.results.is_done(task) {
        return Ok(());
    }
    let start = Instant::now();
    let prints = prints(run)?;
    println!(
        "{task}: {} photos from pixels, {:.0} s",
        prints.len(),
        start.elapsed().as_secs_f64()
    );
    let before = resident_megabytes()?;
    let mut index = ReuseIndex::new();
    for (key, print) in (0_u128..).zip(&prints) {
        index.insert(key, print)?;
    }
    fill(&mut index, &prints, run.entries)?;
    let megabytes = resident_megabytes()? - before;
    println!(
        "{task}: {} entries, {:.0} s",
        index.len(),
        start.elapsed().as_secs_f64()
    );
    let items: Vec<&Item> = run.items.iter().filter(|item| !item.is_blank()).collect();
    let mut rows: Vec<Row> = parallel::map(&items, |item| searches(run, item, &index, &prints))
        .into_iter()
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    let times = |name: &str| -> Vec<f64> {
        rows.iter()
            .filter_map(|row| row.numbers.get(name))
            .copied()
            .collect()
    };
    let (searching, all) = (times("search_ms"), times("all_ms"));
    let most = prints
        .iter()
        .map(|print| print.to_bytes().len())
        .max()
        .unwrap_or_default();
    let mut whole = Row {
        stage: "reuse-index".to_owned(),
        suite: "rendered".to_owned(),
        class: "search among earlier photos".to_owned(),
        ..Row::default()
    };
    for (name, value) in [
        ("entries", index.len() as f64),
        ("of them from pixels", prints.len() as f64),
        ("searches", searching.len() as f64),
        ("ms to search, median", quantile(&searching, 0.5)),
        ("ms to search, p99", quantile(&searching, 0.99)),
        ("ms to search and check, p99", quantile(&all, 0.99)),
        (
            "bytes of the coarse index a photo",
            index.memory() as f64 / index.len() as f64,
        ),
        (
            "bytes of memory that the process took for it, a photo",
            megabytes * 1e6 / index.len() as f64,
        ),
        ("bytes kept to check a photo, at most", most as f64),
    ] {
        whole.numbers.insert(name.to_owned(), value);
    }
    rows.push(whole);
    run.results.add(task, rows)
}

/// The prints of all photos from pixels: first those of the suite, item by item, then the small ones.
fn prints(run: &Run) -> Result<Vec<Fingerprint>> {
    let small = Cache::new(run.cache.root(), run.seed, SMALL_SIDE);
    let photos: Vec<(Item, Shot, &Cache)> = run
        .items
        .iter()
        .flat_map(|item| SUITE_SHOTS.map(|shot| (item.clone(), shot, &run.cache)))
        .collect();
    let missing = run.pixels.saturating_sub(photos.len());
    let more = (0..missing.div_ceil(SMALL_SHOTS.len()) as u32).flat_map(|number| {
        let item = Item::new(run.seed, FIRST_SMALL_ITEM + number);
        SMALL_SHOTS.map(|shot| (item.clone(), shot, &small))
    });
    let photos: Vec<_> = photos.into_iter().chain(more).collect();
    parallel::map(&photos, |(item, shot, cache)| {
        fingerprint(&cache.photo(item, *shot)?)
    })
    .into_iter()
    .collect()
}

/// Adds perturbed photos until there are `entries`: the places of a real one's keypoints, each described by two halves of
/// real descriptors with a tenth of the values replaced, and its hash with a quarter of the bits turned.
fn fill(index: &mut ReuseIndex, prints: &[Fingerprint], entries: usize) -> Result<()> {
    let mut random = Random::new(1);
    let pool: Vec<Features> = prints
        .iter()
        .map(|print| {
            let mut features = print.local.features();
            features.keypoints.truncate(print.local.indexed());
            features.descriptors.truncate(print.local.indexed());
            features
        })
        .filter(|features| !features.is_empty())
        .collect();
    for key in prints.len()..entries {
        let base = random.below(prints.len());
        let mut features = pool[random.below(pool.len())].clone();
        for descriptor in &mut features.descriptors {
            let other = &pool[random.below(pool.len())].descriptors;
            let other = &other[random.below(other.len())];
            let half = descriptor.len() / 2;
            descriptor[half..].copy_from_slice(&other[half..]);
            for _ in 0..REPLACED_VALUES {
                let place = random.below(descriptor.len());
                descriptor[place] = other[random.below(other.len())];
            }
        }
        let print = Fingerprint {
            orientations: prints[base]
                .orientations
                .map(|hash| turned(hash, &mut random)),
            local: LocalPrint::of(&features),
            ..prints[base].clone()
        };
        index.insert(key as u128, &print)?;
    }
    Ok(())
}

fn turned(hash: Pdq, random: &mut Random) -> Pdq {
    let mut words = hash.0;
    for word in &mut words {
        for bit in 0..64 {
            if random.below(TURNED_BITS) == 0 {
                *word ^= 1 << bit;
            }
        }
    }
    Pdq(words)
}

fn searches(
    run: &Run,
    item: &Item,
    index: &ReuseIndex,
    prints: &[Fingerprint],
) -> Result<Vec<Row>> {
    let chains: Vec<Chain> = Chain::ALL
        .into_iter()
        .filter(|chain| !chain.is_recapture())
        .collect();
    let place = run
        .items
        .iter()
        .position(|known| known.number == item.number)
        .context("an item of the suite")?;
    let mut rows = Vec::new();
    for turn in 0..QUERIES_AN_ITEM {
        let chain = chains[(item.number as usize * QUERIES_AN_ITEM + turn) % chains.len()];
        let shot = turn % 2;
        let picture = Picture::clean(run.cache.photo(item, SUITE_SHOTS[shot])?);
        let other = run.cache.photo(item, Shot::Reshot(3))?;
        let seed = mix(item.seed ^ (0x5000 + turn as u64));
        let sent = decode(&deliver(&picture, chain, seed, &[other])?.file)?;
        let original = (place * SUITE_SHOTS.len() + shot) as u128;
        let answer = ask(index, prints, &fingerprint(&sent)?, Some(original));
        let mut row = Row {
            stage: "reuse".to_owned(),
            suite: "rendered".to_owned(),
            item: item.number.to_string(),
            kind: format!("{:?}", item.kind),
            class: chain.name().to_owned(),
            ..Row::default()
        };
        for (name, value) in [
            ("first", f64::from(u8::from(answer.first == Some(original)))),
            (
                "wrong",
                f64::from(u8::from(answer.first.is_some_and(|key| key != original))),
            ),
            ("among", f64::from(u8::from(answer.among))),
            ("search_ms", answer.search_ms),
            ("all_ms", answer.all_ms),
        ] {
            row.numbers.insert(name.to_owned(), value);
        }
        rows.push(row);
    }
    for (turn, shot) in NEW_SHOTS.into_iter().enumerate() {
        let chain = chains[(item.number as usize * NEW_SHOTS.len() + turn) % chains.len()];
        let picture = Picture::clean(run.cache.photo(item, shot)?);
        let other = run.cache.photo(item, Shot::Reshot(3))?;
        let seed = mix(item.seed ^ (0xA000 + turn as u64));
        let sent = decode(&deliver(&picture, chain, seed, &[other])?.file)?;
        let answer = ask(index, prints, &fingerprint(&sent)?, None);
        let mut row = Row {
            stage: "reuse".to_owned(),
            suite: "rendered".to_owned(),
            item: item.number.to_string(),
            kind: format!("{:?}", item.kind),
            class: NEW_PHOTO.to_owned(),
            chain: chain.name().to_owned(),
            ..Row::default()
        };
        row.numbers.insert(
            "told".to_owned(),
            f64::from(u8::from(answer.first.is_some())),
        );
        rows.push(row);
    }
    Ok(rows)
}

/// Searches as the product does: near hashes first, then parts that agree exactly, those that share more before others.
fn ask(
    index: &ReuseIndex,
    prints: &[Fingerprint],
    searched: &Fingerprint,
    original: Option<u128>,
) -> Answer {
    let start = thread_milliseconds();
    let near = index.search(searched, NEAR_DISTANCE);
    let candidates = index.candidates(searched);
    let search_ms = thread_milliseconds() - start;
    let features = searched.local.features();
    let mut parts: Vec<(usize, u128)> = Vec::new();
    for candidate in &candidates {
        // A perturbed entry has no photo to check; for the time that a check takes, another one's is checked.
        let place = candidate.key % prints.len().max(1) as u128;
        let other = prints[place as usize].local.features();
        let found = verify_side(&features, &other, candidate.mirrored);
        if place == candidate.key
            && let Some(found) = found.filter(|found| found.is_exact())
        {
            parts.push((found.agreeing, candidate.key));
        }
    }
    parts.sort_by_key(|(agreeing, key)| (std::cmp::Reverse(*agreeing), *key));
    let first_near = near
        .iter()
        .find(|found| searched.is_comparable() && found.quality >= 50)
        .map(|found| found.key);
    Answer {
        first: first_near.or_else(|| parts.first().map(|(_, key)| *key)),
        among: original.is_some_and(|original| {
            near.iter().any(|found| found.key == original)
                || candidates.iter().any(|found| found.key == original)
        }),
        search_ms,
        all_ms: thread_milliseconds() - start,
    }
}
