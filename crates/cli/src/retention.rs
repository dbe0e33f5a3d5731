//! `aftercare retention`: what ends by itself, ended now, and cases that are held.

use crate::data::{DataArgs, open_app};
use crate::failure::bad_input;
use crate::records::say;
use aftercare_app::numbers::case_number;
use aftercare_domain::ids::CaseId;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// What is kept until when: name, phone and address of people, and clips, end by the rule pack in force.
#[derive(Debug, Args)]
pub struct RetentionArgs {
    #[command(subcommand)]
    command: RetentionCommand,
}

#[derive(Debug, Subcommand)]
enum RetentionCommand {
    /// Destroy now what was kept long enough after its case ended, by the periods of the rule pack in force; each person, clip and
    /// packing record, and the photos and texts of each case, are an event of the log. A server does it by itself, once a minute. On SQLite the server is stopped first.
    Run {
        #[command(flatten)]
        data: DataArgs,
        /// As JSON: how many `persons`, `clips`, `photos` and `texts` of cases, and `packing` records ended.
        #[arg(long)]
        json: bool,
    },
    /// Keep everything of a case, such as for a court: nothing of it ends by itself, nor is destroyed on request. Beside a running
    /// server on SQLite a risk manager does it on the case's page, or by POST /api/v1/cases/CASE/holds.
    Hold {
        #[command(flatten)]
        hold: HoldArgs,
    },
    /// Let the periods of a case go on.
    Release {
        #[command(flatten)]
        hold: HoldArgs,
    },
}

#[derive(Debug, Args)]
struct HoldArgs {
    /// Id of the case, as `case list` shows it.
    #[arg(value_name = "CASE")]
    case: String,
    #[command(flatten)]
    data: DataArgs,
    /// Why; it is kept sealed, beside the event in the log.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// `retention`.
///
/// # Errors
/// A case that is unknown, held already or not held, a wrong key, or a directory that another process owns.
pub async fn run(args: RetentionArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        RetentionCommand::Run { data, json } => {
            let (store, app) = open_app(&data.data, &data.database).await?;
            let ended = app.retention_turn().await;
            let removed = app.remove_ended_files().await;
            if ended.is_ok() {
                app.checkpoint().await?;
            }
            drop(app);
            store.close().await;
            let ended = ended?;
            removed?;
            if json {
                say(&serde_json::to_string(&ended)?);
            } else {
                say(&format!(
                    "destroyed {} records of people, {} clips, the photos of {} cases, the texts of {}, {} packing records, and {} times what one party read a case with, that were kept long enough; backups still hold them until they expire",
                    ended.persons,
                    ended.clips,
                    ended.photos,
                    ended.texts,
                    ended.packing,
                    ended.readings
                ));
            }
        }
        RetentionCommand::Hold { hold } => change(hold, false).await?,
        RetentionCommand::Release { hold } => change(hold, true).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn change(args: HoldArgs, release: bool) -> anyhow::Result<()> {
    let id: CaseId = args.case.parse().map_err(|_| {
        bad_input(format!(
            "{} is not the id of a case: `aftercare case list` shows them",
            args.case
        ))
    })?;
    let (store, app) = open_app(&args.data.data, &args.data.database).await?;
    let done = app.hold_from_console(id, &args.reason, release).await;
    if done.is_ok() {
        app.checkpoint().await?;
    }
    drop(app);
    store.close().await;
    done?;
    say(&format!(
        "{} is {}",
        case_number(id),
        if release {
            "no longer held: its periods go on"
        } else {
            "held: nothing of it ends before it is released"
        }
    ));
    Ok(())
}
