//! `aftercare person`: what a person may ask of the shop, done on the machine itself.

use crate::data::{DataArgs, open_app};
use crate::failure::bad_input;
use crate::records::say;
use aftercare_app::numbers::case_number;
use aftercare_domain::ids::CaseId;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// People.
#[derive(Debug, Args)]
pub struct PersonArgs {
    #[command(subcommand)]
    command: PersonCommand,
}

#[derive(Debug, Subcommand)]
enum PersonCommand {
    /// Destroy name, phone and address of the person who claims in a case, in every case and order of theirs with that shop.
    /// Nobody can bring them back, but from a backup. Refused, with exit 2, while that case is open; what other cases under the
    /// same number need that are open or held is left, and they are named. Beside a running
    /// server on SQLite an administrator does it at /desk/users or by POST /api/v1/cases/CASE/erasures.
    Shred {
        /// Id of one of their cases, as `case list` shows it.
        #[arg(value_name = "CASE")]
        case: String,
        #[command(flatten)]
        data: DataArgs,
        /// Why; it is kept sealed, beside the event in the log.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// As JSON: `records` that were destroyed now, `cases` of the person, and those of them that were `left`.
        #[arg(long)]
        json: bool,
    },
}

/// `person`.
///
/// # Errors
/// A case that is unknown or open, a wrong key, or a directory that another process owns.
pub async fn run(args: PersonArgs) -> anyhow::Result<ExitCode> {
    let PersonCommand::Shred {
        case,
        data,
        reason,
        json,
    } = args.command;
    let id: CaseId = case.parse().map_err(|_| {
        bad_input(format!(
            "{case} is not the id of a case: `aftercare case list` shows them"
        ))
    })?;
    let (store, app) = open_app(&data.data, &data.database).await?;
    let erased = app.shred_person_from_console(id, &reason).await;
    if erased.is_ok() {
        app.checkpoint().await?;
    }
    drop(app);
    store.close().await;
    let erased = erased?;
    if json {
        say(&serde_json::to_string(&erased)?);
        return Ok(ExitCode::SUCCESS);
    }
    if erased.records == 0 {
        say("nothing was there to destroy: this person was destroyed before");
    } else {
        let numbers: Vec<String> = erased.cases.iter().copied().map(case_number).collect();
        say(&format!(
            "destroyed {} records of one person, in the cases {} and in their orders; backups still hold them until they expire",
            erased.records,
            numbers.join(", ")
        ));
    }
    if !erased.left.is_empty() {
        let numbers: Vec<String> = erased.left.iter().copied().map(case_number).collect();
        say(&format!(
            "left is what these cases under the same number need, which are open or held: {}; ask again when they have ended",
            numbers.join(", ")
        ));
    }
    Ok(ExitCode::SUCCESS)
}
