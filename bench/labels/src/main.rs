//! Measures the labels: round trips through files of every format that exiftool confirms, marks on camera photos, the
//! time of a verdict beside `exiftool -stay_open` in the same run, and inputs made to be slow.

// The files are those of the crate's own tests, so that both speak of the same.
#[path = "../../../crates/labels/tests/it/bytes.rs"]
mod bytes;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../../crates/labels/tests/it/carriers.rs"]
mod carriers;
mod exiftool;
mod explicit;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../../crates/labels/tests/it/files.rs"]
mod files;
mod hostile;
#[expect(dead_code, unused_imports, reason = "the tests use more of it")]
#[path = "../../../crates/labels/tests/it/long_files.rs"]
mod long_files;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../../../crates/labels/tests/it/manifest.rs"]
mod manifest;
mod manifests;
mod pairs;
mod round_trips;
#[path = "../../../crates/labels/tests/it/samples.rs"]
mod samples;
mod speed;
#[expect(dead_code, unused_imports, reason = "the tests use more of it")]
#[path = "../../../crates/labels/tests/it/streamed.rs"]
mod streamed;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;

use crate::exiftool::Exiftool;

/// What to measure.
#[derive(Debug, Parser)]
struct Options {
    /// A folder with camera photos (JPEG), looked through to any depth.
    #[arg(long)]
    photos: Option<PathBuf>,
    /// Photos used at most.
    #[arg(long, default_value_t = 200)]
    max_photos: usize,
    /// Photos that the explicit mark is drawn into at most.
    #[arg(long, default_value_t = 60)]
    max_marked: usize,
    /// Seeds of the samples: each gives three round trips for every sample.
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// The day, as it stands in the results.
    #[arg(long)]
    date: String,
    /// Markdown on what the crate adds to the binary.
    #[arg(long)]
    size: Option<PathBuf>,
    /// Measures long files read from the file, writes Markdown on them here, and nothing else.
    #[arg(long)]
    write_long: Option<PathBuf>,
    /// That Markdown.
    #[arg(long)]
    long: Option<PathBuf>,
    /// Where the results are written.
    #[arg(long, default_value = "RESULTS.md")]
    results: PathBuf,
}

/// The processor, and how busy it was when the run began.
fn machine() -> Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let models = || {
        processors
            .lines()
            .filter_map(|line| line.strip_prefix("model name")?.split_once(": "))
    };
    let model = models().next().map_or("unknown", |(_, model)| model);
    let load = fs::read_to_string("/proc/loadavg")?;
    let load = load.split_whitespace().next().unwrap_or_default();
    // The nineteenth field, counted from the third, which follows the name.
    let status = fs::read_to_string("/proc/self/stat")?;
    let fields = status.rsplit(')').next().unwrap_or_default();
    let nice = fields.split_whitespace().nth(16).unwrap_or_default();
    Ok(format!(
        "{} × {model}, load {load} at its start, priority {nice}",
        models().count()
    ))
}

/// Measures one part, and says how long that took.
fn part<T>(name: &str, measure: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let measured = measure()?;
    eprintln!("{name}: {:.0} s", start.elapsed().as_secs_f64());
    Ok(measured)
}

fn main() -> Result<()> {
    let options = Options::parse();
    let folder = std::env::temp_dir().join(format!("labels-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    if let Some(path) = &options.write_long {
        let mut long = String::new();
        part("long files", || hostile::from_files(&folder, &mut long))?;
        fs::write(path, long)?;
        fs::remove_dir_all(&folder)?;
        return Ok(());
    }
    let mut exiftool = Exiftool::start()?;
    let mut report = format!(
        "# Labels: results\n\n\
         Written by `bench/labels/run` on {} ({}); every figure is of one run. exiftool {} runs as one process (`-stay_open`) beside\n\
         ours. The samples are small files of 27 formats that the crate's own tests make\n\
         (`crates/labels/tests/it/samples.rs`); none was seen by a vendor's program.\n\n",
        options.date,
        machine()?,
        exiftool.version()?
    );
    let mut slow = String::new();
    part("files made to be slow", || hostile::run(&mut slow))?;
    part("manifests made to be slow", || manifests::slow(&mut slow))?;
    part("carriers", || {
        pairs::run(&folder, &mut exiftool, &mut report)
    })?;
    part("round trips", || {
        round_trips::run(&folder, &mut exiftool, &options, &mut report)
    })?;
    let photos = part("speed", || {
        speed::run(&folder, &mut exiftool, &options, &mut report)
    })?;
    let step = photos.len().div_ceil(options.max_marked.max(1)).max(1);
    let some: Vec<PathBuf> = photos.into_iter().step_by(step).collect();
    part("explicit mark", || explicit::run(&some, &mut report))?;
    part("manifest of a photo", || manifests::photo(&mut report))?;
    report.push_str(&slow);
    for section in [&options.long, &options.size].into_iter().flatten() {
        report.push_str(&fs::read_to_string(section)?);
    }
    writeln!(
        report,
        "## Not measured\n\n\
         Files that vendors' generators wrote, players and viewers on the labelled files, and the explicit mark on\n\
         pictures other than ours."
    )?;
    fs::write(&options.results, &report)?;
    fs::remove_dir_all(&folder)?;
    println!("{report}");
    Ok(())
}
