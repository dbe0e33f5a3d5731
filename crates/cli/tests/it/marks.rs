//! What files say about themselves is read in a child process, and every command tells the same.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aftercare_app::mark_reader::MarkReader;
use aftercare_app::screener::{ChildScreener, Screener as _};
use aftercare_labels::child::{Manifest, Step, Wanted, decode_step, encode_open, encode_piece};
use aftercare_labels::consistency::Times;
use aftercare_labels::credentials::{Binding, Integrity, Trust, TrustList};
use aftercare_labels::limits::MAX_FILE_BYTES;
use aftercare_labels::{Report, read_and_verify};
use aftercare_media::child::Frame;
use aws_lc_rs::digest::{Context, SHA256};
use serde_json::Value;

use super::{aftercare, text};
use crate::bytes::{boxed, length32};
use crate::child::peak_kib;
use crate::files as f;
use crate::manifest::{self as m, Authority, Maker, TODAY};

/// A photo with a signed manifest, and the list of authorities with its signer's.
fn signed() -> (Vec<u8>, String) {
    let authority = Authority::lasting("sample authority");
    let actions = m::actions(&[("c2pa.created", Some("digitalCapture"))]);
    let file = m::embed_jpeg(&f::jpeg(), &Maker::new(&authority), &actions);
    (file, authority.pem())
}

/// What our own reader told, in builds that have a second one.
fn without_second(mut report: Report) -> Report {
    let marks = report.marks.iter_mut();
    for credentials in marks.filter_map(|mark| mark.credentials.as_mut()) {
        credentials.second = None;
    }
    report
}

fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_aftercare").into()
}

#[test]
fn inspect_and_labels_read_tell_the_same_marks_with_the_answers_about_a_manifest() {
    let (file, list) = signed();
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let photo = write("signed.jpg", &file);
    let trust = write("list.pem", list.as_bytes());
    let options = ["--json", "--c2pa-trust", text(&trust), text(&photo)];
    let marks = |command: &[&str]| -> Value {
        let said = aftercare(&[command, &options].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        let mut answer: Value = serde_json::from_str(&said.out).expect("one object");
        answer["marks"].take()
    };
    let read = marks(&["labels", "read"]);
    assert_eq!(read[0]["rule"], "trace.c2pa_manifest");
    let credentials = &read[0]["credentials"];
    assert_eq!(credentials["binding"], "intact");
    assert_eq!(credentials["integrity"], "intact");
    assert_eq!(credentials["trust"], "trusted");
    let second = &credentials["second"];
    if cfg!(feature = "full") {
        assert_eq!(second["binding"], "same");
        assert_eq!(second["integrity"], "same");
    } else {
        assert!(second.is_null(), "a lean build has one reader");
    }
    assert_eq!(credentials["current"]["signals"][0], "captured");
    assert_eq!(marks(&["inspect"]), read);
    let said = aftercare(&["inspect", text(&photo)]);
    assert!(
        said.out.contains("no list of trusted authorities") || said.out.contains("未提供信任列表"),
        "{}",
        said.out
    );
}

#[test]
fn a_file_that_takes_too_long_is_given_up_and_the_next_one_is_read() {
    let (file, list) = signed();
    let list = Arc::new(TrustList::read(list.as_bytes()).expect("a list"));
    // No process starts within a microsecond.
    let hasty = Duration::from_micros(1);
    let mut reader = MarkReader::with_limit(binary(), Arc::clone(&list), hasty);
    for _ in 0..2 {
        let report = reader
            .read_and_verify(&file, TODAY, Times::default())
            .expect("an answer");
        assert_eq!(report, Report::stopped(&file));
    }
    let mut reader = MarkReader::new(binary(), Arc::clone(&list));
    let report = reader
        .read_and_verify(&file, TODAY, Times::default())
        .expect("an answer");
    let report = without_second(report);
    assert_eq!(report, read_and_verify(&file, &list, Some(TODAY)));
    let credentials = report.marks[0].credentials.as_ref().expect("answers");
    assert_eq!(
        (
            credentials.binding,
            credentials.integrity,
            credentials.trust
        ),
        (Binding::Intact, Integrity::Intact, Trust::Trusted)
    );
}

#[tokio::test]
async fn the_server_reads_marks_in_the_child_and_nowhere_else() {
    let (file, list) = signed();
    let list = Arc::new(TrustList::read(list.as_bytes()).expect("a list"));
    let screener = ChildScreener::new(binary());
    for trusted in [Arc::clone(&list), Arc::default()] {
        let report = screener
            .marks(file.clone(), Arc::clone(&trusted), TODAY, Times::default())
            .await;
        let report = without_second(report);
        assert_eq!(report, read_and_verify(&file, &trusted, Some(TODAY)));
    }
    // A child that answers nothing, and none at all.
    for program in ["/bin/false", "/nowhere/aftercare"] {
        let screener = ChildScreener::new(program.into());
        let report = screener
            .marks(file.clone(), Arc::clone(&list), TODAY, Times::default())
            .await;
        assert_eq!(report, Report::stopped(&file), "{program}");
    }
}

#[test]
fn a_long_sound_file_is_read_without_its_samples() {
    const SAMPLES_BYTES: u32 = 48 * 1024 * 1024;
    let chunk = |kind: &[u8], content: &[u8], bytes: u32| {
        [kind, &bytes.to_le_bytes()[..], content].concat()
    };
    let label = f::label();
    let length = u32::try_from(label.len()).expect("a short label");
    let padding = [0].repeat(label.len() % 2);
    let content = [
        &b"WAVE"[..],
        &chunk(b"AIGC", label.as_bytes(), length),
        &padding,
        &chunk(b"data", b"", SAMPLES_BYTES),
    ]
    .concat();
    let whole = u32::try_from(content.len()).expect("short") + SAMPLES_BYTES;
    let head = chunk(b"RIFF", &content, whole);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.wav");
    let file = std::fs::File::create(&path).expect("a file");
    std::io::Write::write_all(&mut &file, &head).expect("written");
    // The samples are zeros that take no room.
    file.set_len(u64::from(whole) + 8).expect("a long file");
    for command in ["read", "check"] {
        let said = aftercare(&["labels", command, "--json", text(&path)]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        let answer: Value = serde_json::from_str(&said.out).expect("one object");
        assert_eq!(answer["format"], "wav");
        assert_eq!(answer["verdict"], "compliant");
        assert_eq!(answer["level"], 1);
    }
    // One byte above the limit is not read at all, and is said.
    file.set_len(64 * 1024 * 1024 + 1).expect("a long file");
    let said = aftercare(&["labels", "read", text(&path)]);
    assert_eq!(said.code, 2);
    assert!(said.out.contains("too long to be read"), "{}", said.out);
}

/// A movie of the greatest length whose manifest binds its boxes.
fn long_movie() -> Vec<u8> {
    let maker = Maker::new(&Authority::lasting("sample authority"));
    let actions = m::actions(&[("c2pa.created", Some("digitalCapture"))]);
    let head = |hash: &[u8]| {
        let statements = [
            ("c2pa.actions.v2", actions.clone()),
            ("c2pa.hash.bmff.v3", m::box_hash(hash)),
        ];
        let store = m::store(&[maker.manifest("urn:c2pa:1", &statements)]);
        let start = [boxed(b"ftyp", b"isom\0\0\0\0isom"), m::own_box(&store)].concat();
        let data = length32(MAX_FILE_BYTES - start.len());
        let length = start.len();
        ([&start[..], &data, b"mdat"].concat(), length)
    };
    let (mut movie, start) = head(&[0; 32]);
    movie.resize(MAX_FILE_BYTES, 7);
    let mut context = Context::new(&SHA256);
    context.update(&u64::try_from(start).expect("short").to_be_bytes());
    context.update(&movie[start..]);
    let (signed, _) = head(context.finish().as_ref());
    movie[..signed.len()].copy_from_slice(&signed);
    movie
}

/// What a fresh child says of a file that it is given piece by piece, and the most memory that it has had, in KiB.
fn told_and_peak(file: &[u8]) -> (Report, u64) {
    let mut child = Command::new(binary())
        .args(["child", "--marks"])
        .env_clear()
        // As a system that hands out huge pages by itself, where there is one byte in each.
        .env("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut requests = child.stdin.take().expect("a pipe");
    let mut answers = child.stdout.take().expect("a pipe");
    let wanted = Wanted {
        manifest: Manifest::Checked { today: Some(TODAY) },
        times: Some(Times::default()),
        pixels: true,
    };
    let length = u64::try_from(file.len()).expect("a length");
    let mut request = encode_open(length, wanted).expect("a request");
    let report = loop {
        requests.write_all(&request).expect("the child reads");
        let frame = Frame::read(&mut answers).expect("a frame");
        let frame = frame.expect("an answer").encode().expect("a frame");
        match decode_step(&frame).expect("a step") {
            Step::Report(report) => break *report,
            Step::Need { offset, bytes } => {
                let start = usize::try_from(offset).expect("within the file");
                let piece = file[start..start + bytes].to_vec();
                request = encode_piece(piece).expect("a piece");
            }
        }
    };
    let peak = peak_kib(&child);
    drop(requests);
    assert!(child.wait().expect("the child ends").success());
    (report, peak)
}

/// A JPEG of the greatest length with a manifest that binds every byte.
fn long_photo() -> Vec<u8> {
    let maker = Maker::new(&Authority::lasting("sample authority"));
    let photo = f::jpeg();
    let (start, end) = photo.split_at(photo.len() - 2);
    // What the manifest itself takes is put in between.
    let bulk = vec![0x5A; MAX_FILE_BYTES - photo.len() - 16 * 1_024];
    let actions = m::actions(&[("c2pa.created", Some("digitalCapture"))]);
    m::embed_jpeg(&[start, &bulk, end].concat(), &maker, &actions)
}

/// A movie of the greatest length in short pieces, whose headers lie all over the file.
fn scattered_movie() -> Vec<u8> {
    const PIECE_BYTES: usize = 1024 * 1024;
    let mut movie = boxed(b"ftyp", b"isom\0\0\0\0isom");
    while movie.len() + PIECE_BYTES <= MAX_FILE_BYTES {
        movie.extend(boxed(b"mdat", &vec![7; PIECE_BYTES - 8]));
    }
    movie
}

#[test]
fn long_files_are_read_and_their_manifests_checked_in_little_memory() {
    /// What a file may take beside the program, which is unoptimized here: 16 MB in all, of which the program has four.
    const MORE_KIB: u64 = 12_000_000 / 1_024;
    // A second reader holds the whole file.
    if cfg!(feature = "full") {
        return;
    }
    let (_, usual) = told_and_peak(b"---\ntitle: sample\n---\n");
    for (name, file, is_signed) in [
        ("movie", long_movie(), true),
        ("photo", long_photo(), true),
        ("movie in pieces", scattered_movie(), false),
    ] {
        let (report, peak) = told_and_peak(&file);
        eprintln!("{usual} KiB for a short text, {peak} KiB for the {name}");
        let mut marks = report.marks.iter();
        let credentials = marks.find_map(|mark| mark.credentials.as_ref());
        let intact = credentials.map(|one| (one.binding, one.integrity));
        let expected = is_signed.then_some((Binding::Intact, Integrity::Intact));
        assert_eq!(intact, expected, "{name}");
        assert!(
            peak.saturating_sub(usual) <= MORE_KIB,
            "{name}: {usual} KiB, then {peak} KiB"
        );
    }
}
