//! `aftercare vaultd`: the process that alone opens people, and what an operator does with it. docs/VAULTD.md says how it is
//! set up.

use crate::data::{DataArgs, key_from, open_store, open_vault_by, root_text, row_key, text_from};
use crate::failure::bad_input;
use crate::keys::Bar;
use crate::output::say;
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_app::rekeying;
use aftercare_app::vault_ledger;
use aftercare_domain::audit::{AuditBody, AuditEvent};
use aftercare_ledger::root_at;
use aftercare_store::{OpenMode, Store, StoredEvent};
use aftercare_vault::{KdfCost, PeopleKeeper as _, RootKey, Vault, VaultError};
use aftercare_vaultd::limits::{
    SYSTEM_PEOPLE_PER_HOUR, USER_PEOPLE_PER_HOUR, USERS_PEOPLE_PER_HOUR,
};
use aftercare_vaultd::{
    Act, Client, Keeper, KeeperError, Ledger, Peers, Quotas, Within, bind, serve,
};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

/// Where that process listens, for every command.
pub const PLACE: &str = "AFTERCARE_VAULT";
const KEY_FILE: &str = "AFTERCARE_VAULTD_KEY_FILE";
const KEY_TEXT: &str = "AFTERCARE_VAULTD_KEY";

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
    },
    /// Say what a running process keeps, and how long its ledger is.
    Status {
        /// Where it listens.
        #[arg(long, value_name = "unix:PATH", env = PLACE)]
        vault: VaultPlace,
        /// As a JSON object with `tenants`, `size` and `root`.
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
}

/// `vaultd`.
///
/// # Errors
/// A wrong key, a folder or a socket in use, a ledger that is not what was written.
pub async fn run(args: VaultdArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        VaultdCommand::Run(args) => keep(args).await,
        VaultdCommand::Adopt { data, folder } => adopt(&data, &folder).await,
        VaultdCommand::Status { vault, json } => status(&vault, json).await,
        VaultdCommand::Check { data, folder } => check(&data, &folder).await,
    }
}

/// What the user can mend ends with exit 2.
fn failure(error: KeeperError) -> anyhow::Error {
    match error {
        KeeperError::InUse(_)
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
    let keeper = Keeper::open(&args.folder, &root, quotas, SystemClock.now().0).map_err(failure)?;
    drop(root);
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
    serve(bound, Arc::new(keeper), || SystemClock.now().0, stop).await?;
    Ok(ExitCode::SUCCESS)
}

async fn adopt(data: &DataArgs, folder: &Path) -> anyhow::Result<ExitCode> {
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
    let moved = moved(&*store, &vault, folder, &key_from(&own)?).await;
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
    say(
        "back up people.json of that folder with every backup of the data, and keep its root key elsewhere",
    );
    Ok(ExitCode::SUCCESS)
}

async fn moved(
    store: &dyn Store,
    vault: &Vault,
    folder: &Path,
    own: &RootKey,
) -> anyhow::Result<Vec<rekeying::Retired>> {
    if !vault.people_are_elsewhere()? {
        // A rotation that was begun is finished while both kinds of keys are here.
        rekeying::finish(store, vault, &SystemClock, &|_, _| {}).await?;
    }
    Keeper::create(folder, own, KdfCost::STANDARD, vault).map_err(failure)?;
    let now_ms = || SystemClock.now().0;
    let keeper = Keeper::open(folder, own, Quotas::default(), now_ms()).map_err(failure)?;
    let keeper = Arc::new(Within::new(Arc::new(keeper), now_ms));
    let bar = Bar::new();
    let done = rekeying::move_people(store, vault, &SystemClock, keeper, &|done, total| {
        bar.draw(done, total);
    })
    .await;
    bar.clear();
    Ok(done?)
}

async fn status(place: &VaultPlace, json: bool) -> anyhow::Result<ExitCode> {
    let client = Client::new(&place.0);
    let keys = client.public_keys().await?;
    let ledger = client.ledger(0).await?;
    let (size, root) = (ledger.size, aftercare_ledger::Hash(ledger.root));
    if json {
        let tenants: BTreeMap<_, _> = keys
            .iter()
            .map(|key| (key.tenant(), key.kek_version()))
            .collect();
        let answer = serde_json::json!({ "tenants": tenants, "size": size, "root": root });
        say(&serde_json::to_string_pretty(&answer)?);
        return Ok(ExitCode::SUCCESS);
    }
    for key in &keys {
        say(&format!("{}: version {}", key.tenant(), key.kek_version()));
    }
    say(&format!("ledger of openings: {size} lines, root {root}"));
    Ok(ExitCode::SUCCESS)
}

/// An opening of the ledger: its line, and what it says.
struct Opened {
    line: u64,
    tenant: String,
    person: String,
    leaf: String,
}

async fn check(data: &DataArgs, folder: &Path) -> anyhow::Result<ExitCode> {
    let store = open_store(&data.data, &data.database, OpenMode::Read).await?;
    let checked = checked(&*store, folder).await;
    store.close().await;
    say(&checked?);
    Ok(ExitCode::SUCCESS)
}

/// The log is read first, then the ledger, and the events last: whatever is written meanwhile, an opening has its event.
async fn checked(store: &dyn Store, folder: &Path) -> anyhow::Result<String> {
    let states = vault_ledger::said(store).await?;
    let (mut lines, mut openings) = (0, BTreeMap::<u64, Vec<Opened>>::new());
    let tree = Ledger::read(folder, |record| {
        lines += 1;
        if let Act::Opened {
            tenant,
            person,
            seq,
            leaf,
            ..
        } = &record.act
        {
            openings.entry(*seq).or_default().push(Opened {
                line: lines,
                tenant: tenant.clone(),
                person: person.clone(),
                leaf: leaf.clone(),
            });
        }
    })
    .map_err(|error| match error {
        KeeperError::File { .. } => bad_input(error.to_string()),
        other => failure(other),
    })?;
    for state in &states {
        let now = root_at(&tree, state.size.min(tree.size()))?;
        if state.size > tree.size() || now != state.root {
            anyhow::bail!(
                "event {} of the log says that the ledger of openings had {} lines with the root {}; its first {} of {} lines have the root {now}: openings were taken out or altered, or an older copy was put back",
                state.seq,
                state.size,
                state.root,
                state.size.min(tree.size()),
                tree.size()
            );
        }
    }
    let mut count = 0;
    for (seq, opened) in &openings {
        let event = store.range(*seq, 1).await?.into_iter().next();
        let event = event.filter(|event| event.seq == *seq);
        let people = match &event {
            Some(event) => people_of(event)?,
            None => BTreeSet::new(),
        };
        for one in opened {
            count += 1;
            let is_same = event
                .as_ref()
                .is_some_and(|event| aftercare_ledger::Hash(event.leaf).to_string() == one.leaf);
            if !is_same || !people.contains(&(one.tenant.clone(), one.person.clone())) {
                anyhow::bail!(
                    "line {} of the ledger of openings names event {seq} of the log, which does not say that person {} was opened: somebody opened people past the log, or the log is another one",
                    one.line,
                    one.person
                );
            }
        }
    }
    Ok(format!(
        "checked {lines} lines: {count} openings, each with its event in the log; {} states of the ledger in the log, each as it says",
        states.len()
    ))
}

/// Whom an event of the log says that something was opened of.
fn people_of(event: &StoredEvent) -> anyhow::Result<BTreeSet<(String, String)>> {
    if !matches!(event.name.as_str(), "data_revealed.v1" | "data_used.v1") {
        return Ok(BTreeSet::new());
    }
    let act: AuditEvent = serde_json::from_slice(&event.payload)
        .with_context(|| format!("event {} of the log", event.seq))?;
    let tenant = act.tenant.to_string();
    let persons = match act.body {
        AuditBody::DataRevealed { person, .. } => vec![person],
        AuditBody::DataUsed { persons, .. } => persons,
        _ => Vec::new(),
    };
    Ok(persons
        .into_iter()
        .map(|person| (tenant.clone(), person.to_string()))
        .collect())
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
            "the keys of people were not given away to the end: run `aftercare vaultd adopt` again",
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
