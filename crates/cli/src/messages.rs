//! `aftercare messages`: what waits in the file of messages for somebody who carries it.

use crate::DataDir;
use crate::data::open_vault;
use crate::records::say;
use aftercare_app::notify::read_messages;
use anyhow::Context as _;
use clap::Args;
use std::process::ExitCode;

/// The file of messages in a data directory, each line sealed.
pub const MESSAGES_FILE: &str = "messages.sealed";

/// Print the messages to people that wait in the data directory (links, codes, offers, deadlines), the oldest first: whoever
/// reads them can open cases. Works beside a running server.
#[derive(Debug, Args)]
pub struct MessagesArgs {
    /// Data directory.
    #[arg(long, value_name = "DIR", env = "AFTERCARE_DATA")]
    data: DataDir,
    /// Only so many, the latest.
    #[arg(long, value_name = "N")]
    last: Option<usize>,
}

/// `messages`.
///
/// # Errors
/// A directory or key that cannot be used, a file that was altered.
pub fn run(args: &MessagesArgs) -> anyhow::Result<ExitCode> {
    let vault = open_vault(&args.data)?;
    let messages = read_messages(&args.data.join(MESSAGES_FILE), &vault)
        .context("reading the messages that wait")?;
    let passed_over = args
        .last
        .map_or(0, |last| messages.len().saturating_sub(last));
    for message in &messages[passed_over..] {
        say(message.expose_str().trim_end());
    }
    Ok(ExitCode::SUCCESS)
}
