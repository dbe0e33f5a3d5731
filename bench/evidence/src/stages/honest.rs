//! Honest photos: nothing here may be accused, and little of it may wait for a human.

use aftercare_evidence::inspect::{Party, Role};
use aftercare_scene::RgbImage;
use aftercare_scene::random::{Random, mix};
use anyhow::Result;

use super::Run;
use crate::chain::{Chain, deliver, marked};
use crate::direct;
use crate::phone::{self, Habit};
use crate::picture::Picture;
use crate::rows::Row;
use crate::subject::{Desk, Held};
use crate::suite::{Item, KINDS_IN_A_ROW, SESSION_VIEWS, STAND_FRAMES, Shot};

/// Every second photo of a stand goes through a delivery.
fn sent(picture: &RgbImage, seed: u64, chains: &[Chain]) -> Result<(Vec<u8>, Chain)> {
    let mut random = Random::for_purpose(seed, 0x5E47);
    let chain = chains[random.below(chains.len())];
    let delivered = deliver(&Picture::clean(picture.clone()), chain, seed, &[])?;
    Ok((delivered.file, chain))
}

/// Pairs of each item's stand whose comparison alone is asked; all but one of its eleven.
const STAND_PAIRS: usize = 10;
/// Of them, so many are also inspected as the product inspects them, as if two parties had taken them.
const STAND_INSPECTED: usize = 2;

/// Pairs by a camera that did not move: burst, exposure, focus, balance, light, and before and after damage. They are
/// compared directly, because the product's words hide the grade of a copy without changes; the whole inspection takes
/// turns over them.
pub fn stand(run: &Run) -> Result<()> {
    run.each_item("exact", |item| {
        let mut rows = Vec::new();
        let mut desk = Desk::new();
        let packing = run.cache.file(item, Shot::Stand(0))?;
        let first = desk.load("packing", Role::Packing, Party::Merchant, &packing)?;
        let shots: Vec<Shot> = (1..STAND_FRAMES)
            .map(Shot::Stand)
            .chain([Shot::StandLight, Shot::StandDamaged])
            .collect();
        for step in 0..STAND_PAIRS {
            let turn = (item.number as usize + step) % shots.len();
            let shot = shots[turn];
            let seed = mix(item.seed ^ (0xA0 + turn as u64));
            // Every second pair as the files are, the others as they arrive; by turns over the items.
            let sent_on = (turn + item.number as usize / KINDS_IN_A_ROW as usize) % 2 == 1;
            let (file, chain) = if sent_on {
                let chains = [
                    Chain::Jpeg85,
                    Chain::Messenger1280,
                    Chain::Half,
                    Chain::Crop70,
                ];
                let (file, chain) = sent(&run.cache.photo(item, shot)?, seed, &chains)?;
                (file, chain.name().to_owned())
            } else {
                (run.cache.file(item, shot)?, "as-taken".to_owned())
            };
            let claim = desk.compared("claim", &file)?;
            let asked = direct::ask(desk.prepared(&claim)?, desk.prepared(&first)?);
            let mut row = if step < STAND_INSPECTED || asked.is_exact() {
                desk.inspect(&claim, &[&claim], &[&first])?.row()
            } else {
                Row::default()
            };
            asked.note(&mut row);
            row.class = match shot {
                Shot::Stand(1 | 2) => "burst",
                Shot::Stand(3 | 4) => "exposure",
                Shot::Stand(5 | 6) => "focus",
                Shot::Stand(7 | 8) => "balance",
                Shot::Stand(_) => "all-settings",
                Shot::StandLight => "light",
                _ => "really-damaged",
            }
            .to_owned();
            row.chain = chain;
            rows.push(row);
        }
        Ok(rows)
    })
}

/// Single honest photos against the listing and the packing record.
pub fn photos(run: &Run) -> Result<()> {
    run.each_item("honest", |item| {
        let mut rows = Vec::new();
        let mut desk = Desk::new();
        let references = [
            desk.listing("listing-0", &run.cache.file(item, Shot::Listing(0))?)?,
            desk.listing("listing-1", &run.cache.file(item, Shot::Listing(1))?)?,
            desk.load(
                "packing",
                Role::Packing,
                Party::Merchant,
                &run.cache.file(item, Shot::Stand(0))?,
            )?,
        ];
        let references: Vec<&Held> = references.iter().collect();
        for (turn, (class, shot)) in classes(item).into_iter().enumerate() {
            let seed = mix(item.seed ^ (0x9000 + turn as u64));
            let mut picture = run.cache.photo(item, shot)?;
            let mut chains = Chain::honest();
            match class {
                "marker" => picture = marked(&picture, (0.5, 0.5), seed),
                "beauty" => chains = vec![Chain::Beauty],
                _ => {}
            }
            let (file, chain) = sent(&picture, seed, &chains)?;
            let claim = desk.claim("claim", &file)?;
            let mut row = desk.inspect(&claim, &[&claim], &references)?.row();
            row.class = class.to_owned();
            row.chain = chain.name().to_owned();
            rows.push(row);
        }
        rows.extend(habits(run, item, &mut desk, &references)?);
        rows.push(quoted(run, item, &mut desk, &references)?);
        rows.extend(twice(run, item, &mut desk, &references)?);
        rows.extend(panorama(run, item)?);
        rows.push(clone_listing(run, item)?);
        Ok(rows)
    })
}

/// Photos of the merchant's place that each item shows; they take turns over the items.
const MERCHANT_PLACES: usize = 2;

/// The kinds of honest photo of an item, and the photos that stand for them: those of buyers, and by turns some of the
/// merchant's place.
fn classes(item: &Item) -> Vec<(&'static str, Shot)> {
    let turn = (item.number + item.number / KINDS_IN_A_ROW) as usize;
    let mut classes = vec![("really-damaged", Shot::OtherBuyer)];
    // Two of three new photos, two of three of the damaged unit.
    classes.extend((0..2).map(|step| ("new-photo", Shot::Intact(((turn + step) % 3) as u32))));
    classes
        .extend((0..2).map(|step| ("really-damaged", Shot::Damaged(((turn + step) % 3) as u32))));
    classes.extend([
        ("marker", Shot::Damaged((turn % 2) as u32)),
        ("beauty", Shot::Damaged(((turn + 1) % 2) as u32)),
    ]);
    if item.is_printed() {
        classes.push(("other-unit-of-print", Shot::UnitFront((turn % 2) as u32)));
    }
    let mut places = vec![
        ("other-side", Shot::OtherSide),
        ("other-light", Shot::OtherLight),
    ];
    places.extend((0..4).map(|step| ("reshot", Shot::Reshot(step))));
    if !item.is_planar() {
        places.extend((0..2).map(|step| ("other-item-same-shelf", Shot::Shelf(step))));
    }
    let first = turn * MERCHANT_PLACES;
    classes.extend((first..first + MERCHANT_PLACES).map(|step| places[step % places.len()]));
    classes
}

/// The buyers' photos that habits of phones and people meet, by turns.
const HABIT_SHOTS: [Shot; 5] = [
    Shot::Damaged(0),
    Shot::Intact(1),
    Shot::OtherBuyer,
    Shot::Damaged(2),
    Shot::Intact(0),
];

/// What phones and people do to a new photo before they send it.
fn habits(run: &Run, item: &Item, desk: &mut Desk, references: &[&Held]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (turn, habit) in phone::habits(item) {
        let shot = match habit {
            // A scanner app is held straight over print.
            Habit::Straightened if item.is_printed() => Shot::UnitFront(turn as u32 % 2),
            _ => HABIT_SHOTS[(turn + turn / Habit::ALL.len()) % HABIT_SHOTS.len()],
        };
        let seed = mix(item.seed ^ (0x9500 + (turn % Habit::ALL.len()) as u64));
        let photo = run.cache.photo(item, shot)?;
        let own = match habit {
            Habit::LongScreenshot | Habit::Collage => (0..3)
                .map(|view| run.cache.photo(item, beside(shot, view)))
                .collect::<Result<Vec<_>>>()?,
            _ => Vec::new(),
        };
        let (delivered, chain) = phone::sent(item, shot, &photo, habit, seed, &own)?;
        let claim = desk.claim(habit.name(), &delivered.file)?;
        let mut row = desk.inspect(&claim, &[&claim], references)?.row();
        row.class = habit.name().to_owned();
        row.chain = chain.name().to_owned();
        rows.push(row);
    }
    Ok(rows)
}

/// Another photo of the session that a photo is from; number `view` of those.
fn beside(shot: Shot, view: u32) -> Shot {
    match shot {
        Shot::Damaged(own) => Shot::Damaged((own + 1 + view) % SESSION_VIEWS),
        Shot::Intact(own) => Shot::Intact((own + 1 + view) % SESSION_VIEWS),
        _ => Shot::OtherBuyer,
    }
}

/// The buyer quotes the shop's own photo, undamaged, beside an own one.
fn quoted(run: &Run, item: &Item, desk: &mut Desk, references: &[&Held]) -> Result<Row> {
    let seed = mix(item.seed ^ 0x9100);
    let own = desk.claim("own", &run.cache.file(item, Shot::Damaged(2))?)?;
    let chains = [
        Chain::Jpeg85,
        Chain::Messenger1080,
        Chain::Messenger1280,
        Chain::ScreenshotLight,
        Chain::ScreenshotDark,
        Chain::Half,
    ];
    let (file, chain) = sent(&run.cache.photo(item, Shot::Listing(0))?, seed, &chains)?;
    let quote = desk.claim("quote", &file)?;
    let mut row = desk.inspect(&quote, &[&own, &quote], references)?.row();
    row.class = "quotes-the-listing".to_owned();
    row.chain = chain.name().to_owned();
    Ok(row)
}

/// The same photo again for the same order: as the same file, and as a messenger sends it the second time.
fn twice(run: &Run, item: &Item, desk: &mut Desk, references: &[&Held]) -> Result<Vec<Row>> {
    let seed = mix(item.seed ^ 0x9200);
    let file = run.cache.file(item, Shot::Damaged(3))?;
    let first = desk.claim("first", &file)?;
    let again = first.with_role("again", Role::Claim, Party::Claimant);
    let mut same = desk.inspect(&again, &[&first, &again], references)?.row();
    same.class = "same-photo-again".to_owned();
    same.chain = "same-file".to_owned();
    let (file, chain) = sent(
        &run.cache.photo(item, Shot::Damaged(3))?,
        seed,
        &[Chain::Messenger1080, Chain::Messenger1280, Chain::Half],
    )?;
    let resent = desk.claim("resent", &file)?;
    let mut row = desk.inspect(&resent, &[&first, &resent], references)?.row();
    row.class = "same-photo-again".to_owned();
    row.chain = chain.name().to_owned();
    Ok(vec![same, row])
}

/// Overlapping views from one place, asked as if two parties had taken them.
fn panorama(run: &Run, item: &Item) -> Result<Vec<Row>> {
    if !item.shots().contains(&Shot::Panorama(0)) {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    let mut desk = Desk::new();
    let middle = desk.listing("middle", &run.cache.file(item, Shot::Panorama(1))?)?;
    for (turn, step) in [0, 2].into_iter().enumerate() {
        let seed = mix(item.seed ^ (0x9300 + turn as u64));
        let (file, chain) = sent(
            &run.cache.photo(item, Shot::Panorama(step))?,
            seed,
            &Chain::honest(),
        )?;
        let claim = desk.claim("claim", &file)?;
        let mut row = desk.inspect(&claim, &[&claim], &[&middle])?.row();
        row.class = "panorama".to_owned();
        row.chain = chain.name().to_owned();
        rows.push(row);
    }
    Ok(rows)
}

/// Two merchants share one listing photo; the claim's photo is new.
fn clone_listing(run: &Run, item: &Item) -> Result<Row> {
    let seed = mix(item.seed ^ 0x9400);
    let mut desk = Desk::new();
    let ours = desk.listing("listing-0", &run.cache.file(item, Shot::Listing(0))?)?;
    let (file, chain) = sent(
        &run.cache.photo(item, Shot::Listing(0))?,
        seed,
        &[
            Chain::Jpeg85,
            Chain::Watermark,
            Chain::Crop70,
            Chain::Border,
        ],
    )?;
    let theirs = desk.load(
        "other-listing",
        Role::OtherListing,
        Party::OtherMerchant,
        &file,
    )?;
    let claim = desk.claim("claim", &run.cache.file(item, Shot::Damaged(0))?)?;
    let mut row = desk.inspect(&claim, &[&claim], &[&ours, &theirs])?.row();
    row.class = "catalogue-clone".to_owned();
    row.chain = chain.name().to_owned();
    Ok(row)
}
