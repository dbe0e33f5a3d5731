//! How long a verdict takes beside exiftool, and whether camera photos carry a mark.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use aftercare_labels::carry::{Declaration, Ground, Identifier, Operator, carry};
use aftercare_labels::pixels::look;
use aftercare_labels::provider::credit_check_character;
use aftercare_labels::{Mark, MarkKind, Rule, read, read_from};
use aftercare_media::{Limits, decode};
use aftercare_scene::{Camera, Exif, ItemKind, Scene, encode_jpeg, encode_png, encode_webp};
use anyhow::{Context, Result, anyhow};

use crate::Options;
use crate::exiftool::Exiftool;

/// Times each file is read by us, and by exiftool.
const OURS: usize = 101;
const THEIRS: usize = 9;
/// Renders in each of three formats, half of them with a label.
const RENDERS: u64 = 8;

/// Whether a mark says that a generator or a system of AI took part. What its rule and its kind are is what a person reads.
fn says_ai(mark: &Mark) -> bool {
    let trace = mark.fields.get("trace").and_then(|name| name.as_str());
    let is_source = matches!(
        trace,
        Some(
            "iptc_composite_with_trained"
                | "iptc_trained_algorithmic"
                | "iptc_composite_synthetic"
                | "iptc_algorithmic"
        )
    );
    matches!(mark.kind, MarkKind::AiLabel | MarkKind::GeneratorText)
        || matches!(
            mark.rule,
            Rule::GeneratorMark | Rule::GenerativeEdit | Rule::AiSystem | Rule::ExplicitMark
        )
        || is_source
}

/// What the product is to reach: times of exiftool, and microseconds from the name of the file.
const RATIO: f64 = 200.0;
const MEDIAN_US: f64 = 60.0;
const P99_US: f64 = 400.0;

/// The shortest of `times` runs of `one`, in microseconds.
fn shortest(times: usize, mut one: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..times {
        let start = Instant::now();
        one()?;
        best = best.min(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(best)
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values[(last as f64 * share).round() as usize]
}

/// JPEG files below `folder`, in order of their names.
pub fn photos(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            photos(&path, found)?;
        } else if path
            .extension()
            .is_some_and(|name| name == "jpg" || name == "jpeg")
        {
            found.push(path);
        }
    }
    Ok(())
}

fn renders(folder: &Path) -> Result<Vec<PathBuf>> {
    let first = "91000000MA0TE5T00";
    let check = credit_check_character(first).context("characters of the alphabet")?;
    let operator =
        Operator::new(&format!("0011{first}{check}20001")).map_err(|one| anyhow!("{one}"))?;
    let id = |text: &str| Identifier::new(text).map_err(|one| anyhow!("{one}"));
    let ground = Ground::Declared(Declaration {
        uploader: id("user-1")?,
        event: id("event-1")?,
    });
    let mut files = Vec::new();
    for seed in 0..RENDERS {
        let photo = Camera::phone(seed).develop(&Scene::new(ItemKind::Mug, seed), 1280, 960);
        for (extension, bytes) in [
            ("jpg", encode_jpeg(&photo, 90, Some(&Exif::default()))),
            ("png", encode_png(&photo)),
            ("webp", encode_webp(&photo)),
        ] {
            let bytes = if seed % 2 == 0 {
                carry(&bytes, &operator, &id("pub-1")?, &ground)
                    .map_err(|one| anyhow!("{one}"))?
                    .bytes
            } else {
                bytes
            };
            let file = folder.join(format!("render-{seed}.{extension}"));
            fs::write(&file, bytes)?;
            files.push(file);
        }
    }
    Ok(files)
}

pub fn run(
    folder: &Path,
    exiftool: &mut Exiftool,
    options: &Options,
    report: &mut String,
) -> Result<Vec<PathBuf>> {
    let mut camera = Vec::new();
    if let Some(folder) = &options.photos {
        photos(folder, &mut camera)?;
    }
    // Spread over the whole folder, not its first names.
    let step = camera.len().div_ceil(options.max_photos.max(1)).max(1);
    let camera: Vec<PathBuf> = camera.into_iter().step_by(step).collect();
    let renders = renders(folder)?;
    let is_plain = |file: &&PathBuf| {
        let name = file.file_stem().and_then(|name| name.to_str());
        let seed = name.and_then(|name| name.rsplit('-').next()?.parse::<u64>().ok());
        seed.is_some_and(|seed| seed % 2 == 1)
    };
    let plain: Vec<&PathBuf> = renders.iter().filter(is_plain).collect();
    let mut marked = (0, 0);
    for file in camera.iter().chain(plain.iter().copied()) {
        let found = read(&fs::read(file)?);
        if let Some(mark) = found.marks.iter().find(|mark| says_ai(mark)) {
            eprintln!("{} on {}", mark.rule.id(), file.display());
            if camera.contains(file) {
                marked.0 += 1;
            } else {
                marked.1 += 1;
            }
        }
    }
    let mut looked = (0, 0);
    for file in camera.iter().chain(&renders) {
        let bytes = fs::read(file)?;
        let is_photo = decode(&bytes, &Limits::default()).is_ok() && camera.contains(file);
        looked.0 += usize::from(is_photo);
        for mark in look(&bytes) {
            eprintln!("{} in the pixels of {}", mark.rule.id(), file.display());
            looked.1 += 1;
        }
    }
    let mut rows = Vec::new();
    let of = |extension: &str| -> Vec<PathBuf> {
        let is_one = |file: &&PathBuf| file.extension().is_some_and(|name| name == extension);
        renders.iter().filter(is_one).cloned().collect()
    };
    for (name, files) in [
        ("JPEG renders of 1280 × 960", of("jpg")),
        ("PNG renders of 1280 × 960", of("png")),
        ("WebP renders of 1280 × 960", of("webp")),
        ("all renders", renders.clone()),
        ("camera photos (JPEG)", camera.clone()),
        ("all images", [&renders[..], &camera].concat()),
    ] {
        if files.is_empty() {
            continue;
        }
        let (mut from_file, mut from_memory, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
        for file in &files {
            let name = file.to_str().context("a name in UTF-8")?;
            let bytes = fs::read(file)?;
            from_file.push(shortest(OURS, || {
                black_box(read_from(&mut File::open(file)?)?);
                Ok(())
            })?);
            from_memory.push(shortest(OURS, || {
                black_box(read(&bytes));
                Ok(())
            })?);
            theirs.push(shortest(THEIRS, || {
                black_box(exiftool.ask(&["-j", "-a", "-u", "-G1", name])?);
                Ok(())
            })?);
        }
        let both = |times: &mut Vec<f64>| [quantile(times, 0.5), quantile(times, 0.99)];
        rows.push((
            name,
            files.len(),
            both(&mut from_file),
            both(&mut from_memory),
            both(&mut theirs),
        ));
    }
    writeln!(
        report,
        "## Speed\n\n\
         Microseconds by the wall's clock to the verdict: from the name of the file, reading it from a warm cache included, and\n\
         from its bytes in memory, as the product has them. exiftool was asked `-j -a -u -G1`. The machine was shared, so the\n\
         shortest of {OURS} (ours) and {THEIRS} (exiftool) times counts for each file; of these the median and the 99th percentile\n\
         over the files stand here.\n\n\
         | files | count | ours from the file, median, p99 | ours from memory, median, p99 | exiftool, median, p99 | ratio of medians, file | memory |\n|---|---|---|---|---|---|---|"
    )?;
    let mut missed = Vec::new();
    for (name, count, file, memory, theirs) in rows {
        for (way, times) in [("file", file), ("memory", memory)] {
            let ratio = theirs[0] / times[0];
            if ratio < RATIO {
                missed.push(format!("{name} from the {way}: {ratio:.0} times exiftool"));
            }
            if times[0] > MEDIAN_US || times[1] > P99_US {
                missed.push(format!(
                    "{name} from the {way}: {:.1} and {:.1} µs",
                    times[0], times[1]
                ));
            }
        }
        writeln!(
            report,
            "| {name} | {count} | {:.1}, {:.1} | {:.2}, {:.1} | {:.0}, {:.0} | {:.0} | {:.0} |",
            file[0],
            file[1],
            memory[0],
            memory[1],
            theirs[0],
            theirs[1],
            theirs[0] / file[0],
            theirs[0] / memory[0]
        )?;
    }
    writeln!(
        report,
        "\nThe goal is {RATIO} times exiftool, {MEDIAN_US} µs at the median and {P99_US} µs at the 99th percentile. Missed by: {}.\n",
        if missed.is_empty() {
            "none".to_owned()
        } else {
            missed.join("; ")
        }
    )?;
    writeln!(
        report,
        "## Camera photos\n\nMarks that say that a generator or AI took part (labels, generators' texts and marks, generative edits, names of AI systems,\n\
         sources of IPTC that name an algorithm), found on {} camera photos: {}, and on {} renders without a label: {}. With their pixels decoded and looked at, hidden texts or\n\
         explicit marks on {} of them that can be decoded, and on our {} renders: {}.\n",
        camera.len(),
        marked.0,
        plain.len(),
        marked.1,
        looked.0,
        renders.len(),
        looked.1
    )?;
    Ok(camera)
}
