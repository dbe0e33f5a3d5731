//! Keys of people wrapped again: the test of `app` that does it, which has everything that a rotation needs, asked for a million
//! and built as a release is.

use std::path::Path;
use std::process::Command;

use aftercare_bench_common::process;
use anyhow::{Context as _, Result, ensure};

use crate::numbers::{Measured, Number};

pub const PEOPLE: u64 = 1_000_000;
const TEST: &str = "every_key_is_wrapped_again_and_counted";

pub fn measure(data: &Path, people: u64) -> Result<Vec<Measured>> {
    std::fs::create_dir_all(data)?;
    let file_system = process::on_disk(data)?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["test", "--release", "--locked", "-p", "aftercare-app"])
        .args(["--test", "it", TEST, "--", "--nocapture"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .env("AFTERCARE_PEOPLE", people.to_string())
        .env("TMPDIR", std::fs::canonicalize(data)?)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "the test failed: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (wrapped, value) = read(&said).context("the test did not say how long it took")?;
    Ok(vec![Measured {
        number: Number::Rewrap,
        value,
        is_whole: wrapped >= PEOPLE,
        told: format!("{wrapped} people and a case, SQLite on {file_system}"),
    }])
}

/// How many people, and in how many seconds, of the test's `N people in S s`.
fn read(said: &str) -> Option<(u64, f64)> {
    said.lines().find_map(|line| {
        // The name of the test may stand before it.
        let (people, seconds) = line.trim().strip_suffix(" s")?.split_once(" people in ")?;
        let people = people.rsplit(' ').next()?;
        Some((people.parse().ok()?, seconds.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn what_the_test_says_is_read() {
        let said = "running 1 test\n1000001 people in 8.250 s\ntest it ... ok\n";
        assert_eq!(read(said), Some((1_000_001, 8.25)));
        let behind = "test rekeying::every ... 3 people in 0.100 s";
        assert_eq!(read(behind), Some((3, 0.1)));
        assert_eq!(read("running 1 test\ntest it ... ok\n"), None);
    }
}
