//! Resolves the lines of standard input, as the command line does: for measuring without building the whole program.

use std::io::{BufRead as _, Write as _};

use aftercare_region::{Atlas, Date, command};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let day: Date = match std::env::args().nth(1) {
        Some(day) => day.parse()?,
        None => Date::LATEST,
    };
    let atlas = Atlas::built_in()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        writeln!(out, "{}", command::resolve_line(&atlas, &line?, day))?;
    }
    Ok(())
}
