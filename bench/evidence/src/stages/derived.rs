//! Photos made from a listing photo: is the origin found, and the edited region, and is an unedited copy let alone?

use aftercare_evidence::FindingCode;
use aftercare_scene::random::{Random, mix};
use aftercare_scene::{RgbImage, View};
use anyhow::Result;

use super::Run;
use crate::chain::{Chain, Delivered, deliver};
use crate::damage::{self, Painted};
use crate::direct;
use crate::picture::{Picture, jpeg};
use crate::regenerate;
use crate::rows::Row;
use crate::subject::{Desk, Held, overlap};
use crate::suite::{Item, KINDS_IN_A_ROW, Shot, sides};

/// Chains that each item goes through forged; the chains take turns over the items.
const FORGED_A_ITEM: usize = 8;
/// Chains that each item goes through undamaged.
const UNDAMAGED_A_ITEM: usize = 5;

/// The damage of the photo `number` of a stage whose photo goes through chain `number % chains`: each chain meets all
/// damages in turn, whatever their counts have in common.
fn damage_of(number: usize, chains: usize) -> Painted {
    Painted::ALL[(number % chains + number / chains) % Painted::ALL.len()]
}

/// Chains other than photos of screens and prints, which have their own stage.
fn in_place() -> Vec<Chain> {
    Chain::ALL
        .into_iter()
        .filter(|chain| !chain.is_recapture())
        .collect()
}

/// The listing's two photos on a desk, and the first one's pixels and another picture for collages.
struct Listing {
    desk: Desk,
    references: [Held; 2],
    original: RgbImage,
    other: RgbImage,
}

impl Listing {
    fn open(run: &Run, item: &Item) -> Result<Self> {
        let mut desk = Desk::new();
        let first = run.cache.file(item, Shot::Listing(0))?;
        let references = [
            desk.listing("listing-0", &first)?,
            desk.listing("listing-1", &run.cache.file(item, Shot::Listing(1))?)?,
        ];
        Ok(Self {
            desk,
            references,
            original: crate::picture::decode(&first)?,
            other: run.cache.photo(item, Shot::Intact(0))?,
        })
    }

    fn inspect(&mut self, delivered: &Delivered) -> Result<Row> {
        let claim = self.desk.compared("claim", &delivered.file)?;
        let references = [&self.references[0], &self.references[1]];
        let inspected = self.desk.inspect(&claim, &[&claim], &references)?;
        let mut row = inspected.row();
        let codes = [FindingCode::EditedRegion, FindingCode::SameFlatSurface];
        row.overlap = Some(inspected.overlap(&codes, &delivered.mask)?);
        if inspected.shows_mask(&codes, references[0]) {
            row.mask_point = row.overlap;
        } else if delivered.mask.iter().any(|value| *value >= 128) {
            // The origin is known here: what its comparison alone says, and the mask whatever the verdict is.
            let first = self.desk.prepared(references[0])?;
            let claim = self.desk.prepared(&claim)?;
            let asked = direct::ask(claim, first);
            asked.note(&mut row);
            if let Some(edit) = asked.edit(claim, first) {
                row.mask_point = Some(overlap(&direct::mask(&edit), &delivered.mask));
                row.numbers
                    .insert("direct_energy".to_owned(), f64::from(edit.energy));
            }
        }
        let truth = delivered.mask.iter().filter(|value| **value >= 128).count();
        row.numbers.insert(
            "truth_share".to_owned(),
            truth as f64 / delivered.mask.len().max(1) as f64,
        );
        Ok(row)
    }
}

/// The listing photo with damage painted on, through the chains.
pub fn forged(run: &Run) -> Result<()> {
    let chains = in_place();
    run.each_item("derived", |item| {
        if item.is_blank() {
            return Ok(Vec::new());
        }
        let mut listing = Listing::open(run, item)?;
        let mut rows = Vec::new();
        for turn in 0..FORGED_A_ITEM {
            let number = item.number as usize * FORGED_A_ITEM + turn;
            let chain = chains[number % chains.len()];
            let kind = damage_of(number, chains.len());
            let seed = mix(item.seed ^ (0xF0 + turn as u64));
            let forged = damage::paint(&listing.original, kind, seed, &run.donors);
            let delivered = deliver(&forged, chain, seed, std::slice::from_ref(&listing.other))?;
            let mut row = listing.inspect(&delivered)?;
            row.class = chain.name().to_owned();
            row.damage = kind.name().to_owned();
            rows.push(row);
        }
        Ok(rows)
    })
}

/// The listing photo as it is, through the chains: derived, and not edited.
pub fn undamaged(run: &Run) -> Result<()> {
    let chains = in_place();
    run.each_item("edited", |item| {
        if item.is_blank() {
            return Ok(Vec::new());
        }
        let mut listing = Listing::open(run, item)?;
        let mut rows = Vec::new();
        for turn in 0..UNDAMAGED_A_ITEM {
            let number = item.number as usize * UNDAMAGED_A_ITEM + turn;
            let chain = chains[number % chains.len()];
            let seed = mix(item.seed ^ (0xE0 + turn as u64));
            let picture = Picture::clean(listing.original.clone());
            let delivered = deliver(&picture, chain, seed, std::slice::from_ref(&listing.other))?;
            let mut row = listing.inspect(&delivered)?;
            row.class = chain.name().to_owned();
            rows.push(row);
        }
        Ok(rows)
    })
}

/// Photos of a screen and of a print that show the listing photo, damaged and not.
pub fn screen(run: &Run) -> Result<()> {
    run.each_item("screen", |item| {
        if item.is_blank() {
            return Ok(Vec::new());
        }
        let mut listing = Listing::open(run, item)?;
        let mut rows = Vec::new();
        // One of the two is damaged, by turns over the items of each kind.
        let turn_of_item = (item.number + item.number / KINDS_IN_A_ROW) as usize;
        for (turn, chain) in [Chain::ScreenPhoto, Chain::PrintPhoto]
            .into_iter()
            .enumerate()
        {
            let seed = mix(item.seed ^ (0xD0 + turn as u64));
            let (picture, damage) = if (turn_of_item + turn).is_multiple_of(2) {
                let kind = Painted::ALL[(item.number as usize + turn * 7) % Painted::ALL.len()];
                let forged = damage::paint(&listing.original, kind, seed, &run.donors);
                (forged, kind.name())
            } else {
                (Picture::clean(listing.original.clone()), "")
            };
            let mut row = listing.inspect(&deliver(&picture, chain, seed, &[])?)?;
            row.class = chain.name().to_owned();
            row.damage = damage.to_owned();
            rows.push(row);
        }
        Ok(rows)
    })
}

/// Pictures made anew: simulated regeneration of the forged listing photo, and the listing's scene rendered from a
/// slightly moved camera with damage painted on.
pub fn rerendered(run: &Run) -> Result<()> {
    run.each_item("rerender", |item| {
        if item.is_blank() {
            return Ok(Vec::new());
        }
        let mut listing = Listing::open(run, item)?;
        let turn_of_item = (item.number + item.number / KINDS_IN_A_ROW) as usize;
        let level = turn_of_item % regenerate::LEVELS;
        let kind = Painted::ALL[item.number as usize % Painted::ALL.len()];
        let seed = mix(item.seed ^ (0xC0 + level as u64));
        let forged = damage::paint(&listing.original, kind, seed, &run.donors);
        let (made, quality) = regenerate::regenerated(&forged, level, seed);
        let mut again = listing.inspect(&Delivered {
            file: jpeg(&made.rgb, quality)?,
            extension: "jpg",
            mask: made.mask,
        })?;
        again.class = format!("regenerated-{level}");
        again.damage = kind.name().to_owned();
        let chain = [Chain::Jpeg85, Chain::Messenger1280][turn_of_item % 2];
        let kind = Painted::ALL[(item.number as usize + 7) % Painted::ALL.len()];
        let seed = mix(item.seed ^ 0xB0);
        let moved = moved_camera(item, seed, run.cache.side());
        let forged = damage::paint(&moved, kind, seed, &run.donors);
        let mut row = listing.inspect(&deliver(&forged, chain, seed, &[])?)?;
        row.class = "moved-camera".to_owned();
        row.chain = chain.name().to_owned();
        row.damage = kind.name().to_owned();
        Ok(vec![again, row])
    })
}

/// The listing's scene as a generator makes it anew: without a sensor's noise, from a camera moved by a few degrees.
fn moved_camera(item: &Item, seed: u64, side: u32) -> RgbImage {
    let mut random = Random::for_purpose(seed, 0x30FE);
    let (scene, _) = item.take(Shot::Listing(0));
    let view = item.listing_view();
    let mut shift = |least: f32, most: f32| {
        let size = random.between(least, most);
        if random.unit() < 0.5 { -size } else { size }
    };
    let moved = View {
        azimuth: view.azimuth + shift(1.5, 5.0),
        elevation: (view.elevation + shift(0.5, 2.5)).clamp(4.0, 89.0),
        distance: view.distance * (1.0 + shift(0.01, 0.05)),
        roll: view.roll + shift(0.0, 1.0),
        pan: (shift(0.0, 1.5), shift(0.0, 1.0)),
        ..view
    };
    let (width, height) = sides(side);
    scene.view(moved).render(width, height)
}
