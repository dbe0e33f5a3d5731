//! What a process takes, and what lies on the disk; read where Linux tells it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};

/// File systems in memory: a sync to them is no sync.
const IN_MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

/// The time since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the generator of a load is no part of the app, and has no Clock"
)]
pub fn now() -> Result<Duration> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?)
}

/// The resident memory of a process.
pub fn resident_mb(process: u32) -> Result<f64> {
    memory_mb(process, "VmRSS:")
}

/// The most memory that a process ever had resident.
pub fn peak_mb(process: u32) -> Result<f64> {
    memory_mb(process, "VmHWM:")
}

fn memory_mb(process: u32, name: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let kib: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .context("the memory of a process (this needs Linux)")?;
    Ok(kib as f64 * 1_024.0 / 1e6)
}

/// What `/proc/N/stat` says: the parent, and seconds of processor time of it and of its children that ended.
struct Stat {
    parent: u32,
    own_s: f64,
    ended_s: f64,
}

fn stat(text: &str, ticks: f64) -> Option<Stat> {
    // The name of the program stands in brackets and may have any character.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own_s: (number(11)? + number(12)?) / ticks,
        ended_s: (number(13)? + number(14)?) / ticks,
    })
}

fn stat_of(process: u32) -> Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    stat(&text, ticks).context("the times of a process (this needs Linux)")
}

/// Seconds of processor time of a process alone.
pub fn own_cpu_seconds(process: u32) -> Result<f64> {
    Ok(stat_of(process)?.own_s)
}

/// Seconds of processor time of a process, and of its children: those that ended and those that run.
pub fn cpu_seconds(process: u32) -> Result<f64> {
    let own = stat_of(process)?;
    let mut sum = own.own_s + own.ended_s;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(other) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // One that ended meanwhile counts among those that ended the next time.
        if let Ok(child) = stat_of(other)
            && child.parent == process
        {
            sum += child.own_s;
        }
    }
    Ok(sum)
}

/// Bytes of the files in a folder and below; nothing where there is none.
pub fn bytes_in(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error).with_context(|| folder.display().to_string()),
    };
    for entry in entries {
        let entry = entry?;
        sum += if entry.file_type()?.is_dir() {
            bytes_in(&entry.path())?
        } else {
            entry.metadata()?.len()
        };
    }
    Ok(sum)
}

/// Bytes of a file; nothing where there is none.
pub fn bytes_of(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |found| found.len())
}

/// The kind of file system that holds a path, by a text like that of `/proc/mounts`.
fn kind_of(mounts: &str, path: &Path) -> Option<String> {
    let mut found: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let mut fields = line.split(' ').skip(1);
        let (Some(at), Some(kind)) = (fields.next(), fields.next()) else {
            continue;
        };
        // Of two at one place the later one is seen.
        if path.starts_with(at) && found.is_none_or(|(longest, _)| at.len() >= longest) {
            found = Some((at.len(), kind));
        }
    }
    found.map(|(_, kind)| kind.to_owned())
}

/// The kind of file system of a folder; refused where it is in memory, since nothing would be durable there.
pub fn on_disk(folder: &Path) -> Result<String> {
    let path = fs::canonicalize(folder).with_context(|| folder.display().to_string())?;
    let mounts = fs::read_to_string("/proc/mounts")?;
    let kind = kind_of(&mounts, &path).unwrap_or_else(|| "unknown".to_owned());
    ensure!(
        !IN_MEMORY.contains(&kind.as_str()),
        "{} is in memory ({kind}), where a sync costs nothing: name a folder on a disk with --data, or with TMPDIR for PostgreSQL",
        folder.display()
    );
    Ok(kind)
}

/// The machine, for the report.
pub fn machine() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find(|line| line.starts_with("model name"))
        .and_then(|line| line.split_once(':'))
        .map_or("unknown processor", |(_, model)| model.trim());
    let cores = cpus
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: u64 = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0);
    let gib = kib as f64 / 1_048_576.0;
    format!("{model}, {cores} cores, {gib:.0} GiB of memory")
}

/// What a command says; nothing where it cannot be asked.
pub fn told(program: &str, arguments: &[&str]) -> String {
    Command::new(program).args(arguments).output().map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_a_process_are_read_whatever_its_name_is() {
        let text = "42 (a ) b) S 7 42 42 0 -1 4194560 1 2 3 4 150 50 20 30 20 0 9 0 1 2 3";
        let found = stat(text, 100.0).expect("a process");
        assert_eq!(found.parent, 7);
        assert!((found.own_s - 2.0).abs() < 1e-9);
        assert!((found.ended_s - 0.5).abs() < 1e-9);
        assert!(stat("42 (cut", 100.0).is_none());
    }

    #[test]
    fn this_process_has_memory_and_a_file_system() {
        let resident = resident_mb(std::process::id()).expect("Linux");
        assert!(resident > 0.1);
        assert!(peak_mb(std::process::id()).expect("Linux") > 0.1);
        let own = own_cpu_seconds(std::process::id()).expect("Linux");
        assert!(cpu_seconds(std::process::id()).expect("Linux") >= own);
    }

    #[test]
    fn the_innermost_file_system_counts() {
        let mounts = "a / ext4 rw 0 0\nb /data tmpfs rw 0 0\nc /data/disk xfs rw 0 0\n";
        for (path, kind) in [
            ("/elsewhere", "ext4"),
            ("/database", "ext4"),
            ("/data/fast", "tmpfs"),
            ("/data/disk/here", "xfs"),
        ] {
            assert_eq!(
                kind_of(mounts, Path::new(path)).as_deref(),
                Some(kind),
                "{path}"
            );
        }
        assert_eq!(kind_of("", Path::new("/data")), None);
    }

    #[test]
    fn files_are_counted_in_folders_below() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("below")).expect("a folder");
        fs::write(folder.path().join("a"), [0_u8; 3]).expect("a file");
        fs::write(folder.path().join("below/b"), [0_u8; 4]).expect("a file");
        assert_eq!(bytes_in(folder.path()).expect("files"), 7);
        assert_eq!(bytes_of(&folder.path().join("a")), 3);
        let nowhere = folder.path().join("nowhere");
        assert_eq!(
            (bytes_in(&nowhere).expect("nothing"), bytes_of(&nowhere)),
            (0, 0)
        );
    }
}
