//! Runs every measurement and writes RESULTS.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use aftercare_region::geo::{Degrees, Wgs84, distance_m};
use aftercare_region::{Atlas, Date, Level, Near, Outlets, Status, Unit, command};
use anyhow::{Context, Result};
use clap::Args;
use rustix::time::{ClockId, clock_gettime};

use crate::generate::{Generator, Row, table};
use crate::metamorphic;
use crate::random::Random;
use crate::score::{Tally, read};
use crate::targets::{self, Measured};

/// Seeds of the sets that are reported; none of them was looked at while the resolver was written.
const UNSEEN_SEEDS: [u64; 2] = [2_236_067, 2_645_751];
/// Seed and size of the metamorphic cases.
const METAMORPHIC_SEED: u64 = 424_242;
const METAMORPHIC_ROWS: usize = 9_000;
/// Rounds over a set when time is taken.
const ROUNDS: usize = 5;
/// Outlets and points of the comparison with trying all, and their seed.
const OUTLETS: usize = 30_000;
const QUERIES: usize = 20_000;
const NEAREST_SEED: u64 = 5;
/// Times that the atlas is built when that is timed.
const STARTS: usize = 15;
/// Addresses that the peers are timed on.
const PEER_ROWS: usize = 1_000;

#[derive(Args)]
pub(crate) struct Run {
    /// Folder with service_areas_truth.tsv and addresses.tsv; without it those sets are left out.
    #[arg(long)]
    shared: Option<PathBuf>,
    /// A Python that has cpca and jionlp; without it the peers are left out.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Addresses of each unseen set.
    #[arg(long, default_value_t = 20_000)]
    count: usize,
    #[arg(long, default_value = "RESULTS.md")]
    out: PathBuf,
}

pub(crate) fn run(task: &Run) -> Result<()> {
    let mut head = String::from(
        "# Addresses and service areas: measured\n\n\
         Written by `cargo run --release -- run` in `bench/region`; composed addresses, one thread. \
         The unseen sets are of seeds that nobody tuned on, their words and misspellings are the generator's own; \
         they are composed from tables of the same origin as the resolver's, so they say nothing about towns that \
         those tables lack.\n",
    );
    let mut page = String::new();
    let mut measured = Measured {
        bytes: table_bytes()?,
        start: Some(starts_section(&mut page)?),
        ..Measured::default()
    };
    let atlas = Atlas::built_in()?;
    let sets = sets(task, &atlas)?;
    measured.sets = sets_section(&mut page, &atlas, &sets);
    if let Some(folder) = &task.shared {
        let folder = folder.join("source/areacodes/data");
        measured.years = Some(years_section(&mut page, &atlas, &folder)?);
    }
    exhaustive_section(&mut page, &atlas);
    measured.metamorphic = Some(metamorphic_section(&mut page, &atlas));
    let unseen = sets
        .last()
        .map(|(_, rows)| rows.as_slice())
        .unwrap_or_default();
    let per_second = speed_section(&mut page, &atlas, unseen, &mut measured);
    nearest_section(&mut page);
    if let Some(python) = &task.python {
        measured.peers = peers_section(&mut page, python, &sets, per_second)?;
    }
    head.push_str(&targets::section(&measured));
    head.push_str(&page);
    std::fs::write(&task.out, &head).with_context(|| format!("writing {}", task.out.display()))?;
    println!("{head}");
    Ok(())
}

/// Builds the atlas in a process that did nothing before, and prints wall and processor microseconds and the KiB that it
/// adds.
pub(crate) fn start() -> Result<()> {
    let before = resident_kib();
    let (wall, processor) = (Instant::now(), processor_time());
    let atlas = Atlas::built_in()?;
    let (wall, processor) = (wall.elapsed(), processor_time().saturating_sub(processor));
    let added = resident_kib().saturating_sub(before);
    println!("{} {} {added}", wall.as_micros(), processor.as_micros());
    drop(atlas);
    Ok(())
}

/// Cold starts in fresh processes: the median of wall milliseconds and of MiB.
fn starts_section(page: &mut String) -> Result<(f64, f64)> {
    let mut columns = [const { Vec::new() }; 3];
    for _ in 0..STARTS {
        let done = Command::new(std::env::current_exe()?)
            .arg("start")
            .output()?;
        anyhow::ensure!(done.status.success(), "a start failed: {done:?}");
        let text = String::from_utf8_lossy(&done.stdout);
        for (column, word) in columns.iter_mut().zip(text.split_whitespace()) {
            column.push(word.parse::<f64>()?);
        }
    }
    for column in &mut columns {
        column.sort_by(f64::total_cmp);
    }
    let [wall, processor, kib] = &columns;
    let middle = STARTS / 2;
    let _ = writeln!(
        page,
        "\n## Cold start\n\n{STARTS} fresh processes, least, median and most: {:.1}, {:.1}, {:.1} ms of wall time; \
         {:.1}, {:.1}, {:.1} ms of processor time; {:.1} MiB added (median).",
        wall[0] / 1e3,
        wall[middle] / 1e3,
        wall[STARTS - 1] / 1e3,
        processor[0] / 1e3,
        processor[middle] / 1e3,
        processor[STARTS - 1] / 1e3,
        kib[middle] / 1_024.0,
    );
    Ok((wall[middle] / 1e3, kib[middle] / 1_024.0))
}

/// Bytes of the tables and patches that are compiled in, as they stand in the source.
fn table_bytes() -> Result<u64> {
    let mut sum = 0;
    for folder in ["data", "patches"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../crates/region")
            .join(folder);
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            sum += entry?.metadata()?.len();
        }
    }
    Ok(sum)
}

type Set = (String, Vec<Row>);

fn sets(task: &Run, atlas: &Atlas) -> Result<Vec<Set>> {
    let mut sets = Vec::new();
    if let Some(folder) = &task.shared {
        for name in ["service_areas_truth.tsv", "addresses.tsv"] {
            let path = folder.join(name);
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("reading {}", path.display()))?;
            sets.push((name.to_owned(), read(&text)));
        }
    }
    for seed in UNSEEN_SEEDS {
        sets.push((
            format!("unseen, seed {seed}"),
            Generator::new(atlas, seed).rows(task.count),
        ));
    }
    Ok(sets)
}

fn sets_section(page: &mut String, atlas: &Atlas, sets: &[Set]) -> Vec<(String, Tally)> {
    page.push_str(
        "\n## Sets\n\n| set | addresses | county | code | status class | town | silent wrong county |\n|---|---|---|---|---|---|---|\n",
    );
    let mut details = String::new();
    let mut tallies = Vec::new();
    for (name, rows) in sets {
        let mut tally = Tally::default();
        for row in rows {
            tally.add(row, &command::resolve_line(atlas, &row.raw, Date::LATEST));
        }
        let _ = writeln!(
            page,
            "| {name} | {} | {} | {} | {} | {}/{} | {} |",
            tally.rows,
            share(tally.county, tally.rows),
            share(tally.code, tally.rows),
            share(tally.status, tally.rows),
            tally.town,
            tally.towns,
            share(tally.silent, tally.rows),
        );
        let _ = writeln!(
            details,
            "\n### {name}, by kind\n\n| kind | county right |\n|---|---|"
        );
        for (kind, (right, all)) in &tally.kinds {
            let _ = writeln!(details, "| {kind} | {right}/{all} |");
        }
        if !tally.wrong.is_empty() {
            let _ = writeln!(
                details,
                "\nThe first rows that are wrong in county or status:\n"
            );
            for row in &tally.wrong {
                let _ = writeln!(details, "- {row}");
            }
        }
        tallies.push((name.clone(), tally));
    }
    page.push_str(&details);
    tallies
}

fn share(part: usize, all: usize) -> String {
    format!("{part} ({:.2} %)", part as f64 * 100.0 / all.max(1) as f64)
}

/// Every county in four forms, every town behind its county, every county that is gone.
fn exhaustive_section(page: &mut String, atlas: &Atlas) {
    page.push_str("\n## Every division there is\n\n| written | of | right | asks back | wrong |\n|---|---|---|---|---|\n");
    let day = Date::LATEST;
    let listed = |unit: &Unit| !unit.flags.own_number && !unit.flags.zone && !unit.flags.unofficial;
    let name = |id: Option<u32>| id.map_or("", |id| &*atlas.unit(id).name);
    let forms = [
        "province, city, county",
        "city, county",
        "province, county",
        "county alone",
    ];
    let mut wrong = Vec::new();
    for (form, title) in forms.iter().enumerate() {
        let (mut right, mut asks, mut all) = (0, 0, 0);
        for (unit, id) in atlas.units().iter().zip(0..) {
            if unit.level != Level::County || !unit.in_force(day) || !listed(unit) {
                continue;
            }
            let (province, city) = (
                name(atlas.province(id, day)),
                name(atlas.prefecture(id, day)),
            );
            let text = match form {
                0 => format!("{province}{city}{}", unit.name),
                1 => format!(
                    "{}{}",
                    if city.is_empty() { province } else { city },
                    unit.name
                ),
                2 => format!("{province}{}", unit.name),
                _ => unit.name.to_string(),
            };
            all += 1;
            let got = atlas.resolve(&text, day);
            if got.code == Some(unit.public_code()) {
                right += 1;
            } else if got.candidates.contains(&unit.public_code()) {
                asks += 1;
            } else {
                wrong.push(text);
            }
        }
        let _ = writeln!(
            page,
            "| {title} | {all} | {right} | {asks} | {} |",
            all - right - asks
        );
    }
    let (mut right, mut asks, mut all) = (0, 0, 0);
    for town in atlas.towns().iter().filter(|town| town.ended.is_none()) {
        let homes = atlas.at(town.home, day);
        let [home] = homes.as_slice() else { continue };
        let unit = atlas.unit(*home);
        let (province, city) = (
            name(atlas.province(*home, day)),
            name(atlas.prefecture(*home, day)),
        );
        if unit.flags.zone {
            continue;
        }
        let text = format!(
            "{}{}{}",
            if city.is_empty() { province } else { city },
            unit.name,
            town.name
        );
        all += 1;
        let got = atlas.resolve(&text, day);
        if got.town_code == Some(town.code) || got.town == Some(&*town.name) {
            right += 1;
        } else if got.status == Status::Ambiguous || got.status == Status::Conflict {
            asks += 1;
        } else {
            wrong.push(text);
        }
    }
    let _ = writeln!(
        page,
        "| city, county, town | {all} | {right} | {asks} | {} |",
        all - right - asks
    );
    let (mut right, mut asks, mut all) = (0, 0, 0);
    for (unit, id) in atlas.units().iter().zip(0..) {
        let Some(until) = unit
            .until
            .filter(|_| unit.level == Level::County && listed(unit))
        else {
            continue;
        };
        let eve = Date::start_of(u16::try_from(until.year() - 1).unwrap_or(1981));
        let (province, city) = (
            name(atlas.province(id, eve)),
            name(atlas.prefecture(id, eve)),
        );
        let text = format!("{province}{city}{}", unit.name);
        let mut expected: Vec<u32> = atlas
            .at(id, day)
            .iter()
            .map(|id| atlas.unit(*id).public_code())
            .collect();
        expected.sort_unstable();
        all += 1;
        let got = atlas.resolve(&text, day);
        let codes: Vec<u32> = if got.candidates.is_empty() {
            got.code.into_iter().collect()
        } else {
            got.candidates
        };
        if codes == expected {
            right += 1;
        } else if matches!(
            got.status,
            Status::Ambiguous | Status::Conflict | Status::Unknown
        ) {
            asks += 1;
        } else {
            wrong.push(format!("{text} ({})", unit.code));
        }
    }
    let _ = writeln!(
        page,
        "| counties that are gone, with the parents of their last year | {all} | {right} | {asks} | {} |",
        all - right - asks
    );
    if !wrong.is_empty() {
        let _ = writeln!(
            page,
            "\nThe first that are wrong: {}",
            wrong
                .iter()
                .take(30)
                .cloned()
                .collect::<Vec<_>>()
                .join(", ")
        );
    }
}

fn metamorphic_section(page: &mut String, atlas: &Atlas) -> (usize, usize) {
    let rows = Generator::new(atlas, METAMORPHIC_SEED).rows(METAMORPHIC_ROWS);
    let outcome = metamorphic::run(atlas, &rows, METAMORPHIC_SEED);
    let _ = writeln!(
        page,
        "\n## The same address, written otherwise\n\nSpaces, full width, traditional characters, 中国 in front, name \
         and phone around, no province: {} cases, {} changed the division.",
        outcome.cases, outcome.changed
    );
    for example in &outcome.examples {
        let _ = writeln!(page, "- {example}");
    }
    (outcome.cases, outcome.changed)
}

fn speed_section(page: &mut String, atlas: &Atlas, rows: &[Row], measured: &mut Measured) -> f64 {
    // Percentiles: the least of some rounds for each address, what it takes when nobody else has the processor.
    let mut nanoseconds = vec![u128::MAX; rows.len()];
    let mut certain = 0_usize;
    let before = processor_time();
    for _ in 0..ROUNDS {
        for (row, least) in rows.iter().zip(&mut nanoseconds) {
            let start = Instant::now();
            let got = atlas.resolve(&row.raw, Date::LATEST);
            *least = start.elapsed().as_nanos().min(*least);
            certain += usize::from(got.code.is_some());
        }
    }
    certain /= ROUNDS;
    let spent = processor_time().saturating_sub(before);
    let mean = spent.as_secs_f64() * 1e6 / (rows.len() * ROUNDS).max(1) as f64;
    let mut kinds: BTreeMap<&str, (u128, u32)> = BTreeMap::new();
    for (row, ns) in rows.iter().zip(&nanoseconds) {
        let kind = kinds.entry(&row.kind).or_default();
        kind.0 += ns;
        kind.1 += 1;
    }
    nanoseconds.sort_unstable();
    let at = |share: f64| {
        let place = (nanoseconds.len() as f64 * share) as usize;
        nanoseconds
            .get(place.min(nanoseconds.len().saturating_sub(1)))
            .map_or(0.0, |ns| *ns as f64 / 1_000.0)
    };
    let garbage: Vec<(&str, String)> = vec![
        ("市", "市".repeat(34_000)),
        ("朝阳区", "朝阳区".repeat(12_000)),
        ("城关镇", "城关镇".repeat(12_000)),
        ("1-", "1-".repeat(50_000)),
        ("13800138000 ", "13800138000 ".repeat(8_000)),
        ("中国", "中国".repeat(17_000)),
    ];
    let mut slowest = Duration::ZERO;
    for (_, text) in &garbage {
        let start = processor_time();
        let _ = command::resolve_line(atlas, text, Date::LATEST);
        slowest = slowest.max(processor_time().saturating_sub(start));
    }
    let per_second = 1e6 / mean;
    let _ = writeln!(
        page,
        "\n## Speed\n\n| what | measured |\n|---|---|\n\
         | one address, mean processor time over {} addresses and {ROUNDS} rounds ({certain} with a code) | {mean:.2} µs ({per_second:.0} a second) |\n\
         | median, 99th percentile, slowest: the least of {ROUNDS} rounds each | {:.2} µs, {:.2} µs, {:.0} µs |\n\
         | 100 kB of repeated words, the slowest of {} | {:.2} ms |",
        nanoseconds.len(),
        at(0.5),
        at(0.99),
        at(1.0),
        garbage.len(),
        slowest.as_secs_f64() * 1e3,
    );
    measured.mean_us = Some(mean);
    measured.p99_us = Some(at(0.99));
    measured.garbage_ms = Some(slowest.as_secs_f64() * 1e3);
    let _ = writeln!(page, "\n| kind | mean µs |\n|---|---|");
    for (kind, (ns, count)) in kinds {
        let _ = writeln!(
            page,
            "| {kind} | {:.2} |",
            ns as f64 / f64::from(count) / 1_000.0
        );
    }
    per_second
}

/// What the processor has spent on this thread: other programs on the machine do not count.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or(0),
        time.tv_nsec.try_into().unwrap_or(0),
    )
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|value| value.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0)
}

/// The published lists of all years, code by code and name by name.
fn years_section(page: &mut String, atlas: &Atlas, folder: &Path) -> Result<(usize, usize)> {
    let (mut years, mut differences) = (0, 0);
    for year in 1981..=2024_u16 {
        let path = folder.join(format!("{year}.txt"));
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("reading {}", path.display()))?;
        let published: BTreeSet<(u32, &str)> = text
            .lines()
            .filter_map(|line| line.split_once(char::is_whitespace))
            .filter_map(|(code, name)| Some((code.parse().ok()?, name.trim())))
            .collect();
        let ours: BTreeSet<(u32, &str)> = atlas.in_force(Date::end_of(year)).collect();
        years += 1;
        differences += ours.symmetric_difference(&published).count();
    }
    let _ = writeln!(
        page,
        "\n## Yearly lists\n\n{years} lists, 1981 to 2024: {differences} differences in code or name."
    );
    Ok((years, differences))
}

/// Nearest outlets by the tree and by trying all.
fn nearest_section(page: &mut String) {
    let mut random = Random::new(NEAREST_SEED);
    let mut point = || {
        let unit = |random: &mut Random| random.below(1_000_000) as f64 / 1e6;
        let (longitude, latitude) = (
            75.0 + 58.0 * unit(&mut random),
            18.0 + 34.0 * unit(&mut random),
        );
        Wgs84(Degrees::new(longitude, latitude).expect("a point of the country"))
    };
    let outlets: Vec<Wgs84> = (0..OUTLETS).map(|_| point()).collect();
    let queries: Vec<Wgs84> = (0..QUERIES).map(|_| point()).collect();
    let tree = Outlets::new(&outlets);
    let start = processor_time();
    let found: Vec<Vec<Near>> = queries
        .iter()
        .map(|query| tree.nearest(*query, 5))
        .collect();
    let microseconds =
        (processor_time().saturating_sub(start)).as_secs_f64() * 1e6 / QUERIES as f64;
    let mut mismatches = 0;
    for (query, found) in queries.iter().zip(&found) {
        let mut all: Vec<(f64, u32)> = outlets
            .iter()
            .map(|outlet| distance_m(*query, *outlet))
            .zip(0..)
            .collect();
        all.select_nth_unstable_by(5, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all.truncate(5);
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        mismatches += usize::from(
            !found
                .iter()
                .map(|near| near.number)
                .eq(all.iter().map(|(_, number)| *number)),
        );
    }
    let _ = writeln!(
        page,
        "\n## Nearest outlets\n\nFive nearest of {OUTLETS} outlets, {QUERIES} random points: {mismatches} differ from \
         trying all; {microseconds:.1} µs of processor time each."
    );
}

fn peers_section(
    page: &mut String,
    python: &Path,
    sets: &[Set],
    ours: f64,
) -> Result<Vec<(String, f64)>> {
    let folder = std::env::temp_dir().join("aftercare-bench-region");
    std::fs::create_dir_all(&folder)?;
    page.push_str(
        "\n## Peers, one address at a time in the same run, processor time\n\n| peer | set | county | silent wrong county | addresses a second | ours is faster by |\n|---|---|---|---|---|---|\n",
    );
    let mut faster = Vec::new();
    for peer in ["jionlp", "cpca"] {
        let mut least = f64::INFINITY;
        for (name, rows) in sets {
            let rows = rows.get(..rows.len().min(PEER_ROWS)).unwrap_or_default();
            let truth = folder.join("truth.tsv");
            let answers = folder.join("answers.jsonl");
            std::fs::write(&truth, table(rows))?;
            let done = Command::new(python)
                .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/peers.py"))
                .arg(peer)
                .args([&truth, &answers])
                .output()
                .with_context(|| format!("starting {}", python.display()))?;
            if !done.status.success() {
                let _ = writeln!(page, "| {peer} | {name} | did not run | | | |");
                eprintln!("{}", String::from_utf8_lossy(&done.stderr));
                break;
            }
            let per_second: f64 = String::from_utf8_lossy(&done.stdout)
                .trim()
                .parse()
                .context("addresses a second")?;
            let mut tally = Tally::default();
            for (row, line) in rows.iter().zip(std::fs::read_to_string(&answers)?.lines()) {
                tally.add(row, &serde_json::from_str(line)?);
            }
            let _ = writeln!(
                page,
                "| {peer} | {name}, {} | {} | {} | {per_second:.0} | {:.0} × |",
                rows.len(),
                share(tally.county, tally.rows),
                share(tally.silent, tally.rows),
                ours / per_second,
            );
            least = least.min(ours / per_second);
        }
        if least.is_finite() {
            faster.push((peer.to_owned(), least));
        }
    }
    Ok(faster)
}
