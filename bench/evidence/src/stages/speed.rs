//! Time and memory of one 12-megapixel photo against eight listing photos that are held ready, on one thread, in a
//! process of its own; OpenCV does the same beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aftercare_evidence::Fingerprint;
use aftercare_media::Limits;
use anyhow::{Context, Result, anyhow, ensure};

use super::Run;
use crate::cache::Cache;
use crate::chain::{Chain, deliver};
use crate::clock::{peak_megabytes, process_milliseconds};
use crate::damage::{self, Painted};
use crate::rows::Row;
use crate::stats::quantile;
use crate::subject::{Desk, Held};
use crate::suite::Shot;

/// The longer side of a 12-megapixel photo.
const SIDE: u32 = 4_000;
/// Times that each case is measured.
const REPEATS: usize = 9;
/// Listing photos.
const LISTINGS: usize = 8;

/// What a process of its own measured, by name.
pub type Numbers = BTreeMap<String, f64>;

/// Measures both cases; nothing else should run beside it.
pub fn photo(run: &Run) -> Result<()> {
    let task = "speed";
    if run.results.is_done(task) {
        return Ok(());
    }
    let item = run
        .items
        .iter()
        .find(|item| !item.is_planar())
        .context("a suite has items")?;
    let large = Cache::new(run.cache.root(), run.seed, SIDE);
    let original = large.photo(item, Shot::Listing(0))?;
    let forged = damage::paint(&original, Painted::Crack, item.seed, &run.donors);
    let folder = run.cache.folder().join("speed");
    fs::create_dir_all(&folder)?;
    let keep = |name: &str, file: &[u8]| -> Result<PathBuf> {
        let path = folder.join(name);
        fs::write(&path, file).with_context(|| format!("writing {}", path.display()))?;
        Ok(path)
    };
    let cases = [
        (
            "12 MP, forged copy of a listing photo",
            keep(
                "forged.jpg",
                &deliver(&forged, Chain::Jpeg85, item.seed, &[])?.file,
            )?,
        ),
        (
            "12 MP, new photo of the item",
            keep("new.jpg", &large.file(item, Shot::Damaged(0))?)?,
        ),
    ];
    let mut listings = vec![
        keep("listing-0.jpg", &large.file(item, Shot::Listing(0))?)?,
        keep("listing-1.jpg", &run.cache.file(item, Shot::Listing(1))?)?,
    ];
    // A suite of a few items repeats them: what a photo is compared with, not what it shows, takes the time.
    let others = run
        .items
        .iter()
        .filter(|other| other.number != item.number)
        .flat_map(|other| [(other, Shot::Listing(0)), (other, Shot::Listing(1))]);
    for (number, (other, shot)) in (2..LISTINGS).zip(others) {
        let file = run.cache.file(other, shot)?;
        listings.push(keep(&format!("listing-{number}.jpg"), &file)?);
    }
    let mut rows = Vec::new();
    for (class, claim) in &cases {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers.py");
        let mut peer = Command::new("python3");
        peer.arg(script).arg("--speed");
        let mut ours = Command::new(std::env::current_exe()?);
        ours.arg("single");
        for (who, mut command) in [("", ours), (", OpenCV", peer)] {
            let numbers = measured_by(command.arg(claim).args(&listings))?;
            rows.push(Row {
                stage: "speed".to_owned(),
                suite: "rendered".to_owned(),
                item: item.number.to_string(),
                kind: format!("{:?}", item.kind),
                class: format!("{class}{who}"),
                numbers,
                ..Row::default()
            });
        }
    }
    run.results.add(task, rows)
}

/// Runs a process that prints its numbers as one JSON object.
fn measured_by(command: &mut Command) -> Result<Numbers> {
    let output = command
        .output()
        .with_context(|| format!("starting {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).with_context(|| format!("reading {command:?}"))
}

/// What the process of its own does: holds the listing photos ready, then inspects the claim's photo again and again.
/// Times are medians of CPU time.
pub fn single(claim: &Path, listings: &[PathBuf]) -> Result<Numbers> {
    let file = fs::read(claim).with_context(|| format!("reading {}", claim.display()))?;
    let mut desk = Desk::new();
    let mut references = Vec::new();
    for (number, listing) in listings.iter().enumerate() {
        references.push(desk.listing(&format!("listing-{number}"), &fs::read(listing)?)?);
    }
    let references: Vec<&Held> = references.iter().collect();
    let mut numbers = Numbers::new();
    numbers.insert(
        "MB with the listing photos held ready".to_owned(),
        peak_megabytes()?,
    );
    let (mut loading, mut comparing, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        let start = process_milliseconds()?;
        let held = desk.claim("claim", &file)?;
        let loaded = process_milliseconds()?;
        desk.inspect(&held, &[&held], &references)?;
        let end = process_milliseconds()?;
        loading.push(loaded - start);
        comparing.push(end - loaded);
        all.push(end - start);
    }
    numbers.insert("MB at most".to_owned(), peak_megabytes()?);
    let mut hashing = Vec::new();
    for _ in 0..REPEATS {
        let start = process_milliseconds()?;
        let photo = aftercare_media::decode(&file, &Limits::default())
            .map_err(|error| anyhow!("{}: {error}", claim.display()))?;
        Fingerprint::of(&photo)?;
        hashing.push(process_milliseconds()? - start);
    }
    for (name, values) in [
        ("ms to decode and hash", &hashing),
        ("ms to decode, hash, prepare and look at alone", &loading),
        ("ms to compare with 8 listing photos", &comparing),
        ("ms in all", &all),
    ] {
        numbers.insert(name.to_owned(), quantile(values, 0.5));
    }
    Ok(numbers)
}
