//! The command line of the evidence suite.

use std::path::PathBuf;
use std::time::Instant;

use aftercare_bench_evidence::cache::Cache;
use aftercare_bench_evidence::suite::Item;
use aftercare_bench_evidence::{draw, parallel, picture};
use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Makes forged, honest and delivered photos with known truth, and measures the evidence checks on them.
#[derive(Debug, Parser)]
struct Arguments {
    /// The seed that every item follows from.
    #[arg(long, default_value_t = 1, global = true)]
    seed: u64,
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
    /// Write contact sheets to look at.
    Samples {
        #[arg(long)]
        out: PathBuf,
    },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Render { count, side } => render(&arguments, count, side),
        Command::Samples { ref out } => samples(&arguments, out),
    }
}

fn render(arguments: &Arguments, count: u32, side: u32) -> Result<()> {
    let cache = Cache::new(&arguments.cache, arguments.seed, side);
    let items: Vec<Item> = (0..count)
        .map(|number| Item::new(arguments.seed, number))
        .collect();
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

fn samples(arguments: &Arguments, out: &std::path::Path) -> Result<()> {
    std::fs::create_dir_all(out)?;
    let cache = Cache::new(&arguments.cache, arguments.seed, 640);
    let numbers: Vec<u32> = (0..20).collect();
    let rows = parallel::map(&numbers, |number| {
        let item = Item::new(arguments.seed, *number);
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
    Ok(())
}
