//! The binary as a user meets it: how long it takes to start, what it takes of memory, how long the demo lasts.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::Row;

/// Starts that are timed; the middle one counts.
const STARTS: usize = 9;

/// After so long without a request a server counts as idle.
const IDLE_AFTER: Duration = Duration::from_secs(3);

/// A throw-away key: the directory holds nobody's data.
const KEY: &str = "6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b";

pub(crate) fn measure(binary: &Path) -> Result<Vec<Row>> {
    let place = tempfile::tempdir()?;
    let data = place.path().join("data");
    let status = command(binary, &data)
        .args(["user", "init", "--tenant", "Bench", "--admin", "admin"])
        .stdout(Stdio::null())
        .status()?;
    ensure!(status.success(), "`user init` failed");
    let mut starts = Vec::new();
    let mut idle_kib = 0;
    for number in 0..STARTS {
        let (mut child, took) = start(binary, &data)?;
        starts.push(took);
        if number + 1 == STARTS {
            std::thread::sleep(IDLE_AFTER);
            idle_kib = resident_kib(child.id())?;
        }
        child.kill()?;
        child.wait()?;
    }
    starts.sort();
    let start_ms = starts[STARTS / 2].as_millis();
    let began = Instant::now();
    let output = Command::new(binary)
        .args(["demo", "--once"])
        .stdin(Stdio::null())
        .output()?;
    let demo_s = began.elapsed().as_secs_f64();
    ensure!(output.status.success(), "`demo --once` failed");
    let idle_mib = crate::mib(idle_kib * 1_024);
    Ok(vec![
        Row::new(
            format!("start of `serve` until it is ready, median of {STARTS}"),
            format!("{start_ms} ms"),
        )
        .goal("≤ 300 ms", start_ms <= 300),
        Row::new(
            "memory of an idle `serve` (resident)",
            format!("{idle_mib:.0} MiB"),
        )
        .goal("≤ 60 MB", idle_kib * 1_024 <= 60_000_000),
        Row::new(
            "`demo --once`, photos rendered and checked",
            format!("{demo_s:.1} s"),
        )
        .goal("≤ 30 s", demo_s <= 30.0),
    ])
}

fn command(binary: &Path, data: &Path) -> Command {
    let mut command = Command::new(binary);
    command
        .stdin(Stdio::null())
        .env("AFTERCARE_KEY", KEY)
        .env("AFTERCARE_DATA", data)
        .env("AFTERCARE_LOG", "error");
    command
}

/// Starts a server; gives it and the time until `/readyz` said yes.
fn start(binary: &Path, data: &Path) -> Result<(Child, Duration)> {
    let began = Instant::now();
    let mut child = command(binary, data)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()?;
    let output = child.stdout.take().context("the output of `serve`")?;
    let address = BufReader::new(output)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("serving http://").map(str::to_owned))
        .context("`serve` did not say where it listens")?;
    while !is_ready(&address) {
        ensure!(
            began.elapsed() < Duration::from_secs(30),
            "`serve` is not ready"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok((child, began.elapsed()))
}

fn is_ready(address: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address.trim())?;
        write!(
            stream,
            "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn resident_kib(process: u32) -> Result<u64> {
    fs::read_to_string(format!("/proc/{process}/status"))?
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .context("the memory of the process (this needs Linux)")
}
