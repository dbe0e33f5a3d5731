//! How soon a process that did nothing before has the atlas, and what it adds to its memory. Every start is one of a fresh
//! process: in one that had an atlas before, the pages and the allocator's memory are there already.

use aftercare_region::Atlas;
use std::process::Command;

/// Processes that are started.
const STARTS: usize = 9;
/// Set in the processes that measure.
const MEASURES: &str = "AFTERCARE_REGION_START";
/// Names of the numbers that such a process prints.
const FOUND: &str = "found:";

/// Bytes that stay. More would be no harm by itself, but a start spends much of its time on pages that it sees first, so
/// this is what keeps it short, and unlike its time it does not depend on what else the machine does.
const MOST_BYTES: f64 = 14e6;

/// Nanoseconds for which this thread had a processor, as the kernel counts them; waiting for one is not in them.
fn processor_ns() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

/// Bytes of memory that this process has.
fn resident() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1_024.0)
}

fn measure() -> Option<(f64, f64)> {
    let (ns, bytes) = (processor_ns()?, resident()?);
    let atlas = Atlas::built_in().expect("the tables");
    let found = (processor_ns()? - ns, resident()? - bytes);
    // It is alive until here.
    assert!(!atlas.units().is_empty());
    Some(found)
}

fn middle(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

#[test]
fn a_fresh_process_has_the_atlas_in_little_memory() {
    if std::env::var_os(MEASURES).is_some() {
        match measure() {
            Some((ns, bytes)) => println!("{FOUND} {ns} {bytes}"),
            None => println!("{FOUND} nothing"),
        }
        return;
    }
    let own = std::env::current_exe().expect("this test");
    let name = "start::a_fresh_process_has_the_atlas_in_little_memory";
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let done = Command::new(&own)
            .args(["--exact", name, "--nocapture", "--test-threads=1"])
            .env(MEASURES, "1")
            .output()
            .expect("a process");
        let text = String::from_utf8_lossy(&done.stdout);
        let line = text.lines().find_map(|line| line.split(FOUND).nth(1));
        let line = line.unwrap_or_else(|| panic!("a start told nothing: {done:?}"));
        let Some((ns, bytes)) = line.trim().split_once(' ') else {
            // No kernel that counts so.
            eprintln!("not measured: /proc has no such numbers");
            return;
        };
        times.push(ns.parse::<f64>().expect("nanoseconds") / 1e6);
        memory.push(bytes.parse::<f64>().expect("bytes"));
    }
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let (time, bytes) = (middle(times), middle(memory));
    eprintln!("{STARTS} starts: {least:.1} ms least, {time:.1} ms in the middle, {bytes} bytes");
    // The time is told, and held by nobody: on a busy machine it is not that of the atlas.
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
}
