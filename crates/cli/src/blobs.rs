//! `aftercare blobs`: whose the storage of objects is.

use crate::DataDir;
use crate::data::{object_storage, store_failure};
use crate::failure::bad_input;
use crate::output::say;
use aftercare_store::own_place;
use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Blobs in a storage of objects: whose they are.
#[derive(Debug, Args)]
pub struct BlobsArgs {
    #[command(subcommand)]
    command: BlobsCommand,
}

#[derive(Debug, Subcommand)]
enum BlobsCommand {
    /// Say that the storage of objects of this data directory (blobs.toml) is its own: a server on it then removes from there what
    /// no row names, a day after it came, as it does in a directory. Say it once, on the data directory whose blobs lie there, and
    /// on no copy of it: a copy knows nothing of what came since. Works beside a running server.
    Own {
        /// Data directory.
        #[arg(long, value_name = "DIR", env = "AFTERCARE_DATA")]
        data: DataDir,
        /// Also where another data directory owns it, which then removes nothing there.
        #[arg(long)]
        take_over: bool,
    },
}

/// `blobs`.
///
/// # Errors
/// A directory whose blobs lie in it, a storage that another directory owns or that does not answer.
pub async fn run(args: BlobsArgs) -> anyhow::Result<ExitCode> {
    let BlobsCommand::Own { data, take_over } = args.command;
    let Some(storage) = object_storage(&data)? else {
        return Err(bad_input(format!(
            "{} has no blobs.toml: its blobs lie in it, and need no owner",
            data.display()
        )));
    };
    own_place(&data, &storage, take_over)
        .await
        .map_err(store_failure)?;
    say(
        "it is its own: a server on this data directory removes from there what no row names, a day after it came; keep the file blobs-owner out of copies",
    );
    Ok(ExitCode::SUCCESS)
}
