//! Pairs that have nothing to do with each other, in great number, and pairs that look alike without being copies: none
//! may be called derived. Photos are compared as the cameras wrote them, which is the hardest: nothing was lost on the
//! way.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Instant;

use aftercare_evidence::Prepared;
use aftercare_evidence::derived::{Comparison, Relation, compare_from};
use aftercare_evidence::features::Features;
use aftercare_evidence::matching::{Matchable, stage_one_with};
use aftercare_scene::random::mix;
use anyhow::{Context, Result};

use super::Run;
use crate::direct::{ask, prepare};
use crate::parallel;
use crate::rows::Row;
use crate::suite::{Item, Shot};

/// Photos of each item that stand for claims, and for references, in pairs of different items.
const CLAIMS: [Shot; 4] = [
    Shot::Intact(0),
    Shot::Damaged(0),
    Shot::OtherBuyer,
    Shot::Reshot(2),
];
const REFERENCES: [Shot; 3] = [Shot::Listing(0), Shot::Listing(1), Shot::Stand(0)];
/// What a pair scores that was not registered.
const NO_SCORE: f64 = -9.0;

/// What came of the pairs of one class.
struct Tally {
    pairs: u64,
    /// Pairs whose keypoints agree, so that they were compared in full.
    compared: u64,
    accepted: u64,
    near: u64,
    /// The highest score, and between which photos.
    highest: (f64, String),
}

impl Tally {
    const fn new() -> Self {
        Self {
            pairs: 0,
            compared: 0,
            accepted: 0,
            near: 0,
            highest: (NO_SCORE, String::new()),
        }
    }

    /// Counts a pair that was compared in full; `names` are its photos.
    fn add(&mut self, comparison: &Comparison, names: impl FnOnce() -> String) {
        self.compared += 1;
        self.near += u64::from(comparison.near);
        self.accepted += u64::from(comparison.relation == Relation::DerivedFromReference);
        let measures = &comparison.measures;
        if measures.good_blocks > 0 && measures.score > self.highest.0 {
            self.highest = (measures.score, names());
        }
    }

    fn row(self, class: &str) -> Row {
        let mut row = Row {
            class: class.to_owned(),
            chain: self.highest.1,
            ..Row::default()
        };
        for (name, value) in [
            ("pairs", self.pairs as f64),
            ("compared", self.compared as f64),
            ("accepted", self.accepted as f64),
            ("near", self.near as f64),
            ("highest_score", (self.highest.0 * 1e4).round() / 1e4),
        ] {
            row.numbers.insert(name.to_owned(), value);
        }
        row
    }
}

/// All negative pairs: `run.pairs` of different items, and the hard ones of each item.
pub fn pairs(run: &Run) -> Result<()> {
    hard(run)?;
    unrelated(run)
}

/// Hard pairs of an item by class: the same item again, another unit of its print, another item on its shelf, overlapping
/// views of one place. Those with the listing through deliveries are in the stage `honest`.
fn hard_pairs(item: &Item) -> Vec<(&'static str, Shot, Shot)> {
    let mut pairs = vec![
        ("same-item-reshot", Shot::Listing(1), Shot::Listing(0)),
        ("same-item-reshot", Shot::Reshot(0), Shot::Listing(0)),
        ("same-item-reshot", Shot::Reshot(1), Shot::Listing(0)),
        ("same-item-reshot", Shot::Reshot(1), Shot::Reshot(0)),
        ("same-item-reshot", Shot::OtherLight, Shot::Listing(0)),
        ("same-item-reshot", Shot::Intact(1), Shot::Intact(0)),
        ("same-item-reshot", Shot::Damaged(1), Shot::Intact(1)),
        ("same-item-reshot", Shot::Damaged(2), Shot::Damaged(0)),
    ];
    if item.is_printed() {
        pairs.extend([
            (
                "two-units-of-a-print",
                Shot::UnitFront(1),
                Shot::UnitFront(0),
            ),
            ("two-units-of-a-print", Shot::UnitFront(0), Shot::Listing(0)),
            ("two-units-of-a-print", Shot::UnitFront(1), Shot::Listing(1)),
        ]);
    }
    if !item.is_planar() {
        pairs.extend([
            ("same-shelf", Shot::Shelf(0), Shot::Listing(0)),
            ("same-shelf", Shot::Shelf(1), Shot::Shelf(0)),
        ]);
    }
    if item.shots().contains(&Shot::Panorama(0)) {
        pairs.extend([
            ("panorama", Shot::Panorama(0), Shot::Panorama(1)),
            ("panorama", Shot::Panorama(2), Shot::Panorama(1)),
        ]);
    }
    if item.is_planar() {
        for pair in &mut pairs {
            if pair.0 != "panorama" {
                pair.0 = "planar-scene";
            }
        }
    }
    pairs
}

fn hard(run: &Run) -> Result<()> {
    run.each_item("negatives", |item| {
        let mut ready: BTreeMap<Shot, Prepared> = BTreeMap::new();
        let mut rows: BTreeMap<&str, Tally> = BTreeMap::new();
        for (class, claim, reference) in hard_pairs(item) {
            for shot in [claim, reference] {
                if let Entry::Vacant(free) = ready.entry(shot) {
                    free.insert(prepare(&run.cache.file(item, shot)?)?);
                }
            }
            let asked = ask(&ready[&claim], &ready[&reference]);
            let tally = rows.entry(class).or_insert_with(Tally::new);
            tally.pairs += 1;
            tally.add(&asked.comparison, || {
                format!("{} {}", claim.name(), reference.name())
            });
        }
        Ok(rows
            .into_iter()
            .map(|(class, tally)| tally.row(class))
            .collect())
    })
}

/// A photo and its keypoints.
struct Known<'a> {
    item: &'a Item,
    shot: Shot,
    /// Its place among the shots of an item.
    place: u64,
    features: Features,
}

fn known<'a>(run: &'a Run, shots: &[Shot]) -> Result<Vec<Known<'a>>> {
    let all: Vec<(&Item, u64, Shot)> = run
        .items
        .iter()
        .flat_map(|item| {
            (1_u64..)
                .zip(shots)
                .map(move |(place, shot)| (item, place, *shot))
        })
        .collect();
    parallel::map(&all, |(item, place, shot)| {
        Ok(Known {
            item,
            place: *place,
            shot: *shot,
            features: prepare(&run.cache.file(item, *shot)?)?.features,
        })
    })
    .into_iter()
    .collect()
}

/// Pairs of different items. Each item's claims meet references that a hash draws, so that the pairs depend on the seed
/// alone, and every item has as many.
fn unrelated(run: &Run) -> Result<()> {
    const STAGE: &str = "unrelated";
    let pending = |item: &&Item| !run.results.is_done(&format!("{STAGE} {}", item.number));
    if !run.items.iter().any(|item| pending(&item)) {
        return Ok(());
    }
    let start = Instant::now();
    let claims = known(run, &CLAIMS)?;
    let references = known(run, &REFERENCES)?;
    println!(
        "{STAGE}: keypoints of {} photos, {:.0} s",
        claims.len() + references.len(),
        start.elapsed().as_secs_f64()
    );
    let of_each = run.pairs.div_ceil(run.items.len().max(1));
    run.each_item(STAGE, |item| {
        let mut drawn: Vec<(u64, &Known<'_>, &Known<'_>)> = Vec::new();
        for claim in claims
            .iter()
            .filter(|known| known.item.number == item.number)
        {
            for reference in references
                .iter()
                .filter(|known| known.item.number != item.number)
            {
                let number = mix(reference.item.seed ^ reference.place) ^ claim.place << 8;
                drawn.push((mix(item.seed ^ number), claim, reference));
            }
        }
        drawn.sort_by_key(|(order, _, _)| *order);
        drawn.truncate(of_each);
        let mut tally = Tally::new();
        let mut same_kind = Tally::new();
        for shot in CLAIMS {
            let mut ready: Option<Prepared> = None;
            let pairs: Vec<_> = drawn
                .iter()
                .filter(|(_, claim, _)| claim.shot == shot)
                .collect();
            let Some((_, claim, _)) = pairs.first() else {
                continue;
            };
            let matchable = Matchable::of(&claim.features);
            for (_, claim, reference) in pairs {
                let tally = if reference.item.kind == item.kind {
                    &mut same_kind
                } else {
                    &mut tally
                };
                tally.pairs += 1;
                let matched = stage_one_with(&matchable, &reference.features);
                if !matched.is_candidate() {
                    continue;
                }
                if ready.is_none() {
                    ready = Some(prepare(&run.cache.file(item, claim.shot)?)?);
                }
                let claimed = ready.as_ref().context("made ready above")?;
                let other = prepare(&run.cache.file(reference.item, reference.shot)?)?;
                let comparison = compare_from(claimed, &other, &matched);
                tally.add(&comparison, || {
                    let (claim, other) = (claim.shot.name(), reference.shot.name());
                    format!("{claim} {}/{other}", reference.item.number)
                });
            }
        }
        let mut rows = vec![tally.row("unrelated")];
        if same_kind.pairs > 0 {
            rows.push(same_kind.row("unrelated-same-kind"));
        }
        Ok(rows)
    })
}
