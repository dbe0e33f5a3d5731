//! How long the check of a C2PA manifest takes, and manifests made to be slow or large.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use aftercare_labels::child::{
    Manifest, Wanted, decode_answer, encode_list, encode_request, run_child,
};
use aftercare_labels::credentials::{Binding, Integrity, Trust, TrustList, verify};
use aftercare_media::child::Frame;
use aftercare_scene::{Camera, ItemKind, Scene, encode_jpeg};
use anyhow::{Context, Result, ensure};

use crate::manifest::{self as m, Authority, Maker, TODAY};

/// How often each file is read; the shortest time counts, because the machine is shared.
const TIMES: usize = 101;
const SLOW_TIMES: usize = 7;

/// Milliseconds of the shortest of `times` checks.
fn shortest(times: usize, file: &[u8], list: &TrustList) -> f64 {
    (0..times)
        .map(|_| {
            let start = Instant::now();
            black_box(verify(file, list, Some(TODAY)));
            start.elapsed().as_secs_f64() * 1e3
        })
        .fold(f64::INFINITY, f64::min)
}

/// The largest resident memory of this process so far, in MB.
fn peak_megabytes() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kilobytes = line
        .and_then(|line| line.split_whitespace().nth(1))
        .context("the memory")?;
    Ok(kilobytes.parse::<f64>()? / 1e3)
}

/// Manifests made to be slow.
pub fn slow(report: &mut String) -> Result<()> {
    let list = TrustList::default();
    let maker = Maker::new(&Authority::new("sample authority"));
    let jpeg = encode_jpeg(
        &Camera::phone(1).develop(&Scene::new(ItemKind::Mug, 1), 64, 48),
        80,
        None,
    );
    // One byte each in the file: empty maps, and maps in maps as deep as they may be.
    let flat = [&b"\x9A\0\x0F\xFF\xF0"[..], &vec![0xA0; 0xF_FFF0]].concat();
    let nested = b"\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x80".repeat(40_000);
    let nested = [&b"\x9A\0\0\x9C\x40"[..], &nested].concat();
    let files = [
        (
            "signature of a million values",
            m::embed_signature(&jpeg, &flat),
        ),
        ("claim of a million values", m::embed_claim(&jpeg, &flat)),
        ("claim of nested lists", m::embed_claim(&jpeg, &nested)),
        (
            "one assertion of 5 MB referred to 200 times",
            m::embed_jpeg_repeating(&jpeg, &maker, 5_000_000, 200),
        ),
        (
            "signature of 8 MB",
            m::embed_signature(&jpeg, &vec![0; 8_000_000]),
        ),
    ];
    // The largest memory counts from here.
    fs::write("/proc/self/clear_refs", "5")?;
    let before = peak_megabytes()?;
    writeln!(
        report,
        "## Manifests made to be slow\n\n\
         Milliseconds by the wall's clock, the shortest of {SLOW_TIMES} times.\n\n\
         | manifest | kB | ms |\n|---|---|---|"
    )?;
    for (name, file) in &files {
        let time = shortest(SLOW_TIMES, file, &list);
        writeln!(report, "| {name} | {} | {time:.2} |", file.len() / 1000)?;
    }
    let memory = peak_megabytes()? - before;
    writeln!(
        report,
        "\nBeside the file, checking them needed {memory:.1} MB at most.\n"
    )?;
    Ok(())
}

/// The check of a photo of about 400 KB.
pub fn photo(report: &mut String) -> Result<()> {
    let authority = Authority::new("sample authority");
    let list = TrustList::read(authority.pem().as_bytes())?;
    let maker = Maker::new(&authority);
    let picture = Camera::phone(7).develop(&Scene::new(ItemKind::Mug, 7), 1_600, 1_200);
    // The quality whose file comes nearest.
    let jpeg = (60..=96)
        .step_by(2)
        .map(|quality| encode_jpeg(&picture, quality, None))
        .min_by_key(|jpeg| jpeg.len().abs_diff(400_000))
        .context("a picture")?;
    let actions = m::actions(&[("c2pa.created", Some("digitalCapture"))]);
    let file = m::embed_jpeg(&jpeg, &maker, &actions);
    let found = verify(&file, &list, Some(TODAY)).context("a manifest")?;
    ensure!(
        (found.binding, found.integrity, found.trust)
            == (Binding::Intact, Integrity::Intact, Trust::Trusted),
        "the manifest is intact"
    );
    let time = shortest(TIMES, &file, &list);
    let trust = encode_list(&list)?.context("a list")?;
    let wanted = Wanted {
        manifest: Manifest::Checked { today: Some(TODAY) },
        ..Wanted::METADATA
    };
    let mut framed = f64::INFINITY;
    for _ in 0..TIMES {
        let start = Instant::now();
        let requests = [trust.clone(), encode_request(file.clone(), wanted)?].concat();
        let mut answers = Vec::new();
        run_child(requests.as_slice(), &mut answers)?;
        let mut answers = answers.as_slice();
        Frame::read(&mut answers)?.context("the list is taken")?;
        let answer = Frame::read(&mut answers)?.context("an answer")?;
        let told = decode_answer(&answer.encode()?)?;
        framed = framed.min(start.elapsed().as_secs_f64() * 1e3);
        let told = told.marks[0].credentials.as_ref().context("a manifest")?;
        ensure!(told.is_trusted_capture(), "the answer is the same");
    }
    writeln!(
        report,
        "## C2PA\n\n\
         Checking the manifest of a JPEG of {} kB (content, manifest, signer and time, in memory): {time:.2} ms, the shortest\n\
         of {TIMES} times; with everything else the file says, and in and out of the child's frames: {framed:.2} ms. Manifests of c2pa-rs are in [C2PA.md](C2PA.md).\n",
        file.len() / 1000
    )?;
    Ok(())
}
