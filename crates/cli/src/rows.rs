//! `aftercare rows`: rows beside the log.

use crate::data::{DataArgs, open_vault, row_key, store_failure};
use crate::records::say;
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_domain::Actor;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_domain::ids::TenantId;
use aftercare_store::{PostgresStore, SqliteStore};
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// What the log calls it.
const RESEALED: &str = "row_tally";

/// Rows beside the log: orders, prices, accounts, keys, jobs.
#[derive(Debug, Args)]
pub struct RowsArgs {
    #[command(subcommand)]
    command: RowsCommand,
}

#[derive(Debug, Subcommand)]
enum RowsCommand {
    /// Seal the tally of the rows again, where it is damaged or gone, so that the directory does not open. Every row must have the
    /// checksum that was written with it, or nothing is done. Whether rows were taken away or set back before cannot be told
    /// any more: a backup that verifies is better. The log says that it was done. Stop every server first.
    Reseal {
        #[command(flatten)]
        data: DataArgs,
    },
}

/// Runs the command.
///
/// # Errors
/// A wrong key, a tally that is sound, a row that is not as it was written, or a directory that another process owns.
pub async fn run(args: RowsArgs) -> anyhow::Result<ExitCode> {
    let RowsCommand::Reseal { data } = args.command;
    let rows = row_key(&open_vault(&data.data)?)?;
    // The stream of acts that are about no tenant.
    let nobody: TenantId = "00000000-0000-0000-0000-000000000000".parse()?;
    let act = AuditEvent {
        at: SystemClock.now(),
        by: Actor::System,
        tenant: nobody,
        body: AuditBody::SettingChanged {
            name: RESEALED.to_owned(),
        },
    };
    let done = match &data.database.database_url {
        Some(url) => PostgresStore::reseal_rows(&data.data, url, &rows, act).await,
        None => SqliteStore::reseal_rows(&data.data, &rows, act).await,
    };
    let report = done.map_err(store_failure)?;
    say(&format!(
        "{} rows verified and their tally sealed again; the log says so. Whether rows were taken away or set back before, nobody can tell: compare with a backup",
        report.rows
    ));
    Ok(ExitCode::SUCCESS)
}
