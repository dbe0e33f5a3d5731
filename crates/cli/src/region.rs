//! `aftercare region`: which division an address or a service area lies in, a JSON line a line.

use crate::failure::bad_input;
use crate::output::kept;
use aftercare_region::limits::{MAX_LINE_BYTES, MAX_PATCH_BYTES};
use aftercare_region::{Atlas, Date, command, lint, lint_json};
use clap::{Args, Subcommand};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Bytes read of a list to lint.
const LIST_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Exit code of `lint` for a list with something to change.
const FINDINGS: u8 = 1;

/// Divisions.
#[derive(Debug, Args)]
pub struct RegionArgs {
    #[command(subcommand)]
    command: RegionCommand,
}

#[derive(Debug, Subcommand)]
enum RegionCommand {
    /// Tell province, city, county and town of addresses, one a line; ask back where they leave it open.
    ///
    /// Status is exact, inferred (a level was missing), corrected (misspelled), superseded (one division took the
    /// place), ambiguous (candidates has the codes), conflict (parents contradict) or unknown.
    Resolve {
        /// As of this day: 2019-05-01, or 2019 for its last day. Without it, today's divisions.
        #[arg(long, value_name = "DATE")]
        as_of: Option<Date>,
        /// A dated change of divisions (TOML) to apply besides the built-in ones.
        #[arg(long, value_name = "PATCH")]
        patch: Vec<PathBuf>,
        /// Addresses, one a line; - is standard input.
        #[arg(default_value = "-", value_name = "FILE")]
        file: PathBuf,
    },
    /// Check a list of service areas, one a line; exit 1 when a line should be changed.
    ///
    /// Found are duplicates, areas inside others, abolished, ambiguous, abbreviated, misspelled and unknown names,
    /// contradictions, and places that are unofficial, zones or out of reach; each with what to do.
    Lint {
        /// As of this day; without it, today's divisions.
        #[arg(long, value_name = "DATE")]
        as_of: Option<Date>,
        /// A dated change of divisions (TOML) to apply besides the built-in ones.
        #[arg(long, value_name = "PATCH")]
        patch: Vec<PathBuf>,
        /// The list; - is standard input.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// A file that cannot be read, a patch that is refused, a list that is too long.
pub fn run(args: &RegionArgs) -> anyhow::Result<ExitCode> {
    match &args.command {
        RegionCommand::Resolve { as_of, patch, file } => {
            let atlas = atlas(patch)?;
            let day = as_of.unwrap_or(Date::LATEST);
            let mut input = open(file)?;
            let mut out = BufWriter::new(std::io::stdout().lock());
            while let Some(line) = next_line(&mut input, file)? {
                let answer = command::resolve_line(&atlas, &line, day);
                if !kept(writeln!(out, "{answer}")) {
                    break;
                }
            }
            kept(out.flush());
            Ok(ExitCode::SUCCESS)
        }
        RegionCommand::Lint { as_of, patch, file } => {
            let atlas = atlas(patch)?;
            let mut text = String::new();
            open(file)?
                .take(LIST_BYTES_MAX)
                .read_to_string(&mut text)
                .map_err(|error| bad_input(format!("{}: {error}", file.display())))?;
            let lines = lint(&atlas, &text, as_of.unwrap_or(Date::LATEST))
                .map_err(|error| bad_input(format!("{}: {error}", file.display())))?;
            let mut out = BufWriter::new(std::io::stdout().lock());
            for line in &lines {
                if !kept(writeln!(out, "{}", lint_json(line))) {
                    break;
                }
            }
            kept(out.flush());
            let clean = lines.iter().all(|line| line.findings.is_empty());
            Ok(if clean {
                ExitCode::SUCCESS
            } else {
                ExitCode::from(FINDINGS)
            })
        }
    }
}

/// The built-in divisions with dated changes from files.
///
/// # Errors
/// A file that cannot be read, and a patch that is refused.
pub fn atlas(patches: &[PathBuf]) -> anyhow::Result<Atlas> {
    let mut texts = Vec::new();
    for path in patches {
        let mut text = String::new();
        File::open(path)
            .and_then(|file| {
                file.take(MAX_PATCH_BYTES as u64 + 1)
                    .read_to_string(&mut text)
            })
            .map_err(|error| bad_input(format!("{}: {error}", path.display())))?;
        texts.push((path.display().to_string(), text));
    }
    let patches: Vec<(&str, &str)> = texts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Atlas::with_patches(&patches).map_err(|error| bad_input(error.to_string()))
}

fn open(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file =
        File::open(path).map_err(|error| bad_input(format!("{}: {error}", path.display())))?;
    Ok(Box::new(BufReader::new(file)))
}

/// The next line without its end. Bytes that are no UTF-8 become U+FFFD; of a line that is too long, enough is read
/// to say so, and the rest is skipped.
fn next_line(input: &mut dyn BufRead, path: &Path) -> anyhow::Result<Option<String>> {
    let failed = |error: std::io::Error| bad_input(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    let read = (&mut *input)
        .take(MAX_LINE_BYTES as u64 + 2)
        .read_until(b'\n', &mut bytes)
        .map_err(failed)?;
    if read == 0 {
        return Ok(None);
    }
    if bytes.last() != Some(&b'\n') && bytes.len() > MAX_LINE_BYTES {
        input.skip_until(b'\n').map_err(failed)?;
    }
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
