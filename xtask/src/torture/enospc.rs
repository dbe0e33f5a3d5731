//! A disk that fills up while clients write: a clear refusal, reading goes on, nothing that was acknowledged is lost, and
//! writing goes on by itself when there is room again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::http::{self, Request, Response};
use super::people::People;
use super::server::{Installation, Server, get};
use super::traffic::{self, Acknowledged, Shared};
use super::{Report, oracle};

/// What the filler takes of the disk, in parts of the whole: removing it is the room that comes back.
const FILLER_PARTS: u64 = 3;

/// Set where a drill that shows nothing is a failure: in CI.
const REQUIRED: &str = "AFTERCARE_REQUIRE_ENOSPC";

/// Requests until the disk must be full.
const REQUESTS_MAX: u32 = 50_000;

/// How long writing may take to go on after there is room.
const RECOVER_MAX: Duration = Duration::from_secs(30);

/// Requests after there is room again.
const AFTERWARDS: u32 = 20;

/// A file system of its own in memory, unmounted when it is dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf, size_mib: u32) -> Result<Self> {
        fs::create_dir(&at)?;
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size_mib}m"), "tmpfs"])
            .arg(&at)
            .output()
            .context("starting mount")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(Self(at))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A failure leaves a mount in a temporary directory, which `mount` shows; there is nobody to tell.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Runs the drill.
///
/// # Errors
/// When it cannot be set up. Without the right to mount it is skipped, and says so, unless [`REQUIRED`] is set.
pub(crate) fn run(binary: &Path, size_mib: u32) -> Result<Report> {
    let place = tempfile::tempdir().context("a directory for the drill")?;
    let began = Instant::now();
    let mut report = Report::default();
    let disk = match Disk::mount(place.path().join("disk"), size_mib) {
        Ok(disk) => disk,
        Err(error) => {
            if std::env::var_os(REQUIRED).is_some() {
                return Err(error.context(format!(
                    "a small disk cannot be mounted, and {REQUIRED} asks for this drill: run it as root, where tmpfs may be mounted"
                )));
            }
            report.lines.push(format!(
                "nothing was shown: a small disk cannot be mounted here ({error:#}); run this as root"
            ));
            report.is_skipped = true;
            report.result = Some(format!("torture enospc: a disk of {size_mib} MiB"));
            return Ok(report);
        }
    };
    let filler = disk.0.join("filler");
    let filler_bytes = u64::from(size_mib) * 1_024 * 1_024 / FILLER_PARTS;
    fs::write(&filler, vec![1_u8; usize::try_from(filler_bytes)?]).context("filling the disk")?;
    let installation = Installation::create(
        binary,
        disk.0.join("data"),
        place.path().join("serve.log"),
        None,
        None,
    )?;
    let program = People::program_only(&installation)?.program;
    let mut server = installation.serve()?;
    let mut drill = Drill {
        server: &mut server,
        program,
        number: 0,
        acknowledged: Vec::new(),
    };
    let token = drill.first_case()?;
    let (full, refused) = drill.fill()?;
    report.lines.push(format!(
        "{size_mib} MiB: full after {} acknowledged requests; the refusal: {} {}",
        drill.acknowledged.len(),
        full.status,
        full.body
    ));
    if full.status != 507 || !full.body.contains("disk_full") {
        report.problems.push(format!(
            "a full disk is 507 with the rule disk_full, but the answer was {} {}",
            full.status, full.body
        ));
    }
    if !drill.server.is_running() {
        report
            .problems
            .push("the server ended when the disk was full".to_owned());
        report.result = Some(format!(
            "torture enospc: a disk of {size_mib} MiB, not finished"
        ));
        return Ok(report);
    }
    drill.read_all(&token, &mut report)?;
    fs::remove_file(&filler).context("making room")?;
    let waited = drill.recover(&refused, &mut report)?;
    report.lines.push(format!(
        "with room again, the refused request was carried out after {} ms, and {AFTERWARDS} more",
        waited.as_millis()
    ));
    let acknowledged = drill.acknowledged;
    server.stop()?;
    let checked = oracle::check(&installation, &acknowledged)?;
    report.lines.extend(checked.lines);
    report.problems.extend(checked.problems);
    let (lost, doubled) = (report.counted("LOST"), report.counted("DOUBLED"));
    report.result = Some(format!(
        "torture enospc: SQLite, a disk of {size_mib} MiB that was full once, {} commands acknowledged, {lost} lost, {doubled} doubled, {} other problems, {} s",
        acknowledged.len(),
        report.problems.len().saturating_sub(lost + doubled),
        began.elapsed().as_secs()
    ));
    Ok(report)
}

struct Drill<'a> {
    server: &'a mut Server,
    program: String,
    number: u32,
    acknowledged: Vec<Acknowledged>,
}

impl Drill<'_> {
    fn next(&mut self) -> (String, Request) {
        self.number += 1;
        let key = format!("full-{}", self.number);
        // A long text fills the disk sooner.
        let request = traffic::repair(&self.program, &key, &"洗衣机不转。".repeat(600));
        (key, request)
    }

    fn keep(&mut self, key: &str, response: &Response) -> Result<()> {
        self.acknowledged
            .push(traffic::acknowledged_repair(key, response)?);
        Ok(())
    }

    /// Opens a case and a session for its claimant, to read with later.
    fn first_case(&mut self) -> Result<String> {
        let (key, request) = self.next();
        let response = http::send(self.server.address, &request)?;
        self.keep(&key, &response)?;
        let shared = Shared::default();
        shared.set_address(Some(self.server.address));
        traffic::session_of(&shared, &response)
    }

    /// Writes until it is refused; gives the refusal and the refused request with its key.
    fn fill(&mut self) -> Result<(Response, (String, Request))> {
        for _ in 0..REQUESTS_MAX {
            let (key, request) = self.next();
            let response = http::send(self.server.address, &request)?;
            if response.status != 201 {
                return Ok((response, (key, request)));
            }
            self.keep(&key, &response)?;
        }
        bail!("the disk was not full after {REQUESTS_MAX} requests");
    }

    /// Reading goes on while the disk is full.
    fn read_all(&self, token: &str, report: &mut Report) -> Result<()> {
        let Some(first) = self.acknowledged.first() else {
            return Ok(());
        };
        let path = format!("/api/v1/cases/{}", first.case);
        let response = http::send(self.server.address, &get(&path, Some(token)))?;
        if response.status != 200 {
            report.problems.push(format!(
                "while the disk is full, a case cannot be read: {} {}",
                response.status, response.body
            ));
        }
        Ok(())
    }

    /// Sends the refused request again until it is carried out, then some more.
    fn recover(&mut self, refused: &(String, Request), report: &mut Report) -> Result<Duration> {
        let since = Instant::now();
        let waited = loop {
            let response = http::send(self.server.address, &refused.1)?;
            if response.status == 201 {
                self.keep(&refused.0, &response)?;
                break since.elapsed();
            }
            if since.elapsed() > RECOVER_MAX {
                report.problems.push(format!(
                    "there is room again, but writing did not go on: {} {}",
                    response.status, response.body
                ));
                return Ok(since.elapsed());
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        for _ in 0..AFTERWARDS {
            let (key, request) = self.next();
            let response = http::send(self.server.address, &request)?;
            self.keep(&key, &response)?;
        }
        Ok(waited)
    }
}
