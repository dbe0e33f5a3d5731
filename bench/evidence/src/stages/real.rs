//! Real photos, when a folder of them is given: few, so a stress test and no measure. Two layouts are known: folders of
//! one product each, whose `listing.*` is the listing photo, and folders of views of one object.

use std::fs;
use std::path::{Path, PathBuf};

use aftercare_evidence::FindingCode;
use aftercare_scene::random::mix;
use anyhow::{Context, Result};

use super::Run;
use crate::chain::{Chain, deliver, marked};
use crate::damage::{self, Painted};
use crate::parallel;
use crate::picture::{Picture, decode, jpeg};
use crate::rows::Row;
use crate::subject::{Desk, Held};

/// Forged and undamaged deliveries of each listing photo.
const DELIVERIES: usize = 6;
/// Views of one object that are compared with each other.
const MOST_VIEWS: usize = 16;

/// A product or object and its photos.
struct Subject {
    name: String,
    number: u64,
    listing: Option<PathBuf>,
    photos: Vec<PathBuf>,
}

/// All subjects below `root`: folders that hold pictures.
fn subjects(root: &Path) -> Result<Vec<Subject>> {
    let mut folders = vec![root.to_path_buf()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let (mut listing, mut photos) = (None, Vec::new());
        let mut entries: Vec<PathBuf> = fs::read_dir(&folder)
            .with_context(|| format!("reading {}", folder.display()))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        entries.sort();
        for path in entries {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .to_lowercase();
            if path.is_dir() {
                folders.push(path);
            } else if [".jpg", ".jpeg", ".png"]
                .iter()
                .any(|ending| name.ends_with(ending))
            {
                if name.starts_with("listing") {
                    listing = Some(path);
                } else {
                    photos.push(path);
                }
            }
        }
        if !photos.is_empty() {
            let name = folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            found.push(Subject {
                name,
                number: 0,
                listing,
                photos,
            });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    for (number, subject) in (1_u64..).zip(&mut found) {
        subject.number = number;
    }
    Ok(found)
}

/// Measures the real photos.
pub fn photos(run: &Run, root: &Path) -> Result<()> {
    if run.results.is_done("real") {
        return Ok(());
    }
    let subjects = subjects(root)?;
    let rows: Vec<Row> = parallel::map(&subjects, |subject| measure(run, subject))
        .into_iter()
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    println!("real: {} subjects, {} rows", subjects.len(), rows.len());
    run.results.add("real", rows)
}

fn measure(run: &Run, subject: &Subject) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let reference = subject.listing.as_ref().unwrap_or(&subject.photos[0]);
    let file = fs::read(reference)?;
    let original = decode(&file)?;
    let mut desk = Desk::new();
    let listing = desk.listing("listing", &file)?;
    let mut add = |stage: &str, class: &str, damage: &str, mut row: Row| {
        row.stage = stage.to_owned();
        row.suite = "real".to_owned();
        row.item.clone_from(&subject.name);
        row.kind = "real".to_owned();
        row.class = class.to_owned();
        row.damage = damage.to_owned();
        rows.push(row);
    };
    let chains: Vec<Chain> = Chain::ALL
        .into_iter()
        .filter(|chain| !chain.is_recapture())
        .collect();
    for turn in 0..DELIVERIES {
        let number = subject.number as usize * DELIVERIES + turn;
        let seed = mix(run.seed ^ (number as u64) << 8);
        let chain = chains[number % chains.len()];
        let kind = Painted::ALL[number % Painted::ALL.len()];
        let forged = damage::paint(&original, kind, seed, &run.donors);
        for (picture, stage, damage) in [
            (forged, "derived", kind.name()),
            (Picture::clean(original.clone()), "edited", ""),
        ] {
            let delivered = deliver(&picture, chain, seed, std::slice::from_ref(&original))?;
            let claim = desk.claim("claim", &delivered.file)?;
            let answer = desk.inspect(&claim, &[&claim], &[&listing])?;
            let mut row = answer.row();
            let codes = [FindingCode::EditedRegion, FindingCode::SameFlatSurface];
            row.overlap = Some(answer.overlap(&codes, &delivered.mask)?);
            add(stage, chain.name(), damage, row);
        }
    }
    let views: Vec<&PathBuf> = subject
        .photos
        .iter()
        .filter(|path| *path != reference)
        .take(MOST_VIEWS)
        .collect();
    for (number, path) in views.iter().enumerate() {
        let file = fs::read(path)?;
        let claim = desk.claim("claim", &file)?;
        add(
            "honest",
            "new-photo",
            "",
            desk.inspect(&claim, &[&claim], &[&listing])?.row(),
        );
        let picture = decode(&file)?;
        let seed = mix(run.seed ^ (subject.number << 20) ^ number as u64);
        let drawn = jpeg(&marked(&picture, (0.5, 0.5), seed), 88)?;
        let claim = desk.claim("claim", &drawn)?;
        add(
            "honest",
            "marker",
            "",
            desk.inspect(&claim, &[&claim], &[&listing])?.row(),
        );
        // Every photo of the subject against the one before it, asked as if two parties had taken them.
        if let Some(before) = number.checked_sub(1).and_then(|at| views.get(at)) {
            let other = desk.listing("other", &fs::read(before)?)?;
            let claim = desk.claim("claim", &file)?;
            add(
                "honest",
                "same-item-other-photo",
                "",
                desk.inspect(&claim, &[&claim], &[&other])?.row(),
            );
        }
    }
    // One claim of three views.
    if views.len() >= 3 {
        let mut held = Vec::new();
        for (number, path) in views.iter().take(3).enumerate() {
            held.push(desk.claim(&format!("view-{number}"), &fs::read(path)?)?);
        }
        let claim: Vec<&Held> = held.iter().collect();
        for photo in &claim {
            add(
                "cross-view",
                "honest-3-views",
                "",
                desk.inspect(photo, &claim, &[])?.row(),
            );
        }
    }
    Ok(rows)
}
