//! Power cuts, simulated. The real binary is recorded: every write, sync and change of a name below its data directory, and
//! every answer that acknowledges something, in one order (`strace`). Then a test of the store makes directories as a cut
//! at any moment may leave them, opens each, and asks for what was acknowledged (`crates/store/tests/it/power_cut`).

mod photo;
mod strace;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::Report;
use super::http::{self, PHOTOS, Request};
use super::random::Random;
use super::record::{Op, Record};
use super::server::{Installation, Server, Tracer, field, get};
use super::traffic::{self, Shared};

/// Clients that write while it is recorded.
const CLIENTS: u32 = 2;

/// How often the server is stopped and started again, so that databases are also closed and opened.
const ROUNDS: u64 = 3;

/// Requests from which on each round has a report with a photo, and not only the first one: such a record is not for keeping.
const LONG_FROM: u64 = 60;

/// How long a round may take.
const ROUND_MAX: Duration = Duration::from_secs(300);

/// Where the record comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// It is made now.
    New {
        requests: u64,
        keep: Option<PathBuf>,
    },
    /// It was kept.
    Kept(PathBuf),
}

/// Runs the drill.
///
/// # Errors
/// When it cannot be recorded, or the tests cannot be run.
pub(crate) fn run(binary: &Path, seed: u64, states: u64, source: Source) -> Result<Report> {
    let place = tempfile::tempdir().context("a directory for the drill")?;
    let mut report = Report::default();
    let path = match source {
        Source::Kept(path) => {
            let packed = fs::read(&path).with_context(|| path.display().to_string())?;
            let record = Record::unpacked(&packed).with_context(|| path.display().to_string())?;
            report
                .lines
                .push(format!("a kept record of {} ops", record.ops.len()));
            std::path::absolute(path)?
        }
        Source::New { requests, keep } => {
            // The kernel tells paths without links.
            let folder = fs::canonicalize(place.path())?;
            let record = record(binary, seed, requests, &folder)?;
            let told = record
                .ops
                .iter()
                .filter(|op| matches!(op, Op::Told { .. }))
                .count();
            ensure!(told > 0, "nothing was acknowledged while it was recorded");
            let packed = record.packed()?;
            report.lines.push(format!(
                "recorded {} writes, syncs and changes of names, and {told} acknowledgements; {} bytes packed",
                record.ops.len() - told,
                packed.len()
            ));
            let path = match keep {
                Some(path) => std::path::absolute(path)?,
                None => folder.join("record.gz"),
            };
            fs::write(&path, packed).with_context(|| path.display().to_string())?;
            path
        }
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["test", "--locked", "--quiet", "-p", "aftercare-store"])
        .args(["--test", "it", "no_power_cut_loses", "--", "--nocapture"])
        .env("AFTERCARE_RECORD", &path)
        .env("AFTERCARE_POWER_CUTS", states.to_string())
        .env("AFTERCARE_POWER_CUTS_SEED", seed.to_string())
        .current_dir(crate::workspace_root()?)
        .status()
        .context("starting cargo for the tests of power cuts")?;
    if !status.success() {
        report
            .problems
            .push("the tests of power cuts failed; what they said is above".to_owned());
    }
    Ok(report)
}

/// Makes a directory, has clients write, stops and starts the server in between, and records all of it.
fn record(binary: &Path, seed: u64, requests: u64, folder: &Path) -> Result<Record> {
    let version = Command::new("strace")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if !version.is_ok_and(|status| status.success()) {
        bail!(
            "there is no strace to record with: install it (Debian: apt-get install strace), or take a kept record with --record"
        );
    }
    // Only what lies below this one is recorded.
    let (recorded, beside) = (folder.join("recorded"), folder.join("beside"));
    fs::create_dir(&recorded)?;
    fs::create_dir(&beside)?;
    let tracer = Tracer::new(beside.clone(), strace::CALLS, strace::CALL_BYTES_MAX);
    let installation = Installation::create(
        binary,
        recorded.join("data"),
        beside.join("serve.log"),
        None,
        Some(tracer.clone()),
    )?;
    let made = tracer.told()?.len();
    let program = installation.program_token()?;
    let mut random = Random::new(seed);
    let shared = Shared::default();
    let verifier = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|name| {
                let (shared, program, random) = (&shared, &program, Random::new(random.next()));
                scope.spawn(move || traffic::client(shared, program, name, random))
            })
            .collect();
        let rounds = rounds(&installation, &shared, &program, requests, &mut random);
        let server = rounds.and_then(|verifier| {
            // Clients end what they have in hand.
            let server = installation.serve()?;
            shared.set_address(Some(server.address));
            Ok((verifier, server))
        });
        shared.stop();
        if server.is_ok() {
            for thread in threads {
                let _ = thread.join();
            }
        }
        let (verifier, server) = server?;
        server.stop()?;
        anyhow::Ok(verifier)
    })?;
    if let Some(failure) = shared.failures().first() {
        bail!("{failure}");
    }
    let root = recorded.to_str().context("a path that is text")?;
    let mut recorder = strace::Recorder::new(root);
    for (number, text) in tracer.told()?.iter().enumerate() {
        recorder.read(text)?;
        if number + 1 == made {
            recorder.ops.push(Op::Made);
        }
    }
    Ok(Record {
        key: installation.key().unwrap_or_default().to_owned(),
        verifier,
        directory: "data".to_owned(),
        ops: recorder.ops,
    })
}

/// Starts the server, waits for its share of the requests, stops it, and so on; gives the key that verifies the log.
fn rounds(
    installation: &Installation,
    shared: &Shared,
    program: &str,
    requests: u64,
    random: &mut Random,
) -> Result<String> {
    let mut verifier = String::new();
    for round in 1..=ROUNDS {
        let server = installation.serve()?;
        let head = http::send(server.address, &get("/api/v1/log/head", None))?;
        verifier = field(&head, "verifier_key")?;
        shared.set_address(Some(server.address));
        let begun = Instant::now();
        if round == 1 || requests >= LONG_FROM {
            report_with_photo(&server, program, &format!("photo-{round}"), random)?;
        }
        while shared.acknowledged.load(Ordering::SeqCst) < requests * round / ROUNDS {
            if let Some(failure) = shared.failures().first() {
                bail!("{failure}");
            }
            ensure!(
                begun.elapsed() < ROUND_MAX,
                "the requests were not acknowledged within {} s",
                ROUND_MAX.as_secs()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        shared.set_address(None);
        server.stop()?;
    }
    Ok(verifier)
}

/// Opens a case with a photo, whose sealed bytes become files.
fn report_with_photo(server: &Server, program: &str, key: &str, random: &mut Random) -> Result<()> {
    let mut request: Request = traffic::repair(program, key, "洗衣机漏水 / it leaks");
    let mut form = format!(
        "--CUT\r\ncontent-disposition: form-data; name=\"input\"\r\n\r\n{}\r\n\
         --CUT\r\ncontent-disposition: form-data; name=\"photos\"; filename=\"a.png\"\r\ncontent-type: image/png\r\n\r\n",
        request.body
    )
    .into_bytes();
    form.extend(photo::png(random)?);
    form.extend_from_slice(b"\r\n--CUT--\r\n");
    request.content_type = PHOTOS;
    let answer = http::send_bytes(server.address, &request, &form)?;
    ensure!(
        answer.status == 201,
        "a report with a photo was answered with {}: {}",
        answer.status,
        answer.body
    );
    Ok(())
}
