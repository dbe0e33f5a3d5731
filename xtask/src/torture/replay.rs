//! Power cuts, simulated. The real binary is recorded: every write, sync and change of a name below its data directory, and
//! every answer that acknowledges something, in one order (`strace`). Then a test of the store makes directories as a cut
//! at any moment may leave them, opens each, and asks for what was acknowledged (`crates/store/tests/it/power_cut`).

mod strace;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::Report;
use super::http;
use super::people::People;
use super::random::Random;
use super::record::{Op, Record};
use super::server::{Installation, Server, Tracer, field, get};
use super::stories;
use super::traffic::{self, Shared};

/// Clients that write while it is recorded.
const CLIENTS: u32 = 2;

/// How often the server is stopped and started again, so that databases are also closed and opened.
const ROUNDS: u64 = 3;

/// Requests from which on clients live through all stories, and each round has a report with a photo, and not only the first one:
/// such a record is not for keeping.
const LONG_FROM: u64 = 60;

/// Orders that they find then; who has none left only reports repairs.
const ORDERS: u32 = 60;

/// How the tests begin the line that says what they found.
const FOUND: &str = "power cuts: ";

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
            ensure!(told_in(&record) > 0, "{NOTHING_TOLD}");
            report
                .lines
                .push(format!("a kept record of {} ops", record.ops.len()));
            std::path::absolute(path)?
        }
        Source::New { requests, keep } => {
            // The kernel tells paths without links.
            let folder = fs::canonicalize(place.path())?;
            let record = record(binary, seed, requests, &folder)?;
            let told = told_in(&record);
            ensure!(told > 0, "{NOTHING_TOLD}");
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
    let mut tests = Command::new(cargo)
        .args(["test", "--locked", "--quiet", "-p", "aftercare-store"])
        .args(["--test", "it", "no_power_cut_loses", "--", "--nocapture"])
        .env("AFTERCARE_RECORD", &path)
        .env("AFTERCARE_POWER_CUTS", states.to_string())
        .env("AFTERCARE_POWER_CUTS_SEED", seed.to_string())
        .current_dir(crate::workspace_root()?)
        .stdout(Stdio::piped())
        .spawn()
        .context("starting cargo for the tests of power cuts")?;
    let said = tests.stdout.take().context("what the tests say")?;
    let mut found = None;
    for line in BufReader::new(said).lines() {
        let line = line?;
        found = found_in(&line).or(found);
        crate::say(&line);
    }
    if !tests.wait()?.success() {
        report
            .problems
            .push("the tests of power cuts failed; what they said is above".to_owned());
    } else if found.is_none() {
        report
            .problems
            .push("the tests of power cuts did not say what they found".to_owned());
    }
    let found = found.unwrap_or_else(|| "not finished".to_owned());
    report.result = Some(format!("torture replay: {found}"));
    Ok(report)
}

/// Why a record is of no use.
const NOTHING_TOLD: &str = "nothing was acknowledged while it was recorded";

/// How many acknowledgements are in a record.
fn told_in(record: &Record) -> usize {
    let told = record.ops.iter().filter(|op| matches!(op, Op::Told { .. }));
    told.count()
}

/// What the tests found, where a line of theirs says so. What they print may stand behind what the harness printed.
fn found_in(line: &str) -> Option<String> {
    let (_, found) = line.split_once(FOUND)?;
    Some(found.to_owned())
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
    let people = if requests >= LONG_FROM {
        People::with_crew(&installation, ORDERS)?
    } else {
        People::program_only(&installation)?
    };
    let mut random = Random::new(seed);
    let shared = Shared::default();
    let verifier = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|name| {
                let (shared, people, random) = (&shared, &people, Random::new(random.next()));
                scope.spawn(move || stories::client(shared, people, (name, CLIENTS), random))
            })
            .collect();
        let program = &people.program;
        let rounds = rounds(&installation, &shared, program, requests, &mut random);
        let server = rounds.and_then(|verifier| {
            // Clients end what they have in hand.
            let server = installation.serve()?;
            shared.set_address(Some(server.address));
            Ok((verifier, server))
        });
        shared.stop();
        // What they were told is in the record; whether one panicked is not.
        traffic::joined(&shared, threads);
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
    let request = traffic::repair(program, key, "洗衣机漏水 / it leaks");
    let request = traffic::with_photo(request, random.next())?;
    let answer = http::send(server.address, &request)?;
    ensure!(
        answer.status == 201,
        "a report with a photo was answered with {}: {}",
        answer.status,
        answer.body
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tests_found_is_read_from_what_they_said() {
        assert_eq!(
            found_in("test power_cut::no ... power cuts: 2000 states, 0 lost"),
            Some("2000 states, 0 lost".to_owned())
        );
        assert_eq!(found_in("running 1 test"), None);
    }

    #[test]
    fn acknowledgements_of_a_record_are_counted() {
        let told = Op::Told {
            seq: 1,
            leaf: "aa".to_owned(),
        };
        let record = Record {
            key: String::new(),
            verifier: String::new(),
            directory: "data".to_owned(),
            ops: vec![Op::Made, told.clone(), told],
        };
        assert_eq!(told_in(&record), 2);
    }
}
