//! `aftercare exchange simulate`: how platforms would warn each other of photos that were judged forged, played.

use crate::failure::{bad_input, bytes_of};
use crate::output::say;
use aftercare_exchange::limits::MAX_SCENARIO_BYTES;
use aftercare_exchange::simulate::{Scenario, csv, run as play};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// One byte more than a scenario may have, so that the library refuses in its own words.
const FILE_BYTES_MAX: u64 = MAX_SCENARIO_BYTES as u64 + 1;

#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// A scenario in TOML; an empty file is five platforms for 120 days. See docs/EXCHANGE.md.
    #[arg(value_name = "SCENARIO.toml")]
    scenario: PathBuf,
    /// Write a line a day here.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// One JSON object: what had happened by the last day.
    #[arg(long)]
    json: bool,
}

/// `exchange simulate`.
///
/// # Errors
/// A file that cannot be read or written, or bad input.
pub fn simulate(args: &SimulateArgs) -> anyhow::Result<ExitCode> {
    let path = args.scenario.display();
    let bytes = bytes_of(&args.scenario, FILE_BYTES_MAX)?;
    let text =
        std::str::from_utf8(&bytes).map_err(|error| bad_input(format!("{path}: {error}")))?;
    let scenario = Scenario::read(text).map_err(|bad| bad_input(format!("{path}: {bad}")))?;
    let days = play(&scenario)?;
    if let Some(path) = &args.csv {
        std::fs::write(path, csv(&days))
            .map_err(|error| bad_input(format!("{}: {error}", path.display())))?;
    }
    let last = days.last().copied().unwrap_or_default();
    let text = if args.json {
        serde_json::to_string(&last)?
    } else {
        let percent = |share: Option<f64>| {
            share.map_or_else(|| "-".to_owned(), |share| format!("{:.3} %", share * 100.0))
        };
        format!(
            "forged photos used again after another platform published them: {}, recognized: {} ({})\n\
             claims of honest people: {}, looked at by a person because of the exchange: {} ({}), refused: {}\n\
             photos of honest people published: {}, taken off again: {}\n\
             catalogue photos published as forged: {}, frozen: {}\n\
             votes won by the group that votes for itself: {}",
            last.reused_after_publication,
            last.recognized,
            percent(last.recognized_share()),
            last.honest_claims,
            last.honest_to_human,
            percent(last.honest_share()),
            last.honest_refused,
            last.honest_published,
            last.honest_corrected,
            last.poison_published,
            last.poison_frozen,
            last.sybil_successes
        )
    };
    say(&text);
    Ok(ExitCode::SUCCESS)
}
