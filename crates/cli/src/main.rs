//! The `aftercare` binary: the whole system in one program.

mod assistant;
mod away;
mod backup;
mod blobs;
mod bundle;
mod card;
mod carriers;
mod child;
mod data;
mod decisions;
mod demo;
mod dispatch;
mod evidence;
mod exchange;
mod export;
mod failure;
mod inspect;
mod keys;
mod labels;
mod messages;
mod monitor;
mod output;
mod pack;
mod person;
mod postgres;
mod published;
mod publisher;
mod receipt;
mod records;
mod region;
mod renew;
mod retention;
mod rows;
mod serve;
mod stamps;
mod tenants;
mod trust;
mod users;
mod vaultd;
mod witness;

use clap::{Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// After-sales cases: repairs and refund claims, from intake to proof.
///
/// Start with `aftercare demo`: it plays a repair and two claims on a temporary database and serves
/// the pages. The key of a data directory comes from AFTERCARE_KEY_FILE (a file holding the key or
/// the passphrase), AFTERCARE_KEY (the same as text), or a prompt; a demo's directory carries its own.
#[derive(Debug, Parser)]
#[command(name = "aftercare", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play a repair, a disputed claim and an honest claim on a temporary database, then serve it.
    Demo(demo::DemoArgs),
    /// Serve pages and API.
    Serve(serve::ServeArgs),
    /// Do what is due, without pages, beside a server on PostgreSQL.
    Worker(serve::WorkerArgs),
    /// Read hostile photos on standard input; started by the server, not by hand.
    #[command(hide = true)]
    Child(child::ChildArgs),
    /// Bring the database up to this version, and say which version it has.
    Migrate(records::MigrateArgs),
    /// Check the installation: directory, key, database, log, room on the disk.
    Doctor(data::DataArgs),
    /// Accounts: the first administrator, more accounts, one-time links.
    User(users::UserArgs),
    Tenant(tenants::TenantArgs),
    Messages(messages::MessagesArgs),
    /// Cases.
    Case(records::CaseArgs),
    /// People: what the notice promises them.
    Person(person::PersonArgs),
    Retention(retention::RetentionArgs),
    Pack(pack::PackArgs),
    /// Projections: what lists are read from.
    Projections(records::ProjectionsArgs),
    Evidence(evidence::EvidenceArgs),
    Rows(rows::RowsArgs),
    Blobs(blobs::BlobsArgs),
    Keys(keys::KeysArgs),
    Vaultd(vaultd::VaultdArgs),
    /// The log of events.
    Log(records::LogArgs),
    /// One case's events with their proofs, to be checked by outsiders.
    Bundle(bundle::BundleArgs),
    /// Cards that technicians show at the door.
    Card(card::CardArgs),
    Receipt(receipt::ReceiptArgs),
    Witness(witness::WitnessArgs),
    Monitor(monitor::MonitorArgs),
    Inspect(inspect::InspectArgs),
    /// AI-content labels in files: read them, check them.
    Labels(labels::LabelsArgs),
    /// Divisions of China: addresses resolved, lists of service areas checked.
    Region(region::RegionArgs),
    /// Plan visits of technicians from a file; compare dispatching rules.
    Dispatch(dispatch::DispatchArgs),
    Exchange(exchange::ExchangeArgs),
    /// Copy a data directory while it is in use.
    Backup(backup::BackupArgs),
    Fetch(away::FetchArgs),
    /// Make a data directory from a backup, and verify it against its log.
    Restore(backup::RestoreArgs),
    /// Write everything as text, or its hash: equal data, equal hash.
    Dump(records::DumpArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(code) => match output::lost() {
            None => code,
            Some(why) => {
                output::tell(&format!(
                    "aftercare: standard output: {why}. What was written of the answer is not all of it"
                ));
                ExitCode::FAILURE
            }
        },
        Err(error) => {
            output::tell(&format!("aftercare: {error:#}"));
            ExitCode::from(failure::exit_code(&error))
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    // What only reads a stream or a file needs no runtime.
    match &command {
        Command::Child(args) => {
            child::run(args)?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Labels(args) => return labels::run(args),
        Command::Region(args) => return region::run(args),
        Command::Dispatch(args) => return dispatch::run(args),
        Command::Inspect(args) => return inspect::run(args),
        Command::Card(args) => return card::run(args),
        Command::Receipt(args) => return receipt::run(args),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match command {
            Command::Demo(args) => demo::run(args).await,
            Command::Serve(args) => serve::run(args).await,
            Command::Worker(args) => serve::worker(args).await,
            Command::Card(_)
            | Command::Child(_)
            | Command::Labels(_)
            | Command::Dispatch(_)
            | Command::Inspect(_)
            | Command::Receipt(_)
            | Command::Region(_) => Ok(ExitCode::SUCCESS),
            Command::Migrate(args) => records::migrate(args).await,
            Command::Doctor(args) => records::doctor(args).await,
            Command::User(args) => users::run(args).await,
            Command::Tenant(args) => tenants::run(args).await,
            Command::Messages(args) => messages::run(&args),
            Command::Case(args) => records::case(args).await,
            Command::Person(args) => person::run(args).await,
            Command::Retention(args) => retention::run(args).await,
            Command::Pack(args) => pack::run(args).await,
            Command::Projections(args) => records::projections(args).await,
            Command::Evidence(args) => evidence::run(args).await,
            Command::Rows(args) => rows::run(args).await,
            Command::Blobs(args) => blobs::run(args).await,
            Command::Keys(args) => keys::run(args).await,
            Command::Vaultd(args) => vaultd::run(args).await,
            Command::Log(args) => records::log(args).await,
            Command::Bundle(args) => bundle::run(args).await,
            Command::Witness(args) => witness::run(args).await,
            Command::Monitor(args) => monitor::run(args).await,
            Command::Exchange(args) => exchange::run(args).await,
            Command::Backup(args) => backup::backup(args).await,
            Command::Fetch(args) => away::fetch(args).await,
            Command::Restore(args) => backup::restore(args).await,
            Command::Dump(args) => records::dump(args).await,
        }
    })
}

/// An address to listen on.
type Listen = SocketAddr;
/// A data directory.
type DataDir = PathBuf;
