//! Peers on a stated subset, ours on the same pairs: each claim against one listing photo.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aftercare_evidence::{FindingCode, Fingerprint};
use aftercare_scene::RgbImage;
use aftercare_scene::random::mix;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::Run;
use crate::chain::{Chain, deliver};
use crate::damage::{self, Painted};
use crate::parallel;
use crate::picture::{Picture, decode};
use crate::rows::Row;
use crate::subject::Desk;
use crate::suite::{Item, Shot};

/// Every fifth item takes part: the peers are slow.
const EVERY: u32 = 5;
/// Forged deliveries of each of these items.
const FORGED: usize = 6;
/// Undamaged deliveries.
const UNDAMAGED: usize = 2;
/// Photos of other items.
const UNRELATED: u32 = 2;

/// One pair, as the script reads it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pair {
    id: String,
    folder: String,
    reference: String,
    claim: String,
    item: String,
    kind: String,
    /// `derived`, `hard` or `unrelated`.
    truth: String,
    class: String,
    damage: String,
    mask: Option<String>,
}

/// Writes the pairs, asks the script and ours, and joins the answers.
pub fn compare(run: &Run) -> Result<()> {
    let task = "peers";
    if run.results.is_done(task) {
        return Ok(());
    }
    let folder = run.cache.folder().join("peers");
    let items: Vec<&Item> = run
        .items
        .iter()
        .filter(|item| item.number % EVERY == 1 && !item.is_blank())
        .collect();
    let pairs: Vec<Pair> = parallel::map(&items, |item| pairs_of(run, item, &folder))
        .into_iter()
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    let manifest = folder.join("manifest.jsonl");
    let mut file = fs::File::create(&manifest)?;
    for pair in &pairs {
        writeln!(file, "{}", serde_json::to_string(pair)?)?;
    }
    let theirs = ask_script(&manifest)?;
    let groups: Vec<Vec<&Pair>> = items
        .iter()
        .map(|item| {
            pairs
                .iter()
                .filter(|pair| pair.item == item.number.to_string())
                .collect()
        })
        .collect();
    let rows: Vec<Row> = parallel::map(&groups, |group| ours(group, &folder, &theirs))
        .into_iter()
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    println!("peers: {} items, {} pairs", items.len(), rows.len());
    run.results.add(task, rows)
}

fn pairs_of(run: &Run, item: &Item, root: &Path) -> Result<Vec<Pair>> {
    let folder = format!("{:04}", item.number);
    let place = root.join(&folder);
    fs::create_dir_all(&place)?;
    fs::write(
        place.join("listing.jpg"),
        run.cache.file(item, Shot::Listing(0))?,
    )?;
    let original = run.cache.photo(item, Shot::Listing(0))?;
    let mut pairs = Vec::new();
    let mut add = |name: String, truth: &str, class: &str, damage: &str, mask: Option<String>| {
        pairs.push(Pair {
            id: format!("{folder}/{name}"),
            folder: folder.clone(),
            reference: "listing.jpg".to_owned(),
            claim: name,
            item: item.number.to_string(),
            kind: format!("{:?}", item.kind),
            truth: truth.to_owned(),
            class: class.to_owned(),
            damage: damage.to_owned(),
            mask,
        });
    };
    let index = (item.number / EVERY) as usize;
    for turn in 0..FORGED + UNDAMAGED {
        let chain = Chain::ALL[(index * 11 + turn * 7) % Chain::ALL.len()];
        let seed = mix(item.seed ^ (0x6000 + turn as u64));
        let kind =
            (turn < FORGED).then(|| Painted::ALL[(index * FORGED + turn) % Painted::ALL.len()]);
        let picture = match kind {
            Some(kind) => damage::paint(&original, kind, seed, &run.donors),
            None => Picture::clean(original.clone()),
        };
        let other: RgbImage = run.cache.photo(item, Shot::Intact(0))?;
        let delivered = deliver(&picture, chain, seed, &[other])?;
        let name = format!("derived-{turn}.{}", delivered.extension);
        fs::write(place.join(&name), &delivered.file)?;
        let mask = format!("derived-{turn}-mask.png");
        delivered.mask.save(place.join(&mask))?;
        add(
            name,
            "derived",
            chain.name(),
            kind.map_or("", Painted::name),
            Some(mask),
        );
    }
    let mut hard = vec![
        Shot::Intact(0),
        Shot::Damaged(1),
        Shot::Reshot(0),
        Shot::Reshot(1),
        Shot::OtherLight,
    ];
    if item.is_printed() {
        hard.push(Shot::UnitFront(0));
    }
    if !item.is_planar() {
        hard.push(Shot::Shelf(0));
    }
    for shot in hard {
        let name = format!("{}.jpg", shot.name());
        fs::write(place.join(&name), run.cache.file(item, shot)?)?;
        add(name, "hard", &shot.name(), "", None);
    }
    for step in 0..UNRELATED {
        let count = run.items.len() as u32;
        let other = &run.items[((item.number + 1 + step * 3) % count) as usize];
        let name = format!("unrelated-{step}.jpg");
        let shot = if step % 2 == 0 {
            Shot::Listing(0)
        } else {
            Shot::Damaged(0)
        };
        fs::write(place.join(&name), run.cache.file(other, shot)?)?;
        add(name, "unrelated", "unrelated", "", None);
    }
    Ok(pairs)
}

/// The answers of `peers.py` by the pair's name.
fn ask_script(manifest: &Path) -> Result<BTreeMap<String, BTreeMap<String, f64>>> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers.py");
    let mut child = Command::new("python3")
        .arg(&script)
        .arg(manifest)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting python3 {}", script.display()))?;
    let output = child.stdout.take().context("the script has an output")?;
    let mut answers = BTreeMap::new();
    for line in BufReader::new(output).lines() {
        let mut answer: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&line?)?;
        let id = answer
            .remove("id")
            .and_then(|id| id.as_str().map(str::to_owned))
            .context("an answer has an id")?;
        let numbers = answer
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_f64()?)))
            .collect();
        answers.insert(id, numbers);
    }
    let status = child.wait()?;
    ensure!(
        status.success(),
        "{} failed: {status}; it needs numpy and OpenCV",
        script.display()
    );
    Ok(answers)
}

/// Our answers about the pairs of one item.
fn ours(
    pairs: &[&Pair],
    root: &Path,
    theirs: &BTreeMap<String, BTreeMap<String, f64>>,
) -> Result<Vec<Row>> {
    let Some(first) = pairs.first() else {
        return Ok(Vec::new());
    };
    let mut desk = Desk::new();
    let listing_file = fs::read(root.join(&first.folder).join(&first.reference))?;
    let listing = desk.listing("listing", &listing_file)?;
    let listing_print = fingerprint(&decode(&listing_file)?)?;
    let mut rows = Vec::new();
    for pair in pairs {
        let file = fs::read(root.join(&pair.folder).join(&pair.claim))?;
        let claim = desk.claim("claim", &file)?;
        let answer = desk.inspect(&claim, &[&claim], &[&listing])?;
        let mut row = answer.row();
        if let Some(mask) = pair.mask.as_ref().filter(|_| !pair.damage.is_empty()) {
            let truth = image::open(root.join(&pair.folder).join(mask))?.into_luma8();
            let codes = [FindingCode::EditedRegion, FindingCode::SameFlatSurface];
            row.overlap = Some(answer.overlap(&codes, &truth)?);
        }
        let print = fingerprint(&decode(&file)?)?;
        row.numbers.insert(
            "peer_pdq".to_owned(),
            f64::from(print.hash().distance(listing_print.hash())),
        );
        row.numbers.insert(
            "peer_pdq8".to_owned(),
            f64::from(print.distance(&listing_print)),
        );
        for (name, value) in theirs
            .get(&pair.id)
            .with_context(|| format!("no answer about {}", pair.id))?
        {
            row.numbers.insert(format!("peer_{name}"), *value);
        }
        row.stage = "peers".to_owned();
        row.suite = "rendered".to_owned();
        row.item.clone_from(&pair.item);
        row.kind.clone_from(&pair.kind);
        row.class = format!("{}:{}", pair.truth, pair.class);
        row.damage.clone_from(&pair.damage);
        rows.push(row);
    }
    Ok(rows)
}

pub(super) fn fingerprint(picture: &RgbImage) -> Result<Fingerprint> {
    Ok(Fingerprint::of_rgb(
        picture.as_raw(),
        picture.width(),
        picture.height(),
    )?)
}
