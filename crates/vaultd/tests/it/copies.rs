//! What is left when the disk of a keeper is lost: copies that are what was copied, hold every key in use, and end.

use crate::{NOW_MS, Shop, TENANT, looking, opened_at, root, rule, text};
use aftercare_vault::PeopleKeeper as _;
use aftercare_vault::files::last_backup;
use aftercare_vaultd::{
    Act, Copied, Copies, KEYRING_FILE, KeeperError, LEDGER_FILE, Ledger, Quotas, Taken, Within,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DAY_MS: i64 = 86_400_000;

fn copies(shop: &Shop) -> Copies {
    Copies {
        to: shop.folder.path().join("copies"),
        days: 30,
    }
}

fn take(shop: &Shop, now_ms: i64) -> Taken {
    copies(shop)
        .take(&shop.keeper(), now_ms, &|_, _| {})
        .unwrap()
}

/// Puts a copy into a new folder beside the keeper's.
fn put_back(shop: &Shop, copy: &Path) -> Result<PathBuf, KeeperError> {
    let folder = shop.folder.path().join("put-back");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir(&folder).unwrap();
    Copied::put_into(copy, &folder, &|_, _| {})?;
    Ok(folder)
}

#[tokio::test]
async fn a_copy_that_was_taken_beside_the_process_opens_everybody_when_the_disk_is_lost() {
    let shop = Shop::new().await;
    let person = shop.taken_in(1);
    let within = shop.within(Quotas::default());
    within.open(looking("agent", 1, &[&person])).await.unwrap();
    assert_eq!(last_backup(&shop.keeper()).unwrap(), None);
    // Somebody keeps the folder meanwhile.
    let taken = take(&shop, NOW_MS);
    assert!(last_backup(&shop.keeper()).unwrap().is_some());
    let ledger = within.ledger(0).await.unwrap();
    assert_eq!(taken.copied.size, ledger.size);
    assert_eq!(taken.copied.root, hex::encode(ledger.root));
    assert_eq!(taken.copied.tenants[TENANT].iter().max(), Some(&2));
    within.open(looking("agent", 2, &[&person])).await.unwrap();
    drop(within);
    std::fs::remove_dir_all(shop.keeper()).unwrap();

    let folder = put_back(&shop, &taken.path).unwrap();
    let keeper = opened_at(&folder, Quotas::default(), NOW_MS);
    keeper.note_put_back(NOW_MS, 7).unwrap();
    let within = Within::new(Arc::new(keeper), || NOW_MS);
    assert_eq!(
        within.ledger(taken.copied.size).await.unwrap().root_before,
        Some(ledger.root),
        "it goes on from what was copied"
    );
    let opened = within.open(looking("agent", 3, &[&person])).await.unwrap();
    assert_eq!(text(&opened[0]), person.told);
    let mut acts = Vec::new();
    Ledger::read(&folder, |record| acts.push(record.act.clone())).unwrap();
    let at = usize::try_from(taken.copied.size).unwrap();
    assert_eq!(acts[at], Act::PutBack { told: 7 });
}

#[tokio::test]
async fn a_copy_that_is_not_what_was_copied_is_refused() {
    let shop = Shop::new().await;
    let person = shop.taken_in(1);
    let within = shop.within(Quotas::default());
    within.open(looking("agent", 1, &[&person])).await.unwrap();
    let taken = take(&shop, NOW_MS);
    let refused = || match put_back(&shop, &taken.path) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was put back"),
    };
    for file in [KEYRING_FILE, LEDGER_FILE, "manifest.json"] {
        let path = taken.path.join(file);
        let whole = std::fs::read(&path).unwrap();
        let mut altered = whole.clone();
        altered[whole.len() / 2] ^= 1;
        std::fs::write(&path, &altered).unwrap();
        refused();
        std::fs::remove_file(&path).unwrap();
        refused();
        std::fs::write(&path, &whole).unwrap();
    }
    // Lines that were taken away leave a sound ledger, and another root.
    let path = taken.path.join(LEDGER_FILE);
    let whole = std::fs::read_to_string(&path).unwrap();
    let cut: String = whole
        .lines()
        .skip(1)
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::write(&path, cut).unwrap();
    assert!(refused().contains("its ledger is not what was copied"));
    std::fs::write(&path, whole).unwrap();
    put_back(&shop, &taken.path).unwrap();
    let said = put_back(&shop, shop.folder.path()).unwrap_err().to_string();
    assert!(said.contains("no copy of a folder of vaultd"), "{said}");
}

#[tokio::test]
async fn copies_end_with_their_time_and_the_keys_in_them() {
    let shop = Shop::new().await;
    let first = take(&shop, NOW_MS);
    let later = take(&shop, NOW_MS + 29 * DAY_MS);
    assert_eq!(later.expired, 0);
    // What a process that was killed left half-made.
    let part = copies(&shop).to.join(format!("vaultd-{NOW_MS}.99.part"));
    std::fs::create_dir(&part).unwrap();
    std::fs::write(part.join(KEYRING_FILE), "sealed").unwrap();
    let other = copies(&shop).to.join("something-else");
    std::fs::create_dir(&other).unwrap();
    let last = take(&shop, NOW_MS + 31 * DAY_MS);
    assert_eq!(last.expired, 2);
    for (path, is_there) in [
        (&first.path, false),
        (&part, false),
        (&later.path, true),
        (&last.path, true),
        (&other, true),
    ] {
        assert_eq!(path.exists(), is_there, "{}", path.display());
    }
    // However old it is: without one, everybody goes with the disk.
    let only = take(&shop, NOW_MS + 90 * DAY_MS);
    assert_eq!((only.expired, only.path.exists()), (2, true));
    assert!(
        !copies(&shop)
            .is_due(&shop.keeper(), NOW_MS + 90 * DAY_MS)
            .unwrap()
    );
    assert!(
        copies(&shop)
            .is_due(&shop.keeper(), NOW_MS + 91 * DAY_MS)
            .unwrap()
    );
}

#[tokio::test]
async fn nothing_is_wrapped_under_a_key_that_lies_on_one_disk_alone() {
    let shop = Shop::new().await;
    let mut person = shop.taken_in(1);
    let to = copies(&shop);
    // A file stands where the copies are to lie, as a disk that is not there would.
    std::fs::write(&to.to, "").unwrap();
    let keeper = shop.opened(Quotas::default()).with_copies(Some(to.clone()));
    let within = Within::new(Arc::new(keeper), || NOW_MS);
    assert_eq!(rule(within.rotate(TENANT, 3).await), "backup");
    assert_eq!(rule(within.add_tenant("0198-new").await), "backup");
    assert_eq!(rule(within.retire(TENANT, 3).await), "backup");
    // Who is there is opened all the same.
    within.open(looking("agent", 1, &[&person])).await.unwrap();
    std::fs::remove_file(&to.to).unwrap();
    within.rotate(TENANT, 3).await.unwrap();
    within.add_tenant("0198-new").await.unwrap();
    assert!(to.has_keys_of(&shop.keeper()).unwrap());
    let keys = vec![(person.id.clone(), person.key.clone())];
    let again = within.wrap_again(TENANT, keys).await.unwrap();
    person.key = again[0].clone().unwrap();
    within.retire(TENANT, 3).await.unwrap();
    drop(within);
    std::fs::remove_dir_all(shop.keeper()).unwrap();

    let newest = std::fs::read_dir(&to.to)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max()
        .unwrap();
    let folder = put_back(&shop, &newest).unwrap();
    let keeper = opened_at(&folder, Quotas::default(), NOW_MS);
    assert_eq!(keeper.tenants(), ["0198-new", TENANT]);
    let within = Within::new(Arc::new(keeper), || NOW_MS);
    let opened = within.open(looking("agent", 2, &[&person])).await.unwrap();
    assert_eq!(text(&opened[0]), person.told);
    // Another root key opens nothing of it.
    drop(within);
    let other = aftercare_vault::RootKey::from_bytes([4; 32]);
    let refused = aftercare_vaultd::Keeper::open(&newest, &other, Quotas::default(), NOW_MS);
    assert!(refused.is_err() && root_opens(&newest));
}

/// Whether the root key of the keeper opens a copy where it lies.
fn root_opens(copy: &Path) -> bool {
    aftercare_vault::Keyring::open(&copy.join(KEYRING_FILE), &root()).is_ok()
}
