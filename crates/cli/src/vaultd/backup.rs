//! `aftercare vaultd backup` and `restore`: without a copy of its folder on another disk a lost disk takes everybody's data along.

use super::check::held;
use super::{failure, own_text};
use crate::data::{DataArgs, key_from, open_store, open_vault, row_key};
use crate::failure::bad_input;
use crate::keys::Bar;
use crate::output::say;
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_app::vault_ledger;
use aftercare_store::{OpenMode, Store};
use aftercare_vault::files::Staging;
use aftercare_vault::{PeopleKeeper as _, RootKey, Vault};
use aftercare_vaultd::{Copied, Copies, KEYRING_FILE, Keeper, KeeperError, Quotas, Within};
use anyhow::Context as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// `vaultd backup`.
pub(super) fn backup(folder: &Path, copies: &Copies) -> anyhow::Result<ExitCode> {
    if !folder.join(KEYRING_FILE).exists() {
        return Err(bad_input(format!(
            "{} has no {KEYRING_FILE}: check the path, it is the folder that `aftercare vaultd adopt` made",
            folder.display()
        )));
    }
    let bar = Bar::of("lines");
    let taken = copies.take(folder, SystemClock.now().0, &|done, total| {
        bar.draw(done, total);
    });
    bar.clear();
    let taken = taken.map_err(unusable)?;
    say(&format!(
        "backed up and read again the keys of {} tenants and {} lines of the ledger of openings to {}",
        taken.copied.tenants.len(),
        taken.copied.size,
        taken.path.display()
    ));
    if taken.expired > 0 {
        say(&format!(
            "threw {} copies away that were older than {} days",
            taken.expired, copies.days
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// What was named on the command line and cannot be used is the user's to mend.
fn unusable(error: KeeperError) -> anyhow::Error {
    match error {
        KeeperError::File { .. } | KeeperError::Ledger { .. } | KeeperError::Vault(_) => {
            bad_input(error.to_string())
        }
        other => failure(other),
    }
}

/// What a folder that was put back has.
struct Restored {
    copied: Copied,
    lost: u64,
    unknown: u64,
    shredded: usize,
}

/// `vaultd restore`.
pub(super) async fn restore(
    data: &DataArgs,
    folder: &Path,
    from: &Path,
) -> anyhow::Result<ExitCode> {
    crate::serve::leave_no_core()?;
    let vault = open_vault(&data.data)?;
    if !vault.people_are_elsewhere()? {
        return Err(bad_input(format!(
            "{} keeps the keys of people itself: there is nothing of vaultd to restore for it",
            data.data.display()
        )));
    }
    let own = key_from(&own_text(folder)?)?;
    let rows = row_key(&vault)?;
    let store = open_store(&data.data, &data.database, OpenMode::Write(&rows)).await?;
    let restored = restored(&*store, &vault, &own, (from, folder)).await;
    store.close().await;
    let restored = restored?;
    say(&format!(
        "restored the keys of {} tenants and {} lines of the ledger of openings into {}; the log says so",
        restored.copied.tenants.len(),
        restored.copied.size,
        folder.display()
    ));
    if restored.lost > 0 {
        say(&format!(
            "{} lines that the log was told of are lost: openings of after the copy are in the log alone",
            restored.lost
        ));
    }
    if restored.unknown > 0 {
        say(&format!(
            "{} openings of the copy name events that the log no longer has",
            restored.unknown
        ));
    }
    say(&format!(
        "opens nothing of {} people whose data were destroyed",
        restored.shredded
    ));
    Ok(ExitCode::SUCCESS)
}

async fn restored(
    store: &dyn Store,
    vault: &Vault,
    own: &RootKey,
    (from, folder): (&Path, &Path),
) -> anyhow::Result<Restored> {
    let staging = Staging::beside(folder)
        .map_err(|error| bad_input(format!("{}: {error}", folder.display())))?;
    let bar = Bar::of("lines");
    let copied = Copied::put_into(from, staging.path(), &|done, total| bar.draw(done, total));
    bar.clear();
    let copied = copied.map_err(unusable)?;
    let now_ms = || SystemClock.now().0;
    let keeper = Keeper::open(staging.path(), own, Quotas::default(), now_ms()).map_err(failure)?;
    fits(store, vault, &keeper, from).await?;
    let sound = held(store, staging.path(), true).await?.map_err(|why| {
        bad_input(format!(
            "{} is no copy of the folder that this log knows: {why}",
            from.display()
        ))
    })?;
    keeper
        .note_put_back(now_ms(), copied.size + sound.lost)
        .map_err(failure)?;
    let keeper = Arc::new(keeper);
    let within = Within::new(Arc::clone(&keeper), now_ms);
    // A copy that was taken in the midst of a rotation still has what was destroyed when that ended.
    for key in vault.people_keys()? {
        let (tenant, version) = (key.tenant(), key.kek_version());
        let held = keeper.key_versions(tenant)?;
        let has_ended = vault.kek_versions(tenant)?.len() == 1;
        if has_ended && held.len() > 1 && held.last() == Some(&version) {
            within.retire(tenant, version).await?;
        }
    }
    let shredded = vault_ledger::tell_all_shredded(store, &within).await?;
    // The log first: a folder that stood there before it would contradict the log until this was done again.
    vault_ledger::put_back(store, &SystemClock, &within, copied.size).await?;
    drop((within, keeper));
    staging
        .place()
        .with_context(|| folder.display().to_string())?;
    Ok(Restored {
        copied,
        lost: sound.lost,
        unknown: sound.unknown,
        shredded,
    })
}

/// Whether the keys of a copy are those that people of a data directory are sealed to, and open whoever is in it.
async fn fits(
    store: &dyn Store,
    vault: &Vault,
    keeper: &Keeper,
    from: &Path,
) -> anyhow::Result<()> {
    let other = |tenant: &str| {
        bad_input(format!(
            "{} holds other keys of the tenant {tenant} than people are sealed to: it is of before the keys were rotated, or of another folder. Take the newest copy, or restore the data of its time as well",
            from.display()
        ))
    };
    for key in vault.people_keys()? {
        let theirs = keeper
            .public_key(key.tenant())
            .map_err(|_| other(key.tenant()))?;
        // While keys are rotated it may be ahead.
        if theirs.kek_version() <= key.kek_version() && theirs != key {
            return Err(other(key.tenant()));
        }
    }
    for used in store.key_usage().await? {
        let Some(tenant) = used.tenant.filter(|_| used.persons > 0) else {
            continue;
        };
        let tenant = tenant.to_string();
        let held = keeper.key_versions(&tenant).map_err(|_| other(&tenant))?;
        if !held.contains(&used.version) {
            return Err(other(&tenant));
        }
    }
    Ok(())
}
