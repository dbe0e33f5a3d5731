//! The command line of the evidence suite.

use std::path::PathBuf;
use std::time::Instant;

use aftercare_bench_evidence::cache::Cache;
use aftercare_bench_evidence::chain::{self, Chain};
use aftercare_bench_evidence::damage::{self, Painted};
use aftercare_bench_evidence::phone::{self, Habit};
use aftercare_bench_evidence::report::{self, Measured};
use aftercare_bench_evidence::rows::{Head, Results};
use aftercare_bench_evidence::stages::{self, Run};
use aftercare_bench_evidence::suite::{Item, Shot};
use aftercare_bench_evidence::{donors, draw, pairs, parallel, picture, regenerate};
use aftercare_scene::RgbImage;
use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Makes forged, honest and delivered photos with known truth, and measures the evidence checks on them.
#[derive(Debug, Parser)]
struct Arguments {
    /// The seed that every item follows from: a number, or `commit` for one derived from the commit that is measured.
    #[arg(long, default_value = "1", global = true)]
    seed: String,
    /// Where rendered photos are kept between runs.
    #[arg(long, default_value = "target/evidence-cache", global = true)]
    cache: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Render the photos of the first items into the cache.
    Render {
        /// How many items.
        #[arg(long, default_value_t = 300)]
        count: u32,
        /// The longer side, in pixels.
        #[arg(long, default_value_t = 1_600)]
        side: u32,
    },
    /// Write pairs of listing and claim into folders, with a manifest that tells the truth about each.
    Pairs {
        #[arg(long)]
        out: PathBuf,
        /// How many items.
        #[arg(long, default_value_t = 20)]
        count: u32,
        /// The longer side, in pixels.
        #[arg(long, default_value_t = 1_600)]
        side: u32,
    },
    /// Run stages (all, when none is named) and append their results.
    Run {
        stages: Vec<String>,
        /// Where the results go, one JSON line each.
        #[arg(long)]
        out: PathBuf,
        /// How many items.
        #[arg(long, default_value_t = 300)]
        count: u32,
        /// The longer side of photos, in pixels.
        #[arg(long, default_value_t = 1_600)]
        side: u32,
        /// How many pairs of different items are asked whether one is made from the other.
        #[arg(long, default_value_t = 100_000)]
        pairs: usize,
        /// Entries of the index that copies of earlier photos are searched in.
        #[arg(long, default_value_t = 1_000_000)]
        entries: usize,
        /// How many of them are rendered; the rest is perturbed from them.
        #[arg(long, default_value_t = 20_000)]
        pixels: usize,
        /// A folder of real photos.
        #[arg(long)]
        photos: Option<PathBuf>,
    },
    /// Write RESULTS.md, its plots and the calibration from the results of one or more runs.
    Report {
        /// Results files.
        #[arg(required = true)]
        results: Vec<PathBuf>,
        /// Where the page goes; the plots go into the folder `plots` beside it.
        #[arg(long, default_value = "RESULTS.md")]
        page: PathBuf,
        /// Where the calibration goes; none is written when this is not given.
        #[arg(long)]
        calibration: Option<PathBuf>,
    },
    /// Measure one photo against listing photos in this process, and print the numbers: what the stage `speed` starts.
    #[command(hide = true)]
    Single {
        claim: PathBuf,
        listings: Vec<PathBuf>,
    },
    /// Write contact sheets to look at.
    Samples {
        #[arg(long)]
        out: PathBuf,
    },
}

impl Arguments {
    fn seed(&self) -> Result<u64> {
        if self.seed != "commit" {
            return self
                .seed
                .parse()
                .context("--seed is a number or the word commit");
        }
        let commit = commit()?;
        let digits = commit.get(..16).context("a commit has forty digits")?;
        u64::from_str_radix(digits, 16).context("reading the commit as a number")
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let seed = arguments.seed()?;
    match arguments.command {
        Command::Render { count, side } => render(&arguments, seed, count, side),
        Command::Pairs {
            ref out,
            count,
            side,
        } => pairs::write(&arguments.cache, seed, count, side, out),
        Command::Run {
            ref stages,
            ref out,
            count,
            side,
            pairs,
            entries,
            pixels,
            ref photos,
        } => {
            let head = Head {
                seed,
                side,
                commit: commit()?,
                checks: aftercare_evidence::limits::CHECKS_VERSION.to_owned(),
            };
            let results = Results::open(out, &head)?;
            let mut run = Run::new(
                seed,
                count,
                Cache::new(&arguments.cache, seed, side),
                results,
            )?;
            (run.pairs, run.entries, run.pixels) = (pairs, entries, pixels);
            run.photos.clone_from(photos);
            let all: Vec<String> = stages::STAGES.map(str::to_owned).to_vec();
            let chosen = if stages.is_empty() { &all } else { stages };
            chosen.iter().try_for_each(|stage| stages::run(&run, stage))
        }
        Command::Report {
            ref results,
            ref page,
            ref calibration,
        } => {
            let plots = page
                .parent()
                .unwrap_or(std::path::Path::new("."))
                .join("plots");
            report::write(
                &Measured::read(results)?,
                page,
                &plots,
                calibration.as_deref(),
            )
        }
        Command::Single {
            ref claim,
            ref listings,
        } => {
            println!(
                "{}",
                serde_json::to_string(&stages::speed::single(claim, listings)?)?
            );
            Ok(())
        }
        Command::Samples { ref out } => samples(&arguments, seed, out),
    }
}

/// The commit that is measured; a changed tree says so.
fn commit() -> Result<String> {
    let git = |arguments: &[&str]| -> Result<String> {
        let output = std::process::Command::new("git")
            .args(arguments)
            .output()
            .context("asking git")?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    let changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    let commit = git(&["rev-parse", "HEAD"])?;
    Ok(if changed {
        format!("{commit}-changed")
    } else {
        commit
    })
}

fn render(arguments: &Arguments, seed: u64, count: u32, side: u32) -> Result<()> {
    let cache = Cache::new(&arguments.cache, seed, side);
    let items: Vec<Item> = (0..count).map(|number| Item::new(seed, number)).collect();
    let start = Instant::now();
    let photos: usize = parallel::map(&items, |item| cache.fill(item))
        .into_iter()
        .sum::<Result<usize>>()?;
    println!(
        "{count} items, {photos} photos, {:.0} s",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn samples(arguments: &Arguments, seed: u64, out: &std::path::Path) -> Result<()> {
    std::fs::create_dir_all(out)?;
    let cache = Cache::new(&arguments.cache, seed, 640);
    let numbers: Vec<u32> = (0..20).collect();
    let rows = parallel::map(&numbers, |number| {
        let item = Item::new(seed, *number);
        item.shots()
            .into_iter()
            .map(|shot| {
                Ok((
                    format!("{number} {:?} {}", item.kind, shot.name()),
                    cache.photo(&item, shot)?,
                ))
            })
            .collect::<Result<Vec<_>>>()
    });
    for (number, row) in rows.into_iter().enumerate() {
        let sheet = draw::contact_sheet(&row?, 7, 260);
        let file = picture::jpeg(&sheet, 90)?;
        let path = out.join(format!("shots-{number:02}.jpg"));
        std::fs::write(&path, file).with_context(|| format!("writing {}", path.display()))?;
    }
    let item = Item::new(seed, 1);
    let original = cache.photo(&item, Shot::Listing(0))?;
    let donors = donors::donors(&cache.donors(seed), seed, 6)?;
    let forged: Vec<(String, RgbImage)> = parallel::map(&Painted::ALL, |kind| {
        let picture = damage::paint(&original, *kind, item.seed, &donors);
        let share = picture.edited_share() * 100.0;
        [
            (format!("{} {share:.2}%", kind.name()), picture.rgb.clone()),
            (
                "mask".to_owned(),
                image::DynamicImage::ImageLuma8(picture.mask).into_rgb8(),
            ),
        ]
    })
    .into_iter()
    .flatten()
    .collect();
    std::fs::write(
        out.join("damages.jpg"),
        picture::jpeg(&draw::contact_sheet(&forged, 6, 400), 92)?,
    )?;
    let picture = damage::paint(&original, Painted::Crack, item.seed, &donors);
    let mut sent = Vec::new();
    for chain in Chain::ALL {
        let delivered =
            chain::deliver(&picture, chain, item.seed, std::slice::from_ref(&original))?;
        sent.push((chain.name().to_owned(), picture::decode(&delivered.file)?));
        sent.push((
            "mask".to_owned(),
            image::DynamicImage::ImageLuma8(delivered.mask).into_rgb8(),
        ));
    }
    for level in 0..regenerate::LEVELS {
        let (made, _) = regenerate::regenerated(&picture, level, item.seed);
        sent.push((format!("regenerated {level}"), made.rgb));
    }
    sent.push(("marked".to_owned(), chain::marked(&original, (0.5, 0.5), 4)));
    std::fs::write(
        out.join("chains.jpg"),
        picture::jpeg(&draw::contact_sheet(&sent, 8, 400), 92)?,
    )?;
    let honest = parallel::map(&Habit::ALL, |habit| {
        let shot = Shot::Damaged(0);
        let own = [
            cache.photo(&item, Shot::Damaged(1))?,
            cache.photo(&item, Shot::Damaged(2))?,
            cache.photo(&item, Shot::Damaged(3))?,
        ];
        let photo = cache.photo(&item, shot)?;
        let (delivered, _) = phone::sent(&item, shot, &photo, *habit, item.seed, &own)?;
        Ok((habit.name().to_owned(), picture::decode(&delivered.file)?))
    })
    .into_iter()
    .collect::<Result<Vec<_>>>()?;
    std::fs::write(
        out.join("habits.jpg"),
        picture::jpeg(&draw::contact_sheet(&honest, 5, 400), 92)?,
    )?;
    Ok(())
}
