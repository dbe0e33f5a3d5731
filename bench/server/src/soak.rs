//! A steady load for half an hour: whether the memory of the program keeps growing, and what commands take from when they
//! were due.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::commands::Built;
use crate::load::{self, Cpu, Paced};
use crate::numbers::{Sample, Times, growth_percent};
use crate::process;
use crate::rows::Rows;
use crate::shop::{Database, Place, Shop};
use crate::story::Mix;

/// Commands a second of a run that counts.
pub const RATE: u32 = 60;
/// From when on the memory may not grow, where the run is long enough.
pub const FROM_S: f64 = 600.0;
/// Seconds over which the memory is taken at both ends.
const WIDTH_S: f64 = 60.0;

#[derive(Debug, Clone, Args)]
pub struct SoakArgs {
    #[command(flatten)]
    pub built: Built,
    #[arg(long, default_value_t = 1_800)]
    pub seconds: u64,
    /// Commands a second.
    #[arg(long, default_value_t = RATE)]
    pub rate: u32,
    /// Connections that are kept open.
    #[arg(long, default_value_t = 16)]
    pub connections: usize,
    /// Seconds between two looks at the memory.
    #[arg(long, default_value_t = 10)]
    pub every: u64,
}

/// A soak.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    pub database: Database,
    pub seconds: u64,
    pub rate: u32,
    pub connections: usize,
    pub samples: Vec<Sample>,
    /// Of the memory, from `from_s` to the end.
    pub growth_percent: Option<f64>,
    pub from_s: f64,
    /// From when a command was due.
    pub times: Times,
    pub server_cpu_s: f64,
    pub cases: i64,
    pub jobs_left: i64,
    pub file_system: String,
}

/// From when on growth counts, and over how long it is taken at both ends: a shorter run looks at its last two thirds.
fn windows(seconds: f64) -> (f64, f64) {
    if seconds >= 2.0 * FROM_S {
        (FROM_S, WIDTH_S)
    } else {
        (seconds / 3.0, seconds / 10.0)
    }
}

async fn samples(shop: &Arc<Shop>, start: Instant, args: &SoakArgs) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    let mut at_s = 0;
    while at_s <= args.seconds {
        tokio::time::sleep_until((start + Duration::from_secs(at_s)).into()).await;
        samples.push(Sample {
            at_s: at_s as f64,
            resident_mb: process::resident_mb(shop.process())?,
        });
        at_s += args.every;
    }
    Ok(samples)
}

async fn measure(args: &SoakArgs, place: &Place<'_>) -> Result<Row> {
    let shop = Shop::open(place).await?;
    let load = Paced {
        connections: args.connections,
        mix: Mix::Stories,
        per_second: args.rate,
        counted: Duration::from_secs(args.seconds),
    };
    let events = shop.events().await?;
    let start = Instant::now();
    let before = Cpu::of(&shop)?;
    let (tally, samples) =
        tokio::try_join!(load::paced(&shop, load, start), samples(&shop, start, args))?;
    let times = tally.times();
    shop.has_written(events, times.count).await?;
    let (from_s, width_s) = windows(args.seconds as f64);
    Ok(Row {
        database: place.database,
        seconds: args.seconds,
        rate: args.rate,
        connections: args.connections,
        growth_percent: growth_percent(&samples, from_s, width_s),
        samples,
        from_s,
        times,
        server_cpu_s: Cpu::of(&shop)?.since(before).server_s,
        cases: shop.sizes().await?.cases,
        jobs_left: shop.jobs_left().await?,
        file_system: shop.file_system.clone(),
    })
}

pub fn run(args: &SoakArgs, folder: &Path) -> Result<()> {
    ensure!(
        args.seconds > 0 && args.rate > 0 && args.connections > 0 && args.every > 0,
        "seconds, rate, connections and every must be above 0"
    );
    let mut rows = Rows::<Row>::open(folder, "soak")?;
    let runtime = crate::runtime()?;
    for database in args.built.asked(&[Database::Sqlite]) {
        let known = rows.all.iter().position(|row| {
            (row.database, row.seconds, row.rate) == (database, args.seconds, args.rate)
        });
        let at = match known {
            Some(at) => at,
            None => {
                let place = args.built.place("soak", database)?;
                let _ = std::fs::remove_dir_all(&place.folder);
                rows.push(runtime.block_on(measure(args, &place))?)?;
                let _ = std::fs::remove_dir_all(&place.folder);
                rows.all.len() - 1
            }
        };
        let file = folder.join(format!("soak-{}.svg", database.name().to_lowercase()));
        std::fs::write(&file, plot(&rows.all[at])).with_context(|| file.display().to_string())?;
    }
    Ok(())
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
const EDGE: f64 = 56.0;

/// The memory over the time, as SVG.
fn plot(row: &Row) -> String {
    let most = row
        .samples
        .iter()
        .map(|sample| sample.resident_mb)
        .fold(1.0, f64::max);
    let across =
        |seconds: f64| EDGE + (WIDTH - 2.0 * EDGE) * seconds / (row.seconds as f64).max(1.0);
    // A tenth of room above the highest.
    let up = |megabytes: f64| HEIGHT - EDGE - (HEIGHT - 2.0 * EDGE) * megabytes / (1.1 * most);
    let points: Vec<String> = row
        .samples
        .iter()
        .map(|sample| format!("{:.1},{:.1}", across(sample.at_s), up(sample.resident_mb)))
        .collect();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
    );
    let mut text = |x: f64, y: f64, anchor: &str, words: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>"
        );
    };
    let title = format!(
        "{}, {} commands a second: resident memory in MB",
        row.database.name(),
        row.rate
    );
    text(WIDTH / 2.0, EDGE / 2.0, "middle", &title);
    text(EDGE - 6.0, up(0.0), "end", "0");
    text(EDGE - 6.0, up(most), "end", &format!("{most:.0}"));
    text(EDGE, HEIGHT - EDGE / 2.0, "middle", "0");
    let end = format!("{:.1} min", row.seconds as f64 / 60.0);
    text(WIDTH - EDGE, HEIGHT - EDGE / 2.0, "middle", &end);
    let from = across(row.from_s);
    let (top, bottom, left, right) = (EDGE, HEIGHT - EDGE, EDGE, WIDTH - EDGE);
    let _ = writeln!(
        svg,
        "<path d=\"M{left:.1},{top:.1}V{bottom:.1}H{right:.1}\" fill=\"none\" stroke=\"#333\"/>\n\
         <path d=\"M{from:.1},{top:.1}V{bottom:.1}\" stroke=\"#999\" stroke-dasharray=\"4\"/>\n\
         <polyline fill=\"none\" stroke=\"#0072B2\" stroke-width=\"2\" points=\"{}\"/>\n</svg>",
        points.join(" ")
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_looks_at_its_own_end() {
        assert_eq!(windows(1_800.0), (FROM_S, WIDTH_S));
        let (from_s, width_s) = windows(30.0);
        assert!(from_s + 2.0 * width_s <= 30.0);
    }

    #[test]
    fn the_plot_has_every_sample_within_its_frame() {
        let samples = (0..=3).map(|minute| Sample {
            at_s: f64::from(minute) * 60.0,
            resident_mb: 50.0 + f64::from(minute),
        });
        let row = Row {
            database: Database::Sqlite,
            seconds: 180,
            rate: 5,
            connections: 1,
            samples: samples.collect(),
            growth_percent: None,
            from_s: 60.0,
            times: Times::default(),
            server_cpu_s: 0.0,
            cases: 0,
            jobs_left: 0,
            file_system: String::new(),
        };
        let svg = plot(&row);
        let points = svg.split("points=\"").nth(1).expect("a line");
        let points: Vec<&str> = points
            .split('"')
            .next()
            .expect("points")
            .split(' ')
            .collect();
        assert_eq!(points.len(), 4);
        for point in points {
            let (x, y) = point.split_once(',').expect("two numbers");
            let (x, y): (f64, f64) = (x.parse().expect("x"), y.parse().expect("y"));
            assert!((EDGE..=WIDTH - EDGE).contains(&x), "{x}");
            assert!((EDGE..=HEIGHT - EDGE).contains(&y), "{y}");
        }
    }
}
