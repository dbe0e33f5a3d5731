//! A page of ours as PDF, timed: `cargo run --release -p aftercare-report --features full --example paper -- PAGE.html OUT.pdf`.
//! The page is what the program gives as the papers of a case. Each of five runs draws the whole file, the first with whatever
//! has to be read once; prints each, and ends with 1 where their middle is beyond the goal.
#![expect(clippy::print_stdout, reason = "a program that is read on a screen")]

use aftercare_report::{About, Fonts, pdf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The papers of a case with twenty photos.
const GOAL: Duration = Duration::from_secs(2);
const RUNS: usize = 5;

fn main() -> ExitCode {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    let [page, out] = paths.as_slice() else {
        eprintln!("paper PAGE.html OUT.pdf");
        return ExitCode::from(2);
    };
    let html = match std::fs::read_to_string(page) {
        Ok(html) => html,
        Err(error) => {
            eprintln!("{page}: {error}");
            return ExitCode::from(2);
        }
    };
    let mut took = Vec::new();
    for _ in 0..RUNS {
        let begun = Instant::now();
        let drawn = match pdf(&html, &About::default(), &Fonts::default()) {
            Ok(drawn) => drawn,
            Err(error) => {
                eprintln!("{page}: {error}");
                return ExitCode::from(2);
            }
        };
        took.push(begun.elapsed());
        let millis = took.last().map_or(0, Duration::as_millis);
        println!(
            "{millis} ms, {} pages, {} bytes",
            drawn.pages,
            drawn.bytes.len()
        );
        if let Err(error) = std::fs::write(out, &drawn.bytes) {
            eprintln!("{out}: {error}");
            return ExitCode::from(2);
        }
    }
    took.sort_unstable();
    let middle = took.get(RUNS / 2).copied().unwrap_or_default();
    println!(
        "{} ms in the middle, goal {} ms",
        middle.as_millis(),
        GOAL.as_millis()
    );
    ExitCode::from(u8::from(middle > GOAL))
}
