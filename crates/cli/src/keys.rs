//! `aftercare keys`: rotation of the keys that wrap the keys of people and cases, beside whoever works with the data.

use crate::data::{DataArgs, OpenedStore, open_store, open_store_beside, open_vault, row_key};
use crate::failure::bad_input;
use crate::output::{say, tell};
use crate::vaultd;
use aftercare_app::clock::SystemClock;
use aftercare_app::rekeying::{self, Retired, TenantKeys};
use aftercare_domain::Timestamp;
use aftercare_store::{OpenMode, Store};
use aftercare_vault::Vault;
use clap::{Args, Subcommand};
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often the process that does the work is looked at, and how long it may stand still.
const LOOKED_EVERY: Duration = Duration::from_millis(200);
const COUNTED_EVERY: Duration = Duration::from_secs(2);
const STANDS_STILL_MAX: Duration = Duration::from_secs(30);
/// Characters of the bar.
const BAR_WIDTH: u64 = 24;

/// Keys that wrap the keys of people and cases.
#[derive(Debug, Args)]
pub struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make a new key encryption key for every tenant, wrap the key of every person and case again under it, and destroy the old
    /// ones. Beside running servers: on SQLite the server does it, on PostgreSQL whoever is there. Whatever was killed on the way
    /// is gone on with by the next start of a server, or by the same command. Copies of keyring.json from before, as in backups,
    /// keep the old keys: with the root key they open what was backed up with them, and nothing that is wrapped under the new ones.
    Rotate {
        #[command(flatten)]
        data: DataArgs,
        /// As a JSON array of objects with `tenant`, `version`, `persons`, `cases` and `destroyed`.
        #[arg(long)]
        json: bool,
    },
    /// Say which version of its key encryption key wraps how much of each tenant; exit 1 where something is wrapped under a key
    /// that keyring.json does not hold.
    Status {
        #[command(flatten)]
        data: DataArgs,
        /// As a JSON array.
        #[arg(long)]
        json: bool,
    },
}

/// `keys`.
///
/// # Errors
/// A wrong key, a directory that cannot be used, a key that does not open.
pub async fn run(args: KeysArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        KeysCommand::Rotate { data, json } => rotate(&data, json).await,
        KeysCommand::Status { data, json } => status(&data, json).await,
    }
}

async fn status(data: &DataArgs, json: bool) -> anyhow::Result<ExitCode> {
    let vault = open_vault(&data.data)?;
    let store = open_store(&data.data, &data.database, OpenMode::Read).await?;
    let found = rekeying::status(&*store, &vault).await;
    store.close().await;
    let found = found?;
    if json {
        say(&serde_json::to_string_pretty(&found)?);
    } else {
        for keys in &found {
            say(&told(keys));
        }
    }
    let sound = found.iter().all(|keys| keys.missing.is_empty());
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A tenant's keys in words.
fn told(keys: &TenantKeys) -> String {
    let mut words = format!("{}  {}: version {}", keys.tenant, keys.name, keys.version);
    if let Some(since) = keys.since {
        words += &format!(" since {}", Timestamp(since));
    }
    words += &format!(
        " wraps {} people and {} keys of cases",
        keys.persons, keys.cases
    );
    if keys.is_rotating() {
        words += &format!(", {} keys are left to be wrapped again", keys.left);
    }
    if !keys.missing.is_empty() {
        words += &format!(
            "; WRONG: keys are wrapped under version {}, which keyring.json does not hold: they cannot be opened; put the keyring.json of this database back",
            list(&keys.missing)
        );
    }
    words
}

fn list(versions: &[u32]) -> String {
    let texts: Vec<_> = versions.iter().map(u32::to_string).collect();
    texts.join(", ")
}

async fn rotate(data: &DataArgs, json: bool) -> anyhow::Result<ExitCode> {
    let vault = open_vault(&data.data)?;
    vaultd::ask_where_named(&vault)?;
    let rows = row_key(&vault)?;
    let opened = open_store_beside(&data.data, &data.database, &rows).await?;
    let (store, owner) = match opened {
        OpenedStore::Ours(store) => (store, None),
        OpenedStore::Beside(store, pid) => (store, Some(pid)),
    };
    let done = rotated(&*store, &vault, owner).await;
    store.close().await;
    let done = done?;
    if json {
        say(&serde_json::to_string_pretty(&done)?);
        return Ok(ExitCode::SUCCESS);
    }
    for retired in &done {
        say(&format!(
            "{}: version {} wraps {} people and {} keys of cases",
            retired.tenant, retired.version, retired.persons, retired.cases
        ));
    }
    say("the key encryption keys before are destroyed in keyring.json, and the log says so");
    say("copies of keyring.json from before keep them: let backups expire, or destroy them");
    if vault.people_are_elsewhere()? {
        say("vaultd has new keys of people: back its folder up now, unless it does so by itself");
    }
    Ok(ExitCode::SUCCESS)
}

async fn rotated(
    store: &dyn Store,
    vault: &Vault,
    owner: Option<u32>,
) -> anyhow::Result<Vec<Retired>> {
    // Nothing is begun on a database that cannot be read, or whose keys cannot all be opened.
    let before = rekeying::status(store, vault).await?;
    if let Some(wrong) = before.iter().find(|keys| !keys.missing.is_empty()) {
        return Err(bad_input(told(wrong)));
    }
    if before.is_empty() {
        return Err(bad_input(
            "there is no tenant yet: nothing is wrapped under any key",
        ));
    }
    if owner.is_none() {
        // Whoever keeps the keys of people elsewhere is asked: nothing is begun where nobody said who that is.
        vault.keeper()?;
    }
    if before.iter().any(TenantKeys::is_rotating) {
        tell("aftercare: going on with the rotation that was begun");
    } else {
        vault.rotate_keks()?;
    }
    let bar = Bar::of("keys");
    let done = match owner {
        None => rekeying::finish(store, vault, &SystemClock, &|done, total| {
            bar.draw(done, total);
        })
        .await
        .map_err(anyhow::Error::new),
        Some(pid) => watch(store, vault, pid, &bar).await,
    };
    bar.clear();
    done
}

/// Waits for the process that owns the database to do it.
async fn watch(
    store: &dyn Store,
    vault: &Vault,
    pid: u32,
    bar: &Bar,
) -> anyhow::Result<Vec<Retired>> {
    let mut seen = (u64::MAX, Instant::now());
    let mut counted: Option<Instant> = None;
    while !rekeying::is_finished(store, vault).await? {
        // To count reads every key: not as often.
        if counted.is_none_or(|counted| counted.elapsed() > COUNTED_EVERY) {
            let found = rekeying::status(store, vault).await?;
            let left: u64 = found.iter().map(|keys| keys.left).sum();
            let done: u64 = found.iter().map(|keys| keys.persons + keys.cases).sum();
            bar.draw(done, done + left);
            if left < seen.0 {
                seen = (left, Instant::now());
            } else if seen.1.elapsed() > STANDS_STILL_MAX {
                return Err(bad_input(format!(
                    "process {pid} has this data directory open and does not wrap the keys again; its log may say why. Nothing is lost: old and new keys open. Stop it, and run `aftercare keys rotate` again"
                )));
            }
            counted = Some(Instant::now());
        }
        tokio::time::sleep(LOOKED_EVERY).await;
    }
    let done = rekeying::status(store, vault).await?;
    Ok(done
        .into_iter()
        .map(|keys| Retired {
            tenant: keys.tenant,
            version: keys.version,
            persons: keys.persons,
            cases: keys.cases,
            destroyed: 1,
        })
        .collect())
}

/// A bar on the terminal; silent when standard error is none.
pub(crate) struct Bar {
    /// What is counted.
    unit: &'static str,
    shown: bool,
    /// What was drawn last, so that nothing is drawn twice.
    drawn: Mutex<(u64, u64)>,
}

impl Bar {
    pub(crate) fn of(unit: &'static str) -> Self {
        Self {
            unit,
            shown: std::io::stderr().is_terminal(),
            drawn: Mutex::new((0, 0)),
        }
    }

    pub(crate) fn draw(&self, done: u64, total: u64) {
        if !self.shown {
            return;
        }
        if let Ok(mut drawn) = self.drawn.lock()
            && *drawn != (done, total)
        {
            *drawn = (done, total);
            let _ = write!(std::io::stderr(), "\r\x1b[K{}", bar(done, total, self.unit));
        }
    }

    pub(crate) fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn bar(done: u64, total: u64, unit: &str) -> String {
    let full = (done * BAR_WIDTH)
        .checked_div(total)
        .unwrap_or(BAR_WIDTH)
        .min(BAR_WIDTH);
    let repeated = |text: &str, times: u64| text.repeat(usize::try_from(times).unwrap_or(0));
    format!(
        "[{}{}] {done}/{total} {unit}",
        repeated("#", full),
        repeated(".", BAR_WIDTH - full)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_up() {
        assert_eq!(bar(0, 0, "keys"), "[########################] 0/0 keys");
        assert_eq!(bar(1, 4, "lines"), "[######..................] 1/4 lines");
    }
}
