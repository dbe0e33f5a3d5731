//! Time and memory of one 12-megapixel photo against eight listing photos that are held ready, on one thread.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result};

use super::Run;
use crate::cache::Cache;
use crate::chain::{Chain, deliver};
use crate::damage::{self, Painted};
use crate::rows::Row;
use crate::stats::quantile;
use crate::subject::{Desk, Held};
use crate::suite::Shot;

/// The longer side of a 12-megapixel photo.
const SIDE: u32 = 4_000;
/// Times that each case is measured.
const REPEATS: usize = 9;
/// Clock ticks a second of `/proc`, fixed on Linux.
const TICKS: f64 = 100.0;

/// The CPU time of this process so far, in milliseconds, to ten of them.
fn cpu_milliseconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("speed is measured on Linux")?;
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |place: usize| {
        after
            .split_whitespace()
            .nth(place)
            .and_then(|field| field.parse::<f64>().ok())
    };
    let (user, system) = (
        ticks(11).context("user time")?,
        ticks(12).context("system time")?,
    );
    Ok((user + system) / TICKS * 1e3)
}

/// The largest resident memory of this process so far, in MB.
fn peak_megabytes() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .context("peak memory")?;
    let kilobytes: f64 = line
        .split_whitespace()
        .nth(1)
        .context("a number")?
        .parse()?;
    Ok(kilobytes / 1e3)
}

/// Measures; nothing else may run beside it. Memory is that of a process of its own, so this stage runs alone, too.
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
    let cases = [
        (
            "12 MP, forged copy of a listing photo",
            deliver(&forged, Chain::Jpeg85, item.seed, &[])?.file,
        ),
        (
            "12 MP, new photo of the item",
            large.file(item, Shot::Damaged(0))?,
        ),
    ];
    let mut desk = Desk::new();
    let mut references = vec![
        desk.listing("listing-0", &large.file(item, Shot::Listing(0))?)?,
        desk.listing("listing-1", &run.cache.file(item, Shot::Listing(1))?)?,
    ];
    for (number, other) in (2..8).zip(run.items.iter().filter(|other| other.number != item.number))
    {
        let file = run.cache.file(other, Shot::Listing(0))?;
        references.push(desk.listing(&format!("listing-{number}"), &file)?);
    }
    let references: Vec<&Held> = references.iter().collect();
    let mut rows = Vec::new();
    for (class, file) in cases {
        let (mut loading, mut comparing, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..REPEATS {
            let (start, before) = (Instant::now(), cpu_milliseconds()?);
            let claim = desk.claim("claim", &file)?;
            loading.push(start.elapsed().as_secs_f64() * 1e3);
            comparing.push(desk.inspect(&claim, &[&claim], &references)?.milliseconds);
            cpu.push(cpu_milliseconds()? - before);
        }
        let mut row = Row {
            stage: "speed".to_owned(),
            suite: "rendered".to_owned(),
            item: item.number.to_string(),
            kind: format!("{:?}", item.kind),
            class: class.to_owned(),
            ..Row::default()
        };
        for (name, values) in [
            ("ms to decode, hash and prepare", &loading),
            ("ms to compare with 8 listing photos", &comparing),
            ("ms of CPU in all", &cpu),
        ] {
            row.numbers.insert(name.to_owned(), quantile(values, 0.5));
        }
        rows.push(row);
    }
    let mut memory = Row {
        stage: "speed".to_owned(),
        suite: "rendered".to_owned(),
        class: "largest memory of the process, the suite's own 12-MP pictures included".to_owned(),
        ..Row::default()
    };
    memory.numbers.insert("MB".to_owned(), peak_megabytes()?);
    rows.push(memory);
    run.results.add(task, rows)
}
