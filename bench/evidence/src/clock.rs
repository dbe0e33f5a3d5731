//! How long this thread and this process have worked: on a machine that others use as well a clock on the wall says
//! little.

use std::fs;

use anyhow::{Context, Result};

/// Clock ticks a second of `/proc`, fixed on Linux.
const TICKS: f64 = 100.0;

/// CPU time of the calling thread so far, in milliseconds; not a number where the system does not tell.
#[must_use]
pub fn thread_milliseconds() -> f64 {
    fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |nanoseconds| nanoseconds / 1e6)
}

/// CPU time of this process so far, all threads together, in milliseconds, to ten of them.
pub fn process_milliseconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("measured on Linux")?;
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |place: usize| {
        after
            .split_whitespace()
            .nth(place)
            .and_then(|field| field.parse::<f64>().ok())
    };
    let (user, system) = (
        ticks(11).context("user time")?,
        ticks(12).context("system time")?,
    );
    Ok((user + system) / TICKS * 1e3)
}

/// The largest resident memory of this process so far, in MB.
pub fn peak_megabytes() -> Result<f64> {
    status_megabytes("VmHWM")
}

/// The resident memory of this process, in MB.
pub fn resident_megabytes() -> Result<f64> {
    status_megabytes("VmRSS")
}

fn status_megabytes(field: &str) -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with(field))
        .context("the memory of this process")?;
    let kilobytes: f64 = line
        .split_whitespace()
        .nth(1)
        .context("a number")?
        .parse()?;
    Ok(kilobytes / 1e3)
}
