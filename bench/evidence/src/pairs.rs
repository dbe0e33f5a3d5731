//! Pairs of reference and claim as files in folders, with a manifest that tells the truth: for tuning and for looking.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::cache::Cache;
use crate::chain::{Chain, deliver};
use crate::damage::{self, Donor, Painted};
use crate::donors::donors;
use crate::parallel;
use crate::picture::{Picture, jpeg};
use crate::regenerate;
use crate::suite::{Item, Shot};

/// One pair and the truth about it.
#[derive(Debug, Serialize)]
struct Line {
    folder: String,
    reference: String,
    claim: String,
    /// `derived` or `negative`.
    truth: &'static str,
    item: u32,
    kind: String,
    /// The chain, or the kind of honest photo.
    class: String,
    damage: Option<&'static str>,
    mask: Option<String>,
}

/// Writes the pairs of the first `count` items.
pub fn write(cache: &Path, seed: u64, count: u32, side: u32, out: &Path) -> Result<()> {
    let cache = Cache::new(cache, seed, side);
    let donors = donors(&cache.donors(seed), seed, 12)?;
    let items: Vec<Item> = (0..count)
        .map(|number| Item::new(seed, number))
        .filter(|item| !item.is_blank())
        .collect();
    let lines = parallel::map(&items, |item| pairs_of(item, &cache, &donors, out));
    fs::create_dir_all(out)?;
    let mut manifest = fs::File::create(out.join("manifest.jsonl"))?;
    for line in lines
        .into_iter()
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
    {
        writeln!(manifest, "{}", serde_json::to_string(&line)?)?;
    }
    Ok(())
}

fn pairs_of(item: &Item, cache: &Cache, donors: &[Donor], out: &Path) -> Result<Vec<Line>> {
    let folder = format!("{:04}", item.number);
    let place = out.join(&folder);
    fs::create_dir_all(&place)?;
    fs::write(
        place.join("listing.jpg"),
        cache.file(item, Shot::Listing(0))?,
    )?;
    let original = cache.photo(item, Shot::Listing(0))?;
    let other = cache.photo(item, Shot::Intact(0))?;
    let mut lines = Vec::new();
    let line = |claim: String, truth, class: String, damage, mask| Line {
        folder: folder.clone(),
        reference: "listing.jpg".to_owned(),
        claim,
        truth,
        item: item.number,
        kind: format!("{:?}", item.kind),
        class,
        damage,
        mask,
    };
    // Every chain meets every damage over the items; each chain twice, once undamaged.
    for (index, chain) in Chain::ALL.into_iter().enumerate() {
        let kind = Painted::ALL[(index + item.number as usize) % Painted::ALL.len()];
        let seed = item.seed ^ index as u64;
        let forged = damage::paint(&original, kind, seed, donors);
        for (name, picture) in [
            (Some(kind), forged),
            (None, Picture::clean(original.clone())),
        ] {
            let delivered = deliver(&picture, chain, seed, std::slice::from_ref(&other))?;
            let stem = format!(
                "{}-{}",
                chain.name(),
                name.map_or("undamaged", Painted::name)
            );
            let claim = format!("{stem}.{}", delivered.extension);
            fs::write(place.join(&claim), &delivered.file)?;
            let mask = format!("{stem}-mask.png");
            delivered.mask.save(place.join(&mask))?;
            lines.push(line(
                claim,
                "derived",
                chain.name().to_owned(),
                name.map(Painted::name),
                Some(mask),
            ));
        }
    }
    for level in 0..regenerate::LEVELS {
        let (made, quality) =
            regenerate::regenerated(&Picture::clean(original.clone()), level, item.seed);
        let claim = format!("regenerated-{level}.jpg");
        fs::write(place.join(&claim), jpeg(&made.rgb, quality)?)?;
        lines.push(line(
            claim,
            "derived",
            format!("regenerated-{level}"),
            None,
            None,
        ));
    }
    for shot in item.shots() {
        if shot == Shot::Listing(0) {
            continue;
        }
        let claim = format!("{}.jpg", shot.name());
        fs::write(place.join(&claim), cache.file(item, shot)?)?;
        lines.push(line(claim, "negative", shot.name(), None, None));
    }
    Ok(lines)
}
