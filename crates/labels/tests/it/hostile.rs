//! Hostile files: every answer comes, soon, and without a panic.

use std::sync::LazyLock;

use aftercare_labels::{MarkKind, Report, Rule, Verdict, limits, read, read_from};
use proptest::prelude::{Strategy, any, prop, proptest};
use proptest::test_runner::Config;

use crate::bytes::{boxed, element, riff_chunk};
use crate::carriers;
use crate::files as f;
use crate::samples::samples;

/// One file for each pair.
fn seeds() -> &'static [Vec<u8>] {
    static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
        carriers::files()
            .into_iter()
            .map(|(_, _, _, file, _)| file)
            .chain([f::pdf_with_object_stream("/AIGC (x)")])
            .collect()
    });
    &SEEDS
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
}

/// Reads a file, whatever it is, and holds the report to what every report promises.
fn checked(file: &[u8]) -> Report {
    let report = read(file);
    let labels = report.marks.iter();
    let labels = labels.filter(|mark| mark.kind == MarkKind::AiLabel).count();
    assert!(report.marks.len() <= limits::MAX_MARKS);
    assert!(report.gaps.len() <= limits::MAX_GAPS);
    assert!(report.marks.iter().all(|mark| mark.offset <= file.len()));
    match report.verdict {
        Verdict::Compliant => assert!(labels == 1 && report.is_whole() && report.rules.is_empty()),
        Verdict::NonCompliant => assert!(labels > 0 && !report.rules.is_empty()),
        Verdict::Absent => assert!(labels == 0 && report.is_whole()),
        // What could not be read is never taken for a file without a label.
        Verdict::Inconclusive => assert!(!report.is_whole()),
    }
    assert!(labels > 0 || report.level.is_none());
    report
}

/// Nanoseconds of this thread on a processor: what others do on the machine does not count.
fn cpu_ns() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = told.split(' ').next().and_then(|ns| ns.parse().ok());
    first.unwrap_or_else(|| {
        static START: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
        u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
    })
}

/// Reads `file(size)` and one four times as long; a search that starts anew at each byte takes sixteen times as long.
fn takes_no_quadratic_time(name: &str, size: usize, file: impl Fn(usize) -> Vec<u8>) {
    const LONGER: usize = 4;
    const SLACK_NS: u64 = 200_000_000;
    let time = |bytes: &[u8]| {
        let start = cpu_ns();
        checked(bytes);
        cpu_ns() - start
    };
    let short = time(&file(size));
    let long = time(&file(LONGER * size));
    assert!(
        long < 8 * short + SLACK_NS,
        "{name}: {short} ns, then {long} ns"
    );
}

proptest! {
    #![proptest_config(Config { cases: 256, ..Config::default() })]

    #[test]
    fn changed_bytes_never_panic(which in any::<prop::sample::Index>(), changes in changes()) {
        let mut file = which.get(seeds()).clone();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        checked(&file);
    }

    #[test]
    fn any_bytes_after_a_magic_never_panic(
        which in any::<prop::sample::Index>(),
        keep in 0_usize..64,
        tail in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        let seed = which.get(seeds());
        let mut file = seed[..keep.min(seed.len())].to_vec();
        file.extend(tail);
        checked(&file);
    }
}

#[test]
fn every_truncation_is_answered() {
    for seed in seeds() {
        // Each length near both ends, and every seventh between.
        for keep in (0..seed.len()).filter(|keep| keep % 7 == 0 || keep + 64 > seed.len()) {
            checked(&seed[..keep]);
        }
    }
}

#[test]
fn every_length_field_may_lie() {
    for seed in seeds() {
        for at in (0..seed.len().saturating_sub(4)).step_by(5) {
            for lie in [
                [0xFF; 4],
                [0; 4],
                [0x7F, 0xFF, 0xFF, 0xFF],
                f::lie(usize::from(u16::MAX)),
            ] {
                let mut file = seed.clone();
                file[at..at + 4].copy_from_slice(&lie);
                checked(&file);
            }
        }
    }
}

#[test]
fn bombs_are_cut_off_and_told() {
    let mut nested_boxes = Vec::new();
    let mut nested_lists = Vec::new();
    let mut nested_elements = Vec::new();
    for _ in 0..1_000 {
        nested_boxes = boxed(b"moov", &nested_boxes);
        nested_lists = riff_chunk(b"LIST", &[b"INFO", &nested_lists[..]].concat());
        nested_elements = element(&[0x67, 0xC8], &nested_elements);
    }
    let movie = [f::mp4_with(b"isom", &[]), nested_boxes].concat();
    assert_eq!(checked(&movie).marks, []);
    let lists = riff_chunk(b"RIFF", &[b"AVI ", &nested_lists[..]].concat());
    assert_eq!(checked(&lists).marks, []);
    let elements = [f::matroska_with("webm", "A", "b", false), nested_elements].concat();
    assert_eq!(checked(&elements).marks, []);
    let many_boxes = [
        f::mp4_with(b"isom", &[]),
        boxed(b"free", b"").repeat(70_000),
    ]
    .concat();
    assert_eq!(read(&many_boxes).verdict, Verdict::Inconclusive);
    let inflated = f::long_png_text(limits::MAX_INFLATED_BYTES + 1);
    assert_eq!(read(&inflated).verdict, Verdict::Inconclusive);
    let entities = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x xmlns:q="http://www.tc260.org.cn/ns/AIGC/1.0/"><q:AIGC>&b;&b;</q:AIGC></x>"#;
    let report = read(&f::jpeg_with_xmp(entities));
    assert!(report.marks.iter().all(|mark| {
        !mark
            .fields
            .values()
            .any(|value| value.to_string().contains("aaaa"))
    }));
    let labels = (0..200)
        .map(|_| (b"tEXt", f::png_text("AIGC", &f::wrapped())))
        .collect::<Vec<_>>();
    let report = read(&f::png_with(&labels, false));
    assert_eq!(report.marks.len(), limits::MAX_MARKS);
    assert!(!report.gaps.is_empty());
    let long = f::label().replace("sample-0001", &"x".repeat(limits::MAX_LABEL_BYTES));
    let report = read(&f::png_with(
        &[(b"tEXt", f::png_text("AIGC", &long))],
        false,
    ));
    assert_eq!(report.verdict, Verdict::Inconclusive);
}

#[test]
fn a_label_longer_than_programs_write_is_read_and_told() {
    for (length, is_long) in [(7_000, false), (9_000, true), (60_000, true)] {
        let label = f::label().replace("sample-0001", &"x".repeat(length));
        let file = f::png_with(&[(b"tEXt", f::png_text("AIGC", &label))], false);
        let report = read(&file);
        assert_eq!(report.verdict, Verdict::Compliant, "{length}");
        assert_eq!(report.notes.contains(&Rule::LongLabel), is_long);
    }
}

#[test]
fn repeated_beginnings_take_no_quadratic_time() {
    // Each of these would take minutes if a search started anew at each byte.
    for unit in [
        &b"/AIGC ("[..],
        b"/Info 1 ",
        b">>stream\n",
        b">>stream\n/ObjStm endstream obj",
        b"/AIGC 1 0 R 1 0 obj",
    ] {
        takes_no_quadratic_time(&unit.escape_ascii().to_string(), 1_000_000, |bytes| {
            [b"%PDF-1.7\n", &unit.repeat(bytes / unit.len())[..]].concat()
        });
    }
    for unit in ["AIGC {", "\"AIGC\"{", "{\"a\":", "{"] {
        takes_no_quadratic_time(unit, 15_000, |bytes| {
            f::jpeg_with(0xFE, unit.repeat(bytes / unit.len()).as_bytes())
        });
        takes_no_quadratic_time(unit, 15_000, |bytes| {
            let text = unit.repeat(bytes / unit.len());
            let chunks = vec![(b"tEXt", f::png_text("note", &text)); 40];
            f::png_with(&chunks, false)
        });
    }
    let deep = "[".repeat(60_000);
    let report = read(&f::png_with(
        &[(b"tEXt", f::png_text("AIGC", &format!("{{\"Label\":{deep}")))],
        false,
    ));
    assert_eq!(report.verdict, Verdict::NonCompliant);
}

/// Counts what is read of a file.
struct Counted<'a> {
    file: std::io::Cursor<&'a [u8]>,
    bytes: usize,
}

impl std::io::Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(into)?;
        self.bytes += read;
        Ok(read)
    }
}

impl std::io::Seek for Counted<'_> {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

fn from_source(file: &[u8]) -> (Report, usize) {
    let mut source = Counted {
        file: std::io::Cursor::new(file),
        bytes: 0,
    };
    let report = read_from(&mut source).unwrap();
    (report, source.bytes)
}

#[test]
fn a_source_tells_what_its_bytes_tell_whole_or_damaged() {
    let mut files: Vec<Vec<u8>> = samples(1).into_iter().map(|sample| sample.bytes).collect();
    files.extend(carriers::files().into_iter().map(|(.., file, _)| file));
    files.push(Vec::new());
    for file in &files {
        assert_eq!(from_source(file).0, read(file));
        for step in 1..24 {
            let cut = &file[..file.len() * step / 24];
            assert_eq!(from_source(cut).0, read(cut));
            let mut damaged = file.clone();
            if let Some(byte) = damaged.get_mut(file.len() * step / 24) {
                *byte ^= 0x55;
            }
            assert_eq!(from_source(&damaged).0, read(&damaged));
        }
    }
}

#[test]
fn of_a_long_movie_archive_or_picture_only_a_little_is_read() {
    const BULK_BYTES: usize = 20 * 1024 * 1024;
    let bulk = vec![0x5A; BULK_BYTES];
    let label = f::wrapped();
    let boxed = boxed(b"mdat", &bulk);
    let mp4 = samples(1).into_iter().find(|sample| sample.name == "MP4");
    let mp4 = [mp4.unwrap().bytes, boxed].concat();
    let png = f::png_with(
        &[
            (b"tEXt", f::png_text("AIGC", &label)),
            (b"IDAT", bulk.clone()),
        ],
        false,
    );
    let wav = samples(1).into_iter().find(|sample| sample.name == "WAV");
    let mut wav = wav.unwrap().bytes;
    wav.extend(
        [
            &b"data"[..],
            &u32::try_from(BULK_BYTES).unwrap().to_le_bytes(),
            &bulk,
        ]
        .concat(),
    );
    let size = u32::try_from(wav.len() - 8).unwrap();
    wav[4..8].copy_from_slice(&size.to_le_bytes());
    for (name, file) in [("MP4", mp4), ("PNG", png), ("WAV", wav)] {
        let (report, bytes) = from_source(&file);
        assert_eq!(report, read(&file), "{name}");
        assert!(bytes < 256 * 1024, "{name}: {bytes} bytes were read");
    }
}
