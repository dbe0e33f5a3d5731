//! Files of the greatest length made to be slow, one or more for each container.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::time::Instant;

use aftercare_labels::credentials::Binding;
use aftercare_labels::limits::MAX_FILE_BYTES;
use aftercare_labels::{Container, read, read_from};
use anyhow::{Context, Result, ensure};

use crate::long_files::{Made, counted, hostile, usual};
use crate::samples::samples;
use crate::streamed;

/// How often each file is read; the shortest time counts, because the machine is shared.
const TIMES: usize = 7;

/// What costs most in each container: the smallest part, over and over. Name, head and part.
const UNITS: [(&str, &[u8], &[u8]); 20] = [
    ("JPEG of empty comments", b"\xFF\xD8", b"\xFF\xFE\0\x02"),
    (
        "JPEG of stuffed scan data",
        b"\xFF\xD8\xFF\xDA\0\x02",
        b"\xFF\0",
    ),
    (
        "JPEG of spread stuffed scan data",
        b"\xFF\xD8\xFF\xDA\0\x02",
        b"\xFF\0\x5A",
    ),
    (
        "PNG of empty chunks",
        b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\0\0\0\0",
        b"\0\0\0\0tEXt\0\0\0\0",
    ),
    (
        "WebP of empty chunks",
        b"RIFF\xF0\xFF\xFF\x03WEBP",
        b"XMP \0\0\0\0",
    ),
    (
        "GIF of empty extensions",
        b"GIF89a\x01\0\x01\0\0\0\0",
        b"\x21\xFE\0",
    ),
    (
        "TIFF",
        b"II*\0\x08\0\0\0\xFF\xFF",
        b"\xBC\x02\x07\0\xFF\0\0\0\x08\0\0\0",
    ),
    (
        "HEIC of empty boxes",
        b"\0\0\0\x10ftypheic\0\0\0\0",
        b"\0\0\0\x08free",
    ),
    (
        "MP4 of empty boxes",
        b"\0\0\0\x10ftypisom\0\0\0\0",
        b"\0\0\0\x08free",
    ),
    (
        "MP4 of empty heads",
        b"\0\0\0\x10ftypisom\0\0\0\0",
        b"\0\0\0\x08moov",
    ),
    (
        "Matroska of empty elements",
        b"\x1A\x45\xDF\xA3\x80\x18\x53\x80\x67\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"\x12\x54\xC3\x67\x80",
    ),
    (
        "AVI of empty chunks",
        b"RIFF\xF0\xFF\xFF\x03AVI ",
        b"JUNK\0\0\0\0",
    ),
    (
        "FLV of empty tags",
        b"FLV\x01\x05\0\0\0\x09\0\0\0\0",
        b"\x12\0\0\0\0\0\0\0\0\0\0\0\0\0\x0B",
    ),
    (
        "WAV of empty chunks",
        b"RIFF\xF0\xFF\xFF\x03WAVE",
        b"AIGC\0\0\0\0",
    ),
    (
        "MP3 of empty frames",
        b"ID3\x03\0\0\x1F\x7F\x7F\x7F",
        b"TXXX\0\0\0\0\0\0",
    ),
    ("FLAC of empty blocks", b"fLaC", b"\x04\0\0\0"),
    (
        "Ogg of empty pages",
        b"",
        b"OggS\0\0\0\0\0\0\0\0\0\0seri\0\0\0\0\0\0\0\0\0",
    ),
    ("PDF of keys", b"%PDF-1.7\n", b"<< /AIGC ( /Info 1 0 R "),
    ("archive without a directory", b"PK\x03\x04", b"PK\x01\x02"),
    ("text of front matter", b"---\n", b"AIGC: {\n"),
];

/// The largest resident memory of this process so far, in MB.
fn peak_megabytes() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kilobytes = line
        .and_then(|line| line.split_whitespace().nth(1))
        .context("the memory")?;
    Ok(kilobytes.parse::<f64>()? / 1e3)
}

/// `head`, and then `unit` again and again up to the greatest length, in the memory of `file`.
fn fill(file: &mut Vec<u8>, head: &[u8], unit: &[u8]) {
    file.clear();
    file.extend(head);
    while file.len() + unit.len() <= MAX_FILE_BYTES {
        file.extend(unit);
    }
}

/// Reads long files as programs write them, and files made to take time and memory, from a source.
pub fn from_files(folder: &Path, report: &mut String) -> Result<()> {
    writeln!(
        report,
        "## Long files, from the file\n\n\
         {} MiB each, read by `read_from` from a warm cache: bulk as programs write it, texts made to take memory, and the files from\n\
         above. Milliseconds of the processor, the shortest of {TIMES} times, and by how much the resident memory grew at most, with what\n\
         is held of the file.\n\n| file | read as | ms | MB more |\n|---|---|---|---|",
        MAX_FILE_BYTES >> 20
    )?;
    let path = folder.join("long");
    let usual = usual().into_iter().map(|(name, made, _)| (name, made));
    let units = UNITS
        .iter()
        .map(|&(name, head, unit)| (name, Made::long(head, unit)));
    let (mut longest, mut largest) = (0.0_f64, 0.0_f64);
    for (name, mut made) in usual.chain(hostile()).chain(units) {
        let mut file = File::create(&path)?;
        io::copy(&mut made, &mut file)?;
        drop((made, file));
        let mut container = Container::Unknown;
        let (shortest, megabytes) = taken(&path, |file| {
            container = black_box(read_from(file)?).format;
            Ok(())
        })?;
        longest = longest.max(shortest);
        largest = largest.max(megabytes);
        let format = container.name();
        writeln!(
            report,
            "| {name} | {format} | {shortest:.2} | {megabytes:.1} |"
        )?;
    }
    writeln!(
        report,
        "\nThe slowest took {longest:.1} ms, and none more than {largest:.1} MB.\n\n\
         ## Long files with a manifest, from the file\n\n\
         The same of files of {} MiB whose C2PA manifest binds all their bytes, with the manifest checked; in some of them it has\n\
         7 MB.\n\n| file | ms | MB more |\n|---|---|---|",
        MAX_FILE_BYTES >> 20
    )?;
    for (name, mut made) in streamed::all() {
        io::copy(&mut made, &mut File::create(&path)?)?;
        drop(made);
        let (shortest, megabytes) = taken(&path, |file| {
            let found = black_box(streamed::told(file));
            ensure!(found.binding == Binding::Intact, "{name} is intact");
            Ok(())
        })?;
        writeln!(report, "| {name} | {shortest:.2} | {megabytes:.1} |")?;
    }
    writeln!(report)?;
    fs::remove_file(&path)?;
    Ok(())
}

/// Milliseconds of the processor that `read` takes, the shortest time counts, and megabytes, the most.
fn taken(path: &Path, mut read: impl FnMut(&mut File) -> Result<()>) -> Result<(f64, f64)> {
    let (mut shortest, mut megabytes) = (f64::INFINITY, 0.0_f64);
    for _ in 0..TIMES {
        // The peak counts from here.
        fs::write("/proc/self/clear_refs", "5")?;
        let before = counted("VmRSS");
        let start = processor_ms();
        read(&mut File::open(path)?)?;
        shortest = shortest.min(processor_ms() - start);
        let more = counted("VmHWM").saturating_sub(before);
        megabytes = megabytes.max(more as f64 / 1e6);
    }
    Ok((shortest, megabytes))
}

/// Milliseconds that this thread computed.
fn processor_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// This must run first: only growth of the largest memory can be seen.
pub fn run(report: &mut String) -> Result<()> {
    let samples = samples(1);
    let mut file = Vec::with_capacity(MAX_FILE_BYTES);
    fill(&mut file, b"", b"\0");
    let before = peak_megabytes()?;
    writeln!(
        report,
        "## Files made to be slow\n\n\
         {} MiB each, in memory: milliseconds by the wall's clock to the verdict, the shortest of {TIMES} times, so no less\n\
         than the CPU time.\n\n| file | read as | ms |\n|---|---|---|",
        MAX_FILE_BYTES >> 20
    )?;
    let mut worst = 0.0_f64;
    let mut one = |name: &str, file: &[u8], report: &mut String| -> Result<()> {
        let shortest = (0..TIMES)
            .map(|_| {
                let start = Instant::now();
                black_box(read(file));
                start.elapsed().as_secs_f64() * 1e3
            })
            .fold(f64::INFINITY, f64::min);
        worst = worst.max(shortest);
        writeln!(
            report,
            "| {name} | {} | {shortest:.2} |",
            Container::of(file).name()
        )?;
        Ok(())
    };
    for (name, head, unit) in UNITS {
        fill(&mut file, head, unit);
        one(name, &file, report)?;
    }
    for sample in samples {
        if matches!(
            sample.name,
            "JPEG" | "PNG" | "HEIC" | "MP4" | "Matroska" | "PDF" | "DOCX" | "Markdown"
        ) {
            fill(&mut file, &sample.bytes, &sample.bytes);
            one(&format!("{} over and over", sample.name), &file, report)?;
        }
    }
    writeln!(
        report,
        "\nThe slowest took {worst:.1} ms. Beside the file, reading them needed {:.1} MB at most.\n",
        peak_megabytes()? - before
    )?;
    Ok(())
}
