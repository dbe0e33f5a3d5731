//! `aftercare vaultd`: the process that alone opens people, and what an operator does with it. docs/VAULTD.md says how it is
//! set up.

mod backup;
mod check;
mod release;

use crate::data::{DataArgs, key_from, open_store, open_vault_by, root_text, row_key, text_from};
use crate::failure::bad_input;
use crate::keys::Bar;
use crate::output::say;
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_app::rekeying;
use aftercare_store::{OpenMode, Store};
use aftercare_vault::files::last_backup;
use aftercare_vault::{KdfCost, PeopleKeeper as _, RootKey, Vault, VaultError};
use aftercare_vaultd::limits::{
    COPY_DAYS, COPY_DAYS_MAX, SYSTEM_PEOPLE_PER_HOUR, USER_PEOPLE_PER_HOUR, USERS_PEOPLE_PER_HOUR,
};
use aftercare_vaultd::{Client, Copies, Keeper, KeeperError, Peers, Quotas, Within, bind, serve};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Where that process listens, for every command.
pub const PLACE: &str = "AFTERCARE_VAULT";
const KEY_FILE: &str = "AFTERCARE_VAULTD_KEY_FILE";
const KEY_TEXT: &str = "AFTERCARE_VAULTD_KEY";
/// How often a running process looks whether a copy of its folder is due.
const COPIES_LOOKED_EVERY: Duration = Duration::from_secs(600);

/// A Unix socket, as `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct VaultPlace(PathBuf);

impl FromStr for VaultPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("unix:") {
            Some(path) if !path.is_empty() => Ok(Self(PathBuf::from(path))),
            _ => Err(format!(
                "{text} is not unix:PATH, such as unix:/run/aftercare-vaultd/vaultd.sock"
            )),
        }
    }
}

impl TryFrom<String> for VaultPlace {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for VaultPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unix:{}", self.0.display())
    }
}

/// A process that alone opens people: names, numbers, addresses and places. It keeps their keys under a root key of its own
/// (AFTERCARE_VAULTD_KEY_FILE, AFTERCARE_VAULTD_KEY or a prompt), writes each opening into a ledger of its own before it answers,
/// and opens so many people an hour. `serve --vault unix:PATH` then takes people in and opens none by itself.
#[derive(Debug, Args)]
pub struct VaultdArgs {
    #[command(subcommand)]
    command: VaultdCommand,
}

#[derive(Debug, Subcommand)]
enum VaultdCommand {
    Run(RunArgs),
    /// Give the keys of people of a data directory to this process, while nothing else works on the directory: everybody is wrapped
    /// again under new keys that it alone has. What was killed on the way is gone on with by the same command. Copies of
    /// keyring.json from before, as in backups, still open what was backed up with them.
    Adopt {
        #[command(flatten)]
        data: DataArgs,
        /// Folder of the process; it is made.
        #[arg(long, value_name = "DIR", env = "AFTERCARE_VAULTD_FOLDER")]
        folder: PathBuf,
        #[command(flatten)]
        copies: CopiesArgs,
    },
    /// Take the keys of people back from this process, while it is stopped and nothing else works on the data: everybody is wrapped
    /// again under new keys of keyring.json, and `serve` needs no --vault any more. What was killed on the way is gone on with by the
    /// same command. The folder still opens backups of before. Needs both root keys.
    Release {
        #[command(flatten)]
        data: DataArgs,
        /// Folder of the process.
        #[arg(long, value_name = "DIR", env = "AFTERCARE_VAULTD_FOLDER")]
        folder: PathBuf,
    },
    /// Copy the folder of the process, keys and ledger, to where its copies lie, while it is in use. The copy is read again before it
    /// counts, and copies that are too old are thrown away. It needs no key, and whoever has it and not the root key opens nothing.
    Backup {
        /// Folder of the process.
        #[arg(long, value_name = "DIR", env = "AFTERCARE_VAULTD_FOLDER")]
        folder: PathBuf,
        /// Folder in which the copies lie, best on another disk; each is a folder of its own.
        #[arg(long, value_name = "DIR", env = "AFTERCARE_VAULTD_BACKUP")]
        to: PathBuf,
        #[command(flatten)]
        age: AgeArgs,
    },
    /// Put the folder of the process back from a copy, while nothing else works on the data: the copy is what was copied, its keys are
    /// those that people are sealed to, and its ledger is what the log was told of it, as far as it reaches. The log and the ledger say
    /// that it was put back, and nothing is opened of whoever was destroyed since. Needs both root keys.
    Restore {
        /// The copy, one of the folders that `vaultd backup` made.
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        #[command(flatten)]
        data: DataArgs,
        /// Folder of the process: one that does not exist yet, or is empty.
        #[arg(long, value_name = "DIR", env = "AFTERCARE_VAULTD_FOLDER")]
        folder: PathBuf,
    },
    /// Say what a running process keeps, and how long its ledger is.
    Status {
        /// Where it listens.
        #[arg(long, value_name = "unix:PATH", env = PLACE)]
        vault: VaultPlace,
        /// Folder of the process, to say when it was backed up last as well.
        #[arg(long, value_name = "DIR", env = "AFTERCARE_VAULTD_FOLDER")]
        folder: Option<PathBuf>,
        /// As a JSON object with `tenants`, `size`, `root`, and `last_backup` in milliseconds.
        #[arg(long)]
        json: bool,
    },
    /// Hold the ledger of openings against the log of a data directory: every state of it that stands in the log, and for every
    /// opening the event that says the same. Works beside both processes, and needs no key. Exit 1 and the first thing that is
    /// wrong.
    Check {
        #[command(flatten)]
        data: DataArgs,
        /// Folder of the process.
        #[arg(long, value_name = "DIR", env = "AFTERCARE_VAULTD_FOLDER")]
        folder: PathBuf,
    },
}

/// Keep the keys of people, and answer on a Unix socket until asked to stop.
#[derive(Debug, Args)]
struct RunArgs {
    /// Folder of the process, as `vaultd adopt` made it.
    #[arg(long, value_name = "DIR", env = "AFTERCARE_VAULTD_FOLDER")]
    folder: PathBuf,
    /// Where to listen. Nobody else may write into the folder of the socket.
    #[arg(long, value_name = "unix:PATH", env = PLACE)]
    listen: VaultPlace,
    /// Number of the account whose processes are answered; that of this process otherwise. With another one the group of the
    /// socket may connect too.
    #[arg(long, value_name = "UID")]
    peer: Option<u32>,
    /// People that one user may look at within an hour.
    #[arg(long, value_name = "COUNT", default_value_t = USER_PEOPLE_PER_HOUR)]
    user_people: usize,
    /// People that all users together may look at within an hour.
    #[arg(long, value_name = "COUNT", default_value_t = USERS_PEOPLE_PER_HOUR)]
    users_people: usize,
    /// People that the system's own work may open within an hour, for each purpose.
    #[arg(long, value_name = "COUNT", default_value_t = SYSTEM_PEOPLE_PER_HOUR)]
    system_people: usize,
    #[command(flatten)]
    copies: CopiesArgs,
}

/// Where a process copies its folder to by itself.
#[derive(Debug, Args)]
struct CopiesArgs {
    /// Folder in which copies of the folder lie, best on another disk: one is made every day, and before anything is wrapped under
    /// a new key. Without it `vaultd backup` makes them.
    #[arg(long, value_name = "DIR", env = "AFTERCARE_VAULTD_BACKUP")]
    backup_to: Option<PathBuf>,
    #[command(flatten)]
    age: AgeArgs,
}

/// How long copies are kept.
#[derive(Debug, Args)]
struct AgeArgs {
    /// For how many days each copy is kept: no longer than those of the data, for both open what was destroyed since.
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = COPY_DAYS,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(COPY_DAYS_MAX))
    )]
    keep_days: u32,
}

impl CopiesArgs {
    fn copies(self) -> Option<Copies> {
        let days = self.age.keep_days;
        self.backup_to.map(|to| Copies { to, days })
    }
}

/// `vaultd`.
///
/// # Errors
/// A wrong key, a folder or a socket in use, a ledger that is not what was written.
pub async fn run(args: VaultdArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        VaultdCommand::Run(args) => keep(args).await,
        VaultdCommand::Adopt {
            data,
            folder,
            copies,
        } => adopt(&data, &folder, copies.copies()).await,
        VaultdCommand::Release { data, folder } => release::release(&data, &folder).await,
        VaultdCommand::Backup { folder, to, age } => {
            let days = age.keep_days;
            backup::backup(&folder, &Copies { to, days })
        }
        VaultdCommand::Restore { from, data, folder } => {
            backup::restore(&data, &folder, &from).await
        }
        VaultdCommand::Status {
            vault,
            folder,
            json,
        } => status(&vault, folder.as_deref(), json).await,
        VaultdCommand::Check { data, folder } => check::check(&data, &folder).await,
    }
}

/// What the user can mend ends with exit 2.
fn failure(error: KeeperError) -> anyhow::Error {
    match error {
        KeeperError::InUse(_)
        | KeeperError::Copy { .. }
        | KeeperError::Socket { .. }
        | KeeperError::Vault(VaultError::WrongKey | VaultError::WrongRootKind { .. }) => {
            bad_input(error.to_string())
        }
        other => anyhow::Error::new(other),
    }
}

fn own_text(folder: &Path) -> anyhow::Result<String> {
    text_from(
        KEY_FILE,
        KEY_TEXT,
        &format!(
            "Key or passphrase of vaultd in {} / vaultd 的密钥或口令：",
            folder.display()
        ),
    )
}

async fn keep(args: RunArgs) -> anyhow::Result<ExitCode> {
    crate::serve::log_json();
    crate::serve::leave_no_core()?;
    if !args.folder.join(aftercare_vaultd::KEYRING_FILE).exists() {
        return Err(bad_input(format!(
            "{} keeps no keys yet: give it those of a data directory with `aftercare vaultd adopt`",
            args.folder.display()
        )));
    }
    let quotas = Quotas {
        user: args.user_people,
        users: args.users_people,
        system: args.system_people,
    };
    let root = key_from(&own_text(&args.folder)?)?;
    let copies = args.copies.copies();
    if copies.is_none() {
        tracing::warn!(
            "the folder is not copied by this process: `aftercare vaultd backup` does it"
        );
    }
    let keeper = Keeper::open(&args.folder, &root, quotas, SystemClock.now().0)
        .map_err(failure)?
        .with_copies(copies);
    drop(root);
    // Where it cannot be copied to is told at once, and not in a year at a rotation.
    keeper
        .copy_where_due(SystemClock.now().0)
        .map_err(failure)?;
    let own = rustix::process::getuid().as_raw();
    let uid = args.peer.unwrap_or(own);
    let peers = Peers {
        uid,
        group: uid != own,
    };
    let bound = bind(&args.listen.0, peers).await.map_err(failure)?;
    say(&format!(
        "keeping the people of {} tenants; {} lines in the ledger of openings",
        keeper.tenants().len(),
        keeper.ledger().size
    ));
    say(&format!("listening {}", args.listen));
    let stop = crate::serve::asked_to_stop();
    let keeper = Arc::new(keeper);
    let copying = tokio::spawn(copy_when_due(Arc::clone(&keeper)));
    let served = serve(bound, keeper, || SystemClock.now().0, stop).await;
    copying.abort();
    served?;
    Ok(ExitCode::SUCCESS)
}

/// Copies the folder every day, as long as the process runs.
async fn copy_when_due(keeper: Arc<Keeper>) {
    let mut turns = tokio::time::interval(COPIES_LOOKED_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let keeper = Arc::clone(&keeper);
        let copied =
            tokio::task::spawn_blocking(move || keeper.copy_where_due(SystemClock.now().0));
        match copied.await {
            Ok(Ok(None)) => {}
            Ok(Ok(Some(taken))) => {
                tracing::info!(copy = %taken.path.display(), expired = taken.expired, "the folder was copied");
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "the folder could not be copied; it is tried again");
            }
            Err(error) => tracing::error!(%error, "copying the folder"),
        }
    }
}

async fn adopt(data: &DataArgs, folder: &Path, copies: Option<Copies>) -> anyhow::Result<ExitCode> {
    crate::serve::leave_no_core()?;
    let (text, own) = (root_text(&data.data)?, own_text(folder)?);
    if text.trim() == own.trim() {
        return Err(bad_input(format!(
            "vaultd needs a root key of its own: whoever has the one of {} must not open what it keeps",
            data.data.display()
        )));
    }
    let vault = open_vault_by(&data.data, || key_from(&text))?;
    let rows = row_key(&vault)?;
    let store = open_store(&data.data, &data.database, OpenMode::Write(&rows)).await?;
    let has_copies = copies.is_some();
    let moved = moved(&*store, &vault, (folder, copies), &key_from(&own)?).await;
    store.close().await;
    for retired in moved? {
        say(&format!(
            "{}: {} people are kept under version {} by vaultd; {} cases stay here",
            retired.tenant, retired.persons, retired.version, retired.cases
        ));
    }
    say(&format!(
        "start `aftercare vaultd run --folder {}`, and `aftercare serve` with --vault",
        folder.display()
    ));
    say(
        "copies of keyring.json from before still open people: let backups expire, or destroy them",
    );
    say(if has_copies {
        "the folder is backed up; give --backup-to to `vaultd run` as well, and keep its root key elsewhere"
    } else {
        "back the folder up NOW with `aftercare vaultd backup`, and with every backup of the data: nothing else holds these keys; keep its root key elsewhere"
    });
    Ok(ExitCode::SUCCESS)
}

async fn moved(
    store: &dyn Store,
    vault: &Vault,
    (folder, copies): (&Path, Option<Copies>),
    own: &RootKey,
) -> anyhow::Result<Vec<rekeying::Retired>> {
    if !vault.people_are_elsewhere()? {
        // A rotation that was begun is finished while both kinds of keys are here.
        rekeying::finish(store, vault, &SystemClock, &|_, _| {}).await?;
    }
    Keeper::create(folder, own, KdfCost::STANDARD, vault).map_err(failure)?;
    let now_ms = || SystemClock.now().0;
    let keeper = Keeper::open(folder, own, Quotas::default(), now_ms()).map_err(failure)?;
    let keeper = Arc::new(keeper.with_copies(copies));
    let keeper = Arc::new(Within::new(keeper, now_ms));
    let bar = Bar::of("keys");
    let done = rekeying::move_people(store, vault, &SystemClock, keeper, &|done, total| {
        bar.draw(done, total);
    })
    .await;
    bar.clear();
    Ok(done?)
}

async fn status(place: &VaultPlace, folder: Option<&Path>, json: bool) -> anyhow::Result<ExitCode> {
    let client = Client::new(&place.0);
    let keys = client.public_keys().await?;
    let ledger = client.ledger(0).await?;
    let (size, root) = (ledger.size, aftercare_ledger::Hash(ledger.root));
    if json {
        let tenants: BTreeMap<_, _> = keys
            .iter()
            .map(|key| (key.tenant(), key.kek_version()))
            .collect();
        let last = match folder {
            Some(folder) => last_backup(folder).with_context(|| folder.display().to_string())?,
            None => None,
        };
        let answer = serde_json::json!({
            "tenants": tenants, "size": size, "root": root, "last_backup": last,
        });
        say(&serde_json::to_string_pretty(&answer)?);
        return Ok(ExitCode::SUCCESS);
    }
    for key in &keys {
        say(&format!("{}: version {}", key.tenant(), key.kek_version()));
    }
    say(&format!("ledger of openings: {size} lines, root {root}"));
    if let Some(folder) = folder {
        say(&check::backed_up(folder)?);
    }
    Ok(ExitCode::SUCCESS)
}

/// Has a command ask the process that the environment names, where one is needed.
pub(crate) fn ask_where_named(vault: &Vault) -> anyhow::Result<()> {
    let Ok(text) = std::env::var(PLACE) else {
        return Ok(());
    };
    let place: VaultPlace = text
        .parse()
        .map_err(|error| bad_input(format!("{PLACE}: {error}")))?;
    vault.ask_keeper(Arc::new(Client::new(&place.0)));
    Ok(())
}

/// Whether the process that keeps the keys of people answers; none where no other process does.
pub(crate) async fn answers(vault: &Vault) -> anyhow::Result<Option<String>> {
    ask_where_named(vault)?;
    let Some(keeper) = vault.keeper()? else {
        return Ok(None);
    };
    let size = keeper.ledger(0).await?.size;
    Ok(Some(format!(
        "keeps the keys of people, {size} lines in its ledger of openings"
    )))
}

/// Has a server ask the process that listens at a place. A server that could open people by itself does not start with one, and
/// one that cannot does not start without.
///
/// # Errors
/// A directory that does not fit to what was given, a process that keeps other keys. That it does not answer is none.
pub(crate) async fn ask_at(vault: &Vault, place: Option<&VaultPlace>) -> anyhow::Result<()> {
    let place = match (vault.people_are_elsewhere()?, place) {
        (false, None) => return Ok(()),
        (false, Some(place)) => {
            return Err(bad_input(format!(
                "--vault {place}: this directory keeps the keys of people itself. Give them away first, with `aftercare vaultd adopt`"
            )));
        }
        (true, None) => return Err(bad_input(VaultError::NoKeeper.to_string())),
        (true, Some(place)) => place,
    };
    if vault.opens_people()? {
        return Err(bad_input(
            "the keys of people were not given away, or not taken back, to the end: run `aftercare vaultd adopt` or `aftercare vaultd release` again, whichever it was",
        ));
    }
    let client = Client::new(&place.0);
    match client.public_keys().await {
        Ok(theirs) => {
            for key in vault.people_keys()? {
                let there = theirs.iter().find(|other| other.tenant() == key.tenant());
                // While keys are rotated it may be ahead.
                let fits = there
                    .is_some_and(|other| other.kek_version() > key.kek_version() || *other == key);
                if !fits {
                    return Err(bad_input(format!(
                        "--vault {place}: the process there keeps other keys than people were sealed to (tenant {}). Start vaultd on the folder that adopted this directory, or put its newest people.json back",
                        key.tenant()
                    )));
                }
            }
        }
        Err(error @ VaultError::KeeperRefused { .. }) => {
            return Err(bad_input(format!("--vault {place}: {error}")));
        }
        Err(error) => {
            tracing::warn!(%error, "nobody's data can be opened until it answers; new requests are taken");
        }
    }
    vault.ask_keeper(Arc::new(client));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::VaultPlace;

    #[test]
    fn a_place_is_a_unix_socket() {
        let place: VaultPlace = "unix:/run/a.sock".parse().unwrap();
        assert_eq!(place.to_string(), "unix:/run/a.sock");
        for wrong in ["", "unix:", "/run/a.sock", "tcp:127.0.0.1:1"] {
            assert!(wrong.parse::<VaultPlace>().is_err(), "{wrong}");
        }
    }
}
