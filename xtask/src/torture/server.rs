//! The binary under test: its commands on a data directory, and a server that can be killed and started again.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::http::{self, JSON, Request, Response};

/// How long a start may take before the drill gives up; recovery after a kill is part of it.
const START_MAX: Duration = Duration::from_secs(60);

/// How long an orderly stop may take.
const STOP_MAX: Duration = Duration::from_secs(60);

/// A data directory with its key, and the binary that works on it.
#[derive(Debug, Clone)]
pub(crate) struct Installation {
    binary: PathBuf,
    pub(crate) data: PathBuf,
    /// What the server writes to standard error, beside the directory and not on its disk.
    log: PathBuf,
    /// None for a demo's directory, which carries its own.
    key: Option<String>,
    /// None where the rows are in the directory.
    database_url: Option<String>,
    /// Path of the page where the administrator sets a password; empty for a demo's directory.
    invitation: String,
    /// What is told of every process that is started.
    tracer: Option<Tracer>,
}

/// Has `strace` tell what every process asks of the kernel, each in a file of its own.
#[derive(Debug, Clone)]
pub(crate) struct Tracer {
    /// Where the files are, by the order in which the processes were started.
    folder: PathBuf,
    calls: &'static str,
    bytes_max: usize,
    started: Arc<AtomicU32>,
}

impl Tracer {
    pub(crate) fn new(folder: PathBuf, calls: &'static str, bytes_max: usize) -> Self {
        Self {
            folder,
            calls,
            bytes_max,
            started: Arc::default(),
        }
    }

    /// What was told so far, in the order of the processes; each has ended.
    ///
    /// # Errors
    /// When one is not complete after [`STOP_MAX`].
    pub(crate) fn told(&self) -> Result<Vec<String>> {
        (0..self.started.load(Ordering::SeqCst))
            .map(|number| {
                let path = self.path(number);
                let asked = Instant::now();
                while asked.elapsed() < STOP_MAX {
                    let text = fs::read_to_string(&path).unwrap_or_default();
                    // The tracer outlives the process by a moment; the first line is that of the first thread.
                    let thread = text.split(' ').next().unwrap_or_default();
                    let ended = text.lines().rev().take(20).any(|line| {
                        line.starts_with(&format!("{thread} ")) && line.contains(" +++ ")
                    });
                    if ended && !thread.is_empty() {
                        return Ok(text);
                    }
                    std::thread::sleep(Duration::from_millis(50));
                }
                bail!("{}: strace did not end", path.display())
            })
            .collect()
    }

    fn path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{number}.strace"))
    }

    fn command(&self, binary: &Path) -> Command {
        let mut command = Command::new("strace");
        // The tracer is the grandchild, so that what is started is the program itself.
        command.args([
            "-D",
            "-f",
            "--seccomp-bpf",
            "-y",
            "-xx",
            "-e",
            "signal=none",
        ]);
        command.args(["-e", &format!("trace={}", self.calls)]);
        command.args(["-s", &self.bytes_max.to_string()]);
        let number = self.started.fetch_add(1, Ordering::SeqCst);
        command.arg("-o").arg(self.path(number));
        command.arg("--").arg(binary);
        command
    }
}

impl Installation {
    /// A new directory with one tenant, with its rows in a database of PostgreSQL if one is named.
    ///
    /// # Errors
    /// When `aftercare user init` does not work.
    pub(crate) fn create(
        binary: &Path,
        data: PathBuf,
        log: PathBuf,
        database_url: Option<String>,
        tracer: Option<Tracer>,
    ) -> Result<Self> {
        let mut installation = Self {
            binary: binary.to_owned(),
            data,
            log,
            key: Some(secret()?),
            database_url,
            invitation: String::new(),
            tracer,
        };
        let told = installation.read(["user", "init", "--tenant", "Drill", "--admin", "admin"])?;
        installation.invitation = told
            .split_whitespace()
            .find(|word| word.starts_with("/invite/"))
            .context("`user init` printed no link")?
            .to_owned();
        Ok(installation)
    }

    /// A directory that a demo made, or a copy of one.
    pub(crate) fn of_demo(binary: &Path, data: PathBuf) -> Self {
        Self {
            binary: binary.to_owned(),
            log: data.with_extension("log"),
            invitation: String::new(),
            data,
            key: None,
            database_url: None,
            tracer: None,
        }
    }

    /// The key of the directory; none for a demo's.
    pub(crate) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Whether the rows are in a database of PostgreSQL.
    pub(crate) const fn on_postgres(&self) -> bool {
        self.database_url.is_some()
    }

    /// The same key and binary on another directory.
    pub(crate) fn at(&self, data: PathBuf) -> Self {
        Self {
            data,
            ..self.clone()
        }
    }

    fn command(&self) -> Command {
        let mut command = match &self.tracer {
            Some(tracer) => tracer.command(&self.binary),
            None => Command::new(&self.binary),
        };
        command.stdin(Stdio::null());
        command.env_remove("AFTERCARE_KEY_FILE");
        if let Some(key) = &self.key {
            command.env("AFTERCARE_KEY", key);
        }
        command.env("AFTERCARE_DATA", &self.data);
        command.env_remove("AFTERCARE_DATABASE_URL");
        if let Some(url) = &self.database_url {
            command.env("AFTERCARE_DATABASE_URL", url);
        }
        command
    }

    /// Runs a command on the directory to its end.
    ///
    /// # Errors
    /// When the binary cannot be started; a failing command is an answer.
    pub(crate) fn run<I, S>(&self, arguments: I) -> Result<Output>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.command()
            .args(arguments)
            .output()
            .with_context(|| format!("starting {}", self.binary.display()))
    }

    /// Runs a command that has to succeed, and gives its standard output.
    ///
    /// # Errors
    /// When it does not succeed.
    pub(crate) fn read<I, S>(&self, arguments: I) -> Result<String>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let output = self.run(arguments)?;
        if !output.status.success() {
            bail!("a command failed: {}", told(&output));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Path of the page where the administrator sets a password.
    pub(crate) fn invitation(&self) -> &str {
        &self.invitation
    }

    /// Starts the server on a free port and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready; its log is in the error.
    pub(crate) fn serve(&self) -> Result<Server> {
        let started = Instant::now();
        let mut child = self
            .command()
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(File::create(&self.log).with_context(|| self.log.display().to_string())?)
            .spawn()
            .with_context(|| format!("starting {}", self.binary.display()))?;
        let output = child.stdout.take().context("the server's output")?;
        // `serving http://127.0.0.1:PORT` is the last line that it prints.
        let address = BufReader::new(output)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("serving http://")?.trim().parse().ok());
        let mut server = Server {
            child,
            address: ([127, 0, 0, 1], 0).into(),
            started_in: Duration::ZERO,
        };
        let Some(address) = address else {
            server.kill();
            bail!(
                "the server did not start: {}",
                fs::read_to_string(&self.log).unwrap_or_default().trim()
            );
        };
        server.address = address;
        while started.elapsed() < START_MAX {
            if http::send(address, &get("/readyz", None)).is_ok_and(|answer| answer.status == 200) {
                server.started_in = started.elapsed();
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        server.kill();
        bail!("the server was not ready within {} s", START_MAX.as_secs());
    }
}

/// 32 bytes of the operating system, hexadecimal.
pub(crate) fn secret() -> Result<String> {
    let mut bytes = [0_u8; 32];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("taking a secret from the operating system")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A text of an answer in JSON.
pub(crate) fn field(response: &Response, name: &str) -> Result<String> {
    let answer: serde_json::Value = serde_json::from_str(&response.body)?;
    answer
        .get(name)
        .and_then(serde_json::Value::as_str)
        .map(str::to_owned)
        .with_context(|| format!("the answer has no `{name}`"))
}

/// A request that reads.
pub(crate) fn get(path: &str, bearer: Option<&str>) -> Request {
    Request {
        method: "GET",
        path: path.to_owned(),
        idempotency_key: None,
        bearer: bearer.map(str::to_owned),
        body: Vec::new(),
        content_type: JSON,
    }
}

/// A request that writes.
pub(crate) fn post(path: &str, bearer: Option<&str>, body: String) -> Request {
    Request {
        method: "POST",
        body: body.into_bytes(),
        ..get(path, bearer)
    }
}

/// A running server; it does not outlive the drill.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first `ready`.
    pub(crate) started_in: Duration,
}

impl Server {
    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        // An error means that it is gone already, which is what was wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs: nothing but a kill may end it.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to stop and waits.
    ///
    /// # Errors
    /// When it does not stop, or not with success.
    pub(crate) fn stop(mut self) -> Result<()> {
        rustix::process::kill_process(
            rustix::process::Pid::from_child(&self.child),
            rustix::process::Signal::TERM,
        )?;
        let asked = Instant::now();
        while asked.elapsed() < STOP_MAX {
            if let Some(status) = self.child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                bail!("the server ended with {status} when it was asked to stop");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("the server did not stop within {} s", STOP_MAX.as_secs());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What a command that looks for damage found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing.
    Sound,
    /// Something, which it said in these words.
    Damaged(String),
    /// It ended without a word about the data: it panicked, was killed, or took it for a mistake of whoever asked.
    Broke(String),
}

/// What is said with exit 1, and in words, is a finding; any other end than that and success is a fault of the program.
pub(crate) fn verdict(output: &Output) -> Verdict {
    let panicked = String::from_utf8_lossy(&output.stderr).contains("panicked");
    let spoke = !output.stderr.is_empty() || !output.stdout.is_empty();
    match output.status.code() {
        Some(0) if !panicked => Verdict::Sound,
        Some(1) if !panicked && spoke => Verdict::Damaged(told(output)),
        _ => Verdict::Broke(told(output)),
    }
}

/// What a command said, in one line.
pub(crate) fn told(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if text.is_empty() {
        text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    }
    format!("{} ({})", text.replace('\n', " | "), output.status)
}

#[cfg(test)]
mod tests {
    use super::{Verdict, verdict};
    use std::process::Command;

    fn of(script: &str) -> Verdict {
        let output = Command::new("sh").args(["-c", script]).output().unwrap();
        verdict(&output)
    }

    #[test]
    fn only_exit_1_in_words_is_a_finding() {
        assert_eq!(of("echo verified 3 events"), Verdict::Sound);
        assert!(
            matches!(of("echo event 3 is damaged >&2; exit 1"), Verdict::Damaged(said) if said.contains("event 3"))
        );
        for broken in [
            "echo bad input >&2; exit 2",
            "exit 1",
            "echo \"thread 'main' panicked at x.rs\" >&2; exit 101",
            "echo \"thread 'main' panicked at x.rs\" >&2; exit 1",
            "echo \"thread 'reader' panicked at x.rs\" >&2; echo verified 3 events",
            "kill -9 $$",
        ] {
            assert!(matches!(of(broken), Verdict::Broke(_)), "{broken}");
        }
    }
}
