//! `aftercare labels`: reads AI-content labels in files, and checks them against GB 45438-2025. Nothing
//! here can make, change or strip one.

use crate::failure::{bad_input, bytes_of};
use crate::output::say;
use crate::trust::TrustArgs;
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_app::mark_reader::MarkReader;
use aftercare_labels::command::{Answer, check_file, read_file};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Bytes read of a pipe; the reader itself refuses more than 64 MiB with its own words.
const FILE_BYTES_MAX: u64 = 65 * 1024 * 1024;

/// The clock counts milliseconds, certificates seconds.
const MS_PER_SECOND: i64 = 1_000;

/// Labels.
#[derive(Debug, Args)]
pub struct LabelsArgs {
    #[command(subcommand)]
    command: LabelsCommand,
}

#[derive(Debug, Subcommand)]
enum LabelsCommand {
    /// Show every AI-content label, generator's trace and signed manifest (C2PA) in the files.
    Read {
        /// Photos, clips, sound, documents.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// One JSON object a file.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        trust: TrustArgs,
    },
    /// Check the labels; exit 1 when one does not comply.
    Check {
        /// Photos, clips, sound, documents.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// One JSON object a file.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command; the exit code is the worst of the files'.
///
/// # Errors
/// A file that cannot be opened, or a child that cannot be started.
pub fn run(args: &LabelsArgs) -> anyhow::Result<ExitCode> {
    let (files, json, list) = match &args.command {
        LabelsCommand::Read { files, json, trust } => (files, *json, Some(trust.list()?)),
        LabelsCommand::Check { files, json } => (files, *json, None),
    };
    let today = SystemClock.now().0.div_euclid(MS_PER_SECOND);
    let program = std::env::current_exe().context("finding this program, to start its child")?;
    let mut reader = MarkReader::new(program, Arc::new(list.clone().unwrap_or_default()));
    let today = list.as_ref().map(|_| today);
    let mut ask = |path: &Path| -> anyhow::Result<Answer> {
        let name = path.display().to_string();
        let failed = |error: std::io::Error| bad_input(format!("{name}: {error}"));
        let mut file = File::open(path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        let (bytes, report) = if found.is_file() {
            (found.len(), reader.read_file(&mut file, today)?)
        } else {
            // A pipe cannot be read piece by piece.
            let held = bytes_of(path, FILE_BYTES_MAX)?;
            let bytes = u64::try_from(held.len())?;
            (bytes, reader.read_file(&mut Cursor::new(held), today)?)
        };
        Ok(match today {
            Some(_) => read_file(&name, bytes, &report),
            None => check_file(&name, bytes, &report),
        })
    };
    let mut worst = 0;
    for path in files {
        let answer = ask(path)?;
        let text = if json {
            answer.canonical_json()
        } else {
            answer.text.trim_end().to_owned()
        };
        say(&text);
        worst = worst.max(answer.exit_code);
    }
    Ok(ExitCode::from(worst))
}
