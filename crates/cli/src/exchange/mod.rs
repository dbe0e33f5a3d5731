//! `aftercare exchange`: how platforms warn each other of photos that were judged forged. An operator keeps the list, members
//! act on it from folders of their own; nothing of it runs, connects or is shared unless one of these commands is called.

mod acts;
mod audit;
mod dossier;
mod limits;
mod member;
mod operator;
mod own;
mod pace;
mod photo;
mod reading;
mod simulate;

use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_exchange::{Day, Found, GroupId, How, MemberId, Register, Tag};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::process::ExitCode;

/// The exchange of fingerprints of photos that were judged forged. It is off: nothing connects to anywhere unless you call
/// one of these commands with an address.
#[derive(Debug, Args)]
pub struct ExchangeArgs {
    #[command(subcommand)]
    command: ExchangeCommand,
}

#[derive(Debug, Subcommand)]
enum ExchangeCommand {
    Serve(operator::ServeArgs),
    Join(acts::JoinArgs),
    Sync(reading::SyncArgs),
    Match(reading::MatchArgs),
    Publish(acts::PublishArgs),
    Appeal(acts::AppealArgs),
    Answer(acts::AnswerArgs),
    Decide(acts::DecideArgs),
    Vote(acts::VoteArgs),
    Ask(reading::AskArgs),
    Counts(reading::CountsArgs),
    Fingerprint(reading::FingerprintArgs),
    Audit(audit::AuditArgs),
    /// Play months of claims at several platforms: what is recognized, and which honest people a person looks at.
    Simulate(simulate::SimulateArgs),
}

/// Where an operator's list is.
#[derive(Debug, Args)]
struct ListDatabaseArgs {
    /// A PostgreSQL database of the operator's own, as postgres://user@host/name; without it a SQLite database in the folder.
    #[arg(
        long,
        value_name = "URL",
        env = "AFTERCARE_EXCHANGE_DATABASE_URL",
        hide_env_values = true
    )]
    database_url: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// Bad input, an operator that does not answer, a list that does not hold.
pub async fn run(args: ExchangeArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        ExchangeCommand::Serve(args) => operator::serve(args).await,
        ExchangeCommand::Join(args) => acts::join(args),
        ExchangeCommand::Sync(args) => reading::sync(args).await,
        ExchangeCommand::Match(args) => reading::find(&args),
        ExchangeCommand::Publish(args) => acts::publish(args).await,
        ExchangeCommand::Appeal(args) => acts::appeal(args).await,
        ExchangeCommand::Answer(args) => acts::answer(args).await,
        ExchangeCommand::Decide(args) => acts::decide(args).await,
        ExchangeCommand::Vote(args) => acts::vote(args).await,
        ExchangeCommand::Ask(args) => reading::ask(args).await,
        ExchangeCommand::Counts(args) => reading::counts(args).await,
        ExchangeCommand::Fingerprint(args) => reading::fingerprint(&args),
        ExchangeCommand::Audit(args) => audit::run(args).await,
        ExchangeCommand::Simulate(args) => simulate::simulate(&args),
    }
}

/// Seconds since 1970.
fn now_s() -> u64 {
    u64::try_from(SystemClock.now().0.div_euclid(1_000)).unwrap_or(0)
}

/// What stands in the list about a photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Standing {
    /// The place of the item.
    item: u64,
    /// `same_bytes`, `near` or `part`.
    how: &'static str,
    /// The member that published it, and its group.
    publisher: MemberId,
    group: GroupId,
    /// Days since 1970.
    judged_on: Day,
    noticed_on: Day,
    published_on: Day,
    /// What became of it; none where it counts.
    tag: Option<Tag>,
    /// While it is disputed, the second since 1970 at which it is withdrawn unless somebody acts before.
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn_at_s: Option<u64>,
    /// While it is disputed, who has to act: `publisher`, or `another_group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<&'static str>,
}

impl Standing {
    fn of(register: &Register, found: &Found, now_s: u64) -> Option<Self> {
        let held = register.item(found.item)?;
        let tag = held.tag_at(now_s);
        let is_open = tag == Some(Tag::Disputed);
        let waits_for = if held.is_answered {
            "another_group"
        } else {
            "publisher"
        };
        Some(Self {
            item: found.item,
            how: match found.how {
                How::SameBytes => "same_bytes",
                How::Near { .. } => "near",
                How::Part { .. } => "part",
            },
            publisher: held.item.publisher,
            group: held.group,
            judged_on: held.item.judged_on,
            noticed_on: held.item.noticed_on,
            published_on: held.published_on,
            tag,
            withdrawn_at_s: held.until_s.filter(|_| is_open),
            waits_for: is_open.then_some(waits_for),
        })
    }
}
