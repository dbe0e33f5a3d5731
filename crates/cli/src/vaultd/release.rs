//! `aftercare vaultd release`: the way back to one process that holds every key.

use super::{failure, own_text};
use crate::data::{DataArgs, key_from, open_store, open_vault_by, root_text, row_key};
use crate::failure::bad_input;
use crate::keys::Bar;
use crate::output::say;
use aftercare_app::clock::{Clock as _, SystemClock};
use aftercare_app::rekeying;
use aftercare_store::{KeyOwner, OpenMode, SHREDDED_FILE, Store};
use aftercare_vault::{RootKey, Vault};
use aftercare_vaultd::{KEYRING_FILE, Keeper, Quotas, Within};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Wrapped keys that are looked at together.
const PAGE: u32 = 500;

/// `vaultd release`.
pub(super) async fn release(data: &DataArgs, folder: &Path) -> anyhow::Result<ExitCode> {
    crate::serve::leave_no_core()?;
    if !folder.join(KEYRING_FILE).exists() {
        return Err(bad_input(format!(
            "{} has no {KEYRING_FILE}: check the path, it is the folder that `aftercare vaultd adopt` made",
            folder.display()
        )));
    }
    let (text, own) = (root_text(&data.data)?, own_text(folder)?);
    let open = || open_vault_by(&data.data, || key_from(&text));
    let vault = open()?;
    if !vault.people_are_elsewhere()? {
        return Err(bad_input(format!(
            "{} keeps the keys of people itself: there is nothing to take back",
            data.data.display()
        )));
    }
    let rows = row_key(&vault)?;
    let beside = open()?;
    let store = open_store(&data.data, &data.database, OpenMode::Write(&rows)).await?;
    let released = released(&*store, (vault, beside), data, (folder, &key_from(&own)?)).await;
    store.close().await;
    for retired in released? {
        say(&format!(
            "{}: {} people and {} cases are kept under version {} here",
            retired.tenant, retired.persons, retired.cases, retired.version
        ));
    }
    say("the keys of people are back: start `aftercare serve` without --vault, and vaultd no more");
    say(&format!(
        "backups of before open with {} alone: keep it, or a copy, until they have expired, and destroy it then",
        folder.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// The vault that is rotated, and another one over the same file.
type Vaults = (Vault, Vault);

async fn released(
    store: &dyn Store,
    (vault, beside): Vaults,
    data: &DataArgs,
    (folder, own): (&Path, &RootKey),
) -> anyhow::Result<Vec<rekeying::Retired>> {
    let now_ms = || SystemClock.now().0;
    let keeper = Keeper::open(folder, own, Quotas::default(), now_ms()).map_err(failure)?;
    let keeper = Arc::new(keeper);
    let bar = Bar::of("keys");
    if !vault.people_come_back()? && !vault.opens_people()? {
        for key in vault.people_keys()? {
            if keeper.public_key(key.tenant()).is_err() {
                return Err(bad_input(format!(
                    "{} has no keys of the tenant {}: name the folder that adopted {}",
                    folder.display(),
                    key.tenant(),
                    data.data.display()
                )));
            }
        }
        nobody_came_back(store, &keeper, &data.data).await?;
        // A rotation that was begun is finished as such, so that both sides have one version.
        beside.ask_keeper(Arc::new(Within::new(Arc::clone(&keeper), now_ms)));
        let finished = rekeying::finish(store, &beside, &SystemClock, &|done, total| {
            bar.draw(done, total);
        })
        .await;
        bar.clear();
        finished?;
    }
    let releasing = Arc::new(Within::answered_by(move |request| {
        keeper.answer_releasing(&beside, now_ms(), request)
    }));
    let done =
        rekeying::take_people_back(store, &vault, &SystemClock, releasing, &|done, total| {
            bar.draw(done, total);
        })
        .await;
    bar.clear();
    Ok(done?)
}

/// Nobody whose data were destroyed is in the database again: vaultd opens nothing of them, whatever a backup brought back, and
/// afterwards this directory would.
async fn nobody_came_back(
    store: &dyn Store,
    keeper: &Keeper,
    directory: &Path,
) -> anyhow::Result<()> {
    let (mut after, mut back) = (None, Vec::new());
    loop {
        let page = store.kept_keys(after, PAGE).await?;
        for key in &page.keys {
            if let KeyOwner::Person(person) = &key.owner
                && keeper.is_shredded(&key.tenant.to_string(), &person.to_string())
            {
                back.push(person.to_string());
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let Some(first) = back.first() else {
        return Ok(());
    };
    Err(bad_input(format!(
        "{} people whose data were destroyed are in {} again, since a backup was put back, and vaultd alone keeps them closed; the first is {first}. Write a line with the id of each and a time in milliseconds into the file {SHREDDED_FILE} there and start a server, which destroys them; then run this again",
        back.len(),
        directory.display()
    )))
}
